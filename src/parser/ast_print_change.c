/* ast_print_change.c - DML and DDL as s-expressions. */
#include "parser/ast_print.h"

static const char *ast_print_object_name(ast_object object) {
    static const char *const names[] = {"table",
                                        "view",
                                        "materialized-view",
                                        "streaming-table",
                                        "schema",
                                        "catalog",
                                        "function",
                                        "temp-function",
                                        "procedure",
                                        "temp-variable",
                                        "index",
                                        "column",
                                        "volume",
                                        "share",
                                        "connection",
                                        "role",
                                        "group",
                                        "user",
                                        "metastore",
                                        "any-file",
                                        "other"};
    static_assert(ARRAY_COUNT(names) == AST_OBJECT_OTHER + 1, "a name for each object");
    return names[object];
}

static void ast_print_partition(ast_printer *p, const ast_partition_spec *s) {
    for (uint32_t i = 0; i < s->count; i++) {
        const ast_partition_item *item = &s->items[i];
        ast_print_open(p, ast_operator_text(item->op));
        ast_print_ident(p, &item->column);
        ast_print_node(p, item->value);
        ast_print_close(p);
    }
    ast_print_labelled(p, "location", s->location);
}

static void ast_print_constraint(ast_printer *p, const ast_constraint *c) {
    static const char *const types[] = {"primary-key", "foreign-key", "unique", "check", "expect"};
    static const char *const violations[] = {"", "drop-row", "fail"};
    ast_print_word(p, types[c->type]);
    ast_print_given(p, "name", &c->name);
    ast_print_idents(p, "columns", &c->columns);
    ast_print_flag(p, c->timeseries, "timeseries");
    ast_print_part(p, "references", c->references);
    ast_print_idents(p, "columns", &c->referenced_columns);
    ast_print_node(p, c->check);
    ast_print_flag(p, c->violation != AST_VIOLATION_WARN, violations[c->violation]);
    ast_print_idents(p, "traits", &c->characteristics);
}

static void ast_print_position(ast_printer *p, ast_position position, const ast_ident *after) {
    ast_print_flag(p, position == AST_POSITION_FIRST, "first");
    if (position == AST_POSITION_AFTER) ast_print_given(p, "after", after);
}

static void ast_print_column(ast_printer *p, const ast_column_def *c) {
    static const char *const generated[] = {
        "", "generated", "identity", "identity-by-default", "row-start", "row-end"};
    ast_print_flag(p, c->mode == AST_PARAMETER_OUT, "out");
    ast_print_flag(p, c->mode == AST_PARAMETER_INOUT, "inout");
    ast_print_node(p, c->name);
    ast_print_node(p, c->type);
    ast_print_flag(p, c->not_null, "not-null");
    ast_print_part(p, "default", c->default_value);
    if (c->generated != AST_GENERATED_NO) {
        ast_print_open(p, generated[c->generated]);
        ast_print_node(p, c->generation);
        ast_print_node(p, c->identity_start);
        ast_print_node(p, c->identity_step);
        ast_print_close(p);
    }
    ast_print_labelled(p, "comment", c->comment);
    ast_print_list(p, NULL, &c->constraints);
    ast_print_idents(p, "mask", &c->mask);
    ast_print_list(p, "using", &c->mask_using);
    ast_print_position(p, c->position, &c->after);
}

