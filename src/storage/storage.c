/* storage.c - opening the file, its roots, extents. Commit is in commit.c, blobs in blob.c. */
#include "storage/storage.h"

#include "storage/bytes.h"
#include "storage/roots.h"
#include "storage/storage_int.h"
#include "vector/hash.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- accessors
 * ------------------------------------------------------------------------------------------- */

bool storage_is_file(const storage *s) {
    return s->file != NULL;
}
bool storage_is_read_only(const storage *s) {
    return s->read_only;
}
const char *storage_path(const storage *s) {
    return s->path != NULL ? s->path : ":memory:";
}
ledger *storage_ledger(storage *s) {
    return &s->ledger;
}
storage_pointer storage_root(const storage *s) {
    return s->root.root;
}

uint64_t storage_next_id(storage *s) {
    return storage_next_ids(s, 1);
}

uint64_t storage_next_ids(storage *s, uint64_t count) {
    return atomic_fetch_add_explicit(s->next_id, count, memory_order_relaxed);
}

uint64_t storage_dictionary_id(const storage *s, uint64_t segment_id) {
    uint64_t id = hash_combine(s->seed, segment_id);
    return id != 0 ? id : 1;
}

storage_usage storage_usage_of(storage *s) {
    storage_usage usage;
    os_mutex_lock(&s->lock);
    usage.file_bytes = s->page_count * STORAGE_PAGE_SIZE;
    usage.free_bytes = (s->space.free_pages + s->waiting.free_pages) * STORAGE_PAGE_SIZE;
    for (size_t i = 0; i < s->held_count; i++)
        usage.free_bytes += s->held[i].run.pages * STORAGE_PAGE_SIZE;
    usage.sequence = s->root.sequence;
    os_mutex_unlock(&s->lock);
    os_mutex_lock(&s->cache.lock);
    usage.cached_bytes = s->cache.used;
    usage.memory_bytes = s->cache.resident;
    usage.cache_hits = s->cache.hits;
    usage.cache_misses = s->cache.misses;
    os_mutex_unlock(&s->cache.lock);
    return usage;
}

dbx_status storage_corrupt(const storage *s, error *err, const char *format, ...) {
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return error_raise(err, ERR_DATABASE_CORRUPT, (span){0, 0}, "path", storage_path(s), "message",
                       text, NULL);
}

dbx_status storage_check_writes(const storage *s, error *err) {
    if (!s->stopped) return DBX_OK;
    return error_raise(err, ERR_DATABASE_WRITES_STOPPED, (span){0, 0}, "path", storage_path(s),
                       NULL);
}

/* ---- opening
 * --------------------------------------------------------------------------------------------- */

static uint64_t storage_cache_limit(const storage_options *options, const ledger *l) {
    if (options->cache_bytes > 0) return options->cache_bytes;
    for (; l != NULL; l = l->parent) {
        if (l->limit != SIZE_MAX) return l->limit / 2;
    }
    return os_memory_total() / 2;
}

enum { STORAGE_SUFFIX_BYTES = 4 };
static_assert(sizeof(STORAGE_WAL_SUFFIX) == STORAGE_SUFFIX_BYTES + 1, "for the paths");
static_assert(sizeof(STORAGE_SHARE_SUFFIX) == STORAGE_SUFFIX_BYTES + 1, "for the paths");

static char *storage_path_with(storage *s, const char *path, const char *suffix) {
    char *out = mem_alloc(&s->ledger, s->path_size + STORAGE_SUFFIX_BYTES);
    if (out == NULL) return NULL;
    memcpy(out, path, s->path_size - 1);
    memcpy(out + s->path_size - 1, suffix, STORAGE_SUFFIX_BYTES + 1);
    return out;
}

static dbx_status storage_name(storage *s, const char *path) {
    s->path_size = strlen(path) + 1;
    s->path = mem_alloc(&s->ledger, s->path_size);
    s->wal_path = storage_path_with(s, path, STORAGE_WAL_SUFFIX);
    s->share_path = storage_path_with(s, path, STORAGE_SHARE_SUFFIX);
    if (s->path == NULL || s->wal_path == NULL || s->share_path == NULL) return DBX_NOMEM;
    memcpy(s->path, path, s->path_size);
    return DBX_OK;
}

