/* encoding_strings.c - strings as sizes and one heap, cut into blocks of 2048 rows, LZ4 where a
 * sample says it pays.
 *
 *   u32 block_count | u32 zero | int stream of sizes | for each block: u64 end of its bytes, u64
 * raw size | bytes A block that takes as many bytes as its raw size is stored plain, and reading
 * points into it.
 */
#include "storage/encoding.h"

#include <lz4.h>

enum {
    STRINGS_HEADER = 8,
    STRINGS_SAMPLE_BLOCKS = 4,
    STRINGS_WORTH_PERCENT = 75,
};

typedef struct string_block {
    uint64_t end;
    uint64_t raw_size;
} string_block;

static uint64_t strings_block_bytes(const uint32_t *sizes, uint32_t count, uint32_t b,
                                    uint32_t *rows) {
    uint32_t from = b * STRING_BLOCK_ROWS;
    *rows = MIN((uint32_t)STRING_BLOCK_ROWS, count - from);
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < *rows; i++) bytes += sizes[from + i];
    return bytes;
}

/* Appends one block; `pack` says whether to try LZ4. */
static dbx_status strings_put_block(buffer *out, const char *from, uint64_t size, bool pack) {
    if (!pack || size == 0 || size > LZ4_MAX_INPUT_SIZE)
        return buffer_append(out, from, (size_t)size);
    int bound = LZ4_compressBound((int)size);
    TRY(buffer_reserve(out, (size_t)bound));
    int packed = LZ4_compress_default(from, out->data + out->size, (int)size, bound);
    if (packed <= 0 || (uint64_t)packed >= size) return buffer_append(out, from, (size_t)size);
    out->size += (size_t)packed;
    return DBX_OK;
}

/* Packs a few blocks behind the end of out, without keeping them. */
static dbx_status strings_sample(buffer *out, const uint32_t *sizes, const char *heap,
                                 uint32_t count, bool *pays) {
    uint32_t blocks = (count + STRING_BLOCK_ROWS - 1) / STRING_BLOCK_ROWS;
    uint32_t step = MAX(blocks / STRINGS_SAMPLE_BLOCKS, 1u);
    size_t start = out->size;
    uint64_t plain = 0, packed = 0, offset = 0;
    for (uint32_t b = 0; b < blocks; b++) {
        uint32_t rows;
        uint64_t size = strings_block_bytes(sizes, count, b, &rows);
        if (b % step == 0) {
            TRY(strings_put_block(out, heap + offset, size, true));
            plain += size;
            packed += out->size - start;
            out->size = start;
        }
        offset += size;
    }
    *pays = packed * 100 <= plain * STRINGS_WORTH_PERCENT && plain > 64;
    return DBX_OK;
}

dbx_status strings_write(buffer *out, const uint32_t *sizes, const char *heap, uint32_t count) {
    assert(out->size % 8 == 0);
    uint32_t head[2] = {(count + STRING_BLOCK_ROWS - 1) / STRING_BLOCK_ROWS, 0};
    bool pack;
    TRY(strings_sample(out, sizes, heap, count, &pack));
    TRY(buffer_append(out, head, sizeof(head)));
    int_plan plan;
    int_stream_plan(sizes, 4, count, &plan);
    TRY(int_stream_write(out, sizes, 4, count, &plan));
    size_t table_at = out->size, table_size = (size_t)head[0] * sizeof(string_block);
    TRY(buffer_reserve(out, table_size));
    out->size += table_size;
    size_t data_at = out->size;
    uint64_t offset = 0;
    for (uint32_t b = 0; b < head[0]; b++) {
        uint32_t rows;
        uint64_t size = strings_block_bytes(sizes, count, b, &rows);
        TRY(strings_put_block(out, heap + offset, size, pack));
        string_block block = {out->size - data_at, size};
        memcpy(out->data + table_at + (size_t)b * sizeof(block), &block, sizeof(block));
        offset += size;
    }
    static const char zeros[8] = {0};
    return buffer_append(out, zeros, (8 - out->size % 8) % 8);
}

