/* join_table.h - the build side of a hash join.
 *
 * ROW        | key (group_table.h) | link | payload |; the link is the address of the next row of
 * the slot, 0 at the end, and its top bit says that the row was matched. DIRECTORY  by hash: slot =
 * the hash's top bits; a word is the address of the first row below 16 tag bits, one set for each
 * row of the chain, so that most keys without a match cost one load. dense: slot = key - least key,
 * for a single integer key of a small range: no hash, no comparison. NULLS      rows with a NULL in
 * a key that = compares match nothing: they stand outside of the directory, and are kept only where
 * the join needs them.
 *
 * Workers append to tables of their own; finish tasks link the rows, one partition (a range of
 * slots) each.
 */
#ifndef DBX_EXEC_JOIN_TABLE_H
#define DBX_EXEC_JOIN_TABLE_H

#include "exec/group_merge.h"

enum {
    JOIN_PARTITION_BITS = 6,
    JOIN_PARTITION_ROWS = 1 << 15, /* a worker with more rows than this partitions them */
    JOIN_DENSE_SPARSENESS = 4,     /* dense: at most so many slots a row */
    JOIN_DENSE_MAX = 1 << 28,
};

typedef struct join_range { /* of an integer key */
    int64_t min, max;
    bool any;
} join_range;

typedef struct join_table {
    ledger *ledger;
    group_layout layout;
    uint8_t initial[8];
    row_layout payload;
    uint32_t payload_count;
    uint32_t payload_offset;
    bool has_payload;
    bool dense_possible; /* one integer key */
    uint32_t key_size;   /* dense_possible: its bytes */
    group_merge rows;
    group_merge nulls;
    join_range *ranges; /* one a key; after finish */
    uint32_t key_count;
    uint64_t *directory;
    uint64_t slots;
    uint32_t shift; /* by hash */
    bool dense;
    int64_t dense_min;
} join_table;

typedef struct join_build { /* one worker's rows */
    join_table *table;
    group_table rows;
    group_table nulls;
    join_range *ranges;
    uint8_t *targets[CHUNK_ROWS_MAX];
} join_build;

dbx_status join_table_init(join_table *t, const type *key_types, uint32_t key_count, bool null_bits,
                           const type *payload_types, uint32_t payload_count, ledger *l,
                           arena *a) MUST_CHECK;
void join_table_deinit(join_table *t);

dbx_status join_build_init(join_build *b, join_table *t, arena *a) MUST_CHECK;
void join_build_deinit(join_build *b);
/* Appends `rows` rows, all to be found by key, or (nulls) none of them. */
dbx_status join_build_append(join_build *b, const vector *keys, const vector *payload,
                             uint32_t rows, bool nulls) MUST_CHECK;
dbx_status join_build_combine(join_build *b) MUST_CHECK;

/* All workers combined: makes the directory; *tasks partitions are to be linked. */
dbx_status join_table_plan(join_table *t, uint32_t *tasks) MUST_CHECK;
void join_table_link(join_table *t, uint32_t task);

/* ---- rows ---- */

static inline uint64_t join_tag(uint64_t hash) {
    return (uint64_t)1 << (48 + (hash & 15));
}
static const uint64_t join_address_mask = ((uint64_t)1 << 48) - 1;
static const uint64_t join_matched_bit = (uint64_t)1 << 63;

static inline uint64_t *join_row_link(const join_table *t, uint8_t *row) {
    return (uint64_t *)(void *)(row + t->layout.states_offset);
}
static inline uint8_t *join_row_next(const join_table *t, uint8_t *row) {
    uint64_t link = __atomic_load_n(join_row_link(t, row), __ATOMIC_RELAXED);
    return (uint8_t *)(uintptr_t)(link & join_address_mask);
}
static inline bool join_row_is_matched(const join_table *t, uint8_t *row) {
    return (__atomic_load_n(join_row_link(t, row), __ATOMIC_RELAXED) & join_matched_bit) != 0;
}
static inline void join_row_set_matched(const join_table *t, uint8_t *row) {
    if (!join_row_is_matched(t, row)) {
        __atomic_fetch_or(join_row_link(t, row), join_matched_bit, __ATOMIC_RELAXED);
    }
}

/* First row of the key's chain; NULL when there is none. */
static inline uint8_t *join_table_first(const join_table *t, uint64_t hash) {
    uint64_t entry = t->directory[hash >> t->shift];
    return entry & join_tag(hash) ? (uint8_t *)(uintptr_t)(entry & join_address_mask) : NULL;
}
/* The same by the value of a dense key. */
static inline uint8_t *join_table_first_dense(const join_table *t, int64_t key) {
    uint64_t slot = (uint64_t)key - (uint64_t)t->dense_min;
    return slot < t->slots ? (uint8_t *)(uintptr_t)t->directory[slot] : NULL;
}
/* The integer that a packed key of `size` bytes holds. */
static inline int64_t join_key_value(uint64_t low, uint32_t size) {
    switch (size) {
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

/* Grows the range by the valid values of an integer column. */
void join_range_add(join_range *r, const vector *v, uint32_t rows);

/* Walks all rows of a merge, partitions in order. */
typedef struct join_walk {
    const group_merge *merge;
    uint32_t part, partition;
    group_cursor cursor;
} join_walk;
void join_walk_init(join_walk *w, const group_merge *m);
uint32_t join_walk_next(join_walk *w, uint8_t **out, uint32_t max);

#endif
