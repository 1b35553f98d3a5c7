/* pipe.c - input |> operator: each operator takes the relation so far, names and aliases included.
 *
 * SELECT, EXTEND, SET, DROP and AGGREGATE are made of the same parts as a SELECT block: an
 * AST_SELECT is built over the relation and bound by select.c.
 */
#include "binder/binder_int.h"

static dbx_status pipe_raise_aggregate(binder *b, const ast_expr *e, const char *clause) {
    return error_raise(b->err, ERR_PIPE_OPERATOR_CONTAINS_AGGREGATE_FUNCTION,
                       binder_node_span(b, e), "expr", binder_sql_of(b, e), "clause", clause, NULL);
}

static dbx_status pipe_select_over(binder *b, const ast_select *s, const bound_relation *in,
                                   const char *clause, bound_relation *out) {
    const ast_expr *aggregate = NULL;
    TRY(bind_select_over(b, s, in, &out->plan, &out->scope, clause == NULL ? NULL : &aggregate));
    if (aggregate != NULL) return pipe_raise_aggregate(b, aggregate, clause);
    return DBX_OK;
}

static ast_select *pipe_new_select(binder *b, const ast_pipe_operator *op) {
    ast_select *s = ARENA_NEW(b->arena, ast_select);
    if (s == NULL) return NULL;
    s->node = (ast_node){.kind = AST_SELECT, .span = op->node.span};
    s->windows = op->windows;
    return s;
}

static ast_node *pipe_new_item(binder *b, ast_node *e, string_view alias) {
    ast_select_item *item = ARENA_NEW(b->arena, ast_select_item);
    if (item == NULL || e == NULL) return NULL;
    item->node = (ast_node){.kind = AST_SELECT_ITEM, .span = e->span};
    item->expr = e;
    if (alias.data != NULL) {
        ast_ident *name = ARENA_NEW(b->arena, ast_ident);
        if (name == NULL) return NULL;
        name->text = alias;
        item->aliases.items = name;
        item->aliases.count = item->aliases.capacity = 1;
    }
    return &item->node;
}

static ast_star *pipe_new_star(binder *b, const ast_pipe_operator *op) {
    ast_star *star = ARENA_NEW(b->arena, ast_star);
    if (star != NULL) star->node = (ast_node){.kind = AST_STAR, .span = op->node.span};
    return star;
}

static dbx_status pipe_push(binder *b, ast_list *list, ast_node *n) {
    if (n == NULL || ARENA_LIST_PUSH(b->arena, list, n) != DBX_OK) return binder_nomem(b);
    return DBX_OK;
}

static dbx_status pipe_extend(binder *b, const ast_pipe_operator *op, const bound_relation *in,
                              bound_relation *out) {
    ast_select *s = pipe_new_select(b, op);
    ast_star *star = pipe_new_star(b, op);
    if (s == NULL || star == NULL) return binder_nomem(b);
    TRY(pipe_push(b, &s->items, pipe_new_item(b, &star->node, (string_view){NULL, 0})));
    for (uint32_t i = 0; i < op->items.count; i++) TRY(pipe_push(b, &s->items, op->items.items[i]));
    return pipe_select_over(b, s, in, "EXTEND", out);
}

static dbx_status pipe_drop(binder *b, const ast_pipe_operator *op, const bound_relation *in,
                            bound_relation *out) {
    ast_select *s = pipe_new_select(b, op);
    ast_star *star = pipe_new_star(b, op);
    if (s == NULL || star == NULL) return binder_nomem(b);
    star->except = op->names;
    TRY(pipe_push(b, &s->items, pipe_new_item(b, &star->node, (string_view){NULL, 0})));
    return pipe_select_over(b, s, in, "DROP", out);
}

/* Assignments take effect one after the other. */
static dbx_status pipe_set(binder *b, const ast_pipe_operator *op, const bound_relation *in,
                           bound_relation *out) {
    bound_relation current = *in;
    for (uint32_t i = 0; i < op->items.count; i++) {
        const ast_assignment *a = AST_AS(ast_assignment, op->items.items[i]);
        if (a->target->parts.count != 1) {
            return binder_unsupported(
                b, a->node.span, "SQL pipe syntax |> SET operator with multi-part assignment key");
        }
        ast_select *s = pipe_new_select(b, op);
        ast_star *star = pipe_new_star(b, op);
        if (s == NULL || star == NULL) return binder_nomem(b);
        TRY(pipe_push(b, &star->replace,
                      pipe_new_item(b, a->value, a->target->parts.items[0].text)));
        TRY(pipe_push(b, &s->items, pipe_new_item(b, &star->node, (string_view){NULL, 0})));
        TRY(pipe_select_over(b, s, &current, "SET", out));
        current = *out;
    }
    *out = current;
    return DBX_OK;
}

static dbx_status pipe_select(binder *b, const ast_pipe_operator *op, const bound_relation *in,
                              bound_relation *out) {
    ast_select *s = pipe_new_select(b, op);
    if (s == NULL) return binder_nomem(b);
    s->distinct = op->distinct;
    s->items = op->items;
    return pipe_select_over(b, s, in, "SELECT", out);
}

