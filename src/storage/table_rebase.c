/* table_rebase.c - joining short groups, and carrying changes over to a version that others made
 * meanwhile. */
#include "storage/table_int.h"

#include "kernel/bitmap.h"

#include <stdlib.h>

/* ---- joining the tail
 * ---------------------------------------------------------------------------------------- */

static uint32_t table_live_rows(const table_position *p) {
    return p->group->rows - (p->deleted != NULL ? p->deleted->count : 0);
}

static bool table_version_has(const table_version *v, const row_group *g) {
    if (v == NULL) return false;
    for (uint32_t i = 0; i < v->leaf_count; i++) {
        for (uint32_t k = 0; k < v->leaves[i]->count; k++) {
            if (v->leaves[i]->groups[k] == g) return true;
        }
    }
    return false;
}

uint32_t table_version_tail_length(const table_version *v, const table_version *keep) {
    uint32_t length = 0;
    uint64_t rows = 0;
    while (length < v->group_count) {
        table_position p = table_version_at(v, v->group_count - 1 - length);
        uint64_t live = table_live_rows(&p);
        if (p.group->rows >= ROW_GROUP_ROWS || table_version_has(keep, p.group)) break;
        if (length > 0 && (live > 2 * rows || live + rows > ROW_GROUP_ROWS)) break;
        rows += live;
        length++;
    }
    return length >= 2 ? length : 0;
}

typedef struct table_builders {
    ledger *ledger;
    column_builder *columns;
    sketch *sketches;
    uint32_t count;
} table_builders;

static dbx_status table_builders_init(table_builders *b, const storage_column *columns,
                                      uint32_t count, ledger *l) {
    *b = (table_builders){.ledger = l, .count = count};
    b->columns = mem_alloc_zero(l, sizeof(column_builder) * count);
    b->sketches = mem_alloc_zero(l, sizeof(sketch) * count);
    if (b->columns == NULL || b->sketches == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < count; i++)
        TRY(column_builder_init(&b->columns[i], columns[i].type, l));
    return DBX_OK;
}

static void table_builders_deinit(table_builders *b) {
    for (uint32_t i = 0; i < b->count && b->columns != NULL; i++)
        column_builder_deinit(&b->columns[i]);
    mem_free(b->ledger, b->columns, sizeof(column_builder) * b->count);
    mem_free(b->ledger, b->sketches, sizeof(sketch) * b->count);
}

/* Builds one group of positions [0, count); *out is NULL when no row is left. */
static dbx_status table_join_groups(storage *s, const table_position *positions, uint32_t count,
                                    const storage_column *columns, uint32_t column_count,
                                    uint64_t first_id, row_group **out, error *err) {
    *out = NULL;
    table_builders b;
    dbx_status status = table_builders_init(&b, columns, column_count, storage_ledger(s));
    if (status != DBX_OK) status = error_nomem(err);
    for (uint32_t i = 0; i < count && status == DBX_OK; i++) {
        const uint64_t *deleted = positions[i].deleted != NULL ? positions[i].deleted->words : NULL;
        status =
            row_group_append_to(positions[i].group, deleted, columns, column_count, b.columns, err);
    }
    if (status == DBX_OK && b.columns[0].rows > 0) {
        status = first_id == 0
                     ? row_group_build(s, columns, column_count, b.columns, b.sketches, out, err)
                     : row_group_rebuild(s, columns, column_count, b.columns, b.sketches, first_id,
                                         out, err);
    }
    table_builders_deinit(&b);
    return status;
}

dbx_status table_version_join_tail(const table_version *v, uint32_t length,
                                   const storage_column *columns, uint32_t column_count,
                                   uint64_t first_id, table_version **out, error *err) {
    assert(length <= v->group_count);
    *out = NULL;
    size_t size;
    table_position *positions = table_version_positions(v, 0, &size);
    if (positions == NULL) return error_nomem(err);
    uint32_t kept = v->group_count - length;
    row_group *joined;
    dbx_status status = table_join_groups(v->storage, positions + kept, length, columns,
                                          column_count, first_id, &joined, err);
    if (status == DBX_OK) {
        uint32_t count = kept;
        if (joined != NULL) positions[count++] = (table_position){joined, NULL};
        status = table_version_from(v->storage, positions, count, v, table_stats_ref(v->stats), out,
                                    err);
        row_group_unref(joined);
    }
    mem_free(storage_ledger(v->storage), positions, size);
    return status;
}

dbx_status table_version_compact_tail(const table_version *v, const table_version *keep,
                                      const storage_column *columns, uint32_t column_count,
                                      table_version **out, error *err) {
    uint32_t length = table_version_tail_length(v, keep);
    if (length > 0) return table_version_join_tail(v, length, columns, column_count, 0, out, err);
    *out = table_version_ref((table_version *)(uintptr_t)v);
    return DBX_OK;
}

/* ---- rebase
 * --------------------------------------------------------------------------------------------------
 */

typedef struct table_rebase {
    table_position *base, *mine, *head; /* sorted by group id */
    uint32_t base_count, mine_count, head_count;
    uint64_t new_rows;
} table_rebase;

static int table_compare_positions(const void *a, const void *b) {
    uint64_t x = ((const table_position *)a)->group->id, y = ((const table_position *)b)->group->id;
    return (x > y) - (x < y);
}

