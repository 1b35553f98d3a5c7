/* star.c - `*`, `t.*`, `s.*` of a struct, with EXCEPT and REPLACE; and the list of select items. */
#include "binder/binder_int.h"

typedef struct star_column {
    expr *expr;
    string_view name;
    const scope_column *column;
    bool replaced;
} star_column;

typedef struct star_columns {
    ARENA_LIST(star_column) list;
} star_columns;

static dbx_status star_push(binder *b, star_columns *to, star_column c) {
    if (c.expr == NULL || ARENA_LIST_PUSH(b->arena, &to->list, c) != DBX_OK) return binder_nomem(b);
    return DBX_OK;
}

static bool star_qualifier_matches(const binder *b, const bind_qualifier *q,
                                   const string_view *parts, uint32_t count) {
    if (q == NULL || q->count < count) return false;
    for (uint32_t i = 0; i < count; i++) {
        if (!binder_same_name(b, q->parts[q->count - count + i], parts[i])) return false;
    }
    return true;
}

static dbx_status star_of_struct(binder *b, const ast_star *star, star_columns *to) {
    ast_column_ref *ref = ARENA_NEW(b->arena, ast_column_ref);
    expr *base;
    if (ref == NULL) return binder_nomem(b);
    ref->node = (ast_node){.kind = AST_COLUMN_REF, .span = star->qualifier->node.span};
    ref->name = star->qualifier;
    error err;
    error_init(&err);
    error *saved = b->err;
    b->err = &err;
    dbx_status status = bind_column_ref(b, ref, &base);
    b->err = saved;
    bool ok = status == DBX_OK && base->type.id == TYPE_STRUCT;
    if (status != DBX_OK && status != DBX_ERROR) error_move(b->err, &err);
    error_deinit(&err);
    if (status != DBX_OK && status != DBX_ERROR) return status;
    if (!ok) {
        const char *columns = "";
        const scope *s = b->block->scope;
        for (uint32_t i = 0; s != NULL && i < s->columns.count && i < 16 && columns != NULL; i++) {
            columns = arena_printf(b->arena, "%s%s%s", columns, i > 0 ? ", " : "",
                                   binder_quote_parts(b, &s->columns.items[i].name, 1));
        }
        return error_raise(b->err, ERR_CANNOT_RESOLVE_STAR_EXPAND, binder_node_span(b, &star->node),
                           "targetString", binder_quote_name(b, star->qualifier), "columns",
                           columns == NULL ? "" : columns, NULL);
    }
    for (uint32_t i = 0; i < base->type.child_count; i++) {
        star_column c = {.name = base->type.children[i].name};
        expr *args[2] = {base, expr_constant_int64(b->arena, type_simple(TYPE_INT), i, base->span)};
        if (args[1] == NULL) return binder_nomem(b);
        TRY(bind_call(b, SYNTAX_FN_STRUCT_FIELD, args, 2, star->node.span, NULL, &c.expr));
        TRY(star_push(b, to, c));
    }
    return DBX_OK;
}

static dbx_status star_collect(binder *b, const ast_star *star, star_columns *to) {
    const bind_block *block = b->block;
    const scope *s = block == NULL ? NULL : block->scope;
    const string_view *parts = NULL;
    uint32_t count = 0;
    if (star->qualifier != NULL) TRY(binder_name_parts(b, star->qualifier, &parts, &count));
    if (s == NULL && count == 0 && block != NULL && block->parent != NULL) return DBX_OK;
    if (s == NULL && count == 0) {
        return error_raise(b->err, ERR_INVALID_USAGE_OF_STAR_OR_REGEX,
                           binder_node_span(b, &star->node), "elem", "'*'", "prettyName",
                           "query without FROM", NULL);
    }
    /* t.* may name a relation of a block around: LATERAL (SELECT t.*). */
    for (; block != NULL && to->list.count == 0; block = count > 0 ? block->parent : NULL) {
        s = block->scope;
        for (uint32_t i = 0; s != NULL && i < s->columns.count; i++) {
            const scope_column *c = &s->columns.items[i];
            if (c->metadata || (c->hidden && count == 0)) continue;
            if (count > 0 && !star_qualifier_matches(b, c->qualifier, parts, count)) continue;
            star_column column = {scope_column_expr(b, c, star->node.span), c->name, c, false};
            TRY(star_push(b, to, column));
        }
    }
    if (count > 0 && to->list.count == 0) return star_of_struct(b, star, to);
    return DBX_OK;
}

/* ---- EXCEPT ---- */

