/* string_shape.c - padding, repeating, letter case of words, code points, checks and measures of
 * strings. */
#include "functions/families.h"
#include "functions/nested.h"
#include "functions/signature.h"
#include "functions/text_build.h"
#include "kernel/text.h"

#include <utf8proc.h>

/* ---- padding ---- */

static dbx_status shape_pad(fn_call *call, const vector *args, vector *out, bool left) {
    bool has_pad = *(const uint32_t *)call->state > 2, bytes = call->result_type.id == TYPE_BINARY;
    vector_view text = vector_view_of(&args[0]), lengths = vector_view_of(&args[1]), pads = {0};
    if (has_pad) pads = vector_view_of(&args[2]);
    text_build b = text_build_on(call);
    FN_FOR_EACH_ROW(call, r) {
        string_view s = vstring_view(text_arg(&text, r));
        string_view pad =
            has_pad ? vstring_view(text_arg(&pads, r)) : (string_view){bytes ? "\0" : " ", 1};
        int64_t wanted = MAX(int_arg(&lengths, r), 0);
        int64_t size = bytes ? (int64_t)s.size : (int64_t)text_length(s.data, s.size);
        if (size >= wanted || pad.size == 0) {
            size_t end = size <= wanted ? s.size
                         : bytes        ? (size_t)wanted
                                        : text_offset(s.data, s.size, (size_t)wanted);
            text_borrow(out, r, s.data, end);
            continue;
        }
        int64_t pad_size = bytes ? (int64_t)pad.size : (int64_t)text_length(pad.data, pad.size);
        int64_t whole = (wanted - size) / pad_size, rest = (wanted - size) % pad_size;
        if (!left) TRY(text_build_add(&b, s.data, s.size));
        TRY(text_build_reserve(&b, (size_t)(whole + 1) * pad.size));
        for (int64_t i = 0; i < whole; i++) TRY(text_build_add(&b, pad.data, pad.size));
        TRY(text_build_add(&b, pad.data,
                           bytes ? (size_t)rest : text_offset(pad.data, pad.size, (size_t)rest)));
        if (left) TRY(text_build_add(&b, s.data, s.size));
        text_build_end(&b, out, r);
    }
    return DBX_OK;
}
static dbx_status shape_lpad(fn_call *call, const vector *args, vector *out) {
    return shape_pad(call, args, out, true);
}
static dbx_status shape_rpad(fn_call *call, const vector *args, vector *out) {
    return shape_pad(call, args, out, false);
}

static dbx_status shape_bind_pad(fn_bind *b) {
    bool binary = b->arg_types[0].id == TYPE_BINARY;
    if (b->arg_count > 2) {
        if (binary && b->arg_types[2].id != TYPE_BINARY) binary = b->arg_types[2].id == TYPE_VOID;
    }
    if (!binary && b->arg_types[0].id != TYPE_STRING) b->arg_types[0] = type_simple(TYPE_STRING);
    if (b->arg_count > 2) b->arg_types[2] = b->arg_types[0];
    b->result = b->arg_types[0];
    return nested_bind_count(b);
}

static dbx_status shape_repeat(fn_call *call, const vector *args, vector *out) {
    vector_view text = vector_view_of(&args[0]), counts = vector_view_of(&args[1]);
    text_build b = text_build_on(call);
    FN_FOR_EACH_ROW(call, r) {
        string_view s = vstring_view(text_arg(&text, r));
        int64_t n = MAX(int_arg(&counts, r), 0);
        if (s.size > 0) TRY(text_build_reserve(&b, (size_t)n * s.size));
        for (int64_t i = 0; i < n && s.size > 0; i++) TRY(text_build_add(&b, s.data, s.size));
        text_build_end(&b, out, r);
    }
    return DBX_OK;
}

static dbx_status shape_space(fn_call *call, const vector *args, vector *out) {
    vector_view counts = vector_view_of(&args[0]);
    text_build b = text_build_on(call);
    FN_FOR_EACH_ROW(call, r) {
        size_t n = (size_t)MAX(int_arg(&counts, r), 0);
        TRY(text_build_reserve(&b, n));
        if (n > 0) memset(b.data, ' ', n);
        b.size = n;
        text_build_end(&b, out, r);
    }
    return DBX_OK;
}

