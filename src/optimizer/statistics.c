/* statistics.c - estimates of rows and of columns, bottom-up.
 *
 * METHODS
 *   Scans take row counts, distinct counts, ranges and NULL counts from their source. A conjunct
 * "column = constant" keeps 1 / distinct, ranges what they overlap of [min, max]; what is not known
 * gets the fractions of the enum below. Joins: |L| * |R| / max(domain of L's keys, domain of R's
 * keys), the containment assumption on domains before filters, so that filters of either side keep
 * their effect. The domain of several keys of one relation is bounded by the relation's rows, which
 * is what a composite key has. Groups: distinct values left in the input (Cardenas' formula),
 * multiplied, bounded by the rows.
 */
#include "optimizer/statistics.h"

#include "optimizer/properties.h"

#include <math.h>

#define SELECTIVITY_UNKNOWN 0.3
#define SELECTIVITY_RANGE 0.33
#define SELECTIVITY_EQUAL 0.05
#define SELECTIVITY_CONTAINS 0.05
#define SELECTIVITY_PREFIX 0.02
#define ROWS_UNKNOWN 10000.0

dbx_status statistics_init(statistics *s, plan_context *c) {
    *s = (statistics){.context = c, .bound = c->next_column + 8, .cte_bound = c->cte_count + 1};
    s->columns = ARENA_ARRAY(c->arena, column_estimate, s->bound);
    s->ctes = ARENA_ARRAY(c->arena, cte_estimate, s->cte_bound);
    return s->columns != NULL && s->ctes != NULL ? DBX_OK : DBX_NOMEM;
}

double distinct_left(double domain, double rows) {
    if (domain <= 1) return 1;
    if (rows >= domain * 20) return domain;
    return MAX(1.0, domain * (1 - exp(-rows / domain)));
}

static const column_estimate *statistics_column(const statistics *s, column_id id) {
    return id < s->bound && s->columns[id].known ? &s->columns[id] : NULL;
}

static dbx_status statistics_set(statistics *s, column_id id, column_estimate e) {
    if (id >= s->bound) {
        column_id bound = MAX(s->bound * 2, id + 64);
        column_estimate *more = ARENA_ARRAY(s->context->arena, column_estimate, bound);
        if (more == NULL) return DBX_NOMEM;
        memcpy(more, s->columns, s->bound * sizeof *more);
        s->columns = more;
        s->bound = bound;
    }
    e.known = true;
    s->columns[id] = e;
    return DBX_OK;
}

/* ---- values as numbers ---- */

static double statistics_string_number(const vstring *v) {
    double number = 0, scale = 1;
    const unsigned char *bytes = (const unsigned char *)vstring_data(v);
    for (uint32_t i = 0; i < 7; i++) {
        scale /= 256;
        number += scale * (i < v->size ? bytes[i] : 0);
    }
    return number;
}

/* The value in the order of its type; false where there is none. */
static bool statistics_number(const vector *v, double *out) {
    if (v->data == NULL || vector_is_null(v, 0)) return false;
    switch ((physical_type)v->phys) {
    case PHYS_BOOL:
        *out = *VECTOR_DATA(v, uint8_t);
        return true;
    case PHYS_INT8:
        *out = *VECTOR_DATA(v, int8_t);
        return true;
    case PHYS_INT16:
        *out = *VECTOR_DATA(v, int16_t);
        return true;
    case PHYS_INT32:
        *out = *VECTOR_DATA(v, int32_t);
        return true;
    case PHYS_INT64:
        *out = (double)*VECTOR_DATA(v, int64_t);
        break;
    case PHYS_INT128:
        *out = (double)*VECTOR_DATA(v, __int128);
        break;
    case PHYS_FLOAT:
        *out = (double)*VECTOR_DATA(v, float);
        return !isnan(*out);
    case PHYS_DOUBLE:
        *out = *VECTOR_DATA(v, double);
        return !isnan(*out);
    case PHYS_STRING:
        if (v->type.id != TYPE_STRING) return false;
        *out = statistics_string_number(VECTOR_DATA(v, vstring));
        return true;
    default:
        return false;
    }
    for (uint32_t i = 0; v->type.id == TYPE_DECIMAL && i < v->type.scale; i++) *out /= 10;
    return true;
}

/* ---- selectivity ---- */

