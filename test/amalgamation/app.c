/* app.c - a small application that embeds dbx from the single file. Prints "42" and "3 rows". */
#define DBX_IMPLEMENTATION
#include "dbx.h"

#include <inttypes.h>
#include <stdio.h>

int main(void) {
    dbx_database *db;
    dbx_connection *con;
    dbx_result *res = NULL;
    if (dbx_open(":memory:", NULL, 0, &db, NULL) != DBX_OK || dbx_connect(db, &con) != DBX_OK)
        return 1;
    if (dbx_query(con, "SELECT 6 * 7 AS answer", &res) != DBX_OK) {
        puts(dbx_error_report(con));
        return 1;
    }
    int64_t answer = dbx_value_int64(res, 0, 0);
    printf("%" PRId64 "\n", answer);
    dbx_result_free(res);
    if (dbx_query(
            con,
            "CREATE TABLE t (a INT, b STRING); INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'z'); "
            "SELECT b FROM t ORDER BY a DESC",
            &res) != DBX_OK) {
        puts(dbx_error_report(con));
        return 1;
    }
    uint64_t rows = dbx_row_count(res);
    printf("%" PRIu64 " rows\n", rows);
    dbx_result_free(res);
    dbx_disconnect(con);
    dbx_close(db);
    return answer == 42 && rows == 3 ? 0 : 1;
}
