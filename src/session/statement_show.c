/* statement_show.c - SHOW SCHEMAS, TABLES, VIEWS, COLUMNS, FUNCTIONS, TBLPROPERTIES, CREATE TABLE,
 * … */
#include "session/statement.h"

#include "formats/registry.h"

#include <stdlib.h>

/* ---- patterns: * is any run, | separates alternatives; without case ---- */

static bool show_match_one(string_view pattern, string_view text) {
    size_t p = 0, t = 0, star = SIZE_MAX, mark = 0;
    while (t < text.size) {
        bool same = p < pattern.size && pattern.data[p] != '*' &&
                    ascii_lower(pattern.data[p]) == ascii_lower(text.data[t]);
        if (same) {
            p++;
            t++;
        } else if (p < pattern.size && pattern.data[p] == '*') {
            star = p++;
            mark = t;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.size && pattern.data[p] == '*') p++;
    return p == pattern.size;
}

static bool show_match(ast_text pattern, string_view text) {
    if (pattern.data == NULL) return true;
    size_t start = 0;
    for (size_t i = 0; i <= pattern.size; i++) {
        if (i < pattern.size && pattern.data[i] != '|') continue;
        string_view one = sv_trim((string_view){pattern.data + start, i - start});
        if (show_match_one(one, text)) return true;
        start = i + 1;
    }
    return false;
}

/* ---- where to look ---- */

static dbx_status show_schema(statement_call *call, const ast_name *in, const catalog_schema **out,
                              string_view *schema_name) {
    execution *e = call->execution;
    string_view path[2] = {e->query.current_catalog, e->query.current_schema};
    if (in != NULL) {
        string_view parts[2];
        uint32_t count;
        TRY(statement_name_parts(call, in, parts, 2, &count));
        path[1] = parts[count - 1];
        if (count == 2) path[0] = parts[0];
    }
    *schema_name = path[1];
    *out = catalog_find_schema(e->query.txn, path[0], path[1]);
    if (*out != NULL || sv_equal_ignore_case(path[1], SV("global_temp"))) return DBX_OK;
    return error_raise(e->err, ERR_SCHEMA_NOT_FOUND, in ? in->node.span : call->node->span,
                       "schemaName", statement_quote(call, path, 2), NULL);
}

/* ---- forms ---- */

static dbx_status show_schemas(statement_call *call, const ast_show *show, result_builder *b) {
    execution *e = call->execution;
    string_view name = e->query.current_catalog;
    uint32_t count;
    if (show->in != NULL) TRY(statement_name_parts(call, show->in, &name, 1, &count));
    const catalog_space *space = catalog_find_space(e->query.txn, name);
    if (space == NULL) {
        return error_raise(e->err, ERR_CATALOG_NOT_FOUND, show->node.span, "catalogName",
                           statement_quote(call, &name, 1), NULL);
    }
    for (uint32_t i = 0; i < space->schema_count; i++) {
        if (!show_match(show->pattern, space->schemas[i]->info.name)) continue;
        TRY(result_builder_text(b, 0, space->schemas[i]->info.name));
        TRY(result_builder_row(b));
    }
    return DBX_OK;
}

static dbx_status show_relation_row(result_builder *b, string_view schema,
                                    const catalog_object *o) {
    TRY(result_builder_text(b, 0, schema));
    TRY(result_builder_text(b, 1, o->info.name));
    result_builder_boolean(b, 2, o->is_temporary);
    return result_builder_row(b);
}

static dbx_status show_relations(statement_call *call, const ast_show *show, bool views_only,
                                 result_builder *b) {
    const catalog_schema *schema;
    string_view name;
    TRY(show_schema(call, show->in, &schema, &name));
    for (uint32_t i = 0; schema != NULL && i < schema->object_count; i++) {
        const catalog_object *o = schema->objects[i];
        bool wanted = o->kind == CATALOG_VIEW || (!views_only && o->kind == CATALOG_TABLE);
        if (wanted && show_match(show->pattern, o->info.name))
            TRY(show_relation_row(b, schema->info.name, o));
    }
    uint32_t count;
    catalog_object *const *temporary =
        catalog_temporary_objects(call->execution->query.txn, &count);
    for (uint32_t i = 0; i < count; i++) {
        const catalog_object *o = temporary[i];
        bool wanted = o->kind == CATALOG_VIEW || (!views_only && o->kind == CATALOG_TABLE);
        if (wanted && show_match(show->pattern, o->info.name)) TRY(show_relation_row(b, SV(""), o));
    }
    return DBX_OK;
}

static dbx_status show_catalogs(statement_call *call, const ast_show *show, result_builder *b) {
    const catalog_root *root = catalog_root_of(call->execution->query.txn);
    for (uint32_t i = 0; i < root->space_count; i++) {
        if (!show_match(show->pattern, root->spaces[i]->info.name)) continue;
        TRY(result_builder_text(b, 0, root->spaces[i]->info.name));
        TRY(result_builder_row(b));
    }
    return DBX_OK;
}

static dbx_status show_columns(statement_call *call, const ast_show *show, result_builder *b) {
    execution *e = call->execution;
    string_view parts[3];
    uint32_t count;
    TRY(statement_name_parts(call, show->name, parts, 3, &count));
    if (show->in != NULL) {
        string_view table = parts[count - 1];
        string_view schema[2];
        uint32_t schema_count;
        TRY(statement_name_parts(call, show->in, schema, 2, &schema_count));
        if (count > 1 && !sv_equal_ignore_case(parts[count - 2], schema[schema_count - 1])) {
            return error_raise(e->err, ERR_SHOW_COLUMNS_WITH_CONFLICT_NAMESPACE, show->node.span,
                               "namespaceA", statement_quote(call, schema, schema_count),
                               "namespaceB", statement_quote(call, parts, count - 1), NULL);
        }
        for (uint32_t i = 0; i < schema_count; i++) parts[i] = schema[i];
        parts[schema_count] = table;
        count = schema_count + 1;
    }
    catalog_name name = {parts, count, show->name->node.span};
    const catalog_object *object;
    TRY(catalog_resolve(&e->query, CATALOG_RELATIONS, &name, &object, e->err));
    const catalog_table *table = catalog_as_table(object);
    const catalog_column *columns =
        table ? table->def.columns : catalog_as_view(object)->def.schema;
    uint32_t column_count =
        table ? table->def.column_count : catalog_as_view(object)->def.schema_count;
    for (uint32_t i = 0; i < column_count; i++) {
        TRY(result_builder_text(b, 0, columns[i].name));
        TRY(result_builder_row(b));
    }
    return DBX_OK;
}

static int show_compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static dbx_status show_functions(statement_call *call, const ast_show *show, result_builder *b) {
    execution *e = call->execution;
    bool system =
        show->scope.text.data == NULL || !sv_equal_ignore_case(show->scope.text, SV("USER"));
    bool user =
        show->scope.text.data == NULL || !sv_equal_ignore_case(show->scope.text, SV("SYSTEM"));
    uint32_t total = 0;
    while (system && function_at(total) != NULL) total++;
    const char **names = ARENA_ARRAY(&e->arena, const char *, total);
    if (names == NULL) return error_nomem(e->err);
    uint32_t n = 0;
    for (uint32_t i = 0; i < total; i++) {
        const function_row *row = function_at(i);
        if (!(row->flags & FN_INTERNAL)) names[n++] = row->name;
    }
    if (n > 0) qsort(names, n, sizeof(*names), show_compare_names);
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0 && strcmp(names[i], names[i - 1]) == 0) continue; /* overloads */
        if (!show_match(show->pattern, sv_from(names[i]))) continue;
        TRY(result_builder_text(b, 0, sv_from(names[i])));
        TRY(result_builder_row(b));
    }
    const catalog_schema *schema;
    string_view name;
    if (!user) return DBX_OK;
    TRY(show_schema(call, show->in, &schema, &name));
    for (uint32_t i = 0; schema != NULL && i < schema->object_count; i++) {
        const catalog_object *o = schema->objects[i];
        if (o->kind != CATALOG_FUNCTION || !show_match(show->pattern, o->info.name)) continue;
        string_view parts[] = {o->catalog_name, o->schema_name, o->info.name};
        char *full = arena_printf(&e->arena, SV_FMT "." SV_FMT "." SV_FMT, SV_ARG(parts[0]),
                                  SV_ARG(parts[1]), SV_ARG(parts[2]));
        if (full == NULL) return error_nomem(e->err);
        TRY(result_builder_text(b, 0, sv_from(full)));
        TRY(result_builder_row(b));
    }
    return DBX_OK;
}

