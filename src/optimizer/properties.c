/* properties.c - proofs about plans: keys, bounds of row counts.
 *
 * Every answer is conservative: a kind that is not listed proves nothing.
 */
#include "optimizer/properties.h"

/* Keys as seen below a projection: a key column that is a plain input column stays one. */
static dbx_status plan_unique_below_project(const plan_project *p, const column_set *keys, arena *a,
                                            bool *out) {
    column_set below = {0};
    for (uint32_t i = 0; i < p->base.column_count; i++)
        if (column_set_has(keys, p->base.columns[i].id) && p->exprs[i]->kind == EXPR_COLUMN)
            TRY(column_set_add(&below, p->exprs[i]->u.column, a));
    return plan_is_unique_on(p->base.children[0], &below, a, out);
}

static bool plan_unique_has_all(const plan_node *n, uint32_t count, const column_set *keys) {
    for (uint32_t i = 0; i < count; i++)
        if (!column_set_has(keys, n->columns[i].id)) return false;
    return true;
}

static bool plan_unique_scan(const plan_scan *s, const column_set *keys) {
    for (uint32_t i = 0; i < s->base.column_count; i++) {
        if (!column_set_has(keys, s->base.columns[i].id)) continue;
        column_stats stats;
        memset(&stats, 0, sizeof stats);
        if (s->row_id == s->base.columns[i].id) return true;
        if (s->source->vtab->stats != NULL &&
            s->source->vtab->stats(s->source, s->source_columns[i], &stats) && stats.unique &&
            stats.has_null_count && stats.null_count <= 1)
            return true;
    }
    return false;
}

/* Is every row of `from` matched at most once, because the join's equalities cover a key of the
 * other side? */
static dbx_status plan_unique_match(const plan_join *j, uint32_t other, arena *a, bool *out) {
    const plan_node *side = j->base.children[other];
    column_set keys = {0};
    for (uint32_t i = 0; i < j->condition_count; i++) {
        const expr *x = j->conditions[i];
        if (expr_op(x) != OP_EQ) continue;
        for (uint32_t arg = 0; arg < 2; arg++) {
            const expr *key = x->args[arg], *with = x->args[1 - arg];
            column_set used = {0}, made = {0};
            if (key->kind != EXPR_COLUMN || plan_find_column(side, key->u.column) == NULL) continue;
            TRY(expr_collect_columns(with, &used, a));
            TRY(plan_output_set(side, &made, a));
            if (!column_set_intersects(&used, &made)) TRY(column_set_add(&keys, key->u.column, a));
        }
    }
    return plan_is_unique_on(side, &keys, a, out);
}

static dbx_status plan_unique_join(const plan_join *j, const column_set *keys, arena *a,
                                   bool *out) {
    *out = false;
    const plan_node *left = j->base.children[0], *right = j->base.children[1];
    switch (j->join) {
    case JOIN_SEMI:
    case JOIN_ANTI:
    case JOIN_MARK:
    case JOIN_SINGLE:
        return plan_is_unique_on(left, keys, a, out);
    case JOIN_INNER:
    case JOIN_LEFT: {
        bool left_unique, once;
        TRY(plan_is_unique_on(left, keys, a, &left_unique));
        TRY(plan_unique_match(j, 1, a, &once));
        *out = left_unique && once;
        if (*out || j->join == JOIN_LEFT) return DBX_OK;
        TRY(plan_is_unique_on(right, keys, a, &left_unique));
        TRY(plan_unique_match(j, 0, a, &once));
        *out = left_unique && once;
        return DBX_OK;
    }
    case JOIN_RIGHT:
    case JOIN_FULL:
        return DBX_OK;
    }
    return DBX_OK;
}

