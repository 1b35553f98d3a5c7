/* expr_print.c - expressions as text for EXPLAIN and tests: "(#3 + 1)", "CASE WHEN … END", "sum(#2)
 * FILTER …". */
#include "plan/expr.h"

typedef struct expr_printer {
    buffer *out;
    const query *query;
    expr_name_of name_of;
    void *state;
} expr_printer;

static dbx_status expr_print(const expr_printer *p, const expr *x);

static dbx_status expr_print_text(const expr_printer *p, const char *text) {
    return buffer_append(p->out, text, strlen(text));
}

static dbx_status expr_print_list(const expr_printer *p, expr *const *items, uint32_t count,
                                  const char *between) {
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) TRY(expr_print_text(p, between));
        TRY(expr_print(p, items[i]));
    }
    return DBX_OK;
}

static dbx_status expr_print_column(const expr_printer *p, column_id id) {
    string_view name = {NULL, 0};
    if (p->name_of != NULL) name = p->name_of(id, p->state);
    if (name.size > 0) return buffer_append_sv(p->out, name);
    return buffer_printf(p->out, "#%u", id);
}

static bool expr_is_operator_name(const char *name) {
    char c = ascii_lower(name[0]);
    return !((c >= 'a' && c <= 'z') || c == '_');
}

static dbx_status expr_print_call(const expr_printer *p, const expr *x) {
    const char *name = x->u.call.row->name;
    if (expr_is_operator_name(name) && x->arg_count == 2) {
        TRY(expr_print_text(p, "("));
        TRY(expr_print(p, x->args[0]));
        TRY(buffer_printf(p->out, " %s ", name));
        TRY(expr_print(p, x->args[1]));
        return expr_print_text(p, ")");
    }
    TRY(buffer_printf(p->out, "%s(", name));
    TRY(expr_print_list(p, x->args, x->arg_count, ", "));
    return expr_print_text(p, ")");
}

static dbx_status expr_print_case(const expr_printer *p, const expr *x) {
    TRY(expr_print_text(p, "CASE"));
    uint32_t i = 0;
    for (; i + 1 < x->arg_count; i += 2) {
        TRY(expr_print_text(p, " WHEN "));
        TRY(expr_print(p, x->args[i]));
        TRY(expr_print_text(p, " THEN "));
        TRY(expr_print(p, x->args[i + 1]));
    }
    TRY(expr_print_text(p, " ELSE "));
    TRY(expr_print(p, x->args[i]));
    return expr_print_text(p, " END");
}

static dbx_status expr_print_lambda(const expr_printer *p, const expr *x) {
    uint32_t count = x->u.lambda.param_count;
    if (count != 1) TRY(expr_print_text(p, "("));
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) TRY(expr_print_text(p, ", "));
        TRY(expr_print_column(p, x->u.lambda.params[i]));
    }
    TRY(expr_print_text(p, count != 1 ? ") -> " : " -> "));
    return expr_print(p, x->args[0]);
}

static dbx_status expr_print_order(const expr_printer *p, sort_order order) {
    TRY(expr_print_text(p, order.descending ? " DESC" : " ASC"));
    return expr_print_text(p, order.nulls_first ? " NULLS FIRST" : " NULLS LAST");
}

/* name([DISTINCT] arguments) [IGNORE NULLS] [FILTER (WHERE …)], as aggregates and window functions
 * share. */
static dbx_status expr_print_aggregated(const expr_printer *p, const expr *x,
                                        const function_row *row, bool distinct, uint32_t arguments,
                                        bool ignore_nulls, bool has_filter) {
    TRY(buffer_printf(p->out, "%s(%s", row->name, distinct ? "DISTINCT " : ""));
    TRY(expr_print_list(p, x->args, arguments, ", "));
    TRY(expr_print_text(p, ")"));
    if (ignore_nulls) TRY(expr_print_text(p, " IGNORE NULLS"));
    if (!has_filter) return DBX_OK;
    TRY(expr_print_text(p, " FILTER (WHERE "));
    TRY(expr_print(p, x->args[arguments]));
    return expr_print_text(p, ")");
}

static dbx_status expr_print_aggregate(const expr_printer *p, const expr *x) {
    const expr_aggregate *g = &x->u.aggregate;
    TRY(expr_print_aggregated(p, x, g->row, g->distinct, g->argument_count, g->ignore_nulls,
                              g->has_filter));
    if (g->order_count == 0) return DBX_OK;
    TRY(expr_print_text(p, " WITHIN GROUP (ORDER BY "));
    uint32_t first = g->argument_count + g->has_filter;
    for (uint32_t i = 0; i < g->order_count; i++) {
        if (i > 0) TRY(expr_print_text(p, ", "));
        TRY(expr_print(p, x->args[first + i]));
        TRY(expr_print_order(p, g->orders[i]));
    }
    return expr_print_text(p, ")");
}

