/* table_append.c - gathering rows of many workers into row groups, in the order of their morsels.
 *
 * Order matters: data that arrives sorted stays sorted over row groups, which zone maps and ordered
 * operators use. Each worker gathers a run of morsels with nothing of others between them. When its
 * next morsel does not continue the run, the run's rows become a piece in a list ordered by morsel;
 * neighbouring pieces with no running worker between them are joined into full groups by whoever
 * finds them. A group that a run fills is encoded at once.
 */
#include "storage/table.h"

typedef struct append_item { /* a finished group or a piece of rows */
    uint64_t first, last;    /* morsels */
    uint64_t sequence;       /* order of items that start in the same morsel */
    row_group
        *group; /* NULL: a piece, or the place of a group that is being made (no builders either) */
    column_builder *builders;
    uint32_t rows;
    uint64_t bytes; /* of the builders */
} append_item;

struct table_appender_local {
    table_appender *appender;
    table_appender_local *next;
    column_builder *builders;
    sketch *sketches;
    uint64_t first, last; /* run of morsels, when active */
    bool active;
    arena scratch;
};

struct table_appender {
    storage *storage;
    ledger *ledger;
    const storage_column *columns;
    uint32_t column_count;
    os_mutex lock;
    append_item *items; /* by first, then sequence */
    uint32_t item_count, item_capacity;
    uint64_t next_sequence;
    table_appender_local *locals;
    sketch *sketches; /* of combined workers */
    uint64_t rows;
    row_group **groups; /* after finish */
    uint32_t group_count, group_room;
};

/* ---- builders
 * ------------------------------------------------------------------------------------------------
 */

static void append_builders_free(const table_appender *a, column_builder *builders) {
    if (builders == NULL) return;
    for (uint32_t i = 0; i < a->column_count; i++) column_builder_deinit(&builders[i]);
    mem_free(a->ledger, builders, sizeof(column_builder) * a->column_count);
}

static column_builder *append_builders_new(const table_appender *a) {
    column_builder *builders = mem_alloc_zero(a->ledger, sizeof(column_builder) * a->column_count);
    if (builders == NULL) return NULL;
    for (uint32_t i = 0; i < a->column_count; i++) {
        if (column_builder_init(&builders[i], a->columns[i].type, a->ledger) == DBX_OK) continue;
        append_builders_free(a, builders);
        return NULL;
    }
    return builders;
}

static uint64_t append_builders_bytes(const table_appender *a, const column_builder *builders) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < a->column_count; i++) bytes += column_builder_bytes(&builders[i]);
    return bytes;
}

/* ---- appender and locals
 * --------------------------------------------------------------------------------------- */

dbx_status table_appender_new(storage *s, const storage_column *columns, uint32_t column_count,
                              ledger *l, table_appender **out, error *err) {
    assert(column_count > 0);
    table_appender *a = mem_alloc_zero(l, sizeof(*a));
    *out = a;
    if (a == NULL) return error_nomem(err);
    os_mutex_init(&a->lock);
    a->storage = s;
    a->ledger = l;
    a->columns = columns;
    a->column_count = column_count;
    a->sketches = mem_alloc_zero(l, sizeof(sketch) * column_count);
    if (a->sketches != NULL) return DBX_OK;
    table_appender_free(a);
    *out = NULL;
    return error_nomem(err);
}

static void append_local_free(table_appender_local *l) {
    table_appender *a = l->appender;
    append_builders_free(a, l->builders);
    mem_free(a->ledger, l->sketches, sizeof(sketch) * a->column_count);
    arena_deinit(&l->scratch);
    mem_free(a->ledger, l, sizeof(*l));
}

static void append_local_unlink(table_appender_local *l) {
    os_mutex_lock(&l->appender->lock);
    for (table_appender_local **at = &l->appender->locals; *at != NULL; at = &(*at)->next) {
        if (*at != l) continue;
        *at = l->next;
        break;
    }
    os_mutex_unlock(&l->appender->lock);
}

void table_appender_free(table_appender *a) {
    if (a == NULL) return;
    while (a->locals != NULL) {
        table_appender_local *next = a->locals->next;
        append_local_free(a->locals);
        a->locals = next;
    }
    for (uint32_t i = 0; i < a->item_count; i++) {
        row_group_unref(a->items[i].group);
        append_builders_free(a, a->items[i].builders);
    }
    for (uint32_t i = 0; i < a->group_count; i++) row_group_unref(a->groups[i]);
    mem_free(a->ledger, a->groups, sizeof(row_group *) * a->group_room);
    mem_free(a->ledger, a->items, sizeof(append_item) * a->item_capacity);
    mem_free(a->ledger, a->sketches, sizeof(sketch) * a->column_count);
    os_mutex_deinit(&a->lock);
    mem_free(a->ledger, a, sizeof(*a));
}

