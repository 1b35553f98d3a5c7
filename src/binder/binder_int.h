/* binder_int.h - what the binder's own files share. Nobody else includes it.
 *
 * A `binder` lives for one statement. Its moving part is the stack of blocks: a block is one query
 * block being bound (a SELECT, or the rows of VALUES, …) with the scope that names are looked up
 * in. Expressions are bound "raw" first: aggregates stand as EXPR_AGGREGATE and windows as
 * EXPR_WINDOW wherever they were written, and aggregate.c and window.c then move them into plan
 * nodes and put columns in their place.
 *
 * Invariants
 *   1. Levels count blocks from 1 (outermost); 0 is "no column". A name found in another block than
 * the current one makes every block in between correlated.
 *   2. Raw nodes never reach a plan node but those of aggregate.c and window.c.
 *   3. Expressions may be shared; rewriting copies what it changes.
 *   4. Recursion over views, subqueries and CTEs is bounded by BINDER_DEPTH_MAX, over expressions
 * by the parser.
 */
#ifndef DBX_BINDER_BINDER_INT_H
#define DBX_BINDER_BINDER_INT_H

#include "binder/binder.h"
#include "eval/program.h"
#include "functions/signature.h"
#include "functions/syntax.h"
#include "parser/parser.h"

enum {
    BINDER_DEPTH_MAX = 200, /* nested query blocks, views, functions */
    BINDER_VIEW_DEPTH_MAX = 100,
    BINDER_CORRELATED_MAX = 64,
    GROUPING_SETS_MAX = 4096,
    GROUP_COLUMNS_MAX = 64, /* with grouping sets: plan_aggregate.sets are 64-bit masks */
    SELECT_ITEMS_MAX = 100000,
    INLINE_NODES_MAX = 100000, /* size of an expression after aliases are put in */
    SUGGESTIONS_MAX = 5,
};

/* ---- scopes: scope.c
 * --------------------------------------------------------------------------------------- */

typedef struct bind_qualifier {
    string_view parts[3]; /* catalog, schema, table, or a shorter tail of it */
    uint32_t count;
} bind_qualifier;

typedef struct scope_column {
    column_id id;
    type type;
    bool nullable;
    bool hidden;   /* not part of *; found by qualified name only (the other side of USING) */
    bool metadata; /* not part of *; found by any name when nothing else is */
    string_view name;
    const bind_qualifier *qualifier; /* NULL: none */
    expr *value; /* the column stands for this expression (USING of a full join); NULL usually */
} scope_column;

typedef struct scope {
    ARENA_LIST(scope_column) columns;
} scope;

/* ---- blocks
 * -------------------------------------------------------------------------------------------------
 */

/* Where an expression stands: decides what it may contain and the error when it does not. */
typedef enum bind_clause {
    CLAUSE_NONE, /* constants: no columns at all */
    CLAUSE_SELECT,
    CLAUSE_WHERE,
    CLAUSE_GROUP_BY,
    CLAUSE_HAVING,
    CLAUSE_QUALIFY,
    CLAUSE_ORDER_BY,
    CLAUSE_JOIN,
    CLAUSE_VALUES,
    CLAUSE_GENERATOR, /* arguments of table functions and lateral views */
    CLAUSE_PIVOT,
    CLAUSE_DML,
    CLAUSE_LIMIT,
} bind_clause;

typedef struct select_state select_state;

typedef struct bind_block {
    struct bind_block *parent;
    uint32_t level;
    scope *scope;  /* NULL: no columns */
    scope *output; /* ORDER BY, HAVING: output columns; see name_resolution.c for who comes first */
    bool output_first;
    bool lateral_barrier; /* a non-lateral FROM item: scopes of the same FROM are not visible */
    bool correlated;
    bind_clause clause;
    const ast_expr *clause_ast; /* the whole condition, for errors; may be NULL */
    select_state *select;       /* the SELECT that is being bound; NULL outside */
    uint32_t aggregate_depth;   /* inside arguments of an aggregate */
    uint32_t window_depth;
    uint32_t in_filter; /* inside FILTER (WHERE …): its errors are its own */
    bool saw_aggregate;
    bool saw_window;
    bool saw_generator;
} bind_block;

/* ---- common table expressions: cte.c
 * -------------------------------------------------------------------- */

