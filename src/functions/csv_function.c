/* csv_function.c - from_csv, to_csv, schema_of_csv: one line of CSV and the values of a schema. */
#include "functions/cast.h"
#include "functions/families.h"
#include "functions/nested.h"
#include "functions/text_cell.h"
#include "functions/text_out.h"
#include "kernel/number_text.h"
#include "vector/datetime_text.h"

#include <math.h>

typedef struct csv_line_dialect {
    string_view delimiter;
    char quote, escape;
    bool trim_left, trim_right;
    string_view null_value, nan, positive, negative;
} csv_line_dialect;

/* ---- options ---- */

/* The character of an option; 0 for an empty one. */
static char csv_line_option_char(const schema_options *o, const char *name, char otherwise) {
    string_view text = schema_option(o, name);
    if (text.data == NULL) return otherwise;
    return text.size == 0 ? '\0' : text.data[0];
}

static string_view csv_line_option_text(const schema_options *o, const char *name,
                                        string_view other) {
    string_view text = schema_option(o, name);
    return text.data == NULL ? other : text;
}

static csv_line_dialect csv_line_dialect_of(const schema_options *o, bool trims) {
    string_view delimiter =
        csv_line_option_text(o, "delimiter", csv_line_option_text(o, "sep", SV(",")));
    if (sv_equal(delimiter, SV("\\t"))) delimiter = SV("\t");
    if (delimiter.size == 0) delimiter = SV(",");
    return (csv_line_dialect){
        .delimiter = delimiter,
        .quote = csv_line_option_char(o, "quote", '"'),
        .escape = csv_line_option_char(o, "escape", '\\'),
        .trim_left = schema_option_bool(o, "ignoreLeadingWhiteSpace", trims),
        .trim_right = schema_option_bool(o, "ignoreTrailingWhiteSpace", trims),
        .null_value = csv_line_option_text(o, "nullValue", SV("")),
        .nan = csv_line_option_text(o, "nanValue", SV("NaN")),
        .positive = csv_line_option_text(o, "positiveInf", SV("Inf")),
        .negative = csv_line_option_text(o, "negativeInf", SV("-Inf")),
    };
}

/* ---- fields of a line ---- */

static bool csv_at_delimiter(const csv_line_dialect *d, string_view line, size_t at) {
    return line.size - at >= d->delimiter.size &&
           memcmp(line.data + at, d->delimiter.data, d->delimiter.size) == 0;
}

/* A field between quotes; a quote that no delimiter follows is text. */
static dbx_status csv_take_quoted(const csv_line_dialect *d, arena *a, string_view line, size_t *at,
                                  string_view *out) {
    char *text = arena_alloc_bytes(a, line.size - *at + 1);
    size_t n = 0;
    if (text == NULL) return DBX_NOMEM;
    for ((*at)++; *at < line.size; (*at)++) {
        char c = line.data[*at];
        bool more = *at + 1 < line.size;
        if (c == d->escape && more &&
            (line.data[*at + 1] == d->quote || line.data[*at + 1] == d->escape) && c != d->quote) {
            text[n++] = line.data[++*at];
        } else if (c == d->quote && d->escape == d->quote && more &&
                   line.data[*at + 1] == d->quote) {
            text[n++] = line.data[++*at];
        } else if (c == d->quote && (!more || csv_at_delimiter(d, line, *at + 1))) {
            (*at)++;
            break;
        } else {
            text[n++] = c;
        }
    }
    *out = (string_view){text, n};
    return DBX_OK;
}

/* The field at the cursor, which goes behind the delimiter; *last when there was none. */
static dbx_status csv_take_field(const csv_line_dialect *d, arena *a, string_view line, size_t *at,
                                 string_view *out, bool *last) {
    size_t start = *at;
    while (d->trim_left && *at < line.size && (line.data[*at] == ' ' || line.data[*at] == '\t'))
        (*at)++;
    if (*at < line.size && d->quote != '\0' && line.data[*at] == d->quote) {
        TRY(csv_take_quoted(d, a, line, at, out));
    } else {
        if (d->trim_left) start = *at;
        while (*at < line.size && !csv_at_delimiter(d, line, *at)) (*at)++;
        *out = (string_view){line.data + start, *at - start};
        while (d->trim_right && out->size > 0 &&
               (out->data[out->size - 1] == ' ' || out->data[out->size - 1] == '\t'))
            out->size--;
    }
    *last = *at >= line.size;
    if (!*last) *at += csv_at_delimiter(d, line, *at) ? d->delimiter.size : 0;
    return DBX_OK;
}

