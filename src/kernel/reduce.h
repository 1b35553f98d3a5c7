/* reduce.h - one value out of an array: sums, smallest, largest. */
#ifndef DBX_KERNEL_REDUCE_H
#define DBX_KERNEL_REDUCE_H

#include "kernel/int128.h"
#include "kernel/kernel.h"

/* Exact for counts below 2^32. */
int64_t reduce_sum_int8(const int8_t *x, uint32_t count);
int64_t reduce_sum_int16(const int16_t *x, uint32_t count);
int64_t reduce_sum_int32(const int32_t *x, uint32_t count);
int128 reduce_sum_int64(const int64_t *x, uint32_t count);

/* Smallest and largest of count > 0 values. */
void reduce_range_int64(const int64_t *x, uint32_t count, int64_t *low, int64_t *high);
/* sums[g] = sum of the values whose group is g, for group_count groups; groups[i] < group_count. No
 * sum may overflow. */
void reduce_sum_groups_int64(const int64_t *x, const uint8_t *groups, uint32_t count,
                             uint32_t group_count, int64_t *sums);
void reduce_sum_groups_int32(const int32_t *x, const uint8_t *groups, uint32_t count,
                             uint32_t group_count, int64_t *sums);

/* counts[g] = how many are of group g, for group_count groups. */
void reduce_count_groups(const uint8_t *groups, uint32_t count, uint32_t group_count,
                         uint32_t *counts);

/* A sum in twice the precision: sum + error is accurate to about 100 bits, whatever the order of
 * the values. */
typedef struct double_sum {
    double sum;
    double error;
} double_sum;
static inline void double_sum_add(double_sum *s, double x) {
    double t = s->sum + x;
    double back = t - s->sum;
    s->error += (s->sum - (t - back)) + (x - back);
    s->sum = t;
}
static inline void double_sum_merge(double_sum *s, double_sum other) {
    double_sum_add(s, other.sum);
    s->error += other.error;
}
static inline double double_sum_value(double_sum s) {
    double total = s.sum + s.error;
    return s.sum - s.sum == 0 ? total : s.sum; /* infinities and NaN have no error term */
}
double_sum reduce_sum_double(const double *x, uint32_t count);
double_sum reduce_sum_float(const float *x, uint32_t count);

/* Smallest and largest of count > 0 values; NaN is the largest. */
#define REDUCE_EXTREMES(T, name)                                                                   \
    T reduce_min_##name(const T *x, uint32_t count);                                               \
    T reduce_max_##name(const T *x, uint32_t count);
REDUCE_EXTREMES(uint8_t, uint8)
REDUCE_EXTREMES(int8_t, int8)
REDUCE_EXTREMES(int16_t, int16)
REDUCE_EXTREMES(int32_t, int32)
REDUCE_EXTREMES(int64_t, int64)
REDUCE_EXTREMES(int128, int128)
REDUCE_EXTREMES(float, float)
REDUCE_EXTREMES(double, double)
#undef REDUCE_EXTREMES

#endif
