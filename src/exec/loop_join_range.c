/* loop_join_range.c - joins by <, <=, > and >= between a value of the right and values of the left.
 *
 * The right rows are sorted by the value once. The bounds of a left row are encoded as sort keys
 * (vector/compare.h) and found by halving; the rows between them make pairs, which are checked by
 * all conditions a chunk at a time unless the bounds are all conditions there are. NULLs sort first
 * and lie outside of every range.
 */
#include "exec/loop_join.h"
#include "exec/sort_buffer.h"

struct loop_join_range {
    const program *key, *bounds;
    sort_spec spec;
    type key_type;
    sort_order order;
    sort_key_layout encoding;
    sort_buffer sorted;
    chunk all;        /* right rows in order: columns of `count` rows */
    uint64_t count;   /* at most UINT32_MAX */
    uint64_t first;   /* the rows before it have a NULL key */
    bool is_complete; /* no condition but the bounds */
};

dbx_status loop_join_range_init(loop_join_state *s, error *err) {
    const phys_nested_loop_join *op = s->op;
    query *q = exec_query(s->x);
    if (op->range_key == NULL) return DBX_OK;
    assert(!s->three_valued && op->join != JOIN_SINGLE);
    loop_join_range *r = ARENA_NEW(&s->arena, loop_join_range);
    if (r == NULL) return error_nomem(err);
    r->key_type = op->range_key->type;
    r->order = (sort_order){.descending = false, .nulls_first = true};
    r->is_complete = op->range_count == op->condition_count;
    sort_key_layout_init(&r->encoding, &r->key_type, &r->order, 1);
    OP_TRY(sort_spec_init(&r->spec, s->right->types, s->right->column_count, &r->key_type,
                          &r->order, 0, 1, &s->arena),
           err);
    TRY(program_compile(&s->arena, q, &op->range_key, 1, &r->key, err));
    TRY(program_compile(&s->arena, q, op->range_bounds, op->range_count, &r->bounds, err));
    OP_TRY(sort_buffer_init(&r->sorted, &r->spec, s->ledger), err);
    s->range = r;
    return DBX_OK;
}

void loop_join_range_deinit(loop_join_state *s) {
    if (s->range != NULL) sort_buffer_deinit(&s->range->sorted);
}

/* ---- sorting ---- */

static dbx_status loop_join_sort_rows(loop_join_state *s, evaluator *keys, error *err) {
    loop_join_range *r = s->range;
    const collection *c = &s->rows.rows;
    for (uint32_t i = 0; i < c->chunks.count; i++) {
        const chunk *in = c->chunks.items[i];
        vector key;
        TRY(query_check_cancelled(exec_query(s->x), err));
        TRY(evaluator_run(keys, in, NULL, in->rows, &key, err));
        OP_TRY(sort_buffer_append(&r->sorted, in, &key, i), err);
        vector_view view = vector_view_of(&key);
        for (uint32_t k = 0; key.form != VECTOR_SEQUENCE && k < in->rows; k++)
            r->first += !view_valid(&view, k);
    }
    OP_TRY(sort_buffer_sort(&r->sorted), err);
    r->count = r->sorted.count;
    return DBX_OK;
}

/* The sorted rows as one long chunk. */
static dbx_status loop_join_gather_all(loop_join_state *s) {
    loop_join_range *r = s->range;
    uint8_t *rows[CHUNK_ROWS_MAX];
    TRY(chunk_init_sized(&r->all, s->right->types, s->right->column_count,
                         (uint32_t)MAX(r->count, 1u), &s->arena));
    for (uint64_t from = 0; from < r->count; from += CHUNK_ROWS_MAX) {
        uint32_t n = (uint32_t)MIN(r->count - from, (uint64_t)CHUNK_ROWS_MAX);
        for (uint32_t i = 0; i < n; i++) rows[i] = r->sorted.records[from + i].row;
        for (uint32_t c = 0; c < s->right->column_count; c++)
            TRY(row_gather(&r->spec.rows, rows, n, c, &r->all.columns[c], (uint32_t)from,
                           &s->arena));
    }
    r->all.rows = (uint32_t)r->count;
    return DBX_OK;
}

