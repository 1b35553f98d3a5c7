/* api_test.c - the public interface, as a program uses it: each promise of dbx.h. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "dbx.h"
#include "formats/arrow.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static dbx_database *db;
static dbx_connection *con;

static void setup(void) {
    cr_assert(dbx_open(":memory:", NULL, 0, &db, NULL) == DBX_OK);
    cr_assert(dbx_connect(db, &con) == DBX_OK);
}

static void teardown(void) {
    dbx_disconnect(con);
    dbx_close(db);
}

TestSuite(api, .init = setup, .fini = teardown, .timeout = 60);

static dbx_result *ask(const char *sql) {
    dbx_result *r = NULL;
    dbx_status status = dbx_query(con, sql, &r);
    cr_assert(status == DBX_OK, "%s: %s", sql, dbx_error_message(con));
    return r;
}

static void run(const char *sql) {
    dbx_result_free(ask(sql));
}

static int64_t one(const char *sql) {
    dbx_result *r = ask(sql);
    int64_t value = dbx_value_int64(r, 0, 0);
    dbx_result_free(r);
    return value;
}

/* The only value as text, "NULL" for NULL. */
static char *text(dbx_result *r) {
    static char out[256];
    dbx_bytes t = dbx_value_text(r, 0, 0);
    snprintf(out, sizeof(out), "%s", t.data != NULL ? t.data : "NULL");
    dbx_result_free(r);
    return out;
}

static void fails(const char *sql, const char *class) {
    dbx_result *r = NULL;
    cr_assert(dbx_query(con, sql, &r) != DBX_OK, "%s succeeds", sql);
    cr_assert(r == NULL);
    cr_assert_str_eq(dbx_error_class(con), class, "%s", dbx_error_message(con));
}

/* ---- functions in C ---- */

static int freed;
static void count_free(void *user_data) {
    (void)user_data;
    freed++;
}

static dbx_status add_user_data(void *user_data, dbx_udf_call *call) {
    const int32_t *x = dbx_udf_arg(call, 0);
    int64_t *out = dbx_udf_result(call);
    for (uint32_t i = 0; i < dbx_udf_row_count(call); i++) out[i] = x[i] + *(const int *)user_data;
    return DBX_OK;
}

static dbx_status twice(void *user_data, dbx_udf_call *call) {
    (void)user_data;
    const dbx_string *s = dbx_udf_arg(call, 0);
    const uint64_t *valid = dbx_udf_arg_validity(call, 0);
    for (uint32_t i = 0; i < dbx_udf_row_count(call); i++) {
        char both[128];
        if (valid != NULL && !(valid[i / 64] >> (i % 64) & 1)) {
            if (dbx_udf_set_bytes(call, i, "none", 4) != DBX_OK) return DBX_NOMEM;
            continue;
        }
        if (s[i].size > 60) return dbx_udf_fail(call, "too long");
        if (s[i].size == 0) {
            dbx_udf_set_null(call, i);
            continue;
        }
        memcpy(both, dbx_string_data(&s[i]), s[i].size);
        memcpy(both + s[i].size, dbx_string_data(&s[i]), s[i].size);
        if (dbx_udf_set_bytes(call, i, both, 2 * (size_t)s[i].size) != DBX_OK) return DBX_NOMEM;
    }
    return DBX_OK;
}

Test(api, scalar_function) {
    static int ten = 10;
    const char *types[] = {"INT"};
    dbx_scalar_function_options options = {.name = "plus_ten",
                                           .argument_types = types,
                                           .argument_count = 1,
                                           .return_type = "BIGINT",
                                           .user_data = &ten};
    cr_assert(dbx_register_scalar_function(con, &options, add_user_data) == DBX_OK, "%s",
              dbx_error_message(con));
    cr_assert(one("SELECT plus_ten(32)") == 42);
    cr_assert_str_eq(text(ask("SELECT plus_ten(NULL)")), "NULL");
    cr_assert(one("SELECT sum(plus_ten(CAST(id AS INT))) FROM range(10000)") == 50095000);
    /* only the rows that a predicate leaves */
    cr_assert(one("SELECT sum(Plus_Ten(CAST(id AS INT))) FROM range(10000) WHERE id % 2 = 1") ==
              25050000);
    cr_assert(
        one("SELECT sum(CASE WHEN id % 3 = 0 THEN plus_ten(CAST(id AS INT)) END) FROM range(30)") ==
        235);
    cr_assert(
        one("SELECT count(plus_ten(CASE WHEN id > 4 THEN CAST(id AS INT) END)) FROM range(10)") ==
        5);
    fails("SELECT plus_ten(1, 2)", "WRONG_NUM_ARGS.WITHOUT_SUGGESTION");
    fails("SELECT plus_ten(DATE '2020-01-01')", "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE");
    fails("SELECT minus_ten(1)", "UNRESOLVED_ROUTINE");
    dbx_connection *other;
    cr_assert(dbx_connect(db, &other) == DBX_OK);
    dbx_result *r;
    cr_assert(dbx_query(other, "SELECT plus_ten(1)", &r) == DBX_OK);
    dbx_result_free(r);
    dbx_disconnect(other);
}