/* Characters in reverse order. */
static dbx_status shape_reverse_text(fn_call *call, const vector *args, vector *out) {
    vector_view text = vector_view_of(&args[0]);
    text_build b = text_build_on(call);
    FN_FOR_EACH_ROW(call, r) {
        string_view s = vstring_view(text_arg(&text, r));
        TRY(text_build_reserve(&b, s.size));
        for (size_t i = 0; i < s.size;) {
            size_t n = text_char_size(s.data + i, s.size - i);
            memcpy(b.data + s.size - i - n, s.data + i, n);
            i += n;
        }
        b.size = s.size;
        text_build_end(&b, out, r);
    }
    return DBX_OK;
}

static dbx_status shape_reverse_list(fn_call *call, const vector *args, vector *out) {
    nested_list list;
    TRY(nested_open(call, &args[0], &list));
    FN_FOR_EACH_ROW(call, r) {
        list_entry e = nested_entry(&list, r);
        sel_t *rows = ARENA_ARRAY(call->arena, sel_t, e.length + 1u);
        if (rows == NULL) return error_nomem(call->err);
        for (uint32_t k = 0; k < e.length; k++) rows[k] = e.offset + e.length - 1 - k;
        TRY(nested_take(call, out, r, list.child, rows, e.length));
    }
    return DBX_OK;
}

static dbx_status shape_bind_reverse(fn_bind *b) {
    if (b->arg_types[0].id == TYPE_ARRAY) {
        b->kernel = shape_reverse_list;
    } else {
        if (type_is_nested(b->arg_types[0]))
            return fn_bind_unexpected_type(b, 0, "(\"STRING\" or \"ARRAY\")");
        if (b->arg_types[0].id != TYPE_STRING) b->arg_types[0] = type_simple(TYPE_STRING);
    }
    b->result = b->arg_types[0];
    return DBX_OK;
}

/* ---- words and characters ---- */

/* Words are separated by spaces; the first letter is put in title case, the others in lower case.
 */
static dbx_status shape_initcap(fn_call *call, const vector *args, vector *out) {
    vector_view text = vector_view_of(&args[0]);
    text_build b = text_build_on(call);
    FN_FOR_EACH_ROW(call, r) {
        string_view s = vstring_view(text_arg(&text, r));
        TRY(text_build_reserve(&b, s.size * 3 + 4));
        bool first = true;
        for (size_t i = 0; i < s.size;) {
            utf8proc_int32_t code;
            utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s.data + i,
                                                  (utf8proc_ssize_t)(s.size - i), &code);
            if (n <= 0) {
                b.data[b.size++] = s.data[i++];
                first = false;
                continue;
            }
            i += (size_t)n;
            code = first ? utf8proc_totitle(code) : utf8proc_tolower(code);
            b.size += (size_t)utf8proc_encode_char(code, (utf8proc_uint8_t *)b.data + b.size);
            first = code == ' ';
        }
        text_build_end(&b, out, r);
    }
    return DBX_OK;
}

static dbx_status shape_ascii(fn_call *call, const vector *args, vector *out) {
    vector_view text = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        string_view s = vstring_view(text_arg(&text, r));
        utf8proc_int32_t code = 0;
        if (s.size > 0 && utf8proc_iterate((const utf8proc_uint8_t *)s.data,
                                           (utf8proc_ssize_t)s.size, &code) <= 0)
            code = (unsigned char)s.data[0];
        VECTOR_DATA(out, int32_t)[r] = code;
    }
    return DBX_OK;
}

/* The character of n modulo 256, as ISO-8859-1 has it. */
static dbx_status shape_chr(fn_call *call, const vector *args, vector *out) {
    vector_view codes = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        int64_t n = bigint_arg(&codes, r);
        char bytes[4];
        size_t size = n < 0 ? 0
                            : (size_t)utf8proc_encode_char((utf8proc_int32_t)(n & 0xFF),
                                                           (utf8proc_uint8_t *)bytes);
        text_borrow(out, r, bytes, size);
    }
    return DBX_OK;
}

/* state: the replacements (upper, lower, digit, other) come as arguments 1 to 4; a NULL one keeps
 * the character. */