static dbx_status show_properties(statement_call *call, const ast_show *show, result_builder *b) {
    execution *e = call->execution;
    string_view parts[3];
    catalog_name name;
    TRY(statement_catalog_name(call, show->name, parts, &name));
    const catalog_object *object;
    TRY(catalog_resolve(&e->query, CATALOG_RELATIONS, &name, &object, e->err));
    if (show->pattern.data != NULL) {
        const catalog_property *p = catalog_find_property(&object->info, show->pattern);
        char *missing = arena_printf(
            &e->arena, "Table " SV_FMT "." SV_FMT "." SV_FMT " does not have property: " SV_FMT,
            SV_ARG(object->catalog_name), SV_ARG(object->schema_name), SV_ARG(object->info.name),
            SV_ARG(show->pattern));
        if (missing == NULL) return error_nomem(e->err);
        TRY(result_builder_text(b, 0, show->pattern));
        TRY(result_builder_text(b, 1, p ? p->value : sv_from(missing)));
        return result_builder_row(b);
    }
    for (uint32_t i = 0; i < object->info.property_count; i++) {
        TRY(result_builder_text(b, 0, object->info.properties[i].key));
        TRY(result_builder_text(b, 1, object->info.properties[i].value));
        TRY(result_builder_row(b));
    }
    return DBX_OK;
}

