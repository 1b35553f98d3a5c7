/* error.h - what went wrong: class, SQLSTATE, parameters, position.
 *
 * An `error` belongs to a statement (or to one worker of it) and holds at most one failure: the
 * first. Its class is a row of errors.def, named as Databricks names it; the message is the row's
 * template with <parameter> replaced. Errors own their text (plain malloc: they must work when a
 * ledger refuses).
 */
#ifndef DBX_COMMON_ERROR_H
#define DBX_COMMON_ERROR_H

#include "common/str.h"

typedef enum error_class {
#define ERROR_CLASS(id, name, status, sqlstate, message) ERR_##id,
#include "common/errors.def"
#undef ERROR_CLASS
    ERR_CLASS_COUNT
} error_class;

#define ERROR_PARAMS_MAX 8

typedef struct error {
    dbx_status status; /* DBX_OK: no error */
    error_class cls;
    char sqlstate[6];
    span position; /* in the statement's SQL; {0,0} when unknown */
    char *message; /* owned, full text "[CLASS] text. SQLSTATE: xxxxx" */
    char *name;    /* owned; a condition that SIGNAL raised by its own name; NULL: the class's */
    uint32_t param_count;
    struct {
        const char *name; /* static */
        char *value;      /* owned */
    } params[ERROR_PARAMS_MAX];
} error;

void error_init(error *e);
void error_deinit(error *e);
/* Back to "no error"; frees its text. */
void error_clear(error *e);
/* Moves `from` into `to` unless `to` already holds a failure; `from` is left clear. */
void error_move(error *to, error *from);

/* Copies the failure of `from` unless `to` (may be NULL) already holds one. */
void error_copy(error *to, const error *from);

const char *error_class_name(error_class cls);
const char *error_class_sqlstate(error_class cls);
dbx_status error_class_status(error_class cls);

/* Records a failure and returns its status. Arguments after `position` are pairs
 * (const char *parameter_name, const char *value), ended by NULL; names are static strings.
 * A second failure on the same object is dropped. `e` may be NULL (only the status is returned). */
dbx_status error_raise(error *e, error_class cls, span position, ...) __attribute__((sentinel));
/* The same with one printf-formatted value for the template's first parameter. */
dbx_status error_raisef(error *e, error_class cls, span position, const char *name,
                        const char *format, ...) __attribute__((format(printf, 5, 6)));
/* A condition that the user named and worded: class USER_RAISED_EXCEPTION under that name. */
dbx_status error_raise_condition(error *e, string_view name, string_view sqlstate,
                                 string_view message, span position);
/* The condition's name, else the class's. */
const char *error_name(const error *e);
/* Out of memory, with the ledger owner's name when known (may be NULL). */
dbx_status error_nomem(error *e);

/* Line and column (both from 1; column counts code points) of a byte offset. */
void sql_line_column(string_view sql, uint32_t offset, uint32_t *line, uint32_t *column);

#endif
