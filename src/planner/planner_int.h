/* planner_int.h - shared by the planner's own files.
 *
 * Planning goes in three steps: planner_convert makes the tree of operators, bottom-up and with
 * only the columns that are needed; planner_add_runtime_filters connects scans with joins above
 * them; planner_cut makes pipelines. Inner functions return DBX_NOMEM without raising; planner_plan
 * raises it.
 */
#ifndef DBX_PLANNER_PLANNER_INT_H
#define DBX_PLANNER_PLANNER_INT_H

#include "planner/planner.h"

enum { PLANNER_DEPTH_MAX = 4096, PLANNER_NO_SLOT = UINT32_MAX };

/* An operator and what its output chunk holds: columns[slot]. */
typedef struct planned {
    phys_op *op;
    plan_column *columns;
    uint32_t count;
} planned;

/* A CTE that is materialized, or a recursion; columns in the order of the definition's output
 * chunk. The step of a recursion may name them by the ids of the recursion or of its anchor. */
typedef struct planner_cte {
    uint32_t index;
    phys_op *op;
    const plan_column *columns;
    const plan_column *anchor; /* NULL but for recursions */
    uint32_t count;
} planner_cte;

typedef struct planner {
    plan_context *context;
    arena *arena;
    error *err;
    ARENA_LIST(phys_op *) ops;
    ARENA_LIST(planner_cte) ctes;
    /* Column id -> slot of the input that expressions are being rewritten for; PLANNER_NO_SLOT
     * elsewhere. */
    uint32_t *slot_of;
    column_id slot_bound;
    uint32_t depth;
} planner;

/* ---- planner.c ---- */

/* Makes an operator of `size` bytes whose outputs are `columns`. */
dbx_status planner_op_new(planner *p, phys_kind kind, size_t size, uint32_t child_count,
                          const plan_column *columns, uint32_t count, double rows,
                          void *op) MUST_CHECK;
/* From now on slots mean columns of x, or of x then y (y may be NULL). */
void planner_enter(planner *p, const planned *x, const planned *y);
void planner_leave(planner *p, const planned *x, const planned *y);
/* Copies with columns replaced by slots; an unknown column is an INTERNAL_ERROR. */
dbx_status planner_slots(planner *p, const expr *x, expr **out) MUST_CHECK;
dbx_status planner_slots_all(planner *p, expr *const *exprs, uint32_t count,
                             expr ***out) MUST_CHECK;
/* Adds a projection unless x gives exactly these columns in this order (an id may stand twice). */
dbx_status planner_align(planner *p, planned *x, const column_id *ids, const plan_column *as,
                         uint32_t count) MUST_CHECK;
/* Drops columns that are not needed, by a projection if there are any. */
dbx_status planner_narrow(planner *p, planned *x, const column_set *need) MUST_CHECK;
dbx_status planner_need(planner *p, column_set *need, expr *const *exprs,
                        uint32_t count) MUST_CHECK;
/* A set of its own with what `from` holds. */
dbx_status planner_need_copy(planner *p, const column_set *from, column_set *out) MUST_CHECK;

/* ---- convert.c, scan.c, join.c ---- */

/* Makes operators for n that give at least the needed ones of its columns. */
dbx_status planner_convert(planner *p, plan_node *n, const column_set *need,
                           planned *out) MUST_CHECK;
dbx_status planner_convert_scan(planner *p, plan_scan *s, const column_set *need,
                                planned *out) MUST_CHECK;
dbx_status planner_convert_join(planner *p, plan_join *j, const column_set *need,
                                planned *out) MUST_CHECK;

/* ---- runtime_filter.c, pipelines.c ---- */

dbx_status planner_add_runtime_filters(planner *p, phys_op *root) MUST_CHECK;
dbx_status planner_cut(planner *p, phys_op *root, physical_plan *plan) MUST_CHECK;

#endif
