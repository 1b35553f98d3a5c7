/* unnest_push.c - makes a subtree compute its rows for the whole domain at once.
 *
 * unnest_push(n): afterwards n uses no column of the domain, and among its columns are
 * representatives of those that it used. For a combination of values (a row of the domain) the rows
 * with these representatives are the rows that n gave for it. Rows for combinations outside of the
 * domain may be there, too: no match finds them.
 *
 * A domain is joined only below the lowest operator that needs it: DISTINCT over the left side's
 * columns. A filter "x = outer" over an independent input needs none: x is the representative.
 */
#include "functions/function.h"
#include "optimizer/unnest.h"

/* ---- representatives ---- */

dbx_status unnest_repr_new(const unnest_domain *d, unnest_repr *out) {
    out->columns = ARENA_ARRAY(d->context->arena, plan_column, d->count + 1);
    out->not_null = ARENA_ARRAY(d->context->arena, bool, d->count + 1);
    return out->columns != NULL && out->not_null != NULL ? DBX_OK : DBX_NOMEM;
}

static dbx_status unnest_push_uses(const unnest_domain *d, plan_node *n, column_set *out) {
    return rule_uses(d->context, n, &d->outer, out);
}

/* Adds the items that the expressions use. */
static dbx_status unnest_push_need(const unnest_domain *d, expr *const *items, uint32_t count,
                                   column_set *need) {
    for (uint32_t i = 0; i < count; i++) {
        column_set used;
        TRY(rule_expr_uses(d->context, items[i], &d->outer, &used));
        TRY(column_set_union(need, &used, d->context->arena));
    }
    return DBX_OK;
}

static dbx_status unnest_push_need_repr(const unnest_domain *d, const unnest_repr *r,
                                        column_set *need) {
    for (uint32_t i = 0; i < d->count; i++)
        if (r->columns[i].id != 0) TRY(column_set_add(need, d->items[i].id, d->context->arena));
    return DBX_OK;
}

typedef struct unnest_push_map {
    const unnest_domain *domain;
    const unnest_repr *repr;
} unnest_push_map;

static expr *unnest_push_map_visit(expr *x, void *state) {
    const unnest_push_map *m = state;
    if (x->kind != EXPR_COLUMN || !column_set_has(&m->domain->outer, x->u.column)) return x;
    for (uint32_t i = 0; i < m->domain->count; i++)
        if (m->domain->items[i].id == x->u.column && m->repr->columns[i].id != 0)
            return plan_column_expr(m->domain->context->arena, &m->repr->columns[i]);
    return x;
}

/* Replaces the domain's columns in the node's own expressions by representatives. */
static dbx_status unnest_push_rewrite(const unnest_domain *d, plan_node *n, const unnest_repr *r) {
    unnest_push_map m = {.domain = d, .repr = r};
    return rule_rewrite_node(d->context, n, unnest_push_map_visit, &m);
}

/* A distinct copy of the left's columns `which`; fills the missing representatives. */
static dbx_status unnest_push_domain(unnest_domain *d, const column_set *which, unnest_repr *repr,
                                     plan_node **out) {
    plan_context *c = d->context;
    const column_id *old_ids, *new_ids;
    uint32_t count, at = 0;
    plan_node *copy;
    TRY(plan_copy_fresh(c, d->left, &copy, &old_ids, &new_ids, &count));
    plan_project *p = plan_project_new(c, copy, d->count);
    if (p == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < d->count; i++) {
        if (!column_set_has(which, d->items[i].id)) continue;
        uint32_t from = 0;
        while (from < count && old_ids[from] != d->items[i].id) from++;
        assert(from < count);
        p->base.columns[at] = copy->columns[from];
        p->base.columns[at].id = plan_new_column(c);
        if ((p->exprs[at] = plan_column_expr(c->arena, &copy->columns[from])) == NULL)
            return DBX_NOMEM;
        repr->columns[i] = p->base.columns[at++];
        repr->not_null[i] = !d->items[i].nullable;
    }
    p->base.column_count = at;
    *out = plan_unary_new(c, PLAN_DISTINCT, &p->base);
    return *out != NULL ? DBX_OK : DBX_NOMEM;
}

dbx_status unnest_ensure(unnest_domain *d, plan_node **n, unnest_repr *repr,
                         const column_set *need) {
    column_set missing = {0};
    for (uint32_t i = 0; i < d->count; i++)
        if (column_set_has(need, d->items[i].id) && repr->columns[i].id == 0)
            TRY(column_set_add(&missing, d->items[i].id, d->context->arena));
    if (column_set_is_empty(&missing)) return DBX_OK;
    plan_node *domain;
    TRY(unnest_push_domain(d, &missing, repr, &domain));
    plan_join *j = plan_join_new(d->context, JOIN_INNER, domain, *n);
    if (j == NULL) return DBX_NOMEM;
    *n = &j->base;
    return DBX_OK;
}

