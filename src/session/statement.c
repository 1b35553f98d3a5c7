/* statement.c - see statement.h. */
#include "session/statement.h"

typedef struct statement_row {
    const char *name;
    statement_executor run;
} statement_row;

static const statement_row statement_rows[AST_KIND_COUNT] = {
#define STATEMENT(kind, name, executor) [AST_##kind] = {name, executor},
#include "session/statements.def"
#undef STATEMENT
};

const char *statement_kind_name(ast_kind kind) {
    const char *name = statement_rows[kind].name;
    return name != NULL ? name : ast_kind_name(kind);
}

dbx_status statement_unsupported(statement_call *call, const char *feature) {
    return error_raise(call->execution->err, ERR_UNSUPPORTED_FEATURE, call->node->span, "feature",
                       feature, NULL);
}

dbx_status statement_result_empty(statement_call *call, query_result **out) {
    dbx_status status = result_new(&call->execution->session->ledger, call->kind, NULL, 0, out);
    return status == DBX_OK ? DBX_OK : error_nomem(call->execution->err);
}

/* A statement that fails inside BEGIN leaves the transaction open; its own writes are undone. After
 * a conflict only ROLLBACK makes sense. */
static dbx_status statement_check_transaction(session *s, const ast_statement *node) {
    if (!s->txn_failed || node->kind == AST_TRANSACTION) return DBX_OK;
    return error_raise(&s->error, ERR_TRANSACTION_FAILED, node->span, NULL);
}

dbx_status statement_run(session *s, string_view sql, const ast_statement *node,
                         const statement_parameters *parameters, bool stream, query_result **out) {
    *out = NULL;
    assert(node->kind < AST_KIND_COUNT);
    TRY(statement_check_transaction(s, node));
    if (s->depth >= SESSION_DEPTH_MAX)
        return error_raise(&s->error, ERR_STATEMENT_TOO_DEEP, node->span, NULL);
    const statement_row *row = &statement_rows[node->kind];
    if (row->run == NULL) {
        return error_raise(&s->error, ERR_UNSUPPORTED_FEATURE, node->span, "feature",
                           ast_kind_name(node->kind), NULL);
    }
    execution *e;
    TRY(execution_new(s, sql, parameters, &e));
    const char *operation = s->depth == 0 ? statement_operation(node) : NULL;
    if (operation != NULL && e->query.txn != NULL) txn_set_operation(e->query.txn, operation);
    s->depth++;
    statement_call call = {.execution = e, .node = node, .kind = row->name, .stream = stream};
    dbx_status status = row->run(&call, out);
    s->depth--;
    if (call.taken) return status;
    if (status == DBX_BUSY && s->txn != NULL) s->txn_failed = true;
    status = execution_end(e, status, &s->error);
    execution_free(e);
    if (status != DBX_OK) {
        result_free(*out);
        *out = NULL;
    }
    return status;
}
