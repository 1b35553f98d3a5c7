/* expression.c - expressions of the AST that are not names, literals or calls.
 *
 * Operators are calls of the rows that functions/syntax.h names. AND, OR, NOT, IN, CASE and CAST
 * are kinds of expressions of their own, because they decide what is evaluated at all.
 */
#include "binder/binder_int.h"

static expr *bind_new_boolean(binder *b, expr_kind kind, uint32_t count, span s,
                              expr *const *args) {
    bool nullable = false;
    for (uint32_t i = 0; i < count; i++) nullable = nullable || args[i]->nullable;
    expr *e = expr_new(b->arena, kind, type_simple(TYPE_BOOLEAN), nullable, s, count);
    if (e != NULL && count > 0) memcpy(e->args, args, count * sizeof(expr *));
    return e;
}

static dbx_status bind_not(binder *b, expr *e, span s, expr **out) {
    *out = bind_new_boolean(b, EXPR_NOT, 1, binder_span(b, s), &e);
    return *out == NULL ? binder_nomem(b) : DBX_OK;
}

static dbx_status bind_negated(binder *b, bool negated, expr *e, span s, expr **out) {
    if (negated) return bind_not(b, e, s, out);
    *out = e;
    return DBX_OK;
}

static dbx_status bind_chain(binder *b, expr_kind kind, expr *const *items, uint32_t count, span s,
                             expr **out) {
    if (count == 1) {
        *out = items[0];
        return DBX_OK;
    }
    *out = bind_new_boolean(b, kind, count, binder_span(b, s), items);
    return *out == NULL ? binder_nomem(b) : DBX_OK;
}

dbx_status bind_exprs(binder *b, const ast_list *list, expr ***out) {
    expr **items = ARENA_ARRAY(b->arena, expr *, list->count + 1);
    if (items == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < list->count; i++) TRY(bind_expr(b, list->items[i], &items[i]));
    *out = items;
    return DBX_OK;
}

/* A bound operand as a BOOLEAN, for an operator written as `sql`. */
static dbx_status bind_boolean_operand(binder *b, expr *e, const ast_expr *whole, const char *op,
                                       expr **out) {
    if (e->type.id == TYPE_BOOLEAN) {
        *out = e;
        return DBX_OK;
    }
    if (!cast_implicit_allowed(e->type, type_simple(TYPE_BOOLEAN), b->query->settings->ansi)) {
        return error_raise(
            b->err, ERR_DATATYPE_MISMATCH__BINARY_OP_WRONG_TYPE, binder_node_span(b, whole),
            "sqlExpr", binder_sql_of(b, whole), "inputType", "\"BOOLEAN\"", "actualDataType",
            arena_printf(b->arena, "\"%s\"", type_sql(b->arena, e->type)), "operator", op, NULL);
    }
    return bind_cast(b, e, type_simple(TYPE_BOOLEAN), out);
}

dbx_status bind_condition(binder *b, const ast_expr *e, expr **out) {
    expr *bound;
    TRY(bind_expr(b, e, &bound));
    if (bound->type.id == TYPE_BOOLEAN) {
        *out = bound;
        return DBX_OK;
    }
    if (!cast_implicit_allowed(bound->type, type_simple(TYPE_BOOLEAN), b->query->settings->ansi)) {
        static const char *const names[] = {[CLAUSE_WHERE] = "WHERE",
                                            [CLAUSE_HAVING] = "HAVING",
                                            [CLAUSE_QUALIFY] = "QUALIFY",
                                            [CLAUSE_JOIN] = "JOIN"};
        const char *name = b->block != NULL && b->block->clause < ARRAY_COUNT(names)
                               ? names[b->block->clause]
                               : NULL;
        return error_raise(b->err, ERR_DATATYPE_MISMATCH__FILTER_NOT_BOOLEAN,
                           binder_node_span(b, e), "sqlExpr", binder_sql_of(b, e), "filter",
                           binder_sql_of(b, e), "type",
                           arena_printf(b->arena, "\"%s\"", type_sql(b->arena, bound->type)),
                           "clause", name == NULL ? "" : name, NULL);
    }
    return bind_cast(b, bound, type_simple(TYPE_BOOLEAN), out);
}

