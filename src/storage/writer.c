/* writer.c - the storage's side of many processes: who may write, what others wrote, what they
 * read.
 *
 * The right to write is held by the running commit and by every extent that is written before its
 * commit; it goes when the last of them does. Whoever takes it first follows what others committed,
 * so that a process always changes the newest state.
 */
#include "storage/storage_int.h"

void storage_set_owner(storage *s, storage_refresh_fn refresh, void *owner) {
    s->refresh = refresh;
    s->owner = owner;
}

void storage_publish(storage *s) {
    atomic_store(&s->seen_root, s->root.sequence);
    atomic_store(&s->seen_log, s->wal.end);
    share_publish(&s->share, (share_state){s->root.sequence, s->wal.end});
}

/* ---- following others ---- */

static bool writer_is_current(storage *s) {
    share_state state = share_read(&s->share);
    return state.sequence == atomic_load(&s->seen_root) &&
           state.log_end == atomic_load(&s->seen_log);
}

/* Lock held. Makes `space` what the root and the records so far leave free, whoever reads it, so
 * that pages which others took can be taken out. Who still reads what is asked before the next
 * write. */
static dbx_status writer_gather_space(storage *s) {
    TRY(space_reserve(&s->space, s->held_count + s->waiting.count + s->owned_count * 2 + 4));
    s->space_is_sound = false;
    for (size_t i = 0; i < s->held_count; i++)
        space_free(&s->space, s->held[i].run.page, s->held[i].run.pages);
    s->held_count = 0;
    storage_extent *next;
    for (storage_extent *e = s->limbo.next; e != &s->limbo; e = next) {
        next = e->next;
        if (e->state != EXTENT_DROPPED) continue;
        extent_unlink(e);
        e->state = EXTENT_DURABLE; /* its owner frees nothing */
        space_free(&s->space, e->page, e->pages);
    }
    return DBX_OK;
}

/* Writer mutex held, this process does not write. What is read may be replaced meanwhile: then it
 * is read again. */
static dbx_status writer_follow(storage *s, error *err) {
    enum { TRIES = 100 };
    if (s->refresh == NULL) return DBX_OK;
    for (uint32_t i = 1; !writer_is_current(s); i++) {
        share_state state = share_read(&s->share);
        error failure;
        error_init(&failure);
        s->log_limit = state.log_end;
        bool reload = state.sequence != atomic_load(&s->seen_root);
        if (reload) atomic_store(&s->seen_root, 0); /* again, when it fails half-way */
        dbx_status status = DBX_OK;
        if (!reload) {
            os_mutex_lock(&s->lock);
            status = writer_gather_space(s);
            os_mutex_unlock(&s->lock);
            if (status != DBX_OK) status = error_nomem(&failure);
        }
        if (status == DBX_OK) status = s->refresh(s->owner, reload, &failure);
        bool moved = share_read(&s->share).sequence != state.sequence;
        if (status != DBX_OK && moved && i < TRIES) {
            atomic_store(&s->seen_root, 0);
            status = DBX_OK;
        } else {
            error_copy(err, &failure);
        }
        error_deinit(&failure);
        if (status != DBX_OK) atomic_store(&s->seen_root, 0);
        TRY(status);
    }
    return DBX_OK;
}

bool storage_must_follow(const storage *s) {
    return s->share.mode == SHARE_MEMORY && !s->share.first;
}

dbx_status storage_follow(storage *s, error *err) {
    uint64_t pin;
    TRY(storage_pin(s, &pin, err));
    storage_unpin(s, pin);
    return DBX_OK;
}

/* ---- the right to write ---- */

/* Lock held. When others wrote, the list of free pages says nothing about who still reads them. */
static dbx_status writer_check_space(storage *s) {
    if (s->space_is_sound) return DBX_OK;
    uint64_t oldest = share_oldest_pin(&s->share);
    if (oldest < s->root.sequence) {
        size_t needed = s->space.count + s->waiting.count + s->owned_count + 3;
        if (needed > s->held_capacity) {
            held_run *held = mem_realloc(&s->ledger, s->held, s->held_capacity * sizeof(*held),
                                         needed * sizeof(*held));
            if (held == NULL) return DBX_NOMEM;
            s->held = held;
            s->held_capacity = needed;
        }
        for (size_t i = 0; i < s->space.count; i++)
            s->held[s->held_count++] = (held_run){s->space.runs[i], s->root.sequence};
        s->space.count = s->space.free_pages = 0;
    }
    s->space_is_sound = true;
    return DBX_OK;
}

/* Writer mutex held, but not while it waits for another process: snapshots may begin meanwhile. */
static dbx_status writer_wait(storage *s, error *err) {
    enum { FIRST_US = 50, MOST_US = 5000 };
    uint64_t end = os_monotonic_ns() + s->share.timeout_ms * 1000000, pause = FIRST_US;
    while (!s->share.writes) {
        const char *busy;
        TRY(share_lock_writes(&s->share, &busy, err));
        if (busy == NULL) break;
        if (os_monotonic_ns() >= end) return share_busy(&s->share, busy, err);
        os_mutex_unlock(&s->writer);
        os_sleep_us(pause);
        pause = MIN(pause * 2, (uint64_t)MOST_US);
        os_mutex_lock(&s->writer);
    }
    return DBX_OK;
}

