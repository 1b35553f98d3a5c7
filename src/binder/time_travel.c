/* time_travel.c - VERSION AS OF, TIMESTAMP AS OF and t@v: the table as one of its versions. */
#include "binder/binder_int.h"
#include "catalog/history.h"

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
