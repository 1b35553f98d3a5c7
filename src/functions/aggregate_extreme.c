/* aggregate_extreme.c - min and max of every type; bool_and, bool_or and the bit operations, which
 * fold alike. */
#include "functions/aggregate.h"
#include "functions/families.h"
#include "kernel/reduce.h"
#include "vector/collation.h"
#include "vector/compare.h"

/* ---- fixed-width values ---- */

#define EXTREME_LESS(a, b) ((a) < (b))
#define EXTREME_FLOAT_LESS(a, b) (((a) < (b)) | (((b) != (b)) & ((a) == (a))))

/* A fold over one type: `better(x, held)` says whether x replaces the held value. */
#define EXTREME_KIND(T, name, kind, LESS_ARGS, reduce)                                             \
    static dbx_status aggregate_##kind##_update_##name(fn_call *call, const vector *args,          \
                                                       void *const *states) {                      \
        vector_view v = vector_view_of(&args[0]);                                                  \
        const T *x = v.data;                                                                       \
        for (uint32_t i = 0; i < call->rows; i++) {                                                \
            extreme_##name *s = states[i];                                                         \
            T value = x[view_index(&v, aggregate_row(call, i))];                                   \
            if (!s->has_value || LESS_ARGS) s->value = value;                                      \
            s->has_value = true;                                                                   \
        }                                                                                          \
        return DBX_OK;                                                                             \
    }                                                                                              \
    static dbx_status aggregate_##kind##_single_##name(fn_call *call, const vector *args,          \
                                                       void *state) {                              \
        vector_view v = vector_view_of(&args[0]);                                                  \
        const T *x = v.data;                                                                       \
        extreme_##name *s = state;                                                                 \
        if (call->rows == 0) return DBX_OK;                                                        \
        if (aggregate_is_dense(call, &v)) {                                                        \
            T value = reduce(x, call->rows);                                                       \
            if (!s->has_value || LESS_ARGS) s->value = value;                                      \
            s->has_value = true;                                                                   \
            return DBX_OK;                                                                         \
        }                                                                                          \
        for (uint32_t i = 0; i < call->rows; i++) {                                                \
            T value = x[view_index(&v, aggregate_row(call, i))];                                   \
            if (!s->has_value || LESS_ARGS) s->value = value;                                      \
            s->has_value = true;                                                                   \
        }                                                                                          \
        return DBX_OK;                                                                             \
    }                                                                                              \
    static dbx_status aggregate_##kind##_combine_##name(fn_call *call, void *const *from,          \
                                                        void *const *to, uint32_t count) {         \
        (void)call;                                                                                \
        for (uint32_t i = 0; i < count; i++) {                                                     \
            extreme_##name *s = to[i];                                                             \
            const extreme_##name *o = from[i];                                                     \
            if (!o->has_value) continue;                                                           \
            T value = o->value;                                                                    \
            if (!s->has_value || LESS_ARGS) s->value = value;                                      \
            s->has_value = true;                                                                   \
        }                                                                                          \
        return DBX_OK;                                                                             \
    }

