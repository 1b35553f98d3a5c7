/* hash_join_probe.c - the probe side: rounds over the chains of a chunk's keys.
 *
 * Each round compares every row that is still active with the next row of its chain, so that the
 * cache misses of many rows overlap; equal ones are collected as pairs. When a chunk's worth of
 * pairs is there, the residual conditions drop some, and the rest is marked and given.
 */
#include "exec/hash_join.h"

#include "exec/operators.h"
#include "vector/compare.h"

struct hash_join_probe {
    hash_join_state *state;
    evaluator *keys_evaluator;
    evaluator *residual_evaluator;
    vector *keys;
    vector *residuals; /* three values: results of the residual conditions */
    arena arena;       /* of the arrays above */
    arena scratch;     /* of one input chunk */
    arena out_arena;   /* of one output chunk */
    compactor compactor;
    const chunk *in;
    uint32_t room; /* pairs, at most the vector size */
    uint32_t pair_count;
    uint64_t low[CHUNK_ROWS_MAX], high[CHUNK_ROWS_MAX], hashes[CHUNK_ROWS_MAX];
    uint8_t *candidates[CHUNK_ROWS_MAX]; /* by input row */
    sel_t active[CHUNK_ROWS_MAX], equal[CHUNK_ROWS_MAX];
    sel_t pair_probe[CHUNK_ROWS_MAX];
    uint8_t *pair_build[CHUNK_ROWS_MAX];
    sel_t kept[CHUNK_ROWS_MAX];
    uint8_t matched[CHUNK_ROWS_MAX];  /* by input row */
    uint8_t unknown[CHUNK_ROWS_MAX];  /* by input row: no match, but a comparison was NULL */
    uint8_t has_null[CHUNK_ROWS_MAX]; /* by input row: in a key that = compares */
};

/* ---- making ---- */

dbx_status hash_join_probe_new(hash_join_state *s, hash_join_probe **out, error *err) {
    hash_join_probe *p = mem_alloc(s->ledger, sizeof(*p));
    *out = p;
    if (p == NULL) return error_nomem(err);
    memset(p, 0, offsetof(hash_join_probe, low));
    p->state = s;
    p->room = exec_vector_size(s->x);
    arena_init(&p->arena, s->ledger);
    arena_init(&p->scratch, s->ledger);
    arena_init(&p->out_arena, s->ledger);
    const phys_op *op = &s->op->base;
    compactor_init(&p->compactor, op->types, op->column_count, p->room, s->ledger);
    p->keys = ARENA_ARRAY(&p->arena, vector, s->op->key_count + 1);
    p->residuals = ARENA_ARRAY(&p->arena, vector, s->op->residual_count + 1);
    if (p->keys == NULL || p->residuals == NULL) return error_nomem(err);
    query *q = exec_query(s->x);
    TRY(evaluator_new(s->probe_program, q, s->ledger, CHUNK_ROWS_MAX, &p->keys_evaluator, err));
    if (s->residual == NULL) return DBX_OK;
    return evaluator_new(s->residual, q, s->ledger, CHUNK_ROWS_MAX, &p->residual_evaluator, err);
}

void hash_join_probe_free(hash_join_state *s, hash_join_probe *p) {
    if (p == NULL) return;
    if (p->keys_evaluator != NULL) evaluator_free(p->keys_evaluator);
    if (p->residual_evaluator != NULL) evaluator_free(p->residual_evaluator);
    compactor_deinit(&p->compactor);
    arena_deinit(&p->out_arena);
    arena_deinit(&p->scratch);
    arena_deinit(&p->arena);
    mem_free(s->ledger, p, sizeof(*p));
}

/* ---- giving ---- */

dbx_status hash_join_gather(const hash_join_state *s, uint8_t *const *rows, uint32_t count,
                            const bool *wanted, vector *out, arena *a) {
    uint8_t **payloads = NULL;
    if (s->payload_count > 0) {
        payloads = arena_alloc(a, MAX(1u, count) * sizeof(*payloads));
        if (payloads == NULL) return DBX_NOMEM;
        for (uint32_t i = 0; i < count; i++) payloads[i] = rows[i] + s->table.payload_offset;
    }
    for (uint32_t c = 0; c < s->build->column_count; c++) {
        const hash_join_column *at = &s->columns[c];
        if (wanted != NULL && !wanted[c]) continue;
        TRY(vector_init(&out[c], s->build->types[c], MAX(1u, count), a));
        if (at->in_key) {
            TRY(group_layout_gather(&s->table.layout, rows, count, at->index, &out[c], 0, a));
        } else {
            TRY(row_gather(&s->table.payload, payloads, count, at->index, &out[c], 0, a));
        }
    }
    return DBX_OK;
}

