/* statement_history.c - DESCRIBE HISTORY, RESTORE, VACUUM and FSCK: the versions of a table. */
#include "catalog/history.h"
#include "session/statement.h"

#include <stdio.h>

/* ---- what makes a version ---- */

static const char *history_alter_operation(ast_alter_action action) {
    switch (action) {
    case AST_ALTER_ADD_COLUMNS:
        return "ADD COLUMNS";
    case AST_ALTER_DROP_COLUMNS:
        return "DROP COLUMNS";
    case AST_ALTER_RENAME_COLUMN:
        return "RENAME COLUMN";
    case AST_ALTER_SET_PROPERTIES:
        return "SET TBLPROPERTIES";
    case AST_ALTER_UNSET_PROPERTIES:
        return "UNSET TBLPROPERTIES";
    case AST_ALTER_ADD_CONSTRAINT:
        return "ADD CONSTRAINT";
    case AST_ALTER_DROP_CONSTRAINT:
        return "DROP CONSTRAINT";
    default:
        return "CHANGE COLUMN";
    }
}

const char *statement_operation(const ast_node *node) {
    switch (node->kind) {
    case AST_INSERT:
        return "WRITE";
    case AST_UPDATE:
        return "UPDATE";
    case AST_DELETE:
        return "DELETE";
    case AST_MERGE:
        return "MERGE";
    case AST_TRUNCATE:
        return "TRUNCATE";
    case AST_CREATE_TABLE:
        return AST_AS(ast_create_table, node)->query != NULL ? "CREATE TABLE AS SELECT"
                                                             : "CREATE TABLE";
    case AST_ALTER_TABLE:
        return history_alter_operation(AST_AS(ast_alter_table, node)->alter.action);
    case AST_MAINTENANCE:
        return AST_AS(ast_maintenance, node)->type == AST_MAINTAIN_RESTORE ? "RESTORE" : NULL;
    default:
        return NULL;
    }
}

/* ---- DESCRIBE HISTORY ---- */

/* The rows as SQL, so that their columns have the types that clients expect. */
static dbx_status history_query(statement_call *call, const catalog_table *table, buffer *sql) {
    session *s = call->execution->session;
    const char *user = statement_quote_string(call, s->user_name);
    if (user == NULL) return DBX_NOMEM;
    TRY(buffer_printf(
        sql,
        "SELECT version, timestamp, CAST(NULL AS STRING) AS userId, userName, operation, "
        "operationParameters, CAST(NULL AS STRUCT<jobId: STRING, jobName: STRING, jobRunId: "
        "STRING, runId: STRING, jobOwnerId: STRING, triggerType: STRING>) AS job, CAST(NULL AS "
        "STRUCT<notebookId: STRING>) AS notebook, CAST(NULL AS STRING) AS clusterId, readVersion, "
        "'SnapshotIsolation' AS isolationLevel, isBlindAppend, operationMetrics, CAST(NULL AS "
        "STRING) AS userMetadata, 'dbx/%s' AS engineInfo FROM VALUES ",
        dbx_version()));
    uint32_t count = catalog_version_count(table);
    for (uint32_t i = count; i > 0; i--) {
        const catalog_event *e = catalog_version_event(table, i - 1);
        bool append = strcmp(e->operation, "WRITE") == 0 && e->rows_removed == 0;
        char before[32];
        snprintf(before, sizeof(before), "%llu", (unsigned long long)e->number - 1);
        TRY(buffer_printf(sql,
                          "%s(CAST(%llu AS BIGINT), timestamp_micros(%lld), %s, '%s', CAST(map() "
                          "AS MAP<STRING, STRING>), CAST(%s AS BIGINT), %s, "
                          "map('numOutputRows', '%llu', 'numRemovedRows', '%llu'))",
                          i < count ? ", " : "", (unsigned long long)e->number,
                          (long long)e->committed_us, user, e->operation,
                          e->number == 0 ? "NULL" : before, append ? "true" : "false",
                          (unsigned long long)e->rows_added, (unsigned long long)e->rows_removed));
    }
    return buffer_printf(sql, " AS h(version, timestamp, userName, operation, operationParameters, "
                              "readVersion, isBlindAppend, operationMetrics)");
}

