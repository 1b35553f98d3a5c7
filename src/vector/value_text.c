/* value_text.c - see value_text.h. */
#include "vector/value_text.h"

#include "kernel/base64.h"
#include "kernel/number_text.h"
#include "vector/datetime_text.h"
#include "vector/interval_text.h"
#include "vector/variant.h"

#include <math.h>

static dbx_status value_text_append(buffer *out, const vector *v, uint32_t row,
                                    dbx_text_style style, const query *q, bool nested);

static dbx_status value_text_literal(buffer *out, const char *text) {
    return buffer_append(out, text, strlen(text));
}

dbx_status value_append_json_string(buffer *out, string_view s) {
    TRY(buffer_append_char(out, '"'));
    for (size_t i = 0; i < s.size; i++) {
        unsigned char c = (unsigned char)s.data[i];
        if (c == '"' || c == '\\') {
            TRY(buffer_append_char(out, '\\'));
            TRY(buffer_append_char(out, (char)c));
        } else if (c >= 0x20) {
            TRY(buffer_append_char(out, (char)c));
        } else {
            static const char *const names = "\b\f\n\r\t";
            static const char letters[] = "bfnrt";
            const char *at = c == 0 ? NULL : strchr(names, c);
            if (at != NULL) {
                TRY(buffer_append_char(out, '\\'));
                TRY(buffer_append_char(out, letters[at - names]));
            } else {
                TRY(buffer_printf(out, "\\u%04X", c));
            }
        }
    }
    return buffer_append_char(out, '"');
}

static dbx_status value_text_base64(buffer *out, string_view s) {
    TRY(buffer_reserve(out, base64_encoded_size(s.size)));
    base64_encode(s.data, s.size, out->data + out->size);
    out->size += base64_encoded_size(s.size);
    return DBX_OK;
}

dbx_status value_append_json_base64(buffer *out, string_view s) {
    TRY(buffer_append_char(out, '"'));
    TRY(value_text_base64(out, s));
    return buffer_append_char(out, '"');
}

dbx_status value_append_binary(buffer *out, string_view s, const query *q) {
    string_view style = q->settings->binary_output_style;
    bool hex = sv_equal_ignore_case(style, SV("HEX")),
         discrete = sv_equal_ignore_case(style, SV("HEX_DISCRETE"));
    if (sv_equal_ignore_case(style, SV("BASE64"))) return value_text_base64(out, s);
    if (!hex && !discrete && !sv_equal_ignore_case(style, SV("BASIC")))
        return buffer_append_sv(out, s);
    if (!hex) TRY(buffer_append_char(out, '['));
    for (size_t i = 0; i < s.size; i++) {
        if (i > 0 && !hex) TRY(value_text_literal(out, discrete ? " " : ", "));
        if (hex || discrete)
            TRY(buffer_printf(out, "%02X", (uint8_t)s.data[i]));
        else
            TRY(buffer_printf(out, "%d", (int8_t)s.data[i]));
    }
    return hex ? DBX_OK : buffer_append_char(out, ']');
}

/* Numbers, dates and intervals into a small array; 0 for the other types. */
static uint32_t value_text_scalar(type t, const void *data, uint32_t i, dbx_text_style style,
                                  const query *q, char *out) {
    bool sql = style != DBX_TEXT_HIVE;
    switch ((type_id)t.id) {
    case TYPE_TINYINT:
        return number_print_int64(((const int8_t *)data)[i], out);
    case TYPE_SMALLINT:
        return number_print_int64(((const int16_t *)data)[i], out);
    case TYPE_INT:
        return number_print_int64(((const int32_t *)data)[i], out);
    case TYPE_BIGINT:
        return number_print_int64(((const int64_t *)data)[i], out);
    case TYPE_FLOAT:
        return number_print_float(((const float *)data)[i], out);
    case TYPE_DOUBLE:
        return number_print_double(((const double *)data)[i], out);
    case TYPE_DECIMAL:
        if (type_physical(t) == PHYS_INT64)
            return number_print_decimal(((const int64_t *)data)[i], t.scale, out);
        return number_print_decimal(((const int128 *)data)[i], t.scale, out);
    case TYPE_DATE:
        return date_print(((const int32_t *)data)[i], out);
    case TYPE_TIMESTAMP:
        return timestamp_print(time_zone_to_local(time_zone_of(q), ((const int64_t *)data)[i]),
                               out);
    case TYPE_TIMESTAMP_NTZ:
        return timestamp_print(((const int64_t *)data)[i], out);
    case TYPE_TIME:
        return time_print(((const int64_t *)data)[i], out);
    case TYPE_INTERVAL_YM:
        return interval_ym_print(((const int32_t *)data)[i], t, sql, out);
    case TYPE_INTERVAL_DT:
        return interval_dt_print(((const int64_t *)data)[i], t, sql, out);
    case TYPE_INTERVAL:
        return interval_print(((const dbx_interval *)data)[i], out);
    default:
        return 0;
    }
}