dbx_status hash_join_probe_flush(exec_worker *w, hash_join_probe *p, error *err) {
    if (!compactor_has_rows(&p->compactor)) return DBX_OK;
    return pipeline_emit(w, compactor_give(&p->compactor), err);
}

static dbx_status hash_join_give(exec_worker *w, hash_join_probe *p, const chunk *out, error *err) {
    if (out->rows == 0) return DBX_OK;
    if (compactor_wants(&p->compactor, out->rows)) {
        if (compactor_is_full_for(&p->compactor, out->rows)) TRY(hash_join_probe_flush(w, p, err));
        return op_check(compactor_append(&p->compactor, out, NULL, out->rows), err);
    }
    TRY(hash_join_probe_flush(w, p, err));
    return pipeline_emit(w, out, err);
}

/* Input rows p->kept[0..rows) followed by NULL build columns where the output has them. */
static dbx_status hash_join_give_unmatched(exec_worker *w, hash_join_probe *p, uint32_t rows,
                                           error *err) {
    const hash_join_state *s = p->state;
    if (rows == 0) return DBX_OK;
    chunk out;
    arena_reset(&p->out_arena);
    OP_TRY(chunk_slice(&out, p->in, p->kept, rows, &p->out_arena), err);
    if (!s->gives_build) return hash_join_give(w, p, &out, err);
    uint32_t probe_columns = p->in->column_count;
    vector *columns = ARENA_ARRAY(&p->out_arena, vector, s->op->base.column_count + 1);
    if (columns == NULL) return error_nomem(err);
    memcpy(columns, out.columns, probe_columns * sizeof(*columns));
    for (uint32_t c = 0; c < s->build->column_count; c++) {
        vector *v = &columns[probe_columns + c];
        OP_TRY(vector_init(v, s->build->types[c], 1, &p->out_arena), err);
        OP_TRY(vector_set_constant_null(v, &p->out_arena), err);
    }
    out = (chunk){columns, s->op->base.column_count, rows};
    return hash_join_give(w, p, &out, err);
}

/* The pairs as a chunk of probe and build columns; those that are not wanted (NULL: all are) stay
 * empty. */
static dbx_status hash_join_pair_chunk(hash_join_probe *p, const bool *wanted, chunk *out) {
    const hash_join_state *s = p->state;
    uint32_t probe_columns = p->in->column_count;
    uint32_t count = probe_columns + (s->columns != NULL ? s->build->column_count : 0);
    vector *columns = ARENA_ARRAY(&p->out_arena, vector, count + 1);
    sel_t *sel = arena_alloc(&p->out_arena, MAX(1u, p->pair_count) *
                                                sizeof(*sel)); /* pairs may be dropped below it */
    if (columns == NULL || sel == NULL) return DBX_NOMEM;
    memcpy(sel, p->pair_probe, p->pair_count * sizeof(*sel));
    for (uint32_t c = 0; c < probe_columns; c++) {
        if (wanted != NULL && !wanted[c]) continue;
        TRY(vector_slice(&columns[c], &p->in->columns[c], sel, p->pair_count, &p->out_arena));
    }
    if (s->columns != NULL) {
        TRY(hash_join_gather(s, p->pair_build, p->pair_count,
                             wanted != NULL ? wanted + probe_columns : NULL,
                             columns + probe_columns, &p->out_arena));
    }
    *out = (chunk){columns, count, p->pair_count};
    return DBX_OK;
}

/* ---- pairs ---- */

/* Three values of the residual conditions for each pair: TRUE pairs go to p->kept, unknown ones are
 * noted. */
static dbx_status hash_join_residual_values(hash_join_probe *p, const chunk *pairs, uint32_t *kept,
                                            error *err) {
    const hash_join_state *s = p->state;
    TRY(evaluator_run(p->residual_evaluator, pairs, NULL, pairs->rows, p->residuals, err));
    uint32_t count = 0;
    for (uint32_t i = 0; i < pairs->rows; i++) {
        bool all_true = true;
        bool any_false = false;
        for (uint32_t k = 0; k < s->op->residual_count; k++) {
            vector_view v = vector_view_of(&p->residuals[k]);
            uint32_t at = view_index(&v, i);
            bool valid = validity_get(v.validity, at);
            any_false |= valid && !((const uint8_t *)v.data)[at];
            all_true &= valid && ((const uint8_t *)v.data)[at];
        }
        p->kept[count] = i;
        count += all_true;
        if (!all_true && !any_false) p->unknown[p->pair_probe[i]] = 1;
    }
    *kept = count;
    return DBX_OK;
}

