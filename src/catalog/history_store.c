/* history_store.c - histories in the file: one blob for each table that has one. Layout: the
 * folder's README. */
#include "catalog/catalog_int.h"

#include "storage/bytes.h"

enum { HISTORY_FORMAT = 1 };
enum { HISTORY_HAS_CHANGE = 1, HISTORY_HAS_DEFINITION = 2 }; /* of a past version */
enum { HISTORY_COUNT_MAX = 1 << 20 };

/* Versions of rows in the order of the file: of each past version its state's and its change, last
 * the change that made the table. `out` NULL: only counts. */
static uint32_t history_collect(const catalog_history *h, table_version **out) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < h->count; i++) {
        const catalog_version *v = h->past[i];
        if (out != NULL) out[n] = v->state->version;
        n++;
        if (v->change == NULL) continue;
        if (out != NULL) out[n] = v->change;
        n++;
    }
    if (h->change == NULL) return n;
    if (out != NULL) out[n] = h->change;
    return n + 1;
}

dbx_status history_rows(const catalog_table *table, arena *a, table_rows *out) {
    *out = (table_rows){.version = table->version};
    if (table->history == NULL) return DBX_OK;
    out->past_count = history_collect(table->history, NULL);
    out->past = ARENA_ARRAY(a, table_version *, MAX(out->past_count, 1u));
    if (out->past == NULL) return DBX_NOMEM;
    (void)history_collect(table->history, out->past);
    return DBX_OK;
}

/* ---- writing ---- */

static dbx_status history_put_event(buffer *b, const catalog_event *e) {
    TRY(put_varint(b, e->number));
    TRY(put_signed(b, e->committed_us));
    TRY(put_text(b, sv_from(e->operation)));
    TRY(put_varint(b, e->rows_added));
    return put_varint(b, e->rows_removed);
}

static dbx_status history_put(buffer *b, const catalog_table *table) {
    const catalog_history *h = table->history;
    TRY(put_u8(b, HISTORY_FORMAT));
    TRY(history_put_event(b, &h->now));
    TRY(put_u8(b, h->change != NULL ? HISTORY_HAS_CHANGE : 0));
    TRY(put_varint(b, h->count));
    for (uint32_t i = 0; i < h->count; i++) {
        const catalog_version *v = h->past[i];
        bool own = v->state->base.memory != table->base.memory;
        TRY(history_put_event(b, &v->event));
        TRY(put_varint(b, v->dead_bytes));
        TRY(put_u8(b, (uint8_t)((v->change != NULL ? HISTORY_HAS_CHANGE : 0) |
                                (own ? HISTORY_HAS_DEFINITION : 0))));
        if (own) TRY(persist_put_definition(b, v->state));
    }
    return DBX_OK;
}

dbx_status history_write(catalog *c, const catalog_table *table, error *err) {
    catalog_history *h = table->history;
    if (h->blob == NULL) {
        buffer b;
        arena a;
        table_rows rows;
        buffer_init(&b, c->ledger);
        arena_init(&a, c->ledger);
        catalog_blob *blob = catalog_blob_new(c->storage);
        bool good = blob != NULL && history_put(&b, table) == DBX_OK &&
                    history_rows(table, &a, &rows) == DBX_OK;
        dbx_status status =
            good ? table_past_put(&b, rows.past, rows.past_count, err) : error_nomem(err);
        if (status == DBX_OK)
            status = storage_blob_write(c->storage, b.data, b.size, &blob->blob, err);
        arena_deinit(&a);
        buffer_deinit(&b);
        if (status != DBX_OK) {
            catalog_blob_unref(blob);
            return status;
        }
        h->blob = blob;
    }
    storage_commit_enter(c->storage, &h->blob->blob.extent);
    return DBX_OK;
}

/* ---- reading ---- */

static void history_get_event(byte_reader *r, catalog_event *e) {
    memset(e, 0, sizeof(*e));
    e->number = get_varint(r);
    e->committed_us = get_signed(r);
    string_view text = get_text(r);
    if (text.size > 0) memcpy(e->operation, text.data, MIN(text.size, sizeof(e->operation) - 1));
    e->rows_added = get_varint(r);
    e->rows_removed = get_varint(r);
}