static dbx_status bind_collect_conjuncts(binder *b, expr *e, expr **items, uint32_t *count) {
    if (e->kind != EXPR_AND) {
        if (items != NULL) items[*count] = e;
        (*count)++;
        return DBX_OK;
    }
    for (uint32_t i = 0; i < e->arg_count; i++)
        TRY(bind_collect_conjuncts(b, e->args[i], items, count));
    return DBX_OK;
}

dbx_status bind_split_conjuncts(binder *b, expr *e, expr ***out, uint32_t *count) {
    *count = 0;
    TRY(bind_collect_conjuncts(b, e, NULL, count));
    *out = ARENA_ARRAY(b->arena, expr *, *count);
    if (*out == NULL) return binder_nomem(b);
    *count = 0;
    return bind_collect_conjuncts(b, e, *out, count);
}

/* ---- operators ---- */

static const char *bind_operator_name(ast_operator op) {
    static const char *const names[AST_OP_COUNT] = {
        [AST_OP_EQUAL] = "=",
        [AST_OP_NULL_SAFE_EQUAL] = "<=>",
        [AST_OP_NOT_EQUAL] = "!=",
        [AST_OP_LESS] = "<",
        [AST_OP_LESS_EQUAL] = "<=",
        [AST_OP_GREATER] = ">",
        [AST_OP_GREATER_EQUAL] = ">=",
        [AST_OP_LIKE] = "like",
        [AST_OP_ILIKE] = "ilike",
        [AST_OP_RLIKE] = "rlike",
        [AST_OP_BIT_OR] = "|",
        [AST_OP_BIT_XOR] = "^",
        [AST_OP_BIT_AND] = "&",
        [AST_OP_BIT_NOT] = "~",
        [AST_OP_SHIFT_LEFT] = "shiftleft",
        [AST_OP_SHIFT_RIGHT] = "shiftright",
        [AST_OP_SHIFT_RIGHT_UNSIGNED] = "shiftrightunsigned",
        [AST_OP_ADD] = "+",
        [AST_OP_SUBTRACT] = "-",
        [AST_OP_CONCAT] = "concat",
        [AST_OP_MULTIPLY] = "*",
        [AST_OP_DIVIDE] = "/",
        [AST_OP_INT_DIVIDE] = "div",
        [AST_OP_MODULO] = "%",
        [AST_OP_NEGATE] = "negative",
        [AST_OP_PLUS_SIGN] = "positive",
    };
    return names[op];
}

static dbx_status bind_unary(binder *b, const ast_unary *u, expr **out) {
    expr *operand;
    TRY(bind_expr(b, u->operand, &operand));
    if (u->op == AST_OP_NOT) {
        TRY(bind_boolean_operand(b, operand, &u->node, "NOT", &operand));
        return bind_not(b, operand, u->node.span, out);
    }
    return bind_call(b, bind_operator_name(u->op), &operand, 1, u->node.span, u, out);
}

static dbx_status bind_binary(binder *b, const ast_binary *n, expr **out) {
    expr *args[2];
    TRY(bind_expr(b, n->left, &args[0]));
    TRY(bind_expr(b, n->right, &args[1]));
    if (n->op == AST_OP_AND || n->op == AST_OP_OR) {
        const char *op = n->op == AST_OP_AND ? "AND" : "OR";
        TRY(bind_boolean_operand(b, args[0], &n->node, op, &args[0]));
        TRY(bind_boolean_operand(b, args[1], &n->node, op, &args[1]));
        return bind_chain(b, n->op == AST_OP_AND ? EXPR_AND : EXPR_OR, args, 2, n->node.span, out);
    }
    return bind_call(b, bind_operator_name(n->op), args, 2, n->node.span, n, out);
}

static dbx_status bind_logical(binder *b, const ast_logical *n, expr **out) {
    expr **items;
    TRY(bind_exprs(b, &n->operands, &items));
    for (uint32_t i = 0; i < n->operands.count; i++) {
        TRY(bind_boolean_operand(b, items[i], &n->node, n->op == AST_OP_AND ? "AND" : "OR",
                                 &items[i]));
    }
    return bind_chain(b, n->op == AST_OP_AND ? EXPR_AND : EXPR_OR, items, n->operands.count,
                      n->node.span, out);
}

