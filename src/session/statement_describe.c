/* statement_describe.c - DESCRIBE in its forms, and SHOW CREATE TABLE: definitions written out. */
#include "session/ddl.h"
#include "session/object_info.h"
#include "session/partition.h"

static const result_builder_column describe_columns[] = {{"col_name", TYPE_STRING, false},
                                                         {"data_type", TYPE_STRING, false},
                                                         {"comment", TYPE_STRING, true}};

static dbx_status describe_row(result_builder *b, string_view name, string_view t,
                               string_view comment) {
    TRY(result_builder_text(b, 0, name));
    TRY(result_builder_text(b, 1, t));
    TRY(result_builder_text(b, 2, comment));
    return result_builder_row(b);
}

static dbx_status describe_column(statement_call *call, result_builder *b,
                                  const catalog_column *c) {
    const char *name = type_name(&call->execution->arena, c->type);
    if (name == NULL) return DBX_NOMEM;
    return describe_row(b, c->name, sv_from(name), c->comment);
}

static dbx_status describe_columns_of(statement_call *call, const catalog_object *o,
                                      result_builder *b) {
    uint32_t count;
    const catalog_column *columns = object_column_list(o, &count);
    for (uint32_t i = 0; i < count; i++) TRY(describe_column(call, b, &columns[i]));
    const catalog_table *table = catalog_as_table(o);
    if (table == NULL || table->def.partition_column_count == 0) return DBX_OK;
    TRY(describe_row(b, SV("# Partition Information"), SV(""), SV("")));
    TRY(describe_row(b, SV("# col_name"), SV("data_type"), SV("comment")));
    for (uint32_t i = 0; i < table->def.partition_column_count; i++) {
        int32_t at = catalog_table_column(table, table->def.partition_columns[i]);
        if (at >= 0) TRY(describe_column(call, b, &columns[at]));
    }
    return DBX_OK;
}

static dbx_status describe_header(result_builder *b, const char *title) {
    TRY(describe_row(b, SV(""), SV(""), SV("")));
    return describe_row(b, sv_from(title), SV(""), SV(""));
}

/* Column defaults and constraints have tables of their own below the rest. */
static dbx_status describe_defaults(statement_call *call, result_builder *b,
                                    const catalog_object *o) {
    uint32_t count, defaults = 0;
    const catalog_column *columns = object_column_list(o, &count);
    for (uint32_t i = 0; i < count; i++) {
        if (columns[i].default_text.data == NULL) continue;
        if (defaults++ == 0) TRY(describe_header(b, "# Column Default Values"));
        const char *name = type_name(&call->execution->arena, columns[i].type);
        if (name == NULL) return DBX_NOMEM;
        TRY(describe_row(b, columns[i].name, sv_from(name), columns[i].default_text));
    }
    return DBX_OK;
}

static dbx_status describe_constraints(statement_call *call, result_builder *b,
                                       const catalog_object *o) {
    const catalog_table *table = catalog_as_table(o);
    for (uint32_t i = 0; table != NULL && i < table->def.constraint_count; i++) {
        const catalog_constraint *c = &table->def.constraints[i];
        static const char *const words[] = {"PRIMARY KEY", "FOREIGN KEY", "UNIQUE", "CHECK"};
        if (i == 0) TRY(describe_header(b, "# Constraints"));
        const char *list = c->kind == CATALOG_CONSTRAINT_CHECK
                               ? arena_printf(&call->execution->arena, SV_FMT, SV_ARG(c->text))
                               : object_quoted_list(call, c->columns, c->column_count);
        char *text = list == NULL
                         ? NULL
                         : arena_printf(&call->execution->arena, "%s (%s) %s", words[c->kind], list,
                                        c->enforced ? "ENFORCED" : "NOT ENFORCED");
        if (text == NULL) return DBX_NOMEM;
        TRY(describe_row(b, c->name, sv_from(text), SV("")));
    }
    return DBX_OK;
}

