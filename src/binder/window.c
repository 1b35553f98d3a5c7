/* window.c - window functions: their specification, frame, and moving them into WINDOW nodes.
 *
 * A raw window carries its partition and order as further arguments, so that one rewrite of the
 * whole expression (by GROUP BY, by aliases) reaches them too. Making the nodes cuts them off again
 * and puts windows of equal partition and order into one node.
 */
#include "binder/binder_int.h"

typedef struct raw_window {
    const void *state;                     /* expr_window.state of the finished node */
    uint32_t partition_count, order_count; /* args after the filter */
    const sort_order *orders;
    bool has_start, has_end; /* then the frame's offsets, last in args */
} raw_window;

/* ---- specification ---- */

typedef struct window_parts {
    const ast_window_frame *frame;
    ARENA_LIST(expr *) partition;
    ARENA_LIST(expr *) order;
    ARENA_LIST(sort_order) orders;
    ARENA_LIST(const ast_expr *) order_asts;
} window_parts;

static const ast_window_spec *window_named_in(const binder *b, const ast_list *list,
                                              string_view name) {
    for (uint32_t i = 0; list != NULL && i < list->count; i++) {
        const ast_window_spec *w = AST_AS(ast_window_spec, list->items[i]);
        if (binder_same_name(b, w->name.text, name)) return w;
    }
    return NULL;
}

static dbx_status window_find(binder *b, const ast_ident *name, const ast_window_spec **out) {
    const select_state *s = b->block == NULL ? NULL : b->block->select;
    *out = NULL;
    if (s != NULL) {
        *out = window_named_in(b, &s->windows, name->text);
        if (*out == NULL) *out = window_named_in(b, s->more_windows, name->text);
    }
    if (*out != NULL) return DBX_OK;
    return error_raise(b->err, ERR_MISSING_WINDOW_SPECIFICATION, binder_span(b, name->span),
                       "windowName", binder_cstr(b, name->text), "docroot",
                       "https://spark.apache.org/docs/latest", NULL);
}

static dbx_status window_collect(binder *b, const ast_window_spec *spec, uint32_t depth,
                                 window_parts *p) {
    if (depth > 16)
        return binder_unsupported(b, spec->node.span, "windows that refer to each other");
    if (spec->base.text.data != NULL) {
        const ast_window_spec *base;
        TRY(window_find(b, &spec->base, &base));
        TRY(window_collect(b, base, depth + 1, p));
    }
    for (uint32_t i = 0; i < spec->partition_by.count; i++) {
        expr *e;
        TRY(bind_expr(b, spec->partition_by.items[i], &e));
        if (!type_is_groupable(e->type)) {
            return error_raise(b->err, ERR_DATATYPE_MISMATCH__INVALID_ORDERING_TYPE, e->span,
                               "sqlExpr", binder_sql_of(b, spec->partition_by.items[i]),
                               "functionName", "`partition by`", "dataType",
                               arena_printf(b->arena, "\"%s\"", type_sql(b->arena, e->type)), NULL);
        }
        if (ARENA_LIST_PUSH(b->arena, &p->partition, e) != DBX_OK) return binder_nomem(b);
    }
    for (uint32_t i = 0; i < spec->order_by.count; i++) {
        const ast_sort_item *item = AST_AS(ast_sort_item, spec->order_by.items[i]);
        expr *e;
        TRY(bind_expr(b, item->expr, &e));
        TRY(bind_check_orderable(b, e, item->expr));
        if (ARENA_LIST_PUSH(b->arena, &p->order, e) != DBX_OK ||
            ARENA_LIST_PUSH(b->arena, &p->orders, bind_sort_order(item)) != DBX_OK ||
            ARENA_LIST_PUSH(b->arena, &p->order_asts, item->expr) != DBX_OK)
            return binder_nomem(b);
    }
    if (spec->frame != NULL) p->frame = spec->frame;
    return DBX_OK;
}

/* ---- frame ---- */

static dbx_status window_bad_frame(binder *b, span s, error_class cls, const char *location,
                                   const char *detail) {
    return error_raise(b->err, cls, binder_span(b, s), "sqlExpr", "\"window frame\"", "location",
                       location, "expression", detail, "exprType", detail, "expectedType",
                       "(\"INT\" or \"BIGINT\")", NULL);
}

