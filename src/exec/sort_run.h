/* sort_run.h - sorted runs, in memory or spilled, and their merging.
 *
 * SORT and WINDOW turn each worker's sorted buffer into a run. A worker whose buffer must not grow
 * spills it as a run of its own and starts a fresh one; when a worker has many spilled runs of one
 * level, it merges them into one of the next, so that few are left at the end.
 *
 * The order of all runs is cut into slices by pivots, and any number of workers merge disjoint
 * slices at once. Of a spilled run only the first row of each block stays in memory: by it a slice
 * finds its blocks; rows before its first pivot are skipped, those from its second on left.
 */
#ifndef DBX_EXEC_SORT_RUN_H
#define DBX_EXEC_SORT_RUN_H

#include "exec/sort_buffer.h"
#include "exec/spill.h"

typedef struct sort_run {
    uint64_t rows;
    uint32_t level;      /* of a spilled run: how many merges made it */
    sort_buffer *memory; /* NULL: spilled */
    spill_stream spilled;
    arena heap;         /* the rows of `first` */
    sort_record *first; /* of each block */
    uint32_t first_count, first_capacity;
} sort_run;

/* Runs of one worker, later of all. */
typedef struct sort_runs {
    const sort_spec *spec;
    exec *x;
    ledger *ledger;
    sort_run **items;
    uint32_t count, capacity;
    uint64_t rows;
} sort_runs;

void sort_runs_init(sort_runs *runs, const sort_spec *spec, exec *x, ledger *l);
void sort_runs_deinit(sort_runs *runs);
/* The worker's last rows: sorts the buffer and takes it over, *b is then NULL; or spills it where
 * other runs are spilled, so that merging has room. Empty buffers are left alone. */
dbx_status sort_runs_end(sort_runs *runs, sort_buffer **b, error *err) MUST_CHECK;
/* Sorts the buffer, writes it as a run, and empties it. */
dbx_status sort_runs_spill(sort_runs *runs, sort_buffer *b, error *err) MUST_CHECK;
/* Moves all runs of `from` to `to`; the caller holds what guards `to`. */
dbx_status sort_runs_move(sort_runs *to, sort_runs *from) MUST_CHECK;
bool sort_runs_any_spilled(const sort_runs *runs);

enum { SORT_SLICE_ROWS = 1 << 16 };

/* Slice i has the rows from pivot i on (0: from the first) and before pivot i + 1 (the last: to the
 * end). Pivots have slice_count - 1 entries. */
typedef struct sort_slices {
    uint32_t count;
    const sort_record *pivots;
} sort_slices;

/* Cuts the merged order into slices of about SORT_SLICE_ROWS rows, more where runs are spilled. At
 * most `most`. */
dbx_status sort_runs_slice(const sort_runs *runs, uint32_t most, arena *a,
                           sort_slices *out) MUST_CHECK;
/* How many rows of a run in memory come before the slice; only when none is spilled. */
uint64_t sort_run_rank(const sort_runs *runs, const sort_slices *slices, uint32_t slice,
                       uint32_t run);

/* Merges one slice. */
typedef struct sort_cursor sort_cursor;
typedef struct sort_merge {
    const sort_runs *runs;
    sort_cursor *cursors; /* one a run */
    uint32_t *heap;       /* runs with rows left, the one with the first row on top */
    uint32_t heap_count;
    uint32_t empty; /* run whose next block must be read; UINT32_MAX: none */
    arena arena;
} sort_merge;

dbx_status sort_merge_init(sort_merge *m, const sort_runs *runs) MUST_CHECK;
/* Also of one that is all zero. */
void sort_merge_deinit(sort_merge *m);
dbx_status sort_merge_start(sort_merge *m, const sort_slices *slices, uint32_t slice,
                            error *err) MUST_CHECK;
/* Up to `most` next rows in order; *count 0 at the end, and at times fewer than `most` before it.
 * Rows are valid until the next call. records may be NULL. */
dbx_status sort_merge_next(sort_merge *m, uint8_t **rows, sort_record *records, uint32_t most,
                           uint32_t *count, error *err) MUST_CHECK;

#endif
