/* hash_function.h - Spark's hashes of values, bit for bit: Murmur3 and xxHash64. Bucketing, hash()
 * and sketches rely on them. */
#ifndef DBX_FUNCTIONS_HASH_FUNCTION_H
#define DBX_FUNCTIONS_HASH_FUNCTION_H

#include "functions/function.h"

/* Murmur3 as Spark computes it: bytes after the last whole word are mixed one by one. */
uint32_t spark_murmur3(const char *bytes, size_t size, uint32_t seed);

/* The hash of row `row` of v folded into `seed`; a NULL leaves it as it is. murmur: 32 bits. */
uint64_t spark_hash_value(const vector *v, uint32_t row, bool murmur, uint64_t seed);

#endif
