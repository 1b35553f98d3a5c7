/* row.h - rows as bytes, for hash tables and sorting: fixed part first, long values in a heap
 * beside.
 *
 *   | validity: 1 bit a column, rounded up to 8 bytes | column 0 | column 1 | … | (caller's
 * trailer) | Columns are aligned to their size (at most 8); a vstring of a row points into the heap
 * arena; nested values are serialized into the heap and read back by row_gather. Widths are
 * multiples of 8.
 */
#ifndef DBX_VECTOR_ROW_H
#define DBX_VECTOR_ROW_H

#include "vector/vector.h"

typedef struct row_layout {
    uint32_t column_count;
    const type *types;       /* borrowed */
    const uint32_t *offsets; /* byte offset of each column in the row */
    uint32_t validity_bytes;
    uint32_t width; /* bytes, trailer excluded */
    bool has_heap;  /* a column is a string or nested */
} row_layout;

dbx_status row_layout_init(row_layout *l, const type *types, uint32_t count, arena *a) MUST_CHECK;
/* Writes active rows (sel or 0..rows-1) of the columns: targets[i] receives row sel[i]. Long values
 * are copied to the heap. */
dbx_status row_scatter(const row_layout *l, const vector *columns, const sel_t *sel, uint32_t rows,
                       uint8_t *const *targets, arena *heap) MUST_CHECK;
/* Reads `column` of rows[0..count) into out rows at.. (FLAT with room). Strings stay in the heap.
 */
dbx_status row_gather(const row_layout *l, uint8_t *const *rows, uint32_t count, uint32_t column,
                      vector *out, uint32_t at, arena *a) MUST_CHECK;
/* Compares columns [0, column_count) with rows: keeps in `sel` (in place, *count) those i whose
 * candidate candidates[sel[i]] equals row sel[i]; the others go to `mismatch` (may be NULL),
 * *mismatch_count of them, in no order. NULL equals NULL only in columns
 * whose null_equal flag is set (NULL flags pointer: everywhere). */
dbx_status row_match(const row_layout *l, const vector *columns, uint32_t column_count,
                     const bool *null_equal, uint8_t *const *candidates, sel_t *sel,
                     uint32_t *count, sel_t *mismatch, uint32_t *mismatch_count,
                     arena *scratch) MUST_CHECK;

#endif
