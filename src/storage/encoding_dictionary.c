/* encoding_dictionary.c - distinct values and a code for each row, for values of any kind.
 *
 * Entries stand in the order of their first rows: nothing is sorted, since scans test predicates
 * once per entry. The hash of an entry also feeds the distinct sketch, so that a dictionary column
 * is hashed once per entry there.
 */
#include "storage/column_builder.h"
#include "storage/encoding.h"
#include "storage/sketch.h"

enum {
    DICTIONARY_SAMPLE = 1024,
    DICTIONARY_SAMPLE_SLOTS = 4096,
    DICTIONARY_TABLE_MIN = 1024,
    DICTIONARY_HEADER = 8,
};

static size_t dictionary_pad(size_t size) {
    return (size + 7) & ~(size_t)7;
}

/* ---- building
 * -------------------------------------------------------------------------------------------- */

bool dictionary_may_pay(const column_builder *c) {
    uint32_t valid_share = c->rows - c->null_count;
    if (c->rows < 16 || valid_share == 0) return false;
    uint32_t samples = MIN(c->rows, (uint32_t)DICTIONARY_SAMPLE);
    uint64_t seen[DICTIONARY_SAMPLE_SLOTS];
    memset(seen, 0, sizeof(seen));
    uint32_t distinct = 0, taken = 0;
    uint64_t heap_at = 0;
    uint32_t row = 0;
    bool text = c->phys == PHYS_STRING;
    for (uint32_t i = 0; i < samples; i++) {
        uint32_t target = (uint32_t)((uint64_t)i * c->rows / samples);
        if (text) {
            const uint32_t *sizes = (const uint32_t *)(const void *)c->values;
            for (; row < target; row++) heap_at += sizes[row];
        }
        if (!validity_get(c->validity, target)) continue;
        uint64_t hash =
            text ? sketch_hash_string(c->heap + heap_at,
                                      ((const uint32_t *)(const void *)c->values)[target])
                 : sketch_hash_fixed(c->values + (size_t)target * c->value_size, c->value_size);
        hash |= 1; /* 0 marks an empty slot */
        uint32_t slot = (uint32_t)(hash >> 40) % DICTIONARY_SAMPLE_SLOTS;
        while (seen[slot] != 0 && seen[slot] != hash) slot = (slot + 1) % DICTIONARY_SAMPLE_SLOTS;
        distinct += seen[slot] == 0;
        seen[slot] = hash;
        taken++;
    }
    return distinct * 2 <= taken + 1;
}

static dbx_status dictionary_grow_table(dictionary *d) {
    uint32_t size = d->table_size == 0 ? DICTIONARY_TABLE_MIN : d->table_size * 4;
    uint32_t *table = mem_alloc_zero(d->ledger, (size_t)size * 4);
    if (table == NULL) return DBX_NOMEM;
    for (uint32_t e = 0; e < d->entry_count; e++) {
        uint32_t slot = (uint32_t)(d->entry_hashes[e] >> 32) & (size - 1);
        while (table[slot] != 0) slot = (slot + 1) & (size - 1);
        table[slot] = e + 1;
    }
    mem_free(d->ledger, d->table, (size_t)d->table_size * 4);
    d->table = table;
    d->table_size = size;
    return DBX_OK;
}

static dbx_status dictionary_grow_entries(dictionary *d) {
    uint32_t old = d->entry_capacity, capacity = old == 0 ? 256 : old * 4;
    uint32_t *rows = mem_realloc(d->ledger, d->entry_rows, (size_t)old * 4, (size_t)capacity * 4);
    if (rows == NULL) return DBX_NOMEM;
    d->entry_rows = rows;
    uint64_t *hashes =
        mem_realloc(d->ledger, d->entry_hashes, (size_t)old * 8, (size_t)capacity * 8);
    if (hashes == NULL) {
        /* capacity stays: give the first array its old size back */
        d->entry_rows = NULL;
        mem_free(d->ledger, rows, (size_t)capacity * 4);
        return DBX_NOMEM;
    }
    d->entry_hashes = hashes;
    uint64_t *heaps = mem_realloc(d->ledger, d->entry_heaps, (size_t)old * 8, (size_t)capacity * 8);
    if (heaps == NULL) {
        d->entry_rows = NULL;
        d->entry_hashes = NULL;
        mem_free(d->ledger, rows, (size_t)capacity * 4);
        mem_free(d->ledger, hashes, (size_t)capacity * 8);
        return DBX_NOMEM;
    }
    d->entry_heaps = heaps;
    d->entry_capacity = capacity;
    return DBX_OK;
}

