/* aggregate.c - aggregate calls, and moving them and the groups into an AGGREGATE node.
 *
 * An aggregate belongs to the block whose columns it uses: max(t1.y) in a subquery of t1's HAVING
 * is computed by t1's query. Each raw aggregate is therefore noted with its level.
 */
#include "binder/binder_int.h"

/* ---- calls ---- */

static dbx_status aggregate_misplaced(binder *b, const ast_function_call *f) {
    span s = binder_node_span(b, &f->node);
    bind_clause clause = b->block == NULL ? CLAUSE_NONE : b->block->clause;
    const ast_expr *whole =
        b->block != NULL && b->block->clause_ast != NULL ? b->block->clause_ast : &f->node;
    const char *call = binder_sql_of(b, &f->node);
    switch (clause) {
    case CLAUSE_WHERE:
        return error_raise(b->err, ERR_INVALID_WHERE_CONDITION, s, "condition",
                           binder_sql_of(b, whole), "expressionList", call, NULL);
    case CLAUSE_GROUP_BY:
        return error_raise(b->err, ERR_GROUP_BY_AGGREGATE, s, "sqlExpr", call, NULL);
    default:
        break;
    }
    return error_raise(b->err, ERR_UNSUPPORTED_EXPR_FOR_OPERATOR, s, "invalidExprSqls", call, NULL);
}

static bool aggregate_allowed_in(const bind_block *block) {
    switch (block->clause) {
    case CLAUSE_SELECT:
    case CLAUSE_HAVING:
    case CLAUSE_QUALIFY:
    case CLAUSE_ORDER_BY:
        return block->select != NULL;
    case CLAUSE_PIVOT:
        return true;
    default:
        return false;
    }
}

/* The block that computes an aggregate over columns of levels [min, max]. */
static dbx_status aggregate_owner(binder *b, const ast_function_call *f, uint32_t min, uint32_t max,
                                  bind_block **out) {
    bind_block *current = b->block;
    if (current != NULL && max > 0 && max < current->level) {
        for (bind_block *k = current->parent; k != NULL; k = k->parent) {
            if (k->level != max) continue;
            const select_state *s = k->select;
            bool grouped = k->clause == CLAUSE_HAVING ||
                           (s != NULL && s->ast != NULL &&
                            (s->ast->group_by.count > 0 || s->ast->group_by_all));
            if (!aggregate_allowed_in(k) || !grouped || k->aggregate_depth > 0) break;
            *out = k;
            return DBX_OK;
        }
    }
    if (current == NULL || !aggregate_allowed_in(current)) return aggregate_misplaced(b, f);
    if (max == current->level && min < max) {
        return error_raise(
            b->err,
            ERR_UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY__AGGREGATE_FUNCTION_MIXED_OUTER_LOCAL_REFERENCES,
            binder_node_span(b, &f->node), "function", binder_sql_of(b, &f->node), NULL);
    }
    *out = current;
    return DBX_OK;
}

/* count() counts nothing, and count(t.*) rows without NULLs: both only where a setting allows them.
 */
static dbx_status aggregate_check_count(binder *b, const ast_function_call *f, string_view name) {
    const settings *allowed = b->query->settings;
    if (!sv_equal_ignore_case(name, SV("count")) || f->distinct) return DBX_OK;
    if (f->arguments.count == 0 && !allowed->parameterless_count) {
        return error_raise(b->err, ERR_WRONG_NUM_ARGS__WITH_SUGGESTION,
                           binder_node_span(b, &f->node), "functionName", "`count`", "expectedNum",
                           "> 0", "actualNum", "0", "legacyNum", "0", "legacyConfKey",
                           "\"spark.sql.legacy.allowParameterlessCount\"", "legacyConfValue",
                           "\"true\"", NULL);
    }
    if (f->arguments.count != 1 || f->arguments.items[0]->kind != AST_STAR) return DBX_OK;
    const ast_star *star = AST_AS(ast_star, f->arguments.items[0]);
    if (star->qualifier == NULL || allowed->count_table_star) return DBX_OK;
    return error_raise(b->err, ERR_LEGACY_ERROR_TEMP_1021, binder_node_span(b, &f->node),
                       "targetString", binder_quote_name(b, star->qualifier), NULL);
}

