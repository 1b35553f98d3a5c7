/* row_group.c - building, writing down and freeing row groups. Reading whole groups back is in
 * column_reader.c. */
#include "storage/row_group.h"

#include <xxhash.h>

enum {
    ROW_GROUP_ALIGN = 64,               /* of segments in their extent */
    ROW_GROUP_ASSEMBLE_MAX = 256 << 10, /* smaller groups are written at once */
    ROW_GROUP_SEGMENTS_MAX = 1 << 20,
};

static uint32_t row_group_block_count(uint32_t size) {
    return (size + STORAGE_BLOCK_SIZE - 1) / STORAGE_BLOCK_SIZE;
}

static row_group *row_group_new(storage *s, uint32_t field_count, uint32_t segment_count,
                                error *err) {
    ledger *l = storage_ledger(s);
    row_group *g = mem_alloc_zero(l, sizeof(*g));
    if (g == NULL) {
        (void)error_nomem(err);
        return NULL;
    }
    atomic_init(&g->refs, 1);
    g->storage = s;
    g->field_count = field_count;
    g->segment_count = segment_count;
    g->fields = mem_alloc_zero(l, sizeof(row_group_field) * MAX(field_count, 1u));
    g->segments = mem_alloc_zero(l, sizeof(segment) * MAX(segment_count, 1u));
    if (g->fields != NULL && g->segments != NULL) return g;
    (void)error_nomem(err);
    row_group_unref(g);
    return NULL;
}

void row_group_unref(row_group *g) {
    if (g == NULL) return;
    if (atomic_fetch_sub_explicit(&g->refs, 1, memory_order_acq_rel) != 1) return;
    storage *s = g->storage;
    ledger *l = storage_ledger(s);
    for (uint32_t i = 0; i < g->segment_count && g->segments != NULL; i++)
        cache_forget(s, &g->segments[i].bytes);
    storage_extent_release(s, &g->extent);
    mem_free(l, g->checks, (size_t)g->check_count * 8);
    mem_free(l, g->segments, sizeof(segment) * MAX(g->segment_count, 1u));
    mem_free(l, g->fields, sizeof(row_group_field) * MAX(g->field_count, 1u));
    mem_free(l, g, sizeof(*g));
}

const row_group_field *row_group_find(const row_group *g, uint32_t field_id) {
    for (uint32_t i = 0; i < g->field_count; i++) {
        if (g->fields[i].field_id == field_id) return &g->fields[i];
    }
    return NULL;
}

/* ---- building
 * -------------------------------------------------------------------------------------------- */

typedef struct row_group_build_state {
    storage *storage;
    row_group *group;
    uint8_t **bytes;  /* encoded, one for each segment; owned until the cache takes them */
    uint32_t next;    /* segment */
    uint64_t next_id; /* of the segment */
    buffer out;       /* where a segment is encoded; keeps its room for the next */
} row_group_build_state;

static dbx_status row_group_encode_node(row_group_build_state *b, column_builder *column,
                                        sketch *distinct, error *err) {
    ledger *l = storage_ledger(b->storage);
    segment *seg = &b->group->segments[b->next];
    segment_summary sum;
    sketch own = {{0}};
    buffer_clear(&b->out);
    dbx_status status = segment_encode(column, &b->out, &sum, &own, err);
    if (status == DBX_OK && b->out.size > UINT32_MAX / 2) {
        status = error_raise(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                             "column data over 2 GiB in one row group", NULL);
    }
    if (status == DBX_OK) {
        uint8_t *bytes = mem_alloc(l, b->out.size); /* exactly as long as needed */
        if (bytes == NULL) {
            status = error_nomem(err);
        } else {
            memcpy(bytes, b->out.data, b->out.size);
            b->bytes[b->next] = bytes;
            seg->bytes.size = (uint32_t)b->out.size;
        }
    }
    TRY(status);
    seg->id = b->next_id++;
    seg->rows = column->rows;
    seg->phys = (uint8_t)column->phys;
    seg->null_count = sum.null_count;
    seg->encoding = sum.encoding;
    seg->flags = sum.flags;
    seg->value_bytes = sum.value_bytes;
    seg->min = sum.min;
    seg->max = sum.max;
    seg->distinct = (uint32_t)sketch_estimate(&own);
    if (distinct != NULL) sketch_merge(distinct, &own);
    b->next++;
    for (uint32_t i = 0; i < column->child_count; i++) {
        TRY(row_group_encode_node(b, &column->children[i], NULL, err));
    }
    return DBX_OK;
}

/* ---- placing: from memory into the file
 * --------------------------------------------------------- */

