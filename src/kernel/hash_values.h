/* hash_values.h - hashes of arrays of fixed-width values, and folding hashes together. */
#ifndef DBX_KERNEL_HASH_VALUES_H
#define DBX_KERNEL_HASH_VALUES_H

#include "kernel/hash_mix.h"

/* hashes[i] = hash of data[i], or of data[sel[i]]. */
#define HASH_VALUES_DECLARE(name)                                                                  \
    void hash_values_##name(const void *data, size_t count, uint64_t *hashes);                     \
    void hash_selected_##name(const void *data, const kernel_sel *sel, size_t count,               \
                              uint64_t *hashes);
HASH_VALUES_DECLARE(int8)
HASH_VALUES_DECLARE(int16)
HASH_VALUES_DECLARE(int32)
HASH_VALUES_DECLARE(int64)
HASH_VALUES_DECLARE(int128)
HASH_VALUES_DECLARE(float)
HASH_VALUES_DECLARE(double)
HASH_VALUES_DECLARE(interval) /* months and days in the first 8 bytes, microseconds */
#undef HASH_VALUES_DECLARE

/* into[i] = hash_combine(into[i], with[i]). */
void hash_combine_all(uint64_t *into, const uint64_t *with, size_t count);
/* into[i] = hash_combine(into[i], with). */
void hash_combine_one(uint64_t *into, uint64_t with, size_t count);

#endif
