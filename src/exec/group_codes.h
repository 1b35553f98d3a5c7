/* group_codes.h - finds groups of few-valued keys by position instead of by hash.
 *
 * Where every key column of a chunk has a small code (dictionary entries, booleans, bytes, integers
 * within a window of values seen), the codes together number a combination, and a small array
 * remembers its group row. Only the first row of each combination goes to the hash table, so this
 * is right whatever the data; it gives up when it does not pay.
 */
#ifndef DBX_EXEC_GROUP_CODES_H
#define DBX_EXEC_GROUP_CODES_H

#include "exec/group_table.h"

enum {
    GROUP_CODE_COLUMNS_MAX = 6,
    GROUP_CODES_MAX = 1 << 14, /* combinations; the array stays in the L2 cache */
    GROUP_NO_ORDINAL = UINT8_MAX,
    GROUP_FEW_MAX = 12, /* so many groups in all: kernels are called group by group */
};

typedef struct group_code_column {
    uint64_t dict_id; /* of a dictionary; 0: window */
    int64_t base;     /* window: value of code 0 */
    uint32_t codes;   /* NULL is the last one */
} group_code_column;

typedef struct group_codes {
    ledger *ledger;
    uint32_t column_count;
    bool off;         /* does not pay */
    uint32_t misfits; /* chunks in a row without codes, or that remade the columns */
    group_code_column columns[GROUP_CODE_COLUMNS_MAX];
    uint32_t combinations; /* 0: columns are not set */
    uint8_t **groups;      /* GROUP_CODES_MAX; NULL: not met since */
    uint8_t *ordinals;     /* GROUP_CODES_MAX: small numbers of groups, while there are few;
                            * GROUP_NO_ORDINAL: not met since */
    uint8_t *few[GROUP_FEW_MAX];
    uint32_t few_count;             /* GROUP_FEW_MAX + 1: too many */
    uint16_t codes[CHUNK_ROWS_MAX]; /* of the last chunk */
} group_codes;

void group_codes_init(group_codes *c, uint32_t column_count, ledger *l);
void group_codes_deinit(group_codes *c);
/* Row addresses changed, or the directory was emptied. */
void group_codes_forget(group_codes *c);
/* Computes codes for a chunk; false when it has none. */
dbx_status group_codes_compute(group_codes *c, const vector *keys, uint32_t rows,
                               bool *fits) MUST_CHECK;
/* After compute: the small number of each row's group, so that few[out[i]] is its row; false when
 * there are too many groups, or some were not met yet. */
bool group_codes_number_rows(const group_codes *c, uint32_t rows, uint8_t *out);
/* After compute: the group of each row; asks the table for combinations not met yet. */
dbx_status group_codes_find(group_codes *c, group_table *t, const vector *keys, uint32_t rows,
                            uint8_t **out, arena *scratch) MUST_CHECK;

#endif
