/* arithmetic.h - shared by the files that implement operators on numbers, dates and intervals. */
#ifndef DBX_FUNCTIONS_ARITHMETIC_H
#define DBX_FUNCTIONS_ARITHMETIC_H

#include "functions/kernel_call.h"
#include "functions/signature.h"
#include "kernel/arith.h"

/* Binds `op` when an argument is a date, timestamp, time or interval; *handled says whether it did.
 */
dbx_status datetime_arithmetic_bind(fn_bind *b, arith_op op, failure_mode mode,
                                    bool *handled) MUST_CHECK;

static inline failure_mode fn_failure_mode(const fn_bind *b) {
    return b->query->settings->ansi ? FAILURE_RAISE : FAILURE_NULL;
}

#endif
