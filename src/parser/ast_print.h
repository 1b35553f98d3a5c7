/* ast_print.h - shared by the files that print the AST; not part of the contract. */
#ifndef DBX_PARSER_AST_PRINT_H
#define DBX_PARSER_AST_PRINT_H

#include "parser/ast.h"

/* Where the text goes; the first failure sticks and silences the rest. */
typedef struct ast_printer {
    buffer *out;
    dbx_status status;
} ast_printer;

void ast_print_text(ast_printer *p, const char *text);
/* " word" */
void ast_print_word(ast_printer *p, const char *word);
/* " word" if the flag is set */
void ast_print_flag(ast_printer *p, bool flag, const char *word);
/* " 'text'" with quotes doubled; nothing without data */
void ast_print_string(ast_printer *p, string_view text);
/* " label 'text'" */
void ast_print_labelled(ast_printer *p, const char *label, string_view text);
void ast_print_ident(ast_printer *p, const ast_ident *ident);
/* " (label ident)" if given */
void ast_print_given(ast_printer *p, const char *label, const ast_ident *ident);
/* " (label a b c)", or " a b c" without a label; nothing when empty */
void ast_print_idents(ast_printer *p, const char *label, const ast_ident_list *list);
/* " node", or nothing for NULL */
void ast_print_node(ast_printer *p, const void *node);
/* " (label node)" */
void ast_print_part(ast_printer *p, const char *label, const void *node);
/* " (label a b c)", or " a b c" without a label; nothing when empty */
void ast_print_list(ast_printer *p, const char *label, const ast_list *list);
void ast_print_alias(ast_printer *p, const ast_alias *alias);
void ast_print_open(ast_printer *p, const char *label);
void ast_print_close(ast_printer *p);

/* What stands between "(kind" and ")": each returns false if the node is none of its kinds. */
bool ast_print_expr_fields(ast_printer *p, const ast_node *n);
bool ast_print_query_fields(ast_printer *p, const ast_node *n);
bool ast_print_change_fields(ast_printer *p, const ast_node *n);
bool ast_print_utility_fields(ast_printer *p, const ast_node *n);

#endif
