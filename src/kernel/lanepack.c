/* lanepack.c - see lanepack.h. Rows of lanes are 128 bytes whatever the lanes' size. */
#include "kernel/lanepack.h"

#if defined(DBX_KERNEL_CLONES) && defined(__x86_64__)
#include <immintrin.h>
#endif

enum { LANE_ROW_BYTES = 128, LANE_GATHER_ROWS = 16 };

/* The value v < 2^lane_bits in every lane of a word. */
KERNEL_INLINE uint64_t lane_repeat(uint64_t v, uint32_t lane_bits) {
    switch (lane_bits) {
    case 8:
        return v * 0x0101010101010101u;
    case 16:
        return v * 0x0001000100010001u;
    case 32:
        return v * 0x0000000100000001u;
    default:
        return v;
    }
}

KERNEL_INLINE uint64_t lane_low(uint32_t bits) {
    return bits >= 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
}

/* Half a row of lanes. Vectors of the compiler: split into what the instruction set has. */
typedef uint64_t lane_vector __attribute__((vector_size(64), aligned(1), may_alias));

KERNEL_INLINE void lane_unpack(const uint8_t *restrict in, uint32_t width, uint8_t *restrict codes,
                               uint32_t lane_bits) {
    uint64_t mask = lane_low(width);
    for (uint32_t row = 0; row < lane_bits; row++) {
        uint32_t bit = row * width, shift = bit % lane_bits;
        const lane_vector *from =
            (const lane_vector *)(in + (size_t)(bit / lane_bits) * LANE_ROW_BYTES);
        lane_vector *to = (lane_vector *)(codes + (size_t)row * LANE_ROW_BYTES);
        uint64_t low = lane_repeat(lane_low(lane_bits - shift) & mask, lane_bits);
        lane_vector a = (from[0] >> shift) & low, b = (from[1] >> shift) & low;
        if (shift + width > lane_bits) {
            uint32_t rest = lane_bits - shift;
            uint64_t high = lane_repeat(mask & ~lane_low(rest), lane_bits);
            a |= (from[2] << rest) & high;
            b |= (from[3] << rest) & high;
        }
        to[0] = a;
        to[1] = b;
    }
}

KERNEL_INLINE void lane_pack(const uint8_t *restrict codes, uint32_t width, uint8_t *restrict out,
                             uint32_t lane_bits) {
    memset(out, 0, lanepack_size(width));
    for (uint32_t row = 0; row < lane_bits; row++) {
        uint32_t bit = row * width, shift = bit % lane_bits;
        lane_vector *to = (lane_vector *)(out + (size_t)(bit / lane_bits) * LANE_ROW_BYTES);
        const lane_vector *from = (const lane_vector *)(codes + (size_t)row * LANE_ROW_BYTES);
        uint64_t keep = lane_repeat(lane_low(lane_bits) & ~lane_low(shift), lane_bits);
        to[0] |= (from[0] << shift) & keep;
        to[1] |= (from[1] << shift) & keep;
        if (shift + width > lane_bits) {
            uint32_t rest = lane_bits - shift;
            uint64_t high = lane_repeat(lane_low(width - rest), lane_bits);
            to[2] |= (from[0] >> rest) & high;
            to[3] |= (from[1] >> rest) & high;
        }
    }
}

KERNEL_CLONES void lanepack_unpack(const void *in, uint32_t width, void *codes) {
    assert(width >= 1 && width <= LANEPACK_WIDTH_MAX);
    switch (lanepack_code_size(width)) {
    case 1:
        lane_unpack(in, width, codes, 8);
        break;
    case 2:
        lane_unpack(in, width, codes, 16);
        break;
    case 4:
        lane_unpack(in, width, codes, 32);
        break;
    default:
        lane_unpack(in, width, codes, 64);
        break;
    }
}

KERNEL_CLONES void lanepack_pack(const void *codes, uint32_t width, void *out) {
    assert(width >= 1 && width <= LANEPACK_WIDTH_MAX);
    switch (lanepack_code_size(width)) {
    case 1:
        lane_pack(codes, width, out, 8);
        break;
    case 2:
        lane_pack(codes, width, out, 16);
        break;
    case 4:
        lane_pack(codes, width, out, 32);
        break;
    default:
        lane_pack(codes, width, out, 64);
        break;
    }
}

