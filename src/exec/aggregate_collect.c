/* aggregate_collect.c - see aggregate_collect.h. */
#include "exec/aggregate_collect.h"

#include "exec/operators.h"
#include "vector/compare.h"

#include <stdlib.h>

static const aggregate_item *collector_item(const collector *c) {
    return &c->set->items[c->item];
}

dbx_status collector_init(collector *c, const aggregate_set *set, uint32_t item,
                          const type *key_types, uint32_t key_count, ledger *l, arena *a) {
    memset(c, 0, sizeof(*c));
    c->set = set;
    c->item = item;
    c->key_count = key_count;
    const aggregate_item *it = collector_item(c);
    c->distinct = it->distinct;
    c->ordered = it->order_count > 0;
    uint32_t count = key_count + it->arg_count;
    c->types = ARENA_ARRAY(a, type, count + it->order_count + 1);
    if (c->types == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < key_count; i++) c->types[i] = key_types[i];
    for (uint32_t i = 0; i < it->arg_count; i++) c->types[key_count + i] = it->arg_types[i];
    for (uint32_t i = 0; i < it->order_count; i++) c->types[count + i] = it->order_types[i];
    /* With an order, DISTINCT marks in a byte of state which rows were met. */
    uint32_t states = c->ordered ? (uint32_t)sizeof(c->no_states) : 0;
    TRY(group_layout_init(&c->layout, c->types, count, true, c->no_states, states, a));
    if (c->ordered) TRY(ordered_rows_init(&c->rows, c->types, count + it->order_count, l));
    group_merge_init(&c->merge, &c->layout, l);
    c->ledger = l;
    return DBX_OK;
}

void collector_deinit(collector *c) {
    if (c->ordered) ordered_rows_deinit(&c->rows);
    if (c->ledger != NULL) group_merge_deinit(&c->merge);
    c->ledger = NULL;
}

dbx_status collector_local_init(collector_local *l, collector *c) {
    memset(l, 0, offsetof(collector_local, found));
    l->owner = c;
    arena_init(&l->arena, c->ledger);
    group_growth_init(&l->growth, &c->layout, -1);
    if (c->ordered) TRY(ordered_local_init(&l->rows, &c->rows));
    return group_table_init(&l->table, &c->layout, c->ledger);
}

void collector_local_deinit(collector_local *l) {
    if (l->owner == NULL) return;
    group_table_deinit(&l->table);
    ordered_local_deinit(&l->rows);
    arena_deinit(&l->arena);
    l->owner = NULL;
}

/* The columns to keep, seen through sel. */
static dbx_status collector_columns(collector_local *l, const vector *keys, const vector *values,
                                    const sel_t *sel, uint32_t rows, vector **out) {
    const collector *c = l->owner;
    const aggregate_item *it = collector_item(c);
    uint32_t count = c->key_count + it->arg_count + it->order_count;
    vector *columns = arena_alloc(&l->arena, (count + 1) * sizeof(*columns));
    if (columns == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        const vector *from = i < c->key_count ? &keys[i]
                             : i < c->key_count + it->arg_count
                                 ? &values[it->first_arg + i - c->key_count]
                                 : &values[it->first_order + i - c->key_count - it->arg_count];
        if (sel == NULL) {
            columns[i] = *from;
        } else {
            TRY(vector_slice(&columns[i], from, sel, rows, &l->arena));
        }
    }
    *out = columns;
    return DBX_OK;
}

/* DISTINCT with an order: which rows are met for the first time. */
static dbx_status collector_fresh_rows(collector_local *l, const vector *columns, uint32_t rows,
                                       uint32_t *fresh) {
    TRY(group_table_find(&l->table, columns, rows, l->found));
    uint32_t count = 0;
    for (uint32_t i = 0; i < rows; i++) {
        uint8_t *met = l->found[i] + l->owner->layout.states_offset;
        l->fresh[count] = i;
        count += *met == 0;
        *met = 1;
    }
    *fresh = count;
    return DBX_OK;
}

