/* arith_decimal.c - instances of binary_tmpl.h for DECIMAL.
 *
 * Precision rules make most operations total: DECIMAL(15,2) * DECIMAL(16,2) always fits 128 bits.
 * Checks and 256-bit intermediates exist only where precision was cut to 38.
 */
#include "kernel/arith.h"

#define DECIMAL_FAILED(flag) ((flag) != 0)
#define DECIMAL_TOTAL(flag) ((void)(flag), 0)

#define DECIMAL_CONTEXT const decimal_context *c = context;

/* ---- never overflow ---- */

#define K_NAME arith_decimal_add64
#define K_A int64_t
#define K_B int64_t
#define K_O int64_t
#define K_FLAG int
#define K_FAILED DECIMAL_TOTAL
#define K_PRELUDE                                                                                  \
    const decimal_context *c = context;                                                            \
    int64_t fa = c->scale_a64, fb = c->scale_b64;
#define K_STEP(a, b, o, flag)                                                                      \
    ((o) = (int64_t)((uint64_t)(a) * (uint64_t)fa + (uint64_t)(b) * (uint64_t)fb))
static
#include "kernel/binary_tmpl.h"

#define K_NAME arith_decimal_subtract64
#define K_A int64_t
#define K_B int64_t
#define K_O int64_t
#define K_FLAG int
#define K_FAILED DECIMAL_TOTAL
#define K_PRELUDE                                                                                  \
    const decimal_context *c = context;                                                            \
    int64_t fa = c->scale_a64, fb = c->scale_b64;
#define K_STEP(a, b, o, flag)                                                                      \
    ((o) = (int64_t)((uint64_t)(a) * (uint64_t)fa - (uint64_t)(b) * (uint64_t)fb))
    static
#include "kernel/binary_tmpl.h"

#define K_NAME arith_decimal_multiply64
#define K_A int64_t
#define K_B int64_t
#define K_O int64_t
#define K_FLAG int
#define K_FAILED DECIMAL_TOTAL
#define K_PRELUDE
#define K_STEP(a, b, o, flag) ((o) = (int64_t)((uint64_t)(a) * (uint64_t)(b)))
    static
#include "kernel/binary_tmpl.h"

#define K_NAME arith_decimal_multiply64_wide
#define K_A int64_t
#define K_B int64_t
#define K_O int128
#define K_FLAG int
#define K_FAILED DECIMAL_TOTAL
#define K_PRELUDE
#define K_STEP(a, b, o, flag) ((o) = (int128)(a) * (b))
    static
#include "kernel/binary_tmpl.h"

    /* ---- checked, any widths ---- */

    KERNEL_INLINE int128
    arith_decimal_negated(int128 x) {
    return -x;
}

KERNEL_INLINE bool arith_decimal_sum(int128 a, int128 b, const decimal_context *c, int128 *out) {
    int128 x, y, s;
    if (LIKELY(!__builtin_mul_overflow(a, c->scale_a, &x) &&
               !__builtin_mul_overflow(b, c->scale_b, &y) && !__builtin_add_overflow(x, y, &s))) {
        *out = c->down_power == 0 ? s : int128_divide_half_up(s, c->down);
    } else if (!int128_scale_add(a, c->power_a, b, c->power_b, c->down_power, out)) {
        return false;
    }
    return *out<c->limit && * out> - c->limit;
}

KERNEL_INLINE bool arith_decimal_product(int128 a, int128 b, const decimal_context *c,
                                         int128 *out) {
    int128 p;
    bool narrow = a == (int64_t)a && b == (int64_t)b;
    if (narrow) p = (int128)(int64_t)a * (int64_t)b;
    if (LIKELY(narrow || !__builtin_mul_overflow(a, b, &p))) {
        *out = c->down_power == 0 ? p : int128_divide_half_up(p, c->down);
    } else if (!int128_multiply_divide(a, b, c->down, out)) {
        return false;
    }
    return *out<c->limit && * out> - c->limit;
}

