/* statement_view.c - CREATE VIEW and what ALTER VIEW shares with it. */
#include "session/ddl.h"
#include "session/object_info.h"

#include "parser/parser.h"

/* ---- WITH SCHEMA ---- */

dbx_status view_mode(statement_call *call, const ast_ident *clause, catalog_view_binding *out) {
    static const struct {
        const char *word;
        catalog_view_binding mode;
    } modes[] = {{"BINDING", CATALOG_VIEW_BINDING},
                 {"COMPENSATION", CATALOG_VIEW_COMPENSATION},
                 {"TYPE EVOLUTION", CATALOG_VIEW_TYPE_EVOLUTION},
                 {"EVOLUTION", CATALOG_VIEW_EVOLUTION}};
    const settings *s = &call->execution->session->settings;
    *out = s->view_schema_compensation ? CATALOG_VIEW_COMPENSATION : CATALOG_VIEW_BINDING;
    if (clause == NULL || clause->text.data == NULL) return DBX_OK;
    if (!s->view_schema_binding) {
        return error_raise(call->execution->err, ERR_FEATURE_NOT_ENABLED, clause->span,
                           "featureName", "VIEW ... WITH SCHEMA ...", "configKey",
                           "spark.sql.legacy.viewSchemaBindingMode", "configValue", "true", NULL);
    }
    for (uint32_t i = 0; i < ARRAY_COUNT(modes); i++) {
        if (sv_equal_ignore_case(clause->text, sv_from(modes[i].word))) *out = modes[i].mode;
    }
    return DBX_OK;
}

/* ---- the definition ---- */

/* Settings that change what a query means, as they are now: the view keeps them. */
static dbx_status view_keep_settings(statement_call *call, catalog_view_def *def) {
    session *s = call->execution->session;
    arena *a = &call->execution->arena;
    ARENA_LIST(catalog_property) kept = {0};
    uint32_t count;
    const setting_row *rows = settings_rows(&count);
    buffer now, initial;
    buffer_init(&now, &s->ledger);
    buffer_init(&initial, &s->ledger);
    settings defaults;
    settings_init(&defaults, &s->ledger);
    dbx_status status = DBX_OK;
    for (uint32_t i = 0; status == DBX_OK && i < count; i++) {
        if (rows[i].kind != SETTING_BOOL || rows[i].spark_name[0] == '\0') continue;
        if (strncmp(rows[i].name, "dbx.view_", 9) == 0) continue;
        buffer_clear(&now);
        buffer_clear(&initial);
        string_view name = sv_from(rows[i].spark_name);
        (void)settings_get(&s->settings, name, &now);
        (void)settings_get(&defaults, name, &initial);
        bool same = sv_equal(buffer_view(&now), buffer_view(&initial));
        if (same && rows[i].offset != offsetof(settings, ansi)) continue;
        catalog_property p = {name, arena_copy_string(a, buffer_view(&now))};
        status = p.value.data == NULL ? DBX_NOMEM : ARENA_LIST_PUSH(a, &kept, p);
    }
    settings_deinit(&defaults);
    buffer_deinit(&now);
    buffer_deinit(&initial);
    def->settings = kept.items;
    def->setting_count = kept.count;
    return status == DBX_OK ? DBX_OK : error_nomem(call->execution->err);
}

static dbx_status view_check_temporary(statement_call *call, const catalog_path *path) {
    const binder_context *b = &call->execution->binder;
    if (b->temporary.kind == NULL) return DBX_OK;
    string_view parts[] = {path->catalog, path->schema, path->name};
    return error_raise(call->execution->err, ERR_INVALID_TEMP_OBJ_REFERENCE, call->node->span,
                       "obj", "VIEW", "objName", statement_quote(call, parts, 3), "tempObj",
                       b->temporary.kind, "tempObjName", b->temporary.name, NULL);
}

static dbx_status view_check_columns(statement_call *call, const catalog_view_def *def) {
    for (uint32_t i = 0; i < def->schema_count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            string_view name = def->schema[i].name;
            bool same = call->execution->session->settings.case_sensitive
                            ? sv_equal(name, def->schema[k].name)
                            : sv_equal_ignore_case(name, def->schema[k].name);
            if (!same) continue;
            return error_raise(call->execution->err, ERR_COLUMN_ALREADY_EXISTS, call->node->span,
                               "columnName", statement_quote(call, &name, 1), NULL);
        }
    }
    return DBX_OK;
}

