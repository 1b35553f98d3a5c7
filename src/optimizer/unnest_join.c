/* unnest_join.c - removes the dependence of one join, by the first of these that applies.
 *
 *   1. The right side uses no column of the left: it is a plain join already.
 *   2. A scalar aggregate, possibly under projections and filters, of an INNER, LEFT or SINGLE
 * join: the aggregate is grouped by the representatives and joined by LEFT. It gave a row for every
 * left row; where the LEFT join finds none, the aggregate's value for no rows stands (0 for count,
 * NULL for most): the "count bug" avoided.
 *   3. The dependence is only in filters that can rise to the join: they become conditions.
 *   4. Otherwise the domain is pushed down (unnest_push.c).
 *
 * Projections on top of the right side that use left columns are computed above the join in cases 3
 * and 4. Above a LEFT or SINGLE join they are NULL where there was no match, which a marker column
 * tells.
 *
 * NULL LOGIC  The filters of the subquery are two-valued: a row for which they are unknown is not
 * there. As conditions of a MARK or null-aware join, where unknown counts, they are made "x <=> y"
 * (of "x = y", x not NULL) or "c <=> TRUE".
 */
#include "optimizer/unnest.h"

/* ---- the domain ---- */

static dbx_status unnest_domain_init(plan_context *c, plan_node *left, plan_node *right,
                                     unnest_domain *d) {
    column_set made = {0};
    *d = (unnest_domain){.context = c, .left = left};
    TRY(plan_output_set(left, &made, c->arena));
    TRY(rule_uses(c, right, &made, &d->outer));
    plan_column *items = ARENA_ARRAY(c->arena, plan_column, left->column_count + 1);
    if (items == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < left->column_count; i++)
        if (column_set_has(&d->outer, left->columns[i].id)) items[d->count++] = left->columns[i];
    d->items = items;
    return DBX_OK;
}

static dbx_status unnest_depends(const unnest_domain *d, plan_node *n, bool *out) {
    column_set used;
    TRY(rule_uses(d->context, n, &d->outer, &used));
    *out = !column_set_is_empty(&used);
    return DBX_OK;
}

static dbx_status unnest_expr_depends(const unnest_domain *d, const expr *x, bool *out) {
    column_set used;
    TRY(rule_expr_uses(d->context, x, &d->outer, &used));
    *out = !column_set_is_empty(&used);
    return DBX_OK;
}

static bool unnest_is_three_valued(const plan_join *j) {
    return j->join == JOIN_MARK || j->null_aware;
}

static bool unnest_tests_existence(const plan_join *j) {
    return j->join == JOIN_SEMI || j->join == JOIN_ANTI || j->join == JOIN_MARK;
}

/* ---- 1. independent ---- */

static dbx_status unnest_independent(plan_context *c, plan_join *j, plan_node **out) {
    plan_node *right = j->base.children[1];
    j->dependent = false;
    if (j->condition_count == 0 && unnest_tests_existence(j) && plan_max_rows(right) > 1) {
        plan_limit *one = plan_limit_new(c, right, 1, 0);
        if (one == NULL) return DBX_NOMEM;
        j->base.children[1] = &one->base;
    }
    if (j->join == JOIN_SINGLE && plan_max_rows(right) <= 1) {
        j->join = plan_has_row(right) && j->condition_count == 0 ? JOIN_INNER : JOIN_LEFT;
        TRY(plan_join_set_columns(c, j));
    }
    *out = &j->base;
    return DBX_OK;
}

/* ---- what does not matter at the top of the right side ---- */

/* Order never matters; of duplicates and of how many rows there are, tests of existence ask
 * nothing. A test without conditions asks only whether there is a row. */
static void unnest_strip(plan_join *j) {
    for (;;) {
        plan_node *right = j->base.children[1];
        bool strip = right->kind == PLAN_SORT;
        if (unnest_tests_existence(j)) {
            strip = strip || right->kind == PLAN_DISTINCT;
            if (right->kind == PLAN_LIMIT && j->condition_count == 0) {
                const plan_limit *l = (const plan_limit *)right;
                strip = strip || (l->limit > 0 && l->offset == 0);
            }
        }
        if (!strip) return;
        j->base.children[1] = right->children[0];
    }
}

/* ---- lifting projections ---- */

