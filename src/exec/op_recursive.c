/* op_recursive.c - WITH RECURSIVE: the anchor's rows, then the step's rows over the last
 * iteration's until there are none.
 *
 *   anchor pipelines -> sink (input 0) -> finish: while the last iteration gave rows, runs the
 * step's pipelines, which read them through RECURSIVE_SCAN and end in the same sink (input 1). The
 * inner finish only puts rows in order.
 *
 * All rows live in one collection; the last iteration is a range of its chunks.
 */
#include "exec/op_materialize.h"
#include "exec/operators.h"
#include "exec/ordered_rows.h"
#include "exec/rows_scan.h"

#include <stdio.h>

typedef struct recursive_state {
    const phys_recursive *op;
    exec *x;
    ledger *ledger;
    ordered_rows incoming; /* rows of the running iteration */
    collection all;
    bool all_made;
    uint32_t last_first, last_count; /* chunks of the last iteration */
    bool iterating;
    rows_scan scan;
} recursive_state;

typedef struct recursive_local {
    recursive_state *state;
    ordered_local rows;
    rows_scan_local scan;
} recursive_local;

const collection *recursive_rows(op_state *s) {
    return &((recursive_state *)s)->all;
}

void recursive_last_iteration(op_state *s, uint32_t *first_chunk, uint32_t *chunk_count) {
    *first_chunk = ((recursive_state *)s)->last_first;
    *chunk_count = ((recursive_state *)s)->last_count;
}

static dbx_status recursive_state_new(exec *x, const phys_op *op, op_state **out, error *err) {
    ledger *l = exec_op_ledger(x, op);
    if (((const phys_recursive *)op)->distinct) {
        return error_raise(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                           "UNION in a recursive WITH", NULL);
    }
    recursive_state *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->op = (const phys_recursive *)op;
    s->x = x;
    s->ledger = l;
    *out = (op_state *)s;
    OP_TRY(ordered_rows_init(&s->incoming, op->types, op->column_count, l), err);
    OP_TRY(collection_init(&s->all, op->types, op->column_count, l), err);
    s->all_made = true;
    return DBX_OK;
}

static void recursive_state_free(exec *x, op_state *state) {
    recursive_state *s = (recursive_state *)state;
    (void)x;
    if (s->all_made) collection_deinit(&s->all);
    ordered_rows_deinit(&s->incoming);
    mem_free(s->ledger, s, sizeof(*s));
}

static dbx_status recursive_local_new(exec_worker *w, op_state *state, uint32_t sink_input,
                                      op_local **out, error *err) {
    recursive_state *s = (recursive_state *)state;
    (void)w, (void)sink_input;
    recursive_local *l = mem_alloc_zero(s->ledger, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    l->state = s;
    *out = (op_local *)l;
    return op_check(ordered_local_init(&l->rows, &s->incoming), err);
}

static void recursive_local_free(exec_worker *w, op_local *local) {
    recursive_local *l = (recursive_local *)local;
    (void)w;
    ordered_local_deinit(&l->rows);
    mem_free(l->state->ledger, l, sizeof(*l));
}

static dbx_status recursive_sink(exec_worker *w, op_state *s, op_local *l, const chunk *in,
                                 error *err) {
    (void)s;
    return op_check(ordered_local_append(&((recursive_local *)l)->rows, w, in), err);
}

static dbx_status recursive_combine(exec_worker *w, op_state *s, op_local *l, error *err) {
    (void)w, (void)s;
    return op_check(ordered_local_combine(&((recursive_local *)l)->rows), err);
}

/* Moves the iteration's rows behind all others. */
static dbx_status recursive_take_iteration(recursive_state *s) {
    s->last_first = s->all.chunks.count;
    TRY(collection_concat(&s->all, &s->incoming.rows));
    s->last_count = s->all.chunks.count - s->last_first;
    return ordered_rows_clear(&s->incoming);
}

static dbx_status recursive_check_rows(recursive_state *s, error *err) {
    if (s->all.rows <= s->op->max_rows) return DBX_OK;
    char limit[24];
    snprintf(limit, sizeof(limit), "%llu", (unsigned long long)s->op->max_rows);
    return error_raise(err, ERR_RECURSION_ROW_LIMIT_EXCEEDED, (span){0, 0}, "rowLimit", limit,
                       NULL);
}

static dbx_status recursive_check_depth(recursive_state *s, uint32_t depth, error *err) {
    if (depth <= s->op->max_depth) return DBX_OK;
    char limit[16];
    snprintf(limit, sizeof(limit), "%u", s->op->max_depth);
    return error_raise(err, ERR_RECURSION_LEVEL_LIMIT_EXCEEDED, (span){0, 0}, "levelLimit", limit,
                       NULL);
}

static dbx_status recursive_finish(exec *x, op_state *state, error *err) {
    recursive_state *s = (recursive_state *)state;
    OP_TRY(ordered_rows_finish(&s->incoming), err);
    if (s->iterating) return DBX_OK;
    s->iterating = true;
    OP_TRY(recursive_take_iteration(s), err);
    for (uint32_t depth = 1; s->last_count > 0 && s->all.rows < s->op->row_limit; depth++) {
        TRY(recursive_check_rows(s, err));
        TRY(recursive_check_depth(s, depth, err));
        TRY(exec_run_pipelines(x, s->op->step_first, s->op->step_count, err));
        OP_TRY(recursive_take_iteration(s), err);
    }
    s->iterating = false;
    return DBX_OK;
}

static dbx_status recursive_source_start(exec *x, op_state *state, error *err) {
    recursive_state *s = (recursive_state *)state;
    (void)x, (void)err;
    rows_scan_init(&s->scan, &s->all, NULL, 0);
    return DBX_OK;
}

static uint64_t recursive_source_rows(exec *x, op_state *s) {
    (void)x;
    return rows_scan_count(&((recursive_state *)s)->scan);
}

static dbx_status recursive_next_morsel(exec_worker *w, op_state *s, op_local *l, bool *more,
                                        uint64_t *index, error *err) {
    (void)w, (void)err;
    *more =
        rows_scan_next_morsel(&((recursive_state *)s)->scan, &((recursive_local *)l)->scan, index);
    return DBX_OK;
}

static dbx_status recursive_read(exec_worker *w, op_state *s, op_local *l, const chunk **out,
                                 error *err) {
    return op_check(
        rows_scan_read(&((recursive_state *)s)->scan, &((recursive_local *)l)->scan, w, out), err);
}

const op_vtab op_recursive_vtab = {
    .state_new = recursive_state_new,
    .state_free = recursive_state_free,
    .local_new = recursive_local_new,
    .local_free = recursive_local_free,
    .source_start = recursive_source_start,
    .source_rows = recursive_source_rows,
    .next_morsel = recursive_next_morsel,
    .read = recursive_read,
    .sink = recursive_sink,
    .combine = recursive_combine,
    .finish = recursive_finish,
};
