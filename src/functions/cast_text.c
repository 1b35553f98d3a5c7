/* cast_text.c - steps from strings, and everything to STRING. */
#include "functions/cast_int.h"
#include "vector/datetime_text.h"
#include "vector/interval_text.h"
#include "kernel/number_text.h"

static string_view cast_text_at(const void *in, uint32_t i) {
    return vstring_view(&((const vstring *)in)[i]);
}

static string_view cast_text_strip(string_view s) {
    while (s.size > 0 && (unsigned char)s.data[0] <= ' ') s.data++, s.size--;
    while (s.size > 0 && (unsigned char)s.data[s.size - 1] <= ' ') s.size--;
    return s;
}

static cast_result cast_text_to_int(fn_call *call, const cast_state *s, const void *in, uint32_t i,
                                    void *out, uint32_t r) {
    (void)call;
    string_view text = cast_text_at(in, i);
    int64_t v;
    if (number_parse_int64(text.data, text.size, s->mode == CAST_LEGACY, &v) != NUMBER_OK)
        return CAST_MALFORMED;
    return cast_store_int(s->to, v, out, r) ? CAST_DONE : CAST_MALFORMED;
}
static cast_result cast_text_to_double(fn_call *call, const cast_state *s, const void *in,
                                       uint32_t i, void *out, uint32_t r) {
    (void)call, (void)s;
    string_view text = cast_text_at(in, i);
    return number_parse_double(text.data, text.size, &((double *)out)[r]) == NUMBER_OK
               ? CAST_DONE
               : CAST_MALFORMED;
}
static cast_result cast_text_to_float(fn_call *call, const cast_state *s, const void *in,
                                      uint32_t i, void *out, uint32_t r) {
    (void)call, (void)s;
    string_view text = cast_text_at(in, i);
    return number_parse_float(text.data, text.size, &((float *)out)[r]) == NUMBER_OK
               ? CAST_DONE
               : CAST_MALFORMED;
}
static cast_result cast_text_to_decimal(fn_call *call, const cast_state *s, const void *in,
                                        uint32_t i, void *out, uint32_t r) {
    (void)call;
    string_view text = cast_text_at(in, i);
    int128 v;
    number_status status =
        number_parse_decimal(text.data, text.size, s->to.precision, s->to.scale, &v);
    if (status != NUMBER_OK) return status == NUMBER_MALFORMED ? CAST_MALFORMED : CAST_OUT_OF_RANGE;
    return cast_store_decimal(s, v, out, r) ? CAST_DONE : CAST_OUT_OF_RANGE;
}
static cast_result cast_text_to_bool(fn_call *call, const cast_state *s, const void *in, uint32_t i,
                                     void *out, uint32_t r) {
    (void)call, (void)s;
    static const char *const words[] = {"t", "true", "y", "yes", "1", "f", "false", "n", "no", "0"};
    string_view text = cast_text_strip(cast_text_at(in, i));
    for (uint32_t w = 0; w < ARRAY_COUNT(words); w++) {
        if (!sv_equal_ignore_case(text, sv_from(words[w]))) continue;
        ((uint8_t *)out)[r] = w < 5;
        return CAST_DONE;
    }
    return CAST_MALFORMED;
}
static cast_result cast_text_to_date(fn_call *call, const cast_state *s, const void *in, uint32_t i,
                                     void *out, uint32_t r) {
    (void)call, (void)s;
    return date_parse(cast_text_at(in, i), &((int32_t *)out)[r]) ? CAST_DONE : CAST_MALFORMED;
}
static cast_result cast_text_to_timestamp(fn_call *call, const cast_state *s, const void *in,
                                          uint32_t i, void *out, uint32_t r) {
    time_zone_cache cache = {0};
    bool good = timestamp_parse(cast_text_at(in, i), s->zone, call->query->start_time_us, &cache,
                                call->arena, &((int64_t *)out)[r]);
    return good ? CAST_DONE : CAST_MALFORMED;
}
static cast_result cast_text_to_timestamp_ntz(fn_call *call, const cast_state *s, const void *in,
                                              uint32_t i, void *out, uint32_t r) {
    (void)call, (void)s;
    return timestamp_ntz_parse(cast_text_at(in, i), &((int64_t *)out)[r]) ? CAST_DONE
                                                                          : CAST_MALFORMED;
}
static cast_result cast_text_to_time(fn_call *call, const cast_state *s, const void *in, uint32_t i,
                                     void *out, uint32_t r) {
    (void)call, (void)s;
    return time_parse(cast_text_at(in, i), &((int64_t *)out)[r]) ? CAST_DONE : CAST_MALFORMED;
}
static cast_result cast_text_to_interval(fn_call *call, const cast_state *s, const void *in,
                                         uint32_t i, void *out, uint32_t r) {
    (void)call;
    string_view text = cast_text_at(in, i);
    if (s->to.id == TYPE_INTERVAL)
        return interval_parse(text, &((dbx_interval *)out)[r]) == INTERVAL_OK ? CAST_DONE
                                                                              : CAST_NOTHING;
    interval_status status = s->to.id == TYPE_INTERVAL_YM
                                 ? interval_ym_parse(text, s->to, &((int32_t *)out)[r])
                                 : interval_dt_parse(text, s->to, &((int64_t *)out)[r]);
    return status == INTERVAL_OK ? CAST_DONE : CAST_BAD_INTERVAL;
}
/* Legacy mode: the integer's bytes, big-endian. */
static cast_result cast_int_to_binary(fn_call *call, const cast_state *s, const void *in,
                                      uint32_t i, void *out, uint32_t r) {
    (void)call;
    char bytes[8];
    uint32_t size = physical_size(type_physical(s->from));
    uint64_t v = (uint64_t)cast_load_int(s->from, in, i);
    for (uint32_t k = 0; k < size; k++) bytes[k] = (char)(v >> (8 * (size - 1 - k)));
    ((vstring *)out)[r] = vstring_from(bytes, size);
    return CAST_DONE;
}