dbx_status table_appender_local_new(table_appender *a, table_appender_local **out, error *err) {
    table_appender_local *l = mem_alloc_zero(a->ledger, sizeof(*l));
    *out = NULL;
    if (l == NULL) return error_nomem(err);
    l->appender = a;
    arena_init(&l->scratch, a->ledger);
    l->sketches = mem_alloc_zero(a->ledger, sizeof(sketch) * a->column_count);
    l->builders = append_builders_new(a);
    if (l->sketches == NULL || l->builders == NULL) {
        append_local_free(l);
        return error_nomem(err);
    }
    os_mutex_lock(&a->lock);
    l->next = a->locals;
    a->locals = l;
    os_mutex_unlock(&a->lock);
    *out = l;
    return DBX_OK;
}

/* ---- items
 * -------------------------------------------------------------------------------------------------
 */

/* Lock held. Enters an item in order; the item's things are taken over only on success. */
static dbx_status append_insert(table_appender *a, append_item item) {
    if (a->item_count == a->item_capacity) {
        uint32_t capacity = MAX(a->item_capacity * 2, 16u);
        append_item *items =
            mem_realloc(a->ledger, a->items, sizeof(append_item) * a->item_capacity,
                        sizeof(append_item) * capacity);
        if (items == NULL) return DBX_NOMEM;
        a->items = items;
        a->item_capacity = capacity;
    }
    uint32_t at = a->item_count;
    while (at > 0 &&
           (a->items[at - 1].first > item.first ||
            (a->items[at - 1].first == item.first && a->items[at - 1].sequence > item.sequence))) {
        at--;
    }
    memmove(&a->items[at + 1], &a->items[at], sizeof(append_item) * (a->item_count - at));
    a->items[at] = item;
    a->item_count++;
    return DBX_OK;
}

static void append_remove(table_appender *a, uint32_t at) {
    a->item_count--;
    memmove(&a->items[at], &a->items[at + 1], sizeof(append_item) * (a->item_count - at));
}

/* Lock held. Takes pieces [start, start + length) out and leaves a place for the group they become.
 */
static append_item *append_take(table_appender *a, uint32_t start, uint32_t length) {
    append_item *pieces = mem_alloc(a->ledger, sizeof(append_item) * length);
    if (pieces == NULL) return NULL;
    memcpy(pieces, &a->items[start], sizeof(append_item) * length);
    for (uint32_t i = 1; i < length; i++) append_remove(a, start + 1);
    a->items[start].builders = NULL;
    return pieces;
}

/* Lock held. The place left by append_take, or NULL. */
static append_item *append_find_place(table_appender *a, uint64_t sequence) {
    for (uint32_t i = 0; i < a->item_count; i++) {
        append_item *item = &a->items[i];
        if (item->sequence == sequence && item->builders == NULL && item->group == NULL)
            return item;
    }
    return NULL;
}

/* Encodes builders with at most ROW_GROUP_ROWS rows as a group in the list, in the place of (first,
 * sequence). */
static dbx_status append_build(table_appender *a, column_builder *builders, sketch *sketches,
                               append_item place, error *err) {
    dbx_status status = row_group_build(a->storage, a->columns, a->column_count, builders, sketches,
                                        &place.group, err);
    if (status != DBX_OK) return status;
    place.builders = NULL;
    os_mutex_lock(&a->lock);
    append_item *kept = append_find_place(a, place.sequence);
    if (kept != NULL)
        *kept = place;
    else
        status = append_insert(a, place);
    os_mutex_unlock(&a->lock);
    if (status == DBX_OK) return DBX_OK;
    row_group_unref(place.group);
    return error_nomem(err);
}

/* ---- joining pieces
 * ------------------------------------------------------------------------------------------ */

/* Lock held. Is another worker gathering rows that belong between these morsels? */
static bool append_gap_is_open(const table_appender *a, const table_appender_local *self,
                               uint64_t after, uint64_t before) {
    for (const table_appender_local *l = a->locals; l != NULL; l = l->next) {
        if (l != self && l->active && l->last > after && l->first < before) return true;
    }
    return false;
}

/* Lock held. First of a run of pieces with rows for a group, its length in *length; false when
 * there is none. */
static bool append_find_pieces(const table_appender *a, const table_appender_local *self,
                               uint32_t *start, uint32_t *length) {
    uint64_t rows = 0, bytes = 0;
    uint32_t from = 0;
    for (uint32_t i = 0; i < a->item_count; i++) {
        const append_item *item = &a->items[i];
        bool joins = item->builders != NULL;
        if (!joins || (rows > 0 && append_gap_is_open(a, self, a->items[i - 1].last, item->first)))
            rows = bytes = 0;
        if (!joins) continue;
        if (rows == 0) from = i;
        rows += item->rows;
        bytes += item->bytes;
        if (rows < ROW_GROUP_ROWS && bytes < ROW_GROUP_BYTES_MAX) continue;
        *start = from;
        *length = i - from + 1;
        return true;
    }
    return false;
}

