/* sort_run.c - see sort_run.h. Spilled rows are chunks of the payload columns and those of
 * SORT_SPILLED_EXTRA; a block read back becomes rows again, so that merging sees no difference. */
#include "exec/sort_run.h"

#include "exec/operators.h"

enum {
    SORT_FAN_IN = 16,            /* spilled runs of one level that are merged into one */
    SORT_SPILL_CHUNK = 32 << 10, /* bytes of the rows of one spilled chunk, about */
    SORT_SPILL_ROWS_MIN = 32,
    SORT_SLICE_BLOCKS = 8, /* a slice has about so many blocks of each spilled run */
    SORT_NO_RUN = UINT32_MAX,
};

void sort_runs_init(sort_runs *runs, const sort_spec *spec, exec *x, ledger *l) {
    *runs = (sort_runs){.spec = spec, .x = x, .ledger = l};
}

static void sort_run_free(sort_runs *runs, sort_run *run) {
    if (run == NULL) return;
    if (run->memory != NULL) {
        sort_buffer_deinit(run->memory);
        mem_free(runs->ledger, run->memory, sizeof(*run->memory));
    }
    spill_stream_deinit(&run->spilled);
    mem_free(runs->ledger, run->first, run->first_capacity * sizeof(*run->first));
    arena_deinit(&run->heap);
    mem_free(runs->ledger, run, sizeof(*run));
}

void sort_runs_deinit(sort_runs *runs) {
    if (runs->ledger == NULL) return;
    for (uint32_t i = 0; i < runs->count; i++) sort_run_free(runs, runs->items[i]);
    mem_free(runs->ledger, runs->items, runs->capacity * sizeof(*runs->items));
    runs->ledger = NULL;
}

static dbx_status sort_runs_reserve(sort_runs *runs, uint32_t extra) {
    if (runs->count + extra <= runs->capacity) return DBX_OK;
    uint32_t grown = MAX(MAX(8u, 2 * runs->capacity), runs->count + extra);
    sort_run **items = mem_realloc(runs->ledger, runs->items, runs->capacity * sizeof(*items),
                                   grown * sizeof(*items));
    if (items == NULL) return DBX_NOMEM;
    runs->items = items;
    runs->capacity = grown;
    return DBX_OK;
}

static sort_run *sort_run_new(sort_runs *runs) {
    sort_run *run = mem_alloc_zero(runs->ledger, sizeof(*run));
    if (run != NULL) arena_init(&run->heap, runs->ledger);
    return run;
}

/* There is room. */
static void sort_runs_list(sort_runs *runs, sort_run *run) {
    assert(runs->count < runs->capacity);
    runs->items[runs->count++] = run;
    runs->rows += run->rows;
}

static MUST_CHECK dbx_status sort_runs_add(sort_runs *runs, sort_buffer **b) {
    if ((*b)->count == 0) return DBX_OK;
    TRY(sort_buffer_sort(*b));
    TRY(sort_runs_reserve(runs, 1));
    sort_run *run = sort_run_new(runs);
    if (run == NULL) return DBX_NOMEM;
    run->memory = *b;
    run->rows = (*b)->count;
    *b = NULL;
    sort_runs_list(runs, run);
    return DBX_OK;
}

dbx_status sort_runs_move(sort_runs *to, sort_runs *from) {
    TRY(sort_runs_reserve(to, from->count));
    for (uint32_t i = 0; i < from->count; i++) sort_runs_list(to, from->items[i]);
    from->count = 0;
    from->rows = 0;
    return DBX_OK;
}

bool sort_runs_any_spilled(const sort_runs *runs) {
    for (uint32_t i = 0; i < runs->count; i++)
        if (runs->items[i]->memory == NULL) return true;
    return false;
}

/* ---- spilling ---- */

typedef struct sort_spiller {
    sort_runs *runs;
    sort_run *run;
    spill_writer writer;
    arena arena; /* of one chunk */
} sort_spiller;

