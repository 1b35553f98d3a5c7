/* build.c - nodes, lists, names and failures: what all of the grammar's actions stand on.
 *
 * Actions do not check for failures. After one, every new node is the scratch area of the parser's
 * state, zeroed; lists stay as they are, and the parse loop stops at the next token.
 */
#include "parser/build.h"
#include "parser/sql.h"

/* ---- failures -------------------------------------------------------------------------------- */

dbx_status parser_fail_nomem(parser_state *p) {
    if (p->status == DBX_OK) p->status = error_nomem(p->err);
    return p->status;
}

const char *parser_cstr(parser_state *p, string_view s) {
    if (p->status != DBX_OK) return "";
    string_view copy = arena_copy_string(p->arena, s);
    if (copy.data == NULL) {
        parser_fail_nomem(p);
        return "";
    }
    return copy.data;
}

void parser_syntax_error_at(parser_state *p, span at) {
    if (p->status != DBX_OK) return;
    if (at.start >= at.end) {
        parser_fail(p, ERR_PARSE_SYNTAX_ERROR, at, "error", "end of input", "hint", "", NULL);
        return;
    }
    string_view text = parser_text(p, at.start, at.end);
    const char *quoted =
        arena_printf(p->arena, "'" SV_FMT "'", (int)MIN(text.size, 200), text.data);
    if (quoted == NULL) {
        parser_fail_nomem(p);
        return;
    }
    parser_fail(p, ERR_PARSE_SYNTAX_ERROR, at, "error", quoted, "hint", "", NULL);
}

/* `a-b` where a name is wanted is a name that lacks its quotes. */
static bool parser_dashed_name(parser_state *p, parser_token token) {
    if (token.code != TK_MINUS || p->previous.end != token.start) return false;
    if (p->previous_role != TK_IDENT && p->previous_role != TK_STRICT_IDENT) return false;
    lexer l = p->lexer;
    l.at = token.end;
    parser_token next = lexer_next(&l);
    if (next.code != TK_IDENT) return false;
    span at = {p->previous.start, next.end};
    parser_fail(p, ERR_INVALID_IDENTIFIER, at, "ident",
                parser_cstr(p, parser_text(p, at.start, at.end)), NULL);
    return true;
}

void parser_syntax_error(parser_state *p, parser_token token) {
    if (p->status != DBX_OK || parser_dashed_name(p, token)) return;
    parser_syntax_error_at(p, (span){token.start, token.end});
}

void parser_too_complex(parser_state *p) {
    parser_fail(p, ERR_FAILED_TO_PARSE_TOO_COMPLEX, (span){p->previous.start, p->previous.end},
                NULL);
}

void parser_once(parser_state *p, bool already, const char *clause, parser_token at) {
    if (!already) return;
    parser_fail(p, ERR_DUPLICATE_CLAUSES, (span){at.start, at.end}, "clauseName", clause, NULL);
}

void parser_fail_operation_at(parser_state *p, span at, const char *what) {
    parser_fail(p, ERR_OPERATION_NOT_ALLOWED, at, "message", what, NULL);
}

void parser_fail_operation(parser_state *p, parser_token at, const char *what) {
    parser_fail_operation_at(p, (span){at.start, at.end}, what);
}

/* ---- nodes and lists ------------------------------------------------------------------------- */

void *parser_memory(parser_state *p, size_t size) {
    assert(size <= PARSER_SCRATCH);
    if (p->status == DBX_OK) {
        void *memory = arena_alloc_zero(p->arena, size);
        if (memory != NULL) return memory;
        parser_fail_nomem(p);
    }
    memset(p->scratch, 0, sizeof(p->scratch));
    return p->scratch;
}

void *parser_node(parser_state *p, ast_kind kind, size_t size, uint32_t start) {
    ast_node *node = parser_memory(p, size);
    if (p->status == DBX_OK) node->kind = (uint16_t)kind;
    node->span = parser_span(p, start);
    return node;
}

void parser_adopt(parser_state *p, void *parent, const void *child) {
    ast_node *node = parent;
    const ast_node *other = child;
    if (other == NULL || p->status != DBX_OK || node->depth > other->depth) return;
    if (other->depth >= p->max_depth) {
        parser_too_complex(p);
        return;
    }
    node->depth = (uint16_t)(other->depth + 1);
}

void parser_adopt_list(parser_state *p, void *parent, const ast_list *list) {
    if (list == NULL || p->status != DBX_OK) return;
    for (uint32_t i = 0; i < list->count; i++) parser_adopt(p, parent, list->items[i]);
}

