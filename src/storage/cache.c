/* cache.c - see cache.h. */
#include "storage/cache.h"

#include "storage/storage_int.h"

#include <xxhash.h>

enum { CACHE_CLOCK_MIN = 64 };

static void cache_sweep(cache *c, uint64_t bytes);

/* Lock held, or alone. Bytes that can be dropped come or go. */
static void cache_count(cache *c, uint64_t add, uint64_t drop) {
    assert(c->used + add >= drop);
    c->used += add;
    c->used -= drop;
    if (c->bounded == NULL) return;
    atomic_fetch_add_explicit(&c->bounded->reclaimable, add, memory_order_relaxed);
    atomic_fetch_sub_explicit(&c->bounded->reclaimable, drop, memory_order_relaxed);
}

/* A charge above would fail. Who holds the lock is making room or entering: then there is nothing
 * to gain by waiting. */
static void cache_reclaim(void *state, size_t bytes) {
    cache *c = state;
    if (!os_mutex_try_lock(&c->lock)) return;
    cache_sweep(c, bytes);
    os_mutex_unlock(&c->lock);
}

void cache_init(cache *c, ledger *l, uint64_t limit) {
    memset(c, 0, sizeof(*c));
    os_mutex_init(&c->lock);
    c->ledger = l;
    c->limit = limit;
    c->bounded = ledger_bounded(l);
    c->reclaimer = (ledger_reclaimer){.reclaim = cache_reclaim, .state = c};
    if (c->bounded != NULL) ledger_add_reclaimer(c->bounded, &c->reclaimer);
}

void cache_deinit(cache *c) {
    assert(c->count == 0 && c->used == 0);
    if (c->bounded != NULL) ledger_remove_reclaimer(c->bounded, &c->reclaimer);
    mem_free(c->ledger, c->clock, c->capacity * sizeof(cache_entry *));
    os_mutex_deinit(&c->lock);
}

static uint64_t cache_entry_bytes(const cache_entry *e) {
    return (uint64_t)e->size + e->extra_size;
}

static void cache_free_data(cache *c, cache_entry *e) {
    mem_free(c->ledger, e->data, e->size);
    mem_free(c->ledger, e->extra, e->extra_size);
    e->data = NULL;
    e->extra = NULL;
    e->extra_size = 0;
}

/* Lock held. */
static void cache_remove(cache *c, cache_entry *e) {
    assert(e->slot < c->count && c->clock[e->slot] == e);
    c->count--;
    c->clock[e->slot] = c->clock[c->count];
    c->clock[e->slot]->slot = e->slot;
    if (e->offset != 0)
        cache_count(c, 0, cache_entry_bytes(e));
    else
        c->resident -= cache_entry_bytes(e);
    cache_free_data(c, e);
}

/* Lock held. Two turns of the hand: the first clears marks, the second takes. */
static void cache_sweep(cache *c, uint64_t bytes) {
    uint64_t goal = c->used > bytes ? c->used - bytes : 0;
    uint64_t steps = (uint64_t)c->count * 2;
    for (uint64_t i = 0; i < steps && c->used > goal && c->count > 0; i++) {
        if (c->hand >= c->count) c->hand = 0;
        cache_entry *e = c->clock[c->hand];
        if (e->pins > 0 || e->offset == 0) {
            c->hand++;
        } else if (e->used) {
            e->used = false;
            c->hand++;
        } else {
            cache_remove(c, e);
        }
    }
}

void cache_shrink(storage *s, uint64_t bytes) {
    os_mutex_lock(&s->cache.lock);
    cache_sweep(&s->cache, bytes);
    os_mutex_unlock(&s->cache.lock);
}

/* Lock held. Enters loaded bytes. */
static dbx_status cache_enter(cache *c, cache_entry *e, uint8_t *data) {
    if (c->count == c->capacity) {
        uint32_t capacity = MAX(c->capacity * 2, (uint32_t)CACHE_CLOCK_MIN);
        cache_entry **clock = mem_realloc(c->ledger, c->clock, c->capacity * sizeof(cache_entry *),
                                          capacity * sizeof(cache_entry *));
        if (clock == NULL) return DBX_NOMEM;
        c->clock = clock;
        c->capacity = capacity;
    }
    e->data = data;
    e->used = true;
    if (e->offset != 0) {
        if (c->used + e->size > c->limit) cache_sweep(c, c->used + e->size - c->limit);
        cache_count(c, e->size, 0);
    } else {
        c->resident += e->size;
    }
    e->slot = c->count;
    c->clock[c->count++] = e;
    return DBX_OK;
}

