/* optimizer_test.c - each rule by itself on plans made by hand; the expected plans can be checked
 * by reading. */
#include "plan_fixture.h"

TestSuite(optimizer, .init = fx_init, .fini = fx_deinit);

#define EXPECT(plan, only, text)                                                                   \
    cr_assert_str_eq(fx_optimized(plan, only), text, "got:\n%s", fx_optimized(plan, only))

Test(optimizer, exists_with_an_equality_is_a_semi_join) {
    plan_node *t = fx_scan("t", "ab", 100), *u = fx_scan("u", "ab", 100);
    plan_node *inner = fx_filter(u, fx_call("=", fx_col(u, "u_a"), fx_col(t, "t_a")));
    EXPECT(fx_filter(t, fx_subquery(SUBQUERY_EXISTS, inner, NULL)), "none",
           "JOIN SEMI [(u_a#3 = t_a#1)]\n"
           "  SCAN t [t_a#1, t_b#2]\n"
           "  SCAN u [u_a#3, u_b#4]\n");
}

Test(optimizer, not_in_is_a_null_aware_anti_join) {
    plan_node *t = fx_scan("t", "ab", 100), *u = fx_scan("u", "a", 100);
    EXPECT(fx_filter(t, fx_not(fx_subquery(SUBQUERY_IN, u, fx_col(t, "t_a")))), "none",
           "JOIN ANTI NULL-AWARE [(t_a#1 = u_a#3)]\n"
           "  SCAN t [t_a#1, t_b#2]\n"
           "  SCAN u [u_a#3]\n");
}

/* NOT IN with correlation: the filter of the subquery is two-valued, only the comparison of NOT IN
 * is not. */
Test(optimizer, correlated_not_in_keeps_its_filter_two_valued) {
    plan_node *t = fx_scan("t", "ab", 100), *u = fx_scan("u", "ab", 100);
    plan_node *inner = fx_filter(u, fx_call("=", fx_col(u, "u_b"), fx_col(t, "t_b")));
    EXPECT(fx_filter(t, fx_not(fx_subquery(SUBQUERY_IN, inner, fx_col(t, "t_a")))), "none",
           "JOIN ANTI NULL-AWARE [(t_a#1 = u_a#3), (u_b#4 <=> t_b#2)]\n"
           "  SCAN t [t_a#1, t_b#2]\n"
           "  FILTER [isnotnull(u_b#4)]\n"
           "    SCAN u [u_a#3, u_b#4]\n");
}

Test(optimizer, correlated_sum_groups_by_the_equated_column) {
    plan_node *t = fx_scan("t", "ab", 100), *u = fx_scan("u", "ab", 100);
    plan_node *inner = fx_filter(u, fx_call("=", fx_col(u, "u_a"), fx_col(t, "t_a")));
    inner = fx_aggregate(inner, NULL, "sum", fx_col(u, "u_b"));
    EXPECT(fx_filter(t, fx_call("<", fx_col(t, "t_b"), fx_subquery(SUBQUERY_SCALAR, inner, NULL))),
           "push_filters,reduce_outer_joins,remove_redundant",
           "PROJECT [t_a#1, t_b#2]\n"
           "  JOIN INNER [(t_a#1 = u_a#6), (t_b#2 < sum#5)]\n"
           "    SCAN t [t_a#1, t_b#2]\n"
           "    AGGREGATE [u_a#3 AS u_a#6] [sum(u_b#4) AS sum#5]\n"
           "      SCAN u [u_a#3, u_b#4] WHERE [isnotnull(u_a#3)]\n");
}

/* The count bug: where the subquery has no rows, count is 0 and not NULL. */
Test(optimizer, correlated_count_is_zero_where_nothing_matches) {
    plan_node *t = fx_scan("t", "ab", 100), *u = fx_scan("u", "ab", 100);
    plan_node *inner = fx_filter(u, fx_call("=", fx_col(u, "u_a"), fx_col(t, "t_a")));
    inner = fx_aggregate(inner, NULL, "count", fx_col(u, "u_b"));
    EXPECT(fx_project(t, fx_subquery(SUBQUERY_SCALAR, inner, NULL), "n"), "remove_redundant",
           "PROJECT [coalesce(count#5, 0L) AS n#6]\n"
           "  JOIN LEFT [(t_a#1 = u_a#7)]\n"
           "    SCAN t [t_a#1, t_b#2]\n"
           "    AGGREGATE [u_a#3 AS u_a#7] [count(u_b#4) AS count#5]\n"
           "      FILTER [isnotnull(u_a#3)]\n"
           "        SCAN u [u_a#3, u_b#4]\n");
}