static dbx_status pipe_where(binder *b, const ast_pipe_operator *op, const bound_relation *in,
                             bound_relation *out) {
    bind_block block;
    *out = *in;
    binder_push(b, &block, in->scope, CLAUSE_WHERE);
    dbx_status status = bind_where(b, op->expr, &out->plan);
    binder_pop(b, &block);
    return status;
}

/* ---- AGGREGATE ---- */

/* GROUP BY 2 means the second input column. */
static dbx_status pipe_group_item(binder *b, const bound_relation *in, ast_node *e,
                                  ast_node **out) {
    *out = e;
    if (e->kind != AST_LITERAL || AST_AS(ast_literal, e)->type != AST_LITERAL_INTEGER)
        return DBX_OK;
    uint32_t visible = 0, index, at = 0;
    for (uint32_t i = 0; in->scope != NULL && i < in->scope->columns.count; i++) {
        visible += !in->scope->columns.items[i].hidden && !in->scope->columns.items[i].metadata;
    }
    dbx_status status = bind_ordinal(b, e, visible, &index);
    if (status == DBX_ERROR) {
        error_clear(b->err);
        return error_raise(b->err, ERR_GROUP_BY_POS_OUT_OF_RANGE, binder_node_span(b, e), "index",
                           binder_cstr(b, AST_AS(ast_literal, e)->value), "size",
                           arena_printf(b->arena, "%u", visible), NULL);
    }
    TRY(status);
    for (uint32_t i = 0; index != UINT32_MAX && i < in->scope->columns.count; i++) {
        const scope_column *c = &in->scope->columns.items[i];
        if (c->hidden || c->metadata || at++ != index) continue;
        ast_column_ref *ref = ARENA_NEW(b->arena, ast_column_ref);
        ast_name *name = ARENA_NEW(b->arena, ast_name);
        ast_ident *part = ARENA_NEW(b->arena, ast_ident);
        if (ref == NULL || name == NULL || part == NULL) return binder_nomem(b);
        part->text = c->name;
        name->node = (ast_node){.kind = AST_NAME, .span = e->span};
        name->parts.items = part;
        name->parts.count = 1;
        ref->node = (ast_node){.kind = AST_COLUMN_REF, .span = e->span};
        ref->name = name;
        *out = &ref->node;
    }
    return DBX_OK;
}

/* A bare column or constant in the list aggregates nothing. */
static dbx_status pipe_check_aggregates(binder *b, const ast_pipe_operator *op) {
    for (uint32_t i = 0; i < op->items.count; i++) {
        const ast_expr *x = AST_AS(ast_select_item, op->items.items[i])->expr;
        if (x->kind != AST_COLUMN_REF && x->kind != AST_LITERAL) continue;
        return error_raise(b->err,
                           ERR_PIPE_OPERATOR_AGGREGATE_EXPRESSION_CONTAINS_NO_AGGREGATE_FUNCTION,
                           binder_node_span(b, x), "expr", binder_sql_of(b, x), NULL);
    }
    return DBX_OK;
}

/* grouping() has no grouping sets to speak of here. */
static dbx_status pipe_refuse_grouping(binder *b, dbx_status status) {
    if (status == DBX_OK || b->err->cls != ERR_UNSUPPORTED_GROUPING_EXPRESSION) return status;
    span position = b->err->position;
    error_clear(b->err);
    return error_raise(b->err, ERR_UNSUPPORTED_FEATURE__PIPE_OPERATOR_AGGREGATE_UNSUPPORTED_CASE,
                       position, "case", "GROUPING", NULL);
}

static dbx_status pipe_aggregate(binder *b, const ast_pipe_operator *op, const bound_relation *in,
                                 bound_relation *out) {
    ast_select *s = pipe_new_select(b, op);
    if (s == NULL) return binder_nomem(b);
    if (op->group_by_all) {
        return error_raise(b->err,
                           ERR_UNSUPPORTED_FEATURE__PIPE_OPERATOR_AGGREGATE_UNSUPPORTED_CASE,
                           binder_node_span(b, &op->node), "case", "GROUP BY ALL", NULL);
    }
    TRY(pipe_check_aggregates(b, op));
    for (uint32_t i = 0; i < op->group_by.count; i++) {
        const ast_grouping *g = AST_AS(ast_grouping, op->group_by.items[i]);
        if (g->type != AST_GROUPING_EXPR || g->items.count != 1) {
            return error_raise(b->err,
                               ERR_UNSUPPORTED_FEATURE__PIPE_OPERATOR_AGGREGATE_UNSUPPORTED_CASE,
                               binder_node_span(b, &g->node), "case",
                               g->type == AST_GROUPING_ROLLUP ? "GROUP BY ROLLUP"
                               : g->type == AST_GROUPING_CUBE ? "GROUP BY CUBE"
                                                              : "GROUPING SETS",
                               NULL);
        }
        ast_grouping *copy = ARENA_NEW(b->arena, ast_grouping);
        ast_node *e;
        if (copy == NULL) return binder_nomem(b);
        TRY(pipe_group_item(b, in, g->items.items[0], &e));
        copy->node = g->node;
        copy->type = AST_GROUPING_EXPR;
        TRY(pipe_push(b, &copy->items, e));
        TRY(pipe_push(b, &s->group_by, &copy->node));
        string_view alias = {NULL, 0};
        if (i < op->group_by_aliases.count) {
            const ast_select_item *named = AST_AS(ast_select_item, op->group_by_aliases.items[i]);
            if (named != NULL && named->aliases.count > 0) alias = named->aliases.items[0].text;
        }
        TRY(pipe_push(b, &s->items, pipe_new_item(b, e, alias)));
    }
    uint32_t keys = s->items.count;
    for (uint32_t i = 0; i < op->items.count; i++) TRY(pipe_push(b, &s->items, op->items.items[i]));
    TRY(pipe_refuse_grouping(b, bind_select_over(b, s, in, &out->plan, &out->scope, NULL)));
    if (keys == 0 && op->items.count == 0) return DBX_OK;
    return DBX_OK;
}

