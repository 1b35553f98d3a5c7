/* script.h - SQL scripting: BEGIN … END with variables, conditions, handlers, cursors, control
 * flow.
 *
 * The interpreter walks the AST of a compound statement. Each statement in it runs as one of its
 * own (its own transaction, unless the block is ATOMIC); local variables are seen by them through
 * the session's host, innermost scope first. The script's result is that of the last query that
 * ran.
 */
#ifndef DBX_SESSION_SCRIPT_H
#define DBX_SESSION_SCRIPT_H

#include "session/statement.h"

typedef struct script script;

/* A local variable of the running script by `x` or `label.x`; NULL when there is none. */
session_variable *script_find_variable(const script *s, const string_view *parts, uint32_t count);

#endif
