/* function_examples_test.c - runs the examples of every function row: "expression => result; …", as
 * the shell prints. */
#include "dbx.h"
#include "functions/function.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* One example in [text, end); counts and prints what differs. */
static unsigned run_example(dbx_connection *con, const char *name, const char *text,
                            const char *end) {
    const char *arrow = strstr(text, " => ");
    char sql[1024];
    if (arrow == NULL || arrow > end) {
        fprintf(stderr, "%s: no => in example: %.*s\n", name, (int)(end - text), text);
        return 1;
    }
    snprintf(sql, sizeof(sql), "SELECT %.*s", (int)(arrow - text), text);
    const char *expected = arrow + 4;
    size_t size = (size_t)(end - expected);
    dbx_result *result = NULL;
    if (dbx_query(con, sql, &result) != DBX_OK) {
        fprintf(stderr, "%s: %s\n    %s\n", name, sql, dbx_error_message(con));
        return 1;
    }
    dbx_bytes got = dbx_value_text_as(result, 0, 0, DBX_TEXT_HIVE);
    if (got.data == NULL) got = (dbx_bytes){"NULL", 4};
    unsigned failed = got.size != size || memcmp(got.data, expected, size) != 0;
    if (failed)
        fprintf(stderr, "%s: %s\n    gives %.*s, not %.*s\n", name, sql, (int)got.size, got.data,
                (int)size, expected);
    dbx_result_free(result);
    return failed;
}

Test(function_examples, all_give_what_they_say) {
    dbx_database *db;
    dbx_connection *con;
    unsigned failed = 0, count = 0;
    cr_assert_eq(dbx_open(":memory:", NULL, 0, &db, NULL), DBX_OK);
    cr_assert_eq(dbx_connect(db, &con), DBX_OK);
    cr_assert_eq(dbx_query(con, "SET TIME ZONE 'UTC'", NULL), DBX_OK);
    for (uint32_t i = 0; function_at(i) != NULL; i++) {
        const function_row *row = function_at(i);
        for (const char *at = row->examples; at != NULL && *at != '\0';) {
            const char *end = strstr(at, "; ");
            const char *arrow = strstr(at, " => ");
            while (end != NULL && arrow != NULL && end < arrow) end = strstr(end + 1, "; ");
            const char *stop = end == NULL ? at + strlen(at) : end;
            failed += run_example(con, row->name, at, stop);
            count++;
            at = end == NULL ? NULL : end + 2;
        }
    }
    dbx_disconnect(con);
    dbx_close(db);
    cr_assert_eq(failed, 0, "%u of %u examples differ", failed, count);
}
