/* variant.h - what functions, casts and printing do with VARIANT values (encoding:
 * vector/variant.h).
 */
#ifndef DBX_FUNCTIONS_VARIANT_H
#define DBX_FUNCTIONS_VARIANT_H

#include "functions/cast.h"
#include "functions/kernel_call.h"
#include "vector/variant.h"

/* Appends row i (an index into the base of a view) of a value that variant_can_hold. */
dbx_status variant_put_value(variant_builder *b, const vector *base, uint32_t i) MUST_CHECK;

/* May values of the type be cast to and from VARIANT? Structs and maps only with `objects`. */
bool variant_can_hold(type t, bool objects);

/* What a VARIANT is turned into: made at bind time, read by many threads. */
typedef struct variant_cast variant_cast;
dbx_status variant_cast_new(arena *a, query *q, type to, bool fail, variant_cast **out,
                            error *err) MUST_CHECK;
/* out[row] = v cast; NULL where the cast fails and the cast may. */
dbx_status variant_cast_store(fn_call *call, const variant_cast *c, variant v, vector *out,
                              uint32_t row) MUST_CHECK;

/* Kernels of CAST; the state is a variant_cast, or nothing. */
dbx_status variant_run_cast_from(fn_call *call, const variant_cast *c, const vector *args,
                                 vector *out) MUST_CHECK;
dbx_status variant_run_cast_to(fn_call *call, const vector *args, vector *out) MUST_CHECK;

dbx_status variant_raise_malformed(fn_call *call) MUST_CHECK;
/* Opens the value of a row; raises MALFORMED_VARIANT. */
dbx_status variant_arg(fn_call *call, const vector_view *view, uint32_t row,
                       variant *out) MUST_CHECK;
/* Takes what the builder holds as out[row]. */
dbx_status variant_store(fn_call *call, variant_builder *b, vector *out, uint32_t row) MUST_CHECK;

#endif
