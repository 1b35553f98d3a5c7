/* sort_buffer.h - rows of one worker, kept as bytes with order-preserving keys, and sorted; for
 * SORT, TOP_N, WINDOW.
 *
 * A record points to a row (vector/row.h, with a trailer that tells the input order) and to its key
 * (compare.h's sort_key_encode); the key's first 8 bytes stand in the record, so that most
 * comparisons touch only it. Ties are broken by input order, so that the result depends neither on
 * threads nor on morsel scheduling. Several sorted buffers ("runs") are merged by slices: any
 * number of workers can merge disjoint ranges at once.
 */
#ifndef DBX_EXEC_SORT_BUFFER_H
#define DBX_EXEC_SORT_BUFFER_H

#include "exec/operator.h"
#include "vector/row.h"

typedef struct sort_record {
    uint64_t prefix; /* first 8 key bytes, big-endian, zero-padded */
    uint8_t *row;
} sort_record;

/* Behind the row's columns. */
typedef struct sort_trailer {
    const uint8_t *key;
    uint32_t key_size;
    uint32_t part_size; /* bytes of the first `part_count` key columns */
    uint64_t morsel;    /* (pipeline << 40) | morsel */
    uint64_t arrival;
} sort_trailer;

/* Shared by all buffers of an operator; immutable. */
typedef struct sort_spec {
    row_layout rows;   /* payload columns */
    const type *types; /* of the payload */
    uint32_t column_count;
    sort_key_layout
        part; /* leading key columns (a window's partition); 0 columns when there are none */
    sort_key_layout keys; /* the key columns behind them */
    uint32_t stride;      /* bytes of a row with its trailer */
} sort_spec;

/* key_types and orders have part_count + key_count entries and outlive the spec. */
dbx_status sort_spec_init(sort_spec *s, const type *types, uint32_t column_count,
                          const type *key_types, const sort_order *orders, uint32_t part_count,
                          uint32_t key_count, arena *a) MUST_CHECK;

typedef struct sort_buffer {
    const sort_spec *spec;
    ledger *ledger;
    arena heap; /* rows, keys, long values */
    sort_record *records;
    uint64_t count, capacity;
    uint64_t arrival;
    buffer part_bytes, key_bytes; /* keys of the chunk at hand */
    uint64_t *part_offsets, *key_offsets;
    uint8_t **targets; /* CHUNK_ROWS_MAX */
    sel_t *kept;
    bool sorted;
    bool has_bound; /* TOP_N: rows that do not come before `bound` are dropped */
    sort_record bound;
} sort_buffer;

dbx_status sort_buffer_init(sort_buffer *b, const sort_spec *spec, ledger *l) MUST_CHECK;
void sort_buffer_deinit(sort_buffer *b);
/* Adds all rows of the chunk; key_columns has part_count + key_count vectors of as many rows. */
dbx_status sort_buffer_append(sort_buffer *b, const chunk *payload, const vector *key_columns,
                              uint64_t morsel) MUST_CHECK;
dbx_status sort_buffer_sort(sort_buffer *b) MUST_CHECK;
/* Sorts, keeps the first `limit` rows, and moves them to fresh memory. */
dbx_status sort_buffer_truncate(sort_buffer *b, uint64_t limit) MUST_CHECK;

static inline const sort_trailer *sort_trailer_of(const sort_spec *s, const uint8_t *row) {
    return (const sort_trailer *)(const void *)(row + s->rows.width);
}
/* Full order: key, then input order. */
int sort_record_compare(const sort_spec *s, const sort_record *a, const sort_record *b);
/* Same partition? */
bool sort_same_part(const sort_spec *s, const sort_record *a, const sort_record *b);
/* Same key, partition included? */
bool sort_same_key(const sort_spec *s, const sort_record *a, const sort_record *b);

/* Sorted buffers of all workers. */
typedef struct sort_runs {
    sort_buffer **items;
    uint32_t count;
    uint64_t rows;
} sort_runs;

/* Takes a sorted buffer over; *capacity is of runs->items. */
dbx_status sort_runs_add(sort_runs *runs, uint32_t *capacity, sort_buffer *b, ledger *l) MUST_CHECK;

enum { SORT_SLICE_ROWS = 1 << 16 };

/* Cuts the merged order into slices of about SORT_SLICE_ROWS rows: bounds[slice * count + run] is
 * where slice starts in the run; one more row of bounds ends the last slice. */
dbx_status sort_runs_slice(const sort_spec *s, const sort_runs *runs, arena *a,
                           uint32_t *slice_count, uint64_t **bounds) MUST_CHECK;

/* Merges one slice. */
typedef struct sort_merge {
    const sort_spec *spec;
    const sort_runs *runs;
    uint64_t *at;  /* per run: next record */
    uint64_t *end; /* per run */
} sort_merge;
dbx_status sort_merge_init(sort_merge *m, const sort_spec *s, const sort_runs *runs,
                           arena *a) MUST_CHECK;
void sort_merge_start(sort_merge *m, const uint64_t *from, const uint64_t *to);
/* Up to `most` next rows in order; returns their number. records may be NULL. */
uint32_t sort_merge_next(sort_merge *m, uint8_t **rows, sort_record *records, uint32_t most);

#endif