double statistics_distinct(const statistics *s, const expr *x, double rows) {
    if (x->kind == EXPR_CONSTANT) return 1;
    if (x->type.id == TYPE_BOOLEAN) return 2;
    if (x->kind == EXPR_COLUMN) {
        const column_estimate *e = statistics_column(s, x->u.column);
        return e != NULL ? e->distinct : MAX(1.0, rows / 10);
    }
    double product = 1;
    for (uint32_t i = 0; i < x->arg_count; i++)
        if (x->args[i]->kind != EXPR_LAMBDA) product *= statistics_distinct(s, x->args[i], rows);
    /* What is made of a value has fewer values than it: substrings, years of dates. */
    if (x->kind == EXPR_CALL && (expr_op(x) < OP_ADD || expr_op(x) > OP_NEGATE))
        product = sqrt(product) * 2;
    return MAX(1.0, MIN(product, rows));
}

typedef struct range_test {
    column_id column;
    double low, high;
} range_test;

/* column op constant: narrows the range that the conjuncts leave. */
static bool statistics_as_range(const statistics *s, const expr *x, range_test *out) {
    function_op op = expr_op(x);
    if (op < OP_LT || op > OP_GE) return false;
    bool swapped = x->args[1]->kind == EXPR_COLUMN;
    const expr *column = x->args[swapped], *value = x->args[!swapped];
    double number;
    if (column->kind != EXPR_COLUMN || value->kind != EXPR_CONSTANT ||
        !statistics_number(value->u.value, &number))
        return false;
    const column_estimate *e = statistics_column(s, column->u.column);
    if (e == NULL || !e->has_range) return false;
    bool below = op == OP_LT || op == OP_LE;
    *out = (range_test){.column = column->u.column, .low = e->low, .high = e->high};
    if (below != swapped)
        out->high = number;
    else
        out->low = number;
    return true;
}

static double statistics_one(const statistics *s, const expr *x, double rows);

static double statistics_equal(const statistics *s, const expr *x, double rows) {
    const expr *l = x->args[0], *r = x->args[1];
    if (l->kind == EXPR_CONSTANT) {
        l = x->args[1];
        r = x->args[0];
    }
    double number;
    if (l->kind == EXPR_COLUMN && r->kind == EXPR_CONSTANT) {
        const column_estimate *e = statistics_column(s, l->u.column);
        if (e == NULL) return SELECTIVITY_EQUAL;
        if (e->has_range && statistics_number(r->u.value, &number) &&
            (number < e->low || number > e->high))
            return 1e-9;
        return (1 - e->null_fraction) / e->distinct;
    }
    double left = statistics_distinct(s, l, rows), right = statistics_distinct(s, r, rows);
    return 1 / MAX(1.0, MAX(left, right));
}

static double statistics_like(const expr *x) {
    const expr *pattern = x->arg_count > 1 ? x->args[1] : x;
    if (pattern->kind != EXPR_CONSTANT || pattern->type.id != TYPE_STRING ||
        vector_is_null(pattern->u.value, 0))
        return SELECTIVITY_CONTAINS;
    string_view text = vstring_view(VECTOR_DATA(pattern->u.value, vstring));
    return text.size > 0 && text.data[0] == '%' ? SELECTIVITY_CONTAINS : SELECTIVITY_PREFIX;
}

static double statistics_call(const statistics *s, const expr *x, double rows) {
    switch (expr_op(x)) {
    case OP_EQ:
    case OP_EQ_NULL_SAFE:
        return statistics_equal(s, x, rows);
    case OP_NE:
        return 1 - statistics_equal(s, x, rows);
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE: {
        range_test t;
        if (!statistics_as_range(s, x, &t)) return SELECTIVITY_RANGE;
        const column_estimate *e = statistics_column(s, t.column);
        double width = e->high - e->low;
        return width > 0 ? MAX(0.0, MIN(1.0, (t.high - t.low) / width)) : SELECTIVITY_RANGE;
    }
    case OP_IS_NULL:
    case OP_IS_NOT_NULL: {
        double nulls = x->args[0]->nullable ? 0.1 : 0;
        const column_estimate *e =
            x->args[0]->kind == EXPR_COLUMN ? statistics_column(s, x->args[0]->u.column) : NULL;
        if (e != NULL) nulls = e->null_fraction;
        return expr_op(x) == OP_IS_NULL ? nulls : 1 - nulls;
    }
    case OP_LIKE:
        return statistics_like(x);
    case OP_STARTS_WITH:
        return SELECTIVITY_PREFIX;
    default:
        return SELECTIVITY_UNKNOWN;
    }
}

