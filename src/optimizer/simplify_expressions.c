/* simplify_expressions.c - rewrites expressions to cheaper or more useful ones of equal value.
 *
 *   NOT                 pushed down to comparisons, AND, OR, IS NULL, where it vanishes
 *   AND, OR             flattened; TRUE and FALSE absorbed; doubles dropped
 *   x = a OR x = b      x IN (a, b)
 *   (p AND a) OR (p AND b)   p AND (a OR b)
 *   5 < x               x > 5
 *   CAST(x AS wide) < c      x < CAST(c AS narrow), if the cast loses nothing and c survives it
 *   x LIKE 'abc%'       startswith(x, 'abc'); without wildcards x = 'abc'
 *   b = TRUE            b
 *   IS [NOT] NULL       of what is never NULL
 *
 * NULL LOGIC  All of these hold in three-valued logic. Volatile expressions are never doubled or
 * dropped; a part that can fail may be dropped where its value does not matter.
 */
#include "eval/program.h"
#include "optimizer/rule.h"

enum { SIMPLIFY_IN_MAX = 4096 };

typedef struct simplify_state {
    plan_context *context;
    dbx_status status;
} simplify_state;

/* Status or out of memory as NULL; remembers the status. */
static expr *simplify_result(simplify_state *s, dbx_status status, expr *x) {
    if (status == DBX_OK) return x;
    s->status = status;
    return NULL;
}

/* A call; NULL on failure. */
static expr *simplify_new(simplify_state *s, const char *name, expr *const *args, uint32_t count) {
    expr *out = NULL;
    dbx_status status = rule_call(s->context, name, args, count, &out);
    return simplify_result(s, status, out);
}

static expr *simplify_new2(simplify_state *s, const char *name, expr *x, expr *y) {
    expr *args[2] = {x, y};
    return simplify_new(s, name, args, 2);
}

static bool simplify_is_false(const expr *x) {
    return x->kind == EXPR_CONSTANT && expr_is_null_or_false(x) && !vector_is_null(x->u.value, 0);
}

static bool simplify_list_has(const expr_list *list, const expr *x) {
    for (uint32_t i = 0; i < list->count; i++)
        if (expr_equal(list->items[i], x)) return true;
    return false;
}

static expr *simplify_node(simplify_state *s, expr *x);

/* Makes AND or OR of a list: none gives the neutral value, one itself. */
static expr *simplify_make(simplify_state *s, expr_kind kind, const expr_list *list, span at) {
    arena *a = s->context->arena;
    if (list->count == 0) return expr_constant_bool(a, kind == EXPR_AND, at);
    if (list->count == 1) return list->items[0];
    expr *x = expr_new(a, kind, type_simple(TYPE_BOOLEAN), false, at, list->count);
    if (x == NULL) return NULL;
    for (uint32_t i = 0; i < list->count; i++) {
        x->args[i] = list->items[i];
        x->nullable = x->nullable || list->items[i]->nullable;
    }
    return x;
}

/* ---- NOT ---- */

static const char *simplify_negated(function_op op) {
    switch (op) {
    case OP_EQ:
        return "!=";
    case OP_NE:
        return "=";
    case OP_LT:
        return ">=";
    case OP_LE:
        return ">";
    case OP_GT:
        return "<=";
    case OP_GE:
        return "<";
    case OP_IS_NULL:
        return "isnotnull";
    case OP_IS_NOT_NULL:
        return "isnull";
    default:
        return NULL;
    }
}

static expr *simplify_not(simplify_state *s, expr *x) {
    expr *arg = x->args[0];
    if (arg->kind == EXPR_NOT) return arg->args[0];
    if (arg->kind == EXPR_CONSTANT && !vector_is_null(arg->u.value, 0))
        return expr_constant_bool(s->context->arena, simplify_is_false(arg), x->span);
    if (arg->kind == EXPR_AND || arg->kind == EXPR_OR) {
        expr_list parts = {0};
        for (uint32_t i = 0; i < arg->arg_count; i++) {
            expr *part;
            if (rule_not(s->context, arg->args[i], &part) != DBX_OK) return NULL;
            if ((part = simplify_not(s, part)) == NULL) return NULL;
            if (ARENA_LIST_PUSH(s->context->arena, &parts, part) != DBX_OK) return NULL;
        }
        return simplify_make(s, arg->kind == EXPR_AND ? EXPR_OR : EXPR_AND, &parts, x->span);
    }
    const char *name = simplify_negated(expr_op(arg));
    if (name == NULL) return x;
    return simplify_new(s, name, arg->args, arg->arg_count);
}