static dbx_status describe_extended(statement_call *call, result_builder *b,
                                    const catalog_object *o) {
    object_info rows;
    if (o->is_temporary && o->kind == CATALOG_VIEW) return DBX_OK;
    TRY(object_info_collect(call, o, &rows));
    TRY(describe_header(b, "# Detailed Table Information"));
    for (uint32_t i = 0; i < rows.count; i++)
        TRY(describe_row(b, sv_from(rows.items[i].label), rows.items[i].text, SV("")));
    TRY(describe_defaults(call, b, o));
    return describe_constraints(call, b, o);
}

/* ---- DESCRIBE t PARTITION (…) ---- */

static const object_info_row *describe_find_row(const object_info *rows, const char *label) {
    for (uint32_t i = 0; i < rows->count; i++) {
        if (strcmp(rows->items[i].label, label) == 0) return &rows->items[i];
    }
    return NULL;
}

static dbx_status describe_info_rows(result_builder *b, const object_info *rows,
                                     const char *const *labels, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        const object_info_row *row = describe_find_row(rows, labels[i]);
        if (row != NULL) TRY(describe_row(b, sv_from(row->label), row->text, SV("")));
    }
    return DBX_OK;
}

dbx_status statement_partition_rows(statement_call *call, const catalog_table *table,
                                    const string_view *values, object_info *out) {
    arena *a = &call->execution->arena;
    char *list = arena_printf(a, "[");
    for (uint32_t i = 0; list != NULL && i < table->def.partition_column_count; i++) {
        list = arena_printf(a, "%s%s" SV_FMT "=" SV_FMT, list, i ? ", " : "",
                            SV_ARG(table->def.partition_columns[i]), SV_ARG(values[i]));
    }
    if (list != NULL) list = arena_printf(a, "%s]", list);
    char *path = partition_path(call, table, values);
    string_view location = object_location(call, &table->base);
    char *place = path == NULL || location.data == NULL
                      ? NULL
                      : arena_printf(a, SV_FMT "/%s", SV_ARG(location), path);
    if (list == NULL || place == NULL) return error_nomem(call->execution->err);
    object_info rows;
    TRY(object_info_collect(call, &table->base, &rows));
    const object_info_row fixed[] = {{"Partition Values", sv_from(list)},
                                     {"Location", sv_from(place)}};
    *out = (object_info){0};
    dbx_status status = DBX_OK;
    for (uint32_t i = 0; status == DBX_OK && i < 2; i++) status = ARENA_LIST_PUSH(a, out, fixed[i]);
    static const char *const more[] = {"Storage Properties", "Created Time", "Last Access"};
    for (uint32_t i = 0; status == DBX_OK && i < ARRAY_COUNT(more); i++) {
        const object_info_row *row = describe_find_row(&rows, more[i]);
        if (row != NULL) status = ARENA_LIST_PUSH(a, out, *row);
    }
    char *key = arena_printf(a, PROPERTY_PARTITION_STATISTICS "%s", path);
    if (status == DBX_OK && key == NULL) status = DBX_NOMEM;
    string_view statistics =
        status == DBX_OK ? property_text(&table->base.info, key) : (string_view){0};
    if (statistics.data != NULL) {
        object_info_row row = {"Partition Statistics", statistics};
        status = ARENA_LIST_PUSH(a, out, row);
    }
    return status == DBX_OK ? DBX_OK : error_nomem(call->execution->err);
}

static dbx_status describe_partition(statement_call *call, const ast_describe *d,
                                     const catalog_object *o, result_builder *b) {
    static const char *const storage[] = {"Num Buckets", "Bucket Columns", "Sort Columns",
                                          "Location", "Storage Properties"};
    const catalog_table *table = catalog_as_table(o);
    string_view *values;
    TRY(partition_resolve(call, table, d->partition, true, &values));
    TRY(partition_require(call, table, values, d->partition->node.span));
    TRY(describe_columns_of(call, o, b));
    if (!d->extended && !d->formatted) return DBX_OK;
    object_info rows, details;
    TRY(object_info_collect(call, o, &rows));
    TRY(statement_partition_rows(call, table, values, &details));
    TRY(describe_header(b, "# Detailed Partition Information"));
    TRY(describe_row(b, SV("Database"), o->schema_name, SV("")));
    TRY(describe_row(b, SV("Table"), o->info.name, SV("")));
    for (uint32_t i = 0; i < details.count; i++)
        TRY(describe_row(b, sv_from(details.items[i].label), details.items[i].text, SV("")));
    TRY(describe_header(b, "# Storage Information"));
    return describe_info_rows(b, &rows, storage, ARRAY_COUNT(storage));
}

