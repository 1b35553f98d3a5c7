/* op_nested_loop_join.c - joins by any condition, or none.
 *
 * The right side is kept (sink_input 1). A chunk of the left meets each right chunk; of the two,
 * the one with fewer rows is taken row by row as constants, so that the condition is evaluated over
 * the rows of the other at once. RIGHT and FULL are sources of the right rows that nothing matched;
 * a morsel is a right chunk. Where conditions bound a value of the right by values of the left,
 * loop_join_range.c finds the pairs instead.
 */
#include "exec/loop_join.h"

typedef struct loop_join_local {
    loop_join_state *state;
    ordered_local rows;
    bool sinks;
    loop_join_probe *probe;
    uint32_t chunk; /* source: next right chunk of the morsel, UINT32_MAX: given */
    chunk out;
    sel_t sel[CHUNK_ROWS_MAX];
} loop_join_local;

/* ---- state ---- */

static dbx_status loop_join_state_new(exec *x, const phys_op *op, op_state **out, error *err) {
    ledger *l = exec_op_ledger(x, op);
    loop_join_state *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->op = (const phys_nested_loop_join *)op;
    s->x = x;
    s->ledger = l;
    s->left = op->children[0];
    s->right = op->children[1];
    arena_init(&s->arena, l);
    *out = (op_state *)s;
    join_kind kind = s->op->join;
    s->first_match_only = kind == JOIN_SEMI || kind == JOIN_ANTI || kind == JOIN_MARK;
    s->gives_right = !s->first_match_only;
    s->keeps_right = kind == JOIN_RIGHT || kind == JOIN_FULL;
    s->three_valued = kind == JOIN_MARK || (kind == JOIN_ANTI && s->op->null_aware);
    OP_TRY(ordered_rows_init(&s->rows, s->right->types, s->right->column_count, l), err);
    if (s->op->condition_count == 0) return DBX_OK;
    TRY(program_compile(&s->arena, exec_query(x), s->op->conditions, s->op->condition_count,
                        &s->conditions, err));
    return loop_join_range_init(s, err);
}

static void loop_join_state_free(exec *x, op_state *state) {
    loop_join_state *s = (loop_join_state *)state;
    (void)x;
    mem_free(s->ledger, s->matched, s->matched_size);
    loop_join_range_deinit(s);
    ordered_rows_deinit(&s->rows);
    arena_deinit(&s->arena);
    mem_free(s->ledger, s, sizeof(*s));
}

