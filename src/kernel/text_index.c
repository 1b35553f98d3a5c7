/* text_index.c - see text_index.h. Comparison masks of 64 bytes become one word; the bits inside
 * quotes follow from a prefix XOR of the quote bits (Langdale & Lemire, VLDB Journal 2019,
 * section 3.1). */
#include "kernel/text_index.h"

#include "kernel/kernel.h"

#include <string.h>

#ifdef __SSE2__
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
KERNEL_INLINE uint64_t text_prefix_xor(uint64_t bits) {
    for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
    return bits;
}

typedef struct text_index_state {
    uint32_t *out, *next; /* marks */
    uint32_t *line_next;
    uint64_t carry; /* all ones within quotes */
} text_index_state;

/* Takes what is within quotes out of the masks. */
KERNEL_INLINE void text_index_unquote(uint64_t quotes, uint64_t *marks, uint64_t *lines,
                                      text_index_state *s) {
    if (quotes == 0 && s->carry == 0) return;
    uint64_t inside = text_prefix_xor(quotes) ^ s->carry;
    s->carry = (uint64_t)((int64_t)inside >> 63);
    *marks &= ~inside;
    *lines &= ~inside;
}

KERNEL_INLINE void text_index_lines(uint64_t marks, uint64_t lines, text_index_state *s) {
    uint32_t before = (uint32_t)(s->next - s->out);
    for (; lines != 0; lines &= lines - 1) {
        uint64_t lower = (lines & (0 - lines)) - 1;
        *s->line_next++ = before + (uint32_t)__builtin_popcountll(marks & lower);
    }
}

static inline void text_index_block(const char *at, uint32_t base, char delimiter, char quote,
                                    char line_end, uint64_t limit, text_index_state *s) {
    uint64_t lines = text_mask(at, line_end) & limit;
    uint64_t marks = lines;
    if (delimiter != '\0') marks |= text_mask(at, delimiter) & limit;
    if (quote != '\0') text_index_unquote(text_mask(at, quote) & limit, &marks, &lines, s);
    text_index_lines(marks, lines, s);
    uint32_t *next = s->next;
    for (; marks != 0; marks &= marks - 1) *next++ = base + (uint32_t)__builtin_ctzll(marks);
    s->next = next;
}

#if defined(__x86_64__) && defined(DBX_KERNEL_CLONES)
#define TEXT_INDEX_AVX512
#include <immintrin.h>

/* Whole blocks of 64 bytes; returns how many bytes it took. */
__attribute__((target("avx512f,avx512bw,avx512vl,popcnt,bmi"))) static size_t
text_index_avx512(const char *text, size_t size, char delimiter, char quote, char line_end,
                  text_index_state *s) {
    const __m512i delimiters = _mm512_set1_epi8(delimiter), quotes = _mm512_set1_epi8(quote),
                  ends = _mm512_set1_epi8(line_end), sixteen = _mm512_set1_epi32(16);
    const __m512i first = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const uint64_t delimits = delimiter != '\0' ? UINT64_MAX : 0;
    const uint64_t quotes_count = quote != '\0' ? UINT64_MAX : 0;
    size_t i = 0;
    for (; i + 64 <= size; i += 64) {
        __m512i x = _mm512_loadu_si512((const void *)(text + i));
        uint64_t lines = _mm512_cmpeq_epi8_mask(x, ends);
        uint64_t marks = lines | (_mm512_cmpeq_epi8_mask(x, delimiters) & delimits);
        text_index_unquote(_mm512_cmpeq_epi8_mask(x, quotes) & quotes_count, &marks, &lines, s);
        text_index_lines(marks, lines, s);
        __m512i offsets = _mm512_add_epi32(first, _mm512_set1_epi32((int)i));
        for (int quarter = 0; quarter < 4; quarter++, marks >>= 16) {
            __m512i packed = _mm512_maskz_compress_epi32((__mmask16)marks, offsets);
            _mm512_storeu_si512((void *)s->next, packed);
            s->next += __builtin_popcountll(marks & 0xFFFF);
            offsets = _mm512_add_epi32(offsets, sixteen);
        }
    }
    return i;
}
#endif

void text_index_fields(const char *text, size_t size, char delimiter, char quote, char line_end,
                       uint32_t *out, size_t *count, uint32_t *line_ends, size_t *lines) {
    text_index_state s = {.out = out, .next = out, .line_next = line_ends};
    size_t i = 0;
#ifdef TEXT_INDEX_AVX512
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        i = text_index_avx512(text, size, delimiter, quote, line_end, &s);
#endif
    for (; i + 64 <= size; i += 64)
        text_index_block(text + i, (uint32_t)i, delimiter, quote, line_end, UINT64_MAX, &s);
    if (i < size) {
        char tail[64] = {0};
        memcpy(tail, text + i, size - i);
        uint64_t limit = ((uint64_t)1 << (size - i)) - 1;
        text_index_block(tail, (uint32_t)i, delimiter, quote, line_end, limit, &s);
    }
    *count = (size_t)(s.next - out);
    *lines = (size_t)(s.line_next - line_ends);
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
