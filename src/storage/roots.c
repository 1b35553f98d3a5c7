/* roots.c - see roots.h.
 *
 * Header and roots stand twice in their page, 2 KiB apart: a flipped bit in one copy loses nothing,
 * and a write torn between sectors leaves a whole new copy or whole old ones. A slot whose copies
 * are both damaged is an error and not a silent step back to the other slot, for a whole commit
 * would be lost.
 */
#include "storage/roots.h"

#include "storage/bytes.h"

#include <stdio.h>
#include <xxhash.h>

enum { ROOT_COPY_OFFSET = STORAGE_PAGE_SIZE / 2 };

typedef enum root_slot_state { ROOT_SLOT_BLANK, ROOT_SLOT_GOOD, ROOT_SLOT_DAMAGED } root_slot_state;

/* Fixed-size writer: the sizes are known, so nothing can fail. */
typedef struct slot_writer {
    uint8_t *at;
} slot_writer;

static void slot_put(slot_writer *w, const void *bytes, size_t size) {
    memcpy(w->at, bytes, size);
    w->at += size;
}
static void slot_put_u64(slot_writer *w, uint64_t v) {
    slot_put(w, &v, 8);
}
static void slot_put_u32(slot_writer *w, uint32_t v) {
    slot_put(w, &v, 4);
}
static void slot_put_pointer(slot_writer *w, storage_pointer p) {
    slot_put_u64(w, p.page);
    slot_put_u32(w, p.size);
    slot_put_u32(w, p.raw_size);
    slot_put_u64(w, p.hash);
}

static storage_pointer slot_get_pointer(byte_reader *r) {
    storage_pointer p;
    p.page = get_u64(r);
    p.size = get_u32(r);
    p.raw_size = get_u32(r);
    p.hash = get_u64(r);
    return p;
}

/* Hashes all but the last 8 bytes and puts the hash there. */
static void slot_seal(uint8_t *bytes, size_t size, uint64_t seed) {
    uint64_t hash = XXH64(bytes, size - 8, seed);
    memcpy(bytes + size - 8, &hash, 8);
}

static bool slot_is_sealed(const uint8_t *bytes, size_t size, uint64_t seed) {
    uint64_t hash;
    memcpy(&hash, bytes + size - 8, 8);
    return hash == XXH64(bytes, size - 8, seed);
}

static void roots_pack(const storage_root_slot *slot, uint64_t file_id, uint8_t *page) {
    memset(page, 0, STORAGE_PAGE_SIZE);
    slot_writer w = {page};
    slot_put(&w, STORAGE_ROOT_MAGIC, 8);
    slot_put_u64(&w, slot->sequence);
    slot_put_u64(&w, slot->features_required);
    slot_put_u64(&w, slot->features_write);
    slot_put_u64(&w, slot->page_count);
    slot_put_u64(&w, slot->next_id);
    slot_put_u64(&w, (uint64_t)slot->written_us);
    slot_put_pointer(&w, slot->root);
    slot_put_pointer(&w, slot->free_list);
    slot_put_u64(&w, slot->log_salt);
    assert(w.at <= page + STORAGE_ROOT_BYTES - 8);
    slot_seal(page, STORAGE_ROOT_BYTES, file_id);
    memcpy(page + ROOT_COPY_OFFSET, page, STORAGE_ROOT_BYTES);
}

static bool roots_unpack(const uint8_t *bytes, uint64_t file_id, storage_root_slot *out) {
    if (memcmp(bytes, STORAGE_ROOT_MAGIC, 8) != 0) return false;
    if (!slot_is_sealed(bytes, STORAGE_ROOT_BYTES, file_id)) return false;
    byte_reader r = byte_reader_from(bytes + 8, STORAGE_ROOT_BYTES - 8);
    out->sequence = get_u64(&r);
    out->features_required = get_u64(&r);
    out->features_write = get_u64(&r);
    out->page_count = get_u64(&r);
    out->next_id = get_u64(&r);
    out->written_us = (int64_t)get_u64(&r);
    out->root = slot_get_pointer(&r);
    out->free_list = slot_get_pointer(&r);
    out->log_salt = get_u64(&r);
    return out->page_count >= STORAGE_FIRST_PAGE &&
           out->page_count < UINT64_MAX / STORAGE_PAGE_SIZE;
}

dbx_status roots_write(storage *s, const storage_root_slot *slot, error *err) {
    uint8_t page[STORAGE_PAGE_SIZE];
    roots_pack(slot, s->file_id, page);
    uint64_t at = 1 + slot->sequence % STORAGE_ROOT_SLOTS;
    return os_file_write(s->file, at * STORAGE_PAGE_SIZE, page, sizeof(page), err);
}

