/* wal.c - see wal.h. */
#include "storage/wal.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

enum {
    WAL_PAYLOAD = WAL_FRAME_SIZE - WAL_FRAME_HEAD,
    WAL_READ_FRAMES = 128, /* read at once when looking for the end */
};

/* As it stands in the file. */
typedef struct wal_frame {
    uint64_t hash;   /* of what follows, seeded with the salt */
    uint64_t salt;   /* of the root that the log continues */
    uint64_t record; /* number, from 1 */
    uint32_t left;   /* bytes of the record's payload from this frame on */
    uint32_t index;  /* of the frame in its record */
    uint64_t chain;  /* hash of the frame before */
    uint64_t synced; /* last record that was on disk when this one was written */
    uint8_t payload[WAL_PAYLOAD];
} wal_frame;
static_assert(sizeof(wal_frame) == WAL_FRAME_SIZE, "written as it is");
static_assert(offsetof(wal_frame, payload) == WAL_FRAME_HEAD, "no padding");

static uint64_t wal_frame_hash(const wal_frame *f) {
    return XXH64((const char *)f + sizeof(f->hash), sizeof(*f) - sizeof(f->hash), f->salt);
}

void wal_init(wal *w, ledger *l) {
    memset(w, 0, sizeof(*w));
    w->ledger = l;
    buffer_init(&w->frames, l);
    wal_reset(w, 0);
}

void wal_deinit(wal *w) {
    os_file_close(w->file);
    w->file = NULL;
    buffer_deinit(&w->frames);
}

void wal_reset(wal *w, uint64_t salt) {
    w->salt = salt;
    w->end = 0;
    w->next_record = 1;
    w->synced_record = 0;
    w->chain = salt;
    wal_forget_group(w);
}

dbx_status wal_open(wal *w, const char *path, bool create, bool read_only, error *err) {
    if (w->file != NULL) return DBX_OK;
    uint32_t mode = read_only ? OS_READ : OS_READ_WRITE | (create ? OS_CREATE : 0);
    TRY(os_file_open(path, mode, &w->file, err));
    return create ? os_sync_parent(path, err) : DBX_OK;
}

/* ---- reading ---- */

static dbx_status wal_corrupt(const wal *w, uint64_t offset, const char *what, error *err) {
    char text[160];
    snprintf(text, sizeof(text), "its log is damaged at byte %llu (record %llu): %s",
             (unsigned long long)offset, (unsigned long long)w->next_record, what);
    return error_raise(err, ERR_DATABASE_CORRUPT, (span){0, 0}, "path", os_file_path(w->file),
                       "message", text, NULL);
}

typedef enum wal_found { WAL_GOOD, WAL_NOTHING, WAL_DAMAGED } wal_found;

/* Zeros but for one flipped bit are nothing, too. */
static bool wal_is_blank(const wal_frame *f) {
    const uint64_t *words = (const uint64_t *)(const void *)f;
    uint32_t bits = 0;
    for (uint32_t i = 0; i < WAL_FRAME_SIZE / 8; i++)
        bits += (uint32_t)__builtin_popcountll(words[i]);
    return bits <= 1;
}

static wal_found wal_judge(const wal *w, const wal_frame *f) {
    if (wal_frame_hash(f) == f->hash && f->salt != 0)
        return f->salt == w->salt ? WAL_GOOD : WAL_NOTHING;
    return wal_is_blank(f) ? WAL_NOTHING : WAL_DAMAGED;
}

/* Reads whole frames at offset; *count gets how many there are, at most `room`. */
static dbx_status wal_read(const wal *w, uint64_t offset, wal_frame *frames, uint32_t room,
                           uint32_t *count, error *err) {
    uint64_t size;
    *count = 0;
    TRY(os_file_size(w->file, &size, err));
    if (size < offset + WAL_FRAME_SIZE) return DBX_OK;
    *count = (uint32_t)MIN((size - offset) / WAL_FRAME_SIZE, (uint64_t)room);
    return os_file_read(w->file, offset, frames, (size_t)*count * WAL_FRAME_SIZE, err);
}

/* The record that should start at the end is not there. Does a later frame say that it was synced?
 */
