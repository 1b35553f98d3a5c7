/* api_connection.c - databases, connections, errors, running SQL text. */
#include "api/api_int.h"

#include "parser/parser.h"

#include <stdlib.h>

/* ---- databases ---- */

dbx_status dbx_open(const char *path, const dbx_option *options, size_t option_count,
                    dbx_database **db, char **error_message) {
    if (error_message != NULL) *error_message = NULL;
    *db = NULL;
    error err;
    error_init(&err);
    dbx_database *opened = calloc(1, sizeof(*opened));
    dbx_status status = opened == NULL
                            ? error_nomem(&err)
                            : database_open(path, options, option_count, &opened->db, &err);
    if (status == DBX_OK) {
        *db = opened;
    } else {
        free(opened);
        if (error_message != NULL) {
            *error_message = err.message; /* the caller frees it with dbx_free */
            err.message = NULL;
        }
    }
    error_deinit(&err);
    return status;
}

void dbx_close(dbx_database *db) {
    if (db == NULL) return;
    database_close(db->db);
    free(db);
}

void dbx_free(void *ptr) {
    free(ptr);
}

/* ---- connections ---- */

dbx_status dbx_connect(dbx_database *db, dbx_connection **connection) {
    *connection = NULL;
    dbx_connection *c = calloc(1, sizeof(*c));
    if (c == NULL) return DBX_NOMEM;
    dbx_status status = session_new(db->db, &c->session);
    if (status != DBX_OK) {
        free(c);
        return status;
    }
    buffer_init(&c->report, &c->session->ledger);
    buffer_init(&c->sql, &c->session->ledger);
    *connection = c;
    return DBX_OK;
}

void dbx_disconnect(dbx_connection *connection) {
    if (connection == NULL) return;
    buffer_deinit(&connection->report);
    buffer_deinit(&connection->sql);
    session_free(connection->session);
    free(connection);
}

void dbx_interrupt(dbx_connection *connection) {
    (void)session_interrupt(connection->session);
}

dbx_progress_info dbx_progress(const dbx_connection *connection) {
    return session_progress(connection->session);
}

/* ---- errors ---- */

void api_start(dbx_connection *c) {
    error_clear(&c->session->error);
}

dbx_status api_misuse(dbx_connection *c, const char *message) {
    return error_raise(&c->session->error, ERR_MISUSE, (span){0, 0}, "message", message, NULL);
}

static const error *api_error(const dbx_connection *c) {
    const error *e = &c->session->error;
    return e->status != DBX_OK ? e : NULL;
}

const char *dbx_error_message(const dbx_connection *connection) {
    const error *e = api_error(connection);
    if (e == NULL) return NULL;
    return e->message != NULL ? e->message : "[OUT_OF_MEMORY] Out of memory. SQLSTATE: 53200";
}

const char *dbx_error_class(const dbx_connection *connection) {
    const error *e = api_error(connection);
    return e != NULL ? error_name(e) : NULL;
}

const char *dbx_error_sqlstate(const dbx_connection *connection) {
    const error *e = api_error(connection);
    return e != NULL ? e->sqlstate : NULL;
}

bool dbx_error_position(const dbx_connection *connection, uint32_t *start, uint32_t *end) {
    const error *e = api_error(connection);
    if (e == NULL || e->position.end == 0) return false;
    *start = e->position.start;
    *end = e->position.end;
    return true;
}

bool dbx_error_parameter(const dbx_connection *connection, uint32_t index, const char **name,
                         const char **value) {
    const error *e = api_error(connection);
    if (e == NULL || index >= e->param_count) return false;
    *name = e->params[index].name;
    *value = e->params[index].value;
    return true;
}

/* Code points of s, for columns of a caret line. */
static uint32_t report_width(string_view s) {
    uint32_t width = 0;
    for (size_t i = 0; i < s.size; i++) width += ((unsigned char)s.data[i] & 0xC0u) != 0x80u;
    return width;
}

/* "line L, column C" with the SQL line and carets under the place. */
static dbx_status report_append_place(buffer *out, string_view sql, span at) {
    uint32_t line, column;
    uint32_t start = MIN(at.start, (uint32_t)sql.size);
    sql_line_column(sql, start, &line, &column);
    size_t from = start;
    while (from > 0 && sql.data[from - 1] != '\n') from--;
    size_t to = start;
    while (to < sql.size && sql.data[to] != '\n') to++;
    size_t mark_end = MAX(MIN((size_t)at.end, to), (size_t)start);
    string_view text = {sql.data + from, to - from};
    TRY(buffer_printf(out, "\nLINE %u, COLUMN %u\n" SV_FMT "\n", line, column, SV_ARG(text)));
    for (size_t i = from; i < start; i++) {
        if (((unsigned char)sql.data[i] & 0xC0u) == 0x80u) continue;
        TRY(buffer_append_char(out, sql.data[i] == '\t' ? '\t' : ' '));
    }
    uint32_t carets = MAX(report_width((string_view){sql.data + start, mark_end - start}), 1u);
    for (uint32_t i = 0; i < carets; i++) TRY(buffer_append_char(out, '^'));
    return DBX_OK;
}

const char *dbx_error_report(const dbx_connection *connection) {
    const error *e = api_error(connection);
    if (e == NULL) return NULL;
    dbx_connection *c = (dbx_connection *)(uintptr_t)connection;
    buffer_clear(&c->report);
    dbx_status status = buffer_append_sv(&c->report, sv_from(dbx_error_message(connection)));
    if (status == DBX_OK && e->position.end > 0 && c->sql.size > 0) {
        status = report_append_place(&c->report, buffer_view(&c->sql), e->position);
    }
    return status == DBX_OK ? c->report.data : dbx_error_message(connection);
}

/* ---- running text ---- */

void api_remember(dbx_connection *c, string_view sql) {
    buffer_clear(&c->sql);
    if (buffer_append_sv(&c->sql, sql) != DBX_OK) buffer_clear(&c->sql);
}

dbx_status api_run(dbx_connection *c, string_view sql, const statement_parameters *parameters,
                   bool stream, dbx_result **out) {
    if (out != NULL) *out = NULL;
    api_start(c);
    query_result *r = NULL;
    dbx_status status = session_run(c->session, sql, parameters, stream && out != NULL, &r);
    if (status != DBX_OK) {
        api_remember(c, sql);
        result_free(r);
        return status;
    }
    if (out == NULL) {
        result_free(r);
        return DBX_OK;
    }
    if (r == NULL) return api_misuse(c, "The text holds no statement");
    c->session->streaming = r->streaming;
    return api_result_new(c, r, out);
}

dbx_status dbx_query(dbx_connection *connection, const char *sql, dbx_result **result) {
    return api_run(connection, sv_from(sql), NULL, false, result);
}

dbx_status dbx_query_stream(dbx_connection *connection, const char *sql, dbx_result **result) {
    return api_run(connection, sv_from(sql), NULL, true, result);
}
