/* encode.c - encode and decode: text in character sets; and decode as a choice among values. */
#include "functions/cast.h"
#include "functions/charset.h"
#include "functions/families.h"
#include "functions/nested.h"
#include "functions/signature.h"
#include "functions/text_out.h"

static dbx_status encode_raise_charset(fn_call *call, string_view name, const char *function) {
    string_view copy = arena_copy_string(call->arena, name);
    return error_raise(call->err, ERR_INVALID_PARAMETER_VALUE__CHARSET, call->position,
                       "functionName", function, "parameter", "`charset`", "charsets",
                       "iso-8859-1, us-ascii, utf-16, utf-16be, utf-16le, utf-32, utf-8", "charset",
                       copy.data == NULL ? "" : copy.data, NULL);
}

static dbx_status encode_raise_coding(fn_call *call, string_view name, const char *function) {
    char *copy = arena_printf(call->arena, SV_FMT, SV_ARG(name));
    if (copy == NULL) return error_nomem(call->err);
    for (char *c = copy; *c != '\0'; c++) *c = ascii_upper(*c);
    return error_raise(call->err, ERR_MALFORMED_CHARACTER_CODING, call->position, "function",
                       function, "charset", copy, NULL);
}

typedef dbx_status (*encode_conversion)(charset set, string_view in, bool replace, buffer *out);

static dbx_status encode_rows(fn_call *call, const vector *args, vector *out,
                              encode_conversion convert, const char *function) {
    const settings *s = call->query->settings;
    vector_view in = vector_view_of(&args[0]), names = vector_view_of(&args[1]);
    buffer text;
    dbx_status status = DBX_OK;
    buffer_init(&text, call->arena->ledger);
    FN_FOR_EACH_ROW(call, r) {
        string_view name = vstring_view(text_arg(&names, r));
        charset set;
        if (!charset_by_name(name, s->java_charsets, &set)) {
            status = encode_raise_charset(call, name, function);
            break;
        }
        buffer_clear(&text);
        status =
            convert(set, vstring_view(text_arg(&in, r)), s->replace_malformed_characters, &text);
        if (status == DBX_OK) status = text_copy(call, out, r, text.data, text.size);
        if (status == DBX_ERROR) status = encode_raise_coding(call, name, function);
        if (status == DBX_NOMEM) status = error_nomem(call->err);
        if (status != DBX_OK) break;
    }
    buffer_deinit(&text);
    return status;
}
static dbx_status encode_encode(fn_call *call, const vector *args, vector *out) {
    return encode_rows(call, args, out, charset_encode, "`encode`");
}
static dbx_status encode_decode(fn_call *call, const vector *args, vector *out) {
    return encode_rows(call, args, out, charset_decode, "`decode`");
}

/* ---- decode(expr, search, result, …, default) ---- */

static dbx_status encode_choose(fn_call *call, const vector *args, vector *out) {
    uint32_t count = *(const uint32_t *)call->state;
    vector_view *views = ARENA_ARRAY(call->arena, vector_view, count + 1);
    if (views == NULL) return error_nomem(call->err);
    for (uint32_t i = 0; i < count; i++) views[i] = vector_view_of(&args[i]);
    FN_FOR_EACH_ROW(call, r) {
        uint32_t at = view_index(&views[0], r), chosen = count;
        bool valid = validity_get(views[0].validity, at);
        for (uint32_t i = 1; i + 1 < count && chosen == count; i += 2) {
            uint32_t other = view_index(&views[i], r);
            bool other_valid = validity_get(views[i].validity, other);
            if (valid == other_valid && (!valid || value_equal(&views[0], at, &views[i], other)))
                chosen = i + 1;
        }
        if (chosen == count && count % 2 == 0) chosen = count - 1;
        if (chosen == count)
            TRY(nested_put_null(call, out, r));
        else
            TRY(nested_put(call, out, r, &args[chosen], &views[chosen], r));
    }
    return DBX_OK;
}

static dbx_status encode_bind_common(fn_bind *b, uint32_t arg, type *common) {
    if (!type_common(b->arena, *common, b->arg_types[arg], b->query->settings->ansi, common))
        return fn_bind_data_different_types(b);
    return DBX_OK;
}

static dbx_status encode_bind_choose(fn_bind *b) {
    type key = b->arg_types[0], value = type_simple(TYPE_VOID);
    uint32_t n = b->arg_count;
    bool keeps_default = n % 2 == 0;
    for (uint32_t i = 1; i + 1 < n; i += 2) {
        TRY(encode_bind_common(b, i, &key));
        TRY(encode_bind_common(b, i + 1, &value));
    }
    if (keeps_default) TRY(encode_bind_common(b, n - 1, &value));
    b->nullable = !keeps_default;
    for (uint32_t i = 0; i < n; i++) {
        bool is_value = i > 0 && (i % 2 == 0 || (keeps_default && i == n - 1));
        b->arg_types[i] = is_value ? value : key;
        b->nullable = b->nullable || (is_value && b->arg_nullable[i]);
    }
    b->result = value;
    return nested_bind_count(b);
}

const function_row encode_functions[] = {
    {.name = "encode",
     .signature = "(str string, charset string) -> binary",
     .kernel = encode_encode,
     .category = "string",
     .doc = "The bytes of a text in a character set.",
     .examples = "encode('abc', 'utf-8') => abc; hex(encode('a\u00e9', 'utf-16')) => FEFF006100E9; "
                 "hex(encode('\U0001F600', 'utf-16le')) => 3DD800DE; "
                 "hex(encode('a', 'utf-32')) => 00000061"},
    {.name = "decode",
     .signature = "(bin binary, charset string) -> string",
     .kernel = encode_decode,
     .category = "string",
     .doc = "The text that bytes mean in a character set; or, with more arguments, the result that "
            "follows the first search equal to expr.",
     .examples = "decode(X'616263', 'utf-8') => abc; decode(X'FFFE6100', 'UTF-16') => a; "
                 "decode(2, 1, 'Southlake', 2, 'San Francisco', 'other') => San Francisco; "
                 "decode(6, 1, 'Southlake') => NULL; decode(NULL, 6, 'Spark', NULL, 'SQL') => SQL"},
    {.name = "decode",
     .signature = "(expr any, search any, result any, [more any...]) -> bind",
     .flags = NULLS_AWARE,
     .kernel = encode_choose,
     .bind = encode_bind_choose,
     .category = "conditional",
     .doc = "The result that follows the first search equal to expr, else the last argument or "
            "NULL."},
};
const uint32_t encode_functions_count = ARRAY_COUNT(encode_functions);
