/* schema_text.h - column lists given as text: schema => 'a INT, b DECIMAL(10,2), c STRING'. Scalar
 * types. */
#ifndef DBX_FORMATS_SCHEMA_TEXT_H
#define DBX_FORMATS_SCHEMA_TEXT_H

#include "vector/source.h"

/* Names and types in the arena; an unreadable text raises INVALID_PARAMETER_VALUE at the argument.
 */
dbx_status schema_text_parse(const table_argument *argument, string_view text, arena *a,
                             source_column **out, uint32_t *count, error *err) MUST_CHECK;

#endif
