/* arith.h - arithmetic over arrays: kernels by operation and layout. NULL where there is none. */
#ifndef DBX_KERNEL_ARITH_H
#define DBX_KERNEL_ARITH_H

#include "kernel/int128.h"
#include "kernel/operand.h"

typedef enum arith_op {
    ARITH_ADD,
    ARITH_SUBTRACT,
    ARITH_MULTIPLY,
    ARITH_DIVIDE,
    ARITH_REMAINDER,
    ARITH_PMOD,
    ARITH_INT_DIVIDE,
    ARITH_AND,
    ARITH_OR,
    ARITH_XOR,
    ARITH_OP_COUNT
} arith_op;

typedef enum arith_layout {
    ARITH_INT8,
    ARITH_INT16,
    ARITH_INT32,
    ARITH_INT64,
    ARITH_FLOAT,
    ARITH_DOUBLE,
    ARITH_LAYOUT_COUNT
} arith_layout;

/* Integers fail on overflow (the wrapped value is stored all the same) and on a zero divisor;
 * floats fail on a zero divisor only. ARITH_DIVIDE exists for floats, ARITH_INT_DIVIDE for INT64,
 * bit operations for integers. */
kernel_binary arith_kernel(arith_op op, arith_layout layout);

/* DECIMAL: unscaled integers of 64 or 128 bits, rescaled on the way. */
typedef struct decimal_context {
    int64_t scale_a64, scale_b64; /* factors for 64-bit loops */
    int128 scale_a, scale_b;   /* factors that bring both to the scale of the intermediate result */
    uint32_t power_a, power_b; /* their exponents */
    int128 down;               /* 10^down_power: the intermediate is divided by it, half up */
    uint32_t down_power;
    int128 limit; /* results must stay below in magnitude: 10^precision */
} decimal_context;

/* a_wide, b_wide, out_wide: 128 bits. Fail when |result| >= limit. ADD, SUBTRACT, MULTIPLY, DIVIDE,
 * REMAINDER, PMOD. out of INT_DIVIDE is int64. DIVIDE: round(a * 10^power_a / b). */
kernel_binary arith_decimal_kernel(arith_op op, bool a_wide, bool b_wide, bool out_wide);
/* Multiplication that cannot overflow: no check at all (64 x 64 -> 128, or -> 64). */
kernel_binary arith_decimal_multiply_total(bool out_wide);
/* Addition and subtraction in 64 bits that cannot overflow. */
kernel_binary arith_decimal_add_total(bool subtract);

#endif
