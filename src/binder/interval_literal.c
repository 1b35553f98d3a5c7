/* interval_literal.c - INTERVAL literals: a type from the units that were written, and the value.
 *
 * Years and months give INTERVAL YEAR TO MONTH, all smaller units INTERVAL DAY TO SECOND, with the
 * fields from the largest to the smallest unit written. The two do not mix.
 */
#include "binder/binder_int.h"

typedef struct interval_sum {
    bool any_month, any_day;
    uint8_t first, last; /* fields */
    __int128 months;
    __int128 micros;
    bool bad; /* a number that does not read */
} interval_sum;

/* The number scaled by `unit`; digits after the point count down from it. False when it is
 * malformed. */
static bool interval_scaled(string_view text, int64_t unit, bool fraction_allowed, __int128 *out) {
    text = sv_trim(text);
    bool negative = false;
    size_t i = 0;
    for (; i < text.size &&
           (text.data[i] == '-' || text.data[i] == '+' || ascii_is_space(text.data[i]));
         i++) {
        if (text.data[i] == '-') negative = !negative;
    }
    if (i == text.size) return false;
    __int128 whole = 0, part = 0;
    __int128 scale = unit;
    bool point = false;
    for (; i < text.size; i++) {
        char c = text.data[i];
        if (c == '.' && !point && fraction_allowed) {
            point = true;
            continue;
        }
        if (!ascii_is_digit(c)) return false;
        if (point) {
            scale /= 10;
            part += (__int128)(c - '0') * scale;
        } else {
            if (whole > INT64_MAX) return false;
            whole = whole * 10 + (c - '0');
        }
    }
    *out = whole * unit + part;
    if (negative) *out = -*out;
    return true;
}

static void interval_note_field(interval_sum *sum, bool month, uint8_t field) {
    bool *any = month ? &sum->any_month : &sum->any_day;
    if (!*any) {
        sum->first = sum->last = field;
    } else {
        sum->first = MIN(sum->first, field);
        sum->last = MAX(sum->last, field);
    }
    *any = true;
}

static void interval_add(interval_sum *sum, string_view value, ast_unit unit) {
    static const int64_t second = 1000000;
    __int128 amount = 0;
    bool ok = true;
    switch (unit) {
    case AST_UNIT_YEAR:
    case AST_UNIT_QUARTER:
    case AST_UNIT_MONTH:
        ok = interval_scaled(value,
                             unit == AST_UNIT_YEAR      ? 12
                             : unit == AST_UNIT_QUARTER ? 3
                                                        : 1,
                             false, &amount);
        sum->months += amount;
        interval_note_field(sum, true, unit == AST_UNIT_YEAR ? INTERVAL_YEAR : INTERVAL_MONTH);
        break;
    case AST_UNIT_WEEK:
    case AST_UNIT_DAY:
    case AST_UNIT_DAYOFYEAR:
        ok = interval_scaled(value, (unit == AST_UNIT_WEEK ? 7 : 1) * 86400 * second, false,
                             &amount);
        interval_note_field(sum, false, INTERVAL_DAY);
        break;
    case AST_UNIT_HOUR:
        ok = interval_scaled(value, 3600 * second, false, &amount);
        interval_note_field(sum, false, INTERVAL_HOUR);
        break;
    case AST_UNIT_MINUTE:
        ok = interval_scaled(value, 60 * second, false, &amount);
        interval_note_field(sum, false, INTERVAL_MINUTE);
        break;
    case AST_UNIT_SECOND:
        ok = interval_scaled(value, second, true, &amount);
        interval_note_field(sum, false, INTERVAL_SECOND);
        break;
    case AST_UNIT_MILLISECOND:
        ok = interval_scaled(value, 1000, false, &amount);
        interval_note_field(sum, false, INTERVAL_SECOND);
        break;
    case AST_UNIT_MICROSECOND:
        ok = interval_scaled(value, 1, false, &amount);
        interval_note_field(sum, false, INTERVAL_SECOND);
        break;
    case AST_UNIT_NANOSECOND:
        ok = interval_scaled(value, 1, false, &amount);
        amount /= 1000;
        interval_note_field(sum, false, INTERVAL_SECOND);
        break;
    }
    if (unit > AST_UNIT_MONTH) sum->micros += amount;
    if (!ok) sum->bad = true;
}

static bool interval_word_unit(string_view word, ast_unit *out) {
    static const char *const names[] = {
        "year", "quarter", "month",  "week",        "day",         "",
        "hour", "minute",  "second", "millisecond", "microsecond", "nanosecond"};
    if (word.size > 1 && (word.data[word.size - 1] == 's' || word.data[word.size - 1] == 'S'))
        word.size--;
    for (uint32_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (names[i][0] != '\0' && sv_equal_ignore_case(word, sv_from(names[i]))) {
            *out = (ast_unit)i;
            return true;
        }
    }
    return false;
}

