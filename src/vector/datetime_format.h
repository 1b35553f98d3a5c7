/* datetime_format.h - Spark's datetime patterns ("yyyy-MM-dd HH:mm:ss"): compiled once, then
 * formatting and parsing.
 *
 * Letters are those of java.time's DateTimeFormatter that Spark allows: G y M L d D E F a H h K k m
 * s S Q q V z O X x Z, '…' quotes and [ ] optional parts.
 */
#ifndef DBX_VECTOR_DATETIME_FORMAT_H
#define DBX_VECTOR_DATETIME_FORMAT_H

#include "vector/time_zone.h"

typedef struct datetime_item {
    char letter;      /* 0: literal text; '[' and ']' bound optional parts */
    uint8_t count;    /* how often the letter stands */
    string_view text; /* literal */
} datetime_item;

typedef struct datetime_format {
    datetime_item *items;
    uint32_t count;
    string_view pattern;
} datetime_format;

/* Raises INVALID_DATETIME_PATTERN.* or
 * INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_PATTERN_RECOGNITION. */
dbx_status datetime_format_compile(arena *a, string_view pattern, bool parsing,
                                   datetime_format *out, span position, error *err) MUST_CHECK;
/* Appends the local time, whose zone and offset are given, to out. */
dbx_status datetime_format_print(const datetime_format *f, int64_t local_micros,
                                 const time_zone *zone, int32_t offset_s, buffer *out) MUST_CHECK;

typedef struct datetime_parsed {
    int64_t local_micros;
    bool has_zone;
    const time_zone *zone; /* when has_zone: a named zone, or NULL and offset_s counts */
    int32_t offset_s;
} datetime_parsed;

/* NULL on success, else a message as java.time words it, from the scratch arena. */
const char *datetime_format_parse(const datetime_format *f, string_view text, arena *scratch,
                                  datetime_parsed *out);

extern const char *const datetime_month_names[12];
extern const char *const datetime_day_names[7]; /* Monday first */

#endif
