/* variant_function.c - functions of VARIANT: parsing, paths, tests, elements as rows. */
#include "functions/families.h"
#include "functions/nested.h"
#include "functions/schema_argument.h"
#include "functions/text_out.h"
#include "functions/variant_path.h"

/* ---- parse_json ---- */

static dbx_status variant_raise_json(fn_call *call, string_view json) {
    string_view copy = arena_copy_string(call->arena, json);
    return error_raise(call->err, ERR_MALFORMED_RECORD_IN_PARSING__WITHOUT_SUGGESTION,
                       call->position, "badRecord", copy.data == NULL ? "" : copy.data,
                       "failFastMode", "FAILFAST", NULL);
}

static dbx_status variant_parse_rows(fn_call *call, const vector *args, vector *out, bool fail) {
    vector_view text = vector_view_of(&args[0]);
    variant_builder b;
    buffer scratch;
    dbx_status status = DBX_OK;
    variant_builder_init(&b, call->arena->ledger);
    buffer_init(&scratch, call->arena->ledger);
    FN_FOR_EACH_ROW(call, r) {
        string_view json = vstring_view(text_arg(&text, r));
        variant_builder_clear(&b);
        status = variant_parse_json(&b, json, &scratch);
        if (status == DBX_OK)
            status = variant_store(call, &b, out, r);
        else if (status == DBX_ERROR)
            status = fail ? variant_raise_json(call, json) : fn_set_null(call, out, r);
        else
            status = error_nomem(call->err);
        if (status != DBX_OK) break;
    }
    variant_builder_deinit(&b);
    buffer_deinit(&scratch);
    return status;
}
static dbx_status variant_parse_json_rows(fn_call *call, const vector *args, vector *out) {
    return variant_parse_rows(call, args, out, true);
}
static dbx_status variant_try_parse_json_rows(fn_call *call, const vector *args, vector *out) {
    return variant_parse_rows(call, args, out, false);
}

/* ---- tests ---- */

static dbx_status variant_is_null_rows(fn_call *call, const vector *args, vector *out) {
    vector_view view = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        variant v;
        variant_item item;
        VECTOR_DATA(out, uint8_t)[r] = 0;
        if (!view_valid(&view, r)) continue;
        TRY(variant_arg(call, &view, r, &v));
        if (!variant_read(v, &item)) return variant_raise_malformed(call);
        VECTOR_DATA(out, uint8_t)[r] = item.kind == VARIANT_NULL;
    }
    return DBX_OK;
}

static dbx_status variant_is_valid_rows(fn_call *call, const vector *args, vector *out) {
    vector_view view = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        variant v;
        VECTOR_DATA(out, uint8_t)
        [r] = variant_open(vstring_view(text_arg(&view, r)), &v) && variant_is_valid(v);
    }
    return DBX_OK;
}

/* ---- variant_get ---- */

typedef struct variant_get_state {
    variant_cast *cast;
    bool constant;
    variant_path path;
} variant_get_state;

static dbx_status variant_raise_path(error *err, arena *a, span position, const char *function,
                                     string_view path) {
    string_view copy = arena_copy_string(a, path);
    const char *name = arena_printf(a, "`%s`", function);
    if (copy.data == NULL || name == NULL) return error_nomem(err);
    return error_raise(err, ERR_INVALID_VARIANT_GET_PATH, position, "path", copy.data,
                       "functionName", name, NULL);
}

static dbx_status variant_get_rows(fn_call *call, const vector *args, vector *out) {
    const variant_get_state *s = call->state;
    vector_view view = vector_view_of(&args[0]), paths = vector_view_of(&args[1]);
    variant_path path = s->path;
    FN_FOR_EACH_ROW(call, r) {
        variant v;
        bool found;
        TRY(variant_arg(call, &view, r, &v));
        if (!s->constant) {
            string_view text = vstring_view(text_arg(&paths, r));
            dbx_status status = variant_path_parse(call->arena, text, &path);
            if (status == DBX_ERROR)
                return variant_raise_path(call->err, call->arena, call->position, "variant_get",
                                          text);
            if (status != DBX_OK) return error_nomem(call->err);
        }
        if (!variant_path_follow(&path, &v, &found)) return variant_raise_malformed(call);
        if (found)
            TRY(variant_cast_store(call, s->cast, v, out, r));
        else
            TRY(fn_set_null(call, out, r));
    }
    return DBX_OK;
}

