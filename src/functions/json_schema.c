/* json_schema.c - schema_of_json: the schema that a JSON text has. */
#include "functions/families.h"
#include "functions/json_flags.h"
#include "functions/schema_argument.h"
#include "functions/text_out.h"
#include "kernel/json_scan.h"
#include "kernel/number_text.h"

typedef struct json_schema_state {
    uint32_t flags;
    bool primitives_as_string, prefers_decimal, drop_null_fields;
} json_schema_state;

typedef struct json_schema_run {
    const json_schema_state *state;
    arena *arena;
    json_scanner scan;
} json_schema_run;

/* DBX_ERROR: not JSON; nothing is raised. */
static dbx_status json_schema_infer(json_schema_run *r, uint32_t depth, type *out);

/* DECIMAL where 38 digits hold the number, else DOUBLE. */
static type json_schema_decimal(string_view text) {
    uint32_t digits = 0, scale = 0;
    bool point = false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '.') point = true;
        if (!ascii_is_digit(c)) {
            if (c != '.' && c != '-') return type_simple(TYPE_DOUBLE);
            continue;
        }
        scale += point;
        digits += digits > 0 || c != '0';
    }
    uint32_t precision = MAX(MAX(digits, scale), 1u);
    if (precision > DECIMAL_PRECISION_MAX) return type_simple(TYPE_DOUBLE);
    return type_decimal(precision, scale);
}

static type json_schema_number(const json_schema_run *r) {
    int64_t ignored;
    string_view text = r->scan.text;
    if (r->state->primitives_as_string) return type_simple(TYPE_STRING);
    if (r->scan.token == JSON_REAL)
        return r->state->prefers_decimal ? json_schema_decimal(text) : type_simple(TYPE_DOUBLE);
    if (number_parse_int64(text.data, text.size, false, &ignored) == NUMBER_OK)
        return type_simple(TYPE_BIGINT);
    return json_schema_decimal(text);
}

/* Insertion by name; a name that stands twice keeps its first type merged with the next. */
static dbx_status json_schema_object(json_schema_run *r, uint32_t depth, type *out) {
    type all = {.id = TYPE_STRUCT};
    while (json_scan_next(&r->scan) == JSON_KEY) {
        char *name = arena_alloc_bytes(r->arena, r->scan.text.size + 1);
        type_field *field = ARENA_NEW(r->arena, type_field);
        if (name == NULL || field == NULL) return DBX_NOMEM;
        field->name = (string_view){name, json_scan_unescape(r->scan.text, name)};
        field->nullable = true;
        (void)json_scan_next(&r->scan);
        TRY(json_schema_infer(r, depth + 1, &field->type));
        type one = {.id = TYPE_STRUCT, .child_count = 1, .children = field};
        TRY(schema_merge(r->arena, all, one, type_simple(TYPE_STRING), &all));
    }
    *out = all;
    return r->scan.token == JSON_OBJECT_END ? DBX_OK : DBX_ERROR;
}

static dbx_status json_schema_array(json_schema_run *r, uint32_t depth, type *out) {
    type element = type_simple(TYPE_VOID), next;
    while (json_scan_next(&r->scan) != JSON_ARRAY_END) {
        TRY(json_schema_infer(r, depth + 1, &next));
        TRY(schema_merge(r->arena, element, next, type_simple(TYPE_STRING), &element));
    }
    return type_array(r->arena, element, true, out);
}

static dbx_status json_schema_infer(json_schema_run *r, uint32_t depth, type *out) {
    *out = type_simple(TYPE_VOID);
    if (depth > TYPE_DEPTH_MAX) return DBX_ERROR;
    switch (r->scan.token) {
    case JSON_END:
    case JSON_NULL:
        return DBX_OK;
    case JSON_STRING:
        if (r->scan.text.size == 0) return DBX_OK;
        *out = r->state->prefers_decimal ? json_schema_decimal(r->scan.text)
                                         : type_simple(TYPE_STRING);
        if (out->id != TYPE_DECIMAL) *out = type_simple(TYPE_STRING);
        return DBX_OK;
    case JSON_TRUE:
    case JSON_FALSE:
        *out = type_simple(r->state->primitives_as_string ? TYPE_STRING : TYPE_BOOLEAN);
        return DBX_OK;
    case JSON_INTEGER:
    case JSON_REAL:
        *out = json_schema_number(r);
        return DBX_OK;
    case JSON_OBJECT:
        return json_schema_object(r, depth, out);
    case JSON_ARRAY:
        return json_schema_array(r, depth, out);
    default:
        return DBX_ERROR;
    }
}

