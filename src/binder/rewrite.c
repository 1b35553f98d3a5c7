/* rewrite.c - replacing parts of bound expressions, inside the plans of their subqueries too.
 *
 * Top-down, so that a whole expression (GROUP BY a + 1) is found before its parts are judged.
 */
#include "binder/binder_int.h"

uint32_t expr_count_nodes(const expr *e) {
    uint32_t count = 1;
    for (uint32_t i = 0; i < e->arg_count && count <= INLINE_NODES_MAX; i++)
        count += expr_count_nodes(e->args[i]);
    return count;
}

bool expr_contains(const expr *e, expr_kind kind) {
    if (e->kind == kind) return true;
    for (uint32_t i = 0; i < e->arg_count; i++) {
        if (expr_contains(e->args[i], kind)) return true;
    }
    return false;
}

static bool rewrite_commutes(const expr *x) {
    switch (expr_op(x)) {
    case OP_ADD:
    case OP_MULTIPLY:
    case OP_EQ:
    case OP_NE:
    case OP_EQ_NULL_SAFE:
        return true;
    default:
        return false;
    }
}

bool bind_same_expr(const expr *x, const expr *y) {
    if (expr_equal(x, y)) return true;
    if (x->kind != EXPR_CALL || y->kind != EXPR_CALL || x->arg_count != y->arg_count) return false;
    if (x->u.call.row != y->u.call.row || x->u.call.kernel != y->u.call.kernel ||
        !type_equal(x->type, y->type))
        return false;
    if (x->arg_count != 2 || !rewrite_commutes(x) || expr_is_volatile(x)) return false;
    bool straight =
        bind_same_expr(x->args[0], y->args[0]) && bind_same_expr(x->args[1], y->args[1]);
    return straight ||
           (bind_same_expr(x->args[0], y->args[1]) && bind_same_expr(x->args[1], y->args[0]));
}

dbx_status bind_rewrite(binder *b, expr *x, rewrite_visit visit, void *state, expr **out) {
    expr *replaced = NULL;
    TRY(visit(b, x, state, &replaced));
    if (replaced != NULL) {
        *out = replaced;
        return DBX_OK;
    }
    expr *copy = NULL;
    for (uint32_t i = 0; i < x->arg_count; i++) {
        expr *arg;
        TRY(bind_rewrite(b, x->args[i], visit, state, &arg));
        if (arg == x->args[i]) continue;
        if (copy == NULL) {
            copy =
                expr_new(b->arena, (expr_kind)x->kind, x->type, x->nullable, x->span, x->arg_count);
            if (copy == NULL) return binder_nomem(b);
            memcpy(copy->args, x->args, x->arg_count * sizeof(expr *));
            copy->u = x->u;
        }
        copy->args[i] = arg;
    }
    if (x->kind == EXPR_SUBQUERY && x->u.subquery.correlated)
        TRY(bind_rewrite_plan(b, x->u.subquery.plan, visit, state));
    *out = copy != NULL ? copy : x;
    return DBX_OK;
}

typedef struct rewrite_slots {
    binder *b;
    rewrite_visit visit;
    void *state;
} rewrite_slots;

static dbx_status rewrite_slot(expr **slot, void *state) {
    rewrite_slots *r = state;
    return bind_rewrite(r->b, *slot, r->visit, r->state, slot);
}

dbx_status bind_rewrite_plan(binder *b, plan_node *n, rewrite_visit visit, void *state) {
    rewrite_slots r = {b, visit, state};
    TRY(plan_visit_exprs(n, rewrite_slot, &r));
    for (uint32_t i = 0; i < n->child_count; i++)
        TRY(bind_rewrite_plan(b, n->children[i], visit, state));
    return DBX_OK;
}

typedef struct rewrite_columns {
    const column_id *ids;
    expr *const *with;
    uint32_t count;
} rewrite_columns;

static dbx_status rewrite_column(binder *b, expr *x, void *state, expr **out) {
    const rewrite_columns *r = state;
    (void)b;
    if (x->kind != EXPR_COLUMN) return DBX_OK;
    for (uint32_t i = 0; i < r->count; i++) {
        if (r->ids[i] == x->u.column) {
            *out = r->with[i];
            break;
        }
    }
    return DBX_OK;
}

dbx_status bind_replace_columns(binder *b, expr *x, const column_id *ids, expr *const *with,
                                uint32_t count, expr **out) {
    rewrite_columns r = {ids, with, count};
    return bind_rewrite(b, x, rewrite_column, &r, out);
}