dbx_status unnest_match(const unnest_domain *d, const unnest_repr *left, const unnest_repr *right,
                        bool always_null_safe, expr_list *out) {
    arena *a = d->context->arena;
    for (uint32_t i = 0; i < d->count; i++) {
        if (left->columns[i].id == 0 || right->columns[i].id == 0) continue;
        expr *x = plan_column_expr(a, &left->columns[i]),
             *y = plan_column_expr(a, &right->columns[i]), *equal;
        bool null_safe = always_null_safe || !(left->not_null[i] || right->not_null[i]);
        if (x == NULL || y == NULL) return DBX_NOMEM;
        TRY(rule_equal(d->context, x, y, null_safe, &equal));
        TRY(ARENA_LIST_PUSH(a, out, equal));
    }
    return DBX_OK;
}

/* Exactly these columns and the representatives. */
static dbx_status unnest_push_keep(const unnest_domain *d, plan_node **n,
                                   const plan_column *columns, uint32_t count,
                                   const unnest_repr *repr) {
    plan_column *all = ARENA_ARRAY(d->context->arena, plan_column, count + d->count + 1);
    uint32_t total = count;
    if (all == NULL) return DBX_NOMEM;
    if (count > 0) memcpy(all, columns, count * sizeof *all);
    for (uint32_t i = 0; i < d->count; i++) {
        bool there = repr->columns[i].id == 0;
        for (uint32_t k = 0; k < total && !there; k++) there = all[k].id == repr->columns[i].id;
        if (!there) all[total++] = repr->columns[i];
    }
    return rule_keep(d->context, n, all, total);
}

/* ---- filters ---- */

/* "x = outer" with x of the input: x becomes the representative. Not where equal values can differ.
 */
static dbx_status unnest_push_try_equality(unnest_domain *d, expr *x, unnest_repr *repr,
                                           expr **inner, uint32_t *item) {
    function_op op = expr_op(x);
    *inner = NULL;
    if (op != OP_EQ && op != OP_EQ_NULL_SAFE) return DBX_OK;
    for (uint32_t side = 0; side < 2; side++) {
        expr *outer = x->args[side], *other = x->args[1 - side];
        column_set used, all = {0};
        if (outer->kind != EXPR_COLUMN || type_is_float(outer->type) ||
            type_is_nested(outer->type) || outer->type.collation != COLLATION_UTF8_BINARY ||
            !type_same_layout(outer->type, other->type) || expr_is_volatile(other))
            continue;
        TRY(rule_expr_uses(d->context, other, &d->outer, &used));
        TRY(expr_collect_columns(other, &all, d->context->arena));
        if (!column_set_is_empty(&used) || column_set_is_empty(&all)) continue;
        for (uint32_t i = 0; i < d->count; i++) {
            if (d->items[i].id != outer->u.column || repr->columns[i].id != 0) continue;
            *inner = other;
            *item = i;
            return DBX_OK;
        }
    }
    return DBX_OK;
}

/* Makes the expression a column of *n. */
static dbx_status unnest_push_compute(plan_context *c, plan_node **n, expr *x, plan_column *out) {
    if (x->kind == EXPR_COLUMN) {
        *out = *plan_find_column(*n, x->u.column);
        return DBX_OK;
    }
    uint32_t count = (*n)->column_count;
    plan_project *p = plan_project_new(c, *n, count + 1);
    if (p == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        p->base.columns[i] = (*n)->columns[i];
        if ((p->exprs[i] = plan_column_expr(c->arena, &(*n)->columns[i])) == NULL) return DBX_NOMEM;
    }
    *out = (plan_column){
        .id = plan_new_column(c), .name = SV("key"), .type = x->type, .nullable = x->nullable};
    p->base.columns[count] = *out;
    p->exprs[count] = x;
    *n = &p->base;
    return DBX_OK;
}

