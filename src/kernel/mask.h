/* mask.h - comparisons of arrays with one value, ANDed into a mask of one byte a row (0 or 1).
 *
 * Floats follow SQL: NaN equals itself and is the largest, -0.0 equals 0.0.
 */
#ifndef DBX_KERNEL_MASK_H
#define DBX_KERNEL_MASK_H

#include "kernel/kernel.h"

typedef enum mask_op { MASK_EQ, MASK_NE, MASK_LT, MASK_LE, MASK_GT, MASK_GE } mask_op;

void mask_and_int8(const int8_t *data, size_t count, mask_op op, int8_t value, uint8_t *mask);
void mask_and_int16(const int16_t *data, size_t count, mask_op op, int16_t value, uint8_t *mask);
void mask_and_int32(const int32_t *data, size_t count, mask_op op, int32_t value, uint8_t *mask);
void mask_and_int64(const int64_t *data, size_t count, mask_op op, int64_t value, uint8_t *mask);
void mask_and_int128(const __int128 *data, size_t count, mask_op op, __int128 value, uint8_t *mask);
void mask_and_float(const float *data, size_t count, mask_op op, float value, uint8_t *mask);
void mask_and_double(const double *data, size_t count, mask_op op, double value, uint8_t *mask);
/* mask[i] &= bit i of the bitmap. */
void mask_and_bits(const uint64_t *bits, size_t count, uint8_t *mask);
/* mask[sel[i]] &= matches[i]. */
void mask_and_selected(const uint8_t *matches, const kernel_sel *sel, size_t count, uint8_t *mask);
/* Number of ones. */
size_t mask_count(const uint8_t *mask, size_t count);
/* Positions of ones; returns their number. sel has room for count + 8 entries. */
size_t mask_to_sel(const uint8_t *mask, size_t count, kernel_sel *sel);
/* Keeps of sel[0..count) the rows whose mask, or whose table entry, is 1; returns how many. */
size_t mask_refine(const uint8_t *mask, kernel_sel *sel, size_t count);
size_t mask_refine_table(const uint8_t *table, const uint32_t *indexes, kernel_sel *sel,
                         size_t count);

#endif