static bool window_bound_has_offset(const ast_bound *n) {
    return n->type == AST_BOUND_PRECEDING || n->type == AST_BOUND_FOLLOWING;
}

/* A count of rows; a negative one points the other way. */
static dbx_status window_rows_offset(binder *b, const ast_bound *n, const char *location,
                                     frame_bound_kind *kind, expr **out) {
    expr *e;
    const vector *value;
    int64_t number;
    TRY(bind_expr(b, n->offset, &e));
    TRY(bind_fold(b, e, &value));
    if (value == NULL) {
        return window_bad_frame(b, n->span,
                                ERR_DATATYPE_MISMATCH__SPECIFIED_WINDOW_FRAME_WITHOUT_FOLDABLE,
                                location, binder_sql_of(b, n->offset));
    }
    if (!type_is_integer(value->type) || !vector_int64_value(value, &number)) {
        return window_bad_frame(
            b, n->span, ERR_DATATYPE_MISMATCH__SPECIFIED_WINDOW_FRAME_UNACCEPTED_TYPE, location,
            arena_printf(b->arena, "\"%s\"", type_sql(b->arena, value->type)));
    }
    if (number < 0) {
        *kind = *kind == BOUND_PRECEDING ? BOUND_FOLLOWING : BOUND_PRECEDING;
        number = -number;
    }
    *out = expr_constant_int64(b->arena, type_simple(TYPE_BIGINT), number, e->span);
    return *out == NULL ? binder_nomem(b) : DBX_OK;
}

/* RANGE: the key shifted by the offset, which is where the frame ends. */
static dbx_status window_range_offset(binder *b, const window_parts *p, const ast_bound *n,
                                      const char *location, frame_bound_kind kind, expr **out) {
    expr *args[2];
    const vector *value;
    args[0] = p->order.items[0];
    type key = args[0]->type;
    TRY(bind_expr(b, n->offset, &args[1]));
    TRY(bind_fold(b, args[1], &value));
    if (value == NULL) {
        return window_bad_frame(b, n->span,
                                ERR_DATATYPE_MISMATCH__SPECIFIED_WINDOW_FRAME_WITHOUT_FOLDABLE,
                                location, binder_sql_of(b, n->offset));
    }
    bool date_key = key.id == TYPE_DATE || key.id == TYPE_TIMESTAMP || key.id == TYPE_TIMESTAMP_NTZ;
    bool fits =
        type_is_numeric(key)  ? type_is_numeric(args[1]->type) || args[1]->type.id == TYPE_STRING
        : key.id == TYPE_DATE ? type_is_integer(args[1]->type) || type_is_interval(args[1]->type)
                              : date_key && type_is_interval(args[1]->type);
    if (!fits && !type_is_interval(key)) {
        return window_bad_frame(
            b, n->span,
            type_is_numeric(key) || date_key
                ? ERR_DATATYPE_MISMATCH__RANGE_FRAME_INVALID_TYPE
                : ERR_DATATYPE_MISMATCH__SPECIFIED_WINDOW_FRAME_UNACCEPTED_TYPE,
            location, arena_printf(b->arena, "\"%s\"", type_sql(b->arena, args[1]->type)));
    }
    if (type_is_numeric(key)) TRY(bind_cast(b, args[1], key, &args[1]));
    bool down = (kind == BOUND_PRECEDING) != p->orders.items[0].descending;
    TRY(bind_call(b, down ? "-" : "+", args, 2, n->offset->span, NULL, out));
    return bind_cast(b, *out, key, out);
}

static dbx_status window_bound(binder *b, const window_parts *p, frame_unit unit,
                               const ast_bound *n, const char *location, frame_bound_kind *kind,
                               expr **out) {
    static const uint8_t kinds[] = {[AST_BOUND_UNBOUNDED_PRECEDING] = BOUND_UNBOUNDED_PRECEDING,
                                    [AST_BOUND_PRECEDING] = BOUND_PRECEDING,
                                    [AST_BOUND_CURRENT_ROW] = BOUND_CURRENT_ROW,
                                    [AST_BOUND_FOLLOWING] = BOUND_FOLLOWING,
                                    [AST_BOUND_UNBOUNDED_FOLLOWING] = BOUND_UNBOUNDED_FOLLOWING};
    *kind = (frame_bound_kind)kinds[n->type];
    *out = NULL;
    if (!window_bound_has_offset(n)) return DBX_OK;
    if (unit != FRAME_RANGE) return window_rows_offset(b, n, location, kind, out);
    return window_range_offset(b, p, n, location, *kind, out);
}

