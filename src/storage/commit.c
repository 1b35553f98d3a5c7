/* commit.c - making a new root durable. See storage.h for the order of writes and the invariants.
 */
#include "storage/roots.h"
#include "storage/storage_int.h"

#include <stdlib.h>
#include <xxhash.h>

dbx_status storage_commit_begin(storage *s, error *err) {
    if (s->read_only) {
        return error_raise(err, ERR_DATABASE_READ_ONLY, (span){0, 0}, "objectName", storage_path(s),
                           NULL);
    }
    TRY(storage_check_writes(s, err));
    assert(s->changing.next == &s->changing);
    os_mutex_lock(&s->lock);
    storage_free_held(s);
    os_mutex_unlock(&s->lock);
    return DBX_OK;
}

void storage_commit_enter(storage *s, storage_extent *e) {
    if (e->state != EXTENT_NEW) return;
    os_mutex_lock(&s->lock);
    e->state = EXTENT_COMMITTING;
    os_mutex_unlock(&s->lock);
}

void storage_commit_leave(storage *s, storage_extent *e) {
    if (e->state != EXTENT_DURABLE) return;
    os_mutex_lock(&s->lock);
    e->state = EXTENT_LEAVING;
    extent_link(&s->changing, e);
    os_mutex_unlock(&s->lock);
}

/* Lock held. Ends the commit: states become those of the new root, or of the old one again. Returns
 * how many extents hold the right to write no longer. */
static uint64_t commit_settle(storage *s, bool done) {
    storage_extent *next;
    uint64_t let_go = 0;
    for (storage_extent *e = s->limbo.next; e != &s->limbo; e = next) {
        next = e->next;
        if (e->state == EXTENT_COMMITTING) {
            e->state = done ? EXTENT_DURABLE : EXTENT_NEW;
            if (done) {
                extent_unlink(e);
                let_go += e->holds;
                e->holds = false;
            }
        } else if (done && e->logged) {
            e->state = EXTENT_DROPPED;
        }
        if (done) e->logged = false; /* the log that leads to it is over */
    }
    for (storage_extent *e = s->changing.next; e != &s->changing; e = next) {
        next = e->next;
        extent_unlink(e);
        e->state = done ? EXTENT_DROPPED : EXTENT_DURABLE;
        if (done) extent_link(&s->limbo, e);
    }
    return let_go;
}

void storage_commit_abort(storage *s) {
    os_mutex_lock(&s->lock);
    (void)commit_settle(s, false);
    os_mutex_unlock(&s->lock);
}

static int commit_compare_runs(const void *a, const void *b) {
    uint64_t x = ((const page_run *)a)->page, y = ((const page_run *)b)->page;
    return (x > y) - (x < y);
}

/* Lock held. Runs that the root being written will not lead to; at most `room`. */
static size_t commit_collect_free(storage *s, page_run *runs, size_t room) {
    size_t count = MIN(s->space.count, room);
    if (count > 0) memcpy(runs, s->space.runs, count * sizeof(*runs));
    size_t waiting = MIN(s->waiting.count, room - count);
    if (waiting > 0) memcpy(runs + count, s->waiting.runs, waiting * sizeof(*runs));
    count += waiting;
    for (size_t i = 0; i < s->held_count && count < room; i++) runs[count++] = s->held[i].run;
    for (storage_extent *e = s->limbo.next; e != &s->limbo && count < room; e = e->next) {
        if (e->state != EXTENT_COMMITTING) runs[count++] = (page_run){e->page, e->pages};
    }
    for (storage_extent *e = s->changing.next; e != &s->changing && count < room; e = e->next) {
        runs[count++] = (page_run){e->page, e->pages};
    }
    qsort(runs, count, sizeof(*runs), commit_compare_runs);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && runs[kept - 1].page + runs[kept - 1].pages == runs[i].page) {
            runs[kept - 1].pages += runs[i].pages;
        } else {
            runs[kept++] = runs[i];
        }
    }
    return kept;
}

/* Writes the free list into an extent that is allocated first, since that changes the list. Other
 * threads may allocate meanwhile: what they take stays listed as free, for no durable root leads to
 * it. */
