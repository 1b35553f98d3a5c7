/* api_appender_test.c - the appender: values of all types, nested ones, misuse; and Arrow both
 * ways. */
#include "api_support.h"

#include "formats/arrow.h"

TestSuite(api_appender, .init = api_setup, .fini = api_teardown, .timeout = 60);

static dbx_appender *appender_of(const char *table) {
    dbx_appender *a = NULL;
    cr_assert(dbx_appender_new(api_con, table, &a) == DBX_OK, "%s", dbx_error_message(api_con));
    return a;
}

#define GIVE(call) cr_assert((call) == DBX_OK, "%s: %s", #call, dbx_error_message(api_con))

Test(api_appender, all_types) {
    api_do("SET timezone = UTC");
    api_do(
        "CREATE TABLE t (b BOOLEAN, i8 TINYINT, i16 SMALLINT, i32 INT, i64 BIGINT, f FLOAT, d "
        "DOUBLE, dec DECIMAL(10, 2), big DECIMAL(38, 0), s STRING, c CHAR(4), v VARCHAR(4), bin "
        "BINARY, da DATE, ts TIMESTAMP, ntz TIMESTAMP_NTZ, ti TIME, ym INTERVAL YEAR TO MONTH, dt "
        "INTERVAL DAY TO SECOND)");
    dbx_appender *a = appender_of("spark_catalog.default.`t`");
    GIVE(dbx_append_boolean(a, true));
    GIVE(dbx_append_int64(a, -128));
    GIVE(dbx_append_int64(a, 32767));
    GIVE(dbx_append_int64(a, -2147483647));
    GIVE(dbx_append_int64(a, INT64_MAX));
    GIVE(dbx_append_double(a, 1.5));
    GIVE(dbx_append_double(a, 0.1));
    GIVE(dbx_append_decimal(a, (dbx_decimal){.lower = 15, .precision = 3, .scale = 1}));
    GIVE(dbx_append_int64(a, -7));
    GIVE(dbx_append_string(a, "a string longer than twelve", 27));
    GIVE(dbx_append_string(a, "ü", 2));
    GIVE(dbx_append_string(a, "abcd", 4));
    GIVE(dbx_append_binary(a, "\0\1", 2));
    GIVE(dbx_append_date(a, (dbx_date){19782}));
    GIVE(dbx_append_timestamp(a, (dbx_timestamp){1000000}));
    GIVE(dbx_append_timestamp(a, (dbx_timestamp){2000000}));
    GIVE(dbx_append_timestamp(a, (dbx_timestamp){3000000}));
    GIVE(dbx_append_interval(a, (dbx_interval){.months = 14}));
    GIVE(dbx_append_interval(a, (dbx_interval){.days = 1, .micros = 1000000}));
    GIVE(dbx_append_row_end(a));
    for (int i = 0; i < 19; i++) GIVE(dbx_append_null(a));
    GIVE(dbx_append_row_end(a));
    GIVE(dbx_appender_close(a));
    cr_assert_str_eq(
        api_row(
            api_ask("SELECT b, i8, i16, i32, i64, f, d, dec, big, s, concat(c, '|'), v, hex(bin), "
                    "da, ts, ntz, ti, ym, dt FROM t WHERE b")),
        "true|-128|32767|-2147483647|9223372036854775807|1.5|0.1|1.50|-7|a string longer than "
        "twelve|"
        "ü   ||abcd|0001|2024-02-29|1970-01-01 00:00:01|1970-01-01 00:00:02|00:00:03|"
        "INTERVAL '1-2' YEAR TO MONTH|INTERVAL '1 00:00:01' DAY TO SECOND");
    cr_assert_str_eq(api_row(api_ask("SELECT count(*) FROM t WHERE b IS NULL AND dt IS NULL")),
                     "1");
}

