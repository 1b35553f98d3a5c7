/* logical_verify.c - checks that a logical plan keeps the rules at the head of logical.h.
 *
 * It runs in debug builds after every optimizer rule, so that a rule that breaks a plan is named.
 * It checks that every column has one producer, that every expression uses only columns within its
 * reach with the type they were made with, and that outputs have the form of their node's kind.
 */
#include "plan/logical.h"

#include <stdarg.h>
#include <stdio.h>

typedef struct plan_checker {
    arena arena;
    const char *after;
    error *err;
    const plan_column **made; /* by id: where the column was made; NULL: not yet */
    column_id bound;
    column_set lambda_params;
    const plan_node *node; /* being checked */
} plan_checker;

__attribute__((format(printf, 2, 3))) static dbx_status plan_broken(plan_checker *k,
                                                                    const char *format, ...) {
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *kind = k->node != NULL ? plan_kind_name((plan_kind)k->node->kind) : "plan";
    return error_raisef(k->err, ERR_INTERNAL_ERROR, (span){0, 0}, "message",
                        "plan broken after %s: %s: %s", k->after, kind, text);
}

static column_id plan_max_column(const plan_node *n) {
    column_id max = 0;
    for (uint32_t i = 0; i < n->column_count; i++) max = MAX(max, n->columns[i].id);
    for (uint32_t i = 0; i < n->child_count; i++) {
        column_id below = plan_max_column(n->children[i]);
        max = MAX(max, below);
    }
    return max;
}

static dbx_status plan_check_node(plan_checker *k, const plan_node *n, const column_set *outer);

static dbx_status plan_check_expr(plan_checker *k, const expr *x, const column_set *in,
                                  const column_set *outer) {
    if (x == NULL) return plan_broken(k, "an expression is missing");
    if (x->kind == EXPR_COLUMN) {
        column_id id = x->u.column;
        if (column_set_has(&k->lambda_params, id)) return DBX_OK;
        if (!column_set_has(in, id) && !column_set_has(outer, id))
            return plan_broken(k, "column #%u is not within reach", id);
        if (!x->nullable && k->node != NULL) {
            for (uint32_t i = 0; i < k->node->child_count; i++) {
                const plan_column *from = plan_find_column(k->node->children[i], id);
                if (from != NULL && from->nullable)
                    return plan_broken(k, "column #%u may be NULL, but not as used", id);
            }
        }
        if (id < k->bound && k->made[id] != NULL) {
            if (!type_same_layout(k->made[id]->type, x->type))
                return plan_broken(k, "column #%u is used as %s but made as %s", id,
                                   type_name(&k->arena, x->type),
                                   type_name(&k->arena, k->made[id]->type));
        }
        return DBX_OK;
    }
    if (x->kind == EXPR_SLOT) return plan_broken(k, "a slot stands in a logical plan");
    if (x->kind == EXPR_LAMBDA)
        for (uint32_t i = 0; i < x->u.lambda.param_count; i++)
            TRY(column_set_add(&k->lambda_params, x->u.lambda.params[i], &k->arena));
    if (x->kind == EXPR_SUBQUERY) {
        const plan_node *node = k->node;
        column_set reach = {0};
        TRY(column_set_union(&reach, in, &k->arena));
        TRY(column_set_union(&reach, outer, &k->arena));
        TRY(plan_check_node(k, x->u.subquery.plan, &reach));
        k->node = node;
    }
    if (x->arg_count > 0 && x->args == NULL)
        return plan_broken(k, "an expression lacks its arguments");
    for (uint32_t i = 0; i < x->arg_count; i++) TRY(plan_check_expr(k, x->args[i], in, outer));
    return DBX_OK;
}

typedef struct plan_check_reach {
    plan_checker *checker;
    const column_set *in, *outer;
} plan_check_reach;

static dbx_status plan_check_slot(expr **slot, void *state) {
    plan_check_reach *r = state;
    return plan_check_expr(r->checker, *slot, r->in, r->outer);
}

/* Columns that the node makes itself (not passed on from a child) must be new. */
static dbx_status plan_check_outputs(plan_checker *k, const plan_node *n, const column_set *in) {
    for (uint32_t i = 0; i < n->column_count; i++) {
        const plan_column *col = &n->columns[i];
        if (col->id == 0) return plan_broken(k, "output %u has no id", i);
        for (uint32_t j = 0; j < i && n->column_count <= 64; j++)
            if (n->columns[j].id == col->id)
                return plan_broken(k, "output #%u stands twice", col->id);
        if (column_set_has(in, col->id)) continue;
        if (k->made[col->id] != NULL) return plan_broken(k, "column #%u is made twice", col->id);
        k->made[col->id] = col;
    }
    return DBX_OK;
}

/* Outputs from `at` on are the child's in order. */
static dbx_status plan_check_passed(plan_checker *k, const plan_node *n, uint32_t at,
                                    const plan_node *child) {
    if (at + child->column_count > n->column_count) return plan_broken(k, "has too few outputs");
    for (uint32_t i = 0; i < child->column_count; i++)
        if (n->columns[at + i].id != child->columns[i].id)
            return plan_broken(k, "output %u is #%u, not the child's #%u", at + i,
                               n->columns[at + i].id, child->columns[i].id);
    return DBX_OK;
}

