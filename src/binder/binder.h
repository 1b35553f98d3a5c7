/* binder.h - AST to logical plan: names, types, overloads, generated column names.
 *
 * In: trees of parser/ast.h. Out: logical plans (plan/logical.h) whose expressions are typed and
 * resolved, with every implicit cast made explicit. Correlated subqueries stay as EXPR_SUBQUERY and
 * dependent joins; the optimizer unnests them. Parameters and variables become constants here.
 *
 * 1. Everything made lives in plan->arena; sources of scans are remembered in plan->owned_sources.
 * 2. The binder reads the catalog through query->txn and never changes it.
 * 3. A failure is raised into plan->err with a position in query->sql, views included (the view's
 * reference).
 * 4. What the catalog does not know (temporary views, variables, registered streams, user functions
 * of the session) is asked of `host`, whose members may be NULL.
 */
#ifndef DBX_BINDER_BINDER_H
#define DBX_BINDER_BINDER_H

#include "catalog/catalog.h"
#include "parser/ast.h"
#include "plan/logical.h"

typedef enum binder_relation_kind {
    BINDER_RELATION_NONE,   /* not known to the host: the catalog is asked next */
    BINDER_RELATION_VIEW,   /* view.sql is bound */
    BINDER_RELATION_SOURCE, /* source is scanned */
} binder_relation_kind;

typedef struct binder_view {
    string_view sql;             /* the query's text */
    string_view catalog, schema; /* current ones when the view was created; empty: the session's */
    const string_view *column_names; /* NULL: the query's own */
    uint32_t column_count;
    const catalog_property *settings; /* over the session's while the text is bound */
    uint32_t setting_count;
    uint16_t default_collation;
} binder_view;

typedef struct binder_relation {
    binder_relation_kind kind;
    string_view name; /* as qualifier and in EXPLAIN; empty: the last part asked for */
    binder_view view;
    source *source;
    bool source_owned; /* the statement frees it */
} binder_relation;

typedef struct binder_variable {
    type type;
    const vector *value; /* CONSTANT; outlives the statement */
} binder_variable;

/* A function that SQL defines: CREATE [TEMPORARY] FUNCTION f(x INT DEFAULT 1) RETURNS t RETURN
 * expression. */
typedef struct binder_function_parameter {
    string_view name;
    type type;
    string_view default_sql; /* data == NULL: none */
} binder_function_parameter;

typedef struct binder_function {
    string_view name;
    const binder_function_parameter *parameters;
    uint32_t parameter_count;
    bool is_table;   /* RETURNS TABLE: sql is a query */
    bool has_result; /* RETURNS given; else the body's type */
    type result;     /* scalar: the type; table: a STRUCT of the columns */
    string_view sql; /* expression or query */
    string_view catalog, schema;
} binder_function;

/* A table function of the application: open makes a source of the arguments, which the statement
 * frees. */
typedef struct binder_table_function {
    string_view name;
    const void *function; /* for open */
    dbx_status (*open)(const void *function, query *q, ledger *l, const table_argument *arguments,
                       uint32_t count, span position, source **out, error *err);
} binder_table_function;

typedef struct binder_host {
    void *state;
    /* Temporary view or registered relation of that name (1 to 3 parts); kind NONE when unknown. */
    dbx_status (*relation)(void *state, const string_view *parts, uint32_t part_count,
                           binder_relation *out, error *err);
    /* Session or local variable. `x`, `session.x`, `system.session.x`, `label.x`; *found false when
     * unknown. */
    dbx_status (*variable)(void *state, const string_view *parts, uint32_t part_count,
                           binder_variable *out, bool *found, error *err);
    /* Function that the user created, temporary ones first; *found false when unknown. */
    dbx_status (*function)(void *state, const string_view *parts, uint32_t part_count,
                           binder_function *out, bool *found, error *err);
    /* Function in C of that name, asked last: its rows outlive the statement. NULL when unknown. */
    const function_row *(*native)(void *state, string_view name, uint32_t *count);
    /* Table function in C of that name; false when unknown. */
    bool (*table_function)(void *state, string_view name, binder_table_function *out);
} binder_host;

typedef struct binder_parameter {
    string_view name;    /* empty: positional */
    const vector *value; /* CONSTANT */
} binder_parameter;

typedef struct binder_context {
    plan_context *plan;
    const binder_host *host; /* may be NULL */
    const binder_parameter *parameters;
    uint32_t parameter_count;
    /* out: the first temporary object that the text named; kind NULL when there is none */
    struct {
        const char *kind; /* "VIEW", "FUNCTION", "VARIABLE" */
        const char *name; /* quoted */
    } temporary;
    uint16_t default_collation; /* of literals, and of types that name none */
} binder_context;

/* A query; the plan's columns carry the result's names. */
dbx_status binder_bind_query(binder_context *c, const ast_query *q, plan_node **out) MUST_CHECK;
/* AST_INSERT, AST_UPDATE, AST_DELETE, AST_MERGE: a PLAN_WRITE into a table of the catalog. */
dbx_status binder_bind_dml(binder_context *c, const ast_statement *s, plan_node **out) MUST_CHECK;
/* PLAN_WRITE of a bound query into a table by position, with store-assignment casts (CTAS, COPY
 * INTO). */
dbx_status binder_write_query(binder_context *c, plan_node *source, struct catalog_table *table,
                              bool overwrite, span position, plan_node **out) MUST_CHECK;
/* An expression without columns, cast to `target` by store assignment unless NULL, evaluated:
 * defaults, SET, options, LIMIT. The result is a CONSTANT vector in the plan's arena. Subqueries
 * are refused. */
dbx_status binder_evaluate(binder_context *c, const ast_expr *e, const type *target,
                           const vector **out) MUST_CHECK;
/* An expression over the given columns (checks, generated columns, row filters), cast to `target`
 * unless NULL. */
dbx_status binder_bind_expression(binder_context *c, const ast_expr *e, const plan_column *columns,
                                  uint32_t column_count, const type *target, expr **out) MUST_CHECK;
/* The type that was written; raises UNSUPPORTED_DATATYPE and the like. */
dbx_status binder_bind_type(binder_context *c, const ast_type *t, type *out) MUST_CHECK;
/* The name that a column of this expression gets without an alias, appended: "(a + b)", "count(1)".
 */
dbx_status binder_expression_name(binder_context *c, const ast_expr *e, buffer *out) MUST_CHECK;

#endif