/* count(*) counts rows: its argument is 1. */
static dbx_status aggregate_arguments(binder *b, const ast_function_call *f, string_view name,
                                      call_arguments *to) {
    bool star = f->arguments.count == 1 && f->arguments.items[0]->kind == AST_STAR &&
                sv_equal_ignore_case(name, SV("count")) && !f->distinct;
    if (star) {
        const ast_star *s = AST_AS(ast_star, f->arguments.items[0]);
        star = s->qualifier == NULL && s->except.count == 0 && s->replace.count == 0;
    }
    TRY(aggregate_check_count(b, f, name));
    bool nothing = f->arguments.count == 0 && sv_equal_ignore_case(name, SV("count"));
    if (!star && !nothing) return bind_arguments(b, &f->arguments, to);
    memset(to, 0, sizeof(*to));
    const ast_node *argument = nothing ? &f->node : f->arguments.items[0];
    span at = binder_node_span(b, argument);
    expr *one = nothing ? expr_constant_null(b->arena, type_simple(TYPE_INT), at)
                        : expr_constant_int64(b->arena, type_simple(TYPE_INT), 1, at);
    if (one == NULL || ARENA_LIST_PUSH(b->arena, &to->args, one) != DBX_OK ||
        ARENA_LIST_PUSH(b->arena, &to->asts, argument) != DBX_OK ||
        ARENA_LIST_PUSH(b->arena, &to->names, ((string_view){NULL, 0})) != DBX_OK)
        return binder_nomem(b);
    return DBX_OK;
}

dbx_status bind_aggregate_filter(binder *b, const ast_function_call *f, expr **out) {
    *out = NULL;
    if (f->filter == NULL) return DBX_OK;
    bind_block *block = b->block;
    const char *sql;
    span s = binder_node_span(b, f->filter);
    bool saw_window = block != NULL && block->saw_window;
    if (block != NULL) block->in_filter++;
    dbx_status status = bind_expr(b, f->filter, out);
    if (block != NULL) block->in_filter--;
    TRY(status);
    sql = binder_sql_of(b, f->filter);
    (void)saw_window;
    if (expr_contains(*out, EXPR_WINDOW)) {
        return error_raise(b->err, ERR_INVALID_AGGREGATE_FILTER__CONTAINS_WINDOW_FUNCTION, s,
                           "filterExpr", sql, "windowExpr", sql, NULL);
    }
    if (expr_contains(*out, EXPR_AGGREGATE)) {
        return error_raise(b->err, ERR_INVALID_AGGREGATE_FILTER__CONTAINS_AGGREGATE, s,
                           "filterExpr", sql, "aggExpr", sql, NULL);
    }
    if ((*out)->type.id != TYPE_BOOLEAN && (*out)->type.id != TYPE_VOID) {
        return error_raise(b->err, ERR_INVALID_AGGREGATE_FILTER__NOT_BOOLEAN, s, "filterExpr", sql,
                           NULL);
    }
    if (expr_is_volatile(*out)) {
        return error_raise(b->err, ERR_INVALID_AGGREGATE_FILTER__NON_DETERMINISTIC, s, "filterExpr",
                           sql, NULL);
    }
    return bind_cast(b, *out, type_simple(TYPE_BOOLEAN), out);
}

static bool aggregate_is_ordered_set(string_view name) {
    return sv_equal_ignore_case(name, SV("percentile_cont")) ||
           sv_equal_ignore_case(name, SV("percentile_disc")) ||
           sv_equal_ignore_case(name, SV("mode"));
}

static bool aggregate_takes_order(string_view name) {
    return sv_equal_ignore_case(name, SV("listagg")) ||
           sv_equal_ignore_case(name, SV("string_agg"));
}

/* percentile_cont(p) WITHIN GROUP (ORDER BY x) is percentile_cont(x, p), with DESC
 * percentile_cont(x, p, true); mode() is mode(x), with DESC mode(x, true, true). */
