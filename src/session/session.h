/* session.h - what a connection is inside: settings, names in use, temporary objects, transaction,
 * error.
 *
 * A session belongs to one thread at a time; session_interrupt and session_progress may be called
 * from others. Its error holds the last failed call's failure; it is cleared at the start of each
 * call.
 */
#ifndef DBX_SESSION_SESSION_H
#define DBX_SESSION_SESSION_H

#include "binder/binder.h"
#include "catalog/catalog.h"
#include "catalog/transaction.h"
#include "common/os.h"
#include "parser/parser.h"
#include "session/database.h"
#include "session/result.h"

/* DECLARE VARIABLE. The value is a CONSTANT in the variable's own arena. */
typedef struct session_variable {
    string_view name;
    type type;
    vector value;
    string_view default_sql;
    arena arena;
    struct session_variable *next;
} session_variable;

/* A table that the application gave: an Arrow stream. */
typedef struct session_source {
    string_view name;
    source *source;
    struct session_source *next;
} session_source;

typedef struct session {
    database *db; /* borrowed */
    ledger ledger;
    settings settings;
    error error;
    arena names; /* current catalog and schema, and other small texts of the session's life */
    string_view current_catalog;
    string_view current_schema;
    string_view user_name;
    binder_host host;             /* what the binder asks this session for */
    arena zone_arena;             /* owns zone and zone_name */
    const struct time_zone *zone; /* of zone_name; cached */
    string_view zone_name;
    catalog_session *objects; /* temporary tables, views, functions */
    session_variable *variables;
    session_source *sources;
    struct txn *txn;       /* explicit transaction, or NULL */
    bool txn_failed;       /* a statement failed in it with a conflict: only ROLLBACK is accepted */
    os_mutex running_lock; /* guards `running` and the current names, for other threads */
    query *running;        /* the statement under way */
    bool streaming;        /* a streaming result is open */
    uint64_t random_state; /* what seeds of statements are made of */
    uint32_t depth;        /* nested statements: views, EXECUTE IMMEDIATE, scripts */
    struct script *script; /* the innermost script that runs */
    uint32_t internal_writes; /* nested statements that the engine itself wrote */
} session;

enum { SESSION_DEPTH_MAX = 32 }; /* nested statements */

/* Bound parameters of a statement. Values are CONSTANT vectors that outlive the call. */
typedef struct statement_parameter {
    string_view name;    /* empty for ? */
    const vector *value; /* NULL: not bound */
} statement_parameter;

typedef struct statement_parameters {
    const statement_parameter *items;
    uint32_t count;
} statement_parameters;

dbx_status session_new(database *db, session **out) MUST_CHECK;
void session_free(session *s);
/* False when nothing runs. */
bool session_interrupt(session *s);
dbx_progress_info session_progress(session *s);

/* How the session's settings read SQL. */
parser_options session_parser_options(const session *s);

/* Runs all statements of the text in order; the last one's result is handed over. stream applies to
 * a single query. Fails at the first error, with its position in `sql`. */
dbx_status session_run(session *s, string_view sql, const statement_parameters *parameters,
                       bool stream, query_result **out) MUST_CHECK;

/* The session's zone by its timezone setting (loaded when it changed); UTC when it cannot be had.
 */
dbx_status session_time_zone_find(session *s, const struct time_zone **out) MUST_CHECK;
const struct time_zone *session_time_zone(session *s);

/* Makes them the current ones; empty leaves as is. */
dbx_status session_set_current(session *s, string_view space, string_view schema) MUST_CHECK;
/* The current names, for any thread; they live as long as the session. */
void session_current(session *s, string_view *space, string_view *schema);

/* What SET does: changes a setting, with its effect on the running database where it has one
 * (setting.c). */
dbx_status session_set(session *s, string_view name, string_view value) MUST_CHECK;
/* What RESET does: back to the database's value, or for a shared setting to that at open. */
dbx_status session_reset(session *s, string_view name) MUST_CHECK;
dbx_status session_reset_all(session *s) MUST_CHECK;
/* Appends the value of a setting; false when it is unknown and was never set. */
bool session_get(session *s, string_view name, buffer *out);
/* Workers of a statement, and when one that starts now is late (0: never). */
uint32_t session_threads(const session *s);
uint64_t session_deadline(const session *s);

/* A variable of its own; everything is copied. The caller links it in. */
dbx_status session_variable_new(session *s, string_view name, type t, const vector *value,
                                string_view default_sql, session_variable **out) MUST_CHECK;
void session_variable_free(session *s, session_variable *v);
/* Gives a variable another value of its type; the value may be its own. */
dbx_status session_variable_assign(session *s, session_variable *v, const vector *value) MUST_CHECK;
/* Declares, or replaces the value of, a variable; everything is copied. */
dbx_status session_variable_set(session *s, string_view name, type t, const vector *value,
                                string_view default_sql) MUST_CHECK;
bool session_variable_drop(session *s, string_view name);
/* Columns of one query with these parameters, as a result without rows; no columns for other
 * statements. */
dbx_status session_describe(session *s, string_view sql, const statement_parameters *parameters,
                            query_result **out) MUST_CHECK;

session_variable *session_find_variable(const session *s, string_view name);
session_source *session_find_source(const session *s, string_view name);
/* Takes the source over, replacing one of the same name. */
dbx_status session_add_source(session *s, string_view name, source *rows) MUST_CHECK;
/* Frees the source of that name, if there is one. */
void session_remove_source(session *s, string_view name);

/* Brackets statements that must succeed or fail as one. *started is false inside an explicit
 * transaction, which then decides alone. */
dbx_status session_transaction_start(session *s, bool *started) MUST_CHECK;
/* Commits after DBX_OK, else rolls back; returns the first failure. */
dbx_status session_transaction_end(session *s, bool started, dbx_status status) MUST_CHECK;

#endif