static dbx_status describe_no_partition(statement_call *call, const ast_describe *d,
                                        const catalog_object *o) {
    string_view parts[3];
    catalog_name name;
    TRY(statement_catalog_name(call, d->name, parts, &name));
    return error_raise(call->execution->err, ERR_FORBIDDEN_OPERATION, d->name->node.span,
                       "statement", "DESC PARTITION", "objectName",
                       statement_quote(call, parts, name.part_count), "objectType",
                       o->is_temporary ? "TEMPORARY VIEW" : "VIEW", NULL);
}

static dbx_status describe_json(statement_call *call, const ast_describe *d,
                                const catalog_object *o, result_builder *b) {
    string_view *values = NULL;
    if (d->partition != NULL) {
        const catalog_table *table = catalog_as_table(o);
        TRY(partition_resolve(call, table, d->partition, true, &values));
        TRY(partition_require(call, table, values, d->partition->node.span));
    }
    buffer text;
    buffer_init(&text, &call->execution->query.ledger);
    dbx_status status = object_append_json(call, o, values, &text);
    if (status == DBX_OK) status = result_builder_text(b, 0, buffer_view(&text));
    if (status == DBX_OK) status = result_builder_row(b);
    buffer_deinit(&text);
    return status;
}

/* ---- DESCRIBE t column ---- */

static dbx_status describe_one_column(statement_call *call, const ast_describe *d,
                                      const catalog_object *o, result_builder *b) {
    execution *e = call->execution;
    string_view parts[3];
    uint32_t part_count, count;
    TRY(statement_name_parts(call, d->column, parts, 3, &part_count));
    const catalog_column *columns = object_column_list(o, &count);
    uint32_t at = 0;
    while (at < count && !sv_equal_ignore_case(columns[at].name, parts[0])) at++;
    if (at < count && part_count > 1) {
        return error_raise(e->err, ERR_LEGACY_ERROR_TEMP_1060, d->column->node.span, "command",
                           "DESC TABLE COLUMN", "column", statement_quote(call, parts, part_count),
                           NULL);
    }
    if (at == count) {
        return error_raise(e->err, ERR_COLUMN_NOT_FOUND, d->column->node.span, "colName",
                           statement_quote(call, parts, part_count), "caseSensitiveConfig",
                           "\"spark.sql.caseSensitive\"", NULL);
    }
    const char *name = type_name(&e->arena, columns[at].type);
    if (name == NULL) return DBX_NOMEM;
    string_view comment = columns[at].comment;
    const struct {
        const char *label;
        string_view text;
        bool extended;
    } rows[] = {{"col_name", columns[at].name, false},
                {"data_type", sv_from(name), false},
                {"comment", comment.data ? comment : SV("NULL"), false},
                {"default", columns[at].default_text, true},
                {"min", SV("NULL"), true},
                {"max", SV("NULL"), true},
                {"num_nulls", SV("NULL"), true},
                {"distinct_count", SV("NULL"), true},
                {"avg_col_len", SV("NULL"), true},
                {"max_col_len", SV("NULL"), true},
                {"histogram", SV("NULL"), true}};
    for (uint32_t i = 0; i < ARRAY_COUNT(rows); i++) {
        if (rows[i].extended && !d->extended && !d->formatted) continue;
        if (rows[i].text.data == NULL) continue;
        TRY(result_builder_text(b, 0, sv_from(rows[i].label)));
        TRY(result_builder_text(b, 1, rows[i].text));
        TRY(result_builder_row(b));
    }
    return DBX_OK;
}