static dbx_status loop_join_local_new(exec_worker *w, op_state *state, uint32_t sink_input,
                                      op_local **out, error *err) {
    loop_join_state *s = (loop_join_state *)state;
    (void)w;
    loop_join_local *l = mem_alloc(s->ledger, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    memset(l, 0, offsetof(loop_join_local, sel));
    l->state = s;
    *out = (op_local *)l;
    l->sinks = sink_input == 1;
    return l->sinks ? op_check(ordered_local_init(&l->rows, &s->rows), err) : DBX_OK;
}

static void loop_join_probe_free(loop_join_state *s, loop_join_probe *p) {
    if (p == NULL) return;
    if (p->evaluator != NULL) evaluator_free(p->evaluator);
    if (p->bounds != NULL) evaluator_free(p->bounds);
    compactor_deinit(&p->compactor);
    arena_deinit(&p->scratch);
    arena_deinit(&p->constants);
    arena_deinit(&p->arena);
    mem_free(s->ledger, p, sizeof(*p));
}

static void loop_join_local_free(exec_worker *w, op_local *local) {
    loop_join_local *l = (loop_join_local *)local;
    (void)w;
    loop_join_probe_free(l->state, l->probe);
    ordered_local_deinit(&l->rows);
    mem_free(l->state->ledger, l, sizeof(*l));
}

static dbx_status loop_join_probe_ensure(loop_join_local *l, error *err) {
    loop_join_state *s = l->state;
    if (LIKELY(l->probe != NULL)) return DBX_OK;
    loop_join_probe *p = mem_alloc(s->ledger, sizeof(*p));
    if (p == NULL) return error_nomem(err);
    memset(p, 0, offsetof(loop_join_probe, open));
    l->probe = p;
    arena_init(&p->arena, s->ledger);
    arena_init(&p->constants, s->ledger);
    arena_init(&p->scratch, s->ledger);
    const phys_op *op = &s->op->base;
    compactor_init(&p->compactor, op->types, op->column_count, exec_vector_size(s->x), s->ledger);
    p->values = ARENA_ARRAY(&p->arena, vector, s->op->condition_count + 1);
    p->columns = ARENA_ARRAY(&p->arena, vector, s->left->column_count + s->right->column_count + 1);
    if (p->values == NULL || p->columns == NULL) return error_nomem(err);
    if (s->conditions == NULL) return DBX_OK;
    if (s->range != NULL) TRY(loop_join_range_probe_init(s, p, err));
    return evaluator_new(s->conditions, exec_query(s->x), s->ledger, CHUNK_ROWS_MAX, &p->evaluator,
                         err);
}

/* ---- the right side ---- */

static dbx_status loop_join_sink(exec_worker *w, op_state *s, op_local *l, const chunk *in,
                                 error *err) {
    (void)s;
    return op_check(ordered_local_append(&((loop_join_local *)l)->rows, w, in), err);
}

static dbx_status loop_join_combine(exec_worker *w, op_state *s, op_local *l, error *err) {
    (void)w, (void)s;
    return op_check(ordered_local_combine(&((loop_join_local *)l)->rows), err);
}

static dbx_status loop_join_finish(exec *x, op_state *state, error *err) {
    loop_join_state *s = (loop_join_state *)state;
    (void)x;
    OP_TRY(ordered_rows_finish(&s->rows), err);
    if (s->range != NULL) TRY(loop_join_range_finish(s, err));
    const collection *c = &s->rows.rows;
    s->first_rows = ARENA_ARRAY(&s->arena, uint64_t, c->chunks.count + 1);
    if (s->first_rows == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < c->chunks.count; i++)
        s->first_rows[i + 1] = s->first_rows[i] + c->chunks.items[i]->rows;
    if (!s->keeps_right) return DBX_OK;
    s->matched_size = c->rows + 1;
    s->matched = mem_alloc_zero(s->ledger, s->matched_size);
    if (s->matched == NULL) {
        s->matched_size = 0;
        return error_nomem(err);
    }
    return DBX_OK;
}

/* ---- pairs ---- */

/* Where pairs stand: left row or right row fixed, the other side's chunk as it is. */
typedef struct loop_join_block {
    const chunk *left, *right;
    uint64_t first_right;
    bool right_fixed;
    uint32_t fixed; /* row */
} loop_join_block;

static dbx_status loop_join_set_fixed(loop_join_state *s, loop_join_probe *p, loop_join_block *b,
                                      uint32_t row) {
    const chunk *from = b->right_fixed ? b->right : b->left;
    vector *to = p->columns + (b->right_fixed ? s->left->column_count : 0);
    b->fixed = row;
    arena_reset(&p->constants);
    for (uint32_t c = 0; c < from->column_count; c++) {
        TRY(vector_constant_at(&to[c], &from->columns[c], row, &p->constants));
    }
    return DBX_OK;
}

/* Three values of all conditions: unknown left rows are noted, TRUE rows kept. */
static dbx_status loop_join_values(loop_join_state *s, loop_join_probe *p, const loop_join_block *b,
                                   const chunk *pairs, const sel_t *sel, uint32_t rows,
                                   uint32_t *kept, error *err) {
    TRY(evaluator_run(p->evaluator, pairs, sel, rows, p->values, err));
    uint32_t count = 0;
    for (uint32_t k = 0; k < rows; k++) {
        uint32_t r = sel != NULL ? sel[k] : k;
        bool all_true = true;
        bool any_false = false;
        for (uint32_t i = 0; i < s->op->condition_count; i++) {
            vector_view v = vector_view_of(&p->values[i]);
            uint32_t at = view_index(&v, r);
            bool valid = validity_get(v.validity, at);
            bool value = valid && ((const uint8_t *)v.data)[at];
            any_false |= valid && !value;
            all_true &= value;
        }
        p->kept[count] = r;
        count += all_true;
        if (!all_true && !any_false) p->unknown[b->right_fixed ? r : b->fixed] = 1;
    }
    *kept = count;
    return DBX_OK;
}

/* Rows of the moving side that match the fixed row go to p->kept. */
static dbx_status loop_join_match(loop_join_state *s, loop_join_probe *p, const loop_join_block *b,
                                  const sel_t *sel, uint32_t rows, uint32_t *kept, error *err) {
    chunk pairs = {p->columns, s->left->column_count + s->right->column_count,
                   b->right_fixed ? b->left->rows : b->right->rows};
    if (s->conditions != NULL && s->three_valued)
        return loop_join_values(s, p, b, &pairs, sel, rows, kept, err);
    if (s->conditions != NULL)
        return evaluator_filter(p->evaluator, &pairs, sel, rows, p->kept, kept, err);
    for (uint32_t k = 0; k < rows; k++) p->kept[k] = sel != NULL ? sel[k] : k;
    *kept = rows;
    return DBX_OK;
}

static dbx_status loop_join_mark(loop_join_state *s, loop_join_probe *p, const loop_join_block *b,
                                 uint32_t kept, error *err) {
    for (uint32_t k = 0; k < kept; k++) {
        uint32_t left = b->right_fixed ? p->kept[k] : b->fixed;
        uint64_t right = b->first_right + (b->right_fixed ? b->fixed : p->kept[k]);
        if (s->op->join == JOIN_SINGLE && p->matched[left]) {
            return error_raise(err, ERR_SCALAR_SUBQUERY_TOO_MANY_ROWS, s->op->position, NULL);
        }
        p->matched[left] = 1;
        if (s->keeps_right) __atomic_store_n(&s->matched[right], 1, __ATOMIC_RELAXED);
    }
    return DBX_OK;
}

/* ---- giving ---- */

static dbx_status loop_join_flush_rows(exec_worker *w, loop_join_probe *p, error *err) {
    if (!compactor_has_rows(&p->compactor)) return DBX_OK;
    return pipeline_emit(w, compactor_give(&p->compactor), err);
}

dbx_status loop_join_give(exec_worker *w, loop_join_probe *p, const chunk *all, const sel_t *sel,
                          uint32_t rows, error *err) {
    if (rows == 0) return DBX_OK;
    if (compactor_wants(&p->compactor, rows)) {
        if (compactor_is_full_for(&p->compactor, rows)) TRY(loop_join_flush_rows(w, p, err));
        return op_check(compactor_append(&p->compactor, all, sel, rows), err);
    }
    TRY(loop_join_flush_rows(w, p, err));
    if (rows == all->rows) return pipeline_emit(w, all, err);
    chunk out;
    OP_TRY(chunk_slice(&out, all, sel, rows, &p->constants), err);
    return pipeline_emit(w, &out, err);
}

/* Left rows that still look for a match; all of them unless one match is enough. */
static uint32_t loop_join_open_rows(loop_join_state *s, loop_join_probe *p, uint32_t rows) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < rows; i++) {
        p->open[count] = i;
        count += !(s->first_match_only && p->matched[i]);
    }
    return count;
}