static dbx_status commit_write_free_list(storage *s, storage_blob *out, error *err) {
    os_mutex_lock(&s->lock);
    size_t room = s->space.count + s->waiting.count + s->held_count + s->owned_count + 2;
    os_mutex_unlock(&s->lock);
    size_t size = room * sizeof(page_run);
    TRY(storage_extent_alloc(s, size, &out->extent, err));
    page_run *runs = mem_alloc(&s->ledger, size);
    if (runs == NULL) return error_nomem(err);
    os_mutex_lock(&s->lock);
    out->extent.state = EXTENT_COMMITTING;
    /* When others freed so much meanwhile that it does not fit, the next commit lists the rest. */
    size_t count = commit_collect_free(s, runs, room);
    os_mutex_unlock(&s->lock);
    memset(runs + count, 0, size - count * sizeof(*runs));
    out->pointer = (storage_pointer){.page = out->extent.page,
                                     .size = (uint32_t)size,
                                     .raw_size = (uint32_t)size,
                                     .hash = XXH64(runs, size, 0)};
    dbx_status status = storage_write(s, &out->extent, 0, runs, size, err);
    mem_free(&s->ledger, runs, size);
    return status;
}

/* The two syncs and the flip between them. A log that the root starts exists before it. */
static dbx_status commit_flip(storage *s, const storage_root_slot *slot, error *err) {
    if (slot->log_salt != 0) TRY(wal_open(&s->wal, s->wal_path, true, false, err));
    bool sync = s->sync != STORAGE_SYNC_OFF;
    dbx_status status = sync ? os_file_sync(s->file, err) : DBX_OK;
    if (status == DBX_OK) status = roots_write(s, slot, err);
    if (status == DBX_OK && sync) status = os_file_sync(s->file, err);
    if (status != DBX_OK) s->stopped = true; /* invariant 3 */
    return status;
}

/* Pages that only the log of the root before led to are free now. */
static void commit_free_waiting(storage *s) {
    for (size_t i = 0; i < s->waiting.count; i++)
        storage_hold_run(s, s->waiting.runs[i].page, s->waiting.runs[i].pages);
    s->waiting.count = 0;
    s->waiting.free_pages = 0;
}

/* The old bytes of the log are stale behind the new root; cutting them off only saves space, so
 * that a failure does no harm. */
static void commit_cut_log(storage *s) {
    if (s->wal.file != NULL) (void)!os_file_truncate(s->wal.file, 0, NULL);
}

/* A log pays from the second commit on. */
static uint64_t commit_log_salt(const storage *s) {
    if (s->wal_ends || s->root_count == 0) return 0;
    return os_random_seed() | 1;
}

dbx_status storage_commit(storage *s, storage_pointer root, error *err) {
    assert(s->file != NULL && !s->stopped);
    storage_blob *old_list = &s->free_lists[s->free_list_current];
    storage_blob *new_list = &s->free_lists[1 - s->free_list_current];
    assert(new_list->extent.state == EXTENT_UNBORN);
    storage_commit_leave(s, &old_list->extent);
    dbx_status status = commit_write_free_list(s, new_list, err);
    storage_root_slot slot = s->root;
    if (status == DBX_OK) {
        os_mutex_lock(&s->lock);
        slot.sequence++;
        slot.page_count = s->page_count;
        os_mutex_unlock(&s->lock);
        slot.next_id = atomic_load(s->next_id);
        slot.written_us = os_wall_clock_us();
        slot.root = root;
        slot.free_list = new_list->pointer;
        slot.log_salt = commit_log_salt(s);
        slot.features_required &= ~STORAGE_FEATURE_LOG;
        if (slot.log_salt != 0) slot.features_required |= STORAGE_FEATURE_LOG;
        status = commit_flip(s, &slot, err);
    }
    if (status != DBX_OK) {
        storage_commit_abort(s);
        storage_blob_release(s, new_list);
        return status;
    }
    os_mutex_lock(&s->lock);
    uint64_t let_go = commit_settle(s, true);
    s->root = slot;
    commit_free_waiting(s);
    s->root_count++;
    s->logged_pages = 0;
    s->free_list_current = 1 - s->free_list_current;
    os_mutex_unlock(&s->lock);
    while (let_go-- > 0) storage_let_go(s);
    wal_reset(&s->wal, slot.log_salt);
    storage_publish(s); /* before others find the log cut short */
    commit_cut_log(s);
    storage_blob_release(s, old_list);
    return DBX_OK;
}

dbx_status storage_trim(storage *s, error *err) {
    if (s->file == NULL || s->read_only || s->stopped) return DBX_OK;
    os_mutex_lock(&s->lock);
    storage_free_held(s);
    uint64_t tail = space_take_tail(&s->space, s->page_count);
    s->page_count -= tail;
    uint64_t size = s->page_count * STORAGE_PAGE_SIZE;
    os_mutex_unlock(&s->lock);
    if (tail == 0) return DBX_OK;
    return os_file_truncate(s->file, size, err);
}
