/* hash_join_spill.c - see hash_join_spill.h.
 *
 * Which partitions: the first half of a worker's that are still in memory, so that one more row
 * costs little more than the last; where most bytes are long values, which lie in one heap for all
 * partitions, all of them. */
#include "exec/hash_join_spill.h"

#include "exec/hash_join.h"
#include "exec/operators.h"

enum {
    JOIN_SPILL_ROWS = 1024,    /* rows of a build chunk written at once */
    JOIN_SPILL_ROWS_MIN = 128, /* a part with fewer is not partitioned again */
};

typedef struct join_spill_writers {
    spill_writer of[JOIN_SPILL_PARTITIONS];
} join_spill_writers;

/* ---- making ---- */

/* Rests run once, after the last probe: a join that a recursion probes again must stay whole. */
static bool join_spill_may(const hash_join_state *s) {
    const physical_plan *plan = exec_plan(s->x);
    for (uint32_t i = 0; i < plan->op_count; i++)
        if (plan->ops[i]->kind == PHYS_OP_RECURSIVE) return false;
    return !s->unknown_by_rows && exec_query(s->x)->temp != NULL;
}

dbx_status join_spill_init(hash_join_state *s, error *err) {
    join_spill *p = &s->spill;
    uint32_t keys = s->op->key_count;
    p->possible = join_spill_may(s);
    if (!p->possible) return DBX_OK;
    p->build_types = ARENA_ARRAY(&s->arena, type, keys + s->payload_count + 1);
    p->writers = ARENA_ARRAY(&s->arena, join_spill_writers *, exec_threads(s->x));
    if (p->build_types == NULL || p->writers == NULL) return error_nomem(err);
    for (uint32_t k = 0; k < keys; k++) p->build_types[k] = s->op->build_keys[k]->type;
    for (uint32_t i = 0; i < s->payload_count; i++) p->build_types[keys + i] = s->payload_types[i];
    return DBX_OK;
}

static void join_spill_part_deinit(join_spill_part *part) {
    spill_stream_deinit(&part->build);
    spill_stream_deinit(&part->probe);
}

static void join_spill_drop_writers(hash_join_state *s) {
    join_spill *p = &s->spill;
    for (uint32_t w = 0; p->writers != NULL && w < exec_threads(s->x); w++) {
        if (p->writers[w] == NULL) continue;
        for (uint32_t i = 0; i < JOIN_SPILL_PARTITIONS; i++)
            spill_writer_deinit(&p->writers[w]->of[i]);
        mem_free(s->ledger, p->writers[w], sizeof(*p->writers[w]));
        p->writers[w] = NULL;
    }
}

void join_spill_deinit(hash_join_state *s) {
    join_spill *p = &s->spill;
    join_spill_drop_writers(s);
    for (uint32_t i = 0; p->parts != NULL && i < JOIN_SPILL_PARTITIONS; i++)
        join_spill_part_deinit(&p->parts[i]);
    for (uint32_t i = 0; i < p->waiting.count; i++) join_spill_part_deinit(p->waiting.items[i]);
    if (p->current != NULL) join_spill_part_deinit(p->current);
    os_mutex_deinit(&p->lock);
}

/* Puts partitions aside; the streams of all are made with the first. */
static dbx_status join_spill_extend(hash_join_state *s, uint64_t mask, error *err) {
    join_spill *p = &s->spill;
    dbx_status status = DBX_OK;
    os_mutex_lock(&p->lock);
    if (p->parts == NULL) {
        join_spill_part *parts = ARENA_ARRAY(&s->arena, join_spill_part, JOIN_SPILL_PARTITIONS);
        if (parts == NULL) status = error_nomem(err);
        p->parts = parts;
        for (uint32_t i = 0; status == DBX_OK && i < JOIN_SPILL_PARTITIONS; i++) {
            parts[i].depth = p->depth + 1;
            status = spill_stream_init(&parts[i].build, s->x, p->build_types,
                                       s->op->key_count + s->payload_count, s->ledger, err);
            if (status == DBX_OK)
                status = spill_stream_init(&parts[i].probe, s->x, s->probe->types,
                                           s->probe->column_count, s->ledger, err);
        }
    }
    if (status == DBX_OK) {
        p->any = true;
        atomic_fetch_or(&p->mask, mask);
    }
    os_mutex_unlock(&p->lock);
    return status;
}

/* ---- build rows ---- */

static size_t join_build_bytes(const join_build *b) {
    return b->rows.row_count * b->rows.layout->width + b->rows.heap.held;
}

