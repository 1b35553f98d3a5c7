/* pipeline.c - drives one pipeline: source, streaming operators, sink, on one or many workers.
 *
 * Chunks are pushed: the source's chunk goes down the operators on the stack of the worker that
 * read it, so that it stays in cache and no queue is needed. Work is shared by taking morsels from
 * the source's counter.
 */
#include "exec/exec_int.h"

enum { PIPELINE_PASS_SHIFT = 24 }; /* morsels of one pass stay below it, or order of ties suffers */

static inline bool pipeline_is_halted(const exec *x) {
    return atomic_load_explicit(&((exec *)(uintptr_t)x)->halt, memory_order_relaxed);
}

/* ---- what operators ask their worker ---- */

/* A stage that has enough is not given more, but those behind it may still give what they hold. */
void pipeline_stop(exec_worker *w) {
    pipeline_run *r = w->run;
    uint32_t before = atomic_load(&r->stop_stage);
    assert(w->position > 0);
    while (before < w->position &&
           !atomic_compare_exchange_weak(&r->stop_stage, &before, w->position)) {
    }
}

/* Is what the stage gives still wanted? Stage 0, the source, may go on only when nobody stopped. */
static inline bool pipeline_wants_from(const pipeline_run *r, uint32_t stage) {
    return stage >=
           atomic_load_explicit(&((pipeline_run *)(uintptr_t)r)->stop_stage, memory_order_relaxed);
}

bool pipeline_is_stopped(const exec_worker *w) {
    return !pipeline_wants_from(w->run, w->position) || pipeline_is_halted(w->x);
}

uint64_t worker_morsel_index(const exec_worker *w) {
    return w->morsel;
}
uint32_t worker_pipeline(const exec_worker *w) {
    return w->run->index;
}
uint32_t worker_count(const exec_worker *w) {
    return w->run->worker_limit;
}
uint32_t worker_number(const exec_worker *w) {
    return w->number;
}
exec *worker_exec(const exec_worker *w) {
    return w->x;
}
arena *worker_chunk_arena(exec_worker *w) {
    return &w->chunk_arena;
}

uint64_t worker_morsel_floor(exec_worker *w) {
    uint64_t floor = UINT64_MAX;
    for (uint32_t i = 0; i < w->run->worker_limit; i++) {
        floor = MIN(floor, atomic_load(&w->run->workers[i].floor));
    }
    return floor;
}

/* ---- profile ---- */

/* Charges the time since the last switch to a stage. */
static void pipeline_clock(exec_worker *w, uint32_t stage) {
    uint64_t now = os_monotonic_ns();
    exec_op_profile *p = &w->x->profile.ops[w->run->ops[stage]->index];
    atomic_fetch_add_explicit(&p->time_ns, now - w->clock_ns, memory_order_relaxed);
    w->clock_ns = now;
}

static void pipeline_count_rows(exec_worker *w, uint32_t from, uint32_t rows) {
    exec_op_profile *ops = w->x->profile.ops;
    const phys_op *to = w->run->ops[from + 1];
    atomic_fetch_add_explicit(&ops[w->run->ops[from]->index].rows_out, rows, memory_order_relaxed);
    if (to->kind == PHYS_OP_RESULT) {
        atomic_fetch_add_explicit(&ops[to->index].rows_out, rows, memory_order_relaxed);
    }
}

/* ---- pushing ---- */

