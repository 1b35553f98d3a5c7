/* statement_ddl.c - CREATE TABLE (AS), VIEW, SCHEMA, FUNCTION; DROP; TRUNCATE; COMMENT. */
#include "session/ddl.h"
#include "session/object_info.h"

#include "catalog/table_write.h"
#include "formats/registry.h"
#include "parser/parser.h"

catalog_create_mode ddl_mode(bool or_replace, bool if_not_exists, bool replace_only) {
    if (replace_only) return CATALOG_REPLACE;
    if (or_replace) return CATALOG_CREATE_OR_REPLACE;
    return if_not_exists ? CATALOG_CREATE_IF_NOT_EXISTS : CATALOG_CREATE;
}

/* Names of new objects are kept in lower case unless identifiers are case-sensitive. */
static dbx_status ddl_fold_case(statement_call *call, string_view *name) {
    if (call->execution->session->settings.case_sensitive) return DBX_OK;
    char *text = arena_alloc_bytes(&call->execution->arena, name->size + 1);
    if (text == NULL) return error_nomem(call->execution->err);
    for (size_t i = 0; i < name->size; i++) text[i] = ascii_lower(name->data[i]);
    text[name->size] = '\0';
    name->data = text;
    return DBX_OK;
}

dbx_status ddl_path(statement_call *call, const ast_name *name, bool temporary, catalog_path *out) {
    string_view *parts = ARENA_ARRAY(&call->execution->arena, string_view, 3);
    if (parts == NULL) return error_nomem(call->execution->err);
    catalog_name n;
    TRY(statement_catalog_name(call, name, parts, &n));
    TRY(ddl_fold_case(call, &parts[n.part_count - 1]));
    if (temporary) {
        *out = (catalog_path){.name = n.parts[n.part_count - 1]};
        return DBX_OK;
    }
    return catalog_complete(&call->execution->query, &n, out, call->execution->err);
}

catalog_info ddl_info(statement_call *call, string_view name, ast_text comment) {
    return (catalog_info){.name = name,
                          .owner = call->execution->query.user_name,
                          .comment = comment,
                          .created_us = call->execution->query.start_time_us};
}

/* ---- columns ---- */

static dbx_status ddl_identity(statement_call *call, const ast_expr *x, int64_t initial,
                               int64_t *out) {
    *out = initial;
    if (x == NULL) return DBX_OK;
    type bigint = type_simple(TYPE_BIGINT);
    const vector *value;
    TRY(binder_evaluate(&call->execution->binder, x, &bigint, &value));
    if (!vector_is_null(value, 0)) *out = VECTOR_DATA(value, int64_t)[0];
    return DBX_OK;
}

dbx_status statement_column(statement_call *call, const ast_column_def *def, catalog_column *out) {
    string_view parts[3];
    uint32_t count;
    TRY(statement_name_parts(call, def->name, parts, 3, &count));
    *out = (catalog_column){.name = parts[count - 1],
                            .nullable = !def->not_null,
                            .comment = def->comment,
                            .default_text = def->default_text,
                            .generation_text = def->generation_text,
                            .type = type_simple(TYPE_STRING)};
    switch (def->generated) {
    case AST_GENERATED_NO:
        out->generated = CATALOG_GENERATED_NONE;
        break;
    case AST_GENERATED_EXPRESSION:
        out->generated = CATALOG_GENERATED_EXPRESSION;
        break;
    case AST_GENERATED_ALWAYS_IDENTITY:
        out->generated = CATALOG_GENERATED_ALWAYS_IDENTITY;
        break;
    case AST_GENERATED_DEFAULT_IDENTITY:
        out->generated = CATALOG_GENERATED_DEFAULT_IDENTITY;
        break;
    case AST_GENERATED_ROW_START:
    case AST_GENERATED_ROW_END:
        return statement_unsupported(call, "system versioning columns");
    }
    TRY(ddl_identity(call, def->identity_start, 1, &out->identity_start));
    TRY(ddl_identity(call, def->identity_step, 1, &out->identity_step));
    if (def->type != NULL) TRY(binder_bind_type(&call->execution->binder, def->type, &out->type));
    for (uint32_t i = 0; i < def->constraints.count; i++) {
        const ast_constraint *c = AST_AS(ast_constraint, def->constraints.items[i]);
        if (c->type == AST_CONSTRAINT_PRIMARY_KEY) out->nullable = false;
    }
    return DBX_OK;
}

