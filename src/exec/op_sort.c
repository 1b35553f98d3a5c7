/* op_sort.c - SORT and TOP_N.
 *
 * Each worker gathers its rows in a sort_buffer and sorts it in combine, so that sorting is
 * parallel; a buffer that must not grow is sorted and spilled before. As a source the runs are
 * merged by slices, which keep their order through the morsel index. TOP_N cuts a worker's buffer
 * to limit + offset rows whenever it has grown to a multiple of that, and drops rows that cannot be
 * among these before it looks at them closely (top_bound.h).
 */
#include "exec/chunk_slice.h"
#include "exec/operators.h"
#include "exec/sort_run.h"
#include "exec/top_bound.h"

enum { TOP_N_SLACK_ROWS = 4 * CHUNK_ROWS_MAX };

typedef struct sort_state {
    const phys_sort *op;
    exec *x;
    ledger *ledger;
    bool top_n;
    uint64_t wanted; /* TOP_N: limit + offset */
    sort_spec spec;
    const program *keys;
    os_mutex mutex; /* guards runs */
    sort_runs runs;
    /* source */
    bool merging;
    sort_slices slices;
    _Atomic uint32_t next_slice;
} sort_state;

typedef struct sort_local {
    sort_state *state;
    arena arena;
    /* sink */
    evaluator *keys;
    vector *key_values;
    sort_buffer *buffer;
    sort_runs spilled; /* of this worker */
    top_bound *bound;  /* TOP_N */
    /* source */
    sort_merge merge;
    chunk out;
    uint64_t skip, left; /* TOP_N: rows to skip and to give */
} sort_local;

static dbx_status sort_state_new(exec *x, const phys_op *op, op_state **out, error *err) {
    ledger *l = exec_op_ledger(x, op);
    sort_state *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->op = (const phys_sort *)op;
    s->x = x;
    s->ledger = l;
    s->top_n = op->kind == PHYS_OP_TOP_N;
    if (__builtin_add_overflow(s->op->limit, s->op->offset, &s->wanted)) s->wanted = UINT64_MAX;
    os_mutex_init(&s->mutex);
    sort_runs_init(&s->runs, &s->spec, x, l);
    *out = (op_state *)s;
    arena *a = exec_arena(x);
    type *key_types = ARENA_ARRAY(a, type, s->op->key_count);
    if (key_types == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < s->op->key_count; i++) key_types[i] = s->op->keys[i]->type;
    OP_TRY(sort_spec_init(&s->spec, op->types, op->column_count, key_types, s->op->orders, 0,
                          s->op->key_count, a),
           err);
    return program_compile(a, exec_query(x), s->op->keys, s->op->key_count, &s->keys, err);
}

static void sort_state_free(exec *x, op_state *state) {
    sort_state *s = (sort_state *)state;
    (void)x;
    sort_runs_deinit(&s->runs);
    os_mutex_deinit(&s->mutex);
    mem_free(s->ledger, s, sizeof(*s));
}

static dbx_status sort_local_sink(exec_worker *w, sort_state *s, sort_local *l, error *err) {
    TRY(evaluator_new(s->keys, exec_query(worker_exec(w)), s->ledger, CHUNK_ROWS_MAX, &l->keys,
                      err));
    l->key_values = ARENA_ARRAY(&l->arena, vector, s->op->key_count);
    l->buffer = mem_alloc_zero(s->ledger, sizeof(*l->buffer));
    if (l->key_values == NULL || l->buffer == NULL) return error_nomem(err);
    sort_runs_init(&l->spilled, &s->spec, s->x, s->ledger);
    if (s->top_n) {
        l->bound = mem_alloc(s->ledger, sizeof(*l->bound));
        if (l->bound == NULL) return error_nomem(err);
        top_bound_init(l->bound, s->op->keys[0]->type, s->op->orders[0], s->wanted, s->ledger);
    }
    return op_check(sort_buffer_init(l->buffer, &s->spec, s->ledger), err);
}

