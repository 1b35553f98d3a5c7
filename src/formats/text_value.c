/* text_value.c - see text_value.h. */
#include "formats/text_value.h"

#include "formats/text_plain.h"
#include "kernel/calendar.h"
#include "vector/datetime_text.h"
#include "vector/interval_text.h"

#include <math.h>
#include <stdlib.h>

enum {
    TEXT_NUMBER_MAX = 400,  /* bytes of a number that strtod is given */
    TEXT_EXACT_DIGITS = 19, /* fit in 64 bits */
    TEXT_EXACT_POWER = 22,  /* 10^22 is exact as a double */
    TEXT_EXACT_MANTISSA_BITS = 53,
};

static const double text_powers[TEXT_EXACT_POWER + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

const double text_plain_powers[TEXT_PLAIN_DIGITS + 1] = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
const int64_t text_plain_tens[TEXT_PLAIN_DIGITS + 1] = {1,
                                                        10,
                                                        100,
                                                        1000,
                                                        10000,
                                                        100000,
                                                        1000000,
                                                        10000000,
                                                        100000000,
                                                        1000000000,
                                                        10000000000,
                                                        100000000000,
                                                        1000000000000,
                                                        10000000000000,
                                                        100000000000000,
                                                        1000000000000000};

/* ---- numbers ---- */

bool text_parse_int64(string_view text, int64_t *out) {
    size_t i = 0;
    bool negative = text.size > 0 && text.data[0] == '-';
    if (negative || (text.size > 0 && text.data[0] == '+')) i = 1;
    if (i == text.size || text.size - i > TEXT_EXACT_DIGITS) return false;
    uint64_t value = 0;
    for (; i < text.size; i++) {
        uint32_t digit = (uint32_t)(unsigned char)text.data[i] - '0';
        if (digit > 9) return false;
        value = value * 10 + digit;
    }
    if (value > (uint64_t)INT64_MAX + negative) return false;
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

static bool text_is_number(string_view text) {
    size_t i = 0, digits = 0;
    if (i < text.size && (text.data[i] == '-' || text.data[i] == '+')) i++;
    for (; i < text.size && ascii_is_digit(text.data[i]); i++) digits++;
    if (i < text.size && text.data[i] == '.') {
        for (i++; i < text.size && ascii_is_digit(text.data[i]); i++) digits++;
    }
    if (digits == 0) return false;
    if (i < text.size && (text.data[i] == 'e' || text.data[i] == 'E')) {
        i++;
        if (i < text.size && (text.data[i] == '-' || text.data[i] == '+')) i++;
        size_t exponent = i;
        while (i < text.size && ascii_is_digit(text.data[i])) i++;
        if (i == exponent) return false;
    }
    return i == text.size;
}

static bool text_parse_special(string_view text, double *out) {
    static const struct {
        const char *name;
        double value;
    } names[] = {{"nan", NAN},
                 {"inf", INFINITY},
                 {"+inf", INFINITY},
                 {"-inf", -INFINITY},
                 {"infinity", INFINITY},
                 {"+infinity", INFINITY},
                 {"-infinity", -INFINITY}};
    for (uint32_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (!sv_equal_ignore_case(text, sv_from(names[i].name))) continue;
        *out = names[i].value;
        return true;
    }
    return false;
}

bool text_parse_double(string_view text, double *out) {
    /* Up to 19 digits and a small power of ten: exact by one multiplication or division (Clinger
     * 1990). */
    size_t i = 0;
    bool negative = text.size > 0 && text.data[0] == '-';
    if (negative || (text.size > 0 && text.data[0] == '+')) i = 1;
    uint64_t mantissa = 0;
    uint32_t digits = 0, fraction = 0;
    bool point = false;
    for (; i < text.size; i++) {
        uint32_t digit = (uint32_t)(unsigned char)text.data[i] - '0';
        if (digit <= 9) {
            mantissa = mantissa * 10 + digit;
            digits++;
            fraction += point;
        } else if (text.data[i] == '.' && !point) {
            point = true;
        } else {
            break;
        }
    }
    bool simple = i == text.size && digits > 0 && digits <= TEXT_EXACT_DIGITS &&
                  fraction <= TEXT_EXACT_POWER && mantissa >> TEXT_EXACT_MANTISSA_BITS == 0;
    if (simple) {
        double value = (double)mantissa / text_powers[fraction];
        *out = negative ? -value : value;
        return true;
    }
    if (!text_is_number(text)) return text_parse_special(text, out);
    char copy[TEXT_NUMBER_MAX + 1];
    if (text.size > TEXT_NUMBER_MAX) return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    *out = strtod(copy, NULL);
    return true;
}

static bool text_parse_decimal(string_view text, type t, __int128 *out) {
    if (!text_is_number(text)) return false;
    __int128 value = 0;
    __int128 bound = 1;
    for (uint32_t i = 0; i < t.precision; i++) bound *= 10;
    int64_t exponent = 0;
    size_t i = 0;
    bool negative = text.data[0] == '-';
    if (negative || text.data[0] == '+') i = 1;
    bool point = false;
    bool half = false; /* the first dropped digit is >= 5 */
    int64_t scale = 0;
    for (; i < text.size && text.data[i] != 'e' && text.data[i] != 'E'; i++) {
        if (text.data[i] == '.') {
            point = true;
            continue;
        }
        if (point && scale == t.scale) {
            size_t dropped = i;
            half = text.data[dropped] >= '5';
            while (i + 1 < text.size && ascii_is_digit(text.data[i + 1])) i++;
            continue;
        }
        value = value * 10 + (text.data[i] - '0');
        scale += point;
        if (value >= bound * 10) return false;
    }
    if (i < text.size) {
        int64_t power;
        if (half || !text_parse_int64((string_view){text.data + i + 1, text.size - i - 1}, &power))
            return false;
        exponent = power;
    }
    exponent += t.scale - scale;
    for (; exponent > 0 && value < bound; exponent--) value *= 10;
    for (; exponent < 0; exponent++) {
        half = value % 10 >= 5;
        value /= 10;
    }
    value += half;
    if (value >= bound) return false;
    *out = negative ? -value : value;
    return true;
}

/* ---- dates and times ---- */

/* Exactly `width` digits at `at`. */
static bool text_digits(string_view text, size_t at, size_t width, int32_t *out) {
    if (at + width > text.size) return false;
    int32_t value = 0;
    for (size_t i = at; i < at + width; i++) {
        if (!ascii_is_digit(text.data[i])) return false;
        value = value * 10 + (text.data[i] - '0');
    }
    *out = value;
    return true;
}

enum { TEXT_DATE_SIZE = 10 };

bool text_parse_date(string_view text, int32_t *days) {
    int32_t year, month, day;
    if (text.size != TEXT_DATE_SIZE || text.data[4] != '-' || text.data[7] != '-') return false;
    if (!text_digits(text, 0, 4, &year) || !text_digits(text, 5, 2, &month) ||
        !text_digits(text, 8, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > calendar_month_days(year, month)) return false;
    *days = (int32_t)calendar_days(year, month, day);
    return true;
}

/* "Z", "+01:00", "-0830", "+01"; *seconds east. */
static bool text_parse_offset(string_view text, int32_t *seconds) {
    if (text.size == 1 && (text.data[0] == 'Z' || text.data[0] == 'z')) return *seconds = 0, true;
    if (text.size < 3 || (text.data[0] != '+' && text.data[0] != '-')) return false;
    int32_t hours, minutes = 0;
    if (!text_digits(text, 1, 2, &hours)) return false;
    if (text.size > 3) {
        size_t at = text.data[3] == ':' ? 4 : 3;
        if (!text_digits(text, at, 2, &minutes) || at + 2 != text.size) return false;
    }
    if (hours > 18 || minutes > 59) return false;
    *seconds = (hours * 60 + minutes) * 60 * (text.data[0] == '-' ? -1 : 1);
    return true;
}

bool text_parse_timestamp(string_view text, int64_t *micros, bool *zoned) {
    int32_t days, hour, minute, second = 0;
    if (text.size < TEXT_DATE_SIZE + 6 ||
        !text_parse_date((string_view){text.data, TEXT_DATE_SIZE}, &days))
        return false;
    if (text.data[10] != ' ' && text.data[10] != 'T') return false;
    if (!text_digits(text, 11, 2, &hour) || text.data[13] != ':' ||
        !text_digits(text, 14, 2, &minute))
        return false;
    size_t at = 16;
    int64_t fraction = 0;
    if (at < text.size && text.data[at] == ':') {
        if (!text_digits(text, at + 1, 2, &second)) return false;
        at += 3;
        if (at < text.size && text.data[at] == '.') {
            int64_t unit = 100000;
            size_t first = ++at;
            for (; at < text.size && ascii_is_digit(text.data[at]); at++, unit /= 10) {
                fraction += (text.data[at] - '0') * unit;
            }
            if (at == first || at - first > 9) return false;
        }
    }
    if (hour > 23 || minute > 59 || second > 59) return false;
    while (at < text.size && text.data[at] == ' ') at++;
    int32_t offset = 0;
    *zoned = at < text.size;
    if (*zoned && !text_parse_offset((string_view){text.data + at, text.size - at}, &offset))
        return false;
    int64_t seconds = (int64_t)days * 86400 + hour * 3600 + minute * 60 + second - offset;
    *micros = seconds * 1000000 + fraction;
    return true;
}

/* ---- recognizing ---- */

static bool text_is_boolean(string_view text) {
    return sv_equal_ignore_case(text, SV("true")) || sv_equal_ignore_case(text, SV("false"));
}

/* "00501" identifies something; it is no quantity. */
static bool text_has_leading_zero(string_view text) {
    size_t i = text.size > 0 && text.data[0] == '-';
    return i + 1 < text.size && text.data[i] == '0' && ascii_is_digit(text.data[i + 1]);
}

/* With patterns only what follows them is a date or a time. */
static uint32_t text_kinds_by_format(string_view text, const text_value_options *o) {
    datetime_parsed ignored;
    uint32_t kinds = 0;
    if (o->date_format != NULL &&
        datetime_format_parse(o->date_format, text, o->scratch, &ignored) == NULL)
        kinds |= TEXT_IS_DATE;
    if (o->timestamp_format != NULL &&
        datetime_format_parse(o->timestamp_format, text, o->scratch, &ignored) == NULL)
        kinds |= TEXT_IS_TIMESTAMP;
    return kinds;
}

static uint32_t text_kinds_plain(string_view text) {
    if (text.size == 0) return 0;
    char c = text.data[0];
    bool digit = ascii_is_digit(c);
    if (digit || c == '-' || c == '.') {
        int64_t number;
        if (text_has_leading_zero(text)) {
            int32_t days;
            int64_t micros;
            bool zoned;
            uint32_t kinds = text_parse_date(text, &days) ? TEXT_IS_DATE | TEXT_IS_TIMESTAMP : 0;
            if (text_parse_timestamp(text, &micros, &zoned)) kinds |= TEXT_IS_TIMESTAMP;
            return kinds;
        }
        if (text_parse_int64(text, &number)) {
            bool small = number >= INT32_MIN && number <= INT32_MAX;
            return (small ? TEXT_IS_INT : 0) | TEXT_IS_BIGINT | TEXT_IS_DOUBLE;
        }
        if (text_is_number(text)) return TEXT_IS_DOUBLE;
    }
    if (digit) {
        int32_t days;
        int64_t micros;
        bool zoned;
        if (text_parse_date(text, &days)) return TEXT_IS_DATE | TEXT_IS_TIMESTAMP;
        if (text_parse_timestamp(text, &micros, &zoned)) return TEXT_IS_TIMESTAMP;
        return 0;
    }
    if (text_is_boolean(text)) return TEXT_IS_BOOLEAN;
    double number;
    return text_parse_special(text, &number) ? TEXT_IS_DOUBLE : 0;
}

uint32_t text_value_kinds(string_view text, const text_value_options *options) {
    uint32_t kinds = text_kinds_plain(text);
    if (options->date_format == NULL && options->timestamp_format == NULL) return kinds;
    if (options->date_format != NULL) kinds &= ~(uint32_t)TEXT_IS_DATE;
    if (options->timestamp_format != NULL) kinds &= ~(uint32_t)TEXT_IS_TIMESTAMP;
    return kinds | text_kinds_by_format(text, options);
}

type text_value_type(uint32_t kinds, bool seen) {
    if (!seen) return type_simple(TYPE_STRING);
    if (kinds & TEXT_IS_BOOLEAN) return type_simple(TYPE_BOOLEAN);
    if (kinds & TEXT_IS_INT) return type_simple(TYPE_INT);
    if (kinds & TEXT_IS_BIGINT) return type_simple(TYPE_BIGINT);
    if (kinds & TEXT_IS_DOUBLE) return type_simple(TYPE_DOUBLE);
    if (kinds & TEXT_IS_DATE) return type_simple(TYPE_DATE);
    if (kinds & TEXT_IS_TIMESTAMP) return type_simple(TYPE_TIMESTAMP);
    return type_simple(TYPE_STRING);
}

/* ---- storing ---- */

static bool text_store_integer(vector *v, uint32_t row, string_view text) {
    int64_t value;
    if (!text_parse_int64(sv_trim(text), &value)) return false;
    switch ((physical_type)v->phys) {
    case PHYS_INT8:
        VECTOR_DATA(v, int8_t)[row] = (int8_t)value;
        return value == (int8_t)value;
    case PHYS_INT16:
        VECTOR_DATA(v, int16_t)[row] = (int16_t)value;
        return value == (int16_t)value;
    case PHYS_INT32:
        VECTOR_DATA(v, int32_t)[row] = (int32_t)value;
        return value == (int32_t)value;
    default:
        VECTOR_DATA(v, int64_t)[row] = value;
        return true;
    }
}

static bool text_store_formatted(vector *v, uint32_t row, string_view text,
                                 const datetime_format *f, const text_value_options *o) {
    datetime_parsed x;
    if (datetime_format_parse(f, text, o->scratch, &x) != NULL) return false;
    if (v->type.id == TYPE_DATE) {
        VECTOR_DATA(v, int32_t)[row] = (int32_t)floor_divide(x.local_micros, MICROS_PER_DAY);
        return true;
    }
    int64_t micros = x.local_micros;
    if (v->type.id == TYPE_TIMESTAMP && x.has_zone && x.zone == NULL)
        micros -= x.offset_s * MICROS_PER_SECOND;
    else if (v->type.id == TYPE_TIMESTAMP)
        micros = time_zone_to_utc(x.has_zone ? x.zone : o->zone, micros);
    VECTOR_DATA(v, int64_t)[row] = micros;
    return true;
}

static bool text_store_timestamp(vector *v, uint32_t row, string_view text,
                                 const text_value_options *o) {
    int64_t micros;
    bool zoned;
    int32_t days;
    const datetime_format *f =
        v->type.id == TYPE_TIMESTAMP ? o->timestamp_format : o->timestamp_ntz_format;
    text = sv_trim(text);
    if (f != NULL) return text_store_formatted(v, row, text, f, o);
    if (text_parse_date(text, &days)) {
        micros = (int64_t)days * 86400000000;
        zoned = false;
    } else if (!text_parse_timestamp(text, &micros, &zoned)) {
        return false;
    }
    bool local = v->type.id == TYPE_TIMESTAMP && !zoned;
    VECTOR_DATA(v, int64_t)[row] = local ? time_zone_to_utc(o->zone, micros) : micros;
    return true;
}

bool text_value_store(vector *v, uint32_t row, string_view text,
                      const text_value_options *options) {
    double number;
    __int128 decimal;
    int32_t days;
    switch ((type_id)v->type.id) {
    case TYPE_STRING:
    case TYPE_BINARY:
        VECTOR_DATA(v, vstring)[row] = vstring_from(text.data, text.size);
        return true;
    case TYPE_BOOLEAN:
        text = sv_trim(text);
        VECTOR_DATA(v, uint8_t)[row] = sv_equal_ignore_case(text, SV("true"));
        return text_is_boolean(text);
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
        return text_store_integer(v, row, text);
    case TYPE_FLOAT:
        if (!text_parse_double(sv_trim(text), &number)) return false;
        VECTOR_DATA(v, float)[row] = (float)number;
        return true;
    case TYPE_DOUBLE:
        return text_parse_double(sv_trim(text), &VECTOR_DATA(v, double)[row]);
    case TYPE_DECIMAL:
        if (!text_parse_decimal(sv_trim(text), v->type, &decimal)) return false;
        if (v->phys == PHYS_INT128)
            VECTOR_DATA(v, __int128)[row] = decimal;
        else
            VECTOR_DATA(v, int64_t)[row] = (int64_t)decimal;
        return true;
    case TYPE_DATE:
        if (options->date_format != NULL)
            return text_store_formatted(v, row, sv_trim(text), options->date_format, options);
        if (!date_parse(text, &days)) return false;
        VECTOR_DATA(v, int32_t)[row] = days;
        return true;
    case TYPE_TIME:
        return time_parse(text, &VECTOR_DATA(v, int64_t)[row]);
    case TYPE_INTERVAL_YM:
        return interval_ym_parse(text, v->type, &VECTOR_DATA(v, int32_t)[row]) == INTERVAL_OK;
    case TYPE_INTERVAL_DT:
        return interval_dt_parse(text, v->type, &VECTOR_DATA(v, int64_t)[row]) == INTERVAL_OK;
    case TYPE_INTERVAL:
        return interval_parse(text, &VECTOR_DATA(v, dbx_interval)[row]) == INTERVAL_OK;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_NTZ:
        return text_store_timestamp(v, row, text, options);
    default:
        return false;
    }
}