typedef struct bind_cte bind_cte;
struct bind_cte {
    bind_cte *next; /* outer ones after inner ones */
    const ast_cte *ast;
    bind_block *block; /* the block that WITH stands in */
    bind_cte *visible; /* CTEs that the definition itself sees */
    bool recursive;    /* WITH RECURSIVE */
    bool at_start;     /* stands at the start of a definition or of an expression's subquery */
    bool bound;
    bool inline_each;         /* correlated or volatile by place: bound anew for each reference */
    uint32_t index;           /* plan_context.cte_count numbering */
    uint32_t recursive_index; /* of its own recursion */
    plan_node *plan;          /* definition */
    const string_view *names; /* column names */
    uint32_t reference_count;
    uint32_t limited_count; /* references under a LIMIT: a recursion may stop when all are */
    uint64_t limit;         /* the largest of those limits */
    plan_node *first_reference;
    /* while the definition of a recursive one is bound */
    bool in_anchor;
    bool in_step;
    bool self_referenced;
    const plan_column *step_columns; /* types of the anchor */
    uint32_t step_column_count;
    plan_node **step_scans; /* see cte.c */
};

typedef struct view_frame {
    struct view_frame *next;
    string_view name;
} view_frame;

typedef struct lambda_frame {
    struct lambda_frame *next;
    const ast_ident_list *names;
    const column_id *ids;
    const type *types;
    uint32_t count;
    bool nullable;
} lambda_frame;

/* Parameters of an SQL function whose body is being bound. */
typedef struct function_frame {
    struct function_frame *next;
    const binder_function *function;
    expr **arguments;
} function_frame;

/* What a node of the AST was bound to, for generated names. */
typedef struct bind_note {
    const ast_node *node;
    const function_row *row;
    expr *bound;
    const string_view *path; /* column: names of the parts that the column and its fields have */
    uint32_t path_count;
    bool is_lambda_variable;
    bool is_variable;
    bool is_alias;     /* an alias of the same select list */
    bool is_field;     /* path ends in fields of a struct */
    const char *outer; /* column of an outer block: its qualified text */
} bind_note;

/* A raw aggregate and the level of the block that computes it: the innermost one whose columns it
 * uses. */
typedef struct raw_aggregate {
    const expr *aggregate;
    uint32_t level;
} raw_aggregate;

/* A literal that an operator brought to another collation: generated names show it. */
typedef struct collated_literal {
    const expr *literal; /* as it was bound */
    uint16_t collation;
} collated_literal;

typedef struct insert_defaults insert_defaults;

typedef struct binder {
    binder_context *context;
    plan_context *plan;
    arena *arena;
    query *query;
    error *err;
    bind_block *block;
    bind_cte *ctes;
    view_frame *views;
    lambda_frame *lambdas;
    function_frame *functions;
    uint32_t depth;
    uint32_t view_depth;
    span fixed_span; /* inside views and SQL functions: the reference's span for everything */
    string_view catalog, schema; /* current ones; a view's while it is bound */
    uint16_t default_collation; /* of literals and of STRING in casts; a view's while it is bound */
    /* levels of the columns bound since they were last reset */
    uint32_t level_min, level_max;
    bool used_output;   /* a name was found in block->output */
    bool used_scope;    /* a name was found in block->scope */
    bool with_at_start; /* the next query is a WITH's definition or a subquery of an expression */
    ARENA_LIST(raw_aggregate) raw_aggregates;
    ARENA_LIST(collated_literal) collated;
    struct {
        bind_note *slots; /* open addressing by node address */
        uint32_t count, capacity;
    } notes;
    const insert_defaults *defaults; /* dml.h: of the INSERT whose source is bound */
} binder;

