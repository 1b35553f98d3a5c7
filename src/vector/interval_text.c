/* interval_text.c - see the header. Fields are read one by one after the type's first and last
 * field. */
#include "vector/interval_text.h"

#include "kernel/calendar.h"
#include "kernel/number_text.h"

static const char *const interval_dt_names[] = {"DAY", "HOUR", "MINUTE", "SECOND"};
static const int64_t interval_dt_units[] = {MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE,
                                            MICROS_PER_SECOND};

typedef struct interval_writer {
    char *out;
    uint32_t size;
} interval_writer;

static void interval_put(interval_writer *w, const char *text) {
    size_t n = strlen(text);
    memcpy(w->out + w->size, text, n);
    w->size += (uint32_t)n;
}

static void interval_put_number(interval_writer *w, uint64_t value, uint32_t width) {
    char digits[NUMBER_TEXT_MAX];
    uint32_t n = int128_print(value, digits);
    for (uint32_t i = n; i < width; i++) w->out[w->size++] = '0';
    memcpy(w->out + w->size, digits, n);
    w->size += n;
}

/* Seconds with a fraction of at most 6 digits, no trailing zeros; two digits before the point. */
static void interval_put_seconds(interval_writer *w, uint64_t micros) {
    interval_put_number(w, micros / 1000000, 2);
    uint64_t fraction = micros % 1000000;
    if (fraction == 0) return;
    interval_put(w, ".");
    interval_put_number(w, fraction, 6);
    while (w->out[w->size - 1] == '0') w->size--;
}

uint32_t interval_ym_print(int32_t months, type t, bool sql, char *out) {
    interval_writer w = {out, 0};
    uint64_t m = months < 0 ? (uint64_t) - (int64_t)months : (uint64_t)months;
    if (sql) interval_put(&w, "INTERVAL '");
    if (months < 0) interval_put(&w, "-");
    bool both = !sql || t.precision != t.scale;
    if (both) {
        interval_put_number(&w, m / 12, 1);
        interval_put(&w, "-");
        interval_put_number(&w, m % 12, 1);
    } else {
        interval_put_number(&w, t.precision == INTERVAL_YEAR ? m / 12 : m, 1);
    }
    if (sql)
        interval_put(&w, both                           ? "' YEAR TO MONTH"
                         : t.precision == INTERVAL_YEAR ? "' YEAR"
                                                        : "' MONTH");
    return w.size;
}

uint32_t interval_dt_print(int64_t micros, type t, bool sql, char *out) {
    interval_writer w = {out, 0};
    uint64_t rest = micros < 0 ? (uint64_t)0 - (uint64_t)micros : (uint64_t)micros;
    if (!sql) {
        if (micros < 0) interval_put(&w, "-");
        interval_put_number(&w, rest / (uint64_t)MICROS_PER_DAY, 1);
        interval_put(&w, " ");
        interval_put_number(&w, rest / (uint64_t)MICROS_PER_HOUR % 24, 2);
        interval_put(&w, ":");
        interval_put_number(&w, rest / (uint64_t)MICROS_PER_MINUTE % 60, 2);
        interval_put(&w, ":");
        interval_put_number(&w, rest / (uint64_t)MICROS_PER_SECOND % 60, 2);
        interval_put(&w, ".");
        interval_put_number(&w, rest % 1000000 * 1000, 9);
        return w.size;
    }
    interval_put(&w, "INTERVAL '");
    if (micros < 0) interval_put(&w, "-");
    for (uint32_t field = t.precision; field <= t.scale; field++) {
        if (field > t.precision) interval_put(&w, field == INTERVAL_HOUR ? " " : ":");
        uint64_t unit = (uint64_t)interval_dt_units[field];
        if (field == INTERVAL_SECOND)
            interval_put_seconds(&w, rest);
        else
            interval_put_number(&w, rest / unit, field == INTERVAL_DAY ? 1 : 2);
        rest %= unit;
    }
    interval_put(&w, "' ");
    interval_put(&w, interval_dt_names[t.precision]);
    if (t.precision != t.scale) {
        interval_put(&w, " TO ");
        interval_put(&w, interval_dt_names[t.scale]);
    }
    return w.size;
}

