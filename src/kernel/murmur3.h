/* murmur3.h - MurmurHash3 x64 128 (public domain, Austin Appleby), as Apache DataSketches uses it.
 */
#ifndef DBX_KERNEL_MURMUR3_H
#define DBX_KERNEL_MURMUR3_H

#include "kernel/kernel.h"

typedef struct murmur3_hash {
    uint64_t low, high;
} murmur3_hash;

murmur3_hash murmur3_128(const void *bytes, size_t size, uint64_t seed);

#endif
