/* table.h - the rows of a table at one moment: an immutable list of row groups and deleted rows.
 *
 *   version -> leaves (up to 32 groups each) -> row groups and their deleted rows, statistics of
 * each column A change makes a new version that shares all leaves but those that changed, in memory
 * and in the file; readers keep the version they started with. Versions, leaves, delete vectors and
 * statistics are counted.
 *
 * Row ids are group id << ROW_ID_SHIFT | row. They hold while the group is in the version.
 */
#ifndef DBX_STORAGE_TABLE_H
#define DBX_STORAGE_TABLE_H

#include "storage/row_group.h"
#include "vector/source.h"

enum { TABLE_LEAF_GROUPS = 32 };

typedef struct delete_vector {
    _Atomic uint32_t refs;
    ledger *ledger;
    uint32_t rows;    /* of the group */
    uint32_t count;   /* deleted */
    uint64_t words[]; /* 1: deleted */
} delete_vector;

typedef struct table_leaf {
    _Atomic uint32_t refs;
    uint32_t count;
    storage *storage;
    row_group *groups[TABLE_LEAF_GROUPS];
    delete_vector *deleted[TABLE_LEAF_GROUPS]; /* NULL: none */
    storage_blob blob;                         /* once written */
} table_leaf;

enum {
    TABLE_STATS_UNBOUNDED = 32
}; /* flag beside SEGMENT_*: some values are outside of the bounds */

/* Of one column over all row groups; deletes leave it as it is, so bounds may be too wide. */
typedef struct table_column_stats {
    uint32_t field_id;
    uint8_t flags; /* SEGMENT_* : HAS_BOUNDS, HAS_NAN, SORTED, …_EXACT */
    uint64_t null_count;
    uint64_t value_bytes; /* strings */
    segment_bound min, max;
    sketch distinct;
} table_column_stats;

typedef struct table_stats {
    _Atomic uint32_t refs;
    ledger *ledger;
    uint32_t column_count;
    table_column_stats columns[];
} table_stats;

typedef struct table_version {
    _Atomic uint32_t refs;
    storage *storage;
    uint64_t rows; /* in the groups, deleted ones included */
    uint64_t deleted;
    uint32_t leaf_count;
    uint32_t group_count;
    table_leaf **leaves;
    table_stats *stats;
    storage_blob blob; /* once written */
} table_version;

dbx_status table_version_new(storage *s, const storage_column *columns, uint32_t column_count,
                             table_version **out, error *err) MUST_CHECK;
static inline table_version *table_version_ref(table_version *v) {
    atomic_fetch_add_explicit(&v->refs, 1, memory_order_relaxed);
    return v;
}
void table_version_unref(table_version *v);
static inline uint64_t table_version_rows(const table_version *v) {
    return v->rows - v->deleted;
}

/* A group by position. */
typedef struct table_position {
    row_group *group;
    delete_vector *deleted;
} table_position;
table_position table_version_at(const table_version *v, uint32_t index);

/* ---- changes: each makes a new version from an old one
 * ---------------------------------------------------- */

/* Row groups made by an appender, with what they add to the statistics. */
typedef struct table_addition {
    row_group **groups; /* borrowed; the version takes references of its own */
    uint32_t group_count;
    const storage_column *columns;
    const sketch *sketches;
    uint32_t column_count;
} table_addition;
dbx_status table_version_append(const table_version *v, const table_addition *addition,
                                table_version **out, error *err) MUST_CHECK;
/* Deletes rows by ids, sorted and distinct. An id that names no row is a bug of the caller and
 * raises INTERNAL_ERROR; one that is deleted already is skipped. *deleted gets the number of rows
 * that went. */
dbx_status table_version_delete(const table_version *v, const int64_t *row_ids, uint64_t count,
                                uint64_t *deleted, table_version **out, error *err) MUST_CHECK;
/* Columns changed: statistics of missing ones are dropped, of new ones begun. Rows stay. */
dbx_status table_version_alter(const table_version *v, const storage_column *columns,
                               uint32_t column_count, table_version **out, error *err) MUST_CHECK;
/* Joins short groups at the end, so that many small appends cost O(log n) each: trailing groups are
 * merged while the one before them is at most twice their size. Groups in `keep` (may be NULL) are
 * not touched. */
dbx_status table_version_compact_tail(const table_version *v, const table_version *keep,
                                      const storage_column *columns, uint32_t column_count,
                                      table_version **out, error *err) MUST_CHECK;
/* Number of trailing groups that this joins: 0 or at least 2. */
uint32_t table_version_tail_length(const table_version *v, const table_version *keep);
/* Joins just so many; first_id 0, or ids given before (row_group_rebuild). */
dbx_status table_version_join_tail(const table_version *v, uint32_t length,
                                   const storage_column *columns, uint32_t column_count,
                                   uint64_t first_id, table_version **out, error *err) MUST_CHECK;
