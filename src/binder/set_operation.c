/* set_operation.c - UNION, INTERSECT, EXCEPT, by position or BY NAME, and VALUES.
 *
 * Columns are widened to common types by projections below; names are the first input's. A chain of
 * UNION ALLs becomes one node with many inputs.
 */
#include "binder/binder_int.h"

static const char *set_operator_name(ast_set_operator op) {
    return op == AST_SET_UNION ? "UNION" : op == AST_SET_INTERSECT ? "INTERSECT" : "EXCEPT";
}

static dbx_status set_width_mismatch(binder *b, const ast_set_operation *s, uint32_t first,
                                     uint32_t second) {
    return error_raise(b->err, ERR_NUM_COLUMNS_MISMATCH, binder_node_span(b, &s->node), "operator",
                       set_operator_name(s->op), "firstNumColumns",
                       arena_printf(b->arena, "%u", first), "invalidOrdinalNum", "second",
                       "invalidNumColumns", arena_printf(b->arena, "%u", second), NULL);
}

static const char *set_ordinal(uint32_t i) {
    static const char *const names[] = {"first", "second",  "third",  "fourth", "fifth",
                                        "sixth", "seventh", "eighth", "ninth",  "tenth"};
    return i < ARRAY_COUNT(names) ? names[i] : "next";
}

/* Casts a plan's columns where they are not of the wanted types. */
dbx_status bind_cast_columns(binder *b, plan_node *n, const type *types, plan_node **out) {
    bool same = true;
    for (uint32_t i = 0; i < n->column_count; i++)
        same = same && type_equal(n->columns[i].type, types[i]);
    *out = n;
    if (same) return DBX_OK;
    expr **exprs = ARENA_ARRAY(b->arena, expr *, n->column_count + 1);
    string_view *names = ARENA_ARRAY(b->arena, string_view, n->column_count + 1);
    if (exprs == NULL || names == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < n->column_count; i++) {
        exprs[i] = bind_plan_column(b, n, i, n->span);
        if (exprs[i] == NULL) return binder_nomem(b);
        TRY(bind_cast(b, exprs[i], types[i], &exprs[i]));
        names[i] = n->columns[i].name;
    }
    return bind_project(b, n, exprs, names, n->column_count, out);
}

static dbx_status set_common_types(binder *b, const ast_set_operation *s, plan_node **left,
                                   plan_node **right) {
    plan_node *l = *left, *r = *right;
    if (l->column_count != r->column_count)
        return set_width_mismatch(b, s, l->column_count, r->column_count);
    type *types = ARENA_ARRAY(b->arena, type, l->column_count + 1);
    if (types == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < l->column_count; i++) {
        types[i] = l->columns[i].type;
        if (type_equal(types[i], r->columns[i].type)) continue;
        if (type_common(b->arena, types[i], r->columns[i].type, b->query->settings->ansi,
                        &types[i]))
            continue;
        return error_raise(b->err, ERR_INCOMPATIBLE_COLUMN_TYPE, binder_node_span(b, &s->node),
                           "operator", set_operator_name(s->op), "columnOrdinalNumber",
                           set_ordinal(i), "tableOrdinalNumber", "second", "dataType1",
                           arena_printf(b->arena, "\"%s\"", type_sql(b->arena, r->columns[i].type)),
                           "dataType2",
                           arena_printf(b->arena, "\"%s\"", type_sql(b->arena, l->columns[i].type)),
                           "hint", "", NULL);
    }
    TRY(bind_cast_columns(b, l, types, left));
    return bind_cast_columns(b, r, types, right);
}

/* BY NAME: brings the right side's columns into the left's order; a missing one is an error. */
static dbx_status set_order_by_name(binder *b, const ast_set_operation *s, plan_node *left,
                                    plan_node **right) {
    plan_node *r = *right;
    expr **exprs = ARENA_ARRAY(b->arena, expr *, left->column_count + 1);
    string_view *names = ARENA_ARRAY(b->arena, string_view, left->column_count + 1);
    if (exprs == NULL || names == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < left->column_count; i++) {
        uint32_t at = 0;
        while (at < r->column_count &&
               !binder_same_name(b, r->columns[at].name, left->columns[i].name))
            at++;
        if (at == r->column_count) {
            scope *available = scope_of_plan(b, r, NULL);
            return bind_raise_unresolved_column(b, &left->columns[i].name, 1, available,
                                                s->node.span);
        }
        exprs[i] = bind_plan_column(b, r, at, s->node.span);
        names[i] = left->columns[i].name;
        if (exprs[i] == NULL) return binder_nomem(b);
    }
    if (left->column_count != r->column_count)
        return set_width_mismatch(b, s, left->column_count, r->column_count);
    return bind_project(b, r, exprs, names, left->column_count, right);
}