Test(api, scalar_function_null_aware) {
    const char *types[] = {"STRING"};
    dbx_scalar_function_options options = {.name = "twice",
                                           .argument_types = types,
                                           .argument_count = 1,
                                           .return_type = "STRING",
                                           .null_aware = true};
    cr_assert(dbx_register_scalar_function(con, &options, twice) == DBX_OK);
    cr_assert_str_eq(text(ask("SELECT twice('ab')")), "abab");
    cr_assert_str_eq(text(ask("SELECT twice('longer than twelve')")),
                     "longer than twelvelonger than twelve");
    cr_assert_str_eq(text(ask("SELECT twice(NULL)")), "none");
    cr_assert_str_eq(text(ask("SELECT twice('')")), "NULL");
    cr_assert(one("SELECT count(*) FROM VALUES ('x'), (NULL), ('y') AS t(a) WHERE twice(a) IN "
                  "('xx', 'none')") == 2);
    fails("SELECT twice('0123456789012345678901234567890123456789012345678901234567890')",
          "USER_RAISED_EXCEPTION");
    cr_assert(strstr(dbx_error_message(con), "too long") != NULL);
    cr_assert_str_eq(dbx_error_sqlstate(con), "P0001");
}

Test(api, scalar_function_registration) {
    const char *types[] = {"INT"};
    dbx_scalar_function_options options = {.name = "abs",
                                           .argument_types = types,
                                           .argument_count = 1,
                                           .return_type = "INT",
                                           .free_user_data = count_free};
    cr_assert(dbx_register_scalar_function(con, &options, add_user_data) == DBX_ERROR);
    cr_assert_str_eq(dbx_error_class(con), "ROUTINE_ALREADY_EXISTS");
    options.name = "f";
    options.return_type = "ARRAY<INT>";
    cr_assert(dbx_register_scalar_function(con, &options, add_user_data) == DBX_ERROR);
    cr_assert_str_eq(dbx_error_class(con), "UNSUPPORTED_FEATURE");
    options.return_type = "NOTHING";
    cr_assert(dbx_register_scalar_function(con, &options, add_user_data) == DBX_ERROR);
    cr_assert(dbx_register_scalar_function(con, &options, NULL) == DBX_MISUSE);
    freed = 0;
    options.return_type = "BIGINT";
    cr_assert(dbx_register_scalar_function(con, &options, add_user_data) == DBX_OK);
    dbx_disconnect(con);
    dbx_close(db);
    cr_assert(freed == 1);
    setup();
}

/* Answers with the rows of SELECT id FROM range(n), computed on a connection of its own. */
static dbx_status rows_of(void *user_data, const char *const *arguments, uint32_t count,
                          struct ArrowArrayStream *stream, char *message, size_t message_size) {
    dbx_connection *inner = user_data;
    if (count != 1 || arguments[0] == NULL) {
        snprintf(message, message_size, "rows_of needs a number");
        return DBX_ERROR;
    }
    char sql[128];
    dbx_result *r;
    snprintf(sql, sizeof(sql), "SELECT id, concat('row ', id) AS name FROM range(%s)",
             arguments[0]);
    dbx_status status = dbx_query(inner, sql, &r);
    return status == DBX_OK ? dbx_result_arrow(r, stream) : status;
}

Test(api, table_function) {
    dbx_connection *inner;
    cr_assert(dbx_connect(db, &inner) == DBX_OK);
    dbx_table_function_options options = {.name = "rows_of", .user_data = inner};
    cr_assert(dbx_register_table_function(con, &options, rows_of) == DBX_OK);
    cr_assert(one("SELECT sum(id) FROM rows_of(5)") == 10);
    cr_assert_str_eq(text(ask("SELECT r.name FROM rows_of(1 + 2) AS r WHERE id = 2")), "row 2");
    cr_assert(one("SELECT count(*) FROM rows_of(5000) a JOIN Rows_Of(100) b ON a.id = b.id") ==
              100);
    fails("SELECT * FROM rows_of()", "USER_RAISED_EXCEPTION");
    cr_assert(strstr(dbx_error_message(con), "rows_of needs a number") != NULL);
    fails("SELECT * FROM no_rows_of(1)", "UNRESOLVABLE_TABLE_VALUED_FUNCTION");
    dbx_disconnect(inner);
}

