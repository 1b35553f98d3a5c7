/* history.h - versions of a table: each commit that changes it makes one, numbered from 0.
 *
 * Past versions stay readable for a retention (table property delta.deletedFileRetentionDuration,
 * 7 days by default), as long as what only they need is not more than the table itself and a
 * little, and there are not too many of them. They share row groups with the table, so most cost
 * next to nothing. VACUUM ends them earlier. Temporary and external tables have none.
 */
#ifndef DBX_CATALOG_HISTORY_H
#define DBX_CATALOG_HISTORY_H

#include "catalog/transaction.h"

enum { CATALOG_OPERATION_BYTES = 48 };

/* What made a version. */
typedef struct catalog_event {
    uint64_t number;
    int64_t committed_us;
    char operation[CATALOG_OPERATION_BYTES]; /* as DESCRIBE HISTORY names it: "WRITE" */
    uint64_t rows_added, rows_removed;
} catalog_event;

/* The versions that can be read, oldest first; the last is the table itself. */
uint32_t catalog_version_count(const catalog_table *table);
const catalog_event *catalog_version_event(const catalog_table *table, uint32_t index);
/* Definition and rows of that version: borrowed, valid as long as the table. */
const catalog_table *catalog_version_table(const catalog_table *table, uint32_t index);
/* The version of a number or of a moment; one that is not kept raises DELTA_VERSION_NOT_FOUND or
 * DELTA_TIMESTAMP_…. *index may be NULL. */
dbx_status catalog_version_of_number(const catalog_table *table, int64_t number, uint32_t *index,
                                     error *err) MUST_CHECK;
dbx_status catalog_version_of_time(const catalog_table *table, int64_t time_us, const char *text,
                                   uint32_t *index, error *err) MUST_CHECK;
/* The changes of the versions from index first to last as a source that the caller frees: the
 * table's columns, _change_type (insert, delete, update_preimage, update_postimage),
 * _commit_version, _commit_timestamp. A MERGE's updates are a delete and an insert. */
dbx_status catalog_change_feed(const catalog_table *table, uint32_t first, uint32_t last, ledger *l,
                               source **out, error *err) MUST_CHECK;
/* Row groups that `a` has and `b` lacks; those of a table. */
typedef struct catalog_difference {
    uint64_t groups, bytes;
} catalog_difference;
dbx_status catalog_version_difference(const catalog_table *a, const catalog_table *b,
                                      catalog_difference *out, error *err) MUST_CHECK;
catalog_difference catalog_version_size(const catalog_table *table);
/* Makes the table what it was. */
dbx_status catalog_restore_table(txn *t, const catalog_table *table, uint32_t index,
                                 error *err) MUST_CHECK;
/* Ends versions that were replaced before `before_us`; *count gets how many. Their space is free
 * after the next checkpoint. */
dbx_status catalog_vacuum_table(txn *t, const catalog_table *table, int64_t before_us, bool dry_run,
                                uint32_t *count, error *err) MUST_CHECK;
/* Reads everything that the table and its past lead to and checks it; counts are of the table. */
dbx_status catalog_verify_table(const catalog_table *table, uint64_t *blocks, uint64_t *bytes,
                                error *err) MUST_CHECK;
/* The table's retention. */
int64_t catalog_retention_us(const catalog_table *table);

#endif
