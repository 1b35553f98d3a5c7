/* prune_columns.c - drops what nothing above uses: projected expressions, aggregates, window
 * functions, columns of scans, set operations and CTEs; and joins that are there for unused columns
 * only.
 *
 * The walk carries the columns that are used above a node. A definition of a CTE is pruned after
 * its body, when all references have said what they use.
 *
 * PRECONDITIONS
 *   DISTINCT, EXCEPT, INTERSECT, recursions and writes use all their columns
 *   an aggregate's groups stay, and so do the rows of everything
 *   a LEFT join goes when nothing of its right side is used and the right side is unique on the
 * join's keys, so that it neither adds nor drops rows; a SINGLE join never (it may raise)
 */
#include "optimizer/rule.h"

typedef struct prune_state {
    plan_context *context;
    column_set *cte_uses; /* by index: columns of the definition that are read */
    uint32_t cte_bound;
} prune_state;

static dbx_status prune_node(prune_state *p, plan_node **slot, const column_set *need);

static dbx_status prune_need_slot(expr **slot, void *state) {
    void **both = state;
    return expr_collect_columns(*slot, both[0], ((plan_context *)both[1])->arena);
}

/* What the node needs of its children besides what is needed above it. */
static dbx_status prune_own_need(prune_state *p, plan_node *n, column_set *out) {
    void *both[2] = {out, p->context};
    return plan_visit_exprs(n, prune_need_slot, both);
}

/* Keeps columns[i] and exprs[i] where needed. */
static uint32_t prune_pairs(plan_column *columns, expr **exprs, uint32_t count,
                            const column_set *need) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!column_set_has(need, columns[i].id)) continue;
        columns[kept] = columns[i];
        exprs[kept++] = exprs[i];
    }
    return kept;
}

static dbx_status prune_scan(prune_state *p, plan_scan *s, const column_set *need) {
    column_set all = {0};
    arena *a = p->context->arena;
    TRY(column_set_union(&all, need, a));
    TRY(prune_own_need(p, &s->base, &all));
    uint32_t *source_columns = ARENA_ARRAY(a, uint32_t, s->base.column_count + 1), kept = 0;
    if (source_columns == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < s->base.column_count; i++) {
        if (!column_set_has(&all, s->base.columns[i].id)) continue;
        source_columns[kept] = s->source_columns[i];
        s->base.columns[kept++] = s->base.columns[i];
    }
    if (s->row_id != 0 && !column_set_has(&all, s->row_id)) s->row_id = 0;
    s->base.column_count = kept;
    s->source_columns = source_columns;
    return DBX_OK;
}

static dbx_status prune_values(prune_state *p, plan_values *v, const column_set *need) {
    uint32_t width = v->base.column_count, kept = 0;
    expr **exprs = ARENA_ARRAY(p->context->arena, expr *, (size_t)v->row_count * width + 1);
    uint32_t *positions = ARENA_ARRAY(p->context->arena, uint32_t, width + 1);
    if (exprs == NULL || positions == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < width; i++) {
        if (!column_set_has(need, v->base.columns[i].id)) continue;
        positions[kept] = i;
        v->base.columns[kept++] = v->base.columns[i];
    }
    for (uint32_t row = 0; row < v->row_count; row++)
        for (uint32_t i = 0; i < kept; i++)
            exprs[(size_t)row * kept + i] = v->exprs[(size_t)row * width + positions[i]];
    v->exprs = exprs;
    v->base.column_count = kept;
    return DBX_OK;
}

static dbx_status prune_aggregate(prune_state *p, plan_aggregate *g, const column_set *need) {
    plan_column grouping = {0};
    column_set below = {0};
    bool sets = g->set_count > 0;
    if (sets) grouping = g->base.columns[g->base.column_count - 1];
    g->aggregate_count =
        prune_pairs(g->base.columns + g->group_count, g->aggregates, g->aggregate_count, need);
    g->base.column_count = g->group_count + g->aggregate_count;
    if (sets) g->base.columns[g->base.column_count++] = grouping;
    TRY(prune_own_need(p, &g->base, &below));
    return prune_node(p, &g->base.children[0], &below);
}