/* The rows that `v` has and `other` lacks. */
dbx_status table_version_only(const table_version *v, const table_version *other,
                              table_version **out, error *err) MUST_CHECK;
/* Carries what changed from `base` to `mine` over to `head`: appended groups are appended, deleted
 * rows deleted. *conflict says what stands in the way: rows deleted by both, or groups that `head`
 * no longer has. */
typedef enum table_conflict {
    TABLE_NO_CONFLICT,
    TABLE_CONFLICT_DELETE,
    TABLE_CONFLICT_WRITE
} table_conflict;
dbx_status table_version_rebase(const table_version *base, const table_version *mine,
                                const table_version *head, table_version **out,
                                table_conflict *conflict, error *err) MUST_CHECK;

/* ---- durability
 * -------------------------------------------------------------------------------------------- */

/* Writes what is not in the file yet; readers and commits go on. `old` (may be NULL) is the durable
 * version. */
dbx_status table_version_settle(table_version *v, const table_version *old, error *err) MUST_CHECK;
/* All that a root leads to of a table: its rows, and those of past versions. */
typedef struct table_rows {
    table_version *version;
    table_version **past;
    uint32_t past_count;
} table_rows;
/* Writes what is not in the file yet and tells the running commit which extents enter, and which of
 * `old` (may be NULL) leave. */
dbx_status table_rows_persist(const table_rows *fresh, const table_rows *old,
                              error *err) MUST_CHECK;
/* All extents of a dropped table leave. */
dbx_status table_rows_leave(const table_rows *old, error *err) MUST_CHECK;
/* Past versions as bytes. Reading shares the groups that `current` has, too; on success each
 * version is a reference. */
dbx_status table_past_put(buffer *out, table_version **versions, uint32_t count,
                          error *err) MUST_CHECK;
dbx_status table_past_get(struct byte_reader *r, const table_version *current,
                          table_version **versions, uint32_t count, error *err) MUST_CHECK;
/* What `like` (may be NULL) has, too, is shared. */
dbx_status table_version_load(storage *s, storage_pointer pointer, table_version *like,
                              table_version **out, error *err) MUST_CHECK;
/* The difference from `old` to `fresh` as bytes for the log, and back. *possible is false when
 * there is no such form: groups in another order, or some that come back. */
dbx_status table_delta_put(buffer *out, const table_version *old, const table_version *fresh,
                           bool *possible, error *err) MUST_CHECK;
dbx_status table_delta_get(struct byte_reader *r, const table_version *old, table_version **out,
                           error *err) MUST_CHECK;
/* Reads every block of the file that the version leads to and checks its hash; damage raises
 * DATABASE_CORRUPT with the place. */
typedef struct table_verified {
    uint64_t groups, blocks, bytes;
} table_verified;
dbx_status table_version_verify(const table_version *v, table_verified *out, error *err) MUST_CHECK;
/* Raises DATABASE_CORRUPT unless every group fits the columns. */
dbx_status table_version_check(const table_version *v, const storage_column *columns,
                               uint32_t column_count, error *err) MUST_CHECK;

/* ---- reading and appending
 * ----------------------------------------------------------------------------------- */

/* A source over the version (which it keeps); columns and names are copied. The hidden row id comes
 * last, under the given name. */
dbx_status table_source_new(table_version *v, const source_column *columns,
                            const uint32_t *field_ids, uint32_t column_count,
                            string_view row_id_name, ledger *l, source **out,
                            error *err) MUST_CHECK;

/* Gathers rows from many workers into row groups, in the order of their morsels. */
typedef struct table_appender table_appender;
typedef struct table_appender_local table_appender_local;
/* columns are borrowed and outlive the appender; `l` pays for rows that are being gathered. */
dbx_status table_appender_new(storage *s, const storage_column *columns, uint32_t column_count,
                              ledger *l, table_appender **out, error *err) MUST_CHECK;
dbx_status table_appender_local_new(table_appender *a, table_appender_local **out,
                                    error *err) MUST_CHECK;
dbx_status table_appender_append(table_appender_local *l, const chunk *rows, uint64_t morsel_index,
                                 error *err) MUST_CHECK;
/* Frees the local in every case. */
dbx_status table_appender_combine(table_appender_local *l, error *err) MUST_CHECK;
/* Encodes what is left; *rows gets the number of rows. The addition borrows from the appender. */
dbx_status table_appender_finish(table_appender *a, table_addition *out, uint64_t *rows,
                                 error *err) MUST_CHECK;
void table_appender_free(table_appender *a);

#endif
