/* adbc_statement.c - ADBC statements: text, parameters, options, execution. */
#include "api/adbc_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define ADBC_TARGET_TABLE "adbc.ingest.target_table"
#define ADBC_TARGET_CATALOG "adbc.ingest.target_catalog"
#define ADBC_TARGET_SCHEMA "adbc.ingest.target_db_schema"
#define ADBC_TARGET_TEMPORARY "adbc.ingest.temporary"
#define ADBC_INGEST_MODE "adbc.ingest.mode"
#define ADBC_INCREMENTAL "adbc.statement.exec.incremental"
#define ADBC_PROGRESS "adbc.statement.exec.progress"
#define ADBC_MAX_PROGRESS "adbc.statement.exec.max_progress"

static const char *const adbc_ingest_modes[] = {
    "adbc.ingest.mode.create", "adbc.ingest.mode.append", "adbc.ingest.mode.replace",
    "adbc.ingest.mode.create_append"};

/* ---- life ---- */

AdbcStatusCode adbc_statement_new(struct AdbcConnection *connection, struct AdbcStatement *handle,
                                  struct AdbcError *e) {
    adbc_connection *c;
    ADBC_TRY(adbc_connection_of(connection, &c, e));
    if (handle == NULL) return adbc_fail(e, ADBC_STATUS_INVALID_ARGUMENT, "No statement is given");
    adbc_statement *s = calloc(1, sizeof(*s));
    if (s == NULL) return adbc_fail_nomem(e);
    atomic_init(&s->refs, 1);
    s->ingest.mode = adbc_ingest_modes[0];
    atomic_fetch_add(&c->refs, 1);
    s->connection = c;
    handle->private_data = s;
    return ADBC_STATUS_OK;
}

static AdbcStatusCode adbc_statement_of(struct AdbcStatement *handle, adbc_statement **out,
                                        struct AdbcError *e) {
    *out = handle != NULL ? handle->private_data : NULL;
    if (*out != NULL) return ADBC_STATUS_OK;
    return adbc_fail(e, ADBC_STATUS_INVALID_STATE, "The statement is not initialized");
}

/* Forgets the SQL text and what was made of it. */
static void adbc_statement_clear_sql(adbc_statement *s) {
    if (s->open != NULL) adbc_stream_invalidate(s->open);
    dbx_statement_free(s->prepared);
    s->prepared = NULL;
    s->is_script = false;
    free(s->sql);
    s->sql = NULL;
}

static void adbc_statement_clear_bound(adbc_statement *s) {
    if (s->bound.release != NULL) s->bound.release(&s->bound);
    memset(&s->bound, 0, sizeof(s->bound));
}

static void adbc_statement_clear_ingest(adbc_statement *s) {
    free(s->ingest.table);
    s->ingest.table = NULL;
}

void adbc_statement_unref(adbc_statement *s) {
    if (s == NULL || atomic_fetch_sub(&s->refs, 1) != 1) return;
    adbc_statement_clear_sql(s);
    adbc_statement_clear_bound(s);
    adbc_statement_clear_ingest(s);
    free(s->ingest.catalog);
    free(s->ingest.schema);
    adbc_connection_unref(s->connection);
    free(s);
}

AdbcStatusCode adbc_statement_release(struct AdbcStatement *handle, struct AdbcError *e) {
    adbc_statement *s;
    ADBC_TRY(adbc_statement_of(handle, &s, e));
    handle->private_data = NULL;
    adbc_statement_unref(s);
    return ADBC_STATUS_OK;
}

/* ---- text ---- */

AdbcStatusCode adbc_statement_set_sql_query(struct AdbcStatement *handle, const char *sql,
                                            struct AdbcError *e) {
    adbc_statement *s;
    ADBC_TRY(adbc_statement_of(handle, &s, e));
    if (sql == NULL) return adbc_fail(e, ADBC_STATUS_INVALID_ARGUMENT, "No SQL text is given");
    char *copy = strdup(sql);
    if (copy == NULL) return adbc_fail_nomem(e);
    adbc_statement_clear_sql(s);
    adbc_statement_clear_ingest(s);
    s->sql = copy;
    return ADBC_STATUS_OK;
}

/* Does the text hold more than one statement? */
static bool adbc_is_script(const char *sql) {
    bool complete;
    size_t size = strlen(sql);
    size_t first = dbx_statement_length(sql, size, &complete);
    return complete && dbx_statement_length(sql + first, size - first, &complete) > 0;
}

