/* snappy.h - decompressing a raw Snappy block.
 *
 * The packaged library does it, too, but copies every element by a call of memmove; this decoder is
 * several times faster, and Parquet is mostly Snappy. Compression stays with the library.
 */
#ifndef DBX_IO_SNAPPY_H
#define DBX_IO_SNAPPY_H

#include "common/status.h"

/* Length that the block says it has when decompressed, and the size of that preamble. False when it
 * is damaged. */
bool snappy_block_length(const uint8_t *in, size_t in_size, size_t *length, size_t *preamble);
/* Decompresses into exactly out_size bytes. False when the block is damaged or has another length.
 * Reads and writes nothing outside of the given memory. */
bool snappy_block_decompress(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size);

#endif
