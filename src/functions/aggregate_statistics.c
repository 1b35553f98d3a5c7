/* aggregate_statistics.c - variance, skewness, kurtosis, covariance, correlation, linear regression.
 *
 * Moments are updated row by row and merged by Chan's formulas (Terriberry for the higher ones), the way Spark does
 * it, so that small samples give the same digits.
 */
#include "functions/aggregate.h"
#include "functions/families.h"

#include <math.h>

/* ---- one variable ---- */

typedef struct moments {
    double n, mean, m2, m3, m4;
    double unused;
} moments;

static void moments_add(moments *s, double x) {
    double n = s->n + 1, delta = x - s->mean, delta_n = delta / n;
    double m2 = s->m2 + delta * (delta - delta_n);
    double delta2 = delta * delta, delta_n2 = delta_n * delta_n;
    double m3 = s->m3 - 3 * delta_n * m2 + delta * (delta2 - delta_n2);
    s->m4 = s->m4 - 4 * delta_n * m3 - 6 * delta_n2 * m2 + delta * (delta * delta2 - delta_n * delta_n2);
    s->m3 = m3;
    s->m2 = m2;
    s->mean += delta_n;
    s->n = n;
}

static dbx_status aggregate_moments_update(fn_call *call, const vector *args, void *const *states) {
    vector_view v = vector_view_of(&args[0]);
    const double *x = v.data;
    for (uint32_t i = 0; i < call->rows; i++) moments_add(states[i], x[view_index(&v, aggregate_row(call, i))]);
    return DBX_OK;
}
static dbx_status aggregate_moments_single(fn_call *call, const vector *args, void *state) {
    vector_view v = vector_view_of(&args[0]);
    const double *x = v.data;
    moments s = *(moments *)state;
    for (uint32_t i = 0; i < call->rows; i++) moments_add(&s, x[view_index(&v, aggregate_row(call, i))]);
    *(moments *)state = s;
    return DBX_OK;
}
static dbx_status aggregate_moments_combine(fn_call *call, void *const *from, void *const *to, uint32_t count) {
    (void)call;
    for (uint32_t i = 0; i < count; i++) {
        moments *s = to[i];
        const moments *o = from[i];
        if (o->n == 0) continue;
        if (s->n == 0) {
            *s = *o;
            continue;
        }
        double n1 = s->n, n2 = o->n, n = n1 + n2, delta = o->mean - s->mean, delta_n = delta / n;
        double m2 = s->m2 + o->m2 + delta * delta_n * n1 * n2;
        double m3 = s->m3 + o->m3 + delta_n * delta_n * delta * n1 * n2 * (n1 - n2) + 3 * delta_n * (n1 * o->m2 - n2 * s->m2);
        double m4 = s->m4 + o->m4 + delta_n * delta_n * delta_n * delta * n1 * n2 * (n1 * n1 - n1 * n2 + n2 * n2) +
                    6 * delta_n * delta_n * (n1 * n1 * o->m2 + n2 * n2 * s->m2) + 4 * delta_n * (n1 * o->m3 - n2 * s->m3);
        s->mean += delta_n * n2;
        s->n = n;
        s->m2 = m2;
        s->m3 = m3;
        s->m4 = m4;
    }
    return DBX_OK;
}

/* The result in *out, or false for NULL. */
typedef bool (*moments_result)(const moments *s, double *out);

static bool moments_var_pop(const moments *s, double *out) { return *out = s->m2 / s->n, s->n > 0; }
static bool moments_var_samp(const moments *s, double *out) { return *out = s->m2 / (s->n - 1), s->n > 1; }
static bool moments_stddev_pop(const moments *s, double *out) { return *out = sqrt(s->m2 / s->n), s->n > 0; }
static bool moments_stddev_samp(const moments *s, double *out) { return *out = sqrt(s->m2 / (s->n - 1)), s->n > 1; }
static bool moments_skewness(const moments *s, double *out) {
    return *out = sqrt(s->n) * s->m3 / sqrt(s->m2 * s->m2 * s->m2), s->n > 0 && s->m2 != 0;
}
static bool moments_kurtosis(const moments *s, double *out) {
    return *out = s->n * s->m4 / (s->m2 * s->m2) - 3, s->n > 0 && s->m2 != 0;
}

static dbx_status moments_emit(fn_call *call, void *const *states, uint32_t count, vector *out, uint32_t at, moments_result f) {
    for (uint32_t i = 0; i < count; i++) {
        if (!f(states[i], &VECTOR_DATA(out, double)[at + i])) TRY(fn_set_null(call, out, at + i));
    }
    return DBX_OK;
}
#define MOMENTS_KERNEL(name)                                                                       \
    static dbx_status aggregate_##name##_finalize(fn_call *call, void *const *states, uint32_t count, vector *out, uint32_t at) { \
        return moments_emit(call, states, count, out, at, moments_##name);                         \
    }                                                                                              \
    static const aggregate_kernel name##_kernel = {                                                \
        .state_size = sizeof(moments), .update = aggregate_moments_update, .update_single = aggregate_moments_single, \
        .combine = aggregate_moments_combine, .finalize = aggregate_##name##_finalize,             \
    };