static storage *storage_new(const char *path, const storage_options *options, ledger *l,
                            error *err) {
    storage *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) {
        (void)error_nomem(err);
        return NULL;
    }
    s->parent_ledger = l;
    ledger_init(&s->ledger, l, "storage", SIZE_MAX);
    s->read_only = options->read_only;
    s->seed = os_random_seed();
    s->sync = options->sync;
    os_mutex_init(&s->lock);
    os_mutex_init(&s->settle_lock);
    space_init(&s->space, &s->ledger);
    space_init(&s->waiting, &s->ledger);
    wal_init(&s->wal, &s->ledger);
    s->page_count = STORAGE_FIRST_PAGE;
    s->limbo.next = s->limbo.previous = &s->limbo;
    s->changing.next = s->changing.previous = &s->changing;
    os_mutex_init(&s->writer);
    os_mutex_init(&s->pin_lock);
    atomic_init(&s->own_next_id, STORAGE_FIRST_ID);
    s->next_id = &s->own_next_id;
    s->space_is_sound = true;
    s->log_limit = UINT64_MAX;
    cache_init(&s->cache, &s->ledger, storage_cache_limit(options, l));
    if (path != NULL && storage_name(s, path) != DBX_OK) {
        (void)error_nomem(err);
        storage_close(s);
        return NULL;
    }
    return s;
}

/* Whether the file was never a database: empty, or its making was cut short before the header was
 * whole. */
static dbx_status storage_is_fresh(storage *s, bool *fresh, error *err) {
    uint64_t size;
    TRY(os_file_size(s->file, &size, err));
    *fresh = size == 0;
    if (size == 0 || size > (uint64_t)STORAGE_FIRST_PAGE * STORAGE_PAGE_SIZE) return DBX_OK;
    uint8_t start[STORAGE_HEADER_BYTES];
    if (size < sizeof(start)) return DBX_OK;
    TRY(os_file_read(s->file, 0, start, sizeof(start), err));
    *fresh = true;
    for (size_t i = 0; i < sizeof(start); i++) *fresh = *fresh && start[i] == 0;
    return DBX_OK;
}

/* The free list is an array of runs, padded with empty ones. */
static dbx_status storage_load_free_list(storage *s, error *err) {
    if (s->root.free_list.size == 0) return DBX_OK;
    buffer bytes;
    buffer_init(&bytes, &s->ledger);
    dbx_status status;
    TRY_GOTO(storage_blob_read(s, s->root.free_list, &s->free_lists[0], &bytes, err), done);
    byte_reader r = byte_reader_from(bytes.data, bytes.size);
    size_t count = bytes.size / sizeof(page_run);
    if (space_reserve(&s->space, count + s->owned_count + 3) != DBX_OK) {
        status = error_nomem(err);
        goto done;
    }
    uint64_t end = STORAGE_FIRST_PAGE;
    for (size_t i = 0; i < count; i++) {
        page_run run = {get_u64(&r), 0};
        run.pages = get_u64(&r);
        if (run.pages == 0) continue;
        if (run.page < end || run.pages > s->page_count || run.page > s->page_count - run.pages) {
            status = storage_corrupt(s, err, "the list of free pages is wrong");
            goto done;
        }
        end = run.page + run.pages;
        space_free(&s->space, run.page, run.pages);
    }
done:
    buffer_deinit(&bytes);
    return status;
}

/* Turns to the root in s->root. */
static dbx_status storage_enter_root(storage *s, error *err) {
    s->page_count = s->root.page_count;
    wal_reset(&s->wal, s->root.log_salt);
    return storage_load_free_list(s, err);
}

/* The newest root, or when others have the file open, the one that they published. */
static dbx_status storage_find_root(storage *s, error *err) {
    enum { TRIES = 1000, PAUSE_US = 200 };
    if (s->share.mode != SHARE_MEMORY || s->share.first) return roots_load(s, 0, err);
    for (uint32_t i = 0; i < TRIES; i++) {
        share_state state = share_read(&s->share);
        s->log_limit = state.log_end;
        if (roots_load(s, state.sequence, i + 1 < TRIES ? NULL : err) == DBX_OK &&
            share_read(&s->share).sequence == state.sequence)
            return DBX_OK;
        os_sleep_us(PAUSE_US); /* it is being replaced */
    }
    return storage_corrupt(s, err, "its root cannot be found");
}

