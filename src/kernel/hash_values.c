/* hash_values.c - see hash_values.h. */
#include "kernel/hash_values.h"

typedef struct hash_interval_bits {
    uint64_t months_days;
    uint64_t micros;
} hash_interval_bits;

/* A value that fits in 64 bits hashes as the 64-bit integer. */
KERNEL_INLINE uint64_t hash_one_int128(__int128 x) {
    uint64_t low = (uint64_t)x;
    uint64_t high = (uint64_t)(x >> 64);
    uint64_t beyond = high ^ (uint64_t)((int64_t)low >> 63);
    return hash_mix(low ^ HASH_SALT ^ hash_mix(beyond));
}

/* -0.0 as 0.0, and one NaN. */
KERNEL_INLINE uint64_t hash_one_float(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof(bits));
    bits = x == 0.0f ? 0 : bits;
    bits = x != x ? 0x7fc00000u : bits;
    return hash_mix(bits ^ HASH_SALT);
}

KERNEL_INLINE uint64_t hash_one_double(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof(bits));
    bits = x == 0.0 ? 0 : bits;
    bits = x != x ? 0x7ff8000000000000u : bits;
    return hash_mix(bits ^ HASH_SALT);
}

KERNEL_INLINE uint64_t hash_one_interval(hash_interval_bits x) {
    return hash_combine(hash_mix(x.months_days ^ HASH_SALT), x.micros);
}

#define HASH_NAME int8
#define HASH_TYPE int8_t
#define HASH_ONE(x) hash_int64(x)
#include "kernel/hash_tmpl.h"
#define HASH_NAME int16
#define HASH_TYPE int16_t
#define HASH_ONE(x) hash_int64(x)
#include "kernel/hash_tmpl.h"
#define HASH_NAME int32
#define HASH_TYPE int32_t
#define HASH_ONE(x) hash_int64(x)
#include "kernel/hash_tmpl.h"
#define HASH_NAME int64
#define HASH_TYPE int64_t
#define HASH_ONE(x) hash_int64(x)
#include "kernel/hash_tmpl.h"
#define HASH_NAME int128
#define HASH_TYPE __int128
#define HASH_ONE(x) hash_one_int128(x)
#include "kernel/hash_tmpl.h"
#define HASH_NAME float
#define HASH_TYPE float
#define HASH_ONE(x) hash_one_float(x)
#include "kernel/hash_tmpl.h"
#define HASH_NAME double
#define HASH_TYPE double
#define HASH_ONE(x) hash_one_double(x)
#include "kernel/hash_tmpl.h"
#define HASH_NAME interval
#define HASH_TYPE hash_interval_bits
#define HASH_ONE(x) hash_one_interval(x)
#include "kernel/hash_tmpl.h"

KERNEL_CLONES void hash_combine_all(uint64_t *into, const uint64_t *with, size_t count) {
    for (size_t i = 0; i < count; i++) into[i] = hash_combine(into[i], with[i]);
}

KERNEL_CLONES void hash_combine_one(uint64_t *into, uint64_t with, size_t count) {
    for (size_t i = 0; i < count; i++) into[i] = hash_combine(into[i], with);
}
