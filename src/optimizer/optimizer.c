/* optimizer.c - runs the rules of rules.def in their order. */
#include "optimizer/optimizer.h"

#include "optimizer/rule.h"

static const optimizer_rule_row optimizer_rules[] = {
#define OPTIMIZER_RULE(function, name, mandatory, doc) {name, doc, function, mandatory},
#include "optimizer/rules.def"
#undef OPTIMIZER_RULE
};

const optimizer_rule_row *optimizer_rule_at(uint32_t index) {
    return index < ARRAY_COUNT(optimizer_rules) ? &optimizer_rules[index] : NULL;
}

/* Is the name an item of the comma-separated list? `all` stands for every name. */
static bool optimizer_list_has(string_view list, string_view name) {
    while (list.size > 0) {
        const char *comma = memchr(list.data, ',', list.size);
        size_t size = comma != NULL ? (size_t)(comma - list.data) : list.size;
        string_view item = sv_trim((string_view){list.data, size});
        if (sv_equal_ignore_case(item, name) || sv_equal_ignore_case(item, SV("all"))) return true;
        size_t skip = MIN(size + 1, list.size);
        list.data += skip;
        list.size -= skip;
    }
    return false;
}

static dbx_status optimizer_verify(const plan_node *root, const char *after, error *err) {
#ifdef NDEBUG
    (void)root, (void)after, (void)err;
    return DBX_OK;
#else
    return plan_verify(root, after, err);
#endif
}

static dbx_status optimizer_run_rules(plan_context *c, plan_node **root) {
    string_view disabled = c->query->settings->optimizer_disabled;
    TRY(optimizer_verify(*root, "binding", c->err));
    const plan_column *columns = (*root)->columns;
    uint32_t count = (*root)->column_count;
    for (uint32_t i = 0; i < ARRAY_COUNT(optimizer_rules); i++) {
        const optimizer_rule_row *rule = &optimizer_rules[i];
        if (!rule->mandatory && optimizer_list_has(disabled, sv_from(rule->name))) continue;
        TRY(rule->run(c, root));
        TRY(optimizer_verify(*root, rule->name, c->err));
        TRY(query_check_cancelled(c->query, c->err));
    }
    TRY(rule_keep(c, root, columns, count));
    (*root)->columns = (plan_column *)(uintptr_t)columns; /* names as they were */
    return DBX_OK;
}

dbx_status optimizer_run(plan_context *c, plan_node **root) {
    dbx_status status = optimizer_run_rules(c, root);
    return status == DBX_NOMEM ? error_nomem(c->err) : status;
}
