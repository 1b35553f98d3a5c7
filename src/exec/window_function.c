/* window_function.c - values of window functions for a batch of partitions.
 *
 * Ranks follow from peers. Functions that pick a row (lag, first_value, …) make a row number per
 * row and slice the argument column by it. Aggregates have one state that grows while frames do
 * (whole partition, or everything up to a row that moves forward); other frames are computed anew
 * per row.
 */
#include "exec/window_part.h"

/* ---- ranks ---- */

static void window_put_int(vector *out, uint32_t row, int64_t value) {
    if (out->phys == PHYS_INT32)
        VECTOR_DATA(out, int32_t)[row] = (int32_t)value;
    else
        VECTOR_DATA(out, int64_t)[row] = value;
}

static void window_rank_rows(window_batch *b, window_function f, uint32_t first, uint32_t end,
                             vector *out) {
    uint32_t dense = 0;
    uint32_t count = end - first;
    for (uint32_t i = first; i < end; i++) {
        uint32_t rank = b->peer_start[i] - first + 1;
        dense += b->peer_start[i] == i;
        switch (f) {
        case WINDOW_ROW_NUMBER:
            window_put_int(out, i, i - first + 1);
            break;
        case WINDOW_RANK:
            window_put_int(out, i, rank);
            break;
        case WINDOW_DENSE_RANK:
            window_put_int(out, i, dense);
            break;
        case WINDOW_PERCENT_RANK:
            VECTOR_DATA(out, double)[i] = count > 1 ? (double)(rank - 1) / (double)(count - 1) : 0;
            break;
        default:
            VECTOR_DATA(out, double)[i] = (double)(b->peer_end[i] - first) / (double)count;
            break;
        }
    }
}

/* The first `rest` tiles have one row more. */
static dbx_status window_ntile(window_batch *b, uint32_t column, vector *out, span at, error *err) {
    for (uint32_t p = 0; p < b->partition_count; p++) {
        uint32_t first = b->starts[p], end = b->starts[p + 1];
        const vector *arg = &b->columns[column];
        int64_t tiles = arg->phys == PHYS_INT32 ? VECTOR_DATA(arg, int32_t)[first]
                                                : VECTOR_DATA(arg, int64_t)[first];
        if (!validity_get(arg->validity, first) || tiles <= 0) {
            return error_raise(err, ERR_INVALID_WINDOW_ARGUMENT, at, "functionName", "ntile",
                               "message", "the number of tiles must be positive", NULL);
        }
        int64_t count = end - first;
        int64_t size = count / tiles, rest = count % tiles;
        for (int64_t i = 0; i < count; i++) {
            int64_t big = rest * (size + 1);
            int64_t tile = i < big ? i / (size + 1) : rest + (i - big) / MAX(size, (int64_t)1);
            window_put_int(out, first + (uint32_t)i, tile + 1);
        }
    }
    return DBX_OK;
}

/* ---- functions that pick a row ---- */

static int64_t window_int_at(const vector *v, uint32_t row) {
    switch ((physical_type)v->phys) {
    case PHYS_INT8:
        return VECTOR_DATA(v, int8_t)[row];
    case PHYS_INT16:
        return VECTOR_DATA(v, int16_t)[row];
    case PHYS_INT32:
        return VECTOR_DATA(v, int32_t)[row];
    default:
        return VECTOR_DATA(v, int64_t)[row];
    }
}

/* The row `offset` away from i (backwards when negative), counting only valid ones with
 * ignore_nulls; none: UINT32_MAX. */
static uint32_t window_shifted(const vector *arg, uint32_t i, int64_t offset, uint32_t first,
                               uint32_t end, bool ignore_nulls) {
    if (!ignore_nulls || offset == 0) {
        int64_t at = (int64_t)i + offset;
        return at >= (int64_t)first && at < (int64_t)end ? (uint32_t)at : UINT32_MAX;
    }
    int64_t step = offset < 0 ? -1 : 1;
    int64_t left = offset < 0 ? -offset : offset;
    for (int64_t at = (int64_t)i + step; at >= (int64_t)first && at < (int64_t)end; at += step) {
        if (validity_get(arg->validity, (size_t)at) && --left == 0) return (uint32_t)at;
    }
    return UINT32_MAX;
}