/* ---- AND, OR ---- */

static dbx_status simplify_flatten(simplify_state *s, expr_kind kind, const expr *x, expr_list *out,
                                   bool *absorbed) {
    for (uint32_t i = 0; i < x->arg_count; i++) {
        expr *arg = x->args[i];
        if (arg->kind == kind) {
            TRY(simplify_flatten(s, kind, arg, out, absorbed));
            continue;
        }
        if (expr_is_constant_true(arg)) {
            *absorbed = *absorbed || kind == EXPR_OR;
            continue;
        }
        if (simplify_is_false(arg)) {
            *absorbed = *absorbed || kind == EXPR_AND;
            continue;
        }
        if (!expr_is_volatile(arg) && simplify_list_has(out, arg)) continue;
        TRY(ARENA_LIST_PUSH(s->context->arena, out, arg));
    }
    return DBX_OK;
}

/* "column = constant" or "column IN (constants)": the tested expression, and its values. */
static expr *simplify_tested(expr *x, expr ***values, uint32_t *count) {
    if (x->kind == EXPR_IN) {
        for (uint32_t i = 1; i < x->arg_count; i++)
            if (x->args[i]->kind != EXPR_CONSTANT) return NULL;
        *values = x->args + 1;
        *count = x->arg_count - 1;
        return x->args[0];
    }
    if (expr_op(x) != OP_EQ || x->args[1]->kind != EXPR_CONSTANT ||
        x->args[0]->kind == EXPR_CONSTANT)
        return NULL;
    if (!type_same_layout(x->args[0]->type, x->args[1]->type) || type_is_nested(x->args[0]->type))
        return NULL;
    *values = x->args + 1;
    *count = 1;
    return x->args[0];
}

/* Gathers tests of one expression in an OR into one IN. */
static dbx_status simplify_to_in(simplify_state *s, expr_list *list) {
    arena *a = s->context->arena;
    for (uint32_t i = 0; i < list->count; i++) {
        expr **values;
        uint32_t count, kept = i + 1;
        expr *tested = simplify_tested(list->items[i], &values, &count);
        expr_list all = {0};
        if (tested == NULL || expr_is_volatile(tested)) continue;
        TRY(rule_append(s->context, &all, values, count));
        for (uint32_t k = i + 1; k < list->count; k++) {
            expr *other = simplify_tested(list->items[k], &values, &count);
            if (other == NULL || !expr_equal(other, tested) ||
                all.count + count > SIMPLIFY_IN_MAX) {
                list->items[kept++] = list->items[k];
                continue;
            }
            for (uint32_t v = 0; v < count; v++)
                if (!simplify_list_has(&all, values[v])) TRY(ARENA_LIST_PUSH(a, &all, values[v]));
        }
        if (kept == list->count) continue;
        list->count = kept;
        expr *in = expr_new(a, EXPR_IN, type_simple(TYPE_BOOLEAN), true, list->items[i]->span,
                            all.count + 1);
        if (in == NULL) return DBX_NOMEM;
        in->args[0] = tested;
        in->nullable = tested->nullable;
        for (uint32_t v = 0; v < all.count; v++) {
            in->args[v + 1] = all.items[v];
            in->nullable = in->nullable || vector_is_null(all.items[v]->u.value, 0);
        }
        list->items[i] = in;
    }
    return DBX_OK;
}

/* Conjuncts that every branch has; the branches lose them. */
static dbx_status simplify_factor(simplify_state *s, expr_list *branches, expr_list *common) {
    expr_list *parts = ARENA_ARRAY(s->context->arena, expr_list, branches->count + 1);
    if (parts == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < branches->count; i++)
        TRY(rule_split(s->context, branches->items[i], &parts[i]));
    for (uint32_t k = 0; k < parts[0].count; k++) {
        bool everywhere = !expr_is_volatile(parts[0].items[k]);
        for (uint32_t i = 1; i < branches->count && everywhere; i++)
            everywhere = simplify_list_has(&parts[i], parts[0].items[k]);
        if (everywhere) TRY(ARENA_LIST_PUSH(s->context->arena, common, parts[0].items[k]));
    }
    if (common->count == 0) return DBX_OK;
    for (uint32_t i = 0; i < branches->count; i++) {
        expr_list rest = {0};
        for (uint32_t k = 0; k < parts[i].count; k++)
            if (!simplify_list_has(common, parts[i].items[k]))
                TRY(ARENA_LIST_PUSH(s->context->arena, &rest, parts[i].items[k]));
        branches->items[i] = simplify_make(s, EXPR_AND, &rest, branches->items[i]->span);
        if (branches->items[i] == NULL) return DBX_NOMEM;
    }
    return DBX_OK;
}

