/* codec.c - see codec.h. One small function a codec and direction; each checks that the sizes are
 * what the library's own types can hold before it calls. */
#include "io/codec.h"

#include "io/snappy.h"

#include <brotli/decode.h>
#include <brotli/encode.h>
#include <lz4.h>
#include <lz4frame.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

static const char *const codec_names[CODEC_COUNT] = {
    [CODEC_NONE] = "none",     [CODEC_SNAPPY] = "snappy", [CODEC_GZIP] = "gzip",
    [CODEC_BROTLI] = "brotli", [CODEC_ZSTD] = "zstd",     [CODEC_LZ4_HADOOP] = "lz4_hadoop",
    [CODEC_LZ4] = "lz4_raw",
};

const char *codec_name(codec_kind c) {
    assert(c < CODEC_COUNT);
    return codec_names[c];
}

bool codec_from_name(string_view name, codec_kind *out) {
    if (sv_equal_ignore_case(name, SV("uncompressed"))) {
        *out = CODEC_NONE;
        return true;
    }
    if (sv_equal_ignore_case(name, SV("lz4"))) {
        *out = CODEC_LZ4;
        return true;
    }
    for (uint32_t i = 0; i < CODEC_COUNT; i++) {
        if (sv_equal_ignore_case(name, sv_from(codec_names[i]))) {
            *out = (codec_kind)i;
            return true;
        }
    }
    return false;
}

void codec_context_deinit(codec_context *context) {
    ZSTD_freeDCtx(context->zstd_in);
    ZSTD_freeCCtx(context->zstd_out);
    memset(context, 0, sizeof(*context));
}

/* ---- decompression ---- */

static dbx_status codec_inflate(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size) {
    z_stream z;
    memset(&z, 0, sizeof(z));
    if (inflateInit2(&z, MAX_WBITS + 32) != Z_OK)
        return DBX_NOMEM; /* + 32: gzip or zlib by header */
    z.next_in = (Bytef *)(uintptr_t)in;
    z.avail_in = (uInt)in_size;
    z.next_out = out;
    z.avail_out = (uInt)out_size;
    dbx_status status = DBX_CORRUPT;
    for (;;) {
        int result = inflate(&z, Z_FINISH);
        if (result != Z_STREAM_END) break;
        if (z.avail_out == 0 || z.avail_in == 0) {
            status = z.avail_out == 0 ? DBX_OK : DBX_CORRUPT;
            break;
        }
        if (inflateReset(&z) != Z_OK) break; /* another member follows */
    }
    inflateEnd(&z);
    return status;
}

static dbx_status codec_unlz4(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size) {
    int got = LZ4_decompress_safe((const char *)in, (char *)out, (int)in_size, (int)out_size);
    return got >= 0 && (size_t)got == out_size ? DBX_OK : DBX_CORRUPT;
}

static uint32_t codec_be32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static dbx_status codec_unlz4_blocks(const uint8_t *in, size_t in_size, uint8_t *out,
                                     size_t out_size) {
    while (in_size >= 8) {
        size_t raw = codec_be32(in);
        size_t packed = codec_be32(in + 4);
        in += 8;
        in_size -= 8;
        if (raw > out_size || packed > in_size) return DBX_CORRUPT;
        TRY(codec_unlz4(in, packed, out, raw));
        in += packed;
        in_size -= packed;
        out += raw;
        out_size -= raw;
    }
    return in_size == 0 && out_size == 0 ? DBX_OK : DBX_CORRUPT;
}

static dbx_status codec_unlz4_frame(const uint8_t *in, size_t in_size, uint8_t *out,
                                    size_t out_size) {
    LZ4F_dctx *context;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION))) return DBX_NOMEM;
    size_t used = in_size;
    size_t got = out_size;
    size_t left = LZ4F_decompress(context, out, &got, in, &used, NULL);
    LZ4F_freeDecompressionContext(context);
    return left == 0 && got == out_size && used == in_size ? DBX_OK : DBX_CORRUPT;
}

static dbx_status codec_unlz4_hadoop(const uint8_t *in, size_t in_size, uint8_t *out,
                                     size_t out_size) {
    if (codec_unlz4_blocks(in, in_size, out, out_size) == DBX_OK) return DBX_OK;
    static const uint8_t magic[4] = {0x04, 0x22, 0x4D, 0x18};
    if (in_size >= 4 && memcmp(in, magic, 4) == 0)
        return codec_unlz4_frame(in, in_size, out, out_size);
    return codec_unlz4(in, in_size, out, out_size);
}

static dbx_status codec_unzstd(codec_context *context, const uint8_t *in, size_t in_size,
                               uint8_t *out, size_t out_size) {
    if (context->zstd_in == NULL) context->zstd_in = ZSTD_createDCtx();
    if (context->zstd_in == NULL) return DBX_NOMEM;
    size_t got = ZSTD_decompressDCtx(context->zstd_in, out, out_size, in, in_size);
    return !ZSTD_isError(got) && got == out_size ? DBX_OK : DBX_CORRUPT;
}

static dbx_status codec_unbrotli(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size) {
    size_t got = out_size;
    BrotliDecoderResult result = BrotliDecoderDecompress(in_size, in, &got, out);
    return result == BROTLI_DECODER_RESULT_SUCCESS && got == out_size ? DBX_OK : DBX_CORRUPT;
}

