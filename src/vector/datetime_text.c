/* datetime_text.c - the fixed formats of CAST; patterns are datetime_format.c's.
 *
 * Accepted dates: [+-]y{4,7}[-m{1,2}[-d{1,2}[( |T)…]]]. Timestamps go on with [(
 * |T)h{1,2}:m{1,2}[:s{1,2}[.f*]][zone]]; digits of a fraction past microseconds are dropped.
 */
#include "vector/datetime_text.h"

#include "kernel/calendar.h"
#include "kernel/number_text.h"

/* ---- printing ---- */

static uint32_t datetime_print_padded(int64_t value, uint32_t width, char *out) {
    char digits[NUMBER_TEXT_MAX];
    uint32_t count = number_print_int64(value, digits), n = 0;
    while (n + count < width) out[n++] = '0';
    memcpy(out + n, digits, count);
    return n + count;
}

uint32_t date_print(int32_t days, char *out) {
    civil_date c = calendar_civil(days);
    uint32_t n = 0;
    if (c.year < 0)
        out[n++] = '-';
    else if (c.year > 9999)
        out[n++] = '+';
    n += datetime_print_padded(c.year < 0 ? -(int64_t)c.year : c.year, 4, out + n);
    out[n++] = '-';
    n += datetime_print_padded(c.month, 2, out + n);
    out[n++] = '-';
    return n + datetime_print_padded(c.day, 2, out + n);
}

uint32_t time_print(int64_t micros, char *out) {
    assert(micros >= 0 && micros < MICROS_PER_DAY);
    uint32_t n = datetime_print_padded(micros / MICROS_PER_HOUR, 2, out);
    out[n++] = ':';
    n += datetime_print_padded(micros / MICROS_PER_MINUTE % 60, 2, out + n);
    out[n++] = ':';
    n += datetime_print_padded(micros / MICROS_PER_SECOND % 60, 2, out + n);
    int64_t fraction = micros % MICROS_PER_SECOND;
    if (fraction == 0) return n;
    out[n++] = '.';
    n += datetime_print_padded(fraction, 6, out + n);
    while (out[n - 1] == '0') n--;
    return n;
}

uint32_t timestamp_print(int64_t local_micros, char *out) {
    int64_t days = floor_divide(local_micros, MICROS_PER_DAY);
    uint32_t n = date_print((int32_t)days, out);
    out[n++] = ' ';
    return n + time_print(local_micros - days * MICROS_PER_DAY, out + n);
}

/* ---- parsing ---- */

static string_view datetime_strip(string_view s) {
    while (s.size > 0 && (unsigned char)s.data[0] <= ' ') s.data++, s.size--;
    while (s.size > 0 && (unsigned char)s.data[s.size - 1] <= ' ') s.size--;
    return s;
}

static bool datetime_number(string_view *s, uint32_t least, uint32_t most, int64_t *out) {
    uint32_t n = 0;
    *out = 0;
    while (n < s->size && ascii_is_digit(s->data[n])) {
        if (n == most) return false;
        *out = *out * 10 + (s->data[n++] - '0');
    }
    s->data += n;
    s->size -= n;
    return n >= least;
}

static bool datetime_take(string_view *s, char c) {
    if (s->size == 0 || s->data[0] != c) return false;
    s->data++;
    s->size--;
    return true;
}

/* Reads the date at the start; the rest stays in *s. *parts: 1 year, 2 month, 3 day. */
static bool datetime_scan_date(string_view *s, int32_t *days, uint32_t *parts) {
    bool negative = datetime_take(s, '-');
    if (!negative) datetime_take(s, '+');
    int64_t year, month = 1, day = 1;
    if (!datetime_number(s, 4, 7, &year)) return false;
    if (negative) year = -year;
    *parts = 1;
    if (datetime_take(s, '-')) {
        if (!datetime_number(s, 1, 2, &month)) return false;
        *parts = 2;
        if (datetime_take(s, '-')) {
            if (!datetime_number(s, 1, 2, &day)) return false;
            *parts = 3;
        }
    }
    if (month < 1 || month > 12 || day < 1 || day > calendar_month_days(year, (int32_t)month))
        return false;
    int64_t value = calendar_days(year, month, day);
    *days = (int32_t)value;
    return value == *days;
}

