/* parse.c - the parse loop: takes tokens from the lexer and hands them to the LALR automaton.
 *
 * Nearly every keyword of Spark may be an identifier, and no LALR(1) grammar can carry that. So the
 * loop asks the automaton: a keyword has one or two readings (the keyword, an identifier, sometimes
 * a token of its own), each reading that the automaton could shift in its present state counts, and
 * when several do, the one wins after which more of the following tokens can be shifted (up to
 * PARSER_LOOKAHEAD, the keyword first among equals). Probing only walks states; no action runs.
 *
 * The same readings serve the other places where one token of look-ahead is not enough: NOT NULL,
 * WITH before a parenthesis, >> closing two types, a sign that belongs to a number.
 */
#include "parser/build.h"
#include "parser/sql.h"

/* ---- the window of tokens -------------------------------------------------------------------- */

static void parse_sql_fill(parser_state *p) {
    parser_token t;
    do {
        t = lexer_next(&p->lexer);
        if (t.code == LEX_UNCLOSED_COMMENT) {
            parser_fail(p, ERR_UNCLOSED_BRACKETED_COMMENT, (span){t.start, t.end}, NULL);
        }
        if (t.code == LEX_HINT_OPEN) {
            parser_token last = {0};
            if (p->filled > 0)
                last = p->window[(p->head + p->filled - 1) % PARSER_WINDOW];
            else
                last = p->previous;
            bool select = last.code == TK_HINT_CLOSE ||
                          (last.keyword != 0 && keyword_at(last.keyword)->code == TK_SELECT);
            if (select) {
                t.code = TK_HINT_OPEN;
                p->lexer.in_hint = true;
            } else { /* anywhere else it is a comment */
                p->lexer.at = t.end;
                t.code = lexer_skip_comment(&p->lexer) ? LEX_COMMENT : LEX_UNCLOSED_COMMENT;
            }
        }
        if (t.code == LEX_HINT_CLOSE) {
            t.code = TK_HINT_CLOSE;
            p->lexer.in_hint = false;
        }
    } while (t.code == LEX_SPACE || t.code == LEX_COMMENT || t.code == LEX_UNCLOSED_COMMENT);
    p->window[(p->head + p->filled) % PARSER_WINDOW] = t;
    p->filled++;
}

static parser_token *parse_sql_peek(parser_state *p, uint32_t ahead) {
    assert(ahead < PARSER_WINDOW);
    while (p->filled <= ahead) {
        bool ended =
            p->filled > 0 && p->window[(p->head + p->filled - 1) % PARSER_WINDOW].code == LEX_END;
        if (ended) return &p->window[(p->head + p->filled - 1) % PARSER_WINDOW];
        parse_sql_fill(p);
    }
    return &p->window[(p->head + ahead) % PARSER_WINDOW];
}

static void parse_sql_drop(parser_state *p, uint32_t count) {
    assert(count <= p->filled);
    p->head = (p->head + count) % PARSER_WINDOW;
    p->filled -= count;
}

static uint16_t parse_sql_keyword(parser_state *p, uint32_t ahead) {
    const parser_token *t = parse_sql_peek(p, ahead);
    return t->keyword != 0 ? keyword_at(t->keyword)->code : 0;
}

/* ---- readings -------------------------------------------------------------------------------- */

/* One way to read the next tokens: `tokens` of them as `codes`. */
typedef struct parse_sql_reading {
    uint16_t codes[3];
    uint8_t count;
    uint8_t tokens;
    bool reserved; /* a reserved word taken as an identifier: a last resort */
} parse_sql_reading;

#define PARSE_READINGS 3

static void parse_sql_add(parse_sql_reading *list, uint32_t *count, uint16_t code, uint8_t tokens) {
    list[(*count)++] = (parse_sql_reading){{code, 0, 0}, 1, tokens, false};
}

/* EXCEPT (a, b) after a star names columns; EXCEPT (SELECT ...) does not. */
static bool parse_sql_is_column_list(parser_state *p, uint32_t ahead) {
    if (parse_sql_peek(p, ahead)->code != TK_LP) return false;
    switch (parse_sql_keyword(p, ahead + 1)) {
    case TK_SELECT:
    case TK_WITH:
    case TK_VALUES:
    case TK_FROM:
    case TK_TABLE: {
        uint16_t after = parse_sql_peek(p, ahead + 2)->code;
        return after == TK_RP || after == TK_COMMA || after == TK_DOT;
    }
    default:
        return parse_sql_peek(p, ahead + 1)->code != TK_LP;
    }
}

