/* unnest.c - the rule: subqueries in expressions become joins, and dependent joins plain ones.
 *
 *   EXISTS, IN as conjuncts of a filter        SEMI join; negated ANTI, null-aware for NOT IN
 *   EXISTS, IN elsewhere                       MARK join, the mark in place of the subquery
 *   a scalar subquery                          SINGLE join, its column in place of the subquery
 *
 * The join is put below the node that holds the expression. Nodes are treated bottom-up, so that
 * both sides of a dependent join have none themselves; a right side may still use columns from
 * further out.
 *
 * NULL LOGIC  A mark is three-valued, as IN is; for EXISTS "mark <=> TRUE" is used. NOT IN is a
 * null-aware ANTI join unless both sides are free of NULLs.
 */
#include "optimizer/unnest.h"

static dbx_status unnest_node(plan_context *c, plan_node **slot);

/* ---- one subquery ---- */

static dbx_status unnest_in_conditions(plan_context *c, const expr *x, plan_join *j,
                                       bool *nullable) {
    const plan_node *plan = j->base.children[1];
    expr_list all = {0};
    *nullable = false;
    if (x->arg_count > plan->column_count)
        return error_raise(c->err, ERR_INTERNAL_ERROR, x->span, "message",
                           "IN compares more than its subquery gives", NULL);
    for (uint32_t i = 0; i < x->arg_count; i++) {
        expr *right = plan_column_expr(c->arena, &plan->columns[i]), *equal;
        if (right == NULL) return DBX_NOMEM;
        *nullable = *nullable || x->args[i]->nullable || right->nullable;
        TRY(rule_equal(c, x->args[i], right, false, &equal));
        TRY(ARENA_LIST_PUSH(c->arena, &all, equal));
    }
    return rule_add_conditions(c, j, all.items, all.count);
}

static dbx_status unnest_join_new(plan_context *c, join_kind kind, plan_node *input, const expr *x,
                                  plan_join **out) {
    *out = plan_join_new(c, kind, input, x->u.subquery.plan);
    if (*out == NULL) return DBX_NOMEM;
    (*out)->dependent = true;
    (*out)->position = x->span;
    return DBX_OK;
}

/* Joins x's plan to *input; *value is what stands for x above. */
static dbx_status unnest_attach(plan_context *c, plan_node **input, const expr *x, expr **value) {
    const expr_subquery *sub = &x->u.subquery;
    bool scalar = sub->kind == SUBQUERY_SCALAR, nullable;
    plan_join *j;
    TRY(unnest_node(c, (plan_node **)(uintptr_t)&x->u.subquery.plan));
    TRY(unnest_join_new(c, scalar ? JOIN_SINGLE : JOIN_MARK, *input, x, &j));
    if (sub->kind == SUBQUERY_IN) TRY(unnest_in_conditions(c, x, j, &nullable));
    plan_column made = j->base.columns[j->base.column_count - 1];
    if (scalar) {
        made = sub->plan->columns[0];
        made.nullable = true;
    }
    TRY(unnest_dependent_join(c, j, input));
    if ((*value = plan_column_expr(c->arena, &made)) == NULL) return DBX_NOMEM;
    if (sub->kind == SUBQUERY_EXISTS) {
        expr *yes = expr_constant_bool(c->arena, true, x->span);
        if (yes == NULL) return DBX_NOMEM;
        TRY(rule_equal(c, *value, yes, true, value));
    }
    return sub->negated && !scalar ? rule_not(c, *value, value) : DBX_OK;
}

typedef struct unnest_replacer {
    plan_context *context;
    plan_node **input;
    dbx_status status;
} unnest_replacer;

static expr *unnest_replace_visit(expr *x, void *state) {
    unnest_replacer *r = state;
    expr *value;
    if (x->kind != EXPR_SUBQUERY) return x;
    r->status = unnest_attach(r->context, r->input, x, &value);
    return r->status == DBX_OK ? value : NULL;
}

static dbx_status unnest_replace(plan_context *c, plan_node **input, expr **x) {
    if (!rule_has_subquery(*x)) return DBX_OK;
    unnest_replacer r = {.context = c, .input = input};
    expr *out = expr_rewrite(c->arena, *x, unnest_replace_visit, &r);
    if (out == NULL) return r.status != DBX_OK ? r.status : DBX_NOMEM;
    *x = out;
    return DBX_OK;
}

/* ---- filters ---- */