/* Drops pairs that a residual condition refuses. */
static dbx_status hash_join_check_pairs(hash_join_probe *p, error *err) {
    const hash_join_state *s = p->state;
    uint32_t kept = 0;
    chunk pairs;
    if (s->residual == NULL) return DBX_OK;
    OP_TRY(hash_join_pair_chunk(p, s->residual_reads, &pairs), err);
    if (s->unknown_by_rows) {
        TRY(hash_join_residual_values(p, &pairs, &kept, err));
    } else {
        TRY(evaluator_filter(p->residual_evaluator, &pairs, NULL, pairs.rows, p->kept, &kept, err));
    }
    if (kept == p->pair_count) return DBX_OK;
    for (uint32_t i = 0; i < kept; i++) {
        p->pair_probe[i] = p->pair_probe[p->kept[i]];
        p->pair_build[i] = p->pair_build[p->kept[i]];
    }
    p->pair_count = kept;
    return DBX_OK;
}

static dbx_status hash_join_mark_pairs(hash_join_probe *p, error *err) {
    const hash_join_state *s = p->state;
    for (uint32_t i = 0; !s->answers_build && i < p->pair_count; i++) {
        uint8_t *met = &p->matched[p->pair_probe[i]];
        if (s->op->join == JOIN_SINGLE && *met) {
            return error_raise(err, ERR_SCALAR_SUBQUERY_TOO_MANY_ROWS, s->op->position, NULL);
        }
        *met = 1;
    }
    for (uint32_t i = 0; s->keeps_build && i < p->pair_count; i++) {
        join_row_set_matched(&s->table, p->pair_build[i]);
    }
    return DBX_OK;
}

static dbx_status hash_join_flush_pairs(exec_worker *w, hash_join_probe *p, error *err) {
    const hash_join_state *s = p->state;
    if (p->pair_count == 0) return DBX_OK;
    arena_reset(&p->out_arena);
    TRY(hash_join_check_pairs(p, err));
    TRY(hash_join_mark_pairs(p, err));
    dbx_status status = DBX_OK;
    if (s->gives_build && p->pair_count > 0) {
        chunk pairs;
        OP_TRY(hash_join_pair_chunk(p, NULL, &pairs), err);
        status = hash_join_give(w, p, &pairs, err);
    }
    p->pair_count = 0;
    return status;
}

/* ---- rounds ---- */

/* Rows whose keys have no NULL that = would compare. */
static uint32_t hash_join_active_rows(hash_join_probe *p, uint32_t rows) {
    const phys_hash_join *op = p->state->op;
    memset(p->has_null, 0, rows);
    for (uint32_t k = 0; k < op->key_count; k++) {
        if (op->null_safe[k] || p->keys[k].form == VECTOR_SEQUENCE) continue;
        vector_view v = vector_view_of(&p->keys[k]);
        if (v.validity == NULL) continue;
        for (uint32_t i = 0; i < rows; i++) p->has_null[i] |= !view_valid(&v, i);
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < rows; i++) {
        p->active[count] = i;
        count += !p->has_null[i];
    }
    return count;
}

/* Heads of the chains; rows without one are no longer active. */
static uint32_t hash_join_find_chains(hash_join_probe *p, uint32_t count) {
    const join_table *t = &p->state->table;
    uint32_t left = 0;
    if (t->dense) {
        for (uint32_t k = 0; k < count; k++) {
            uint32_t i = p->active[k];
            uint64_t slot =
                (uint64_t)join_key_value(p->low[i], t->key_size) - (uint64_t)t->dense_min;
            if (slot < t->slots) __builtin_prefetch(&t->directory[slot]);
        }
        for (uint32_t k = 0; k < count; k++) {
            uint32_t i = p->active[k];
            uint8_t *row = join_table_first_dense(t, join_key_value(p->low[i], t->key_size));
            p->candidates[i] = row;
            p->active[left] = i;
            left += row != NULL;
            __builtin_prefetch(row);
        }
        return left;
    }
    for (uint32_t k = 0; k < count; k++)
        __builtin_prefetch(&t->directory[p->hashes[p->active[k]] >> t->shift]);
    for (uint32_t k = 0; k < count; k++) {
        uint32_t i = p->active[k];
        uint8_t *row = join_table_first(t, p->hashes[i]);
        p->candidates[i] = row;
        p->active[left] = i;
        left += row != NULL;
        if (row != NULL) __builtin_prefetch(row);
    }
    return left;
}

