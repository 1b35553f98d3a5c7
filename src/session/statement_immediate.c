/* statement_immediate.c - EXECUTE IMMEDIATE: a text as a statement, with parameters and targets. */
#include "session/script.h"

#include "parser/parser.h"

/* ---- the text ---- */

static dbx_status immediate_text(statement_call *call, const ast_execute_immediate *x,
                                 string_view *out) {
    execution *e = call->execution;
    const vector *text;
    TRY(statement_scalar(call, x->sql, NULL, &text));
    if (text->type.id != TYPE_STRING && text->type.id != TYPE_VOID) {
        return error_raise(
            e->err, ERR_INVALID_EXPR_TYPE_FOR_QUERY_EXECUTE_IMMEDIATE, x->sql->span, "exprType",
            arena_printf(&e->arena, "\"%s\"", type_sql(&e->arena, text->type)), NULL);
    }
    if (vector_is_null(text, 0)) {
        return error_raise(e->err, ERR_NULL_QUERY_STRING_EXECUTE_IMMEDIATE, x->sql->span, "varName",
                           arena_printf(&e->arena, SV_FMT,
                                        (int)(x->sql->span.end - x->sql->span.start),
                                        e->query.sql.data + x->sql->span.start),
                           NULL);
    }
    *out = arena_copy_string(&e->arena, vstring_view(VECTOR_DATA(text, vstring)));
    return out->data == NULL ? error_nomem(e->err) : DBX_OK;
}

/* ---- USING ---- */

typedef struct immediate_arguments {
    const ast_expr **exprs;
    string_view *names; /* data NULL: none */
    uint32_t count;
} immediate_arguments;

/* USING (a, b) is USING a, b. */
static dbx_status immediate_collect(statement_call *call, const ast_execute_immediate *x,
                                    immediate_arguments *out) {
    arena *a = &call->execution->arena;
    const ast_list *list = &x->using_arguments;
    const ast_row *row = NULL;
    if (list->count == 1) {
        const ast_select_item *only = AST_AS(ast_select_item, list->items[0]);
        if (only->expr->kind == AST_ROW && only->aliases.count == 0)
            row = AST_AS(ast_row, only->expr);
    }
    out->count = row != NULL ? row->items.count : list->count;
    out->exprs = ARENA_ARRAY(a, const ast_expr *, out->count);
    out->names = ARENA_ARRAY(a, string_view, out->count);
    if (out->exprs == NULL || out->names == NULL) return error_nomem(call->execution->err);
    for (uint32_t i = 0; i < out->count; i++) {
        const ast_select_item *item = row ? NULL : AST_AS(ast_select_item, list->items[i]);
        out->exprs[i] = row != NULL ? row->items.items[i] : item->expr;
        if (item != NULL && item->aliases.count > 0) {
            out->names[i] = item->aliases.items[0].text;
        } else if (out->exprs[i]->kind == AST_COLUMN_REF) { /* a variable names its parameter */
            const ast_name *name = AST_AS(ast_column_ref, out->exprs[i])->name;
            out->names[i] = name->parts.items[name->parts.count - 1].text;
        }
    }
    return DBX_OK;
}

static void immediate_parameter_kinds(string_view sql, bool *named, bool *positional) {
    size_t offset = 0, size;
    *named = *positional = false;
    for (;;) {
        dbx_token_kind kind = dbx_next_token(sql.data, sql.size, &offset, &size);
        if (kind == DBX_TOKEN_END) return;
        if (kind != DBX_TOKEN_PARAMETER) continue;
        if (sql.data[offset - size] == ':')
            *named = true;
        else
            *positional = true;
    }
}

static dbx_status immediate_all_named(statement_call *call, const immediate_arguments *given) {
    execution *e = call->execution;
    char *list = arena_printf(&e->arena, "%s", "");
    uint32_t missing = 0;
    for (uint32_t i = 0; list != NULL && i < given->count; i++) {
        if (given->names[i].data != NULL) continue;
        buffer text;
        buffer_init(&text, &e->query.ledger);
        dbx_status status = binder_expression_name(&e->binder, given->exprs[i], &text);
        if (status == DBX_OK)
            list = arena_printf(&e->arena, "%s%s\"" SV_FMT "\"", list, missing++ ? ", " : "",
                                SV_ARG(text));
        buffer_deinit(&text);
        TRY(status);
    }
    if (list == NULL) return error_nomem(e->err);
    if (missing == 0) return DBX_OK;
    return error_raise(e->err, ERR_ALL_PARAMETERS_MUST_BE_NAMED, call->node->span, "exprs", list,
                       NULL);
}

