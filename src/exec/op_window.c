/* op_window.c - WINDOW: rows sorted by partition and order, functions computed by batches of whole
 * partitions.
 *
 * The sink evaluates arguments, filters and RANGE bounds once per row and keeps them as extra
 * payload columns of the sorted rows. Finish merges the workers' runs by slices in parallel and
 * cuts the rows into batches of whole partitions; a batch is a morsel of the source side. Where
 * runs were spilled there is one merge instead, from which workers take batches in turn. One
 * partition is never split: a single huge one is computed by one worker.
 */
#include "exec/operators.h"
#include "exec/window_part.h"

enum { WINDOW_BATCH_ROWS = 1 << 15 };

typedef struct window_state {
    const phys_window *op;
    exec *x;
    ledger *ledger;
    sort_spec spec;
    window_inputs *inputs; /* per function */
    uint32_t input_count;  /* the operator's input columns */
    uint32_t extra_count;
    type *types;           /* payload */
    const program *extras; /* extra payload columns */
    const program *keys;
    uint32_t key_count;
    os_mutex mutex; /* guards runs; when they are spilled, the merge and what follows it */
    sort_runs runs;
    bool finished;
    /* runs in memory: all rows merged */
    sort_slices slices;
    sort_record *merged;
    uint64_t *batches; /* first row of each; batch_count + 1 entries */
    uint32_t batch_count;
    _Atomic uint32_t next_batch;
    /* spilled runs: batches are cut from one merge, by whoever wants the next */
    sort_merge merge;
    sort_record pending[CHUNK_ROWS_MAX]; /* merged, not yet taken */
    uint32_t pending_at, pending_count;
    bool merge_ended;
    uint32_t batch_number;
} window_state;

typedef struct window_local {
    window_state *state;
    arena arena;
    evaluator *keys, *extras;
    vector *key_values, *extra_values;
    chunk payload;
    sort_buffer *buffer;
    sort_runs spilled; /* of this worker */
    /* source */
    arena batch_arena;
    window_batch batch;
    vector *results;
    uint32_t emitted;
    chunk out;
} window_local;

/* ---- setup ---- */

static dbx_status window_constant_offset(const expr *e, int64_t *out, error *err) {
    *out = 0;
    if (e == NULL) return DBX_OK;
    if (e->kind != EXPR_CONSTANT || vector_is_null(e->u.value, 0)) {
        return error_raise(err, ERR_UNSUPPORTED_FEATURE, e->span, "feature",
                           "frame bounds that are not constant", NULL);
    }
    *out = e->u.value->phys == PHYS_INT32 ? VECTOR_DATA(e->u.value, int32_t)[0]
                                          : VECTOR_DATA(e->u.value, int64_t)[0];
    return DBX_OK;
}

/* Lists the extra columns of function f behind those there are. */
static dbx_status window_plan_function(window_state *s, uint32_t f, expr **extras, uint32_t *count,
                                       error *err) {
    const expr *e = s->op->functions[f];
    const expr_window *w = &e->u.window;
    window_inputs *in = &s->inputs[f];
    in->args = s->input_count + *count;
    for (uint32_t a = 0; a < w->argument_count; a++) extras[(*count)++] = e->args[a];
    in->filter = s->input_count + *count;
    if (w->has_filter) extras[(*count)++] = e->args[w->argument_count];
    if (w->frame.unit != FRAME_RANGE) {
        TRY(window_constant_offset(w->frame.start_offset, &in->start_rows, err));
        return window_constant_offset(w->frame.end_offset, &in->end_rows, err);
    }
    in->start_bound = s->input_count + *count;
    if (w->frame.start_offset != NULL) extras[(*count)++] = w->frame.start_offset;
    in->end_bound = s->input_count + *count;
    if (w->frame.end_offset != NULL) extras[(*count)++] = w->frame.end_offset;
    return DBX_OK;
}

