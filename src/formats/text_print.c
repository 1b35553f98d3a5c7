/* text_print.c - see text_print.h. */
#include "formats/text_print.h"

#include "formats/arguments.h"
#include "kernel/calendar.h"
#include "kernel/number_text.h"
#include "kernel/text_index.h"
#include "vector/datetime_text.h"
#include "vector/interval_text.h"

#include <math.h>

enum { TEXT_VALUE_MAX = 192 };
static_assert((int)TEXT_VALUE_MAX >= (int)INTERVAL_TEXT_MAX, "room for any scalar");

/* ---- options ---- */

dbx_status text_print_option(text_print *p, const sink_option *o, arena *a, bool *taken,
                             error *err) {
    const datetime_format **format =
        sv_equal_ignore_case(o->name, SV("dateFormat"))           ? &p->date
        : sv_equal_ignore_case(o->name, SV("timestampFormat"))    ? &p->timestamp
        : sv_equal_ignore_case(o->name, SV("timestampNTZFormat")) ? &p->timestamp_ntz
                                                                  : NULL;
    *taken = true;
    if (format != NULL) {
        datetime_format *compiled = ARENA_NEW(a, datetime_format);
        if (compiled == NULL) return error_nomem(err);
        *format = compiled;
        return datetime_format_compile(a, o->value, false, compiled, (span){0, 0}, err);
    }
    if (sv_equal_ignore_case(o->name, SV("timeZone")))
        return time_zone_load(a, o->value, &p->zone, err);
    *taken = false;
    return DBX_OK;
}

/* ---- scalars: into room that is there ---- */

#define TEXT_PUT(name, expression)                                                                 \
    static dbx_status name(const text_print *p, const text_column *c, uint32_t i, buffer *out) {   \
        (void)p;                                                                                   \
        TRY(buffer_reserve(out, TEXT_VALUE_MAX));                                                  \
        const void *data = c->view.data;                                                           \
        char *to = out->data + out->size;                                                          \
        out->size += expression;                                                                   \
        return DBX_OK;                                                                             \
    }

static uint32_t text_bool(bool value, char *to) {
    memcpy(to, value ? "true" : "false", value ? 4 : 5);
    return value ? 4 : 5;
}

TEXT_PUT(text_put_bool, text_bool(((const uint8_t *)data)[i] != 0, to))
TEXT_PUT(text_put_int8, number_print_int64(((const int8_t *)data)[i], to))
TEXT_PUT(text_put_int16, number_print_int64(((const int16_t *)data)[i], to))
TEXT_PUT(text_put_int32, number_print_int64(((const int32_t *)data)[i], to))
TEXT_PUT(text_put_int64, number_print_int64(((const int64_t *)data)[i], to))
TEXT_PUT(text_put_float, number_print_float(((const float *)data)[i], to))
TEXT_PUT(text_put_double, number_print_double(((const double *)data)[i], to))
TEXT_PUT(text_put_decimal64,
         number_print_decimal(((const int64_t *)data)[i], c->view.base->type.scale, to))
TEXT_PUT(text_put_decimal128,
         number_print_decimal(((const int128 *)data)[i], c->view.base->type.scale, to))
TEXT_PUT(text_put_iso_date, date_print(((const int32_t *)data)[i], to))
TEXT_PUT(text_put_time, time_print(((const int64_t *)data)[i], to))
TEXT_PUT(text_put_interval_ym,
         interval_ym_print(((const int32_t *)data)[i], c->view.base->type, true, to))
TEXT_PUT(text_put_interval_dt,
         interval_dt_print(((const int64_t *)data)[i], c->view.base->type, true, to))
TEXT_PUT(text_put_interval, interval_print(((const dbx_interval *)data)[i], to))
#undef TEXT_PUT

/* ---- dates and times ---- */

static dbx_status text_put_date(const text_print *p, const text_column *c, uint32_t i,
                                buffer *out) {
    if (p->date == NULL) return text_put_iso_date(p, c, i, out);
    int64_t micros = ((const int32_t *)c->view.data)[i] * MICROS_PER_DAY;
    return datetime_format_print(p->date, micros, &time_zone_utc, 0, out);
}