/* DESCRIBE of a relation in all its forms, each with columns of its own. */
static dbx_status describe_relation(statement_call *call, const ast_describe *d,
                                    result_builder *b) {
    static const result_builder_column json_columns[] = {{"json_metadata", TYPE_STRING, false}};
    static const result_builder_column info_columns[] = {{"info_name", TYPE_STRING, false},
                                                         {"info_value", TYPE_STRING, false}};
    ledger *l = &call->execution->session->ledger;
    const catalog_object *object;
    TRY(statement_relation(call, d->name, &object));
    TRY(view_sync(call, &object));
    if (d->partition != NULL && catalog_as_table(object) == NULL)
        return describe_no_partition(call, d, object);
    const result_builder_column *columns = d->as_json  ? json_columns
                                           : d->column ? info_columns
                                                       : describe_columns;
    TRY(result_builder_init(b, l, call->kind, columns, d->as_json ? 1 : d->column ? 2 : 3));
    if (d->as_json) return describe_json(call, d, object, b);
    if (d->column != NULL) return describe_one_column(call, d, object, b);
    if (d->partition != NULL) return describe_partition(call, d, object, b);
    TRY(describe_columns_of(call, object, b));
    return d->extended || d->formatted ? describe_extended(call, b, object)
                                       : describe_defaults(call, b, object);
}

static dbx_status describe_query(statement_call *call, const ast_describe *d, result_builder *b) {
    plan_node *root;
    TRY(binder_bind_query(&call->execution->binder, d->query, &root));
    for (uint32_t i = 0; i < root->column_count; i++) {
        catalog_column c = {.name = root->columns[i].name,
                            .type = root->columns[i].type,
                            .comment = plan_column_comment(root, root->columns[i].id)};
        TRY(describe_column(call, b, &c));
    }
    return DBX_OK;
}

static dbx_status describe_function_line(statement_call *call, result_builder *b, const char *label,
                                         const char *text) {
    char *line = arena_printf(&call->execution->arena, "%s: %s", label, text);
    if (line == NULL) return DBX_NOMEM;
    TRY(result_builder_text(b, 0, sv_from(line)));
    return result_builder_row(b);
}

static dbx_status describe_function(statement_call *call, const ast_describe *d,
                                    result_builder *b) {
    execution *e = call->execution;
    string_view parts[3];
    catalog_name name;
    TRY(statement_catalog_name(call, d->name, parts, &name));
    uint32_t count;
    const function_row *rows = name.part_count == 1 ? function_lookup(parts[0], &count) : NULL;
    if (rows == NULL) {
        const catalog_object *object;
        TRY(catalog_resolve(&e->query, CATALOG_FUNCTIONS, &name, &object, e->err));
        const catalog_function *f = catalog_as_function(object);
        TRY(describe_function_line(call, b, "Function",
                                   statement_quote(call, parts, name.part_count)));
        TRY(describe_function_line(call, b, "Type", f->def.is_table ? "TABLE" : "SCALAR"));
        string_view body = arena_copy_string(&e->arena, f->def.body);
        if (body.data == NULL) return DBX_NOMEM;
        return d->extended ? describe_function_line(call, b, "Body", body.data) : DBX_OK;
    }
    TRY(describe_function_line(call, b, "Function", rows[0].name));
    for (uint32_t i = 0; i < count; i++) {
        char *usage = arena_printf(&e->arena, "%s%s", rows[i].name, rows[i].signature);
        if (usage == NULL) return DBX_NOMEM;
        TRY(describe_function_line(call, b, "Usage", usage));
    }
    TRY(describe_function_line(call, b, "Description", rows[0].doc));
    bool examples = d->extended && rows[0].examples != NULL;
    return examples ? describe_function_line(call, b, "Examples", rows[0].examples) : DBX_OK;
}

