/* op_window.c - WINDOW: rows sorted by partition and order, functions computed by batches of whole
 * partitions.
 *
 * The sink evaluates arguments, filters and RANGE bounds once per row and keeps them as extra
 * payload columns of the sorted rows. Finish merges the workers' runs by slices in parallel and
 * cuts the rows into batches of whole partitions; a batch is a morsel of the source side. One
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
    os_mutex mutex;
    sort_runs runs;
    uint32_t run_capacity;
    uint32_t slice_count;
    uint64_t *bounds;
    sort_record *merged;
    uint64_t *batches; /* first row of each; batch_count + 1 entries */
    uint32_t batch_count;
    _Atomic uint32_t next_batch;
} window_state;

typedef struct window_local {
    window_state *state;
    arena arena;
    evaluator *keys, *extras;
    vector *key_values, *extra_values;
    chunk payload;
    sort_buffer *buffer;
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
    *out = (op_state *)s;
    return op_check(window_setup(s, err), err);
}

static void window_state_free(exec *x, op_state *state) {
    window_state *s = (window_state *)state;
    (void)x;
    for (uint32_t i = 0; i < s->runs.count; i++) {
        sort_buffer_deinit(s->runs.items[i]);
        mem_free(s->ledger, s->runs.items[i], sizeof(sort_buffer));
    }
    mem_free(s->ledger, s->runs.items, s->run_capacity * sizeof(*s->runs.items));
    mem_free(s->ledger, s->merged, s->runs.rows * sizeof(*s->merged));
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
    if (s->batches == NULL) return window_local_sink(w, s, l, err);
    return op_check(chunk_init(&l->out, s->op->base.types, s->op->base.column_count, &l->arena),
                    err);
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
    return op_check(sort_buffer_append(l->buffer, &l->payload, l->key_values, morsel), err);
}

static dbx_status window_combine(exec_worker *w, op_state *state, op_local *local, error *err) {
    window_state *s = (window_state *)state;
    window_local *l = (window_local *)local;
    (void)w;
    if (l->buffer->count == 0) return DBX_OK;
    OP_TRY(sort_buffer_sort(l->buffer), err);
    os_mutex_lock(&s->mutex);
    dbx_status status = sort_runs_add(&s->runs, &s->run_capacity, l->buffer, s->ledger);
    if (status == DBX_OK) l->buffer = NULL;
    os_mutex_unlock(&s->mutex);
    return op_check(status, err);
}

static uint32_t window_finish_task_count(exec *x, op_state *state) {
    window_state *s = (window_state *)state;
    if (s->runs.rows == 0) return 0;
    if (sort_runs_slice(&s->spec, &s->runs, exec_arena(x), &s->slice_count, &s->bounds) != DBX_OK)
        return 0;
    s->merged = mem_alloc(s->ledger, s->runs.rows * sizeof(*s->merged));
    return s->merged != NULL ? s->slice_count : 0;
}

static dbx_status window_finish_task(exec_worker *w, op_state *state, uint32_t task, error *err) {
    window_state *s = (window_state *)state;
    (void)w;
    const uint64_t *from = s->bounds + (size_t)task * s->runs.count;
    uint64_t at = 0;
    for (uint32_t r = 0; r < s->runs.count; r++) at += from[r];
    arena a;
    arena_init(&a, s->ledger);
    sort_merge merge;
    dbx_status status = sort_merge_init(&merge, &s->spec, &s->runs, &a);
    if (status == DBX_OK) {
        uint8_t *rows[CHUNK_ROWS_MAX];
        sort_merge_start(&merge, from, from + s->runs.count);
        for (uint32_t n; (n = sort_merge_next(&merge, rows, s->merged + at, CHUNK_ROWS_MAX)) > 0;)
            at += n;
    }
    arena_deinit(&a);
    return op_check(status, err);
}

static dbx_status window_finish(exec *x, op_state *state, error *err) {
    window_state *s = (window_state *)state;
    uint64_t rows = s->runs.rows;
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

/* Partitions of the batch, and the columns that functions read. */
static dbx_status window_batch_load(window_state *s, window_local *l, uint64_t from, uint64_t to) {
    window_batch *b = &l->batch;
    arena *a = &l->batch_arena;
    *b = (window_batch){.op = s->op,
                        .inputs = s->inputs,
                        .spec = &s->spec,
                        .query = exec_query(s->x),
                        .arena = a,
                        .rows = (uint32_t)(to - from),
                        .records = s->merged + from};
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
    uint32_t batch = atomic_fetch_add(&s->next_batch, 1);
    *more = batch < s->batch_count;
    if (!*more) return DBX_OK;
    *index = batch;
    l->emitted = 0;
    arena_reset(&l->batch_arena);
    OP_TRY(window_batch_load(s, l, s->batches[batch], s->batches[batch + 1]), err);
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
    chunk_clear(&l->out);
    arena *a = worker_chunk_arena(w);
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
