/* table_mask.h - all filters of a scan over the windows of one worker.
 *
 * Filters run in an order that is learned: those that drop most for their cost come first, since
 * the others then look at few rows. An optional filter (one that a join made) that drops next to
 * nothing is not asked again by this worker.
 */
#ifndef DBX_STORAGE_TABLE_MASK_H
#define DBX_STORAGE_TABLE_MASK_H

#include "storage/table_filter.h"

typedef struct table_mask_filter {
    const table_filter *filter;
    table_filter_state state; /* in the row group at hand */
    column_reader *column, *other;
    bool skip; /* all rows of the group pass */
    bool off;  /* optional, and does not pay */
    uint64_t tried, kept;
} table_mask_filter;

typedef struct table_mask {
    table_mask_filter *filters;
    uint32_t *order;
    uint32_t count;
} table_mask;

/* filters are borrowed. */
dbx_status table_mask_init(table_mask *m, const table_filter *filters, uint32_t count,
                           arena *a) MUST_CHECK;
/* Before the first window of a morsel: decides the order. */
void table_mask_start(table_mask *m);
/* Clears mask[i] of the rows from + i that fail. Columns of filters that are not skipped are open.
 */
dbx_status table_mask_apply(table_mask *m, uint32_t from, uint32_t count, uint8_t *mask, arena *a,
                            error *err) MUST_CHECK;

#endif
