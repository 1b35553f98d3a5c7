/* scan.c - scans: which of a scan's conjuncts the source is told as predicates.
 *
 * A source can skip data by "column op constant", IN of constants, IS [NOT] NULL and "column op
 * column". Whether it applied a predicate to every row is known only when it is opened, so every
 * predicate keeps its expression at the same position of `residual`. Conjuncts of other forms
 * follow as residuals; those that bound a column (starts_with) also give predicates whose residual
 * is TRUE, since the full condition is evaluated anyway.
 */
#include "planner/planner_int.h"

enum { SCAN_IN_MAX = 1024 };

typedef struct planner_scan_split {
    planner *p;
    const plan_scan *scan;
    ARENA_LIST(scan_predicate) predicates;
    ARENA_LIST(expr *) matched; /* residual of each predicate */
    ARENA_LIST(scan_pair) pairs;
    ARENA_LIST(expr *) compared; /* residual of each pair */
    ARENA_LIST(expr *) rest;
} planner_scan_split;

static bool planner_scan_source_column(const planner_scan_split *s, const expr *x,
                                       uint32_t *column) {
    if (x->kind != EXPR_COLUMN) return false;
    for (uint32_t i = 0; i < s->scan->base.column_count; i++)
        if (s->scan->base.columns[i].id == x->u.column) {
            *column = s->scan->source_columns[i];
            return type_equal(s->scan->source->columns[*column].type, x->type);
        }
    return false;
}

static bool planner_scan_compare_op(function_op op, bool swapped, scan_predicate_op *out) {
    switch (op) {
    case OP_EQ:
        *out = SCAN_EQ;
        return true;
    case OP_NE:
        *out = SCAN_NE;
        return true;
    case OP_LT:
        *out = swapped ? SCAN_GT : SCAN_LT;
        return true;
    case OP_LE:
        *out = swapped ? SCAN_GE : SCAN_LE;
        return true;
    case OP_GT:
        *out = swapped ? SCAN_LT : SCAN_GT;
        return true;
    case OP_GE:
        *out = swapped ? SCAN_LE : SCAN_GE;
        return true;
    default:
        return false;
    }
}

static bool planner_scan_is_value(const expr *x, type t) {
    return x->kind == EXPR_CONSTANT && type_same_layout(x->type, t) &&
           !vector_is_null(x->u.value, 0);
}

static dbx_status planner_scan_add(planner_scan_split *s, scan_predicate predicate,
                                   expr *residual) {
    TRY(ARENA_LIST_PUSH(s->p->arena, &s->predicates, predicate));
    return ARENA_LIST_PUSH(s->p->arena, &s->matched, residual);
}

static dbx_status planner_scan_try_compare(planner_scan_split *s, expr *x, bool *done) {
    for (uint32_t side = 0; side < 2; side++) {
        scan_predicate_op op;
        uint32_t column;
        const expr *value = x->args[1 - side];
        if (!planner_scan_compare_op(expr_op(x), side == 1, &op) ||
            !planner_scan_source_column(s, x->args[side], &column) ||
            !planner_scan_is_value(value, x->args[side]->type))
            continue;
        *done = true;
        return planner_scan_add(
            s, (scan_predicate){.column = column, .op = op, .value = *value->u.value}, x);
    }
    return DBX_OK;
}

/* column op column. */
static dbx_status planner_scan_try_pair(planner_scan_split *s, expr *x, bool *done) {
    scan_pair pair;
    if (*done || !planner_scan_compare_op(expr_op(x), false, &pair.op) ||
        !planner_scan_source_column(s, x->args[0], &pair.left) ||
        !planner_scan_source_column(s, x->args[1], &pair.right) ||
        !type_equal(x->args[0]->type, x->args[1]->type))
        return DBX_OK;
    *done = true;
    TRY(ARENA_LIST_PUSH(s->p->arena, &s->pairs, pair));
    return ARENA_LIST_PUSH(s->p->arena, &s->compared, x);
}