/* ---- small things: binder.c ---- */
dbx_status binder_init(binder *b, binder_context *c) MUST_CHECK;
static inline dbx_status binder_nomem(const binder *b) {
    return error_nomem(b->err);
}
static inline span binder_span(const binder *b, span s) {
    return b->fixed_span.end != 0 ? b->fixed_span : s;
}
static inline span binder_node_span(const binder *b, const ast_node *n) {
    return binder_span(b, n->span);
}
/* Whether TIMESTAMP means TIMESTAMP_NTZ in this session. */
bool binder_timestamp_is_ntz(const binder *b);
bool binder_same_name(const binder *b, string_view x, string_view y);
/* Checks depth and cancellation; pairs with binder_leave. */
dbx_status binder_enter(binder *b, span s) MUST_CHECK;
void binder_leave(binder *b);
dbx_status binder_unsupported(const binder *b, span s, const char *feature);
/* "`a`.`b`" in the arena; "" when out of memory. */
const char *binder_quote_parts(const binder *b, const string_view *parts, uint32_t count);
const char *binder_quote_name(const binder *b, const ast_name *name);
dbx_status binder_append_quoted(buffer *out, string_view name) MUST_CHECK;
const char *binder_cstr(const binder *b, string_view s);
/* Text of an expression for error messages: "\"(a + b)\"". */
const char *binder_sql_of(binder *b, const ast_expr *e);
/* The parts of a name; IDENTIFIER(…) is evaluated. */
dbx_status binder_name_parts(binder *b, const ast_name *name, const string_view **parts,
                             uint32_t *count) MUST_CHECK;
/* An identifier that must be one name. */
dbx_status binder_ident_text(binder *b, const ast_ident *ident, string_view *out) MUST_CHECK;
/* Notes for generated names. */
bind_note *binder_note(binder *b, const void *node);
const bind_note *binder_note_of(const binder *b, const void *node);
/* Pushes a block; pops by assigning block->parent. */
void binder_push(binder *b, bind_block *block, scope *s, bind_clause clause);
void binder_pop(binder *b, bind_block *block);

/* ---- scope.c ---- */
scope *scope_new(binder *b);
dbx_status scope_add(binder *b, scope *s, scope_column c) MUST_CHECK;
/* Adds a plan node's columns under a qualifier. names: NULL for the columns' own. */
dbx_status scope_add_plan(binder *b, scope *s, const plan_node *n,
                          const bind_qualifier *q) MUST_CHECK;
dbx_status scope_append(binder *b, scope *to, const scope *from) MUST_CHECK;
scope *scope_of_plan(binder *b, const plan_node *n, const bind_qualifier *q);
bind_qualifier *scope_qualifier(binder *b, string_view name);
void scope_set_nullable(scope *s);
const scope_column *scope_find_id(const scope *s, column_id id);
/* Expression for a column. */
expr *scope_column_expr(binder *b, const scope_column *c, span s);
/* Text of a column with its qualifier for errors. */
const char *scope_column_text(binder *b, const scope_column *c);

/* ---- name_resolution.c ---- */
/* A dotted name as a column, field, alias, parameter, literal function or variable. */
dbx_status bind_column_ref(binder *b, const ast_column_ref *c, expr **out) MUST_CHECK;
/* The column that a name alone stands for in one scope; NULL when there is none;
 * AMBIGUOUS_REFERENCE. */
dbx_status scope_find_column(binder *b, const scope *s, const string_view *parts, uint32_t count,
                             bool hidden_too, span position, const scope_column **out,
                             uint32_t *used) MUST_CHECK;
dbx_status bind_raise_unresolved_column(binder *b, const string_view *parts, uint32_t count,
                                        const scope *s, span position);
/* Field `name` of a struct (or of each element of an array of structs). */
dbx_status bind_field(binder *b, expr *base, string_view name, span s, expr **out) MUST_CHECK;

/* ---- expression.c and friends ---- */
dbx_status bind_expr(binder *b, const ast_expr *e, expr **out) MUST_CHECK;
dbx_status bind_exprs(binder *b, const ast_list *list, expr ***out) MUST_CHECK;
/* Binds and casts implicitly to BOOLEAN. */
dbx_status bind_condition(binder *b, const ast_expr *e, expr **out) MUST_CHECK;
/* Splits ANDs into conjuncts. */
dbx_status bind_split_conjuncts(binder *b, expr *e, expr ***out, uint32_t *count) MUST_CHECK;
/* A function by name over bound arguments; `node` is where the note goes (may be NULL). */
dbx_status bind_call(binder *b, const char *name, expr *const *args, uint32_t count, span s,
                     const void *node, expr **out) MUST_CHECK;
