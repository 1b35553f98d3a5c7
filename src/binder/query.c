/* query.c - a query with its clauses around a body: WITH, ORDER BY, LIMIT. */
#include "binder/binder_int.h"

dbx_status bind_empty_relation(binder *b, bound_relation *out) {
    plan_values *v = PLAN_NEW(b->plan, plan_values, PLAN_VALUES, 0, 0);
    if (v == NULL) return binder_nomem(b);
    v->row_count = 1;
    out->plan = &v->base;
    out->scope = NULL;
    return DBX_OK;
}

/* The value of LIMIT, OFFSET: a constant of an integer type, not NULL and not negative. */
static dbx_status bind_limit_value(binder *b, const ast_expr *e, const char *name, uint64_t *out) {
    bind_block block;
    expr *bound;
    const vector *value;
    int64_t number = 0;
    binder_push(b, &block, NULL, CLAUSE_LIMIT);
    dbx_status status = bind_expr(b, e, &bound);
    binder_pop(b, &block);
    span s = binder_node_span(b, e);
    if (status == DBX_ERROR && (b->err->cls == ERR_UNRESOLVED_COLUMN__WITHOUT_SUGGESTION)) {
        error_clear(b->err);
        return error_raise(b->err, ERR_INVALID_LIMIT_LIKE_EXPRESSION__IS_UNFOLDABLE, s, "name",
                           name, "expr", binder_sql_of(b, e), NULL);
    }
    TRY(status);
    TRY(bind_fold(b, bound, &value));
    if (value == NULL) {
        return error_raise(b->err, ERR_INVALID_LIMIT_LIKE_EXPRESSION__IS_UNFOLDABLE, s, "name",
                           name, "expr", binder_sql_of(b, e), NULL);
    }
    if (value->type.id != TYPE_VOID && !type_is_integer(value->type)) {
        return error_raise(b->err, ERR_INVALID_LIMIT_LIKE_EXPRESSION__DATA_TYPE, s, "name", name,
                           "expr", binder_sql_of(b, e), "dataType",
                           arena_printf(b->arena, "\"%s\"", type_sql(b->arena, value->type)), NULL);
    }
    if (!vector_int64_value(value, &number)) {
        return error_raise(b->err, ERR_INVALID_LIMIT_LIKE_EXPRESSION__IS_NULL, s, "name", name,
                           "expr", binder_sql_of(b, e), NULL);
    }
    if (number < 0) {
        return error_raise(b->err, ERR_INVALID_LIMIT_LIKE_EXPRESSION__IS_NEGATIVE, s, "name", name,
                           "expr", binder_sql_of(b, e), "v",
                           arena_printf(b->arena, "%lld", (long long)number), NULL);
    }
    *out = (uint64_t)number;
    return DBX_OK;
}

dbx_status bind_limit(binder *b, const ast_query *q, plan_node *child, plan_node **out) {
    uint64_t limit = UINT64_MAX, offset = 0;
    *out = child;
    if (q->limit != NULL) TRY(bind_limit_value(b, q->limit, "limit", &limit));
    if (q->offset != NULL) TRY(bind_limit_value(b, q->offset, "offset", &offset));
    if (limit == UINT64_MAX && offset == 0) return DBX_OK;
    plan_limit *l = (plan_limit *)bind_unary_node(b, PLAN_LIMIT, child);
    if (l == NULL) return binder_nomem(b);
    l->limit = limit;
    l->offset = offset;
    if (limit < UINT64_MAX - offset) bind_limit_ctes(b, child, limit + offset);
    *out = &l->base;
    return DBX_OK;
}

static dbx_status bind_clause_keys(binder *b, const ast_list *list, bool all,
                                   const plan_node *child, sort_key **keys, uint32_t *count) {
    *count = all ? child->column_count : list->count;
    *keys = ARENA_ARRAY(b->arena, sort_key, *count + 1);
    if (*keys == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < *count; i++) {
        const ast_sort_item *item = AST_AS(ast_sort_item, list->items[all ? 0 : i]);
        uint32_t ordinal = i;
        expr *e;
        if (!all) TRY(bind_ordinal(b, item->expr, child->column_count, &ordinal));
        if (ordinal != UINT32_MAX) {
            e = bind_plan_column(b, child, ordinal, item->node.span);
            if (e == NULL) return binder_nomem(b);
        } else {
            TRY(bind_expr(b, item->expr, &e));
        }
        TRY(bind_check_orderable(b, e, item->expr));
        (*keys)[i] = (sort_key){e, bind_sort_order(item)};
    }
    return DBX_OK;
}

