/* sketch.h - distinct counts: HyperLogLog with 1024 registers (standard error 3.3%). */
#ifndef DBX_STORAGE_SKETCH_H
#define DBX_STORAGE_SKETCH_H

#include "common/status.h"

#include <string.h>
#include <xxhash.h>

enum { SKETCH_REGISTERS = 1024, SKETCH_INDEX_BITS = 10 };

typedef struct sketch {
    uint8_t registers[SKETCH_REGISTERS]; /* all zero: empty */
} sketch;

/* Hashes of values, the same whatever their encoding. */
static inline uint64_t sketch_mix(uint64_t x) {
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    return x ^ x >> 32;
}
static inline uint64_t sketch_hash_fixed(const void *value, uint32_t size) { /* size 1 to 16 */
    uint64_t low = 0, high = 0;
    if (size == 16) {
        memcpy(&low, value, 8);
        memcpy(&high, (const char *)value + 8, 8);
        return sketch_mix(low ^ sketch_mix(high + 0x9e3779b97f4a7c15u));
    }
    memcpy(&low, value, size);
    return sketch_mix(low + 0x9e3779b97f4a7c15u);
}
static inline uint64_t sketch_hash_string(const void *bytes, size_t size) {
    return XXH3_64bits(bytes, size);
}

/* hash: 64 well-mixed bits. */
static inline void sketch_add(sketch *s, uint64_t hash) {
    uint32_t index = (uint32_t)(hash >> (64 - SKETCH_INDEX_BITS));
    uint64_t rest = hash << SKETCH_INDEX_BITS | (uint64_t)1 << (SKETCH_INDEX_BITS - 1);
    uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);
    if (rank > s->registers[index]) s->registers[index] = rank;
}
void sketch_merge(sketch *into, const sketch *from);
double sketch_estimate(const sketch *s);

#endif
