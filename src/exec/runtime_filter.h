/* runtime_filter.h - what a hash join's build side tells the scans of its probe side (see
 * vector/source.h). */
#ifndef DBX_EXEC_RUNTIME_FILTER_H
#define DBX_EXEC_RUNTIME_FILTER_H

#include "exec/operator.h"
#include "vector/bloom.h"

/* Keeps the rows of `sel` (NULL: 0..rows) that may match; out_sel may be sel itself. */
dbx_status runtime_filter_apply(const runtime_filter *f, const vector *v, const sel_t *sel,
                                uint32_t rows, sel_t *out_sel, uint32_t *out_rows,
                                arena *scratch) MUST_CHECK;

/* The filter of a join's key, after its build side is done; NULL when there is none worth asking.
 */
const runtime_filter *hash_join_runtime_filter(exec *x, const phys_op *join, uint32_t key);

#endif