static dbx_status bind_between(binder *b, const ast_between *n, expr **out) {
    expr *operand, *low, *high, *both[2];
    TRY(bind_expr(b, n->operand, &operand));
    TRY(bind_expr(b, n->low, &low));
    TRY(bind_expr(b, n->high, &high));
    expr *lower[2] = {operand, low}, *upper[2] = {operand, high};
    /* A plan must stand in one place only. */
    if (expr_contains(operand, EXPR_SUBQUERY)) TRY(bind_expr(b, n->operand, &upper[0]));
    TRY(bind_call(b, ">=", lower, 2, n->node.span, NULL, &both[0]));
    TRY(bind_call(b, "<=", upper, 2, n->node.span, NULL, &both[1]));
    expr *e;
    TRY(bind_chain(b, EXPR_AND, both, 2, n->node.span, &e));
    return bind_negated(b, n->negated, e, n->node.span, out);
}

/* ---- IN ---- */

static dbx_status bind_in_list(binder *b, const ast_in_list *n, expr **out) {
    call_arguments items;
    expr *operand;
    type common;
    bool ok;
    TRY(bind_expr(b, n->operand, &operand));
    TRY(bind_arguments(b, &n->items, &items));
    uint32_t count = items.args.count + 1;
    expr **args = ARENA_ARRAY(b->arena, expr *, count);
    if (args == NULL) return binder_nomem(b);
    args[0] = operand;
    for (uint32_t i = 1; i < count; i++) {
        args[i] = items.args.items[i - 1];
        if (args[i] == NULL) return bind_expr(b, n->items.items[i - 1], out); /* a lambda: raises */
    }
    TRY(bind_collations(b, args, count, 1, true, n->node.span));
    TRY(bind_common(b, args, count, &common, &ok));
    if (!ok) {
        const char *list = "";
        for (uint32_t i = 0; i < count && list != NULL; i++) {
            list = arena_printf(b->arena, "%s%s\"%s\"", list, i > 0 ? ", " : "",
                                type_sql(b->arena, args[i]->type));
        }
        return error_raise(b->err, ERR_DATATYPE_MISMATCH__DATA_DIFF_TYPES,
                           binder_node_span(b, &n->node), "sqlExpr", binder_sql_of(b, &n->node),
                           "functionName", "`in`", "dataType",
                           arena_printf(b->arena, "[%s]", list == NULL ? "" : list), NULL);
    }
    if (!type_is_groupable(common)) {
        return error_raise(b->err, ERR_DATATYPE_MISMATCH__INVALID_ORDERING_TYPE,
                           binder_node_span(b, &n->node), "sqlExpr", binder_sql_of(b, &n->node),
                           "functionName", "`in`", "dataType",
                           arena_printf(b->arena, "\"%s\"", type_sql(b->arena, common)), NULL);
    }
    expr *e = bind_new_boolean(b, EXPR_IN, count, binder_node_span(b, &n->node), args);
    if (e == NULL) return binder_nomem(b);
    return bind_negated(b, n->negated, e, n->node.span, out);
}

static dbx_status bind_in_query(binder *b, const ast_in_query *n, expr **out) {
    expr **operands;
    uint32_t count = 1;
    expr *single;
    if (n->operand->kind == AST_ROW) {
        const ast_row *row = AST_AS(ast_row, n->operand);
        count = row->items.count;
        operands = ARENA_ARRAY(b->arena, expr *, count + 1);
        if (operands == NULL) return binder_nomem(b);
        for (uint32_t i = 0; i < count; i++) {
            TRY(bind_expr(b, AST_AS(ast_select_item, row->items.items[i])->expr, &operands[i]));
        }
    } else {
        TRY(bind_expr(b, n->operand, &single));
        operands = ARENA_ARRAY(b->arena, expr *, 1);
        if (operands == NULL) return binder_nomem(b);
        operands[0] = single;
    }
    return bind_subquery(b, n->query, SUBQUERY_IN, operands, count, n->negated, &n->node, out);
}

/* ---- LIKE ---- */