uint64_t lanepack_get(const void *in, uint32_t width, uint32_t index) {
    assert(width >= 1 && width <= LANEPACK_WIDTH_MAX);
    assert(index < LANEPACK_ROWS);
    uint32_t lane_bytes = lanepack_code_size(width);
    uint32_t lane_bits = lane_bytes * 8;
    uint32_t lanes = 128 / lane_bytes;
    uint32_t bit = index / lanes * width;
    uint32_t shift = bit % lane_bits;
    const uint8_t *at =
        (const uint8_t *)in + (size_t)(bit / lane_bits) * 128 + index % lanes * lane_bytes;
    uint64_t low = 0;
    memcpy(&low, at, lane_bytes); /* little-endian, as the format is */
    low >>= shift;
    if (shift + width > lane_bits) {
        uint64_t high = 0;
        memcpy(&high, at + 128, lane_bytes);
        low |= high << (lane_bits - shift);
    }
    return low & lane_low(width);
}

/* ---- between codes and values
 * -------------------------------------------------------------------- */

KERNEL_CLONES void lanepack_narrow(const int64_t *values, size_t count, int64_t base,
                                   uint32_t width, void *codes) {
    switch (lanepack_code_size(width)) {
    case 1:
        for (size_t i = 0; i < count; i++)
            ((uint8_t *)codes)[i] = (uint8_t)((uint64_t)values[i] - (uint64_t)base);
        break;
    case 2:
        for (size_t i = 0; i < count; i++)
            ((uint16_t *)codes)[i] = (uint16_t)((uint64_t)values[i] - (uint64_t)base);
        break;
    case 4:
        for (size_t i = 0; i < count; i++)
            ((uint32_t *)codes)[i] = (uint32_t)((uint64_t)values[i] - (uint64_t)base);
        break;
    default:
        for (size_t i = 0; i < count; i++)
            ((uint64_t *)codes)[i] = (uint64_t)values[i] - (uint64_t)base;
        break;
    }
}

#define LANEPACK_WIDEN(code, value)                                                                \
    for (size_t i = 0; i < count; i++) {                                                           \
        ((value *)out)[i] = (value)((value)base + (value)((const code *)codes)[i]);                \
    }                                                                                              \
    break

KERNEL_CLONES void lanepack_widen(const void *codes, uint32_t code_size, size_t count, int64_t base,
                                  void *out, uint32_t value_size) {
    switch (code_size * 16 + value_size) {
    case 16 + 1:
        LANEPACK_WIDEN(uint8_t, uint8_t);
    case 16 + 2:
        LANEPACK_WIDEN(uint8_t, uint16_t);
    case 16 + 4:
        LANEPACK_WIDEN(uint8_t, uint32_t);
    case 16 + 8:
        LANEPACK_WIDEN(uint8_t, uint64_t);
    case 32 + 1:
        LANEPACK_WIDEN(uint16_t, uint8_t);
    case 32 + 2:
        LANEPACK_WIDEN(uint16_t, uint16_t);
    case 32 + 4:
        LANEPACK_WIDEN(uint16_t, uint32_t);
    case 32 + 8:
        LANEPACK_WIDEN(uint16_t, uint64_t);
    case 64 + 1:
        LANEPACK_WIDEN(uint32_t, uint8_t);
    case 64 + 2:
        LANEPACK_WIDEN(uint32_t, uint16_t);
    case 64 + 4:
        LANEPACK_WIDEN(uint32_t, uint32_t);
    case 64 + 8:
        LANEPACK_WIDEN(uint32_t, uint64_t);
    case 128 + 1:
        LANEPACK_WIDEN(uint64_t, uint8_t);
    case 128 + 2:
        LANEPACK_WIDEN(uint64_t, uint16_t);
    case 128 + 4:
        LANEPACK_WIDEN(uint64_t, uint32_t);
    case 128 + 8:
        LANEPACK_WIDEN(uint64_t, uint64_t);
    default:
        assert(false);
    }
}

#define LANEPACK_SCALE(code)                                                                       \
    for (size_t i = 0; i < count; i++) {                                                           \
        out[i] = (int64_t)((uint64_t)base + (uint64_t)factor * ((const code *)codes)[i]);          \
    }                                                                                              \
    break

KERNEL_CLONES void lanepack_widen_scaled(const void *codes, uint32_t code_size, size_t count,
                                         int64_t base, int64_t factor, int64_t *out) {
    switch (code_size) {
    case 1:
        LANEPACK_SCALE(uint8_t);
    case 2:
        LANEPACK_SCALE(uint16_t);
    case 4:
        LANEPACK_SCALE(uint32_t);
    default:
        LANEPACK_SCALE(uint64_t);
    }
}

