/* blob.c - byte strings of the meta data: LZ4 when that is shorter, checked by the hash in their
 * pointer. */
#include "storage/bytes.h"
#include "storage/storage_int.h"

#include <lz4.h>
#include <xxhash.h>

enum { BLOB_COMPRESS_MIN = 512 }; /* shorter ones take a page in any case */

static dbx_status blob_store(storage *s, const void *bytes, size_t stored, size_t raw,
                             storage_blob *out, error *err) {
    TRY(storage_extent_alloc(s, MAX(stored, (size_t)1), &out->extent, err));
    out->pointer = (storage_pointer){.page = out->extent.page,
                                     .size = (uint32_t)stored,
                                     .raw_size = (uint32_t)raw,
                                     .hash = XXH64(bytes, stored, 0)};
    dbx_status status = storage_write(s, &out->extent, 0, bytes, stored, err);
    if (status != DBX_OK) storage_blob_release(s, out); /* a blob that has a place is whole */
    return status;
}

dbx_status storage_blob_write(storage *s, const void *bytes, size_t size, storage_blob *out,
                              error *err) {
    assert(out->extent.state == EXTENT_UNBORN);
    assert(size > 0);
    if (size > STORAGE_BLOB_BYTES_MAX) {
        return error_raise(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                           "meta data over 1 GiB", NULL);
    }
    if (size <= BLOB_COMPRESS_MIN) return blob_store(s, bytes, size, size, out, err);
    int bound = LZ4_compressBound((int)size);
    char *packed = mem_alloc(&s->ledger, (size_t)bound);
    if (packed == NULL) return error_nomem(err);
    int packed_size = LZ4_compress_default(bytes, packed, (int)size, bound);
    bool shorter = packed_size > 0 && (size_t)packed_size < size;
    dbx_status status = shorter ? blob_store(s, packed, (size_t)packed_size, size, out, err)
                                : blob_store(s, bytes, size, size, out, err);
    mem_free(&s->ledger, packed, (size_t)bound);
    return status;
}

static dbx_status blob_unpack(storage *s, storage_pointer p, const char *stored, buffer *out,
                              error *err) {
    if (p.size == p.raw_size) {
        if (buffer_append(out, stored, p.size) != DBX_OK) return error_nomem(err);
        return DBX_OK;
    }
    if (buffer_reserve(out, p.raw_size) != DBX_OK) return error_nomem(err);
    int size = LZ4_decompress_safe(stored, out->data + out->size, (int)p.size, (int)p.raw_size);
    if (size != (int)p.raw_size) {
        return storage_corrupt(s, err, "meta data at page %llu cannot be unpacked",
                               (unsigned long long)p.page);
    }
    out->size += p.raw_size;
    return DBX_OK;
}

dbx_status storage_blob_read(storage *s, storage_pointer p, storage_blob *blob, buffer *out,
                             error *err) {
    if (p.size == 0 || p.size > STORAGE_BLOB_BYTES_MAX || p.raw_size > STORAGE_BLOB_BYTES_MAX) {
        return storage_corrupt(s, err, "a pointer to meta data is wrong");
    }
    uint64_t pages = ((uint64_t)p.size + STORAGE_PAGE_SIZE - 1) / STORAGE_PAGE_SIZE;
    blob->pointer = p;
    TRY(storage_extent_adopt(s, p.page, pages, &blob->extent, err));
    char *stored = mem_alloc(&s->ledger, p.size);
    if (stored == NULL) return error_nomem(err);
    dbx_status status = storage_read(s, p.page * STORAGE_PAGE_SIZE, stored, p.size, err);
    if (status == DBX_OK && XXH64(stored, p.size, 0) != p.hash) {
        status = storage_corrupt(s, err, "meta data at page %llu has a wrong checksum",
                                 (unsigned long long)p.page);
    }
    if (status == DBX_OK) status = blob_unpack(s, p, stored, out, err);
    mem_free(&s->ledger, stored, p.size);
    return status;
}

dbx_status storage_put_pointer(buffer *b, storage_pointer p) {
    TRY(put_varint(b, p.page));
    TRY(put_varint(b, p.size));
    TRY(put_varint(b, p.raw_size));
    return put_u64(b, p.hash);
}

storage_pointer storage_get_pointer(byte_reader *r) {
    storage_pointer p;
    p.page = get_varint(r);
    uint64_t size = get_varint(r), raw_size = get_varint(r);
    p.hash = get_u64(r);
    if (size > STORAGE_BLOB_BYTES_MAX || raw_size > STORAGE_BLOB_BYTES_MAX) r->failed = true;
    p.size = (uint32_t)size;
    p.raw_size = (uint32_t)raw_size;
    return p;
}
