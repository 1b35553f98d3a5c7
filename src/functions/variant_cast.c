/* variant_cast.c - VARIANT to and from other types. A scalar is cast as CAST casts the type that it
 * has inside, so that the rules are one. */
#include "functions/nested.h"
#include "functions/variant.h"

/* The types that scalars have inside, in the order of variant_cast.kernels. */
enum {
    INSIDE_BOOLEAN,
    INSIDE_LONG,
    INSIDE_FLOAT,
    INSIDE_DOUBLE,
    INSIDE_STRING,
    INSIDE_BINARY,
    INSIDE_DATE,
    INSIDE_TIMESTAMP,
    INSIDE_TIMESTAMP_NTZ,
    INSIDE_TIME,
    INSIDE_DECIMAL, /* one a scale follows */
    INSIDE_COUNT = INSIDE_DECIMAL + INT128_POWER_MAX + 1,
};

typedef struct variant_scalar_cast {
    scalar_kernel kernel; /* NULL: there is none */
    const void *state;
    type from;
} variant_scalar_cast;

struct variant_cast {
    type to;
    bool fail;
    variant_cast **children;      /* ARRAY, MAP: the element, the value; STRUCT: fields */
    variant_scalar_cast *scalars; /* INSIDE_COUNT */
};

bool variant_can_hold(type t, bool objects) {
    switch ((type_id)t.id) {
    case TYPE_STRING:
        return t.char_kind == CHAR_KIND_STRING;
    case TYPE_ARRAY:
        return variant_can_hold(t.children[0].type, objects);
    case TYPE_MAP:
        return objects && t.children[0].type.id == TYPE_STRING &&
               variant_can_hold(t.children[1].type, objects);
    case TYPE_STRUCT:
        for (uint32_t i = 0; i < t.child_count; i++) {
            if (!variant_can_hold(t.children[i].type, objects)) return false;
        }
        return objects;
    case TYPE_BOOLEAN:
    case TYPE_BINARY:
    case TYPE_VARIANT:
        return true;
    default:
        return type_is_numeric(t) || type_is_datetime(t);
    }
}

/* ---- failures ---- */

dbx_status variant_raise_malformed(fn_call *call) {
    return error_raise(call->err, ERR_MALFORMED_VARIANT, call->position, NULL);
}

static dbx_status variant_cast_fail(fn_call *call, const variant_cast *c, variant v, vector *out,
                                    uint32_t row) {
    if (!c->fail) return nested_put_null(call, out, row);
    buffer text;
    buffer_init(&text, call->arena->ledger);
    dbx_status status = variant_append_json(&text, v, call->query);
    const char *value =
        status == DBX_OK ? arena_copy_string(call->arena, buffer_view(&text)).data : NULL;
    buffer_deinit(&text);
    if (status == DBX_ERROR) return variant_raise_malformed(call);
    const char *sql = type_sql(call->arena, c->to);
    const char *quoted = sql == NULL ? NULL : arena_printf(call->arena, "\"%s\"", sql);
    if (value == NULL || quoted == NULL) return error_nomem(call->err);
    return error_raise(call->err, ERR_INVALID_VARIANT_CAST, call->position, "value", value,
                       "dataType", quoted, NULL);
}

/* ---- from VARIANT ---- */

static dbx_status variant_bind_scalar(arena *a, query *q, type from, type to,
                                      variant_scalar_cast *s, error *err) {
    bool can_fail;
    s->from = from;
    if (!cast_allowed(from, to, CAST_ANSI)) return DBX_OK;
    return cast_bind(a, q, from, to, CAST_TRY, (span){0, 0}, &s->kernel, &s->state, &can_fail, err);
}