static dbx_status aggregate_ordered_set(binder *b, const ast_function_call *f, string_view name,
                                        call_arguments *a) {
    if (f->within_group.count != 1) {
        return error_raise(b->err, ERR_INVALID_WITHIN_GROUP_EXPRESSION__WRONG_NUM_ORDERINGS,
                           binder_node_span(b, &f->node), "funcName",
                           binder_quote_parts(b, &name, 1), "expectedNumOrderings", "1",
                           "actualNumOrderings",
                           arena_printf(b->arena, "%u", f->within_group.count), NULL);
    }
    if (f->distinct) {
        return error_raise(b->err, ERR_INVALID_WITHIN_GROUP_EXPRESSION__DISTINCT_UNSUPPORTED,
                           binder_node_span(b, &f->node), "funcName",
                           binder_quote_parts(b, &name, 1), NULL);
    }
    const ast_sort_item *item = AST_AS(ast_sort_item, f->within_group.items[0]);
    uint32_t n = a->args.count;
    expr *key;
    TRY(bind_expr(b, item->expr, &key));
    bool mode = sv_equal_ignore_case(name, SV("mode"));
    for (uint32_t extra = 0; item->descending && n == !mode && extra < (mode ? 2u : 1u); extra++) {
        expr *yes = expr_constant_bool(b->arena, true, key->span);
        if (yes == NULL || ARENA_LIST_PUSH(b->arena, &a->args, yes) != DBX_OK ||
            ARENA_LIST_PUSH(b->arena, &a->asts, item->expr) != DBX_OK ||
            ARENA_LIST_PUSH(b->arena, &a->names, ((string_view){NULL, 0})) != DBX_OK)
            return binder_nomem(b);
    }
    n = a->args.count;
    if (ARENA_LIST_PUSH(b->arena, &a->args, NULL) != DBX_OK ||
        ARENA_LIST_PUSH(b->arena, &a->asts, NULL) != DBX_OK ||
        ARENA_LIST_PUSH(b->arena, &a->names, ((string_view){NULL, 0})) != DBX_OK)
        return binder_nomem(b);
    for (uint32_t i = n; i > 0; i--) {
        a->args.items[i] = a->args.items[i - 1];
        a->asts.items[i] = a->asts.items[i - 1];
        a->names.items[i] = a->names.items[i - 1];
    }
    a->args.items[0] = key;
    a->asts.items[0] = item->expr;
    return DBX_OK;
}

static dbx_status aggregate_check_within(binder *b, const ast_function_call *f, string_view name,
                                         const function_row *row) {
    bool ordered = aggregate_is_ordered_set(name), mode = sv_equal_ignore_case(name, SV("mode"));
    if (mode && f->distinct) {
        return error_raise(b->err, ERR_INVALID_WITHIN_GROUP_EXPRESSION__DISTINCT_UNSUPPORTED,
                           binder_node_span(b, &f->node), "funcName",
                           binder_quote_parts(b, &name, 1), NULL);
    }
    if (mode && f->within_group.count > 0 && f->arguments.count > 0) {
        return error_raise(b->err, ERR_INVALID_WITHIN_GROUP_EXPRESSION__WRONG_NUM_ORDERINGS,
                           binder_node_span(b, &f->node), "funcName",
                           binder_quote_parts(b, &name, 1), "expectedNumOrderings", "0",
                           "actualNumOrderings",
                           arena_printf(b->arena, "%u", f->within_group.count), NULL);
    }
    if (ordered && f->within_group.count == 0 && (!mode || f->arguments.count == 0)) {
        return error_raise(b->err, ERR_INVALID_WITHIN_GROUP_EXPRESSION__WITHIN_GROUP_MISSING,
                           binder_node_span(b, &f->node), "funcName",
                           binder_quote_parts(b, &name, 1), NULL);
    }
    if (f->within_group.count > 0 && !ordered && !aggregate_takes_order(name)) {
        return error_raise(b->err, ERR_INVALID_SQL_SYNTAX__FUNCTION_WITH_UNSUPPORTED_SYNTAX,
                           binder_node_span(b, &f->node), "prettyName",
                           binder_quote_parts(b, &name, 1), "syntax", "WITHIN GROUP (ORDER BY ...)",
                           NULL);
    }
    (void)row;
    return DBX_OK;
}

dbx_status bind_aggregate_parts(binder *b, const ast_function_call *f, string_view name,
                                const function_row *rows, uint32_t row_count, aggregate_parts *p) {
    call_arguments arguments;
    memset(p, 0, sizeof(*p));
    TRY(aggregate_check_within(b, f, name, rows));
    TRY(aggregate_arguments(b, f, name, &arguments));
    if (f->within_group.count > 0 && aggregate_is_ordered_set(name)) {
        TRY(aggregate_ordered_set(b, f, name, &arguments));
    } else if (f->within_group.count > 0) {
        sort_order *orders = ARENA_ARRAY(b->arena, sort_order, f->within_group.count);
        p->order_exprs = ARENA_ARRAY(b->arena, expr *, f->within_group.count);
        if (orders == NULL || p->order_exprs == NULL) return binder_nomem(b);
        for (uint32_t i = 0; i < f->within_group.count; i++) {
            const ast_sort_item *item = AST_AS(ast_sort_item, f->within_group.items[i]);
            TRY(bind_expr(b, item->expr, &p->order_exprs[i]));
            TRY(bind_check_orderable(b, p->order_exprs[i], item->expr));
            orders[i] = bind_sort_order(item);
        }
        p->orders = orders;
        p->order_count = f->within_group.count;
    }
    bind_call_shape(f, name, &arguments, &p->shape);
    TRY(bind_match(b, &p->shape, rows, row_count, &p->match));
    p->args = ARENA_ARRAY(b->arena, expr *, p->match.bind.arg_count + 1);
    if (p->args == NULL) return binder_nomem(b);
    TRY(bind_matched_args(b, &p->shape, &p->match, p->args));
    p->arg_count = p->match.bind.arg_count;
    if (f->distinct && p->order_count > 0) {
        bool same =
            p->order_count == 1 && p->arg_count > 0 && expr_equal(p->order_exprs[0], p->args[0]);
        if (!same) {
            return error_raise(
                b->err, ERR_INVALID_WITHIN_GROUP_EXPRESSION__MISMATCH_WITH_DISTINCT_INPUT,
                binder_node_span(b, &f->node), "funcName", binder_quote_parts(b, &name, 1),
                "funcArg", binder_sql_of(b, f->arguments.items[0]), "orderingExpr",
                binder_sql_of(b, AST_AS(ast_sort_item, f->within_group.items[0])->expr), NULL);
        }
    }
    return bind_aggregate_filter(b, f, &p->filter);
}

