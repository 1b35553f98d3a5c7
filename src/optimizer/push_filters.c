/* push_filters.c - moves conjuncts of filters and join conditions down to where their columns come
 * from.
 *
 * The walk carries the conjuncts that must hold for the rows of a node. What cannot go below a node
 * stays as a filter above it; what arrives at a scan becomes one of its predicates.
 *
 * PRECONDITIONS
 *   projection         the projected expressions it uses are not volatile
 *   aggregate          it uses groups only, and each is part of every grouping set; there is a
 * group window             it uses columns of the partition only sort, distinct     always; set
 * operations: always, into every input; generators: columns that are passed on limit, sample,
 * recursion, CTE definitions: never INNER              to the side whose columns it uses,
 * conditions likewise; the rest become conditions LEFT, RIGHT        from above to the preserved
 * side only; conditions to the other side only FULL               never SEMI, ANTI, MARK, SINGLE
 * from above to the left; conditions to the right (where unknown counts as a match, only if they
 * cannot be unknown), of SEMI also to the left Volatile conjuncts stay where they are. Conjuncts
 * that can fail move like others, in order behind those that were below, so that what guards them
 * still does.
 *
 * DERIVED CONJUNCTS  "x = y" and a test of x against constants give the same test of y; where y is
 * on the null-extended side the test only spares rows that could not match. From "(a AND …) OR (b
 * AND …)" with a and b over one side, that side gets "a OR b".
 */
#include "optimizer/rule.h"

static dbx_status push_down(plan_context *c, plan_node **slot, expr_list *conjuncts);

/* ---- helpers ---- */

static dbx_status push_with_none(plan_context *c, plan_node **slot) {
    expr_list none = {0};
    return push_down(c, slot, &none);
}

static bool push_has_equal(const expr_list *list, const expr *x) {
    for (uint32_t i = 0; i < list->count; i++)
        if (expr_equal(list->items[i], x)) return true;
    return false;
}

static dbx_status push_add(plan_context *c, expr_list *to, expr *x) {
    return push_has_equal(to, x) ? DBX_OK : ARENA_LIST_PUSH(c->arena, to, x);
}

/* Where a conjunct's columns come from. */
typedef enum push_side { PUSH_NONE, PUSH_LEFT, PUSH_RIGHT, PUSH_BOTH } push_side;

static dbx_status push_side_of(plan_context *c, const expr *x, const column_set *left,
                               const column_set *right, push_side *out) {
    column_set used = {0};
    TRY(expr_collect_columns(x, &used, c->arena));
    bool l = column_set_intersects(&used, left), r = column_set_intersects(&used, right);
    *out = l && r ? PUSH_BOTH : l ? PUSH_LEFT : r ? PUSH_RIGHT : PUSH_NONE;
    return DBX_OK;
}

/* ---- derived conjuncts ---- */

/* Does x test one column against constants only, without failing? Then *column is it. */
static dbx_status push_is_column_test(plan_context *c, const expr *x, column_id *column,
                                      bool *out) {
    column_set used = {0};
    *out = false;
    TRY(expr_collect_columns(x, &used, c->arena));
    uint32_t count = 0;
    for (uint32_t w = 0; w < used.word_count; w++) {
        if (used.words[w] == 0) continue;
        count += (uint32_t)__builtin_popcountll(used.words[w]);
        *column = w * 64 + (uint32_t)__builtin_ctzll(used.words[w]);
    }
    *out = count == 1 && !expr_is_volatile(x) && !expr_can_fail(x);
    return DBX_OK;
}

static bool push_is_column_equality(const expr *x) {
    return expr_op(x) == OP_EQ && x->args[0]->kind == EXPR_COLUMN &&
           x->args[1]->kind == EXPR_COLUMN && type_equal(x->args[0]->type, x->args[1]->type) &&
           !type_is_float(x->args[0]->type) && x->args[0]->type.collation == COLLATION_UTF8_BINARY;
}

/* For each "x = y" of `equalities`: tests of x in `tests` are appended for y, and the other way
 * round, if the column they are made for is in `wanted` (NULL: any). */
