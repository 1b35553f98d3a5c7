/* conditional.c - choices by NULL or by a condition, and the largest and smallest of several
 * values.
 *
 * All arguments are there already (the evaluator has CASE for lazy choice), so each function is a
 * copy of values picked row by row: fixed-width values by their size, nested ones deeply.
 */
#include "functions/cast.h"
#include "functions/families.h"
#include "functions/kernel_call.h"
#include "functions/signature.h"
#include "vector/compare.h"

/* Copies the value of row r, NULL included. */
static dbx_status conditional_copy(fn_call *call, vector *out, const vector *from,
                                   const vector_view *view, uint32_t r) {
    uint32_t i = view_index(view, r);
    if (!validity_get(view->validity, i)) return fn_set_null(call, out, r);
    switch (physical_size((physical_type)out->phys)) {
    case 1:
        VECTOR_DATA(out, uint8_t)[r] = ((const uint8_t *)view->data)[i];
        return DBX_OK;
    case 2:
        VECTOR_DATA(out, uint16_t)[r] = ((const uint16_t *)view->data)[i];
        return DBX_OK;
    case 4:
        VECTOR_DATA(out, uint32_t)[r] = ((const uint32_t *)view->data)[i];
        return DBX_OK;
    default:
        break;
    }
    if (out->phys != PHYS_LIST && out->phys != PHYS_STRUCT) {
        size_t size = physical_size((physical_type)out->phys);
        memcpy((char *)out->data + r * size, (const char *)view->data + i * size, size);
        return DBX_OK;
    }
    if (vector_copy(out, r, from, NULL, r, 1, call->arena) != DBX_OK) return error_nomem(call->err);
    return DBX_OK;
}

/* The first argument from `first` on that is not NULL. */
static dbx_status conditional_coalesce(fn_call *call, const vector *args, vector *out) {
    uint32_t count = *(const uint32_t *)call->state;
    sel_t *pending = ARENA_ARRAY(call->arena, sel_t, call->rows);
    if (pending == NULL) return error_nomem(call->err);
    uint32_t rest = 0;
    FN_FOR_EACH_ROW(call, r) pending[rest++] = r;
    for (uint32_t a = 0; a < count && rest > 0; a++) {
        vector_view view = vector_view_of(&args[a]);
        uint32_t left = 0;
        for (uint32_t k = 0; k < rest; k++) {
            uint32_t r = pending[k];
            if (view_valid(&view, r))
                TRY(conditional_copy(call, out, &args[a], &view, r));
            else
                pending[left++] = r;
        }
        rest = left;
    }
    for (uint32_t k = 0; k < rest; k++) TRY(fn_set_null(call, out, pending[k]));
    return DBX_OK;
}

/* args: condition, value, other */
static dbx_status conditional_if(fn_call *call, const vector *args, vector *out) {
    vector_view condition = vector_view_of(&args[0]);
    vector_view views[2] = {vector_view_of(&args[1]), vector_view_of(&args[2])};
    FN_FOR_EACH_ROW(call, r) {
        uint32_t i = view_index(&condition, r);
        bool holds =
            validity_get(condition.validity, i) && ((const uint8_t *)condition.data)[i] != 0;
        TRY(conditional_copy(call, out, &args[holds ? 1 : 2], &views[!holds], r));
    }
    return DBX_OK;
}

static dbx_status conditional_nvl2(fn_call *call, const vector *args, vector *out) {
    vector_view tested = vector_view_of(&args[0]);
    vector_view views[2] = {vector_view_of(&args[1]), vector_view_of(&args[2])};
    FN_FOR_EACH_ROW(call, r) {
        bool holds = view_valid(&tested, r);
        TRY(conditional_copy(call, out, &args[holds ? 1 : 2], &views[!holds], r));
    }
    return DBX_OK;
}

/* NULL where both arguments are equal. state: whether the first argument is to be compared with
 * zero. */
static dbx_status conditional_nullif(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]), y = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        bool equal = view_valid(&x, r) && view_valid(&y, r) &&
                     value_equal(&x, view_index(&x, r), &y, view_index(&y, r));
        if (equal)
            TRY(fn_set_null(call, out, r));
        else
            TRY(conditional_copy(call, out, &args[0], &x, r));
    }
    return DBX_OK;
}