dbx_status storage_reload(storage *s, error *err) {
    s->reads_log = false;
    os_mutex_lock(&s->lock);
    storage_extent *next;
    for (storage_extent *e = s->limbo.next; e != &s->limbo; e = next) {
        next = e->next;
        extent_unlink(e);
        e->state = EXTENT_DURABLE;
        e->logged = false;
        assert(!e->holds);
    }
    space_map *maps[] = {&s->space, &s->waiting};
    for (uint32_t i = 0; i < ARRAY_COUNT(maps); i++) maps[i]->count = maps[i]->free_pages = 0;
    s->held_count = 0;
    s->space_is_sound = false;
    os_mutex_unlock(&s->lock);
    storage_blob_release(s, &s->free_lists[s->free_list_current]);
    s->free_list_current = 0;
    TRY(storage_find_root(s, err));
    return storage_enter_root(s, err);
}

static dbx_status storage_open_file(storage *s, const storage_options *options, error *err) {
    uint32_t mode = s->read_only ? OS_READ : OS_READ_WRITE | OS_CREATE;
    bool existed = os_path_stat(s->path, NULL, NULL) != OS_PATH_NONE;
    TRY(os_file_open(s->path, mode, &s->file, err));
    TRY(share_open(&s->share, s->file, s->share_path, s->read_only, options->busy_timeout_ms, err));
    bool fresh = false;
    if (s->share.first) TRY(storage_is_fresh(s, &fresh, err));
    if (fresh && s->read_only) return storage_corrupt(s, err, "it is empty");
    if (fresh) {
        TRY(roots_create(s, err));
        if (!existed) TRY(os_sync_parent(s->path, err));
    }
    if (share_next_id(&s->share) != NULL) s->next_id = share_next_id(&s->share);
    if (!s->share.first) return DBX_OK; /* storage_follow finds the root */
    TRY(storage_find_root(s, err));
    atomic_store(s->next_id, s->root.next_id);
    return storage_enter_root(s, err);
}

dbx_status storage_open(const char *path, const storage_options *options, ledger *l, storage **out,
                        error *err) {
    *out = NULL;
    storage *s = storage_new(path, options, l, err);
    if (s == NULL) return DBX_NOMEM;
    dbx_status status = path == NULL ? DBX_OK : storage_open_file(s, options, err);
    if (status != DBX_OK) {
        storage_close(s);
        return status;
    }
    *out = s;
    return DBX_OK;
}

void storage_close(storage *s) {
    if (s == NULL) return;
    for (uint32_t i = 0; i < 2; i++) storage_blob_release(s, &s->free_lists[i]);
    assert(s->limbo.next == &s->limbo);
    cache_deinit(&s->cache);
    space_deinit(&s->space);
    space_deinit(&s->waiting);
    bool last = s->file != NULL && storage_is_last(s);
    bool log_is_over =
        last && s->wal.file != NULL && s->wal.salt == 0 && !s->read_only && !s->stopped;
    wal_deinit(&s->wal);
    if (log_is_over) (void)!os_remove(s->wal_path, NULL);
    if (s->file != NULL) share_close(&s->share, s->share_path, last);
    os_file_close(s->file);
    mem_free(&s->ledger, s->held, s->held_capacity * sizeof(held_run));
    mem_free(&s->ledger, s->path, s->path_size);
    mem_free(&s->ledger, s->wal_path, s->path_size + STORAGE_SUFFIX_BYTES);
    mem_free(&s->ledger, s->share_path, s->path_size + STORAGE_SUFFIX_BYTES);
    os_mutex_deinit(&s->pin_lock);
    os_mutex_deinit(&s->writer);
    os_mutex_deinit(&s->settle_lock);
    os_mutex_deinit(&s->lock);
    ledger_deinit(&s->ledger);
    mem_free(s->parent_ledger, s, sizeof(*s));
}

/* ---- extents
 * --------------------------------------------------------------------------------------------- */

/* Lock held. Room so that every release of an extent finds place for its run. */
static dbx_status storage_reserve_runs(storage *s) {
    size_t more = s->owned_count + s->waiting.count + 3;
    TRY(space_reserve(&s->space, s->held_count + more));
    TRY(space_reserve(&s->waiting, s->owned_count + 1));
    if (s->held_count + more <= s->held_capacity) return DBX_OK;
    size_t capacity = (s->held_count + more) * 2;
    held_run *held = mem_realloc(&s->ledger, s->held, s->held_capacity * sizeof(*held),
                                 capacity * sizeof(*held));
    if (held == NULL) return DBX_NOMEM;
    s->held = held;
    s->held_capacity = capacity;
    return DBX_OK;
}

