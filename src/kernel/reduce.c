/* reduce.c - reductions that the compiler vectorizes without leave to reorder floats.
 *
 * 64-bit integers are summed as two halves; doubles keep eight compensated sums side by side; float
 * extremes are found over integers of the same order.
 */
#include "kernel/reduce.h"

enum { REDUCE_LANES = 8 };

KERNEL_CLONES int64_t reduce_sum_int8(const int8_t *x, uint32_t count) {
    int64_t sum = 0;
    for (uint32_t i = 0; i < count; i++) sum += x[i];
    return sum;
}
KERNEL_CLONES int64_t reduce_sum_int16(const int16_t *x, uint32_t count) {
    int64_t sum = 0;
    for (uint32_t i = 0; i < count; i++) sum += x[i];
    return sum;
}
KERNEL_CLONES int64_t reduce_sum_int32(const int32_t *x, uint32_t count) {
    int64_t sum = 0;
    for (uint32_t i = 0; i < count; i++) sum += x[i];
    return sum;
}
KERNEL_CLONES int128 reduce_sum_int64(const int64_t *x, uint32_t count) {
    uint64_t low = 0;
    int64_t high = 0;
    for (uint32_t i = 0; i < count; i++) {
        low += (uint64_t)x[i] & 0xFFFFFFFFu;
        high += x[i] >> 32;
    }
    return (int128)high * ((int128)1 << 32) + low;
}

KERNEL_CLONES void reduce_range_int64(const int64_t *x, uint32_t count, int64_t *low,
                                      int64_t *high) {
    int64_t least = x[0], most = x[0];
    for (uint32_t i = 1; i < count; i++) {
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
    }
    *low = least;
    *high = most;
}

/* One pass a group: the group's rows count as they are, all others as 0. */
#define REDUCE_GROUPS(name, ctype)                                                                 \
    KERNEL_CLONES void name(const ctype *x, const uint8_t *groups, uint32_t count,                 \
                            uint32_t group_count, int64_t *sums) {                                 \
        for (uint32_t g = 0; g < group_count; g++) {                                               \
            int64_t sum = 0;                                                                       \
            for (uint32_t i = 0; i < count; i++) sum += groups[i] == (uint8_t)g ? x[i] : 0;        \
            sums[g] = sum;                                                                         \
        }                                                                                          \
    }
REDUCE_GROUPS(reduce_sum_groups_int64, int64_t)
REDUCE_GROUPS(reduce_sum_groups_int32, int32_t)

KERNEL_CLONES void reduce_count_groups(const uint8_t *groups, uint32_t count, uint32_t group_count,
                                       uint32_t *counts) {
    for (uint32_t g = 0; g < group_count; g++) {
        uint32_t total = 0;
        for (uint32_t i = 0; i < count;) {
            uint8_t part = 0;
            for (uint32_t end = MIN(count, i + 128); i < end; i++)
                part = (uint8_t)(part + (groups[i] == (uint8_t)g));
            total += part;
        }
        counts[g] = total;
    }
}

#define REDUCE_SUM_BODY(x, count)                                                                  \
    double sum[REDUCE_LANES] = {0}, error[REDUCE_LANES] = {0};                                     \
    uint32_t whole = (count) / REDUCE_LANES * REDUCE_LANES;                                        \
    for (uint32_t i = 0; i < whole; i += REDUCE_LANES) {                                           \
        for (uint32_t k = 0; k < REDUCE_LANES; k++) {                                              \
            double v = (double)(x)[i + k], t = sum[k] + v, back = t - sum[k];                      \
            error[k] += (sum[k] - (t - back)) + (v - back);                                        \
            sum[k] = t;                                                                            \
        }                                                                                          \
    }                                                                                              \
    double_sum total = {0, 0};                                                                     \
    for (uint32_t k = 0; k < REDUCE_LANES; k++)                                                    \
        double_sum_merge(&total, (double_sum){sum[k], error[k]});                                  \
    for (uint32_t i = whole; i < (count); i++) double_sum_add(&total, (double)(x)[i]);             \
    return total;

KERNEL_CLONES double_sum reduce_sum_double(const double *x, uint32_t count){
    REDUCE_SUM_BODY(x, count)} KERNEL_CLONES double_sum
    reduce_sum_float(const float *x, uint32_t count){REDUCE_SUM_BODY(x, count)}

#define REDUCE_INTEGERS(T, name, ATTRIBUTE)                                                        \
    ATTRIBUTE T reduce_min_##name(const T *x, uint32_t count) {                                    \
        T m = x[0];                                                                                \
        for (uint32_t i = 1; i < count; i++) m = x[i] < m ? x[i] : m;                              \
        return m;                                                                                  \
    }                                                                                              \
    ATTRIBUTE T reduce_max_##name(const T *x, uint32_t count) {                                    \
        T m = x[0];                                                                                \
        for (uint32_t i = 1; i < count; i++) m = x[i] > m ? x[i] : m;                              \
        return m;                                                                                  \
    }
REDUCE_INTEGERS(uint8_t, uint8, KERNEL_CLONES) REDUCE_INTEGERS(int8_t, int8, KERNEL_CLONES)
    REDUCE_INTEGERS(int16_t, int16, KERNEL_CLONES) REDUCE_INTEGERS(int32_t, int32, KERNEL_CLONES)
        REDUCE_INTEGERS(int64_t, int64, KERNEL_CLONES) REDUCE_INTEGERS(int128, int128, )

/* Integers that order as the floats do: -0.0 as 0.0, every NaN above all. */
#define REDUCE_FLOATS(T, I, U, name, NAN_KEY, SHIFT)                                               \
    KERNEL_INLINE I reduce_key_##name(T x) {                                                       \
        T plain = x + (T)0;                                                                        \
        I bits;                                                                                    \
        memcpy(&bits, &plain, sizeof(bits));                                                       \
        bits ^= (I)((U)(bits >> SHIFT) >> 1);                                                      \
        return x != x ? (I)NAN_KEY : bits;                                                         \
    }                                                                                              \
    KERNEL_INLINE T reduce_unkey_##name(I bits) {                                                  \
        T x;                                                                                       \
        bits ^= (I)((U)(bits >> SHIFT) >> 1);                                                      \
        memcpy(&x, &bits, sizeof(x));                                                              \
        return x;                                                                                  \
    }                                                                                              \
    KERNEL_CLONES T reduce_min_##name(const T *x, uint32_t count) {                                \
        I m = reduce_key_##name(x[0]);                                                             \
        for (uint32_t i = 1; i < count; i++) {                                                     \
            I k = reduce_key_##name(x[i]);                                                         \
            m = k < m ? k : m;                                                                     \
        }                                                                                          \
        return reduce_unkey_##name(m);                                                             \
    }                                                                                              \
    KERNEL_CLONES T reduce_max_##name(const T *x, uint32_t count) {                                \
        I m = reduce_key_##name(x[0]);                                                             \
        for (uint32_t i = 1; i < count; i++) {                                                     \
            I k = reduce_key_##name(x[i]);                                                         \
            m = k > m ? k : m;                                                                     \
        }                                                                                          \
        return reduce_unkey_##name(m);                                                             \
    }
            REDUCE_FLOATS(float, int32_t, uint32_t, float, 0x7FC00000, 31)
                REDUCE_FLOATS(double, int64_t, uint64_t, double, 0x7FF8000000000000, 63)
