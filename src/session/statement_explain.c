/* statement_explain.c - EXPLAIN [EXTENDED | ANALYZE]: plans as text, one line a row. */
#include "session/statement.h"

#include "optimizer/optimizer.h"
#include "planner/planner.h"

static dbx_status explain_bind(statement_call *call, const ast_statement *node, plan_node **out) {
    execution *e = call->execution;
    switch (node->kind) {
    case AST_QUERY:
        return binder_bind_query(&e->binder, AST_AS(ast_query, node), out);
    case AST_INSERT:
    case AST_UPDATE:
    case AST_DELETE:
    case AST_MERGE:
        return binder_bind_dml(&e->binder, node, out);
    default:
        return statement_unsupported(call,
                                     "EXPLAIN of a statement that is neither a query nor DML");
    }
}

static dbx_status explain_text(statement_call *call, const ast_explain *x, buffer *text) {
    execution *e = call->execution;
    plan_node *root;
    TRY(explain_bind(call, x->statement, &root));
    bool extended = x->mode == AST_EXPLAIN_EXTENDED || x->mode == AST_EXPLAIN_LOGICAL;
    if (extended) {
        TRY(buffer_append_sv(text, SV("== Analyzed Logical Plan ==\n")));
        TRY(plan_append_text(text, root, &e->query));
    }
    TRY(optimizer_run(&e->plan, &root));
    if (extended) {
        TRY(buffer_append_sv(text, SV("\n== Optimized Logical Plan ==\n")));
        TRY(plan_append_text(text, root, &e->query));
    }
    TRY(planner_plan(&e->plan, root, &e->physical));
    const exec_profile *profile = NULL;
    if (x->mode == AST_EXPLAIN_ANALYZE) {
        TRY(exec_new(e->physical, &e->query, e->session->db->threads, &e->exec, e->err));
        profile = exec_enable_profile(e->exec);
        if (profile == NULL) return error_nomem(e->err);
        type *types = ARENA_ARRAY(&e->arena, type, e->physical->column_count);
        if (types == NULL) return error_nomem(e->err);
        for (uint32_t i = 0; i < e->physical->column_count; i++)
            types[i] = e->physical->columns[i].type;
        collection rows;
        if (collection_init(&rows, types, e->physical->column_count, &e->query.ledger) != DBX_OK) {
            return error_nomem(e->err);
        }
        dbx_status status = exec_run(e->exec, &rows, e->err);
        collection_deinit(&rows);
        TRY(status);
    }
    TRY(buffer_append_sv(text, SV("\n== Physical Plan ==\n")));
    return physical_append_text(text, e->physical, profile, &e->query);
}

/* The whole text is one row, as Spark gives it. */
dbx_status statement_explain(statement_call *call, query_result **out) {
    static const result_builder_column columns[] = {{"plan", TYPE_STRING, false}};
    const ast_explain *x = AST_AS(ast_explain, call->node);
    execution *e = call->execution;
    if (x->mode == AST_EXPLAIN_CODEGEN)
        return statement_unsupported(call, "EXPLAIN CODEGEN: dbx generates no code");
    buffer text;
    buffer_init(&text, &e->session->ledger);
    result_builder b;
    dbx_status status = explain_text(call, x, &text);
    if (status == DBX_OK)
        status = result_builder_init(&b, &e->session->ledger, call->kind, columns, 1);
    if (status == DBX_OK) {
        string_view body = buffer_view(&text);
        if (sv_starts_with(body, SV("\n"))) body.data++, body.size--;
        status = result_builder_text(&b, 0, body);
        if (status == DBX_OK) status = result_builder_row(&b);
        if (status == DBX_OK)
            *out = result_builder_finish(&b);
        else
            result_builder_deinit(&b);
    }
    buffer_deinit(&text);
    return status == DBX_NOMEM ? error_nomem(e->err) : status;
}
