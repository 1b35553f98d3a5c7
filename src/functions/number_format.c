/* number_format.c - to_number, to_char, format_number. A constant format is read at bind. */
#include "functions/cast.h"
#include "functions/decimal_format.h"
#include "functions/families.h"
#include "functions/number_pattern.h"
#include "functions/signature.h"

/* Value of a DECIMAL argument. */
static int128 format_decimal_arg(const vector *v, const vector_view *view, uint32_t r) {
    uint32_t i = view_index(view, r);
    return v->phys == PHYS_INT64 ? ((const int64_t *)view->data)[i]
                                 : ((const int128 *)view->data)[i];
}

static void format_put_decimal(vector *out, uint32_t r, int128 value) {
    if (out->phys == PHYS_INT64)
        VECTOR_DATA(out, int64_t)[r] = (int64_t)value;
    else
        VECTOR_DATA(out, int128)[r] = value;
}

/* ---- to_number ---- */

static dbx_status format_mismatch(fn_call *call, string_view text, const vector *format) {
    const char *quoted = arena_printf(call->arena, "'" SV_FMT "'", SV_ARG(text));
    return error_raise(call->err, ERR_INVALID_FORMAT__MISMATCH_INPUT, call->position, "inputType",
                       "\"STRING\"", "input", quoted == NULL ? "" : quoted, "format",
                       fn_value_text(call, format, 0), NULL);
}

typedef struct format_number_state {
    number_pattern pattern;
    bool null_on_failure;
} format_number_state;

static dbx_status format_to_number(fn_call *call, const vector *args, vector *out) {
    const format_number_state *s = call->state;
    vector_view text = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        int128 value;
        string_view given = vstring_view(text_arg(&text, r));
        if (number_pattern_parse(&s->pattern, given, &value))
            format_put_decimal(out, r, value);
        else if (s->null_on_failure)
            TRY(fn_set_null(call, out, r));
        else
            return format_mismatch(call, given, &args[1]);
    }
    return DBX_OK;
}

static dbx_status format_bind_number(fn_bind *b) {
    format_number_state *s = ARENA_NEW(b->arena, format_number_state);
    string_view format;
    if (s == NULL) return error_nomem(b->err);
    b->state = s;
    s->null_on_failure = b->row->name[0] == 't' && b->row->name[1] == 'r';
    b->result = type_decimal(38, 18);
    if (!fn_bind_constant_string(b, 1, &format)) { /* NULL */
        b->nullable = true;
        return DBX_OK;
    }
    TRY(number_pattern_read(b->arena, format, b->position, &s->pattern, b->err));
    b->result = type_decimal(s->pattern.before + s->pattern.after, s->pattern.after);
    if (s->null_on_failure) b->nullable = true;
    return DBX_OK;
}

/* ---- to_char ---- */

static dbx_status format_to_char(fn_call *call, const vector *args, vector *out) {
    const number_pattern *constant = call->state;
    vector_view values = vector_view_of(&args[0]), formats = vector_view_of(&args[1]);
    text_build b = text_build_on(call);
    number_pattern own;
    string_view last = {0};
    FN_FOR_EACH_ROW(call, r) {
        const number_pattern *p = constant;
        if (p == NULL) {
            string_view format = vstring_view(text_arg(&formats, r));
            if (last.data == NULL || !sv_equal(last, format))
                TRY(number_pattern_read(call->arena, format, call->position, &own, call->err));
            last = format;
            p = &own;
        }
        TRY(number_pattern_print(p, format_decimal_arg(&args[0], &values, r), args[0].type.scale,
                                 &b));
        text_build_end(&b, out, r);
    }
    return DBX_OK;
}

/* Takes another function's row for the first `count` arguments: generated names show that one. */
static dbx_status format_become(fn_bind *b, const char *name, uint32_t count) {
    uint32_t rows;
    const function_row *row = function_lookup(sv_from(name), &rows);
    if (row == NULL)
        return error_raise(b->err, ERR_UNSUPPORTED_FEATURE, b->position, "feature", name, NULL);
    b->row = row;
    b->kernel = row->kernel;
    b->arg_count = count;
    return row->bind == NULL ? DBX_OK : row->bind(b);
}

static dbx_status format_bind_binary(fn_bind *b) {
    static const struct {
        const char *format, *function;
        uint32_t arguments;
    } forms[] = {{"base64", "base64", 1}, {"hex", "hex", 1}, {"utf-8", "decode", 2}};
    string_view format;
    if (!fn_bind_constant_string(b, 1, &format)) format = SV("NULL");
    for (uint32_t i = 0; i < ARRAY_COUNT(forms); i++) {
        if (sv_equal_ignore_case(format, sv_from(forms[i].format)))
            return format_become(b, forms[i].function, forms[i].arguments);
    }
    const char *name = arena_printf(b->arena, "`%s`", b->row->name);
    const char *quoted = arena_printf(b->arena, "'" SV_FMT "'", SV_ARG(format));
    return error_raise(b->err, ERR_INVALID_PARAMETER_VALUE__BINARY_FORMAT, b->position,
                       "functionName", name == NULL ? "" : name, "parameter", "`format`",
                       "invalidFormat", quoted == NULL ? "" : quoted, NULL);
}

