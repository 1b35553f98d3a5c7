/* sql_function.c - functions that SQL defines: the body is bound in the place of the call.
 *
 * Arguments are cast to the parameters' types and stand for their names in the body. What the body
 * is correlated with through its arguments, is correlated with the caller's columns.
 */
#include "binder/binder_int.h"
#include "catalog/catalog.h"

static dbx_status function_from_catalog(binder *b, const string_view *parts, uint32_t count,
                                        binder_function *out, bool *found) {
    *found = false;
    if (b->query->txn == NULL || count > 3) return DBX_OK;
    catalog_name name = {parts, count, {0, 0}};
    const catalog_function *f =
        catalog_as_function(catalog_find(b->query, CATALOG_FUNCTIONS, &name));
    if (f == NULL) return DBX_OK;
    if (f->base.is_temporary) binder_use_temporary(b, "FUNCTION", parts, count);
    const catalog_function_def *d = &f->def;
    binder_function_parameter *parameters =
        ARENA_ARRAY(b->arena, binder_function_parameter, d->parameter_count + 1);
    if (parameters == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < d->parameter_count; i++) {
        parameters[i] = (binder_function_parameter){d->parameters[i].name, d->parameters[i].type,
                                                    d->parameters[i].default_text};
    }
    *out = (binder_function){.name = f->base.info.name,
                             .parameters = parameters,
                             .parameter_count = d->parameter_count,
                             .is_table = d->is_table,
                             .has_result = d->has_return_type,
                             .result = d->return_type,
                             .sql = d->body,
                             .catalog = d->current_catalog,
                             .schema = d->current_schema};
    if (d->is_table && d->return_column_count > 0) {
        type_field *fields = ARENA_ARRAY(b->arena, type_field, d->return_column_count);
        if (fields == NULL) return binder_nomem(b);
        for (uint32_t i = 0; i < d->return_column_count; i++) {
            fields[i] = (type_field){.name = d->return_columns[i].name,
                                     .type = d->return_columns[i].type,
                                     .nullable = true};
        }
        out->has_result = true;
        if (type_struct(b->arena, fields, d->return_column_count, &out->result) != DBX_OK)
            return binder_nomem(b);
    }
    *found = true;
    return DBX_OK;
}

static dbx_status function_find(binder *b, const string_view *parts, uint32_t count,
                                binder_function *out, bool *found) {
    const binder_host *h = b->context->host;
    *found = false;
    if (h != NULL && h->function != NULL)
        TRY(h->function(h->state, parts, count, out, found, b->err));
    if (*found) return DBX_OK;
    return function_from_catalog(b, parts, count, out, found);
}

static dbx_status function_default(binder *b, const binder_function_parameter *p, expr **out) {
    ast_expr *e;
    bind_block block;
    TRY(parser_parse_expression(b->arena, p->default_sql, NULL, &e, b->err));
    binder_push(b, &block, NULL, CLAUSE_NONE);
    dbx_status status = bind_expr(b, e, out);
    binder_pop(b, &block);
    return status;
}