typedef struct unnest_lift {
    const plan_column *columns; /* of the right side as it was */
    uint32_t count;
    expr **values;     /* the same, computed from the new right side and the left */
    expr_list filters; /* conjuncts that stood between; over the new right side and the left */
} unnest_lift;

static dbx_status unnest_lift_init(plan_context *c, const plan_node *right, unnest_lift *l) {
    *l = (unnest_lift){.columns = right->columns, .count = right->column_count};
    l->values = ARENA_ARRAY(c->arena, expr *, l->count + 1);
    if (l->values == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < l->count; i++)
        if ((l->values[i] = plan_column_expr(c->arena, &right->columns[i])) == NULL)
            return DBX_NOMEM;
    return DBX_OK;
}

static dbx_status unnest_substitute(plan_context *c, expr **items, uint32_t count,
                                    const column_id *ids, expr *const *with, uint32_t with_count) {
    for (uint32_t i = 0; i < count; i++)
        if ((items[i] = expr_substitute(c->arena, items[i], ids, with, with_count)) == NULL)
            return DBX_NOMEM;
    return DBX_OK;
}

static dbx_status unnest_lift_substitute(plan_context *c, unnest_lift *l, const column_id *ids,
                                         expr *const *with, uint32_t count) {
    TRY(unnest_substitute(c, l->values, l->count, ids, with, count));
    return unnest_substitute(c, l->filters.items, l->filters.count, ids, with, count);
}

/* Takes the projections (and filters, if asked) off the top of *right. */
static dbx_status unnest_lift_off(plan_context *c, plan_node **right, bool filters,
                                  unnest_lift *l) {
    for (;;) {
        plan_node *n = *right;
        if (n->kind == PLAN_FILTER && filters) {
            plan_filter *f = (plan_filter *)n;
            TRY(rule_append(c, &l->filters, f->conjuncts, f->conjunct_count));
        } else if (n->kind == PLAN_PROJECT) {
            column_id *ids = ARENA_ARRAY(c->arena, column_id, n->column_count + 1);
            if (ids == NULL) return DBX_NOMEM;
            for (uint32_t i = 0; i < n->column_count; i++) ids[i] = n->columns[i].id;
            TRY(unnest_lift_substitute(c, l, ids, ((plan_project *)n)->exprs, n->column_count));
        } else {
            return DBX_OK;
        }
        *right = n->children[0];
    }
}

/* The join's left columns, then the lifted values under their old ids. */
static dbx_status unnest_lift_project(plan_context *c, const unnest_lift *l, const plan_node *left,
                                      bool outer, plan_node **n) {
    uint32_t at = left->column_count;
    plan_project *p = plan_project_new(c, *n, at + l->count);
    if (p == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < at; i++) {
        p->base.columns[i] = left->columns[i];
        if ((p->exprs[i] = plan_column_expr(c->arena, &left->columns[i])) == NULL) return DBX_NOMEM;
    }
    for (uint32_t i = 0; i < l->count; i++) {
        p->base.columns[at + i] = l->columns[i];
        if (outer) p->base.columns[at + i].nullable = true;
        p->exprs[at + i] = l->values[i];
    }
    *n = &p->base;
    return DBX_OK;
}

/* ---- 2. scalar aggregates ---- */

/* Column ids of the aggregates, and what stands for each: its value for no rows where the LEFT join
 * found none. */
static dbx_status unnest_defaults(plan_context *c, const plan_aggregate *g, column_id **ids,
                                  expr ***with) {
    *ids = ARENA_ARRAY(c->arena, column_id, g->aggregate_count + 1);
    *with = ARENA_ARRAY(c->arena, expr *, g->aggregate_count + 1);
    if (*ids == NULL || *with == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < g->aggregate_count; i++) {
        plan_column column = g->base.columns[g->group_count + i];
        expr *none, *value;
        column.nullable = true;
        (*ids)[i] = column.id;
        if ((value = plan_column_expr(c->arena, &column)) == NULL) return DBX_NOMEM;
        TRY(unnest_empty_value(c, g->aggregates[i], &none));
        if (!vector_is_null(none->u.value, 0)) TRY(rule_call2(c, "coalesce", value, none, &value));
        (*with)[i] = value;
    }
    return DBX_OK;
}

