/* hash.h - the one hash of each type: equal values (compare.h) hash equally, on every machine.
 *
 * NaNs hash alike, -0.0 as 0.0, strings by their collation key, DECIMALs by value of equal scale. NULL has a
 * hash of its own, so that NULLs group together.
 */
#ifndef DBX_VECTOR_HASH_H
#define DBX_VECTOR_HASH_H

#include "vector/vector.h"

/* hashes[i] = hash of row i for i in [0, rows). combine folds it into the value already there. */
dbx_status vector_hash(const vector *v, uint32_t rows, bool combine, uint64_t *hashes, arena *scratch) MUST_CHECK;

static inline uint64_t hash_mix(uint64_t x) { /* a bijection with full avalanche (Stafford, variant 13) */
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}
static inline uint64_t hash_combine(uint64_t a, uint64_t b) {
    return hash_mix(a * 0x9e3779b97f4a7c15u + b);
}

#endif
