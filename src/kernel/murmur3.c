/* murmur3.c - see murmur3.h. */
#include "kernel/murmur3.h"

#define MURMUR3_C1 UINT64_C(0x87c37b91114253d5)
#define MURMUR3_C2 UINT64_C(0x4cf5ad432745937f)

static uint64_t murmur3_rotate(uint64_t x, int by) {
    return x << by | x >> (64 - by);
}

static uint64_t murmur3_finish(uint64_t x) {
    x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
    x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ x >> 33;
}

/* Up to 8 bytes, little-endian. */
static uint64_t murmur3_tail(const uint8_t *at, size_t size) {
    uint64_t x = 0;
    for (size_t i = 0; i < size; i++) x |= (uint64_t)at[i] << (8 * i);
    return x;
}

static uint64_t murmur3_mix1(uint64_t k) {
    return murmur3_rotate(k * MURMUR3_C1, 31) * MURMUR3_C2;
}
static uint64_t murmur3_mix2(uint64_t k) {
    return murmur3_rotate(k * MURMUR3_C2, 33) * MURMUR3_C1;
}

murmur3_hash murmur3_128(const void *bytes, size_t size, uint64_t seed) {
    const uint8_t *at = bytes;
    uint64_t h1 = seed, h2 = seed;
    size_t left = size;
    for (; left >= 16; left -= 16, at += 16) {
        h1 ^= murmur3_mix1(murmur3_tail(at, 8));
        h1 = (murmur3_rotate(h1, 27) + h2) * 5 + 0x52dce729;
        h2 ^= murmur3_mix2(murmur3_tail(at + 8, 8));
        h2 = (murmur3_rotate(h2, 31) + h1) * 5 + 0x38495ab5;
    }
    if (left > 8) h2 ^= murmur3_mix2(murmur3_tail(at + 8, left - 8));
    if (left > 0) h1 ^= murmur3_mix1(murmur3_tail(at, left < 8 ? left : 8));
    h1 ^= size;
    h2 ^= size;
    h1 += h2;
    h2 += h1;
    h1 = murmur3_finish(h1);
    h2 = murmur3_finish(h2);
    h1 += h2;
    return (murmur3_hash){h1, h2 + h1};
}
