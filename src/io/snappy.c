/* snappy.c - see snappy.h. Format: github.com/google/snappy/blob/main/format_description.txt.
 *
 * Elements are literals or copies of 1 to 64 bytes. Far from both ends 16 bytes are copied at a
 * time whatever the length, so that most elements cost no loop; near the ends copies are exact. */
#include "io/snappy.h"

#include <string.h>

enum {
    SNAPPY_SLACK = 80, /* room behind input and output for which wide copies are safe: 64 + 16 */
};

bool snappy_block_length(const uint8_t *in, size_t in_size, size_t *length, size_t *preamble) {
    size_t value = 0;
    for (size_t i = 0; i < 5 && i < in_size; i++) {
        value |= (size_t)(in[i] & 0x7F) << (7 * i);
        if (in[i] >= 0x80) continue;
        *length = value;
        *preamble = i + 1;
        return value <= UINT32_MAX;
    }
    return false;
}

static inline void snappy_copy16(uint8_t *to, const uint8_t *from) {
    uint64_t a;
    uint64_t b;
    memcpy(&a, from, 8);
    memcpy(&b, from + 8, 8);
    memcpy(to, &a, 8);
    memcpy(to + 8, &b, 8);
}

/* Up to 64 bytes in steps of 16. The first two are not asked for: most elements end within them,
 * and a branch that is hard to predict costs more than a copy. */
static inline void snappy_copy64(uint8_t *to, const uint8_t *from, size_t length) {
    snappy_copy16(to, from);
    snappy_copy16(to + 16, from + 16);
    if (UNLIKELY(length > 32)) {
        snappy_copy16(to + 32, from + 32);
        snappy_copy16(to + 48, from + 48);
    }
}

static inline void snappy_copy8(uint8_t *to, const uint8_t *from) {
    uint64_t a;
    memcpy(&a, from, 8);
    memcpy(to, &a, 8);
}

/* A copy whose source is `offset` < 16 bytes back: the bytes repeat with that period. While the
 * period is short, one period is written and counts as source from then on, which doubles it.
 * Writes up to 16 bytes behind `length`. */
static inline void snappy_copy_near(uint8_t *to, size_t offset, size_t length) {
    const uint8_t *from = to - offset;
    while (offset < 8) {
        snappy_copy8(to, from);
        if (length <= offset) return;
        to += offset;
        length -= offset;
        offset *= 2;
    }
    for (size_t done = 0; done < length; done += 8) snappy_copy8(to + done, from + done);
}

typedef struct snappy_element {
    size_t length;
    size_t offset; /* 0: a literal */
} snappy_element;

/* Reads a tag and what belongs to it, but not a literal's bytes. NULL when the input ends. */
static inline const uint8_t *snappy_tag(const uint8_t *in, const uint8_t *end, snappy_element *e) {
    uint32_t tag = *in++;
    uint32_t high = tag >> 2;
    switch (tag & 3) {
    case 0: {
        e->offset = 0;
        e->length = (size_t)high + 1;
        if (high < 60) return in;
        size_t bytes = high - 59;
        if ((size_t)(end - in) < bytes) return NULL;
        e->length = 1;
        for (size_t i = 0; i < bytes; i++) e->length += (size_t)in[i] << (8 * i);
        return in + bytes;
    }
    case 1:
        if (end - in < 1) return NULL;
        e->length = (high & 7) + 4;
        e->offset = (size_t)(tag >> 5) << 8 | in[0];
        return in + 1;
    case 2:
        if (end - in < 2) return NULL;
        e->length = (size_t)high + 1;
        e->offset = (size_t)in[0] | (size_t)in[1] << 8;
        return in + 2;
    default:
        if (end - in < 4) return NULL;
        e->length = (size_t)high + 1;
        e->offset = (size_t)in[0] | (size_t)in[1] << 8 | (size_t)in[2] << 16 | (size_t)in[3] << 24;
        return in + 4;
    }
}

