/* adbc_ingest.c - bulk ingestion: the bound Arrow stream becomes rows of a table.
 *
 * The stream is registered as a table of the session under a name of its own, and SQL does the
 * rest: the table is made from the stream's columns where the mode says so, then filled by one
 * INSERT. Both are one transaction.
 */
#include "api/adbc_int.h"

#include <stdlib.h>

#define ADBC_INGEST_SOURCE "dbx adbc ingest"

static dbx_status adbc_append_quoted(buffer *b, string_view name) {
    TRY(buffer_append_char(b, '`'));
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == '`') TRY(buffer_append_char(b, '`'));
        TRY(buffer_append_char(b, name.data[i]));
    }
    return buffer_append_char(b, '`');
}

dbx_status adbc_append_name(buffer *b, const char *space, const char *schema, const char *name) {
    const char *parts[] = {space, schema, name};
    bool first = true;
    for (uint32_t i = 0; i < ARRAY_COUNT(parts); i++) {
        if (parts[i] == NULL || parts[i][0] == '\0') continue;
        if (!first) TRY(buffer_append_char(b, '.'));
        TRY(adbc_append_quoted(b, sv_from(parts[i])));
        first = false;
    }
    return DBX_OK;
}

/* A catalog without a schema means the current schema's name in it. */
static dbx_status adbc_append_target(buffer *b, adbc_statement *s) {
    const adbc_ingest *in = &s->ingest;
    string_view space, schema;
    session_current(s->connection->con->session, &space, &schema);
    if (in->catalog == NULL || in->schema != NULL)
        return adbc_append_name(b, in->catalog, in->schema, in->table);
    TRY(adbc_append_quoted(b, sv_from(in->catalog)));
    TRY(buffer_append_char(b, '.'));
    TRY(adbc_append_quoted(b, schema));
    TRY(buffer_append_char(b, '.'));
    return adbc_append_quoted(b, sv_from(in->table));
}

static dbx_status adbc_append_columns(buffer *b, const source *rows, bool types) {
    arena a;
    arena_init(&a, NULL);
    dbx_status status = buffer_append_sv(b, SV(" ("));
    for (uint32_t i = 0; status == DBX_OK && i < rows->column_count; i++) {
        if (i > 0) status = buffer_append_sv(b, SV(", "));
        if (status == DBX_OK) status = adbc_append_quoted(b, rows->columns[i].name);
        if (status != DBX_OK || !types) continue;
        const char *name = type_name(&a, rows->columns[i].type);
        status = name != NULL ? buffer_printf(b, " %s", name) : DBX_NOMEM;
    }
    if (status == DBX_OK) status = buffer_append_char(b, ')');
    arena_deinit(&a);
    return status;
}

/* `CREATE … TABLE target (columns)`, or nothing for a mode that only appends. */
static dbx_status adbc_ingest_create_sql(adbc_statement *s, const source *rows, buffer *b) {
    const char *mode = s->ingest.mode;
    if (adbc_is(mode, "adbc.ingest.mode.append")) return DBX_OK;
    bool replace = adbc_is(mode, "adbc.ingest.mode.replace");
    bool lenient = adbc_is(mode, "adbc.ingest.mode.create_append");
    TRY(buffer_printf(b, "CREATE%s%s TABLE%s ", replace ? " OR REPLACE" : "",
                      s->ingest.temporary ? " TEMPORARY" : "", lenient ? " IF NOT EXISTS" : ""));
    TRY(adbc_append_target(b, s));
    return adbc_append_columns(b, rows, true);
}

static dbx_status adbc_ingest_insert_sql(adbc_statement *s, const source *rows, buffer *b) {
    TRY(buffer_append_sv(b, SV("INSERT INTO ")));
    TRY(adbc_append_target(b, s));
    TRY(adbc_append_columns(b, rows, false));
    TRY(buffer_append_sv(b, SV(" SELECT * FROM ")));
    return adbc_append_quoted(b, SV(ADBC_INGEST_SOURCE));
}

/* A table that is there but does not take the rows is "already exists" by the specification. */
static AdbcStatusCode adbc_ingest_failed(adbc_statement *s, dbx_status status, bool inserting,
                                         struct AdbcError *e) {
    AdbcStatusCode code = adbc_fail_dbx(e, s->connection->con, status);
    const char *sqlstate = dbx_error_sqlstate(s->connection->con);
    bool mismatch = inserting && code == ADBC_STATUS_INVALID_ARGUMENT && sqlstate != NULL &&
                    strncmp(sqlstate, "42", 2) == 0;
    bool appends = !adbc_is(s->ingest.mode, "adbc.ingest.mode.create");
    return mismatch && appends ? ADBC_STATUS_ALREADY_EXISTS : code;
}

AdbcStatusCode adbc_ingest_run(adbc_statement *s, int64_t *rows_written, struct AdbcError *e) {
    dbx_connection *c = s->connection->con;
    session *owner = c->session;
    if (s->bound.release == NULL)
        return adbc_fail(e, ADBC_STATUS_INVALID_STATE, "No rows to ingest are bound");
    if (s->ingest.temporary && (s->ingest.catalog != NULL || s->ingest.schema != NULL)) {
        return adbc_fail(e, ADBC_STATUS_INVALID_ARGUMENT,
                         "A temporary table has neither catalog nor schema");
    }
    struct ArrowArrayStream stream = s->bound;
    memset(&s->bound, 0, sizeof(s->bound));
    source *rows;
    dbx_status status = arrow_stream_source(&stream, &owner->ledger, &rows, &owner->error);
    if (status != DBX_OK) return adbc_fail_dbx(e, c, status);
    buffer create, insert;
    buffer_init(&create, &owner->ledger);
    buffer_init(&insert, &owner->ledger);
    status = adbc_ingest_create_sql(s, rows, &create);
    if (status == DBX_OK) status = adbc_ingest_insert_sql(s, rows, &insert);
    if (status != DBX_OK) {
        error_nomem(&owner->error);
        source_free(rows);
    } else {
        status = session_add_source(owner, SV(ADBC_INGEST_SOURCE), rows);
    }
    bool started = false, inserting = false;
    if (status == DBX_OK) status = session_transaction_start(owner, &started);
    query_result *r = NULL;
    if (status == DBX_OK && create.size > 0)
        status = session_run(owner, buffer_view(&create), NULL, false, &r);
    result_free(r);
    r = NULL;
    inserting = status == DBX_OK;
    if (inserting) status = session_run(owner, buffer_view(&insert), NULL, false, &r);
    if (r != NULL) *rows_written = r->rows_changed;
    result_free(r);
    status = session_transaction_end(owner, started, status);
    session_remove_source(owner, SV(ADBC_INGEST_SOURCE));
    AdbcStatusCode code =
        status == DBX_OK ? ADBC_STATUS_OK : adbc_ingest_failed(s, status, inserting, e);
    buffer_deinit(&create);
    buffer_deinit(&insert);
    return code;
}
