/* ast_query.h - nodes of queries and of what stands in FROM. Include ast.h. */
#ifndef DBX_PARSER_AST_QUERY_H
#define DBX_PARSER_AST_QUERY_H

#include "parser/ast_expr.h"

/* ---- parts ----------------------------------------------------------------------------------- */

/* expr [[AS] alias]; AS (a, b) gives several aliases (generators). */
typedef struct ast_select_item {
    ast_node node;
    ast_expr *expr;
    ast_ident_list aliases;
} ast_select_item;

typedef enum ast_nulls_order { AST_NULLS_DEFAULT, AST_NULLS_FIRST, AST_NULLS_LAST } ast_nulls_order;

typedef struct ast_sort_item {
    ast_node node;
    ast_expr *expr;
    bool descending;
    bool direction_given; /* ASC or DESC was written */
    ast_nulls_order nulls;
} ast_sort_item;

typedef enum ast_frame_unit { AST_FRAME_ROWS, AST_FRAME_RANGE, AST_FRAME_GROUPS } ast_frame_unit;
typedef enum ast_bound_type {
    AST_BOUND_UNBOUNDED_PRECEDING,
    AST_BOUND_PRECEDING, /* offset */
    AST_BOUND_CURRENT_ROW,
    AST_BOUND_FOLLOWING, /* offset */
    AST_BOUND_UNBOUNDED_FOLLOWING
} ast_bound_type;

typedef struct ast_bound {
    ast_bound_type type;
    ast_expr *offset;
    span span;
} ast_bound;

typedef struct ast_window_frame {
    ast_node node;
    ast_frame_unit unit;
    bool has_end; /* BETWEEN start AND end; else the end is CURRENT ROW */
    ast_bound start;
    ast_bound end;
} ast_window_frame;

/* OVER name, OVER (name), OVER ([name] PARTITION BY .. ORDER BY .. frame), WINDOW name AS (...). */
typedef struct ast_window_spec {
    ast_node node;
    ast_ident name;        /* WINDOW clause: the window that is defined */
    ast_ident base;        /* the window referred to */
    ast_list partition_by; /* expressions */
    ast_list order_by;     /* ast_sort_item */
    ast_window_frame *frame;
} ast_window_spec;

typedef enum ast_grouping_type {
    AST_GROUPING_EXPR,   /* one expression */
    AST_GROUPING_SET,    /* (a, b), () inside ROLLUP, CUBE, GROUPING SETS: items are expressions */
    AST_GROUPING_ROLLUP, /* these three: items are ast_grouping */
    AST_GROUPING_CUBE,
    AST_GROUPING_SETS
} ast_grouping_type;

typedef struct ast_grouping {
    ast_node node;
    ast_grouping_type type;
    ast_list items;
} ast_grouping;

/* name [(columns)] [MAX RECURSION LEVEL n] AS (query) */
typedef struct ast_cte {
    ast_node node;
    ast_ident name;
    ast_ident_list columns;
    ast_expr *max_recursion; /* NULL: none */
    struct ast_query *query;
} ast_cte;

/* One hint of a hint comment: name [(parameters)]. */
typedef struct ast_hint {
    ast_node node;
    ast_ident name;
    ast_list parameters; /* expressions */
} ast_hint;

typedef enum ast_sample_method {
    AST_SAMPLE_PERCENT, /* amount */
    AST_SAMPLE_ROWS,    /* amount */
    AST_SAMPLE_BUCKET,  /* amount OUT OF buckets [ON on] */
    AST_SAMPLE_BYTES    /* amount, such as 100M */
} ast_sample_method;

typedef struct ast_sample {
    ast_node node;
    ast_sample_method method;
    ast_expr *amount; /* NULL: () */
    ast_expr *buckets;
    ast_expr *on;
    ast_expr *seed; /* REPEATABLE (seed) */
} ast_sample;

/* Alias of a relation: [AS] name [(columns)]. name.text.data is NULL without one. */
typedef struct ast_alias {
    ast_ident name;
    ast_ident_list columns;
} ast_alias;

/* ---- relations ------------------------------------------------------------------------------- */

typedef enum ast_travel { AST_TRAVEL_NONE, AST_TRAVEL_VERSION, AST_TRAVEL_TIMESTAMP } ast_travel;

/* [c.][s.]t [VERSION|TIMESTAMP AS OF x | @v1] [WITH (options)] [TABLESAMPLE] [alias].
 * parquet.`path` is a name with two parts; 'path' has `path` set and no name. */
