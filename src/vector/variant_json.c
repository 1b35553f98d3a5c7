/* variant_json.c - VARIANT values as JSON, and JSON as VARIANT values. */
#include "kernel/calendar.h"
#include "kernel/json_scan.h"
#include "kernel/number_text.h"
#include "vector/datetime_text.h"
#include "vector/time_zone.h"
#include "vector/value_text.h"
#include "vector/variant.h"

#include <math.h>

/* ---- to JSON ---- */

static dbx_status variant_json_quoted(buffer *out, const char *text, uint32_t size) {
    TRY(buffer_append_char(out, '"'));
    TRY(buffer_append(out, text, size));
    return buffer_append_char(out, '"');
}

/* Decimals without trailing zeros after the point. */
static dbx_status variant_json_decimal(buffer *out, int128 x, uint32_t scale) {
    char text[NUMBER_TEXT_MAX];
    while (scale > 0 && x % 10 == 0) {
        x /= 10;
        scale--;
    }
    return buffer_append(out, text, number_print_decimal(x, scale, text));
}

static dbx_status variant_json_datetime(buffer *out, const variant_item *item, const query *q) {
    char text[DATETIME_TEXT_MAX * 2];
    int64_t micros = item->integer, nanos = 0;
    bool zoned = item->kind == VARIANT_TIMESTAMP || item->kind == VARIANT_TIMESTAMP_NANOS;
    if (item->kind == VARIANT_DATE)
        return variant_json_quoted(out, text, date_print((int32_t)item->integer, text));
    if (item->kind == VARIANT_TIME) {
        if (micros < 0 || micros >= MICROS_PER_DAY) return DBX_ERROR;
        return variant_json_quoted(out, text, time_print(micros, text));
    }
    if (item->kind == VARIANT_TIMESTAMP_NANOS || item->kind == VARIANT_TIMESTAMP_NTZ_NANOS) {
        nanos = floor_modulo(item->integer, 1000);
        micros = floor_divide(item->integer, 1000);
    }
    int32_t offset = 0;
    if (zoned) {
        offset = time_zone_offset_at(time_zone_of(q), time_zone_floor_seconds(micros));
        micros = time_zone_to_local(time_zone_of(q), micros);
    }
    uint32_t n = timestamp_print(micros, text);
    if (nanos > 0) {
        int64_t fraction = floor_modulo(micros, MICROS_PER_SECOND) * 1000 + nanos;
        const char *point = memchr(text, '.', n);
        if (point != NULL) n = (uint32_t)(point - text);
        text[n++] = '.';
        for (int64_t unit = 100000000; fraction > 0; unit /= 10) {
            text[n++] = (char)('0' + fraction / unit);
            fraction %= unit;
        }
    }
    if (zoned) {
        int32_t minutes = (offset < 0 ? -offset : offset) / 60;
        text[n++] = offset < 0 ? '-' : '+';
        text[n++] = (char)('0' + minutes / 600);
        text[n++] = (char)('0' + minutes / 60 % 10);
        text[n++] = ':';
        text[n++] = (char)('0' + minutes % 60 / 10);
        text[n++] = (char)('0' + minutes % 10);
    }
    return variant_json_quoted(out, text, n);
}

static dbx_status variant_json_uuid(buffer *out, string_view bytes) {
    TRY(buffer_append_char(out, '"'));
    for (uint32_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) TRY(buffer_append_char(out, '-'));
        TRY(buffer_printf(out, "%02x", (uint8_t)bytes.data[i]));
    }
    return buffer_append_char(out, '"');
}

static dbx_status variant_json_at(buffer *out, variant v, const query *q, uint32_t depth);

static dbx_status variant_json_children(buffer *out, variant v, const variant_item *item,
                                        const query *q, uint32_t depth) {
    bool object = item->kind == VARIANT_OBJECT;
    TRY(buffer_append_char(out, object ? '{' : '['));
    for (uint32_t i = 0; i < item->count; i++) {
        variant child;
        string_view key;
        if (i > 0) TRY(buffer_append_char(out, ','));
        if (object) {
            if (!variant_field(v, item, i, &key, &child)) return DBX_ERROR;
            TRY(value_append_json_string(out, key));
            TRY(buffer_append_char(out, ':'));
        } else if (!variant_element(v, item, i, &child)) {
            return DBX_ERROR;
        }
        TRY(variant_json_at(out, child, q, depth + 1));
        if (out->size > VARIANT_SIZE_MAX) return DBX_ERROR;
    }
    return buffer_append_char(out, object ? '}' : ']');
}

