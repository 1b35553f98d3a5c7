/* base64.h - base64 (RFC 4648) to and from bytes. */
#ifndef DBX_KERNEL_BASE64_H
#define DBX_KERNEL_BASE64_H

#include "kernel/kernel.h"

/* Bytes of the text of `size` bytes, with padding. */
static inline size_t base64_encoded_size(size_t size) {
    return (size + 2) / 3 * 4;
}
void base64_encode(const char *from, size_t size, char *out);
/* Room that base64_decode needs for a text of `size` characters. */
static inline size_t base64_decoded_room(size_t size) {
    return size / 4 * 3 + 3;
}
/* Padding may be left out. Characters outside the alphabet are passed over (as MIME does), or, when
 * strict, only white space is. False when malformed. */
bool base64_decode(const char *text, size_t size, bool strict, char *out, size_t *out_size);

#endif