static dbx_status wal_check_end(const wal *w, uint64_t offset, error *err) {
    wal_frame *frames = mem_alloc(w->ledger, sizeof(*frames) * WAL_READ_FRAMES);
    if (frames == NULL) return error_nomem(err);
    dbx_status status = DBX_OK;
    uint32_t count = 1;
    for (uint64_t at = w->end; status == DBX_OK && count > 0; at += count * WAL_FRAME_SIZE) {
        status = wal_read(w, at, frames, WAL_READ_FRAMES, &count, err);
        for (uint32_t i = 0; status == DBX_OK && i < count; i++) {
            if (wal_judge(w, &frames[i]) != WAL_GOOD || frames[i].synced < w->next_record) continue;
            status = wal_corrupt(w, offset, "a record that was synced is missing", err);
        }
    }
    mem_free(w->ledger, frames, sizeof(*frames) * WAL_READ_FRAMES);
    return status;
}

/* Does the frame continue the record of which `index` frames and the payload but `left` are read?
 */
static bool wal_continues(const wal *w, const wal_frame *f, uint64_t chain, uint32_t index,
                          uint32_t left) {
    if (f->record != w->next_record || f->index != index || f->chain != chain) return false;
    return index == 0 ? f->left <= WAL_RECORD_BYTES_MAX : f->left == left;
}

dbx_status wal_next(wal *w, buffer *out, bool *more, error *err) {
    assert(!wal_has_group(w));
    *more = false;
    if (w->salt == 0 || w->file == NULL) return DBX_OK;
    size_t start = out->size;
    uint64_t chain = w->chain, at = w->end, synced = w->synced_record;
    uint32_t left = 0, index = 0;
    do {
        wal_frame f;
        uint32_t count;
        TRY(wal_read(w, at, &f, 1, &count, err));
        wal_found found = count == 0 ? WAL_NOTHING : wal_judge(w, &f);
        if (found == WAL_DAMAGED) return wal_corrupt(w, at, "a frame has a wrong checksum", err);
        if (found == WAL_NOTHING || !wal_continues(w, &f, chain, index, left)) {
            out->size = start;
            return wal_check_end(w, at, err);
        }
        uint32_t part = MIN(f.left, (uint32_t)WAL_PAYLOAD);
        if (buffer_append(out, f.payload, part) != DBX_OK) return error_nomem(err);
        left = f.left - part;
        chain = f.hash;
        synced = MAX(synced, f.synced);
        at += WAL_FRAME_SIZE;
        index++;
    } while (left > 0);
    w->end = at;
    w->chain = w->group_chain = chain;
    w->synced_record = synced;
    w->next_record++;
    *more = true;
    return DBX_OK;
}

/* ---- writing ---- */

void wal_forget_group(wal *w) {
    buffer_clear(&w->frames);
    w->group_chain = w->chain;
    w->group_records = 0;
}

dbx_status wal_add(wal *w, const void *bytes, size_t size, error *err) {
    assert(w->salt != 0 && size > 0 && size <= WAL_RECORD_BYTES_MAX);
    size_t count = (size + WAL_PAYLOAD - 1) / WAL_PAYLOAD;
    if (buffer_reserve(&w->frames, count * WAL_FRAME_SIZE) != DBX_OK) return error_nomem(err);
    const uint8_t *from = bytes;
    for (size_t i = 0; i < count; i++) {
        wal_frame f = {.salt = w->salt,
                       .record = w->next_record + w->group_records,
                       .left = (uint32_t)(size - i * WAL_PAYLOAD),
                       .index = (uint32_t)i,
                       .chain = w->group_chain,
                       .synced = w->synced_record};
        memcpy(f.payload, from + i * WAL_PAYLOAD, MIN(f.left, (uint32_t)WAL_PAYLOAD));
        f.hash = wal_frame_hash(&f);
        memcpy(w->frames.data + w->frames.size, &f, sizeof(f));
        w->frames.size += sizeof(f);
        w->group_chain = f.hash;
    }
    w->group_records++;
    return DBX_OK;
}

dbx_status wal_write_group(wal *w, bool sync, bool *unknown, error *err) {
    assert(wal_has_group(w));
    *unknown = false;
    dbx_status status = os_file_write(w->file, w->end, w->frames.data, w->frames.size, err);
    if (status != DBX_OK) {
        *unknown = os_file_truncate(w->file, w->end, NULL) != DBX_OK;
        return status;
    }
    if (sync) status = os_file_sync(w->file, err);
    if (status != DBX_OK) {
        *unknown = true;
        return status;
    }
    w->end += w->frames.size;
    w->next_record += w->group_records;
    w->chain = w->group_chain;
    if (sync) w->synced_record = w->next_record - 1;
    wal_forget_group(w);
    return DBX_OK;
}
