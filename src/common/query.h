/* query.h - what a running statement carries through every layer: memory, settings, cancellation,
 * time.
 *
 * One per statement execution; shared by all its workers. Read-only for them but for the atomics.
 */
#ifndef DBX_COMMON_QUERY_H
#define DBX_COMMON_QUERY_H

#include "common/error.h"
#include "common/memory.h"
#include "common/settings.h"

struct time_zone;  /* vector/time_zone.h */
struct io_gate;    /* io/gate.h: the one place that opens paths */
struct temp_store; /* io/temp_file.h */
struct txn;        /* catalog/transaction.h */

typedef struct query {
    ledger ledger; /* all memory of the statement */
    const settings *settings;
    _Atomic bool cancelled;       /* polled once per chunk */
    uint64_t deadline_ns;         /* os_monotonic_ns() when the statement is late; 0: never */
    int64_t start_time_us;        /* what current_timestamp() gives, UTC */
    const struct time_zone *zone; /* the session's */
    struct io_gate *gate;
    struct temp_store *temp; /* NULL: nothing can be moved out of memory */
    struct txn *txn;         /* may be NULL for statements without tables */
    uint64_t random_seed;    /* of rand(), uuid(), … without a seed */
    string_view sql;         /* statement text, for positions */
    string_view current_catalog, current_schema, user_name;
    _Atomic uint64_t rows_read; /* progress */
    _Atomic uint64_t bytes_read;
    _Atomic uint64_t units_done, units_total; /* rows of all scans, those pruned included */
} query;

static inline bool query_is_cancelled(const query *q) {
    return atomic_load_explicit(&((query *)(uintptr_t)q)->cancelled, memory_order_relaxed);
}
/* Raises OPERATION_CANCELED, or STATEMENT_TIMEOUT when the time is up. */
dbx_status query_raise_cancelled(const query *q, error *err) MUST_CHECK;
/* Is the time up? Then the query is cancelled. */
bool query_is_late(const query *q);
static inline dbx_status query_check_cancelled(const query *q, error *err) {
    if (LIKELY(!query_is_cancelled(q) && (q->deadline_ns == 0 || !query_is_late(q)))) return DBX_OK;
    return query_raise_cancelled(q, err);
}

#endif
