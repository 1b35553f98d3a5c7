/* adbc_connection.c - ADBC connections: options, transactions, cancelling. */
#include "api/adbc_int.h"

#include <stdlib.h>

#define ADBC_AUTOCOMMIT "adbc.connection.autocommit"
#define ADBC_READ_ONLY "adbc.connection.readonly"
#define ADBC_CATALOG "adbc.connection.catalog"
#define ADBC_SCHEMA "adbc.connection.db_schema"
#define ADBC_ISOLATION "adbc.connection.transaction.isolation_level"
#define ADBC_ISOLATION_DEFAULT "adbc.connection.transaction.isolation.default"
#define ADBC_ISOLATION_SNAPSHOT "adbc.connection.transaction.isolation.snapshot"

/* ---- life ---- */

AdbcStatusCode adbc_connection_new(struct AdbcConnection *handle, struct AdbcError *e) {
    if (handle == NULL) return adbc_fail(e, ADBC_STATUS_INVALID_ARGUMENT, "No connection is given");
    adbc_connection *c = calloc(1, sizeof(*c));
    if (c == NULL) return adbc_fail_nomem(e);
    atomic_init(&c->refs, 1);
    handle->private_data = c;
    return ADBC_STATUS_OK;
}

static adbc_connection *adbc_connection_raw(struct AdbcConnection *handle) {
    return handle != NULL ? handle->private_data : NULL;
}

AdbcStatusCode adbc_connection_of(struct AdbcConnection *handle, adbc_connection **out,
                                  struct AdbcError *e) {
    *out = adbc_connection_raw(handle);
    if (*out != NULL && (*out)->con != NULL) return ADBC_STATUS_OK;
    return adbc_fail(e, ADBC_STATUS_INVALID_STATE, "The connection is not initialized");
}

void adbc_connection_unref(adbc_connection *c) {
    if (c == NULL || atomic_fetch_sub(&c->refs, 1) != 1) return;
    dbx_disconnect(c->con);
    adbc_database_unref(c->database);
    adbc_options_free(&c->options);
    free(c);
}

AdbcStatusCode adbc_connection_release(struct AdbcConnection *handle, struct AdbcError *e) {
    adbc_connection *c = adbc_connection_raw(handle);
    if (c == NULL)
        return adbc_fail(e, ADBC_STATUS_INVALID_STATE, "The connection is not initialized");
    handle->private_data = NULL;
    adbc_connection_unref(c);
    return ADBC_STATUS_OK;
}

AdbcStatusCode adbc_connection_init(struct AdbcConnection *handle, struct AdbcDatabase *from,
                                    struct AdbcError *e) {
    adbc_connection *c = adbc_connection_raw(handle);
    adbc_database *d = from != NULL ? from->private_data : NULL;
    if (c == NULL || c->con != NULL) {
        return adbc_fail(e, ADBC_STATUS_INVALID_STATE,
                         "The connection is not new or initialized already");
    }
    if (d == NULL || d->db == NULL)
        return adbc_fail(e, ADBC_STATUS_INVALID_STATE, "The database is not initialized");
    if (dbx_connect(d->db, &c->con) != DBX_OK) return adbc_fail_nomem(e);
    atomic_fetch_add(&d->refs, 1);
    c->database = d;
    adbc_options given = c->options;
    c->options = (adbc_options){0};
    AdbcStatusCode code = ADBC_STATUS_OK;
    for (size_t i = 0; code == ADBC_STATUS_OK && i < given.count; i++)
        code = adbc_connection_set_option(handle, given.keys[i], given.values[i], e);
    adbc_options_free(&given);
    return code;
}

/* ---- transactions ---- */

AdbcStatusCode adbc_connection_ready(adbc_connection *c, struct AdbcError *e) {
    api_start(c->con);
    dbx_status status = c->open != NULL ? adbc_stream_keep(c->open) : DBX_OK;
    bool started;
    if (status == DBX_OK && atomic_load(&c->manual_commit))
        status = session_transaction_start(c->con->session, &started);
    return status == DBX_OK ? ADBC_STATUS_OK : adbc_fail_dbx(e, c->con, status);
}

