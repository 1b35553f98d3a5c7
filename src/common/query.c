/* query.c - the end of a query before its time: cancelled, or late. */
#include "common/query.h"

#include "common/os.h"

bool query_is_late(const query *q) {
    if (q->deadline_ns == 0 || os_monotonic_ns() < q->deadline_ns) return false;
    atomic_store(&((query *)(uintptr_t)q)->cancelled, true);
    return true;
}

dbx_status query_raise_cancelled(const query *q, error *err) {
    error_class cls = query_is_late(q) ? ERR_STATEMENT_TIMEOUT : ERR_OPERATION_CANCELED;
    return error_raise(err, cls, (span){0, 0}, NULL);
}