static dbx_status prune_window(prune_state *p, plan_node **slot, const column_set *need) {
    plan_window *w = (plan_window *)*slot;
    column_set below = {0};
    uint32_t passed = w->base.column_count - w->function_count;
    w->function_count =
        prune_pairs(w->base.columns + passed, w->functions, w->function_count, need);
    w->base.column_count = passed + w->function_count;
    if (w->function_count == 0) {
        *slot = w->base.children[0];
        return prune_node(p, slot, need);
    }
    TRY(column_set_union(&below, need, p->context->arena));
    TRY(prune_own_need(p, &w->base, &below));
    TRY(prune_node(p, &w->base.children[0], &below));
    return rule_refresh(p->context, &w->base);
}

/* A LEFT join whose right side gives at most one match and no used column changes nothing. */
static dbx_status prune_join_is_idle(prune_state *p, const plan_join *j, const column_set *need,
                                     bool *out) {
    const plan_node *right = j->base.children[1];
    column_set made = {0}, keys = {0};
    *out = false;
    if (j->join != JOIN_LEFT) return DBX_OK;
    TRY(plan_output_set(right, &made, p->context->arena));
    if (column_set_intersects(&made, need)) return DBX_OK;
    for (uint32_t i = 0; i < j->condition_count; i++) {
        const expr *x = j->conditions[i];
        for (uint32_t side = 0; side < 2 && expr_op(x) == OP_EQ; side++) {
            column_set used = {0};
            if (x->args[side]->kind != EXPR_COLUMN ||
                !column_set_has(&made, x->args[side]->u.column))
                continue;
            TRY(expr_collect_columns(x->args[1 - side], &used, p->context->arena));
            if (!column_set_intersects(&used, &made))
                TRY(column_set_add(&keys, x->args[side]->u.column, p->context->arena));
        }
    }
    return plan_is_unique_on(right, &keys, p->context->arena, out);
}

static dbx_status prune_join(prune_state *p, plan_node **slot, const column_set *need) {
    plan_join *j = (plan_join *)*slot;
    column_set below = {0};
    bool idle;
    TRY(prune_join_is_idle(p, j, need, &idle));
    if (idle) {
        *slot = j->base.children[0];
        return prune_node(p, slot, need);
    }
    TRY(column_set_union(&below, need, p->context->arena));
    TRY(prune_own_need(p, &j->base, &below));
    TRY(prune_node(p, &j->base.children[0], &below));
    TRY(prune_node(p, &j->base.children[1], &below));
    return plan_join_set_columns(p->context, j);
}

static dbx_status prune_set_op(prune_state *p, plan_set_op *s, const column_set *need) {
    uint32_t width = s->base.column_count, kept = 0;
    for (uint32_t i = 0; i < width && s->op == SET_UNION_ALL; i++) {
        if (!column_set_has(need, s->base.columns[i].id)) continue;
        s->base.columns[kept] = s->base.columns[i];
        for (uint32_t k = 0; k < s->base.child_count; k++) s->inputs[k][kept] = s->inputs[k][i];
        kept++;
    }
    if (s->op == SET_UNION_ALL) s->base.column_count = kept;
    for (uint32_t k = 0; k < s->base.child_count; k++) {
        column_set below = {0};
        for (uint32_t i = 0; i < s->base.column_count; i++)
            TRY(column_set_add(&below, s->inputs[k][i], p->context->arena));
        TRY(prune_node(p, &s->base.children[k], &below));
    }
    return DBX_OK;
}

static dbx_status prune_generate(prune_state *p, plan_generate *g, const column_set *need) {
    uint32_t passed = g->base.column_count - g->generated, kept = 0;
    column_set below = {0};
    for (uint32_t i = 0; i < passed; i++) {
        if (!column_set_has(need, g->base.columns[i].id)) continue;
        TRY(column_set_add(&below, g->base.columns[i].id, p->context->arena));
        g->base.columns[kept++] = g->base.columns[i];
    }
    memmove(g->base.columns + kept, g->base.columns + passed, g->generated * sizeof(plan_column));
    g->base.column_count = kept + g->generated;
    TRY(prune_own_need(p, &g->base, &below));
    return prune_node(p, &g->base.children[0], &below);
}

