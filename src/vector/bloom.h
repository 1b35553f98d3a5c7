/* bloom.h - the Bloom filter of runtime filters: 64-byte blocks, a block by the hash's upper bits,
 * one bit in each of its 8 words.
 */
#ifndef DBX_VECTOR_BLOOM_H
#define DBX_VECTOR_BLOOM_H

#include "vector/source.h"

enum { RUNTIME_BLOOM_BLOCK_WORDS = 8 };
static inline const uint64_t *runtime_bloom_block(const runtime_filter *f, uint64_t hash) {
    uint64_t block = f->bloom_block_bits == 0 ? 0 : hash >> (64 - f->bloom_block_bits);
    return f->bloom + block * RUNTIME_BLOOM_BLOCK_WORDS;
}
/* The bit position in word k of the block: 6 bits of the hash's low half, mixed by an odd
 * multiplier a word. */
static inline uint32_t runtime_bloom_bit(uint64_t hash, uint32_t k) {
    static const uint32_t salts[RUNTIME_BLOOM_BLOCK_WORDS] = {0x47b6137bu, 0x44974d91u, 0x8824ad5bu,
                                                              0xa2b7289du, 0x705495c7u, 0x2df1424bu,
                                                              0x9efc4947u, 0x5c6bfb31u};
    return ((uint32_t)hash * salts[k]) >> 26;
}
static inline void runtime_bloom_insert(uint64_t *block, uint64_t hash) {
    for (uint32_t k = 0; k < RUNTIME_BLOOM_BLOCK_WORDS; k++)
        block[k] |= (uint64_t)1 << runtime_bloom_bit(hash, k);
}
static inline bool runtime_bloom_test(const runtime_filter *f, uint64_t hash) {
    const uint64_t *block = runtime_bloom_block(f, hash);
    if (!(block[0] >> runtime_bloom_bit(hash, 0) & 1u)) return false; /* most misses end here */
    uint64_t hit = 1;
    for (uint32_t k = 1; k < RUNTIME_BLOOM_BLOCK_WORDS; k++)
        hit &= block[k] >> runtime_bloom_bit(hash, k);
    return hit & 1u;
}

#endif
