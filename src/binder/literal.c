/* literal.c - constants: numbers with Spark's types, typed literals, parameters.
 *
 * 1 is INT (BIGINT, then DECIMAL when it does not fit), 1.5 is DECIMAL(2,1), 1e3 is DOUBLE. What is
 * written as text (DATE 'x', 1.5D) goes through the same cast as CAST('x' AS DATE), so that there
 * is one reader per type.
 */
#include "binder/binder_int.h"

#include <stdio.h>

static dbx_status literal_vector(binder *b, type t, const void *bytes, size_t size, span s,
                                 expr **out) {
    vector *v = ARENA_NEW(b->arena, vector);
    void *data = arena_alloc_zero(b->arena, MAX(size, (size_t)16));
    if (v == NULL || data == NULL) return binder_nomem(b);
    memcpy(data, bytes, size);
    v->type = t;
    v->form = VECTOR_CONSTANT;
    v->phys = (uint8_t)type_physical(t);
    v->data = data;
    *out = expr_constant(b->arena, v, s);
    return *out == NULL ? binder_nomem(b) : DBX_OK;
}

static dbx_status literal_out_of_range(binder *b, const ast_literal *l, const char *type_text,
                                       const char *min, const char *max) {
    return error_raise(b->err, ERR_INVALID_NUMERIC_LITERAL_RANGE, binder_node_span(b, &l->node),
                       "rawStrippedQualifier", binder_cstr(b, l->value), "minValue", min,
                       "maxValue", max, "typeName", type_text, NULL);
}

/* Digits of an integer with sign; false past 38 digits. */
static bool literal_read_integer(string_view text, __int128 *out) {
    bool negative = text.size > 0 && text.data[0] == '-';
    size_t i = negative || (text.size > 0 && text.data[0] == '+') ? 1 : 0;
    __int128 value = 0;
    uint32_t digits = 0;
    for (; i < text.size; i++) {
        if (!ascii_is_digit(text.data[i])) return false;
        if (value != 0 || text.data[i] != '0') digits++;
        if (digits > DECIMAL_PRECISION_MAX) return false;
        value = value * 10 + (text.data[i] - '0');
    }
    *out = negative ? -value : value;
    return true;
}

static uint32_t literal_count_digits(__int128 value) {
    uint32_t digits = 1;
    if (value < 0) value = -value;
    while (value >= 10) {
        value /= 10;
        digits++;
    }
    return digits;
}

static dbx_status literal_decimal_value(binder *b, __int128 value, type t, span s, expr **out) {
    int64_t narrow = (int64_t)value;
    if (t.precision <= DECIMAL_INT64_PRECISION_MAX)
        return literal_vector(b, t, &narrow, sizeof(narrow), s, out);
    return literal_vector(b, t, &value, sizeof(value), s, out);
}

static dbx_status literal_too_precise(binder *b, const ast_literal *l, uint32_t precision) {
    return error_raise(b->err, ERR_DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION,
                       binder_node_span(b, &l->node), "precision",
                       arena_printf(b->arena, "%u", precision), "maxPrecision", "38", NULL);
}

static dbx_status literal_integer(binder *b, const ast_literal *l, expr **out) {
    span s = binder_node_span(b, &l->node);
    __int128 value;
    if (!literal_read_integer(l->value, &value))
        return literal_too_precise(b, l, (uint32_t)MIN(l->value.size, 999u));
    if (value >= INT32_MIN && value <= INT32_MAX) {
        *out = expr_constant_int64(b->arena, type_simple(TYPE_INT), (int64_t)value, s);
    } else if (value >= INT64_MIN && value <= INT64_MAX) {
        *out = expr_constant_int64(b->arena, type_simple(TYPE_BIGINT), (int64_t)value, s);
    } else {
        return literal_decimal_value(b, value, type_decimal(literal_count_digits(value), 0), s,
                                     out);
    }
    return *out == NULL ? binder_nomem(b) : DBX_OK;
}

static dbx_status literal_sized_integer(binder *b, const ast_literal *l, type_id id, int64_t min,
                                        int64_t max, const char *type_text, expr **out) {
    __int128 value;
    if (!literal_read_integer(l->value, &value) || value < min || value > max) {
        return literal_out_of_range(b, l, type_text, arena_printf(b->arena, "%lld", (long long)min),
                                    arena_printf(b->arena, "%lld", (long long)max));
    }
    *out = expr_constant_int64(b->arena, type_simple(id), (int64_t)value,
                               binder_node_span(b, &l->node));
    return *out == NULL ? binder_nomem(b) : DBX_OK;
}

