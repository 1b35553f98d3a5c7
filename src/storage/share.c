/* share.c - see share.h. */
#include "storage/share.h"

#include <stdio.h>

/* Bytes that are locked, far beyond any file: PLAIN and ALONE of the database, the others of the
 * memory's file, which those that only read the database can lock exclusively, too. */
enum share_byte {
    SHARE_BYTE_DOOR,  /* exclusive while a process opens or closes */
    SHARE_BYTE_USERS, /* shared by all that use the memory */
    SHARE_BYTE_WRITE, /* exclusive by who writes */
    SHARE_BYTE_PLAIN, /* shared by readers without the memory, exclusive by who writes */
    SHARE_BYTE_ALONE, /* on network file systems: shared by readers, exclusive by a writer */
    SHARE_BYTE_SLOTS = 16,
};
#define SHARE_BYTES ((uint64_t)1 << 62)
#define SHARE_MAGIC ((uint64_t)0x316d687378626400) /* "\0dbxshm1" */

typedef struct share_slot {
    _Atomic uint64_t pinned; /* 0: nothing */
    _Atomic uint64_t process;
} share_slot;

/* Two places for the state: the next one is written beside the current one, so that a reader that
 * sees `current` unchanged has read a whole one, and a killed writer leaves a whole one. */
typedef struct share_memory {
    _Atomic uint64_t magic;
    _Atomic uint64_t current; /* the state is in places[current % 2] */
    struct {
        _Atomic uint64_t sequence, log_end;
    } places[2];
    _Atomic uint64_t next_id;
    uint64_t reserved[25];
    share_slot slots[SHARE_SLOTS];
} share_memory;
static_assert(sizeof(share_memory) == 256 + 16 * SHARE_SLOTS, "processes must agree on it");

/* ---- locks ---- */

static dbx_status share_try(const share *s, uint64_t byte, os_lock kind, bool *taken, error *err) {
    bool of_database = byte == SHARE_BYTE_PLAIN || byte == SHARE_BYTE_ALONE;
    return os_file_lock(of_database ? s->file : s->memory_file, SHARE_BYTES + byte, kind, taken,
                        err);
}

static void share_drop(const share *s, uint64_t byte) {
    bool taken;
    (void)!share_try(s, byte, OS_LOCK_NONE, &taken, NULL);
}

dbx_status share_busy(const share *s, const char *what, error *err) {
    return error_raise(err, ERR_DATABASE_BUSY, (span){0, 0}, "path", os_file_path(s->file),
                       "message", what, NULL);
}

/* Waits until the lock is free or the time is over. */
static dbx_status share_wait(const share *s, uint64_t byte, os_lock kind, const char *what,
                             error *err) {
    enum { WAIT_FIRST_US = 50, WAIT_MOST_US = 5000 };
    uint64_t end = os_monotonic_ns() + s->timeout_ms * 1000000, pause = WAIT_FIRST_US;
    for (;;) {
        bool taken;
        TRY(share_try(s, byte, kind, &taken, err));
        if (taken) return DBX_OK;
        if (os_monotonic_ns() >= end) break;
        os_sleep_us(pause);
        pause = MIN(pause * 2, (uint64_t)WAIT_MOST_US);
    }
    return share_busy(s, what, err);
}

/* ---- opening ---- */

static dbx_status share_claim_slot(share *s, error *err) {
    for (uint32_t i = 0; i < SHARE_SLOTS; i++) {
        bool taken;
        TRY(share_try(s, SHARE_BYTE_SLOTS + (uint64_t)i, OS_LOCK_EXCLUSIVE, &taken, err));
        if (!taken) continue;
        s->slot = i;
        atomic_store(&s->memory->slots[i].pinned, 0);
        atomic_store(&s->memory->slots[i].process, os_process_id());
        return DBX_OK;
    }
    return share_busy(s, "too many processes have it open", err);
}

static dbx_status share_map_memory(share *s, error *err) {
    if (s->first) {
        TRY(os_file_truncate(s->memory_file, 0, err));
        TRY(os_file_truncate(s->memory_file, sizeof(share_memory), err));
    }
    uint64_t size;
    TRY(os_file_size(s->memory_file, &size, err));
    void *memory;
    if (size >= sizeof(share_memory)) {
        TRY(os_file_map(s->memory_file, sizeof(share_memory), &memory, err));
        s->memory = memory;
        if (s->first) atomic_store(&s->memory->magic, SHARE_MAGIC);
        if (atomic_load(&s->memory->magic) == SHARE_MAGIC) return share_claim_slot(s, err);
    }
    return share_busy(s, "its shared memory is of another version of dbx", err);
}

/* Opens the memory's file and closes the door behind it. The last to leave removes the file, maybe
 * after it was opened here: then it is opened again. */
static dbx_status share_enter(share *s, const char *path, error *err) {
    for (;;) {
        TRY(os_file_open(path, OS_READ_WRITE | OS_CREATE, &s->memory_file, err));
        TRY(share_wait(s, SHARE_BYTE_DOOR, OS_LOCK_EXCLUSIVE, "another process opens or closes it",
                       err));
        if (os_file_is_at(s->memory_file, path)) return DBX_OK;
        os_file_close(s->memory_file);
        s->memory_file = NULL;
    }
}

/* Whether a process that only reads must do without the memory. */
static bool share_lacks_memory(const share *s, const char *path) {
    os_file *probe;
    if (!s->read_only) return false;
    if (os_file_open(path, OS_READ_WRITE | OS_CREATE, &probe, NULL) != DBX_OK) return true;
    os_file_close(probe);
    return false;
}