/* Drops structs without fields and what is only null, or makes it STRING. False: nothing is left.
 */
static dbx_status json_schema_tidy(json_schema_run *r, type t, type *out, bool *left) {
    *left = true;
    *out = t;
    if (t.id == TYPE_VOID) {
        *out = type_simple(TYPE_STRING);
        *left = !r->state->drop_null_fields;
        return DBX_OK;
    }
    if (t.id == TYPE_ARRAY) {
        type element;
        TRY(json_schema_tidy(r, t.children[0].type, &element, left));
        return *left ? type_array(r->arena, element, true, out) : DBX_OK;
    }
    if (t.id != TYPE_STRUCT) return DBX_OK;
    type_field *fields = ARENA_ARRAY(r->arena, type_field, t.child_count + 1u);
    uint32_t n = 0;
    if (fields == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < t.child_count; i++) {
        bool keep;
        fields[n] = t.children[i];
        TRY(json_schema_tidy(r, t.children[i].type, &fields[n].type, &keep));
        n += keep && t.children[i].name.size > 0;
    }
    *left = n > 0;
    return type_struct(r->arena, fields, n, out);
}

static dbx_status json_schema_row(fn_call *call, const json_schema_state *s, string_view json,
                                  vector *out, uint32_t row) {
    json_schema_run run = {.state = s, .arena = call->arena};
    type t, tidy;
    bool left;
    json_scan_begin(&run.scan, json, s->flags);
    (void)json_scan_next(&run.scan);
    dbx_status status = json_schema_infer(&run, 0, &t);
    if (status == DBX_ERROR) {
        string_view copy = arena_copy_string(call->arena, json);
        return error_raise(call->err, ERR_MALFORMED_RECORD_IN_PARSING__WITHOUT_SUGGESTION,
                           call->position, "badRecord", copy.data == NULL ? "" : copy.data,
                           "failFastMode", "FAILFAST", NULL);
    }
    if (status == DBX_OK) status = json_schema_tidy(&run, t, &tidy, &left);
    if (status != DBX_OK) return error_nomem(call->err);
    if (!left) {
        bool structs = t.id == TYPE_ARRAY && t.children[0].type.id == TYPE_STRUCT;
        tidy = (type){.id = TYPE_STRUCT};
        if (structs && type_array(call->arena, (type){.id = TYPE_STRUCT}, true, &tidy) != DBX_OK)
            return error_nomem(call->err);
        if (t.id != TYPE_STRUCT && !structs) tidy = type_simple(TYPE_STRING);
    }
    const char *text = type_sql(call->arena, tidy);
    if (text == NULL) return error_nomem(call->err);
    text_borrow(out, row, text, strlen(text));
    return DBX_OK;
}

static dbx_status json_schema_rows(fn_call *call, const vector *args, vector *out) {
    vector_view view = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r)
    TRY(json_schema_row(call, call->state, vstring_view(text_arg(&view, r)), out, r));
    return DBX_OK;
}

static dbx_status json_schema_bind(fn_bind *b) {
    schema_options options;
    json_schema_state *s = ARENA_NEW(b->arena, json_schema_state);
    if (s == NULL) return error_nomem(b->err);
    TRY(schema_argument_constant(b, 0, "json"));
    TRY(schema_argument_options(b, 1, &options));
    s->flags = json_flags_of(&options);
    s->primitives_as_string = schema_option_bool(&options, "primitivesAsString", false);
    s->prefers_decimal = schema_option_bool(&options, "prefersDecimal", false);
    s->drop_null_fields = schema_option_bool(&options, "dropFieldIfAllNull", false);
    b->state = s;
    return DBX_OK;
}

const function_row json_schema_functions[] = {
    {.name = "schema_of_json",
     .signature = "(json string, [options any]) -> string",
     .kernel = json_schema_rows,
     .bind = json_schema_bind,
     .category = "json",
     .doc = "The schema of a constant JSON text, as SQL writes it.",
     .examples = "schema_of_json('[{\"col\":0}]') => ARRAY<STRUCT<col: BIGINT>>; "
                 "schema_of_json('[{\"col\":01}]', map('allowNumericLeadingZeros', 'true')) => "
                 "ARRAY<STRUCT<col: BIGINT>>; "
                 "schema_of_json('{\"c\": [1, 2.5], \"b\": null, \"a\": {}}') => "
                 "STRUCT<b: STRING, c: ARRAY<DOUBLE>>"},
};
const uint32_t json_schema_functions_count = ARRAY_COUNT(json_schema_functions);
