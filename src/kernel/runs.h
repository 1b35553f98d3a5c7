/* runs.h - runs of equal values in ascending arrays. */
#ifndef DBX_KERNEL_RUNS_H
#define DBX_KERNEL_RUNS_H

#include "kernel/kernel.h"

/* ends[r] = the row after run r; room for count. False, and nothing of use in `ends`, when the
 * values do not ascend. count > 0. */
bool runs_ascending_int32(const int32_t *x, uint32_t count, uint32_t *ends, uint32_t *runs);
bool runs_ascending_int64(const int64_t *x, uint32_t count, uint32_t *ends, uint32_t *runs);

#endif
