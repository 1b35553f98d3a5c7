/* fault.h - fault injection: makes the N-th allocation or system call fail in test builds.
 *
 * Without DBX_FAULT_INJECTION the check is a constant and costs nothing.
 */
#ifndef DBX_COMMON_FAULT_H
#define DBX_COMMON_FAULT_H

#include "common/status.h"

typedef enum fault_kind { FAULT_ALLOC, FAULT_IO, FAULT_KIND_COUNT } fault_kind;

#ifdef DBX_FAULT_INJECTION
/* Counts this point and says whether it must fail. */
bool fault_hit(fault_kind kind);
/* The nth (from 1) point of `kind` from now on fails once; 0 disarms. */
void fault_arm(fault_kind kind, uint64_t nth);
/* Points of `kind` passed since it was last armed. */
uint64_t fault_count(fault_kind kind);
#else
static inline bool fault_hit(fault_kind kind) {
    (void)kind;
    return false;
}
#endif

#endif
