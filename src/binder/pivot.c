/* pivot.c - PIVOT as two aggregations, UNPIVOT as a generator.
 *
 * PIVOT groups by every column that it does not mention. The first AGGREGATE groups by these and
 * the pivot columns, the second picks the row of each pivot value, so that a value without rows
 * gives NULL and not count 0. UNPIVOT is stack(n, name, values, …) over each row.
 */
#include "binder/binder_int.h"

typedef struct pivot_value {
    expr **parts; /* one per pivot column */
    string_view name;
} pivot_value;

typedef struct pivot_state {
    const ast_pivot *ast;
    select_state
        select; /* from, groups (kept columns, then pivot columns), items: the aggregates */
    uint32_t kept_count;
    pivot_value *values;
} pivot_state;

static dbx_status pivot_bind_columns(binder *b, pivot_state *p, expr **columns) {
    for (uint32_t i = 0; i < p->ast->columns.count; i++) {
        const ast_name *name = AST_AS(ast_name, p->ast->columns.items[i]);
        ast_column_ref *ref = ARENA_NEW(b->arena, ast_column_ref);
        if (ref == NULL) return binder_nomem(b);
        ref->node = (ast_node){.kind = AST_COLUMN_REF, .span = name->node.span};
        ref->name = (ast_name *)(uintptr_t)name;
        TRY(bind_column_ref(b, ref, &columns[i]));
        if (type_is_groupable(columns[i]->type)) continue;
        return error_raise(b->err, ERR_INCOMPARABLE_PIVOT_COLUMN, binder_node_span(b, &name->node),
                           "columnName", binder_quote_name(b, name), NULL);
    }
    return DBX_OK;
}

static dbx_status pivot_bind_aggregates(binder *b, pivot_state *p) {
    for (uint32_t i = 0; i < p->ast->aggregates.count; i++) {
        const ast_select_item *ast = AST_AS(ast_select_item, p->ast->aggregates.items[i]);
        select_item item = {
            .ast = ast->expr, .bound = true, .span = binder_node_span(b, &ast->node)};
        TRY(bind_expr(b, ast->expr, &item.expr));
        if (!expr_contains(item.expr, EXPR_AGGREGATE)) {
            return error_raise(b->err, ERR_LEGACY_ERROR_TEMP_1006, item.span, "sql",
                               binder_sql_of(b, ast->expr), NULL);
        }
        if (ast->aliases.count > 0)
            item.name = ast->aliases.items[0].text;
        else
            TRY(pretty_column_name(b, ast->expr, &item.name));
        TRY(bind_push_item(b, &p->select, item));
    }
    return DBX_OK;
}

/* The columns that neither aggregates nor FOR use, then those of FOR. */
static dbx_status pivot_groups(binder *b, pivot_state *p, expr *const *columns) {
    select_state *s = &p->select;
    column_set used;
    if (column_set_init(&used, b->plan->next_column, b->arena) != DBX_OK) return binder_nomem(b);
    for (uint32_t i = 0; i < s->items.count; i++) {
        if (expr_collect_columns(s->items.items[i].expr, &used, b->arena) != DBX_OK)
            return binder_nomem(b);
    }
    for (uint32_t i = 0; i < p->ast->columns.count; i++) {
        if (expr_collect_columns(columns[i], &used, b->arena) != DBX_OK) return binder_nomem(b);
    }
    for (uint32_t i = 0; s->from != NULL && i < s->from->columns.count; i++) {
        const scope_column *c = &s->from->columns.items[i];
        if (c->hidden || c->metadata || column_set_has(&used, c->id)) continue;
        expr *e = scope_column_expr(b, c, p->ast->node.span);
        if (e == NULL || ARENA_LIST_PUSH(b->arena, &s->groups, e) != DBX_OK ||
            ARENA_LIST_PUSH(b->arena, &s->group_asts, NULL) != DBX_OK)
            return binder_nomem(b);
        p->kept_count++;
    }
    for (uint32_t i = 0; i < p->ast->columns.count; i++) {
        if (ARENA_LIST_PUSH(b->arena, &s->groups, columns[i]) != DBX_OK ||
            ARENA_LIST_PUSH(b->arena, &s->group_asts, NULL) != DBX_OK)
            return binder_nomem(b);
    }
    return DBX_OK;
}

