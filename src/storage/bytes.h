/* bytes.h - writing and reading the little-endian bytes of meta streams.
 *
 * A reader never passes its end: what is missing reads as 0 and sets `failed`, which the caller
 * checks once.
 */
#ifndef DBX_STORAGE_BYTES_H
#define DBX_STORAGE_BYTES_H

#include "common/memory.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "the file format is little-endian and mapped as such");

MUST_CHECK static inline dbx_status put_u8(buffer *b, uint8_t v) {
    return buffer_append(b, &v, 1);
}
MUST_CHECK static inline dbx_status put_u32(buffer *b, uint32_t v) {
    return buffer_append(b, &v, 4);
}
MUST_CHECK static inline dbx_status put_u64(buffer *b, uint64_t v) {
    return buffer_append(b, &v, 8);
}

/* LEB128, at most 10 bytes. */
MUST_CHECK static inline dbx_status put_varint(buffer *b, uint64_t v) {
    uint8_t bytes[10];
    size_t size = 0;
    do {
        bytes[size++] = (uint8_t)((v & 0x7F) | (v > 0x7F ? 0x80 : 0));
        v >>= 7;
    } while (v != 0);
    return buffer_append(b, bytes, size);
}
MUST_CHECK static inline dbx_status put_signed(buffer *b, int64_t v) { /* zigzag */
    return put_varint(b, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}
/* Size and bytes; absence (data NULL) differs from emptiness. */
MUST_CHECK static inline dbx_status put_text(buffer *b, string_view s) {
    TRY(put_varint(b, s.data == NULL ? 0 : (uint64_t)s.size + 1));
    return s.size == 0 ? DBX_OK : buffer_append(b, s.data, s.size);
}

typedef struct byte_reader {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
} byte_reader;

static inline byte_reader byte_reader_from(const void *data, size_t size) {
    return (byte_reader){data, (const uint8_t *)data + size, false};
}
static inline size_t byte_reader_left(const byte_reader *r) {
    return (size_t)(r->end - r->at);
}
static inline void get_bytes(byte_reader *r, void *out, size_t size) {
    if (UNLIKELY(byte_reader_left(r) < size)) {
        r->failed = true;
        r->at = r->end;
        memset(out, 0, size);
        return;
    }
    if (size > 0) memcpy(out, r->at, size);
    r->at += size;
}
static inline uint8_t get_u8(byte_reader *r) {
    uint8_t v;
    get_bytes(r, &v, 1);
    return v;
}
static inline uint32_t get_u32(byte_reader *r) {
    uint32_t v;
    get_bytes(r, &v, 4);
    return v;
}
static inline uint64_t get_u64(byte_reader *r) {
    uint64_t v;
    get_bytes(r, &v, 8);
    return v;
}
static inline uint64_t get_varint(byte_reader *r) {
    uint64_t v = 0;
    for (uint32_t shift = 0; shift < 64; shift += 7) {
        uint8_t byte = get_u8(r);
        v |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80)) return v;
    }
    r->failed = true;
    return 0;
}
static inline int64_t get_signed(byte_reader *r) {
    uint64_t v = get_varint(r);
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}
/* A count of things that take at least one byte each: never more than the bytes that are left. */
static inline uint32_t get_count(byte_reader *r) {
    uint64_t v = get_varint(r);
    if (v > byte_reader_left(r) || v > UINT32_MAX) {
        r->failed = true;
        return 0;
    }
    return (uint32_t)v;
}
/* Borrows from the input. */
static inline string_view get_text(byte_reader *r) {
    uint64_t size = get_varint(r);
    if (size == 0) return (string_view){NULL, 0};
    size--;
    if (size > byte_reader_left(r)) {
        r->failed = true;
        return (string_view){NULL, 0};
    }
    string_view s = {(const char *)r->at, (size_t)size};
    r->at += size;
    return s;
}

#endif
