/* statement_alter.c - ALTER TABLE and ALTER VIEW: a copy of the definition is changed and handed to
 * the catalog. */
#include "session/ddl.h"
#include "session/object_info.h"
#include "session/partition.h"

#include "catalog/table_write.h"

/* The definition under change. Arrays are copies in the statement's arena with room for additions.
 */
typedef struct alter_state {
    statement_call *call;
    const catalog_table *table;
    catalog_info info;
    catalog_table_def def;
    catalog_column *columns;
    catalog_constraint *constraints;
} alter_state;

static string_view alter_last_part(const ast_name *name) {
    return name->parts.items[name->parts.count - 1].text;
}

static dbx_status alter_begin(alter_state *s, uint32_t more_columns) {
    arena *a = &s->call->execution->arena;
    s->info = s->table->base.info;
    s->def = s->table->def;
    s->columns = ARENA_ARRAY(a, catalog_column, s->def.column_count + more_columns);
    s->constraints = ARENA_ARRAY(a, catalog_constraint, s->def.constraint_count + 1);
    if (s->columns == NULL || s->constraints == NULL) return error_nomem(s->call->execution->err);
    for (uint32_t i = 0; i < s->def.column_count; i++) s->columns[i] = s->def.columns[i];
    for (uint32_t i = 0; i < s->def.constraint_count; i++)
        s->constraints[i] = s->def.constraints[i];
    s->def.columns = s->columns;
    s->def.constraints = s->constraints;
    return DBX_OK;
}

static dbx_status alter_commit(alter_state *s) {
    execution *e = s->call->execution;
    return catalog_alter_table(e->query.txn, s->table, &s->info, &s->def, NULL, e->err);
}

static const char *alter_table_name(const alter_state *s) {
    const catalog_object *o = &s->table->base;
    string_view parts[] = {o->catalog_name, o->schema_name, o->info.name};
    return statement_quote(s->call, o->is_temporary ? &parts[2] : parts, o->is_temporary ? 1 : 3);
}

/* Index of a top-level column; raises when there is none. */
static dbx_status alter_column_index(alter_state *s, const ast_name *name, uint32_t *out) {
    if (name->parts.count != 1) return statement_unsupported(s->call, "ALTER of a nested field");
    string_view wanted = alter_last_part(name);
    int32_t at = catalog_table_column(s->table, wanted);
    if (at >= 0) {
        *out = (uint32_t)at;
        return DBX_OK;
    }
    return error_raise(s->call->execution->err, ERR_UNRESOLVED_COLUMN__WITHOUT_SUGGESTION,
                       name->node.span, "objectName", statement_quote(s->call, &wanted, 1), NULL);
}

static void alter_move(catalog_column *columns, uint32_t from, uint32_t to) {
    catalog_column moved = columns[from];
    for (uint32_t i = from; i < to; i++) columns[i] = columns[i + 1];
    for (uint32_t i = from; i > to; i--) columns[i] = columns[i - 1];
    columns[to] = moved;
}

static dbx_status alter_place(alter_state *s, uint32_t column, ast_position position,
                              const ast_ident *after) {
    if (position == AST_POSITION_NONE) return DBX_OK;
    uint32_t to = 0;
    if (position == AST_POSITION_AFTER) {
        uint32_t i = 0;
        while (i < s->def.column_count && !sv_equal_ignore_case(s->columns[i].name, after->text))
            i++;
        if (i == s->def.column_count) {
            return error_raise(s->call->execution->err, ERR_UNRESOLVED_COLUMN__WITHOUT_SUGGESTION,
                               after->span, "objectName", statement_quote(s->call, &after->text, 1),
                               NULL);
        }
        to = i < column ? i + 1 : i;
    }
    alter_move(s->columns, column, to);
    return DBX_OK;
}

