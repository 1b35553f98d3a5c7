/* aggregate_sum.c - count, sum, avg and their try_ forms.
 *
 * Integers up to INT are summed in 64 bits, BIGINT and DECIMAL in 128, so that only the result can
 * overflow, whatever the order of rows; floats in twice their precision, for the same reason. AVG
 * divides such a sum.
 */
#include "functions/aggregate.h"
#include "functions/cast.h"
#include "functions/families.h"
#include "kernel/calendar.h"
#include "kernel/reduce.h"

typedef struct sum_state {
    bool average;
    uint8_t mode; /* failure_mode */
    bool decimal;
    int128 limit;  /* DECIMAL results stay below */
    int128 factor; /* AVG of DECIMAL: 10^(result scale - scale) */
} sum_state;

/* ---- count ---- */

typedef struct count_value {
    int64_t count;
    int64_t unused;
} count_value;

static dbx_status aggregate_count_update(fn_call *call, const vector *args, void *const *states) {
    (void)args;
    for (uint32_t i = 0; i < call->rows; i++) ((count_value *)states[i])->count++;
    return DBX_OK;
}
static dbx_status aggregate_count_update_single(fn_call *call, const vector *args, void *state) {
    (void)args;
    ((count_value *)state)->count += call->rows;
    return DBX_OK;
}
static dbx_status aggregate_count_combine(fn_call *call, void *const *from, void *const *to,
                                          uint32_t count) {
    (void)call;
    for (uint32_t i = 0; i < count; i++)
        ((count_value *)to[i])->count += ((const count_value *)from[i])->count;
    return DBX_OK;
}
static dbx_status aggregate_count_finalize(fn_call *call, void *const *states, uint32_t count,
                                           vector *out, uint32_t at) {
    (void)call;
    for (uint32_t i = 0; i < count; i++)
        VECTOR_DATA(out, int64_t)[at + i] = ((const count_value *)states[i])->count;
    return DBX_OK;
}
static dbx_status aggregate_count_update_few(fn_call *call, const vector *args,
                                             const uint8_t *groups, const uint32_t *counts,
                                             uint32_t group_count, void *const *states,
                                             bool *done) {
    (void)call, (void)args, (void)groups;
    for (uint32_t g = 0; g < group_count; g++) ((count_value *)states[g])->count += counts[g];
    *done = true;
    return DBX_OK;
}
static dbx_status aggregate_count_update_runs(fn_call *call, const vector *args,
                                              const uint32_t *ends, uint32_t runs,
                                              void *const *states) {
    (void)call, (void)args;
    for (uint32_t r = 0, start = 0; r < runs; start = ends[r++])
        ((count_value *)states[r])->count += ends[r] - start;
    return DBX_OK;
}
static const aggregate_kernel aggregate_count_kernel = {
    .state_size = sizeof(count_value),
    .takes_narrow = true,
    .shares_states = true,
    .update_few = aggregate_count_update_few,
    .update_runs = aggregate_count_update_runs,
    .update = aggregate_count_update,
    .update_single = aggregate_count_update_single,
    .combine = aggregate_count_combine,
    .finalize = aggregate_count_finalize,
};

/* count_if: rows whose argument is true */
static dbx_status aggregate_count_if_update(fn_call *call, const vector *args,
                                            void *const *states) {
    vector_view v = vector_view_of(&args[0]);
    const uint8_t *x = v.data;
    for (uint32_t i = 0; i < call->rows; i++)
        ((count_value *)states[i])->count += x[view_index(&v, aggregate_row(call, i))] != 0;
    return DBX_OK;
}
static dbx_status aggregate_count_if_update_single(fn_call *call, const vector *args, void *state) {
    vector_view v = vector_view_of(&args[0]);
    const uint8_t *x = v.data;
    int64_t count = 0;
    for (uint32_t i = 0; i < call->rows; i++)
        count += x[view_index(&v, aggregate_row(call, i))] != 0;
    ((count_value *)state)->count += count;
    return DBX_OK;
}
static const aggregate_kernel aggregate_count_if_kernel = {
    .state_size = sizeof(count_value),
    .update = aggregate_count_if_update,
    .update_single = aggregate_count_if_update_single,
    .combine = aggregate_count_combine,
    .finalize = aggregate_count_finalize,
};