/* A conjunct that is [NOT] EXISTS or [NOT] IN filters by a SEMI or ANTI join. */
static dbx_status unnest_conjunct_join(plan_context *c, plan_node **input, const expr *x,
                                       bool negated) {
    bool in = x->u.subquery.kind == SUBQUERY_IN, nullable = false;
    plan_join *j;
    expr *copy = ARENA_NEW(c->arena, expr);
    if (copy == NULL) return DBX_NOMEM;
    *copy = *x;
    if (x->arg_count > 0) { /* the left side may hold subqueries itself */
        copy->args = ARENA_ARRAY(c->arena, expr *, x->arg_count);
        if (copy->args == NULL) return DBX_NOMEM;
        memcpy(copy->args, x->args, x->arg_count * sizeof(expr *));
        for (uint32_t i = 0; i < x->arg_count; i++) TRY(unnest_replace(c, input, &copy->args[i]));
    }
    TRY(unnest_node(c, &copy->u.subquery.plan));
    TRY(unnest_join_new(c, negated ? JOIN_ANTI : JOIN_SEMI, *input, copy, &j));
    if (in) TRY(unnest_in_conditions(c, copy, j, &nullable));
    j->null_aware = negated && in && nullable;
    return unnest_dependent_join(c, j, input);
}

static bool unnest_is_membership(const expr *x, bool *negated) {
    *negated = false;
    while (x->kind == EXPR_NOT) {
        *negated = !*negated;
        x = x->args[0];
    }
    if (x->kind != EXPR_SUBQUERY || x->u.subquery.kind == SUBQUERY_SCALAR) return false;
    *negated ^= x->u.subquery.negated;
    return true;
}

static dbx_status unnest_filter(plan_context *c, plan_node **slot) {
    plan_filter *f = (plan_filter *)*slot;
    plan_node *input = f->base.children[0];
    expr_list all = {0}, plain = {0}, later = {0};
    for (uint32_t i = 0; i < f->conjunct_count; i++) TRY(rule_split(c, f->conjuncts[i], &all));
    for (uint32_t i = 0; i < all.count; i++)
        if (!rule_has_subquery(all.items[i])) TRY(ARENA_LIST_PUSH(c->arena, &plain, all.items[i]));
    TRY(rule_filter(c, &input, plain.items, plain.count));
    for (uint32_t i = 0; i < all.count; i++) {
        expr *x = all.items[i];
        bool negated;
        if (!rule_has_subquery(x)) continue;
        if (unnest_is_membership(x, &negated)) {
            while (x->kind == EXPR_NOT) x = x->args[0];
            TRY(unnest_conjunct_join(c, &input, x, negated));
            continue;
        }
        TRY(unnest_replace(c, &input, &x));
        TRY(ARENA_LIST_PUSH(c->arena, &later, x));
    }
    TRY(rule_filter(c, &input, later.items, later.count));
    TRY(rule_keep(c, &input, f->base.columns, f->base.column_count));
    *slot = input;
    return DBX_OK;
}

/* ---- other nodes ---- */

typedef struct unnest_slots {
    plan_context *context;
    plan_node **input;
    bool found;
} unnest_slots;

static dbx_status unnest_replace_slot(expr **slot, void *state) {
    unnest_slots *s = state;
    return unnest_replace(s->context, s->input, slot);
}

static dbx_status unnest_find_slot(expr **slot, void *state) {
    unnest_slots *s = state;
    s->found = s->found || rule_has_subquery(*slot);
    return DBX_OK;
}

static dbx_status unnest_one_child(plan_context *c, plan_node **slot) {
    plan_node *n = *slot;
    plan_column *columns = n->columns;
    uint32_t count = n->column_count;
    unnest_slots s = {.context = c, .input = &n->children[0]};
    TRY(plan_visit_exprs(n, unnest_replace_slot, &s));
    TRY(rule_refresh(c, n));
    return rule_keep(c, slot, columns, count);
}