static void interval_put_unit(interval_writer *w, int64_t value, const char *unit) {
    if (value == 0) return;
    if (w->size > 0) interval_put(w, " ");
    w->size += number_print_int64(value, w->out + w->size);
    interval_put(w, unit);
}

uint32_t interval_print(dbx_interval v, char *out) {
    interval_writer w = {out, 0};
    interval_put_unit(&w, v.months / 12, " years");
    interval_put_unit(&w, v.months % 12, " months");
    interval_put_unit(&w, v.days, " days");
    interval_put_unit(&w, v.micros / MICROS_PER_HOUR, " hours");
    interval_put_unit(&w, v.micros % MICROS_PER_HOUR / MICROS_PER_MINUTE, " minutes");
    int64_t seconds = v.micros % MICROS_PER_MINUTE;
    if (seconds != 0) {
        if (w.size > 0) interval_put(&w, " ");
        uint32_t n = number_print_decimal(seconds, 6, w.out + w.size);
        w.size += n;
        while (w.out[w.size - 1] == '0') w.size--;
        if (w.out[w.size - 1] == '.') w.size--;
        interval_put(&w, " seconds");
    }
    if (w.size == 0) interval_put(&w, "0 seconds");
    return w.size;
}

/* ---- parsing ---- */

static bool interval_space(char c) {
    return (unsigned char)c <= ' ';
}

static string_view interval_strip(string_view s) {
    while (s.size > 0 && interval_space(s.data[0])) s.data++, s.size--;
    while (s.size > 0 && interval_space(s.data[s.size - 1])) s.size--;
    return s;
}

static bool interval_take(string_view *s, char c) {
    if (s->size == 0 || s->data[0] != c) return false;
    s->data++;
    s->size--;
    return true;
}

static string_view interval_take_word(string_view *s) {
    while (s->size > 0 && interval_space(s->data[0])) s->data++, s->size--;
    size_t n = 0;
    while (n < s->size && ((s->data[n] | 32) >= 'a' && (s->data[n] | 32) <= 'z')) n++;
    string_view word = {s->data, n};
    s->data += n;
    s->size -= n;
    return word;
}

static bool interval_digits(string_view *s, uint64_t *out) {
    size_t n = 0;
    *out = 0;
    while (n < s->size && ascii_is_digit(s->data[n])) {
        if (n == 18) return false;
        *out = *out * 10 + (uint64_t)(s->data[n++] - '0');
    }
    s->data += n;
    s->size -= n;
    return n > 0;
}

/* A whole literal "INTERVAL [+-]'…' DAY TO SECOND" is reduced to what is quoted; *negative takes
 * the outer sign. */
static bool interval_unwrap(string_view *s, const char *first, const char *last, bool *negative) {
    string_view at = *s;
    if (!sv_equal_ignore_case(interval_take_word(&at), SV("interval"))) return true;
    at = interval_strip(at);
    if (interval_take(&at, '-'))
        *negative = !*negative;
    else
        interval_take(&at, '+');
    if (!interval_take(&at, '\'')) return false;
    const char *end = memchr(at.data, '\'', at.size);
    if (end == NULL) return false;
    string_view inside = {at.data, (size_t)(end - at.data)};
    at = (string_view){end + 1, at.size - inside.size - 1};
    if (!sv_equal_ignore_case(interval_take_word(&at), sv_from(first))) return false;
    if (first != last) {
        if (!sv_equal_ignore_case(interval_take_word(&at), SV("to"))) return false;
        if (!sv_equal_ignore_case(interval_take_word(&at), sv_from(last))) return false;
    }
    if (interval_strip(at).size > 0) return false;
    *s = inside;
    return true;
}

static void interval_sign(string_view *s, bool *negative) {
    *s = interval_strip(*s);
    if (interval_take(s, '-'))
        *negative = !*negative;
    else
        interval_take(s, '+');
}

