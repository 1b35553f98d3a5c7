/* predicate.c - tests for NULL and NaN, negation, and what an assertion raises. */
#include "functions/families.h"
#include "functions/signature.h"

/* out[r] = (argument is NULL) == wanted; runs over 64 rows a word. */
static dbx_status predicate_null_test(fn_call *call, const vector *args, vector *out, bool wanted) {
    uint8_t *to = VECTOR_DATA(out, uint8_t);
    vector_view v = vector_view_of(&args[0]);
    if (v.validity == NULL) {
        FN_FOR_EACH_ROW(call, r) to[r] = !wanted;
        return DBX_OK;
    }
    FN_FOR_EACH_ROW(call, r) to[r] = view_valid(&v, r) != wanted;
    return DBX_OK;
}

static dbx_status predicate_isnull(fn_call *call, const vector *args, vector *out) {
    return predicate_null_test(call, args, out, true);
}

static dbx_status predicate_isnotnull(fn_call *call, const vector *args, vector *out) {
    return predicate_null_test(call, args, out, false);
}

static dbx_status predicate_not(fn_call *call, const vector *args, vector *out) {
    uint8_t *to = VECTOR_DATA(out, uint8_t);
    vector_view v = vector_view_of(&args[0]);
    const uint8_t *from = v.data;
    if (v.sel == NULL && v.mask != 0 && call->sel == NULL) {
        for (uint32_t r = 0; r < call->rows; r++) to[r] = from[r] ^ 1u;
        return DBX_OK;
    }
    FN_FOR_EACH_ROW(call, r) to[r] = from[view_index(&v, r)] ^ 1u;
    return DBX_OK;
}

static dbx_status predicate_isnan(fn_call *call, const vector *args, vector *out) {
    uint8_t *to = VECTOR_DATA(out, uint8_t);
    vector_view v = vector_view_of(&args[0]);
    if (args[0].phys == PHYS_FLOAT) {
        const float *from = v.data;
        FN_FOR_EACH_ROW(call, r) {
            uint32_t i = view_index(&v, r);
            to[r] = validity_get(v.validity, i) && from[i] != from[i];
        }
        return DBX_OK;
    }
    const double *from = v.data;
    FN_FOR_EACH_ROW(call, r) {
        uint32_t i = view_index(&v, r);
        to[r] = validity_get(v.validity, i) && from[i] != from[i];
    }
    return DBX_OK;
}

const function_row predicate_functions[] = {
    {.name = "isnull",
     .signature = "(expr any) -> boolean",
     .op = OP_IS_NULL,
     .kernel = predicate_isnull,
     .flags = NULLS_AWARE | FN_TOTAL | FN_NEVER_NULL,
     .category = "predicate",
     .doc = "True if expr is NULL.",
     .examples = "isnull(1) => false; isnull(NULL) => true"},
    {.name = "isnotnull",
     .signature = "(expr any) -> boolean",
     .op = OP_IS_NOT_NULL,
     .kernel = predicate_isnotnull,
     .flags = NULLS_AWARE | FN_TOTAL | FN_NEVER_NULL,
     .category = "predicate",
     .doc = "True if expr is not NULL.",
     .examples = "isnotnull(1) => true; isnotnull(NULL) => false"},
    {.name = "isnan",
     .signature = "(expr double|float) -> boolean",
     .kernel = predicate_isnan,
     .flags = NULLS_AWARE | FN_TOTAL | FN_NEVER_NULL,
     .category = "predicate",
     .doc = "True if expr is NaN, false if it is NULL.",
     .examples = "isnan(cast('NaN' as double)) => true"},
    {.name = "not",
     .aliases = "!",
     .signature = "(expr boolean) -> boolean",
     .kernel = predicate_not,
     .flags = FN_TOTAL,
     .category = "predicate",
     .doc = "Logical negation.",
     .examples = "not(true) => false; not(NULL) => NULL"},
};
const uint32_t predicate_functions_count = ARRAY_COUNT(predicate_functions);
