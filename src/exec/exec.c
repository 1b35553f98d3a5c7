/* exec.c - an execution: states, the order of pipelines, errors, results.
 *
 * Pipelines run one after the other, each on all workers: a worker without a morsel is idle only at
 * the end of a pipeline, and no two pipelines compete for memory or cache.
 */
#include "exec/exec_int.h"

#include "io/temp_file.h"

/* ---- accessors ---- */

query *exec_query(exec *x) {
    return x->query;
}
ledger *exec_ledger(exec *x) {
    return &x->ledger;
}
ledger *exec_op_ledger(exec *x, const phys_op *op) {
    return &x->op_ledgers[op->index];
}
arena *exec_arena(exec *x) {
    return &x->arena;
}
uint32_t exec_threads(const exec *x) {
    return x->threads;
}
uint32_t exec_vector_size(const exec *x) {
    return x->vector_size;
}
const physical_plan *exec_plan(const exec *x) {
    return x->plan;
}
op_state *exec_state(exec *x, const phys_op *op) {
    return x->states[op->index];
}
struct exec_op_profile *exec_op_profile_of(exec *x, const phys_op *op) {
    return x->profiling ? &x->profile.ops[op->index] : NULL;
}

/* ---- spilling ---- */

enum {
    EXEC_SPILL_PERCENT =
        70, /* of a memory limit: what is behind it is left to those who cannot spill */
    EXEC_SPILL_MIN = 512 << 10, /* bytes an operator's worker may always keep */
};

dbx_status exec_temp_file(exec *x, temp_file **out, error *err) {
    dbx_status status = DBX_OK;
    if (x->query->temp == NULL) return error_nomem(err);
    os_mutex_lock(&x->error_mutex);
    if (x->temp == NULL) status = temp_file_open(x->query->temp, &x->ledger, &x->temp, err);
    *out = x->temp;
    os_mutex_unlock(&x->error_mutex);
    return status;
}

bool exec_should_spill(exec *x, const phys_op *op, size_t bytes) {
    if (x->query->temp == NULL) return false;
    int64_t forced = x->query->settings != NULL ? x->query->settings->spill_bytes : 0;
    if (forced > 0) return bytes >= (size_t)forced;
    if (bytes < EXEC_SPILL_MIN) return false;
    return ledger_under_pressure(&x->op_ledgers[op->index], bytes / 8, EXEC_SPILL_PERCENT);
}

/* ---- errors ---- */

void exec_fail(exec *x, error *from, dbx_status status) {
    assert(status != DBX_OK);
    os_mutex_lock(&x->error_mutex);
    if (x->first_status == DBX_OK) {
        x->first_status = status;
        error_move(&x->first_error, from);
        if (x->first_error.status == DBX_OK) {
            if (status == DBX_NOMEM) {
                error_nomem(&x->first_error);
            } else if (status == DBX_CANCELLED) {
                (void)!query_raise_cancelled(x->query, &x->first_error);
            } else {
                error_raise(&x->first_error, ERR_INTERNAL_ERROR, (span){0, 0}, "message",
                            "an operator failed without an error", NULL);
            }
        }
    }
    os_mutex_unlock(&x->error_mutex);
    atomic_store(&x->halt, true);
    op_state *result = x->states[x->plan->root->index];
    if (x->is_streaming && result != NULL) result_stream_abort(result);
}

dbx_status exec_give_error(exec *x, error *err) {
    os_mutex_lock(&x->error_mutex);
    dbx_status status = x->first_status == DBX_OK ? DBX_CANCELLED : x->first_status;
    error_move(err, &x->first_error);
    os_mutex_unlock(&x->error_mutex);
    return status;
}

/* ---- states ---- */

dbx_status exec_state_ensure(exec *x, const phys_op *op, error *err) {
    assert(op->index < x->plan->op_count);
    if (x->states[op->index] != NULL) return DBX_OK;
    const op_vtab *vtab = op_vtab_of((phys_kind)op->kind);
    if (vtab->state_new == NULL) return DBX_OK;
    return vtab->state_new(x, op, &x->states[op->index], err);
}

static void exec_state_drop(exec *x, uint32_t index) {
    op_state *s = x->states[index];
    if (s == NULL) return;
    op_vtab_of((phys_kind)x->plan->ops[index]->kind)->state_free(x, s);
    x->states[index] = NULL;
}

