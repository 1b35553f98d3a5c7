/* statement_explain.c - EXPLAIN in all its modes: plans as one text. */
#include "session/statement.h"

#include "optimizer/optimizer.h"
#include "planner/planner.h"

static dbx_status explain_bind(statement_call *call, const ast_statement *node, plan_node **out) {
    binder_context *b = &call->execution->binder;
    if (node->kind == AST_QUERY) return binder_bind_query(b, AST_AS(ast_query, node), out);
    return binder_bind_dml(b, node, out);
}

/* Runs the plan for its measures; the rows are dropped. */
static dbx_status explain_run(execution *e, const exec_profile **out) {
    TRY(exec_new(e->physical, &e->query, session_threads(e->session), &e->exec, e->err));
    exec_profile *profile = exec_enable_profile(e->exec);
    if (profile == NULL) return error_nomem(e->err);
    profile->hide_measures = !e->session->settings.explain_timing;
    *out = profile;
    for (const chunk *rows;;) {
        TRY(exec_next(e->exec, &rows, e->err));
        if (rows == NULL) return DBX_OK;
    }
}

static dbx_status explain_plan(statement_call *call, const ast_explain *x, buffer *text) {
    execution *e = call->execution;
    plan_node *root;
    TRY(explain_bind(call, x->statement, &root));
    bool extended = x->mode == AST_EXPLAIN_EXTENDED || x->mode == AST_EXPLAIN_LOGICAL;
    if (extended) {
        TRY(buffer_append_sv(text, SV("== Analyzed Logical Plan ==\n")));
        TRY(plan_append_text(text, root, &e->query));
    }
    TRY(optimizer_run(&e->plan, &root));
    if (extended || x->mode == AST_EXPLAIN_COST) {
        TRY(buffer_append_sv(text, SV("\n== Optimized Logical Plan ==\n")));
        TRY(plan_append_text(text, root, &e->query));
    }
    TRY(planner_plan(&e->plan, root, &e->physical));
    const exec_profile *profile = NULL;
    if (x->mode == AST_EXPLAIN_ANALYZE) TRY(explain_run(e, &profile));
    TRY(buffer_append_sv(text, SV("\n== Physical Plan ==\n")));
    if (x->mode == AST_EXPLAIN_FORMATTED)
        return physical_append_formatted(text, e->physical, &e->query);
    TRY(physical_append_text(text, e->physical, profile, &e->query));
    if (x->mode != AST_EXPLAIN_CODEGEN) return DBX_OK;
    return buffer_append_sv(text, SV("\nNo code is generated: expressions run as programs of "
                                     "kernels that are compiled with dbx.\n"));
}

/* A statement that is neither a query nor DML runs as one step. */
static dbx_status explain_text(statement_call *call, const ast_explain *x, buffer *text) {
    switch (x->statement->kind) {
    case AST_QUERY:
    case AST_INSERT:
    case AST_UPDATE:
    case AST_DELETE:
    case AST_MERGE:
        return explain_plan(call, x, text);
    default:
        if (x->mode == AST_EXPLAIN_ANALYZE)
            return statement_unsupported(
                call, "EXPLAIN ANALYZE of a statement that is neither a query nor DML");
        return buffer_printf(text, "== Physical Plan ==\nCOMMAND %s\n",
                             statement_kind_name(x->statement->kind));
    }
}

/* The whole text is one row, as Spark gives it. */
dbx_status statement_explain(statement_call *call, query_result **out) {
    static const result_builder_column columns[] = {{"plan", TYPE_STRING, false}};
    const ast_explain *x = AST_AS(ast_explain, call->node);
    execution *e = call->execution;
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