static dbx_status sort_spiller_init(sort_spiller *p, sort_runs *runs, uint32_t level, error *err) {
    memset(p, 0, sizeof(*p));
    p->runs = runs;
    arena_init(&p->arena, runs->ledger);
    OP_TRY(sort_runs_reserve(runs, 1), err);
    p->run = sort_run_new(runs);
    if (p->run == NULL) return error_nomem(err);
    p->run->level = level;
    TRY(spill_stream_init(&p->run->spilled, runs->x, runs->spec->spilled_types,
                          runs->spec->column_count + SORT_SPILLED_EXTRA, runs->ledger, err));
    spill_writer_init(&p->writer, &p->run->spilled, SPILL_BLOCK_BYTES);
    return DBX_OK;
}

static void sort_spiller_deinit(sort_spiller *p) {
    spill_writer_deinit(&p->writer);
    arena_deinit(&p->arena);
    sort_run_free(p->runs, p->run);
}

/* Keeps the first row of a block: its key, without a payload. */
static dbx_status sort_run_note(sort_run *run, const sort_spec *s, const sort_record *record,
                                ledger *l) {
    if (run->first_count == run->first_capacity) {
        uint32_t grown = MAX(16u, 2 * run->first_capacity);
        sort_record *first = mem_realloc(l, run->first, run->first_capacity * sizeof(*first),
                                         grown * sizeof(*first));
        if (first == NULL) return DBX_NOMEM;
        run->first = first;
        run->first_capacity = grown;
    }
    uint8_t *row = arena_alloc_zero(&run->heap, s->stride);
    const sort_trailer *from = sort_trailer_of(s, record->row);
    uint8_t *key = (uint8_t *)arena_alloc_bytes(&run->heap, (size_t)from->key_size + 1);
    if (row == NULL || key == NULL) return DBX_NOMEM;
    if (from->key_size > 0) memcpy(key, from->key, from->key_size);
    sort_trailer *to = (sort_trailer *)(void *)(row + s->rows.width);
    *to = *from;
    to->key = key;
    run->first[run->first_count++] = (sort_record){record->prefix, row};
    return DBX_OK;
}

/* The rows as columns of a spilled chunk. */
static dbx_status sort_spiller_columns(sort_spiller *p, uint8_t *const *rows, uint32_t count,
                                       chunk *out) {
    const sort_spec *s = p->runs->spec;
    uint32_t columns = s->column_count + SORT_SPILLED_EXTRA;
    *out = (chunk){ARENA_ARRAY(&p->arena, vector, columns), columns, count};
    if (out->columns == NULL) return DBX_NOMEM;
    for (uint32_t c = 0; c < columns; c++)
        TRY(vector_init(&out->columns[c], s->spilled_types[c], count, &p->arena));
    for (uint32_t c = 0; c < s->column_count; c++)
        TRY(row_gather(&s->rows, rows, count, c, &out->columns[c], 0, &p->arena));
    vector *extra = out->columns + s->column_count;
    for (uint32_t i = 0; i < count; i++) {
        const sort_trailer *t = sort_trailer_of(s, rows[i]);
        VECTOR_DATA(&extra[SORT_SPILLED_KEY], vstring)
        [i] = vstring_from((const char *)t->key, t->key_size);
        VECTOR_DATA(&extra[SORT_SPILLED_PART], int32_t)[i] = (int32_t)t->part_size;
        VECTOR_DATA(&extra[SORT_SPILLED_MORSEL], int64_t)[i] = (int64_t)t->morsel;
        VECTOR_DATA(&extra[SORT_SPILLED_ARRIVAL], int64_t)[i] = (int64_t)t->arrival;
    }
    return DBX_OK;
}