static dbx_status window_explicit_frame(binder *b, const window_parts *p, window_frame *out) {
    static const uint8_t units[] = {[AST_FRAME_ROWS] = FRAME_ROWS,
                                    [AST_FRAME_RANGE] = FRAME_RANGE,
                                    [AST_FRAME_GROUPS] = FRAME_GROUPS};
    const ast_window_frame *f = p->frame;
    bool offsets =
        window_bound_has_offset(&f->start) || (f->has_end && window_bound_has_offset(&f->end));
    out->unit = (frame_unit)units[f->unit];
    if (out->unit == FRAME_RANGE && p->order.count == 0 &&
        (offsets || f->start.type == AST_BOUND_CURRENT_ROW || !f->has_end ||
         f->end.type == AST_BOUND_CURRENT_ROW)) {
        return window_bad_frame(b, f->node.span, ERR_DATATYPE_MISMATCH__RANGE_FRAME_WITHOUT_ORDER,
                                "", "");
    }
    if (out->unit == FRAME_RANGE && offsets && p->order.count > 1) {
        return window_bad_frame(b, f->node.span, ERR_DATATYPE_MISMATCH__RANGE_FRAME_MULTI_ORDER, "",
                                "");
    }
    TRY(window_bound(b, p, out->unit, &f->start, "lower", &out->start, &out->start_offset));
    out->end = BOUND_CURRENT_ROW;
    if (f->has_end)
        TRY(window_bound(b, p, out->unit, &f->end, "upper", &out->end, &out->end_offset));
    bool inverted = out->start > out->end;
    if (inverted || out->start == BOUND_UNBOUNDED_FOLLOWING ||
        out->end == BOUND_UNBOUNDED_PRECEDING) {
        return window_bad_frame(
            b, f->node.span, ERR_DATATYPE_MISMATCH__SPECIFIED_WINDOW_FRAME_INVALID_BOUND, "", "");
    }
    return DBX_OK;
}

static bool window_is_ranking(window_function w) {
    return w >= WINDOW_ROW_NUMBER && w <= WINDOW_NTILE;
}

static dbx_status window_make_frame(binder *b, const ast_function_call *f, window_function w,
                                    const window_parts *p, window_frame *out) {
    memset(out, 0, sizeof(*out));
    bool shift = w == WINDOW_LAG || w == WINDOW_LEAD;
    if ((window_is_ranking(w) || shift) && p->order.count == 0) {
        return error_raise(b->err, ERR_LEGACY_ERROR_TEMP_1037, binder_node_span(b, &f->node), "wf",
                           binder_sql_of(b, &f->node), NULL);
    }
    if (window_is_ranking(w) || shift) {
        if (p->frame != NULL) {
            const ast_window_frame *a = p->frame;
            bool same = window_is_ranking(w) && a->unit == AST_FRAME_ROWS &&
                        a->start.type == AST_BOUND_UNBOUNDED_PRECEDING &&
                        (!a->has_end || a->end.type == AST_BOUND_CURRENT_ROW);
            if (!same) {
                return error_raise(b->err, ERR_LEGACY_ERROR_TEMP_1036,
                                   binder_node_span(b, &a->node), "wf", binder_sql_of(b, &f->node),
                                   NULL);
            }
        }
        *out = (window_frame){
            .unit = FRAME_ROWS, .start = BOUND_UNBOUNDED_PRECEDING, .end = BOUND_CURRENT_ROW};
        return DBX_OK;
    }
    if (p->frame != NULL) return window_explicit_frame(b, p, out);
    bool ordered = p->order.count > 0;
    *out = (window_frame){.unit = ordered ? FRAME_RANGE : FRAME_ROWS,
                          .start = BOUND_UNBOUNDED_PRECEDING,
                          .end = ordered ? BOUND_CURRENT_ROW : BOUND_UNBOUNDED_FOLLOWING};
    return DBX_OK;
}

/* ---- the call ---- */

