/* statement_describe.c - DESCRIBE in its forms, and SHOW CREATE TABLE: definitions written out. */
#include "session/statement.h"

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

static string_view describe_properties(statement_call *call, const catalog_info *info) {
    buffer text;
    buffer_init(&text, &call->execution->query.ledger);
    dbx_status status = buffer_append_char(&text, '[');
    for (uint32_t i = 0; status == DBX_OK && i < info->property_count; i++) {
        status = buffer_printf(&text, "%s" SV_FMT "=" SV_FMT, i ? "," : "",
                               SV_ARG(info->properties[i].key), SV_ARG(info->properties[i].value));
    }
    if (status == DBX_OK) status = buffer_append_char(&text, ']');
    string_view copy = {NULL, 0};
    if (status == DBX_OK) copy = arena_copy_string(&call->execution->arena, buffer_view(&text));
    buffer_deinit(&text);
    return copy;
}

static dbx_status describe_extended(statement_call *call, result_builder *b,
                                    const catalog_object *o) {
    const catalog_table *table = catalog_as_table(o);
    const catalog_view *view = catalog_as_view(o);
    string_view empty = SV("");
    TRY(describe_row(b, empty, empty, empty));
    TRY(describe_row(b, SV("# Detailed Table Information"), empty, empty));
    if (!o->is_temporary) {
        TRY(describe_row(b, SV("Catalog"), o->catalog_name, empty));
        TRY(describe_row(b, SV("Database"), o->schema_name, empty));
    }
    TRY(describe_row(b, SV("Table"), o->info.name, empty));
    TRY(describe_row(b, SV("Owner"), o->info.owner.data ? o->info.owner : empty, empty));
    TRY(describe_row(b, SV("Type"), view ? SV("VIEW") : SV("MANAGED"), empty));
    if (table != NULL) {
        string_view provider = table->def.provider.size > 0 ? table->def.provider : SV("dbx");
        TRY(describe_row(b, SV("Provider"), provider, empty));
    }
    if (o->info.comment.data != NULL) TRY(describe_row(b, SV("Comment"), o->info.comment, empty));
    if (view != NULL) TRY(describe_row(b, SV("View Text"), view->def.sql, empty));
    if (o->info.property_count > 0) {
        TRY(describe_row(b, SV("Table Properties"), describe_properties(call, &o->info), empty));
    }
    return DBX_OK;
}

static dbx_status describe_table(statement_call *call, const ast_describe *d, result_builder *b) {
    execution *e = call->execution;
    string_view parts[3];
    catalog_name name;
    TRY(statement_catalog_name(call, d->name, parts, &name));
    const catalog_object *object;
    TRY(catalog_resolve(&e->query, CATALOG_RELATIONS, &name, &object, e->err));
    const catalog_table *table = catalog_as_table(object);
    const catalog_view *view = catalog_as_view(object);
    const catalog_column *columns = table ? table->def.columns : view->def.schema;
    uint32_t count = table ? table->def.column_count : view->def.schema_count;
    for (uint32_t i = 0; i < count; i++) TRY(describe_column(call, b, &columns[i]));
    if (table != NULL && table->def.partition_column_count > 0) {
        TRY(describe_row(b, SV("# Partition Information"), SV(""), SV("")));
        TRY(describe_row(b, SV("# col_name"), SV("data_type"), SV("comment")));
        for (uint32_t i = 0; i < table->def.partition_column_count; i++) {
            int32_t at = catalog_table_column(table, table->def.partition_columns[i]);
            if (at >= 0) TRY(describe_column(call, b, &columns[at]));
        }
    }
    return d->extended || d->formatted ? describe_extended(call, b, object) : DBX_OK;
}