static dbx_status push_derive_equal(plan_context *c, const expr_list *equalities,
                                    const expr_list *tests, const column_set *wanted,
                                    expr_list *out) {
    for (uint32_t i = 0; i < equalities->count; i++) {
        expr *equality = equalities->items[i];
        if (!push_is_column_equality(equality)) continue;
        for (uint32_t t = 0; t < tests->count; t++) {
            column_id column = 0;
            bool is_test;
            TRY(push_is_column_test(c, tests->items[t], &column, &is_test));
            for (uint32_t side = 0; side < 2 && is_test; side++) {
                expr *other = equality->args[1 - side];
                if (equality->args[side]->u.column != column) continue;
                if (wanted != NULL && !column_set_has(wanted, other->u.column)) continue;
                expr *made = expr_substitute(c->arena, tests->items[t], &column, &other, 1);
                if (made == NULL) return DBX_NOMEM;
                if (!push_has_equal(tests, made)) TRY(push_add(c, out, made));
            }
        }
    }
    return DBX_OK;
}

/* The part of an OR that `side` can test: every branch must have some. NULL when there is none. */
static dbx_status push_side_of_or(plan_context *c, const expr *x, const column_set *side,
                                  expr **out) {
    expr **branches = ARENA_ARRAY(c->arena, expr *, x->arg_count);
    *out = NULL;
    if (branches == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < x->arg_count; i++) {
        expr_list all = {0}, kept = {0};
        TRY(rule_split(c, x->args[i], &all));
        for (uint32_t k = 0; k < all.count; k++) {
            column_set used = {0};
            TRY(expr_collect_columns(all.items[k], &used, c->arena));
            if (!column_set_is_empty(&used) && column_set_contains(side, &used) &&
                !expr_is_volatile(all.items[k]) && !expr_can_fail(all.items[k]))
                TRY(ARENA_LIST_PUSH(c->arena, &kept, all.items[k]));
        }
        if (kept.count == 0) return DBX_OK;
        if ((branches[i] = expr_and(c->arena, kept.items, kept.count)) == NULL) return DBX_NOMEM;
    }
    *out = expr_new(c->arena, EXPR_OR, x->type, true, x->span, x->arg_count);
    if (*out == NULL) return DBX_NOMEM;
    memcpy((*out)->args, branches, x->arg_count * sizeof(expr *));
    return DBX_OK;
}

/* Appends to each side what ORs over both sides say about it. */
static dbx_status push_derive_or(plan_context *c, const expr_list *from, const column_set *side,
                                 expr_list *to) {
    for (uint32_t i = 0; i < from->count; i++) {
        expr *made;
        if (from->items[i]->kind != EXPR_OR) continue;
        TRY(push_side_of_or(c, from->items[i], side, &made));
        if (made != NULL) TRY(push_add(c, to, made));
    }
    return DBX_OK;
}

/* ---- one input ---- */

typedef struct push_split {
    expr_list below, above;
} push_split;

static dbx_status push_finish(plan_context *c, plan_node **slot, plan_node **child, push_split *s) {
    TRY(push_down(c, child, &s->below));
    TRY(rule_refresh(c, *slot));
    return rule_filter(c, slot, s->above.items, s->above.count);
}

static dbx_status push_through_project(plan_context *c, plan_node **slot,
                                       const expr_list *conjuncts) {
    plan_project *p = (plan_project *)*slot;
    push_split s = {0};
    column_set fixed = {0}; /* outputs that must be computed once */
    column_id *ids = ARENA_ARRAY(c->arena, column_id, p->base.column_count + 1);
    if (ids == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < p->base.column_count; i++) {
        ids[i] = p->base.columns[i].id;
        if (expr_is_volatile(p->exprs[i])) TRY(column_set_add(&fixed, ids[i], c->arena));
    }
    for (uint32_t i = 0; i < conjuncts->count; i++) {
        expr *x = conjuncts->items[i];
        column_set used = {0};
        TRY(expr_collect_columns(x, &used, c->arena));
        if (column_set_intersects(&used, &fixed) || expr_is_volatile(x)) {
            TRY(ARENA_LIST_PUSH(c->arena, &s.above, x));
            continue;
        }
        x = expr_substitute(c->arena, x, ids, p->exprs, p->base.column_count);
        if (x == NULL) return DBX_NOMEM;
        TRY(ARENA_LIST_PUSH(c->arena, &s.below, x));
    }
    return push_finish(c, slot, &p->base.children[0], &s);
}

