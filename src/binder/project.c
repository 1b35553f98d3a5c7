/* project.c - small plan nodes: projections, filters, renaming. */
#include "binder/binder_int.h"

expr *bind_plan_column(binder *b, const plan_node *n, uint32_t i, span s) {
    const plan_column *c = &n->columns[i];
    return expr_column(b->arena, c->id, c->type, c->nullable, binder_span(b, s));
}

dbx_status bind_project_ids(binder *b, plan_node *child, expr *const *exprs,
                            const string_view *names, const column_id *ids, uint32_t count,
                            plan_node **out) {
    plan_project *p = PLAN_NEW(b->plan, plan_project, PLAN_PROJECT, 1, count);
    if (p == NULL) return binder_nomem(b);
    p->base.children[0] = child;
    p->base.span = child->span;
    p->exprs = ARENA_ARRAY(b->arena, expr *, count + 1);
    if (p->exprs == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < count; i++) {
        p->exprs[i] = exprs[i];
        p->base.columns[i] = (plan_column){.id = ids == NULL ? plan_new_column(b->plan) : ids[i],
                                           .name = names == NULL ? SV("") : names[i],
                                           .type = exprs[i]->type,
                                           .nullable = exprs[i]->nullable};
    }
    *out = &p->base;
    return DBX_OK;
}

dbx_status bind_project(binder *b, plan_node *child, expr *const *exprs, const string_view *names,
                        uint32_t count, plan_node **out) {
    return bind_project_ids(b, child, exprs, names, NULL, count, out);
}

dbx_status bind_filter(binder *b, plan_node *child, expr *condition, plan_node **out) {
    expr **conjuncts;
    uint32_t count;
    TRY(bind_split_conjuncts(b, condition, &conjuncts, &count));
    plan_filter *f = plan_filter_new(b->plan, child, conjuncts, count);
    if (f == NULL) return binder_nomem(b);
    *out = &f->base;
    return DBX_OK;
}

/* A node of `kind` that gives its child's columns. */
plan_node *bind_unary_node(binder *b, plan_kind kind, plan_node *child) {
    plan_node *n = plan_node_new(b->plan, kind, 1, child->column_count);
    if (n == NULL) return NULL;
    n->children[0] = child;
    n->span = child->span;
    if (child->column_count > 0)
        memcpy(n->columns, child->columns, child->column_count * sizeof(plan_column));
    return n;
}

dbx_status bind_distinct(binder *b, plan_node *child, plan_node **out) {
    for (uint32_t i = 0; i < child->column_count; i++) {
        if (type_is_groupable(child->columns[i].type)) continue;
        bool map = child->columns[i].type.id == TYPE_MAP;
        return error_raise(
            b->err,
            map ? ERR_UNSUPPORTED_FEATURE__SET_OPERATION_ON_MAP_TYPE
                : ERR_UNSUPPORTED_FEATURE__SET_OPERATION_ON_VARIANT_TYPE,
            binder_span(b, child->span), "colName",
            binder_quote_parts(b, &child->columns[i].name, 1), "dataType",
            arena_printf(b->arena, "\"%s\"", type_sql(b->arena, child->columns[i].type)), NULL);
    }
    *out = bind_unary_node(b, PLAN_DISTINCT, child);
    return *out == NULL ? binder_nomem(b) : DBX_OK;
}

dbx_status bind_rename(binder *b, plan_node *n, const string_view *names, plan_node **out) {
    expr **exprs = ARENA_ARRAY(b->arena, expr *, n->column_count + 1);
    if (exprs == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < n->column_count; i++) {
        exprs[i] = bind_plan_column(b, n, i, n->span);
        if (exprs[i] == NULL) return binder_nomem(b);
    }
    return bind_project(b, n, exprs, names, n->column_count, out);
}
