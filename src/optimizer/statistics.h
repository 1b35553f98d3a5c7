/* statistics.h - estimates: how many rows each node gives, how many distinct values each column
 * has.
 *
 * Rows are kept in plan_node.rows. Columns are described by their domain: the number of distinct
 * values before any filter, and their range. How many of them are left after a filter follows from
 * the number of rows (distinct_left). Estimates never change what a plan computes.
 */
#ifndef DBX_OPTIMIZER_STATISTICS_H
#define DBX_OPTIMIZER_STATISTICS_H

#include "plan/logical.h"

typedef struct column_estimate {
    bool known;
    bool has_range;
    double distinct; /* of the domain, at least 1 */
    double null_fraction;
    double low, high;  /* of values mapped to numbers in their order */
    uint32_t relation; /* the scan or aggregate it comes from; columns of one are correlated at most
                          by its rows */
    double relation_rows;
} column_estimate;

typedef struct cte_estimate {
    double rows;
    const plan_node *definition;
} cte_estimate;

typedef struct statistics {
    plan_context *context;
    column_estimate *columns; /* by id */
    column_id bound;
    cte_estimate *ctes; /* by index */
    uint32_t cte_bound;
    uint32_t relations;
} statistics;

dbx_status statistics_init(statistics *s, plan_context *c) MUST_CHECK;
/* Sets rows of n and everything below, and describes their columns. */
dbx_status statistics_estimate(statistics *s, plan_node *n) MUST_CHECK;
/* The same for n alone, its children being estimated. */
dbx_status statistics_estimate_node(statistics *s, plan_node *n) MUST_CHECK;

/* Fraction of rows for which all conjuncts hold, in (0, 1]. */
double statistics_selectivity(const statistics *s, expr *const *conjuncts, uint32_t count,
                              double rows);
/* Distinct values of the expression's domain. */
double statistics_distinct(const statistics *s, const expr *x, double rows);
/* Of `domain` values, how many occur in `rows` rows. */
double distinct_left(double domain, double rows);

/* What the conditions of a join between two sides select. */
typedef struct join_estimate {
    double match;       /* fraction of all pairs that match */
    double left_domain; /* distinct keys, as far as there are equalities */
    double right_domain;
    double residual; /* fraction that conditions other than equalities keep */
    uint32_t keys;
} join_estimate;
dbx_status statistics_join(const statistics *s, expr *const *conditions, uint32_t count,
                           const column_set *left, const column_set *right,
                           join_estimate *out) MUST_CHECK;
double statistics_join_rows(join_kind kind, const join_estimate *e, double left, double right);

#endif
