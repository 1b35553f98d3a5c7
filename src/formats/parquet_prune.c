/* parquet_prune.c - see parquet_prune.h. */
#include "formats/parquet_prune.h"

#include <xxhash.h>

enum {
    PRUNE_INDEX_MAX = 64 << 20, /* bytes of a page index that are worth reading */
    PRUNE_BLOOM_HEADER_BYTES = 128,
    PRUNE_BLOOM_BLOCK_BYTES = 32,
    PRUNE_BLOOM_VALUES_MAX = 64, /* of an IN list */
};

/* ---- values of statistics ---- */

/* A PLAIN value without a length; false when its size is not the type's. storage has 16 bytes. */
static bool prune_value(const parquet_leaf *leaf, type target, string_view bytes, void *storage,
                        vector *out) {
    *out = (vector){.type = target,
                    .form = VECTOR_CONSTANT,
                    .phys = (uint8_t)type_physical(target),
                    .data = storage};
    uint8_t padded[32] = {0};
    _Alignas(16) uint8_t converted[16] = {0};
    memset(storage, 0, 16);
    if (leaf->physical == PARQUET_BYTE_ARRAY || leaf->convert == PARQUET_CONVERT_STRING) {
        vstring text = vstring_from(bytes.data, bytes.size);
        if (type_physical(target) == PHYS_STRING) {
            memcpy(storage, &text, sizeof(text));
            return true;
        }
        parquet_convert_strings(leaf, &text, 1, converted);
    } else {
        uint32_t width = leaf->physical == PARQUET_BOOLEAN ? 1 : leaf->type_length;
        if (bytes.size != width || width > 16) return false;
        memcpy(padded, bytes.data, width);
        if (leaf->physical == PARQUET_BOOLEAN && padded[0] > 1) return false;
        parquet_convert_fixed(leaf, padded, 1, converted);
    }
    if (type_same_layout(leaf->type, target))
        memcpy(storage, converted, 16);
    else
        parquet_widen(leaf->type, target, converted, 1, storage);
    return true;
}

static bool prune_is_nan(const vector *v) {
    if (v->phys == PHYS_FLOAT) return *(const float *)v->data != *(const float *)v->data;
    if (v->phys == PHYS_DOUBLE) return *(const double *)v->data != *(const double *)v->data;
    return false;
}

/* The order that min_value and max_value follow is known and is the type's. */
static bool prune_order_known(const parquet_metadata *meta, const parquet_leaf *leaf) {
    if (!leaf->stats_usable || meta->column_orders == NULL) return false;
    uint8_t order = meta->column_orders[leaf->index];
    return order == 1 || (order == 2 && type_is_float(leaf->type));
}

static bool prune_min_max(const parquet_leaf *leaf, type target, string_view min, string_view max,
                          parquet_bounds *out) {
    if (min.data == NULL || max.data == NULL) return false;
    if (!prune_value(leaf, target, min, out->min_value, &out->min)) return false;
    if (!prune_value(leaf, target, max, out->max_value, &out->max)) return false;
    if (prune_is_nan(&out->min) || prune_is_nan(&out->max)) return false;
    out->bounds.has_min_max = true;
    out->bounds.min = &out->min;
    out->bounds.max = &out->max;
    return true;
}

void parquet_chunk_bounds(const parquet_metadata *meta, const parquet_leaf *leaf,
                          const parquet_chunk_meta *column, type target, parquet_bounds *out) {
    memset(out, 0, sizeof(*out));
    const parquet_statistics *s = &column->statistics;
    bool floating = type_is_float(leaf->type);
    bool nan_free = s->has_nan_count && s->nan_count == 0;
    out->bounds.may_have_nan = floating && !nan_free;
    out->has_null_count = s->has_null_count || leaf->max_def == 0;
    out->null_count = leaf->max_def == 0 ? 0 : s->null_count;
    out->bounds.no_null = out->has_null_count && out->null_count == 0;
    out->bounds.all_null = out->has_null_count && out->null_count > 0 &&
                           out->null_count >= (uint64_t)column->num_values;
    bool ordered = prune_order_known(meta, leaf);
    if (ordered && prune_min_max(leaf, target, s->min_value, s->max_value, out)) {
        bool is_string = type_physical(target) == PHYS_STRING;
        out->exact = !is_string || (s->min_exact && s->max_exact);
    } else if (leaf->old_stats_usable) {
        out->exact = prune_min_max(leaf, target, s->min, s->max, out);
    }
}

