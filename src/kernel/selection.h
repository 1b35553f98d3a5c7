/* selection.h - making lists of row numbers from booleans and bitmaps.
 *
 * Booleans are bytes 0 or 1, one a row; `validity` may be NULL (all valid). `sel` lists the rows to
 * look at, ascending; NULL: 0..count-1. Outputs may be `sel` itself. Lists come out ascending; each
 * function returns how many it wrote.
 */
#ifndef DBX_KERNEL_SELECTION_H
#define DBX_KERNEL_SELECTION_H

#include "kernel/kernel.h"

/* Rows whose boolean is valid and true. */
uint32_t sel_from_bools(const uint8_t *bools, const uint64_t *validity, const kernel_sel *sel,
                        uint32_t count, kernel_sel *out);
/* The same where row r's boolean is bools[index[r]], valid by bit index[r]. */
uint32_t sel_from_indexed_bools(const uint8_t *bools, const uint64_t *validity,
                                const kernel_sel *index, const kernel_sel *sel, uint32_t count,
                                kernel_sel *out);
/* Rows whose bit equals `value`. */
uint32_t sel_from_bits(const uint64_t *bits, bool value, const kernel_sel *sel, uint32_t count,
                       kernel_sel *out);
/* out[i] = first + i. */
void sel_fill(kernel_sel *out, uint32_t first, uint32_t count);
/* Bit r of words = 1 for each listed row; the words for `bound` rows are cleared first. */
void sel_to_bits(const kernel_sel *sel, uint32_t count, uint32_t bound, uint64_t *words);

#endif