/* Splits by whether all columns are in `allowed` (at least one), and the conjunct is not volatile.
 */
static dbx_status push_split_by(plan_context *c, const expr_list *conjuncts,
                                const column_set *allowed, push_split *s) {
    for (uint32_t i = 0; i < conjuncts->count; i++) {
        column_set used = {0};
        expr *x = conjuncts->items[i];
        TRY(expr_collect_columns(x, &used, c->arena));
        bool below = !column_set_is_empty(&used) && column_set_contains(allowed, &used) &&
                     !expr_is_volatile(x);
        TRY(ARENA_LIST_PUSH(c->arena, below ? &s->below : &s->above, x));
    }
    return DBX_OK;
}

static dbx_status push_through_aggregate(plan_context *c, plan_node **slot,
                                         const expr_list *conjuncts) {
    plan_aggregate *g = (plan_aggregate *)*slot;
    push_split s = {0};
    column_set groups = {0};
    uint64_t in_all = UINT64_MAX;
    column_id *ids = ARENA_ARRAY(c->arena, column_id, g->group_count + 1);
    if (ids == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < g->set_count; i++) in_all &= g->sets[i];
    for (uint32_t i = 0; i < g->group_count; i++) {
        ids[i] = g->base.columns[i].id;
        bool kept = g->set_count == 0 || (i < 64 && (in_all >> i & 1));
        if (kept && !expr_is_volatile(g->groups[i])) TRY(column_set_add(&groups, ids[i], c->arena));
    }
    TRY(push_split_by(c, conjuncts, &groups, &s));
    for (uint32_t i = 0; i < s.below.count; i++) {
        s.below.items[i] =
            expr_substitute(c->arena, s.below.items[i], ids, g->groups, g->group_count);
        if (s.below.items[i] == NULL) return DBX_NOMEM;
    }
    return push_finish(c, slot, &g->base.children[0], &s);
}

static dbx_status push_through_window(plan_context *c, plan_node **slot,
                                      const expr_list *conjuncts) {
    plan_window *w = (plan_window *)*slot;
    push_split s = {0};
    column_set partition = {0};
    for (uint32_t i = 0; i < w->partition_count; i++)
        if (w->partition[i]->kind == EXPR_COLUMN)
            TRY(column_set_add(&partition, w->partition[i]->u.column, c->arena));
    TRY(push_split_by(c, conjuncts, &partition, &s));
    return push_finish(c, slot, &w->base.children[0], &s);
}

static dbx_status push_through_all(plan_context *c, plan_node **slot, const expr_list *conjuncts) {
    push_split s = {0};
    column_set made = {0};
    TRY(plan_output_set((*slot)->children[0], &made, c->arena));
    TRY(push_split_by(c, conjuncts, &made, &s));
    return push_finish(c, slot, &(*slot)->children[0], &s);
}

static dbx_status push_through_generate(plan_context *c, plan_node **slot,
                                        const expr_list *conjuncts) {
    plan_generate *g = (plan_generate *)*slot;
    push_split s = {0};
    column_set kept = {0};
    for (uint32_t i = 0; i + g->generated < g->base.column_count; i++)
        TRY(column_set_add(&kept, g->base.columns[i].id, c->arena));
    TRY(push_split_by(c, conjuncts, &kept, &s));
    return push_finish(c, slot, &g->base.children[0], &s);
}

