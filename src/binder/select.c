/* select.c - one SELECT block, from FROM to the final projection.
 *
 * Everything that follows FROM and WHERE is bound raw, over the columns of FROM: items, HAVING,
 * QUALIFY, sort keys. Then, from the bottom up, each step takes its part out of all these
 * expressions at once and leaves columns:
 *
 *     from ─ where ─ aggregate ─ having ─ shared aliases ─ windows ─ qualify ─ generator ─ project
 * ─ distinct ─ sort
 *
 * Sort keys that the list does not give become hidden items, projected away at the end.
 */
#include "binder/binder_int.h"

typedef struct select_key {
    const expr *raw; /* as bound; NULL for an ordinal */
    expr *expr;      /* raw, or over the output columns */
    uint32_t item;   /* the item that it is; UINT32_MAX: expr over the output */
    sort_order order;
    const ast_expr *ast;
} select_key;

typedef struct select_parts {
    expr *having;
    expr *qualify;
    select_key *keys;
    uint32_t key_count;
} select_parts;

bool bind_contains_raw(const expr *e) {
    if (e->kind == EXPR_AGGREGATE || e->kind == EXPR_WINDOW) return true;
    for (uint32_t i = 0; i < e->arg_count; i++) {
        if (bind_contains_raw(e->args[i])) return true;
    }
    return false;
}

/* ---- items ---- */

/* DEFAULT alone reads as a name. */
static bool select_is_default(const ast_expr *e) {
    if (e->kind != AST_COLUMN_REF) return e->kind == AST_DEFAULT;
    const ast_ident_list *parts = &AST_AS(ast_column_ref, e)->name->parts;
    return parts->count == 1 && !parts->items[0].quoted &&
           sv_equal_ignore_case(parts->items[0].text, SV("default"));
}

static dbx_status select_item_bind_ast(binder *b, select_state *s, uint32_t index, expr **out) {
    bind_block *block = b->block;
    bind_clause clause = block->clause;
    scope *output = block->output;
    uint32_t current = s->current, aggregate_depth = block->aggregate_depth;
    select_item *item = &s->items.items[index];
    if (item->binding) {
        return error_raise(b->err, ERR_UNSUPPORTED_FEATURE, item->span, "feature",
                           "an alias that refers to itself", NULL);
    }
    item->binding = true;
    block->clause = CLAUSE_SELECT;
    block->output = NULL;
    block->aggregate_depth = 0;
    s->current = index;
    bool done = false;
    dbx_status status = DBX_OK;
    if (select_is_default(item->ast)) {
        status = bind_insert_default(b, &s->ast->node, index, item->ast->span, out, &done);
    }
    if (status == DBX_OK && !done) status = bind_expr(b, item->ast, out);
    s->items.items[index].binding = false;
    block->clause = clause;
    block->output = output;
    block->aggregate_depth = aggregate_depth;
    s->current = current;
    return status;
}

dbx_status bind_select_item(binder *b, select_state *s, uint32_t index) {
    if (s->items.items[index].bound) return DBX_OK;
    expr *e;
    TRY(select_item_bind_ast(b, s, index, &e));
    select_item *item = &s->items.items[index];
    item->expr = e;
    item->nodes = expr_count_nodes(e);
    item->contains_raw = bind_contains_raw(e);
    item->bound = true;
    if (item->nodes > INLINE_NODES_MAX) {
        return error_raise(b->err, ERR_QUERY_TOO_DEEP, item->span, NULL);
    }
    if (item->name.data == NULL) TRY(pretty_column_name(b, item->ast, &item->name));
    return DBX_OK;
}

/* Aliases are put in place, but for what would be computed twice with two results, or grow without
 * bound. */
static bool select_alias_is_shared(const binder *b, const select_state *s,
                                   const select_item *item) {
    enum { INLINE_NODES = 12 };
    if (item->contains_raw || b->block->aggregate_depth > 0 || b->block->clause != CLAUSE_SELECT)
        return false;
    if (s->ast != NULL && (s->ast->group_by.count > 0 || s->ast->group_by_all)) return false;
    return item->nodes > INLINE_NODES || expr_is_volatile(item->expr) ||
           expr_contains(item->expr, EXPR_SUBQUERY);
}

