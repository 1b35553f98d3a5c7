/* text_print.h - values as the writers of CSV and JSON put them into text.
 *
 * Dates and times are ISO 8601, as Spark's text writers have them ("2020-01-02T03:04:05.000Z"), or
 * follow dateFormat, timestampFormat and timestampNTZFormat. Fractions of a second are three
 * digits, or six where microseconds would be lost. A column is resolved once a chunk to a function
 * that puts one value.
 */
#ifndef DBX_FORMATS_TEXT_PRINT_H
#define DBX_FORMATS_TEXT_PRINT_H

#include "vector/datetime_format.h"
#include "vector/source.h"

typedef struct text_print {
    const time_zone *zone;
    const datetime_format *date, *timestamp, *timestamp_ntz; /* NULL: ISO 8601 */
    bool null_fields; /* JSON: fields that are NULL are written */
} text_print;

/* Takes dateFormat, timestampFormat, timestampNTZFormat and timeZone; *taken is false for other
 * options. */
dbx_status text_print_option(text_print *p, const sink_option *o, arena *a, bool *taken,
                             error *err) MUST_CHECK;

typedef struct text_column text_column;
/* Appends value i (not NULL) without quotes. */
typedef dbx_status (*text_put)(const text_print *p, const text_column *c, uint32_t i, buffer *out);
struct text_column {
    vector_view view;
    text_put put;   /* NULL: bytes of a string, which the caller puts */
    bool quoted;    /* JSON puts quotes around */
    bool is_nested; /* put gives JSON */
};
void text_column_init(text_column *c, const vector *v);

/* Row `row` of a vector as a JSON value, NULL as null. */
dbx_status text_print_json(const text_print *p, const vector *v, uint32_t row,
                           buffer *out) MUST_CHECK;
/* Value i (not NULL, a physical index) of a column as a JSON value. */
dbx_status text_print_json_at(const text_print *p, const text_column *c, uint32_t i,
                              buffer *out) MUST_CHECK;
/* Bytes as a JSON string with its quotes. */
dbx_status text_print_json_string(string_view s, buffer *out) MUST_CHECK;

#endif
