/* record.c - a commit as a record of the log: how the rows of tables changed. Layout: the folder's
 * README.
 *
 * Definitions never go to the log: a commit that changes one writes a new durable root. So a record
 * names tables by ids, and replaying it needs nothing but the root before.
 */
#include "catalog/catalog_int.h"

#include "storage/bytes.h"

enum { RECORD_ROWS = 1 }; /* kind of a record */
enum { RECORD_END = 0, RECORD_DELTA = 1, RECORD_JOIN = 2, RECORD_REWRITE = 3 }; /* of a part */

/* ---- what a record can say ---- */

static bool record_same_object(const catalog_object *a, const catalog_object *b) {
    if (a == b) return true;
    if (a->id != b->id || a->memory != b->memory || a->kind != CATALOG_TABLE) return false;
    return ((const catalog_table *)a)->version != NULL &&
           ((const catalog_table *)b)->version != NULL;
}

static bool record_same_schema(const catalog_schema *a, const catalog_schema *b) {
    if (a == b) return true;
    if (a->id != b->id || a->memory != b->memory || a->object_count != b->object_count)
        return false;
    for (uint32_t i = 0; i < a->object_count; i++) {
        if (!record_same_object(a->objects[i], b->objects[i])) return false;
    }
    return true;
}

bool record_is_possible(const catalog_root *old, const catalog_root *fresh) {
    if (old->space_count != fresh->space_count) return false;
    for (uint32_t i = 0; i < old->space_count; i++) {
        const catalog_space *a = old->spaces[i], *b = fresh->spaces[i];
        if (a == b) continue;
        if (a->id != b->id || a->memory != b->memory || a->schema_count != b->schema_count)
            return false;
        for (uint32_t k = 0; k < a->schema_count; k++) {
            if (!record_same_schema(a->schemas[k], b->schemas[k])) return false;
        }
    }
    return true;
}

bool record_next_table(const catalog_root *old, const catalog_root *fresh, uint64_t after,
                       record_table *out) {
    out->table = NULL;
    for (uint32_t i = 0; i < fresh->space_count; i++) {
        const catalog_space *old_space = catalog_root_find_id(old, fresh->spaces[i]->id);
        if (old_space == fresh->spaces[i]) continue;
        for (uint32_t k = 0; k < fresh->spaces[i]->schema_count; k++) {
            catalog_schema *s = fresh->spaces[i]->schemas[k];
            const catalog_schema *was =
                old_space == NULL ? NULL : catalog_space_find_id(old_space, s->id);
            if (was == s) continue;
            for (uint32_t n = 0; n < s->object_count; n++) {
                catalog_object *o = s->objects[n];
                if (o->kind != CATALOG_TABLE || o->id <= after) continue;
                if (out->table != NULL && out->table->base.id < o->id) continue;
                catalog_table *t = (catalog_table *)o;
                const catalog_table *before =
                    was == NULL ? NULL : (const catalog_table *)catalog_schema_find_id(was, o->id);
                if (t->version == NULL || (before != NULL && before->version == t->version))
                    continue;
                *out = (record_table){fresh->spaces[i], s, t, before};
            }
        }
    }
    return out->table != NULL;
}

/* ---- writing ---- */

dbx_status record_begin(catalog *c, int64_t now_us, buffer *out) {
    TRY(put_u8(out, RECORD_ROWS));
    TRY(storage_log_put_state(c->storage, out));
    return put_signed(out, now_us);
}

dbx_status record_end(buffer *out) {
    return put_u8(out, RECORD_END);
}

dbx_status record_put_rows(buffer *out, const catalog_table *table, const table_version *before,
                           const table_version *after, const char *operation, bool *possible,
                           error *err) {
    uint32_t values = table->identity != NULL ? table->identity->count : 0;
    bool good = put_u8(out, operation != NULL ? RECORD_DELTA : RECORD_REWRITE) == DBX_OK &&
                put_varint(out, table->base.id) == DBX_OK &&
                (operation == NULL || put_text(out, sv_from(operation)) == DBX_OK) &&
                put_varint(out, values) == DBX_OK;
    for (uint32_t i = 0; i < values && good; i++) {
        good = put_varint(out, table->identity->values[i].field_id) == DBX_OK &&
               put_signed(out, atomic_load(&table->identity->values[i].next)) == DBX_OK;
    }
    if (!good) return error_nomem(err);
    return table_delta_put(out, before, after, possible, err);
}

dbx_status record_put_join(buffer *out, uint64_t table_id, uint32_t length, uint64_t first_id) {
    TRY(put_u8(out, RECORD_JOIN));
    TRY(put_varint(out, table_id));
    TRY(put_varint(out, length));
    return put_varint(out, first_id);
}

/* ---- replaying ---- */

