/* text.h - bytes and UTF-8: searching, counting, positions. Invalid UTF-8 is safe: a stray byte
 * counts as one character, and nothing is read past the end. */
#ifndef DBX_KERNEL_TEXT_H
#define DBX_KERNEL_TEXT_H

#include "kernel/kernel.h"

/* First occurrence of the needle, or NULL; an empty needle is found at once. */
const char *text_find(const char *text, size_t size, const char *needle, size_t needle_size);
bool text_is_ascii(const char *text, size_t size);
/* Number of code points. */
size_t text_length(const char *text, size_t size);

static inline bool text_is_continuation(char c) {
    return ((unsigned char)c & 0xC0) == 0x80;
}
/* Bytes of the character at text[0]; size > 0. */
static inline size_t text_char_size(const char *text, size_t size) {
    size_t n = 1;
    unsigned char c = (unsigned char)text[0];
    size_t want = c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    while (n < want && n < size && text_is_continuation(text[n])) n++;
    return n;
}
/* Byte offset of character `index`; size when there are fewer. */
size_t text_offset(const char *text, size_t size, size_t index);

#endif
