/* build_sides.c - final estimates of every node, and which side of a join is put into its hash
 * table: the right one, so the smaller one should stand right.
 *
 * INNER and FULL swap their sides; LEFT and RIGHT become each other. SEMI, ANTI, MARK and SINGLE
 * are fixed: they answer for left rows.
 */
#include "optimizer/rule.h"
#include "optimizer/statistics.h"

#define BUILD_KEEP_RATIO                                                                           \
    1.5 /* swap only for a clear gain: an outer join with kept build rows has a second pass */

static dbx_status build_visit(plan_context *c, plan_node **slot, void *state) {
    plan_join *j = (plan_join *)*slot;
    (void)state;
    TRY(rule_refresh(c, *slot));
    if ((*slot)->kind == PLAN_WRITE || (*slot)->kind == PLAN_RECURSIVE ||
        (*slot)->kind != PLAN_JOIN)
        return DBX_OK;
    plan_node *left = j->base.children[0], *right = j->base.children[1];
    double ratio = j->join == JOIN_INNER ? 1 : BUILD_KEEP_RATIO;
    bool may_swap = j->join == JOIN_INNER || j->join == JOIN_LEFT || j->join == JOIN_RIGHT ||
                    j->join == JOIN_FULL;
    if (!may_swap || left->rows < 0 || left->rows * ratio >= right->rows) return DBX_OK;
    const plan_column *columns = j->base.columns;
    uint32_t count = j->base.column_count;
    double rows = j->base.rows;
    if (j->join == JOIN_LEFT || j->join == JOIN_RIGHT)
        j->join = j->join == JOIN_LEFT ? JOIN_RIGHT : JOIN_LEFT;
    j->base.children[0] = right;
    j->base.children[1] = left;
    TRY(plan_join_set_columns(c, j));
    TRY(rule_keep(c, slot, columns, count));
    (*slot)->rows = rows;
    return DBX_OK;
}

dbx_status rule_build_sides(plan_context *c, plan_node **root) {
    statistics s;
    TRY(statistics_init(&s, c));
    TRY(statistics_estimate(&s, *root));
    return rule_walk_up(c, root, build_visit, NULL);
}