/* Whether TRANSFORM (...), MAP (...) or REDUCE (...) is followed by what a script needs. Scans to
 * the closing parenthesis. */
static bool parse_sql_is_script(parser_state *p) {
    parser_token open = *parse_sql_peek(p, 1);
    if (open.code != TK_LP) return false;
    lexer l = p->lexer;
    l.at = open.end;
    l.in_hint = false;
    uint32_t depth = 1;
    for (;;) {
        parser_token t = lexer_next(&l);
        if (t.code == LEX_END) return false;
        if (t.code == LEX_SPACE || t.code == LEX_COMMENT) continue;
        if (depth == 0) {
            uint16_t code = t.keyword != 0 ? keyword_at(t.keyword)->code : 0;
            return code == TK_USING || code == TK_ROW || code == TK_RECORDWRITER;
        }
        if (t.code == TK_LP) depth++;
        if (t.code == TK_RP) depth--;
    }
}

static uint32_t parse_sql_keyword_readings(parser_state *p, uint32_t ahead,
                                           parse_sql_reading *list) {
    const parser_token *t = parse_sql_peek(p, ahead);
    const keyword_row *k = keyword_at(t->keyword);
    uint32_t count = 0;
    uint16_t code = k->code;
    if (code == TK_NOT && parse_sql_keyword(p, ahead + 1) == TK_NULL) {
        parse_sql_add(list, &count, TK_NOT_NULL, 2);
    } else if (code == TK_WITH && parse_sql_peek(p, ahead + 1)->code == TK_LP) {
        parse_sql_add(list, &count, TK_WITH_OPTIONS, 1);
    } else if (code == TK_WITH && parse_sql_keyword(p, ahead + 1) == TK_LOCAL) {
        parse_sql_add(list, &count, TK_WITH_LOCAL, 1);
    } else if (code == TK_EXCEPT && parse_sql_is_column_list(p, ahead + 1)) {
        parse_sql_add(list, &count, TK_EXCEPT_COLUMNS, 1);
    } else if (code == TK_ANALYZE && parse_sql_keyword(p, ahead + 1) != TK_TABLE &&
               parse_sql_keyword(p, ahead + 1) != TK_TABLES) {
        parse_sql_add(list, &count, TK_EXPLAIN_ANALYZE, 1);
    }
    bool script = code == TK_TRANSFORM || ((code == TK_MAP || code == TK_REDUCE) &&
                                           parse_sql_peek(p, ahead + 1)->code == TK_LP);
    if (script && (ahead > 0 || !parse_sql_is_script(p))) code = TK_IDENT;
    if (code != TK_IDENT) parse_sql_add(list, &count, code, 1);
    bool reserved = (k->flags & KEYWORD_RESERVED) != 0;
    bool forbidden = reserved && p->options.ansi_reserved &&
                     (k->flags & (KEYWORD_COLUMN_FUNCTION | KEYWORD_TYPE)) == 0 &&
                     parse_sql_peek(p, ahead + 1)->code != TK_LP;
    if (!forbidden) {
        bool strict = (k->flags & KEYWORD_STRICT) != 0;
        parse_sql_add(list, &count, strict ? TK_STRICT_IDENT : TK_IDENT, 1);
        list[count - 1].reserved = reserved;
    }
    assert(count <= PARSE_READINGS);
    return count;
}

/* A sign and a number are one number where an operand may begin. A plus belongs to numbers of
 * intervals only: INTERVAL +1 DAY. */
static void parse_sql_add_signed(parser_state *p, uint32_t ahead, parse_sql_reading *list,
                                 uint32_t *count) {
    uint16_t number = parse_sql_peek(p, ahead + 1)->code;
    if (number != TK_INTEGER && number != TK_NUMBER) return;
    uint16_t before = p->previous_role;
    if (ahead > 0) before = parse_sql_keyword(p, ahead - 1);
    bool interval = before == TK_INTERVAL || before == TK_UNIT;
    if (parse_sql_peek(p, ahead)->code == TK_MINUS || interval)
        parse_sql_add(list, count, number, 2);
}