static dbx_status set_node(binder *b, const ast_set_operation *s, plan_node *left, plan_node *right,
                           plan_node **out) {
    static const uint8_t ops[3][2] = {[AST_SET_UNION] = {SET_UNION_ALL, SET_UNION_ALL},
                                      [AST_SET_INTERSECT] = {SET_INTERSECT, SET_INTERSECT_ALL},
                                      [AST_SET_EXCEPT] = {SET_EXCEPT, SET_EXCEPT_ALL}};
    set_op_kind op = (set_op_kind)ops[s->op][s->all];
    /* The left side of a chain of UNION ALLs lends its inputs, where no cast came between. */
    plan_set_op *chain =
        op == SET_UNION_ALL && left->kind == PLAN_SET_OP ? (plan_set_op *)left : NULL;
    if (chain != NULL && chain->op != SET_UNION_ALL) chain = NULL;
    uint32_t before = chain != NULL ? left->child_count : 1;
    plan_set_op *n = PLAN_NEW(b->plan, plan_set_op, PLAN_SET_OP, before + 1, left->column_count);
    if (n == NULL) return binder_nomem(b);
    n->op = op;
    n->inputs = ARENA_ARRAY(b->arena, column_id *, before + 1);
    if (n->inputs == NULL) return binder_nomem(b);
    for (uint32_t k = 0; k <= before; k++) {
        plan_node *child = k == before ? right : chain != NULL ? left->children[k] : left;
        n->base.children[k] = child;
        if (chain != NULL && k < before) {
            n->inputs[k] = chain->inputs[k];
            continue;
        }
        n->inputs[k] = ARENA_ARRAY(b->arena, column_id, left->column_count + 1);
        if (n->inputs[k] == NULL) return binder_nomem(b);
        for (uint32_t i = 0; i < left->column_count; i++) n->inputs[k][i] = child->columns[i].id;
    }
    for (uint32_t i = 0; i < left->column_count; i++) {
        n->base.columns[i] = left->columns[i];
        n->base.columns[i].id = plan_new_column(b->plan);
        n->base.columns[i].nullable = left->columns[i].nullable || right->columns[i].nullable;
    }
    n->base.span = binder_node_span(b, &s->node);
    *out = &n->base;
    return DBX_OK;
}

dbx_status bind_set_plans(binder *b, const ast_set_operation *s, plan_node *left, plan_node *right,
                          plan_node **out) {
    if (s->by_name) TRY(set_order_by_name(b, s, left, &right));
    TRY(set_common_types(b, s, &left, &right));
    if (s->op == AST_SET_UNION && s->all) return set_node(b, s, left, right, out);
    plan_node *checked;
    TRY(bind_distinct(b, left, &checked)); /* for the types only, unless it is UNION */
    TRY(set_node(b, s, left, right, out));
    return s->op == AST_SET_UNION ? bind_distinct(b, *out, out) : DBX_OK;
}

dbx_status bind_set_operation(binder *b, const ast_set_operation *s, plan_node **out) {
    plan_node *left, *right;
    TRY(bind_body(b, s->left, &left));
    TRY(bind_body(b, s->right, &right));
    return bind_set_plans(b, s, left, right, out);
}

/* ---- VALUES ---- */

static uint32_t values_width(const ast_expr *row) {
    return row->kind == AST_ROW ? AST_AS(ast_row, row)->items.count : 1;
}

static const ast_expr *values_cell(const ast_expr *row, uint32_t i) {
    return row->kind == AST_ROW
               ? AST_AS(ast_select_item, AST_AS(ast_row, row)->items.items[i])->expr
               : row;
}

