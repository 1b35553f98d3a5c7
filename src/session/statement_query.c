/* statement_query.c - queries and statements that write rows: bind, plan, run. */
#include "session/ddl.h"

static dbx_status statement_stream(statement_call *call, query_result **out) {
    execution *e = call->execution;
    result_column *columns = execution_columns(e);
    query_result *r;
    if (columns == NULL || result_new(&e->session->ledger, call->kind, columns,
                                      e->physical->column_count, &r) != DBX_OK) {
        return error_nomem(e->err);
    }
    r->streaming = true;
    r->execution = e;
    call->taken = true;
    *out = r;
    return DBX_OK;
}

dbx_status statement_query(statement_call *call, query_result **out) {
    execution *e = call->execution;
    plan_node *root;
    TRY(binder_bind_query(&e->binder, AST_AS(ast_query, call->node), &root));
    TRY(execution_plan(e, root));
    if (call->stream) return statement_stream(call, out);
    return execution_run(e, call->kind, out);
}

/* Runs a plan whose only output is the number of rows written. */
dbx_status statement_run_write(statement_call *call, plan_node *root, query_result **out) {
    execution *e = call->execution;
    TRY(execution_plan(e, root));
    TRY(execution_run(e, call->kind, out));
    query_result *r = *out;
    r->rows_changed = 0;
    if (r->rows.rows > 0) {
        const vector *count = &r->rows.chunks.items[0]->columns[0];
        assert(count->phys == PHYS_INT64);
        r->rows_changed = VECTOR_DATA(count, int64_t)[0];
    }
    return DBX_OK;
}

/* Tables of plain files take whole rows only. */
static dbx_status dml_check_target(statement_call *call) {
    const ast_name *name;
    const char *operation;
    switch (call->node->kind) {
    case AST_UPDATE:
        name = AST_AS(ast_update, call->node)->table;
        operation = "UPDATE TABLE";
        break;
    case AST_DELETE:
        name = AST_AS(ast_delete, call->node)->table;
        operation = "DELETE";
        break;
    case AST_MERGE:
        name = AST_AS(ast_merge, call->node)->target;
        operation = "MERGE INTO TABLE";
        break;
    default:
        return DBX_OK;
    }
    string_view parts[3];
    catalog_name n;
    TRY(statement_catalog_name(call, name, parts, &n));
    const catalog_table *table =
        catalog_as_table(catalog_find(&call->execution->query, CATALOG_RELATIONS, &n));
    if (table == NULL) return DBX_OK; /* the binder says what is wrong */
    return table_refuse_plain_files(call, table, operation, name->node.span);
}

dbx_status statement_dml(statement_call *call, query_result **out) {
    plan_node *root;
    TRY(dml_check_target(call));
    TRY(binder_bind_dml(&call->execution->binder, call->node, &root));
    if (call->node->kind != AST_INSERT) return statement_run_write(call, root, out);
    query_result *written; /* INSERT has no result set in Spark: the number is dbx_rows_changed's */
    TRY(statement_run_write(call, root, &written));
    int64_t rows = written->rows_changed;
    result_free(written);
    TRY(statement_result_empty(call, out));
    (*out)->rows_changed = rows;
    return DBX_OK;
}
