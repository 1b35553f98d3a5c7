/* number_pattern.c - see number_pattern.h. */
#include "functions/number_pattern.h"

#include "kernel/number_text.h"

/* ---- reading ---- */

typedef struct pattern_reader {
    number_pattern *p;
    bool after_point;
    bool too_long;
} pattern_reader;

static void pattern_push(pattern_reader *r, number_token_kind kind, char bad) {
    number_pattern *p = r->p;
    if (p->token_count == NUMBER_PATTERN_TOKENS_MAX) {
        r->too_long = true;
        return;
    }
    p->tokens[p->token_count++] = (number_token){(uint8_t)kind, bad, (uint8_t)p->part_count, 0};
}

static void pattern_push_part(pattern_reader *r, number_part part) {
    number_pattern *p = r->p;
    bool open = p->token_count > 0 && p->tokens[p->token_count - 1].kind == NUMBER_TOKEN_DIGITS;
    if (!open) pattern_push(r, NUMBER_TOKEN_DIGITS, 0);
    if (r->too_long || p->part_count == NUMBER_PATTERN_PARTS_MAX) {
        r->too_long = true;
        return;
    }
    p->parts[p->part_count++] = part;
    p->tokens[p->token_count - 1].count++;
    if (r->after_point)
        p->after += part.digits;
    else
        p->before += part.digits;
}

static void pattern_tokens(pattern_reader *r, string_view text) {
    bool wraps = false;
    for (size_t i = 0; i + 1 < text.size; i++)
        wraps = wraps || (ascii_lower(text.data[i]) == 'p' && ascii_lower(text.data[i + 1]) == 'r');
    if (wraps) pattern_push(r, NUMBER_TOKEN_OPEN, '<');
    for (size_t i = 0; i < text.size && !r->too_long;) {
        char c = ascii_lower(text.data[i]);
        char next = i + 1 < text.size ? ascii_lower(text.data[i + 1]) : '\0';
        size_t used = 1;
        if (c == '0' || c == '9') {
            while (i + used < text.size &&
                   (text.data[i + used] == '0' || text.data[i + used] == '9'))
                used++;
            if (used > DECIMAL_PRECISION_MAX) r->too_long = true;
            pattern_push_part(r, (number_part){false, c == '0' && !r->after_point, (uint8_t)used});
        } else if (c == '.' || c == 'd') {
            pattern_push(r, NUMBER_TOKEN_POINT, c);
            r->after_point = true;
        } else if (c == ',' || c == 'g') {
            pattern_push_part(r, (number_part){.separator = true});
        } else if (c == '$') {
            pattern_push(r, NUMBER_TOKEN_DOLLAR, c);
        } else if (c == 's') {
            pattern_push(r, NUMBER_TOKEN_SIGN, c);
        } else if ((c == 'm' && next == 'i') || (c == 'p' && next == 'r')) {
            pattern_push(r, c == 'm' ? NUMBER_TOKEN_MINUS : NUMBER_TOKEN_CLOSE, c);
            used = 2;
        } else {
            pattern_push(r, NUMBER_TOKEN_BAD, text.data[i]);
        }
        i += used;
    }
}

/* ---- checking ---- */

static const char *const pattern_token_names[] = {[NUMBER_TOKEN_DIGITS] = "digit sequence",
                                                  [NUMBER_TOKEN_POINT] = "'.' or 'D'",
                                                  [NUMBER_TOKEN_DOLLAR] = "'$'",
                                                  [NUMBER_TOKEN_SIGN] = "'S'",
                                                  [NUMBER_TOKEN_MINUS] = "'MI'",
                                                  [NUMBER_TOKEN_OPEN] = "'PR'",
                                                  [NUMBER_TOKEN_CLOSE] = "'PR'",
                                                  [NUMBER_TOKEN_BAD] = "character"};

static uint32_t pattern_find(const number_pattern *p, number_token_kind kind) {
    uint32_t i = 0;
    while (i < p->token_count && p->tokens[i].kind != kind) i++;
    return i;
}

/* Separators stand between digits only. */
static bool pattern_separators_stand(const number_pattern *p, const number_token *t) {
    for (uint32_t k = 0; k < t->count; k++) {
        const number_part *part = &p->parts[t->first + k];
        if (!part->separator) continue;
        if (k == 0 || k + 1 == t->count || part[-1].separator || part[1].separator) return false;
    }
    return true;
}