static dbx_status dictionary_add(dictionary *d, uint32_t row, uint64_t hash, uint64_t heap_at,
                                 uint64_t size) {
    if (d->entry_count == d->entry_capacity) TRY(dictionary_grow_entries(d));
    d->entry_rows[d->entry_count] = row;
    d->entry_hashes[d->entry_count] = hash;
    d->entry_heaps[d->entry_count] = heap_at;
    d->heap_size += size;
    d->entry_count++;
    if ((uint64_t)d->entry_count * 2 > d->table_size) TRY(dictionary_grow_table(d));
    return DBX_OK;
}

static dbx_status dictionary_build_fixed(dictionary *d, const column_builder *c,
                                         uint32_t entries_max) {
    uint32_t size = c->value_size;
    for (uint32_t i = 0; i < c->rows; i++) {
        const uint8_t *value = c->values + (size_t)i * size;
        if (!validity_get(c->validity, i)) {
            d->codes[i] = UINT32_MAX;
            continue;
        }
        if (i > 0 && d->codes[i - 1] != UINT32_MAX && memcmp(value, value - size, size) == 0) {
            d->codes[i] = d->codes[i - 1];
            continue;
        }
        uint64_t hash = sketch_hash_fixed(value, size);
        uint32_t slot = (uint32_t)(hash >> 32) & (d->table_size - 1);
        while (d->table[slot] != 0) {
            uint32_t e = d->table[slot] - 1;
            if (d->entry_hashes[e] == hash &&
                memcmp(value, c->values + (size_t)d->entry_rows[e] * size, size) == 0) {
                break;
            }
            slot = (slot + 1) & (d->table_size - 1);
        }
        if (d->table[slot] != 0) {
            d->codes[i] = d->table[slot] - 1;
            continue;
        }
        if (d->entry_count >= entries_max) return DBX_ERROR;
        d->table[slot] = d->entry_count + 1;
        d->codes[i] = d->entry_count;
        TRY(dictionary_add(d, i, hash, 0, size));
    }
    return DBX_OK;
}

static dbx_status dictionary_build_strings(dictionary *d, const column_builder *c,
                                           uint32_t entries_max) {
    const uint32_t *sizes = (const uint32_t *)(const void *)c->values;
    uint64_t heap_at = 0;
    for (uint32_t i = 0; i < c->rows; heap_at += sizes[i], i++) {
        if (!validity_get(c->validity, i)) {
            d->codes[i] = UINT32_MAX;
            continue;
        }
        const char *bytes = c->heap + heap_at;
        uint64_t hash = sketch_hash_string(bytes, sizes[i]);
        uint32_t slot = (uint32_t)(hash >> 32) & (d->table_size - 1);
        while (d->table[slot] != 0) {
            uint32_t e = d->table[slot] - 1;
            if (d->entry_hashes[e] == hash && sizes[d->entry_rows[e]] == sizes[i] &&
                (sizes[i] == 0 || memcmp(bytes, c->heap + d->entry_heaps[e], sizes[i]) == 0)) {
                break;
            }
            slot = (slot + 1) & (d->table_size - 1);
        }
        if (d->table[slot] != 0) {
            d->codes[i] = d->table[slot] - 1;
            continue;
        }
        if (d->entry_count >= entries_max) return DBX_ERROR;
        d->table[slot] = d->entry_count + 1;
        d->codes[i] = d->entry_count;
        TRY(dictionary_add(d, i, hash, heap_at, sizes[i]));
    }
    return DBX_OK;
}

dbx_status dictionary_build(dictionary *d, const column_builder *c, uint32_t entries_max,
                            bool *fits) {
    *d = (dictionary){.ledger = c->ledger, .rows = c->rows};
    *fits = false;
    d->codes = mem_alloc(d->ledger, (size_t)c->rows * 4);
    if (d->codes == NULL) return DBX_NOMEM;
    TRY(dictionary_grow_table(d));
    dbx_status status = c->phys == PHYS_STRING ? dictionary_build_strings(d, c, entries_max)
                                               : dictionary_build_fixed(d, c, entries_max);
    if (status == DBX_ERROR) return DBX_OK; /* too many entries */
    TRY(status);
    if (c->null_count > 0) {
        for (uint32_t i = 0; i < c->rows; i++) {
            if (d->codes[i] == UINT32_MAX) d->codes[i] = d->entry_count;
        }
    }
    *fits = true;
    return DBX_OK;
}

void dictionary_deinit(dictionary *d) {
    mem_free(d->ledger, d->codes, (size_t)d->rows * 4);
    mem_free(d->ledger, d->table, (size_t)d->table_size * 4);
    mem_free(d->ledger, d->entry_rows, (size_t)d->entry_capacity * 4);
    mem_free(d->ledger, d->entry_hashes, (size_t)d->entry_capacity * 8);
    mem_free(d->ledger, d->entry_heaps, (size_t)d->entry_capacity * 8);
    memset(d, 0, sizeof(*d));
}

