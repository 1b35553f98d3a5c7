/* group_table.h - hash tables of groups: rows of key and aggregate states, found by key.
 *
 * ROW     | key | hash (rows mode) | states, aligned to 16 bytes, or to 8 when their size is no
 * multiple of 16 | KEY     packed: up to 8 fixed-width columns of at most 7 or 15 bytes and one
 * byte of NULL bits, compared as one or two words; rows: anything else, laid out by vector/row.h.
 * DIRECTORY  a power of two of words, 0 or a 16-bit salt of the hash above a 48-bit row address;
 * linear probing, at most 2/3 full. Slots come from the hash's low bits, salts from its middle,
 * partitions from its top. PARTITIONS  rows lie in pages of their partition from the start, so that
 * a table that has outgrown the cache is emptied by clearing the directory: its rows are partial
 * groups, merged partition by partition later.
 */
#ifndef DBX_EXEC_GROUP_TABLE_H
#define DBX_EXEC_GROUP_TABLE_H

#include "exec/group_dense.h"
#include "exec/operator.h"

#include "vector/hash.h"
#include "vector/row.h"

enum {
    GROUP_PACKED_COLUMNS_MAX = 8,
    GROUP_PARTITION_BITS_MAX = 10,
};

typedef enum group_key_mode {
    GROUP_KEY_PACKED8,
    GROUP_KEY_PACKED16,
    GROUP_KEY_ROWS
} group_key_mode;

typedef struct group_layout {
    group_key_mode mode;
    const type *types; /* borrowed */
    uint32_t column_count;
    uint8_t offsets[GROUP_PACKED_COLUMNS_MAX]; /* packed: byte of each column in the key */
    bool null_bits;                            /* packed: the last byte tells NULLs */
    row_layout rows;                           /* rows mode */
    uint32_t hash_offset;                      /* rows mode */
    uint32_t hash_rotation; /* bits that hashes are turned left by: partitions of partitions */
    uint32_t states_offset;
    uint32_t width; /* multiple of 8; of 16 where states are aligned to 16 */
    const uint8_t
        *initial_states; /* what the states of a new row are copied from; states_size bytes */
    uint32_t states_size;
} group_layout;

/* initial_states is borrowed; it may be NULL when states_size is 0. Without null_bits packed keys
 * have 8 or 16 bytes for values, and rows with a NULL in the key must not be compared. */
dbx_status group_layout_init(group_layout *l, const type *types, uint32_t count, bool null_bits,
                             const uint8_t *initial_states, uint32_t states_size,
                             arena *a) MUST_CHECK;
/* One integer, date or timestamp that may be NULL. */
bool group_layout_is_integer(const group_layout *l);
/* Adds bytes behind the states of each row, which nobody initializes; gives their offset. */
uint32_t group_layout_extend(group_layout *l, uint32_t bytes);
/* The keys of a chunk: hashes (packed modes: NULL when they are not wanted), and in packed modes
 * their words. Arrays of CHUNK_ROWS_MAX. */
dbx_status group_layout_encode(const group_layout *l, const vector *keys, uint32_t rows,
                               uint64_t *low, uint64_t *high, uint64_t *hashes,
                               arena *scratch) MUST_CHECK;
static inline uint64_t group_load(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}

typedef struct group_page group_page;
struct group_page {
    group_page *next;
    uint32_t size; /* bytes, header included */
    uint32_t used; /* bytes of rows */
};
static_assert(sizeof(group_page) == 16, "rows of a page start aligned");

typedef struct group_rows { /* the rows of one partition, in order of their making */
    group_page *first, *last;
    uint64_t count;
} group_rows;

void group_rows_free(group_rows *r, ledger *l);
/* Moves the pages of `from` behind those of `to`. */
void group_rows_append(group_rows *to, group_rows *from);

typedef struct group_cursor { /* walks rows */
    group_page *page;
    uint32_t at; /* bytes */
} group_cursor;
/* Up to `max` further row addresses; 0 at the end. */
uint32_t group_cursor_next(group_cursor *c, uint32_t width, uint8_t **out, uint32_t max);

