/* plan_fixture.c - see plan_fixture.h. */
#include "plan_fixture.h"

fixture fx;

static bool fx_stats(const source *s, uint32_t column, column_stats *out) {
    const fx_table *t = (const fx_table *)s;
    out->distinct_count = t->distinct[column];
    out->unique = t->distinct[column] >= (double)t->rows;
    out->has_null_count = true;
    return true;
}

static bool fx_row_count(const source *s, uint64_t *rows, bool *exact) {
    *rows = ((const fx_table *)s)->rows;
    *exact = true;
    return true;
}

static const source_vtab fx_vtab = {
    .name = "fixture", .stats = fx_stats, .row_count = fx_row_count};

void fx_init(void) {
    memset(&fx, 0, sizeof fx);
    ledger_init(&fx.query.ledger, NULL, "test", SIZE_MAX);
    settings_init(&fx.settings, &fx.query.ledger);
    fx.query.settings = &fx.settings;
    arena_init(&fx.arena, &fx.query.ledger);
    error_init(&fx.err);
    fx.context =
        (plan_context){.arena = &fx.arena, .query = &fx.query, .err = &fx.err, .next_column = 1};
}

void fx_deinit(void) {
    arena_deinit(&fx.arena);
    error_deinit(&fx.err);
    settings_deinit(&fx.settings);
    ledger_deinit(&fx.query.ledger);
}

plan_node *fx_scan(const char *name, const char *letters, uint64_t rows) {
    fx_table *t = &fx.tables[fx.table_count++];
    uint32_t count = (uint32_t)strlen(letters);
    cr_assert(fx.table_count <= 8 && count <= FX_COLUMNS_MAX);
    t->rows = rows;
    t->base = (source){.vtab = &fx_vtab, .columns = t->columns, .column_count = count};
    plan_scan *s = PLAN_NEW(&fx.context, plan_scan, PLAN_SCAN, 0, count);
    uint32_t *source_columns = ARENA_ARRAY(&fx.arena, uint32_t, count);
    for (uint32_t i = 0; i < count; i++) {
        bool unique = letters[i] < 'a';
        char *text = arena_printf(&fx.arena, "%s_%c", name, letters[i]);
        t->distinct[i] = unique ? (double)rows : (double)rows / 10;
        t->columns[i] = (source_column){
            .name = sv_from(text), .type = type_simple(TYPE_BIGINT), .nullable = true};
        s->base.columns[i] = (plan_column){.id = plan_new_column(&fx.context),
                                           .name = sv_from(text),
                                           .type = type_simple(TYPE_BIGINT),
                                           .nullable = true};
        source_columns[i] = i;
    }
    s->source = &t->base;
    s->source_columns = source_columns;
    s->name = sv_from(name);
    return &s->base;
}

expr *fx_col(const plan_node *n, const char *name) {
    for (uint32_t i = 0; i < n->column_count; i++)
        if (sv_equal(n->columns[i].name, sv_from(name)))
            return plan_column_expr(&fx.arena, &n->columns[i]);
    cr_assert_fail("no column %s", name);
    return NULL;
}

expr *fx_int(int64_t value) {
    return expr_constant_int64(&fx.arena, type_simple(TYPE_BIGINT), value, (span){0, 0});
}

expr *fx_call(const char *name, expr *x, expr *y) {
    expr *args[2] = {x, y}, *out = NULL;
    FX_OK(expr_call_new(&fx.arena, &fx.query, name, args, y != NULL ? 2 : 1, (span){0, 0}, &out,
                        &fx.err));
    return out;
}

static expr *fx_bool(expr_kind kind, expr *x, expr *y) {
    expr *out =
        expr_new(&fx.arena, kind, type_simple(TYPE_BOOLEAN), true, (span){0, 0}, y != NULL ? 2 : 1);
    out->args[0] = x;
    if (y != NULL) out->args[1] = y;
    return out;
}

expr *fx_and(expr *x, expr *y) {
    return fx_bool(EXPR_AND, x, y);
}
expr *fx_or(expr *x, expr *y) {
    return fx_bool(EXPR_OR, x, y);
}
expr *fx_not(expr *x) {
    return fx_bool(EXPR_NOT, x, NULL);
}

expr *fx_subquery(subquery_kind kind, plan_node *plan, expr *in) {
    type t = kind == SUBQUERY_SCALAR ? plan->columns[0].type : type_simple(TYPE_BOOLEAN);
    expr *x = expr_new(&fx.arena, EXPR_SUBQUERY, t, true, (span){0, 0}, in != NULL);
    if (in != NULL) x->args[0] = in;
    x->u.subquery = (expr_subquery){.kind = kind, .plan = plan};
    return x;
}

plan_node *fx_filter(plan_node *n, expr *x) {
    return &plan_filter_new(&fx.context, n, &x, 1)->base;
}

