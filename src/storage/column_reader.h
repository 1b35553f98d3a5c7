/* column_reader.h - reading one column of one row group: the tree of its segment readers. */
#ifndef DBX_STORAGE_COLUMN_READER_H
#define DBX_STORAGE_COLUMN_READER_H

#include "storage/row_group.h"

typedef struct column_reader {
    storage *storage;
    type type;
    segment *segment; /* NULL: the group lacks the column, all rows are NULL */
    bool pinned;
    segment_reader reader;
    struct column_reader *children; /* in the arena */
    uint32_t child_count;
} column_reader;

/* Pins and opens the column's segments. `a` lives as long as the reader. close is needed in every
 * case. */
dbx_status column_reader_open(column_reader *c, row_group *g, const storage_column *column,
                              arena *a, error *err) MUST_CHECK;
void column_reader_close(column_reader *c);
/* Encoded bytes of the open segments. */
uint64_t column_reader_bytes(const column_reader *c);
/* Rows [from, from + count) into a FLAT vector made by vector_init, from its start. What values
 * point at lives in the segment or in `a`. */
dbx_status column_reader_read(column_reader *c, uint32_t from, uint32_t count, vector *out,
                              arena *a, error *err) MUST_CHECK;
/* Unpacked strings are gone with their arena: called after it was reset. */
void column_reader_forget(column_reader *c);

#endif
