/* encoding_raw.c - values as they are; LZ4 over blocks of 2048 values when a sample says that it
 * pays.
 *
 *   u32 block_count (0: plain) | u32 zero | plain: the values | else: u32 ends of the blocks'
 * bytes, padded | bytes A block whose bytes are as many as its values take is stored plain.
 */
#include "storage/encoding.h"

#include <lz4.h>

enum {
    RAW_HEADER = 8,
    RAW_SAMPLE_BLOCKS = 3,
    RAW_WORTH_PERCENT = 80, /* compressed size at most, of the plain one */
};

static size_t raw_pad(size_t size) {
    return (size + 7) & ~(size_t)7;
}

static uint32_t raw_block_rows(uint32_t count, uint32_t b) {
    return MIN((uint32_t)RAW_BLOCK_ROWS, count - b * RAW_BLOCK_ROWS);
}

/* Room for `size` bytes at the end of out. */
static dbx_status raw_room(buffer *out, size_t size, char **at) {
    TRY(buffer_reserve(out, size));
    *at = out->data + out->size;
    return DBX_OK;
}

static bool raw_pays(const char *values, uint32_t value_size, uint32_t count, char *scratch,
                     int bound) {
    uint32_t blocks = count / RAW_BLOCK_ROWS;
    if (blocks == 0) return false;
    size_t plain = 0, packed = 0;
    uint32_t step = MAX(blocks / RAW_SAMPLE_BLOCKS, 1u);
    for (uint32_t b = 0; b < blocks; b += step) {
        int size = RAW_BLOCK_ROWS * (int)value_size;
        plain += (size_t)size;
        packed +=
            (size_t)LZ4_compress_default(values + (size_t)b * (size_t)size, scratch, size, bound);
    }
    return packed * 100 <= plain * RAW_WORTH_PERCENT;
}

static dbx_status raw_write_blocks(buffer *out, const char *values, uint32_t value_size,
                                   uint32_t count, int bound) {
    uint32_t head[2] = {(count + RAW_BLOCK_ROWS - 1) / RAW_BLOCK_ROWS, 0};
    TRY(buffer_append(out, head, sizeof(head)));
    size_t ends_at = out->size, ends_size = raw_pad((size_t)head[0] * 4);
    char *at;
    TRY(raw_room(out, ends_size, &at));
    memset(at, 0, ends_size);
    out->size += ends_size;
    size_t data_at = out->size;
    for (uint32_t b = 0; b < head[0]; b++) {
        int size = (int)(raw_block_rows(count, b) * value_size);
        const char *from = values + (size_t)b * RAW_BLOCK_ROWS * value_size;
        TRY(raw_room(out, (size_t)bound, &at));
        int packed = LZ4_compress_default(from, at, size, bound);
        if (packed <= 0 || packed >= size) {
            memcpy(at, from, (size_t)size);
            packed = size;
        }
        out->size += (size_t)packed;
        uint32_t end = (uint32_t)(out->size - data_at);
        memcpy(out->data + ends_at + (size_t)b * 4, &end, 4);
    }
    return DBX_OK;
}

dbx_status raw_write(buffer *out, const void *values, uint32_t value_size, uint32_t count) {
    assert(out->size % 8 == 0);
    int bound = LZ4_compressBound(RAW_BLOCK_ROWS * (int)value_size);
    char *at;
    TRY(raw_room(out, (size_t)bound, &at));
    if (raw_pays(values, value_size, count, at, bound)) {
        TRY(raw_write_blocks(out, values, value_size, count, bound));
    } else {
        uint32_t head[2] = {0, 0};
        TRY(buffer_append(out, head, sizeof(head)));
        TRY(buffer_append(out, values, (size_t)value_size * count));
    }
    static const char zeros[8] = {0};
    return buffer_append(out, zeros, raw_pad(out->size) - out->size);
}

bool raw_reader_open(raw_reader *r, const uint8_t *bytes, size_t size, uint32_t value_size,
                     uint32_t count, arena *a, bool *nomem) {
    *r = (raw_reader){.value_size = value_size, .count = count, .block_index = UINT32_MAX};
    *nomem = false;
    uint32_t blocks;
    if (size < RAW_HEADER) return false;
    memcpy(&blocks, bytes, 4);
    bytes += RAW_HEADER;
    size -= RAW_HEADER;
    if (blocks == 0) {
        r->plain = bytes;
        return size / value_size >= count;
    }
    size_t ends_size = raw_pad((size_t)blocks * 4);
    if (blocks != (count + RAW_BLOCK_ROWS - 1) / RAW_BLOCK_ROWS || size < ends_size) return false;
    r->ends = (const uint32_t *)(const void *)bytes;
    r->data = bytes + ends_size;
    uint32_t last = 0;
    for (uint32_t b = 0; b < blocks; b++) {
        if (r->ends[b] < last || r->ends[b] > size - ends_size) return false;
        last = r->ends[b];
    }
    r->block = arena_alloc(a, (size_t)RAW_BLOCK_ROWS * value_size);
    *nomem = r->block == NULL;
    return !*nomem;
}

static bool raw_load(raw_reader *r, uint32_t b) {
    if (r->block_index == b) return true;
    uint32_t from = b == 0 ? 0 : r->ends[b - 1];
    int stored = (int)(r->ends[b] - from);
    int size = (int)(raw_block_rows(r->count, b) * r->value_size);
    r->block_index = UINT32_MAX;
    if (stored == size) {
        memcpy(r->block, r->data + from, (size_t)size);
    } else if (LZ4_decompress_safe((const char *)r->data + from, (char *)r->block, stored, size) !=
               size) {
        return false;
    }
    r->block_index = b;
    return true;
}

bool raw_reader_read(raw_reader *r, uint32_t from, uint32_t count, void *out) {
    assert(from <= r->count && count <= r->count - from);
    size_t width = r->value_size;
    if (r->plain != NULL) {
        memcpy(out, r->plain + from * width, count * width);
        return true;
    }
    for (uint32_t at = from; at < from + count;) {
        uint32_t inside = at % RAW_BLOCK_ROWS;
        uint32_t n = MIN((uint32_t)RAW_BLOCK_ROWS - inside, from + count - at);
        if (!raw_load(r, at / RAW_BLOCK_ROWS)) return false;
        memcpy((char *)out + (at - from) * width, r->block + inside * width, n * width);
        at += n;
    }
    return true;
}
