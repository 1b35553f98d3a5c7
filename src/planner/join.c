/* join.c - joins: a hash join where some condition is an equality between the sides, else a
 * nested-loop join.
 *
 * The right child is the build side. Which child stands right is the optimizer's choice; MARK and
 * SINGLE answer for left rows and build the right side. SEMI and ANTI build the left side when it
 * is much smaller (answers_build).
 */
#include "optimizer/properties.h"
#include "planner/planner_int.h"

typedef struct planner_join_split {
    expr **probe, **build, **residual;
    bool *null_safe;
    uint32_t keys, residuals;
} planner_join_split;

/* Do all columns of x come from `side`, at least one? */
static dbx_status planner_join_stands_on(planner *p, const expr *x, const column_set *side,
                                         bool *out) {
    column_set used = {0};
    TRY(expr_collect_columns(x, &used, p->arena));
    *out = !column_set_is_empty(&used) && column_set_contains(side, &used);
    return DBX_OK;
}

static dbx_status planner_join_split_condition(planner *p, expr *x, const column_set *left,
                                               const column_set *right, planner_join_split *s) {
    function_op op = expr_op(x);
    if ((op == OP_EQ || op == OP_EQ_NULL_SAFE) && !expr_is_volatile(x)) {
        bool stands = type_same_layout(x->args[0]->type, x->args[1]->type) &&
                      x->args[0]->type.collation == x->args[1]->type.collation;
        for (uint32_t side = 0; side < 2 && stands; side++) {
            bool on_left, on_right;
            TRY(planner_join_stands_on(p, x->args[side], left, &on_left));
            TRY(planner_join_stands_on(p, x->args[1 - side], right, &on_right));
            if (!on_left || !on_right) continue;
            s->probe[s->keys] = x->args[side];
            s->build[s->keys] = x->args[1 - side];
            s->null_safe[s->keys++] = op == OP_EQ_NULL_SAFE;
            return DBX_OK;
        }
    }
    s->residual[s->residuals++] = x;
    return DBX_OK;
}

static dbx_status planner_join_split_all(planner *p, const plan_join *j, planner_join_split *s) {
    column_set left = {0}, right = {0};
    size_t room = (size_t)j->condition_count + 1;
    s->probe = ARENA_ARRAY(p->arena, expr *, room);
    s->build = ARENA_ARRAY(p->arena, expr *, room);
    s->residual = ARENA_ARRAY(p->arena, expr *, room);
    s->null_safe = ARENA_ARRAY(p->arena, bool, room);
    if (s->probe == NULL || s->build == NULL || s->residual == NULL || s->null_safe == NULL)
        return DBX_NOMEM;
    TRY(plan_output_set(j->base.children[0], &left, p->arena));
    TRY(plan_output_set(j->base.children[1], &right, p->arena));
    for (uint32_t i = 0; i < j->condition_count; i++)
        TRY(planner_join_split_condition(p, j->conditions[i], &left, &right, s));
    return DBX_OK;
}

/* SEMI and ANTI may build the left side, when it is the smaller one. */
#define PLANNER_JOIN_ANSWER_RATIO 1.5
static bool planner_join_answers_build(const plan_join *j) {
    if ((j->join != JOIN_SEMI && j->join != JOIN_ANTI) || j->null_aware) return false;
    double left = j->base.children[0]->rows, right = j->base.children[1]->rows;
    return left >= 0 && right >= 0 && left * PLANNER_JOIN_ANSWER_RATIO < right;
}

/* Outputs: the probe's columns, then the build's or the mark, as the join's kind has them. */
static dbx_status planner_join_columns(planner *p, const plan_join *j, const planned *left,
                                       const planned *right, planned *out) {
    bool with_right = j->join != JOIN_SEMI && j->join != JOIN_ANTI && j->join != JOIN_MARK;
    out->columns = ARENA_ARRAY(p->arena, plan_column, (size_t)left->count + right->count + 1);
    if (out->columns == NULL) return DBX_NOMEM;
    out->count = 0;
    for (uint32_t i = 0; i < left->count; i++) {
        out->columns[out->count] = left->columns[i];
        if (j->join == JOIN_RIGHT || j->join == JOIN_FULL) out->columns[out->count].nullable = true;
        out->count++;
    }
    for (uint32_t i = 0; i < right->count && with_right; i++) {
        out->columns[out->count] = right->columns[i];
        if (j->join != JOIN_INNER && j->join != JOIN_RIGHT)
            out->columns[out->count].nullable = true;
        out->count++;
    }
    if (j->join == JOIN_MARK)
        out->columns[out->count++] = j->base.columns[j->base.column_count - 1];
    return DBX_OK;
}

