/* statement_show.c - SHOW SCHEMAS, TABLES, VIEWS, COLUMNS, FUNCTIONS, TBLPROPERTIES, CREATE TABLE,
 * … */
#include "session/object_info.h"
#include "session/partition.h"

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
    if (*out != NULL || sv_equal_ignore_case(path[1], SV(CATALOG_GLOBAL_TEMP))) return DBX_OK;
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

/* Global temporary views live among the temporary objects under "global_temp.name". */
static bool show_is_global(const catalog_object *o) {
    return o->is_temporary && sv_starts_with(o->info.name, SV(CATALOG_GLOBAL_TEMP "."));
}

static string_view show_name(const catalog_object *o) {
    size_t skip = show_is_global(o) ? sizeof(CATALOG_GLOBAL_TEMP) : 0;
    return (string_view){o->info.name.data + skip, o->info.name.size - skip};
}

typedef dbx_status (*show_relation_row)(statement_call *call, const ast_show *show,
                                        const catalog_object *o, string_view schema,
                                        result_builder *b);

static dbx_status show_name_row(statement_call *call, const ast_show *show, const catalog_object *o,
                                string_view schema, result_builder *b) {
    (void)call;
    (void)show;
    TRY(result_builder_text(b, 0, schema));
    TRY(result_builder_text(b, 1, show_name(o)));
    result_builder_boolean(b, 2, o->is_temporary);
    return result_builder_row(b);
}

static bool show_wants(const ast_show *show, const catalog_object *o) {
    bool views_only = show->type == AST_SHOW_VIEWS;
    if (o->kind != CATALOG_VIEW && (views_only || o->kind != CATALOG_TABLE)) return false;
    return show_match(show->pattern, show_name(o));
}

/* Each relation of the schema, then the session's temporary ones (of global_temp: the global ones
 * only). */
static dbx_status show_each_relation(statement_call *call, const ast_show *show,
                                     show_relation_row row, result_builder *b) {
    const catalog_schema *schema;
    string_view name;
    TRY(show_schema(call, show->in, &schema, &name));
    for (uint32_t i = 0; schema != NULL && i < schema->object_count; i++) {
        const catalog_object *o = schema->objects[i];
        if (show_wants(show, o)) TRY(row(call, show, o, schema->info.name, b));
    }
    bool global = sv_equal_ignore_case(name, SV(CATALOG_GLOBAL_TEMP));
    uint32_t count;
    catalog_object *const *temporary =
        catalog_temporary_objects(call->execution->query.txn, &count);
    for (uint32_t i = 0; i < count; i++) {
        const catalog_object *o = temporary[i];
        if (show_is_global(o) && !global) continue;
        string_view shown = show_is_global(o) ? SV(CATALOG_GLOBAL_TEMP) : SV("");
        if (show_wants(show, o)) TRY(row(call, show, o, shown, b));
    }
    return DBX_OK;
}

static dbx_status show_relations(statement_call *call, const ast_show *show, result_builder *b) {
    return show_each_relation(call, show, show_name_row, b);
}

/* "Label: text" lines, then the partition columns and the schema as a tree. */
static dbx_status show_information(statement_call *call, const catalog_object *o,
                                   const object_info *rows, bool schema, buffer *text) {
    for (uint32_t i = 0; i < rows->count; i++) {
        TRY(buffer_printf(text, "%s: " SV_FMT "\n", rows->items[i].label,
                          SV_ARG(rows->items[i].text)));
    }
    const catalog_table *table = catalog_as_table(o);
    if (!schema) return DBX_OK;
    if (table != NULL && table->def.partition_column_count > 0) {
        const char *list = object_quoted_list(call, table->def.partition_columns,
                                              table->def.partition_column_count);
        if (list == NULL) return DBX_NOMEM;
        TRY(buffer_printf(text, "Partition Columns: [%s]\n", list));
    }
    uint32_t count;
    const catalog_column *columns = object_column_list(o, &count);
    TRY(buffer_append_sv(text, SV("Schema: ")));
    return object_append_tree(text, columns, count);
}

