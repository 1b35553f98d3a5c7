/* compare.h - the one order and equality of each type, used by sort, join, group, min/max, window,
 * pruning.
 *
 * NaN equals itself and is the largest; -0.0 equals 0.0; strings compare by collation (UTF8_BINARY:
 * bytes); structs and arrays compare field by field; NULL inside nested values is smallest and
 * equals itself.
 */
#ifndef DBX_VECTOR_COMPARE_H
#define DBX_VECTOR_COMPARE_H

#include "vector/vector.h"

/* Order of two non-NULL values of one type at *indexes* of their views' base (view_index applied):
 * <0, 0, >0. */
int value_compare(const vector_view *a, uint32_t index_a, const vector_view *b, uint32_t index_b);
bool value_equal(const vector_view *a, uint32_t index_a, const vector_view *b, uint32_t index_b);

typedef struct sort_order {
    bool descending;
    bool nulls_first;
} sort_order;

/* Order of row a of v and row b of w, NULLs placed as `order` says. */
int row_compare(const vector *v, uint32_t a, const vector *w, uint32_t b, sort_order order);

/* Order-preserving byte keys: memcmp of two keys orders as row_compare on the columns in turn does.
 * Fixed-width columns take physical_size + 1 bytes; strings are escaped and terminated. Nested
 * types are supported. Appends row i's key of every column to keys[i]. */
typedef struct sort_key_layout {
    uint32_t column_count;
    const type *types;
    const sort_order *orders;
    bool fixed_width; /* no strings or nested: every key has `width` bytes */
    uint32_t width;
} sort_key_layout;
void sort_key_layout_init(sort_key_layout *l, const type *types, const sort_order *orders,
                          uint32_t count);
/* Encodes rows [0, rows) of the columns. out_offsets has rows + 1 entries into the buffer's bytes.
 */
dbx_status sort_key_encode(const sort_key_layout *l, const vector *columns, uint32_t rows,
                           buffer *out, uint64_t *out_offsets) MUST_CHECK;

#endif