/* One left chunk against one right chunk. */
static dbx_status loop_join_block_pairs(exec_worker *w, loop_join_state *s, loop_join_probe *p,
                                        loop_join_block *b, error *err) {
    uint32_t left_columns = s->left->column_count;
    b->right_fixed = b->left->rows >= b->right->rows;
    const chunk *moving = b->right_fixed ? b->left : b->right;
    uint32_t fixed_rows = b->right_fixed ? b->right->rows : b->left->rows;
    vector *to = p->columns + (b->right_fixed ? 0 : left_columns);
    if (moving->column_count > 0) memcpy(to, moving->columns, moving->column_count * sizeof(*to));
    uint32_t open = moving->rows;
    for (uint32_t row = 0; row < fixed_rows; row++) {
        uint32_t kept = 0;
        if (pipeline_is_stopped(w)) return DBX_OK;
        TRY(query_check_cancelled(exec_query(s->x), err));
        if (!b->right_fixed && s->first_match_only && p->matched[row]) continue;
        if (b->right_fixed && s->first_match_only) open = loop_join_open_rows(s, p, moving->rows);
        if (open == 0) return DBX_OK;
        OP_TRY(loop_join_set_fixed(s, p, b, row), err);
        TRY(loop_join_match(s, p, b, open < moving->rows ? p->open : NULL, open, &kept, err));
        TRY(loop_join_mark(s, p, b, kept, err));
        if (!s->gives_right) continue;
        chunk pairs = {p->columns, left_columns + s->right->column_count, moving->rows};
        TRY(loop_join_give(w, p, &pairs, p->kept, kept, err));
    }
    return DBX_OK;
}