static double statistics_one(const statistics *s, const expr *x, double rows) {
    switch ((expr_kind)x->kind) {
    case EXPR_CONSTANT:
        return expr_is_constant_true(x) ? 1 : 1e-9;
    case EXPR_COLUMN:
        return 0.5;
    case EXPR_NOT:
        return 1 - statistics_one(s, x->args[0], rows);
    case EXPR_AND:
        return statistics_selectivity(s, x->args, x->arg_count, rows);
    case EXPR_OR: {
        double none = 1;
        for (uint32_t i = 0; i < x->arg_count; i++) none *= 1 - statistics_one(s, x->args[i], rows);
        return 1 - none;
    }
    case EXPR_IN:
        return MIN(1.0, (x->arg_count - 1) / statistics_distinct(s, x->args[0], rows));
    case EXPR_CALL:
        return statistics_call(s, x, rows);
    default:
        return SELECTIVITY_UNKNOWN;
    }
}

double statistics_selectivity(const statistics *s, expr *const *conjuncts, uint32_t count,
                              double rows) {
    enum { RANGES_MAX = 16 };
    range_test ranges[RANGES_MAX];
    uint32_t used = 0;
    double product = 1;
    for (uint32_t i = 0; i < count; i++) {
        range_test t;
        uint32_t at = 0;
        if (!statistics_as_range(s, conjuncts[i], &t)) {
            product *= statistics_one(s, conjuncts[i], rows);
            continue;
        }
        while (at < used && ranges[at].column != t.column) at++;
        if (at == used && used == RANGES_MAX) continue;
        if (at == used) {
            ranges[used++] = t;
        } else {
            ranges[at].low = MAX(ranges[at].low, t.low);
            ranges[at].high = MIN(ranges[at].high, t.high);
        }
    }
    for (uint32_t i = 0; i < used; i++) {
        const column_estimate *e = statistics_column(s, ranges[i].column);
        double width = e->high - e->low, part = MAX(0.0, ranges[i].high - ranges[i].low);
        double fraction = width > 0 ? part / width : 1;
        product *= MIN(1.0, MAX(fraction, 1 / e->distinct)) * (1 - e->null_fraction);
    }
    return MAX(product, 1e-9);
}

/* ---- joins ---- */

typedef struct key_domain {
    uint32_t relation; /* 0: none of its own */
    double product, bound;
} key_domain;

enum { JOIN_KEYS_MAX = 32 };

static void statistics_add_key(const statistics *s, const expr *key, key_domain *list,
                               uint32_t *count) {
    const column_estimate *e =
        key->kind == EXPR_COLUMN ? statistics_column(s, key->u.column) : NULL;
    double distinct = statistics_distinct(s, key, ROWS_UNKNOWN);
    for (uint32_t i = 0; e != NULL && i < *count; i++) {
        if (list[i].relation != e->relation) continue;
        list[i].product *= distinct;
        return;
    }
    if (*count == JOIN_KEYS_MAX) return;
    list[(*count)++] = (key_domain){.relation = e != NULL ? e->relation : UINT32_MAX,
                                    .product = distinct,
                                    .bound = e != NULL ? e->relation_rows : INFINITY};
}

/* *bounded: the rows of a relation, not its columns, say how many combinations there may be. */
static double statistics_domain(const key_domain *list, uint32_t count, bool *bounded) {
    double product = 1;
    *bounded = false;
    for (uint32_t i = 0; i < count; i++) {
        double bound = MAX(1.0, list[i].bound);
        *bounded = *bounded || list[i].product > bound;
        product *= MIN(list[i].product, bound);
    }
    return product;
}