KERNEL_CLONES void lanepack_divide_doubles(const int64_t *values, size_t count, double divisor,
                                           double *out) {
    for (size_t i = 0; i < count; i++) out[i] = (double)values[i] / divisor;
}

KERNEL_CLONES void lanepack_divide_floats(const int64_t *values, size_t count, double divisor,
                                          float *out) {
    for (size_t i = 0; i < count; i++) out[i] = (float)((double)values[i] / divisor);
}

#define LANEPACK_PREFIX(code)                                                                      \
    for (size_t i = from; i < count; i++) {                                                        \
        at += (uint64_t)step + ((const code *)codes)[i];                                           \
        out[i] = (int64_t)at;                                                                      \
    }                                                                                              \
    break

static void lane_prefix_from(const void *codes, uint32_t code_size, size_t from, size_t count,
                             uint64_t at, int64_t step, int64_t *out) {
    switch (code_size) {
    case 1:
        LANEPACK_PREFIX(uint8_t);
    case 2:
        LANEPACK_PREFIX(uint16_t);
    case 4:
        LANEPACK_PREFIX(uint32_t);
    default:
        LANEPACK_PREFIX(uint64_t);
    }
}

#if defined(DBX_KERNEL_CLONES) && defined(__x86_64__)
/* Eight sums at a time: each lane adds the lanes 1, 2 and 4 before it, then what came before all. */
#define LANE_PREFIX_AVX512(code, load)                                                             \
    for (; i + 8 <= count; i += 8) {                                                               \
        __m512i v = _mm512_add_epi64(load((const code *)codes + i), steps);                        \
        v = _mm512_add_epi64(v, _mm512_alignr_epi64(v, zero, 7));                                  \
        v = _mm512_add_epi64(v, _mm512_alignr_epi64(v, zero, 6));                                  \
        v = _mm512_add_epi64(v, _mm512_alignr_epi64(v, zero, 4));                                  \
        v = _mm512_add_epi64(v, before);                                                           \
        _mm512_storeu_si512(out + i, v);                                                           \
        before = _mm512_permutexvar_epi64(last, v);                                                \
    }                                                                                              \
    break

#define LANE_LOAD8(p) _mm512_cvtepu8_epi64(_mm_loadl_epi64((const __m128i *)(const void *)(p)))
#define LANE_LOAD16(p) _mm512_cvtepu16_epi64(_mm_loadu_si128((const __m128i *)(const void *)(p)))
#define LANE_LOAD32(p) _mm512_cvtepu32_epi64(_mm256_loadu_si256((const __m256i *)(const void *)(p)))
#define LANE_LOAD64(p) _mm512_loadu_si512(p)

__attribute__((target("avx512f,avx512vl"))) static size_t
lane_prefix_avx512(const void *codes, uint32_t code_size, size_t count, int64_t first, int64_t step,
                   int64_t *out) {
    const __m512i zero = _mm512_setzero_si512(), steps = _mm512_set1_epi64(step);
    const __m512i last = _mm512_set1_epi64(7);
    __m512i before = _mm512_set1_epi64(first);
    size_t i = 0;
    switch (code_size) {
    case 1:
        LANE_PREFIX_AVX512(uint8_t, LANE_LOAD8);
    case 2:
        LANE_PREFIX_AVX512(uint16_t, LANE_LOAD16);
    case 4:
        LANE_PREFIX_AVX512(uint32_t, LANE_LOAD32);
    default:
        LANE_PREFIX_AVX512(uint64_t, LANE_LOAD64);
    }
    return i;
}
#endif

void lanepack_prefix(const void *codes, uint32_t code_size, size_t count, int64_t first,
                     int64_t step, int64_t *out) {
    size_t done = 0;
#if defined(DBX_KERNEL_CLONES) && defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl"))
        done = lane_prefix_avx512(codes, code_size, count, first, step, out);
#endif
    uint64_t at = done == 0 ? (uint64_t)first : (uint64_t)out[done - 1];
    lane_prefix_from(codes, code_size, done, count, at, step, out);
}

KERNEL_CLONES void lanepack_load(const void *values, uint32_t value_size, size_t count,
                                 int64_t *out) {
    switch (value_size) {
    case 1:
        for (size_t i = 0; i < count; i++) out[i] = ((const int8_t *)values)[i];
        break;
    case 2:
        for (size_t i = 0; i < count; i++) out[i] = ((const int16_t *)values)[i];
        break;
    case 4:
        for (size_t i = 0; i < count; i++) out[i] = ((const int32_t *)values)[i];
        break;
    default:
        memcpy(out, values, count * 8);
        break;
    }
}

