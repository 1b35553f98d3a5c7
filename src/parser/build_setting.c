/* build_setting.c - SET, RESET and the statements that are taken as texts.
 *
 * Their tokens reach from the keyword to the end of the statement, so that values such as paths and
 * unquoted words need not be SQL.
 */
#include "parser/build.h"

/* The text after the first word. */
static string_view build_setting_rest(const parser_state *p, parser_token statement,
                                      uint32_t *start) {
    uint32_t at = statement.start;
    while (at < statement.end && !ascii_is_space(p->sql.data[at]) && p->sql.data[at] != '`') at++;
    while (at < statement.end && ascii_is_space(p->sql.data[at])) at++;
    *start = at;
    return sv_trim(parser_text(p, at, statement.end));
}

static size_t build_setting_key_size(string_view text) {
    size_t size = 0;
    if (text.size > 0 && text.data[0] == '`') {
        for (size = 1; size < text.size && text.data[size] != '`'; size++) {
        }
        return size < text.size ? size + 1 : 0;
    }
    while (size < text.size) {
        char c = text.data[size];
        bool word = ascii_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    c == '_' || c == '.' || c == ':' || c == '\\';
        if (!word) break;
        size++;
    }
    return size;
}

static ast_text build_setting_copy(parser_state *p, string_view text) {
    return sv_from(parser_cstr(p, text));
}

static ast_text build_setting_unquoted(parser_state *p, string_view text) {
    if (text.size < 2) return build_setting_copy(p, text);
    char quote = text.data[0];
    bool quoted = (quote == '\'' || quote == '"' || quote == '`') &&
                  text.data[text.size - 1] == quote &&
                  memchr(text.data + 1, quote, text.size - 2) == NULL;
    if (quoted) text = (string_view){text.data + 1, text.size - 2};
    return build_setting_copy(p, text);
}

static void build_setting_invalid(parser_state *p, parser_token statement) {
    parser_fail(p, ERR_INVALID_SET_SYNTAX, (span){statement.start, statement.end}, NULL);
}

ast_statement *parser_set_statement(parser_state *p, parser_token statement) {
    ast_set *s = PARSER_NODE(p, ast_set, SET, statement.start);
    uint32_t start;
    string_view text = build_setting_rest(p, statement, &start);
    if (text.size == 0) {
        s->type = AST_SET_ALL;
        return &s->node;
    }
    if (sv_equal(text, SV("-v"))) {
        s->type = AST_SET_ALL_DOCUMENTED;
        return &s->node;
    }
    size_t key = build_setting_key_size(text);
    string_view rest = sv_trim((string_view){text.data + key, text.size - key});
    if (key == 0 || (rest.size > 0 && rest.data[0] != '=')) {
        build_setting_invalid(p, statement);
        return &s->node;
    }
    s->key = build_setting_unquoted(p, (string_view){text.data, key});
    s->type = rest.size > 0 ? AST_SET_VALUE : AST_SET_SHOW;
    if (rest.size > 0) {
        string_view value = sv_trim((string_view){rest.data + 1, rest.size - 1});
        s->value = build_setting_unquoted(p, value);
    }
    return &s->node;
}

ast_statement *parser_reset_statement(parser_state *p, parser_token statement) {
    ast_reset *r = PARSER_NODE(p, ast_reset, RESET, statement.start);
    uint32_t start;
    string_view text = build_setting_rest(p, statement, &start);
    if (text.size == 0) return &r->node;
    if (build_setting_key_size(text) != text.size) {
        build_setting_invalid(p, statement);
        return &r->node;
    }
    r->key = build_setting_unquoted(p, text);
    return &r->node;
}

/* Statements that are known and refused: ADD JAR, LIST FILES, SET ROLE, ... The feature is their
 * first two words. */
ast_statement *parser_raw_statement(parser_state *p, parser_token statement) {
    ast_unsupported *u = PARSER_NODE(p, ast_unsupported, UNSUPPORTED, statement.start);
    uint32_t start;
    string_view rest = build_setting_rest(p, statement, &start);
    size_t word = 0;
    while (word < rest.size && !ascii_is_space(rest.data[word])) word++;
    string_view words = parser_text(p, statement.start, start + (uint32_t)word);
    u->feature = parser_upper(p, sv_trim(words));
    return &u->node;
}

ast_statement *parser_set_time_zone(parser_state *p, uint32_t start, ast_expr *interval,
                                    const parser_token *text) {
    ast_set *s = PARSER_NODE(p, ast_set, SET, start);
    s->type = AST_SET_TIME_ZONE;
    s->interval = interval;
    if (text != NULL) {
        s->value = parser_string(p, *text);
    } else {
        s->local = interval == NULL;
    }
    return &s->node;
}

ast_statement *parser_set_collation(parser_state *p, uint32_t start, parser_word name) {
    ast_set *s = PARSER_NODE(p, ast_set, SET, start);
    s->type = AST_SET_COLLATION;
    s->value = parser_ident(p, name).text;
    return &s->node;
}