typedef struct literal_digits {
    __int128 value;
    int32_t scale; /* may be negative before it is normalized */
    uint32_t precision;
    bool ok;
} literal_digits;

/* [-]digits[.digits][E[+-]digits] */
static literal_digits literal_read_decimal(string_view text) {
    literal_digits d = {.ok = false};
    bool negative = false, fraction = false;
    size_t i = 0;
    uint32_t digits = 0;
    if (text.size > 0 && (text.data[0] == '-' || text.data[0] == '+'))
        negative = text.data[i++] == '-';
    for (; i < text.size && (ascii_is_digit(text.data[i]) || text.data[i] == '.'); i++) {
        if (text.data[i] == '.') {
            fraction = true;
            continue;
        }
        if (d.value != 0 || text.data[i] != '0') digits++;
        if (digits > DECIMAL_PRECISION_MAX) {
            d.precision = digits;
            return d;
        }
        d.value = d.value * 10 + (text.data[i] - '0');
        d.scale += fraction;
    }
    if (i < text.size && (text.data[i] == 'e' || text.data[i] == 'E')) {
        int32_t exponent = 0;
        bool down = false;
        i++;
        if (i < text.size && (text.data[i] == '-' || text.data[i] == '+'))
            down = text.data[i++] == '-';
        for (; i < text.size && ascii_is_digit(text.data[i]); i++) {
            if (exponent < 100000) exponent = exponent * 10 + (text.data[i] - '0');
        }
        d.scale -= down ? -exponent : exponent;
    }
    for (; d.scale < 0 && digits <= DECIMAL_PRECISION_MAX; d.scale++) {
        if (digits + 1 > DECIMAL_PRECISION_MAX && d.value != 0) {
            d.precision = digits + (uint32_t)-d.scale;
            return d;
        }
        if (d.value != 0) {
            d.value *= 10;
            digits++;
        }
    }
    d.precision = (uint32_t)MAX((int32_t)MAX(digits, 1u), d.scale);
    if (negative) d.value = -d.value;
    d.ok = d.precision <= DECIMAL_PRECISION_MAX;
    return d;
}

static dbx_status literal_decimal(binder *b, const ast_literal *l, expr **out) {
    literal_digits d = literal_read_decimal(l->value);
    if (!d.ok) return literal_too_precise(b, l, d.precision);
    return literal_decimal_value(b, d.value, type_decimal(d.precision, (uint32_t)d.scale),
                                 binder_node_span(b, &l->node), out);
}

/* Text to a value of the type by its cast. */
static dbx_status literal_cast(binder *b, string_view text, type to, span s, error *err,
                               expr **out) {
    const vector *value;
    expr *cast;
    expr *from = expr_constant_string(b->arena, text, s);
    if (from == NULL) return binder_nomem(b);
    TRY(expr_cast_new(b->arena, b->query, from, to, CAST_ANSI, s, &cast, err));
    TRY(expr_fold(b->arena, b->query, cast, &value, err));
    *out = expr_constant(b->arena, value, s);
    return *out == NULL ? binder_nomem(b) : DBX_OK;
}

static dbx_status literal_floating(binder *b, const ast_literal *l, type_id id, expr **out) {
    span s = binder_node_span(b, &l->node);
    TRY(literal_cast(b, l->value, type_simple(id), s, b->err, out));
    vector_view v = vector_view_of((*out)->u.value);
    double value =
        id == TYPE_FLOAT ? (double)((const float *)v.data)[0] : ((const double *)v.data)[0];
    if (value - value != 0) {
        return literal_out_of_range(
            b, l, id == TYPE_FLOAT ? "float" : "double",
            id == TYPE_FLOAT ? "-3.4028234663852886E38" : "-1.7976931348623157E308",
            id == TYPE_FLOAT ? "3.4028234663852886E38" : "1.7976931348623157E308");
    }
    return DBX_OK;
}

