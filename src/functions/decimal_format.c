/* decimal_format.c - see decimal_format.h. Separators are those of the root locale: a comma between
 * groups, a point before decimals. */
#include "functions/decimal_format.h"

#include "kernel/number_text.h"

#include <math.h>
#include <stdio.h>

/* ---- patterns ---- */

typedef struct format_reader {
    const char *at, *end;
    decimal_format *f;
} format_reader;

/* Text before or after the digits; quotes take special characters as themselves. False when it is
 * too long. */
static bool format_read_affix(format_reader *r, char *to) {
    size_t n = 0;
    bool quoted = false;
    for (; r->at < r->end; r->at++) {
        char c = *r->at;
        if (c == '\'') {
            if (r->at + 1 < r->end && r->at[1] == '\'') {
                r->at++;
            } else {
                quoted = !quoted;
                continue;
            }
        } else if (!quoted) {
            if (c == '#' || c == '0' || c == ',' || c == '.' || c == ';') break;
            if (c == '%') r->f->multiplier = 2;
            if (r->end - r->at >= 3 && memcmp(r->at, "\xE2\x80\xB0", 3) == 0) r->f->multiplier = 3;
        }
        if (n + 1 >= DECIMAL_FORMAT_AFFIX_MAX) return false;
        to[n++] = c;
    }
    to[n] = '\0';
    return !quoted;
}

typedef struct format_counts {
    uint32_t left, zero, right; /* '#', then '0', then '#' again */
    int32_t point;              /* digits before the point; -1: none */
    int32_t group;              /* digits since the last separator; -1: none */
} format_counts;

static bool format_read_digits(format_reader *r, format_counts *c) {
    *c = (format_counts){.point = -1, .group = -1};
    for (; r->at < r->end; r->at++) {
        switch (*r->at) {
        case '#':
            if (c->zero > 0)
                c->right++;
            else
                c->left++;
            if (c->group >= 0 && c->point < 0) c->group++;
            break;
        case '0':
            if (c->right > 0) return false;
            c->zero++;
            if (c->group >= 0 && c->point < 0) c->group++;
            break;
        case ',':
            if (c->point >= 0) return false;
            c->group = 0;
            break;
        case '.':
            if (c->point >= 0) return false;
            c->point = (int32_t)(c->left + c->zero + c->right);
            break;
        default:
            return *r->at != 'E';
        }
        if (c->left + c->zero + c->right > DECIMAL_FORMAT_DIGITS_MAX) return false;
    }
    return true;
}

/* What the counts mean: java.text.DecimalFormat.applyPattern. */
static bool format_apply(format_counts *c, decimal_format *f) {
    if (c->zero == 0 && c->left > 0 && c->point >= 0) {
        uint32_t n = MAX((uint32_t)c->point, 1u);
        c->right = c->left - n;
        c->left = n - 1;
        c->zero = 1;
    }
    uint32_t total = c->left + c->zero + c->right;
    uint32_t point = c->point >= 0 ? (uint32_t)c->point : total;
    if (c->point >= 0 && (point < c->left || point > c->left + c->zero)) return false;
    if (c->group == 0) return false;
    f->min_integer = point - c->left;
    f->max_fraction = c->point >= 0 ? total - point : 0;
    f->min_fraction = c->point >= 0 ? c->left + c->zero - point : 0;
    f->group = c->group > 0 ? (uint32_t)c->group : 0;
    f->always_point = c->point >= 0 && (point == 0 || point == total);
    return true;
}

bool decimal_format_read(string_view pattern, decimal_format *out) {
    memset(out, 0, sizeof(*out));
    format_reader r = {pattern.data, pattern.data + pattern.size, out};
    format_counts counts, ignored;
    if (!format_read_affix(&r, out->prefix[0]) || !format_read_digits(&r, &counts) ||
        !format_read_affix(&r, out->suffix[0]) || !format_apply(&counts, out))
        return false;
    if (r.at == r.end) {
        snprintf(out->prefix[1], sizeof(out->prefix[1]), "-%.*s", DECIMAL_FORMAT_AFFIX_MAX - 2,
                 out->prefix[0]);
        memcpy(out->suffix[1], out->suffix[0], sizeof(out->suffix[1]));
        return true;
    }
    if (*r.at++ != ';') return false;
    return format_read_affix(&r, out->prefix[1]) && format_read_digits(&r, &ignored) &&
           format_read_affix(&r, out->suffix[1]) && r.at == r.end;
}

