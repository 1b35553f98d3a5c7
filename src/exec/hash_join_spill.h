/* hash_join_spill.h - the parts of a hash join that do not fit in memory.
 *
 * Rows of both sides belong to 64 partitions by the top bits of their key's hash. When a worker's
 * build rows must not grow, partitions are chosen whose build rows go to the temporary file, at
 * once and from then on; probe rows of those partitions follow when they come. What stays is joined
 * as ever.
 *
 * REST  After the last pipeline that probes the join, the partitions that were put aside are joined
 * one after the other: the build rows become a table, the probe rows come as the source of a pass
 * through the operators from the join on (operator.h). A partition that is still too large is
 * partitioned again by the next bits of the hash. Where build rows without a match are given, those
 * of each table are, before the next replaces it.
 */
#ifndef DBX_EXEC_HASH_JOIN_SPILL_H
#define DBX_EXEC_HASH_JOIN_SPILL_H

#include "exec/join_table.h"
#include "exec/spill.h"

struct hash_join_state;
struct hash_join_probe;

enum {
    JOIN_SPILL_PARTITIONS = 1 << JOIN_PARTITION_BITS,
    JOIN_SPILL_DEPTH_MAX = 8, /* bits of the hash are used up */
};

typedef struct join_spill_part {
    spill_stream build, probe;
    uint32_t depth; /* times that its rows were partitioned */
} join_spill_part;

typedef struct join_spill {
    bool possible;
    bool any;                            /* something was put aside */
    bool current_given;                  /* build rows of the table at hand without a match */
    _Atomic uint64_t mask;               /* partitions of the table at hand that are put aside */
    os_mutex lock;                       /* guards parts */
    uint32_t depth;                      /* of the table at hand */
    type *build_types;                   /* keys, then payload */
    join_spill_part *parts;              /* of the table at hand; NULL: none */
    struct join_spill_writers **writers; /* of probe rows, by worker */
    ARENA_LIST(join_spill_part *) waiting;
    join_spill_part *current;
    _Atomic uint32_t next_block; /* of the current part's probe rows */
} join_spill;

dbx_status join_spill_init(struct hash_join_state *s, error *err) MUST_CHECK;
void join_spill_deinit(struct hash_join_state *s);

/* Moves build rows of partitions that are put aside to the file; while `b` is still too large,
 * further partitions are put aside. */
dbx_status join_spill_build(struct hash_join_state *s, join_build *b, error *err) MUST_CHECK;
/* Whether the worker should do so now. */
bool join_spill_is_due(const struct hash_join_state *s, const join_build *b);
/* All workers combined: nothing of partitions that are put aside stays in memory. */
dbx_status join_spill_combined(struct hash_join_state *s, error *err) MUST_CHECK;

static inline bool join_spill_has(const join_spill *p) {
    return atomic_load_explicit(&((join_spill *)(uintptr_t)p)->mask, memory_order_relaxed) != 0;
}
/* Puts probe rows aside; *kept gets the rows that are to be probed now, borrowed from `in`. */
dbx_status join_spill_probe(exec_worker *w, struct hash_join_state *s,
                            struct hash_join_probe *probe, const chunk *in, chunk *kept, arena *a,
                            error *err) MUST_CHECK;

/* The join's role as the source of rest passes. */
dbx_status join_spill_rest(exec *x, op_state *s, op_rest *rest, error *err) MUST_CHECK;
extern const op_vtab join_spill_rest_vtab;

#endif