static expr *simplify_and_or(simplify_state *s, expr *x) {
    expr_list list = {0}, common = {0};
    bool absorbed = false;
    expr_kind kind = (expr_kind)x->kind;
    if (simplify_flatten(s, kind, x, &list, &absorbed) != DBX_OK) return NULL;
    if (absorbed) return expr_constant_bool(s->context->arena, kind == EXPR_OR, x->span);
    if (kind == EXPR_AND || list.count < 2) return simplify_make(s, kind, &list, x->span);
    if (simplify_factor(s, &list, &common) != DBX_OK) return NULL;
    for (uint32_t i = 0; i < list.count; i++)
        if (expr_is_constant_true(list.items[i]))
            return simplify_make(s, EXPR_AND, &common, x->span);
    if (simplify_to_in(s, &list) != DBX_OK) return NULL;
    expr *rest = simplify_make(s, EXPR_OR, &list, x->span);
    if (rest == NULL || common.count == 0) return rest;
    if (ARENA_LIST_PUSH(s->context->arena, &common, rest) != DBX_OK) return NULL;
    return simplify_make(s, EXPR_AND, &common, x->span);
}

/* ---- comparisons ---- */

static const char *simplify_swapped(function_op op) {
    switch (op) {
    case OP_EQ:
        return "=";
    case OP_NE:
        return "!=";
    case OP_EQ_NULL_SAFE:
        return "<=>";
    case OP_LT:
        return ">";
    case OP_LE:
        return ">=";
    case OP_GT:
        return "<";
    case OP_GE:
        return "<=";
    default:
        return NULL;
    }
}

static bool simplify_can_move_cast(type from, type to) {
    bool known = (type_is_integer(from) || from.id == TYPE_DECIMAL) &&
                 (type_is_integer(to) || to.id == TYPE_DECIMAL);
    return known && cast_is_widening(from, to);
}

/* The value of a constant expression; *out NULL where evaluating fails. */
static dbx_status simplify_value(plan_context *c, const expr *x, const vector **out) {
    error ignored;
    error_init(&ignored);
    dbx_status status = expr_fold(c->arena, c->query, x, out, &ignored);
    error_deinit(&ignored);
    if (status == DBX_NOMEM) return status;
    if (status != DBX_OK || vector_is_null(*out, 0)) *out = NULL;
    return DBX_OK;
}

/* The constant brought to the narrower type, if it comes back the same; *out NULL otherwise. */
static dbx_status simplify_narrow(simplify_state *s, expr *value, type to, expr **out) {
    plan_context *c = s->context;
    expr *narrow, *wide;
    const vector *v, *w;
    *out = NULL;
    TRY(expr_cast_new(c->arena, c->query, value, to, CAST_TRY, value->span, &narrow, c->err));
    TRY(simplify_value(c, narrow, &v));
    if (v == NULL) return DBX_OK;
    if ((narrow = expr_constant(c->arena, v, value->span)) == NULL) return DBX_NOMEM;
    TRY(expr_cast_new(c->arena, c->query, narrow, value->type, CAST_TRY, value->span, &wide,
                      c->err));
    TRY(simplify_value(c, wide, &w));
    if (w != NULL && row_compare(w, 0, value->u.value, 0, (sort_order){0}) == 0) *out = narrow;
    return DBX_OK;
}

static expr *simplify_comparison(simplify_state *s, expr *x) {
    plan_context *c = s->context;
    const char *swapped = simplify_swapped(expr_op(x));
    expr *out = x;
    if (x->args[0]->kind == EXPR_CONSTANT && x->args[1]->kind != EXPR_CONSTANT) {
        if ((x = simplify_new2(s, swapped, x->args[1], x->args[0])) == NULL) return NULL;
    }
    expr *left = x->args[0], *value = x->args[1];
    if (value->kind != EXPR_CONSTANT || vector_is_null(value->u.value, 0)) return x;
    if (left->type.id == TYPE_BOOLEAN && expr_op(x) == OP_EQ) {
        if (expr_is_constant_true(value)) return left;
        if (rule_not(c, left, &out) != DBX_OK) return NULL;
        return simplify_not(s, out);
    }
    if (left->kind != EXPR_CAST || !simplify_can_move_cast(left->args[0]->type, left->type))
        return x;
    expr *narrow;
    dbx_status status = simplify_narrow(s, value, left->args[0]->type, &narrow);
    if (status != DBX_OK) return simplify_result(s, status, NULL);
    if (narrow == NULL) return x;
    return simplify_new2(s, x->u.call.row->name, left->args[0], narrow);
}

