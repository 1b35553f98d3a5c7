/* text_plain.h - the plain forms of values, stored without a look at any option.
 *
 * Each function stores value r of a FLAT vector from a text of at least one byte with SCAN_SLACK
 * readable bytes behind it. False: the text is not of the plain form, which says nothing about
 * whether it fits (text_value_store knows).
 */
#ifndef DBX_FORMATS_TEXT_PLAIN_H
#define DBX_FORMATS_TEXT_PLAIN_H

#include "formats/text_value.h"
#include "kernel/number_scan.h"

enum { TEXT_PLAIN_DIGITS = 15 };
extern const double text_plain_powers[TEXT_PLAIN_DIGITS + 1];
extern const int64_t text_plain_tens[TEXT_PLAIN_DIGITS + 1];

static inline bool text_plain_int8(string_view s, vector *v, uint32_t r) {
    int64_t x;
    if (!scan_int64(s.data, s.size, &x) || x != (int8_t)x) return false;
    VECTOR_DATA(v, int8_t)[r] = (int8_t)x;
    return true;
}
static inline bool text_plain_int16(string_view s, vector *v, uint32_t r) {
    int64_t x;
    if (!scan_int64(s.data, s.size, &x) || x != (int16_t)x) return false;
    VECTOR_DATA(v, int16_t)[r] = (int16_t)x;
    return true;
}
static inline bool text_plain_int32(string_view s, vector *v, uint32_t r) {
    int64_t x;
    if (!scan_int64(s.data, s.size, &x) || x != (int32_t)x) return false;
    VECTOR_DATA(v, int32_t)[r] = (int32_t)x;
    return true;
}
static inline bool text_plain_int64(string_view s, vector *v, uint32_t r) {
    return scan_int64(s.data, s.size, &VECTOR_DATA(v, int64_t)[r]);
}
/* Up to 15 digits and a power of ten below 10^22: exact by one division (Clinger 1990). */
static inline bool text_plain_double(string_view s, vector *v, uint32_t r) {
    bool negative;
    uint64_t digits;
    uint32_t fraction;
    if (!scan_fixed(s.data, s.size, &negative, &digits, &fraction)) return false;
    double x = (double)digits / text_plain_powers[fraction];
    VECTOR_DATA(v, double)[r] = negative ? -x : x;
    return true;
}
/* DECIMAL of at most 18 digits. */
static inline bool text_plain_decimal(string_view s, vector *v, uint32_t r) {
    bool negative;
    uint64_t digits;
    uint32_t fraction, scale = v->type.scale;
    int64_t x;
    if (!scan_fixed(s.data, s.size, &negative, &digits, &fraction)) return false;
    if (fraction > scale || scale - fraction > TEXT_PLAIN_DIGITS ||
        __builtin_mul_overflow((int64_t)digits, text_plain_tens[scale - fraction], &x))
        return false;
    if (x >= text_plain_tens[MIN(v->type.precision, TEXT_PLAIN_DIGITS)]) return false;
    VECTOR_DATA(v, int64_t)[r] = negative ? -x : x;
    return true;
}
static inline bool text_plain_date(string_view s, vector *v, uint32_t r) {
    return s.size == 10 && scan_date(s.data, &VECTOR_DATA(v, int32_t)[r]);
}
/* Local time, for TIMESTAMP_NTZ. */
static inline bool text_plain_timestamp(string_view s, vector *v, uint32_t r) {
    return s.size == 19 && scan_timestamp(s.data, &VECTOR_DATA(v, int64_t)[r]);
}
/* As vstring_from. */
static inline vstring text_plain_string(string_view s) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    vstring out;
    uint32_t head;
    uint64_t rest;
    out.size = (uint32_t)s.size;
    memcpy(&head, s.data, 4);
    if (s.size > VSTRING_INLINE_MAX) {
        memcpy(out.prefix, &head, 4);
        out.u.data = s.data;
        return out;
    }
    memcpy(&rest, s.data + 4, 8);
    if (s.size < 4) head &= ((uint32_t)1 << (8 * s.size)) - 1;
    if (s.size <= 4)
        rest = 0;
    else if (s.size < 12)
        rest &= ((uint64_t)1 << (8 * (s.size - 4))) - 1;
    memcpy(out.prefix, &head, 4);
    memcpy(out.u.rest, &rest, 8);
    return out;
#else
    return vstring_from(s.data, s.size);
#endif
}

#endif
