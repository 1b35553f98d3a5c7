/* sketch.h - what the sketches of Apache DataSketches share: hashing of values, checks of
 * arguments.
 *
 * A sketch is a BINARY in DataSketches' own format, so that sketches travel between dbx, Spark and
 * other systems. States of aggregates do not depend on the order of rows.
 */
#ifndef DBX_FUNCTIONS_SKETCH_H
#define DBX_FUNCTIONS_SKETCH_H

#include "functions/aggregate.h"
#include "kernel/murmur3.h"

enum { SKETCH_SEED = 9001 };

/* The hash of row i (view index) of a value of type INT, BIGINT, FLOAT, DOUBLE, STRING, BINARY or
 * an array of INT or BIGINT. *skip for empty strings and arrays, which sketches ignore. */
dbx_status sketch_hash(fn_call *call, const vector *base, uint32_t i, bool *skip,
                       murmur3_hash *out) MUST_CHECK;

/* Argument i, if it is there, must be of the type. `text` is as errors print it. */
dbx_status sketch_check_type(fn_bind *b, uint32_t i, type_id id, const char *text) MUST_CHECK;

/* A constant INT argument within bounds: *out is left when the argument is not there; NULL is 0. */
typedef struct sketch_bound {
    error_class not_constant, out_of_range;
    int64_t min, max;
} sketch_bound;
dbx_status sketch_bind_int(fn_bind *b, uint32_t i, const sketch_bound *bound,
                           int64_t *out) MUST_CHECK;
/* Raises an error class whose only parameter is the function's name. */
dbx_status sketch_raise(fn_call *call, error_class cls, const char *parameter,
                        const char *function) MUST_CHECK;

/* Little-endian fields of a sketch. */
static inline uint64_t sketch_load(const char *at, uint32_t size) {
    uint64_t x = 0;
    for (uint32_t i = 0; i < size; i++) x |= (uint64_t)(uint8_t)at[i] << (8 * i);
    return x;
}
static inline void sketch_store(char *at, uint64_t x, uint32_t size) {
    for (uint32_t i = 0; i < size; i++) at[i] = (char)(uint8_t)(x >> (8 * i));
}

#endif
