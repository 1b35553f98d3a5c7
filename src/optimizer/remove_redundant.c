/* remove_redundant.c - drops and merges nodes that change nothing.
 *
 *   filters without conjuncts; filters over filters; filters that are never true, and what is empty
 * because of it projections over projections, and those that give what their input gives DISTINCT
 * over rows that differ anyway; DISTINCT over DISTINCT limits over limits, limits that keep all,
 * limits of nothing sorts whose order nothing above can see: below sorts, aggregates, DISTINCT,
 * joins and set operations
 *
 * PRECONDITIONS  A sort is seen by LIMIT, windows, order-sensitive aggregates, writes and the
 * result. A projection with a volatile expression that is used more than once is not merged, nor
 * one whose expressions would be multiplied.
 */
#include "optimizer/rule.h"

enum { REDUNDANT_EXPR_SIZE_MAX = 64 };

static bool redundant_is_empty(const plan_node *n) {
    return n->kind == PLAN_VALUES && ((const plan_values *)n)->row_count == 0;
}

static dbx_status redundant_make_empty(plan_context *c, plan_node **slot) {
    plan_node *n = *slot;
    plan_values *v = PLAN_NEW(c, plan_values, PLAN_VALUES, 0, n->column_count);
    if (v == NULL) return DBX_NOMEM;
    if (n->column_count > 0)
        memcpy(v->base.columns, n->columns, n->column_count * sizeof(plan_column));
    v->exprs = ARENA_ARRAY(c->arena, expr *, 1);
    if (v->exprs == NULL) return DBX_NOMEM;
    v->base.span = n->span;
    *slot = &v->base;
    return DBX_OK;
}

/* ---- projections ---- */

static uint32_t redundant_expr_size(const expr *x) {
    uint32_t size = 1;
    for (uint32_t i = 0; i < x->arg_count && size <= REDUNDANT_EXPR_SIZE_MAX; i++)
        size += redundant_expr_size(x->args[i]);
    return size;
}

static uint32_t redundant_count_column(const expr *x, column_id id) {
    uint32_t count = x->kind == EXPR_COLUMN && x->u.column == id;
    for (uint32_t i = 0; i < x->arg_count; i++) count += redundant_count_column(x->args[i], id);
    return count;
}

static bool redundant_may_merge(const plan_project *outer, const plan_project *inner) {
    for (uint32_t i = 0; i < inner->base.column_count; i++) {
        const expr *x = inner->exprs[i];
        uint32_t uses = 0;
        if (x->kind == EXPR_COLUMN || x->kind == EXPR_CONSTANT) continue;
        for (uint32_t k = 0; k < outer->base.column_count; k++)
            uses += redundant_count_column(outer->exprs[k], inner->base.columns[i].id);
        if (uses > 1 &&
            (expr_is_volatile(x) || redundant_expr_size(x) * uses > REDUNDANT_EXPR_SIZE_MAX))
            return false;
    }
    return true;
}

static dbx_status redundant_project(plan_context *c, plan_node **slot) {
    plan_project *p = (plan_project *)*slot;
    plan_node *child = p->base.children[0];
    if (redundant_is_empty(child)) return redundant_make_empty(c, slot);
    if (child->kind == PLAN_PROJECT && redundant_may_merge(p, (plan_project *)child)) {
        plan_project *inner = (plan_project *)child;
        uint32_t count = inner->base.column_count;
        column_id *ids = ARENA_ARRAY(c->arena, column_id, count + 1);
        if (ids == NULL) return DBX_NOMEM;
        for (uint32_t i = 0; i < count; i++) ids[i] = inner->base.columns[i].id;
        for (uint32_t i = 0; i < p->base.column_count; i++) {
            p->exprs[i] = expr_substitute(c->arena, p->exprs[i], ids, inner->exprs, count);
            if (p->exprs[i] == NULL) return DBX_NOMEM;
        }
        p->base.children[0] = child = inner->base.children[0];
    }
    if (child->column_count != p->base.column_count) return DBX_OK;
    for (uint32_t i = 0; i < child->column_count; i++) {
        const expr *x = p->exprs[i];
        if (x->kind != EXPR_COLUMN || x->u.column != child->columns[i].id ||
            x->u.column != p->base.columns[i].id)
            return DBX_OK;
    }
    *slot = child;
    return DBX_OK;
}