static dbx_status ddl_ident_names(statement_call *call, const ast_ident_list *list,
                                  const string_view **out) {
    string_view *names = ARENA_ARRAY(&call->execution->arena, string_view, list->count);
    if (names == NULL) return error_nomem(call->execution->err);
    for (uint32_t i = 0; i < list->count; i++) names[i] = list->items[i].text;
    *out = names;
    return DBX_OK;
}

dbx_status statement_constraint(statement_call *call, const ast_constraint *c, string_view column,
                                uint32_t number, catalog_constraint *out) {
    arena *a = &call->execution->arena;
    static const char *const kinds[] = {"pk", "fk", "unique", "check"};
    if (c->type == AST_CONSTRAINT_EXPECT)
        return statement_unsupported(call, "EXPECT constraints on tables");
    *out = (catalog_constraint){.name = c->name.text,
                                .kind = (catalog_constraint_kind)c->type,
                                .text = c->check_text,
                                .enforced = c->type == AST_CONSTRAINT_CHECK};
    if (out->name.data == NULL) {
        char *name = arena_printf(a, "%s_%u", kinds[c->type], number);
        if (name == NULL) return error_nomem(call->execution->err);
        out->name = sv_from(name);
    }
    for (uint32_t i = 0; i < c->characteristics.count; i++) {
        if (sv_equal(c->characteristics.items[i].text, SV("RELY"))) out->rely = true;
    }
    TRY(ddl_ident_names(call, &c->columns, &out->columns));
    out->column_count = c->columns.count;
    if (c->columns.count == 0 && column.data != NULL) {
        string_view *one = ARENA_NEW(a, string_view);
        if (one == NULL) return error_nomem(call->execution->err);
        *one = column;
        out->columns = one;
        out->column_count = 1;
    }
    if (c->references != NULL) {
        string_view parts[3];
        uint32_t count;
        TRY(statement_name_parts(call, c->references, parts, 3, &count));
        out->text = sv_from(statement_quote(call, parts, count));
    }
    return DBX_OK;
}

static dbx_status ddl_columns(statement_call *call, const ast_create_table *c,
                              catalog_table_def *def) {
    arena *a = &call->execution->arena;
    catalog_column *columns = ARENA_ARRAY(a, catalog_column, c->columns.count);
    uint32_t most = c->constraints.count;
    for (uint32_t i = 0; i < c->columns.count; i++) {
        most += AST_AS(ast_column_def, c->columns.items[i])->constraints.count;
    }
    catalog_constraint *constraints = ARENA_ARRAY(a, catalog_constraint, most);
    if (columns == NULL || constraints == NULL) return error_nomem(call->execution->err);
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->columns.count; i++) {
        const ast_column_def *column = AST_AS(ast_column_def, c->columns.items[i]);
        TRY(statement_column(call, column, &columns[i]));
        for (uint32_t k = 0; k < column->constraints.count; k++, n++) {
            TRY(statement_constraint(call, AST_AS(ast_constraint, column->constraints.items[k]),
                                     columns[i].name, n, &constraints[n]));
        }
    }
    for (uint32_t k = 0; k < c->constraints.count; k++, n++) {
        const ast_constraint *constraint = AST_AS(ast_constraint, c->constraints.items[k]);
        TRY(statement_constraint(call, constraint, (string_view){0}, n, &constraints[n]));
        if (constraint->type != AST_CONSTRAINT_PRIMARY_KEY) continue;
        for (uint32_t i = 0; i < c->columns.count; i++) {
            for (uint32_t j = 0; j < constraints[n].column_count; j++) {
                if (sv_equal_ignore_case(columns[i].name, constraints[n].columns[j]))
                    columns[i].nullable = false;
            }
        }
    }
    def->columns = columns;
    def->column_count = c->columns.count;
    def->constraints = constraints;
    def->constraint_count = n;
    return DBX_OK;
}

