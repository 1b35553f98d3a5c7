/* parquet_decode.c - see parquet_decode.h: delta encodings, byte stream split, plain strings. */
#include "formats/parquet_decode.h"

enum {
    DELTA_BLOCK_MAX = 1 << 20, /* values a block; writers use 128 */
    DELTA_MINIBLOCK_MAX = 1 << 16,
};

static bool decode_varint(const uint8_t **at, const uint8_t *end, uint64_t *out) {
    *out = 0;
    for (uint32_t shift = 0; shift < 64; shift += 7) {
        if (*at >= end) return false;
        uint8_t byte = *(*at)++;
        *out |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

static uint64_t decode_unzigzag(uint64_t value) {
    return (value >> 1) ^ (0 - (value & 1));
}

bool parquet_delta_init(parquet_delta *d, const uint8_t *data, const uint8_t *end) {
    uint64_t block;
    uint64_t miniblocks;
    uint64_t count;
    uint64_t first;
    *d = (parquet_delta){.at = data, .end = end};
    bool ok = decode_varint(&d->at, end, &block) && decode_varint(&d->at, end, &miniblocks) &&
              decode_varint(&d->at, end, &count) && decode_varint(&d->at, end, &first);
    if (!ok || block == 0 || block > DELTA_BLOCK_MAX || miniblocks == 0) return false;
    if (miniblocks > block || block % miniblocks != 0 || (block / miniblocks) % 8 != 0)
        return false;
    if (block / miniblocks > DELTA_MINIBLOCK_MAX || count > INT32_MAX) return false;
    d->block_values = (uint32_t)block;
    d->miniblocks = (uint32_t)miniblocks;
    d->count = (uint32_t)count;
    d->first = decode_unzigzag(first);
    return true;
}

/* Adds the running sum over up to `count` deltas in `deltas` and stores the values. */
KERNEL_INLINE uint64_t delta_emit(const uint64_t *deltas, uint32_t count, uint64_t min_delta,
                                  uint64_t value, uint32_t width, void *out, uint32_t at) {
    for (uint32_t i = 0; i < count; i++) {
        value += min_delta + deltas[i];
        if (width == 4)
            ((uint32_t *)out)[at + i] = (uint32_t)value;
        else
            ((uint64_t *)out)[at + i] = value;
    }
    return value;
}

static bool delta_miniblock(parquet_delta *d, uint32_t width, uint32_t bits, uint32_t values,
                            uint64_t min_delta, uint64_t *value, void *out, uint32_t *at) {
    enum { STEP = 64 };
    uint64_t deltas[STEP];
    uint32_t per_miniblock = d->block_values / d->miniblocks;
    uint64_t bytes = (uint64_t)per_miniblock * bits / 8;
    uint64_t needed = ((uint64_t)values * bits + 7) / 8; /* the last one may be cut short */
    uint64_t available = (uint64_t)(d->end - d->at);
    if (bits > 64 || needed > available) return false;
    const uint8_t *in = d->at;
    for (uint32_t done = 0; done < values; done += STEP, in += bits * STEP / 8) {
        uint32_t step = MIN(values - done, (uint32_t)STEP);
        bitpack_unpack64(in, bits, step, deltas);
        *value = width == 4 ? delta_emit(deltas, step, min_delta, *value, 4, out, *at)
                            : delta_emit(deltas, step, min_delta, *value, 8, out, *at);
        *at += step;
    }
    d->at += MIN(bytes, available);
    return true;
}

bool parquet_delta_decode(parquet_delta *d, uint32_t width, void *out) {
    assert(width == 4 || width == 8);
    if (d->count == 0) return true;
    uint64_t value = d->first;
    if (width == 4)
        ((uint32_t *)out)[0] = (uint32_t)value;
    else
        ((uint64_t *)out)[0] = value;
    uint32_t per_miniblock = d->block_values / d->miniblocks;
    uint32_t at = 1;
    while (at < d->count) {
        uint64_t min_delta;
        if (!decode_varint(&d->at, d->end, &min_delta)) return false;
        min_delta = decode_unzigzag(min_delta);
        if ((size_t)(d->end - d->at) < d->miniblocks) return false;
        const uint8_t *widths = d->at;
        d->at += d->miniblocks;
        for (uint32_t m = 0; m < d->miniblocks && at < d->count; m++) {
            uint32_t values = MIN(per_miniblock, d->count - at);
            if (!delta_miniblock(d, width, widths[m], values, min_delta, &value, out, &at)) {
                return false;
            }
        }
    }
    return true;
}

bool parquet_delta_length_decode(const uint8_t *data, const uint8_t *end, uint32_t count,
                                 int32_t *lengths, vstring *out) {
    parquet_delta d;
    if (!parquet_delta_init(&d, data, end) || d.count < count) return false;
    if (d.count != count || !parquet_delta_decode(&d, 4, lengths)) return false;
    const uint8_t *at = d.at;
    for (uint32_t i = 0; i < count; i++) {
        if (lengths[i] < 0 || lengths[i] > end - at) return false;
        out[i] = vstring_from((const char *)at, (size_t)lengths[i]);
        at += lengths[i];
    }
    return true;
}

bool parquet_delta_bytes_lengths(const uint8_t **at, const uint8_t *end, uint32_t count,
                                 int32_t *prefixes, int32_t *lengths, uint64_t *heap_size) {
    parquet_delta d;
    if (!parquet_delta_init(&d, *at, end) || d.count != count) return false;
    if (!parquet_delta_decode(&d, 4, prefixes)) return false;
    if (!parquet_delta_init(&d, d.at, end) || d.count != count) return false;
    if (!parquet_delta_decode(&d, 4, lengths)) return false;
    uint64_t last = 0;
    *heap_size = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (lengths[i] < 0 || prefixes[i] < 0 || (uint64_t)prefixes[i] > last) return false;
        last = (uint64_t)prefixes[i] + (uint64_t)lengths[i];
        if (last > UINT32_MAX) return false;
        if (prefixes[i] > 0) *heap_size += last;
    }
    *at = d.at;
    return true;
}

bool parquet_delta_bytes_build(const uint8_t *at, const uint8_t *end, uint32_t count,
                               const int32_t *prefixes, const int32_t *lengths, vstring *out,
                               char *heap) {
    vstring last = vstring_from("", 0);
    for (uint32_t i = 0; i < count; i++) {
        size_t prefix = (size_t)prefixes[i];
        size_t length = (size_t)lengths[i];
        if (length > (size_t)(end - at)) return false;
        if (prefix == 0) { /* nothing shared: borrow */
            out[i] = vstring_from((const char *)at, length);
        } else {
            memcpy(heap, vstring_data(&last), prefix);
            memcpy(heap + prefix, at, length);
            out[i] = vstring_from(heap, prefix + length);
            heap += prefix + length;
        }
        last = out[i];
        at += length;
    }
    return true;
}

KERNEL_INLINE void decode_split(const uint8_t *data, uint32_t count, uint32_t width, uint8_t *out) {
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t b = 0; b < width; b++) {
            out[(size_t)i * width + b] = data[(size_t)b * count + i];
        }
    }
}