static bool pattern_has_separators(const number_pattern *p, const number_token *t) {
    for (uint32_t k = 0; k < t->count; k++) {
        if (p->parts[t->first + k].separator) return true;
    }
    return false;
}

/* The first token that stands where it may not; token_count when there is none. */
static uint32_t pattern_first_misplaced(const number_pattern *p) {
    static const uint16_t places[] = {
        1 << NUMBER_TOKEN_OPEN,
        1 << NUMBER_TOKEN_MINUS | 1 << NUMBER_TOKEN_SIGN,
        1 << NUMBER_TOKEN_DOLLAR,
        1 << NUMBER_TOKEN_DIGITS,
        1 << NUMBER_TOKEN_POINT,
        1 << NUMBER_TOKEN_DIGITS,
        1 << NUMBER_TOKEN_DOLLAR,
        1 << NUMBER_TOKEN_MINUS | 1 << NUMBER_TOKEN_SIGN | 1 << NUMBER_TOKEN_CLOSE,
    };
    uint32_t at = 0;
    for (uint32_t i = 0; i < ARRAY_COUNT(places); i++) {
        if (at < p->token_count && (places[i] >> p->tokens[at].kind & 1)) at++;
    }
    return at;
}

typedef struct pattern_fault {
    error_class cls; /* ERR_NONE: the pattern is sound */
    const char *token;
} pattern_fault;

static pattern_fault pattern_check(const number_pattern *p, arena *a) {
    static const uint8_t single[] = {NUMBER_TOKEN_POINT, NUMBER_TOKEN_SIGN, NUMBER_TOKEN_MINUS,
                                     NUMBER_TOKEN_DOLLAR, NUMBER_TOKEN_CLOSE};
    uint32_t digits = pattern_find(p, NUMBER_TOKEN_DIGITS);
    uint32_t dollar = pattern_find(p, NUMBER_TOKEN_DOLLAR);
    uint32_t point = pattern_find(p, NUMBER_TOKEN_POINT);
    if (p->token_count == 0) return (pattern_fault){ERR_INVALID_FORMAT__EMPTY, ""};
    if (digits == p->token_count) return (pattern_fault){ERR_INVALID_FORMAT__WRONG_NUM_DIGIT, ""};
    if (dollar < p->token_count && digits < dollar)
        return (pattern_fault){ERR_INVALID_FORMAT__CUR_MUST_BEFORE_DIGIT, ""};
    if (dollar < p->token_count && point < dollar)
        return (pattern_fault){ERR_INVALID_FORMAT__CUR_MUST_BEFORE_DEC, ""};
    for (uint32_t i = 0; i < p->token_count && i < point; i++) {
        if (p->tokens[i].kind == NUMBER_TOKEN_DIGITS && !pattern_separators_stand(p, &p->tokens[i]))
            return (pattern_fault){ERR_INVALID_FORMAT__CONT_THOUSANDS_SEPS, ""};
    }
    for (uint32_t i = point; i < p->token_count; i++) {
        if (p->tokens[i].kind == NUMBER_TOKEN_DIGITS && pattern_has_separators(p, &p->tokens[i]))
            return (pattern_fault){ERR_INVALID_FORMAT__THOUSANDS_SEPS_MUST_BEFORE_DEC, ""};
    }
    for (uint32_t k = 0; k < ARRAY_COUNT(single); k++) {
        uint32_t count = 0;
        for (uint32_t i = 0; i < p->token_count; i++) count += p->tokens[i].kind == single[k];
        if (count > 1)
            return (pattern_fault){ERR_INVALID_FORMAT__WRONG_NUM_TOKEN,
                                   pattern_token_names[single[k]]};
    }
    uint32_t misplaced = pattern_first_misplaced(p);
    if (misplaced == p->token_count) return (pattern_fault){ERR_NONE, ""};
    const number_token *t = &p->tokens[misplaced];
    const char *name = pattern_token_names[t->kind];
    if (t->kind == NUMBER_TOKEN_BAD) name = arena_printf(a, "character '%c'", t->bad);
    return (pattern_fault){ERR_INVALID_FORMAT__UNEXPECTED_TOKEN, name == NULL ? "" : name};
}

