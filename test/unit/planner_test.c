/* planner_test.c - operators and pipelines made of plans by hand. */
#include "plan_fixture.h"

#include "planner/planner.h"

TestSuite(planner, .init = fx_init, .fini = fx_deinit);

static const physical_plan *planned_of(plan_node *n) {
    const physical_plan *plan = NULL;
    FX_OK(planner_plan(&fx.context, n, &plan));
    return plan;
}

static const char *text_of(const physical_plan *plan) {
    buffer out;
    buffer_init(&out, &fx.query.ledger);
    FX_OK(physical_append_text(&out, plan, NULL, &fx.query));
    string_view text = arena_copy_string(&fx.arena, buffer_view(&out));
    buffer_deinit(&out);
    return text.data;
}

/* Pipelines as "source>operator>sink", numbered, with what they wait for. */
static const char *pipelines_of(const physical_plan *plan) {
    buffer out;
    buffer_init(&out, &fx.query.ledger);
    for (uint32_t i = 0; i < plan->pipeline_count; i++) {
        const phys_pipeline *p = &plan->pipelines[i];
        FX_OK(buffer_printf(&out, "%s", phys_kind_name((phys_kind)p->source->kind)));
        for (uint32_t k = 0; k < p->operator_count; k++)
            FX_OK(buffer_printf(&out, ">%s", phys_kind_name((phys_kind)p->operators[k]->kind)));
        FX_OK(buffer_printf(&out, ">%s", phys_kind_name((phys_kind)p->sink->kind)));
        if (p->sink_input != 0) FX_OK(buffer_printf(&out, "/%u", p->sink_input));
        for (uint32_t k = 0; k < p->depend_count; k++)
            FX_OK(buffer_printf(&out, " after %u", p->depends[k]));
        FX_OK(buffer_append_char(&out, '\n'));
    }
    string_view text = arena_copy_string(&fx.arena, buffer_view(&out));
    buffer_deinit(&out);
    return text.data;
}

#define PIPELINES(plan, text)                                                                      \
    cr_assert_str_eq(pipelines_of(plan), text, "got:\n%s", pipelines_of(plan))

Test(planner, a_join_builds_before_it_probes) {
    plan_node *t = fx_scan("t", "ab", 100), *u = fx_scan("u", "ab", 10);
    plan_node *j = fx_join(JOIN_INNER, t, u, fx_call("=", fx_col(t, "t_a"), fx_col(u, "u_a")));
    const physical_plan *plan =
        planned_of(fx_aggregate(j, fx_col(t, "t_b"), "sum", fx_col(u, "u_b")));
    PIPELINES(plan, "SCAN>HASH_JOIN/1\n"
                    "SCAN>HASH_JOIN>HASH_AGGREGATE after 0\n"
                    "HASH_AGGREGATE>RESULT after 1\n");
    const char *text = text_of(plan);
    cr_assert_not_null(strstr(text, "HASH_JOIN INNER (t_a = u_a)"), "got:\n%s", text);
    cr_assert_not_null(strstr(text, "FILTERED BY t_a"), "got:\n%s", text);
}

Test(planner, kept_build_rows_come_after_all_probes) {
    plan_node *t = fx_scan("t", "a", 100), *u = fx_scan("u", "a", 10);
    plan_node *j = fx_join(JOIN_RIGHT, t, u, fx_call("=", fx_col(t, "t_a"), fx_col(u, "u_a")));
    PIPELINES(planned_of(j), "SCAN>HASH_JOIN/1\n"
                             "SCAN>HASH_JOIN>RESULT after 0\n"
                             "HASH_JOIN>RESULT after 0 after 1\n");
}

Test(planner, without_equality_loops_are_nested) {
    plan_node *t = fx_scan("t", "a", 100), *u = fx_scan("u", "a", 10);
    plan_node *j = fx_join(JOIN_LEFT, t, u, fx_call("<", fx_col(t, "t_a"), fx_col(u, "u_a")));
    PIPELINES(planned_of(j), "SCAN>NESTED_LOOP_JOIN/1\n"
                             "SCAN>NESTED_LOOP_JOIN>RESULT after 0\n");
}