/* CLUSTERED BY … SORTED BY … INTO n BUCKETS is kept and shown; rows are not laid out by it. */
static dbx_status ddl_buckets(statement_call *call, const ast_table_clauses *clauses,
                              catalog_info *info) {
    execution *e = call->execution;
    type integer = type_simple(TYPE_INT);
    const vector *count;
    TRY(binder_evaluate(&e->binder, clauses->bucket_count, &integer, &count));
    string_view *sort = ARENA_ARRAY(&e->arena, string_view, clauses->bucket_sort.count);
    const string_view *by;
    if (sort == NULL) return error_nomem(e->err);
    TRY(ddl_ident_names(call, &clauses->bucket_columns, &by));
    for (uint32_t i = 0; i < clauses->bucket_sort.count; i++) {
        const ast_expr *x = AST_AS(ast_sort_item, clauses->bucket_sort.items[i])->expr;
        if (x->kind != AST_COLUMN_REF) return statement_unsupported(call, "SORTED BY expressions");
        sort[i] = AST_AS(ast_column_ref, x)->name->parts.items[0].text;
    }
    const char *columns = object_quoted_list(call, by, clauses->bucket_columns.count);
    const char *order = object_quoted_list(call, sort, clauses->bucket_sort.count);
    char *number = arena_printf(&e->arena, "%d", VECTOR_DATA(count, int32_t)[0]);
    if (columns == NULL || order == NULL || number == NULL) return error_nomem(e->err);
    TRY(statement_add_property(call, info, PROPERTY_BUCKET_COUNT, sv_from(number)));
    TRY(statement_add_property(call, info, PROPERTY_BUCKET_COLUMNS, sv_from(columns)));
    return statement_add_property(call, info, PROPERTY_SORT_COLUMNS, sv_from(order));
}

/* In file formats' tables the partition columns come last, in the order of PARTITIONED BY. */
static dbx_status ddl_place_partitions(statement_call *call, catalog_table_def *def) {
    if (def->partition_column_count == 0 || !table_is_plain_files(def->provider)) return DBX_OK;
    catalog_column *columns =
        ARENA_ARRAY(&call->execution->arena, catalog_column, def->column_count);
    if (columns == NULL) return error_nomem(call->execution->err);
    uint32_t n = 0;
    for (uint32_t i = 0; i < def->column_count; i++) {
        bool partition = false;
        for (uint32_t k = 0; k < def->partition_column_count; k++)
            partition |= sv_equal_ignore_case(def->columns[i].name, def->partition_columns[k]);
        if (!partition) columns[n++] = def->columns[i];
    }
    for (uint32_t k = 0; k < def->partition_column_count; k++) {
        for (uint32_t i = 0; i < def->column_count; i++) {
            if (n < def->column_count &&
                sv_equal_ignore_case(def->columns[i].name, def->partition_columns[k]))
                columns[n++] = def->columns[i];
        }
    }
    def->column_count = n;
    def->columns = columns;
    return DBX_OK;
}

bool table_is_plain_files(string_view provider) {
    static const char *const formats[] = {"parquet", "csv", "json", "orc", "text", "avro", "hive"};
    for (uint32_t i = 0; i < ARRAY_COUNT(formats); i++) {
        if (sv_equal_ignore_case(provider, sv_from(formats[i]))) return true;
    }
    return false;
}

/* OPTIONS (path 'x') is LOCATION 'x'. */
static void ddl_path_option(catalog_table_def *def) {
    catalog_property *options = (catalog_property *)(uintptr_t)def->options;
    for (uint32_t i = 0; i < def->option_count; i++) {
        if (!sv_equal_ignore_case(options[i].key, SV("path"))) continue;
        if (def->location.data == NULL) def->location = options[i].value;
        for (uint32_t k = i; k + 1 < def->option_count; k++) options[k] = options[k + 1];
        def->option_count--;
        return;
    }
}

