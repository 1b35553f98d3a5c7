/* group_dense.c - see group_dense.h. */
#include "exec/group_dense.h"

#include "exec/group_table.h"
#include "kernel/reduce.h"

enum {
    GROUP_DENSE_ANY = 1 << 14,      /* slots that any table may have, */
    GROUP_DENSE_A_ROW = 4,          /* and so many for each row that was looked up, */
    GROUP_DENSE_MAX = 1 << 27,      /* up to this */
    GROUP_DENSE_TRIAL = 1 << 22,    /* rows; what is not dense by then is not asked any more */
    GROUP_DENSE_PREFETCH = 1 << 15, /* slots of an array that may not be in the L2 cache */
};

typedef struct group_dense_range {
    int64_t min, max;
} group_dense_range;

void group_dense_deinit(group_dense *d, ledger *l) {
    mem_free(l, d->rows, d->slots * sizeof(*d->rows));
    *d = (group_dense){.off = true};
}

void group_dense_clear(group_dense *d) {
    if (d->rows != NULL) memset(d->rows, 0, d->slots * sizeof(*d->rows));
}

/* The integer in a row's packed key. */
static int64_t group_dense_row_key(const group_layout *l, const uint8_t *row) {
    uint64_t low = group_load(row);
    switch (physical_size(type_physical(l->types[0]))) {
    case 1:
        return (int8_t)low;
    case 2:
        return (int16_t)low;
    case 4:
        return (int32_t)low;
    default:
        return (int64_t)low;
    }
}

void group_dense_put(group_table *t, uint8_t *row) {
    group_dense *d = &t->dense;
    uint64_t slot = (uint64_t)group_dense_row_key(t->layout, row) - (uint64_t)d->base;
    assert(slot < d->slots);
    d->rows[slot] = row;
}

/* ---- range ---- */

#define GROUP_DENSE_RANGE(ctype)                                                                   \
    do {                                                                                           \
        const ctype *x = v->data;                                                                  \
        ctype low = x[0], high = x[0];                                                             \
        for (uint32_t i = 1; i < rows; i++) {                                                      \
            low = x[i] < low ? x[i] : low;                                                         \
            high = x[i] > high ? x[i] : high;                                                      \
        }                                                                                          \
        return (group_dense_range){low, high};                                                     \
    } while (0)

static group_dense_range group_dense_range_of(const vector *v, uint32_t rows) {
    group_dense_range wide;
    switch ((physical_type)v->phys) {
    case PHYS_INT8:
        GROUP_DENSE_RANGE(int8_t);
    case PHYS_INT16:
        GROUP_DENSE_RANGE(int16_t);
    case PHYS_INT32:
        return (group_dense_range){reduce_min_int32(v->data, rows),
                                   reduce_max_int32(v->data, rows)};
    default:
        reduce_range_int64(v->data, rows, &wide.min, &wide.max);
        return wide;
    }
}

/* May the array have so many slots now? */
static bool group_dense_allows(const group_table *t, uint64_t slots) {
    uint64_t most = MAX((uint64_t)GROUP_DENSE_ANY, t->dense.looked * GROUP_DENSE_A_ROW);
    return slots < MIN(most, (uint64_t)GROUP_DENSE_MAX) &&
           !ledger_under_pressure(t->ledger, slots * sizeof(uint8_t *), 50);
}

/* Makes the array cover the range as well; *fits is false when that would be too much. */
static dbx_status group_dense_cover(group_table *t, group_dense_range r, bool *fits) {
    group_dense *d = &t->dense;
    *fits = true;
    bool begun = d->rows != NULL;
    if (begun && r.min >= d->base && (uint64_t)r.max - (uint64_t)d->base < d->slots) return DBX_OK;
    int64_t base = begun ? MIN(d->base, r.min) : r.min;
    int64_t top = r.max;
    if (begun) top = MAX(top, (int64_t)((uint64_t)d->base + (d->slots - 1)));
    uint64_t slots = (uint64_t)top - (uint64_t)base;
    *fits = group_dense_allows(t, slots);
    if (!*fits) return DBX_OK;
    slots++;
    /* Room to grow upwards, so that ascending keys do not copy it each time. */
    if (begun && base <= INT64_MAX - (int64_t)(slots + slots / 2)) slots += slots / 2;
    uint8_t **fresh = mem_alloc_zero(t->ledger, slots * sizeof(*fresh));
    if (fresh == NULL) return DBX_NOMEM;
    if (begun)
        memcpy(fresh + ((uint64_t)d->base - (uint64_t)base), d->rows, d->slots * sizeof(*fresh));
    mem_free(t->ledger, d->rows, d->slots * sizeof(*d->rows));
    d->rows = fresh;
    d->slots = slots;
    d->base = base;
    return DBX_OK;
}

