/* statement_maintenance.c - OPTIMIZE, VACUUM, REFRESH, CHECKPOINT, ANALYZE, CACHE: upkeep. */
#include "session/ddl.h"
#include "session/object_info.h"
#include "session/partition.h"

#include "catalog/table_write.h"
#include "parser/parser.h"

/* ---- ANALYZE: the optimizer's statistics are kept as rows are written; what users see of them in
 * DESCRIBE is counted here ---- */

/* Bytes that so many rows take as values in memory. */
static uint64_t analyze_bytes(const catalog_table *table, uint64_t rows) {
    uint64_t width = 0;
    for (uint32_t i = 0; i < table->def.column_count; i++)
        width += physical_size(type_physical(table->def.columns[i].type));
    return width * rows;
}

static dbx_status analyze_text(statement_call *call, catalog_info *info, const char *key,
                               uint64_t number) {
    char *text = arena_printf(&call->execution->arena, "%llu", (unsigned long long)number);
    if (text == NULL) return error_nomem(call->execution->err);
    return statement_add_property(call, info, key, sv_from(text));
}

/* Rows of one partition. */
static dbx_status analyze_count(statement_call *call, const catalog_table *table,
                                const partition *p, uint64_t *out) {
    execution *e = call->execution;
    string_view parts[] = {table->base.catalog_name, table->base.schema_name,
                           table->base.info.name};
    char *sql = arena_printf(&e->arena, "SELECT count(*) FROM %s WHERE true",
                             statement_quote(call, parts, 3));
    for (uint32_t i = 0; sql != NULL && i < table->def.partition_column_count; i++) {
        const char *value = sv_equal(p->values[i], SV(PARTITION_NULL))
                                ? "NULL"
                                : statement_quote_string(call, p->values[i]);
        sql = value == NULL
                  ? NULL
                  : arena_printf(&e->arena, "%s AND CAST(%s AS STRING) <=> %s", sql,
                                 statement_quote(call, &table->def.partition_columns[i], 1), value);
    }
    if (sql == NULL) return error_nomem(e->err);
    ast_statement_list list;
    query_result *rows;
    const vector *value;
    TRY(parser_parse(&e->arena, sv_from(sql), NULL, &list, e->err));
    TRY(statement_nested(call, sv_from(sql), list.items[0], NULL, &rows));
    dbx_status status = statement_result_value(call, rows, 0, NULL, &value);
    if (status == DBX_OK) *out = (uint64_t)VECTOR_DATA(value, int64_t)[0];
    result_free(rows);
    return status;
}

static dbx_status analyze_partitions(statement_call *call, const ast_analyze *a,
                                     const catalog_table *table, bool count, catalog_info *info) {
    string_view *values;
    partition_list list;
    arena *mem = &call->execution->arena;
    TRY(partition_resolve(call, table, a->partition, false, &values));
    TRY(partition_require(call, table, values, a->partition->node.span));
    TRY(partition_collect(call, table, &list));
    for (uint32_t i = 0; i < list.count; i++) {
        uint64_t rows = 0;
        if (!partition_matches(table, &list.items[i], values)) continue;
        TRY(analyze_count(call, table, &list.items[i], &rows));
        char *path = partition_path(call, table, list.items[i].values);
        char *key = path ? arena_printf(mem, PROPERTY_PARTITION_STATISTICS "%s", path) : NULL;
        unsigned long long bytes = analyze_bytes(table, rows);
        char *text =
            count ? arena_printf(mem, "%llu bytes, %llu rows", bytes, (unsigned long long)rows)
                  : arena_printf(mem, "%llu bytes", bytes);
        if (key == NULL || text == NULL) return error_nomem(call->execution->err);
        TRY(statement_add_property(call, info, key, sv_from(text)));
    }
    return DBX_OK;
}