/* Each row of a VALUES with subqueries becomes a projection of the one empty row. */
static dbx_status unnest_values(plan_context *c, plan_node **slot) {
    plan_values *v = (plan_values *)*slot;
    uint32_t width = v->base.column_count;
    plan_set_op *u = PLAN_NEW(c, plan_set_op, PLAN_SET_OP, v->row_count, width);
    if (u == NULL) return DBX_NOMEM;
    memcpy(u->base.columns, v->base.columns, width * sizeof(plan_column));
    u->op = SET_UNION_ALL;
    u->inputs = ARENA_ARRAY(c->arena, column_id *, v->row_count);
    if (u->inputs == NULL) return DBX_NOMEM;
    for (uint32_t row = 0; row < v->row_count; row++) {
        plan_values *one = PLAN_NEW(c, plan_values, PLAN_VALUES, 0, 0);
        if (one == NULL) return DBX_NOMEM;
        one->row_count = 1;
        plan_project *p = plan_project_new(c, &one->base, width);
        u->inputs[row] = ARENA_ARRAY(c->arena, column_id, width + 1);
        if (p == NULL || u->inputs[row] == NULL) return DBX_NOMEM;
        for (uint32_t i = 0; i < width; i++) {
            p->base.columns[i] = v->base.columns[i];
            p->base.columns[i].id = u->inputs[row][i] = plan_new_column(c);
            p->exprs[i] = v->exprs[(size_t)row * width + i];
        }
        u->base.children[row] = &p->base;
        TRY(unnest_one_child(c, &u->base.children[row]));
    }
    *slot = &u->base;
    return DBX_OK;
}

/* Which child of a join can compute the subquery: the one whose columns it uses, the right one if
 * it uses none. */
static dbx_status unnest_side_of(plan_context *c, const plan_join *j, const expr *x,
                                 uint32_t *side) {
    column_set used[2];
    for (uint32_t i = 0; i < 2; i++) {
        column_set made = {0};
        TRY(plan_output_set(j->base.children[i], &made, c->arena));
        TRY(rule_expr_uses(c, x, &made, &used[i]));
    }
    if (!column_set_is_empty(&used[0]) && !column_set_is_empty(&used[1]))
        return error_raise(c->err, ERR_UNSUPPORTED_FEATURE, x->span, "feature",
                           "a subquery in the condition of an outer join that uses both sides",
                           NULL);
    *side = column_set_is_empty(&used[0]) ? 1 : 0;
    return DBX_OK;
}

typedef struct unnest_condition {
    plan_context *context;
    plan_join *join;
    dbx_status status;
} unnest_condition;

static expr *unnest_condition_visit(expr *x, void *state) {
    unnest_condition *s = state;
    expr *value;
    uint32_t side = 0;
    if (x->kind != EXPR_SUBQUERY) return x;
    s->status = unnest_side_of(s->context, s->join, x, &side);
    if (s->status == DBX_OK)
        s->status = unnest_attach(s->context, &s->join->base.children[side], x, &value);
    return s->status == DBX_OK ? value : NULL;
}

/* An INNER join's conditions with subqueries are a filter above it. Elsewhere a subquery is
 * computed by one side. */
static dbx_status unnest_join_conditions(plan_context *c, plan_node **slot) {
    plan_join *j = (plan_join *)*slot;
    plan_column *columns = j->base.columns;
    uint32_t count = j->base.column_count;
    expr_list plain = {0}, later = {0};
    for (uint32_t i = 0; i < j->condition_count; i++)
        TRY(ARENA_LIST_PUSH(c->arena, rule_has_subquery(j->conditions[i]) ? &later : &plain,
                            j->conditions[i]));
    if (j->join == JOIN_INNER) {
        TRY(rule_set_conjuncts(c, &j->conditions, &j->condition_count, &plain));
        plan_filter *f = plan_filter_new(c, &j->base, later.items, later.count);
        if (f == NULL) return DBX_NOMEM;
        if (j->dependent) {
            TRY(unnest_dependent_join(c, j, &f->base.children[0]));
            TRY(rule_keep(c, &f->base.children[0], columns, count));
        }
        *slot = &f->base;
        return unnest_filter(c, slot);
    }
    if (j->dependent)
        return error_raise(c->err, ERR_UNSUPPORTED_FEATURE, j->position, "feature",
                           "a subquery in the condition of a lateral join", NULL);
    unnest_condition s = {.context = c, .join = j};
    for (uint32_t i = 0; i < j->condition_count; i++) {
        j->conditions[i] = expr_rewrite(c->arena, j->conditions[i], unnest_condition_visit, &s);
        if (j->conditions[i] == NULL) return s.status != DBX_OK ? s.status : DBX_NOMEM;
    }
    TRY(plan_join_set_columns(c, j));
    return rule_keep(c, slot, columns, count);
}

static dbx_status unnest_node_exprs(plan_context *c, plan_node **slot) {
    plan_node *n = *slot;
    unnest_slots s = {.context = c};
    TRY(plan_visit_exprs(n, unnest_find_slot, &s));
    if (!s.found) return DBX_OK;
    switch ((plan_kind)n->kind) {
    case PLAN_FILTER:
        return unnest_filter(c, slot);
    case PLAN_VALUES:
        return unnest_values(c, slot);
    case PLAN_PROJECT:
    case PLAN_AGGREGATE:
    case PLAN_WINDOW:
    case PLAN_SORT:
    case PLAN_TOP_N:
    case PLAN_GENERATE:
        return unnest_one_child(c, slot);
    default:
        break;
    }
    return error_raise(c->err, ERR_UNSUPPORTED_FEATURE, n->span, "feature",
                       "a subquery in this place", NULL);
}

