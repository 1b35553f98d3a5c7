/* top_bound.h - what TOP_N need not look at: rows whose first sort key is worse than that of enough
 * rows before.
 *
 * The wanted-th best first key of any chunk bounds the result, since that chunk alone has so many
 * rows that are at least as good. Later rows beyond the bound are dropped before their keys are
 * encoded; a chunk that keeps enough rows tightens it. Equal keys are kept: further keys, or the
 * order of arrival, decide.
 */
#ifndef DBX_EXEC_TOP_BOUND_H
#define DBX_EXEC_TOP_BOUND_H

#include "exec/operator.h"
#include "vector/compare.h"

enum { TOP_BOUND_ROWS_MAX = 1024 }; /* more are not worth it */

typedef struct top_bound {
    sort_order order;
    uint64_t wanted;
    bool off; /* not for this sort */
    bool known;
    vector value; /* one row */
    arena arena;
    sel_t heap[TOP_BOUND_ROWS_MAX]; /* rows of the chunk, the worst of the best first */
} top_bound;

void top_bound_init(top_bound *b, type key, sort_order order, uint64_t wanted, ledger *l);
void top_bound_deinit(top_bound *b);
/* Rows of [0, rows) that may be among the best: *sel is NULL when all are, else it is `room`. */
dbx_status top_bound_apply(top_bound *b, const vector *key, uint32_t rows, sel_t *room,
                           const sel_t **sel, uint32_t *kept) MUST_CHECK;

#endif
