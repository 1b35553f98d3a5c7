/* table_filter.h - predicates of a scan on encoded columns: skipping row groups, and a mask of the
 * rows that pass.
 *
 * Orders are those of compare.h: NaN is the largest and equals itself, -0.0 equals 0.0, strings
 * compare as bytes (columns of other collations are left to exec). NULL passes only IS NULL.
 */
#ifndef DBX_STORAGE_TABLE_FILTER_H
#define DBX_STORAGE_TABLE_FILTER_H

#include "kernel/comparison.h"
#include "storage/column_reader.h"
#include "vector/source.h"

typedef enum table_filter_kind {
    TABLE_FILTER_NOTHING, /* cannot be used here: every row passes, and exec tests it */
    TABLE_FILTER_NEVER,   /* no row passes: a comparison with NULL */
    TABLE_FILTER_NULL,
    TABLE_FILTER_NOT_NULL,
    TABLE_FILTER_INTS,     /* lo <= v <= hi, or its negation for NE */
    TABLE_FILTER_INT_LIST, /* one of sorted values */
    TABLE_FILTER_FLOATS,   /* op with f64 */
    TABLE_FILTER_WIDE,     /* op with i128 */
    TABLE_FILTER_STRINGS,  /* op with text */
    TABLE_FILTER_VALUES,   /* one of `values`, any type: by comparing in turn (floats, int128,
                              strings) */
    TABLE_FILTER_BITMAP,   /* integers in a set: of a runtime filter, or a short list */
    TABLE_FILTER_BLOOM,    /* integers in lo..hi and a runtime filter's Bloom filter */
    TABLE_FILTER_PAIR,     /* op between two columns of one fixed-width type */
} table_filter_kind;

typedef struct table_filter {
    table_filter_kind kind;
    scan_predicate_op op;
    uint32_t column; /* of the table */
    uint32_t other;  /* PAIR: the right column */
    uint8_t phys;
    bool negated;   /* INTS: NE */
    bool optional;  /* a runtime filter: rows that fail may pass */
    int64_t lo, hi; /* INTS, BLOOM; INT_LIST: bounds of the list */
    int_bitmap set; /* BITMAP */
    double f64;
    __int128 i128;
    vstring text;
    const int64_t *list;           /* INT_LIST, ascending */
    const void *values;            /* VALUES: of the column's physical type */
    uint32_t count;                /* of list, values */
    const runtime_filter *runtime; /* BLOOM */
    kernel_binary compare;         /* PAIR: left with right, or */
    bool swapped;                  /* right with left */
} table_filter;

/* Translates a predicate; memory from `a`. *exact says whether table_filter_apply decides it for
 * every row. */
dbx_status table_filter_init(table_filter *f, const scan_predicate *p, type t, arena *a,
                             bool *exact) MUST_CHECK;

/* The same for a comparison of two columns; the filter is NOTHING where it cannot be tested here.
 */
void table_filter_init_pair(table_filter *f, const scan_pair *p, type t);

typedef enum table_filter_verdict {
    TABLE_FILTER_SOME,
    TABLE_FILTER_ALL,
    TABLE_FILTER_NONE
} table_filter_verdict;
/* What the statistics of a segment say: rows may pass, all pass, or none does. seg NULL: all rows
 * are NULL. other: of a PAIR's right column. */
table_filter_verdict table_filter_check(const table_filter *f, const segment *seg,
                                        const segment *other);

/* State of a filter in one row group. */
typedef struct table_filter_state {
    bool open;
    uint8_t *entry_matches; /* DICTIONARY: per code, the one of NULL included */
    bool all_entries, no_entry;
    bool in_a_row; /* the entries that pass are those from code first to code last */
    uint32_t first, last;
} table_filter_state;
/* Tests dictionary entries, once. `a` lives as long as the reader. */
dbx_status table_filter_open(const table_filter *f, column_reader *c, table_filter_state *state,
                             arena *a, error *err) MUST_CHECK;
/* Clears mask[i] (1 or 0) of the rows from + i, i < count <= 2048, that fail; `left` rows have 1.
 * other: of a PAIR's right column. */
dbx_status table_filter_apply(const table_filter *f, const table_filter_state *state,
                              column_reader *c, column_reader *other, uint32_t from, uint32_t count,
                              uint32_t left, uint8_t *mask, arena *a, error *err) MUST_CHECK;

#endif
