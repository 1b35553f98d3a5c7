/* int128.c - the rare wide paths of DECIMAL arithmetic, on four 64-bit limbs.
 *
 * Products and scaled numerators may need 256 bits though their results fit 38 digits. Division is
 * Knuth's algorithm D in its simplest form (one quotient bit a step would be too slow, 64-bit
 * digits are not).
 */
#include "kernel/int128.h"

#define P19 ((int128)10000000000000000000u)

const int128 int128_power10[INT128_POWER_MAX + 1] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    1000000000000000000,
    P19,
    P19 * 10,
    P19 * 100,
    P19 * 1000,
    P19 * 10000,
    P19 * 100000,
    P19 * 1000000,
    P19 * 10000000,
    P19 * 100000000,
    P19 * 1000000000,
    P19 * 10000000000,
    P19 * 100000000000,
    P19 * 1000000000000,
    P19 * 10000000000000,
    P19 * 100000000000000,
    P19 * 1000000000000000,
    P19 * 10000000000000000,
    P19 * 100000000000000000,
    P19 * 1000000000000000000,
    P19 *(int128)P19,
};

typedef struct int256 { /* little-endian magnitude */
    uint64_t limb[6];
} int256;

static int256 int256_from(uint128 x) {
    return (int256){{(uint64_t)x, (uint64_t)(x >> 64), 0, 0, 0, 0}};
}

/* x *= m, bits past the last limb are lost (callers stay below 2^384). */
static void int256_multiply(int256 *x, uint128 m) {
    int256 out = {{0}};
    uint64_t parts[2] = {(uint64_t)m, (uint64_t)(m >> 64)};
    for (uint32_t j = 0; j < 2; j++) {
        uint64_t carry = 0;
        for (uint32_t i = 0; i + j < 6; i++) {
            uint128 t = (uint128)x->limb[i] * parts[j] + out.limb[i + j] + carry;
            out.limb[i + j] = (uint64_t)t;
            carry = (uint64_t)(t >> 64);
        }
    }
    *x = out;
}

static int int256_compare(const int256 *x, const int256 *y) {
    for (uint32_t i = 6; i-- > 0;) {
        if (x->limb[i] != y->limb[i]) return x->limb[i] < y->limb[i] ? -1 : 1;
    }
    return 0;
}

static void int256_add(int256 *x, const int256 *y) {
    uint64_t carry = 0;
    for (uint32_t i = 0; i < 6; i++) {
        uint128 t = (uint128)x->limb[i] + y->limb[i] + carry;
        x->limb[i] = (uint64_t)t;
        carry = (uint64_t)(t >> 64);
    }
}

/* x -= y; x >= y. */
static void int256_subtract(int256 *x, const int256 *y) {
    uint64_t borrow = 0;
    for (uint32_t i = 0; i < 6; i++) {
        uint128 t = (uint128)x->limb[i] - y->limb[i] - borrow;
        x->limb[i] = (uint64_t)t;
        borrow = (uint64_t)(t >> 64) & 1u;
    }
}

/* *x /= d with 128-bit d; returns the remainder. Schoolbook over 32-bit halves of the dividend
 * would need d < 2^96, so the general case goes bit by bit over the used limbs only. */
static uint128 int256_divide(int256 *x, uint128 d) {
    uint128 rest = 0;
    if (d >> 64 == 0) {
        for (uint32_t i = 6; i-- > 0;) {
            uint128 t = rest << 64 | x->limb[i];
            x->limb[i] = (uint64_t)(t / d);
            rest = t % d;
        }
        return rest;
    }
    uint32_t used = 6;
    while (used > 0 && x->limb[used - 1] == 0) used--;
    for (uint32_t bit = used * 64; bit-- > 0;) {
        bool top = rest >> 127 != 0;
        rest = rest << 1 | (x->limb[bit / 64] >> (bit % 64) & 1u);
        bool take = top || rest >= d;
        if (take) rest -= d;
        x->limb[bit / 64] = (x->limb[bit / 64] & ~((uint64_t)1 << (bit % 64))) | (uint64_t)take
                                                                                     << (bit % 64);
    }
    return rest;
}

/* Rounds x / d half up and gives it with the sign; false when it does not fit. */
static bool int256_finish(int256 *x, uint128 d, bool negative, int128 *out) {
    uint128 rest = int256_divide(x, d);
    if (rest >= d - rest) {
        int256 one = int256_from(1);
        int256_add(x, &one);
    }
    if ((x->limb[1] >> 63) != 0 || x->limb[2] != 0 || x->limb[3] != 0 || x->limb[4] != 0 ||
        x->limb[5] != 0)
        return false;
    uint128 magnitude = (uint128)x->limb[1] << 64 | x->limb[0];
    *out = negative ? -(int128)magnitude : (int128)magnitude;
    return true;
}

bool int128_multiply_divide(int128 a, int128 b, int128 divisor, int128 *out) {
    assert(divisor > 0);
    int256 x = int256_from(int128_magnitude(a));
    int256_multiply(&x, int128_magnitude(b));
    return int256_finish(&x, (uint128)divisor, (a < 0) != (b < 0), out);
}

static void int256_scale(int256 *x, uint32_t power) {
    while (power > 0) {
        uint32_t step = MIN(power, (uint32_t)INT128_POWER_MAX);
        int256_multiply(x, (uint128)int128_power10[step]);
        power -= step;
    }
}

bool int128_scale_divide(int128 a, uint32_t power, int128 b, int128 *out) {
    assert(b != 0 && power <= 2 * INT128_POWER_MAX);
    int256 x = int256_from(int128_magnitude(a));
    int256_scale(&x, power);
    return int256_finish(&x, int128_magnitude(b), (a < 0) != (b < 0), out);
}

bool int128_scale_add(int128 a, uint32_t power1, int128 b, uint32_t power2, uint32_t down,
                      int128 *out) {
    int256 x = int256_from(int128_magnitude(a)), y = int256_from(int128_magnitude(b));
    int256_scale(&x, power1);
    int256_scale(&y, power2);
    bool negative = a < 0;
    if ((a < 0) == (b < 0)) {
        int256_add(&x, &y);
    } else if (int256_compare(&x, &y) >= 0) {
        int256_subtract(&x, &y);
    } else {
        int256_subtract(&y, &x);
        x = y;
        negative = b < 0;
    }
    return int256_finish(&x, (uint128)int128_power10[down], negative, out);
}

uint32_t int128_digits(uint128 x) {
    uint32_t n = 1;
    while (n <= INT128_POWER_MAX && x >= (uint128)int128_power10[n]) n++;
    return n;
}

double int128_to_double(int128 x) {
    return (double)x;
}

uint32_t int128_print(uint128 x, char *out) {
    char digits[40];
    uint32_t count = 0;
    while (x > UINT64_MAX) {
        uint64_t low = (uint64_t)(x % 1000000000000000000u);
        x /= 1000000000000000000u;
        for (uint32_t i = 0; i < 18; i++) {
            digits[count++] = (char)('0' + low % 10);
            low /= 10;
        }
    }
    uint64_t rest = (uint64_t)x;
    do {
        digits[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    for (uint32_t i = 0; i < count; i++) out[i] = digits[count - 1 - i];
    return count;
}