/* Makes s->prepared of the text, unless it is a script. */
static AdbcStatusCode adbc_statement_ready(adbc_statement *s, struct AdbcError *e) {
    if (s->prepared != NULL || s->is_script) return ADBC_STATUS_OK;
    if (s->sql == NULL)
        return adbc_fail(e, ADBC_STATUS_INVALID_STATE, "The statement has no SQL text");
    s->is_script = adbc_is_script(s->sql);
    if (s->is_script) return ADBC_STATUS_OK;
    dbx_status status = dbx_prepare(s->connection->con, s->sql, &s->prepared);
    return status == DBX_OK ? ADBC_STATUS_OK : adbc_fail_dbx(e, s->connection->con, status);
}

AdbcStatusCode adbc_statement_prepare(struct AdbcStatement *handle, struct AdbcError *e) {
    adbc_statement *s;
    ADBC_TRY(adbc_statement_of(handle, &s, e));
    if (s->open != NULL) adbc_stream_invalidate(s->open);
    return adbc_statement_ready(s, e);
}

/* ---- binding ---- */

AdbcStatusCode adbc_statement_bind_stream(struct AdbcStatement *handle,
                                          struct ArrowArrayStream *stream, struct AdbcError *e) {
    adbc_statement *s;
    ADBC_TRY(adbc_statement_of(handle, &s, e));
    if (stream == NULL || stream->release == NULL)
        return adbc_fail(e, ADBC_STATUS_INVALID_ARGUMENT, "No stream is given");
    adbc_statement_clear_bound(s);
    s->bound = *stream;
    memset(stream, 0, sizeof(*stream)); /* moved */
    return ADBC_STATUS_OK;
}

/* One batch as a stream. */
typedef struct adbc_batch {
    struct ArrowSchema schema;
    struct ArrowArray array; /* moved out by the first get_next */
    bool given;
} adbc_batch;

/* A schema is lent: the reader's release does nothing, the batch keeps it. */
static void adbc_batch_lent(struct ArrowSchema *schema) {
    schema->release = NULL;
}

static int adbc_batch_get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    adbc_batch *b = stream->private_data;
    *out = b->schema;
    out->release = adbc_batch_lent;
    return 0;
}

static int adbc_batch_get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    adbc_batch *b = stream->private_data;
    memset(out, 0, sizeof(*out));
    if (!b->given) *out = b->array;
    b->given = true;
    return 0;
}

static const char *adbc_batch_last_error(struct ArrowArrayStream *stream) {
    (void)stream;
    return NULL;
}

static void adbc_batch_release(struct ArrowArrayStream *stream) {
    adbc_batch *b = stream->private_data;
    if (!b->given && b->array.release != NULL) b->array.release(&b->array);
    if (b->schema.release != NULL) b->schema.release(&b->schema);
    free(b);
    stream->release = NULL;
}

AdbcStatusCode adbc_statement_bind(struct AdbcStatement *handle, struct ArrowArray *values,
                                   struct ArrowSchema *schema, struct AdbcError *e) {
    adbc_statement *s;
    ADBC_TRY(adbc_statement_of(handle, &s, e));
    if (values == NULL || schema == NULL || values->release == NULL || schema->release == NULL)
        return adbc_fail(e, ADBC_STATUS_INVALID_ARGUMENT, "No values are given");
    adbc_batch *b = calloc(1, sizeof(*b));
    if (b == NULL) return adbc_fail_nomem(e);
    b->schema = *schema;
    b->array = *values;
    memset(schema, 0, sizeof(*schema)); /* both moved */
    memset(values, 0, sizeof(*values));
    struct ArrowArrayStream stream = {.get_schema = adbc_batch_get_schema,
                                      .get_next = adbc_batch_get_next,
                                      .get_last_error = adbc_batch_last_error,
                                      .release = adbc_batch_release,
                                      .private_data = b};
    return adbc_statement_bind_stream(handle, &stream, e);
}

/* ---- execution ---- */

/* Hands the bound rows to the prepared statement; each of them is one execution. */
static AdbcStatusCode adbc_statement_bind_rows(adbc_statement *s, struct AdbcError *e) {
    if (s->bound.release == NULL) return ADBC_STATUS_OK;
    if (s->is_script) {
        return adbc_fail(e, ADBC_STATUS_INVALID_ARGUMENT,
                         "A text of several statements takes no parameters");
    }
    struct ArrowArrayStream stream = s->bound;
    memset(&s->bound, 0, sizeof(s->bound));
    dbx_status status = dbx_bind_arrow(s->prepared, &stream);
    return status == DBX_OK ? ADBC_STATUS_OK : adbc_fail_dbx(e, s->connection->con, status);
}