static dbx_status bind_like(binder *b, const ast_like *n, expr **out) {
    expr *args[3];
    uint32_t count = 2;
    expr **tests = ARENA_ARRAY(b->arena, expr *, n->patterns.count + 1);
    if (tests == NULL) return binder_nomem(b);
    TRY(bind_expr(b, n->operand, &args[0]));
    if (n->escape != NULL) {
        TRY(bind_expr(b, n->escape, &args[2]));
        count = 3;
    }
    for (uint32_t i = 0; i < n->patterns.count; i++) {
        TRY(bind_expr(b, n->patterns.items[i], &args[1]));
        TRY(bind_call(b, bind_operator_name(n->op), args, count, n->node.span, n, &tests[i]));
        TRY(bind_negated(b, n->negated, tests[i], n->node.span, &tests[i]));
    }
    expr_kind kind = n->quantifier == AST_QUANTIFIER_ANY ? EXPR_OR : EXPR_AND;
    return bind_chain(b, kind, tests, n->patterns.count, n->node.span, out);
}

static dbx_status bind_is(binder *b, const ast_is *n, expr **out) {
    expr *args[2], *e;
    span s = binder_node_span(b, &n->node);
    TRY(bind_expr(b, n->operand, &args[0]));
    switch (n->test) {
    case AST_IS_NULL:
        return bind_call(b, n->negated ? "isnotnull" : "isnull", args, 1, n->node.span, n, out);
    case AST_IS_DISTINCT_FROM:
        TRY(bind_expr(b, n->other, &args[1]));
        TRY(bind_call(b, "<=>", args, 2, n->node.span, n, &e));
        return bind_negated(b, !n->negated, e, n->node.span, out);
    case AST_IS_UNKNOWN:
        TRY(bind_boolean_operand(b, args[0], &n->node, "IS", &args[0]));
        return bind_call(b, n->negated ? "isnotnull" : "isnull", args, 1, n->node.span, n, out);
    case AST_IS_TRUE:
    case AST_IS_FALSE:
        break;
    }
    TRY(bind_boolean_operand(b, args[0], &n->node, "IS", &args[0]));
    args[1] = expr_constant_bool(b->arena, n->test == AST_IS_TRUE, s);
    if (args[1] == NULL) return binder_nomem(b);
    TRY(bind_call(b, "<=>", args, 2, n->node.span, n, &e));
    return bind_negated(b, n->negated, e, n->node.span, out);
}

/* ---- CASE ---- */

dbx_status bind_make_case(binder *b, expr **args, uint32_t count, span s, const ast_expr *whole,
                          expr **out) {
    assert(count >= 3 && count % 2 == 1);
    uint32_t value_count = count / 2 + 1;
    expr **values = ARENA_ARRAY(b->arena, expr *, value_count);
    type common;
    bool ok, nullable = false;
    if (values == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i + 1 < count; i += 2) values[i / 2] = args[i + 1];
    values[value_count - 1] = args[count - 1];
    TRY(bind_common(b, values, value_count, &common, &ok));
    if (!ok) {
        const char *list = "";
        for (uint32_t i = 0; i < value_count && list != NULL; i++) {
            list = arena_printf(b->arena, "%s%s\"%s\"", list, i > 0 ? ", " : "",
                                type_sql(b->arena, values[i]->type));
        }
        return error_raise(b->err, ERR_DATATYPE_MISMATCH__DATA_DIFF_TYPES, binder_span(b, s),
                           "sqlExpr", whole == NULL ? "" : binder_sql_of(b, whole), "functionName",
                           "`casewhen`", "dataType",
                           arena_printf(b->arena, "[%s]", list == NULL ? "" : list), NULL);
    }
    for (uint32_t i = 0; i < value_count; i++) nullable = nullable || values[i]->nullable;
    expr *e = expr_new(b->arena, EXPR_CASE, common, nullable, binder_span(b, s), count);
    if (e == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i + 1 < count; i += 2) {
        e->args[i] = args[i];
        e->args[i + 1] = values[i / 2];
    }
    e->args[count - 1] = values[value_count - 1];
    *out = e;
    return DBX_OK;
}

