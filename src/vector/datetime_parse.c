/* datetime_parse.c - parsing by datetime patterns, strict as java.time's ResolverStyle.STRICT with
 * Spark's defaults: a missing year is 1970, missing month and day are 1, missing times are 0.
 */
#include "vector/datetime_format.h"
#include "kernel/calendar.h"

#include <stdio.h>

enum { FIELD_UNSET = INT32_MIN };

typedef struct datetime_fields {
    int32_t era, year, month, day, day_of_year, hour, hour12, half, minute,
        second;       /* FIELD_UNSET when not given */
    int64_t fraction; /* microseconds */
    bool has_zone;
    int32_t offset_s;
    const time_zone *zone;
} datetime_fields;

typedef struct datetime_parser {
    const datetime_format *format;
    string_view text;
    size_t at;
    arena *scratch;
    datetime_fields fields;
} datetime_parser;

static bool parse_literal(datetime_parser *p, string_view text) {
    if (p->text.size - p->at < text.size) return false;
    for (size_t i = 0; i < text.size; i++) {
        if (ascii_lower(p->text.data[p->at + i]) != ascii_lower(text.data[i])) return false;
    }
    p->at += text.size;
    return true;
}

/* least..most digits */
static bool parse_digits(datetime_parser *p, uint32_t least, uint32_t most, int64_t *out) {
    size_t n = 0;
    *out = 0;
    while (n < most && p->at + n < p->text.size && ascii_is_digit(p->text.data[p->at + n])) {
        *out = *out * 10 + (p->text.data[p->at + n] - '0');
        n++;
    }
    if (n < least) return false;
    p->at += n;
    return true;
}

static bool parse_name(datetime_parser *p, const char *const *names, uint32_t count, size_t length,
                       int32_t *out) {
    for (uint32_t i = 0; i < count; i++) {
        string_view name = {names[i], MIN(length, strlen(names[i]))};
        if (parse_literal(p, name)) {
            *out = (int32_t)i + 1;
            return true;
        }
    }
    return false;
}

static bool parse_is_number(const datetime_item *item) {
    if (item->letter == 0) return false;
    if (item->letter == 'M' || item->letter == 'L') return item->count <= 2;
    return strchr("ydDHhKkmsS", item->letter) != NULL;
}

/* Digits that the fixed-width numbers right behind item i need: "yyyyMMdd" leaves four for the
 * year. */
static uint32_t parse_reserved(const datetime_format *f, uint32_t i) {
    uint32_t reserved = 0;
    for (uint32_t k = i + 1; k < f->count && parse_is_number(&f->items[k]); k++) {
        uint32_t n = f->items[k].count;
        if (n < 2 && f->items[k].letter != 'S') break;
        reserved += n;
    }
    return reserved;
}

static uint32_t parse_run(const datetime_parser *p) {
    uint32_t n = 0;
    while (p->at + n < p->text.size && ascii_is_digit(p->text.data[p->at + n]) && n < 40) n++;
    return n;
}

static bool parse_number(datetime_parser *p, uint32_t i, int64_t *out) {
    const datetime_item *item = &p->format->items[i];
    uint32_t n = item->count, reserved = parse_reserved(p->format, i), run = parse_run(p);
    if (item->letter == 'y' && n != 2) {
        bool negative = false, plus = false;
        if (p->at < p->text.size && (p->text.data[p->at] == '-' || p->text.data[p->at] == '+')) {
            negative = p->text.data[p->at] == '-';
            plus = !negative;
            p->at++;
            run = parse_run(p);
        }
        uint32_t most = reserved > 0 ? (run > reserved ? run - reserved : n) : 10;
        if (!plus && !negative && n >= 4 && most > n) most = n;
        if (!parse_digits(p, n, MAX(most, n), out)) return false;
        if (negative) *out = -*out;
        return true;
    }
    if (n >= 2) return parse_digits(p, n, n, out);
    uint32_t most = reserved > 0 && run > reserved ? run - reserved : reserved > 0 ? 1 : 10;
    return parse_digits(p, 1, most, out);
}

