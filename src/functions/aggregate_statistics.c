/* aggregate_statistics.c - variance, skewness, kurtosis, covariance, correlation, linear
 * regression.
 *
 * States are sums of powers in twice the precision of a double (error-free sums and products after
 * Dekker and Knuth). They merge by addition, so that results depend neither on the order of rows
 * nor on the number of threads, and subtracting the mean's part at the end loses nothing that a
 * double could hold.
 */
#include "functions/aggregate.h"
#include "functions/families.h"

#include <math.h>

/* ---- arithmetic on pairs: value = hi + lo ---- */

typedef struct wide_double {
    double hi, lo;
} wide_double;

static inline wide_double wide_sum(double a, double b) {
    double s = a + b, back = s - a;
    return (wide_double){s, (a - (s - back)) + (b - back)};
}
static inline wide_double wide_add(wide_double a, wide_double b) {
    wide_double s = wide_sum(a.hi, b.hi);
    double lo = s.lo + a.lo + b.lo, hi = s.hi + lo;
    return (wide_double){hi, lo - (hi - s.hi)};
}
static inline wide_double wide_product(double a, double b) {
    const double split = 134217729.0; /* 2^27 + 1 */
    double p = a * b, ta = split * a, tb = split * b;
    double ah = ta - (ta - a), al = a - ah, bh = tb - (tb - b), bl = b - bh;
    return (wide_double){p, ((ah * bh - p) + ah * bl + al * bh) + al * bl};
}
static inline wide_double wide_multiply(wide_double a, wide_double b) {
    wide_double p = wide_product(a.hi, b.hi);
    double lo = p.lo + a.hi * b.lo + a.lo * b.hi, hi = p.hi + lo;
    return (wide_double){hi, lo - (hi - p.hi)};
}
static inline wide_double wide_scale(wide_double a, double b) {
    return wide_multiply(a, (wide_double){b, 0});
}
static inline wide_double wide_negate(wide_double a) {
    return (wide_double){-a.hi, -a.lo};
}
static inline wide_double wide_divide(wide_double a, double b) {
    double q = a.hi / b;
    wide_double rest = wide_add(a, wide_negate(wide_product(q, b)));
    double lo = rest.hi / b, hi = q + lo;
    return (wide_double){hi, lo - (hi - q)};
}
/* What is left of a difference that cancelled down to rounding noise is 0. */
static double wide_clean(wide_double difference, double magnitude) {
    double v = difference.hi + difference.lo;
    return fabs(v) <= fabs(magnitude) * 1e-30 ? 0 : v;
}

/* ---- one variable ---- */

typedef struct power_sums {
    double n;
    double unused;
    wide_double sum[4]; /* of x, x^2, x^3, x^4; the last two only for skewness and kurtosis */
} power_sums;

typedef struct moments {
    double n, m2, m3, m4; /* sums of powers of differences from the mean */
} moments;

enum { POWER_SUMS_SMALL = sizeof(double) * 2 + sizeof(wide_double) * 2 };
static_assert(POWER_SUMS_SMALL % 16 == 0 && sizeof(power_sums) % 16 == 0,
              "states are multiples of 16 bytes");