static uint32_t unnest_repr_count(const unnest_domain *d, const unnest_repr *r) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < d->count; i++) count += r->columns[i].id != 0;
    return count;
}

static dbx_status unnest_repr_of_left(const unnest_domain *d, unnest_repr *out) {
    TRY(unnest_repr_new(d, out));
    for (uint32_t i = 0; i < d->count; i++) {
        out->columns[i] = d->items[i];
        out->not_null[i] = !d->items[i].nullable;
    }
    return DBX_OK;
}

static dbx_status unnest_rewrite_repr(const unnest_domain *d, const unnest_repr *r, expr **items,
                                      uint32_t count) {
    column_id *ids = ARENA_ARRAY(d->context->arena, column_id, d->count + 1);
    expr **with = ARENA_ARRAY(d->context->arena, expr *, d->count + 1);
    uint32_t used = 0;
    if (ids == NULL || with == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < d->count; i++) {
        if (r->columns[i].id == 0) continue;
        ids[used] = d->items[i].id;
        if ((with[used++] = plan_column_expr(d->context->arena, &r->columns[i])) == NULL)
            return DBX_NOMEM;
    }
    return unnest_substitute(d->context, items, count, ids, with, used);
}

/* Groups g's input by the representatives; *out is a LEFT join of the left side with it. */
static dbx_status unnest_group(unnest_domain *d, const plan_aggregate *g, plan_node **out) {
    plan_context *c = d->context;
    plan_node *input = g->base.children[0];
    unnest_repr repr, grouped, left;
    column_set need = {0};
    TRY(unnest_push(d, &input, &repr));
    for (uint32_t i = 0; i < g->aggregate_count; i++)
        TRY(expr_collect_columns(g->aggregates[i], &need, c->arena));
    TRY(unnest_ensure(d, &input, &repr, &need));
    uint32_t groups = unnest_repr_count(d, &repr), at = 0;
    plan_aggregate *n = plan_aggregate_new(c, input, groups, g->aggregate_count);
    TRY(unnest_repr_new(d, &grouped));
    if (n == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < d->count; i++) {
        if (repr.columns[i].id == 0) continue;
        n->base.columns[at] = repr.columns[i];
        n->base.columns[at].id = plan_new_column(c);
        grouped.columns[i] = n->base.columns[at];
        grouped.not_null[i] = repr.not_null[i];
        if ((n->groups[at++] = plan_column_expr(c->arena, &repr.columns[i])) == NULL)
            return DBX_NOMEM;
    }
    for (uint32_t i = 0; i < g->aggregate_count; i++) {
        n->base.columns[at + i] = g->base.columns[i];
        n->aggregates[i] = g->aggregates[i];
    }
    TRY(unnest_rewrite_repr(d, &repr, n->aggregates, n->aggregate_count));
    plan_join *j = plan_join_new(c, JOIN_LEFT, d->left, &n->base);
    expr_list conditions = {0};
    if (j == NULL) return DBX_NOMEM;
    TRY(unnest_repr_of_left(d, &left));
    TRY(unnest_match(d, &left, &grouped, false, &conditions));
    *out = &j->base;
    return rule_add_conditions(c, j, conditions.items, conditions.count);
}

/* The join gives each left row with the aggregate's row, where the filters hold. */
static dbx_status unnest_finish_aggregate(plan_context *c, const plan_join *j, unnest_lift *l,
                                          plan_node *joined, plan_node **out) {
    bool outer = j->join != JOIN_INNER;
    expr *null, *all;
    if (!outer) {
        TRY(rule_filter(c, &joined, l->filters.items, l->filters.count));
    } else if (l->filters.count > 0) {
        if ((all = expr_and(c->arena, l->filters.items, l->filters.count)) == NULL)
            return DBX_NOMEM;
        for (uint32_t i = 0; i < l->count; i++) {
            null = expr_constant_null(c->arena, l->values[i]->type, l->values[i]->span);
            if (null == NULL) return DBX_NOMEM;
            TRY(rule_case(c, all, l->values[i], null, &l->values[i]));
        }
    }
    *out = joined;
    return unnest_lift_project(c, l, j->base.children[0], outer, out);
}

