/* table_persist.c - table versions in the file: a blob for each leaf and one for the version.
 * Layouts: README.md. */
#include "storage/table_int.h"

#include "kernel/bitmap.h"

#include <stdlib.h>

enum {
    DELETES_NONE = 0,
    DELETES_LIST = 1, /* differences of row numbers */
    DELETES_BITS = 2,
    TABLE_LEAVES_MAX = 1 << 24,
    TABLE_COLUMNS_MAX = 1 << 16,
};

/* ---- leaves
 * ------------------------------------------------------------------------------------------------
 */

dbx_status delete_vector_put(buffer *out, const delete_vector *d) {
    if (d == NULL || d->count == 0) return put_u8(out, DELETES_NONE);
    size_t bitmap_bytes = validity_bytes(d->rows);
    if ((size_t)d->count * 2 >= bitmap_bytes) {
        TRY(put_u8(out, DELETES_BITS));
        return buffer_append(out, d->words, bitmap_bytes);
    }
    TRY(put_u8(out, DELETES_LIST));
    TRY(put_varint(out, d->count));
    uint32_t last = 0;
    for (uint32_t row = 0; row < d->rows; row++) {
        if (!(d->words[row / 64] >> (row % 64) & 1)) continue;
        TRY(put_varint(out, row - last));
        last = row;
    }
    return DBX_OK;
}

dbx_status delete_vector_get(storage *s, byte_reader *r, uint32_t rows, delete_vector **out,
                             error *err) {
    *out = NULL;
    uint8_t kind = get_u8(r);
    if (kind == DELETES_NONE) return DBX_OK;
    delete_vector *d = delete_vector_new(storage_ledger(s), rows);
    if (d == NULL) return error_nomem(err);
    if (kind == DELETES_BITS) {
        get_bytes(r, d->words, validity_bytes(rows));
        if (rows % 64 != 0) d->words[rows / 64] &= ((uint64_t)1 << rows % 64) - 1;
    } else {
        uint32_t count = get_count(r);
        uint64_t row = 0;
        for (uint32_t i = 0; i < count && !r->failed; i++) {
            row += get_varint(r);
            if (row >= rows)
                r->failed = true;
            else
                d->words[row / 64] |= (uint64_t)1 << (row % 64);
        }
        if (kind != DELETES_LIST) r->failed = true;
    }
    d->count = (uint32_t)bitmap_count(d->words, rows);
    *out = d;
    return DBX_OK;
}

static dbx_status table_leaf_write(table_leaf *leaf, error *err) {
    buffer out;
    buffer_init(&out, storage_ledger(leaf->storage));
    dbx_status status = put_varint(&out, leaf->count);
    for (uint32_t i = 0; i < leaf->count && status == DBX_OK; i++) {
        status = row_group_put(&out, leaf->groups[i]);
        if (status == DBX_OK) status = delete_vector_put(&out, leaf->deleted[i]);
    }
    if (status != DBX_OK)
        status = error_nomem(err);
    else
        status = storage_blob_write(leaf->storage, out.data, out.size, &leaf->blob, err);
    buffer_deinit(&out);
    return status;
}

static dbx_status table_leaf_read(storage *s, storage_pointer pointer, table_leaf **out,
                                  error *err) {
    *out = NULL;
    table_leaf *leaf = table_leaf_new(s);
    if (leaf == NULL) return error_nomem(err);
    buffer bytes;
    buffer_init(&bytes, storage_ledger(s));
    dbx_status status = storage_blob_read(s, pointer, &leaf->blob, &bytes, err);
    if (status == DBX_OK) {
        byte_reader r = byte_reader_from(bytes.data, bytes.size);
        uint64_t count = get_varint(&r);
        if (count > TABLE_LEAF_GROUPS)
            status = storage_corrupt(s, err, "a directory leaf is wrong");
        for (uint32_t i = 0; i < count && status == DBX_OK; i++) {
            status = row_group_get(s, &r, &leaf->groups[i], err);
            if (status != DBX_OK) break;
            leaf->count++;
            status = delete_vector_get(s, &r, leaf->groups[i]->rows, &leaf->deleted[i], err);
        }
        if (status == DBX_OK && r.failed)
            status = storage_corrupt(s, err, "a directory leaf is wrong");
    }
    buffer_deinit(&bytes);
    if (status != DBX_OK) {
        table_leaf_unref(leaf);
        return status;
    }
    *out = leaf;
    return DBX_OK;
}

