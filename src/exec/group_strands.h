/* group_strands.h - groups of clustered keys without a hash table.
 *
 * Where rows come in the order of their key, equal keys lie in a run, and a group is done when its
 * run ends. A worker then appends one row a run and remembers strands: stretches of its rows whose
 * keys ascend, with their first and last key. When all workers are done and no two strands overlap,
 * every row is a whole group, but for the ends where one strand goes on where another stopped.
 * Strands that do overlap are partial groups like any others and are merged by hash.
 *
 * For one integer key. Nothing is assumed of the source: each chunk's keys tell, and a worker that
 * meets disorder goes over to its hash table.
 */
#ifndef DBX_EXEC_GROUP_STRANDS_H
#define DBX_EXEC_GROUP_STRANDS_H

#include "exec/group_table.h"

typedef struct group_strand {
    int64_t min, max;
    uint8_t *first, *last; /* rows */
} group_strand;

typedef ARENA_LIST(group_strand) group_strand_list;

typedef struct group_strands {
    bool off; /* no chunk is taken any more */
    uint64_t chunks;
    uint64_t morsel; /* of the last strand: other workers have those between */
    uint64_t reach;  /* from the first to the last key of recent chunks */
    group_strand_list list;
    arena arena;                       /* of the list */
    uint32_t run_count;                /* of the last chunk taken */
    uint32_t run_ends[CHUNK_ROWS_MAX]; /* row after each run */
    uint8_t *run_rows[CHUNK_ROWS_MAX];
} group_strands;

void group_strands_init(group_strands *s, const group_layout *l, ledger *owner);
void group_strands_deinit(group_strands *s);
/* Takes the chunk when its keys are as they should be: run_rows then has the group of each run.
 * The table has no rows but those of strands. */
dbx_status group_strands_take(group_strands *s, group_table *t, uint64_t morsel, const vector *key,
                              uint32_t rows, bool *taken) MUST_CHECK;
/* The strands tell nothing any more: rows moved, or came another way. */
static inline void group_strands_forget(group_strands *s) {
    s->off = true;
    s->list.count = 0;
}

/* Sorts the strands of all workers. False when two overlap. */
bool group_strands_are_apart(group_strand *strands, uint32_t count);

#endif
