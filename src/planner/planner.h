/* planner.h - logical plan in, physical plan out.
 *
 * Any verified logical plan without subqueries and dependent joins can be planned, optimized or
 * not. The physical plan lives in the statement's arena and is not changed afterwards; the logical
 * plan is not changed at all.
 */
#ifndef DBX_PLANNER_PLANNER_H
#define DBX_PLANNER_PLANNER_H

#include "plan/physical.h"

dbx_status planner_plan(plan_context *c, plan_node *root, const physical_plan **out) MUST_CHECK;

#endif
