/* unnest.h - shared by the files of the unnesting rule (unnest*.c) only.
 *
 * After T. Neumann and A. Kemper, "Unnesting Arbitrary Queries" (BTW 2015). A dependent join
 * evaluates its right side for each row of its left side. It becomes a plain join when the right
 * side computes all its results at once, for each combination of the left's columns that it uses
 * (the domain), and says in columns of its own which combination a row belongs to (its
 * representatives); the join then compares these with the left's columns.
 *
 * Where the right side equates a left column with one of its own, that column is the representative
 * and no domain is needed. Where the right side's dependence is only in filters, the filters become
 * join conditions.
 */
#ifndef DBX_OPTIMIZER_UNNEST_H
#define DBX_OPTIMIZER_UNNEST_H

#include "optimizer/rule.h"

/* The left side of the dependent join that is being removed. */
typedef struct unnest_domain {
    plan_context *context;
    plan_node *left;          /* copied for each domain */
    column_set outer;         /* its columns that the right side uses */
    const plan_column *items; /* the same as a list */
    uint32_t count;
} unnest_domain;

/* For each domain item the column of a subtree that stands for it; id 0 where the subtree does not
 * depend on it. */
typedef struct unnest_repr {
    plan_column *columns;
    bool *not_null; /* came of an equality: rows where it is NULL are gone */
} unnest_repr;

/* Removes the dependence of a join whose children have no subqueries and dependent joins. *out
 * gives at least the join's columns, with their ids. */
dbx_status unnest_dependent_join(plan_context *c, plan_join *j, plan_node **out) MUST_CHECK;

/* Makes *n independent of the domain; *n then gives its columns (others may stand among them, but
 * not above DISTINCT and the like) and the representatives of the items that it depends on. */
dbx_status unnest_push(unnest_domain *d, plan_node **n, unnest_repr *repr) MUST_CHECK;
dbx_status unnest_repr_new(const unnest_domain *d, unnest_repr *out) MUST_CHECK;
/* Joins the domain of those items of `need` that *n has no representative for. */
dbx_status unnest_ensure(unnest_domain *d, plan_node **n, unnest_repr *repr,
                         const column_set *need) MUST_CHECK;
/* Appends left.item = right.item for items that both represent; `<=>` where both may be NULL, or
 * always. */
dbx_status unnest_match(const unnest_domain *d, const unnest_repr *left, const unnest_repr *right,
                        bool always_null_safe, expr_list *out) MUST_CHECK;
/* What the aggregate gives for no rows, as a constant. */
dbx_status unnest_empty_value(plan_context *c, const expr *aggregate, expr **out) MUST_CHECK;

#endif
