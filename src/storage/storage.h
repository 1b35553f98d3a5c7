/* storage.h - the database file: space, checksummed reads and writes, the two roots, the cache.
 *
 * The file is an array of 4 KiB pages (README.md draws it). Everything but the header and the two
 * root slots is an extent: a run of pages that is written once, before the root that leads to it,
 * and never changed. A commit writes new extents, syncs, writes the older root slot, syncs. So the
 * last synced root always leads to whole data.
 *
 * INVARIANTS
 *   1. A page that the durable root leads to is not written.
 *   2. An extent is free when no root in memory (a reader's snapshot) and no durable root leads to
 * it.
 *   3. After a failed sync or root write nothing more is written: what is on disk is unknown until
 * it is reopened.
 *   4. Without a path everything lives in memory and commits write nothing.
 * THREADS  extents are made, written and read by many threads; one thread at a time commits.
 */
#ifndef DBX_STORAGE_STORAGE_H
#define DBX_STORAGE_STORAGE_H

#include "common/error.h"
#include "common/memory.h"
#include "common/os.h"

typedef struct storage storage;

enum {
    STORAGE_PAGE_SIZE = 4096,
    STORAGE_BLOCK_SIZE = 256 * 1024, /* unit of checksums inside a segment */
    STORAGE_FORMAT_VERSION = 1,
    STORAGE_FIRST_ID = 16, /* of storage_next_id */
};

/* When a commit waits for the disk. */
typedef enum storage_sync {
    STORAGE_SYNC_FULL,   /* always: it survives a power cut */
    STORAGE_SYNC_NORMAL, /* only roots do: a power cut may lose the last commits of the log, a
                            killed process none */
    STORAGE_SYNC_OFF,    /* never: a power cut may lose the file */
} storage_sync;

typedef struct storage_options {
    bool read_only;
    uint64_t cache_bytes; /* bound on cached segment bytes; 0: half of the ledger's limit */
    storage_sync sync;
    uint64_t busy_timeout_ms; /* how long to wait for another process */
} storage_options;

/* path NULL: memory. A missing file is made unless read_only. `l` outlives the storage. */
dbx_status storage_open(const char *path, const storage_options *options, ledger *l, storage **out,
                        error *err) MUST_CHECK;
/* All row groups and blobs must have been released. */
void storage_close(storage *s);
bool storage_is_file(const storage *s);
bool storage_is_read_only(const storage *s);
const char *storage_path(const storage *s); /* ":memory:" without a file */
ledger *storage_ledger(storage *s);
/* A number that was never given before, also not before the file was reopened. */
uint64_t storage_next_id(storage *s);
/* The first of `count` such numbers in a row. */
uint64_t storage_next_ids(storage *s, uint64_t count);
/* Identity of a segment's dictionary: never 0, and of no other dictionary in the process. */
uint64_t storage_dictionary_id(const storage *s, uint64_t segment_id);

typedef struct storage_usage {
    uint64_t file_bytes;
    uint64_t free_bytes;
    uint64_t cached_bytes; /* segments in memory that can be dropped */
    uint64_t memory_bytes; /* segments in memory that cannot: those of a memory database */
    uint64_t cache_hits, cache_misses;
    uint64_t sequence; /* commits */
} storage_usage;
storage_usage storage_usage_of(storage *s);

