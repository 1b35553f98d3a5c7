/* page_cache.c - see page_cache.h. A clock: pages that were used since the hand came by are passed
 * over once. */
#include "io/page_cache.h"

#include <xxhash.h>

enum {
    PAGE_CACHE_SLOTS_MIN = 256,
    PAGE_CACHE_SEEN = 1 << 16,
    PAGE_CACHE_SETTLED_US = 2000000, /* clocks of file systems are coarse */
};

bool page_cache_file(const io_file *file, int64_t now_us, uint64_t out[2]) {
    string_view path = io_file_path(file);
    uint64_t seed = io_file_size(file) * 0x9E3779B97F4A7C15u ^ (uint64_t)io_file_modified_us(file);
    XXH128_hash_t h = XXH3_128bits_withSeed(path.data, path.size, seed);
    out[0] = h.low64;
    out[1] = h.high64;
    return io_file_modified_us(file) < now_us - PAGE_CACHE_SETTLED_US;
}

static uint64_t cached_page_hash(const page_key *key) {
    uint64_t x = key->file[0] ^ key->offset * 0x9E3779B97F4A7C15u;
    x ^= x >> 32;
    x *= 0xD6E8FEB86659FD93u;
    return x ^ x >> 32;
}

static bool page_key_equal(const page_key *a, const page_key *b) {
    return a->file[0] == b->file[0] && a->file[1] == b->file[1] && a->offset == b->offset;
}

void cached_page_release(cached_page *p) {
    if (p == NULL || atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1) return;
    mem_free(&p->cache->ledger, p, sizeof(*p) + p->size);
}

/* ---- the table; lock held ---- */

static uint32_t *page_cache_bucket(const page_cache *c, const page_key *key) {
    return &c->buckets[cached_page_hash(key) & (c->bucket_count - 1)];
}

static cached_page *page_cache_lookup(const page_cache *c, const page_key *key) {
    if (c->bucket_count == 0) return NULL;
    for (uint32_t at = *page_cache_bucket(c, key); at != 0; at = c->slots[at - 1]->next) {
        if (page_key_equal(&c->slots[at - 1]->key, key)) return c->slots[at - 1];
    }
    return NULL;
}

static void page_cache_count(page_cache *c, size_t add, size_t drop) {
    c->used += add;
    c->used -= drop;
    if (c->bounded == NULL) return;
    atomic_fetch_add_explicit(&c->bounded->reclaimable, add, memory_order_relaxed);
    atomic_fetch_sub_explicit(&c->bounded->reclaimable, drop, memory_order_relaxed);
}

static void page_cache_unlink(page_cache *c, uint32_t slot) {
    uint32_t *at = page_cache_bucket(c, &c->slots[slot]->key);
    while (*at != slot + 1) at = &c->slots[*at - 1]->next;
    *at = c->slots[slot]->next;
}

static void page_cache_drop(page_cache *c, uint32_t slot) {
    cached_page *p = c->slots[slot];
    page_cache_unlink(c, slot);
    uint32_t last = c->count - 1;
    if (slot != last) { /* the last one moves here */
        uint32_t *at = page_cache_bucket(c, &c->slots[last]->key);
        while (*at != last + 1) at = &c->slots[*at - 1]->next;
        *at = slot + 1;
        c->slots[slot] = c->slots[last];
    }
    c->count = last;
    page_cache_count(c, 0, p->size);
    cached_page_release(p);
}

/* Drops pages until no more than `goal` bytes are used. */
static void page_cache_sweep(page_cache *c, size_t goal) {
    uint64_t steps = (uint64_t)c->count * 2;
    for (uint64_t i = 0; i < steps && c->used > goal && c->count > 0; i++) {
        if (c->hand >= c->count) c->hand = 0;
        cached_page *p = c->slots[c->hand];
        bool spared = p->used || atomic_load_explicit(&p->refs, memory_order_relaxed) > 1;
        p->used = false;
        if (spared)
            c->hand++;
        else
            page_cache_drop(c, c->hand);
    }
}

