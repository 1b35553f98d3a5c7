/* expr_equal.c - structural equality and hash of expressions.
 *
 * Lambdas are equal up to the names of their parameters: both walks carry the lambdas around a
 * place, and a parameter is named by its lambda's depth and its position. Constants are equal when
 * their bits are (0.0 is not -0.0).
 */
#include "plan/expr.h"
#include "vector/hash.h"

typedef struct expr_pair_scope {
    const struct expr_pair_scope *outer;
    const expr *x, *y; /* lambdas */
} expr_pair_scope;

/* ---- constants ------------------------------------------------------------------------------- */

static bool expr_values_same(const vector *v, uint32_t i, const vector *w, uint32_t k) {
    vector_view x = vector_view_of(v), y = vector_view_of(w);
    bool valid = view_valid(&x, i);
    if (valid != view_valid(&y, k)) return false;
    if (!valid) return true;
    i = view_index(&x, i);
    k = view_index(&y, k);
    switch (v->phys) {
    case PHYS_STRING:
        return vstring_equal(&((const vstring *)x.data)[i], &((const vstring *)y.data)[k]);
    case PHYS_LIST: {
        list_entry e = ((const list_entry *)x.data)[i], f = ((const list_entry *)y.data)[k];
        if (e.length != f.length) return false;
        for (uint32_t n = 0; n < e.length; n++) {
            if (!expr_values_same(x.base->children, e.offset + n, y.base->children, f.offset + n))
                return false;
        }
        return true;
    }
    case PHYS_STRUCT:
        for (uint32_t n = 0; n < v->type.child_count; n++) {
            if (!expr_values_same(&x.base->children[n], i, &y.base->children[n], k)) return false;
        }
        return true;
    default: {
        size_t width = physical_size((physical_type)v->phys);
        return memcmp((const char *)x.data + i * width, (const char *)y.data + k * width, width) ==
               0;
    }
    }
}

static uint64_t expr_hash_bytes(uint64_t hash, const void *data, size_t size) {
    const char *at = data;
    for (; size >= 8; at += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        hash = hash_combine(hash, word);
    }
    uint64_t rest = size;
    for (size_t i = 0; i < size; i++) rest = rest << 8 | (unsigned char)at[i];
    return hash_combine(hash, rest);
}

static uint64_t expr_value_hash(const vector *v) {
    if (vector_is_null(v, 0)) return 1;
    if (v->phys == PHYS_STRING) {
        string_view text = vstring_view(VECTOR_DATA(v, vstring));
        return expr_hash_bytes(2, text.data, text.size);
    }
    if (v->phys == PHYS_LIST) return VECTOR_DATA(v, list_entry)->length;
    if (v->phys == PHYS_STRUCT) return 3;
    return expr_hash_bytes(4, v->data, physical_size((physical_type)v->phys));
}

/* ---- equality -------------------------------------------------------------------------------- */

static bool expr_columns_equal(column_id x, column_id y, const expr_pair_scope *scope) {
    for (; scope != NULL; scope = scope->outer) {
        for (uint32_t i = 0; i < scope->x->u.lambda.param_count; i++) {
            bool is_x = scope->x->u.lambda.params[i] == x;
            bool is_y = scope->y->u.lambda.params[i] == y;
            if (is_x || is_y) return is_x && is_y;
        }
    }
    return x == y;
}

static bool expr_frames_equal(const window_frame *f, const window_frame *g) {
    if (f->unit != g->unit || f->start != g->start || f->end != g->end) return false;
    if ((f->start_offset == NULL) != (g->start_offset == NULL)) return false;
    if ((f->end_offset == NULL) != (g->end_offset == NULL)) return false;
    return (f->start_offset == NULL || expr_equal(f->start_offset, g->start_offset)) &&
           (f->end_offset == NULL || expr_equal(f->end_offset, g->end_offset));
}

static bool expr_aggregates_equal(const expr_aggregate *f, const expr_aggregate *g) {
    if (f->row != g->row || f->kernel != g->kernel || f->distinct != g->distinct) return false;
    if (f->ignore_nulls != g->ignore_nulls || f->has_filter != g->has_filter) return false;
    if (f->argument_count != g->argument_count || f->order_count != g->order_count) return false;
    for (uint32_t i = 0; i < f->order_count; i++) {
        if (f->orders[i].descending != g->orders[i].descending) return false;
        if (f->orders[i].nulls_first != g->orders[i].nulls_first) return false;
    }
    return true;
}

