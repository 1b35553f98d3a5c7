/* mask.c - see mask.h. The loops are branch-free so that the compiler turns each into vector
 * compares. */
#include "kernel/mask.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#endif

#define MASK_LOOP(condition)                                                                       \
    for (size_t i = 0; i < count; i++) mask[i] &= (uint8_t)(condition);                            \
    return;

#define MASK_INTEGER(name, ctype)                                                                  \
    KERNEL_CLONES void name(const ctype *data, size_t count, mask_op op, ctype value,              \
                            uint8_t *mask) {                                                       \
        switch (op) {                                                                              \
        case MASK_EQ:                                                                              \
            MASK_LOOP(data[i] == value)                                                            \
        case MASK_NE:                                                                              \
            MASK_LOOP(data[i] != value)                                                            \
        case MASK_LT:                                                                              \
            MASK_LOOP(data[i] < value)                                                             \
        case MASK_LE:                                                                              \
            MASK_LOOP(data[i] <= value)                                                            \
        case MASK_GT:                                                                              \
            MASK_LOOP(data[i] > value)                                                             \
        case MASK_GE:                                                                              \
            MASK_LOOP(data[i] >= value)                                                            \
        }                                                                                          \
    }

MASK_INTEGER(mask_and_int8, int8_t)
MASK_INTEGER(mask_and_int16, int16_t)
MASK_INTEGER(mask_and_int32, int32_t)
MASK_INTEGER(mask_and_int64, int64_t)
MASK_INTEGER(mask_and_int128, __int128)

/* Against NaN only being NaN or not matters; otherwise NaN is above every value. */
#define MASK_FLOATING(name, ctype)                                                                 \
    KERNEL_CLONES void name(const ctype *data, size_t count, mask_op op, ctype value,              \
                            uint8_t *mask) {                                                       \
        if (value != value) {                                                                      \
            switch (op) {                                                                          \
            case MASK_EQ:                                                                          \
            case MASK_GE:                                                                          \
                MASK_LOOP(data[i] != data[i])                                                      \
            case MASK_NE:                                                                          \
            case MASK_LT:                                                                          \
                MASK_LOOP(data[i] == data[i])                                                      \
            case MASK_LE:                                                                          \
                return;                                                                            \
            case MASK_GT:                                                                          \
                memset(mask, 0, count);                                                            \
                return;                                                                            \
            }                                                                                      \
        }                                                                                          \
        switch (op) {                                                                              \
        case MASK_EQ:                                                                              \
            MASK_LOOP(data[i] == value)                                                            \
        case MASK_NE:                                                                              \
            MASK_LOOP(data[i] != value)                                                            \
        case MASK_LT:                                                                              \
            MASK_LOOP(data[i] < value)                                                             \
        case MASK_LE:                                                                              \
            MASK_LOOP(data[i] <= value)                                                            \
        case MASK_GT:                                                                              \
            MASK_LOOP(!(data[i] <= value))                                                         \
        case MASK_GE:                                                                              \
            MASK_LOOP(!(data[i] < value))                                                          \
        }                                                                                          \
    }

MASK_FLOATING(mask_and_float, float)
MASK_FLOATING(mask_and_double, double)

KERNEL_CLONES void mask_and_bits(const uint64_t *bits, size_t count, uint8_t *mask) {
    for (size_t i = 0; i < count; i++) mask[i] &= (uint8_t)(bits[i / 64] >> (i % 64) & 1);
}

void mask_and_selected(const uint8_t *matches, const kernel_sel *sel, size_t count, uint8_t *mask) {
    for (size_t i = 0; i < count; i++) mask[sel[i]] &= matches[i];
}

KERNEL_CLONES size_t mask_count(const uint8_t *mask, size_t count) {
    size_t ones = 0;
    for (size_t i = 0; i < count;) {
        uint8_t part = 0;
        for (size_t end = MIN(count, i + 128); i < end; i++) part = (uint8_t)(part + mask[i]);
        ones += part;
    }
    return ones;
}

static size_t mask_to_sel_from(const uint8_t *mask, size_t i, size_t count, kernel_sel *sel,
                               size_t kept) {
    for (; i + 8 <= count; i += 8) {
        uint64_t word;
        memcpy(&word, mask + i, sizeof(word));
        if (word == 0) continue;
        for (size_t j = 0; j < 8; j++) {
            sel[kept] = (kernel_sel)(i + j);
            kept += mask[i + j];
        }
    }
    for (; i < count; i++) {
        sel[kept] = (kernel_sel)i;
        kept += mask[i];
    }
    return kept;
}

#if defined(__x86_64__) && defined(__GNUC__)
/* Sixteen rows at a time: the row numbers whose byte is not 0 are packed in a register and stored
 * whole, since a compressing store is slow on some CPUs; what lies behind them is below `count`. */
__attribute__((target("avx512f,avx512bw,avx512vl"))) static size_t
mask_to_sel_avx512(const uint8_t *mask, size_t count, kernel_sel *sel, size_t *rows_done) {
    __m512i rows = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i step = _mm512_set1_epi32(16);
    size_t kept = 0;
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(mask + i));
        __mmask16 bits = _mm_test_epi8_mask(bytes, bytes);
        _mm512_storeu_si512(sel + kept, _mm512_maskz_compress_epi32(bits, rows));
        kept += (size_t)__builtin_popcount(bits);
        rows = _mm512_add_epi32(rows, step);
    }
    *rows_done = i;
    return kept;
}

size_t mask_to_sel(const uint8_t *mask, size_t count, kernel_sel *sel) {
    size_t done = 0;
    size_t kept = 0;
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
        kept = mask_to_sel_avx512(mask, count, sel, &done);
    }
    return mask_to_sel_from(mask, done, count, sel, kept);
}
#else
size_t mask_to_sel(const uint8_t *mask, size_t count, kernel_sel *sel) {
    return mask_to_sel_from(mask, 0, count, sel, 0);
}
#endif

size_t mask_refine_table(const uint8_t *table, const uint32_t *indexes, kernel_sel *sel,
                         size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        kernel_sel row = sel[i];
        sel[kept] = row;
        kept += table[indexes[row]];
    }
    return kept;
}

size_t mask_refine(const uint8_t *mask, kernel_sel *sel, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        kernel_sel row = sel[i];
        sel[kept] = row;
        kept += mask[row];
    }
    return kept;
}