/* args: value, [offset, [default]]. Picks go to rows of the value column, or rows + i for row i's
 * default. */
static void window_lag_rows(window_batch *b, uint32_t f, bool lead, uint32_t *picks) {
    const expr_window *w = &b->op->functions[f]->u.window;
    const vector *args = &b->columns[b->inputs[f].args];
    for (uint32_t p = 0; p < b->partition_count; p++) {
        uint32_t first = b->starts[p], end = b->starts[p + 1];
        for (uint32_t i = first; i < end; i++) {
            int64_t offset = 1;
            if (w->argument_count > 1)
                offset = validity_get(args[1].validity, i) ? window_int_at(&args[1], i) : 0;
            uint32_t at =
                window_shifted(&args[0], i, lead ? offset : -offset, first, end, w->ignore_nulls);
            picks[i] = at != UINT32_MAX ? at : b->rows + i;
        }
    }
}

/* The n-th (from 1; from the end when negative) row of [from, to); none: UINT32_MAX. */
static uint32_t window_nth(const vector *arg, uint32_t from, uint32_t to, int64_t n,
                           bool ignore_nulls) {
    if (!ignore_nulls) {
        if (n > 0) return n <= (int64_t)(to - from) ? from + (uint32_t)(n - 1) : UINT32_MAX;
        return from < to ? to - 1 : UINT32_MAX;
    }
    if (n > 0) {
        for (uint32_t i = from; i < to; i++) {
            if (validity_get(arg->validity, i) && --n == 0) return i;
        }
        return UINT32_MAX;
    }
    for (uint32_t i = to; i > from; i--) {
        if (validity_get(arg->validity, i - 1)) return i - 1;
    }
    return UINT32_MAX;
}

static dbx_status window_frame_value(window_batch *b, uint32_t f, uint32_t *picks, error *err) {
    const expr_window *w = &b->op->functions[f]->u.window;
    const vector *args = &b->columns[b->inputs[f].args];
    uint32_t *from = ARENA_ARRAY(b->arena, uint32_t, b->rows);
    uint32_t *to = ARENA_ARRAY(b->arena, uint32_t, b->rows);
    if (from == NULL || to == NULL) return DBX_NOMEM;
    TRY(window_frames(b, f, from, to, err));
    for (uint32_t i = 0; i < b->rows; i++) {
        int64_t n = w->function == WINDOW_LAST_VALUE ? -1 : 1;
        if (w->function == WINDOW_NTH_VALUE) n = window_int_at(&args[1], i);
        if (n == 0) {
            return error_raise(err, ERR_INVALID_WINDOW_ARGUMENT, b->op->functions[f]->span,
                               "functionName", "nth_value", "message",
                               "the offset must be positive", NULL);
        }
        uint32_t at = window_nth(&args[0], from[i], to[i], n, w->ignore_nulls);
        picks[i] = at != UINT32_MAX ? at : b->rows + i;
    }
    return DBX_OK;
}

/* out[i] = value[picks[i]], or the default of row i (or NULL) where picks[i] >= rows. */
static dbx_status window_pick(window_batch *b, const vector *value, const vector *fallback,
                              const uint32_t *picks, vector *out) {
    vector both;
    TRY(vector_init(&both, value->type, 2 * b->rows, b->arena));
    TRY(vector_copy(&both, 0, value, NULL, 0, b->rows, b->arena));
    if (fallback != NULL) {
        TRY(vector_copy(&both, b->rows, fallback, NULL, 0, b->rows, b->arena));
    } else {
        TRY(vector_ensure_validity(&both, b->arena));
        for (uint32_t i = b->rows; i < 2 * b->rows; i++) validity_set_null(both.validity, i);
    }
    sel_t *sel = ARENA_ARRAY(b->arena, sel_t, b->rows);
    if (sel == NULL) return DBX_NOMEM;
    memcpy(sel, picks, b->rows * sizeof(*sel));
    vector sliced;
    TRY(vector_slice(&sliced, &both, sel, b->rows, b->arena));
    return vector_flatten(out, &sliced, b->rows, b->arena);
}

