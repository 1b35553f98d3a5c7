/* ast_expr.h - nodes of the AST that every other node builds on: names, types, expressions. Include
 * ast.h.
 */
#ifndef DBX_PARSER_AST_EXPR_H
#define DBX_PARSER_AST_EXPR_H

#include "common/memory.h"
#include "common/str.h"

typedef enum ast_kind {
    AST_NONE = 0,
#define AST_KIND(id, type, name) AST_##id,
#define AST_GROUP_END(group) AST_END_OF_##group,
#include "parser/ast_kinds.def"
#undef AST_KIND
#undef AST_GROUP_END
    AST_KIND_COUNT
} ast_kind;

/* The header of every node. `span` covers exactly the node's text, parentheses around it excluded.
 */
typedef struct ast_node {
    uint16_t kind;  /* ast_kind */
    uint16_t depth; /* longest way down to a leaf; at most the parser's max_depth */
    span span;
} ast_node;

/* The same type under the name of the role that a pointer's target has. */
typedef ast_node ast_expr;      /* AST_LITERAL .. AST_DEFAULT */
typedef ast_node ast_relation;  /* AST_TABLE_REF .. AST_LATERAL_VIEW */
typedef ast_node ast_body;      /* AST_QUERY .. AST_PIPE: a query without or with its own clauses */
typedef ast_node ast_statement; /* AST_QUERY, AST_INSERT .. */

/* Pointers to nodes; items is NULL when count is 0. */
typedef struct ast_list {
    ast_node **items;
    uint32_t count;
    uint32_t capacity;
} ast_list;

/* AST_AS(ast_binary, node): the node as its struct. The caller has looked at its kind. */
#define AST_AS(type, node) ((const type *)(const void *)(node))

/* ---- names ----------------------------------------------------------------------------------- */

/* One identifier as the user wrote it, without quotes and with doubled quotes undone; its case is
 * kept. Absent (an optional alias, ...) when both text.data and expr are NULL. */
typedef struct ast_ident {
    string_view text;
    ast_expr *expr; /* IDENTIFIER(expr): a constant expression (parameters, variables) that gives
                       the text, in a name also several parts. IDENTIFIER('a.b') is already split
                       into text. */
    span span;
    bool quoted;
    bool clause; /* written as IDENTIFIER(…), split into text or not */
} ast_ident;

static inline bool ast_ident_given(const ast_ident *i) {
    return i->text.data != NULL || i->expr != NULL;
}

typedef struct ast_ident_list {
    ast_ident *items;
    uint32_t count;
    uint32_t capacity;
} ast_ident_list;

/* a.b.c */
typedef struct ast_name {
    ast_node node;
    ast_ident_list parts;
} ast_name;

/* ---- types ----------------------------------------------------------------------------------- */

typedef enum ast_type_id {
#define AST_TYPE(id, name) AST_TYPE_##id,
#include "parser/ast_types.def"
#undef AST_TYPE
    AST_TYPE_COUNT
} ast_type_id;

typedef enum ast_interval_field {
    AST_FIELD_YEAR,
    AST_FIELD_MONTH,
    AST_FIELD_DAY,
    AST_FIELD_HOUR,
    AST_FIELD_MINUTE,
    AST_FIELD_SECOND
} ast_interval_field;

typedef struct ast_type_field ast_type_field;
typedef struct ast_type {
    ast_node node;
    ast_type_id id;
    bool has_parameters; /* DECIMAL(10): true; DECIMAL: false */
    uint32_t parameter_count;
    int32_t
        parameters[2];   /* precision and scale; length of CHAR, VARCHAR; precision of TIME; SRID */
    ast_ident collation; /* STRING COLLATE x */
    ast_interval_field from; /* INTERVAL types; YEAR TO MONTH and DAY TO SECOND spelled out */
    ast_interval_field to;
    struct ast_type *element; /* ARRAY; MAP: value */
    struct ast_type *key;     /* MAP */
    ast_list fields;          /* STRUCT: ast_type_field */
} ast_type;

/* A field of STRUCT, or a column of a schema text: name [:] type [NOT NULL] [COMMENT 'c']. */
struct ast_type_field {
    ast_node node;
    ast_ident name;
    ast_type *type;
    bool not_null;
    bool has_comment;
    string_view comment;
};

