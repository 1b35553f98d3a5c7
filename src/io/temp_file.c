/* temp_file.c - see temp_file.h. Space is given in pages, first fit from a list of free extents
 * that is sorted by offset and merged; what does not fit goes to the end of the file. */
#include "io/temp_file.h"

#include <lz4.h>
#include <stdio.h>
#include <xxhash.h>

enum {
    TEMP_PAGE_SIZE = 4096,
    TEMP_NAME_TRIES = 16,
    TEMP_FREE_FIRST = 16,
};

typedef struct temp_extent {
    uint64_t page, pages;
} temp_extent;

struct temp_file {
    temp_store *store;
    ledger *ledger;
    os_file *file;
    os_mutex lock; /* guards what follows */
    temp_extent *free;
    uint32_t free_count, free_capacity;
    uint64_t pages; /* of the file */
    uint64_t used, peak;
};

static dbx_status temp_raise_full(const temp_store *store, error *err) {
    char limit[32];
    snprintf(limit, sizeof(limit), "%llu", (unsigned long long)store->limit);
    return error_raise(err, ERR_OUT_OF_TEMP_SPACE, (span){0, 0}, "directory", store->directory,
                       "limit", limit, NULL);
}

/* A fresh file whose name is given up at once. */
static dbx_status temp_file_create(temp_file *f, error *err) {
    TRY(os_make_directories(f->store->directory, err));
    char path[sizeof(f->store->directory) + 64];
    for (uint32_t i = 0;; i++) {
        snprintf(path, sizeof(path), "%s/dbx-%016llx.tmp", f->store->directory,
                 (unsigned long long)(os_random_seed() + i));
        if (os_path_stat(path, NULL, NULL) != OS_PATH_NONE && i < TEMP_NAME_TRIES) continue;
        return os_file_open(path, OS_READ_WRITE | OS_CREATE | OS_EXCLUSIVE | OS_TEMPORARY, &f->file,
                            err);
    }
}

dbx_status temp_file_open(temp_store *store, ledger *l, temp_file **out, error *err) {
    *out = NULL;
    temp_file *f = mem_alloc_zero(l, sizeof(*f));
    if (f == NULL) return error_nomem(err);
    f->store = store;
    f->ledger = l;
    dbx_status status = temp_file_create(f, err);
    if (status != DBX_OK) {
        mem_free(l, f, sizeof(*f));
        return status;
    }
    os_mutex_init(&f->lock);
    *out = f;
    return DBX_OK;
}

void temp_file_close(temp_file *f) {
    if (f == NULL) return;
    os_file_close(f->file);
    atomic_fetch_sub(&f->store->used, f->pages * TEMP_PAGE_SIZE);
    os_mutex_deinit(&f->lock);
    mem_free(f->ledger, f->free, f->free_capacity * sizeof(*f->free));
    mem_free(f->ledger, f, sizeof(*f));
}

/* ---- space ---- */

static uint64_t temp_pages_of(uint64_t size) {
    return (size + TEMP_PAGE_SIZE - 1) / TEMP_PAGE_SIZE;
}

/* Lock held. The end of the file moves, within what the store allows. */
static bool temp_file_extend(temp_file *f, uint64_t pages) {
    uint64_t bytes = pages * TEMP_PAGE_SIZE;
    uint64_t before = atomic_fetch_add(&f->store->used, bytes);
    if (before + bytes > f->store->limit) {
        atomic_fetch_sub(&f->store->used, bytes);
        return false;
    }
    f->pages += pages;
    return true;
}

/* Lock held. */
static bool temp_file_take(temp_file *f, uint64_t pages, uint64_t *page) {
    for (uint32_t i = 0; i < f->free_count; i++) {
        temp_extent *e = &f->free[i];
        if (e->pages < pages) continue;
        *page = e->page;
        e->page += pages;
        e->pages -= pages;
        if (e->pages == 0) {
            f->free_count--;
            memmove(e, e + 1, (f->free_count - i) * sizeof(*e));
        }
        return true;
    }
    *page = f->pages;
    return temp_file_extend(f, pages);
}