static bool parse_offset(datetime_parser *p, char letter, uint32_t count, int32_t *out) {
    int64_t h, m = 0, s = 0;
    size_t start = p->at;
    *out = 0;
    if (letter == 'O' || (letter == 'Z' && count == 4)) {
        if (!parse_literal(p, SV("GMT"))) return false;
        if (p->at == p->text.size || (p->text.data[p->at] != '+' && p->text.data[p->at] != '-'))
            return true;
    } else if ((letter == 'X' || (letter == 'Z' && count == 5)) && parse_literal(p, SV("Z"))) {
        return true;
    }
    if (p->at == p->text.size) return false;
    char sign = p->text.data[p->at];
    if (sign != '+' && sign != '-') return false;
    p->at++;
    bool colon = count == 3 || count == 5 || letter == 'O' || (letter == 'Z' && count == 4);
    if (!parse_digits(p, letter == 'O' && count == 1 ? 1 : 2, 2, &h)) {
        p->at = start;
        return false;
    }
    bool minutes = count > 1 || letter == 'Z' || letter == 'O';
    if (minutes || (p->at < p->text.size && ascii_is_digit(p->text.data[p->at]))) {
        bool sep = colon && parse_literal(p, SV(":"));
        if (colon && !sep) {
            if (letter != 'O') return false;
        } else if (!parse_digits(p, 2, 2, &m)) {
            return false;
        }
    }
    if (count >= 4 && letter != 'O' && parse_run(p) >= 2) (void)parse_digits(p, 2, 2, &s);
    if (m > 59 || s > 59 || h > 18) return false;
    *out = (int32_t)(h * 3600 + m * 60 + s) * (sign == '-' ? -1 : 1);
    return true;
}

/* A zone id: the longest run of characters that names one. */
static bool parse_zone(datetime_parser *p) {
    size_t n = 0;
    while (p->at + n < p->text.size && n < 64) {
        char c = p->text.data[p->at + n];
        bool part = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || ascii_is_digit(c) ||
                    strchr("/_+-:", c) != NULL;
        if (!part) break;
        n++;
    }
    error ignored;
    error_init(&ignored);
    dbx_status status = time_zone_load(p->scratch, (string_view){p->text.data + p->at, n},
                                       &p->fields.zone, &ignored);
    error_deinit(&ignored);
    if (n == 0 || status != DBX_OK) return false;
    p->at += n;
    return true;
}

static bool parse_item(datetime_parser *p, uint32_t i) {
    const datetime_item *item = &p->format->items[i];
    datetime_fields *f = &p->fields;
    int64_t v = 0;
    static const char *const eras[] = {"BC", "AD"}, *const long_eras[] = {"Before Christ",
                                                                          "Anno Domini"};
    static const char *const halves[] = {"AM", "PM"};
    if (item->letter == 0) return parse_literal(p, item->text);
    if (item->letter == 'S') {
        size_t start = p->at;
        if (!parse_digits(p, 1, item->count, &v)) return false;
        for (size_t k = p->at - start; k < 9; k++) v *= 10;
        f->fraction = v / 1000;
        return true;
    }
    if (parse_is_number(item)) {
        if (!parse_number(p, i, &v) || v > INT32_MAX) return false;
        int32_t x = (int32_t)v;
        switch (item->letter) {
        case 'y':
            f->year = item->count == 2 ? 2000 + x : x;
            break;
        case 'M':
        case 'L':
            f->month = x;
            break;
        case 'd':
            f->day = x;
            break;
        case 'D':
            f->day_of_year = x;
            break;
        case 'H':
            f->hour = x;
            break;
        case 'k':
            f->hour = x == 24 ? 0 : x == 0 ? 99 : x;
            break;
        case 'K':
            f->hour12 = x;
            break;
        case 'h':
            f->hour12 = x == 12 ? 0 : x == 0 ? 99 : x;
            break;
        case 'm':
            f->minute = x;
            break;
        default:
            f->second = x;
            break;
        }
        return true;
    }
    switch (item->letter) {
    case 'M':
    case 'L':
        return parse_name(p, datetime_month_names, 12, item->count == 4 ? 99 : 3, &f->month);
    case 'G':
        return parse_name(p, item->count == 4 ? long_eras : eras, 2, 99, &f->era);
    case 'a':
        return parse_name(p, halves, 2, 99, &f->half);
    case 'O':
    case 'X':
    case 'x':
    case 'Z':
        f->has_zone = true;
        return parse_offset(p, item->letter, item->count, &f->offset_s);
    case 'V':
    case 'z':
        f->has_zone = true;
        return parse_zone(p);
    default:
        return true;
    }
}

