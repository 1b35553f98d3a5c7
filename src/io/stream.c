/* stream.c - sequential reading of a file, decompressed on the way.
 *
 * Formats fall into two kinds. Those with a streaming decoder (gzip, zstd, LZ4 frames, brotli) are
 * fed from `in` and write into the caller's buffer. Those of whole blocks (Snappy framing, Hadoop's
 * Snappy and LZ4) decompress a block into `block`, from which reads are served. What a library
 * allocates for itself is charged as a bound. */
#include "io/gate.h"

#include "io/snappy.h"

#include <brotli/decode.h>
#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

enum {
    STREAM_INPUT_BYTES = 256 * 1024,
    STREAM_BLOCK_MAX = 64 << 20, /* raw bytes of one Snappy or Hadoop block */
    STREAM_GZIP_BYTES = 64 << 10,
    STREAM_LZ4_BYTES = 9 << 20,
    STREAM_BROTLI_BYTES = 20 << 20,
};

typedef enum stream_kind {
    STREAM_PLAIN,
    STREAM_GZIP,
    STREAM_ZSTD,
    STREAM_LZ4_FRAME,
    STREAM_BROTLI,
    STREAM_SNAPPY_FRAMED,
    STREAM_HADOOP_SNAPPY,
    STREAM_HADOOP_LZ4,
} stream_kind;

struct io_stream {
    io_file *file;
    ledger *ledger;
    stream_kind kind;
    bool in_frame; /* a decoder has begun a frame that it has not ended */
    bool gzip_open;
    uint64_t offset; /* of the file: next byte to read into `in` */
    uint8_t *in;
    size_t in_at, in_size;
    size_t charged; /* for the decoder */
    z_stream gzip;
    ZSTD_DCtx *zstd;
    LZ4F_dctx *lz4;
    BrotliDecoderState *brotli;
    uint8_t *block; /* decompressed block */
    size_t block_at, block_size, block_capacity;
    uint8_t *packed; /* compressed block */
    size_t packed_capacity;
    size_t hadoop_left; /* raw bytes of the current Hadoop block still to come */
};

/* ---- names ---- */

static const struct {
    const char *extension;
    io_stream_codec codec;
} stream_extensions[] = {
    {".gz", IO_STREAM_GZIP},       {".gzip", IO_STREAM_GZIP}, {".deflate", IO_STREAM_GZIP},
    {".zst", IO_STREAM_ZSTD},      {".zstd", IO_STREAM_ZSTD}, {".lz4", IO_STREAM_LZ4},
    {".snappy", IO_STREAM_SNAPPY}, {".sz", IO_STREAM_SNAPPY}, {".br", IO_STREAM_BROTLI},
};

io_stream_codec io_path_codec(string_view path, string_view *stripped) {
    if (stripped != NULL) *stripped = path;
    for (uint32_t i = 0; i < ARRAY_COUNT(stream_extensions); i++) {
        string_view extension = sv_from(stream_extensions[i].extension);
        if (path.size <= extension.size) continue;
        string_view tail = {path.data + path.size - extension.size, extension.size};
        if (!sv_equal_ignore_case(tail, extension)) continue;
        if (stripped != NULL) stripped->size = path.size - extension.size;
        return stream_extensions[i].codec;
    }
    return IO_STREAM_NONE;
}

bool io_stream_codec_from_name(string_view name, io_stream_codec *out) {
    static const struct {
        const char *name;
        io_stream_codec codec;
    } names[] = {
        {"auto", IO_STREAM_AUTO},     {"none", IO_STREAM_NONE}, {"uncompressed", IO_STREAM_NONE},
        {"gzip", IO_STREAM_GZIP},     {"zlib", IO_STREAM_GZIP}, {"deflate", IO_STREAM_GZIP},
        {"zstd", IO_STREAM_ZSTD},     {"lz4", IO_STREAM_LZ4},   {"snappy", IO_STREAM_SNAPPY},
        {"brotli", IO_STREAM_BROTLI},
    };
    for (uint32_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (!sv_equal_ignore_case(name, sv_from(names[i].name))) continue;
        *out = names[i].codec;
        return true;
    }
    return false;
}