dbx_status bind_alias_value(binder *b, select_state *s, uint32_t index, expr **out) {
    TRY(bind_select_item(b, s, index));
    select_item *item = &s->items.items[index];
    if (item->shared == 0 && select_alias_is_shared(b, s, item)) {
        item->shared = plan_new_column(b->plan);
        if (ARENA_LIST_PUSH(b->arena, &s->shared, index) != DBX_OK) return binder_nomem(b);
    }
    if (item->shared != 0 && !(b->block->aggregate_depth > 0)) {
        *out =
            expr_column(b->arena, item->shared, item->expr->type, item->expr->nullable, item->span);
        return *out == NULL ? binder_nomem(b) : DBX_OK;
    }
    /* A subquery's plan stands in one place only. */
    if (item->ast != NULL && expr_contains(item->expr, EXPR_SUBQUERY)) {
        return select_item_bind_ast(b, s, index, out);
    }
    *out = item->expr;
    return DBX_OK;
}

static dbx_status select_bind_items(binder *b, select_state *s) {
    for (uint32_t i = 0; i < s->visible; i++) TRY(bind_select_item(b, s, i));
    s->items_bound = true;
    return DBX_OK;
}

/* ---- FROM, WHERE ---- */

static dbx_status select_from(binder *b, select_state *s) {
    bound_relation r;
    if (s->ast->from == NULL) {
        TRY(bind_empty_relation(b, &r));
    } else {
        TRY(bind_from(b, s->ast->from, &r));
    }
    s->plan = r.plan;
    s->from = r.scope;
    return DBX_OK;
}

dbx_status bind_where(binder *b, const ast_expr *where, plan_node **plan) {
    expr *condition;
    b->block->clause = CLAUSE_WHERE;
    b->block->clause_ast = where;
    TRY(bind_condition(b, where, &condition));
    b->block->clause_ast = NULL;
    return bind_filter(b, *plan, condition, plan);
}

/* ---- ORDER BY ---- */

sort_order bind_sort_order(const ast_sort_item *item) {
    sort_order order = {.descending = item->descending, .nulls_first = !item->descending};
    if (item->nulls != AST_NULLS_DEFAULT) order.nulls_first = item->nulls == AST_NULLS_FIRST;
    return order;
}

dbx_status bind_check_orderable(binder *b, const expr *e, const ast_expr *ast) {
    if (type_is_orderable(e->type)) return DBX_OK;
    return error_raise(
        b->err, ERR_DATATYPE_MISMATCH__INVALID_ORDERING_TYPE, binder_span(b, e->span), "sqlExpr",
        ast == NULL ? "\"\"" : binder_sql_of(b, ast), "functionName", "`sortorder`", "dataType",
        arena_printf(b->arena, "\"%s\"", type_sql(b->arena, e->type)), NULL);
}

/* ORDER BY 2: *index of the column, or UINT32_MAX when this is no position. */
dbx_status bind_ordinal(binder *b, const ast_expr *e, uint32_t limit, uint32_t *index) {
    *index = UINT32_MAX;
    if (e->kind != AST_LITERAL || AST_AS(ast_literal, e)->type != AST_LITERAL_INTEGER)
        return DBX_OK;
    if (!b->query->settings->order_by_ordinal) return DBX_OK;
    string_view digits = AST_AS(ast_literal, e)->value;
    uint64_t value = 0;
    bool bad = digits.size == 0 || digits.data[0] == '-' || digits.size > 9;
    for (size_t i = 0; i < digits.size && !bad; i++)
        value = value * 10 + (uint64_t)(digits.data[i] - '0');
    if (bad || value == 0 || value > limit) {
        return error_raise(b->err, ERR_ORDER_BY_POS_OUT_OF_RANGE, binder_node_span(b, e), "index",
                           binder_cstr(b, digits), "size", arena_printf(b->arena, "%u", limit),
                           NULL);
    }
    *index = (uint32_t)value - 1;
    return DBX_OK;
}

static dbx_status select_output_scope(binder *b, const select_state *s, scope **out) {
    scope *o = scope_new(b);
    if (o == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < s->visible; i++) {
        const select_item *item = &s->items.items[i];
        scope_column c = {.id = item->id,
                          .type = item->expr->type,
                          .nullable = item->expr->nullable,
                          .name = item->name};
        if (item->star != NULL) c.qualifier = item->star->qualifier;
        TRY(scope_add(b, o, c));
    }
    *out = o;
    return DBX_OK;
}

