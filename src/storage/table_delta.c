/* table_delta.c - the difference of two versions of a table as bytes, for a record of the log.
 *
 * A version follows from another by groups that go, groups whose deleted rows change, and groups
 * that come at the end; the order of those that stay is kept. Small groups come with their bytes,
 * others were written before. Statistics stand as they become, sketches as the registers that
 * differ. Layout: README.md.
 */
#include "storage/table_int.h"

#include <stdlib.h>

enum { DELTA_SETTLED = 0, DELTA_IN_MEMORY = 1 };
enum { DELTA_MIN_CHANGED = 1, DELTA_MAX_CHANGED = 2 };

/* ---- statistics ---- */

static dbx_status delta_put_sketch(buffer *out, const sketch *old, const sketch *fresh) {
    static const sketch empty;
    if (old == NULL) old = &empty;
    uint32_t count = 0;
    for (uint32_t i = 0; i < SKETCH_REGISTERS; i += 8) {
        if (memcmp(old->registers + i, fresh->registers + i, 8) == 0) continue;
        for (uint32_t k = i; k < i + 8; k++) count += old->registers[k] != fresh->registers[k];
    }
    TRY(put_varint(out, count));
    uint32_t last = 0;
    for (uint32_t i = 0; count > 0; i++) {
        if (old->registers[i] == fresh->registers[i]) continue;
        TRY(put_varint(out, i - last));
        TRY(put_u8(out, fresh->registers[i]));
        last = i;
        count--;
    }
    return DBX_OK;
}

static void delta_get_sketch(byte_reader *r, sketch *s) {
    uint32_t count = get_count(r);
    uint64_t at = 0;
    for (uint32_t i = 0; i < count && !r->failed; i++) {
        at += get_varint(r);
        uint8_t value = get_u8(r);
        if (at >= SKETCH_REGISTERS)
            r->failed = true;
        else
            s->registers[at] = value;
    }
}

static dbx_status delta_put_stats(buffer *out, table_stats *old, const table_stats *fresh) {
    TRY(put_varint(out, fresh->column_count));
    for (uint32_t i = 0; i < fresh->column_count; i++) {
        const table_column_stats *c = &fresh->columns[i];
        const table_column_stats *before = table_stats_find(old, c->field_id);
        bool min = before == NULL || memcmp(&before->min, &c->min, sizeof(c->min)) != 0;
        bool max = before == NULL || memcmp(&before->max, &c->max, sizeof(c->max)) != 0;
        TRY(put_varint(out, c->field_id));
        TRY(put_u8(out, c->flags));
        TRY(put_varint(out, c->null_count));
        TRY(put_varint(out, c->value_bytes));
        TRY(put_u8(out, (uint8_t)((min ? DELTA_MIN_CHANGED : 0) | (max ? DELTA_MAX_CHANGED : 0))));
        if (min) TRY(buffer_append(out, &c->min, sizeof(c->min)));
        if (max) TRY(buffer_append(out, &c->max, sizeof(c->max)));
        TRY(delta_put_sketch(out, before != NULL ? &before->distinct : NULL, &c->distinct));
    }
    return DBX_OK;
}

static table_stats *delta_get_stats(byte_reader *r, table_stats *old) {
    uint32_t count = get_count(r);
    table_stats *stats = table_stats_new(old->ledger, r->failed ? 0 : count);
    if (stats == NULL) return NULL;
    for (uint32_t i = 0; i < stats->column_count && !r->failed; i++) {
        table_column_stats *c = &stats->columns[i];
        uint32_t field_id = (uint32_t)get_varint(r);
        const table_column_stats *before = table_stats_find(old, field_id);
        if (before != NULL) *c = *before;
        c->field_id = field_id;
        c->flags = get_u8(r);
        c->null_count = get_varint(r);
        c->value_bytes = get_varint(r);
        uint8_t changed = get_u8(r);
        if (changed & DELTA_MIN_CHANGED) get_bytes(r, &c->min, sizeof(c->min));
        if (changed & DELTA_MAX_CHANGED) get_bytes(r, &c->max, sizeof(c->max));
        delta_get_sketch(r, &c->distinct);
    }
    return stats;
}

/* ---- positions ---- */

typedef struct delta_groups {
    table_position *old, *fresh;
    uint32_t old_count, fresh_count;
    size_t old_size, fresh_size;
    uint32_t *kept; /* index in fresh of an old position; UINT32_MAX: it goes */
} delta_groups;

