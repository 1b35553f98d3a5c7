/* segment_read.c - opening and reading encoded segments. See segment.h. */
#include "storage/segment.h"

#include "kernel/bitmap.h"
#include "kernel/gather.h"
#include "storage/storage.h"

enum { SEGMENT_HEADER_SIZE = 16 };

static dbx_status segment_damaged(const segment_reader *r, error *err) {
    return storage_corrupt(r->storage, err, "segment %llu does not decode",
                           (unsigned long long)r->id);
}

/* ---- opening
 * -------------------------------------------------------------------------------------------------
 */

static dbx_status segment_open_validity(segment_reader *r, uint8_t kind, const uint8_t *bytes,
                                        uint32_t size, arena *a, bool *good) {
    *good = true;
    if (kind == VALIDITY_ALL || kind == VALIDITY_NONE) {
        r->all_null = kind == VALIDITY_NONE;
        return DBX_OK;
    }
    if (kind == VALIDITY_BITS) {
        *good = size == validity_bytes(r->rows);
        r->validity = (const uint64_t *)(const void *)bytes;
        return DBX_OK;
    }
    *good = kind == VALIDITY_RUNS;
    if (!*good) return DBX_OK;
    uint64_t *bits = arena_alloc(a, MAX(validity_bytes(r->rows), sizeof(uint64_t)));
    if (bits == NULL) return DBX_NOMEM;
    const uint32_t *ends = (const uint32_t *)(const void *)bytes;
    uint32_t at = 0;
    bool valid = true;
    for (uint32_t i = 0; at < r->rows; i++, valid = !valid) {
        if (i >= size / 4 || ends[i] < at || ends[i] > r->rows || (i > 0 && ends[i] == at)) {
            *good = false;
            return DBX_OK;
        }
        bitmap_set_range(bits, at, ends[i] - at, valid);
        at = ends[i];
    }
    r->validity = bits;
    return DBX_OK;
}

static bool segment_open_constant(segment_reader *r, const uint8_t *body, size_t size) {
    if (r->phys != PHYS_STRING) {
        if (size < 16) return false;
        memcpy(&r->constant, body, 16);
        return true;
    }
    uint64_t length;
    if (size < 8) return false;
    memcpy(&length, body, 8);
    if (length > size - 8 || length > UINT32_MAX) return false;
    r->constant_string = vstring_from((const char *)body + 8, (size_t)length);
    return true;
}

static bool segment_open_body(segment_reader *r, const uint8_t *body, size_t size, arena *a,
                              bool *nomem) {
    *nomem = false;
    size_t used;
    bool text = r->phys == PHYS_STRING, list = r->phys == PHYS_LIST,
         structure = r->phys == PHYS_STRUCT;
    bool is_float = r->phys == PHYS_FLOAT || r->phys == PHYS_DOUBLE,
         fixed = !text && !list && !structure;
    switch (r->encoding) {
    case SEGMENT_NOTHING:
        return structure || r->rows == r->null_count || r->rows == 0;
    case SEGMENT_CONSTANT:
        return (fixed || text) && segment_open_constant(r, body, size);
    case SEGMENT_INTS:
        return fixed && !is_float && r->phys != PHYS_INTERVAL &&
               int_reader_open(&r->u.ints, body, size, r->rows, &used, a, nomem);
    case SEGMENT_DICTIONARY:
        return (fixed || text) &&
               dictionary_reader_open(&r->u.dictionary, body, size, r->value_size, r->rows,
                                      r->null_count > 0, a, nomem) &&
               (r->u.dictionary.entry_count > 0 || r->rows == r->null_count);
    case SEGMENT_STRINGS:
        return text && string_reader_open(&r->u.strings, body, size, r->rows, a, nomem);
    case SEGMENT_SCALED:
        return is_float &&
               scaled_reader_open(&r->u.scaled, body, size, r->value_size, r->rows, a, nomem);
    case SEGMENT_RAW:
        return fixed && raw_reader_open(&r->u.raw, body, size, r->value_size, r->rows, a, nomem);
    case SEGMENT_OFFSETS:
        return list && r->rows < UINT32_MAX &&
               int_reader_open(&r->u.ints, body, size, r->rows + 1, &used, a, nomem);
    default:
        return false;
    }
}

/* Entries of a dictionary of strings are made once for as long as the segment is in memory. */
static dbx_status segment_open_entries(segment_reader *r, segment *seg, error *err) {
    r->entries = cache_extra(r->storage, &seg->bytes);
    if (r->entries != NULL) return DBX_OK;
    size_t size = ((size_t)r->u.dictionary.entry_count + 1) * sizeof(vstring);
    vstring *entries = mem_alloc(storage_ledger(r->storage), size);
    if (entries == NULL) return error_nomem(err);
    dictionary_reader_strings(&r->u.dictionary, entries);
    entries[r->u.dictionary.entry_count] = vstring_from("", 0);
    r->entries = cache_attach(r->storage, &seg->bytes, entries, (uint32_t)size);
    return DBX_OK;
}

