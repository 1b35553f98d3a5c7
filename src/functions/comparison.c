/* comparison.c - = <> < <= > >= <=>.
 *
 * Both sides are brought to their common type. Fixed-width types run kernels densely (FN_TOTAL
 * rows), strings run them over the valid rows, and the rest goes through value_compare, so that
 * there is one order of each type.
 */
#include "kernel/comparison.h"
#include "functions/cast.h"
#include "functions/families.h"
#include "functions/kernel_call.h"
#include "functions/signature.h"
#include "vector/collation.h"
#include "vector/compare.h"

typedef struct comparison_state {
    kernel_binary loop; /* NULL: by value */
    uint8_t op;         /* comparison_op */
    bool swapped;
} comparison_state;

static dbx_status comparison_run(fn_call *call, const vector *args, vector *out) {
    const comparison_state *s = call->state;
    kernel_operand x = fn_operand(&args[s->swapped]), y = fn_operand(&args[!s->swapped]);
    s->loop(x, y, out->data, call->sel, call->rows, NULL, NULL);
    return DBX_OK;
}

static bool comparison_holds(const comparison_state *s, const vector_view *x, uint32_t i,
                             const vector_view *y, uint32_t j) {
    switch ((comparison_op)s->op) {
    case COMPARE_EQ:
        return value_equal(x, i, y, j);
    case COMPARE_NE:
        return !value_equal(x, i, y, j);
    case COMPARE_LT:
        return value_compare(x, i, y, j) < 0;
    case COMPARE_LE:
        return value_compare(x, i, y, j) <= 0;
    case COMPARE_OP_COUNT:
        break;
    }
    return false;
}

static dbx_status comparison_run_values(fn_call *call, const vector *args, vector *out) {
    const comparison_state *s = call->state;
    vector_view x = vector_view_of(&args[s->swapped]), y = vector_view_of(&args[!s->swapped]);
    uint8_t *to = VECTOR_DATA(out, uint8_t);
    FN_FOR_EACH_ROW(call, r)
    to[r] = comparison_holds(s, &x, view_index(&x, r), &y, view_index(&y, r));
    return DBX_OK;
}

/* a <=> b: never NULL. */
static dbx_status comparison_run_null_safe(fn_call *call, const vector *args, vector *out) {
    const comparison_state *s = call->state;
    vector_view x = vector_view_of(&args[0]), y = vector_view_of(&args[1]);
    if (x.validity == NULL && y.validity == NULL)
        return s->loop != NULL ? comparison_run(call, args, out)
                               : comparison_run_values(call, args, out);
    uint8_t *to = VECTOR_DATA(out, uint8_t);
    sel_t *both = ARENA_ARRAY(call->arena, sel_t, call->rows);
    if (both == NULL) return error_nomem(call->err);
    uint32_t count = 0;
    FN_FOR_EACH_ROW(call, r) {
        bool left = view_valid(&x, r), right = view_valid(&y, r);
        to[r] = left == right;
        if (left && right) both[count++] = r;
    }
    fn_call inner = *call;
    inner.sel = both;
    inner.rows = count;
    return s->loop != NULL ? comparison_run(&inner, args, out)
                           : comparison_run_values(&inner, args, out);
}

static const function_row comparison_total_rows[] = {
    {.name = "=",
     .signature = "(l any, r any) -> boolean",
     .op = OP_EQ,
     .flags = FN_TOTAL,
     .kernel = comparison_run},
    {.name = "!=",
     .signature = "(l any, r any) -> boolean",
     .op = OP_NE,
     .flags = FN_TOTAL,
     .kernel = comparison_run},
    {.name = "<",
     .signature = "(l any, r any) -> boolean",
     .op = OP_LT,
     .flags = FN_TOTAL,
     .kernel = comparison_run},
    {.name = "<=",
     .signature = "(l any, r any) -> boolean",
     .op = OP_LE,
     .flags = FN_TOTAL,
     .kernel = comparison_run},
    {.name = ">",
     .signature = "(l any, r any) -> boolean",
     .op = OP_GT,
     .flags = FN_TOTAL,
     .kernel = comparison_run},
    {.name = ">=",
     .signature = "(l any, r any) -> boolean",
     .op = OP_GE,
     .flags = FN_TOTAL,
     .kernel = comparison_run},
};