/* ---- sums ---- */

typedef struct sum_narrow { /* TINYINT, SMALLINT, INT, INTERVAL YEAR TO MONTH */
    int64_t sum;
    int64_t count;
} sum_narrow;
typedef struct sum_wide { /* BIGINT, DECIMAL, INTERVAL DAY TO SECOND */
    int128 sum;
    int64_t count;
    bool overflow;
} sum_wide;
typedef struct sum_real {
    double_sum sum;
    int64_t count;
    int64_t unused;
} sum_real;

static dbx_status aggregate_sum_raise(fn_call *call) {
    const sum_state *s = call->state;
    if (type_is_interval(call->result_type))
        return error_raise(call->err, ERR_INTERVAL_ARITHMETIC_OVERFLOW__WITHOUT_SUGGESTION,
                           call->position, NULL);
    return error_raise(call->err, ERR_ARITHMETIC_OVERFLOW, call->position, "message",
                       s->decimal ? "Overflow in sum of decimals" : "long overflow", "alternative",
                       s->decimal ? " Use 'try_sum' to tolerate overflow and return NULL instead."
                                  : " Use 'try_add' to tolerate overflow and return NULL instead.",
                       "config", FN_ANSI_CONFIG, NULL);
}

/* Rows into 64-bit sums. 2^32 rows of INT a state cannot overflow within one chunk, so only the
 * total is checked. */
#define SUM_NARROW(T, name)                                                                        \
    static dbx_status aggregate_sum_update_##name(fn_call *call, const vector *args,               \
                                                  void *const *states) {                           \
        vector_view v = vector_view_of(&args[0]);                                                  \
        const T *x = v.data;                                                                       \
        bool bad = false;                                                                          \
        for (uint32_t i = 0; i < call->rows; i++) {                                                \
            sum_narrow *s = states[i];                                                             \
            bad |= __builtin_add_overflow(                                                         \
                s->sum, (int64_t)x[view_index(&v, aggregate_row(call, i))], &s->sum);              \
            s->count++;                                                                            \
        }                                                                                          \
        return bad ? aggregate_sum_raise(call) : DBX_OK;                                           \
    }                                                                                              \
    static dbx_status aggregate_sum_single_##name(fn_call *call, const vector *args,               \
                                                  void *state) {                                   \
        vector_view v = vector_view_of(&args[0]);                                                  \
        const T *x = v.data;                                                                       \
        sum_narrow *s = state;                                                                     \
        int64_t sum = 0;                                                                           \
        if (aggregate_is_dense(call, &v))                                                          \
            sum = reduce_sum_##name(x, call->rows);                                                \
        else                                                                                       \
            for (uint32_t i = 0; i < call->rows; i++)                                              \
                sum += x[view_index(&v, aggregate_row(call, i))];                                  \
        s->count += call->rows;                                                                    \
        return __builtin_add_overflow(s->sum, sum, &s->sum) ? aggregate_sum_raise(call) : DBX_OK;  \
    }
SUM_NARROW(int8_t, int8)
SUM_NARROW(int16_t, int16)
SUM_NARROW(int32_t, int32)