static dbx_status unnest_scalar_aggregate(plan_context *c, plan_join *j, plan_node **out,
                                          bool *done) {
    plan_node *left = j->base.children[0], *right = j->base.children[1], *joined;
    unnest_lift l;
    *done = false;
    if (j->join != JOIN_INNER && j->join != JOIN_LEFT && j->join != JOIN_SINGLE) return DBX_OK;
    TRY(unnest_lift_init(c, right, &l));
    TRY(rule_append(c, &l.filters, j->conditions, j->condition_count));
    TRY(unnest_lift_off(c, &right, true, &l));
    const plan_aggregate *g = (const plan_aggregate *)right;
    if (right->kind != PLAN_AGGREGATE || g->group_count > 0 || g->set_count > 0) return DBX_OK;
    unnest_domain d;
    TRY(unnest_domain_init(c, left, right, &d));
    if (d.count == 0) {
        plan_join *cross = plan_join_new(c, JOIN_INNER, left, right);
        if (cross == NULL) return DBX_NOMEM;
        joined = &cross->base;
    } else {
        column_id *ids;
        expr **with;
        TRY(unnest_group(&d, g, &joined));
        TRY(unnest_defaults(c, g, &ids, &with));
        TRY(unnest_lift_substitute(c, &l, ids, with, g->aggregate_count));
    }
    *done = true;
    return unnest_finish_aggregate(c, j, &l, joined, out);
}

/* ---- 3. filters that rise ---- */

/* Does n depend on the left only in filters that can rise above n? */
static dbx_status unnest_can_pull(const unnest_domain *d, plan_node *n, bool *out) {
    bool depends;
    TRY(unnest_depends(d, n, &depends));
    *out = !depends;
    if (!depends) return DBX_OK;
    if (n->kind == PLAN_FILTER) return unnest_can_pull(d, n->children[0], out);
    if (n->kind == PLAN_PROJECT) {
        for (uint32_t i = 0; i < n->column_count; i++) {
            TRY(unnest_expr_depends(d, ((plan_project *)n)->exprs[i], &depends));
            if (depends) return DBX_OK;
        }
        return unnest_can_pull(d, n->children[0], out);
    }
    if (n->kind != PLAN_JOIN) return DBX_OK;
    plan_join *j = (plan_join *)n;
    if (j->join == JOIN_RIGHT || j->join == JOIN_FULL) return DBX_OK;
    if (j->join != JOIN_INNER) {
        for (uint32_t i = 0; i < j->condition_count; i++) {
            TRY(unnest_expr_depends(d, j->conditions[i], &depends));
            if (depends) return DBX_OK;
        }
        TRY(unnest_depends(d, n->children[1], &depends));
        if (depends) return DBX_OK;
        return unnest_can_pull(d, n->children[0], out);
    }
    TRY(unnest_can_pull(d, n->children[0], out));
    return *out ? unnest_can_pull(d, n->children[1], out) : DBX_OK;
}

/* Splits conjuncts into those that depend on the left (appended to `pulled`) and the rest. */
static dbx_status unnest_pull_conjuncts(const unnest_domain *d, expr *const *items, uint32_t count,
                                        expr_list *pulled, expr_list *rest) {
    for (uint32_t i = 0; i < count; i++) {
        bool depends;
        TRY(unnest_expr_depends(d, items[i], &depends));
        TRY(ARENA_LIST_PUSH(d->context->arena, depends ? pulled : rest, items[i]));
    }
    return DBX_OK;
}

/* Makes the projection pass on the columns of its input that the pulled conjuncts use. */
static dbx_status unnest_pull_through_project(plan_context *c, plan_project *p,
                                              const expr_list *pulled) {
    column_set need = {0};
    const plan_node *child = p->base.children[0];
    for (uint32_t i = 0; i < pulled->count; i++)
        TRY(expr_collect_columns(pulled->items[i], &need, c->arena));
    plan_project *wide =
        plan_project_new(c, p->base.children[0], p->base.column_count + child->column_count);
    if (wide == NULL) return DBX_NOMEM;
    uint32_t count = p->base.column_count;
    if (count > 0) memcpy(wide->base.columns, p->base.columns, count * sizeof(plan_column));
    if (count > 0) memcpy(wide->exprs, p->exprs, count * sizeof(expr *));
    for (uint32_t i = 0; i < child->column_count; i++) {
        const plan_column *col = &child->columns[i];
        if (!column_set_has(&need, col->id) || plan_find_column(&p->base, col->id) != NULL)
            continue;
        wide->base.columns[count] = *col;
        if ((wide->exprs[count++] = plan_column_expr(c->arena, col)) == NULL) return DBX_NOMEM;
    }
    p->base.columns = wide->base.columns;
    p->base.column_count = count;
    p->exprs = wide->exprs;
    return DBX_OK;
}