dbx_status statement_describe_history(statement_call *call, const ast_name *name,
                                      query_result **out) {
    execution *e = call->execution;
    const catalog_table *table;
    TRY(statement_table(call, name, "DESCRIBE HISTORY", &table));
    if (catalog_version_count(table) == 0)
        return statement_unsupported(call, "the history of a table that keeps no versions");
    buffer sql;
    buffer_init(&sql, &e->query.ledger);
    ast_statement_list list;
    dbx_status status = history_query(call, table, &sql);
    status = status != DBX_OK ? error_nomem(e->err)
                              : parser_parse(&e->arena, buffer_view(&sql), NULL, &list, e->err);
    if (status == DBX_OK)
        status = statement_nested(call, buffer_view(&sql), list.items[0], NULL, out);
    if (status == DBX_OK) (*out)->kind = call->kind;
    buffer_deinit(&sql);
    return status;
}

/* ---- RESTORE ---- */

static dbx_status restore_version(statement_call *call, const ast_maintenance *m,
                                  const catalog_table *table, uint32_t *index) {
    type target = type_simple(m->travel == AST_TRAVEL_VERSION ? TYPE_BIGINT : TYPE_TIMESTAMP);
    const vector *value;
    error *err = call->execution->err;
    TRY(statement_scalar(call, m->travel_to, &target, &value));
    if (vector_is_null(value, 0))
        return error_raise(err, ERR_INVALID_TIME_TRAVEL_TIMESTAMP_EXPR__INPUT, m->travel_to->span,
                           "expr", "NULL", NULL);
    int64_t number = VECTOR_DATA(value, int64_t)[0];
    if (m->travel == AST_TRAVEL_VERSION)
        return catalog_version_of_number(table, number, index, err);
    return catalog_version_of_time(table, number, "the given moment", index, err);
}

dbx_status statement_restore(statement_call *call, const ast_maintenance *m, query_result **out) {
    static const result_builder_column columns[] = {
        {"table_size_after_restore", TYPE_BIGINT, true},
        {"num_of_files_after_restore", TYPE_BIGINT, true},
        {"num_removed_files", TYPE_BIGINT, true},
        {"num_restored_files", TYPE_BIGINT, true},
        {"removed_files_size", TYPE_BIGINT, true},
        {"restored_files_size", TYPE_BIGINT, true}};
    execution *e = call->execution;
    const catalog_table *table;
    uint32_t index;
    TRY(statement_table(call, m->name, "RESTORE TABLE", &table));
    TRY(restore_version(call, m, table, &index));
    const catalog_table *then = catalog_version_table(table, index);
    catalog_difference gone, back;
    TRY(catalog_version_difference(table, then, &gone, e->err));
    TRY(catalog_version_difference(then, table, &back, e->err));
    catalog_difference whole = catalog_version_size(then);
    TRY(catalog_restore_table(e->query.txn, table, index, e->err));
    result_builder b;
    TRY(result_builder_init(&b, &e->session->ledger, call->kind, columns, ARRAY_COUNT(columns)));
    const uint64_t values[] = {whole.bytes, whole.groups, gone.groups,
                               back.groups, gone.bytes,   back.bytes};
    for (uint32_t i = 0; i < ARRAY_COUNT(values); i++)
        result_builder_int64(&b, i, (int64_t)values[i]);
    dbx_status status = result_builder_row(&b);
    if (status != DBX_OK) {
        result_builder_deinit(&b);
        return error_nomem(e->err);
    }
    *out = result_builder_finish(&b);
    return DBX_OK;
}

/* ---- VACUUM ---- */

static dbx_status vacuum_moment(statement_call *call, const ast_maintenance *m,
                                const catalog_table *table, int64_t *out) {
    execution *e = call->execution;
    const int64_t hour_us = (int64_t)3600 * 1000000;
    int64_t retention = catalog_retention_us(table);
    *out = os_wall_clock_us() - retention;
    if (m->hours == NULL) return DBX_OK;
    const vector *value;
    type target = type_simple(TYPE_DOUBLE);
    TRY(statement_scalar(call, m->hours, &target, &value));
    double hours = vector_is_null(value, 0) ? -1 : VECTOR_DATA(value, double)[0];
    if (!(hours >= 0) || hours > 1e6 ||
        (e->session->settings.vacuum_check && hours * (double)hour_us < (double)retention))
        return error_raise(e->err, ERR_DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT, m->hours->span,
                           NULL);
    *out = os_wall_clock_us() - (int64_t)(hours * (double)hour_us);
    return DBX_OK;
}

