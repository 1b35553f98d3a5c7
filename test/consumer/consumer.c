/* consumer.c - a small application over the installed library. Ends with 0 when dbx answers 42. */
#include <dbx.h>
#include <stdio.h>

int main(void) {
    dbx_database *db;
    dbx_connection *con;
    dbx_result *result = NULL;
    if (dbx_open(NULL, NULL, 0, &db, NULL) != DBX_OK || dbx_connect(db, &con) != DBX_OK) return 1;
    if (dbx_query(con, "SELECT 6 * 7", &result) != DBX_OK) {
        puts(dbx_error_report(con));
        return 1;
    }
    int answer = (int)dbx_value_int64(result, 0, 0);
    printf("dbx %s answers %d\n", dbx_version(), answer);
    dbx_result_free(result);
    dbx_disconnect(con);
    dbx_close(db);
    return answer == 42 ? 0 : 1;
}