/* Lock held. Where the list cannot grow, the space stays unused until the file is closed. */
static void temp_file_give(temp_file *f, uint64_t page, uint64_t pages) {
    uint32_t low = 0, high = f->free_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (f->free[middle].page < page)
            low = middle + 1;
        else
            high = middle;
    }
    temp_extent *before = low > 0 ? &f->free[low - 1] : NULL;
    temp_extent *after = low < f->free_count ? &f->free[low] : NULL;
    bool joins_before = before != NULL && before->page + before->pages == page;
    bool joins_after = after != NULL && page + pages == after->page;
    if (joins_before) {
        before->pages += pages + (joins_after ? after->pages : 0);
        if (!joins_after) return;
        f->free_count--;
        memmove(after, after + 1, (f->free_count - low) * sizeof(*after));
        return;
    }
    if (joins_after) {
        after->page = page;
        after->pages += pages;
        return;
    }
    if (f->free_count == f->free_capacity) {
        uint32_t grown = MAX(2 * f->free_capacity, (uint32_t)TEMP_FREE_FIRST);
        temp_extent *items = mem_realloc(f->ledger, f->free, f->free_capacity * sizeof(*items),
                                         grown * sizeof(*items));
        if (items == NULL) return;
        f->free = items;
        f->free_capacity = grown;
    }
    memmove(f->free + low + 1, f->free + low, (f->free_count - low) * sizeof(*f->free));
    f->free[low] = (temp_extent){page, pages};
    f->free_count++;
}

/* ---- blocks ---- */

static dbx_status temp_file_store(temp_file *f, const void *bytes, size_t size, temp_block *b,
                                  error *err) {
    uint64_t page = 0;
    uint64_t pages = temp_pages_of(size);
    b->stored_size = (uint32_t)size;
    b->check = XXH64(bytes, size, 0);
    os_mutex_lock(&f->lock);
    bool taken = temp_file_take(f, pages, &page);
    if (taken) {
        f->used += pages * TEMP_PAGE_SIZE;
        f->peak = MAX(f->peak, f->used);
    }
    os_mutex_unlock(&f->lock);
    if (!taken) return temp_raise_full(f->store, err);
    b->offset = page * TEMP_PAGE_SIZE;
    dbx_status status = os_file_write(f->file, b->offset, bytes, size, err);
    if (status != DBX_OK) temp_file_release(f, b);
    return status;
}

dbx_status temp_file_write(temp_file *f, const void *bytes, size_t size, temp_block *out,
                           error *err) {
    assert(size > 0 && size <= TEMP_BLOCK_MAX);
    out->raw_size = (uint32_t)size;
    char *packed = mem_alloc(f->ledger, size);
    int packed_size =
        packed != NULL ? LZ4_compress_default(bytes, packed, (int)size, (int)size - 1) : 0;
    dbx_status status = packed_size > 0 ? temp_file_store(f, packed, (size_t)packed_size, out, err)
                                        : temp_file_store(f, bytes, size, out, err);
    mem_free(f->ledger, packed, size);
    return status;
}

static dbx_status temp_raise_damaged(const temp_file *f, error *err) {
    return error_raise(err, ERR_IO_ERROR, (span){0, 0}, "operation", "read back", "path",
                       os_file_path(f->file), "message", "the temporary file was changed", NULL);
}

static dbx_status temp_file_load(temp_file *f, const temp_block *b, void *to, error *err) {
    TRY(os_file_read(f->file, b->offset, to, b->stored_size, err));
    return XXH64(to, b->stored_size, 0) == b->check ? DBX_OK : temp_raise_damaged(f, err);
}

dbx_status temp_file_read(temp_file *f, const temp_block *b, void *to, error *err) {
    assert(b->raw_size > 0);
    if (b->stored_size == b->raw_size) return temp_file_load(f, b, to, err);
    char *packed = mem_alloc(f->ledger, b->stored_size);
    if (packed == NULL) return error_nomem(err);
    dbx_status status = temp_file_load(f, b, packed, err);
    if (status == DBX_OK &&
        LZ4_decompress_safe(packed, to, (int)b->stored_size, (int)b->raw_size) != (int)b->raw_size)
        status = temp_raise_damaged(f, err);
    mem_free(f->ledger, packed, b->stored_size);
    return status;
}

void temp_file_release(temp_file *f, const temp_block *b) {
    uint64_t pages = temp_pages_of(b->stored_size);
    os_mutex_lock(&f->lock);
    temp_file_give(f, b->offset / TEMP_PAGE_SIZE, pages);
    assert(f->used >= pages * TEMP_PAGE_SIZE);
    f->used -= pages * TEMP_PAGE_SIZE;
    os_mutex_unlock(&f->lock);
}

uint64_t temp_file_used(temp_file *f) {
    os_mutex_lock(&f->lock);
    uint64_t used = f->used;
    os_mutex_unlock(&f->lock);
    return used;
}

uint64_t temp_file_peak(temp_file *f) {
    os_mutex_lock(&f->lock);
    uint64_t peak = f->peak;
    os_mutex_unlock(&f->lock);
    return peak;
}