static dbx_status window_setup(window_state *s, error *err) {
    const phys_window *op = s->op;
    arena *a = exec_arena(s->x);
    uint32_t most = 0;
    for (uint32_t f = 0; f < op->function_count; f++)
        most += op->functions[f]->u.window.argument_count + 3;
    s->key_count = op->partition_count + op->order_count;
    s->input_count = op->base.column_count - op->function_count;
    s->inputs = ARENA_ARRAY(a, window_inputs, op->function_count);
    expr **extras = ARENA_ARRAY(a, expr *, most);
    expr **keys = ARENA_ARRAY(a, expr *, s->key_count);
    type *key_types = ARENA_ARRAY(a, type, s->key_count);
    sort_order *orders = ARENA_ARRAY(a, sort_order, s->key_count);
    if (s->inputs == NULL || extras == NULL || keys == NULL || key_types == NULL || orders == NULL)
        return DBX_NOMEM;
    for (uint32_t f = 0; f < op->function_count; f++) {
        TRY(window_plan_function(s, f, extras, &s->extra_count, err));
    }
    s->types = ARENA_ARRAY(a, type, s->input_count + s->extra_count);
    if (s->types == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < s->input_count; i++) s->types[i] = op->base.types[i];
    for (uint32_t i = 0; i < s->extra_count; i++) s->types[s->input_count + i] = extras[i]->type;
    for (uint32_t i = 0; i < s->key_count; i++) {
        bool part = i < op->partition_count;
        keys[i] = part ? op->partition[i] : op->order[i - op->partition_count];
        orders[i] = part ? (sort_order){false, true} : op->orders[i - op->partition_count];
        key_types[i] = keys[i]->type;
    }
    TRY(sort_spec_init(&s->spec, s->types, s->input_count + s->extra_count, key_types, orders,
                       op->partition_count, op->order_count, a));
    TRY(program_compile(a, exec_query(s->x), keys, s->key_count, &s->keys, err));
    return program_compile(a, exec_query(s->x), extras, s->extra_count, &s->extras, err);
}

static dbx_status window_state_new(exec *x, const phys_op *op, op_state **out, error *err) {
    ledger *l = exec_op_ledger(x, op);
    window_state *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->op = (const phys_window *)op;
    s->x = x;
    s->ledger = l;
    os_mutex_init(&s->mutex);
    sort_runs_init(&s->runs, &s->spec, x, l);
    *out = (op_state *)s;
    return op_check(window_setup(s, err), err);
}

static void window_state_free(exec *x, op_state *state) {
    window_state *s = (window_state *)state;
    (void)x;
    mem_free(s->ledger, s->merged, s->runs.rows * sizeof(*s->merged));
    sort_merge_deinit(&s->merge);
    sort_runs_deinit(&s->runs);
    os_mutex_deinit(&s->mutex);
    mem_free(s->ledger, s, sizeof(*s));
}

static dbx_status window_local_sink(exec_worker *w, window_state *s, window_local *l, error *err) {
    query *q = exec_query(worker_exec(w));
    TRY(evaluator_new(s->keys, q, s->ledger, CHUNK_ROWS_MAX, &l->keys, err));
    TRY(evaluator_new(s->extras, q, s->ledger, CHUNK_ROWS_MAX, &l->extras, err));
    l->key_values = ARENA_ARRAY(&l->arena, vector, MAX(s->key_count, 1u));
    l->extra_values = ARENA_ARRAY(&l->arena, vector, MAX(s->extra_count, 1u));
    l->payload.column_count = s->input_count + s->extra_count;
    l->payload.columns = ARENA_ARRAY(&l->arena, vector, MAX(l->payload.column_count, 1u));
    l->buffer = mem_alloc_zero(s->ledger, sizeof(*l->buffer));
    bool ok = l->key_values && l->extra_values && l->payload.columns && l->buffer;
    if (!ok) return error_nomem(err);
    sort_runs_init(&l->spilled, &s->spec, s->x, s->ledger);
    return op_check(sort_buffer_init(l->buffer, &s->spec, s->ledger), err);
}

