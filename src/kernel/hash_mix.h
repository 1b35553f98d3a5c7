/* hash_mix.h - the mixing functions that every hash is made of. Little-endian machines only, as all
 * of kernel. */
#ifndef DBX_KERNEL_HASH_MIX_H
#define DBX_KERNEL_HASH_MIX_H

#include "kernel/kernel.h"

static inline uint64_t
hash_mix(uint64_t x) { /* a bijection with full avalanche (Stafford, variant 13) */
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}
static inline uint64_t hash_combine(uint64_t a, uint64_t b) {
    return hash_mix(a * 0x9e3779b97f4a7c15u + b);
}

enum { HASH_INLINE_BYTES = 12 };
#define HASH_NULL 0x6a09e667f3bcc909u
#define HASH_SALT 0x3c6ef372fe94f82bu

/* Of integers, by value: of every width, sign-extended. */
static inline uint64_t hash_int64(int64_t x) {
    return hash_mix((uint64_t)x ^ HASH_SALT);
}
/* Of a string of at most 12 bytes: its size and first 4 bytes, and the other 8, zero-padded. */
static inline uint64_t hash_short_bytes(uint64_t head, uint64_t rest) {
    unsigned __int128 product =
        (unsigned __int128)(head ^ 0xa54ff53a5f1d36f1u) * (rest ^ 0x510e527fade682d1u);
    uint64_t folded = (uint64_t)product ^ (uint64_t)(product >> 64) ^ head;
    folded *= 0x94d049bb133111ebu;
    return folded ^ (folded >> 32);
}

#endif