static dbx_status variant_bind_scalars(arena *a, query *q, type to, variant_cast *c, error *err) {
    static const uint8_t inside[INSIDE_DECIMAL] = {
        [INSIDE_BOOLEAN] = TYPE_BOOLEAN,
        [INSIDE_LONG] = TYPE_BIGINT,
        [INSIDE_FLOAT] = TYPE_FLOAT,
        [INSIDE_DOUBLE] = TYPE_DOUBLE,
        [INSIDE_STRING] = TYPE_STRING,
        [INSIDE_BINARY] = TYPE_BINARY,
        [INSIDE_DATE] = TYPE_DATE,
        [INSIDE_TIMESTAMP] = TYPE_TIMESTAMP,
        [INSIDE_TIMESTAMP_NTZ] = TYPE_TIMESTAMP_NTZ,
        [INSIDE_TIME] = TYPE_TIME,
    };
    c->scalars = ARENA_ARRAY(a, variant_scalar_cast, INSIDE_COUNT);
    if (c->scalars == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < INSIDE_DECIMAL; i++)
        TRY(variant_bind_scalar(a, q, type_simple((type_id)inside[i]), to, &c->scalars[i], err));
    for (uint32_t scale = 0; scale <= INT128_POWER_MAX; scale++)
        TRY(variant_bind_scalar(a, q, type_decimal(DECIMAL_PRECISION_MAX, scale), to,
                                &c->scalars[INSIDE_DECIMAL + scale], err));
    return DBX_OK;
}

dbx_status variant_cast_new(arena *a, query *q, type to, bool fail, variant_cast **out,
                            error *err) {
    variant_cast *c = ARENA_NEW(a, variant_cast);
    if (c == NULL) return error_nomem(err);
    *out = c;
    c->to = to;
    c->fail = fail;
    if (to.id == TYPE_VARIANT) return DBX_OK;
    if (!type_is_nested(to)) return variant_bind_scalars(a, q, to, c, err);
    c->children = ARENA_ARRAY(a, variant_cast *, to.child_count + 1);
    if (c->children == NULL) return error_nomem(err);
    for (uint32_t i = to.id == TYPE_MAP; i < to.child_count; i++)
        TRY(variant_cast_new(a, q, to.children[i].type, fail, &c->children[i], err));
    return DBX_OK;
}

/* The scalar as a value of the type it has inside: index into scalars, and its bytes. */
static uint32_t variant_inside(const variant_item *item, void *bytes) {
    double real = item->real;
    float narrow = (float)item->real;
    int32_t days = (int32_t)item->integer;
    int128 decimal = item->decimal;
    uint32_t scale = item->scale;
    switch (item->kind) {
    case VARIANT_BOOLEAN:
        *(uint8_t *)bytes = (uint8_t)item->integer;
        return INSIDE_BOOLEAN;
    case VARIANT_LONG:
        memcpy(bytes, &item->integer, 8);
        return INSIDE_LONG;
    case VARIANT_FLOAT:
        memcpy(bytes, &narrow, 4);
        return INSIDE_FLOAT;
    case VARIANT_DOUBLE:
        memcpy(bytes, &real, 8);
        return INSIDE_DOUBLE;
    case VARIANT_DATE:
        memcpy(bytes, &days, 4);
        return INSIDE_DATE;
    case VARIANT_DECIMAL:
        for (; scale > 0 && decimal % 10 == 0; scale--) decimal /= 10;
        memcpy(bytes, &decimal, 16);
        return INSIDE_DECIMAL + scale;
    case VARIANT_STRING:
    case VARIANT_BINARY:
        *(vstring *)bytes = vstring_from(item->bytes.data, item->bytes.size);
        return item->kind == VARIANT_STRING ? INSIDE_STRING : INSIDE_BINARY;
    case VARIANT_TIME:
        memcpy(bytes, &item->integer, 8);
        return INSIDE_TIME;
    case VARIANT_TIMESTAMP_NANOS:
    case VARIANT_TIMESTAMP_NTZ_NANOS: {
        int64_t micros = item->integer / 1000 - (item->integer % 1000 < 0);
        memcpy(bytes, &micros, 8);
        return item->kind == VARIANT_TIMESTAMP_NANOS ? INSIDE_TIMESTAMP : INSIDE_TIMESTAMP_NTZ;
    }
    case VARIANT_TIMESTAMP:
    case VARIANT_TIMESTAMP_NTZ:
        memcpy(bytes, &item->integer, 8);
        return item->kind == VARIANT_TIMESTAMP ? INSIDE_TIMESTAMP : INSIDE_TIMESTAMP_NTZ;
    default:
        return INSIDE_COUNT;
    }
}