static char *text_two_digits(int64_t value, char *to) {
    to[0] = (char)('0' + value / 10);
    to[1] = (char)('0' + value % 10);
    return to + 2;
}

/* "2020-01-02T03:04:05.123[456]" */
static char *text_iso_timestamp(int64_t local, char *to) {
    int64_t days = floor_divide(local, MICROS_PER_DAY), time = local - days * MICROS_PER_DAY;
    to += date_print((int32_t)days, to);
    *to++ = 'T';
    to = text_two_digits(time / MICROS_PER_HOUR, to);
    *to++ = ':';
    to = text_two_digits(time / MICROS_PER_MINUTE % 60, to);
    *to++ = ':';
    to = text_two_digits(time / MICROS_PER_SECOND % 60, to);
    *to++ = '.';
    int64_t fraction = time % MICROS_PER_SECOND;
    uint32_t digits = fraction % 1000 == 0 ? 3 : 6;
    if (digits == 3) fraction /= 1000;
    for (uint32_t i = digits; i > 0; i--, fraction /= 10) to[i - 1] = (char)('0' + fraction % 10);
    return to + digits;
}

static char *text_iso_offset(int32_t offset, char *to) {
    if (offset == 0) {
        *to++ = 'Z';
        return to;
    }
    int32_t s = offset < 0 ? -offset : offset;
    *to++ = offset < 0 ? '-' : '+';
    to = text_two_digits(s / 3600, to);
    *to++ = ':';
    to = text_two_digits(s / 60 % 60, to);
    if (s % 60 == 0) return to;
    *to++ = ':';
    return text_two_digits(s % 60, to);
}

static dbx_status text_put_timestamp(const text_print *p, const text_column *c, uint32_t i,
                                     buffer *out) {
    int64_t utc = ((const int64_t *)c->view.data)[i];
    int32_t offset = time_zone_offset_at(p->zone, time_zone_floor_seconds(utc));
    int64_t local = (int64_t)((uint64_t)utc + (uint64_t)(offset * MICROS_PER_SECOND));
    if (p->timestamp != NULL)
        return datetime_format_print(p->timestamp, local, p->zone, offset, out);
    TRY(buffer_reserve(out, TEXT_VALUE_MAX));
    char *start = out->data + out->size;
    out->size += (size_t)(text_iso_offset(offset, text_iso_timestamp(local, start)) - start);
    return DBX_OK;
}

static dbx_status text_put_timestamp_ntz(const text_print *p, const text_column *c, uint32_t i,
                                         buffer *out) {
    int64_t local = ((const int64_t *)c->view.data)[i];
    if (p->timestamp_ntz != NULL)
        return datetime_format_print(p->timestamp_ntz, local, &time_zone_utc, 0, out);
    TRY(buffer_reserve(out, TEXT_VALUE_MAX));
    char *start = out->data + out->size;
    out->size += (size_t)(text_iso_timestamp(local, start) - start);
    return DBX_OK;
}

static dbx_status text_put_nested(const text_print *p, const text_column *c, uint32_t i,
                                  buffer *out) {
    return text_print_json(p, c->view.base, i, out);
}

/* ---- columns ---- */

static const text_put text_puts[TYPE_ID_COUNT] = {
    [TYPE_BOOLEAN] = text_put_bool,
    [TYPE_TINYINT] = text_put_int8,
    [TYPE_SMALLINT] = text_put_int16,
    [TYPE_INT] = text_put_int32,
    [TYPE_BIGINT] = text_put_int64,
    [TYPE_FLOAT] = text_put_float,
    [TYPE_DOUBLE] = text_put_double,
    [TYPE_DECIMAL] = text_put_decimal64,
    [TYPE_DATE] = text_put_date,
    [TYPE_TIMESTAMP] = text_put_timestamp,
    [TYPE_TIMESTAMP_NTZ] = text_put_timestamp_ntz,
    [TYPE_TIME] = text_put_time,
    [TYPE_INTERVAL_YM] = text_put_interval_ym,
    [TYPE_INTERVAL_DT] = text_put_interval_dt,
    [TYPE_INTERVAL] = text_put_interval,
    [TYPE_ARRAY] = text_put_nested,
    [TYPE_MAP] = text_put_nested,
    [TYPE_STRUCT] = text_put_nested,
};

