/* value_text.h - any value as text: as CAST gives it, as the shell prints it, as JSON, as an SQL
 * literal. */
#ifndef DBX_VECTOR_VALUE_TEXT_H
#define DBX_VECTOR_VALUE_TEXT_H

#include "common/query.h"
#include "vector/vector.h"

/* Text of a value as CAST(x AS STRING) gives it, or in another style, appended to out. For results
 * and errors. */
dbx_status value_append_text(buffer *out, const vector *v, uint32_t row, dbx_text_style style,
                             const query *q) MUST_CHECK;
/* Text as a JSON string with its quotes, and bytes as base64 in quotes. */
dbx_status value_append_json_string(buffer *out, string_view s) MUST_CHECK;
dbx_status value_append_json_base64(buffer *out, string_view s) MUST_CHECK;
/* Bytes as the setting binary_output_style shows them. */
dbx_status value_append_binary(buffer *out, string_view s, const query *q) MUST_CHECK;
/* Value as an SQL literal: 'it\'s', 1.5D, DATE '2020-01-01', array(1, 2). For EXPLAIN, names and
 * error messages. */
dbx_status value_append_sql(buffer *out, const vector *v, uint32_t row, const query *q) MUST_CHECK;

#endif