static dbx_status shape_mask(fn_call *call, const vector *args, vector *out) {
    uint32_t count = *(const uint32_t *)call->state;
    vector_view views[5] = {0};
    for (uint32_t a = 0; a < count; a++) views[a] = vector_view_of(&args[a]);
    text_build b = text_build_on(call);
    FN_FOR_EACH_ROW(call, r) {
        static const char *const defaults[5] = {NULL, "X", "x", "n", NULL};
        string_view with[5];
        if (!view_valid(&views[0], r)) {
            TRY(fn_set_null(call, out, r));
            continue;
        }
        for (uint32_t a = 1; a < 5; a++) {
            if (a >= count)
                with[a] = sv_from(defaults[a]);
            else
                with[a] = view_valid(&views[a], r) ? vstring_view(text_arg(&views[a], r))
                                                   : (string_view){NULL, 0};
        }
        string_view s = vstring_view(text_arg(&views[0], r));
        for (size_t i = 0, n; i < s.size; i += n) {
            n = text_char_size(s.data + i, s.size - i);
            utf8proc_int32_t code = '\0';
            (void)utf8proc_iterate((const utf8proc_uint8_t *)s.data + i, (utf8proc_ssize_t)n,
                                   &code);
            utf8proc_category_t category =
                code < 0 ? UTF8PROC_CATEGORY_CN : utf8proc_category(code);
            string_view to = with[4];
            if (category == UTF8PROC_CATEGORY_LU)
                to = with[1];
            else if (category == UTF8PROC_CATEGORY_LL)
                to = with[2];
            else if (category == UTF8PROC_CATEGORY_ND)
                to = with[3];
            if (to.data == NULL)
                TRY(text_build_add(&b, s.data + i, n));
            else
                TRY(text_build_add(&b, to.data, to.size));
        }
        text_build_end(&b, out, r);
    }
    return DBX_OK;
}

static dbx_status shape_bind_mask(fn_bind *b) {
    for (uint32_t i = 1; i < b->arg_count; i++) {
        string_view s;
        if (b->constants[i] == NULL) {
            const char *sql = arena_printf(b->arena, "\"%s\"", fn_bind_sql(b));
            const char *input = arena_printf(b->arena, "\"%s\"", fn_bind_arg_sql(b, i));
            static const char *const names[5] = {"", "`upperChar`", "`lowerChar`", "`digitChar`",
                                                 "`otherChar`"};
            return error_raise(b->err, ERR_DATATYPE_MISMATCH__NON_FOLDABLE_INPUT, b->position,
                               "sqlExpr", sql == NULL ? "" : sql, "inputName", names[i],
                               "inputType", "\"STRING\"", "inputExpr", input == NULL ? "" : input,
                               NULL);
        }
        if (!fn_bind_constant_string(b, i, &s) || text_length(s.data, s.size) == 1) continue;
        const char *sql = arena_printf(b->arena, "\"%s\"", fn_bind_sql(b));
        return error_raise(b->err, ERR_DATATYPE_MISMATCH__INPUT_SIZE_NOT_ONE, b->position,
                           "sqlExpr", sql == NULL ? "" : sql, "exprName", fn_bind_arg_sql(b, i),
                           NULL);
    }
    return nested_bind_count(b);
}

/* 'it\'s': backslashes and single quotes are escaped. */
static dbx_status shape_quote(fn_call *call, const vector *args, vector *out) {
    vector_view text = vector_view_of(&args[0]);
    text_build b = text_build_on(call);
    FN_FOR_EACH_ROW(call, r) {
        string_view s = vstring_view(text_arg(&text, r));
        TRY(text_build_char(&b, '\''));
        for (size_t i = 0; i < s.size; i++) {
            if (s.data[i] == '\'') TRY(text_build_char(&b, '\\'));
            TRY(text_build_char(&b, s.data[i]));
        }
        TRY(text_build_char(&b, '\''));
        text_build_end(&b, out, r);
    }
    return DBX_OK;
}

/* ---- measures ---- */

