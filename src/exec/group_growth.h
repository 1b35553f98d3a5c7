/* group_growth.h - when a worker's table of groups is emptied, grown, or passed by.
 *
 * A table that fits the L2 cache is kept. Beyond that, the number of groups D is estimated from how
 * often keys repeated (n rows gave d groups: about n*n/2D of them repeated): a table that will fit
 * the L3 cache grows; else, when keys hardly repeat, rows are appended without a lookup for a
 * while; else the directory is emptied and starts anew.
 */
#ifndef DBX_EXEC_GROUP_GROWTH_H
#define DBX_EXEC_GROUP_GROWTH_H

#include "exec/group_table.h"

enum {
    GROUP_L2_BYTES = 768 << 10,
    GROUP_L3_BYTES = 16 << 20,
    GROUP_PASS_ROWS = 1 << 20, /* appended without lookups before keys are counted again */
    GROUP_BITS_DEFAULT = 8,
};

typedef struct group_growth {
    uint64_t limit;     /* bytes the table may have */
    uint64_t rows;      /* looked up since the directory was empty */
    uint64_t pass_left; /* rows still to be appended without a lookup */
    uint32_t bits;      /* partitions, once there are any */
    bool emptied;
} group_growth;

/* estimate: groups in all, < 0 unknown. The same for every worker of an operator. */
static inline void group_growth_init(group_growth *g, const group_layout *l, double estimate) {
    double bytes = estimate * (l->width + 12.0);
    uint32_t bits = GROUP_BITS_DEFAULT;
    while (estimate > 0 && bits < GROUP_PARTITION_BITS_MAX &&
           bytes > (double)GROUP_L2_BYTES * (1u << bits))
        bits++;
    *g = (group_growth){.limit = GROUP_L2_BYTES, .bits = bits};
}

/* After `rows` keys were looked up or appended. *moved: addresses of rows changed, or the directory
 * was emptied. */
static inline MUST_CHECK dbx_status group_growth_step(group_growth *g, group_table *t,
                                                      uint32_t rows, bool *moved) {
    *moved = false;
    if (g->pass_left > 0) {
        g->pass_left -= MIN(g->pass_left, rows);
        return DBX_OK;
    }
    g->rows += rows;
    if (LIKELY(group_table_bytes(t) <= g->limit)) return DBX_OK;
    *moved = true;
    if (t->partition_bits == 0) TRY(group_table_partition(t, g->bits));
    double n = (double)g->rows;
    double d = (double)t->count;
    double groups = n * n / (2 * (n - d) + 1);
    bool fits = groups * (t->layout->width + 12.0) <= (double)GROUP_L3_BYTES;
    /* By position a group costs one miss, however many there are. */
    if (t->dense.rows != NULL && !ledger_under_pressure(t->ledger, group_table_bytes(t), 50)) {
        g->limit = 2 * group_table_bytes(t);
        return DBX_OK;
    }
    if (fits && g->limit < GROUP_L3_BYTES && !ledger_under_pressure(t->ledger, 2 * g->limit, 80)) {
        g->limit *= 2;
        return DBX_OK;
    }
    if (n < 1.25 * d) g->pass_left = GROUP_PASS_ROWS;
    g->emptied = true;
    g->rows = 0;
    group_table_forget(t);
    return DBX_OK;
}

#endif
