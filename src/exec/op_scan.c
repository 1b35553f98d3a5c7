/* op_scan.c - reads a source: what it cannot filter exactly is filtered here.
 *
 * The source is opened when the pipeline starts, after the joins that make its runtime filters. A
 * runtime filter that rejects next to nothing is not asked again by that worker.
 */
#include "exec/chunk_slice.h"
#include "exec/operators.h"
#include "exec/runtime_filter.h"

enum {
    SCAN_FILTER_TRIAL_ROWS = 32768, /* after so many a runtime filter must have paid */
    SCAN_FILTER_KEEP_PERCENT = 90,  /* it does not when it keeps more than this */
};

typedef struct scan_filter {
    uint32_t slot;
    const runtime_filter *filter;
} scan_filter;

typedef struct scan_state {
    const phys_scan *op;
    exec *x;
    ledger *ledger;
    arena arena;
    source_scan *scan;
    const program *program; /* of what the source leaves to be checked; NULL: nothing */
    scan_filter *filters;   /* runtime filters to check here */
    uint32_t filter_count;
    bool *late; /* columns that are read for rows that passed only */
    bool has_late;
    uint64_t work;                            /* see scan_work */
    _Atomic uint64_t rows_read, units, bytes; /* reported to the query so far */
} scan_state;

typedef struct scan_local {
    scan_state *state;
    source_local *source;
    evaluator *evaluator;
    chunk in;
    chunk
        buffers; /* what `in` starts from at each read: the source may put its own vectors there */
    arena arena; /* of both */
    compactor compactor;
    chunk out;
    bool pending;        /* `in` waits: gathered rows went first */
    const sel_t *in_sel; /* its rows that passed; NULL: all */
    uint32_t in_rows;
    bool ended;             /* the source's morsel is done */
    uint64_t *tried, *kept; /* per runtime filter */
    sel_t sel[CHUNK_ROWS_MAX];
} scan_local;

/* ---- progress ---- */

uint64_t scan_work(const phys_scan *op) {
    uint64_t rows = 0;
    bool exact;
    const source *from = op->source;
    if (from->vtab->row_count == NULL || !from->vtab->row_count(from, &rows, &exact))
        rows = op->base.rows > 0 ? (uint64_t)op->base.rows : 0;
    return MAX(rows, 1u);
}

/* Raises what was reported to `now`, and the query's total by the difference. */
static void scan_raise(_Atomic uint64_t *reported, _Atomic uint64_t *total, uint64_t now) {
    uint64_t before = atomic_load_explicit(reported, memory_order_relaxed);
    while (now > before) {
        if (!atomic_compare_exchange_weak(reported, &before, now)) continue;
        atomic_fetch_add_explicit(total, now - before, memory_order_relaxed);
        return;
    }
}

/* At the end of a morsel. */
static void scan_report(scan_state *s) {
    const source_vtab *vtab = s->op->source->vtab;
    query *q = exec_query(s->x);
    double fraction = vtab->progress != NULL ? vtab->progress(s->scan) : -1;
    if (fraction >= 0)
        scan_raise(&s->units, &q->units_done, (uint64_t)(fraction * (double)s->work));
    if (vtab->counts == NULL) return;
    source_counts counts;
    vtab->counts(s->scan, &counts);
    scan_raise(&s->bytes, &q->bytes_read, counts.bytes_read);
    exec_op_profile *p = exec_op_profile_of(s->x, &s->op->base);
    if (p == NULL) return;
    atomic_store(&p->bytes_read, counts.bytes_read);
    atomic_store(&p->groups, counts.groups);
    atomic_store(&p->groups_pruned, counts.groups_pruned);
}

/* ---- state ---- */

static dbx_status scan_state_new(exec *x, const phys_op *op, op_state **out, error *err) {
    ledger *l = exec_op_ledger(x, op);
    scan_state *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->op = (const phys_scan *)op;
    s->x = x;
    s->ledger = l;
    s->work = scan_work(s->op);
    arena_init(&s->arena, l);
    *out = (op_state *)s;
    return DBX_OK;
}

static void scan_state_free(exec *x, op_state *state) {
    scan_state *s = (scan_state *)state;
    (void)x;
    if (s->scan != NULL) s->op->source->vtab->close(s->scan);
    arena_deinit(&s->arena);
    mem_free(s->ledger, s, sizeof(*s));
}

