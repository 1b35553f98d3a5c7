/* script_int.h - what the interpreter's own files share.
 *
 *   script_run.c      statements and control flow
 *   script_scope.c    scopes: variables, conditions, cursors
 *   script_error.c    handlers, SIGNAL, RESIGNAL, GET DIAGNOSTICS
 *   script_check.c    what can be said of a script before it runs
 *
 * Invariants
 *   1. Scopes form a chain on the C stack; whoever pushes one pops it on every way out.
 *   2. A failing statement leaves its error in session->error; a handler takes it from there.
 *   3. `scratch` holds what one step needs and is reset between steps; variables own their values.
 */
#ifndef DBX_SESSION_SCRIPT_INT_H
#define DBX_SESSION_SCRIPT_INT_H

#include "session/script.h"

typedef struct script_condition {
    string_view name;
    string_view sqlstate;
    struct script_condition *next;
} script_condition;

typedef struct script_cursor {
    const ast_declare_cursor *ast;
    query_result *rows; /* NULL: closed */
    uint32_t chunk, row;
    struct script_cursor *next;
} script_cursor;

typedef struct script_scope {
    struct script_scope *parent;
    string_view label;      /* of the block; of a FOR: its variable's name */
    const ast_block *block; /* NULL: the row of a FOR */
    session_variable *variables;
    script_condition *conditions;
    script_cursor *cursors;
    bool handling; /* one of its handlers runs: errors go to the scopes around */
} script_scope;

/* Where control goes after a statement. */
typedef enum script_flow {
    SCRIPT_NEXT,
    SCRIPT_LEAVE,   /* to the end of what has the label `jump` */
    SCRIPT_ITERATE, /* to the next turn of the loop with the label `jump` */
    SCRIPT_EXIT,    /* to the end of the block whose scope is `exit_scope` */
} script_flow;

struct script {
    statement_call *call;
    session *session;
    script *outer; /* a script that called this one */
    script_scope *scope;
    arena scratch;
    query_result *last; /* result so far; NULL: none */
    string_view jump;
    const script_scope *exit_scope;
    const error *handled; /* the error that a running handler is for; NULL outside */
};

/* ---- script_run.c ---- */
dbx_status script_statement(script *s, const ast_statement *x, script_flow *flow) MUST_CHECK;
/* Value of an expression, which may hold subqueries, as a CONSTANT in `scratch`; target NULL: its
 * own type. */
dbx_status script_value(script *s, const ast_expr *x, const type *target,
                        const vector **out) MUST_CHECK;
/* Runs a query to the end. */
dbx_status script_query(script *s, const ast_query *q, query_result **out) MUST_CHECK;

/* ---- script_scope.c ---- */
void script_scope_push(script *s, script_scope *scope);
void script_scope_pop(script *s);
dbx_status script_declare_variable(script *s, const ast_declare_variable *d) MUST_CHECK;
dbx_status script_declare_condition(script *s, const ast_declare_condition *d) MUST_CHECK;
dbx_status script_declare_cursor(script *s, const ast_declare_cursor *d) MUST_CHECK;
/* Adds a variable to a scope; everything is copied. */
dbx_status script_add_variable(script *s, script_scope *scope, string_view name, type t,
                               const vector *value) MUST_CHECK;
const script_condition *script_find_condition(const script *s, string_view name);
dbx_status script_cursor_step(script *s, const ast_cursor *c) MUST_CHECK;

/* ---- script_error.c ---- */
/* After a statement failed: runs the handler that is for it, or returns `status` again. */
dbx_status script_handle(script *s, dbx_status status, script_flow *flow) MUST_CHECK;
dbx_status script_signal(script *s, const ast_signal *x) MUST_CHECK;
dbx_status script_get_diagnostics(script *s, const ast_get_diagnostics *g) MUST_CHECK;

/* ---- script_check.c ---- */
dbx_status script_check(statement_call *call, const ast_block *block) MUST_CHECK;

#endif