/* A filter by `conjuncts` over *n, whose dependence is removed already. */
static dbx_status unnest_push_conjuncts(unnest_domain *d, plan_node **n, expr *const *conjuncts,
                                        uint32_t count, unnest_repr *repr) {
    plan_context *c = d->context;
    expr_list rest = {0};
    for (uint32_t i = 0; i < count; i++) {
        expr *inner, *present;
        uint32_t item = 0;
        TRY(unnest_push_try_equality(d, conjuncts[i], repr, &inner, &item));
        if (inner == NULL) {
            TRY(ARENA_LIST_PUSH(c->arena, &rest, conjuncts[i]));
            continue;
        }
        plan_column column;
        TRY(unnest_push_compute(c, n, inner, &column));
        repr->columns[item] = column;
        repr->not_null[item] = expr_op(conjuncts[i]) == OP_EQ || !column.nullable;
        if (column.nullable && expr_op(conjuncts[i]) == OP_EQ) {
            expr *x = plan_column_expr(c->arena, &column);
            if (x == NULL) return DBX_NOMEM;
            TRY(rule_call1(c, "isnotnull", x, &present));
            TRY(ARENA_LIST_PUSH(c->arena, &rest, present));
        }
    }
    column_set need = {0};
    TRY(unnest_push_need(d, rest.items, rest.count, &need));
    TRY(unnest_ensure(d, n, repr, &need));
    plan_filter *f = plan_filter_new(c, *n, rest.items, rest.count);
    if (f == NULL) return DBX_NOMEM;
    TRY(unnest_push_rewrite(d, &f->base, repr));
    if (rest.count > 0) *n = &f->base;
    return DBX_OK;
}

static dbx_status unnest_push_filter(unnest_domain *d, plan_node **slot, unnest_repr *repr) {
    plan_filter *f = (plan_filter *)*slot;
    plan_node *child = f->base.children[0];
    TRY(unnest_push(d, &child, repr));
    *slot = child;
    return unnest_push_conjuncts(d, slot, f->conjuncts, f->conjunct_count, repr);
}

/* ---- projections, generators ---- */

static dbx_status unnest_push_project(unnest_domain *d, plan_node **slot, unnest_repr *repr) {
    plan_context *c = d->context;
    plan_project *from = (plan_project *)*slot;
    plan_node *child = from->base.children[0];
    uint32_t count = from->base.column_count;
    column_set need = {0};
    TRY(unnest_push(d, &child, repr));
    TRY(unnest_push_need(d, from->exprs, count, &need));
    TRY(unnest_ensure(d, &child, repr, &need));
    plan_project *p = plan_project_new(c, child, count + d->count);
    if (p == NULL) return DBX_NOMEM;
    if (count > 0) memcpy(p->base.columns, from->base.columns, count * sizeof(plan_column));
    if (count > 0) memcpy(p->exprs, from->exprs, count * sizeof(expr *));
    p->base.column_count = count;
    TRY(unnest_push_rewrite(d, &p->base, repr));
    for (uint32_t i = 0; i < d->count; i++) {
        if (repr->columns[i].id == 0 || plan_find_column(&p->base, repr->columns[i].id) != NULL)
            continue;
        p->base.columns[p->base.column_count] = repr->columns[i];
        if ((p->exprs[p->base.column_count++] = plan_column_expr(c->arena, &repr->columns[i])) ==
            NULL)
            return DBX_NOMEM;
    }
    *slot = &p->base;
    return DBX_OK;
}

static dbx_status unnest_push_generate(unnest_domain *d, plan_node **slot, unnest_repr *repr) {
    plan_context *c = d->context;
    plan_generate *g = (plan_generate *)plan_node_clone(c, *slot);
    column_set need = {0};
    if (g == NULL) return DBX_NOMEM;
    TRY(unnest_push(d, &g->base.children[0], repr));
    TRY(unnest_push_need(d, g->args, g->arg_count, &need));
    TRY(unnest_ensure(d, &g->base.children[0], repr, &need));
    TRY(unnest_push_rewrite(d, &g->base, repr));
    uint32_t kept = g->base.column_count - g->generated, at = kept;
    plan_column *columns = ARENA_ARRAY(c->arena, plan_column, g->base.column_count + d->count + 1);
    if (columns == NULL) return DBX_NOMEM;
    if (kept > 0) memcpy(columns, g->base.columns, kept * sizeof *columns);
    for (uint32_t i = 0; i < d->count; i++)
        if (repr->columns[i].id != 0 && plan_find_column(&g->base, repr->columns[i].id) == NULL)
            columns[at++] = repr->columns[i];
    memcpy(columns + at, g->base.columns + kept, g->generated * sizeof *columns);
    g->base.columns = columns;
    g->base.column_count = at + g->generated;
    *slot = &g->base;
    return DBX_OK;
}

/* ---- aggregates ---- */