#define EXTREME_TYPE(T, name, LESS)                                                                \
    typedef struct extreme_##name {                                                                \
        _Alignas(16) T value;                                                                      \
        bool has_value;                                                                            \
    } extreme_##name;                                                                              \
    static dbx_status aggregate_extreme_finalize_##name(                                           \
        fn_call *call, void *const *states, uint32_t count, vector *out, uint32_t at) {            \
        for (uint32_t i = 0; i < count; i++) {                                                     \
            const extreme_##name *s = states[i];                                                   \
            if (!s->has_value)                                                                     \
                TRY(fn_set_null(call, out, at + i));                                               \
            else                                                                                   \
                VECTOR_DATA(out, T)[at + i] = s->value;                                            \
        }                                                                                          \
        return DBX_OK;                                                                             \
    }                                                                                              \
    EXTREME_KIND(T, name, min, LESS(value, s->value), reduce_min_##name)                           \
    EXTREME_KIND(T, name, max, LESS(s->value, value), reduce_max_##name)

EXTREME_TYPE(uint8_t, uint8, EXTREME_LESS)
EXTREME_TYPE(int8_t, int8, EXTREME_LESS)
EXTREME_TYPE(int16_t, int16, EXTREME_LESS)
EXTREME_TYPE(int32_t, int32, EXTREME_LESS)
EXTREME_TYPE(int64_t, int64, EXTREME_LESS)
EXTREME_TYPE(int128, int128, EXTREME_LESS)
EXTREME_TYPE(float, float, EXTREME_FLOAT_LESS)
EXTREME_TYPE(double, double, EXTREME_FLOAT_LESS)

#define EXTREME_KERNEL(kind, name)                                                                 \
    {                                                                                              \
        .state_size = sizeof(extreme_##name), .update = aggregate_##kind##_update_##name,          \
        .update_single = aggregate_##kind##_single_##name,                                         \
        .combine = aggregate_##kind##_combine_##name,                                              \
        .finalize = aggregate_extreme_finalize_##name                                              \
    }
#define EXTREME_KERNELS(kind)                                                                      \
    {                                                                                              \
        [PHYS_BOOL] = EXTREME_KERNEL(kind, uint8), [PHYS_INT8] = EXTREME_KERNEL(kind, int8),       \
        [PHYS_INT16] = EXTREME_KERNEL(kind, int16), [PHYS_INT32] = EXTREME_KERNEL(kind, int32),    \
        [PHYS_INT64] = EXTREME_KERNEL(kind, int64), [PHYS_INT128] = EXTREME_KERNEL(kind, int128),  \
        [PHYS_FLOAT] = EXTREME_KERNEL(kind, float), [PHYS_DOUBLE] = EXTREME_KERNEL(kind, double),  \
    }
static const aggregate_kernel extreme_kernels[2][PHYS_COUNT] = {EXTREME_KERNELS(min),
                                                                EXTREME_KERNELS(max)};

/* ---- strings, intervals and nested values: slots ---- */

typedef struct extreme_state {
    int sign; /* 1: max */
} extreme_state;

/* Does the value at v[i] replace what the slot holds? */
static bool extreme_replaces(const fn_call *call, const aggregate_slot *s, const vector_view *v,
                             uint32_t i) {
    if (!s->has_value) return true;
    const extreme_state *b = call->state;
    if (v->base->phys == PHYS_STRING && v->base->type.collation == COLLATION_UTF8_BINARY)
        return b->sign * vstring_compare(&((const vstring *)v->data)[i], &s->u.text) > 0;
    vector storage;
    vector_view held = aggregate_slot_view(s, v->base->type, &storage);
    return b->sign * value_compare(v, i, &held, 0) > 0;
}

static dbx_status aggregate_extreme_update(fn_call *call, const vector *args, void *const *states) {
    vector_view v = vector_view_of(&args[0]);
    for (uint32_t k = 0; k < call->rows; k++) {
        aggregate_slot *s = states[k];
        uint32_t i = view_index(&v, aggregate_row(call, k));
        if (extreme_replaces(call, s, &v, i)) TRY(aggregate_slot_set(call, s, &v, i));
    }
    return DBX_OK;
}
static dbx_status aggregate_extreme_update_single(fn_call *call, const vector *args, void *state) {
    const extreme_state *b = call->state;
    vector_view v = vector_view_of(&args[0]);
    if (call->rows == 0) return DBX_OK;
    uint32_t best = view_index(&v, aggregate_row(call, 0));
    for (uint32_t k = 1; k < call->rows; k++) {
        uint32_t i = view_index(&v, aggregate_row(call, k));
        if (b->sign * value_compare(&v, i, &v, best) > 0) best = i;
    }
    return extreme_replaces(call, state, &v, best) ? aggregate_slot_set(call, state, &v, best)
                                                   : DBX_OK;
}
static dbx_status aggregate_extreme_combine(fn_call *call, void *const *from, void *const *to,
                                            uint32_t count) {
    for (uint32_t k = 0; k < count; k++) {
        const aggregate_slot *o = from[k];
        vector storage;
        if (!o->has_value) continue;
        vector_view v = aggregate_slot_view(o, call->arg_types[0], &storage);
        if (extreme_replaces(call, to[k], &v, 0)) TRY(aggregate_slot_set(call, to[k], &v, 0));
    }
    return DBX_OK;
}
static dbx_status aggregate_extreme_finalize(fn_call *call, void *const *states, uint32_t count,
                                             vector *out, uint32_t at) {
    for (uint32_t i = 0; i < count; i++) TRY(aggregate_slot_get(call, states[i], out, at + i));
    return DBX_OK;
}
static dbx_status aggregate_extreme_write_text(const void *state, buffer *out) {
    return aggregate_slot_write(state, type_simple(TYPE_STRING), out);
}
static dbx_status aggregate_extreme_write_nested(const void *state, buffer *out) {
    const aggregate_slot *s = state;
    return aggregate_slot_write(s, s->has_value ? s->u.nested->type : type_simple(TYPE_VOID), out);
}
static dbx_status aggregate_extreme_read(fn_call *call, const char *bytes, size_t size,
                                         void *state) {
    return aggregate_slot_read(call, call->arg_types[0], &bytes, bytes + size, state);
}
#define EXTREME_SLOT_KERNEL(writer, reader)                                                        \
    {                                                                                              \
        .state_size = (sizeof(aggregate_slot) + 15) / 16 * 16, .update = aggregate_extreme_update, \
        .update_single = aggregate_extreme_update_single, .combine = aggregate_extreme_combine,    \
        .finalize = aggregate_extreme_finalize, .write = writer, .read = reader                    \
    }
static const aggregate_kernel extreme_fixed_slot_kernel = EXTREME_SLOT_KERNEL(NULL, NULL);
static const aggregate_kernel extreme_text_kernel =
    EXTREME_SLOT_KERNEL(aggregate_extreme_write_text, aggregate_extreme_read);
static const aggregate_kernel extreme_nested_kernel =
    EXTREME_SLOT_KERNEL(aggregate_extreme_write_nested, aggregate_extreme_read);

static bool extreme_is_orderable(type t) {
    if (t.id == TYPE_MAP || t.id == TYPE_INTERVAL || t.id == TYPE_VARIANT) return false;
    for (uint32_t i = 0; i < t.child_count; i++) {
        if (!extreme_is_orderable(t.children[i].type)) return false;
    }
    return true;
}

static dbx_status aggregate_bind_extreme(fn_bind *b, int sign) {
    type t = b->arg_types[0];
    extreme_state *s = ARENA_NEW(b->arena, extreme_state);
    if (s == NULL) return error_nomem(b->err);
    s->sign = sign;
    b->state = s;
    b->result = t;
    if (!extreme_is_orderable(t)) {
        const char *name = arena_printf(b->arena, "`%s`", b->row->name);
        const char *text = arena_printf(b->arena, "\"%s\"", type_sql(b->arena, t)),
                   *sql = arena_printf(b->arena, "\"%s\"", fn_bind_sql(b));
        return error_raise(b->err, ERR_DATATYPE_MISMATCH__INVALID_ORDERING_TYPE, b->position,
                           "sqlExpr", sql == NULL ? "" : sql, "functionName",
                           name == NULL ? "" : name, "dataType", text == NULL ? "" : text, NULL);
    }
    physical_type p = type_physical(t);
    const aggregate_kernel *k = &extreme_kernels[sign > 0][p];
    if (k->update == NULL)
        k = p == PHYS_STRING     ? &extreme_text_kernel
            : p == PHYS_INTERVAL ? &extreme_fixed_slot_kernel
                                 : &extreme_nested_kernel;
    b->aggregate = k;
    return DBX_OK;
}
static dbx_status aggregate_bind_min(fn_bind *b) {
    return aggregate_bind_extreme(b, -1);
}
static dbx_status aggregate_bind_max(fn_bind *b) {
    return aggregate_bind_extreme(b, 1);
}

/* ---- bit operations ---- */

typedef struct bit_value {
    int64_t value;
    bool has_value;
} bit_value;

#define BIT_LOAD(v, i)                                                                             \
    ((v).base->phys == PHYS_INT8    ? ((const int8_t *)(v).data)[i]                                \
     : (v).base->phys == PHYS_INT16 ? ((const int16_t *)(v).data)[i]                               \
     : (v).base->phys == PHYS_INT32 ? ((const int32_t *)(v).data)[i]                               \
                                    : ((const int64_t *)(v).data)[i])
#define BIT_KIND(name, OP)                                                                         \
    static dbx_status aggregate_##name##_update(fn_call *call, const vector *args,                 \
                                                void *const *states) {                             \
        vector_view v = vector_view_of(&args[0]);                                                  \
        for (uint32_t k = 0; k < call->rows; k++) {                                                \
            bit_value *s = states[k];                                                              \
            int64_t x = BIT_LOAD(v, view_index(&v, aggregate_row(call, k)));                       \
            s->value = s->has_value ? (s->value OP x) : x;                                         \
            s->has_value = true;                                                                   \
        }                                                                                          \
        return DBX_OK;                                                                             \
    }                                                                                              \
    static dbx_status aggregate_##name##_combine(fn_call *call, void *const *from,                 \
                                                 void *const *to, uint32_t count) {                \
        (void)call;                                                                                \
        for (uint32_t k = 0; k < count; k++) {                                                     \
            bit_value *s = to[k];                                                                  \
            const bit_value *o = from[k];                                                          \
            if (!o->has_value) continue;                                                           \
            s->value = s->has_value ? (s->value OP o->value) : o->value;                           \
            s->has_value = true;                                                                   \
        }                                                                                          \
        return DBX_OK;                                                                             \
    }                                                                                              \
    static const aggregate_kernel name##_kernel = {.state_size = sizeof(bit_value),                \
                                                   .update = aggregate_##name##_update,            \
                                                   .combine = aggregate_##name##_combine,          \
                                                   .finalize = aggregate_bit_finalize};