static dbx_status show_settings(statement_call *call, result_builder *b) {
    session *s = call->execution->session;
    uint32_t count;
    const setting_row *rows = settings_rows(&count);
    buffer text;
    buffer_init(&text, &s->ledger);
    dbx_status status = DBX_OK;
    for (uint32_t i = 0; status == DBX_OK && i < count; i++) {
        buffer_clear(&text);
        (void)settings_get(&s->settings, sv_from(rows[i].name), &text);
        status = result_builder_text(b, 0, sv_from(rows[i].name));
        if (status == DBX_OK)
            status = result_builder_text(b, 1, text.size > 0 ? buffer_view(&text) : SV(""));
        if (status == DBX_OK) status = result_builder_text(b, 2, sv_from(rows[i].doc));
        if (status == DBX_OK) status = result_builder_row(b);
    }
    buffer_deinit(&text);
    return status;
}

static dbx_status show_variables(statement_call *call, result_builder *b) {
    session *s = call->execution->session;
    for (const session_variable *v = s->variables; v != NULL; v = v->next) {
        buffer text;
        buffer_init(&text, &s->ledger);
        dbx_status status =
            value_append_text(&text, &v->value, 0, DBX_TEXT_HIVE, &call->execution->query);
        if (status == DBX_OK) status = result_builder_text(b, 0, v->name);
        const char *name = type_name(&call->execution->arena, v->type);
        if (status == DBX_OK && name != NULL) status = result_builder_text(b, 1, sv_from(name));
        if (status == DBX_OK)
            status = result_builder_text(b, 2, text.size ? buffer_view(&text) : SV(""));
        buffer_deinit(&text);
        TRY(status);
        TRY(result_builder_row(b));
    }
    return DBX_OK;
}

