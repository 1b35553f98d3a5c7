/* selection.c - see selection.h. Dense lists are made 64 rows at a time: booleans become a mask,
 * and a mask becomes row numbers by compress instructions where the CPU has them, else by a table
 * of 4-bit masks. No branch depends on data. */
#include "kernel/selection.h"

#if defined(DBX_KERNEL_CLONES) && defined(__x86_64__)
#include <immintrin.h>
#define SEL_HAS_AVX512 1
#endif

/* ---- booleans to masks ----------------------------------------------------------------------- */

/* Bit i = the lowest bit of byte i. */
KERNEL_INLINE uint64_t sel_mask8(const uint8_t *bools) {
    uint64_t bytes;
    memcpy(&bytes, bools, sizeof(bytes));
    return ((bytes & 0x0101010101010101u) * 0x0102040810204080u) >> 56;
}

KERNEL_INLINE uint64_t sel_mask64(const uint8_t *bools) {
    uint64_t mask = 0;
    for (uint32_t i = 0; i < 8; i++) mask |= sel_mask8(bools + 8 * i) << (8 * i);
    return mask;
}

KERNEL_INLINE uint64_t sel_mask_tail(const uint8_t *bools, uint32_t count) {
    uint64_t mask = 0;
    for (uint32_t i = 0; i < count; i++) mask |= (uint64_t)(bools[i] & 1u) << i;
    return mask;
}

/* ---- masks to row numbers -------------------------------------------------------------------- */

/* Positions of the ones of a 4-bit mask. */
static const uint8_t sel_positions[16][4] = {
    {0, 0, 0, 0}, {0, 0, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 0}, {2, 0, 0, 0}, {0, 2, 0, 0},
    {1, 2, 0, 0}, {0, 1, 2, 0}, {3, 0, 0, 0}, {0, 3, 0, 0}, {1, 3, 0, 0}, {0, 1, 3, 0},
    {2, 3, 0, 0}, {0, 2, 3, 0}, {1, 2, 3, 0}, {0, 1, 2, 3},
};

static const uint8_t sel_counts[16] = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};

/* Writes up to 64 row numbers; may write 3 entries past them, within the 64 rows' room. */
KERNEL_INLINE uint32_t sel_put_mask(uint64_t mask, uint32_t base, kernel_sel *out) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < 16; i++, mask >>= 4) {
        const uint8_t *at = sel_positions[mask & 15];
        for (uint32_t k = 0; k < 4; k++) out[n + k] = base + 4 * i + at[k];
        n += sel_counts[mask & 15];
    }
    return n;
}

/* Exactly the ones of the mask, for the last rows where there may be no room beyond. */
KERNEL_INLINE uint32_t sel_put_mask_exact(uint64_t mask, uint32_t base, kernel_sel *out) {
    uint32_t n = 0;
    for (; mask != 0; mask &= mask - 1) out[n++] = base + (uint32_t)__builtin_ctzll(mask);
    return n;
}

static uint32_t sel_dense_portable(const uint8_t *bools, const uint64_t *validity, uint32_t count,
                                   kernel_sel *out) {
    uint32_t n = 0, base = 0;
    for (; base + 64 <= count; base += 64) {
        uint64_t mask = sel_mask64(bools + base);
        if (validity != NULL) mask &= validity[base / 64];
        n += sel_put_mask(mask, base, out + n);
    }
    if (base == count) return n;
    uint64_t mask = sel_mask_tail(bools + base, count - base);
    if (validity != NULL) mask &= validity[base / 64];
    return n + sel_put_mask_exact(mask, base, out + n);
}

static uint32_t sel_bits_portable(const uint64_t *bits, uint64_t flip, uint32_t count,
                                  kernel_sel *out) {
    uint32_t n = 0, base = 0;
    for (; base + 64 <= count; base += 64) n += sel_put_mask(bits[base / 64] ^ flip, base, out + n);
    if (base == count) return n;
    uint64_t mask = (bits[base / 64] ^ flip) & (((uint64_t)1 << (count - base)) - 1);
    return n + sel_put_mask_exact(mask, base, out + n);
}

#ifdef SEL_HAS_AVX512

#define SEL_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,popcnt")))

