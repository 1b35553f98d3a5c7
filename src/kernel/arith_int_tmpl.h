/* arith_int_tmpl.h - integer instances of binary_tmpl.h. Parameters: I_T, I_U (unsigned), I_WIDE (holds products),
 * I_SUFFIX; undefined at the end. */
#define I_CAT2(a, b) a##b
#define I_CAT(a, b) I_CAT2(a, b)

#define K_NAME I_CAT(arith_add_, I_SUFFIX)
#define K_A I_T
#define K_B I_T
#define K_O I_T
#define K_FLAG I_T
#define K_FAILED ARITH_NEGATIVE
#define K_PRELUDE
#define K_STEP(a, b, o, flag) ARITH_ADD_STEP(a, b, o, flag, I_T, I_U)
static
#include "kernel/binary_tmpl.h"

#define K_NAME I_CAT(arith_subtract_, I_SUFFIX)
#define K_A I_T
#define K_B I_T
#define K_O I_T
#define K_FLAG I_T
#define K_FAILED ARITH_NEGATIVE
#define K_PRELUDE
#define K_STEP(a, b, o, flag) ARITH_SUBTRACT_STEP(a, b, o, flag, I_T, I_U)
static
#include "kernel/binary_tmpl.h"

#define K_NAME I_CAT(arith_multiply_, I_SUFFIX)
#define K_A I_T
#define K_B I_T
#define K_O I_T
#define K_FLAG I_T
#define K_FAILED ARITH_NON_ZERO
#define K_PRELUDE
#define K_STEP(a, b, o, flag) ARITH_NARROW_MULTIPLY_STEP(a, b, o, flag, I_T, I_WIDE)
static
#include "kernel/binary_tmpl.h"

#define K_NAME I_CAT(arith_remainder_, I_SUFFIX)
#define K_A I_T
#define K_B I_T
#define K_O I_T
#define K_FLAG I_T
#define K_FAILED ARITH_NON_ZERO
#define K_PRELUDE
#define K_STEP(a, b, o, flag) ARITH_REMAINDER_STEP(a, b, o, flag, I_T)
static
#include "kernel/binary_tmpl.h"

#define K_NAME I_CAT(arith_pmod_, I_SUFFIX)
#define K_A I_T
#define K_B I_T
#define K_O I_T
#define K_FLAG I_T
#define K_FAILED ARITH_NON_ZERO
#define K_PRELUDE
#define K_STEP(a, b, o, flag) ARITH_PMOD_STEP(a, b, o, flag, I_T, I_U)
static
#include "kernel/binary_tmpl.h"

#define K_NAME I_CAT(arith_and_, I_SUFFIX)
#define K_A I_T
#define K_B I_T
#define K_O I_T
#define K_FLAG I_T
#define K_FAILED ARITH_NEVER
#define K_PRELUDE
#define K_STEP(a, b, o, flag) ((o) = (I_T)((a) & (b)))
static
#include "kernel/binary_tmpl.h"

#define K_NAME I_CAT(arith_or_, I_SUFFIX)
#define K_A I_T
#define K_B I_T
#define K_O I_T
#define K_FLAG I_T
#define K_FAILED ARITH_NEVER
#define K_PRELUDE
#define K_STEP(a, b, o, flag) ((o) = (I_T)((a) | (b)))
static
#include "kernel/binary_tmpl.h"

#define K_NAME I_CAT(arith_xor_, I_SUFFIX)
#define K_A I_T
#define K_B I_T
#define K_O I_T
#define K_FLAG I_T
#define K_FAILED ARITH_NEVER
#define K_PRELUDE
#define K_STEP(a, b, o, flag) ((o) = (I_T)((a) ^ (b)))
static
#include "kernel/binary_tmpl.h"

#undef I_CAT
#undef I_CAT2
#undef I_T
#undef I_U
#undef I_WIDE
#undef I_SUFFIX