static dbx_status pivot_value_name(binder *b, const pivot_value *v, uint32_t count,
                                   string_view *out) {
    buffer text;
    dbx_status status = DBX_OK;
    buffer_init(&text, &b->query->ledger);
    if (count > 1) status = buffer_append_char(&text, '{');
    for (uint32_t i = 0; i < count && status == DBX_OK; i++) {
        if (i > 0) status = buffer_append(&text, ", ", 2);
        const vector *value = v->parts[i]->u.value;
        if (status != DBX_OK) break;
        if (vector_is_null(value, 0))
            status = buffer_append(&text, "null", 4);
        else
            status = value_append_text(&text, value, 0, DBX_TEXT_CAST, b->query);
    }
    if (count > 1 && status == DBX_OK) status = buffer_append_char(&text, '}');
    if (status == DBX_OK) {
        *out = arena_copy_string(b->arena, text.size == 0 ? SV("") : buffer_view(&text));
        if (out->data == NULL) status = DBX_NOMEM;
    }
    buffer_deinit(&text);
    return status == DBX_OK ? DBX_OK : binder_nomem(b);
}

static dbx_status pivot_bind_value(binder *b, pivot_state *p, const ast_select_item *item,
                                   expr *const *columns, pivot_value *out) {
    uint32_t count = p->ast->columns.count;
    const ast_row *row = item->expr->kind == AST_ROW ? AST_AS(ast_row, item->expr) : NULL;
    uint32_t given = row == NULL ? 1 : row->items.count;
    span s = binder_node_span(b, &item->node);
    out->parts = ARENA_ARRAY(b->arena, expr *, count);
    if (out->parts == NULL) return binder_nomem(b);
    if (given != count) {
        return error_raise(b->err, ERR_PIVOT_VALUE_DATA_TYPE_MISMATCH, s, "value",
                           binder_sql_of(b, item->expr), "valueType", "struct", "pivotType",
                           type_sql(b->arena, columns[0]->type), NULL);
    }
    for (uint32_t i = 0; i < count; i++) {
        const ast_expr *ast =
            row == NULL ? item->expr : AST_AS(ast_select_item, row->items.items[i])->expr;
        const vector *value;
        expr *e;
        bind_block block;
        binder_push(b, &block, p->select.from, CLAUSE_GENERATOR);
        dbx_status status = bind_expr(b, ast, &e);
        binder_pop(b, &block);
        TRY(status);
        TRY(bind_fold(b, e, &value));
        if (value == NULL) {
            return error_raise(b->err, ERR_NON_LITERAL_PIVOT_VALUES, s, "expression",
                               binder_sql_of(b, ast), NULL);
        }
        if (!cast_implicit_allowed(e->type, columns[i]->type, b->query->settings->ansi) &&
            !type_equal(e->type, columns[i]->type)) {
            return error_raise(b->err, ERR_PIVOT_VALUE_DATA_TYPE_MISMATCH, s, "value",
                               binder_sql_of(b, ast), "valueType", type_sql(b->arena, e->type),
                               "pivotType", type_sql(b->arena, columns[i]->type), NULL);
        }
        out->parts[i] = expr_constant(b->arena, value, e->span);
        if (out->parts[i] == NULL) return binder_nomem(b);
    }
    if (item->aliases.count > 0)
        out->name = item->aliases.items[0].text;
    else
        TRY(pivot_value_name(b, out, count, &out->name));
    for (uint32_t i = 0; i < count; i++)
        TRY(bind_cast(b, out->parts[i], columns[i]->type, &out->parts[i]));
    return DBX_OK;
}

