/* format_string.c - format_string and printf: java.util.Formatter for numbers, texts and booleans.
 *
 * Dates and times are what they are inside, whole numbers of days and microseconds, as in Spark.
 */
#include "functions/families.h"
#include "functions/nested.h"
#include "functions/signature.h"
#include "functions/text_build.h"
#include "kernel/number_text.h"
#include "kernel/text.h"
#include "vector/collation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { PRINTF_WIDTH_MAX = 1 << 20, PRINTF_PRECISION_MAX = 300, PRINTF_FLOAT_MAX = 720 };

/* %[argument$][flags][width][.precision]conversion */
typedef struct printf_spec {
    uint32_t argument; /* from 1; 0: the next one */
    bool previous;     /* %<s */
    bool left, plus, space, zero, group, parentheses, alternate;
    int32_t width, precision; /* -1: none */
    char conversion;
    bool upper;
} printf_spec;

typedef struct printf_call {
    fn_call *call;
    const vector *args;
    const vector_view *views; /* per argument of the call */
    uint32_t count;           /* arguments after the format */
    text_build *out;
    uint32_t row;
} printf_call;

static dbx_status printf_raise(printf_call *p, string_view format) {
    const char *quoted = arena_printf(p->call->arena, "'" SV_FMT "'", SV_ARG(format));
    return error_raise(p->call->err, ERR_INVALID_PARAMETER_VALUE__PATTERN, p->call->position,
                       "parameter", "`strfmt`", "functionName", "`format_string`", "value",
                       quoted == NULL ? "" : quoted, NULL);
}

/* ---- reading ---- */

static bool printf_read_number(string_view format, size_t *at, int32_t limit, int32_t *out) {
    int32_t n = 0;
    size_t start = *at;
    while (*at < format.size && ascii_is_digit(format.data[*at])) {
        n = n * 10 + (format.data[(*at)++] - '0');
        if (n > limit) return false;
    }
    *out = n;
    return *at > start;
}

static bool printf_read_flag(printf_spec *s, char c) {
    switch (c) {
    case '-':
        return s->left = true;
    case '+':
        return s->plus = true;
    case ' ':
        return s->space = true;
    case '0':
        return s->zero = true;
    case ',':
        return s->group = true;
    case '(':
        return s->parentheses = true;
    case '#':
        return s->alternate = true;
    case '<':
        return s->previous = true;
    default:
        return false;
    }
}

/* Reads what follows a percent sign at *at. */
static bool printf_read_spec(string_view format, size_t *at, printf_spec *s) {
    *s = (printf_spec){.width = -1, .precision = -1};
    size_t start = *at;
    int32_t number;
    if (printf_read_number(format, at, PRINTF_WIDTH_MAX, &number) && *at < format.size &&
        format.data[*at] == '$') {
        s->argument = (uint32_t)number;
        (*at)++;
    } else {
        *at = start;
    }
    while (*at < format.size && printf_read_flag(s, format.data[*at])) (*at)++;
    if (*at < format.size && ascii_is_digit(format.data[*at]) &&
        !printf_read_number(format, at, PRINTF_WIDTH_MAX, &s->width))
        return false;
    if (*at < format.size && format.data[*at] == '.') {
        (*at)++;
        if (!printf_read_number(format, at, PRINTF_WIDTH_MAX, &s->precision)) return false;
    }
    if (*at >= format.size) return false;
    char c = format.data[(*at)++];
    s->upper = c >= 'A' && c <= 'Z';
    s->conversion = ascii_lower(c);
    if (s->left && (s->zero || s->width < 0)) return false;
    return s->conversion != 'n' || s->width < 0;
}

/* ---- writing ---- */

static dbx_status printf_fill(text_build *b, char c, size_t count) {
    for (; count > 0; count--) TRY(text_build_char(b, c));
    return DBX_OK;
}

