/* sql.re - the lexer: bytes to tokens, one at a time, for the parser and for shells alike.
 *
 * It never fails: what is no token is LEX_ERROR or LEX_UNCLOSED_*. Words are TK_IDENT with the
 * number of the keyword that they may be; which of the two they are is the parse loop's business
 * (parse.c). The text needs no terminator and may hold any bytes.
 */
#include "parser/parser_int.h"
#include "parser/sql.h"

static bool lexer_is_word_byte(const lexer *l, uint32_t at) {
    if (at >= l->size) return false;
    unsigned char c = l->text[at];
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

bool lexer_skip_comment(lexer *l) {
    uint32_t depth = 1;
    while (l->at < l->size) {
        unsigned char c = l->text[l->at++];
        unsigned char next = l->at < l->size ? l->text[l->at] : 0;
        if (c == '*' && next == '/') {
            l->at++;
            if (--depth == 0) return true;
        } else if (c == '/' && next == '*') {
            l->at++;
            depth++;
        }
    }
    return false;
}

static parser_token lexer_token(lexer *l, uint32_t start, uint32_t end, unsigned code) {
    l->at = end;
    return (parser_token){start, end, (uint16_t)code, 0};
}

/* A fraction directly before a letter is none: `t.5a` is a field, `1.5a` a number, a dot and a
 * name. */
static parser_token lexer_fraction(lexer *l, uint32_t start, uint32_t end) {
    if (!lexer_is_word_byte(l, end)) return lexer_token(l, start, end, TK_NUMBER);
    uint32_t digits = start;
    while (digits < end && ascii_is_digit((char)l->text[digits])) digits++;
    if (digits == start) return lexer_token(l, start, start + 1, TK_DOT);
    return lexer_token(l, start, digits, TK_INTEGER);
}

parser_token lexer_next(lexer *l) {
    const unsigned char *text = l->text;
    const uint32_t limit = l->size;
    const uint32_t start = l->at;
    uint32_t at = start;
    uint32_t marker = start;
    assert(start <= limit);
#define TOKEN(code) return lexer_token(l, start, at, (code))

    /*!re2c
    re2c:api = custom;
    re2c:api:style = free-form;
    re2c:define:YYCTYPE = "unsigned char";
    re2c:define:YYPEEK = "(unsigned char)(at < limit ? text[at] : 0)";
    re2c:define:YYSKIP = "at++;";
    re2c:define:YYBACKUP = "marker = at;";
    re2c:define:YYRESTORE = "at = marker;";
    re2c:define:YYLESSTHAN = "at >= limit";
    re2c:yyfill:enable = 0;
    re2c:eof = 0;
    re2c:indent:string = "    ";

    any = [\x00-\xff];
    digit = [0-9];
    letter = [a-zA-Z];
    tail = [\x80-\xbf];
    // UTF-8 sequences, but for the spaces below
    two = [\xc3-\xdf] tail | "\xc2" [\x80-\x9f\xa1-\xbf];
    three_1 = "\xe1" ([\x80-\x99\x9b-\xbf] tail | "\x9a" [\x81-\xbf]);
    three_2 = "\xe2" ([\x82-\xbf] tail | "\x80" [\x8b-\xa7\xa9-\xae\xb0-\xbf]
                      | "\x81" [\x80-\x9e\xa0-\xbf]);
    three_3 = "\xe3" ("\x80" [\x81-\xbf] | [\x81-\xbf] tail);
    three = [\xe0\xe4-\xef] tail tail | three_1 | three_2 | three_3;
    four = [\xf0-\xf4] tail tail tail;
    wide = two | three | four;
    wide_space = "\xc2\xa0" | "\xe1\x9a\x80" | "\xe2\x80" [\x80-\x8a\xa8\xaf] | "\xe2\x81\x9f"
               | "\xe3\x80\x80";
    word = (letter | digit | "_" | wide)+;
    uri = letter+ "://" (letter | digit | [_/.?=&#%\-])+;
    exponent = 'e' [+\-]? digit+;
    fraction = digit+ "." digit* | "." digit+;
    single_body = ([^'\\] | "\\" any | "''")*;
    double_body = ([^"\\] | "\\" any | "\"\"")*;

    $                                   { return lexer_token(l, start, start, LEX_END); }
    ([ \t\n\f\r\v] | wide_space)+       { TOKEN(LEX_SPACE); }
    "--" ("\\\n" | [^\r\n])* "\r"? "\n"? { TOKEN(LEX_COMMENT); }
    "/*"                                {
        l->at = at;
        unsigned code = lexer_skip_comment(l) ? LEX_COMMENT : LEX_UNCLOSED_COMMENT;
        return lexer_token(l, start, l->at, code);
    }
    "/*+"                               { TOKEN(LEX_HINT_OPEN); }
    "*/"                                {
        if (l->in_hint) TOKEN(LEX_HINT_CLOSE);
        return lexer_token(l, start, start + 1, TK_STAR);
    }

    // numbers stand before words: of two matches of one length the first counts
    digit+                              { TOKEN(TK_INTEGER); }
    digit+ [lLsSyY]                     { TOKEN(TK_NUMBER); }
    digit+ exponent? ([fFdD] | 'bd')    { TOKEN(TK_NUMBER); }
    digit+ exponent                     { TOKEN(TK_NUMBER); }
    fraction exponent? ([fFdD] | 'bd')? { return lexer_fraction(l, start, at); }

    word                                {
        parser_token t = lexer_token(l, start, at, TK_IDENT);
        t.keyword = keyword_find((const char *)text + start, at - start);
        return t;
    }
    uri                                 { TOKEN(TK_IDENT); }
    "`" ([^`] | "``")* "`"              { TOKEN(TK_IDENT); }
    "`" ([^`] | "``")*                  { TOKEN(LEX_UNCLOSED_STRING); }
    "'" single_body "'"                 { TOKEN(TK_STRING); }
    "'" single_body                     { TOKEN(LEX_UNCLOSED_STRING); }
    "\"" double_body "\""               {
        TOKEN(l->double_quoted_identifiers ? TK_IDENT : TK_STRING);
    }
    "\"" double_body                    { TOKEN(LEX_UNCLOSED_STRING); }
    [rR] ("'" [^']* "'" | "\"" [^"]* "\"") { TOKEN(TK_STRING); }
    "$$"                                {
        for (uint32_t i = at; i + 1 < limit; i++) {
            if (text[i] == '$' && text[i + 1] == '$') {
                return lexer_token(l, start, i + 2, TK_DOLLAR_STRING);
            }
        }
        return lexer_token(l, start, limit, LEX_UNCLOSED_STRING);
    }

    "("   { TOKEN(TK_LP); }
    ")"   { TOKEN(TK_RP); }
    "["   { TOKEN(TK_LB); }
    "]"   { TOKEN(TK_RB); }
    ","   { TOKEN(TK_COMMA); }
    ";"   { TOKEN(TK_SEMICOLON); }
    "."   { TOKEN(TK_DOT); }
    ":"   { TOKEN(TK_COLON); }
    "::"  { TOKEN(TK_DOUBLE_COLON); }
    "?::" { TOKEN(TK_TRY_COLON); }
    "?"   { TOKEN(TK_QUESTION); }
    "->"  { TOKEN(TK_ARROW); }
    "=>"  { TOKEN(TK_FAT_ARROW); }
    "=" "="? { TOKEN(TK_EQ); }
    "<=>" { TOKEN(TK_NSEQ); }
    "<>" | "!=" { TOKEN(TK_NE); }
    "<"   { TOKEN(TK_LT); }
    "<=" | "!>" { TOKEN(TK_LE); }
    ">"   { TOKEN(TK_GT); }
    ">=" | "!<" { TOKEN(TK_GE); }
    "<<"  { TOKEN(TK_SHIFT_LEFT); }
    ">>"  { TOKEN(TK_SHIFT_RIGHT); }
    ">>>" { TOKEN(TK_SHIFT_RIGHT_UNSIGNED); }
    "+"   { TOKEN(TK_PLUS); }
    "-"   { TOKEN(TK_MINUS); }
    "*"   { TOKEN(TK_STAR); }
    "/"   { TOKEN(TK_SLASH); }
    "%"   { TOKEN(TK_PERCENT); }
    "~"   { TOKEN(TK_TILDE); }
    "&"   { TOKEN(TK_AMPERSAND); }
    "|"   { TOKEN(TK_BAR); }
    "||"  { TOKEN(TK_CONCAT); }
    "|>"  { TOKEN(TK_PIPE_OP); }
    "^"   { TOKEN(TK_CARET); }
    "!"   { TOKEN(TK_BANG); }
    "@" [vV]? digit+ { TOKEN(TK_TRAVEL); }
    *     { TOKEN(LEX_ERROR); }
    */
#undef TOKEN
}