static dbx_status select_inline_outputs(binder *b, const select_state *s, expr *e, expr **out) {
    column_id *ids = ARENA_ARRAY(b->arena, column_id, s->visible + 1);
    expr **with = ARENA_ARRAY(b->arena, expr *, s->visible + 1);
    if (ids == NULL || with == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < s->visible; i++) {
        ids[i] = s->items.items[i].id;
        with[i] = s->items.items[i].expr;
    }
    return bind_replace_columns(b, e, ids, with, s->visible, out);
}

static dbx_status select_key_item(binder *b, select_state *s, expr *e, const ast_expr *ast,
                                  select_key *key) {
    for (uint32_t i = 0; i < s->items.count; i++) {
        if (!bind_same_expr(s->items.items[i].expr, e)) continue;
        key->item = i;
        return DBX_OK;
    }
    if (s->ast != NULL && s->ast->distinct) {
        scope *output;
        const char *proposal = "";
        TRY(select_output_scope(b, s, &output));
        if (ast->kind == AST_COLUMN_REF) {
            const string_view *parts;
            uint32_t count;
            TRY(binder_name_parts(b, AST_AS(ast_column_ref, ast)->name, &parts, &count));
            return bind_raise_unresolved_column(b, parts, count, output, ast->span);
        }
        for (uint32_t i = 0; i < MIN(s->visible, (uint32_t)SUGGESTIONS_MAX) && proposal != NULL;
             i++) {
            proposal = arena_printf(b->arena, "%s%s%s", proposal, i > 0 ? ", " : "",
                                    binder_quote_parts(b, &s->items.items[i].name, 1));
        }
        return error_raise(b->err, ERR_UNRESOLVED_COLUMN__WITH_SUGGESTION, binder_node_span(b, ast),
                           "objectName", binder_sql_of(b, ast), "proposal",
                           proposal == NULL ? "" : proposal, NULL);
    }
    select_item hidden = {.ast = ast, .expr = e, .bound = true, .span = binder_node_span(b, ast)};
    hidden.contains_raw = bind_contains_raw(e);
    key->item = s->items.count;
    return bind_push_item(b, s, hidden);
}

static dbx_status select_bind_key(binder *b, select_state *s, const ast_expr *ast,
                                  select_key *key) {
    uint32_t ordinal;
    TRY(bind_ordinal(b, ast, s->visible, &ordinal));
    if (ordinal != UINT32_MAX) {
        key->item = ordinal;
        return bind_check_orderable(b, s->items.items[ordinal].expr, ast);
    }
    expr *e;
    b->used_output = b->used_scope = false;
    TRY(bind_expr(b, ast, &e));
    TRY(bind_check_orderable(b, e, ast));
    key->raw = e;
    if (e->kind == EXPR_COLUMN && b->used_output) {
        for (uint32_t i = 0; i < s->visible; i++) {
            if (s->items.items[i].id != e->u.column) continue;
            key->item = i;
            return DBX_OK;
        }
    }
    bool above = !b->used_scope && !bind_contains_raw(e) && !expr_contains(e, EXPR_SUBQUERY) &&
                 (b->used_output || expr_is_foldable(e));
    if (above) {
        key->item = UINT32_MAX;
        key->expr = e;
        return DBX_OK;
    }
    if (b->used_output || expr_contains(e, EXPR_SUBQUERY)) TRY(select_inline_outputs(b, s, e, &e));
    return select_key_item(b, s, e, ast, key);
}

static dbx_status select_bind_order_all(binder *b, select_state *s, const ast_sort_item *item,
                                        select_parts *p) {
    p->keys = ARENA_ARRAY(b->arena, select_key, s->visible + 1);
    if (p->keys == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < s->visible; i++) {
        TRY(bind_check_orderable(b, s->items.items[i].expr, s->items.items[i].ast));
        p->keys[i] = (select_key){.item = i, .order = bind_sort_order(item)};
    }
    p->key_count = s->visible;
    return DBX_OK;
}