static dbx_status plan_check_typed(plan_checker *k, const plan_node *n, uint32_t at,
                                   expr *const *exprs, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (exprs[i] == NULL) return plan_broken(k, "expression %u is missing", i);
        if (!type_same_layout(exprs[i]->type, n->columns[at + i].type))
            return plan_broken(k, "output #%u is %s but its expression is %s",
                               n->columns[at + i].id, type_name(&k->arena, n->columns[at + i].type),
                               type_name(&k->arena, exprs[i]->type));
    }
    return DBX_OK;
}

static dbx_status plan_check_boolean(plan_checker *k, expr *const *conjuncts, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (conjuncts[i]->type.id != TYPE_BOOLEAN)
            return plan_broken(k, "conjunct %u is not BOOLEAN", i);
    return DBX_OK;
}

static dbx_status plan_check_join(plan_checker *k, const plan_join *j) {
    const plan_node *n = &j->base, *left = n->children[0], *right = n->children[1];
    TRY(plan_check_boolean(k, j->conditions, j->condition_count));
    TRY(plan_check_passed(k, n, 0, left));
    uint32_t want = left->column_count;
    if (j->join == JOIN_MARK) {
        want++;
        if (n->column_count != want || n->columns[want - 1].id != j->mark)
            return plan_broken(k, "lacks its mark");
    } else if (j->join != JOIN_SEMI && j->join != JOIN_ANTI) {
        TRY(plan_check_passed(k, n, want, right));
        want += right->column_count;
    }
    if (n->column_count != want)
        return plan_broken(k, "has %u outputs, not %u", n->column_count, want);
    if (j->null_aware && j->join != JOIN_ANTI) return plan_broken(k, "is null-aware but not ANTI");
    return DBX_OK;
}

static dbx_status plan_check_set_op(plan_checker *k, const plan_set_op *s) {
    const plan_node *n = &s->base;
    if (n->child_count < 1) return plan_broken(k, "has no input");
    if (s->op != SET_UNION_ALL && n->child_count != 2)
        return plan_broken(k, "has %u inputs", n->child_count);
    for (uint32_t i = 0; i < n->child_count; i++)
        for (uint32_t col = 0; col < n->column_count; col++) {
            const plan_column *from = plan_find_column(n->children[i], s->inputs[i][col]);
            if (from == NULL) return plan_broken(k, "input %u lacks #%u", i, s->inputs[i][col]);
            if (!type_same_layout(from->type, n->columns[col].type))
                return plan_broken(k, "input %u column %u is of another type", i, col);
        }
    return DBX_OK;
}

/* What is particular to the kind. */
static dbx_status plan_check_kind(plan_checker *k, const plan_node *n) {
    switch ((plan_kind)n->kind) {
    case PLAN_SCAN: {
        const plan_scan *s = (const plan_scan *)n;
        if (s->source == NULL) return plan_broken(k, "has no source");
        for (uint32_t i = 0; i < n->column_count; i++)
            if (s->source_columns[i] >= s->source->column_count)
                return plan_broken(k, "column %u is out of range", i);
        return plan_check_boolean(k, s->predicates, s->predicate_count);
    }
    case PLAN_VALUES: {
        const plan_values *v = (const plan_values *)n;
        for (uint32_t row = 0; row < v->row_count; row++)
            TRY(plan_check_typed(k, n, 0, v->exprs + (size_t)row * n->column_count,
                                 n->column_count));
        return DBX_OK;
    }
    case PLAN_FILTER: {
        const plan_filter *f = (const plan_filter *)n;
        TRY(plan_check_boolean(k, f->conjuncts, f->conjunct_count));
        break;
    }
    case PLAN_PROJECT:
        return plan_check_typed(k, n, 0, ((const plan_project *)n)->exprs, n->column_count);
    case PLAN_AGGREGATE: {
        const plan_aggregate *g = (const plan_aggregate *)n;
        uint32_t want = g->group_count + g->aggregate_count + (g->set_count > 0);
        if (n->column_count != want)
            return plan_broken(k, "has %u outputs, not %u", n->column_count, want);
        for (uint32_t i = 0; i < g->aggregate_count; i++)
            if (g->aggregates[i]->kind != EXPR_AGGREGATE)
                return plan_broken(k, "aggregate %u is none", i);
        TRY(plan_check_typed(k, n, 0, g->groups, g->group_count));
        return plan_check_typed(k, n, g->group_count, g->aggregates, g->aggregate_count);
    }
    case PLAN_JOIN:
        return plan_check_join(k, (const plan_join *)n);
    case PLAN_WINDOW: {
        const plan_window *w = (const plan_window *)n;
        TRY(plan_check_passed(k, n, 0, n->children[0]));
        if (n->column_count != n->children[0]->column_count + w->function_count)
            return plan_broken(k, "has %u outputs", n->column_count);
        return plan_check_typed(k, n, n->children[0]->column_count, w->functions,
                                w->function_count);
    }
    case PLAN_SET_OP:
        return plan_check_set_op(k, (const plan_set_op *)n);
    case PLAN_GENERATE: {
        const plan_generate *g = (const plan_generate *)n;
        if (g->generated > n->column_count) return plan_broken(k, "generates more than it outputs");
        for (uint32_t i = 0; i + g->generated < n->column_count; i++)
            if (plan_find_column(n->children[0], n->columns[i].id) == NULL)
                return plan_broken(k, "output #%u is not the child's", n->columns[i].id);
        return DBX_OK;
    }
    case PLAN_CTE:
        return plan_check_passed(k, n, 0, n->children[1]);
    case PLAN_RECURSIVE:
        if (n->children[0]->column_count != n->column_count ||
            n->children[1]->column_count != n->column_count)
            return plan_broken(k, "anchor and step do not align");
        return DBX_OK;
    case PLAN_SORT:
    case PLAN_TOP_N:
    case PLAN_LIMIT:
    case PLAN_DISTINCT:
    case PLAN_SAMPLE:
        break;
    case PLAN_CTE_SCAN:
    case PLAN_RECURSIVE_SCAN:
    case PLAN_WRITE:
    case PLAN_KIND_COUNT:
        return DBX_OK;
    }
    TRY(plan_check_passed(k, n, 0, n->children[0]));
    return n->column_count == n->children[0]->column_count
               ? DBX_OK
               : plan_broken(k, "outputs more than its child");
}