/* Active rows whose candidate has their key go to p->equal. */
static dbx_status hash_join_compare(hash_join_probe *p, uint32_t count, uint32_t *equal) {
    const hash_join_state *s = p->state;
    const group_layout *l = &s->table.layout;
    uint32_t n = 0;
    if (s->table.dense) {
        memcpy(p->equal, p->active, count * sizeof(*p->equal));
        n = count;
    } else if (l->mode == GROUP_KEY_PACKED8) {
        for (uint32_t k = 0; k < count; k++) {
            uint32_t i = p->active[k];
            p->equal[n] = i;
            n += group_load(p->candidates[i]) == p->low[i];
        }
    } else if (l->mode == GROUP_KEY_PACKED16) {
        for (uint32_t k = 0; k < count; k++) {
            uint32_t i = p->active[k];
            p->equal[n] = i;
            n += (group_load(p->candidates[i]) == p->low[i]) &
                 (group_load(p->candidates[i] + 8) == p->high[i]);
        }
    } else {
        for (uint32_t k = 0; k < count; k++) {
            uint32_t i = p->active[k];
            p->equal[n] = i;
            n += group_load(p->candidates[i] + l->hash_offset) == p->hashes[i];
        }
        if (n > 0) {
            TRY(row_match(&l->rows, p->keys, l->column_count, s->op->null_safe, p->candidates,
                          p->equal, &n, NULL, NULL, &p->scratch));
        }
    }
    *equal = n;
    return DBX_OK;
}

static dbx_status hash_join_add_pairs(exec_worker *w, hash_join_probe *p, uint32_t equal,
                                      error *err) {
    const hash_join_state *s = p->state;
    if (s->first_match_only && s->residual == NULL) {
        for (uint32_t k = 0; k < equal; k++) p->matched[p->equal[k]] = 1;
        return DBX_OK;
    }
    if (s->answers_build && s->residual == NULL) {
        for (uint32_t k = 0; k < equal; k++)
            join_row_set_matched(&s->table, p->candidates[p->equal[k]]);
        return DBX_OK;
    }
    for (uint32_t k = 0; k < equal; k++) {
        uint32_t i = p->equal[k];
        if (s->answers_build && join_row_is_matched(&s->table, p->candidates[i])) continue;
        p->pair_probe[p->pair_count] = i;
        p->pair_build[p->pair_count++] = p->candidates[i];
        if (p->pair_count == p->room) TRY(hash_join_flush_pairs(w, p, err));
    }
    return s->first_match_only ? hash_join_flush_pairs(w, p, err) : DBX_OK;
}

/* Goes on in the chains; rows that are done are no longer active. */
static uint32_t hash_join_advance(hash_join_probe *p, uint32_t count) {
    const hash_join_state *s = p->state;
    uint32_t left = 0;
    for (uint32_t k = 0; k < count; k++) {
        uint32_t i = p->active[k];
        uint8_t *next = join_row_next(&s->table, p->candidates[i]);
        p->candidates[i] = next;
        p->active[left] = i;
        left += next != NULL && !(s->first_match_only && p->matched[i]);
        __builtin_prefetch(next);
    }
    return left;
}

static dbx_status hash_join_rounds(exec_worker *w, hash_join_probe *p, uint32_t active,
                                   error *err) {
    while (active > 0) {
        uint32_t equal = 0;
        OP_TRY(hash_join_compare(p, active, &equal), err);
        TRY(hash_join_add_pairs(w, p, equal, err));
        if (pipeline_is_stopped(w)) return DBX_OK;
        active = hash_join_advance(p, active);
    }
    return hash_join_flush_pairs(w, p, err);
}

/* ---- unknown by rows ---- */

/* Could the keys of probe row i and of build row b be equal? Keys stand behind the build columns in
 * the payload. */