static dbx_status select_bind_keys(binder *b, select_state *s, const ast_list *list,
                                   select_parts *p) {
    bind_block *block = b->block;
    p->keys = ARENA_ARRAY(b->arena, select_key, list->count + 1);
    if (p->keys == NULL) return binder_nomem(b);
    TRY(select_output_scope(b, s, &block->output));
    block->clause = CLAUSE_ORDER_BY;
    for (uint32_t i = 0; i < list->count; i++) {
        const ast_sort_item *item = AST_AS(ast_sort_item, list->items[i]);
        p->keys[i].order = bind_sort_order(item);
        p->keys[i].ast = item->expr;
        TRY(select_bind_key(b, s, item->expr, &p->keys[i]));
    }
    p->key_count = list->count;
    block->output = NULL;
    return DBX_OK;
}

/* Names in DISTRIBUTE BY must exist; where rows are is not a matter of one machine. */
static dbx_status select_check_exprs(binder *b, select_state *s, const ast_list *list) {
    expr *ignored;
    if (list->count == 0) return DBX_OK;
    TRY(select_output_scope(b, s, &b->block->output));
    b->block->clause = CLAUSE_ORDER_BY;
    for (uint32_t i = 0; i < list->count; i++) TRY(bind_expr(b, list->items[i], &ignored));
    b->block->output = NULL;
    return DBX_OK;
}

static dbx_status select_bind_order(binder *b, select_state *s, select_parts *p) {
    const ast_query *q = s->clauses;
    if (q == NULL) return DBX_OK;
    TRY(select_check_exprs(b, s, &q->distribute_by));
    if (q->order_by_all) {
        return select_bind_order_all(b, s, AST_AS(ast_sort_item, q->order_by.items[0]), p);
    }
    if (q->order_by.count > 0) return select_bind_keys(b, s, &q->order_by, p);
    if (q->sort_by.count > 0) return select_bind_keys(b, s, &q->sort_by, p);
    return select_check_exprs(b, s, &q->cluster_by);
}

/* ---- putting it together ---- */

typedef struct select_roots {
    ARENA_LIST(expr **) list;
} select_roots;

static dbx_status select_root(binder *b, select_roots *r, expr **slot) {
    if (*slot == NULL) return DBX_OK;
    if (ARENA_LIST_PUSH(b->arena, &r->list, slot) != DBX_OK) return binder_nomem(b);
    return DBX_OK;
}

static dbx_status select_collect_roots(binder *b, select_state *s, select_parts *p,
                                       select_roots *r) {
    for (uint32_t i = 0; i < s->visible; i++) TRY(select_root(b, r, &s->items.items[i].expr));
    if (s->generator != NULL) {
        for (uint32_t i = 0; i < bind_generator_arg_count(s); i++)
            TRY(select_root(b, r, &s->generator_args[i]));
    }
    s->first_hidden_root = r->list.count;
    for (uint32_t i = s->visible; i < s->items.count; i++)
        TRY(select_root(b, r, &s->items.items[i].expr));
    TRY(select_root(b, r, &p->qualify));
    TRY(select_root(b, r, &p->having));
    return DBX_OK;
}

/* Projections that compute shared aliases, each over the ones before it. */
static dbx_status select_share(binder *b, select_state *s) {
    for (uint32_t i = 0; i < s->shared.count; i++) {
        select_item *item = &s->items.items[s->shared.items[i]];
        uint32_t n = s->plan->column_count;
        plan_project *p = PLAN_NEW(b->plan, plan_project, PLAN_PROJECT, 1, n + 1);
        if (p == NULL) return binder_nomem(b);
        p->exprs = ARENA_ARRAY(b->arena, expr *, n + 1);
        if (p->exprs == NULL) return binder_nomem(b);
        p->base.children[0] = s->plan;
        for (uint32_t k = 0; k < n; k++) {
            p->base.columns[k] = s->plan->columns[k];
            p->exprs[k] = bind_plan_column(b, s->plan, k, item->span);
            if (p->exprs[k] == NULL) return binder_nomem(b);
        }
        p->base.columns[n] = (plan_column){.id = item->shared,
                                           .name = item->name,
                                           .type = item->expr->type,
                                           .nullable = item->expr->nullable};
        p->exprs[n] = item->expr;
        s->plan = &p->base;
        item->expr =
            expr_column(b->arena, item->shared, item->expr->type, item->expr->nullable, item->span);
        if (item->expr == NULL) return binder_nomem(b);
    }
    return DBX_OK;
}