static dbx_status prune_cte_scan(prune_state *p, plan_cte_scan *s, const column_set *need) {
    column_id *ids = ARENA_ARRAY(p->context->arena, column_id, s->base.column_count + 1);
    uint32_t kept = 0;
    if (ids == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < s->base.column_count; i++) {
        if (!column_set_has(need, s->base.columns[i].id)) continue;
        if (s->index < p->cte_bound)
            TRY(column_set_add(&p->cte_uses[s->index], s->source_columns[i], p->context->arena));
        ids[kept] = s->source_columns[i];
        s->base.columns[kept++] = s->base.columns[i];
    }
    s->base.column_count = kept;
    s->source_columns = ids;
    return DBX_OK;
}

static dbx_status prune_cte(prune_state *p, plan_cte *t, const column_set *need) {
    plan_context *c = p->context;
    TRY(prune_node(p, &t->base.children[1], need));
    TRY(rule_refresh(c, &t->base));
    plan_node *definition = t->base.children[0];
    plan_column *columns = ARENA_ARRAY(c->arena, plan_column, definition->column_count + 1);
    uint32_t kept = 0;
    if (columns == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < definition->column_count; i++)
        if (column_set_has(&p->cte_uses[t->index], definition->columns[i].id))
            columns[kept++] = definition->columns[i];
    TRY(prune_node(p, &t->base.children[0], &p->cte_uses[t->index]));
    return rule_keep(c, &t->base.children[0], columns, kept);
}

/* The child gives all its columns, in their order. */
static dbx_status prune_whole(prune_state *p, plan_node **slot) {
    column_set all = {0};
    const plan_column *columns = (*slot)->columns;
    uint32_t count = (*slot)->column_count;
    plan_column *copy = ARENA_ARRAY(p->context->arena, plan_column, count + 1);
    if (copy == NULL) return DBX_NOMEM;
    if (count > 0) memcpy(copy, columns, count * sizeof *copy);
    TRY(plan_output_set(*slot, &all, p->context->arena));
    TRY(prune_node(p, slot, &all));
    return rule_keep(p->context, slot, copy, count);
}

static dbx_status prune_node(prune_state *p, plan_node **slot, const column_set *need) {
    plan_node *n = *slot;
    column_set below = {0};
    switch ((plan_kind)n->kind) {
    case PLAN_SCAN:
        return prune_scan(p, (plan_scan *)n, need);
    case PLAN_VALUES:
        return prune_values(p, (plan_values *)n, need);
    case PLAN_PROJECT:
        n->column_count =
            prune_pairs(n->columns, ((plan_project *)n)->exprs, n->column_count, need);
        TRY(prune_own_need(p, n, &below));
        return prune_node(p, &n->children[0], &below);
    case PLAN_AGGREGATE:
        return prune_aggregate(p, (plan_aggregate *)n, need);
    case PLAN_WINDOW:
        return prune_window(p, slot, need);
    case PLAN_JOIN:
        return prune_join(p, slot, need);
    case PLAN_SET_OP:
        return prune_set_op(p, (plan_set_op *)n, need);
    case PLAN_GENERATE:
        return prune_generate(p, (plan_generate *)n, need);
    case PLAN_CTE:
        return prune_cte(p, (plan_cte *)n, need);
    case PLAN_CTE_SCAN:
        return prune_cte_scan(p, (plan_cte_scan *)n, need);
    case PLAN_FILTER:
    case PLAN_SORT:
    case PLAN_TOP_N:
    case PLAN_LIMIT:
    case PLAN_SAMPLE:
        TRY(column_set_union(&below, need, p->context->arena));
        TRY(prune_own_need(p, n, &below));
        TRY(prune_node(p, &n->children[0], &below));
        return rule_refresh(p->context, n);
    case PLAN_DISTINCT:
    case PLAN_RECURSIVE:
    case PLAN_WRITE:
        for (uint32_t i = 0; i < n->child_count; i++) TRY(prune_whole(p, &n->children[i]));
        return DBX_OK;
    case PLAN_RECURSIVE_SCAN:
    case PLAN_KIND_COUNT:
        break;
    }
    return DBX_OK;
}

dbx_status rule_prune_columns(plan_context *c, plan_node **root) {
    prune_state p = {.context = c, .cte_bound = c->cte_count + 1};
    p.cte_uses = ARENA_ARRAY(c->arena, column_set, p.cte_bound);
    if (p.cte_uses == NULL) return DBX_NOMEM;
    column_set all = {0};
    TRY(plan_output_set(*root, &all, c->arena));
    return prune_node(&p, root, &all);
}
