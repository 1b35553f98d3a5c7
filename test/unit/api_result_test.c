/* api_result_test.c - results: columns, typed values, chunks, text, errors, interrupt. */
#include "api_support.h"

#include <pthread.h>
#include <unistd.h>

TestSuite(api_result, .init = api_setup, .fini = api_teardown, .timeout = 60);

Test(api_result, columns) {
    api_do("CREATE TABLE t (a INT NOT NULL, b DECIMAL(10, 2), c ARRAY<STRUCT<x: INT, y: STRING>>)");
    dbx_result *r = api_ask("SELECT * FROM t");
    cr_assert(dbx_column_count(r) == 3);
    cr_assert_str_eq(dbx_column_name(r, 0), "a");
    cr_assert(dbx_column_type(r, 1) == DBX_TYPE_DECIMAL);
    cr_assert(dbx_column_precision(r, 1) == 10 && dbx_column_scale(r, 1) == 2);
    cr_assert(dbx_column_precision(r, 0) == 0);
    cr_assert(!dbx_column_nullable(r, 0) && dbx_column_nullable(r, 1));
    cr_assert_str_eq(dbx_column_type_name(r, 2), "array<struct<x:int,y:string>>");
    cr_assert(dbx_column_name(r, 3) == NULL && dbx_column_type_name(r, 3) == NULL);
    cr_assert_str_eq(dbx_result_kind(r), "SELECT");
    cr_assert(dbx_rows_changed(r) == -1 && dbx_row_count(r) == 0);
    dbx_result_free(r);
    r = api_ask("INSERT INTO t VALUES (1, 2, NULL), (2, NULL, array())");
    cr_assert_str_eq(dbx_result_kind(r), "INSERT");
    cr_assert(dbx_rows_changed(r) == 2 && dbx_column_count(r) == 0);
    dbx_result_free(r);
    r = api_ask("DELETE FROM t WHERE a = 1");
    cr_assert(dbx_rows_changed(r) == 1);
    dbx_result_free(r);
    dbx_result_free(NULL);
}

Test(api_result, values) {
    dbx_result *r =
        api_ask("SELECT true, -5Y, 300S, 70000, 5000000000L, CAST(1.5 AS FLOAT), 2.25D, -12.34, "
                "CAST('12345678901234567890123456789.5' AS DECIMAL(38, 1)), 'text', X'00FF', "
                "DATE'1970-01-11', TIMESTAMP'1970-01-01 00:00:01Z', INTERVAL '1-2' YEAR TO MONTH, "
                "INTERVAL '1 00:00:01' DAY TO SECOND, NULL");
    cr_assert(dbx_value_boolean(r, 0, 0));
    cr_assert(dbx_value_int64(r, 0, 0) == 1);
    int64_t integers[] = {1, -5, 300, 70000, 5000000000, 1, 2, -12, INT64_MAX};
    for (uint32_t i = 0; i < 9; i++)
        cr_assert(dbx_value_int64(r, i, 0) == integers[i], "column %u", i);
    cr_assert(dbx_value_double(r, 1, 0) == -5 && dbx_value_double(r, 5, 0) == 1.5);
    cr_assert(dbx_value_double(r, 6, 0) == 2.25 && dbx_value_double(r, 7, 0) == -12.34);
    dbx_decimal d = dbx_value_decimal(r, 7, 0);
    cr_assert((int64_t)d.lower == -1234 && d.upper == -1 && d.precision == 4 && d.scale == 2);
    d = dbx_value_decimal(r, 3, 0);
    cr_assert(d.lower == 70000 && d.upper == 0 && d.scale == 0);
    d = dbx_value_decimal(r, 8, 0); /* 123456789012345678901234567895, above 2^64 */
    cr_assert(d.upper == 6692605942 && d.lower == 14083847773837265623u);
    dbx_bytes b = dbx_value_bytes(r, 9, 0);
    cr_assert(b.size == 4 && memcmp(b.data, "text", 4) == 0);
    b = dbx_value_bytes(r, 10, 0);
    cr_assert(b.size == 2 && memcmp(b.data, "\0\xFF", 2) == 0);
    cr_assert(dbx_value_date(r, 11, 0).days == 10);
    cr_assert(dbx_value_timestamp(r, 12, 0).micros == 1000000);
    cr_assert(dbx_value_interval(r, 13, 0).months == 14);
    cr_assert(dbx_value_interval(r, 14, 0).micros == 86401000000);
    cr_assert(dbx_value_is_null(r, 15, 0) && !dbx_value_is_null(r, 0, 0));
    /* wrong types and places give nothing */
    cr_assert(dbx_value_is_null(r, 99, 0) && dbx_value_is_null(r, 0, 1));
    cr_assert(dbx_value_int64(r, 9, 0) == 0 && dbx_value_int64(r, 15, 0) == 0);
    cr_assert(dbx_value_bytes(r, 0, 0).data == NULL && dbx_value_text(r, 0, 7).data == NULL);
    cr_assert(dbx_value_date(r, 0, 0).days == 0);
    cr_assert(dbx_value_text(r, 15, 0).data == NULL);
    dbx_result_free(r);
}

