/* fault.c - see fault.h. One of the two places in src/ with global state. */
#include "common/fault.h"

#ifdef DBX_FAULT_INJECTION
#include <stdatomic.h>

static struct {
    _Atomic uint64_t fail_at;
    _Atomic uint64_t passed;
} fault_points[FAULT_KIND_COUNT];

bool fault_hit(fault_kind kind) {
    uint64_t number = atomic_fetch_add(&fault_points[kind].passed, 1) + 1;
    return number == atomic_load(&fault_points[kind].fail_at);
}

void fault_arm(fault_kind kind, uint64_t nth) {
    atomic_store(&fault_points[kind].passed, 0);
    atomic_store(&fault_points[kind].fail_at, nth);
}

uint64_t fault_count(fault_kind kind) {
    return atomic_load(&fault_points[kind].passed);
}
#endif