dbx_status number_pattern_read(arena *a, string_view text, span position, number_pattern *out,
                               error *err) {
    memset(out, 0, sizeof(*out));
    pattern_reader r = {.p = out};
    pattern_tokens(&r, text);
    pattern_fault fault = pattern_check(out, a);
    if (fault.cls == ERR_NONE && !r.too_long && out->before + out->after <= DECIMAL_PRECISION_MAX)
        return DBX_OK;
    if (fault.cls == ERR_NONE)
        return error_raise(err, ERR_DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION, position, "precision",
                           arena_printf(a, "%u", out->before + out->after), "maxPrecision", "38",
                           NULL);
    const char *format = arena_printf(a, "'" SV_FMT "'", SV_ARG(text));
    return error_raise(err, fault.cls, position, "format", format == NULL ? "" : format, "token",
                       fault.token, NULL);
}

/* ---- parsing ---- */

typedef struct pattern_parse {
    const number_pattern *p;
    string_view text;
    size_t at;
    int128 value;
    uint32_t digits, decimals;
    bool after_point;
} pattern_parse;

/* Consumes digits, separators and white space; the sizes of groups must be those of the pattern,
 * counted from the right. */
static bool pattern_parse_group(pattern_parse *x, const number_token *t) {
    uint8_t sizes[NUMBER_PATTERN_PARTS_MAX];
    uint32_t groups = 1, expected = 0;
    sizes[0] = 0;
    for (; x->at < x->text.size; x->at++) {
        char c = x->text.data[x->at];
        if (c == ',') {
            if (groups == NUMBER_PATTERN_PARTS_MAX) return false;
            sizes[groups++] = 0;
        } else if (ascii_is_digit(c)) {
            if (++x->digits > DECIMAL_PRECISION_MAX) return false;
            x->decimals += x->after_point;
            x->value = x->value * 10 + (c - '0');
            sizes[groups - 1]++;
        } else if (!ascii_is_space(c)) {
            break;
        }
    }
    for (uint32_t k = t->count; k-- > 0;) {
        const number_part *part = &x->p->parts[t->first + k];
        if (part->separator) continue;
        uint32_t actual = expected < groups ? sizes[groups - 1 - expected] : 0;
        if (part->exact ? actual != part->digits : actual > part->digits) return false;
        expected++;
    }
    return groups <= expected;
}

bool number_pattern_parse(const number_pattern *p, string_view text, int128 *out) {
    pattern_parse x = {.p = p, .text = text};
    bool negative = false, opened = false, closed = false;
    for (uint32_t i = 0; i < p->token_count; i++) {
        char c = x.at < text.size ? text.data[x.at] : '\0';
        bool end = x.at >= text.size, taken = false;
        switch ((number_token_kind)p->tokens[i].kind) {
        case NUMBER_TOKEN_DIGITS:
            if (!pattern_parse_group(&x, &p->tokens[i])) return false;
            break;
        case NUMBER_TOKEN_POINT:
            taken = c == '.';
            x.after_point = x.after_point || taken;
            break;
        case NUMBER_TOKEN_DOLLAR:
            taken = c == '$';
            if (!taken && !end) return false;
            break;
        case NUMBER_TOKEN_SIGN:
            taken = c == '+' || c == '-';
            negative = negative != (c == '-');
            break;
        case NUMBER_TOKEN_MINUS:
            taken = c == '-';
            negative = negative != taken;
            break;
        case NUMBER_TOKEN_OPEN:
            opened = taken = c == '<';
            break;
        case NUMBER_TOKEN_CLOSE:
            taken = c == '>';
            if (taken && !opened) return false;
            closed = taken;
            negative = negative != taken;
            break;
        case NUMBER_TOKEN_BAD:
            return false;
        }
        x.at += taken;
    }
    if (x.at < text.size || opened != closed || x.digits == 0 || x.decimals > p->after)
        return false;
    for (uint32_t i = x.decimals; i < p->after; i++) x.value *= 10;
    *out = negative ? -x.value : x.value;
    return true;
}

/* ---- printing ---- */

/* The digits on both sides of the point, filled to the pattern's with spaces and zeros. */
typedef struct pattern_digits {
    char before[DECIMAL_PRECISION_MAX], after[DECIMAL_PRECISION_MAX];
    uint32_t before_at, after_at;
} pattern_digits;

