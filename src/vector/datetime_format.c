/* datetime_format.c - compiling and printing datetime patterns. */
#include "vector/datetime_format.h"

#include "kernel/calendar.h"
#include "kernel/number_text.h"

enum { DATETIME_PATTERN_MAX = 1024 };

const char *const datetime_month_names[12] = {"January",   "February", "March",    "April",
                                              "May",       "June",     "July",     "August",
                                              "September", "October",  "November", "December"};
const char *const datetime_day_names[7] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                           "Friday", "Saturday", "Sunday"};

/* ---- compiling ---- */

/* The most often a letter may stand; 0: not a pattern letter, 255: refused by name. */
static uint8_t datetime_letter_limit(char c) {
    switch (c) {
    case 'G':
        return 4;
    case 'y':
        return 6;
    case 'M':
    case 'L':
    case 'E':
    case 'Q':
    case 'q':
        return 4;
    case 'd':
    case 'H':
    case 'h':
    case 'K':
    case 'k':
    case 'm':
    case 's':
        return 2;
    case 'D':
        return 3;
    case 'F':
    case 'a':
        return 1;
    case 'S':
        return 9;
    case 'V':
        return 2;
    case 'z':
    case 'O':
        return 4;
    case 'X':
    case 'x':
    case 'Z':
        return 5;
    case 'Y':
    case 'W':
    case 'w':
    case 'u':
    case 'e':
    case 'c':
    case 'A':
    case 'n':
    case 'N':
    case 'p':
    case 'B':
        return 255;
    default:
        return 0;
    }
}

static const char *datetime_quoted(arena *a, string_view s) {
    const char *text = arena_printf(a, "'" SV_FMT "'", SV_ARG(s));
    return text == NULL ? "" : text;
}

static dbx_status datetime_raise_letter(arena *a, char c, string_view pattern, span position,
                                        error *err) {
    const char *letter = arena_printf(a, "%c", c);
    return error_raise(err, ERR_INVALID_DATETIME_PATTERN__ILLEGAL_CHARACTER, position, "c",
                       letter == NULL ? "" : letter, "pattern", datetime_quoted(a, pattern), NULL);
}

static dbx_status datetime_raise_recognition(arena *a, string_view pattern, span position,
                                             error *err) {
    return error_raise(err, ERR_INCONSISTENT_BEHAVIOR_CROSS_VERSION__DATETIME_PATTERN_RECOGNITION,
                       position, "pattern", datetime_quoted(a, pattern), "config",
                       "\"spark.sql.legacy.timeParserPolicy\"", "docroot",
                       "https://spark.apache.org/docs/latest", NULL);
}

static dbx_status datetime_raise_suggestion(arena *a, string_view pattern, span position,
                                            error *err) {
    return error_raise(err, ERR_INVALID_DATETIME_PATTERN__WITH_SUGGESTION, position, "pattern",
                       datetime_quoted(a, pattern), "docroot",
                       "https://spark.apache.org/docs/latest", NULL);
}

static bool datetime_is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Counts that java.time or Spark refuse though the letter may stand that often otherwise. */
static bool datetime_count_is_legal(char c, uint32_t n, bool parsing) {
    if (c == 'V') return n == 2;
    if (c == 'O') return n == 1 || n == 4;
    if ((c == 'E' || c == 'F' || c == 'Q' || c == 'q') && parsing) return false;
    return true;
}

