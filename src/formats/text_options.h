/* text_options.h - the arguments that all text formats take. */
#ifndef DBX_FORMATS_TEXT_OPTIONS_H
#define DBX_FORMATS_TEXT_OPTIONS_H

#include "formats/arguments.h"
#include "formats/text_print.h"
#include "formats/text_source.h"

/* Takes the argument; *taken is false when no text format has it. */
dbx_status text_option(text_source *s, const table_argument *a, bool *taken, error *err) MUST_CHECK;

/* For DESCRIBE FUNCTION and messages. */
#define TEXT_OPTION_NAMES                                                                          \
    "[schema STRING], [mode STRING], [nullValue STRING], [dateFormat STRING], "                    \
    "[timestampFormat STRING], [timestampNTZFormat STRING], [timeZone STRING], "                   \
    "[inferSchema BOOLEAN], [samplingRatio DOUBLE], [columnNameOfCorruptRecord STRING], "          \
    "[rescuedDataColumn STRING], [encoding STRING], [lineSep STRING], [multiLine BOOLEAN], "       \
    "[compression STRING], [pathGlobFilter STRING], [recursiveFileLookup BOOLEAN], "               \
    "[modifiedAfter STRING], [modifiedBefore STRING]"

#endif
