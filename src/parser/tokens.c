/* tokens.c - the lexer for shells: highlighting, completion, finding the end of a statement. Never
 * fails. */
#include "parser/parser_int.h"
#include "parser/sql.h"

static lexer tokens_lexer(const char *sql, size_t size) {
    lexer l = {0};
    l.text = (const unsigned char *)(sql != NULL ? sql : "");
    l.size = sql != NULL ? (uint32_t)MIN(size, UINT32_MAX - 1) : 0;
    return l;
}

static dbx_token_kind tokens_kind(const parser_token *t) {
    switch (t->code) {
    case LEX_END:
        return DBX_TOKEN_END;
    case LEX_SPACE:
        return DBX_TOKEN_SPACE;
    case LEX_COMMENT:
    case LEX_UNCLOSED_COMMENT:
    case LEX_HINT_OPEN:
        return DBX_TOKEN_COMMENT;
    case LEX_UNCLOSED_STRING:
        return DBX_TOKEN_STRING;
    case LEX_ERROR:
        return DBX_TOKEN_ERROR;
    case TK_STRING:
    case TK_DOLLAR_STRING:
        return DBX_TOKEN_STRING;
    case TK_INTEGER:
    case TK_NUMBER:
        return DBX_TOKEN_NUMBER;
    case TK_QUESTION:
        return DBX_TOKEN_PARAMETER;
    case TK_IDENT:
        return t->keyword != 0 ? DBX_TOKEN_KEYWORD : DBX_TOKEN_IDENTIFIER;
    default:
        return DBX_TOKEN_OPERATOR;
    }
}

/* `:name` is a parameter where no operand stands before the colon. */
static bool tokens_is_parameter(const char *sql, size_t at, const lexer *after) {
    if (at > 0) {
        char before = sql[at - 1];
        bool operand = ascii_is_digit(before) || (before >= 'a' && before <= 'z') ||
                       (before >= 'A' && before <= 'Z') || before == '_' || before == ')' ||
                       before == ']' || before == '`' || before == '\'' || before == '"';
        if (operand) return false;
    }
    lexer l = *after;
    return lexer_next(&l).code == TK_IDENT;
}

dbx_token_kind dbx_next_token(const char *sql, size_t size, size_t *offset, size_t *token_size) {
    lexer l = tokens_lexer(sql, size);
    if (*offset >= l.size) {
        *token_size = 0;
        return DBX_TOKEN_END;
    }
    l.at = (uint32_t)*offset;
    parser_token t = lexer_next(&l);
    dbx_token_kind kind = tokens_kind(&t);
    if (t.code == LEX_HINT_OPEN) {
        lexer_skip_comment(&l);
        t.end = l.at;
    } else if (t.code == TK_COLON && tokens_is_parameter(sql, t.start, &l)) {
        t.end = lexer_next(&l).end;
        kind = DBX_TOKEN_PARAMETER;
    }
    *token_size = t.end - t.start;
    *offset = t.end;
    return kind;
}

const char *dbx_keyword(uint32_t index) {
    return index < keyword_count() ? keyword_at((uint16_t)(index + 1))->text : NULL;
}

/* ---- the end of a statement ------------------------------------------------------------------ */

/* What is open inside a script, so that its `;` do not end the statement. BEGIN .. END and CASE ..
 * END are closed by END; IF, LOOP, WHILE, REPEAT and FOR by END and their own word, which the word
 * after END says. Only the number of ENDs to come matters. */
typedef struct tokens_script {
    uint32_t open; /* ENDs still to come */
    uint16_t last; /* the keyword before, 0: none */
    bool at_start; /* at the first word of a statement */
    bool created;  /* the statement's first word is CREATE */
    bool routine;  /* CREATE FUNCTION or PROCEDURE: its body may be a block */
    bool in_block; /* BEGIN was seen: words such as IF open something */
} tokens_script;

static void tokens_script_word(tokens_script *s, uint16_t code, uint16_t next) {
    if (s->last == TK_END) return; /* END IF: belongs to the END */
    switch (code) {
    case TK_BEGIN: {
        bool transaction = next == TK_TRANSACTION || next == TK_SEMICOLON || next == LEX_END;
        if (!s->in_block && transaction) return;
        if (!s->at_start && s->last != TK_COLON && !s->routine) return;
        s->in_block = true;
        s->open++;
        return;
    }
    case TK_FUNCTION:
    case TK_PROCEDURE:
        s->routine |= s->created && next != TK_DOT;
        return;
    case TK_CASE:
        s->open += s->in_block;
        return;
    case TK_IF:
    case TK_LOOP:
    case TK_WHILE:
    case TK_REPEAT:
    case TK_FOR:
        if (s->in_block && s->at_start && next != TK_LP) s->open++;
        return;
    case TK_END:
        if (s->open > 0) s->open--;
        return;
    default:
        return;
    }
}

size_t dbx_statement_length(const char *sql, size_t size, bool *complete) {
    lexer l = tokens_lexer(sql, size);
    tokens_script script = {.at_start = true};
    bool any = false;
    if (complete != NULL) *complete = false;
    for (;;) {
        parser_token t = lexer_next(&l);
        if (t.code == LEX_END) return any ? l.size : 0;
        if (t.code == LEX_SPACE || t.code == LEX_COMMENT) continue;
        if (t.code == LEX_HINT_OPEN) {
            lexer_skip_comment(&l);
            continue;
        }
        if (t.code == TK_SEMICOLON && script.open == 0) {
            if (complete != NULL) *complete = true;
            return t.end;
        }
        any = true;
        uint16_t code = t.keyword != 0 ? keyword_at(t.keyword)->code : t.code;
        lexer ahead = l;
        parser_token next;
        do next = lexer_next(&ahead);
        while (next.code == LEX_SPACE || next.code == LEX_COMMENT);
        uint16_t next_code = next.keyword != 0 ? keyword_at(next.keyword)->code : next.code;
        if (script.last == 0) script.created = code == TK_CREATE;
        tokens_script_word(&script, code, next_code);
        bool starts = code == TK_SEMICOLON || code == TK_THEN || code == TK_ELSE || code == TK_DO ||
                      code == TK_COLON || code == TK_BEGIN || code == TK_LOOP ||
                      code == TK_REPEAT || code == TK_ATOMIC;
        script.at_start = starts && script.last != TK_END;
        script.last = code;
    }
}
