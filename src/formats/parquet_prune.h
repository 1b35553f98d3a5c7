/* parquet_prune.h - what a file's statistics, page index and Bloom filters say about predicates.
 *
 * A statistic counts only when its meaning is certain: an order defined for the column, a type
 * whose bounds convert to the wanted type, no NaN in the bounds. The old min and max fields count
 * for signed numbers alone.
 */
#ifndef DBX_FORMATS_PARQUET_PRUNE_H
#define DBX_FORMATS_PARQUET_PRUNE_H

#include "formats/parquet_leaf.h"
#include "formats/prune.h"

typedef struct parquet_bounds {
    prune_bounds bounds;
    bool has_null_count;
    uint64_t null_count;
    bool exact; /* both bounds occur as values */
    vector min, max;
    _Alignas(16) uint8_t min_value[16];
    _Alignas(16) uint8_t max_value[16];
} parquet_bounds;

/* Bounds of a leaf's chunk of a flat column as values of `target`. out->bounds points into out. */
void parquet_chunk_bounds(const parquet_metadata *meta, const parquet_leaf *leaf,
                          const parquet_chunk_meta *column, type target, parquet_bounds *out);

typedef struct parquet_rows {
    uint64_t start, end;
} parquet_rows;

/* Row ranges within a row group, ascending and disjoint. */
typedef struct parquet_ranges {
    parquet_rows *items;
    uint32_t count;
} parquet_ranges;

/* Keeps in `ranges` what the page index leaves of them for the predicate; absent or damaged indexes
 * keep all. */
dbx_status parquet_prune_pages(io_file *file, const parquet_metadata *meta,
                               const parquet_leaf *leaf, const parquet_row_group *group,
                               type target, const scan_predicate *p, arena *scratch,
                               parquet_ranges *ranges, error *err) MUST_CHECK;
/* *none: the Bloom filter excludes every value that the predicate asks for. */
dbx_status parquet_prune_bloom(io_file *file, const parquet_leaf *leaf,
                               const parquet_chunk_meta *column, type target,
                               const scan_predicate *p, bool *none, error *err) MUST_CHECK;
/* Tests a filter's bits for a hash; `blocks` of 32 bytes. For tests, and for the writer's own use.
 */
bool parquet_bloom_test(const uint8_t *block, uint64_t hash);

#endif
