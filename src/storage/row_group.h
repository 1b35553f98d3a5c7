/* row_group.h - up to 122,880 rows of a table, immutable once built: segments of each column, in
 * one extent.
 *
 * Columns are known by field ids, so that a table may gain, lose and rename columns without
 * touching its row groups. Groups are counted; the last reference frees memory and, if no durable
 * root leads to them, pages.
 */
#ifndef DBX_STORAGE_ROW_GROUP_H
#define DBX_STORAGE_ROW_GROUP_H

#include "storage/bytes.h"
#include "storage/segment.h"
#include "storage/storage.h"

enum {
    ROW_GROUP_ROWS = 122880, /* 60 vectors of 2048 */
    /* A group is closed early when its values take this much, so that offsets stay in 32 bits. */
    ROW_GROUP_BYTES_MAX = 512 << 20,
    /* Row ids are group id << ROW_ID_SHIFT | row. */
    ROW_ID_SHIFT = 20,
    /* A group of no more encoded bytes stays in memory and goes into the log; a checkpoint puts it
     * into the file. */
    ROW_GROUP_MEMORY_MAX = 64 << 10,
};
static_assert(ROW_GROUP_ROWS <= 1 << ROW_ID_SHIFT, "a row number fits");

/* A column as storage knows it. */
typedef struct storage_column {
    uint32_t field_id;
    type type; /* borrowed */
    bool nullable;
} storage_column;

typedef struct row_group_field {
    uint32_t field_id;
    uint32_t first_segment; /* in pre-order of the type's tree */
    uint32_t segment_count;
} row_group_field;

typedef struct row_group {
    _Atomic uint32_t refs;
    storage *storage;
    uint64_t id; /* unique in the database */
    uint32_t rows;
    uint32_t field_count, segment_count;
    row_group_field *fields;
    segment *segments;
    uint64_t *checks; /* hashes of segments longer than a block */
    uint32_t check_count;
    storage_extent extent;
    uint64_t bytes; /* encoded */
} row_group;

static inline row_group *row_group_ref(row_group *g) {
    atomic_fetch_add_explicit(&g->refs, 1, memory_order_relaxed);
    return g;
}
void row_group_unref(row_group *g);
const row_group_field *row_group_find(const row_group *g, uint32_t field_id);

/* Encodes builders (all of the same number of rows, > 0) and leaves the segments in the cache.
 * Those of a group that is not small are also written to the file if there is one. Sketches, one
 * per column, are added to. */
dbx_status row_group_build(storage *s, const storage_column *columns, uint32_t column_count,
                           column_builder *builders, sketch *sketches, row_group **out,
                           error *err) MUST_CHECK;

/* The same with ids given before (the group's, then the segments'); it stays in memory. */
dbx_status row_group_rebuild(storage *s, const storage_column *columns, uint32_t column_count,
                             column_builder *builders, sketch *sketches, uint64_t first_id,
                             row_group **out, error *err) MUST_CHECK;
/* Has it a place in the file? */
static inline bool row_group_is_settled(const row_group *g) {
    return g->extent.state != EXTENT_UNBORN;
}
/* Puts a group that is in memory only into the file; readers go on. One thread at a time. */
dbx_status row_group_settle(row_group *g, error *err) MUST_CHECK;

/* Directory entry of a group; that of one in memory names no pages. */
dbx_status row_group_put(buffer *out, const row_group *g) MUST_CHECK;
dbx_status row_group_get(storage *s, byte_reader *r, row_group **out, error *err) MUST_CHECK;
/* The segments of a group in memory, behind its entry. */
dbx_status row_group_put_bytes(buffer *out, row_group *g, error *err) MUST_CHECK;
dbx_status row_group_get_bytes(byte_reader *r, row_group *g, error *err) MUST_CHECK;
/* Raises DATABASE_CORRUPT unless the group's segments have the shape of the columns. */
dbx_status row_group_check(const row_group *g, const storage_column *columns, uint32_t column_count,
                           error *err) MUST_CHECK;

/* Reads a whole group, without the rows set in `deleted` (may be NULL), behind the builders' rows;
 * columns that the group lacks become NULL. */
dbx_status row_group_append_to(row_group *g, const uint64_t *deleted, const storage_column *columns,
                               uint32_t column_count, column_builder *builders,
                               error *err) MUST_CHECK;

#endif