/* ---- input ---- */

static dbx_status stream_corrupt(const io_stream *s, const char *message, error *err) {
    return error_raise(err, ERR_FILE_CORRUPT, (span){0, 0}, "path", io_file_path(s->file).data,
                       "message", message, NULL);
}

static dbx_status stream_fill(io_stream *s, error *err) {
    assert(s->in_at == s->in_size);
    size_t size = (size_t)MIN(io_file_size(s->file) - s->offset, (uint64_t)STREAM_INPUT_BYTES);
    s->in_at = 0;
    s->in_size = 0;
    if (size == 0) return DBX_OK;
    TRY(io_read_at(s->file, s->offset, s->in, size, err));
    s->offset += size;
    s->in_size = size;
    io_range next = {s->offset, MIN(io_file_size(s->file) - s->offset, STREAM_INPUT_BYTES * 4u)};
    io_prefetch(s->file, &next, 1);
    return DBX_OK;
}

/* Copies up to `size` input bytes; *got is less only at the end of the file. */
static dbx_status stream_take(io_stream *s, void *to, size_t size, size_t *got, error *err) {
    *got = 0;
    while (*got < size) {
        if (s->in_at == s->in_size) TRY(stream_fill(s, err));
        size_t step = MIN(size - *got, s->in_size - s->in_at);
        if (step == 0) return DBX_OK;
        memcpy((uint8_t *)to + *got, s->in + s->in_at, step);
        s->in_at += step;
        *got += step;
    }
    return DBX_OK;
}

static dbx_status stream_take_all(io_stream *s, void *to, size_t size, error *err) {
    size_t got;
    TRY(stream_take(s, to, size, &got, err));
    return got == size ? DBX_OK : stream_corrupt(s, "the compressed data ends early", err);
}

/* ---- streaming decoders: each makes *got > 0 or reaches the end ---- */

static dbx_status stream_read_plain(io_stream *s, uint8_t *to, size_t capacity, size_t *got,
                                    error *err) {
    if (s->in_at < s->in_size) { /* what detection looked at */
        *got = MIN(capacity, s->in_size - s->in_at);
        memcpy(to, s->in + s->in_at, *got);
        s->in_at += *got;
        return DBX_OK;
    }
    *got = (size_t)MIN(io_file_size(s->file) - s->offset, (uint64_t)capacity);
    if (*got == 0) return DBX_OK;
    TRY(io_read_at(s->file, s->offset, to, *got, err));
    s->offset += *got;
    return DBX_OK;
}

static dbx_status stream_read_gzip(io_stream *s, uint8_t *to, size_t capacity, size_t *got,
                                   error *err) {
    s->gzip.next_out = to;
    s->gzip.avail_out = (uInt)MIN(capacity, (size_t)1 << 30);
    uInt before = s->gzip.avail_out;
    while (s->gzip.avail_out == before) {
        if (s->in_at == s->in_size) TRY(stream_fill(s, err));
        if (s->in_at == s->in_size) {
            if (!s->in_frame) return DBX_OK;
            return stream_corrupt(s, "the gzip data ends early", err);
        }
        if (!s->in_frame && s->in[s->in_at] == 0) { /* padding behind the last member */
            s->in_at++;
            continue;
        }
        s->in_frame = true;
        s->gzip.next_in = s->in + s->in_at;
        s->gzip.avail_in = (uInt)(s->in_size - s->in_at);
        int result = inflate(&s->gzip, Z_NO_FLUSH);
        s->in_at = s->in_size - s->gzip.avail_in;
        if (result == Z_STREAM_END) {
            s->in_frame = false;
            if (inflateReset(&s->gzip) != Z_OK) return error_nomem(err);
        } else if (result == Z_MEM_ERROR) {
            return error_nomem(err);
        } else if (result != Z_OK && result != Z_BUF_ERROR) {
            return stream_corrupt(s, "the gzip data is damaged", err);
        }
        *got = before - s->gzip.avail_out;
    }
    return DBX_OK;
}