static dbx_status describe_query(statement_call *call, const ast_describe *d, result_builder *b) {
    plan_node *root;
    TRY(binder_bind_query(&call->execution->binder, d->query, &root));
    for (uint32_t i = 0; i < root->column_count; i++) {
        catalog_column c = {.name = root->columns[i].name, .type = root->columns[i].type};
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
    const struct {
        const char *label;
        string_view value;
    } rows[] = {{"Catalog Name", path[0]},
                {"Namespace Name", schema->info.name},
                {"Comment", schema->info.comment.data ? schema->info.comment : SV("")},
                {"Location", schema->location.data ? schema->location : SV("")},
                {"Owner", schema->info.owner.data ? schema->info.owner : SV("")}};
    for (uint32_t i = 0; i < ARRAY_COUNT(rows); i++) {
        TRY(result_builder_text(b, 0, sv_from(rows[i].label)));
        TRY(result_builder_text(b, 1, rows[i].value));
        TRY(result_builder_row(b));
    }
    return DBX_OK;
}

dbx_status statement_describe(statement_call *call, query_result **out) {
    static const result_builder_column function_columns[] = {{"function_desc", TYPE_STRING, false}};
    static const result_builder_column info_columns[] = {{"info_name", TYPE_STRING, false},
                                                         {"info_value", TYPE_STRING, false}};
    const ast_describe *d = AST_AS(ast_describe, call->node);
    ledger *l = &call->execution->session->ledger;
    if (d->as_json || d->partition != NULL || d->column != NULL) {
        return statement_unsupported(call, "this form of DESCRIBE");
    }
    result_builder b;
    dbx_status status;
    switch (d->type) {
    case AST_DESCRIBE_TABLE:
        TRY(result_builder_init(&b, l, call->kind, describe_columns,
                                ARRAY_COUNT(describe_columns)));
        status = describe_table(call, d, &b);
        break;
    case AST_DESCRIBE_QUERY:
        TRY(result_builder_init(&b, l, call->kind, describe_columns,
                                ARRAY_COUNT(describe_columns)));
        status = describe_query(call, d, &b);
        break;
    case AST_DESCRIBE_FUNCTION:
        TRY(result_builder_init(&b, l, call->kind, function_columns,
                                ARRAY_COUNT(function_columns)));
        status = describe_function(call, d, &b);
        break;
    case AST_DESCRIBE_SCHEMA:
        TRY(result_builder_init(&b, l, call->kind, info_columns, ARRAY_COUNT(info_columns)));
        status = describe_schema(call, d, &b);
        break;
    default:
        return statement_unsupported(call, "this form of DESCRIBE");
    }
    if (status == DBX_OK)
        *out = result_builder_finish(&b);
    else
        result_builder_deinit(&b);
    return status == DBX_NOMEM ? error_nomem(call->execution->err) : status;
}

/* ---- SHOW CREATE TABLE ---- */

static dbx_status create_append_quoted(buffer *text, string_view name) {
    bool plain = name.size > 0 && !ascii_is_digit(name.data[0]);
    for (size_t i = 0; i < name.size; i++) {
        char c = ascii_lower(name.data[i]);
        plain &= (c >= 'a' && c <= 'z') || ascii_is_digit(c) || c == '_';
    }
    return buffer_printf(text, plain ? SV_FMT : "`" SV_FMT "`", SV_ARG(name));
}

static dbx_status create_append_string(buffer *text, string_view value) {
    TRY(buffer_append_char(text, '\''));
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] == '\'' || value.data[i] == '\\') TRY(buffer_append_char(text, '\\'));
        TRY(buffer_append_char(text, value.data[i]));
    }
    return buffer_append_char(text, '\'');
}

static dbx_status create_append_column(buffer *text, const catalog_column *c, bool is_view) {
    TRY(create_append_quoted(text, c->name));
    if (!is_view) {
        TRY(buffer_append_char(text, ' '));
        TRY(type_append_sql(text, c->type));
        if (!c->nullable) TRY(buffer_append_sv(text, SV(" NOT NULL")));
        if (c->default_text.data != NULL)
            TRY(buffer_printf(text, " DEFAULT " SV_FMT, SV_ARG(c->default_text)));
    }
    if (c->comment.data == NULL) return DBX_OK;
    TRY(buffer_append_sv(text, SV(" COMMENT ")));
    return create_append_string(text, c->comment);
}

