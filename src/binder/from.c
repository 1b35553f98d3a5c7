/* from.c - what stands in FROM: dispatch, aliases, subqueries, samples.
 *
 * A bound relation is a plan and the scope that its columns form. FROM is bound before the block of
 * its SELECT is pushed, so that its subqueries see the blocks around, and a lateral item sees the
 * items before it through a block of its own.
 */
#include "binder/binder_int.h"

dbx_status bind_alias(binder *b, const ast_alias *a, span position, bound_relation *r) {
    string_view name;
    if (!ast_ident_given(&a->name)) return DBX_OK;
    TRY(binder_ident_text(b, &a->name, &name));
    scope *s = scope_new(b);
    bind_qualifier *q = scope_qualifier(b, name);
    if (s == NULL || q == NULL) return binder_nomem(b);
    uint32_t visible = 0;
    for (uint32_t i = 0; r->scope != NULL && i < r->scope->columns.count; i++) {
        scope_column c = r->scope->columns.items[i];
        if (c.hidden) continue;
        if (!c.metadata) {
            if (visible < a->columns.count)
                TRY(binder_ident_text(b, &a->columns.items[visible], &c.name));
            visible++;
        }
        c.qualifier = q;
        TRY(scope_add(b, s, c));
    }
    if (a->columns.count > 0 && a->columns.count != visible) {
        const char *expected = arena_printf(b->arena, "%u", visible);
        const char *actual = arena_printf(b->arena, "%u", a->columns.count);
        return error_raise(b->err, ERR_ASSIGNMENT_ARITY_MISMATCH_ALIAS, binder_span(b, position),
                           "numExpr", actual, "numTarget", expected, NULL);
    }
    r->scope = s;
    return DBX_OK;
}

/* ---- TABLESAMPLE ---- */

static dbx_status sample_number(binder *b, const ast_expr *e, double *out) {
    bind_block block;
    expr *bound;
    const vector *value;
    binder_push(b, &block, NULL, CLAUSE_LIMIT);
    dbx_status status = bind_expr(b, e, &bound);
    if (status == DBX_OK) status = bind_cast(b, bound, type_simple(TYPE_DOUBLE), &bound);
    binder_pop(b, &block);
    TRY(status);
    TRY(bind_fold(b, bound, &value));
    if (value == NULL || vector_is_null(value, 0)) {
        return error_raise(b->err, ERR_LEGACY_ERROR_TEMP_0014, binder_node_span(b, e), NULL);
    }
    vector_view view = vector_view_of(value);
    *out = ((const double *)view.data)[view_index(&view, 0)];
    return DBX_OK;
}

dbx_status bind_sample(binder *b, const ast_sample *s, plan_node *child, plan_node **out) {
    span at = binder_node_span(b, &s->node);
    double amount = 0, seed = 0, buckets = 1;
    *out = child;
    if (s->amount == NULL) return error_raise(b->err, ERR_LEGACY_ERROR_TEMP_0014, at, NULL);
    if (s->method == AST_SAMPLE_BYTES) {
        return error_raise(b->err, ERR_LEGACY_ERROR_TEMP_0015, at, "msg", "byteLengthLiteral",
                           NULL);
    }
    TRY(sample_number(b, s->amount, &amount));
    if (s->seed != NULL) TRY(sample_number(b, s->seed, &seed));
    if (s->buckets != NULL) TRY(sample_number(b, s->buckets, &buckets));
    if (s->method == AST_SAMPLE_ROWS) {
        plan_limit *l = (plan_limit *)bind_unary_node(b, PLAN_LIMIT, child);
        if (l == NULL) return binder_nomem(b);
        l->limit = amount < 0 ? 0 : (uint64_t)amount;
        *out = &l->base;
        return DBX_OK;
    }
    double fraction = s->method == AST_SAMPLE_BUCKET ? amount / buckets : amount / 100;
    if (s->on != NULL)
        return error_raise(b->err, ERR_LEGACY_ERROR_TEMP_0015, at, "msg", "BUCKET x OUT OF y ON",
                           NULL);
    if (!(fraction >= 0 && fraction <= 1 + 1e-6)) {
        const char *text =
            arena_printf(b->arena, "Sampling fraction (%g) must be on interval [0, 1]", fraction);
        return error_raise(b->err, ERR_LEGACY_ERROR_TEMP_0064, at, "msg", text == NULL ? "" : text,
                           NULL);
    }
    plan_sample *n = (plan_sample *)bind_unary_node(b, PLAN_SAMPLE, child);
    if (n == NULL) return binder_nomem(b);
    n->fraction = fraction;
    n->seed = s->seed != NULL ? (uint64_t)(int64_t)seed : b->query->random_seed;
    *out = &n->base;
    return DBX_OK;
}