static dbx_status show_current_schema(statement_call *call, result_builder *b) {
    TRY(result_builder_text(b, 0, call->execution->query.current_catalog));
    TRY(result_builder_text(b, 1, call->execution->query.current_schema));
    return result_builder_row(b);
}

dbx_status statement_show(statement_call *call, query_result **out) {
    static const result_builder_column schemas[] = {{"namespace", TYPE_STRING, false}};
    static const result_builder_column tables[] = {{"namespace", TYPE_STRING, false},
                                                   {"tableName", TYPE_STRING, false},
                                                   {"isTemporary", TYPE_BOOLEAN, false}};
    static const result_builder_column views[] = {{"namespace", TYPE_STRING, false},
                                                  {"viewName", TYPE_STRING, false},
                                                  {"isTemporary", TYPE_BOOLEAN, false}};
    static const result_builder_column catalogs[] = {{"catalog", TYPE_STRING, false}};
    static const result_builder_column columns[] = {{"col_name", TYPE_STRING, false}};
    static const result_builder_column functions[] = {{"function", TYPE_STRING, false}};
    static const result_builder_column properties[] = {{"key", TYPE_STRING, false},
                                                       {"value", TYPE_STRING, false}};
    static const result_builder_column settings_columns[] = {{"name", TYPE_STRING, false},
                                                             {"value", TYPE_STRING, false},
                                                             {"description", TYPE_STRING, false}};
    static const result_builder_column variables[] = {
        {"name", TYPE_STRING, false}, {"type", TYPE_STRING, false}, {"value", TYPE_STRING, true}};
    static const result_builder_column current[] = {{"catalog", TYPE_STRING, false},
                                                    {"namespace", TYPE_STRING, false}};
    static const result_builder_column create[] = {{"createtab_stmt", TYPE_STRING, false}};
    const ast_show *show = AST_AS(ast_show, call->node);
    ledger *l = &call->execution->session->ledger;
    result_builder b;
#define SHOW_BEGIN(list) TRY(result_builder_init(&b, l, call->kind, list, ARRAY_COUNT(list)))
    dbx_status status;
    switch (show->type) {
    case AST_SHOW_SCHEMAS:
        SHOW_BEGIN(schemas);
        status = show_schemas(call, show, &b);
        break;
    case AST_SHOW_TABLES:
        SHOW_BEGIN(tables);
        status = show_relations(call, show, false, &b);
        break;
    case AST_SHOW_VIEWS:
        SHOW_BEGIN(views);
        status = show_relations(call, show, true, &b);
        break;
    case AST_SHOW_CATALOGS:
        SHOW_BEGIN(catalogs);
        status = show_catalogs(call, show, &b);
        break;
    case AST_SHOW_COLUMNS:
        SHOW_BEGIN(columns);
        status = show_columns(call, show, &b);
        break;
    case AST_SHOW_FUNCTIONS:
        SHOW_BEGIN(functions);
        status = show_functions(call, show, &b);
        break;
    case AST_SHOW_TBLPROPERTIES:
        SHOW_BEGIN(properties);
        status = show_properties(call, show, &b);
        break;
    case AST_SHOW_SETTINGS:
        SHOW_BEGIN(settings_columns);
        status = show_settings(call, &b);
        break;
    case AST_SHOW_VARIABLES:
        SHOW_BEGIN(variables);
        status = show_variables(call, &b);
        break;
    case AST_SHOW_CURRENT_SCHEMA:
        SHOW_BEGIN(current);
        status = show_current_schema(call, &b);
        break;
    case AST_SHOW_CREATE_TABLE:
        SHOW_BEGIN(create);
        status = statement_show_create(call, show->name, &b);
        break;
    default:
        return statement_unsupported(call, "this form of SHOW");
    }
#undef SHOW_BEGIN
    if (status == DBX_OK)
        *out = result_builder_finish(&b);
    else
        result_builder_deinit(&b);
    return status == DBX_NOMEM ? error_nomem(call->execution->err) : status;
}
