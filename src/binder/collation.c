/* collation.c - which collation strings of several collations are brought to.
 *
 * Each string of an expression has a collation and a strength. Explicit (COLLATE) beats implicit
 * (columns, casts of strings, subqueries), which beats default (literals, and what is made of no
 * strings). Two explicit ones that differ are an error; two implicit ones that differ make an
 * indeterminate string, which may be shown but not compared. The context of an expression is its
 * type with the strength of each STRING in it in `precision`, which strings have no other use for.
 */
#include "vector/collation.h"
#include "binder/binder_int.h"

typedef enum collation_strength {
    STRENGTH_UNSET, /* of the result's type, until an operand gives one */
    STRENGTH_EXPLICIT,
    STRENGTH_INDETERMINATE,
    STRENGTH_IMPLICIT,
    STRENGTH_DEFAULT,
} collation_strength;

/* ---- merging contexts ---- */

static dbx_status collation_mismatch(binder *b, type x, type y) {
    x.precision = y.precision = 0;
    const char *types =
        arena_printf(b->arena, "\"%s\", \"%s\"", type_sql(b->arena, x), type_sql(b->arena, y));
    return error_raise(b->err, ERR_COLLATION_MISMATCH__EXPLICIT, (span){0, 0}, "explicitTypes",
                       types == NULL ? "" : types, NULL);
}

static dbx_status collation_merge_string(binder *b, type x, type y, type *out) {
    if (x.precision == STRENGTH_UNSET || y.precision < x.precision) {
        *out = y;
    } else {
        *out = x;
        if (x.precision != y.precision || x.collation == y.collation) return DBX_OK;
        if (x.precision == STRENGTH_EXPLICIT) return collation_mismatch(b, x, y);
        out->collation = COLLATION_INDETERMINATE;
        out->precision = STRENGTH_INDETERMINATE;
    }
    return DBX_OK;
}

/* Merges y into x by structure; *ok false when the structures differ. */
static dbx_status collation_merge(binder *b, type x, type y, type *out, bool *ok) {
    *out = x;
    *ok = true;
    if (x.id == TYPE_STRING && y.id == TYPE_STRING) return collation_merge_string(b, x, y, out);
    if (x.id != TYPE_ARRAY && y.id == TYPE_ARRAY)
        return collation_merge(b, x, y.children[0].type, out, ok);
    bool into_element = x.id == TYPE_ARRAY && y.id != TYPE_ARRAY;
    *ok = into_element || (x.id == y.id && x.child_count == y.child_count);
    if (!*ok || x.child_count == 0) return DBX_OK;
    type_field *fields = ARENA_ARRAY(b->arena, type_field, x.child_count);
    if (fields == NULL) return binder_nomem(b);
    for (uint32_t i = 0; *ok && i < x.child_count; i++) {
        fields[i] = x.children[i];
        TRY(collation_merge(b, x.children[i].type, into_element ? y : y.children[i].type,
                            &fields[i].type, ok));
    }
    out->children = fields;
    return DBX_OK;
}

static dbx_status collation_with_strength(binder *b, type t, collation_strength s, type *out) {
    *out = t;
    if (t.id == TYPE_STRING) out->precision = (uint8_t)s;
    if (t.child_count == 0) return DBX_OK;
    type_field *fields = ARENA_ARRAY(b->arena, type_field, t.child_count);
    if (fields == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < t.child_count; i++) {
        fields[i] = t.children[i];
        TRY(collation_with_strength(b, t.children[i].type, s, &fields[i].type));
    }
    out->children = fields;
    return DBX_OK;
}

/* ---- the context of an expression ---- */

static bool collation_has_string_args(const expr *e) {
    for (uint32_t i = 0; i < e->arg_count; i++) {
        if (type_has_string(e->args[i]->type)) return true;
    }
    return false;
}

static dbx_status collation_context(binder *b, const expr *e, type *out, bool *ok);

/* A field of a struct or a value of a map has the context of that part. */
static dbx_status collation_part_context(binder *b, const expr *e, type *out, bool *ok) {
    type whole;
    TRY(collation_context(b, e->args[0], &whole, ok));
    if (!*ok) return DBX_OK;
    int64_t field = 1; /* of a map: the value */
    if (whole.id == TYPE_STRUCT &&
        (e->args[1]->kind != EXPR_CONSTANT || !vector_int64_value(e->args[1]->u.value, &field)))
        field = -1;
    *ok = field >= 0 && field < whole.child_count;
    if (*ok) *out = whole.children[field].type;
    return DBX_OK;
}

/* *ok false: no context can be had, and nothing is brought together. */
static dbx_status collation_context(binder *b, const expr *e, type *out, bool *ok) {
    *ok = true;
    *out = e->type;
    switch (e->kind) {
    case EXPR_CAST:
        return collation_with_strength(
            b, e->type, type_has_string(e->args[0]->type) ? STRENGTH_IMPLICIT : STRENGTH_DEFAULT,
            out);
    case EXPR_COLUMN:
    case EXPR_SUBQUERY:
        return collation_with_strength(b, e->type, STRENGTH_IMPLICIT, out);
    case EXPR_CALL:
        if (strcmp(e->u.call.row->name, "collate") == 0)
            return collation_with_strength(b, e->type, STRENGTH_EXPLICIT, out);
        if (e->u.call.row->op == OP_STRUCT_FIELD ||
            (e->arg_count == 2 && e->args[0]->type.id == TYPE_MAP))
            return collation_part_context(b, e, out, ok);
        break;
    default:
        break;
    }
    if (!collation_has_string_args(e))
        return collation_with_strength(b, e->type, STRENGTH_DEFAULT, out);
    for (uint32_t i = 0; *ok && i < e->arg_count; i++) {
        type argument;
        if (!type_has_string(e->args[i]->type)) continue;
        TRY(collation_context(b, e->args[i], &argument, ok));
        if (*ok) TRY(collation_merge(b, *out, argument, out, ok));
    }
    return DBX_OK;
}

