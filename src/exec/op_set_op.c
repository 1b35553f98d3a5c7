/* op_set_op.c - EXCEPT and INTERSECT, with and without ALL.
 *
 * Rows of both inputs go into one hash table per radix partition, which counts how often a row
 * occurs on either side; the counts say how often it is given. Workers gather rows by partition and
 * merge them into the tables partition by partition in the finish tasks, so that no lock is held
 * while rows are compared. NULL equals NULL.
 */
#include "exec/operators.h"
#include "vector/hash.h"
#include "vector/row.h"

enum {
    SET_OP_RADIX_BITS = 4,
    SET_OP_PARTITIONS = 1 << SET_OP_RADIX_BITS,
    SET_OP_SLOTS_MIN = 1024,
};

/* Behind a row's columns. */
typedef struct set_op_trailer {
    uint64_t hash;
    uint64_t counts[2]; /* occurrences in the left and the right input */
} set_op_trailer;

typedef struct set_op_rows {
    ARENA_LIST(uint8_t *) list;
} set_op_rows;

/* Rows of one worker; moved to the state in combine. */
typedef struct set_op_heap {
    struct set_op_heap *next;
    arena arena;
    set_op_rows partitions[SET_OP_PARTITIONS];
} set_op_heap;

typedef struct set_op_state {
    const phys_set_op *op;
    exec *x;
    ledger *ledger;
    row_layout layout;
    uint32_t stride;
    os_mutex mutex;
    set_op_heap *heaps; /* of workers that are done; they own the rows */
    arena arenas[SET_OP_PARTITIONS];
    set_op_rows distinct[SET_OP_PARTITIONS]; /* one entry a distinct row */
    bool finished;
    _Atomic uint32_t next_partition;
} set_op_state;

typedef struct set_op_local {
    set_op_state *state;
    uint32_t side;
    set_op_heap *heap;
    uint64_t *hashes;
    uint8_t **targets;
    /* source */
    arena arena;
    chunk out;
    uint32_t partition;
    uint32_t at;       /* row of the partition */
    uint64_t repeated; /* times given so far */
} set_op_local;

static set_op_trailer *set_op_trailer_of(const set_op_state *s, uint8_t *row) {
    return (set_op_trailer *)(void *)(row + s->layout.width);
}

static dbx_status set_op_state_new(exec *x, const phys_op *op, op_state **out, error *err) {
    ledger *l = exec_op_ledger(x, op);
    set_op_state *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->op = (const phys_set_op *)op;
    s->x = x;
    s->ledger = l;
    os_mutex_init(&s->mutex);
    for (uint32_t p = 0; p < SET_OP_PARTITIONS; p++) arena_init(&s->arenas[p], l);
    *out = (op_state *)s;
    OP_TRY(row_layout_init(&s->layout, op->types, op->column_count, exec_arena(x)), err);
    s->stride = s->layout.width + (uint32_t)sizeof(set_op_trailer);
    return DBX_OK;
}

static void set_op_heap_free(ledger *l, set_op_heap *heap) {
    if (heap == NULL) return;
    arena_deinit(&heap->arena);
    mem_free(l, heap, sizeof(*heap));
}

static void set_op_state_free(exec *x, op_state *state) {
    set_op_state *s = (set_op_state *)state;
    (void)x;
    for (set_op_heap *h = s->heaps; h != NULL;) {
        set_op_heap *next = h->next;
        set_op_heap_free(s->ledger, h);
        h = next;
    }
    for (uint32_t p = 0; p < SET_OP_PARTITIONS; p++) arena_deinit(&s->arenas[p]);
    os_mutex_deinit(&s->mutex);
    mem_free(s->ledger, s, sizeof(*s));
}