static dbx_status show_extended_row(statement_call *call, const ast_show *show,
                                    const catalog_object *o, string_view schema,
                                    result_builder *b) {
    object_info rows;
    if (show->partition != NULL) {
        const catalog_table *table = catalog_as_table(o);
        string_view *values;
        if (table == NULL) return DBX_OK;
        TRY(partition_resolve(call, table, show->partition, true, &values));
        TRY(partition_require(call, table, values, show->partition->node.span));
        TRY(statement_partition_rows(call, table, values, &rows));
    } else {
        TRY(object_info_collect(call, o, &rows));
    }
    buffer text;
    buffer_init(&text, &call->execution->query.ledger);
    dbx_status status = show_information(call, o, &rows, show->partition == NULL, &text);
    if (status == DBX_OK) status = buffer_append_char(&text, '\n');
    if (status == DBX_OK) status = result_builder_text(b, 3, buffer_view(&text));
    buffer_deinit(&text);
    TRY(status);
    return show_name_row(call, show, o, schema, b);
}

/* With a partition the pattern is one table's name. */
static dbx_status show_extended(statement_call *call, const ast_show *show, result_builder *b) {
    if (show->partition == NULL) return show_each_relation(call, show, show_extended_row, b);
    execution *e = call->execution;
    const catalog_schema *schema;
    string_view name;
    TRY(show_schema(call, show->in, &schema, &name));
    string_view parts[] = {name, show->pattern};
    catalog_name table = {parts, 2, show->node.span};
    const catalog_object *o = catalog_find(&e->query, CATALOG_RELATIONS, &table);
    if (o == NULL) {
        return error_raise(e->err, ERR_TABLE_OR_VIEW_NOT_FOUND, show->node.span, "relationName",
                           statement_quote(call, &show->pattern, 1), NULL);
    }
    return show_extended_row(call, show, o, name, b);
}

static dbx_status show_partitions(statement_call *call, const ast_show *show, result_builder *b) {
    const catalog_table *table;
    TRY(statement_table(call, show->name, "SHOW PARTITIONS", &table));
    TRY(partition_check_table(call, table));
    string_view *values = NULL;
    if (show->partition != NULL)
        TRY(partition_resolve(call, table, show->partition, false, &values));
    partition_list list;
    TRY(partition_collect(call, table, &list));
    for (uint32_t i = 0; i < list.count; i++) {
        if (values != NULL && !partition_matches(table, &list.items[i], values)) continue;
        char *path = partition_path(call, table, list.items[i].values);
        if (path == NULL) return error_nomem(call->execution->err);
        TRY(result_builder_text(b, 0, sv_from(path)));
        TRY(result_builder_row(b));
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
        TRY(result_builder_text(b, 1, p ? property_shown(p) : sv_from(missing)));
        return result_builder_row(b);
    }
    for (uint32_t i = 0; i < object->info.property_count; i++) {
        if (property_is_reserved(object->info.properties[i].key)) continue;
        TRY(result_builder_text(b, 0, object->info.properties[i].key));
        TRY(result_builder_text(b, 1, property_shown(&object->info.properties[i])));
        TRY(result_builder_row(b));
    }
    return DBX_OK;
}

static dbx_status show_settings(statement_call *call, const ast_show *show, result_builder *b) {
    (void)show;
    session *s = call->execution->session;
    uint32_t count;
    const setting_row *rows = settings_rows(&count);
    buffer text;
    buffer_init(&text, &s->ledger);
    dbx_status status = DBX_OK;
    for (uint32_t i = 0; status == DBX_OK && i < count; i++) {
        buffer_clear(&text);
        (void)session_get(s, sv_from(rows[i].name), &text);
        status = result_builder_text(b, 0, sv_from(rows[i].name));
        if (status == DBX_OK)
            status = result_builder_text(b, 1, text.size > 0 ? buffer_view(&text) : SV(""));
        if (status == DBX_OK) status = result_builder_text(b, 2, sv_from(rows[i].doc));
        if (status == DBX_OK) status = result_builder_row(b);
    }
    buffer_deinit(&text);
    return status;
}