static uint32_t parse_sql_readings(parser_state *p, uint32_t ahead, parse_sql_reading *list) {
    const parser_token *t = parse_sql_peek(p, ahead);
    uint32_t count = 0;
    if (t->keyword != 0) return parse_sql_keyword_readings(p, ahead, list);
    if (t->code == TK_MINUS || t->code == TK_PLUS) parse_sql_add_signed(p, ahead, list, &count);
    parse_sql_add(list, &count, t->code, 1);
    switch (t->code) {
    case TK_SHIFT_RIGHT:
        list[count++] = (parse_sql_reading){{TK_GT, TK_GT, 0}, 2, 1, false};
        break;
    case TK_SHIFT_RIGHT_UNSIGNED:
        list[count++] = (parse_sql_reading){{TK_GT, TK_GT, TK_GT}, 3, 1, false};
        break;
    case TK_GE:
        list[count++] = (parse_sql_reading){{TK_GT, TK_EQ, 0}, 2, 1, false};
        break;
    case TK_TRY_COLON:
        list[count++] = (parse_sql_reading){{TK_QUESTION, TK_DOUBLE_COLON, 0}, 2, 1, false};
        break;
    default:
        break;
    }
    return count;
}

static bool parse_sql_shift_reading(sql_probe *probe, const parse_sql_reading *r) {
    for (uint32_t i = 0; i < r->count; i++) {
        if (!sql_probe_shift(probe, r->codes[i])) return false;
    }
    return true;
}

/* How well the tokens from `ahead` on fit: twice the number that can be shifted, at most up to
 * PARSER_LOOKAHEAD, less one for each reserved word that this takes for an identifier. */
static int parse_sql_reach(parser_state *p, sql_probe probe, uint32_t ahead) {
    if (ahead >= PARSER_LOOKAHEAD) return 0;
    parse_sql_reading list[PARSE_READINGS];
    uint32_t count = parse_sql_readings(p, ahead, list);
    int best = 0;
    int most = 2 * (PARSER_LOOKAHEAD - (int)ahead);
    for (uint32_t i = 0; i < count && best < most; i++) {
        sql_probe next = probe;
        if (!parse_sql_shift_reading(&next, &list[i])) continue;
        if (parse_sql_peek(p, ahead)->code == LEX_END) return most;
        int reach = 2 * list[i].tokens - list[i].reserved;
        reach += parse_sql_reach(p, next, ahead + list[i].tokens);
        best = MAX(best, reach);
    }
    return best;
}

/* Whether a reserved word with its own meaning is beyond doubt: the next token fits it, too, in its
 * first reading. Saves most of the probing. */
static bool parse_sql_is_clear(parser_state *p, const sql_probe *shifted,
                               const parse_sql_reading *r) {
    const parser_token *t = parse_sql_peek(p, 0);
    if ((keyword_at(t->keyword)->flags & KEYWORD_RESERVED) == 0) return false;
    parse_sql_reading list[PARSE_READINGS];
    uint32_t count = parse_sql_readings(p, r->tokens, list);
    for (uint32_t i = 0; i < count; i++) {
        sql_probe next = *shifted;
        if (!list[i].reserved && parse_sql_shift_reading(&next, &list[i])) return true;
    }
    return false;
}

/* The next token as it is, for the error that it causes. */
static parse_sql_reading parse_sql_plain(parser_state *p) {
    return (parse_sql_reading){{parse_sql_peek(p, 0)->code, 0, 0}, 1, 1, false};
}