static uint64_t row_group_aligned(uint64_t size) {
    return (size + ROW_GROUP_ALIGN - 1) / ROW_GROUP_ALIGN * ROW_GROUP_ALIGN;
}

/* Room for the hashes of long segments, and the bytes that the segments take in their extent. */
static dbx_status row_group_reserve(row_group *g, uint64_t *size, error *err) {
    *size = 0;
    g->check_count = 0;
    for (uint32_t i = 0; i < g->segment_count; i++) {
        uint32_t blocks = row_group_block_count(g->segments[i].bytes.size);
        if (blocks > 1) g->check_count += blocks;
        *size += row_group_aligned(g->segments[i].bytes.size);
    }
    if (g->check_count == 0) return DBX_OK;
    g->checks = mem_alloc(storage_ledger(g->storage), (size_t)g->check_count * 8);
    if (g->checks != NULL) return DBX_OK;
    g->check_count = 0;
    return error_nomem(err);
}

/* Segments one behind the other; small groups as one write. */
static dbx_status row_group_write_bytes(row_group *g, uint8_t *const *bytes, uint64_t size,
                                        error *err) {
    storage *s = g->storage;
    uint64_t at = 0;
    if (size > ROW_GROUP_ASSEMBLE_MAX) {
        for (uint32_t i = 0; i < g->segment_count; i++) {
            TRY(storage_write(s, &g->extent, at, bytes[i], g->segments[i].bytes.size, err));
            at += row_group_aligned(g->segments[i].bytes.size);
        }
        return DBX_OK;
    }
    char *all = mem_alloc_zero(storage_ledger(s), (size_t)size);
    if (all == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < g->segment_count; i++) {
        memcpy(all + at, bytes[i], g->segments[i].bytes.size);
        at += row_group_aligned(g->segments[i].bytes.size);
    }
    dbx_status status = storage_write(s, &g->extent, 0, all, (size_t)size, err);
    mem_free(storage_ledger(s), all, (size_t)size);
    return status;
}

/* Gives the group an extent, writes the bytes and tells each segment where it is. Only then do the
 * segments change, so that a failure leaves the group in memory as it was. */
static dbx_status row_group_put_down(row_group *g, uint8_t *const *bytes, error *err) {
    uint64_t size;
    TRY(row_group_reserve(g, &size, err));
    dbx_status status = storage_extent_alloc(g->storage, size, &g->extent, err);
    if (status == DBX_OK) status = row_group_write_bytes(g, bytes, size, err);
    if (status != DBX_OK) {
        storage_extent_release(g->storage, &g->extent);
        mem_free(storage_ledger(g->storage), g->checks, (size_t)g->check_count * 8);
        g->checks = NULL;
        g->check_count = 0;
        return status;
    }
    uint64_t at = g->extent.page * STORAGE_PAGE_SIZE;
    uint64_t *checks = g->checks;
    for (uint32_t i = 0; i < g->segment_count; i++) {
        segment *seg = &g->segments[i];
        uint32_t blocks = row_group_block_count(seg->bytes.size);
        uint64_t *to = blocks == 1 ? &seg->check_one : checks;
        if (blocks > 1) checks += blocks;
        for (uint32_t k = 0; k < blocks; k++) {
            size_t from = (size_t)k * STORAGE_BLOCK_SIZE;
            to[k] =
                XXH64(bytes[i] + from, MIN((size_t)STORAGE_BLOCK_SIZE, seg->bytes.size - from), 0);
        }
        cache_settle(g->storage, &seg->bytes, at, to, blocks);
        at += row_group_aligned(seg->bytes.size);
    }
    return DBX_OK;
}

dbx_status row_group_settle(row_group *g, error *err) {
    storage *s = g->storage;
    if (g->extent.state != EXTENT_UNBORN) return DBX_OK;
    size_t size = sizeof(uint8_t *) * g->segment_count;
    uint8_t **bytes = mem_alloc_zero(storage_ledger(s), size);
    if (bytes == NULL) return error_nomem(err);
    dbx_status status = DBX_OK;
    uint32_t pinned = 0;
    while (pinned < g->segment_count && status == DBX_OK) {
        const uint8_t *data;
        status = cache_pin(s, &g->segments[pinned].bytes, &data, err);
        if (status != DBX_OK) break;
        bytes[pinned++] = (uint8_t *)(uintptr_t)data;
    }
    if (status == DBX_OK) status = row_group_put_down(g, bytes, err);
    for (uint32_t i = 0; i < pinned; i++) cache_unpin(s, &g->segments[i].bytes);
    mem_free(storage_ledger(s), bytes, size);
    return status;
}