/* first(aggregate) over the rows of one pivot value. */
static dbx_status pivot_pick(binder *b, const pivot_state *p, const pivot_value *v, expr *aggregate,
                             expr *const *keys, expr **out) {
    call_shape shape = {.name = SV("first"), .span = p->ast->node.span, .count = 1};
    function_match m;
    uint32_t row_count, count = p->ast->columns.count;
    const function_row *rows = function_lookup(shape.name, &row_count);
    expr **tests = ARENA_ARRAY(b->arena, expr *, count), *filter, *arg;
    if (rows == NULL)
        return binder_unsupported(b, p->ast->node.span, "PIVOT without the function first");
    if (tests == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < count; i++) {
        expr *pair[2] = {keys[i], v->parts[i]};
        TRY(bind_call(b, "<=>", pair, 2, p->ast->node.span, NULL, &tests[i]));
    }
    filter = expr_and(b->arena, tests, count);
    shape.args = &aggregate;
    if (filter == NULL) return binder_nomem(b);
    TRY(bind_match(b, &shape, rows, row_count, &m));
    TRY(bind_matched_args(b, &shape, &m, &arg));
    expr *e = expr_new(b->arena, EXPR_AGGREGATE, m.bind.result, true,
                       binder_node_span(b, &p->ast->node), 2);
    if (e == NULL) return binder_nomem(b);
    e->args[0] = arg;
    e->args[1] = filter;
    e->u.aggregate = (expr_aggregate){.row = m.bind.row,
                                      .kernel = m.bind.aggregate,
                                      .state = m.bind.state,
                                      .scratch_size = m.bind.scratch_size,
                                      .argument_count = 1,
                                      .has_filter = true};
    *out = e;
    return DBX_OK;
}

static dbx_status pivot_build(binder *b, pivot_state *p, expr *const *columns, plan_node **out) {
    select_state *s = &p->select;
    uint32_t keys = p->ast->columns.count, items = s->items.count, values = p->ast->values.count;
    expr ***roots = ARENA_ARRAY(b->arena, expr **, items + 1);
    uint32_t width = p->kept_count + keys + items;
    expr **exprs = ARENA_ARRAY(b->arena, expr *, width + 1);
    if (roots == NULL || exprs == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < items; i++) roots[i] = &s->items.items[i].expr;
    TRY(bind_make_aggregate(b, s, roots, items));
    for (uint32_t i = 0; i < p->kept_count + keys; i++) {
        exprs[i] = bind_plan_column(b, s->plan, i, p->ast->node.span);
        if (exprs[i] == NULL) return binder_nomem(b);
    }
    for (uint32_t i = 0; i < items; i++) exprs[p->kept_count + keys + i] = s->items.items[i].expr;
    (void)columns;
    plan_node *first;
    TRY(bind_project(b, s->plan, exprs, NULL, width, &first));
    uint32_t count = p->kept_count + values * items;
    plan_aggregate *n = PLAN_NEW(b->plan, plan_aggregate, PLAN_AGGREGATE, 1, count);
    if (n == NULL) return binder_nomem(b);
    n->base.children[0] = first;
    n->groups = ARENA_ARRAY(b->arena, expr *, p->kept_count + 1);
    n->aggregates = ARENA_ARRAY(b->arena, expr *, values * items + 1);
    if (n->groups == NULL || n->aggregates == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < width; i++) {
        exprs[i] = bind_plan_column(b, first, i, p->ast->node.span);
        if (exprs[i] == NULL) return binder_nomem(b);
    }
    for (uint32_t i = 0; i < p->kept_count; i++) {
        n->groups[i] = exprs[i];
        const scope_column *c = scope_find_id(s->from, s->groups.items[i]->u.column);
        n->base.columns[i] = (plan_column){.id = plan_new_column(b->plan),
                                           .name = c == NULL ? SV("") : c->name,
                                           .type = exprs[i]->type,
                                           .nullable = exprs[i]->nullable};
    }
    n->group_count = p->kept_count;
    n->aggregate_count = values * items;
    for (uint32_t v = 0; v < values; v++) {
        for (uint32_t i = 0; i < items; i++) {
            uint32_t at = v * items + i;
            TRY(pivot_pick(b, p, &p->values[v], exprs[p->kept_count + keys + i],
                           exprs + p->kept_count, &n->aggregates[at]));
            string_view name = p->values[v].name;
            if (items > 1) {
                name = sv_from(arena_printf(b->arena, SV_FMT "_" SV_FMT, SV_ARG(name),
                                            SV_ARG(s->items.items[i].name)));
            }
            n->base.columns[p->kept_count + at] = (plan_column){.id = plan_new_column(b->plan),
                                                                .name = name,
                                                                .type = n->aggregates[at]->type,
                                                                .nullable = true};
        }
    }
    *out = &n->base;
    return DBX_OK;
}

