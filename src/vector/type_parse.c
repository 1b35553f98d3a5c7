/* type_parse.c - see type_parse.h. */
#include "vector/type_parse.h"

#include "vector/collation.h"

typedef struct type_parser {
    arena *arena;
    string_view text;
    size_t at;
    string_view token; /* the next one; size 0 at the end */
    bool quoted;       /* it was `quoted` or 'quoted': token is what is inside */
    char quote;
    bool ntz; /* TIMESTAMP means TIMESTAMP_NTZ */
    type_parse_failure *failure;
} type_parser;

enum { TYPE_PARSE_FIELDS_MAX = 16384 };

static bool type_parse_is_word(char c) {
    return ascii_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (unsigned char)c >= 0x80;
}

static void type_parse_advance(type_parser *p) {
    const char *data = p->text.data;
    while (p->at < p->text.size && ascii_is_space(data[p->at])) p->at++;
    size_t start = p->at;
    p->quoted = false;
    if (start < p->text.size && (data[start] == '`' || data[start] == '\'' || data[start] == '"')) {
        size_t end = start + 1;
        while (end < p->text.size && data[end] != data[start]) end++;
        if (end < p->text.size) {
            p->quoted = true;
            p->quote = data[start];
            p->token = (string_view){data + start + 1, end - start - 1};
            p->at = end + 1;
            return;
        }
    }
    while (p->at < p->text.size && type_parse_is_word(data[p->at])) p->at++;
    if (p->at == start && start < p->text.size) p->at++;
    p->token = (string_view){data + start, p->at - start};
}

static dbx_status type_parse_fail(type_parser *p, bool unknown_type) {
    *p->failure = (type_parse_failure){p->token, unknown_type};
    return DBX_ERROR;
}

static bool type_parse_at(const type_parser *p, const char *word) {
    return !p->quoted && sv_equal_ignore_case(p->token, sv_from(word));
}

static bool type_parse_take(type_parser *p, const char *word) {
    if (!type_parse_at(p, word)) return false;
    type_parse_advance(p);
    return true;
}

static dbx_status type_parse_expect(type_parser *p, const char *word) {
    return type_parse_take(p, word) ? DBX_OK : type_parse_fail(p, false);
}

static dbx_status type_parse_number(type_parser *p, uint32_t *out) {
    *out = 0;
    for (size_t i = 0; i < p->token.size; i++) {
        if (!ascii_is_digit(p->token.data[i]) || *out > 100000000) return type_parse_fail(p, false);
        *out = *out * 10 + (uint32_t)(p->token.data[i] - '0');
    }
    if (p->token.size == 0) return type_parse_fail(p, false);
    type_parse_advance(p);
    return DBX_OK;
}

static dbx_status type_parse_any(type_parser *p, uint32_t depth, type *out);

/* name [:] type [NOT NULL] [COMMENT '…'], … up to `close` (NULL: the end of the text). */
static dbx_status type_parse_fields(type_parser *p, uint32_t depth, const char *close, type *out) {
    ARENA_LIST(type_field) fields = {0};
    bool colon = close != NULL;
    while (close == NULL || !type_parse_at(p, close)) {
        type_field f = {.nullable = true};
        bool name =
            p->quoted ? p->quote == '`' : p->token.size > 0 && type_parse_is_word(p->token.data[0]);
        if (!name || fields.count == TYPE_PARSE_FIELDS_MAX) return type_parse_fail(p, false);
        f.name = p->token;
        type_parse_advance(p);
        if (colon || type_parse_at(p, ":")) (void)type_parse_take(p, ":");
        TRY(type_parse_any(p, depth + 1, &f.type));
        if (type_parse_take(p, "NOT")) {
            TRY(type_parse_expect(p, "NULL"));
            f.nullable = false;
        }
        if (type_parse_take(p, "COMMENT")) {
            if (!p->quoted) return type_parse_fail(p, false);
            f.comment = p->token;
            type_parse_advance(p);
        }
        TRY(ARENA_LIST_PUSH(p->arena, &fields, f));
        if (!type_parse_take(p, ",")) break;
    }
    return type_struct(p->arena, fields.items, fields.count, out);
}

