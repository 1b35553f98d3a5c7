/* json_scan.h - the tokens of a JSON text, one at a time, without memory.
 *
 * Strict by RFC 8259 unless a flag allows more; a token is checked against the grammar (commas,
 * colons, matching brackets), so that after a closed root value everything before it was well
 * formed. What follows the root is not looked at. Strings are not unescaped until asked for.
 */
#ifndef DBX_KERNEL_JSON_SCAN_H
#define DBX_KERNEL_JSON_SCAN_H

#include "common/str.h"

enum { JSON_SCAN_DEPTH_MAX = 1000 }; /* nested objects and arrays */

enum {
    JSON_SINGLE_QUOTES = 1 << 0,      /* 'a' */
    JSON_UNQUOTED_NAMES = 1 << 1,     /* {a: 1} */
    JSON_CONTROL_CHARACTERS = 1 << 2, /* a line end within a string */
    JSON_COMMENTS = 1 << 3,           /* of C and C++ */
    JSON_LEADING_ZEROS = 1 << 4,      /* 007 */
    JSON_ANY_ESCAPE = 1 << 5,         /* \q is q */
    JSON_NON_NUMBERS = 1 << 6,        /* NaN, Infinity, -INF as numbers */
};

typedef enum json_token {
    JSON_END,       /* no (more) value */
    JSON_MALFORMED, /* stays so */
    JSON_OBJECT,
    JSON_OBJECT_END,
    JSON_ARRAY,
    JSON_ARRAY_END,
    JSON_KEY,     /* text */
    JSON_STRING,  /* text */
    JSON_INTEGER, /* text: -?digits */
    JSON_REAL,    /* text, with fraction or exponent; or a non-number */
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL,
} json_token;

typedef struct json_scanner {
    const char *at, *end;
    uint32_t flags;
    uint32_t depth;
    json_token token;  /* the last one */
    const char *start; /* where it begins */
    string_view text;  /* of strings, keys: between the quotes; of numbers: all */
    bool escaped;      /* text has escapes */
    bool first,
        valued; /* in an object or array: nothing stands there yet; a key awaits its value */
    uint64_t objects[(JSON_SCAN_DEPTH_MAX + 63) / 64]; /* bit d: the level is an object */
} json_scanner;

void json_scan_begin(json_scanner *s, string_view text, uint32_t flags);
json_token json_scan_next(json_scanner *s);
/* After JSON_OBJECT or JSON_ARRAY: goes to its end; other tokens are passed already. False when
 * malformed. */
bool json_scan_skip(json_scanner *s);

/* The text of a string; `out` has raw.size bytes (an escape is never shorter than what it stands
 * for). Lone surrogates become U+FFFD. Returns the size. */
size_t json_scan_unescape(string_view raw, char *out);

#endif
