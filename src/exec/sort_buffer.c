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
    type *spilled = ARENA_ARRAY(a, type, (size_t)column_count + SORT_SPILLED_EXTRA);
    if (spilled == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < column_count; i++) spilled[i] = types[i];
    spilled[column_count + SORT_SPILLED_KEY] = type_simple(TYPE_BINARY);
    spilled[column_count + SORT_SPILLED_PART] = type_simple(TYPE_INT);
    spilled[column_count + SORT_SPILLED_MORSEL] = type_simple(TYPE_BIGINT);
    spilled[column_count + SORT_SPILLED_ARRIVAL] = type_simple(TYPE_BIGINT);
    s->spilled_types = spilled;
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
    b->row_keys = mem_alloc(l, sizeof(*b->row_keys) * CHUNK_ROWS_MAX);
    b->kept = mem_alloc(l, sizeof(sel_t) * CHUNK_ROWS_MAX);
    bool ok =
        b->part_offsets != NULL && b->key_offsets != NULL && b->row_keys != NULL && b->kept != NULL;
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
    mem_free(l, b->row_keys, sizeof(*b->row_keys) * CHUNK_ROWS_MAX);
    mem_free(l, b->kept, sizeof(sel_t) * CHUNK_ROWS_MAX);
    mem_free(l, b->records, b->capacity * sizeof(sort_record));
    b->ledger = NULL;
}

void sort_buffer_empty(sort_buffer *b) {
    arena_deinit(&b->heap);
    arena_init(&b->heap, b->ledger);
    mem_free(b->ledger, b->records, b->capacity * sizeof(sort_record));
    b->records = NULL;
    b->count = b->capacity = 0;
    b->sorted = true;
    b->has_bound = false;
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

dbx_status sort_rows_make(const sort_spec *s, const vector *payload, const sel_t *sel,
                          uint32_t rows, const sort_row_key *keys, sort_record *records,
                          arena *heap) {
    uint8_t *targets[CHUNK_ROWS_MAX];
    assert(rows <= CHUNK_ROWS_MAX);
    uint8_t *memory = arena_alloc(heap, (size_t)rows * s->stride);
    if (memory == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < rows; i++) targets[i] = memory + (size_t)i * s->stride;
    TRY(row_scatter(&s->rows, payload, sel, rows, targets, heap));
    for (uint32_t i = 0; i < rows; i++) {
        const sort_row_key *k = &keys[i];
        uint32_t size = k->part_size + k->tail_size;
        uint8_t *key = (uint8_t *)arena_alloc_bytes(heap, (size_t)size + 1);
        if (key == NULL) return DBX_NOMEM;
        if (k->part_size > 0) memcpy(key, k->part, k->part_size);
        if (k->tail_size > 0) memcpy(key + k->part_size, k->tail, k->tail_size);
        sort_trailer *trailer = (sort_trailer *)(void *)(targets[i] + s->rows.width);
        *trailer = (sort_trailer){.key = key,
                                  .key_size = size,
                                  .part_size = k->part_size,
                                  .morsel = k->morsel,
                                  .arrival = k->arrival};
        records[i] = (sort_record){sort_prefix_of(key, size), targets[i]};
    }
    return DBX_OK;
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
    for (uint32_t i = 0; i < kept; i++) {
        uint32_t r = b->kept[i];
        b->row_keys[i] =
            (sort_row_key){.part = (const uint8_t *)b->part_bytes.data + b->part_offsets[r],
                           .tail = (const uint8_t *)b->key_bytes.data + b->key_offsets[r],
                           .part_size = (uint32_t)(b->part_offsets[r + 1] - b->part_offsets[r]),
                           .tail_size = (uint32_t)(b->key_offsets[r + 1] - b->key_offsets[r]),
                           .morsel = morsel,
                           .arrival = arrival + r};
    }
    TRY(sort_rows_make(s, payload->columns, b->kept, kept, b->row_keys, b->records + b->count,
                       &b->heap));
    b->count += kept;
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

/* Up to CHUNK_ROWS_MAX rows by way of columns, which keeps long values whole. */
static dbx_status sort_rows_move_some(const sort_spec *s, sort_record *records, uint32_t rows,
                                      arena *values, arena *to) {
    uint8_t *sources[CHUNK_ROWS_MAX];
    chunk columns;
    sort_row_key *keys = arena_alloc(values, rows * sizeof(*keys));
    if (keys == NULL) return DBX_NOMEM;
    TRY(chunk_init_sized(&columns, s->types, s->column_count, rows, values));
    for (uint32_t i = 0; i < rows; i++) {
        const sort_trailer *t = sort_trailer_of(s, records[i].row);
        sources[i] = records[i].row;
        keys[i] = (sort_row_key){.part = t->key,
                                 .tail = t->key + t->part_size,
                                 .part_size = t->part_size,
                                 .tail_size = t->key_size - t->part_size,
                                 .morsel = t->morsel,
                                 .arrival = t->arrival};
    }
    for (uint32_t c = 0; c < s->column_count; c++)
        TRY(row_gather(&s->rows, sources, rows, c, &columns.columns[c], 0, values));
    return sort_rows_make(s, columns.columns, NULL, rows, keys, records, to);
}

dbx_status sort_rows_move(const sort_spec *s, sort_record *records, uint64_t count, arena *to) {
    arena values;
    arena_init(&values, to->ledger);
    dbx_status status = DBX_OK;
    for (uint64_t from = 0; status == DBX_OK && from < count; from += CHUNK_ROWS_MAX) {
        uint32_t n = (uint32_t)MIN((uint64_t)CHUNK_ROWS_MAX, count - from);
        status = sort_rows_move_some(s, records + from, n, &values, to);
        arena_reset(&values);
    }
    arena_deinit(&values);
    return status;
}

dbx_status sort_buffer_truncate(sort_buffer *b, uint64_t limit) {
    TRY(sort_buffer_sort(b));
    if (b->count <= limit) return DBX_OK;
    b->count = limit;
    arena fresh;
    arena_init(&fresh, b->ledger);
    dbx_status status = sort_rows_move(b->spec, b->records, b->count, &fresh);
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