static void pattern_split(const number_pattern *p, int128 value, uint32_t scale,
                          pattern_digits *out) {
    char text[NUMBER_TEXT_MAX + 1];
    uint32_t size = number_print_decimal(value, scale, text), start = 0, end = size;
    while (start < size && (text[start] == '-' || text[start] == '0')) start++;
    uint32_t point = start;
    while (point < size && text[point] != '.') point++;
    if (point < size) {
        while (end > point + 1 && text[end - 1] == '0') end--;
    }
    uint32_t before = point - start, after = point < size ? end - point - 1 : 0;
    out->before_at = out->after_at = 0;
    if (before > p->before || after > p->after) {
        memset(out->before, '#', p->before);
        memset(out->after, '#', p->after);
        return;
    }
    memset(out->before, ' ', p->before - before);
    memcpy(out->before + (p->before - before), text + start, before);
    memset(out->after, '0', p->after);
    if (after > 0) memcpy(out->after, text + point + 1, after);
}

/* A space goes before the signs that end the text, and a sign before the spaces that do. */
static dbx_status pattern_add_space(text_build *b) {
    TRY(text_build_char(b, ' '));
    for (size_t i = b->size - 1; i >= 1; i--) {
        char c = b->data[i - 1];
        if (c != '+' && c != '-' && c != '<') break;
        b->data[i] = c;
        b->data[i - 1] = ' ';
    }
    return DBX_OK;
}
static dbx_status pattern_add_sign(text_build *b, char sign) {
    TRY(text_build_char(b, sign));
    for (size_t i = b->size - 1; i >= 1 && b->data[i - 1] == ' '; i--) {
        b->data[i] = ' ';
        b->data[i - 1] = sign;
    }
    return DBX_OK;
}

static void pattern_strip_point(text_build *b) {
    char *point = b->size == 0 ? NULL : memchr(b->data, '.', b->size);
    if (point == NULL) return;
    if (point + 1 == b->data + b->size || point[1] == ' ') *point = ' ';
}

static dbx_status pattern_print_group(const number_pattern *p, const number_token *t,
                                      bool after_point, pattern_digits *d, text_build *b) {
    for (uint32_t k = 0; k < t->count; k++) {
        const number_part *part = &p->parts[t->first + k];
        if (part->separator) {
            bool follows = b->size > 0 && ascii_is_digit(b->data[b->size - 1]);
            TRY(follows ? text_build_char(b, ',') : pattern_add_space(b));
            continue;
        }
        for (uint32_t i = 0; i < part->digits; i++) {
            char c = after_point ? d->after[d->after_at++] : d->before[d->before_at++];
            if (c == ' ' && part->exact) c = '0';
            TRY(c == ' ' ? pattern_add_space(b) : text_build_char(b, c));
        }
    }
    return DBX_OK;
}

dbx_status number_pattern_print(const number_pattern *p, int128 value, uint32_t scale,
                                text_build *b) {
    pattern_digits d;
    bool negative = value < 0, after_point = false;
    pattern_split(p, value, scale, &d);
    for (uint32_t i = 0; i < p->token_count; i++) {
        switch ((number_token_kind)p->tokens[i].kind) {
        case NUMBER_TOKEN_DIGITS:
            TRY(pattern_print_group(p, &p->tokens[i], after_point, &d, b));
            break;
        case NUMBER_TOKEN_POINT:
            /* Without an integer part the last space becomes a zero. */
            if (b->size > 0 && b->data[b->size - 1] == ' ') b->data[b->size - 1] = '0';
            TRY(text_build_char(b, '.'));
            after_point = true;
            break;
        case NUMBER_TOKEN_DOLLAR:
            TRY(text_build_char(b, '$'));
            break;
        case NUMBER_TOKEN_SIGN:
            pattern_strip_point(b);
            TRY(pattern_add_sign(b, negative ? '-' : '+'));
            break;
        case NUMBER_TOKEN_MINUS:
            if (negative) pattern_strip_point(b);
            TRY(negative ? pattern_add_sign(b, '-') : text_build_char(b, ' '));
            break;
        case NUMBER_TOKEN_OPEN:
            if (negative) TRY(text_build_char(b, '<'));
            break;
        case NUMBER_TOKEN_CLOSE:
            pattern_strip_point(b);
            TRY(negative ? pattern_add_sign(b, '>') : text_build_add(b, "  ", 2));
            break;
        case NUMBER_TOKEN_BAD:
            break;
        }
    }
    pattern_strip_point(b);
    bool lone_sign = b->size == 1 && (b->data[0] == '+' || b->data[0] == '-');
    if (b->size > 0 && !lone_sign) return DBX_OK;
    b->size = 0;
    return text_build_char(b, '0');
}