static dbx_status aggregate_sum_update_int64(fn_call *call, const vector *args,
                                             void *const *states) {
    vector_view v = vector_view_of(&args[0]);
    const int64_t *x = v.data;
    for (uint32_t i = 0; i < call->rows; i++) {
        sum_wide *s = states[i];
        s->sum += x[view_index(&v, aggregate_row(call, i))]; /* 2^64 rows away from overflow */
        s->count++;
    }
    return DBX_OK;
}
static dbx_status aggregate_sum_single_int64(fn_call *call, const vector *args, void *state) {
    vector_view v = vector_view_of(&args[0]);
    const int64_t *x = v.data;
    sum_wide *s = state;
    if (aggregate_is_dense(call, &v))
        s->sum += reduce_sum_int64(x, call->rows);
    else
        for (uint32_t i = 0; i < call->rows; i++)
            s->sum += x[view_index(&v, aggregate_row(call, i))];
    s->count += call->rows;
    return DBX_OK;
}
static dbx_status aggregate_sum_update_int128(fn_call *call, const vector *args,
                                              void *const *states) {
    if (args[0].phys == PHYS_INT64) return aggregate_sum_update_int64(call, args, states);
    vector_view v = vector_view_of(&args[0]);
    const int128 *x = v.data;
    for (uint32_t i = 0; i < call->rows; i++) {
        sum_wide *s = states[i];
        s->overflow |=
            __builtin_add_overflow(s->sum, x[view_index(&v, aggregate_row(call, i))], &s->sum);
        s->count++;
    }
    return DBX_OK;
}
static dbx_status aggregate_sum_single_int128(fn_call *call, const vector *args, void *state) {
    if (args[0].phys == PHYS_INT64) return aggregate_sum_single_int64(call, args, state);
    vector_view v = vector_view_of(&args[0]);
    const int128 *x = v.data;
    sum_wide *s = state;
    bool overflow = s->overflow;
    int128 sum = s->sum;
    for (uint32_t i = 0; i < call->rows; i++)
        overflow |= __builtin_add_overflow(sum, x[view_index(&v, aggregate_row(call, i))], &sum);
    s->sum = sum;
    s->overflow = overflow;
    s->count += call->rows;
    return DBX_OK;
}

/* Runs of rows: each is summed by itself and added once. A run's 64-bit values cannot overflow 128
 * bits. */
#define SUM_RUNS(name, T, family, total)                                                           \
    static dbx_status aggregate_sum_runs_##name(fn_call *call, const vector *args,                 \
                                                const uint32_t *ends, uint32_t runs,               \
                                                void *const *states) {                             \
        vector_view v = vector_view_of(&args[0]);                                                  \
        const T *x = v.data;                                                                       \
        bool bad = false;                                                                          \
        for (uint32_t r = 0, start = 0; r < runs; start = ends[r++]) {                             \
            family *s = states[r];                                                                 \
            total sum = 0;                                                                         \
            if (v.sel == NULL && v.mask != 0)                                                      \
                for (uint32_t i = start; i < ends[r]; i++) sum += x[i];                            \
            else                                                                                   \
                for (uint32_t i = start; i < ends[r]; i++) sum += x[view_index(&v, i)];            \
            bad |= __builtin_add_overflow(s->sum, sum, &s->sum);                                   \
            s->count += ends[r] - start;                                                           \
        }                                                                                          \
        return bad ? aggregate_sum_raise(call) : DBX_OK;                                           \
    }
SUM_RUNS(int32, int32_t, sum_narrow, int64_t)
SUM_RUNS(int64, int64_t, sum_wide, int128)

/* Few groups at once: a chunk's values of less than 52 bits cannot overflow 64-bit sums. */
static dbx_status aggregate_sum_few_wide(fn_call *call, const vector *args, const uint8_t *groups,
                                         const uint32_t *counts, uint32_t group_count,
                                         void *const *states, bool *done) {
    static_assert(CHUNK_ROWS_MAX <= 1 << 11, "52 + 11 bits");
    const int64_t bound = (int64_t)1 << 51;
    vector_view v = vector_view_of(&args[0]);
    int64_t sums[UINT8_MAX + 1], low, high;
    *done = false;
    if (args[0].phys != PHYS_INT64 || !aggregate_is_dense(call, &v)) return DBX_OK;
    reduce_range_int64(v.data, call->rows, &low, &high);
    if (low < -bound || high > bound) return DBX_OK;
    reduce_sum_groups_int64(v.data, groups, call->rows, group_count, sums);
    for (uint32_t g = 0; g < group_count; g++) {
        sum_wide *s = states[g];
        s->overflow |= __builtin_add_overflow(s->sum, sums[g], &s->sum);
        s->count += counts[g];
    }
    *done = true;
    return DBX_OK;
}
static dbx_status aggregate_sum_few_int32(fn_call *call, const vector *args, const uint8_t *groups,
                                          const uint32_t *counts, uint32_t group_count,
                                          void *const *states, bool *done) {
    vector_view v = vector_view_of(&args[0]);
    int64_t sums[UINT8_MAX + 1];
    bool bad = false;
    *done = aggregate_is_dense(call, &v);
    if (!*done) return DBX_OK;
    reduce_sum_groups_int32(v.data, groups, call->rows, group_count, sums);
    for (uint32_t g = 0; g < group_count; g++) {
        sum_narrow *s = states[g];
        bad |= __builtin_add_overflow(s->sum, sums[g], &s->sum);
        s->count += counts[g];
    }
    return bad ? aggregate_sum_raise(call) : DBX_OK;
}