static dbx_status variant_bind_get(fn_bind *b, bool fail) {
    variant_get_state *s = ARENA_NEW(b->arena, variant_get_state);
    string_view text;
    if (s == NULL) return error_nomem(b->err);
    b->result = type_simple(TYPE_VARIANT);
    b->nullable = true;
    if (b->arg_count > 2) TRY(schema_argument_type(b, 2, &b->result));
    if (!variant_can_hold(b->result, true)) {
        const char *sql = arena_printf(b->arena, "\"%s\"", fn_bind_sql(b)),
                   *target = arena_printf(b->arena, "\"%s\"", type_sql(b->arena, b->result));
        return error_raise(b->err, ERR_DATATYPE_MISMATCH__CAST_WITHOUT_SUGGESTION, b->position,
                           "sqlExpr", sql == NULL ? "" : sql, "srcType", "\"VARIANT\"",
                           "targetType", target == NULL ? "" : target, NULL);
    }
    TRY(variant_cast_new(b->arena, b->query, b->result, fail, &s->cast, b->err));
    s->constant = fn_bind_constant_string(b, 1, &text);
    if (s->constant) {
        text = arena_copy_string(b->arena, text);
        dbx_status status =
            text.data == NULL ? DBX_NOMEM : variant_path_parse(b->arena, text, &s->path);
        if (status == DBX_ERROR)
            return variant_raise_path(b->err, b->arena, b->position, b->row->name, text);
        if (status != DBX_OK) return error_nomem(b->err);
    }
    b->state = s;
    return DBX_OK;
}
static dbx_status variant_bind_get_strict(fn_bind *b) {
    return variant_bind_get(b, true);
}
static dbx_status variant_bind_get_try(fn_bind *b) {
    return variant_bind_get(b, false);
}

/* ---- to_variant_object ---- */

static dbx_status variant_bind_object(fn_bind *b) {
    type t = b->arg_types[0];
    if (t.id == TYPE_VOID || (type_is_nested(t) && variant_can_hold(t, true))) return DBX_OK;
    const char *sql = arena_printf(b->arena, "\"%s\"", fn_bind_sql(b)),
               *source = arena_printf(b->arena, "\"%s\"", type_sql(b->arena, t));
    return error_raise(b->err, ERR_DATATYPE_MISMATCH__CAST_WITHOUT_SUGGESTION, b->position,
                       "sqlExpr", sql == NULL ? "" : sql, "srcType", source == NULL ? "" : source,
                       "targetType", "\"VARIANT\"", NULL);
}

/* ---- variant_explode ---- */

static dbx_status variant_explode_count(fn_call *call, const vector *args, uint32_t *counts) {
    vector_view view = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        variant v;
        variant_item item;
        counts[r_i] = 0;
        if (!view_valid(&view, r)) continue;
        TRY(variant_arg(call, &view, r, &v));
        if (!variant_read(v, &item)) return variant_raise_malformed(call);
        counts[r_i] = item.count;
    }
    return DBX_OK;
}

static dbx_status variant_explode_emit(fn_call *call, const vector *args, uint32_t row,
                                       uint32_t first, uint32_t n, vector *outs, uint32_t at) {
    vector_view view = vector_view_of(&args[0]);
    variant v, child;
    variant_item item;
    TRY(variant_arg(call, &view, row, &v));
    if (!variant_read(v, &item)) return variant_raise_malformed(call);
    for (uint32_t i = 0; i < n; i++) {
        string_view key = {0};
        VECTOR_DATA(&outs[0], int32_t)[at + i] = (int32_t)(first + i);
        for (uint32_t k = 0; k < 3; k++)
            if (outs[k].validity != NULL) validity_set_valid(outs[k].validity, at + i);
        bool read = item.kind == VARIANT_OBJECT ? variant_field(v, &item, first + i, &key, &child)
                                                : variant_element(v, &item, first + i, &child);
        if (!read) return variant_raise_malformed(call);
        if (item.kind == VARIANT_OBJECT)
            TRY(text_copy(call, &outs[1], at + i, key.data, key.size));
        else
            TRY(nested_put_null(call, &outs[1], at + i));
        variant_builder b;
        variant_builder_init(&b, call->arena->ledger);
        dbx_status status = variant_put(&b, child);
        if (status == DBX_OK) status = variant_store(call, &b, &outs[2], at + i);
        variant_builder_deinit(&b);
        if (status == DBX_ERROR) return variant_raise_malformed(call);
        if (status != DBX_OK) return error_nomem(call->err);
    }
    return DBX_OK;
}