static void delta_groups_deinit(delta_groups *g, ledger *l) {
    mem_free(l, g->old, g->old_size);
    mem_free(l, g->fresh, g->fresh_size);
    mem_free(l, g->kept, sizeof(uint32_t) * ((size_t)g->old_count + 1));
}

/* Pairs positions; since those that stay keep their order, one pass over both finds them. Returns
 * the number of those that stay, all at the start of fresh, or UINT32_MAX. */
static uint32_t delta_pair(delta_groups *g) {
    uint32_t stay = 0;
    for (uint32_t i = 0; i < g->old_count; i++) {
        bool stays = stay < g->fresh_count && g->fresh[stay].group == g->old[i].group;
        g->kept[i] = stays ? stay++ : UINT32_MAX;
    }
    for (uint32_t i = stay; i < g->fresh_count; i++) {
        const row_group *added = g->fresh[i].group;
        if (added->extent.state == EXTENT_DURABLE || added->extent.state == EXTENT_DROPPED ||
            added->extent.logged)
            return UINT32_MAX;
        for (uint32_t k = 0; k < g->old_count; k++) {
            if (g->old[k].group == added) return UINT32_MAX;
        }
    }
    return stay;
}

static dbx_status delta_put_kept(buffer *out, const delta_groups *g) {
    uint32_t gone = 0, changed = 0;
    for (uint32_t i = 0; i < g->old_count; i++) {
        if (g->kept[i] == UINT32_MAX)
            gone++;
        else
            changed += g->fresh[g->kept[i]].deleted != g->old[i].deleted;
    }
    TRY(put_varint(out, gone));
    for (uint32_t i = 0; i < g->old_count; i++) {
        if (g->kept[i] == UINT32_MAX) TRY(put_varint(out, i));
    }
    TRY(put_varint(out, changed));
    for (uint32_t i = 0; i < g->old_count; i++) {
        if (g->kept[i] == UINT32_MAX) continue;
        const delete_vector *deleted = g->fresh[g->kept[i]].deleted;
        if (deleted == g->old[i].deleted) continue;
        TRY(put_varint(out, i));
        TRY(delete_vector_put(out, deleted));
    }
    return DBX_OK;
}

static dbx_status delta_put_added(buffer *out, const table_position *added, uint32_t count,
                                  error *err) {
    if (put_varint(out, count) != DBX_OK) return error_nomem(err);
    for (uint32_t i = 0; i < count; i++) {
        row_group *group = added[i].group;
        bool settled = row_group_is_settled(group);
        bool good = put_u8(out, settled ? DELTA_SETTLED : DELTA_IN_MEMORY) == DBX_OK &&
                    row_group_put(out, group) == DBX_OK &&
                    delete_vector_put(out, added[i].deleted) == DBX_OK;
        if (!good) return error_nomem(err);
        if (settled)
            storage_log_enter(group->storage, &group->extent);
        else
            TRY(row_group_put_bytes(out, group, err));
    }
    return DBX_OK;
}

dbx_status table_delta_put(buffer *out, const table_version *old, const table_version *fresh,
                           bool *possible, error *err) {
    ledger *l = storage_ledger(fresh->storage);
    delta_groups g = {.old_count = old->group_count, .fresh_count = fresh->group_count};
    g.old = table_version_positions(old, 0, &g.old_size);
    g.fresh = table_version_positions(fresh, 0, &g.fresh_size);
    g.kept = mem_alloc(l, sizeof(uint32_t) * ((size_t)g.old_count + 1));
    dbx_status status = DBX_OK;
    if (g.old == NULL || g.fresh == NULL || g.kept == NULL) {
        status = error_nomem(err);
    } else {
        uint32_t stay = delta_pair(&g);
        *possible = stay != UINT32_MAX;
        if (*possible) {
            bool good = delta_put_stats(out, old->stats, fresh->stats) == DBX_OK &&
                        delta_put_kept(out, &g) == DBX_OK;
            status = good ? delta_put_added(out, g.fresh + stay, g.fresh_count - stay, err)
                          : error_nomem(err);
        }
    }
    delta_groups_deinit(&g, l);
    return status;
}

/* ---- applying ---- */

/* The version being made: positions, of which those marked own their reference of the deletes and,
 * behind the old ones, of the group. */