static dbx_status alter_add_columns(alter_state *s, const ast_alter *alter) {
    TRY(alter_begin(s, alter->columns.count));
    for (uint32_t i = 0; i < alter->columns.count; i++) {
        const ast_column_def *def = AST_AS(ast_column_def, alter->columns.items[i]);
        catalog_column column;
        TRY(statement_column(s->call, def, &column));
        if (catalog_table_column(s->table, column.name) >= 0) {
            if (alter->if_not_exists) continue;
            return error_raise(s->call->execution->err, ERR_FIELD_ALREADY_EXISTS, def->node.span,
                               "op", "add", "fieldNames", statement_quote(s->call, &column.name, 1),
                               "struct", alter_table_name(s), NULL);
        }
        if (!column.nullable && table_row_count(s->table) > 0) {
            return statement_unsupported(s->call,
                                         "adding a NOT NULL column to a table that has rows");
        }
        s->columns[s->def.column_count++] = column;
        TRY(alter_place(s, s->def.column_count - 1, def->position, &def->after));
    }
    return alter_commit(s);
}

static dbx_status alter_drop_columns(alter_state *s, const ast_alter *alter) {
    TRY(alter_begin(s, 0));
    for (uint32_t i = 0; i < alter->names.count; i++) {
        const ast_name *name = AST_AS(ast_name, alter->names.items[i]);
        string_view wanted = alter_last_part(name);
        uint32_t at = 0;
        while (at < s->def.column_count && !sv_equal_ignore_case(s->columns[at].name, wanted)) at++;
        if (at == s->def.column_count) {
            if (alter->if_exists) continue;
            uint32_t unused;
            return alter_column_index(s, name, &unused);
        }
        alter_move(s->columns, at, s->def.column_count - 1);
        s->def.column_count--;
    }
    return alter_commit(s);
}

/* A type that the same stored values serve, or the change needs the rows rewritten. */
static dbx_status alter_column_type(alter_state *s, uint32_t column, const ast_type *written) {
    type t;
    TRY(binder_bind_type(&s->call->execution->binder, written, &t));
    if (type_equal(t, s->columns[column].type)) return DBX_OK;
    if (!type_same_layout(t, s->columns[column].type)) {
        execution *e = s->call->execution;
        return error_raise(e->err, ERR_NOT_SUPPORTED_CHANGE_COLUMN, written->node.span, "table",
                           alter_table_name(s), "originName",
                           statement_quote(s->call, &s->columns[column].name, 1), "originType",
                           type_sql(&e->arena, s->columns[column].type), "newName",
                           statement_quote(s->call, &s->columns[column].name, 1), "newType",
                           type_sql(&e->arena, t), NULL);
    }
    s->columns[column].type = t;
    return DBX_OK;
}

static dbx_status alter_one_column(alter_state *s, const ast_alter *alter) {
    uint32_t at;
    TRY(alter_column_index(s, alter->column, &at));
    TRY(alter_begin(s, 0));
    catalog_column *column = &s->columns[at];
    switch (alter->action) {
    case AST_ALTER_RENAME_COLUMN:
        column->name = alter->new_name.text;
        break;
    case AST_ALTER_COLUMN_TYPE:
        TRY(alter_column_type(s, at, alter->type));
        break;
    case AST_ALTER_COLUMN_COMMENT:
        column->comment = alter->comment;
        break;
    case AST_ALTER_COLUMN_POSITION:
        TRY(alter_place(s, at, alter->position, &alter->after));
        break;
    case AST_ALTER_COLUMN_DROP_NOT_NULL:
        column->nullable = true;
        break;
    case AST_ALTER_COLUMN_SET_NOT_NULL:
        if (table_row_count(s->table) > 0) {
            return statement_unsupported(s->call, "SET NOT NULL on a table that has rows");
        }
        column->nullable = false;
        break;
    case AST_ALTER_COLUMN_SET_DEFAULT:
        column->default_text = alter->text;
        break;
    case AST_ALTER_COLUMN_DROP_DEFAULT:
        column->default_text = (string_view){0};
        break;
    case AST_ALTER_CHANGE_COLUMN: {
        const ast_column_def *def = AST_AS(ast_column_def, alter->columns.items[0]);
        column->name = def->name->parts.items[0].text;
        if (def->comment.data != NULL) column->comment = def->comment;
        if (def->type != NULL) TRY(alter_column_type(s, at, def->type));
        TRY(alter_place(s, at, def->position, &def->after));
        break;
    }
    default:
        return statement_unsupported(s->call, "this ALTER COLUMN");
    }
    return alter_commit(s);
}