/* Moves rows of `piece` from row `from` on into `builders`, as many as fit a group; returns the
 * next row. */
static dbx_status append_fill(const table_appender *a, column_builder *builders,
                              const column_builder *piece, uint32_t *from) {
    uint32_t count = MIN((uint32_t)ROW_GROUP_ROWS - builders[0].rows, piece[0].rows - *from);
    for (uint32_t i = 0; i < a->column_count; i++) {
        TRY(column_builder_append_builder(&builders[i], &piece[i], *from, count));
    }
    *from += count;
    return DBX_OK;
}

/* Joins pieces that were taken out of the list: one full group and the rest as a piece again. */
static dbx_status append_join(table_appender *a, append_item *pieces, uint32_t count,
                              sketch *sketches, error *err) {
    assert(count >= 1);
    append_item *first = &pieces[0];
    uint32_t from = 0;
    for (uint32_t i = 1; i < count; i++) {
        from = 0;
        if (append_fill(a, first->builders, pieces[i].builders, &from) != DBX_OK)
            return error_nomem(err);
    }
    append_item *last = &pieces[count - 1];
    append_item place = *first;
    place.last = last->last;
    place.rows = first->builders[0].rows;
    if (count > 1 && from < last->rows) {
        column_builder *rest = append_builders_new(a);
        if (rest == NULL) return error_nomem(err);
        append_item item = {
            .first = last->first, .last = last->last, .sequence = last->sequence, .builders = rest};
        dbx_status status = append_fill(a, rest, last->builders, &from);
        item.rows = rest[0].rows;
        item.bytes = append_builders_bytes(a, rest);
        os_mutex_lock(&a->lock);
        if (status == DBX_OK) status = append_insert(a, item);
        os_mutex_unlock(&a->lock);
        if (status != DBX_OK) {
            append_builders_free(a, rest);
            return error_nomem(err);
        }
    }
    return append_build(a, first->builders, sketches, place, err);
}

/* Joins pieces for as long as there are enough neighbours. */
static dbx_status append_drain(table_appender_local *l, error *err) {
    table_appender *a = l->appender;
    for (;;) {
        uint32_t start, length;
        append_item *pieces = NULL;
        os_mutex_lock(&a->lock);
        bool found = append_find_pieces(a, l, &start, &length);
        if (found) pieces = append_take(a, start, length);
        os_mutex_unlock(&a->lock);
        if (!found) return DBX_OK;
        if (pieces == NULL) return error_nomem(err);
        dbx_status status = append_join(a, pieces, length, l->sketches, err);
        for (uint32_t i = 0; i < length; i++) append_builders_free(a, pieces[i].builders);
        mem_free(a->ledger, pieces, sizeof(append_item) * length);
        TRY(status);
    }
}

/* ---- appending
 * ------------------------------------------------------------------------------------------------
 */

/* Hands the run's rows over as a piece and starts anew. */
static dbx_status append_submit(table_appender_local *l, error *err) {
    table_appender *a = l->appender;
    uint32_t rows = l->builders[0].rows;
    if (rows == 0) return DBX_OK;
    column_builder *fresh = append_builders_new(a);
    if (fresh == NULL) return error_nomem(err);
    os_mutex_lock(&a->lock);
    append_item item = {.first = l->first,
                        .last = l->last,
                        .sequence = a->next_sequence++,
                        .builders = l->builders,
                        .rows = rows,
                        .bytes = append_builders_bytes(a, l->builders)};
    dbx_status status = append_insert(a, item);
    if (status == DBX_OK) l->builders = fresh;
    os_mutex_unlock(&a->lock);
    if (status == DBX_OK) return DBX_OK;
    append_builders_free(a, fresh);
    return error_nomem(err);
}

/* A full builder becomes a group. */
static dbx_status append_flush(table_appender_local *l, error *err) {
    table_appender *a = l->appender;
    os_mutex_lock(&a->lock);
    append_item place = {.first = l->first,
                         .last = l->last,
                         .sequence = a->next_sequence++,
                         .rows = l->builders[0].rows};
    os_mutex_unlock(&a->lock);
    TRY(append_build(a, l->builders, l->sketches, place, err));
    for (uint32_t i = 0; i < a->column_count; i++) column_builder_clear(&l->builders[i]);
    return DBX_OK;
}

