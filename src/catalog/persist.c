/* persist.c - the catalog in the file: one blob for the root, one for the definitions of each
 * schema. Layout: the folder's README. Reading trusts nothing: every count is bounded by the bytes
 * that are left.
 */
#include "catalog/catalog_int.h"

#include "storage/bytes.h"

#include <stdlib.h>

enum { PERSIST_FORMAT = 1, PERSIST_ROOT_FORMAT = 2 };

/* ---- writing
 * ---------------------------------------------------------------------------------------------------
 */

static dbx_status persist_put_type(buffer *b, type t) {
    TRY(put_u8(b, t.id));
    TRY(put_u8(b, t.precision));
    TRY(put_u8(b, t.scale));
    TRY(put_u8(b, t.char_kind));
    TRY(put_varint(b, t.collation));
    TRY(put_varint(b, t.length));
    TRY(put_varint(b, t.child_count));
    for (uint32_t i = 0; i < t.child_count; i++) {
        TRY(put_text(b, t.children[i].name));
        TRY(put_u8(b, t.children[i].nullable));
        TRY(put_text(b, t.children[i].comment));
        TRY(persist_put_type(b, t.children[i].type));
    }
    return DBX_OK;
}

static dbx_status persist_put_properties(buffer *b, const catalog_property *p, uint32_t count) {
    TRY(put_varint(b, count));
    for (uint32_t i = 0; i < count; i++) {
        TRY(put_text(b, p[i].key));
        TRY(put_text(b, p[i].value));
    }
    return DBX_OK;
}

static dbx_status persist_put_info(buffer *b, const catalog_info *info) {
    TRY(put_text(b, info->name));
    TRY(put_text(b, info->owner));
    TRY(put_text(b, info->comment));
    TRY(put_signed(b, info->created_us));
    return persist_put_properties(b, info->properties, info->property_count);
}

static dbx_status persist_put_columns(buffer *b, const catalog_column *columns, uint32_t count) {
    TRY(put_varint(b, count));
    for (uint32_t i = 0; i < count; i++) {
        const catalog_column *c = &columns[i];
        TRY(put_text(b, c->name));
        TRY(persist_put_type(b, c->type));
        TRY(put_u8(b, c->nullable));
        TRY(put_u8(b, c->generated));
        TRY(put_varint(b, c->field_id));
        TRY(put_text(b, c->comment));
        TRY(put_text(b, c->default_text));
        TRY(put_text(b, c->generation_text));
        TRY(put_signed(b, c->identity_start));
        TRY(put_signed(b, c->identity_step));
    }
    return DBX_OK;
}

static dbx_status persist_put_texts(buffer *b, const string_view *texts, uint32_t count) {
    TRY(put_varint(b, count));
    for (uint32_t i = 0; i < count; i++) TRY(put_text(b, texts[i]));
    return DBX_OK;
}

static dbx_status persist_put_table(buffer *b, const catalog_table *t) {
    const catalog_table_def *d = &t->def;
    TRY(persist_put_columns(b, d->columns, d->column_count));
    TRY(put_varint(b, d->constraint_count));
    for (uint32_t i = 0; i < d->constraint_count; i++) {
        const catalog_constraint *c = &d->constraints[i];
        TRY(put_text(b, c->name));
        TRY(put_u8(b, (uint8_t)c->kind));
        TRY(persist_put_texts(b, c->columns, c->column_count));
        TRY(put_text(b, c->text));
        TRY(put_u8(b, (uint8_t)(c->enforced | c->rely << 1)));
    }
    TRY(persist_put_texts(b, d->partition_columns, d->partition_column_count));
    TRY(persist_put_texts(b, d->cluster_columns, d->cluster_column_count));
    TRY(put_text(b, d->provider));
    TRY(put_text(b, d->location));
    TRY(persist_put_properties(b, d->options, d->option_count));
    return put_varint(b, t->next_field_id);
}

static dbx_status persist_put_view(buffer *b, const catalog_view_def *d) {
    TRY(put_text(b, d->sql));
    TRY(put_varint(b, d->column_count));
    for (uint32_t i = 0; i < d->column_count; i++) {
        TRY(put_text(b, d->columns[i].name));
        TRY(put_text(b, d->columns[i].comment));
    }
    TRY(put_text(b, d->current_catalog));
    TRY(put_text(b, d->current_schema));
    TRY(persist_put_properties(b, d->settings, d->setting_count));
    TRY(put_u8(b, (uint8_t)d->binding));
    return persist_put_columns(b, d->schema, d->schema_count);
}