/* ---- the end of a left chunk ---- */

static uint32_t loop_join_keep(loop_join_state *s, loop_join_probe *p, uint32_t rows,
                               uint8_t matched) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < rows; i++) {
        p->kept[count] = i;
        count += p->matched[i] == matched && !(matched == 0 && s->three_valued && p->unknown[i]);
    }
    return count;
}

/* The left's rows with NULL right columns, or with the mark. */
static dbx_status loop_join_end_chunk(exec_worker *w, loop_join_state *s, loop_join_probe *p,
                                      const chunk *in, error *err) {
    join_kind kind = s->op->join;
    if (kind == JOIN_INNER || kind == JOIN_RIGHT) return DBX_OK;
    if (kind == JOIN_SEMI || kind == JOIN_ANTI) {
        uint32_t rows = loop_join_keep(s, p, in->rows, kind == JOIN_SEMI);
        return loop_join_give(w, p, in, p->kept, rows, err);
    }
    arena_reset(&p->constants);
    if (in->column_count > 0)
        memcpy(p->columns, in->columns, in->column_count * sizeof(*p->columns));
    vector *added = p->columns + in->column_count;
    if (kind == JOIN_MARK) {
        OP_TRY(vector_init(added, type_simple(TYPE_BOOLEAN), in->rows, &p->constants), err);
        memcpy(added->data, p->matched, in->rows);
        for (uint32_t i = 0; i < in->rows; i++) {
            if (p->matched[i] || !p->unknown[i]) continue;
            OP_TRY(vector_ensure_validity(added, &p->constants), err);
            validity_set_null(added->validity, i);
        }
        chunk marked = {p->columns, in->column_count + 1, in->rows};
        for (uint32_t i = 0; i < in->rows; i++) p->kept[i] = i;
        return loop_join_give(w, p, &marked, p->kept, in->rows, err);
    }
    for (uint32_t c = 0; c < s->right->column_count; c++) {
        OP_TRY(vector_init(&added[c], s->right->types[c], 1, &p->constants), err);
        OP_TRY(vector_set_constant_null(&added[c], &p->constants), err);
    }
    chunk all = {p->columns, in->column_count + s->right->column_count, in->rows};
    return loop_join_give(w, p, &all, p->kept, loop_join_keep(s, p, in->rows, 0), err);
}