/* An inline table is made of constants: each cell is computed here, once. */
static dbx_status values_evaluate(binder *b, const ast_expr *ast, expr **cell) {
    expr *e = *cell;
    const vector *value;
    if (e->kind == EXPR_CONSTANT) return DBX_OK;
    span s = binder_node_span(b, ast);
    if (!expr_is_foldable(e)) {
        return error_raise(b->err, ERR_INVALID_INLINE_TABLE__CANNOT_EVALUATE_EXPRESSION, s, "expr",
                           binder_sql_of(b, ast), NULL);
    }
    error failed;
    error_init(&failed);
    dbx_status status = expr_fold(b->arena, b->query, e, &value, &failed);
    if (status == DBX_ERROR) {
        status = error_raise(b->err, ERR_INVALID_INLINE_TABLE__FAILED_SQL_EXPRESSION_EVALUATION, s,
                             "sqlExpr", binder_sql_of(b, ast), NULL);
    } else if (status != DBX_OK) {
        error_copy(b->err, &failed);
    }
    error_deinit(&failed);
    TRY(status);
    *cell = expr_constant(b->arena, value, e->span);
    return *cell == NULL ? binder_nomem(b) : DBX_OK;
}

static dbx_status values_bind_cells(binder *b, const ast_values *v, uint32_t width, expr **cells) {
    for (uint32_t r = 0; r < v->rows.count; r++) {
        const ast_expr *row = v->rows.items[r];
        if (values_width(row) != width) {
            return error_raise(b->err, ERR_INVALID_INLINE_TABLE__NUM_COLUMNS_MISMATCH,
                               binder_node_span(b, row), "expectedNumCols",
                               arena_printf(b->arena, "%u", width), "actualNumCols",
                               arena_printf(b->arena, "%u", values_width(row)), "rowIndex",
                               arena_printf(b->arena, "%u", r), NULL);
        }
        for (uint32_t i = 0; i < width; i++) {
            const ast_expr *cell = values_cell(row, i);
            bool done = false;
            if (cell->kind == AST_DEFAULT) {
                TRY(bind_insert_default(b, &v->node, i, cell->span, &cells[r * width + i], &done));
            }
            if (done) continue;
            TRY(bind_expr(b, cell, &cells[r * width + i]));
            TRY(values_evaluate(b, cell, &cells[r * width + i]));
        }
    }
    return DBX_OK;
}

static dbx_status values_common(binder *b, const ast_values *v, uint32_t width, uint32_t i,
                                expr **cells, plan_column *column) {
    uint32_t rows = v->rows.count;
    type common = cells[i]->type;
    for (uint32_t r = 1; r < rows; r++) {
        type t = cells[r * width + i]->type;
        if (type_equal(common, t)) continue;
        if (!type_common(b->arena, common, t, b->query->settings->ansi, &common)) {
            const char *name = arena_printf(b->arena, "`col%u`", i + 1);
            return error_raise(b->err, ERR_INVALID_INLINE_TABLE__INCOMPATIBLE_TYPES_IN_INLINE_TABLE,
                               binder_node_span(b, &v->node), "colName", name == NULL ? "" : name,
                               NULL);
        }
    }
    column->type = common;
    for (uint32_t r = 0; r < rows; r++) {
        TRY(bind_cast(b, cells[r * width + i], common, &cells[r * width + i]));
        column->nullable = column->nullable || cells[r * width + i]->nullable;
    }
    return DBX_OK;
}

dbx_status bind_values(binder *b, const ast_values *v, plan_node **out) {
    uint32_t width = values_width(v->rows.items[0]), rows = v->rows.count;
    plan_values *n = PLAN_NEW(b->plan, plan_values, PLAN_VALUES, 0, width);
    bind_block block;
    if (n == NULL) return binder_nomem(b);
    n->exprs = arena_alloc_array(b->arena, sizeof(expr *), (size_t)width * rows + 1);
    if (n->exprs == NULL) return binder_nomem(b);
    n->row_count = rows;
    binder_push(b, &block, NULL, CLAUSE_VALUES);
    dbx_status status = values_bind_cells(b, v, width, n->exprs);
    binder_pop(b, &block);
    TRY(status);
    const ast_ident_list *names = &v->alias.columns;
    if (names->count > 0 && names->count != width) {
        return error_raise(b->err, ERR_NUM_TABLE_VALUE_ALIASES_MISMATCH,
                           binder_node_span(b, &v->node), "funcName", "`VALUES`", "aliasesNum",
                           arena_printf(b->arena, "%u", names->count), "outColsNum",
                           arena_printf(b->arena, "%u", width), NULL);
    }
    for (uint32_t i = 0; i < width; i++) {
        plan_column *c = &n->base.columns[i];
        c->id = plan_new_column(b->plan);
        c->name = names->count > 0 ? names->items[i].text
                                   : sv_from(arena_printf(b->arena, "col%u", i + 1));
        TRY(values_common(b, v, width, i, n->exprs, c));
    }
    n->base.span = binder_node_span(b, &v->node);
    *out = &n->base;
    return DBX_OK;
}