dbx_status pipeline_emit(exec_worker *w, const chunk *out, error *err) {
    pipeline_run *r = w->run;
    exec *x = w->x;
    assert(out->rows > 0);
    assert(out->rows <= CHUNK_ROWS_MAX);
    if (UNLIKELY(pipeline_is_halted(x))) return DBX_CANCELLED;
    TRY(query_check_cancelled(x->query, err));
    uint32_t from = w->position;
    if (UNLIKELY(!pipeline_wants_from(r, from))) return DBX_OK;
    uint32_t to = from + 1;
    assert(to < r->stage_count);
    if (UNLIKELY(x->profiling)) {
        pipeline_clock(w, from);
        pipeline_count_rows(w, from, out->rows);
    }
    w->position = to;
    const op_vtab *vtab = r->vtabs[to];
    dbx_status status = to + 1 == r->stage_count
                            ? vtab->sink(w, r->states[to], w->locals[to], out, err)
                            : vtab->push(w, r->states[to], w->locals[to], out, err);
    if (UNLIKELY(x->profiling)) pipeline_clock(w, to);
    w->position = from;
    return status;
}

/* ---- one worker ---- */

static bool pipeline_stage_is_sink(const pipeline_run *r, uint32_t stage) {
    return stage + 1 == r->stage_count;
}

static void pipeline_worker_init(pipeline_run *r, uint32_t number) {
    exec_worker *w = &r->workers[number];
    w->x = r->x;
    w->run = r;
    w->number = number;
    error_init(&w->own_error);
    w->err = &w->own_error;
    arena_init(&w->chunk_arena, &r->x->ledger);
    atomic_init(&w->floor, UINT64_MAX);
}

static dbx_status pipeline_worker_begin(exec_worker *w) {
    pipeline_run *r = w->run;
    w->begun = true;
    if (w->x->profiling) w->clock_ns = os_monotonic_ns();
    for (uint32_t i = 0; i < r->stage_count; i++) {
        if (r->vtabs[i]->local_new == NULL) continue;
        uint32_t input = pipeline_stage_is_sink(r, i) ? r->pipeline->sink_input : 0;
        w->position = i;
        TRY(r->vtabs[i]->local_new(w, r->states[i], input, &w->locals[i], w->err));
    }
    w->position = 0;
    return DBX_OK;
}

static void pipeline_worker_set_floor(exec_worker *w, uint64_t floor) {
    atomic_store(&w->floor, floor);
    if (w->run->streaming) result_stream_progress(w->run->states[w->run->stage_count - 1]);
}

static dbx_status pipeline_worker_flush(exec_worker *w) {
    pipeline_run *r = w->run;
    for (uint32_t i = 1; i + 1 < r->stage_count; i++) {
        if (r->vtabs[i]->flush == NULL || !pipeline_wants_from(r, i)) continue;
        w->position = i;
        TRY(r->vtabs[i]->flush(w, r->states[i], w->locals[i], w->err));
    }
    w->position = 0;
    return DBX_OK;
}

static dbx_status pipeline_worker_take_morsel(exec_worker *w) {
    pipeline_run *r = w->run;
    bool more = false;
    TRY(r->vtabs[0]->next_morsel(w, r->states[0], w->locals[0], &more, &w->morsel, w->err));
    w->morsel += (uint64_t)r->pass << PIPELINE_PASS_SHIFT;
    w->done = !more;
    w->in_morsel = more;
    if (more) pipeline_worker_set_floor(w, w->morsel);
    return DBX_OK;
}

static void pipeline_helper_main(void *state, uint32_t number);

static void pipeline_wake_helpers(pipeline_run *r) {
    if (r->opened || r->worker_limit <= 1 || r->x->seed != 0) return;
    r->opened = true;
    scheduler_open(&r->x->scheduler, r->worker_limit - 1, pipeline_helper_main, r);
}