static dbx_status shape_soundex(fn_call *call, const vector *args, vector *out) {
    static const char codes[] =
        "01230127022455012623017202"; /* A..Z; 7: H and W, which do not part equal codes */
    vector_view text = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        string_view s = vstring_view(text_arg(&text, r));
        char first = s.size > 0 ? ascii_upper(s.data[0]) : '\0';
        if (first < 'A' || first > 'Z') {
            text_set(out, r, *text_arg(&text, r));
            continue;
        }
        char code[4] = {first, '0', '0', '0'};
        char last = codes[first - 'A'];
        uint32_t n = 1;
        for (size_t i = 1; i < s.size && n < 4; i++) {
            char c = ascii_upper(s.data[i]);
            if (c < 'A' || c > 'Z') {
                last = '0';
                continue;
            }
            char digit = codes[c - 'A'];
            if (digit == '7') continue;
            if (digit != '0' && digit != last) code[n++] = digit;
            last = digit;
        }
        text_borrow(out, r, code, 4);
    }
    return DBX_OK;
}

/* Code points of s into the arena. */
static dbx_status shape_points(fn_call *call, string_view s, int32_t **out, uint32_t *count) {
    *out = ARENA_ARRAY(call->arena, int32_t, s.size + 1);
    if (*out == NULL) return error_nomem(call->err);
    *count = 0;
    for (size_t i = 0, n; i < s.size; i += n) {
        n = text_char_size(s.data + i, s.size - i);
        int32_t code = 0;
        for (size_t k = 0; k < n; k++)
            code = (int32_t)((uint32_t)code << 8 | (unsigned char)s.data[i + k]);
        (*out)[(*count)++] = code;
    }
    return DBX_OK;
}

static dbx_status shape_levenshtein(fn_call *call, const vector *args, vector *out) {
    bool has_threshold = *(const uint32_t *)call->state > 2;
    vector_view left = vector_view_of(&args[0]), right = vector_view_of(&args[1]), thresholds = {0};
    if (has_threshold) thresholds = vector_view_of(&args[2]);
    FN_FOR_EACH_ROW(call, r) {
        int32_t *x, *y;
        uint32_t nx, ny;
        TRY(shape_points(call, vstring_view(text_arg(&left, r)), &x, &nx));
        TRY(shape_points(call, vstring_view(text_arg(&right, r)), &y, &ny));
        uint32_t *row = ARENA_ARRAY(call->arena, uint32_t, ny + 1u);
        if (row == NULL) return error_nomem(call->err);
        for (uint32_t j = 0; j <= ny; j++) row[j] = j;
        for (uint32_t i = 0; i < nx; i++) {
            uint32_t diagonal = row[0];
            row[0] = i + 1;
            for (uint32_t j = 0; j < ny; j++) {
                uint32_t above = row[j + 1];
                uint32_t best = diagonal + (x[i] != y[j]);
                best = MIN(best, above + 1);
                row[j + 1] = MIN(best, row[j] + 1);
                diagonal = above;
            }
        }
        int32_t distance = (int32_t)row[ny];
        if (has_threshold && (int_arg(&thresholds, r) < 0 || distance > int_arg(&thresholds, r)))
            distance = -1;
        VECTOR_DATA(out, int32_t)[r] = distance;
    }
    return DBX_OK;
}

static dbx_status shape_luhn_check(fn_call *call, const vector *args, vector *out) {
    vector_view text = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        string_view s = vstring_view(text_arg(&text, r));
        uint32_t sum = 0;
        bool valid = s.size > 0;
        for (size_t i = 0; i < s.size && valid; i++) {
            char c = s.data[s.size - 1 - i];
            valid = ascii_is_digit(c);
            uint32_t digit = (uint32_t)(c - '0') << (i & 1);
            sum += digit > 9 ? digit - 9 : digit;
        }
        VECTOR_DATA(out, uint8_t)[r] = valid && sum % 10 == 0;
    }
    return DBX_OK;
}

/* ---- validity of UTF-8 ---- */

/* Size of the valid character at s[0], or 0. */
static size_t shape_utf8_size(const char *s, size_t size) {
    utf8proc_int32_t code;
    utf8proc_ssize_t n =
        utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)size, &code);
    return n > 0 ? (size_t)n : 0;
}

static size_t shape_first_invalid(string_view s) {
    size_t i = 0;
    while (i < s.size) {
        size_t n = shape_utf8_size(s.data + i, s.size - i);
        if (n == 0) break;
        i += n;
    }
    return i;
}

