/* ast_print_change.c - DML and DDL as s-expressions. */
#include "parser/ast_print.h"

static const char *print_object_name(ast_object object) {
    static const char *const names[] = {
        "table",     "view",      "materialized-view", "streaming-table", "schema", "catalog",
        "function",  "temp-function", "procedure",     "temp-variable",   "index",  "column",
        "volume",    "share",     "connection",        "role",            "group",  "user",
        "metastore", "any-file",  "other"};
    static_assert(ARRAY_COUNT(names) == AST_OBJECT_OTHER + 1, "a name for each object");
    return names[object];
}

static void print_partition(ast_printer *p, const ast_partition_spec *s) {
    for (uint32_t i = 0; i < s->count; i++) {
        const ast_partition_item *item = &s->items[i];
        print_open(p, ast_operator_text(item->op));
        print_ident(p, &item->column);
        print_node(p, item->value);
        print_close(p);
    }
    print_labelled(p, "location", s->location);
}

static void print_constraint(ast_printer *p, const ast_constraint *c) {
    static const char *const types[] = {"primary-key", "foreign-key", "unique", "check", "expect"};
    static const char *const violations[] = {"", "drop-row", "fail"};
    print_word(p, types[c->type]);
    print_given(p, "name", &c->name);
    print_idents(p, "columns", &c->columns);
    print_flag(p, c->timeseries, "timeseries");
    print_part(p, "references", c->references);
    print_idents(p, "columns", &c->referenced_columns);
    print_node(p, c->check);
    print_flag(p, c->violation != AST_VIOLATION_WARN, violations[c->violation]);
    print_idents(p, "traits", &c->characteristics);
}

static void print_position(ast_printer *p, ast_position position, const ast_ident *after) {
    print_flag(p, position == AST_POSITION_FIRST, "first");
    if (position == AST_POSITION_AFTER) print_given(p, "after", after);
}

static void print_column(ast_printer *p, const ast_column_def *c) {
    static const char *const generated[] = {"", "generated", "identity", "identity-by-default",
                                            "row-start", "row-end"};
    print_node(p, c->name);
    print_node(p, c->type);
    print_flag(p, c->not_null, "not-null");
    print_part(p, "default", c->default_value);
    if (c->generated != AST_GENERATED_NO) {
        print_open(p, generated[c->generated]);
        print_node(p, c->generation);
        print_node(p, c->identity_start);
        print_node(p, c->identity_step);
        print_close(p);
    }
    print_labelled(p, "comment", c->comment);
    print_list(p, NULL, &c->constraints);
    print_idents(p, "mask", &c->mask);
    print_list(p, "using", &c->mask_using);
    print_position(p, c->position, &c->after);
}

static void print_clauses(ast_printer *p, const ast_table_clauses *c) {
    print_part(p, "using", c->provider);
    print_list(p, "options", &c->options);
    print_list(p, "properties", &c->properties);
    for (uint32_t i = 0; i < c->partitioned_by_count; i++) {
        print_open(p, "partitioned-by");
        print_node(p, c->partitioned_by[i].transform);
        print_node(p, c->partitioned_by[i].column);
        print_close(p);
    }
    print_flag(p, c->has_cluster_by, "cluster-by");
    print_flag(p, c->cluster_by_auto, "auto");
    print_flag(p, c->cluster_by_none, "none");
    print_list(p, NULL, &c->cluster_by);
    print_idents(p, "buckets", &c->bucket_columns);
    print_list(p, "sorted", &c->bucket_sort);
    print_node(p, c->bucket_count);
    print_idents(p, "skewed-by", &c->skewed_by);
    print_list(p, "on", &c->skewed_on);
    print_flag(p, c->skewed_directories, "directories");
    print_labelled(p, "location", c->location);
    print_labelled(p, "managed-location", c->managed_location);
    print_labelled(p, "comment", c->comment);
    print_given(p, "collation", &c->collation);
    print_given(p, "stored-as", &c->stored_as);
    print_labelled(p, "input", c->input_format);
    print_labelled(p, "output", c->output_format);
    print_labelled(p, "stored-by", c->stored_by);
    print_list(p, "properties", &c->stored_by_properties);
    print_node(p, c->row_format);
    print_part(p, "row-filter", c->row_filter);
    print_list(p, "on", &c->row_filter_on);
    print_given(p, "schema", &c->schema_binding);
    print_idents(p, "partitioned-on", &c->partitioned_on);
    print_labelled(p, "schedule", c->schedule);
}

