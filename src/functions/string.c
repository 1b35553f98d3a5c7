/* string.c - the everyday string functions: substring, case, length, trim, concat. */
#include "functions/array.h"
#include "functions/families.h"
#include "functions/signature.h"
#include "functions/text_out.h"
#include "kernel/text.h"

#include <utf8proc.h>

/* ---- substring ---- */

/* Positions count from 1; negative ones from the end; 0 is 1. [*from, *to) in units of the string.
 */
static void string_slice(int64_t position, int64_t length, int64_t size, int64_t *from,
                         int64_t *to) {
    int64_t start = position > 0 ? position - 1 : position < 0 ? size + position : 0;
    int64_t end = length < 0 ? start : start + length;
    *from = MAX(start, (int64_t)0);
    *to = MIN(end, size);
    if (*to < *from) *to = *from;
}

static void string_substring_row(const vstring *s, int64_t position, int64_t length, bool bytes,
                                 vector *out, uint32_t r) {
    const char *data = vstring_data(s);
    int64_t from, to;
    if (bytes || text_is_ascii(data, s->size)) {
        string_slice(position, length, s->size, &from, &to);
        if (from >= s->size) from = to = 0;
    } else {
        string_slice(position, length, (int64_t)text_length(data, s->size), &from, &to);
        size_t start = text_offset(data, s->size, (size_t)from);
        size_t size = text_offset(data + start, s->size - start, (size_t)(to - from));
        from = (int64_t)start;
        to = (int64_t)(start + size);
    }
    text_borrow(out, r, data + from, (size_t)(to - from));
}

static dbx_status string_substring(fn_call *call, const vector *args, vector *out) {
    const uint32_t *count = call->state;
    vector_view text = vector_view_of(&args[0]), position = vector_view_of(&args[1]), length = {0};
    bool bytes = call->arg_types[0].id == TYPE_BINARY;
    if (*count > 2) length = vector_view_of(&args[2]);
    FN_FOR_EACH_ROW(call, r) {
        int64_t n = *count > 2 ? int_arg(&length, r) : INT32_MAX;
        string_substring_row(text_arg(&text, r), int_arg(&position, r), n, bytes, out, r);
    }
    return DBX_OK;
}

/* State: the number of arguments. */
static dbx_status string_bind_count(fn_bind *b) {
    uint32_t *count = ARENA_NEW(b->arena, uint32_t);
    if (count == NULL) return error_nomem(b->err);
    *count = b->arg_count;
    b->state = count;
    return DBX_OK;
}

static dbx_status string_left(fn_call *call, const vector *args, vector *out) {
    vector_view text = vector_view_of(&args[0]), length = vector_view_of(&args[1]);
    bool bytes = call->arg_types[0].id == TYPE_BINARY;
    FN_FOR_EACH_ROW(call, r)
    string_substring_row(text_arg(&text, r), 1, MAX(int_arg(&length, r), 0), bytes, out, r);
    return DBX_OK;
}
static dbx_status string_right(fn_call *call, const vector *args, vector *out) {
    vector_view text = vector_view_of(&args[0]), length = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        int64_t n = int_arg(&length, r);
        if (n <= 0)
            text_borrow(out, r, "", 0);
        else
            string_substring_row(text_arg(&text, r), -n, n, false, out, r);
    }
    return DBX_OK;
}

/* ---- case ---- */

static dbx_status string_map_unicode(fn_call *call, const vstring *s, bool upper, vector *out,
                                     uint32_t r) {
    const char *data = vstring_data(s);
    char *to = text_room(call, (size_t)s->size * 3);
    if (to == NULL) return error_nomem(call->err);
    size_t n = 0;
    for (size_t i = 0; i < s->size;) {
        utf8proc_int32_t code;
        utf8proc_ssize_t size = utf8proc_iterate((const utf8proc_uint8_t *)data + i,
                                                 (utf8proc_ssize_t)(s->size - i), &code);
        if (size <= 0) {
            to[n++] = data[i++];
            continue;
        }
        i += (size_t)size;
        if (upper && code == 0xDF) { /* sharp s */
            to[n++] = 'S';
            to[n++] = 'S';
            continue;
        }
        code = upper ? utf8proc_toupper(code) : utf8proc_tolower(code);
        n += (size_t)utf8proc_encode_char(code, (utf8proc_uint8_t *)to + n);
    }
    text_borrow(out, r, to, n);
    return DBX_OK;
}

static dbx_status string_case(fn_call *call, const vector *args, vector *out, bool upper) {
    vector_view text = vector_view_of(&args[0]);
    char first = upper ? 'a' : 'A';
    FN_FOR_EACH_ROW(call, r) {
        const vstring *s = text_arg(&text, r);
        const char *data = vstring_data(s);
        if (!text_is_ascii(data, s->size)) {
            TRY(string_map_unicode(call, s, upper, out, r));
            continue;
        }
        char small[VSTRING_INLINE_MAX], *to = small;
        if (s->size > VSTRING_INLINE_MAX) to = text_room(call, s->size);
        if (to == NULL) return error_nomem(call->err);
        for (uint32_t i = 0; i < s->size; i++)
            to[i] = (char)(data[i] ^ ((uint8_t)(data[i] - first) < 26 ? 32 : 0));
        text_borrow(out, r, to, s->size);
    }
    return DBX_OK;
}
static dbx_status string_upper(fn_call *call, const vector *args, vector *out) {
    return string_case(call, args, out, true);
}
static dbx_status string_lower(fn_call *call, const vector *args, vector *out) {
    return string_case(call, args, out, false);
}

