/* codec.h - block compression: whole buffers in, whole buffers out, bounded on both sides.
 *
 * The codecs are those of Parquet. Corrupt input never reads or writes out of bounds; it gives
 * DBX_CORRUPT, and the caller, who knows the file, raises the error.
 */
#ifndef DBX_IO_CODEC_H
#define DBX_IO_CODEC_H

#include "common/memory.h"

typedef enum codec_kind {
    CODEC_NONE,
    CODEC_SNAPPY,
    CODEC_GZIP, /* decompression takes zlib streams and several gzip members, too */
    CODEC_BROTLI,
    CODEC_ZSTD,
    CODEC_LZ4_HADOOP, /* blocks with big-endian sizes; falls back to one frame or raw block as
                         writers differ */
    CODEC_LZ4,        /* one raw block */
    CODEC_COUNT
} codec_kind;

const char *codec_name(codec_kind c);
/* "snappy", "gzip", "zstd", "lz4", "lz4_raw", "lz4_hadoop", "brotli", "none", "uncompressed"; "lz4"
 * and "lz4_raw" are CODEC_LZ4. Case-insensitive; false when unknown. */
bool codec_from_name(string_view name, codec_kind *out);

/* State that is worth keeping between calls of one thread (zstd's tables). Zero-initialized. */
typedef struct codec_context {
    void *zstd_in;  /* ZSTD_DCtx */
    void *zstd_out; /* ZSTD_CCtx */
} codec_context;
void codec_context_deinit(codec_context *context);

/* Decompresses into exactly out_size bytes. DBX_CORRUPT when the input is damaged or has another
 * size. */
dbx_status codec_decompress(codec_context *context, codec_kind c, const uint8_t *in, size_t in_size,
                            uint8_t *out, size_t out_size) MUST_CHECK;
/* Upper bound on the compressed size of `size` bytes. */
size_t codec_compress_bound(codec_kind c, size_t size);
/* Compresses into out (capacity at least the bound). level 0 is the codec's default. */
dbx_status codec_compress(codec_context *context, codec_kind c, int level, const uint8_t *in,
                          size_t in_size, uint8_t *out, size_t capacity,
                          size_t *out_size) MUST_CHECK;

#endif