static dbx_status window_local_new(exec_worker *w, op_state *state, uint32_t sink_input,
                                   op_local **out, error *err) {
    window_state *s = (window_state *)state;
    (void)sink_input;
    window_local *l = mem_alloc_zero(s->ledger, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    l->state = s;
    arena_init(&l->arena, s->ledger);
    arena_init(&l->batch_arena, s->ledger);
    *out = (op_local *)l;
    if (!s->finished) return window_local_sink(w, s, l, err);
    return DBX_OK;
}

static void window_local_free(exec_worker *w, op_local *local) {
    window_local *l = (window_local *)local;
    (void)w;
    ledger *owner = l->state->ledger;
    evaluator_free(l->keys);
    evaluator_free(l->extras);
    if (l->buffer != NULL) {
        sort_buffer_deinit(l->buffer);
        mem_free(owner, l->buffer, sizeof(*l->buffer));
    }
    sort_runs_deinit(&l->spilled);
    arena_deinit(&l->batch_arena);
    arena_deinit(&l->arena);
    mem_free(owner, l, sizeof(*l));
}

/* ---- sink ---- */

static dbx_status window_sink(exec_worker *w, op_state *state, op_local *local, const chunk *in,
                              error *err) {
    window_state *s = (window_state *)state;
    window_local *l = (window_local *)local;
    TRY(evaluator_run(l->keys, in, NULL, in->rows, l->key_values, err));
    TRY(evaluator_run(l->extras, in, NULL, in->rows, l->extra_values, err));
    for (uint32_t i = 0; i < s->input_count; i++) l->payload.columns[i] = in->columns[i];
    for (uint32_t i = 0; i < s->extra_count; i++)
        l->payload.columns[s->input_count + i] = l->extra_values[i];
    l->payload.rows = in->rows;
    uint64_t morsel = ((uint64_t)worker_pipeline(w) << 40) | worker_morsel_index(w);
    OP_TRY(sort_buffer_append(l->buffer, &l->payload, l->key_values, morsel), err);
    if (!exec_should_spill(s->x, &s->op->base, sort_buffer_bytes(l->buffer))) return DBX_OK;
    return sort_runs_spill(&l->spilled, l->buffer, err);
}

static dbx_status window_combine(exec_worker *w, op_state *state, op_local *local, error *err) {
    window_state *s = (window_state *)state;
    window_local *l = (window_local *)local;
    (void)w;
    TRY(sort_runs_end(&l->spilled, &l->buffer, err));
    os_mutex_lock(&s->mutex);
    dbx_status status = sort_runs_move(&s->runs, &l->spilled);
    os_mutex_unlock(&s->mutex);
    return op_check(status, err);
}

static uint32_t window_finish_task_count(exec *x, op_state *state) {
    window_state *s = (window_state *)state;
    if (s->runs.rows == 0 || sort_runs_any_spilled(&s->runs)) return 0;
    if (sort_runs_slice(&s->runs, UINT32_MAX, exec_arena(x), &s->slices) != DBX_OK) return 0;
    s->merged = mem_alloc(s->ledger, s->runs.rows * sizeof(*s->merged));
    return s->merged != NULL ? s->slices.count : 0;
}

static dbx_status window_finish_task(exec_worker *w, op_state *state, uint32_t task, error *err) {
    window_state *s = (window_state *)state;
    (void)w;
    uint64_t at = 0;
    for (uint32_t r = 0; r < s->runs.count; r++) at += sort_run_rank(&s->runs, &s->slices, task, r);
    sort_merge merge;
    dbx_status status = op_check(sort_merge_init(&merge, &s->runs), err);
    if (status == DBX_OK) status = sort_merge_start(&merge, &s->slices, task, err);
    uint8_t *rows[CHUNK_ROWS_MAX];
    for (uint32_t n = 1; status == DBX_OK && n > 0; at += n)
        status = sort_merge_next(&merge, rows, s->merged + at, CHUNK_ROWS_MAX, &n, err);
    sort_merge_deinit(&merge);
    return status;
}

static dbx_status window_finish(exec *x, op_state *state, error *err) {
    window_state *s = (window_state *)state;
    uint64_t rows = s->runs.rows;
    s->finished = true;
    if (sort_runs_any_spilled(&s->runs)) {
        static const sort_slices all = {.count = 1};
        OP_TRY(sort_merge_init(&s->merge, &s->runs), err);
        return sort_merge_start(&s->merge, &all, 0, err);
    }
    if (rows > 0 && s->merged == NULL) return error_nomem(err);
    struct {
        ARENA_LIST(uint64_t) list;
    } b = {0};
    arena *a = exec_arena(x);
    OP_TRY(ARENA_LIST_PUSH(a, &b.list, 0), err);
    uint64_t start = 0;
    for (uint64_t i = 1; i < rows; i++) {
        if (i - start < WINDOW_BATCH_ROWS ||
            sort_same_part(&s->spec, &s->merged[i - 1], &s->merged[i]))
            continue;
        OP_TRY(ARENA_LIST_PUSH(a, &b.list, i), err);
        start = i;
    }
    s->batch_count = rows > 0 ? b.list.count : 0;
    if (rows > 0) OP_TRY(ARENA_LIST_PUSH(a, &b.list, rows), err);
    s->batches = b.list.items;
    return DBX_OK;
}

/* ---- source ---- */

static dbx_status window_source_start(exec *x, op_state *state, error *err) {
    (void)x, (void)err;
    atomic_store(&((window_state *)state)->next_batch, 0);
    return DBX_OK;
}

static uint64_t window_source_rows(exec *x, op_state *state) {
    (void)x;
    return ((window_state *)state)->runs.rows;
}

/* ---- batches cut from a merge of spilled runs ---- */

typedef ARENA_LIST(sort_record) window_records;

static dbx_status window_pending_fill(window_state *s, error *err) {
    uint8_t *rows[CHUNK_ROWS_MAX];
    s->pending_at = 0;
    TRY(sort_merge_next(&s->merge, rows, s->pending, CHUNK_ROWS_MAX, &s->pending_count, err));
    s->merge_ended = s->pending_count == 0;
    return DBX_OK;
}

/* Lock held. Takes rows up to the end of the partition that fills the batch, into memory of the
 * worker's. */
static dbx_status window_take_batch(window_state *s, window_local *l, window_records *out,
                                    error *err) {
    while (!s->merge_ended) {
        if (s->pending_at == s->pending_count) {
            TRY(window_pending_fill(s, err));
            continue;
        }
        uint32_t first = out->count;
        while (s->pending_at < s->pending_count) {
            const sort_record *next = &s->pending[s->pending_at];
            const sort_record *last = out->count == 0 ? NULL : &out->items[out->count - 1];
            if (out->count >= WINDOW_BATCH_ROWS && !sort_same_part(&s->spec, last, next)) {
                return op_check(sort_rows_move(&s->spec, out->items + first, out->count - first,
                                               &l->batch_arena),
                                err);
            }
            OP_TRY(ARENA_LIST_PUSH(&l->batch_arena, out, *next), err);
            s->pending_at++;
        }
        OP_TRY(sort_rows_move(&s->spec, out->items + first, out->count - first, &l->batch_arena),
               err);
    }
    return DBX_OK;
}

static dbx_status window_next_spilled(window_state *s, window_local *l, window_records *out,
                                      uint64_t *index, error *err) {
    os_mutex_lock(&s->mutex);
    dbx_status status = window_take_batch(s, l, out, err);
    *index = s->batch_number++;
    os_mutex_unlock(&s->mutex);
    return status;
}

/* ---- batches ---- */

/* Partitions of the batch, and the columns that functions read. */
static dbx_status window_batch_load(window_state *s, window_local *l, const sort_record *records,
                                    uint32_t count) {
    window_batch *b = &l->batch;
    arena *a = &l->batch_arena;
    *b = (window_batch){.op = s->op,
                        .inputs = s->inputs,
                        .spec = &s->spec,
                        .query = exec_query(s->x),
                        .arena = a,
                        .rows = count,
                        .records = records};
    uint32_t *starts = ARENA_ARRAY(a, uint32_t, (size_t)b->rows + 1);
    uint8_t **rows = ARENA_ARRAY(a, uint8_t *, b->rows);
    b->columns = ARENA_ARRAY(a, vector, s->input_count + s->extra_count);
    l->results = ARENA_ARRAY(a, vector, s->op->function_count);
    if (starts == NULL || rows == NULL || b->columns == NULL || l->results == NULL)
        return DBX_NOMEM;
    for (uint32_t i = 0; i < b->rows; i++) {
        rows[i] = b->records[i].row;
        bool first = i == 0 || !sort_same_part(&s->spec, &b->records[i - 1], &b->records[i]);
        if (first) starts[b->partition_count++] = i;
    }
    starts[b->partition_count] = b->rows;
    b->starts = starts;
    for (uint32_t c = s->input_count; c < s->input_count + s->extra_count; c++) {
        TRY(vector_init(&b->columns[c], s->types[c], b->rows, a));
        TRY(row_gather(&s->spec.rows, rows, b->rows, c, &b->columns[c], 0, a));
    }
    return DBX_OK;
}

static dbx_status window_next_morsel(exec_worker *w, op_state *state, op_local *local, bool *more,
                                     uint64_t *index, error *err) {
    window_state *s = (window_state *)state;
    window_local *l = (window_local *)local;
    (void)w;
    l->emitted = 0;
    arena_reset(&l->batch_arena);
    if (s->merged != NULL) {
        uint32_t batch = atomic_fetch_add(&s->next_batch, 1);
        *more = batch < s->batch_count;
        if (!*more) return DBX_OK;
        *index = batch;
        uint64_t from = s->batches[batch];
        OP_TRY(window_batch_load(s, l, s->merged + from, (uint32_t)(s->batches[batch + 1] - from)),
               err);
    } else {
        window_records records = {0};
        if (s->runs.rows > 0) TRY(window_next_spilled(s, l, &records, index, err));
        *more = records.count > 0;
        if (!*more) return DBX_OK;
        OP_TRY(window_batch_load(s, l, records.items, records.count), err);
    }
    for (uint32_t f = 0; f < s->op->function_count; f++) {
        OP_TRY(window_compute(&l->batch, f, &l->results[f], err), err);
    }
    return DBX_OK;
}

static dbx_status window_read(exec_worker *w, op_state *state, op_local *local, const chunk **out,
                              error *err) {
    window_state *s = (window_state *)state;
    window_local *l = (window_local *)local;
    *out = NULL;
    uint32_t n = MIN(exec_vector_size(worker_exec(w)), l->batch.rows - l->emitted);
    if (n == 0) return DBX_OK;
    uint8_t *rows[CHUNK_ROWS_MAX];
    for (uint32_t i = 0; i < n; i++) rows[i] = l->batch.records[l->emitted + i].row;
    arena *a = worker_chunk_arena(w);
    OP_TRY(chunk_init_sized(&l->out, s->op->base.types, s->op->base.column_count, n, a), err);
    for (uint32_t c = 0; c < s->input_count; c++) {
        OP_TRY(row_gather(&s->spec.rows, rows, n, c, &l->out.columns[c], 0, a), err);
    }
    for (uint32_t f = 0; f < s->op->function_count; f++) {
        OP_TRY(vector_copy(&l->out.columns[s->input_count + f], 0, &l->results[f], NULL, l->emitted,
                           n, a),
               err);
    }
    l->out.rows = n;
    l->emitted += n;
    *out = &l->out;
    return DBX_OK;
}

const op_vtab op_window_vtab = {
    .state_new = window_state_new,
    .state_free = window_state_free,
    .local_new = window_local_new,
    .local_free = window_local_free,
    .source_start = window_source_start,
    .source_rows = window_source_rows,
    .next_morsel = window_next_morsel,
    .read = window_read,
    .sink = window_sink,
    .combine = window_combine,
    .finish_task_count = window_finish_task_count,
    .finish_task = window_finish_task,
    .finish = window_finish,
};