/* Raises DATABASE_CORRUPT. */
dbx_status storage_corrupt(const storage *s, error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- extents
 * ------------------------------------------------------------------------------------------- */

/* A run of pages, owned by one object in memory. */
typedef struct storage_extent {
    struct storage_extent *previous,
        *next; /* list of those that the durable root does not lead to */
    uint64_t page;
    uint64_t pages;
    uint8_t state; /* storage_extent_state; guarded by the storage's lock */
    bool logged;   /* a record of the log leads to it: not used again before the next root */
    bool holds;    /* keeps other processes from writing while no commit leads to it */
} storage_extent;

typedef enum storage_extent_state {
    EXTENT_UNBORN,     /* not allocated */
    EXTENT_NEW,        /* no durable root leads to it: freed when its owner goes */
    EXTENT_COMMITTING, /* the root being written leads to it */
    EXTENT_DURABLE,    /* the durable root leads to it: its owner may leave memory */
    EXTENT_LEAVING,    /* durable, but not in the root being written */
    EXTENT_DROPPED,    /* no longer: freed when its owner goes */
} storage_extent_state;

dbx_status storage_extent_alloc(storage *s, uint64_t bytes, storage_extent *out,
                                error *err) MUST_CHECK;
/* For objects read from a durable root. Fails when the run lies outside the file. */
dbx_status storage_extent_adopt(storage *s, uint64_t page, uint64_t pages, storage_extent *out,
                                error *err) MUST_CHECK;
/* The owner goes away. */
void storage_extent_release(storage *s, storage_extent *e);
dbx_status storage_write(storage *s, const storage_extent *e, uint64_t offset, const void *bytes,
                         size_t size, error *err) MUST_CHECK;
dbx_status storage_read(storage *s, uint64_t file_offset, void *bytes, size_t size,
                        error *err) MUST_CHECK;

/* ---- blobs: byte strings of the meta data, compressed, with a checksum in their pointer
 * ------------------- */

typedef struct storage_pointer { /* where a blob is; size 0: none */
    uint64_t page;
    uint32_t size;     /* bytes stored */
    uint32_t raw_size; /* bytes when unpacked; equal to size: stored as is */
    uint64_t hash;     /* xxHash64 of the stored bytes */
} storage_pointer;

typedef struct storage_blob {
    storage_pointer pointer;
    storage_extent extent;
} storage_blob;

enum { STORAGE_BLOB_BYTES_MAX = 1 << 30 };

dbx_status storage_blob_write(storage *s, const void *bytes, size_t size, storage_blob *out,
                              error *err) MUST_CHECK;
/* Reads into `out` (initialized) and adopts the extent. */
dbx_status storage_blob_read(storage *s, storage_pointer pointer, storage_blob *blob, buffer *out,
                             error *err) MUST_CHECK;
static inline void storage_blob_release(storage *s, storage_blob *b) {
    storage_extent_release(s, &b->extent);
}
dbx_status storage_put_pointer(buffer *b, storage_pointer p) MUST_CHECK;
struct byte_reader;
storage_pointer storage_get_pointer(struct byte_reader *r);

/* ---- many processes (share.h) --- */

/* Brings the owner of the storage to the newest state: storage_reload when *reload, then the log.
 */
typedef dbx_status (*storage_refresh_fn)(void *owner, bool reload, error *err);
void storage_set_owner(storage *s, storage_refresh_fn refresh, void *owner);
/* After opening: others have the file open and may change it, so that what they published is loaded
 * as storage_pin does (through the owner). False: the owner loads by itself. */
bool storage_must_follow(const storage *s);
dbx_status storage_follow(storage *s, error *err) MUST_CHECK;
/* Takes the right to commit, of this thread among the process's and of the process among others;
 * what others committed is seen then. Every begin that succeeded is ended. */
dbx_status storage_write_begin(storage *s, error *err) MUST_CHECK;
void storage_write_end(storage *s);
/* A snapshot begins: pins what the newest state leads to, and sees that state. */
dbx_status storage_pin(storage *s, uint64_t *pin, error *err) MUST_CHECK;
void storage_unpin(storage *s, uint64_t pin);
/* Turns to another root: all extents in memory are others' from now on. */
dbx_status storage_reload(storage *s, error *err) MUST_CHECK;
/* Nobody else has the file open; nobody comes in from now on. */
bool storage_is_last(storage *s);

/* ---- commit: begin, enter / leave for each extent that the new root gained or lost, then commit
 * or abort --- */

/* Refuses when writes have stopped or the file is read-only. */
dbx_status storage_commit_begin(storage *s, error *err) MUST_CHECK;
void storage_commit_enter(storage *s, storage_extent *e);
void storage_commit_leave(storage *s, storage_extent *e);
/* Writes the root that leads to `root` (a blob that entered). On success the extents' states
 * follow. On failure nothing changed for readers; storage_commit_abort must be called. */
dbx_status storage_commit(storage *s, storage_pointer root, error *err) MUST_CHECK;
void storage_commit_abort(storage *s);
/* ---- the log (wal.h): commits between roots --- */

/* Whether commits may go to the log now. When they may not, the next root makes it so. */
bool storage_log_is_on(const storage *s);
/* Adds a record to the group that storage_log_commit makes durable. `extents`, which it leads to,
 * were written before. */
dbx_status storage_log_add(storage *s, const void *bytes, size_t size, error *err) MUST_CHECK;
void storage_log_enter(storage *s, storage_extent *e);
void storage_log_forget(storage *s);
/* One write and one sync for all records of the group. On failure none counts. */
dbx_status storage_log_commit(storage *s, error *err) MUST_CHECK;
/* Reads the next record that the log holds beyond the root, behind what `out` holds; *more is false
 * at the end. Extents that are adopted meanwhile are the log's. */
dbx_status storage_log_next(storage *s, buffer *out, bool *more, error *err) MUST_CHECK;
/* After the last record was read: what follows is cut off, the log goes on from there, and other
 * processes may come in. */
dbx_status storage_log_recovered(storage *s, error *err) MUST_CHECK;
/* Time for a new root: the log is long, or many pages wait for one to be used again. */
bool storage_log_is_long(storage *s);
/* The next root ends the log for good: the database is being closed. */
void storage_log_end(storage *s);
/* What a record must carry besides its content: numbers given and pages of the file. */
dbx_status storage_log_put_state(storage *s, buffer *out) MUST_CHECK;
dbx_status storage_log_get_state(storage *s, struct byte_reader *r, error *err) MUST_CHECK;
/* Makes what was written to extents durable ahead of a commit, so that the commit waits less. */
dbx_status storage_sync_data(storage *s, error *err) MUST_CHECK;
/* Serializes the making of blobs and places of shared objects between a commit and a checkpoint. */
void storage_settle_lock(storage *s);
void storage_settle_unlock(storage *s);

/* The root blob of the newest durable root; size 0 in a fresh database. */
storage_pointer storage_root(const storage *s);
/* Gives free pages at the end of the file back to the system. */
dbx_status storage_trim(storage *s, error *err) MUST_CHECK;

#endif
