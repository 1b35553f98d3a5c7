/* window_part.h - one batch of whole partitions, sorted, whose window functions are computed
 * together.
 *
 * Rows are numbered from 0 in the batch. `starts` has partition_count + 1 entries. Columns hold the
 * payload that functions read (arguments, filters, RANGE bounds); results get one vector a
 * function, of `rows` rows.
 */
#ifndef DBX_EXEC_WINDOW_PART_H
#define DBX_EXEC_WINDOW_PART_H

#include "exec/sort_run.h"

/* Where a function finds what it needs among the payload's columns. */
typedef struct window_inputs {
    uint32_t args;   /* first of argument_count columns */
    uint32_t filter; /* column, when has_filter */
    uint32_t start_bound,
        end_bound;                /* RANGE: columns of bound values, when the frame has offsets */
    int64_t start_rows, end_rows; /* ROWS, GROUPS: offsets */
} window_inputs;

typedef struct window_batch {
    const phys_window *op;
    const window_inputs *inputs; /* per function */
    const sort_spec *spec;
    query *query;
    arena *arena; /* lives as long as the batch */
    uint32_t rows;
    const sort_record *records;
    const uint32_t *starts;
    uint32_t partition_count;
    vector *columns;      /* payload columns that functions need, FLAT; others are unset */
    uint32_t *peer_start; /* per row: first row with an equal order key; made on demand */
    uint32_t *peer_end;
} window_batch;

/* Computes function f of the operator for all rows of the batch. */
dbx_status window_compute(window_batch *b, uint32_t f, vector *out, error *err) MUST_CHECK;

/* Fills peer_start and peer_end. */
dbx_status window_peers(window_batch *b) MUST_CHECK;

/* Frame of each row: [from[i], to[i]) with from <= to. Arrays have `rows` entries. */
dbx_status window_frames(window_batch *b, uint32_t f, uint32_t *from, uint32_t *to,
                         error *err) MUST_CHECK;

#endif
