/* number_text.c - number formatting and parsing.
 *
 * Shortest digits: a double that has a decimal form of at most 15 digits is given back by 15-digit
 * printing, so 15, 16 and 17 digits are tried in turn; most values of real data take the path
 * before that, where x * 10^k is a whole number below 2^53. Subnormal numbers start at two digits,
 * as Java does. Parsing takes Clinger's exact path and leaves the rest to strtod.
 */
#include "kernel/number_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NUMBER_DIGITS_MAX = 800, /* significant digits that parsing looks at */
    NUMBER_EXPONENT_MAX = 20000,
};

static const double number_powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* ---- printing ---- */

static uint32_t number_print_uint64(uint64_t x, char *out) {
    static const char pairs[] =
        "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243"
        "4445464748495051525354555657585960616263646566676869707172737475767778798081828384858687"
        "888990919293949596979899";
    char digits[20];
    uint32_t at = 20;
    while (x >= 100) {
        uint32_t pair = (uint32_t)(x % 100);
        x /= 100;
        at -= 2;
        memcpy(digits + at, pairs + 2 * pair, 2);
    }
    if (x >= 10) {
        at -= 2;
        memcpy(digits + at, pairs + 2 * x, 2);
    } else {
        digits[--at] = (char)('0' + x);
    }
    memcpy(out, digits + at, 20 - at);
    return 20 - at;
}

uint32_t number_print_int64(int64_t x, char *out) {
    uint32_t n = 0;
    if (x < 0) out[n++] = '-';
    return n + number_print_uint64(x < 0 ? (uint64_t)0 - (uint64_t)x : (uint64_t)x, out + n);
}

uint32_t number_print_decimal(int128 unscaled, uint32_t scale, char *out) {
    char digits[40];
    uint32_t n = 0, count = int128_print(int128_magnitude(unscaled), digits);
    if (unscaled < 0) out[n++] = '-';
    if (scale == 0) {
        memcpy(out + n, digits, count);
        return n + count;
    }
    if (count <= scale) {
        out[n++] = '0';
        out[n++] = '.';
        memset(out + n, '0', scale - count);
        n += scale - count;
        memcpy(out + n, digits, count);
        return n + count;
    }
    memcpy(out + n, digits, count - scale);
    n += count - scale;
    out[n++] = '.';
    memcpy(out + n, digits + count - scale, scale);
    return n + scale;
}

/* Significant digits d1d2… and the exponent of d1: value = d1.d2… * 10^exponent. */
typedef struct number_digits {
    char digit[20];
    uint32_t count;
    int32_t exponent;
} number_digits;

static void number_trim(number_digits *d) {
    while (d->count > 1 && d->digit[d->count - 1] == '0') d->count--;
}

/* Reads "1.2345e+10" as snprintf gives it, whatever the decimal point is. */
static void number_read_scientific(const char *text, number_digits *d) {
    d->count = 0;
    while (*text != 'e') {
        if (*text >= '0' && *text <= '9' && d->count < sizeof(d->digit))
            d->digit[d->count++] = *text;
        text++;
    }
    d->exponent = atoi(text + 1);
    number_trim(d);
}

static bool number_shortest_easy(double x, number_digits *d) {
    if (x >= 1e15 || x < 1e-5) return false;
    for (uint32_t k = 0; k <= 6; k++) {
        double scaled = x * number_powers[k];
        if (scaled >= 1e15) return false;
        uint64_t whole = (uint64_t)scaled;
        for (uint64_t w = whole; w <= whole + 1; w++) {
            if (w == 0 || (double)w / number_powers[k] != x) continue;
            d->count = number_print_uint64(w, d->digit);
            d->exponent = (int32_t)d->count - 1 - (int32_t)k;
            number_trim(d);
            return true;
        }
    }
    return false;
}

static void number_shortest(double x, number_digits *d) {
    char text[40];
    if (number_shortest_easy(x, d)) return;
    for (int precision = x < 2.3e-308 ? 1 : 14; precision <= 16; precision++) {
        snprintf(text, sizeof(text), "%.*e", precision, x);
        if (precision == 16 || strtod(text, NULL) == x) break;
    }
    number_read_scientific(text, d);
}

