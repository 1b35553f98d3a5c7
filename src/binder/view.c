/* view.c - views and SQL functions in place of their names.
 *
 * A view's text is parsed and bound where it stands, with the names and settings of its creation;
 * positions of errors inside it are those of the reference, since the text is another one. Then its
 * columns are fitted to the schema that was kept at creation, as its WITH SCHEMA mode says:
 *
 *   BINDING         found by name, and only widened
 *   COMPENSATION    found by name, and cast
 *   TYPE EVOLUTION  found by name, with the types of today
 *   EVOLUTION       whatever the query gives; with a column list like TYPE EVOLUTION
 */
#include "binder/binder_int.h"

/* ---- entering another text ---- */

typedef struct view_context {
    view_frame view;
    bind_block *block;
    bind_cte *ctes;
    lambda_frame *lambdas;
    function_frame *functions;
    span fixed_span;
    string_view catalog, schema;
    const settings *settings;
    uint16_t default_collation;
} view_context;

/* Enters the text of a view or function: nothing of the query around is visible in it. */
static dbx_status view_enter(binder *b, view_context *f, string_view name, string_view in_catalog,
                             string_view in_schema, span position) {
    for (const view_frame *v = b->views; v != NULL; v = v->next) {
        if (!sv_equal_ignore_case(v->name, name)) continue;
        return error_raise(b->err, ERR_RECURSIVE_VIEW, binder_span(b, position), "viewIdent",
                           binder_cstr(b, name), "newPath", binder_cstr(b, name), NULL);
    }
    if (b->view_depth >= BINDER_VIEW_DEPTH_MAX) {
        return error_raise(b->err, ERR_VIEW_EXCEED_MAX_NESTED_DEPTH, binder_span(b, position),
                           "viewName", binder_cstr(b, name), "maxNestedDepth", "100", NULL);
    }
    TRY(binder_enter(b, position));
    *f = (view_context){.view = {b->views, name},
                        .block = b->block,
                        .ctes = b->ctes,
                        .lambdas = b->lambdas,
                        .functions = b->functions,
                        .fixed_span = b->fixed_span,
                        .catalog = b->query->current_catalog,
                        .schema = b->query->current_schema,
                        .settings = b->query->settings,
                        .default_collation = b->default_collation};
    b->default_collation = COLLATION_UTF8_BINARY;
    b->fixed_span = binder_span(b, position);
    if (b->fixed_span.end == 0) b->fixed_span = (span){0, 1};
    b->views = &f->view;
    b->view_depth++;
    b->block = NULL;
    b->ctes = NULL;
    b->lambdas = NULL;
    b->functions = NULL;
    if (in_catalog.size > 0) b->query->current_catalog = in_catalog;
    if (in_schema.size > 0) b->query->current_schema = in_schema;
    return DBX_OK;
}

static void view_leave(binder *b, const view_context *f) {
    b->fixed_span = f->fixed_span;
    b->views = f->view.next;
    b->view_depth--;
    b->block = f->block;
    b->ctes = f->ctes;
    b->lambdas = f->lambdas;
    b->functions = f->functions;
    b->query->current_catalog = f->catalog;
    b->query->current_schema = f->schema;
    b->query->settings = f->settings;
    b->default_collation = f->default_collation;
    binder_leave(b);
}

/* Errors inside a view point at its reference. */
static dbx_status view_repoint(binder *b, dbx_status status, span position) {
    if (status != DBX_OK && b->err != NULL) b->err->position = binder_span(b, position);
    return status;
}

/* The settings that were kept with a view, over the session's. */
static dbx_status view_settings(binder *b, const catalog_property *kept, uint32_t count) {
    settings *own = ARENA_NEW(b->arena, settings);
    if (own == NULL) return binder_nomem(b);
    *own = *b->query->settings;
    for (uint32_t i = 0; i < count; i++) settings_overlay(own, kept[i].key, kept[i].value);
    b->query->settings = own;
    return DBX_OK;
}

static parser_options view_parser_options(const binder *b) {
    const settings *s = b->query->settings;
    return (parser_options){.double_quoted_identifiers = s->double_quoted_identifiers,
                            .ansi_reserved = s->reserved_keywords,
                            .identifier_clause_legacy = s->identifier_clause_legacy};
}

static dbx_status view_text(binder *b, const binder_view *v, string_view name, span position,
                            plan_node **out) {
    view_context context;
    ast_query *body;
    TRY(view_enter(b, &context, name, v->catalog, v->schema, position));
    dbx_status status =
        v->setting_count > 0 ? view_settings(b, v->settings, v->setting_count) : DBX_OK;
    parser_options options = view_parser_options(b);
    b->default_collation = v->default_collation;
    if (status == DBX_OK) status = parser_parse_query(b->arena, v->sql, &options, &body, b->err);
    if (status == DBX_OK) status = bind_query(b, body, out);
    view_leave(b, &context);
    return view_repoint(b, status, position);
}