/* 'now', 'today', 'yesterday', 'tomorrow', 'epoch'; *out NULL when the text is none of these. */
static dbx_status literal_special(binder *b, const ast_literal *l, type_id id, expr **out) {
    static const struct {
        const char *word;
        int8_t days;
    } words[] = {{"now", 0}, {"today", 0}, {"yesterday", -1}, {"tomorrow", 1}, {"epoch", 0}};
    string_view text = sv_trim(l->value);
    span s = binder_node_span(b, &l->node);
    const vector *value;
    expr *e = NULL;
    *out = NULL;
    for (uint32_t i = 0; i < ARRAY_COUNT(words) && e == NULL; i++) {
        if (!sv_equal_ignore_case(text, sv_from(words[i].word))) continue;
        if (words[i].word[0] == 'e') {
            e = expr_constant_int64(b->arena, type_simple(id), 0, s);
            if (e == NULL) return binder_nomem(b);
        } else if (words[i].word[0] == 'n' && id != TYPE_DATE) {
            TRY(bind_call(b, "current_timestamp", NULL, 0, l->node.span, NULL, &e));
        } else {
            expr *parts[2] = {
                NULL, expr_constant_int64(b->arena, type_simple(TYPE_INT), words[i].days, s)};
            if (parts[1] == NULL) return binder_nomem(b);
            TRY(bind_call(b, "current_date", NULL, 0, l->node.span, NULL, &parts[0]));
            TRY(bind_call(b, "+", parts, 2, l->node.span, NULL, &e));
        }
    }
    if (e == NULL) return DBX_OK;
    TRY(bind_cast_mode(b, e, type_simple(id), CAST_ANSI, l->node.span, &e));
    TRY(bind_fold(b, e, &value));
    *out = value == NULL ? e : expr_constant(b->arena, value, s);
    return *out == NULL ? binder_nomem(b) : DBX_OK;
}

static dbx_status literal_typed(binder *b, const ast_literal *l, type_id id, expr **out) {
    span s = binder_node_span(b, &l->node);
    error err;
    if (id != TYPE_TIME) {
        TRY(literal_special(b, l, id, out));
        if (*out != NULL) return DBX_OK;
    }
    error_init(&err);
    dbx_status status = literal_cast(b, l->value, type_simple(id), s, &err, out);
    bool user = status == DBX_ERROR;
    if (status != DBX_OK && !user) error_move(b->err, &err);
    error_deinit(&err);
    if (!user) return status;
    const char *type_text = arena_printf(b->arena, "\"%s\"", type_sql(b->arena, type_simple(id)));
    return error_raise(b->err, ERR_INVALID_TYPED_LITERAL, s, "valueType",
                       type_text == NULL ? "" : type_text, "value",
                       arena_printf(b->arena, "'" SV_FMT "'", SV_ARG(l->value)), NULL);
}

static dbx_status literal_binary(binder *b, const ast_literal *l, expr **out) {
    vstring value = vstring_from(l->value.data, l->value.size);
    return literal_vector(b, type_simple(TYPE_BINARY), &value, sizeof(value),
                          binder_node_span(b, &l->node), out);
}

/* Generated names must find it again: an operator may bring it to another collation. */
static dbx_status literal_string(binder *b, const ast_literal *l, expr **out) {
    *out = expr_constant_string(b->arena, l->value, binder_node_span(b, &l->node));
    if (*out == NULL) return binder_nomem(b);
    if (b->default_collation != COLLATION_UTF8_BINARY) {
        (*out)->type.collation = b->default_collation;
        vector *value = ARENA_NEW(b->arena, vector);
        if (value == NULL) return binder_nomem(b);
        *value = *(*out)->u.value;
        value->type = (*out)->type;
        (*out)->u.value = value;
    }
    bool named = b->block != NULL && b->block->clause != CLAUSE_VALUES &&
                 b->block->clause != CLAUSE_DML && b->block->clause != CLAUSE_NONE;
    if (!named || binder_note_of(b, &l->node) != NULL) return DBX_OK;
    bind_note *note = binder_note(b, &l->node);
    if (note == NULL) return binder_nomem(b);
    note->bound = *out;
    return DBX_OK;
}

/* Does a time zone follow the time of day? */
static bool literal_has_zone(string_view text) {
    const char *at = memchr(text.data, ':', text.size);
    for (; at != NULL && at < text.data + text.size; at++) {
        char c = ascii_lower(*at);
        if (c == '+' || c == '-' || (c >= 'a' && c <= 'z')) return true;
    }
    return false;
}

