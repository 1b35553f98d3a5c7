/* text_index.h - finding the bytes that structure delimited text, 64 at a time. */
#ifndef DBX_KERNEL_TEXT_INDEX_H
#define DBX_KERNEL_TEXT_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes the offsets of every `delimiter` and '\n' outside of quotes to out (room for `size`
 * entries) and returns their number. quote '\0': there is none. *in_quotes is the state before the
 * text, and after it on return. A doubled quote inside quotes toggles twice and so needs no care.
 */
size_t text_index_fields(const char *text, size_t size, char delimiter, char quote, bool *in_quotes,
                         uint32_t *out);

/* Does the text hold one of four bytes (repeat one when there are fewer)? */
bool text_has_any(const char *text, size_t size, const char bytes[4]);
/* Does it hold a quote, a backslash or a control character? */
bool text_needs_json_escape(const char *text, size_t size);

/* Occurrences of a byte. */
size_t text_count_byte(const char *text, size_t size, char byte);

#endif