static dbx_status bind_case(binder *b, const ast_case *n, expr **out) {
    uint32_t count = n->when_count * 2 + 1;
    expr **args = ARENA_ARRAY(b->arena, expr *, count);
    expr *pair[2] = {NULL, NULL};
    if (args == NULL) return binder_nomem(b);
    if (n->operand != NULL) TRY(bind_expr(b, n->operand, &pair[0]));
    for (uint32_t i = 0; i < n->when_count; i++) {
        if (n->operand != NULL) {
            TRY(bind_expr(b, n->whens[i].condition, &pair[1]));
            if (i > 0 && expr_contains(pair[0], EXPR_SUBQUERY))
                TRY(bind_expr(b, n->operand, &pair[0]));
            TRY(bind_call(b, "=", pair, 2, n->node.span, NULL, &args[i * 2]));
        } else {
            TRY(bind_expr(b, n->whens[i].condition, &args[i * 2]));
            if (args[i * 2]->type.id != TYPE_BOOLEAN && args[i * 2]->type.id != TYPE_VOID &&
                args[i * 2]->type.id != TYPE_STRING) {
                return error_raise(
                    b->err, ERR_DATATYPE_MISMATCH__UNEXPECTED_INPUT_TYPE,
                    binder_node_span(b, &n->node), "sqlExpr", binder_sql_of(b, &n->node),
                    "paramIndex", "first", "requiredType", "\"BOOLEAN\"", "inputSql",
                    binder_sql_of(b, n->whens[i].condition), "inputType",
                    arena_printf(b->arena, "\"%s\"", type_sql(b->arena, args[i * 2]->type)), NULL);
            }
            TRY(bind_cast(b, args[i * 2], type_simple(TYPE_BOOLEAN), &args[i * 2]));
        }
        TRY(bind_expr(b, n->whens[i].result, &args[i * 2 + 1]));
    }
    if (n->otherwise != NULL) {
        TRY(bind_expr(b, n->otherwise, &args[count - 1]));
    } else {
        args[count - 1] =
            expr_constant_null(b->arena, type_simple(TYPE_VOID), binder_node_span(b, &n->node));
        if (args[count - 1] == NULL) return binder_nomem(b);
    }
    return bind_make_case(b, args, count, n->node.span, &n->node, out);
}

/* ---- casts and other forms ---- */

static dbx_status bind_cast_ast(binder *b, const ast_cast *n, expr **out) {
    expr *operand;
    type to;
    TRY(bind_expr(b, n->operand, &operand));
    TRY(bind_type(b, n->type, &to));
    /* CHAR(n) and VARCHAR(n) outside a table's columns are STRING. */
    if (to.id == TYPE_STRING) to.char_kind = CHAR_KIND_STRING, to.length = 0;
    bool try = n->form == AST_CAST_TRY || n->form == AST_CAST_QUESTION;
    cast_mode mode = try ? CAST_TRY : b->query->settings->ansi ? CAST_ANSI : CAST_LEGACY;
    if (operand->kind == EXPR_CONSTANT && type_equal(operand->type, to)) {
        /* CAST(1 AS INT) is no literal: decimal arithmetic tells the two apart. */
        *out = expr_constant(b->arena, operand->u.value, operand->span);
        if (*out == NULL || binder_note(b, *out) == NULL) return binder_nomem(b);
        return DBX_OK;
    }
    return bind_cast_mode(b, operand, to, mode, n->node.span, out);
}

static dbx_status bind_extract(binder *b, const ast_extract *n, expr **out) {
    expr *args[2];
    args[0] = expr_constant_string(b->arena, n->field.text, binder_span(b, n->field.span));
    if (args[0] == NULL) return binder_nomem(b);
    TRY(bind_expr(b, n->source, &args[1]));
    return bind_call(b, "date_part", args, 2, n->node.span, n, out);
}

static dbx_status bind_trim(binder *b, const ast_trim *n, expr **out) {
    expr *args[2];
    uint32_t count = 1;
    TRY(bind_expr(b, n->source, &args[0]));
    if (n->characters != NULL) {
        bool both = n->side == AST_TRIM_BOTH;
        TRY(bind_expr(b, n->characters, &args[1]));
        if (!both) {
            expr *swap = args[0];
            args[0] = args[1];
            args[1] = swap;
        }
        count = 2;
    }
    static const char *const names[] = {
        [AST_TRIM_BOTH] = "btrim", [AST_TRIM_LEADING] = "ltrim", [AST_TRIM_TRAILING] = "rtrim"};
    return bind_call(b, names[n->side], args, count, n->node.span, n, out);
}