static dbx_status persist_put_function(buffer *b, const catalog_function_def *d) {
    TRY(put_varint(b, d->parameter_count));
    for (uint32_t i = 0; i < d->parameter_count; i++) {
        TRY(put_text(b, d->parameters[i].name));
        TRY(persist_put_type(b, d->parameters[i].type));
        TRY(put_text(b, d->parameters[i].default_text));
        TRY(put_text(b, d->parameters[i].comment));
    }
    TRY(put_u8(b, (uint8_t)(d->has_return_type | d->is_table << 1 | d->deterministic << 2 |
                            d->contains_sql_only << 3)));
    type none = {0};
    TRY(persist_put_type(b, d->has_return_type && !d->is_table ? d->return_type : none));
    TRY(persist_put_columns(b, d->return_columns, d->return_column_count));
    TRY(put_text(b, d->language));
    TRY(put_text(b, d->body));
    TRY(put_text(b, d->current_catalog));
    return put_text(b, d->current_schema);
}

static dbx_status persist_put_schema(buffer *b, const catalog_schema *s) {
    TRY(put_u8(b, PERSIST_FORMAT));
    TRY(put_varint(b, s->object_count));
    for (uint32_t i = 0; i < s->object_count; i++) {
        const catalog_object *o = s->objects[i];
        TRY(put_u8(b, (uint8_t)o->kind));
        TRY(put_varint(b, o->id));
        TRY(persist_put_info(b, &o->info));
        if (o->kind == CATALOG_TABLE) TRY(persist_put_table(b, (const catalog_table *)o));
        if (o->kind == CATALOG_VIEW) TRY(persist_put_view(b, &((const catalog_view *)o)->def));
        if (o->kind == CATALOG_FUNCTION)
            TRY(persist_put_function(b, &((const catalog_function *)o)->def));
    }
    return DBX_OK;
}

/* Where each table's rows are, and how far its identity columns got. */
static dbx_status persist_put_rows(buffer *b, const catalog_schema *s) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->object_count; i++) {
        const catalog_table *t = catalog_as_table(s->objects[i]);
        count += t != NULL && t->version != NULL;
    }
    TRY(put_varint(b, count));
    for (uint32_t i = 0; i < s->object_count; i++) {
        const catalog_table *t = catalog_as_table(s->objects[i]);
        if (t == NULL || t->version == NULL) continue;
        TRY(put_varint(b, t->base.id));
        TRY(storage_put_pointer(b, t->version->blob.pointer));
        uint32_t values = t->identity != NULL ? t->identity->count : 0;
        TRY(put_varint(b, values));
        for (uint32_t k = 0; k < values; k++) {
            TRY(put_varint(b, t->identity->values[k].field_id));
            TRY(put_signed(b, atomic_load(&t->identity->values[k].next)));
        }
        storage_pointer none = {0};
        TRY(storage_put_pointer(b, t->history != NULL ? t->history->blob->blob.pointer : none));
    }
    return DBX_OK;
}

dbx_status persist_put_definition(buffer *b, const catalog_table *table) {
    TRY(persist_put_info(b, &table->base.info));
    return persist_put_table(b, table);
}

static dbx_status persist_put_root(buffer *b, const catalog_root *r) {
    TRY(put_u8(b, PERSIST_ROOT_FORMAT));
    TRY(put_varint(b, r->space_count));
    for (uint32_t i = 0; i < r->space_count; i++) {
        const catalog_space *space = r->spaces[i];
        TRY(put_varint(b, space->id));
        TRY(persist_put_info(b, &space->info));
        TRY(put_varint(b, space->schema_count));
        for (uint32_t k = 0; k < space->schema_count; k++) {
            const catalog_schema *s = space->schemas[k];
            TRY(put_varint(b, s->id));
            TRY(persist_put_info(b, &s->info));
            TRY(put_text(b, s->location));
            TRY(storage_put_pointer(b, s->blob->blob.pointer));
            TRY(persist_put_rows(b, s));
        }
    }
    return DBX_OK;
}

/* ---- committing
 * --------------------------------------------------------------------------------------------------
 */