/* Reads and pushes one source chunk, after taking a morsel when there is none. */
static dbx_status pipeline_worker_step(exec_worker *w) {
    pipeline_run *r = w->run;
    if (UNLIKELY(pipeline_is_halted(w->x))) return DBX_CANCELLED;
    TRY(query_check_cancelled(w->x->query, w->err));
    if (!pipeline_wants_from(r, 0)) {
        w->done = true;
        return w->in_morsel ? pipeline_worker_flush(w) : DBX_OK;
    }
    w->position = 0;
    if (!w->in_morsel) {
        TRY(pipeline_worker_take_morsel(w));
        if (w->done) return DBX_OK;
    }
    arena_reset(&w->chunk_arena);
    const chunk *out = NULL;
    TRY(r->vtabs[0]->read(w, r->states[0], w->locals[0], &out, w->err));
    if (out == NULL || out->rows == 0) {
        TRY(pipeline_worker_flush(w));
        w->in_morsel = false;
        pipeline_worker_set_floor(w, w->morsel + 1);
        return DBX_OK;
    }
    TRY(pipeline_emit(w, out, w->err));
    if (++w->chunks == EXEC_WAKE_CHUNKS && w->number == 0) pipeline_wake_helpers(r);
    return DBX_OK;
}

static void pipeline_worker_free_locals(exec_worker *w) {
    pipeline_run *r = w->run;
    if (!w->begun) return;
    for (uint32_t i = 0; i < r->stage_count; i++) {
        if (w->locals[i] != NULL) r->vtabs[i]->local_free(w, w->locals[i]);
        w->locals[i] = NULL;
    }
}

/* Combine, when all went well; then the worker holds nothing but its arena. */
static void pipeline_worker_end(exec_worker *w, dbx_status status) {
    pipeline_run *r = w->run;
    uint32_t sink = r->stage_count - 1;
    if (status == DBX_OK && w->begun && !pipeline_is_halted(w->x) &&
        r->vtabs[sink]->combine != NULL) {
        w->position = sink;
        if (w->x->profiling) w->clock_ns = os_monotonic_ns();
        status = r->vtabs[sink]->combine(w, r->states[sink], w->locals[sink], w->err);
        if (w->x->profiling) pipeline_clock(w, sink);
    }
    if (status != DBX_OK) exec_fail(w->x, w->err, status);
    pipeline_worker_free_locals(w);
    w->done = true;
    pipeline_worker_set_floor(w, UINT64_MAX);
}

static void pipeline_helper_main(void *state, uint32_t number) {
    pipeline_run *r = state;
    exec_worker *w = &r->workers[number];
    assert(number < r->worker_limit);
    pipeline_worker_set_floor(w, 0);
    dbx_status status = pipeline_worker_begin(w);
    while (status == DBX_OK && !w->done) status = pipeline_worker_step(w);
    pipeline_worker_end(w, status);
}

bool pipeline_step(pipeline_run *r) {
    exec_worker *w = &r->workers[0];
    if (w->done) return true;
    dbx_status status = pipeline_worker_step(w);
    if (status == DBX_OK && !w->done) return false;
    pipeline_worker_end(w, status);
    return true;
}

/* All workers on this thread; which one steps next depends on the seed only. */
static void pipeline_drive_seeded(pipeline_run *r) {
    uint64_t random = r->x->seed + r->index;
    uint32_t live = r->worker_limit;
    for (uint32_t i = 1; i < r->worker_limit; i++) {
        pipeline_worker_set_floor(&r->workers[i], 0);
        dbx_status status = pipeline_worker_begin(&r->workers[i]);
        if (status != DBX_OK) pipeline_worker_end(&r->workers[i], status);
    }
    while (live > 0) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        uint32_t pick = (uint32_t)((random >> 33) % live);
        exec_worker *w = NULL;
        live = 0;
        for (uint32_t i = 0; i < r->worker_limit; i++) {
            if (r->workers[i].done) continue;
            if (live++ == pick) w = &r->workers[i];
        }
        if (w == NULL) continue;
        dbx_status status = pipeline_worker_step(w);
        if (status != DBX_OK || w->done) pipeline_worker_end(w, status);
    }
}

void pipeline_drive(pipeline_run *r) {
    if (r->x->seed != 0 && !r->streaming) {
        pipeline_drive_seeded(r);
        return;
    }
    while (!pipeline_step(r)) {
    }
}

/* ---- finish ---- */