/* The struct without the field that path names. */
static dbx_status star_drop_field(binder *b, expr *base, const string_view *path, uint32_t count,
                                  span s, expr **out) {
    ARENA_LIST(expr *) args = {0};
    bool found = false;
    if (base->type.id != TYPE_STRUCT) {
        return error_raise(b->err, ERR_EXCEPT_NESTED_COLUMN_INVALID_TYPE, binder_span(b, s),
                           "columnName", binder_quote_parts(b, path, 1), "dataType",
                           arena_printf(b->arena, "\"%s\"", type_sql(b->arena, base->type)), NULL);
    }
    for (uint32_t i = 0; i < base->type.child_count; i++) {
        const type_field *field = &base->type.children[i];
        bool match = binder_same_name(b, field->name, path[0]);
        expr *value;
        found = found || match;
        if (match && count == 1) continue;
        TRY(bind_field(b, base, field->name, s, &value));
        if (match) TRY(star_drop_field(b, value, path + 1, count - 1, s, &value));
        expr *name = expr_constant_string(b->arena, field->name, base->span);
        if (name == NULL || ARENA_LIST_PUSH(b->arena, &args, name) != DBX_OK ||
            ARENA_LIST_PUSH(b->arena, &args, value) != DBX_OK)
            return binder_nomem(b);
    }
    if (!found) return bind_raise_unresolved_column(b, path, 1, NULL, s);
    return bind_call(b, "named_struct", args.items, args.count, s, NULL, out);
}

static dbx_status star_except_one(binder *b, const ast_name *name, star_columns *from) {
    const string_view *parts;
    uint32_t count, used = 0;
    const scope_column *column = NULL;
    TRY(binder_name_parts(b, name, &parts, &count));
    const scope *s = b->block->scope;
    if (s != NULL)
        TRY(scope_find_column(b, s, parts, count, true, name->node.span, &column, &used));
    for (uint32_t i = 0; i < from->list.count; i++) {
        star_column *c = &from->list.items[i];
        bool match = column != NULL ? c->column == column : binder_same_name(b, c->name, parts[0]);
        if (!match) continue;
        if (column == NULL) used = 1;
        if (used < count) {
            return star_drop_field(b, c->expr, parts + used, count - used, name->node.span,
                                   &c->expr);
        }
        for (uint32_t k = i; k + 1 < from->list.count; k++)
            from->list.items[k] = from->list.items[k + 1];
        from->list.count--;
        return DBX_OK;
    }
    return bind_raise_unresolved_column(b, parts, count, s, name->node.span);
}

static bool star_is_prefix(const binder *b, const ast_name *x, const ast_name *y) {
    if (x->parts.count > y->parts.count) return false;
    for (uint32_t i = 0; i < x->parts.count; i++) {
        if (!binder_same_name(b, x->parts.items[i].text, y->parts.items[i].text)) return false;
    }
    return true;
}

static dbx_status star_except(binder *b, const ast_star *star, star_columns *from) {
    for (uint32_t i = 0; i < star->except.count; i++) {
        const ast_name *x = AST_AS(ast_name, star->except.items[i]);
        for (uint32_t k = 0; k < star->except.count; k++) {
            const ast_name *y = AST_AS(ast_name, star->except.items[k]);
            if (i == k || !star_is_prefix(b, x, y)) continue;
            return error_raise(
                b->err, ERR_EXCEPT_OVERLAPPING_COLUMNS, binder_node_span(b, &star->node), "columns",
                arena_printf(b->arena, "%s, %s", binder_quote_name(b, x), binder_quote_name(b, y)),
                NULL);
        }
    }
    for (uint32_t i = 0; i < star->except.count; i++) {
        TRY(star_except_one(b, AST_AS(ast_name, star->except.items[i]), from));
    }
    return DBX_OK;
}

static dbx_status star_replace(binder *b, const ast_star *star, star_columns *in) {
    for (uint32_t i = 0; i < star->replace.count; i++) {
        const ast_select_item *item = AST_AS(ast_select_item, star->replace.items[i]);
        string_view name = item->aliases.count > 0 ? item->aliases.items[0].text : SV("");
        bool found = false;
        expr *value;
        TRY(bind_expr(b, item->expr, &value));
        for (uint32_t k = 0; k < in->list.count; k++) {
            star_column *c = &in->list.items[k];
            if (!binder_same_name(b, c->name, name)) continue;
            c->expr = value;
            c->replaced = true;
            found = true;
        }
        if (!found)
            return bind_raise_unresolved_column(b, &name, 1, b->block->scope, item->node.span);
    }
    return DBX_OK;
}

static dbx_status star_expand(binder *b, const ast_star *star, star_columns *out) {
    memset(out, 0, sizeof(*out));
    TRY(star_collect(b, star, out));
    TRY(star_except(b, star, out));
    return star_replace(b, star, out);
}

dbx_status bind_star_exprs(binder *b, const ast_star *star, expr ***out, string_view **names,
                           uint32_t *count) {
    star_columns columns;
    TRY(star_expand(b, star, &columns));
    *count = columns.list.count;
    *out = ARENA_ARRAY(b->arena, expr *, *count + 1);
    *names = ARENA_ARRAY(b->arena, string_view, *count + 1);
    if (*out == NULL || *names == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < *count; i++) {
        (*out)[i] = columns.list.items[i].expr;
        (*names)[i] = columns.list.items[i].name;
    }
    return DBX_OK;
}

/* ---- select items ---- */