/* ---- order of pipelines ---- */

/* The RECURSIVE op with the smallest step range that holds the pipeline. */
static uint32_t exec_owner_of(const physical_plan *plan, uint32_t pipeline) {
    uint32_t owner = EXEC_NO_OWNER;
    uint32_t owner_count = UINT32_MAX;
    for (uint32_t i = 0; i < plan->op_count; i++) {
        if (plan->ops[i]->kind != PHYS_OP_RECURSIVE) continue;
        const phys_recursive *r = (const phys_recursive *)plan->ops[i];
        bool inside = pipeline >= r->step_first && pipeline - r->step_first < r->step_count;
        if (inside && r->step_count < owner_count) {
            owner = i;
            owner_count = r->step_count;
        }
    }
    return owner;
}

/* Dependencies first; else by position. A cycle is a defect of the planner. */
static dbx_status exec_order_pipelines(exec *x, error *err) {
    const physical_plan *plan = x->plan;
    bool *done = ARENA_ARRAY(&x->arena, bool, plan->pipeline_count + 1);
    if (done == NULL) return error_nomem(err);
    uint32_t placed = 0;
    while (placed < plan->pipeline_count) {
        uint32_t before = placed;
        for (uint32_t i = 0; i < plan->pipeline_count; i++) {
            const phys_pipeline *p = &plan->pipelines[i];
            bool ready = !done[i];
            for (uint32_t d = 0; ready && d < p->depend_count; d++) ready = done[p->depends[d]];
            if (!ready) continue;
            done[i] = true;
            x->order[placed++] = i;
        }
        if (placed == before) {
            return error_raise(err, ERR_INTERNAL_ERROR, (span){0, 0}, "message",
                               "the pipelines of a plan depend on each other in a circle", NULL);
        }
    }
    return DBX_OK;
}

/* Pipelines of one owner feed their sinks anew: finish runs after the last of them. */
static void exec_reset_feeds(exec *x, uint32_t owner) {
    const physical_plan *plan = x->plan;
    for (uint32_t i = 0; i < plan->pipeline_count; i++) {
        if (x->owners[i] != owner) continue;
        uint32_t sink = plan->pipelines[i].sink->index;
        x->feeds_left[sink] = 0;
        x->sink_full[sink] = false;
    }
    for (uint32_t i = 0; i < plan->pipeline_count; i++) {
        if (x->owners[i] == owner) x->feeds_left[plan->pipelines[i].sink->index]++;
    }
}

/* ---- running ---- */

/* A pipeline whose sink has enough is skipped, but still counts as done. */
static bool exec_skips(exec *x, uint32_t index) {
    uint32_t sink = x->plan->pipelines[index].sink->index;
    return x->sink_full[sink] && x->feeds_left[sink] > 1;
}

static dbx_status exec_begin_pipeline(exec *x, uint32_t index, bool streaming, pipeline_run **out,
                                      error *err) {
    dbx_status status = pipeline_begin(x, index, streaming, out, err);
    if (status == DBX_OK) return DBX_OK;
    error own;
    error_init(&own);
    exec_fail(x, err != NULL ? err : &own, status);
    error_deinit(&own);
    return exec_give_error(x, err);
}

static void exec_next_pass(pipeline_run *r, bool *more) {
    error err;
    error_init(&err);
    dbx_status status = pipeline_next_pass(r, more, &err);
    if (status != DBX_OK) exec_fail(r->x, &err, status);
    error_deinit(&err);
}

static dbx_status exec_run_pipeline(exec *x, uint32_t index, error *err) {
    if (exec_skips(x, index)) {
        x->feeds_left[x->plan->pipelines[index].sink->index]--;
        return DBX_OK;
    }
    pipeline_run *r;
    TRY(exec_begin_pipeline(x, index, false, &r, err));
    for (bool more = true; more;) {
        pipeline_drive(r);
        exec_next_pass(r, &more);
    }
    return pipeline_end(r, true, err);
}