/* ---- aggregates ---- */

typedef struct window_aggregate {
    window_batch *batch;
    const expr_window *w;
    fn_call call;
    const vector *args;
    const uint8_t
        *used; /* per row: passes the filter and has no NULL argument the function ignores */
    sel_t *sel;
    void **states;
    void *state;
} window_aggregate;

static dbx_status window_used_rows(window_batch *b, uint32_t f, const uint8_t **out) {
    const expr_window *w = &b->op->functions[f]->u.window;
    const window_inputs *in = &b->inputs[f];
    uint8_t *used = ARENA_ARRAY(b->arena, uint8_t, b->rows);
    if (used == NULL) return DBX_NOMEM;
    bool strict = !(w->row->flags & NULLS_AWARE);
    for (uint32_t i = 0; i < b->rows; i++) {
        bool use = true;
        if (w->has_filter) {
            const vector *filter = &b->columns[in->filter];
            use = validity_get(filter->validity, i) && VECTOR_DATA(filter, uint8_t)[i];
        }
        for (uint32_t a = 0; strict && use && a < w->argument_count; a++) {
            use = validity_get(b->columns[in->args + a].validity, i);
        }
        used[i] = use;
    }
    *out = used;
    return DBX_OK;
}

static void window_state_reset(window_aggregate *x) {
    memset(x->state, 0, x->w->kernel->state_size);
    if (x->w->kernel->init != NULL) x->w->kernel->init(x->state);
}

/* Adds rows [from, to) to the state. */
static dbx_status window_add(window_aggregate *x, uint32_t from, uint32_t to) {
    while (from < to) {
        uint32_t n = 0;
        for (; from < to && n < CHUNK_ROWS_MAX; from++) {
            x->sel[n] = from;
            n += x->used[from];
        }
        if (n == 0) continue;
        x->call.sel = x->sel;
        x->call.rows = n;
        if (x->w->kernel->update_single != NULL)
            TRY(x->w->kernel->update_single(&x->call, x->args, x->state));
        else
            TRY(x->w->kernel->update(&x->call, x->args, x->states));
    }
    return DBX_OK;
}

static dbx_status window_give(window_aggregate *x, vector *out, uint32_t row) {
    return x->w->kernel->finalize(&x->call, &x->state, 1, out, row);
}

/* Rows [from + 1, to) get the value of row `from`. */
static dbx_status window_repeat(window_aggregate *x, vector *out, uint32_t from, uint32_t to) {
    for (uint32_t i = from + 1; i < to; i++) {
        TRY(vector_copy(out, i, out, NULL, from, 1, x->batch->arena));
    }
    return DBX_OK;
}

/* Frames of one partition all start at its first row and end further and further. */
static dbx_status window_running(window_aggregate *x, uint32_t first, uint32_t end,
                                 const uint32_t *to, vector *out) {
    window_state_reset(x);
    uint32_t added = first;
    for (uint32_t i = first; i < end;) {
        assert(to[i] >= added || to[i] <= first);
        TRY(window_add(x, added, to[i]));
        added = MAX(added, to[i]);
        TRY(window_give(x, out, i));
        uint32_t same = i + 1;
        while (same < end && to[same] == to[i]) same++;
        TRY(window_repeat(x, out, i, same));
        i = same;
    }
    return DBX_OK;
}

static dbx_status window_each_frame(window_aggregate *x, uint32_t first, uint32_t end,
                                    const uint32_t *from, const uint32_t *to, vector *out) {
    for (uint32_t i = first; i < end; i++) {
        if (i > first && from[i] == from[i - 1] && to[i] == to[i - 1]) {
            TRY(window_repeat(x, out, i - 1, i + 1));
            continue;
        }
        window_state_reset(x);
        TRY(window_add(x, from[i], to[i]));
        TRY(window_give(x, out, i));
    }
    return DBX_OK;
}