static dbx_status sort_spiller_put(sort_spiller *p, const sort_record *records,
                                   uint8_t *const *rows, uint32_t count, error *err) {
    chunk columns;
    if (p->writer.rows == 0) {
        OP_TRY(sort_run_note(p->run, p->runs->spec, &records[0], p->runs->ledger), err);
    }
    arena_reset(&p->arena);
    OP_TRY(sort_spiller_columns(p, rows, count, &columns), err);
    TRY(spill_writer_append(&p->writer, &columns, NULL, count, err));
    p->run->rows += count;
    return DBX_OK;
}

static dbx_status sort_spiller_finish(sort_spiller *p, error *err) {
    TRY(spill_writer_flush(&p->writer, err));
    assert(p->run->first_count == p->run->spilled.block_count);
    sort_runs_list(p->runs, p->run);
    p->run = NULL;
    return DBX_OK;
}

static dbx_status sort_spill_buffer(sort_spiller *p, sort_buffer *b, error *err) {
    uint64_t bytes_a_row = b->heap.held / b->count + 1;
    uint64_t step = MAX((uint64_t)SORT_SPILL_ROWS_MIN,
                        MIN((uint64_t)CHUNK_ROWS_MAX, SORT_SPILL_CHUNK / bytes_a_row));
    uint8_t *rows[CHUNK_ROWS_MAX];
    for (uint64_t from = 0; from < b->count; from += step) {
        uint32_t count = (uint32_t)MIN(step, b->count - from);
        for (uint32_t i = 0; i < count; i++) rows[i] = b->records[from + i].row;
        TRY(query_check_cancelled(exec_query(p->runs->x), err));
        TRY(sort_spiller_put(p, b->records + from, rows, count, err));
    }
    return sort_spiller_finish(p, err);
}

/* ---- merging runs of one level ---- */

static dbx_status sort_spill_merged(sort_spiller *p, const sort_runs *from, error *err) {
    sort_merge m;
    sort_slices all = {.count = 1};
    sort_record records[CHUNK_ROWS_MAX];
    uint8_t *rows[CHUNK_ROWS_MAX];
    uint32_t most = CHUNK_ROWS_MAX;
    memset(&m, 0, sizeof(m));
    dbx_status status = op_check(sort_merge_init(&m, from), err);
    if (status == DBX_OK) status = sort_merge_start(&m, &all, 0, err);
    for (uint32_t count = 1; status == DBX_OK && count > 0;) {
        status = query_check_cancelled(exec_query(from->x), err);
        if (status == DBX_OK) status = sort_merge_next(&m, rows, records, most, &count, err);
        if (status == DBX_OK && count > 0) status = sort_spiller_put(p, records, rows, count, err);
    }
    sort_merge_deinit(&m);
    return status == DBX_OK ? sort_spiller_finish(p, err) : status;
}

static dbx_status sort_runs_merge_last(sort_runs *runs, uint32_t count, error *err) {
    assert(count <= runs->count);
    sort_runs last = *runs;
    last.items = runs->items + runs->count - count;
    last.count = last.capacity = count;
    uint32_t level = last.items[0]->level;
    sort_spiller p;
    dbx_status status = sort_spiller_init(&p, runs, level + 1, err);
    last.items = runs->items + runs->count - count; /* reserving may have moved the list */
    if (status == DBX_OK) status = sort_spill_merged(&p, &last, err);
    if (status == DBX_OK) { /* the new run stands behind those it replaces */
        for (uint32_t i = 0; i < count; i++) {
            runs->rows -= last.items[i]->rows;
            sort_run_free(runs, last.items[i]);
        }
        last.items[0] = runs->items[runs->count - 1];
        runs->count -= count;
    }
    sort_spiller_deinit(&p);
    return status;
}

/* Runs stand in falling order of levels, so that those of one level are the last ones. */
static dbx_status sort_runs_settle(sort_runs *runs, error *err) {
    for (;;) {
        uint32_t same = 0;
        while (same < runs->count &&
               runs->items[runs->count - 1 - same]->level == runs->items[runs->count - 1]->level)
            same++;
        if (same < SORT_FAN_IN) return DBX_OK;
        TRY(sort_runs_merge_last(runs, same, err));
    }
}