static dbx_status loop_join_push(exec_worker *w, op_state *state, op_local *local, const chunk *in,
                                 error *err) {
    loop_join_state *s = (loop_join_state *)state;
    loop_join_local *l = (loop_join_local *)local;
    const collection *right = &s->rows.rows;
    TRY(loop_join_probe_ensure(l, err));
    loop_join_probe *p = l->probe;
    memset(p->matched, 0, in->rows);
    memset(p->unknown, 0, in->rows);
    if (s->range != NULL) TRY(loop_join_range_push(w, s, p, in, err));
    for (uint32_t i = 0; s->range == NULL && i < right->chunks.count; i++) {
        loop_join_block b = {
            .left = in, .right = right->chunks.items[i], .first_right = s->first_rows[i]};
        TRY(loop_join_block_pairs(w, s, p, &b, err));
    }
    return loop_join_end_chunk(w, s, p, in, err);
}

static dbx_status loop_join_flush(exec_worker *w, op_state *s, op_local *local, error *err) {
    loop_join_probe *p = ((loop_join_local *)local)->probe;
    (void)s;
    return p == NULL ? DBX_OK : loop_join_flush_rows(w, p, err);
}

/* ---- unmatched right rows ---- */

static dbx_status loop_join_source_start(exec *x, op_state *s, error *err) {
    (void)x, (void)err;
    atomic_store(&((loop_join_state *)s)->next_chunk, 0);
    return DBX_OK;
}

static uint64_t loop_join_source_rows(exec *x, op_state *s) {
    (void)x;
    return ((loop_join_state *)s)->rows.rows.rows;
}

static dbx_status loop_join_next_morsel(exec_worker *w, op_state *state, op_local *local,
                                        bool *more, uint64_t *index, error *err) {
    loop_join_state *s = (loop_join_state *)state;
    loop_join_local *l = (loop_join_local *)local;
    (void)w, (void)err;
    l->chunk = atomic_fetch_add(&s->next_chunk, 1);
    *more = l->chunk < s->rows.rows.chunks.count;
    *index = l->chunk;
    return DBX_OK;
}

static dbx_status loop_join_read(exec_worker *w, op_state *state, op_local *local,
                                 const chunk **out, error *err) {
    loop_join_state *s = (loop_join_state *)state;
    loop_join_local *l = (loop_join_local *)local;
    arena *a = worker_chunk_arena(w);
    *out = NULL;
    if (l->chunk == UINT32_MAX) return DBX_OK;
    const chunk *from = s->rows.rows.chunks.items[l->chunk];
    const uint8_t *matched = s->matched + s->first_rows[l->chunk];
    uint32_t rows = 0;
    l->chunk = UINT32_MAX;
    for (uint32_t i = 0; i < from->rows; i++) {
        l->sel[rows] = i;
        rows += __atomic_load_n(&matched[i], __ATOMIC_RELAXED) == 0;
    }
    if (rows == 0) return DBX_OK;
    uint32_t count = s->op->base.column_count;
    vector *columns = ARENA_ARRAY(a, vector, count + 1);
    if (columns == NULL) return error_nomem(err);
    for (uint32_t c = 0; c < s->left->column_count; c++) {
        OP_TRY(vector_init(&columns[c], s->left->types[c], 1, a), err);
        OP_TRY(vector_set_constant_null(&columns[c], a), err);
    }
    for (uint32_t c = 0; c < s->right->column_count; c++) {
        OP_TRY(
            vector_slice(&columns[s->left->column_count + c], &from->columns[c], l->sel, rows, a),
            err);
    }
    l->out = (chunk){columns, count, rows};
    *out = &l->out;
    return DBX_OK;
}

const op_vtab op_nested_loop_join_vtab = {
    .state_new = loop_join_state_new,
    .state_free = loop_join_state_free,
    .local_new = loop_join_local_new,
    .local_free = loop_join_local_free,
    .source_start = loop_join_source_start,
    .source_rows = loop_join_source_rows,
    .next_morsel = loop_join_next_morsel,
    .read = loop_join_read,
    .push = loop_join_push,
    .flush = loop_join_flush,
    .sink = loop_join_sink,
    .combine = loop_join_combine,
    .finish = loop_join_finish,
};