static dbx_status expr_print_bound(const expr_printer *p, frame_bound_kind kind,
                                   const expr *offset) {
    static const char *const words[] = {
        [BOUND_UNBOUNDED_PRECEDING] = "UNBOUNDED PRECEDING",
        [BOUND_PRECEDING] = " PRECEDING",
        [BOUND_CURRENT_ROW] = "CURRENT ROW",
        [BOUND_FOLLOWING] = " FOLLOWING",
        [BOUND_UNBOUNDED_FOLLOWING] = "UNBOUNDED FOLLOWING",
    };
    if (offset != NULL) TRY(expr_print(p, offset));
    return expr_print_text(p, words[kind]);
}

static dbx_status expr_print_window(const expr_printer *p, const expr *x) {
    static const char *const units[] = {
        [FRAME_ROWS] = "ROWS", [FRAME_RANGE] = "RANGE", [FRAME_GROUPS] = "GROUPS"};
    const expr_window *w = &x->u.window;
    TRY(expr_print_aggregated(p, x, w->row, w->distinct, w->argument_count, w->ignore_nulls,
                              w->has_filter));
    TRY(buffer_printf(p->out, " OVER (%s BETWEEN ", units[w->frame.unit]));
    TRY(expr_print_bound(p, w->frame.start, w->frame.start_offset));
    TRY(expr_print_text(p, " AND "));
    TRY(expr_print_bound(p, w->frame.end, w->frame.end_offset));
    return expr_print_text(p, ")");
}

static dbx_status expr_print_subquery(const expr_printer *p, const expr *x) {
    static const char *const words[] = {[SUBQUERY_SCALAR] = "scalar-subquery",
                                        [SUBQUERY_EXISTS] = "exists",
                                        [SUBQUERY_IN] = "in-subquery"};
    if (x->u.subquery.negated) TRY(expr_print_text(p, "NOT "));
    TRY(buffer_printf(p->out, "%s(", words[x->u.subquery.kind]));
    TRY(expr_print_list(p, x->args, x->arg_count, ", "));
    return expr_print_text(p, ")");
}

static dbx_status expr_print_cast(const expr_printer *p, const expr *x) {
    TRY(expr_print_text(p, x->u.cast.mode == CAST_TRY ? "TRY_CAST(" : "CAST("));
    TRY(expr_print(p, x->args[0]));
    TRY(expr_print_text(p, " AS "));
    TRY(type_append_sql(p->out, x->type));
    return expr_print_text(p, ")");
}

static dbx_status expr_print_in(const expr_printer *p, const expr *x) {
    TRY(expr_print_text(p, "("));
    TRY(expr_print(p, x->args[0]));
    TRY(expr_print_text(p, " IN ("));
    TRY(expr_print_list(p, x->args + 1, x->arg_count - 1, ", "));
    return expr_print_text(p, "))");
}

static dbx_status expr_print(const expr_printer *p, const expr *x) {
    switch ((expr_kind)x->kind) {
    case EXPR_CONSTANT:
        return value_append_sql(p->out, x->u.value, 0, p->query);
    case EXPR_COLUMN:
        return expr_print_column(p, x->u.column);
    case EXPR_SLOT:
        return buffer_printf(p->out, "$%u", x->u.slot);
    case EXPR_PARAMETER:
        return buffer_printf(p->out, "?%u", x->u.parameter + 1);
    case EXPR_CALL:
        return expr_print_call(p, x);
    case EXPR_CAST:
        return expr_print_cast(p, x);
    case EXPR_CASE:
        return expr_print_case(p, x);
    case EXPR_AND:
    case EXPR_OR:
        TRY(expr_print_text(p, "("));
        TRY(expr_print_list(p, x->args, x->arg_count, x->kind == EXPR_AND ? " AND " : " OR "));
        return expr_print_text(p, ")");
    case EXPR_NOT:
        TRY(expr_print_text(p, "(NOT "));
        TRY(expr_print(p, x->args[0]));
        return expr_print_text(p, ")");
    case EXPR_IN:
        return expr_print_in(p, x);
    case EXPR_LAMBDA:
        return expr_print_lambda(p, x);
    case EXPR_AGGREGATE:
        return expr_print_aggregate(p, x);
    case EXPR_WINDOW:
        return expr_print_window(p, x);
    case EXPR_SUBQUERY:
        return expr_print_subquery(p, x);
    }
    return DBX_BUG;
}

dbx_status expr_append_text(buffer *out, const expr *x, const query *q, expr_name_of name_of,
                            void *state) {
    expr_printer p = {.out = out, .query = q, .name_of = name_of, .state = state};
    return expr_print(&p, x);
}
