/* coercion.c - casts that the binder puts in, common types, store assignment, and constants'
 * values.
 *
 * Whether a type may become another silently is a matter of functions/cast.h; here is when.
 */
#include "binder/binder_int.h"

static cast_mode bind_session_cast_mode(const binder *b) {
    return b->query->settings->ansi ? CAST_ANSI : CAST_LEGACY;
}

dbx_status bind_cast_mode(binder *b, expr *e, type to, cast_mode mode, span s, expr **out) {
    if (type_equal(e->type, to)) {
        *out = e;
        return DBX_OK;
    }
    if (e->kind == EXPR_CONSTANT && e->type.id == TYPE_VOID) {
        *out = expr_constant_null(b->arena, to, binder_span(b, s));
        return *out == NULL ? binder_nomem(b) : DBX_OK;
    }
    return expr_cast_new(b->arena, b->query, e, to, mode, binder_span(b, s), out, b->err);
}

dbx_status bind_cast(binder *b, expr *e, type to, expr **out) {
    return bind_cast_mode(b, e, to, bind_session_cast_mode(b), e->span, out);
}

dbx_status bind_common(binder *b, expr **items, uint32_t count, type *out, bool *ok) {
    assert(count > 0);
    TRY(bind_collations(b, items, count, 1, false, items[0]->span));
    type common = items[0]->type;
    *ok = false;
    for (uint32_t i = 1; i < count; i++) {
        if (type_equal(common, items[i]->type)) continue;
        if (!type_common(b->arena, common, items[i]->type, b->query->settings->ansi, &common))
            return DBX_OK;
    }
    for (uint32_t i = 0; i < count; i++) TRY(bind_cast(b, items[i], common, &items[i]));
    *ok = true;
    *out = common;
    return DBX_OK;
}

/* Digits left of the point that every value of an integer type has room in. */
static uint32_t type_integer_digits(type t) {
    return t.id == TYPE_TINYINT ? 3 : t.id == TYPE_SMALLINT ? 5 : t.id == TYPE_INT ? 10 : 19;
}

bool type_can_up_cast(type from, type to) {
    if (type_equal(from, to) || from.id == TYPE_VOID) return true;
    if (from.id == TYPE_STRING && to.id == TYPE_STRING) return true;
    if (to.id == TYPE_STRING) return !type_is_nested(from) && from.id != TYPE_BINARY;
    if (to.id == TYPE_DECIMAL && type_is_integer(from))
        return (uint32_t)to.precision - to.scale >= type_integer_digits(from);
    if (from.id == TYPE_DECIMAL && to.id == TYPE_DECIMAL) {
        return to.scale >= from.scale && to.precision - to.scale >= from.precision - from.scale;
    }
    if (type_is_numeric(from) && type_is_numeric(to) && from.id != TYPE_DECIMAL &&
        to.id != TYPE_DECIMAL)
        return from.id < to.id;
    if (from.id == TYPE_DATE) return to.id == TYPE_TIMESTAMP || to.id == TYPE_TIMESTAMP_NTZ;
    if (from.id == TYPE_TIMESTAMP) return to.id == TYPE_TIMESTAMP_NTZ;
    if (from.id == TYPE_TIMESTAMP_NTZ) return to.id == TYPE_TIMESTAMP;
    if (from.id != to.id || from.child_count != to.child_count || !type_is_nested(from))
        return type_is_interval(from) && from.id == to.id;
    for (uint32_t i = 0; i < from.child_count; i++) {
        if (!type_can_up_cast(from.children[i].type, to.children[i].type)) return false;
    }
    return true;
}

/* ---- store assignment ---- */

