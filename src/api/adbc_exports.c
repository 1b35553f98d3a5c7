/* adbc_exports.c - the ADBC functions under their public names, for programs that link dbx as their
 * one driver.
 *
 * In a file of its own: a program that links the static library and a driver manager, which has
 * functions of the same names, takes AdbcDriverInit without these. DBX_NO_ADBC_EXPORTS leaves them
 * out of the single-file build.
 */
#include "api/adbc_int.h"

#ifndef DBX_NO_ADBC_EXPORTS
#define ADBC_ENTRY(since, result, name, internal, parameters, arguments)                           \
    DBX_API result Adbc##name parameters;                                                          \
    DBX_API result Adbc##name parameters {                                                         \
        return internal arguments;                                                                 \
    }
#include "api/adbc_entries.def"
#undef ADBC_ENTRY
#endif
