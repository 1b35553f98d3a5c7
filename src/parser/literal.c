/* literal.c - texts of tokens to values: identifiers, strings, numbers, typed literals, intervals.
 *
 * Numbers stay text: their digits are kept as written, and only the range that the suffix demands
 * is checked here, on the digits, so that no rounding takes part in it.
 */
#include "parser/build.h"
#include "parser/sql.h"

/* ---- strings --------------------------------------------------------------------------------- */

static uint32_t build_literal_hex(const char *s, size_t count, bool *ok) {
    uint32_t value = 0;
    for (size_t i = 0; i < count; i++) {
        char c = ascii_lower(s[i]);
        uint32_t digit = 16;
        if (ascii_is_digit(c)) digit = (uint32_t)(c - '0');
        if (c >= 'a' && c <= 'f') digit = (uint32_t)(c - 'a') + 10;
        if (digit == 16) {
            *ok = false;
            return 0;
        }
        value = value * 16 + digit;
    }
    return value;
}

/* Writes a code point as UTF-8 and returns its size; what is none becomes '?'. */
static size_t build_literal_utf8(uint32_t c, char *out) {
    if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = '?';
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | (c >> 6));
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | (c >> 12));
        out[1] = (char)(0x80 | ((c >> 6) & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | (c >> 18));
    out[1] = (char)(0x80 | ((c >> 12) & 0x3F));
    out[2] = (char)(0x80 | ((c >> 6) & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

/* \uXXXX (a surrogate pair is two of them) or \UXXXXXXXX at s[0] == 'u' or 'U'. Returns the bytes
 * read, 0 if it is no such escape. */
static size_t build_literal_unicode_escape(const char *s, size_t size, char *out, size_t *written) {
    size_t digits = s[0] == 'u' ? 4 : 8;
    bool ok = size > digits;
    uint32_t c = ok ? build_literal_hex(s + 1, digits, &ok) : 0;
    if (!ok) return 0;
    size_t used = 1 + digits;
    if (digits == 4 && c >= 0xD800 && c < 0xDC00 && size >= 11 && s[5] == '\\' && s[6] == 'u') {
        bool pair = true;
        uint32_t low = build_literal_hex(s + 7, 4, &pair);
        if (pair && low >= 0xDC00 && low < 0xE000) {
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            used = 11;
        }
    }
    *written = build_literal_utf8(c, out);
    return used;
}

/* Decodes what follows a backslash; never writes more than it reads plus the backslash. */
static size_t build_literal_escape(const char *s, size_t size, char *out, size_t *written) {
    *written = 1;
    if (s[0] == 'u' || s[0] == 'U') {
        size_t used = build_literal_unicode_escape(s, size, out, written);
        if (used > 0) return used;
        *written = 1;
    }
    if (size >= 3 && s[0] >= '0' && s[0] <= '1' && s[1] >= '0' && s[1] <= '7' && s[2] >= '0' &&
        s[2] <= '7') {
        *written = build_literal_utf8(
            (uint32_t)((s[0] - '0') * 64 + (s[1] - '0') * 8 + (s[2] - '0')), out);
        return 3;
    }
    switch (s[0]) {
    case '0':
        out[0] = '\0';
        return 1;
    case 'b':
        out[0] = '\b';
        return 1;
    case 'n':
        out[0] = '\n';
        return 1;
    case 'r':
        out[0] = '\r';
        return 1;
    case 't':
        out[0] = '\t';
        return 1;
    case 'Z':
        out[0] = '\x1a';
        return 1;
    case '%':
    case '_': /* stay escapes, for LIKE */
        out[0] = '\\';
        out[1] = s[0];
        *written = 2;
        return 1;
    default:
        out[0] = s[0];
        return 1;
    }
}

/* Appends the value of one string token, quotes included in it, to out; returns the bytes written.
 */
static size_t build_literal_decode(string_view token, char *out) {
    const char *s = token.data;
    size_t at = 0;
    if (ascii_lower(s[0]) == 'r') {
        memcpy(out, s + 2, token.size - 3);
        return token.size - 3;
    }
    char quote = s[0];
    size_t end = token.size - 1;
    for (size_t i = 1; i < end;) {
        if (s[i] == '\\' && i + 1 < end) {
            size_t written;
            i += 1 + build_literal_escape(s + i + 1, end - i - 1, out + at, &written);
            at += written;
        } else {
            if (s[i] == quote) i++; /* the first of two */
            out[at++] = s[i++];
        }
    }
    return at;
}

string_view parser_string(parser_state *p, parser_token token) {
    if (p->status != DBX_OK) return SV("");
    char *out = arena_alloc_bytes(p->arena, token.end - token.start + 1);
    if (out == NULL) {
        parser_fail_nomem(p);
        return SV("");
    }
    size_t size = 0;
    lexer l = p->lexer;
    l.at = token.start;
    l.size = token.end;
    while (l.at < l.size) { /* one token usually, several when strings stand side by side */
        parser_token t = lexer_next(&l);
        if (t.code == TK_STRING)
            size += build_literal_decode(parser_text(p, t.start, t.end), out + size);
    }
    assert(size <= token.end - token.start);
    out[size] = '\0';
    return (string_view){out, size};
}

string_view parser_identifier_text(parser_state *p, span at, bool *quoted) {
    string_view raw = parser_text(p, at.start, at.end);
    *quoted = raw.size >= 2 && (raw.data[0] == '`' || raw.data[0] == '"');
    if (p->status != DBX_OK) return SV("");
    if (!*quoted) {
        for (size_t i = 0; i < raw.size; i++) {
            char c = raw.data[i];
            bool plain =
                ascii_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
            if (!plain) {
                parser_fail(p, ERR_INVALID_IDENTIFIER, at, "ident", parser_cstr(p, raw), NULL);
                return SV("");
            }
        }
        return parser_copy_text(p, at.start, at.end);
    }
    char *out = arena_alloc_bytes(p->arena, raw.size);
    if (out == NULL) {
        parser_fail_nomem(p);
        return SV("");
    }
    size_t size = 0;
    if (raw.data[0] == '"') {
        size = build_literal_decode(raw, out);
    } else {
        for (size_t i = 1; i + 1 < raw.size; i++) {
            if (raw.data[i] == '`') i++;
            out[size++] = raw.data[i];
        }
    }
    out[size] = '\0';
    return (string_view){out, size};
}

/* ---- plain literals -------------------------------------------------------------------------- */

parser_expr parser_literal(parser_state *p, ast_literal_type type, string_view value,
                           uint32_t start) {
    ast_literal *l = PARSER_NODE(p, ast_literal, LITERAL, start);
    l->type = type;
    l->value = value;
    return parser_wrap(p, l, start);
}

parser_expr parser_string_literal(parser_state *p, parser_token token) {
    return parser_literal(p, AST_LITERAL_STRING, parser_string(p, token), token.start);
}

/* A number taken apart: digits without leading zeros, and where the point stands after them. */
typedef struct build_literal_parts {
    const char *digits; /* with the point in between, if any */
    size_t size;
    int64_t significant; /* digits from the first that is not 0 */
    int64_t fraction;    /* digits after the point */
    int64_t exponent;
} build_literal_parts;

static build_literal_parts build_literal_take_apart(string_view number) {
    build_literal_parts parts = {0};
    size_t i = number.size > 0 && number.data[0] == '-' ? 1 : 0;
    parts.digits = number.data + i;
    bool point = false;
    for (; i < number.size && ascii_lower(number.data[i]) != 'e'; i++) {
        char c = number.data[i];
        parts.size++;
        if (c == '.') {
            point = true;
            continue;
        }
        if (parts.significant > 0 || c != '0') parts.significant++;
        if (point) parts.fraction++;
    }
    if (i < number.size) {
        bool negative = number.data[i + 1] == '-';
        for (i++; i < number.size; i++) {
            if (!ascii_is_digit(number.data[i])) continue;
            if (parts.exponent < 1000000) {
                parts.exponent = parts.exponent * 10 + (number.data[i] - '0');
            }
        }
        if (negative) parts.exponent = -parts.exponent;
    }
    return parts;
}

/* Compares the absolute value with `limit` (its significant digits) times 10^(limit_power), where
 * limit_power is the power of ten of the limit's first digit. */
static bool build_literal_exceeds(string_view number, const char *limit, int64_t limit_power) {
    build_literal_parts parts = build_literal_take_apart(number);
    if (parts.significant == 0) return false;
    int64_t power = parts.significant - 1 - parts.fraction + parts.exponent;
    if (power != limit_power) return power > limit_power;
    const char *digit = parts.digits;
    const char *end = parts.digits + parts.size;
    while (*digit == '0' || *digit == '.') digit++;
    for (; digit < end; digit++) {
        if (*digit == '.') continue;
        char other = *limit != '\0' ? *limit++ : '0';
        if (*digit != other) return *digit > other;
    }
    return false;
}

static void build_literal_check_range(parser_state *p, ast_literal_type type, string_view value,
                                      span at) {
    static const struct {
        ast_literal_type type;
        const char *name;
        const char *positive; /* digits of the largest value */
        const char *negative; /* digits of the smallest value, without its sign */
        int64_t power;        /* of ten, of the first digit */
        const char *minimum;
        const char *maximum;
    } rows[] = {
        {AST_LITERAL_TINYINT, "tinyint", "127", "128", 2, "-128", "127"},
        {AST_LITERAL_SMALLINT, "smallint", "32767", "32768", 4, "-32768", "32767"},
        {AST_LITERAL_BIGINT, "bigint", "9223372036854775807", "9223372036854775808", 18,
         "-9223372036854775808", "9223372036854775807"},
        {AST_LITERAL_FLOAT, "float", "34028234663852886", "34028234663852886", 38,
         "-3.4028234663852886E+38", "3.4028234663852886E+38"},
        {AST_LITERAL_DOUBLE, "double", "17976931348623157", "17976931348623157", 308,
         "-1.7976931348623157E+308", "1.7976931348623157E+308"},
        {AST_LITERAL_EXPONENT, "double", "17976931348623157", "17976931348623157", 308,
         "-1.7976931348623157E+308", "1.7976931348623157E+308"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        if (rows[i].type != type) continue;
        const char *limit = value.data[0] == '-' ? rows[i].negative : rows[i].positive;
        if (!build_literal_exceeds(value, limit, rows[i].power)) return;
        parser_fail(p, ERR_INVALID_NUMERIC_LITERAL_RANGE, at, "rawStrippedQualifier",
                    parser_cstr(p, value), "typeName", rows[i].name, "minValue", rows[i].minimum,
                    "maxValue", rows[i].maximum, NULL);
        return;
    }
}

static void build_literal_check_decimal(parser_state *p, string_view value, span at) {
    build_literal_parts parts = build_literal_take_apart(value);
    int64_t scale = parts.fraction - parts.exponent;
    int64_t precision = MAX(parts.significant, scale);
    if (scale < 0) precision = parts.significant - scale;
    if (precision <= 38) return;
    char text[24];
    snprintf(text, sizeof(text), "%" PRId64, precision);
    parser_fail(p, ERR_DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION, at, "precision", text,
                "maxPrecision", "38", NULL);
}

static ast_literal_type build_literal_number_type(string_view digits, size_t *suffix) {
    size_t size = digits.size;
    char last = ascii_lower(digits.data[size - 1]);
    *suffix = 1;
    if (last == 'd' && size >= 2 && ascii_lower(digits.data[size - 2]) == 'b') {
        *suffix = 2;
        return AST_LITERAL_DECIMAL;
    }
    switch (last) {
    case 'y':
        return AST_LITERAL_TINYINT;
    case 's':
        return AST_LITERAL_SMALLINT;
    case 'l':
        return AST_LITERAL_BIGINT;
    case 'f':
        return AST_LITERAL_FLOAT;
    case 'd':
        return AST_LITERAL_DOUBLE;
    default:
        break;
    }
    *suffix = 0;
    bool point = false;
    for (size_t i = 0; i < size; i++) {
        if (ascii_lower(digits.data[i]) == 'e') return AST_LITERAL_EXPONENT;
        if (digits.data[i] == '.') point = true;
    }
    return point ? AST_LITERAL_FRACTION : AST_LITERAL_INTEGER;
}

/* The token may begin with a sign and, after it, spaces or comments. */
parser_expr parser_number(parser_state *p, parser_token token) {
    span at = {token.start, token.end};
    bool negative = p->sql.data[token.start] == '-';
    lexer l = p->lexer;
    l.at = token.start + (negative || p->sql.data[token.start] == '+');
    l.size = token.end;
    parser_token digits = lexer_next(&l);
    while (digits.code == LEX_SPACE || digits.code == LEX_COMMENT) digits = lexer_next(&l);
    string_view raw = parser_text(p, digits.start, digits.end);
    if (p->status != DBX_OK || raw.size == 0) {
        return parser_literal(p, AST_LITERAL_INTEGER, SV("0"), token.start);
    }
    size_t suffix;
    ast_literal_type type = build_literal_number_type(raw, &suffix);
    char *out = arena_alloc_bytes(p->arena, raw.size + 2);
    if (out == NULL) {
        parser_fail_nomem(p);
        return parser_literal(p, AST_LITERAL_INTEGER, SV("0"), token.start);
    }
    size_t size = raw.size - suffix;
    if (negative) out[0] = '-';
    memcpy(out + negative, raw.data, size);
    out[negative + size] = '\0';
    string_view value = {out, negative + size};
    build_literal_check_range(p, type, value, at);
    if (type == AST_LITERAL_DECIMAL || type == AST_LITERAL_FRACTION ||
        type == AST_LITERAL_INTEGER) {
        build_literal_check_decimal(p, value, at);
    }
    return parser_literal(p, type, value, token.start);
}

int64_t parser_small_integer(parser_state *p, string_view digits, span at, int64_t max) {
    int64_t value = 0;
    bool ok = digits.size > 0;
    for (size_t i = 0; i < digits.size && ok; i++) {
        ok = ascii_is_digit(digits.data[i]);
        if (ok) value = value * 10 + (digits.data[i] - '0');
        if (value > max) ok = false;
    }
    if (!ok) parser_syntax_error_at(p, at);
    return ok ? value : 0;
}

/* ---- typed literals -------------------------------------------------------------------------- */

static parser_expr build_literal_binary(parser_state *p, uint32_t start, string_view hex, span at) {
    if (p->status != DBX_OK) return parser_literal(p, AST_LITERAL_BINARY, SV(""), start);
    char *out = arena_alloc_bytes(p->arena, hex.size / 2 + 2);
    if (out == NULL) {
        parser_fail_nomem(p);
        return parser_literal(p, AST_LITERAL_BINARY, SV(""), start);
    }
    bool ok = true;
    size_t size = 0;
    size_t i = 0;
    if (hex.size % 2 == 1) out[size++] = (char)build_literal_hex(hex.data + i++, 1, &ok);
    for (; i < hex.size; i += 2) out[size++] = (char)build_literal_hex(hex.data + i, 2, &ok);
    out[size] = '\0';
    if (!ok) {
        const char *quoted = arena_printf(p->arena, "'" SV_FMT "'", SV_ARG(hex));
        parser_fail(p, ERR_INVALID_TYPED_LITERAL, at, "valueType", "\"X\"", "value",
                    quoted ? quoted : "", NULL);
    }
    return parser_literal(p, AST_LITERAL_BINARY, (string_view){out, size}, start);
}

parser_expr parser_typed_literal(parser_state *p, parser_word type, parser_token text) {
    static const struct {
        const char *name;
        ast_literal_type type;
    } rows[] = {
        {"DATE", AST_LITERAL_DATE},
        {"TIME", AST_LITERAL_TIME},
        {"TIMESTAMP", AST_LITERAL_TIMESTAMP},
        {"TIMESTAMP_NTZ", AST_LITERAL_TIMESTAMP_NTZ},
        {"TIMESTAMP_LTZ", AST_LITERAL_TIMESTAMP_LTZ},
    };
    string_view name = parser_text(p, type.span.start, type.span.end);
    uint32_t start = type.span.start;
    string_view value = parser_string(p, text);
    if (sv_equal_ignore_case(name, SV("INTERVAL"))) {
        ast_interval_literal *i = PARSER_NODE(p, ast_interval_literal, INTERVAL_LITERAL, start);
        i->text = value;
        return parser_wrap(p, i, start);
    }
    if (sv_equal_ignore_case(name, SV("X"))) {
        return build_literal_binary(p, start, value, (span){start, text.end});
    }
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        if (sv_equal_ignore_case(name, sv_from(rows[i].name))) {
            return parser_literal(p, rows[i].type, value, start);
        }
    }
    const char *shown = arena_printf(p->arena, "\"" SV_FMT "\"", SV_ARG(parser_upper(p, name)));
    parser_fail(p, ERR_UNSUPPORTED_TYPED_LITERAL, (span){start, text.end}, "unsupportedType",
                shown ? shown : "", "supportedTypes",
                "\"DATE\", \"TIMESTAMP_NTZ\", \"TIMESTAMP_LTZ\", \"TIMESTAMP\", \"INTERVAL\", "
                "\"X\", \"TIME\"",
                NULL);
    return parser_literal(p, AST_LITERAL_NULL, value, start);
}

/* ---- intervals ------------------------------------------------------------------------------- */

bool parser_unit(string_view word, ast_unit *unit) {
    if (word.size > 1 && ascii_lower(word.data[word.size - 1]) == 's') word.size--;
    for (int u = AST_UNIT_YEAR; u <= AST_UNIT_NANOSECOND; u++) {
        if (sv_equal_ignore_case(word, sv_from(ast_unit_name((ast_unit)u)))) {
            *unit = (ast_unit)u;
            return true;
        }
    }
    return false;
}

bool parser_interval_field(string_view word, ast_interval_field *field) {
    for (int f = AST_FIELD_YEAR; f <= AST_FIELD_SECOND; f++) {
        if (sv_equal_ignore_case(word, sv_from(ast_interval_field_name((ast_interval_field)f)))) {
            *field = (ast_interval_field)f;
            return true;
        }
    }
    return false;
}

static bool build_literal_has_letter(string_view s) {
    for (size_t i = 0; i < s.size; i++) {
        char c = ascii_lower(s.data[i]);
        if (c >= 'a' && c <= 'z') return true;
    }
    return false;
}

static string_view build_literal_interval_value(parser_state *p, parser_token value, bool negative,
                                                bool *is_string) {
    *is_string = value.code == TK_STRING;
    if (!*is_string) {
        parser_expr number = parser_number(p, value);
        const ast_literal *l = AST_AS(ast_literal, number.e);
        if (l->type != AST_LITERAL_INTEGER && l->type != AST_LITERAL_FRACTION) {
            parser_syntax_error(p, value);
        }
        return l->value;
    }
    string_view text = parser_string(p, value);
    if (!negative || p->status != DBX_OK) return text;
    if (sv_starts_with(text, SV("-"))) return (string_view){text.data + 1, text.size - 1};
    char *signed_text = arena_printf(p->arena, "-" SV_FMT, SV_ARG(text));
    if (signed_text == NULL) {
        parser_fail_nomem(p);
        return text;
    }
    return sv_from(signed_text);
}

ast_interval_part parser_interval_part(parser_state *p, parser_token value, bool negative,
                                       parser_token unit) {
    ast_interval_part part = {.span = {value.start, unit.end}};
    part.value = build_literal_interval_value(p, value, negative, &part.is_string);
    if (!parser_unit(parser_text(p, unit.start, unit.end), &part.unit) ||
        part.unit == AST_UNIT_QUARTER || part.unit == AST_UNIT_DAYOFYEAR) {
        parser_syntax_error(p, unit);
    } else if (part.is_string && build_literal_has_letter(part.value)) {
        parser_fail(p, ERR_INVALID_INTERVAL_VALUE, part.span, NULL);
    }
    return part;
}

parser_expr parser_interval(parser_state *p, parser_token keyword, parser_interval_parts *parts) {
    ast_interval_literal *i = PARSER_NODE(p, ast_interval_literal, INTERVAL_LITERAL, keyword.start);
    i->parts = parts->items;
    i->part_count = parts->count;
    uint32_t months = 0;
    for (uint32_t k = 0; p->status == DBX_OK && k < parts->count; k++) {
        if (parts->items[k].unit <= AST_UNIT_MONTH) months++;
    }
    if (months > 0 && months < parts->count) {
        parser_fail(p, ERR_INTERVAL_MIXES_FIELDS, i->node.span, "literal",
                    parser_cstr(p, parser_text(p, i->node.span.start, i->node.span.end)), NULL);
    }
    return parser_wrap(p, i, keyword.start);
}

parser_expr parser_interval_range(parser_state *p, parser_token keyword, parser_token value,
                                  bool negative, parser_token from, parser_token to) {
    ast_interval_literal *i = PARSER_NODE(p, ast_interval_literal, INTERVAL_LITERAL, keyword.start);
    ast_interval_part *part = parser_memory(p, sizeof(*part));
    part->span = (span){value.start, value.end};
    if (value.code != TK_STRING) {
        parser_fail(p, ERR_INTERVAL_RANGE_NOT_STRING, part->span, NULL);
    }
    part->value = build_literal_interval_value(p, value, negative, &part->is_string);
    i->parts = part;
    i->part_count = 1;
    i->has_range = true;
    bool known = parser_interval_field(parser_text(p, from.start, from.end), &i->from);
    if (!known) parser_syntax_error(p, from);
    known = parser_interval_field(parser_text(p, to.start, to.end), &i->to);
    if (!known) parser_syntax_error(p, to);
    bool months = i->from <= AST_FIELD_MONTH;
    if (i->from >= i->to || months != (i->to <= AST_FIELD_MONTH)) {
        parser_fail(p, ERR_INVALID_INTERVAL_FORMAT__UNSUPPORTED_FROM_TO_EXPRESSION, i->node.span,
                    "input", parser_cstr(p, part->value), "from", ast_interval_field_name(i->from),
                    "to", ast_interval_field_name(i->to), NULL);
    }
    return parser_wrap(p, i, keyword.start);
}