/* Writer mutex held. */
static dbx_status writer_take(storage *s, error *err) {
    if (s->share.mode != SHARE_MEMORY || s->share.writes) return DBX_OK;
    TRY(writer_wait(s, err));
    if (atomic_load(&s->holders) > 0) return DBX_OK; /* another thread took it meanwhile */
    dbx_status status = writer_follow(s, err);
    if (status == DBX_OK) {
        os_mutex_lock(&s->lock);
        status = writer_check_space(s);
        os_mutex_unlock(&s->lock);
        if (status != DBX_OK) status = error_nomem(err);
    }
    if (status != DBX_OK) share_unlock_writes(&s->share);
    return status;
}

dbx_status storage_write_begin(storage *s, error *err) {
    os_mutex_lock(&s->writer);
    dbx_status status = writer_take(s, err);
    if (status == DBX_OK)
        atomic_fetch_add(&s->holders, 1);
    else
        os_mutex_unlock(&s->writer);
    return status;
}

void storage_write_end(storage *s) {
    if (atomic_fetch_sub(&s->holders, 1) == 1) share_unlock_writes(&s->share);
    os_mutex_unlock(&s->writer);
}

dbx_status storage_hold(storage *s, error *err) {
    uint64_t holders = atomic_load(&s->holders);
    while (holders > 0) {
        if (atomic_compare_exchange_weak(&s->holders, &holders, holders + 1)) return DBX_OK;
    }
    os_mutex_lock(&s->writer);
    dbx_status status = writer_take(s, err);
    if (status == DBX_OK) atomic_fetch_add(&s->holders, 1);
    os_mutex_unlock(&s->writer);
    return status;
}

void storage_let_go(storage *s) {
    if (atomic_fetch_sub(&s->holders, 1) != 1) return;
    os_mutex_lock(&s->writer);
    if (atomic_load(&s->holders) == 0) share_unlock_writes(&s->share);
    os_mutex_unlock(&s->writer);
}

/* ---- pages that others read ---- */

void storage_hold_run(storage *s, uint64_t page, uint64_t pages) {
    if (s->share.mode != SHARE_MEMORY) {
        space_free(&s->space, page, pages);
        return;
    }
    assert(s->held_count < s->held_capacity);
    s->held[s->held_count++] = (held_run){{page, pages}, s->root.sequence};
}

void storage_free_held(storage *s) {
    if (s->held_count == 0) return;
    uint64_t oldest = share_oldest_pin(&s->share);
    size_t kept = 0;
    for (size_t i = 0; i < s->held_count; i++) {
        if (s->held[i].sequence > oldest)
            s->held[kept++] = s->held[i];
        else
            space_free(&s->space, s->held[i].run.page, s->held[i].run.pages);
    }
    s->held_count = kept;
}

/* ---- snapshots ---- */

/* Pin lock held. Publishes the oldest. */
static void pins_publish(storage *s) {
    share_pin(&s->share, s->pin_count > 0 ? s->pins[0].sequence : 0);
}

/* Pin lock held. Enters a snapshot of the newest root; returns what to leave with. */
static uint64_t pins_enter(storage *s) {
    uint64_t sequence = share_read(&s->share).sequence;
    if (s->pin_count == 0) {
        uint64_t before;
        do { /* a root may be replaced before the pin is seen */
            before = sequence;
            share_pin(&s->share, before);
            sequence = share_read(&s->share).sequence;
        } while (before != sequence);
    }
    storage_pins *last = s->pin_count > 0 ? &s->pins[s->pin_count - 1] : NULL;
    if (last != NULL && (last->sequence >= sequence || s->pin_count == STORAGE_PINS_MAX)) {
        last->count++;
        return last->sequence;
    }
    s->pins[s->pin_count++] = (storage_pins){sequence, 1};
    return sequence;
}

void storage_unpin(storage *s, uint64_t pin) {
    if (s->share.mode != SHARE_MEMORY) return;
    os_mutex_lock(&s->pin_lock);
    uint32_t at = 0;
    while (s->pins[at].sequence != pin) at++;
    assert(at < s->pin_count);
    if (--s->pins[at].count == 0) {
        s->pin_count--;
        memmove(&s->pins[at], &s->pins[at + 1], (s->pin_count - at) * sizeof(*s->pins));
        if (at == 0) pins_publish(s);
    }
    os_mutex_unlock(&s->pin_lock);
}

dbx_status storage_pin(storage *s, uint64_t *pin, error *err) {
    *pin = 0;
    if (s->share.mode != SHARE_MEMORY) return DBX_OK;
    os_mutex_lock(&s->pin_lock);
    *pin = pins_enter(s);
    os_mutex_unlock(&s->pin_lock);
    if (s->share.writes || writer_is_current(s)) return DBX_OK;
    os_mutex_lock(&s->writer);
    dbx_status status = s->share.writes ? DBX_OK : writer_follow(s, err);
    os_mutex_unlock(&s->writer);
    if (status != DBX_OK) storage_unpin(s, *pin);
    return status;
}

bool storage_is_last(storage *s) {
    if (!s->is_last) s->is_last = share_is_last(&s->share);
    return s->is_last;
}