/* ---- DML ------------------------------------------------------------------------------------------------ */

static void print_insert(ast_printer *p, const ast_insert *i) {
    print_flag(p, i->overwrite, "overwrite");
    print_flag(p, i->with_schema_evolution, "evolution");
    print_node(p, i->table);
    print_list(p, "options", &i->options);
    print_given(p, "as", &i->table_alias);
    print_node(p, i->partition);
    print_flag(p, i->if_not_exists, "if-not-exists");
    print_flag(p, i->by_name, "by-name");
    print_idents(p, "columns", &i->columns);
    print_part(p, "replace-where", i->replace_where);
    print_idents(p, "replace-using", &i->replace_using);
    print_part(p, "replace-on", i->replace_on);
    print_flag(p, i->default_values, "default-values");
    print_node(p, i->source);
}

static void print_with(ast_printer *p, bool recursive, const ast_list *ctes) {
    print_flag(p, recursive, "recursive");
    print_list(p, "with", ctes);
}

static void print_update(ast_printer *p, const ast_update *u) {
    print_with(p, u->recursive, &u->ctes);
    print_node(p, u->table);
    print_alias(p, &u->alias);
    print_list(p, NULL, &u->assignments);
    print_part(p, "from", u->from);
    print_part(p, "where", u->where);
}

static void print_merge_clause(ast_printer *p, const ast_merge_clause *c) {
    static const char *const matches[] = {"matched", "not-matched", "not-matched-by-source"};
    static const char *const actions[] = {"update", "update-all", "insert", "insert-all", "delete"};
    print_word(p, matches[c->match]);
    print_part(p, "and", c->condition);
    print_word(p, actions[c->action]);
    print_list(p, NULL, &c->assignments);
    print_list(p, "except", &c->except);
    print_list(p, "columns", &c->columns);
    print_list(p, "values", &c->values);
}

static void print_merge(ast_printer *p, const ast_merge *m) {
    print_with(p, m->recursive, &m->ctes);
    print_flag(p, m->with_schema_evolution, "evolution");
    print_node(p, m->target);
    print_alias(p, &m->target_alias);
    print_part(p, "using", m->source);
    print_part(p, "on", m->on);
    print_list(p, NULL, &m->clauses);
}

static void print_copy_into(ast_printer *p, const ast_copy_into *c) {
    print_node(p, c->table);
    print_idents(p, "columns", &c->columns);
    print_flag(p, c->by_position, "by-position");
    print_labelled(p, "path", c->path);
    print_node(p, c->query);
    print_list(p, "credential", &c->credential);
    print_given(p, "credential", &c->credential_name);
    print_given(p, "format", &c->file_format);
    print_flag(p, c->validate, "validate");
    print_flag(p, c->validate_all, "all");
    print_node(p, c->validate_rows);
    print_list(p, "files", &c->files);
    print_labelled(p, "pattern", c->pattern);
    print_list(p, "format-options", &c->format_options);
    print_list(p, "copy-options", &c->copy_options);
}

static void print_delete(ast_printer *p, const ast_delete *d) {
    print_with(p, d->recursive, &d->ctes);
    print_node(p, d->table);
    print_alias(p, &d->alias);
    print_part(p, "using", d->using_relation);
    print_part(p, "where", d->where);
}

