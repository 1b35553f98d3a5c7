/* variant_schema.c - schema_of_variant, and the schema that many VARIANT values have in common. */
#include "functions/aggregate.h"
#include "functions/families.h"
#include "functions/schema_argument.h"
#include "functions/text_out.h"
#include "functions/variant.h"
#include "vector/type_parse.h"

static type variant_schema_decimal(const variant_item *item) {
    int128 x = item->decimal;
    uint32_t scale = item->scale;
    for (; scale > 0 && x % 10 == 0; scale--) x /= 10;
    uint32_t digits = int128_digits(int128_magnitude(x));
    return type_decimal(MAX(MAX(digits, scale), 1u), scale);
}

/* DBX_ERROR: malformed, nothing is raised. */
static dbx_status variant_schema_of(arena *a, variant v, uint32_t depth, type *out) {
    static const uint8_t simple[] = {
        [VARIANT_NULL] = TYPE_VOID,
        [VARIANT_BOOLEAN] = TYPE_BOOLEAN,
        [VARIANT_LONG] = TYPE_BIGINT,
        [VARIANT_FLOAT] = TYPE_FLOAT,
        [VARIANT_DOUBLE] = TYPE_DOUBLE,
        [VARIANT_DATE] = TYPE_DATE,
        [VARIANT_TIMESTAMP] = TYPE_TIMESTAMP,
        [VARIANT_TIMESTAMP_NTZ] = TYPE_TIMESTAMP_NTZ,
        [VARIANT_TIME] = TYPE_TIME,
        [VARIANT_TIMESTAMP_NANOS] = TYPE_TIMESTAMP,
        [VARIANT_TIMESTAMP_NTZ_NANOS] = TYPE_TIMESTAMP_NTZ,
        [VARIANT_STRING] = TYPE_STRING,
        [VARIANT_BINARY] = TYPE_BINARY,
        [VARIANT_UUID] = TYPE_STRING,
    };
    variant_item item;
    variant child;
    if (depth > TYPE_DEPTH_MAX || !variant_read(v, &item)) return DBX_ERROR;
    if (item.kind == VARIANT_ARRAY) {
        type element = type_simple(TYPE_VOID), next;
        for (uint32_t i = 0; i < item.count; i++) {
            if (!variant_element(v, &item, i, &child)) return DBX_ERROR;
            TRY(variant_schema_of(a, child, depth + 1, &next));
            TRY(schema_merge(a, element, next, type_simple(TYPE_VARIANT), &element));
        }
        return type_array(a, element, true, out);
    }
    if (item.kind == VARIANT_OBJECT) {
        type_field *fields = ARENA_ARRAY(a, type_field, (size_t)item.count + 1);
        if (fields == NULL || item.count > UINT16_MAX) return DBX_NOMEM;
        for (uint32_t i = 0; i < item.count; i++) {
            if (!variant_field(v, &item, i, &fields[i].name, &child)) return DBX_ERROR;
            fields[i].nullable = true;
            TRY(variant_schema_of(a, child, depth + 1, &fields[i].type));
        }
        return type_struct(a, fields, item.count, out);
    }
    *out = item.kind == VARIANT_DECIMAL ? variant_schema_decimal(&item)
                                        : type_simple((type_id)simple[item.kind]);
    return DBX_OK;
}

/* As SQL writes the type, but a STRUCT is called OBJECT: the order of its fields means nothing. */
static dbx_status variant_schema_print(buffer *out, type t) {
    if (t.id != TYPE_STRUCT && t.id != TYPE_ARRAY) return type_append_sql(out, t);
    TRY(buffer_append_sv(out, t.id == TYPE_ARRAY ? SV("ARRAY<") : SV("OBJECT<")));
    for (uint32_t i = 0; i < t.child_count; i++) {
        if (i > 0) TRY(buffer_append_sv(out, SV(", ")));
        if (t.id == TYPE_STRUCT) {
            TRY(type_append_identifier(out, t.children[i].name));
            TRY(buffer_append_sv(out, SV(": ")));
        }
        TRY(variant_schema_print(out, t.children[i].type));
    }
    return buffer_append_char(out, '>');
}