static void ast_print_clauses(ast_printer *p, const ast_table_clauses *c) {
    ast_print_part(p, "using", c->provider);
    ast_print_list(p, "options", &c->options);
    ast_print_list(p, "properties", &c->properties);
    for (uint32_t i = 0; i < c->partitioned_by_count; i++) {
        ast_print_open(p, "partitioned-by");
        ast_print_node(p, c->partitioned_by[i].transform);
        ast_print_node(p, c->partitioned_by[i].column);
        ast_print_close(p);
    }
    ast_print_flag(p, c->has_cluster_by, "cluster-by");
    ast_print_flag(p, c->cluster_by_auto, "auto");
    ast_print_flag(p, c->cluster_by_none, "none");
    ast_print_list(p, NULL, &c->cluster_by);
    ast_print_idents(p, "buckets", &c->bucket_columns);
    ast_print_list(p, "sorted", &c->bucket_sort);
    ast_print_node(p, c->bucket_count);
    ast_print_idents(p, "skewed-by", &c->skewed_by);
    ast_print_list(p, "on", &c->skewed_on);
    ast_print_flag(p, c->skewed_directories, "directories");
    ast_print_labelled(p, "location", c->location);
    ast_print_labelled(p, "managed-location", c->managed_location);
    ast_print_labelled(p, "comment", c->comment);
    ast_print_given(p, "collation", &c->collation);
    ast_print_given(p, "stored-as", &c->stored_as);
    ast_print_labelled(p, "input", c->input_format);
    ast_print_labelled(p, "output", c->output_format);
    ast_print_labelled(p, "stored-by", c->stored_by);
    ast_print_list(p, "properties", &c->stored_by_properties);
    ast_print_node(p, c->row_format);
    ast_print_part(p, "row-filter", c->row_filter);
    ast_print_list(p, "on", &c->row_filter_on);
    ast_print_given(p, "schema", &c->schema_binding);
    ast_print_idents(p, "partitioned-on", &c->partitioned_on);
    ast_print_labelled(p, "schedule", c->schedule);
}

/* ---- DML ------------------------------------------------------------------------------------- */

static void ast_print_insert(ast_printer *p, const ast_insert *i) {
    ast_print_flag(p, i->overwrite, "overwrite");
    ast_print_flag(p, i->with_schema_evolution, "evolution");
    ast_print_node(p, i->table);
    ast_print_list(p, "options", &i->options);
    ast_print_given(p, "as", &i->table_alias);
    ast_print_node(p, i->partition);
    ast_print_flag(p, i->if_not_exists, "if-not-exists");
    ast_print_flag(p, i->by_name, "by-name");
    ast_print_idents(p, "columns", &i->columns);
    ast_print_part(p, "replace-where", i->replace_where);
    ast_print_idents(p, "replace-using", &i->replace_using);
    ast_print_part(p, "replace-on", i->replace_on);
    ast_print_flag(p, i->default_values, "default-values");
    ast_print_node(p, i->source);
}

static void ast_print_with(ast_printer *p, bool recursive, const ast_list *ctes) {
    ast_print_flag(p, recursive, "recursive");
    ast_print_list(p, "with", ctes);
}

static void ast_print_update(ast_printer *p, const ast_update *u) {
    ast_print_with(p, u->recursive, &u->ctes);
    ast_print_node(p, u->table);
    ast_print_alias(p, &u->alias);
    ast_print_list(p, NULL, &u->assignments);
    ast_print_part(p, "from", u->from);
    ast_print_part(p, "where", u->where);
}

static void ast_print_merge_clause(ast_printer *p, const ast_merge_clause *c) {
    static const char *const matches[] = {"matched", "not-matched", "not-matched-by-source"};
    static const char *const actions[] = {"update", "update-all", "insert", "insert-all", "delete"};
    ast_print_word(p, matches[c->match]);
    ast_print_part(p, "and", c->condition);
    ast_print_word(p, actions[c->action]);
    ast_print_list(p, NULL, &c->assignments);
    ast_print_list(p, "except", &c->except);
    ast_print_list(p, "columns", &c->columns);
    ast_print_list(p, "values", &c->values);
}

static void ast_print_merge(ast_printer *p, const ast_merge *m) {
    ast_print_with(p, m->recursive, &m->ctes);
    ast_print_flag(p, m->with_schema_evolution, "evolution");
    ast_print_node(p, m->target);
    ast_print_alias(p, &m->target_alias);
    ast_print_part(p, "using", m->source);
    ast_print_part(p, "on", m->on);
    ast_print_list(p, NULL, &m->clauses);
}