dbx_status statistics_join(const statistics *s, expr *const *conditions, uint32_t count,
                           const column_set *left, const column_set *right, join_estimate *out) {
    key_domain lists[2][JOIN_KEYS_MAX];
    uint32_t used[2] = {0, 0};
    *out = (join_estimate){.residual = 1};
    for (uint32_t i = 0; i < count; i++) {
        const expr *x = conditions[i];
        bool key = false;
        for (uint32_t side = 0;
             side < 2 && !key && (expr_op(x) == OP_EQ || expr_op(x) == OP_EQ_NULL_SAFE); side++) {
            column_set l = {0}, r = {0};
            TRY(expr_collect_columns(x->args[side], &l, s->context->arena));
            TRY(expr_collect_columns(x->args[1 - side], &r, s->context->arena));
            if (column_set_is_empty(&l) || column_set_is_empty(&r) ||
                !column_set_contains(left, &l) || !column_set_contains(right, &r))
                continue;
            statistics_add_key(s, x->args[side], lists[0], &used[0]);
            statistics_add_key(s, x->args[1 - side], lists[1], &used[1]);
            key = true;
        }
        if (key)
            out->keys++;
        else
            out->residual *= statistics_one(s, x, ROWS_UNKNOWN);
    }
    bool bounded[2];
    out->left_domain = statistics_domain(lists[0], used[0], &bounded[0]);
    out->right_domain = statistics_domain(lists[1], used[1], &bounded[1]);
    if (bounded[0] && bounded[1]) /* one side's combinations are among the other's: the smaller
                                     bound holds for both */
        out->left_domain = out->right_domain = MIN(out->left_domain, out->right_domain);
    out->match = out->residual / MAX(1.0, MAX(out->left_domain, out->right_domain));
    return DBX_OK;
}

double statistics_join_rows(join_kind kind, const join_estimate *e, double left, double right) {
    double inner = left * right * e->match, found = 1;
    if (e->keys > 0) {
        double domain = MAX(1.0, MAX(e->left_domain, e->right_domain));
        found =
            MIN(1.0, distinct_left(e->right_domain, right) / domain) * (e->residual < 1 ? 0.7 : 1);
    } else if (e->residual < 1) {
        found = MIN(1.0, e->residual * right);
    }
    switch (kind) {
    case JOIN_INNER:
        return inner;
    case JOIN_LEFT:
        return MAX(left, inner);
    case JOIN_RIGHT:
        return MAX(right, inner);
    case JOIN_FULL:
        return MAX(MAX(left, right), inner);
    case JOIN_SEMI:
        return left * MAX(found, 1e-6);
    case JOIN_ANTI:
        return left * MAX(1 - found, 0.05);
    case JOIN_MARK:
    case JOIN_SINGLE:
        break;
    }
    return left;
}

/* ---- nodes ---- */

static dbx_status statistics_scan_columns(statistics *s, const plan_scan *n, double rows) {
    uint32_t relation = ++s->relations;
    for (uint32_t i = 0; i < n->base.column_count; i++) {
        column_estimate e = {.relation = relation, .relation_rows = rows, .distinct = -1};
        column_stats known;
        memset(&known, 0, sizeof known);
        known.distinct_count = -1;
        if (n->source->vtab->stats != NULL &&
            n->source->vtab->stats(n->source, n->source_columns[i], &known)) {
            e.has_range = known.has_min_max && statistics_number(&known.min, &e.low) &&
                          statistics_number(&known.max, &e.high);
            if (known.has_null_count && rows > 0)
                e.null_fraction = MIN(1.0, (double)known.null_count / rows);
            e.distinct = known.unique ? rows : known.distinct_count;
        }
        bool whole =
            type_is_integer(n->base.columns[i].type) || n->base.columns[i].type.id == TYPE_DATE;
        if (e.distinct < 0)
            e.distinct = n->base.columns[i].type.id == TYPE_BOOLEAN ? 2 : MAX(1.0, rows / 10);
        if (known.distinct_count < 0 && !known.unique && e.has_range && whole)
            e.distinct = MIN(e.high - e.low + 1, rows);
        e.distinct = MAX(1.0, e.distinct);
        TRY(statistics_set(s, n->base.columns[i].id, e));
    }
    return DBX_OK;
}

static dbx_status statistics_scan(statistics *s, plan_scan *n) {
    uint64_t count = 0;
    bool exact = false;
    double rows = ROWS_UNKNOWN;
    if (n->source->vtab->row_count != NULL && n->source->vtab->row_count(n->source, &count, &exact))
        rows = (double)count;
    TRY(statistics_scan_columns(s, n, rows));
    double kept = rows * statistics_selectivity(s, n->predicates, n->predicate_count, rows);
    n->base.rows = MIN(MAX(kept, rows > 0 ? 1.0 : 0.0), (double)n->row_limit);
    return DBX_OK;
}