Test(planner, limits_and_sorts_are_breakers) {
    plan_node *t = fx_scan("t", "a", 100);
    PIPELINES(planned_of(fx_limit(fx_sort(t, fx_col(t, "t_a")), 3)), "SCAN>SORT\n"
                                                                     "SORT>LIMIT after 0\n"
                                                                     "LIMIT>RESULT after 1\n");
}

Test(planner, union_all_feeds_one_sink_from_several_pipelines) {
    plan_node *t = fx_scan("t", "a", 100), *u = fx_scan("u", "a", 10);
    plan_set_op *s = PLAN_NEW(&fx.context, plan_set_op, PLAN_SET_OP, 2, 1);
    s->base.columns[0] = t->columns[0];
    s->base.columns[0].id = plan_new_column(&fx.context);
    s->base.children[0] = t;
    s->base.children[1] = u;
    s->inputs = ARENA_ARRAY(&fx.arena, column_id *, 2);
    s->inputs[0] = &t->columns[0].id;
    s->inputs[1] = &u->columns[0].id;
    PIPELINES(planned_of(fx_sort(&s->base, plan_column_expr(&fx.arena, &s->base.columns[0]))),
              "SCAN>SORT\n"
              "SCAN>SORT\n"
              "SORT>RESULT after 0 after 1\n");
}

/* The recursion's own pipelines come last and together; the table it joins is built once, before.
 */
Test(planner, a_recursion_hoists_what_does_not_change) {
    plan_node *t = fx_scan("t", "a", 10), *e = fx_scan("e", "ab", 100);
    plan_recursive *r = PLAN_NEW(&fx.context, plan_recursive, PLAN_RECURSIVE, 2, 1);
    r->base.columns[0] = t->columns[0];
    r->base.columns[0].id = plan_new_column(&fx.context);
    plan_cte_scan *last = PLAN_NEW(&fx.context, plan_cte_scan, PLAN_RECURSIVE_SCAN, 0, 1);
    last->base.columns[0] = t->columns[0];
    last->base.columns[0].id = plan_new_column(&fx.context);
    last->source_columns = &r->base.columns[0].id;
    plan_node *j = fx_join(JOIN_INNER, &last->base, e,
                           fx_call("=", fx_col(&last->base, "t_a"), fx_col(e, "e_a")));
    r->base.children[0] = t;
    r->base.children[1] = fx_project(j, fx_col(e, "e_b"), "b");
    const physical_plan *plan = planned_of(&r->base);
    PIPELINES(plan, "SCAN>RECURSIVE after 1\n"
                    "SCAN>HASH_JOIN/1\n"
                    "RECURSIVE>RESULT after 0\n"
                    "RECURSIVE_SCAN>HASH_JOIN>PROJECT>RECURSIVE/1 after 1\n");
    const phys_recursive *op = (const phys_recursive *)plan->pipelines[0].sink;
    cr_assert_eq(op->step_first, 3);
    cr_assert_eq(op->step_count, 1);
}

Test(planner, scans_are_told_predicates_and_keep_them_as_residuals) {
    plan_node *t = fx_scan("t", "abc", 100);
    plan_scan *s = (plan_scan *)t;
    s->predicates = ARENA_ARRAY(&fx.arena, expr *, 3);
    s->predicates[0] = fx_call("<", fx_col(t, "t_a"), fx_col(t, "t_b"));
    s->predicates[1] = fx_call(">", fx_int(5), fx_col(t, "t_a"));
    s->predicates[2] = fx_call("isnull", fx_col(t, "t_b"), NULL);
    s->predicate_count = 3;
    const physical_plan *plan = planned_of(fx_project(t, fx_col(t, "t_c"), "c"));
    const phys_scan *scan = (const phys_scan *)plan->pipelines[0].source;
    cr_assert_eq(scan->predicate_count, 2);
    cr_assert_eq(scan->predicates[0].op, SCAN_LT, "5 > a is a < 5");
    cr_assert_eq(scan->predicates[0].column, 0);
    cr_assert_eq(scan->predicates[1].op, SCAN_IS_NULL);
    cr_assert_eq(scan->residual_count, 3);
    cr_assert_eq(expr_op(scan->residual[0]), OP_GT);
    cr_assert_eq(expr_op(scan->residual[2]), OP_LT);
    cr_assert_eq(scan->base.column_count, 3);
    cr_assert_eq(scan->filter_columns, 2, "only c is used above");
    cr_assert_eq(scan->columns[0], 2);
}
