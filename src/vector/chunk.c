/* chunk.c - chunks and collections of them. See vector.h. */
#include "vector/vector.h"

dbx_status chunk_init_sized(chunk *c, const type *types, uint32_t count, uint32_t capacity,
                            arena *a) {
    *c = (chunk){.column_count = count};
    c->columns = ARENA_ARRAY(a, vector, MAX(count, 1));
    if (c->columns == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < count; i++) TRY(vector_init(&c->columns[i], types[i], capacity, a));
    return DBX_OK;
}

dbx_status chunk_init(chunk *c, const type *types, uint32_t count, arena *a) {
    return chunk_init_sized(c, types, count, CHUNK_ROWS_MAX, a);
}

void chunk_clear(chunk *c) {
    for (uint32_t i = 0; i < c->column_count; i++) vector_clear(&c->columns[i]);
    c->rows = 0;
}

dbx_status chunk_copy(chunk *to, const chunk *from, arena *a) {
    *to = (chunk){.column_count = from->column_count, .rows = from->rows};
    to->columns = ARENA_ARRAY(a, vector, MAX(from->column_count, 1));
    if (to->columns == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < from->column_count; i++) {
        TRY(vector_init(&to->columns[i], from->columns[i].type, from->rows, a));
        TRY(vector_copy(&to->columns[i], 0, &from->columns[i], NULL, 0, from->rows, a));
    }
    return DBX_OK;
}

/* ---- collection ------------------------------------------------------------------------------ */

enum { COLLECTION_ROWS_MIN = 16, COLLECTION_GROWTH = 4 };

dbx_status collection_init(collection *c, const type *types, uint32_t count, ledger *l) {
    memset(c, 0, sizeof(*c));
    arena_init(&c->arena, l);
    c->column_count = count;
    type *copy = ARENA_ARRAY(&c->arena, type, MAX(count, 1));
    if (copy == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < count; i++) TRY(type_copy(&c->arena, types[i], &copy[i]));
    c->types = copy;
    return DBX_OK;
}

void collection_deinit(collection *c) {
    arena_deinit(&c->arena);
    c->chunks.items = NULL;
    c->chunks.count = c->chunks.capacity = 0;
    c->rows = 0;
}

static dbx_status collection_new_chunk(collection *c, uint32_t rows) {
    chunk *fresh = ARENA_NEW(&c->arena, chunk);
    if (fresh == NULL) return DBX_NOMEM;
    uint32_t capacity = MAX(rows, (uint32_t)COLLECTION_ROWS_MIN);
    TRY(chunk_init_sized(fresh, c->types, c->column_count, capacity, &c->arena));
    return ARENA_LIST_PUSH(&c->arena, &c->chunks, fresh);
}

static dbx_status collection_make_room(collection *c, chunk *last, uint32_t rows) {
    for (uint32_t i = 0; i < c->column_count; i++) {
        vector *column = &last->columns[i];
        if (column->capacity >= rows) continue;
        uint32_t grown = MIN(column->capacity * COLLECTION_GROWTH, (uint32_t)CHUNK_ROWS_MAX);
        TRY(vector_reserve(column, last->rows, MAX(rows, grown), &c->arena));
    }
    return DBX_OK;
}

dbx_status collection_append(collection *c, const chunk *rows) {
    assert(rows->column_count == c->column_count);
    for (uint32_t done = 0; done < rows->rows;) {
        chunk *last = c->chunks.count > 0 ? c->chunks.items[c->chunks.count - 1] : NULL;
        if (last == NULL || last->rows == CHUNK_ROWS_MAX) {
            TRY(collection_new_chunk(c, rows->rows - done));
            last = c->chunks.items[c->chunks.count - 1];
        }
        uint32_t n = MIN(rows->rows - done, CHUNK_ROWS_MAX - last->rows);
        TRY(collection_make_room(c, last, last->rows + n));
        for (uint32_t i = 0; i < c->column_count; i++) {
            TRY(vector_copy(&last->columns[i], last->rows, &rows->columns[i], NULL, done, n,
                            &c->arena));
        }
        last->rows += n;
        c->rows += n;
        done += n;
    }
    return DBX_OK;
}

dbx_status collection_concat(collection *to, collection *from) {
    assert(to->column_count == from->column_count);
    uint64_t total = (uint64_t)to->chunks.count + from->chunks.count;
    if (total > UINT32_MAX) return DBX_NOMEM;
    if (from->chunks.count == 0) return DBX_OK;
    chunk **merged = ARENA_ARRAY(&to->arena, chunk *, total);
    type *types = ARENA_ARRAY(&to->arena, type, MAX(to->column_count, 1));
    if (merged == NULL || types == NULL) return DBX_NOMEM;
    TRY(arena_adopt(&to->arena, &from->arena));
    if (to->chunks.count > 0) memcpy(merged, to->chunks.items, to->chunks.count * sizeof(*merged));
    memcpy(merged + to->chunks.count, from->chunks.items, from->chunks.count * sizeof(*merged));
    to->chunks.items = merged;
    to->chunks.count = to->chunks.capacity = (uint32_t)total;
    to->rows += from->rows;
    ledger *l = from->arena.ledger;
    collection_deinit(from);
    return collection_init(from, to->types, to->column_count, l);
}
