/* op_materialize.c - keeps rows for operators that read them later: CTE definitions, UNION ALL as a
 * breaker.
 *
 * MATERIALIZE is the sink; MATERIALIZED_SCAN, one per use of the CTE, is a source over its rows.
 * UNION_ALL passes its input on where it streams, and keeps it where the planner made it a sink.
 */
#include "exec/op_materialize.h"

#include "exec/operators.h"
#include "exec/ordered_rows.h"
#include "exec/rows_scan.h"

typedef struct materialize_state {
    ledger *ledger;
    ordered_rows rows;
    rows_scan scan; /* of its own role as a source */
} materialize_state;

typedef struct materialize_local {
    ledger *ledger;
    ordered_local rows;
    rows_scan_local scan;
} materialize_local;

static dbx_status materialize_state_new(exec *x, const phys_op *op, op_state **out, error *err) {
    ledger *l = exec_op_ledger(x, op);
    materialize_state *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->ledger = l;
    *out = (op_state *)s;
    return op_check(ordered_rows_init(&s->rows, op->types, op->column_count, l), err);
}

static void materialize_state_free(exec *x, op_state *state) {
    materialize_state *s = (materialize_state *)state;
    (void)x;
    ordered_rows_deinit(&s->rows);
    mem_free(s->ledger, s, sizeof(*s));
}