static dbx_status stream_charge_zstd(io_stream *s, error *err) {
    size_t now = ZSTD_sizeof_DCtx(s->zstd);
    if (now <= s->charged) return DBX_OK;
    if (!ledger_charge(s->ledger, now - s->charged)) return error_nomem(err);
    s->charged = now;
    return DBX_OK;
}

static dbx_status stream_read_zstd(io_stream *s, uint8_t *to, size_t capacity, size_t *got,
                                   error *err) {
    ZSTD_outBuffer out = {to, capacity, 0};
    while (out.pos == 0) {
        if (s->in_at == s->in_size) TRY(stream_fill(s, err));
        if (s->in_at == s->in_size && !s->in_frame) return DBX_OK;
        ZSTD_inBuffer in = {s->in, s->in_size, s->in_at};
        size_t left = ZSTD_decompressStream(s->zstd, &out, &in);
        if (ZSTD_isError(left)) return stream_corrupt(s, ZSTD_getErrorName(left), err);
        bool stuck = in.pos == s->in_at && out.pos == 0;
        s->in_at = in.pos;
        s->in_frame = left != 0;
        if (stuck && s->in_frame) return stream_corrupt(s, "the zstd data ends early", err);
        TRY(stream_charge_zstd(s, err));
    }
    *got = out.pos;
    return DBX_OK;
}

static dbx_status stream_read_lz4(io_stream *s, uint8_t *to, size_t capacity, size_t *got,
                                  error *err) {
    while (*got == 0) {
        if (s->in_at == s->in_size) TRY(stream_fill(s, err));
        if (s->in_at == s->in_size && !s->in_frame) return DBX_OK;
        size_t used = s->in_size - s->in_at;
        *got = capacity;
        size_t left = LZ4F_decompress(s->lz4, to, got, s->in + s->in_at, &used, NULL);
        if (LZ4F_isError(left)) return stream_corrupt(s, LZ4F_getErrorName(left), err);
        bool stuck = used == 0 && *got == 0;
        s->in_at += used;
        s->in_frame = left != 0;
        if (stuck && s->in_frame) return stream_corrupt(s, "the LZ4 data ends early", err);
    }
    return DBX_OK;
}

static dbx_status stream_read_brotli(io_stream *s, uint8_t *to, size_t capacity, size_t *got,
                                     error *err) {
    while (*got == 0) {
        if (s->in_at == s->in_size) TRY(stream_fill(s, err));
        if (!s->in_frame) {
            if (s->in_at == s->in_size) return DBX_OK;
            return stream_corrupt(s, "bytes follow the brotli data", err);
        }
        size_t in_left = s->in_size - s->in_at;
        const uint8_t *in = s->in + s->in_at;
        size_t out_left = capacity;
        uint8_t *out = to;
        BrotliDecoderResult result =
            BrotliDecoderDecompressStream(s->brotli, &in_left, &in, &out_left, &out, NULL);
        bool at_end = s->in_at == s->in_size;
        s->in_at = s->in_size - in_left;
        *got = capacity - out_left;
        if (result == BROTLI_DECODER_RESULT_ERROR) {
            return stream_corrupt(s, "the brotli data is damaged", err);
        }
        if (result == BROTLI_DECODER_RESULT_SUCCESS) s->in_frame = false;
        if (result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT && at_end && *got == 0) {
            return stream_corrupt(s, "the brotli data ends early", err);
        }
    }
    return DBX_OK;
}

/* ---- block formats ---- */

static dbx_status stream_grow(io_stream *s, uint8_t **bytes, size_t *capacity, size_t size,
                              error *err) {
    if (size <= *capacity) return DBX_OK;
    if (size > STREAM_BLOCK_MAX) return stream_corrupt(s, "a compressed block is too large", err);
    uint8_t *grown = mem_realloc(s->ledger, *bytes, *capacity, size);
    if (grown == NULL) return error_nomem(err);
    *bytes = grown;
    *capacity = size;
    return DBX_OK;
}