dbx_status cache_put(storage *s, cache_entry *e, uint8_t *data) {
    cache *c = &s->cache;
    os_mutex_lock(&c->lock);
    assert(e->data == NULL && e->pins == 0);
    dbx_status status = cache_enter(c, e, data);
    os_mutex_unlock(&c->lock);
    if (status != DBX_OK) mem_free(c->ledger, data, e->size);
    return status;
}

static dbx_status cache_load(storage *s, const cache_entry *e, uint8_t **out, error *err) {
    uint8_t *data = mem_alloc(s->cache.ledger, e->size);
    if (data == NULL) {
        cache_shrink(s, (uint64_t)e->size * 2);
        data = mem_alloc(s->cache.ledger, e->size);
        if (data == NULL) return error_nomem(err);
    }
    dbx_status status = storage_read(s, e->offset, data, e->size, err);
    for (uint32_t i = 0; i < e->check_count && status == DBX_OK; i++) {
        size_t from = (size_t)i * STORAGE_BLOCK_SIZE;
        size_t size = MIN((size_t)STORAGE_BLOCK_SIZE, e->size - from);
        if (XXH64(data + from, size, 0) == e->checks[i]) continue;
        status = storage_corrupt(s, err, "block at byte %llu (%zu bytes) has a wrong checksum",
                                 (unsigned long long)(e->offset + from), size);
    }
    if (status != DBX_OK) {
        mem_free(s->cache.ledger, data, e->size);
        return status;
    }
    *out = data;
    return DBX_OK;
}

dbx_status cache_pin(storage *s, cache_entry *e, const uint8_t **data, error *err) {
    cache *c = &s->cache;
    os_mutex_lock(&c->lock);
    if (e->data != NULL) {
        c->hits++;
        e->pins++;
        e->used = true;
        *data = e->data;
        os_mutex_unlock(&c->lock);
        return DBX_OK;
    }
    c->misses++;
    os_mutex_unlock(&c->lock);
    assert(e->offset != 0);
    /* Two threads may load the same segment; the second then drops its copy. */
    uint8_t *loaded = NULL;
    TRY(cache_load(s, e, &loaded, err));
    dbx_status status = DBX_OK;
    os_mutex_lock(&c->lock);
    if (e->data == NULL) {
        status = cache_enter(c, e, loaded);
        if (status == DBX_OK) loaded = NULL;
    }
    if (status == DBX_OK) {
        e->pins++;
        *data = e->data;
    }
    os_mutex_unlock(&c->lock);
    mem_free(c->ledger, loaded, e->size);
    return status == DBX_OK ? DBX_OK : error_nomem(err);
}

void cache_unpin(storage *s, cache_entry *e) {
    os_mutex_lock(&s->cache.lock);
    assert(e->pins > 0);
    e->pins--;
    os_mutex_unlock(&s->cache.lock);
}

void *cache_attach(storage *s, cache_entry *e, void *extra, uint32_t size) {
    cache *c = &s->cache;
    os_mutex_lock(&c->lock);
    assert(e->pins > 0);
    if (e->extra == NULL) {
        e->extra = extra;
        e->extra_size = size;
        if (e->offset != 0)
            cache_count(c, size, 0);
        else
            c->resident += size;
        extra = NULL;
    }
    void *result = e->extra;
    os_mutex_unlock(&c->lock);
    mem_free(c->ledger, extra, size);
    return result;
}

void *cache_extra(storage *s, cache_entry *e) {
    os_mutex_lock(&s->cache.lock);
    assert(e->pins > 0);
    void *result = e->extra;
    os_mutex_unlock(&s->cache.lock);
    return result;
}

void cache_settle(storage *s, cache_entry *e, uint64_t offset, const uint64_t *checks,
                  uint32_t check_count) {
    cache *c = &s->cache;
    os_mutex_lock(&c->lock);
    assert(e->offset == 0 && offset != 0);
    if (e->data != NULL) { /* a group that is being built is not loaded yet */
        c->resident -= cache_entry_bytes(e);
        c->used += cache_entry_bytes(e);
    }
    e->checks = checks;
    e->check_count = check_count;
    e->offset = offset;
    os_mutex_unlock(&c->lock);
}

void cache_forget(storage *s, cache_entry *e) {
    os_mutex_lock(&s->cache.lock);
    assert(e->pins == 0);
    if (e->data != NULL) cache_remove(&s->cache, e);
    os_mutex_unlock(&s->cache.lock);
}