dbx_status sort_runs_spill(sort_runs *runs, sort_buffer *b, error *err) {
    if (b->count == 0) return DBX_OK;
    OP_TRY(sort_buffer_sort(b), err);
    sort_spiller p;
    dbx_status status = sort_spiller_init(&p, runs, 0, err);
    if (status == DBX_OK) status = sort_spill_buffer(&p, b, err);
    sort_spiller_deinit(&p);
    if (status != DBX_OK) return status;
    sort_buffer_empty(b);
    return sort_runs_settle(runs, err);
}

dbx_status sort_runs_end(sort_runs *runs, sort_buffer **b, error *err) {
    if (runs->count > 0) return sort_runs_spill(runs, *b, err);
    return op_check(sort_runs_add(runs, b), err);
}

/* ---- slices ---- */

static uint32_t sort_run_sample_count(const sort_run *run) {
    return run->memory != NULL ? (uint32_t)MIN(run->rows, (uint64_t)UINT32_MAX) : run->first_count;
}

static const sort_record *sort_run_sample(const sort_run *run, uint64_t at) {
    return run->memory != NULL ? &run->memory->records[at] : &run->first[at];
}

dbx_status sort_runs_slice(const sort_runs *runs, uint32_t most, arena *a, sort_slices *out) {
    uint64_t slice_rows = SORT_SLICE_ROWS;
    *out = (sort_slices){0};
    if (runs->rows == 0) return DBX_OK;
    const sort_run *sample = runs->items[0];
    for (uint32_t r = 0; r < runs->count; r++) {
        const sort_run *run = runs->items[r];
        if (run->rows > sample->rows) sample = run;
        if (run->memory != NULL) continue;
        uint64_t block = run->rows / run->first_count + 1;
        slice_rows = MAX(slice_rows, block * SORT_SLICE_BLOCKS * runs->count);
    }
    uint64_t slices = MIN((runs->rows + slice_rows - 1) / slice_rows, (uint64_t)most);
    uint64_t samples = sort_run_sample_count(sample);
    slices = MAX(1u, MIN(slices, samples));
    sort_record *pivots = ARENA_ARRAY(a, sort_record, slices);
    if (pivots == NULL) return DBX_NOMEM;
    for (uint64_t i = 1; i < slices; i++)
        pivots[i - 1] = *sort_run_sample(sample, samples * i / slices);
    *out = (sort_slices){(uint32_t)slices, pivots};
    return DBX_OK;
}