/* Sign and body, padded; zeros go between the two. */
static dbx_status printf_pad(text_build *b, const printf_spec *s, const char *before,
                             string_view body, const char *after) {
    size_t size = strlen(before) + text_length(body.data, body.size) + strlen(after);
    size_t pad = s->width > 0 && (size_t)s->width > size ? (size_t)s->width - size : 0;
    if (!s->left && !s->zero) TRY(printf_fill(b, ' ', pad));
    TRY(text_build_add(b, before, strlen(before)));
    if (!s->left && s->zero) TRY(printf_fill(b, '0', pad));
    TRY(text_build_reserve(b, body.size));
    for (size_t i = 0; i < body.size; i++) {
        char c = body.data[i];
        TRY(text_build_char(b, s->upper && c >= 'a' && c <= 'z' ? (char)(c - 32) : c));
    }
    TRY(text_build_add(b, after, strlen(after)));
    return s->left ? printf_fill(b, ' ', pad) : DBX_OK;
}

static dbx_status printf_text(printf_call *p, const printf_spec *s, string_view text) {
    if (s->precision >= 0) text.size = text_offset(text.data, text.size, (size_t)s->precision);
    return printf_pad(p->out, s, "", text, "");
}

/* Digits "1234.5" with separators and sign. */
static dbx_status printf_signed(printf_call *p, const printf_spec *s, bool negative,
                                string_view digits) {
    char grouped[PRINTF_FLOAT_MAX * 2];
    size_t whole = 0, n = 0;
    while (whole < digits.size && ascii_is_digit(digits.data[whole])) whole++;
    for (size_t i = 0; i < digits.size; i++) {
        if (s->group && i > 0 && i < whole && (whole - i) % 3 == 0) grouped[n++] = ',';
        grouped[n++] = digits.data[i];
    }
    bool wrapped = negative && s->parentheses;
    const char *sign = wrapped ? "(" : negative ? "-" : s->plus ? "+" : s->space ? " " : "";
    return printf_pad(p->out, s, sign, (string_view){grouped, n}, wrapped ? ")" : "");
}

static dbx_status printf_integer(printf_call *p, const printf_spec *s, int64_t value,
                                 uint32_t bytes, bool *ok) {
    char digits[32];
    if (s->precision >= 0) *ok = false;
    if (!*ok) return DBX_OK;
    if (s->conversion == 'd') {
        uint64_t magnitude = value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;
        int n = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)magnitude);
        return printf_signed(p, s, value < 0, (string_view){digits, (size_t)n});
    }
    uint64_t bits = (uint64_t)value;
    if (bytes < 8) bits &= ((uint64_t)1 << (bytes * 8)) - 1;
    int n = snprintf(digits, sizeof(digits), s->conversion == 'x' ? "%llx" : "%llo",
                     (unsigned long long)bits);
    const char *prefix = !s->alternate ? "" : s->conversion == 'x' ? "0x" : "0";
    return printf_pad(p->out, s, prefix, (string_view){digits, (size_t)n}, "");
}

/* The decimal exponent of a positive number. */
static int32_t printf_exponent(double x) {
    char text[32];
    snprintf(text, sizeof(text), "%.16e", x);
    const char *e = strchr(text, 'e');
    return e == NULL ? 0 : (int32_t)strtol(e + 1, NULL, 10);
}

/* Rounds half up by the shortest digits of the number, as java.util.Formatter does. */
static dbx_status printf_float(printf_call *p, const printf_spec *s, double value) {
    char digits[PRINTF_FLOAT_MAX];
    bool negative = signbit(value) != 0 && !isnan(value);
    if (isnan(value) || isinf(value)) {
        printf_spec plain = *s;
        plain.zero = plain.group = false;
        return printf_signed(p, &plain, negative, isnan(value) ? SV("NaN") : SV("Infinity"));
    }
    double x = fabs(value);
    int32_t precision = s->precision < 0 ? 6 : MIN(s->precision, (int32_t)PRINTF_PRECISION_MAX);
    char form = s->conversion;
    if (form == 'g') {
        precision = MAX(precision, 1);
        int32_t exponent = x == 0 ? 0
                                  : printf_exponent(number_round_double(
                                        x, precision - 1 - printf_exponent(x), false));
        form = x == 0 || (exponent >= -4 && exponent < precision) ? 'f' : 'e';
        precision = form == 'f' ? MAX(precision - 1 - exponent, 0) : precision - 1;
    }
    int n;
    if (form == 'e') {
        if (x != 0) x = number_round_double(x, precision - printf_exponent(x), false);
        n = snprintf(digits, sizeof(digits), "%.*e", precision, x);
    } else {
        n = snprintf(digits, sizeof(digits), "%.*f", precision,
                     number_round_double(x, precision, false));
    }
    assert(n > 0 && (size_t)n < sizeof(digits));
    for (int i = 0; i < n; i++) { /* the point of the process's locale */
        if (digits[i] == ',') digits[i] = '.';
    }
    return printf_signed(p, s, negative, (string_view){digits, (size_t)n});
}

