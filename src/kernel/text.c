/* text.c - substring search compares the first and the last byte of the needle over 16 positions at
 * once; only where both agree are the bytes between compared. */
#include "kernel/text.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static const char *text_find_plain(const char *text, size_t size, const char *needle,
                                   size_t needle_size) {
    for (size_t i = 0; i + needle_size <= size; i++) {
        const char *at = memchr(text + i, needle[0], size - needle_size + 1 - i);
        if (at == NULL) return NULL;
        if (memcmp(at, needle, needle_size) == 0) return at;
        i = (size_t)(at - text);
    }
    return NULL;
}

const char *text_find(const char *text, size_t size, const char *needle, size_t needle_size) {
    if (needle_size == 0) return text;
    if (size < needle_size) return NULL;
    if (needle_size == 1) return memchr(text, needle[0], size);
#ifdef __SSE2__
    const __m128i first = _mm_set1_epi8(needle[0]), last = _mm_set1_epi8(needle[needle_size - 1]);
    size_t i = 0;
    for (; i + needle_size - 1 + 16 <= size; i += 16) {
        __m128i a = _mm_loadu_si128((const __m128i *)(const void *)(text + i));
        __m128i b = _mm_loadu_si128((const __m128i *)(const void *)(text + i + needle_size - 1));
        uint32_t mask = (uint32_t)_mm_movemask_epi8(
            _mm_and_si128(_mm_cmpeq_epi8(a, first), _mm_cmpeq_epi8(b, last)));
        while (mask != 0) {
            uint32_t bit = (uint32_t)__builtin_ctz(mask);
            if (memcmp(text + i + bit + 1, needle + 1, needle_size - 2) == 0) return text + i + bit;
            mask &= mask - 1;
        }
    }
    return text_find_plain(text + i, size - i, needle, needle_size);
#else
    return text_find_plain(text, size, needle, needle_size);
#endif
}

bool text_is_ascii(const char *text, size_t size) {
    uint64_t any = 0, word;
    size_t i = 0;
    for (; i + 8 <= size; i += 8) {
        memcpy(&word, text + i, 8);
        any |= word;
    }
    for (; i < size; i++) any |= (uint64_t)(unsigned char)text[i];
    return (any & 0x8080808080808080u) == 0;
}

KERNEL_CLONES size_t text_length(const char *text, size_t size) {
    size_t count = 0;
    for (size_t i = 0; i < size; i++) count += ((unsigned char)text[i] & 0xC0) != 0x80;
    return count;
}

size_t text_offset(const char *text, size_t size, size_t index) {
    size_t at = 0;
    for (; at < size; at++) {
        if (text_is_continuation(text[at])) continue;
        if (index-- == 0) return at;
    }
    return size;
}