/* ---- from_csv ---- */

typedef struct from_csv_state {
    csv_line_dialect dialect;
    text_cell *cells; /* one a field */
    bool fail_fast;
    int64_t corrupt; /* field for bad records, or -1 */
} from_csv_state;

static bool from_csv_is_integer(string_view text) {
    size_t i = text.size > 1 && (text.data[0] == '-' || text.data[0] == '+');
    if (i == text.size) return false;
    for (; i < text.size; i++) {
        if (!ascii_is_digit(text.data[i])) return false;
    }
    return true;
}

static dbx_status from_csv_value(fn_call *call, const from_csv_state *s, uint32_t field,
                                 string_view text, vector *out, uint32_t row, bool *good) {
    const text_cell *c = &s->cells[field];
    const csv_line_dialect *d = &s->dialect;
    *good = true;
    if (sv_equal(text, d->null_value)) return text_cell_null(call, out, row);
    if (out->validity != NULL) validity_set_valid(out->validity, row);
    if (c->to.id == TYPE_STRING || c->to.id == TYPE_BINARY) {
        text_borrow(out, row, text.data, text.size);
        return DBX_OK;
    }
    if (type_is_integer(c->to) && !from_csv_is_integer(text)) {
        *good = false;
        return DBX_OK;
    }
    if (type_is_float(c->to)) {
        if (sv_equal(text, d->positive)) text = SV("Infinity");
        if (sv_equal(text, d->negative)) text = SV("-Infinity");
        if (sv_equal(text, d->nan)) text = SV("NaN");
    }
    if (c->to.id == TYPE_DECIMAL && memchr(text.data, ',', text.size) != NULL) {
        char *digits = text_room(call, text.size);
        size_t n = 0;
        if (digits == NULL) return error_nomem(call->err);
        for (size_t i = 0; i < text.size; i++) {
            if (text.data[i] != ',') digits[n++] = text.data[i];
        }
        text = (string_view){digits, n};
    }
    if (c->to.id == TYPE_BOOLEAN && !sv_equal_ignore_case(text, SV("true")) &&
        !sv_equal_ignore_case(text, SV("false"))) {
        *good = false;
        return DBX_OK;
    }
    return text_cell_store(call, c, text, out, row, good);
}

static dbx_status from_csv_row(fn_call *call, const from_csv_state *s, string_view line,
                               vector *out, uint32_t row) {
    uint32_t count = out->type.child_count;
    size_t at = 0;
    bool last = false, bad = false, good;
    if (out->validity != NULL) validity_set_valid(out->validity, row);
    for (uint32_t f = 0; f < count; f++) {
        string_view text;
        if (f == s->corrupt) {
            TRY(text_cell_null(call, &out->children[f], row));
            continue;
        }
        if (last) {
            bad = true;
            TRY(text_cell_null(call, &out->children[f], row));
            continue;
        }
        if (csv_take_field(&s->dialect, call->arena, line, &at, &text, &last) != DBX_OK)
            return error_nomem(call->err);
        TRY(from_csv_value(call, s, f, text, &out->children[f], row, &good));
        if (good) continue;
        bad = true;
        TRY(text_cell_null(call, &out->children[f], row));
    }
    if (last && !bad) return DBX_OK;
    if (s->fail_fast) {
        string_view copy = arena_copy_string(call->arena, line);
        return error_raise(call->err, ERR_MALFORMED_RECORD_IN_PARSING__WITHOUT_SUGGESTION,
                           call->position, "badRecord", copy.data == NULL ? "" : copy.data,
                           "failFastMode", "FAILFAST", NULL);
    }
    if (s->corrupt < 0) return DBX_OK;
    vector *corrupt = &out->children[s->corrupt];
    validity_set_valid(corrupt->validity, row);
    text_borrow(corrupt, row, line.data, line.size);
    return DBX_OK;
}

static dbx_status from_csv_rows(fn_call *call, const vector *args, vector *out) {
    vector_view lines = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r)
    TRY(from_csv_row(call, call->state, vstring_view(text_arg(&lines, r)), out, r));
    return DBX_OK;
}