/* ---- writing
 * --------------------------------------------------------------------------------------------- */

uint64_t dictionary_size(const dictionary *d, const column_builder *c, int_plan *codes) {
    int_stream_plan(d->codes, 4, d->rows, codes);
    uint64_t entries =
        c->phys == PHYS_STRING
            ? dictionary_pad((size_t)d->entry_count * 4) + 8 + dictionary_pad((size_t)d->heap_size)
            : dictionary_pad((size_t)d->entry_count * c->value_size);
    return DICTIONARY_HEADER + entries + codes->size;
}

static dbx_status dictionary_align(buffer *out) {
    static const char zeros[8] = {0};
    return buffer_append(out, zeros, (8 - out->size % 8) % 8);
}

dbx_status dictionary_write(buffer *out, const dictionary *d, const column_builder *c) {
    assert(out->size % 8 == 0);
    uint32_t head[2] = {d->entry_count, 0};
    TRY(buffer_append(out, head, sizeof(head)));
    if (c->phys != PHYS_STRING) {
        for (uint32_t e = 0; e < d->entry_count; e++) {
            TRY(buffer_append(out, c->values + (size_t)d->entry_rows[e] * c->value_size,
                              c->value_size));
        }
    } else {
        const uint32_t *sizes = (const uint32_t *)(const void *)c->values;
        uint32_t end = 0;
        for (uint32_t e = 0; e < d->entry_count; e++) {
            end += sizes[d->entry_rows[e]];
            TRY(buffer_append(out, &end, 4));
        }
        TRY(dictionary_align(out));
        TRY(buffer_append(out, &d->heap_size, 8));
        for (uint32_t e = 0; e < d->entry_count; e++) {
            TRY(buffer_append(out, c->heap + d->entry_heaps[e], sizes[d->entry_rows[e]]));
        }
    }
    TRY(dictionary_align(out));
    int_plan plan;
    int_stream_plan(d->codes, 4, d->rows, &plan);
    return int_stream_write(out, d->codes, 4, d->rows, &plan);
}

/* ---- reading
 * --------------------------------------------------------------------------------------------- */

static bool dictionary_open_strings(dictionary_reader *r, const uint8_t *bytes, size_t size,
                                    size_t *used) {
    size_t ends_size = dictionary_pad((size_t)r->entry_count * 4);
    if (size < ends_size || size - ends_size < 8) return false;
    uint64_t heap_size;
    memcpy(&heap_size, bytes + ends_size, 8);
    if (heap_size > size - ends_size - 8) return false;
    r->ends = (const uint32_t *)(const void *)bytes;
    r->heap = (const char *)bytes + ends_size + 8;
    uint32_t last = 0;
    for (uint32_t e = 0; e < r->entry_count; e++) {
        if (r->ends[e] < last || r->ends[e] > heap_size) return false;
        last = r->ends[e];
    }
    *used = ends_size + 8 + dictionary_pad((size_t)heap_size);
    return true;
}

bool dictionary_reader_open(dictionary_reader *r, const uint8_t *bytes, size_t size,
                            uint32_t value_size, uint32_t count, bool nulls, arena *a,
                            bool *nomem) {
    memset(r, 0, sizeof(*r));
    *nomem = false;
    if (size < DICTIONARY_HEADER) return false;
    memcpy(&r->entry_count, bytes, 4);
    if (r->entry_count > count) return false;
    bytes += DICTIONARY_HEADER;
    size -= DICTIONARY_HEADER;
    size_t used = dictionary_pad((size_t)r->entry_count * value_size);
    r->values = bytes;
    if (value_size == 0 && !dictionary_open_strings(r, bytes, size, &used)) return false;
    if (size < used) return false;
    size_t codes_used;
    if (!int_reader_open(&r->codes, bytes + used, size - used, count, &codes_used, a, nomem))
        return false;
    if (count == 0) return true;
    /* Codes are below 2^width over a base of 0; only where that exceeds the entries must they be
     * looked at. */
    int64_t min, max, last = (int64_t)r->entry_count - !nulls;
    int_reader_bounds(&r->codes, 0, count, &min, &max);
    if (min >= 0 && max <= last) return true;
    for (uint32_t from = 0; from < count; from += LANEPACK_ROWS) {
        uint8_t good[LANEPACK_ROWS];
        uint32_t n = MIN((uint32_t)LANEPACK_ROWS, count - from);
        int_reader_match(&r->codes, from, n, 0, last, good);
        if (memchr(good, 0, n) != NULL) return false;
    }
    return true;
}

void dictionary_reader_strings(const dictionary_reader *r, vstring *out) {
    uint32_t from = 0;
    for (uint32_t e = 0; e < r->entry_count; e++) {
        out[e] = vstring_from(r->heap + from, r->ends[e] - from);
        from = r->ends[e];
    }
}