/* One element with exact bounds. */
static bool snappy_careful(const uint8_t **in, const uint8_t *in_end, uint8_t *out_start,
                           uint8_t **out, const uint8_t *out_end) {
    snappy_element e = {0, 0};
    *in = snappy_tag(*in, in_end, &e);
    if (*in == NULL || e.length > (size_t)(out_end - *out)) return false;
    if (e.offset == 0) {
        if (e.length > (size_t)(in_end - *in)) return false;
        memcpy(*out, *in, e.length);
        *in += e.length;
    } else {
        if (e.offset > (size_t)(*out - out_start)) return false;
        for (size_t i = 0; i < e.length; i++)
            (*out)[i] = (*out)[(ptrdiff_t)i - (ptrdiff_t)e.offset];
    }
    *out += e.length;
    return true;
}

/* Element lengths by tag; 0 for literals of more than 60 bytes, whose length follows the tag. */
#define SNAPPY_LENGTHS(high) (high) < 60 ? (high) + 1 : 0, ((high)&7) + 4, (high) + 1, (high) + 1
#define SNAPPY_LENGTHS4(high)                                                                      \
    SNAPPY_LENGTHS(high), SNAPPY_LENGTHS((high) + 1), SNAPPY_LENGTHS((high) + 2),                  \
        SNAPPY_LENGTHS((high) + 3)
#define SNAPPY_LENGTHS16(high)                                                                     \
    SNAPPY_LENGTHS4(high), SNAPPY_LENGTHS4((high) + 4), SNAPPY_LENGTHS4((high) + 8),               \
        SNAPPY_LENGTHS4((high) + 12)
static const uint8_t snappy_lengths[256] = {SNAPPY_LENGTHS16(0), SNAPPY_LENGTHS16(16),
                                            SNAPPY_LENGTHS16(32), SNAPPY_LENGTHS16(48)};

/* The common loop: what kind an element is, is no branch, since it cannot be predicted. */
bool snappy_block_decompress(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size) {
    static const uint32_t offset_masks[4] = {0, 0xFF, 0xFFFF, 0xFFFFFFFF};
    static const uint32_t high_masks[4] = {0, 0x700, 0, 0};
    size_t length;
    size_t preamble;
    if (!snappy_block_length(in, in_size, &length, &preamble) || length != out_size) return false;
    const uint8_t *in_end = in + in_size;
    uint8_t *start = out;
    uint8_t *out_end = out + out_size;
    in += preamble;
    size_t tag = in < in_end ? *in : 0;
    while (in_end - in >= SNAPPY_SLACK && out_end - out >= SNAPPY_SLACK) {
        size_t kind = tag & 3;
        size_t high = tag >> 2;
        uintptr_t literal = (uintptr_t)0 - (kind == 0);
        const uint8_t *after_literal = in + high + 2;
        const uint8_t *after_copy = in + kind + 1 + (kind == 3);
        size_t tag_after_literal = *after_literal;
        size_t tag_after_copy = *after_copy;
        uint32_t trailer;
        memcpy(&trailer, in + 1, 4);
        size_t offset = (trailer & offset_masks[kind]) | (tag << 3 & high_masks[kind]);
        length = snappy_lengths[tag];
        /* a literal's bytes lie behind the tag, a copy's behind out */
        uintptr_t from = (uintptr_t)out - offset + (((uintptr_t)in + 1 - (uintptr_t)out) & literal);
        size_t back = offset | (literal & 16);
        if (UNLIKELY(back == 0 || length == 0 || offset > (size_t)(out - start))) {
            if (!snappy_careful(&in, in_end, start, &out, out_end)) return false;
            if (in < in_end) tag = *in;
            continue;
        }
        if (back < 16)
            snappy_copy_near(out, offset, length);
        else
            snappy_copy64(out, (const uint8_t *)from, length);
        in = (const uint8_t *)(((uintptr_t)after_literal & literal) |
                               ((uintptr_t)after_copy & ~literal));
        tag = (tag_after_literal & literal) | (tag_after_copy & ~literal);
        out += length;
    }
    while (in < in_end) {
        if (!snappy_careful(&in, in_end, start, &out, out_end)) return false;
    }
    return out == out_end;
}