bool join_spill_is_due(const hash_join_state *s, const join_build *b) {
    const join_spill *p = &s->spill;
    if (!p->possible || p->depth >= JOIN_SPILL_DEPTH_MAX) return false;
    if (p->depth > 0 && b->rows.row_count < JOIN_SPILL_ROWS_MIN) return false;
    return exec_should_spill(s->x, &s->op->base, join_build_bytes(b));
}

/* Keys and payload of rows as columns. */
static dbx_status join_spill_gather(const hash_join_state *s, uint8_t *const *rows, uint32_t count,
                                    chunk *out, arena *a) {
    uint32_t keys = s->op->key_count;
    const join_table *t = &s->table;
    TRY(chunk_init_sized(out, s->spill.build_types, keys + s->payload_count, count, a));
    for (uint32_t k = 0; k < keys; k++)
        TRY(group_layout_gather(&t->layout, rows, count, k, &out->columns[k], 0, a));
    out->rows = count;
    if (s->payload_count == 0) return DBX_OK;
    uint8_t **payloads = arena_alloc(a, count * sizeof(*payloads));
    if (payloads == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < count; i++) payloads[i] = rows[i] + t->payload_offset;
    for (uint32_t i = 0; i < s->payload_count; i++)
        TRY(row_gather(&t->payload, payloads, count, i, &out->columns[keys + i], 0, a));
    return DBX_OK;
}

/* Writes the rows of partition p and frees them; the caller counts. */
static dbx_status join_spill_rows(hash_join_state *s, group_rows *rows, uint32_t p, error *err) {
    if (rows->count == 0) return DBX_OK;
    uint8_t *batch[JOIN_SPILL_ROWS];
    spill_writer writer;
    arena a;
    arena_init(&a, s->ledger);
    spill_writer_init(&writer, &s->spill.parts[p].build, SPILL_BLOCK_BYTES);
    group_cursor cursor = {rows->first, 0};
    dbx_status status = DBX_OK;
    while (status == DBX_OK) {
        chunk columns;
        uint32_t count =
            group_cursor_next(&cursor, s->table.layout.width, batch, ARRAY_COUNT(batch));
        if (count == 0) break;
        arena_reset(&a);
        status = op_check(join_spill_gather(s, batch, count, &columns, &a), err);
        if (status == DBX_OK) status = spill_writer_append(&writer, &columns, NULL, count, err);
    }
    if (status == DBX_OK) status = spill_writer_flush(&writer, err);
    spill_writer_deinit(&writer);
    arena_deinit(&a);
    if (status == DBX_OK) group_rows_free(rows, s->ledger);
    return status;
}

static dbx_status join_spill_masked(hash_join_state *s, group_table *t, uint64_t mask, error *err) {
    for (uint32_t p = 0; p < JOIN_SPILL_PARTITIONS; p++) {
        if (!(mask >> p & 1)) continue;
        uint64_t count = t->partitions[p].count;
        TRY(join_spill_rows(s, &t->partitions[p], p, err));
        t->row_count -= count;
    }
    if (t->row_count == 0) arena_reset(&t->heap);
    return DBX_OK;
}

/* The first half, by rows, of the worker's partitions in memory. */
static uint64_t join_spill_choose(const group_table *t, uint64_t mask) {
    if (t->heap.held > t->row_count * t->layout->width) return UINT64_MAX;
    uint64_t left = t->row_count / 2 + 1;
    uint64_t chosen = 0;
    for (uint32_t p = 0; p < JOIN_SPILL_PARTITIONS && left > 0; p++) {
        if (mask >> p & 1) continue;
        chosen |= (uint64_t)1 << p;
        left -= MIN(left, t->partitions[p].count);
    }
    return chosen;
}

dbx_status join_spill_build(hash_join_state *s, join_build *b, error *err) {
    group_table *t = &b->rows;
    if (t->partition_bits == 0) OP_TRY(group_table_partition(t, JOIN_PARTITION_BITS), err);
    uint64_t mask = atomic_load(&s->spill.mask);
    if (mask != 0) TRY(join_spill_masked(s, t, mask, err));
    if (!join_spill_is_due(s, b)) return DBX_OK;
    TRY(join_spill_extend(s, join_spill_choose(t, mask), err));
    return join_spill_masked(s, t, atomic_load(&s->spill.mask), err);
}