static bool hash_join_keys_may_equal(const hash_join_probe *p, uint32_t i, const vector *keys,
                                     uint32_t b) {
    const phys_hash_join *op = p->state->op;
    for (uint32_t k = 0; k < op->key_count; k++) {
        vector_view x = vector_view_of(&p->keys[k]);
        vector_view y = vector_view_of(&keys[k]);
        bool x_valid = view_valid(&x, i);
        bool y_valid = view_valid(&y, b);
        if (x_valid && y_valid) {
            if (!value_equal(&x, view_index(&x, i), &y, view_index(&y, b))) return false;
        } else if (op->null_safe[k] && x_valid != y_valid) {
            return false;
        }
    }
    return true;
}

/* Compares probe row i with a batch of build rows. */
static dbx_status hash_join_unknown_batch(hash_join_probe *p, uint32_t i, uint8_t *const *rows,
                                          uint32_t count, error *err) {
    const hash_join_state *s = p->state;
    const phys_hash_join *op = s->op;
    arena_reset(&p->out_arena);
    vector *keys = ARENA_ARRAY(&p->out_arena, vector, op->key_count + 1);
    uint8_t **payloads = arena_alloc(&p->out_arena, count * sizeof(*payloads));
    if (keys == NULL || payloads == NULL) return error_nomem(err);
    for (uint32_t b = 0; b < count; b++) payloads[b] = rows[b] + s->table.payload_offset;
    for (uint32_t k = 0; k < op->key_count; k++) {
        uint32_t at = s->payload_count - op->key_count + k;
        OP_TRY(vector_init(&keys[k], op->build_keys[k]->type, count, &p->out_arena), err);
        OP_TRY(row_gather(&s->table.payload, payloads, count, at, &keys[k], 0, &p->out_arena), err);
    }
    p->pair_count = 0;
    for (uint32_t b = 0; b < count; b++) {
        if (!hash_join_keys_may_equal(p, i, keys, b)) continue;
        p->pair_probe[p->pair_count] = i;
        p->pair_build[p->pair_count++] = rows[b];
    }
    if (p->pair_count == 0) return DBX_OK;
    if (s->residual == NULL) {
        p->unknown[i] = 1;
    } else {
        chunk pairs;
        uint32_t kept;
        OP_TRY(hash_join_pair_chunk(p, s->residual_reads, &pairs), err);
        TRY(hash_join_residual_values(p, &pairs, &kept, err));
        if (kept > 0) p->unknown[i] = 1; /* conditions hold, but a key comparison is NULL */
    }
    p->pair_count = 0;
    return DBX_OK;
}

static dbx_status hash_join_unknown_walk(hash_join_probe *p, uint32_t i, const group_merge *rows,
                                         error *err) {
    join_walk walk;
    join_walk_init(&walk, rows);
    while (!p->unknown[i]) {
        uint8_t *batch[512];
        uint32_t count = join_walk_next(&walk, batch, ARRAY_COUNT(batch));
        if (count == 0) return DBX_OK;
        TRY(hash_join_unknown_batch(p, i, batch, count, err));
    }
    return DBX_OK;
}

/* Fills p->unknown for rows without a match. */
static dbx_status hash_join_find_unknown(hash_join_probe *p, error *err) {
    hash_join_state *s = p->state;
    uint32_t rows = p->in->rows;
    bool empty = hash_join_is_empty(s) && !atomic_load(&s->null_seen);
    if (!s->unknown_by_rows) {
        bool null_seen = atomic_load(&s->null_seen);
        for (uint32_t i = 0; i < rows; i++) p->unknown[i] = !empty && (null_seen || p->has_null[i]);
        return DBX_OK;
    }
    for (uint32_t k = 0; k < s->op->key_count; k++) {
        if (p->keys[k].form != VECTOR_SEQUENCE) continue;
        vector flat;
        OP_TRY(vector_init(&flat, p->keys[k].type, rows, &p->scratch), err);
        OP_TRY(vector_flatten(&flat, &p->keys[k], rows, &p->scratch), err);
        p->keys[k] = flat;
    }
    for (uint32_t i = 0; i < rows && !empty; i++) {
        if (p->matched[i] || p->unknown[i]) continue;
        if (p->has_null[i]) TRY(hash_join_unknown_walk(p, i, &s->table.rows, err));
        TRY(hash_join_unknown_walk(p, i, &s->table.nulls, err));
    }
    return DBX_OK;
}

/* ---- the end of an input chunk ---- */