dbx_status segment_reader_open(segment_reader *r, struct storage *s, segment *seg,
                               const uint8_t *bytes, arena *a, error *err) {
    memset(r, 0, sizeof(*r));
    r->storage = s;
    r->id = seg->id;
    r->phys = seg->phys;
    if (seg->bytes.size < SEGMENT_HEADER_SIZE) return segment_damaged(r, err);
    r->encoding = bytes[0];
    r->value_size = seg->phys == PHYS_STRING || seg->phys == PHYS_LIST
                        ? 0
                        : physical_size((physical_type)seg->phys);
    uint32_t validity_size;
    memcpy(&r->rows, bytes + 4, 4);
    memcpy(&r->null_count, bytes + 8, 4);
    memcpy(&validity_size, bytes + 12, 4);
    size_t left = seg->bytes.size - SEGMENT_HEADER_SIZE;
    if (r->rows != seg->rows || r->null_count != seg->null_count || validity_size > left ||
        validity_size % 8 != 0) {
        return segment_damaged(r, err);
    }
    bytes += SEGMENT_HEADER_SIZE;
    uint8_t kind = bytes[1 - SEGMENT_HEADER_SIZE];
    bool good, nomem;
    if (segment_open_validity(r, kind, bytes, validity_size, a, &good) != DBX_OK)
        return error_nomem(err);
    if (!good) return segment_damaged(r, err);
    good = segment_open_body(r, bytes + validity_size, left - validity_size, a, &nomem);
    if (nomem) return error_nomem(err);
    if (!good) return segment_damaged(r, err);
    if (r->encoding == SEGMENT_DICTIONARY && r->phys == PHYS_STRING)
        return segment_open_entries(r, seg, err);
    return DBX_OK;
}

void segment_reader_forget(segment_reader *r) {
    if (r->encoding == SEGMENT_STRINGS) r->u.strings.block_index = UINT32_MAX;
}

/* ---- reading
 * -------------------------------------------------------------------------------------------------
 */

void segment_read_validity(const segment_reader *r, uint32_t from, uint32_t count, uint64_t *out) {
    assert(r->validity != NULL && from + count <= r->rows);
    if (count % 64 != 0) out[count / 64] = 0;
    bitmap_copy(out, 0, r->validity, from, count);
}

static uint32_t segment_clamp_code(uint32_t code, uint32_t entries) {
    return code < entries ? code : entries - 1;
}

/* Codes to values; the code of NULL takes the last entry. */
static void segment_lookup(const segment_reader *r, uint32_t *codes, uint32_t count, void *out) {
    uint32_t entries = r->u.dictionary.entry_count;
    for (uint32_t i = 0; i < count && r->null_count > 0; i++)
        codes[i] = segment_clamp_code(codes[i], entries);
    gather_values(r->value_size, r->u.dictionary.values, codes, count, out);
}

dbx_status segment_read_fixed(segment_reader *r, uint32_t from, uint32_t count, void *out,
                              error *err) {
    assert(r->value_size > 0 && from <= r->rows && count <= r->rows - from);
    switch (r->encoding) {
    case SEGMENT_CONSTANT:
        fill_values(r->value_size, &r->constant, count, out);
        return DBX_OK;
    case SEGMENT_INTS:
        int_reader_read(&r->u.ints, from, count, out, r->value_size);
        return DBX_OK;
    case SEGMENT_SCALED:
        scaled_reader_read(&r->u.scaled, from, count, out);
        return DBX_OK;
    case SEGMENT_RAW:
        return raw_reader_read(&r->u.raw, from, count, out) ? DBX_OK : segment_damaged(r, err);
    case SEGMENT_DICTIONARY:
        for (uint32_t at = 0; at < count; at += LANEPACK_ROWS) {
            uint32_t codes[LANEPACK_ROWS];
            uint32_t n = MIN((uint32_t)LANEPACK_ROWS, count - at);
            int_reader_read(&r->u.dictionary.codes, from + at, n, codes, 4);
            segment_lookup(r, codes, n, (char *)out + (size_t)at * r->value_size);
        }
        return DBX_OK;
    default:
        memset(out, 0, (size_t)count * r->value_size);
        return DBX_OK;
    }
}

