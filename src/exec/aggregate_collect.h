/* aggregate_collect.h - DISTINCT and ordered aggregates: their rows are kept until all input is
 * known.
 *
 * DISTINCT keeps a set of (groups, arguments) that is merged like groups are; an ordered aggregate
 * keeps (groups, arguments, order keys), on one worker. Afterwards a task feeds them to the
 * kernels, through a table of groups of its own whose partial states join those of the other
 * aggregates.
 */
#ifndef DBX_EXEC_AGGREGATE_COLLECT_H
#define DBX_EXEC_AGGREGATE_COLLECT_H

#include "exec/aggregate_set.h"
#include "exec/group_growth.h"
#include "exec/group_merge.h"
#include "exec/ordered_rows.h"

typedef struct collector { /* shared by all workers */
    const aggregate_set *set;
    uint32_t item;
    uint32_t key_count; /* group columns */
    type *types;        /* groups, arguments, order keys */
    bool ordered, distinct;
    group_layout layout; /* of (groups, arguments) */
    uint8_t no_states[16];
    group_merge merge;    /* DISTINCT without order */
    ordered_rows rows;    /* ordered */
    uint32_t merge_tasks; /* partitions to merge; 0: none */
    uint32_t tasks;       /* of feeding */
    ledger *ledger;
} collector;

typedef struct collector_local {
    collector *owner;
    group_table table;
    group_growth growth;
    ordered_local rows;
    arena arena; /* of one call */
    uint8_t *found[CHUNK_ROWS_MAX];
    sel_t fresh[CHUNK_ROWS_MAX];
} collector_local;

dbx_status collector_init(collector *c, const aggregate_set *set, uint32_t item,
                          const type *key_types, uint32_t key_count, ledger *l,
                          arena *a) MUST_CHECK;
void collector_deinit(collector *c);
dbx_status collector_local_init(collector_local *l, collector *c) MUST_CHECK;
void collector_local_deinit(collector_local *l);
/* Keeps rows sel (NULL: 0..rows) of the keys and values. */
dbx_status collector_add(collector_local *l, const exec_worker *w, const vector *keys,
                         const vector *values, const sel_t *sel, uint32_t rows) MUST_CHECK;
dbx_status collector_combine(collector_local *l) MUST_CHECK;
/* All workers combined: how many feed tasks there are. */
dbx_status collector_plan(collector *c, uint32_t *tasks) MUST_CHECK;
/* Runs one of them: the aggregate's partial states go into `into`, a table of the operator's
 * groups. */
dbx_status collector_feed(collector *c, uint32_t task, aggregate_calls *calls, group_table *into,
                          error *err) MUST_CHECK;

#endif