static string_view interval_word(string_view text, size_t *at) {
    while (*at < text.size && ascii_is_space(text.data[*at])) (*at)++;
    size_t start = *at;
    while (*at < text.size && !ascii_is_space(text.data[*at])) (*at)++;
    return (string_view){text.data + start, *at - start};
}

/* "[interval] 1 day -2 hours": false when it is not of this form. */
static bool interval_read_text(string_view text, interval_sum *sum) {
    size_t at = 0;
    bool any = false;
    string_view word = interval_word(text, &at);
    if (sv_equal_ignore_case(word, SV("interval"))) word = interval_word(text, &at);
    while (word.size > 0) {
        ast_unit unit;
        string_view number = word;
        if (number.size == 1 && (number.data[0] == '-' || number.data[0] == '+')) {
            string_view digits = interval_word(text, &at);
            number.size = (size_t)(digits.data + digits.size - number.data);
        }
        if (!interval_word_unit(interval_word(text, &at), &unit)) return false;
        interval_add(sum, number, unit);
        any = true;
        word = interval_word(text, &at);
    }
    return any && !sum->bad;
}

static type interval_sum_type(const interval_sum *sum) {
    return sum->any_month ? type_interval_ym(sum->first, sum->last)
                          : type_interval_dt(sum->first, sum->last);
}

static string_view interval_source_text(const binder *b, const ast_interval_literal *l) {
    span s = l->node.span;
    if (b->fixed_span.end != 0 || s.end > b->query->sql.size) return l->text;
    return (string_view){b->query->sql.data + s.start, s.end - s.start};
}

static dbx_status interval_finish(binder *b, const ast_interval_literal *l, const interval_sum *sum,
                                  expr **out) {
    span s = binder_node_span(b, &l->node);
    if (sum->any_month && sum->any_day) {
        return error_raise(b->err, ERR_LEGACY_ERROR_TEMP_0029, s, "literal",
                           binder_cstr(b, interval_source_text(b, l)), NULL);
    }
    __int128 value = sum->any_month ? sum->months : sum->micros;
    __int128 bound = sum->any_month ? (__int128)INT32_MAX : (__int128)INT64_MAX;
    if (value > bound || value < -bound - 1) {
        return error_raise(b->err, ERR_INTERVAL_ARITHMETIC_OVERFLOW__WITHOUT_SUGGESTION, s, NULL);
    }
    return bind_interval_constant(b, interval_sum_type(sum), (int64_t)value, s, out);
}

static dbx_status interval_bad_format(binder *b, const ast_interval_literal *l) {
    string_view text = l->text.data != NULL ? l->text : interval_source_text(b, l);
    return error_raise(b->err, ERR_INVALID_INTERVAL_FORMAT__INTERVAL_PARSING,
                       binder_node_span(b, &l->node), "input", binder_cstr(b, text), "interval",
                       "interval", NULL);
}

dbx_status bind_interval(binder *b, const ast_interval_literal *l, expr **out) {
    static const uint8_t positions[] = {
        [AST_FIELD_YEAR] = INTERVAL_YEAR,     [AST_FIELD_MONTH] = INTERVAL_MONTH,
        [AST_FIELD_DAY] = INTERVAL_DAY,       [AST_FIELD_HOUR] = INTERVAL_HOUR,
        [AST_FIELD_MINUTE] = INTERVAL_MINUTE, [AST_FIELD_SECOND] = INTERVAL_SECOND};
    interval_sum sum = {0};
    if (l->has_range && l->part_count == 1) {
        bool year_month = l->from <= AST_FIELD_MONTH;
        if (year_month != (l->to <= AST_FIELD_MONTH) || l->from > l->to)
            return interval_bad_format(b, l);
        type t = year_month ? type_interval_ym(positions[l->from], positions[l->to])
                            : type_interval_dt(positions[l->from], positions[l->to]);
        return bind_text_literal(b, l->parts[0].value, t, binder_node_span(b, &l->node), out);
    }
    if (l->part_count == 0) {
        if (!interval_read_text(l->text, &sum)) {
            return error_raise(b->err, ERR_INVALID_TYPED_LITERAL, binder_node_span(b, &l->node),
                               "valueType", "\"INTERVAL\"", "value",
                               arena_printf(b->arena, "'" SV_FMT "'", SV_ARG(l->text)), NULL);
        }
        return interval_finish(b, l, &sum, out);
    }
    for (uint32_t i = 0; i < l->part_count; i++)
        interval_add(&sum, l->parts[i].value, l->parts[i].unit);
    if (sum.bad) return interval_bad_format(b, l);
    return interval_finish(b, l, &sum, out);
}