static expr *aggregate_make(binder *b, const ast_function_call *f, const aggregate_parts *p) {
    const fn_bind *m = &p->match.bind;
    uint32_t count = p->arg_count + (p->filter != NULL) + p->order_count;
    expr *e = expr_new(b->arena, EXPR_AGGREGATE, m->result, m->nullable,
                       binder_node_span(b, &f->node), count);
    if (e == NULL) return NULL;
    uint32_t at = 0;
    for (uint32_t i = 0; i < p->arg_count; i++) e->args[at++] = p->args[i];
    if (p->filter != NULL) e->args[at++] = p->filter;
    for (uint32_t i = 0; i < p->order_count; i++) e->args[at++] = p->order_exprs[i];
    e->u.aggregate =
        (expr_aggregate){.row = m->row,
                         .kernel = m->aggregate,
                         .state = m->state,
                         .scratch_size = m->scratch_size,
                         .distinct = f->distinct && !(m->row->flags & FN_DISTINCT_FREE),
                         .ignore_nulls = f->nulls == AST_NULLS_IGNORE,
                         .argument_count = p->arg_count,
                         .has_filter = p->filter != NULL,
                         .order_count = p->order_count,
                         .orders = p->orders};
    return e;
}

dbx_status bind_aggregate_call(binder *b, const ast_function_call *f, string_view name,
                               const function_row *rows, uint32_t row_count, expr **out) {
    aggregate_parts parts;
    bind_block *owner = NULL, *block = b->block;
    uint32_t level_min = b->level_min, level_max = b->level_max;
    if (block == NULL) return aggregate_misplaced(b, f);
    if (block->aggregate_depth > 0 && block->in_filter == 0) {
        return error_raise(b->err, ERR_NESTED_AGGREGATE_FUNCTION, binder_node_span(b, &f->node),
                           NULL);
    }
    b->level_min = b->level_max = 0;
    block->aggregate_depth++;
    dbx_status status = bind_aggregate_parts(b, f, name, rows, row_count, &parts);
    block->aggregate_depth--;
    TRY(status);
    bind_note *note = binder_note(b, f);
    if (note == NULL) return binder_nomem(b);
    note->row = parts.match.bind.row;
    TRY(aggregate_owner(b, f, b->level_min, b->level_max, &owner));
    if (parts.match.bind.aggregate == NULL)
        return binder_unsupported(b, f->node.span, parts.match.bind.row->name);
    *out = aggregate_make(b, f, &parts);
    if (*out == NULL) return binder_nomem(b);
    note->bound = *out;
    owner->saw_aggregate = true;
    raw_aggregate raw = {*out, owner->level};
    if (ARENA_LIST_PUSH(b->arena, &b->raw_aggregates, raw) != DBX_OK) return binder_nomem(b);
    if (level_min != 0 && (b->level_min == 0 || level_min < b->level_min)) b->level_min = level_min;
    if (level_max > b->level_max) b->level_max = level_max;
    return DBX_OK;
}

static uint32_t aggregate_level(const binder *b, const expr *e) {
    for (uint32_t i = b->raw_aggregates.count; i-- > 0;) {
        if (b->raw_aggregates.items[i].aggregate == e) return b->raw_aggregates.items[i].level;
    }
    return 0;
}

/* ---- GROUP BY ---- */

typedef struct group_masks {
    ARENA_LIST(uint64_t) list;
} group_masks;

