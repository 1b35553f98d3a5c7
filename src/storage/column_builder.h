/* column_builder.h - values of one column being gathered for a row group: typed arrays, strings in
 * one heap.
 *
 * A builder has a builder for each child of a nested type. NULL rows hold a repeat of the value
 * before (fixed width) or nothing (strings, lists), which is what encodes best.
 */
#ifndef DBX_STORAGE_COLUMN_BUILDER_H
#define DBX_STORAGE_COLUMN_BUILDER_H

#include "vector/vector.h"

typedef struct column_builder {
    ledger *ledger;
    type type;
    physical_type phys;
    uint32_t value_size; /* bytes in `values`: the physical size; strings 4 (size); lists 8 (end
                            offset) */
    uint32_t rows, capacity;
    uint32_t null_count;
    uint8_t *values;
    uint64_t *validity; /* NULL until the first NULL */
    char *heap;         /* strings, back to back */
    size_t heap_size, heap_capacity;
    struct column_builder *children;
    uint32_t child_count;
} column_builder;

enum { COLUMN_BUILDER_ROWS_MAX = 1 << 30 };

/* Types are borrowed. */
dbx_status column_builder_init(column_builder *b, type t, ledger *l) MUST_CHECK;
void column_builder_deinit(column_builder *b);
/* Forgets the rows, keeps the room. */
void column_builder_clear(column_builder *b);
/* Appends rows [from, from + count) of a vector of any form, or those of sel[from..]. */
dbx_status column_builder_append(column_builder *b, const vector *v, const sel_t *sel,
                                 uint32_t from, uint32_t count, arena *scratch) MUST_CHECK;
/* Appends rows [from, from + count) of another builder of the same type. */
dbx_status column_builder_append_builder(column_builder *b, const column_builder *other,
                                         uint32_t from, uint32_t count) MUST_CHECK;
/* Bytes held. */
uint64_t column_builder_bytes(const column_builder *b);
/* Number of nodes of a type's tree: segments of a column. */
uint32_t column_node_count(type t);
/* Child types of a node: elements of lists, fields of structs. */
uint32_t column_child_count(type t);
type column_child_type(type t, uint32_t child);

#endif