dbx_status unnest_empty_value(plan_context *c, const expr *x, expr **out) {
    const expr_aggregate *g = &x->u.aggregate;
    type *arg_types = ARENA_ARRAY(c->arena, type, x->arg_count + 1);
    void *state = arena_alloc_zero(c->arena, MAX(g->kernel->state_size, 16u));
    void *scratch = arena_alloc_zero(c->arena, MAX(g->scratch_size, 16u));
    vector *value = ARENA_NEW(c->arena, vector);
    if (arg_types == NULL || state == NULL || scratch == NULL || value == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < x->arg_count; i++) arg_types[i] = x->args[i]->type;
    TRY(vector_init(value, x->type, 1, c->arena));
    fn_call call = {.query = c->query,
                    .err = c->err,
                    .arena = c->arena,
                    .state = g->state,
                    .scratch = scratch,
                    .scratch_arena = c->arena,
                    .rows = 1,
                    .row_bound = 1,
                    .arg_types = arg_types,
                    .result_type = x->type,
                    .position = x->span};
    if (g->kernel->init != NULL) g->kernel->init(state);
    TRY(g->kernel->finalize(&call, &state, 1, value, 0));
    value->form = VECTOR_CONSTANT;
    *out = expr_constant(c->arena, value, x->span);
    return *out != NULL ? DBX_OK : DBX_NOMEM;
}

/* An aggregate without groups gives a row also where it has no input: the domain says where, and
 * the value for no rows stands there. */
static dbx_status unnest_push_scalar_aggregate(unnest_domain *d, plan_aggregate *g,
                                               const plan_column *columns, unnest_repr *repr,
                                               plan_node **out) {
    plan_context *c = d->context;
    column_set which = {0};
    unnest_repr full;
    plan_node *domain;
    expr_list conditions = {0};
    uint32_t groups = g->group_count, count = g->aggregate_count;
    TRY(unnest_repr_new(d, &full));
    TRY(unnest_push_need_repr(d, repr, &which));
    TRY(unnest_push_domain(d, &which, &full, &domain));
    plan_join *j = plan_join_new(c, JOIN_LEFT, domain, &g->base);
    plan_project *p =
        j != NULL ? plan_project_new(c, &j->base, count + domain->column_count) : NULL;
    if (p == NULL) return DBX_NOMEM;
    TRY(unnest_match(d, &full, repr, false, &conditions));
    TRY(rule_add_conditions(c, j, conditions.items, conditions.count));
    for (uint32_t i = 0; i < count; i++) {
        plan_column column = g->base.columns[groups + i];
        expr *none;
        column.nullable = true;
        p->base.columns[i] = columns[i];
        if ((p->exprs[i] = plan_column_expr(c->arena, &column)) == NULL) return DBX_NOMEM;
        TRY(unnest_empty_value(c, g->aggregates[i], &none));
        if (!vector_is_null(none->u.value, 0))
            TRY(rule_call2(c, "coalesce", p->exprs[i], none, &p->exprs[i]));
        else
            p->base.columns[i].nullable = true;
    }
    for (uint32_t i = 0; i < domain->column_count; i++) {
        p->base.columns[count + i] = domain->columns[i];
        if ((p->exprs[count + i] = plan_column_expr(c->arena, &domain->columns[i])) == NULL)
            return DBX_NOMEM;
    }
    *repr = full;
    *out = &p->base;
    return DBX_OK;
}

/* Representatives are further groups, put first so that the bits of grouping_id stay where they
 * are. */
static dbx_status unnest_push_aggregate(unnest_domain *d, plan_node **slot, unnest_repr *repr) {
    plan_context *c = d->context;
    const plan_aggregate *from = (const plan_aggregate *)*slot;
    plan_node *child = from->base.children[0];
    bool scalar = from->group_count == 0 && from->set_count == 0;
    column_set need = {0};
    uint32_t added = 0;
    for (uint32_t s = 0; s < from->set_count; s++)
        if (from->sets[s] == 0)
            return error_raise(c->err, ERR_UNSUPPORTED_FEATURE, from->base.span, "feature",
                               "an empty grouping set in a correlated subquery", NULL);
    TRY(unnest_push(d, &child, repr));
    TRY(unnest_push_need(d, from->groups, from->group_count, &need));
    TRY(unnest_push_need(d, from->aggregates, from->aggregate_count, &need));
    TRY(unnest_ensure(d, &child, repr, &need));
    for (uint32_t i = 0; i < d->count; i++) added += repr->columns[i].id != 0;
    uint32_t extra = from->set_count > 0 ? 1 : 0, groups = from->group_count + added;
    plan_aggregate *g = plan_aggregate_new(c, child, groups, from->aggregate_count + extra);
    if (g == NULL) return DBX_NOMEM;
    g->aggregate_count = from->aggregate_count;
    memcpy(g->base.columns + added, from->base.columns,
           from->base.column_count * sizeof(plan_column));
    if (from->group_count > 0)
        memcpy(g->groups + added, from->groups, from->group_count * sizeof(expr *));
    if (from->aggregate_count > 0)
        memcpy(g->aggregates, from->aggregates, from->aggregate_count * sizeof(expr *));
    for (uint32_t i = 0, at = 0; i < d->count; i++) {
        if (repr->columns[i].id == 0) continue;
        if ((g->groups[at] = plan_column_expr(c->arena, &repr->columns[i])) == NULL)
            return DBX_NOMEM;
        g->base.columns[at] = repr->columns[i];
        g->base.columns[at].id = plan_new_column(c);
        repr->columns[i] = g->base.columns[at++];
    }
    if (from->set_count > 0) {
        uint64_t *sets = ARENA_ARRAY(c->arena, uint64_t, from->set_count);
        if (sets == NULL) return DBX_NOMEM;
        for (uint32_t s = 0; s < from->set_count; s++)
            sets[s] = from->sets[s] << added | (((uint64_t)1 << added) - 1);
        g->sets = sets;
        g->set_count = from->set_count;
    }
    for (uint32_t i = 0; i < from->aggregate_count && scalar; i++)
        g->base.columns[groups + i].id =
            plan_new_column(c); /* the old ids go to the values with defaults */
    unnest_repr inner = {0};
    TRY(unnest_repr_new(d, &inner));
    for (uint32_t i = 0, at = 0; i < d->count; i++)
        if (repr->columns[i].id != 0) {
            inner.columns[i] = *plan_find_column(child, g->groups[at]->u.column);
            at++;
        }
    unnest_push_map m = {.domain = d, .repr = &inner};
    TRY(rule_rewrite_node(c, &g->base, unnest_push_map_visit, &m));
    *slot = &g->base;
    return scalar ? unnest_push_scalar_aggregate(d, g, from->base.columns, repr, slot) : DBX_OK;
}