/* Chunks that borrow from it take the place of the kept ones. */
static dbx_status loop_join_window_all(loop_join_state *s) {
    loop_join_range *r = s->range;
    TRY(ordered_rows_clear(&s->rows));
    collection *c = &s->rows.rows;
    for (uint64_t from = 0; from < r->count; from += CHUNK_ROWS_MAX) {
        chunk *window = ARENA_NEW(&s->arena, chunk);
        if (window == NULL) return DBX_NOMEM;
        window->column_count = s->right->column_count;
        window->rows = (uint32_t)MIN(r->count - from, (uint64_t)CHUNK_ROWS_MAX);
        window->columns = ARENA_ARRAY(&s->arena, vector, MAX(window->column_count, 1u));
        if (window->columns == NULL) return DBX_NOMEM;
        for (uint32_t i = 0; i < window->column_count; i++)
            TRY(vector_window(&window->columns[i], &r->all.columns[i], (uint32_t)from, &s->arena));
        TRY(ARENA_LIST_PUSH(&c->arena, &c->chunks, window));
    }
    c->rows = r->count;
    return DBX_OK;
}

dbx_status loop_join_range_finish(loop_join_state *s, error *err) {
    evaluator *keys;
    if (s->rows.rows.rows > UINT32_MAX) return error_nomem(err);
    TRY(evaluator_new(s->range->key, exec_query(s->x), s->ledger, CHUNK_ROWS_MAX, &keys, err));
    dbx_status status = loop_join_sort_rows(s, keys, err);
    evaluator_free(keys);
    TRY(status);
    OP_TRY(loop_join_gather_all(s), err);
    return op_check(loop_join_window_all(s), err);
}

dbx_status loop_join_range_probe_init(loop_join_state *s, loop_join_probe *p, error *err) {
    return evaluator_new(s->range->bounds, exec_query(s->x), s->ledger, CHUNK_ROWS_MAX, &p->bounds,
                         err);
}

/* ---- bounds ---- */

typedef struct loop_join_bound { /* one bound of every row of a left chunk */
    function_op op;
    vector_view view; /* NULL bounds match nothing */
    buffer bytes;
    uint64_t *offsets;
} loop_join_bound;

