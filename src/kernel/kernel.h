/* kernel.h - what every kernel file includes: compiling a loop for several instruction sets.
 *
 * KERNEL_CLONES before a non-inline function makes the compiler emit it for AVX-512, AVX2 and the
 * baseline; the loader picks one. It pays for loops over at least some hundred values; small
 * helpers stay plain.
 */
#ifndef DBX_KERNEL_KERNEL_H
#define DBX_KERNEL_KERNEL_H

#include "common/status.h"

#include <string.h>

#ifdef DBX_KERNEL_CLONES
#define KERNEL_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define KERNEL_CLONES
#endif

/* Row numbers in a selection. */
typedef uint32_t kernel_sel;

/* A loop body that is written once and specialised by constant arguments. */
#define KERNEL_INLINE static inline __attribute__((always_inline))

#endif