/* condition, value, …, else: brings the values to a common type. */
dbx_status bind_make_case(binder *b, expr **args, uint32_t count, span s, const ast_expr *whole,
                          expr **out) MUST_CHECK;
/* named_struct of ast_select_item. */
dbx_status bind_row_items(binder *b, const ast_list *items, span s, const void *node,
                          expr **out) MUST_CHECK;
/* literal.c */
dbx_status bind_literal(binder *b, const ast_literal *l, expr **out) MUST_CHECK;
dbx_status bind_interval(binder *b, const ast_interval_literal *l, expr **out) MUST_CHECK;
dbx_status bind_parameter(binder *b, const ast_parameter *p, expr **out) MUST_CHECK;
dbx_status bind_interval_constant(binder *b, type t, int64_t value, span s, expr **out) MUST_CHECK;
/* Text to a constant of the type, as its cast reads it. */
dbx_status bind_text_literal(binder *b, string_view text, type to, span s, expr **out) MUST_CHECK;
/* function_call.c */
typedef struct call_shape {
    string_view name;
    span span;
    uint32_t count;
    expr **args;                 /* NULL: a lambda, until it is bound */
    const ast_expr *const *asts; /* needed for lambdas */
    const string_view *names;    /* NULL: none is named */
    bool distinct;
} call_shape;

typedef struct call_arguments {
    ARENA_LIST(expr *) args;
    ARENA_LIST(const ast_expr *) asts;
    ARENA_LIST(string_view) names;
    bool any_named;
} call_arguments;

dbx_status bind_function_call(binder *b, const ast_function_call *f, expr **out) MUST_CHECK;
/* Binds arguments; stars give columns, lambdas stay NULL. */
dbx_status bind_arguments(binder *b, const ast_list *list, call_arguments *to) MUST_CHECK;
void bind_call_shape(const ast_function_call *f, string_view name, call_arguments *from,
                     call_shape *c);
/* Chooses the row, binds lambdas, fills m->bind. */
/* collation.c */
/* Brings the strings of every stride-th of the items (NULL ones are skipped) to one collation.
 * determinate: they will be compared, so that there must be one. */
dbx_status bind_collations(binder *b, expr **items, uint32_t count, uint32_t stride,
                           bool determinate, span s) MUST_CHECK;
/* The same for the arguments of a call, as its row wants it. */
dbx_status bind_call_collations(binder *b, call_shape *c, const function_row *row) MUST_CHECK;
/* The collation that a bound literal was brought to, if any. */
bool binder_collated_literal(const binder *b, const expr *literal, uint16_t *id);
dbx_status bind_match(binder *b, call_shape *c, const function_row *rows, uint32_t row_count,
                      function_match *m) MUST_CHECK;
/* The arguments as the row wants them: to[m->bind.arg_count]. */
dbx_status bind_matched_args(binder *b, const call_shape *c, const function_match *m,
                             expr **to) MUST_CHECK;
/* int(x), string(x), …: calls that are casts, whose generated name is the argument's. */
bool bind_is_cast_function(string_view name);
/* sql_function.c: functions that SQL defines; *out NULL when there is none of that name. */
dbx_status bind_sql_function(binder *b, const ast_function_call *f, const string_view *parts,
                             uint32_t count, expr **out) MUST_CHECK;
/* subquery.c */
dbx_status bind_subquery(binder *b, const ast_query *q, subquery_kind kind, expr **operands,
                         uint32_t operand_count, bool negated, const ast_node *node,
                         expr **out) MUST_CHECK;

/* Does the plan use columns that it does not produce? */
dbx_status bind_is_correlated(binder *b, plan_node *plan, bool *out) MUST_CHECK;

/* coercion.c */
/* Casts unless it has the type already; CAST_ANSI or legacy by the session. */
dbx_status bind_cast(binder *b, expr *e, type to, expr **out) MUST_CHECK;
dbx_status bind_cast_mode(binder *b, expr *e, type to, cast_mode mode, span s,
                          expr **out) MUST_CHECK;
/* Brings all to one type. *ok is false (and nothing raised) when there is none. */
dbx_status bind_common(binder *b, expr **items, uint32_t count, type *out, bool *ok) MUST_CHECK;
dbx_status bind_store_cast(binder *b, expr *e, type to, string_view column, string_view table,
                           span s, expr **out) MUST_CHECK;