static bool print_dml_fields(ast_printer *p, const ast_node *n) {
    switch (n->kind) {
        case AST_INSERT: print_insert(p, AST_AS(ast_insert, n)); return true;
        case AST_MULTI_INSERT:
            print_with(p, AST_AS(ast_multi_insert, n)->recursive, &AST_AS(ast_multi_insert, n)->ctes);
            print_part(p, "from", AST_AS(ast_multi_insert, n)->from);
            print_list(p, NULL, &AST_AS(ast_multi_insert, n)->branches);
            return true;
        case AST_INSERT_DIRECTORY:
            print_flag(p, AST_AS(ast_insert_directory, n)->local, "local");
            print_labelled(p, "path", AST_AS(ast_insert_directory, n)->path);
            print_node(p, AST_AS(ast_insert_directory, n)->clauses);
            print_node(p, AST_AS(ast_insert_directory, n)->source);
            return true;
        case AST_UPDATE: print_update(p, AST_AS(ast_update, n)); return true;
        case AST_DELETE: print_delete(p, AST_AS(ast_delete, n)); return true;
        case AST_MERGE: print_merge(p, AST_AS(ast_merge, n)); return true;
        case AST_MERGE_CLAUSE: print_merge_clause(p, AST_AS(ast_merge_clause, n)); return true;
        case AST_COPY_INTO: print_copy_into(p, AST_AS(ast_copy_into, n)); return true;
        case AST_COPY_TO:
            print_node(p, AST_AS(ast_copy_to, n)->table);
            print_idents(p, "columns", &AST_AS(ast_copy_to, n)->columns);
            print_node(p, AST_AS(ast_copy_to, n)->query);
            print_labelled(p, "path", AST_AS(ast_copy_to, n)->path);
            print_list(p, "options", &AST_AS(ast_copy_to, n)->options);
            return true;
        case AST_LOAD_DATA:
            print_flag(p, AST_AS(ast_load_data, n)->local, "local");
            print_flag(p, AST_AS(ast_load_data, n)->overwrite, "overwrite");
            print_labelled(p, "path", AST_AS(ast_load_data, n)->path);
            print_node(p, AST_AS(ast_load_data, n)->table);
            print_node(p, AST_AS(ast_load_data, n)->partition);
            return true;
        default: return false;
    }
}

/* ---- CREATE ----------------------------------------------------------------------------------------------- */

static void print_create_table(ast_printer *p, const ast_create_table *t) {
    print_flag(p, t->or_replace, "or-replace");
    print_flag(p, t->replace_only, "replace");
    print_flag(p, t->temporary, "temporary");
    print_flag(p, t->external, "external");
    print_flag(p, t->streaming, "streaming");
    print_flag(p, t->if_not_exists, "if-not-exists");
    print_node(p, t->name);
    print_list(p, NULL, &t->columns);
    print_list(p, NULL, &t->constraints);
    print_node(p, t->clauses);
    print_node(p, t->query);
}

static void print_create_view(ast_printer *p, const ast_create_view *v) {
    static const char *const types[] = {"", "temp", "global-temp", "materialized"};
    print_flag(p, v->type != AST_VIEW_PLAIN, types[v->type]);
    print_flag(p, v->or_replace, "or-replace");
    print_flag(p, v->if_not_exists, "if-not-exists");
    print_node(p, v->name);
    print_list(p, NULL, &v->columns);
    print_list(p, NULL, &v->constraints);
    print_node(p, v->clauses);
    print_node(p, v->query);
    print_labelled(p, "text", v->query_text);
}

static void print_create_function(ast_printer *p, const ast_create_function *f) {
    print_flag(p, f->procedure, "procedure");
    print_flag(p, f->or_replace, "or-replace");
    print_flag(p, f->temporary, "temporary");
    print_flag(p, f->if_not_exists, "if-not-exists");
    print_node(p, f->name);
    print_list(p, "parameters", &f->parameters);
    print_part(p, "returns", f->return_type);
    print_flag(p, f->returns == AST_RETURNS_TABLE, "returns-table");
    print_list(p, NULL, &f->return_columns);
    print_given(p, "language", &f->language);
    print_given(p, "specific", &f->specific);
    print_flag(p, f->deterministic, "deterministic");
    print_flag(p, f->not_deterministic, "not-deterministic");
    print_given(p, "access", &f->data_access);
    print_given(p, "null-call", &f->null_call);
    print_given(p, "security", &f->security);
    print_labelled(p, "comment", f->comment);
    print_part(p, "return", f->body_expr);
    print_part(p, "return", f->body_query);
    print_node(p, f->body_block);
    print_labelled(p, "text", f->body_text);
    print_list(p, "resources", &f->resources);
}

static void print_create_schema(ast_printer *p, const ast_create_schema *s) {
    print_flag(p, s->if_not_exists, "if-not-exists");
    print_node(p, s->name);
    print_labelled(p, "comment", s->comment);
    print_labelled(p, "location", s->location);
    print_labelled(p, "managed-location", s->managed_location);
    print_given(p, "collation", &s->collation);
    print_list(p, "properties", &s->properties);
}

