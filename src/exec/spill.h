/* spill.h - chunks moved out of memory and read back in the order in which they were written.
 *
 * A spill_stream is what was written: blocks of the execution's temporary file, each some chunks. A
 * writer gathers the rows of one thread until they make a block; a reader gives a range of blocks.
 * Several writers may write to one stream: their blocks interleave. Streams release their blocks
 * when they are freed.
 */
#ifndef DBX_EXEC_SPILL_H
#define DBX_EXEC_SPILL_H

#include "exec/operator.h"
#include "io/temp_file.h"

enum {
    SPILL_BLOCK_BYTES = 128 << 10,
    SPILL_BLOCK_SMALL_BYTES = 24 << 10, /* where one worker writes to many streams */
};

typedef struct spill_block {
    temp_block where;
    uint32_t rows;
} spill_block;

typedef struct spill_stream {
    exec *x;
    temp_file *file;
    const type *types; /* borrowed */
    uint32_t column_count;
    os_mutex lock; /* guards blocks and rows while writers write */
    ledger *ledger;
    spill_block *blocks;
    uint32_t block_count, block_capacity;
    uint64_t rows;
} spill_stream;

dbx_status spill_stream_init(spill_stream *s, exec *x, const type *types, uint32_t column_count,
                             ledger *l, error *err) MUST_CHECK;
/* Also of one that is all zero. */
void spill_stream_deinit(spill_stream *s);

typedef struct spill_writer {
    spill_stream *stream;
    buffer bytes;
    uint32_t rows; /* in bytes */
    uint32_t block_bytes;
} spill_writer;

/* A block is written when it has block_bytes. */
void spill_writer_init(spill_writer *w, spill_stream *s, uint32_t block_bytes);
/* What was not flushed is dropped. */
void spill_writer_deinit(spill_writer *w);
/* Adds rows sel[0..rows) of the chunk (sel NULL: the first rows). */
dbx_status spill_writer_append(spill_writer *w, const chunk *c, const sel_t *sel, uint32_t rows,
                               error *err) MUST_CHECK;
/* Writes what is gathered as a block. */
dbx_status spill_writer_flush(spill_writer *w, error *err) MUST_CHECK;

typedef struct spill_reader {
    const spill_stream *stream;
    uint32_t next, end; /* blocks */
    char *data;         /* of the current block */
    size_t capacity;
    const uint8_t *at, *data_end;
    arena arena; /* vectors of the chunk given last */
    chunk chunk;
} spill_reader;

void spill_reader_init(spill_reader *r, const spill_stream *s);
void spill_reader_deinit(spill_reader *r);
/* From now on gives blocks [first, end). */
void spill_reader_restrict(spill_reader *r, uint32_t first, uint32_t end);
/* The next chunk, valid until the next call; NULL at the end. */
dbx_status spill_reader_next(spill_reader *r, const chunk **out, error *err) MUST_CHECK;

#endif
