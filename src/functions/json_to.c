/* json_to.c - to_json: structs, arrays, maps and VARIANT as JSON text. */
#include "functions/cast.h"
#include "functions/families.h"
#include "functions/text_cell.h"
#include "functions/text_out.h"
#include "functions/variant.h"
#include "kernel/number_text.h"

typedef struct to_json_state {
    text_formats formats;
    bool keep_nulls; /* fields that are NULL are written */
    bool pretty;
} to_json_state;

typedef struct to_json_run {
    const to_json_state *state;
    const query *query;
    buffer *out;
    uint32_t depth;
} to_json_run;

static dbx_status to_json_value(to_json_run *r, const vector *v, uint32_t row);

/* ---- layout ---- */

static dbx_status to_json_line(to_json_run *r) {
    if (!r->state->pretty) return DBX_OK;
    TRY(buffer_append_char(r->out, '\n'));
    for (uint32_t i = 0; i < r->depth; i++) TRY(buffer_append_sv(r->out, SV("  ")));
    return DBX_OK;
}

static dbx_status to_json_open(to_json_run *r, char bracket) {
    r->depth++;
    return buffer_append_char(r->out, bracket);
}

/* Before each member: comma, line. */
static dbx_status to_json_next(to_json_run *r, bool first) {
    if (!first) TRY(buffer_append_char(r->out, ','));
    return to_json_line(r);
}

static dbx_status to_json_close(to_json_run *r, bool empty, char bracket) {
    r->depth--;
    if (!empty)
        TRY(to_json_line(r));
    else if (r->state->pretty)
        TRY(buffer_append_char(r->out, ' '));
    return buffer_append_char(r->out, bracket);
}

static dbx_status to_json_colon(to_json_run *r) {
    return buffer_append_sv(r->out, r->state->pretty ? SV(" : ") : SV(":"));
}

/* ---- scalars ---- */

/* As java.math.BigDecimal writes itself: scientific below 1E-6. */
static dbx_status to_json_decimal(buffer *out, int128 x, uint32_t scale) {
    char text[NUMBER_TEXT_MAX], digits[NUMBER_TEXT_MAX];
    uint32_t n = int128_print(int128_magnitude(x), digits);
    int32_t exponent = (int32_t)n - 1 - (int32_t)scale;
    if (exponent >= -6) return buffer_append(out, text, number_print_decimal(x, scale, text));
    if (x < 0) TRY(buffer_append_char(out, '-'));
    TRY(buffer_append_char(out, digits[0]));
    if (n > 1) TRY(buffer_append_char(out, '.'));
    TRY(buffer_append(out, digits + 1, n - 1));
    return buffer_printf(out, "E%d", exponent);
}

static dbx_status to_json_quoted(to_json_run *r, const vector *base, uint32_t i) {
    buffer text;
    buffer_init(&text, r->out->ledger);
    dbx_status status = text_cell_append(&text, base, i, &r->state->formats, r->query);
    if (status == DBX_OK) status = value_append_json_string(r->out, buffer_view(&text));
    buffer_deinit(&text);
    return status;
}

static dbx_status to_json_interval(to_json_run *r, const vector *base, uint32_t i) {
    buffer text;
    buffer_init(&text, r->out->ledger);
    dbx_status status = value_append_sql(&text, base, i, r->query);
    if (status == DBX_OK) status = value_append_json_string(r->out, buffer_view(&text));
    buffer_deinit(&text);
    return status;
}