/* Insertion sort of the first `count` values without duplicates; returns how many are left. */
static uint32_t planner_scan_sort_values(const vector **values, uint32_t count) {
    sort_order order = {0};
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t low = 0, high = kept;
        const vector *v = values[i];
        while (low < high) {
            uint32_t mid = (low + high) / 2;
            if (row_compare(values[mid], 0, v, 0, order) < 0)
                low = mid + 1;
            else
                high = mid;
        }
        if (low < kept && row_compare(values[low], 0, v, 0, order) == 0) continue;
        memmove(values + low + 1, values + low, (kept - low) * sizeof *values);
        values[low] = v;
        kept++;
    }
    return kept;
}

/* NULL items never make IN true, and a conjunct is only asked for truth. */
static dbx_status planner_scan_try_in(planner_scan_split *s, expr *x, bool *done) {
    uint32_t column, count = 0;
    if (x->arg_count - 1 > SCAN_IN_MAX || !planner_scan_source_column(s, x->args[0], &column))
        return DBX_OK;
    const vector **values = ARENA_ARRAY(s->p->arena, const vector *, x->arg_count);
    if (values == NULL) return DBX_NOMEM;
    for (uint32_t i = 1; i < x->arg_count; i++) {
        const expr *item = x->args[i];
        if (item->kind != EXPR_CONSTANT || !type_same_layout(item->type, x->args[0]->type))
            return DBX_OK;
        if (!vector_is_null(item->u.value, 0)) values[count++] = item->u.value;
    }
    if (count == 0) return DBX_OK;
    count = planner_scan_sort_values(values, count);
    scan_predicate predicate = {.column = column, .op = SCAN_IN, .value_count = count};
    TRY(vector_init(&predicate.value, x->args[0]->type, count, s->p->arena));
    for (uint32_t i = 0; i < count; i++)
        TRY(vector_copy(&predicate.value, i, values[i], NULL, 0, 1, s->p->arena));
    *done = true;
    return planner_scan_add(s, predicate, x);
}

static dbx_status planner_scan_constant_bool(planner_scan_split *s, bool value,
                                             const vector **out) {
    const expr *x = expr_constant_bool(s->p->arena, value, (span){0, 0});
    if (x == NULL) return DBX_NOMEM;
    *out = x->u.value;
    return DBX_OK;
}

/* starts_with(column, 'abc'): column >= 'abc', and below the next prefix when the last byte can be
 * raised. Bytes order as UTF8_BINARY does. */
static dbx_status planner_scan_bound_prefix(planner_scan_split *s, expr *x) {
    uint32_t column;
    const expr *prefix = x->args[1];
    if (!planner_scan_source_column(s, x->args[0], &column) || x->args[0]->type.id != TYPE_STRING ||
        x->args[0]->type.collation != COLLATION_UTF8_BINARY ||
        !planner_scan_is_value(prefix, x->args[0]->type))
        return DBX_OK;
    string_view low = vstring_view(VECTOR_DATA(prefix->u.value, vstring));
    if (low.size == 0) return DBX_OK;
    expr *yes = expr_constant_bool(s->p->arena, true, x->span);
    char *bytes = arena_alloc_bytes(s->p->arena, low.size + 1);
    if (yes == NULL || bytes == NULL) return DBX_NOMEM;
    TRY(planner_scan_add(
        s, (scan_predicate){.column = column, .op = SCAN_GE, .value = *prefix->u.value}, yes));
    memcpy(bytes, low.data, low.size);
    if ((unsigned char)bytes[low.size - 1] >= 0x7F) return DBX_OK; /* keeps the bound valid UTF-8 */
    bytes[low.size - 1]++;
    const expr *high = expr_constant_string(s->p->arena, (string_view){bytes, low.size}, x->span);
    if (high == NULL) return DBX_NOMEM;
    return planner_scan_add(
        s, (scan_predicate){.column = column, .op = SCAN_LT, .value = *high->u.value}, yes);
}

