/* loop_join.h - inside of the join by any condition: op_nested_loop_join.c and loop_join_range.c.
 */
#ifndef DBX_EXEC_LOOP_JOIN_H
#define DBX_EXEC_LOOP_JOIN_H

#include "exec/chunk_slice.h"
#include "exec/operators.h"
#include "exec/ordered_rows.h"

typedef struct loop_join_range loop_join_range;

typedef struct loop_join_state {
    const phys_nested_loop_join *op;
    exec *x;
    ledger *ledger;
    arena arena;
    const program *conditions; /* NULL: none */
    const phys_op *left, *right;
    ordered_rows rows;
    uint64_t *first_rows; /* number of the first row of each right chunk */
    uint8_t *matched;     /* RIGHT, FULL: by row number */
    uint64_t matched_size;
    bool gives_right, keeps_right, first_match_only, three_valued;
    loop_join_range *range; /* NULL: the right rows are not sorted */
    _Atomic uint32_t next_chunk;
} loop_join_state;

typedef struct loop_join_probe {
    evaluator *evaluator;
    evaluator *bounds; /* of ranges */
    vector *values;    /* of the conditions */
    vector *columns;   /* of a pair chunk: left's then right's */
    arena arena;       /* of the arrays above */
    arena constants;   /* of one row taken as constants, or of one batch of pairs */
    arena scratch;     /* of one left chunk: its bounds */
    compactor compactor;
    uint32_t pair_count;
    sel_t open[CHUNK_ROWS_MAX];       /* left rows that still look for a match */
    sel_t pair_left[CHUNK_ROWS_MAX];  /* rows of the left chunk */
    sel_t pair_right[CHUNK_ROWS_MAX]; /* numbers of sorted right rows */
    sel_t kept[CHUNK_ROWS_MAX];
    uint8_t matched[CHUNK_ROWS_MAX];
    uint8_t unknown[CHUNK_ROWS_MAX];
} loop_join_probe;

/* Rows sel[0..rows) of `all`, gathered until they are worth passing on. */
dbx_status loop_join_give(exec_worker *w, loop_join_probe *p, const chunk *all, const sel_t *sel,
                          uint32_t rows, error *err) MUST_CHECK;

/* ---- ranges: the right rows sorted by a key, so that bounds of a left row are found by halving
 * ---- */

dbx_status loop_join_range_init(loop_join_state *s, error *err) MUST_CHECK;
void loop_join_range_deinit(loop_join_state *s);
/* Sorts the kept right rows, which become chunks of the sorted ones. */
dbx_status loop_join_range_finish(loop_join_state *s, error *err) MUST_CHECK;
dbx_status loop_join_range_probe_init(loop_join_state *s, loop_join_probe *p,
                                      error *err) MUST_CHECK;
/* All pairs of a left chunk; matched rows are noted as by the loops. */
dbx_status loop_join_range_push(exec_worker *w, loop_join_state *s, loop_join_probe *p,
                                const chunk *in, error *err) MUST_CHECK;

#endif
