/* text_build.h - a string made piece by piece in the arena of a call. Pieces of one string lie
 * together; what a finished string leaves free is the next one's. */
#ifndef DBX_FUNCTIONS_TEXT_BUILD_H
#define DBX_FUNCTIONS_TEXT_BUILD_H

#include "functions/text_out.h"

typedef struct text_build {
    fn_call *call;
    char *data;
    size_t size, room;
} text_build;

static inline text_build text_build_on(fn_call *call) {
    return (text_build){.call = call};
}
static inline MUST_CHECK dbx_status text_build_reserve(text_build *b, size_t extra) {
    if (LIKELY(extra <= b->room - b->size)) return DBX_OK;
    size_t room = (b->size + extra) * 2 + 256;
    char *data = b->size + extra > INT32_MAX ? NULL : text_room(b->call, room);
    if (data == NULL) return error_nomem(b->call->err);
    if (b->size > 0) memcpy(data, b->data, b->size);
    b->data = data;
    b->room = room;
    return DBX_OK;
}
static inline MUST_CHECK dbx_status text_build_add(text_build *b, const char *bytes, size_t size) {
    TRY(text_build_reserve(b, size));
    if (size > 0) memcpy(b->data + b->size, bytes, size);
    b->size += size;
    return DBX_OK;
}
static inline MUST_CHECK dbx_status text_build_char(text_build *b, char c) {
    return text_build_add(b, &c, 1);
}
/* The finished string; the builder starts another. */
static inline vstring text_build_take(text_build *b) {
    vstring s = vstring_from(b->data == NULL ? "" : b->data, b->size);
    if (b->size > VSTRING_INLINE_MAX) {
        b->data += b->size;
        b->room -= b->size;
    }
    b->size = 0;
    return s;
}
static inline void text_build_end(text_build *b, vector *out, uint32_t r) {
    text_set(out, r, text_build_take(b));
}

#endif