/* Whether a value of one type becomes the other without any loss: what views and encoders accept.
 */
bool type_can_up_cast(type from, type to);
/* Value of a foldable expression; INVALID… errors are the caller's: *out is NULL when it is not
 * foldable. */
dbx_status bind_fold(binder *b, const expr *e, const vector **out) MUST_CHECK;
dbx_status bind_fold_int64(binder *b, const expr *e, bool *is_null, int64_t *out) MUST_CHECK;
bool vector_string_value(const vector *v, string_view *out);
bool vector_int64_value(const vector *v, int64_t *out);
/* A type without trailing surprises: comparison and ordering allowed? */
bool type_is_orderable(type t);
bool type_is_groupable(type t);
/* The value if it is a constant that can be had without failing; NULL otherwise. */
const vector *bind_try_fold(binder *b, const expr *e);
/* type_name.c */
dbx_status bind_type(binder *b, const ast_type *t, type *out) MUST_CHECK;

/* ---- pretty_name.c ---- */
dbx_status pretty_append(binder *b, buffer *out, const ast_expr *e) MUST_CHECK;
/* The name of a column of this expression without an alias. */
dbx_status pretty_column_name(binder *b, const ast_expr *e, string_view *out) MUST_CHECK;

/* ---- queries ---- */

/* from.c: a relation's plan, and its columns added to `out`. */
typedef struct bound_relation {
    plan_node *plan;
    scope *scope;
} bound_relation;

dbx_status bind_query(binder *b, const ast_query *q, plan_node **out) MUST_CHECK;
/* A body without clauses (ORDER BY, …) of its own. */
dbx_status bind_body(binder *b, const ast_body *body, plan_node **out) MUST_CHECK;
dbx_status bind_select(binder *b, const ast_select *s, const ast_query *clauses,
                       plan_node **out) MUST_CHECK;
/* A SELECT without FROM of its own over a relation; *aggregate gets an item with an aggregate, if
 * asked. */
dbx_status bind_select_over(binder *b, const ast_select *ast, const bound_relation *input,
                            plan_node **out, scope **out_scope,
                            const ast_expr **aggregate) MUST_CHECK;
dbx_status bind_set_operation(binder *b, const ast_set_operation *s, plan_node **out) MUST_CHECK;
dbx_status bind_set_plans(binder *b, const ast_set_operation *s, plan_node *left, plan_node *right,
                          plan_node **out) MUST_CHECK;
/* Casts columns where their types differ from those wanted. */
dbx_status bind_cast_columns(binder *b, plan_node *n, const type *types,
                             plan_node **out) MUST_CHECK;
dbx_status bind_values(binder *b, const ast_values *v, plan_node **out) MUST_CHECK;
dbx_status bind_pipe(binder *b, const ast_pipe *p, plan_node **out) MUST_CHECK;
/* ORDER BY, SORT BY, LIMIT over a finished relation whose columns are all there is to name. */
dbx_status bind_query_clauses(binder *b, const ast_query *q, plan_node *child, scope *s,
                              plan_node **out) MUST_CHECK;
dbx_status bind_limit(binder *b, const ast_query *q, plan_node *child, plan_node **out) MUST_CHECK;
sort_order bind_sort_order(const ast_sort_item *item);
/* ORDER BY 2: *index from 0, or UINT32_MAX when the expression is no position. */
dbx_status bind_ordinal(binder *b, const ast_expr *e, uint32_t limit, uint32_t *index) MUST_CHECK;
dbx_status bind_where(binder *b, const ast_expr *where, plan_node **plan) MUST_CHECK;
dbx_status bind_check_orderable(binder *b, const expr *e, const ast_expr *ast) MUST_CHECK;

dbx_status bind_from(binder *b, const ast_relation *r, bound_relation *out) MUST_CHECK;
dbx_status bind_table_ref(binder *b, const ast_table_ref *t, bound_relation *out) MUST_CHECK;
dbx_status bind_join(binder *b, const ast_join *j, bound_relation *out) MUST_CHECK;
dbx_status bind_join_with(binder *b, const ast_join *j, bound_relation *left,
                          bound_relation *out) MUST_CHECK;