static dbx_status ddl_clauses(statement_call *call, const ast_table_clauses *clauses,
                              catalog_table_def *def, catalog_info *info) {
    if (clauses == NULL) return DBX_OK;
    execution *e = call->execution;
    info->comment = clauses->comment;
    TRY(statement_properties(call, &clauses->properties, &info->properties, &info->property_count));
    TRY(statement_properties(call, &clauses->options, &def->options, &def->option_count));
    def->location = clauses->location;
    ddl_path_option(def);
    if (clauses->provider != NULL && clauses->provider->parts.count > 0) {
        def->provider = clauses->provider->parts.items[clauses->provider->parts.count - 1].text;
    }
    string_view *partitions = ARENA_ARRAY(&e->arena, string_view, clauses->partitioned_by_count);
    string_view *clusters = ARENA_ARRAY(&e->arena, string_view, clauses->cluster_by.count);
    if (partitions == NULL || clusters == NULL) return error_nomem(e->err);
    for (uint32_t i = 0; i < clauses->partitioned_by_count; i++) {
        const ast_partition_field *field = &clauses->partitioned_by[i];
        if (field->column != NULL) {
            partitions[i] = field->column->name->parts.items[0].text;
        } else if (field->transform->kind == AST_COLUMN_REF) {
            partitions[i] = AST_AS(ast_column_ref, field->transform)->name->parts.items[0].text;
        } else {
            return statement_unsupported(call, "partition transforms");
        }
    }
    for (uint32_t i = 0; i < clauses->cluster_by.count; i++) {
        clusters[i] = AST_AS(ast_name, clauses->cluster_by.items[i])->parts.items[0].text;
    }
    if (clauses->bucket_count != NULL) TRY(ddl_buckets(call, clauses, info));
    def->partition_columns = partitions;
    def->partition_column_count = clauses->partitioned_by_count;
    def->cluster_columns = clusters;
    def->cluster_column_count = clauses->cluster_by.count;
    return DBX_OK;
}

/* Tables live in the database's own storage, whatever format they are declared in; with a LOCATION
 * they are read from there through the format's table function. */
static dbx_status ddl_check_provider(statement_call *call, const ast_create_table *c,
                                     const catalog_table_def *def) {
    static const char *const own[] = {"", "delta", "dbx"};
    bool known = table_is_plain_files(def->provider);
    for (uint32_t i = 0; i < ARRAY_COUNT(own); i++)
        known |= sv_equal_ignore_case(def->provider, sv_from(own[i]));
    if (!known) {
        char *name = arena_printf(&call->execution->arena, SV_FMT, SV_ARG(def->provider));
        if (name == NULL) return error_nomem(call->execution->err);
        return error_raise(call->execution->err, ERR_DATA_SOURCE_NOT_FOUND, c->node.span,
                           "provider", name, NULL);
    }
    if (def->location.data == NULL) return DBX_OK;
    if (c->query != NULL) return statement_unsupported(call, "CREATE TABLE … LOCATION … AS query");
    if (table_function_lookup(def->provider) == NULL)
        return statement_unsupported(call, "reading tables of this format from a LOCATION");
    return DBX_OK;
}

/* Columns of CREATE TABLE … AS query. */
static dbx_status ddl_columns_of_query(statement_call *call, const plan_node *tree,
                                       catalog_table_def *def) {
    execution *e = call->execution;
    catalog_column *columns = ARENA_ARRAY(&e->arena, catalog_column, tree->column_count);
    if (columns == NULL) return error_nomem(e->err);
    for (uint32_t i = 0; i < tree->column_count; i++) {
        type t = tree->columns[i].type;
        if (t.id == TYPE_VOID) t = type_simple(TYPE_STRING);
        columns[i] = (catalog_column){.name = tree->columns[i].name, .type = t, .nullable = true};
    }
    def->columns = columns;
    def->column_count = tree->column_count;
    return DBX_OK;
}

