/* top_n.c - limits: into sorts, scans and the inputs of UNION ALL.
 *
 *   LIMIT over SORT            TOP_N, if it keeps few enough rows to hold in memory
 *   LIMIT over a projection    below it
 *   LIMIT over UNION ALL       also over each input, without offset
 *   LIMIT over LEFT or MARK    also over the left side: every left row gives at least one
 *   LIMIT over a scan          tells the scan how many rows suffice
 *
 * PRECONDITIONS  A scan with predicates is told nothing, since they may drop rows after the read.
 * Projections with generated or volatile values may be computed for fewer rows; nothing else
 * changes.
 */
#include "optimizer/rule.h"

enum { TOP_N_ROWS_MAX = 1 << 17 };

static dbx_status top_n_limit(plan_context *c, plan_node **slot, void *state);

/* Puts a limit of `rows` over *slot, unless there is one that keeps no more. */
static dbx_status top_n_add_limit(plan_context *c, plan_node **slot, uint64_t rows) {
    if (plan_max_rows(*slot) <= rows) return DBX_OK;
    plan_limit *l = plan_limit_new(c, *slot, rows, 0);
    if (l == NULL) return DBX_NOMEM;
    *slot = &l->base;
    return top_n_limit(c, slot, NULL);
}

static dbx_status top_n_of_sort(plan_context *c, plan_node **slot, const plan_limit *l,
                                const plan_sort *s) {
    plan_sort *t = (plan_sort *)plan_unary_new(c, PLAN_TOP_N, s->base.children[0]);
    if (t == NULL) return DBX_NOMEM;
    t->keys = s->keys;
    t->key_count = s->key_count;
    t->limit = l->limit;
    t->offset = l->offset;
    t->base.span = l->base.span;
    *slot = &t->base;
    return DBX_OK;
}

static dbx_status top_n_limit(plan_context *c, plan_node **slot, void *state) {
    plan_node *n = *slot;
    plan_limit *l = (plan_limit *)n;
    uint64_t rows;
    (void)state;
    if (n->kind != PLAN_LIMIT) return rule_refresh(c, n);
    plan_node *child = n->children[0];
    if (child->kind == PLAN_PROJECT) {
        n->children[0] = child->children[0];
        TRY(rule_refresh(c, n));
        child->children[0] = n;
        *slot = child;
        return top_n_limit(c, &child->children[0], NULL);
    }
    if (__builtin_add_overflow(l->limit, l->offset, &rows) || l->limit == UINT64_MAX) return DBX_OK;
    switch ((plan_kind)child->kind) {
    case PLAN_SORT:
        return rows <= TOP_N_ROWS_MAX ? top_n_of_sort(c, slot, l, (plan_sort *)child) : DBX_OK;
    case PLAN_SCAN: {
        plan_scan *s = (plan_scan *)child;
        if (s->predicate_count == 0) s->row_limit = MIN(s->row_limit, rows);
        return DBX_OK;
    }
    case PLAN_SET_OP:
        if (((plan_set_op *)child)->op != SET_UNION_ALL) return DBX_OK;
        for (uint32_t i = 0; i < child->child_count; i++)
            TRY(top_n_add_limit(c, &child->children[i], rows));
        return DBX_OK;
    case PLAN_JOIN: {
        plan_join *j = (plan_join *)child;
        if (j->join != JOIN_LEFT && j->join != JOIN_MARK) return DBX_OK;
        TRY(top_n_add_limit(c, &child->children[0], rows));
        TRY(rule_refresh(c, child));
        return rule_refresh(c, n);
    }
    default:
        return DBX_OK;
    }
}

dbx_status rule_top_n(plan_context *c, plan_node **root) {
    return rule_walk_up(c, root, top_n_limit, NULL);
}