static dbx_status row_group_fill(row_group_build_state *b, const storage_column *columns,
                                 uint32_t column_count, column_builder *builders, sketch *sketches,
                                 bool may_settle, error *err) {
    row_group *g = b->group;
    for (uint32_t i = 0; i < column_count; i++) {
        g->fields[i] = (row_group_field){.field_id = columns[i].field_id,
                                         .first_segment = b->next,
                                         .segment_count = column_node_count(columns[i].type)};
        TRY(row_group_encode_node(b, &builders[i], &sketches[i], err));
        assert(b->next == g->fields[i].first_segment + g->fields[i].segment_count);
    }
    for (uint32_t i = 0; i < g->segment_count; i++) g->bytes += g->segments[i].bytes.size;
    bool settles = may_settle && storage_is_file(b->storage) && g->bytes > ROW_GROUP_MEMORY_MAX;
    if (settles) TRY(row_group_put_down(g, b->bytes, err));
    for (uint32_t i = 0; i < g->segment_count; i++) {
        uint8_t *bytes = b->bytes[i];
        b->bytes[i] = NULL;
        if (cache_put(b->storage, &g->segments[i].bytes, bytes) != DBX_OK) return error_nomem(err);
    }
    return DBX_OK;
}

static dbx_status row_group_make(storage *s, const storage_column *columns, uint32_t column_count,
                                 column_builder *builders, sketch *sketches, uint64_t first_id,
                                 row_group **out, error *err) {
    assert(column_count > 0 && builders[0].rows > 0);
    *out = NULL;
    uint32_t segments = 0;
    for (uint32_t i = 0; i < column_count; i++) {
        assert(builders[i].rows == builders[0].rows);
        segments += column_node_count(columns[i].type);
    }
    bool repeats = first_id != 0;
    if (!repeats) first_id = storage_next_ids(s, (uint64_t)segments + 1);
    ledger *l = storage_ledger(s);
    row_group_build_state b = {.storage = s, .next_id = first_id + 1};
    b.group = row_group_new(s, column_count, segments, err);
    if (b.group == NULL) return DBX_NOMEM;
    buffer_init(&b.out, l);
    b.group->id = first_id;
    b.group->rows = builders[0].rows;
    size_t bytes_size = sizeof(uint8_t *) * segments;
    b.bytes = mem_alloc_zero(l, bytes_size);
    dbx_status status = b.bytes == NULL ? error_nomem(err) : DBX_OK;
    if (status == DBX_OK)
        status = row_group_fill(&b, columns, column_count, builders, sketches, !repeats, err);
    buffer_deinit(&b.out);
    for (uint32_t i = 0; i < segments && b.bytes != NULL; i++) {
        mem_free(l, b.bytes[i], b.group->segments[i].bytes.size);
    }
    mem_free(l, b.bytes, bytes_size);
    if (status != DBX_OK) {
        row_group_unref(b.group);
        return status;
    }
    *out = b.group;
    return DBX_OK;
}

dbx_status row_group_build(storage *s, const storage_column *columns, uint32_t column_count,
                           column_builder *builders, sketch *sketches, row_group **out,
                           error *err) {
    return row_group_make(s, columns, column_count, builders, sketches, 0, out, err);
}

dbx_status row_group_rebuild(storage *s, const storage_column *columns, uint32_t column_count,
                             column_builder *builders, sketch *sketches, uint64_t first_id,
                             row_group **out, error *err) {
    assert(first_id != 0);
    return row_group_make(s, columns, column_count, builders, sketches, first_id, out, err);
}

/* ---- the directory entry
 * ----------------------------------------------------------------------------------- */

static dbx_status row_group_put_segment(buffer *out, const segment *seg, uint64_t start) {
    TRY(put_varint(out, seg->id));
    TRY(put_varint(out, seg->bytes.offset - start));
    TRY(put_varint(out, seg->bytes.size));
    TRY(put_varint(out, seg->rows));
    TRY(put_varint(out, seg->null_count));
    TRY(put_varint(out, seg->distinct));
    TRY(put_varint(out, seg->value_bytes));
    TRY(put_u8(out, seg->phys));
    TRY(put_u8(out, seg->encoding));
    TRY(put_u8(out, seg->flags));
    if (seg->flags & SEGMENT_HAS_BOUNDS) {
        TRY(buffer_append(out, &seg->min, sizeof(seg->min)));
        TRY(buffer_append(out, &seg->max, sizeof(seg->max)));
    }
    return buffer_append(out, seg->bytes.checks, (size_t)seg->bytes.check_count * 8);
}

