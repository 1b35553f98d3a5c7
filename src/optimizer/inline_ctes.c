/* inline_ctes.c - puts the definition of a CTE in place of its reference.
 *
 * Inlined are definitions that are read once, and those that are only scans, filters and
 * projections, which cost less than writing their rows down. An unread definition vanishes. Others
 * stay materialized.
 *
 * PRECONDITIONS  A reference inside the step of a recursion would be computed in each iteration and
 * is not inlined. A definition with volatile expressions or samples is inlined only when it is read
 * once.
 */
#include "optimizer/rule.h"

typedef struct cte_use {
    uint32_t index;
    uint32_t count;    /* references */
    uint32_t in_steps; /* of these, inside a recursion's step */
} cte_use;

static void cte_count_uses(const plan_node *n, bool in_step, cte_use *use) {
    if (n->kind == PLAN_CTE_SCAN && ((const plan_cte_scan *)n)->index == use->index) {
        use->count++;
        use->in_steps += in_step;
    }
    for (uint32_t i = 0; i < n->child_count; i++)
        cte_count_uses(n->children[i], in_step || (n->kind == PLAN_RECURSIVE && i == 1), use);
}

static dbx_status cte_find_volatile(expr **slot, void *state) {
    bool *found = state;
    *found = *found || expr_is_volatile(*slot);
    return DBX_OK;
}

static bool cte_is_cheap(plan_node *n) {
    bool is_volatile = false;
    switch ((plan_kind)n->kind) {
    case PLAN_SCAN:
    case PLAN_VALUES:
    case PLAN_FILTER:
    case PLAN_PROJECT:
    case PLAN_CTE_SCAN:
        break;
    default:
        return false;
    }
    if (plan_visit_exprs(n, cte_find_volatile, &is_volatile) != DBX_OK || is_volatile) return false;
    return n->child_count == 0 || cte_is_cheap(n->children[0]);
}

typedef struct cte_inliner {
    const plan_cte *cte;
    bool copy; /* each reference gets a copy of its own */
} cte_inliner;

static dbx_status cte_replace(plan_context *c, plan_node **slot, void *state) {
    const cte_inliner *in = state;
    plan_node *n = *slot, *definition = in->cte->base.children[0];
    if (n->kind != PLAN_CTE_SCAN || ((plan_cte_scan *)n)->index != in->cte->index) return DBX_OK;
    const plan_cte_scan *s = (const plan_cte_scan *)n;
    const column_id *old_ids = NULL, *new_ids = NULL;
    uint32_t count = definition->column_count;
    if (in->copy) TRY(plan_copy_fresh(c, definition, &definition, &old_ids, &new_ids, &count));
    plan_project *p = plan_project_new(c, definition, n->column_count);
    if (p == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < n->column_count; i++) {
        uint32_t at = 0;
        while (at < count &&
               (in->copy ? old_ids[at] : definition->columns[at].id) != s->source_columns[i])
            at++;
        if (at == count)
            return error_raise(c->err, ERR_INTERNAL_ERROR, n->span, "message",
                               "a CTE lacks a column", NULL);
        p->base.columns[i] = n->columns[i];
        p->base.columns[i].nullable = definition->columns[at].nullable;
        if ((p->exprs[i] = plan_column_expr(c->arena, &definition->columns[at])) == NULL)
            return DBX_NOMEM;
    }
    *slot = &p->base;
    return DBX_OK;
}

static dbx_status cte_visit(plan_context *c, plan_node **slot, void *state) {
    (void)state;
    plan_node *n = *slot;
    if (n->kind != PLAN_CTE) return DBX_OK;
    plan_cte *t = (plan_cte *)n;
    cte_use use = {.index = t->index};
    cte_count_uses(n->children[1], false, &use);
    bool cheap = cte_is_cheap(n->children[0]);
    if (use.count > 1 && !cheap) return DBX_OK;
    if (use.in_steps > 0) return DBX_OK;
    cte_inliner in = {.cte = t, .copy = use.count > 1};
    plan_node *body = n->children[1];
    TRY(rule_walk_up(c, &body, cte_replace, &in));
    *slot = body;
    return DBX_OK;
}

dbx_status rule_inline_ctes(plan_context *c, plan_node **root) {
    return rule_walk_up(c, root, cte_visit, NULL);
}
