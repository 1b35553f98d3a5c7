/* table_int.h - making the parts of table versions; for the files that implement table.h. */
#ifndef DBX_STORAGE_TABLE_INT_H
#define DBX_STORAGE_TABLE_INT_H

#include "storage/table.h"

delete_vector *delete_vector_new(ledger *l, uint32_t rows);
delete_vector *delete_vector_copy(const delete_vector *d);
static inline delete_vector *delete_vector_ref(delete_vector *d) {
    if (d != NULL) atomic_fetch_add_explicit(&d->refs, 1, memory_order_relaxed);
    return d;
}
void delete_vector_unref(delete_vector *d);

table_leaf *table_leaf_new(storage *s);
/* Shares the groups, is not written. */
table_leaf *table_leaf_copy(const table_leaf *leaf);
static inline table_leaf *table_leaf_ref(table_leaf *l) {
    atomic_fetch_add_explicit(&l->refs, 1, memory_order_relaxed);
    return l;
}
void table_leaf_unref(table_leaf *l);

table_stats *table_stats_new(ledger *l, uint32_t column_count);
static inline table_stats *table_stats_ref(table_stats *s) {
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}
void table_stats_unref(table_stats *s);
table_column_stats *table_stats_find(table_stats *s, uint32_t field_id);
/* Adds a group's segments; rows_before: the table had rows. */
void table_stats_add_group(table_stats *s, const row_group *g, bool rows_before);

/* A version with room for `leaf_count` leaves, all NULL. Takes over the statistics' reference, also
 * on failure. */
table_version *table_version_alloc(storage *s, uint32_t leaf_count, table_stats *stats);
/* Builds a version from positions, sharing leaves of `like` where they have the same groups and
 * deletes. References are taken anew. */
dbx_status table_version_from(storage *s, const table_position *positions, uint32_t count,
                              const table_version *like, table_stats *stats, table_version **out,
                              error *err) MUST_CHECK;
/* All positions of a version, in memory of the storage's ledger (group_count of them, at least room
 * for `more`). */
table_position *table_version_positions(const table_version *v, uint32_t more, size_t *size);

/* Deleted rows of a group as bytes. */
dbx_status delete_vector_put(buffer *out, const delete_vector *d) MUST_CHECK;
dbx_status delete_vector_get(storage *s, byte_reader *r, uint32_t rows, delete_vector **out,
                             error *err) MUST_CHECK;

#endif
