/* pack.c - compressing whole files piece by piece.
 *
 * Every format here lets members (gzip), frames (zstd, LZ4) or blocks (Hadoop's Snappy) follow one
 * another in a file, so that workers compress pieces on their own and nobody waits for a stream.
 */
#include "io/gate.h"

#include <lz4frame.h>

enum { PACK_SNAPPY_HEAD = 8, PACK_SNAPPY_BLOCK = 1 << 18 };

const char *io_pack_extension(io_stream_codec c) {
    switch (c) {
    case IO_STREAM_NONE:
        return "";
    case IO_STREAM_GZIP:
        return ".gz";
    case IO_STREAM_ZSTD:
        return ".zst";
    case IO_STREAM_LZ4:
        return ".lz4";
    case IO_STREAM_SNAPPY:
        return ".snappy";
    case IO_STREAM_AUTO:
    case IO_STREAM_BROTLI:
        break;
    }
    return NULL;
}

static dbx_status pack_whole(codec_context *context, codec_kind c, int level, const void *in,
                             size_t size, buffer *out) {
    size_t packed = 0;
    TRY(buffer_reserve(out, codec_compress_bound(c, size)));
    TRY(codec_compress(context, c, level, in, size, (uint8_t *)out->data + out->size,
                       codec_compress_bound(c, size), &packed));
    out->size += packed;
    return DBX_OK;
}

static dbx_status pack_lz4(const void *in, size_t size, buffer *out) {
    size_t bound = LZ4F_compressFrameBound(size, NULL);
    TRY(buffer_reserve(out, bound));
    size_t packed = LZ4F_compressFrame(out->data + out->size, bound, in, size, NULL);
    if (LZ4F_isError(packed)) return DBX_NOMEM;
    out->size += packed;
    return DBX_OK;
}

static void pack_be32(uint32_t v, char *out) {
    for (int i = 0; i < 4; i++) out[i] = (char)(v >> (24 - 8 * i));
}

/* Raw size, packed size, data, for each block. */
static dbx_status pack_snappy(codec_context *context, const char *in, size_t size, buffer *out) {
    for (size_t at = 0; at < size; at += PACK_SNAPPY_BLOCK) {
        size_t raw = MIN(size - at, (size_t)PACK_SNAPPY_BLOCK);
        char head[PACK_SNAPPY_HEAD] = {0};
        size_t head_at = out->size;
        TRY(buffer_append(out, head, sizeof(head)));
        TRY(pack_whole(context, CODEC_SNAPPY, 0, in + at, raw, out));
        pack_be32((uint32_t)raw, out->data + head_at);
        pack_be32((uint32_t)(out->size - head_at - PACK_SNAPPY_HEAD), out->data + head_at + 4);
    }
    return DBX_OK;
}

dbx_status io_pack(codec_context *context, io_stream_codec c, int level, const void *in,
                   size_t size, buffer *out) {
    assert(io_pack_extension(c) != NULL);
    switch (c) {
    case IO_STREAM_GZIP:
        return pack_whole(context, CODEC_GZIP, level, in, size, out);
    case IO_STREAM_ZSTD:
        return pack_whole(context, CODEC_ZSTD, level, in, size, out);
    case IO_STREAM_LZ4:
        return pack_lz4(in, size, out);
    case IO_STREAM_SNAPPY:
        return pack_snappy(context, in, size, out);
    default:
        return buffer_append(out, in, size);
    }
}
