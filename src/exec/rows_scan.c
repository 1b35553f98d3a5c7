/* rows_scan.c - see rows_scan.h. */
#include "exec/rows_scan.h"

#include "exec/chunk_slice.h"

enum { ROWS_SCAN_MORSEL_CHUNKS = 16 };

void rows_scan_init(rows_scan *s, const collection *rows, const uint32_t *columns,
                    uint32_t column_count) {
    s->rows = rows;
    s->columns = columns;
    s->column_count = columns != NULL ? column_count : rows->column_count;
    rows_scan_restrict_chunks(s, 0, rows->chunks.count);
}

void rows_scan_restrict_chunks(rows_scan *s, uint32_t first, uint32_t count) {
    assert(first + count <= s->rows->chunks.count);
    s->first_chunk = first;
    s->end_chunk = first + count;
    s->first_offset = 0;
    s->last_rows = count > 0 ? s->rows->chunks.items[first + count - 1]->rows : 0;
    atomic_store(&s->next, 0);
}

void rows_scan_restrict(rows_scan *s, uint64_t offset, uint64_t limit) {
    const collection *c = s->rows;
    uint32_t at = 0;
    while (at < c->chunks.count && offset >= c->chunks.items[at]->rows)
        offset -= c->chunks.items[at++]->rows;
    s->first_chunk = at;
    s->first_offset = (uint32_t)offset;
    uint64_t left = limit;
    uint64_t skip = offset;
    s->last_rows = 0;
    while (at < c->chunks.count && left > 0) {
        uint64_t have = c->chunks.items[at]->rows - skip;
        uint64_t take = MIN(have, left);
        s->last_rows = (uint32_t)(skip + take);
        left -= take;
        skip = 0;
        at++;
    }
    s->end_chunk = at;
    if (s->end_chunk == s->first_chunk) s->first_offset = 0;
    atomic_store(&s->next, 0);
}

uint64_t rows_scan_count(const rows_scan *s) {
    uint64_t count = 0;
    for (uint32_t i = s->first_chunk; i < s->end_chunk; i++) {
        count += i + 1 == s->end_chunk ? s->last_rows : s->rows->chunks.items[i]->rows;
    }
    return count - s->first_offset;
}

bool rows_scan_next_morsel(rows_scan *s, rows_scan_local *l, uint64_t *morsel_index) {
    uint32_t morsel = atomic_fetch_add(&s->next, 1);
    uint64_t first = s->first_chunk + (uint64_t)morsel * ROWS_SCAN_MORSEL_CHUNKS;
    if (first >= s->end_chunk) return false;
    *morsel_index = morsel;
    l->at = (uint32_t)first;
    l->end = (uint32_t)MIN(first + ROWS_SCAN_MORSEL_CHUNKS, (uint64_t)s->end_chunk);
    l->offset = morsel == 0 ? s->first_offset : 0;
    return true;
}

dbx_status rows_scan_read(rows_scan *s, rows_scan_local *l, exec_worker *w, const chunk **out) {
    *out = NULL;
    uint32_t vector_size = exec_vector_size(worker_exec(w));
    arena *a = worker_chunk_arena(w);
    const chunk *from = NULL;
    uint32_t end = 0;
    for (;; l->at++, l->offset = 0) {
        if (l->at == l->end) return DBX_OK;
        from = s->rows->chunks.items[l->at];
        end = l->at + 1 == s->end_chunk ? s->last_rows : from->rows;
        if (l->offset < end) break;
    }
    uint32_t count = MIN(end - l->offset, vector_size);
    vector *columns = arena_alloc(a, MAX(1u, s->column_count) * sizeof(*columns));
    if (columns == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < s->column_count; i++) {
        columns[i] = from->columns[s->columns != NULL ? s->columns[i] : i];
    }
    l->out = (chunk){columns, s->column_count, from->rows};
    *out = &l->out;
    if (l->offset == 0 && count == from->rows) {
        l->offset = count;
        return DBX_OK;
    }
    chunk all = l->out;
    TRY(chunk_slice_range(&l->out, &all, l->offset, count, a));
    l->offset += count;
    return DBX_OK;
}
