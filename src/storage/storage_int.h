/* storage_int.h - struct storage, for the files that implement storage.h. */
#ifndef DBX_STORAGE_STORAGE_INT_H
#define DBX_STORAGE_STORAGE_INT_H

#include "storage/cache.h"
#include "storage/share.h"
#include "storage/space.h"
#include "storage/storage.h"
#include "storage/wal.h"

/* Byte layout: README.md. */
enum {
    STORAGE_ROOT_SLOTS = 2,
    STORAGE_FIRST_PAGE = 1 + STORAGE_ROOT_SLOTS,
    STORAGE_ROOT_BYTES = 160,  /* of a root slot that are in use, its hash included */
    STORAGE_HEADER_BYTES = 48, /* of the header page, its hash included */
};
#define STORAGE_MAGIC "dbx file" /* 8 bytes */
#define STORAGE_ROOT_MAGIC "dbx root"
#define STORAGE_WAL_SUFFIX "-wal" /* behind the path of the file */
#define STORAGE_SHARE_SUFFIX "-shm"
/* Feature flags: a file that has a required one which is unknown is refused; an unknown one of the
 * other kind makes it read-only. */
#define STORAGE_FEATURE_LOG ((uint64_t)1) /* a log continues the root */
#define STORAGE_FEATURES_REQUIRED_KNOWN STORAGE_FEATURE_LOG
#define STORAGE_FEATURES_WRITE_KNOWN ((uint64_t)0)

typedef struct storage_root_slot { /* unpacked */
    uint64_t sequence;             /* 0: no root was ever written */
    uint64_t features_required;
    uint64_t features_write;
    uint64_t page_count;
    uint64_t next_id;
    int64_t written_us;
    storage_pointer root;
    storage_pointer free_list;
    uint64_t log_salt; /* 0: no log continues it */
} storage_root_slot;

/* Pages that no root from `sequence` on leads to, which other processes may still read. */
typedef struct held_run {
    page_run run;
    uint64_t sequence;
} held_run;

/* Snapshots of this process that began at a root. */
typedef struct storage_pins {
    uint64_t sequence;
    uint64_t count;
} storage_pins;

enum { STORAGE_PINS_MAX = 64 };

struct storage {
    ledger *parent_ledger;
    ledger ledger; /* everything of the storage */
    char *path;    /* NULL: memory */
    size_t path_size;
    os_file *file;
    bool read_only;
    uint64_t seed; /* makes dictionary ids differ from those of other storages */
    os_mutex lock; /* guards what follows up to the cache */
    space_map space;
    uint64_t page_count;     /* pages of the file, in use or free */
    storage_extent limbo;    /* ring head: extents that the durable root does not lead to */
    storage_extent changing; /* ring head: extents that leave with the running commit */
    size_t owned_count;      /* extents alive: room that their release may need in `space` */
    space_map waiting;       /* pages free from the next root on */
    held_run *held;          /* others may read them */
    size_t held_count, held_capacity;
    _Atomic bool stopped;       /* invariant 3 */
    uint64_t file_id;           /* seeds the hash of roots */
    storage_root_slot root;     /* newest durable */
    storage_blob free_lists[2]; /* of the newest root, and room for the next one's */
    uint32_t free_list_current;
    _Atomic uint64_t own_next_id;
    _Atomic uint64_t *next_id; /* that, or one that processes share */
    storage_sync sync;
    char *wal_path, *share_path;
    wal wal;
    bool wal_ends;         /* the next root has no log */
    bool reads_log;        /* extents that are adopted belong to the log */
    uint64_t logged_pages; /* that records lead to; they are used again after the next root only */
    bool data_unsynced;    /* the group names extents that may not be on disk */
    uint64_t root_count;   /* roots written since the file was opened */
    os_mutex settle_lock;
    /* many processes */
    share share;
    os_mutex writer;            /* held by a commit, or while the state is followed */
    _Atomic uint64_t holders;   /* running commit, extents that no commit leads to */
    _Atomic uint64_t seen_root; /* state that is followed */
    _Atomic uint64_t seen_log;
    uint64_t log_limit;  /* bytes of the log that may be read */
    bool space_is_sound; /* `space` holds only what nobody reads */
    bool log_is_open;    /* others may come in */
    bool is_last;
    storage_refresh_fn refresh; /* NULL: nobody follows */
    void *owner;
    os_mutex pin_lock;
    storage_pins pins[STORAGE_PINS_MAX]; /* ascending */
    uint32_t pin_count;
    cache cache;
};

/* Raises DATABASE_WRITES_STOPPED after a failed sync. */
dbx_status storage_check_writes(const storage *s, error *err) MUST_CHECK;
/* share.c's state after a commit of this process. */
void storage_publish(storage *s);
/* Lock held. Pages that only older roots lead to. Room was reserved. */
void storage_hold_run(storage *s, uint64_t page, uint64_t pages);
/* Lock held. Frees held pages that nobody reads any more. */
void storage_free_held(storage *s);
/* One more, one fewer thing that needs the right to write. */
dbx_status storage_hold(storage *s, error *err) MUST_CHECK;
void storage_let_go(storage *s);

static inline void extent_link(storage_extent *ring, storage_extent *e) {
    e->previous = ring->previous;
    e->next = ring;
    ring->previous->next = e;
    ring->previous = e;
}

static inline void extent_unlink(storage_extent *e) {
    e->previous->next = e->next;
    e->next->previous = e->previous;
    e->next = e->previous = NULL;
}

#endif