/* ---- dispatch ---- */

static dbx_status pipe_set_operation(binder *b, const ast_pipe_operator *op,
                                     const bound_relation *in, bound_relation *out) {
    plan_node *left, *right;
    TRY(bind_visible_columns(b, in, &left));
    TRY(bind_body(b, op->set->right, &right));
    TRY(bind_set_plans(b, op->set, left, right, &out->plan));
    out->scope = scope_of_plan(b, out->plan, NULL);
    return out->scope == NULL ? binder_nomem(b) : DBX_OK;
}

static dbx_status pipe_order(binder *b, const ast_pipe_operator *op, const bound_relation *in,
                             bound_relation *out) {
    TRY(bind_visible_columns(b, in, &out->plan));
    out->scope = in->scope;
    if (out->plan != in->plan) {
        out->scope = scope_of_plan(b, out->plan, NULL);
        if (out->scope == NULL) return binder_nomem(b);
    }
    return bind_query_clauses(b, op->query, out->plan, out->scope, &out->plan);
}

static dbx_status pipe_apply(binder *b, const ast_pipe_operator *op, bound_relation *in,
                             bound_relation *out) {
    switch (op->type) {
    case AST_PIPE_SELECT:
        return pipe_select(b, op, in, out);
    case AST_PIPE_EXTEND:
        return pipe_extend(b, op, in, out);
    case AST_PIPE_SET:
        return pipe_set(b, op, in, out);
    case AST_PIPE_DROP:
        return pipe_drop(b, op, in, out);
    case AST_PIPE_AS:
        *out = *in;
        return bind_alias(b, &op->alias, op->node.span, out);
    case AST_PIPE_WHERE:
        return pipe_where(b, op, in, out);
    case AST_PIPE_PIVOT:
        return bind_pivot(b, AST_AS(ast_pivot, op->relation), in, out);
    case AST_PIPE_UNPIVOT:
        return bind_unpivot(b, AST_AS(ast_unpivot, op->relation), in, out);
    case AST_PIPE_SAMPLE:
        *out = *in;
        return bind_sample(b, op->sample, in->plan, &out->plan);
    case AST_PIPE_JOIN:
        return bind_join_with(b, AST_AS(ast_join, op->relation), in, out);
    case AST_PIPE_LATERAL_VIEW:
        return bind_lateral_view(b, AST_AS(ast_lateral_view, op->relation), in, out);
    case AST_PIPE_SET_OPERATION:
        return pipe_set_operation(b, op, in, out);
    case AST_PIPE_ORDER:
        return pipe_order(b, op, in, out);
    case AST_PIPE_AGGREGATE:
        return pipe_aggregate(b, op, in, out);
    case AST_PIPE_WINDOW:
        break;
    }
    return binder_unsupported(b, op->node.span, "|> WINDOW");
}

/* The input with the names that its FROM gives. */
static dbx_status pipe_input(binder *b, const ast_body *body, bound_relation *out) {
    if (body->kind == AST_PIPE) {
        bound_relation in;
        const ast_pipe *p = AST_AS(ast_pipe, body);
        TRY(pipe_input(b, p->input, &in));
        memset(out, 0, sizeof(*out));
        return pipe_apply(b, p->op, &in, out);
    }
    if (body->kind == AST_TABLE_QUERY)
        return bind_table_ref(b, AST_AS(ast_table_query, body)->table, out);
    if (body->kind == AST_SELECT) {
        const ast_select *s = AST_AS(ast_select, body);
        bool bare = s->from_first && s->items.count == 0 && s->from != NULL && s->where == NULL &&
                    s->group_by.count == 0 && s->having == NULL && s->qualify == NULL &&
                    !s->distinct;
        if (bare) return bind_from(b, s->from, out);
    }
    TRY(bind_body(b, body, &out->plan));
    out->scope = scope_of_plan(b, out->plan, NULL);
    return out->scope == NULL ? binder_nomem(b) : DBX_OK;
}

dbx_status bind_pipe(binder *b, const ast_pipe *p, plan_node **out) {
    bound_relation r;
    TRY(pipe_input(b, &p->node, &r));
    return bind_visible_columns(b, &r, out);
}