/* The reading of the next token, the one to be pushed. */
static parse_sql_reading parse_sql_choose(parser_state *p) {
    parse_sql_reading list[PARSE_READINGS];
    uint32_t count = parse_sql_readings(p, 0, list);
    if (count == 1) return list[0];
    sql_probe start = sql_probe_start(p->engine);
    sql_probe shifted[PARSE_READINGS];
    uint32_t viable = 0;
    for (uint32_t i = 0; i < count; i++) {
        shifted[viable] = start;
        if (!parse_sql_shift_reading(&shifted[viable], &list[i])) continue;
        list[viable++] = list[i];
    }
    if (viable == 0) return parse_sql_plain(p);
    if (viable == 1) return list[0];
    if (parse_sql_peek(p, 0)->keyword != 0 && parse_sql_is_clear(p, &shifted[0], &list[0]))
        return list[0];
    uint32_t best = 0;
    int best_reach = -1;
    for (uint32_t i = 0; i < viable; i++) {
        int reach = 2 * list[i].tokens - list[i].reserved;
        reach += parse_sql_reach(p, shifted[i], list[i].tokens);
        if (reach > best_reach) best = i;
        best_reach = MAX(best_reach, reach);
        if (best_reach >= 2 * PARSER_LOOKAHEAD) break;
    }
    return list[best];
}

/* ---- tokens that the loop makes -------------------------------------------------------------- */

/* Strings side by side are one, unless the grammar takes them one by one. */
static void parse_sql_join_strings(parser_state *p) {
    while (parse_sql_peek(p, 1)->code == TK_STRING) {
        sql_probe probe = sql_probe_start(p->engine);
        if (sql_probe_shift(&probe, TK_STRING) && sql_probe_shift(&probe, TK_STRING)) return;
        parser_token first = *parse_sql_peek(p, 0);
        parse_sql_peek(p, 1)->start = first.start;
        parse_sql_drop(p, 1);
    }
}

/* The rest of the statement as one token. */
static void parse_sql_take_raw(parser_state *p, uint16_t code) {
    parser_token raw = *parse_sql_peek(p, 0);
    while (parse_sql_peek(p, 0)->code != TK_SEMICOLON && parse_sql_peek(p, 0)->code != LEX_END) {
        raw.end = parse_sql_peek(p, 0)->end;
        parse_sql_drop(p, 1);
    }
    raw.code = code;
    raw.keyword = 0;
    p->head = (p->head + PARSER_WINDOW - 1) % PARSER_WINDOW; /* in front of the `;` */
    p->filled++;
    assert(p->filled <= PARSER_WINDOW);
    p->window[p->head] = raw;
}

/* SET takes a text unless it is SET VAR .., SET TIME ZONE .., SET CATALOG .., SET COLLATION ... */
static uint16_t parse_sql_set_code(parser_state *p) {
    uint16_t second = parse_sql_peek(p, 2)->code;
    bool value = second == TK_EQ || second == TK_SEMICOLON || second == LEX_END || second == TK_DOT;
    switch (parse_sql_keyword(p, 1)) {
    case TK_VARIABLE:
        return value ? TK_RAW_SET : 0;
    case TK_TIME:
        return parse_sql_keyword(p, 2) == TK_ZONE ? 0 : TK_RAW_SET;
    case TK_CATALOG:
    case TK_COLLATION:
        return value ? TK_RAW_SET : 0;
    default:
        break;
    }
    string_view word = parser_text(p, parse_sql_peek(p, 1)->start, parse_sql_peek(p, 1)->end);
    return !value && sv_equal_ignore_case(word, SV("role")) ? TK_RAW_STATEMENT : TK_RAW_SET;
}

/* Statements that are known and refused (AST_UNSUPPORTED): a first word and words of which the
 * second must be one; none: any. */
static const struct {
    const char *first;
    const char *second; /* between blanks */
} parse_sql_refused[] = {
    {"add", NULL},
    {"list", NULL},
    {"dfs", NULL},
    {"export", NULL},
    {"import", NULL},
    {"lock", NULL},
    {"unlock", NULL},
    {"put", NULL},
    {"get", NULL},
    {"remove", NULL},
    {"sync", NULL},
    {"create", " volume connection share recipient provider bloomfilter role group user storage "
               "service credential server policy flow macro foreign "},
    {"alter",
     " volume connection share recipient provider role group user storage service credential "
     "server policy index "},
    {"drop",
     " recipient provider bloomfilter role group user storage service credential server policy "
     "flow macro "},
    {"show",
     " roles role principals compactions transactions indexes locks grant connections shares "
     "recipients providers credentials storage external policies "},
};

