/* temp_file.h - blocks of bytes that a statement moves out of memory for a while.
 *
 * A temp_store belongs to a database: where temporary files go and how much they may take together.
 * A temp_file belongs to one execution; it has no name any more once it is open, so that nothing
 * is left behind by a crash. Blocks are compressed with LZ4 where that makes them shorter, and
 * carry an xxHash64 that is verified when they come back. Space of released blocks is used again.
 *
 * THREADS  All functions but open and close from any thread.
 */
#ifndef DBX_IO_TEMP_FILE_H
#define DBX_IO_TEMP_FILE_H

#include "common/os.h"

typedef struct temp_store {
    char directory[4096];  /* made when the first file is */
    uint64_t limit;        /* bytes of all files together; UINT64_MAX when unbounded */
    _Atomic uint64_t used; /* bytes */
} temp_store;

typedef struct temp_file temp_file;

/* Where a block lies; kept by who wrote it. */
typedef struct temp_block {
    uint64_t offset;
    uint64_t check; /* xxHash64 of the stored bytes */
    uint32_t stored_size;
    uint32_t raw_size;
} temp_block;

enum { TEMP_BLOCK_MAX = 1 << 30 };

/* The file and its bookkeeping charge the ledger. */
dbx_status temp_file_open(temp_store *store, ledger *l, temp_file **out, error *err) MUST_CHECK;
void temp_file_close(temp_file *f); /* NULL is fine */
/* Writes 1 to TEMP_BLOCK_MAX bytes. Raises OUT_OF_TEMP_SPACE at the store's limit, IO_ERROR when
 * the system refuses. */
dbx_status temp_file_write(temp_file *f, const void *bytes, size_t size, temp_block *out,
                           error *err) MUST_CHECK;
/* Reads raw_size bytes. */
dbx_status temp_file_read(temp_file *f, const temp_block *block, void *to, error *err) MUST_CHECK;
/* The block's space may be used again; it must not be read any more. */
void temp_file_release(temp_file *f, const temp_block *block);
/* Bytes that blocks take now, and the most they took. */
uint64_t temp_file_used(temp_file *f);
uint64_t temp_file_peak(temp_file *f);

#endif
