/* operators.c - kernels of expressions that are no functions. See program_int.h. */
#include "eval/program_int.h"

dbx_status eval_not(fn_call *call, const vector *args, vector *out) {
    uint8_t *to = out->data;
    vector_view v = vector_view_of(&args[0]);
    const uint8_t *from = v.data;
    if (v.sel == NULL && v.mask != 0 && call->sel == NULL) {
        for (uint32_t r = 0; r < call->rows; r++) to[r] = from[r] ^ 1u;
        return DBX_OK;
    }
    FN_FOR_EACH_ROW(call, r) to[r] = from[view_index(&v, r)] ^ 1u;
    return DBX_OK;
}

dbx_status eval_is_not_null(fn_call *call, const vector *args, vector *out) {
    uint8_t *to = out->data;
    vector_view v = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) to[r] = view_valid(&v, r);
    return DBX_OK;
}

dbx_status eval_equal(fn_call *call, const vector *args, vector *out) {
    uint8_t *to = out->data;
    vector_view x = vector_view_of(&args[0]), y = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) to[r] = value_equal(&x, view_index(&x, r), &y, view_index(&y, r));
    return DBX_OK;
}