static void number_shortest_float(float x, number_digits *d) {
    char text[40];
    for (int precision = x < 1.2e-38f ? 1 : 5; precision <= 8; precision++) {
        snprintf(text, sizeof(text), "%.*e", precision, (double)x);
        if (precision == 8 || strtof(text, NULL) == x) break;
    }
    number_read_scientific(text, d);
}

/* Java's layout: plain within [10^-3, 10^7), else computerized scientific notation. */
static uint32_t number_layout(bool negative, const number_digits *d, char *out) {
    uint32_t n = 0;
    if (negative) out[n++] = '-';
    int32_t e = d->exponent;
    if (e >= -3 && e < 7) {
        if (e < 0) {
            out[n++] = '0';
            out[n++] = '.';
            for (int32_t i = -1; i > e; i--) out[n++] = '0';
            memcpy(out + n, d->digit, d->count);
            return n + d->count;
        }
        uint32_t whole = (uint32_t)e + 1;
        for (uint32_t i = 0; i < whole; i++) out[n++] = i < d->count ? d->digit[i] : '0';
        out[n++] = '.';
        if (d->count <= whole) out[n++] = '0';
        for (uint32_t i = whole; i < d->count; i++) out[n++] = d->digit[i];
        return n;
    }
    out[n++] = d->digit[0];
    out[n++] = '.';
    if (d->count == 1) out[n++] = '0';
    for (uint32_t i = 1; i < d->count; i++) out[n++] = d->digit[i];
    out[n++] = 'E';
    return n + number_print_int64(e, out + n);
}

static uint32_t number_print_special(double x, char *out) {
    const char *text = x != x   ? "NaN"
                       : x == 0 ? (signbit(x) ? "-0.0" : "0.0")
                       : x > 0  ? "Infinity"
                                : "-Infinity";
    size_t size = strlen(text);
    memcpy(out, text, size);
    return (uint32_t)size;
}

uint32_t number_print_double(double x, char *out) {
    number_digits d;
    if (x != x || x == 0 || isinf(x)) return number_print_special(x, out);
    number_shortest(fabs(x), &d);
    return number_layout(x < 0, &d, out);
}

uint32_t number_print_float(float x, char *out) {
    number_digits d;
    if (x != x || x == 0 || isinf(x)) return number_print_special((double)x, out);
    number_shortest_float(fabsf(x), &d);
    return number_layout(x < 0, &d, out);
}

/* ---- parsing ---- */

static void number_strip(const char **text, size_t *size) {
    while (*size > 0 && (unsigned char)(*text)[0] <= ' ') {
        (*text)++;
        (*size)--;
    }
    while (*size > 0 && (unsigned char)(*text)[*size - 1] <= ' ') (*size)--;
}

number_status number_parse_int64(const char *text, size_t size, bool allow_fraction, int64_t *out) {
    number_strip(&text, &size);
    size_t at = 0;
    bool negative = false;
    if (at < size && (text[at] == '-' || text[at] == '+')) negative = text[at++] == '-';
    size_t first = at;
    uint64_t value = 0;
    bool overflow = false;
    for (; at < size && text[at] >= '0' && text[at] <= '9'; at++) {
        uint64_t digit = (uint64_t)(text[at] - '0');
        if (value > (UINT64_MAX - digit) / 10) overflow = true;
        value = value * 10 + digit;
    }
    size_t digits = at - first;
    if (allow_fraction && at < size && text[at] == '.') {
        at++;
        size_t point = at;
        while (at < size && text[at] >= '0' && text[at] <= '9') at++;
        digits += at - point;
    }
    if (digits == 0 || at < size) return NUMBER_MALFORMED;
    uint64_t limit = (uint64_t)INT64_MAX + negative;
    if (overflow || value > limit) return NUMBER_OVERFLOW;
    *out = (int64_t)(negative ? (uint64_t)0 - value : value);
    return NUMBER_OK;
}

/* A parsed literal: 0.digits * 10^exponent with leading and trailing zeros removed. */
typedef struct number_scan {
    bool negative;
    const char *start; /* first significant digit in the text */
    uint32_t count;    /* significant digits; the text may have a point among them */
    int64_t exponent;  /* value = d1d2…dn * 10^(exponent - n) */
} number_scan;