static void ast_print_copy_into(ast_printer *p, const ast_copy_into *c) {
    ast_print_node(p, c->table);
    ast_print_idents(p, "columns", &c->columns);
    ast_print_flag(p, c->by_position, "by-position");
    ast_print_labelled(p, "path", c->path);
    ast_print_node(p, c->query);
    ast_print_list(p, "credential", &c->credential);
    ast_print_given(p, "credential", &c->credential_name);
    ast_print_given(p, "format", &c->file_format);
    ast_print_flag(p, c->validate, "validate");
    ast_print_flag(p, c->validate_all, "all");
    ast_print_node(p, c->validate_rows);
    ast_print_list(p, "files", &c->files);
    ast_print_labelled(p, "pattern", c->pattern);
    ast_print_list(p, "format-options", &c->format_options);
    ast_print_list(p, "copy-options", &c->copy_options);
}

static void ast_print_delete(ast_printer *p, const ast_delete *d) {
    ast_print_with(p, d->recursive, &d->ctes);
    ast_print_node(p, d->table);
    ast_print_alias(p, &d->alias);
    ast_print_part(p, "using", d->using_relation);
    ast_print_part(p, "where", d->where);
}

static bool ast_print_dml_fields(ast_printer *p, const ast_node *n) {
    switch (n->kind) {
    case AST_INSERT:
        ast_print_insert(p, AST_AS(ast_insert, n));
        return true;
    case AST_MULTI_INSERT:
        ast_print_with(p, AST_AS(ast_multi_insert, n)->recursive,
                       &AST_AS(ast_multi_insert, n)->ctes);
        ast_print_part(p, "from", AST_AS(ast_multi_insert, n)->from);
        ast_print_list(p, NULL, &AST_AS(ast_multi_insert, n)->branches);
        return true;
    case AST_INSERT_DIRECTORY:
        ast_print_flag(p, AST_AS(ast_insert_directory, n)->local, "local");
        ast_print_labelled(p, "path", AST_AS(ast_insert_directory, n)->path);
        ast_print_node(p, AST_AS(ast_insert_directory, n)->clauses);
        ast_print_node(p, AST_AS(ast_insert_directory, n)->source);
        return true;
    case AST_UPDATE:
        ast_print_update(p, AST_AS(ast_update, n));
        return true;
    case AST_DELETE:
        ast_print_delete(p, AST_AS(ast_delete, n));
        return true;
    case AST_MERGE:
        ast_print_merge(p, AST_AS(ast_merge, n));
        return true;
    case AST_MERGE_CLAUSE:
        ast_print_merge_clause(p, AST_AS(ast_merge_clause, n));
        return true;
    case AST_COPY_INTO:
        ast_print_copy_into(p, AST_AS(ast_copy_into, n));
        return true;
    case AST_COPY_TO:
        ast_print_node(p, AST_AS(ast_copy_to, n)->table);
        ast_print_idents(p, "columns", &AST_AS(ast_copy_to, n)->columns);
        ast_print_node(p, AST_AS(ast_copy_to, n)->query);
        ast_print_labelled(p, "path", AST_AS(ast_copy_to, n)->path);
        ast_print_list(p, "options", &AST_AS(ast_copy_to, n)->options);
        return true;
    case AST_LOAD_DATA:
        ast_print_flag(p, AST_AS(ast_load_data, n)->local, "local");
        ast_print_flag(p, AST_AS(ast_load_data, n)->overwrite, "overwrite");
        ast_print_labelled(p, "path", AST_AS(ast_load_data, n)->path);
        ast_print_node(p, AST_AS(ast_load_data, n)->table);
        ast_print_node(p, AST_AS(ast_load_data, n)->partition);
        return true;
    default:
        return false;
    }
}

/* ---- CREATE ---------------------------------------------------------------------------------- */

static void ast_print_create_table(ast_printer *p, const ast_create_table *t) {
    ast_print_flag(p, t->or_replace, "or-replace");
    ast_print_flag(p, t->replace_only, "replace");
    ast_print_flag(p, t->temporary, "temporary");
    ast_print_flag(p, t->external, "external");
    ast_print_flag(p, t->streaming, "streaming");
    ast_print_flag(p, t->or_refresh, "or-refresh");
    ast_print_flag(p, t->if_not_exists, "if-not-exists");
    ast_print_node(p, t->name);
    ast_print_list(p, NULL, &t->columns);
    ast_print_list(p, NULL, &t->constraints);
    ast_print_node(p, t->clauses);
    ast_print_node(p, t->query);
}