AdbcStatusCode adbc_statement_execute_query(struct AdbcStatement *handle,
                                            struct ArrowArrayStream *out, int64_t *rows_affected,
                                            struct AdbcError *e) {
    adbc_statement *s;
    ADBC_TRY(adbc_statement_of(handle, &s, e));
    int64_t ignored;
    int64_t *rows = rows_affected != NULL ? rows_affected : &ignored;
    *rows = -1;
    if (out != NULL) memset(out, 0, sizeof(*out));
    if (s->open != NULL) adbc_stream_invalidate(s->open);
    ADBC_TRY(adbc_connection_ready(s->connection, e));
    if (s->ingest.table != NULL) return adbc_ingest_run(s, rows, e);
    ADBC_TRY(adbc_statement_ready(s, e));
    ADBC_TRY(adbc_statement_bind_rows(s, e));
    dbx_connection *c = s->connection->con;
    bool stream = out != NULL;
    dbx_result *r;
    dbx_status status = s->is_script ? (stream ? dbx_query_stream : dbx_query)(c, s->sql, &r)
                                     : (stream ? dbx_execute_stream : dbx_execute)(s->prepared, &r);
    if (s->prepared != NULL) dbx_clear_bindings(s->prepared);
    if (status != DBX_OK) return adbc_fail_dbx(e, c, status);
    *rows = dbx_rows_changed(r);
    if (stream) return adbc_stream_new(s, r, out, e);
    dbx_result_free(r);
    return ADBC_STATUS_OK;
}

AdbcStatusCode adbc_statement_cancel(struct AdbcStatement *handle, struct AdbcError *e) {
    adbc_statement *s;
    ADBC_TRY(adbc_statement_of(handle, &s, e));
    if (session_interrupt(s->connection->con->session)) return ADBC_STATUS_OK;
    return adbc_fail(e, ADBC_STATUS_INVALID_STATE, "Nothing is running on the connection");
}

/* ---- schemas without rows ---- */

dbx_status adbc_schema_export(const result_column *columns, uint32_t count, adbc_connection *c,
                              struct ArrowSchema *out) {
    arena a;
    arena_init(&a, NULL);
    char *zone = api_arrow_zone(c->con->session);
    type_field *fields = ARENA_ARRAY(&a, type_field, MAX(count, 1u));
    type row;
    dbx_status status = zone != NULL && fields != NULL ? DBX_OK : DBX_NOMEM;
    for (uint32_t i = 0; status == DBX_OK && i < count; i++) {
        fields[i] = (type_field){
            .name = columns[i].name, .type = columns[i].type, .nullable = columns[i].nullable};
    }
    if (status == DBX_OK) status = type_struct(&a, fields, count, &row);
    if (status == DBX_OK) status = arrow_schema_export(row, SV(""), false, sv_from(zone), out);
    free(zone);
    arena_deinit(&a);
    return status;
}

AdbcStatusCode adbc_statement_execute_schema(struct AdbcStatement *handle, struct ArrowSchema *out,
                                             struct AdbcError *e) {
    adbc_statement *s;
    ADBC_TRY(adbc_statement_of(handle, &s, e));
    if (s->open != NULL) adbc_stream_invalidate(s->open);
    ADBC_TRY(adbc_connection_ready(s->connection, e));
    ADBC_TRY(adbc_statement_ready(s, e));
    if (s->is_script) {
        return adbc_fail(e, ADBC_STATUS_NOT_IMPLEMENTED,
                         "The schema of several statements is known only after running them");
    }
    const query_result *described;
    dbx_status status = api_statement_describe(s->prepared, &described);
    if (status != DBX_OK) return adbc_fail_dbx(e, s->connection->con, status);
    status = adbc_schema_export(described->columns, described->column_count, s->connection, out);
    return status == DBX_OK ? ADBC_STATUS_OK : adbc_fail_nomem(e);
}

/* Types of parameters are not inferred: each is Arrow's null type, which the specification gives
 * for that. */
AdbcStatusCode adbc_statement_get_parameter_schema(struct AdbcStatement *handle,
                                                   struct ArrowSchema *out, struct AdbcError *e) {
    adbc_statement *s;
    ADBC_TRY(adbc_statement_of(handle, &s, e));
    ADBC_TRY(adbc_statement_ready(s, e));
    uint32_t count = s->is_script ? 0 : dbx_parameter_count(s->prepared);
    result_column *columns = calloc(MAX(count, 1u), sizeof(*columns));
    if (columns == NULL) return adbc_fail_nomem(e);
    for (uint32_t i = 0; i < count; i++) {
        const char *name = dbx_parameter_name(s->prepared, i + 1);
        columns[i] = (result_column){.name = sv_from(name != NULL ? name : ""),
                                     .type = type_simple(TYPE_VOID),
                                     .nullable = true};
    }
    dbx_status status = adbc_schema_export(columns, count, s->connection, out);
    free(columns);
    return status == DBX_OK ? ADBC_STATUS_OK : adbc_fail_nomem(e);
}