#define SUM_REAL(T, name)                                                                          \
    static dbx_status aggregate_sum_update_##name(fn_call *call, const vector *args,               \
                                                  void *const *states) {                           \
        vector_view v = vector_view_of(&args[0]);                                                  \
        const T *x = v.data;                                                                       \
        for (uint32_t i = 0; i < call->rows; i++) {                                                \
            sum_real *s = states[i];                                                               \
            double_sum_add(&s->sum, (double)x[view_index(&v, aggregate_row(call, i))]);            \
            s->count++;                                                                            \
        }                                                                                          \
        return DBX_OK;                                                                             \
    }                                                                                              \
    static dbx_status aggregate_sum_single_##name(fn_call *call, const vector *args,               \
                                                  void *state) {                                   \
        vector_view v = vector_view_of(&args[0]);                                                  \
        const T *x = v.data;                                                                       \
        sum_real *s = state;                                                                       \
        if (aggregate_is_dense(call, &v))                                                          \
            double_sum_merge(&s->sum, reduce_sum_##name(x, call->rows));                           \
        else                                                                                       \
            for (uint32_t i = 0; i < call->rows; i++)                                              \
                double_sum_add(&s->sum, (double)x[view_index(&v, aggregate_row(call, i))]);        \
        s->count += call->rows;                                                                    \
        return DBX_OK;                                                                             \
    }
SUM_REAL(float, float)
SUM_REAL(double, double)

/* ---- combine ---- */

static dbx_status aggregate_sum_combine_narrow(fn_call *call, void *const *from, void *const *to,
                                               uint32_t count) {
    bool bad = false;
    for (uint32_t i = 0; i < count; i++) {
        sum_narrow *s = to[i];
        const sum_narrow *o = from[i];
        bad |= __builtin_add_overflow(s->sum, o->sum, &s->sum);
        s->count += o->count;
    }
    return bad ? aggregate_sum_raise(call) : DBX_OK;
}
static dbx_status aggregate_sum_combine_wide(fn_call *call, void *const *from, void *const *to,
                                             uint32_t count) {
    (void)call;
    for (uint32_t i = 0; i < count; i++) {
        sum_wide *s = to[i];
        const sum_wide *o = from[i];
        s->overflow |= o->overflow | __builtin_add_overflow(s->sum, o->sum, &s->sum);
        s->count += o->count;
    }
    return DBX_OK;
}
static dbx_status aggregate_sum_combine_real(fn_call *call, void *const *from, void *const *to,
                                             uint32_t count) {
    (void)call;
    for (uint32_t i = 0; i < count; i++) {
        sum_real *s = to[i];
        const sum_real *o = from[i];
        double_sum_merge(&s->sum, o->sum);
        s->count += o->count;
    }
    return DBX_OK;
}

/* ---- results ---- */

/* Stores an exact sum (or its mean) of `count` values into row r. */
static dbx_status aggregate_sum_store(fn_call *call, int128 sum, int64_t count, bool overflow,
                                      vector *out, uint32_t r) {
    const sum_state *s = call->state;
    if (count == 0) return fn_set_null(call, out, r);
    bool fits = !overflow;
    if (s->average && type_is_interval(out->type))
        fits = out->phys == PHYS_INT32 ? sum == (int32_t)sum : sum == (int64_t)sum;
    if (fits && s->average && out->phys == PHYS_DOUBLE) {
        VECTOR_DATA(out, double)[r] = (double)sum / (double)count;
        return DBX_OK;
    }
    if (fits && s->average)
        fits = int128_multiply_divide(sum, s->decimal ? s->factor : 1, count, &sum);
    switch ((physical_type)out->phys) {
    case PHYS_INT32:
        VECTOR_DATA(out, int32_t)[r] = (int32_t)sum;
        fits = fits && sum == (int32_t)sum;
        break;
    case PHYS_INT64:
        VECTOR_DATA(out, int64_t)[r] = (int64_t)sum;
        fits = fits && sum == (int64_t)sum;
        break;
    default:
        VECTOR_DATA(out, int128)[r] = sum;
        break;
    }
    if (s->decimal) fits = fits && sum < s->limit && sum > -s->limit;
    if (LIKELY(fits) || (s->mode == FAILURE_KEEP && !s->decimal)) return DBX_OK;
    return s->mode == FAILURE_RAISE ? aggregate_sum_raise(call) : fn_set_null(call, out, r);
}
static dbx_status aggregate_sum_finalize_narrow(fn_call *call, void *const *states, uint32_t count,
                                                vector *out, uint32_t at) {
    for (uint32_t i = 0; i < count; i++) {
        const sum_narrow *s = states[i];
        TRY(aggregate_sum_store(call, s->sum, s->count, false, out, at + i));
    }
    return DBX_OK;
}
static dbx_status aggregate_sum_finalize_wide(fn_call *call, void *const *states, uint32_t count,
                                              vector *out, uint32_t at) {
    for (uint32_t i = 0; i < count; i++) {
        const sum_wide *s = states[i];
        TRY(aggregate_sum_store(call, s->sum, s->count, s->overflow, out, at + i));
    }
    return DBX_OK;
}
static dbx_status aggregate_sum_finalize_real(fn_call *call, void *const *states, uint32_t count,
                                              vector *out, uint32_t at) {
    const sum_state *b = call->state;
    for (uint32_t i = 0; i < count; i++) {
        const sum_real *s = states[i];
        if (s->count == 0)
            TRY(fn_set_null(call, out, at + i));
        else
            VECTOR_DATA(out, double)
        [at + i] = double_sum_value(s->sum) / (b->average ? (double)s->count : 1.0);
    }
    return DBX_OK;
}

#define SUM_KERNEL(state, name, family, few, runs, narrow)                                         \
    {                                                                                              \
        .state_size = sizeof(state), .takes_narrow = narrow, .shares_states = true,                \
        .update = aggregate_sum_update_##name, .update_single = aggregate_sum_single_##name,       \
        .update_few = few, .update_runs = runs, .combine = aggregate_sum_combine_##family,         \
        .finalize = aggregate_sum_finalize_##family                                                \
    }
static const aggregate_kernel aggregate_sum_kernels[PHYS_COUNT] = {
    [PHYS_INT8] = SUM_KERNEL(sum_narrow, int8, narrow, NULL, NULL, false),
    [PHYS_INT16] = SUM_KERNEL(sum_narrow, int16, narrow, NULL, NULL, false),
    [PHYS_INT32] = SUM_KERNEL(sum_narrow, int32, narrow, aggregate_sum_few_int32,
                              aggregate_sum_runs_int32, false),
    [PHYS_INT64] =
        SUM_KERNEL(sum_wide, int64, wide, aggregate_sum_few_wide, aggregate_sum_runs_int64, false),
    [PHYS_INT128] = SUM_KERNEL(sum_wide, int128, wide, aggregate_sum_few_wide, NULL, true),
    [PHYS_FLOAT] = SUM_KERNEL(sum_real, float, real, NULL, NULL, false),
    [PHYS_DOUBLE] = SUM_KERNEL(sum_real, double, real, NULL, NULL, false),
};

/* ---- binding ---- */

static type aggregate_sum_result(type t, bool average) {
    if (t.id == TYPE_INTERVAL_YM)
        return average ? type_interval_ym(INTERVAL_YEAR, INTERVAL_MONTH) : t;
    if (t.id == TYPE_INTERVAL_DT)
        return average ? type_interval_dt(INTERVAL_DAY, INTERVAL_SECOND) : t;
    if (t.id == TYPE_DECIMAL) {
        uint32_t precision =
            MIN(t.precision + (average ? 4u : 10u), (uint32_t)DECIMAL_PRECISION_MAX);
        return type_decimal(precision,
                            average ? MIN(t.scale + 4u, (uint32_t)DECIMAL_PRECISION_MAX) : t.scale);
    }
    return type_simple(average || type_is_float(t) ? TYPE_DOUBLE : TYPE_BIGINT);
}

static dbx_status aggregate_bind_sum(fn_bind *b, bool average, bool is_try) {
    type *t = &b->arg_types[0];
    if (t->id == TYPE_STRING || t->id == TYPE_VOID) *t = type_simple(TYPE_DOUBLE);
    if (!type_is_numeric(*t) && t->id != TYPE_INTERVAL_YM && t->id != TYPE_INTERVAL_DT)
        return fn_bind_unexpected_type(b, 0, "(\"NUMERIC\" or \"ANSI INTERVAL\")");
    sum_state *s = ARENA_NEW(b->arena, sum_state);
    if (s == NULL) return error_nomem(b->err);
    b->result = aggregate_sum_result(*t, average);
    s->average = average;
    s->decimal = t->id == TYPE_DECIMAL;
    s->mode = (uint8_t)(is_try                     ? FAILURE_NULL
                        : b->query->settings->ansi ? FAILURE_RAISE
                        : s->decimal               ? FAILURE_NULL
                                                   : FAILURE_KEEP);
    if (type_is_interval(*t) && !is_try) s->mode = FAILURE_RAISE;
    if (s->decimal) {
        s->limit = int128_power10[b->result.precision];
        s->factor = int128_power10[b->result.scale - t->scale];
    }
    b->state = s;
    b->aggregate = &aggregate_sum_kernels[type_physical(*t)];
    assert(b->aggregate->update != NULL);
    return DBX_OK;
}
static dbx_status aggregate_bind_plain_sum(fn_bind *b) {
    return aggregate_bind_sum(b, false, false);
}
static dbx_status aggregate_bind_avg(fn_bind *b) {
    return aggregate_bind_sum(b, true, false);
}
static dbx_status aggregate_bind_try_sum(fn_bind *b) {
    return aggregate_bind_sum(b, false, true);
}
static dbx_status aggregate_bind_try_avg(fn_bind *b) {
    return aggregate_bind_sum(b, true, true);
}

const function_row aggregate_sum_functions[] = {
    {.name = "count",
     .signature = "() -> bigint",
     .kind = FUNCTION_AGGREGATE,
     .op = OP_COUNT_STAR,
     .flags = FN_NEVER_NULL,
     .aggregate = &aggregate_count_kernel,
     .category = "aggregate",
     .doc = "Number of rows: count(*)."},
    {.name = "count",
     .signature = "(expr any...) -> bigint",
     .kind = FUNCTION_AGGREGATE,
     .op = OP_COUNT,
     .flags = FN_NEVER_NULL,
     .aggregate = &aggregate_count_kernel,
     .category = "aggregate",
     .doc = "Number of rows where no argument is NULL."},
    {.name = "count_if",
     .signature = "(expr boolean) -> bigint",
     .kind = FUNCTION_AGGREGATE,
     .flags = FN_NEVER_NULL,
     .aggregate = &aggregate_count_if_kernel,
     .category = "aggregate",
     .doc = "Number of rows where expr is true."},
    {.name = "sum",
     .signature = "(expr any) -> bind",
     .kind = FUNCTION_AGGREGATE,
     .op = OP_SUM,
     .bind = aggregate_bind_plain_sum,
     .category = "aggregate",
     .doc = "Sum of the values."},
    {.name = "avg",
     .signature = "(expr any) -> bind",
     .kind = FUNCTION_AGGREGATE,
     .op = OP_AVG,
     .bind = aggregate_bind_avg,
     .category = "aggregate",
     .doc = "Mean of the values."},
    {.name = "mean",
     .signature = "(expr any) -> bind",
     .kind = FUNCTION_AGGREGATE,
     .op = OP_AVG,
     .bind = aggregate_bind_avg,
     .category = "aggregate",
     .doc = "Mean of the values."},
    {.name = "try_sum",
     .signature = "(expr any) -> bind",
     .kind = FUNCTION_AGGREGATE,
     .bind = aggregate_bind_try_sum,
     .category = "aggregate",
     .doc = "Sum of the values, NULL on overflow."},
    {.name = "try_avg",
     .signature = "(expr any) -> bind",
     .kind = FUNCTION_AGGREGATE,
     .bind = aggregate_bind_try_avg,
     .category = "aggregate",
     .doc = "Mean of the values, NULL on overflow."},
};
const uint32_t aggregate_sum_functions_count = ARRAY_COUNT(aggregate_sum_functions);
