/* statement.h - running one parsed statement: a table of executors by kind of AST node
 * (statements.def).
 *
 * An executor gets the execution and the node and hands over a result; the transaction is ended by
 * the caller. How to add one: a row in statements.def and a function in the file of its family
 * (statement_*.c).
 */
#ifndef DBX_SESSION_STATEMENT_H
#define DBX_SESSION_STATEMENT_H

#include "parser/ast.h"
#include "session/execution.h"

typedef struct statement_call {
    execution *execution;
    const ast_node *node;
    const char *kind; /* for the result: "CREATE TABLE" */
    bool stream; /* a query may hand over a streaming result; it then takes the execution over */
    bool taken;  /* set when it did */
} statement_call;

typedef dbx_status (*statement_executor)(statement_call *call, query_result **out);

/* Runs a statement to its result, within its own transaction when none is open. */
dbx_status statement_run(session *s, string_view sql, const ast_statement *node,
                         const statement_parameters *parameters, bool stream,
                         query_result **out) MUST_CHECK;

/* ---- for executors ---- */

/* Parts of a written name (IDENTIFIER(…) evaluated), 1..max of them. */
dbx_status statement_name_parts(statement_call *call, const ast_name *name, string_view *parts,
                                uint32_t max, uint32_t *count) MUST_CHECK;
/* The name as the catalog takes it; at most 3 parts. `parts` must outlive `out`. */
dbx_status statement_catalog_name(statement_call *call, const ast_name *name, string_view parts[3],
                                  catalog_name *out) MUST_CHECK;
/* "`a`.`b`" in the statement's arena; never NULL. */
const char *statement_quote(statement_call *call, const string_view *parts, uint32_t count);
/* The value of an expression that may hold scalar subqueries: a CONSTANT of `target`, or of its own
 * type. */
dbx_status statement_scalar(statement_call *call, const ast_expr *e, const type *target,
                            const vector **out) MUST_CHECK;
/* Runs a query of this statement to the end. */
dbx_status statement_subquery(statement_call *call, const ast_query *q,
                              query_result **out) MUST_CHECK;
/* Column of the result's only row, cast to target, in the statement's arena; NULL of that type
 * without a row. */
dbx_status statement_result_value(statement_call *call, const query_result *r, uint32_t column,
                                  const type *target, const vector **out) MUST_CHECK;
/* Runs another statement inside this one. */
dbx_status statement_nested(statement_call *call, string_view sql, const ast_statement *node,
                            const statement_parameters *parameters, query_result **out) MUST_CHECK;
dbx_status statement_run_write(statement_call *call, plan_node *root,
                               query_result **out) MUST_CHECK;
dbx_status statement_variable_default(statement_call *call, const session_variable *v,
                                      const vector **out) MUST_CHECK;
dbx_status statement_set_variables_from_query(statement_call *call, const ast_set_variable *set,
                                              query_result **out) MUST_CHECK;
/* The table of that name; a view raises EXPECT_TABLE_NOT_VIEW with the operation's name. */
dbx_status statement_table(statement_call *call, const ast_name *name, const char *operation,
                           const catalog_table **out) MUST_CHECK;
/* A column or constraint as written, for the catalog. */
dbx_status statement_column(statement_call *call, const ast_column_def *def,
                            catalog_column *out) MUST_CHECK;
dbx_status statement_constraint(statement_call *call, const ast_constraint *c, string_view column,
                                uint32_t number, catalog_constraint *out) MUST_CHECK;
/* Adds the row of SHOW CREATE TABLE. */
dbx_status statement_show_create(statement_call *call, const ast_name *name,
                                 result_builder *b) MUST_CHECK;
/* Properties of TBLPROPERTIES, DBPROPERTIES, OPTIONS: keys and values as text, sorted by key. */
dbx_status statement_properties(statement_call *call, const ast_list *items,
                                const catalog_property **out, uint32_t *count) MUST_CHECK;

/* An empty result without columns. */
dbx_status statement_result_empty(statement_call *call, query_result **out) MUST_CHECK;
/* Raises UNSUPPORTED_FEATURE naming the statement. */
dbx_status statement_unsupported(statement_call *call, const char *feature) MUST_CHECK;

#define STATEMENT(kind, name, executor)                                                            \
    dbx_status executor(statement_call *call, query_result **out) MUST_CHECK;
#include "session/statements.def"
#undef STATEMENT

#endif
