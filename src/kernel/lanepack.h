/* lanepack.h - bit-packing of 1024 values at a time in interleaved lanes, and loops over packed
 * codes.
 *
 * A block holds 1024 codes of `width` bits in width * 128 bytes. Codes lie in lanes of 8, 16, 32 or
 * 64 bits, the narrowest that holds the width; code i is in lane i % L at row i / L (L lanes, 1024
 * / L rows), and a lane is a bit stream of its own, least significant bit first. A row of lanes is
 * always 128 bytes, so that packing and unpacking are shifts of whole registers with a uniform
 * count, in the order of the values (the idea of FastLanes, VLDB 2023, without its transposition).
 */
#ifndef DBX_KERNEL_LANEPACK_H
#define DBX_KERNEL_LANEPACK_H

#include "kernel/kernel.h"

enum {
    LANEPACK_ROWS = 1024,
    LANEPACK_WIDTH_MAX = 64,
};

static inline size_t lanepack_size(uint32_t width) {
    return (size_t)width * (LANEPACK_ROWS / 8);
}
/* Bytes of an unpacked code of `width` bits: 1, 2, 4 or 8. */
static inline uint32_t lanepack_code_size(uint32_t width) {
    return width <= 8 ? 1 : width <= 16 ? 2 : width <= 32 ? 4 : 8;
}
/* Bits that hold `range`; 0 for 0. */
static inline uint32_t lanepack_width(uint64_t range) {
    return range == 0 ? 0 : 64 - (uint32_t)__builtin_clzll(range);
}

/* codes: 1024 of lanepack_code_size(width) bytes, each < 2^width, 8-aligned. width 1..64. */
void lanepack_pack(const void *codes, uint32_t width, void *out);
/* in needs no alignment; codes as above. */
void lanepack_unpack(const void *in, uint32_t width, void *codes);
/* One code of a packed block. */
uint64_t lanepack_get(const void *in, uint32_t width, uint32_t index);

/* codes[i] = values[i] - base, in the code size of `width`. */
void lanepack_narrow(const int64_t *values, size_t count, int64_t base, uint32_t width,
                     void *codes);
/* out[i] = base + codes[i] with values of 1, 2, 4 or 8 bytes, modulo their width. */
void lanepack_widen(const void *codes, uint32_t code_size, size_t count, int64_t base, void *out,
                    uint32_t value_size);
/* out[i] = base + factor * codes[i], wrapping. */
void lanepack_widen_scaled(const void *codes, uint32_t code_size, size_t count, int64_t base,
                           int64_t factor, int64_t *out);
/* out[i] = values[i] / divisor, rounded once (floats: twice). */
void lanepack_divide_doubles(const int64_t *values, size_t count, double divisor, double *out);
void lanepack_divide_floats(const int64_t *values, size_t count, double divisor, float *out);
/* out[i] = first + the sum of (step + codes[j]) over j <= i: running values; int64. */
void lanepack_prefix(const void *codes, uint32_t code_size, size_t count, int64_t first,
                     int64_t step, int64_t *out);
/* out[i] = values[i] as int64; values of 1, 2, 4 or 8 bytes, signed. */
void lanepack_load(const void *values, uint32_t value_size, size_t count, int64_t *out);
/* out[i] = values[i] cut to value_size bytes. */
void lanepack_store(const int64_t *values, size_t count, void *out, uint32_t value_size);

/* matches[i] = lo <= codes[i] <= hi (unsigned), as 0 or 1. */
void lanepack_match(const void *codes, uint32_t code_size, size_t count, uint64_t lo, uint64_t hi,
                    uint8_t *matches);

/* matches[i] = v <= span and bit v of `bits`, where v = base + codes[i] modulo 2^64. */
void lanepack_match_bits(const void *codes, uint32_t code_size, size_t count, uint64_t base,
                         const uint64_t *bits, uint64_t span, uint8_t *matches);
/* The same in 32 bits: all base + codes[i] lie in [-2^31, 2^31), and span is below 2^31. */
void lanepack_match_bits_near(const void *codes, uint32_t code_size, size_t count, uint32_t base,
                              const uint64_t *bits, uint32_t span, uint8_t *matches);
/* out[i] = base + codes[sel[i] - skip] with values of 1, 2, 4 or 8 bytes, modulo their width. */
void lanepack_gather(const void *codes, uint32_t code_size, const kernel_sel *sel, size_t count,
                     kernel_sel skip, int64_t base, void *out, uint32_t value_size);
/* matches[i] = lo <= values[i] <= hi. */
void lanepack_match_values(const int64_t *values, size_t count, int64_t lo, int64_t hi,
                           uint8_t *matches);

/* matches[i] = table[codes[i]]. */
void lanepack_match_table(const uint8_t *table, const kernel_sel *codes, size_t count,
                          uint8_t *matches);
/* mask[i] &= matches[i], of bytes that are 0 or 1. */
void lanepack_and(uint8_t *mask, const uint8_t *matches, size_t count);

/* matches[i] = !matches[i]. */
void lanepack_not(uint8_t *matches, size_t count);

typedef struct lanepack_range {
    int64_t min, max;
    int64_t min_step, max_step; /* of values[i] - values[i - 1], i >= 1; wrapping */
    uint32_t changes;           /* i >= 1 with values[i] != values[i - 1] */
    bool ascending;             /* non-decreasing */
} lanepack_range;
/* count >= 1. Steps are 0 when count is 1. */
lanepack_range lanepack_measure(const int64_t *values, size_t count);

#endif
