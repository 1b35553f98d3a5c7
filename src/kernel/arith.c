/* arith.c - instances of binary_tmpl.h for integers and floats.
 *
 * Overflow of addition and subtraction is the sign of (a ^ o) & (b ^ o), which vectorizes; narrow
 * products are computed in the next wider type, 64-bit ones by the compiler's builtin.
 */
#include "kernel/arith.h"

#include <math.h>

#define ARITH_NEGATIVE(flag) ((flag) < 0)
#define ARITH_NON_ZERO(flag) ((flag) != 0)
#define ARITH_NEVER(flag) ((void)(flag), 0)

#define ARITH_ADD_STEP(a, b, o, flag, T, U)                                                        \
    do {                                                                                           \
        T p_ = (a), q_ = (b), s_ = (T)((U)p_ + (U)q_);                                             \
        (o) = s_;                                                                                  \
        flag |= (T)((p_ ^ s_) & (q_ ^ s_));                                                        \
    } while (0)
#define ARITH_SUBTRACT_STEP(a, b, o, flag, T, U)                                                   \
    do {                                                                                           \
        T p_ = (a), q_ = (b), s_ = (T)((U)p_ - (U)q_);                                             \
        (o) = s_;                                                                                  \
        flag |= (T)((p_ ^ q_) & (p_ ^ s_));                                                        \
    } while (0)
#define ARITH_NARROW_MULTIPLY_STEP(a, b, o, flag, T, WIDE)                                         \
    do {                                                                                           \
        WIDE s_ = (WIDE)((WIDE)(a) * (WIDE)(b));                                                   \
        (o) = (T)s_;                                                                               \
        flag |= (T)(s_ != (WIDE)(T)s_);                                                            \
    } while (0)
/* Zero divisors divide by 1 instead; -1 negates, so that the lowest value cannot trap. */
#define ARITH_REMAINDER_STEP(a, b, o, flag, T)                                                     \
    do {                                                                                           \
        T p_ = (a), q_ = (b);                                                                      \
        flag |= (T)(q_ == 0);                                                                      \
        T d_ = (T)(q_ == 0 || q_ == -1 ? 1 : q_);                                                  \
        (o) = (T)(p_ % d_);                                                                        \
    } while (0)
#define ARITH_PMOD_STEP(a, b, o, flag, T, U)                                                       \
    do {                                                                                           \
        T p_ = (a), q_ = (b);                                                                      \
        flag |= (T)(q_ == 0);                                                                      \
        T d_ = (T)(q_ == 0 || q_ == -1 ? 1 : q_);                                                  \
        T m_ = (T)(p_ % d_);                                                                       \
        if (m_ < 0) m_ = (T)((T)((U)m_ + (U)q_) % d_);                                             \
        (o) = m_;                                                                                  \
    } while (0)

#define I_T int8_t
#define I_U uint8_t
#define I_WIDE int16_t
#define I_SUFFIX int8
#include "kernel/arith_int_tmpl.h"
#define I_T int16_t
#define I_U uint16_t
#define I_WIDE int32_t
#define I_SUFFIX int16
#include "kernel/arith_int_tmpl.h"
#define I_T int32_t
#define I_U uint32_t
#define I_WIDE int64_t
#define I_SUFFIX int32
#include "kernel/arith_int_tmpl.h"
#define I_T int64_t
#define I_U uint64_t
#define I_WIDE int128
#define I_SUFFIX int64
#include "kernel/arith_int_tmpl.h"

/* ---- 64-bit integer division (DIV) ---- */

#define K_NAME arith_int_divide_int64
#define K_A int64_t
#define K_B int64_t
#define K_O int64_t
#define K_FLAG int64_t
#define K_FAILED ARITH_NON_ZERO
#define K_PRELUDE
#define K_STEP(a, b, o, flag)                                                                      \
    do {                                                                                           \
        int64_t p_ = (a), q_ = (b);                                                                \
        bool bad_ = q_ == 0 || (q_ == -1 && p_ == INT64_MIN);                                      \
        flag |= bad_;                                                                              \
        (o) = bad_ ? p_ : p_ / q_;                                                                 \
    } while (0)
static
#include "kernel/binary_tmpl.h"

/* ---- floats ---- */

#define F_T float
#define F_SUFFIX float
#define F_MOD fmodf
#include "kernel/arith_float_tmpl.h"
#define F_T double
#define F_SUFFIX double
#define F_MOD fmod
#include "kernel/arith_float_tmpl.h"

#define ARITH_INT_ROW(suffix, divide)                                                              \
    {                                                                                              \
        arith_add_##suffix, arith_subtract_##suffix, arith_multiply_##suffix, NULL,                \
            arith_remainder_##suffix, arith_pmod_##suffix, divide, arith_and_##suffix,             \
            arith_or_##suffix, arith_xor_##suffix                                                  \
    }
#define ARITH_FLOAT_ROW(suffix)                                                                    \
    {                                                                                              \
        arith_add_##suffix, arith_subtract_##suffix, arith_multiply_##suffix,                      \
            arith_divide_##suffix, arith_remainder_##suffix, arith_pmod_##suffix, NULL, NULL,      \
            NULL, NULL                                                                             \
    }

    kernel_binary
    arith_kernel(arith_op op, arith_layout layout) {
    static const kernel_binary table[ARITH_LAYOUT_COUNT][ARITH_OP_COUNT] = {
        ARITH_INT_ROW(int8, NULL),  ARITH_INT_ROW(int16, NULL),
        ARITH_INT_ROW(int32, NULL), ARITH_INT_ROW(int64, arith_int_divide_int64),
        ARITH_FLOAT_ROW(float),     ARITH_FLOAT_ROW(double),
    };
    assert(op < ARITH_OP_COUNT && layout < ARITH_LAYOUT_COUNT);
    return table[layout][op];
}
