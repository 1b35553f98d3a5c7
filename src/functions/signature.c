/* signature.c - the text form of signatures: a recursive-descent parser over a tiny language
 * (function.h).
 *
 * Signatures are parsed when a call is bound, not at start: a call needs a microsecond, and there
 * is no table of parsed rows to keep, lock or free.
 */
#include "functions/signature.h"

typedef struct signature_parser {
    arena *arena;
    const char *at;
    bool failed;
    bool nomem;
} signature_parser;

static void signature_skip(signature_parser *p) {
    while (*p->at == ' ') p->at++;
}

static bool signature_accept(signature_parser *p, const char *token) {
    size_t size = strlen(token);
    signature_skip(p);
    if (strncmp(p->at, token, size) != 0) return false;
    p->at += size;
    return true;
}

static void signature_expect(signature_parser *p, const char *token) {
    if (!signature_accept(p, token)) p->failed = true;
}

static bool signature_is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || ascii_is_digit(c);
}

static string_view signature_word(signature_parser *p) {
    signature_skip(p);
    const char *start = p->at;
    while (signature_is_word(*p->at)) p->at++;
    if (p->at == start) p->failed = true;
    return (string_view){start, (size_t)(p->at - start)};
}

static const struct {
    const char *name;
    uint8_t kind;
    uint8_t id;          /* type_id or type_class */
    uint8_t first, last; /* interval fields */
} signature_names[] = {
    {"any", SIGNATURE_CLASS, CLASS_ANY, 0, 0},
    {"numeric", SIGNATURE_CLASS, CLASS_NUMERIC, 0, 0},
    {"integral", SIGNATURE_CLASS, CLASS_INTEGRAL, 0, 0},
    {"fractional", SIGNATURE_CLASS, CLASS_FRACTIONAL, 0, 0},
    {"decimal", SIGNATURE_CLASS, CLASS_DECIMAL, 0, 0},
    {"interval", SIGNATURE_CLASS, CLASS_INTERVAL, 0, 0},
    {"datetime", SIGNATURE_CLASS, CLASS_DATETIME, 0, 0},
    {"nested", SIGNATURE_CLASS, CLASS_NESTED, 0, 0},
    {"void", SIGNATURE_TYPE, TYPE_VOID, 0, 0},
    {"boolean", SIGNATURE_TYPE, TYPE_BOOLEAN, 0, 0},
    {"tinyint", SIGNATURE_TYPE, TYPE_TINYINT, 0, 0},
    {"smallint", SIGNATURE_TYPE, TYPE_SMALLINT, 0, 0},
    {"int", SIGNATURE_TYPE, TYPE_INT, 0, 0},
    {"bigint", SIGNATURE_TYPE, TYPE_BIGINT, 0, 0},
    {"float", SIGNATURE_TYPE, TYPE_FLOAT, 0, 0},
    {"double", SIGNATURE_TYPE, TYPE_DOUBLE, 0, 0},
    {"string", SIGNATURE_TYPE, TYPE_STRING, 0, 0},
    {"binary", SIGNATURE_TYPE, TYPE_BINARY, 0, 0},
    {"date", SIGNATURE_TYPE, TYPE_DATE, 0, 0},
    {"timestamp", SIGNATURE_TYPE, TYPE_TIMESTAMP, 0, 0},
    {"timestamp_ntz", SIGNATURE_TYPE, TYPE_TIMESTAMP_NTZ, 0, 0},
    {"time", SIGNATURE_TYPE, TYPE_TIME, 0, 0},
    {"interval_ym", SIGNATURE_TYPE, TYPE_INTERVAL_YM, INTERVAL_YEAR, INTERVAL_MONTH},
    {"interval_dt", SIGNATURE_TYPE, TYPE_INTERVAL_DT, INTERVAL_DAY, INTERVAL_SECOND},
    {"calendar_interval", SIGNATURE_TYPE, TYPE_INTERVAL, 0, 0},
    {"variant", SIGNATURE_TYPE, TYPE_VARIANT, 0, 0},
    {"struct", SIGNATURE_STRUCT, 0, 0, 0},
    {"same", SIGNATURE_SAME, 0, 0, 0},
    {"bind", SIGNATURE_BIND, 0, 0, 0},
};

static signature_type signature_parse_type(signature_parser *p, uint32_t depth);

static signature_type *signature_children(signature_parser *p, const signature_type *items,
                                          uint32_t count) {
    signature_type *copy = ARENA_ARRAY(p->arena, signature_type, count);
    if (copy == NULL) {
        p->nomem = true;
        return NULL;
    }
    memcpy(copy, items, sizeof(*items) * count);
    return copy;
}

static void signature_set_children(signature_parser *p, signature_type *t,
                                   const signature_type *items, uint32_t count) {
    t->children = signature_children(p, items, count);
    t->child_count = t->children == NULL ? 0 : count;
}

/* lambda(T, [int] -> U) */
static signature_type signature_parse_lambda(signature_parser *p, uint32_t depth) {
    signature_type t = {.kind = SIGNATURE_LAMBDA};
    signature_type items[5];
    uint32_t count = 0;
    signature_expect(p, "(");
    while (!p->failed && count < ARRAY_COUNT(items) - 1) {
        bool optional = signature_accept(p, "[");
        items[count++] = signature_parse_type(p, depth + 1);
        if (optional)
            signature_expect(p, "]");
        else
            t.lambda_min = (uint8_t)count;
        if (!signature_accept(p, ",")) break;
    }
    signature_expect(p, "->");
    items[count++] = signature_parse_type(p, depth + 1);
    signature_expect(p, ")");
    signature_set_children(p, &t, items, count);
    return t;
}

