/* cast.h - conversions between types, and Spark's rules of which happen by themselves. */
#ifndef DBX_FUNCTIONS_CAST_H
#define DBX_FUNCTIONS_CAST_H

#include "functions/function.h"
#include "vector/value_text.h"

typedef enum cast_mode {
    CAST_ANSI,   /* bad values and overflow raise CAST_INVALID_INPUT, CAST_OVERFLOW, … */
    CAST_TRY,    /* they give NULL */
    CAST_LEGACY, /* ANSI off: NULL for bad values, wrap-around for integers */
} cast_mode;

/* Is CAST(from AS to) defined at all in this mode? */
bool cast_allowed(type from, type to, cast_mode mode);
/* May an argument be converted silently (Spark's ANSI or legacy implicit cast)? */
bool cast_implicit_allowed(type from, type to, bool ansi);
/* Same value set or wider without loss of information: int to bigint, decimal(5,2) to
 * decimal(10,2). */
bool cast_is_widening(type from, type to);
/* Finds the kernel (NULLS_PROPAGATE contract; `state` from the arena). Raises
 * DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION when the cast is not defined. *can_fail: raises or
 * makes NULLs. */
dbx_status cast_bind(arena *a, query *q, type from, type to, cast_mode mode, span position,
                     scalar_kernel *kernel, const void **state, bool *can_fail,
                     error *err) MUST_CHECK;

/* The type that both can be brought to for comparison, set operations, CASE, IN, …: false if there
 * is none. */
bool type_common(arena *a, type x, type y, bool ansi, type *out);
/* Spark's decimal result types; op is one of OP_ADD, OP_SUBTRACT, OP_MULTIPLY, OP_DIVIDE. */
type type_decimal_result(function_op op, type x, type y, bool allow_precision_loss);
/* DECIMAL that holds every value of an integer type (INT: 10,0). */
type type_decimal_for(type integer);

#endif
