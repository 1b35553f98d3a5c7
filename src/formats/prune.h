/* prune.h - what bounds of a set of values say about a predicate.
 *
 * Used per file (partition values), row group and page. "Maybe" is the default: bounds that are
 * absent, of another type or NaN prove nothing.
 */
#ifndef DBX_FORMATS_PRUNE_H
#define DBX_FORMATS_PRUNE_H

#include "vector/source.h"

typedef struct prune_bounds {
    bool has_min_max;
    bool may_have_nan; /* NaN is largest, and min/max do not tell of it */
    bool all_null;
    bool no_null;
    const vector
        *min; /* CONSTANT of the predicate's column type; bound every non-NULL, non-NaN value */
    const vector *max;
} prune_bounds;

typedef enum prune_result {
    PRUNE_MAYBE,
    PRUNE_NONE, /* no row satisfies it */
    PRUNE_ALL,  /* every row does */
} prune_result;

/* SCAN_RUNTIME is tested by its range only. */
prune_result prune_test(const scan_predicate *predicate, const prune_bounds *bounds);

/* Integers and dates as int64, as runtime filters hold them; false for other types. */
bool prune_integer(type t, const void *data, uint32_t index, int64_t *out);

#endif