static dbx_status ddl_table_as(statement_call *call, const ast_create_table *c,
                               const catalog_path *path, catalog_info *info, catalog_table_def *def,
                               query_result **out) {
    execution *e = call->execution;
    plan_node *tree;
    TRY(binder_bind_query(&e->binder, c->query, &tree));
    TRY(ddl_columns_of_query(call, tree, def));
    bool created;
    const catalog_table *table;
    catalog_create_mode mode = ddl_mode(c->or_replace, c->if_not_exists, c->replace_only);
    TRY(catalog_create_table(e->query.txn, path, c->temporary, info, def, mode, &created, &table,
                             e->err));
    if (!created) return statement_result_empty(call, out);
    plan_node *write;
    TRY(binder_write_query(&e->binder, tree, (struct catalog_table *)(uintptr_t)table, false,
                           c->query->node.span, &write));
    query_result *rows;
    TRY(statement_run_write(call, write, &rows));
    int64_t changed = rows->rows_changed;
    result_free(rows);
    TRY(statement_result_empty(call, out));
    (*out)->rows_changed = changed;
    return DBX_OK;
}

dbx_status statement_create_table(statement_call *call, query_result **out) {
    const ast_create_table *c = AST_AS(ast_create_table, call->node);
    execution *e = call->execution;
    if (c->streaming) return statement_unsupported(call, "streaming tables");
    catalog_path path;
    TRY(ddl_path(call, c->name, c->temporary, &path));
    catalog_table_def def = {0};
    catalog_info info = ddl_info(call, path.name, (ast_text){0});
    TRY(ddl_clauses(call, c->clauses, &def, &info));
    string_view provider = e->session->settings.default_provider;
    if (def.provider.size == 0 && !sv_equal_ignore_case(provider, SV("delta")))
        def.provider = provider;
    TRY(ddl_check_provider(call, c, &def));
    const ast_ident *collation = c->clauses == NULL ? NULL : &c->clauses->collation;
    TRY(statement_default_collation(call, collation, &path, &info));
    if (c->query != NULL) return ddl_table_as(call, c, &path, &info, &def, out);
    TRY(ddl_columns(call, c, &def));
    TRY(ddl_place_partitions(call, &def));
    catalog_create_mode mode = ddl_mode(c->or_replace, c->if_not_exists, c->replace_only);
    TRY(catalog_create_table(e->query.txn, &path, c->temporary, &info, &def, mode, NULL, NULL,
                             e->err));
    return statement_result_empty(call, out);
}

/* ---- schemas ---- */

dbx_status statement_create_schema(statement_call *call, query_result **out) {
    const ast_create_schema *c = AST_AS(ast_create_schema, call->node);
    execution *e = call->execution;
    string_view parts[2];
    uint32_t count;
    TRY(statement_name_parts(call, c->name, parts, 2, &count));
    TRY(ddl_fold_case(call, &parts[count - 1]));
    catalog_info info = ddl_info(call, parts[count - 1], c->comment);
    TRY(statement_properties(call, &c->properties, &info.properties, &info.property_count));
    TRY(statement_default_collation(call, &c->collation, NULL, &info));
    string_view space_name = count == 2 ? parts[0] : e->query.current_catalog;
    TRY(catalog_create_schema(e->query.txn, space_name, &info, c->location,
                              ddl_mode(c->or_replace, c->if_not_exists, false), e->err));
    return statement_result_empty(call, out);
}

/* ---- functions ---- */

static dbx_status ddl_parameters(statement_call *call, const ast_list *list,
                                 catalog_function_def *def) {
    catalog_parameter *parameters =
        ARENA_ARRAY(&call->execution->arena, catalog_parameter, list->count);
    if (parameters == NULL) return error_nomem(call->execution->err);
    for (uint32_t i = 0; i < list->count; i++) {
        const ast_column_def *p = AST_AS(ast_column_def, list->items[i]);
        parameters[i] = (catalog_parameter){.name = p->name->parts.items[0].text,
                                            .default_text = p->default_text,
                                            .comment = p->comment};
        TRY(binder_bind_type(&call->execution->binder, p->type, &parameters[i].type));
    }
    def->parameters = parameters;
    def->parameter_count = list->count;
    return DBX_OK;
}

