/* window.c - rows of the functions that exist only OVER a window; exec computes them. */
#include "functions/families.h"
#include "functions/signature.h"

/* lag(x, n, default): the default is brought to x's type. */
static dbx_status window_bind_shift(fn_bind *b) {
    b->result = b->arg_types[0];
    if (b->arg_count > 1) b->arg_types[1] = type_simple(TYPE_INT);
    if (b->arg_count > 2) {
        if (b->arg_types[0].id == TYPE_VOID) b->result = b->arg_types[0] = b->arg_types[2];
        b->arg_types[2] = b->arg_types[0];
    }
    return DBX_OK;
}

#define WINDOW_ROW(text, sig, which, extra, binder, about)                                         \
    {                                                                                              \
        .name = text, .signature = sig, .kind = FUNCTION_WINDOW, .window = which, .flags = extra,  \
        .bind = binder, .category = "window", .doc = about                                         \
    }
const function_row window_functions[] = {
    WINDOW_ROW("row_number", "() -> int", WINDOW_ROW_NUMBER, FN_NEVER_NULL, NULL,
               "Number of the row in its partition, from 1."),
    WINDOW_ROW("rank", "([children any...]) -> int", WINDOW_RANK, FN_NEVER_NULL, NULL,
               "Rank with gaps after ties."),
    WINDOW_ROW("dense_rank", "([children any...]) -> int", WINDOW_DENSE_RANK, FN_NEVER_NULL, NULL,
               "Rank without gaps."),
    WINDOW_ROW("percent_rank", "([children any...]) -> double", WINDOW_PERCENT_RANK, FN_NEVER_NULL,
               NULL, "(rank - 1) / (rows - 1)."),
    WINDOW_ROW("cume_dist", "() -> double", WINDOW_CUME_DIST, FN_NEVER_NULL, NULL,
               "Share of rows up to this one's peers."),
    WINDOW_ROW("ntile", "([n int]) -> int", WINDOW_NTILE, FN_NEVER_NULL, NULL,
               "Number of the bucket among n of equal size."),
    WINDOW_ROW("lag", "(input any, [offset int], [default any]) -> bind", WINDOW_LAG, NULLS_AWARE,
               window_bind_shift, "Value of the row offset rows before."),
    WINDOW_ROW("lead", "(input any, [offset int], [default any]) -> bind", WINDOW_LEAD, NULLS_AWARE,
               window_bind_shift, "Value of the row offset rows after."),
    WINDOW_ROW("nth_value", "(input any, offset int) -> same", WINDOW_NTH_VALUE, NULLS_AWARE, NULL,
               "Value of the n-th row of the frame."),
};
const uint32_t window_functions_count = ARRAY_COUNT(window_functions);