void parquet_stream_split_decode(const uint8_t *data, uint32_t count, uint32_t width,
                                 uint8_t *out) {
    if (width == 4)
        decode_split(data, count, 4, out);
    else if (width == 8)
        decode_split(data, count, 8, out);
    else
        decode_split(data, count, width, out);
}

/* ---- plain strings ---- */

bool parquet_plain_strings(const uint8_t **at, const uint8_t *end, uint32_t count, vstring *out) {
    static const uint64_t low_masks[VSTRING_INLINE_MAX + 1] = {
        0,          0xFF,       0xFFFF,     0xFFFFFF,   0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF,
        0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF};
    const uint8_t *p = *at;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t size;
        if (end - p < 4) return false;
        memcpy(&size, p, 4);
        p += 4;
        if (size > (size_t)(end - p)) return false;
        if (size <= VSTRING_INLINE_MAX) { /* loads stay within the pad behind the page */
            uint32_t prefix;
            uint64_t rest;
            memcpy(&prefix, p, 4);
            memcpy(&rest, p + 4, 8);
            prefix &= (uint32_t)low_masks[size];
            uint32_t rest_size = size > 4 ? size - 4 : 0;
            rest &= rest_size == 8 ? UINT64_MAX : ((uint64_t)1 << (8 * rest_size)) - 1;
            out[i].size = size;
            memcpy(out[i].prefix, &prefix, 4);
            memcpy(out[i].u.rest, &rest, 8);
        } else {
            out[i].size = size;
            memcpy(out[i].prefix, p, 4);
            out[i].u.data = (const char *)p;
        }
        p += size;
    }
    *at = p;
    return true;
}

bool parquet_plain_strings_skip(const uint8_t **at, const uint8_t *end, uint32_t count) {
    const uint8_t *p = *at;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t size;
        if (end - p < 4) return false;
        memcpy(&size, p, 4);
        p += 4;
        if (size > (size_t)(end - p)) return false;
        p += size;
    }
    *at = p;
    return true;
}