static dbx_status select_project(binder *b, select_state *s) {
    uint32_t n = s->items.count;
    expr **exprs = ARENA_ARRAY(b->arena, expr *, n + 1);
    string_view *names = ARENA_ARRAY(b->arena, string_view, n + 1);
    column_id *ids = ARENA_ARRAY(b->arena, column_id, n + 1);
    if (exprs == NULL || names == NULL || ids == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < n; i++) {
        exprs[i] = s->items.items[i].expr;
        names[i] = s->items.items[i].name;
        ids[i] = s->items.items[i].id;
    }
    return bind_project_ids(b, s->plan, exprs, names, ids, n, &s->plan);
}

static dbx_status select_sort(binder *b, select_state *s, const select_parts *p) {
    if (p->key_count == 0) return DBX_OK;
    plan_sort *sort = (plan_sort *)bind_unary_node(b, PLAN_SORT, s->plan);
    if (sort == NULL) return binder_nomem(b);
    sort->keys = ARENA_ARRAY(b->arena, sort_key, p->key_count);
    if (sort->keys == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < p->key_count; i++) {
        expr *e = p->keys[i].expr;
        if (p->keys[i].item != UINT32_MAX)
            e = bind_plan_column(b, s->plan, p->keys[i].item, s->plan->span);
        if (e == NULL) return binder_nomem(b);
        sort->keys[i] = (sort_key){e, p->keys[i].order};
    }
    sort->key_count = p->key_count;
    s->plan = &sort->base;
    return DBX_OK;
}

static dbx_status select_drop_hidden(binder *b, select_state *s) {
    if (s->plan->column_count == s->visible) return DBX_OK;
    expr **exprs = ARENA_ARRAY(b->arena, expr *, s->visible + 1);
    string_view *names = ARENA_ARRAY(b->arena, string_view, s->visible + 1);
    if (exprs == NULL || names == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < s->visible; i++) {
        exprs[i] = bind_plan_column(b, s->plan, i, s->plan->span);
        names[i] = s->plan->columns[i].name;
        if (exprs[i] == NULL) return binder_nomem(b);
    }
    return bind_project(b, s->plan, exprs, names, s->visible, &s->plan);
}

static dbx_status select_bind_having(binder *b, select_state *s, select_parts *p) {
    if (s->ast->having == NULL) return DBX_OK;
    b->block->clause = CLAUSE_HAVING;
    b->block->clause_ast = s->ast->having;
    TRY(bind_condition(b, s->ast->having, &p->having));
    b->block->clause_ast = NULL;
    return DBX_OK;
}

static dbx_status select_bind_qualify(binder *b, select_state *s, select_parts *p) {
    if (s->ast->qualify == NULL) return DBX_OK;
    b->block->clause = CLAUSE_QUALIFY;
    b->block->clause_ast = s->ast->qualify;
    TRY(bind_condition(b, s->ast->qualify, &p->qualify));
    b->block->clause_ast = NULL;
    if (b->block->saw_window) return DBX_OK;
    return binder_unsupported(b, s->ast->qualify->span, "QUALIFY without a window function");
}

static dbx_status select_bind_block(binder *b, select_state *s, select_parts *p) {
    bind_block *block = b->block;
    block->select = s;
    if (s->ast->where != NULL) TRY(bind_where(b, s->ast->where, &s->plan));
    block->clause = CLAUSE_SELECT;
    TRY(bind_expand_items(b, s, &s->ast->items));
    s->visible = s->items.count;
    TRY(bind_group_by(b, s));
    block->clause = CLAUSE_SELECT;
    s->current = s->visible;
    TRY(select_bind_items(b, s));
    s->aggregated = s->aggregated || block->saw_aggregate || s->ast->having != NULL;
    TRY(bind_group_by_all(b, s));
    TRY(select_bind_having(b, s, p));
    TRY(select_bind_qualify(b, s, p));
    TRY(select_bind_order(b, s, p));
    s->aggregated = s->aggregated || block->saw_aggregate;
    TRY(bind_check_order_over_having(b, s, p->having));
    for (uint32_t turn = 0; turn < 2; turn++) { /* names first, then what cannot be computed */
        for (uint32_t i = 0; i < p->key_count; i++) {
            const select_key *key = &p->keys[i];
            if (key->raw != NULL)
                TRY(bind_check_order_over_windows(b, s, key->raw, key->ast, turn == 0));
        }
    }
    return DBX_OK;
}

