/* bitmap.c - see bitmap.h. */
#include "kernel/bitmap.h"

KERNEL_INLINE uint64_t bitmap_low_mask(size_t bits) {
    return bits >= 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
}

/* 64 bits of src from bit `at`; reads the second word only when bits of it are wanted. */
KERNEL_INLINE uint64_t bitmap_read(const uint64_t *src, size_t at, size_t wanted) {
    size_t shift = at % 64;
    uint64_t low = src[at / 64] >> shift;
    if (shift == 0 || 64 - shift >= wanted) return low;
    return low | src[at / 64 + 1] << (64 - shift);
}

void bitmap_copy(uint64_t *dst, size_t dst_at, const uint64_t *src, size_t src_at, size_t count) {
    while (count > 0) {
        size_t shift = dst_at % 64;
        size_t n = MIN(64 - shift, count);
        uint64_t mask = bitmap_low_mask(n) << shift;
        uint64_t bits = bitmap_read(src, src_at, n) << shift;
        dst[dst_at / 64] = (dst[dst_at / 64] & ~mask) | (bits & mask);
        dst_at += n;
        src_at += n;
        count -= n;
    }
}

void bitmap_set_range(uint64_t *dst, size_t at, size_t count, bool value) {
    while (count > 0) {
        size_t shift = at % 64;
        size_t n = MIN(64 - shift, count);
        uint64_t mask = bitmap_low_mask(n) << shift;
        dst[at / 64] = value ? dst[at / 64] | mask : dst[at / 64] & ~mask;
        at += n;
        count -= n;
    }
}

void bitmap_and(uint64_t *dst, const uint64_t *a, const uint64_t *b, size_t words) {
    for (size_t i = 0; i < words; i++) dst[i] = a[i] & b[i];
}

KERNEL_CLONES size_t bitmap_count(const uint64_t *words, size_t bits) {
    size_t count = 0;
    for (size_t i = 0; i < bits / 64; i++) count += (size_t)__builtin_popcountll(words[i]);
    if (bits % 64)
        count += (size_t)__builtin_popcountll(words[bits / 64] & bitmap_low_mask(bits % 64));
    return count;
}

bool bitmap_all(const uint64_t *words, size_t bits) {
    for (size_t i = 0; i < bits / 64; i++) {
        if (words[i] != UINT64_MAX) return false;
    }
    uint64_t mask = bitmap_low_mask(bits % 64);
    return bits % 64 == 0 || (words[bits / 64] & mask) == mask;
}

void bitmap_gather(const uint64_t *src, const kernel_sel *sel, size_t count, uint64_t *dst) {
    for (size_t base = 0; base < count; base += 64) {
        size_t n = MIN((size_t)64, count - base);
        uint64_t word = 0;
        for (size_t i = 0; i < n; i++) {
            size_t row = sel[base + i];
            word |= (src[row / 64] >> (row % 64) & 1) << i;
        }
        dst[base / 64] = word;
    }
}

/* Bit i = byte i is not 0, for 8 bytes. */
KERNEL_INLINE uint64_t bitmap_pack8(const uint8_t *bytes) {
    uint64_t x;
    memcpy(&x, bytes, sizeof(x));
    x = ((x & 0x7F7F7F7F7F7F7F7Fu) + 0x7F7F7F7F7F7F7F7Fu) | x;
    return (((x >> 7) & 0x0101010101010101u) * 0x0102040810204080u) >> 56;
}

void bitmap_from_bytes(const uint8_t *bytes, size_t count, uint64_t *dst) {
    size_t base = 0;
    for (; base + 64 <= count; base += 64) {
        uint64_t word = 0;
        for (size_t i = 0; i < 8; i++) word |= bitmap_pack8(bytes + base + 8 * i) << (8 * i);
        dst[base / 64] = word;
    }
    if (base == count) return;
    uint64_t word = 0;
    for (size_t i = 0; base + i < count; i++) word |= (uint64_t)(bytes[base + i] != 0) << i;
    dst[base / 64] = word;
}

/* Byte i = bit i of the lowest 8. */
KERNEL_INLINE uint64_t bitmap_spread8(uint64_t bits) {
    uint64_t picked = ((bits & 0xFF) * 0x0101010101010101u) & 0x8040201008040201u;
    return ((picked + 0x7F7F7F7F7F7F7F7Fu) >> 7) & 0x0101010101010101u;
}

KERNEL_CLONES void bitmap_to_bytes(const uint64_t *src, size_t count, uint8_t *bytes) {
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        uint64_t spread = bitmap_spread8(src[i / 64] >> (i % 64));
        memcpy(bytes + i, &spread, sizeof(spread));
    }
    for (; i < count; i++) bytes[i] = (uint8_t)(src[i / 64] >> (i % 64) & 1);
}