KERNEL_CLONES void lanepack_store(const int64_t *values, size_t count, void *out,
                                  uint32_t value_size) {
    switch (value_size) {
    case 1:
        for (size_t i = 0; i < count; i++) ((uint8_t *)out)[i] = (uint8_t)values[i];
        break;
    case 2:
        for (size_t i = 0; i < count; i++) ((uint16_t *)out)[i] = (uint16_t)values[i];
        break;
    case 4:
        for (size_t i = 0; i < count; i++) ((uint32_t *)out)[i] = (uint32_t)values[i];
        break;
    default:
        memcpy(out, values, count * 8);
        break;
    }
}

/* ---- predicates and analysis
 * --------------------------------------------------------------------- */

KERNEL_CLONES void lanepack_match_table(const uint8_t *table, const kernel_sel *codes, size_t count,
                                        uint8_t *matches) {
    for (size_t i = 0; i < count; i++) matches[i] = table[codes[i]];
}

KERNEL_CLONES void lanepack_and(uint8_t *mask, const uint8_t *matches, size_t count) {
    for (size_t i = 0; i < count; i++) mask[i] &= matches[i];
}

KERNEL_CLONES void lanepack_not(uint8_t *matches, size_t count) {
    for (size_t i = 0; i < count; i++) matches[i] ^= 1;
}

#define LANEPACK_MATCH(code)                                                                       \
    do {                                                                                           \
        code low = (code)lo, span = (code)(hi - lo);                                               \
        for (size_t i = 0; i < count; i++) {                                                       \
            matches[i] = (code)(((const code *)codes)[i] - low) <= span;                           \
        }                                                                                          \
    } while (0)

KERNEL_CLONES void lanepack_match(const void *codes, uint32_t code_size, size_t count, uint64_t lo,
                                  uint64_t hi, uint8_t *matches) {
    uint64_t top = lane_low(code_size * 8);
    if (lo > hi || lo > top) {
        memset(matches, 0, count);
        return;
    }
    if (hi > top) hi = top;
    switch (code_size) {
    case 1:
        LANEPACK_MATCH(uint8_t);
        break;
    case 2:
        LANEPACK_MATCH(uint16_t);
        break;
    case 4:
        LANEPACK_MATCH(uint32_t);
        break;
    default:
        LANEPACK_MATCH(uint64_t);
        break;
    }
}

/* The index is kept within the bitmap, so that the load needs no branch. */
#define LANEPACK_MATCH_BITS(code)                                                                  \
    for (size_t i = 0; i < count; i++) {                                                           \
        uint64_t v = base + ((const code *)codes)[i];                                              \
        uint64_t at = v <= span ? v : span;                                                        \
        matches[i] = (uint8_t)((v <= span) & (bits[at / 64] >> (at % 64)));                        \
    }                                                                                              \
    break

KERNEL_CLONES void lanepack_match_bits(const void *codes, uint32_t code_size, size_t count,
                                       uint64_t base, const uint64_t *bits, uint64_t span,
                                       uint8_t *matches) {
    switch (code_size) {
    case 1:
        LANEPACK_MATCH_BITS(uint8_t);
    case 2:
        LANEPACK_MATCH_BITS(uint16_t);
    case 4:
        LANEPACK_MATCH_BITS(uint32_t);
    default:
        LANEPACK_MATCH_BITS(uint64_t);
    }
}

typedef uint32_t lane_half_word __attribute__((may_alias));

#define LANEPACK_MATCH_BITS_NEAR(code)                                                             \
    for (size_t i = 0; i < count; i++) {                                                           \
        uint32_t v = base + (uint32_t)((const code *)codes)[i];                                    \
        uint32_t at = v <= span ? v : span;                                                        \
        matches[i] = (uint8_t)((v <= span) & (words[at / 32] >> (at % 32)));                       \
    }                                                                                              \
    break

KERNEL_CLONES void lanepack_match_bits_near(const void *codes, uint32_t code_size, size_t count,
                                            uint32_t base, const uint64_t *bits, uint32_t span,
                                            uint8_t *matches) {
    const lane_half_word *words = (const lane_half_word *)bits; /* little-endian, as the format is */
    switch (code_size) {
    case 1:
        LANEPACK_MATCH_BITS_NEAR(uint8_t);
    case 2:
        LANEPACK_MATCH_BITS_NEAR(uint16_t);
    case 4:
        LANEPACK_MATCH_BITS_NEAR(uint32_t);
    default:
        LANEPACK_MATCH_BITS_NEAR(uint64_t);
    }
}

