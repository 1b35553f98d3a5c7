/* cast_int.h - shared by the files of CAST. */
#ifndef DBX_FUNCTIONS_CAST_INT_H
#define DBX_FUNCTIONS_CAST_INT_H

#include "functions/cast.h"
#include "functions/kernel_call.h"
#include "vector/time_zone.h"
#include "kernel/int128.h"

/* What became of one value. */
typedef enum cast_result {
    CAST_DONE,
    CAST_MALFORMED,    /* CAST_INVALID_INPUT */
    CAST_TOO_BIG,      /* CAST_OVERFLOW */
    CAST_OUT_OF_RANGE, /* NUMERIC_VALUE_OUT_OF_RANGE: a decimal's digits do not fit */
    CAST_BAD_INTERVAL, /* INVALID_INTERVAL_FORMAT */
    CAST_NOTHING,      /* NULL in every mode */
    CAST_NO_MEMORY,
} cast_result;

typedef struct cast_state cast_state;
/* Converts value in[i] to out[r]. */
typedef cast_result (*cast_step)(fn_call *call, const cast_state *s, const void *in, uint32_t i,
                                 void *out, uint32_t r);

struct cast_state {
    type from, to;
    cast_mode mode;
    scalar_kernel kernel;
    bool can_fail;
    cast_step step;    /* cast_run_steps */
    kernel_unary loop; /* cast_run_loop */
    const time_zone *zone;
    int128 factor; /* decimals: scale up by it, or down when negative_scale */
    bool scale_down;
    int128 limit;                 /* decimals: 10^precision */
    int64_t unit;                 /* intervals: what 1 is */
    struct variant_cast *variant; /* from VARIANT */
    cast_state *children;         /* nested: one a child of the type */
};

/* The step for a pair of types that has no loop of its own; NULL when there is none. May fill s. */
cast_step cast_find_number_step(cast_state *s);
cast_step cast_find_text_step(cast_state *s);
cast_step cast_find_datetime_step(cast_state *s);

dbx_status cast_run_nested(fn_call *call, const vector *args, vector *out);
dbx_status cast_run_text(fn_call *call, const vector *args, vector *out);

/* An integer of 64 bits to an integer type's layout at out[r]; false when it does not fit (wrapped
 * then). */
static inline bool cast_store_int(type to, int64_t v, void *out, uint32_t r) {
    switch ((type_id)to.id) {
    case TYPE_TINYINT:
        ((int8_t *)out)[r] = (int8_t)v;
        return v == (int8_t)v;
    case TYPE_SMALLINT:
        ((int16_t *)out)[r] = (int16_t)v;
        return v == (int16_t)v;
    case TYPE_INT:
        ((int32_t *)out)[r] = (int32_t)v;
        return v == (int32_t)v;
    default:
        ((int64_t *)out)[r] = v;
        return true;
    }
}
static inline int64_t cast_load_int(type from, const void *in, uint32_t i) {
    switch ((type_id)from.id) {
    case TYPE_TINYINT:
        return ((const int8_t *)in)[i];
    case TYPE_SMALLINT:
        return ((const int16_t *)in)[i];
    case TYPE_INT:
        return ((const int32_t *)in)[i];
    default:
        return ((const int64_t *)in)[i];
    }
}
static inline int128 cast_load_decimal(type from, const void *in, uint32_t i) {
    return type_physical(from) == PHYS_INT64 ? ((const int64_t *)in)[i] : ((const int128 *)in)[i];
}
/* False when |v| >= s->limit. */
static inline bool cast_store_decimal(const cast_state *s, int128 v, void *out, uint32_t r) {
    if (v >= s->limit || v <= -s->limit) return false;
    if (type_physical(s->to) == PHYS_INT64)
        ((int64_t *)out)[r] = (int64_t)v;
    else
        ((int128 *)out)[r] = v;
    return true;
}
double cast_decimal_to_double(int128 unscaled, uint32_t scale);

#endif
