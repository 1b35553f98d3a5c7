/* registered.h - functions in C that the application gave the database.
 *
 * An entry embeds what the binder takes: a scalar function is a function_row whose bind puts the
 * entry into the call's state; a table function is opened with its arguments as text. Entries are
 * listed newest first and stay where they are until the database is closed, since plans point at
 * them; a newer one of the same name hides an older one.
 *
 * The list is guarded by database.lock; an entry is immutable once it is listed.
 */
#ifndef DBX_SESSION_REGISTERED_H
#define DBX_SESSION_REGISTERED_H

#include "binder/binder.h"

struct session;

enum { REGISTERED_ARGUMENTS_MAX = 255 };

typedef struct registered_function {
    function_row row; /* first: the binder's rows are cast back to entries */
    struct registered_function *next;
    string_view name; /* NUL-terminated */
    arena arena;      /* owns the entry's types */
    type *argument_types;
    uint32_t argument_count;
    type result_type;
    bool is_table;
    dbx_scalar_function scalar;
    dbx_table_function table;
    void *user_data;
    void (*free_user_data)(void *user_data);
} registered_function;

/* One call of a scalar function: the active rows, flat and numbered from 0. */
struct dbx_udf_call {
    fn_call *call;
    uint32_t rows;
    vector *args;
    vector result;
};

/* Parses the types and lists the function. Raises ROUTINE_ALREADY_EXISTS for a built-in name and
 * UNSUPPORTED_FEATURE for types that have no flat layout. On failure user_data stays the caller's.
 */
dbx_status registered_add_scalar(struct session *s, const dbx_scalar_function_options *options,
                                 dbx_scalar_function function) MUST_CHECK;
dbx_status registered_add_table(struct session *s, const dbx_table_function_options *options,
                                dbx_table_function function) MUST_CHECK;

/* binder_host's native and table_function; state is the session. */
const function_row *registered_native(void *state, string_view name, uint32_t *count);
bool registered_table_function(void *state, string_view name, binder_table_function *out);

/* Frees the list and every user_data. */
void registered_free_all(registered_function *head, ledger *l);

#endif