static void print_create_catalog(ast_printer *p, const ast_create_catalog *c) {
    print_flag(p, c->if_not_exists, "if-not-exists");
    print_node(p, c->name);
    print_given(p, "using", &c->provider);
    print_labelled(p, "comment", c->comment);
    print_labelled(p, "managed-location", c->managed_location);
    print_given(p, "collation", &c->collation);
    print_list(p, "options", &c->options);
}

static void print_create_like(ast_printer *p, const ast_create_table_like *t) {
    print_flag(p, t->or_replace, "or-replace");
    print_flag(p, t->temporary, "temporary");
    print_flag(p, t->if_not_exists, "if-not-exists");
    print_node(p, t->name);
    print_part(p, "like", t->source);
    print_node(p, t->clauses);
}

static void print_clone(ast_printer *p, const ast_clone_table *t) {
    print_flag(p, t->or_replace, "or-replace");
    print_flag(p, t->if_not_exists, "if-not-exists");
    print_word(p, t->shallow ? "shallow" : "deep");
    print_node(p, t->name);
    print_node(p, t->source);
    print_node(p, t->clauses);
}

static void print_create_using(ast_printer *p, const ast_create_temp_view_using *v) {
    print_flag(p, v->or_replace, "or-replace");
    print_flag(p, v->global, "global");
    print_node(p, v->name);
    print_list(p, NULL, &v->columns);
    print_part(p, "using", v->provider);
    print_list(p, "options", &v->options);
}

static void print_create_index(ast_printer *p, const ast_create_index *i) {
    print_flag(p, i->if_not_exists, "if-not-exists");
    print_ident(p, &i->name);
    print_part(p, "on", i->table);
    print_given(p, "using", &i->method);
    print_list(p, "columns", &i->columns);
    print_list(p, "options", &i->options);
}

static bool print_create_fields(ast_printer *p, const ast_node *n) {
    switch (n->kind) {
        case AST_CREATE_TABLE: print_create_table(p, AST_AS(ast_create_table, n)); return true;
        case AST_CREATE_TABLE_LIKE: print_create_like(p, AST_AS(ast_create_table_like, n)); return true;
        case AST_CLONE_TABLE: print_clone(p, AST_AS(ast_clone_table, n)); return true;
        case AST_CREATE_VIEW: print_create_view(p, AST_AS(ast_create_view, n)); return true;
        case AST_CREATE_TEMP_VIEW_USING:
            print_create_using(p, AST_AS(ast_create_temp_view_using, n));
            return true;
        case AST_CREATE_SCHEMA: print_create_schema(p, AST_AS(ast_create_schema, n)); return true;
        case AST_CREATE_CATALOG: print_create_catalog(p, AST_AS(ast_create_catalog, n)); return true;
        case AST_CREATE_FUNCTION: print_create_function(p, AST_AS(ast_create_function, n)); return true;
        case AST_CREATE_INDEX: print_create_index(p, AST_AS(ast_create_index, n)); return true;
        default: return false;
    }
}

/* ---- ALTER and the rest -------------------------------------------------------------------------------------- */

static const char *const print_alter_names[] = {
    "add-columns",      "replace-columns",  "drop-columns",       "rename-column",     "change-column",
    "column-type",      "column-comment",   "column-position",    "column-not-null",   "column-drop-not-null",
    "column-default",   "column-drop-default", "column-mask",     "column-drop-mask",  "column-sync-identity",
    "column-tags",      "column-unset-tags", "columns",           "rename",            "properties",
    "unset-properties", "serde",            "add-partitions",     "drop-partitions",   "rename-partition",
    "recover-partitions", "location",       "cluster-by",         "add-constraint",    "drop-constraint",
    "row-filter",       "drop-row-filter",  "owner",              "tags",              "unset-tags",
    "drop-feature",     "collation",        "schema-binding",     "as",                "comment"};
static_assert(ARRAY_COUNT(print_alter_names) == AST_ALTER_SET_COMMENT + 1, "a name for each action");