interval_status interval_ym_parse(string_view text, type t, int32_t *months) {
    static const char *const names[] = {"YEAR", "MONTH"};
    string_view s = interval_strip(text);
    bool negative = false;
    uint64_t years = 0, rest = 0;
    if (!interval_unwrap(&s, names[t.precision], names[t.scale], &negative))
        return INTERVAL_MALFORMED;
    interval_sign(&s, &negative);
    if (t.precision == INTERVAL_YEAR && !interval_digits(&s, &years)) return INTERVAL_MALFORMED;
    if (t.precision == INTERVAL_YEAR && t.scale == INTERVAL_MONTH && !interval_take(&s, '-'))
        return INTERVAL_MALFORMED;
    if (t.scale == INTERVAL_MONTH && !interval_digits(&s, &rest)) return INTERVAL_MALFORMED;
    if (s.size > 0 || (t.precision == INTERVAL_YEAR && rest > 11)) return INTERVAL_MALFORMED;
    if (years > 200000000 || rest > 3000000000u) return INTERVAL_OVERFLOW;
    int64_t total = (int64_t)(years * 12 + rest);
    if (negative) total = -total;
    *months = (int32_t)total;
    return total == *months ? INTERVAL_OK : INTERVAL_OVERFLOW;
}

interval_status interval_dt_parse(string_view text, type t, int64_t *micros) {
    static const uint64_t limits[] = {UINT64_MAX, 23, 59, 59};
    string_view s = interval_strip(text);
    bool negative = false;
    int128 total = 0;
    if (!interval_unwrap(&s, interval_dt_names[t.precision], interval_dt_names[t.scale], &negative))
        return INTERVAL_MALFORMED;
    interval_sign(&s, &negative);
    for (uint32_t field = t.precision; field <= t.scale; field++) {
        uint64_t value;
        if (field > t.precision && !interval_take(&s, field == INTERVAL_HOUR ? ' ' : ':'))
            return INTERVAL_MALFORMED;
        if (!interval_digits(&s, &value)) return INTERVAL_MALFORMED;
        if (field > t.precision && value > limits[field]) return INTERVAL_MALFORMED;
        total += (int128)value * interval_dt_units[field];
        if (field != INTERVAL_SECOND || !interval_take(&s, '.')) continue;
        int64_t unit = 100000;
        uint32_t digits = 0;
        for (; s.size > 0 && ascii_is_digit(s.data[0]); digits++) {
            total += (s.data[0] - '0') * unit;
            unit /= 10;
            s.data++;
            s.size--;
        }
        if (digits > 9) return INTERVAL_MALFORMED;
    }
    if (s.size > 0) return INTERVAL_MALFORMED;
    if (negative) total = -total;
    *micros = (int64_t)total;
    return total == *micros ? INTERVAL_OK : INTERVAL_OVERFLOW;
}

int interval_unit(string_view name) {
    static const char *const names[] = {"year", "quarter", "month",  "week",        "day",
                                        "hour", "minute",  "second", "millisecond", "microsecond"};
    for (int i = 0; i < (int)ARRAY_COUNT(names); i++) {
        string_view base = sv_from(names[i]);
        if (sv_equal_ignore_case(name, base)) return i;
        if (name.size == base.size + 1 && (name.data[base.size] | 32) == 's' &&
            sv_equal_ignore_case((string_view){name.data, base.size}, base))
            return i;
    }
    return -1;
}

/* Adds value (plus fraction / 10^9) of a unit. */
static interval_status interval_add_unit(dbx_interval *v, int unit, int64_t value, int64_t nanos) {
    static const int64_t micros[] = {
        0, 0, 0, 0, 0, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND, 1000, 1};
    if (nanos != 0 && unit != 7) return INTERVAL_MALFORMED;
    int64_t total;
    if (unit <= 2) {
        static const int64_t months[] = {12, 3, 1};
        if (__builtin_mul_overflow(value, months[unit], &total) ||
            __builtin_add_overflow(total, v->months, &total) || total != (int32_t)total)
            return INTERVAL_OVERFLOW;
        v->months = (int32_t)total;
    } else if (unit <= 4) {
        if (__builtin_mul_overflow(value, unit == 3 ? 7 : 1, &total) ||
            __builtin_add_overflow(total, v->days, &total) || total != (int32_t)total)
            return INTERVAL_OVERFLOW;
        v->days = (int32_t)total;
    } else {
        if (__builtin_mul_overflow(value, micros[unit], &total) ||
            __builtin_add_overflow(total, nanos / 1000, &total) ||
            __builtin_add_overflow(total, v->micros, &v->micros))
            return INTERVAL_OVERFLOW;
    }
    return INTERVAL_OK;
}

