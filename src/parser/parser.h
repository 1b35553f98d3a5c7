/* parser.h - SQL text to AST.
 *
 * The functions share one lexer (grammar/sql.re) and one LALR(1) grammar (grammar/sql.y). They read
 * the whole input or fail with a class of errors_parser.def whose position is in it. The results
 * live in the arena; on failure what was allocated stays there until the arena is reset.
 */
#ifndef DBX_PARSER_PARSER_H
#define DBX_PARSER_PARSER_H

#include "common/error.h"
#include "parser/ast.h"

/* Nesting that a text may have by default; callers that recurse over trees rely on it. */
#define PARSER_MAX_DEPTH 1000
/* Longest text in bytes: offsets are 32 bit. */
#define PARSER_MAX_TEXT ((size_t)1 << 30)

typedef struct parser_options {
    bool double_quoted_identifiers; /* "x" is an identifier, not a string */
    bool ansi_reserved;             /* keywords that ANSI reserves cannot be identifiers */
    bool identifier_clause_legacy;  /* IDENTIFIER(…) stands for references only, not for new names */
    uint32_t max_depth;             /* 0: PARSER_MAX_DEPTH */
} parser_options;

/* One or several statements separated by `;`. Empty statements are skipped, but a text without any
 * is PARSE_EMPTY_STATEMENT. `options` may be NULL. */
dbx_status parser_parse(arena *a, string_view sql, const parser_options *options,
                        ast_statement_list *out, error *err) MUST_CHECK;
/* A query, without `;`. */
dbx_status parser_parse_query(arena *a, string_view sql, const parser_options *options,
                              ast_query **out, error *err) MUST_CHECK;
dbx_status parser_parse_expression(arena *a, string_view sql, const parser_options *options,
                                   ast_expr **out, error *err) MUST_CHECK;
/* array<struct<a:int>>, decimal(10,2), ... */
dbx_status parser_parse_type(arena *a, string_view sql, const parser_options *options,
                             ast_type **out, error *err) MUST_CHECK;
/* `a INT, b STRING`, or a type as above: a STRUCT's fields or one unnamed type. The result's kind
 * is AST_TYPE, with id STRUCT for a column list. */
dbx_status parser_parse_schema(arena *a, string_view sql, const parser_options *options,
                               ast_type **out, error *err) MUST_CHECK;
/* a.b.c, with quotes where needed. */
dbx_status parser_parse_name(arena *a, string_view sql, const parser_options *options,
                             ast_name **out, error *err) MUST_CHECK;

/* Spark's keywords by index, in order, for sql_keywords(); NULL past the last. Static. */
const char *parser_keyword(uint32_t index, bool *reserved);
/* Whether a word is a keyword that ANSI reserves (for quoting names when they are written out). */
bool parser_is_reserved(string_view word);

#endif