static void print_alter(ast_printer *p, const ast_alter *a) {
    print_open(p, print_alter_names[a->action]);
    print_flag(p, a->if_exists, "if-exists");
    print_flag(p, a->if_not_exists, "if-not-exists");
    print_node(p, a->column);
    print_list(p, NULL, &a->columns);
    print_list(p, NULL, &a->names);
    if (ast_ident_given(&a->new_name)) print_ident(p, &a->new_name);
    print_node(p, a->name);
    print_node(p, a->type);
    print_string(p, a->comment);
    print_node(p, a->value);
    print_list(p, NULL, &a->values);
    print_list(p, NULL, &a->properties);
    print_position(p, a->position, &a->after);
    print_node(p, a->partition);
    print_list(p, "partitions", &a->partitions);
    print_node(p, a->constraint);
    print_node(p, a->clauses);
    print_node(p, a->query);
    print_labelled(p, "text", a->text);
    print_flag(p, a->cascade, "cascade");
    print_flag(p, a->purge, "purge");
    for (uint32_t i = 0; i < a->action_count; i++) print_alter(p, &a->actions[i]);
    print_close(p);
}

static void print_drop(ast_printer *p, const ast_drop *d) {
    print_word(p, print_object_name(d->object));
    print_flag(p, d->if_exists, "if-exists");
    print_node(p, d->name);
    print_part(p, "on", d->on);
    print_flag(p, d->cascade, "cascade");
    print_flag(p, d->restrict_given, "restrict");
    print_flag(p, d->purge, "purge");
}

static void print_analyze(ast_printer *p, const ast_analyze *a) {
    print_flag(p, a->all_tables, "tables");
    print_node(p, a->name);
    print_node(p, a->partition);
    print_given(p, "mode", &a->mode);
    print_flag(p, a->all_columns, "all-columns");
    print_idents(p, "columns", &a->columns);
}

static bool print_alter_fields(ast_printer *p, const ast_node *n) {
    switch (n->kind) {
        case AST_ALTER_TABLE:
            print_node(p, AST_AS(ast_alter_table, n)->table);
            print_alter(p, &AST_AS(ast_alter_table, n)->alter);
            return true;
        case AST_ALTER_VIEW:
            print_flag(p, AST_AS(ast_alter_view, n)->materialized, "materialized");
            print_node(p, AST_AS(ast_alter_view, n)->view);
            print_alter(p, &AST_AS(ast_alter_view, n)->alter);
            return true;
        case AST_ALTER_SCHEMA:
            print_word(p, print_object_name(AST_AS(ast_alter_schema, n)->object));
            print_node(p, AST_AS(ast_alter_schema, n)->name);
            print_alter(p, &AST_AS(ast_alter_schema, n)->alter);
            return true;
        case AST_DROP: print_drop(p, AST_AS(ast_drop, n)); return true;
        case AST_TRUNCATE:
            print_node(p, AST_AS(ast_truncate, n)->table);
            print_node(p, AST_AS(ast_truncate, n)->partition);
            return true;
        case AST_COMMENT_ON:
            print_word(p, print_object_name(AST_AS(ast_comment_on, n)->object));
            print_node(p, AST_AS(ast_comment_on, n)->name);
            print_string(p, AST_AS(ast_comment_on, n)->comment);
            return true;
        case AST_ANALYZE: print_analyze(p, AST_AS(ast_analyze, n)); return true;
        default: return false;
    }
}

bool print_change_fields(ast_printer *p, const ast_node *n) {
    switch (n->kind) {
        case AST_ASSIGNMENT:
            print_node(p, AST_AS(ast_assignment, n)->target);
            print_node(p, AST_AS(ast_assignment, n)->value);
            return true;
        case AST_PROPERTY:
            print_string(p, AST_AS(ast_property, n)->key);
            print_node(p, AST_AS(ast_property, n)->value);
            return true;
        case AST_PARTITION_SPEC: print_partition(p, AST_AS(ast_partition_spec, n)); return true;
        case AST_COLUMN_DEF: print_column(p, AST_AS(ast_column_def, n)); return true;
        case AST_CONSTRAINT: print_constraint(p, AST_AS(ast_constraint, n)); return true;
        case AST_TABLE_CLAUSES: print_clauses(p, AST_AS(ast_table_clauses, n)); return true;
        default:
            return print_dml_fields(p, n) || print_create_fields(p, n) || print_alter_fields(p, n);
    }
}