dbx_status row_group_put(buffer *out, const row_group *g) {
    TRY(put_varint(out, g->id));
    TRY(put_varint(out, g->rows));
    bool settled = row_group_is_settled(g);
    TRY(put_varint(out, settled ? g->extent.page : 0));
    TRY(put_varint(out, settled ? g->extent.pages : 0));
    TRY(put_varint(out, g->field_count));
    TRY(put_varint(out, g->segment_count));
    for (uint32_t i = 0; i < g->field_count; i++) {
        TRY(put_varint(out, g->fields[i].field_id));
        TRY(put_varint(out, g->fields[i].segment_count));
    }
    uint64_t start = settled ? g->extent.page * STORAGE_PAGE_SIZE : 0;
    for (uint32_t i = 0; i < g->segment_count; i++)
        TRY(row_group_put_segment(out, &g->segments[i], start));
    return DBX_OK;
}

dbx_status row_group_put_bytes(buffer *out, row_group *g, error *err) {
    for (uint32_t i = 0; i < g->segment_count; i++) {
        const uint8_t *data;
        cache_entry *e = &g->segments[i].bytes;
        TRY(cache_pin(g->storage, e, &data, err));
        dbx_status status = buffer_append(out, data, e->size);
        cache_unpin(g->storage, e);
        if (status != DBX_OK) return error_nomem(err);
    }
    return DBX_OK;
}

static bool row_group_get_segment(byte_reader *r, segment *seg, uint64_t start,
                                  uint64_t extent_bytes) {
    seg->id = get_varint(r);
    uint64_t offset = get_varint(r), size = get_varint(r), rows = get_varint(r),
             nulls = get_varint(r);
    seg->distinct = (uint32_t)get_varint(r);
    seg->value_bytes = get_varint(r);
    seg->phys = get_u8(r);
    seg->encoding = get_u8(r);
    seg->flags = get_u8(r);
    if (seg->flags & SEGMENT_HAS_BOUNDS) {
        get_bytes(r, &seg->min, sizeof(seg->min));
        get_bytes(r, &seg->max, sizeof(seg->max));
    }
    bool settled = extent_bytes > 0;
    if (r->failed || size == 0) return false;
    if (settled && (size > extent_bytes || offset > extent_bytes - size)) return false;
    if (size > UINT32_MAX / 2 || rows > COLUMN_BUILDER_ROWS_MAX || nulls > rows ||
        seg->phys >= PHYS_COUNT)
        return false;
    if (seg->phys == PHYS_STRING && (seg->flags & SEGMENT_HAS_BOUNDS)) {
        if (seg->min.text.size > SEGMENT_BOUND_BYTES || seg->max.text.size > SEGMENT_BOUND_BYTES)
            return false;
    }
    seg->bytes.offset = settled ? start + offset : 0;
    seg->bytes.size = (uint32_t)size;
    seg->rows = (uint32_t)rows;
    seg->null_count = (uint32_t)nulls;
    return true;
}

/* Hashes: one in the segment itself, more in the group's array, which grows by what is met. */
static bool row_group_get_checks(byte_reader *r, row_group *g, segment *seg, error *err) {
    uint32_t blocks = row_group_block_count(seg->bytes.size);
    seg->bytes.check_count = blocks;
    if (blocks == 1) {
        seg->check_one = get_u64(r);
        return !r->failed;
    }
    if ((uint64_t)blocks * 8 > byte_reader_left(r)) return false;
    uint64_t *checks =
        mem_realloc(storage_ledger(g->storage), g->checks, (size_t)g->check_count * 8,
                    ((size_t)g->check_count + blocks) * 8);
    if (checks == NULL) {
        (void)error_nomem(err);
        return false;
    }
    get_bytes(r, checks + g->check_count, (size_t)blocks * 8);
    g->checks = checks;
    g->check_count += blocks;
    return true;
}

static dbx_status row_group_get_segments(byte_reader *r, row_group *g, error *err) {
    uint64_t start = g->extent.page * STORAGE_PAGE_SIZE,
             bytes = g->extent.pages * STORAGE_PAGE_SIZE;
    for (uint32_t i = 0; i < g->segment_count; i++) {
        segment *seg = &g->segments[i];
        bool good = row_group_get_segment(r, seg, start, bytes) &&
                    (bytes == 0 || row_group_get_checks(r, g, seg, err));
        if (!good) {
            seg->bytes.check_count = 0;
            if (err != NULL && err->status == DBX_NOMEM) return DBX_NOMEM;
            return storage_corrupt(g->storage, err, "the directory of row group %llu is wrong",
                                   (unsigned long long)g->id);
        }
        g->bytes += seg->bytes.size;
    }
    const uint64_t *checks = g->checks;
    for (uint32_t i = 0; i < g->segment_count; i++) {
        segment *seg = &g->segments[i];
        if (seg->bytes.check_count > 0)
            seg->bytes.checks = seg->bytes.check_count == 1 ? &seg->check_one : checks;
        if (seg->bytes.check_count > 1) checks += seg->bytes.check_count;
    }
    return DBX_OK;
}