static dbx_status view_arity(statement_call *call, const ast_list *columns, const plan_node *tree,
                             bool temporary, const catalog_path *path) {
    if (columns == NULL || columns->count == 0 || columns->count == tree->column_count)
        return DBX_OK;
    error_class cls = columns->count > tree->column_count
                          ? ERR_CREATE_VIEW_COLUMN_ARITY_MISMATCH__NOT_ENOUGH_DATA_COLUMNS
                          : ERR_CREATE_VIEW_COLUMN_ARITY_MISMATCH__TOO_MANY_DATA_COLUMNS;
    string_view parts[] = {path->catalog, path->schema, path->name};
    const string_view *shown = temporary ? &parts[2] : parts;
    return error_raise(call->execution->err, cls, call->node->span, "viewName",
                       statement_quote(call, shown, temporary ? 1 : 3), NULL);
}

/* Names that the query itself gives its columns: what a changed query is fitted by. */
static dbx_status view_keep_query_columns(statement_call *call, const plan_node *tree,
                                          catalog_info *info) {
    arena *a = &call->execution->arena;
    catalog_property *list =
        ARENA_ARRAY(a, catalog_property, info->property_count + tree->column_count);
    if (list == NULL) return error_nomem(call->execution->err);
    uint32_t n = 0;
    for (uint32_t i = 0; i < info->property_count; i++) {
        if (!sv_starts_with(info->properties[i].key, SV(CATALOG_VIEW_QUERY_COLUMN)))
            list[n++] = info->properties[i];
    }
    for (uint32_t i = 0; i < tree->column_count; i++) {
        char *key = arena_printf(a, CATALOG_VIEW_QUERY_COLUMN "%u", i);
        if (key == NULL) return error_nomem(call->execution->err);
        list[n++] = (catalog_property){sv_from(key), tree->columns[i].name};
    }
    statement_sort_properties(list, n);
    info->properties = list;
    info->property_count = n;
    return DBX_OK;
}

dbx_status view_define(statement_call *call, const ast_query *body, string_view text,
                       const ast_list *columns, bool temporary, const catalog_path *path,
                       catalog_info *info, catalog_view_def *def) {
    execution *e = call->execution;
    plan_node *tree; /* bound to find errors now, and for the schema */
    TRY(binder_bind_query(&e->binder, body, &tree));
    TRY(view_arity(call, columns, tree, temporary, path));
    if (!temporary) TRY(view_check_temporary(call, path));
    uint32_t given = columns == NULL ? 0 : columns->count;
    catalog_view_column *aliases = ARENA_ARRAY(&e->arena, catalog_view_column, given);
    catalog_column *schema = ARENA_ARRAY(&e->arena, catalog_column, tree->column_count);
    if (aliases == NULL || schema == NULL) return error_nomem(e->err);
    for (uint32_t i = 0; i < tree->column_count; i++) {
        schema[i] = (catalog_column){.name = tree->columns[i].name,
                                     .type = tree->columns[i].type,
                                     .nullable = tree->columns[i].nullable,
                                     .comment = plan_column_comment(tree, tree->columns[i].id)};
        if (given == 0) continue;
        const ast_column_def *c = AST_AS(ast_column_def, columns->items[i]);
        string_view parts[1];
        uint32_t part_count;
        TRY(statement_name_parts(call, c->name, parts, 1, &part_count));
        aliases[i] = (catalog_view_column){parts[0], c->comment};
        schema[i].name = parts[0];
        if (c->comment.data != NULL) schema[i].comment = c->comment;
    }
    def->sql = text;
    def->columns = aliases;
    def->column_count = given;
    def->current_catalog = e->query.current_catalog;
    def->current_schema = e->query.current_schema;
    def->schema = schema;
    def->schema_count = tree->column_count;
    TRY(view_check_columns(call, def));
    TRY(view_keep_settings(call, def));
    return view_keep_query_columns(call, tree, info);
}

/* ---- CREATE VIEW ---- */

/* Replacing a view by one that reads it would make a cycle. */
static dbx_status view_check_existing(statement_call *call, const ast_create_view *c,
                                      const catalog_path *path, bool *done) {
    execution *e = call->execution;
    const catalog_object *o = catalog_find_path(e->query.txn, CATALOG_RELATIONS, path);
    *done = false;
    if (o == NULL || c->type != AST_VIEW_PLAIN) return DBX_OK;
    string_view parts[] = {path->catalog, path->schema, path->name};
    if (o->kind != CATALOG_VIEW && !c->if_not_exists) {
        if (!c->or_replace) return DBX_OK; /* the catalog raises TABLE_OR_VIEW_ALREADY_EXISTS */
        return error_raise(e->err, ERR_EXPECT_VIEW_NOT_TABLE__NO_ALTERNATIVE, c->name->node.span,
                           "tableName", statement_quote(call, parts, 3), "operation",
                           "CREATE OR REPLACE VIEW", NULL);
    }
    *done = c->if_not_exists;
    return DBX_OK;
}