/* Input rows whose match is as asked (and, with exclude_unknown, not unknown) go to p->kept. */
static uint32_t hash_join_keep(hash_join_probe *p, uint8_t matched, bool exclude_unknown) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < p->in->rows; i++) {
        p->kept[count] = i;
        count += p->matched[i] == matched && !(exclude_unknown && p->unknown[i]);
    }
    return count;
}

static dbx_status hash_join_give_marks(exec_worker *w, hash_join_probe *p, error *err) {
    uint32_t rows = p->in->rows;
    uint32_t probe_columns = p->in->column_count;
    arena_reset(&p->out_arena);
    vector *columns = ARENA_ARRAY(&p->out_arena, vector, probe_columns + 1);
    if (columns == NULL) return error_nomem(err);
    memcpy(columns, p->in->columns, probe_columns * sizeof(*columns));
    vector *mark = &columns[probe_columns];
    OP_TRY(vector_init(mark, type_simple(TYPE_BOOLEAN), rows, &p->out_arena), err);
    memcpy(mark->data, p->matched, rows);
    for (uint32_t i = 0; i < rows; i++) {
        if (p->matched[i] || !p->unknown[i]) continue;
        OP_TRY(vector_ensure_validity(mark, &p->out_arena), err);
        validity_set_null(mark->validity, i);
    }
    chunk out = {columns, probe_columns + 1, rows};
    return hash_join_give(w, p, &out, err);
}

static dbx_status hash_join_end_chunk(exec_worker *w, hash_join_probe *p, error *err) {
    const phys_hash_join *op = p->state->op;
    uint32_t rows;
    if (p->state->answers_build) return DBX_OK;
    switch (op->join) {
    case JOIN_INNER:
    case JOIN_RIGHT:
        return DBX_OK;
    case JOIN_LEFT:
    case JOIN_FULL:
    case JOIN_SINGLE:
        return hash_join_give_unmatched(w, p, hash_join_keep(p, 0, false), err);
    case JOIN_SEMI:
        rows = hash_join_keep(p, 1, false);
        break;
    case JOIN_ANTI:
        if (op->null_aware) TRY(hash_join_find_unknown(p, err));
        rows = hash_join_keep(p, 0, op->null_aware);
        break;
    default:
        TRY(hash_join_find_unknown(p, err));
        return hash_join_give_marks(w, p, err);
    }
    if (rows == p->in->rows) return hash_join_give(w, p, p->in, err);
    return hash_join_give_unmatched(w, p, rows, err);
}

dbx_status hash_join_probe_partitions(hash_join_probe *p, const chunk *in, uint8_t *partitions,
                                      error *err) {
    const hash_join_state *s = p->state;
    arena_reset(&p->scratch);
    TRY(evaluator_run(p->keys_evaluator, in, NULL, in->rows, p->keys, err));
    hash_join_active_rows(p, in->rows);
    OP_TRY(group_layout_encode(&s->table.layout, p->keys, in->rows, p->low, p->high, p->hashes,
                               &p->scratch),
           err);
    for (uint32_t i = 0; i < in->rows; i++) {
        partitions[i] = p->has_null[i]
                            ? UINT8_MAX
                            : (uint8_t)group_partition_of(p->hashes[i], JOIN_PARTITION_BITS);
    }
    return DBX_OK;
}

dbx_status hash_join_probe_push(exec_worker *w, hash_join_state *s, hash_join_probe *p,
                                const chunk *in, error *err) {
    join_kind kind = s->op->join;
    bool empty = s->table.rows.row_count == 0;
    if (hash_join_is_empty(s) &&
        (kind == JOIN_INNER || kind == JOIN_SEMI || kind == JOIN_RIGHT || s->answers_build)) {
        pipeline_stop(w);
        return DBX_OK;
    }
    p->in = in;
    p->pair_count = 0;
    arena_reset(&p->scratch);
    memset(p->matched, 0, in->rows);
    memset(p->unknown, 0, in->rows);
    TRY(evaluator_run(p->keys_evaluator, in, NULL, in->rows, p->keys, err));
    uint32_t active = hash_join_active_rows(p, in->rows);
    if (active > 0 && !empty) {
        OP_TRY(group_layout_encode(&s->table.layout, p->keys, in->rows, p->low, p->high,
                                   s->table.dense ? NULL : p->hashes, &p->scratch),
               err);
        active = hash_join_find_chains(p, active);
        TRY(hash_join_rounds(w, p, active, err));
    }
    return hash_join_end_chunk(w, p, err);
}