/* The plan's predicates, then one for each runtime filter that exists. */
static dbx_status scan_collect_predicates(scan_state *s, scan_predicate **out, uint32_t *out_count,
                                          error *err) {
    const phys_scan *op = s->op;
    uint32_t most = op->predicate_count + op->runtime_filter_count;
    scan_predicate *p = ARENA_ARRAY(&s->arena, scan_predicate, most + 1);
    s->filters = ARENA_ARRAY(&s->arena, scan_filter, op->runtime_filter_count + 1);
    if (p == NULL || s->filters == NULL) return error_nomem(err);
    uint32_t count = op->predicate_count;
    for (uint32_t i = 0; i < count; i++) p[i] = op->predicates[i];
    for (uint32_t i = 0; i < op->runtime_filter_count; i++) {
        const phys_op *join = exec_plan(s->x)->ops[op->runtime_filters[i].join];
        const runtime_filter *f = hash_join_runtime_filter(s->x, join, op->runtime_filters[i].key);
        if (f == NULL) continue;
        uint32_t slot = op->runtime_filters[i].slot;
        p[count++] =
            (scan_predicate){.column = op->columns[slot], .op = SCAN_RUNTIME, .runtime = f};
        s->filters[s->filter_count++] = (scan_filter){slot, f};
    }
    *out = p;
    *out_count = count;
    return DBX_OK;
}

static void scan_mark_read(const expr *x, bool *unread) {
    if (x->kind == EXPR_SLOT) unread[x->u.slot] = false;
    for (uint32_t i = 0; i < x->arg_count; i++) scan_mark_read(x->args[i], unread);
}

/* What is checked here is read first; the other columns only for the rows that pass. */
static void scan_find_late(scan_state *s, expr *const *left, uint32_t count, const bool *unread) {
    uint32_t columns = s->op->base.column_count;
    s->has_late = false;
    if (s->op->source->vtab->read_late == NULL || count + s->filter_count == 0) return;
    for (uint32_t i = 0; i < columns; i++) s->late[i] = true;
    for (uint32_t i = 0; i < count; i++) scan_mark_read(left[i], s->late);
    for (uint32_t i = 0; i < s->filter_count; i++) s->late[s->filters[i].slot] = false;
    for (uint32_t i = 0; i < columns; i++) {
        s->late[i] = s->late[i] && !unread[i];
        s->has_late |= s->late[i];
    }
}

/* The columns that only predicates read, when the source has applied all of those. */
static void scan_find_unread(scan_state *s, expr *const *left, uint32_t count, bool *unread) {
    const phys_scan *op = s->op;
    for (uint32_t i = op->base.column_count - op->filter_columns; i < op->base.column_count; i++)
        unread[i] = true;
    for (uint32_t i = 0; i < count; i++) scan_mark_read(left[i], unread);
    for (uint32_t i = 0; i < s->filter_count; i++) unread[s->filters[i].slot] = false;
}

/* After open: keeps what is still to be checked. */
static dbx_status scan_compile_residual(scan_state *s, const bool *exact, const bool *pairs_exact,
                                        bool *unread, error *err) {
    const phys_scan *op = s->op;
    expr **left = ARENA_ARRAY(&s->arena, expr *, op->residual_count + 1);
    if (left == NULL) return error_nomem(err);
    uint32_t count = 0, pairs_end = op->predicate_count + op->pair_count;
    for (uint32_t i = 0; i < op->residual_count; i++) {
        bool done = i < op->predicate_count ? exact[i]
                    : i < pairs_end         ? pairs_exact[i - op->predicate_count]
                                            : false;
        if (!done) left[count++] = op->residual[i];
    }
    uint32_t filters = 0;
    for (uint32_t i = 0; i < s->filter_count; i++) {
        if (!exact[op->predicate_count + i]) s->filters[filters++] = s->filters[i];
    }
    s->filter_count = filters;
    scan_find_unread(s, left, count, unread);
    scan_find_late(s, left, count, unread);
    if (count == 0) return DBX_OK;
    return program_compile(&s->arena, exec_query(s->x), left, count, &s->program, err);
}