/* First of the records that does not come before the pivot. */
static uint64_t sort_lower_bound(const sort_spec *s, const sort_record *records, uint64_t count,
                                 const sort_record *pivot) {
    uint64_t low = 0, high = count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (sort_record_compare(s, &records[middle], pivot) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint64_t sort_run_rank(const sort_runs *runs, const sort_slices *slices, uint32_t slice,
                       uint32_t run) {
    const sort_run *at = runs->items[run];
    assert(at->memory != NULL && slice <= slices->count);
    if (slice == 0) return 0;
    if (slice == slices->count) return at->rows;
    return sort_lower_bound(runs->spec, at->memory->records, at->rows, &slices->pivots[slice - 1]);
}

/* ---- merging ---- */

/* Where a merge stands in one run. */
struct sort_cursor {
    const sort_record *at, *end; /* rows at hand */
    const sort_record *stop;     /* the slice's upper pivot; NULL: none */
    spill_reader reader;         /* of a spilled run */
    arena heap;                  /* rows of the chunk read last */
    sort_record *loaded;         /* CHUNK_ROWS_MAX */
    bool spilled, ended;
};

dbx_status sort_merge_init(sort_merge *m, const sort_runs *runs) {
    memset(m, 0, sizeof(*m));
    m->runs = runs;
    m->empty = SORT_NO_RUN;
    arena_init(&m->arena, runs->ledger);
    m->cursors = ARENA_ARRAY(&m->arena, sort_cursor, MAX(runs->count, 1u));
    m->heap = ARENA_ARRAY(&m->arena, uint32_t, MAX(runs->count, 1u));
    if (m->cursors == NULL || m->heap == NULL) return DBX_NOMEM;
    for (uint32_t r = 0; r < runs->count; r++) {
        sort_cursor *c = &m->cursors[r];
        if (runs->items[r]->memory != NULL) continue;
        c->spilled = true;
        spill_reader_init(&c->reader, &runs->items[r]->spilled);
        arena_init(&c->heap, runs->ledger);
        c->loaded = ARENA_ARRAY(&m->arena, sort_record, CHUNK_ROWS_MAX);
        if (c->loaded == NULL) return DBX_NOMEM;
    }
    return DBX_OK;
}

void sort_merge_deinit(sort_merge *m) {
    if (m->runs == NULL) return;
    for (uint32_t r = 0; m->cursors != NULL && r < m->runs->count; r++) {
        if (!m->cursors[r].spilled) continue;
        spill_reader_deinit(&m->cursors[r].reader);
        arena_deinit(&m->cursors[r].heap);
    }
    arena_deinit(&m->arena);
    m->runs = NULL;
}

/* Makes rows of the spilled chunk. */
static dbx_status sort_cursor_rebuild(sort_cursor *c, const sort_spec *s, const chunk *in) {
    const vector *extra = in->columns + s->column_count;
    arena_reset(&c->heap);
    sort_row_key *keys = arena_alloc(&c->heap, in->rows * sizeof(*keys));
    if (keys == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < in->rows; i++) {
        const vstring *key = &VECTOR_DATA(&extra[SORT_SPILLED_KEY], vstring)[i];
        uint32_t part = (uint32_t)VECTOR_DATA(&extra[SORT_SPILLED_PART], int32_t)[i];
        const uint8_t *bytes = (const uint8_t *)vstring_data(key);
        keys[i] = (sort_row_key){
            .part = bytes,
            .tail = bytes + part,
            .part_size = part,
            .tail_size = key->size - part,
            .morsel = (uint64_t)VECTOR_DATA(&extra[SORT_SPILLED_MORSEL], int64_t)[i],
            .arrival = (uint64_t)VECTOR_DATA(&extra[SORT_SPILLED_ARRIVAL], int64_t)[i]};
    }
    TRY(sort_rows_make(s, in->columns, NULL, in->rows, keys, c->loaded, &c->heap));
    c->at = c->loaded;
    c->end = c->loaded + in->rows;
    return DBX_OK;
}

/* The next rows of a spilled run that belong to the slice; none sets ended. */
static dbx_status sort_cursor_load(sort_cursor *c, const sort_spec *s, error *err) {
    const chunk *in;
    c->ended = true;
    TRY(spill_reader_next(&c->reader, &in, err));
    if (in == NULL) return DBX_OK;
    OP_TRY(sort_cursor_rebuild(c, s, in), err);
    if (c->stop != NULL && sort_record_compare(s, c->end - 1, c->stop) >= 0) {
        c->end = c->at + sort_lower_bound(s, c->at, (uint64_t)(c->end - c->at), c->stop);
        spill_reader_restrict(&c->reader, c->reader.next, c->reader.next);
    }
    c->ended = c->at == c->end;
    return DBX_OK;
}

static dbx_status sort_cursor_start_spilled(sort_cursor *c, const sort_run *run, const sort_spec *s,
                                            const sort_record *from, error *err) {
    uint64_t first = 0, end = run->first_count;
    if (from != NULL) first = sort_lower_bound(s, run->first, run->first_count, from);
    if (first > 0) first--; /* the block before may end with rows of the slice */
    if (c->stop != NULL) end = sort_lower_bound(s, run->first, run->first_count, c->stop);
    c->at = c->end = NULL;
    c->ended = first >= end;
    if (c->ended) return DBX_OK;
    spill_reader_restrict(&c->reader, (uint32_t)first, (uint32_t)end);
    do {
        TRY(sort_cursor_load(c, s, err));
        if (from != NULL && !c->ended)
            c->at += sort_lower_bound(s, c->at, (uint64_t)(c->end - c->at), from);
    } while (!c->ended && c->at == c->end);
    return DBX_OK;
}

static bool sort_merge_before(const sort_merge *m, uint32_t a, uint32_t b) {
    return sort_record_compare(m->runs->spec, m->cursors[a].at, m->cursors[b].at) < 0;
}

static void sort_merge_sift_down(sort_merge *m, uint32_t at) {
    uint32_t run = m->heap[at];
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= m->heap_count) break;
        if (child + 1 < m->heap_count && sort_merge_before(m, m->heap[child + 1], m->heap[child]))
            child++;
        if (!sort_merge_before(m, m->heap[child], run)) break;
        m->heap[at] = m->heap[child];
        at = child;
    }
    m->heap[at] = run;
}