/* ---- filters ---- */

static dbx_status redundant_filter(plan_context *c, plan_node **slot) {
    plan_filter *f = (plan_filter *)*slot;
    expr_list all = {0};
    for (uint32_t i = 0; i < f->conjunct_count; i++) TRY(rule_split(c, f->conjuncts[i], &all));
    for (uint32_t i = 0; i < all.count; i++)
        if (expr_is_null_or_false(all.items[i])) return redundant_make_empty(c, slot);
    if (redundant_is_empty(f->base.children[0])) return redundant_make_empty(c, slot);
    plan_node *child = f->base.children[0];
    TRY(rule_filter(c, &child, all.items, all.count));
    *slot = child;
    return DBX_OK;
}

/* ---- sorts ---- */

/* Takes away sorts from which nothing between here and there takes its order. */
static dbx_status redundant_unsort(plan_context *c, plan_node **slot) {
    while ((*slot)->kind == PLAN_SORT) *slot = (*slot)->children[0];
    if ((*slot)->kind == PLAN_FILTER || (*slot)->kind == PLAN_PROJECT) {
        TRY(redundant_unsort(c, &(*slot)->children[0]));
        return rule_refresh(c, *slot);
    }
    return DBX_OK;
}

static bool redundant_hides_order(const plan_node *n) {
    if (n->kind == PLAN_SORT || n->kind == PLAN_DISTINCT || n->kind == PLAN_JOIN ||
        n->kind == PLAN_TOP_N)
        return true;
    if (n->kind == PLAN_SET_OP) return ((const plan_set_op *)n)->op != SET_UNION_ALL;
    if (n->kind != PLAN_AGGREGATE) return false;
    const plan_aggregate *g = (const plan_aggregate *)n;
    for (uint32_t i = 0; i < g->aggregate_count; i++)
        if (g->aggregates[i]->u.aggregate.row->flags & FN_ORDER_SENSITIVE) return false;
    return true;
}

/* ---- limits, DISTINCT, joins, set operations ---- */

static dbx_status redundant_limit(plan_context *c, plan_node **slot) {
    plan_limit *l = (plan_limit *)*slot;
    plan_node *child = l->base.children[0];
    if (l->limit == 0 || redundant_is_empty(child)) return redundant_make_empty(c, slot);
    if (child->kind == PLAN_LIMIT) {
        const plan_limit *inner = (const plan_limit *)child;
        uint64_t left = inner->limit == UINT64_MAX ? UINT64_MAX
                        : inner->limit > l->offset ? inner->limit - l->offset
                                                   : 0;
        uint64_t offset;
        if (__builtin_add_overflow(l->offset, inner->offset, &offset)) return DBX_OK;
        l->limit = MIN(l->limit, left);
        l->offset = offset;
        l->base.children[0] = child = inner->base.children[0];
        if (l->limit == 0) return redundant_make_empty(c, slot);
    }
    if (l->offset == 0 && plan_max_rows(child) <= l->limit) *slot = child;
    return DBX_OK;
}

static dbx_status redundant_distinct(plan_context *c, plan_node **slot) {
    plan_node *n = *slot;
    column_set all = {0};
    bool unique;
    TRY(plan_output_set(n, &all, c->arena));
    TRY(plan_is_unique_on(n->children[0], &all, c->arena, &unique));
    if (unique) *slot = n->children[0];
    return DBX_OK;
}

