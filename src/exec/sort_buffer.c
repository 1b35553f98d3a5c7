/* sort_buffer.c - see sort_buffer.h. Records are sorted by a stable merge sort over runs made by
 * insertion: records are 16 bytes, moves are cheap, and input that is sorted already costs one
 * pass. */
#include "exec/sort_buffer.h"

enum {
    SORT_INSERTION_RUN = 24,
    SORT_ROWS_FIRST = 1024,
    SORT_MORSEL_BITS = 40,
};

dbx_status sort_spec_init(sort_spec *s, const type *types, uint32_t column_count,
                          const type *key_types, const sort_order *orders, uint32_t part_count,
                          uint32_t key_count, arena *a) {
    memset(s, 0, sizeof(*s));
    s->types = types;
    s->column_count = column_count;
    TRY(row_layout_init(&s->rows, types, column_count, a));
    sort_key_layout_init(&s->part, key_types, orders, part_count);
    sort_key_layout_init(&s->keys, key_types + part_count, orders + part_count, key_count);
    s->stride = s->rows.width + (uint32_t)sizeof(sort_trailer);
    return DBX_OK;
}

dbx_status sort_buffer_init(sort_buffer *b, const sort_spec *spec, ledger *l) {
    memset(b, 0, sizeof(*b));
    b->spec = spec;
    b->ledger = l;
    arena_init(&b->heap, l);
    buffer_init(&b->part_bytes, l);
    buffer_init(&b->key_bytes, l);
    b->part_offsets = mem_alloc(l, sizeof(uint64_t) * (CHUNK_ROWS_MAX + 1));
    b->key_offsets = mem_alloc(l, sizeof(uint64_t) * (CHUNK_ROWS_MAX + 1));
    b->targets = mem_alloc(l, sizeof(uint8_t *) * CHUNK_ROWS_MAX);
    b->kept = mem_alloc(l, sizeof(sel_t) * CHUNK_ROWS_MAX);
    bool ok =
        b->part_offsets != NULL && b->key_offsets != NULL && b->targets != NULL && b->kept != NULL;
    return ok ? DBX_OK : DBX_NOMEM;
}

void sort_buffer_deinit(sort_buffer *b) {
    if (b->ledger == NULL) return;
    ledger *l = b->ledger;
    arena_deinit(&b->heap);
    buffer_deinit(&b->part_bytes);
    buffer_deinit(&b->key_bytes);
    mem_free(l, b->part_offsets, sizeof(uint64_t) * (CHUNK_ROWS_MAX + 1));
    mem_free(l, b->key_offsets, sizeof(uint64_t) * (CHUNK_ROWS_MAX + 1));
    mem_free(l, b->targets, sizeof(uint8_t *) * CHUNK_ROWS_MAX);
    mem_free(l, b->kept, sizeof(sel_t) * CHUNK_ROWS_MAX);
    mem_free(l, b->records, b->capacity * sizeof(sort_record));
    b->ledger = NULL;
}

/* ---- order ---- */

static int sort_key_tail_compare(const sort_trailer *x, const sort_trailer *y) {
    uint32_t common = MIN(x->key_size, y->key_size);
    int order = common > 8 ? memcmp(x->key + 8, y->key + 8, common - 8) : 0;
    if (order != 0) return order;
    return (x->key_size > y->key_size) - (x->key_size < y->key_size);
}

int sort_record_compare(const sort_spec *s, const sort_record *a, const sort_record *b) {
    if (a->prefix != b->prefix) return a->prefix < b->prefix ? -1 : 1;
    const sort_trailer *x = sort_trailer_of(s, a->row);
    const sort_trailer *y = sort_trailer_of(s, b->row);
    int order = sort_key_tail_compare(x, y);
    if (order != 0) return order;
    if (x->morsel != y->morsel) return x->morsel < y->morsel ? -1 : 1;
    return (x->arrival > y->arrival) - (x->arrival < y->arrival);
}

bool sort_same_key(const sort_spec *s, const sort_record *a, const sort_record *b) {
    if (a->prefix != b->prefix) return false;
    return sort_key_tail_compare(sort_trailer_of(s, a->row), sort_trailer_of(s, b->row)) == 0;
}

bool sort_same_part(const sort_spec *s, const sort_record *a, const sort_record *b) {
    const sort_trailer *x = sort_trailer_of(s, a->row);
    const sort_trailer *y = sort_trailer_of(s, b->row);
    if (x->part_size != y->part_size) return false;
    return x->part_size == 0 || memcmp(x->key, y->key, x->part_size) == 0;
}

