/* text_cell.h - single values written as text into rows of vectors: what readers of JSON, CSV and
 * XML share. Dates and times follow the patterns of options, everything else is cast. */
#ifndef DBX_FUNCTIONS_TEXT_CELL_H
#define DBX_FUNCTIONS_TEXT_CELL_H

#include "functions/schema_argument.h"
#include "vector/datetime_format.h"

/* Patterns of a reader or a writer; NULL where none is given. */
typedef struct text_formats {
    const datetime_format *timestamp, *timestamp_ntz, *date, *time;
    const time_zone *zone;
} text_formats;

/* Takes timestampFormat, timestampNTZFormat, dateFormat, timeFormat and timeZone; only patterns of
 * types that are in t are looked at. `defaults` (may be NULL): for the first three. */
dbx_status text_formats_bind(fn_bind *b, const schema_options *o, bool parsing, type t,
                             const char *const defaults[3], text_formats *out) MUST_CHECK;

typedef struct text_cell {
    type to;
    const datetime_format *format;
    const time_zone *zone;
    scalar_kernel cast; /* from STRING, NULL for what does not convert */
    const void *state;
} text_cell;

/* The type is not nested. */
dbx_status text_cell_bind(fn_bind *b, type to, const text_formats *formats,
                          text_cell *out) MUST_CHECK;
/* *good tells whether the text is a value of the type; when not, the row is left as it was. Strings
 * are borrowed. */
dbx_status text_cell_store(fn_call *call, const text_cell *c, string_view text, vector *out,
                           uint32_t row, bool *good) MUST_CHECK;
/* Appends a value that is not nested as a writer of JSON, CSV or XML does; not quoted, but for
 * BINARY and STRING, which are the caller's. */
dbx_status text_cell_append(buffer *out, const vector *base, uint32_t i,
                            const text_formats *formats, const query *q) MUST_CHECK;

/* row becomes NULL, and everything below it. */
dbx_status text_cell_null(fn_call *call, vector *out, uint32_t row) MUST_CHECK;
/* Makes room for one more element of row `row` of a list that is being made at its vector's end;
 * *at is its place. The list is finished with text_list_end. */
dbx_status text_list_push(fn_call *call, vector *out, uint32_t *at) MUST_CHECK;
static inline void text_list_end(vector *out, uint32_t row, uint32_t first) {
    VECTOR_DATA(out, list_entry)[row] = (list_entry){first, out->child_count - first};
}

#endif