static dbx_status window_aggregate_rows(window_batch *b, uint32_t f, vector *out, error *err) {
    const expr *e = b->op->functions[f];
    window_aggregate x = {.batch = b, .w = &e->u.window};
    if (x.w->distinct) {
        return error_raise(err, ERR_UNSUPPORTED_FEATURE, e->span, "feature",
                           "DISTINCT window aggregates", NULL);
    }
    uint32_t args = x.w->argument_count;
    x.args = &b->columns[b->inputs[f].args];
    type *arg_types = ARENA_ARRAY(b->arena, type, args);
    x.sel = ARENA_ARRAY(b->arena, sel_t, CHUNK_ROWS_MAX);
    x.states = ARENA_ARRAY(b->arena, void *, CHUNK_ROWS_MAX);
    x.state = arena_alloc_zero(b->arena, MAX(x.w->kernel->state_size, 16u));
    void *scratch = arena_alloc_zero(b->arena, MAX(x.w->scratch_size, 16u));
    uint32_t *from = ARENA_ARRAY(b->arena, uint32_t, b->rows);
    uint32_t *to = ARENA_ARRAY(b->arena, uint32_t, b->rows);
    bool ok = arg_types && x.sel && x.states && x.state && scratch && from && to;
    if (!ok) return DBX_NOMEM;
    for (uint32_t a = 0; a < args; a++) arg_types[a] = x.args[a].type;
    for (uint32_t i = 0; i < CHUNK_ROWS_MAX; i++) x.states[i] = x.state;
    x.call = (fn_call){.query = b->query,
                       .err = err,
                       .arena = b->arena,
                       .state = x.w->state,
                       .scratch = scratch,
                       .scratch_arena = b->arena,
                       .row_bound = b->rows,
                       .arg_types = arg_types,
                       .result_type = e->type,
                       .position = e->span};
    TRY(window_used_rows(b, f, &x.used));
    TRY(window_frames(b, f, from, to, err));
    bool running = x.w->frame.start == BOUND_UNBOUNDED_PRECEDING;
    for (uint32_t p = 0; p < b->partition_count; p++) {
        uint32_t first = b->starts[p], end = b->starts[p + 1];
        if (running)
            TRY(window_running(&x, first, end, to, out));
        else
            TRY(window_each_frame(&x, first, end, from, to, out));
    }
    return DBX_OK;
}

/* ---- dispatch ---- */

dbx_status window_compute(window_batch *b, uint32_t f, vector *out, error *err) {
    const expr *e = b->op->functions[f];
    const expr_window *w = &e->u.window;
    TRY(vector_init(out, e->type, b->rows, b->arena));
    const vector *args = &b->columns[b->inputs[f].args];
    uint32_t *picks;
    switch (w->function) {
    case WINDOW_NONE:
        return window_aggregate_rows(b, f, out, err);
    case WINDOW_ROW_NUMBER:
    case WINDOW_RANK:
    case WINDOW_DENSE_RANK:
    case WINDOW_PERCENT_RANK:
    case WINDOW_CUME_DIST:
        TRY(window_peers(b));
        for (uint32_t p = 0; p < b->partition_count; p++) {
            window_rank_rows(b, w->function, b->starts[p], b->starts[p + 1], out);
        }
        return DBX_OK;
    case WINDOW_NTILE:
        return window_ntile(b, b->inputs[f].args, out, e->span, err);
    case WINDOW_LAG:
    case WINDOW_LEAD:
        picks = ARENA_ARRAY(b->arena, uint32_t, b->rows);
        if (picks == NULL) return DBX_NOMEM;
        window_lag_rows(b, f, w->function == WINDOW_LEAD, picks);
        return window_pick(b, &args[0], w->argument_count > 2 ? &args[2] : NULL, picks, out);
    case WINDOW_FIRST_VALUE:
    case WINDOW_LAST_VALUE:
    case WINDOW_NTH_VALUE:
        picks = ARENA_ARRAY(b->arena, uint32_t, b->rows);
        if (picks == NULL) return DBX_NOMEM;
        TRY(window_frame_value(b, f, picks, err));
        return window_pick(b, &args[0], NULL, picks, out);
    }
    return error_raise(err, ERR_INTERNAL_ERROR, e->span, "message", "unknown window function",
                       NULL);
}