bool string_reader_open(string_reader *r, const uint8_t *bytes, size_t size, uint32_t count,
                        arena *a, bool *nomem) {
    *r = (string_reader){.count = count, .block_index = UINT32_MAX};
    *nomem = false;
    if (size < STRINGS_HEADER) return false;
    memcpy(&r->block_count, bytes, 4);
    if (r->block_count != (count + STRING_BLOCK_ROWS - 1) / STRING_BLOCK_ROWS) return false;
    bytes += STRINGS_HEADER;
    size -= STRINGS_HEADER;
    size_t used;
    if (!int_reader_open(&r->sizes, bytes, size, count, &used, a, nomem)) return false;
    bytes += used;
    size -= used;
    size_t table = (size_t)r->block_count * sizeof(string_block);
    if (size < table) return false;
    r->blocks = (const uint64_t *)(const void *)bytes;
    r->data = bytes + table;
    r->data_size = size - table;
    uint64_t last = 0;
    for (uint32_t b = 0; b < r->block_count; b++) {
        uint64_t end = r->blocks[2 * b], raw = r->blocks[2 * b + 1];
        if (end < last || end > r->data_size || raw < end - last) return false;
        if (raw != end - last && raw > LZ4_MAX_INPUT_SIZE) return false;
        last = end;
    }
    r->block_ends = arena_alloc(a, STRING_BLOCK_ROWS * sizeof(uint32_t));
    *nomem = r->block_ends == NULL;
    return !*nomem;
}

/* Makes the bytes and sizes of block b ready. */
static dbx_status string_load(string_reader *r, uint32_t b, arena *a) {
    if (r->block_index == b) return DBX_OK;
    r->block_index = UINT32_MAX;
    uint64_t from = b == 0 ? 0 : r->blocks[2 * (b - 1)];
    uint64_t stored = r->blocks[2 * b] - from, raw = r->blocks[2 * b + 1];
    uint32_t rows = MIN((uint32_t)STRING_BLOCK_ROWS, r->count - b * STRING_BLOCK_ROWS);
    int_reader_read(&r->sizes, b * STRING_BLOCK_ROWS, rows, r->block_ends, 4);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < rows; i++) {
        sum += r->block_ends[i];
        r->block_ends[i] = (uint32_t)sum;
    }
    if (sum != raw || sum > UINT32_MAX) return DBX_CORRUPT;
    r->block = (char *)(uintptr_t)(r->data + from);
    if (stored != raw) {
        r->block = arena_alloc_bytes(a, (size_t)raw);
        if (r->block == NULL) return DBX_NOMEM;
        int size =
            LZ4_decompress_safe((const char *)r->data + from, r->block, (int)stored, (int)raw);
        if (size != (int)raw) return DBX_CORRUPT;
    }
    r->block_index = b;
    return DBX_OK;
}

/* String i of the block that is ready. */
static inline vstring string_at(const string_reader *r, uint32_t i) {
    uint32_t start = i == 0 ? 0 : r->block_ends[i - 1];
    return vstring_from(r->block + start, r->block_ends[i] - start);
}

dbx_status string_reader_read(string_reader *r, uint32_t from, uint32_t count, vstring *out,
                              arena *a) {
    assert(from <= r->count && count <= r->count - from);
    for (uint32_t at = from; at < from + count;) {
        uint32_t inside = at % STRING_BLOCK_ROWS;
        uint32_t n = MIN((uint32_t)STRING_BLOCK_ROWS - inside, from + count - at);
        TRY(string_load(r, at / STRING_BLOCK_ROWS, a));
        for (uint32_t i = 0; i < n; i++) out[at - from + i] = string_at(r, inside + i);
        at += n;
    }
    return DBX_OK;
}

dbx_status string_reader_gather(string_reader *r, uint32_t from, const sel_t *sel, uint32_t count,
                                vstring *out, arena *a) {
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = from + sel[i];
        assert(row < r->count);
        if (UNLIKELY(row / STRING_BLOCK_ROWS != r->block_index))
            TRY(string_load(r, row / STRING_BLOCK_ROWS, a));
        out[i] = string_at(r, row % STRING_BLOCK_ROWS);
    }
    return DBX_OK;
}
