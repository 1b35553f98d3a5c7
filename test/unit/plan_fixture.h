/* plan_fixture.h - logical plans made by hand, over tables that exist only as statistics. */
#ifndef DBX_TEST_PLAN_FIXTURE_H
#define DBX_TEST_PLAN_FIXTURE_H

#include "optimizer/optimizer.h"
#include "plan/logical.h"

#include <criterion/criterion.h>

#define FX_OK(call)                                                                                \
    cr_assert_eq((call), DBX_OK, "%s", fx.err.message ? fx.err.message : "no message")

enum { FX_COLUMNS_MAX = 8 };

typedef struct fx_table {
    source base;
    source_column columns[FX_COLUMNS_MAX];
    double distinct[FX_COLUMNS_MAX];
    uint64_t rows;
} fx_table;

typedef struct fixture {
    settings settings;
    query query;
    arena arena;
    error err;
    plan_context context;
    fx_table tables[8];
    uint32_t table_count;
} fixture;

extern fixture fx;

void fx_init(void);
void fx_deinit(void);

/* A scan of BIGINT columns, named by one letter each; nullable. Letters above 'Z' (lower case) are
 * not unique, upper-case ones have as many distinct values as rows. */
plan_node *fx_scan(const char *name, const char *letters, uint64_t rows);
/* Column by name, of n's outputs. */
expr *fx_col(const plan_node *n, const char *name);
expr *fx_int(int64_t value);
expr *fx_call(const char *name, expr *x, expr *y);
expr *fx_and(expr *x, expr *y);
expr *fx_or(expr *x, expr *y);
expr *fx_not(expr *x);
expr *fx_subquery(subquery_kind kind, plan_node *plan, expr *in);
plan_node *fx_filter(plan_node *n, expr *x);
plan_node *fx_join(join_kind kind, plan_node *l, plan_node *r, expr *condition);
plan_node *fx_project(plan_node *n, expr *x, const char *name);
/* An aggregate `name` over column `of` (NULL: no argument), grouped by `by` (NULL: not grouped). */
plan_node *fx_aggregate(plan_node *n, expr *by, const char *name, expr *of);
plan_node *fx_limit(plan_node *n, uint64_t limit);
plan_node *fx_sort(plan_node *n, expr *x);
/* The plan's text after the rules in `only` (comma-separated; NULL: all; mandatory ones always
 * run). */
const char *fx_optimized(plan_node *n, const char *only);

#endif