static dbx_status unnest_pull(const unnest_domain *d, plan_node **slot, expr_list *pulled) {
    plan_context *c = d->context;
    plan_node *n = *slot;
    bool depends;
    expr_list rest = {0};
    TRY(unnest_depends(d, n, &depends));
    if (!depends) return DBX_OK;
    if (n->kind == PLAN_FILTER) {
        plan_filter *f = (plan_filter *)n;
        plan_node *child = n->children[0];
        TRY(unnest_pull(d, &child, pulled));
        TRY(unnest_pull_conjuncts(d, f->conjuncts, f->conjunct_count, pulled, &rest));
        TRY(rule_filter(c, &child, rest.items, rest.count));
        *slot = child;
        return DBX_OK;
    }
    if (n->kind == PLAN_PROJECT) {
        TRY(unnest_pull(d, &n->children[0], pulled));
        return unnest_pull_through_project(c, (plan_project *)n, pulled);
    }
    assert(n->kind == PLAN_JOIN);
    plan_join *j = (plan_join *)n;
    TRY(unnest_pull(d, &n->children[0], pulled));
    if (j->join == JOIN_INNER) {
        TRY(unnest_pull(d, &n->children[1], pulled));
        TRY(unnest_pull_conjuncts(d, j->conditions, j->condition_count, pulled, &rest));
        TRY(rule_set_conjuncts(c, &j->conditions, &j->condition_count, &rest));
    }
    return plan_join_set_columns(c, j);
}

/* A pulled condition that is never unknown; not_null gets what must then hold on the right side. */
static dbx_status unnest_two_valued(const unnest_domain *d, expr *x, expr **out,
                                    expr_list *not_null) {
    plan_context *c = d->context;
    if (expr_op(x) == OP_EQ) {
        bool depends[2];
        for (uint32_t i = 0; i < 2; i++) TRY(unnest_expr_depends(d, x->args[i], &depends[i]));
        column_set used = {0};
        expr *right = x->args[depends[0] ? 1 : 0], *present;
        TRY(expr_collect_columns(right, &used, c->arena));
        if (depends[0] != depends[1] && !column_set_is_empty(&used)) {
            if (right->nullable) {
                TRY(rule_call1(c, "isnotnull", right, &present));
                TRY(ARENA_LIST_PUSH(c->arena, not_null, present));
            }
            return rule_equal(c, x->args[0], x->args[1], true, out);
        }
    }
    if (!x->nullable) {
        *out = x;
        return DBX_OK;
    }
    expr *yes = expr_constant_bool(c->arena, true, x->span);
    return yes != NULL ? rule_equal(c, x, yes, true, out) : DBX_NOMEM;
}

static dbx_status unnest_pull_up(unnest_domain *d, plan_join *j) {
    plan_context *c = d->context;
    expr_list pulled = {0}, not_null = {0};
    TRY(unnest_pull(d, &j->base.children[1], &pulled));
    for (uint32_t i = 0; i < pulled.count && unnest_is_three_valued(j); i++)
        TRY(unnest_two_valued(d, pulled.items[i], &pulled.items[i], &not_null));
    TRY(rule_filter(c, &j->base.children[1], not_null.items, not_null.count));
    return rule_add_conditions(c, j, pulled.items, pulled.count);
}

/* ---- 4. the domain ---- */

static dbx_status unnest_push_down(unnest_domain *d, plan_join *j) {
    unnest_repr right, left;
    expr_list conditions = {0};
    TRY(unnest_push(d, &j->base.children[1], &right));
    TRY(unnest_repr_of_left(d, &left));
    TRY(unnest_match(d, &left, &right, unnest_is_three_valued(j), &conditions));
    return rule_add_conditions(d->context, j, conditions.items, conditions.count);
}

/* ---- all together ---- */