dbx_status row_group_get(storage *s, byte_reader *r, row_group **out, error *err) {
    *out = NULL;
    uint64_t id = get_varint(r), rows = get_varint(r), page = get_varint(r), pages = get_varint(r);
    uint32_t field_count = get_count(r), segment_count = get_count(r);
    if (r->failed || rows == 0 || rows > ROW_GROUP_ROWS || segment_count > ROW_GROUP_SEGMENTS_MAX) {
        return storage_corrupt(s, err, "the directory of row group %llu is wrong",
                               (unsigned long long)id);
    }
    row_group *g = row_group_new(s, field_count, segment_count, err);
    if (g == NULL) return DBX_NOMEM;
    g->id = id;
    g->rows = (uint32_t)rows;
    dbx_status status = pages == 0 ? DBX_OK : storage_extent_adopt(s, page, pages, &g->extent, err);
    uint64_t segments = 0;
    for (uint32_t i = 0; i < field_count && status == DBX_OK; i++) {
        g->fields[i].field_id = (uint32_t)get_varint(r);
        g->fields[i].first_segment = (uint32_t)segments;
        g->fields[i].segment_count = (uint32_t)get_varint(r);
        segments += g->fields[i].segment_count;
        if (g->fields[i].segment_count == 0 || segments > segment_count) r->failed = true;
        if (r->failed)
            status = storage_corrupt(s, err, "the directory of row group %llu is wrong",
                                     (unsigned long long)id);
    }
    if (status == DBX_OK && segments != segment_count) {
        status = storage_corrupt(s, err, "the directory of row group %llu is wrong",
                                 (unsigned long long)id);
    }
    if (status == DBX_OK) status = row_group_get_segments(r, g, err);
    if (status != DBX_OK) {
        row_group_unref(g);
        return status;
    }
    *out = g;
    return DBX_OK;
}

dbx_status row_group_get_bytes(byte_reader *r, row_group *g, error *err) {
    storage *s = g->storage;
    for (uint32_t i = 0; i < g->segment_count; i++) {
        cache_entry *e = &g->segments[i].bytes;
        if (e->size > byte_reader_left(r))
            return storage_corrupt(s, err, "row group %llu is cut short",
                                   (unsigned long long)g->id);
        uint8_t *data = mem_alloc(storage_ledger(s), e->size);
        if (data == NULL) return error_nomem(err);
        get_bytes(r, data, e->size);
        if (cache_put(s, e, data) != DBX_OK) return error_nomem(err);
    }
    return DBX_OK;
}

/* ---- shape
 * -------------------------------------------------------------------------------------------------
 */

/* Number of segments that the tree of `t` takes from `at` on, or 0 when they do not fit it. */
static uint32_t row_group_check_node(const row_group *g, type t, uint32_t at, uint32_t end,
                                     uint32_t rows, bool any_rows) {
    if (at >= end) return 0;
    const segment *seg = &g->segments[at];
    if (seg->phys != type_physical(t) || (!any_rows && seg->rows != rows)) return 0;
    uint32_t used = 1;
    for (uint32_t i = 0; i < column_child_count(t); i++) {
        bool list = seg->phys == PHYS_LIST;
        uint32_t child =
            row_group_check_node(g, column_child_type(t, i), at + used, end, seg->rows, list);
        if (child == 0) return 0;
        used += child;
    }
    return used;
}

dbx_status row_group_check(const row_group *g, const storage_column *columns, uint32_t column_count,
                           error *err) {
    for (uint32_t i = 0; i < column_count; i++) {
        const row_group_field *f = row_group_find(g, columns[i].field_id);
        if (f == NULL) continue;
        uint32_t end = f->first_segment + f->segment_count;
        uint32_t used =
            row_group_check_node(g, columns[i].type, f->first_segment, end, g->rows, false);
        if (used != f->segment_count) {
            return storage_corrupt(g->storage, err,
                                   "column %u of row group %llu is not of its type", i + 1,
                                   (unsigned long long)g->id);
        }
    }
    return DBX_OK;
}
