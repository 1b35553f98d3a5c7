/* log.c - the storage's side of the write-ahead log: what surrounds its records. See storage.h. */
#include "storage/bytes.h"
#include "storage/storage_int.h"

bool storage_log_is_on(const storage *s) {
    return s->wal.salt != 0 && s->wal.file != NULL && !s->read_only && !s->stopped;
}

bool storage_log_is_long(storage *s) {
    enum { LOG_BYTES_MAX = 16 << 20, LOG_PAGES_MIN = 4096, LOG_PAGES_SHARE = 8 };
    os_mutex_lock(&s->lock);
    bool pages = s->logged_pages > MAX((uint64_t)LOG_PAGES_MIN, s->page_count / LOG_PAGES_SHARE);
    os_mutex_unlock(&s->lock);
    return pages || atomic_load(&s->seen_log) > LOG_BYTES_MAX;
}

void storage_log_end(storage *s) {
    s->wal_ends = true;
}

dbx_status storage_log_add(storage *s, const void *bytes, size_t size, error *err) {
    assert(storage_log_is_on(s));
    return wal_add(&s->wal, bytes, size, err);
}

void storage_log_enter(storage *s, storage_extent *e) {
    os_mutex_lock(&s->lock);
    assert(e->state == EXTENT_NEW);
    e->logged = true;
    s->data_unsynced = true;
    s->logged_pages += e->pages;
    bool held = e->holds;
    e->holds = false;
    os_mutex_unlock(&s->lock);
    if (held) storage_let_go(s); /* the commit holds, too */
}

void storage_log_forget(storage *s) {
    wal_forget_group(&s->wal);
}

dbx_status storage_sync_data(storage *s, error *err) {
    if (s->file == NULL || s->sync == STORAGE_SYNC_OFF) return DBX_OK;
    dbx_status status = os_file_sync(s->file, err);
    if (status != DBX_OK) s->stopped = true;
    return status;
}

dbx_status storage_log_commit(storage *s, error *err) {
    TRY(storage_check_writes(s, err));
    bool sync = s->sync == STORAGE_SYNC_FULL;
    if (!wal_has_group(&s->wal)) return DBX_OK;
    if (s->data_unsynced && sync) TRY(storage_sync_data(s, err));
    s->data_unsynced = false;
    bool unknown;
    dbx_status status = wal_write_group(&s->wal, sync, &unknown, err);
    if (unknown) s->stopped = true;
    if (status != DBX_OK)
        storage_log_forget(s);
    else
        storage_publish(s);
    return status;
}

/* ---- reading it back ---- */

dbx_status storage_log_next(storage *s, buffer *out, bool *more, error *err) {
    *more = false;
    if (s->wal.salt == 0) return DBX_OK;
    if (s->wal.file == NULL) {
        if (os_path_stat(s->wal_path, NULL, NULL) == OS_PATH_NONE)
            return storage_corrupt(s, err, "its log %s is missing", s->wal_path);
        TRY(wal_open(&s->wal, s->wal_path, false, s->read_only, err));
    }
    if (s->wal.end < s->log_limit) TRY(wal_next(&s->wal, out, more, err));
    if (!*more && s->log_limit != UINT64_MAX && s->wal.end != s->log_limit)
        return storage_corrupt(s, err, "its log ends at byte %llu instead of %llu",
                               (unsigned long long)s->wal.end, (unsigned long long)s->log_limit);
    s->reads_log = *more;
    return DBX_OK;
}

dbx_status storage_log_recovered(storage *s, error *err) {
    s->reads_log = false;
    bool first = s->share.first;
    if (first && s->wal.file != NULL && !s->read_only) {
        uint64_t size;
        TRY(os_file_size(s->wal.file, &size, err));
        if (size > s->wal.end) TRY(os_file_truncate(s->wal.file, s->wal.end, err));
    }
    atomic_store(&s->seen_root, s->root.sequence);
    atomic_store(&s->seen_log, s->wal.end);
    if (s->file == NULL || s->log_is_open) return DBX_OK;
    s->log_is_open = true;
    if (first) share_publish(&s->share, (share_state){s->root.sequence, s->wal.end});
    share_opened(&s->share);
    return DBX_OK;
}

dbx_status storage_log_put_state(storage *s, buffer *out) {
    os_mutex_lock(&s->lock);
    uint64_t pages = s->page_count;
    os_mutex_unlock(&s->lock);
    TRY(put_varint(out, pages));
    return put_varint(out, atomic_load(s->next_id));
}

dbx_status storage_log_get_state(storage *s, byte_reader *r, error *err) {
    uint64_t pages = get_varint(r), next_id = get_varint(r);
    if (r->failed || pages > UINT64_MAX / STORAGE_PAGE_SIZE)
        return storage_corrupt(s, err, "a record of its log does not decode");
    dbx_status status = DBX_OK;
    os_mutex_lock(&s->lock);
    if (pages > s->page_count) {
        status = space_reserve(&s->space, s->waiting.count + s->held_count + s->owned_count + 4);
        if (status == DBX_OK) {
            space_free(&s->space, s->page_count, pages - s->page_count);
            s->page_count = pages;
        }
    }
    os_mutex_unlock(&s->lock);
    if (atomic_load(s->next_id) < next_id) atomic_store(s->next_id, next_id);
    return status == DBX_OK ? DBX_OK : error_nomem(err);
}

void storage_settle_lock(storage *s) {
    os_mutex_lock(&s->settle_lock);
}

void storage_settle_unlock(storage *s) {
    os_mutex_unlock(&s->settle_lock);
}