bool date_parse(string_view text, int32_t *days) {
    string_view s = datetime_strip(text);
    uint32_t parts;
    if (!datetime_scan_date(&s, days, &parts)) return false;
    return s.size == 0 || (parts == 3 && (s.data[0] == ' ' || s.data[0] == 'T'));
}

/* h:m[:s[.f]] */
static bool datetime_scan_time(string_view *s, int64_t *micros) {
    int64_t hour, minute, second = 0, fraction = 0;
    if (!datetime_number(s, 1, 2, &hour) || !datetime_take(s, ':') ||
        !datetime_number(s, 1, 2, &minute))
        return false;
    if (datetime_take(s, ':')) {
        if (!datetime_number(s, 1, 2, &second)) return false;
        if (datetime_take(s, '.')) {
            int64_t unit = 100000;
            while (s->size > 0 && ascii_is_digit(s->data[0])) {
                fraction += (s->data[0] - '0') * unit;
                unit /= 10;
                s->data++;
                s->size--;
            }
        }
    }
    if (hour > 23 || minute > 59 || second > 59) return false;
    *micros = ((hour * 60 + minute) * 60 + second) * MICROS_PER_SECOND + fraction;
    return true;
}

bool timestamp_parse_parts(string_view text, timestamp_scan *out) {
    string_view s = datetime_strip(text);
    *out = (timestamp_scan){0};
    string_view probe = s;
    bool leading_t = datetime_take(&probe, 'T');
    if (leading_t || (s.size > 1 && (s.data[1] == ':' || (s.size > 2 && s.data[2] == ':')))) {
        s = probe;
        if (!datetime_scan_time(&s, &out->time_micros)) return false;
        out->zone = datetime_strip(s);
        return true;
    }
    uint32_t parts;
    out->has_date = true;
    if (!datetime_scan_date(&s, &out->days, &parts)) return false;
    if (s.size == 0) return true;
    if (parts < 3 || (s.data[0] != ' ' && s.data[0] != 'T')) return false;
    s.data++;
    s.size--;
    if (s.size == 0) return true;
    if (!datetime_scan_time(&s, &out->time_micros)) return false;
    out->zone = datetime_strip(s);
    return true;
}

bool time_parse(string_view text, int64_t *micros) {
    string_view s = datetime_strip(text);
    datetime_take(&s, 'T');
    return datetime_scan_time(&s, micros) && s.size == 0;
}

bool timestamp_parse(string_view text, const time_zone *zone, int64_t now_us,
                     time_zone_cache *cache, arena *scratch, int64_t *micros) {
    timestamp_scan scan;
    if (!timestamp_parse_parts(text, &scan)) return false;
    if (scan.zone.size > 0) {
        error ignored;
        error_init(&ignored);
        dbx_status status = time_zone_cached(cache, scratch, scan.zone, &zone, &ignored);
        error_deinit(&ignored);
        if (status != DBX_OK) return false;
    }
    int64_t days =
        scan.has_date ? scan.days : floor_divide(time_zone_to_local(zone, now_us), MICROS_PER_DAY);
    int64_t local;
    if (__builtin_mul_overflow(days, MICROS_PER_DAY, &local) ||
        __builtin_add_overflow(local, scan.time_micros, &local))
        return false;
    *micros = time_zone_to_utc(zone, local);
    return true;
}

bool timestamp_ntz_parse(string_view text, int64_t *micros) {
    timestamp_scan scan;
    if (!timestamp_parse_parts(text, &scan) || !scan.has_date) return false;
    int64_t local;
    if (__builtin_mul_overflow((int64_t)scan.days, MICROS_PER_DAY, &local)) return false;
    return !__builtin_add_overflow(local, scan.time_micros, micros);
}