typedef struct delta_result {
    table_position *positions;
    bool *fresh_deletes;
    uint32_t count, room, old_count;
    size_t size;
} delta_result;

static void delta_get_kept(storage *s, byte_reader *r, const table_version *old, delta_result *p,
                           dbx_status *status, error *err) {
    uint32_t gone = get_count(r);
    for (uint32_t i = 0; i < gone && !r->failed; i++) {
        uint64_t at = get_varint(r);
        if (at >= old->group_count || p->positions[at].group == NULL)
            r->failed = true;
        else
            p->positions[at].group = NULL;
    }
    uint32_t changed = get_count(r);
    for (uint32_t i = 0; i < changed && !r->failed && *status == DBX_OK; i++) {
        uint64_t at = get_varint(r);
        if (at >= old->group_count || p->positions[at].group == NULL || p->fresh_deletes[at]) {
            r->failed = true;
            break;
        }
        *status =
            delete_vector_get(s, r, p->positions[at].group->rows, &p->positions[at].deleted, err);
        p->fresh_deletes[at] = *status == DBX_OK;
    }
}

static dbx_status delta_get_added(storage *s, byte_reader *r, delta_result *p, error *err) {
    uint8_t kind = get_u8(r);
    row_group *group;
    TRY(row_group_get(s, r, &group, err));
    table_position *position = &p->positions[p->count];
    *position = (table_position){group, NULL};
    p->count++;
    TRY(delete_vector_get(s, r, group->rows, &position->deleted, err));
    if (row_group_is_settled(group) != (kind == DELTA_SETTLED)) r->failed = true;
    return kind == DELTA_SETTLED || r->failed ? DBX_OK : row_group_get_bytes(r, group, err);
}

static dbx_status delta_apply(byte_reader *r, const table_version *old, delta_result *p,
                              table_version **out, error *err) {
    storage *s = old->storage;
    ledger *l = storage_ledger(s);
    table_stats *stats = delta_get_stats(r, old->stats);
    if (stats == NULL) return error_nomem(err);
    dbx_status status = DBX_OK;
    delta_get_kept(s, r, old, p, &status, err);
    uint32_t added = get_count(r);
    if (status == DBX_OK && !r->failed && added > 0) {
        size_t size = sizeof(table_position) * ((size_t)p->room + added);
        table_position *more = mem_realloc(l, p->positions, p->size, size);
        if (more == NULL) {
            status = error_nomem(err);
        } else {
            p->positions = more;
            p->size = size;
        }
    }
    for (uint32_t i = 0; i < added && status == DBX_OK && !r->failed; i++)
        status = delta_get_added(s, r, p, err);
    if (status == DBX_OK && r->failed)
        status = storage_corrupt(s, err, "a record of its log does not decode");
    if (status != DBX_OK) {
        table_stats_unref(stats);
        return status;
    }
    table_position *compact = mem_alloc(l, sizeof(table_position) * ((size_t)p->count + 1));
    if (compact == NULL) {
        table_stats_unref(stats);
        return error_nomem(err);
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        if (p->positions[i].group != NULL) compact[count++] = p->positions[i];
    }
    status = table_version_from(s, compact, count, old, stats, out, err);
    mem_free(l, compact, sizeof(table_position) * ((size_t)p->count + 1));
    return status;
}

dbx_status table_delta_get(byte_reader *r, const table_version *old, table_version **out,
                           error *err) {
    *out = NULL;
    ledger *l = storage_ledger(old->storage);
    delta_result p = {.count = old->group_count, .old_count = old->group_count};
    size_t marks = (size_t)old->group_count + 1;
    p.positions = table_version_positions(old, 0, &p.size);
    p.room = old->group_count + 1;
    p.fresh_deletes = mem_alloc_zero(l, marks);
    dbx_status status = p.positions == NULL || p.fresh_deletes == NULL
                            ? error_nomem(err)
                            : delta_apply(r, old, &p, out, err);
    for (uint32_t i = 0; i < p.count && p.positions != NULL && p.fresh_deletes != NULL; i++) {
        bool added = i >= p.old_count;
        if (added || p.fresh_deletes[i]) delete_vector_unref(p.positions[i].deleted);
        if (added) row_group_unref(p.positions[i].group);
    }
    mem_free(l, p.positions, p.size);
    mem_free(l, p.fresh_deletes, marks);
    return status;
}