dbx_status segment_gather_fixed(segment_reader *r, uint32_t from, const sel_t *sel, uint32_t count,
                                void *out, error *err) {
    if (count == 0) return DBX_OK;
    uint32_t span_rows = sel[count - 1] + 1;
    assert(span_rows <= CHUNK_ROWS_MAX && from + span_rows <= r->rows);
    if (r->encoding == SEGMENT_CONSTANT) return segment_read_fixed(r, from, count, out, err);
    if (r->encoding == SEGMENT_INTS) {
        int_reader_gather(&r->u.ints, from, sel, count, out, r->value_size);
        return DBX_OK;
    }
    if (r->encoding == SEGMENT_SCALED) {
        scaled_reader_gather(&r->u.scaled, from, sel, count, out);
        return DBX_OK;
    }
    if (r->encoding == SEGMENT_DICTIONARY) {
        uint32_t codes[CHUNK_ROWS_MAX];
        int_reader_gather(&r->u.dictionary.codes, from, sel, count, codes, 4);
        segment_lookup(r, codes, count, out);
        return DBX_OK;
    }
    if (r->encoding == SEGMENT_RAW && r->u.raw.plain != NULL) {
        gather_values(r->value_size, r->u.raw.plain + (size_t)from * r->value_size, sel, count,
                      out);
        return DBX_OK;
    }
    __int128 all[CHUNK_ROWS_MAX];
    TRY(segment_read_fixed(r, from, span_rows, all, err));
    gather_values(r->value_size, all, sel, count, out);
    return DBX_OK;
}

void segment_read_codes(segment_reader *r, uint32_t from, const sel_t *sel, uint32_t count,
                        uint32_t *out) {
    assert(r->encoding == SEGMENT_DICTIONARY);
    if (sel == NULL) {
        int_reader_read(&r->u.dictionary.codes, from, count, out, 4);
    } else {
        int_reader_gather(&r->u.dictionary.codes, from, sel, count, out, 4);
    }
}

dbx_status segment_read_strings(segment_reader *r, uint32_t from, uint32_t count, vstring *out,
                                arena *a, error *err) {
    assert(r->phys == PHYS_STRING && from <= r->rows && count <= r->rows - from);
    if (r->encoding == SEGMENT_CONSTANT) {
        fill_values(sizeof(vstring), &r->constant_string, count, out);
        return DBX_OK;
    }
    if (r->encoding == SEGMENT_DICTIONARY) {
        for (uint32_t at = 0; at < count; at += LANEPACK_ROWS) {
            uint32_t codes[LANEPACK_ROWS];
            uint32_t n = MIN((uint32_t)LANEPACK_ROWS, count - at);
            int_reader_read(&r->u.dictionary.codes, from + at, n, codes, 4);
            gather_16(r->entries, codes, n, out + at);
        }
        return DBX_OK;
    }
    if (r->encoding != SEGMENT_STRINGS) {
        memset(out, 0, (size_t)count * sizeof(vstring));
        return DBX_OK;
    }
    dbx_status status = string_reader_read(&r->u.strings, from, count, out, a);
    if (status == DBX_NOMEM) return error_nomem(err);
    return status == DBX_OK ? DBX_OK : segment_damaged(r, err);
}

dbx_status segment_gather_strings(segment_reader *r, uint32_t from, const sel_t *sel,
                                  uint32_t count, vstring *out, arena *a, error *err) {
    assert(r->phys == PHYS_STRING);
    if (r->encoding == SEGMENT_CONSTANT) {
        fill_values(sizeof(vstring), &r->constant_string, count, out);
        return DBX_OK;
    }
    if (r->encoding == SEGMENT_DICTIONARY) {
        uint32_t codes[CHUNK_ROWS_MAX];
        int_reader_gather(&r->u.dictionary.codes, from, sel, count, codes, 4);
        gather_16(r->entries, codes, count, out);
        return DBX_OK;
    }
    if (r->encoding != SEGMENT_STRINGS) {
        memset(out, 0, (size_t)count * sizeof(vstring));
        return DBX_OK;
    }
    dbx_status status = string_reader_gather(&r->u.strings, from, sel, count, out, a);
    if (status == DBX_NOMEM) return error_nomem(err);
    return status == DBX_OK ? DBX_OK : segment_damaged(r, err);
}

dbx_status segment_read_offsets(segment_reader *r, uint32_t from, uint32_t count,
                                uint32_t child_rows, int64_t *out, error *err) {
    assert(r->phys == PHYS_LIST && from <= r->rows && count <= r->rows - from);
    if (r->encoding == SEGMENT_NOTHING) {
        memset(out, 0, ((size_t)count + 1) * 8);
        return DBX_OK;
    }
    int_reader_read(&r->u.ints, from, count + 1, out, 8);
    bool good = out[0] >= 0 && out[count] <= (int64_t)child_rows;
    for (uint32_t i = 0; i < count; i++) good = good && out[i] <= out[i + 1];
    return good ? DBX_OK : segment_damaged(r, err);
}
