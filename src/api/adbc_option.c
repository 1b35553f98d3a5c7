/* adbc_option.c - options of ADBC objects: lists, and the typed getters and setters over text. */
#include "api/adbc_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- lists ---- */

bool adbc_is(const char *key, const char *option) {
    return strcmp(key, option) == 0;
}

bool adbc_options_set(adbc_options *o, const char *key, const char *value) {
    char *copy = strdup(value);
    if (copy == NULL) return false;
    for (size_t i = 0; i < o->count; i++) {
        if (!adbc_is(o->keys[i], key)) continue;
        free(o->values[i]);
        o->values[i] = copy;
        return true;
    }
    char *name = strdup(key);
    char **keys = realloc(o->keys, (o->count + 1) * sizeof(*keys));
    if (keys != NULL) o->keys = keys;
    char **values = realloc(o->values, (o->count + 1) * sizeof(*values));
    if (values != NULL) o->values = values;
    if (name == NULL || keys == NULL || values == NULL) {
        free(name);
        free(copy);
        return false;
    }
    o->keys[o->count] = name;
    o->values[o->count++] = copy;
    return true;
}

const char *adbc_options_get(const adbc_options *o, const char *key) {
    for (size_t i = 0; i < o->count; i++) {
        if (adbc_is(o->keys[i], key)) return o->values[i];
    }
    return NULL;
}

void adbc_options_free(adbc_options *o) {
    for (size_t i = 0; i < o->count; i++) {
        free(o->keys[i]);
        free(o->values[i]);
    }
    free(o->keys);
    free(o->values);
    *o = (adbc_options){0};
}

AdbcStatusCode adbc_parse_bool(const char *key, const char *value, bool *out, struct AdbcError *e) {
    *out = value != NULL && adbc_is(value, "true");
    if (*out || (value != NULL && adbc_is(value, "false"))) return ADBC_STATUS_OK;
    return adbc_fail(e, ADBC_STATUS_INVALID_ARGUMENT, "Option %s is true or false, not %s", key,
                     value != NULL ? value : "NULL");
}

AdbcStatusCode adbc_unknown_option(const char *key, struct AdbcError *e) {
    return adbc_fail(e, ADBC_STATUS_NOT_IMPLEMENTED, "Option %s is not known", key);
}

bool adbc_is_setting(const char *key) {
    uint32_t count;
    const setting_row *rows = settings_rows(&count);
    for (uint32_t i = 0; i < count; i++) {
        if (sv_equal_ignore_case(sv_from(rows[i].name), sv_from(key))) return true;
    }
    return strncmp(key, "spark.", 6) == 0;
}

/* ---- typed access ---- */

/* Copies value (with its NUL when `text`) when there is room, and says how much is needed. */
static AdbcStatusCode adbc_answer(const buffer *value, void *to, size_t *size, bool text) {
    size_t needed = value->size + text;
    if (needed <= *size && to != NULL) {
        if (value->size > 0) memcpy(to, value->data, value->size);
        if (text) ((char *)to)[value->size] = '\0';
    }
    *size = needed;
    return ADBC_STATUS_OK;
}

static AdbcStatusCode adbc_answer_int(const char *key, const buffer *value, int64_t *out,
                                      struct AdbcError *e) {
    char *end = NULL;
    errno = 0;
    long long number = value->size > 0 ? strtoll(value->data, &end, 10) : 0;
    if (value->size == 0 || *end != '\0' || errno != 0) {
        return adbc_fail(e, ADBC_STATUS_NOT_FOUND, "Option %s is not an integer", key);
    }
    *out = number;
    return ADBC_STATUS_OK;
}

static AdbcStatusCode adbc_answer_double(const char *key, const buffer *value, double *out,
                                         struct AdbcError *e) {
    char *end = NULL;
    double number = value->size > 0 ? strtod(value->data, &end) : 0;
    if (value->size == 0 || *end != '\0') {
        return adbc_fail(e, ADBC_STATUS_NOT_FOUND, "Option %s is not a number", key);
    }
    *out = number;
    return ADBC_STATUS_OK;
}

