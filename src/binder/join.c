/* join.c - joins of every type, USING and NATURAL, and lateral items.
 *
 * USING (k) gives k once, first in `*`; the sides' own columns stay reachable as l.k and r.k. A
 * right side that uses columns of the left one makes a dependent join.
 */
#include "binder/binder_int.h"

static join_kind join_kind_of(ast_join_type t) {
    switch (t) {
    case AST_JOIN_LEFT:
        return JOIN_LEFT;
    case AST_JOIN_RIGHT:
        return JOIN_RIGHT;
    case AST_JOIN_FULL:
        return JOIN_FULL;
    case AST_JOIN_LEFT_SEMI:
        return JOIN_SEMI;
    case AST_JOIN_LEFT_ANTI:
        return JOIN_ANTI;
    case AST_JOIN_INNER:
    case AST_JOIN_CROSS:
    case AST_JOIN_COMMA:
        break;
    }
    return JOIN_INNER;
}

static bool join_side_is_lateral(const ast_relation *r) {
    if (r->kind == AST_SUBQUERY_REF) return AST_AS(ast_subquery_ref, r)->lateral;
    if (r->kind == AST_FUNCTION_REF) return AST_AS(ast_function_ref, r)->lateral;
    if (r->kind == AST_LATERAL_VIEW && AST_AS(ast_lateral_view, r)->relation != NULL)
        return join_side_is_lateral(AST_AS(ast_lateral_view, r)->relation);
    return false;
}

/* The right side sees the left one's columns through a block. */
static dbx_status join_bind_lateral(binder *b, const ast_join *j, const bound_relation *left,
                                    bound_relation *right) {
    bind_block block;
    binder_push(b, &block, left->scope, CLAUSE_JOIN);
    dbx_status status = bind_from(b, j->right, right);
    binder_pop(b, &block);
    TRY(status);
    if (j->type == AST_JOIN_RIGHT || j->type == AST_JOIN_FULL || j->type == AST_JOIN_LEFT_SEMI ||
        j->type == AST_JOIN_LEFT_ANTI) {
        return error_raise(b->err, ERR_UNSUPPORTED_JOIN_TYPE, binder_node_span(b, &j->node), "typ",
                           j->type == AST_JOIN_RIGHT       ? "RIGHT OUTER"
                           : j->type == AST_JOIN_FULL      ? "FULL OUTER"
                           : j->type == AST_JOIN_LEFT_SEMI ? "LEFT SEMI"
                                                           : "LEFT ANTI",
                           "supported", "'INNER', 'LEFT OUTER', 'CROSS'", NULL);
    }
    return DBX_OK;
}

static dbx_status join_is_dependent(binder *b, const plan_node *left, plan_node *right, bool *out) {
    column_set used, given;
    if (column_set_init(&used, b->plan->next_column, b->arena) != DBX_OK ||
        column_set_init(&given, b->plan->next_column, b->arena) != DBX_OK ||
        plan_free_columns(right, &used, b->arena) != DBX_OK ||
        plan_output_set(left, &given, b->arena) != DBX_OK)
        return binder_nomem(b);
    *out = column_set_intersects(&used, &given);
    return DBX_OK;
}

/* ---- USING ---- */

typedef struct join_using {
    string_view name;
    const scope_column *left, *right;
} join_using;

static dbx_status join_using_column(binder *b, const bound_relation *side, string_view name, span s,
                                    const char *which, const scope_column **out) {
    uint32_t used;
    *out = NULL;
    if (side->scope != NULL) TRY(scope_find_column(b, side->scope, &name, 1, false, s, out, &used));
    if (*out != NULL) return DBX_OK;
    const char *list = "";
    for (uint32_t i = 0;
         side->scope != NULL && i < side->scope->columns.count && i < 16 && list != NULL; i++) {
        list = arena_printf(b->arena, "%s%s%s", list, i > 0 ? ", " : "",
                            binder_quote_parts(b, &side->scope->columns.items[i].name, 1));
    }
    return error_raise(b->err, ERR_UNRESOLVED_USING_COLUMN_FOR_JOIN, binder_span(b, s), "colName",
                       binder_quote_parts(b, &name, 1), "side", which, "suggestion",
                       list == NULL ? "" : list, NULL);
}

