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
/* The same in another arena. */
dbx_status statement_result_value_in(statement_call *call, arena *a, const query_result *r,
                                     uint32_t column, const type *target,
                                     const vector **out) MUST_CHECK;
/* Column of the result's only row, cast to target, in the statement's arena; NULL of that type
 * without a row. */
dbx_status statement_result_value(statement_call *call, const query_result *r, uint32_t column,
                                  const type *target, const vector **out) MUST_CHECK;
/* Runs another statement inside this one. */
dbx_status statement_nested(statement_call *call, string_view sql, const ast_statement *node,
                            const statement_parameters *parameters, query_result **out) MUST_CHECK;
dbx_status statement_run_write(statement_call *call, plan_node *root,
                               query_result **out) MUST_CHECK;
/* ---- variables: statement_variable.c ---- */
/* Local variables of the running script first, then the session's; NULL when there is none. */
session_variable *statement_lookup_variable(const session *s, const string_view *parts,
                                            uint32_t count);
/* The same; absence raises UNRESOLVED_VARIABLE. */
dbx_status statement_find_variable(statement_call *call, const ast_name *name,
                                   session_variable **out) MUST_CHECK;
/* Last part of `x`, `session.x` or `system.session.x`. */
dbx_status statement_session_variable_name(statement_call *call, const ast_name *name,
                                           string_view *out) MUST_CHECK;
dbx_status statement_variable_default(statement_call *call, const session_variable *v,
                                      const vector **out) MUST_CHECK;
/* DUPLICATE_ASSIGNMENTS when a target comes twice. */
dbx_status statement_check_targets(statement_call *call, session_variable *const *targets,
                                   uint32_t count, span position) MUST_CHECK;
/* The only row of a result into variables; NULLs without a row. */
dbx_status statement_assign_row(statement_call *call, session_variable *const *targets,
                                uint32_t count, const query_result *rows, span position) MUST_CHECK;
/* One value, cast to target unless NULL, in the arena. */
dbx_status statement_cast_value(statement_call *call, arena *a, const vector *value,
                                const type *target, const vector **out) MUST_CHECK;
dbx_status statement_chunk_value(statement_call *call, arena *a, type t, const chunk *c,
                                 uint32_t column, uint32_t row, const type *target,
                                 const vector **out) MUST_CHECK;

/* The table of that name; a view raises EXPECT_TABLE_NOT_VIEW with the operation's name. */
dbx_status statement_table(statement_call *call, const ast_name *name, const char *operation,
                           const catalog_table **out) MUST_CHECK;
/* The table as it stands after nested statements changed it. */
dbx_status statement_table_again(statement_call *call, const catalog_table *table,
                                 const catalog_table **out) MUST_CHECK;
/* "'it\\'s'": the text as an SQL string in the statement's arena; NULL when out of memory. */
const char *statement_quote_string(statement_call *call, string_view text);
/* The relation of that name; absence raises TABLE_OR_VIEW_NOT_FOUND. */
dbx_status statement_relation(statement_call *call, const ast_name *name,
                              const catalog_object **out) MUST_CHECK;
/* A column or constraint as written, for the catalog. */
dbx_status statement_column(statement_call *call, const ast_column_def *def,
                            catalog_column *out) MUST_CHECK;
dbx_status statement_constraint(statement_call *call, const ast_constraint *c, string_view column,
                                uint32_t number, catalog_constraint *out) MUST_CHECK;
/* Adds the row of SHOW CREATE TABLE. */
dbx_status statement_show_create(statement_call *call, const ast_name *name,
                                 result_builder *b) MUST_CHECK;
/* The default collation of an object: the one given, or else that of the path's schema (path may be
 * NULL). It goes to the properties, and to the binder for the types and literals that follow. */
dbx_status statement_default_collation(statement_call *call, const ast_ident *given,
                                       const catalog_path *path, catalog_info *info) MUST_CHECK;
/* What SET COLLATION chose. */
uint16_t statement_session_collation(const settings *s);
/* Properties of TBLPROPERTIES, DBPROPERTIES, OPTIONS: keys and values as text, sorted by key. */
dbx_status statement_properties(statement_call *call, const ast_list *items,
                                const catalog_property **out, uint32_t *count) MUST_CHECK;

void statement_sort_properties(catalog_property *list, uint32_t count);
/* The comment of the table's column that an output column of the plan is; data NULL: none. */
string_view plan_column_comment(const plan_node *n, column_id id);
/* The info with one property set or, data NULL, taken away. */
dbx_status statement_add_property(statement_call *call, catalog_info *info, const char *key,
                                  string_view value) MUST_CHECK;

/* What the histories of tables call a statement; NULL: it changes none. Static. */
const char *statement_operation(const ast_node *node);
dbx_status statement_describe_history(statement_call *call, const ast_name *name,
                                      query_result **out) MUST_CHECK;
dbx_status statement_restore(statement_call *call, const ast_maintenance *m,
                             query_result **out) MUST_CHECK;
dbx_status statement_fsck(statement_call *call, const ast_maintenance *m,
                          query_result **out) MUST_CHECK;
dbx_status statement_vacuum(statement_call *call, const ast_maintenance *m,
                            query_result **out) MUST_CHECK;
/* An empty result without columns. */
dbx_status statement_result_empty(statement_call *call, query_result **out) MUST_CHECK;
/* What a statement is called in results: "CREATE TABLE". Static. */
const char *statement_kind_name(ast_kind kind);
/* Raises UNSUPPORTED_FEATURE naming the statement. */
dbx_status statement_unsupported(statement_call *call, const char *feature) MUST_CHECK;

#define STATEMENT(kind, name, executor)                                                            \
    dbx_status executor(statement_call *call, query_result **out) MUST_CHECK;
#include "session/statements.def"
#undef STATEMENT

#endif