static dbx_status from_sample_and_alias(binder *b, const ast_sample *s, const ast_alias *a,
                                        span position, bound_relation *r) {
    if (s != NULL) TRY(bind_sample(b, s, r->plan, &r->plan));
    return bind_alias(b, a, position, r);
}

/* ---- relations ---- */

dbx_status bind_table_ref(binder *b, const ast_table_ref *t, bound_relation *out) {
    TRY(bind_named_relation(b, t, out));
    return from_sample_and_alias(b, t->sample, &t->alias, t->node.span, out);
}

static dbx_status from_subquery(binder *b, const ast_subquery_ref *s, bound_relation *out) {
    TRY(bind_query(b, s->query, &out->plan));
    out->scope = scope_of_plan(b, out->plan, NULL);
    if (out->scope == NULL) return binder_nomem(b);
    return from_sample_and_alias(b, s->sample, &s->alias, s->node.span, out);
}

static dbx_status from_values(binder *b, const ast_values_ref *v, bound_relation *out) {
    TRY(bind_values(b, v->values, &out->plan));
    out->scope = scope_of_plan(b, out->plan, NULL);
    if (out->scope == NULL) return binder_nomem(b);
    if (ast_ident_given(&v->values->alias.name))
        TRY(bind_alias(b, &v->values->alias, v->node.span, out));
    return from_sample_and_alias(b, v->sample, &v->alias, v->node.span, out);
}

static dbx_status from_lateral_view(binder *b, const ast_lateral_view *v, bound_relation *out) {
    bound_relation input;
    if (v->relation == NULL) {
        TRY(bind_empty_relation(b, &input));
    } else {
        TRY(bind_from(b, v->relation, &input));
    }
    return bind_lateral_view(b, v, &input, out);
}

static dbx_status from_dispatch(binder *b, const ast_relation *r, bound_relation *out) {
    bound_relation input;
    memset(out, 0, sizeof(*out));
    switch (r->kind) {
    case AST_TABLE_REF:
        return bind_table_ref(b, AST_AS(ast_table_ref, r), out);
    case AST_SUBQUERY_REF:
        return from_subquery(b, AST_AS(ast_subquery_ref, r), out);
    case AST_FUNCTION_REF: {
        const ast_function_ref *f = AST_AS(ast_function_ref, r);
        TRY(bind_function_ref(b, f, out));
        return from_sample_and_alias(b, f->sample, &f->alias, f->node.span, out);
    }
    case AST_VALUES_REF:
        return from_values(b, AST_AS(ast_values_ref, r), out);
    case AST_JOIN:
        return bind_join(b, AST_AS(ast_join, r), out);
    case AST_PAREN_REF: {
        const ast_paren_ref *p = AST_AS(ast_paren_ref, r);
        TRY(bind_from(b, p->relation, out));
        return from_sample_and_alias(b, p->sample, &p->alias, p->node.span, out);
    }
    case AST_PIVOT: {
        const ast_pivot *p = AST_AS(ast_pivot, r);
        TRY(bind_from(b, p->relation, &input));
        return bind_pivot(b, p, &input, out);
    }
    case AST_UNPIVOT: {
        const ast_unpivot *u = AST_AS(ast_unpivot, r);
        TRY(bind_from(b, u->relation, &input));
        return bind_unpivot(b, u, &input, out);
    }
    case AST_LATERAL_VIEW:
        return from_lateral_view(b, AST_AS(ast_lateral_view, r), out);
    default:
        break;
    }
    return binder_unsupported(b, r->span, ast_kind_name((ast_kind)r->kind));
}

dbx_status bind_from(binder *b, const ast_relation *r, bound_relation *out) {
    TRY(query_check_cancelled(b->query, b->err));
    return from_dispatch(b, r, out);
}