dbx_status bind_literal(binder *b, const ast_literal *l, expr **out) {
    span s = binder_node_span(b, &l->node);
    switch (l->type) {
    case AST_LITERAL_NULL:
        *out = expr_constant_null(b->arena, type_simple(TYPE_VOID), s);
        break;
    case AST_LITERAL_TRUE:
        *out = expr_constant_bool(b->arena, true, s);
        break;
    case AST_LITERAL_FALSE:
        *out = expr_constant_bool(b->arena, false, s);
        break;
    case AST_LITERAL_INTEGER:
        return literal_integer(b, l, out);
    case AST_LITERAL_TINYINT:
        return literal_sized_integer(b, l, TYPE_TINYINT, INT8_MIN, INT8_MAX, "tinyint", out);
    case AST_LITERAL_SMALLINT:
        return literal_sized_integer(b, l, TYPE_SMALLINT, INT16_MIN, INT16_MAX, "smallint", out);
    case AST_LITERAL_BIGINT:
        return literal_sized_integer(b, l, TYPE_BIGINT, INT64_MIN, INT64_MAX, "bigint", out);
    case AST_LITERAL_FLOAT:
        return literal_floating(b, l, TYPE_FLOAT, out);
    case AST_LITERAL_DOUBLE:
    case AST_LITERAL_EXPONENT:
        return literal_floating(b, l, TYPE_DOUBLE, out);
    case AST_LITERAL_FRACTION:
    case AST_LITERAL_DECIMAL:
        return literal_decimal(b, l, out);
    case AST_LITERAL_UNIT:
    case AST_LITERAL_STRING:
        return literal_string(b, l, out);
    case AST_LITERAL_BINARY:
        return literal_binary(b, l, out);
    case AST_LITERAL_DATE:
        return literal_typed(b, l, TYPE_DATE, out);
    case AST_LITERAL_TIME:
        return literal_typed(b, l, TYPE_TIME, out);
    case AST_LITERAL_TIMESTAMP: {
        bool ntz = binder_timestamp_is_ntz(b) && !literal_has_zone(l->value);
        return literal_typed(b, l, ntz ? TYPE_TIMESTAMP_NTZ : TYPE_TIMESTAMP, out);
    }
    case AST_LITERAL_TIMESTAMP_LTZ:
        return literal_typed(b, l, TYPE_TIMESTAMP, out);
    case AST_LITERAL_TIMESTAMP_NTZ:
        return literal_typed(b, l, TYPE_TIMESTAMP_NTZ, out);
    }
    return *out == NULL ? binder_nomem(b) : DBX_OK;
}

dbx_status bind_parameter(binder *b, const ast_parameter *p, expr **out) {
    const binder_context *c = b->context;
    uint32_t positional = 0;
    for (uint32_t i = 0; i < c->parameter_count; i++) {
        const binder_parameter *given = &c->parameters[i];
        bool match = p->name.data == NULL
                         ? given->name.size == 0 && positional == p->index
                         : given->name.size > 0 && sv_equal_ignore_case(given->name, p->name);
        if (given->name.size == 0) positional++;
        if (!match) continue;
        *out = expr_constant(b->arena, given->value, binder_node_span(b, &p->node));
        return *out == NULL ? binder_nomem(b) : DBX_OK;
    }
    const char *name = p->name.data == NULL ? arena_printf(b->arena, "_%u", p->node.span.start)
                                            : binder_cstr(b, p->name);
    return error_raise(b->err, ERR_UNBOUND_SQL_PARAMETER, binder_node_span(b, &p->node), "name",
                       name == NULL ? "" : name, NULL);
}

/* A constant of an interval type: months or microseconds. */
dbx_status bind_interval_constant(binder *b, type t, int64_t value, span s, expr **out) {
    int32_t months = (int32_t)value;
    if (t.id == TYPE_INTERVAL_YM) return literal_vector(b, t, &months, sizeof(months), s, out);
    return literal_vector(b, t, &value, sizeof(value), s, out);
}

dbx_status bind_text_literal(binder *b, string_view text, type to, span s, expr **out) {
    return literal_cast(b, text, to, s, b->err, out);
}