/* Commits (after DBX_OK) or rolls back what is open, if anything is. */
static AdbcStatusCode adbc_connection_end(adbc_connection *c, bool commit, struct AdbcError *e) {
    session *s = c->con->session;
    api_start(c->con);
    dbx_status status = c->open != NULL ? adbc_stream_keep(c->open) : DBX_OK;
    if (s->txn == NULL && status == DBX_OK) return ADBC_STATUS_OK;
    if (status == DBX_OK && commit && s->txn_failed)
        status = error_raise(&s->error, ERR_TRANSACTION_FAILED, (span){0, 0}, NULL);
    else if (commit && status == DBX_OK)
        status = session_transaction_end(s, true, DBX_OK);
    else if (!commit)
        (void)!session_transaction_end(s, true, DBX_ERROR);
    return status == DBX_OK ? ADBC_STATUS_OK : adbc_fail_dbx(e, c->con, status);
}

static AdbcStatusCode adbc_connection_finish(struct AdbcConnection *handle, bool commit,
                                             struct AdbcError *e) {
    adbc_connection *c;
    ADBC_TRY(adbc_connection_of(handle, &c, e));
    if (!atomic_load(&c->manual_commit)) {
        return adbc_fail(e, ADBC_STATUS_INVALID_STATE,
                         "Autocommit is on: there is no transaction to end");
    }
    return adbc_connection_end(c, commit, e);
}

AdbcStatusCode adbc_connection_commit(struct AdbcConnection *handle, struct AdbcError *e) {
    return adbc_connection_finish(handle, true, e);
}

AdbcStatusCode adbc_connection_rollback(struct AdbcConnection *handle, struct AdbcError *e) {
    return adbc_connection_finish(handle, false, e);
}

AdbcStatusCode adbc_connection_cancel(struct AdbcConnection *handle, struct AdbcError *e) {
    adbc_connection *c;
    ADBC_TRY(adbc_connection_of(handle, &c, e));
    if (session_interrupt(c->con->session)) return ADBC_STATUS_OK;
    return adbc_fail(e, ADBC_STATUS_INVALID_STATE, "Nothing is running on the connection");
}

/* ---- options ---- */

static AdbcStatusCode adbc_connection_use(adbc_connection *c, const char *verb, const char *name,
                                          struct AdbcError *e) {
    buffer sql;
    buffer_init(&sql, NULL);
    dbx_status status = buffer_append_sv(&sql, sv_from(verb));
    if (status == DBX_OK) status = adbc_append_name(&sql, NULL, NULL, name);
    AdbcStatusCode code = status == DBX_OK ? adbc_connection_ready(c, e) : adbc_fail_nomem(e);
    if (code == ADBC_STATUS_OK) {
        status = dbx_query(c->con, sql.data, NULL);
        if (status != DBX_OK) code = adbc_fail_dbx(e, c->con, status);
    }
    buffer_deinit(&sql);
    return code;
}

static AdbcStatusCode adbc_connection_set_autocommit(adbc_connection *c, const char *value,
                                                     struct AdbcError *e) {
    bool on;
    ADBC_TRY(adbc_parse_bool(ADBC_AUTOCOMMIT, value, &on, e));
    if (on && atomic_load(&c->manual_commit)) ADBC_TRY(adbc_connection_end(c, true, e));
    atomic_store(&c->manual_commit, !on);
    return ADBC_STATUS_OK;
}

static AdbcStatusCode adbc_connection_set_read_only(adbc_connection *c, const char *value,
                                                    struct AdbcError *e) {
    bool on;
    ADBC_TRY(adbc_parse_bool(ADBC_READ_ONLY, value, &on, e));
    if (on == c->database->db->db->settings.read_only) return ADBC_STATUS_OK;
    return adbc_fail(e, ADBC_STATUS_NOT_IMPLEMENTED,
                     "Reading only is a property of the database: set its option read_only");
}

