/* fold_constants.c - evaluates expressions without columns once, at plan time.
 *
 * What raises when evaluated is left as it is: it may stand where it is never reached (a branch of
 * CASE, a filter over no rows), and if it is reached it raises then. Volatile functions, parameters
 * and subqueries are not folded.
 */
#include "eval/program.h"
#include "optimizer/rule.h"

typedef struct fold_state {
    plan_context *context;
    dbx_status status;
} fold_state;

static bool fold_has_constant_args(const expr *x) {
    for (uint32_t i = 0; i < x->arg_count; i++)
        if (x->args[i]->kind != EXPR_CONSTANT && x->args[i]->kind != EXPR_LAMBDA) return false;
    return true;
}

/* Drops branches whose condition is never TRUE; a condition that is always TRUE makes its value the
 * ELSE. */
static expr *fold_case(plan_context *c, expr *x) {
    expr_list kept = {0};
    expr *otherwise = x->args[x->arg_count - 1];
    for (uint32_t i = 0; i + 1 < x->arg_count; i += 2) {
        if (expr_is_null_or_false(x->args[i])) continue;
        if (expr_is_constant_true(x->args[i])) {
            otherwise = x->args[i + 1];
            break;
        }
        if (rule_append(c, &kept, &x->args[i], 2) != DBX_OK) return NULL;
    }
    if (kept.count == 0) return otherwise;
    if (kept.count + 1 == x->arg_count) return x;
    expr *out = expr_new(c->arena, EXPR_CASE, x->type, x->nullable, x->span, kept.count + 1);
    if (out == NULL) return NULL;
    memcpy(out->args, kept.items, kept.count * sizeof(expr *));
    out->args[kept.count] = otherwise;
    return out;
}

static expr *fold_visit(expr *x, void *state) {
    fold_state *f = state;
    plan_context *c = f->context;
    switch ((expr_kind)x->kind) {
    case EXPR_SUBQUERY:
        f->status = rule_rewrite_exprs(c, x->u.subquery.plan, fold_visit, f);
        return f->status == DBX_OK ? x : NULL;
    case EXPR_CASE:
        x = fold_case(c, x);
        if (x == NULL || x->kind != EXPR_CASE) return x;
        break;
    case EXPR_CALL:
    case EXPR_CAST:
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_NOT:
    case EXPR_IN:
        break;
    default:
        return x;
    }
    if (!fold_has_constant_args(x) || !expr_is_foldable(x)) return x;
    error ignored;
    error_init(&ignored);
    const vector *value;
    dbx_status status = expr_fold(c->arena, c->query, x, &value, &ignored);
    error_deinit(&ignored);
    if (status == DBX_NOMEM) return NULL;
    if (status != DBX_OK) return x;
    expr *out = expr_constant(c->arena, value, x->span);
    if (out != NULL) out->type = x->type;
    return out;
}

dbx_status rule_fold_constants(plan_context *c, plan_node **root) {
    fold_state f = {.context = c};
    return rule_rewrite_exprs(c, *root, fold_visit, &f);
}