static dbx_status materialize_local_new(exec_worker *w, op_state *state, uint32_t sink_input,
                                        op_local **out, error *err) {
    materialize_state *s = (materialize_state *)state;
    (void)w, (void)sink_input;
    materialize_local *l = mem_alloc_zero(s->ledger, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    l->ledger = s->ledger;
    *out = (op_local *)l;
    return op_check(ordered_local_init(&l->rows, &s->rows), err);
}

static void materialize_local_free(exec_worker *w, op_local *local) {
    materialize_local *l = (materialize_local *)local;
    (void)w;
    ordered_local_deinit(&l->rows);
    mem_free(l->ledger, l, sizeof(*l));
}

static dbx_status materialize_sink(exec_worker *w, op_state *s, op_local *l, const chunk *in,
                                   error *err) {
    (void)s;
    return op_check(ordered_local_append(&((materialize_local *)l)->rows, w, in), err);
}

static dbx_status materialize_combine(exec_worker *w, op_state *s, op_local *l, error *err) {
    (void)w, (void)s;
    return op_check(ordered_local_combine(&((materialize_local *)l)->rows), err);
}

static dbx_status materialize_finish(exec *x, op_state *s, error *err) {
    (void)x;
    return op_check(ordered_rows_finish(&((materialize_state *)s)->rows), err);
}

static dbx_status materialize_source_start(exec *x, op_state *state, error *err) {
    materialize_state *s = (materialize_state *)state;
    (void)x, (void)err;
    rows_scan_init(&s->scan, &s->rows.rows, NULL, 0);
    return DBX_OK;
}

static uint64_t materialize_source_rows(exec *x, op_state *s) {
    (void)x;
    return rows_scan_count(&((materialize_state *)s)->scan);
}

static dbx_status materialize_next_morsel(exec_worker *w, op_state *s, op_local *l, bool *more,
                                          uint64_t *index, error *err) {
    (void)w, (void)err;
    *more = rows_scan_next_morsel(&((materialize_state *)s)->scan, &((materialize_local *)l)->scan,
                                  index);
    return DBX_OK;
}

static dbx_status materialize_read(exec_worker *w, op_state *s, op_local *l, const chunk **out,
                                   error *err) {
    return op_check(
        rows_scan_read(&((materialize_state *)s)->scan, &((materialize_local *)l)->scan, w, out),
        err);
}

const op_vtab op_materialize_vtab = {
    .state_new = materialize_state_new,
    .state_free = materialize_state_free,
    .local_new = materialize_local_new,
    .local_free = materialize_local_free,
    .source_start = materialize_source_start,
    .source_rows = materialize_source_rows,
    .next_morsel = materialize_next_morsel,
    .read = materialize_read,
    .sink = materialize_sink,
    .combine = materialize_combine,
    .finish = materialize_finish,
};

const collection *materialize_rows(op_state *s) {
    return &((materialize_state *)s)->rows.rows;
}

/* ---- UNION ALL ---- */

static dbx_status union_all_push(exec_worker *w, op_state *s, op_local *l, const chunk *in,
                                 error *err) {
    (void)s, (void)l;
    return pipeline_emit(w, in, err);
}

const op_vtab op_union_all_vtab = {
    .state_new = materialize_state_new,
    .state_free = materialize_state_free,
    .local_new = materialize_local_new,
    .local_free = materialize_local_free,
    .source_start = materialize_source_start,
    .source_rows = materialize_source_rows,
    .next_morsel = materialize_next_morsel,
    .read = materialize_read,
    .push = union_all_push,
    .sink = materialize_sink,
    .combine = materialize_combine,
    .finish = materialize_finish,
};

/* ---- scans of a CTE ---- */

typedef struct materialized_scan_state {
    const phys_materialize *op;
    ledger *ledger;
    rows_scan scan;
} materialized_scan_state;

typedef struct materialized_scan_local {
    ledger *ledger;
    rows_scan_local scan;
} materialized_scan_local;

static dbx_status materialized_scan_state_new(exec *x, const phys_op *op, op_state **out,
                                              error *err) {
    ledger *l = exec_op_ledger(x, op);
    materialized_scan_state *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->op = (const phys_materialize *)op;
    s->ledger = l;
    *out = (op_state *)s;
    return DBX_OK;
}

static void materialized_scan_state_free(exec *x, op_state *state) {
    materialized_scan_state *s = (materialized_scan_state *)state;
    (void)x;
    mem_free(s->ledger, s, sizeof(*s));
}

static dbx_status materialized_scan_local_new(exec_worker *w, op_state *state, uint32_t sink_input,
                                              op_local **out, error *err) {
    materialized_scan_state *s = (materialized_scan_state *)state;
    (void)w, (void)sink_input;
    materialized_scan_local *l = mem_alloc_zero(s->ledger, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    l->ledger = s->ledger;
    *out = (op_local *)l;
    return DBX_OK;
}

static void materialized_scan_local_free(exec_worker *w, op_local *local) {
    materialized_scan_local *l = (materialized_scan_local *)local;
    (void)w;
    mem_free(l->ledger, l, sizeof(*l));
}

static dbx_status materialized_scan_source_start(exec *x, op_state *state, error *err) {
    materialized_scan_state *s = (materialized_scan_state *)state;
    const phys_op *definition = s->op->definition;
    op_state *from = exec_state(x, definition);
    if (from == NULL) {
        return error_raise(err, ERR_INTERNAL_ERROR, (span){0, 0}, "message",
                           "a common table expression is read before it was computed", NULL);
    }
    uint32_t count = s->op->base.column_count;
    if (definition->kind == PHYS_OP_RECURSIVE) {
        rows_scan_init(&s->scan, recursive_rows(from), s->op->columns, count);
    } else {
        rows_scan_init(&s->scan, materialize_rows(from), s->op->columns, count);
    }
    return DBX_OK;
}

/* The same over the rows of the last iteration. */
static dbx_status recursive_scan_source_start(exec *x, op_state *state, error *err) {
    materialized_scan_state *s = (materialized_scan_state *)state;
    op_state *from = exec_state(x, s->op->definition);
    if (from == NULL || s->op->definition->kind != PHYS_OP_RECURSIVE) {
        return error_raise(err, ERR_INTERNAL_ERROR, (span){0, 0}, "message",
                           "a recursive reference stands outside its recursion", NULL);
    }
    uint32_t first, count;
    recursive_last_iteration(from, &first, &count);
    rows_scan_init(&s->scan, recursive_rows(from), s->op->columns, s->op->base.column_count);
    rows_scan_restrict_chunks(&s->scan, first, count);
    return DBX_OK;
}

static uint64_t materialized_scan_source_rows(exec *x, op_state *s) {
    (void)x;
    return rows_scan_count(&((materialized_scan_state *)s)->scan);
}

static dbx_status materialized_scan_next_morsel(exec_worker *w, op_state *s, op_local *l,
                                                bool *more, uint64_t *index, error *err) {
    (void)w, (void)err;
    *more = rows_scan_next_morsel(&((materialized_scan_state *)s)->scan,
                                  &((materialized_scan_local *)l)->scan, index);
    return DBX_OK;
}

static dbx_status materialized_scan_read(exec_worker *w, op_state *s, op_local *l,
                                         const chunk **out, error *err) {
    return op_check(rows_scan_read(&((materialized_scan_state *)s)->scan,
                                   &((materialized_scan_local *)l)->scan, w, out),
                    err);
}

const op_vtab op_materialized_scan_vtab = {
    .state_new = materialized_scan_state_new,
    .state_free = materialized_scan_state_free,
    .local_new = materialized_scan_local_new,
    .local_free = materialized_scan_local_free,
    .source_start = materialized_scan_source_start,
    .source_rows = materialized_scan_source_rows,
    .next_morsel = materialized_scan_next_morsel,
    .read = materialized_scan_read,
};

const op_vtab op_recursive_scan_vtab = {
    .state_new = materialized_scan_state_new,
    .state_free = materialized_scan_state_free,
    .local_new = materialized_scan_local_new,
    .local_free = materialized_scan_local_free,
    .source_start = recursive_scan_source_start,
    .source_rows = materialized_scan_source_rows,
    .next_morsel = materialized_scan_next_morsel,
    .read = materialized_scan_read,
};