/* ---- CTEs that use outer columns: each reference gets its own copy ---- */

typedef struct unnest_inliner {
    const plan_cte *cte;
} unnest_inliner;

static dbx_status unnest_inline_visit(plan_context *c, plan_node **slot, void *state);

static expr *unnest_inline_expr(expr *x, void *state) {
    void **both = state;
    if (x->kind != EXPR_SUBQUERY) return x;
    plan_context *c = both[0];
    expr *copy = ARENA_NEW(c->arena, expr);
    if (copy == NULL) return NULL;
    *copy = *x;
    if (rule_walk_up(c, &copy->u.subquery.plan, unnest_inline_visit, both[1]) != DBX_OK)
        return NULL;
    return copy;
}

static dbx_status unnest_inline_visit(plan_context *c, plan_node **slot, void *state) {
    const unnest_inliner *in = state;
    plan_node *n = *slot;
    void *both[2] = {c, state};
    TRY(rule_rewrite_node(c, n, unnest_inline_expr, both));
    if (n->kind != PLAN_CTE_SCAN || ((plan_cte_scan *)n)->index != in->cte->index) return DBX_OK;
    const plan_cte_scan *s = (const plan_cte_scan *)n;
    const column_id *old_ids, *new_ids;
    uint32_t count;
    plan_node *copy;
    TRY(plan_copy_fresh(c, in->cte->base.children[0], &copy, &old_ids, &new_ids, &count));
    plan_project *p = plan_project_new(c, copy, n->column_count);
    if (p == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < n->column_count; i++) {
        uint32_t at = 0;
        while (at < count && old_ids[at] != s->source_columns[i]) at++;
        if (at == count)
            return error_raise(c->err, ERR_INTERNAL_ERROR, n->span, "message",
                               "a CTE lacks a column", NULL);
        p->base.columns[i] = n->columns[i];
        if ((p->exprs[i] = plan_column_expr(c->arena, &copy->columns[at])) == NULL)
            return DBX_NOMEM;
    }
    *slot = &p->base;
    return DBX_OK;
}

static dbx_status unnest_correlated_cte(plan_context *c, plan_node **slot, bool *inlined) {
    plan_cte *t = (plan_cte *)*slot;
    column_set used = {0};
    *inlined = false;
    TRY(plan_free_columns(t->base.children[0], &used, c->arena));
    if (column_set_is_empty(&used)) return DBX_OK;
    unnest_inliner in = {.cte = t};
    plan_node *body = t->base.children[1];
    TRY(rule_walk_up(c, &body, unnest_inline_visit, &in));
    *slot = body;
    *inlined = true;
    return DBX_OK;
}

static dbx_status unnest_join(plan_context *c, plan_node **slot) {
    plan_node *n = *slot;
    plan_join *j = (plan_join *)n;
    unnest_slots s = {.context = c};
    TRY(plan_visit_exprs(n, unnest_find_slot, &s));
    if (s.found) { /* an INNER join may move under a filter now */
        TRY(unnest_join_conditions(c, slot));
        return DBX_OK;
    }
    if (!j->dependent) return DBX_OK;
    const plan_column *columns = n->columns;
    uint32_t count = n->column_count;
    TRY(unnest_dependent_join(c, j, slot));
    return rule_keep(c, slot, columns, count);
}

static dbx_status unnest_node(plan_context *c, plan_node **slot) {
    plan_node *n = *slot;
    if (n->kind == PLAN_CTE) {
        bool inlined;
        TRY(unnest_correlated_cte(c, slot, &inlined));
        if (inlined) return unnest_node(c, slot);
    }
    for (uint32_t i = 0; i < n->child_count; i++) {
        plan_column *columns = n->children[i]->columns;
        uint32_t count = n->children[i]->column_count;
        TRY(unnest_node(c, &n->children[i]));
        TRY(rule_keep(c, &n->children[i], columns, count));
    }
    if (n->kind != PLAN_JOIN) return unnest_node_exprs(c, slot);
    return unnest_join(c, slot);
}

dbx_status rule_unnest_subqueries(plan_context *c, plan_node **root) {
    return unnest_node(c, root);
}