dbx_status bind_push_item(binder *b, select_state *s, select_item item) {
    if (s->items.count >= SELECT_ITEMS_MAX)
        return binder_unsupported(b, item.span, "more than 100000 columns");
    if (item.id == 0) item.id = plan_new_column(b->plan);
    if (ARENA_LIST_PUSH(b->arena, &s->items, item) != DBX_OK) return binder_nomem(b);
    return DBX_OK;
}

static dbx_status star_push_items(binder *b, const ast_star *star, select_state *s) {
    star_columns columns;
    TRY(star_expand(b, star, &columns));
    for (uint32_t i = 0; i < columns.list.count; i++) {
        const star_column *c = &columns.list.items[i];
        select_item item = {.expr = c->expr,
                            .name = c->name,
                            .bound = true,
                            .has_alias = c->replaced,
                            .span = binder_node_span(b, &star->node),
                            .star = c->replaced ? NULL : c->column};
        item.contains_raw = bind_contains_raw(c->expr);
        TRY(bind_push_item(b, s, item));
    }
    return DBX_OK;
}

/* ---- `(a|b)`: quoted names that are regular expressions ---- */

/* A quoted column in a select list, with spark.sql.parser.quotedRegexColumnNames. */
static bool star_is_regex(const binder *b, const ast_select_item *item) {
    if (!b->query->settings->regex_column_names || item->aliases.count > 0 ||
        item->expr->kind != AST_COLUMN_REF)
        return false;
    const ast_name *name = AST_AS(ast_column_ref, item->expr)->name;
    return name->parts.count <= 2 && name->parts.items[name->parts.count - 1].quoted;
}

/* Whether all of the name matches, without case unless names have it. */
static dbx_status star_name_matches(binder *b, string_view pattern, string_view name, span at,
                                    bool *out) {
    bool sensitive = b->query->settings->case_sensitive;
    char *whole =
        arena_printf(b->arena, "%s^(?:" SV_FMT ")$", sensitive ? "" : "(?i)", SV_ARG(pattern));
    if (whole == NULL) return binder_nomem(b);
    expr *args[] = {expr_constant_string(b->arena, name, at),
                    expr_constant_string(b->arena, sv_from(whole), at)};
    expr *match;
    const vector *value;
    if (args[0] == NULL || args[1] == NULL) return binder_nomem(b);
    TRY(bind_call(b, "rlike", args, 2, at, NULL, &match));
    TRY(bind_fold(b, match, &value));
    *out = value != NULL && !vector_is_null(value, 0) && VECTOR_DATA(value, uint8_t)[0] != 0;
    return DBX_OK;
}

static dbx_status star_push_regex(binder *b, const ast_column_ref *c, select_state *s) {
    ast_star star = {.node = {.kind = AST_STAR, .span = c->node.span}};
    ast_name relation = {.node = c->name->node, .parts = {c->name->parts.items, 1, 1}};
    if (c->name->parts.count > 1) star.qualifier = &relation;
    string_view pattern = c->name->parts.items[c->name->parts.count - 1].text;
    star_columns columns = {0};
    TRY(star_collect(b, &star, &columns));
    for (uint32_t i = 0; i < columns.list.count; i++) {
        const star_column *column = &columns.list.items[i];
        bool matches = false;
        TRY(star_name_matches(b, pattern, column->name, binder_node_span(b, &c->node), &matches));
        if (!matches) continue;
        select_item item = {.expr = column->expr,
                            .name = column->name,
                            .bound = true,
                            .span = binder_node_span(b, &c->node),
                            .star = column->column};
        TRY(bind_push_item(b, s, item));
    }
    return DBX_OK;
}

dbx_status bind_expand_items(binder *b, select_state *s, const ast_list *items) {
    if (items->count == 0) {
        ast_star all = {
            .node = {.kind = AST_STAR, .span = s->ast == NULL ? (span){0, 0} : s->ast->node.span}};
        return star_push_items(b, &all, s);
    }
    for (uint32_t i = 0; i < items->count; i++) {
        const ast_select_item *ast = AST_AS(ast_select_item, items->items[i]);
        if (ast->expr->kind == AST_STAR) {
            TRY(star_push_items(b, AST_AS(ast_star, ast->expr), s));
            continue;
        }
        if (star_is_regex(b, ast)) {
            TRY(star_push_regex(b, AST_AS(ast_column_ref, ast->expr), s));
            continue;
        }
        bool generated = false;
        s->current = s->items.count;
        TRY(bind_generator_items(b, s, ast, &generated));
        if (generated) continue;
        if (ast->aliases.count > 1) {
            return error_raise(b->err, ERR_MULTI_ALIAS_WITHOUT_GENERATOR,
                               binder_node_span(b, &ast->node), "expr", binder_sql_of(b, ast->expr),
                               "names", binder_cstr(b, ast->aliases.items[0].text), NULL);
        }
        select_item item = {.ast = ast->expr, .span = binder_node_span(b, &ast->node)};
        if (ast->aliases.count == 1) {
            TRY(binder_ident_text(b, &ast->aliases.items[0], &item.name));
            item.has_alias = true;
        }
        TRY(bind_push_item(b, s, item));
    }
    return DBX_OK;
}