static dbx_status group_push_mask(binder *b, group_masks *m, uint64_t mask, span s) {
    if (m->list.count >= GROUPING_SETS_MAX)
        return binder_unsupported(b, s, "more than 4096 grouping sets");
    if (ARENA_LIST_PUSH(b->arena, &m->list, mask) != DBX_OK) return binder_nomem(b);
    return DBX_OK;
}

static dbx_status group_add(binder *b, select_state *s, expr *e, const ast_expr *ast,
                            uint32_t *index) {
    for (uint32_t i = 0; i < s->groups.count; i++) {
        if (!bind_same_expr(s->groups.items[i], e)) continue;
        *index = i;
        return DBX_OK;
    }
    if (!type_is_groupable(e->type)) {
        return error_raise(b->err, ERR_GROUP_EXPRESSION_TYPE_IS_NOT_ORDERABLE,
                           binder_span(b, e->span), "sqlExpr",
                           ast == NULL ? "\"\"" : binder_sql_of(b, ast), "dataType",
                           arena_printf(b->arena, "\"%s\"", type_sql(b->arena, e->type)), NULL);
    }
    *index = s->groups.count;
    if (ARENA_LIST_PUSH(b->arena, &s->groups, e) != DBX_OK ||
        ARENA_LIST_PUSH(b->arena, &s->group_asts, ast) != DBX_OK)
        return binder_nomem(b);
    return DBX_OK;
}

static dbx_status group_ordinal(binder *b, select_state *s, const ast_expr *ast, uint32_t *item) {
    *item = UINT32_MAX;
    if (ast->kind != AST_LITERAL || AST_AS(ast_literal, ast)->type != AST_LITERAL_INTEGER)
        return DBX_OK;
    if (!b->query->settings->group_by_ordinal) return DBX_OK;
    string_view digits = AST_AS(ast_literal, ast)->value;
    uint64_t value = 0;
    bool bad = digits.size == 0 || digits.data[0] == '-' || digits.size > 9;
    for (size_t i = 0; i < digits.size && !bad; i++)
        value = value * 10 + (uint64_t)(digits.data[i] - '0');
    if (bad || value == 0 || value > s->visible) {
        return error_raise(b->err, ERR_GROUP_BY_POS_OUT_OF_RANGE, binder_node_span(b, ast), "index",
                           binder_cstr(b, digits), "size", arena_printf(b->arena, "%u", s->visible),
                           NULL);
    }
    *item = (uint32_t)value - 1;
    return DBX_OK;
}

static dbx_status group_bind(binder *b, select_state *s, const ast_expr *ast, uint32_t *index) {
    uint32_t item;
    expr *e;
    TRY(group_ordinal(b, s, ast, &item));
    if (item != UINT32_MAX) {
        TRY(bind_select_item(b, s, item));
        e = s->items.items[item].expr;
        if (bind_contains_raw(e)) {
            const ast_expr *of = s->items.items[item].ast;
            return error_raise(b->err, ERR_GROUP_BY_POS_AGGREGATE, binder_node_span(b, ast),
                               "index", arena_printf(b->arena, "%u", item + 1), "aggExpr",
                               of == NULL ? "\"\"" : binder_sql_of(b, of), NULL);
        }
    } else {
        b->block->clause = CLAUSE_GROUP_BY;
        TRY(bind_expr(b, ast, &e));
        if (bind_contains_raw(e)) {
            return error_raise(b->err, ERR_GROUP_BY_AGGREGATE, binder_node_span(b, ast), "sqlExpr",
                               binder_sql_of(b, ast), NULL);
        }
    }
    return group_add(b, s, e, ast, index);
}

static dbx_status group_bit(binder *b, select_state *s, const ast_expr *ast, bool sets,
                            uint64_t *mask) {
    if (ast->kind == AST_ROW) {
        const ast_row *row = AST_AS(ast_row, ast);
        for (uint32_t i = 0; i < row->items.count; i++) {
            TRY(group_bit(b, s, AST_AS(ast_select_item, row->items.items[i])->expr, sets, mask));
        }
        return DBX_OK;
    }
    uint32_t index;
    TRY(group_bind(b, s, ast, &index));
    if (index >= GROUP_COLUMNS_MAX) {
        if (sets) {
            return error_raise(b->err, ERR_GROUPING_SIZE_LIMIT_EXCEEDED, binder_node_span(b, ast),
                               "maxSize", "64", NULL);
        }
        return DBX_OK;
    }
    *mask |= (uint64_t)1 << index;
    return DBX_OK;
}

static dbx_status group_mask_of(binder *b, select_state *s, const ast_grouping *g, bool sets,
                                uint64_t *mask) {
    *mask = 0;
    for (uint32_t i = 0; i < g->items.count; i++)
        TRY(group_bit(b, s, g->items.items[i], sets, mask));
    return DBX_OK;
}

