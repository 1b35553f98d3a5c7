/* rule.c - what the optimizer's rules share. */
#include "optimizer/rule.h"

enum { RULE_DEPTH_MAX = 10000 };

/* ---- walking ---- */

static dbx_status rule_walk(plan_context *c, plan_node **slot, rule_visit visit, void *state,
                            uint32_t depth) {
    if (depth > RULE_DEPTH_MAX)
        return error_raise(c->err, ERR_UNSUPPORTED_FEATURE, (*slot)->span, "feature",
                           "a plan that deep", NULL);
    for (uint32_t i = 0; i < (*slot)->child_count; i++)
        TRY(rule_walk(c, &(*slot)->children[i], visit, state, depth + 1));
    return visit(c, slot, state);
}

dbx_status rule_walk_up(plan_context *c, plan_node **slot, rule_visit visit, void *state) {
    return rule_walk(c, slot, visit, state, 0);
}

static dbx_status rule_refresh_passed(plan_context *c, plan_node *n, const plan_node *child,
                                      uint32_t own) {
    uint32_t count = child->column_count + own;
    plan_column *columns = ARENA_ARRAY(c->arena, plan_column, count + 1);
    if (columns == NULL) return DBX_NOMEM;
    if (child->column_count > 0)
        memcpy(columns, child->columns, child->column_count * sizeof *columns);
    if (own > 0)
        memcpy(columns + child->column_count, n->columns + n->column_count - own,
               own * sizeof *columns);
    n->columns = columns;
    n->column_count = count;
    return DBX_OK;
}

dbx_status rule_refresh(plan_context *c, plan_node *n) {
    switch ((plan_kind)n->kind) {
    case PLAN_FILTER:
    case PLAN_SORT:
    case PLAN_TOP_N:
    case PLAN_LIMIT:
    case PLAN_DISTINCT:
    case PLAN_SAMPLE:
        return rule_refresh_passed(c, n, n->children[0], 0);
    case PLAN_CTE:
        return rule_refresh_passed(c, n, n->children[1], 0);
    case PLAN_WINDOW:
        return rule_refresh_passed(c, n, n->children[0], ((plan_window *)n)->function_count);
    case PLAN_JOIN:
        return plan_join_set_columns(c, (plan_join *)n);
    default:
        return DBX_OK;
    }
}

typedef struct rule_rewriter {
    plan_context *context;
    expr_visit visit;
    void *state;
} rule_rewriter;

static dbx_status rule_rewrite_slot(expr **slot, void *state) {
    rule_rewriter *r = state;
    expr *x = expr_rewrite(r->context->arena, *slot, r->visit, r->state);
    if (x == NULL) return r->context->err->status != DBX_OK ? r->context->err->status : DBX_NOMEM;
    *slot = x;
    return DBX_OK;
}

dbx_status rule_rewrite_node(plan_context *c, plan_node *n, expr_visit visit, void *state) {
    rule_rewriter r = {.context = c, .visit = visit, .state = state};
    return plan_visit_exprs(n, rule_rewrite_slot, &r);
}

dbx_status rule_rewrite_exprs(plan_context *c, plan_node *n, expr_visit visit, void *state) {
    TRY(rule_rewrite_node(c, n, visit, state));
    for (uint32_t i = 0; i < n->child_count; i++)
        TRY(rule_rewrite_exprs(c, n->children[i], visit, state));
    return DBX_OK;
}

/* ---- sets ---- */

void column_set_intersect(column_set *into, const column_set *with) {
    for (uint32_t w = 0; w < into->word_count; w++)
        into->words[w] &= w < with->word_count ? with->words[w] : 0;
}

void column_set_subtract(column_set *from, const column_set *what) {
    for (uint32_t w = 0; w < from->word_count && w < what->word_count; w++)
        from->words[w] &= ~what->words[w];
}

dbx_status rule_uses(plan_context *c, plan_node *n, const column_set *of, column_set *out) {
    *out = (column_set){0};
    TRY(plan_free_columns(n, out, c->arena));
    column_set_intersect(out, of);
    return DBX_OK;
}

dbx_status rule_expr_uses(plan_context *c, const expr *x, const column_set *of, column_set *out) {
    *out = (column_set){0};
    TRY(expr_collect_columns(x, out, c->arena));
    column_set_intersect(out, of);
    return DBX_OK;
}

dbx_status rule_expr_within(plan_context *c, const expr *x, const column_set *of, bool *out) {
    column_set used = {0};
    TRY(expr_collect_columns(x, &used, c->arena));
    *out = column_set_contains(of, &used);
    return DBX_OK;
}