static dbx_status show_variables(statement_call *call, const ast_show *show, result_builder *b) {
    (void)show;
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

static dbx_status show_current_schema(statement_call *call, const ast_show *show,
                                      result_builder *b) {
    (void)show;
    TRY(result_builder_text(b, 0, call->execution->query.current_catalog));
    TRY(result_builder_text(b, 1, call->execution->query.current_schema));
    return result_builder_row(b);
}

static dbx_status show_create(statement_call *call, const ast_show *show, result_builder *b) {
    return statement_show_create(call, show->name, b);
}

static dbx_status show_collations(statement_call *call, const ast_show *show, result_builder *b) {
    (void)call;
    static const char *const names[] = {"UTF8_BINARY", "UTF8_LCASE", "UNICODE",
                                        "UNICODE_AI",  "UNICODE_CI", "UNICODE_CI_AI"};
    for (uint32_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (!show_match(show->pattern, sv_from(names[i]))) continue;
        TRY(result_builder_text(b, 0, SV("SYSTEM")));
        TRY(result_builder_text(b, 1, SV("BUILTIN")));
        TRY(result_builder_text(b, 2, sv_from(names[i])));
        TRY(result_builder_row(b));
    }
    return DBX_OK;
}

#define SHOW_TEXT(name)                                                                            \
    { name, TYPE_STRING, false }
dbx_status statement_show(statement_call *call, query_result **out) {
    typedef dbx_status (*show_form)(statement_call *, const ast_show *, result_builder *);
    static const struct {
        show_form form;
        result_builder_column columns[4];
    } forms[] = {
        [AST_SHOW_SCHEMAS] = {show_schemas, {SHOW_TEXT("namespace")}},
        [AST_SHOW_TABLES] = {show_relations,
                             {SHOW_TEXT("namespace"),
                              SHOW_TEXT("tableName"),
                              {"isTemporary", TYPE_BOOLEAN, false}}},
        [AST_SHOW_TABLE_EXTENDED] = {show_extended,
                                     {SHOW_TEXT("namespace"),
                                      SHOW_TEXT("tableName"),
                                      {"isTemporary", TYPE_BOOLEAN, false},
                                      SHOW_TEXT("information")}},
        [AST_SHOW_VIEWS] = {show_relations,
                            {SHOW_TEXT("namespace"),
                             SHOW_TEXT("viewName"),
                             {"isTemporary", TYPE_BOOLEAN, false}}},
        [AST_SHOW_CATALOGS] = {show_catalogs, {SHOW_TEXT("catalog")}},
        [AST_SHOW_COLUMNS] = {show_columns, {SHOW_TEXT("col_name")}},
        [AST_SHOW_FUNCTIONS] = {show_functions, {SHOW_TEXT("function")}},
        [AST_SHOW_PARTITIONS] = {show_partitions, {SHOW_TEXT("partition")}},
        [AST_SHOW_TBLPROPERTIES] = {show_properties, {SHOW_TEXT("key"), SHOW_TEXT("value")}},
        [AST_SHOW_SETTINGS] = {show_settings,
                               {SHOW_TEXT("name"), SHOW_TEXT("value"), SHOW_TEXT("description")}},
        [AST_SHOW_VARIABLES] =
            {show_variables, {SHOW_TEXT("name"), SHOW_TEXT("type"), {"value", TYPE_STRING, true}}},
        [AST_SHOW_CURRENT_SCHEMA] = {show_current_schema,
                                     {SHOW_TEXT("catalog"), SHOW_TEXT("namespace")}},
        [AST_SHOW_CREATE_TABLE] = {show_create, {SHOW_TEXT("createtab_stmt")}},
        [AST_SHOW_COLLATIONS] = {show_collations,
                                 {SHOW_TEXT("COLLATION_CATALOG"), SHOW_TEXT("COLLATION_SCHEMA"),
                                  SHOW_TEXT("COLLATION_NAME")}},
    };
    const ast_show *show = AST_AS(ast_show, call->node);
    if (show->type >= ARRAY_COUNT(forms) || forms[show->type].form == NULL)
        return statement_unsupported(call, "this form of SHOW");
    uint32_t count = 0;
    while (count < 4 && forms[show->type].columns[count].name != NULL) count++;
    result_builder b;
    TRY(result_builder_init(&b, &call->execution->session->ledger, call->kind,
                            forms[show->type].columns, count));
    dbx_status status = forms[show->type].form(call, show, &b);
    if (status == DBX_OK)
        *out = result_builder_finish(&b);
    else
        result_builder_deinit(&b);
    return status == DBX_NOMEM ? error_nomem(call->execution->err) : status;
}