static dbx_status persist_schema(catalog *c, catalog_schema *s, error *err) {
    if (s->blob == NULL) {
        catalog_blob *blob = catalog_blob_new(c->storage);
        if (blob == NULL) return error_nomem(err);
        buffer b;
        buffer_init(&b, c->ledger);
        dbx_status status = persist_put_schema(&b, s);
        status = status != DBX_OK
                     ? error_nomem(err)
                     : storage_blob_write(c->storage, b.data, b.size, &blob->blob, err);
        buffer_deinit(&b);
        if (status != DBX_OK) {
            catalog_blob_unref(blob);
            return status;
        }
        s->blob = blob;
    }
    storage_commit_enter(c->storage, &s->blob->blob.extent);
    return DBX_OK;
}

/* The table of that id in the changed schemas of a root. */
typedef struct persist_table {
    uint64_t id;
    const catalog_table *table;
} persist_table;

typedef struct persist_list {
    persist_table *items;
    uint32_t count, capacity;
} persist_list;

static bool persist_has_schema(const catalog_root *r, const catalog_schema *s) {
    for (uint32_t i = 0; i < r->space_count; i++) {
        if (catalog_space_find_id(r->spaces[i], s->id) == s) return true;
    }
    return false;
}

static bool persist_has_blob(const catalog_root *r, const catalog_blob *blob) {
    for (uint32_t i = 0; i < r->space_count; i++) {
        for (uint32_t k = 0; k < r->spaces[i]->schema_count; k++) {
            if (r->spaces[i]->schemas[k]->blob == blob) return true;
        }
    }
    return false;
}

/* Tables in schemas that `other` does not share, by id. */
static dbx_status persist_collect(const catalog_root *r, const catalog_root *other, arena *a,
                                  persist_list *out) {
    memset(out, 0, sizeof(*out));
    for (uint32_t i = 0; i < r->space_count; i++) {
        for (uint32_t k = 0; k < r->spaces[i]->schema_count; k++) {
            const catalog_schema *s = r->spaces[i]->schemas[k];
            if (persist_has_schema(other, s)) continue;
            for (uint32_t n = 0; n < s->object_count; n++) {
                const catalog_table *t = catalog_as_table(s->objects[n]);
                if (t == NULL || t->version == NULL) continue;
                persist_table item = {t->base.id, t};
                TRY(ARENA_LIST_PUSH(a, out, item));
            }
        }
    }
    return DBX_OK;
}

static int persist_compare(const void *a, const void *b) {
    uint64_t x = ((const persist_table *)a)->id, y = ((const persist_table *)b)->id;
    return (x > y) - (x < y);
}

/* The tables that may differ, by id. */
static dbx_status persist_collect_both(const catalog_root *fresh, const catalog_root *old, arena *a,
                                       persist_list *now, persist_list *before) {
    TRY(persist_collect(fresh, old, a, now));
    TRY(persist_collect(old, fresh, a, before));
    if (now->count > 0) qsort(now->items, now->count, sizeof(persist_table), persist_compare);
    if (before->count > 0)
        qsort(before->items, before->count, sizeof(persist_table), persist_compare);
    return DBX_OK;
}

/* One table: either of fresh and old may be NULL. */
static dbx_status persist_one_table(catalog *c, const catalog_table *fresh,
                                    const catalog_table *old, arena *a, error *err) {
    table_rows now = {0}, before = {0};
    if (fresh != NULL && old != NULL && fresh->version == old->version &&
        fresh->history == old->history)
        return DBX_OK;
    if ((fresh != NULL && history_rows(fresh, a, &now) != DBX_OK) ||
        (old != NULL && history_rows(old, a, &before) != DBX_OK))
        return error_nomem(err);
    if (fresh == NULL)
        TRY(table_rows_leave(&before, err));
    else
        TRY(table_rows_persist(&now, old != NULL ? &before : NULL, err));
    if (fresh != NULL && fresh->history != NULL) TRY(history_write(c, fresh, err));
    catalog_blob *blob = old != NULL && old->history != NULL ? old->history->blob : NULL;
    bool stays = fresh != NULL && fresh->history != NULL && fresh->history->blob == blob;
    if (blob != NULL && !stays) storage_commit_leave(c->storage, &blob->blob.extent);
    return DBX_OK;
}

