/* bitmap.h - loops over validity bitmaps: bit i of word i / 64, least significant first; 1 is
 * valid. */
#ifndef DBX_KERNEL_BITMAP_H
#define DBX_KERNEL_BITMAP_H

#include "kernel/kernel.h"

/* Copies `count` bits from src at bit src_at to dst at bit dst_at; other bits of dst stay. */
void bitmap_copy(uint64_t *dst, size_t dst_at, const uint64_t *src, size_t src_at, size_t count);
/* Sets `count` bits from bit `at` to `value`; other bits stay. */
void bitmap_set_range(uint64_t *dst, size_t at, size_t count, bool value);
/* dst = a AND b over whole words; dst may be a or b. */
void bitmap_and(uint64_t *dst, const uint64_t *a, const uint64_t *b, size_t words);
/* Number of ones among the first `bits` bits. */
size_t bitmap_count(const uint64_t *words, size_t bits);
/* Are the first `bits` bits all ones? */
bool bitmap_all(const uint64_t *words, size_t bits);
/* Bit i of dst = bit sel[i] of src, for i in [0, count); whole words of dst are written. */
void bitmap_gather(const uint64_t *src, const kernel_sel *sel, size_t count, uint64_t *dst);
/* Bit i of dst = bytes[i] != 0; whole words are written. */
void bitmap_from_bytes(const uint8_t *bytes, size_t count, uint64_t *dst);
/* bytes[i] = bit i. */
void bitmap_to_bytes(const uint64_t *src, size_t count, uint8_t *bytes);

#endif
