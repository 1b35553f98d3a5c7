/* like.h - LIKE patterns: compiled once, matched many times. */
#ifndef DBX_KERNEL_LIKE_H
#define DBX_KERNEL_LIKE_H

#include "kernel/text.h"

#include "dbx.h"

/* A pattern is segments between its %. The first is anchored at the start, the last at the end, the
 * others are found one after the other, leftmost first. Within a segment LIKE_ANY_CHAR stands for
 * _. */
enum { LIKE_SEGMENTS_MAX = 4096 };
#define LIKE_ANY_CHAR ((char)0xFF)

typedef struct like_segment {
    uint32_t offset, size; /* in bytes of `text` */
    bool has_any;
} like_segment;

typedef struct like_pattern {
    const char *text;
    const like_segment *segments;
    uint32_t count; /* segments; at least 1. 1: no % at all */
} like_pattern;

typedef enum like_status {
    LIKE_OK,
    LIKE_ESCAPE_AT_END,
    LIKE_ESCAPE_IN_MIDDLE,
    LIKE_TOO_LONG
} like_status;

/* Room that compile needs: text for `size` bytes, segments for like_segment_bound. */
uint32_t like_segment_bound(const char *pattern, size_t size);
like_status like_compile(const char *pattern, size_t size, char escape, char *text,
                         like_segment *segments, like_pattern *out);
bool like_match(const like_pattern *p, const char *text, size_t size);
/* matches[r] = does string r match, for the rows sel[0..count) (NULL: 0..count-1). Strings whose bytes
 * follow each other in memory, as a column's do, are searched as one text for the longest part of
 * the pattern, so that rows without it cost nothing of their own. */
void like_match_strings(const like_pattern *p, const dbx_string *strings, const kernel_sel *sel,
                        size_t count, uint8_t *matches);

#endif