static dbx_status group_element(binder *b, select_state *s, const ast_grouping *g, bool sets,
                                group_masks *out) {
    uint64_t mask;
    if (g->type == AST_GROUPING_EXPR || g->type == AST_GROUPING_SET) {
        TRY(group_mask_of(b, s, g, sets, &mask));
        return group_push_mask(b, out, mask, g->node.span);
    }
    if (g->type == AST_GROUPING_SETS) {
        for (uint32_t i = 0; i < g->items.count; i++) {
            TRY(group_element(b, s, AST_AS(ast_grouping, g->items.items[i]), sets, out));
        }
        return DBX_OK;
    }
    uint32_t n = g->items.count;
    uint64_t *masks = ARENA_ARRAY(b->arena, uint64_t, n + 1);
    if (masks == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < n; i++)
        TRY(group_mask_of(b, s, AST_AS(ast_grouping, g->items.items[i]), sets, &masks[i]));
    if (g->type == AST_GROUPING_ROLLUP) {
        for (uint32_t keep = n + 1; keep-- > 0;) {
            mask = 0;
            for (uint32_t i = 0; i < keep; i++) mask |= masks[i];
            TRY(group_push_mask(b, out, mask, g->node.span));
        }
        return DBX_OK;
    }
    if (n > 12) return binder_unsupported(b, g->node.span, "CUBE of more than 12 columns");
    for (uint64_t drop = 0; drop < (uint64_t)1 << n; drop++) {
        mask = 0;
        for (uint32_t i = 0; i < n; i++) mask |= drop >> (n - 1 - i) & 1 ? 0 : masks[i];
        TRY(group_push_mask(b, out, mask, g->node.span));
    }
    return DBX_OK;
}

static bool group_is_plain(const ast_grouping *g) {
    return g->type == AST_GROUPING_EXPR || g->type == AST_GROUPING_SET;
}

dbx_status bind_grouping_list(binder *b, select_state *s, const ast_list *list,
                              const ast_list *base) {
    bool sets = false;
    group_masks masks = {0};
    uint64_t ignored = 0;
    for (uint32_t i = 0; i < list->count; i++)
        sets = sets || !group_is_plain(AST_AS(ast_grouping, list->items[i]));
    /* What is bound from here on must not rely on group columns being there in every set. */
    if (sets && s->from != NULL) scope_set_nullable(s->from);
    for (uint32_t i = 0; base != NULL && i < base->count; i++)
        TRY(group_bit(b, s, base->items[i], sets, &ignored));
    TRY(group_push_mask(b, &masks, 0, (span){0, 0}));
    for (uint32_t i = 0; i < list->count; i++) {
        const ast_grouping *g = AST_AS(ast_grouping, list->items[i]);
        group_masks element = {0}, product = {0};
        TRY(group_element(b, s, g, sets, &element));
        for (uint32_t x = 0; sets && x < masks.list.count; x++) {
            for (uint32_t y = 0; y < element.list.count; y++) {
                TRY(group_push_mask(b, &product, masks.list.items[x] | element.list.items[y],
                                    g->node.span));
            }
        }
        if (sets) masks = product;
    }
    s->aggregated = true;
    if (sets) {
        s->sets.sets = masks.list.items;
        s->sets.count = masks.list.count;
        s->grouping_id = plan_new_column(b->plan);
    }
    return DBX_OK;
}

dbx_status bind_group_by(binder *b, select_state *s) {
    const ast_select *a = s->ast;
    s->group_all = a->group_by_all;
    if (a->group_by.count == 0 && a->group_by_base.count == 0) return DBX_OK;
    return bind_grouping_list(b, s, &a->group_by, &a->group_by_base);
}

dbx_status bind_group_by_all(binder *b, select_state *s) {
    if (!s->group_all) return DBX_OK;
    s->aggregated = true;
    for (uint32_t i = 0; i < s->visible; i++) {
        const select_item *item = &s->items.items[i];
        uint32_t index;
        if (expr_contains(item->expr, EXPR_AGGREGATE) || expr_contains(item->expr, EXPR_WINDOW))
            continue;
        TRY(group_add(b, s, item->expr, item->ast, &index));
    }
    return DBX_OK;
}

/* ---- grouping(x), grouping_id(…) ---- */