static dbx_status describe_schema(statement_call *call, const ast_describe *d, result_builder *b) {
    execution *e = call->execution;
    string_view parts[2];
    uint32_t count;
    TRY(statement_name_parts(call, d->name, parts, 2, &count));
    string_view path[] = {count == 2 ? parts[0] : e->query.current_catalog, parts[count - 1]};
    const catalog_schema *schema = catalog_find_schema(e->query.txn, path[0], path[1]);
    if (schema == NULL) {
        return error_raise(e->err, ERR_SCHEMA_NOT_FOUND, d->name->node.span, "schemaName",
                           statement_quote(call, path, 2), NULL);
    }
    const catalog_info *info = &schema->info;
    string_view empty = SV("");
    string_view location = schema->location;
    if (location.data == NULL) {
        location = sv_from(arena_printf(&e->arena, "file:dbx/" SV_FMT "/" SV_FMT, SV_ARG(path[0]),
                                        SV_ARG(info->name)));
    }
    const struct {
        const char *label;
        string_view value;
        bool extended;
    } rows[] = {{"Catalog Name", path[0], false},
                {"Namespace Name", info->name, false},
                {"Comment", info->comment.data ? info->comment : empty, false},
                {"Location", location, false},
                {"Owner", info->owner.data ? info->owner : empty, false},
                {"Collation", property_text(info, PROPERTY_COLLATION), true},
                {"Properties", object_properties_text(call, info), true}};
    for (uint32_t i = 0; i < ARRAY_COUNT(rows); i++) {
        if ((rows[i].extended && !d->extended) || rows[i].value.data == NULL) continue;
        TRY(result_builder_text(b, 0, sv_from(rows[i].label)));
        TRY(result_builder_text(b, 1, rows[i].value));
        TRY(result_builder_row(b));
    }
    return DBX_OK;
}

static dbx_status describe_catalog(statement_call *call, const ast_describe *d, result_builder *b) {
    execution *e = call->execution;
    string_view name;
    uint32_t count;
    TRY(statement_name_parts(call, d->name, &name, 1, &count));
    const catalog_space *space = catalog_find_space(e->query.txn, name);
    if (space == NULL) {
        return error_raise(e->err, ERR_CATALOG_NOT_FOUND, d->name->node.span, "catalogName",
                           statement_quote(call, &name, 1), NULL);
    }
    const struct {
        const char *label;
        string_view value;
    } rows[] = {{"Catalog Name", space->info.name},
                {"Comment", space->info.comment},
                {"Owner", space->info.owner}};
    for (uint32_t i = 0; i < ARRAY_COUNT(rows); i++) {
        TRY(result_builder_text(b, 0, sv_from(rows[i].label)));
        TRY(result_builder_text(b, 1, rows[i].value.data ? rows[i].value : SV("")));
        TRY(result_builder_row(b));
    }
    return DBX_OK;
}

dbx_status statement_describe(statement_call *call, query_result **out) {
    static const result_builder_column function_columns[] = {{"function_desc", TYPE_STRING, false}};
    static const result_builder_column info_columns[] = {{"info_name", TYPE_STRING, false},
                                                         {"info_value", TYPE_STRING, false}};
    static const result_builder_column table_columns[] = {{"col_name", TYPE_STRING, false},
                                                          {"data_type", TYPE_STRING, false},
                                                          {"comment", TYPE_STRING, true}};
    typedef dbx_status (*describe_form)(statement_call *, const ast_describe *, result_builder *);
    static const struct {
        describe_form form;
        const result_builder_column *columns; /* NULL: the form begins the result itself */
        uint32_t count;
    } forms[] = {[AST_DESCRIBE_TABLE] = {describe_relation, NULL, 0},
                 [AST_DESCRIBE_QUERY] = {describe_query, table_columns, 3},
                 [AST_DESCRIBE_FUNCTION] = {describe_function, function_columns, 1},
                 [AST_DESCRIBE_PROCEDURE] = {NULL, NULL, 0},
                 [AST_DESCRIBE_SCHEMA] = {describe_schema, info_columns, 2},
                 [AST_DESCRIBE_CATALOG] = {describe_catalog, info_columns, 2}};
    const ast_describe *d = AST_AS(ast_describe, call->node);
    if (d->type == AST_DESCRIBE_HISTORY && d->name != NULL)
        return statement_describe_history(call, d->name, out);
    if (d->type >= ARRAY_COUNT(forms) || forms[d->type].form == NULL)
        return statement_unsupported(call, "this form of DESCRIBE");
    result_builder b = {0};
    if (forms[d->type].columns != NULL) {
        TRY(result_builder_init(&b, &call->execution->session->ledger, call->kind,
                                forms[d->type].columns, forms[d->type].count));
    }
    dbx_status status = forms[d->type].form(call, d, &b);
    if (status == DBX_OK)
        *out = result_builder_finish(&b);
    else if (b.result != NULL)
        result_builder_deinit(&b);
    return status == DBX_NOMEM ? error_nomem(call->execution->err) : status;
}