typedef struct group_table group_table;
struct group_table {
    const group_layout *layout;
    ledger *ledger;
    arena heap;    /* long key values of rows mode */
    arena scratch; /* of one call */
    uint64_t *directory;
    uint64_t capacity; /* words; 0 before the first row */
    uint64_t count;    /* groups in the directory */
    uint32_t partition_bits;
    group_rows *partitions;        /* 1 << partition_bits */
    uint64_t row_count;            /* rows in all partitions */
    group_dense dense;             /* in place of the directory while it lasts */
    uint64_t *hashes, *low, *high; /* CHUNK_ROWS_MAX each: of the keys of the last call */
    sel_t *lists;                  /* scratch: 3 x CHUNK_ROWS_MAX */
};

/* On failure the table is still to be deinitialized. */
dbx_status group_table_init(group_table *t, const group_layout *l, ledger *owner) MUST_CHECK;
void group_table_deinit(group_table *t);
/* For group_dense.c: a row for low[i], high[i], hashes[i], not listed anywhere; NULL when out of
 * memory. */
uint8_t *group_table_new_row(group_table *t, uint32_t i);
/* All rows go over from the hash directory to the array, which covers their keys; and back. */
dbx_status group_table_enter_dense(group_table *t) MUST_CHECK;
dbx_status group_table_leave_dense(group_table *t) MUST_CHECK;
/* out[i]: the row of key i, made when absent. Flags NULL: NULLs group together. */
dbx_status group_table_find(group_table *t, const vector *keys, uint32_t rows,
                            uint8_t **out) MUST_CHECK;
/* out[i]: a fresh row for each key, not in the directory. */
dbx_status group_table_append(group_table *t, const vector *keys, uint32_t rows,
                              uint8_t **out) MUST_CHECK;
/* A fresh row of a table with one packed key that is not NULL, in no order of partitions; not in
 * the directory. NULL when out of memory. */
uint8_t *group_table_append_packed(group_table *t, uint64_t low);
/* Lists rows of other tables in the directory, the first of each key; the others come back as
 * from[i], and the row that stands for them as to[i]. Their memory stays where it is. */
dbx_status group_table_absorb(group_table *t, uint8_t *const *rows, uint32_t count, uint8_t **from,
                              uint8_t **to, uint32_t *duplicates) MUST_CHECK;
/* Empties the directory, keeping the rows. */
void group_table_forget(group_table *t);
/* Spreads all rows over 1 << bits partitions; only from 0 bits. Row addresses change; the directory
 * is rebuilt: it lists all rows or none. */
dbx_status group_table_partition(group_table *t, uint32_t bits) MUST_CHECK;
/* Keys of rows as vectors: column of rows[0..count) to out rows at.. (FLAT with room). Strings stay
 * where they are. */
dbx_status group_layout_gather(const group_layout *l, uint8_t *const *rows, uint32_t count,
                               uint32_t column, vector *out, uint32_t at, arena *a) MUST_CHECK;
uint64_t group_layout_hash(const group_layout *l, const uint8_t *row);
uint64_t group_layout_hash_packed(const group_layout *l, uint64_t low, uint64_t high);
/* Bytes of directory and rows: what a lookup may touch. */
uint64_t group_table_bytes(const group_table *t);

/* Rows of packed keys with NULL bits that are left out from now on: more bits than columns. */
static inline uint8_t *group_row_null_byte(const group_layout *l, uint8_t *row) {
    return row + (l->mode == GROUP_KEY_PACKED8 ? 7 : 15);
}
static inline void group_row_kill(const group_layout *l, uint8_t *row) {
    assert(l->mode != GROUP_KEY_ROWS && l->null_bits && l->column_count < GROUP_PACKED_COLUMNS_MAX);
    *group_row_null_byte(l, row) = UINT8_MAX;
}
static inline bool group_row_is_dead(const group_layout *l, uint8_t *row) {
    return *group_row_null_byte(l, row) == UINT8_MAX;
}

static inline uint32_t group_partition_of(uint64_t hash, uint32_t bits) {
    return bits == 0 ? 0 : (uint32_t)(hash >> (64 - bits));
}

#endif
