/* aggregate_few.h - feeding aggregates when there are few groups in all.
 *
 * Every row has a small group number, found by position (group_codes.h). Kernels that can (sums,
 * counts) take all groups in one call and keep their sums in registers; for others, and for rows
 * with NULLs or filters, the rows are sorted by group and each aggregate is fed once a group.
 */
#ifndef DBX_EXEC_AGGREGATE_FEW_H
#define DBX_EXEC_AGGREGATE_FEW_H

#include "exec/aggregate_set.h"
#include "exec/group_codes.h"

typedef struct aggregate_few {
    bool sorted; /* sel and first are of this chunk */
    uint32_t counts[GROUP_FEW_MAX + 1];
    uint32_t first[GROUP_FEW_MAX + 2];
    uint8_t groups[CHUNK_ROWS_MAX];
    sel_t sel[CHUNK_ROWS_MAX];
} aggregate_few;

/* The chunk's group numbers are in f->groups, made by group_codes_number_rows. */
dbx_status aggregate_feed_few(const aggregate_set *s, aggregate_calls *calls, aggregate_few *f,
                              const group_codes *codes, const vector *values, uint32_t rows,
                              uint32_t states_offset, arena *contents, error *err) MUST_CHECK;

#endif
