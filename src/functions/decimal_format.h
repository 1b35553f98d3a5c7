/* decimal_format.h - patterns of java.text.DecimalFormat: "#,##0.00", "$0.0;($0.0)", "0.0%". */
#ifndef DBX_FUNCTIONS_DECIMAL_FORMAT_H
#define DBX_FUNCTIONS_DECIMAL_FORMAT_H

#include "functions/text_build.h"
#include "kernel/int128.h"

enum { DECIMAL_FORMAT_DIGITS_MAX = 340, DECIMAL_FORMAT_AFFIX_MAX = 64 };

typedef struct decimal_format {
    char prefix[2][DECIMAL_FORMAT_AFFIX_MAX],
        suffix[2][DECIMAL_FORMAT_AFFIX_MAX]; /* of negatives: [1] */
    uint32_t min_integer, min_fraction, max_fraction;
    uint32_t group;      /* digits between separators; 0: none */
    uint32_t multiplier; /* powers of ten: 2 for %, 3 for per mille */
    bool always_point;
} decimal_format;

/* False when the pattern is malformed or has an exponent. */
bool decimal_format_read(string_view pattern, decimal_format *out);
/* "#,##0.00" with as many decimals. */
void decimal_format_fixed(uint32_t decimals, decimal_format *out);
/* Rounds half even. */
dbx_status decimal_format_decimal(const decimal_format *f, int128 value, uint32_t scale,
                                  text_build *b) MUST_CHECK;
dbx_status decimal_format_double(const decimal_format *f, double value, text_build *b) MUST_CHECK;

#endif