/* ---- arguments ---- */

static bool printf_int_arg(const vector *v, uint32_t i, const void *data, int64_t *out,
                           uint32_t *bytes) {
    (void)v;
    switch ((physical_type)v->phys) {
    case PHYS_INT8:
        *out = ((const int8_t *)data)[i];
        *bytes = 1;
        return true;
    case PHYS_INT16:
        *out = ((const int16_t *)data)[i];
        *bytes = 2;
        return true;
    case PHYS_INT32:
        *out = ((const int32_t *)data)[i];
        *bytes = 4;
        return true;
    case PHYS_INT64:
        *out = ((const int64_t *)data)[i];
        *bytes = 8;
        return v->type.id != TYPE_DECIMAL;
    default:
        return false;
    }
}

static dbx_status printf_convert_number(printf_call *p, const printf_spec *s, const vector *v,
                                        const vector_view *view, bool *ok) {
    uint32_t i = view_index(view, p->row), bytes;
    int64_t whole;
    if (s->conversion == 'd' || s->conversion == 'x' || s->conversion == 'o') {
        *ok = printf_int_arg(v, i, view->data, &whole, &bytes);
        return *ok ? printf_integer(p, s, whole, bytes, ok) : DBX_OK;
    }
    if (v->phys == PHYS_FLOAT) return printf_float(p, s, ((const float *)view->data)[i]);
    if (v->phys == PHYS_DOUBLE) return printf_float(p, s, ((const double *)view->data)[i]);
    if (v->type.id == TYPE_DECIMAL) {
        double value;
        const char *text = fn_value_text(p->call, v, p->row);
        *ok = number_parse_double(text, strlen(text), &value) == NUMBER_OK;
        return *ok ? printf_float(p, s, value) : DBX_OK;
    }
    *ok = false;
    return DBX_OK;
}

static dbx_status printf_convert_text(printf_call *p, const printf_spec *s, const vector *v,
                                      const vector_view *view) {
    uint32_t i = view_index(view, p->row), bytes;
    int64_t whole;
    if (v->phys == PHYS_STRING)
        return printf_text(p, s, vstring_view(&((const vstring *)view->data)[i]));
    if (type_is_datetime(v->type) && printf_int_arg(v, i, view->data, &whole, &bytes)) {
        char digits[32];
        int n = snprintf(digits, sizeof(digits), "%lld", (long long)whole);
        return printf_text(p, s, (string_view){digits, (size_t)n});
    }
    return printf_text(p, s, sv_from(fn_value_text(p->call, v, p->row)));
}