/* ---- versions
 * ---------------------------------------------------------------------------------------------- */

static dbx_status table_put_stats(buffer *out, const table_stats *stats) {
    TRY(put_varint(out, stats->column_count));
    for (uint32_t i = 0; i < stats->column_count; i++) {
        const table_column_stats *c = &stats->columns[i];
        TRY(put_varint(out, c->field_id));
        TRY(put_u8(out, c->flags));
        TRY(put_varint(out, c->null_count));
        TRY(put_varint(out, c->value_bytes));
        TRY(buffer_append(out, &c->min, sizeof(c->min)));
        TRY(buffer_append(out, &c->max, sizeof(c->max)));
        TRY(buffer_append(out, c->distinct.registers, SKETCH_REGISTERS));
    }
    return DBX_OK;
}

static table_stats *table_get_stats(ledger *l, byte_reader *r) {
    uint32_t count = get_count(r);
    if (count > TABLE_COLUMNS_MAX) r->failed = true;
    table_stats *stats = table_stats_new(l, r->failed ? 0 : count);
    if (stats == NULL) return NULL;
    for (uint32_t i = 0; i < stats->column_count; i++) {
        table_column_stats *c = &stats->columns[i];
        c->field_id = (uint32_t)get_varint(r);
        c->flags = get_u8(r);
        c->null_count = get_varint(r);
        c->value_bytes = get_varint(r);
        get_bytes(r, &c->min, sizeof(c->min));
        get_bytes(r, &c->max, sizeof(c->max));
        get_bytes(r, c->distinct.registers, SKETCH_REGISTERS);
    }
    return stats;
}

static dbx_status table_version_write(table_version *v, error *err) {
    buffer out;
    buffer_init(&out, storage_ledger(v->storage));
    dbx_status status = put_varint(&out, v->leaf_count);
    for (uint32_t i = 0; i < v->leaf_count && status == DBX_OK; i++) {
        status = storage_put_pointer(&out, v->leaves[i]->blob.pointer);
    }
    if (status == DBX_OK) status = table_put_stats(&out, v->stats);
    if (status != DBX_OK)
        status = error_nomem(err);
    else
        status = storage_blob_write(v->storage, out.data, out.size, &v->blob, err);
    buffer_deinit(&out);
    return status;
}

static bool table_version_shares(const table_version *v, const table_leaf *leaf) {
    for (uint32_t i = 0; v != NULL && i < v->leaf_count; i++) {
        if (v->leaves[i] == leaf) return true;
    }
    return false;
}

/* A leaf whose groups all have a place. */
static dbx_status table_leaf_settle(table_leaf *leaf, error *err) {
    for (uint32_t k = 0; k < leaf->count; k++) {
        storage_settle_lock(leaf->storage);
        dbx_status status = row_group_settle(leaf->groups[k], err);
        storage_settle_unlock(leaf->storage);
        TRY(status);
    }
    storage_settle_lock(leaf->storage);
    dbx_status status =
        leaf->blob.extent.state == EXTENT_UNBORN ? table_leaf_write(leaf, err) : DBX_OK;
    storage_settle_unlock(leaf->storage);
    return status;
}

dbx_status table_version_settle(table_version *v, const table_version *old, error *err) {
    for (uint32_t i = 0; i < v->leaf_count; i++) {
        if (!table_version_shares(old, v->leaves[i])) TRY(table_leaf_settle(v->leaves[i], err));
    }
    storage_settle_lock(v->storage);
    if (v->blob.extent.state == EXTENT_DROPPED) storage_blob_release(v->storage, &v->blob);
    dbx_status status =
        v->blob.extent.state == EXTENT_UNBORN ? table_version_write(v, err) : DBX_OK;
    storage_settle_unlock(v->storage);
    return status;
}