/* ---- binding ---- */

static bool comparison_is_orderable(type t, bool equality) {
    if (t.id == TYPE_MAP || t.id == TYPE_VARIANT || type_is_geo(t)) return false;
    if (t.id == TYPE_INTERVAL) return equality;
    for (uint32_t i = 0; i < t.child_count; i++) {
        if (!comparison_is_orderable(t.children[i].type, equality)) return false;
    }
    return true;
}

/* Legacy mode compares strings with the other side's type. */
static bool comparison_common_legacy(arena *a, type x, type y, type *out) {
    type other = x.id == TYPE_STRING ? y : x;
    bool one_string = (x.id == TYPE_STRING) != (y.id == TYPE_STRING);
    if (one_string &&
        (type_is_numeric(other) || other.id == TYPE_DATE || other.id == TYPE_TIMESTAMP ||
         other.id == TYPE_TIMESTAMP_NTZ || other.id == TYPE_BOOLEAN)) {
        *out = other.id == TYPE_DECIMAL ? type_simple(TYPE_DOUBLE) : other;
        return true;
    }
    bool one_boolean = (x.id == TYPE_BOOLEAN) != (y.id == TYPE_BOOLEAN);
    if (one_boolean && (type_is_numeric(x) || type_is_numeric(y))) {
        *out = type_is_numeric(x) ? x : y;
        return true;
    }
    return type_common(a, x, y, false, out);
}

static comparison_layout comparison_layout_of(type t) {
    static const uint8_t by_phys[PHYS_COUNT] = {
        [PHYS_BOOL] = COMPARE_UINT8,        [PHYS_INT8] = COMPARE_INT8,
        [PHYS_INT16] = COMPARE_INT16,       [PHYS_INT32] = COMPARE_INT32,
        [PHYS_INT64] = COMPARE_INT64,       [PHYS_INT128] = COMPARE_INT128,
        [PHYS_FLOAT] = COMPARE_FLOAT,       [PHYS_DOUBLE] = COMPARE_DOUBLE,
        [PHYS_STRING] = COMPARE_STRING,     [PHYS_INTERVAL] = COMPARE_LAYOUT_COUNT,
        [PHYS_LIST] = COMPARE_LAYOUT_COUNT, [PHYS_STRUCT] = COMPARE_LAYOUT_COUNT,
    };
    if (t.id == TYPE_STRING && t.collation != COLLATION_UTF8_BINARY) return COMPARE_LAYOUT_COUNT;
    return (comparison_layout)by_phys[type_physical(t)];
}

static dbx_status comparison_raise_ordering(fn_bind *b, type t) {
    const char *name = arena_printf(b->arena, "`%s`", b->row->name);
    const char *type_text = type_sql(b->arena, t);
    const char *quoted = arena_printf(b->arena, "\"%s\"", type_text == NULL ? "" : type_text);
    const char *expr = arena_printf(b->arena, "\"%s\"", fn_bind_sql(b));
    return error_raise(b->err, ERR_DATATYPE_MISMATCH__INVALID_ORDERING_TYPE, b->position, "sqlExpr",
                       expr == NULL ? "" : expr, "functionName", name == NULL ? "" : name,
                       "dataType", quoted == NULL ? "" : quoted, NULL);
}