/* Text of a value that has no quotes of its own: objects, arrays, UUIDs; decimals without trailing
 * zeros. */
static dbx_status variant_cast_text(fn_call *call, variant v, const variant_item *item, vector *out,
                                    uint32_t row) {
    buffer text;
    buffer_init(&text, call->arena->ledger);
    dbx_status status = variant_append_json(&text, v, call->query);
    string_view s = buffer_view(&text);
    if (item->kind == VARIANT_UUID && status == DBX_OK) s = (string_view){s.data + 1, s.size - 2};
    string_view copy = {0};
    if (status == DBX_OK) copy = arena_copy_string(call->arena, s);
    buffer_deinit(&text);
    if (status == DBX_ERROR) return variant_raise_malformed(call);
    if (copy.data == NULL) return error_nomem(call->err);
    if (out->validity != NULL) validity_set_valid(out->validity, row);
    VECTOR_DATA(out, vstring)[row] = vstring_from(copy.data, copy.size);
    return DBX_OK;
}

static bool variant_overflows_timestamp(const variant_cast *c, const variant_item *item) {
    if (c->to.id != TYPE_TIMESTAMP) return false;
    if (item->kind == VARIANT_LONG)
        return item->integer > INT64_MAX / 1000000 || item->integer < INT64_MIN / 1000000;
    if (item->kind != VARIANT_DECIMAL) return false;
    int128 whole = item->decimal / int128_power10[item->scale];
    return whole > INT64_MAX / 1000000 || whole < INT64_MIN / 1000000;
}

static dbx_status variant_cast_scalar(fn_call *call, const variant_cast *c, variant v,
                                      const variant_item *item, vector *out, uint32_t row) {
    _Alignas(16) char bytes[16];
    if (c->to.id == TYPE_STRING &&
        (item->kind == VARIANT_OBJECT || item->kind == VARIANT_ARRAY || item->kind == VARIANT_UUID))
        return variant_cast_text(call, v, item, out, row);
    uint32_t inside = variant_inside(item, bytes);
    if (inside == INSIDE_COUNT || c->scalars[inside].kernel == NULL ||
        variant_overflows_timestamp(c, item))
        return variant_cast_fail(call, c, v, out, row);
    const variant_scalar_cast *s = &c->scalars[inside];
    vector arg = {.type = s->from,
                  .form = VECTOR_CONSTANT,
                  .phys = (uint8_t)type_physical(s->from),
                  .data = bytes};
    fn_call one = *call;
    one.state = s->state;
    one.sel = &row;
    one.rows = 1;
    one.row_bound = row + 1;
    one.arg_types = &s->from;
    one.result_type = c->to;
    if (out->validity != NULL) validity_set_valid(out->validity, row);
    TRY(s->kernel(&one, &arg, out));
    if (validity_get(out->validity, row)) return DBX_OK;
    return variant_cast_fail(call, c, v, out, row);
}

static dbx_status variant_cast_list(fn_call *call, const variant_cast *c, variant v,
                                    const variant_item *item, vector *out, uint32_t row) {
    uint32_t at;
    TRY(nested_begin(call, out, row, item->count, &at));
    for (uint32_t i = 0; i < item->count; i++) {
        variant child;
        string_view key;
        if (item->kind == VARIANT_ARRAY) {
            if (!variant_element(v, item, i, &child)) return variant_raise_malformed(call);
            TRY(variant_cast_store(call, c->children[0], child, &out->children[0], at + i));
            continue;
        }
        vector *parts = out->children[0].children;
        if (!variant_field(v, item, i, &key, &child)) return variant_raise_malformed(call);
        VECTOR_DATA(&parts[0], vstring)[at + i] = vstring_from(key.data, key.size);
        if (parts[0].validity != NULL) validity_set_valid(parts[0].validity, at + i);
        TRY(variant_cast_store(call, c->children[1], child, &parts[1], at + i));
    }
    return DBX_OK;
}

