/* table.c - table versions: parts, appends, deletes. See table.h. */
#include "storage/table_int.h"

#include <stdlib.h>

/* ---- delete vectors
 * ---------------------------------------------------------------------------------------- */

static size_t delete_vector_size(uint32_t rows) {
    return sizeof(delete_vector) + validity_bytes(rows);
}

delete_vector *delete_vector_new(ledger *l, uint32_t rows) {
    delete_vector *d = mem_alloc_zero(l, delete_vector_size(rows));
    if (d == NULL) return NULL;
    atomic_init(&d->refs, 1);
    d->ledger = l;
    d->rows = rows;
    return d;
}

delete_vector *delete_vector_copy(const delete_vector *d) {
    delete_vector *copy = delete_vector_new(d->ledger, d->rows);
    if (copy == NULL) return NULL;
    copy->count = d->count;
    memcpy(copy->words, d->words, validity_bytes(d->rows));
    return copy;
}

void delete_vector_unref(delete_vector *d) {
    if (d == NULL || atomic_fetch_sub_explicit(&d->refs, 1, memory_order_acq_rel) != 1) return;
    mem_free(d->ledger, d, delete_vector_size(d->rows));
}

/* ---- leaves
 * ------------------------------------------------------------------------------------------------
 */

table_leaf *table_leaf_new(storage *s) {
    table_leaf *leaf = mem_alloc_zero(storage_ledger(s), sizeof(*leaf));
    if (leaf == NULL) return NULL;
    atomic_init(&leaf->refs, 1);
    leaf->storage = s;
    return leaf;
}

table_leaf *table_leaf_copy(const table_leaf *leaf) {
    table_leaf *copy = table_leaf_new(leaf->storage);
    if (copy == NULL) return NULL;
    copy->count = leaf->count;
    for (uint32_t i = 0; i < leaf->count; i++) {
        copy->groups[i] = row_group_ref(leaf->groups[i]);
        copy->deleted[i] = delete_vector_ref(leaf->deleted[i]);
    }
    return copy;
}

