/* explain_test.c - EXPLAIN in its modes, and the progress of running statements. */
#include <criterion/criterion.h>

#include "dbx.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static dbx_database *db;
static dbx_connection *con;

static void explain_setup(void) {
    dbx_option threads = {"threads", "1"};
    cr_assert(dbx_open(":memory:", &threads, 1, &db, NULL) == DBX_OK);
    cr_assert(dbx_connect(db, &con) == DBX_OK);
}

static void explain_teardown(void) {
    dbx_disconnect(con);
    dbx_close(db);
}

TestSuite(explain, .init = explain_setup, .fini = explain_teardown, .timeout = 120);

static void explain_run_sql(const char *sql) {
    cr_assert(dbx_query(con, sql, NULL) == DBX_OK, "%s: %s", sql, dbx_error_message(con));
}

/* The only value of a statement, as text. */
static const char *explain_text(const char *sql) {
    static char out[16384];
    dbx_result *r;
    cr_assert(dbx_query(con, sql, &r) == DBX_OK, "%s: %s", sql, dbx_error_message(con));
    snprintf(out, sizeof(out), "%s", dbx_value_text(r, 0, 0).data);
    dbx_result_free(r);
    return out;
}

Test(explain, plan) {
    explain_run_sql("CREATE TABLE t AS SELECT id, id % 4 AS g FROM range(300000)");
    cr_assert_str_eq(explain_text("EXPLAIN SELECT id FROM t WHERE id < 10 LIMIT 3"),
                     "== Physical Plan ==\n"
                     "RESULT  ~3 rows\n"
                     "└─ LIMIT 3  ~3 rows\n"
                     "   └─ SCAN `spark_catalog`.`default`.`t` (3 row groups) [id] WHERE (id < 10L)"
                     "  ~10 rows\n");
}

Test(explain, analyze_without_measures) {
    explain_run_sql("CREATE TABLE t AS SELECT id, id % 4 AS g FROM range(300000)");
    explain_run_sql("SET dbx.explain_timing = false");
    /* 300,000 rows are groups of 122,880, 122,880 and 54,240: id < 1000 is in the first alone */
    cr_assert_str_eq(
        explain_text("EXPLAIN ANALYZE SELECT count(*) FROM t WHERE id < 1000"),
        "== Physical Plan ==\n"
        "          rows      estimate  operator\n"
        "             1             1  RESULT\n"
        "             1             1  └─ UNGROUPED_AGGREGATE [count(1)]\n"
        "         1,000         1,000     └─ SCAN `spark_catalog`.`default`.`t` (3 row groups) [id]"
        " WHERE (id < 1000L)  (read 1,000 rows; 2 of 3 row groups pruned)\n"
        "\n"
        "Read 1,000 rows\n");
}

Test(explain, analyze_with_measures) {
    const char *text = explain_text("EXPLAIN ANALYZE SELECT id % 7, count(*) FROM range(100000) "
                                    "GROUP BY ALL ORDER BY 1");
    cr_assert(strstr(text, "time") != NULL && strstr(text, "memory") != NULL, "%s", text);
    cr_assert(strstr(text, "Wall time ") != NULL, "%s", text);
    cr_assert(strstr(text, " on 1 thread ") != NULL, "%s", text);
    cr_assert(strstr(text, "read 100,000 rows") != NULL, "%s", text);
    cr_assert(strstr(text, "             7") != NULL, "%s", text);
}

