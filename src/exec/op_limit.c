/* op_limit.c - the first rows of the source's order.
 *
 * AS A SINK all workers collect. A row is kept while fewer rows than wanted are known to stand
 * before it; what is known is the number of rows of each earlier morsel. Input ends when the
 * morsels that are complete (below every worker's floor), and the one at the floor, hold enough.
 * Rows are then given in order. AS A STREAMING OPERATOR the pipeline has one worker and the
 * operator just counts.
 */
#include "exec/chunk_slice.h"
#include "exec/operators.h"
#include "exec/ordered_rows.h"
#include "exec/rows_scan.h"

typedef struct limit_morsel {
    uint64_t morsel;
    uint64_t rows;
} limit_morsel;

typedef struct limit_state {
    const phys_limit *op;
    exec *x;
    ledger *ledger;
    uint64_t wanted; /* offset + limit */
    uint64_t passed; /* streaming: rows seen */
    os_mutex mutex;  /* guards the following */
    uint64_t before; /* rows of finished pipelines and folded morsels */
    uint32_t pipeline;
    limit_morsel *open; /* morsels that gave rows and are not folded into `before`, in any order */
    uint32_t open_count, open_capacity;
    ordered_rows rows;
    rows_scan scan;
} limit_state;

typedef struct limit_local {
    limit_state *state;
    ordered_local rows;
    rows_scan_local scan;
} limit_local;

static bool limit_wants_one_worker(const phys_op *op, bool as_sink) {
    (void)op;
    return !as_sink;
}

static dbx_status limit_state_new(exec *x, const phys_op *op, op_state **out, error *err) {
    ledger *l = exec_op_ledger(x, op);
    limit_state *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->op = (const phys_limit *)op;
    s->x = x;
    s->ledger = l;
    if (__builtin_add_overflow(s->op->limit, s->op->offset, &s->wanted)) s->wanted = UINT64_MAX;
    s->pipeline = UINT32_MAX;
    os_mutex_init(&s->mutex);
    *out = (op_state *)s;
    return op_check(ordered_rows_init(&s->rows, op->types, op->column_count, l), err);
}

static void limit_state_free(exec *x, op_state *state) {
    limit_state *s = (limit_state *)state;
    (void)x;
    ordered_rows_deinit(&s->rows);
    os_mutex_deinit(&s->mutex);
    mem_free(s->ledger, s->open, s->open_capacity * sizeof(*s->open));
    mem_free(s->ledger, s, sizeof(*s));
}

static dbx_status limit_local_new(exec_worker *w, op_state *state, uint32_t sink_input,
                                  op_local **out, error *err) {
    limit_state *s = (limit_state *)state;
    (void)w, (void)sink_input;
    limit_local *l = mem_alloc_zero(s->ledger, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    l->state = s;
    *out = (op_local *)l;
    return op_check(ordered_local_init(&l->rows, &s->rows), err);
}

static void limit_local_free(exec_worker *w, op_local *local) {
    limit_local *l = (limit_local *)local;
    (void)w;
    ordered_local_deinit(&l->rows);
    mem_free(l->state->ledger, l, sizeof(*l));
}

/* ---- streaming ---- */

static dbx_status limit_push(exec_worker *w, op_state *state, op_local *local, const chunk *in,
                             error *err) {
    limit_state *s = (limit_state *)state;
    (void)local;
    uint64_t first = s->passed;
    uint64_t end = MIN(first + in->rows, s->wanted);
    s->passed += in->rows;
    uint64_t from = MAX(first, s->op->offset);
    dbx_status status = DBX_OK;
    if (from < end) {
        chunk part = *in;
        uint32_t count = (uint32_t)(end - from);
        if (count < in->rows) {
            OP_TRY(chunk_slice_range(&part, in, (uint32_t)(from - first), count,
                                     worker_chunk_arena(w)),
                   err);
        }
        status = pipeline_emit(w, &part, err);
    }
    if (s->passed >= s->wanted) pipeline_stop(w);
    return status;
}

/* ---- sink ---- */

/* The worker's entry among the open morsels, made when absent. The mutex is held. */
static limit_morsel *limit_open_morsel(limit_state *s, uint64_t morsel) {
    for (uint32_t i = 0; i < s->open_count; i++) {
        if (s->open[i].morsel == morsel) return &s->open[i];
    }
    if (s->open_count == s->open_capacity) {
        uint32_t capacity = MAX(8u, 2 * s->open_capacity);
        limit_morsel *grown = mem_realloc(s->ledger, s->open, s->open_capacity * sizeof(*grown),
                                          capacity * sizeof(*grown));
        if (grown == NULL) return NULL;
        s->open = grown;
        s->open_capacity = capacity;
    }
    s->open[s->open_count] = (limit_morsel){morsel, 0};
    return &s->open[s->open_count++];
}

/* Morsels that no worker can add to count as one number. */
static void limit_fold(limit_state *s, uint64_t floor) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < s->open_count; i++) {
        if (s->open[i].morsel < floor) {
            s->before += s->open[i].rows;
        } else {
            s->open[kept++] = s->open[i];
        }
    }
    s->open_count = kept;
}

