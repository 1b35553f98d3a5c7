/* aggregates.c - cheaper forms of aggregates.
 *
 *   min(DISTINCT x) and the like   without DISTINCT
 *   constant groups                left out, if another group remains, and projected above
 *   count(DISTINCT x) by g, alone  count(x) by g over the distinct (g, x): two plain aggregations,
 * run in parallel
 *
 * PRECONDITIONS  Without grouping sets. The last only where every aggregate is DISTINCT over the
 * same single argument and has no filter or order.
 */
#include "optimizer/rule.h"

static expr *aggregate_without_distinct(plan_context *c, const expr *x) {
    expr *copy = ARENA_NEW(c->arena, expr);
    if (copy == NULL) return NULL;
    *copy = *x;
    copy->u.aggregate.distinct = false;
    return copy;
}

static dbx_status aggregate_drop_distinct(plan_context *c, plan_aggregate *g) {
    for (uint32_t i = 0; i < g->aggregate_count; i++) {
        const expr *x = g->aggregates[i];
        if (!x->u.aggregate.distinct || !(x->u.aggregate.row->flags & FN_DISTINCT_FREE)) continue;
        if ((g->aggregates[i] = aggregate_without_distinct(c, x)) == NULL) return DBX_NOMEM;
    }
    return DBX_OK;
}

/* Do all aggregates test the same distinct argument, and nothing else? */
static bool aggregate_is_distinct_only(const plan_aggregate *g) {
    if (g->aggregate_count == 0 || g->set_count > 0) return false;
    const expr *first = g->aggregates[0];
    for (uint32_t i = 0; i < g->aggregate_count; i++) {
        const expr *x = g->aggregates[i];
        const expr_aggregate *a = &x->u.aggregate;
        if (!a->distinct || a->argument_count != 1 || a->has_filter || a->order_count > 0)
            return false;
        if (expr_is_volatile(x->args[0]) || !expr_equal(x->args[0], first->args[0])) return false;
    }
    return true;
}

static dbx_status aggregate_split_distinct(plan_context *c, plan_aggregate *g) {
    uint32_t groups = g->group_count;
    plan_aggregate *inner = plan_aggregate_new(c, g->base.children[0], groups + 1, 0);
    if (inner == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i <= groups; i++) {
        expr *x = i < groups ? g->groups[i] : g->aggregates[0]->args[0];
        inner->groups[i] = x;
        string_view name = i < groups ? g->base.columns[i].name : SV("value");
        inner->base.columns[i] = (plan_column){
            .id = plan_new_column(c), .name = name, .type = x->type, .nullable = x->nullable};
        expr *column = plan_column_expr(c->arena, &inner->base.columns[i]);
        if (column == NULL) return DBX_NOMEM;
        if (i < groups) {
            g->groups[i] = column;
            continue;
        }
        for (uint32_t k = 0; k < g->aggregate_count; k++) {
            expr *plain = aggregate_without_distinct(c, g->aggregates[k]);
            if (plain == NULL || (plain->args = ARENA_ARRAY(c->arena, expr *, 1)) == NULL)
                return DBX_NOMEM;
            plain->args[0] = column;
            g->aggregates[k] = plain;
        }
    }
    g->base.children[0] = &inner->base;
    return DBX_OK;
}

static dbx_status aggregate_drop_constant_groups(plan_context *c, plan_node **slot) {
    plan_aggregate *g = (plan_aggregate *)*slot;
    uint32_t constants = 0, kept = 0;
    for (uint32_t i = 0; i < g->group_count; i++) constants += g->groups[i]->kind == EXPR_CONSTANT;
    if (constants == 0 || constants == g->group_count || g->set_count > 0) return DBX_OK;
    plan_aggregate *n =
        plan_aggregate_new(c, g->base.children[0], g->group_count - constants, g->aggregate_count);
    if (n == NULL) return DBX_NOMEM;
    plan_project *p = plan_project_new(c, &n->base, g->base.column_count);
    if (p == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < g->base.column_count; i++) {
        p->base.columns[i] = g->base.columns[i];
        if (i < g->group_count && g->groups[i]->kind == EXPR_CONSTANT) {
            p->exprs[i] = g->groups[i];
            continue;
        }
        if (i < g->group_count)
            n->groups[kept] = g->groups[i];
        else
            n->aggregates[i - g->group_count] = g->aggregates[i - g->group_count];
        n->base.columns[kept++] = g->base.columns[i];
        if ((p->exprs[i] = plan_column_expr(c->arena, &g->base.columns[i])) == NULL)
            return DBX_NOMEM;
    }
    *slot = &p->base;
    return DBX_OK;
}

static dbx_status aggregates_visit(plan_context *c, plan_node **slot, void *state) {
    (void)state;
    TRY(rule_refresh(c, *slot));
    if ((*slot)->kind != PLAN_AGGREGATE) return DBX_OK;
    plan_aggregate *g = (plan_aggregate *)*slot;
    TRY(aggregate_drop_distinct(c, g));
    if (aggregate_is_distinct_only(g)) TRY(aggregate_split_distinct(c, g));
    return aggregate_drop_constant_groups(c, slot);
}

dbx_status rule_aggregates(plan_context *c, plan_node **root) {
    return rule_walk_up(c, root, aggregates_visit, NULL);
}