static dbx_status variant_cast_struct(fn_call *call, const variant_cast *c, variant v,
                                      const variant_item *item, vector *out, uint32_t row) {
    for (uint32_t i = 0; i < c->to.child_count; i++) {
        variant child;
        bool found;
        if (!variant_find(v, item, c->to.children[i].name, &found, &child))
            return variant_raise_malformed(call);
        if (found)
            TRY(variant_cast_store(call, c->children[i], child, &out->children[i], row));
        else
            TRY(nested_put_null(call, &out->children[i], row));
    }
    return DBX_OK;
}

static dbx_status variant_cast_variant(fn_call *call, variant v, vector *out, uint32_t row) {
    variant_builder b;
    variant_builder_init(&b, call->arena->ledger);
    dbx_status status = variant_put(&b, v);
    if (status == DBX_OK)
        status = variant_store(call, &b, out, row);
    else
        status = status == DBX_ERROR ? variant_raise_malformed(call) : error_nomem(call->err);
    variant_builder_deinit(&b);
    return status;
}

dbx_status variant_cast_store(fn_call *call, const variant_cast *c, variant v, vector *out,
                              uint32_t row) {
    variant_item item;
    if (c->to.id == TYPE_VARIANT) return variant_cast_variant(call, v, out, row);
    if (!variant_read(v, &item)) return variant_raise_malformed(call);
    if (out->validity != NULL) validity_set_valid(out->validity, row);
    if (item.kind == VARIANT_NULL) return nested_put_null(call, out, row);
    if (!type_is_nested(c->to)) return variant_cast_scalar(call, c, v, &item, out, row);
    bool fits = item.kind == (c->to.id == TYPE_ARRAY ? VARIANT_ARRAY : VARIANT_OBJECT);
    if (!fits) return variant_cast_fail(call, c, v, out, row);
    if (c->to.id == TYPE_STRUCT) return variant_cast_struct(call, c, v, &item, out, row);
    return variant_cast_list(call, c, v, &item, out, row);
}

dbx_status variant_run_cast_from(fn_call *call, const variant_cast *c, const vector *args,
                                 vector *out) {
    vector_view view = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        variant v;
        TRY(variant_arg(call, &view, r, &v));
        TRY(variant_cast_store(call, c, v, out, r));
    }
    return DBX_OK;
}

/* ---- to VARIANT ---- */

static dbx_status variant_put_child(variant_builder *b, const vector *child, uint32_t row) {
    vector_view view = vector_view_of(child);
    uint32_t i = view_index(&view, row);
    if (!validity_get(view.validity, i)) return variant_put_null(b);
    return variant_put_value(b, view.base, i);
}

static dbx_status variant_put_list(variant_builder *b, const vector *base, uint32_t i) {
    list_entry e = VECTOR_DATA(base, list_entry)[i];
    variant_frame f = variant_begin(b);
    if (base->type.id == TYPE_ARRAY) {
        for (uint32_t k = 0; k < e.length; k++) {
            TRY(variant_begin_item(b, f));
            TRY(variant_put_child(b, &base->children[0], e.offset + k));
        }
        return variant_end_array(b, f);
    }
    vector_view entries = vector_view_of(&base->children[0]);
    const vector *parts = entries.base->children;
    vector_view keys = vector_view_of(&parts[0]);
    bool duplicate;
    for (uint32_t k = 0; k < e.length; k++) {
        uint32_t at = view_index(&entries, e.offset + k);
        const vstring *key = &((const vstring *)keys.data)[view_index(&keys, at)];
        TRY(variant_begin_field(b, f, vstring_view(key)));
        TRY(variant_put_child(b, &parts[1], at));
    }
    TRY(variant_end_object(b, f, &duplicate));
    return duplicate ? DBX_ERROR : DBX_OK;
}

static dbx_status variant_put_struct(variant_builder *b, const vector *base, uint32_t i) {
    variant_frame f = variant_begin(b);
    bool duplicate;
    for (uint32_t k = 0; k < base->type.child_count; k++) {
        TRY(variant_begin_field(b, f, base->type.children[k].name));
        TRY(variant_put_child(b, &base->children[k], i));
    }
    TRY(variant_end_object(b, f, &duplicate));
    return duplicate ? DBX_ERROR : DBX_OK;
}

