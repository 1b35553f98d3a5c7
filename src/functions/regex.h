/* regex.h - Java's regular expressions, as Spark's functions use them, over PCRE2. */
#ifndef DBX_FUNCTIONS_REGEX_H
#define DBX_FUNCTIONS_REGEX_H

#include "functions/text_build.h"

typedef struct regex {
    const void *code; /* pcre2_code */
    void *match;      /* pcre2_match_data */
    const size_t
        *groups; /* start and end of group g: groups[2 * g], groups[2 * g + 1]; REGEX_UNSET */
    uint32_t group_count;
} regex;

#define REGEX_UNSET (~(size_t)0)

/* The last pattern of a call: compiled once while it stays the same. Zeroed to start with. */
typedef struct regex_cache {
    string_view pattern;
    bool filled;
    regex regex;
} regex_cache;

/* The compiled pattern, in `a`, which lives as long as the cache. Raises
 * INVALID_PARAMETER_VALUE.PATTERN. */
dbx_status regex_get(fn_call *call, regex_cache *cache, arena *a, string_view pattern,
                     const char *function, const regex **out) MUST_CHECK;
/* Finds the first match at or after `from`. */
dbx_status regex_find(fn_call *call, const regex *x, string_view text, size_t from,
                      bool *found) MUST_CHECK;
/* Number of a named group; -1 when there is none. */
int regex_group_number(const regex *x, string_view name, arena *a);
/* Where to look for the next match after one of [start, end). */
size_t regex_next(string_view text, size_t start, size_t end);

#endif
