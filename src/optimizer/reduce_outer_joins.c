/* reduce_outer_joins.c - outer joins whose null-extended rows are dropped above become INNER (FULL:
 * LEFT or RIGHT), and SINGLE joins whose right side is unique on the join's keys become LEFT.
 *
 * The walk carries the columns that some filter or join above rejects when NULL. A predicate
 * rejects NULL of a column when it cannot be TRUE then: comparisons and other NULL-propagating
 * calls over it, IS NOT NULL, IN; a conjunction rejects what one part does, a disjunction what all
 * parts do.
 *
 * PRECONDITIONS  The rejection passes down only through operators that keep rows apart: projections
 * of the column or of a NULL-propagating expression of it, sorts, DISTINCT, groups, UNION ALL.
 * LIMIT, windows, samples and aggregates' results stop it. Into the null-extended side of an outer
 * join go its own conditions only.
 */
#include "optimizer/rule.h"

/* ---- which columns make an expression NULL ---- */

/* Columns whose NULL makes x NULL. */
static dbx_status reduce_strict(plan_context *c, const expr *x, column_set *out) {
    switch ((expr_kind)x->kind) {
    case EXPR_COLUMN:
        return column_set_add(out, x->u.column, c->arena);
    case EXPR_CALL:
        if (x->u.call.row->flags & (NULLS_AWARE | FN_NEVER_NULL)) return DBX_OK;
        for (uint32_t i = 0; i < x->arg_count; i++)
            if (x->args[i]->kind != EXPR_LAMBDA) TRY(reduce_strict(c, x->args[i], out));
        return DBX_OK;
    case EXPR_CAST:
    case EXPR_NOT:
    case EXPR_IN:
        return reduce_strict(c, x->args[0], out);
    default:
        return DBX_OK;
    }
}

/* Columns whose NULL makes the predicate not TRUE. */
static dbx_status reduce_rejected(plan_context *c, const expr *x, column_set *out) {
    switch ((expr_kind)x->kind) {
    case EXPR_AND:
        for (uint32_t i = 0; i < x->arg_count; i++) TRY(reduce_rejected(c, x->args[i], out));
        return DBX_OK;
    case EXPR_OR: {
        column_set all = {0};
        TRY(reduce_rejected(c, x->args[0], &all));
        for (uint32_t i = 1; i < x->arg_count; i++) {
            column_set one = {0};
            TRY(reduce_rejected(c, x->args[i], &one));
            column_set_intersect(&all, &one);
        }
        return column_set_union(out, &all, c->arena);
    }
    case EXPR_CALL:
        if (expr_op(x) == OP_IS_NOT_NULL) return reduce_strict(c, x->args[0], out);
        if (expr_op(x) == OP_EQ_NULL_SAFE) {
            for (uint32_t i = 0; i < 2; i++)
                if (x->args[i]->kind == EXPR_CONSTANT && !vector_is_null(x->args[i]->u.value, 0))
                    return reduce_strict(c, x->args[1 - i], out);
            return DBX_OK;
        }
        return reduce_strict(c, x, out);
    default:
        return reduce_strict(c, x, out);
    }
}

static dbx_status reduce_rejected_all(plan_context *c, expr *const *items, uint32_t count,
                                      column_set *out) {
    for (uint32_t i = 0; i < count; i++) TRY(reduce_rejected(c, items[i], out));
    return DBX_OK;
}

/* ---- the walk ---- */

static dbx_status reduce_node(plan_context *c, plan_node *n, const column_set *rejected);

static dbx_status reduce_below_exprs(plan_context *c, plan_node *child, const plan_column *columns,
                                     expr *const *exprs, uint32_t count,
                                     const column_set *rejected) {
    column_set below = {0};
    for (uint32_t i = 0; i < count; i++)
        if (column_set_has(rejected, columns[i].id)) TRY(reduce_strict(c, exprs[i], &below));
    return reduce_node(c, child, &below);
}

static dbx_status reduce_single(plan_context *c, plan_join *j) {
    const plan_node *right = j->base.children[1];
    column_set keys = {0}, made = {0};
    bool unique;
    TRY(plan_output_set(right, &made, c->arena));
    for (uint32_t i = 0; i < j->condition_count; i++) {
        const expr *x = j->conditions[i];
        for (uint32_t side = 0; side < 2 && expr_op(x) == OP_EQ; side++) {
            column_set used = {0};
            if (x->args[side]->kind != EXPR_COLUMN ||
                !column_set_has(&made, x->args[side]->u.column))
                continue;
            TRY(expr_collect_columns(x->args[1 - side], &used, c->arena));
            if (!column_set_intersects(&used, &made))
                TRY(column_set_add(&keys, x->args[side]->u.column, c->arena));
        }
    }
    TRY(plan_is_unique_on(right, &keys, c->arena, &unique));
    if (unique) j->join = JOIN_LEFT;
    return DBX_OK;
}