static bool record_find(const catalog_root *r, uint64_t id, record_table *out) {
    for (uint32_t i = 0; i < r->space_count; i++) {
        for (uint32_t k = 0; k < r->spaces[i]->schema_count; k++) {
            catalog_object *o = catalog_schema_find_id(r->spaces[i]->schemas[k], id);
            if (o == NULL || o->kind != CATALOG_TABLE) continue;
            *out = (record_table){r->spaces[i], r->spaces[i]->schemas[k], (catalog_table *)o, NULL};
            return out->table->version != NULL;
        }
    }
    return false;
}

static void record_get_identity(byte_reader *r, catalog_table *table) {
    uint32_t count = get_count(r);
    for (uint32_t i = 0; i < count && !r->failed; i++) {
        uint64_t field_id = get_varint(r);
        int64_t next = get_signed(r);
        for (uint32_t n = 0; table->identity != NULL && n < table->identity->count; n++) {
            if (table->identity->values[n].field_id == field_id)
                atomic_store(&table->identity->values[n].next, next);
        }
    }
}

/* The rows after one part, and what it was called (DELTA). */
static dbx_status record_get_rows(catalog *c, byte_reader *r, uint8_t kind, catalog_table *table,
                                  string_view *operation, table_version **out, error *err) {
    arena a;
    arena_init(&a, c->ledger);
    const storage_column *columns;
    dbx_status status = catalog_storage_columns(table, &a, &columns);
    if (status != DBX_OK) status = error_nomem(err);
    uint32_t count = table->def.column_count;
    if (status == DBX_OK && kind != RECORD_JOIN) {
        if (kind == RECORD_DELTA) *operation = get_text(r);
        record_get_identity(r, table);
        status = table_delta_get(r, table->version, out, err);
        if (status == DBX_OK) status = table_version_check(*out, columns, count, err);
    } else if (status == DBX_OK) {
        uint64_t length = get_varint(r), first_id = get_varint(r);
        if (r->failed || first_id == 0 || length > table->version->group_count)
            status = storage_corrupt(c->storage, err, "a record of its log does not decode");
        else
            status = table_version_join_tail(table->version, (uint32_t)length, columns, count,
                                             first_id, out, err);
    }
    arena_deinit(&a);
    return status;
}

/* One part; *root is replaced. */
static dbx_status record_replay_part(catalog *c, byte_reader *r, uint8_t kind, int64_t now_us,
                                     catalog_root **root, error *err) {
    record_table at;
    uint64_t id = get_varint(r);
    if (r->failed || kind > RECORD_REWRITE || !record_find(*root, id, &at))
        return storage_corrupt(c->storage, err, "a record of its log does not decode");
    table_version *version = NULL;
    string_view operation = {NULL, 0};
    dbx_status status = record_get_rows(c, r, kind, at.table, &operation, &version, err);
    if (status != DBX_OK) {
        table_version_unref(version);
        return status;
    }
    catalog_history *history;
    if (kind == RECORD_DELTA) {
        catalog_table after = catalog_table_with(at.table, version);
        history = history_push(at.table, &after, NULL, operation, now_us);
    } else {
        history = at.table->history == NULL
                      ? history_push(NULL, at.table, NULL, SV("WRITE"), now_us)
                      : history_keep(at.table->history, 0,
                                     at.table->history->change == NULL ? at.table->version : NULL);
    }
    catalog_root *fresh =
        catalog_root_with_rows(*root, at.space, at.schema, at.table, version, history);
    if (fresh == NULL) return error_nomem(err);
    catalog_root_unref(*root);
    *root = fresh;
    return DBX_OK;
}

static dbx_status record_replay(catalog *c, const buffer *bytes, catalog_root **root, error *err) {
    byte_reader r = byte_reader_from(bytes->data, bytes->size);
    uint8_t kind = get_u8(&r);
    if (kind != RECORD_ROWS)
        return storage_corrupt(c->storage, err, "its log holds an unknown kind of record");
    TRY(storage_log_get_state(c->storage, &r, err));
    int64_t now_us = get_signed(&r);
    for (;;) {
        uint8_t part = get_u8(&r);
        if (r.failed) return storage_corrupt(c->storage, err, "a record of its log is cut short");
        if (part == RECORD_END) return DBX_OK;
        TRY(record_replay_part(c, &r, part, now_us, root, err));
    }
}

dbx_status record_replay_all(catalog *c, catalog_root **root, error *err) {
    buffer bytes;
    buffer_init(&bytes, c->ledger);
    bool more = true;
    dbx_status status = DBX_OK;
    while (status == DBX_OK && more) {
        buffer_clear(&bytes);
        status = storage_log_next(c->storage, &bytes, &more, err);
        if (status == DBX_OK && more) status = record_replay(c, &bytes, root, err);
    }
    buffer_deinit(&bytes);
    return status == DBX_OK ? storage_log_recovered(c->storage, err) : status;
}