static bool value_text_is_quoted_in_json(type t) {
    return t.id >= TYPE_DATE && t.id <= TYPE_INTERVAL;
}

static dbx_status value_text_string(buffer *out, type t, string_view s, dbx_text_style style,
                                    const query *q, bool nested) {
    if (style == DBX_TEXT_JSON)
        return t.id == TYPE_BINARY ? value_append_json_base64(out, s)
                                   : value_append_json_string(out, s);
    if (style == DBX_TEXT_HIVE && t.id == TYPE_BINARY) return value_append_binary(out, s, q);
    bool quote = style == DBX_TEXT_HIVE && nested && t.id == TYPE_STRING;
    if (quote) TRY(buffer_append_char(out, '"'));
    TRY(buffer_append_sv(out, s));
    return quote ? buffer_append_char(out, '"') : DBX_OK;
}

/* The well-known binary in hexadecimal, without the number of the reference system before it. */
static dbx_status value_text_geo(buffer *out, string_view s, dbx_text_style style) {
    if (style == DBX_TEXT_JSON) TRY(buffer_append_char(out, '"'));
    for (size_t i = 4; i < s.size; i++) TRY(buffer_printf(out, "%02X", (uint8_t)s.data[i]));
    return style == DBX_TEXT_JSON ? buffer_append_char(out, '"') : DBX_OK;
}

/* JSON in every style. */
static dbx_status value_text_variant(buffer *out, string_view s, const query *q) {
    variant v;
    size_t start = out->size;
    dbx_status status = variant_open(s, &v) ? variant_append_json(out, v, q) : DBX_ERROR;
    if (status != DBX_ERROR) return status;
    out->size = start;
    return value_text_literal(out, "\"<malformed variant>\"");
}

static dbx_status value_text_list(buffer *out, const vector *base, uint32_t i, dbx_text_style style,
                                  const query *q) {
    list_entry e = VECTOR_DATA(base, list_entry)[i];
    const char *separator = style == DBX_TEXT_CAST ? ", " : ",";
    bool map = base->type.id == TYPE_MAP;
    TRY(buffer_append_char(out, map ? '{' : '['));
    for (uint32_t k = 0; k < e.length; k++) {
        if (k > 0) TRY(value_text_literal(out, separator));
        if (!map) {
            TRY(value_text_append(out, &base->children[0], e.offset + k, style, q, true));
            continue;
        }
        vector_view entries = vector_view_of(&base->children[0]);
        uint32_t at = view_index(&entries, e.offset + k);
        const vector *key = &entries.base->children[0];
        bool bare = style == DBX_TEXT_JSON && key->type.id != TYPE_STRING &&
                    !value_text_is_quoted_in_json(key->type);
        if (bare) TRY(buffer_append_char(out, '"'));
        TRY(value_text_append(out, key, at, style, q, true));
        if (bare) TRY(buffer_append_char(out, '"'));
        TRY(value_text_literal(out, style == DBX_TEXT_CAST ? " -> " : ":"));
        TRY(value_text_append(out, &entries.base->children[1], at, style, q, true));
    }
    return buffer_append_char(out, map ? '}' : ']');
}

