/* optimizer.h - a bound logical plan in, a cheaper one that gives the same rows out.
 *
 * Rules stand in one ordered list (rules.def). Mandatory ones (unnesting of subqueries) always run; the others can be
 * switched off by name with SET dbx.optimizer.disabled.
 */
#ifndef DBX_OPTIMIZER_OPTIMIZER_H
#define DBX_OPTIMIZER_OPTIMIZER_H

#include "plan/logical.h"

dbx_status optimizer_run(plan_context *c, plan_node **root) MUST_CHECK;

#endif
