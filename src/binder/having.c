/* having.c - what ORDER BY may use over a HAVING.
 *
 * A HAVING that needs aggregates or groups which the select list does not give makes Spark compute
 * them below a projection to the select list; so do window functions over groups. ORDER BY then
 * sees that projection: the select list and, brought up through it, columns that are groups
 * themselves; nothing else can be computed there.
 */
#include "binder/binder_int.h"

static bool having_is_selected(const select_state *s, const expr *e) {
    for (uint32_t i = 0; i < s->visible; i++) {
        if (s->items.items[i].expr != NULL && bind_same_expr(s->items.items[i].expr, e))
            return true;
    }
    return false;
}

/* Whether the expression needs an aggregate or a group that is not selected. */
static bool having_needs_more(const select_state *s, const expr *e) {
    if (having_is_selected(s, e)) return false;
    if (e->kind == EXPR_AGGREGATE) return true;
    for (uint32_t i = 0; i < s->groups.count; i++) {
        if (bind_same_expr(s->groups.items[i], e)) return true;
    }
    for (uint32_t i = 0; i < e->arg_count; i++) {
        if (having_needs_more(s, e->args[i])) return true;
    }
    return false;
}

/* The first column that neither is a group by itself nor comes from outside; NULL when there is
 * none. */
static const scope_column *having_lost_column(const select_state *s, const expr *e) {
    if (e->kind == EXPR_COLUMN) {
        for (uint32_t i = 0; i < s->groups.count; i++) {
            const expr *group = s->groups.items[i];
            if (group->kind == EXPR_COLUMN && group->u.column == e->u.column) return NULL;
        }
        return s->from == NULL ? NULL : scope_find_id(s->from, e->u.column);
    }
    for (uint32_t i = 0; i < e->arg_count; i++) {
        const scope_column *lost = having_lost_column(s, e->args[i]);
        if (lost != NULL) return lost;
    }
    return NULL;
}

static bool having_has_window(const select_state *s) {
    for (uint32_t i = 0; i < s->visible; i++) {
        if (s->items.items[i].expr != NULL && expr_contains(s->items.items[i].expr, EXPR_WINDOW))
            return true;
    }
    return false;
}

/* A sort key that is not selected and would have to be computed below. */
static bool having_is_lost_key(const select_state *s, const select_item *key) {
    return key->expr != NULL && !expr_contains(key->expr, EXPR_WINDOW) &&
           !expr_contains(key->expr, EXPR_SUBQUERY) && having_needs_more(s, key->expr);
}

dbx_status bind_check_order_over_having(binder *b, const select_state *s, const expr *having) {
    if (having == NULL || !having_needs_more(s, having)) return DBX_OK;
    for (uint32_t i = s->visible; i < s->items.count; i++) {
        const select_item *key = &s->items.items[i];
        const scope_column *lost =
            having_is_lost_key(s, key) ? having_lost_column(s, key->expr) : NULL;
        if (lost != NULL)
            return bind_raise_unresolved_column(b, &lost->name, 1, s->from, key->span);
    }
    for (uint32_t i = s->visible; i < s->items.count; i++) {
        const select_item *key = &s->items.items[i];
        if (!having_is_lost_key(s, key) || !expr_contains(key->expr, EXPR_AGGREGATE)) continue;
        return error_raise(b->err, ERR_UNSUPPORTED_EXPR_FOR_OPERATOR, key->span, "invalidExprSqls",
                           key->ast == NULL ? "" : binder_sql_of(b, key->ast), NULL);
    }
    return DBX_OK;
}

dbx_status bind_check_order_over_windows(binder *b, const select_state *s, const expr *key,
                                         const ast_expr *ast, bool names) {
    if (!s->aggregated || !having_has_window(s) || expr_contains(key, EXPR_WINDOW) ||
        expr_contains(key, EXPR_SUBQUERY))
        return DBX_OK;
    if (names) {
        const scope_column *lost = having_lost_column(s, key);
        if (lost == NULL) return DBX_OK;
        return bind_raise_unresolved_column(b, &lost->name, 1, s->from, ast->span);
    }
    if (!expr_contains(key, EXPR_AGGREGATE)) return DBX_OK;
    return error_raise(b->err, ERR_UNSUPPORTED_EXPR_FOR_OPERATOR, binder_node_span(b, ast),
                       "invalidExprSqls", binder_sql_of(b, ast), NULL);
}
