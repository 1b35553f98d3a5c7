/* subquery.c - queries inside expressions.
 *
 * The plan of a subquery may use columns of the blocks around; it is then correlated, and the
 * optimizer unnests it.
 */
#include "binder/binder_int.h"

dbx_status bind_is_correlated(binder *b, plan_node *plan, bool *out) {
    column_set used;
    if (column_set_init(&used, b->plan->next_column, b->arena) != DBX_OK ||
        plan_free_columns(plan, &used, b->arena) != DBX_OK)
        return binder_nomem(b);
    *out = !column_set_is_empty(&used);
    return DBX_OK;
}

/* Operands and columns of x IN (SELECT …) are brought to common types. */
static dbx_status subquery_match_types(binder *b, expr **operands, uint32_t count,
                                       const ast_node *node, plan_node **plan) {
    plan_node *p = *plan;
    bool casts = false;
    expr **columns = ARENA_ARRAY(b->arena, expr *, count + 1);
    string_view *names = ARENA_ARRAY(b->arena, string_view, count + 1);
    if (columns == NULL || names == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < count; i++) {
        expr *pair[2] = {operands[i], bind_plan_column(b, p, i, node->span)};
        type common;
        bool ok;
        if (pair[1] == NULL) return binder_nomem(b);
        TRY(bind_common(b, pair, 2, &common, &ok));
        if (!ok || !type_is_groupable(common)) {
            const char *left =
                arena_printf(b->arena, "[\"%s\"]", type_sql(b->arena, operands[i]->type));
            const char *right =
                arena_printf(b->arena, "[\"%s\"]", type_sql(b->arena, p->columns[i].type));
            return error_raise(b->err, ERR_DATATYPE_MISMATCH__IN_SUBQUERY_DATA_TYPE_MISMATCH,
                               binder_node_span(b, node), "sqlExpr", binder_sql_of(b, node),
                               "mismatchedColumns", "", "leftType", left == NULL ? "" : left,
                               "rightType", right == NULL ? "" : right, NULL);
        }
        casts = casts || pair[1]->kind != EXPR_COLUMN;
        operands[i] = pair[0];
        columns[i] = pair[1];
        names[i] = p->columns[i].name;
    }
    if (!casts) return DBX_OK;
    return bind_project(b, p, columns, names, count, plan);
}

static dbx_status subquery_wrong_width(binder *b, subquery_kind kind, uint32_t expected,
                                       uint32_t actual, const ast_node *node) {
    const char *number = arena_printf(b->arena, "%u", actual);
    span s = binder_node_span(b, node);
    if (number == NULL) return binder_nomem(b);
    if (kind == SUBQUERY_SCALAR) {
        return error_raise(
            b->err,
            ERR_INVALID_SUBQUERY_EXPRESSION__SCALAR_SUBQUERY_RETURN_MORE_THAN_ONE_OUTPUT_COLUMN, s,
            "number", number, NULL);
    }
    return error_raise(b->err, ERR_DATATYPE_MISMATCH__IN_SUBQUERY_LENGTH_MISMATCH, s, "sqlExpr",
                       binder_sql_of(b, node), "leftLength", arena_printf(b->arena, "%u", expected),
                       "rightLength", number, NULL);
}

/* IN over one struct operand compares with the columns as a struct. */
static dbx_status subquery_spread(binder *b, expr ***operands, uint32_t *count,
                                  const plan_node *plan, span s) {
    expr *e = (*operands)[0];
    if (*count != 1 || plan->column_count == 1 || e->type.id != TYPE_STRUCT ||
        e->type.child_count != plan->column_count)
        return DBX_OK;
    expr **fields = ARENA_ARRAY(b->arena, expr *, e->type.child_count);
    if (fields == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < e->type.child_count; i++) {
        expr *args[2] = {e, expr_constant_int64(b->arena, type_simple(TYPE_INT), i, e->span)};
        if (args[1] == NULL) return binder_nomem(b);
        TRY(bind_call(b, SYNTAX_FN_STRUCT_FIELD, args, 2, s, NULL, &fields[i]));
    }
    *operands = fields;
    *count = e->type.child_count;
    return DBX_OK;
}

dbx_status bind_subquery(binder *b, const ast_query *q, subquery_kind kind, expr **operands,
                         uint32_t operand_count, bool negated, const ast_node *node, expr **out) {
    plan_node *plan;
    uint32_t level_min = b->level_min, level_max = b->level_max;
    bool used_output = b->used_output, used_scope = b->used_scope;
    b->level_min = b->level_max = 0;
    lambda_frame *lambdas = b->lambdas;
    b->with_at_start = true;
    TRY(bind_query(b, q, &plan));
    b->lambdas = lambdas;
    if (kind == SUBQUERY_IN) TRY(subquery_spread(b, &operands, &operand_count, plan, node->span));
    uint32_t width = kind == SUBQUERY_SCALAR ? 1 : operand_count;
    if (kind != SUBQUERY_EXISTS && plan->column_count != width) {
        return subquery_wrong_width(b, kind, width, plan->column_count, node);
    }
    if (kind == SUBQUERY_IN) TRY(subquery_match_types(b, operands, operand_count, node, &plan));
    type t = kind == SUBQUERY_SCALAR ? plan->columns[0].type : type_simple(TYPE_BOOLEAN);
    expr *e = expr_new(b->arena, EXPR_SUBQUERY, t, kind != SUBQUERY_EXISTS,
                       binder_node_span(b, node), operand_count);
    if (e == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < operand_count; i++) e->args[i] = operands[i];
    e->u.subquery = (expr_subquery){.kind = kind, .plan = plan, .negated = negated};
    TRY(bind_is_correlated(b, plan, &e->u.subquery.correlated));
    /* Only what reaches this block or one around it counts for those who ask. */
    uint32_t level = b->block == NULL ? 0 : b->block->level;
    uint32_t inner_max = MIN(b->level_max, level);
    if (b->level_min > level) b->level_min = inner_max = 0;
    if (level_min != 0 && (b->level_min == 0 || level_min < b->level_min)) b->level_min = level_min;
    b->level_max = MAX(level_max, inner_max);
    b->used_output = used_output || b->used_output;
    b->used_scope = used_scope || b->used_scope;
    bind_note *note = binder_note(b, node);
    if (note == NULL) return binder_nomem(b);
    note->bound = e;
    *out = e;
    return DBX_OK;
}