/* never: no pair of rows can match. */
static dbx_status redundant_join(plan_context *c, plan_node **slot) {
    plan_join *j = (plan_join *)*slot;
    bool left = redundant_is_empty(j->base.children[0]),
         right = redundant_is_empty(j->base.children[1]);
    bool never = left || right;
    for (uint32_t i = 0; i < j->condition_count && !j->null_aware; i++)
        never = never || expr_is_null_or_false(j->conditions[i]);
    switch (j->join) {
    case JOIN_INNER:
    case JOIN_SEMI:
        return never ? redundant_make_empty(c, slot) : DBX_OK;
    case JOIN_ANTI:
        if (left) return redundant_make_empty(c, slot);
        if (never) *slot = j->base.children[0];
        return DBX_OK;
    case JOIN_LEFT:
    case JOIN_MARK:
    case JOIN_SINGLE:
        return left ? redundant_make_empty(c, slot) : DBX_OK;
    case JOIN_RIGHT:
        return right ? redundant_make_empty(c, slot) : DBX_OK;
    case JOIN_FULL:
        return left && right ? redundant_make_empty(c, slot) : DBX_OK;
    }
    return DBX_OK;
}

static dbx_status redundant_union(plan_context *c, plan_node **slot) {
    plan_set_op *u = (plan_set_op *)*slot;
    uint32_t kept = 0;
    if (u->op != SET_UNION_ALL) return DBX_OK;
    for (uint32_t k = 0; k < u->base.child_count; k++) {
        if (redundant_is_empty(u->base.children[k])) continue;
        u->base.children[kept] = u->base.children[k];
        u->inputs[kept++] = u->inputs[k];
    }
    if (kept == 0) return redundant_make_empty(c, slot);
    u->base.child_count = kept;
    if (kept > 1) return DBX_OK;
    plan_project *p = plan_project_new(c, u->base.children[0], u->base.column_count);
    if (p == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < u->base.column_count; i++) {
        p->base.columns[i] = u->base.columns[i];
        p->exprs[i] =
            plan_column_expr(c->arena, plan_find_column(u->base.children[0], u->inputs[0][i]));
        if (p->exprs[i] == NULL) return DBX_NOMEM;
    }
    *slot = &p->base;
    return redundant_project(c, slot);
}

static dbx_status redundant_visit(plan_context *c, plan_node **slot, void *state) {
    plan_node *n = *slot;
    (void)state;
    TRY(rule_refresh(c, n));
    for (uint32_t i = 0; i < n->child_count && redundant_hides_order(n); i++) {
        TRY(redundant_unsort(c, &n->children[i]));
        TRY(rule_refresh(c, n));
    }
    switch ((plan_kind)n->kind) {
    case PLAN_FILTER:
        return redundant_filter(c, slot);
    case PLAN_PROJECT:
        return redundant_project(c, slot);
    case PLAN_LIMIT:
        return redundant_limit(c, slot);
    case PLAN_DISTINCT:
        if (redundant_is_empty(n->children[0])) return redundant_make_empty(c, slot);
        return redundant_distinct(c, slot);
    case PLAN_JOIN:
        return redundant_join(c, slot);
    case PLAN_SET_OP:
        return redundant_union(c, slot);
    case PLAN_SORT:
    case PLAN_TOP_N:
    case PLAN_SAMPLE:
    case PLAN_WINDOW:
    case PLAN_GENERATE:
        return redundant_is_empty(n->children[0]) ? redundant_make_empty(c, slot) : DBX_OK;
    case PLAN_AGGREGATE: {
        const plan_aggregate *g = (const plan_aggregate *)n;
        bool grouped = g->group_count > 0 && g->set_count == 0;
        return grouped && redundant_is_empty(n->children[0]) ? redundant_make_empty(c, slot)
                                                             : DBX_OK;
    }
    default:
        return DBX_OK;
    }
}

dbx_status rule_remove_redundant(plan_context *c, plan_node **root) {
    return rule_walk_up(c, root, redundant_visit, NULL);
}