static void ast_print_create_view(ast_printer *p, const ast_create_view *v) {
    static const char *const types[] = {"", "temp", "global-temp", "materialized"};
    ast_print_flag(p, v->type != AST_VIEW_PLAIN, types[v->type]);
    ast_print_flag(p, v->or_replace, "or-replace");
    ast_print_flag(p, v->if_not_exists, "if-not-exists");
    ast_print_node(p, v->name);
    ast_print_list(p, NULL, &v->columns);
    ast_print_list(p, NULL, &v->constraints);
    ast_print_node(p, v->clauses);
    ast_print_node(p, v->query);
    ast_print_labelled(p, "text", v->query_text);
}

static void ast_print_create_function(ast_printer *p, const ast_create_function *f) {
    ast_print_flag(p, f->procedure, "procedure");
    ast_print_flag(p, f->or_replace, "or-replace");
    ast_print_flag(p, f->temporary, "temporary");
    ast_print_flag(p, f->if_not_exists, "if-not-exists");
    ast_print_node(p, f->name);
    ast_print_list(p, "parameters", &f->parameters);
    ast_print_part(p, "returns", f->return_type);
    ast_print_flag(p, f->returns == AST_RETURNS_TABLE, "returns-table");
    ast_print_list(p, NULL, &f->return_columns);
    ast_print_given(p, "language", &f->language);
    ast_print_given(p, "specific", &f->specific);
    ast_print_flag(p, f->deterministic, "deterministic");
    ast_print_flag(p, f->not_deterministic, "not-deterministic");
    ast_print_given(p, "access", &f->data_access);
    ast_print_given(p, "null-call", &f->null_call);
    ast_print_given(p, "security", &f->security);
    ast_print_labelled(p, "comment", f->comment);
    ast_print_part(p, "return", f->body_expr);
    ast_print_part(p, "return", f->body_query);
    ast_print_node(p, f->body_block);
    ast_print_labelled(p, "text", f->body_text);
    ast_print_list(p, "resources", &f->resources);
}

static void ast_print_create_schema(ast_printer *p, const ast_create_schema *s) {
    ast_print_flag(p, s->if_not_exists, "if-not-exists");
    ast_print_node(p, s->name);
    ast_print_labelled(p, "comment", s->comment);
    ast_print_labelled(p, "location", s->location);
    ast_print_labelled(p, "managed-location", s->managed_location);
    ast_print_given(p, "collation", &s->collation);
    ast_print_list(p, "properties", &s->properties);
}

static void ast_print_create_catalog(ast_printer *p, const ast_create_catalog *c) {
    ast_print_flag(p, c->if_not_exists, "if-not-exists");
    ast_print_node(p, c->name);
    ast_print_given(p, "using", &c->provider);
    ast_print_labelled(p, "comment", c->comment);
    ast_print_labelled(p, "managed-location", c->managed_location);
    ast_print_given(p, "collation", &c->collation);
    ast_print_list(p, "options", &c->options);
}

static void ast_print_create_like(ast_printer *p, const ast_create_table_like *t) {
    ast_print_flag(p, t->or_replace, "or-replace");
    ast_print_flag(p, t->temporary, "temporary");
    ast_print_flag(p, t->if_not_exists, "if-not-exists");
    ast_print_node(p, t->name);
    ast_print_part(p, "like", t->source);
    ast_print_node(p, t->clauses);
}

static void ast_print_clone(ast_printer *p, const ast_clone_table *t) {
    ast_print_flag(p, t->or_replace, "or-replace");
    ast_print_flag(p, t->if_not_exists, "if-not-exists");
    ast_print_word(p, t->shallow ? "shallow" : "deep");
    ast_print_node(p, t->name);
    ast_print_node(p, t->source);
    ast_print_node(p, t->clauses);
}

static void ast_print_create_using(ast_printer *p, const ast_create_temp_view_using *v) {
    ast_print_flag(p, v->or_replace, "or-replace");
    ast_print_flag(p, v->global, "global");
    ast_print_node(p, v->name);
    ast_print_list(p, NULL, &v->columns);
    ast_print_part(p, "using", v->provider);
    ast_print_list(p, "options", &v->options);
}