/* Ends versions in a transaction of its own, so that their pages are free when it is over: the
 * statement's own snapshot, which would keep them, ends first. */
static dbx_status vacuum_run(statement_call *call, const catalog_path *path, int64_t before_us) {
    execution *e = call->execution;
    catalog *c = e->session->db->catalog;
    if (e->own_txn != NULL) {
        txn_rollback(e->own_txn);
        e->own_txn = NULL;
        e->query.txn = NULL;
    }
    struct txn *t;
    TRY(txn_begin(c, e->session->objects, NULL, &t, e->err));
    const catalog_table *table = catalog_as_table(catalog_find_path(t, CATALOG_RELATIONS, path));
    uint32_t count;
    dbx_status status =
        table == NULL ? DBX_OK : catalog_vacuum_table(t, table, before_us, false, &count, e->err);
    if (status != DBX_OK) {
        txn_rollback(t);
        return status;
    }
    TRY(txn_commit(t, e->err));
    TRY(catalog_checkpoint(c, e->err));
    return catalog_checkpoint(c, e->err); /* the first gave pages back that the second cuts off */
}

dbx_status statement_vacuum(statement_call *call, const ast_maintenance *m, query_result **out) {
    static const result_builder_column columns[] = {{"version", TYPE_BIGINT, false}};
    execution *e = call->execution;
    const catalog_table *table;
    int64_t before_us;
    TRY(statement_table(call, m->name, "VACUUM", &table));
    TRY(vacuum_moment(call, m, table, &before_us));
    if (!m->dry_run) {
        if (e->session->txn != NULL)
            return statement_unsupported(call, "VACUUM inside a transaction");
        string_view names[3] = {table->base.catalog_name, table->base.schema_name,
                                table->base.info.name};
        for (uint32_t i = 0; i < 3; i++) {
            names[i] = arena_copy_string(&e->arena, names[i]);
            if (names[i].data == NULL) return error_nomem(e->err);
        }
        catalog_path path = {names[0], names[1], names[2]};
        TRY(vacuum_run(call, &path, before_us));
        return statement_result_empty(call, out);
    }
    uint32_t count;
    TRY(catalog_vacuum_table(e->query.txn, table, before_us, true, &count, e->err));
    result_builder b;
    TRY(result_builder_init(&b, &e->session->ledger, call->kind, columns, 1));
    dbx_status status = DBX_OK;
    for (uint32_t i = 0; i < count && status == DBX_OK; i++) {
        result_builder_int64(&b, 0, (int64_t)catalog_version_event(table, i)->number);
        status = result_builder_row(&b);
    }
    if (status != DBX_OK) {
        result_builder_deinit(&b);
        return error_nomem(e->err);
    }
    *out = result_builder_finish(&b);
    return DBX_OK;
}

/* ---- FSCK ---- */

/* Nothing is repaired: what is damaged is named, and a backup is where it can be had from. */
dbx_status statement_fsck(statement_call *call, const ast_maintenance *m, query_result **out) {
    static const result_builder_column columns[] = {{"blocksVerified", TYPE_BIGINT, false},
                                                    {"bytesVerified", TYPE_BIGINT, false}};
    execution *e = call->execution;
    const catalog_table *table;
    uint64_t blocks, bytes;
    TRY(statement_table(call, m->name, "FSCK REPAIR TABLE", &table));
    TRY(catalog_verify_table(table, &blocks, &bytes, e->err));
    result_builder b;
    TRY(result_builder_init(&b, &e->session->ledger, call->kind, columns, 2));
    result_builder_int64(&b, 0, (int64_t)blocks);
    result_builder_int64(&b, 1, (int64_t)bytes);
    if (result_builder_row(&b) != DBX_OK) {
        result_builder_deinit(&b);
        return error_nomem(e->err);
    }
    *out = result_builder_finish(&b);
    return DBX_OK;
}
