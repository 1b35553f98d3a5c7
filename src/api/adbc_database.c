/* adbc_database.c - ADBC databases: options, opening, counting. */
#include "api/adbc_int.h"

#include <stdlib.h>

AdbcStatusCode adbc_database_new(struct AdbcDatabase *handle, struct AdbcError *e) {
    if (handle == NULL) return adbc_fail(e, ADBC_STATUS_INVALID_ARGUMENT, "No database is given");
    adbc_database *d = calloc(1, sizeof(*d));
    if (d == NULL) return adbc_fail_nomem(e);
    atomic_init(&d->refs, 1);
    handle->private_data = d;
    return ADBC_STATUS_OK;
}

static AdbcStatusCode adbc_database_of(struct AdbcDatabase *handle, adbc_database **out,
                                       struct AdbcError *e) {
    *out = handle != NULL ? handle->private_data : NULL;
    if (*out != NULL) return ADBC_STATUS_OK;
    return adbc_fail(e, ADBC_STATUS_INVALID_STATE, "The database is not initialized");
}

AdbcStatusCode adbc_database_set_option(struct AdbcDatabase *handle, const char *key,
                                        const char *value, struct AdbcError *e) {
    adbc_database *d;
    ADBC_TRY(adbc_database_of(handle, &d, e));
    if (adbc_is(key, "username") || adbc_is(key, "password")) {
        return adbc_fail(e, ADBC_STATUS_NOT_IMPLEMENTED,
                         "dbx opens a file and knows no users: leave the option %s out", key);
    }
    bool known = adbc_is(key, "uri") || adbc_is(key, "path") || adbc_is_setting(key);
    if (!known) return adbc_unknown_option(key, e);
    if (d->db != NULL) {
        return adbc_fail(e, ADBC_STATUS_INVALID_STATE,
                         "Option %s is set before the database is initialized; later, set it on a "
                         "connection",
                         key);
    }
    return adbc_options_set(&d->options, key, value != NULL ? value : "") ? ADBC_STATUS_OK
                                                                          : adbc_fail_nomem(e);
}

AdbcStatusCode adbc_database_option(struct AdbcDatabase *handle, const char *key, buffer *out,
                                    struct AdbcError *e) {
    adbc_database *d;
    ADBC_TRY(adbc_database_of(handle, &d, e));
    const char *given = adbc_options_get(&d->options, key);
    if (given != NULL)
        return buffer_append_sv(out, sv_from(given)) == DBX_OK ? ADBC_STATUS_OK
                                                               : adbc_fail_nomem(e);
    if (d->db != NULL && settings_get(&d->db->db->settings, sv_from(key), out))
        return ADBC_STATUS_OK;
    return adbc_fail(e, ADBC_STATUS_NOT_FOUND, "Option %s is not known or not set", key);
}

/* "file:" and "file://" are taken off a URI. */
static const char *adbc_database_path(const adbc_database *d) {
    const char *path = adbc_options_get(&d->options, "uri");
    if (path == NULL) path = adbc_options_get(&d->options, "path");
    if (path == NULL) return NULL;
    if (strncmp(path, "file:", 5) == 0) path += 5;
    if (strncmp(path, "///", 3) == 0) path += 2;
    return path;
}

AdbcStatusCode adbc_database_init(struct AdbcDatabase *handle, struct AdbcError *e) {
    adbc_database *d;
    ADBC_TRY(adbc_database_of(handle, &d, e));
    if (d->db != NULL)
        return adbc_fail(e, ADBC_STATUS_INVALID_STATE, "The database is initialized already");
    dbx_option *given = calloc(d->options.count + 1, sizeof(*given));
    if (given == NULL) return adbc_fail_nomem(e);
    size_t count = 0;
    for (size_t i = 0; i < d->options.count; i++) {
        const char *key = d->options.keys[i];
        if (adbc_is_setting(key)) given[count++] = (dbx_option){key, d->options.values[i]};
    }
    char *message = NULL;
    dbx_status status = dbx_open(adbc_database_path(d), given, count, &d->db, &message);
    free(given);
    AdbcStatusCode code = ADBC_STATUS_OK;
    if (status != DBX_OK) {
        code = status == DBX_IO || status == DBX_CORRUPT ? ADBC_STATUS_IO
               : status == DBX_BUSY                      ? ADBC_STATUS_INVALID_STATE
               : status == DBX_NOMEM                     ? ADBC_STATUS_INTERNAL
                                                         : ADBC_STATUS_INVALID_ARGUMENT;
        adbc_fail(e, code, "%s", message != NULL ? message : dbx_status_name(status));
    }
    dbx_free(message);
    return code;
}

void adbc_database_unref(adbc_database *d) {
    if (d == NULL || atomic_fetch_sub(&d->refs, 1) != 1) return;
    dbx_close(d->db);
    adbc_options_free(&d->options);
    free(d);
}

AdbcStatusCode adbc_database_release(struct AdbcDatabase *handle, struct AdbcError *e) {
    adbc_database *d;
    ADBC_TRY(adbc_database_of(handle, &d, e));
    handle->private_data = NULL;
    adbc_database_unref(d);
    return ADBC_STATUS_OK;
}