static dbx_status scan_source_start(exec *x, op_state *state, error *err) {
    scan_state *s = (scan_state *)state;
    const phys_scan *op = s->op;
    scan_predicate *predicates = NULL;
    uint32_t predicate_count = 0;
    if (s->scan != NULL) op->source->vtab->close(s->scan);
    s->scan = NULL;
    s->filter_count = 0;
    s->program = NULL;
    arena_reset(&s->arena);
    TRY(scan_collect_predicates(s, &predicates, &predicate_count, err));
    bool *exact = ARENA_ARRAY(&s->arena, bool, predicate_count + 1);
    bool *pairs_exact = ARENA_ARRAY(&s->arena, bool, op->pair_count + 1);
    bool *unread = ARENA_ARRAY(&s->arena, bool, op->base.column_count + 1);
    scan_spec *spec = ARENA_NEW(&s->arena, scan_spec);
    s->late = ARENA_ARRAY(&s->arena, bool, op->base.column_count + 1);
    if (exact == NULL || pairs_exact == NULL || unread == NULL || spec == NULL || s->late == NULL)
        return error_nomem(err);
    *spec = (scan_spec){
        .columns = op->columns,
        .column_count = op->base.column_count,
        .predicates = predicates,
        .predicate_count = predicate_count,
        .exact = exact,
        .pairs = op->pairs,
        .pair_count = op->pair_count,
        .pairs_exact = pairs_exact,
        .unread = unread,
        .late = s->late,
        .row_limit = op->row_limit,
        .threads = exec_threads(x),
        .vector_size = exec_vector_size(x),
        .ordered = op->ordered,
    };
    TRY(op_check(op->source->vtab->open(op->source, exec_query(x), spec, &s->scan, err), err));
    return scan_compile_residual(s, exact, pairs_exact, unread, err);
}

static uint64_t scan_source_rows(exec *x, op_state *state) {
    scan_state *s = (scan_state *)state;
    const source *from = s->op->source;
    uint64_t rows = UINT64_MAX;
    bool exact = false;
    (void)x;
    if (from->vtab->row_count == NULL || !from->vtab->row_count(from, &rows, &exact))
        return UINT64_MAX;
    return exact ? MIN(rows, s->op->row_limit) : MAX(rows, CHUNK_ROWS_MAX + 1u);
}

/* ---- local ---- */