static dbx_status pivot_bind_block(binder *b, pivot_state *p, plan_node **out) {
    expr **columns = ARENA_ARRAY(b->arena, expr *, p->ast->columns.count + 1);
    p->values = ARENA_ARRAY(b->arena, pivot_value, p->ast->values.count + 1);
    if (columns == NULL || p->values == NULL) return binder_nomem(b);
    TRY(pivot_bind_columns(b, p, columns));
    TRY(pivot_bind_aggregates(b, p));
    TRY(pivot_groups(b, p, columns));
    for (uint32_t i = 0; i < p->ast->values.count; i++) {
        TRY(pivot_bind_value(b, p, AST_AS(ast_select_item, p->ast->values.items[i]), columns,
                             &p->values[i]));
    }
    return pivot_build(b, p, columns, out);
}

dbx_status bind_pivot(binder *b, const ast_pivot *ast, bound_relation *input, bound_relation *out) {
    pivot_state p = {.ast = ast};
    bind_block block;
    p.select.from = input->scope;
    p.select.plan = input->plan;
    p.select.aggregated = true;
    binder_push(b, &block, input->scope, CLAUSE_PIVOT);
    dbx_status status = pivot_bind_block(b, &p, &out->plan);
    binder_pop(b, &block);
    TRY(status);
    out->scope = scope_of_plan(b, out->plan, NULL);
    if (out->scope == NULL) return binder_nomem(b);
    return bind_alias(b, &ast->alias, ast->node.span, out);
}

/* ---- UNPIVOT ---- */

typedef struct unpivot_state {
    const ast_unpivot *ast;
    bound_relation *input;
    uint32_t width;     /* value columns */
    expr **values;      /* [item][width] */
    string_view *names; /* per item */
    const scope_column **used;
    uint32_t used_count;
} unpivot_state;

static dbx_status unpivot_item(binder *b, unpivot_state *u, uint32_t index) {
    const ast_unpivot_item *item = &u->ast->items[index];
    const char *joined = "";
    if (item->columns.count != u->width) {
        return error_raise(b->err, ERR_UNPIVOT_VALUE_SIZE_MISMATCH,
                           binder_node_span(b, &u->ast->node), "names",
                           arena_printf(b->arena, "%u", u->width), NULL);
    }
    for (uint32_t i = 0; i < u->width; i++) {
        const ast_name *name = AST_AS(ast_name, item->columns.items[i]);
        const string_view *parts;
        const scope_column *c = NULL;
        uint32_t count, used = 0;
        TRY(binder_name_parts(b, name, &parts, &count));
        if (u->input->scope != NULL) {
            TRY(scope_find_column(b, u->input->scope, parts, count, false, name->node.span, &c,
                                  &used));
        }
        if (c == NULL)
            return bind_raise_unresolved_column(b, parts, count, u->input->scope, name->node.span);
        expr *e = scope_column_expr(b, c, name->node.span);
        if (e == NULL) return binder_nomem(b);
        for (uint32_t k = used; k < count; k++)
            TRY(bind_field(b, e, parts[k], name->node.span, &e));
        u->values[index * u->width + i] = e;
        u->used[u->used_count++] = c;
        joined = arena_printf(b->arena, "%s%s" SV_FMT, joined, i > 0 ? "_" : "",
                              SV_ARG(parts[count - 1]));
        if (joined == NULL) return binder_nomem(b);
    }
    u->names[index] = sv_from(joined);
    return ast_ident_given(&item->alias) ? binder_ident_text(b, &item->alias, &u->names[index])
                                         : DBX_OK;
}

static dbx_status unpivot_types(binder *b, unpivot_state *u) {
    uint32_t items = u->ast->item_count;
    expr **column = ARENA_ARRAY(b->arena, expr *, items + 1);
    if (column == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < u->width; i++) {
        type common;
        bool ok;
        for (uint32_t k = 0; k < items; k++) column[k] = u->values[k * u->width + i];
        TRY(bind_common(b, column, items, &common, &ok));
        if (!ok) {
            return error_raise(b->err, ERR_UNPIVOT_VALUE_DATA_TYPE_MISMATCH,
                               binder_node_span(b, &u->ast->node), "types",
                               type_sql(b->arena, column[0]->type), NULL);
        }
        for (uint32_t k = 0; k < items; k++) u->values[k * u->width + i] = column[k];
    }
    return DBX_OK;
}

