/* convert.h - conversions between number layouts over arrays. */
#ifndef DBX_KERNEL_CONVERT_H
#define DBX_KERNEL_CONVERT_H

#include "kernel/operand.h"

typedef enum convert_layout {
    CONVERT_INT8,
    CONVERT_INT16,
    CONVERT_INT32,
    CONVERT_INT64,
    CONVERT_FLOAT,
    CONVERT_DOUBLE,
    CONVERT_LAYOUT_COUNT
} convert_layout;

/* Fails for values that the target cannot hold; integers then wrap and floats saturate, as in Java.
 * Never NULL. */
kernel_unary convert_kernel(convert_layout from, convert_layout to);
/* Can a value fail? */
bool convert_can_fail(convert_layout from, convert_layout to);

#endif
