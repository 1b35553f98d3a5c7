/* text_index.c - see text_index.h. Comparison masks of 64 bytes become one word; the bits inside
 * quotes follow from a prefix XOR of the quote bits (Langdale & Lemire, VLDB Journal 2019,
 * section 3.1). */
#include "kernel/text_index.h"

#include "kernel/kernel.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>

static inline uint64_t text_mask(const char *at, char byte) {
    __m128i wanted = _mm_set1_epi8(byte);
    uint64_t mask = 0;
    for (int i = 0; i < 4; i++) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(at + 16 * i));
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted)) << (16 * i);
    }
    return mask;
}
#else
static inline uint64_t text_mask(const char *at, char byte) {
    uint64_t mask = 0;
    for (int i = 0; i < 64; i++) mask |= (uint64_t)(at[i] == byte) << i;
    return mask;
}
#endif

/* Bit i of the result is the XOR of bits 0..i. */
static inline uint64_t text_prefix_xor(uint64_t bits) {
    for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
    return bits;
}

static inline uint32_t *text_index_block(const char *at, uint32_t base, char delimiter, char quote,
                                         uint64_t limit, uint64_t *carry, uint32_t *out) {
    uint64_t marks = (text_mask(at, delimiter) | text_mask(at, '\n')) & limit;
    if (quote != '\0') {
        uint64_t quotes = text_mask(at, quote) & limit;
        uint64_t inside = text_prefix_xor(quotes) ^ *carry;
        *carry = (uint64_t)((int64_t)inside >> 63);
        marks &= ~inside;
    }
    while (marks != 0) {
        *out++ = base + (uint32_t)__builtin_ctzll(marks);
        marks &= marks - 1;
    }
    return out;
}

size_t text_index_fields(const char *text, size_t size, char delimiter, char quote, bool *in_quotes,
                         uint32_t *out) {
    uint32_t *next = out;
    uint64_t carry = *in_quotes ? UINT64_MAX : 0;
    size_t i = 0;
    for (; i + 64 <= size; i += 64) {
        next = text_index_block(text + i, (uint32_t)i, delimiter, quote, UINT64_MAX, &carry, next);
    }
    if (i < size) {
        char tail[64] = {0};
        memcpy(tail, text + i, size - i);
        uint64_t limit = ((uint64_t)1 << (size - i)) - 1;
        uint64_t before = carry;
        next = text_index_block(tail, (uint32_t)i, delimiter, quote, limit, &carry, next);
        /* the state after the last byte, not after the padding */
        uint64_t quotes = quote != '\0' ? text_mask(tail, quote) & limit : 0;
        carry = (__builtin_popcountll(quotes) & 1) ? ~before : before;
    }
    *in_quotes = carry != 0;
    return (size_t)(next - out);
}

#ifdef __SSE2__
/* The last 16 bytes may overlap those before: looking at a byte twice changes nothing. */
static inline bool text_any_of_block(const char *at, const __m128i *wanted) {
    __m128i x = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i hit =
        _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(x, wanted[0]), _mm_cmpeq_epi8(x, wanted[1])),
                     _mm_or_si128(_mm_cmpeq_epi8(x, wanted[2]), _mm_cmpeq_epi8(x, wanted[3])));
    return _mm_movemask_epi8(hit) != 0;
}
static inline bool text_json_special_block(const char *at) {
    __m128i x = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i hit =
        _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('"')), _mm_cmpeq_epi8(x, _mm_set1_epi8('\\')));
    hit = _mm_or_si128(hit, _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(0x1F)), x));
    return _mm_movemask_epi8(hit) != 0;
}
#endif

static inline bool text_json_special(char c) {
    return c == '"' || c == '\\' || (unsigned char)c < 0x20;
}

bool text_has_any(const char *text, size_t size, const char bytes[4]) {
    size_t i = 0;
#ifdef __SSE2__
    __m128i wanted[4];
    for (int k = 0; k < 4; k++) wanted[k] = _mm_set1_epi8(bytes[k]);
    for (; i + 16 <= size; i += 16) {
        if (text_any_of_block(text + i, wanted)) return true;
    }
    if (i > 0 && i < size) return text_any_of_block(text + size - 16, wanted);
#endif
    for (; i < size; i++) {
        char c = text[i];
        if (c == bytes[0] || c == bytes[1] || c == bytes[2] || c == bytes[3]) return true;
    }
    return false;
}

bool text_needs_json_escape(const char *text, size_t size) {
    size_t i = 0;
#ifdef __SSE2__
    for (; i + 16 <= size; i += 16) {
        if (text_json_special_block(text + i)) return true;
    }
    if (i > 0 && i < size) return text_json_special_block(text + size - 16);
#endif
    for (; i < size; i++) {
        if (text_json_special(text[i])) return true;
    }
    return false;
}

KERNEL_CLONES size_t text_count_byte(const char *text, size_t size, char byte) {
    size_t count = 0;
    for (size_t i = 0; i < size; i++) count += text[i] == byte;
    return count;
}