static dbx_status conditional_nanvl(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]), y = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        uint32_t i = view_index(&x, r);
        bool valid = validity_get(x.validity, i);
        bool nan = valid && (out->phys == PHYS_FLOAT
                                 ? ((const float *)x.data)[i] != ((const float *)x.data)[i]
                                 : ((const double *)x.data)[i] != ((const double *)x.data)[i]);
        if (nan)
            TRY(conditional_copy(call, out, &args[1], &y, r));
        else
            TRY(conditional_copy(call, out, &args[0], &x, r));
    }
    return DBX_OK;
}

typedef struct conditional_extreme_state {
    uint32_t count;
    int sign; /* 1: greatest */
} conditional_extreme_state;

/* NULLs are skipped; the result is NULL only when all are. */
static dbx_status conditional_extreme(fn_call *call, const vector *args, vector *out) {
    const conditional_extreme_state *s = call->state;
    vector_view *views = ARENA_ARRAY(call->arena, vector_view, s->count);
    if (views == NULL) return error_nomem(call->err);
    for (uint32_t a = 0; a < s->count; a++) views[a] = vector_view_of(&args[a]);
    FN_FOR_EACH_ROW(call, r) {
        uint32_t best = UINT32_MAX;
        for (uint32_t a = 0; a < s->count; a++) {
            if (!view_valid(&views[a], r)) continue;
            if (best == UINT32_MAX ||
                s->sign * value_compare(&views[a], view_index(&views[a], r), &views[best],
                                        view_index(&views[best], r)) >
                    0)
                best = a;
        }
        if (best == UINT32_MAX)
            TRY(fn_set_null(call, out, r));
        else
            TRY(conditional_copy(call, out, &args[best], &views[best], r));
    }
    return DBX_OK;
}

/* ---- binding ---- */

static dbx_status conditional_bind_coalesce(fn_bind *b) {
    uint32_t *count = ARENA_NEW(b->arena, uint32_t);
    if (count == NULL) return error_nomem(b->err);
    *count = b->arg_count;
    TRY(fn_bind_common_type(b, 0, b->arg_count, &b->result));
    b->nullable = true;
    for (uint32_t i = 0; i < b->arg_count; i++) b->nullable = b->nullable && b->arg_nullable[i];
    b->state = count;
    return DBX_OK;
}

static dbx_status conditional_bind_choice(fn_bind *b) {
    TRY(fn_bind_common_type(b, 1, 3, &b->result));
    b->nullable = b->arg_nullable[1] || b->arg_nullable[2];
    return DBX_OK;
}

static dbx_status conditional_bind_nullif(fn_bind *b) {
    type first = b->arg_types[0], common;
    if (!type_common(b->arena, b->arg_types[0], b->arg_types[1], b->query->settings->ansi, &common))
        return fn_bind_different_types(b);
    b->arg_types[0] = b->arg_types[1] = common;
    b->result = type_equal(first, common) ? first : common;
    return DBX_OK;
}

static dbx_status conditional_bind_nanvl(fn_bind *b) {
    if (b->arg_types[0].id != TYPE_FLOAT || b->arg_types[1].id != TYPE_FLOAT)
        b->arg_types[0] = b->arg_types[1] = type_simple(TYPE_DOUBLE);
    b->result = b->arg_types[0];
    return DBX_OK;
}

static dbx_status conditional_bind_extreme(fn_bind *b, int sign) {
    conditional_extreme_state *s = ARENA_NEW(b->arena, conditional_extreme_state);
    if (s == NULL) return error_nomem(b->err);
    s->count = b->arg_count;
    s->sign = sign;
    TRY(fn_bind_common_type(b, 0, b->arg_count, &b->result));
    b->nullable = true;
    for (uint32_t i = 0; i < b->arg_count; i++) b->nullable = b->nullable && b->arg_nullable[i];
    b->state = s;
    return DBX_OK;
}

