/* table_past.c - past versions of a table as bytes, and the extents of all that a root leads to of
 * a table.
 *
 * Row groups are immutable and versions share them, so a past version costs little: a list of
 * groups with the rows deleted then. Groups in memory come with their bytes, so that a version of a
 * few rows needs no page of its own. Layout: README.md.
 */
#include "storage/table_int.h"

#include <stdlib.h>

enum { PAST_SETTLED = 0, PAST_IN_MEMORY = 1 };

/* ---- sets of groups, by id: two objects may stand for one group after the file was followed ----
 */

typedef struct past_set {
    ledger *ledger;
    row_group **groups; /* sorted by id, distinct */
    uint32_t count;
    size_t room;
} past_set;

static int past_compare(const void *a, const void *b) {
    uint64_t x = (*(row_group *const *)a)->id, y = (*(row_group *const *)b)->id;
    return (x > y) - (x < y);
}

static void past_add(past_set *set, const table_version *v) {
    for (uint32_t i = 0; v != NULL && i < v->leaf_count; i++) {
        memcpy(set->groups + set->count, v->leaves[i]->groups,
               sizeof(row_group *) * v->leaves[i]->count);
        set->count += v->leaves[i]->count;
    }
}

/* Groups of all versions of the rows. */
static dbx_status past_set_init(past_set *set, const table_rows *rows, ledger *l) {
    uint64_t room = 1 + (rows->version != NULL ? rows->version->group_count : 0);
    for (uint32_t i = 0; i < rows->past_count; i++) room += rows->past[i]->group_count;
    *set = (past_set){.ledger = l, .room = (size_t)room};
    set->groups = mem_alloc(l, sizeof(row_group *) * set->room);
    if (set->groups == NULL) return DBX_NOMEM;
    past_add(set, rows->version);
    for (uint32_t i = 0; i < rows->past_count; i++) past_add(set, rows->past[i]);
    qsort(set->groups, set->count, sizeof(row_group *), past_compare);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < set->count; i++) {
        if (kept == 0 || set->groups[kept - 1]->id != set->groups[i]->id)
            set->groups[kept++] = set->groups[i];
    }
    set->count = kept;
    return DBX_OK;
}

static void past_set_deinit(past_set *set) {
    mem_free(set->ledger, set->groups, sizeof(row_group *) * set->room);
}

