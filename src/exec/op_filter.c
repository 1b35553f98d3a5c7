/* op_filter.c - keeps the rows that satisfy all conjuncts, as dictionaries over the input. */
#include "exec/chunk_slice.h"
#include "exec/operators.h"

typedef struct filter_state {
    const phys_filter *op;
    exec *x;
    ledger *ledger;
    arena arena;
    const program *program;
} filter_state;

typedef struct filter_local {
    filter_state *state;
    evaluator *evaluator;
    compactor compactor;
    sel_t sel[CHUNK_ROWS_MAX];
} filter_local;

static dbx_status filter_state_new(exec *x, const phys_op *op, op_state **out, error *err) {
    ledger *l = exec_op_ledger(x, op);
    filter_state *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->op = (const phys_filter *)op;
    s->x = x;
    s->ledger = l;
    arena_init(&s->arena, l);
    *out = (op_state *)s;
    return program_compile(&s->arena, exec_query(x), s->op->conjuncts, s->op->conjunct_count,
                           &s->program, err);
}

static void filter_state_free(exec *x, op_state *state) {
    filter_state *s = (filter_state *)state;
    (void)x;
    arena_deinit(&s->arena);
    mem_free(s->ledger, s, sizeof(*s));
}

static dbx_status filter_local_new(exec_worker *w, op_state *state, uint32_t sink_input,
                                   op_local **out, error *err) {
    filter_state *s = (filter_state *)state;
    (void)w, (void)sink_input;
    filter_local *l = mem_alloc(s->ledger, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    l->state = s;
    l->evaluator = NULL;
    compactor_init(&l->compactor, s->op->base.types, s->op->base.column_count,
                   exec_vector_size(s->x), s->ledger);
    *out = (op_local *)l;
    return evaluator_new(s->program, exec_query(s->x), s->ledger, CHUNK_ROWS_MAX, &l->evaluator,
                         err);
}

static void filter_local_free(exec_worker *w, op_local *local) {
    filter_local *l = (filter_local *)local;
    (void)w;
    if (l->evaluator != NULL) evaluator_free(l->evaluator);
    compactor_deinit(&l->compactor);
    mem_free(l->state->ledger, l, sizeof(*l));
}

static dbx_status filter_flush(exec_worker *w, op_state *s, op_local *local, error *err) {
    filter_local *l = (filter_local *)local;
    (void)s;
    if (!compactor_has_rows(&l->compactor)) return DBX_OK;
    return pipeline_emit(w, compactor_give(&l->compactor), err);
}

static dbx_status filter_push(exec_worker *w, op_state *s, op_local *local, const chunk *in,
                              error *err) {
    filter_local *l = (filter_local *)local;
    uint32_t rows = 0;
    TRY(evaluator_filter(l->evaluator, in, NULL, in->rows, l->sel, &rows, err));
    assert(rows <= in->rows);
    if (rows == 0) return DBX_OK;
    if (compactor_wants(&l->compactor, rows)) {
        if (compactor_is_full_for(&l->compactor, rows)) TRY(filter_flush(w, s, local, err));
        return op_check(compactor_append(&l->compactor, in, l->sel, rows), err);
    }
    TRY(filter_flush(w, s, local, err));
    if (rows == in->rows) return pipeline_emit(w, in, err);
    chunk kept;
    OP_TRY(chunk_slice(&kept, in, l->sel, rows, worker_chunk_arena(w)), err);
    return pipeline_emit(w, &kept, err);
}

const op_vtab op_filter_vtab = {
    .state_new = filter_state_new,
    .state_free = filter_state_free,
    .local_new = filter_local_new,
    .local_free = filter_local_free,
    .push = filter_push,
    .flush = filter_flush,
};
