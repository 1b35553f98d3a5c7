/* optimizer.h - makes a logical plan cheaper, and free of subqueries.
 *
 * Rules run in the order of rules.def, each on the whole plan. A rule may be switched off by the
 * setting optimizer_disabled (names separated by commas, or `all`), except the mandatory ones,
 * without which a plan could not be run. The outputs of the root stay what they are: ids, names,
 * types, order.
 */
#ifndef DBX_OPTIMIZER_OPTIMIZER_H
#define DBX_OPTIMIZER_OPTIMIZER_H

#include "plan/logical.h"

dbx_status optimizer_run(plan_context *c, plan_node **root) MUST_CHECK;

typedef struct optimizer_rule_row {
    const char *name;
    const char *doc;
    dbx_status (*run)(plan_context *c, plan_node **root);
    bool mandatory;
} optimizer_rule_row;

/* All rules in their order; NULL past the end. */
const optimizer_rule_row *optimizer_rule_at(uint32_t index);

#endif