dbx_status datetime_format_compile(arena *a, string_view pattern, bool parsing,
                                   datetime_format *out, span position, error *err) {
    ARENA_LIST(datetime_item) items = {0};
    uint32_t depth = 0;
    if (pattern.size > DATETIME_PATTERN_MAX)
        return datetime_raise_suggestion(a, pattern, position, err);
    string_view copy = arena_copy_string(a, pattern);
    if (copy.data == NULL) return error_nomem(err);
    for (size_t i = 0; i < copy.size;) {
        char c = copy.data[i];
        datetime_item item = {0};
        if (datetime_is_letter(c)) {
            size_t n = 1;
            while (i + n < copy.size && copy.data[i + n] == c) n++;
            uint8_t limit = datetime_letter_limit(c);
            if (limit == 0 || limit == 255) {
                if (limit == 255 && c != 'A' && c != 'n' && c != 'N' && c != 'p' && c != 'B')
                    return datetime_raise_recognition(a, copy, position, err);
                return datetime_raise_letter(a, c, copy, position, err);
            }
            if (n > limit) {
                bool recognized = c == 'y' || c == 'M' || c == 'L' || c == 'E' || c == 'G' ||
                                  c == 'Q' || c == 'q' || c == 'a' || c == 'z' || c == 'Z' ||
                                  c == 'd' || c == 'H' || c == 'D' || c == 'm' || c == 's' ||
                                  c == 'h' || c == 'k' || c == 'K';
                return recognized ? datetime_raise_recognition(a, copy, position, err)
                                  : datetime_raise_suggestion(a, copy, position, err);
            }
            if (!datetime_count_is_legal(c, (uint32_t)n, parsing))
                return c == 'E' || c == 'F' || c == 'Q' || c == 'q'
                           ? datetime_raise_letter(a, c, copy, position, err)
                           : datetime_raise_suggestion(a, copy, position, err);
            item.letter = c;
            item.count = (uint8_t)n;
            i += n;
        } else if (c == '[' || c == ']') {
            if (c == ']' && depth == 0) return datetime_raise_suggestion(a, copy, position, err);
            depth += c == '[' ? 1u : UINT32_MAX;
            item.letter = c;
            i++;
        } else if (c == '\'') {
            char *text = arena_alloc_bytes(a, copy.size + 1);
            size_t n = 0;
            if (text == NULL) return error_nomem(err);
            if (i + 1 < copy.size && copy.data[i + 1] == '\'') {
                text[n++] = '\'';
                i += 2;
            } else {
                for (i++;; i++) {
                    if (i >= copy.size) return datetime_raise_suggestion(a, copy, position, err);
                    if (copy.data[i] != '\'')
                        text[n++] = copy.data[i];
                    else if (i + 1 < copy.size && copy.data[i + 1] == '\'')
                        text[n++] = copy.data[i++];
                    else
                        break;
                }
                i++;
            }
            item.text = (string_view){text, n};
        } else if (c == '{' || c == '}' || c == '#') {
            return datetime_raise_suggestion(a, copy, position, err);
        } else {
            size_t n = 1;
            while (i + n < copy.size && !datetime_is_letter(copy.data[i + n]) &&
                   strchr("[]'{}#", copy.data[i + n]) == NULL)
                n++;
            item.text = (string_view){copy.data + i, n};
            i += n;
        }
        if (ARENA_LIST_PUSH(a, &items, item) != DBX_OK) return error_nomem(err);
    }
    *out = (datetime_format){items.items, items.count, copy};
    return DBX_OK;
}

/* ---- printing ---- */

static dbx_status datetime_put_number(buffer *out, int64_t value, uint32_t width) {
    char text[NUMBER_TEXT_MAX];
    uint32_t n = number_print_int64(value < 0 ? -value : value, text);
    if (value < 0) TRY(buffer_append_char(out, '-'));
    for (uint32_t i = n; i < width; i++) TRY(buffer_append_char(out, '0'));
    return buffer_append(out, text, n);
}

static dbx_status datetime_put_text(buffer *out, const char *text, size_t size) {
    return buffer_append(out, text, MIN(size, strlen(text)));
}

static dbx_status datetime_put_offset(buffer *out, char letter, uint32_t count, int32_t offset) {
    uint32_t s = (uint32_t)(offset < 0 ? -offset : offset), h = s / 3600, m = s / 60 % 60;
    char sign = offset < 0 ? '-' : '+';
    if (letter == 'O' || (letter == 'Z' && count == 4)) {
        TRY(datetime_put_text(out, "GMT", 3));
        if (offset == 0) return DBX_OK;
        if (letter == 'O' && count == 1) {
            TRY(buffer_printf(out, "%c%u", sign, h));
            return m == 0 ? DBX_OK : buffer_printf(out, ":%02u", m);
        }
        TRY(buffer_printf(out, "%c%02u:%02u", sign, h, m));
        return s % 60 == 0 ? DBX_OK : buffer_printf(out, ":%02u", s % 60);
    }
    if (offset == 0 && (letter == 'X' || (letter == 'Z' && count == 5)))
        return buffer_append_char(out, 'Z');
    if (letter == 'Z') count = count == 5 ? 5 : 2; /* +0800, +08:30[:15] */
    TRY(buffer_printf(out, "%c%02u", sign, h));
    if (count == 1) return m == 0 ? DBX_OK : buffer_printf(out, "%02u", m);
    bool colon = count == 3 || count == 5;
    TRY(buffer_printf(out, colon ? ":%02u" : "%02u", m));
    if (count >= 4 && s % 60 != 0) TRY(buffer_printf(out, colon ? ":%02u" : "%02u", s % 60));
    return DBX_OK;
}