void table_leaf_unref(table_leaf *leaf) {
    if (leaf == NULL || atomic_fetch_sub_explicit(&leaf->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (uint32_t i = 0; i < leaf->count; i++) {
        row_group_unref(leaf->groups[i]);
        delete_vector_unref(leaf->deleted[i]);
    }
    storage_blob_release(leaf->storage, &leaf->blob);
    mem_free(storage_ledger(leaf->storage), leaf, sizeof(*leaf));
}

/* ---- versions
 * ---------------------------------------------------------------------------------------------- */

table_version *table_version_alloc(storage *s, uint32_t leaf_count, table_stats *stats) {
    ledger *l = storage_ledger(s);
    table_version *v = mem_alloc_zero(l, sizeof(*v));
    table_leaf **leaves = mem_alloc_zero(l, sizeof(table_leaf *) * MAX(leaf_count, 1u));
    if (v == NULL || leaves == NULL) {
        mem_free(l, v, sizeof(*v));
        mem_free(l, leaves, sizeof(table_leaf *) * MAX(leaf_count, 1u));
        table_stats_unref(stats);
        return NULL;
    }
    atomic_init(&v->refs, 1);
    v->storage = s;
    v->leaves = leaves;
    v->leaf_count = leaf_count;
    v->stats = stats;
    return v;
}

void table_version_unref(table_version *v) {
    if (v == NULL || atomic_fetch_sub_explicit(&v->refs, 1, memory_order_acq_rel) != 1) return;
    storage *s = v->storage;
    ledger *l = storage_ledger(s);
    for (uint32_t i = 0; i < v->leaf_count; i++) table_leaf_unref(v->leaves[i]);
    table_stats_unref(v->stats);
    storage_blob_release(s, &v->blob);
    mem_free(l, v->leaves, sizeof(table_leaf *) * MAX(v->leaf_count, 1u));
    mem_free(l, v, sizeof(*v));
}

dbx_status table_version_new(storage *s, const storage_column *columns, uint32_t column_count,
                             table_version **out, error *err) {
    *out = NULL;
    table_stats *stats = table_stats_new(storage_ledger(s), column_count);
    if (stats == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < column_count; i++) stats->columns[i].field_id = columns[i].field_id;
    *out = table_version_alloc(s, 0, stats);
    return *out == NULL ? error_nomem(err) : DBX_OK;
}

/* Sums up after the leaves are in place. */
static void table_version_count(table_version *v) {
    v->rows = v->deleted = 0;
    v->group_count = 0;
    for (uint32_t i = 0; i < v->leaf_count; i++) {
        const table_leaf *leaf = v->leaves[i];
        for (uint32_t k = 0; k < leaf->count; k++) {
            v->rows += leaf->groups[k]->rows;
            if (leaf->deleted[k] != NULL) v->deleted += leaf->deleted[k]->count;
        }
        v->group_count += leaf->count;
    }
}

table_position table_version_at(const table_version *v, uint32_t index) {
    assert(index < v->group_count);
    /* Leaves are full but for a few, so the guess is near. */
    uint32_t leaf = 0;
    while (index >= v->leaves[leaf]->count) index -= v->leaves[leaf++]->count;
    return (table_position){v->leaves[leaf]->groups[index], v->leaves[leaf]->deleted[index]};
}

table_position *table_version_positions(const table_version *v, uint32_t more, size_t *size) {
    *size = sizeof(table_position) * ((size_t)v->group_count + more + 1);
    table_position *positions = mem_alloc(storage_ledger(v->storage), *size);
    if (positions == NULL) return NULL;
    uint32_t n = 0;
    for (uint32_t i = 0; i < v->leaf_count; i++) {
        for (uint32_t k = 0; k < v->leaves[i]->count; k++) {
            positions[n++] = (table_position){v->leaves[i]->groups[k], v->leaves[i]->deleted[k]};
        }
    }
    return positions;
}

static bool table_leaf_matches(const table_leaf *leaf, const table_position *positions,
                               uint32_t count) {
    if (leaf->count > count) return false;
    for (uint32_t i = 0; i < leaf->count; i++) {
        if (leaf->groups[i] != positions[i].group || leaf->deleted[i] != positions[i].deleted)
            return false;
    }
    return true;
}

/* The leaf of `like` that starts with this position, if any; the search goes on from *hint. */
static table_leaf *table_find_leaf(const table_version *like, const table_position *positions,
                                   uint32_t count, uint32_t *hint) {
    for (uint32_t i = *hint; like != NULL && i < like->leaf_count; i++) {
        if (!table_leaf_matches(like->leaves[i], positions, count)) continue;
        *hint = i + 1;
        return like->leaves[i];
    }
    return NULL;
}

dbx_status table_version_from(storage *s, const table_position *positions, uint32_t count,
                              const table_version *like, table_stats *stats, table_version **out,
                              error *err) {
    /* Leaves that are shared keep their boundaries; a last leaf that is not full is filled up
     * again. */
    uint32_t bound = (like != NULL ? like->leaf_count : 0) * 2 + count / TABLE_LEAF_GROUPS + 2;
    *out = NULL;
    table_version *v = table_version_alloc(s, bound, stats);
    if (v == NULL) return error_nomem(err);
    uint32_t leaves = 0, hint = 0, at = 0;
    while (at < count) {
        table_leaf *shared = table_find_leaf(like, positions + at, count - at, &hint);
        bool last_and_short =
            shared != NULL && shared->count < TABLE_LEAF_GROUPS && at + shared->count < count;
        if (shared != NULL && !last_and_short) {
            v->leaves[leaves++] = table_leaf_ref(shared);
            at += shared->count;
            continue;
        }
        table_leaf *leaf = table_leaf_new(s);
        if (leaf == NULL) {
            table_version_unref(v);
            return error_nomem(err);
        }
        assert(leaves < bound);
        v->leaves[leaves++] = leaf;
        uint32_t peek = hint;
        do {
            leaf->groups[leaf->count] = row_group_ref(positions[at].group);
            leaf->deleted[leaf->count] = delete_vector_ref(positions[at].deleted);
            leaf->count++;
            at++;
        } while (
            at < count && leaf->count < TABLE_LEAF_GROUPS &&
            (last_and_short || table_find_leaf(like, positions + at, count - at, &peek) == NULL));
    }
    /* The array keeps its allocated length: unused slots stay NULL and are not counted. */
    table_leaf **fit = mem_realloc(storage_ledger(s), v->leaves, sizeof(table_leaf *) * bound,
                                   sizeof(table_leaf *) * MAX(leaves, 1u));
    if (fit == NULL) {
        table_version_unref(v);
        return error_nomem(err);
    }
    v->leaves = fit;
    v->leaf_count = leaves;
    table_version_count(v);
    *out = v;
    return DBX_OK;
}

/* ---- appending
 * --------------------------------------------------------------------------------------------- */

static table_stats *table_stats_copy(const table_stats *s) {
    table_stats *copy = table_stats_new(s->ledger, s->column_count);
    if (copy != NULL)
        memcpy(copy->columns, s->columns, sizeof(table_column_stats) * s->column_count);
    return copy;
}

dbx_status table_version_append(const table_version *v, const table_addition *add,
                                table_version **out, error *err) {
    *out = NULL;
    table_stats *stats = table_stats_copy(v->stats);
    if (stats == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < add->column_count; i++) {
        table_column_stats *column = table_stats_find(stats, add->columns[i].field_id);
        if (column != NULL) sketch_merge(&column->distinct, &add->sketches[i]);
    }
    for (uint32_t i = 0; i < add->group_count; i++) {
        table_stats_add_group(stats, add->groups[i], v->rows > 0 || i > 0);
    }
    size_t size;
    table_position *positions = table_version_positions(v, add->group_count, &size);
    if (positions == NULL) {
        table_stats_unref(stats);
        return error_nomem(err);
    }
    for (uint32_t i = 0; i < add->group_count; i++) {
        positions[v->group_count + i] = (table_position){add->groups[i], NULL};
    }
    dbx_status status = table_version_from(v->storage, positions, v->group_count + add->group_count,
                                           v, stats, out, err);
    mem_free(storage_ledger(v->storage), positions, size);
    return status;
}

dbx_status table_version_alter(const table_version *v, const storage_column *columns,
                               uint32_t column_count, table_version **out, error *err) {
    *out = NULL;
    table_stats *stats = table_stats_new(storage_ledger(v->storage), column_count);
    if (stats == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < column_count; i++) {
        const table_column_stats *old = table_stats_find(v->stats, columns[i].field_id);
        if (old != NULL) {
            stats->columns[i] = *old;
        } else {
            stats->columns[i].field_id = columns[i].field_id;
            stats->columns[i].null_count = v->rows;
        }
    }
    table_version *copy = table_version_alloc(v->storage, v->leaf_count, stats);
    if (copy == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < v->leaf_count; i++) copy->leaves[i] = table_leaf_ref(v->leaves[i]);
    table_version_count(copy);
    *out = copy;
    return DBX_OK;
}

/* ---- deleting
 * ---------------------------------------------------------------------------------------------- */

/* Row ids are sorted, but groups need not be sorted by id: a sorted index of them. */
typedef struct table_group_index {
    uint64_t id;
    uint32_t position;
} table_group_index;

static int table_compare_index(const void *a, const void *b) {
    uint64_t x = ((const table_group_index *)a)->id, y = ((const table_group_index *)b)->id;
    return (x > y) - (x < y);
}

/* Deletes rows of one group: fresh is NULL until a row really goes. */
static dbx_status table_delete_in_group(table_position *p, const int64_t *row_ids, uint64_t count,
                                        uint64_t *deleted, ledger *l, error *err) {
    delete_vector *fresh = NULL;
    for (uint64_t i = 0; i < count; i++) {
        uint32_t row = (uint32_t)((uint64_t)row_ids[i] & ((1u << ROW_ID_SHIFT) - 1));
        if (row >= p->group->rows) {
            delete_vector_unref(fresh);
            return error_raise(err, ERR_INTERNAL_ERROR, (span){0, 0}, "message",
                               "a row id names no row", NULL);
        }
        const delete_vector *now = fresh != NULL ? fresh : p->deleted;
        if (now != NULL && (now->words[row / 64] >> (row % 64) & 1)) continue;
        if (fresh == NULL) {
            fresh = p->deleted != NULL ? delete_vector_copy(p->deleted)
                                       : delete_vector_new(l, p->group->rows);
            if (fresh == NULL) return error_nomem(err);
        }
        fresh->words[row / 64] |= (uint64_t)1 << (row % 64);
        fresh->count++;
        ++*deleted;
    }
    if (fresh != NULL) p->deleted = fresh; /* the caller owns it */
    return DBX_OK;
}

static dbx_status table_delete_all(table_position *positions, table_group_index *index,
                                   uint32_t group_count, const int64_t *row_ids, uint64_t count,
                                   uint64_t *deleted, ledger *l, error *err) {
    for (uint32_t i = 0; i < group_count; i++)
        index[i] = (table_group_index){positions[i].group->id, i};
    qsort(index, group_count, sizeof(*index), table_compare_index);
    uint32_t g = 0;
    for (uint64_t from = 0; from < count;) {
        uint64_t id = (uint64_t)row_ids[from] >> ROW_ID_SHIFT, to = from + 1;
        while (to < count && (uint64_t)row_ids[to] >> ROW_ID_SHIFT == id) to++;
        while (g < group_count && index[g].id < id) g++;
        if (g == group_count || index[g].id != id) {
            return error_raise(err, ERR_INTERNAL_ERROR, (span){0, 0}, "message",
                               "a row id names no row group", NULL);
        }
        TRY(table_delete_in_group(&positions[index[g].position], row_ids + from, to - from, deleted,
                                  l, err));
        from = to;
    }
    return DBX_OK;
}

dbx_status table_version_delete(const table_version *v, const int64_t *row_ids, uint64_t count,
                                uint64_t *deleted, table_version **out, error *err) {
    *out = NULL;
    *deleted = 0;
    ledger *l = storage_ledger(v->storage);
    size_t size, index_size = sizeof(table_group_index) * MAX(v->group_count, 1u);
    table_position *positions = table_version_positions(v, 0, &size);
    table_group_index *index = mem_alloc(l, index_size);
    dbx_status status = positions == NULL || index == NULL ? error_nomem(err) : DBX_OK;
    if (status == DBX_OK) {
        status =
            table_delete_all(positions, index, v->group_count, row_ids, count, deleted, l, err);
        if (status == DBX_OK) {
            status = table_version_from(v->storage, positions, v->group_count, v,
                                        table_stats_ref(v->stats), out, err);
        }
        for (uint32_t i = 0; i < v->group_count; i++) {
            if (positions[i].deleted != table_version_at(v, i).deleted)
                delete_vector_unref(positions[i].deleted);
        }
    }
    mem_free(l, index, index_size);
    mem_free(l, positions, size);
    return status;
}
