/* gather.h - copying values of one width through a selection. */
#ifndef DBX_KERNEL_GATHER_H
#define DBX_KERNEL_GATHER_H

#include "kernel/kernel.h"

/* dst[i] = src[sel[i]] for i in [0, count); the number is the width in bytes. */
void gather_1(const void *src, const kernel_sel *sel, size_t count, void *dst);
void gather_2(const void *src, const kernel_sel *sel, size_t count, void *dst);
void gather_4(const void *src, const kernel_sel *sel, size_t count, void *dst);
void gather_8(const void *src, const kernel_sel *sel, size_t count, void *dst);
void gather_16(const void *src, const kernel_sel *sel, size_t count, void *dst);
/* The same with the width (1, 2, 4, 8 or 16) chosen at run time, once for all values. */
void gather_values(uint32_t width, const void *src, const kernel_sel *sel, size_t count, void *dst);
/* dst[sel[i]] = src[sel[i]]: rows of one numbering move between two arrays. */
void copy_selected(uint32_t width, const void *src, const kernel_sel *sel, size_t count, void *dst);
/* dst[sel[i]] = src[index[sel[i]]]; sel NULL: every i below count. */
void copy_indexed(uint32_t width, const void *src, const kernel_sel *index, const kernel_sel *sel,
                  size_t count, void *dst);
/* dst[i] = choose[i] & 1 ? x[i & x_mask] : y[i & y_mask]; a mask is 0 for one value, else all ones.
 */
void blend_values(uint32_t width, const uint8_t *choose, const void *x, size_t x_mask,
                  const void *y, size_t y_mask, size_t count, void *dst);
/* dst[i] = *value. */
void fill_values(uint32_t width, const void *value, size_t count, void *dst);
/* out[i] = out[i] * codes + index[i], modulo 2^16. */
void combine_codes(const kernel_sel *index, size_t count, uint16_t codes, uint16_t *out);
/* dst[sel[i]] = *value. */
void fill_selected(uint32_t width, const void *value, const kernel_sel *sel, size_t count,
                   void *dst);

#endif