static dbx_status bind_subscript(binder *b, const ast_subscript *n, expr **out) {
    expr *args[2];
    string_view field;
    TRY(bind_expr(b, n->operand, &args[0]));
    TRY(bind_expr(b, n->index, &args[1]));
    type of = args[0]->type;
    bool structs =
        of.id == TYPE_STRUCT || (of.id == TYPE_ARRAY && of.children[0].type.id == TYPE_STRUCT);
    if (structs && args[1]->kind == EXPR_CONSTANT && args[1]->type.id == TYPE_STRING &&
        vector_string_value(args[1]->u.value, &field)) {
        return bind_field(b, args[0], field, n->node.span, out);
    }
    if (of.id == TYPE_STRUCT) {
        return error_raise(b->err, ERR_INVALID_EXTRACT_FIELD_TYPE, binder_node_span(b, n->index),
                           "extraction", binder_sql_of(b, n->index), NULL);
    }
    if (of.id != TYPE_ARRAY && of.id != TYPE_MAP) {
        return error_raise(b->err, ERR_INVALID_EXTRACT_BASE_FIELD_TYPE,
                           binder_node_span(b, &n->node), "base", binder_sql_of(b, n->operand),
                           "other", arena_printf(b->arena, "\"%s\"", type_sql(b->arena, of)), NULL);
    }
    return bind_call(b, SYNTAX_FN_SUBSCRIPT, args, 2, n->node.span, n, out);
}

static dbx_status bind_field_ast(binder *b, const ast_field *n, expr **out) {
    expr *operand;
    TRY(bind_expr(b, n->operand, &operand));
    return bind_field(b, operand, n->name.text, n->node.span, out);
}

static dbx_status bind_path(binder *b, const ast_path *n, expr **out) {
    expr *args[3];
    span s = binder_node_span(b, &n->node);
    TRY(bind_expr(b, n->operand, &args[0]));
    bool bracket = n->text.size > 0 && n->text.data[0] == '[';
    const char *path = arena_printf(b->arena, "$%s" SV_FMT, bracket ? "" : ".", SV_ARG(n->text));
    if (path == NULL) return binder_nomem(b);
    args[1] = expr_constant_string(b->arena, sv_from(path), s);
    args[2] = expr_constant_string(b->arena, SV("variant"), s);
    if (args[1] == NULL || args[2] == NULL) return binder_nomem(b);
    bool variant = args[0]->type.id == TYPE_VARIANT;
    return bind_call(b, variant ? "variant_get" : "get_json_object", args, variant ? 3 : 2,
                     n->node.span, n, out);
}

/* Name that a struct's field gets from an expression without an alias. */
static string_view bind_row_field_name(binder *b, const ast_expr *e, uint32_t at) {
    if (e->kind == AST_COLUMN_REF) {
        const ast_name *name = AST_AS(ast_column_ref, e)->name;
        if (name->parts.count > 0) return name->parts.items[name->parts.count - 1].text;
    }
    if (e->kind == AST_FIELD) return AST_AS(ast_field, e)->name.text;
    return sv_from(arena_printf(b->arena, "col%u", at + 1));
}

dbx_status bind_row_items(binder *b, const ast_list *items, span s, const void *node, expr **out) {
    ARENA_LIST(expr *) args = {0};
    span at = binder_span(b, s);
    for (uint32_t i = 0; i < items->count; i++) {
        bool is_item = items->items[i]->kind == AST_SELECT_ITEM;
        const ast_select_item *item = is_item ? AST_AS(ast_select_item, items->items[i]) : NULL;
        const ast_expr *of = is_item ? item->expr : items->items[i];
        expr *value;
        if (of->kind == AST_STAR) {
            expr **columns;
            string_view *names;
            uint32_t count;
            TRY(bind_star_exprs(b, AST_AS(ast_star, of), &columns, &names, &count));
            for (uint32_t k = 0; k < count; k++) {
                expr *name = expr_constant_string(b->arena, names[k], at);
                if (name == NULL || ARENA_LIST_PUSH(b->arena, &args, name) != DBX_OK ||
                    ARENA_LIST_PUSH(b->arena, &args, columns[k]) != DBX_OK)
                    return binder_nomem(b);
            }
            continue;
        }
        TRY(bind_expr(b, of, &value));
        string_view field = is_item && item->aliases.count > 0 ? item->aliases.items[0].text
                                                               : bind_row_field_name(b, of, i);
        expr *name = expr_constant_string(b->arena, field, at);
        if (name == NULL || ARENA_LIST_PUSH(b->arena, &args, name) != DBX_OK ||
            ARENA_LIST_PUSH(b->arena, &args, value) != DBX_OK)
            return binder_nomem(b);
    }
    return bind_call(b, "named_struct", args.items, args.count, s, node, out);
}

