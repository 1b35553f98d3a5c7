/* api_statement_test.c - prepared statements: parameters of all types, names, columns, misuse. */
#include "api_support.h"

TestSuite(api_statement, .init = api_setup, .fini = api_teardown, .timeout = 60);

static const char *executed(dbx_statement *s) {
    dbx_result *r = NULL;
    cr_assert(dbx_execute(s, &r) == DBX_OK, "%s", dbx_error_message(api_con));
    return api_row(r);
}

Test(api_statement, all_types) {
    api_do("SET timezone = UTC");
    dbx_statement *s = api_prepare("SELECT typeof(?), CAST(? AS STRING)");
#define BOUND(call1, call2, type, value)                                                           \
    do {                                                                                           \
        cr_assert(call1 == DBX_OK && call2 == DBX_OK);                                             \
        cr_assert_str_eq(executed(s), type "|" value);                                             \
    } while (0)
#define BOTH(name, v, type, value)                                                                 \
    BOUND(dbx_bind_##name(s, 1, v), dbx_bind_##name(s, 2, v), type, value)
    BOTH(boolean, true, "boolean", "true");
    BOTH(int8, -128, "tinyint", "-128");
    BOTH(int16, 32767, "smallint", "32767");
    BOTH(int32, -2147483647 - 1, "int", "-2147483648");
    BOTH(int64, INT64_MAX, "bigint", "9223372036854775807");
    BOTH(float, 1.5f, "float", "1.5");
    BOTH(double, 0.1, "double", "0.1");
    BOTH(date, (dbx_date){19782}, "date", "2024-02-29");
    BOTH(timestamp, (dbx_timestamp){1709208000000001}, "timestamp", "2024-02-29 12:00:00.000001");
    BOTH(timestamp_ntz, (dbx_timestamp){1709208000000000}, "timestamp_ntz", "2024-02-29 12:00:00");
    BOTH(interval, ((dbx_interval){14, 3, 4000000}), "interval",
         "1 years 2 months 3 days 4 seconds");
    dbx_decimal small = {.lower = 12345, .precision = 7, .scale = 2};
    BOTH(decimal, small, "decimal(7,2)", "123.45");
    dbx_decimal large = {.lower = (uint64_t)-1, .upper = -1, .precision = 38, .scale = 0};
    BOTH(decimal, large, "decimal(38,0)", "-1");
    BOUND(dbx_bind_string(s, 1, "Grüße", 7), dbx_bind_string(s, 2, "Grüße", 7), "string", "Grüße");
    BOUND(dbx_bind_binary(s, 1, "ab", 2), dbx_bind_binary(s, 2, "ab", 2), "binary", "ab");
    BOUND(dbx_bind_null(s, 1), dbx_bind_null(s, 2), "void", "NULL");
    BOUND(dbx_bind_text(s, 1, "DATE", "2024-02-29", 10), dbx_bind_text(s, 2, "INT", "42", 2),
          "date", "42");
    dbx_statement_free(s);
}

Test(api_statement, long_strings_and_reuse) {
    dbx_statement *s = api_prepare("SELECT length(?), ?");
    char big[100000];
    memset(big, 'x', sizeof(big));
    for (int i = 0; i < 3; i++) {
        cr_assert(dbx_bind_string(s, 1, big, sizeof(big) - (size_t)i) == DBX_OK);
        cr_assert(dbx_bind_int32(s, 2, i) == DBX_OK);
        memset(big, 'y', 10); /* the value was copied */
        char expected[32];
        snprintf(expected, sizeof(expected), "%d|%d", 100000 - i, i);
        cr_assert_str_eq(executed(s), expected);
    }
    dbx_statement_free(s);
}

Test(api_statement, names) {
    dbx_statement *s = api_prepare("SELECT :b - :a, :b");
    cr_assert(dbx_parameter_count(s) == 2);
    cr_assert_str_eq(dbx_parameter_name(s, 1), "b");
    cr_assert_str_eq(dbx_parameter_name(s, 2), "a");
    cr_assert(dbx_parameter_name(s, 0) == NULL && dbx_parameter_name(s, 3) == NULL);
    cr_assert(dbx_parameter_index(s, "a") == 2 && dbx_parameter_index(s, "c") == 0);
    cr_assert(dbx_bind_int32(s, dbx_parameter_index(s, "a"), 2) == DBX_OK);
    cr_assert(dbx_execute(s, NULL) == DBX_ERROR);
    cr_assert_str_eq(dbx_error_class(api_con), "UNBOUND_SQL_PARAMETER");
    cr_assert(dbx_bind_int32(s, dbx_parameter_index(s, "b"), 44) == DBX_OK);
    cr_assert_str_eq(executed(s), "42|44");
    dbx_clear_bindings(s);
    cr_assert(dbx_execute(s, NULL) == DBX_ERROR);
    dbx_statement_free(s);
    s = api_prepare("SELECT ?, '?', ':x' -- ? :y\n");
    cr_assert(dbx_parameter_count(s) == 1 && dbx_parameter_name(s, 1) == NULL);
    dbx_statement_free(s);
}

Test(api_statement, columns_before_execution) {
    dbx_statement *s = api_prepare("SELECT ? AS x, 'a' AS y, CAST(1 AS DECIMAL(4,1))");
    cr_assert(dbx_statement_column_count(s) == 3);
    cr_assert(dbx_statement_column_type(s, 0) == DBX_TYPE_VOID); /* nothing is bound */
    cr_assert(dbx_bind_int64(s, 1, 1) == DBX_OK);
    cr_assert(dbx_statement_column_type(s, 0) == DBX_TYPE_BIGINT);
    cr_assert_str_eq(dbx_statement_column_name(s, 1), "y");
    cr_assert_str_eq(dbx_statement_column_type_name(s, 2), "decimal(4,1)");
    cr_assert(dbx_statement_column_name(s, 3) == NULL);
    dbx_statement_free(s);
    s = api_prepare("CREATE TABLE t (a INT)");
    cr_assert(dbx_statement_column_count(s) == 0);
    dbx_statement_free(s);
    s = api_prepare("SELECT nothing");
    cr_assert(dbx_statement_column_count(s) == 0);
    cr_assert_str_eq(dbx_error_class(api_con), "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION");
    dbx_statement_free(s);
}

/* What a statement means is found at each execution, not when it was prepared. */
Test(api_statement, follows_changes) {
    api_do("CREATE TABLE t AS SELECT 1 AS a");
    dbx_statement *s = api_prepare("SELECT * FROM t");
    cr_assert_str_eq(executed(s), "1");
    api_do("DROP TABLE t");
    cr_assert(dbx_execute(s, NULL) == DBX_ERROR);
    api_do("CREATE TABLE t AS SELECT 'x' AS a, 2 AS b");
    cr_assert_str_eq(executed(s), "x|2");
    dbx_statement_free(s);
}

Test(api_statement, streams) {
    dbx_statement *s = api_prepare("SELECT id FROM range(?)");
    dbx_result *r;
    uint32_t rows;
    uint64_t total = 0;
    cr_assert(dbx_bind_int64(s, 1, 5000) == DBX_OK);
    cr_assert(dbx_execute_stream(s, &r) == DBX_OK);
    cr_assert(dbx_row_count(r) == 0);
    do {
        cr_assert(dbx_result_next(r, &rows) == DBX_OK);
        total += rows;
    } while (rows > 0);
    cr_assert(total == 5000);
    dbx_result_free(r);
    /* given up halfway */
    cr_assert(dbx_execute_stream(s, &r) == DBX_OK);
    cr_assert(dbx_result_next(r, &rows) == DBX_OK && rows > 0);
    dbx_result_free(r);
    cr_assert_str_eq(executed(s), "0");
    dbx_statement_free(s);
}

Test(api_statement, misuse) {
    dbx_statement *s = NULL;
    cr_assert(dbx_prepare(api_con, "SELECT 1; SELECT 2", &s) == DBX_MISUSE && s == NULL);
    cr_assert(dbx_prepare(api_con, "", &s) == DBX_ERROR && s == NULL);
    cr_assert(dbx_prepare(api_con, "SELEC 1", &s) == DBX_ERROR && s == NULL);
    cr_assert_str_eq(dbx_error_class(api_con), "PARSE_SYNTAX_ERROR");
    dbx_statement_free(NULL);
    s = api_prepare("SELECT ?");
    cr_assert(dbx_bind_int32(s, 0, 1) == DBX_MISUSE);
    cr_assert(dbx_bind_int32(s, 2, 1) == DBX_MISUSE);
    cr_assert_str_eq(dbx_error_class(api_con), "API_MISUSE");
    dbx_decimal bad = {.precision = 39};
    cr_assert(dbx_bind_decimal(s, 1, bad) == DBX_MISUSE);
    bad = (dbx_decimal){.precision = 2, .scale = 3};
    cr_assert(dbx_bind_decimal(s, 1, bad) == DBX_MISUSE);
    cr_assert(dbx_bind_text(s, 1, "INT", "x", 1) == DBX_ERROR);
    cr_assert_str_eq(dbx_error_class(api_con), "CAST_INVALID_INPUT");
    cr_assert(dbx_bind_text(s, 1, "NO_TYPE", "x", 1) == DBX_ERROR);
    cr_assert(dbx_execute(s, NULL) == DBX_ERROR); /* nothing stayed bound */
    dbx_statement_free(s);
}
