/* text_blocks.h - text of a list of files in blocks of whole records, for readers that parse blocks
 * in parallel.
 *
 * One reader is shared by all workers. text_blocks_next runs under its lock: it reads (and
 * decompresses) the next stretch of the current file, cuts it behind the last whole record and
 * keeps the rest for the next block, so that a block is parsed without knowing its neighbours.
 * Reading is sequential; parsing, the expensive part, is not.
 */
#ifndef DBX_FORMATS_TEXT_BLOCKS_H
#define DBX_FORMATS_TEXT_BLOCKS_H

#include "formats/file_list.h"
#include "formats/text_encoding.h"

/* Bytes of text up to the end of its last whole record; 0 when there is none. */
typedef size_t (*text_blocks_cut)(const char *text, size_t size, const void *state);

typedef struct text_blocks {
    const file_list *files;
    const io_gate *gate;
    ledger *ledger;
    io_stream_codec codec;
    text_blocks_cut cut;
    const void *cut_state;
    char line_end;        /* a file's last record gets one when it has none; 0: not */
    text_decoder decoder; /* as a file begins with it */
    uint64_t record_max;  /* bytes */
    const bool *wanted;   /* per file; NULL: all */
    /* running */
    os_mutex lock;
    uint32_t file; /* index of the open or next file */
    io_stream *stream;
    text_decoder file_decoder;
    uint64_t offset; /* of the next block in the file's text */
    bool file_start; /* the next block is its file's first */
    buffer rest;     /* bytes behind the last cut */
    uint64_t block_number;
    uint64_t bytes_done;       /* of finished files, as stored */
    _Atomic uint64_t position; /* bytes read so far, as stored; for other threads */
} text_blocks;

enum { TEXT_SLACK = 64 }; /* readable bytes behind a block's text */

/* A block, in the worker's buffer. */
typedef struct text_block {
    buffer text;
    uint64_t offset; /* in the file's text as UTF-8, mark not counted */
    uint32_t file;
    bool first_of_file;
    uint64_t number; /* of the block in the scan */
} text_block;

void text_blocks_init(text_blocks *b, const file_list *files, const io_gate *gate, ledger *l);
void text_blocks_deinit(text_blocks *b);
/* Fills the block; *more is false at the end of the last file. */
dbx_status text_blocks_next(text_blocks *b, text_block *out, bool *more, error *err) MUST_CHECK;
/* Share of the files' bytes that was read, in [0, 1]. */
double text_blocks_progress(const text_blocks *b);
uint64_t text_blocks_position(const text_blocks *b);

/* The first bytes of a file, decompressed, decoded, without a byte order mark: at most about
 * `most`; *whole says that it is all. */
dbx_status text_sample(const io_gate *gate, ledger *l, string_view path, io_stream_codec codec,
                       const text_decoder *decoder, size_t most, buffer *out, bool *whole,
                       error *err) MUST_CHECK;
/* The number of the line (from 1) at an offset of the file's text, for messages: reads the file
 * again. 0 when it cannot be told. */
uint64_t text_line_at(const text_blocks *b, uint32_t file, uint64_t offset, char line_end);

#endif
