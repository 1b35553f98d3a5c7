/* schema_argument.c - see schema_argument.h. */
#include "functions/schema_argument.h"

#include "functions/cast.h"
#include "vector/type_parse.h"

static const char *schema_quoted(fn_bind *b, const char *text) {
    const char *quoted = arena_printf(b->arena, "\"%s\"", text == NULL ? "" : text);
    return quoted == NULL ? "" : quoted;
}

static dbx_status schema_raise(fn_bind *b, const type_parse_failure *failure) {
    string_view token = failure->token;
    char *text = arena_printf(b->arena, "'" SV_FMT "'", SV_ARG(token));
    if (text == NULL) return error_nomem(b->err);
    if (failure->unknown_type) {
        for (char *c = text; *c != '\0'; c++) *c = ascii_upper(*c);
        text[0] = text[strlen(text) - 1] = '"';
        return error_raise(b->err, ERR_UNSUPPORTED_DATATYPE, b->position, "typeName", text, NULL);
    }
    const char *hint = token.size == 0 ? "" : arena_printf(b->arena, ": extra input %s", text);
    return error_raise(b->err, ERR_PARSE_SYNTAX_ERROR, b->position, "error",
                       token.size == 0 ? "end of input" : text, "hint", hint == NULL ? "" : hint,
                       NULL);
}

dbx_status schema_argument_type(fn_bind *b, uint32_t i, type *out) {
    string_view text;
    type_parse_failure failure;
    if (!fn_bind_constant_string(b, i, &text))
        return error_raise(b->err, ERR_INVALID_SCHEMA__NON_STRING_LITERAL, b->position,
                           "inputSchema", schema_quoted(b, fn_bind_arg_sql(b, i)), NULL);
    text = arena_copy_string(b->arena, text);
    if (text.data == NULL) return error_nomem(b->err);
    type parsed;
    dbx_status status = type_parse_schema(
        b->arena, text,
        sv_equal_ignore_case(b->query->settings->timestamp_type, SV("TIMESTAMP_NTZ")), &parsed,
        &failure);
    if (status == DBX_ERROR) return schema_raise(b, &failure);
    if (status != DBX_OK || schema_nullable(b->arena, parsed, out) != DBX_OK)
        return error_nomem(b->err);
    return DBX_OK;
}

dbx_status schema_argument_struct(fn_bind *b, uint32_t i, type *out) {
    TRY(schema_argument_type(b, i, out));
    if (out->id == TYPE_STRUCT) return DBX_OK;
    return error_raise(b->err, ERR_INVALID_SCHEMA__NON_STRUCT_TYPE, b->position, "inputSchema",
                       schema_quoted(b, fn_bind_arg_sql(b, i)), "dataType",
                       schema_quoted(b, type_sql(b->arena, *out)), NULL);
}

dbx_status schema_argument_constant(fn_bind *b, uint32_t i, const char *name) {
    const char *sql = schema_quoted(b, fn_bind_sql(b));
    if (b->constants[i] == NULL) {
        const char *input = arena_printf(b->arena, "`%s`", name);
        return error_raise(b->err, ERR_DATATYPE_MISMATCH__NON_FOLDABLE_INPUT, b->position,
                           "sqlExpr", sql, "inputName", input == NULL ? "" : input, "inputType",
                           "\"STRING\"", "inputExpr", schema_quoted(b, fn_bind_arg_sql(b, i)),
                           NULL);
    }
    if (!vector_is_null(b->constants[i], 0)) return DBX_OK;
    return error_raise(b->err, ERR_DATATYPE_MISMATCH__UNEXPECTED_NULL, b->position, "sqlExpr", sql,
                       "exprName", name, NULL);
}

/* ---- options ---- */

dbx_status schema_argument_options(fn_bind *b, uint32_t i, schema_options *out) {
    *out = (schema_options){0};
    if (i >= b->arg_count) return DBX_OK;
    const vector *map = b->constants[i];
    type t = b->arg_types[i];
    if (t.id != TYPE_MAP || map == NULL || vector_is_null(map, 0))
        return error_raise(b->err, ERR_INVALID_OPTIONS__NON_MAP_FUNCTION, b->position, NULL);
    vector_view view = vector_view_of(map);
    list_entry e = ((const list_entry *)view.data)[view_index(&view, 0)];
    if (e.length == 0) return DBX_OK;
    if (t.children[0].type.id != TYPE_STRING || t.children[1].type.id != TYPE_STRING)
        return error_raise(b->err, ERR_INVALID_OPTIONS__NON_STRING_TYPE, b->position, "mapType",
                           schema_quoted(b, type_sql(b->arena, t)), NULL);
    string_view *texts = ARENA_ARRAY(b->arena, string_view, 2 * (size_t)e.length);
    if (texts == NULL) return error_nomem(b->err);
    vector_view entries = vector_view_of(&view.base->children[0]);
    for (uint32_t k = 0; k < e.length; k++) {
        uint32_t at = view_index(&entries, e.offset + k);
        for (uint32_t part = 0; part < 2; part++) {
            vector_view v = vector_view_of(&entries.base->children[part]);
            string_view *text = &texts[part * e.length + k];
            *text = SV("");
            if (!view_valid(&v, at)) continue;
            *text = arena_copy_string(b->arena,
                                      vstring_view(&((const vstring *)v.data)[view_index(&v, at)]));
            if (text->data == NULL) return error_nomem(b->err);
        }
    }
    *out = (schema_options){texts, texts + e.length, e.length};
    return DBX_OK;
}

