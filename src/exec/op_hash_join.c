/* op_hash_join.c - joins by equality: builds a table of the right side, probes it with the left.
 *
 * SINK (sink_input 1)  workers collect build rows; finish sizes the directory exactly and links all
 * rows in parallel tasks, which fill the runtime filters as well. STREAMING: hash_join_probe.c.
 * SOURCE (RIGHT, FULL, answers_build): build rows that no probe row matched, or for SEMI some; a
 * morsel is a partition of a worker's rows.
 */
#include "exec/hash_join.h"
#include "exec/operators.h"

typedef struct hash_join_sink {
    evaluator *evaluator;
    join_build build;
    vector *keys;  /* of the chunk */
    vector *parts; /* payload, or keys seen through a selection */
    vector *payload;
    arena arena;
    sel_t plain[CHUNK_ROWS_MAX], nulls[CHUNK_ROWS_MAX];
} hash_join_sink;

typedef struct hash_join_local {
    hash_join_state *state;
    hash_join_sink *sink;   /* made with the first chunk */
    hash_join_probe *probe; /* the same */
    arena kept;             /* of the rows of a probe chunk that were not put aside */
    group_cursor cursor;    /* of unmatched rows */
    chunk out;
    uint8_t *rows[CHUNK_ROWS_MAX];
} hash_join_local;

/* ---- state ---- */

/* Can build column c be read from a key? Not where rows with NULL keys are kept, or where packing
 * changes bits. */
static bool hash_join_key_holds(const hash_join_state *s, uint32_t c, bool packed, uint32_t *key) {
    const phys_hash_join *op = s->op;
    for (uint32_t k = 0; k < op->key_count && !s->keeps_nulls; k++) {
        const expr *x = op->build_keys[k];
        bool changed = packed && type_is_float(x->type);
        if (x->kind == EXPR_SLOT && x->u.slot == c && !changed &&
            type_equal(x->type, s->build->types[c])) {
            *key = k;
            return true;
        }
    }
    return false;
}

static void hash_join_mark_reads(const expr *x, bool *reads) {
    if (x->kind == EXPR_SLOT) reads[x->u.slot] = true;
    for (uint32_t i = 0; i < x->arg_count; i++) hash_join_mark_reads(x->args[i], reads);
}

static dbx_status hash_join_find_reads(hash_join_state *s) {
    s->residual_reads =
        ARENA_ARRAY(&s->arena, bool, s->probe->column_count + s->build->column_count + 1);
    if (s->residual_reads == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < s->op->residual_count; i++)
        hash_join_mark_reads(s->op->residual[i], s->residual_reads);
    return DBX_OK;
}

static dbx_status hash_join_lay_out(hash_join_state *s) {
    const phys_hash_join *op = s->op;
    uint32_t build_columns = s->build->column_count;
    bool null_bits = false;
    type *key_types = ARENA_ARRAY(&s->arena, type, op->key_count + 1);
    s->payload_slots = ARENA_ARRAY(&s->arena, uint32_t, build_columns + op->key_count + 1);
    s->payload_types = ARENA_ARRAY(&s->arena, type, build_columns + op->key_count + 1);
    if (key_types == NULL || s->payload_slots == NULL || s->payload_types == NULL) return DBX_NOMEM;
    for (uint32_t k = 0; k < op->key_count; k++) {
        key_types[k] = op->build_keys[k]->type;
        null_bits |= op->null_safe[k];
    }
    group_layout probe_layout;
    TRY(group_layout_init(&probe_layout, key_types, op->key_count, null_bits, NULL, 0, &s->arena));
    bool packed = probe_layout.mode != GROUP_KEY_ROWS;
    if (s->gives_build || s->answers_build || op->residual_count > 0) {
        s->columns = ARENA_ARRAY(&s->arena, hash_join_column, build_columns + 1);
        if (s->columns == NULL) return DBX_NOMEM;
    }
    for (uint32_t c = 0; s->columns != NULL && c < build_columns; c++) {
        s->columns[c].in_key = hash_join_key_holds(s, c, packed, &s->columns[c].index);
        if (s->columns[c].in_key) continue;
        s->columns[c].index = s->payload_count;
        s->payload_types[s->payload_count] = s->build->types[c];
        s->payload_slots[s->payload_count++] = c;
    }
    for (uint32_t k = 0; s->unknown_by_rows && k < op->key_count; k++) {
        s->payload_types[s->payload_count] = key_types[k];
        s->payload_slots[s->payload_count++] = build_columns + k;
    }
    s->key_types = key_types;
    s->null_bits = null_bits;
    return hash_join_table_init(s);
}

