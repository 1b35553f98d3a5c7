/* rule.h - what the optimizer's rules share: walking, conjuncts, making nodes and expressions.
 *
 * Rules return DBX_NOMEM without raising; optimizer_run raises it. Everything is allocated in the
 * statement's arena.
 */
#ifndef DBX_OPTIMIZER_RULE_H
#define DBX_OPTIMIZER_RULE_H

#include "optimizer/properties.h"
#include "plan/logical.h"

#define OPTIMIZER_RULE(function, name, mandatory, doc)                                             \
    dbx_status function(plan_context *c, plan_node **root) MUST_CHECK;
#include "optimizer/rules.def"
#undef OPTIMIZER_RULE

typedef struct expr_list { /* for ARENA_LIST_PUSH */
    expr **items;
    uint32_t count, capacity;
} expr_list;

/* ---- walking ---- */

/* Calls visit on every node, children first; visit may put another node into the slot. */
typedef dbx_status (*rule_visit)(plan_context *c, plan_node **slot, void *state);
dbx_status rule_walk_up(plan_context *c, plan_node **slot, rule_visit visit,
                        void *state) MUST_CHECK;
/* Recomputes the outputs of a node that passes on its child's (one level). */
dbx_status rule_refresh(plan_context *c, plan_node *n) MUST_CHECK;
/* Rewrites every expression of the tree below and at n (not inside subqueries). */
dbx_status rule_rewrite_exprs(plan_context *c, plan_node *n, expr_visit visit,
                              void *state) MUST_CHECK;
dbx_status rule_rewrite_node(plan_context *c, plan_node *n, expr_visit visit,
                             void *state) MUST_CHECK;

/* ---- sets ---- */

/* out = free columns of n that are in `of`. */
dbx_status rule_uses(plan_context *c, plan_node *n, const column_set *of,
                     column_set *out) MUST_CHECK;
dbx_status rule_expr_uses(plan_context *c, const expr *x, const column_set *of,
                          column_set *out) MUST_CHECK;
dbx_status rule_expr_within(plan_context *c, const expr *x, const column_set *of,
                            bool *out) MUST_CHECK;
void column_set_intersect(column_set *into, const column_set *with);
void column_set_subtract(column_set *from, const column_set *what);
bool rule_has_subquery(const expr *x);

/* ---- conjuncts and nodes ---- */

/* Appends the conjuncts of x, nested ANDs flattened, constant TRUE left out. */
dbx_status rule_split(plan_context *c, expr *x, expr_list *out) MUST_CHECK;
dbx_status rule_append(plan_context *c, expr_list *to, expr *const *items,
                       uint32_t count) MUST_CHECK;
/* A filter over *child, unless there is no conjunct; joins conjuncts of a filter that is there. */
dbx_status rule_filter(plan_context *c, plan_node **child, expr *const *conjuncts,
                       uint32_t count) MUST_CHECK;
/* A projection of *child to these of its columns, unless it gives exactly them. */
dbx_status rule_keep(plan_context *c, plan_node **child, const plan_column *columns,
                     uint32_t count) MUST_CHECK;
dbx_status rule_add_conditions(plan_context *c, plan_join *j, expr *const *items,
                               uint32_t count) MUST_CHECK;
dbx_status rule_set_conjuncts(plan_context *c, expr ***items, uint32_t *count,
                              const expr_list *from) MUST_CHECK;

/* ---- expressions ---- */

dbx_status rule_call(plan_context *c, const char *name, expr *const *args, uint32_t count,
                     expr **out) MUST_CHECK;
dbx_status rule_call1(plan_context *c, const char *name, expr *x, expr **out) MUST_CHECK;
dbx_status rule_call2(plan_context *c, const char *name, expr *x, expr *y, expr **out) MUST_CHECK;
dbx_status rule_not(plan_context *c, expr *x, expr **out) MUST_CHECK;
/* x = y, or x <=> y. */
dbx_status rule_equal(plan_context *c, expr *x, expr *y, bool null_safe, expr **out) MUST_CHECK;
/* CASE WHEN condition THEN value ELSE otherwise END. */
dbx_status rule_case(plan_context *c, expr *condition, expr *value, expr *otherwise,
                     expr **out) MUST_CHECK;

#endif