static dbx_status printf_convert(printf_call *p, const printf_spec *s, uint32_t argument,
                                 bool *ok) {
    const vector *v = &p->args[argument];
    const vector_view *view = &p->views[argument];
    printf_spec plain = *s;
    plain.zero = false;
    if (s->conversion == 'b') {
        bool value = view_valid(view, p->row);
        if (value && v->type.id == TYPE_BOOLEAN)
            value = ((const uint8_t *)view->data)[view_index(view, p->row)] != 0;
        return printf_text(p, &plain, value ? SV("true") : SV("false"));
    }
    if (!view_valid(view, p->row)) {
        if (strchr("sdxofegc", s->conversion) == NULL) *ok = false;
        return *ok ? printf_text(p, &plain, SV("null")) : DBX_OK;
    }
    switch (s->conversion) {
    case 's':
        return printf_convert_text(p, &plain, v, view);
    case 'c': {
        int64_t code;
        uint32_t bytes;
        char text[4];
        *ok = printf_int_arg(v, view_index(view, p->row), view->data, &code, &bytes) && code >= 0 &&
              code <= 0x10FFFF;
        if (!*ok) return DBX_OK;
        return printf_text(p, &plain, (string_view){text, collation_write((int32_t)code, text)});
    }
    case 'd':
    case 'x':
    case 'o':
    case 'e':
    case 'f':
    case 'g':
        return printf_convert_number(p, s, v, view, ok);
    default:
        *ok = false;
        return DBX_OK;
    }
}

static dbx_status printf_row(printf_call *p, string_view format) {
    uint32_t next = 1, last = 0;
    for (size_t i = 0; i < format.size;) {
        const char *percent = memchr(format.data + i, '%', format.size - i);
        size_t end = percent == NULL ? format.size : (size_t)(percent - format.data);
        TRY(text_build_add(p->out, format.data + i, end - i));
        i = end + 1;
        if (percent == NULL) break;
        printf_spec s;
        bool ok = printf_read_spec(format, &i, &s);
        if (ok && s.conversion == 'n' && !s.upper) {
            TRY(text_build_char(p->out, '\n'));
            continue;
        }
        if (ok && s.conversion == '%') {
            TRY(printf_text(p, &s, SV("%")));
            continue;
        }
        if (!ok) return printf_raise(p, format);
        last = s.argument > 0 ? s.argument : s.previous ? last : next++;
        if (last == 0 || last > p->count) return printf_raise(p, format);
        TRY(printf_convert(p, &s, last, &ok));
        if (!ok) return printf_raise(p, format);
    }
    return DBX_OK;
}

static dbx_status printf_run(fn_call *call, const vector *args, vector *out) {
    uint32_t count = *(const uint32_t *)call->state;
    vector_view *views = ARENA_ARRAY(call->arena, vector_view, count);
    text_build b = text_build_on(call);
    if (views == NULL) return error_nomem(call->err);
    for (uint32_t a = 0; a < count; a++) views[a] = vector_view_of(&args[a]);
    printf_call p = {call, args, views, count - 1, &b, 0};
    FN_FOR_EACH_ROW(call, r) {
        if (!view_valid(&views[0], r)) {
            TRY(fn_set_null(call, out, r));
            continue;
        }
        p.row = r;
        TRY(printf_row(&p, vstring_view(text_arg(&views[0], r))));
        text_build_end(&b, out, r);
    }
    return DBX_OK;
}

static dbx_status printf_bind(fn_bind *b) {
    string_view format;
    b->nullable = b->arg_nullable[0];
    TRY(nested_bind_count(b));
    if (!fn_bind_constant_string(b, 0, &format)) return DBX_OK;
    for (size_t i = 0; i + 2 < format.size; i++) {
        if (memcmp(format.data + i, "%0$", 3) != 0) continue;
        const char *name = arena_printf(b->arena, "`%s`", b->row->name);
        return error_raise(b->err, ERR_INVALID_PARAMETER_VALUE__ZERO_INDEX, b->position,
                           "parameter", "`strfmt`", "functionName", name == NULL ? "" : name, NULL);
    }
    return DBX_OK;
}

#define PRINTF_ROW(text)                                                                           \
    {                                                                                              \
        .name = text, .signature = "(strfmt string, [obj any...]) -> string",                      \
        .flags = NULLS_AWARE | FN_COLLATED, .kernel = printf_run, .bind = printf_bind,             \
        .category = "string", .doc = "Text of the arguments, by a format in the style of printf.", \
        .examples = text "('Hello World %d %s', 100, 'days') => Hello World 100 days"              \
    }

const function_row format_string_functions[] = {PRINTF_ROW("format_string"), PRINTF_ROW("printf")};
const uint32_t format_string_functions_count = ARRAY_COUNT(format_string_functions);