MOMENTS_KERNEL(var_pop)
MOMENTS_KERNEL(var_samp)
MOMENTS_KERNEL(stddev_pop)
MOMENTS_KERNEL(stddev_samp)
MOMENTS_KERNEL(skewness)
MOMENTS_KERNEL(kurtosis)
static_assert(sizeof(moments) % 16 == 0, "states are multiples of 16 bytes");

/* ---- two variables: x is the first argument ---- */

typedef struct comoments {
    double n, mean_x, mean_y, cross, xx, yy;
} comoments;

static void comoments_add(comoments *s, double x, double y) {
    double n = s->n + 1, dx = x - s->mean_x, dy = y - s->mean_y;
    double mean_x = s->mean_x + dx / n, mean_y = s->mean_y + dy / n;
    s->cross += dx * (y - mean_y);
    s->xx += dx * (x - mean_x);
    s->yy += dy * (y - mean_y);
    s->mean_x = mean_x;
    s->mean_y = mean_y;
    s->n = n;
}
static dbx_status aggregate_comoments_update(fn_call *call, const vector *args, void *const *states) {
    vector_view x = vector_view_of(&args[0]), y = vector_view_of(&args[1]);
    for (uint32_t i = 0; i < call->rows; i++) {
        uint32_t r = aggregate_row(call, i);
        comoments_add(states[i], ((const double *)x.data)[view_index(&x, r)], ((const double *)y.data)[view_index(&y, r)]);
    }
    return DBX_OK;
}
static dbx_status aggregate_comoments_combine(fn_call *call, void *const *from, void *const *to, uint32_t count) {
    (void)call;
    for (uint32_t i = 0; i < count; i++) {
        comoments *s = to[i];
        const comoments *o = from[i];
        if (o->n == 0) continue;
        if (s->n == 0) {
            *s = *o;
            continue;
        }
        double n1 = s->n, n2 = o->n, n = n1 + n2, dx = o->mean_x - s->mean_x, dy = o->mean_y - s->mean_y;
        double dx_n = dx / n, dy_n = dy / n;
        s->cross += o->cross + dx * dy_n * n1 * n2;
        s->xx += o->xx + dx * dx_n * n1 * n2;
        s->yy += o->yy + dy * dy_n * n1 * n2;
        s->mean_x += dx_n * n2;
        s->mean_y += dy_n * n2;
        s->n = n;
    }
    return DBX_OK;
}

typedef bool (*comoments_result)(const comoments *s, double *out);

static bool comoments_covar_pop(const comoments *s, double *out) { return *out = s->cross / s->n, s->n > 0; }
static bool comoments_covar_samp(const comoments *s, double *out) { return *out = s->cross / (s->n - 1), s->n > 1; }
static bool comoments_corr(const comoments *s, double *out) { return *out = s->cross / sqrt(s->xx * s->yy), s->n > 1; }
/* regr_*(y, x): the first argument is the dependent variable, so that its moments are xx here. */
static bool comoments_regr_avgx(const comoments *s, double *out) { return *out = s->mean_y, s->n > 0; }
static bool comoments_regr_avgy(const comoments *s, double *out) { return *out = s->mean_x, s->n > 0; }
static bool comoments_regr_sxx(const comoments *s, double *out) { return *out = s->yy, s->n > 0; }
static bool comoments_regr_syy(const comoments *s, double *out) { return *out = s->xx, s->n > 0; }
static bool comoments_regr_sxy(const comoments *s, double *out) { return *out = s->cross, s->n > 0; }
static bool comoments_regr_slope(const comoments *s, double *out) { return *out = s->cross / s->yy, s->n > 0 && s->yy != 0; }
static bool comoments_regr_intercept(const comoments *s, double *out) {
    return *out = s->mean_x - s->cross / s->yy * s->mean_y, s->n > 0 && s->yy != 0;
}
static bool comoments_regr_r2(const comoments *s, double *out) {
    double corr = s->cross / sqrt(s->xx * s->yy);
    return *out = s->xx == 0 ? 1.0 : corr * corr, s->n > 0 && s->yy != 0;
}

