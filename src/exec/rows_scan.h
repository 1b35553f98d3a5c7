/* rows_scan.h - reads a finished collection as a source: morsels of whole chunks, shared by a
 * counter. */
#ifndef DBX_EXEC_ROWS_SCAN_H
#define DBX_EXEC_ROWS_SCAN_H

#include "exec/operator.h"

typedef struct rows_scan {
    const collection *rows;
    const uint32_t *columns; /* of the collection, in output order; NULL: all */
    uint32_t column_count;
    uint32_t first_chunk, end_chunk;
    uint32_t first_offset; /* rows to skip of the first chunk */
    uint32_t last_rows;    /* rows to give of the last chunk, the skipped ones included */
    _Atomic uint32_t next; /* morsel */
} rows_scan;

typedef struct rows_scan_local {
    uint32_t at, end; /* chunks of the morsel */
    uint32_t offset;  /* in the chunk */
    chunk out;
} rows_scan_local;

/* All rows. May be called again to start over. */
void rows_scan_init(rows_scan *s, const collection *rows, const uint32_t *columns,
                    uint32_t column_count);
/* Restricts to rows [offset, offset + limit). */
void rows_scan_restrict(rows_scan *s, uint64_t offset, uint64_t limit);
/* Restricts to chunks [first, first + count). */
void rows_scan_restrict_chunks(rows_scan *s, uint32_t first, uint32_t count);
uint64_t rows_scan_count(const rows_scan *s);
bool rows_scan_next_morsel(rows_scan *s, rows_scan_local *l, uint64_t *morsel_index);
/* Borrowed from the collection and the worker's chunk arena; NULL ends the morsel. */
dbx_status rows_scan_read(rows_scan *s, rows_scan_local *l, exec_worker *w,
                          const chunk **out) MUST_CHECK;

#endif