/* An inequality gives no representative: the distinct values of the outer column are joined. */
Test(optimizer, correlated_sum_by_inequality_joins_the_domain) {
    plan_node *t = fx_scan("t", "a", 100), *u = fx_scan("u", "ab", 100);
    plan_node *inner = fx_filter(u, fx_call("<", fx_col(u, "u_a"), fx_col(t, "t_a")));
    inner = fx_aggregate(inner, NULL, "sum", fx_col(u, "u_b"));
    EXPECT(fx_project(t, fx_subquery(SUBQUERY_SCALAR, inner, NULL), "s"),
           "remove_redundant,push_filters",
           "PROJECT [sum#4 AS s#5]\n"
           "  JOIN LEFT [(t_a#1 <=> t_a#8)]\n"
           "    SCAN t [t_a#1]\n"
           "    AGGREGATE [t_a#7 AS t_a#8] [sum(u_b#3) AS sum#4]\n"
           "      JOIN INNER [(u_a#2 < t_a#7)]\n"
           "        DISTINCT\n"
           "          PROJECT [t_a#6 AS t_a#7]\n"
           "            SCAN t [t_a#6]\n"
           "        SCAN u [u_a#2, u_b#3]\n");
}

Test(optimizer, limit_in_a_correlated_subquery_counts_rows_per_value) {
    plan_node *t = fx_scan("t", "a", 100), *u = fx_scan("u", "ab", 100);
    plan_node *inner = fx_filter(u, fx_call("=", fx_col(u, "u_a"), fx_col(t, "t_a")));
    inner = fx_project(fx_limit(fx_sort(inner, fx_col(u, "u_b")), 1), fx_col(u, "u_b"), "b");
    const char *text =
        fx_optimized(fx_project(t, fx_subquery(SUBQUERY_SCALAR, inner, NULL), "s"), "none");
    cr_assert_not_null(strstr(text, "PARTITION BY [u_a#2] ORDER BY [u_b#3 ASC NULLS FIRST]") != NULL
                           ? strstr(text, "row_number")
                           : strstr(text, "PARTITION BY [u_a#2] ORDER BY [u_b#3 NULLS FIRST]"),
                       "got:\n%s", text);
}

Test(optimizer, filters_of_an_inner_join_go_to_their_sides) {
    plan_node *t = fx_scan("t", "ab", 100), *u = fx_scan("u", "ab", 100);
    plan_node *j = fx_join(JOIN_INNER, t, u, fx_call("=", fx_col(t, "t_a"), fx_col(u, "u_a")));
    expr *x = fx_and(fx_call(">", fx_col(t, "t_b"), fx_int(5)),
                     fx_call("=", fx_col(u, "u_a"), fx_int(7)));
    EXPECT(fx_filter(j, x), "push_filters",
           "JOIN INNER [(t_a#1 = u_a#3)]\n"
           "  SCAN t [t_a#1, t_b#2] WHERE [(t_b#2 > 5L), (t_a#1 = 7L)]\n"
           "  SCAN u [u_a#3, u_b#4] WHERE [(u_a#3 = 7L)]\n");
}

/* A filter on the null-extended side stays above the join, one on the preserved side does not. */
Test(optimizer, filters_respect_left_joins) {
    plan_node *t = fx_scan("t", "ab", 100), *u = fx_scan("u", "ab", 100);
    plan_node *j = fx_join(JOIN_LEFT, t, u, fx_call("=", fx_col(t, "t_a"), fx_col(u, "u_a")));
    expr *x = fx_and(fx_call("isnull", fx_col(j, "u_b"), NULL),
                     fx_call("=", fx_col(j, "t_a"), fx_int(1)));
    EXPECT(fx_filter(j, x), "push_filters",
           "FILTER [isnull(u_b#4)]\n"
           "  JOIN LEFT [(t_a#1 = u_a#3)]\n"
           "    SCAN t [t_a#1, t_b#2] WHERE [(t_a#1 = 1L)]\n"
           "    SCAN u [u_a#3, u_b#4] WHERE [(u_a#3 = 1L)]\n");
}