/* ---- changing expressions ---- */

/* The type with the collations of `to`, by structure. */
static dbx_status collation_apply(binder *b, type t, type to, type *out) {
    *out = t;
    if (t.id == TYPE_STRING) {
        while (to.id == TYPE_ARRAY) to = to.children[0].type;
        if (to.id == TYPE_STRING) out->collation = to.collation;
        return DBX_OK;
    }
    bool into_element = t.id == TYPE_ARRAY && to.id != TYPE_ARRAY;
    if (t.child_count == 0 || (!into_element && (t.id != to.id || t.child_count != to.child_count)))
        return DBX_OK;
    type_field *fields = ARENA_ARRAY(b->arena, type_field, t.child_count);
    if (fields == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < t.child_count; i++) {
        fields[i] = t.children[i];
        TRY(collation_apply(b, t.children[i].type, into_element ? to : to.children[i].type,
                            &fields[i].type));
    }
    out->children = fields;
    return DBX_OK;
}

/* A literal stays one, of the other type; generated names show it. */
static dbx_status collation_change_literal(binder *b, expr *e, type to, expr **out) {
    vector *value = ARENA_NEW(b->arena, vector);
    if (value == NULL) return binder_nomem(b);
    *value = *e->u.value;
    value->type = to;
    *out = expr_constant(b->arena, value, e->span);
    if (*out == NULL) return binder_nomem(b);
    collated_literal note = {e, to.collation};
    return ARENA_LIST_PUSH(b->arena, &b->collated, note) == DBX_OK ? DBX_OK : binder_nomem(b);
}

static dbx_status collation_change(binder *b, expr *e, type to, expr **out) {
    type changed;
    TRY(collation_apply(b, e->type, to, &changed));
    *out = e;
    if (type_equal(changed, e->type)) return DBX_OK;
    if (e->kind == EXPR_CONSTANT && e->type.id == TYPE_STRING)
        return collation_change_literal(b, e, changed, out);
    return bind_cast(b, e, changed, out);
}

static bool collation_is_indeterminate(type t) {
    if (t.id == TYPE_STRING) return t.collation == COLLATION_INDETERMINATE;
    for (uint32_t i = 0; i < t.child_count; i++) {
        if (collation_is_indeterminate(t.children[i].type)) return true;
    }
    return false;
}

static dbx_status collation_raise_indeterminate(binder *b, span s) {
    span at = binder_span(b, s);
    string_view sql = b->query->sql;
    const char *text =
        at.end <= sql.size && at.start < at.end
            ? arena_printf(b->arena, "\"%.*s\"", (int)(at.end - at.start), sql.data + at.start)
            : NULL;
    return error_raise(b->err, ERR_INDETERMINATE_COLLATION_IN_EXPRESSION, at, "expr",
                       text == NULL ? "" : text, NULL);
}

dbx_status bind_collations(binder *b, expr **items, uint32_t count, uint32_t stride,
                           bool determinate, span s) {
    type winner = {0};
    bool any = false, ok = true, found = false;
    for (uint32_t i = 0; i < count; i += stride) {
        if (items[i] == NULL) continue;
        any = any || type_is_collated(items[i]->type);
        if (determinate && collation_is_indeterminate(items[i]->type))
            return collation_raise_indeterminate(b, s);
    }
    if (!any) return DBX_OK;
    for (uint32_t i = 0; ok && i < count; i += stride) {
        type context;
        if (items[i] == NULL || !type_has_string(items[i]->type)) continue;
        TRY(collation_context(b, items[i], &context, &ok));
        if (!ok) break;
        if (found)
            TRY(collation_merge(b, winner, context, &winner, &ok));
        else
            winner = context;
        found = true;
    }
    if (!ok || !found) return DBX_OK;
    if (determinate && collation_is_indeterminate(winner))
        return collation_raise_indeterminate(b, s);
    for (uint32_t i = 0; i < count; i += stride) {
        if (items[i] != NULL && type_has_string(items[i]->type))
            TRY(collation_change(b, items[i], winner, &items[i]));
    }
    return DBX_OK;
}

dbx_status bind_call_collations(binder *b, call_shape *c, const function_row *row) {
    bool determinate = (row->flags & FN_DETERMINATE) != 0;
    if (row->flags & FN_COLLATES_PAIRS) {
        if (c->count < 2) return DBX_OK;
        TRY(bind_collations(b, c->args, c->count, 2, determinate, c->span));
        return bind_collations(b, c->args + 1, c->count - 1, 2, determinate, c->span);
    }
    if (row->flags & FN_COLLATES)
        return bind_collations(b, c->args, c->count, 1, determinate, c->span);
    for (uint32_t i = 0; determinate && i < c->count; i++) {
        if (c->args[i] != NULL && collation_is_indeterminate(c->args[i]->type))
            return collation_raise_indeterminate(b, c->span);
    }
    return DBX_OK;
}

bool binder_collated_literal(const binder *b, const expr *literal, uint16_t *id) {
    for (uint32_t i = b->collated.count; i-- > 0;) {
        if (b->collated.items[i].literal != literal) continue;
        *id = b->collated.items[i].collation;
        return true;
    }
    return false;
}