/* Does `morsel` follow the run with nothing of others between them? */
static bool append_continues(table_appender_local *l, uint64_t morsel) {
    table_appender *a = l->appender;
    if (morsel < l->last) return false;
    os_mutex_lock(&a->lock);
    bool free_between = !append_gap_is_open(a, l, l->last, morsel);
    for (uint32_t i = a->item_count; i > 0 && free_between; i--) {
        const append_item *item = &a->items[i - 1];
        if (item->first > l->last && item->first < morsel) free_between = false;
        if (item->first < l->first) break;
    }
    os_mutex_unlock(&a->lock);
    return free_between;
}

static dbx_status append_enter_morsel(table_appender_local *l, uint64_t morsel, error *err) {
    if (l->active && morsel == l->last) return DBX_OK;
    bool continues = l->active && append_continues(l, morsel);
    if (l->active && !continues) TRY(append_submit(l, err));
    os_mutex_lock(&l->appender->lock);
    if (!l->active || !continues || l->builders[0].rows == 0) l->first = morsel;
    l->last = morsel;
    l->active = true;
    os_mutex_unlock(&l->appender->lock);
    return continues ? DBX_OK : append_drain(l, err);
}

dbx_status table_appender_append(table_appender_local *l, const chunk *rows, uint64_t morsel_index,
                                 error *err) {
    table_appender *a = l->appender;
    assert(rows->column_count == a->column_count);
    TRY(append_enter_morsel(l, morsel_index, err));
    for (uint32_t from = 0; from < rows->rows;) {
        uint32_t count = MIN(rows->rows - from, (uint32_t)ROW_GROUP_ROWS - l->builders[0].rows);
        for (uint32_t i = 0; i < a->column_count; i++) {
            dbx_status status = column_builder_append(&l->builders[i], &rows->columns[i], NULL,
                                                      from, count, &l->scratch);
            if (status != DBX_OK) return error_nomem(err);
        }
        arena_reset(&l->scratch);
        from += count;
        bool full = l->builders[0].rows == ROW_GROUP_ROWS;
        if (full || append_builders_bytes(a, l->builders) > ROW_GROUP_BYTES_MAX)
            TRY(append_flush(l, err));
        if (l->builders[0].rows == 0) {
            os_mutex_lock(&a->lock);
            l->first = morsel_index;
            os_mutex_unlock(&a->lock);
        }
    }
    return DBX_OK;
}

dbx_status table_appender_combine(table_appender_local *l, error *err) {
    table_appender *a = l->appender;
    dbx_status status = append_submit(l, err);
    append_local_unlink(l);
    l->active = false;
    if (status == DBX_OK) status = append_drain(l, err);
    os_mutex_lock(&a->lock);
    for (uint32_t i = 0; i < a->column_count; i++) sketch_merge(&a->sketches[i], &l->sketches[i]);
    os_mutex_unlock(&a->lock);
    append_local_free(l);
    return status;
}

/* ---- finishing
 * -------------------------------------------------------------------------------------------------
 */

/* Joins the pieces from `start` up to the next group into groups; the last may be short. */
static dbx_status append_finish_pieces(table_appender *a, error *err) {
    for (;;) {
        uint32_t start = 0;
        while (start < a->item_count && a->items[start].builders == NULL) start++;
        if (start == a->item_count) return DBX_OK;
        uint32_t length = 0;
        uint64_t rows = 0, bytes = 0;
        while (start + length < a->item_count && a->items[start + length].builders != NULL &&
               rows < ROW_GROUP_ROWS && bytes < ROW_GROUP_BYTES_MAX) {
            bytes += a->items[start + length].bytes;
            rows += a->items[start + length++].rows;
        }
        append_item *pieces = append_take(a, start, length);
        if (pieces == NULL) return error_nomem(err);
        dbx_status status = append_join(a, pieces, length, a->sketches, err);
        for (uint32_t i = 0; i < length; i++) append_builders_free(a, pieces[i].builders);
        mem_free(a->ledger, pieces, sizeof(append_item) * length);
        TRY(status);
    }
}

dbx_status table_appender_finish(table_appender *a, table_addition *out, uint64_t *rows,
                                 error *err) {
    assert(a->locals == NULL && a->groups == NULL);
    TRY(append_finish_pieces(a, err));
    a->group_room = MAX(a->item_count, 1u);
    a->groups = mem_alloc(a->ledger, sizeof(row_group *) * a->group_room);
    if (a->groups == NULL) {
        a->group_room = 0;
        return error_nomem(err);
    }
    *rows = 0;
    for (uint32_t i = 0; i < a->item_count; i++) {
        a->groups[i] = a->items[i].group;
        *rows += a->groups[i]->rows;
    }
    a->group_count = a->item_count;
    a->item_count = 0;
    *out = (table_addition){.groups = a->groups,
                            .group_count = a->group_count,
                            .columns = a->columns,
                            .sketches = a->sketches,
                            .column_count = a->column_count};
    return DBX_OK;
}