/* Reads `packed` bytes and appends their `raw` decompressed ones to the block. */
static dbx_status stream_unpack(io_stream *s, codec_kind c, size_t packed, size_t raw, error *err) {
    TRY(stream_grow(s, &s->packed, &s->packed_capacity, packed, err));
    TRY(stream_take_all(s, s->packed, packed, err));
    TRY(stream_grow(s, &s->block, &s->block_capacity, raw, err));
    codec_context none = {0};
    if (codec_decompress(&none, c, s->packed, packed, s->block, raw) != DBX_OK) {
        return stream_corrupt(s, "a compressed block is damaged", err);
    }
    s->block_at = 0;
    s->block_size = raw;
    return DBX_OK;
}

static dbx_status stream_snappy_chunk(io_stream *s, uint8_t kind, size_t size, error *err) {
    if (kind == 0x00 || kind == 0x01) {
        uint8_t checksum[4];
        if (size < sizeof(checksum)) return stream_corrupt(s, "a Snappy chunk is too short", err);
        TRY(stream_take_all(s, checksum, sizeof(checksum), err));
        size -= sizeof(checksum);
        if (kind == 0x01) return size ? stream_unpack(s, CODEC_NONE, size, size, err) : DBX_OK;
    } else if (kind < 0x80) {
        return stream_corrupt(s, "a Snappy chunk has an unknown kind", err);
    }
    TRY(stream_grow(s, &s->packed, &s->packed_capacity, size, err));
    TRY(stream_take_all(s, s->packed, size, err));
    if (kind != 0x00) return DBX_OK; /* stream identifier, padding, skippable */
    size_t raw;
    size_t preamble;
    if (!snappy_block_length(s->packed, size, &raw, &preamble)) {
        return stream_corrupt(s, "a Snappy chunk is damaged", err);
    }
    TRY(stream_grow(s, &s->block, &s->block_capacity, raw, err));
    codec_context none = {0};
    if (codec_decompress(&none, CODEC_SNAPPY, s->packed, size, s->block, raw) != DBX_OK) {
        return stream_corrupt(s, "a Snappy chunk is damaged", err);
    }
    s->block_at = 0;
    s->block_size = raw;
    return DBX_OK;
}

static dbx_status stream_next_snappy(io_stream *s, bool *end, error *err) {
    uint8_t head[4];
    size_t got;
    TRY(stream_take(s, head, sizeof(head), &got, err));
    *end = got == 0;
    if (*end) return DBX_OK;
    if (got < sizeof(head)) return stream_corrupt(s, "a Snappy chunk ends early", err);
    size_t size = (size_t)head[1] | (size_t)head[2] << 8 | (size_t)head[3] << 16;
    return stream_snappy_chunk(s, head[0], size, err);
}

static uint32_t stream_be32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Hadoop: 4 bytes of raw size, then parts of 4 bytes of packed size and data until that many raw
 * bytes came. */
static dbx_status stream_next_hadoop(io_stream *s, codec_kind c, bool *end, error *err) {
    uint8_t head[4];
    size_t got;
    if (s->hadoop_left == 0) {
        TRY(stream_take(s, head, sizeof(head), &got, err));
        *end = got == 0;
        if (*end) return DBX_OK;
        if (got < sizeof(head)) return stream_corrupt(s, "a block ends early", err);
        s->hadoop_left = stream_be32(head);
        if (s->hadoop_left == 0) return DBX_OK;
    }
    TRY(stream_take_all(s, head, sizeof(head), err));
    size_t packed = stream_be32(head);
    size_t raw = s->hadoop_left;
    size_t preamble;
    if (c == CODEC_SNAPPY) { /* a part says itself how long it is */
        TRY(stream_grow(s, &s->packed, &s->packed_capacity, packed, err));
        TRY(stream_take_all(s, s->packed, packed, err));
        if (!snappy_block_length(s->packed, packed, &raw, &preamble) || raw > s->hadoop_left ||
            raw == 0) {
            return stream_corrupt(s, "a Snappy block is damaged", err);
        }
        TRY(stream_grow(s, &s->block, &s->block_capacity, raw, err));
        codec_context none = {0};
        if (codec_decompress(&none, c, s->packed, packed, s->block, raw) != DBX_OK) {
            return stream_corrupt(s, "a Snappy block is damaged", err);
        }
        s->block_at = 0;
        s->block_size = raw;
    } else {
        TRY(stream_unpack(s, c, packed, raw, err));
    }
    s->hadoop_left -= raw;
    return DBX_OK;
}

