/* time_travel.c - VERSION AS OF, TIMESTAMP AS OF and t@v: the table as one of its versions;
 * table_changes: what versions changed. */
#include "binder/binder_int.h"
#include "catalog/history.h"

#include <stdio.h>

/* t@20240131235959123: the moment as SQL writes it, or as it is. */
static string_view travel_moment(binder *b, string_view text) {
    enum { MARK_DIGITS = 17 };
    bool mark = text.size == MARK_DIGITS;
    for (size_t i = 0; i < text.size && mark; i++) mark = ascii_is_digit(text.data[i]);
    if (!mark) return text;
    const char *t = text.data;
    char *out = arena_printf(b->arena, "%.4s-%.2s-%.2s %.2s:%.2s:%.2s.%.3s", t, t + 4, t + 6, t + 8,
                             t + 10, t + 12, t + 14);
    return out == NULL ? text : sv_from(out);
}

/* The constant that the clause names, of the type. */
static dbx_status travel_value(binder *b, const ast_expr *to, type target, const vector **out) {
    expr *e;
    bind_block block;
    string_view text;
    *out = NULL;
    binder_push(b, &block, NULL, CLAUSE_NONE);
    dbx_status status = bind_expr(b, to, &e);
    if (status == DBX_OK && target.id == TYPE_TIMESTAMP && e->kind == EXPR_CONSTANT &&
        vector_string_value(e->u.value, &text)) {
        e = expr_constant_string(b->arena, travel_moment(b, text), binder_node_span(b, to));
        if (e == NULL) status = binder_nomem(b);
    }
    if (status == DBX_OK) status = bind_cast(b, e, target, &e);
    if (status == DBX_OK) status = bind_fold(b, e, out);
    binder_pop(b, &block);
    TRY(status);
    if (*out != NULL && !vector_is_null(*out, 0)) return DBX_OK;
    return error_raise(b->err, ERR_INVALID_TIME_TRAVEL_TIMESTAMP_EXPR__INPUT,
                       binder_node_span(b, to), "expr", binder_sql_of(b, to), NULL);
}

dbx_status bind_travel(binder *b, const catalog_object *object, const ast_table_ref *t,
                       const catalog_table **out) {
    uint32_t index;
    const vector *value;
    const catalog_table *table = catalog_as_table(object);
    if (table == NULL || catalog_version_count(table) == 0)
        return error_raise(b->err, ERR_DELTA_UNSUPPORTED_TIME_TRAVEL_VIEWS,
                           binder_span(b, t->node.span), NULL);
    if (t->travel == AST_TRAVEL_VERSION) {
        TRY(travel_value(b, t->travel_to, type_simple(TYPE_BIGINT), &value));
        TRY(catalog_version_of_number(table, VECTOR_DATA(value, int64_t)[0], &index, b->err));
    } else {
        TRY(travel_value(b, t->travel_to, type_simple(TYPE_TIMESTAMP), &value));
        TRY(catalog_version_of_time(table, VECTOR_DATA(value, int64_t)[0],
                                    binder_sql_of(b, t->travel_to), &index, b->err));
    }
    *out = catalog_version_table(table, index);
    return DBX_OK;
}

/* ---- table_changes ---- */

/* The table that a text names: "t", "s.t", "c.s.t". */
static dbx_status changes_table(binder *b, const expr *name, const ast_function_ref *f,
                                const catalog_table **out) {
    string_view text, parts[3];
    const catalog_object *object;
    const vector *value;
    uint32_t count = 0;
    TRY(bind_fold(b, (expr *)(uintptr_t)name, &value));
    if (value == NULL || !vector_string_value(value, &text))
        return error_raise(b->err, ERR_NON_FOLDABLE_ARGUMENT, binder_node_span(b, &f->node),
                           "funcName", "`table_changes`", "paramName", "`table_str`", "paramType",
                           "\"STRING\"", NULL);
    for (size_t from = 0, i = 0; i <= text.size && count < ARRAY_COUNT(parts); i++) {
        if (i < text.size && text.data[i] != '.') continue;
        parts[count++] = sv_trim((string_view){text.data + from, i - from});
        from = i + 1;
    }
    catalog_name named = {parts, count, binder_node_span(b, &f->node)};
    TRY(catalog_resolve(b->query, CATALOG_RELATIONS, &named, &object, b->err));
    *out = catalog_as_table(object);
    if (*out != NULL && catalog_version_count(*out) > 0) return DBX_OK;
    return error_raise(b->err, ERR_DELTA_UNSUPPORTED_TIME_TRAVEL_VIEWS, named.span, NULL);
}

/* A bound: a version, or the first version from a moment on (`end`: the last up to it). */
static dbx_status changes_bound(binder *b, const catalog_table *table, expr *e, bool end,
                                uint32_t *out) {
    const vector *value;
    bool moment =
        e->type.id == TYPE_STRING || e->type.id == TYPE_TIMESTAMP || e->type.id == TYPE_DATE;
    TRY(bind_cast(b, e, type_simple(moment ? TYPE_TIMESTAMP : TYPE_BIGINT), &e));
    TRY(bind_fold(b, e, &value));
    if (value == NULL || vector_is_null(value, 0))
        return error_raise(b->err, ERR_INVALID_TIME_TRAVEL_TIMESTAMP_EXPR__INPUT, e->span, "expr",
                           "NULL", NULL);
    int64_t bound = VECTOR_DATA(value, int64_t)[0];
    if (!moment) return catalog_version_of_number(table, bound, out, b->err);
    uint32_t count = catalog_version_count(table);
    *out = 0;
    while (*out < count && catalog_version_event(table, *out)->committed_us < bound + end) ++*out;
    if (end && *out > 0) --*out;
    if (*out < count) return DBX_OK;
    return error_raise(b->err, ERR_DELTA_TIMESTAMP_GREATER, e->span, "providedTimestamp",
                       "the given moment", NULL);
}

dbx_status bind_table_changes(binder *b, const ast_function_ref *f, bound_relation *out) {
    call_arguments given;
    bind_block block;
    const catalog_table *table = NULL;
    uint32_t first, last;
    binder_push(b, &block, NULL, CLAUSE_NONE);
    dbx_status status = bind_arguments(b, &f->call->arguments, &given);
    binder_pop(b, &block);
    TRY(status);
    if (given.args.count < 2 || given.args.count > 3) {
        char count[16];
        snprintf(count, sizeof(count), "%u", given.args.count);
        return error_raise(b->err, ERR_WRONG_NUM_ARGS__WITHOUT_SUGGESTION,
                           binder_node_span(b, &f->node), "functionName", "`table_changes`",
                           "expectedNum", "[2, 3]", "actualNum", count, "docroot",
                           "https://spark.apache.org/docs/latest", NULL);
    }
    TRY(changes_table(b, given.args.items[0], f, &table));
    TRY(changes_bound(b, table, given.args.items[1], false, &first));
    last = catalog_version_count(table) - 1;
    if (given.args.count == 3) TRY(changes_bound(b, table, given.args.items[2], true, &last));
    if (first > last)
        return error_raise(b->err, ERR_DELTA_INVALID_CDC_RANGE, binder_node_span(b, &f->node),
                           NULL);
    source *s;
    bind_qualifier *q = scope_qualifier(b, SV("table_changes"));
    if (q == NULL) return binder_nomem(b);
    TRY(catalog_change_feed(table, first, last, &b->query->ledger, &s, b->err));
    return bind_scan(b, s, true, SV("table_changes"), q, false, f->node.span, out);
}
