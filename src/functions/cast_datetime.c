/* cast_datetime.c - steps between dates, timestamps and times, and between intervals of different
 * fields. */
#include "functions/cast_int.h"
#include "kernel/calendar.h"

static cast_result cast_date_to_timestamp(fn_call *call, const cast_state *s, const void *in,
                                          uint32_t i, void *out, uint32_t r) {
    (void)call;
    int64_t local;
    if (__builtin_mul_overflow((int64_t)((const int32_t *)in)[i], MICROS_PER_DAY, &local))
        return CAST_TOO_BIG;
    ((int64_t *)out)[r] = s->to.id == TYPE_TIMESTAMP ? time_zone_to_utc(s->zone, local) : local;
    return CAST_DONE;
}
static cast_result cast_timestamp_to_date(fn_call *call, const cast_state *s, const void *in,
                                          uint32_t i, void *out, uint32_t r) {
    (void)call;
    int64_t micros = ((const int64_t *)in)[i];
    if (s->from.id == TYPE_TIMESTAMP) micros = time_zone_to_local(s->zone, micros);
    ((int32_t *)out)[r] = (int32_t)floor_divide(micros, MICROS_PER_DAY);
    return CAST_DONE;
}
static cast_result cast_timestamp_to_timestamp(fn_call *call, const cast_state *s, const void *in,
                                               uint32_t i, void *out, uint32_t r) {
    (void)call;
    int64_t micros = ((const int64_t *)in)[i];
    ((int64_t *)out)[r] = s->from.id == TYPE_TIMESTAMP ? time_zone_to_local(s->zone, micros)
                                                       : time_zone_to_utc(s->zone, micros);
    return CAST_DONE;
}
static cast_result cast_timestamp_to_time(fn_call *call, const cast_state *s, const void *in,
                                          uint32_t i, void *out, uint32_t r) {
    (void)call;
    int64_t micros = ((const int64_t *)in)[i];
    if (s->from.id == TYPE_TIMESTAMP) micros = time_zone_to_local(s->zone, micros);
    ((int64_t *)out)[r] = floor_modulo(micros, MICROS_PER_DAY);
    return CAST_DONE;
}
/* TIME as a number: seconds since midnight. */
static cast_result cast_time_to_number(fn_call *call, const cast_state *s, const void *in,
                                       uint32_t i, void *out, uint32_t r) {
    (void)call;
    int64_t micros = ((const int64_t *)in)[i];
    if (s->to.id == TYPE_DOUBLE)
        ((double *)out)[r] = (double)micros / 1e6;
    else if (s->to.id == TYPE_FLOAT)
        ((float *)out)[r] = (float)((double)micros / 1e6);
    else if (s->to.id == TYPE_DECIMAL) {
        int128 v;
        if (!int128_multiply_divide(micros, int128_power10[s->to.scale], MICROS_PER_SECOND, &v))
            return CAST_OUT_OF_RANGE;
        return cast_store_decimal(s, v, out, r) ? CAST_DONE : CAST_OUT_OF_RANGE;
    } else
        return cast_store_int(s->to, micros / MICROS_PER_SECOND, out, r) ? CAST_DONE : CAST_TOO_BIG;
    return CAST_DONE;
}
/* Narrower fields drop what is below the last one. */
static cast_result cast_interval_to_interval(fn_call *call, const cast_state *s, const void *in,
                                             uint32_t i, void *out, uint32_t r) {
    (void)call;
    if (s->to.id == TYPE_INTERVAL_YM) {
        int32_t v = ((const int32_t *)in)[i];
        ((int32_t *)out)[r] = v - v % (int32_t)s->unit;
    } else {
        int64_t v = ((const int64_t *)in)[i];
        ((int64_t *)out)[r] = v - v % s->unit;
    }
    return CAST_DONE;
}
/* DATE as a number or boolean exists in legacy mode only, and is NULL. */
static cast_result cast_to_nothing(fn_call *call, const cast_state *s, const void *in, uint32_t i,
                                   void *out, uint32_t r) {
    (void)call, (void)s, (void)in, (void)i, (void)out, (void)r;
    return CAST_NOTHING;
}
static cast_result cast_timestamp_to_bool(fn_call *call, const cast_state *s, const void *in,
                                          uint32_t i, void *out, uint32_t r) {
    (void)call, (void)s;
    ((uint8_t *)out)[r] = ((const int64_t *)in)[i] != 0;
    return CAST_DONE;
}

cast_step cast_find_datetime_step(cast_state *s) {
    static const int64_t units[] = {MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, 1};
    type_id from = (type_id)s->from.id, to = (type_id)s->to.id;
    bool instant_from = from == TYPE_TIMESTAMP || from == TYPE_TIMESTAMP_NTZ;
    bool instant_to = to == TYPE_TIMESTAMP || to == TYPE_TIMESTAMP_NTZ;
    s->can_fail = false;
    if (from == to && (from == TYPE_INTERVAL_YM || from == TYPE_INTERVAL_DT)) {
        s->unit = from == TYPE_INTERVAL_YM ? (s->to.scale == INTERVAL_YEAR ? 12 : 1)
                                           : units[s->to.scale & 3];
        return cast_interval_to_interval;
    }
    if (from == TYPE_DATE && instant_to) {
        s->can_fail = true;
        return cast_date_to_timestamp;
    }
    if (instant_from && to == TYPE_DATE) return cast_timestamp_to_date;
    if (instant_from && instant_to) return cast_timestamp_to_timestamp;
    if (instant_from && to == TYPE_TIME) return cast_timestamp_to_time;
    if (from == TYPE_TIMESTAMP && to == TYPE_BOOLEAN) return cast_timestamp_to_bool;
    if (from == TYPE_TIME && type_is_numeric(s->to)) {
        s->can_fail = true;
        return cast_time_to_number;
    }
    if (from == TYPE_DATE && (type_is_numeric(s->to) || to == TYPE_BOOLEAN)) {
        s->can_fail = true;
        return cast_to_nothing;
    }
    s->can_fail = true;
    return NULL;
}
