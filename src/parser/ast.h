/* ast.h - the abstract syntax tree: what the parser hands to the binder.
 *
 * One struct per kind of node, each beginning with the header `ast_node {kind, span}`. Look at the
 * kind, then cast:
 *
 *     switch (e->kind) {
 *         case AST_BINARY: { const ast_binary *b = AST_AS(ast_binary, e); ... b->op, b->left,
 * b->right }
 *
 * 1. All of a tree lives in the arena given to the parser, texts included; nothing needs the SQL
 * text.
 * 2. A tree is not changed after parsing.
 * 3. Spans are byte offsets into the text that was parsed.
 * 4. A pointer to a node or a text is NULL where the clause was not written; a list is then empty.
 * 5. Names keep the case and the parts that were written; nothing is resolved.
 * 6. No tree is deeper than parser_options.max_depth, so that recursion over it is safe.
 * 7. Parentheses leave no node, but for AST_ROW, AST_SUBQUERY, AST_PAREN_REF and nested AST_QUERY.
 */
#ifndef DBX_PARSER_AST_H
#define DBX_PARSER_AST_H

#include "parser/ast_statement.h"

/* "binary", "create-table", ... Static. */
const char *ast_kind_name(ast_kind kind);
/* "<=>", "AND", ... Static. */
const char *ast_operator_text(ast_operator op);
/* "bigint", "interval year to month", ... Static. */
const char *ast_type_name(ast_type_id id);
/* "YEAR", "MONTH", ... Static. */
const char *ast_unit_name(ast_unit unit);
const char *ast_interval_field_name(ast_interval_field field);

static inline bool ast_is_expr(const ast_node *n) {
    return n->kind > AST_END_OF_PARTS && n->kind < AST_END_OF_EXPRESSIONS;
}
static inline bool ast_is_relation(const ast_node *n) {
    return n->kind > AST_END_OF_EXPRESSIONS && n->kind < AST_END_OF_RELATIONS;
}
static inline bool ast_is_body(const ast_node *n) {
    return n->kind > AST_END_OF_RELATIONS && n->kind < AST_END_OF_QUERIES;
}
static inline bool ast_is_statement(const ast_node *n) {
    return n->kind == AST_QUERY ||
           (n->kind > AST_END_OF_QUERIES && n->kind < AST_END_OF_STATEMENTS);
}

/* Statements of one text, in order. A statement's span leaves its `;` out. */
typedef struct ast_statement_list {
    ast_statement **items;
    uint32_t count;
    uint32_t capacity;
    /* Parameters of all statements: the number of ? markers, and whether names are used. */
    uint32_t positional_parameters;
    bool named_parameters;
} ast_statement_list;

/* Appends the tree as an s-expression, one line: (binary + (column a) (literal integer 1)). For
 * tests and debugging; the form is not a contract. */
dbx_status ast_print(const ast_node *node, buffer *out) MUST_CHECK;

#endif