/* ---- length ---- */

static dbx_status string_length(fn_call *call, const vector *args, vector *out) {
    vector_view text = vector_view_of(&args[0]);
    int32_t *to = VECTOR_DATA(out, int32_t);
    bool bytes = call->arg_types[0].id == TYPE_BINARY;
    FN_FOR_EACH_ROW(call, r) {
        const vstring *s = text_arg(&text, r);
        to[r] = bytes ? (int32_t)s->size : (int32_t)text_length(vstring_data(s), s->size);
    }
    return DBX_OK;
}
static dbx_status string_octet_length(fn_call *call, const vector *args, vector *out) {
    vector_view text = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) VECTOR_DATA(out, int32_t)[r] = (int32_t)text_arg(&text, r)->size;
    return DBX_OK;
}
static dbx_status string_bit_length(fn_call *call, const vector *args, vector *out) {
    vector_view text = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) VECTOR_DATA(out, int32_t)[r] = (int32_t)(text_arg(&text, r)->size * 8);
    return DBX_OK;
}

/* ---- trim ---- */

typedef struct string_trim_state {
    bool left, right;
    uint32_t text_arg;   /* index of the text */
    bool has_characters; /* the other argument is the set of characters */
} string_trim_state;

/* Is the character data[0..size) one of the set? */
static bool string_in_set(const char *data, size_t size, string_view set) {
    for (size_t i = 0; i < set.size;) {
        size_t n = text_char_size(set.data + i, set.size - i);
        if (n == size && memcmp(set.data + i, data, n) == 0) return true;
        i += n;
    }
    return false;
}

static dbx_status string_trim(fn_call *call, const vector *args, vector *out) {
    const string_trim_state *s = call->state;
    vector_view text = vector_view_of(&args[s->text_arg]), characters = {0};
    if (s->has_characters) characters = vector_view_of(&args[1 - s->text_arg]);
    FN_FOR_EACH_ROW(call, r) {
        string_view set = s->has_characters ? vstring_view(text_arg(&characters, r)) : SV(" ");
        const vstring *v = text_arg(&text, r);
        const char *data = vstring_data(v);
        size_t from = 0, to = v->size;
        while (s->left && from < to) {
            size_t n = text_char_size(data + from, to - from);
            if (!string_in_set(data + from, n, set)) break;
            from += n;
        }
        while (s->right && to > from) {
            size_t start = to - 1;
            while (start > from && text_is_continuation(data[start])) start--;
            if (!string_in_set(data + start, to - start, set)) break;
            to = start;
        }
        text_borrow(out, r, data + from, to - from);
    }
    return DBX_OK;
}

static dbx_status string_bind_trim(fn_bind *b, bool left, bool right, bool text_last) {
    string_trim_state *s = ARENA_NEW(b->arena, string_trim_state);
    if (s == NULL) return error_nomem(b->err);
    s->left = left;
    s->right = right;
    s->has_characters = b->arg_count > 1;
    s->text_arg = text_last && s->has_characters ? 1 : 0;
    b->state = s;
    return DBX_OK;
}
static dbx_status string_bind_btrim(fn_bind *b) {
    return string_bind_trim(b, true, true, false);
}
static dbx_status string_bind_ltrim(fn_bind *b) {
    return string_bind_trim(b, true, false, true);
}
static dbx_status string_bind_rtrim(fn_bind *b) {
    return string_bind_trim(b, false, true, true);
}

/* ---- concat ---- */

static dbx_status string_concat(fn_call *call, const vector *args, vector *out) {
    uint32_t count = *(const uint32_t *)call->state;
    vector_view *views = ARENA_ARRAY(call->arena, vector_view, count + 1);
    if (views == NULL) return error_nomem(call->err);
    for (uint32_t a = 0; a < count; a++) views[a] = vector_view_of(&args[a]);
    FN_FOR_EACH_ROW(call, r) {
        size_t total = 0;
        for (uint32_t a = 0; a < count; a++) total += text_arg(&views[a], r)->size;
        char small[VSTRING_INLINE_MAX], *to = small;
        if (total > VSTRING_INLINE_MAX) to = text_room(call, total);
        if (to == NULL) return error_nomem(call->err);
        size_t n = 0;
        for (uint32_t a = 0; a < count; a++) {
            const vstring *s = text_arg(&views[a], r);
            memcpy(to + n, vstring_data(s), s->size);
            n += s->size;
        }
        text_borrow(out, r, to, n);
    }
    return DBX_OK;
}