static dbx_status push_through_set_op(plan_context *c, plan_node **slot,
                                      const expr_list *conjuncts) {
    plan_set_op *u = (plan_set_op *)*slot;
    push_split s = {0};
    column_set made = {0};
    uint32_t width = u->base.column_count;
    column_id *ids = ARENA_ARRAY(c->arena, column_id, width + 1);
    if (ids == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < width; i++) ids[i] = u->base.columns[i].id;
    TRY(plan_output_set(&u->base, &made, c->arena));
    TRY(push_split_by(c, conjuncts, &made, &s));
    for (uint32_t k = 0; k < u->base.child_count; k++) {
        expr_list below = {0};
        expr **with = ARENA_ARRAY(c->arena, expr *, width + 1);
        if (with == NULL) return DBX_NOMEM;
        for (uint32_t i = 0; i < width; i++) {
            const plan_column *from = plan_find_column(u->base.children[k], u->inputs[k][i]);
            if ((with[i] = plan_column_expr(c->arena, from)) == NULL) return DBX_NOMEM;
        }
        for (uint32_t i = 0; i < s.below.count; i++) {
            expr *x = expr_substitute(c->arena, s.below.items[i], ids, with, width);
            if (x == NULL) return DBX_NOMEM;
            TRY(ARENA_LIST_PUSH(c->arena, &below, x));
        }
        TRY(push_down(c, &u->base.children[k], &below));
    }
    return rule_filter(c, slot, s.above.items, s.above.count);
}

/* ---- joins ---- */

typedef struct push_join {
    plan_join *join;
    column_set left_columns, right_columns;
    expr_list left, right, conditions, above;
} push_join;

static dbx_status push_join_init(plan_context *c, plan_join *j, push_join *p) {
    *p = (push_join){.join = j};
    TRY(plan_output_set(j->base.children[0], &p->left_columns, c->arena));
    return plan_output_set(j->base.children[1], &p->right_columns, c->arena);
}

static dbx_status push_join_finish(plan_context *c, plan_node **slot, push_join *p) {
    plan_join *j = p->join;
    TRY(rule_set_conjuncts(c, &j->conditions, &j->condition_count, &p->conditions));
    TRY(push_down(c, &j->base.children[0], &p->left));
    TRY(push_down(c, &j->base.children[1], &p->right));
    TRY(plan_join_set_columns(c, j));
    return rule_filter(c, slot, p->above.items, p->above.count);
}

/* Takes the conditions of all INNER joins that stand together, so that equalities of all are known
 * at the top. */
static dbx_status push_take_conditions(plan_context *c, plan_node *n, expr_list *out) {
    plan_join *j = (plan_join *)n;
    if (n->kind != PLAN_JOIN || j->join != JOIN_INNER || j->dependent) return DBX_OK;
    for (uint32_t i = 0; i < j->condition_count; i++) TRY(rule_split(c, j->conditions[i], out));
    j->condition_count = 0;
    TRY(push_take_conditions(c, n->children[0], out));
    return push_take_conditions(c, n->children[1], out);
}

static dbx_status push_inner(plan_context *c, plan_node **slot, const expr_list *conjuncts) {
    push_join p;
    expr_list all = {0}, derived = {0};
    TRY(push_join_init(c, (plan_join *)*slot, &p));
    TRY(push_take_conditions(c, *slot, &all));
    for (uint32_t i = 0; i < conjuncts->count; i++) TRY(push_add(c, &all, conjuncts->items[i]));
    for (uint32_t round = 0; round < 8; round++) { /* along chains x = y, y = z */
        uint32_t before = derived.count;
        expr_list tests = {0};
        TRY(rule_append(c, &tests, all.items, all.count));
        TRY(rule_append(c, &tests, derived.items, derived.count));
        TRY(push_derive_equal(c, &all, &tests, NULL, &derived));
        if (derived.count == before) break;
    }
    TRY(rule_append(c, &all, derived.items, derived.count));
    TRY(push_derive_or(c, &all, &p.left_columns, &p.left));
    TRY(push_derive_or(c, &all, &p.right_columns, &p.right));
    for (uint32_t i = 0; i < all.count; i++) {
        push_side side;
        expr *x = all.items[i];
        TRY(push_side_of(c, x, &p.left_columns, &p.right_columns, &side));
        if (expr_is_volatile(x))
            TRY(ARENA_LIST_PUSH(c->arena, &p.above, x));
        else if (side == PUSH_LEFT)
            TRY(push_add(c, &p.left, x));
        else if (side == PUSH_RIGHT)
            TRY(push_add(c, &p.right, x));
        else
            TRY(push_add(c, side == PUSH_NONE ? &p.above : &p.conditions, x));
    }
    return push_join_finish(c, slot, &p);
}