static dbx_status join_using_list(binder *b, const ast_join *j, const bound_relation *left,
                                  const bound_relation *right, join_using **out, uint32_t *count) {
    uint32_t n = j->natural ? (left->scope == NULL ? 0 : left->scope->columns.count)
                            : j->using_columns.count;
    join_using *list = ARENA_ARRAY(b->arena, join_using, n + 1);
    if (list == NULL) return binder_nomem(b);
    *count = 0;
    for (uint32_t i = 0; i < n; i++) {
        join_using *u = &list[*count];
        span s = j->natural ? j->node.span : j->using_columns.items[i].span;
        uint32_t used;
        if (j->natural) {
            const scope_column *c = &left->scope->columns.items[i];
            bool seen = false;
            for (uint32_t k = 0; k < *count; k++)
                seen = seen || binder_same_name(b, list[k].name, c->name);
            if (c->hidden || c->metadata || right->scope == NULL || seen) continue;
            u->name = c->name;
            TRY(scope_find_column(b, right->scope, &u->name, 1, false, s, &u->right, &used));
            if (u->right == NULL) continue;
            u->left = c;
        } else {
            TRY(binder_ident_text(b, &j->using_columns.items[i], &u->name));
            TRY(join_using_column(b, left, u->name, s, "left", &u->left));
            TRY(join_using_column(b, right, u->name, s, "right", &u->right));
        }
        (*count)++;
    }
    *out = list;
    return DBX_OK;
}

static dbx_status join_using_condition(binder *b, const join_using *list, uint32_t count, span s,
                                       expr ***out) {
    *out = ARENA_ARRAY(b->arena, expr *, count + 1);
    if (*out == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < count; i++) {
        expr *pair[2] = {scope_column_expr(b, list[i].left, s),
                         scope_column_expr(b, list[i].right, s)};
        if (pair[0] == NULL || pair[1] == NULL) return binder_nomem(b);
        TRY(bind_call(b, "=", pair, 2, s, NULL, &(*out)[i]));
    }
    return DBX_OK;
}

/* The column that stands for both sides. */
static dbx_status join_using_merged(binder *b, const ast_join *j, const join_using *u,
                                    scope_column *out) {
    const scope_column *from = j->type == AST_JOIN_RIGHT ? u->right : u->left;
    *out = *from;
    out->name = from->name;
    if (j->type == AST_JOIN_RIGHT) out->nullable = u->right->nullable;
    if (j->type != AST_JOIN_FULL) return DBX_OK;
    scope_column left = *u->left, right = *u->right;
    left.nullable = right.nullable = true;
    expr *pair[2] = {scope_column_expr(b, &left, j->node.span),
                     scope_column_expr(b, &right, j->node.span)};
    if (pair[0] == NULL || pair[1] == NULL) return binder_nomem(b);
    TRY(bind_call(b, "coalesce", pair, 2, j->node.span, NULL, &out->value));
    out->id = plan_new_column(b->plan);
    out->type = out->value->type;
    out->nullable = out->value->nullable;
    out->qualifier = NULL;
    return DBX_OK;
}

static bool join_is_using(const join_using *list, uint32_t count, const scope_column *c,
                          bool left) {
    for (uint32_t i = 0; i < count; i++) {
        if ((left ? list[i].left : list[i].right) == c) return true;
    }
    return false;
}

/* `stands`: the side's own key is the merged column, which is there already. */
static dbx_status join_add_side(binder *b, scope *to, const bound_relation *side,
                                const join_using *list, uint32_t count, bool left, bool nullable,
                                bool stands) {
    for (uint32_t i = 0; side->scope != NULL && i < side->scope->columns.count; i++) {
        scope_column c = side->scope->columns.items[i];
        bool merged = join_is_using(list, count, &side->scope->columns.items[i], left);
        if (merged && stands) continue;
        c.nullable = c.nullable || nullable;
        c.hidden = c.hidden || merged;
        TRY(scope_add(b, to, c));
    }
    return DBX_OK;
}

