/* text_out.h - how kernels make strings: bytes of more than 12 go to the call's arena, parts of
 * arguments are borrowed. */
#ifndef DBX_FUNCTIONS_TEXT_OUT_H
#define DBX_FUNCTIONS_TEXT_OUT_H

#include "functions/kernel_call.h"

/* Arguments' bytes live as long as the result chunk: a substring borrows them. */
static inline void text_borrow(vector *out, uint32_t r, const char *data, size_t size) {
    VECTOR_DATA(out, vstring)[r] = vstring_from(data, size);
}
static inline void text_set(vector *out, uint32_t r, vstring s) {
    VECTOR_DATA(out, vstring)[r] = s;
}
/* Room for `size` bytes that text_borrow may then be given; NULL when out of memory. */
static inline char *text_room(fn_call *call, size_t size) {
    if (UNLIKELY(size > UINT32_MAX)) return NULL;
    return arena_alloc_bytes(call->arena, size + 1);
}
/* Copies bytes that do not live long enough. */
static inline MUST_CHECK dbx_status text_copy(fn_call *call, vector *out, uint32_t r,
                                              const char *data, size_t size) {
    if (size > VSTRING_INLINE_MAX) {
        char *room = text_room(call, size);
        if (room == NULL) return error_nomem(call->err);
        memcpy(room, data, size);
        data = room;
    }
    text_borrow(out, r, data, size);
    return DBX_OK;
}

/* Values of row r of an argument whose view is `view`. */
static inline const vstring *text_arg(const vector_view *view, uint32_t r) {
    return &((const vstring *)view->data)[view_index(view, r)];
}
static inline int32_t int_arg(const vector_view *view, uint32_t r) {
    return ((const int32_t *)view->data)[view_index(view, r)];
}
static inline int64_t bigint_arg(const vector_view *view, uint32_t r) {
    return ((const int64_t *)view->data)[view_index(view, r)];
}
static inline double double_arg(const vector_view *view, uint32_t r) {
    return ((const double *)view->data)[view_index(view, r)];
}

#endif