static dbx_status reduce_join(plan_context *c, plan_join *j, const column_set *rejected) {
    column_set sides[2] = {{0}, {0}}, own = {0}, below[2] = {{0}, {0}};
    if (j->join == JOIN_SINGLE) TRY(reduce_single(c, j));
    for (uint32_t i = 0; i < 2; i++) TRY(plan_output_set(j->base.children[i], &sides[i], c->arena));
    bool left = column_set_intersects(rejected, &sides[0]),
         right = column_set_intersects(rejected, &sides[1]);
    if (j->join == JOIN_FULL && left)
        j->join = right ? JOIN_INNER : JOIN_LEFT;
    else if (j->join == JOIN_FULL && right)
        j->join = JOIN_RIGHT;
    else if (j->join == JOIN_LEFT && right)
        j->join = JOIN_INNER;
    else if (j->join == JOIN_RIGHT && left)
        j->join = JOIN_INNER;
    TRY(reduce_rejected_all(c, j->conditions, j->condition_count, &own));
    bool keeps_left = j->join != JOIN_RIGHT && j->join != JOIN_FULL;
    bool keeps_right = j->join == JOIN_INNER || j->join == JOIN_RIGHT;
    bool own_left = j->join == JOIN_INNER || j->join == JOIN_SEMI || j->join == JOIN_RIGHT;
    bool own_right =
        j->join != JOIN_FULL && j->join != JOIN_MARK && j->join != JOIN_RIGHT && !j->null_aware;
    if (keeps_left) TRY(column_set_union(&below[0], rejected, c->arena));
    if (keeps_right) TRY(column_set_union(&below[1], rejected, c->arena));
    if (own_left) TRY(column_set_union(&below[0], &own, c->arena));
    if (own_right) TRY(column_set_union(&below[1], &own, c->arena));
    for (uint32_t i = 0; i < 2; i++) TRY(reduce_node(c, j->base.children[i], &below[i]));
    return plan_join_set_columns(c, j);
}

static dbx_status reduce_set_op(plan_context *c, plan_set_op *s, const column_set *rejected) {
    for (uint32_t k = 0; k < s->base.child_count; k++) {
        column_set below = {0};
        for (uint32_t i = 0; i < s->base.column_count && s->op == SET_UNION_ALL; i++)
            if (column_set_has(rejected, s->base.columns[i].id))
                TRY(column_set_add(&below, s->inputs[k][i], c->arena));
        TRY(reduce_node(c, s->base.children[k], &below));
    }
    return DBX_OK;
}

static dbx_status reduce_node(plan_context *c, plan_node *n, const column_set *rejected) {
    column_set none = {0};
    switch ((plan_kind)n->kind) {
    case PLAN_FILTER: {
        plan_filter *f = (plan_filter *)n;
        column_set more = {0};
        TRY(column_set_union(&more, rejected, c->arena));
        TRY(reduce_rejected_all(c, f->conjuncts, f->conjunct_count, &more));
        TRY(reduce_node(c, n->children[0], &more));
        return rule_refresh(c, n);
    }
    case PLAN_PROJECT:
        return reduce_below_exprs(c, n->children[0], n->columns, ((plan_project *)n)->exprs,
                                  n->column_count, rejected);
    case PLAN_AGGREGATE: {
        plan_aggregate *g = (plan_aggregate *)n;
        if (g->set_count > 0) break;
        return reduce_below_exprs(c, n->children[0], n->columns, g->groups, g->group_count,
                                  rejected);
    }
    case PLAN_JOIN:
        return reduce_join(c, (plan_join *)n, rejected);
    case PLAN_SET_OP:
        return reduce_set_op(c, (plan_set_op *)n, rejected);
    case PLAN_SORT:
    case PLAN_DISTINCT:
        TRY(reduce_node(c, n->children[0], rejected));
        return rule_refresh(c, n);
    case PLAN_CTE:
        TRY(reduce_node(c, n->children[0], &none));
        TRY(reduce_node(c, n->children[1], rejected));
        return rule_refresh(c, n);
    default:
        break;
    }
    for (uint32_t i = 0; i < n->child_count; i++) TRY(reduce_node(c, n->children[i], &none));
    return rule_refresh(c, n);
}

dbx_status rule_reduce_outer_joins(plan_context *c, plan_node **root) {
    column_set none = {0};
    return reduce_node(c, *root, &none);
}
