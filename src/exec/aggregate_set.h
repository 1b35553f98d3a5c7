/* aggregate_set.h - the aggregates of one operator: layout of their states, and calls of their
 * kernels.
 *
 * Shared by grouped and ungrouped aggregation. States of all aggregates of a group lie side by
 * side. An `aggregate_calls` holds what one worker needs to call kernels; the arena of states'
 * contents is given with each call.
 */
#ifndef DBX_EXEC_AGGREGATE_SET_H
#define DBX_EXEC_AGGREGATE_SET_H

#include "exec/operator.h"

enum { AGGREGATE_NO_FILTER = UINT32_MAX };

typedef struct aggregate_item {
    const expr_aggregate *e;
    span position;
    type result_type;
    const type *arg_types;
    const type *order_types;
    uint32_t offset;    /* of its state among the states */
    uint32_t first_arg; /* its arguments among the values: args, then filter, then order keys */
    uint32_t arg_count;
    uint32_t filter; /* among the values; AGGREGATE_NO_FILTER */
    uint32_t first_order, order_count;
    bool nulls_aware;
    bool distinct;  /* and it matters */
    bool collected; /* distinct or ordered: fed when all input is known */
    bool shared;    /* an item before it has the same state: nothing to feed or combine */
} aggregate_item;

typedef struct aggregate_set {
    query *query;
    aggregate_item *items;
    uint32_t count;
    uint32_t states_size; /* multiple of 16 */
    uint8_t *initial_states;
    bool order_sensitive; /* results depend on the order of rows */
    bool any_collected;
    uint32_t value_count; /* of all items */
} aggregate_set;

/* Lays out op's aggregates; appends their arguments, filters and order keys to exprs (room for
 * aggregate_set_value_count) whose first `first_value` are the groups. */
uint32_t aggregate_set_value_count(const phys_aggregate *op);
dbx_status aggregate_set_init(aggregate_set *s, const phys_aggregate *op, query *q,
                              uint32_t first_value, expr **exprs, arena *a) MUST_CHECK;
/* narrow[v] is set for the values that their kernels take in narrow layouts. */
void aggregate_set_narrow(const aggregate_set *s, bool *narrow);
/* Fed by somebody else, or later: not with each chunk. */
static inline bool aggregate_item_is_idle(const aggregate_item *item) {
    return item->collected || item->shared;
}

typedef struct aggregate_calls {
    const aggregate_set *set;
    arena arena;           /* scratch of the kernels, as long as this */
    void **scratch;        /* one an item */
    arena *scratch_arenas; /* one an item */
    void *states[CHUNK_ROWS_MAX];
    void *others[CHUNK_ROWS_MAX];
    sel_t sel[CHUNK_ROWS_MAX];
} aggregate_calls;

dbx_status aggregate_calls_new(const aggregate_set *s, ledger *l, aggregate_calls **out) MUST_CHECK;
void aggregate_calls_free(aggregate_calls *c, ledger *l);

/* Rows of [0, rows), or of sel, that item i takes: filter TRUE, no NULL arguments unless it reads
 * them. *out is NULL when all do; else it lies in c->sel. */
void aggregate_select(aggregate_calls *c, uint32_t i, const vector *values, const sel_t *sel,
                      uint32_t rows, const sel_t **out, uint32_t *out_rows);
/* Feeds item i: row r of the values belongs to the states at groups[r] + states_offset. rows are
 * selected already when `selected`. bound: all rows are below it. */
dbx_status aggregate_update(aggregate_calls *c, uint32_t i, const vector *args, const sel_t *sel,
                            uint32_t rows, uint32_t bound, uint8_t *const *groups,
                            uint32_t states_offset, arena *contents, error *err) MUST_CHECK;
/* All rows belong to one set of states. */
dbx_status aggregate_update_one(aggregate_calls *c, uint32_t i, const vector *args,
                                const sel_t *sel, uint32_t rows, uint32_t bound, uint8_t *states,
                                arena *contents, error *err) MUST_CHECK;
/* Row r < rows belongs to states groups[r]; counts[g] rows are of group g. *done is false when the
 * kernel cannot take them so. The kernel has update_few. */
dbx_status aggregate_update_few(aggregate_calls *c, uint32_t i, const vector *args,
                                const uint8_t *groups, const uint32_t *counts, uint32_t rows,
                                uint32_t group_count, uint8_t *const *few, uint32_t states_offset,
                                arena *contents, bool *done, error *err) MUST_CHECK;
/* Rows before ends[0] belong to states groups[0], and so on; the kernel has update_runs. */
dbx_status aggregate_update_runs(aggregate_calls *c, uint32_t i, const vector *args,
                                 const uint32_t *ends, uint32_t runs, uint8_t *const *groups,
                                 uint32_t states_offset, arena *contents, error *err) MUST_CHECK;
/* Folds all states of from[k] into to[k]. */
dbx_status aggregate_combine(aggregate_calls *c, uint8_t *const *from, uint8_t *const *to,
                             uint32_t count, uint32_t states_offset, arena *contents,
                             error *err) MUST_CHECK;
/* Results of item i of groups[0..count) into rows at.. of out. */
dbx_status aggregate_finalize(aggregate_calls *c, uint32_t i, uint8_t *const *groups,
                              uint32_t count, uint32_t states_offset, vector *out, uint32_t at,
                              arena *contents, error *err) MUST_CHECK;

#endif
