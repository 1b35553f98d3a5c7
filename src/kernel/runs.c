/* runs.c - see runs.h. */
#include "kernel/runs.h"

#define RUNS_ASCENDING(name, ctype)                                                                \
    KERNEL_CLONES static bool runs_ascend_##name(const ctype *x, uint32_t count) {                 \
        uint32_t descents = 0;                                                                     \
        for (uint32_t i = 1; i < count; i++) descents += x[i] < x[i - 1];                          \
        return descents == 0;                                                                      \
    }                                                                                              \
    bool runs_ascending_##name(const ctype *x, uint32_t count, uint32_t *ends, uint32_t *runs) {   \
        assert(count > 0);                                                                         \
        if (!runs_ascend_##name(x, count)) return false;                                           \
        uint32_t n = 0;                                                                            \
        for (uint32_t i = 1; i < count; i++) {                                                     \
            ends[n] = i;                                                                           \
            n += x[i] != x[i - 1];                                                                 \
        }                                                                                          \
        ends[n++] = count;                                                                         \
        *runs = n;                                                                                 \
        return true;                                                                               \
    }

RUNS_ASCENDING(int32, int32_t)
RUNS_ASCENDING(int64, int64_t)