static dbx_status shape_is_valid_utf8(fn_call *call, const vector *args, vector *out) {
    vector_view text = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        string_view s = vstring_view(text_arg(&text, r));
        VECTOR_DATA(out, uint8_t)[r] = shape_first_invalid(s) == s.size;
    }
    return DBX_OK;
}

/* Bytes of a maximal ill-formed part (Unicode 3.9), which one replacement character stands for. */
static size_t shape_ill_formed(const char *s, size_t size) {
    unsigned char c = (unsigned char)s[0], low = 0x80, high = 0xBF;
    size_t want = c >= 0xC2 && c <= 0xDF   ? 2
                  : c >= 0xE0 && c <= 0xEF ? 3
                  : c >= 0xF0 && c <= 0xF4 ? 4
                                           : 1,
           n = 1;
    if (c == 0xE0) low = 0xA0;
    if (c == 0xED) high = 0x9F;
    if (c == 0xF0) low = 0x90;
    if (c == 0xF4) high = 0x8F;
    for (; n < want && n < size; n++) {
        unsigned char next = (unsigned char)s[n];
        if (next < low || next > high) break;
        low = 0x80;
        high = 0xBF;
    }
    return n;
}

static dbx_status shape_make_valid_utf8(fn_call *call, const vector *args, vector *out) {
    vector_view text = vector_view_of(&args[0]);
    text_build b = text_build_on(call);
    FN_FOR_EACH_ROW(call, r) {
        string_view s = vstring_view(text_arg(&text, r));
        if (shape_first_invalid(s) == s.size) {
            text_set(out, r, *text_arg(&text, r));
            continue;
        }
        for (size_t i = 0; i < s.size;) {
            size_t n = shape_utf8_size(s.data + i, s.size - i);
            if (n > 0) {
                TRY(text_build_add(&b, s.data + i, n));
            } else {
                n = shape_ill_formed(s.data + i, s.size - i);
                TRY(text_build_add(&b, "\xEF\xBF\xBD", 3));
            }
            i += n;
        }
        text_build_end(&b, out, r);
    }
    return DBX_OK;
}

static dbx_status shape_raise_utf8(fn_call *call, string_view s) {
    const char *text = "";
    for (size_t i = 0; i < MIN(s.size, (size_t)64) && text != NULL; i++)
        text = arena_printf(call->arena, "%s\\x%02X", text, (unsigned char)s.data[i]);
    return error_raise(call->err, ERR_INVALID_UTF8_STRING, call->position, "str",
                       text == NULL ? "" : text, NULL);
}

static dbx_status shape_validate(fn_call *call, const vector *args, vector *out, bool raise) {
    vector_view text = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        string_view s = vstring_view(text_arg(&text, r));
        text_set(out, r, *text_arg(&text, r));
        if (shape_first_invalid(s) == s.size) continue;
        if (raise) return shape_raise_utf8(call, s);
        TRY(fn_set_null(call, out, r));
    }
    return DBX_OK;
}
static dbx_status shape_validate_utf8(fn_call *call, const vector *args, vector *out) {
    return shape_validate(call, args, out, true);
}
static dbx_status shape_try_validate_utf8(fn_call *call, const vector *args, vector *out) {
    return shape_validate(call, args, out, false);
}

#define SHAPE_ROW(text, sig, f, k, binder, about, sample)                                          \
    {                                                                                              \
        .name = text, .signature = sig, .flags = (f), .kernel = k, .bind = binder,                 \
        .category = "string", .doc = about, .examples = sample                                     \
    }

