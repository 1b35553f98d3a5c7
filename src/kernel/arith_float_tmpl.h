/* arith_float_tmpl.h - float instances of binary_tmpl.h. Parameters: F_T, F_SUFFIX, F_MOD; undefined at the end. */
#define F_CAT2(a, b) a##b
#define F_CAT(a, b) F_CAT2(a, b)

#define K_NAME F_CAT(arith_add_, F_SUFFIX)
#define K_A F_T
#define K_B F_T
#define K_O F_T
#define K_FLAG int
#define K_FAILED ARITH_NEVER
#define K_PRELUDE
#define K_STEP(a, b, o, flag) ((o) = (a) + (b))
static
#include "kernel/binary_tmpl.h"

#define K_NAME F_CAT(arith_subtract_, F_SUFFIX)
#define K_A F_T
#define K_B F_T
#define K_O F_T
#define K_FLAG int
#define K_FAILED ARITH_NEVER
#define K_PRELUDE
#define K_STEP(a, b, o, flag) ((o) = (a) - (b))
static
#include "kernel/binary_tmpl.h"

#define K_NAME F_CAT(arith_multiply_, F_SUFFIX)
#define K_A F_T
#define K_B F_T
#define K_O F_T
#define K_FLAG int
#define K_FAILED ARITH_NEVER
#define K_PRELUDE
#define K_STEP(a, b, o, flag) ((o) = (a) * (b))
static
#include "kernel/binary_tmpl.h"

#define K_NAME F_CAT(arith_divide_, F_SUFFIX)
#define K_A F_T
#define K_B F_T
#define K_O F_T
#define K_FLAG int
#define K_FAILED ARITH_NON_ZERO
#define K_PRELUDE
#define K_STEP(a, b, o, flag)                                                                      \
    do {                                                                                           \
        F_T q_ = (b);                                                                              \
        flag |= q_ == 0;                                                                           \
        (o) = (a) / q_;                                                                            \
    } while (0)
static
#include "kernel/binary_tmpl.h"

#define K_NAME F_CAT(arith_remainder_, F_SUFFIX)
#define K_A F_T
#define K_B F_T
#define K_O F_T
#define K_FLAG int
#define K_FAILED ARITH_NON_ZERO
#define K_PRELUDE
#define K_STEP(a, b, o, flag)                                                                      \
    do {                                                                                           \
        F_T q_ = (b);                                                                              \
        flag |= q_ == 0;                                                                           \
        (o) = F_MOD((a), q_);                                                                      \
    } while (0)
static
#include "kernel/binary_tmpl.h"

#define K_NAME F_CAT(arith_pmod_, F_SUFFIX)
#define K_A F_T
#define K_B F_T
#define K_O F_T
#define K_FLAG int
#define K_FAILED ARITH_NON_ZERO
#define K_PRELUDE
#define K_STEP(a, b, o, flag)                                                                      \
    do {                                                                                           \
        F_T q_ = (b);                                                                              \
        flag |= q_ == 0;                                                                           \
        F_T m_ = F_MOD((a), q_);                                                                   \
        (o) = m_ < 0 ? F_MOD(m_ + q_, q_) : m_;                                                    \
    } while (0)
static
#include "kernel/binary_tmpl.h"

#undef F_CAT
#undef F_CAT2
#undef F_T
#undef F_SUFFIX
#undef F_MOD