static void pipeline_run_tasks(void *state, uint32_t number) {
    pipeline_run *r = state;
    exec_worker *w = &r->workers[number];
    uint32_t sink = r->stage_count - 1;
    w->position = sink;
    while (!pipeline_is_halted(w->x)) {
        uint32_t task = atomic_fetch_add(&r->next_task, 1);
        if (task >= r->task_count) return;
        if (w->x->profiling) w->clock_ns = os_monotonic_ns();
        arena_reset(&w->chunk_arena);
        dbx_status status = query_check_cancelled(w->x->query, w->err);
        if (status == DBX_OK)
            status = r->vtabs[sink]->finish_task(w, r->states[sink], task, w->err);
        if (status != DBX_OK) exec_fail(w->x, w->err, status);
        if (w->x->profiling) pipeline_clock(w, sink);
    }
}

/* One round of tasks, on as many workers as there are tasks, then finish. */
static void pipeline_finish_round(pipeline_run *r, uint32_t tasks) {
    exec *x = r->x;
    uint32_t sink = r->stage_count - 1;
    const op_vtab *vtab = r->vtabs[sink];
    r->task_count = tasks;
    atomic_store(&r->next_task, 0);
    bool wake = tasks > 1 && x->threads > 1 && x->seed == 0;
    if (wake) scheduler_open(&x->scheduler, MIN(x->threads, tasks) - 1, pipeline_run_tasks, r);
    pipeline_run_tasks(r, 0);
    if (wake) scheduler_close(&x->scheduler);
    if (vtab->finish == NULL || pipeline_is_halted(x)) return;
    uint64_t start = x->profiling ? os_monotonic_ns() : 0;
    error *err = r->workers[0].err;
    dbx_status status = vtab->finish(x, r->states[sink], err);
    if (status != DBX_OK) exec_fail(x, err, status);
    if (x->profiling) {
        exec_op_profile *p = &x->profile.ops[r->ops[sink]->index];
        atomic_fetch_add_explicit(&p->time_ns, os_monotonic_ns() - start, memory_order_relaxed);
    }
}

static void pipeline_finish_sink(pipeline_run *r) {
    exec *x = r->x;
    uint32_t sink = r->stage_count - 1;
    const op_vtab *vtab = r->vtabs[sink];
    r->worker_limit = x->threads;
    uint32_t tasks =
        vtab->finish_task_count != NULL ? vtab->finish_task_count(x, r->states[sink]) : 0;
    for (bool again = true; again && !pipeline_is_halted(x);) {
        pipeline_finish_round(r, tasks);
        tasks = vtab->finish_again != NULL && !pipeline_is_halted(x)
                    ? vtab->finish_again(x, r->states[sink])
                    : 0;
        again = tasks > 0;
    }
}

/* ---- begin and end ---- */

static dbx_status pipeline_lay_out(pipeline_run *r, error *err) {
    const phys_pipeline *p = r->pipeline;
    exec *x = r->x;
    uint32_t stages = p->operator_count + 2;
    r->stage_count = stages;
    r->ops = ARENA_ARRAY(&r->arena, const phys_op *, stages);
    r->vtabs = ARENA_ARRAY(&r->arena, const op_vtab *, stages);
    r->states = ARENA_ARRAY(&r->arena, op_state *, stages);
    r->workers = ARENA_ARRAY(&r->arena, exec_worker, x->threads);
    if (r->ops == NULL || r->vtabs == NULL || r->states == NULL || r->workers == NULL)
        return error_nomem(err);
    r->worker_limit = x->threads;
    for (uint32_t i = 0; i < stages; i++) {
        r->ops[i] = i == 0 ? p->source : i + 1 == stages ? p->sink : p->operators[i - 1];
        r->vtabs[i] = op_vtab_of((phys_kind)r->ops[i]->kind);
        bool fits = i == 0            ? r->vtabs[i]->read != NULL
                    : i + 1 == stages ? r->vtabs[i]->sink != NULL
                                      : r->vtabs[i]->push != NULL;
        if (!fits) {
            return error_raise(err, ERR_INTERNAL_ERROR, (span){0, 0}, "message",
                               "an operator stands where it cannot work in a pipeline", NULL);
        }
        if (i > 0 && r->vtabs[i]->wants_one_worker != NULL &&
            r->vtabs[i]->wants_one_worker(r->ops[i], i + 1 == stages)) {
            r->worker_limit = 1;
        }
        TRY(exec_state_ensure(x, r->ops[i], err));
        r->states[i] = x->states[r->ops[i]->index];
    }
    for (uint32_t i = 0; i < x->threads; i++) {
        r->workers[i].locals = ARENA_ARRAY(&r->arena, op_local *, stages);
        if (r->workers[i].locals == NULL) return error_nomem(err);
        pipeline_worker_init(r, i);
    }
    return DBX_OK;
}

