/* row_bytes.h - nested values as bytes, for row.h and the states of aggregates.
 *
 *   STRING  uint32 size, bytes              fixed width  its bytes
 *   LIST    uint32 length, validity bits rounded up to bytes, valid items
 *   STRUCT  validity bits rounded up to bytes, valid fields
 */
#ifndef DBX_VECTOR_ROW_BYTES_H
#define DBX_VECTOR_ROW_BYTES_H

#include "vector/row.h"

/* Bytes of the value at `index` of the view's base, which is not NULL. */
size_t row_value_size(const vector_view *v, uint32_t index);
/* Writes them and returns the end. */
uint8_t *row_value_write(const vector_view *v, uint32_t index, uint8_t *to);
/* Reads a value into row `row` of a FLAT vector with room; *at moves behind it. Long strings borrow
 * the bytes. */
dbx_status row_value_read(const uint8_t **at, vector *out, uint32_t row, arena *a) MUST_CHECK;

#endif