static dbx_status join_scope(binder *b, const ast_join *j, const bound_relation *left,
                             const bound_relation *right, const join_using *list, uint32_t count,
                             scope **out) {
    scope *s = scope_new(b);
    bool semi = j->type == AST_JOIN_LEFT_SEMI || j->type == AST_JOIN_LEFT_ANTI;
    bool left_nullable = j->type == AST_JOIN_RIGHT || j->type == AST_JOIN_FULL;
    bool right_nullable = j->type == AST_JOIN_LEFT || j->type == AST_JOIN_FULL;
    if (s == NULL) return binder_nomem(b);
    *out = s;
    if (semi) {
        if (left->scope != NULL) TRY(scope_append(b, s, left->scope));
        return DBX_OK;
    }
    for (uint32_t i = 0; i < count; i++) {
        scope_column c;
        TRY(join_using_merged(b, j, &list[i], &c));
        TRY(scope_add(b, s, c));
    }
    TRY(join_add_side(b, s, left, list, count, true, left_nullable,
                      j->type != AST_JOIN_RIGHT && j->type != AST_JOIN_FULL));
    return join_add_side(b, s, right, list, count, false, right_nullable,
                         j->type == AST_JOIN_RIGHT);
}

/* ---- ON ---- */

static dbx_status join_bind_on(binder *b, const ast_join *j, const bound_relation *left,
                               const bound_relation *right, expr ***out, uint32_t *count) {
    scope *both = scope_new(b);
    bind_block block;
    expr *condition;
    if (both == NULL) return binder_nomem(b);
    if (left->scope != NULL) TRY(scope_append(b, both, left->scope));
    if (right->scope != NULL) TRY(scope_append(b, both, right->scope));
    binder_push(b, &block, both, CLAUSE_JOIN);
    block.clause_ast = j->on;
    dbx_status status = bind_condition(b, j->on, &condition);
    binder_pop(b, &block);
    TRY(status);
    return bind_split_conjuncts(b, condition, out, count);
}

dbx_status bind_join_with(binder *b, const ast_join *j, bound_relation *left, bound_relation *out) {
    bound_relation right;
    expr **conditions = NULL;
    join_using *list = NULL;
    uint32_t count = 0, using_count = 0;
    bool lateral = join_side_is_lateral(j->right), dependent = false;
    if (lateral && (j->natural || j->using_columns.count > 0)) {
        return error_raise(b->err, ERR_UNSUPPORTED_FEATURE__LATERAL_JOIN_USING,
                           binder_node_span(b, &j->node), NULL);
    }
    if (lateral) {
        TRY(join_bind_lateral(b, j, left, &right));
        TRY(join_is_dependent(b, left->plan, right.plan, &dependent));
    } else {
        TRY(bind_from(b, j->right, &right));
    }
    if (j->natural || j->using_columns.count > 0) {
        TRY(join_using_list(b, j, left, &right, &list, &using_count));
        TRY(join_using_condition(b, list, using_count, j->node.span, &conditions));
        count = using_count;
    } else if (j->on != NULL) {
        TRY(join_bind_on(b, j, left, &right, &conditions, &count));
    }
    plan_join *n = plan_join_new(b->plan, join_kind_of(j->type), left->plan, right.plan);
    if (n == NULL) return binder_nomem(b);
    n->conditions = conditions;
    n->condition_count = count;
    n->dependent = dependent;
    n->base.span = binder_node_span(b, &j->node);
    out->plan = &n->base;
    return join_scope(b, j, left, &right, list, using_count, &out->scope);
}

dbx_status bind_join(binder *b, const ast_join *j, bound_relation *out) {
    bound_relation left;
    TRY(bind_from(b, j->left, &left));
    return bind_join_with(b, j, &left, out);
}