dbx_status statement_create_function(statement_call *call, query_result **out) {
    const ast_create_function *c = AST_AS(ast_create_function, call->node);
    execution *e = call->execution;
    if (c->procedure) return statement_unsupported(call, "stored procedures");
    if (c->body_expr == NULL && c->body_query == NULL) {
        return statement_unsupported(call, "functions that are not a RETURN of SQL");
    }
    catalog_path path;
    TRY(ddl_path(call, c->name, c->temporary, &path));
    catalog_function_def def = {.is_table = c->returns == AST_RETURNS_TABLE,
                                .has_return_type = c->returns == AST_RETURNS_TYPE,
                                .deterministic = !c->not_deterministic,
                                .language = SV("SQL"),
                                .body = c->body_text,
                                .current_catalog = e->query.current_catalog,
                                .current_schema = e->query.current_schema};
    TRY(ddl_parameters(call, &c->parameters, &def));
    if (def.has_return_type) TRY(binder_bind_type(&e->binder, c->return_type, &def.return_type));
    catalog_column *columns = ARENA_ARRAY(&e->arena, catalog_column, c->return_columns.count);
    if (columns == NULL) return error_nomem(e->err);
    for (uint32_t i = 0; i < c->return_columns.count; i++) {
        TRY(statement_column(call, AST_AS(ast_column_def, c->return_columns.items[i]),
                             &columns[i]));
    }
    def.return_columns = columns;
    def.return_column_count = c->return_columns.count;
    catalog_info info = ddl_info(call, path.name, c->comment);
    TRY(catalog_create_function(e->query.txn, &path, c->temporary, &info, &def,
                                ddl_mode(c->or_replace, c->if_not_exists, false), e->err));
    return statement_result_empty(call, out);
}

/* ---- DROP ---- */

static dbx_status ddl_drop_relation(statement_call *call, const ast_drop *d) {
    execution *e = call->execution;
    bool function = d->object == AST_OBJECT_FUNCTION || d->object == AST_OBJECT_TEMP_FUNCTION;
    string_view parts[3];
    catalog_name name;
    TRY(statement_catalog_name(call, d->name, parts, &name));
    if (d->object == AST_OBJECT_TEMP_FUNCTION && name.part_count > 1) {
        return error_raise(e->err, ERR_INVALID_SQL_SYNTAX__MULTI_PART_NAME, d->name->node.span,
                           "statement", "DROP TEMPORARY FUNCTION", "name",
                           statement_quote(call, parts, name.part_count), NULL);
    }
    catalog_name_space space = function ? CATALOG_FUNCTIONS : CATALOG_RELATIONS;
    const catalog_object *object = catalog_find(&e->query, space, &name);
    if (object == NULL && d->if_exists) return DBX_OK;
    if (object == NULL) return catalog_resolve(&e->query, space, &name, &object, e->err);
    bool wants_view = d->object == AST_OBJECT_VIEW || d->object == AST_OBJECT_MATERIALIZED_VIEW;
    bool fits = wants_view == (object->kind == CATALOG_VIEW) || object->is_temporary;
    if (!function && !fits) {
        error_class cls = wants_view ? ERR_EXPECT_VIEW_NOT_TABLE__NO_ALTERNATIVE
                                     : ERR_WRONG_COMMAND_FOR_OBJECT_TYPE;
        return error_raise(e->err, cls, d->name->node.span, "operation",
                           wants_view ? "DROP VIEW" : "DROP TABLE", "tableName",
                           statement_quote(call, parts, name.part_count), "objectName",
                           statement_quote(call, parts, name.part_count), "foundType",
                           wants_view ? "MANAGED" : "VIEW", "requiredType",
                           wants_view ? "VIEW" : "EXTERNAL or MANAGED", "alternative",
                           wants_view ? "DROP TABLE" : "DROP VIEW", NULL);
    }
    return catalog_drop_object(e->query.txn, object, e->err);
}