/* ---- appending ---- */

static uint64_t sort_prefix_of(const uint8_t *key, uint32_t size) {
    uint64_t prefix = 0;
    memcpy(&prefix, key, MIN(size, 8u));
    return __builtin_bswap64(prefix);
}

static dbx_status sort_reserve(sort_buffer *b, uint32_t rows) {
    if (b->count + rows <= b->capacity) return DBX_OK;
    uint64_t capacity = MAX(b->capacity * 2, (uint64_t)SORT_ROWS_FIRST);
    capacity = MAX(capacity, b->count + rows);
    sort_record *grown =
        mem_realloc(b->ledger, b->records, b->capacity * sizeof(*grown), capacity * sizeof(*grown));
    if (grown == NULL) return DBX_NOMEM;
    b->records = grown;
    b->capacity = capacity;
    return DBX_OK;
}

static dbx_status sort_encode(sort_buffer *b, const vector *key_columns, uint32_t rows) {
    const sort_spec *s = b->spec;
    buffer_clear(&b->part_bytes);
    buffer_clear(&b->key_bytes);
    if (s->part.column_count > 0) {
        TRY(sort_key_encode(&s->part, key_columns, rows, &b->part_bytes, b->part_offsets));
    } else {
        memset(b->part_offsets, 0, sizeof(uint64_t) * (rows + 1));
    }
    if (s->keys.column_count > 0) {
        return sort_key_encode(&s->keys, key_columns + s->part.column_count, rows, &b->key_bytes,
                               b->key_offsets);
    }
    memset(b->key_offsets, 0, sizeof(uint64_t) * (rows + 1));
    return DBX_OK;
}

/* Does row r of the encoded chunk come before the bound? Later input loses ties. */
static bool sort_before_bound(const sort_buffer *b, uint32_t r) {
    const uint8_t *key = (const uint8_t *)b->key_bytes.data + b->key_offsets[r];
    uint32_t size = (uint32_t)(b->key_offsets[r + 1] - b->key_offsets[r]);
    uint64_t prefix = sort_prefix_of(key, size);
    if (prefix != b->bound.prefix) return prefix < b->bound.prefix;
    sort_trailer mine = {.key = key, .key_size = size};
    return sort_key_tail_compare(&mine, sort_trailer_of(b->spec, b->bound.row)) <= 0;
}

static uint32_t sort_keep(sort_buffer *b, uint32_t rows) {
    uint32_t kept = 0;
    for (uint32_t r = 0; r < rows; r++) {
        b->kept[kept] = r;
        kept += !b->has_bound || sort_before_bound(b, r);
    }
    return kept;
}

dbx_status sort_buffer_append(sort_buffer *b, const chunk *payload, const vector *key_columns,
                              uint64_t morsel) {
    const sort_spec *s = b->spec;
    TRY(sort_encode(b, key_columns, payload->rows));
    assert(!b->has_bound || s->part.column_count == 0);
    uint32_t kept = sort_keep(b, payload->rows);
    uint64_t arrival = b->arrival;
    b->arrival += payload->rows;
    if (kept == 0) return DBX_OK;
    TRY(sort_reserve(b, kept));
    uint8_t *rows = arena_alloc(&b->heap, (size_t)kept * s->stride);
    if (rows == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < kept; i++) b->targets[i] = rows + (size_t)i * s->stride;
    TRY(row_scatter(&s->rows, payload->columns, b->kept, kept, b->targets, &b->heap));
    for (uint32_t i = 0; i < kept; i++) {
        uint32_t r = b->kept[i];
        uint32_t part = (uint32_t)(b->part_offsets[r + 1] - b->part_offsets[r]);
        uint32_t tail = (uint32_t)(b->key_offsets[r + 1] - b->key_offsets[r]);
        uint8_t *key = (uint8_t *)arena_alloc_bytes(&b->heap, (size_t)part + tail + 1);
        if (key == NULL) return DBX_NOMEM;
        if (part > 0) memcpy(key, b->part_bytes.data + b->part_offsets[r], part);
        if (tail > 0) memcpy(key + part, b->key_bytes.data + b->key_offsets[r], tail);
        sort_trailer *trailer = (sort_trailer *)(void *)(b->targets[i] + s->rows.width);
        *trailer = (sort_trailer){.key = key,
                                  .key_size = part + tail,
                                  .part_size = part,
                                  .morsel = morsel,
                                  .arrival = arrival + r};
        b->records[b->count++] = (sort_record){sort_prefix_of(key, part + tail), b->targets[i]};
    }
    b->sorted = false;
    return DBX_OK;
}

