/* cast_number.c - steps between numbers, booleans and decimals; timestamps and intervals as
 * numbers. */
#include "functions/cast_int.h"
#include "kernel/calendar.h"
#include "kernel/number_text.h"

#include <math.h>
#include <stdlib.h>

double cast_decimal_to_double(int128 unscaled, uint32_t scale) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const int128 exact = (int128)1 << 53;
    if (scale == 0) return (double)unscaled;
    if (unscaled <= exact && unscaled >= -exact && scale < ARRAY_COUNT(powers))
        return (double)unscaled / powers[scale];
    char text[NUMBER_TEXT_MAX];
    double value = 0;
    uint32_t size = number_print_decimal(unscaled, scale, text);
    (void)number_parse_double(text, size, &value);
    return value;
}

/* ---- to DECIMAL ---- */

static cast_result cast_int_to_decimal(fn_call *call, const cast_state *s, const void *in,
                                       uint32_t i, void *out, uint32_t r) {
    (void)call;
    int128 v;
    if (__builtin_mul_overflow((int128)cast_load_int(s->from, in, i), s->factor, &v))
        return CAST_OUT_OF_RANGE;
    return cast_store_decimal(s, v, out, r) ? CAST_DONE : CAST_OUT_OF_RANGE;
}
static cast_result cast_bool_to_decimal(fn_call *call, const cast_state *s, const void *in,
                                        uint32_t i, void *out, uint32_t r) {
    (void)call;
    return cast_store_decimal(s, ((const uint8_t *)in)[i] * s->factor, out, r) ? CAST_DONE
                                                                               : CAST_OUT_OF_RANGE;
}
static cast_result cast_decimal_to_decimal(fn_call *call, const cast_state *s, const void *in,
                                           uint32_t i, void *out, uint32_t r) {
    (void)call;
    int128 v = cast_load_decimal(s->from, in, i);
    if (s->scale_down)
        v = int128_divide_half_up(v, s->factor);
    else if (__builtin_mul_overflow(v, s->factor, &v))
        return CAST_OUT_OF_RANGE;
    return cast_store_decimal(s, v, out, r) ? CAST_DONE : CAST_OUT_OF_RANGE;
}
static cast_result cast_double_to_decimal(fn_call *call, const cast_state *s, const void *in,
                                          uint32_t i, void *out, uint32_t r) {
    (void)call;
    int128 v;
    double x = s->from.id == TYPE_FLOAT ? (double)((const float *)in)[i] : ((const double *)in)[i];
    if (x != x || isinf(x)) return CAST_NOTHING;
    if (number_double_to_decimal(x, s->to.precision, s->to.scale, &v) != NUMBER_OK)
        return CAST_OUT_OF_RANGE;
    return cast_store_decimal(s, v, out, r) ? CAST_DONE : CAST_OUT_OF_RANGE;
}

/* ---- from DECIMAL ---- */

static cast_result cast_decimal_to_int(fn_call *call, const cast_state *s, const void *in,
                                       uint32_t i, void *out, uint32_t r) {
    (void)call;
    int128 v = cast_load_decimal(s->from, in, i) / s->factor;
    bool fits = cast_store_int(s->to, (int64_t)v, out, r) && v == (int64_t)v;
    return fits || s->mode == CAST_LEGACY ? CAST_DONE : CAST_TOO_BIG;
}
static cast_result cast_decimal_to_float(fn_call *call, const cast_state *s, const void *in,
                                         uint32_t i, void *out, uint32_t r) {
    (void)call;
    double v = cast_decimal_to_double(cast_load_decimal(s->from, in, i), s->from.scale);
    if (s->to.id == TYPE_FLOAT)
        ((float *)out)[r] = (float)v;
    else
        ((double *)out)[r] = v;
    return CAST_DONE;
}

/* ---- to BOOLEAN: not zero ---- */