/* Operators that occur in pipelines of the range only start from nothing again. */
static void exec_drop_inner_states(exec *x, uint32_t first, uint32_t count) {
    const physical_plan *plan = x->plan;
    for (uint32_t op = 0; op < plan->op_count; op++) {
        bool inside = false;
        bool outside = false;
        for (uint32_t i = 0; i < plan->pipeline_count; i++) {
            const phys_pipeline *p = &plan->pipelines[i];
            bool uses = p->source == plan->ops[op] || p->sink == plan->ops[op];
            for (uint32_t k = 0; k < p->operator_count; k++)
                uses |= p->operators[k] == plan->ops[op];
            if (!uses) continue;
            if (i >= first && i - first < count) {
                inside = true;
            } else {
                outside = true;
            }
        }
        if (inside && !outside) exec_state_drop(x, op);
    }
}

dbx_status exec_run_pipelines(exec *x, uint32_t first, uint32_t count, error *err) {
    const physical_plan *plan = x->plan;
    assert(first + count <= plan->pipeline_count);
    uint32_t owner = EXEC_NO_OWNER;
    for (uint32_t i = 0; i < plan->op_count; i++) {
        if (plan->ops[i]->kind != PHYS_OP_RECURSIVE) continue;
        const phys_recursive *r = (const phys_recursive *)plan->ops[i];
        if (r->step_first == first && r->step_count == count) owner = i;
    }
    assert(owner != EXEC_NO_OWNER);
    exec_drop_inner_states(x, first, count);
    exec_reset_feeds(x, owner);
    for (uint32_t i = 0; i < plan->pipeline_count; i++) {
        uint32_t index = x->order[i];
        if (x->owners[index] == owner) TRY(exec_run_pipeline(x, index, err));
    }
    return DBX_OK;
}

static dbx_status exec_start(exec *x, bool streaming, error *err) {
    if (x->started_ns != 0) {
        bool failed = x->stream == NULL && atomic_load(&x->halt); /* no helper is running then */
        return failed ? exec_give_error(x, err) : DBX_OK;
    }
    x->started_ns = os_monotonic_ns();
    x->is_streaming = streaming;
    exec_reset_feeds(x, EXEC_NO_OWNER);
    for (uint32_t i = 0; i < x->plan->op_count; i++) {
        const phys_op *op = x->plan->ops[i];
        if (op->kind == PHYS_OP_SCAN)
            atomic_fetch_add(&x->query->units_total, scan_work((const phys_scan *)op));
    }
    return exec_state_ensure(x, x->plan->root, err);
}

static void exec_end_profile(exec *x) {
    x->profile.wall_ns = os_monotonic_ns() - x->started_ns;
    x->profile.threads = x->threads;
    x->profile.memory_bytes = atomic_load(&x->query->ledger.peak);
    for (uint32_t i = 0; x->profiling && i < x->plan->op_count; i++)
        atomic_store(&x->profile.ops[i].memory_bytes, atomic_load(&x->op_ledgers[i].peak));
}

dbx_status exec_run(exec *x, collection *result, error *err) {
    TRY(exec_start(x, false, err));
    while (x->next_in_order < x->plan->pipeline_count) {
        uint32_t index = x->order[x->next_in_order++];
        if (x->owners[index] == EXEC_NO_OWNER) TRY(exec_run_pipeline(x, index, err));
    }
    exec_end_profile(x);
    return result_take(x, x->states[x->plan->root->index], result, err);
}

/* ---- streaming ---- */

/* Begins pipelines until one that feeds the result is running; none is left when x->stream stays
 * NULL. */
static dbx_status exec_stream_begin(exec *x, error *err) {
    while (x->stream == NULL && x->next_in_order < x->plan->pipeline_count) {
        uint32_t index = x->order[x->next_in_order++];
        if (x->owners[index] != EXEC_NO_OWNER) continue;
        if (x->plan->pipelines[index].sink == x->plan->root && !exec_skips(x, index)) {
            TRY(exec_begin_pipeline(x, index, true, &x->stream, err));
        } else {
            TRY(exec_run_pipeline(x, index, err));
        }
    }
    return DBX_OK;
}

