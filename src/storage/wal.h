/* wal.h - the write-ahead log beside the database file: records of small commits.
 *
 * The log continues the durable root that holds its salt; a new root has a new salt, so that what
 * the log held before is stale at once. It is an array of frames of 512 bytes, a size that disks
 * write whole or not at all. Each frame has a hash, the salt, its record's number and the hash of
 * the frame before (README.md draws it). Hence, when a log is read:
 *
 *   the chain goes on                        a record
 *   end of file, zeros, or a stale frame     the end, unless a later frame says that the record
 *                                            which should be here was synced: then it is damage
 *   a frame that fails its hash              damage: no torn write leaves one
 *
 * Damage is an error that names the place; a tail that was never synced is cut off. The chain keeps
 * records of a writer that died, behind those that another wrote over its place, from counting.
 *
 * THREADS  one at a time: the committer, or who opens the file.
 */
#ifndef DBX_STORAGE_WAL_H
#define DBX_STORAGE_WAL_H

#include "common/error.h"
#include "common/memory.h"
#include "common/os.h"

enum {
    WAL_FRAME_SIZE = 512,
    WAL_FRAME_HEAD = 48,
    WAL_RECORD_BYTES_MAX = 64 << 20,
};

typedef struct wal {
    ledger *ledger;
    os_file *file; /* NULL: not open */
    uint64_t salt; /* 0: no log */
    uint64_t end;  /* bytes of whole records */
    uint64_t next_record;
    uint64_t synced_record; /* the last that is known to be on disk */
    uint64_t chain;         /* hash of the last frame */
    /* the group that is being gathered */
    buffer frames;
    uint64_t group_chain;
    uint64_t group_records;
} wal;

void wal_init(wal *w, ledger *l);
void wal_deinit(wal *w);
/* Starts an empty log with this salt. */
void wal_reset(wal *w, uint64_t salt);
/* Opens the file, making it first when `create`. */
dbx_status wal_open(wal *w, const char *path, bool create, bool read_only, error *err) MUST_CHECK;
/* Reads the record after those read or written so far, behind what `out` holds; *more is false at
 * the end. Raises DATABASE_CORRUPT for damage. */
dbx_status wal_next(wal *w, buffer *out, bool *more, error *err) MUST_CHECK;
/* Adds a record to the group; all or nothing. */
dbx_status wal_add(wal *w, const void *bytes, size_t size, error *err) MUST_CHECK;
void wal_forget_group(wal *w);
static inline bool wal_has_group(const wal *w) {
    return w->group_records > 0;
}
/* Writes the group. When writing fails, what it wrote is cut off again; *unknown is true when that
 * failed, too, or the sync did: nothing more may be written then. */
dbx_status wal_write_group(wal *w, bool sync, bool *unknown, error *err) MUST_CHECK;

#endif
