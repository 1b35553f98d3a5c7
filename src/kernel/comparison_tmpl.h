/* comparison_tmpl.h - the four comparisons of one type. Parameters, undefined at the end: C_T element type, C_SUFFIX,
 * C_COMPACT 1 when the type is too heavy to vectorize, C_EQ(a, b), C_LT(a, b), C_LE(a, b). */
#define C_CAT2(a, b) a##b
#define C_CAT(a, b) C_CAT2(a, b)
#define C_FAILED(flag) ((void)(flag), 0)

#define K_NAME C_CAT(comparison_eq_, C_SUFFIX)
#define K_A C_T
#define K_B C_T
#define K_O uint8_t
#define K_FLAG int
#define K_FAILED C_FAILED
#define K_PRELUDE
#define K_STEP(a, b, o, flag) ((o) = (uint8_t)(C_EQ((a), (b))))
static
#include "kernel/comparison_loop_tmpl.h"

#define K_NAME C_CAT(comparison_ne_, C_SUFFIX)
#define K_A C_T
#define K_B C_T
#define K_O uint8_t
#define K_FLAG int
#define K_FAILED C_FAILED
#define K_PRELUDE
#define K_STEP(a, b, o, flag) ((o) = (uint8_t)(!C_EQ((a), (b))))
static
#include "kernel/comparison_loop_tmpl.h"

#define K_NAME C_CAT(comparison_lt_, C_SUFFIX)
#define K_A C_T
#define K_B C_T
#define K_O uint8_t
#define K_FLAG int
#define K_FAILED C_FAILED
#define K_PRELUDE
#define K_STEP(a, b, o, flag) ((o) = (uint8_t)(C_LT((a), (b))))
static
#include "kernel/comparison_loop_tmpl.h"

#define K_NAME C_CAT(comparison_le_, C_SUFFIX)
#define K_A C_T
#define K_B C_T
#define K_O uint8_t
#define K_FLAG int
#define K_FAILED C_FAILED
#define K_PRELUDE
#define K_STEP(a, b, o, flag) ((o) = (uint8_t)(C_LE((a), (b))))
static
#include "kernel/comparison_loop_tmpl.h"

#undef C_CAT
#undef C_CAT2
#undef C_FAILED
#undef C_T
#undef C_SUFFIX
#undef C_COMPACT
#undef C_EQ
#undef C_LT
#undef C_LE
