/* number_pattern.h - the number formats of to_number and to_char.
 *
 *     [ MI | S ] [ $ ] [ 0 | 9 | G | , ]… [ . | D ] [ 0 | 9 ]… [ $ ] [ PR | MI | S ]
 *
 * A run of digits that starts with 0 stands for exactly as many, one that starts with 9 for at most
 * as many. */
#ifndef DBX_FUNCTIONS_NUMBER_PATTERN_H
#define DBX_FUNCTIONS_NUMBER_PATTERN_H

#include "functions/function.h"
#include "functions/text_build.h"
#include "kernel/int128.h"

enum { NUMBER_PATTERN_PARTS_MAX = 80, NUMBER_PATTERN_TOKENS_MAX = 10 };

typedef enum number_token_kind {
    NUMBER_TOKEN_DIGITS, /* parts [first, first + count) */
    NUMBER_TOKEN_POINT,
    NUMBER_TOKEN_DOLLAR,
    NUMBER_TOKEN_SIGN,  /* S */
    NUMBER_TOKEN_MINUS, /* MI */
    NUMBER_TOKEN_OPEN,  /* of PR, always the first */
    NUMBER_TOKEN_CLOSE, /* of PR */
    NUMBER_TOKEN_BAD,   /* character `bad` */
} number_token_kind;

typedef struct number_token {
    uint8_t kind; /* number_token_kind */
    char bad;
    uint8_t first, count;
} number_token;

/* A run of digits, or a thousands separator. */
typedef struct number_part {
    bool separator;
    bool exact;
    uint8_t digits;
} number_part;

typedef struct number_pattern {
    number_token tokens[NUMBER_PATTERN_TOKENS_MAX];
    number_part parts[NUMBER_PATTERN_PARTS_MAX];
    uint32_t token_count, part_count;
    uint32_t before, after; /* digits on both sides of the point */
} number_pattern;

/* Reads and checks a pattern; raises INVALID_FORMAT.*. */
dbx_status number_pattern_read(arena *a, string_view text, span position, number_pattern *out,
                               error *err) MUST_CHECK;
/* A number as the pattern says, of scale `after`; false when the text does not match. */
bool number_pattern_parse(const number_pattern *p, string_view text, int128 *out);
/* Text of value / 10^scale; digits that do not fit give #. */
dbx_status number_pattern_print(const number_pattern *p, int128 value, uint32_t scale,
                                text_build *out) MUST_CHECK;

#endif