static bool parse_sql_is_word_of(const char *words, string_view word) {
    size_t size = strlen(words);
    for (size_t i = 0; i + word.size + 2 <= size; i++) {
        if (words[i] != ' ' || words[i + word.size + 1] != ' ') continue;
        if (sv_equal_ignore_case((string_view){words + i + 1, word.size}, word)) return true;
    }
    return false;
}

static uint16_t parse_sql_raw_code(parser_state *p) {
    parser_token first = *parse_sql_peek(p, 0);
    parser_token second = *parse_sql_peek(p, 1);
    if (first.keyword != 0 && keyword_at(first.keyword)->code == TK_SET)
        return parse_sql_set_code(p);
    string_view word = parser_text(p, first.start, first.end);
    string_view next = parser_text(p, second.start, second.end);
    if (sv_equal_ignore_case(word, SV("reset"))) return TK_RAW_RESET;
    for (size_t i = 0; i < ARRAY_COUNT(parse_sql_refused); i++) {
        if (!sv_equal_ignore_case(word, sv_from(parse_sql_refused[i].first))) continue;
        if (second.code == TK_COLON) return 0;
        const char *words = parse_sql_refused[i].second;
        if (words == NULL || parse_sql_is_word_of(words, next)) return TK_RAW_STATEMENT;
        bool qualified = sv_equal_ignore_case(next, SV("external")) ||
                         sv_equal_ignore_case(next, SV("temporary"));
        parser_token third = *parse_sql_peek(p, 2);
        next = parser_text(p, third.start, third.end);
        return qualified && parse_sql_is_word_of(words, next) ? TK_RAW_STATEMENT : 0;
    }
    return 0;
}

/* Statements that are texts are recognised by their first word where a statement may begin. */
static void parse_sql_join_raw(parser_state *p) {
    bool begins = p->previous_role == TK_START_SCRIPT || p->previous_role == TK_SEMICOLON ||
                  (p->previous.keyword != 0 && keyword_at(p->previous.keyword)->code == TK_EXPLAIN);
    if (!begins || parse_sql_peek(p, 0)->code != TK_IDENT) return;
    sql_probe probe = sql_probe_start(p->engine);
    if (!sql_probe_shift(&probe, TK_RAW_SET)) return;
    uint16_t code = parse_sql_raw_code(p);
    if (code != 0) parse_sql_take_raw(p, code);
}

/* ---- the loop -------------------------------------------------------------------------------- */

static void parse_sql_push(parser_state *p, uint16_t code, parser_token token) {
    token.code = code;
    sql_engine_push(p->engine, code, token);
    p->previous = token;
    p->previous_role = code;
}

/* Pushes one token as several: >> as > and >. */
static void parse_sql_push_split(parser_state *p, const parse_sql_reading *r, parser_token token) {
    for (uint32_t i = 0; i < r->count && p->status == DBX_OK; i++) {
        parser_token part = token;
        part.start = token.start + i;
        part.end = i + 1 < r->count ? part.start + 1 : token.end;
        parse_sql_push(p, r->codes[i], part);
    }
}

/* A statement begins with an identifier only if that is a label: a misspelt first word is the place
 * of the error, not what follows it. */
static void parse_sql_check_start(parser_state *p, const parse_sql_reading *r) {
    bool begins = p->previous_role == TK_START_SCRIPT || p->previous_role == TK_SEMICOLON;
    if (!begins || (r->codes[0] != TK_IDENT && r->codes[0] != TK_STRICT_IDENT)) return;
    if (parse_sql_peek(p, 1)->code != TK_COLON) parser_syntax_error(p, *parse_sql_peek(p, 0));
}

static void parse_sql_step(parser_state *p) {
    parse_sql_join_raw(p);
    if (parse_sql_peek(p, 0)->code == TK_STRING) parse_sql_join_strings(p);
    parser_token token = *parse_sql_peek(p, 0);
    if (token.code >= LEX_SPACE) { /* no token of SQL */
        parser_syntax_error(p, token);
        return;
    }
    parse_sql_reading r = parse_sql_choose(p);
    parse_sql_check_start(p, &r);
    if (p->status != DBX_OK) return;
    token.end = parse_sql_peek(p, r.tokens - 1u)->end;
    if (token.code == LEX_END) {
        sql_engine_push(p->engine, 0, token);
        return;
    }
    parse_sql_drop(p, r.tokens);
    if (r.count > 1) {
        parse_sql_push_split(p, &r, token);
    } else {
        parse_sql_push(p, r.codes[0], token);
    }
}