static dbx_status value_text_struct(buffer *out, const vector *base, uint32_t i,
                                    dbx_text_style style, const query *q) {
    TRY(buffer_append_char(out, '{'));
    bool first = true;
    for (uint32_t k = 0; k < base->type.child_count; k++) {
        const vector *child = &base->children[k];
        if (style == DBX_TEXT_JSON && vector_is_null(child, i)) continue;
        if (!first) TRY(value_text_literal(out, style == DBX_TEXT_CAST ? ", " : ","));
        first = false;
        if (style != DBX_TEXT_CAST) {
            if (style == DBX_TEXT_JSON) {
                TRY(value_append_json_string(out, base->type.children[k].name));
                TRY(buffer_append_char(out, ':'));
            } else {
                TRY(buffer_printf(out, "\"" SV_FMT "\":", SV_ARG(base->type.children[k].name)));
            }
        }
        TRY(value_text_append(out, child, i, style, q, true));
    }
    return buffer_append_char(out, '}');
}

static dbx_status value_text_append(buffer *out, const vector *v, uint32_t row,
                                    dbx_text_style style, const query *q, bool nested) {
    vector_view view = vector_view_of(v);
    uint32_t i = view_index(&view, row);
    type t = v->type;
    if (!validity_get(view.validity, i) || t.id == TYPE_VOID)
        return value_text_literal(out, nested || style == DBX_TEXT_JSON ? "null" : "NULL");
    switch ((type_id)t.id) {
    case TYPE_BOOLEAN:
        return value_text_literal(out, ((const uint8_t *)view.data)[i] ? "true" : "false");
    case TYPE_STRING:
    case TYPE_BINARY:
        return value_text_string(out, t, vstring_view(&((const vstring *)view.data)[i]), style, q,
                                 nested);
    case TYPE_GEOMETRY:
    case TYPE_GEOGRAPHY:
        return value_text_geo(out, vstring_view(&((const vstring *)view.data)[i]), style);
    case TYPE_VARIANT:
        return value_text_variant(out, vstring_view(&((const vstring *)view.data)[i]), q);
    case TYPE_ARRAY:
    case TYPE_MAP:
        return value_text_list(out, view.base, i, style, q);
    case TYPE_STRUCT:
        return value_text_struct(out, view.base, i, style, q);
    default:
        break;
    }
    char text[INTERVAL_TEXT_MAX];
    uint32_t size = value_text_scalar(t, view.data, i, style, q, text);
    bool special = type_is_float(t) && size > 0 && !ascii_is_digit(text[size - 1]);
    bool quote = style == DBX_TEXT_JSON && (special || value_text_is_quoted_in_json(t));
    if (quote) TRY(buffer_append_char(out, '"'));
    TRY(buffer_append(out, text, size));
    return quote ? buffer_append_char(out, '"') : DBX_OK;
}

dbx_status value_append_text(buffer *out, const vector *v, uint32_t row, dbx_text_style style,
                             const query *q) {
    assert(v->form != VECTOR_SEQUENCE);
    return value_text_append(out, v, row, style, q, false);
}

/* ---- SQL literals ---- */

static dbx_status value_sql_string(buffer *out, string_view s) {
    TRY(buffer_append_char(out, '\''));
    for (size_t i = 0; i < s.size; i++) {
        if (s.data[i] == '\'' || s.data[i] == '\\') TRY(buffer_append_char(out, '\\'));
        TRY(buffer_append_char(out, s.data[i]));
    }
    return buffer_append_char(out, '\'');
}

static dbx_status value_sql_number(buffer *out, type t, const char *text, uint32_t size) {
    static const char *const suffixes[TYPE_ID_COUNT] = {
        [TYPE_TINYINT] = "Y", [TYPE_SMALLINT] = "S", [TYPE_BIGINT] = "L",
        [TYPE_DOUBLE] = "D",  [TYPE_DECIMAL] = "BD",
    };
    bool finite = size > 0 && ascii_is_digit(text[size - 1]);
    if (type_is_float(t) && (t.id == TYPE_FLOAT || !finite)) {
        const char *quote = finite ? "" : "'";
        return buffer_printf(out, "CAST(%s%.*s%s AS %s)", quote, (int)size, text, quote,
                             t.id == TYPE_FLOAT ? "FLOAT" : "DOUBLE");
    }
    TRY(buffer_append(out, text, size));
    return suffixes[t.id] == NULL ? DBX_OK : value_text_literal(out, suffixes[t.id]);
}

