/* number_scan.h - short numbers, dates and times read from text eight bytes at a time.
 *
 * Each function reads a whole field of `size` bytes. Bytes behind the field are loaded but do not
 * count: SCAN_SLACK bytes behind the last field must be readable. False means "not of this simple
 * form": the caller then takes the slow path that knows every form. Digits are checked and
 * multiplied together within one 64-bit word (Lemire, "Number parsing at a gigabyte per second",
 * SPE 2021, section 3).
 */
#ifndef DBX_KERNEL_NUMBER_SCAN_H
#define DBX_KERNEL_NUMBER_SCAN_H

#include "kernel/calendar.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCAN_SLACK = 32 };

#define SCAN_ZEROS UINT64_C(0x3030303030303030)

KERNEL_INLINE uint64_t scan_load(const char *p) {
    uint64_t word;
    memcpy(&word, p, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* Are all eight bytes digits? */
KERNEL_INLINE bool scan_all_digits(uint64_t word) {
    return ((word & UINT64_C(0xF0F0F0F0F0F0F0F0)) |
            (((word + UINT64_C(0x0606060606060606)) & UINT64_C(0xF0F0F0F0F0F0F0F0)) >> 4)) ==
           UINT64_C(0x3333333333333333);
}

/* The value of eight digits, the first in the lowest byte. */
KERNEL_INLINE uint64_t scan_eight(uint64_t word) {
    word -= SCAN_ZEROS;
    word = word * 10 + (word >> 8);
    return (((word & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x000F424000000064)) +
            (((word >> 16) & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x0000271000000001))) >>
           32;
}

/* size digits, 1 to 8. */
KERNEL_INLINE bool scan_digits(const char *p, size_t size, uint64_t *out) {
    uint64_t word = scan_load(p);
    if (size < 8) word = word << (8 * (8 - size)) | SCAN_ZEROS >> (8 * size);
    *out = scan_eight(word);
    return scan_all_digits(word);
}

/* -?d{1,18} */
KERNEL_INLINE bool scan_int64(const char *p, size_t size, int64_t *out) {
    bool negative = size > 0 && *p == '-';
    uint64_t value, low;
    p += negative;
    size -= negative;
    if (size == 0 || size > 18) return false;
    size_t head = size & 7;
    if (head == 0) head = 8;
    if (!scan_digits(p, head, &value)) return false;
    for (p += head, size -= head; size > 0; p += 8, size -= 8) {
        if (!scan_digits(p, 8, &low)) return false;
        value = value * 100000000 + low;
    }
    *out = negative ? -(int64_t)value : (int64_t)value;
    return true;
}

/* -?d*[.d*] with at most 15 bytes but for the sign and at least one digit: all digits as a number,
 * and how many stand behind the point. */
KERNEL_INLINE bool scan_fixed(const char *p, size_t size, bool *negative, uint64_t *digits,
                              uint32_t *fraction) {
    *negative = size > 0 && *p == '-';
    p += *negative;
    size -= *negative;
    if (size == 0 || size > 15) return false;
    if (size <= 8) {
        uint64_t word = scan_load(p);
        if (size < 8) word &= ((uint64_t)1 << (8 * size)) - 1;
        uint64_t point = word ^ UINT64_C(0x2E2E2E2E2E2E2E2E);
        point = (point - UINT64_C(0x0101010101010101)) & ~point & UINT64_C(0x8080808080808080);
        *fraction = 0;
        if (point != 0) {                                         /* closes the gap */
            uint32_t at = (uint32_t)__builtin_ctzll(point) & ~7u; /* bits below the point */
            uint64_t below = ((uint64_t)1 << at) - 1;
            *fraction = (uint32_t)(size - 1) - at / 8;
            word = (word & below) | ((word >> 8) & ~below);
            if (--size == 0) return false;
        }
        if (size < 8) word = word << (8 * (8 - size)) | SCAN_ZEROS >> (8 * size);
        *digits = scan_eight(word);
        return scan_all_digits(word);
    }
    uint64_t value = 0;
    size_t behind = size; /* index of the point */
    for (size_t i = 0; i < size; i++) {
        uint32_t digit = (uint32_t)(unsigned char)p[i] - '0';
        if (digit <= 9) {
            value = value * 10 + digit;
        } else {
            if (p[i] != '.' || behind != size) return false;
            behind = i;
        }
    }
    *digits = value;
    *fraction = behind == size ? 0 : (uint32_t)(size - 1 - behind);
    return true;
}

/* dddd-dd-dd */
KERNEL_INLINE bool scan_date(const char *p, int32_t *days) {
    uint64_t head = scan_load(p), tail = scan_load(p + 2); /* "2020-01-", "20-01-02" */
    if ((head >> 32 & 0xFF) != '-' || (head >> 56) != '-') return false;
    /* the eight digits: 2020, 01, 02 */
    uint64_t word = (head & UINT64_C(0xFFFFFFFF)) | (head >> 8 & UINT64_C(0xFFFF00000000)) |
                    (tail & UINT64_C(0xFFFF000000000000));
    if (!scan_all_digits(word)) return false;
    uint32_t value = (uint32_t)scan_eight(word);
    uint32_t year = value / 10000, month = value / 100 % 100, day = value % 100;
    if (month - 1 > 11 || day - 1 > 30) return false;
    if (day > 28 && (int32_t)day > calendar_month_days(year, (int32_t)month)) return false;
    /* calendar_days for years from 0 on, in 32 bits: an era earlier, years begin in March */
    uint32_t y = year + 400 - (month <= 2), shifted = month > 2 ? month - 3 : month + 9;
    uint32_t of_era = 365 * y + y / 4 - y / 100 + y / 400 + (153 * shifted + 2) / 5 + day - 1;
    *days = (int32_t)of_era - 146097 - 719468;
    return true;
}

/* dddd-dd-dd[ T]dd:dd:dd as microseconds, `size` 19 */
KERNEL_INLINE bool scan_timestamp(const char *p, int64_t *micros) {
    int32_t days;
    if (!scan_date(p, &days) || (p[10] != ' ' && p[10] != 'T')) return false;
    uint64_t word = scan_load(p + 11); /* "03:04:05" */
    if ((word >> 16 & 0xFF) != ':' || (word >> 40 & 0xFF) != ':') return false;
    word = (word & 0xFFFF) | (word >> 8 & UINT64_C(0xFFFF0000)) |
           (word >> 16 & UINT64_C(0xFFFF00000000)) | UINT64_C(0x3030000000000000);
    if (!scan_all_digits(word)) return false;
    uint32_t value = (uint32_t)scan_eight(word) / 100;
    uint32_t hour = value / 10000, minute = value / 100 % 100, second = value % 100;
    if (hour > 23 || minute > 59 || second > 59) return false;
    *micros = days * MICROS_PER_DAY + ((hour * 60 + minute) * 60 + second) * MICROS_PER_SECOND;
    return true;
}

#endif