static dbx_status stream_read_blocks(io_stream *s, uint8_t *to, size_t capacity, size_t *got,
                                     error *err) {
    while (s->block_at == s->block_size) {
        bool end = false;
        if (s->kind == STREAM_SNAPPY_FRAMED)
            TRY(stream_next_snappy(s, &end, err));
        else if (s->kind == STREAM_HADOOP_SNAPPY)
            TRY(stream_next_hadoop(s, CODEC_SNAPPY, &end, err));
        else
            TRY(stream_next_hadoop(s, CODEC_LZ4, &end, err));
        if (end) return DBX_OK;
    }
    *got = MIN(capacity, s->block_size - s->block_at);
    memcpy(to, s->block + s->block_at, *got);
    s->block_at += *got;
    return DBX_OK;
}

dbx_status io_stream_read(io_stream *s, void *to, size_t capacity, size_t *got, error *err) {
    assert(capacity > 0);
    *got = 0;
    switch (s->kind) {
    case STREAM_PLAIN:
        return stream_read_plain(s, to, capacity, got, err);
    case STREAM_GZIP:
        return stream_read_gzip(s, to, capacity, got, err);
    case STREAM_ZSTD:
        return stream_read_zstd(s, to, capacity, got, err);
    case STREAM_LZ4_FRAME:
        return stream_read_lz4(s, to, capacity, got, err);
    case STREAM_BROTLI:
        return stream_read_brotli(s, to, capacity, got, err);
    case STREAM_SNAPPY_FRAMED:
    case STREAM_HADOOP_SNAPPY:
    case STREAM_HADOOP_LZ4:
        return stream_read_blocks(s, to, capacity, got, err);
    }
    return DBX_BUG;
}

/* ---- open and close ---- */

/* AUTO: by extension, else by magic numbers that no text begins with. */
static io_stream_codec stream_detect(const io_stream *s) {
    io_stream_codec codec = io_path_codec(io_file_path(s->file), NULL);
    if (codec != IO_STREAM_NONE) return codec;
    const uint8_t *p = s->in;
    if (s->in_size >= 3 && p[0] == 0x1F && p[1] == 0x8B && p[2] == 8) return IO_STREAM_GZIP;
    if (s->in_size >= 4 && memcmp(p, "\x28\xB5\x2F\xFD", 4) == 0) return IO_STREAM_ZSTD;
    if (s->in_size >= 4 && memcmp(p, "\x04\x22\x4D\x18", 4) == 0) return IO_STREAM_LZ4;
    if (s->in_size >= 10 && memcmp(p, "\xFF\x06\x00\x00sNaPpY", 10) == 0) return IO_STREAM_SNAPPY;
    return IO_STREAM_NONE;
}

static stream_kind stream_kind_of(const io_stream *s, io_stream_codec codec) {
    switch (codec) {
    case IO_STREAM_GZIP:
        return STREAM_GZIP;
    case IO_STREAM_ZSTD:
        return STREAM_ZSTD;
    case IO_STREAM_BROTLI:
        return STREAM_BROTLI;
    case IO_STREAM_LZ4:
        return s->in_size >= 4 && memcmp(s->in, "\x04\x22\x4D\x18", 4) == 0 ? STREAM_LZ4_FRAME
                                                                            : STREAM_HADOOP_LZ4;
    case IO_STREAM_SNAPPY:
        return s->in_size >= 4 && memcmp(s->in, "\xFF\x06\x00\x00", 4) == 0 ? STREAM_SNAPPY_FRAMED
                                                                            : STREAM_HADOOP_SNAPPY;
    case IO_STREAM_AUTO:
    case IO_STREAM_NONE:
        break;
    }
    return STREAM_PLAIN;
}