Test(api_result, saturation) {
    dbx_result *r = api_ask("SELECT 1e300D, -1e300D, CAST('NaN' AS DOUBLE)");
    cr_assert(dbx_value_int64(r, 0, 0) == INT64_MAX);
    cr_assert(dbx_value_int64(r, 1, 0) == INT64_MIN);
    cr_assert(dbx_value_int64(r, 2, 0) == 0);
    dbx_result_free(r);
}

Test(api_result, text_styles) {
    dbx_result *r = api_ask("SELECT array(1, NULL), map('a', 1), named_struct('x', 'y'), 'a\"b'");
    const char *expected[3][4] = {{"[1, null]", "{a -> 1}", "{y}", "a\"b"},
                                  {"[1,null]", "{\"a\":1}", "{\"x\":\"y\"}", "a\"b"},
                                  {"[1,null]", "{\"a\":1}", "{\"x\":\"y\"}", "\"a\\\"b\""}};
    for (int style = 0; style < 3; style++) {
        for (uint32_t c = 0; c < 4; c++) {
            dbx_bytes v = dbx_value_text_as(r, c, 0, (dbx_text_style)style);
            cr_assert_str_eq(v.data, expected[style][c], "style %d, column %u: %s", style, c,
                             v.data);
        }
    }
    dbx_result_free(r);
}

Test(api_result, chunks) {
    dbx_result *r;
    uint32_t rows, total = 0;
    cr_assert(
        dbx_query_stream(api_con,
                         "SELECT id, CASE WHEN id % 2 = 0 THEN concat('a long string ', id) END "
                         "FROM range(5000)",
                         &r) == DBX_OK);
    int64_t sum = 0;
    for (;;) {
        cr_assert(dbx_result_next(r, &rows) == DBX_OK);
        if (rows == 0) break;
        const int64_t *id = dbx_chunk_data(r, 0);
        const dbx_string *text = dbx_chunk_data(r, 1);
        const uint64_t *valid = dbx_chunk_validity(r, 1);
        cr_assert(valid != NULL && dbx_chunk_data(r, 2) == NULL);
        for (uint32_t i = 0; i < rows; i++, total++) {
            sum += id[i];
            bool is_valid = valid[i / 64] >> (i % 64) & 1;
            cr_assert(is_valid == (id[i] % 2 == 0));
            if (is_valid) cr_assert(memcmp(dbx_string_data(&text[i]), "a long string ", 14) == 0);
        }
        dbx_bytes t = dbx_chunk_text(r, 0, rows - 1, DBX_TEXT_CAST);
        char last[32];
        snprintf(last, sizeof(last), "%lld", (long long)id[rows - 1]);
        cr_assert_str_eq(t.data, last);
    }
    cr_assert(total == 5000 && sum == 12497500);
    cr_assert(dbx_result_next(r, &rows) == DBX_OK && rows == 0); /* the end stays the end */
    cr_assert(dbx_chunk_data(r, 0) == NULL);
    dbx_result_free(r);
    /* constants and nested values */
    r = api_ask("SELECT 7, array(1) FROM range(3)");
    cr_assert(dbx_result_next(r, &rows) == DBX_OK && rows == 3);
    const int32_t *seven = dbx_chunk_data(r, 0);
    cr_assert(seven[0] == 7 && seven[2] == 7 && dbx_chunk_data(r, 1) == NULL);
    dbx_result_free(r);
}

