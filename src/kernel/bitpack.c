/* bitpack.c - see bitpack.h. Unpacking is specialised by width: eight values take `width` bytes, so
 * that their byte offsets and shifts are constants. With AVX2, eight values of up to 25 bits are
 * two 16-byte loads, one byte shuffle that puts each value's four bytes into its lane, one shift by
 * lane and one mask. */
#include "kernel/bitpack.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define BITPACK_AVX2
#endif

KERNEL_INLINE uint64_t bitpack_load64(const uint8_t *p) {
    uint64_t word;
    memcpy(&word, p, sizeof(word));
    return word;
}

KERNEL_INLINE void bitpack_scalar(const uint8_t *in, uint32_t width, size_t groups, uint32_t *out) {
    uint64_t mask = ((uint64_t)1 << width) - 1;
    for (size_t g = 0; g < groups; g++, in += width, out += 8) {
        for (uint32_t i = 0; i < 8; i++) {
            uint32_t bit = i * width;
            out[i] = (uint32_t)((bitpack_load64(in + bit / 8) >> (bit % 8)) & mask);
        }
    }
}

#define BITPACK_WIDTHS_NARROW(X)                                                                   \
    X(1)                                                                                           \
    X(2)                                                                                           \
    X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) \
        X(20) X(21) X(22) X(23) X(24) X(25)
#define BITPACK_WIDTHS_WIDE(X) X(26) X(27) X(28) X(29) X(30) X(31) X(32)

#define BITPACK_CASE(width)                                                                        \
    case width:                                                                                    \
        bitpack_scalar(in, width, groups, out);                                                    \
        return;

static void bitpack_unpack32_scalar(const uint8_t *in, uint32_t width, size_t groups,
                                    uint32_t *out) {
    switch (width) {
        BITPACK_WIDTHS_NARROW(BITPACK_CASE)
        BITPACK_WIDTHS_WIDE(BITPACK_CASE)
    default:
        return;
    }
}

#ifdef BITPACK_AVX2
/* Bytes of lane `value` of a half whose first bit is `base` bits into its 16 bytes. */
#define BITPACK_LANE(width, base, value)                                                           \
    (char)(((value) * (width) + (base)) / 8), (char)(((value) * (width) + (base)) / 8 + 1),        \
        (char)(((value) * (width) + (base)) / 8 + 2), (char)(((value) * (width) + (base)) / 8 + 3)
#define BITPACK_HALF(width, base)                                                                  \
    BITPACK_LANE(width, base, 0), BITPACK_LANE(width, base, 1), BITPACK_LANE(width, base, 2),      \
        BITPACK_LANE(width, base, 3)
#define BITPACK_SHIFT(width, value) (int)(((value) * (width)) % 8)

#define BITPACK_AVX2_FUNCTION(width)                                                               \
    __attribute__((target("avx2"))) static void bitpack_avx2_##width(                              \
        const uint8_t *in, size_t groups, uint32_t *out) {                                         \
        const __m256i lanes =                                                                      \
            _mm256_setr_epi8(BITPACK_HALF(width, 0), BITPACK_HALF(width, (4 * (width)) % 8));      \
        const __m256i shifts = _mm256_setr_epi32(                                                  \
            BITPACK_SHIFT(width, 0), BITPACK_SHIFT(width, 1), BITPACK_SHIFT(width, 2),             \
            BITPACK_SHIFT(width, 3), BITPACK_SHIFT(width, 4), BITPACK_SHIFT(width, 5),             \
            BITPACK_SHIFT(width, 6), BITPACK_SHIFT(width, 7));                                     \
        const __m256i mask = _mm256_set1_epi32((int)(((uint32_t)1 << (width)) - 1));               \
        for (size_t g = 0; g < groups; g++, in += (width), out += 8) {                             \
            __m128i low = _mm_loadu_si128((const __m128i *)in);                                    \
            __m128i high = _mm_loadu_si128((const __m128i *)(in + (4 * (width)) / 8));             \
            __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);          \
            both = _mm256_srlv_epi32(_mm256_shuffle_epi8(both, lanes), shifts);                    \
            _mm256_storeu_si256((__m256i *)out, _mm256_and_si256(both, mask));                     \
        }                                                                                          \
    }
BITPACK_WIDTHS_NARROW(BITPACK_AVX2_FUNCTION)