static bool number_scan_text(const char *text, size_t size, number_scan *s) {
    size_t at = 0;
    *s = (number_scan){0};
    if (at < size && (text[at] == '-' || text[at] == '+')) s->negative = text[at++] == '-';
    bool any = false, point = false;
    int64_t whole = 0; /* digits before the point, from the first significant one */
    int64_t zeros = 0; /* zeros right after the point before the first significant digit */
    uint32_t count = 0, trailing = 0;
    for (; at < size; at++) {
        char c = text[at];
        if (c == '.') {
            if (point) return false;
            point = true;
            continue;
        }
        if (c < '0' || c > '9') break;
        any = true;
        if (count == 0 && c == '0') {
            if (point) zeros++;
            continue;
        }
        if (count == 0) s->start = text + at;
        count++;
        trailing = c == '0' ? trailing + 1 : 0;
        if (!point) whole++;
    }
    if (!any) return false;
    s->count = count - (count == 0 ? 0 : trailing);
    s->exponent = whole > 0 ? whole : -zeros;
    if (at < size && (text[at] == 'e' || text[at] == 'E')) {
        at++;
        bool minus = false;
        if (at < size && (text[at] == '-' || text[at] == '+')) minus = text[at++] == '-';
        int64_t e = 0;
        size_t first = at;
        for (; at < size && text[at] >= '0' && text[at] <= '9'; at++) {
            if (e < NUMBER_EXPONENT_MAX) e = e * 10 + (text[at] - '0');
        }
        if (at == first) return false;
        s->exponent += minus ? -e : e;
    }
    return at == size;
}

static char number_next_digit(const char **at) {
    if (**at == '.') (*at)++;
    return *(*at)++;
}

static bool number_is_word(const char *text, size_t size, const char *word) {
    size_t n = strlen(word);
    if (size != n) return false;
    for (size_t i = 0; i < n; i++) {
        if ((text[i] | 32) != word[i]) return false;
    }
    return true;
}

static bool number_parse_special(const char *text, size_t size, double *out) {
    bool negative = false;
    if (size > 0 && (text[0] == '-' || text[0] == '+')) {
        negative = text[0] == '-';
        text++;
        size--;
    } else if (number_is_word(text, size, "nan")) {
        *out = (double)NAN;
        return true;
    }
    if (!number_is_word(text, size, "inf") && !number_is_word(text, size, "infinity")) return false;
    *out = negative ? -(double)INFINITY : (double)INFINITY;
    return true;
}

/* Writes "digitsE±n" for strtod and strtof: no decimal point, so no locale matters. */
static void number_canonical(const number_scan *s, char *out, size_t out_size) {
    uint32_t kept = s->count < NUMBER_DIGITS_MAX ? s->count : NUMBER_DIGITS_MAX;
    const char *at = s->start;
    size_t n = 0;
    for (uint32_t i = 0; i < kept; i++) out[n++] = number_next_digit(&at);
    /* A digit beyond the kept ones only matters as "not exactly half way". */
    if (kept < s->count) out[n++] = '1', kept++;
    snprintf(out + n, out_size - n, "e%lld", (long long)(s->exponent - kept));
}

static bool number_prepare(const char **text, size_t *size, number_scan *s) {
    if (*size > 1) {
        char last = (char)((*text)[*size - 1] | 32);
        char before = (*text)[*size - 2];
        if ((last == 'd' || last == 'f') && ((before >= '0' && before <= '9') || before == '.'))
            (*size)--;
    }
    return number_scan_text(*text, *size, s);
}

number_status number_parse_double(const char *text, size_t size, double *out) {
    number_scan s;
    number_strip(&text, &size);
    if (!number_prepare(&text, &size, &s))
        return number_parse_special(text, size, out) ? NUMBER_OK : NUMBER_MALFORMED;
    if (s.count == 0) {
        *out = s.negative ? -0.0 : 0.0;
        return NUMBER_OK;
    }
    int64_t power = s.exponent - s.count;
    if (s.count <= 15 && power >= -22 && power <= 22) {
        uint64_t mantissa = 0;
        const char *at = s.start;
        for (uint32_t i = 0; i < s.count; i++)
            mantissa = mantissa * 10 + (uint64_t)(number_next_digit(&at) - '0');
        double value = power < 0 ? (double)mantissa / number_powers[-power]
                                 : (double)mantissa * number_powers[power];
        *out = s.negative ? -value : value;
        return NUMBER_OK;
    }
    char canonical[NUMBER_DIGITS_MAX + 32];
    number_canonical(&s, canonical, sizeof(canonical));
    double value = strtod(canonical, NULL);
    *out = s.negative ? -value : value;
    return NUMBER_OK;
}