dbx_status exec_next(exec *x, const chunk **out, error *err) {
    *out = NULL;
    TRY(exec_start(x, true, err));
    for (;;) {
        TRY(exec_stream_begin(x, err));
        pipeline_run *r = x->stream;
        if (r == NULL) {
            exec_end_profile(x);
            return DBX_OK;
        }
        op_state *result = x->states[x->plan->root->index];
        bool all_done = false;
        *out = result_stream_pop(result, r, &all_done);
        if (*out != NULL) return DBX_OK;
        bool more = false;
        if (all_done) exec_next_pass(r, &more);
        if (more) continue;
        if (all_done || atomic_load(&x->halt)) {
            x->stream = NULL;
            TRY(pipeline_end(r, true, err));
        } else if (r->workers[0].done || result_stream_is_full(result)) {
            result_stream_wait(result);
        } else {
            pipeline_step(r);
        }
    }
}

/* ---- making and freeing ---- */

exec_profile *exec_enable_profile(exec *x) {
    assert(x->started_ns == 0);
    x->profile.ops = ARENA_ARRAY(&x->arena, exec_op_profile, x->plan->op_count + 1);
    if (x->profile.ops == NULL) return NULL;
    x->profiling = true;
    return &x->profile;
}

static dbx_status exec_init_arrays(exec *x, error *err) {
    const physical_plan *plan = x->plan;
    x->op_ledgers = ARENA_ARRAY(&x->arena, ledger, plan->op_count + 1);
    x->states = ARENA_ARRAY(&x->arena, op_state *, plan->op_count + 1);
    x->feeds_left = ARENA_ARRAY(&x->arena, uint32_t, plan->op_count + 1);
    x->sink_full = ARENA_ARRAY(&x->arena, bool, plan->op_count + 1);
    x->owners = ARENA_ARRAY(&x->arena, uint32_t, plan->pipeline_count + 1);
    x->order = ARENA_ARRAY(&x->arena, uint32_t, plan->pipeline_count + 1);
    if (x->op_ledgers == NULL || x->states == NULL || x->feeds_left == NULL ||
        x->sink_full == NULL || x->owners == NULL || x->order == NULL) {
        return error_nomem(err);
    }
    for (uint32_t i = 0; i < plan->op_count; i++) {
        assert(plan->ops[i]->index == i);
        ledger_init(&x->op_ledgers[i], &x->ledger, op_name_of((phys_kind)plan->ops[i]->kind),
                    SIZE_MAX);
    }
    for (uint32_t i = 0; i < plan->pipeline_count; i++) x->owners[i] = exec_owner_of(plan, i);
    return exec_order_pipelines(x, err);
}

dbx_status exec_new(const physical_plan *plan, query *q, uint32_t threads, exec **out, error *err) {
    *out = NULL;
    assert(plan->root->kind == PHYS_OP_RESULT);
    exec *x = mem_alloc_zero(&q->ledger, sizeof(*x));
    if (x == NULL) return error_nomem(err);
    x->plan = plan;
    x->query = q;
    ledger_init(&x->ledger, &q->ledger, "execution", SIZE_MAX);
    arena_init(&x->arena, &x->ledger);
    os_mutex_init(&x->error_mutex);
    error_init(&x->first_error);
    x->threads = MAX(1u, MIN(threads, (uint32_t)EXEC_THREADS_MAX));
    int64_t size = q->settings != NULL ? q->settings->vector_size : CHUNK_ROWS_MAX;
    x->vector_size = (uint32_t)MAX(1, MIN(size, CHUNK_ROWS_MAX));
    x->seed = q->settings != NULL ? (uint64_t)q->settings->scheduler_seed : 0;
    scheduler_init(&x->scheduler, &x->ledger, x->seed != 0 ? 0 : x->threads - 1);
    dbx_status status = exec_init_arrays(x, err);
    if (status != DBX_OK) {
        exec_free(x);
        return status;
    }
    *out = x;
    return DBX_OK;
}

void exec_free(exec *x) {
    if (x == NULL) return;
    query *q = x->query;
    if (x->stream != NULL) {
        dbx_status status = pipeline_end(x->stream, false, NULL);
        assert(status == DBX_OK);
        (void)status;
    }
    scheduler_deinit(&x->scheduler);
    for (uint32_t i = 0; x->states != NULL && i < x->plan->op_count; i++) exec_state_drop(x, i);
    temp_file_close(x->temp);
    error_deinit(&x->first_error);
    os_mutex_deinit(&x->error_mutex);
    arena_deinit(&x->arena);
    ledger_deinit(&x->ledger);
    mem_free(&q->ledger, x, sizeof(*x));
}