static inline void power_sums_add(power_sums *s, double x, bool high) {
    wide_double square = wide_product(x, x);
    s->n += 1;
    s->sum[0] = wide_add(s->sum[0], (wide_double){x, 0});
    s->sum[1] = wide_add(s->sum[1], square);
    if (!high) return;
    s->sum[2] = wide_add(s->sum[2], wide_scale(square, x));
    s->sum[3] = wide_add(s->sum[3], wide_multiply(square, square));
}
static inline void power_sums_update(fn_call *call, const vector *args, void *const *states,
                                     bool high) {
    vector_view v = vector_view_of(&args[0]);
    const double *x = v.data;
    for (uint32_t i = 0; i < call->rows; i++)
        power_sums_add(states[i], x[view_index(&v, aggregate_row(call, i))], high);
}
static dbx_status aggregate_variance_update(fn_call *call, const vector *args,
                                            void *const *states) {
    power_sums_update(call, args, states, false);
    return DBX_OK;
}
static dbx_status aggregate_moments_update(fn_call *call, const vector *args, void *const *states) {
    power_sums_update(call, args, states, true);
    return DBX_OK;
}
static inline void power_sums_combine(void *const *from, void *const *to, uint32_t count,
                                      uint32_t powers) {
    for (uint32_t i = 0; i < count; i++) {
        power_sums *s = to[i];
        const power_sums *o = from[i];
        s->n += o->n;
        for (uint32_t k = 0; k < powers; k++) s->sum[k] = wide_add(s->sum[k], o->sum[k]);
    }
}
static dbx_status aggregate_variance_combine(fn_call *call, void *const *from, void *const *to,
                                             uint32_t count) {
    (void)call;
    power_sums_combine(from, to, count, 2);
    return DBX_OK;
}
static dbx_status aggregate_moments_combine(fn_call *call, void *const *from, void *const *to,
                                            uint32_t count) {
    (void)call;
    power_sums_combine(from, to, count, 4);
    return DBX_OK;
}
static moments power_sums_moments(const power_sums *s, bool high) {
    moments m = {.n = s->n};
    if (s->n == 0) return m;
    wide_double mean = wide_divide(s->sum[0], s->n), square = wide_multiply(mean, mean);
    wide_double part = wide_multiply(mean, s->sum[0]);
    m.m2 = wide_clean(wide_add(s->sum[1], wide_negate(part)), s->sum[1].hi);
    if (!high) return m;
    /* m3 = S3 - 3 mean S2 + 2 mean^2 S1;  m4 = S4 - 4 mean S3 + 6 mean^2 S2 - 3 mean^3 S1 */
    wide_double a = wide_scale(wide_multiply(mean, s->sum[1]), -3),
                b = wide_scale(wide_multiply(square, s->sum[0]), 2);
    m.m3 = wide_clean(wide_add(wide_add(s->sum[2], a), b), s->sum[2].hi);
    wide_double c = wide_scale(wide_multiply(mean, s->sum[2]), -4),
                d = wide_scale(wide_multiply(square, s->sum[1]), 6);
    wide_double e = wide_scale(wide_multiply(wide_multiply(square, mean), s->sum[0]), -3);
    m.m4 = wide_clean(wide_add(wide_add(s->sum[3], c), wide_add(d, e)), s->sum[3].hi);
    return m;
}

/* The result in *out, or false for NULL. */
typedef bool (*moments_result)(const moments *s, double *out);

static bool moments_var_pop(const moments *s, double *out) {
    return *out = s->m2 / s->n, s->n > 0;
}
static bool moments_var_samp(const moments *s, double *out) {
    return *out = s->m2 / (s->n - 1), s->n > 1;
}
static bool moments_stddev_pop(const moments *s, double *out) {
    return *out = sqrt(s->m2 / s->n), s->n > 0;
}
static bool moments_stddev_samp(const moments *s, double *out) {
    return *out = sqrt(s->m2 / (s->n - 1)), s->n > 1;
}
static bool moments_skewness(const moments *s, double *out) {
    return *out = sqrt(s->n) * s->m3 / sqrt(s->m2 * s->m2 * s->m2), s->n > 0 && s->m2 != 0;
}
static bool moments_kurtosis(const moments *s, double *out) {
    return *out = s->n * s->m4 / (s->m2 * s->m2) - 3, s->n > 0 && s->m2 != 0;
}

