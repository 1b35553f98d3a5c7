/* array.h - what other families need of arrays: concat, and sorting of elements. */
#ifndef DBX_FUNCTIONS_ARRAY_H
#define DBX_FUNCTIONS_ARRAY_H

#include "functions/nested.h"

typedef struct array_order {
    const vector_view *elements;
    bool descending, nulls_first;
} array_order;

void array_sort_rows(const array_order *o, sel_t *rows, sel_t *spare, uint32_t count);
/* Row r of out becomes the list of row r in order. */
dbx_status array_sort_list(fn_call *call, const nested_list *list, const array_order *o, uint32_t r,
                           vector *out) MUST_CHECK;
/* Raises INVALID_ORDERING_TYPE unless elements of argument 0 have an order. */
dbx_status array_check_order(fn_bind *b) MUST_CHECK;
dbx_status array_raise_diff_types(fn_bind *b, uint32_t left_arg, uint32_t right_arg) MUST_CHECK;
/* concat of arrays: sets the kernel. */
dbx_status array_concat(fn_call *call, const vector *args, vector *out) MUST_CHECK;
dbx_status array_bind_concat(fn_bind *b) MUST_CHECK;

#endif