static dbx_status unnest_top_depends(const unnest_domain *d, const plan_node *n, bool *out) {
    *out = false;
    for (; n->kind == PLAN_PROJECT && !*out; n = n->children[0])
        for (uint32_t i = 0; i < n->column_count && !*out; i++)
            TRY(unnest_expr_depends(d, ((const plan_project *)n)->exprs[i], out));
    return DBX_OK;
}

/* Values that are not columns of the right side need to know whether there was a match. */
static dbx_status unnest_mark_matches(plan_context *c, plan_join *j, unnest_lift *l) {
    plan_node *right = j->base.children[1];
    plan_column marker = {
        .id = plan_new_column(c), .name = SV("match"), .type = type_simple(TYPE_BOOLEAN)};
    plan_project *p = plan_project_new(c, right, right->column_count + 1);
    if (p == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < right->column_count; i++) {
        p->base.columns[i] = right->columns[i];
        if ((p->exprs[i] = plan_column_expr(c->arena, &right->columns[i])) == NULL)
            return DBX_NOMEM;
    }
    p->base.columns[right->column_count] = marker;
    p->exprs[right->column_count] = expr_constant_bool(c->arena, true, (span){0, 0});
    marker.nullable = true;
    expr *matched = plan_column_expr(c->arena, &marker);
    if (p->exprs[right->column_count] == NULL || matched == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < l->count; i++) {
        if (l->values[i]->kind == EXPR_COLUMN &&
            plan_find_column(right, l->values[i]->u.column) != NULL)
            continue;
        expr *null = expr_constant_null(c->arena, l->values[i]->type, l->values[i]->span);
        if (null == NULL) return DBX_NOMEM;
        TRY(rule_case(c, matched, l->values[i], null, &l->values[i]));
    }
    j->base.children[1] = &p->base;
    return DBX_OK;
}

static dbx_status unnest_lift_for_join(plan_context *c, plan_join *j, unnest_lift *l) {
    column_id *ids = ARENA_ARRAY(c->arena, column_id, l->count + 1);
    if (ids == NULL) return DBX_NOMEM;
    TRY(unnest_lift_off(c, &j->base.children[1], false, l));
    for (uint32_t i = 0; i < l->count; i++) ids[i] = l->columns[i].id;
    TRY(unnest_substitute(c, j->conditions, j->condition_count, ids, l->values, l->count));
    if (j->join == JOIN_LEFT || j->join == JOIN_SINGLE) return unnest_mark_matches(c, j, l);
    return DBX_OK;
}

dbx_status unnest_dependent_join(plan_context *c, plan_join *j, plan_node **out) {
    plan_node *left = j->base.children[0];
    unnest_domain d;
    unnest_lift lift;
    bool done, lifted, pull;
    if (j->join == JOIN_RIGHT || j->join == JOIN_FULL)
        return error_raise(c->err, ERR_UNSUPPORTED_FEATURE, j->position, "feature",
                           "a RIGHT or FULL join with a lateral right side", NULL);
    unnest_strip(j);
    TRY(unnest_domain_init(c, left, j->base.children[1], &d));
    if (d.count == 0) {
        TRY(plan_join_set_columns(c, j));
        return unnest_independent(c, j, out);
    }
    TRY(unnest_scalar_aggregate(c, j, out, &done));
    if (done) return DBX_OK;
    TRY(unnest_top_depends(&d, j->base.children[1], &lifted));
    if (lifted) {
        TRY(unnest_lift_init(c, j->base.children[1], &lift));
        TRY(unnest_lift_for_join(c, j, &lift));
        TRY(unnest_domain_init(c, left, j->base.children[1], &d));
    }
    TRY(unnest_can_pull(&d, j->base.children[1], &pull));
    if (pull)
        TRY(unnest_pull_up(&d, j));
    else
        TRY(unnest_push_down(&d, j));
    j->dependent = false;
    TRY(plan_join_set_columns(c, j));
    *out = &j->base;
    if (j->join == JOIN_SINGLE && plan_max_rows(j->base.children[1]) <= 1) j->join = JOIN_LEFT;
    if (!lifted || unnest_tests_existence(j)) return DBX_OK;
    return unnest_lift_project(c, &lift, left, j->join != JOIN_INNER, out);
}