interval_status interval_parse(string_view text, dbx_interval *out) {
    string_view s = interval_strip(text), probe = s;
    uint32_t units = 0;
    *out = (dbx_interval){0, 0, 0};
    if (sv_equal_ignore_case(interval_take_word(&probe), SV("interval")) && probe.size > 0 &&
        interval_space(probe.data[0]))
        s = interval_strip(probe);
    while (s.size > 0) {
        bool negative = false;
        if (interval_take(&s, '-'))
            negative = true;
        else
            interval_take(&s, '+');
        s = interval_strip(s);
        uint64_t value = 0;
        int64_t nanos = 0, unit_size = 100000000;
        bool point = s.size > 0 && s.data[0] == '.';
        if (!point && !interval_digits(&s, &value)) return INTERVAL_MALFORMED;
        if (interval_take(&s, '.')) {
            uint32_t digits = 0;
            for (; s.size > 0 && ascii_is_digit(s.data[0]); digits++) {
                nanos += (s.data[0] - '0') * unit_size;
                unit_size /= 10;
                s.data++;
                s.size--;
            }
            if (digits > 9 || (point && digits == 0)) return INTERVAL_MALFORMED;
        }
        if (s.size == 0 || !interval_space(s.data[0])) return INTERVAL_MALFORMED;
        int unit = interval_unit(interval_take_word(&s));
        if (unit < 0 || unit == 1 || (s.size > 0 && !interval_space(s.data[0])))
            return INTERVAL_MALFORMED;
        int64_t signed_value = negative ? -(int64_t)value : (int64_t)value;
        interval_status status =
            interval_add_unit(out, unit, signed_value, negative ? -nanos : nanos);
        if (status != INTERVAL_OK) return status;
        units++;
        s = interval_strip(s);
    }
    return units > 0 ? INTERVAL_OK : INTERVAL_MALFORMED;
}

const char *interval_format_text(type t) {
    static const char *const ym[2][2] = {
        {"`[+|-]y`, `INTERVAL [+|-]'[+|-]y' YEAR`",
         "`[+|-]y-m`, `INTERVAL [+|-]'[+|-]y-m' YEAR TO MONTH`"},
        {"", "`[+|-]m`, `INTERVAL [+|-]'[+|-]m' MONTH`"},
    };
    static const char *const dt[4][4] = {
        {"`[+|-]d`, `INTERVAL [+|-]'[+|-]d' DAY`",
         "`[+|-]d h`, `INTERVAL [+|-]'[+|-]d h' DAY TO HOUR`",
         "`[+|-]d h:m`, `INTERVAL [+|-]'[+|-]d h:m' DAY TO MINUTE`",
         "`[+|-]d h:m:s.n`, `INTERVAL [+|-]'[+|-]d h:m:s.n' DAY TO SECOND`"},
        {"", "`[+|-]h`, `INTERVAL [+|-]'[+|-]h' HOUR`",
         "`[+|-]h:m`, `INTERVAL [+|-]'[+|-]h:m' HOUR TO MINUTE`",
         "`[+|-]h:m:s.n`, `INTERVAL [+|-]'[+|-]h:m:s.n' HOUR TO SECOND`"},
        {"", "", "`[+|-]m`, `INTERVAL [+|-]'[+|-]m' MINUTE`",
         "`[+|-]m:s.n`, `INTERVAL [+|-]'[+|-]m:s.n' MINUTE TO SECOND`"},
        {"", "", "", "`[+|-]s.n`, `INTERVAL [+|-]'[+|-]s.n' SECOND`"},
    };
    return t.id == TYPE_INTERVAL_YM ? ym[t.precision & 1][t.scale & 1]
                                    : dt[t.precision & 3][t.scale & 3];
}
