/* group_merge.h - makes one table of groups of the workers' tables, partition by partition.
 *
 * Workers add their tables (any order, locked); plan fixes the partitions; each partition is then
 * merged by one task, which lists the surviving rows. A single table that was never emptied needs
 * no merge.
 */
#ifndef DBX_EXEC_GROUP_MERGE_H
#define DBX_EXEC_GROUP_MERGE_H

#include "exec/group_strands.h"

typedef struct group_part { /* rows of one worker */
    group_rows *partitions;
    uint32_t bits;
} group_part;

typedef struct group_result { /* surviving rows of one partition */
    uint8_t **rows;           /* NULL: all rows of `pages` */
    uint64_t count;
    uint64_t room; /* of rows */
    group_page *pages;
} group_result;

typedef struct group_merge {
    const group_layout *layout;
    ledger *ledger;
    os_mutex mutex;
    arena heap; /* of all tables; parts and results */
    ARENA_LIST(group_part) parts;
    uint64_t row_count;
    bool dirty; /* a table was emptied: it may hold a key twice */
    bool planned;
    uint32_t bits;
    bool needed;   /* after plan: partitions must be merged */
    bool mixed;    /* some rows are of no strand */
    bool stranded; /* after plan: rows are whole groups but for the ends of strands */
    bool has_dead; /* after merging: rows that readers leave out */
    group_strand_list strands;
    group_result *results; /* 1 << bits */
} group_merge;

void group_merge_init(group_merge *m, const group_layout *l, ledger *owner);
void group_merge_deinit(group_merge *m);
/* Takes the table's rows and heap; emptied: its directory does not list all its rows. The table is
 * left empty. strands: of all its rows; NULL or empty: there are none. */
dbx_status group_merge_add(group_merge *m, group_table *t, bool emptied,
                           const group_strands *strands) MUST_CHECK;
/* Brings all parts to the same partitions. Returns through *tasks how many merge calls are needed:
 * 0 or 1 << bits. */
dbx_status group_merge_plan(group_merge *m, uint32_t *tasks) MUST_CHECK;
/* Folds from[i] into to[i]. NULL for sets without states. */
typedef dbx_status (*group_fold)(void *state, uint8_t *const *from, uint8_t *const *to,
                                 uint32_t count);
dbx_status group_merge_partition(group_merge *m, uint32_t partition, group_fold fold,
                                 void *state) MUST_CHECK;
uint64_t group_merge_count(const group_merge *m); /* after merging */

typedef struct group_reader { /* walks the surviving rows of a partition */
    const group_merge *merge;
    const group_result *result;
    uint64_t at;
    group_cursor cursor;
} group_reader;
void group_reader_init(group_reader *r, const group_merge *m, uint32_t partition);
uint32_t group_reader_next(group_reader *r, uint8_t **out, uint32_t max);

#endif