dbx_status sort_merge_start(sort_merge *m, const sort_slices *slices, uint32_t slice, error *err) {
    const sort_spec *s = m->runs->spec;
    assert(slice < slices->count);
    const sort_record *from = slice > 0 ? &slices->pivots[slice - 1] : NULL;
    const sort_record *stop = slice + 1 < slices->count ? &slices->pivots[slice] : NULL;
    m->heap_count = 0;
    m->empty = SORT_NO_RUN;
    for (uint32_t r = 0; r < m->runs->count; r++) {
        sort_cursor *c = &m->cursors[r];
        const sort_run *run = m->runs->items[r];
        c->stop = stop;
        if (c->spilled) {
            TRY(sort_cursor_start_spilled(c, run, s, from, err));
        } else {
            c->at = run->memory->records + sort_run_rank(m->runs, slices, slice, r);
            c->end = run->memory->records + sort_run_rank(m->runs, slices, slice + 1, r);
            c->ended = c->at == c->end;
        }
        if (!c->ended) m->heap[m->heap_count++] = r;
    }
    for (uint32_t i = m->heap_count / 2; i > 0; i--) sort_merge_sift_down(m, i - 1);
    return DBX_OK;
}

static void sort_merge_drop_top(sort_merge *m) {
    m->heap[0] = m->heap[--m->heap_count];
    if (m->heap_count > 0) sort_merge_sift_down(m, 0);
}

/* Reads the block that the run on top waits for. */
static dbx_status sort_merge_refill(sort_merge *m, error *err) {
    assert(m->heap[0] == m->empty);
    sort_cursor *c = &m->cursors[m->empty];
    m->empty = SORT_NO_RUN;
    TRY(sort_cursor_load(c, m->runs->spec, err));
    if (c->ended)
        sort_merge_drop_top(m);
    else
        sort_merge_sift_down(m, 0);
    return DBX_OK;
}

dbx_status sort_merge_next(sort_merge *m, uint8_t **rows, sort_record *records, uint32_t most,
                           uint32_t *count, error *err) {
    uint32_t n = 0;
    *count = 0;
    if (m->empty != SORT_NO_RUN) TRY(sort_merge_refill(m, err));
    while (n < most && m->heap_count > 0) {
        uint32_t run = m->heap[0];
        sort_cursor *c = &m->cursors[run];
        rows[n] = c->at->row;
        if (records != NULL) records[n] = *c->at;
        n++;
        c->at++;
        if (c->at < c->end) {
            sort_merge_sift_down(m, 0);
        } else if (c->spilled) {
            m->empty = run;
            break;
        } else {
            sort_merge_drop_top(m);
        }
    }
    *count = n;
    return DBX_OK;
}