dbx_status statement_create_view(statement_call *call, query_result **out) {
    const ast_create_view *c = AST_AS(ast_create_view, call->node);
    execution *e = call->execution;
    if (c->type == AST_VIEW_MATERIALIZED) return statement_unsupported(call, "materialized views");
    bool temporary = c->type != AST_VIEW_PLAIN;
    catalog_path path;
    TRY(ddl_path(call, c->name, temporary, &path));
    if (c->type == AST_VIEW_GLOBAL_TEMP) {
        char *name = arena_printf(&e->arena, CATALOG_GLOBAL_TEMP "." SV_FMT, SV_ARG(path.name));
        if (name == NULL) return error_nomem(e->err);
        path.name = sv_from(name);
    }
    bool done;
    TRY(view_check_existing(call, c, &path, &done));
    if (done) return statement_result_empty(call, out);
    catalog_info info = ddl_info(call, path.name, (ast_text){0});
    catalog_view_def def = {.binding = CATALOG_VIEW_BINDING};
    const ast_table_clauses *clauses = c->clauses;
    if (!temporary) TRY(view_mode(call, clauses ? &clauses->schema_binding : NULL, &def.binding));
    if (clauses != NULL) {
        info.comment = clauses->comment;
        TRY(statement_properties(call, &clauses->properties, &info.properties,
                                 &info.property_count));
    }
    TRY(statement_default_collation(call, clauses == NULL ? NULL : &clauses->collation,
                                    temporary ? NULL : &path, &info));
    if (def.binding == CATALOG_VIEW_EVOLUTION && c->columns.count > 0)
        def.binding = CATALOG_VIEW_TYPE_EVOLUTION; /* the names are the user's */
    TRY(view_define(call, c->query, c->query_text, &c->columns, temporary, &path, &info, &def));
    TRY(catalog_create_view(e->query.txn, &path, temporary, &info, &def,
                            ddl_mode(c->or_replace, c->if_not_exists, false), e->err));
    return statement_result_empty(call, out);
}

/* ---- CREATE TEMPORARY VIEW … USING format ---- */

static string_view view_option(const catalog_property *options, uint32_t count, const char *key) {
    for (uint32_t i = 0; i < count; i++) {
        if (sv_equal_ignore_case(options[i].key, sv_from(key))) return options[i].value;
    }
    return (string_view){0};
}

/* The text that reads the files: the declared columns, or all, of the format's table function. */
static dbx_status view_using_text(statement_call *call, const ast_create_temp_view_using *c,
                                  string_view provider, const catalog_property *options,
                                  uint32_t option_count, buffer *out) {
    string_view path = view_option(options, option_count, "path");
    TRY(buffer_append_sv(out, SV("SELECT ")));
    for (uint32_t i = 0; i < c->columns.count; i++) {
        const ast_column_def *column = AST_AS(ast_column_def, c->columns.items[i]);
        type t;
        TRY(binder_bind_type(&call->execution->binder, column->type, &t));
        const char *name = statement_quote(call, &column->name->parts.items[0].text, 1);
        TRY(buffer_printf(out, "%sCAST(%s AS ", i ? ", " : "", path.data ? name : "NULL"));
        TRY(type_append_sql(out, t));
        TRY(buffer_printf(out, ") AS %s", name));
    }
    if (c->columns.count == 0) TRY(buffer_append_char(out, '*'));
    if (path.data == NULL) return buffer_append_sv(out, SV(" WHERE false")); /* no files, no rows */
    TRY(buffer_printf(out, " FROM read_" SV_FMT "(", SV_ARG(provider)));
    TRY(buffer_append_sv(out, sv_from(statement_quote_string(call, path))));
    for (uint32_t i = 0; i < option_count; i++) {
        if (sv_equal_ignore_case(options[i].key, SV("path"))) continue;
        TRY(buffer_printf(out, ", %s => ", statement_quote(call, &options[i].key, 1)));
        TRY(buffer_append_sv(out, sv_from(statement_quote_string(call, options[i].value))));
    }
    return buffer_append_char(out, ')');
}

