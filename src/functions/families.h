/* families.h - the tables of function rows, one per family. */
#ifndef DBX_FUNCTIONS_FAMILIES_H
#define DBX_FUNCTIONS_FAMILIES_H

#include "functions/function.h"

#define FUNCTION_FAMILY(name)                                                                      \
    extern const function_row name##_functions[];                                                  \
    extern const uint32_t name##_functions_count;
#include "functions/families.def"
#undef FUNCTION_FAMILY

#endif