static dbx_status from_csv_bind_fields(fn_bind *b, const schema_options *o,
                                       const text_formats *formats, from_csv_state *s) {
    string_view name = csv_line_option_text(o, "columnNameOfCorruptRecord", SV("_corrupt_record"));
    s->corrupt = -1;
    s->cells = ARENA_ARRAY(b->arena, text_cell, b->result.child_count + 1u);
    if (s->cells == NULL) return error_nomem(b->err);
    for (uint32_t i = 0; i < b->result.child_count; i++) {
        const type_field *f = &b->result.children[i];
        if (sv_equal(f->name, name) && f->type.id == TYPE_STRING) s->corrupt = i;
        if (type_is_nested(f->type)) {
            const char *sql = arena_printf(b->arena, "\"%s\"", type_sql(b->arena, f->type));
            return error_raise(b->err, ERR_UNSUPPORTED_DATATYPE, b->position, "typeName",
                               sql == NULL ? "" : sql, NULL);
        }
        TRY(text_cell_bind(b, f->type, formats, &s->cells[i]));
    }
    return DBX_OK;
}

static dbx_status from_csv_bind(fn_bind *b) {
    schema_options options;
    text_formats formats;
    from_csv_state *s = ARENA_NEW(b->arena, from_csv_state);
    if (s == NULL) return error_nomem(b->err);
    TRY(schema_argument_struct(b, 1, &b->result));
    TRY(schema_argument_options(b, 2, &options));
    TRY(text_formats_bind(b, &options, true, b->result, NULL, &formats));
    TRY(schema_option_mode(b, &options, &s->fail_fast));
    TRY(from_csv_bind_fields(b, &options, &formats, s));
    s->dialect = csv_line_dialect_of(&options, false);
    b->state = s;
    return DBX_OK;
}

/* ---- to_csv ---- */

typedef struct to_csv_state {
    csv_line_dialect dialect;
    text_formats formats;
    string_view empty_value;
    bool quote_all;
} to_csv_state;

typedef struct to_csv_run {
    const to_csv_state *state;
    const query *query;
    buffer *field;
} to_csv_run;

/* Nested values are written as CAST writes them, their scalars as CSV does. */
static dbx_status to_csv_value(to_csv_run *r, const vector *v, uint32_t row) {
    vector_view view = vector_view_of(v);
    uint32_t i = view_index(&view, row);
    type t = v->type;
    if (!validity_get(view.validity, i) || t.id == TYPE_VOID)
        return buffer_append_sv(r->field, SV("null"));
    const vector *base = view.base;
    if (t.id == TYPE_BINARY)
        return value_append_binary(r->field, vstring_view(&VECTOR_DATA(base, vstring)[i]),
                                   r->query);
    if (t.id == TYPE_INTERVAL_YM || t.id == TYPE_INTERVAL_DT)
        return value_append_sql(r->field, base, i, r->query);
    if (t.id == TYPE_STRUCT) {
        TRY(buffer_append_char(r->field, '{'));
        for (uint32_t k = 0; k < t.child_count; k++) {
            if (k > 0) TRY(buffer_append_sv(r->field, SV(", ")));
            TRY(to_csv_value(r, &base->children[k], i));
        }
        return buffer_append_char(r->field, '}');
    }
    if (t.id != TYPE_ARRAY && t.id != TYPE_MAP)
        return text_cell_append(r->field, base, i, &r->state->formats, r->query);
    list_entry e = VECTOR_DATA(base, list_entry)[i];
    vector_view entries = vector_view_of(&base->children[0]);
    bool map = t.id == TYPE_MAP;
    TRY(buffer_append_char(r->field, map ? '{' : '['));
    for (uint32_t k = 0; k < e.length; k++) {
        if (k > 0) TRY(buffer_append_sv(r->field, SV(", ")));
        if (!map) {
            TRY(to_csv_value(r, &base->children[0], e.offset + k));
            continue;
        }
        uint32_t at = view_index(&entries, e.offset + k);
        TRY(to_csv_value(r, &entries.base->children[0], at));
        TRY(buffer_append_sv(r->field, SV(" -> ")));
        TRY(to_csv_value(r, &entries.base->children[1], at));
    }
    return buffer_append_char(r->field, map ? '}' : ']');
}

static bool to_csv_needs_quotes(const to_csv_state *s, string_view text) {
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == s->dialect.quote || c == '\n' || c == '\r') return true;
        if (csv_at_delimiter(&s->dialect, text, i)) return true;
    }
    return s->quote_all;
}