/* ---- leaves ---------------------------------------------------------------------------------- */

typedef enum ast_literal_type {
    AST_LITERAL_NULL,
    AST_LITERAL_TRUE,
    AST_LITERAL_FALSE,
    AST_LITERAL_INTEGER,  /* no suffix: INT, BIGINT or DECIMAL by its size */
    AST_LITERAL_TINYINT,  /* 1Y */
    AST_LITERAL_SMALLINT, /* 1S */
    AST_LITERAL_BIGINT,   /* 1L */
    AST_LITERAL_FLOAT,    /* 1.0F */
    AST_LITERAL_DOUBLE,   /* 1.0D */
    AST_LITERAL_EXPONENT, /* 1E3: DOUBLE */
    AST_LITERAL_FRACTION, /* 1.5: DECIMAL with the digits written */
    AST_LITERAL_DECIMAL,  /* 1.5BD, 1BD, 1E3BD */
    AST_LITERAL_STRING,
    AST_LITERAL_BINARY,        /* X'1A' */
    AST_LITERAL_DATE,          /* DATE 'text' */
    AST_LITERAL_TIME,          /* TIME 'text' */
    AST_LITERAL_TIMESTAMP,     /* TIMESTAMP 'text' */
    AST_LITERAL_TIMESTAMP_NTZ, /* TIMESTAMP_NTZ 'text' */
    AST_LITERAL_TIMESTAMP_LTZ, /* TIMESTAMP_LTZ 'text' */
    AST_LITERAL_UNIT           /* MONTH in TIMESTAMPADD(MONTH, 1, t): a keyword given as a value */
} ast_literal_type;

/* value is: digits with a leading '-' if negative and without the suffix (numbers); the text with
 * escapes undone and adjacent literals joined (strings, typed literals); raw bytes (X''). */
typedef struct ast_literal {
    ast_node node;
    ast_literal_type type;
    string_view value;
} ast_literal;

typedef enum ast_unit {
    AST_UNIT_YEAR,
    AST_UNIT_QUARTER,
    AST_UNIT_MONTH,
    AST_UNIT_WEEK,
    AST_UNIT_DAY,
    AST_UNIT_DAYOFYEAR,
    AST_UNIT_HOUR,
    AST_UNIT_MINUTE,
    AST_UNIT_SECOND,
    AST_UNIT_MILLISECOND,
    AST_UNIT_MICROSECOND,
    AST_UNIT_NANOSECOND
} ast_unit;

typedef struct ast_interval_part {
    string_view value; /* number or string text; a sign in front is part of it */
    bool is_string;    /* the value was quoted */
    ast_unit unit;
    span span;
} ast_interval_part;

/* Three forms: INTERVAL 'text' (text set, no parts); INTERVAL 3 DAYS '2' HOURS (parts);
 * INTERVAL '1-2' YEAR TO MONTH (one part with its value; has_range, from, to). */
typedef struct ast_interval_literal {
    ast_node node;
    string_view text;
    ast_interval_part *parts;
    uint32_t part_count;
    bool has_range;
    ast_interval_field from;
    ast_interval_field to;
} ast_interval_literal;

/* ? (name.data == NULL, index counts from 0 in the statement) or :name. */
typedef struct ast_parameter {
    ast_node node;
    string_view name;
    uint32_t index;
} ast_parameter;

/* a.b.c or IDENTIFIER(...): a column, a variable, fields of one, or, where nothing of that name
 * exists, a function without arguments (CURRENT_DATE, CURRENT_TIMESTAMP, CURRENT_TIME,
 * CURRENT_USER, USER, SESSION_USER, CURRENT_CATALOG, CURRENT_SCHEMA, ...); the binder decides. */
typedef struct ast_column_ref {
    ast_node node;
    ast_name *name;
} ast_column_ref;

/* *, t.*, * EXCEPT (a, b.c), * REPLACE (x + 1 AS x). */
typedef struct ast_star {
    ast_node node;
    ast_name *qualifier; /* NULL: none */
    ast_list except;     /* ast_name */
    ast_list replace;    /* ast_select_item with alias */
} ast_star;

