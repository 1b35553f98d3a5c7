/* api_support.h - a database in memory and a connection, for tests of dbx.h. */
#ifndef DBX_TEST_API_SUPPORT_H
#define DBX_TEST_API_SUPPORT_H

#include <criterion/criterion.h>

#include "dbx.h"

#include <stdio.h>
#include <string.h>

static dbx_database *api_db;
static dbx_connection *api_con;

static inline void api_setup(void) {
    cr_assert(dbx_open(":memory:", NULL, 0, &api_db, NULL) == DBX_OK);
    cr_assert(dbx_connect(api_db, &api_con) == DBX_OK);
}

static inline void api_teardown(void) {
    dbx_disconnect(api_con);
    dbx_close(api_db);
}

static inline dbx_result *api_ask(const char *sql) {
    dbx_result *r = NULL;
    cr_assert(dbx_query(api_con, sql, &r) == DBX_OK, "%s: %s", sql, dbx_error_message(api_con));
    return r;
}

static inline void api_do(const char *sql) {
    dbx_result_free(api_ask(sql));
}

static inline dbx_statement *api_prepare(const char *sql) {
    dbx_statement *s = NULL;
    cr_assert(dbx_prepare(api_con, sql, &s) == DBX_OK, "%s: %s", sql, dbx_error_message(api_con));
    return s;
}

/* Row 0 of a result as texts joined by |; frees the result. */
static inline const char *api_row(dbx_result *r) {
    static char out[4096];
    size_t used = 0;
    out[0] = '\0';
    for (uint32_t c = 0; c < dbx_column_count(r) && used < sizeof(out); c++) {
        dbx_bytes v = dbx_value_text(r, c, 0);
        used += (size_t)snprintf(out + used, sizeof(out) - used, "%s%s", c > 0 ? "|" : "",
                                 v.data != NULL ? v.data : "NULL");
    }
    dbx_result_free(r);
    return out;
}

#endif