static dbx_status aggregate_bit_finalize(fn_call *call, void *const *states, uint32_t count,
                                         vector *out, uint32_t at) {
    for (uint32_t k = 0; k < count; k++) {
        const bit_value *s = states[k];
        if (!s->has_value)
            TRY(fn_set_null(call, out, at + k));
        else if (out->phys == PHYS_INT8)
            VECTOR_DATA(out, int8_t)[at + k] = (int8_t)s->value;
        else if (out->phys == PHYS_INT16)
            VECTOR_DATA(out, int16_t)[at + k] = (int16_t)s->value;
        else if (out->phys == PHYS_INT32)
            VECTOR_DATA(out, int32_t)[at + k] = (int32_t)s->value;
        else
            VECTOR_DATA(out, int64_t)[at + k] = s->value;
    }
    return DBX_OK;
}
BIT_KIND(bit_and, &)
BIT_KIND(bit_or, |)
BIT_KIND(bit_xor, ^)

#define EXTREME_BOOL_ROW(text, k, about)                                                           \
    {                                                                                              \
        .name = text, .signature = "(expr boolean) -> boolean", .kind = FUNCTION_AGGREGATE,        \
        .flags = FN_DISTINCT_FREE, .aggregate = &extreme_kernels[k][PHYS_BOOL],                    \
        .category = "aggregate", .doc = about                                                      \
    }