static bool page_cache_grow(page_cache *c) {
    uint32_t capacity = MAX(c->capacity * 2, (uint32_t)PAGE_CACHE_SLOTS_MIN);
    uint32_t *buckets = mem_alloc_zero(&c->ledger, capacity * sizeof(*buckets));
    cached_page **slots = buckets == NULL
                              ? NULL
                              : mem_realloc(&c->ledger, c->slots, c->capacity * sizeof(*slots),
                                            capacity * sizeof(*slots));
    if (slots == NULL) {
        if (buckets != NULL) mem_free(&c->ledger, buckets, capacity * sizeof(*buckets));
        return false;
    }
    if (c->buckets != NULL) mem_free(&c->ledger, c->buckets, c->bucket_count * sizeof(*buckets));
    c->slots = slots;
    c->capacity = c->bucket_count = capacity;
    c->buckets = buckets;
    for (uint32_t i = 0; i < c->count; i++) {
        uint32_t *at = page_cache_bucket(c, &slots[i]->key);
        slots[i]->next = *at;
        *at = i + 1;
    }
    return true;
}

/* ---- the interface ---- */

/* A charge would fail elsewhere. Whoever holds the lock is making room or charging itself. */
static void page_cache_reclaim(void *state, size_t bytes) {
    page_cache *c = state;
    if (!os_mutex_try_lock(&c->lock)) return;
    page_cache_sweep(c, c->used > bytes ? c->used - bytes : 0);
    os_mutex_unlock(&c->lock);
}

void page_cache_init(page_cache *c, ledger *parent, size_t limit) {
    memset(c, 0, sizeof(*c));
    ledger_init(&c->ledger, parent, "file pages", SIZE_MAX);
    os_mutex_init(&c->lock);
    c->limit = limit;
    c->bounded = ledger_bounded(parent);
    c->reclaimer = (ledger_reclaimer){.reclaim = page_cache_reclaim, .state = c};
    if (c->bounded != NULL) ledger_add_reclaimer(c->bounded, &c->reclaimer);
}

void page_cache_deinit(page_cache *c) {
    page_cache_sweep(c, 0);
    page_cache_sweep(c, 0); /* the first turn cleared marks */
    assert(c->count == 0 && c->used == 0);
    if (c->bounded != NULL) ledger_remove_reclaimer(c->bounded, &c->reclaimer);
    if (c->slots != NULL) mem_free(&c->ledger, c->slots, c->capacity * sizeof(*c->slots));
    if (c->buckets != NULL) mem_free(&c->ledger, c->buckets, c->bucket_count * sizeof(uint32_t));
    if (c->seen != NULL) mem_free(&c->ledger, c->seen, PAGE_CACHE_SEEN * sizeof(uint32_t));
    os_mutex_deinit(&c->lock);
    ledger_deinit(&c->ledger);
}

/* Was the page asked for before? It is from now on. */
static bool page_cache_seen(page_cache *c, const page_key *key) {
    if (c->seen == NULL) c->seen = mem_alloc_zero(&c->ledger, PAGE_CACHE_SEEN * sizeof(uint32_t));
    if (c->seen == NULL) return false;
    uint64_t hash = cached_page_hash(key);
    uint32_t *at = &c->seen[hash >> 32 & (PAGE_CACHE_SEEN - 1)], mark = (uint32_t)hash | 1;
    bool before = *at == mark;
    *at = mark;
    return before;
}

cached_page *page_cache_find(page_cache *c, const page_key *key, bool *worthy) {
    os_mutex_lock(&c->lock);
    cached_page *p = page_cache_lookup(c, key);
    *worthy = p == NULL && page_cache_seen(c, key);
    if (p != NULL) {
        p->used = true;
        atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
    }
    os_mutex_unlock(&c->lock);
    return p;
}

cached_page *page_cache_make(page_cache *c, size_t size) {
    if (size > c->limit / 8) return NULL;
    /* A cache that drove out what statements need would be of no use. */
    if (c->bounded != NULL && ledger_under_pressure(c->bounded, size, 80)) return NULL;
    cached_page *p = mem_alloc(&c->ledger, sizeof(*p) + size);
    if (p == NULL) return NULL;
    memset(p, 0, sizeof(*p));
    p->cache = c;
    p->size = size;
    atomic_init(&p->refs, 1);
    return p;
}

void page_cache_put(page_cache *c, const page_key *key, cached_page *p) {
    os_mutex_lock(&c->lock);
    page_cache_sweep(c, c->limit - MIN(c->limit, p->size));
    bool fits = c->used + p->size <= c->limit && page_cache_lookup(c, key) == NULL;
    if (fits && (c->count < c->capacity || page_cache_grow(c))) {
        uint32_t *at = page_cache_bucket(c, key);
        p->key = *key;
        p->used = true;
        p->next = *at;
        c->slots[c->count++] = p;
        *at = c->count;
        atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
        page_cache_count(c, p->size, 0);
    }
    os_mutex_unlock(&c->lock);
}