/* Parses items from `from` up to the closing bracket (or the end); optional parts that do not match
 * are skipped. Returns the index behind the last item, or UINT32_MAX; *failed_at gets the offset.
 */
static uint32_t parse_items(datetime_parser *p, uint32_t from, uint32_t depth, size_t *failed_at) {
    uint32_t i = from;
    while (i < p->format->count) {
        char letter = p->format->items[i].letter;
        if (letter == ']' && depth > 0) return i + 1;
        if (letter == ']') {
            i++;
            continue;
        }
        if (letter == '[') {
            datetime_parser saved = *p;
            uint32_t next = depth > 16 ? UINT32_MAX : parse_items(p, i + 1, depth + 1, failed_at);
            if (next == UINT32_MAX) {
                *p = saved;
                uint32_t open = 1;
                for (next = i + 1; next < p->format->count && open > 0; next++)
                    open += p->format->items[next].letter == '['   ? 1u
                            : p->format->items[next].letter == ']' ? UINT32_MAX
                                                                   : 0u;
            }
            i = next;
            continue;
        }
        size_t start = p->at;
        if (!parse_item(p, i)) {
            *failed_at = start;
            return UINT32_MAX;
        }
        i++;
    }
    return i;
}

static const char *const parse_month_upper[12] = {"JANUARY",   "FEBRUARY", "MARCH",    "APRIL",
                                                  "MAY",       "JUNE",     "JULY",     "AUGUST",
                                                  "SEPTEMBER", "OCTOBER",  "NOVEMBER", "DECEMBER"};

static const char *parse_text(arena *a, const char *prefix, const char *body) {
    const char *m = arena_printf(a, "%s%s", prefix, body);
    return m == NULL ? "" : m;
}

/* Turns fields into a date; a message when they do not fit together. */
static const char *parse_resolve_date(datetime_parser *p, int64_t *days) {
    datetime_fields *f = &p->fields;
    arena *a = p->scratch;
    bool given = f->year != FIELD_UNSET;
    int64_t year = given ? f->year : 1970;
    if (f->era == 1) year = 1 - year;
    char body[128];
    const char *prefix =
        given ? arena_printf(a, "Text '" SV_FMT "' could not be parsed: ", SV_ARG(p->text)) : "";
    if (prefix == NULL) return "";
    if (f->month != FIELD_UNSET && (f->month < 1 || f->month > 12)) {
        const char *m = arena_printf(
            a,
            "Text '" SV_FMT
            "' could not be parsed: Invalid value for MonthOfYear (valid values 1 - 12): %d",
            SV_ARG(p->text), f->month);
        return m == NULL ? "" : m;
    }
    if (f->day != FIELD_UNSET && (f->day < 1 || f->day > 31)) {
        const char *m = arena_printf(
            a,
            "Text '" SV_FMT
            "' could not be parsed: Invalid value for DayOfMonth (valid values 1 - 28/31): %d",
            SV_ARG(p->text), f->day);
        return m == NULL ? "" : m;
    }
    if (f->day_of_year != FIELD_UNSET && f->month != FIELD_UNSET && f->day != FIELD_UNSET && given)
        f->day_of_year = FIELD_UNSET;
    if (f->day_of_year != FIELD_UNSET) {
        int32_t doy = f->day_of_year;
        if (doy < 1 || doy > 366 || (doy == 366 && !calendar_is_leap(year))) {
            snprintf(body, sizeof(body), "Invalid date 'DayOfYear %d' as '%lld' is not a leap year",
                     doy, (long long)year);
            return parse_text(a, prefix, body);
        }
        *days = calendar_days(year, 1, 1) + doy - 1;
        civil_date c = calendar_civil(*days);
        bool month_differs = f->month != FIELD_UNSET && f->month != c.month,
             day_differs = f->day != FIELD_UNSET && f->day != c.day;
        if (month_differs || day_differs) {
            const char *field = month_differs ? "MonthOfYear" : "DayOfMonth";
            int32_t mine = month_differs ? f->month : f->day,
                    theirs = month_differs ? c.month : c.day;
            snprintf(
                body, sizeof(body),
                "Conflict found: Field %s %d differs from %s %d derived from %04lld-%02d-%02d%s",
                field, given ? theirs : mine, field, given ? mine : theirs, (long long)year,
                c.month, c.day, given ? "" : ".");
            return parse_text(a, prefix, body);
        }
        return NULL;
    }
    int32_t month = f->month == FIELD_UNSET ? 1 : f->month,
            day = f->day == FIELD_UNSET ? 1 : f->day;
    if (day > calendar_month_days(year, month)) {
        if (month == 2 && day == 29)
            snprintf(body, sizeof(body), "Invalid date 'February 29' as '%lld' is not a leap year",
                     (long long)year);
        else
            snprintf(body, sizeof(body), "Invalid date '%s %d'", parse_month_upper[month - 1], day);
        return parse_text(a, prefix, body);
    }
    *days = calendar_days(year, month, day);
    return NULL;
}

