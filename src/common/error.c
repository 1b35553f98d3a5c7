/* error.c - see error.h. */
#include "common/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *name;
    dbx_status status;
    char sqlstate[6];
    const char *message;
} error_rows[ERR_CLASS_COUNT] = {
#define ERROR_CLASS(id, name, status, sqlstate, message) {name, status, sqlstate, message},
#include "common/errors.def"
#undef ERROR_CLASS
};

void error_init(error *e) {
    memset(e, 0, sizeof(*e));
}

void error_clear(error *e) {
    free(e->message);
    free(e->name);
    for (uint32_t i = 0; i < e->param_count; i++) free(e->params[i].value);
    memset(e, 0, sizeof(*e));
}

void error_deinit(error *e) {
    error_clear(e);
}

void error_move(error *to, error *from) {
    assert(to != from);
    if (to->status != DBX_OK) {
        error_clear(from);
        return;
    }
    error_clear(to);
    *to = *from;
    memset(from, 0, sizeof(*from));
}

const char *error_name(const error *e) {
    return e->name != NULL ? e->name : error_rows[e->cls].name;
}

const char *error_class_name(error_class cls) {
    return error_rows[cls].name;
}
const char *error_class_sqlstate(error_class cls) {
    return error_rows[cls].sqlstate;
}
dbx_status error_class_status(error_class cls) {
    return error_rows[cls].status;
}

static char *copy_text(const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy != NULL) memcpy(copy, text, size);
    return copy;
}

static const char *param_value(const error *e, const char *name, size_t length) {
    for (uint32_t i = 0; i < e->param_count; i++) {
        const char *candidate = e->params[i].name;
        if (strlen(candidate) == length && memcmp(candidate, name, length) == 0) {
            return e->params[i].value;
        }
    }
    return NULL;
}

/* Writes "[NAME] template with parameters SQLSTATE: x" to out (NULL: only counts). */
static size_t format_message(const error *e, char *out) {
    size_t at = 0;
#define EMIT(bytes, count)                                                                         \
    do {                                                                                           \
        if (out != NULL) memcpy(out + at, (bytes), (count));                                       \
        at += (count);                                                                             \
    } while (0)
    const char *name = error_name(e);
    EMIT("[", 1);
    EMIT(name, strlen(name));
    EMIT("] ", 2);
    for (const char *t = error_rows[e->cls].message; *t != '\0';) {
        const char *close = *t == '<' ? strchr(t, '>') : NULL;
        const char *value = close ? param_value(e, t + 1, (size_t)(close - t - 1)) : NULL;
        if (value != NULL) {
            EMIT(value, strlen(value));
            t = close + 1;
        } else {
            EMIT(t, 1);
            t++;
        }
    }
    EMIT(" SQLSTATE: ", 11);
    EMIT(e->sqlstate, 5);
    EMIT("", 1);
#undef EMIT
    return at;
}

static void error_start(error *e, error_class cls, span position) {
    e->status = error_rows[cls].status;
    e->cls = cls;
    e->position = position;
    memcpy(e->sqlstate, error_rows[cls].sqlstate, sizeof(e->sqlstate));
}

static void error_add_param(error *e, const char *name, const char *value) {
    assert(e->param_count < ERROR_PARAMS_MAX);
    char *copy = copy_text(value ? value : "");
    if (copy == NULL) return;
    e->params[e->param_count].name = name;
    e->params[e->param_count].value = copy;
    e->param_count++;
}

static void error_finish(error *e) {
    e->message = malloc(format_message(e, NULL));
    if (e->message != NULL) format_message(e, e->message);
}

dbx_status error_raise(error *e, error_class cls, span position, ...) {
    assert(cls > ERR_NONE && cls < ERR_CLASS_COUNT);
    if (e == NULL || e->status != DBX_OK) return error_rows[cls].status;
    error_start(e, cls, position);
    va_list args;
    va_start(args, position);
    for (;;) {
        const char *name = va_arg(args, const char *);
        if (name == NULL) break;
        error_add_param(e, name, va_arg(args, const char *));
    }
    va_end(args);
    error_finish(e);
    return e->status;
}

static char *copy_view(string_view text) {
    char *copy = malloc(text.size + 1);
    if (copy == NULL) return NULL;
    if (text.size > 0) memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return copy;
}

dbx_status error_raise_condition(error *e, string_view name, string_view sqlstate,
                                 string_view message, span position) {
    if (e == NULL || e->status != DBX_OK) return DBX_ERROR;
    error_start(e, ERR_USER_RAISED_EXCEPTION, position);
    e->name = copy_view(name);
    memset(e->sqlstate, 0, sizeof(e->sqlstate));
    memcpy(e->sqlstate, sqlstate.data, MIN(sqlstate.size, sizeof(e->sqlstate) - 1));
    char *text = copy_view(message);
    error_add_param(e, "errorMessage", text);
    free(text);
    error_finish(e);
    return e->status;
}

void error_copy(error *to, const error *from) {
    if (to == NULL || to->status != DBX_OK || from->status == DBX_OK) return;
    error_start(to, from->cls, from->position);
    memcpy(to->sqlstate, from->sqlstate, sizeof(to->sqlstate));
    if (from->name != NULL) to->name = copy_text(from->name);
    for (uint32_t i = 0; i < from->param_count; i++)
        error_add_param(to, from->params[i].name, from->params[i].value);
    error_finish(to);
}

dbx_status error_raisef(error *e, error_class cls, span position, const char *name,
                        const char *format, ...) {
    assert(cls > ERR_NONE && cls < ERR_CLASS_COUNT);
    if (e == NULL || e->status != DBX_OK) return error_rows[cls].status;
    error_start(e, cls, position);
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *value = length < 0 ? NULL : malloc((size_t)length + 1);
    if (value != NULL) {
        vsnprintf(value, (size_t)length + 1, format, again);
        e->params[0].name = name;
        e->params[0].value = value;
        e->param_count = 1;
    }
    va_end(again);
    error_finish(e);
    return e->status;
}

dbx_status error_nomem(error *e) {
    return error_raise(e, ERR_OUT_OF_MEMORY, (span){0, 0}, NULL);
}

void sql_line_column(string_view sql, uint32_t offset, uint32_t *line, uint32_t *column) {
    *line = 1;
    *column = 1;
    for (size_t i = 0; i < sql.size && i < offset; i++) {
        if (sql.data[i] == '\n') {
            *line += 1;
            *column = 1;
        } else if (((unsigned char)sql.data[i] & 0xC0u) != 0x80u) {
            *column += 1;
        }
    }
}