AdbcStatusCode adbc_connection_set_option(struct AdbcConnection *handle, const char *key,
                                          const char *value, struct AdbcError *e) {
    adbc_connection *c = adbc_connection_raw(handle);
    if (c == NULL) return adbc_fail(e, ADBC_STATUS_INVALID_STATE, "The connection is not new");
    if (value == NULL)
        return adbc_fail(e, ADBC_STATUS_INVALID_ARGUMENT, "Option %s needs a value", key);
    if (c->con == NULL) {
        bool known = strncmp(key, "adbc.connection.", 16) == 0 || adbc_is_setting(key);
        if (!known) return adbc_unknown_option(key, e);
        return adbc_options_set(&c->options, key, value) ? ADBC_STATUS_OK : adbc_fail_nomem(e);
    }
    if (adbc_is(key, ADBC_AUTOCOMMIT)) return adbc_connection_set_autocommit(c, value, e);
    if (adbc_is(key, ADBC_READ_ONLY)) return adbc_connection_set_read_only(c, value, e);
    if (adbc_is(key, ADBC_CATALOG)) return adbc_connection_use(c, "USE CATALOG ", value, e);
    if (adbc_is(key, ADBC_SCHEMA)) return adbc_connection_use(c, "USE SCHEMA ", value, e);
    if (adbc_is(key, ADBC_ISOLATION)) {
        if (adbc_is(value, ADBC_ISOLATION_DEFAULT) || adbc_is(value, ADBC_ISOLATION_SNAPSHOT))
            return ADBC_STATUS_OK;
        return adbc_fail(e, ADBC_STATUS_NOT_IMPLEMENTED,
                         "dbx isolates by snapshots only, not by %s", value);
    }
    if (!adbc_is_setting(key)) return adbc_unknown_option(key, e);
    ADBC_TRY(adbc_connection_ready(c, e));
    dbx_status status = session_set(c->con->session, sv_from(key), sv_from(value));
    return status == DBX_OK ? ADBC_STATUS_OK : adbc_fail_dbx(e, c->con, status);
}

AdbcStatusCode adbc_connection_option(struct AdbcConnection *handle, const char *key, buffer *out,
                                      struct AdbcError *e) {
    adbc_connection *c;
    ADBC_TRY(adbc_connection_of(handle, &c, e));
    session *s = c->con->session;
    string_view space, schema;
    session_current(s, &space, &schema);
    string_view value = {NULL, 0};
    if (adbc_is(key, ADBC_AUTOCOMMIT))
        value = atomic_load(&c->manual_commit) ? SV("false") : SV("true");
    if (adbc_is(key, ADBC_READ_ONLY)) value = s->db->settings.read_only ? SV("true") : SV("false");
    if (adbc_is(key, ADBC_CATALOG)) value = space;
    if (adbc_is(key, ADBC_SCHEMA)) value = schema;
    if (adbc_is(key, ADBC_ISOLATION)) value = SV(ADBC_ISOLATION_SNAPSHOT);
    if (value.data != NULL)
        return buffer_append_sv(out, value) == DBX_OK ? ADBC_STATUS_OK : adbc_fail_nomem(e);
    if (session_get(s, sv_from(key), out)) return ADBC_STATUS_OK;
    return adbc_fail(e, ADBC_STATUS_NOT_FOUND, "Option %s is not known or not set", key);
}

/* ---- what dbx does not do ---- */

AdbcStatusCode adbc_connection_read_partition(struct AdbcConnection *handle,
                                              const uint8_t *partition, size_t size,
                                              struct ArrowArrayStream *out, struct AdbcError *e) {
    (void)handle;
    (void)partition;
    (void)size;
    (void)out;
    return adbc_fail(e, ADBC_STATUS_NOT_IMPLEMENTED, "Results are not partitioned");
}