static bool expr_windows_equal(const expr_window *f, const expr_window *g) {
    return f->row == g->row && f->kernel == g->kernel && f->function == g->function &&
           f->distinct == g->distinct && f->ignore_nulls == g->ignore_nulls &&
           f->argument_count == g->argument_count && f->has_filter == g->has_filter &&
           expr_frames_equal(&f->frame, &g->frame);
}

/* What a node has beside its arguments. */
static bool expr_heads_equal(const expr *x, const expr *y, const expr_pair_scope *scope) {
    if (x->kind != y->kind || x->arg_count != y->arg_count || !type_equal(x->type, y->type))
        return false;
    switch (x->kind) {
    case EXPR_CONSTANT:
        return expr_values_same(x->u.value, 0, y->u.value, 0);
    case EXPR_COLUMN:
        return expr_columns_equal(x->u.column, y->u.column, scope);
    case EXPR_SLOT:
        return x->u.slot == y->u.slot;
    case EXPR_PARAMETER:
        return x->u.parameter == y->u.parameter;
    case EXPR_CALL:
        return x->u.call.row == y->u.call.row && x->u.call.kernel == y->u.call.kernel &&
               !(x->u.call.row->flags & FN_VOLATILE);
    case EXPR_CAST:
        return x->u.cast.mode == y->u.cast.mode;
    case EXPR_LAMBDA:
        if (x->u.lambda.param_count != y->u.lambda.param_count) return false;
        for (uint32_t i = 0; i < x->u.lambda.param_count; i++) {
            if (!type_equal(x->u.lambda.param_types[i], y->u.lambda.param_types[i])) return false;
        }
        return true;
    case EXPR_AGGREGATE:
        return expr_aggregates_equal(&x->u.aggregate, &y->u.aggregate);
    case EXPR_WINDOW:
        return expr_windows_equal(&x->u.window, &y->u.window);
    case EXPR_SUBQUERY:
        return x->u.subquery.plan == y->u.subquery.plan &&
               x->u.subquery.kind == y->u.subquery.kind &&
               x->u.subquery.negated == y->u.subquery.negated;
    default:
        return true;
    }
}

static bool expr_equal_in(const expr *x, const expr *y, const expr_pair_scope *scope) {
    if (!expr_heads_equal(x, y, scope)) return false;
    expr_pair_scope inner = {scope, x, y};
    if (x->kind == EXPR_LAMBDA) scope = &inner;
    for (uint32_t i = 0; i < x->arg_count; i++) {
        if (!expr_equal_in(x->args[i], y->args[i], scope)) return false;
    }
    return true;
}

bool expr_equal(const expr *x, const expr *y) {
    return expr_equal_in(x, y, NULL);
}

/* ---- hash ------------------------------------------------------------------------------------ */

static uint64_t expr_hash_column(column_id id, const expr_pair_scope *scope) {
    for (uint32_t depth = 1; scope != NULL; scope = scope->outer, depth++) {
        for (uint32_t i = 0; i < scope->x->u.lambda.param_count; i++) {
            if (scope->x->u.lambda.params[i] == id) return (uint64_t)depth << 48 | i;
        }
    }
    return id;
}

static uint64_t expr_hash_in(const expr *x, const expr_pair_scope *scope) {
    uint64_t hash = hash_combine(x->kind, type_hash(x->type));
    expr_pair_scope inner = {scope, x, x};
    switch (x->kind) {
    case EXPR_CONSTANT:
        hash = hash_combine(hash, expr_value_hash(x->u.value));
        break;
    case EXPR_COLUMN:
        hash = hash_combine(hash, expr_hash_column(x->u.column, scope));
        break;
    case EXPR_SLOT:
        hash = hash_combine(hash, x->u.slot);
        break;
    case EXPR_PARAMETER:
        hash = hash_combine(hash, x->u.parameter);
        break;
    case EXPR_CALL:
        hash = hash_combine(hash, (uintptr_t)x->u.call.row);
        break;
    case EXPR_AGGREGATE:
        hash = hash_combine(hash, (uintptr_t)x->u.aggregate.row);
        break;
    case EXPR_WINDOW:
        hash = hash_combine(hash, (uintptr_t)x->u.window.row);
        break;
    case EXPR_SUBQUERY:
        hash = hash_combine(hash, (uintptr_t)x->u.subquery.plan);
        break;
    case EXPR_LAMBDA:
        scope = &inner;
        break;
    default:
        break;
    }
    for (uint32_t i = 0; i < x->arg_count; i++)
        hash = hash_combine(hash, expr_hash_in(x->args[i], scope));
    return hash;
}

uint64_t expr_hash(const expr *x) {
    return expr_hash_in(x, NULL);
}