dbx_status bind_function_ref(binder *b, const ast_function_ref *f, bound_relation *out) MUST_CHECK;
dbx_status bind_lateral_view(binder *b, const ast_lateral_view *v, bound_relation *input,
                             bound_relation *out) MUST_CHECK;
dbx_status bind_pivot(binder *b, const ast_pivot *p, bound_relation *input,
                      bound_relation *out) MUST_CHECK;
dbx_status bind_unpivot(binder *b, const ast_unpivot *u, bound_relation *input,
                        bound_relation *out) MUST_CHECK;
dbx_status bind_sample(binder *b, const ast_sample *s, plan_node *child,
                       plan_node **out) MUST_CHECK;
dbx_status bind_alias(binder *b, const ast_alias *a, span position, bound_relation *r) MUST_CHECK;
/* The relation as a query: its visible columns in order. */
dbx_status bind_visible_columns(binder *b, const bound_relation *r, plan_node **out) MUST_CHECK;
dbx_status bind_empty_relation(binder *b, bound_relation *out) MUST_CHECK;
/* relation_name.c */
struct catalog_object;
dbx_status bind_scan(binder *b, source *s, bool owned, string_view name, const bind_qualifier *q,
                     bool row_id, span position, bound_relation *out) MUST_CHECK;
/* table_changes(name, first [, last]): versions are numbers or moments. */
dbx_status bind_table_changes(binder *b, const ast_function_ref *f, bound_relation *out) MUST_CHECK;
dbx_status bind_travel(binder *b, const struct catalog_object *object, const ast_table_ref *t,
                       const struct catalog_table **out) MUST_CHECK;
dbx_status bind_catalog_table(binder *b, const struct catalog_table *t, const bind_qualifier *q,
                              bool row_id, span position, bound_relation *out) MUST_CHECK;
/* view.c */
struct catalog_view;
dbx_status bind_host_view(binder *b, const binder_view *v, string_view name,
                          const bind_qualifier *q, span position, bound_relation *out) MUST_CHECK;
dbx_status bind_catalog_view(binder *b, const struct catalog_view *object, const bind_qualifier *q,
                             span position, bound_relation *out) MUST_CHECK;
/* Remembers that the statement's own text names a temporary object (not one inside a view). */
void binder_use_temporary(binder *b, const char *kind, const string_view *parts, uint32_t count);
bind_qualifier *bind_object_qualifier(binder *b, const struct catalog_object *o);
/* The body of an SQL function: an expression, or a plan when it is a table function. */
dbx_status bind_function_body(binder *b, const binder_function *f, expr **arguments, span position,
                              expr **out_expr, plan_node **out_plan) MUST_CHECK;
dbx_status bind_sql_table_function(binder *b, const ast_function_call *f, const string_view *parts,
                                   uint32_t count, bound_relation *out, bool *found) MUST_CHECK;
dbx_status bind_named_relation(binder *b, const ast_table_ref *t, bound_relation *out) MUST_CHECK;

/* cte.c */
dbx_status bind_push_ctes(binder *b, const ast_list *ctes, bool recursive,
                          bind_cte **first) MUST_CHECK;
dbx_status bind_finish_ctes(binder *b, bind_cte *first, bind_cte *outer,
                            plan_node **plan) MUST_CHECK;
bind_cte *bind_find_cte(binder *b, string_view name);
/* Tells the CTEs that a plan passes on row by row that only so many rows of it are wanted. */
void bind_limit_ctes(binder *b, const plan_node *n, uint64_t rows);
dbx_status bind_cte_reference(binder *b, bind_cte *cte, span position,
                              bound_relation *out) MUST_CHECK;

/* star.c: see select_item below. */

/* ---- SELECT: the state shared by select.c, aggregate.c, window.c, generator.c, order.c ---- */

typedef struct select_item {
    const ast_expr *ast; /* NULL: made by a star */
    expr *expr;          /* raw until extracted */
    string_view name;
    bool has_alias; /* named by the user: a lateral alias and ORDER BY may use it */
    bool bound;
    bool binding;      /* guards against aliases that use themselves */
    bool contains_raw; /* aggregates, windows, generator inside */
    column_id id;      /* output column */
    column_id shared;  /* column of the projection below that holds it; 0 when inlined */
    span span;
    const scope_column *star;      /* the column a star gave */
    const ast_ident_list *aliases; /* several: a generator's */
    uint32_t nodes;                /* size of expr */
} select_item;