/* Sixteen rows in a row are read as such: where most rows are selected, most are. */
#define LANEPACK_GATHER(code, value)                                                               \
    do {                                                                                           \
        const code *restrict from = codes;                                                         \
        value *restrict to = out;                                                                  \
        size_t i = 0;                                                                              \
        for (; i + LANE_GATHER_ROWS <= count; i += LANE_GATHER_ROWS) {                             \
            const code *at = from + (kernel_sel)(sel[i] - skip);                                   \
            if (sel[i + LANE_GATHER_ROWS - 1] - sel[i] == LANE_GATHER_ROWS - 1) {                  \
                for (size_t k = 0; k < LANE_GATHER_ROWS; k++)                                      \
                    to[i + k] = (value)((value)base + (value)at[k]);                               \
            } else {                                                                               \
                for (size_t k = 0; k < LANE_GATHER_ROWS; k++)                                      \
                    to[i + k] = (value)((value)base + (value)at[sel[i + k] - sel[i]]);             \
            }                                                                                      \
        }                                                                                          \
        for (; i < count; i++)                                                                     \
            to[i] = (value)((value)base + (value)from[(kernel_sel)(sel[i] - skip)]);               \
    } while (0);                                                                                   \
    break

KERNEL_CLONES void lanepack_gather(const void *codes, uint32_t code_size, const kernel_sel *sel,
                                   size_t count, kernel_sel skip, int64_t base, void *out,
                                   uint32_t value_size) {
    switch (code_size * 16 + value_size) {
    case 16 + 1:
        LANEPACK_GATHER(uint8_t, uint8_t);
    case 16 + 2:
        LANEPACK_GATHER(uint8_t, uint16_t);
    case 16 + 4:
        LANEPACK_GATHER(uint8_t, uint32_t);
    case 16 + 8:
        LANEPACK_GATHER(uint8_t, uint64_t);
    case 32 + 1:
        LANEPACK_GATHER(uint16_t, uint8_t);
    case 32 + 2:
        LANEPACK_GATHER(uint16_t, uint16_t);
    case 32 + 4:
        LANEPACK_GATHER(uint16_t, uint32_t);
    case 32 + 8:
        LANEPACK_GATHER(uint16_t, uint64_t);
    case 64 + 1:
        LANEPACK_GATHER(uint32_t, uint8_t);
    case 64 + 2:
        LANEPACK_GATHER(uint32_t, uint16_t);
    case 64 + 4:
        LANEPACK_GATHER(uint32_t, uint32_t);
    case 64 + 8:
        LANEPACK_GATHER(uint32_t, uint64_t);
    case 128 + 1:
        LANEPACK_GATHER(uint64_t, uint8_t);
    case 128 + 2:
        LANEPACK_GATHER(uint64_t, uint16_t);
    case 128 + 4:
        LANEPACK_GATHER(uint64_t, uint32_t);
    case 128 + 8:
        LANEPACK_GATHER(uint64_t, uint64_t);
    default:
        assert(false);
    }
}

KERNEL_CLONES void lanepack_match_values(const int64_t *values, size_t count, int64_t lo,
                                         int64_t hi, uint8_t *matches) {
    for (size_t i = 0; i < count; i++)
        matches[i] = (uint8_t)((values[i] >= lo) & (values[i] <= hi));
}

KERNEL_CLONES lanepack_range lanepack_measure(const int64_t *values, size_t count) {
    assert(count >= 1);
    int64_t min = values[0], max = values[0];
    for (size_t i = 1; i < count; i++) {
        min = values[i] < min ? values[i] : min;
        max = values[i] > max ? values[i] : max;
    }
    lanepack_range r = {.min = min, .max = max, .ascending = true};
    if (count == 1) return r;
    int64_t min_step = INT64_MAX, max_step = INT64_MIN;
    uint64_t changes = 0, descents = 0;
    for (size_t i = 1; i < count; i++) {
        int64_t step = (int64_t)((uint64_t)values[i] - (uint64_t)values[i - 1]);
        min_step = step < min_step ? step : min_step;
        max_step = step > max_step ? step : max_step;
        changes += values[i] != values[i - 1];
        descents += values[i] < values[i - 1];
    }
    r.min_step = min_step;
    r.max_step = max_step;
    r.changes = (uint32_t)changes;
    r.ascending = descents == 0;
    return r;
}
