/* parquet_convert.c - values as stored to values of dbx, and widening between types of dbx. One
 * loop a pair; the switch is outside of it. */
#include "formats/parquet_decode.h"

#include <math.h>

enum {
    CONVERT_JULIAN_EPOCH = 2440588, /* Julian day of 1970-01-01 */
};
static const int64_t convert_day_us = 86400000000;

#define CONVERT_LOOP(ctype, stored, expression)                                                    \
    for (uint32_t i = 0; i < count; i++) {                                                         \
        stored x;                                                                                  \
        memcpy(&x, in + (size_t)i * sizeof(x), sizeof(x));                                         \
        ((ctype *)out)[i] = (ctype)(expression);                                                   \
    }

__int128 parquet_big_endian(const uint8_t *bytes, size_t size) {
    if (size == 0) return 0;
    unsigned __int128 value = bytes[0] & 0x80 ? ~(unsigned __int128)0 : 0;
    for (size_t i = 0; i < size; i++) value = value << 8 | bytes[i];
    return (__int128)value;
}

/* Up to 8 bytes at once: a load, a swap, an arithmetic shift. */
KERNEL_INLINE int64_t convert_short_big_endian(const uint8_t *bytes, size_t size) {
    uint64_t word;
    memcpy(&word, bytes, 8); /* the page's pad makes this readable */
    return (int64_t)__builtin_bswap64(word) >> (64 - 8 * size);
}

static void convert_bytes(const parquet_leaf *leaf, const uint8_t *in, uint32_t count, void *out) {
    uint32_t width = leaf->type_length;
    bool wide = leaf->convert == PARQUET_CONVERT_BYTES_TO_INT128;
    for (uint32_t i = 0; i < count; i++, in += width) {
        if (wide)
            ((__int128 *)out)[i] = parquet_big_endian(in, width);
        else if (width <= 8)
            ((int64_t *)out)[i] = convert_short_big_endian(in, width);
        else
            ((int64_t *)out)[i] = (int64_t)parquet_big_endian(in, width);
    }
}

/* Nanoseconds of the day, then the Julian day. Out of range wraps, as 96 bits can hold any
 * nonsense. */
static int64_t convert_int96(const uint8_t *in) {
    uint64_t nanos;
    int32_t day;
    memcpy(&nanos, in, 8);
    memcpy(&day, in + 8, 4);
    uint64_t days = (uint64_t)(int64_t)day - CONVERT_JULIAN_EPOCH;
    return (int64_t)(days * (uint64_t)convert_day_us + (uint64_t)((int64_t)nanos / 1000));
}

static float convert_float16(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t exponent = half >> 10 & 0x1F;
    uint32_t fraction = half & 0x3FF;
    uint32_t bits;
    float result;
    if (exponent == 0) {
        result = ldexpf((float)fraction, -24); /* zero and subnormal */
        return sign ? -result : result;
    }
    if (exponent == 31)
        bits = sign | 0x7F800000 | fraction << 13;
    else
        bits = sign | (exponent + 112) << 23 | fraction << 13;
    memcpy(&result, &bits, sizeof(result));
    return result;
}

static dbx_interval convert_interval(const uint8_t *in) {
    uint32_t parts[3]; /* months, days, milliseconds */
    memcpy(parts, in, sizeof(parts));
    return (dbx_interval){
        .months = (int32_t)parts[0], .days = (int32_t)parts[1], .micros = (int64_t)parts[2] * 1000};
}

static int64_t convert_floor_thousandth(int64_t x) {
    return x / 1000 - (x % 1000 < 0);
}

void parquet_convert_fixed(const parquet_leaf *leaf, const uint8_t *in, uint32_t count, void *out) {
    switch (leaf->convert) {
    case PARQUET_CONVERT_BOOL:
        memcpy(out, in, count);
        return;
    case PARQUET_CONVERT_COPY4:
        memcpy(out, in, (size_t)count * 4);
        return;
    case PARQUET_CONVERT_COPY8:
        memcpy(out, in, (size_t)count * 8);
        return;
    case PARQUET_CONVERT_INT32_TO_INT8:
        CONVERT_LOOP(int8_t, int32_t, x) return;
    case PARQUET_CONVERT_INT32_TO_INT16:
        CONVERT_LOOP(int16_t, int32_t, x) return;
    case PARQUET_CONVERT_INT32_TO_INT64:
        CONVERT_LOOP(int64_t, int32_t, x) return;
    case PARQUET_CONVERT_UINT8_TO_INT16:
        CONVERT_LOOP(int16_t, uint32_t, x & 0xFF) return;
    case PARQUET_CONVERT_UINT16_TO_INT32:
        CONVERT_LOOP(int32_t, uint32_t, x & 0xFFFF) return;
    case PARQUET_CONVERT_UINT32_TO_INT64:
        CONVERT_LOOP(int64_t, uint32_t, x) return;
    case PARQUET_CONVERT_UINT64_TO_INT128:
        CONVERT_LOOP(__int128, uint64_t, x) return;
    case PARQUET_CONVERT_INT32_TO_INT128:
        CONVERT_LOOP(__int128, int32_t, x) return;
    case PARQUET_CONVERT_INT64_TO_INT128:
        CONVERT_LOOP(__int128, int64_t, x) return;
    case PARQUET_CONVERT_INT32_MILLIS:
        CONVERT_LOOP(int64_t, int32_t, (int64_t)x * 1000) return;
    case PARQUET_CONVERT_INT64_MILLIS:
        CONVERT_LOOP(int64_t, uint64_t, x * 1000) return;
    case PARQUET_CONVERT_INT64_NANOS:
        CONVERT_LOOP(int64_t, int64_t, convert_floor_thousandth(x))
        return;
    case PARQUET_CONVERT_INT96:
        for (uint32_t i = 0; i < count; i++)
            ((int64_t *)out)[i] = convert_int96(in + (size_t)i * 12);
        return;
    case PARQUET_CONVERT_FLOAT16:
        CONVERT_LOOP(float, uint16_t, convert_float16(x)) return;
    case PARQUET_CONVERT_BYTES_TO_INT64:
    case PARQUET_CONVERT_BYTES_TO_INT128:
        convert_bytes(leaf, in, count, out);
        return;
    case PARQUET_CONVERT_INTERVAL:
        for (uint32_t i = 0; i < count; i++) {
            ((dbx_interval *)out)[i] = convert_interval(in + (size_t)i * 12);
        }
        return;
    case PARQUET_CONVERT_NOTHING:
        memset(out, 0, count);
        return;
    case PARQUET_CONVERT_STRING:
    case PARQUET_CONVERT_UUID:
        break;
    }
    assert(false);
}