dbx_status plan_is_unique_on(const plan_node *n, const column_set *keys, arena *a, bool *out) {
    *out = plan_max_rows(n) <= 1;
    if (*out) return DBX_OK;
    switch ((plan_kind)n->kind) {
    case PLAN_SCAN:
        *out = plan_unique_scan((const plan_scan *)n, keys);
        return DBX_OK;
    case PLAN_FILTER:
    case PLAN_SORT:
    case PLAN_TOP_N:
    case PLAN_LIMIT:
    case PLAN_SAMPLE:
    case PLAN_WINDOW:
        return plan_is_unique_on(n->children[0], keys, a, out);
    case PLAN_PROJECT:
        return plan_unique_below_project((const plan_project *)n, keys, a, out);
    case PLAN_AGGREGATE: {
        const plan_aggregate *g = (const plan_aggregate *)n;
        *out = g->set_count == 0 && plan_unique_has_all(n, g->group_count, keys);
        return DBX_OK;
    }
    case PLAN_DISTINCT:
        *out = plan_unique_has_all(n, n->column_count, keys);
        return *out ? DBX_OK : plan_is_unique_on(n->children[0], keys, a, out);
    case PLAN_SET_OP: {
        set_op_kind op = ((const plan_set_op *)n)->op;
        *out = (op == SET_EXCEPT || op == SET_INTERSECT) &&
               plan_unique_has_all(n, n->column_count, keys);
        return DBX_OK;
    }
    case PLAN_JOIN:
        return plan_unique_join((const plan_join *)n, keys, a, out);
    case PLAN_CTE:
        return plan_is_unique_on(n->children[1], keys, a, out);
    default:
        return DBX_OK;
    }
}

uint64_t plan_max_rows(const plan_node *n) {
    switch ((plan_kind)n->kind) {
    case PLAN_VALUES:
        return ((const plan_values *)n)->row_count;
    case PLAN_FILTER:
    case PLAN_PROJECT:
    case PLAN_SORT:
    case PLAN_DISTINCT:
    case PLAN_SAMPLE:
    case PLAN_WINDOW:
        return plan_max_rows(n->children[0]);
    case PLAN_CTE:
        return plan_max_rows(n->children[1]);
    case PLAN_AGGREGATE: {
        const plan_aggregate *g = (const plan_aggregate *)n;
        if (g->group_count == 0) return MAX(g->set_count, 1);
        return g->set_count == 0 ? plan_max_rows(n->children[0]) : UINT64_MAX;
    }
    case PLAN_LIMIT: {
        uint64_t below = plan_max_rows(n->children[0]);
        return MIN(below, ((const plan_limit *)n)->limit);
    }
    case PLAN_TOP_N: {
        uint64_t below = plan_max_rows(n->children[0]);
        return MIN(below, ((const plan_sort *)n)->limit);
    }
    case PLAN_JOIN: {
        join_kind kind = ((const plan_join *)n)->join;
        uint64_t left = plan_max_rows(n->children[0]), right = plan_max_rows(n->children[1]);
        if (kind == JOIN_SEMI || kind == JOIN_ANTI || kind == JOIN_MARK || kind == JOIN_SINGLE)
            return left;
        if (left == 1 && right == 1 && kind != JOIN_FULL) return 1;
        return UINT64_MAX;
    }
    case PLAN_WRITE:
        return 1;
    default:
        return UINT64_MAX;
    }
}

bool plan_has_row(const plan_node *n) {
    switch ((plan_kind)n->kind) {
    case PLAN_VALUES:
        return ((const plan_values *)n)->row_count > 0;
    case PLAN_PROJECT:
    case PLAN_SORT:
    case PLAN_DISTINCT:
    case PLAN_WINDOW:
        return plan_has_row(n->children[0]);
    case PLAN_AGGREGATE: {
        const plan_aggregate *g = (const plan_aggregate *)n;
        return g->group_count == 0 && g->set_count == 0;
    }
    case PLAN_JOIN: {
        join_kind kind = ((const plan_join *)n)->join;
        if (kind == JOIN_LEFT || kind == JOIN_MARK || kind == JOIN_SINGLE)
            return plan_has_row(n->children[0]);
        return false;
    }
    default:
        return false;
    }
}
