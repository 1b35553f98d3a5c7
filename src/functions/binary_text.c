/* binary_text.c - bytes as text and back: base64, to_binary. (hex, unhex are in math_bits.c.) */
#include "functions/cast.h"
#include "functions/families.h"
#include "functions/signature.h"
#include "functions/text_out.h"
#include "kernel/base64.h"

static dbx_status binary_base64(fn_call *call, const vector *args, vector *out) {
    vector_view bytes = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        const vstring *s = text_arg(&bytes, r);
        size_t size = base64_encoded_size(s->size);
        char *text = text_room(call, size);
        if (text == NULL) return error_nomem(call->err);
        base64_encode(vstring_data(s), s->size, text);
        text_borrow(out, r, text, size);
    }
    return DBX_OK;
}

/* ---- to bytes ---- */

typedef enum binary_format { BINARY_HEX, BINARY_UTF8, BINARY_BASE64, BINARY_MIME } binary_format;

typedef struct binary_state {
    binary_format format;
    bool fail;      /* malformed text is an error, not NULL */
    bool no_format; /* NULL or unknown: the result is NULL */
} binary_state;

static int binary_hex_digit(char c) {
    char lower = ascii_lower(c);
    return ascii_is_digit(c) ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* An odd first digit stands alone. */
static bool binary_from_hex(string_view text, char *out, size_t *size) {
    *size = 0;
    for (size_t i = 0; i < text.size;) {
        bool alone = i == 0 && text.size % 2 == 1;
        int high = alone ? 0 : binary_hex_digit(text.data[i++]),
            low = binary_hex_digit(text.data[i++]);
        if (high < 0 || low < 0) return false;
        out[(*size)++] = (char)(high << 4 | low);
    }
    return true;
}

static dbx_status binary_raise(fn_call *call, const binary_state *s, const vector *arg,
                               uint32_t row) {
    static const char *const names[] = {"'HEX'", "'UTF-8'", "'BASE64'", "'BASE64'"};
    return error_raise(call->err, ERR_CONVERSION_INVALID_INPUT, call->position, "str",
                       fn_value_sql(call, arg, row), "fmt", names[s->format], "targetType",
                       "\"BINARY\"", "suggestion", "`try_to_binary`", NULL);
}

static dbx_status binary_decode(fn_call *call, const vector *args, vector *out) {
    const binary_state *s = call->state;
    vector_view view = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        string_view text = vstring_view(text_arg(&view, r));
        if (s->no_format) {
            TRY(fn_set_null(call, out, r));
            continue;
        }
        if (s->format == BINARY_UTF8) {
            text_set(out, r, *text_arg(&view, r));
            continue;
        }
        size_t size = 0;
        char *bytes = text_room(call, base64_decoded_room(text.size));
        if (bytes == NULL) return error_nomem(call->err);
        bool good =
            s->format == BINARY_HEX
                ? binary_from_hex(text, bytes, &size)
                : base64_decode(text.data, text.size, s->format == BINARY_BASE64, bytes, &size);
        if (good)
            text_borrow(out, r, bytes, size);
        else if (s->fail)
            return binary_raise(call, s, &args[0], r);
        else
            TRY(fn_set_null(call, out, r));
    }
    return DBX_OK;
}

static dbx_status binary_bind_unbase64(fn_bind *b) {
    binary_state *s = ARENA_NEW(b->arena, binary_state);
    if (s == NULL) return error_nomem(b->err);
    *s = (binary_state){.format = BINARY_MIME, .fail = true};
    b->state = s;
    return DBX_OK;
}

static dbx_status binary_raise_format(fn_bind *b, string_view format) {
    const char *sql = arena_printf(b->arena, "\"%s\"", fn_bind_sql(b));
    char *value = arena_printf(b->arena, "'" SV_FMT "'", SV_ARG(format));
    if (sql == NULL || value == NULL) return error_nomem(b->err);
    for (char *c = value; *c != '\0'; c++) *c = ascii_lower(*c);
    return error_raise(b->err, ERR_DATATYPE_MISMATCH__INVALID_ARG_VALUE, b->position, "sqlExpr",
                       sql, "inputName", "fmt", "requireType", "case-insensitive \"STRING\"",
                       "validValues", "'hex', 'utf-8', 'utf8', or 'base64'", "inputValue", value,
                       NULL);
}