static dbx_status to_json_scalar(to_json_run *r, const vector *base, uint32_t i) {
    string_view bytes = {0};
    if (base->phys == PHYS_STRING) bytes = vstring_view(&VECTOR_DATA(base, vstring)[i]);
    switch ((type_id)base->type.id) {
    case TYPE_STRING:
        return value_append_json_string(r->out, bytes);
    case TYPE_BINARY:
        return value_append_json_base64(r->out, bytes);
    case TYPE_VARIANT: {
        variant v;
        return variant_open(bytes, &v) ? variant_append_json(r->out, v, r->query) : DBX_ERROR;
    }
    case TYPE_DECIMAL:
        return to_json_decimal(r->out,
                               base->phys == PHYS_INT64 ? VECTOR_DATA(base, int64_t)[i]
                                                        : VECTOR_DATA(base, int128)[i],
                               base->type.scale);
    case TYPE_INTERVAL_YM:
    case TYPE_INTERVAL_DT:
        return to_json_interval(r, base, i);
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_NTZ:
    case TYPE_TIME:
    case TYPE_INTERVAL:
        return to_json_quoted(r, base, i);
    default: /* numbers and booleans; what is no number is quoted */
        return value_append_text(r->out, base, i, DBX_TEXT_JSON, r->query);
    }
}

/* ---- nested values ---- */

/* Keys are what Java makes of Spark's inner values: dates are days, structs "[1,x]". */
static dbx_status to_json_key(to_json_run *r, buffer *text, const vector *v, uint32_t row) {
    vector_view view = vector_view_of(v);
    uint32_t i = view_index(&view, row);
    if (!validity_get(view.validity, i)) return buffer_append_sv(text, SV("null"));
    switch ((type_id)v->type.id) {
    case TYPE_STRUCT:
        TRY(buffer_append_char(text, '['));
        for (uint32_t k = 0; k < v->type.child_count; k++) {
            if (k > 0) TRY(buffer_append_char(text, ','));
            TRY(to_json_key(r, text, &view.base->children[k], i));
        }
        return buffer_append_char(text, ']');
    case TYPE_DATE:
        return buffer_printf(text, "%d", ((const int32_t *)view.data)[i]);
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_NTZ:
        return buffer_printf(text, "%lld", (long long)((const int64_t *)view.data)[i]);
    default:
        return value_append_text(text, v, row, DBX_TEXT_CAST, r->query);
    }
}

static dbx_status to_json_map(to_json_run *r, const vector *base, uint32_t i) {
    list_entry e = VECTOR_DATA(base, list_entry)[i];
    vector_view entries = vector_view_of(&base->children[0]);
    const vector *parts = entries.base->children;
    buffer key;
    dbx_status status = DBX_OK;
    buffer_init(&key, r->out->ledger);
    TRY_GOTO(to_json_open(r, '{'), done);
    for (uint32_t k = 0; k < e.length; k++) {
        uint32_t at = view_index(&entries, e.offset + k);
        buffer_clear(&key);
        TRY_GOTO(to_json_next(r, k == 0), done);
        TRY_GOTO(to_json_key(r, &key, &parts[0], at), done);
        TRY_GOTO(value_append_json_string(r->out, buffer_view(&key)), done);
        TRY_GOTO(to_json_colon(r), done);
        TRY_GOTO(to_json_value(r, &parts[1], at), done);
    }
    status = to_json_close(r, e.length == 0, '}');
done:
    buffer_deinit(&key);
    return status;
}

static dbx_status to_json_array(to_json_run *r, const vector *base, uint32_t i) {
    list_entry e = VECTOR_DATA(base, list_entry)[i];
    TRY(buffer_append_char(r->out, '['));
    for (uint32_t k = 0; k < e.length; k++) {
        if (k > 0)
            TRY(buffer_append_sv(r->out, r->state->pretty ? SV(", ") : SV(",")));
        else if (r->state->pretty)
            TRY(buffer_append_char(r->out, ' '));
        TRY(to_json_value(r, &base->children[0], e.offset + k));
    }
    if (r->state->pretty) TRY(buffer_append_char(r->out, ' '));
    return buffer_append_char(r->out, ']');
}

static dbx_status to_json_struct(to_json_run *r, const vector *base, uint32_t i) {
    bool empty = true;
    TRY(to_json_open(r, '{'));
    for (uint32_t k = 0; k < base->type.child_count; k++) {
        const vector *child = &base->children[k];
        if (!r->state->keep_nulls && vector_is_null(child, i)) continue;
        TRY(to_json_next(r, empty));
        empty = false;
        TRY(value_append_json_string(r->out, base->type.children[k].name));
        TRY(to_json_colon(r));
        TRY(to_json_value(r, child, i));
    }
    return to_json_close(r, empty, '}');
}

