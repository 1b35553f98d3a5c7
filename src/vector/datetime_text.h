/* datetime_text.h - dates, times and timestamps to and from text, as CAST does it. */
#ifndef DBX_VECTOR_DATETIME_TEXT_H
#define DBX_VECTOR_DATETIME_TEXT_H

#include "vector/time_zone.h"
#include "vector/type.h"

enum { DATETIME_TEXT_MAX = 64 };

/* Print to out (DATETIME_TEXT_MAX bytes), return the length. Timestamps are local microseconds. */
uint32_t date_print(int32_t days, char *out); /* "2020-01-31", "+10000-01-01" */
uint32_t timestamp_print(int64_t local_micros,
                         char *out);            /* "2020-01-31 12:00:00.5": no trailing zeros */
uint32_t time_print(int64_t micros, char *out); /* "12:00:00.5" */

typedef struct timestamp_scan {
    bool has_date;
    int32_t days;
    int64_t time_micros; /* since midnight */
    string_view zone;    /* size 0 when none was given */
} timestamp_scan;

/* False when the text is malformed or a field is out of range. White space around is ignored. */
bool date_parse(string_view text, int32_t *days);
bool timestamp_parse_parts(string_view text, timestamp_scan *out);
bool time_parse(string_view text, int64_t *micros);
/* Microseconds UTC; a text without zone is local to `zone`, one without date is of the day of
 * now_us. scratch is for named zones. */
bool timestamp_parse(string_view text, const time_zone *zone, int64_t now_us,
                     time_zone_cache *cache, arena *scratch, int64_t *micros);
/* Local microseconds; a zone in the text is ignored. False for a text without a date. */
bool timestamp_ntz_parse(string_view text, int64_t *micros);

#endif