/* ---- operators ------------------------------------------------------------------------------- */

typedef enum ast_operator {
#define AST_OPERATOR(id, text) AST_OP_##id,
#include "parser/ast_operators.def"
#undef AST_OPERATOR
    AST_OP_COUNT
} ast_operator;

/* op operand: AST_OP_NOT, NEGATE, PLUS_SIGN, BIT_NOT. -5 is a literal, not an operator. */
typedef struct ast_unary {
    ast_node node;
    ast_operator op;
    ast_expr *operand;
} ast_unary;

typedef struct ast_binary {
    ast_node node;
    ast_operator op;
    ast_expr *left;
    ast_expr *right;
} ast_binary;

/* a AND b AND c: a chain of one operator (AST_OP_AND or AST_OP_OR) without parentheses; two or more
 * operands. A parenthesized chain inside is its own node. */
typedef struct ast_logical {
    ast_node node;
    ast_operator op;
    ast_list operands;
} ast_logical;

typedef struct ast_between {
    ast_node node;
    bool negated;
    ast_expr *operand;
    ast_expr *low;
    ast_expr *high;
} ast_between;

typedef struct ast_in_list {
    ast_node node;
    bool negated;
    ast_expr *operand;
    ast_list items;
} ast_in_list;

/* operand is an AST_ROW for (a, b) IN (SELECT ...). */
typedef struct ast_in_query {
    ast_node node;
    bool negated;
    ast_expr *operand;
    struct ast_query *query;
} ast_in_query;

typedef enum ast_quantifier {
    AST_QUANTIFIER_NONE,
    AST_QUANTIFIER_ANY,
    AST_QUANTIFIER_ALL
} ast_quantifier;

/* LIKE, ILIKE, RLIKE: one pattern, or ANY/SOME/ALL with several. */
typedef struct ast_like {
    ast_node node;
    ast_operator op; /* AST_OP_LIKE, AST_OP_ILIKE, AST_OP_RLIKE */
    bool negated;
    ast_quantifier quantifier;
    ast_expr *operand;
    ast_list patterns;
    ast_expr *escape; /* NULL: none; a string literal or a parameter */
} ast_like;

typedef enum ast_is_test {
    AST_IS_NULL,
    AST_IS_TRUE,
    AST_IS_FALSE,
    AST_IS_UNKNOWN,
    AST_IS_DISTINCT_FROM
} ast_is_test;

typedef struct ast_is {
    ast_node node;
    ast_is_test test;
    bool negated;
    ast_expr *operand;
    ast_expr *other; /* DISTINCT FROM other, else NULL */
} ast_is;

typedef struct ast_when {
    ast_expr *condition;
    ast_expr *result;
} ast_when;

typedef struct ast_case {
    ast_node node;
    ast_expr *operand; /* CASE operand WHEN ...; NULL: searched */
    ast_when *whens;
    uint32_t when_count;
    ast_expr *otherwise; /* NULL: none */
} ast_case;

typedef enum ast_cast_form {
    AST_CAST_FUNCTION,
    AST_CAST_TRY,
    AST_CAST_COLONS,
    AST_CAST_QUESTION
} ast_cast_form;

/* CAST(x AS t), TRY_CAST(x AS t), x::t, x?::t (a TRY_CAST). */
typedef struct ast_cast {
    ast_node node;
    ast_cast_form form;
    ast_expr *operand;
    ast_type *type;
} ast_cast;

/* ---- functions ------------------------------------------------------------------------------- */

typedef enum ast_nulls { AST_NULLS_UNSET, AST_NULLS_IGNORE, AST_NULLS_RESPECT } ast_nulls;

/* How the call was written, where that is not name(arguments). The arguments are always those of
 * the function named, in its own order: POSITION(a IN b) is position(a, b). */
typedef enum ast_call_syntax {
    AST_CALL_PLAIN,
    AST_CALL_NO_PARENTHESES, /* CURRENT_DATE, only with ansi_reserved; else an AST_COLUMN_REF */
    AST_CALL_POSITION,       /* POSITION(a IN b) */
    AST_CALL_SUBSTRING_FROM, /* SUBSTRING(a FROM b FOR c) */
    AST_CALL_OVERLAY,        /* OVERLAY(a PLACING b FROM c FOR d) */
    AST_CALL_ROW_NAMES       /* STRUCT(a AS x, b): arguments are ast_select_item */
} ast_call_syntax;