static table_position *table_find_position(table_position *positions, uint32_t count, uint64_t id) {
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (positions[middle].group->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && positions[low].group->id == id ? &positions[low] : NULL;
}

/* Joins my deletes of a group with those that others made; NULL when a row was deleted by both. */
static dbx_status table_merge_deletes(const delete_vector *base, const delete_vector *mine,
                                      const delete_vector *head, delete_vector **out,
                                      bool *conflict) {
    *conflict = false;
    *out = delete_vector_copy(mine);
    if (*out == NULL) return DBX_NOMEM;
    uint32_t words = (uint32_t)(validity_bytes(mine->rows) / 8);
    for (uint32_t i = 0; i < words; i++) {
        uint64_t before = base != NULL ? base->words[i] : 0;
        uint64_t by_me = mine->words[i] & ~before, by_others = head->words[i] & ~before;
        *conflict = *conflict || (by_me & by_others) != 0;
        (*out)->words[i] = mine->words[i] | head->words[i];
    }
    (*out)->count = (uint32_t)bitmap_count((*out)->words, mine->rows);
    return DBX_OK;
}

/* What I deleted in the groups of `base`, put into the positions of the head; owned marks fresh
 * vectors. */
static dbx_status table_rebase_deletes(table_rebase *r, table_position *result, uint32_t count,
                                       bool *owned, table_conflict *conflict) {
    for (uint32_t i = 0; i < r->base_count; i++) {
        const table_position *base = &r->base[i];
        const table_position *mine = table_find_position(r->mine, r->mine_count, base->group->id);
        const table_position *head = table_find_position(r->head, r->head_count, base->group->id);
        bool changed = mine == NULL || mine->deleted != base->deleted;
        if (!changed) continue;
        if (mine == NULL || head == NULL) { /* I rewrote the group, or others did */
            *conflict = TABLE_CONFLICT_WRITE;
            return DBX_OK;
        }
        for (uint32_t k = 0; k < count; k++) {
            if (result[k].group != head->group) continue;
            if (head->deleted == base->deleted) {
                result[k].deleted = mine->deleted;
                break;
            }
            bool both;
            TRY(table_merge_deletes(base->deleted, mine->deleted, head->deleted, &result[k].deleted,
                                    &both));
            owned[k] = true;
            if (both) {
                *conflict = TABLE_CONFLICT_DELETE;
                return DBX_OK;
            }
            break;
        }
    }
    return DBX_OK;
}

/* Statistics of the head and of the groups that I added. */
static table_stats *table_rebase_stats(const table_version *mine, const table_version *head,
                                       const table_position *added, uint32_t added_count) {
    table_stats *stats = table_stats_new(head->stats->ledger, head->stats->column_count);
    if (stats == NULL) return NULL;
    memcpy(stats->columns, head->stats->columns, sizeof(table_column_stats) * stats->column_count);
    for (uint32_t i = 0; i < stats->column_count; i++) {
        const table_column_stats *own = table_stats_find(mine->stats, stats->columns[i].field_id);
        if (own != NULL) sketch_merge(&stats->columns[i].distinct, &own->distinct);
    }
    for (uint32_t i = 0; i < added_count; i++)
        table_stats_add_group(stats, added[i].group, head->rows > 0 || i > 0);
    return stats;
}

static dbx_status table_rebase_make(table_rebase *r, const table_version *mine,
                                    const table_version *head, table_position *result, bool *owned,
                                    table_version **out, table_conflict *conflict, error *err) {
    uint32_t count = head->group_count;
    if (table_rebase_deletes(r, result, count, owned, conflict) != DBX_OK) return error_nomem(err);
    if (*conflict != TABLE_NO_CONFLICT) return DBX_OK;
    for (uint32_t i = 0; i < mine->group_count; i++) { /* in their order */
        table_position p = table_version_at(mine, i);
        if (table_find_position(r->base, r->base_count, p.group->id) == NULL) result[count++] = p;
    }
    table_stats *stats =
        table_rebase_stats(mine, head, result + head->group_count, count - head->group_count);
    if (stats == NULL) return error_nomem(err);
    return table_version_from(head->storage, result, count, head, stats, out, err);
}

dbx_status table_version_rebase(const table_version *base, const table_version *mine,
                                const table_version *head, table_version **out,
                                table_conflict *conflict, error *err) {
    *out = NULL;
    *conflict = TABLE_NO_CONFLICT;
    ledger *l = storage_ledger(head->storage);
    size_t base_size, mine_size, head_size, result_size;
    table_rebase r = {.base_count = base->group_count,
                      .mine_count = mine->group_count,
                      .head_count = head->group_count};
    r.base = table_version_positions(base, 0, &base_size);
    r.mine = table_version_positions(mine, 0, &mine_size);
    r.head = table_version_positions(head, 0, &head_size);
    table_position *result = table_version_positions(head, mine->group_count, &result_size);
    size_t owned_size = (size_t)head->group_count + 1;
    bool *owned = mem_alloc_zero(l, owned_size);
    dbx_status status = DBX_OK;
    if (r.base == NULL || r.mine == NULL || r.head == NULL || result == NULL || owned == NULL) {
        status = error_nomem(err);
    } else {
        qsort(r.base, r.base_count, sizeof(table_position), table_compare_positions);
        qsort(r.mine, r.mine_count, sizeof(table_position), table_compare_positions);
        qsort(r.head, r.head_count, sizeof(table_position), table_compare_positions);
        status = table_rebase_make(&r, mine, head, result, owned, out, conflict, err);
        for (uint32_t i = 0; i < head->group_count; i++) {
            if (owned[i]) delete_vector_unref(result[i].deleted);
        }
    }
    mem_free(l, r.base, base_size);
    mem_free(l, r.mine, mine_size);
    mem_free(l, r.head, head_size);
    mem_free(l, result, result_size);
    mem_free(l, owned, owned_size);
    return status;
}
