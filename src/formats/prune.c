/* prune.c - see prune.h. */
#include "formats/prune.h"

#include "vector/compare.h"

bool prune_integer(type t, const void *data, uint32_t index, int64_t *out) {
    if (t.id == TYPE_DECIMAL || t.id == TYPE_BOOLEAN || type_is_float(t)) return false;
    switch (type_physical(t)) {
    case PHYS_INT8:
        *out = ((const int8_t *)data)[index];
        return true;
    case PHYS_INT16:
        *out = ((const int16_t *)data)[index];
        return true;
    case PHYS_INT32:
        *out = ((const int32_t *)data)[index];
        return true;
    case PHYS_INT64:
        *out = ((const int64_t *)data)[index];
        return true;
    default:
        return false;
    }
}

static bool prune_nan_at(const vector *v, uint32_t index) {
    if (v->type.id == TYPE_DOUBLE) {
        double x = VECTOR_DATA(v, double)[index];
        return x != x;
    }
    if (v->type.id == TYPE_FLOAT) {
        float x = VECTOR_DATA(v, float)[index];
        return x != x;
    }
    return false;
}

/* Order of bound `a` against value i of the predicate. */
static int prune_compare(const vector *bound, const vector *value, uint32_t i) {
    vector_view a = vector_view_of(bound);
    vector_view b = vector_view_of(value);
    return value_compare(&a, 0, &b, i);
}

static prune_result prune_runtime(const runtime_filter *f, const prune_bounds *b) {
    if (!atomic_load_explicit(&((runtime_filter *)(uintptr_t)f)->ready, memory_order_acquire)) {
        return PRUNE_MAYBE;
    }
    if (f->is_empty) return PRUNE_NONE;
    if (!f->has_min_max || !b->has_min_max) return PRUNE_MAYBE;
    int64_t low;
    int64_t high;
    if (!prune_integer(b->min->type, b->min->data, 0, &low)) return PRUNE_MAYBE;
    if (!prune_integer(b->max->type, b->max->data, 0, &high)) return PRUNE_MAYBE;
    return high < f->min || low > f->max ? PRUNE_NONE : PRUNE_MAYBE;
}

static prune_result prune_in(const scan_predicate *p, const prune_bounds *b) {
    for (uint32_t i = 0; i < p->value_count; i++) {
        if (prune_nan_at(&p->value, i)) {
            if (b->may_have_nan) return PRUNE_MAYBE;
            continue;
        }
        if (prune_compare(b->min, &p->value, i) <= 0 && prune_compare(b->max, &p->value, i) >= 0) {
            bool single = prune_compare(b->min, &p->value, i) == 0 &&
                          prune_compare(b->max, &p->value, i) == 0;
            return single && b->no_null && !b->may_have_nan ? PRUNE_ALL : PRUNE_MAYBE;
        }
    }
    return PRUNE_NONE;
}

/* NaN counts as above max when there may be one. */
static prune_result prune_compare_op(const scan_predicate *p, const prune_bounds *b) {
    if (prune_nan_at(&p->value, 0)) return PRUNE_MAYBE;
    int low = prune_compare(b->min, &p->value, 0);
    int high = b->may_have_nan ? MAX(prune_compare(b->max, &p->value, 0), 1)
                               : prune_compare(b->max, &p->value, 0);
    bool none = false;
    bool all = false;
    switch (p->op) {
    case SCAN_EQ:
        none =
            low > 0 || (high < 0) || (b->may_have_nan && prune_compare(b->max, &p->value, 0) < 0);
        all = low == 0 && high == 0;
        break;
    case SCAN_NE:
        none = low == 0 && high == 0;
        all = low > 0 || high < 0;
        break;
    case SCAN_LT:
        none = low >= 0;
        all = high < 0;
        break;
    case SCAN_LE:
        none = low > 0;
        all = high <= 0;
        break;
    case SCAN_GT:
        none = high <= 0;
        all = low > 0;
        break;
    case SCAN_GE:
        none = high < 0;
        all = low >= 0;
        break;
    default:
        break;
    }
    if (none) return PRUNE_NONE;
    return all && b->no_null ? PRUNE_ALL : PRUNE_MAYBE;
}

prune_result prune_test(const scan_predicate *p, const prune_bounds *b) {
    if (p->op == SCAN_IS_NULL) {
        if (b->no_null) return PRUNE_NONE;
        return b->all_null ? PRUNE_ALL : PRUNE_MAYBE;
    }
    if (b->all_null) return PRUNE_NONE; /* a comparison with NULL is never true */
    if (p->op == SCAN_IS_NOT_NULL) return b->no_null ? PRUNE_ALL : PRUNE_MAYBE;
    if (p->op == SCAN_RUNTIME) return prune_runtime(p->runtime, b);
    if (!b->has_min_max || prune_nan_at(b->min, 0) || prune_nan_at(b->max, 0)) return PRUNE_MAYBE;
    if (!type_same_layout(b->min->type, p->value.type)) return PRUNE_MAYBE;
    if (p->op == SCAN_IN) return prune_in(p, b);
    if (!validity_get(p->value.validity, 0)) return PRUNE_NONE;
    return prune_compare_op(p, b);
}