static const generator_kernel variant_explode_kernel = {variant_explode_count,
                                                        variant_explode_emit};

static dbx_status variant_bind_explode(fn_bind *b) {
    static const type_field fields[] = {
        {.name = SV("pos"), .type = {.id = TYPE_INT}},
        {.name = SV("key"), .type = {.id = TYPE_STRING}, .nullable = true},
        {.name = SV("value"), .type = {.id = TYPE_VARIANT}},
    };
    b->generator_fields = fields;
    b->generator_field_count = ARRAY_COUNT(fields);
    return DBX_OK;
}

const function_row variant_functions[] = {
    {.name = "parse_json",
     .signature = "(jsonStr string) -> variant",
     .kernel = variant_parse_json_rows,
     .category = "variant",
     .doc = "The VARIANT value of a JSON text; a text that is not JSON is an error.",
     .examples = "parse_json('{\"a\":1,\"b\":0.8}') => {\"a\":1,\"b\":0.8}; "
                 "parse_json('[1, \"x\", null, 1e3]') => [1,\"x\",null,1000.0]"},
    {.name = "try_parse_json",
     .signature = "(jsonStr string) -> variant",
     .flags = FN_ALWAYS_NULLABLE | FN_NEVER_FAILS,
     .kernel = variant_try_parse_json_rows,
     .category = "variant",
     .doc = "The VARIANT value of a JSON text, or NULL.",
     .examples = "try_parse_json('{\"a\":1}') => {\"a\":1}; try_parse_json('{\"a\":1,') => NULL; "
                 "try_parse_json('{\"a\":1,\"a\":2}') => NULL"},
    {.name = "is_variant_null",
     .signature = "(expr variant) -> boolean",
     .flags = NULLS_AWARE | FN_NEVER_NULL,
     .kernel = variant_is_null_rows,
     .category = "variant",
     .doc = "Is the VARIANT value null (and not an SQL NULL)?",
     .examples = "is_variant_null(parse_json('null')) => true; is_variant_null(NULL) => false; "
                 "is_variant_null(parse_json('13')) => false"},
    {.name = "is_valid_variant",
     .signature = "(v variant) -> boolean",
     .kernel = variant_is_valid_rows,
     .flags = FN_NEVER_FAILS,
     .category = "variant",
     .doc = "Is the VARIANT value well formed?",
     .examples = "is_valid_variant(parse_json('[{\"b\":true,\"a\":0}]')) => true"},
    {.name = "variant_get",
     .signature = "(v variant, path string, [type any]) -> bind",
     .kernel = variant_get_rows,
     .bind = variant_bind_get_strict,
     .category = "variant",
     .doc = "The part of v at a path, cast to a type; NULL where there is none.",
     .examples =
         "variant_get(parse_json('{\"a\": 1}'), '$.a', 'int') => 1; "
         "variant_get(parse_json('{\"a\": 1}'), '$.b', 'int') => NULL; "
         "variant_get(parse_json('[1, \"hello\"]'), '$[1]') => \"hello\"; "
         "variant_get(parse_json('{\"a.b\": [1, 2]}'), '$[\"a.b\"]', 'array<int>') => [1,2]"},
    {.name = "try_variant_get",
     .signature = "(v variant, path string, [type any]) -> bind",
     .kernel = variant_get_rows,
     .bind = variant_bind_get_try,
     .category = "variant",
     .doc = "The part of v at a path, cast to a type; NULL where there is none or it does not fit.",
     .examples = "try_variant_get(parse_json('[1, \"hello\"]'), '$[1]', 'int') => NULL; "
                 "try_variant_get(parse_json('[1, \"2\"]'), '$[1]', 'int') => 2"},
    {.name = "to_variant_object",
     .signature = "(expr any) -> variant",
     .kernel = variant_run_cast_to,
     .bind = variant_bind_object,
     .category = "variant",
     .doc = "An array, map or struct as VARIANT; maps and structs become objects.",
     .examples = "to_variant_object(named_struct('b', 1, 'a', 2)) => {\"a\":2,\"b\":1}; "
                 "to_variant_object(array(map('a', 2))) => [{\"a\":2}]"},
    {.name = "variant_explode",
     .signature = "(input variant) -> bind",
     .kind = FUNCTION_GENERATOR,
     .generator = &variant_explode_kernel,
     .bind = variant_bind_explode,
     .category = "generator",
     .doc = "A row for each element or field of a VARIANT: pos, key, value."},
};
const uint32_t variant_functions_count = ARRAY_COUNT(variant_functions);