dbx_status hash_join_table_init(hash_join_state *s) {
    return join_table_init(&s->table, s->key_types, s->op->key_count, s->null_bits,
                           s->payload_types, s->payload_count, s->ledger, &s->arena);
}

static dbx_status hash_join_state_new(exec *x, const phys_op *op, op_state **out, error *err) {
    ledger *l = exec_op_ledger(x, op);
    hash_join_state *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->op = (const phys_hash_join *)op;
    s->x = x;
    s->ledger = l;
    s->probe = op->children[0];
    s->build = op->children[1];
    arena_init(&s->arena, l);
    error_init(&s->plan_error);
    os_mutex_init(&s->spill.lock);
    *out = (op_state *)s;
    join_kind kind = s->op->join;
    bool three_valued = kind == JOIN_MARK || (kind == JOIN_ANTI && s->op->null_aware);
    bool one_key = s->op->key_count == 1 && !s->op->null_safe[0] && s->op->residual_count == 0;
    s->answers_build = s->op->answers_build;
    s->first_match_only =
        !s->answers_build && (kind == JOIN_SEMI || kind == JOIN_ANTI || kind == JOIN_MARK);
    s->gives_build = !s->first_match_only && !s->answers_build;
    s->keeps_build = kind == JOIN_RIGHT || kind == JOIN_FULL || s->answers_build;
    s->unknown_by_rows = three_valued && !one_key;
    s->keeps_nulls = (s->keeps_build && kind != JOIN_SEMI) || s->unknown_by_rows;
    query *q = exec_query(x);
    TRY(program_compile(&s->arena, q, s->op->probe_keys, s->op->key_count, &s->probe_program, err));
    TRY(program_compile(&s->arena, q, s->op->build_keys, s->op->key_count, &s->build_program, err));
    if (s->op->residual_count > 0) {
        OP_TRY(hash_join_find_reads(s), err);
        TRY(program_compile(&s->arena, q, s->op->residual, s->op->residual_count, &s->residual,
                            err));
    }
    OP_TRY(hash_join_lay_out(s), err);
    return join_spill_init(s, err);
}

static void hash_join_state_free(exec *x, op_state *state) {
    hash_join_state *s = (hash_join_state *)state;
    (void)x;
    join_spill_deinit(s);
    error_deinit(&s->plan_error);
    hash_join_filters_free(s);
    join_table_deinit(&s->table);
    arena_deinit(&s->arena);
    mem_free(s->ledger, s, sizeof(*s));
}

/* ---- local ---- */

