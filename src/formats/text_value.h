/* text_value.h - values written as text in CSV and JSON: recognizing their types and storing them
 * in vectors.
 *
 * Recognition is strict, so that no information is lost by it: "007" and "+5" are text, "1,000" is
 * text. Storing is by the column's type and says whether the text fitted.
 */
#ifndef DBX_FORMATS_TEXT_VALUE_H
#define DBX_FORMATS_TEXT_VALUE_H

#include "vector/datetime_format.h"
#include "vector/vector.h"

/* What all values of a column seen so far can be. A set: each value removes what it is not. */
enum {
    TEXT_IS_BOOLEAN = 1 << 0,
    TEXT_IS_INT = 1 << 1,
    TEXT_IS_BIGINT = 1 << 2,
    TEXT_IS_DOUBLE = 1 << 3,
    TEXT_IS_DATE = 1 << 4,
    TEXT_IS_TIMESTAMP = 1 << 5,
    TEXT_IS_ANY = (1 << 6) - 1,
};

/* The type for a column whose values can all be `kinds`; `seen` is false when there was no value at
 * all. */
type text_value_type(uint32_t kinds, bool seen);

typedef struct text_value_options {
    const time_zone *zone;
    const datetime_format *date_format, *timestamp_format, *timestamp_ntz_format; /* NULL: ISO */
    string_view null_text;
    arena *scratch; /* of the worker, for what patterns need */
} text_value_options;

/* The kinds that this (non-NULL) text can be. */
uint32_t text_value_kinds(string_view text, const text_value_options *options);

/* Stores text as row of a FLAT vector with validity present or absent; false when it is no value of
 * that type. Strings are borrowed. Scalar types only. */
bool text_value_store(vector *v, uint32_t row, string_view text, const text_value_options *options);

bool text_parse_int64(string_view text, int64_t *out);
bool text_parse_double(string_view text, double *out);
bool text_parse_date(string_view text, int32_t *days);
/* "2020-01-02[ T]03:04[:05[.123456]][Z|+01:00]"; *zoned tells whether an offset was given (then
 * micros is UTC). */
bool text_parse_timestamp(string_view text, int64_t *micros, bool *zoned);

#endif