/* ---- windows, limits ---- */

static dbx_status unnest_push_partition(const unnest_domain *d, plan_window *w,
                                        const unnest_repr *repr) {
    expr_list all = {0};
    for (uint32_t i = 0; i < d->count; i++) {
        if (repr->columns[i].id == 0) continue;
        expr *x = plan_column_expr(d->context->arena, &repr->columns[i]);
        if (x == NULL) return DBX_NOMEM;
        TRY(ARENA_LIST_PUSH(d->context->arena, &all, x));
    }
    TRY(rule_append(d->context, &all, w->partition, w->partition_count));
    return rule_set_conjuncts(d->context, &w->partition, &w->partition_count, &all);
}

static dbx_status unnest_push_window(unnest_domain *d, plan_node **slot, unnest_repr *repr) {
    plan_context *c = d->context;
    plan_window *w = (plan_window *)plan_node_clone(c, *slot);
    column_set need;
    if (w == NULL) return DBX_NOMEM;
    TRY(unnest_push_uses(d, &w->base, &need));
    TRY(unnest_push(d, &w->base.children[0], repr));
    TRY(unnest_ensure(d, &w->base.children[0], repr, &need));
    TRY(unnest_push_partition(d, w, repr));
    TRY(unnest_push_rewrite(d, &w->base, repr));
    TRY(rule_refresh(c, &w->base));
    *slot = &w->base;
    return DBX_OK;
}

static dbx_status unnest_push_row_number(plan_context *c, expr **out) {
    uint32_t count;
    const function_row *rows = function_lookup(SV("row_number"), &count);
    if (rows == NULL || count == 0)
        return error_raise(c->err, ERR_INTERNAL_ERROR, (span){0, 0}, "message",
                           "row_number is not there", NULL);
    expr *x = expr_new(c->arena, EXPR_WINDOW, type_simple(TYPE_INT), false, (span){0, 0}, 0);
    if (x == NULL) return DBX_NOMEM;
    x->u.window = (expr_window){.row = &rows[0],
                                .function = WINDOW_ROW_NUMBER,
                                .frame = {.unit = FRAME_ROWS,
                                          .start = BOUND_UNBOUNDED_PRECEDING,
                                          .end = BOUND_CURRENT_ROW}};
    *out = x;
    return DBX_OK;
}