static dbx_status moments_emit(fn_call *call, void *const *states, uint32_t count, vector *out,
                               uint32_t at, bool high, moments_result f) {
    for (uint32_t i = 0; i < count; i++) {
        moments m = power_sums_moments(states[i], high);
        if (!f(&m, &VECTOR_DATA(out, double)[at + i])) TRY(fn_set_null(call, out, at + i));
    }
    return DBX_OK;
}
#define MOMENTS_KERNEL(name, family, size, high)                                                   \
    static dbx_status aggregate_##name##_finalize(fn_call *call, void *const *states,              \
                                                  uint32_t count, vector *out, uint32_t at) {      \
        return moments_emit(call, states, count, out, at, high, moments_##name);                   \
    }                                                                                              \
    static const aggregate_kernel name##_kernel = {                                                \
        .state_size = size,                                                                        \
        .update = aggregate_##family##_update,                                                     \
        .combine = aggregate_##family##_combine,                                                   \
        .finalize = aggregate_##name##_finalize,                                                   \
    };
MOMENTS_KERNEL(var_pop, variance, POWER_SUMS_SMALL, false)
MOMENTS_KERNEL(var_samp, variance, POWER_SUMS_SMALL, false)
MOMENTS_KERNEL(stddev_pop, variance, POWER_SUMS_SMALL, false)
MOMENTS_KERNEL(stddev_samp, variance, POWER_SUMS_SMALL, false)
MOMENTS_KERNEL(skewness, moments, sizeof(power_sums), true)
MOMENTS_KERNEL(kurtosis, moments, sizeof(power_sums), true)

/* ---- two variables: x is the first argument ---- */

typedef struct product_sums {
    double n;
    double unused;
    wide_double x, y, xx, yy, xy;
} product_sums;
static_assert(sizeof(product_sums) % 16 == 0, "states are multiples of 16 bytes");

typedef struct comoments {
    double n, mean_x, mean_y, cross, xx, yy;
} comoments;

static dbx_status aggregate_comoments_update(fn_call *call, const vector *args,
                                             void *const *states) {
    vector_view x = vector_view_of(&args[0]), y = vector_view_of(&args[1]);
    for (uint32_t i = 0; i < call->rows; i++) {
        uint32_t r = aggregate_row(call, i);
        double a = ((const double *)x.data)[view_index(&x, r)],
               b = ((const double *)y.data)[view_index(&y, r)];
        product_sums *s = states[i];
        s->n += 1;
        s->x = wide_add(s->x, (wide_double){a, 0});
        s->y = wide_add(s->y, (wide_double){b, 0});
        s->xx = wide_add(s->xx, wide_product(a, a));
        s->yy = wide_add(s->yy, wide_product(b, b));
        s->xy = wide_add(s->xy, wide_product(a, b));
    }
    return DBX_OK;
}
static dbx_status aggregate_comoments_combine(fn_call *call, void *const *from, void *const *to,
                                              uint32_t count) {
    (void)call;
    for (uint32_t i = 0; i < count; i++) {
        product_sums *s = to[i];
        const product_sums *o = from[i];
        s->n += o->n;
        s->x = wide_add(s->x, o->x);
        s->y = wide_add(s->y, o->y);
        s->xx = wide_add(s->xx, o->xx);
        s->yy = wide_add(s->yy, o->yy);
        s->xy = wide_add(s->xy, o->xy);
    }
    return DBX_OK;
}
static comoments product_sums_moments(const product_sums *s) {
    comoments m = {.n = s->n};
    if (s->n == 0) return m;
    wide_double mean_x = wide_divide(s->x, s->n), mean_y = wide_divide(s->y, s->n);
    m.mean_x = mean_x.hi;
    m.mean_y = mean_y.hi;
    m.xx = wide_clean(wide_add(s->xx, wide_negate(wide_multiply(mean_x, s->x))), s->xx.hi);
    m.yy = wide_clean(wide_add(s->yy, wide_negate(wide_multiply(mean_y, s->y))), s->yy.hi);
    m.cross = wide_clean(wide_add(s->xy, wide_negate(wide_multiply(mean_x, s->y))),
                         sqrt(s->xx.hi) * sqrt(s->yy.hi));
    return m;
}

typedef bool (*comoments_result)(const comoments *s, double *out);