dbx_status collector_add(collector_local *l, const exec_worker *w, const vector *keys,
                         const vector *values, const sel_t *sel, uint32_t rows) {
    collector *c = l->owner;
    const aggregate_item *it = collector_item(c);
    if (rows == 0) return DBX_OK;
    vector *columns;
    arena_reset(&l->arena);
    TRY(collector_columns(l, keys, values, sel, rows, &columns));
    if (!c->ordered) {
        bool moved;
        if (l->growth.pass_left > 0) {
            TRY(group_table_append(&l->table, columns, rows, l->found));
        } else {
            TRY(group_table_find(&l->table, columns, rows, l->found));
        }
        return group_growth_step(&l->growth, &l->table, rows, &moved);
    }
    chunk kept = {columns, c->key_count + it->arg_count + it->order_count, rows};
    if (c->distinct) {
        uint32_t fresh;
        TRY(collector_fresh_rows(l, columns, rows, &fresh));
        if (fresh == 0) return DBX_OK;
        for (uint32_t i = 0; i < kept.column_count; i++) {
            vector all = columns[i];
            TRY(vector_slice(&columns[i], &all, l->fresh, fresh, &l->arena));
        }
        kept.rows = fresh;
    }
    return ordered_local_append(&l->rows, w, &kept);
}

dbx_status collector_combine(collector_local *l) {
    if (l->owner->ordered) return ordered_local_combine(&l->rows);
    return group_merge_add(&l->owner->merge, &l->table, l->growth.emptied, NULL);
}

dbx_status collector_plan(collector *c, uint32_t *tasks) {
    if (c->ordered) {
        TRY(ordered_rows_finish(&c->rows));
        c->tasks = c->rows.rows.rows > 0 ? 1 : 0;
    } else {
        TRY(group_merge_plan(&c->merge, &c->merge_tasks));
        c->tasks = c->merge.row_count > 0 ? 1u << c->merge.bits : 0;
    }
    *tasks = c->tasks;
    return DBX_OK;
}

/* ---- feeding ---- */

typedef struct collector_batch {
    uint8_t *rows[CHUNK_ROWS_MAX];
    uint8_t *groups[CHUNK_ROWS_MAX];
} collector_batch;

static dbx_status collector_feed_columns(collector *c, vector *columns, uint32_t rows,
                                         aggregate_calls *calls, group_table *into,
                                         uint8_t **groups, error *err) {
    OP_TRY(group_table_find(into, columns, rows, groups), err);
    return aggregate_update(calls, c->item, columns + c->key_count, NULL, rows, rows, groups,
                            into->layout->states_offset, &into->heap, err);
}

static dbx_status collector_feed_set(collector *c, uint32_t partition, aggregate_calls *calls,
                                     group_table *into, collector_batch *b, arena *a, error *err) {
    uint32_t count = c->layout.column_count;
    group_reader reader;
    if (c->merge_tasks > 0) OP_TRY(group_merge_partition(&c->merge, partition, NULL, NULL), err);
    group_reader_init(&reader, &c->merge, partition);
    for (;;) {
        uint32_t rows = group_reader_next(&reader, b->rows, CHUNK_ROWS_MAX);
        if (rows == 0) return DBX_OK;
        arena_reset(a);
        vector *columns = ARENA_ARRAY(a, vector, count + 1);
        if (columns == NULL) return error_nomem(err);
        for (uint32_t i = 0; i < count; i++) {
            OP_TRY(vector_init(&columns[i], c->types[i], rows, a), err);
            OP_TRY(group_layout_gather(&c->layout, b->rows, rows, i, &columns[i], 0, a), err);
        }
        TRY(collector_feed_columns(c, columns, rows, calls, into, b->groups, err));
    }
}

/* ---- ordered ---- */

typedef struct collector_entry {
    const char *key;
    uint32_t key_size;
    uint32_t row;
} collector_entry;

