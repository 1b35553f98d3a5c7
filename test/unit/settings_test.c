/* settings_test.c - settings that change how a statement runs: limits, threads, timeouts; sharing.
 */
#include <criterion/criterion.h>

#include "common/settings.h"
#include "dbx.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static dbx_database *db;
static dbx_connection *con, *other;

static void settings_setup(void) {
    dbx_option limit = {"memory_limit", "1GB"};
    cr_assert(dbx_open(":memory:", &limit, 1, &db, NULL) == DBX_OK);
    cr_assert(dbx_connect(db, &con) == DBX_OK);
    cr_assert(dbx_connect(db, &other) == DBX_OK);
}

static void settings_teardown(void) {
    dbx_disconnect(other);
    dbx_disconnect(con);
    dbx_close(db);
}

TestSuite(settings, .init = settings_setup, .fini = settings_teardown, .timeout = 120);

static void set(dbx_connection *c, const char *sql) {
    cr_assert(dbx_query(c, sql, NULL) == DBX_OK, "%s: %s", sql, dbx_error_message(c));
}

/* The value of the last column of the first row. */
static const char *shown(dbx_connection *c, const char *sql) {
    static char out[8192];
    dbx_result *r;
    cr_assert(dbx_query(c, sql, &r) == DBX_OK, "%s: %s", sql, dbx_error_message(c));
    snprintf(out, sizeof(out), "%s", dbx_value_text(r, dbx_column_count(r) - 1, 0).data);
    dbx_result_free(r);
    return out;
}

#define LONG_QUERY                                                                                 \
    "SELECT count(*) FROM range(10000000) a JOIN range(10000000) b ON a.id % 7 < b.id % 5"

Test(settings, timeout) {
    const char *names[] = {"SET statement_timeout_ms = 50", "SET STATEMENT_TIMEOUT = 1"};
    for (int i = 0; i < 2; i++) {
        time_t start = time(NULL);
        set(con, names[i]);
        cr_assert(dbx_query(con, LONG_QUERY, NULL) == DBX_CANCELLED);
        cr_assert_str_eq(dbx_error_class(con), "STATEMENT_TIMEOUT");
        cr_assert_str_eq(dbx_error_sqlstate(con), "HYT00");
        cr_assert(time(NULL) - start < 20);
        set(con, "SELECT 1");
        set(con, "RESET");
    }
    /* streams are late, too */
    dbx_result *r;
    uint32_t rows;
    set(con, "SET statement_timeout_ms = 50");
    cr_assert(dbx_query_stream(con, "SELECT id FROM range(100000000000)", &r) == DBX_OK);
    dbx_status status = DBX_OK;
    do status = dbx_result_next(r, &rows);
    while (status == DBX_OK && rows > 0);
    cr_assert(status == DBX_CANCELLED);
    dbx_result_free(r);
    /* a statement inside another does not get a time of its own */
    cr_assert(dbx_query(con, "EXECUTE IMMEDIATE '" LONG_QUERY "'", NULL) == DBX_CANCELLED);
    cr_assert_str_eq(dbx_error_class(con), "STATEMENT_TIMEOUT");
}

Test(settings, memory_limit_is_shared) {
    cr_assert_str_eq(shown(con, "SET memory_limit"), "1GB");
    set(con, "SET memory_limit = 32MB");
    cr_assert_str_eq(shown(other, "SET memory_limit"), "32MB");
    /* 400,000 strings of 1,000 bytes that are all kept */
    const char *big = "SELECT repeat(CAST(id % 10 AS STRING), 1000) FROM range(400000)";
    cr_assert(dbx_query(other, big, NULL) == DBX_NOMEM);
    cr_assert_str_eq(dbx_error_class(other), "OUT_OF_MEMORY");
    set(con, "RESET memory_limit");
    cr_assert_str_eq(shown(other, "SET memory_limit"), "1GB");
    set(other, big);
    cr_assert(dbx_query(con, "SET memory_limit = 1MB", NULL) == DBX_ERROR);
    cr_assert_str_eq(dbx_error_class(con), "INVALID_CONF_VALUE");
    cr_assert_str_eq(shown(con, "SET memory_limit"), "1GB");
    set(con, "SET memory_limit = 64MB");
    set(other, "RESET");
    cr_assert_str_eq(shown(con, "SET memory_limit"), "1GB");
}

Test(settings, threads) {
    set(con, "SET threads = 3");
    cr_assert(strstr(shown(con, "EXPLAIN ANALYZE SELECT 1"), " on 3 threads ") != NULL);
    set(con, "SET threads = 1");
    cr_assert(strstr(shown(con, "EXPLAIN ANALYZE SELECT 1"), " on 1 thread ") != NULL);
    cr_assert_str_eq(shown(other, "SET threads"), "0"); /* the session's own */
}

Test(settings, given_at_open) {
    dbx_database *file = NULL;
    char *message = NULL;
    dbx_option bad = {"memory_limit", "lots"};
    cr_assert(dbx_open(":memory:", &bad, 1, &file, &message) == DBX_ERROR);
    cr_assert(file == NULL && strstr(message, "INVALID_CONF_VALUE") != NULL);
    dbx_free(message);
    dbx_option zone = {"spark.sql.session.timeZone", "Asia/Tokyo"};
    cr_assert(dbx_open(":memory:", &zone, 1, &file, NULL) == DBX_OK);
    dbx_connection *c;
    cr_assert(dbx_connect(file, &c) == DBX_OK);
    cr_assert_str_eq(shown(c, "SELECT current_timezone()"), "Asia/Tokyo");
    set(c, "SET timezone = UTC");
    set(c, "RESET timezone");
    cr_assert_str_eq(shown(c, "SELECT current_timezone()"), "Asia/Tokyo");
    dbx_disconnect(c);
    dbx_close(file);
}

Test(settings, rows_are_documented) {
    uint32_t count;
    const setting_row *rows = settings_rows(&count);
    for (uint32_t i = 0; i < count; i++) {
        cr_assert(settings_find(sv_from(rows[i].name)) == &rows[i], "%s is there twice",
                  rows[i].name);
        cr_assert(strlen(rows[i].doc) > 10 && rows[i].doc[strlen(rows[i].doc) - 1] == '.');
    }
}