static dbx_status share_open_without(share *s, share_mode mode, uint64_t byte, const char *what,
                                     error *err) {
    s->mode = mode;
    s->first = true;
    return share_wait(s, byte, s->read_only ? OS_LOCK_SHARED : OS_LOCK_EXCLUSIVE, what, err);
}

dbx_status share_open(share *s, os_file *file, const char *memory_path, bool read_only,
                      uint64_t timeout_ms, error *err) {
    *s = (share){.file = file, .read_only = read_only, .timeout_ms = timeout_ms};
    if (os_path_is_remote(os_file_path(file)))
        return share_open_without(s, SHARE_ALONE, SHARE_BYTE_ALONE,
                                  "it is on a network file system and open elsewhere", err);
    if (share_lacks_memory(s, memory_path))
        return share_open_without(s, SHARE_PLAIN, SHARE_BYTE_PLAIN, "another process writes it",
                                  err);
    s->mode = SHARE_MEMORY;
    TRY(share_enter(s, memory_path, err));
    TRY(share_try(s, SHARE_BYTE_USERS, OS_LOCK_EXCLUSIVE, &s->first, err));
    if (!s->first) {
        bool taken;
        TRY(share_try(s, SHARE_BYTE_USERS, OS_LOCK_SHARED, &taken, err));
        if (!taken) return share_busy(s, "another process has it alone", err);
    }
    return share_map_memory(s, err);
}

void share_opened(share *s) {
    bool taken;
    if (s->mode == SHARE_MEMORY && s->first)
        (void)!share_try(s, SHARE_BYTE_USERS, OS_LOCK_SHARED, &taken, NULL);
    s->first = false;
    if (s->mode == SHARE_MEMORY) share_drop(s, SHARE_BYTE_DOOR);
}

bool share_is_last(share *s) {
    if (s->mode == SHARE_ALONE) return true;
    bool last = false;
    if (s->mode != SHARE_MEMORY || s->memory_file == NULL) return false;
    if (share_wait(s, SHARE_BYTE_DOOR, OS_LOCK_EXCLUSIVE, "", NULL) != DBX_OK) return false;
    return share_try(s, SHARE_BYTE_USERS, OS_LOCK_EXCLUSIVE, &last, NULL) == DBX_OK && last;
}

void share_close(share *s, const char *memory_path, bool last) {
    if (s->memory != NULL) {
        atomic_store(&s->memory->slots[s->slot].pinned, 0);
        atomic_store(&s->memory->slots[s->slot].process, 0);
        os_file_unmap(s->memory, sizeof(share_memory));
    }
    os_file_close(s->memory_file);
    if (last && s->mode == SHARE_MEMORY) (void)!os_remove(memory_path, NULL);
    memset(s, 0, sizeof(*s));
}

/* ---- the state ---- */

share_state share_read(const share *s) {
    const share_memory *m = s->memory;
    for (;;) {
        uint64_t current = atomic_load(&m->current);
        share_state state = {atomic_load(&m->places[current % 2].sequence),
                             atomic_load(&m->places[current % 2].log_end)};
        if (atomic_load(&m->current) == current) return state;
    }
}

void share_publish(share *s, share_state state) {
    share_memory *m = s->memory;
    if (m == NULL) return;
    uint64_t next = atomic_load(&m->current) + 1;
    atomic_store(&m->places[next % 2].sequence, state.sequence);
    atomic_store(&m->places[next % 2].log_end, state.log_end);
    atomic_store(&m->current, next);
}

_Atomic uint64_t *share_next_id(share *s) {
    return s->memory == NULL ? NULL : &s->memory->next_id;
}

/* ---- pins ---- */

void share_pin(share *s, uint64_t sequence) {
    if (s->memory != NULL) atomic_store(&s->memory->slots[s->slot].pinned, sequence);
}

uint64_t share_oldest_pin(share *s) {
    uint64_t oldest = UINT64_MAX;
    for (uint32_t i = 0; s->memory != NULL && i < SHARE_SLOTS; i++) {
        share_slot *slot = &s->memory->slots[i];
        uint64_t pinned = atomic_load(&slot->pinned);
        if (pinned == 0 || pinned >= oldest) continue;
        bool dead = false;
        if (i != s->slot &&
            share_try(s, SHARE_BYTE_SLOTS + (uint64_t)i, OS_LOCK_EXCLUSIVE, &dead, NULL) ==
                DBX_OK &&
            dead) {
            atomic_store(&slot->pinned, 0);
            atomic_store(&slot->process, 0);
            share_drop(s, SHARE_BYTE_SLOTS + (uint64_t)i);
            continue;
        }
        oldest = pinned;
    }
    return oldest;
}

/* ---- writing ---- */

dbx_status share_lock_writes(share *s, const char **busy, error *err) {
    bool taken;
    *busy = NULL;
    TRY(share_try(s, SHARE_BYTE_WRITE, OS_LOCK_EXCLUSIVE, &taken, err));
    if (!taken) {
        *busy = "another process is writing it";
        return DBX_OK;
    }
    dbx_status status = share_try(s, SHARE_BYTE_PLAIN, OS_LOCK_EXCLUSIVE, &taken, err);
    if (status != DBX_OK || !taken) {
        share_drop(s, SHARE_BYTE_WRITE);
        *busy = "a process that cannot use its shared memory is reading it";
        return status;
    }
    s->writes = true;
    return DBX_OK;
}

void share_unlock_writes(share *s) {
    if (!s->writes) return;
    s->writes = false;
    share_drop(s, SHARE_BYTE_PLAIN);
    share_drop(s, SHARE_BYTE_WRITE);
}
