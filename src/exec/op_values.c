/* op_values.c - rows of expressions: VALUES, and the single row of a SELECT without FROM.
 *
 * Rows are few or constant as a rule, so one worker makes them, a chunk at a time; the expressions
 * of a chunk are compiled just before, so that a long list does not stay in memory twice.
 */
#include "exec/operators.h"

typedef struct values_state {
    const phys_values *op;
    exec *x;
    ledger *ledger;
    _Atomic bool taken;
} values_state;

typedef struct values_local {
    values_state *state;
    arena arena; /* of one chunk */
    uint32_t row;
    chunk out;
} values_local;

static dbx_status values_state_new(exec *x, const phys_op *op, op_state **out, error *err) {
    ledger *l = exec_op_ledger(x, op);
    values_state *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->op = (const phys_values *)op;
    s->x = x;
    s->ledger = l;
    *out = (op_state *)s;
    return DBX_OK;
}

static void values_state_free(exec *x, op_state *state) {
    values_state *s = (values_state *)state;
    (void)x;
    mem_free(s->ledger, s, sizeof(*s));
}

static dbx_status values_local_new(exec_worker *w, op_state *state, uint32_t sink_input,
                                   op_local **out, error *err) {
    values_state *s = (values_state *)state;
    (void)w, (void)sink_input;
    values_local *l = mem_alloc_zero(s->ledger, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    l->state = s;
    arena_init(&l->arena, s->ledger);
    *out = (op_local *)l;
    return DBX_OK;
}

static void values_local_free(exec_worker *w, op_local *local) {
    values_local *l = (values_local *)local;
    (void)w;
    arena_deinit(&l->arena);
    mem_free(l->state->ledger, l, sizeof(*l));
}

static dbx_status values_source_start(exec *x, op_state *s, error *err) {
    (void)x, (void)err;
    atomic_store(&((values_state *)s)->taken, false);
    return DBX_OK;
}

static uint64_t values_source_rows(exec *x, op_state *s) {
    (void)x;
    return MIN(((values_state *)s)->op->row_count,
               (uint32_t)CHUNK_ROWS_MAX); /* one morsel: one worker */
}

static dbx_status values_next_morsel(exec_worker *w, op_state *s, op_local *l, bool *more,
                                     uint64_t *index, error *err) {
    (void)w, (void)err;
    *more = !atomic_exchange(&((values_state *)s)->taken, true);
    *index = 0;
    ((values_local *)l)->row = 0;
    return DBX_OK;
}

static bool values_are_constant(expr *const *exprs, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (exprs[i]->kind != EXPR_CONSTANT) return false;
    }
    return true;
}

/* Cell i of `count` goes to row i / columns, column i % columns. */
static dbx_status values_store(values_local *l, const vector *cell, uint32_t i) {
    uint32_t columns = l->out.column_count;
    return vector_copy(&l->out.columns[i % columns], i / columns, cell, NULL, 0, 1, &l->arena);
}

static dbx_status values_compute(values_local *l, expr *const *exprs, uint32_t count, error *err) {
    query *q = exec_query(l->state->x);
    const program *p;
    evaluator *e = NULL;
    dbx_status status;
    vector *cells = ARENA_ARRAY(&l->arena, vector, count);
    if (cells == NULL) return error_nomem(err);
    TRY(program_compile(&l->arena, q, exprs, count, &p, err));
    TRY(evaluator_new(p, q, l->state->ledger, 1, &e, err));
    chunk nothing = {NULL, 0, 1};
    TRY_GOTO(evaluator_run(e, &nothing, NULL, 1, cells, err), done);
    for (uint32_t i = 0; i < count; i++)
        TRY_GOTO(op_check(values_store(l, &cells[i], i), err), done);
done:
    evaluator_free(e);
    return status;
}

static dbx_status values_read(exec_worker *w, op_state *state, op_local *local, const chunk **out,
                              error *err) {
    const phys_values *op = ((values_state *)state)->op;
    values_local *l = (values_local *)local;
    uint32_t columns = op->base.column_count;
    *out = NULL;
    if (l->row == op->row_count) return DBX_OK;
    uint32_t rows = MIN(op->row_count - l->row, exec_vector_size(worker_exec(w)));
    expr *const *exprs = op->exprs + (size_t)l->row * columns;
    arena_reset(&l->arena);
    l->out = (chunk){NULL, columns, rows};
    if (columns > 0) {
        l->out.columns = ARENA_ARRAY(&l->arena, vector, columns);
        if (l->out.columns == NULL) return error_nomem(err);
        for (uint32_t i = 0; i < columns; i++) {
            OP_TRY(vector_init(&l->out.columns[i], op->base.types[i], rows, &l->arena), err);
        }
    }
    uint32_t cells = rows * columns;
    if (cells > 0 && values_are_constant(exprs, cells)) {
        for (uint32_t i = 0; i < cells; i++) OP_TRY(values_store(l, exprs[i]->u.value, i), err);
    } else if (cells > 0) {
        TRY(values_compute(l, exprs, cells, err));
    }
    l->row += rows;
    *out = &l->out;
    return DBX_OK;
}

const op_vtab op_values_vtab = {
    .state_new = values_state_new,
    .state_free = values_state_free,
    .local_new = values_local_new,
    .local_free = values_local_free,
    .source_start = values_source_start,
    .source_rows = values_source_rows,
    .next_morsel = values_next_morsel,
    .read = values_read,
};