static dbx_status planner_scan_split_conjunct(planner_scan_split *s, expr *x) {
    bool done = false;
    uint32_t column;
    function_op op = expr_op(x);
    if (x->kind == EXPR_IN) {
        TRY(planner_scan_try_in(s, x, &done));
    } else if (op == OP_IS_NULL || op == OP_IS_NOT_NULL) {
        if (planner_scan_source_column(s, x->args[0], &column)) {
            scan_predicate_op as = op == OP_IS_NULL ? SCAN_IS_NULL : SCAN_IS_NOT_NULL;
            return planner_scan_add(s, (scan_predicate){.column = column, .op = as}, x);
        }
    } else if (op == OP_STARTS_WITH) {
        TRY(planner_scan_bound_prefix(s, x));
    } else if (op >= OP_EQ && op <= OP_GE) {
        TRY(planner_scan_try_compare(s, x, &done));
        TRY(planner_scan_try_pair(s, x, &done));
    } else if (x->kind == EXPR_COLUMN || (x->kind == EXPR_NOT && x->args[0]->kind == EXPR_COLUMN)) {
        bool value = x->kind == EXPR_COLUMN;
        if (planner_scan_source_column(s, value ? x : x->args[0], &column)) {
            const vector *v;
            TRY(planner_scan_constant_bool(s, value, &v));
            return planner_scan_add(
                s, (scan_predicate){.column = column, .op = SCAN_EQ, .value = *v}, x);
        }
    }
    return done ? DBX_OK : ARENA_LIST_PUSH(s->p->arena, &s->rest, x);
}

static dbx_status planner_scan_residuals(planner_scan_split *s, const planned *x, phys_scan *o) {
    uint32_t count = 0;
    expr **all =
        ARENA_ARRAY(s->p->arena, expr *, s->matched.count + s->compared.count + s->rest.count + 1);
    if (all == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < s->matched.count; i++) all[count++] = s->matched.items[i];
    for (uint32_t i = 0; i < s->compared.count; i++) all[count++] = s->compared.items[i];
    for (uint32_t i = 0; i < s->rest.count; i++) all[count++] = s->rest.items[i];
    planner_enter(s->p, x, NULL);
    TRY(planner_slots_all(s->p, all, count, &o->residual));
    planner_leave(s->p, x, NULL);
    o->residual_count = count;
    return DBX_OK;
}

dbx_status planner_convert_scan(planner *p, plan_scan *n, const column_set *need, planned *out) {
    column_set read;
    TRY(planner_need_copy(p, need, &read));
    TRY(planner_need(p, &read, n->predicates, n->predicate_count));
    plan_column *columns = ARENA_ARRAY(p->arena, plan_column, n->base.column_count + 1);
    uint32_t *source_columns = ARENA_ARRAY(p->arena, uint32_t, n->base.column_count + 1);
    if (columns == NULL || source_columns == NULL) return DBX_NOMEM;
    uint32_t count = 0, needed = 0;
    for (uint32_t pass = 0; pass < 2; pass++) { /* needed above, then only by predicates */
        for (uint32_t i = 0; i < n->base.column_count; i++) {
            column_id id = n->base.columns[i].id;
            if (!column_set_has(&read, id) || column_set_has(need, id) != (pass == 0)) continue;
            columns[count] = n->base.columns[i];
            source_columns[count++] = n->source_columns[i];
        }
        if (pass == 0) needed = count;
    }
    phys_scan *o;
    TRY(planner_op_new(p, PHYS_OP_SCAN, sizeof *o, 0, columns, count, n->base.rows, &o));
    *out = (planned){.op = &o->base, .columns = columns, .count = count};
    planner_scan_split s = {.p = p, .scan = n};
    for (uint32_t i = 0; i < n->predicate_count; i++)
        TRY(planner_scan_split_conjunct(&s, n->predicates[i]));
    TRY(planner_scan_residuals(&s, out, o));
    o->source = n->source;
    o->name = n->name;
    o->columns = source_columns;
    o->predicates = s.predicates.items;
    o->predicate_count = s.predicates.count;
    o->pairs = s.pairs.items;
    o->pair_count = s.pairs.count;
    o->row_limit = n->row_limit;
    o->filter_columns = count - needed;
    return DBX_OK;
}