static dbx_status immediate_parameters(statement_call *call, const ast_execute_immediate *x,
                                       string_view sql, statement_parameters *out) {
    execution *e = call->execution;
    immediate_arguments given;
    bool named, positional;
    TRY(immediate_collect(call, x, &given));
    immediate_parameter_kinds(sql, &named, &positional);
    if (named && positional) {
        return error_raise(e->err, ERR_INVALID_QUERY_MIXED_QUERY_PARAMETERS, x->sql->span, NULL);
    }
    if (named) TRY(immediate_all_named(call, &given));
    statement_parameter *items = ARENA_ARRAY(&e->arena, statement_parameter, given.count);
    if (items == NULL) return error_nomem(e->err);
    for (uint32_t i = 0; i < given.count; i++) {
        TRY(binder_evaluate(&e->binder, given.exprs[i], NULL, &items[i].value));
        if (named) items[i].name = given.names[i];
    }
    *out = (statement_parameters){items, given.count};
    return DBX_OK;
}

/* ---- INTO ---- */

static dbx_status immediate_targets(statement_call *call, const ast_execute_immediate *x,
                                    session_variable ***out) {
    execution *e = call->execution;
    session_variable **targets = ARENA_ARRAY(&e->arena, session_variable *, x->into.count);
    if (targets == NULL) return error_nomem(e->err);
    for (uint32_t i = 0; i < x->into.count; i++)
        TRY(statement_find_variable(call, AST_AS(ast_name, x->into.items[i]), &targets[i]));
    *out = targets;
    return statement_check_targets(call, targets, x->into.count, x->node.span);
}

static dbx_status immediate_not_a_query(statement_call *call, string_view sql, span position) {
    execution *e = call->execution;
    char *upper = arena_alloc_bytes(&e->arena, sql.size + 1);
    if (upper == NULL) return error_nomem(e->err);
    for (size_t i = 0; i < sql.size; i++) upper[i] = ascii_upper(sql.data[i]);
    upper[sql.size] = '\0';
    return error_raise(e->err, ERR_INVALID_STATEMENT_FOR_EXECUTE_INTO, position, "sqlString", upper,
                       NULL);
}

/* Local variables of a script are not seen inside the text. */
static dbx_status immediate_run(statement_call *call, string_view sql, const ast_statement *node,
                                const statement_parameters *parameters, query_result **out) {
    session *s = call->execution->session;
    script *hidden = s->script;
    s->script = NULL;
    dbx_status status = statement_nested(call, sql, node, parameters, out);
    s->script = hidden;
    return status;
}

dbx_status statement_execute_immediate(statement_call *call, query_result **out) {
    const ast_execute_immediate *x = AST_AS(ast_execute_immediate, call->node);
    execution *e = call->execution;
    string_view sql;
    TRY(immediate_text(call, x, &sql));
    ast_statement_list list;
    parser_options options = session_parser_options(e->session);
    TRY(parser_parse(&e->arena, sql, &options, &list, e->err));
    if (list.count != 1)
        return statement_unsupported(call, "EXECUTE IMMEDIATE of several statements");
    const ast_statement *node = list.items[0];
    if (node->kind == AST_BLOCK) {
        return error_raise(e->err, ERR_SQL_SCRIPT_IN_EXECUTE_IMMEDIATE, x->sql->span, "sqlString",
                           sql.data, NULL);
    }
    if (x->into.count > 0 && node->kind != AST_QUERY && node->kind != AST_EXECUTE_IMMEDIATE)
        return immediate_not_a_query(call, sql, x->sql->span);
    session_variable **targets = NULL;
    TRY(immediate_targets(call, x, &targets));
    statement_parameters parameters;
    TRY(immediate_parameters(call, x, sql, &parameters));
    query_result *rows;
    TRY(immediate_run(call, sql, node, &parameters, &rows));
    if (x->into.count == 0) {
        *out = rows;
        return DBX_OK;
    }
    dbx_status status = statement_assign_row(call, targets, x->into.count, rows, x->sql->span);
    result_free(rows);
    return status == DBX_OK ? statement_result_empty(call, out) : status;
}