static dbx_status variant_json_at(buffer *out, variant v, const query *q, uint32_t depth) {
    variant_item item;
    char text[NUMBER_TEXT_MAX];
    if (depth > VARIANT_DEPTH_MAX || !variant_read(v, &item)) return DBX_ERROR;
    switch (item.kind) {
    case VARIANT_NULL:
        return buffer_append_sv(out, SV("null"));
    case VARIANT_BOOLEAN:
        return buffer_append_sv(out, item.integer ? SV("true") : SV("false"));
    case VARIANT_LONG:
        return buffer_append(out, text, number_print_int64(item.integer, text));
    case VARIANT_FLOAT:
    case VARIANT_DOUBLE: {
        uint32_t n = item.kind == VARIANT_FLOAT ? number_print_float((float)item.real, text)
                                                : number_print_double(item.real, text);
        return isfinite(item.real) ? buffer_append(out, text, n)
                                   : variant_json_quoted(out, text, n);
    }
    case VARIANT_DECIMAL:
        return variant_json_decimal(out, item.decimal, item.scale);
    case VARIANT_STRING:
        return value_append_json_string(out, item.bytes);
    case VARIANT_BINARY:
        return value_append_json_base64(out, item.bytes);
    case VARIANT_UUID:
        return variant_json_uuid(out, item.bytes);
    case VARIANT_OBJECT:
    case VARIANT_ARRAY:
        return variant_json_children(out, v, &item, q, depth);
    default:
        return variant_json_datetime(out, &item, q);
    }
}

dbx_status variant_append_json(buffer *out, variant v, const query *q) {
    return variant_json_at(out, v, q, 0);
}

/* ---- from JSON ---- */

/* Digits with at most one point become a DECIMAL when 38 digits hold them, other numbers a DOUBLE.
 */
static dbx_status variant_parse_number(variant_builder *b, string_view text) {
    int128 x = 0;
    uint32_t scale = 0, digits = 0;
    bool point = false, exact = true;
    for (size_t i = text.data[0] == '-'; i < text.size && exact; i++) {
        char c = text.data[i];
        if (c == '.') {
            point = true;
            continue;
        }
        digits += digits > 0 || c != '0';
        scale += point;
        exact = ascii_is_digit(c) && digits <= INT128_POWER_MAX && scale <= INT128_POWER_MAX;
        if (exact) x = x * 10 + (c - '0');
    }
    if (exact) return variant_put_decimal(b, text.data[0] == '-' ? -x : x, scale);
    double d;
    if (number_parse_double(text.data, text.size, &d) != NUMBER_OK) return DBX_ERROR;
    return variant_put_double(b, d);
}

static dbx_status variant_parse_string(json_scanner *s, buffer *scratch, string_view *out) {
    *out = s->text;
    if (!s->escaped) return DBX_OK;
    buffer_clear(scratch);
    TRY(buffer_reserve(scratch, s->text.size));
    scratch->size = json_scan_unescape(s->text, scratch->data);
    *out = buffer_view(scratch);
    return DBX_OK;
}

static dbx_status variant_parse_value(variant_builder *b, json_scanner *s, buffer *scratch) {
    string_view text;
    bool duplicate = false;
    int64_t integer;
    switch (s->token) {
    case JSON_NULL:
        return variant_put_null(b);
    case JSON_TRUE:
    case JSON_FALSE:
        return variant_put_boolean(b, s->token == JSON_TRUE);
    case JSON_STRING:
        TRY(variant_parse_string(s, scratch, &text));
        return variant_put_bytes(b, VARIANT_STRING, text);
    case JSON_INTEGER:
        if (number_parse_int64(s->text.data, s->text.size, false, &integer) == NUMBER_OK)
            return variant_put_long(b, integer);
        return variant_parse_number(b, s->text);
    case JSON_REAL:
        return variant_parse_number(b, s->text);
    case JSON_ARRAY: {
        variant_frame f = variant_begin(b);
        while (json_scan_next(s) != JSON_ARRAY_END) {
            TRY(variant_begin_item(b, f));
            TRY(variant_parse_value(b, s, scratch));
        }
        return variant_end_array(b, f);
    }
    case JSON_OBJECT: {
        variant_frame f = variant_begin(b);
        while (json_scan_next(s) == JSON_KEY) {
            TRY(variant_parse_string(s, scratch, &text));
            TRY(variant_begin_field(b, f, text));
            (void)json_scan_next(s);
            TRY(variant_parse_value(b, s, scratch));
        }
        if (s->token != JSON_OBJECT_END) return DBX_ERROR;
        TRY(variant_end_object(b, f, &duplicate));
        return duplicate ? DBX_ERROR : DBX_OK;
    }
    default:
        return DBX_ERROR;
    }
}

dbx_status variant_parse_json(variant_builder *b, string_view json, buffer *scratch) {
    json_scanner s;
    json_scan_begin(&s, json, 0);
    (void)json_scan_next(&s);
    return variant_parse_value(b, &s, scratch);
}