/* LEFT and RIGHT, seen with the preserved side as `kept`. */
static dbx_status push_outer(plan_context *c, plan_node **slot, const expr_list *conjuncts) {
    push_join p;
    plan_join *j = (plan_join *)*slot;
    expr_list all = {0}, known = {0}, derived = {0};
    TRY(push_join_init(c, j, &p));
    bool left_kept = j->join == JOIN_LEFT || j->join == JOIN_SINGLE;
    push_side kept_side = left_kept ? PUSH_LEFT : PUSH_RIGHT;
    expr_list *kept = left_kept ? &p.left : &p.right, *other = left_kept ? &p.right : &p.left;
    for (uint32_t i = 0; i < conjuncts->count; i++) {
        push_side side;
        expr *x = conjuncts->items[i];
        TRY(push_side_of(c, x, &p.left_columns, &p.right_columns, &side));
        TRY(ARENA_LIST_PUSH(c->arena, side == kept_side && !expr_is_volatile(x) ? kept : &p.above,
                            x));
    }
    for (uint32_t i = 0; i < j->condition_count; i++) TRY(rule_split(c, j->conditions[i], &all));
    TRY(rule_append(c, &known, kept->items, kept->count));
    TRY(rule_append(c, &known, all.items, all.count));
    TRY(push_derive_equal(c, &all, &known, left_kept ? &p.right_columns : &p.left_columns,
                          &derived));
    TRY(rule_append(c, other, derived.items, derived.count));
    for (uint32_t i = 0; i < all.count; i++) {
        push_side side;
        expr *x = all.items[i];
        TRY(push_side_of(c, x, &p.left_columns, &p.right_columns, &side));
        bool down =
            side != PUSH_BOTH && side != PUSH_NONE && side != kept_side && !expr_is_volatile(x);
        TRY(push_add(c, down ? other : &p.conditions, x));
    }
    return push_join_finish(c, slot, &p);
}

static dbx_status push_existence(plan_context *c, plan_node **slot, const expr_list *conjuncts) {
    push_join p;
    plan_join *j = (plan_join *)*slot;
    expr_list all = {0}, known = {0}, derived = {0};
    bool three_valued = j->join == JOIN_MARK || j->null_aware;
    TRY(push_join_init(c, j, &p));
    for (uint32_t i = 0; i < conjuncts->count; i++) {
        bool within;
        expr *x = conjuncts->items[i];
        TRY(rule_expr_within(c, x, &p.left_columns, &within));
        TRY(ARENA_LIST_PUSH(c->arena, within && !expr_is_volatile(x) ? &p.left : &p.above, x));
    }
    for (uint32_t i = 0; i < j->condition_count; i++) TRY(rule_split(c, j->conditions[i], &all));
    TRY(rule_append(c, &known, p.left.items, p.left.count));
    TRY(rule_append(c, &known, all.items, all.count));
    if (!three_valued) TRY(push_derive_equal(c, &all, &known, &p.right_columns, &derived));
    TRY(rule_append(c, &p.right, derived.items, derived.count));
    for (uint32_t i = 0; i < all.count; i++) {
        push_side side;
        expr *x = all.items[i];
        TRY(push_side_of(c, x, &p.left_columns, &p.right_columns, &side));
        if (expr_is_volatile(x)) side = PUSH_BOTH;
        if (side == PUSH_RIGHT && (!three_valued || !x->nullable))
            TRY(push_add(c, &p.right, x));
        else if (side == PUSH_LEFT && j->join == JOIN_SEMI)
            TRY(push_add(c, &p.left, x));
        else
            TRY(push_add(c, &p.conditions, x));
    }
    return push_join_finish(c, slot, &p);
}

