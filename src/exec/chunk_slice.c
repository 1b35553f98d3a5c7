/* chunk_slice.c - see chunk_slice.h. */
#include "exec/chunk_slice.h"

enum { COMPACTOR_SMALL_SHARE = 16 }; /* small: less than 1/16 of a chunk, 128 of 2048 rows */

dbx_status chunk_slice(chunk *out, const chunk *in, const sel_t *sel, uint32_t count, arena *a) {
    vector *columns = arena_alloc(a, MAX(1u, in->column_count) * sizeof(*columns));
    if (columns == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < in->column_count; i++) {
        TRY(vector_slice(&columns[i], &in->columns[i], sel, count, a));
    }
    *out = (chunk){columns, in->column_count, count};
    return DBX_OK;
}

dbx_status chunk_slice_range(chunk *out, const chunk *in, uint32_t from, uint32_t count, arena *a) {
    sel_t *sel = arena_alloc(a, MAX(1u, count) * sizeof(*sel));
    if (sel == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < count; i++) sel[i] = from + i;
    return chunk_slice(out, in, sel, count, a);
}

void compactor_init(compactor *c, const type *types, uint32_t count, uint32_t vector_size,
                    ledger *l) {
    memset(c, 0, sizeof(*c));
    arena_init(&c->arena, l);
    c->types = types;
    c->column_count = count;
    c->capacity = vector_size;
    c->small = vector_size / COMPACTOR_SMALL_SHARE;
}

void compactor_deinit(compactor *c) {
    arena_deinit(&c->arena);
}

bool compactor_wants(const compactor *c, uint32_t rows) {
    if (rows < c->small) return true;
    return compactor_has_rows(c) && rows < 2 * c->small && c->rows.rows + rows <= c->capacity;
}

bool compactor_is_full_for(const compactor *c, uint32_t rows) {
    return compactor_has_rows(c) && c->rows.rows + rows > c->capacity;
}

static dbx_status compactor_prepare(compactor *c) {
    if (c->rows.columns != NULL && !c->emptied) return DBX_OK;
    arena_reset(&c->arena);
    c->rows.columns = ARENA_ARRAY(&c->arena, vector, MAX(1u, c->column_count));
    if (c->rows.columns == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < c->column_count; i++) {
        TRY(vector_init(&c->rows.columns[i], c->types[i], c->capacity, &c->arena));
    }
    c->rows.column_count = c->column_count;
    c->rows.rows = 0;
    c->emptied = false;
    return DBX_OK;
}

dbx_status compactor_append(compactor *c, const chunk *in, const sel_t *sel, uint32_t count) {
    TRY(compactor_prepare(c));
    assert(c->rows.rows + count <= c->capacity);
    for (uint32_t i = 0; i < c->column_count; i++) {
        TRY(vector_copy(&c->rows.columns[i], c->rows.rows, &in->columns[i], sel, 0, count,
                        &c->arena));
    }
    c->rows.rows += count;
    return DBX_OK;
}

const chunk *compactor_give(compactor *c) {
    assert(compactor_has_rows(c));
    c->emptied = true;
    return &c->rows;
}