number_status number_parse_float(const char *text, size_t size, float *out) {
    number_scan s;
    double special;
    number_strip(&text, &size);
    if (!number_prepare(&text, &size, &s)) {
        if (!number_parse_special(text, size, &special)) return NUMBER_MALFORMED;
        *out = (float)special;
        return NUMBER_OK;
    }
    char canonical[NUMBER_DIGITS_MAX + 32];
    number_canonical(&s, canonical, sizeof(canonical));
    float value = s.count == 0 ? 0.0f : strtof(canonical, NULL);
    *out = s.negative ? -value : value;
    return NUMBER_OK;
}

/* digits * 10^(exponent - count) to a scale, half up. */
static number_status number_round(const number_scan *s, uint32_t precision, uint32_t scale,
                                  int128 *out) {
    int64_t kept = s->exponent + scale; /* digits that stay */
    *out = 0;
    if (s->count == 0 || kept < 0) return NUMBER_OK;
    if (kept > precision) return NUMBER_OVERFLOW;
    int128 value = 0;
    const char *at = s->start;
    bool up = false;
    for (int64_t i = 0; i < kept; i++)
        value = value * 10 + (i < s->count ? number_next_digit(&at) - '0' : 0);
    if (kept < s->count) up = number_next_digit(&at) >= '5';
    value += up;
    if (value >= int128_power10[precision]) return NUMBER_OVERFLOW;
    *out = s->negative ? -value : value;
    return NUMBER_OK;
}

number_status number_parse_decimal(const char *text, size_t size, uint32_t precision,
                                   uint32_t scale, int128 *out) {
    number_scan s;
    number_strip(&text, &size);
    if (!number_scan_text(text, size, &s)) return NUMBER_MALFORMED;
    return number_round(&s, precision, scale, out);
}

static number_status number_digits_to_decimal(const number_digits *d, bool negative,
                                              uint32_t precision, uint32_t scale, int128 *out) {
    number_scan s = {
        .negative = negative, .start = d->digit, .count = d->count, .exponent = d->exponent + 1};
    return number_round(&s, precision, scale, out);
}

number_status number_double_to_decimal(double x, uint32_t precision, uint32_t scale, int128 *out) {
    number_digits d;
    if (x != x || isinf(x)) return NUMBER_OVERFLOW;
    *out = 0;
    if (x == 0) return NUMBER_OK;
    number_shortest(fabs(x), &d);
    return number_digits_to_decimal(&d, x < 0, precision, scale, out);
}

number_status number_float_to_decimal(float x, uint32_t precision, uint32_t scale, int128 *out) {
    return number_double_to_decimal((double)x, precision, scale, out);
}

double number_round_double(double x, int32_t scale, bool half_even) {
    number_digits d;
    if (x != x || isinf(x) || x == 0) return x;
    number_shortest(fabs(x), &d);
    int64_t kept = (int64_t)d.exponent + 1 + scale; /* digits that stay */
    if (kept >= d.count) return x;
    if (kept < 0) return x < 0 ? -0.0 : 0.0;
    uint64_t value = 0;
    for (int64_t i = 0; i < kept; i++) value = value * 10 + (uint64_t)(d.digit[i] - '0');
    bool tie = d.digit[kept] == '5' && kept + 1 == d.count;
    if (d.digit[kept] > '5' || (d.digit[kept] == '5' && (!tie || !half_even || (value & 1) != 0)))
        value++;
    char text[NUMBER_TEXT_MAX];
    uint32_t n = number_print_uint64(value, text);
    snprintf(text + n, sizeof(text) - n, "e%d", -scale);
    double rounded = strtod(text, NULL);
    return x < 0 ? -rounded : rounded;
}