dbx_status codec_decompress(codec_context *context, codec_kind c, const uint8_t *in, size_t in_size,
                            uint8_t *out, size_t out_size) {
    assert(c < CODEC_COUNT);
    if (in_size > INT32_MAX || out_size > INT32_MAX) return DBX_CORRUPT;
    if (out_size == 0) return DBX_OK; /* writers differ on how nothing is compressed */
    if (in_size == 0) return DBX_CORRUPT;
    switch (c) {
    case CODEC_NONE:
        if (in_size != out_size) return DBX_CORRUPT;
        memcpy(out, in, in_size);
        return DBX_OK;
    case CODEC_SNAPPY:
        return snappy_block_decompress(in, in_size, out, out_size) ? DBX_OK : DBX_CORRUPT;
    case CODEC_GZIP:
        return codec_inflate(in, in_size, out, out_size);
    case CODEC_BROTLI:
        return codec_unbrotli(in, in_size, out, out_size);
    case CODEC_ZSTD:
        return codec_unzstd(context, in, in_size, out, out_size);
    case CODEC_LZ4_HADOOP:
        return codec_unlz4_hadoop(in, in_size, out, out_size);
    case CODEC_LZ4:
        return codec_unlz4(in, in_size, out, out_size);
    case CODEC_COUNT:
        break;
    }
    return DBX_CORRUPT;
}

/* ---- compression ---- */

enum {
    CODEC_GZIP_OVERHEAD = 64,
    CODEC_BROTLI_LEVEL = 4,
    CODEC_ZSTD_LEVEL = 3,
};

size_t codec_compress_bound(codec_kind c, size_t size) {
    switch (c) {
    case CODEC_SNAPPY:
        return snappy_max_compressed_length(size);
    case CODEC_GZIP:
        return compressBound((uLong)size) + CODEC_GZIP_OVERHEAD;
    case CODEC_BROTLI:
        return BrotliEncoderMaxCompressedSize(size) + 16;
    case CODEC_ZSTD:
        return ZSTD_compressBound(size);
    case CODEC_LZ4:
        return size + size / 255 + 16;
    case CODEC_LZ4_HADOOP:
        return size + size / 255 + 24;
    case CODEC_NONE:
    case CODEC_COUNT:
        break;
    }
    return size;
}

static dbx_status codec_deflate(int level, const uint8_t *in, size_t in_size, uint8_t *out,
                                size_t capacity, size_t *out_size) {
    z_stream z;
    memset(&z, 0, sizeof(z));
    int result = deflateInit2(&z, level ? level : Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16,
                              8, Z_DEFAULT_STRATEGY); /* + 16: gzip */
    if (result != Z_OK) return DBX_NOMEM;
    z.next_in = (Bytef *)(uintptr_t)in;
    z.avail_in = (uInt)in_size;
    z.next_out = out;
    z.avail_out = (uInt)MIN(capacity, (size_t)UINT32_MAX);
    result = deflate(&z, Z_FINISH);
    *out_size = z.total_out;
    deflateEnd(&z);
    return result == Z_STREAM_END ? DBX_OK : DBX_BUG;
}

static dbx_status codec_lz4(const uint8_t *in, size_t in_size, uint8_t *out, size_t capacity,
                            size_t *out_size) {
    int got = LZ4_compress_default((const char *)in, (char *)out, (int)in_size,
                                   (int)MIN(capacity, (size_t)INT32_MAX));
    if (got <= 0) return DBX_BUG;
    *out_size = (size_t)got;
    return DBX_OK;
}

static dbx_status codec_lz4_hadoop(const uint8_t *in, size_t in_size, uint8_t *out, size_t capacity,
                                   size_t *out_size) {
    TRY(codec_lz4(in, in_size, out + 8, capacity - 8, out_size));
    for (int i = 0; i < 4; i++) {
        out[i] = (uint8_t)(in_size >> (24 - 8 * i));
        out[4 + i] = (uint8_t)(*out_size >> (24 - 8 * i));
    }
    *out_size += 8;
    return DBX_OK;
}

static dbx_status codec_zstd(codec_context *context, int level, const uint8_t *in, size_t in_size,
                             uint8_t *out, size_t capacity, size_t *out_size) {
    if (context->zstd_out == NULL) context->zstd_out = ZSTD_createCCtx();
    if (context->zstd_out == NULL) return DBX_NOMEM;
    *out_size = ZSTD_compressCCtx(context->zstd_out, out, capacity, in, in_size,
                                  level ? level : CODEC_ZSTD_LEVEL);
    return ZSTD_isError(*out_size) ? DBX_BUG : DBX_OK;
}

dbx_status codec_compress(codec_context *context, codec_kind c, int level, const uint8_t *in,
                          size_t in_size, uint8_t *out, size_t capacity, size_t *out_size) {
    assert(c < CODEC_COUNT);
    assert(capacity >= codec_compress_bound(c, in_size));
    if (in_size > INT32_MAX) return DBX_BUG;
    *out_size = capacity;
    switch (c) {
    case CODEC_NONE:
        if (in_size > 0) memcpy(out, in, in_size);
        *out_size = in_size;
        return DBX_OK;
    case CODEC_SNAPPY:
        return snappy_compress((const char *)in, in_size, (char *)out, out_size) == SNAPPY_OK
                   ? DBX_OK
                   : DBX_BUG;
    case CODEC_GZIP:
        return codec_deflate(level, in, in_size, out, capacity, out_size);
    case CODEC_BROTLI:
        return BrotliEncoderCompress(level ? level : CODEC_BROTLI_LEVEL, BROTLI_DEFAULT_WINDOW,
                                     BROTLI_MODE_GENERIC, in_size, in, out_size, out)
                   ? DBX_OK
                   : DBX_BUG;
    case CODEC_ZSTD:
        return codec_zstd(context, level, in, in_size, out, capacity, out_size);
    case CODEC_LZ4_HADOOP:
        return codec_lz4_hadoop(in, in_size, out, capacity, out_size);
    case CODEC_LZ4:
        return codec_lz4(in, in_size, out, capacity, out_size);
    case CODEC_COUNT:
        break;
    }
    return DBX_BUG;
}
