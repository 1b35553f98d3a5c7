/* convert.c - instances of unary_tmpl.h for every pair of number layouts. */
#include "kernel/convert.h"

#define CONVERT_FAILED(flag) ((flag) != 0)

KERNEL_INLINE int32_t convert_saturate32(double x) {
    return x != x ? 0 : x >= 2147483647.0 ? INT32_MAX : x <= -2147483648.0 ? INT32_MIN : (int32_t)x;
}
KERNEL_INLINE int64_t convert_saturate64(double x) {
    return x != x                        ? 0
           : x >= 9223372036854775807.0  ? INT64_MAX
           : x <= -9223372036854775808.0 ? INT64_MIN
                                         : (int64_t)x;
}

/* Narrowing: the value must survive the way back. */
#define CONVERT_EXACT(T, a, o, flag) ((o) = (T)(a), flag |= (o) != (a))
#define CONVERT_PLAIN(T, a, o, flag) ((o) = (T)(a), (void)flag)
/* LOW and HIGH bound what truncates into the type: LOW < x < HIGH. */
#define CONVERT_TRUNCATE(T, saturate, low, high, a, o, flag)                                       \
    do {                                                                                           \
        double x_ = (double)(a);                                                                   \
        flag |= !(x_ > (low) && x_ < (high));                                                      \
        (o) = (T)saturate(x_);                                                                     \
    } while (0)

#define K_NAME convert_int8_int8
#define K_A int8_t
#define K_O int8_t
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_PLAIN(int8_t, a, o, flag)
static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_int8_int16
#define K_A int8_t
#define K_O int16_t
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_PLAIN(int16_t, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_int8_int32
#define K_A int8_t
#define K_O int32_t
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_PLAIN(int32_t, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_int8_int64
#define K_A int8_t
#define K_O int64_t
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_PLAIN(int64_t, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_int8_float
#define K_A int8_t
#define K_O float
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_PLAIN(float, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_int8_double
#define K_A int8_t
#define K_O double
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_PLAIN(double, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_int16_int8
#define K_A int16_t
#define K_O int8_t
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_EXACT(int8_t, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_int16_int16
#define K_A int16_t
#define K_O int16_t
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_PLAIN(int16_t, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_int16_int32
#define K_A int16_t
#define K_O int32_t
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_PLAIN(int32_t, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_int16_int64
#define K_A int16_t
#define K_O int64_t
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_PLAIN(int64_t, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_int16_float
#define K_A int16_t
#define K_O float
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_PLAIN(float, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_int16_double
#define K_A int16_t
#define K_O double
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_PLAIN(double, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_int32_int8
#define K_A int32_t
#define K_O int8_t
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_EXACT(int8_t, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_int32_int16
#define K_A int32_t
#define K_O int16_t
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_EXACT(int16_t, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_int32_int32
#define K_A int32_t
#define K_O int32_t
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_PLAIN(int32_t, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_int32_int64
#define K_A int32_t
#define K_O int64_t
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_PLAIN(int64_t, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_int32_float
#define K_A int32_t
#define K_O float
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_PLAIN(float, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_int32_double
#define K_A int32_t
#define K_O double
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_PLAIN(double, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_int64_int8
#define K_A int64_t
#define K_O int8_t
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_EXACT(int8_t, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_int64_int16
#define K_A int64_t
#define K_O int16_t
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_EXACT(int16_t, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_int64_int32
#define K_A int64_t
#define K_O int32_t
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_EXACT(int32_t, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_int64_int64
#define K_A int64_t
#define K_O int64_t
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_PLAIN(int64_t, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_int64_float
#define K_A int64_t
#define K_O float
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_PLAIN(float, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_int64_double
#define K_A int64_t
#define K_O double
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_PLAIN(double, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_float_int8
#define K_A float
#define K_O int8_t
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_TRUNCATE(int8_t, convert_saturate32, -129.0, 128.0, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_float_int16
#define K_A float
#define K_O int16_t
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag)                                                                         \
    CONVERT_TRUNCATE(int16_t, convert_saturate32, -32769.0, 32768.0, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_float_int32
#define K_A float
#define K_O int32_t
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag)                                                                         \
    CONVERT_TRUNCATE(int32_t, convert_saturate32, -2147483649.0, 2147483648.0, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_float_int64
#define K_A float
#define K_O int64_t
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag)                                                                         \
    CONVERT_TRUNCATE(int64_t, convert_saturate64, -9223372036854777856.0, 9223372036854775808.0,   \
                     a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_float_float
#define K_A float
#define K_O float
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_PLAIN(float, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_float_double
#define K_A float
#define K_O double
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_PLAIN(double, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_double_int8
#define K_A double
#define K_O int8_t
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_TRUNCATE(int8_t, convert_saturate32, -129.0, 128.0, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_double_int16
#define K_A double
#define K_O int16_t
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag)                                                                         \
    CONVERT_TRUNCATE(int16_t, convert_saturate32, -32769.0, 32768.0, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_double_int32
#define K_A double
#define K_O int32_t
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag)                                                                         \
    CONVERT_TRUNCATE(int32_t, convert_saturate32, -2147483649.0, 2147483648.0, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_double_int64
#define K_A double
#define K_O int64_t
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag)                                                                         \
    CONVERT_TRUNCATE(int64_t, convert_saturate64, -9223372036854777856.0, 9223372036854775808.0,   \
                     a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_double_float
#define K_A double
#define K_O float
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_PLAIN(float, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

#define K_NAME convert_double_double
#define K_A double
#define K_O double
#define K_FLAG int
#define K_FAILED CONVERT_FAILED
#define K_PRELUDE
#define K_STEP(a, o, flag) CONVERT_PLAIN(double, a, o, flag)
    static
#include "kernel/unary_tmpl.h"

    kernel_unary
    convert_kernel(convert_layout from, convert_layout to) {
    static const kernel_unary table[CONVERT_LAYOUT_COUNT][CONVERT_LAYOUT_COUNT] = {
        {convert_int8_int8, convert_int8_int16, convert_int8_int32, convert_int8_int64,
         convert_int8_float, convert_int8_double},
        {convert_int16_int8, convert_int16_int16, convert_int16_int32, convert_int16_int64,
         convert_int16_float, convert_int16_double},
        {convert_int32_int8, convert_int32_int16, convert_int32_int32, convert_int32_int64,
         convert_int32_float, convert_int32_double},
        {convert_int64_int8, convert_int64_int16, convert_int64_int32, convert_int64_int64,
         convert_int64_float, convert_int64_double},
        {convert_float_int8, convert_float_int16, convert_float_int32, convert_float_int64,
         convert_float_float, convert_float_double},
        {convert_double_int8, convert_double_int16, convert_double_int32, convert_double_int64,
         convert_double_float, convert_double_double},
    };
    assert(from < CONVERT_LAYOUT_COUNT && to < CONVERT_LAYOUT_COUNT);
    return table[from][to];
}

bool convert_can_fail(convert_layout from, convert_layout to) {
    if (to >= CONVERT_FLOAT) return false;
    return from >= CONVERT_FLOAT || to < from;
}