static dbx_status select_build(binder *b, select_state *s, select_parts *p) {
    select_roots roots = {0};
    TRY(select_collect_roots(b, s, p, &roots));
    if (s->aggregated) TRY(bind_make_aggregate(b, s, roots.list.items, roots.list.count));
    if (p->having != NULL) {
        if (bind_contains_window(p->having)) {
            return error_raise(b->err, ERR_UNSUPPORTED_EXPR_FOR_OPERATOR, p->having->span,
                               "invalidExprSqls", binder_sql_of(b, s->ast->having), NULL);
        }
        TRY(bind_filter(b, s->plan, p->having, &s->plan));
    }
    TRY(select_share(b, s));
    if (b->block->saw_window) {
        TRY(bind_make_windows(b, &s->plan, roots.list.items,
                              roots.list.count - (p->having != NULL)));
    }
    if (p->qualify != NULL) TRY(bind_filter(b, s->plan, p->qualify, &s->plan));
    TRY(bind_make_generate(b, s));
    TRY(select_project(b, s));
    if (s->ast->distinct) TRY(bind_distinct(b, s->plan, &s->plan));
    TRY(select_sort(b, s, p));
    if (s->clauses != NULL) TRY(bind_limit(b, s->clauses, s->plan, &s->plan));
    return select_drop_hidden(b, s);
}

/* The columns that a select gives, with the qualifiers of those it only passes on. */
static dbx_status select_result_scope(binder *b, const select_state *s, scope **out) {
    scope *o = scope_new(b);
    if (o == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < s->visible; i++) {
        const plan_column *p = &s->plan->columns[i];
        const expr *e = s->items.items[i].expr;
        const scope_column *from =
            e->kind == EXPR_COLUMN && s->from != NULL ? scope_find_id(s->from, e->u.column) : NULL;
        scope_column c = {.id = p->id, .type = p->type, .nullable = p->nullable, .name = p->name};
        if (from != NULL && binder_same_name(b, from->name, p->name)) c.qualifier = from->qualifier;
        TRY(scope_add(b, o, c));
    }
    *out = o;
    return DBX_OK;
}

dbx_status bind_select_over(binder *b, const ast_select *ast, const bound_relation *input,
                            plan_node **out, scope **out_scope, const ast_expr **aggregate) {
    select_state s = {
        .ast = ast, .windows = ast->windows, .plan = input->plan, .from = input->scope};
    select_parts parts = {0};
    bind_block block;
    binder_push(b, &block, s.from, CLAUSE_SELECT);
    dbx_status status = select_bind_block(b, &s, &parts);
    for (uint32_t i = 0; status == DBX_OK && aggregate != NULL && i < s.items.count; i++) {
        if (s.items.items[i].ast != NULL && expr_contains(s.items.items[i].expr, EXPR_AGGREGATE)) {
            *aggregate = s.items.items[i].ast;
        }
    }
    if (status == DBX_OK && (aggregate == NULL || *aggregate == NULL))
        status = select_build(b, &s, &parts);
    binder_pop(b, &block);
    TRY(status);
    if (aggregate != NULL && *aggregate != NULL) return DBX_OK;
    *out = s.plan;
    return select_result_scope(b, &s, out_scope);
}

dbx_status bind_select(binder *b, const ast_select *ast, const ast_query *clauses,
                       plan_node **out) {
    select_state s = {.ast = ast, .clauses = clauses};
    select_parts parts = {0};
    bind_block block;
    s.windows = ast->windows;
    s.more_windows = clauses == NULL ? NULL : &clauses->windows;
    TRY(select_from(b, &s));
    binder_push(b, &block, s.from, CLAUSE_SELECT);
    dbx_status status = select_bind_block(b, &s, &parts);
    if (status == DBX_OK) status = select_build(b, &s, &parts);
    binder_pop(b, &block);
    TRY(status);
    s.plan->span = binder_node_span(b, &ast->node);
    *out = s.plan;
    return DBX_OK;
}
