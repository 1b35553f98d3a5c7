/* chunk_bytes.h - chunks as self-contained bytes, for temporary files.
 *
 * The bytes are read back by the process that wrote them, after a checksum: reading trusts their
 * contents and checks only that they were not cut short. Forms are not kept: dictionaries and
 * sequences are written flat, constants as one value.
 */
#ifndef DBX_VECTOR_CHUNK_BYTES_H
#define DBX_VECTOR_CHUNK_BYTES_H

#include "vector/vector.h"

/* Appends rows sel[0..rows) (NULL: the first `rows`) of the columns. */
dbx_status chunk_bytes_write(const chunk *c, const sel_t *sel, uint32_t rows,
                             buffer *out) MUST_CHECK;
/* Reads one chunk from *at, which moves behind it. Columns are fresh vectors of the arena; values
 * borrow from the bytes, which must be 16-aligned and stay. Raises INTERNAL_ERROR for bytes that
 * are no chunk of these types. */
dbx_status chunk_bytes_read(const uint8_t **at, const uint8_t *end, const type *types,
                            uint32_t count, arena *a, chunk *out, error *err) MUST_CHECK;

#endif