Test(api_appender, nested) {
    api_do("CREATE TABLE t (a ARRAY<INT>, m MAP<STRING, ARRAY<BIGINT>>, s STRUCT<x: INT, y: "
           "STRUCT<z: STRING>>, l ARRAY<STRUCT<k: INT, v: MAP<INT, INT>>>)");
    dbx_appender *a = appender_of("t");
    for (int i = 0; i < 5000; i++) { /* more than a chunk, each row with other sizes */
        GIVE(dbx_append_begin(a));
        for (int k = 0; k < i % 5; k++) GIVE(k == 2 ? dbx_append_null(a) : dbx_append_int64(a, k));
        GIVE(dbx_append_end(a));
        GIVE(dbx_append_begin(a));
        for (int k = 0; k < i % 3; k++) {
            char key[32];
            GIVE(dbx_append_string(a, key, (size_t)snprintf(key, sizeof(key), "a long key %d", k)));
            GIVE(dbx_append_begin(a));
            for (int n = 0; n <= k; n++) GIVE(dbx_append_int64(a, i));
            GIVE(dbx_append_end(a));
        }
        GIVE(dbx_append_end(a));
        if (i % 7 == 0) {
            GIVE(dbx_append_null(a));
        } else {
            GIVE(dbx_append_begin(a));
            GIVE(dbx_append_int64(a, i));
            GIVE(dbx_append_begin(a));
            GIVE(dbx_append_string(a, "z", 1));
            GIVE(dbx_append_end(a));
            GIVE(dbx_append_end(a));
        }
        GIVE(dbx_append_begin(a));
        for (int k = 0; k < 2; k++) {
            GIVE(dbx_append_begin(a));
            GIVE(dbx_append_int64(a, k));
            GIVE(dbx_append_begin(a));
            GIVE(dbx_append_int64(a, i));
            GIVE(dbx_append_int64(a, k));
            GIVE(dbx_append_end(a));
            GIVE(dbx_append_end(a));
        }
        GIVE(dbx_append_end(a));
        GIVE(dbx_append_row_end(a));
    }
    GIVE(dbx_appender_close(a));
    cr_assert_str_eq(api_row(api_ask("SELECT * FROM t WHERE s.x = 4994")),
                     "[0, 1, null, 3]|{a long key 0 -> [4994], a long key 1 -> [4994, 4994]}|"
                     "{4994, {z}}|[{0, {4994 -> 0}}, {1, {4994 -> 1}}]");
    /* 5000 rows: sizes 0..4 of a, 0..2 of m (1666 times 2, 1667 times 1), s is NULL 715 times */
    cr_assert_str_eq(api_row(api_ask("SELECT count(*), sum(size(a)), sum(size(m)), count(s), "
                                     "sum(l[1].k) FROM t")),
                     "5000|10000|4999|4285|5000");
}

Test(api_appender, failures) {
    dbx_appender *a = NULL;
    cr_assert(dbx_appender_new(api_con, "nothing", &a) == DBX_ERROR && a == NULL);
    cr_assert_str_eq(dbx_error_class(api_con), "TABLE_OR_VIEW_NOT_FOUND");
    api_do("CREATE VIEW v AS SELECT 1 AS a");
    cr_assert(dbx_appender_new(api_con, "v", &a) == DBX_MISUSE && a == NULL);
    api_do("CREATE TABLE checked (a INT, CONSTRAINT c CHECK (a > 0))");
    cr_assert(dbx_appender_new(api_con, "checked", &a) == DBX_ERROR && a == NULL);
    cr_assert_str_eq(dbx_error_class(api_con), "UNSUPPORTED_FEATURE");
    api_do("CREATE TABLE t (a TINYINT NOT NULL, b VARCHAR(2))");
    a = appender_of("t");
    cr_assert(dbx_append_row_end(a) == DBX_MISUSE); /* values are missing */
    GIVE(dbx_append_int64(a, 1));
    cr_assert(dbx_append_end(a) == DBX_MISUSE);
    cr_assert(dbx_appender_flush(a) == DBX_MISUSE); /* within a row */
    GIVE(dbx_append_string(a, "ab", 2));
    cr_assert(dbx_append_null(a) == DBX_MISUSE); /* too many */
    GIVE(dbx_append_row_end(a));
    cr_assert(dbx_append_int64(a, 128) == DBX_MISUSE); /* does not fit: the appender is done */
    cr_assert(dbx_append_int64(a, 1) == DBX_MISUSE);
    cr_assert(dbx_appender_flush(a) == DBX_MISUSE);
    GIVE(dbx_appender_close(a));
    cr_assert_str_eq(api_row(api_ask("SELECT count(*) FROM t")), "0");
    a = appender_of("t");
    GIVE(dbx_append_int64(a, 1));
    cr_assert(dbx_append_string(a, "abc", 3) == DBX_MISUSE); /* longer than VARCHAR(2) */
    GIVE(dbx_appender_close(a));
    a = appender_of("t");
    GIVE(dbx_append_null(a)); /* NOT NULL is found when rows are written */
    GIVE(dbx_append_null(a));
    GIVE(dbx_append_row_end(a));
    cr_assert(dbx_appender_close(a) == DBX_ERROR);
    cr_assert_str_eq(dbx_error_class(api_con), "DELTA_NOT_NULL_CONSTRAINT_VIOLATED");
    GIVE(dbx_appender_close(NULL));
}