static dbx_status function_arguments(binder *b, const ast_function_call *f,
                                     const binder_function *d, expr ***out) {
    call_arguments given;
    span s = binder_node_span(b, &f->node);
    expr **arguments = ARENA_ARRAY(b->arena, expr *, d->parameter_count + 1);
    if (arguments == NULL) return binder_nomem(b);
    TRY(bind_arguments(b, &f->arguments, &given));
    bool fits = given.args.count <= d->parameter_count;
    for (uint32_t i = 0; fits && i < given.args.count; i++) {
        uint32_t at = i;
        if (given.names.items[i].size > 0) {
            for (at = 0; at < d->parameter_count; at++) {
                if (binder_same_name(b, d->parameters[at].name, given.names.items[i])) break;
            }
            if (at == d->parameter_count) {
                return error_raise(b->err, ERR_UNRECOGNIZED_PARAMETER_NAME, s, "routineName",
                                   binder_quote_parts(b, &d->name, 1), "argumentName",
                                   binder_quote_parts(b, &given.names.items[i], 1), "proposal", "",
                                   NULL);
            }
        }
        if (given.args.items[i] == NULL || arguments[at] != NULL)
            fits = false;
        else
            arguments[at] = given.args.items[i];
    }
    for (uint32_t i = 0; fits && i < d->parameter_count; i++) {
        if (arguments[i] == NULL && d->parameters[i].default_sql.data == NULL)
            fits = false;
        else if (arguments[i] == NULL)
            TRY(function_default(b, &d->parameters[i], &arguments[i]));
    }
    if (!fits) {
        return error_raise(b->err, ERR_WRONG_NUM_ARGS__WITHOUT_SUGGESTION, s, "functionName",
                           binder_quote_parts(b, &d->name, 1), "expectedNum",
                           arena_printf(b->arena, "%u", d->parameter_count), "actualNum",
                           arena_printf(b->arena, "%u", given.args.count), "docroot",
                           "https://spark.apache.org/docs/latest", NULL);
    }
    for (uint32_t i = 0; i < d->parameter_count; i++)
        TRY(bind_cast(b, arguments[i], d->parameters[i].type, &arguments[i]));
    *out = arguments;
    return DBX_OK;
}

dbx_status bind_sql_function(binder *b, const ast_function_call *f, const string_view *parts,
                             uint32_t count, expr **out) {
    binder_function d;
    expr **arguments;
    plan_node *ignored = NULL;
    bool found;
    *out = NULL;
    TRY(function_find(b, parts, count, &d, &found));
    if (!found) return DBX_OK;
    span s = f->node.span;
    if (d.is_table) {
        return error_raise(b->err, ERR_NOT_A_SCALAR_FUNCTION, binder_span(b, s), "functionName",
                           binder_quote_parts(b, parts, count), NULL);
    }
    if (f->over != NULL || f->distinct || f->filter != NULL) {
        return error_raise(b->err, ERR_UNSUPPORTED_EXPR_FOR_WINDOW, binder_span(b, s), "sqlExpr",
                           binder_sql_of(b, &f->node), NULL);
    }
    TRY(function_arguments(b, f, &d, &arguments));
    TRY(bind_function_body(b, &d, arguments, s, out, &ignored));
    if (d.has_result) TRY(bind_cast(b, *out, d.result, out));
    return DBX_OK;
}

dbx_status bind_sql_table_function(binder *b, const ast_function_call *f, const string_view *parts,
                                   uint32_t count, bound_relation *out, bool *found) {
    binder_function d;
    expr **arguments, *ignored = NULL;
    TRY(function_find(b, parts, count, &d, found));
    if (!*found) return DBX_OK;
    if (!d.is_table) {
        return error_raise(b->err, ERR_NOT_A_TABLE_FUNCTION, binder_node_span(b, &f->node),
                           "functionName", binder_quote_parts(b, parts, count), NULL);
    }
    TRY(function_arguments(b, f, &d, &arguments));
    TRY(bind_function_body(b, &d, arguments, f->node.span, &ignored, &out->plan));
    if (d.has_result && d.result.child_count == out->plan->column_count) {
        uint32_t n = out->plan->column_count;
        expr **exprs = ARENA_ARRAY(b->arena, expr *, n + 1);
        string_view *names = ARENA_ARRAY(b->arena, string_view, n + 1);
        if (exprs == NULL || names == NULL) return binder_nomem(b);
        for (uint32_t i = 0; i < n; i++) {
            exprs[i] = bind_plan_column(b, out->plan, i, f->node.span);
            if (exprs[i] == NULL) return binder_nomem(b);
            TRY(bind_cast(b, exprs[i], d.result.children[i].type, &exprs[i]));
            names[i] = d.result.children[i].name;
        }
        TRY(bind_project(b, out->plan, exprs, names, n, &out->plan));
    }
    bind_qualifier *q = scope_qualifier(b, d.name);
    if (q == NULL) return binder_nomem(b);
    out->scope = scope_of_plan(b, out->plan, q);
    return out->scope == NULL ? binder_nomem(b) : DBX_OK;
}