/* ---- page index ---- */

static dbx_status prune_read(io_file *file, uint64_t offset, uint32_t size, arena *a,
                             const uint8_t **out, error *err) {
    *out = NULL;
    if (size == 0 || size > PRUNE_INDEX_MAX || offset > io_file_size(file) ||
        size > io_file_size(file) - offset) {
        return DBX_OK;
    }
    uint8_t *bytes = arena_alloc(a, size);
    if (bytes == NULL) return error_nomem(err);
    TRY(io_read_at(file, offset, bytes, size, err));
    *out = bytes;
    return DBX_OK;
}

static prune_result prune_page(const parquet_metadata *meta, const parquet_leaf *leaf, type target,
                               const scan_predicate *p, const parquet_column_index *index,
                               uint32_t page) {
    parquet_bounds b;
    memset(&b, 0, sizeof(b));
    b.bounds.all_null = index->null_pages[page];
    b.bounds.no_null = leaf->max_def == 0 || (index->null_counts && index->null_counts[page] == 0);
    b.bounds.may_have_nan = type_is_float(leaf->type);
    if (!b.bounds.all_null && prune_order_known(meta, leaf)) {
        (void)prune_min_max(leaf, target, index->min[page], index->max[page], &b);
    }
    return prune_test(p, &b.bounds);
}

/* Appends the overlap of the page's rows with `from` to `to`; adjacent ranges merge. */
static void prune_add_overlap(const parquet_ranges *from, uint32_t *at, parquet_rows page,
                              parquet_ranges *to) {
    while (*at < from->count && from->items[*at].end <= page.start) (*at)++;
    for (uint32_t i = *at; i < from->count && from->items[i].start < page.end; i++) {
        parquet_rows overlap = {MAX(from->items[i].start, page.start),
                                MIN(from->items[i].end, page.end)};
        if (to->count > 0 && to->items[to->count - 1].end == overlap.start) {
            to->items[to->count - 1].end = overlap.end;
        } else {
            to->items[to->count++] = overlap;
        }
    }
}

dbx_status parquet_prune_pages(io_file *file, const parquet_metadata *meta,
                               const parquet_leaf *leaf, const parquet_row_group *group,
                               type target, const scan_predicate *p, arena *scratch,
                               parquet_ranges *ranges, error *err) {
    const parquet_chunk_meta *c = &group->chunks[leaf->index];
    const uint8_t *columns;
    const uint8_t *offsets;
    TRY(prune_read(file, c->column_index_offset, c->column_index_size, scratch, &columns, err));
    if (columns == NULL) return DBX_OK;
    TRY(prune_read(file, c->offset_index_offset, c->offset_index_size, scratch, &offsets, err));
    if (offsets == NULL) return DBX_OK;
    parquet_column_index index;
    parquet_offset_index pages;
    if (!parquet_column_index_parse(columns, c->column_index_size, scratch, &index)) return DBX_OK;
    if (!parquet_offset_index_parse(offsets, c->offset_index_size, scratch, &pages)) return DBX_OK;
    if (index.count != pages.count) return DBX_OK;
    parquet_ranges kept = {.count = 0};
    kept.items = ARENA_ARRAY(scratch, parquet_rows, (size_t)ranges->count + pages.count);
    if (kept.items == NULL) return error_nomem(err);
    uint32_t at = 0;
    for (uint32_t i = 0; i < pages.count; i++) {
        uint64_t end = i + 1 < pages.count ? pages.pages[i + 1].first_row : group->num_rows;
        if (end > group->num_rows) return DBX_OK; /* not an index of this row group */
        if (prune_page(meta, leaf, target, p, &index, i) == PRUNE_NONE) continue;
        prune_add_overlap(ranges, &at, (parquet_rows){pages.pages[i].first_row, end}, &kept);
    }
    *ranges = kept;
    return DBX_OK;
}

/* ---- Bloom filters ---- */

