/* str.h - borrowed byte strings and source positions. */
#ifndef DBX_COMMON_STR_H
#define DBX_COMMON_STR_H

#include "common/status.h"

#include <string.h>

/* A borrowed run of bytes, usually UTF-8; not NUL-terminated. */
typedef struct string_view {
    const char *data;
    size_t size; /* bytes */
} string_view;

#define SV(literal) ((string_view){(literal), sizeof(literal) - 1})
#define SV_FMT "%.*s"
#define SV_ARG(s) (int)(s).size, (s).data

static inline string_view sv_from(const char *cstr) {
    return (string_view){cstr, cstr ? strlen(cstr) : 0};
}

static inline bool sv_equal(string_view a, string_view b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* The last such byte; NULL when there is none. */
static inline const char *sv_find_last(string_view s, char byte) {
    while (s.size > 0 && s.data[s.size - 1] != byte) s.size--;
    return s.size > 0 ? s.data + s.size - 1 : NULL;
}

/* ASCII case-insensitive comparison, as identifiers and function names are compared. */
bool sv_equal_ignore_case(string_view a, string_view b);
/* FNV-1a over ASCII-lowercased bytes; pairs with sv_equal_ignore_case. */
uint64_t sv_hash_ignore_case(string_view s);
bool sv_starts_with(string_view s, string_view prefix);
bool sv_ends_with(string_view s, string_view suffix);
string_view sv_trim(string_view s); /* strips ASCII white space */
/* Edit distance bounded by `limit` (returns limit + 1 past it); for "did you mean". */
uint32_t sv_edit_distance(string_view a, string_view b, uint32_t limit);

static inline char ascii_lower(char c) {
    return (c >= 'A' && c <= 'Z') ? (char)(c + 32) : c;
}
static inline char ascii_upper(char c) {
    return (c >= 'a' && c <= 'z') ? (char)(c - 32) : c;
}
static inline bool ascii_is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}
static inline bool ascii_is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Half-open range of byte offsets in the statement's SQL text. {0,0} means unknown. */
typedef struct span {
    uint32_t start;
    uint32_t end;
} span;

static inline span span_join(span a, span b) {
    if (a.end == 0) return b;
    if (b.end == 0) return a;
    return (span){MIN(a.start, b.start), MAX(a.end, b.end)};
}

#endif
