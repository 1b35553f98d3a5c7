/* adbc_int.h - what the files of the ADBC driver share. For src/api only.
 *
 * The driver stands on dbx.h and on the handles behind it. Its objects are counted: a stream holds
 * its statement, a statement its connection, a connection its database, so that they may be
 * released in any order. As in dbx.h one thread uses a connection at a time; Cancel and reading
 * options are for any thread. A connection computes one result at a time: before it runs something
 * else, the rest of an open result is kept in memory.
 */
#ifndef DBX_API_ADBC_INT_H
#define DBX_API_ADBC_INT_H

#include "api/adbc.h"
#include "api/api_int.h"

/* ---- the functions of the driver ---- */

#define ADBC_ENTRY(since, result, name, internal, parameters, arguments) result internal parameters;
#include "api/adbc_entries.def"
#undef ADBC_ENTRY
DBX_API AdbcStatusCode AdbcDriverInit(int version, void *raw, struct AdbcError *e);

#define ADBC_TRY(expression)                                                                       \
    do {                                                                                           \
        AdbcStatusCode adbc_try_status = (expression);                                             \
        if (adbc_try_status != ADBC_STATUS_OK) return adbc_try_status;                             \
    } while (0)

/* ---- errors (adbc_error.c) ---- */

/* Fills the error (NULL is fine) and returns the code. */
AdbcStatusCode adbc_fail(struct AdbcError *e, AdbcStatusCode code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
AdbcStatusCode adbc_fail_nomem(struct AdbcError *e);
/* The connection's last error: message, SQLSTATE, class and parameters as details. */
AdbcStatusCode adbc_fail_dbx(struct AdbcError *e, const dbx_connection *c, dbx_status status);
AdbcStatusCode adbc_status_of(const dbx_connection *c, dbx_status status);
void adbc_error_release(struct AdbcError *e);

/* ---- options (adbc_option.c) ---- */

typedef struct adbc_options {
    char **keys;
    char **values;
    size_t count;
} adbc_options;

/* False when out of memory. */
bool adbc_options_set(adbc_options *o, const char *key, const char *value) MUST_CHECK;
const char *adbc_options_get(const adbc_options *o, const char *key);
void adbc_options_free(adbc_options *o);
bool adbc_is(const char *key, const char *option);
/* Append the text of an object's option; NOT_FOUND when it is unknown or not set. */
AdbcStatusCode adbc_database_option(struct AdbcDatabase *h, const char *key, buffer *out,
                                    struct AdbcError *e);
AdbcStatusCode adbc_connection_option(struct AdbcConnection *h, const char *key, buffer *out,
                                      struct AdbcError *e);
AdbcStatusCode adbc_statement_option(struct AdbcStatement *h, const char *key, buffer *out,
                                     struct AdbcError *e);
/* "true" or "false"; anything else fails. */
AdbcStatusCode adbc_parse_bool(const char *key, const char *value, bool *out, struct AdbcError *e);
AdbcStatusCode adbc_unknown_option(const char *key, struct AdbcError *e);
/* Is it a setting of dbx, or one of Spark's? */
bool adbc_is_setting(const char *key);

/* ---- objects ---- */

typedef struct adbc_database {
    _Atomic uint32_t refs;
    dbx_database *db; /* from Init on */
    adbc_options options;
} adbc_database;

typedef struct adbc_stream adbc_stream;

typedef struct adbc_connection {
    _Atomic uint32_t refs;
    adbc_database *database; /* from Init on */
    dbx_connection *con;
    _Atomic bool manual_commit;
    adbc_options options; /* given before Init */
    adbc_stream *open;    /* the stream whose rows are still computed; borrowed */
} adbc_connection;

typedef struct adbc_ingest {
    char *table, *catalog, *schema;
    const char *mode; /* static */
    bool temporary;
} adbc_ingest;

typedef struct adbc_statement {
    _Atomic uint32_t refs;
    adbc_connection *connection;
    char *sql;
    dbx_statement *prepared;
    bool is_script;                /* several statements: not prepared, run in order */
    struct ArrowArrayStream bound; /* parameters or rows to ingest */
    adbc_ingest ingest;
    adbc_stream *open; /* the result set that the next execution invalidates; borrowed */
} adbc_statement;

void adbc_database_unref(adbc_database *d);
void adbc_connection_unref(adbc_connection *c);
void adbc_statement_unref(adbc_statement *s);

/* The connection behind the handle, initialized. */
AdbcStatusCode adbc_connection_of(struct AdbcConnection *handle, adbc_connection **out,
                                  struct AdbcError *e);
/* Makes the connection ready to run a statement: keeps the rest of an open result, begins the
 * transaction when autocommit is off. */
AdbcStatusCode adbc_connection_ready(adbc_connection *c, struct AdbcError *e);
/* Loads the bound rows into the target table; *rows gets their number. */
AdbcStatusCode adbc_ingest_run(adbc_statement *s, int64_t *rows, struct AdbcError *e);
/* `a`.`b`.`c`; parts that are NULL or empty are left out. */
dbx_status adbc_append_name(buffer *b, const char *space, const char *schema, const char *name);
/* A row type's schema from columns. */
dbx_status adbc_schema_export(const result_column *columns, uint32_t count, adbc_connection *c,
                              struct ArrowSchema *out);

/* ---- streams (adbc_stream.c) ---- */

/* Moves a result into a stream that holds the statement. Frees the result on failure. */
AdbcStatusCode adbc_stream_new(adbc_statement *s, dbx_result *result, struct ArrowArrayStream *out,
                               struct AdbcError *e);
/* Ends the result set: reading the stream fails from now on. */
void adbc_stream_invalidate(adbc_stream *s);
/* Computes and keeps the rest. */
dbx_status adbc_stream_keep(adbc_stream *s);

#endif