/* The probe side's columns come first for residuals; `swapped` says that it is the logical right
 * side. */
static dbx_status planner_join_make_hash(planner *p, const plan_join *j,
                                         const planner_join_split *s, const planned *left,
                                         const planned *right, planned *out) {
    bool swapped = planner_join_answers_build(j);
    const planned *probe = swapped ? right : left, *build = swapped ? left : right;
    phys_hash_join *o;
    TRY(planner_op_new(p, PHYS_OP_HASH_JOIN, sizeof *o, 2, out->columns, out->count, j->base.rows,
                       &o));
    out->op = &o->base;
    o->base.children[0] = probe->op;
    o->base.children[1] = build->op;
    o->join = j->join;
    o->key_count = s->keys;
    o->null_safe = s->null_safe;
    o->residual_count = s->residuals;
    o->null_aware = j->null_aware;
    o->position = j->position;
    o->answers_build = swapped;
    planner_enter(p, probe, NULL);
    TRY(planner_slots_all(p, swapped ? s->build : s->probe, s->keys, &o->probe_keys));
    planner_leave(p, probe, NULL);
    planner_enter(p, build, NULL);
    TRY(planner_slots_all(p, swapped ? s->probe : s->build, s->keys, &o->build_keys));
    planner_leave(p, build, NULL);
    planner_enter(p, probe, build);
    TRY(planner_slots_all(p, s->residual, s->residuals, &o->residual));
    planner_leave(p, probe, build);
    column_set keys = {0};
    expr *const *built = swapped ? s->probe : s->build;
    for (uint32_t i = 0; i < s->keys; i++)
        if (built[i]->kind == EXPR_COLUMN) TRY(column_set_add(&keys, built[i]->u.column, p->arena));
    return plan_is_unique_on(j->base.children[swapped ? 0 : 1], &keys, p->arena, &o->build_unique);
}

/* ---- ranges ---- */

typedef struct planner_join_range { /* key OP bound: key of the right side, bound of the left */
    expr *key, *bound;
    function_op op;
} planner_join_range;

static function_op planner_op_turned(function_op op) {
    switch (op) {
    case OP_LT:
        return OP_GT;
    case OP_LE:
        return OP_GE;
    case OP_GT:
        return OP_LT;
    case OP_GE:
        return OP_LE;
    default:
        return OP_NONE;
    }
}

static dbx_status planner_join_range_of(planner *p, expr *x, const column_set *left,
                                        const column_set *right, planner_join_range *out) {
    function_op op = expr_op(x);
    out->key = NULL;
    if (planner_op_turned(op) == OP_NONE || expr_is_volatile(x)) return DBX_OK;
    if (!type_same_layout(x->args[0]->type, x->args[1]->type) ||
        x->args[0]->type.collation != x->args[1]->type.collation)
        return DBX_OK;
    for (uint32_t side = 0; side < 2; side++) {
        bool on_left, on_right;
        TRY(planner_join_stands_on(p, x->args[side], right, &on_right));
        TRY(planner_join_stands_on(p, x->args[1 - side], left, &on_left));
        if (!on_left || !on_right) continue;
        *out = (planner_join_range){x->args[side], x->args[1 - side],
                                    side == 0 ? op : planner_op_turned(op)};
    }
    return DBX_OK;
}

static bool planner_op_is_lower(function_op op) {
    return op == OP_GT || op == OP_GE;
}

typedef struct planner_join_ranges {
    planner_join_range *items;
    uint32_t count;
    const expr *key; /* the right value to sort by; NULL: none */
    bool both_ends;  /* it has a lower and an upper bound */
} planner_join_ranges;

static void planner_join_choose_range(planner_join_ranges *r) {
    if (r->count > 0) r->key = r->items[0].key;
    for (uint32_t i = 0; i < r->count; i++) {
        for (uint32_t k = 0; k < i && !r->both_ends; k++) {
            const planner_join_range *x = &r->items[i], *y = &r->items[k];
            r->both_ends = expr_equal(x->key, y->key) &&
                           planner_op_is_lower(x->op) != planner_op_is_lower(y->op);
            if (r->both_ends) r->key = x->key;
        }
    }
}