static cast_result cast_number_to_bool(fn_call *call, const cast_state *s, const void *in,
                                       uint32_t i, void *out, uint32_t r) {
    (void)call;
    bool v;
    switch ((type_id)s->from.id) {
    case TYPE_FLOAT:
        v = ((const float *)in)[i] != 0;
        break;
    case TYPE_DOUBLE:
        v = ((const double *)in)[i] != 0;
        break;
    case TYPE_DECIMAL:
        v = cast_load_decimal(s->from, in, i) != 0;
        break;
    default:
        v = cast_load_int(s->from, in, i) != 0;
        break;
    }
    ((uint8_t *)out)[r] = v;
    return CAST_DONE;
}

/* ---- timestamps: seconds since the epoch ---- */

static cast_result cast_timestamp_to_number(fn_call *call, const cast_state *s, const void *in,
                                            uint32_t i, void *out, uint32_t r) {
    (void)call;
    int64_t micros = ((const int64_t *)in)[i];
    switch ((type_id)s->to.id) {
    case TYPE_FLOAT:
        ((float *)out)[r] = (float)((double)micros / 1e6);
        return CAST_DONE;
    case TYPE_DOUBLE:
        ((double *)out)[r] = (double)micros / 1e6;
        return CAST_DONE;
    case TYPE_DECIMAL: {
        int128 v = micros;
        if (s->to.scale >= 6) {
            if (__builtin_mul_overflow(v, int128_power10[s->to.scale - 6], &v))
                return CAST_OUT_OF_RANGE;
        } else {
            v = int128_divide_half_up(v, int128_power10[6 - s->to.scale]);
        }
        return cast_store_decimal(s, v, out, r) ? CAST_DONE : CAST_OUT_OF_RANGE;
    }
    default:
        break;
    }
    bool fits = cast_store_int(s->to, floor_divide(micros, MICROS_PER_SECOND), out, r);
    return fits || s->mode == CAST_LEGACY ? CAST_DONE : CAST_TOO_BIG;
}
static cast_result cast_number_to_timestamp(fn_call *call, const cast_state *s, const void *in,
                                            uint32_t i, void *out, uint32_t r) {
    (void)call;
    int64_t *to = &((int64_t *)out)[r];
    if (type_is_float(s->from)) {
        double x =
            s->from.id == TYPE_FLOAT ? (double)((const float *)in)[i] : ((const double *)in)[i];
        if (x != x || isinf(x)) return s->mode == CAST_LEGACY ? CAST_NOTHING : CAST_MALFORMED;
        double micros = x * 1e6;
        if (micros >= 9223372036854775807.0 || micros <= -9223372036854775808.0) {
            *to = micros > 0 ? INT64_MAX : INT64_MIN;
            return s->mode == CAST_LEGACY ? CAST_DONE : CAST_TOO_BIG;
        }
        *to = (int64_t)micros;
        return CAST_DONE;
    }
    if (s->from.id == TYPE_DECIMAL) {
        int128 v = cast_load_decimal(s->from, in, i), power = int128_power10[s->from.scale];
        if (__builtin_mul_overflow(v, (int128)1000000, &v)) return CAST_TOO_BIG;
        v /= power;
        *to = (int64_t)v;
        return v == *to ? CAST_DONE : CAST_TOO_BIG;
    }
    if (s->from.id == TYPE_BOOLEAN) {
        *to = ((const uint8_t *)in)[i];
        return CAST_DONE;
    }
    int64_t seconds = cast_load_int(s->from, in, i);
    if (!__builtin_mul_overflow(seconds, MICROS_PER_SECOND, to)) return CAST_DONE;
    *to = seconds > 0 ? INT64_MAX : INT64_MIN;
    return CAST_DONE;
}

/* ---- intervals: a number of the unit of their last field ---- */