static const char *parse_range(datetime_parser *p, int32_t value, int32_t low, int32_t high,
                               const char *field) {
    if (value == FIELD_UNSET || (value >= low && value <= high)) return NULL;
    const char *m = arena_printf(
        p->scratch,
        "Text '" SV_FMT "' could not be parsed: Invalid value for %s (valid values %d - %d): %d",
        SV_ARG(p->text), field, low, high, value);
    return m == NULL ? "" : m;
}

static const char *parse_resolve_time(datetime_parser *p, int64_t *micros) {
    datetime_fields *f = &p->fields;
    const char *bad = parse_range(p, f->hour, 0, 23, "HourOfDay");
    if (bad == NULL) bad = parse_range(p, f->hour12, 0, 11, "HourOfAmPm");
    if (bad == NULL) bad = parse_range(p, f->minute, 0, 59, "MinuteOfHour");
    if (bad == NULL) bad = parse_range(p, f->second, 0, 59, "SecondOfMinute");
    if (bad != NULL) return bad;
    int64_t hour = f->hour;
    if (hour == FIELD_UNSET)
        hour = f->hour12 == FIELD_UNSET ? (f->half == 2 ? 12 : 0)
                                        : f->hour12 + (f->half == 2 ? 12 : 0);
    int64_t minute = f->minute == FIELD_UNSET ? 0 : f->minute,
            second = f->second == FIELD_UNSET ? 0 : f->second;
    *micros = (hour * 3600 + minute * 60 + second) * MICROS_PER_SECOND + f->fraction;
    return NULL;
}

const char *datetime_format_parse(const datetime_format *f, string_view text, arena *scratch,
                                  datetime_parsed *out) {
    datetime_parser p = {.format = f, .text = text, .scratch = scratch};
    size_t failed_at = 0;
    int64_t days, micros;
    p.fields = (datetime_fields){.era = FIELD_UNSET,
                                 .year = FIELD_UNSET,
                                 .month = FIELD_UNSET,
                                 .day = FIELD_UNSET,
                                 .day_of_year = FIELD_UNSET,
                                 .hour = FIELD_UNSET,
                                 .hour12 = FIELD_UNSET,
                                 .half = FIELD_UNSET,
                                 .minute = FIELD_UNSET,
                                 .second = FIELD_UNSET};
    const char *message = NULL;
    if (parse_items(&p, 0, 0, &failed_at) == UINT32_MAX) {
        message = arena_printf(scratch, "Text '" SV_FMT "' could not be parsed at index %zu",
                               SV_ARG(text), failed_at);
        return message == NULL ? "" : message;
    }
    if (p.at < text.size) {
        message = arena_printf(
            scratch, "Text '" SV_FMT "' could not be parsed, unparsed text found at index %zu",
            SV_ARG(text), p.at);
        return message == NULL ? "" : message;
    }
    message = parse_resolve_date(&p, &days);
    if (message == NULL) message = parse_resolve_time(&p, &micros);
    if (message != NULL) return message;
    if (days > INT64_MAX / MICROS_PER_DAY - 2 || days < INT64_MIN / MICROS_PER_DAY + 2)
        return "The date is out of range";
    *out = (datetime_parsed){days * MICROS_PER_DAY + micros, p.fields.has_zone, p.fields.zone,
                             p.fields.offset_s};
    return NULL;
}