static dbx_status create_append_names(buffer *text, const char *head, const string_view *names,
                                      uint32_t count) {
    if (count == 0) return DBX_OK;
    TRY(buffer_printf(text, "%s (", head));
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) TRY(buffer_append_sv(text, SV(", ")));
        TRY(create_append_quoted(text, names[i]));
    }
    return buffer_append_sv(text, SV(")\n"));
}

static dbx_status create_append_properties(buffer *text, const char *head,
                                           const catalog_property *p, uint32_t count) {
    if (count == 0) return DBX_OK;
    TRY(buffer_printf(text, "%s (\n", head));
    for (uint32_t i = 0; i < count; i++) {
        TRY(buffer_append_sv(text, SV("  ")));
        TRY(create_append_string(text, p[i].key));
        TRY(buffer_append_sv(text, SV(" = ")));
        TRY(create_append_string(text, p[i].value));
        TRY(buffer_append_sv(text, i + 1 < count ? SV(",\n") : SV(")\n")));
    }
    return DBX_OK;
}

static dbx_status create_text(const catalog_object *o, buffer *text) {
    const catalog_table *table = catalog_as_table(o);
    const catalog_view *view = catalog_as_view(o);
    TRY(buffer_printf(text, "CREATE %s ", table ? "TABLE" : "VIEW"));
    const string_view parts[] = {o->catalog_name, o->schema_name, o->info.name};
    for (uint32_t i = 0; i < 3; i++) {
        if (i > 0) TRY(buffer_append_char(text, '.'));
        TRY(create_append_quoted(text, parts[i]));
    }
    const catalog_column *columns = table ? table->def.columns : view->def.schema;
    uint32_t count = table ? table->def.column_count : view->def.schema_count;
    TRY(buffer_append_sv(text, SV(" (\n")));
    for (uint32_t i = 0; i < count; i++) {
        TRY(buffer_append_sv(text, SV("  ")));
        TRY(create_append_column(text, &columns[i], view != NULL));
        TRY(buffer_append_sv(text, i + 1 < count ? SV(",\n") : SV(")\n")));
    }
    if (table != NULL) {
        if (table->def.provider.size > 0)
            TRY(buffer_printf(text, "USING " SV_FMT "\n", SV_ARG(table->def.provider)));
        TRY(create_append_properties(text, "OPTIONS", table->def.options, table->def.option_count));
        TRY(create_append_names(text, "PARTITIONED BY", table->def.partition_columns,
                                table->def.partition_column_count));
        TRY(create_append_names(text, "CLUSTER BY", table->def.cluster_columns,
                                table->def.cluster_column_count));
    }
    if (o->info.comment.data != NULL) {
        TRY(buffer_append_sv(text, SV("COMMENT ")));
        TRY(create_append_string(text, o->info.comment));
        TRY(buffer_append_char(text, '\n'));
    }
    TRY(create_append_properties(text, "TBLPROPERTIES", o->info.properties,
                                 o->info.property_count));
    if (view != NULL) TRY(buffer_printf(text, "AS " SV_FMT "\n", SV_ARG(view->def.sql)));
    text->size--; /* the last line end */
    return DBX_OK;
}

dbx_status statement_show_create(statement_call *call, const ast_name *name, result_builder *b) {
    execution *e = call->execution;
    string_view parts[3];
    catalog_name n;
    TRY(statement_catalog_name(call, name, parts, &n));
    const catalog_object *object;
    TRY(catalog_resolve(&e->query, CATALOG_RELATIONS, &n, &object, e->err));
    if (object->is_temporary)
        return statement_unsupported(call, "SHOW CREATE TABLE of a temporary object");
    buffer text;
    buffer_init(&text, &e->query.ledger);
    dbx_status status = create_text(object, &text);
    if (status == DBX_OK) status = result_builder_text(b, 0, buffer_view(&text));
    if (status == DBX_OK) status = result_builder_row(b);
    buffer_deinit(&text);
    return status;
}