static dbx_status grouping_bit(binder *b, select_state *s, uint32_t index, span at, expr **out) {
    expr *args[2];
    args[0] = expr_column(b->arena, s->grouping_id, type_simple(TYPE_BIGINT), false, at);
    args[1] = expr_constant_int64(b->arena, type_simple(TYPE_INT), s->groups.count - 1 - index, at);
    if (args[0] == NULL || args[1] == NULL) return binder_nomem(b);
    TRY(bind_call(b, "shiftright", args, 2, at, NULL, &args[0]));
    args[1] = expr_constant_int64(b->arena, type_simple(TYPE_BIGINT), 1, at);
    if (args[1] == NULL) return binder_nomem(b);
    TRY(bind_call(b, "&", args, 2, at, NULL, out));
    return bind_cast(b, *out, type_simple(TYPE_TINYINT), out);
}

static dbx_status grouping_find(binder *b, select_state *s, const ast_expr *ast, uint32_t *index) {
    expr *e;
    scope *output = b->block->output;
    b->block->output = NULL;
    dbx_status status = bind_expr(b, ast, &e);
    b->block->output = output;
    TRY(status);
    for (uint32_t i = 0; i < s->groups.count; i++) {
        if (!bind_same_expr(s->groups.items[i], e)) continue;
        *index = i;
        return DBX_OK;
    }
    return error_raise(b->err, ERR_GROUPING_COLUMN_MISMATCH, binder_node_span(b, ast), "grouping",
                       binder_sql_of(b, ast), "groupingColumns", "", NULL);
}

dbx_status bind_grouping_function(binder *b, const ast_function_call *f, expr **out) {
    string_view name =
        f->name->parts.count == 0 ? SV("") : f->name->parts.items[f->name->parts.count - 1].text;
    bool id = sv_equal_ignore_case(name, SV("grouping_id"));
    uint32_t index;
    *out = NULL;
    if (!id && !sv_equal_ignore_case(name, SV("grouping"))) return DBX_OK;
    span at = binder_node_span(b, &f->node);
    select_state *s = b->block == NULL ? NULL : b->block->select;
    bind_clause clause = b->block == NULL ? CLAUSE_NONE : b->block->clause;
    if (s == NULL || s->grouping_id == 0 || clause == CLAUSE_WHERE || clause == CLAUSE_GROUP_BY) {
        return error_raise(b->err, ERR_UNSUPPORTED_GROUPING_EXPRESSION, at, NULL);
    }
    if (!id) {
        if (f->arguments.count != 1)
            return error_raise(b->err, ERR_UNSUPPORTED_GROUPING_EXPRESSION, at, NULL);
        TRY(grouping_find(b, s, f->arguments.items[0], &index));
        return grouping_bit(b, s, index, at, out);
    }
    if (f->arguments.count > 0 && f->arguments.count != s->groups.count) {
        return error_raise(b->err, ERR_GROUPING_ID_COLUMN_MISMATCH, at, "groupingIdColumn",
                           binder_sql_of(b, &f->node), "groupByColumns", "", NULL);
    }
    for (uint32_t i = 0; i < f->arguments.count; i++) {
        TRY(grouping_find(b, s, f->arguments.items[i], &index));
        if (index == i) continue;
        return error_raise(b->err, ERR_GROUPING_ID_COLUMN_MISMATCH, at, "groupingIdColumn",
                           binder_sql_of(b, &f->node), "groupByColumns", "", NULL);
    }
    *out = expr_column(b->arena, s->grouping_id, type_simple(TYPE_BIGINT), false, at);
    return *out == NULL ? binder_nomem(b) : DBX_OK;
}

/* ---- the node ---- */

/* A sort key or HAVING names a column that is gone after grouping: only the output is left to name.
 */
static dbx_status aggregate_raise_gone(binder *b, const select_state *s, const expr *x,
                                       const scope_column *c) {
    scope *output = scope_new(b);
    string_view parts[4];
    uint32_t count = 0;
    if (output == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < s->visible; i++)
        TRY(scope_add(b, output, (scope_column){.name = s->items.items[i].name}));
    parts[count++] = c->name;
    return bind_raise_unresolved_column(b, parts, count, output, x->span);
}

static dbx_status aggregate_raise_missing(binder *b, const select_state *s, const expr *x) {
    const scope_column *c = scope_find_id(s->from, x->u.column);
    if (s->hidden_root) return aggregate_raise_gone(b, s, x, c);
    const char *name = arena_printf(b->arena, "\"" SV_FMT "\"", SV_ARG(c->name));
    const char *any = arena_printf(b->arena, "\"any_value(" SV_FMT ")\"", SV_ARG(c->name));
    if (name == NULL || any == NULL) return binder_nomem(b);
    span at = binder_span(b, x->span);
    if (s->group_all) return error_raise(b->err, ERR_UNRESOLVED_ALL_IN_GROUP_BY, at, NULL);
    if (s->groups.count == 0) return error_raise(b->err, ERR_MISSING_GROUP_BY, at, NULL);
    return error_raise(b->err, ERR_MISSING_AGGREGATION, at, "expression", name,
                       "expressionAnyValue", any, NULL);
}