static dbx_status bind_collate(binder *b, const ast_collate *n, expr **out) {
    expr *args[2];
    TRY(bind_expr(b, n->operand, &args[0]));
    const ast_ident_list *parts = &n->collation->parts;
    string_view name = parts->count > 0 ? parts->items[parts->count - 1].text : SV("");
    args[1] = expr_constant_string(b->arena, name, binder_node_span(b, &n->collation->node));
    if (args[1] == NULL) return binder_nomem(b);
    return bind_call(b, "collate", args, 2, n->node.span, n, out);
}

static dbx_status bind_misplaced(binder *b, const ast_expr *e) {
    span s = binder_node_span(b, e);
    switch (e->kind) {
    case AST_STAR:
        return error_raise(b->err, ERR_INVALID_USAGE_OF_STAR_OR_REGEX, s, "elem", "'*'",
                           "prettyName", "expression", NULL);
    case AST_DEFAULT:
        return error_raise(b->err, ERR_DEFAULT_PLACEMENT_INVALID, s, NULL);
    case AST_LAMBDA:
        return error_raise(b->err, ERR_INVALID_LAMBDA_FUNCTION_CALL__NON_HIGHER_ORDER_FUNCTION, s,
                           "class", "expression", NULL);
    default:
        break;
    }
    return error_raise(b->err, ERR_PARSE_SYNTAX_ERROR, s, "error", ast_kind_name((ast_kind)e->kind),
                       "hint", "", NULL);
}

dbx_status bind_expr(binder *b, const ast_expr *e, expr **out) {
    assert(e != NULL && ast_is_expr(e));
    switch (e->kind) {
    case AST_LITERAL:
        return bind_literal(b, AST_AS(ast_literal, e), out);
    case AST_INTERVAL_LITERAL:
        return bind_interval(b, AST_AS(ast_interval_literal, e), out);
    case AST_PARAMETER:
        return bind_parameter(b, AST_AS(ast_parameter, e), out);
    case AST_COLUMN_REF:
        return bind_column_ref(b, AST_AS(ast_column_ref, e), out);
    case AST_UNARY:
        return bind_unary(b, AST_AS(ast_unary, e), out);
    case AST_BINARY:
        return bind_binary(b, AST_AS(ast_binary, e), out);
    case AST_LOGICAL:
        return bind_logical(b, AST_AS(ast_logical, e), out);
    case AST_BETWEEN:
        return bind_between(b, AST_AS(ast_between, e), out);
    case AST_IN_LIST:
        return bind_in_list(b, AST_AS(ast_in_list, e), out);
    case AST_IN_QUERY:
        return bind_in_query(b, AST_AS(ast_in_query, e), out);
    case AST_LIKE:
        return bind_like(b, AST_AS(ast_like, e), out);
    case AST_IS:
        return bind_is(b, AST_AS(ast_is, e), out);
    case AST_CASE:
        return bind_case(b, AST_AS(ast_case, e), out);
    case AST_CAST:
        return bind_cast_ast(b, AST_AS(ast_cast, e), out);
    case AST_FUNCTION_CALL:
        return bind_function_call(b, AST_AS(ast_function_call, e), out);
    case AST_EXTRACT:
        return bind_extract(b, AST_AS(ast_extract, e), out);
    case AST_TRIM:
        return bind_trim(b, AST_AS(ast_trim, e), out);
    case AST_SUBSCRIPT:
        return bind_subscript(b, AST_AS(ast_subscript, e), out);
    case AST_FIELD:
        return bind_field_ast(b, AST_AS(ast_field, e), out);
    case AST_PATH:
        return bind_path(b, AST_AS(ast_path, e), out);
    case AST_ROW:
        return bind_row_items(b, &AST_AS(ast_row, e)->items, e->span, e, out);
    case AST_SUBQUERY:
        return bind_subquery(b, AST_AS(ast_subquery, e)->query, SUBQUERY_SCALAR, NULL, 0, false, e,
                             out);
    case AST_EXISTS:
        return bind_subquery(b, AST_AS(ast_exists, e)->query, SUBQUERY_EXISTS, NULL, 0, false, e,
                             out);
    case AST_COLLATE:
        return bind_collate(b, AST_AS(ast_collate, e), out);
    default:
        return bind_misplaced(b, e);
    }
}
