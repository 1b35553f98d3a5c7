/* sql_fuzz.c - any text as SQL, run to its end: binder, optimizer and executors on statements that
 * nobody wrote. Each input gets a database in memory with a few small tables, little memory and a
 * time limit.
 *
 * Statements may write files, so the program works in an empty folder of its own, and text with a
 * slash or a backslash, which could name another, is not run.
 */
#include "dbx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FUZZ_ROWS_READ_MAX = 1000 };

static const char tables[] =
    "CREATE TABLE t (i INT, b BIGINT, d DOUBLE, s STRING, n DECIMAL(20, 4), day DATE, at "
    "TIMESTAMP, "
    "list ARRAY<INT>, m MAP<STRING, INT>, st STRUCT<x: INT, y: STRING>);"
    "INSERT INTO t VALUES (1, 10, 0.5, 'one', 1.25, DATE'2020-02-29', TIMESTAMP'2020-02-29 "
    "01:02:03', "
    "array(1, 2), map('k', 1), named_struct('x', 1, 'y', 'a')), "
    "(2, NULL, double('NaN'), '', -1, NULL, NULL, array(), map(), NULL), "
    "(NULL, -1, -0.0D, NULL, NULL, DATE'0001-01-01', TIMESTAMP'1969-12-31 23:59:59', NULL, NULL, "
    "named_struct('x', NULL, 'y', 'b'));"
    "CREATE TABLE u AS SELECT id AS i, id % 3 AS g, CAST(id AS STRING) AS s FROM range(100);"
    "CREATE VIEW w AS SELECT g, count(*) AS c FROM u GROUP BY g";

static void must(bool holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "%s\n", what);
    __builtin_trap();
}

/* Looks at every value, so that a bad pointer is met here. */
static void read_result(dbx_result *r) {
    uint64_t rows = dbx_row_count(r);
    if (rows > FUZZ_ROWS_READ_MAX) rows = FUZZ_ROWS_READ_MAX;
    for (uint32_t c = 0; c < dbx_column_count(r); c++) {
        must(dbx_column_name(r, c) != NULL && dbx_column_type_name(r, c) != NULL, "no name");
        for (uint64_t row = 0; row < rows; row++) (void)dbx_value_text(r, c, row);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    static char folder[] = "/tmp/dbx-fuzz-XXXXXX";
    must(mkdtemp(folder) != NULL && chdir(folder) == 0, "no folder to work in");
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (memchr(data, '/', size) != NULL || memchr(data, '\\', size) != NULL) return 0;
    char *sql = malloc(size + 1);
    must(sql != NULL, "out of memory");
    memcpy(sql, data, size);
    sql[size] = '\0';
    dbx_option options[] = {
        {"threads", "1"}, {"memory_limit", "64MB"}, {"statement_timeout_ms", "300"}};
    dbx_database *db;
    dbx_connection *con;
    dbx_result *result = NULL;
    must(dbx_open(":memory:", options, 3, &db, NULL) == DBX_OK, "cannot open");
    must(dbx_connect(db, &con) == DBX_OK, "cannot connect");
    must(dbx_query(con, tables, NULL) == DBX_OK, "the tables cannot be made");
    if (dbx_query(con, sql, &result) != DBX_OK) {
        must(dbx_error_message(con) != NULL && dbx_error_class(con) != NULL,
             "an error without text");
        must(strcmp(dbx_error_class(con), "INTERNAL_ERROR") != 0, dbx_error_message(con));
    } else if (result != NULL) {
        read_result(result);
    }
    dbx_result_free(result);
    dbx_disconnect(con);
    dbx_close(db);
    free(sql);
    return 0;
}
