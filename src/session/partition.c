/* partition.c - see partition.h. */
#include "session/partition.h"

#include "eval/program.h"
#include "functions/cast.h"
#include "parser/parser.h"
#include "session/object_info.h"

#include <stdlib.h>

static const char *partition_table_name(statement_call *call, const catalog_table *t, bool full) {
    string_view parts[] = {t->base.catalog_name, t->base.schema_name, t->base.info.name};
    return statement_quote(call, full ? parts : parts + 1, full ? 3 : 2);
}

dbx_status partition_check_table(statement_call *call, const catalog_table *table) {
    if (table->def.partition_column_count > 0) return DBX_OK;
    return error_raise(call->execution->err,
                       ERR_INVALID_PARTITION_OPERATION__PARTITION_SCHEMA_IS_EMPTY, call->node->span,
                       "name", partition_table_name(call, table, true), NULL);
}

/* ---- values ---- */

static dbx_status partition_value_text(statement_call *call, const ast_expr *x, type t,
                                       string_view *out) {
    execution *e = call->execution;
    const vector *value;
    TRY(binder_evaluate(&e->binder, x, NULL, &value));
    if (!type_equal(value->type, t) && !vector_is_null(value, 0)) {
        expr *cast, *constant = expr_constant(&e->arena, value, x->span);
        if (constant == NULL) return error_nomem(e->err);
        TRY(expr_cast_new(&e->arena, &e->query, constant, t, CAST_ANSI, x->span, &cast, e->err));
        TRY(expr_fold(&e->arena, &e->query, cast, &value, e->err));
    }
    if (vector_is_null(value, 0)) {
        *out = SV(PARTITION_NULL);
        return DBX_OK;
    }
    buffer text;
    buffer_init(&text, &e->query.ledger);
    dbx_status status = value_append_text(&text, value, 0, DBX_TEXT_HIVE, &e->query);
    if (status == DBX_OK) *out = arena_copy_string(&e->arena, buffer_view(&text));
    buffer_deinit(&text);
    return status != DBX_OK || out->data == NULL ? error_nomem(e->err) : DBX_OK;
}

static int32_t partition_column_index(const catalog_table *table, string_view name) {
    for (uint32_t i = 0; i < table->def.partition_column_count; i++) {
        if (sv_equal_ignore_case(table->def.partition_columns[i], name)) return (int32_t)i;
    }
    return -1;
}

/* "c, d" of names; for messages. */
static const char *partition_names(statement_call *call, const string_view *names, uint32_t count) {
    char *text = arena_printf(&call->execution->arena, "%s", "");
    for (uint32_t i = 0; text != NULL && i < count; i++) {
        text = arena_printf(&call->execution->arena, "%s%s" SV_FMT, text, i ? ", " : "",
                            SV_ARG(names[i]));
    }
    return text == NULL ? "" : text;
}

static dbx_status partition_incomplete(statement_call *call, const catalog_table *table,
                                       const ast_partition_spec *spec) {
    string_view *given = ARENA_ARRAY(&call->execution->arena, string_view, spec->count);
    if (given == NULL) return error_nomem(call->execution->err);
    for (uint32_t i = 0; i < spec->count; i++) given[i] = spec->items[i].column.text;
    return error_raise(
        call->execution->err, ERR_LEGACY_ERROR_TEMP_1232, spec->node.span, "specKeys",
        partition_names(call, given, spec->count), "partitionColumnNames",
        partition_names(call, table->def.partition_columns, table->def.partition_column_count),
        "tableName", partition_table_name(call, table, true), NULL);
}

dbx_status partition_resolve(statement_call *call, const catalog_table *table,
                             const ast_partition_spec *spec, bool full, string_view **out) {
    execution *e = call->execution;
    uint32_t count = table->def.partition_column_count;
    string_view *values = ARENA_ARRAY(&e->arena, string_view, count);
    if (values == NULL) return error_nomem(e->err);
    TRY(partition_check_table(call, table));
    for (uint32_t i = 0; i < spec->count; i++) {
        const ast_partition_item *item = &spec->items[i];
        int32_t at = partition_column_index(table, item->column.text);
        if (at < 0) {
            return error_raise(e->err, ERR_PARTITIONS_NOT_FOUND, item->column.span, "partitionList",
                               statement_quote(call, &item->column.text, 1), "tableName",
                               partition_table_name(call, table, true), NULL);
        }
        int32_t column = catalog_table_column(table, table->def.partition_columns[at]);
        if (item->value == NULL || column < 0) continue;
        TRY(partition_value_text(call, item->value, table->def.columns[column].type, &values[at]));
    }
    for (uint32_t i = 0; full && i < count; i++) {
        if (values[i].data == NULL) return partition_incomplete(call, table, spec);
    }
    *out = values;
    return DBX_OK;
}