static bool table_is_at(const storage_blob *blob, const storage_pointer *pointer) {
    const storage_pointer *p = &blob->pointer;
    return blob->extent.state == EXTENT_DURABLE && p->page == pointer->page &&
           p->size == pointer->size && p->raw_size == pointer->raw_size && p->hash == pointer->hash;
}

/* The leaf at the pointer, `like`'s where it has it. */
static dbx_status table_leaf_find(storage *s, const table_version *like, storage_pointer pointer,
                                  table_leaf **out, error *err) {
    for (uint32_t i = 0; like != NULL && i < like->leaf_count; i++) {
        if (!table_is_at(&like->leaves[i]->blob, &pointer)) continue;
        *out = table_leaf_ref(like->leaves[i]);
        return DBX_OK;
    }
    return table_leaf_read(s, pointer, out, err);
}

static dbx_status table_version_parse(storage *s, byte_reader *r, const table_version *like,
                                      table_version **out, error *err) {
    uint32_t leaf_count = get_count(r);
    if (leaf_count > TABLE_LEAVES_MAX) r->failed = true;
    table_version *v = table_version_alloc(s, r->failed ? 0 : leaf_count, NULL);
    if (v == NULL) return error_nomem(err);
    dbx_status status = DBX_OK;
    for (uint32_t i = 0; i < v->leaf_count && status == DBX_OK; i++) {
        storage_pointer pointer = storage_get_pointer(r);
        if (r->failed)
            status = storage_corrupt(s, err, "a table's directory is wrong");
        else
            status = table_leaf_find(s, like, pointer, &v->leaves[i], err);
    }
    if (status == DBX_OK) {
        v->stats = table_get_stats(storage_ledger(s), r);
        if (v->stats == NULL)
            status = error_nomem(err);
        else if (r->failed)
            status = storage_corrupt(s, err, "a table's directory is wrong");
    }
    if (status != DBX_OK) {
        table_version_unref(v);
        return status;
    }
    *out = v;
    return DBX_OK;
}

dbx_status table_version_load(storage *s, storage_pointer pointer, table_version *like,
                              table_version **out, error *err) {
    *out = NULL;
    if (like != NULL && table_is_at(&like->blob, &pointer)) {
        *out = table_version_ref(like);
        return DBX_OK;
    }
    buffer bytes;
    storage_blob blob = {0};
    buffer_init(&bytes, storage_ledger(s));
    table_version *v = NULL;
    dbx_status status = storage_blob_read(s, pointer, &blob, &bytes, err);
    if (status == DBX_OK) {
        byte_reader r = byte_reader_from(bytes.data, bytes.size);
        status = table_version_parse(s, &r, like, &v, err);
    }
    buffer_deinit(&bytes);
    if (status != DBX_OK) {
        storage_blob_release(s, &blob);
        return status;
    }
    v->blob = blob; /* durable: in no list, so it may be moved */
    for (uint32_t i = 0; i < v->leaf_count; i++) {
        const table_leaf *leaf = v->leaves[i];
        v->group_count += leaf->count;
        for (uint32_t k = 0; k < leaf->count; k++) {
            v->rows += leaf->groups[k]->rows;
            v->deleted += leaf->deleted[k] != NULL ? leaf->deleted[k]->count : 0;
        }
    }
    *out = v;
    return DBX_OK;
}

dbx_status table_version_check(const table_version *v, const storage_column *columns,
                               uint32_t column_count, error *err) {
    for (uint32_t i = 0; i < v->leaf_count; i++) {
        for (uint32_t k = 0; k < v->leaves[i]->count; k++) {
            TRY(row_group_check(v->leaves[i]->groups[k], columns, column_count, err));
        }
    }
    return DBX_OK;
}