/* Old properties with the given ones set or, where `remove`, taken out. */
static dbx_status alter_properties(statement_call *call, const ast_alter *alter, bool remove,
                                   catalog_info *info) {
    const catalog_property *given;
    uint32_t given_count;
    TRY(statement_properties(call, &alter->properties, &given, &given_count));
    catalog_property *merged =
        ARENA_ARRAY(&call->execution->arena, catalog_property, info->property_count + given_count);
    if (merged == NULL) return error_nomem(call->execution->err);
    uint32_t n = 0;
    for (uint32_t i = 0; i < given_count; i++) { /* the comment is a property in Spark's eyes */
        if (!sv_equal(given[i].key, SV("comment"))) continue;
        info->comment = remove ? (string_view){0} : given[i].value;
    }
    for (uint32_t i = 0; i < info->property_count; i++) {
        bool replaced = false;
        for (uint32_t k = 0; k < given_count; k++)
            replaced |= sv_equal(info->properties[i].key, given[k].key);
        if (!replaced) merged[n++] = info->properties[i];
    }
    for (uint32_t k = 0; !remove && k < given_count; k++) {
        if (sv_equal(given[k].key, SV("comment"))) continue;
        uint32_t at = n++;
        while (at > 0 && strcmp(merged[at - 1].key.data, given[k].key.data) > 0) {
            merged[at] = merged[at - 1];
            at--;
        }
        merged[at] = given[k];
    }
    info->properties = merged;
    info->property_count = n;
    return DBX_OK;
}

static dbx_status alter_constraint(alter_state *s, const ast_alter *alter) {
    TRY(alter_begin(s, 0));
    if (alter->action == AST_ALTER_ADD_CONSTRAINT) {
        uint32_t n = s->def.constraint_count;
        if (alter->constraint->type == AST_CONSTRAINT_CHECK && table_row_count(s->table) > 0) {
            return statement_unsupported(s->call,
                                         "adding a CHECK constraint to a table that has rows");
        }
        TRY(statement_constraint(s->call, alter->constraint, (string_view){0}, n,
                                 &s->constraints[n]));
        s->def.constraint_count++;
        return alter_commit(s);
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < s->def.constraint_count; i++) {
        bool gone = alter->new_name.text.data != NULL
                        ? sv_equal_ignore_case(s->constraints[i].name, alter->new_name.text)
                        : alter->constraint != NULL &&
                              (int)s->constraints[i].kind == (int)alter->constraint->type;
        if (!gone) s->constraints[kept++] = s->constraints[i];
    }
    if (kept == s->def.constraint_count && !alter->if_exists) {
        return error_raise(s->call->execution->err, ERR_CONSTRAINT_DOES_NOT_EXIST, alter->span,
                           "constraintName", statement_quote(s->call, &alter->new_name.text, 1),
                           "tableName", alter_table_name(s), NULL);
    }
    s->def.constraint_count = kept;
    return alter_commit(s);
}

static dbx_status alter_rename(statement_call *call, const catalog_object *object,
                               const ast_name *name) {
    execution *e = call->execution;
    string_view parts[3];
    catalog_name n;
    TRY(statement_catalog_name(call, name, parts, &n));
    catalog_path to;
    if (n.part_count == 1) {
        to = (catalog_path){object->catalog_name, object->schema_name, parts[0]};
    } else {
        TRY(catalog_complete(&e->query, &n, &to, e->err));
    }
    return catalog_rename_object(e->query.txn, object, &to, e->err);
}

dbx_status table_refuse_plain_files(statement_call *call, const catalog_table *table,
                                    const char *operation, span position) {
    if (!table_is_plain_files(table->def.provider) || call->execution->session->internal_writes > 0)
        return DBX_OK;
    const catalog_object *o = &table->base;
    string_view parts[] = {o->catalog_name, o->schema_name, o->info.name};
    return error_raise(call->execution->err, ERR_UNSUPPORTED_FEATURE__TABLE_OPERATION, position,
                       "tableName", statement_quote(call, parts, 3), "operation", operation, NULL);
}