static dbx_status conditional_bind_greatest(fn_bind *b) {
    return conditional_bind_extreme(b, 1);
}
static dbx_status conditional_bind_least(fn_bind *b) {
    return conditional_bind_extreme(b, -1);
}

const function_row conditional_functions[] = {
    {.name = "coalesce",
     .signature = "(expr any...) -> bind",
     .op = OP_COALESCE,
     .flags = NULLS_AWARE | FN_COLLATES,
     .kernel = conditional_coalesce,
     .bind = conditional_bind_coalesce,
     .category = "conditional",
     .doc = "The first argument that is not NULL.",
     .examples = "coalesce(NULL, 1, NULL) => 1"},
    {.name = "nvl",
     .signature = "(expr1 any, expr2 any) -> bind",
     .op = OP_COALESCE,
     .flags = NULLS_AWARE | FN_COLLATES,
     .kernel = conditional_coalesce,
     .bind = conditional_bind_coalesce,
     .category = "conditional",
     .doc = "expr2 where expr1 is NULL, else expr1.",
     .examples = "nvl(NULL, 2) => 2"},
    {.name = "ifnull",
     .signature = "(expr1 any, expr2 any) -> bind",
     .op = OP_COALESCE,
     .flags = NULLS_AWARE | FN_COLLATES,
     .kernel = conditional_coalesce,
     .bind = conditional_bind_coalesce,
     .category = "conditional",
     .doc = "expr2 where expr1 is NULL, else expr1.",
     .examples = "ifnull(NULL, 2) => 2"},
    {.name = "if",
     .aliases = "iff",
     .signature = "(condition boolean, value any, other any) -> bind",
     .op = OP_IF,
     .flags = NULLS_AWARE | FN_COLLATES,
     .kernel = conditional_if,
     .bind = conditional_bind_choice,
     .category = "conditional",
     .doc = "value where condition is true, else other.",
     .examples = "if(1 < 2, 'a', 'b') => a"},
    {.name = "nvl2",
     .signature = "(expr1 any, expr2 any, expr3 any) -> bind",
     .op = OP_NVL2,
     .flags = NULLS_AWARE | FN_COLLATES,
     .kernel = conditional_nvl2,
     .bind = conditional_bind_choice,
     .category = "conditional",
     .doc = "expr2 where expr1 is not NULL, else expr3.",
     .examples = "nvl2(NULL, 2, 1) => 1"},
    {.name = "nullif",
     .signature = "(expr1 any, expr2 any) -> bind",
     .flags = NULLS_AWARE | FN_ALWAYS_NULLABLE | FN_COLLATES,
     .kernel = conditional_nullif,
     .bind = conditional_bind_nullif,
     .category = "conditional",
     .doc = "NULL where both are equal, else expr1.",
     .examples = "nullif(2, 2) => NULL; nullif(2, 3) => 2"},
    {.name = "nanvl",
     .signature = "(expr1 numeric, expr2 numeric) -> bind",
     .flags = NULLS_AWARE | FN_NEVER_FAILS,
     .kernel = conditional_nanvl,
     .bind = conditional_bind_nanvl,
     .category = "conditional",
     .doc = "expr2 where expr1 is NaN, else expr1.",
     .examples = "nanvl(cast('NaN' as double), 123) => 123.0"},
    {.name = "greatest",
     .signature = "(expr any, other any...) -> bind",
     .flags = NULLS_AWARE | FN_COLLATES,
     .kernel = conditional_extreme,
     .bind = conditional_bind_greatest,
     .category = "conditional",
     .doc = "The largest argument; NULLs are skipped.",
     .examples = "greatest(10, 9, 2, 4, 3) => 10"},
    {.name = "least",
     .signature = "(expr any, other any...) -> bind",
     .flags = NULLS_AWARE | FN_COLLATES,
     .kernel = conditional_extreme,
     .bind = conditional_bind_least,
     .category = "conditional",
     .doc = "The smallest argument; NULLs are skipped.",
     .examples = "least(10, 9, 2, 4, 3) => 2"},
};
const uint32_t conditional_functions_count = ARRAY_COUNT(conditional_functions);