dbx_status storage_extent_alloc(storage *s, uint64_t bytes, storage_extent *out, error *err) {
    assert(s->file != NULL && bytes > 0);
    assert(out->state == EXTENT_UNBORN);
    uint64_t pages = (bytes + STORAGE_PAGE_SIZE - 1) / STORAGE_PAGE_SIZE;
    TRY(storage_hold(s, err));
    os_mutex_lock(&s->lock);
    dbx_status status = storage_reserve_runs(s);
    if (status == DBX_OK) {
        if (!space_take(&s->space, pages, &out->page)) {
            out->page = s->page_count;
            s->page_count += pages;
        }
        out->pages = pages;
        out->state = EXTENT_NEW;
        out->logged = false;
        out->holds = true;
        extent_link(&s->limbo, out);
        s->owned_count++;
    }
    os_mutex_unlock(&s->lock);
    if (status == DBX_OK) return DBX_OK;
    storage_let_go(s);
    return error_nomem(err);
}

dbx_status storage_extent_adopt(storage *s, uint64_t page, uint64_t pages, storage_extent *out,
                                error *err) {
    assert(out->state == EXTENT_UNBORN);
    if (pages == 0 || page < STORAGE_FIRST_PAGE || pages > s->page_count ||
        page > s->page_count - pages) {
        return storage_corrupt(s, err, "pages %llu to %llu are outside the file",
                               (unsigned long long)page, (unsigned long long)(page + pages));
    }
    os_mutex_lock(&s->lock);
    dbx_status status = storage_reserve_runs(s);
    bool taken = true;
    if (status == DBX_OK && s->reads_log) taken = space_take_at(&s->space, page, pages);
    if (status == DBX_OK && taken) {
        *out = (storage_extent){.page = page, .pages = pages, .state = EXTENT_DURABLE};
        s->owned_count++;
        if (s->reads_log) {
            out->state = EXTENT_NEW;
            out->logged = true;
            extent_link(&s->limbo, out);
        }
    }
    os_mutex_unlock(&s->lock);
    if (!taken) {
        return storage_corrupt(s, err, "its log takes pages %llu to %llu, which are in use",
                               (unsigned long long)page, (unsigned long long)(page + pages));
    }
    return status == DBX_OK ? DBX_OK : error_nomem(err);
}

void storage_extent_release(storage *s, storage_extent *e) {
    if (e->state == EXTENT_UNBORN) return;
    os_mutex_lock(&s->lock);
    assert(e->state == EXTENT_NEW || e->state == EXTENT_DURABLE || e->state == EXTENT_DROPPED);
    if (e->state != EXTENT_DURABLE) {
        extent_unlink(e);
        if (e->logged)
            space_free(&s->waiting, e->page, e->pages);
        else if (e->state == EXTENT_DROPPED && s->share.mode == SHARE_MEMORY)
            storage_hold_run(s, e->page, e->pages);
        else
            space_free(&s->space, e->page, e->pages);
    }
    assert(s->owned_count > 0);
    s->owned_count--;
    e->state = EXTENT_UNBORN;
    bool held = e->holds;
    e->holds = false;
    os_mutex_unlock(&s->lock);
    if (held) storage_let_go(s);
}

dbx_status storage_write(storage *s, const storage_extent *e, uint64_t offset, const void *bytes,
                         size_t size, error *err) {
    assert(e->state == EXTENT_NEW || e->state == EXTENT_COMMITTING);
    assert(offset + size <= e->pages * STORAGE_PAGE_SIZE);
    /* The page may belong to a root of which is not known whether it is on disk. */
    TRY(storage_check_writes(s, err));
    return os_file_write(s->file, e->page * STORAGE_PAGE_SIZE + offset, bytes, size, err);
}

dbx_status storage_read(storage *s, uint64_t file_offset, void *bytes, size_t size, error *err) {
    assert(s->file != NULL);
    return os_file_read(s->file, file_offset, bytes, size, err);
}
