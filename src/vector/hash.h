/* hash.h - the one hash of each type: equal values (compare.h) hash equally, on every machine.
 *
 * NaNs hash alike, -0.0 as 0.0, strings by their collation key, DECIMALs by value of equal scale.
 * NULL has a hash of its own, so that NULLs group together.
 */
#ifndef DBX_VECTOR_HASH_H
#define DBX_VECTOR_HASH_H

#include "kernel/hash_mix.h"
#include "vector/vector.h"

/* hashes[i] = hash of row i for i in [0, rows). combine folds it into the value already there.
 * Dictionaries are hashed by entry where that is less work. */
dbx_status vector_hash(const vector *v, uint32_t rows, bool combine, uint64_t *hashes,
                       arena *scratch) MUST_CHECK;
/* Of one string, as vector_hash without collation gives it. */
uint64_t vstring_hash(const vstring *s);

#endif