static uint32_t plan_children_wanted(plan_kind kind) {
    switch (kind) {
    case PLAN_SCAN:
    case PLAN_VALUES:
    case PLAN_CTE_SCAN:
    case PLAN_RECURSIVE_SCAN:
        return 0;
    case PLAN_JOIN:
    case PLAN_CTE:
    case PLAN_RECURSIVE:
        return 2;
    default:
        return 1;
    }
}

static dbx_status plan_check_node(plan_checker *k, const plan_node *n, const column_set *outer) {
    if (n == NULL) return plan_broken(k, "a child is missing");
    k->node = n;
    if (n->kind >= PLAN_KIND_COUNT) return plan_broken(k, "unknown kind %u", n->kind);
    if (n->kind != PLAN_SET_OP && n->child_count != plan_children_wanted((plan_kind)n->kind))
        return plan_broken(k, "has %u children", n->child_count);
    column_set in = {0}, reach = {0};
    for (uint32_t i = 0; i < n->child_count; i++) {
        const column_set *below = outer;
        if (n->kind == PLAN_JOIN && i == 1 && ((const plan_join *)n)->dependent) {
            TRY(column_set_union(&reach, outer, &k->arena));
            TRY(column_set_union(&reach, &in, &k->arena));
            below = &reach;
        }
        TRY(plan_check_node(k, n->children[i], below));
        k->node = n;
        TRY(plan_output_set(n->children[i], &in, &k->arena));
    }
    TRY(plan_check_outputs(k, n, &in));
    column_set self = {0};
    if (n->kind == PLAN_SCAN) TRY(plan_output_set(n, &self, &k->arena));
    plan_check_reach r = {.checker = k, .in = n->kind == PLAN_SCAN ? &self : &in, .outer = outer};
    TRY(plan_visit_exprs((plan_node *)(uintptr_t)n, plan_check_slot, &r));
    return plan_check_kind(k, n);
}

/* Largest column id made anywhere, subqueries included. */
static dbx_status plan_bound_slot(expr **slot, void *state);
static dbx_status plan_bound_node(const plan_node *n, column_id *max) {
    column_id here = plan_max_column(n);
    *max = MAX(*max, here);
    TRY(plan_visit_exprs((plan_node *)(uintptr_t)n, plan_bound_slot, max));
    for (uint32_t i = 0; i < n->child_count; i++) TRY(plan_bound_node(n->children[i], max));
    return DBX_OK;
}
static dbx_status plan_bound_expr(const expr *x, column_id *max) {
    if (x->kind == EXPR_SUBQUERY) TRY(plan_bound_node(x->u.subquery.plan, max));
    for (uint32_t i = 0; i < x->arg_count; i++) TRY(plan_bound_expr(x->args[i], max));
    return DBX_OK;
}
static dbx_status plan_bound_slot(expr **slot, void *state) {
    return plan_bound_expr(*slot, state);
}

dbx_status plan_verify(const plan_node *root, const char *after, error *err) {
    ledger l;
    ledger_init(&l, NULL, "plan_verify", SIZE_MAX);
    plan_checker k = {.after = after, .err = err};
    arena_init(&k.arena, &l);
    column_set none = {0};
    dbx_status status;
    TRY_GOTO(plan_bound_node(root, &k.bound), done);
    k.bound++;
    k.made = ARENA_ARRAY(&k.arena, const plan_column *, k.bound);
    if (k.made == NULL) {
        status = DBX_NOMEM;
        goto done;
    }
    status = plan_check_node(&k, root, &none);
done:
    arena_deinit(&k.arena);
    ledger_deinit(&l);
    return status == DBX_NOMEM ? error_nomem(err) : status;
}