static column_estimate statistics_of_expr(statistics *s, const expr *x, double rows) {
    const column_estimate *e = x->kind == EXPR_COLUMN ? statistics_column(s, x->u.column) : NULL;
    if (e != NULL) return *e;
    return (column_estimate){.distinct = MAX(1.0, statistics_distinct(s, x, rows)),
                             .relation = UINT32_MAX,
                             .relation_rows = rows};
}

static dbx_status statistics_aggregate(statistics *s, plan_aggregate *g) {
    double rows = g->base.children[0]->rows, groups = 1, total = 0;
    uint32_t relation = ++s->relations;
    for (uint32_t i = 0; i < g->group_count; i++) {
        double domain = statistics_distinct(s, g->groups[i], rows);
        groups *= distinct_left(domain, rows);
    }
    groups = MIN(groups, rows);
    if (g->group_count == 0 || groups < 1) groups = 1;
    for (uint32_t set = 0; set < g->set_count; set++) {
        double product = 1;
        for (uint32_t i = 0; i < g->group_count; i++)
            if (g->sets[set] >> i & 1)
                product *= distinct_left(statistics_distinct(s, g->groups[i], rows), rows);
        total += MIN(product, MAX(1.0, rows));
    }
    g->base.rows = g->set_count > 0 ? total : groups;
    for (uint32_t i = 0; i < g->base.column_count; i++) {
        column_estimate e = {
            .distinct = g->base.rows, .relation = relation, .relation_rows = g->base.rows};
        if (i < g->group_count) {
            e = statistics_of_expr(s, g->groups[i], rows);
            e.relation = relation;
            e.relation_rows = MAX(1.0, groups);
        }
        TRY(statistics_set(s, g->base.columns[i].id, e));
    }
    return DBX_OK;
}

static dbx_status statistics_distinct_node(statistics *s, plan_node *n) {
    double rows = n->children[0]->rows, groups = 1;
    for (uint32_t i = 0; i < n->column_count; i++) {
        const column_estimate *e = statistics_column(s, n->columns[i].id);
        groups *= distinct_left(e != NULL ? e->distinct : MAX(1.0, rows / 10), rows);
    }
    n->rows = MIN(rows, groups);
    return DBX_OK;
}

static dbx_status statistics_join_node(statistics *s, plan_join *j) {
    column_set left = {0}, right = {0};
    join_estimate e;
    plan_node *l = j->base.children[0], *r = j->base.children[1];
    TRY(plan_output_set(l, &left, s->context->arena));
    TRY(plan_output_set(r, &right, s->context->arena));
    TRY(statistics_join(s, j->conditions, j->condition_count, &left, &right, &e));
    j->base.rows = MAX(statistics_join_rows(j->join, &e, l->rows, r->rows), MIN(l->rows, 1.0));
    if (j->join == JOIN_MARK)
        TRY(statistics_set(s, j->mark, (column_estimate){.distinct = 2, .relation = UINT32_MAX}));
    return DBX_OK;
}

static dbx_status statistics_set_op(statistics *s, plan_set_op *n) {
    double sum = 0;
    for (uint32_t k = 0; k < n->base.child_count; k++) sum += n->base.children[k]->rows;
    double first = n->base.children[0]->rows;
    n->base.rows = n->op == SET_UNION_ALL   ? sum
                   : n->op >= SET_INTERSECT ? MIN(first, sum - first)
                                            : first;
    for (uint32_t i = 0; i < n->base.column_count; i++) {
        column_estimate e = {.relation = UINT32_MAX, .relation_rows = n->base.rows};
        for (uint32_t k = 0; k < n->base.child_count; k++) {
            const column_estimate *from = statistics_column(s, n->inputs[k][i]);
            e.distinct = MAX(e.distinct, from != NULL ? from->distinct : n->base.rows / 10);
        }
        e.distinct = MAX(1.0, e.distinct);
        TRY(statistics_set(s, n->base.columns[i].id, e));
    }
    return DBX_OK;
}