static int collector_entry_compare(const void *a, const void *b) {
    const collector_entry *x = a;
    const collector_entry *y = b;
    int order = memcmp(x->key, y->key, MIN(x->key_size, y->key_size));
    if (order != 0) return order;
    if (x->key_size != y->key_size) return x->key_size < y->key_size ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* All chunks of the collection as one tall vector for each column. */
static dbx_status collector_join_chunks(const collector *c, vector *out, uint32_t rows, arena *a) {
    const collection *from = &c->rows.rows;
    for (uint32_t i = 0; i < from->column_count; i++) {
        uint32_t at = 0;
        TRY(vector_init(&out[i], c->types[i], rows, a));
        for (uint32_t k = 0; k < from->chunks.count; k++) {
            const chunk *part = from->chunks.items[k];
            TRY(vector_copy(&out[i], at, &part->columns[i], NULL, 0, part->rows, a));
            at += part->rows;
        }
    }
    return DBX_OK;
}

static dbx_status collector_sort(const collector *c, const vector *columns, uint32_t rows,
                                 buffer *bytes, collector_entry **out, arena *a) {
    const aggregate_item *it = collector_item(c);
    uint32_t first = c->key_count + it->arg_count;
    sort_key_layout layout;
    uint64_t *offsets = ARENA_ARRAY(a, uint64_t, (size_t)rows + 1);
    collector_entry *entries = ARENA_ARRAY(a, collector_entry, rows);
    if (offsets == NULL || entries == NULL) return DBX_NOMEM;
    sort_key_layout_init(&layout, c->types + first, it->e->orders, it->order_count);
    TRY(sort_key_encode(&layout, columns + first, rows, bytes, offsets));
    for (uint32_t i = 0; i < rows; i++) {
        entries[i] =
            (collector_entry){bytes->data + offsets[i], (uint32_t)(offsets[i + 1] - offsets[i]), i};
    }
    qsort(entries, rows, sizeof(*entries), collector_entry_compare);
    *out = entries;
    return DBX_OK;
}

/* Rows in order of the keys over all groups: within each group they are then in order too. */
static dbx_status collector_feed_ordered(collector *c, aggregate_calls *calls, group_table *into,
                                         collector_batch *b, arena *a, error *err) {
    if (c->rows.rows.rows > UINT32_MAX / 2) return error_nomem(err);
    uint32_t rows = (uint32_t)c->rows.rows.rows;
    uint32_t count = c->rows.rows.column_count;
    collector_entry *entries = NULL;
    vector *columns = ARENA_ARRAY(a, vector, count);
    vector *part = ARENA_ARRAY(a, vector, count);
    sel_t *sel = ARENA_ARRAY(a, sel_t, CHUNK_ROWS_MAX);
    if (columns == NULL || part == NULL || sel == NULL) return error_nomem(err);
    buffer bytes;
    arena slices;
    buffer_init(&bytes, c->ledger);
    arena_init(&slices, c->ledger);
    dbx_status status = op_check(collector_join_chunks(c, columns, rows, a), err);
    if (status == DBX_OK)
        status = op_check(collector_sort(c, columns, rows, &bytes, &entries, a), err);
    for (uint32_t at = 0; status == DBX_OK && at < rows;) {
        uint32_t n = MIN(rows - at, (uint32_t)CHUNK_ROWS_MAX);
        for (uint32_t i = 0; i < n; i++) sel[i] = entries[at + i].row;
        arena_reset(&slices);
        for (uint32_t i = 0; status == DBX_OK && i < count; i++) {
            status = op_check(vector_slice(&part[i], &columns[i], sel, n, &slices), err);
        }
        if (status == DBX_OK)
            status = collector_feed_columns(c, part, n, calls, into, b->groups, err);
        at += n;
    }
    arena_deinit(&slices);
    buffer_deinit(&bytes);
    return status;
}

dbx_status collector_feed(collector *c, uint32_t task, aggregate_calls *calls, group_table *into,
                          error *err) {
    collector_batch *b = mem_alloc(c->ledger, sizeof(*b));
    if (b == NULL) return error_nomem(err);
    arena a;
    arena_init(&a, c->ledger);
    dbx_status status = c->ordered ? collector_feed_ordered(c, calls, into, b, &a, err)
                                   : collector_feed_set(c, task, calls, into, b, &a, err);
    arena_deinit(&a);
    mem_free(c->ledger, b, sizeof(*b));
    return status;
}