static dbx_status window_misplaced(binder *b, const ast_function_call *f) {
    span s = binder_node_span(b, &f->node);
    const char *sql = binder_sql_of(b, &f->node);
    if (b->block != NULL && b->block->clause == CLAUSE_WHERE) {
        return error_raise(b->err, ERR_LEGACY_ERROR_TEMP_1034, s, "clauseName", "WHERE", NULL);
    }
    return error_raise(b->err, ERR_UNSUPPORTED_EXPR_FOR_OPERATOR, s, "invalidExprSqls", sql, NULL);
}

static dbx_status window_check(binder *b, const ast_function_call *f, string_view name,
                               const function_row *row) {
    bind_block *block = b->block;
    span s = binder_node_span(b, &f->node);
    if (f->over == NULL) {
        return error_raise(b->err, ERR_WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE, s, "funcName",
                           arena_printf(b->arena, "\"" SV_FMT "\"", SV_ARG(name)), NULL);
    }
    if (row->kind != FUNCTION_AGGREGATE && row->kind != FUNCTION_WINDOW) {
        return error_raise(b->err, ERR_UNSUPPORTED_EXPR_FOR_WINDOW, s, "sqlExpr",
                           binder_sql_of(b, &f->node), NULL);
    }
    bool allowed = block != NULL && block->select != NULL &&
                   (block->clause == CLAUSE_SELECT || block->clause == CLAUSE_ORDER_BY ||
                    block->clause == CLAUSE_QUALIFY || block->clause == CLAUSE_HAVING);
    if (!allowed) return window_misplaced(b, f);
    if ((block->aggregate_depth > 0 && block->in_filter == 0) || block->window_depth > 0) {
        return error_raise(b->err, ERR_UNSUPPORTED_EXPR_FOR_WINDOW, s, "sqlExpr",
                           binder_sql_of(b, &f->node), NULL);
    }
    if (f->distinct) {
        return error_raise(b->err, ERR_DISTINCT_WINDOW_FUNCTION_UNSUPPORTED, s, "windowExpr",
                           binder_sql_of(b, &f->node), NULL);
    }
    return DBX_OK;
}

static dbx_status window_check_spec(binder *b, const ast_function_call *f, string_view name,
                                    const window_parts *w) {
    static const char *const whole[] = {"percentile_cont", "percentile_disc", "median"};
    bool needs_whole = f->within_group.count > 0;
    for (uint32_t i = 0; i < ARRAY_COUNT(whole); i++)
        needs_whole |= sv_equal_ignore_case(name, sv_from(whole[i]));
    if (!needs_whole || (w->order.count == 0 && w->frame == NULL)) return DBX_OK;
    return error_raise(b->err, ERR_INVALID_WINDOW_SPEC_FOR_AGGREGATION_FUNC,
                       binder_node_span(b, &f->node), "aggFunc",
                       arena_printf(b->arena, "\"" SV_FMT "\"", SV_ARG(name)), NULL);
}

static dbx_status window_make(binder *b, const ast_function_call *f, const aggregate_parts *a,
                              const window_parts *w, const window_frame *frame, expr **out) {
    const fn_bind *m = &a->match.bind;
    raw_window *raw = ARENA_NEW(b->arena, raw_window);
    uint32_t count = a->arg_count + (a->filter != NULL) + w->partition.count + w->order.count +
                     (frame->start_offset != NULL) + (frame->end_offset != NULL);
    bool counts = m->row->op == OP_COUNT || m->row->op == OP_COUNT_STAR ||
                  window_is_ranking((window_function)m->row->window);
    expr *e =
        expr_new(b->arena, EXPR_WINDOW, m->result, !counts, binder_node_span(b, &f->node), count);
    if (raw == NULL || e == NULL) return binder_nomem(b);
    uint32_t at = 0;
    for (uint32_t i = 0; i < a->arg_count; i++) e->args[at++] = a->args[i];
    if (a->filter != NULL) e->args[at++] = a->filter;
    for (uint32_t i = 0; i < w->partition.count; i++) e->args[at++] = w->partition.items[i];
    for (uint32_t i = 0; i < w->order.count; i++) e->args[at++] = w->order.items[i];
    if (frame->start_offset != NULL) e->args[at++] = frame->start_offset;
    if (frame->end_offset != NULL) e->args[at++] = frame->end_offset;
    *raw = (raw_window){m->state,        w->partition.count,          w->order.count,
                        w->orders.items, frame->start_offset != NULL, frame->end_offset != NULL};
    e->u.window = (expr_window){.row = m->row,
                                .function = (window_function)m->row->window,
                                .kernel = m->aggregate,
                                .state = raw,
                                .scratch_size = m->scratch_size,
                                .distinct = f->distinct,
                                .ignore_nulls = f->nulls == AST_NULLS_IGNORE,
                                .argument_count = a->arg_count,
                                .has_filter = a->filter != NULL,
                                .frame = *frame};
    e->u.window.frame.start_offset = e->u.window.frame.end_offset = NULL;
    if (m->row->kind == FUNCTION_AGGREGATE && m->aggregate == NULL) {
        return binder_unsupported(b, f->node.span, m->row->name);
    }
    *out = e;
    return DBX_OK;
}

