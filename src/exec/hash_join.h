/* hash_join.h - inside of the hash join: its state, shared by op_hash_join.c, hash_join_probe.c,
 * hash_join_filter.c.
 *
 * THREE VALUES  MARK, and ANTI made from NOT IN, ask whether a condition is TRUE, FALSE or unknown
 * for all build rows. With one = key and nothing else, two flags of the build side answer;
 * otherwise a probe row without a match is compared with all rows that could make it unknown
 * (hash_join_probe.c).
 */
#ifndef DBX_EXEC_HASH_JOIN_H
#define DBX_EXEC_HASH_JOIN_H

#include "exec/chunk_slice.h"
#include "exec/hash_join_spill.h"
#include "exec/join_table.h"
#include "exec/runtime_filter.h"

typedef struct hash_join_column { /* where a build column is found in a row */
    bool in_key;
    uint32_t index; /* of the key or of the payload */
} hash_join_column;

typedef struct hash_join_state hash_join_state;
struct hash_join_state {
    const phys_hash_join *op;
    exec *x;
    ledger *ledger;
    arena arena;
    const program *probe_program, *build_program;
    const program *residual; /* NULL: none */
    bool *residual_reads;    /* of probe, then build columns */
    const phys_op *probe, *build;
    join_table table;
    hash_join_column *columns; /* of the build side; NULL: not kept */
    type *key_types;
    bool null_bits;          /* some key compares NULLs */
    uint32_t *payload_slots; /* payload i: build column, or build column count + key */
    type *payload_types;
    uint32_t payload_count;
    bool keeps_nulls;      /* rows with a NULL key are kept */
    bool unknown_by_rows;  /* three values, not answered by the flags */
    bool gives_build;      /* build columns are in the output */
    bool keeps_build;      /* RIGHT, FULL, answers_build: build rows are given after the probe */
    bool answers_build;    /* SEMI, ANTI of build rows */
    bool first_match_only; /* SEMI, ANTI, MARK of probe rows */
    bool plan_failed;      /* told by the next task */
    error plan_error;
    _Atomic bool null_seen;  /* some build row has a NULL in a plain key */
    runtime_filter *filters; /* one a key; NULL: none asked for */
    uint64_t **filter_words; /* bitmap or Bloom filter under construction */
    uint64_t *filter_sizes;  /* in words */
    _Atomic uint32_t next_unmatched;
    join_spill spill;
};

typedef struct hash_join_probe hash_join_probe;

dbx_status hash_join_probe_new(hash_join_state *s, hash_join_probe **out, error *err) MUST_CHECK;
void hash_join_probe_free(hash_join_state *s, hash_join_probe *p);
dbx_status hash_join_probe_push(exec_worker *w, hash_join_state *s, hash_join_probe *p,
                                const chunk *in, error *err) MUST_CHECK;
dbx_status hash_join_probe_flush(exec_worker *w, hash_join_probe *p, error *err) MUST_CHECK;

/* An empty table of the join's keys and payload. */
dbx_status hash_join_table_init(hash_join_state *s) MUST_CHECK;
/* Partition of each row's key by the top bits of its hash; UINT8_MAX where a key is NULL, which
 * matches nothing. */
dbx_status hash_join_probe_partitions(hash_join_probe *p, const chunk *in, uint8_t *partitions,
                                      error *err) MUST_CHECK;
/* No build row at all, in memory or put aside? */
static inline bool hash_join_is_empty(const hash_join_state *s) {
    return s->table.rows.row_count == 0 && !s->spill.any;
}

/* Build columns [0, count) of the rows into fresh vectors of the arena; only those of `wanted` unless
 * it is NULL. */
dbx_status hash_join_gather(const hash_join_state *s, uint8_t *const *rows, uint32_t count,
                            const bool *wanted, vector *out, arena *a) MUST_CHECK;

/* Runtime filters: sized when all rows are known, filled by each link task, published at the end.
 */
dbx_status hash_join_filters_plan(hash_join_state *s) MUST_CHECK;
dbx_status hash_join_filters_fill(hash_join_state *s, uint32_t partition,
                                  arena *scratch) MUST_CHECK;
void hash_join_filters_publish(hash_join_state *s);
void hash_join_filters_free(hash_join_state *s);

#endif