cast_step cast_find_text_step(cast_state *s) {
    if (s->to.id == TYPE_BINARY && type_is_integer(s->from)) return cast_int_to_binary;
    if (s->from.id != TYPE_STRING) return NULL;
    switch ((type_id)s->to.id) {
    case TYPE_BOOLEAN:
        return cast_text_to_bool;
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
        return cast_text_to_int;
    case TYPE_FLOAT:
        return cast_text_to_float;
    case TYPE_DOUBLE:
        return cast_text_to_double;
    case TYPE_DECIMAL:
        return cast_text_to_decimal;
    case TYPE_DATE:
        return cast_text_to_date;
    case TYPE_TIMESTAMP:
        return cast_text_to_timestamp;
    case TYPE_TIMESTAMP_NTZ:
        return cast_text_to_timestamp_ntz;
    case TYPE_TIME:
        return cast_text_to_time;
    case TYPE_INTERVAL_YM:
    case TYPE_INTERVAL_DT:
    case TYPE_INTERVAL:
        return cast_text_to_interval;
    default:
        return NULL;
    }
}

/* ---- to STRING ---- */

static dbx_status cast_store_text(fn_call *call, vector *out, uint32_t r, string_view text) {
    if (text.size > VSTRING_INLINE_MAX) {
        char *bytes = arena_alloc_bytes(call->arena, text.size);
        if (bytes == NULL) return error_nomem(call->err);
        memcpy(bytes, text.data, text.size);
        text.data = bytes;
    }
    VECTOR_DATA(out, vstring)[r] = vstring_from(text.data, text.size);
    return DBX_OK;
}

dbx_status cast_run_text(fn_call *call, const vector *args, vector *out) {
    buffer text;
    dbx_status status = DBX_OK;
    buffer_init(&text, call->arena->ledger);
    FN_FOR_EACH_ROW(call, r) {
        buffer_clear(&text);
        if (value_append_text(&text, &args[0], r, DBX_TEXT_CAST, call->query) != DBX_OK) {
            status = error_nomem(call->err);
            break;
        }
        status = cast_store_text(call, out, r, buffer_view(&text));
        if (status != DBX_OK) break;
    }
    buffer_deinit(&text);
    return status;
}