Test(explain, other_modes) {
    const char *text = explain_text("EXPLAIN FORMATTED SELECT id + 1 AS x FROM range(5)");
    cr_assert(strstr(text, "RESULT (3)\n  PROJECT (2)\n    SCAN (1)\n") != NULL, "%s", text);
    cr_assert(strstr(text, "(2) PROJECT\nOutput: [x]\nArguments: [(id + 1L)]\n") != NULL, "%s",
              text);
    text = explain_text("EXPLAIN COST SELECT id FROM range(5)");
    cr_assert(strstr(text, "== Optimized Logical Plan ==") == text, "%s", text);
    text = explain_text("EXPLAIN CODEGEN SELECT id FROM range(5)");
    cr_assert(strstr(text, "No code is generated") != NULL, "%s", text);
    text = explain_text("EXPLAIN EXTENDED SELECT id FROM range(5)");
    cr_assert(strstr(text, "== Analyzed Logical Plan ==") == text, "%s", text);
    cr_assert_str_eq(explain_text("EXPLAIN CREATE TABLE u (a INT)"),
                     "== Physical Plan ==\nCOMMAND CREATE TABLE\n");
    cr_assert(dbx_query(con, "EXPLAIN ANALYZE CREATE TABLE u (a INT)", NULL) == DBX_ERROR);
}

Test(explain, analyze_writes) {
    explain_run_sql("CREATE TABLE t (a BIGINT)");
    explain_run_sql("EXPLAIN INSERT INTO t VALUES (1)");
    cr_assert_str_eq(explain_text("SELECT count(*) FROM t"), "0");
    explain_run_sql("EXPLAIN ANALYZE INSERT INTO t VALUES (1)");
    cr_assert_str_eq(explain_text("SELECT count(*) FROM t"), "1");
}

/* ---- progress ---- */

typedef struct progress_watch {
    _Atomic bool stop;
    double last;
    uint64_t seen; /* different fractions */
    bool fell, outside;
    uint64_t rows, bytes;
} progress_watch;

static void *progress_poll(void *state) {
    progress_watch *w = state;
    while (!atomic_load(&w->stop)) {
        dbx_progress_info p = dbx_progress(con);
        if (p.fraction >= 0) {
            w->fell |= p.fraction < w->last;
            w->outside |= p.fraction > 1;
            w->seen += p.fraction > w->last;
            w->last = p.fraction;
            w->rows = p.rows_read;
            w->bytes = p.bytes_read;
        }
        usleep(100);
    }
    return NULL;
}

/* Runs a query that reads `rows` rows slowly and watches its progress. */
static progress_watch progress_of(const char *sql) {
    progress_watch w = {.last = -1};
    pthread_t thread;
    cr_assert(pthread_create(&thread, NULL, progress_poll, &w) == 0);
    explain_run_sql(sql);
    atomic_store(&w.stop, true);
    pthread_join(thread, NULL);
    cr_assert(!w.fell && !w.outside, "%s", sql);
    return w;
}

/* A long text makes a row slow enough to be watched. */
#define SLOW "SELECT max(upper(repeat(cast(id AS STRING), 300))) FROM "

Test(explain, progress_of_tables) {
    explain_run_sql("CREATE TABLE t AS SELECT id FROM range(200000)");
    progress_watch w = progress_of(SLOW "t");
    cr_assert(w.seen >= 10, "%llu steps", (unsigned long long)w.seen);
    cr_assert(w.last > 0.5 && w.rows > 100000 && w.bytes > 0);
    cr_assert(dbx_progress(con).fraction == -1); /* nothing runs */
}

Test(explain, progress_of_files) {
    char folder[] = "/tmp/dbx_progress_XXXXXX", sql[512];
    cr_assert(mkdtemp(folder) != NULL);
    const char *formats[] = {"parquet", "csv", "json"};
    for (int i = 0; i < 3; i++) {
        snprintf(sql, sizeof(sql), "COPY (SELECT id FROM range(300000)) TO '%s/x.%s'", folder,
                 formats[i]);
        explain_run_sql(sql);
        snprintf(sql, sizeof(sql), SLOW "'%s/x.%s'", folder, formats[i]);
        progress_watch w = progress_of(sql);
        cr_assert(w.seen >= 2, "%s: %llu steps", formats[i], (unsigned long long)w.seen);
        cr_assert(w.bytes > 0 && w.rows > 0, "%s", formats[i]);
        snprintf(sql, sizeof(sql), "%s/x.%s", folder, formats[i]);
        unlink(sql);
    }
    rmdir(folder);
}