plan_node *fx_join(join_kind kind, plan_node *l, plan_node *r, expr *condition) {
    plan_join *j = plan_join_new(&fx.context, kind, l, r);
    if (condition != NULL) {
        j->conditions = ARENA_ARRAY(&fx.arena, expr *, 1);
        j->conditions[j->condition_count++] = condition;
    }
    return &j->base;
}

plan_node *fx_project(plan_node *n, expr *x, const char *name) {
    plan_project *p = plan_project_new(&fx.context, n, 1);
    p->exprs[0] = x;
    p->base.columns[0] = (plan_column){.id = plan_new_column(&fx.context),
                                       .name = sv_from(name),
                                       .type = x->type,
                                       .nullable = x->nullable};
    return &p->base;
}

/* Aggregates of this file's own: what they compute is of no interest here, but their value for no
 * rows is. */
static dbx_status fx_finalize_null(fn_call *call, void *const *states, uint32_t count, vector *out,
                                   uint32_t at) {
    (void)states;
    for (uint32_t i = 0; i < count; i++) TRY(fn_set_null(call, out, at + i));
    return DBX_OK;
}
static dbx_status fx_finalize_zero(fn_call *call, void *const *states, uint32_t count, vector *out,
                                   uint32_t at) {
    (void)call, (void)states;
    for (uint32_t i = 0; i < count; i++) VECTOR_DATA(out, int64_t)[at + i] = 0;
    return DBX_OK;
}
static const aggregate_kernel fx_sum_kernel = {.state_size = 16, .finalize = fx_finalize_null};
static const aggregate_kernel fx_count_kernel = {.state_size = 16, .finalize = fx_finalize_zero};
static const function_row fx_sum = {
    .name = "sum", .kind = FUNCTION_AGGREGATE, .op = OP_SUM, .aggregate = &fx_sum_kernel};
static const function_row fx_count = {
    .name = "count", .kind = FUNCTION_AGGREGATE, .op = OP_COUNT, .aggregate = &fx_count_kernel};

plan_node *fx_aggregate(plan_node *n, expr *by, const char *name, expr *of) {
    bool count = strcmp(name, "count") == 0;
    plan_aggregate *g = plan_aggregate_new(&fx.context, n, by != NULL, 1);
    if (by != NULL) {
        g->groups[0] = by;
        g->base.columns[0] = (plan_column){.id = plan_new_column(&fx.context),
                                           .name = SV("key"),
                                           .type = by->type,
                                           .nullable = by->nullable};
    }
    expr *x = expr_new(&fx.arena, EXPR_AGGREGATE, type_simple(TYPE_BIGINT), !count, (span){0, 0},
                       of != NULL);
    if (of != NULL) x->args[0] = of;
    const function_row *row = count ? &fx_count : &fx_sum;
    x->u.aggregate =
        (expr_aggregate){.row = row, .kernel = row->aggregate, .argument_count = of != NULL};
    g->aggregates[0] = x;
    g->base.columns[by != NULL] = (plan_column){.id = plan_new_column(&fx.context),
                                                .name = sv_from(name),
                                                .type = x->type,
                                                .nullable = x->nullable};
    return &g->base;
}

plan_node *fx_limit(plan_node *n, uint64_t limit) {
    return &plan_limit_new(&fx.context, n, limit, 0)->base;
}

plan_node *fx_sort(plan_node *n, expr *x) {
    plan_sort *s = (plan_sort *)plan_unary_new(&fx.context, PLAN_SORT, n);
    s->keys = ARENA_ARRAY(&fx.arena, sort_key, 1);
    s->keys[0] = (sort_key){.expr = x, .order = {.nulls_first = true}};
    s->key_count = 1;
    return &s->base;
}

static void fx_forget_estimates(plan_node *n) {
    n->rows = -1;
    for (uint32_t i = 0; i < n->child_count; i++) fx_forget_estimates(n->children[i]);
}

const char *fx_optimized(plan_node *n, const char *only) {
    buffer disabled, out;
    buffer_init(&disabled, &fx.query.ledger);
    buffer_init(&out, &fx.query.ledger);
    for (uint32_t i = 0; only != NULL && optimizer_rule_at(i) != NULL; i++) {
        const char *name = optimizer_rule_at(i)->name;
        if (strstr(only, name) == NULL) FX_OK(buffer_printf(&disabled, "%s,", name));
    }
    fx.settings.optimizer_disabled = buffer_view(&disabled);
    FX_OK(optimizer_run(&fx.context, &n));
    fx_forget_estimates(n);
    FX_OK(plan_append_text(&out, n, &fx.query));
    string_view text = arena_copy_string(&fx.arena, buffer_view(&out));
    buffer_deinit(&disabled);
    buffer_deinit(&out);
    fx.settings.optimizer_disabled = (string_view){NULL, 0};
    return text.data;
}