static dbx_status to_json_value(to_json_run *r, const vector *v, uint32_t row) {
    vector_view view = vector_view_of(v);
    uint32_t i = view_index(&view, row);
    if (v->type.id == TYPE_VOID || !validity_get(view.validity, i))
        return buffer_append_sv(r->out, SV("null"));
    switch ((type_id)v->type.id) {
    case TYPE_ARRAY:
        return to_json_array(r, view.base, i);
    case TYPE_MAP:
        return to_json_map(r, view.base, i);
    case TYPE_STRUCT:
        return to_json_struct(r, view.base, i);
    default:
        return to_json_scalar(r, view.base, i);
    }
}

static dbx_status to_json_rows(fn_call *call, const vector *args, vector *out) {
    const to_json_state *s = call->state;
    buffer text;
    dbx_status status = DBX_OK;
    buffer_init(&text, call->arena->ledger);
    FN_FOR_EACH_ROW(call, r) {
        to_json_run run = {.state = s, .query = call->query, .out = &text};
        buffer_clear(&text);
        status = to_json_value(&run, &args[0], r);
        if (status == DBX_OK) status = text_copy(call, out, r, text.data, text.size);
        if (status == DBX_ERROR) status = variant_raise_malformed(call);
        if (status == DBX_NOMEM) status = error_nomem(call->err);
        if (status != DBX_OK) break;
    }
    buffer_deinit(&text);
    return status;
}

static dbx_status to_json_bind(fn_bind *b) {
    static const char *const patterns[] = {"yyyy-MM-dd'T'HH:mm:ss[.SSS]"
                                           "[X"
                                           "XX]",
                                           "yyyy-MM-dd'T'HH:mm:ss[.SSS]", "yyyy-MM-dd"};
    schema_options options;
    type t = b->arg_types[0];
    to_json_state *s = ARENA_NEW(b->arena, to_json_state);
    if (s == NULL) return error_nomem(b->err);
    TRY(schema_argument_options(b, 1, &options));
    TRY(text_formats_bind(b, &options, false, t, patterns, &s->formats));
    s->keep_nulls = !schema_option_bool(&options, "ignoreNullFields", true);
    s->pretty = schema_option_bool(&options, "pretty", false);
    b->state = s;
    if (type_is_nested(t) || t.id == TYPE_VARIANT || t.id == TYPE_VOID) return DBX_OK;
    const char *sql = arena_printf(b->arena, "\"%s\"", fn_bind_sql(b)),
               *schema = arena_printf(b->arena, "\"%s\"", type_sql(b->arena, t));
    return error_raise(b->err, ERR_DATATYPE_MISMATCH__INVALID_JSON_SCHEMA, b->position, "sqlExpr",
                       sql == NULL ? "" : sql, "schema", schema == NULL ? "" : schema, NULL);
}

const function_row json_to_functions[] = {
    {.name = "to_json",
     .signature = "(expr any, [options any]) -> string",
     .kernel = to_json_rows,
     .bind = to_json_bind,
     .category = "json",
     .doc = "A struct, array, map or VARIANT as JSON text.",
     .examples = "to_json(named_struct('a', 1, 'b', NULL)) => {\"a\":1}; "
                 "to_json(named_struct('time', to_timestamp('2015-08-26', 'yyyy-MM-dd')), "
                 "map('timestampFormat', 'dd/MM/yyyy')) => {\"time\":\"26/08/2015\"}; "
                 "to_json(array(named_struct('a', 1), NULL)) => [{\"a\":1},null]; "
                 "to_json(map(named_struct('a', 1), named_struct('b', 2))) => {\"[1]\":{\"b\":2}}"},
};
const uint32_t json_to_functions_count = ARRAY_COUNT(json_to_functions);