static dbx_status planner_join_find_ranges(planner *p, const plan_join *j, planner_join_ranges *r) {
    column_set on_left = {0}, on_right = {0};
    *r = (planner_join_ranges){0};
    if (j->join == JOIN_MARK || j->join == JOIN_SINGLE || j->null_aware) return DBX_OK;
    r->items = ARENA_ARRAY(p->arena, planner_join_range, (size_t)j->condition_count + 1);
    if (r->items == NULL) return DBX_NOMEM;
    TRY(plan_output_set(j->base.children[0], &on_left, p->arena));
    TRY(plan_output_set(j->base.children[1], &on_right, p->arena));
    for (uint32_t i = 0; i < j->condition_count; i++) {
        planner_join_range *next = &r->items[r->count];
        TRY(planner_join_range_of(p, j->conditions[i], &on_left, &on_right, next));
        r->count += next->key != NULL;
    }
    planner_join_choose_range(r);
    return DBX_OK;
}

/* The same join with its sides exchanged, where the kind allows it. */
static bool planner_join_turn(const plan_join *j, plan_node **children, plan_join *out) {
    *out = *j;
    children[0] = j->base.children[1];
    children[1] = j->base.children[0];
    out->base.children = children;
    switch (j->join) {
    case JOIN_INNER:
    case JOIN_FULL:
        return true;
    case JOIN_LEFT:
        out->join = JOIN_RIGHT;
        return true;
    case JOIN_RIGHT:
        out->join = JOIN_LEFT;
        return true;
    default:
        return false;
    }
}

static dbx_status planner_join_add_ranges(planner *p, const planner_join_ranges *r,
                                          const planned *left, const planned *right,
                                          phys_nested_loop_join *o) {
    const expr *key = r->key;
    if (key == NULL) return DBX_OK;
    o->range_bounds = ARENA_ARRAY(p->arena, expr *, r->count);
    o->range_ops = ARENA_ARRAY(p->arena, uint8_t, r->count);
    if (o->range_bounds == NULL || o->range_ops == NULL) return DBX_NOMEM;
    planner_enter(p, right, NULL);
    TRY(planner_slots(p, key, &o->range_key));
    planner_leave(p, right, NULL);
    planner_enter(p, left, NULL);
    for (uint32_t i = 0; i < r->count; i++) {
        if (!expr_equal(r->items[i].key, key)) continue;
        TRY(planner_slots(p, r->items[i].bound, &o->range_bounds[o->range_count]));
        o->range_ops[o->range_count++] = (uint8_t)r->items[i].op;
    }
    planner_leave(p, left, NULL);
    return DBX_OK;
}

/* The side whose rows are kept is the right one; where only the other side has a value that is
 * bounded on both ends, the sides are exchanged. */
static dbx_status planner_join_make_loop(planner *p, const plan_join *j, const planned *left,
                                         const planned *right, planned *out) {
    phys_nested_loop_join *o;
    planner_join_ranges ranges, turned_ranges;
    plan_node *children[2];
    plan_join turned;
    TRY(planner_join_find_ranges(p, j, &ranges));
    if (ranges.key != NULL && !ranges.both_ends && planner_join_turn(j, children, &turned)) {
        TRY(planner_join_find_ranges(p, &turned, &turned_ranges));
        if (turned_ranges.both_ends) {
            const planned *was_left = left;
            left = right;
            right = was_left;
            j = &turned;
            ranges = turned_ranges;
        }
    }
    TRY(planner_join_columns(p, j, left, right, out));
    TRY(planner_op_new(p, PHYS_OP_NESTED_LOOP_JOIN, sizeof *o, 2, out->columns, out->count,
                       j->base.rows, &o));
    out->op = &o->base;
    o->base.children[0] = left->op;
    o->base.children[1] = right->op;
    o->join = j->join;
    o->condition_count = j->condition_count;
    o->null_aware = j->null_aware;
    o->position = j->position;
    planner_enter(p, left, right);
    TRY(planner_slots_all(p, j->conditions, j->condition_count, &o->conditions));
    planner_leave(p, left, right);
    return planner_join_add_ranges(p, &ranges, left, right, o);
}

dbx_status planner_convert_join(planner *p, plan_join *j, const column_set *need, planned *out) {
    if (j->dependent)
        return error_raise(p->err, ERR_INTERNAL_ERROR, j->position, "message",
                           "a dependent join reached the planner", NULL);
    column_set below;
    planned left, right;
    TRY(planner_need_copy(p, need, &below));
    TRY(planner_need(p, &below, j->conditions, j->condition_count));
    TRY(planner_convert(p, j->base.children[0], &below, &left));
    TRY(planner_convert(p, j->base.children[1], &below, &right));
    TRY(planner_narrow(p, &left, &below));
    TRY(planner_narrow(p, &right, &below));
    planner_join_split s = {0};
    TRY(planner_join_split_all(p, j, &s));
    if (s.keys == 0) return planner_join_make_loop(p, j, &left, &right, out);
    TRY(planner_join_columns(p, j, &left, &right, out));
    return planner_join_make_hash(p, j, &s, &left, &right, out);
}
