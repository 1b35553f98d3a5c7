/* group_dense.h - a directory of groups by the value of one integer key: no hash, no comparison.
 *
 * slot = key - base. Nothing is taken from statistics: the array is begun, and grows with the range
 * of the keys, only while so many rows were looked up that clearing it costs little beside them;
 * until then the hash directory is asked. It is given up when a NULL comes, or keys that are too
 * far apart.
 */
#ifndef DBX_EXEC_GROUP_DENSE_H
#define DBX_EXEC_GROUP_DENSE_H

#include "plan/physical.h"

typedef struct group_dense {
    bool off; /* not for this table, or given up */
    int64_t base;
    uint64_t slots;
    uint8_t **rows;   /* NULL: not begun */
    uint64_t looked;  /* rows looked up */
    int64_t min, max; /* of their keys, before it is begun */
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