dbx_status roots_create(storage *s, error *err) {
    uint8_t page[STORAGE_PAGE_SIZE] = {0};
    slot_writer w = {page};
    slot_put(&w, STORAGE_MAGIC, 8);
    slot_put_u32(&w, STORAGE_FORMAT_VERSION);
    slot_put_u32(&w, STORAGE_PAGE_SIZE);
    s->file_id = os_random_seed();
    slot_put_u64(&w, s->file_id);
    slot_put_u64(&w, (uint64_t)os_wall_clock_us());
    slot_seal(page, STORAGE_HEADER_BYTES, 0);
    memcpy(page + ROOT_COPY_OFFSET, page, STORAGE_HEADER_BYTES);
    /* The header comes last: a file without one was never a database. */
    storage_root_slot slot = {
        .sequence = 1, .page_count = STORAGE_FIRST_PAGE, .next_id = STORAGE_FIRST_ID};
    TRY(roots_write(s, &slot, err));
    TRY(os_file_sync(s->file, err));
    TRY(os_file_write(s->file, 0, page, sizeof(page), err));
    return os_file_sync(s->file, err);
}

static dbx_status roots_load_header(storage *s, error *err) {
    uint8_t page[STORAGE_PAGE_SIZE];
    TRY(os_file_read(s->file, 0, page, sizeof(page), err));
    const uint8_t *header = page;
    if (!slot_is_sealed(header, STORAGE_HEADER_BYTES, 0)) header = page + ROOT_COPY_OFFSET;
    if (memcmp(header, STORAGE_MAGIC, 8) != 0)
        return storage_corrupt(s, err, "it is not a dbx database");
    if (!slot_is_sealed(header, STORAGE_HEADER_BYTES, 0))
        return storage_corrupt(s, err, "its header is damaged");
    byte_reader r = byte_reader_from(header + 8, STORAGE_HEADER_BYTES - 8);
    uint32_t version = get_u32(&r);
    uint32_t page_size = get_u32(&r);
    s->file_id = get_u64(&r);
    if (version > STORAGE_FORMAT_VERSION || page_size != STORAGE_PAGE_SIZE) {
        char text[80];
        snprintf(text, sizeof(text), "format version %u, pages of %u bytes", version, page_size);
        return error_raise(err, ERR_DATABASE_VERSION, (span){0, 0}, "path", s->path, "message",
                           text, NULL);
    }
    return DBX_OK;
}

static bool roots_is_blank(const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0) return false;
    }
    return true;
}

/* Both copies are good when the write was whole; else the newer good one counts. */
static dbx_status roots_load_slot(storage *s, uint32_t index, storage_root_slot *out,
                                  root_slot_state *state, error *err) {
    uint8_t page[STORAGE_PAGE_SIZE] = {0};
    uint64_t size;
    TRY(os_file_size(s->file, &size, err));
    uint64_t at = (uint64_t)(1 + index) * STORAGE_PAGE_SIZE;
    if (size > at) TRY(os_file_read(s->file, at, page, (size_t)MIN(size - at, sizeof(page)), err));
    storage_root_slot copy;
    bool first = roots_unpack(page, s->file_id, out);
    bool second = roots_unpack(page + ROOT_COPY_OFFSET, s->file_id, &copy);
    if (second && (!first || copy.sequence > out->sequence)) *out = copy;
    *state = first || second                      ? ROOT_SLOT_GOOD
             : roots_is_blank(page, sizeof(page)) ? ROOT_SLOT_BLANK
                                                  : ROOT_SLOT_DAMAGED;
    return DBX_OK;
}

dbx_status roots_load(storage *s, uint64_t sequence, error *err) {
    TRY(roots_load_header(s, err));
    bool found = false, blank = false;
    for (uint32_t i = 0; i < STORAGE_ROOT_SLOTS; i++) {
        storage_root_slot slot;
        root_slot_state state;
        TRY(roots_load_slot(s, i, &slot, &state, err));
        /* The other slot may be being written while one root is looked for. */
        if (sequence != 0 && (state != ROOT_SLOT_GOOD || slot.sequence != sequence)) continue;
        if (state == ROOT_SLOT_DAMAGED)
            return storage_corrupt(s, err, "root slot %u is damaged", i);
        blank = blank || state == ROOT_SLOT_BLANK;
        if (state == ROOT_SLOT_BLANK || (found && slot.sequence < s->root.sequence)) continue;
        s->root = slot;
        found = true;
    }
    if (!found) return storage_corrupt(s, err, "it has no root");
    /* A slot is blank until the second root is written. */
    if (blank && s->root.sequence > 1) return storage_corrupt(s, err, "a root slot is blank");
    if (s->root.features_required & ~STORAGE_FEATURES_REQUIRED_KNOWN) {
        return error_raise(err, ERR_DATABASE_VERSION, (span){0, 0}, "path", s->path, "message",
                           "it uses a feature that this version does not know", NULL);
    }
    if (s->root.features_write & ~STORAGE_FEATURES_WRITE_KNOWN) s->read_only = true;
    return DBX_OK;
}
