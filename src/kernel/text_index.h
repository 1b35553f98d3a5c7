/* text_index.h - finding the bytes that structure delimited text, 64 at a time. */
#ifndef DBX_KERNEL_TEXT_INDEX_H
#define DBX_KERNEL_TEXT_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Writes the offsets of every `delimiter` and `line_end` outside of quotes to out and their number
 * to *count; the index (in out) of each line end goes to line_ends, their number to *lines.
 * line_ends has room for `size` entries, out for TEXT_INDEX_SLACK more. quote or delimiter '\0':
 * there is none. The text begins outside of quotes. A doubled quote inside quotes toggles twice and
 * so needs no care. */
enum { TEXT_INDEX_SLACK = 16 };
void text_index_fields(const char *text, size_t size, char delimiter, char quote, char line_end,
                       uint32_t *out, size_t *count, uint32_t *line_ends, size_t *lines);

/* Does the text hold one of four bytes (repeat one when there are fewer)? */
bool text_has_any(const char *text, size_t size, const char bytes[4]);
/* Does it hold a quote, a backslash or a control character? */
bool text_needs_json_escape(const char *text, size_t size);

/* The first of two bytes in [at, end), or `end` (or beyond). 15 bytes behind the end are readable.
 */
static inline const char *text_find_either(const char *at, const char *end, char a, char b) {
#ifdef __SSE2__
    __m128i wanted_a = _mm_set1_epi8(a), wanted_b = _mm_set1_epi8(b);
    for (; at < end; at += 16) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(x, wanted_a), _mm_cmpeq_epi8(x, wanted_b));
        uint32_t mask = (uint32_t)_mm_movemask_epi8(hit);
        if (mask != 0) return at + __builtin_ctz(mask);
    }
    return end;
#else
    while (at < end && *at != a && *at != b) at++;
    return at;
#endif
}

/* Occurrences of a byte. */
size_t text_count_byte(const char *text, size_t size, char byte);

#endif