/* ---- sorting ---- */

static void sort_insertion(const sort_spec *s, sort_record *r, uint64_t count) {
    for (uint64_t i = 1; i < count; i++) {
        sort_record moved = r[i];
        uint64_t at = i;
        while (at > 0 && sort_record_compare(s, &moved, &r[at - 1]) < 0) {
            r[at] = r[at - 1];
            at--;
        }
        r[at] = moved;
    }
}

static void sort_merge_pair(const sort_spec *s, const sort_record *left, const sort_record *middle,
                            const sort_record *end, sort_record *out) {
    const sort_record *right = middle;
    if (left < middle && right < end && sort_record_compare(s, middle - 1, middle) <= 0) {
        memcpy(out, left, (size_t)(end - left) * sizeof(*out));
        return;
    }
    while (left < middle && right < end) {
        *out++ = sort_record_compare(s, left, right) <= 0 ? *left++ : *right++;
    }
    memcpy(out, left, (size_t)(middle - left) * sizeof(*out));
    memcpy(out + (middle - left), right, (size_t)(end - right) * sizeof(*out));
}

dbx_status sort_buffer_sort(sort_buffer *b) {
    if (b->sorted || b->count < 2) {
        b->sorted = true;
        return DBX_OK;
    }
    sort_record *spare = mem_alloc(b->ledger, b->count * sizeof(*spare));
    if (spare == NULL) return DBX_NOMEM;
    for (uint64_t i = 0; i < b->count; i += SORT_INSERTION_RUN) {
        sort_insertion(b->spec, b->records + i, MIN((uint64_t)SORT_INSERTION_RUN, b->count - i));
    }
    sort_record *from = b->records;
    sort_record *to = spare;
    for (uint64_t width = SORT_INSERTION_RUN; width < b->count; width *= 2) {
        for (uint64_t i = 0; i < b->count; i += 2 * width) {
            uint64_t middle = MIN(i + width, b->count);
            uint64_t end = MIN(i + 2 * width, b->count);
            sort_merge_pair(b->spec, from + i, from + middle, from + end, to + i);
        }
        sort_record *swap = from;
        from = to;
        to = swap;
    }
    if (from != b->records) memcpy(b->records, from, b->count * sizeof(*from));
    mem_free(b->ledger, spare, b->count * sizeof(*spare));
    b->sorted = true;
    return DBX_OK;
}

/* Copies the rows that are kept into a fresh heap, a chunk at a time. */
static dbx_status sort_move_rows(sort_buffer *b, arena *fresh) {
    const sort_spec *s = b->spec;
    arena columns;
    arena_init(&columns, b->ledger);
    chunk rows;
    uint8_t *sources[CHUNK_ROWS_MAX];
    dbx_status status = chunk_init(&rows, s->types, s->column_count, &columns);
    for (uint64_t from = 0; status == DBX_OK && from < b->count; from += CHUNK_ROWS_MAX) {
        uint32_t n = (uint32_t)MIN((uint64_t)CHUNK_ROWS_MAX, b->count - from);
        uint8_t *memory = arena_alloc(fresh, (size_t)n * s->stride);
        if (memory == NULL) {
            status = DBX_NOMEM;
            break;
        }
        chunk_clear(&rows);
        for (uint32_t i = 0; i < n; i++) {
            sources[i] = b->records[from + i].row;
            b->targets[i] = memory + (size_t)i * s->stride;
        }
        for (uint32_t c = 0; status == DBX_OK && c < s->column_count; c++) {
            status = row_gather(&s->rows, sources, n, c, &rows.columns[c], 0, &columns);
        }
        if (status == DBX_OK)
            status = row_scatter(&s->rows, rows.columns, NULL, n, b->targets, fresh);
        for (uint32_t i = 0; status == DBX_OK && i < n; i++) {
            sort_trailer *trailer = (sort_trailer *)(void *)(b->targets[i] + s->rows.width);
            *trailer = *sort_trailer_of(s, sources[i]);
            uint8_t *key = (uint8_t *)arena_alloc_bytes(fresh, trailer->key_size + 1);
            if (key == NULL) {
                status = DBX_NOMEM;
                break;
            }
            memcpy(key, trailer->key, trailer->key_size);
            trailer->key = key;
            b->records[from + i].row = b->targets[i];
        }
    }
    arena_deinit(&columns);
    return status;
}