typedef struct ast_table_ref {
    ast_node node;
    bool stream; /* STREAM t */
    ast_name *name;
    ast_expr *path;
    ast_travel travel;
    ast_expr *travel_to; /* @v12 gives the literal 12; @20240131... the literal string */
    ast_list options;    /* ast_property */
    ast_sample *sample;
    ast_alias alias;
} ast_table_ref;

typedef struct ast_subquery_ref {
    ast_node node;
    bool lateral;
    struct ast_query *query;
    ast_sample *sample;
    ast_alias alias;
} ast_subquery_ref;

/* Table-valued function; the call has no window, filter or DISTINCT. */
typedef struct ast_function_ref {
    ast_node node;
    bool stream; /* STREAM f(..) */
    bool lateral;
    bool with_ordinality;
    ast_function_call *call;
    ast_sample *sample;
    ast_alias alias;
} ast_function_ref;

typedef struct ast_values_ref {
    ast_node node;
    struct ast_values *values;
    ast_sample *sample;
    ast_alias alias;
} ast_values_ref;

typedef enum ast_join_type {
    AST_JOIN_INNER,
    AST_JOIN_LEFT,
    AST_JOIN_RIGHT,
    AST_JOIN_FULL,
    AST_JOIN_CROSS, /* CROSS JOIN */
    AST_JOIN_COMMA, /* FROM a, b */
    AST_JOIN_LEFT_SEMI,
    AST_JOIN_LEFT_ANTI
} ast_join_type;

/* The right side may be lateral (its own flag says so). */
typedef struct ast_join {
    ast_node node;
    ast_join_type type;
    bool natural;
    ast_relation *left;
    ast_relation *right;
    ast_expr *on;
    ast_ident_list using_columns;
} ast_join;

/* (relation) [TABLESAMPLE] [alias] */
typedef struct ast_paren_ref {
    ast_node node;
    ast_relation *relation;
    ast_sample *sample;
    ast_alias alias;
} ast_paren_ref;

/* relation PIVOT (aggregates FOR (columns) IN (values)) [alias] */
typedef struct ast_pivot {
    ast_node node;
    ast_relation *relation;
    ast_list aggregates; /* ast_select_item */
    ast_list columns;    /* ast_name */
    ast_list values;     /* ast_select_item; AST_ROW where there are several columns */
    ast_alias alias;
} ast_pivot;

/* One item of UNPIVOT's IN: column or (columns), [AS alias]. */
typedef struct ast_unpivot_item {
    ast_list columns; /* ast_name */
    ast_ident alias;
} ast_unpivot_item;

typedef struct ast_unpivot {
    ast_node node;
    ast_relation *relation;
    bool include_nulls;
    bool nulls_given; /* INCLUDE or EXCLUDE NULLS was written */
    bool multi;       /* (a, b) FOR n IN ((x, y), ...) */
    ast_ident_list value_columns;
    ast_ident name_column;
    ast_unpivot_item *items;
    uint32_t item_count;
    ast_alias alias;
} ast_unpivot;

/* relation LATERAL VIEW [OUTER] generator(args) [table] [AS columns] */
typedef struct ast_lateral_view {
    ast_node node;
    ast_relation *relation; /* NULL: SELECT without FROM */
    bool outer;
    ast_function_call *call;
    ast_ident table;
    ast_ident_list columns;
} ast_lateral_view;

/* ---- queries --------------------------------------------------------------------------------- */

/* [WITH ctes] body [ORDER BY ..] [SORT BY ..] [LIMIT n] ...: what stands wherever a query may. */
typedef struct ast_query {
    ast_node node;
    bool recursive;    /* WITH RECURSIVE */
    ast_list ctes;     /* ast_cte */
    ast_body *body;    /* AST_SELECT, AST_TRANSFORM, AST_SET_OPERATION, AST_VALUES, AST_TABLE_QUERY,
                          AST_PIPE,    or AST_QUERY: the parenthesized one inside */
    ast_list order_by; /* ast_sort_item */
    bool order_by_all; /* ORDER BY ALL [ASC|DESC] [NULLS ..]: one item whose expr is NULL */
    ast_list sort_by;  /* ast_sort_item */
    ast_list distribute_by; /* expressions */
    ast_list cluster_by;    /* expressions */
    ast_list windows;       /* ast_window_spec: WINDOW after ORDER BY */
    bool limit_all;
    ast_expr *limit;
    ast_expr *offset;
} ast_query;