dbx_status variant_put_value(variant_builder *b, const vector *base, uint32_t i) {
    const void *data = base->data;
    switch ((type_id)base->type.id) {
    case TYPE_VOID:
        return variant_put_null(b);
    case TYPE_BOOLEAN:
        return variant_put_boolean(b, ((const uint8_t *)data)[i] != 0);
    case TYPE_TINYINT:
        return variant_put_long(b, ((const int8_t *)data)[i]);
    case TYPE_SMALLINT:
        return variant_put_long(b, ((const int16_t *)data)[i]);
    case TYPE_INT:
        return variant_put_long(b, ((const int32_t *)data)[i]);
    case TYPE_BIGINT:
        return variant_put_long(b, ((const int64_t *)data)[i]);
    case TYPE_FLOAT:
        return variant_put_float(b, ((const float *)data)[i]);
    case TYPE_DOUBLE:
        return variant_put_double(b, ((const double *)data)[i]);
    case TYPE_DECIMAL:
        return variant_put_decimal(
            b, base->phys == PHYS_INT64 ? ((const int64_t *)data)[i] : ((const int128 *)data)[i],
            base->type.scale);
    case TYPE_DATE:
        return variant_put_datetime(b, VARIANT_DATE, ((const int32_t *)data)[i]);
    case TYPE_TIMESTAMP:
        return variant_put_datetime(b, VARIANT_TIMESTAMP, ((const int64_t *)data)[i]);
    case TYPE_TIMESTAMP_NTZ:
        return variant_put_datetime(b, VARIANT_TIMESTAMP_NTZ, ((const int64_t *)data)[i]);
    case TYPE_TIME:
        return variant_put_datetime(b, VARIANT_TIME, ((const int64_t *)data)[i]);
    case TYPE_STRING:
    case TYPE_BINARY:
        return variant_put_bytes(b, base->type.id == TYPE_STRING ? VARIANT_STRING : VARIANT_BINARY,
                                 vstring_view(&((const vstring *)data)[i]));
    case TYPE_VARIANT: {
        variant v;
        if (!variant_open(vstring_view(&((const vstring *)data)[i]), &v)) return DBX_ERROR;
        return variant_put(b, v);
    }
    case TYPE_STRUCT:
        return variant_put_struct(b, base, i);
    default:
        assert(base->phys == PHYS_LIST);
        return variant_put_list(b, base, i);
    }
}

dbx_status variant_run_cast_to(fn_call *call, const vector *args, vector *out) {
    variant_builder b;
    dbx_status status = DBX_OK;
    vector_view view = vector_view_of(&args[0]);
    variant_builder_init(&b, call->arena->ledger);
    FN_FOR_EACH_ROW(call, r) {
        variant_builder_clear(&b);
        status = variant_put_value(&b, view.base, view_index(&view, r));
        if (status == DBX_OK)
            status = variant_store(call, &b, out, r);
        else if (status == DBX_ERROR)
            status = error_raise(call->err, ERR_VARIANT_DUPLICATE_KEY, call->position, NULL);
        else
            status = error_nomem(call->err);
        if (status != DBX_OK) break;
    }
    variant_builder_deinit(&b);
    return status;
}

/* ---- shared with functions ---- */

dbx_status variant_arg(fn_call *call, const vector_view *view, uint32_t row, variant *out) {
    const vstring *s = &((const vstring *)view->data)[view_index(view, row)];
    return variant_open(vstring_view(s), out) ? DBX_OK : variant_raise_malformed(call);
}

dbx_status variant_store(fn_call *call, variant_builder *b, vector *out, uint32_t row) {
    string_view bytes;
    dbx_status status = variant_builder_take(b, call->arena, &bytes);
    if (status == DBX_NOMEM) return error_nomem(call->err);
    if (status != DBX_OK)
        return error_raise(call->err, ERR_VARIANT_SIZE_LIMIT, call->position, "sizeLimit",
                           "128.0 MiB", "functionName", "`parse_json`", NULL);
    VECTOR_DATA(out, vstring)[row] = vstring_from(bytes.data, bytes.size);
    if (out->validity != NULL) validity_set_valid(out->validity, row);
    return DBX_OK;
}
