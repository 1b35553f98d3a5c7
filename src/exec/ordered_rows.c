/* ordered_rows.c - see ordered_rows.h.
 *
 * Rows of one morsel are staged into full chunks; a chunk never holds rows of two morsels, so that
 * sorting moves pointers only. Where morsels turn out tiny, finish packs the chunks once.
 */
#include "exec/ordered_rows.h"

#include <stdlib.h>

enum {
    ORDERED_ROOM_FIRST = 64, /* rows of a worker's first chunk at least: small results stay small */
    ORDERED_SHRINK_BELOW =
        4, /* a last chunk filled by less than 1/4 is copied into one that fits */
};

dbx_status ordered_rows_init(ordered_rows *o, const type *types, uint32_t count, ledger *l) {
    memset(o, 0, sizeof(*o));
    TRY(collection_init(&o->rows, types, count, l));
    os_mutex_init(&o->mutex);
    o->ledger = l;
    return DBX_OK;
}

void ordered_rows_deinit(ordered_rows *o) {
    if (o->ledger == NULL) return;
    collection_deinit(&o->rows);
    os_mutex_deinit(&o->mutex);
    o->ledger = NULL;
}

/* Replaces the rows by `fresh`, which has the same types. */
static void ordered_rows_replace(ordered_rows *o, collection *fresh) {
    collection_deinit(&o->rows);
    o->rows = *fresh;
    memset(&o->keys, 0, sizeof(o->keys));
}

dbx_status ordered_rows_clear(ordered_rows *o) {
    collection fresh;
    TRY(collection_init(&fresh, o->rows.types, o->rows.column_count, o->ledger));
    ordered_rows_replace(o, &fresh);
    return DBX_OK;
}

static int ordered_chunk_compare(const void *a, const void *b) {
    const ordered_chunk *x = a;
    const ordered_chunk *y = b;
    if (x->pipeline != y->pipeline) return x->pipeline < y->pipeline ? -1 : 1;
    if (x->morsel != y->morsel) return x->morsel < y->morsel ? -1 : 1;
    return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

static dbx_status ordered_rows_pack(ordered_rows *o) {
    collection fresh;
    TRY(collection_init(&fresh, o->rows.types, o->rows.column_count, o->ledger));
    for (uint32_t i = 0; i < o->rows.chunks.count; i++) {
        dbx_status status = collection_append(&fresh, o->rows.chunks.items[i]);
        if (status == DBX_OK) continue;
        collection_deinit(&fresh);
        return status;
    }
    ordered_rows_replace(o, &fresh);
    return DBX_OK;
}

dbx_status ordered_rows_finish(ordered_rows *o) {
    uint32_t count = o->keys.count;
    assert(count == o->rows.chunks.count);
    if (count > 1) qsort(o->keys.items, count, sizeof(*o->keys.items), ordered_chunk_compare);
    for (uint32_t i = 0; i < count; i++) o->rows.chunks.items[i] = o->keys.items[i].chunk;
    if (count > 4 * (o->rows.rows / CHUNK_ROWS_MAX) + 8) return ordered_rows_pack(o);
    return DBX_OK;
}

/* ---- one worker ---- */

dbx_status ordered_local_init(ordered_local *l, ordered_rows *o) {
    memset(l, 0, sizeof(*l));
    TRY(collection_init(&l->rows, o->rows.types, o->rows.column_count, o->ledger));
    l->owner = o;
    return DBX_OK;
}

void ordered_local_deinit(ordered_local *l) {
    if (l->owner == NULL) return;
    collection_deinit(&l->rows);
    l->owner = NULL;
}

static dbx_status ordered_chunk_init(ordered_local *l, chunk *c, uint32_t room) {
    arena *a = &l->rows.arena;
    memset(c, 0, sizeof(*c));
    c->columns = ARENA_ARRAY(a, vector, l->rows.column_count);
    if (c->columns == NULL) return DBX_NOMEM;
    c->column_count = l->rows.column_count;
    for (uint32_t i = 0; i < c->column_count; i++)
        TRY(vector_init(&c->columns[i], l->rows.types[i], room, a));
    return DBX_OK;
}

/* Lists the staged rows as a chunk of their own. */
static dbx_status ordered_local_seal(ordered_local *l) {
    uint32_t rows = l->staging.rows;
    if (rows == 0) return DBX_OK;
    chunk *c = ARENA_NEW(&l->rows.arena, chunk);
    if (c == NULL) return DBX_NOMEM;
    if (rows < l->room / ORDERED_SHRINK_BELOW) {
        TRY(ordered_chunk_init(l, c, rows));
        for (uint32_t i = 0; i < c->column_count; i++) {
            TRY(vector_copy(&c->columns[i], 0, &l->staging.columns[i], NULL, 0, rows,
                            &l->rows.arena));
        }
        c->rows = rows;
        chunk_clear(&l->staging);
    } else {
        *c = l->staging;
        l->room = 0;
    }
    ordered_chunk key = {l->pipeline, l->keys.count, l->morsel, c};
    TRY(ARENA_LIST_PUSH(&l->rows.arena, &l->rows.chunks, c));
    TRY(ARENA_LIST_PUSH(&l->rows.arena, &l->keys, key));
    l->rows.rows += rows;
    l->staging.rows = 0;
    return DBX_OK;
}

dbx_status ordered_local_append(ordered_local *l, const exec_worker *w, const chunk *in) {
    uint32_t pipeline = worker_pipeline(w);
    uint64_t morsel = worker_morsel_index(w);
    assert(in->column_count == l->rows.column_count);
    if (pipeline != l->pipeline || morsel != l->morsel) {
        TRY(ordered_local_seal(l));
        l->pipeline = pipeline;
        l->morsel = morsel;
    }
    for (uint32_t from = 0; from < in->rows;) {
        if (l->room == 0) {
            uint32_t room =
                l->rows.rows == 0 ? MAX(in->rows, (uint32_t)ORDERED_ROOM_FIRST) : CHUNK_ROWS_MAX;
            TRY(ordered_chunk_init(l, &l->staging, room));
            l->room = room;
        }
        uint32_t at = l->staging.rows;
        uint32_t count = MIN(in->rows - from, l->room - at);
        for (uint32_t i = 0; i < in->column_count; i++) {
            TRY(vector_copy(&l->staging.columns[i], at, &in->columns[i], NULL, from, count,
                            &l->rows.arena));
        }
        from += count;
        l->staging.rows = at + count;
        if (l->staging.rows == l->room) TRY(ordered_local_seal(l));
    }
    return DBX_OK;
}

dbx_status ordered_local_combine(ordered_local *l) {
    ordered_rows *o = l->owner;
    TRY(ordered_local_seal(l));
    ordered_chunk *keys = l->keys.items;
    uint32_t count = l->keys.count;
    os_mutex_lock(&o->mutex);
    dbx_status status = collection_concat(&o->rows, &l->rows);
    for (uint32_t i = 0; status == DBX_OK && i < count; i++) {
        status = ARENA_LIST_PUSH(&o->rows.arena, &o->keys, keys[i]);
    }
    os_mutex_unlock(&o->mutex);
    memset(&l->keys, 0, sizeof(l->keys));
    l->room = 0;
    l->staging.rows = 0;
    return status;
}