/* Tables of plain files keep the columns that the files have. */
static dbx_status alter_check_files(alter_state *s, const ast_alter *alter) {
    static const struct {
        ast_alter_action action;
        const char *operation;
    } refused[] = {{AST_ALTER_RENAME_COLUMN, "RENAME COLUMN"},
                   {AST_ALTER_DROP_COLUMNS, "DROP COLUMN"},
                   {AST_ALTER_REPLACE_COLUMNS, "REPLACE COLUMNS"},
                   {AST_ALTER_COLUMN_POSITION, "ALTER COLUMN ... FIRST | AFTER"}};
    for (uint32_t i = 0; i < ARRAY_COUNT(refused); i++) {
        if (refused[i].action == alter->action)
            return table_refuse_plain_files(s->call, s->table, refused[i].operation, alter->span);
    }
    return DBX_OK;
}

static dbx_status alter_table_action(alter_state *s, const ast_alter *alter) {
    TRY(alter_check_files(s, alter));
    switch (alter->action) {
    case AST_ALTER_ADD_COLUMNS:
        return alter_add_columns(s, alter);
    case AST_ALTER_DROP_COLUMNS:
        return alter_drop_columns(s, alter);
    case AST_ALTER_RENAME:
        return alter_rename(s->call, &s->table->base, alter->name);
    case AST_ALTER_SET_PROPERTIES:
    case AST_ALTER_UNSET_PROPERTIES:
        TRY(alter_begin(s, 0));
        TRY(alter_properties(s->call, alter, alter->action == AST_ALTER_UNSET_PROPERTIES,
                             &s->info));
        return alter_commit(s);
    case AST_ALTER_SET_OWNER:
        TRY(alter_begin(s, 0));
        s->info.owner = alter->new_name.text;
        return alter_commit(s);
    case AST_ALTER_SET_COMMENT:
        TRY(alter_begin(s, 0));
        s->info.comment = alter->comment;
        return alter_commit(s);
    case AST_ALTER_DEFAULT_COLLATION:
        TRY(alter_begin(s, 0));
        TRY(statement_default_collation(s->call, &alter->new_name, NULL, &s->info));
        return alter_commit(s);
    case AST_ALTER_ADD_CONSTRAINT:
    case AST_ALTER_DROP_CONSTRAINT:
        return alter_constraint(s, alter);
    case AST_ALTER_RENAME_COLUMN:
    case AST_ALTER_CHANGE_COLUMN:
    case AST_ALTER_COLUMN_TYPE:
    case AST_ALTER_COLUMN_COMMENT:
    case AST_ALTER_COLUMN_POSITION:
    case AST_ALTER_COLUMN_SET_NOT_NULL:
    case AST_ALTER_COLUMN_DROP_NOT_NULL:
    case AST_ALTER_COLUMN_SET_DEFAULT:
    case AST_ALTER_COLUMN_DROP_DEFAULT:
        return alter_one_column(s, alter);
    case AST_ALTER_ADD_PARTITIONS:
    case AST_ALTER_DROP_PARTITIONS:
    case AST_ALTER_RENAME_PARTITION:
        return partition_alter(s->call, s->table, alter);
    default:
        return statement_unsupported(s->call, "this form of ALTER TABLE");
    }
}

dbx_status statement_alter_table(statement_call *call, query_result **out) {
    const ast_alter_table *a = AST_AS(ast_alter_table, call->node);
    const ast_alter *actions = a->alter.action == AST_ALTER_COLUMNS ? a->alter.actions : &a->alter;
    uint32_t count = a->alter.action == AST_ALTER_COLUMNS ? a->alter.action_count : 1;
    for (uint32_t i = 0; i < count; i++) {
        alter_state s = {.call = call};
        TRY(statement_table(call, a->table, "ALTER TABLE", &s.table));
        call->execution->binder.default_collation = catalog_default_collation(&s.table->base.info);
        TRY(alter_table_action(&s, &actions[i]));
    }
    return statement_result_empty(call, out);
}