dbx_status join_spill_combined(hash_join_state *s, error *err) {
    uint64_t mask = atomic_load(&s->spill.mask);
    group_merge *m = &s->table.rows;
    for (uint32_t i = 0; mask != 0 && i < m->parts.count; i++) {
        group_part *part = &m->parts.items[i];
        assert(part->bits == JOIN_PARTITION_BITS);
        for (uint32_t p = 0; p < JOIN_SPILL_PARTITIONS; p++) {
            if (!(mask >> p & 1)) continue;
            m->row_count -= part->partitions[p].count;
            TRY(join_spill_rows(s, &part->partitions[p], p, err));
        }
    }
    return DBX_OK;
}

/* ---- probe rows ---- */

static dbx_status join_spill_writers_of(hash_join_state *s, uint32_t worker,
                                        join_spill_writers **out) {
    join_spill *p = &s->spill;
    if (p->writers[worker] == NULL) {
        join_spill_writers *w = mem_alloc(s->ledger, sizeof(*w));
        if (w == NULL) return DBX_NOMEM;
        for (uint32_t i = 0; i < JOIN_SPILL_PARTITIONS; i++)
            spill_writer_init(&w->of[i], &p->parts[i].probe, SPILL_BLOCK_SMALL_BYTES);
        p->writers[worker] = w;
    }
    *out = p->writers[worker];
    return DBX_OK;
}

dbx_status join_spill_probe(exec_worker *w, hash_join_state *s, hash_join_probe *probe,
                            const chunk *in, chunk *kept, arena *a, error *err) {
    uint64_t mask = atomic_load(&s->spill.mask);
    join_spill_writers *writers = NULL;
    uint8_t *partitions = arena_alloc(a, in->rows);
    sel_t *by_partition = arena_alloc(a, in->rows * sizeof(*by_partition));
    sel_t *stay = arena_alloc(a, in->rows * sizeof(*stay));
    uint32_t ends[JOIN_SPILL_PARTITIONS + 1] = {0};
    if (partitions == NULL || by_partition == NULL || stay == NULL) return error_nomem(err);
    TRY(hash_join_probe_partitions(probe, in, partitions, err));
    uint32_t kept_rows = 0;
    for (uint32_t i = 0; i < in->rows; i++) {
        bool aside = partitions[i] < JOIN_SPILL_PARTITIONS && mask >> partitions[i] & 1;
        stay[kept_rows] = i;
        kept_rows += !aside;
        if (aside) ends[partitions[i] + 1]++;
    }
    if (kept_rows < in->rows) {
        OP_TRY(join_spill_writers_of(s, worker_number(w), &writers), err);
        for (uint32_t p = 1; p <= JOIN_SPILL_PARTITIONS; p++) ends[p] += ends[p - 1];
        for (uint32_t i = 0; i < in->rows; i++) {
            bool aside = partitions[i] < JOIN_SPILL_PARTITIONS && mask >> partitions[i] & 1;
            if (aside) by_partition[ends[partitions[i]]++] = i;
        }
        for (uint32_t p = 0, from = 0; p < JOIN_SPILL_PARTITIONS; from = ends[p++]) {
            if (ends[p] == from) continue;
            TRY(spill_writer_append(&writers->of[p], in, by_partition + from, ends[p] - from, err));
        }
    }
    if (kept_rows == 0) {
        *kept = (chunk){in->columns, in->column_count, 0};
        return DBX_OK;
    }
    return op_check(chunk_slice(kept, in, stay, kept_rows, a), err);
}

/* ---- rests ---- */

/* What the last table put aside waits behind what is waiting already. */
static dbx_status join_spill_collect(hash_join_state *s, error *err) {
    join_spill *p = &s->spill;
    for (uint32_t w = 0; w < exec_threads(s->x); w++) {
        for (uint32_t i = 0; p->writers[w] != NULL && i < JOIN_SPILL_PARTITIONS; i++)
            TRY(spill_writer_flush(&p->writers[w]->of[i], err));
    }
    join_spill_drop_writers(s);
    uint64_t mask = atomic_load(&p->mask);
    for (uint32_t i = 0; p->parts != NULL && i < JOIN_SPILL_PARTITIONS; i++) {
        join_spill_part *part = &p->parts[i];
        if (mask >> i & 1) {
            OP_TRY(ARENA_LIST_PUSH(&s->arena, &p->waiting, part), err);
        } else {
            join_spill_part_deinit(part);
        }
    }
    p->parts = NULL;
    atomic_store(&p->mask, 0);
    return DBX_OK;
}

