/* exec.h - running a physical plan. */
#ifndef DBX_EXEC_EXEC_H
#define DBX_EXEC_EXEC_H

#include "plan/physical.h"
#include "plan/profile.h"

typedef struct exec exec;

/* Prepares an execution; workers start with the first call that runs. The plan, query and error
 * outlive it. */
dbx_status exec_new(const physical_plan *plan, query *q, uint32_t threads, exec **out,
                    error *err) MUST_CHECK;
/* Runs to the end; all rows are moved into *result (initialized by the caller with the plan's
 * types). Row order is the plan's order where it has one, else morsel order, so that it does not
 * depend on threads. */
dbx_status exec_run(exec *x, collection *result, error *err) MUST_CHECK;
/* Streams: computes until a chunk is ready; *out is NULL at the end. Borrowed until the next call.
 */
dbx_status exec_next(exec *x, const chunk **out, error *err) MUST_CHECK;
/* Stops workers and frees everything; safe at any point. */
void exec_free(exec *x);

/* Turns profiling on; before the first run. NULL when out of memory. Owned by the exec. */
exec_profile *exec_enable_profile(exec *x);

#endif