static dbx_status set_op_local_new(exec_worker *w, op_state *state, uint32_t sink_input,
                                   op_local **out, error *err) {
    set_op_state *s = (set_op_state *)state;
    (void)w;
    set_op_local *l = mem_alloc_zero(s->ledger, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    l->state = s;
    l->side = sink_input;
    arena_init(&l->arena, s->ledger);
    *out = (op_local *)l;
    if (s->finished) return DBX_OK;
    assert(sink_input < 2);
    l->hashes = ARENA_ARRAY(&l->arena, uint64_t, CHUNK_ROWS_MAX);
    l->targets = ARENA_ARRAY(&l->arena, uint8_t *, CHUNK_ROWS_MAX);
    l->heap = mem_alloc_zero(s->ledger, sizeof(*l->heap));
    if (l->hashes == NULL || l->targets == NULL || l->heap == NULL) return error_nomem(err);
    arena_init(&l->heap->arena, s->ledger);
    return DBX_OK;
}

static void set_op_local_free(exec_worker *w, op_local *local) {
    set_op_local *l = (set_op_local *)local;
    (void)w;
    ledger *owner = l->state->ledger;
    set_op_heap_free(owner, l->heap);
    arena_deinit(&l->arena);
    mem_free(owner, l, sizeof(*l));
}

/* ---- sink ---- */

static dbx_status set_op_sink_rows(set_op_state *s, set_op_local *l, exec_worker *w,
                                   const chunk *in) {
    uint32_t rows = in->rows;
    for (uint32_t c = 0; c < in->column_count; c++) {
        TRY(vector_hash(&in->columns[c], rows, c > 0, l->hashes, worker_chunk_arena(w)));
    }
    uint8_t *memory = arena_alloc(&l->heap->arena, (size_t)rows * s->stride);
    if (memory == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < rows; i++) l->targets[i] = memory + (size_t)i * s->stride;
    TRY(row_scatter(&s->layout, in->columns, NULL, rows, l->targets, &l->heap->arena));
    for (uint32_t i = 0; i < rows; i++) {
        set_op_trailer *t = set_op_trailer_of(s, l->targets[i]);
        *t = (set_op_trailer){.hash = l->hashes[i]};
        t->counts[l->side] = 1;
        set_op_rows *rows_of = &l->heap->partitions[l->hashes[i] >> (64 - SET_OP_RADIX_BITS)];
        TRY(ARENA_LIST_PUSH(&l->heap->arena, &rows_of->list, l->targets[i]));
    }
    return DBX_OK;
}

static dbx_status set_op_sink(exec_worker *w, op_state *s, op_local *l, const chunk *in,
                              error *err) {
    return op_check(set_op_sink_rows((set_op_state *)s, (set_op_local *)l, w, in), err);
}

static dbx_status set_op_combine(exec_worker *w, op_state *state, op_local *local, error *err) {
    set_op_state *s = (set_op_state *)state;
    set_op_local *l = (set_op_local *)local;
    (void)w, (void)err;
    os_mutex_lock(&s->mutex);
    l->heap->next = s->heaps;
    s->heaps = l->heap;
    l->heap = NULL;
    os_mutex_unlock(&s->mutex);
    return DBX_OK;
}

/* ---- merging a partition ---- */

typedef struct set_op_table {
    uint8_t **slots;
    uint64_t mask;
    set_op_state *state;
    chunk probe; /* a batch of rows as columns, for row_match */
    arena *scratch;
} set_op_table;

/* Puts the rows into the table or adds their counts to the equal row that is there: batches are
 * gathered back into columns so that comparison is row_match's. */
static dbx_status set_op_insert(set_op_table *t, set_op_rows *out, arena *a, uint8_t **rows,
                                uint32_t count) {
    set_op_state *s = t->state;
    uint64_t at[CHUNK_ROWS_MAX];
    uint8_t *candidates[CHUNK_ROWS_MAX];
    sel_t todo[CHUNK_ROWS_MAX], check[CHUNK_ROWS_MAX], miss[CHUNK_ROWS_MAX];
    /* Lists keep their items in scratch, which is reset after each batch: so are the columns. */
    TRY(chunk_init_sized(&t->probe, s->op->base.types, s->op->base.column_count, count,
                         t->scratch));
    for (uint32_t c = 0; c < s->op->base.column_count; c++) {
        TRY(row_gather(&s->layout, rows, count, c, &t->probe.columns[c], 0, t->scratch));
    }
    uint32_t left = count;
    for (uint32_t i = 0; i < count; i++) {
        todo[i] = i;
        at[i] = set_op_trailer_of(s, rows[i])->hash & t->mask;
    }
    while (left > 0) {
        uint32_t checks = 0;
        for (uint32_t k = 0; k < left; k++) {
            uint32_t i = todo[k];
            uint64_t hash = set_op_trailer_of(s, rows[i])->hash;
            while (t->slots[at[i]] != NULL && set_op_trailer_of(s, t->slots[at[i]])->hash != hash) {
                at[i] = (at[i] + 1) & t->mask;
            }
            if (t->slots[at[i]] == NULL) {
                t->slots[at[i]] = rows[i];
                TRY(ARENA_LIST_PUSH(a, &out->list, rows[i]));
                continue;
            }
            candidates[i] = t->slots[at[i]];
            check[checks++] = i;
        }
        uint32_t misses = 0;
        TRY(row_match(&s->layout, t->probe.columns, s->op->base.column_count, NULL, candidates,
                      check, &checks, miss, &misses, t->scratch));
        for (uint32_t k = 0; k < checks; k++) {
            set_op_trailer *same = set_op_trailer_of(s, candidates[check[k]]);
            const set_op_trailer *mine = set_op_trailer_of(s, rows[check[k]]);
            same->counts[0] += mine->counts[0];
            same->counts[1] += mine->counts[1];
        }
        for (uint32_t k = 0; k < misses; k++) {
            todo[k] = miss[k];
            at[miss[k]] = (at[miss[k]] + 1) & t->mask;
        }
        left = misses;
    }
    return DBX_OK;
}

static dbx_status set_op_merge(set_op_state *s, uint32_t partition, arena *scratch) {
    uint64_t rows = 0;
    for (set_op_heap *h = s->heaps; h != NULL; h = h->next)
        rows += h->partitions[partition].list.count;
    if (rows == 0) return DBX_OK;
    uint64_t slots = SET_OP_SLOTS_MIN;
    while (slots < 2 * rows) slots *= 2;
    set_op_table t = {.mask = slots - 1, .state = s, .scratch = scratch};
    t.slots = mem_alloc_zero(s->ledger, slots * sizeof(*t.slots));
    if (t.slots == NULL) return DBX_NOMEM;
    dbx_status status = DBX_OK;
    for (set_op_heap *h = s->heaps; status == DBX_OK && h != NULL; h = h->next) {
        set_op_rows *from = &h->partitions[partition];
        for (uint32_t i = 0; status == DBX_OK && i < from->list.count; i += CHUNK_ROWS_MAX) {
            uint32_t n = MIN((uint32_t)CHUNK_ROWS_MAX, from->list.count - i);
            status = set_op_insert(&t, &s->distinct[partition], &s->arenas[partition],
                                   from->list.items + i, n);
            arena_reset(scratch);
        }
    }
    mem_free(s->ledger, t.slots, slots * sizeof(*t.slots));
    return status;
}

static uint32_t set_op_finish_task_count(exec *x, op_state *s) {
    (void)x, (void)s;
    return SET_OP_PARTITIONS;
}

static dbx_status set_op_finish_task(exec_worker *w, op_state *state, uint32_t task, error *err) {
    set_op_state *s = (set_op_state *)state;
    (void)w;
    arena scratch;
    arena_init(&scratch, s->ledger);
    dbx_status status = set_op_merge(s, task, &scratch);
    arena_deinit(&scratch);
    return op_check(status, err);
}

static dbx_status set_op_finish(exec *x, op_state *s, error *err) {
    (void)x, (void)err;
    ((set_op_state *)s)->finished = true;
    return DBX_OK;
}

/* ---- source ---- */

/* How often a row with these counts is given. */
static uint64_t set_op_times(set_op_kind op, const uint64_t counts[2]) {
    switch (op) {
    case SET_EXCEPT:
        return counts[0] > 0 && counts[1] == 0;
    case SET_EXCEPT_ALL:
        return counts[0] > counts[1] ? counts[0] - counts[1] : 0;
    case SET_INTERSECT:
        return counts[0] > 0 && counts[1] > 0;
    case SET_INTERSECT_ALL:
        return MIN(counts[0], counts[1]);
    default:
        return counts[0] + counts[1];
    }
}

static dbx_status set_op_source_start(exec *x, op_state *state, error *err) {
    (void)x, (void)err;
    atomic_store(&((set_op_state *)state)->next_partition, 0);
    return DBX_OK;
}

static dbx_status set_op_next_morsel(exec_worker *w, op_state *state, op_local *local, bool *more,
                                     uint64_t *index, error *err) {
    set_op_state *s = (set_op_state *)state;
    set_op_local *l = (set_op_local *)local;
    (void)w, (void)err;
    l->partition = atomic_fetch_add(&s->next_partition, 1);
    l->at = 0;
    l->repeated = 0;
    *index = l->partition;
    *more = l->partition < SET_OP_PARTITIONS;
    return DBX_OK;
}

static dbx_status set_op_read(exec_worker *w, op_state *state, op_local *local, const chunk **out,
                              error *err) {
    set_op_state *s = (set_op_state *)state;
    set_op_local *l = (set_op_local *)local;
    uint8_t *rows[CHUNK_ROWS_MAX];
    uint32_t most = exec_vector_size(worker_exec(w));
    uint32_t n = 0;
    const set_op_rows *from = &s->distinct[l->partition];
    while (n < most && l->at < from->list.count) {
        uint8_t *row = from->list.items[l->at];
        if (l->repeated < set_op_times(s->op->op, set_op_trailer_of(s, row)->counts)) {
            rows[n++] = row;
            l->repeated++;
        } else {
            l->at++;
            l->repeated = 0;
        }
    }
    *out = NULL;
    if (n == 0) return DBX_OK;
    arena *a = worker_chunk_arena(w);
    OP_TRY(chunk_init_sized(&l->out, s->op->base.types, s->op->base.column_count, n, a), err);
    for (uint32_t c = 0; c < s->op->base.column_count; c++)
        OP_TRY(row_gather(&s->layout, rows, n, c, &l->out.columns[c], 0, a), err);
    l->out.rows = n;
    *out = &l->out;
    return DBX_OK;
}

const op_vtab op_set_op_vtab = {
    .state_new = set_op_state_new,
    .state_free = set_op_state_free,
    .local_new = set_op_local_new,
    .local_free = set_op_local_free,
    .source_start = set_op_source_start,
    .next_morsel = set_op_next_morsel,
    .read = set_op_read,
    .sink = set_op_sink,
    .combine = set_op_combine,
    .finish_task_count = set_op_finish_task_count,
    .finish_task = set_op_finish_task,
    .finish = set_op_finish,
};
