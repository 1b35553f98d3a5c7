/* sort_buffer.h - rows of one worker, kept as bytes with order-preserving keys, and sorted; for
 * SORT, TOP_N, WINDOW.
 *
 * A record points to a row (vector/row.h, with a trailer that tells the input order) and to its key
 * (compare.h's sort_key_encode); the key's first 8 bytes stand in the record, so that most
 * comparisons touch only it. Ties are broken by input order, so that the result depends neither on
 * threads nor on morsel scheduling. Sorted buffers become runs, which are merged: sort_run.h.
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

/* Columns of a spilled row behind the payload. */
enum {
    SORT_SPILLED_KEY,
    SORT_SPILLED_PART, /* bytes of the key that tell the partition */
    SORT_SPILLED_MORSEL,
    SORT_SPILLED_ARRIVAL,
    SORT_SPILLED_EXTRA
};

/* Shared by all buffers of an operator; immutable. */
typedef struct sort_spec {
    row_layout rows;   /* payload columns */
    const type *types; /* of the payload */
    uint32_t column_count;
    sort_key_layout
        part; /* leading key columns (a window's partition); 0 columns when there are none */
    sort_key_layout keys;      /* the key columns behind them */
    const type *spilled_types; /* of a spilled row: payload, key, part size, morsel, arrival */
    uint32_t stride;           /* bytes of a row with its trailer */
} sort_spec;

/* key_types and orders have part_count + key_count entries and outlive the spec. */
dbx_status sort_spec_init(sort_spec *s, const type *types, uint32_t column_count,
                          const type *key_types, const sort_order *orders, uint32_t part_count,
                          uint32_t key_count, arena *a) MUST_CHECK;

/* What a row is made of besides its payload. */
typedef struct sort_row_key {
    const uint8_t *part, *tail; /* encoded: partition columns, the columns behind them */
    uint32_t part_size, tail_size;
    uint64_t morsel, arrival;
} sort_row_key;

typedef struct sort_buffer {
    const sort_spec *spec;
    ledger *ledger;
    arena heap; /* rows, keys, long values */
    sort_record *records;
    uint64_t count, capacity;
    uint64_t arrival;
    buffer part_bytes, key_bytes; /* keys of the chunk at hand */
    uint64_t *part_offsets, *key_offsets;
    sel_t *kept;            /* CHUNK_ROWS_MAX */
    sort_row_key *row_keys; /* CHUNK_ROWS_MAX */
    bool sorted;
    bool has_bound; /* TOP_N: rows that do not come before `bound` are dropped */
    sort_record bound;
} sort_buffer;

dbx_status sort_buffer_init(sort_buffer *b, const sort_spec *spec, ledger *l) MUST_CHECK;
void sort_buffer_deinit(sort_buffer *b);
/* What the rows take. */
static inline size_t sort_buffer_bytes(const sort_buffer *b) {
    return b->heap.held + b->capacity * sizeof(sort_record);
}
/* Forgets all rows, and the bound; input order goes on. */
void sort_buffer_empty(sort_buffer *b);
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

/* Makes rows sel[0..rows) (NULL: the first `rows`) of the payload, at most CHUNK_ROWS_MAX, in the
 * heap; records get one entry each, in order. */
dbx_status sort_rows_make(const sort_spec *s, const vector *payload, const sel_t *sel,
                          uint32_t rows, const sort_row_key *keys, sort_record *records,
                          arena *heap) MUST_CHECK;
/* Copies the rows of the records, keys and long values included, and makes the records point
 * there. */
dbx_status sort_rows_move(const sort_spec *s, sort_record *records, uint64_t count,
                          arena *to) MUST_CHECK;

#endif
