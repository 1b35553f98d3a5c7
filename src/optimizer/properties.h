/* properties.h - what can be proven about the rows of a logical plan, without estimates. */
#ifndef DBX_OPTIMIZER_PROPERTIES_H
#define DBX_OPTIMIZER_PROPERTIES_H

#include "plan/logical.h"

/* Do no two rows of n agree on all of `keys` (NULLs taken as equal)? "No" may also mean "not
 * known". */
dbx_status plan_is_unique_on(const plan_node *n, const column_set *keys, arena *a,
                             bool *out) MUST_CHECK;
/* An upper bound of the number of rows; UINT64_MAX when there is none. */
uint64_t plan_max_rows(const plan_node *n);
/* Does n give at least one row whatever the data? */
bool plan_has_row(const plan_node *n);

#endif
