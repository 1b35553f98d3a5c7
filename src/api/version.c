/* version.c - names of the library itself. */
#include "functions/function.h"

const char *dbx_version(void) {
    return DBX_VERSION_STRING;
}

const char *dbx_status_name(dbx_status status) {
    static const char *const names[] = {"ok",        "error", "nomem",  "io", "corrupt",
                                        "cancelled", "busy",  "misuse", "bug"};
    return (uint32_t)status < ARRAY_COUNT(names) ? names[status] : "unknown";
}

const char *dbx_function_name(uint32_t index) {
    const function_row *row = function_at(index);
    return row != NULL ? row->name : NULL;
}