enum { ADBC_NUMBER_TEXT_MAX = 40 };

/* One object's getters and setters, all over adbc_<object>_option, which appends an option's text,
 * and adbc_<object>_set_option. */
#define ADBC_OPTIONS(object, handle)                                                               \
    AdbcStatusCode adbc_##object##_get_option(struct handle *h, const char *key, char *value,      \
                                              size_t *size, struct AdbcError *e) {                 \
        buffer b;                                                                                  \
        buffer_init(&b, NULL);                                                                     \
        AdbcStatusCode code = adbc_##object##_option(h, key, &b, e);                               \
        if (code == ADBC_STATUS_OK) code = adbc_answer(&b, value, size, true);                     \
        buffer_deinit(&b);                                                                         \
        return code;                                                                               \
    }                                                                                              \
    AdbcStatusCode adbc_##object##_get_option_bytes(                                               \
        struct handle *h, const char *key, uint8_t *value, size_t *size, struct AdbcError *e) {    \
        buffer b;                                                                                  \
        buffer_init(&b, NULL);                                                                     \
        AdbcStatusCode code = adbc_##object##_option(h, key, &b, e);                               \
        if (code == ADBC_STATUS_OK) code = adbc_answer(&b, value, size, false);                    \
        buffer_deinit(&b);                                                                         \
        return code;                                                                               \
    }                                                                                              \
    AdbcStatusCode adbc_##object##_get_option_int(struct handle *h, const char *key,               \
                                                  int64_t *value, struct AdbcError *e) {           \
        buffer b;                                                                                  \
        buffer_init(&b, NULL);                                                                     \
        AdbcStatusCode code = adbc_##object##_option(h, key, &b, e);                               \
        if (code == ADBC_STATUS_OK) code = adbc_answer_int(key, &b, value, e);                     \
        buffer_deinit(&b);                                                                         \
        return code;                                                                               \
    }                                                                                              \
    AdbcStatusCode adbc_##object##_get_option_double(struct handle *h, const char *key,            \
                                                     double *value, struct AdbcError *e) {         \
        buffer b;                                                                                  \
        buffer_init(&b, NULL);                                                                     \
        AdbcStatusCode code = adbc_##object##_option(h, key, &b, e);                               \
        if (code == ADBC_STATUS_OK) code = adbc_answer_double(key, &b, value, e);                  \
        buffer_deinit(&b);                                                                         \
        return code;                                                                               \
    }                                                                                              \
    AdbcStatusCode adbc_##object##_set_option_bytes(struct handle *h, const char *key,             \
                                                    const uint8_t *value, size_t size,             \
                                                    struct AdbcError *e) {                         \
        (void)h;                                                                                   \
        (void)value;                                                                               \
        (void)size;                                                                                \
        return adbc_unknown_option(key, e);                                                        \
    }                                                                                              \
    AdbcStatusCode adbc_##object##_set_option_int(struct handle *h, const char *key,               \
                                                  int64_t value, struct AdbcError *e) {            \
        char text[ADBC_NUMBER_TEXT_MAX];                                                           \
        snprintf(text, sizeof(text), "%lld", (long long)value);                                    \
        return adbc_##object##_set_option(h, key, text, e);                                        \
    }                                                                                              \
    AdbcStatusCode adbc_##object##_set_option_double(struct handle *h, const char *key,            \
                                                     double value, struct AdbcError *e) {          \
        char text[ADBC_NUMBER_TEXT_MAX];                                                           \
        snprintf(text, sizeof(text), "%.17g", value);                                              \
        return adbc_##object##_set_option(h, key, text, e);                                        \
    }

ADBC_OPTIONS(database, AdbcDatabase)
ADBC_OPTIONS(connection, AdbcConnection)
ADBC_OPTIONS(statement, AdbcStatement)