/* ---- views of the host ---- */

dbx_status bind_host_view(binder *b, const binder_view *v, string_view name,
                          const bind_qualifier *q, span position, bound_relation *out) {
    TRY(view_text(b, v, name, position, &out->plan));
    plan_node *n = out->plan;
    string_view *names = ARENA_ARRAY(b->arena, string_view, n->column_count + 1);
    if (names == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < n->column_count; i++) {
        bool given = i < v->column_count && v->column_names[i].data != NULL;
        names[i] = given ? v->column_names[i] : n->columns[i].name;
    }
    TRY(bind_rename(b, n, names, &out->plan));
    out->scope = scope_of_plan(b, out->plan, q);
    return out->scope == NULL ? binder_nomem(b) : DBX_OK;
}

/* ---- views of the catalog ---- */

typedef struct view_fit {
    const catalog_view *view;
    const plan_node *query;
    string_view shown; /* quoted name */
    span position;
    string_view *names; /* the query's column names at creation; NULL: by position */
} view_fit;

static dbx_status view_incompatible(binder *b, const view_fit *f, string_view column,
                                    uint32_t expected, uint32_t found) {
    const catalog_view *v = f->view;
    const char *actual = arena_printf(b->arena, "[");
    for (uint32_t i = 0, n = 0; actual != NULL && i < f->query->column_count && n < found; i++) {
        if (!binder_same_name(b, f->query->columns[i].name, column)) continue;
        actual = arena_printf(b->arena, "%s%s" SV_FMT, actual, n++ > 0 ? "," : "", SV_ARG(column));
    }
    if (actual != NULL) actual = arena_printf(b->arena, "%s]", actual);
    const char *suggestion =
        v->base.is_temporary
            ? arena_printf(b->arena, "CREATE OR REPLACE TEMPORARY VIEW " SV_FMT " AS " SV_FMT,
                           SV_ARG(v->base.info.name), SV_ARG(v->def.sql))
            : arena_printf(b->arena,
                           "CREATE OR REPLACE VIEW " SV_FMT "." SV_FMT "." SV_FMT " AS " SV_FMT,
                           SV_ARG(v->base.catalog_name), SV_ARG(v->base.schema_name),
                           SV_ARG(v->base.info.name), SV_ARG(v->def.sql));
    if (actual == NULL || suggestion == NULL) return binder_nomem(b);
    return error_raise(b->err, ERR_INCOMPATIBLE_VIEW_SCHEMA_CHANGE, binder_span(b, f->position),
                       "viewName", binder_cstr(b, f->shown), "colName", binder_cstr(b, column),
                       "expectedNum", arena_printf(b->arena, "%u", expected), "actualCols", actual,
                       "suggestion", suggestion, NULL);
}

static dbx_status view_find_names(binder *b, view_fit *f) {
    const catalog_view_def *d = &f->view->def;
    f->names = ARENA_ARRAY(b->arena, string_view, d->schema_count + 1);
    if (f->names == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < d->schema_count; i++) {
        char *key = arena_printf(b->arena, CATALOG_VIEW_QUERY_COLUMN "%u", i);
        if (key == NULL) return binder_nomem(b);
        const catalog_property *p = catalog_find_property(&f->view->base.info, sv_from(key));
        if (p == NULL) {
            f->names = NULL;
            return DBX_OK;
        }
        f->names[i] = p->value;
    }
    return DBX_OK;
}

/* The query's column for column i of the view: the same occurrence of the same name. */
static dbx_status view_find_column(binder *b, const view_fit *f, uint32_t i, uint32_t *out) {
    string_view name = f->names[i];
    uint32_t expected = 0, before = 0, found = 0;
    for (uint32_t k = 0; k < f->view->def.schema_count; k++) {
        bool same = binder_same_name(b, f->names[k], name);
        expected += same;
        before += same && k < i;
    }
    for (uint32_t k = 0; k < f->query->column_count; k++) {
        if (!binder_same_name(b, f->query->columns[k].name, name)) continue;
        if (found++ == before) *out = k;
    }
    return found == expected ? DBX_OK : view_incompatible(b, f, name, expected, found);
}