/* The first rows of each combination: by their number in a window. */
static dbx_status unnest_push_limit(unnest_domain *d, plan_node **slot, unnest_repr *repr) {
    plan_context *c = d->context;
    plan_node *n = *slot, *child = n->children[0];
    sort_key *keys = NULL;
    uint32_t key_count = 0;
    uint64_t limit = n->kind == PLAN_TOP_N ? ((plan_sort *)n)->limit : ((plan_limit *)n)->limit;
    uint64_t offset = n->kind == PLAN_TOP_N ? ((plan_sort *)n)->offset : ((plan_limit *)n)->offset;
    plan_sort *sort = n->kind == PLAN_TOP_N      ? (plan_sort *)n
                      : child->kind == PLAN_SORT ? (plan_sort *)child
                                                 : NULL;
    if (sort != NULL) {
        child = sort->base.children[0];
        keys = sort->keys;
        key_count = sort->key_count;
    }
    column_set need = {0};
    for (uint32_t i = 0; i < key_count; i++) TRY(unnest_push_need(d, &keys[i].expr, 1, &need));
    TRY(unnest_push(d, &child, repr));
    TRY(unnest_ensure(d, &child, repr, &need));
    plan_window *w = PLAN_NEW(c, plan_window, PLAN_WINDOW, 1, child->column_count + 1);
    if (w == NULL) return DBX_NOMEM;
    w->base.children[0] = child;
    memcpy(w->base.columns, child->columns, child->column_count * sizeof(plan_column));
    plan_column number = {
        .id = plan_new_column(c), .name = SV("row_number"), .type = type_simple(TYPE_INT)};
    w->base.columns[child->column_count] = number;
    w->order = ARENA_ARRAY(c->arena, sort_key, key_count + 1);
    w->functions = ARENA_ARRAY(c->arena, expr *, 1);
    if (w->order == NULL || w->functions == NULL) return DBX_NOMEM;
    if (key_count > 0) memcpy(w->order, keys, key_count * sizeof *keys);
    w->order_count = key_count;
    w->function_count = 1;
    TRY(unnest_push_row_number(c, &w->functions[0]));
    TRY(unnest_push_partition(d, w, repr));
    TRY(unnest_push_rewrite(d, &w->base, repr));
    expr_list bounds = {0};
    expr *x = plan_column_expr(c->arena, &number), *bound, *test;
    uint64_t last;
    if (x == NULL) return DBX_NOMEM;
    if (!__builtin_add_overflow(limit, offset, &last) && last < INT32_MAX) {
        if ((bound = expr_constant_int64(c->arena, number.type, (int64_t)last, n->span)) == NULL)
            return DBX_NOMEM;
        TRY(rule_call2(c, "<=", x, bound, &test));
        TRY(ARENA_LIST_PUSH(c->arena, &bounds, test));
    }
    if (offset > 0) {
        bound =
            expr_constant_int64(c->arena, number.type, (int64_t)MIN(offset, INT32_MAX), n->span);
        if (bound == NULL) return DBX_NOMEM;
        TRY(rule_call2(c, ">", x, bound, &test));
        TRY(ARENA_LIST_PUSH(c->arena, &bounds, test));
    }
    *slot = &w->base;
    return rule_filter(c, slot, bounds.items, bounds.count);
}

/* ---- joins ---- */

/* Either side's representative; the left's where both have one. */
static void unnest_push_merge(const unnest_domain *d, unnest_repr *into, const unnest_repr *other) {
    for (uint32_t i = 0; i < d->count; i++) {
        if (other->columns[i].id == 0) continue;
        if (into->columns[i].id == 0) into->columns[i] = other->columns[i];
        into->not_null[i] = into->not_null[i] || other->not_null[i];
    }
}

static dbx_status unnest_push_inner_join(unnest_domain *d, plan_join *j, unnest_repr *repr,
                                         plan_node **out) {
    plan_context *c = d->context;
    unnest_repr right;
    expr_list plain = {0}, later = {0};
    for (uint32_t i = 0; i < j->condition_count; i++) {
        column_set used;
        TRY(rule_expr_uses(c, j->conditions[i], &d->outer, &used));
        TRY(ARENA_LIST_PUSH(c->arena, column_set_is_empty(&used) ? &plain : &later,
                            j->conditions[i]));
    }
    TRY(unnest_push(d, &j->base.children[0], repr));
    TRY(unnest_push(d, &j->base.children[1], &right));
    TRY(unnest_match(d, repr, &right, false, &plain));
    TRY(rule_set_conjuncts(c, &j->conditions, &j->condition_count, &plain));
    TRY(plan_join_set_columns(c, j));
    unnest_push_merge(d, repr, &right);
    *out = &j->base;
    return later.count > 0 ? unnest_push_conjuncts(d, out, later.items, later.count, repr) : DBX_OK;
}

/* LEFT, SEMI, ANTI, MARK, SINGLE: each left row is looked up with its own combination, so the left
 * side must say which one wherever the right side or the conditions depend on it. */
static dbx_status unnest_push_left_join(unnest_domain *d, plan_join *j, unnest_repr *repr) {
    plan_context *c = d->context;
    unnest_repr right;
    column_set need = {0};
    expr_list matches = {0};
    bool three_valued = j->join == JOIN_MARK || j->null_aware;
    TRY(unnest_push(d, &j->base.children[0], repr));
    TRY(unnest_push(d, &j->base.children[1], &right));
    TRY(unnest_push_need_repr(d, &right, &need));
    TRY(unnest_push_need(d, j->conditions, j->condition_count, &need));
    TRY(unnest_ensure(d, &j->base.children[0], repr, &need));
    TRY(unnest_push_rewrite(d, &j->base, repr));
    TRY(unnest_match(d, repr, &right, three_valued, &matches));
    TRY(rule_add_conditions(c, j, matches.items, matches.count));
    return plan_join_set_columns(c, j);
}

