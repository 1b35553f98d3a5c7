/* statement_show_create.c - SHOW CREATE TABLE: the statement that would make a table or view again.
 */
#include "session/object_info.h"

static dbx_status create_append_quoted(buffer *text, string_view name) {
    return object_append_path(text, &name, 1);
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
    bool any = false;
    for (uint32_t i = 0; i < count; i++) {
        if (property_is_reserved(p[i].key)) continue;
        TRY(any ? buffer_append_sv(text, SV(",\n  ")) : buffer_printf(text, "%s (\n  ", head));
        any = true;
        TRY(create_append_string(text, p[i].key));
        TRY(buffer_append_sv(text, SV(" = ")));
        TRY(create_append_string(text, property_shown(&p[i])));
    }
    return any ? buffer_append_sv(text, SV(")\n")) : DBX_OK;
}

static string_view create_unquote_list(arena *a, string_view list, string_view *failed) {
    char *out = arena_alloc_bytes(a, list.size + 1);
    size_t n = 0;
    if (out == NULL) {
        *failed = list;
        return SV("");
    }
    for (size_t i = 0; i < list.size; i++) {
        if (list.data[i] != '`') out[n++] = list.data[i];
    }
    return (string_view){out, n};
}

static dbx_status create_append_buckets(buffer *text, const catalog_info *info, arena *a) {
    string_view count = property_text(info, PROPERTY_BUCKET_COUNT);
    string_view sort = property_text(info, PROPERTY_SORT_COLUMNS);
    string_view failed = {0};
    if (count.data == NULL) return DBX_OK;
    string_view by = create_unquote_list(a, property_text(info, PROPERTY_BUCKET_COLUMNS), &failed);
    TRY(buffer_printf(text, "CLUSTERED BY (" SV_FMT ")\n", SV_ARG(by)));
    if (sort.size > 0) {
        string_view order = create_unquote_list(a, sort, &failed);
        TRY(buffer_printf(text, "SORTED BY (" SV_FMT ")\n", SV_ARG(order)));
    }
    if (failed.data != NULL) return DBX_NOMEM;
    return buffer_printf(text, "INTO " SV_FMT " BUCKETS\n", SV_ARG(count));
}

static dbx_status create_append_constraints(buffer *text, const catalog_table_def *d) {
    for (uint32_t i = 0; i < d->constraint_count; i++) {
        const catalog_constraint *c = &d->constraints[i];
        TRY(buffer_append_sv(text, SV(",\n  CONSTRAINT ")));
        TRY(create_append_quoted(text, c->name));
        static const char *const words[] = {"PRIMARY KEY", "FOREIGN KEY", "UNIQUE", "CHECK"};
        TRY(buffer_printf(text, " %s (", words[c->kind]));
        if (c->kind == CATALOG_CONSTRAINT_CHECK) {
            TRY(buffer_append_sv(text, c->text));
        } else {
            for (uint32_t k = 0; k < c->column_count; k++) {
                if (k > 0) TRY(buffer_append_sv(text, SV(", ")));
                TRY(create_append_quoted(text, c->columns[k]));
            }
        }
        TRY(buffer_append_char(text, ')'));
        if (c->kind == CATALOG_CONSTRAINT_FOREIGN_KEY && c->text.size > 0)
            TRY(buffer_printf(text, " REFERENCES " SV_FMT, SV_ARG(c->text)));
    }
    return DBX_OK;
}

static dbx_status create_append_table(statement_call *call, const catalog_table *table,
                                      buffer *text) {
    const catalog_table_def *d = &table->def;
    const catalog_info *info = &table->base.info;
    if (d->provider.size > 0) TRY(buffer_printf(text, "USING " SV_FMT "\n", SV_ARG(d->provider)));
    TRY(create_append_properties(text, "OPTIONS", d->options, d->option_count));
    TRY(create_append_names(text, "PARTITIONED BY", d->partition_columns,
                            d->partition_column_count));
    TRY(create_append_names(text, "CLUSTER BY", d->cluster_columns, d->cluster_column_count));
    TRY(create_append_buckets(text, info, &call->execution->arena));
    if (d->location.data == NULL) return DBX_OK;
    TRY(buffer_append_sv(text, SV("LOCATION ")));
    TRY(create_append_string(text, object_location(call, &table->base)));
    return buffer_append_char(text, '\n');
}

static dbx_status create_text(statement_call *call, const catalog_object *o, buffer *text) {
    static const char *const modes[] = {[CATALOG_VIEW_COMPENSATION] = "COMPENSATION",
                                        [CATALOG_VIEW_BINDING] = "BINDING",
                                        [CATALOG_VIEW_TYPE_EVOLUTION] = "TYPE EVOLUTION",
                                        [CATALOG_VIEW_EVOLUTION] = "EVOLUTION"};
    const catalog_table *table = catalog_as_table(o);
    const catalog_view *view = catalog_as_view(o);
    TRY(buffer_printf(text, "CREATE %s ", table ? "TABLE" : "VIEW"));
    const string_view parts[] = {o->catalog_name, o->schema_name, o->info.name};
    /* Spark names the catalog of tables only. */
    TRY(object_append_path(text, table ? parts : parts + 1, table ? 3 : 2));
    uint32_t count;
    const catalog_column *columns = object_column_list(o, &count);
    TRY(buffer_append_sv(text, SV(" (\n")));
    for (uint32_t i = 0; i < count; i++) {
        TRY(buffer_append_sv(text, i > 0 ? SV(",\n  ") : SV("  ")));
        TRY(create_append_column(text, &columns[i], view != NULL));
    }
    if (table != NULL) TRY(create_append_constraints(text, &table->def));
    TRY(buffer_append_sv(text, SV(")\n")));
    if (table != NULL) TRY(create_append_table(call, table, text));
    string_view collation = property_text(&o->info, PROPERTY_COLLATION);
    if (collation.data != NULL)
        TRY(buffer_printf(text, "DEFAULT COLLATION " SV_FMT "\n", SV_ARG(collation)));
    if (o->info.comment.data != NULL) {
        TRY(buffer_append_sv(text, SV("COMMENT ")));
        TRY(create_append_string(text, o->info.comment));
        TRY(buffer_append_char(text, '\n'));
    }
    TRY(create_append_properties(text, "TBLPROPERTIES", o->info.properties,
                                 o->info.property_count));
    if (view != NULL) {
        if (call->execution->session->settings.view_schema_binding)
            TRY(buffer_printf(text, "WITH SCHEMA %s\n", modes[view->def.binding]));
        TRY(buffer_printf(text, "AS " SV_FMT "\n", SV_ARG(view->def.sql)));
    }
    text->size--; /* the last line end */
    return DBX_OK;
}

dbx_status statement_show_create(statement_call *call, const ast_name *name, result_builder *b) {
    execution *e = call->execution;
    const catalog_object *object;
    TRY(statement_relation(call, name, &object));
    if (object->is_temporary) {
        return error_raise(e->err, ERR_UNSUPPORTED_SHOW_CREATE_TABLE__ON_TEMPORARY_VIEW,
                           name->node.span, "tableName",
                           statement_quote(call, &object->info.name, 1), NULL);
    }
    buffer text;
    buffer_init(&text, &e->query.ledger);
    dbx_status status = create_text(call, object, &text);
    if (status == DBX_OK) status = result_builder_text(b, 0, buffer_view(&text));
    if (status == DBX_OK) status = result_builder_row(b);
    buffer_deinit(&text);
    return status;
}
