/* text_finder.h - where a string occurs in another, by their collation. One of these serves a call:
 *
 *     text_finder f = text_finder_on(call, call->arg_types[0].collation);
 *     for each row: TRY(text_finder_set(&f, text, needle));
 *                   while (text_finder_find(&f, from, &m)) …
 *
 * Matches of UTF8_LCASE and of locales may have other sizes than the needle. Trailing spaces of the
 * needle do not count under _RTRIM. */
#ifndef DBX_FUNCTIONS_TEXT_FINDER_H
#define DBX_FUNCTIONS_TEXT_FINDER_H

#include "functions/function.h"
#include "kernel/text.h"

/* Bytes [start, end) of the text. */
typedef struct text_match {
    size_t start, end;
} text_match;

typedef struct text_finder {
    fn_call *call;
    uint16_t collation;
    bool bytes; /* UTF8_BINARY without _RTRIM: needles are what they are */
    string_view text, needle;
    text_match *matches; /* of a locale: all of them, in order */
    uint32_t count, room;
} text_finder;

static inline text_finder text_finder_on(fn_call *call, uint16_t collation) {
    return (text_finder){.call = call, .collation = collation, .bytes = collation == 0};
}

dbx_status text_finder_prepare(text_finder *f) MUST_CHECK;
bool text_finder_next(const text_finder *f, size_t from, text_match *out);

static inline MUST_CHECK dbx_status text_finder_set(text_finder *f, string_view text,
                                                    string_view needle) {
    f->text = text;
    f->needle = needle;
    return LIKELY(f->bytes) ? DBX_OK : text_finder_prepare(f);
}

/* The first match that starts at or after byte `from`; an empty needle matches there. */
static inline bool text_finder_find(const text_finder *f, size_t from, text_match *out) {
    if (UNLIKELY(!f->bytes)) return text_finder_next(f, from, out);
    if (from > f->text.size) return false;
    const char *at =
        text_find(f->text.data + from, f->text.size - from, f->needle.data, f->needle.size);
    if (at == NULL) return false;
    out->start = (size_t)(at - f->text.data);
    out->end = out->start + f->needle.size;
    return true;
}

/* Does the needle match at the start, at the end of the text? *out is that match. */
bool text_finder_at_start(const text_finder *f, text_match *out);
bool text_finder_at_end(const text_finder *f, text_match *out);

#endif