static dbx_status push_through_join(plan_context *c, plan_node **slot, expr_list *conjuncts) {
    plan_join *j = (plan_join *)*slot;
    push_join p;
    switch (j->join) {
    case JOIN_INNER:
        return push_inner(c, slot, conjuncts);
    case JOIN_LEFT:
    case JOIN_RIGHT:
    case JOIN_SINGLE:
        return push_outer(c, slot, conjuncts);
    case JOIN_SEMI:
    case JOIN_ANTI:
    case JOIN_MARK:
        return push_existence(c, slot, conjuncts);
    case JOIN_FULL:
        break;
    }
    TRY(push_join_init(c, j, &p));
    p.above = *conjuncts;
    TRY(rule_append(c, &p.conditions, j->conditions, j->condition_count));
    return push_join_finish(c, slot, &p);
}

/* ---- the walk ---- */

static dbx_status push_into_scan(plan_context *c, plan_scan *s, plan_node **slot,
                                 const expr_list *conjuncts) {
    expr_list all = {0}, above = {0};
    TRY(rule_append(c, &all, s->predicates, s->predicate_count));
    for (uint32_t i = 0; i < conjuncts->count; i++) {
        expr *x = conjuncts->items[i];
        bool stays = expr_is_volatile(x) || s->row_limit != UINT64_MAX;
        TRY(push_add(c, stays ? &above : &all, x));
    }
    TRY(rule_set_conjuncts(c, &s->predicates, &s->predicate_count, &all));
    return rule_filter(c, slot, above.items, above.count);
}

static dbx_status push_down(plan_context *c, plan_node **slot, expr_list *conjuncts) {
    plan_node *n = *slot;
    switch ((plan_kind)n->kind) {
    case PLAN_SCAN:
        return push_into_scan(c, (plan_scan *)n, slot, conjuncts);
    case PLAN_FILTER: {
        plan_filter *f = (plan_filter *)n;
        expr_list all = {0};
        for (uint32_t i = 0; i < f->conjunct_count; i++) TRY(rule_split(c, f->conjuncts[i], &all));
        TRY(rule_append(c, &all, conjuncts->items, conjuncts->count));
        *slot = n->children[0];
        return push_down(c, slot, &all);
    }
    case PLAN_PROJECT:
        return push_through_project(c, slot, conjuncts);
    case PLAN_AGGREGATE:
        return push_through_aggregate(c, slot, conjuncts);
    case PLAN_WINDOW:
        return push_through_window(c, slot, conjuncts);
    case PLAN_SORT:
    case PLAN_DISTINCT:
        return push_through_all(c, slot, conjuncts);
    case PLAN_GENERATE:
        return push_through_generate(c, slot, conjuncts);
    case PLAN_SET_OP:
        return push_through_set_op(c, slot, conjuncts);
    case PLAN_JOIN:
        return push_through_join(c, slot, conjuncts);
    case PLAN_CTE:
        TRY(push_with_none(c, &n->children[0]));
        TRY(push_down(c, &n->children[1], conjuncts));
        return rule_refresh(c, n);
    case PLAN_VALUES:
    case PLAN_LIMIT:
    case PLAN_TOP_N:
    case PLAN_SAMPLE:
    case PLAN_CTE_SCAN:
    case PLAN_RECURSIVE:
    case PLAN_RECURSIVE_SCAN:
    case PLAN_WRITE:
    case PLAN_KIND_COUNT:
        break;
    }
    for (uint32_t i = 0; i < n->child_count; i++) TRY(push_with_none(c, &n->children[i]));
    TRY(rule_refresh(c, n));
    return rule_filter(c, slot, conjuncts->items, conjuncts->count);
}

dbx_status rule_push_filters(plan_context *c, plan_node **root) {
    return push_with_none(c, root);
}
