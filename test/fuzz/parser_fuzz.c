/* parser_fuzz.c - any bytes through every entry point of the parser and of the shell's lexer.
 *
 * The first byte chooses options and entry point, the rest is the text. What parses is printed, so
 * that each field of each node is read, and its spans are checked.
 */
#include "parser/parser.h"

#include <stdlib.h>

static void fuzz_tree(const ast_node *node, size_t size, buffer *out) {
    if (node == NULL) return;
    if (node->span.start > node->span.end || node->span.end > size) abort();
    buffer_clear(out);
    if (ast_print(node, out) != DBX_OK) abort();
}

static void fuzz_entry(arena *a, string_view sql, uint8_t choice, buffer *out, error *err) {
    parser_options options = {.double_quoted_identifiers = choice & 1,
                              .ansi_reserved = choice & 2,
                              .max_depth = choice & 4 ? 20 : 0};
    union {
        ast_query *query;
        ast_expr *expr;
        ast_type *type;
        ast_name *name;
        ast_node *node;
    } result = {0};
    switch (choice >> 3 & 7) {
    case 0:
        (void)!parser_parse_expression(a, sql, &options, &result.expr, err);
        break;
    case 1:
        (void)!parser_parse_type(a, sql, &options, &result.type, err);
        break;
    case 2:
        (void)!parser_parse_schema(a, sql, &options, &result.type, err);
        break;
    case 3:
        (void)!parser_parse_name(a, sql, &options, &result.name, err);
        break;
    case 4:
        (void)!parser_parse_query(a, sql, &options, &result.query, err);
        break;
    default: {
        ast_statement_list list;
        if (parser_parse(a, sql, &options, &list, err) != DBX_OK) break;
        for (uint32_t i = 0; i < list.count; i++) fuzz_tree(list.items[i], sql.size, out);
        return;
    }
    }
    if (err->status == DBX_OK) fuzz_tree(result.node, sql.size, out);
    if (err->position.end > sql.size) abort();
}

static void fuzz_tokens(string_view sql) {
    size_t offset = 0;
    size_t size = 1;
    while (dbx_next_token(sql.data, sql.size, &offset, &size) != DBX_TOKEN_END) {
        if (size == 0) abort();
    }
    if (offset != sql.size) abort();
    bool complete;
    if (dbx_statement_length(sql.data, sql.size, &complete) > sql.size) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    string_view sql = {(const char *)data + 1, size - 1};
    ledger l;
    arena a;
    buffer out;
    error err;
    ledger_init(&l, NULL, "fuzz", (size_t)256 << 20);
    arena_init(&a, &l);
    buffer_init(&out, &l);
    error_init(&err);
    fuzz_tokens(sql);
    fuzz_entry(&a, sql, data[0], &out, &err);
    error_deinit(&err);
    buffer_deinit(&out);
    arena_deinit(&a);
    ledger_deinit(&l);
    return 0;
}