bool partition_matches(const catalog_table *table, const partition *p, const string_view *values) {
    for (uint32_t i = 0; i < table->def.partition_column_count; i++) {
        if (values[i].data != NULL && !sv_equal(p->values[i], values[i])) return false;
    }
    return true;
}

char *partition_path(statement_call *call, const catalog_table *table, const string_view *values) {
    char *text = arena_printf(&call->execution->arena, "%s", "");
    for (uint32_t i = 0; text != NULL && i < table->def.partition_column_count; i++) {
        text = arena_printf(&call->execution->arena, "%s%s" SV_FMT "=" SV_FMT, text, i ? "/" : "",
                            SV_ARG(table->def.partition_columns[i]), SV_ARG(values[i]));
    }
    return text;
}

dbx_status partition_require(statement_call *call, const catalog_table *table,
                             const string_view *values, span position) {
    partition_list list;
    TRY(partition_collect(call, table, &list));
    for (uint32_t i = 0; i < list.count; i++) {
        if (partition_matches(table, &list.items[i], values)) return DBX_OK;
    }
    arena *a = &call->execution->arena;
    char *text = arena_printf(a, "PARTITION (");
    bool any = false;
    for (uint32_t i = 0; text != NULL && i < table->def.partition_column_count; i++) {
        if (values[i].data == NULL) continue;
        text = arena_printf(a, "%s%s%s = " SV_FMT, text, any ? ", " : "",
                            statement_quote(call, &table->def.partition_columns[i], 1),
                            SV_ARG(values[i]));
        any = true;
    }
    if (text != NULL) text = arena_printf(a, "%s)", text);
    if (text == NULL) return error_nomem(call->execution->err);
    return error_raise(call->execution->err, ERR_PARTITIONS_NOT_FOUND, position, "partitionList",
                       text, "tableName", partition_table_name(call, table, false), NULL);
}

/* ---- the list ---- */

static dbx_status partition_push(statement_call *call, const catalog_table *table,
                                 partition_list *list, const partition *p) {
    for (uint32_t i = 0; i < list->count; i++) {
        if (partition_matches(table, &list->items[i], p->values)) return DBX_OK;
    }
    return ARENA_LIST_PUSH(&call->execution->arena, list, *p) == DBX_OK
               ? DBX_OK
               : error_nomem(call->execution->err);
}

/* A path "c=Us/d=1" of ALTER TABLE ADD PARTITION. */
static dbx_status partition_of_path(statement_call *call, const catalog_table *table,
                                    string_view path, partition *out) {
    uint32_t count = table->def.partition_column_count;
    out->values = ARENA_ARRAY(&call->execution->arena, string_view, count);
    if (out->values == NULL) return error_nomem(call->execution->err);
    size_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        at += table->def.partition_columns[i].size + 1;
        if (at > path.size) break;
        size_t end = path.size;
        if (i + 1 < count) { /* the next column's name ends the value */
            string_view next = table->def.partition_columns[i + 1];
            for (end = at; end + next.size + 1 < path.size; end++) {
                if (path.data[end] == '/' && path.data[end + 1 + next.size] == '=' &&
                    sv_equal((string_view){path.data + end + 1, next.size}, next))
                    break;
            }
        }
        out->values[i] = (string_view){path.data + at, end - at};
        at = end + 1;
    }
    return DBX_OK;
}

/* SELECT DISTINCT of the partition columns as texts. */
static dbx_status partition_query(statement_call *call, const catalog_table *table,
                                  query_result **out) {
    execution *e = call->execution;
    buffer sql;
    buffer_init(&sql, &e->query.ledger);
    dbx_status status = buffer_append_sv(&sql, SV("SELECT DISTINCT "));
    for (uint32_t i = 0; status == DBX_OK && i < table->def.partition_column_count; i++) {
        status = buffer_printf(&sql, "%scoalesce(CAST(%s AS STRING), '" PARTITION_NULL "')",
                               i ? ", " : "",
                               statement_quote(call, &table->def.partition_columns[i], 1));
    }
    if (status == DBX_OK)
        status = buffer_printf(&sql, " FROM %s", partition_table_name(call, table, true));
    ast_statement_list list;
    string_view text = buffer_view(&sql);
    if (status == DBX_OK) status = parser_parse(&e->arena, text, NULL, &list, e->err);
    if (status == DBX_OK) status = statement_nested(call, text, list.items[0], NULL, out);
    buffer_deinit(&sql);
    return status;
}