static dbx_status view_fit_type(binder *b, const view_fit *f, expr *e, type to, string_view name,
                                expr **out) {
    *out = e;
    if (type_equal(e->type, to)) return DBX_OK;
    if (f->view->def.binding == CATALOG_VIEW_COMPENSATION)
        return bind_cast_mode(b, e, to, CAST_ANSI, f->position, out);
    if (type_can_up_cast(e->type, to)) return bind_cast_mode(b, e, to, CAST_ANSI, f->position, out);
    return error_raise(
        b->err, ERR_CANNOT_UP_CAST_DATATYPE, binder_span(b, f->position), "expression",
        binder_cstr(b, name), "sourceType",
        arena_printf(b->arena, "\"%s\"", type_sql(b->arena, e->type)), "targetType",
        arena_printf(b->arena, "\"%s\"", type_sql(b->arena, to)), "details",
        "The type path of the target object is:\n\nYou can either add an explicit cast to the "
        "input data or choose a higher precision type of the field in the target object",
        NULL);
}

static dbx_status view_fitted(binder *b, const view_fit *f, plan_node **out) {
    const catalog_view_def *d = &f->view->def;
    bool keeps_types =
        d->binding != CATALOG_VIEW_EVOLUTION && d->binding != CATALOG_VIEW_TYPE_EVOLUTION;
    expr **exprs = ARENA_ARRAY(b->arena, expr *, d->schema_count + 1);
    string_view *names = ARENA_ARRAY(b->arena, string_view, d->schema_count + 1);
    if (exprs == NULL || names == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < d->schema_count; i++) {
        uint32_t from = i;
        if (f->names != NULL) {
            TRY(view_find_column(b, f, i, &from));
        } else if (i >= f->query->column_count) {
            return view_incompatible(b, f, d->schema[i].name, 1, 0);
        }
        exprs[i] = bind_plan_column(b, f->query, from, f->position);
        if (exprs[i] == NULL) return binder_nomem(b);
        if (keeps_types)
            TRY(view_fit_type(b, f, exprs[i], d->schema[i].type, d->schema[i].name, &exprs[i]));
        names[i] = d->schema[i].name;
    }
    return bind_project(b, *out, exprs, names, d->schema_count, out);
}

static dbx_status view_check_duplicates(binder *b, const plan_node *n, span position) {
    for (uint32_t i = 0; i < n->column_count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            if (!binder_same_name(b, n->columns[i].name, n->columns[k].name)) continue;
            return error_raise(b->err, ERR_COLUMN_ALREADY_EXISTS, binder_span(b, position),
                               "columnName", binder_quote_parts(b, &n->columns[i].name, 1), NULL);
        }
    }
    return DBX_OK;
}

dbx_status bind_catalog_view(binder *b, const catalog_view *object, const bind_qualifier *q,
                             span position, bound_relation *out) {
    const catalog_view_def *d = &object->def;
    binder_view v = {.sql = d->sql,
                     .catalog = d->current_catalog,
                     .schema = d->current_schema,
                     .settings = d->settings,
                     .setting_count = d->setting_count,
                     .default_collation = catalog_default_collation(&object->base.info)};
    view_fit f = {.view = object,
                  .shown = sv_from(binder_quote_parts(b, q->parts, q->count)),
                  .position = position};
    TRY(view_text(b, &v, f.shown, position, &out->plan));
    f.query = out->plan;
    if (d->binding == CATALOG_VIEW_EVOLUTION && d->column_count == 0) {
        TRY(view_check_duplicates(b, out->plan, position));
    } else {
        TRY(view_find_names(b, &f));
        TRY(view_fitted(b, &f, &out->plan));
    }
    out->scope = scope_of_plan(b, out->plan, q);
    return out->scope == NULL ? binder_nomem(b) : DBX_OK;
}

/* ---- SQL functions share the frame of views ---- */

dbx_status bind_function_body(binder *b, const binder_function *f, expr **arguments, span position,
                              expr **out_expr, plan_node **out_plan) {
    view_context frame;
    const char *name = arena_printf(b->arena, "function " SV_FMT, SV_ARG(f->name));
    if (name == NULL) return binder_nomem(b);
    bind_block *outer = b->block;
    TRY(view_enter(b, &frame, sv_from(name), f->catalog, f->schema, position));
    function_frame parameters = {.next = NULL, .function = f, .arguments = arguments};
    bind_block block;
    b->functions = &parameters;
    dbx_status status;
    if (f->is_table) {
        ast_query *body;
        status = parser_parse_query(b->arena, f->sql, NULL, &body, b->err);
        if (status == DBX_OK) status = bind_query(b, body, out_plan);
    } else {
        ast_expr *e;
        status = parser_parse_expression(b->arena, f->sql, NULL, &e, b->err);
        binder_push(b, &block, NULL, CLAUSE_NONE);
        if (status == DBX_OK) status = bind_expr(b, e, out_expr);
    }
    view_leave(b, &frame);
    assert(b->block == outer);
    (void)outer;
    return view_repoint(b, status, position);
}