static uint8_t signature_number(signature_parser *p) {
    string_view word = signature_word(p);
    uint32_t value = 0;
    for (size_t i = 0; i < word.size && value < 100; i++)
        value = value * 10 + (uint32_t)(word.data[i] - '0');
    return (uint8_t)value;
}

static signature_type signature_parse_one(signature_parser *p, uint32_t depth) {
    signature_type t = {0};
    string_view word = signature_word(p);
    if (p->failed || depth > 8) {
        p->failed = true;
        return t;
    }
    if (word.size == 1 && word.data[0] >= 'A' && word.data[0] <= 'Z') {
        t.kind = SIGNATURE_VARIABLE;
        t.variable = (uint8_t)(word.data[0] - 'A');
        return t;
    }
    if (sv_equal(word, SV("lambda"))) return signature_parse_lambda(p, depth);
    if (sv_equal(word, SV("array")) || sv_equal(word, SV("map"))) {
        signature_type items[2];
        uint32_t count = word.size == 3 ? 2 : 1;
        t.kind = count == 2 ? SIGNATURE_MAP : SIGNATURE_ARRAY;
        signature_expect(p, "<");
        items[0] = signature_parse_type(p, depth + 1);
        if (count == 2) {
            signature_expect(p, ",");
            items[1] = signature_parse_type(p, depth + 1);
        }
        signature_expect(p, ">");
        if (!p->failed) signature_set_children(p, &t, items, count);
        return t;
    }
    if (sv_equal(word, SV("decimal")) && signature_accept(p, "(")) {
        t.kind = SIGNATURE_TYPE;
        uint8_t precision = signature_number(p);
        signature_expect(p, ",");
        uint8_t scale = signature_number(p);
        signature_expect(p, ")");
        if (!p->failed) t.type = type_decimal(precision, scale);
        return t;
    }
    for (size_t i = 0; i < ARRAY_COUNT(signature_names); i++) {
        if (!sv_equal(word, sv_from(signature_names[i].name))) continue;
        t.kind = signature_names[i].kind;
        if (t.kind == SIGNATURE_CLASS) {
            t.type_class = signature_names[i].id;
        } else if (t.kind == SIGNATURE_TYPE) {
            t.type = type_simple((type_id)signature_names[i].id);
            t.type.precision = signature_names[i].first;
            t.type.scale = signature_names[i].last;
        }
        return t;
    }
    p->failed = true;
    return t;
}

static signature_type signature_parse_type(signature_parser *p, uint32_t depth) {
    signature_type first = signature_parse_one(p, depth);
    signature_type items[8];
    uint32_t count = 0;
    items[count++] = first;
    while (!p->failed && signature_accept(p, "|")) {
        if (count == ARRAY_COUNT(items))
            p->failed = true;
        else
            items[count++] = signature_parse_one(p, depth);
    }
    if (count == 1 || p->failed) return first;
    signature_type t = {.kind = SIGNATURE_UNION};
    signature_set_children(p, &t, items, count);
    return t;
}

static signature_param signature_parse_param(signature_parser *p) {
    signature_param param = {0};
    param.optional = signature_accept(p, "[");
    param.name = signature_word(p);
    signature_skip(p);
    if (strncmp(p->at, "const ", 6) == 0) {
        p->at += 6;
        param.constant = true;
    }
    param.type = signature_parse_type(p, 0);
    param.variadic = signature_accept(p, "...");
    if (signature_accept(p, "= '")) {
        const char *end = strchr(p->at, '\'');
        if (end == NULL)
            p->failed = true;
        else {
            param.default_text = (string_view){p->at, (size_t)(end - p->at)};
            p->at = end + 1;
        }
    }
    if (param.optional) signature_expect(p, "]");
    return param;
}

dbx_status signature_parse(arena *a, const function_row *row, signature *out, error *err) {
    assert(row != NULL && out != NULL);
    signature_parser p = {.arena = a, .at = row->signature};
    ARENA_LIST(signature_param) params = {0};
    memset(out, 0, sizeof(*out));
    signature_expect(&p, "(");
    if (!signature_accept(&p, ")")) {
        do {
            signature_param param = signature_parse_param(&p);
            if (ARENA_LIST_PUSH(a, &params, param) != DBX_OK) return error_nomem(err);
            if (!param.optional) out->min_args++;
            out->max_args =
                param.variadic ? UINT32_MAX : out->max_args + (out->max_args != UINT32_MAX);
        } while (!p.failed && signature_accept(&p, ","));
        signature_expect(&p, ")");
    }
    signature_expect(&p, "->");
    out->result = signature_parse_type(&p, 0);
    signature_skip(&p);
    if (p.nomem) return error_nomem(err);
    if (p.failed || *p.at != '\0')
        return error_raisef(err, ERR_INTERNAL_ERROR, (span){0, 0}, "message",
                            "signature of %s is malformed: %s", row->name, row->signature);
    out->params = params.items;
    out->count = params.count;
    return DBX_OK;
}
