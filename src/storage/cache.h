/* cache.h - segment bytes in memory: read on demand, verified, pinned while used, dropped when room
 * is needed.
 *
 * The unit is a whole segment, because decoders want contiguous bytes. Unpinned segments that have
 * a place in the file are dropped by the clock algorithm: a sweep drops what was not used since the
 * last sweep. Segments of a memory database stay.
 *
 * THREADS  cache_pin and cache_unpin from any thread.
 */
#ifndef DBX_STORAGE_CACHE_H
#define DBX_STORAGE_CACHE_H

#include "common/os.h"

struct storage;

/* Where a segment's bytes are; embedded in the segment. */
typedef struct cache_entry {
    uint64_t offset; /* in the file; 0: in memory only */
    uint32_t size;
    uint32_t check_count; /* hashes: one for each 256 KiB */
    const uint64_t
        *checks; /* xxHash64; NULL for entries in memory only. Owned by the segment's group */
    /* guarded by the cache's lock */
    uint8_t *data; /* NULL: not loaded */
    void *extra;   /* derived from data by its users, e.g. dictionary entries; freed with it */
    uint32_t extra_size;
    uint32_t pins;
    uint32_t slot; /* index in the clock */
    bool used;
} cache_entry;

typedef struct cache {
    os_mutex lock;
    ledger *ledger;
    ledger_reclaimer reclaimer;
    struct ledger *bounded; /* the ledger above with a limit, which asks for memory back; or NULL */
    cache_entry **clock;
    uint32_t count, capacity, hand;
    uint64_t limit;    /* bytes that may be cached */
    uint64_t used;     /* bytes loaded that can be dropped */
    uint64_t resident; /* bytes that cannot */
    uint64_t hits, misses;
} cache;

void cache_init(cache *c, ledger *l, uint64_t limit);
void cache_deinit(cache *c);
/* Gives the bytes, loaded and verified if need be; valid until cache_unpin. */
dbx_status cache_pin(struct storage *s, cache_entry *e, const uint8_t **data,
                     error *err) MUST_CHECK;
void cache_unpin(struct storage *s, cache_entry *e);
/* Hands loaded bytes over (allocated from the storage's ledger with size e->size). They are owned
 * by the cache from here on, also on failure. */
dbx_status cache_put(struct storage *s, cache_entry *e, uint8_t *data) MUST_CHECK;
/* Attaches derived data to a pinned entry unless it has some already; then `extra` is freed.
 * Returns what it has. */
void *cache_attach(struct storage *s, cache_entry *e, void *extra, uint32_t size);
void *cache_extra(struct storage *s, cache_entry *e);
/* A loaded entry that was in memory only has a place in the file from now on. */
void cache_settle(struct storage *s, cache_entry *e, uint64_t offset, const uint64_t *checks,
                  uint32_t check_count);
/* The segment goes away; it must not be pinned. */
void cache_forget(struct storage *s, cache_entry *e);
/* Drops unpinned bytes until at least `bytes` are free again or nothing is left. */
void cache_shrink(struct storage *s, uint64_t bytes);

#endif