dbx_status sort_buffer_truncate(sort_buffer *b, uint64_t limit) {
    TRY(sort_buffer_sort(b));
    if (b->count <= limit) return DBX_OK;
    b->count = limit;
    arena fresh;
    arena_init(&fresh, b->ledger);
    dbx_status status = sort_move_rows(b, &fresh);
    if (status != DBX_OK) {
        b->count = 0; /* some records point into the arena that goes away */
        arena_deinit(&fresh);
        return status;
    }
    arena_deinit(&b->heap);
    b->heap = fresh;
    b->has_bound = limit > 0;
    if (limit > 0) b->bound = b->records[limit - 1];
    return DBX_OK;
}

/* ---- merging ---- */

dbx_status sort_runs_add(sort_runs *runs, uint32_t *capacity, sort_buffer *b, ledger *l) {
    if (runs->count == *capacity) {
        uint32_t grown = MAX(8u, 2 * *capacity);
        sort_buffer **items =
            mem_realloc(l, runs->items, *capacity * sizeof(*items), grown * sizeof(*items));
        if (items == NULL) return DBX_NOMEM;
        runs->items = items;
        *capacity = grown;
    }
    runs->items[runs->count++] = b;
    runs->rows += b->count;
    return DBX_OK;
}

/* First record of the run that does not come before the pivot. */
static uint64_t sort_lower_bound(const sort_spec *s, const sort_buffer *run,
                                 const sort_record *pivot) {
    uint64_t low = 0, high = run->count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (sort_record_compare(s, &run->records[middle], pivot) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

dbx_status sort_runs_slice(const sort_spec *s, const sort_runs *runs, arena *a,
                           uint32_t *slice_count, uint64_t **bounds) {
    uint32_t slices = (uint32_t)((runs->rows + SORT_SLICE_ROWS - 1) / SORT_SLICE_ROWS);
    *slice_count = slices;
    *bounds = ARENA_ARRAY(a, uint64_t, (size_t)(slices + 1) * MAX(runs->count, 1u));
    if (*bounds == NULL) return DBX_NOMEM;
    if (slices == 0) return DBX_OK;
    uint32_t longest = 0;
    for (uint32_t r = 1; r < runs->count; r++) {
        if (runs->items[r]->count > runs->items[longest]->count) longest = r;
    }
    const sort_buffer *sample = runs->items[longest];
    for (uint32_t i = 1; i < slices; i++) {
        const sort_record *pivot = &sample->records[sample->count * i / slices];
        for (uint32_t r = 0; r < runs->count; r++) {
            (*bounds)[(size_t)i * runs->count + r] = sort_lower_bound(s, runs->items[r], pivot);
        }
    }
    for (uint32_t r = 0; r < runs->count; r++)
        (*bounds)[(size_t)slices * runs->count + r] = runs->items[r]->count;
    return DBX_OK;
}

dbx_status sort_merge_init(sort_merge *m, const sort_spec *s, const sort_runs *runs, arena *a) {
    m->spec = s;
    m->runs = runs;
    m->at = ARENA_ARRAY(a, uint64_t, MAX(runs->count, 1u));
    m->end = ARENA_ARRAY(a, uint64_t, MAX(runs->count, 1u));
    return m->at != NULL && m->end != NULL ? DBX_OK : DBX_NOMEM;
}

void sort_merge_start(sort_merge *m, const uint64_t *from, const uint64_t *to) {
    for (uint32_t r = 0; r < m->runs->count; r++) {
        m->at[r] = from[r];
        m->end[r] = to[r];
    }
}

uint32_t sort_merge_next(sort_merge *m, uint8_t **rows, sort_record *records, uint32_t most) {
    uint32_t n = 0;
    while (n < most) {
        const sort_record *best = NULL;
        uint32_t from = 0;
        for (uint32_t r = 0; r < m->runs->count; r++) {
            if (m->at[r] == m->end[r]) continue;
            const sort_record *candidate = &m->runs->items[r]->records[m->at[r]];
            if (best == NULL || sort_record_compare(m->spec, candidate, best) < 0) {
                best = candidate;
                from = r;
            }
        }
        if (best == NULL) break;
        m->at[from]++;
        rows[n] = best->row;
        if (records != NULL) records[n] = *best;
        n++;
    }
    return n;
}