static dbx_status join_spill_load_rows(hash_join_state *s, join_build *b, spill_reader *r,
                                       error *err) {
    uint32_t keys = s->op->key_count;
    for (;;) {
        const chunk *in;
        TRY(spill_reader_next(r, &in, err));
        if (in == NULL) break;
        OP_TRY(join_build_append(b, in->columns, in->columns + keys, in->rows, false), err);
        if (join_spill_is_due(s, b)) TRY(join_spill_build(s, b, err));
    }
    if (atomic_load(&s->spill.mask) != 0) TRY(join_spill_build(s, b, err));
    return op_check(join_build_combine(b), err);
}

/* The part's build rows become the table. */
static dbx_status join_spill_load(hash_join_state *s, join_spill_part *part, error *err) {
    uint32_t tasks = 0;
    join_build *b = mem_alloc(s->ledger, sizeof(*b));
    if (b == NULL) return error_nomem(err);
    memset(b, 0, sizeof(*b));
    spill_reader reader;
    spill_reader_init(&reader, &part->build);
    dbx_status status = op_check(join_build_init(b, &s->table, &s->arena), err);
    if (status == DBX_OK) status = join_spill_load_rows(s, b, &reader, err);
    spill_reader_deinit(&reader);
    join_build_deinit(b);
    mem_free(s->ledger, b, sizeof(*b));
    TRY(status);
    TRY(join_spill_combined(s, err));
    OP_TRY(join_table_plan(&s->table, &tasks), err);
    for (uint32_t i = 0; i < tasks; i++) join_table_link(&s->table, i);
    spill_stream_deinit(&part->build);
    return DBX_OK;
}

dbx_status join_spill_rest(exec *x, op_state *state, op_rest *rest, error *err) {
    hash_join_state *s = (hash_join_state *)state;
    join_spill *p = &s->spill;
    (void)x;
    *rest = OP_REST_NONE;
    if (!p->any) return DBX_OK;
    if (s->keeps_build && !p->current_given) {
        p->current_given = true;
        *rest = OP_REST_OUTPUT;
        return DBX_OK;
    }
    TRY(join_spill_collect(s, err));
    if (p->current != NULL) join_spill_part_deinit(p->current);
    p->current = NULL;
    if (p->waiting.count == 0) { /* the pipeline for build rows without a match finds none */
        join_table_deinit(&s->table);
        return op_check(hash_join_table_init(s), err);
    }
    p->current = p->waiting.items[--p->waiting.count];
    p->depth = p->current->depth;
    p->current_given = false;
    join_table_deinit(&s->table);
    OP_TRY(hash_join_table_init(s), err);
    s->table.layout.hash_rotation = p->depth * JOIN_PARTITION_BITS;
    TRY(join_spill_load(s, p->current, err));
    atomic_store(&p->next_block, 0);
    *rest = OP_REST_INPUT;
    return DBX_OK;
}

/* ---- probe rows as a source: a morsel is a block ---- */

typedef struct join_rest_local {
    hash_join_state *state;
    spill_reader reader;
} join_rest_local;

static dbx_status join_rest_local_new(exec_worker *w, op_state *state, uint32_t sink_input,
                                      op_local **out, error *err) {
    hash_join_state *s = (hash_join_state *)state;
    (void)w, (void)sink_input;
    join_rest_local *l = mem_alloc_zero(s->ledger, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    l->state = s;
    spill_reader_init(&l->reader, &s->spill.current->probe);
    *out = (op_local *)l;
    return DBX_OK;
}

static void join_rest_local_free(exec_worker *w, op_local *local) {
    join_rest_local *l = (join_rest_local *)local;
    (void)w;
    spill_reader_deinit(&l->reader);
    mem_free(l->state->ledger, l, sizeof(*l));
}

static dbx_status join_rest_next_morsel(exec_worker *w, op_state *state, op_local *local,
                                        bool *more, uint64_t *index, error *err) {
    hash_join_state *s = (hash_join_state *)state;
    join_rest_local *l = (join_rest_local *)local;
    (void)w, (void)err;
    uint32_t block = atomic_fetch_add(&s->spill.next_block, 1);
    *more = block < s->spill.current->probe.block_count;
    *index = block;
    if (*more) spill_reader_restrict(&l->reader, block, block + 1);
    return DBX_OK;
}

static dbx_status join_rest_read(exec_worker *w, op_state *state, op_local *local,
                                 const chunk **out, error *err) {
    (void)w, (void)state;
    return spill_reader_next(&((join_rest_local *)local)->reader, out, err);
}

const op_vtab join_spill_rest_vtab = {
    .local_new = join_rest_local_new,
    .local_free = join_rest_local_free,
    .next_morsel = join_rest_next_morsel,
    .read = join_rest_read,
};