static dbx_status unnest_push_full_join(unnest_domain *d, plan_join *j, unnest_repr *repr,
                                        plan_node **out) {
    plan_context *c = d->context;
    unnest_repr left, right;
    column_set need;
    expr_list matches = {0};
    const plan_column *columns = j->base.columns;
    uint32_t count = j->base.column_count;
    TRY(unnest_push_uses(d, &j->base, &need));
    TRY(unnest_push(d, &j->base.children[0], &left));
    TRY(unnest_push(d, &j->base.children[1], &right));
    TRY(unnest_ensure(d, &j->base.children[0], &left, &need));
    TRY(unnest_ensure(d, &j->base.children[1], &right, &need));
    TRY(unnest_push_rewrite(d, &j->base, &left));
    TRY(unnest_match(d, &left, &right, false, &matches));
    TRY(rule_add_conditions(c, j, matches.items, matches.count));
    TRY(plan_join_set_columns(c, j));
    plan_project *p = plan_project_new(c, &j->base, count + d->count);
    if (p == NULL) return DBX_NOMEM;
    uint32_t at = 0;
    for (; at < count; at++) {
        p->base.columns[at] = columns[at];
        if ((p->exprs[at] = plan_column_expr(c->arena, &columns[at])) == NULL) return DBX_NOMEM;
    }
    for (uint32_t i = 0; i < d->count; i++) {
        if (left.columns[i].id == 0) continue;
        left.columns[i].nullable = right.columns[i].nullable = true;
        expr *x = plan_column_expr(c->arena, &left.columns[i]),
             *y = plan_column_expr(c->arena, &right.columns[i]);
        if (x == NULL || y == NULL) return DBX_NOMEM;
        TRY(rule_call2(c, "coalesce", x, y, &p->exprs[at]));
        p->base.columns[at] = left.columns[i];
        p->base.columns[at].id = plan_new_column(c);
        repr->columns[i] = p->base.columns[at++];
        repr->not_null[i] = left.not_null[i] && right.not_null[i];
    }
    p->base.column_count = at;
    *out = &p->base;
    return DBX_OK;
}

static dbx_status unnest_push_join(unnest_domain *d, plan_node **slot, unnest_repr *repr) {
    plan_context *c = d->context;
    plan_join *j = (plan_join *)plan_node_clone(c, *slot);
    if (j == NULL) return DBX_NOMEM;
    if (j->join == JOIN_INNER) return unnest_push_inner_join(d, j, repr, slot);
    if (j->join == JOIN_FULL) return unnest_push_full_join(d, j, repr, slot);
    if (j->join == JOIN_RIGHT) {
        plan_node *left = j->base.children[0];
        j->join = JOIN_LEFT;
        j->base.children[0] = j->base.children[1];
        j->base.children[1] = left;
        TRY(plan_join_set_columns(c, j));
    }
    TRY(unnest_push_left_join(d, j, repr));
    *slot = &j->base;
    return DBX_OK;
}

/* ---- set operations ---- */

/* All inputs get the same representatives, which are compared like the other columns. */
static dbx_status unnest_push_set_op(unnest_domain *d, plan_node **slot, unnest_repr *repr) {
    plan_context *c = d->context;
    const plan_set_op *from = (const plan_set_op *)*slot;
    uint32_t children = from->base.child_count, width = from->base.column_count, total = width;
    column_set need;
    TRY(unnest_push_uses(d, *slot, &need));
    plan_set_op *s = PLAN_NEW(c, plan_set_op, PLAN_SET_OP, children, width + d->count);
    if (s == NULL) return DBX_NOMEM;
    s->op = from->op;
    s->base.span = from->base.span;
    if (width > 0) memcpy(s->base.columns, from->base.columns, width * sizeof(plan_column));
    s->inputs = ARENA_ARRAY(c->arena, column_id *, children);
    if (s->inputs == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < d->count; i++) repr->not_null[i] = true;
    for (uint32_t k = 0; k < children; k++) {
        unnest_repr input;
        s->base.children[k] = from->base.children[k];
        TRY(unnest_push(d, &s->base.children[k], &input));
        TRY(unnest_ensure(d, &s->base.children[k], &input, &need));
        s->inputs[k] = ARENA_ARRAY(c->arena, column_id, width + d->count + 1);
        if (s->inputs[k] == NULL) return DBX_NOMEM;
        if (width > 0) memcpy(s->inputs[k], from->inputs[k], width * sizeof(column_id));
        total = width;
        for (uint32_t i = 0; i < d->count; i++) {
            if (!column_set_has(&need, d->items[i].id)) continue;
            s->inputs[k][total++] = input.columns[i].id;
            repr->not_null[i] = repr->not_null[i] && input.not_null[i];
        }
    }
    total = width;
    for (uint32_t i = 0; i < d->count; i++) {
        if (!column_set_has(&need, d->items[i].id)) continue;
        s->base.columns[total] = d->items[i];
        s->base.columns[total].id = plan_new_column(c);
        repr->columns[i] = s->base.columns[total++];
    }
    s->base.column_count = total;
    *slot = &s->base;
    return DBX_OK;
}