static void ast_print_create_index(ast_printer *p, const ast_create_index *i) {
    ast_print_flag(p, i->if_not_exists, "if-not-exists");
    ast_print_ident(p, &i->name);
    ast_print_part(p, "on", i->table);
    ast_print_given(p, "using", &i->method);
    ast_print_list(p, "columns", &i->columns);
    ast_print_list(p, "options", &i->options);
}

static bool ast_print_create_fields(ast_printer *p, const ast_node *n) {
    switch (n->kind) {
    case AST_CREATE_TABLE:
        ast_print_create_table(p, AST_AS(ast_create_table, n));
        return true;
    case AST_CREATE_TABLE_LIKE:
        ast_print_create_like(p, AST_AS(ast_create_table_like, n));
        return true;
    case AST_CLONE_TABLE:
        ast_print_clone(p, AST_AS(ast_clone_table, n));
        return true;
    case AST_CREATE_VIEW:
        ast_print_create_view(p, AST_AS(ast_create_view, n));
        return true;
    case AST_CREATE_TEMP_VIEW_USING:
        ast_print_create_using(p, AST_AS(ast_create_temp_view_using, n));
        return true;
    case AST_CREATE_SCHEMA:
        ast_print_create_schema(p, AST_AS(ast_create_schema, n));
        return true;
    case AST_CREATE_CATALOG:
        ast_print_create_catalog(p, AST_AS(ast_create_catalog, n));
        return true;
    case AST_CREATE_FUNCTION:
        ast_print_create_function(p, AST_AS(ast_create_function, n));
        return true;
    case AST_CREATE_INDEX:
        ast_print_create_index(p, AST_AS(ast_create_index, n));
        return true;
    default:
        return false;
    }
}

/* ---- ALTER and the rest ---------------------------------------------------------------------- */

static const char *const ast_print_alter_names[] = {"add-columns",
                                                    "replace-columns",
                                                    "drop-columns",
                                                    "rename-column",
                                                    "change-column",
                                                    "column-type",
                                                    "column-comment",
                                                    "column-position",
                                                    "column-not-null",
                                                    "column-drop-not-null",
                                                    "column-default",
                                                    "column-drop-default",
                                                    "column-mask",
                                                    "column-drop-mask",
                                                    "column-sync-identity",
                                                    "column-tags",
                                                    "column-unset-tags",
                                                    "columns",
                                                    "rename",
                                                    "properties",
                                                    "unset-properties",
                                                    "serde",
                                                    "add-partitions",
                                                    "drop-partitions",
                                                    "rename-partition",
                                                    "recover-partitions",
                                                    "location",
                                                    "cluster-by",
                                                    "add-constraint",
                                                    "drop-constraint",
                                                    "row-filter",
                                                    "drop-row-filter",
                                                    "owner",
                                                    "tags",
                                                    "unset-tags",
                                                    "drop-feature",
                                                    "collation",
                                                    "schema-binding",
                                                    "as",
                                                    "comment"};
static_assert(ARRAY_COUNT(ast_print_alter_names) == AST_ALTER_SET_COMMENT + 1,
              "a name for each action");

static void ast_print_alter(ast_printer *p, const ast_alter *a) {
    ast_print_open(p, ast_print_alter_names[a->action]);
    ast_print_flag(p, a->if_exists, "if-exists");
    ast_print_flag(p, a->if_not_exists, "if-not-exists");
    ast_print_node(p, a->column);
    ast_print_list(p, NULL, &a->columns);
    ast_print_list(p, NULL, &a->names);
    if (ast_ident_given(&a->new_name)) ast_print_ident(p, &a->new_name);
    ast_print_node(p, a->name);
    ast_print_node(p, a->type);
    ast_print_string(p, a->comment);
    ast_print_node(p, a->value);
    ast_print_list(p, NULL, &a->values);
    ast_print_list(p, NULL, &a->properties);
    ast_print_position(p, a->position, &a->after);
    ast_print_node(p, a->partition);
    ast_print_list(p, "partitions", &a->partitions);
    ast_print_node(p, a->constraint);
    ast_print_node(p, a->clauses);
    ast_print_node(p, a->query);
    ast_print_labelled(p, "text", a->text);
    ast_print_flag(p, a->cascade, "cascade");
    ast_print_flag(p, a->purge, "purge");
    for (uint32_t i = 0; i < a->action_count; i++) ast_print_alter(p, &a->actions[i]);
    ast_print_close(p);
}

