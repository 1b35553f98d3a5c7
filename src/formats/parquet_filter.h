/* parquet_filter.h - a scan's predicates on one column, tested on batches before the other columns
 * are read.
 *
 * A batch of dictionary indexes is tested entry by entry, once a dictionary; the rows then cost one
 * lookup.
 */
#ifndef DBX_FORMATS_PARQUET_FILTER_H
#define DBX_FORMATS_PARQUET_FILTER_H

#include "formats/parquet_leaf.h"

typedef struct parquet_filter {
    const scan_predicate **predicates; /* all on one column */
    uint32_t count;
} parquet_filter;

/* Can the predicate be tested here on values of the type (then exactly, but for SCAN_RUNTIME)? */
bool parquet_filter_supports(const scan_predicate *p, type t);
/* Keeps of the batch's `rows` rows, or of those at sel[0..*kept) when *kept < rows, the ones that
 * satisfy all predicates: sel gets them, *kept their number. `mask` is scratch of `rows` bytes. */
dbx_status parquet_filter_batch(const parquet_filter *f, const parquet_batch *b, uint32_t rows,
                                uint8_t *mask, sel_t *sel, uint32_t *kept, error *err) MUST_CHECK;
/* True when the chunk is all dictionary and no entry passes: nothing can be found in the rest of
 * the chunk. */
bool parquet_filter_is_hopeless(const parquet_reader *r);

#endif