static dbx_status type_parse_decimal(type_parser *p, type *out) {
    uint32_t precision = 10, scale = 0;
    if (type_parse_take(p, "(")) {
        TRY(type_parse_number(p, &precision));
        if (type_parse_take(p, ",")) TRY(type_parse_number(p, &scale));
        TRY(type_parse_expect(p, ")"));
    }
    if (precision < 1 || precision > DECIMAL_PRECISION_MAX || scale > precision)
        return type_parse_fail(p, false);
    *out = type_decimal(precision, scale);
    return DBX_OK;
}

static dbx_status type_parse_string(type_parser *p, uint8_t kind, type *out) {
    *out = type_simple(TYPE_STRING);
    out->char_kind = kind;
    if (kind != CHAR_KIND_STRING) {
        TRY(type_parse_expect(p, "("));
        TRY(type_parse_number(p, &out->length));
        TRY(type_parse_expect(p, ")"));
    }
    if (!type_parse_take(p, "COLLATE")) return DBX_OK;
    if (!collation_by_name(p->token, &out->collation)) return type_parse_fail(p, false);
    type_parse_advance(p);
    return DBX_OK;
}

static dbx_status type_parse_interval(type_parser *p, type *out) {
    static const char *const units[] = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"};
    uint8_t bounds[2], n = 0;
    *out = type_simple(TYPE_INTERVAL);
    do {
        uint8_t u = 0;
        while (u < ARRAY_COUNT(units) && !type_parse_take(p, units[u])) u++;
        if (u == ARRAY_COUNT(units)) return n == 0 ? DBX_OK : type_parse_fail(p, false);
        bounds[n++] = u;
    } while (n < 2 && type_parse_take(p, "TO"));
    if (n == 1) bounds[1] = bounds[0];
    bool months = bounds[0] < 2;
    if (bounds[1] < bounds[0] || months != (bounds[1] < 2)) return type_parse_fail(p, false);
    *out = months ? type_interval_ym(bounds[0], bounds[1])
                  : type_interval_dt((uint8_t)(bounds[0] - 2), (uint8_t)(bounds[1] - 2));
    return DBX_OK;
}

static dbx_status type_parse_nested(type_parser *p, type_id id, uint32_t depth, type *out) {
    type first, second;
    if (depth >= TYPE_DEPTH_MAX) return type_parse_fail(p, false);
    TRY(type_parse_expect(p, "<"));
    if (id == TYPE_STRUCT) {
        TRY(type_parse_fields(p, depth, ">", out));
    } else {
        TRY(type_parse_any(p, depth + 1, &first));
        if (id == TYPE_ARRAY) {
            TRY(type_array(p->arena, first, true, out));
        } else {
            TRY(type_parse_expect(p, ","));
            TRY(type_parse_any(p, depth + 1, &second));
            TRY(type_map(p->arena, first, second, true, out));
        }
    }
    return type_parse_expect(p, ">");
}

/* A word that names no type, or, when more words follow it, one that should not be there. */
static dbx_status type_parse_fail_name(type_parser *p) {
    string_view name = p->token;
    if (p->quoted || name.size == 0 || !type_parse_is_word(name.data[0]))
        return type_parse_fail(p, false);
    type_parse_advance(p);
    if (p->token.size > 0 && type_parse_is_word(p->token.data[0])) return type_parse_fail(p, false);
    p->token = name;
    return type_parse_fail(p, true);
}