static void ast_print_drop(ast_printer *p, const ast_drop *d) {
    ast_print_word(p, ast_print_object_name(d->object));
    ast_print_flag(p, d->if_exists, "if-exists");
    ast_print_node(p, d->name);
    ast_print_part(p, "on", d->on);
    ast_print_flag(p, d->cascade, "cascade");
    ast_print_flag(p, d->restrict_given, "restrict");
    ast_print_flag(p, d->purge, "purge");
}

static void ast_print_analyze(ast_printer *p, const ast_analyze *a) {
    ast_print_flag(p, a->all_tables, "tables");
    ast_print_node(p, a->name);
    ast_print_node(p, a->partition);
    ast_print_given(p, "mode", &a->mode);
    ast_print_flag(p, a->all_columns, "all-columns");
    ast_print_idents(p, "columns", &a->columns);
}

static bool ast_print_alter_fields(ast_printer *p, const ast_node *n) {
    switch (n->kind) {
    case AST_ALTER_TABLE:
        ast_print_node(p, AST_AS(ast_alter_table, n)->table);
        ast_print_alter(p, &AST_AS(ast_alter_table, n)->alter);
        return true;
    case AST_ALTER_VIEW:
        ast_print_flag(p, AST_AS(ast_alter_view, n)->materialized, "materialized");
        ast_print_node(p, AST_AS(ast_alter_view, n)->view);
        ast_print_alter(p, &AST_AS(ast_alter_view, n)->alter);
        return true;
    case AST_ALTER_SCHEMA:
        ast_print_word(p, ast_print_object_name(AST_AS(ast_alter_schema, n)->object));
        ast_print_node(p, AST_AS(ast_alter_schema, n)->name);
        ast_print_alter(p, &AST_AS(ast_alter_schema, n)->alter);
        return true;
    case AST_DROP:
        ast_print_drop(p, AST_AS(ast_drop, n));
        return true;
    case AST_TRUNCATE:
        ast_print_node(p, AST_AS(ast_truncate, n)->table);
        ast_print_node(p, AST_AS(ast_truncate, n)->partition);
        return true;
    case AST_COMMENT_ON:
        ast_print_word(p, ast_print_object_name(AST_AS(ast_comment_on, n)->object));
        ast_print_node(p, AST_AS(ast_comment_on, n)->name);
        ast_print_string(p, AST_AS(ast_comment_on, n)->comment);
        return true;
    case AST_ANALYZE:
        ast_print_analyze(p, AST_AS(ast_analyze, n));
        return true;
    default:
        return false;
    }
}

bool ast_print_change_fields(ast_printer *p, const ast_node *n) {
    switch (n->kind) {
    case AST_ASSIGNMENT:
        ast_print_node(p, AST_AS(ast_assignment, n)->target);
        ast_print_node(p, AST_AS(ast_assignment, n)->value);
        return true;
    case AST_PROPERTY:
        ast_print_string(p, AST_AS(ast_property, n)->key);
        ast_print_node(p, AST_AS(ast_property, n)->value);
        return true;
    case AST_PARTITION_SPEC:
        ast_print_partition(p, AST_AS(ast_partition_spec, n));
        return true;
    case AST_COLUMN_DEF:
        ast_print_column(p, AST_AS(ast_column_def, n));
        return true;
    case AST_CONSTRAINT:
        ast_print_constraint(p, AST_AS(ast_constraint, n));
        return true;
    case AST_TABLE_CLAUSES:
        ast_print_clauses(p, AST_AS(ast_table_clauses, n));
        return true;
    default:
        return ast_print_dml_fields(p, n) || ast_print_create_fields(p, n) ||
               ast_print_alter_fields(p, n);
    }
}
