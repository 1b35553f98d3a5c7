/* execution.h - one statement under way: its memory, transaction, plan and run.
 *
 *   execution_new -> bind (statement) -> execution_plan -> execution_run | execution_next … ->
 * execution_end -> free A statement outside BEGIN is its own transaction: begun by execution_new,
 * ended by execution_end. Nested ones (a statement in a script, EXECUTE IMMEDIATE) are executions
 * of their own in sequence, never inside each other.
 */
#ifndef DBX_SESSION_EXECUTION_H
#define DBX_SESSION_EXECUTION_H

#include "binder/binder.h"
#include "exec/exec.h"
#include "session/session.h"

typedef struct execution {
    session *session;
    query query;
    arena arena; /* AST, plans */
    error *err;  /* the session's */
    const statement_parameters *parameters;
    plan_context plan;
    binder_context binder;
    struct txn *own_txn; /* autocommit */
    txn_mark mark;       /* in an explicit transaction: where a failed statement goes back to */
    const physical_plan *physical;
    exec *exec;
    query *outer; /* the statement that this one is part of, for cancellation */
} execution;

/* Starts a statement of the session; sql is its text (kept by the caller). */
dbx_status execution_new(session *s, string_view sql, const statement_parameters *parameters,
                         execution **out) MUST_CHECK;
/* Optimizes and plans a bound tree. */
dbx_status execution_plan(execution *e, plan_node *root) MUST_CHECK;
/* Runs to the end into a fresh result. */
dbx_status execution_run(execution *e, const char *kind, query_result **out) MUST_CHECK;
dbx_status execution_next(execution *e, const chunk **out, error *err) MUST_CHECK;
/* Ends the statement's transaction: commits after DBX_OK, else rolls back. Returns the first
 * failure. */
dbx_status execution_end(execution *e, dbx_status status, error *err) MUST_CHECK;
/* Frees all; rolls back what was not ended. */
void execution_free(execution *e);

/* Result columns of the physical plan, in the execution's arena. NULL when out of memory. */
result_column *execution_columns(execution *e);

#endif
