/* status.h - result of every fallible function, and the macros that forward it.
 *
 * A fallible function returns dbx_status; DBX_OK is 0. Details of a failure (error class, SQLSTATE,
 * message parameters, position) are put into an `error` object (error.h) by whoever detects it,
 * once.
 */
#ifndef DBX_COMMON_STATUS_H
#define DBX_COMMON_STATUS_H

#include "dbx.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* Forwards a failure to the caller. Nothing may need a cleanup at this point. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        dbx_status try_status_ = (call);                                                           \
        if (UNLIKELY(try_status_ != DBX_OK)) return try_status_;                                   \
    } while (0)

/* Stores the result in the local `status` and jumps to the cleanup label on failure. */
#define TRY_GOTO(call, label)                                                                      \
    do {                                                                                           \
        status = (call);                                                                           \
        if (UNLIKELY(status != DBX_OK)) goto label;                                                \
    } while (0)

#endif