/* ---- errors ---- */

Test(api_result, error) {
    dbx_result *r = NULL;
    const char *name, *value;
    uint32_t start, end;
    cr_assert(dbx_error_message(api_con) == NULL && dbx_error_class(api_con) == NULL);
    cr_assert(dbx_error_report(api_con) == NULL);
    cr_assert(!dbx_error_position(api_con, &start, &end));
    cr_assert(dbx_query(api_con, "SELECT 1,\n  nothing FROM range(1)", &r) == DBX_ERROR);
    cr_assert_str_eq(dbx_error_class(api_con), "UNRESOLVED_COLUMN.WITH_SUGGESTION");
    cr_assert_str_eq(dbx_error_sqlstate(api_con), "42703");
    cr_assert(dbx_error_position(api_con, &start, &end) && start == 12 && end == 19);
    cr_assert(dbx_error_parameter(api_con, 0, &name, &value));
    cr_assert_str_eq(name, "objectName");
    cr_assert_str_eq(value, "`nothing`");
    cr_assert(!dbx_error_parameter(api_con, 8, &name, &value));
    const char *report = dbx_error_report(api_con);
    cr_assert(strstr(report, "LINE 2, COLUMN 3\n  nothing FROM range(1)\n  ^^^^^^^") != NULL, "%s",
              report);
    api_do("SELECT 1");
    cr_assert(dbx_error_message(api_con) == NULL); /* a success clears it */
}

Test(api_result, names_of_the_library) {
    cr_assert_str_eq(dbx_version(), DBX_VERSION_STRING);
    cr_assert_str_eq(dbx_status_name(DBX_OK), "ok");
    cr_assert_str_eq(dbx_status_name(DBX_BUG), "bug");
    cr_assert_str_eq(dbx_status_name((dbx_status)99), "unknown");
    uint32_t n = 0;
    while (dbx_function_name(n) != NULL) n++;
    cr_assert(n > 300);
    for (n = 0; dbx_keyword(n) != NULL; n++) continue;
    cr_assert(n > 200);
}

Test(api_result, several_statements) {
    cr_assert_str_eq(api_row(api_ask("SELECT 1; SELECT 2; -- and\nSELECT 'last'")), "last");
    cr_assert(dbx_query(api_con, "", NULL) == DBX_OK || dbx_error_class(api_con) != NULL);
    dbx_result *r = NULL;
    cr_assert(dbx_query(api_con, "CREATE TABLE t (a INT); SELECT 1 / 0; CREATE TABLE u (a INT)",
                        &r) == DBX_ERROR);
    cr_assert(r == NULL);
    api_do("SELECT * FROM t"); /* what ran before the failure stays */
    cr_assert(dbx_query(api_con, "SELECT * FROM u", NULL) == DBX_ERROR);
}

static void *interrupt_soon(void *state) {
    (void)state;
    for (int i = 0; i < 2000; i++) {
        usleep(5000);
        dbx_interrupt(api_con);
    }
    return NULL;
}

Test(api_result, interrupt) {
    dbx_interrupt(api_con); /* nothing runs: nothing happens */
    api_do("SELECT 1");
    pthread_t thread;
    cr_assert(pthread_create(&thread, NULL, interrupt_soon, NULL) == 0);
    dbx_status status = dbx_query(
        api_con,
        "SELECT count(*) FROM range(10000000) a JOIN range(10000000) b ON a.id % 7 < b.id % 5",
        NULL);
    cr_assert(status == DBX_CANCELLED);
    cr_assert_str_eq(dbx_error_class(api_con), "OPERATION_CANCELED");
    pthread_cancel(thread);
    pthread_join(thread, NULL);
    api_do("SELECT 1");
}

Test(api_result, open_fails_cleanly) {
    dbx_database *db = (dbx_database *)1;
    char *message = NULL;
    cr_assert(dbx_open("/nowhere/at/all.dbx", NULL, 0, &db, &message) == DBX_IO);
    cr_assert(db == NULL && strstr(message, "/nowhere/at/all.dbx") != NULL);
    dbx_free(message);
    cr_assert(dbx_open("/nowhere/at/all.dbx", NULL, 0, &db, NULL) == DBX_IO);
    dbx_close(NULL);
    dbx_disconnect(NULL);
    dbx_free(NULL);
}