static dbx_status sort_local_new(exec_worker *w, op_state *state, uint32_t sink_input,
                                 op_local **out, error *err) {
    sort_state *s = (sort_state *)state;
    (void)sink_input;
    sort_local *l = mem_alloc_zero(s->ledger, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    l->state = s;
    arena_init(&l->arena, s->ledger);
    *out = (op_local *)l;
    if (!s->merging) return sort_local_sink(w, s, l, err);
    return op_check(sort_merge_init(&l->merge, &s->runs), err);
}

static void sort_local_free(exec_worker *w, op_local *local) {
    sort_local *l = (sort_local *)local;
    (void)w;
    ledger *owner = l->state->ledger;
    evaluator_free(l->keys);
    if (l->buffer != NULL) {
        sort_buffer_deinit(l->buffer);
        mem_free(owner, l->buffer, sizeof(*l->buffer));
    }
    sort_runs_deinit(&l->spilled);
    if (l->bound != NULL) top_bound_deinit(l->bound);
    mem_free(owner, l->bound, sizeof(*l->bound));
    sort_merge_deinit(&l->merge);
    arena_deinit(&l->arena);
    mem_free(owner, l, sizeof(*l));
}

/* ---- sink ---- */

/* TOP_N spills too, where very many rows are wanted. */
static dbx_status sort_spill(sort_state *s, sort_local *l, error *err) {
    if (s->top_n) OP_TRY(sort_buffer_truncate(l->buffer, s->wanted), err);
    return sort_runs_spill(&l->spilled, l->buffer, err);
}

/* TOP_N: leaves rows out that cannot be among the first. `in` and the keys may become slices. */
static dbx_status sort_drop_worse(exec_worker *w, sort_state *s, sort_local *l, chunk *in) {
    arena *a = worker_chunk_arena(w);
    const sel_t *sel;
    uint32_t kept;
    sel_t *room = arena_alloc(a, in->rows * sizeof(*room));
    if (room == NULL) return DBX_NOMEM;
    TRY(top_bound_apply(l->bound, &l->key_values[0], in->rows, room, &sel, &kept));
    if (sel == NULL) return DBX_OK;
    chunk all = *in;
    TRY(chunk_slice(in, &all, sel, kept, a));
    for (uint32_t k = 0; k < s->op->key_count; k++) {
        vector key = l->key_values[k];
        TRY(vector_slice(&l->key_values[k], &key, sel, kept, a));
    }
    return DBX_OK;
}

static dbx_status sort_sink(exec_worker *w, op_state *state, op_local *local, const chunk *in,
                            error *err) {
    sort_state *s = (sort_state *)state;
    sort_local *l = (sort_local *)local;
    if (s->top_n && s->wanted == 0) {
        pipeline_stop(w);
        return DBX_OK;
    }
    TRY(evaluator_run(l->keys, in, NULL, in->rows, l->key_values, err));
    uint64_t morsel = ((uint64_t)worker_pipeline(w) << 40) | worker_morsel_index(w);
    chunk rows = *in;
    if (s->top_n) OP_TRY(sort_drop_worse(w, s, l, &rows), err);
    if (rows.rows == 0) return DBX_OK;
    OP_TRY(sort_buffer_append(l->buffer, &rows, l->key_values, morsel), err);
    if (s->top_n && l->buffer->count >= TOP_N_SLACK_ROWS && l->buffer->count / 2 >= s->wanted)
        return op_check(sort_buffer_truncate(l->buffer, s->wanted), err);
    if (exec_should_spill(s->x, &s->op->base, sort_buffer_bytes(l->buffer)))
        return sort_spill(s, l, err);
    return DBX_OK;
}

static dbx_status sort_combine(exec_worker *w, op_state *state, op_local *local, error *err) {
    sort_state *s = (sort_state *)state;
    sort_local *l = (sort_local *)local;
    (void)w;
    if (s->top_n) OP_TRY(sort_buffer_truncate(l->buffer, s->wanted), err);
    TRY(sort_runs_end(&l->spilled, &l->buffer, err));
    os_mutex_lock(&s->mutex);
    dbx_status status = sort_runs_move(&s->runs, &l->spilled);
    os_mutex_unlock(&s->mutex);
    return op_check(status, err);
}

/* ---- source ---- */

static dbx_status sort_source_start(exec *x, op_state *state, error *err) {
    sort_state *s = (sort_state *)state;
    s->merging = true; /* offset and limit count over all rows: then one slice */
    OP_TRY(sort_runs_slice(&s->runs, s->top_n ? 1 : UINT32_MAX, exec_arena(x), &s->slices), err);
    atomic_store(&s->next_slice, 0);
    return DBX_OK;
}

static uint64_t sort_source_rows(exec *x, op_state *state) {
    (void)x;
    return ((sort_state *)state)->runs.rows;
}

static dbx_status sort_next_morsel(exec_worker *w, op_state *state, op_local *local, bool *more,
                                   uint64_t *index, error *err) {
    sort_state *s = (sort_state *)state;
    sort_local *l = (sort_local *)local;
    (void)w;
    uint32_t slice = atomic_fetch_add(&s->next_slice, 1);
    *more = slice < s->slices.count;
    if (!*more) return DBX_OK;
    TRY(sort_merge_start(&l->merge, &s->slices, slice, err));
    l->skip = s->top_n ? s->op->offset : 0;
    l->left = s->top_n ? s->op->limit : UINT64_MAX;
    *index = slice;
    return DBX_OK;
}

static dbx_status sort_read(exec_worker *w, op_state *state, op_local *local, const chunk **out,
                            error *err) {
    sort_state *s = (sort_state *)state;
    sort_local *l = (sort_local *)local;
    uint8_t *rows[CHUNK_ROWS_MAX];
    uint32_t most = exec_vector_size(worker_exec(w));
    *out = NULL;
    while (l->skip > 0) {
        uint32_t skipped;
        TRY(sort_merge_next(&l->merge, rows, NULL, (uint32_t)MIN((uint64_t)most, l->skip), &skipped,
                            err));
        if (skipped == 0) return DBX_OK;
        l->skip -= skipped;
    }
    uint32_t n;
    TRY(sort_merge_next(&l->merge, rows, NULL, (uint32_t)MIN((uint64_t)most, l->left), &n, err));
    if (n == 0) return DBX_OK;
    l->left -= n;
    arena *a = worker_chunk_arena(w);
    OP_TRY(chunk_init_sized(&l->out, s->op->base.types, s->op->base.column_count, n, a), err);
    for (uint32_t c = 0; c < s->op->base.column_count; c++)
        OP_TRY(row_gather(&s->spec.rows, rows, n, c, &l->out.columns[c], 0, a), err);
    l->out.rows = n;
    *out = &l->out;
    return DBX_OK;
}

#define SORT_VTAB                                                                                  \
    {                                                                                              \
        .state_new = sort_state_new, .state_free = sort_state_free, .local_new = sort_local_new,   \
        .local_free = sort_local_free, .source_start = sort_source_start,                          \
        .source_rows = sort_source_rows, .next_morsel = sort_next_morsel, .read = sort_read,       \
        .sink = sort_sink, .combine = sort_combine                                                 \
    }

const op_vtab op_sort_vtab = SORT_VTAB;
const op_vtab op_top_n_vtab = SORT_VTAB;