static dbx_status unpivot_stack(binder *b, unpivot_state *u, plan_node **out) {
    uint32_t items = u->ast->item_count, per = u->width + 1, at = 0;
    span s = binder_node_span(b, &u->ast->node);
    expr **args = ARENA_ARRAY(b->arena, expr *, items * per + 1);
    string_view *names = ARENA_ARRAY(b->arena, string_view, per);
    if (args == NULL || names == NULL) return binder_nomem(b);
    args[at++] = expr_constant_int64(b->arena, type_simple(TYPE_INT), items, s);
    for (uint32_t k = 0; k < items; k++) {
        args[at++] = expr_constant_string(b->arena, u->names[k], s);
        for (uint32_t i = 0; i < u->width; i++) args[at++] = u->values[k * u->width + i];
    }
    for (uint32_t i = 0; i < at; i++) {
        if (args[i] == NULL) return binder_nomem(b);
    }
    names[0] = u->ast->name_column.text;
    for (uint32_t i = 0; i < u->width; i++) names[i + 1] = u->ast->value_columns.items[i].text;
    return bind_generate(b, u->input->plan, "stack", args, at, names, per, u->ast->node.span, out);
}

static bool unpivot_is_used(const unpivot_state *u, const scope_column *c) {
    for (uint32_t i = 0; i < u->used_count; i++) {
        if (u->used[i] == c) return true;
    }
    return false;
}

static dbx_status unpivot_filter(binder *b, const unpivot_state *u, plan_node **plan) {
    if (u->ast->include_nulls) return DBX_OK;
    expr **tests = ARENA_ARRAY(b->arena, expr *, u->width);
    expr *any;
    if (tests == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < u->width; i++) {
        expr *c =
            bind_plan_column(b, *plan, (*plan)->column_count - u->width + i, u->ast->node.span);
        if (c == NULL) return binder_nomem(b);
        TRY(bind_call(b, "isnotnull", &c, 1, u->ast->node.span, NULL, &tests[i]));
    }
    any = tests[0];
    if (u->width > 1) {
        any = expr_new(b->arena, EXPR_OR, type_simple(TYPE_BOOLEAN), false,
                       binder_node_span(b, &u->ast->node), u->width);
        if (any == NULL) return binder_nomem(b);
        memcpy(any->args, tests, u->width * sizeof(expr *));
    }
    return bind_filter(b, *plan, any, plan);
}

dbx_status bind_unpivot(binder *b, const ast_unpivot *ast, bound_relation *input,
                        bound_relation *out) {
    unpivot_state u = {.ast = ast, .input = input, .width = ast->value_columns.count};
    uint32_t cells = ast->item_count * u.width;
    u.values = ARENA_ARRAY(b->arena, expr *, cells + 1);
    u.names = ARENA_ARRAY(b->arena, string_view, ast->item_count + 1);
    u.used = ARENA_ARRAY(b->arena, const scope_column *, cells + 1);
    if (u.values == NULL || u.names == NULL || u.used == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < ast->item_count; i++) TRY(unpivot_item(b, &u, i));
    TRY(unpivot_types(b, &u));
    TRY(unpivot_stack(b, &u, &out->plan));
    TRY(unpivot_filter(b, &u, &out->plan));
    scope *s = scope_new(b);
    if (s == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < input->scope->columns.count; i++) {
        const scope_column *c = &input->scope->columns.items[i];
        if (!unpivot_is_used(&u, c)) TRY(scope_add(b, s, *c));
    }
    for (uint32_t i = 0; i <= u.width; i++) {
        const plan_column *p = &out->plan->columns[out->plan->column_count - u.width - 1 + i];
        scope_column c = {.id = p->id, .type = p->type, .nullable = p->nullable, .name = p->name};
        TRY(scope_add(b, s, c));
    }
    out->scope = s;
    return bind_alias(b, &ast->alias, ast->node.span, out);
}
