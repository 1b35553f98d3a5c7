/* arith_decimal_tmpl.h - DECIMAL instances of binary_compact_tmpl.h for one combination of widths.
 * Parameters: D_A, D_B, D_O,
 * D_SUFFIX; undefined at the end. */
#define D_CAT2(a, b) a##b
#define D_CAT(a, b) D_CAT2(a, b)

#define K_NAME D_CAT(arith_decimal_add_, D_SUFFIX)
#define K_A D_A
#define K_B D_B
#define K_O D_O
#define K_FLAG int
#define K_FAILED DECIMAL_FAILED
#define K_PRELUDE DECIMAL_CONTEXT
#define K_STEP(a, b, o, flag)                                                                      \
    do {                                                                                           \
        int128 s_;                                                                                 \
        flag |= !arith_decimal_sum(a, b, c, &s_);                                        \
        (o) = (D_O)s_;                                                                             \
    } while (0)
static
#include "kernel/binary_compact_tmpl.h"

#define K_NAME D_CAT(arith_decimal_subtract_, D_SUFFIX)
#define K_A D_A
#define K_B D_B
#define K_O D_O
#define K_FLAG int
#define K_FAILED DECIMAL_FAILED
#define K_PRELUDE DECIMAL_CONTEXT
#define K_STEP(a, b, o, flag)                                                                      \
    do {                                                                                           \
        int128 s_;                                                                                 \
        flag |= !arith_decimal_sum(a, arith_decimal_negated(b), c, &s_);                 \
        (o) = (D_O)s_;                                                                             \
    } while (0)
static
#include "kernel/binary_compact_tmpl.h"

#define K_NAME D_CAT(arith_decimal_multiply_, D_SUFFIX)
#define K_A D_A
#define K_B D_B
#define K_O D_O
#define K_FLAG int
#define K_FAILED DECIMAL_FAILED
#define K_PRELUDE DECIMAL_CONTEXT
#define K_STEP(a, b, o, flag)                                                                      \
    do {                                                                                           \
        int128 s_;                                                                                 \
        flag |= !arith_decimal_product(a, b, c, &s_);                                    \
        (o) = (D_O)s_;                                                                             \
    } while (0)
static
#include "kernel/binary_compact_tmpl.h"

#define K_NAME D_CAT(arith_decimal_divide_, D_SUFFIX)
#define K_A D_A
#define K_B D_B
#define K_O D_O
#define K_FLAG int
#define K_FAILED DECIMAL_FAILED
#define K_PRELUDE DECIMAL_CONTEXT
#define K_STEP(a, b, o, flag)                                                                      \
    do {                                                                                           \
        int128 s_;                                                                                 \
        flag |= !arith_decimal_quotient(a, b, c, &s_);                                   \
        (o) = (D_O)s_;                                                                             \
    } while (0)
static
#include "kernel/binary_compact_tmpl.h"

#define K_NAME D_CAT(arith_decimal_remainder_, D_SUFFIX)
#define K_A D_A
#define K_B D_B
#define K_O D_O
#define K_FLAG int
#define K_FAILED DECIMAL_FAILED
#define K_PRELUDE DECIMAL_CONTEXT
#define K_STEP(a, b, o, flag)                                                                      \
    do {                                                                                           \
        int128 s_;                                                                                 \
        flag |= !arith_decimal_rest(a, b, c, false, &s_);                                \
        (o) = (D_O)s_;                                                                             \
    } while (0)
static
#include "kernel/binary_compact_tmpl.h"

#define K_NAME D_CAT(arith_decimal_pmod_, D_SUFFIX)
#define K_A D_A
#define K_B D_B
#define K_O D_O
#define K_FLAG int
#define K_FAILED DECIMAL_FAILED
#define K_PRELUDE DECIMAL_CONTEXT
#define K_STEP(a, b, o, flag)                                                                      \
    do {                                                                                           \
        int128 s_;                                                                                 \
        flag |= !arith_decimal_rest(a, b, c, true, &s_);                                 \
        (o) = (D_O)s_;                                                                             \
    } while (0)
static
#include "kernel/binary_compact_tmpl.h"

#define K_NAME D_CAT(arith_decimal_int_divide_, D_SUFFIX)
#define K_A D_A
#define K_B D_B
#define K_O D_O
#define K_FLAG int
#define K_FAILED DECIMAL_FAILED
#define K_PRELUDE DECIMAL_CONTEXT
#define K_STEP(a, b, o, flag)                                                                      \
    do {                                                                                           \
        int128 s_;                                                                                 \
        flag |= !arith_decimal_whole(a, b, c, &s_);                                      \
        (o) = (D_O)s_;                                                                             \
    } while (0)
static
#include "kernel/binary_compact_tmpl.h"

#undef D_CAT
#undef D_CAT2
#undef D_A
#undef D_B
#undef D_O
#undef D_SUFFIX