static cast_result cast_interval_to_number(fn_call *call, const cast_state *s, const void *in,
                                           uint32_t i, void *out, uint32_t r) {
    (void)call;
    int64_t v =
        s->from.id == TYPE_INTERVAL_YM ? ((const int32_t *)in)[i] : ((const int64_t *)in)[i];
    if (s->to.id == TYPE_DECIMAL) {
        int128 wide;
        if (!int128_multiply_divide(v, int128_power10[s->to.scale], s->unit, &wide))
            return CAST_OUT_OF_RANGE;
        return cast_store_decimal(s, wide, out, r) ? CAST_DONE : CAST_OUT_OF_RANGE;
    }
    return cast_store_int(s->to, v / s->unit, out, r) ? CAST_DONE : CAST_TOO_BIG;
}
static cast_result cast_number_to_interval(fn_call *call, const cast_state *s, const void *in,
                                           uint32_t i, void *out, uint32_t r) {
    (void)call;
    int128 v;
    if (s->from.id == TYPE_DECIMAL) {
        int128 number = cast_load_decimal(s->from, in, i);
        /* months are rounded, days to minutes cut off, and seconds keep their fraction */
        if (s->to.id == TYPE_INTERVAL_DT && s->to.scale != INTERVAL_SECOND)
            v = number / s->factor * s->unit;
        else if (!int128_multiply_divide(number, s->unit, s->factor, &v))
            return CAST_TOO_BIG;
    } else {
        v = (int128)cast_load_int(s->from, in, i) * s->unit;
    }
    if (s->to.id == TYPE_INTERVAL_YM) {
        ((int32_t *)out)[r] = (int32_t)v;
        return v == (int32_t)v ? CAST_DONE : CAST_TOO_BIG;
    }
    ((int64_t *)out)[r] = (int64_t)v;
    return v == (int64_t)v ? CAST_DONE : CAST_TOO_BIG;
}

static int64_t cast_interval_unit(type t) {
    static const int64_t units[] = {MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE,
                                    MICROS_PER_SECOND};
    if (t.id == TYPE_INTERVAL_YM) return t.scale == INTERVAL_YEAR ? 12 : 1;
    return units[t.scale & 3];
}

/* ---- finding ---- */

static cast_step cast_find_decimal_step(cast_state *s) {
    type from = s->from, to = s->to;
    if (to.id == TYPE_DECIMAL) {
        s->factor = int128_power10[to.scale];
        if (from.id == TYPE_DECIMAL) {
            s->scale_down = to.scale < from.scale;
            s->factor =
                int128_power10[s->scale_down ? from.scale - to.scale : to.scale - from.scale];
            s->can_fail = !cast_is_widening(from, to);
            return cast_decimal_to_decimal;
        }
        if (type_is_integer(from)) {
            s->can_fail = !cast_is_widening(from, to);
            return cast_int_to_decimal;
        }
        if (from.id == TYPE_BOOLEAN) return cast_bool_to_decimal;
        if (type_is_float(from)) return cast_double_to_decimal;
        return NULL;
    }
    if (from.id != TYPE_DECIMAL) return NULL;
    s->factor = int128_power10[from.scale];
    if (type_is_integer(to)) return cast_decimal_to_int;
    if (!type_is_float(to)) return NULL;
    s->can_fail = false;
    return cast_decimal_to_float;
}

cast_step cast_find_number_step(cast_state *s) {
    type from = s->from, to = s->to;
    bool exact_from = type_is_integer(from) || from.id == TYPE_DECIMAL,
         exact_to = type_is_integer(to) || to.id == TYPE_DECIMAL;
    bool interval_from = from.id == TYPE_INTERVAL_YM || from.id == TYPE_INTERVAL_DT;
    bool interval_to = to.id == TYPE_INTERVAL_YM || to.id == TYPE_INTERVAL_DT;
    cast_step step = cast_find_decimal_step(s);
    if (step != NULL) return step;
    if (to.id == TYPE_BOOLEAN && type_is_numeric(from)) {
        s->can_fail = false;
        return cast_number_to_bool;
    }
    if (from.id == TYPE_TIMESTAMP && type_is_numeric(to)) return cast_timestamp_to_number;
    if (to.id == TYPE_TIMESTAMP && (type_is_numeric(from) || from.id == TYPE_BOOLEAN))
        return cast_number_to_timestamp;
    if (interval_from && exact_to) {
        s->unit = cast_interval_unit(from);
        return cast_interval_to_number;
    }
    if (interval_to && exact_from) {
        s->unit = cast_interval_unit(to);
        s->factor = int128_power10[from.id == TYPE_DECIMAL ? from.scale : 0];
        return cast_number_to_interval;
    }
    return NULL;
}