Test(optimizer, conditions_of_a_left_join_on_the_preserved_side_stay) {
    plan_node *t = fx_scan("t", "ab", 100), *u = fx_scan("u", "ab", 100);
    expr *on = fx_and(fx_call("=", fx_col(t, "t_a"), fx_col(u, "u_a")),
                      fx_and(fx_call(">", fx_col(t, "t_b"), fx_int(1)),
                             fx_call(">", fx_col(u, "u_b"), fx_int(2))));
    EXPECT(fx_join(JOIN_LEFT, t, u, on), "push_filters",
           "JOIN LEFT [(t_a#1 = u_a#3), (t_b#2 > 1L)]\n"
           "  SCAN t [t_a#1, t_b#2]\n"
           "  SCAN u [u_a#3, u_b#4] WHERE [(u_b#4 > 2L)]\n");
}

Test(optimizer, filters_do_not_pass_limits) {
    plan_node *t = fx_scan("t", "a", 100);
    EXPECT(fx_filter(fx_limit(t, 10), fx_call("=", fx_col(t, "t_a"), fx_int(1))), "push_filters",
           "FILTER [(t_a#1 = 1L)]\n"
           "  LIMIT 10\n"
           "    SCAN t [t_a#1]\n");
}

Test(optimizer, filters_on_groups_pass_aggregates_others_do_not) {
    plan_node *t = fx_scan("t", "ab", 100);
    plan_node *g = fx_aggregate(t, fx_col(t, "t_a"), "sum", fx_col(t, "t_b"));
    expr *x = fx_and(fx_call("=", fx_col(g, "key"), fx_int(1)),
                     fx_call(">", fx_col(g, "sum"), fx_int(2)));
    EXPECT(fx_filter(g, x), "push_filters",
           "FILTER [(sum#4 > 2L)]\n"
           "  AGGREGATE [t_a#1 AS key#3] [sum(t_b#2) AS sum#4]\n"
           "    SCAN t [t_a#1, t_b#2] WHERE [(t_a#1 = 1L)]\n");
}

Test(optimizer, a_null_rejecting_filter_makes_a_left_join_inner) {
    plan_node *t = fx_scan("t", "a", 100), *u = fx_scan("u", "ab", 100);
    plan_node *j = fx_join(JOIN_LEFT, t, u, fx_call("=", fx_col(t, "t_a"), fx_col(u, "u_a")));
    EXPECT(fx_filter(j, fx_call(">", fx_col(j, "u_b"), fx_int(1))), "reduce_outer_joins",
           "FILTER [(u_b#3 > 1L)]\n"
           "  JOIN INNER [(t_a#1 = u_a#2)]\n"
           "    SCAN t [t_a#1]\n"
           "    SCAN u [u_a#2, u_b#3]\n");
}

Test(optimizer, a_filter_that_null_passes_keeps_the_left_join) {
    plan_node *t = fx_scan("t", "a", 100), *u = fx_scan("u", "ab", 100);
    plan_node *j = fx_join(JOIN_LEFT, t, u, fx_call("=", fx_col(t, "t_a"), fx_col(u, "u_a")));
    expr *x =
        fx_or(fx_call(">", fx_col(j, "u_b"), fx_int(1)), fx_call("isnull", fx_col(j, "u_b"), NULL));
    EXPECT(fx_filter(j, x), "reduce_outer_joins",
           "FILTER [((u_b#3 > 1L) OR isnull(u_b#3))]\n"
           "  JOIN LEFT [(t_a#1 = u_a#2)]\n"
           "    SCAN t [t_a#1]\n"
           "    SCAN u [u_a#2, u_b#3]\n");
}

Test(optimizer, an_or_of_ands_gives_its_common_part) {
    plan_node *t = fx_scan("t", "abc", 100);
    expr *p = fx_call("=", fx_col(t, "t_a"), fx_int(1));
    expr *x = fx_or(fx_and(p, fx_call("=", fx_col(t, "t_b"), fx_int(2))),
                    fx_and(p, fx_call("=", fx_col(t, "t_c"), fx_int(3))));
    EXPECT(fx_filter(t, x), "simplify_expressions,push_filters",
           "SCAN t [t_a#1, t_b#2, t_c#3] WHERE [(t_a#1 = 1L), ((t_b#2 = 2L) OR (t_c#3 = 3L))]\n");
}

Test(optimizer, equalities_of_one_column_become_in) {
    plan_node *t = fx_scan("t", "a", 100);
    expr *x =
        fx_or(fx_call("=", fx_col(t, "t_a"), fx_int(1)), fx_call("=", fx_int(2), fx_col(t, "t_a")));
    EXPECT(fx_filter(t, x), "simplify_expressions",
           "FILTER [(t_a#1 IN (1L, 2L))]\n  SCAN t [t_a#1]\n");
}