const function_row string_shape_functions[] = {
    SHAPE_ROW("lpad", "(str string|binary, len int, [pad string|binary]) -> bind",
              FN_NEVER_FAILS | FN_COLLATES | FN_COLLATED, shape_lpad, shape_bind_pad,
              "str filled on the left, or cut, to len characters.",
              "lpad('hi', 5, '*.') => *.*hi; lpad('hi', 1, '*.') => h"),
    SHAPE_ROW("rpad", "(str string|binary, len int, [pad string|binary]) -> bind",
              FN_NEVER_FAILS | FN_COLLATES | FN_COLLATED, shape_rpad, shape_bind_pad,
              "str filled on the right, or cut, to len characters.",
              "rpad('hi', 5, '*.') => hi*.*"),
    SHAPE_ROW("repeat", "(str string, n int) -> string", FN_NEVER_FAILS | FN_COLLATED, shape_repeat,
              NULL, "str n times.", "repeat('123', 2) => 123123"),
    SHAPE_ROW("space", "(n int) -> string", FN_NEVER_FAILS, shape_space, NULL, "n spaces.",
              "space(2) =>   "),
    SHAPE_ROW("reverse", "(expr any) -> bind", FN_NEVER_FAILS | FN_COLLATED, shape_reverse_text,
              shape_bind_reverse,
              "Characters of a string or elements of an array in reverse order.",
              "reverse('Spark SQL') => LQS krapS"),
    SHAPE_ROW("initcap", "(str string) -> string", FN_NEVER_FAILS | FN_COLLATED | FN_DETERMINATE,
              shape_initcap, NULL,
              "The first letter of each word in upper case, the others in lower case.",
              "initcap('sPark sql') => Spark Sql"),
    SHAPE_ROW("ascii", "(str string) -> int", FN_NEVER_FAILS, shape_ascii, NULL,
              "Code point of the first character.", "ascii('222') => 50"),
    SHAPE_ROW("chr", "(expr bigint) -> string", FN_NEVER_FAILS, shape_chr, NULL,
              "The character of a code, modulo 256.", "chr(65) => A"),
    SHAPE_ROW("char", "(expr bigint) -> string", FN_NEVER_FAILS, shape_chr, NULL,
              "The character of a code, modulo 256.", "char(65) => A"),
    SHAPE_ROW("mask",
              "(input string, [upperChar string = 'X'], [lowerChar string = 'x'], [digitChar "
              "string = 'n'], [otherChar string]) -> string",
              NULLS_AWARE | FN_ALWAYS_NULLABLE | FN_NEVER_FAILS | FN_COLLATES | FN_COLLATED,
              shape_mask, shape_bind_mask,
              "Letters, digits and others replaced by a character of their kind.",
              "mask('abcd-EFGH-8765-4321') => xxxx-XXXX-nnnn-nnnn"),
    SHAPE_ROW("quote", "(str string) -> string", FN_NEVER_FAILS | FN_COLLATED, shape_quote, NULL,
              "str as an SQL literal.", NULL),
    SHAPE_ROW("soundex", "(str string) -> string", FN_NEVER_FAILS, shape_soundex, NULL,
              "The Soundex code.", "soundex('Miller') => M460"),
    SHAPE_ROW("levenshtein", "(str1 string, str2 string, [threshold int]) -> int",
              FN_NEVER_FAILS | FN_COLLATES, shape_levenshtein, nested_bind_count,
              "Edit distance; -1 when it is over threshold.",
              "levenshtein('kitten', 'sitting') => 3; levenshtein('kitten', 'sitting', 2) => -1"),
    SHAPE_ROW("luhn_check", "(str string) -> boolean", FN_NEVER_FAILS | FN_ALWAYS_NULLABLE,
              shape_luhn_check, NULL, "True if str is a number with a right Luhn check digit.",
              "luhn_check('8112189876') => true"),
    SHAPE_ROW("is_valid_utf8", "(str string) -> boolean", FN_NEVER_FAILS, shape_is_valid_utf8, NULL,
              "True if str is valid UTF-8.", "is_valid_utf8('Spark') => true"),
    SHAPE_ROW("make_valid_utf8", "(str string) -> string", FN_NEVER_FAILS | FN_COLLATED,
              shape_make_valid_utf8, NULL, "str with invalid bytes replaced by U+FFFD.",
              "make_valid_utf8('Spark') => Spark"),
    SHAPE_ROW("validate_utf8", "(str string) -> string", FN_COLLATED, shape_validate_utf8, NULL,
              "str; an error unless it is valid UTF-8.", "validate_utf8('Spark') => Spark"),
    SHAPE_ROW("try_validate_utf8", "(str string) -> string",
              FN_NEVER_FAILS | FN_ALWAYS_NULLABLE | FN_COLLATED, shape_try_validate_utf8, NULL,
              "str; NULL unless it is valid UTF-8.", "try_validate_utf8('Spark') => Spark"),
};
const uint32_t string_shape_functions_count = ARRAY_COUNT(string_shape_functions);