void text_column_init(text_column *c, const vector *v) {
    type t = v->type;
    *c = (text_column){.view = vector_view_of(v), .put = text_puts[t.id]};
    c->is_nested = t.id == TYPE_ARRAY || t.id == TYPE_MAP || t.id == TYPE_STRUCT;
    c->quoted = c->put == NULL || (t.id >= TYPE_DATE && t.id <= TYPE_INTERVAL);
    if (t.id == TYPE_DECIMAL && type_physical(t) == PHYS_INT128) c->put = text_put_decimal128;
}

/* ---- JSON ---- */

static dbx_status text_json_escaped(string_view s, buffer *out) {
    static const char digits[] = "0123456789abcdef";
    static const char letters[32] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    TRY(buffer_reserve(out, s.size * 6));
    char *to = out->data + out->size;
    for (size_t i = 0; i < s.size; i++) {
        unsigned char c = (unsigned char)s.data[i];
        if (c >= 0x20) {
            if (c == '"' || c == '\\') *to++ = '\\';
            *to++ = (char)c;
        } else if (letters[c] != 0) {
            *to++ = '\\';
            *to++ = letters[c];
        } else {
            memcpy(to, "\\u00", 4);
            to[4] = digits[c >> 4];
            to[5] = digits[c & 15];
            to += 6;
        }
    }
    out->size = (size_t)(to - out->data);
    return DBX_OK;
}

dbx_status text_print_json_string(string_view s, buffer *out) {
    TRY(buffer_reserve(out, s.size + 2));
    out->data[out->size++] = '"';
    if (text_needs_json_escape(s.data, s.size)) {
        TRY(text_json_escaped(s, out));
    } else if (s.size > 0) {
        memcpy(out->data + out->size, s.data, s.size);
        out->size += s.size;
    }
    return buffer_append_char(out, '"');
}

static dbx_status text_json_base64(string_view s, buffer *out) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    TRY(buffer_reserve(out, s.size / 3 * 4 + 8));
    char *to = out->data + out->size;
    *to++ = '"';
    for (size_t i = 0; i < s.size; i += 3) {
        uint32_t word = (uint32_t)(uint8_t)s.data[i] << 16;
        if (i + 1 < s.size) word |= (uint32_t)(uint8_t)s.data[i + 1] << 8;
        if (i + 2 < s.size) word |= (uint8_t)s.data[i + 2];
        to[0] = digits[word >> 18];
        to[1] = digits[word >> 12 & 63];
        to[2] = i + 1 < s.size ? digits[word >> 6 & 63] : '=';
        to[3] = i + 2 < s.size ? digits[word & 63] : '=';
        to += 4;
    }
    *to++ = '"';
    out->size = (size_t)(to - out->data);
    return DBX_OK;
}

/* A scalar that is not NULL, quoted where JSON needs it. */
static dbx_status text_json_scalar(const text_print *p, const text_column *c, uint32_t i,
                                   bool as_key, buffer *out) {
    type t = c->view.base->type;
    if (c->put == NULL) {
        string_view s = vstring_view(&((const vstring *)c->view.data)[i]);
        return t.id == TYPE_BINARY ? text_json_base64(s, out) : text_print_json_string(s, out);
    }
    size_t start = out->size;
    bool quoted = c->quoted || as_key;
    if (type_is_float(t)) {
        double x = t.id == TYPE_FLOAT ? (double)((const float *)c->view.data)[i]
                                      : ((const double *)c->view.data)[i];
        quoted = quoted || !isfinite(x);
    }
    if (quoted) TRY(buffer_append_char(out, '"'));
    TRY(c->put(p, c, i, out));
    if (!quoted) return DBX_OK;
    /* A pattern may hold quotes of its own. */
    if (memchr(out->data + start + 1, '"', out->size - start - 1) == NULL)
        return buffer_append_char(out, '"');
    buffer copy;
    buffer_init(&copy, out->ledger);
    dbx_status status = buffer_append(&copy, out->data + start + 1, out->size - start - 1);
    out->size = start;
    if (status == DBX_OK) status = text_print_json_string(buffer_view(&copy), out);
    buffer_deinit(&copy);
    return status;
}