static dbx_status type_parse_any(type_parser *p, uint32_t depth, type *out) {
    static const struct {
        const char *word;
        uint8_t id;
        uint8_t char_kind;
    } words[] = {
        {"boolean", TYPE_BOOLEAN, 0},
        {"tinyint", TYPE_TINYINT, 0},
        {"byte", TYPE_TINYINT, 0},
        {"smallint", TYPE_SMALLINT, 0},
        {"short", TYPE_SMALLINT, 0},
        {"int", TYPE_INT, 0},
        {"integer", TYPE_INT, 0},
        {"bigint", TYPE_BIGINT, 0},
        {"long", TYPE_BIGINT, 0},
        {"float", TYPE_FLOAT, 0},
        {"real", TYPE_FLOAT, 0},
        {"double", TYPE_DOUBLE, 0},
        {"decimal", TYPE_DECIMAL, 0},
        {"dec", TYPE_DECIMAL, 0},
        {"numeric", TYPE_DECIMAL, 0},
        {"string", TYPE_STRING, CHAR_KIND_STRING},
        {"varchar", TYPE_STRING, CHAR_KIND_VARCHAR},
        {"char", TYPE_STRING, CHAR_KIND_CHAR},
        {"character", TYPE_STRING, CHAR_KIND_CHAR},
        {"binary", TYPE_BINARY, 0},
        {"date", TYPE_DATE, 0},
        {"timestamp", TYPE_TIMESTAMP, 0},
        {"timestamp_ltz", TYPE_TIMESTAMP, 0},
        {"timestamp_ntz", TYPE_TIMESTAMP_NTZ, 0},
        {"time", TYPE_TIME, 0},
        {"interval", TYPE_INTERVAL, 0},
        {"void", TYPE_VOID, 0},
        {"variant", TYPE_VARIANT, 0},
        {"array", TYPE_ARRAY, 0},
        {"map", TYPE_MAP, 0},
        {"struct", TYPE_STRUCT, 0},
    };
    uint32_t i = 0;
    while (i < ARRAY_COUNT(words) && !type_parse_at(p, words[i].word)) i++;
    if (i == ARRAY_COUNT(words)) return type_parse_fail_name(p);
    type_parse_advance(p);
    *out = type_simple(words[i].id);
    if (p->ntz && sv_equal(sv_from(words[i].word), SV("timestamp"))) out->id = TYPE_TIMESTAMP_NTZ;
    switch (words[i].id) {
    case TYPE_DECIMAL:
        return type_parse_decimal(p, out);
    case TYPE_STRING:
        return type_parse_string(p, words[i].char_kind, out);
    case TYPE_INTERVAL:
        return type_parse_interval(p, out);
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_STRUCT:
        return type_parse_nested(p, (type_id)words[i].id, depth, out);
    case TYPE_TIME:
        if (type_parse_take(p, "(")) {
            uint32_t precision;
            TRY(type_parse_number(p, &precision));
            if (precision > 6) return type_parse_fail(p, false);
            *out = type_time(precision);
            return type_parse_expect(p, ")");
        }
        return DBX_OK;
    default:
        return DBX_OK;
    }
}

static dbx_status type_parse_all(arena *a, string_view text, bool columns, bool ntz, type *out,
                                 type_parse_failure *failure) {
    type_parser p = {.arena = a, .text = text, .ntz = ntz, .failure = failure};
    type_parse_advance(&p);
    if (columns)
        TRY(type_parse_fields(&p, 0, NULL, out));
    else
        TRY(type_parse_any(&p, 0, out));
    return p.token.size == 0 && !p.quoted ? DBX_OK : type_parse_fail(&p, false);
}

dbx_status type_parse(arena *a, string_view text, type *out, type_parse_failure *failure) {
    return type_parse_all(a, text, false, false, out, failure);
}

dbx_status type_parse_columns(arena *a, string_view text, type *out, type_parse_failure *failure) {
    return type_parse_all(a, text, true, false, out, failure);
}

dbx_status type_parse_schema(arena *a, string_view text, bool ntz, type *out,
                             type_parse_failure *failure) {
    type_parse_failure ignored;
    dbx_status status = type_parse_all(a, text, false, ntz, out, failure);
    if (status != DBX_ERROR) return status;
    return type_parse_all(a, text, true, ntz, out, &ignored);
}