static dbx_status statistics_cte_scan(statistics *s, plan_cte_scan *n) {
    const cte_estimate *cte = n->index < s->cte_bound ? &s->ctes[n->index] : NULL;
    n->base.rows = cte != NULL && cte->definition != NULL ? cte->rows : ROWS_UNKNOWN;
    uint32_t relation = ++s->relations;
    for (uint32_t i = 0; i < n->base.column_count; i++) {
        const column_estimate *from = statistics_column(s, n->source_columns[i]);
        column_estimate e = {.distinct = MAX(1.0, n->base.rows / 10)};
        if (from != NULL) e = *from;
        e.relation = relation;
        e.relation_rows = n->base.rows;
        TRY(statistics_set(s, n->base.columns[i].id, e));
    }
    return DBX_OK;
}

/* Columns that the node makes from expressions. */
static dbx_status statistics_made(statistics *s, const plan_column *columns, expr *const *exprs,
                                  uint32_t count, double rows) {
    for (uint32_t i = 0; i < count; i++)
        TRY(statistics_set(s, columns[i].id, statistics_of_expr(s, exprs[i], rows)));
    return DBX_OK;
}

static void statistics_define(statistics *s, uint32_t index, const plan_node *definition,
                              double rows) {
    if (index < s->cte_bound)
        s->ctes[index] = (cte_estimate){.rows = rows, .definition = definition};
}

dbx_status statistics_estimate_node(statistics *s, plan_node *n) {
    double below = n->child_count > 0 ? n->children[0]->rows : 0;
    switch ((plan_kind)n->kind) {
    case PLAN_SCAN:
        return statistics_scan(s, (plan_scan *)n);
    case PLAN_VALUES:
        n->rows = ((plan_values *)n)->row_count;
        if (((plan_values *)n)->row_count == 0) return DBX_OK;
        for (uint32_t i = 0; i < n->column_count; i++)
            TRY(statistics_set(
                s, n->columns[i].id,
                (column_estimate){.distinct = MAX(1.0, n->rows), .relation = UINT32_MAX}));
        return DBX_OK;
    case PLAN_FILTER: {
        plan_filter *f = (plan_filter *)n;
        n->rows = MAX(below * statistics_selectivity(s, f->conjuncts, f->conjunct_count, below),
                      MIN(below, 1.0));
        return DBX_OK;
    }
    case PLAN_PROJECT:
        n->rows = below;
        return statistics_made(s, n->columns, ((plan_project *)n)->exprs, n->column_count, below);
    case PLAN_AGGREGATE:
        return statistics_aggregate(s, (plan_aggregate *)n);
    case PLAN_JOIN:
        return statistics_join_node(s, (plan_join *)n);
    case PLAN_LIMIT:
        n->rows = MIN(below, (double)((plan_limit *)n)->limit);
        return DBX_OK;
    case PLAN_TOP_N:
        n->rows = MIN(below, (double)((plan_sort *)n)->limit);
        return DBX_OK;
    case PLAN_DISTINCT:
        return statistics_distinct_node(s, n);
    case PLAN_SET_OP:
        return statistics_set_op(s, (plan_set_op *)n);
    case PLAN_GENERATE:
        n->rows = below * 4;
        return DBX_OK;
    case PLAN_SAMPLE: {
        const plan_sample *p = (plan_sample *)n;
        n->rows = p->fraction >= 0 ? below * p->fraction : MIN(below, (double)p->row_count);
        return DBX_OK;
    }
    case PLAN_CTE:
        n->rows = n->children[1]->rows;
        return DBX_OK;
    case PLAN_CTE_SCAN:
    case PLAN_RECURSIVE_SCAN:
        return statistics_cte_scan(s, (plan_cte_scan *)n);
    case PLAN_RECURSIVE:
        n->rows = MAX(below * 10, 100.0);
        return DBX_OK;
    case PLAN_WRITE:
        n->rows = 1;
        return DBX_OK;
    case PLAN_WINDOW:
    case PLAN_SORT:
    case PLAN_KIND_COUNT:
        break;
    }
    n->rows = below;
    return DBX_OK;
}

dbx_status statistics_estimate(statistics *s, plan_node *n) {
    for (uint32_t i = 0; i < n->child_count; i++) {
        TRY(statistics_estimate(s, n->children[i]));
        if (n->kind == PLAN_CTE && i == 0)
            statistics_define(s, ((plan_cte *)n)->index, n->children[0], n->children[0]->rows);
        if (n->kind == PLAN_RECURSIVE && i == 0)
            statistics_define(s, ((plan_recursive *)n)->index, n, n->children[0]->rows);
    }
    return statistics_estimate_node(s, n);
}