bool parquet_bloom_test(const uint8_t *block, uint64_t hash) {
    static const uint32_t salts[8] = {0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d,
                                      0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31};
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t word;
        memcpy(&word, block + 4 * i, sizeof(word));
        uint32_t bit = ((uint32_t)hash * salts[i]) >> 27;
        if ((word >> bit & 1) == 0) return false;
    }
    return true;
}

/* Hash of value i as the writer hashed it: xxHash64 of its PLAIN bytes. False when that is not
 * certain. */
static bool prune_bloom_hash(const parquet_leaf *leaf, type target, const vector *value, uint32_t i,
                             uint64_t *hash) {
    if (!type_same_layout(leaf->type, target) || !type_same_layout(value->type, target))
        return false;
    int64_t integer;
    switch (leaf->convert) {
    case PARQUET_CONVERT_STRING: {
        const vstring *text = &VECTOR_DATA(value, vstring)[i];
        *hash = XXH64(vstring_data(text), text->size, 0);
        return true;
    }
    case PARQUET_CONVERT_COPY4:
    case PARQUET_CONVERT_INT32_TO_INT8:
    case PARQUET_CONVERT_INT32_TO_INT16: {
        if (!prune_integer(target, value->data, i, &integer)) return false;
        int32_t narrow = (int32_t)integer;
        *hash = XXH64(&narrow, sizeof(narrow), 0);
        return true;
    }
    case PARQUET_CONVERT_COPY8:
        if (!prune_integer(target, value->data, i, &integer)) return false;
        *hash = XXH64(&integer, sizeof(integer), 0);
        return true;
    default:
        return false;
    }
}

typedef struct prune_bloom {
    io_file *file;
    uint64_t offset; /* of the blocks */
    uint32_t blocks;
} prune_bloom;

static dbx_status prune_bloom_open(io_file *file, const parquet_chunk_meta *c, prune_bloom *out,
                                   bool *usable, error *err) {
    uint8_t head[PRUNE_BLOOM_HEADER_BYTES];
    *usable = false;
    uint64_t file_size = io_file_size(file);
    if (c->bloom_offset == 0 || c->bloom_offset >= file_size) return DBX_OK;
    size_t size = (size_t)MIN(file_size - c->bloom_offset, (uint64_t)sizeof(head));
    TRY(io_read_at(file, c->bloom_offset, head, size, err));
    parquet_bloom_header h;
    if (!parquet_bloom_header_parse(head, size, &h)) return DBX_OK;
    *out = (prune_bloom){.file = file,
                         .offset = c->bloom_offset + h.header_size,
                         .blocks = h.num_bytes / PRUNE_BLOOM_BLOCK_BYTES};
    *usable = out->offset <= file_size && h.num_bytes <= file_size - out->offset;
    return DBX_OK;
}

static dbx_status prune_bloom_has(const prune_bloom *b, uint64_t hash, bool *has, error *err) {
    uint8_t block[PRUNE_BLOOM_BLOCK_BYTES];
    uint64_t index = ((hash >> 32) * b->blocks) >> 32;
    TRY(io_read_at(b->file, b->offset + index * sizeof(block), block, sizeof(block), err));
    *has = parquet_bloom_test(block, hash);
    return DBX_OK;
}

dbx_status parquet_prune_bloom(io_file *file, const parquet_leaf *leaf,
                               const parquet_chunk_meta *column, type target,
                               const scan_predicate *p, bool *none, error *err) {
    *none = false;
    bool list = p->op == SCAN_IN && p->value_count <= PRUNE_BLOOM_VALUES_MAX;
    if (p->op != SCAN_EQ && !list) return DBX_OK;
    prune_bloom bloom;
    bool usable = false;
    TRY(prune_bloom_open(file, column, &bloom, &usable, err));
    if (!usable) return DBX_OK;
    uint32_t count = list ? p->value_count : 1;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t hash;
        bool has = true;
        if (!prune_bloom_hash(leaf, target, &p->value, i, &hash)) return DBX_OK;
        TRY(prune_bloom_has(&bloom, hash, &has, err));
        if (has) return DBX_OK;
    }
    *none = true;
    return DBX_OK;
}