dbx_status statement_create_temp_view_using(statement_call *call, query_result **out) {
    const ast_create_temp_view_using *c = AST_AS(ast_create_temp_view_using, call->node);
    execution *e = call->execution;
    string_view parts[3];
    uint32_t count;
    TRY(statement_name_parts(call, c->provider, parts, 3, &count));
    if (count > 1 || !table_is_plain_files(parts[0])) {
        buffer name;
        buffer_init(&name, &e->query.ledger);
        dbx_status status = object_append_path(&name, parts, count);
        if (status == DBX_OK)
            status = error_raise(e->err, ERR_DATA_SOURCE_NOT_FOUND, c->provider->node.span,
                                 "provider", name.data, NULL);
        buffer_deinit(&name);
        return status;
    }
    catalog_path path;
    TRY(ddl_path(call, c->name, true, &path));
    catalog_info info = ddl_info(call, path.name, (ast_text){0});
    catalog_view_def def = {.binding = CATALOG_VIEW_BINDING};
    const catalog_property *options;
    uint32_t option_count;
    TRY(statement_properties(call, &c->options, &options, &option_count));
    buffer sql;
    ast_query *body = NULL;
    buffer_init(&sql, &e->query.ledger);
    dbx_status status = view_using_text(call, c, parts[0], options, option_count, &sql);
    string_view text = arena_copy_string(&e->arena, buffer_view(&sql));
    buffer_deinit(&sql);
    if (status == DBX_OK && text.data == NULL) status = error_nomem(e->err);
    TRY(status);
    TRY(parser_parse_query(&e->arena, text, NULL, &body, e->err));
    TRY(view_define(call, body, text, NULL, true, &path, &info, &def));
    TRY(statement_add_property(call, &info, PROPERTY_VIEW_PROVIDER, parts[0]));
    TRY(catalog_create_view(e->query.txn, &path, true, &info, &def,
                            ddl_mode(c->or_replace, false, false), e->err));
    return statement_result_empty(call, out);
}

/* ---- CACHE TABLE v AS query: a temporary view ---- */

dbx_status view_of_cached_query(statement_call *call, const ast_cache *c) {
    execution *e = call->execution;
    catalog_path path;
    TRY(ddl_path(call, c->name, true, &path));
    catalog_info info = ddl_info(call, path.name, (ast_text){0});
    catalog_view_def def = {.binding = CATALOG_VIEW_BINDING};
    span s = c->query->node.span;
    string_view text = {e->query.sql.data + s.start, s.end - s.start};
    TRY(view_define(call, c->query, text, NULL, true, &path, &info, &def));
    return catalog_create_view(e->query.txn, &path, true, &info, &def, CATALOG_CREATE, e->err);
}

/* ---- views that follow their query ---- */

static bool view_same_schema(const catalog_view_def *d, const plan_node *n) {
    if (d->schema_count != n->column_count) return false;
    for (uint32_t i = 0; i < n->column_count; i++) {
        if (!sv_equal(d->schema[i].name, n->columns[i].name) ||
            !type_equal(d->schema[i].type, n->columns[i].type))
            return false;
    }
    return true;
}

static dbx_status view_bind_now(statement_call *call, const catalog_view *view, plan_node **out) {
    execution *e = call->execution;
    string_view parts[] = {view->base.catalog_name, view->base.schema_name, view->base.info.name};
    char *sql = arena_printf(&e->arena, "SELECT * FROM %s", statement_quote(call, parts, 3));
    ast_query *query_tree;
    if (sql == NULL) return error_nomem(e->err);
    TRY(parser_parse_query(&e->arena, sv_from(sql), NULL, &query_tree, e->err));
    return binder_bind_query(&e->binder, query_tree, out);
}

dbx_status view_sync(statement_call *call, const catalog_object **object) {
    execution *e = call->execution;
    const catalog_view *view = catalog_as_view(*object);
    if (view == NULL || view->base.is_temporary || view->def.binding < CATALOG_VIEW_TYPE_EVOLUTION)
        return DBX_OK;
    plan_node *n;
    dbx_status status = view_bind_now(call, view, &n);
    if (status == DBX_NOMEM || status == DBX_CANCELLED) return status;
    if (status != DBX_OK) { /* a view that cannot be read any more is shown as it was */
        error_clear(e->err);
        return DBX_OK;
    }
    bool renames = view->def.binding == CATALOG_VIEW_EVOLUTION && view->def.column_count == 0;
    catalog_view_def def = view->def;
    catalog_info info = view->base.info;
    catalog_column *schema = ARENA_ARRAY(&e->arena, catalog_column, n->column_count);
    if (schema == NULL) return error_nomem(e->err);
    bool same = view_same_schema(&def, n);
    for (uint32_t i = 0; i < n->column_count; i++) {
        string_view old = i < def.schema_count ? def.schema[i].comment : (string_view){0};
        string_view now = renames ? plan_column_comment(n, n->columns[i].id) : old;
        same = same && sv_equal(now, old);
        schema[i] = (catalog_column){.name = n->columns[i].name,
                                     .type = n->columns[i].type,
                                     .nullable = n->columns[i].nullable,
                                     .comment = now};
    }
    if (same) return DBX_OK;
    def.schema = schema;
    def.schema_count = n->column_count;
    if (renames) TRY(view_keep_query_columns(call, n, &info));
    TRY(catalog_alter_view(e->query.txn, view, &info, &def, e->err));
    catalog_path path = {view->base.catalog_name, view->base.schema_name, view->base.info.name};
    *object = catalog_find_path(e->query.txn, CATALOG_RELATIONS, &path);
    assert(*object != NULL);
    return DBX_OK;
}