string_view parser_text(const parser_state *p, uint32_t start, uint32_t end) {
    assert(start <= end);
    assert(end <= p->sql.size);
    return (string_view){p->sql.data + start, end - start};
}

string_view parser_copy_text(parser_state *p, uint32_t start, uint32_t end) {
    if (p->status != DBX_OK) return SV("");
    string_view copy = arena_copy_string(p->arena, sv_trim(parser_text(p, start, MAX(start, end))));
    if (copy.data == NULL) {
        parser_fail_nomem(p);
        return SV("");
    }
    return copy;
}

string_view parser_upper(parser_state *p, string_view s) {
    if (p->status != DBX_OK) return SV("");
    char *out = arena_alloc_bytes(p->arena, s.size + 1);
    if (out == NULL) {
        parser_fail_nomem(p);
        return SV("");
    }
    for (size_t i = 0; i < s.size; i++) out[i] = ascii_upper(s.data[i]);
    out[s.size] = '\0';
    return (string_view){out, s.size};
}

ast_list *parser_push(parser_state *p, ast_list *list, void *node) {
    if (list == NULL) list = parser_memory(p, sizeof(*list));
    PARSER_PUSH(p, list, node);
    return list;
}

ast_list *parser_append(parser_state *p, ast_list *list, const ast_list *more) {
    for (uint32_t i = 0; p->status == DBX_OK && i < more->count; i++) {
        list = parser_push(p, list, more->items[i]);
    }
    return list;
}

ast_ident_list *parser_push_word(parser_state *p, ast_ident_list *list, parser_word word) {
    if (list == NULL) list = parser_memory(p, sizeof(*list));
    ast_ident ident = parser_ident(p, word);
    PARSER_PUSH(p, list, ident);
    return list;
}

/* ---- words and names ------------------------------------------------------------------------- */

parser_word parser_word_of(parser_token token) {
    return (parser_word){{token.start, token.end}, NULL};
}

parser_word parser_word_identifier(parser_state *p, parser_token keyword, parser_expr argument) {
    return (parser_word){parser_span(p, keyword.start), argument.e};
}

/* Adds the parts of a text such as "a.`b c`" to the list. */
static void parser_split_name(parser_state *p, string_view text, span at, ast_ident_list *parts) {
    if (text.size == 0) {
        parser_fail(p, ERR_PARSE_EMPTY_STATEMENT, at, NULL);
        return;
    }
    lexer l = {(const unsigned char *)text.data, (uint32_t)text.size, 0, false, false};
    parser_state inner = *p; /* only its text differs */
    inner.sql = text;
    bool want_part = true;
    while (inner.status == DBX_OK) {
        parser_token t = lexer_next(&l);
        if (t.code == LEX_SPACE || t.code == LEX_COMMENT) continue;
        if (t.code == LEX_END && !want_part) break;
        if (want_part ? t.code != TK_IDENT : t.code != TK_DOT) {
            parser_syntax_error_at(&inner, (span){t.start, t.end});
        } else if (want_part) {
            ast_ident ident = {.span = at, .clause = true};
            ident.text = parser_identifier_text(&inner, (span){t.start, t.end}, &ident.quoted);
            PARSER_PUSH(&inner, parts, ident);
        }
        want_part = !want_part;
    }
    p->status = inner.status;
    if (p->status != DBX_OK && p->err != NULL) p->err->position = at;
}

static void parser_name_push(parser_state *p, ast_ident_list *parts, parser_word word) {
    if (p->status != DBX_OK) return;
    ast_ident ident = {.span = word.span};
    if (word.expr == NULL) {
        ident.text = parser_identifier_text(p, word.span, &ident.quoted);
    } else if (word.expr->kind == AST_LITERAL &&
               AST_AS(ast_literal, word.expr)->type == AST_LITERAL_STRING) {
        parser_split_name(p, AST_AS(ast_literal, word.expr)->value, word.span, parts);
        return;
    } else {
        ident.expr = word.expr;
        ident.clause = true;
    }
    PARSER_PUSH(p, parts, ident);
}

/* The parenthesis after IDENTIFIER is where a parser without the clause stops. */
static void parser_refuse_clause(parser_state *p, span word) {
    uint32_t at = word.start;
    while (at < p->sql.size && p->sql.data[at] != '(') at++;
    parser_syntax_error_at(p, (span){at, at + 1});
}