static dbx_status stream_charge(io_stream *s, size_t bytes, error *err) {
    if (!ledger_charge(s->ledger, bytes)) return error_nomem(err);
    s->charged += bytes;
    return DBX_OK;
}

static dbx_status stream_start_decoder(io_stream *s, error *err) {
    switch (s->kind) {
    case STREAM_GZIP:
        TRY(stream_charge(s, STREAM_GZIP_BYTES, err));
        if (inflateInit2(&s->gzip, MAX_WBITS + 32) != Z_OK) return error_nomem(err);
        s->gzip_open = true;
        return DBX_OK;
    case STREAM_ZSTD:
        s->zstd = ZSTD_createDCtx();
        return s->zstd ? stream_charge_zstd(s, err) : error_nomem(err);
    case STREAM_LZ4_FRAME:
        TRY(stream_charge(s, STREAM_LZ4_BYTES, err));
        if (!LZ4F_isError(LZ4F_createDecompressionContext(&s->lz4, LZ4F_VERSION))) return DBX_OK;
        s->lz4 = NULL;
        return error_nomem(err);
    case STREAM_BROTLI:
        TRY(stream_charge(s, STREAM_BROTLI_BYTES, err));
        s->brotli = BrotliDecoderCreateInstance(NULL, NULL, NULL);
        s->in_frame = true;
        return s->brotli ? DBX_OK : error_nomem(err);
    case STREAM_PLAIN:
    case STREAM_SNAPPY_FRAMED:
    case STREAM_HADOOP_SNAPPY:
    case STREAM_HADOOP_LZ4:
        break;
    }
    return DBX_OK;
}

dbx_status io_stream_open(const io_gate *gate, ledger *l, string_view path, io_stream_codec codec,
                          io_stream **out, error *err) {
    *out = NULL;
    io_stream *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->ledger = l;
    dbx_status status;
    TRY_GOTO(io_open(gate, l, path, &s->file, err), failed);
    s->in = mem_alloc(l, STREAM_INPUT_BYTES);
    if (s->in == NULL) {
        status = error_nomem(err);
        goto failed;
    }
    TRY_GOTO(stream_fill(s, err), failed);
    if (codec == IO_STREAM_AUTO) codec = stream_detect(s);
    s->kind = stream_kind_of(s, codec);
    TRY_GOTO(stream_start_decoder(s, err), failed);
    *out = s;
    return DBX_OK;
failed:
    io_stream_close(s);
    return status;
}

bool io_stream_is_plain(const io_stream *s) {
    return s->kind == STREAM_PLAIN;
}
uint64_t io_stream_position(const io_stream *s) {
    return s->offset - (s->in_size - s->in_at);
}
uint64_t io_stream_file_size(const io_stream *s) {
    return io_file_size(s->file);
}

void io_stream_close(io_stream *s) {
    if (s == NULL) return;
    if (s->gzip_open) inflateEnd(&s->gzip);
    ZSTD_freeDCtx(s->zstd);
    LZ4F_freeDecompressionContext(s->lz4);
    BrotliDecoderDestroyInstance(s->brotli);
    ledger_release(s->ledger, s->charged);
    if (s->in != NULL) mem_free(s->ledger, s->in, STREAM_INPUT_BYTES);
    if (s->block != NULL) mem_free(s->ledger, s->block, s->block_capacity);
    if (s->packed != NULL) mem_free(s->ledger, s->packed, s->packed_capacity);
    io_close(s->file);
    mem_free(s->ledger, s, sizeof(*s));
}