/* name([DISTINCT] arguments [IGNORE NULLS]) [WITHIN GROUP (ORDER BY ...)] [FILTER (WHERE ...)]
 * [IGNORE|RESPECT NULLS] [OVER window]. The name has one to three parts. */
typedef struct ast_function_call {
    ast_node node;
    ast_name *name;
    ast_call_syntax syntax;
    bool distinct;
    bool all; /* ALL was written; means nothing */
    ast_nulls nulls;
    ast_list
        arguments; /* expressions, AST_STAR, AST_NAMED_ARGUMENT, AST_LAMBDA, AST_TABLE_ARGUMENT */
    ast_list within_group; /* ast_sort_item */
    ast_expr *filter;
    struct ast_window_spec *over;
} ast_function_call;

/* name => value */
typedef struct ast_named_argument {
    ast_node node;
    ast_ident name;
    ast_expr *value; /* an expression or AST_TABLE_ARGUMENT */
} ast_named_argument;

/* TABLE t, TABLE(t) or TABLE(query) as an argument of a table function. */
typedef struct ast_table_argument {
    ast_node node;
    ast_name *table; /* or */
    struct ast_query *query;
    bool single_partition; /* WITH SINGLE PARTITION */
    ast_list partition_by; /* expressions */
    ast_list order_by;     /* ast_sort_item */
} ast_table_argument;

/* EXTRACT(field FROM source). */
typedef struct ast_extract {
    ast_node node;
    ast_ident field;
    ast_expr *source;
} ast_extract;

typedef enum ast_trim_side { AST_TRIM_BOTH, AST_TRIM_LEADING, AST_TRIM_TRAILING } ast_trim_side;

/* TRIM([BOTH|LEADING|TRAILING] [characters] FROM source); TRIM(x) is a plain call. */
typedef struct ast_trim {
    ast_node node;
    ast_trim_side side;
    ast_expr *characters; /* NULL: blanks */
    ast_expr *source;
} ast_trim;

/* x -> body, (x, y) -> body */
typedef struct ast_lambda {
    ast_node node;
    ast_ident_list parameters;
    ast_expr *body;
} ast_lambda;

/* ---- access to nested values ----------------------------------------------------------------- */

typedef struct ast_subscript {
    ast_node node;
    ast_expr *operand;
    ast_expr *index;
} ast_subscript;

/* operand.name where the operand is not itself a name: f(x).a, s[0].b */
typedef struct ast_field {
    ast_node node;
    ast_expr *operand;
    ast_ident name;
} ast_field;

/* One step of c:a.b[0]['x'][*]: a name, an index, or any element. */
typedef struct ast_path_step {
    enum { AST_STEP_NAME, AST_STEP_INDEX, AST_STEP_ANY } kind;
    string_view name; /* AST_STEP_NAME; ['x'] gives a quoted one */
    bool quoted;
    int64_t index; /* AST_STEP_INDEX */
    span span;
} ast_path_step;

/* operand:path of a VARIANT or JSON text. `text` is the path as written, without the
 * colon and without backticks. */
typedef struct ast_path {
    ast_node node;
    ast_expr *operand;
    ast_path_step *steps;
    uint32_t step_count;
    string_view text;
} ast_path;

/* (a, b AS x, c): items are ast_select_item. */
typedef struct ast_row {
    ast_node node;
    ast_list items;
} ast_row;

typedef struct ast_subquery {
    ast_node node;
    struct ast_query *query;
} ast_subquery;

typedef struct ast_exists {
    ast_node node;
    struct ast_query *query;
} ast_exists;

/* operand COLLATE name */
typedef struct ast_collate {
    ast_node node;
    ast_expr *operand;
    ast_name *collation;
} ast_collate;

/* DEFAULT as a value of VALUES, SET c = DEFAULT, PARTITION (p = DEFAULT). In a SELECT list it is an
 * AST_COLUMN_REF. */
typedef struct ast_default {
    ast_node node;
} ast_default;

#endif