static dbx_status comoments_emit(fn_call *call, void *const *states, uint32_t count, vector *out, uint32_t at, comoments_result f) {
    for (uint32_t i = 0; i < count; i++) {
        if (!f(states[i], &VECTOR_DATA(out, double)[at + i])) TRY(fn_set_null(call, out, at + i));
    }
    return DBX_OK;
}
#define COMOMENTS_KERNEL(name)                                                                     \
    static dbx_status aggregate_##name##_finalize(fn_call *call, void *const *states, uint32_t count, vector *out, uint32_t at) { \
        return comoments_emit(call, states, count, out, at, comoments_##name);                     \
    }                                                                                              \
    static const aggregate_kernel name##_kernel = {                                                \
        .state_size = sizeof(comoments), .update = aggregate_comoments_update, .combine = aggregate_comoments_combine, \
        .finalize = aggregate_##name##_finalize,                                                   \
    };
COMOMENTS_KERNEL(covar_pop)
COMOMENTS_KERNEL(covar_samp)
COMOMENTS_KERNEL(corr)
COMOMENTS_KERNEL(regr_avgx)
COMOMENTS_KERNEL(regr_avgy)
COMOMENTS_KERNEL(regr_sxx)
COMOMENTS_KERNEL(regr_syy)
COMOMENTS_KERNEL(regr_sxy)
COMOMENTS_KERNEL(regr_slope)
COMOMENTS_KERNEL(regr_intercept)
COMOMENTS_KERNEL(regr_r2)
static_assert(sizeof(comoments) % 16 == 0, "states are multiples of 16 bytes");

/* regr_count */
static dbx_status aggregate_regr_count_finalize(fn_call *call, void *const *states, uint32_t count, vector *out, uint32_t at) {
    (void)call;
    for (uint32_t i = 0; i < count; i++) VECTOR_DATA(out, int64_t)[at + i] = (int64_t)((const comoments *)states[i])->n;
    return DBX_OK;
}
static const aggregate_kernel regr_count_kernel = {
    .state_size = sizeof(comoments), .update = aggregate_comoments_update, .combine = aggregate_comoments_combine,
    .finalize = aggregate_regr_count_finalize,
};

#define STATISTICS_ROW(text, k, about)                                                             \
    {                                                                                              \
        .name = text, .signature = "(expr double) -> double", .kind = FUNCTION_AGGREGATE, .aggregate = &k, \
        .category = "aggregate", .doc = about                                                      \
    }
#define STATISTICS_ROW2(text, k, about)                                                            \
    {                                                                                              \
        .name = text, .signature = "(y double, x double) -> double", .kind = FUNCTION_AGGREGATE, .aggregate = &k, \
        .category = "aggregate", .doc = about                                                      \
    }
const function_row aggregate_statistics_functions[] = {
    STATISTICS_ROW("stddev", stddev_samp_kernel, "Standard deviation of a sample."),
    STATISTICS_ROW("std", stddev_samp_kernel, "Standard deviation of a sample."),
    STATISTICS_ROW("stddev_samp", stddev_samp_kernel, "Standard deviation of a sample."),
    STATISTICS_ROW("stddev_pop", stddev_pop_kernel, "Standard deviation of a population."),
    STATISTICS_ROW("variance", var_samp_kernel, "Variance of a sample."),
    STATISTICS_ROW("var_samp", var_samp_kernel, "Variance of a sample."),
    STATISTICS_ROW("var_pop", var_pop_kernel, "Variance of a population."),
    STATISTICS_ROW("skewness", skewness_kernel, "Skewness."),
    STATISTICS_ROW("kurtosis", kurtosis_kernel, "Excess kurtosis."),
    STATISTICS_ROW2("covar_pop", covar_pop_kernel, "Covariance of a population."),
    STATISTICS_ROW2("covar_samp", covar_samp_kernel, "Covariance of a sample."),
    STATISTICS_ROW2("corr", corr_kernel, "Pearson's correlation."),
    STATISTICS_ROW2("regr_avgx", regr_avgx_kernel, "Mean of x where both are given."),
    STATISTICS_ROW2("regr_avgy", regr_avgy_kernel, "Mean of y where both are given."),
    STATISTICS_ROW2("regr_sxx", regr_sxx_kernel, "Sum of squares of x about its mean."),
    STATISTICS_ROW2("regr_syy", regr_syy_kernel, "Sum of squares of y about its mean."),
    STATISTICS_ROW2("regr_sxy", regr_sxy_kernel, "Sum of products about the means."),
    STATISTICS_ROW2("regr_slope", regr_slope_kernel, "Slope of the regression line."),
    STATISTICS_ROW2("regr_intercept", regr_intercept_kernel, "Intercept of the regression line."),
    STATISTICS_ROW2("regr_r2", regr_r2_kernel, "Coefficient of determination."),
    {.name = "regr_count", .signature = "(y double, x double) -> bigint", .kind = FUNCTION_AGGREGATE, .flags = FN_NEVER_NULL,
     .aggregate = &regr_count_kernel, .category = "aggregate", .doc = "Number of rows where both are given."},
};
const uint32_t aggregate_statistics_functions_count = ARRAY_COUNT(aggregate_statistics_functions);