static dbx_status binary_bind_format(fn_bind *b, bool fail) {
    static const struct {
        const char *name;
        binary_format format;
    } formats[] = {{"hex", BINARY_HEX},
                   {"utf-8", BINARY_UTF8},
                   {"utf8", BINARY_UTF8},
                   {"base64", BINARY_BASE64}};
    binary_state *s = ARENA_NEW(b->arena, binary_state);
    string_view format = SV("hex");
    if (s == NULL) return error_nomem(b->err);
    s->fail = fail;
    b->state = s;
    b->nullable = b->nullable || !fail;
    if (b->arg_count > 1 && !fn_bind_constant_string(b, 1, &format)) {
        if (b->constants[1] == NULL) {
            const char *sql = arena_printf(b->arena, "\"%s\"", fn_bind_sql(b)),
                       *input = arena_printf(b->arena, "\"%s\"", fn_bind_arg_sql(b, 1));
            return error_raise(b->err, ERR_DATATYPE_MISMATCH__NON_FOLDABLE_INPUT, b->position,
                               "sqlExpr", sql == NULL ? "" : sql, "inputName", "`fmt`", "inputType",
                               "\"STRING\"", "inputExpr", input == NULL ? "" : input, NULL);
        }
        s->no_format = true;
        return DBX_OK;
    }
    for (uint32_t i = 0; i < ARRAY_COUNT(formats); i++) {
        if (!sv_equal_ignore_case(format, sv_from(formats[i].name))) continue;
        s->format = formats[i].format;
        return DBX_OK;
    }
    s->no_format = true;
    return fail ? binary_raise_format(b, format) : DBX_OK;
}
static dbx_status binary_bind_strict(fn_bind *b) {
    return binary_bind_format(b, true);
}
static dbx_status binary_bind_try(fn_bind *b) {
    return binary_bind_format(b, false);
}

const function_row binary_text_functions[] = {
    {.name = "base64",
     .signature = "(bin binary) -> string",
     .flags = FN_NEVER_FAILS,
     .kernel = binary_base64,
     .category = "string",
     .doc = "Bytes in base64.",
     .examples = "base64('Spark SQL') => U3BhcmsgU1FM; base64(X'FF') => /w==; base64('') => "},
    {.name = "unbase64",
     .signature = "(str string) -> binary",
     .kernel = binary_decode,
     .bind = binary_bind_unbase64,
     .category = "string",
     .doc = "The bytes of a base64 text; characters outside the alphabet are passed over.",
     .examples = "unbase64('U3BhcmsgU1FM') => Spark SQL; hex(unbase64('/w')) => FF"},
    {.name = "to_binary",
     .signature = "(str string, [fmt string]) -> binary",
     .kernel = binary_decode,
     .bind = binary_bind_strict,
     .category = "conversion",
     .doc = "The bytes that a text means in the format 'hex' (the default), 'utf-8' or 'base64'.",
     .examples = "to_binary('abc', 'utf-8') => abc; hex(to_binary('abc')) => 0ABC; "
                 "to_binary('YWI=', 'base64') => ab"},
    {.name = "try_to_binary",
     .signature = "(str string, [fmt string]) -> binary",
     .flags = FN_ALWAYS_NULLABLE,
     .kernel = binary_decode,
     .bind = binary_bind_try,
     .category = "conversion",
     .doc = "As to_binary, but NULL for a malformed text or an unknown format.",
     .examples = "try_to_binary('abc', 'utf-8') => abc; try_to_binary('a!', 'base64') => NULL; "
                 "try_to_binary('abc', 'no format') => NULL"},
};
const uint32_t binary_text_functions_count = ARRAY_COUNT(binary_text_functions);