void parquet_convert_strings(const parquet_leaf *leaf, const vstring *in, uint32_t count,
                             void *out) {
    bool wide = leaf->convert == PARQUET_CONVERT_BYTES_TO_INT128;
    for (uint32_t i = 0; i < count; i++) {
        __int128 value = parquet_big_endian((const uint8_t *)vstring_data(&in[i]), in[i].size);
        if (wide)
            ((__int128 *)out)[i] = value;
        else
            ((int64_t *)out)[i] = (int64_t)value;
    }
}

void parquet_uuid_text(const uint8_t *in, char *out) {
    static const char digits[] = "0123456789abcdef";
    for (uint32_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *out++ = '-';
        *out++ = digits[in[i] >> 4];
        *out++ = digits[in[i] & 15];
    }
}

/* ---- widening ---- */

static uint32_t widen_digits(type t) {
    switch (t.id) {
    case TYPE_TINYINT:
        return 3;
    case TYPE_SMALLINT:
        return 5;
    case TYPE_INT:
        return 10;
    case TYPE_BIGINT:
        return 19;
    default:
        return 0;
    }
}

bool parquet_widen_allowed(type from, type to) {
    if (type_is_integer(from)) {
        if (type_is_integer(to)) return to.id >= from.id;
        if (to.id == TYPE_DOUBLE) return from.id <= TYPE_INT;
        if (to.id == TYPE_DECIMAL) return (uint32_t)(to.precision - to.scale) >= widen_digits(from);
        return false;
    }
    if (from.id == TYPE_FLOAT) return to.id == TYPE_DOUBLE || to.id == TYPE_FLOAT;
    if (from.id == TYPE_DECIMAL) {
        return to.id == TYPE_DECIMAL && to.scale >= from.scale &&
               to.precision - to.scale >= from.precision - from.scale;
    }
    if (from.id == TYPE_DATE) return to.id == TYPE_DATE || to.id == TYPE_TIMESTAMP_NTZ;
    if (from.id == TYPE_STRING || from.id == TYPE_BINARY) {
        return to.id == TYPE_STRING || to.id == TYPE_BINARY;
    }
    return type_same_layout(from, to) && from.id == to.id;
}

static __int128 widen_read(type from, const void *in, uint32_t i) {
    switch (type_physical(from)) {
    case PHYS_INT8:
        return ((const int8_t *)in)[i];
    case PHYS_INT16:
        return ((const int16_t *)in)[i];
    case PHYS_INT32:
        return ((const int32_t *)in)[i];
    case PHYS_INT64:
        return ((const int64_t *)in)[i];
    case PHYS_INT128:
        return ((const __int128 *)in)[i];
    default:
        return 0;
    }
}

/* Rare (files of different age): clarity over speed. */
void parquet_widen(type from, type to, const void *in, uint32_t count, void *out) {
    assert(parquet_widen_allowed(from, to));
    if (from.id == TYPE_FLOAT && to.id == TYPE_DOUBLE) {
        for (uint32_t i = 0; i < count; i++) ((double *)out)[i] = (double)((const float *)in)[i];
        return;
    }
    if (type_same_layout(from, to) && type_physical(from) == type_physical(to)) {
        memcpy(out, in, (size_t)count * physical_size(type_physical(to)));
        return;
    }
    if (from.id == TYPE_STRING || from.id == TYPE_BINARY) {
        memcpy(out, in, (size_t)count * sizeof(vstring));
        return;
    }
    uint32_t from_scale = from.id == TYPE_DECIMAL ? from.scale : 0;
    uint32_t to_scale = to.id == TYPE_DECIMAL ? to.scale : 0;
    __int128 factor = from.id == TYPE_DATE ? convert_day_us : 1;
    for (uint32_t i = from_scale; i < to_scale; i++) factor *= 10;
    for (uint32_t i = 0; i < count; i++) {
        __int128 value =
            (__int128)((unsigned __int128)widen_read(from, in, i) * (unsigned __int128)factor);
        switch (type_physical(to)) {
        case PHYS_INT8:
            ((int8_t *)out)[i] = (int8_t)value;
            break;
        case PHYS_INT16:
            ((int16_t *)out)[i] = (int16_t)value;
            break;
        case PHYS_INT32:
            ((int32_t *)out)[i] = (int32_t)value;
            break;
        case PHYS_INT64:
            ((int64_t *)out)[i] = (int64_t)value;
            break;
        case PHYS_INT128:
            ((__int128 *)out)[i] = value;
            break;
        case PHYS_DOUBLE:
            ((double *)out)[i] = (double)value;
            break;
        default:
            assert(false);
        }
    }
}