static dbx_status partition_from_rows(statement_call *call, const catalog_table *table,
                                      query_result *rows, partition_list *list) {
    execution *e = call->execution;
    const chunk *c;
    for (;;) {
        TRY(result_next(rows, &c, e->err));
        if (c == NULL) return DBX_OK;
        for (uint32_t row = 0; row < c->rows; row++) {
            partition p = {ARENA_ARRAY(&e->arena, string_view, c->column_count)};
            if (p.values == NULL) return error_nomem(e->err);
            for (uint32_t i = 0; i < c->column_count; i++) {
                vector *v = &c->columns[i];
                string_view text = vstring_view(VECTOR_DATA(v, vstring) + row);
                p.values[i] = arena_copy_string(&e->arena, text);
                if (p.values[i].data == NULL) return error_nomem(e->err);
            }
            TRY(partition_push(call, table, list, &p));
        }
    }
}

typedef struct partition_key {
    char *path;
    partition p;
} partition_key;

static int partition_compare(const void *a, const void *b) {
    return strcmp(((const partition_key *)a)->path, ((const partition_key *)b)->path);
}

static dbx_status partition_sort(statement_call *call, const catalog_table *table,
                                 partition_list *list) {
    partition_key *keys = ARENA_ARRAY(&call->execution->arena, partition_key, list->count);
    if (keys == NULL) return error_nomem(call->execution->err);
    for (uint32_t i = 0; i < list->count; i++) {
        keys[i] =
            (partition_key){partition_path(call, table, list->items[i].values), list->items[i]};
        if (keys[i].path == NULL) return error_nomem(call->execution->err);
    }
    if (list->count > 1) qsort(keys, list->count, sizeof(*keys), partition_compare);
    for (uint32_t i = 0; i < list->count; i++) list->items[i] = keys[i].p;
    return DBX_OK;
}

dbx_status partition_collect(statement_call *call, const catalog_table *table,
                             partition_list *out) {
    const catalog_info *info = &table->base.info;
    *out = (partition_list){0};
    for (uint32_t i = 0; i < info->property_count; i++) {
        string_view key = info->properties[i].key;
        if (!sv_starts_with(key, SV(PROPERTY_PARTITION))) continue;
        size_t skip = sizeof(PROPERTY_PARTITION) - 1;
        partition p;
        TRY(partition_of_path(call, table, (string_view){key.data + skip, key.size - skip}, &p));
        TRY(partition_push(call, table, out, &p));
    }
    if (table->version != NULL) {
        query_result *rows;
        TRY(partition_query(call, table, &rows));
        dbx_status status = partition_from_rows(call, table, rows, out);
        result_free(rows);
        TRY(status);
    }
    return partition_sort(call, table, out);
}

/* ---- ALTER TABLE … PARTITION ---- */

/* The table's properties with one partition's mark set or taken away. */
static dbx_status partition_mark(statement_call *call, catalog_info *info, const char *path,
                                 bool set) {
    char *key = arena_printf(&call->execution->arena, PROPERTY_PARTITION "%s", path);
    if (key == NULL) return error_nomem(call->execution->err);
    return statement_add_property(call, info, key, set ? SV("") : (string_view){0});
}

/* Runs "<head> WHERE c <=> 'Us' AND …" over the table. */
static dbx_status partition_run(statement_call *call, const catalog_table *table, const char *head,
                                const string_view *values) {
    execution *e = call->execution;
    buffer sql;
    buffer_init(&sql, &e->query.ledger);
    dbx_status status = buffer_append_sv(&sql, sv_from(head));
    bool any = false;
    for (uint32_t i = 0; status == DBX_OK && i < table->def.partition_column_count; i++) {
        if (values[i].data == NULL) continue;
        bool is_null = sv_equal(values[i], SV(PARTITION_NULL));
        const char *text = is_null ? "NULL" : statement_quote_string(call, values[i]);
        status =
            text == NULL
                ? DBX_NOMEM
                : buffer_printf(&sql, "%sCAST(%s AS STRING) <=> %s", any ? " AND " : " WHERE ",
                                statement_quote(call, &table->def.partition_columns[i], 1), text);
        any = true;
    }
    ast_statement_list list;
    query_result *rows = NULL;
    if (status == DBX_OK) status = parser_parse(&e->arena, buffer_view(&sql), NULL, &list, e->err);
    e->session->internal_writes++;
    if (status == DBX_OK)
        status = statement_nested(call, buffer_view(&sql), list.items[0], NULL, &rows);
    e->session->internal_writes--;
    result_free(rows);
    buffer_deinit(&sql);
    return status;
}