/* Binary stays binary; everything else becomes STRING. */
static dbx_status string_bind_concat(fn_bind *b) {
    bool binary = b->arg_count > 0;
    for (uint32_t i = 0; i < b->arg_count; i++)
        binary = binary && (b->arg_types[i].id == TYPE_BINARY || b->arg_types[i].id == TYPE_VOID);
    for (uint32_t i = 0; i < b->arg_count; i++) {
        if (b->arg_types[i].id == TYPE_ARRAY) return array_bind_concat(b);
        if (type_is_nested(b->arg_types[i])) return fn_bind_data_different_types(b);
        if (b->arg_types[i].id != TYPE_STRING || binary)
            b->arg_types[i] = type_simple(binary ? TYPE_BINARY : TYPE_STRING);
    }
    b->result = type_simple(binary ? TYPE_BINARY : TYPE_STRING);
    return string_bind_count(b);
}

/* Rows that raise nothing for any arguments. */
#define STRING_ROW(text, sig, k, binder, about, sample)                                            \
    {                                                                                              \
        .name = text, .signature = sig, .flags = FN_NEVER_FAILS, .kernel = k, .bind = binder,      \
        .category = "string", .doc = about, .examples = sample                                     \
    }

const function_row string_functions[] = {
    STRING_ROW("concat", "([expr any...]) -> bind", string_concat, string_bind_concat,
               "Joins strings, binaries or arrays.", "concat('Spark', 'SQL') => SparkSQL"),
    STRING_ROW("substring", "(str string|binary, pos int, [len int]) -> same", string_substring,
               string_bind_count,
               "Part of str from pos (1 is the first, negative counts from the end).",
               "substring('Spark SQL', 5) => k SQL; substring('Spark SQL', -3) => SQL; "
               "substring('Spark SQL', 5, 1) => k"),
    STRING_ROW("substr", "(str string|binary, pos int, [len int]) -> same", string_substring,
               string_bind_count,
               "Part of str from pos (1 is the first, negative counts from the end).",
               "substr('Spark SQL', 5) => k SQL"),
    STRING_ROW("left", "(str string|binary, len int) -> same", string_left, NULL,
               "The leftmost len characters.", "left('Spark SQL', 3) => Spa"),
    STRING_ROW("right", "(str string, len int) -> string", string_right, NULL,
               "The rightmost len characters.", "right('Spark SQL', 3) => SQL"),
    STRING_ROW("upper", "(str string) -> string", string_upper, NULL, "Upper case.",
               "upper('SparkSql') => SPARKSQL"),
    STRING_ROW("ucase", "(str string) -> string", string_upper, NULL, "Upper case.",
               "ucase('SparkSql') => SPARKSQL"),
    STRING_ROW("lower", "(str string) -> string", string_lower, NULL, "Lower case.",
               "lower('SparkSql') => sparksql"),
    STRING_ROW("lcase", "(str string) -> string", string_lower, NULL, "Lower case.",
               "lcase('SparkSql') => sparksql"),
    STRING_ROW("length", "(expr string|binary) -> int", string_length, NULL,
               "Characters of a string or bytes of a binary.", "length('Spark SQL ') => 10"),
    STRING_ROW("len", "(expr string|binary) -> int", string_length, NULL,
               "Characters of a string or bytes of a binary.", "len('Spark SQL ') => 10"),
    STRING_ROW("char_length", "(expr string|binary) -> int", string_length, NULL,
               "Characters of a string or bytes of a binary.", "char_length('Spark SQL ') => 10"),
    STRING_ROW("character_length", "(expr string|binary) -> int", string_length, NULL,
               "Characters of a string or bytes of a binary.",
               "character_length('Spark SQL ') => 10"),
    STRING_ROW("octet_length", "(expr string|binary) -> int", string_octet_length, NULL, "Bytes.",
               "octet_length('Spark SQL') => 9"),
    STRING_ROW("bit_length", "(expr string|binary) -> int", string_bit_length, NULL, "Bits.",
               "bit_length('Spark SQL') => 72"),
    STRING_ROW("trim", "(str string) -> string", string_trim, string_bind_btrim,
               "Without spaces at both ends.", "trim('    SparkSQL   ') => SparkSQL"),
    STRING_ROW("btrim", "(str string, [trimStr string]) -> string", string_trim, string_bind_btrim,
               "Without spaces, or characters of trimStr, at both ends.",
               "btrim('SSparkSQLS', 'SL') => parkSQ"),
    STRING_ROW("ltrim", "(str string, [trimStr string]) -> string", string_trim, string_bind_ltrim,
               "ltrim(trimStr, str): without leading spaces or characters of trimStr.",
               "ltrim('    SparkSQL   ') => SparkSQL   "),
    STRING_ROW("rtrim", "(str string, [trimStr string]) -> string", string_trim, string_bind_rtrim,
               "rtrim(trimStr, str): without trailing spaces or characters of trimStr.",
               "rtrim('    SparkSQL   ') =>     SparkSQL"),
};
const uint32_t string_functions_count = ARRAY_COUNT(string_functions);
