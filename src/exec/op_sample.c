/* op_sample.c - TABLESAMPLE: each row by a random number made of seed, pipeline, morsel and
 * position in it, so that the sample depends neither on threads nor on the vector size. By rows it
 * gives the first ones, as Spark does.
 */
#include "exec/chunk_slice.h"
#include "exec/operators.h"

#include "vector/hash.h"

typedef struct sample_state {
    const phys_sample *op;
    ledger *ledger;
    uint64_t passed; /* by rows */
} sample_state;

typedef struct sample_local {
    ledger *ledger;
    uint64_t morsel;
    uint64_t row; /* in the morsel */
    uint32_t pipeline;
    bool started;
    compactor compactor;
    sel_t sel[CHUNK_ROWS_MAX];
} sample_local;

static bool sample_wants_one_worker(const phys_op *op, bool as_sink) {
    (void)as_sink;
    return ((const phys_sample *)op)->spec.fraction < 0;
}

static dbx_status sample_state_new(exec *x, const phys_op *op, op_state **out, error *err) {
    ledger *l = exec_op_ledger(x, op);
    sample_state *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->op = (const phys_sample *)op;
    s->ledger = l;
    *out = (op_state *)s;
    return DBX_OK;
}

static void sample_state_free(exec *x, op_state *state) {
    sample_state *s = (sample_state *)state;
    (void)x;
    mem_free(s->ledger, s, sizeof(*s));
}

static dbx_status sample_local_new(exec_worker *w, op_state *state, uint32_t sink_input,
                                   op_local **out, error *err) {
    sample_state *s = (sample_state *)state;
    (void)sink_input;
    sample_local *l = mem_alloc(s->ledger, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    memset(l, 0, offsetof(sample_local, sel));
    l->ledger = s->ledger;
    uint32_t vector_size = exec_vector_size(worker_exec(w));
    compactor_init(&l->compactor, s->op->base.types, s->op->base.column_count, vector_size,
                   s->ledger);
    *out = (op_local *)l;
    return DBX_OK;
}

static void sample_local_free(exec_worker *w, op_local *local) {
    sample_local *l = (sample_local *)local;
    (void)w;
    compactor_deinit(&l->compactor);
    mem_free(l->ledger, l, sizeof(*l));
}

static dbx_status sample_first_rows(exec_worker *w, sample_state *s, const chunk *in, error *err) {
    uint64_t left = s->op->spec.row_count - MIN(s->op->spec.row_count, s->passed);
    s->passed += in->rows;
    if (left == 0) {
        pipeline_stop(w);
        return DBX_OK;
    }
    chunk part = *in;
    if (left < in->rows) {
        OP_TRY(chunk_slice_range(&part, in, 0, (uint32_t)left, worker_chunk_arena(w)), err);
    }
    return pipeline_emit(w, &part, err);
}

static dbx_status sample_flush(exec_worker *w, op_state *s, op_local *local, error *err) {
    sample_local *l = (sample_local *)local;
    (void)s;
    if (!compactor_has_rows(&l->compactor)) return DBX_OK;
    return pipeline_emit(w, compactor_give(&l->compactor), err);
}

static dbx_status sample_push(exec_worker *w, op_state *state, op_local *local, const chunk *in,
                              error *err) {
    sample_state *s = (sample_state *)state;
    sample_local *l = (sample_local *)local;
    const plan_sample *spec = &s->op->spec;
    if (spec->fraction < 0) return sample_first_rows(w, s, in, err);
    if (!l->started || l->morsel != worker_morsel_index(w) || l->pipeline != worker_pipeline(w)) {
        l->started = true;
        l->morsel = worker_morsel_index(w);
        l->pipeline = worker_pipeline(w);
        l->row = 0;
    }
    uint64_t stream = hash_combine(hash_combine(spec->seed, l->pipeline), l->morsel);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < in->rows; i++) {
        double x = (double)(hash_combine(stream, l->row + i) >> 11) * 0x1p-53;
        l->sel[kept] = i;
        kept += x >= spec->lower && x < spec->lower + spec->fraction;
    }
    l->row += in->rows;
    if (kept == 0) return DBX_OK;
    if (compactor_wants(&l->compactor, kept)) {
        if (compactor_is_full_for(&l->compactor, kept)) TRY(sample_flush(w, state, local, err));
        return op_check(compactor_append(&l->compactor, in, l->sel, kept), err);
    }
    TRY(sample_flush(w, state, local, err));
    chunk out;
    OP_TRY(chunk_slice(&out, in, l->sel, kept, worker_chunk_arena(w)), err);
    return pipeline_emit(w, &out, err);
}

const op_vtab op_sample_vtab = {
    .state_new = sample_state_new,
    .state_free = sample_state_free,
    .local_new = sample_local_new,
    .local_free = sample_local_free,
    .push = sample_push,
    .flush = sample_flush,
    .wants_one_worker = sample_wants_one_worker,
};