dbx_status statement_alter_view(statement_call *call, query_result **out) {
    const ast_alter_view *a = AST_AS(ast_alter_view, call->node);
    execution *e = call->execution;
    string_view parts[3];
    catalog_name n;
    TRY(statement_catalog_name(call, a->view, parts, &n));
    const catalog_object *object;
    TRY(catalog_resolve(&e->query, CATALOG_RELATIONS, &n, &object, e->err));
    const catalog_view *view = catalog_as_view(object);
    if (view == NULL) {
        return error_raise(e->err, ERR_EXPECT_VIEW_NOT_TABLE__NO_ALTERNATIVE, a->view->node.span,
                           "tableName", statement_quote(call, parts, n.part_count), "operation",
                           "ALTER VIEW", NULL);
    }
    catalog_info info = view->base.info;
    catalog_view_def def = view->def;
    switch (a->alter.action) {
    case AST_ALTER_RENAME:
        TRY(alter_rename(call, object, a->alter.name));
        return statement_result_empty(call, out);
    case AST_ALTER_SET_PROPERTIES:
    case AST_ALTER_UNSET_PROPERTIES:
        TRY(alter_properties(call, &a->alter, a->alter.action == AST_ALTER_UNSET_PROPERTIES,
                             &info));
        break;
    case AST_ALTER_AS_QUERY: {
        e->binder.default_collation = catalog_default_collation(&info);
        catalog_path path = {object->catalog_name, object->schema_name, object->info.name};
        TRY(view_define(call, a->alter.query, a->alter.text, NULL, object->is_temporary, &path,
                        &info, &def));
        break;
    }
    case AST_ALTER_SCHEMA_BINDING:
        TRY(view_mode(call, &a->alter.new_name, &def.binding));
        break;
    case AST_ALTER_SET_OWNER:
        info.owner = a->alter.new_name.text;
        break;
    default:
        return statement_unsupported(call, "this form of ALTER VIEW");
    }
    TRY(catalog_alter_view(e->query.txn, view, &info, &def, e->err));
    return statement_result_empty(call, out);
}

/* ---- ALTER SCHEMA ---- */

dbx_status statement_alter_schema(statement_call *call, query_result **out) {
    const ast_alter_schema *a = AST_AS(ast_alter_schema, call->node);
    execution *e = call->execution;
    string_view parts[2];
    uint32_t count;
    if (a->object != AST_OBJECT_SCHEMA) return statement_unsupported(call, "ALTER CATALOG");
    TRY(statement_name_parts(call, a->name, parts, 2, &count));
    string_view path[] = {count == 2 ? parts[0] : e->query.current_catalog, parts[count - 1]};
    const catalog_schema *schema = catalog_find_schema(e->query.txn, path[0], path[1]);
    if (schema == NULL) {
        return error_raise(e->err, ERR_SCHEMA_NOT_FOUND, a->name->node.span, "schemaName",
                           statement_quote(call, path, 2), NULL);
    }
    catalog_info info = schema->info;
    switch (a->alter.action) {
    case AST_ALTER_SET_PROPERTIES:
    case AST_ALTER_UNSET_PROPERTIES:
        TRY(alter_properties(call, &a->alter, a->alter.action == AST_ALTER_UNSET_PROPERTIES,
                             &info));
        break;
    case AST_ALTER_SET_OWNER:
        info.owner = a->alter.new_name.text;
        break;
    case AST_ALTER_DEFAULT_COLLATION:
        TRY(statement_default_collation(call, &a->alter.new_name, NULL, &info));
        break;
    case AST_ALTER_SET_LOCATION: /* of tables to come; the database keeps them itself */
        break;
    default:
        return statement_unsupported(call, "this form of ALTER SCHEMA");
    }
    TRY(catalog_alter_schema(e->query.txn, path[0], path[1], &info, e->err));
    return statement_result_empty(call, out);
}