void parser_plain_name(parser_state *p, const ast_name *name) {
    if (!p->options.identifier_clause_legacy || p->status != DBX_OK || name == NULL) return;
    for (uint32_t i = 0; i < name->parts.count; i++) {
        if (name->parts.items[i].clause) parser_refuse_clause(p, name->parts.items[i].span);
    }
}

ast_ident parser_ident(parser_state *p, parser_word word) {
    ast_ident_list parts = {0};
    if (word.expr != NULL && p->options.identifier_clause_legacy)
        parser_refuse_clause(p, word.span);
    if (word.expr == NULL) { /* the common case needs no list */
        ast_ident ident = {.span = word.span};
        ident.text = parser_identifier_text(p, word.span, &ident.quoted);
        return ident;
    }
    parser_name_push(p, &parts, word);
    if (p->status != DBX_OK || parts.count == 0) return (ast_ident){.span = word.span};
    if (parts.count > 1) {
        const char *text = parser_cstr(p, AST_AS(ast_literal, word.expr)->value);
        parser_fail(p, ERR_IDENTIFIER_TOO_MANY_NAME_PARTS, word.span, "identifier", text, "limit",
                    "1", NULL);
    }
    return parts.items[0];
}

ast_ident parser_ident_upper(parser_state *p, span at) {
    ast_ident ident = {.span = at};
    ident.text = parser_upper(p, parser_text(p, at.start, at.end));
    return ident;
}

ast_ident parser_ident_text(parser_state *p, const char *text, span at) {
    return (ast_ident){.text = sv_from(parser_cstr(p, sv_from(text))), .span = at};
}

ast_name *parser_name(parser_state *p, parser_word word) {
    ast_name *name = PARSER_NODE(p, ast_name, NAME, word.span.start);
    name->node.span.end = word.span.end;
    parser_name_push(p, &name->parts, word);
    return name;
}

ast_name *parser_name_add(parser_state *p, ast_name *name, parser_word word) {
    name->node.span.end = word.span.end;
    if (word.expr != NULL && p->options.identifier_clause_legacy)
        parser_refuse_clause(p, word.span);
    parser_name_push(p, &name->parts, word);
    return name;
}

ast_name *parser_name_text(parser_state *p, string_view text, span at) {
    ast_name *name = PARSER_NODE(p, ast_name, NAME, at.start);
    name->node.span = at;
    ast_ident ident = {.text = text, .span = at};
    PARSER_PUSH(p, &name->parts, ident);
    return name;
}

bool parser_name_is(const ast_name *name, const char *text) {
    return name->parts.count == 1 && name->parts.items[0].text.data != NULL &&
           sv_equal_ignore_case(name->parts.items[0].text, sv_from(text));
}

void parser_require_one_part(parser_state *p, const ast_name *name) {
    if (p->status != DBX_OK || name->parts.count <= 1) return;
    parser_syntax_error_at(p, (span){name->parts.items[0].span.end, name->node.span.end});
}

const char *parser_name_shown(parser_state *p, const ast_name *name) {
    return parser_cstr(p, parser_text(p, name->node.span.start, name->node.span.end));
}

ast_text *parser_text_of(parser_state *p, parser_token string) {
    ast_text *text = parser_memory(p, sizeof(*text));
    *text = parser_string(p, string);
    return text;
}

/* ---- properties ------------------------------------------------------------------------------ */

static ast_property *parser_property_node(parser_state *p, uint32_t start, ast_expr *value) {
    ast_property *property = PARSER_NODE(p, ast_property, PROPERTY, start);
    property->value = value;
    parser_adopt(p, property, value);
    return property;
}

ast_property *parser_property(parser_state *p, ast_name *key, ast_expr *value) {
    ast_property *property = parser_property_node(p, key->node.span.start, value);
    if (p->status != DBX_OK) return property;
    size_t size = 0;
    for (uint32_t i = 0; i < key->parts.count; i++) size += key->parts.items[i].text.size + 1;
    char *out = arena_alloc_bytes(p->arena, size + 1);
    if (out == NULL) {
        parser_fail_nomem(p);
        return property;
    }
    size_t at = 0;
    for (uint32_t i = 0; i < key->parts.count; i++) {
        string_view part = key->parts.items[i].text;
        if (i > 0) out[at++] = '.';
        if (part.size > 0) memcpy(out + at, part.data, part.size);
        at += part.size;
    }
    out[at] = '\0';
    property->key = (string_view){out, at};
    return property;
}

ast_property *parser_property_quoted(parser_state *p, parser_token key, ast_expr *value) {
    ast_property *property = parser_property_node(p, key.start, value);
    property->key = parser_string(p, key);
    property->key_quoted = true;
    return property;
}