static dbx_status format_bind_char(fn_bind *b) {
    type t = b->arg_types[0];
    if (type_is_datetime(t) && t.id != TYPE_TIME) return format_become(b, "date_format", 2);
    if (t.id == TYPE_BINARY) return format_bind_binary(b);
    string_view format;
    if (type_is_integer(t))
        b->arg_types[0] = type_decimal_for(t);
    else if (t.id == TYPE_FLOAT)
        b->arg_types[0] = type_decimal(14, 7);
    else if (t.id != TYPE_DECIMAL)
        b->arg_types[0] = t.id == TYPE_DOUBLE ? type_decimal(30, 15) : type_decimal(38, 18);
    if (!fn_bind_constant_string(b, 1, &format)) return DBX_OK;
    number_pattern *p = ARENA_NEW(b->arena, number_pattern);
    if (p == NULL) return error_nomem(b->err);
    b->state = p;
    return number_pattern_read(b->arena, format, b->position, p, b->err);
}

/* ---- format_number ---- */

static dbx_status format_print_number(const decimal_format *f, const vector *v,
                                      const vector_view *view, uint32_t r, text_build *b) {
    uint32_t i = view_index(view, r);
    switch ((type_id)v->type.id) {
    case TYPE_FLOAT:
        return decimal_format_double(f, (double)((const float *)view->data)[i], b);
    case TYPE_DOUBLE:
        return decimal_format_double(f, ((const double *)view->data)[i], b);
    case TYPE_BIGINT:
        return decimal_format_decimal(f, ((const int64_t *)view->data)[i], 0, b);
    default:
        return decimal_format_decimal(f, format_decimal_arg(v, view, r), v->type.scale, b);
    }
}

static dbx_status format_number(fn_call *call, const vector *args, vector *out) {
    bool by_text = args[1].phys == PHYS_STRING;
    vector_view values = vector_view_of(&args[0]), formats = vector_view_of(&args[1]);
    text_build b = text_build_on(call);
    decimal_format f;
    string_view last = {0};
    int32_t last_decimals = -1;
    FN_FOR_EACH_ROW(call, r) {
        if (by_text) {
            string_view pattern = vstring_view(text_arg(&formats, r));
            if (last.data == NULL || !sv_equal(last, pattern)) {
                if (pattern.size == 0)
                    decimal_format_fixed(0, &f);
                else if (!decimal_format_read(pattern, &f))
                    return error_raise(call->err, ERR_INVALID_PARAMETER_VALUE__PATTERN,
                                       call->position, "parameter", "`format`", "functionName",
                                       "`format_number`", "value", fn_value_sql(call, &args[1], r),
                                       NULL);
                last = pattern;
            }
        } else {
            int32_t decimals = int_arg(&formats, r);
            if (decimals < 0) {
                TRY(fn_set_null(call, out, r));
                continue;
            }
            if (decimals != last_decimals) decimal_format_fixed((uint32_t)decimals, &f);
            last_decimals = decimals;
        }
        TRY(format_print_number(&f, &args[0], &values, r, &b));
        text_build_end(&b, out, r);
    }
    return DBX_OK;
}

static dbx_status format_bind_format_number(fn_bind *b) {
    if (type_is_integer(b->arg_types[0])) b->arg_types[0] = type_simple(TYPE_BIGINT);
    b->nullable = true;
    return DBX_OK;
}

#define FORMAT_ROW(text, other, sig, f, k, binder, about, sample)                                  \
    {                                                                                              \
        .name = text, .aliases = other, .signature = sig, .flags = (f), .kernel = k,               \
        .bind = binder, .category = "string", .doc = about, .examples = sample                     \
    }

const function_row number_format_functions[] = {
    FORMAT_ROW("to_number", NULL, "(expr string, fmt const string) -> bind", FN_COLLATES,
               format_to_number, format_bind_number, "The number in a text, by a format.",
               "to_number('12,454.8-', '99,999.9S') => -12454.8; "
               "to_number('$78.12', '$99.99') => 78.12"),
    FORMAT_ROW("try_to_number", NULL, "(expr string, fmt const string) -> bind",
               FN_COLLATES | FN_ALWAYS_NULLABLE, format_to_number, format_bind_number,
               "The number in a text, by a format; NULL when it does not match.",
               "try_to_number('454.00', '000.00') => 454.00; try_to_number('x', '000') => NULL"),
    FORMAT_ROW("to_char", "to_varchar",
               "(expr numeric|date|timestamp|timestamp_ntz|binary, format string) -> string", 0,
               format_to_char, format_bind_char,
               "Text of a number, a date or a binary, by a format.",
               "to_char(454, '999') => 454; to_char(-12454.8, '99G999D9S') => 12,454.8-; "
               "to_char(DATE'2016-04-08', 'y') => 2016"),
    FORMAT_ROW("format_number", NULL, "(expr1 numeric, expr2 int|string) -> string",
               FN_ALWAYS_NULLABLE, format_number, format_bind_format_number,
               "Text of a number with groups of digits: decimals, or a pattern such as #,##0.00.",
               "format_number(12332.123456, 4) => 12,332.1235; "
               "format_number(12332.123456, '##################.###') => 12332.123"),
};
const uint32_t number_format_functions_count = ARRAY_COUNT(number_format_functions);
