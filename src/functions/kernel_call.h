/* kernel_call.h - what wrappers of kernels share: operands from vectors, and what happens to rows
 * that fail. */
#ifndef DBX_FUNCTIONS_KERNEL_CALL_H
#define DBX_FUNCTIONS_KERNEL_CALL_H

#include "functions/function.h"
#include "kernel/operand.h"

/* What a failing row becomes. */
typedef enum failure_mode {
    FAILURE_RAISE, /* an error (ANSI) */
    FAILURE_NULL,  /* NULL (try_ functions; legacy mode where it says so) */
    FAILURE_KEEP,  /* what the kernel stored (legacy integer overflow wraps around) */
} failure_mode;

kernel_operand fn_operand(const vector *v);

/* Raises for row `row` of the call; called for the first bad row under FAILURE_RAISE. */
typedef dbx_status (*fn_raise_row)(fn_call *call, const vector *args, const vector *out,
                                   uint32_t row);

dbx_status fn_run_binary(fn_call *call, kernel_binary loop, const void *context, const vector *args,
                         vector *out, failure_mode mode, fn_raise_row raise) MUST_CHECK;
dbx_status fn_run_unary(fn_call *call, kernel_unary loop, const void *context, const vector *args,
                        vector *out, failure_mode mode, fn_raise_row raise) MUST_CHECK;

/* Text of one value as an SQL literal, for error parameters. "" when out of memory. */
const char *fn_value_sql(fn_call *call, const vector *v, uint32_t row);
const char *fn_value_text(fn_call *call, const vector *v, uint32_t row);

#define FN_ANSI_CONFIG "\"spark.sql.ansi.enabled\""

#endif