static dbx_status parse_sql_run(parser_state *p, uint16_t start_code) {
    p->engine = mem_alloc(p->arena->ledger, sql_engine_size());
    if (p->engine == NULL) return error_nomem(p->err);
    sql_engine_init(p->engine, p);
    parse_sql_push(p, start_code, (parser_token){0});
    bool ended = false;
    while (p->status == DBX_OK && !ended) {
        ended = parse_sql_peek(p, 0)->code == LEX_END;
        if (p->status == DBX_OK) parse_sql_step(p);
    }
    mem_free(p->arena->ledger, p->engine, sql_engine_size());
    p->engine = NULL;
    return p->status;
}

static dbx_status parse_sql_text(arena *a, string_view sql, const parser_options *options,
                                 error *err, uint16_t start_code, ast_statement_list *statements,
                                 void **result) {
    if (sql.size > PARSER_MAX_TEXT) {
        return error_raise(err, ERR_FAILED_TO_PARSE_TOO_COMPLEX, (span){0, 0}, NULL);
    }
    parser_state p;
    memset(&p, 0, offsetof(parser_state, scratch));
    p.arena = a;
    p.sql = sql.data != NULL ? sql : SV("");
    if (options != NULL) p.options = *options;
    p.max_depth =
        p.options.max_depth != 0 ? MIN(p.options.max_depth, UINT16_MAX - 1) : PARSER_MAX_DEPTH;
    p.err = err;
    p.lexer.text = (const unsigned char *)p.sql.data;
    p.lexer.size = (uint32_t)p.sql.size;
    p.lexer.double_quoted_identifiers = p.options.double_quoted_identifiers;
    p.statements = statements;
    TRY(parse_sql_run(&p, start_code));
    if (result != NULL) *result = p.result;
    if (statements != NULL) {
        statements->positional_parameters = p.parameters;
        statements->named_parameters = p.named_parameters;
    }
    return DBX_OK;
}

dbx_status parser_parse(arena *a, string_view sql, const parser_options *options,
                        ast_statement_list *out, error *err) {
    *out = (ast_statement_list){0};
    TRY(parse_sql_text(a, sql, options, err, TK_START_SCRIPT, out, NULL));
    if (out->count == 0) return error_raise(err, ERR_PARSE_EMPTY_STATEMENT, (span){0, 0}, NULL);
    return DBX_OK;
}

static dbx_status parse_sql_one(arena *a, string_view sql, const parser_options *options,
                                error *err, uint16_t start_code, void **result) {
    *result = NULL;
    if (sv_trim(sql).size == 0)
        return error_raise(err, ERR_PARSE_EMPTY_STATEMENT, (span){0, 0}, NULL);
    return parse_sql_text(a, sql, options, err, start_code, NULL, result);
}

dbx_status parser_parse_query(arena *a, string_view sql, const parser_options *options,
                              ast_query **out, error *err) {
    return parse_sql_one(a, sql, options, err, TK_START_QUERY, (void **)out);
}

dbx_status parser_parse_expression(arena *a, string_view sql, const parser_options *options,
                                   ast_expr **out, error *err) {
    return parse_sql_one(a, sql, options, err, TK_START_EXPRESSION, (void **)out);
}

dbx_status parser_parse_type(arena *a, string_view sql, const parser_options *options,
                             ast_type **out, error *err) {
    return parse_sql_one(a, sql, options, err, TK_START_TYPE, (void **)out);
}

dbx_status parser_parse_schema(arena *a, string_view sql, const parser_options *options,
                               ast_type **out, error *err) {
    return parse_sql_one(a, sql, options, err, TK_START_SCHEMA, (void **)out);
}

dbx_status parser_parse_name(arena *a, string_view sql, const parser_options *options,
                             ast_name **out, error *err) {
    return parse_sql_one(a, sql, options, err, TK_START_NAME, (void **)out);
}