Test(api_appender, transactions) {
    api_do("CREATE TABLE t (a BIGINT)");
    api_do("BEGIN");
    dbx_appender *a = appender_of("t");
    for (int64_t i = 0; i < 3000; i++) {
        GIVE(dbx_append_int64(a, i));
        GIVE(dbx_append_row_end(a));
    }
    GIVE(dbx_appender_flush(a));
    cr_assert_str_eq(api_row(api_ask("SELECT count(*) FROM t")), "3000");
    GIVE(dbx_appender_close(a));
    api_do("ROLLBACK");
    cr_assert_str_eq(api_row(api_ask("SELECT count(*) FROM t")), "0");
}

/* ---- Arrow ---- */

Test(api_appender, arrow_there_and_back) {
    api_do("SET timezone = UTC");
    const char *sql =
        "SELECT id % 2 = 0 AS b, CAST(id AS TINYINT) AS i8, CAST(id AS SMALLINT) AS i16, CAST(id "
        "AS "
        "INT) AS i32, id AS i64, CAST(id AS FLOAT) AS f, id / 3 AS d, CAST(id AS DECIMAL(9, 3)) AS "
        "dec, CAST(id AS DECIMAL(38, 10)) AS big, concat('text of some length ', id) AS s, "
        "CAST(CAST(id AS STRING) AS BINARY) AS bin, date_add(DATE'2024-01-01', CAST(id AS INT)) AS "
        "da, TIMESTAMP'2024-01-01 00:00:00Z' + make_dt_interval(CAST(id AS INT)) AS ts, "
        "TIMESTAMP_NTZ'2024-01-01 00:00:00' AS ntz, make_ym_interval(CAST(id AS INT)) AS ym, "
        "make_dt_interval(CAST(id AS INT)) AS dt, array(id, NULL) AS a, map(id, 'v') AS m, "
        "named_struct('x', id, 'y', array('z')) AS st, CASE WHEN id % 3 = 0 THEN id END AS n "
        "FROM range(100)";
    struct ArrowArrayStream stream;
    GIVE(dbx_result_arrow(api_ask(sql), &stream));
    GIVE(dbx_register_arrow(api_con, "copied", &stream));
    char both[6000];
    snprintf(
        both, sizeof(both),
        "SELECT count(*) FROM ((SELECT * EXCEPT (m) FROM copied) INTERSECT (SELECT * EXCEPT (m) "
        "FROM (%s)))",
        sql);
    cr_assert_str_eq(api_row(api_ask(both)), "100");
    cr_assert(dbx_query(api_con, "SELECT * FROM copied", NULL) == DBX_ERROR); /* it was read */
    /* another stream takes the name */
    GIVE(dbx_result_arrow(api_ask("SELECT map('k', 1) AS m, 7 AS seven"), &stream));
    GIVE(dbx_register_arrow(api_con, "copied", &stream));
    cr_assert_str_eq(api_row(api_ask("SELECT m['k'], seven FROM copied")), "1|7");
}

Test(api_appender, arrow_of_empty_results) {
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    GIVE(dbx_result_arrow(api_ask("SELECT 1 AS a WHERE false"), &stream));
    cr_assert(stream.get_schema(&stream, &schema) == 0 && schema.n_children == 1);
    cr_assert_str_eq(schema.children[0]->name, "a");
    cr_assert_str_eq(schema.children[0]->format, "i");
    schema.release(&schema);
    cr_assert(stream.get_next(&stream, &batch) == 0 && batch.release == NULL);
    stream.release(&stream);
    GIVE(dbx_result_arrow(api_ask("CREATE TABLE t (a INT)"), &stream));
    cr_assert(stream.get_schema(&stream, &schema) == 0 && schema.n_children == 0);
    schema.release(&schema);
    stream.release(&stream);
}