#define BITPACK_AVX2_CASE(width)                                                                   \
    case width:                                                                                    \
        bitpack_avx2_##width(in, groups, out);                                                     \
        return true;

static bool bitpack_unpack32_avx2(const uint8_t *in, uint32_t width, size_t groups, uint32_t *out) {
    if (!__builtin_cpu_supports("avx2")) return false;
    switch (width) {
        BITPACK_WIDTHS_NARROW(BITPACK_AVX2_CASE)
    default:
        return false;
    }
}
#else
static bool bitpack_unpack32_avx2(const uint8_t *in, uint32_t width, size_t groups, uint32_t *out) {
    (void)in, (void)width, (void)groups, (void)out;
    return false;
}
#endif

void bitpack_unpack32(const uint8_t *in, uint32_t width, size_t count, uint32_t *out) {
    assert(width <= 32);
    assert(count % 8 == 0);
    if (width == 0) {
        memset(out, 0, count * sizeof(*out));
        return;
    }
    if (!bitpack_unpack32_avx2(in, width, count / 8, out)) {
        bitpack_unpack32_scalar(in, width, count / 8, out);
    }
}

void bitpack_unpack64(const uint8_t *in, uint32_t width, size_t count, uint64_t *out) {
    assert(width <= 64);
    if (width == 0) {
        memset(out, 0, count * sizeof(*out));
        return;
    }
    uint64_t mask = width == 64 ? UINT64_MAX : ((uint64_t)1 << width) - 1;
    if (width <= 56) {
        for (size_t i = 0; i < count; i++) {
            size_t bit = i * width;
            out[i] = (bitpack_load64(in + bit / 8) >> (bit % 8)) & mask;
        }
        return;
    }
    for (size_t i = 0; i < count; i++) {
        size_t bit = i * width;
        uint64_t low = bitpack_load64(in + bit / 8) >> (bit % 8);
        uint64_t high = (uint64_t)in[bit / 8 + 8] << 1 << (63 - bit % 8);
        out[i] = (low | high) & mask;
    }
}

size_t bitpack_copy_bits(const uint8_t *in, size_t in_at, size_t count, uint64_t *out,
                         size_t out_at) {
    size_t ones = 0;
    while (count > 0) {
        size_t room = 64 - out_at % 64;
        size_t step = MIN(MIN(room, count), (size_t)57); /* 57 bits fit a load at any bit offset */
        uint64_t mask = ((uint64_t)1 << step) - 1;
        uint64_t bits = (bitpack_load64(in + in_at / 8) >> (in_at % 8)) & mask;
        uint64_t *word = &out[out_at / 64];
        *word = (*word & ~(mask << (out_at % 64))) | bits << (out_at % 64);
        ones += (size_t)__builtin_popcountll(bits);
        in_at += step;
        out_at += step;
        count -= step;
    }
    return ones;
}

void bitpack_bits_to_bytes(const uint8_t *in, size_t in_at, size_t count, uint8_t *bytes) {
    size_t i = 0;
    for (; i < count && (in_at + i) % 8 != 0; i++)
        bytes[i] = in[(in_at + i) / 8] >> ((in_at + i) % 8) & 1;
    for (; i + 8 <= count; i += 8) {
        /* every byte gets all bits, keeps its own, and becomes 0 or 1 */
        uint64_t spread = (in[(in_at + i) / 8] * 0x0101010101010101u) & 0x8040201008040201u;
        spread = ((spread + 0x7F7F7F7F7F7F7F7Fu) >> 7) & 0x0101010101010101u;
        memcpy(bytes + i, &spread, 8);
    }
    for (; i < count; i++) bytes[i] = in[(in_at + i) / 8] >> ((in_at + i) % 8) & 1;
}

KERNEL_CLONES uint32_t bitpack_max32(const uint32_t *values, size_t count) {
    uint32_t max = 0;
    for (size_t i = 0; i < count; i++) max = values[i] > max ? values[i] : max;
    return max;
}

void bitpack_pack32(const uint32_t *in, size_t count, uint32_t width, uint8_t *out) {
    assert(width <= 32);
    uint64_t word = 0;
    uint32_t used = 0;
    for (size_t i = 0; i < count; i++) {
        word |= (uint64_t)in[i] << used;
        used += width;
        if (used >= 32) {
            uint32_t low = (uint32_t)word;
            memcpy(out, &low, 4);
            out += 4;
            word >>= 32;
            used -= 32;
        }
    }
    memcpy(out, &word, 8);
}
