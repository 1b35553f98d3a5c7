/* ordered_rows.h - rows that many workers collect and that end up in the order of a single worker.
 *
 * Each worker copies its chunks beside the (pipeline, morsel) they came from; combine hands them
 * over; finish sorts. Used by RESULT, MATERIALIZE, LIMIT, RECURSIVE and the right side of nested
 * loop joins.
 */
#ifndef DBX_EXEC_ORDERED_ROWS_H
#define DBX_EXEC_ORDERED_ROWS_H

#include "exec/operator.h"

typedef struct ordered_chunk {
    uint32_t pipeline;
    uint32_t sequence; /* of its worker */
    uint64_t morsel;
    chunk *chunk;
} ordered_chunk;

typedef struct ordered_rows {
    os_mutex mutex;
    ledger *ledger;
    collection rows;                /* after finish: chunks in order */
    ARENA_LIST(ordered_chunk) keys; /* in rows.arena */
} ordered_rows;

typedef struct ordered_local {
    ordered_rows *owner;
    collection rows;
    ARENA_LIST(ordered_chunk) keys; /* in rows.arena */
    chunk staging;                  /* the morsel's last rows; buffers in rows.arena */
    uint32_t room;                  /* of staging; 0: none */
    uint32_t pipeline;
    uint64_t morsel;
} ordered_local;

dbx_status ordered_rows_init(ordered_rows *o, const type *types, uint32_t count,
                             ledger *l) MUST_CHECK;
void ordered_rows_deinit(ordered_rows *o);
/* Empties it for reuse. */
dbx_status ordered_rows_clear(ordered_rows *o) MUST_CHECK;
/* Sorts what was combined; o->rows is then complete. */
dbx_status ordered_rows_finish(ordered_rows *o) MUST_CHECK;

dbx_status ordered_local_init(ordered_local *l, ordered_rows *o) MUST_CHECK;
void ordered_local_deinit(ordered_local *l);
/* Copies the chunk as part of the worker's current morsel. */
dbx_status ordered_local_append(ordered_local *l, const exec_worker *w, const chunk *in) MUST_CHECK;
/* Hands everything over; the local is then empty. Safe from many workers at once. */
dbx_status ordered_local_combine(ordered_local *l) MUST_CHECK;

#endif