static row_group *past_find(const past_set *set, uint64_t id) {
    uint32_t low = 0, high = set->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (set->groups[middle]->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < set->count && set->groups[low]->id == id ? set->groups[low] : NULL;
}

/* ---- what a root leads to ---- */

/* Directory blobs of past versions that no root leads to any more give their pages back: what they
 * say is in memory. */
static void past_release_blobs(const table_rows *rows) {
    storage *s = rows->version->storage;
    storage_settle_lock(s); /* a checkpoint may be writing them */
    for (uint32_t i = 0; i < rows->past_count; i++) {
        table_version *v = rows->past[i];
        if (v == rows->version) continue;
        if (v->blob.extent.state == EXTENT_DROPPED) storage_blob_release(v->storage, &v->blob);
        for (uint32_t k = 0; k < v->leaf_count; k++) {
            storage_blob *blob = &v->leaves[k]->blob;
            if (blob->extent.state == EXTENT_DROPPED) storage_blob_release(v->storage, blob);
        }
    }
    storage_settle_unlock(s);
}

static dbx_status past_enter(const past_set *fresh, error *err) {
    for (uint32_t i = 0; i < fresh->count; i++) {
        row_group *g = fresh->groups[i];
        /* A version that was given up since it was looked at: its pages may be gone. */
        if (g->extent.state == EXTENT_DROPPED)
            return error_raise(err, ERR_DELTA_CONCURRENT_WRITE, (span){0, 0}, "tableName",
                               "the table", NULL);
        storage_commit_enter(g->storage, &g->extent);
    }
    return DBX_OK;
}

static void past_leave(const past_set *old, const past_set *fresh) {
    for (uint32_t i = 0; i < old->count; i++) {
        row_group *g = old->groups[i];
        if (fresh == NULL || past_find(fresh, g->id) == NULL)
            storage_commit_leave(g->storage, &g->extent);
    }
}

static bool past_has_leaf(const table_version *v, const table_leaf *leaf) {
    for (uint32_t i = 0; v != NULL && i < v->leaf_count; i++) {
        if (v->leaves[i] == leaf) return true;
    }
    return false;
}

static void past_leave_blobs(table_version *old, const table_version *fresh) {
    for (uint32_t i = 0; i < old->leaf_count; i++) {
        table_leaf *leaf = old->leaves[i];
        if (!past_has_leaf(fresh, leaf)) storage_commit_leave(old->storage, &leaf->blob.extent);
    }
    if (old != fresh) storage_commit_leave(old->storage, &old->blob.extent);
}

dbx_status table_rows_persist(const table_rows *fresh, const table_rows *old, error *err) {
    table_version *v = fresh->version;
    ledger *l = storage_ledger(v->storage);
    TRY(table_version_settle(v, old != NULL ? old->version : NULL, err));
    past_release_blobs(fresh);
    past_set now, before = {0};
    dbx_status status = past_set_init(&now, fresh, l);
    if (status == DBX_OK && old != NULL) status = past_set_init(&before, old, l);
    status = status != DBX_OK ? error_nomem(err) : past_enter(&now, err);
    if (status == DBX_OK) {
        for (uint32_t i = 0; i < v->leaf_count; i++)
            storage_commit_enter(v->storage, &v->leaves[i]->blob.extent);
        storage_commit_enter(v->storage, &v->blob.extent);
        past_leave(&before, &now);
        if (old != NULL) past_leave_blobs(old->version, v);
    }
    past_set_deinit(&now);
    if (old != NULL) past_set_deinit(&before);
    return status;
}

dbx_status table_rows_leave(const table_rows *old, error *err) {
    past_set before;
    dbx_status status = past_set_init(&before, old, storage_ledger(old->version->storage));
    if (status == DBX_OK) {
        past_leave(&before, NULL);
        past_leave_blobs(old->version, NULL);
    }
    past_set_deinit(&before);
    return status == DBX_OK ? DBX_OK : error_nomem(err);
}

/* ---- bytes ---- */

static dbx_status past_put_groups(buffer *out, const past_set *set, error *err) {
    if (put_varint(out, set->count) != DBX_OK) return error_nomem(err);
    for (uint32_t i = 0; i < set->count; i++) {
        row_group *g = set->groups[i];
        bool settled = row_group_is_settled(g);
        if (put_u8(out, settled ? PAST_SETTLED : PAST_IN_MEMORY) != DBX_OK ||
            row_group_put(out, g) != DBX_OK)
            return error_nomem(err);
        if (!settled) TRY(row_group_put_bytes(out, g, err));
    }
    return DBX_OK;
}

static uint32_t past_index(const past_set *set, uint64_t id) {
    uint32_t low = 0, high = set->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (set->groups[middle]->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static dbx_status past_put_version(buffer *out, const past_set *set, const table_version *v) {
    TRY(put_varint(out, v->group_count));
    for (uint32_t i = 0; i < v->leaf_count; i++) {
        for (uint32_t k = 0; k < v->leaves[i]->count; k++) {
            TRY(put_varint(out, past_index(set, v->leaves[i]->groups[k]->id)));
            TRY(delete_vector_put(out, v->leaves[i]->deleted[k]));
        }
    }
    return DBX_OK;
}

dbx_status table_past_put(buffer *out, table_version **versions, uint32_t count, error *err) {
    table_rows rows = {.past = versions, .past_count = count};
    past_set set;
    if (count == 0) return DBX_OK;
    dbx_status status = past_set_init(&set, &rows, storage_ledger(versions[0]->storage));
    status = status != DBX_OK ? error_nomem(err) : past_put_groups(out, &set, err);
    for (uint32_t i = 0; i < count && status == DBX_OK; i++) {
        if (past_put_version(out, &set, versions[i]) != DBX_OK) status = error_nomem(err);
    }
    past_set_deinit(&set);
    return status;
}

/* Reads the groups, taking those that `current` has from there. Each is a reference. */
static dbx_status past_get_groups(byte_reader *r, const table_version *current, past_set *set,
                                  error *err) {
    storage *s = current->storage;
    table_rows rows = {.version = (table_version *)(uintptr_t)current};
    past_set known;
    uint32_t count = get_count(r);
    set->room = (size_t)count + 1;
    set->ledger = storage_ledger(s);
    set->groups = mem_alloc(set->ledger, sizeof(row_group *) * set->room);
    dbx_status status = past_set_init(&known, &rows, set->ledger);
    if (set->groups == NULL || status != DBX_OK) status = error_nomem(err);
    for (uint32_t i = 0; i < count && status == DBX_OK; i++) {
        uint8_t kind = get_u8(r);
        row_group *g;
        status = row_group_get(s, r, &g, err);
        if (status != DBX_OK) break;
        set->groups[set->count++] = g;
        if (kind == PAST_IN_MEMORY && !row_group_is_settled(g))
            status = row_group_get_bytes(r, g, err);
        else if (kind != PAST_SETTLED || !row_group_is_settled(g))
            status = storage_corrupt(s, err, "the history of a table does not decode");
        row_group *same = status == DBX_OK ? past_find(&known, g->id) : NULL;
        if (same == NULL || same->rows != g->rows) continue;
        set->groups[i] = row_group_ref(same);
        row_group_unref(g);
    }
    past_set_deinit(&known);
    return status;
}

/* Bounds of the groups; distinct values as they are now, which is near enough for estimates. */
static table_stats *past_stats(const table_version *current, const table_position *positions,
                               uint32_t count) {
    table_stats *stats = table_stats_new(current->stats->ledger, current->stats->column_count);
    if (stats == NULL) return NULL;
    for (uint32_t i = 0; i < stats->column_count; i++) {
        stats->columns[i].field_id = current->stats->columns[i].field_id;
        stats->columns[i].distinct = current->stats->columns[i].distinct;
    }
    for (uint32_t i = 0; i < count; i++) table_stats_add_group(stats, positions[i].group, i > 0);
    return stats;
}

static dbx_status past_get_version(byte_reader *r, const table_version *current,
                                   const past_set *set, const table_version *like,
                                   table_version **out, error *err) {
    storage *s = current->storage;
    uint32_t count = get_count(r), got = 0;
    size_t size = sizeof(table_position) * ((size_t)count + 1);
    table_position *positions = mem_alloc_zero(storage_ledger(s), size);
    if (positions == NULL) return error_nomem(err);
    dbx_status status = DBX_OK;
    while (got < count && status == DBX_OK) {
        uint64_t index = get_varint(r);
        if (r->failed || index >= set->count) {
            status = storage_corrupt(s, err, "the history of a table does not decode");
            break;
        }
        table_position *p = &positions[got];
        p->group = set->groups[index];
        status = delete_vector_get(s, r, p->group->rows, &p->deleted, err);
        if (status == DBX_OK) got++;
    }
    if (status == DBX_OK) {
        table_stats *stats = past_stats(current, positions, count);
        status = stats == NULL ? error_nomem(err)
                               : table_version_from(s, positions, count, like, stats, out, err);
    }
    for (uint32_t i = 0; i < got; i++) delete_vector_unref(positions[i].deleted);
    mem_free(storage_ledger(s), positions, size);
    return status;
}

dbx_status table_past_get(byte_reader *r, const table_version *current, table_version **versions,
                          uint32_t count, error *err) {
    memset(versions, 0, sizeof(*versions) * count);
    if (count == 0) return DBX_OK;
    past_set set = {0};
    dbx_status status = past_get_groups(r, current, &set, err);
    const table_version *like = current;
    for (uint32_t i = 0; i < count && status == DBX_OK; i++) {
        status = past_get_version(r, current, &set, like, &versions[i], err);
        like = versions[i];
    }
    if (status == DBX_OK && r->failed)
        status = storage_corrupt(current->storage, err, "the history of a table does not decode");
    for (uint32_t i = 0; i < set.count; i++) row_group_unref(set.groups[i]);
    if (set.ledger != NULL) past_set_deinit(&set);
    for (uint32_t i = 0; i < count && status != DBX_OK; i++) {
        table_version_unref(versions[i]);
        versions[i] = NULL;
    }
    return status;
}
