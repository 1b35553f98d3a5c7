/* profile.h - what was measured of an execution, operator by operator; filled by exec, printed by
 * EXPLAIN ANALYZE. */
#ifndef DBX_PLAN_PROFILE_H
#define DBX_PLAN_PROFILE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Per operator: rows out, chunks, time, peak memory. Filled when profiling is on (EXPLAIN ANALYZE).
 */
typedef struct exec_op_profile {
    _Atomic uint64_t rows_out;
    _Atomic uint64_t time_ns; /* exclusive, summed over workers */
    _Atomic uint64_t memory_bytes;
    _Atomic uint64_t rows_scanned; /* scans: before filters */
    _Atomic uint64_t bytes_read;   /* scans */
    _Atomic uint64_t groups, groups_pruned;
} exec_op_profile;
typedef struct exec_profile {
    exec_op_profile *ops; /* physical_plan.op_count */
    uint64_t wall_ns;
    uint64_t memory_bytes; /* peak of the whole execution */
    uint32_t threads;
    bool hide_measures; /* no times and memory: what is left is the same in every run */
} exec_profile;

#endif