static dbx_status hash_join_local_new(exec_worker *w, op_state *state, uint32_t sink_input,
                                      op_local **out, error *err) {
    hash_join_state *s = (hash_join_state *)state;
    (void)w, (void)sink_input;
    hash_join_local *l = mem_alloc(s->ledger, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    memset(l, 0, offsetof(hash_join_local, rows));
    l->state = s;
    arena_init(&l->kept, s->ledger);
    *out = (op_local *)l;
    return DBX_OK;
}

static void hash_join_sink_free(hash_join_state *s, hash_join_sink *k) {
    if (k == NULL) return;
    if (k->evaluator != NULL) evaluator_free(k->evaluator);
    join_build_deinit(&k->build);
    arena_deinit(&k->arena);
    mem_free(s->ledger, k, sizeof(*k));
}

static void hash_join_local_free(exec_worker *w, op_local *local) {
    hash_join_local *l = (hash_join_local *)local;
    (void)w;
    hash_join_sink_free(l->state, l->sink);
    hash_join_probe_free(l->state, l->probe);
    arena_deinit(&l->kept);
    mem_free(l->state->ledger, l, sizeof(*l));
}

static dbx_status hash_join_sink_ensure(hash_join_local *l, error *err) {
    hash_join_state *s = l->state;
    if (LIKELY(l->sink != NULL)) return DBX_OK;
    hash_join_sink *k = mem_alloc(s->ledger, sizeof(*k));
    if (k == NULL) return error_nomem(err);
    memset(k, 0, offsetof(hash_join_sink, plain));
    l->sink = k;
    arena_init(&k->arena, s->ledger);
    k->keys = ARENA_ARRAY(&k->arena, vector, s->op->key_count + 1);
    k->payload = ARENA_ARRAY(&k->arena, vector, s->payload_count + 1);
    k->parts = ARENA_ARRAY(&k->arena, vector, s->op->key_count + s->payload_count + 1);
    if (k->keys == NULL || k->payload == NULL || k->parts == NULL) return error_nomem(err);
    OP_TRY(join_build_init(&k->build, &s->table, &k->arena), err);
    return evaluator_new(s->build_program, exec_query(s->x), s->ledger, CHUNK_ROWS_MAX,
                         &k->evaluator, err);
}

/* ---- building ---- */

/* Splits the chunk's rows by whether = could match them. */
static uint32_t hash_join_split_nulls(hash_join_state *s, hash_join_sink *k, uint32_t rows,
                                      uint32_t *nulls) {
    const phys_hash_join *op = s->op;
    bool any = false;
    for (uint32_t i = 0; i < op->key_count; i++) {
        if (op->null_safe[i] || k->keys[i].form == VECTOR_SEQUENCE) continue;
        any |= vector_view_of(&k->keys[i]).validity != NULL;
    }
    *nulls = 0;
    if (!any) return rows;
    uint32_t plain = 0;
    for (uint32_t r = 0; r < rows; r++) {
        bool null = false;
        for (uint32_t i = 0; i < op->key_count && !null; i++) {
            if (!op->null_safe[i] && k->keys[i].form != VECTOR_SEQUENCE)
                null = vector_is_null(&k->keys[i], r);
        }
        k->plain[plain] = r;
        k->nulls[*nulls] = r;
        plain += !null;
        *nulls += null;
    }
    return plain;
}

/* Appends the rows of sel. */
static dbx_status hash_join_append_part(hash_join_state *s, hash_join_sink *k, const sel_t *sel,
                                        uint32_t rows, bool nulls, arena *a) {
    uint32_t keys = s->op->key_count;
    for (uint32_t i = 0; i < keys; i++) TRY(vector_slice(&k->parts[i], &k->keys[i], sel, rows, a));
    for (uint32_t i = 0; i < s->payload_count; i++) {
        TRY(vector_slice(&k->parts[keys + i], &k->payload[i], sel, rows, a));
    }
    return join_build_append(&k->build, k->parts, k->parts + keys, rows, nulls);
}

static dbx_status hash_join_sink_chunk(exec_worker *w, op_state *state, op_local *local,
                                       const chunk *in, error *err) {
    hash_join_state *s = (hash_join_state *)state;
    hash_join_local *l = (hash_join_local *)local;
    arena *a = worker_chunk_arena(w);
    TRY(hash_join_sink_ensure(l, err));
    hash_join_sink *k = l->sink;
    TRY(evaluator_run(k->evaluator, in, NULL, in->rows, k->keys, err));
    for (uint32_t i = 0; i < s->payload_count; i++) {
        uint32_t slot = s->payload_slots[i];
        k->payload[i] =
            slot < in->column_count ? in->columns[slot] : k->keys[slot - in->column_count];
        if (k->payload[i].form != VECTOR_SEQUENCE) continue;
        vector flat;
        OP_TRY(vector_init(&flat, k->payload[i].type, in->rows, a), err);
        OP_TRY(vector_flatten(&flat, &k->payload[i], in->rows, a), err);
        k->payload[i] = flat;
    }
    uint32_t nulls;
    uint32_t plain = hash_join_split_nulls(s, k, in->rows, &nulls);
    if (nulls == 0) {
        OP_TRY(join_build_append(&k->build, k->keys, k->payload, in->rows, false), err);
    } else {
        atomic_store_explicit(&s->null_seen, true, memory_order_relaxed);
        if (plain > 0) OP_TRY(hash_join_append_part(s, k, k->plain, plain, false, a), err);
        if (s->keeps_nulls) OP_TRY(hash_join_append_part(s, k, k->nulls, nulls, true, a), err);
    }
    return join_spill_is_due(s, &k->build) ? join_spill_build(s, &k->build, err) : DBX_OK;
}

static dbx_status hash_join_combine(exec_worker *w, op_state *state, op_local *local, error *err) {
    hash_join_state *s = (hash_join_state *)state;
    hash_join_sink *k = ((hash_join_local *)local)->sink;
    (void)w;
    if (k == NULL) return DBX_OK;
    if (join_spill_has(&s->spill)) TRY(join_spill_build(s, &k->build, err));
    return op_check(join_build_combine(&k->build), err);
}

static dbx_status hash_join_plan(hash_join_state *s, uint32_t *tasks, error *err) {
    TRY(join_spill_combined(s, err));
    OP_TRY(join_table_plan(&s->table, tasks), err);
    return op_check(hash_join_filters_plan(s), err);
}

static uint32_t hash_join_finish_task_count(exec *x, op_state *state) {
    hash_join_state *s = (hash_join_state *)state;
    uint32_t tasks = 0;
    (void)x;
    s->plan_failed = hash_join_plan(s, &tasks, &s->plan_error) != DBX_OK;
    return s->plan_failed ? 1 : tasks;
}

static dbx_status hash_join_finish_task(exec_worker *w, op_state *state, uint32_t task,
                                        error *err) {
    hash_join_state *s = (hash_join_state *)state;
    if (s->plan_failed) {
        dbx_status status = s->plan_error.status;
        error_move(err, &s->plan_error);
        return status;
    }
    join_table_link(&s->table, task);
    return op_check(hash_join_filters_fill(s, task, worker_chunk_arena(w)), err);
}

static dbx_status hash_join_finish(exec *x, op_state *s, error *err) {
    (void)x, (void)err;
    hash_join_filters_publish((hash_join_state *)s);
    return DBX_OK;
}

/* ---- probing ---- */

static dbx_status hash_join_push(exec_worker *w, op_state *state, op_local *local, const chunk *in,
                                 error *err) {
    hash_join_state *s = (hash_join_state *)state;
    hash_join_local *l = (hash_join_local *)local;
    if (UNLIKELY(l->probe == NULL)) TRY(hash_join_probe_new(s, &l->probe, err));
    if (UNLIKELY(join_spill_has(&s->spill))) {
        chunk kept;
        arena_reset(&l->kept);
        TRY(join_spill_probe(w, s, l->probe, in, &kept, &l->kept, err));
        return kept.rows == 0 ? DBX_OK : hash_join_probe_push(w, s, l->probe, &kept, err);
    }
    return hash_join_probe_push(w, s, l->probe, in, err);
}

static dbx_status hash_join_flush(exec_worker *w, op_state *s, op_local *local, error *err) {
    hash_join_local *l = (hash_join_local *)local;
    (void)s;
    return l->probe == NULL ? DBX_OK : hash_join_probe_flush(w, l->probe, err);
}

/* ---- build rows after the probe ---- */

static dbx_status hash_join_source_start(exec *x, op_state *s, error *err) {
    (void)x, (void)err;
    atomic_store(&((hash_join_state *)s)->next_unmatched, 0);
    return DBX_OK;
}

static uint64_t hash_join_source_rows(exec *x, op_state *state) {
    hash_join_state *s = (hash_join_state *)state;
    (void)x;
    return s->table.rows.row_count + s->table.nulls.row_count;
}

/* Morsel m: partition m of all parts of the rows, one after the other; then those of the rows with
 * NULL keys. */
static bool hash_join_find_part(const group_merge *rows, uint32_t *morsel, group_cursor *out) {
    for (uint32_t i = 0; i < rows->parts.count; i++) {
        uint32_t partitions = 1u << rows->parts.items[i].bits;
        if (*morsel < partitions) {
            *out = (group_cursor){rows->parts.items[i].partitions[*morsel].first, 0};
            return true;
        }
        *morsel -= partitions;
    }
    return false;
}

static dbx_status hash_join_next_morsel(exec_worker *w, op_state *state, op_local *local,
                                        bool *more, uint64_t *index, error *err) {
    hash_join_state *s = (hash_join_state *)state;
    hash_join_local *l = (hash_join_local *)local;
    (void)w, (void)err;
    uint32_t morsel = atomic_fetch_add(&s->next_unmatched, 1);
    *index = morsel;
    *more = hash_join_find_part(&s->table.rows, &morsel, &l->cursor) ||
            hash_join_find_part(&s->table.nulls, &morsel, &l->cursor);
    return DBX_OK;
}

/* Further rows of the morsel that are to be given into l->rows: unmatched ones, for SEMI matched
 * ones. */
static uint32_t hash_join_next_unmatched(hash_join_state *s, hash_join_local *l, uint32_t max) {
    uint32_t count = 0;
    bool wanted = s->op->join == JOIN_SEMI;
    while (count < max) {
        uint32_t got =
            group_cursor_next(&l->cursor, s->table.layout.width, l->rows + count, max - count);
        if (got == 0) break;
        uint32_t end = count + got;
        for (uint32_t i = count; i < end; i++) {
            uint8_t *row = l->rows[i];
            l->rows[count] = row;
            count += join_row_is_matched(&s->table, row) == wanted;
        }
    }
    return count;
}

static dbx_status hash_join_read(exec_worker *w, op_state *state, op_local *local,
                                 const chunk **out, error *err) {
    hash_join_state *s = (hash_join_state *)state;
    hash_join_local *l = (hash_join_local *)local;
    const phys_op *op = &s->op->base;
    arena *a = worker_chunk_arena(w);
    *out = NULL;
    uint32_t rows = hash_join_next_unmatched(s, l, exec_vector_size(s->x));
    if (rows == 0) return DBX_OK;
    vector *columns = ARENA_ARRAY(a, vector, op->column_count + 1);
    if (columns == NULL) return error_nomem(err);
    uint32_t nulls = s->answers_build ? 0 : s->probe->column_count;
    for (uint32_t c = 0; c < nulls; c++) {
        OP_TRY(vector_init(&columns[c], s->probe->types[c], 1, a), err);
        OP_TRY(vector_set_constant_null(&columns[c], a), err);
    }
    OP_TRY(hash_join_gather(s, l->rows, rows, NULL, columns + nulls, a), err);
    l->out = (chunk){columns, op->column_count, rows};
    *out = &l->out;
    return DBX_OK;
}

const op_vtab op_hash_join_vtab = {
    .state_new = hash_join_state_new,
    .state_free = hash_join_state_free,
    .local_new = hash_join_local_new,
    .local_free = hash_join_local_free,
    .source_start = hash_join_source_start,
    .source_rows = hash_join_source_rows,
    .next_morsel = hash_join_next_morsel,
    .read = hash_join_read,
    .push = hash_join_push,
    .flush = hash_join_flush,
    .sink = hash_join_sink_chunk,
    .combine = hash_join_combine,
    .finish_task_count = hash_join_finish_task_count,
    .finish_task = hash_join_finish_task,
    .finish = hash_join_finish,
    .rest_next = join_spill_rest,
    .rest = &join_spill_rest_vtab,
};