static dbx_status partition_add(statement_call *call, const catalog_table *table,
                                const ast_alter *alter) {
    catalog_info info = table->base.info;
    partition_list existing;
    TRY(partition_collect(call, table, &existing));
    for (uint32_t i = 0; i < alter->partitions.count; i++) {
        const ast_partition_spec *spec = AST_AS(ast_partition_spec, alter->partitions.items[i]);
        string_view *values;
        TRY(partition_resolve(call, table, spec, true, &values));
        bool found = false;
        for (uint32_t k = 0; k < existing.count; k++)
            found |= partition_matches(table, &existing.items[k], values);
        char *path = partition_path(call, table, values);
        if (path == NULL) return error_nomem(call->execution->err);
        if (found && !alter->if_not_exists) {
            return error_raise(call->execution->err, ERR_PARTITIONS_ALREADY_EXIST, spec->node.span,
                               "partitionList", path, "tableName",
                               partition_table_name(call, table, true), NULL);
        }
        TRY(partition_mark(call, &info, path, true));
    }
    return catalog_alter_table(call->execution->query.txn, table, &info, &table->def, NULL,
                               call->execution->err);
}

static dbx_status partition_drop(statement_call *call, const catalog_table *table,
                                 const ast_alter *alter) {
    execution *e = call->execution;
    partition_list existing;
    TRY(partition_collect(call, table, &existing));
    catalog_info info = table->base.info;
    const char *name = partition_table_name(call, table, true);
    for (uint32_t i = 0; i < alter->partitions.count; i++) {
        const ast_partition_spec *spec = AST_AS(ast_partition_spec, alter->partitions.items[i]);
        string_view *values;
        TRY(partition_resolve(call, table, spec, false, &values));
        bool found = false;
        for (uint32_t k = 0; k < existing.count; k++) {
            if (!partition_matches(table, &existing.items[k], values)) continue;
            found = true;
            char *path = partition_path(call, table, existing.items[k].values);
            if (path == NULL) return error_nomem(e->err);
            TRY(partition_mark(call, &info, path, false));
        }
        if (!found && !alter->if_exists)
            TRY(partition_require(call, table, values, spec->node.span));
        char *head = arena_printf(&e->arena, "DELETE FROM %s", name);
        if (head == NULL) return error_nomem(e->err);
        const catalog_table *now;
        TRY(catalog_alter_table(e->query.txn, table, &info, &table->def, &now, e->err));
        table = now;
        TRY(partition_run(call, table, head, values));
        TRY(statement_table_again(call, table, &table));
        info = table->base.info;
    }
    return DBX_OK;
}

static dbx_status partition_rename(statement_call *call, const catalog_table *table,
                                   const ast_alter *alter) {
    execution *e = call->execution;
    string_view *from, *to;
    const ast_partition_spec *target = AST_AS(ast_partition_spec, alter->partitions.items[0]);
    TRY(partition_resolve(call, table, alter->partition, true, &from));
    TRY(partition_resolve(call, table, target, true, &to));
    TRY(partition_require(call, table, from, alter->partition->node.span));
    char *old_path = partition_path(call, table, from);
    char *new_path = partition_path(call, table, to);
    char *head = arena_printf(&e->arena, "UPDATE %s SET", partition_table_name(call, table, true));
    for (uint32_t i = 0; head != NULL && i < table->def.partition_column_count; i++) {
        const char *column = statement_quote(call, &table->def.partition_columns[i], 1);
        int32_t at = catalog_table_column(table, table->def.partition_columns[i]);
        const char *target_type = type_sql(&e->arena, table->def.columns[at].type);
        const char *text = statement_quote_string(call, to[i]);
        head = target_type == NULL ? NULL
                                   : arena_printf(&e->arena, "%s%s %s = CAST(%s AS %s)", head,
                                                  i ? "," : "", column, text, target_type);
    }
    if (old_path == NULL || new_path == NULL || head == NULL) return error_nomem(e->err);
    catalog_info info = table->base.info;
    TRY(partition_mark(call, &info, old_path, false));
    TRY(partition_mark(call, &info, new_path, true));
    const catalog_table *now;
    TRY(catalog_alter_table(e->query.txn, table, &info, &table->def, &now, e->err));
    return partition_run(call, now, head, from);
}

dbx_status partition_alter(statement_call *call, const catalog_table *table,
                           const ast_alter *alter) {
    TRY(partition_check_table(call, table));
    switch (alter->action) {
    case AST_ALTER_ADD_PARTITIONS:
        return partition_add(call, table, alter);
    case AST_ALTER_DROP_PARTITIONS:
        return partition_drop(call, table, alter);
    default:
        assert(alter->action == AST_ALTER_RENAME_PARTITION);
        return partition_rename(call, table, alter);
    }
}