static void pipeline_run_free(pipeline_run *r) {
    exec *x = r->x;
    for (uint32_t i = 0; r->workers != NULL && i < x->threads; i++) {
        if (r->workers[i].x == NULL) continue; /* not initialized */
        arena_deinit(&r->workers[i].chunk_arena);
        error_deinit(&r->workers[i].own_error);
    }
    arena_deinit(&r->arena);
    mem_free(&x->ledger, r, sizeof(*r));
}

dbx_status pipeline_begin(exec *x, uint32_t index, bool streaming, pipeline_run **out, error *err) {
    *out = NULL;
    pipeline_run *r = mem_alloc_zero(&x->ledger, sizeof(*r));
    if (r == NULL) return error_nomem(err);
    r->x = x;
    r->index = index;
    r->pipeline = &x->plan->pipelines[index];
    r->streaming = streaming;
    arena_init(&r->arena, &x->ledger);
    dbx_status status;
    TRY_GOTO(pipeline_lay_out(r, err), failed);
    if (r->vtabs[0]->source_start != NULL)
        TRY_GOTO(r->vtabs[0]->source_start(x, r->states[0], err), failed);
    uint64_t rows = UINT64_MAX;
    if (r->vtabs[0]->source_rows != NULL) rows = r->vtabs[0]->source_rows(x, r->states[0]);
    if (rows <= CHUNK_ROWS_MAX && x->seed == 0) r->worker_limit = 1;
    pipeline_worker_set_floor(&r->workers[0], 0);
    status = pipeline_worker_begin(&r->workers[0]);
    if (status != DBX_OK) {
        error_move(err, r->workers[0].err);
        pipeline_worker_free_locals(&r->workers[0]);
        goto failed;
    }
    if (x->sink_full[r->ops[r->stage_count - 1]->index])
        atomic_store(&r->stop_stage, r->stage_count - 1);
    if (rows != UINT64_MAX && rows >= EXEC_WAKE_ROWS) pipeline_wake_helpers(r);
    *out = r;
    return DBX_OK;
failed:
    pipeline_run_free(r);
    return status;
}

/* ---- passes over what operators put aside ---- */

static bool pipeline_has(const phys_pipeline *p, const phys_op *op) {
    for (uint32_t i = 0; i < p->operator_count; i++)
        if (p->operators[i] == op) return true;
    return false;
}

/* Does a pipeline that is still to run have the operator? Its rests then wait for that one. */
static bool pipeline_comes_again(const exec *x, const phys_op *op) {
    for (uint32_t i = x->next_in_order; i < x->plan->pipeline_count; i++)
        if (pipeline_has(&x->plan->pipelines[x->order[i]], op)) return true;
    return false;
}