/* ---- options ---- */

static AdbcStatusCode adbc_replace_text(char **to, const char *value, struct AdbcError *e) {
    char *copy = value != NULL && value[0] != '\0' ? strdup(value) : NULL;
    if (value != NULL && value[0] != '\0' && copy == NULL) return adbc_fail_nomem(e);
    free(*to);
    *to = copy;
    return ADBC_STATUS_OK;
}

static AdbcStatusCode adbc_statement_set_mode(adbc_statement *s, const char *value,
                                              struct AdbcError *e) {
    for (uint32_t i = 0; i < ARRAY_COUNT(adbc_ingest_modes); i++) {
        if (!adbc_is(value, adbc_ingest_modes[i])) continue;
        s->ingest.mode = adbc_ingest_modes[i];
        return ADBC_STATUS_OK;
    }
    return adbc_fail(e, ADBC_STATUS_INVALID_ARGUMENT, "There is no ingest mode %s", value);
}

AdbcStatusCode adbc_statement_set_option(struct AdbcStatement *handle, const char *key,
                                         const char *value, struct AdbcError *e) {
    adbc_statement *s;
    ADBC_TRY(adbc_statement_of(handle, &s, e));
    if (adbc_is(key, ADBC_TARGET_CATALOG)) return adbc_replace_text(&s->ingest.catalog, value, e);
    if (adbc_is(key, ADBC_TARGET_SCHEMA)) return adbc_replace_text(&s->ingest.schema, value, e);
    if (value == NULL)
        return adbc_fail(e, ADBC_STATUS_INVALID_ARGUMENT, "Option %s needs a value", key);
    if (adbc_is(key, ADBC_TARGET_TABLE)) {
        adbc_statement_clear_sql(s);
        return adbc_replace_text(&s->ingest.table, value, e);
    }
    if (adbc_is(key, ADBC_INGEST_MODE)) return adbc_statement_set_mode(s, value, e);
    if (adbc_is(key, ADBC_TARGET_TEMPORARY))
        return adbc_parse_bool(key, value, &s->ingest.temporary, e);
    if (adbc_is(key, ADBC_INCREMENTAL)) {
        bool on;
        ADBC_TRY(adbc_parse_bool(key, value, &on, e));
        if (!on) return ADBC_STATUS_OK;
    }
    return adbc_unknown_option(key, e);
}

AdbcStatusCode adbc_statement_option(struct AdbcStatement *handle, const char *key, buffer *out,
                                     struct AdbcError *e) {
    adbc_statement *s;
    ADBC_TRY(adbc_statement_of(handle, &s, e));
    const char *value = NULL;
    char number[32];
    if (adbc_is(key, ADBC_PROGRESS)) {
        double fraction = dbx_progress(s->connection->con).fraction;
        snprintf(number, sizeof(number), "%.6f", fraction < 0 ? 0.0 : fraction);
        value = number;
    }
    if (adbc_is(key, ADBC_MAX_PROGRESS)) value = "1";
    if (adbc_is(key, ADBC_TARGET_TABLE)) value = s->ingest.table;
    if (adbc_is(key, ADBC_TARGET_CATALOG)) value = s->ingest.catalog;
    if (adbc_is(key, ADBC_TARGET_SCHEMA)) value = s->ingest.schema;
    if (adbc_is(key, ADBC_INGEST_MODE)) value = s->ingest.mode;
    if (adbc_is(key, ADBC_TARGET_TEMPORARY)) value = s->ingest.temporary ? "true" : "false";
    if (adbc_is(key, ADBC_INCREMENTAL)) value = "false";
    if (value == NULL)
        return adbc_fail(e, ADBC_STATUS_NOT_FOUND, "Option %s is not known or not set", key);
    return buffer_append_sv(out, sv_from(value)) == DBX_OK ? ADBC_STATUS_OK : adbc_fail_nomem(e);
}

/* ---- what dbx does not do ---- */

AdbcStatusCode adbc_statement_set_substrait_plan(struct AdbcStatement *handle, const uint8_t *plan,
                                                 size_t size, struct AdbcError *e) {
    (void)handle;
    (void)plan;
    (void)size;
    return adbc_fail(e, ADBC_STATUS_NOT_IMPLEMENTED, "Substrait plans are not supported: use SQL");
}

AdbcStatusCode adbc_statement_execute_partitions(struct AdbcStatement *handle,
                                                 struct ArrowSchema *schema,
                                                 struct AdbcPartitions *out, int64_t *rows_affected,
                                                 struct AdbcError *e) {
    (void)handle;
    (void)schema;
    (void)out;
    (void)rows_affected;
    return adbc_fail(e, ADBC_STATUS_NOT_IMPLEMENTED, "Results are not partitioned");
}
