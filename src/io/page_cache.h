/* page_cache.h - decompressed pages of files, kept between statements.
 *
 * A page is named by its file (path, size, time of change) and offset; what it holds is its
 * format's business. It is entered when it is asked for the second time, so that what is read once
 * neither takes memory nor drives out what is read often. Pages are immutable once entered and
 * counted: one that is dropped from the cache lives on until its readers release it. The cache
 * takes at most its limit, and gives memory back when a statement needs it (ledger_add_reclaimer).
 *
 * Everything may be called from many threads at once but for init and deinit.
 */
#ifndef DBX_IO_PAGE_CACHE_H
#define DBX_IO_PAGE_CACHE_H

#include "io/gate.h"

typedef struct page_key {
    uint64_t file[2];
    uint64_t offset;
} page_key;

typedef struct cached_page {
    struct page_cache *cache;
    _Atomic uint32_t refs;
    uint32_t note_size; /* of `note` in use */
    size_t size;        /* of data */
    page_key key;
    uint32_t next;                /* in its bucket: slot + 1; 0: last */
    bool used;                    /* since the hand came by */
    _Alignas(8) uint8_t note[80]; /* the format's: a header */
    _Alignas(16) uint8_t data[];
} cached_page;

typedef struct page_cache {
    ledger ledger;
    ledger *bounded; /* whose limit the cache gives way to; NULL: none */
    ledger_reclaimer reclaimer;
    size_t limit;
    os_mutex lock; /* guards everything below */
    size_t used;
    cached_page **slots;
    uint32_t count, capacity, hand;
    uint32_t *buckets; /* slot + 1; 0: empty; `bucket_count` of them, a power of two */
    uint32_t bucket_count;
    uint32_t *seen; /* hashes of pages that were asked for once */
} page_cache;

void page_cache_init(page_cache *c, ledger *parent, size_t limit);
/* All pages must have been released. */
void page_cache_deinit(page_cache *c);

/* Names the file for keys; false when it changed so lately that its time may not tell a next change
 * (it is then not cached). now_us: UTC. */
bool page_cache_file(const io_file *file, int64_t now_us, uint64_t out[2]);
/* The page with a reference for the caller, or NULL. *worthy (on NULL): it was asked for before,
 * so that the caller should make it and put it. */
cached_page *page_cache_find(page_cache *c, const page_key *key, bool *worthy);
/* Room for a page, with a reference; NULL when there is none to be had. */
cached_page *page_cache_make(page_cache *c, size_t size);
/* Enters a page that is complete. Another of its key that came first stays. */
void page_cache_put(page_cache *c, const page_key *key, cached_page *page);
void cached_page_release(cached_page *page);

#endif
