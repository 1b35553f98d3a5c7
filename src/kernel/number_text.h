/* number_text.h - numbers to and from text as Java and Spark write them, independent of the locale.
 */
#ifndef DBX_KERNEL_NUMBER_TEXT_H
#define DBX_KERNEL_NUMBER_TEXT_H

#include "kernel/int128.h"

enum {
    NUMBER_TEXT_MAX = 48, /* longest output of any print function here, no NUL */
};

/* All print functions write to out (NUMBER_TEXT_MAX bytes) and return the length. */
uint32_t number_print_int64(int64_t x, char *out);
/* The shortest digits that read back as x, laid out as Double.toString: "1.0", "1.0E10", "NaN",
 * "-Infinity". */
uint32_t number_print_double(double x, char *out);
uint32_t number_print_float(float x, char *out);
/* Plain notation with exactly `scale` decimals: "0.05", "-12". */
uint32_t number_print_decimal(int128 unscaled, uint32_t scale, char *out);

typedef enum number_status { NUMBER_OK, NUMBER_MALFORMED, NUMBER_OVERFLOW } number_status;

/* White space around is ignored. allow_fraction: "12.9" gives 12 (the digits after the point must
 * be digits). */
number_status number_parse_int64(const char *text, size_t size, bool allow_fraction, int64_t *out);
/* As Double.parseDouble, plus "inf", "infinity", "nan" in any case. */
number_status number_parse_double(const char *text, size_t size, double *out);
number_status number_parse_float(const char *text, size_t size, float *out);
/* "-1.5e3" to an unscaled value of the scale, half up; NUMBER_OVERFLOW past the precision. */
number_status number_parse_decimal(const char *text, size_t size, uint32_t precision,
                                   uint32_t scale, int128 *out);
/* A double by its shortest digits, half up. */
number_status number_double_to_decimal(double x, uint32_t precision, uint32_t scale, int128 *out);
number_status number_float_to_decimal(float x, uint32_t precision, uint32_t scale, int128 *out);
/* x rounded to `scale` decimals (negative: tens, hundreds) by its shortest digits, ties away from
 * zero or to even. */
double number_round_double(double x, int32_t scale, bool half_even);

#endif