static dbx_status persist_tables(catalog *c, const persist_list *fresh, const persist_list *old,
                                 arena *a, error *err) {
    uint32_t o = 0;
    for (uint32_t i = 0; i < fresh->count; i++) {
        while (o < old->count && old->items[o].id < fresh->items[i].id)
            TRY(persist_one_table(c, NULL, old->items[o++].table, a, err));
        bool known = o < old->count && old->items[o].id == fresh->items[i].id;
        const catalog_table *before = known ? old->items[o++].table : NULL;
        TRY(persist_one_table(c, fresh->items[i].table, before, a, err));
    }
    while (o < old->count) TRY(persist_one_table(c, NULL, old->items[o++].table, a, err));
    return DBX_OK;
}

static dbx_status persist_changes(catalog *c, catalog_root *fresh, const catalog_root *old,
                                  arena *a, error *err) {
    persist_list now, before;
    if (persist_collect_both(fresh, old, a, &now, &before) != DBX_OK) return error_nomem(err);
    TRY(persist_tables(c, &now, &before, a, err));
    for (uint32_t i = 0; i < fresh->space_count; i++) {
        for (uint32_t k = 0; k < fresh->spaces[i]->schema_count; k++) {
            TRY(persist_schema(c, fresh->spaces[i]->schemas[k], err));
        }
    }
    for (uint32_t i = 0; i < old->space_count; i++) {
        for (uint32_t k = 0; k < old->spaces[i]->schema_count; k++) {
            catalog_blob *blob = old->spaces[i]->schemas[k]->blob;
            if (blob != NULL && !persist_has_blob(fresh, blob))
                storage_commit_leave(c->storage, &blob->blob.extent);
        }
    }
    return DBX_OK;
}

static dbx_status persist_root(catalog *c, const catalog_root *fresh, storage_blob *out,
                               error *err) {
    buffer b;
    buffer_init(&b, c->ledger);
    dbx_status status = persist_put_root(&b, fresh);
    status = status != DBX_OK ? error_nomem(err)
                              : storage_blob_write(c->storage, b.data, b.size, out, err);
    buffer_deinit(&b);
    if (status == DBX_OK) storage_commit_enter(c->storage, &out->extent);
    return status;
}

static dbx_status settle_tables(const persist_list *fresh, const persist_list *old, error *err) {
    uint32_t o = 0;
    for (uint32_t i = 0; i < fresh->count; i++) {
        while (o < old->count && old->items[o].id < fresh->items[i].id) o++;
        bool known = o < old->count && old->items[o].id == fresh->items[i].id;
        const table_version *before = known ? old->items[o].table->version : NULL;
        if (before != fresh->items[i].table->version)
            TRY(table_version_settle(fresh->items[i].table->version, before, err));
    }
    return DBX_OK;
}

dbx_status catalog_settle(catalog *c, const catalog_root *fresh, const catalog_root *old,
                          error *err) {
    arena a;
    arena_init(&a, c->ledger);
    persist_list now, before;
    dbx_status status = persist_collect_both(fresh, old, &a, &now, &before);
    status = status != DBX_OK ? error_nomem(err) : settle_tables(&now, &before, err);
    arena_deinit(&a);
    return status == DBX_OK ? storage_sync_data(c->storage, err) : status;
}

dbx_status catalog_persist(catalog *c, catalog_root *fresh, error *err) {
    TRY(storage_commit_begin(c->storage, err));
    storage_blob *old_blob = &c->root_blobs[c->root_blob_current];
    storage_blob *new_blob = &c->root_blobs[1 - c->root_blob_current];
    assert(new_blob->extent.state == EXTENT_UNBORN);
    arena a;
    arena_init(&a, c->ledger);
    dbx_status status = persist_changes(c, fresh, c->durable, &a, err);
    arena_deinit(&a);
    if (status == DBX_OK) status = persist_root(c, fresh, new_blob, err);
    if (status == DBX_OK) {
        storage_commit_leave(c->storage, &old_blob->extent);
        status = storage_commit(c->storage, new_blob->pointer, err);
    }
    if (status != DBX_OK) {
        storage_commit_abort(c->storage);
        storage_blob_release(c->storage, new_blob);
        return status;
    }
    storage_blob_release(c->storage, old_blob);
    c->root_blob_current = 1 - c->root_blob_current;
    catalog_set_roots(c, catalog_root_ref(c->head), catalog_root_ref(fresh));
    return DBX_OK;
}