void decimal_format_fixed(uint32_t decimals, decimal_format *out) {
    memset(out, 0, sizeof(*out));
    out->prefix[1][0] = '-';
    out->min_integer = 1;
    out->min_fraction = out->max_fraction = MIN(decimals, (uint32_t)DECIMAL_FORMAT_DIGITS_MAX);
    out->group = 3;
}

/* ---- numbers ---- */

/* Writes digits of the integer part (without leading zeros) and decimals (as many as rounded). */
static dbx_status format_write(const decimal_format *f, bool negative, string_view integer,
                               string_view fraction, text_build *b) {
    while (integer.size > 0 && integer.data[0] == '0') integer.data++, integer.size--;
    while (fraction.size > f->min_fraction && fraction.data[fraction.size - 1] == '0')
        fraction.size--;
    TRY(text_build_add(b, f->prefix[negative], strlen(f->prefix[negative])));
    size_t width = MAX(integer.size, (size_t)f->min_integer);
    if (width == 0 && fraction.size == 0) width = 1; /* a number has a digit */
    for (size_t i = 0; i < width; i++) {
        size_t left = width - i;
        if (i > 0 && f->group > 0 && left % f->group == 0) TRY(text_build_char(b, ','));
        TRY(text_build_char(b, left > integer.size ? '0' : integer.data[integer.size - left]));
    }
    if (fraction.size > 0 || f->min_fraction > 0 || f->always_point) TRY(text_build_char(b, '.'));
    TRY(text_build_add(b, fraction.data, fraction.size));
    for (size_t i = fraction.size; i < f->min_fraction; i++) TRY(text_build_char(b, '0'));
    return text_build_add(b, f->suffix[negative], strlen(f->suffix[negative]));
}

dbx_status decimal_format_decimal(const decimal_format *f, int128 value, uint32_t scale,
                                  text_build *b) {
    char digits[NUMBER_TEXT_MAX + 8];
    uint32_t lowered = MIN(scale, f->multiplier), raised = f->multiplier - lowered;
    scale -= lowered;
    if (scale > f->max_fraction) {
        value = int128_divide_half_even(value, int128_power10[scale - f->max_fraction]);
        scale = f->max_fraction;
    }
    uint32_t size = int128_print(int128_magnitude(value), digits);
    if (size <= scale) { /* leading zeros up to the point */
        uint32_t zeros = scale + 1 - size;
        memmove(digits + zeros, digits, size);
        memset(digits, '0', zeros);
        size += zeros;
    }
    for (; raised > 0 && value != 0; raised--) digits[size++] = '0';
    string_view integer = {digits, size - scale}, fraction = {digits + size - scale, scale};
    return format_write(f, value < 0, integer, fraction, b);
}

dbx_status decimal_format_double(const decimal_format *f, double value, text_build *b) {
    enum { INTEGER_DIGITS = 320 };
    char digits[INTEGER_DIGITS + DECIMAL_FORMAT_DIGITS_MAX + 8];
    if (isnan(value)) return text_build_add(b, "NaN", 3);
    bool negative = signbit(value) != 0;
    if (isinf(value)) {
        TRY(text_build_add(b, f->prefix[negative], strlen(f->prefix[negative])));
        TRY(text_build_add(b, "\xE2\x88\x9E", 3));
        return text_build_add(b, f->suffix[negative], strlen(f->suffix[negative]));
    }
    for (uint32_t i = 0; i < f->multiplier; i++) value *= 10;
    int size = snprintf(digits, sizeof(digits), "%.*f", (int)f->max_fraction, fabs(value));
    assert(size > 0 && (size_t)size < sizeof(digits));
    /* The point may be another character in the process's locale. */
    size_t integer = (size_t)size - f->max_fraction;
    string_view whole = {digits, integer};
    while (whole.size > 0 && !ascii_is_digit(whole.data[whole.size - 1])) whole.size--;
    return format_write(f, negative, whole, (string_view){digits + integer, f->max_fraction}, b);
}
