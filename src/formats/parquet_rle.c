/* parquet_rle.c - see parquet_rle.h. */
#include "formats/parquet_rle.h"

#include "kernel/bitmap.h"

enum { RLE_BLOCK = 256 }; /* values unpacked at a time where they are not wanted as uint32_t */

void parquet_rle_init(parquet_rle *r, const uint8_t *data, size_t size, uint32_t width) {
    assert(width <= 32);
    *r = (parquet_rle){.at = data, .end = data + size, .width = width};
}

static bool rle_next_run(parquet_rle *r) {
    uint64_t head = 0;
    uint32_t shift = 0;
    for (;;) {
        if (r->at >= r->end || shift > 28) return false;
        uint8_t byte = *r->at++;
        head |= (uint64_t)(byte & 0x7F) << shift;
        shift += 7;
        if (byte < 0x80) break;
    }
    size_t available = (size_t)(r->end - r->at);
    r->packed = head & 1;
    if (r->packed) {
        uint64_t values = (head >> 1) * 8;
        uint64_t bytes = (head >> 1) * r->width;
        if (bytes > available) { /* some writers cut the last run's padding off */
            values = r->width ? available * 8 / r->width : 0;
            bytes = available;
        }
        r->bits = r->at;
        r->bits_at = 0;
        r->at += bytes;
        r->left = (uint32_t)MIN(values, (uint64_t)UINT32_MAX);
        return true;
    }
    uint32_t bytes = (r->width + 7) / 8;
    if (bytes > available) return false;
    r->value = 0;
    for (uint32_t i = 0; i < bytes; i++) r->value |= (uint32_t)r->at[i] << (8 * i);
    r->at += bytes;
    r->left = (uint32_t)(head >> 1);
    return r->width == 32 || r->value < (uint32_t)1 << r->width;
}

/* Makes left > 0. An empty run is legal, endless ones end with the input. */
static bool rle_ensure(parquet_rle *r) {
    while (r->left == 0) {
        if (!rle_next_run(r)) return false;
    }
    return true;
}

/* `count` values of the packed run from bits_at on. Whole groups of 8 go straight to `out`. */
static void rle_unpack(parquet_rle *r, uint32_t count, uint32_t *out) {
    uint32_t group[8];
    uint32_t inside = r->bits_at % 8;
    const uint8_t *in = r->bits + (size_t)(r->bits_at / 8) * r->width;
    r->bits_at += count;
    if (inside != 0) {
        uint32_t step = MIN(8 - inside, count);
        bitpack_unpack32(in, r->width, 8, group);
        memcpy(out, group + inside, step * sizeof(*out));
        in += r->width;
        out += step;
        count -= step;
    }
    uint32_t whole = count & ~7u;
    bitpack_unpack32(in, r->width, whole, out);
    if (count > whole) {
        bitpack_unpack32(in + (size_t)(whole / 8) * r->width, r->width, 8, group);
        memcpy(out + whole, group, (count - whole) * sizeof(*out));
    }
}

bool parquet_rle_read(parquet_rle *r, uint32_t count, uint32_t *out) {
    while (count > 0) {
        if (!rle_ensure(r)) return false;
        uint32_t step = MIN(count, r->left);
        if (r->packed) {
            rle_unpack(r, step, out);
        } else {
            for (uint32_t i = 0; i < step; i++) out[i] = r->value;
        }
        r->left -= step;
        out += step;
        count -= step;
    }
    return true;
}

bool parquet_rle_read_bytes(parquet_rle *r, uint32_t count, uint8_t *out) {
    assert(r->width <= 8);
    while (count > 0) {
        if (!rle_ensure(r)) return false;
        uint32_t step = MIN(count, r->left);
        if (!r->packed) {
            memset(out, (int)r->value, step);
        } else if (r->width == 1) {
            bitpack_bits_to_bytes(r->bits, r->bits_at, step, out);
            r->bits_at += step;
        } else {
            uint32_t block[RLE_BLOCK];
            step = MIN(step, (uint32_t)RLE_BLOCK);
            rle_unpack(r, step, block);
            for (uint32_t i = 0; i < step; i++) out[i] = (uint8_t)block[i];
        }
        r->left -= step;
        out += step;
        count -= step;
    }
    return true;
}

bool parquet_rle_skip(parquet_rle *r, uint32_t count) {
    while (count > 0) {
        if (!rle_ensure(r)) return false;
        uint32_t step = MIN(count, r->left);
        if (r->packed) r->bits_at += step;
        r->left -= step;
        count -= step;
    }
    return true;
}

bool parquet_rle_read_bits(parquet_rle *r, uint32_t count, uint64_t *bitmap, size_t at,
                           uint32_t *ones) {
    assert(r->width == 1);
    *ones = 0;
    while (count > 0) {
        if (!rle_ensure(r)) return false;
        uint32_t step = MIN(count, r->left);
        if (r->packed) {
            *ones += (uint32_t)bitpack_copy_bits(r->bits, r->bits_at, step, bitmap, at);
            r->bits_at += step;
        } else {
            bitmap_set_range(bitmap, at, step, r->value != 0);
            *ones += r->value ? step : 0;
        }
        r->left -= step;
        at += step;
        count -= step;
    }
    return true;
}

uint32_t parquet_rle_peek(parquet_rle *r, uint32_t count) {
    if (!rle_ensure(r) || r->packed) return 0;
    return MIN(count, r->left);
}