bool rule_has_subquery(const expr *x) {
    if (x->kind == EXPR_SUBQUERY) return true;
    for (uint32_t i = 0; i < x->arg_count; i++)
        if (rule_has_subquery(x->args[i])) return true;
    return false;
}

/* ---- conjuncts and nodes ---- */

dbx_status rule_split(plan_context *c, expr *x, expr_list *out) {
    if (expr_is_constant_true(x)) return DBX_OK;
    if (x->kind != EXPR_AND) return ARENA_LIST_PUSH(c->arena, out, x);
    for (uint32_t i = 0; i < x->arg_count; i++) TRY(rule_split(c, x->args[i], out));
    return DBX_OK;
}

dbx_status rule_append(plan_context *c, expr_list *to, expr *const *items, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) TRY(ARENA_LIST_PUSH(c->arena, to, items[i]));
    return DBX_OK;
}

dbx_status rule_set_conjuncts(plan_context *c, expr ***items, uint32_t *count,
                              const expr_list *from) {
    *items = ARENA_ARRAY(c->arena, expr *, from->count + 1);
    if (*items == NULL) return DBX_NOMEM;
    if (from->count > 0) memcpy(*items, from->items, from->count * sizeof(expr *));
    *count = from->count;
    return DBX_OK;
}

dbx_status rule_filter(plan_context *c, plan_node **child, expr *const *conjuncts, uint32_t count) {
    if (count == 0) return DBX_OK;
    expr_list all = {0};
    plan_node *below = *child;
    if (below->kind == PLAN_FILTER) {
        plan_filter *f = (plan_filter *)below;
        TRY(rule_append(c, &all, f->conjuncts, f->conjunct_count));
        below = below->children[0];
    }
    TRY(rule_append(c, &all, conjuncts, count));
    plan_filter *f = plan_filter_new(c, below, all.items, all.count);
    if (f == NULL) return DBX_NOMEM;
    *child = &f->base;
    return DBX_OK;
}

dbx_status rule_keep(plan_context *c, plan_node **child, const plan_column *columns,
                     uint32_t count) {
    const plan_node *below = *child;
    bool same = below->column_count == count;
    for (uint32_t i = 0; same && i < count; i++) same = below->columns[i].id == columns[i].id;
    if (same) return DBX_OK;
    plan_project *p = plan_project_new(c, *child, count);
    if (p == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        const plan_column *from = plan_find_column(below, columns[i].id);
        if (from == NULL)
            return error_raise(c->err, ERR_INTERNAL_ERROR, below->span, "message",
                               "a kept column is not there", NULL);
        p->base.columns[i] = columns[i];
        p->base.columns[i].nullable = from->nullable;
        if ((p->exprs[i] = plan_column_expr(c->arena, from)) == NULL) return DBX_NOMEM;
    }
    *child = &p->base;
    return DBX_OK;
}

dbx_status rule_add_conditions(plan_context *c, plan_join *j, expr *const *items, uint32_t count) {
    expr_list all = {0};
    TRY(rule_append(c, &all, j->conditions, j->condition_count));
    TRY(rule_append(c, &all, items, count));
    return rule_set_conjuncts(c, &j->conditions, &j->condition_count, &all);
}

/* ---- expressions ---- */

dbx_status rule_call(plan_context *c, const char *name, expr *const *args, uint32_t count,
                     expr **out) {
    span s = count > 0 ? args[0]->span : (span){0, 0};
    return expr_call_new(c->arena, c->query, name, args, count, s, out, c->err);
}

dbx_status rule_call1(plan_context *c, const char *name, expr *x, expr **out) {
    return rule_call(c, name, &x, 1, out);
}

dbx_status rule_call2(plan_context *c, const char *name, expr *x, expr *y, expr **out) {
    expr *args[2] = {x, y};
    return rule_call(c, name, args, 2, out);
}

dbx_status rule_not(plan_context *c, expr *x, expr **out) {
    *out = expr_new(c->arena, EXPR_NOT, type_simple(TYPE_BOOLEAN), x->nullable, x->span, 1);
    if (*out == NULL) return DBX_NOMEM;
    (*out)->args[0] = x;
    return DBX_OK;
}

dbx_status rule_equal(plan_context *c, expr *x, expr *y, bool null_safe, expr **out) {
    return rule_call2(c, null_safe ? "<=>" : "=", x, y, out);
}

dbx_status rule_case(plan_context *c, expr *condition, expr *value, expr *otherwise, expr **out) {
    *out = expr_new(c->arena, EXPR_CASE, value->type, value->nullable || otherwise->nullable,
                    value->span, 3);
    if (*out == NULL) return DBX_NOMEM;
    (*out)->args[0] = condition;
    (*out)->args[1] = value;
    (*out)->args[2] = otherwise;
    return DBX_OK;
}