dbx_status bind_window_call(binder *b, const ast_function_call *f, string_view name,
                            const function_row *rows, uint32_t row_count, expr **out) {
    aggregate_parts parts;
    window_parts window = {0};
    window_frame frame;
    TRY(window_check(b, f, name, rows));
    bind_block *block = b->block;
    block->window_depth++;
    dbx_status status = bind_aggregate_parts(b, f, name, rows, row_count, &parts);
    if (status == DBX_OK) status = window_collect(b, f->over, 0, &window);
    if (status == DBX_OK) status = window_check_spec(b, f, name, &window);
    if (status == DBX_OK) {
        status =
            window_make_frame(b, f, (window_function)parts.match.bind.row->window, &window, &frame);
    }
    block->window_depth--;
    TRY(status);
    if (parts.order_count > 0)
        return binder_unsupported(b, f->node.span, "WITHIN GROUP in a window function");
    TRY(window_make(b, f, &parts, &window, &frame, out));
    block->saw_window = true;
    bind_note *note = binder_note(b, f);
    if (note == NULL) return binder_nomem(b);
    note->row = parts.match.bind.row;
    note->bound = *out;
    return DBX_OK;
}

bool bind_contains_window(const expr *e) {
    return expr_contains(e, EXPR_WINDOW);
}

/* ---- the nodes ---- */

typedef struct window_group {
    expr *const *partition;
    uint32_t partition_count;
    expr *const *order;
    const sort_order *orders;
    uint32_t order_count;
    ARENA_LIST(expr *) functions;
    ARENA_LIST(column_id) ids;
} window_group;

typedef struct window_builder {
    ARENA_LIST(window_group) groups;
} window_builder;

static bool window_group_fits(const window_group *g, const expr *x, const raw_window *raw,
                              uint32_t base) {
    if (g->partition_count != raw->partition_count || g->order_count != raw->order_count)
        return false;
    for (uint32_t i = 0; i < raw->partition_count; i++) {
        if (!expr_equal(g->partition[i], x->args[base + i])) return false;
    }
    for (uint32_t i = 0; i < raw->order_count; i++) {
        if (!expr_equal(g->order[i], x->args[base + raw->partition_count + i])) return false;
        if (g->orders[i].descending != raw->orders[i].descending) return false;
        if (g->orders[i].nulls_first != raw->orders[i].nulls_first) return false;
    }
    return true;
}

/* The number of groups that x needs below it: those whose columns it uses. */
static uint32_t window_needs(const window_builder *w, const expr *x) {
    uint32_t needs = 0;
    if (x->kind == EXPR_COLUMN) {
        for (uint32_t g = 0; g < w->groups.count; g++) {
            for (uint32_t i = 0; i < w->groups.items[g].ids.count; i++) {
                if (w->groups.items[g].ids.items[i] == x->u.column) return g + 1;
            }
        }
    }
    for (uint32_t i = 0; i < x->arg_count; i++) needs = MAX(needs, window_needs(w, x->args[i]));
    return needs;
}

static dbx_status window_finish_expr(binder *b, const expr *x, const raw_window *raw, expr **out) {
    uint32_t keep = x->u.window.argument_count + x->u.window.has_filter;
    uint32_t at = keep + raw->partition_count + raw->order_count;
    expr *e = expr_new(b->arena, EXPR_WINDOW, x->type, x->nullable, x->span, keep);
    if (e == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < keep; i++) e->args[i] = x->args[i];
    e->u.window = x->u.window;
    e->u.window.state = raw->state;
    if (raw->has_start) e->u.window.frame.start_offset = x->args[at++];
    if (raw->has_end) e->u.window.frame.end_offset = x->args[at];
    *out = e;
    return DBX_OK;
}