typedef struct grouping_sets {
    const uint64_t *sets;
    uint32_t count; /* 0: plain GROUP BY */
} grouping_sets;

struct select_state {
    const ast_select *ast;
    const ast_query *clauses;
    scope *from;
    plan_node *plan;
    ARENA_LIST(select_item) items;
    uint32_t visible; /* items that the query gives; hidden sort keys follow */
    bool items_bound;
    /* aggregation */
    bool aggregated;
    ARENA_LIST(expr *) groups; /* raw */
    ARENA_LIST(const ast_expr *) group_asts;
    column_id *group_ids;
    grouping_sets sets;
    column_id grouping_id;         /* 0: no grouping sets */
    ARENA_LIST(expr *) aggregates; /* raw, distinct ones of equal form once */
    ARENA_LIST(column_id) aggregate_ids;
    /* lateral aliases that were materialized, in order */
    ARENA_LIST(uint32_t) shared;
    ast_list windows; /* named windows */
    const ast_list *more_windows;
    uint32_t current; /* item that is being bound: lateral aliases are those before it */
    /* the generator of the select list */
    struct raw_generator *generator;
    expr **generator_args;
    bool group_all;
    /* which of the roots of aggregation are sort keys or HAVING */
    uint32_t first_hidden_root;
    bool hidden_root;
};

/* star.c */
dbx_status bind_expand_items(binder *b, select_state *s, const ast_list *items) MUST_CHECK;
dbx_status bind_push_item(binder *b, select_state *s, select_item item) MUST_CHECK;
/* Columns of a star as bound expressions (arguments of functions). */
dbx_status bind_star_exprs(binder *b, const ast_star *star, expr ***out, string_view **names,
                           uint32_t *count) MUST_CHECK;

/* select.c */
/* What a reference to item `index` by its alias stands for. */
dbx_status bind_alias_value(binder *b, select_state *s, uint32_t index, expr **out) MUST_CHECK;
dbx_status bind_select_item(binder *b, select_state *s, uint32_t index) MUST_CHECK;
/* Aggregates, windows or a generator inside? */
bool bind_contains_raw(const expr *e);
uint32_t expr_count_nodes(const expr *e);
/* Equal, or equal when the operands of + * = <> are swapped. */
bool bind_same_expr(const expr *x, const expr *y);
bool expr_contains(const expr *e, expr_kind kind);

/* having.c */
dbx_status bind_check_order_over_having(binder *b, const select_state *s,
                                        const expr *having) MUST_CHECK;
/* The same over window functions of an aggregation: there nothing selected is known again by its
 * form. Names are checked in one turn, what cannot be computed in another. */
dbx_status bind_check_order_over_windows(binder *b, const select_state *s, const expr *key,
                                         const ast_expr *ast, bool names) MUST_CHECK;

/* aggregate.c */
typedef struct aggregate_parts {
    call_shape shape;
    function_match match;
    expr **args;
    uint32_t arg_count;
    expr *filter; /* NULL: none */
    expr **order_exprs;
    const sort_order *orders;
    uint32_t order_count;
} aggregate_parts;
/* Arguments, FILTER and WITHIN GROUP of an aggregate's call, matched. */
dbx_status bind_aggregate_parts(binder *b, const ast_function_call *f, string_view name,
                                const function_row *rows, uint32_t row_count,
                                aggregate_parts *p) MUST_CHECK;
dbx_status bind_aggregate_filter(binder *b, const ast_function_call *f, expr **out) MUST_CHECK;
/* GROUP BY's elements into s->groups and s->sets. */
dbx_status bind_grouping_list(binder *b, select_state *s, const ast_list *list,
                              const ast_list *base) MUST_CHECK;
dbx_status bind_group_by(binder *b, select_state *s) MUST_CHECK;
/* GROUP BY ALL: the items without aggregates. */
dbx_status bind_group_by_all(binder *b, select_state *s) MUST_CHECK;
/* Puts an AGGREGATE over s->plan and columns of it into the roots. */
dbx_status bind_make_aggregate(binder *b, select_state *s, expr **const *roots,
                               uint32_t root_count) MUST_CHECK;
