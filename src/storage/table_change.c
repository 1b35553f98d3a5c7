/* table_change.c - rows that one version of a table has and another lacks, as a version of their
 * own.
 *
 * Row groups are immutable and known by ids, so rows are compared by where they are: a group that
 * only one version has, or a row that is deleted in the other.
 */
#include "storage/table_int.h"

#include "kernel/bitmap.h"

/* Of the group in both versions: deletes that leave only rows that are live in `v` and not in the
 * other; NULL with *none when no row is left. */
static dbx_status change_deletes(const row_group *g, const delete_vector *live,
                                 const delete_vector *other, delete_vector **out, bool *none) {
    *out = NULL;
    *none = other == NULL || other == live;
    if (*none) return DBX_OK;
    delete_vector *d = delete_vector_new(storage_ledger(g->storage), g->rows);
    if (d == NULL) return DBX_NOMEM;
    uint32_t words = (uint32_t)(validity_bytes(g->rows) / 8);
    for (uint32_t i = 0; i < words; i++) {
        uint64_t deleted = live != NULL ? live->words[i] : 0;
        d->words[i] = ~(other->words[i] & ~deleted);
    }
    if (g->rows % 64 != 0) d->words[g->rows / 64] &= ((uint64_t)1 << g->rows % 64) - 1;
    d->count = (uint32_t)bitmap_count(d->words, g->rows);
    *none = d->count == g->rows;
    *out = d;
    return DBX_OK;
}

static const table_position *change_find(const table_position *positions, uint32_t count,
                                         uint64_t id) {
    for (uint32_t i = 0; i < count; i++) {
        if (positions[i].group->id == id) return &positions[i];
    }
    return NULL;
}

dbx_status table_version_only(const table_version *v, const table_version *other,
                              table_version **out, error *err) {
    ledger *l = storage_ledger(v->storage);
    size_t size, other_size;
    table_position *mine = table_version_positions(v, 0, &size);
    table_position *theirs = table_version_positions(other, 0, &other_size);
    uint32_t kept = 0, owned = 0;
    *out = NULL;
    size_t owned_size = sizeof(delete_vector *) * ((size_t)v->group_count + 1);
    delete_vector **made = mem_alloc_zero(l, owned_size);
    dbx_status status = DBX_OK;
    if (mine == NULL || theirs == NULL || made == NULL) status = DBX_NOMEM;
    for (uint32_t i = 0; i < v->group_count && status == DBX_OK; i++) {
        table_position p = mine[i];
        const table_position *same = change_find(theirs, other->group_count, p.group->id);
        bool none = false;
        if (same != NULL) {
            status = change_deletes(p.group, p.deleted, same->deleted, &made[owned], &none);
            p.deleted = made[owned];
            owned += made[owned] != NULL;
        }
        if (status == DBX_OK && !none) mine[kept++] = p;
    }
    if (status == DBX_OK)
        status =
            table_version_from(v->storage, mine, kept, NULL, table_stats_ref(v->stats), out, err);
    else
        status = error_nomem(err);
    for (uint32_t i = 0; i < owned; i++) delete_vector_unref(made[i]);
    mem_free(l, made, owned_size);
    mem_free(l, mine, size);
    mem_free(l, theirs, other_size);
    return status;
}