static dbx_status aggregate_register(binder *b, select_state *s, expr *x, expr **out) {
    uint32_t at = 0;
    while (at < s->aggregates.count && s->aggregates.items[at] != x &&
           !expr_equal(s->aggregates.items[at], x))
        at++;
    if (at == s->aggregates.count) {
        if (ARENA_LIST_PUSH(b->arena, &s->aggregates, x) != DBX_OK ||
            ARENA_LIST_PUSH(b->arena, &s->aggregate_ids, plan_new_column(b->plan)) != DBX_OK)
            return binder_nomem(b);
    }
    *out = expr_column(b->arena, s->aggregate_ids.items[at], x->type, x->nullable, x->span);
    return *out == NULL ? binder_nomem(b) : DBX_OK;
}

static dbx_status aggregate_visit(binder *b, expr *x, void *state, expr **out) {
    select_state *s = state;
    if (x->kind == EXPR_AGGREGATE && aggregate_level(b, x) == b->block->level)
        return aggregate_register(b, s, x, out);
    if (x->kind != EXPR_CONSTANT || s->sets.count > 0) {
        for (uint32_t i = 0; i < s->groups.count; i++) {
            if (!bind_same_expr(s->groups.items[i], x)) continue;
            *out = expr_column(b->arena, s->group_ids[i], x->type, x->nullable || s->sets.count > 0,
                               x->span);
            return *out == NULL ? binder_nomem(b) : DBX_OK;
        }
    }
    if (x->kind == EXPR_COLUMN && s->from != NULL && scope_find_id(s->from, x->u.column) != NULL) {
        return aggregate_raise_missing(b, s, x);
    }
    return DBX_OK;
}

static string_view aggregate_group_name(const select_state *s, uint32_t i) {
    const expr *g = s->groups.items[i];
    const scope_column *c =
        g->kind == EXPR_COLUMN && s->from != NULL ? scope_find_id(s->from, g->u.column) : NULL;
    return c != NULL ? c->name : SV("");
}

dbx_status bind_make_aggregate(binder *b, select_state *s, expr **const *roots,
                               uint32_t root_count) {
    uint32_t groups = s->groups.count;
    s->group_ids = ARENA_ARRAY(b->arena, column_id, groups + 1);
    if (s->group_ids == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < groups; i++) s->group_ids[i] = plan_new_column(b->plan);
    for (uint32_t i = 0; i < root_count; i++) {
        s->hidden_root = s->visible > 0 && i >= s->visible && i >= s->first_hidden_root;
        TRY(bind_rewrite(b, *roots[i], aggregate_visit, s, roots[i]));
    }
    s->hidden_root = false;
    uint32_t count = groups + s->aggregates.count + (s->grouping_id != 0);
    plan_aggregate *n = PLAN_NEW(b->plan, plan_aggregate, PLAN_AGGREGATE, 1, count);
    if (n == NULL) return binder_nomem(b);
    n->base.children[0] = s->plan;
    n->base.span = s->plan->span;
    n->groups = s->groups.items;
    n->group_count = groups;
    n->aggregates = s->aggregates.items;
    n->aggregate_count = s->aggregates.count;
    n->sets = s->sets.sets;
    n->set_count = s->sets.count;
    for (uint32_t i = 0; i < groups; i++) {
        const expr *g = s->groups.items[i];
        n->base.columns[i] = (plan_column){.id = s->group_ids[i],
                                           .name = aggregate_group_name(s, i),
                                           .type = g->type,
                                           .nullable = g->nullable || s->sets.count > 0};
    }
    for (uint32_t i = 0; i < s->aggregates.count; i++) {
        const expr *a = s->aggregates.items[i];
        n->base.columns[groups + i] = (plan_column){.id = s->aggregate_ids.items[i],
                                                    .name = sv_from(a->u.aggregate.row->name),
                                                    .type = a->type,
                                                    .nullable = a->nullable};
    }
    if (s->grouping_id != 0) {
        n->base.columns[count - 1] = (plan_column){.id = s->grouping_id,
                                                   .name = SV("spark_grouping_id"),
                                                   .type = type_simple(TYPE_BIGINT),
                                                   .nullable = false};
    }
    s->plan = &n->base;
    return DBX_OK;
}