/* How many sorted rows come before the bound; with `equal`, those equal to it count, too. */
static uint64_t loop_join_rank(const loop_join_range *r, const uint8_t *key, uint32_t size,
                               bool equal) {
    uint64_t low = r->first, high = r->count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        const sort_trailer *t = sort_trailer_of(&r->spec, r->sorted.records[middle].row);
        int order = memcmp(t->key, key, MIN(t->key_size, size));
        if (order == 0) order = (t->key_size > size) - (t->key_size < size);
        if (order < 0 || (order == 0 && equal))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Right rows [*from, *to) are within the bounds of left row `row`. */
static void loop_join_range_of(const loop_join_range *r, const loop_join_bound *bounds,
                               uint32_t count, uint32_t row, uint64_t *from, uint64_t *to) {
    *from = r->first;
    *to = r->count;
    for (uint32_t i = 0; i < count && *from < *to; i++) {
        const loop_join_bound *b = &bounds[i];
        if (!view_valid(&b->view, row)) {
            *to = *from;
            return;
        }
        const uint8_t *key = (const uint8_t *)b->bytes.data + b->offsets[row];
        uint32_t size = (uint32_t)(b->offsets[row + 1] - b->offsets[row]);
        uint64_t rank = loop_join_rank(r, key, size, b->op == OP_GT || b->op == OP_LE);
        if (b->op == OP_GT || b->op == OP_GE)
            *from = MAX(*from, rank);
        else
            *to = MIN(*to, rank);
    }
}

static dbx_status loop_join_bounds_make(loop_join_state *s, loop_join_probe *p, const chunk *in,
                                        loop_join_bound *bounds, error *err) {
    uint32_t count = s->op->range_count;
    vector *values = ARENA_ARRAY(&p->scratch, vector, count);
    if (values == NULL) return error_nomem(err);
    TRY(evaluator_run(p->bounds, in, NULL, in->rows, values, err));
    for (uint32_t i = 0; i < count; i++) {
        loop_join_bound *b = &bounds[i];
        if (values[i].form == VECTOR_SEQUENCE) {
            vector flat;
            OP_TRY(vector_init(&flat, values[i].type, in->rows, &p->scratch), err);
            OP_TRY(vector_flatten(&flat, &values[i], in->rows, &p->scratch), err);
            values[i] = flat;
        }
        b->op = (function_op)s->op->range_ops[i];
        b->view = vector_view_of(&values[i]);
        b->offsets = ARENA_ARRAY(&p->scratch, uint64_t, (size_t)in->rows + 1);
        if (b->offsets == NULL) return error_nomem(err);
        OP_TRY(sort_key_encode(&s->range->encoding, &values[i], in->rows, &b->bytes, b->offsets),
               err);
    }
    return DBX_OK;
}

/* ---- pairs ---- */

static dbx_status loop_join_pairs_check(loop_join_state *s, loop_join_probe *p, const chunk *in,
                                        chunk *pairs, uint32_t *kept, error *err) {
    const loop_join_range *r = s->range;
    uint32_t left = s->left->column_count, right = s->right->column_count;
    arena_reset(&p->constants);
    for (uint32_t c = 0; c < left; c++)
        OP_TRY(vector_slice(&p->columns[c], &in->columns[c], p->pair_left, p->pair_count,
                            &p->constants),
               err);
    for (uint32_t c = 0; c < right; c++)
        OP_TRY(vector_slice(&p->columns[left + c], &r->all.columns[c], p->pair_right, p->pair_count,
                            &p->constants),
               err);
    *pairs = (chunk){p->columns, left + right, p->pair_count};
    if (!r->is_complete)
        return evaluator_filter(p->evaluator, pairs, NULL, p->pair_count, p->kept, kept, err);
    for (uint32_t i = 0; i < p->pair_count; i++) p->kept[i] = i;
    *kept = p->pair_count;
    return DBX_OK;
}

static dbx_status loop_join_pairs_flush(exec_worker *w, loop_join_state *s, loop_join_probe *p,
                                        const chunk *in, error *err) {
    chunk pairs;
    uint32_t kept = 0;
    if (p->pair_count == 0) return DBX_OK;
    TRY(query_check_cancelled(exec_query(s->x), err));
    TRY(loop_join_pairs_check(s, p, in, &pairs, &kept, err));
    for (uint32_t k = 0; k < kept; k++) {
        p->matched[p->pair_left[p->kept[k]]] = 1;
        if (s->keeps_right)
            __atomic_store_n(&s->matched[p->pair_right[p->kept[k]]], 1, __ATOMIC_RELAXED);
    }
    dbx_status status = s->gives_right ? loop_join_give(w, p, &pairs, p->kept, kept, err) : DBX_OK;
    p->pair_count = 0;
    return status;
}

static dbx_status loop_join_row_pairs(exec_worker *w, loop_join_state *s, loop_join_probe *p,
                                      const chunk *in, uint32_t row, uint64_t from, uint64_t to,
                                      error *err) {
    uint32_t room = exec_vector_size(s->x);
    if (s->first_match_only && s->range->is_complete) {
        p->matched[row] = from < to;
        return DBX_OK;
    }
    for (uint64_t at = from; at < to; at++) {
        p->pair_left[p->pair_count] = row;
        p->pair_right[p->pair_count++] = (sel_t)at;
        if (p->pair_count < room) continue;
        TRY(loop_join_pairs_flush(w, s, p, in, err));
        if (pipeline_is_stopped(w) || (s->first_match_only && p->matched[row])) return DBX_OK;
    }
    return DBX_OK;
}

dbx_status loop_join_range_push(exec_worker *w, loop_join_state *s, loop_join_probe *p,
                                const chunk *in, error *err) {
    uint32_t count = s->op->range_count;
    arena_reset(&p->scratch);
    loop_join_bound *bounds = ARENA_ARRAY(&p->scratch, loop_join_bound, count);
    if (bounds == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < count; i++) buffer_init(&bounds[i].bytes, s->ledger);
    dbx_status status = loop_join_bounds_make(s, p, in, bounds, err);
    p->pair_count = 0;
    for (uint32_t row = 0; status == DBX_OK && row < in->rows && !pipeline_is_stopped(w); row++) {
        uint64_t from, to;
        loop_join_range_of(s->range, bounds, count, row, &from, &to);
        status = loop_join_row_pairs(w, s, p, in, row, from, to, err);
    }
    if (status == DBX_OK) status = loop_join_pairs_flush(w, s, p, in, err);
    for (uint32_t i = 0; i < count; i++) buffer_deinit(&bounds[i].bytes);
    return status;
}
