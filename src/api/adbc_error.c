/* adbc_error.c - ADBC errors: text, SQLSTATE and details of a dbx error; its status code. */
#include "api/adbc_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { ADBC_MESSAGE_MAX = 1024, ADBC_DETAILS_MAX = ERROR_PARAMS_MAX + 2 };

/* ---- details: key and value texts, owned by the error ---- */

typedef struct adbc_details {
    int count;
    char *keys[ADBC_DETAILS_MAX];
    char *values[ADBC_DETAILS_MAX];
} adbc_details;

static bool adbc_has_private(const struct AdbcError *e) {
    return e->vendor_code == ADBC_ERROR_VENDOR_CODE_PRIVATE_DATA;
}

/* Details are a courtesy: without memory there are fewer. */
static void adbc_details_add(adbc_details *d, const char *prefix, const char *key,
                             const char *value) {
    assert(d->count < ADBC_DETAILS_MAX);
    size_t size = strlen(prefix) + strlen(key) + 1;
    char *full = malloc(size);
    char *copy = strdup(value);
    if (full == NULL || copy == NULL) {
        free(full);
        free(copy);
        return;
    }
    snprintf(full, size, "%s%s", prefix, key);
    d->keys[d->count] = full;
    d->values[d->count++] = copy;
}

int adbc_error_detail_count(const struct AdbcError *e) {
    bool some = e != NULL && adbc_has_private(e) && e->private_data != NULL;
    return some ? ((const adbc_details *)e->private_data)->count : 0;
}

struct AdbcErrorDetail adbc_error_detail(const struct AdbcError *e, int index) {
    if (index < 0 || index >= adbc_error_detail_count(e)) return (struct AdbcErrorDetail){0};
    const adbc_details *d = e->private_data;
    return (struct AdbcErrorDetail){.key = d->keys[index],
                                    .value = (const uint8_t *)d->values[index],
                                    .value_length = strlen(d->values[index])};
}

void adbc_error_release(struct AdbcError *e) {
    free(e->message);
    e->message = NULL;
    if (adbc_has_private(e) && e->private_data != NULL) {
        adbc_details *d = e->private_data;
        for (int i = 0; i < d->count; i++) {
            free(d->keys[i]);
            free(d->values[i]);
        }
        free(d);
        e->private_data = NULL;
    }
    e->release = NULL;
}

/* ---- filling ---- */

static void adbc_error_set(struct AdbcError *e, const char *message, const char *sqlstate,
                           adbc_details *details) {
    if (e->release != NULL) e->release(e);
    e->message = strdup(message);
    memset(e->sqlstate, 0, sizeof(e->sqlstate));
    if (sqlstate != NULL) memcpy(e->sqlstate, sqlstate, strnlen(sqlstate, sizeof(e->sqlstate)));
    if (adbc_has_private(e)) e->private_data = details;
    e->release = adbc_error_release;
}

AdbcStatusCode adbc_fail(struct AdbcError *e, AdbcStatusCode code, const char *format, ...) {
    if (e == NULL) return code;
    char message[ADBC_MESSAGE_MAX];
    int used = snprintf(message, sizeof(message), "[dbx] ");
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message + used, sizeof(message) - (size_t)used, format, arguments);
    va_end(arguments);
    adbc_error_set(e, message, NULL, NULL);
    return code;
}

AdbcStatusCode adbc_fail_nomem(struct AdbcError *e) {
    return adbc_fail(e, ADBC_STATUS_INTERNAL, "Out of memory");
}

/* ---- from dbx ---- */

typedef struct adbc_state_row {
    const char *sqlstate; /* a whole SQLSTATE, or the class that it starts with */
    AdbcStatusCode code;
} adbc_state_row;

/* The first row that a SQLSTATE starts with. */
static const adbc_state_row adbc_states[] = {
    {"42P01", ADBC_STATUS_NOT_FOUND},      /* table or view */
    {"42704", ADBC_STATUS_NOT_FOUND},      /* schema, catalog, other objects */
    {"42883", ADBC_STATUS_NOT_FOUND},      /* function */
    {"42P06", ADBC_STATUS_ALREADY_EXISTS}, /* schema */
    {"42P07", ADBC_STATUS_ALREADY_EXISTS}, /* table or view */
    {"42710", ADBC_STATUS_ALREADY_EXISTS}, /* other objects */
    {"42723", ADBC_STATUS_ALREADY_EXISTS}, /* function */
    {"42501", ADBC_STATUS_UNAUTHORIZED},   {"HYT00", ADBC_STATUS_TIMEOUT},
    {"0A", ADBC_STATUS_NOT_IMPLEMENTED},   {"21", ADBC_STATUS_INVALID_DATA},
    {"22", ADBC_STATUS_INVALID_DATA},      {"23", ADBC_STATUS_INTEGRITY},
    {"25", ADBC_STATUS_INVALID_STATE},     {"28", ADBC_STATUS_UNAUTHENTICATED},
    {"40", ADBC_STATUS_INVALID_STATE},     {"42", ADBC_STATUS_INVALID_ARGUMENT},
    {"46", ADBC_STATUS_INVALID_ARGUMENT},
};

AdbcStatusCode adbc_status_of(const dbx_connection *c, dbx_status status) {
    static const AdbcStatusCode by_status[] = {
        [DBX_OK] = ADBC_STATUS_OK,
        [DBX_ERROR] = ADBC_STATUS_UNKNOWN,
        [DBX_NOMEM] = ADBC_STATUS_INTERNAL,
        [DBX_IO] = ADBC_STATUS_IO,
        [DBX_CORRUPT] = ADBC_STATUS_IO,
        [DBX_CANCELLED] = ADBC_STATUS_CANCELLED,
        [DBX_BUSY] = ADBC_STATUS_INVALID_STATE,
        [DBX_MISUSE] = ADBC_STATUS_INVALID_ARGUMENT,
        [DBX_BUG] = ADBC_STATUS_INTERNAL,
    };
    assert((uint32_t)status < ARRAY_COUNT(by_status));
    const char *sqlstate = dbx_error_sqlstate(c);
    bool by_state = status == DBX_ERROR || status == DBX_CANCELLED;
    for (uint32_t i = 0; by_state && sqlstate != NULL && i < ARRAY_COUNT(adbc_states); i++) {
        const char *state = adbc_states[i].sqlstate;
        if (strncmp(sqlstate, state, strlen(state)) == 0) return adbc_states[i].code;
    }
    return by_status[status];
}

AdbcStatusCode adbc_fail_dbx(struct AdbcError *e, const dbx_connection *c, dbx_status status) {
    AdbcStatusCode code = adbc_status_of(c, status);
    if (e == NULL) return code;
    const char *message = dbx_error_message(c);
    adbc_details *d = adbc_has_private(e) ? calloc(1, sizeof(*d)) : NULL;
    if (d != NULL && dbx_error_class(c) != NULL)
        adbc_details_add(d, "dbx.", "error_class", dbx_error_class(c));
    uint32_t start, end;
    if (d != NULL && dbx_error_position(c, &start, &end)) {
        char place[48];
        snprintf(place, sizeof(place), "%u-%u", start, end);
        adbc_details_add(d, "dbx.", "position", place);
    }
    const char *name, *value;
    for (uint32_t i = 0; d != NULL && dbx_error_parameter(c, i, &name, &value); i++)
        adbc_details_add(d, "dbx.parameter.", name, value);
    adbc_error_set(e, message != NULL ? message : dbx_status_name(status), dbx_error_sqlstate(c),
                   d);
    return code;
}