static dbx_status datetime_put_year(buffer *out, int64_t year, uint32_t count) {
    int64_t of_era = year > 0 ? year : 1 - year;
    if (count == 2) return datetime_put_number(out, of_era % 100, 2);
    if (count >= 4 && of_era > 9999 && count < 5) TRY(buffer_append_char(out, '+'));
    return datetime_put_number(out, of_era, count);
}

static dbx_status datetime_put_name(buffer *out, const char *name, uint32_t count) {
    return datetime_put_text(out, name, count == 4 ? 99 : 3);
}

dbx_status datetime_format_print(const datetime_format *f, int64_t local_micros,
                                 const time_zone *zone, int32_t offset_s, buffer *out) {
    int64_t days = floor_divide(local_micros, MICROS_PER_DAY),
            time = local_micros - days * MICROS_PER_DAY;
    civil_date c = calendar_civil(days);
    int64_t hour = time / MICROS_PER_HOUR, minute = time / MICROS_PER_MINUTE % 60,
            second = time / MICROS_PER_SECOND % 60;
    int64_t fraction = time % MICROS_PER_SECOND;
    for (uint32_t i = 0; i < f->count; i++) {
        const datetime_item *item = &f->items[i];
        uint32_t n = item->count;
        switch (item->letter) {
        case 0:
            TRY(buffer_append_sv(out, item->text));
            break;
        case 'G':
            TRY(datetime_put_text(out,
                                  n == 4 ? (c.year > 0 ? "Anno Domini" : "Before Christ")
                                         : (c.year > 0 ? "AD" : "BC"),
                                  99));
            break;
        case 'y':
            TRY(datetime_put_year(out, c.year, n));
            break;
        case 'M':
        case 'L':
            if (n <= 2)
                TRY(datetime_put_number(out, c.month, n));
            else
                TRY(datetime_put_name(out, datetime_month_names[c.month - 1], n));
            break;
        case 'd':
            TRY(datetime_put_number(out, c.day, n));
            break;
        case 'D':
            TRY(datetime_put_number(out, calendar_day_of_year(days), n));
            break;
        case 'E':
            TRY(datetime_put_name(out, datetime_day_names[calendar_iso_weekday(days) - 1], n));
            break;
        case 'F':
            TRY(datetime_put_number(out, (c.day - 1) % 7 + 1, 1));
            break;
        case 'Q':
        case 'q':
            if (n <= 2)
                TRY(datetime_put_number(out, (c.month - 1) / 3 + 1, n));
            else if (n == 3)
                TRY(buffer_printf(out, "Q%d", (c.month - 1) / 3 + 1));
            else {
                static const char *const names[] = {"1st quarter", "2nd quarter", "3rd quarter",
                                                    "4th quarter"};
                TRY(datetime_put_text(out, names[(c.month - 1) / 3], 99));
            }
            break;
        case 'a':
            TRY(datetime_put_text(out, hour < 12 ? "AM" : "PM", 2));
            break;
        case 'H':
            TRY(datetime_put_number(out, hour, n));
            break;
        case 'k':
            TRY(datetime_put_number(out, hour == 0 ? 24 : hour, n));
            break;
        case 'K':
            TRY(datetime_put_number(out, hour % 12, n));
            break;
        case 'h':
            TRY(datetime_put_number(out, hour % 12 == 0 ? 12 : hour % 12, n));
            break;
        case 'm':
            TRY(datetime_put_number(out, minute, n));
            break;
        case 's':
            TRY(datetime_put_number(out, second, n));
            break;
        case 'S': {
            char digits[9] = "000000000";
            for (int64_t k = 5, v = fraction; k >= 0; k--, v /= 10)
                digits[k] = (char)('0' + v % 10);
            TRY(buffer_append(out, digits, n));
            break;
        }
        case 'V':
        case 'z':
            TRY(buffer_append_sv(out, zone->name));
            break;
        case 'O':
        case 'X':
        case 'x':
        case 'Z':
            TRY(datetime_put_offset(out, item->letter, n, offset_s));
            break;
        default:
            break; /* [ and ] */
        }
    }
    return DBX_OK;
}