static dbx_status to_csv_field(const to_csv_state *s, buffer *line, string_view text) {
    const csv_line_dialect *d = &s->dialect;
    while (d->trim_left && text.size > 0 && (uint8_t)text.data[0] <= ' ') text.data++, text.size--;
    while (d->trim_right && text.size > 0 && (uint8_t)text.data[text.size - 1] <= ' ') text.size--;
    if (text.size == 0) return buffer_append_sv(line, s->empty_value);
    if (d->quote == '\0' || !to_csv_needs_quotes(s, text)) return buffer_append_sv(line, text);
    TRY(buffer_append_char(line, d->quote));
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == d->quote) TRY(buffer_append_char(line, d->escape));
        TRY(buffer_append_char(line, text.data[i]));
    }
    return buffer_append_char(line, d->quote);
}

static dbx_status to_csv_row(to_csv_run *r, const vector *base, uint32_t i, buffer *line) {
    const to_csv_state *s = r->state;
    for (uint32_t k = 0; k < base->type.child_count; k++) {
        if (k > 0) TRY(buffer_append_sv(line, s->dialect.delimiter));
        if (vector_is_null(&base->children[k], i)) {
            TRY(buffer_append_sv(line, s->dialect.null_value));
            continue;
        }
        buffer_clear(r->field);
        TRY(to_csv_value(r, &base->children[k], i));
        TRY(to_csv_field(s, line, buffer_view(r->field)));
    }
    return DBX_OK;
}

static dbx_status to_csv_rows(fn_call *call, const vector *args, vector *out) {
    vector_view view = vector_view_of(&args[0]);
    buffer line, field;
    dbx_status status = DBX_OK;
    buffer_init(&line, call->arena->ledger);
    buffer_init(&field, call->arena->ledger);
    to_csv_run run = {call->state, call->query, &field};
    FN_FOR_EACH_ROW(call, r) {
        buffer_clear(&line);
        status = to_csv_row(&run, view.base, view_index(&view, r), &line);
        if (status == DBX_OK)
            status = text_copy(call, out, r, line.data, line.size);
        else
            status = error_nomem(call->err);
        if (status != DBX_OK) break;
    }
    buffer_deinit(&line);
    buffer_deinit(&field);
    return status;
}

static dbx_status to_csv_bind(fn_bind *b) {
    static const char *const patterns[] = {"yyyy-MM-dd'T'HH:mm:ss[.SSS]"
                                           "[X"
                                           "XX]",
                                           "yyyy-MM-dd'T'HH:mm:ss[.SSS]", "yyyy-MM-dd"};
    schema_options options;
    type t = b->arg_types[0];
    to_csv_state *s = ARENA_NEW(b->arena, to_csv_state);
    if (s == NULL) return error_nomem(b->err);
    if (t.id != TYPE_STRUCT) return fn_bind_unexpected_type(b, 0, "\"STRUCT\"");
    TRY(schema_argument_options(b, 1, &options));
    TRY(text_formats_bind(b, &options, false, t, patterns, &s->formats));
    s->dialect = csv_line_dialect_of(&options, true);
    s->empty_value = csv_line_option_text(&options, "emptyValue", SV("\"\""));
    s->quote_all = schema_option_bool(&options, "quoteAll", false);
    b->state = s;
    return DBX_OK;
}

/* ---- schema_of_csv ---- */

static type schema_csv_type(fn_call *call, const csv_line_dialect *d, string_view text) {
    int64_t integer;
    double real;
    int32_t days;
    int128 decimal;
    time_zone_cache cache = {0};
    if (text.size == 0 || sv_equal(text, d->null_value)) return type_simple(TYPE_VOID);
    if (from_csv_is_integer(text)) {
        if (number_parse_int64(text.data, text.size, false, &integer) == NUMBER_OK)
            return type_simple(integer == (int32_t)integer ? TYPE_INT : TYPE_BIGINT);
        if (number_parse_decimal(text.data, text.size, DECIMAL_PRECISION_MAX, 0, &decimal) ==
            NUMBER_OK)
            return type_decimal(int128_digits(int128_magnitude(decimal)), 0);
    }
    bool named =
        sv_equal(text, d->nan) || sv_equal(text, d->positive) || sv_equal(text, d->negative);
    bool digits = text.data[text.size - 1] == '.' || ascii_is_digit(text.data[text.size - 1]);
    if (named || (digits && number_parse_double(text.data, text.size, &real) == NUMBER_OK))
        return type_simple(TYPE_DOUBLE);
    if (date_parse(text, &days) && memchr(text.data, ':', text.size) == NULL)
        return type_simple(TYPE_DATE);
    if (timestamp_parse(text, time_zone_of(call->query), 0, &cache, call->arena, &integer))
        return type_simple(TYPE_TIMESTAMP);
    if (sv_equal_ignore_case(text, SV("true")) || sv_equal_ignore_case(text, SV("false")))
        return type_simple(TYPE_BOOLEAN);
    return type_simple(TYPE_STRING);
}