static dbx_status comparison_bind(fn_bind *b) {
    assert(b->arg_count == 2);
    bool ansi = b->query->settings->ansi;
    type common;
    bool found =
        ansi ? type_common(b->arena, b->arg_types[0], b->arg_types[1], true, &common)
             : comparison_common_legacy(b->arena, b->arg_types[0], b->arg_types[1], &common);
    if (!found) return fn_bind_different_types(b);
    function_op op = (function_op)b->row->op;
    bool equality = op == OP_EQ || op == OP_NE || op == OP_EQ_NULL_SAFE;
    if (!comparison_is_orderable(common, equality)) return comparison_raise_ordering(b, common);
    b->arg_types[0] = b->arg_types[1] = common;
    comparison_state *s = ARENA_NEW(b->arena, comparison_state);
    if (s == NULL) return error_nomem(b->err);
    s->swapped = op == OP_GT || op == OP_GE;
    s->op = op == OP_NE                  ? COMPARE_NE
            : op == OP_LT || op == OP_GT ? COMPARE_LT
            : op == OP_LE || op == OP_GE ? COMPARE_LE
                                         : COMPARE_EQ;
    comparison_layout layout = comparison_layout_of(common);
    if (layout != COMPARE_LAYOUT_COUNT) s->loop = comparison_kernel((comparison_op)s->op, layout);
    b->state = s;
    if (op == OP_EQ_NULL_SAFE) return DBX_OK;
    b->kernel = s->loop != NULL ? comparison_run : comparison_run_values;
    if (s->loop != NULL && layout != COMPARE_STRING) {
        for (size_t i = 0; i < ARRAY_COUNT(comparison_total_rows); i++) {
            if (comparison_total_rows[i].op == op) b->row = &comparison_total_rows[i];
        }
    }
    return DBX_OK;
}

#define COMPARISON_ROW_OF(text, alias, operation, about, sample)                                   \
    {                                                                                              \
        .name = text, .aliases = alias, .signature = "(left any, right any) -> boolean",           \
        .op = operation, .flags = FN_NEVER_FAILS | FN_COLLATES | FN_DETERMINATE,                   \
        .bind = comparison_bind, .category = "predicate", .doc = about, .examples = sample         \
    }

const function_row comparison_functions[] = {
    COMPARISON_ROW_OF("=", "==", OP_EQ, "True if both sides are equal.",
                      "2 = 2 => true; 1 = '1' => true; NULL = 1 => NULL"),
    COMPARISON_ROW_OF("!=", "<>", OP_NE, "True if the sides differ.", "1 != 2 => true"),
    COMPARISON_ROW_OF("<", NULL, OP_LT, "True if left is smaller.", "1 < 2 => true"),
    COMPARISON_ROW_OF("<=", NULL, OP_LE, "True if left is smaller or equal.", "2 <= 2 => true"),
    COMPARISON_ROW_OF(">", NULL, OP_GT, "True if left is larger.", "2 > 1 => true"),
    COMPARISON_ROW_OF(">=", NULL, OP_GE, "True if left is larger or equal.", "2 >= 2 => true"),
    {.name = "<=>",
     .signature = "(left any, right any) -> boolean",
     .op = OP_EQ_NULL_SAFE,
     .bind = comparison_bind,
     .flags = NULLS_AWARE | FN_NEVER_NULL | FN_NEVER_FAILS | FN_COLLATES | FN_DETERMINATE,
     .kernel = comparison_run_null_safe,
     .category = "predicate",
     .doc = "Equality for which NULL equals NULL.",
     .examples = "NULL <=> NULL => true; true <=> NULL => false"},
    {.name = "equal_null",
     .signature = "(left any, right any) -> boolean",
     .op = OP_EQ_NULL_SAFE,
     .bind = comparison_bind,
     .flags = NULLS_AWARE | FN_NEVER_NULL | FN_NEVER_FAILS | FN_COLLATES | FN_DETERMINATE,
     .kernel = comparison_run_null_safe,
     .category = "predicate",
     .doc = "Equality for which NULL equals NULL.",
     .examples = "equal_null(3, 3) => true; equal_null(NULL, 1) => false"},
};
const uint32_t comparison_functions_count = ARRAY_COUNT(comparison_functions);