dbx_status statement_analyze(statement_call *call, query_result **out) {
    const ast_analyze *a = AST_AS(ast_analyze, call->node);
    execution *e = call->execution;
    if (a->all_tables) return statement_result_empty(call, out);
    const catalog_table *table;
    TRY(statement_table(call, a->name, "ANALYZE TABLE", &table));
    for (uint32_t i = 0; i < a->columns.count; i++) {
        if (catalog_table_column(table, a->columns.items[i].text) >= 0) continue;
        return error_raise(e->err, ERR_COLUMN_NOT_FOUND, a->columns.items[i].span, "colName",
                           statement_quote(call, &a->columns.items[i].text, 1),
                           "caseSensitiveConfig", "\"spark.sql.caseSensitive\"", NULL);
    }
    bool count = a->mode.text.data == NULL || !sv_equal_ignore_case(a->mode.text, SV("NOSCAN"));
    catalog_info info = table->base.info;
    if (a->partition != NULL) {
        TRY(analyze_partitions(call, a, table, count, &info));
    } else if (table->version != NULL) {
        uint64_t rows = table_row_count(table);
        TRY(analyze_text(call, &info, PROPERTY_BYTE_COUNT, analyze_bytes(table, rows)));
        if (count) TRY(analyze_text(call, &info, PROPERTY_ROW_COUNT, rows));
    }
    TRY(catalog_alter_table(e->query.txn, table, &info, &table->def, NULL, e->err));
    return statement_result_empty(call, out);
}

/* Segments are cached by the buffer pool; the statement is accepted when its table exists. */
dbx_status statement_cache(statement_call *call, query_result **out) {
    const ast_cache *c = AST_AS(ast_cache, call->node);
    if (c->type == AST_CACHE_CLEAR) return statement_result_empty(call, out);
    if (c->query != NULL && c->name == NULL) return statement_unsupported(call, "CACHE query");
    if (c->query != NULL) {
        TRY(view_of_cached_query(call, c));
        return statement_result_empty(call, out);
    }
    string_view parts[3];
    catalog_name name;
    TRY(statement_catalog_name(call, c->name, parts, &name));
    const catalog_object *object;
    bool tolerate = c->type == AST_CACHE_UNCACHE && c->if_exists;
    if (!tolerate || catalog_find(&call->execution->query, CATALOG_RELATIONS, &name) != NULL) {
        TRY(catalog_resolve(&call->execution->query, CATALOG_RELATIONS, &name, &object,
                            call->execution->err));
    }
    return statement_result_empty(call, out);
}

dbx_status statement_maintenance(statement_call *call, query_result **out) {
    const ast_maintenance *m = AST_AS(ast_maintenance, call->node);
    execution *e = call->execution;
    const catalog_table *table;
    switch (m->type) {
    case AST_MAINTAIN_REFRESH_TABLE: /* sources read their files anew for each statement */
        TRY(statement_table(call, m->name, "REFRESH TABLE", &table));
        break;
    case AST_MAINTAIN_REFRESH_PATH:
        break;
    case AST_MAINTAIN_REPAIR: /* partitions are found from the rows: there is nothing to repair */
        TRY(statement_table(call, m->name, "MSCK REPAIR TABLE", &table));
        if (table->def.partition_column_count == 0) {
            string_view parts[] = {table->base.catalog_name, table->base.schema_name,
                                   table->base.info.name};
            return error_raise(e->err, ERR_NOT_A_PARTITIONED_TABLE, m->name->node.span, "operation",
                               "MSCK REPAIR TABLE", "tableIdentWithDB",
                               statement_quote(call, parts, 3), NULL);
        }
        break;
    case AST_MAINTAIN_RESTORE:
        return m->name == NULL ? statement_unsupported(call, "RESTORE of a path")
                               : statement_restore(call, m, out);
    case AST_MAINTAIN_FSCK:
        return m->name == NULL ? statement_unsupported(call, "FSCK of a path")
                               : statement_fsck(call, m, out);
    case AST_MAINTAIN_VACUUM:
        return m->name == NULL ? statement_unsupported(call, "VACUUM of a path")
                               : statement_vacuum(call, m, out);
    case AST_MAINTAIN_CHECKPOINT:
        TRY(catalog_checkpoint(e->session->db->catalog, e->err));
        break;
    default:
        return statement_unsupported(call, "this maintenance statement");
    }
    return statement_result_empty(call, out);
}