/* ---- the rest ---- */

/* Rows of expressions become projections of the empty row, one under another by UNION ALL. */
static dbx_status unnest_push_values(unnest_domain *d, plan_node **slot, unnest_repr *repr) {
    plan_context *c = d->context;
    const plan_values *v = (const plan_values *)*slot;
    uint32_t width = v->base.column_count;
    plan_set_op *u = PLAN_NEW(c, plan_set_op, PLAN_SET_OP, v->row_count, width);
    if (u == NULL) return DBX_NOMEM;
    u->op = SET_UNION_ALL;
    memcpy(u->base.columns, v->base.columns, width * sizeof(plan_column));
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
            if (v->row_count > 1) p->base.columns[i].id = plan_new_column(c);
            u->inputs[row][i] = p->base.columns[i].id;
            p->exprs[i] = v->exprs[(size_t)row * width + i];
        }
        u->base.children[row] = &p->base;
    }
    *slot = v->row_count == 1 ? u->base.children[0] : &u->base;
    return v->row_count == 1 ? unnest_push_project(d, slot, repr)
                             : unnest_push_set_op(d, slot, repr);
}

/* DISTINCT, SAMPLE: one child, whose columns it gives. */
static dbx_status unnest_push_unary(unnest_domain *d, plan_node **slot, unnest_repr *repr) {
    plan_node *n = plan_node_clone(d->context, *slot);
    if (n == NULL) return DBX_NOMEM;
    TRY(unnest_push(d, &n->children[0], repr));
    TRY(unnest_push_keep(d, &n->children[0], n->columns, n->column_count, repr));
    TRY(rule_refresh(d->context, n));
    *slot = n;
    return DBX_OK;
}

static dbx_status unnest_push_cte(unnest_domain *d, plan_node **slot, unnest_repr *repr) {
    plan_node *n = plan_node_clone(d->context, *slot);
    if (n == NULL) return DBX_NOMEM;
    TRY(unnest_push(d, &n->children[1], repr));
    TRY(rule_refresh(d->context, n));
    *slot = n;
    return DBX_OK;
}

dbx_status unnest_push(unnest_domain *d, plan_node **slot, unnest_repr *repr) {
    plan_node *n = *slot;
    column_set used;
    TRY(unnest_repr_new(d, repr));
    TRY(unnest_push_uses(d, n, &used));
    if (column_set_is_empty(&used)) return DBX_OK;
    switch ((plan_kind)n->kind) {
    case PLAN_VALUES:
        return unnest_push_values(d, slot, repr);
    case PLAN_FILTER:
        return unnest_push_filter(d, slot, repr);
    case PLAN_PROJECT:
        return unnest_push_project(d, slot, repr);
    case PLAN_AGGREGATE:
        return unnest_push_aggregate(d, slot, repr);
    case PLAN_JOIN:
        return unnest_push_join(d, slot, repr);
    case PLAN_WINDOW:
        return unnest_push_window(d, slot, repr);
    case PLAN_SORT: /* order is of no use without a limit, which unnest_push_limit treats */
        *slot = n->children[0];
        return unnest_push(d, slot, repr);
    case PLAN_LIMIT:
    case PLAN_TOP_N:
        return unnest_push_limit(d, slot, repr);
    case PLAN_DISTINCT:
    case PLAN_SAMPLE:
        return unnest_push_unary(d, slot, repr);
    case PLAN_SET_OP:
        return unnest_push_set_op(d, slot, repr);
    case PLAN_GENERATE:
        return unnest_push_generate(d, slot, repr);
    case PLAN_CTE:
        return unnest_push_cte(d, slot, repr);
    case PLAN_SCAN:
    case PLAN_CTE_SCAN:
    case PLAN_RECURSIVE:
    case PLAN_RECURSIVE_SCAN:
    case PLAN_WRITE:
    case PLAN_KIND_COUNT:
        break;
    }
    return error_raise(d->context->err, ERR_UNSUPPORTED_FEATURE, n->span, "feature",
                       "an outer column in this part of a correlated subquery", NULL);
}
