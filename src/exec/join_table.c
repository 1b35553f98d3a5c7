/* join_table.c - see join_table.h. */
#include "exec/join_table.h"

enum { JOIN_SLOTS_MIN = 64 };

static bool join_is_integer(type t) {
    return type_is_integer(t) || t.id == TYPE_DATE || t.id == TYPE_TIMESTAMP ||
           t.id == TYPE_TIMESTAMP_NTZ;
}

dbx_status join_table_init(join_table *t, const type *key_types, uint32_t key_count, bool null_bits,
                           const type *payload_types, uint32_t payload_count, ledger *l, arena *a) {
    memset(t, 0, sizeof(*t));
    t->key_count = key_count;
    TRY(group_layout_init(&t->layout, key_types, key_count, null_bits, t->initial,
                          sizeof(t->initial), a));
    t->payload_count = payload_count;
    t->has_payload = payload_count > 0;
    if (t->has_payload) {
        TRY(row_layout_init(&t->payload, payload_types, payload_count, a));
        t->payload_offset = group_layout_extend(&t->layout, t->payload.width);
    }
    t->ranges = ARENA_ARRAY(a, join_range, key_count + 1);
    if (t->ranges == NULL) return DBX_NOMEM;
    t->dense_possible = key_count == 1 && !null_bits && join_is_integer(key_types[0]);
    t->key_size = physical_size(type_physical(key_types[0]));
    group_merge_init(&t->rows, &t->layout, l);
    group_merge_init(&t->nulls, &t->layout, l);
    t->ledger = l;
    return DBX_OK;
}

void join_table_deinit(join_table *t) {
    if (t->ledger == NULL) return;
    mem_free(t->ledger, t->directory, t->slots * sizeof(uint64_t));
    group_merge_deinit(&t->nulls);
    group_merge_deinit(&t->rows);
    t->ledger = NULL;
}

/* ---- one worker ---- */

dbx_status join_build_init(join_build *b, join_table *t, arena *a) {
    memset(b, 0, offsetof(join_build, targets));
    b->table = t;
    b->ranges = ARENA_ARRAY(a, join_range, t->key_count + 1);
    if (b->ranges == NULL) return DBX_NOMEM;
    TRY(group_table_init(&b->rows, &t->layout, t->ledger));
    return group_table_init(&b->nulls, &t->layout, t->ledger);
}

void join_build_deinit(join_build *b) {
    if (b->table == NULL) return;
    group_table_deinit(&b->nulls);
    group_table_deinit(&b->rows);
    b->table = NULL;
}

#define JOIN_RANGE_LOOP(ctype)                                                                     \
    do {                                                                                           \
        const ctype *data = view.data;                                                             \
        for (uint32_t i = 0; i < rows; i++) {                                                      \
            uint32_t at = view_index(&view, i);                                                    \
            if (!validity_get(view.validity, at)) continue;                                        \
            low = MIN(low, (int64_t)data[at]);                                                     \
            high = MAX(high, (int64_t)data[at]);                                                   \
        }                                                                                          \
    } while (0)

void join_range_add(join_range *r, const vector *v, uint32_t rows) {
    int64_t low = INT64_MAX;
    int64_t high = INT64_MIN;
    if (v->form == VECTOR_SEQUENCE) {
        if (rows == 0) return;
        int64_t last = v->sequence_start + (int64_t)(rows - 1) * v->sequence_step;
        low = MIN(v->sequence_start, last);
        high = MAX(v->sequence_start, last);
    } else {
        vector_view view = vector_view_of(v);
        switch (v->phys) {
        case PHYS_INT8:
            JOIN_RANGE_LOOP(int8_t);
            break;
        case PHYS_INT16:
            JOIN_RANGE_LOOP(int16_t);
            break;
        case PHYS_INT32:
            JOIN_RANGE_LOOP(int32_t);
            break;
        case PHYS_INT64:
            JOIN_RANGE_LOOP(int64_t);
            break;
        default:
            return;
        }
    }
    if (low > high) return;
    r->min = r->any ? MIN(r->min, low) : low;
    r->max = r->any ? MAX(r->max, high) : high;
    r->any = true;
}

dbx_status join_build_append(join_build *b, const vector *keys, const vector *payload,
                             uint32_t rows, bool nulls) {
    join_table *t = b->table;
    group_table *to = nulls ? &b->nulls : &b->rows;
    TRY(group_table_append(to, keys, rows, b->targets));
    if (t->has_payload) {
        for (uint32_t i = 0; i < rows; i++) b->targets[i] += t->payload_offset;
        TRY(row_scatter(&t->payload, payload, NULL, rows, b->targets, &to->heap));
    }
    if (nulls) return DBX_OK;
    for (uint32_t k = 0; k < t->key_count; k++) join_range_add(&b->ranges[k], &keys[k], rows);
    if (to->partition_bits == 0 && to->row_count > JOIN_PARTITION_ROWS) {
        return group_table_partition(to, JOIN_PARTITION_BITS);
    }
    return DBX_OK;
}