/* IN over a cast column: all values must survive. */
static expr *simplify_in(simplify_state *s, expr *x) {
    plan_context *c = s->context;
    expr *left = x->args[0], *out = x;
    if (x->arg_count == 2 && x->args[1]->kind == EXPR_CONSTANT && !type_is_nested(left->type))
        return simplify_new2(s, "=", left, x->args[1]);
    if (left->kind != EXPR_CAST || !simplify_can_move_cast(left->args[0]->type, left->type))
        return x;
    out = expr_new(c->arena, EXPR_IN, x->type, x->nullable, x->span, x->arg_count);
    if (out == NULL) return NULL;
    out->args[0] = left->args[0];
    for (uint32_t i = 1; i < x->arg_count; i++) {
        if (x->args[i]->kind != EXPR_CONSTANT || vector_is_null(x->args[i]->u.value, 0)) return x;
        dbx_status status = simplify_narrow(s, x->args[i], left->args[0]->type, &out->args[i]);
        if (status != DBX_OK) return simplify_result(s, status, NULL);
        if (out->args[i] == NULL) return x;
    }
    return out;
}

/* ---- LIKE, IS NULL ---- */

static expr *simplify_like(simplify_state *s, expr *x) {
    plan_context *c = s->context;
    expr *text = x->args[0], *pattern = x->arg_count > 1 ? x->args[1] : NULL;
    if (pattern == NULL || x->arg_count > 3 || pattern->kind != EXPR_CONSTANT ||
        vector_is_null(pattern->u.value, 0) || pattern->type.id != TYPE_STRING ||
        text->type.id != TYPE_STRING || text->type.collation != COLLATION_UTF8_BINARY ||
        text->type.char_kind == CHAR_KIND_CHAR)
        return x;
    if (x->arg_count == 3) {
        const expr *escape = x->args[2];
        if (escape->kind != EXPR_CONSTANT || vector_is_null(escape->u.value, 0)) return x;
        if (!sv_equal(vstring_view(VECTOR_DATA(escape->u.value, vstring)), SV("\\"))) return x;
    }
    string_view p = vstring_view(VECTOR_DATA(pattern->u.value, vstring));
    size_t plain = 0;
    while (plain < p.size && p.data[plain] != '%' && p.data[plain] != '_' && p.data[plain] != '\\')
        plain++;
    if (plain == p.size) return simplify_new2(s, "=", text, pattern);
    if (p.data[plain] != '%' || plain + 1 != p.size || plain == 0) return x;
    expr *prefix = expr_constant_string(c->arena, (string_view){p.data, plain}, pattern->span);
    if (prefix == NULL) return NULL;
    return simplify_new2(s, "startswith", text, prefix);
}

static expr *simplify_call(simplify_state *s, expr *x) {
    arena *a = s->context->arena;
    switch (expr_op(x)) {
    case OP_EQ:
    case OP_NE:
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE:
        return simplify_comparison(s, x);
    case OP_LIKE:
        return simplify_like(s, x);
    case OP_IS_NULL:
        return x->args[0]->nullable || expr_is_volatile(x) ? x
                                                           : expr_constant_bool(a, false, x->span);
    case OP_IS_NOT_NULL:
        return x->args[0]->nullable || expr_is_volatile(x) ? x
                                                           : expr_constant_bool(a, true, x->span);
    case OP_COALESCE:
        return x->arg_count > 0 && !x->args[0]->nullable ? x->args[0] : x;
    default:
        return x;
    }
}

static expr *simplify_visit(expr *x, void *state) {
    simplify_state *s = state;
    if (x->kind == EXPR_SUBQUERY) {
        s->status = rule_rewrite_exprs(s->context, x->u.subquery.plan, simplify_visit, s);
        return s->status == DBX_OK ? x : NULL;
    }
    return simplify_node(s, x);
}

static expr *simplify_node(simplify_state *s, expr *x) {
    switch ((expr_kind)x->kind) {
    case EXPR_NOT:
        return simplify_not(s, x);
    case EXPR_AND:
    case EXPR_OR:
        return simplify_and_or(s, x);
    case EXPR_IN:
        return simplify_in(s, x);
    case EXPR_CALL:
        return simplify_call(s, x);
    default:
        return x;
    }
}

dbx_status rule_simplify_expressions(plan_context *c, plan_node **root) {
    simplify_state s = {.context = c};
    return rule_rewrite_exprs(c, *root, simplify_visit, &s);
}
