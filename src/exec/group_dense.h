/* group_dense.h - a directory of groups by the value of one integer key: no hash, no comparison.
 *
 * slot = key - base. The array grows with the range of the keys that were met, by copying; it is
 * given up for the hash directory when a NULL comes, or when the range is too wide for the groups
 * that statistics promise.
 */
#ifndef DBX_EXEC_GROUP_DENSE_H
#define DBX_EXEC_GROUP_DENSE_H

#include "plan/physical.h"

typedef struct group_dense {
    bool off; /* not for this table, or given up */
    int64_t base;
    uint64_t slots;
    uint8_t **rows; /* NULL: not begun */
} group_dense;

struct group_table;
/* As group_table_find; *done is false when the hash directory is to be asked. */
dbx_status group_dense_find(struct group_table *t, const vector *key, uint32_t rows, uint8_t **out,
                            bool *done) MUST_CHECK;
void group_dense_deinit(group_dense *d, ledger *l);
/* Forgets all rows. */
void group_dense_clear(group_dense *d);
/* Lists a row; its key is in range. */
void group_dense_put(struct group_table *t, uint8_t *row);

#endif