/* Begins the array as soon as the keys so far allow it, with the rows that the hash directory
 * lists. */
static dbx_status group_dense_begin(group_table *t, group_dense_range r, bool *begun) {
    group_dense *d = &t->dense;
    bool first = t->row_count == 0;
    d->min = first ? r.min : MIN(d->min, r.min);
    d->max = first ? r.max : MAX(d->max, r.max);
    *begun = false;
    if (t->count != t->row_count || d->looked > GROUP_DENSE_TRIAL) {
        d->off = true; /* some rows are in no directory, or it is too sparse */
        return DBX_OK;
    }
    TRY(group_dense_cover(t, (group_dense_range){d->min, d->max}, begun));
    return *begun ? group_table_enter_dense(t) : DBX_OK;
}

/* ---- finding ---- */

static uint8_t *group_dense_new(group_table *t, uint32_t i, uint64_t low) {
    t->low[i] = low;
    t->high[i] = 0;
    t->hashes[i] = group_layout_hash_packed(t->layout, low, 0);
    uint8_t *row = group_table_new_row(t, i);
    if (row != NULL) t->count++;
    return row;
}

#define GROUP_DENSE_FIND(ctype, unsigned_type)                                                     \
    do {                                                                                           \
        const ctype *x = key->data;                                                                \
        if (t->dense.slots > GROUP_DENSE_PREFETCH) {                                               \
            for (uint32_t i = 0; i < rows; i++)                                                    \
                __builtin_prefetch(&slots[(uint64_t)(int64_t)x[i] - base]);                        \
        }                                                                                          \
        for (uint32_t i = 0; i < rows; i++) {                                                      \
            uint64_t slot = (uint64_t)(int64_t)x[i] - base;                                        \
            uint8_t *row = slots[slot];                                                            \
            if (UNLIKELY(row == NULL)) {                                                           \
                row = group_dense_new(t, i, (unsigned_type)x[i]);                                  \
                if (row == NULL) return DBX_NOMEM;                                                 \
                slots[slot] = row;                                                                 \
            }                                                                                      \
            out[i] = row;                                                                          \
            __builtin_prefetch(row + states);                                                      \
        }                                                                                          \
    } while (0)

static dbx_status group_dense_find_rows(group_table *t, const vector *key, uint32_t rows,
                                        uint8_t **out) {
    uint8_t **slots = t->dense.rows;
    uint64_t base = (uint64_t)t->dense.base;
    uint32_t states = t->layout->states_offset;
    switch ((physical_type)key->phys) {
    case PHYS_INT8:
        GROUP_DENSE_FIND(int8_t, uint8_t);
        break;
    case PHYS_INT16:
        GROUP_DENSE_FIND(int16_t, uint16_t);
        break;
    case PHYS_INT32:
        GROUP_DENSE_FIND(int32_t, uint32_t);
        break;
    default:
        GROUP_DENSE_FIND(int64_t, uint64_t);
        break;
    }
    return DBX_OK;
}

dbx_status group_dense_find(group_table *t, const vector *key, uint32_t rows, uint8_t **out,
                            bool *done) {
    *done = false;
    if (t->dense.off || rows == 0) return DBX_OK;
    vector flat;
    const uint64_t *validity = vector_view_of(key).validity;
    bool fits = key->form != VECTOR_SEQUENCE && validity == NULL;
    if (fits && key->form != VECTOR_FLAT) {
        arena_reset(&t->scratch);
        TRY(vector_init(&flat, key->type, rows, &t->scratch));
        TRY(vector_flatten(&flat, key, rows, &t->scratch));
        key = &flat;
    }
    if (!fits) return group_table_leave_dense(t);
    t->dense.looked += rows;
    group_dense_range range = group_dense_range_of(key, rows);
    if (t->dense.rows == NULL) {
        TRY(group_dense_begin(t, range, done));
    } else {
        TRY(group_dense_cover(t, range, done));
        if (!*done) return group_table_leave_dense(t);
    }
    return *done ? group_dense_find_rows(t, key, rows, out) : DBX_OK;
}