/* Spark's ANSI store assignment: what INSERT may convert by itself. */
static bool bind_store_allowed(type from, type to) {
    if (from.id == to.id) {
        if (!type_is_nested(from)) return true;
        if (from.child_count != to.child_count) return false;
        for (uint32_t i = 0; i < from.child_count; i++) {
            if (!bind_store_allowed(from.children[i].type, to.children[i].type)) return false;
        }
        return true;
    }
    if (from.id == TYPE_VOID) return true;
    if (type_is_nested(from) || type_is_nested(to)) return false;
    if (type_is_numeric(from) && type_is_numeric(to)) return true;
    if (to.id == TYPE_STRING) return from.id != TYPE_BINARY && from.id != TYPE_VARIANT && !type_is_geo(from);
    bool from_date =
        from.id == TYPE_DATE || from.id == TYPE_TIMESTAMP || from.id == TYPE_TIMESTAMP_NTZ;
    bool to_date = to.id == TYPE_DATE || to.id == TYPE_TIMESTAMP || to.id == TYPE_TIMESTAMP_NTZ;
    if (from_date && to_date) return true;
    if (to.id == TYPE_VARIANT) return false;
    return false;
}

dbx_status bind_store_cast(binder *b, expr *e, type to, string_view column, string_view table,
                           span s, expr **out) {
    if (type_equal(e->type, to)) {
        *out = e;
        return DBX_OK;
    }
    if (!bind_store_allowed(e->type, to)) {
        return error_raise(
            b->err, ERR_INCOMPATIBLE_DATA_FOR_TABLE__CANNOT_SAFELY_CAST, binder_span(b, s),
            "tableName", table.size == 0 ? "``" : binder_cstr(b, table), "colName",
            binder_quote_parts(b, &column, 1), "srcType",
            arena_printf(b->arena, "\"%s\"", type_sql(b->arena, e->type)), "targetType",
            arena_printf(b->arena, "\"%s\"", type_sql(b->arena, to)), NULL);
    }
    return bind_cast_mode(b, e, to, CAST_ANSI, s, out);
}

/* ---- constants ---- */

dbx_status bind_fold(binder *b, const expr *e, const vector **out) {
    *out = NULL;
    if (e->kind == EXPR_CONSTANT) {
        *out = e->u.value;
        return DBX_OK;
    }
    if (!expr_is_foldable(e)) return DBX_OK;
    return expr_fold(b->arena, b->query, e, out, b->err);
}

const vector *bind_try_fold(binder *b, const expr *e) {
    enum { NODES_MAX = 64 };
    const vector *value = NULL;
    if (e->kind == EXPR_CONSTANT) return e->u.value;
    if (e->kind == EXPR_LAMBDA || expr_count_nodes(e) > NODES_MAX || !expr_is_foldable(e))
        return NULL;
    error ignored;
    error_init(&ignored);
    if (expr_fold(b->arena, b->query, e, &value, &ignored) != DBX_OK) value = NULL;
    error_deinit(&ignored);
    return value;
}

bool vector_string_value(const vector *v, string_view *out) {
    if (v == NULL || v->phys != PHYS_STRING || vector_is_null(v, 0)) return false;
    vector_view view = vector_view_of(v);
    *out = vstring_view(&((const vstring *)view.data)[view_index(&view, 0)]);
    return true;
}

bool vector_int64_value(const vector *v, int64_t *out) {
    if (v == NULL || vector_is_null(v, 0)) return false;
    if (v->form == VECTOR_SEQUENCE) {
        *out = v->sequence_start;
        return true;
    }
    vector_view view = vector_view_of(v);
    uint32_t i = view_index(&view, 0);
    switch ((physical_type)v->phys) {
    case PHYS_INT8:
        *out = ((const int8_t *)view.data)[i];
        return true;
    case PHYS_INT16:
        *out = ((const int16_t *)view.data)[i];
        return true;
    case PHYS_INT32:
        *out = ((const int32_t *)view.data)[i];
        return true;
    case PHYS_INT64:
        *out = ((const int64_t *)view.data)[i];
        return v->type.id != TYPE_DECIMAL;
    default:
        return false;
    }
}

/* ---- which types compare ---- */

bool type_is_orderable(type t) {
    if (t.id == TYPE_MAP || t.id == TYPE_VARIANT || t.id == TYPE_INTERVAL) return false;
    for (uint32_t i = 0; i < t.child_count; i++) {
        if (!type_is_orderable(t.children[i].type)) return false;
    }
    return true;
}

bool type_is_groupable(type t) {
    if (t.id == TYPE_MAP || t.id == TYPE_VARIANT) return false;
    for (uint32_t i = 0; i < t.child_count; i++) {
        if (!type_is_groupable(t.children[i].type)) return false;
    }
    return true;
}