/* One past version without its rows; flags say which follow. */
static dbx_status history_get_version(catalog *c, byte_reader *r, const catalog_table *table,
                                      catalog_version **out, uint8_t *flags, error *err) {
    catalog_event event;
    history_get_event(r, &event);
    catalog_version *v = history_version_new(c->ledger, &event);
    *out = v;
    if (v == NULL) return error_nomem(err);
    v->dead_bytes = get_varint(r);
    *flags = get_u8(r);
    if (*flags & HISTORY_HAS_DEFINITION) return load_definition(c, r, table, &v->state, err);
    v->state = (catalog_table *)catalog_object_copy(c->ledger, &table->base);
    if (v->state == NULL) return error_nomem(err);
    table_version_unref(v->state->version);
    v->state->version = NULL;
    return DBX_OK;
}

static dbx_status history_get_rows(byte_reader *r, const catalog_table *table, catalog_history *h,
                                   const uint8_t *flags, bool has_change, arena *a, error *err) {
    uint32_t count = has_change ? 1 : 0, n = 0;
    for (uint32_t i = 0; i < h->count; i++) count += 1 + (flags[i] & HISTORY_HAS_CHANGE ? 1u : 0u);
    table_version **rows = ARENA_ARRAY(a, table_version *, MAX(count, 1u));
    if (rows == NULL) return error_nomem(err);
    TRY(table_past_get(r, table->version, rows, count, err));
    for (uint32_t i = 0; i < h->count; i++) {
        h->past[i]->state->version = rows[n++];
        if (flags[i] & HISTORY_HAS_CHANGE) h->past[i]->change = rows[n++];
    }
    if (has_change) h->change = rows[n];
    return DBX_OK;
}

static dbx_status history_parse(catalog *c, byte_reader *r, const catalog_table *table,
                                catalog_blob *blob, catalog_history **out, error *err) {
    catalog_event now;
    uint8_t format = get_u8(r);
    history_get_event(r, &now);
    bool has_change = get_u8(r) & HISTORY_HAS_CHANGE;
    uint32_t count = get_count(r);
    if (r->failed || format != HISTORY_FORMAT || count > HISTORY_COUNT_MAX)
        return storage_corrupt(c->storage, err, "the history of a table does not decode");
    catalog_history *h = history_new(c->ledger, count);
    if (h == NULL) return error_nomem(err);
    h->count = 0;
    h->now = now;
    arena a;
    arena_init(&a, c->ledger);
    uint8_t *flags = arena_alloc(&a, (size_t)count + 1);
    dbx_status status = flags == NULL ? error_nomem(err) : DBX_OK;
    for (uint32_t i = 0; i < count && status == DBX_OK; i++) {
        status = history_get_version(c, r, table, &h->past[i], &flags[i], err);
        if (h->past[i] != NULL) h->count = i + 1;
        if (status == DBX_OK && r->failed)
            status = storage_corrupt(c->storage, err, "the history of a table does not decode");
    }
    if (status == DBX_OK) status = history_get_rows(r, table, h, flags, has_change, &a, err);
    arena_deinit(&a);
    if (status != DBX_OK) {
        history_unref(h);
        return status;
    }
    h->blob = blob;
    *out = h;
    return DBX_OK;
}

dbx_status history_read(catalog *c, catalog_table *table, storage_pointer pointer, error *err) {
    catalog_blob *blob = catalog_blob_new(c->storage);
    if (blob == NULL) return error_nomem(err);
    buffer bytes;
    buffer_init(&bytes, c->ledger);
    dbx_status status = storage_blob_read(c->storage, pointer, &blob->blob, &bytes, err);
    if (status == DBX_OK) {
        byte_reader r = byte_reader_from(bytes.data, bytes.size);
        status = history_parse(c, &r, table, blob, &table->history, err);
    }
    buffer_deinit(&bytes);
    if (status != DBX_OK) catalog_blob_unref(blob);
    return status;
}