static dbx_status variant_schema_store(fn_call *call, type t, vector *out, uint32_t row) {
    buffer text;
    buffer_init(&text, call->arena->ledger);
    dbx_status status = variant_schema_print(&text, t);
    if (status == DBX_OK)
        status = text_copy(call, out, row, text.data, text.size);
    else
        status = error_nomem(call->err);
    buffer_deinit(&text);
    return status;
}

static dbx_status variant_schema_arg(fn_call *call, const vector_view *view, uint32_t row,
                                     type *out) {
    variant v;
    TRY(variant_arg(call, view, row, &v));
    dbx_status status = variant_schema_of(call->arena, v, 0, out);
    if (status == DBX_ERROR) return variant_raise_malformed(call);
    return status == DBX_OK ? DBX_OK : error_nomem(call->err);
}

static dbx_status variant_schema_rows(fn_call *call, const vector *args, vector *out) {
    vector_view view = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        type t;
        TRY(variant_schema_arg(call, &view, r, &t));
        TRY(variant_schema_store(call, t, out, r));
    }
    return DBX_OK;
}

/* ---- the aggregate; a zeroed state is VOID ---- */

static dbx_status variant_schema_update(fn_call *call, const vector *args, void *const *states) {
    vector_view view = vector_view_of(&args[0]);
    for (uint32_t i = 0; i < call->rows; i++) {
        type *t = states[i], next, merged;
        TRY(variant_schema_arg(call, &view, aggregate_row(call, i), &next));
        if (schema_merge(call->arena, *t, next, type_simple(TYPE_VARIANT), &merged) != DBX_OK ||
            type_copy(call->arena, merged, t) != DBX_OK)
            return error_nomem(call->err);
    }
    return DBX_OK;
}

static dbx_status variant_schema_combine(fn_call *call, void *const *from, void *const *to,
                                         uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        type *t = to[i];
        const type *f = from[i];
        if (schema_merge(call->arena, *t, *f, type_simple(TYPE_VARIANT), t) != DBX_OK)
            return error_nomem(call->err);
    }
    return DBX_OK;
}

static dbx_status variant_schema_finalize(fn_call *call, void *const *states, uint32_t count,
                                          vector *out, uint32_t at) {
    for (uint32_t i = 0; i < count; i++)
        TRY(variant_schema_store(call, *(const type *)states[i], out, at + i));
    return DBX_OK;
}

static dbx_status variant_schema_write(const void *state, buffer *out) {
    return type_append_sql(out, *(const type *)state);
}
static dbx_status variant_schema_read(fn_call *call, const char *bytes, size_t size, void *state) {
    type_parse_failure failure;
    string_view text = arena_copy_string(call->arena, (string_view){bytes, size});
    if (text.data == NULL) return error_nomem(call->err);
    dbx_status status = type_parse(call->arena, text, state, &failure);
    if (status == DBX_ERROR)
        return error_raise(call->err, ERR_INTERNAL_ERROR, call->position, "message",
                           "bad aggregate state", NULL);
    return status == DBX_OK ? DBX_OK : error_nomem(call->err);
}

static const aggregate_kernel variant_schema_kernel = {
    .state_size = (sizeof(type) + 15) / 16 * 16,
    .update = variant_schema_update,
    .combine = variant_schema_combine,
    .finalize = variant_schema_finalize,
    .write = variant_schema_write,
    .read = variant_schema_read,
};

const function_row variant_schema_functions[] = {
    {.name = "schema_of_variant",
     .signature = "(v variant) -> string",
     .kernel = variant_schema_rows,
     .category = "variant",
     .doc = "The schema of a VARIANT value, as SQL writes it.",
     .examples = "schema_of_variant(parse_json('null')) => VOID; "
                 "schema_of_variant(parse_json('[{\"b\":true,\"a\":0}]')) => "
                 "ARRAY<OBJECT<a: BIGINT, b: BOOLEAN>>; "
                 "schema_of_variant(parse_json('[1, 1.5, true]')) => ARRAY<VARIANT>"},
    {.name = "schema_of_variant_agg",
     .signature = "(v variant) -> string",
     .kind = FUNCTION_AGGREGATE,
     .flags = FN_NEVER_NULL,
     .aggregate = &variant_schema_kernel,
     .category = "aggregate",
     .doc = "The schema that the VARIANT values of a group have in common."},
};
const uint32_t variant_schema_functions_count = ARRAY_COUNT(variant_schema_functions);