/* Lays the run out anew: operator `from` is the source. */
static dbx_status pipeline_rearm(pipeline_run *r, uint32_t from, op_rest kind, error *err) {
    exec *x = r->x;
    const phys_pipeline *p = r->pipeline;
    const phys_op *giver = p->operators[from];
    const op_vtab *vtab = op_vtab_of((phys_kind)giver->kind);
    r->first_operator = kind == OP_REST_INPUT ? from : from + 1;
    r->stage_count = p->operator_count - r->first_operator + 2;
    r->worker_limit = x->threads;
    for (uint32_t i = 0; i < r->stage_count; i++) {
        bool sink = i + 1 == r->stage_count;
        r->ops[i] = i == 0 ? giver : sink ? p->sink : p->operators[r->first_operator + i - 1];
        r->vtabs[i] =
            i == 0 && kind == OP_REST_INPUT ? vtab->rest : op_vtab_of((phys_kind)r->ops[i]->kind);
        r->states[i] = x->states[r->ops[i]->index];
        if (i > 0 && r->vtabs[i]->wants_one_worker != NULL &&
            r->vtabs[i]->wants_one_worker(r->ops[i], sink))
            r->worker_limit = 1;
    }
    for (uint32_t i = 0; i < x->threads; i++) {
        exec_worker *w = &r->workers[i];
        w->begun = w->in_morsel = w->done = false;
        w->chunks = 0;
        w->position = 0;
    }
    r->pass++;
    atomic_store(&r->stop_stage, 0);
    if (r->vtabs[0]->source_start != NULL) TRY(r->vtabs[0]->source_start(x, r->states[0], err));
    pipeline_worker_set_floor(&r->workers[0], 0);
    dbx_status status = pipeline_worker_begin(&r->workers[0]);
    if (status == DBX_OK) return DBX_OK;
    error_move(err, r->workers[0].err);
    pipeline_worker_free_locals(&r->workers[0]);
    return status;
}

dbx_status pipeline_next_pass(pipeline_run *r, bool *more, error *err) {
    exec *x = r->x;
    const phys_pipeline *p = r->pipeline;
    *more = false;
    if (r->opened) scheduler_close(&x->scheduler);
    r->opened = false;
    if (pipeline_is_halted(x)) return DBX_OK;
    uint32_t stopped = atomic_load(&r->stop_stage);
    r->sink_stopped |= stopped == r->stage_count - 1;
    if (stopped > 0)
        r->stopped_operator = MAX(r->stopped_operator, r->first_operator + stopped - 1);
    for (; r->rest_operator < p->operator_count; r->rest_operator++) {
        const phys_op *op = p->operators[r->rest_operator];
        const op_vtab *vtab = op_vtab_of((phys_kind)op->kind);
        op_rest kind = OP_REST_NONE;
        if (vtab->rest_next == NULL || r->rest_operator < r->stopped_operator) continue;
        if (pipeline_comes_again(x, op)) continue;
        TRY(vtab->rest_next(x, x->states[op->index], &kind, err));
        if (kind == OP_REST_NONE) continue;
        TRY(pipeline_rearm(r, r->rest_operator, kind, err));
        *more = true;
        return DBX_OK;
    }
    return DBX_OK;
}

dbx_status pipeline_end(pipeline_run *r, bool complete, error *err) {
    exec *x = r->x;
    if (!complete) {
        atomic_store(&x->halt, true);
        if (r->streaming) result_stream_abort(r->states[r->stage_count - 1]);
    }
    if (r->opened) scheduler_close(&x->scheduler);
    if (!r->workers[0].done) pipeline_worker_free_locals(&r->workers[0]);
    uint32_t sink = r->ops[r->stage_count - 1]->index;
    r->sink_stopped |= atomic_load(&r->stop_stage) == r->stage_count - 1;
    if (r->sink_stopped) x->sink_full[sink] = true;
    assert(x->feeds_left[sink] > 0);
    x->feeds_left[sink]--;
    if (x->feeds_left[sink] == 0 && complete && !pipeline_is_halted(x)) pipeline_finish_sink(r);
    pipeline_run_free(r);
    return pipeline_is_halted(x) && complete ? exec_give_error(x, err) : DBX_OK;
}