dbx_status statement_drop(statement_call *call, query_result **out) {
    const ast_drop *d = AST_AS(ast_drop, call->node);
    execution *e = call->execution;
    string_view parts[3];
    uint32_t count;
    switch (d->object) {
    case AST_OBJECT_TABLE:
    case AST_OBJECT_VIEW:
    case AST_OBJECT_FUNCTION:
    case AST_OBJECT_TEMP_FUNCTION:
        TRY(ddl_drop_relation(call, d));
        break;
    case AST_OBJECT_SCHEMA:
        TRY(statement_name_parts(call, d->name, parts, 2, &count));
        TRY(catalog_drop_schema(e->query.txn, count == 2 ? parts[0] : e->query.current_catalog,
                                parts[count - 1], d->if_exists, d->cascade, e->err));
        break;
    case AST_OBJECT_CATALOG:
        TRY(statement_name_parts(call, d->name, parts, 1, &count));
        TRY(catalog_drop_space(e->query.txn, parts[0], d->if_exists, d->cascade, e->err));
        break;
    case AST_OBJECT_TEMP_VARIABLE:
        TRY(statement_session_variable_name(call, d->name, &parts[0]));
        if (!session_variable_drop(e->session, parts[0]) && !d->if_exists) {
            string_view path[] = {SV("system"), SV("session"), parts[0]};
            return error_raise(e->err, ERR_VARIABLE_NOT_FOUND, d->name->node.span, "variableName",
                               statement_quote(call, path, 3), NULL);
        }
        break;
    default:
        return statement_unsupported(call, "DROP of this kind of object");
    }
    return statement_result_empty(call, out);
}

/* ---- TRUNCATE, COMMENT ---- */

dbx_status statement_table(statement_call *call, const ast_name *name, const char *operation,
                           const catalog_table **out) {
    execution *e = call->execution;
    string_view parts[3];
    catalog_name n;
    TRY(statement_catalog_name(call, name, parts, &n));
    const catalog_object *object;
    TRY(catalog_resolve(&e->query, CATALOG_RELATIONS, &n, &object, e->err));
    *out = catalog_as_table(object);
    if (*out != NULL) return DBX_OK;
    return error_raise(e->err, ERR_EXPECT_TABLE_NOT_VIEW__NO_ALTERNATIVE, name->node.span,
                       "viewName", statement_quote(call, parts, n.part_count), "operation",
                       operation, NULL);
}

dbx_status statement_truncate(statement_call *call, query_result **out) {
    const ast_truncate *t = AST_AS(ast_truncate, call->node);
    if (t->partition != NULL) return statement_unsupported(call, "TRUNCATE of a partition");
    const catalog_table *table;
    TRY(statement_table(call, t->table, "TRUNCATE TABLE", &table));
    TRY(table_truncate(call->execution->query.txn, table, call->execution->err));
    return statement_result_empty(call, out);
}

dbx_status statement_comment_on(statement_call *call, query_result **out) {
    const ast_comment_on *c = AST_AS(ast_comment_on, call->node);
    execution *e = call->execution;
    if (c->object == AST_OBJECT_SCHEMA) {
        string_view parts[2];
        uint32_t count;
        TRY(statement_name_parts(call, c->name, parts, 2, &count));
        string_view space_name = count == 2 ? parts[0] : e->query.current_catalog;
        const catalog_schema *schema =
            catalog_find_schema(e->query.txn, space_name, parts[count - 1]);
        if (schema == NULL) {
            string_view path[] = {space_name, parts[count - 1]};
            return error_raise(e->err, ERR_SCHEMA_NOT_FOUND, c->name->node.span, "schemaName",
                               statement_quote(call, path, 2), NULL);
        }
        catalog_info info = schema->info;
        info.comment = c->comment;
        TRY(catalog_alter_schema(e->query.txn, space_name, parts[count - 1], &info, e->err));
        return statement_result_empty(call, out);
    }
    if (c->object != AST_OBJECT_TABLE)
        return statement_unsupported(call, "COMMENT ON this kind of object");
    const catalog_table *table;
    TRY(statement_table(call, c->name, "COMMENT ON TABLE", &table));
    catalog_info info = table->base.info;
    info.comment = c->comment;
    TRY(catalog_alter_table(e->query.txn, table, &info, &table->def, NULL, e->err));
    return statement_result_empty(call, out);
}