#define EXTREME_BIT_ROW(text, k, extra, about)                                                     \
    {                                                                                              \
        .name = text, .signature = "(expr integral) -> same", .kind = FUNCTION_AGGREGATE,          \
        .flags = extra, .aggregate = &k, .category = "aggregate", .doc = about                     \
    }

const function_row aggregate_extreme_functions[] = {
    {.name = "min",
     .signature = "(expr any) -> bind",
     .kind = FUNCTION_AGGREGATE,
     .op = OP_MIN,
     .flags = FN_DISTINCT_FREE,
     .bind = aggregate_bind_min,
     .category = "aggregate",
     .doc = "Smallest value."},
    {.name = "max",
     .signature = "(expr any) -> bind",
     .kind = FUNCTION_AGGREGATE,
     .op = OP_MAX,
     .flags = FN_DISTINCT_FREE,
     .bind = aggregate_bind_max,
     .category = "aggregate",
     .doc = "Largest value."},
    EXTREME_BOOL_ROW("bool_and", 0, "True if every value is true."),
    EXTREME_BOOL_ROW("every", 0, "True if every value is true."),
    EXTREME_BOOL_ROW("bool_or", 1, "True if a value is true."),
    EXTREME_BOOL_ROW("any", 1, "True if a value is true."),
    EXTREME_BOOL_ROW("some", 1, "True if a value is true."),
    EXTREME_BIT_ROW("bit_and", bit_and_kernel, FN_DISTINCT_FREE, "Bitwise AND of all values."),
    EXTREME_BIT_ROW("bit_or", bit_or_kernel, FN_DISTINCT_FREE, "Bitwise OR of all values."),
    EXTREME_BIT_ROW("bit_xor", bit_xor_kernel, 0, "Bitwise exclusive OR of all values."),
};
const uint32_t aggregate_extreme_functions_count = ARRAY_COUNT(aggregate_extreme_functions);
