/* session_function.c - functions that tell about the session: current catalog, schema and user. */
#include "functions/families.h"
#include "functions/function.h"

static dbx_status session_function_text(fn_call *call, vector *out, string_view text) {
    string_view copy = arena_copy_string(call->arena, text);
    if (copy.data == NULL) return DBX_NOMEM;
    FN_FOR_EACH_ROW(call, r) VECTOR_DATA(out, vstring)[r] = vstring_from(copy.data, copy.size);
    return DBX_OK;
}

static dbx_status session_function_catalog(fn_call *call, const vector *args, vector *out) {
    (void)args;
    return session_function_text(call, out, call->query->current_catalog);
}

static dbx_status session_function_schema(fn_call *call, const vector *args, vector *out) {
    (void)args;
    return session_function_text(call, out, call->query->current_schema);
}

static dbx_status session_function_user(fn_call *call, const vector *args, vector *out) {
    (void)args;
    return session_function_text(call, out, call->query->user_name);
}

#define SESSION_FLAGS (FN_QUERY_STABLE | FN_NEVER_NULL)

const function_row session_functions[] = {
    {.name = "current_catalog",
     .signature = "() -> string",
     .flags = SESSION_FLAGS,
     .kernel = session_function_catalog,
     .category = "misc",
     .doc = "Returns the current catalog."},
    {.name = "current_database",
     .signature = "() -> string",
     .flags = SESSION_FLAGS,
     .kernel = session_function_schema,
     .category = "misc",
     .doc = "Returns the current schema."},
    {.name = "current_schema",
     .signature = "() -> string",
     .flags = SESSION_FLAGS,
     .kernel = session_function_schema,
     .category = "misc",
     .doc = "Returns the current schema."},
    {.name = "current_user",
     .aliases = "session_user,user",
     .signature = "() -> string",
     .flags = SESSION_FLAGS,
     .kernel = session_function_user,
     .category = "misc",
     .doc = "Returns the user's name."},
};
const uint32_t session_functions_count = ARRAY_COUNT(session_functions);