static dbx_status window_register(binder *b, window_builder *w, const expr *x, expr **out) {
    const raw_window *raw = x->u.window.state;
    uint32_t base = x->u.window.argument_count + x->u.window.has_filter;
    uint32_t at = window_needs(w, x);
    expr *finished = NULL;
    while (at < w->groups.count && !window_group_fits(&w->groups.items[at], x, raw, base)) at++;
    if (at == w->groups.count) {
        window_group g = {.partition = x->args + base,
                          .partition_count = raw->partition_count,
                          .order = x->args + base + raw->partition_count,
                          .orders = raw->orders,
                          .order_count = raw->order_count};
        if (ARENA_LIST_PUSH(b->arena, &w->groups, g) != DBX_OK) return binder_nomem(b);
    }
    window_group *g = &w->groups.items[at];
    TRY(window_finish_expr(b, x, raw, &finished));
    uint32_t i = 0;
    while (i < g->functions.count && !expr_equal(g->functions.items[i], finished)) i++;
    if (i == g->functions.count) {
        if (ARENA_LIST_PUSH(b->arena, &g->functions, finished) != DBX_OK ||
            ARENA_LIST_PUSH(b->arena, &g->ids, plan_new_column(b->plan)) != DBX_OK)
            return binder_nomem(b);
    }
    *out = expr_column(b->arena, g->ids.items[i], x->type, x->nullable, x->span);
    return *out == NULL ? binder_nomem(b) : DBX_OK;
}

static dbx_status window_visit(binder *b, expr *x, void *state, expr **out) {
    if (x->kind != EXPR_WINDOW) return DBX_OK;
    /* Windows inside come from aliases that were put in place: they are computed below. */
    expr *copy = expr_new(b->arena, EXPR_WINDOW, x->type, x->nullable, x->span, x->arg_count);
    if (copy == NULL) return binder_nomem(b);
    copy->u = x->u;
    for (uint32_t i = 0; i < x->arg_count; i++)
        TRY(bind_rewrite(b, x->args[i], window_visit, state, &copy->args[i]));
    return window_register(b, state, copy, out);
}

static dbx_status window_node(binder *b, plan_node *child, const window_group *g, plan_node **out) {
    uint32_t n = child->column_count, count = g->functions.count;
    plan_window *w = PLAN_NEW(b->plan, plan_window, PLAN_WINDOW, 1, n + count);
    if (w == NULL) return binder_nomem(b);
    w->base.children[0] = child;
    w->base.span = child->span;
    if (n > 0) memcpy(w->base.columns, child->columns, n * sizeof(plan_column));
    for (uint32_t i = 0; i < count; i++) {
        const expr *f = g->functions.items[i];
        w->base.columns[n + i] = (plan_column){.id = g->ids.items[i],
                                               .name = sv_from(f->u.window.row->name),
                                               .type = f->type,
                                               .nullable = f->nullable};
    }
    w->partition = ARENA_ARRAY(b->arena, expr *, g->partition_count + 1);
    w->order = ARENA_ARRAY(b->arena, sort_key, g->order_count + 1);
    if (w->partition == NULL || w->order == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < g->partition_count; i++) w->partition[i] = g->partition[i];
    for (uint32_t i = 0; i < g->order_count; i++)
        w->order[i] = (sort_key){g->order[i], g->orders[i]};
    w->partition_count = g->partition_count;
    w->order_count = g->order_count;
    w->functions = g->functions.items;
    w->function_count = count;
    *out = &w->base;
    return DBX_OK;
}

dbx_status bind_make_windows(binder *b, plan_node **plan, expr **const *roots,
                             uint32_t root_count) {
    window_builder w = {0};
    for (uint32_t i = 0; i < root_count; i++)
        TRY(bind_rewrite(b, *roots[i], window_visit, &w, roots[i]));
    for (uint32_t i = 0; i < w.groups.count; i++)
        TRY(window_node(b, *plan, &w.groups.items[i], plan));
    return DBX_OK;
}