typedef struct ast_select {
    ast_node node;
    ast_list hints; /* ast_hint */
    bool distinct;
    bool all;           /* ALL was written */
    bool from_first;    /* FROM t SELECT ..., or FROM t alone (no items: all columns) */
    ast_list items;     /* ast_select_item */
    ast_relation *from; /* NULL: none. Comma joins and lateral views are inside. */
    ast_expr *where;
    bool group_by_all;
    ast_list group_by;      /* ast_grouping; GROUP BY a, b WITH ROLLUP is one AST_GROUPING_ROLLUP */
    bool group_by_legacy;   /* GROUP BY a, b GROUPING SETS (...) or WITH ROLLUP|CUBE: see
                               group_by_base */
    ast_list group_by_base; /* expressions before GROUPING SETS */
    ast_expr *having;
    ast_expr *qualify;
    ast_list windows; /* ast_window_spec */
} ast_select;

typedef struct ast_row_format {
    ast_node node;
    string_view serde;   /* ROW FORMAT SERDE 'x'; data == NULL: DELIMITED */
    ast_list properties; /* ast_property */
    string_view fields_terminated;
    string_view fields_escaped;
    string_view items_terminated;
    string_view keys_terminated;
    string_view lines_terminated;
    string_view null_defined;
} ast_row_format;

/* SELECT TRANSFORM(...) USING 'script', MAP, REDUCE. */
typedef struct ast_transform {
    ast_node node;
    bool distinct;
    bool all;
    ast_list items; /* expressions */
    ast_row_format *input_format;
    string_view record_writer;
    string_view script;
    ast_list columns; /* ast_type_field; type is NULL where only names stand */
    ast_row_format *output_format;
    string_view record_reader;
    ast_relation *from;
    ast_expr *where;
    ast_list group_by;
    ast_expr *having;
    ast_list windows;
} ast_transform;

typedef enum ast_set_operator { AST_SET_UNION, AST_SET_INTERSECT, AST_SET_EXCEPT } ast_set_operator;

/* left UNION|INTERSECT|EXCEPT|MINUS [ALL|DISTINCT] [BY NAME] right */
typedef struct ast_set_operation {
    ast_node node;
    ast_set_operator op;
    bool all;
    bool distinct_given;
    bool by_name;
    ast_body *left;
    ast_body *right;
} ast_set_operation;

/* VALUES (1, 2), (3, 4): rows are AST_ROW for parenthesized lists of two or more, else the
 * expression. */
typedef struct ast_values {
    ast_node node;
    ast_list rows;
    ast_alias alias; /* VALUES ... AS t(a, b) as a query */
} ast_values;

/* TABLE t */
typedef struct ast_table_query {
    ast_node node;
    ast_table_ref *table;
} ast_table_query;

/* input |> operator. A chain leans to the left. */
typedef struct ast_pipe {
    ast_node node;
    ast_body *input;
    struct ast_pipe_operator *op;
} ast_pipe;

typedef enum ast_pipe_type {
    AST_PIPE_SELECT,        /* items, distinct, windows */
    AST_PIPE_EXTEND,        /* items */
    AST_PIPE_SET,           /* items: ast_assignment */
    AST_PIPE_DROP,          /* names: ast_name */
    AST_PIPE_AS,            /* alias */
    AST_PIPE_WHERE,         /* expr */
    AST_PIPE_PIVOT,         /* relation: AST_PIVOT whose own relation is NULL */
    AST_PIPE_UNPIVOT,       /* relation: AST_UNPIVOT likewise */
    AST_PIPE_SAMPLE,        /* sample */
    AST_PIPE_JOIN,          /* relation: AST_JOIN whose left is NULL */
    AST_PIPE_LATERAL_VIEW,  /* relation: AST_LATERAL_VIEW whose own relation is NULL */
    AST_PIPE_SET_OPERATION, /* set: AST_SET_OPERATION whose left is NULL */
    AST_PIPE_ORDER,         /* query: clauses ORDER BY, SORT BY, LIMIT ... with body NULL */
    AST_PIPE_AGGREGATE,     /* items; group_by: ast_select_item over AST_GROUPING's expressions */
    AST_PIPE_WINDOW         /* windows */
} ast_pipe_type;

typedef struct ast_pipe_operator {
    ast_node node;
    ast_pipe_type type;
    bool distinct;
    bool all;
    ast_list hints;
    ast_list items;
    ast_list names;
    ast_alias alias;
    ast_expr *expr;
    ast_relation *relation;
    ast_sample *sample;
    ast_set_operation *set;
    ast_query *query;
    bool group_by_all;
    ast_list group_by; /* ast_grouping */
    ast_list
        group_by_aliases; /* ast_select_item, one per item of group_by: its alias if it has one */
    ast_list windows;
} ast_pipe_operator;

#endif