static dbx_status schema_csv_row(fn_call *call, const csv_line_dialect *d, string_view line,
                                 vector *out, uint32_t row) {
    ARENA_LIST(type_field) fields = {0};
    bool last = false;
    type t;
    for (size_t at = 0; !last;) {
        string_view text;
        if (csv_take_field(d, call->arena, line, &at, &text, &last) != DBX_OK)
            return error_nomem(call->err);
        const char *name = arena_printf(call->arena, "_c%u", fields.count);
        if (name == NULL) return error_nomem(call->err);
        type_field f = {
            .name = sv_from(name), .type = schema_csv_type(call, d, text), .nullable = true};
        if (f.type.id == TYPE_VOID) f.type = type_simple(TYPE_STRING);
        if (ARENA_LIST_PUSH(call->arena, &fields, f) != DBX_OK) return error_nomem(call->err);
    }
    if (type_struct(call->arena, fields.items, fields.count, &t) != DBX_OK)
        return error_nomem(call->err);
    const char *sql = type_sql(call->arena, t);
    if (sql == NULL) return error_nomem(call->err);
    text_borrow(out, row, sql, strlen(sql));
    return DBX_OK;
}

static dbx_status schema_csv_rows(fn_call *call, const vector *args, vector *out) {
    vector_view lines = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r)
    TRY(schema_csv_row(call, call->state, vstring_view(text_arg(&lines, r)), out, r));
    return DBX_OK;
}

static dbx_status schema_csv_bind(fn_bind *b) {
    schema_options options;
    csv_line_dialect *d = ARENA_NEW(b->arena, csv_line_dialect);
    if (d == NULL) return error_nomem(b->err);
    TRY(schema_argument_constant(b, 0, "csv"));
    TRY(schema_argument_options(b, 1, &options));
    *d = csv_line_dialect_of(&options, false);
    b->state = d;
    return DBX_OK;
}

const function_row csv_function_functions[] = {
    {.name = "from_csv",
     .signature = "(csvStr string, schema any, [options any]) -> bind",
     .kernel = from_csv_rows,
     .bind = from_csv_bind,
     .category = "csv",
     .doc = "The struct that a line of CSV is in a schema.",
     .examples =
         "from_csv('1, 0.8', 'a INT, b DOUBLE') => {\"a\":1,\"b\":0.8}; "
         "from_csv('26/08/2015', 'time Timestamp', map('timestampFormat', 'dd/MM/yyyy')) => "
         "{\"time\":2015-08-26 00:00:00}; "
         "from_csv('\"a,\\\\\"b\";x;', 's STRING, i INT, n INT', map('sep', ';')) => "
         "{\"s\":\"a,\"b\",\"i\":null,\"n\":null}"},
    {.name = "to_csv",
     .signature = "(expr any, [options any]) -> string",
     .kernel = to_csv_rows,
     .bind = to_csv_bind,
     .category = "csv",
     .doc = "A struct as a line of CSV.",
     .examples = "to_csv(named_struct('a', 1, 'b', 2)) => 1,2; "
                 "to_csv(named_struct('a', 'x,y', 'b', NULL, 'c', 'q\"')) => \"x,y\",,\"q\\\"\"; "
                 "to_csv(named_struct('time', to_timestamp('2015-08-26', 'yyyy-MM-dd')), "
                 "map('timestampFormat', 'dd/MM/yyyy')) => 26/08/2015"},
    {.name = "schema_of_csv",
     .signature = "(csv string, [options any]) -> string",
     .kernel = schema_csv_rows,
     .bind = schema_csv_bind,
     .category = "csv",
     .doc = "The schema of a constant line of CSV, as SQL writes it.",
     .examples = "schema_of_csv('1,abc') => STRUCT<_c0: INT, _c1: STRING>; "
                 "schema_of_csv('1.5|true|2020-01-31|', map('sep', '|')) => "
                 "STRUCT<_c0: DOUBLE, _c1: BOOLEAN, _c2: DATE, _c3: STRING>"},
};
const uint32_t csv_function_functions_count = ARRAY_COUNT(csv_function_functions);
