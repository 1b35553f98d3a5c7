/* op_write.c - feeds a data_sink and gives the number of rows written. */
#include "exec/operators.h"

enum { WRITE_MORSEL_BITS = 40 }; /* chunks of several pipelines are ordered by pipeline first */

typedef struct write_state {
    const phys_write *op;
    exec *x;
    ledger *ledger;
    uint64_t rows;
    _Atomic bool taken;
} write_state;

typedef struct write_local {
    write_state *state;
    sink_local *sink;
    bool given;
    vector column;
    chunk out;
} write_local;

static dbx_status write_state_new(exec *x, const phys_op *op, op_state **out, error *err) {
    ledger *l = exec_op_ledger(x, op);
    *out = NULL;
    if (((const phys_write *)op)->sink == NULL) {
        return error_raise(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature", "writing to this relation", NULL);
    }
    write_state *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->op = (const phys_write *)op;
    s->x = x;
    s->ledger = l;
    *out = (op_state *)s;
    return DBX_OK;
}

static void write_state_free(exec *x, op_state *state) {
    write_state *s = (write_state *)state;
    (void)x;
    mem_free(s->ledger, s, sizeof(*s));
}

static dbx_status write_local_new(exec_worker *w, op_state *state, uint32_t sink_input, op_local **out, error *err) {
    write_state *s = (write_state *)state;
    (void)w, (void)err, (void)sink_input;
    write_local *l = mem_alloc_zero(s->ledger, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    l->state = s;
    *out = (op_local *)l;
    return DBX_OK;
}

static void write_local_free(exec_worker *w, op_local *local) {
    write_local *l = (write_local *)local;
    data_sink *to = l->state->op->sink;
    (void)w;
    if (l->sink != NULL) { /* the execution failed: nothing of it will be visible */
        error ignored;
        error_init(&ignored);
        dbx_status status = to->vtab->combine(to, l->sink, &ignored);
        (void)status;
        error_deinit(&ignored);
    }
    mem_free(l->state->ledger, l, sizeof(*l));
}

static dbx_status write_sink(exec_worker *w, op_state *s, op_local *local, const chunk *in, error *err) {
    write_local *l = (write_local *)local;
    data_sink *to = l->state->op->sink;
    (void)s;
    if (l->sink == NULL) TRY(op_check(to->vtab->local_new(to, &l->sink, err), err));
    uint64_t order = (uint64_t)worker_pipeline(w) << WRITE_MORSEL_BITS | worker_morsel_index(w);
    return op_check(to->vtab->append(to, l->sink, in, order, err), err);
}

static dbx_status write_combine(exec_worker *w, op_state *s, op_local *local, error *err) {
    write_local *l = (write_local *)local;
    data_sink *to = l->state->op->sink;
    sink_local *ended = l->sink;
    (void)w, (void)s;
    l->sink = NULL;
    return ended == NULL ? DBX_OK : op_check(to->vtab->combine(to, ended, err), err);
}

static dbx_status write_finish(exec *x, op_state *state, error *err) {
    write_state *s = (write_state *)state;
    (void)x;
    return op_check(s->op->sink->vtab->finish(s->op->sink, &s->rows, err), err);
}

static dbx_status write_source_start(exec *x, op_state *s, error *err) {
    (void)x, (void)err;
    atomic_store(&((write_state *)s)->taken, false);
    return DBX_OK;
}

static uint64_t write_source_rows(exec *x, op_state *s) {
    (void)x, (void)s;
    return 1;
}

static dbx_status write_next_morsel(exec_worker *w, op_state *s, op_local *l, bool *more, uint64_t *index,
                                    error *err) {
    (void)w, (void)err;
    *more = !atomic_exchange(&((write_state *)s)->taken, true);
    *index = 0;
    ((write_local *)l)->given = false;
    return DBX_OK;
}

static dbx_status write_read(exec_worker *w, op_state *state, op_local *local, const chunk **out, error *err) {
    write_state *s = (write_state *)state;
    write_local *l = (write_local *)local;
    *out = NULL;
    if (l->given) return DBX_OK;
    l->given = true;
    OP_TRY(vector_init(&l->column, type_simple(TYPE_BIGINT), 1, worker_chunk_arena(w)), err);
    VECTOR_DATA(&l->column, int64_t)[0] = (int64_t)s->rows;
    l->out = (chunk){&l->column, 1, 1};
    *out = &l->out;
    return DBX_OK;
}

const op_vtab op_write_vtab = {
    .state_new = write_state_new,
    .state_free = write_state_free,
    .local_new = write_local_new,
    .local_free = write_local_free,
    .source_start = write_source_start,
    .source_rows = write_source_rows,
    .next_morsel = write_next_morsel,
    .read = write_read,
    .sink = write_sink,
    .combine = write_combine,
    .finish = write_finish,
};