/* grouping(x), grouping_id(…): NULL in *out when the name is another function's. */
dbx_status bind_grouping_function(binder *b, const ast_function_call *f, expr **out) MUST_CHECK;
dbx_status bind_aggregate_call(binder *b, const ast_function_call *f, string_view name,
                               const function_row *rows, uint32_t row_count, expr **out) MUST_CHECK;

/* window.c */
dbx_status bind_window_call(binder *b, const ast_function_call *f, string_view name,
                            const function_row *rows, uint32_t row_count, expr **out) MUST_CHECK;
bool bind_contains_window(const expr *e);
dbx_status bind_make_windows(binder *b, plan_node **plan, expr **const *roots,
                             uint32_t root_count) MUST_CHECK;

/* generator.c */
/* If the item is a generator's call, adds its columns as items. */
dbx_status bind_generator_items(binder *b, select_state *s, const ast_select_item *item,
                                bool *done) MUST_CHECK;
/* Puts the generator of the select list over s->plan. */
dbx_status bind_make_generate(binder *b, select_state *s) MUST_CHECK;
uint32_t bind_generator_arg_count(const select_state *s);
bool bind_is_generator(const ast_function_call *f);
/* A GENERATE over bound arguments; names: one per column, or NULL. */
dbx_status bind_generate(binder *b, plan_node *child, const char *name, expr **args, uint32_t count,
                         const string_view *names, uint32_t name_count, span s,
                         plan_node **out) MUST_CHECK;
/* explode(…) in FROM; may use columns of lateral blocks around. */
dbx_status bind_generator_relation(binder *b, const ast_function_call *f,
                                   bound_relation *out) MUST_CHECK;

/* ---- rewriting: rewrite.c ---- */
/* Top-down: visit returns true with *out set to replace a node (children are not visited then).
 * Subqueries' plans are walked too. */
typedef dbx_status (*rewrite_visit)(binder *b, expr *x, void *state, expr **out);
dbx_status bind_rewrite(binder *b, expr *x, rewrite_visit visit, void *state,
                        expr **out) MUST_CHECK;
dbx_status bind_rewrite_plan(binder *b, plan_node *n, rewrite_visit visit, void *state) MUST_CHECK;
/* Puts expressions in the place of columns, inside subqueries too. */
dbx_status bind_replace_columns(binder *b, expr *x, const column_id *ids, expr *const *with,
                                uint32_t count, expr **out) MUST_CHECK;

/* ---- plan helpers: project.c ---- */
/* PROJECT with fresh columns. names may be NULL where the column is not seen. */
dbx_status bind_project(binder *b, plan_node *child, expr *const *exprs, const string_view *names,
                        uint32_t count, plan_node **out) MUST_CHECK;
dbx_status bind_project_ids(binder *b, plan_node *child, expr *const *exprs,
                            const string_view *names, const column_id *ids, uint32_t count,
                            plan_node **out) MUST_CHECK;
plan_node *bind_unary_node(binder *b, plan_kind kind, plan_node *child);
expr *bind_plan_column(binder *b, const plan_node *n, uint32_t i, span s);
dbx_status bind_filter(binder *b, plan_node *child, expr *condition, plan_node **out) MUST_CHECK;
dbx_status bind_distinct(binder *b, plan_node *child, plan_node **out) MUST_CHECK;
/* Renames: the node itself when its columns may be named in place. */
dbx_status bind_rename(binder *b, plan_node *n, const string_view *names,
                       plan_node **out) MUST_CHECK;

/* dml.c */
/* DEFAULT as cell `column` of the VALUES or SELECT that an INSERT takes; *done false when it is not
 * there. */
dbx_status bind_insert_default(binder *b, const ast_node *body, uint32_t column, span s, expr **out,
                               bool *done) MUST_CHECK;
dbx_status bind_insert(binder *b, const ast_insert *s, plan_node **out) MUST_CHECK;
dbx_status bind_update(binder *b, const ast_update *s, plan_node **out) MUST_CHECK;
dbx_status bind_delete(binder *b, const ast_delete *s, plan_node **out) MUST_CHECK;
dbx_status bind_merge(binder *b, const ast_merge *s, plan_node **out) MUST_CHECK;

#endif