static bool comoments_covar_pop(const comoments *s, double *out) {
    return *out = s->cross / s->n, s->n > 0;
}
static bool comoments_covar_samp(const comoments *s, double *out) {
    return *out = s->cross / (s->n - 1), s->n > 1;
}
static bool comoments_corr(const comoments *s, double *out) {
    return *out = s->cross / sqrt(s->xx * s->yy), s->n > 1;
}
/* regr_*(y, x): the first argument is the dependent variable, so that its moments are xx here. */
static bool comoments_regr_avgx(const comoments *s, double *out) {
    return *out = s->mean_y, s->n > 0;
}
static bool comoments_regr_avgy(const comoments *s, double *out) {
    return *out = s->mean_x, s->n > 0;
}
static bool comoments_regr_sxx(const comoments *s, double *out) {
    return *out = s->yy, s->n > 0;
}
static bool comoments_regr_syy(const comoments *s, double *out) {
    return *out = s->xx, s->n > 0;
}
static bool comoments_regr_sxy(const comoments *s, double *out) {
    return *out = s->cross, s->n > 0;
}
static bool comoments_regr_slope(const comoments *s, double *out) {
    return *out = s->cross / s->yy, s->n > 0 && s->yy != 0;
}
static bool comoments_regr_intercept(const comoments *s, double *out) {
    return *out = s->mean_x - s->cross / s->yy * s->mean_y, s->n > 0 && s->yy != 0;
}
static bool comoments_regr_r2(const comoments *s, double *out) {
    double corr = s->cross / sqrt(s->xx * s->yy);
    return *out = s->xx == 0 ? 1.0 : corr * corr, s->n > 0 && s->yy != 0;
}

static dbx_status comoments_emit(fn_call *call, void *const *states, uint32_t count, vector *out,
                                 uint32_t at, comoments_result f) {
    for (uint32_t i = 0; i < count; i++) {
        comoments m = product_sums_moments(states[i]);
        if (!f(&m, &VECTOR_DATA(out, double)[at + i])) TRY(fn_set_null(call, out, at + i));
    }
    return DBX_OK;
}
#define COMOMENTS_KERNEL(name)                                                                     \
    static dbx_status aggregate_##name##_finalize(fn_call *call, void *const *states,              \
                                                  uint32_t count, vector *out, uint32_t at) {      \
        return comoments_emit(call, states, count, out, at, comoments_##name);                     \
    }                                                                                              \
    static const aggregate_kernel name##_kernel = {                                                \
        .state_size = sizeof(product_sums),                                                        \
        .update = aggregate_comoments_update,                                                      \
        .combine = aggregate_comoments_combine,                                                    \
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
/* regr_count */
static dbx_status aggregate_regr_count_finalize(fn_call *call, void *const *states, uint32_t count,
                                                vector *out, uint32_t at) {
    (void)call;
    for (uint32_t i = 0; i < count; i++)
        VECTOR_DATA(out, int64_t)[at + i] = (int64_t)((const product_sums *)states[i])->n;
    return DBX_OK;
}
static const aggregate_kernel regr_count_kernel = {
    .state_size = sizeof(product_sums),
    .update = aggregate_comoments_update,
    .combine = aggregate_comoments_combine,
    .finalize = aggregate_regr_count_finalize,
};

#define STATISTICS_ROW(text, k, about)                                                             \
    {                                                                                              \
        .name = text, .signature = "(expr double) -> double", .kind = FUNCTION_AGGREGATE,          \
        .aggregate = &k, .category = "aggregate", .doc = about                                     \
    }
#define STATISTICS_ROW2(text, k, about)                                                            \
    {                                                                                              \
        .name = text, .signature = "(y double, x double) -> double", .kind = FUNCTION_AGGREGATE,   \
        .aggregate = &k, .category = "aggregate", .doc = about                                     \
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
    {.name = "regr_count",
     .signature = "(y double, x double) -> bigint",
     .kind = FUNCTION_AGGREGATE,
     .flags = FN_NEVER_NULL,
     .aggregate = &regr_count_kernel,
     .category = "aggregate",
     .doc = "Number of rows where both are given."},
};
const uint32_t aggregate_statistics_functions_count = ARRAY_COUNT(aggregate_statistics_functions);