Test(optimizer, not_goes_down_to_comparisons) {
    plan_node *t = fx_scan("t", "ab", 100);
    expr *x = fx_not(fx_or(fx_call("<", fx_col(t, "t_a"), fx_int(1)),
                           fx_not(fx_call("isnull", fx_col(t, "t_b"), NULL))));
    EXPECT(fx_filter(t, x), "simplify_expressions",
           "FILTER [((t_a#1 >= 1L) AND isnull(t_b#2))]\n  SCAN t [t_a#1, t_b#2]\n");
}

Test(optimizer, limit_over_sort_is_top_n) {
    plan_node *t = fx_scan("t", "ab", 100);
    plan_node *s = fx_sort(t, fx_col(t, "t_a"));
    const char *text = fx_optimized(fx_limit(fx_project(s, fx_col(t, "t_b"), "b"), 3), "top_n");
    cr_assert_not_null(strstr(text, "  TOP_N 3 [t_a#1"), "got:\n%s", text);
}

/* The small table joins the middle one before the large one; the smaller side stands right. */
Test(optimizer, joins_start_with_the_small_tables) {
    plan_node *big = fx_scan("big", "a", 1000000), *mid = fx_scan("mid", "Ab", 10000),
              *small = fx_scan("small", "B", 100);
    plan_node *j =
        fx_join(JOIN_INNER, big, mid, fx_call("=", fx_col(big, "big_a"), fx_col(mid, "mid_A")));
    j = fx_join(JOIN_INNER, j, small, fx_call("=", fx_col(mid, "mid_b"), fx_col(small, "small_B")));
    expr *x = fx_call("<", fx_col(small, "small_B"), fx_int(5));
    EXPECT(fx_filter(j, x), "push_filters,join_order",
           "JOIN INNER [(big_a#1 = mid_A#2)]\n"
           "  SCAN big [big_a#1]\n"
           "  JOIN INNER [(mid_b#3 = small_B#4)]\n"
           "    SCAN mid [mid_A#2, mid_b#3] WHERE [(mid_b#3 < 5L)]\n"
           "    SCAN small [small_B#4] WHERE [(small_B#4 < 5L)]\n");
}

/* t.a = u.a and u.a = v.a: t and v may be joined directly, and no cross product is needed. */
Test(optimizer, equalities_are_transitive_for_join_order) {
    plan_node *t = fx_scan("t", "A", 10), *u = fx_scan("u", "a", 1000000),
              *v = fx_scan("v", "A", 20);
    plan_node *j = fx_join(JOIN_INNER, t, u, fx_call("=", fx_col(t, "t_A"), fx_col(u, "u_a")));
    j = fx_join(JOIN_INNER, j, v, fx_call("=", fx_col(u, "u_a"), fx_col(v, "v_A")));
    const char *text = fx_optimized(j, "join_order");
    cr_assert_not_null(strstr(text, "SCAN u"), "got:\n%s", text);
    cr_assert_null(strstr(text, "INNER []"), "got:\n%s", text);
}

Test(optimizer, unused_left_join_with_unique_keys_goes) {
    plan_node *t = fx_scan("t", "a", 100), *u = fx_scan("u", "Ab", 100);
    plan_node *j = fx_join(JOIN_LEFT, t, u, fx_call("=", fx_col(t, "t_a"), fx_col(u, "u_A")));
    EXPECT(fx_project(j, fx_col(t, "t_a"), "a"), "prune_columns",
           "PROJECT [t_a#1 AS a#4]\n  SCAN t [t_a#1]\n");
}

Test(optimizer, a_filter_that_is_never_true_empties_the_plan) {
    plan_node *t = fx_scan("t", "a", 100);
    expr *x = fx_call("=", fx_int(1), fx_int(2));
    EXPECT(fx_filter(t, x), "fold_constants,remove_redundant", "VALUES [t_a#1] 0 rows\n");
}

Test(optimizer, what_raises_is_not_folded) {
    plan_node *t = fx_scan("t", "a", 100);
    const char *text =
        fx_optimized(fx_project(t, fx_call("div", fx_int(1), fx_int(0)), "x"), "fold_constants");
    cr_assert_not_null(strstr(text, "div"), "got:\n%s", text);
}

Test(optimizer, every_rule_has_a_text_and_unnesting_cannot_be_disabled) {
    for (uint32_t i = 0; optimizer_rule_at(i) != NULL; i++) {
        cr_assert_not_null(optimizer_rule_at(i)->doc);
        cr_assert_eq(optimizer_rule_at(i)->mandatory,
                     strcmp(optimizer_rule_at(i)->name, "unnest_subqueries") == 0);
    }
}