/* ---- Arrow as parameters ---- */

/* A stream of `sql`'s rows, computed on a connection of its own. */
static struct ArrowArrayStream stream_of(dbx_connection *inner, const char *sql) {
    dbx_result *r = NULL;
    struct ArrowArrayStream stream;
    cr_assert(dbx_query(inner, sql, &r) == DBX_OK, "%s", dbx_error_message(inner));
    cr_assert(dbx_result_arrow(r, &stream) == DBX_OK);
    return stream;
}

Test(api, bind_arrow) {
    dbx_connection *inner;
    dbx_statement *s;
    dbx_result *r;
    cr_assert(dbx_connect(db, &inner) == DBX_OK);
    run("CREATE TABLE t (a BIGINT, b STRING)");
    cr_assert(dbx_prepare(con, "INSERT INTO t VALUES (?, ?)", &s) == DBX_OK);
    struct ArrowArrayStream rows = stream_of(inner, "SELECT id, concat('v', id) FROM range(5000)");
    cr_assert(dbx_bind_arrow(s, &rows) == DBX_OK);
    cr_assert(dbx_execute(s, &r) == DBX_OK, "%s", dbx_error_message(con));
    cr_assert(dbx_rows_changed(r) == 5000);
    dbx_result_free(r);
    dbx_statement_free(s);
    cr_assert(one("SELECT count(*) FROM t WHERE b = concat('v', a)") == 5000);
    /* results follow each other; columns find their parameters by name */
    cr_assert(dbx_prepare(con, "SELECT :x - :y", &s) == DBX_OK);
    rows = stream_of(inner, "SELECT 1 AS y, id * 10 AS x FROM range(3)");
    cr_assert(dbx_bind_arrow(s, &rows) == DBX_OK);
    cr_assert(dbx_execute(s, &r) == DBX_OK);
    cr_assert(dbx_row_count(r) == 3 && dbx_value_int64(r, 0, 2) == 19);
    dbx_result_free(r);
    /* no rows: no execution, but the columns */
    rows = stream_of(inner, "SELECT 1 AS y, 1 AS x LIMIT 0");
    cr_assert(dbx_bind_arrow(s, &rows) == DBX_OK);
    cr_assert(dbx_execute(s, &r) == DBX_OK);
    cr_assert(dbx_row_count(r) == 0 && dbx_column_count(r) == 1);
    dbx_result_free(r);
    dbx_statement_free(s);
    /* all or none */
    cr_assert(dbx_prepare(con, "INSERT INTO t SELECT 10 / ?, ''", &s) == DBX_OK);
    rows = stream_of(inner, "SELECT 5 - id FROM range(10)");
    cr_assert(dbx_bind_arrow(s, &rows) == DBX_OK);
    cr_assert(dbx_execute(s, NULL) == DBX_ERROR);
    cr_assert(dbx_error_class(con) != NULL);
    dbx_statement_free(s);
    cr_assert(one("SELECT count(*) FROM t") == 5000);
    dbx_disconnect(inner);
}

Test(api, arrow_stream_owns_its_zone) {
    struct ArrowSchema schema;
    run("SET timezone = 'Asia/Tokyo'");
    struct ArrowArrayStream rows = stream_of(con, "SELECT current_timestamp() AS now");
    run("SET timezone = 'Europe/Paris'");
    cr_assert(rows.get_schema(&rows, &schema) == 0);
    cr_assert_str_eq(schema.children[0]->format, "tsu:Asia/Tokyo");
    schema.release(&schema);
    rows.release(&rows);
}

Test(api, streaming_leaves_the_connection_free) {
    dbx_result *first, *second;
    uint32_t rows;
    cr_assert(dbx_query_stream(con, "SELECT id FROM range(3000)", &first) == DBX_OK);
    cr_assert(dbx_query(con, "SELECT 1", &second) == DBX_MISUSE);
    do cr_assert(dbx_result_next(first, &rows) == DBX_OK);
    while (rows > 0);
    cr_assert(dbx_query_stream(con, "SELECT 1", &second) == DBX_OK);
    dbx_result_free(first); /* exhausted: it does not end the second */
    cr_assert(dbx_query(con, "SELECT 1", NULL) == DBX_MISUSE);
    dbx_result_free(second);
    run("SELECT 1");
}