dbx_status bind_query_clauses(binder *b, const ast_query *q, plan_node *child, scope *s,
                              plan_node **out) {
    const ast_list *list = q->order_by.count > 0 ? &q->order_by : &q->sort_by;
    bind_block block;
    if (list->count > 0) {
        sort_key *keys;
        uint32_t count;
        binder_push(b, &block, s, CLAUSE_ORDER_BY);
        dbx_status status = bind_clause_keys(b, list, q->order_by_all, child, &keys, &count);
        binder_pop(b, &block);
        TRY(status);
        plan_sort *sort = (plan_sort *)bind_unary_node(b, PLAN_SORT, child);
        if (sort == NULL) return binder_nomem(b);
        sort->keys = keys;
        sort->key_count = count;
        child = &sort->base;
    }
    return bind_limit(b, q, child, out);
}

dbx_status bind_body(binder *b, const ast_body *body, plan_node **out) {
    switch (body->kind) {
    case AST_QUERY:
        return bind_query(b, AST_AS(ast_query, body), out);
    case AST_SELECT:
        return bind_select(b, AST_AS(ast_select, body), NULL, out);
    case AST_SET_OPERATION:
        return bind_set_operation(b, AST_AS(ast_set_operation, body), out);
    case AST_VALUES:
        return bind_values(b, AST_AS(ast_values, body), out);
    case AST_PIPE:
        return bind_pipe(b, AST_AS(ast_pipe, body), out);
    case AST_TABLE_QUERY: {
        bound_relation r;
        TRY(bind_table_ref(b, AST_AS(ast_table_query, body)->table, &r));
        return bind_visible_columns(b, &r, out);
    }
    default:
        break;
    }
    return binder_unsupported(b, body->span, "SELECT TRANSFORM");
}

/* A relation as a query: its visible columns, in order. */
dbx_status bind_visible_columns(binder *b, const bound_relation *r, plan_node **out) {
    uint32_t n = r->scope == NULL ? 0 : r->scope->columns.count, count = 0;
    bool same = n == r->plan->column_count;
    for (uint32_t i = 0; i < n && same; i++) {
        const scope_column *c = &r->scope->columns.items[i];
        const plan_column *p = &r->plan->columns[i];
        same = !c->hidden && !c->metadata && c->value == NULL && c->id == p->id &&
               sv_equal(c->name, p->name);
    }
    if (same) {
        *out = r->plan;
        return DBX_OK;
    }
    expr **exprs = ARENA_ARRAY(b->arena, expr *, n + 1);
    string_view *names = ARENA_ARRAY(b->arena, string_view, n + 1);
    if (exprs == NULL || names == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < n; i++) {
        const scope_column *c = &r->scope->columns.items[i];
        if (c->hidden || c->metadata) continue;
        exprs[count] = scope_column_expr(b, c, r->plan->span);
        names[count] = c->name;
        if (exprs[count++] == NULL) return binder_nomem(b);
    }
    return bind_project(b, r->plan, exprs, names, count, out);
}

static dbx_status bind_query_body(binder *b, const ast_query *q, plan_node **out) {
    if (q->body->kind == AST_SELECT) return bind_select(b, AST_AS(ast_select, q->body), q, out);
    plan_node *plan;
    TRY(bind_body(b, q->body, &plan));
    bool clauses =
        q->order_by.count > 0 || q->sort_by.count > 0 || q->limit != NULL || q->offset != NULL;
    if (!clauses) {
        *out = plan;
        return DBX_OK;
    }
    scope *s = scope_of_plan(b, plan, NULL);
    if (s == NULL) return binder_nomem(b);
    return bind_query_clauses(b, q, plan, s, out);
}

dbx_status bind_query(binder *b, const ast_query *q, plan_node **out) {
    bind_cte *outer = b->ctes, *first = NULL;
    TRY(binder_enter(b, q->node.span));
    dbx_status status = bind_push_ctes(b, &q->ctes, q->recursive, &first);
    if (status == DBX_OK) status = bind_query_body(b, q, out);
    if (status == DBX_OK && q->ctes.count > 0) status = bind_finish_ctes(b, first, outer, out);
    b->ctes = outer;
    binder_leave(b);
    return status;
}