static dbx_status value_sql_list(buffer *out, const vector *base, uint32_t i, const query *q) {
    list_entry e = VECTOR_DATA(base, list_entry)[i];
    bool map = base->type.id == TYPE_MAP;
    TRY(value_text_literal(out, map ? "MAP(" : "ARRAY("));
    for (uint32_t k = 0; k < e.length; k++) {
        if (k > 0) TRY(value_text_literal(out, ", "));
        if (!map) {
            TRY(value_append_sql(out, &base->children[0], e.offset + k, q));
            continue;
        }
        vector_view entries = vector_view_of(&base->children[0]);
        uint32_t at = view_index(&entries, e.offset + k);
        TRY(value_append_sql(out, &entries.base->children[0], at, q));
        TRY(value_text_literal(out, ", "));
        TRY(value_append_sql(out, &entries.base->children[1], at, q));
    }
    return buffer_append_char(out, ')');
}

static dbx_status value_sql_struct(buffer *out, const vector *base, uint32_t i, const query *q) {
    TRY(value_text_literal(out, "NAMED_STRUCT("));
    for (uint32_t k = 0; k < base->type.child_count; k++) {
        if (k > 0) TRY(value_text_literal(out, ", "));
        TRY(value_sql_string(out, base->type.children[k].name));
        TRY(value_text_literal(out, ", "));
        TRY(value_append_sql(out, &base->children[k], i, q));
    }
    return buffer_append_char(out, ')');
}

dbx_status value_append_sql(buffer *out, const vector *v, uint32_t row, const query *q) {
    static const char *const prefixes[TYPE_ID_COUNT] = {
        [TYPE_DATE] = "DATE",
        [TYPE_TIMESTAMP] = "TIMESTAMP",
        [TYPE_TIMESTAMP_NTZ] = "TIMESTAMP_NTZ",
        [TYPE_TIME] = "TIME",
        [TYPE_INTERVAL] = "INTERVAL",
    };
    vector_view view = vector_view_of(v);
    uint32_t i = view_index(&view, row);
    type t = v->type;
    if (!validity_get(view.validity, i) || t.id == TYPE_VOID)
        return value_text_literal(out, "NULL");
    switch ((type_id)t.id) {
    case TYPE_BOOLEAN:
        return value_text_literal(out, ((const uint8_t *)view.data)[i] ? "true" : "false");
    case TYPE_STRING:
        return value_sql_string(out, vstring_view(&((const vstring *)view.data)[i]));
    case TYPE_VARIANT: {
        TRY(value_text_literal(out, "parse_json('"));
        TRY(value_append_text(out, v, row, DBX_TEXT_JSON, q));
        return value_text_literal(out, "')");
    }
    case TYPE_GEOMETRY:
    case TYPE_GEOGRAPHY:
    case TYPE_BINARY: {
        string_view s = vstring_view(&((const vstring *)view.data)[i]);
        TRY(value_text_literal(out, "X'"));
        for (size_t k = 0; k < s.size; k++) TRY(buffer_printf(out, "%02X", (uint8_t)s.data[k]));
        return buffer_append_char(out, '\'');
    }
    case TYPE_ARRAY:
    case TYPE_MAP:
        return value_sql_list(out, view.base, i, q);
    case TYPE_STRUCT:
        return value_sql_struct(out, view.base, i, q);
    default:
        break;
    }
    char text[INTERVAL_TEXT_MAX];
    uint32_t size = value_text_scalar(t, view.data, i, DBX_TEXT_CAST, q, text);
    if (type_is_numeric(t)) return value_sql_number(out, t, text, size);
    if (prefixes[t.id] == NULL)
        return buffer_append(out, text, size); /* intervals bring their own keyword */
    return buffer_printf(out, "%s '%.*s'", prefixes[t.id], (int)size, text);
}