dbx_status join_build_combine(join_build *b) {
    join_table *t = b->table;
    os_mutex_lock(&t->rows.mutex);
    for (uint32_t k = 0; k < t->key_count; k++) {
        const join_range *from = &b->ranges[k];
        join_range *to = &t->ranges[k];
        if (!from->any) continue;
        to->min = to->any ? MIN(to->min, from->min) : from->min;
        to->max = to->any ? MAX(to->max, from->max) : from->max;
        to->any = true;
    }
    os_mutex_unlock(&t->rows.mutex);
    TRY(group_merge_add(&t->rows, &b->rows, false, NULL));
    return group_merge_add(&t->nulls, &b->nulls, false, NULL);
}

/* ---- directory ---- */

dbx_status join_table_plan(join_table *t, uint32_t *tasks) {
    uint64_t rows = t->rows.row_count;
    uint32_t unused;
    *tasks = 0;
    TRY(group_merge_plan(&t->rows, &unused));
    TRY(group_merge_plan(&t->nulls, &unused));
    if (rows == 0) return DBX_OK;
    uint64_t span_of_keys = (uint64_t)t->ranges[0].max - (uint64_t)t->ranges[0].min;
    t->dense = t->dense_possible && span_of_keys < JOIN_DENSE_MAX &&
               span_of_keys < MAX(rows * JOIN_DENSE_SPARSENESS, (uint64_t)JOIN_SLOTS_MIN);
    if (t->dense) {
        t->dense_min = t->ranges[0].min;
        t->slots = span_of_keys + 1;
    } else {
        uint32_t bits = MAX(6u, t->rows.bits);
        while (((uint64_t)1 << bits) < rows) bits++;
        t->slots = (uint64_t)1 << bits;
        t->shift = 64 - bits;
    }
    t->directory = mem_alloc_zero(t->ledger, t->slots * sizeof(uint64_t));
    if (t->directory == NULL) return DBX_NOMEM;
    *tasks = 1u << t->rows.bits;
    return DBX_OK;
}

static void join_link_hashed(join_table *t, uint8_t *row) {
    uint64_t hash = group_layout_hash(&t->layout, row);
    uint64_t *slot = &t->directory[hash >> t->shift];
    uint64_t next = *slot & join_address_mask;
    *join_row_link(t, row) = next;
    *slot = ((*slot & ~join_address_mask) | join_tag(hash)) |
            ((uint64_t)(uintptr_t)row & join_address_mask);
}

/* Partitions are by hash, so tasks may meet in a dense slot. */
static void join_link_dense(join_table *t, uint8_t *row) {
    uint64_t slot = (uint64_t)join_key_value(group_load(row), t->key_size) - (uint64_t)t->dense_min;
    assert(slot < t->slots);
    uint64_t next =
        __atomic_exchange_n(&t->directory[slot], (uint64_t)(uintptr_t)row, __ATOMIC_RELAXED);
    *join_row_link(t, row) = next;
}

void join_table_link(join_table *t, uint32_t task) {
    uint8_t *rows[64];
    for (uint32_t i = 0; i < t->rows.parts.count; i++) {
        group_cursor cursor = {t->rows.parts.items[i].partitions[task].first, 0};
        for (;;) {
            uint32_t count = group_cursor_next(&cursor, t->layout.width, rows, ARRAY_COUNT(rows));
            if (count == 0) break;
            if (t->dense) {
                for (uint32_t k = 0; k < count; k++) join_link_dense(t, rows[k]);
            } else {
                for (uint32_t k = 0; k < count; k++) join_link_hashed(t, rows[k]);
            }
        }
    }
}

/* ---- walking ---- */

static void join_walk_enter(join_walk *w) {
    const group_part *part = &w->merge->parts.items[w->part];
    w->cursor = (group_cursor){part->partitions[w->partition].first, 0};
}

void join_walk_init(join_walk *w, const group_merge *m) {
    *w = (join_walk){.merge = m};
    if (m->parts.count > 0) join_walk_enter(w);
}

uint32_t join_walk_next(join_walk *w, uint8_t **out, uint32_t max) {
    uint32_t count = 0;
    while (w->part < w->merge->parts.count) {
        count += group_cursor_next(&w->cursor, w->merge->layout->width, out + count, max - count);
        if (count == max) return count;
        if (++w->partition == 1u << w->merge->parts.items[w->part].bits) {
            w->partition = 0;
            w->part++;
        }
        if (w->part < w->merge->parts.count) join_walk_enter(w);
    }
    return count;
}
