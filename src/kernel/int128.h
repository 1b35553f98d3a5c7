/* int128.h - 128-bit integers as DECIMAL needs them: powers of ten, rounding division, 256-bit
 * intermediates. */
#ifndef DBX_KERNEL_INT128_H
#define DBX_KERNEL_INT128_H

#include "common/status.h"

typedef __int128 int128;
typedef unsigned __int128 uint128;

enum { INT128_POWER_MAX = 38 };

#define INT128_MAX ((int128)(~(uint128)0 >> 1))
#define INT128_MIN (-INT128_MAX - 1)

/* 10^n for n in [0, 38]. */
extern const int128 int128_power10[INT128_POWER_MAX + 1];

static inline uint128 int128_magnitude(int128 x) {
    return x < 0 ? (uint128)0 - (uint128)x : (uint128)x;
}

/* x / divisor, half away from zero; divisor > 0. */
static inline int128 int128_divide_half_up(int128 x, int128 divisor) {
    int128 quotient = x / divisor;
    int128 remainder = x % divisor;
    uint128 rest = int128_magnitude(remainder);
    if (rest >= (uint128)divisor - rest) quotient += x < 0 ? -1 : 1;
    return quotient;
}
/* The same with ties to even. */
static inline int128 int128_divide_half_even(int128 x, int128 divisor) {
    int128 quotient = x / divisor;
    int128 remainder = x % divisor;
    uint128 rest = int128_magnitude(remainder), other = (uint128)divisor - rest;
    if (rest > other || (rest == other && (quotient & 1) != 0)) quotient += x < 0 ? -1 : 1;
    return quotient;
}

/* round_half_up(a * b / divisor) with an exact product; divisor > 0. False when the result leaves
 * int128. */
bool int128_multiply_divide(int128 a, int128 b, int128 divisor, int128 *out);
/* round_half_up(a * 10^power / b), b != 0, power in [0, 76]. False when the result leaves int128.
 */
bool int128_scale_divide(int128 a, uint32_t power, int128 b, int128 *out);
/* a * 10^power1 + b * 10^power2, then divided by 10^down half up: exact in between. powers, down in
 * [0, 38]. */
bool int128_scale_add(int128 a, uint32_t power1, int128 b, uint32_t power2, uint32_t down,
                      int128 *out);

/* Decimal digits of x: 1 for 0. */
uint32_t int128_digits(uint128 x);
/* Nearest double. */
double int128_to_double(int128 x);
/* Writes the decimal digits of x (no sign) and returns their number, at most 39. */
uint32_t int128_print(uint128 x, char *out);

#endif