static dbx_status scan_local_new(exec_worker *w, op_state *state, uint32_t sink_input,
                                 op_local **out, error *err) {
    scan_state *s = (scan_state *)state;
    const phys_op *op = &s->op->base;
    (void)w, (void)sink_input;
    scan_local *l = mem_alloc(s->ledger, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    memset(l, 0, offsetof(scan_local, sel));
    l->state = s;
    arena_init(&l->arena, s->ledger);
    compactor_init(&l->compactor, op->types, op->column_count, exec_vector_size(s->x), s->ledger);
    *out = (op_local *)l;
    OP_TRY(chunk_init(&l->buffers, op->types, op->column_count, &l->arena), err);
    l->in.column_count = op->column_count;
    l->in.columns = ARENA_ARRAY(&l->arena, vector, op->column_count + 1);
    if (l->in.columns == NULL) return error_nomem(err);
    l->tried = ARENA_ARRAY(&l->arena, uint64_t, s->filter_count + 1);
    l->kept = ARENA_ARRAY(&l->arena, uint64_t, s->filter_count + 1);
    if (l->tried == NULL || l->kept == NULL) return error_nomem(err);
    if (s->program != NULL) {
        TRY(evaluator_new(s->program, exec_query(s->x), s->ledger, CHUNK_ROWS_MAX, &l->evaluator,
                          err));
    }
    return op_check(s->op->source->vtab->local_new(s->scan, &l->source, err), err);
}

static void scan_local_free(exec_worker *w, op_local *local) {
    scan_local *l = (scan_local *)local;
    scan_state *s = l->state;
    (void)w;
    if (l->source != NULL) s->op->source->vtab->local_free(s->scan, l->source);
    if (l->evaluator != NULL) evaluator_free(l->evaluator);
    compactor_deinit(&l->compactor);
    arena_deinit(&l->arena);
    mem_free(s->ledger, l, sizeof(*l));
}

/* ---- reading ---- */

static dbx_status scan_next_morsel(exec_worker *w, op_state *state, op_local *local, bool *more,
                                   uint64_t *index, error *err) {
    scan_state *s = (scan_state *)state;
    scan_local *l = (scan_local *)local;
    (void)w;
    l->ended = false;
    scan_report(s);
    TRY(op_check(s->op->source->vtab->next_morsel(s->scan, l->source, more, index, err), err));
    if (!*more) scan_report(s);
    return DBX_OK;
}

static bool scan_filter_pays(const scan_local *l, uint32_t i) {
    return l->tried[i] < SCAN_FILTER_TRIAL_ROWS ||
           l->kept[i] * 100 < l->tried[i] * SCAN_FILTER_KEEP_PERCENT;
}

/* Rows of l->in that pass: *sel is NULL when all of them do. */
static dbx_status scan_select(scan_local *l, exec_worker *w, const sel_t **sel, uint32_t *rows,
                              error *err) {
    scan_state *s = l->state;
    *sel = NULL;
    *rows = l->in.rows;
    for (uint32_t i = 0; i<s->filter_count && * rows> 0; i++) {
        if (!scan_filter_pays(l, i)) continue;
        const scan_filter *f = &s->filters[i];
        l->tried[i] += *rows;
        OP_TRY(runtime_filter_apply(f->filter, &l->in.columns[f->slot], *sel, *rows, l->sel, rows,
                                    worker_chunk_arena(w)),
               err);
        l->kept[i] += *rows;
        *sel = l->sel;
    }
    if (l->evaluator != NULL && *rows > 0) {
        TRY(evaluator_filter(l->evaluator, &l->in, *sel, *rows, l->sel, rows, err));
        *sel = l->sel;
    }
    if (*rows == l->in.rows) *sel = NULL;
    return DBX_OK;
}

static dbx_status scan_read_source(scan_local *l, error *err) {
    scan_state *s = l->state;
    exec_op_profile *p = exec_op_profile_of(s->x, &s->op->base);
    chunk_clear(&l->buffers);
    memcpy(l->in.columns, l->buffers.columns, l->in.column_count * sizeof(vector));
    l->in.rows = 0;
    TRY(query_check_cancelled(exec_query(s->x), err));
    TRY(op_check(s->op->source->vtab->read(s->scan, l->source, &l->in, err), err));
    assert(l->in.rows <= exec_vector_size(s->x));
    l->ended = l->in.rows == 0;
    query *q = exec_query(s->x);
    uint64_t rows =
        atomic_fetch_add_explicit(&s->rows_read, l->in.rows, memory_order_relaxed) + l->in.rows;
    atomic_fetch_add_explicit(&q->rows_read, l->in.rows, memory_order_relaxed);
    scan_raise(&s->units, &q->units_done, MIN(rows, s->work));
    if (p != NULL) atomic_fetch_add_explicit(&p->rows_scanned, l->in.rows, memory_order_relaxed);
    return DBX_OK;
}

/* The rows of `in` that passed as a chunk; late columns hold just these. */
static dbx_status scan_view_passed(scan_local *l, exec_worker *w, chunk *out) {
    const scan_state *s = l->state;
    arena *a = worker_chunk_arena(w);
    *out = l->in;
    if (l->in_sel == NULL) return DBX_OK;
    if (!s->has_late) return chunk_slice(out, &l->in, l->in_sel, l->in_rows, a);
    out->columns = ARENA_ARRAY(a, vector, l->in.column_count + 1);
    if (out->columns == NULL) return DBX_NOMEM;
    out->rows = l->in_rows;
    for (uint32_t i = 0; i < l->in.column_count; i++) {
        out->columns[i] = l->in.columns[i];
        if (!s->late[i])
            TRY(vector_slice(&out->columns[i], &l->in.columns[i], l->in_sel, l->in_rows, a));
    }
    return DBX_OK;
}

/* Gives the rows of `in` that passed. */
static dbx_status scan_give_input(scan_local *l, exec_worker *w, const chunk **out, error *err) {
    l->pending = false;
    OP_TRY(scan_view_passed(l, w, &l->out), err);
    *out = &l->out;
    return DBX_OK;
}

static dbx_status scan_read(exec_worker *w, op_state *state, op_local *local, const chunk **out,
                            error *err) {
    scan_local *l = (scan_local *)local;
    (void)state;
    *out = NULL;
    if (l->pending) return scan_give_input(l, w, out, err);
    while (!l->ended) {
        TRY(scan_read_source(l, err));
        if (l->ended) break;
        TRY(scan_select(l, w, &l->in_sel, &l->in_rows, err));
        uint32_t rows = l->in_rows;
        if (rows == 0) continue;
        if (l->state->has_late)
            TRY(op_check(l->state->op->source->vtab->read_late(l->state->scan, l->source, l->in_sel,
                                                               rows, &l->in, err),
                         err));
        bool small = rows < l->in.rows && compactor_wants(&l->compactor, rows);
        if (small && !compactor_is_full_for(&l->compactor, rows)) {
            chunk passed;
            OP_TRY(scan_view_passed(l, w, &passed), err);
            OP_TRY(compactor_append(&l->compactor, &passed, NULL, rows), err);
            continue;
        }
        if (!compactor_has_rows(&l->compactor)) return scan_give_input(l, w, out, err);
        l->pending = true;
        break;
    }
    if (compactor_has_rows(&l->compactor)) *out = compactor_give(&l->compactor);
    return DBX_OK;
}

const op_vtab op_scan_vtab = {
    .state_new = scan_state_new,
    .state_free = scan_state_free,
    .local_new = scan_local_new,
    .local_free = scan_local_free,
    .source_start = scan_source_start,
    .source_rows = scan_source_rows,
    .next_morsel = scan_next_morsel,
    .read = scan_read,
};