string_view schema_option(const schema_options *o, const char *key) {
    for (uint32_t i = 0; i < o->count; i++) {
        if (sv_equal_ignore_case(o->keys[i], sv_from(key))) return o->values[i];
    }
    return (string_view){NULL, 0};
}

bool schema_option_bool(const schema_options *o, const char *key, bool otherwise) {
    string_view text = schema_option(o, key);
    return text.data == NULL ? otherwise : sv_equal_ignore_case(text, SV("true"));
}

dbx_status schema_option_mode(fn_bind *b, const schema_options *o, bool *fail_fast) {
    string_view mode = schema_option(o, "mode");
    *fail_fast = mode.data != NULL && sv_equal_ignore_case(mode, SV("FAILFAST"));
    if (mode.data == NULL || *fail_fast || sv_equal_ignore_case(mode, SV("PERMISSIVE")))
        return DBX_OK;
    const char *name = arena_printf(b->arena, "`%s`", b->row->name),
               *copy = arena_printf(b->arena, SV_FMT, SV_ARG(mode));
    return error_raise(b->err, ERR_PARSE_MODE_UNSUPPORTED, b->position, "funcName",
                       name == NULL ? "" : name, "mode", copy == NULL ? "" : copy, NULL);
}

/* ---- types in common ---- */

static int schema_compare_names(string_view a, string_view b) {
    int order = memcmp(a.data, b.data, MIN(a.size, b.size));
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static dbx_status schema_merge_structs(arena *a, type x, type y, type fallback, type *out) {
    type_field *fields = ARENA_ARRAY(a, type_field, (size_t)x.child_count + y.child_count + 1);
    if (fields == NULL) return DBX_NOMEM;
    uint32_t i = 0, j = 0, n = 0;
    while (i < x.child_count || j < y.child_count) {
        int order = i == x.child_count ? 1
                    : j == y.child_count
                        ? -1
                        : schema_compare_names(x.children[i].name, y.children[j].name);
        fields[n] = order <= 0 ? x.children[i] : y.children[j];
        if (order == 0)
            TRY(schema_merge(a, x.children[i].type, y.children[j].type, fallback, &fields[n].type));
        i += order <= 0;
        j += order >= 0;
        n++;
    }
    return type_struct(a, fields, n, out);
}

static type schema_merge_decimals(type x, type y) {
    uint32_t scale = MAX(x.scale, y.scale);
    uint32_t whole = MAX(x.precision - x.scale, y.precision - y.scale);
    if (whole + scale > DECIMAL_PRECISION_MAX) return type_simple(TYPE_DOUBLE);
    return type_decimal(whole + scale, scale);
}

static bool schema_is_timestamp(type t) {
    return t.id == TYPE_TIMESTAMP || t.id == TYPE_TIMESTAMP_NTZ;
}

dbx_status schema_merge(arena *a, type x, type y, type fallback, type *out) {
    *out = x;
    if (y.id == TYPE_VOID || (type_equal(x, y) && !type_is_nested(x))) return DBX_OK;
    *out = y;
    if (x.id == TYPE_VOID) return DBX_OK;
    if (x.id == TYPE_STRUCT && y.id == TYPE_STRUCT)
        return schema_merge_structs(a, x, y, fallback, out);
    if (x.id == TYPE_ARRAY && y.id == TYPE_ARRAY) {
        type element;
        TRY(schema_merge(a, x.children[0].type, y.children[0].type, fallback, &element));
        return type_array(a, element, true, out);
    }
    *out = fallback;
    if (type_is_numeric(x) && type_is_numeric(y)) {
        if (x.id != TYPE_DECIMAL && y.id != TYPE_DECIMAL)
            *out = x.id > y.id ? x : y;
        else if (type_is_float(x) || type_is_float(y))
            *out = type_simple(TYPE_DOUBLE);
        else
            *out = schema_merge_decimals(x.id == TYPE_DECIMAL ? x : type_decimal_for(x),
                                         y.id == TYPE_DECIMAL ? y : type_decimal_for(y));
        return DBX_OK;
    }
    if (x.id == TYPE_DATE && schema_is_timestamp(y)) *out = y;
    if (y.id == TYPE_DATE && schema_is_timestamp(x)) *out = x;
    if (schema_is_timestamp(x) && schema_is_timestamp(y)) *out = type_simple(TYPE_TIMESTAMP);
    return DBX_OK;
}

dbx_status schema_nullable(arena *a, type t, type *out) {
    *out = t;
    if (!type_is_nested(t)) return DBX_OK;
    type_field *fields = ARENA_ARRAY(a, type_field, t.child_count + 1u);
    if (fields == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < t.child_count; i++) {
        fields[i] = t.children[i];
        fields[i].nullable = t.id != TYPE_MAP || i == 1;
        TRY(schema_nullable(a, t.children[i].type, &fields[i].type));
    }
    out->children = fields;
    return DBX_OK;
}