SEL_AVX512 static inline uint32_t sel_put_mask_avx512(uint64_t mask, uint32_t base,
                                                      kernel_sel *out) {
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    uint32_t n = 0;
    for (uint32_t i = 0; i < 4; i++, mask >>= 16) {
        __m512i rows = _mm512_add_epi32(lanes, _mm512_set1_epi32((int)(base + 16 * i)));
        _mm512_storeu_si512(out + n, _mm512_maskz_compress_epi32((__mmask16)mask, rows));
        n += (uint32_t)__builtin_popcount((unsigned)(mask & 0xFFFF));
    }
    return n;
}

SEL_AVX512 static uint32_t sel_dense_avx512(const uint8_t *bools, const uint64_t *validity,
                                            uint32_t count, kernel_sel *out) {
    uint32_t n = 0, base = 0;
    for (; base + 64 <= count; base += 64) {
        __m512i bytes = _mm512_loadu_si512(bools + base);
        uint64_t mask = _mm512_test_epi8_mask(bytes, bytes);
        if (validity != NULL) mask &= validity[base / 64];
        n += sel_put_mask_avx512(mask, base, out + n);
    }
    if (base == count) return n;
    uint64_t mask = sel_mask_tail(bools + base, count - base);
    if (validity != NULL) mask &= validity[base / 64];
    return n + sel_put_mask_exact(mask, base, out + n);
}

SEL_AVX512 static uint32_t sel_bits_avx512(const uint64_t *bits, uint64_t flip, uint32_t count,
                                           kernel_sel *out) {
    uint32_t n = 0, base = 0;
    for (; base + 64 <= count; base += 64)
        n += sel_put_mask_avx512(bits[base / 64] ^ flip, base, out + n);
    if (base == count) return n;
    uint64_t mask = (bits[base / 64] ^ flip) & (((uint64_t)1 << (count - base)) - 1);
    return n + sel_put_mask_exact(mask, base, out + n);
}

static bool sel_cpu_has_avx512(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl");
}

#endif

/* ---- the interface --------------------------------------------------------------------------- */

uint32_t sel_from_bools(const uint8_t *bools, const uint64_t *validity, const kernel_sel *sel,
                        uint32_t count, kernel_sel *out) {
    uint32_t n = 0;
    if (sel == NULL) {
#ifdef SEL_HAS_AVX512
        if (sel_cpu_has_avx512()) return sel_dense_avx512(bools, validity, count, out);
#endif
        return sel_dense_portable(bools, validity, count, out);
    }
    if (validity == NULL) {
        for (uint32_t i = 0; i < count; i++) {
            kernel_sel row = sel[i];
            out[n] = row;
            n += bools[row];
        }
        return n;
    }
    for (uint32_t i = 0; i < count; i++) {
        kernel_sel row = sel[i];
        out[n] = row;
        n += bools[row] & (uint32_t)(validity[row / 64] >> (row % 64) & 1);
    }
    return n;
}

uint32_t sel_from_indexed_bools(const uint8_t *bools, const uint64_t *validity,
                                const kernel_sel *index, const kernel_sel *sel, uint32_t count,
                                kernel_sel *out) {
    uint32_t n = 0;
    if (validity == NULL) {
        for (uint32_t i = 0; i < count; i++) {
            kernel_sel row = sel != NULL ? sel[i] : i;
            out[n] = row;
            n += bools[index[row]];
        }
        return n;
    }
    for (uint32_t i = 0; i < count; i++) {
        kernel_sel row = sel != NULL ? sel[i] : i;
        kernel_sel at = index[row];
        out[n] = row;
        n += bools[at] & (uint32_t)(validity[at / 64] >> (at % 64) & 1);
    }
    return n;
}

uint32_t sel_from_bits(const uint64_t *bits, bool value, const kernel_sel *sel, uint32_t count,
                       kernel_sel *out) {
    uint64_t flip = value ? 0 : UINT64_MAX;
    if (sel == NULL) {
#ifdef SEL_HAS_AVX512
        if (sel_cpu_has_avx512()) return sel_bits_avx512(bits, flip, count, out);
#endif
        return sel_bits_portable(bits, flip, count, out);
    }
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++) {
        kernel_sel row = sel[i];
        out[n] = row;
        n += (uint32_t)((bits[row / 64] ^ flip) >> (row % 64) & 1);
    }
    return n;
}

void sel_fill(kernel_sel *out, uint32_t first, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) out[i] = first + i;
}

void sel_to_bits(const kernel_sel *sel, uint32_t count, uint32_t bound, uint64_t *words) {
    memset(words, 0, (bound + (size_t)63) / 64 * sizeof(*words));
    for (uint32_t i = 0; i < count; i++) words[sel[i] / 64] |= (uint64_t)1 << (sel[i] % 64);
}