KERNEL_INLINE bool arith_decimal_quotient(int128 a, int128 b, const decimal_context *c,
                                          int128 *out) {
    int128 n;
    *out = 0;
    if (b == 0) return false;
    if (LIKELY(c->power_a <= INT128_POWER_MAX && !__builtin_mul_overflow(a, c->scale_a, &n) &&
               n != INT128_MIN)) {
        int128 q = n / b, rest = n % b;
        uint128 r = int128_magnitude(rest), d = int128_magnitude(b);
        if (r >= d - r) q += (n < 0) == (b < 0) ? 1 : -1;
        *out = q;
    } else if (!int128_scale_divide(a, c->power_a, b, out)) {
        return false;
    }
    return *out<c->limit && * out> - c->limit;
}

/* Both at one scale first; a % b has the sign of a. */
KERNEL_INLINE bool arith_decimal_rest(int128 a, int128 b, const decimal_context *c, bool positive,
                                      int128 *out) {
    int128 x, y;
    *out = 0;
    if (b == 0 || __builtin_mul_overflow(a, c->scale_a, &x) ||
        __builtin_mul_overflow(b, c->scale_b, &y))
        return false;
    int128 m = y == -1 ? 0 : x % y;
    if (positive && m < 0) m = (m + y) % y;
    *out = c->down_power == 0 ? m : int128_divide_half_up(m, c->down);
    return *out<c->limit && * out> - c->limit;
}

KERNEL_INLINE bool arith_decimal_whole(int128 a, int128 b, const decimal_context *c, int128 *out) {
    int128 x, y;
    *out = 0;
    if (b == 0 || __builtin_mul_overflow(a, c->scale_a, &x) ||
        __builtin_mul_overflow(b, c->scale_b, &y))
        return false;
    int128 q = y == -1 ? -x : x / y;
    *out = q;
    return q <= INT64_MAX && q >= INT64_MIN;
}

#define D_A int64_t
#define D_B int64_t
#define D_O int128
#define D_SUFFIX 64_64_128
#include "kernel/arith_decimal_tmpl.h"
#define D_A int64_t
#define D_B int128
#define D_O int128
#define D_SUFFIX 64_128_128
#include "kernel/arith_decimal_tmpl.h"
#define D_A int128
#define D_B int64_t
#define D_O int128
#define D_SUFFIX 128_64_128
#include "kernel/arith_decimal_tmpl.h"
#define D_A int128
#define D_B int128
#define D_O int128
#define D_SUFFIX 128_128_128
#include "kernel/arith_decimal_tmpl.h"
#define D_A int64_t
#define D_B int64_t
#define D_O int64_t
#define D_SUFFIX 64_64_64
#include "kernel/arith_decimal_tmpl.h"
#define D_A int64_t
#define D_B int128
#define D_O int64_t
#define D_SUFFIX 64_128_64
#include "kernel/arith_decimal_tmpl.h"
#define D_A int128
#define D_B int64_t
#define D_O int64_t
#define D_SUFFIX 128_64_64
#include "kernel/arith_decimal_tmpl.h"
#define D_A int128
#define D_B int128
#define D_O int64_t
#define D_SUFFIX 128_128_64
#include "kernel/arith_decimal_tmpl.h"

#define DECIMAL_ROW(suffix)                                                                        \
    {                                                                                              \
        arith_decimal_add_##suffix, arith_decimal_subtract_##suffix,                               \
            arith_decimal_multiply_##suffix, arith_decimal_divide_##suffix,                        \
            arith_decimal_remainder_##suffix, arith_decimal_pmod_##suffix,                         \
            arith_decimal_int_divide_##suffix                                                      \
    }

kernel_binary arith_decimal_kernel(arith_op op, bool a_wide, bool b_wide, bool out_wide) {
    static const kernel_binary table[8][ARITH_INT_DIVIDE + 1] = {
        DECIMAL_ROW(64_64_64),   DECIMAL_ROW(64_64_128),   DECIMAL_ROW(64_128_64),
        DECIMAL_ROW(64_128_128), DECIMAL_ROW(128_64_64),   DECIMAL_ROW(128_64_128),
        DECIMAL_ROW(128_128_64), DECIMAL_ROW(128_128_128),
    };
    assert(op <= ARITH_INT_DIVIDE);
    return table[a_wide * 4 + b_wide * 2 + out_wide][op];
}

kernel_binary arith_decimal_multiply_total(bool out_wide) {
    return out_wide ? arith_decimal_multiply64_wide : arith_decimal_multiply64;
}

kernel_binary arith_decimal_add_total(bool subtract) {
    return subtract ? arith_decimal_subtract64 : arith_decimal_add64;
}