static dbx_status text_json_list(const text_print *p, const vector *base, uint32_t i, buffer *out) {
    list_entry e = VECTOR_DATA(base, list_entry)[i];
    TRY(buffer_append_char(out, '['));
    for (uint32_t k = 0; k < e.length; k++) {
        if (k > 0) TRY(buffer_append_char(out, ','));
        TRY(text_print_json(p, &base->children[0], e.offset + k, out));
    }
    return buffer_append_char(out, ']');
}

static dbx_status text_json_key(const text_print *p, const vector *keys, uint32_t row,
                                buffer *out) {
    text_column c;
    text_column_init(&c, keys);
    uint32_t i = view_index(&c.view, row);
    if (!c.is_nested) return text_json_scalar(p, &c, i, true, out);
    buffer text; /* a nested key is the text of its JSON */
    buffer_init(&text, out->ledger);
    dbx_status status = text_print_json(p, keys, row, &text);
    if (status == DBX_OK) status = text_print_json_string(buffer_view(&text), out);
    buffer_deinit(&text);
    return status;
}

static dbx_status text_json_map(const text_print *p, const vector *base, uint32_t i, buffer *out) {
    list_entry e = VECTOR_DATA(base, list_entry)[i];
    vector_view entries = vector_view_of(&base->children[0]);
    TRY(buffer_append_char(out, '{'));
    for (uint32_t k = 0; k < e.length; k++) {
        uint32_t at = view_index(&entries, e.offset + k);
        if (k > 0) TRY(buffer_append_char(out, ','));
        TRY(text_json_key(p, &entries.base->children[0], at, out));
        TRY(buffer_append_char(out, ':'));
        TRY(text_print_json(p, &entries.base->children[1], at, out));
    }
    return buffer_append_char(out, '}');
}

static dbx_status text_json_struct(const text_print *p, const vector *base, uint32_t i,
                                   buffer *out) {
    TRY(buffer_append_char(out, '{'));
    bool first = true;
    for (uint32_t k = 0; k < base->type.child_count; k++) {
        if (!p->null_fields && vector_is_null(&base->children[k], i)) continue;
        if (!first) TRY(buffer_append_char(out, ','));
        first = false;
        TRY(text_print_json_string(base->type.children[k].name, out));
        TRY(buffer_append_char(out, ':'));
        TRY(text_print_json(p, &base->children[k], i, out));
    }
    return buffer_append_char(out, '}');
}

dbx_status text_print_json_at(const text_print *p, const text_column *c, uint32_t i, buffer *out) {
    switch ((type_id)c->view.base->type.id) {
    case TYPE_ARRAY:
        return text_json_list(p, c->view.base, i, out);
    case TYPE_MAP:
        return text_json_map(p, c->view.base, i, out);
    case TYPE_STRUCT:
        return text_json_struct(p, c->view.base, i, out);
    default:
        return text_json_scalar(p, c, i, false, out);
    }
}

dbx_status text_print_json(const text_print *p, const vector *v, uint32_t row, buffer *out) {
    text_column c;
    text_column_init(&c, v);
    uint32_t i = view_index(&c.view, row);
    if (v->type.id == TYPE_VOID || !validity_get(c.view.validity, i))
        return buffer_append(out, "null", 4);
    return text_print_json_at(p, &c, i, out);
}