/* Rows known to stand before the end of `morsel` as it is now. */
static uint64_t limit_rows_up_to(const limit_state *s, uint64_t morsel) {
    uint64_t rows = s->before;
    for (uint32_t i = 0; i < s->open_count; i++) {
        if (s->open[i].morsel <= morsel) rows += s->open[i].rows;
    }
    return rows;
}

/* *take: how many of the chunk's rows may still be wanted. */
static dbx_status limit_account(limit_state *s, exec_worker *w, uint32_t rows, uint32_t *take) {
    uint64_t morsel = worker_morsel_index(w);
    uint64_t floor = worker_morsel_floor(w);
    bool enough = false;
    os_mutex_lock(&s->mutex);
    if (worker_pipeline(w) != s->pipeline) {
        limit_fold(s, UINT64_MAX);
        s->pipeline = worker_pipeline(w);
    }
    limit_fold(s, floor);
    limit_morsel *m = limit_open_morsel(s, morsel);
    if (m != NULL) {
        uint64_t ahead = limit_rows_up_to(s, morsel);
        *take = ahead >= s->wanted ? 0 : (uint32_t)MIN(rows, s->wanted - ahead);
        m->rows += *take;
        enough = limit_rows_up_to(s, floor) >= s->wanted;
    }
    os_mutex_unlock(&s->mutex);
    if (m == NULL) return DBX_NOMEM;
    if (enough) pipeline_stop(w);
    return DBX_OK;
}

static dbx_status limit_sink(exec_worker *w, op_state *state, op_local *local, const chunk *in,
                             error *err) {
    limit_state *s = (limit_state *)state;
    limit_local *l = (limit_local *)local;
    uint32_t take = 0;
    OP_TRY(limit_account(s, w, in->rows, &take), err);
    if (take == 0) return DBX_OK;
    chunk part = *in;
    if (take < in->rows) {
        OP_TRY(chunk_slice_range(&part, in, 0, take, worker_chunk_arena(w)), err);
    }
    return op_check(ordered_local_append(&l->rows, w, &part), err);
}

static dbx_status limit_combine(exec_worker *w, op_state *s, op_local *l, error *err) {
    (void)w, (void)s;
    return op_check(ordered_local_combine(&((limit_local *)l)->rows), err);
}

static dbx_status limit_finish(exec *x, op_state *s, error *err) {
    (void)x;
    return op_check(ordered_rows_finish(&((limit_state *)s)->rows), err);
}

/* ---- source ---- */

static dbx_status limit_source_start(exec *x, op_state *state, error *err) {
    limit_state *s = (limit_state *)state;
    (void)x, (void)err;
    rows_scan_init(&s->scan, &s->rows.rows, NULL, 0);
    rows_scan_restrict(&s->scan, s->op->offset, s->op->limit);
    return DBX_OK;
}

static uint64_t limit_source_rows(exec *x, op_state *s) {
    (void)x;
    return rows_scan_count(&((limit_state *)s)->scan);
}

static dbx_status limit_next_morsel(exec_worker *w, op_state *s, op_local *l, bool *more,
                                    uint64_t *index, error *err) {
    (void)w, (void)err;
    *more = rows_scan_next_morsel(&((limit_state *)s)->scan, &((limit_local *)l)->scan, index);
    return DBX_OK;
}

static dbx_status limit_read(exec_worker *w, op_state *s, op_local *l, const chunk **out,
                             error *err) {
    return op_check(rows_scan_read(&((limit_state *)s)->scan, &((limit_local *)l)->scan, w, out),
                    err);
}

const op_vtab op_limit_vtab = {
    .state_new = limit_state_new,
    .state_free = limit_state_free,
    .local_new = limit_local_new,
    .local_free = limit_local_free,
    .source_start = limit_source_start,
    .source_rows = limit_source_rows,
    .next_morsel = limit_next_morsel,
    .read = limit_read,
    .push = limit_push,
    .sink = limit_sink,
    .combine = limit_combine,
    .finish = limit_finish,
    .wants_one_worker = limit_wants_one_worker,
};
