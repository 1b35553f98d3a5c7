/* comparison.h - = <> < <= over arrays, giving 0 or 1 per row. > and >= are < and <= with the
 * arguments swapped.
 *
 * Floats: NaN equals itself and is the largest, -0.0 equals 0.0. Strings: bytewise.
 */
#ifndef DBX_KERNEL_COMPARISON_H
#define DBX_KERNEL_COMPARISON_H

#include "kernel/int128.h"
#include "kernel/operand.h"

typedef enum comparison_op {
    COMPARE_EQ,
    COMPARE_NE,
    COMPARE_LT,
    COMPARE_LE,
    COMPARE_OP_COUNT
} comparison_op;

typedef enum comparison_layout {
    COMPARE_UINT8,
    COMPARE_INT8,
    COMPARE_INT16,
    COMPARE_INT32,
    COMPARE_INT64,
    COMPARE_INT128,
    COMPARE_FLOAT,
    COMPARE_DOUBLE,
    COMPARE_STRING,
    COMPARE_LAYOUT_COUNT
} comparison_layout;

/* Never fails, whatever the values; but strings must be readable. */
kernel_binary comparison_kernel(comparison_op op, comparison_layout layout);

#endif
