/* width.c - see shell.h. Widths come from utf8proc (East Asian wide, combining marks, emoji). */
#include "shell.h"

#include <utf8proc.h>

static size_t width_decode(const char *data, size_t size, int32_t *point) {
    utf8proc_ssize_t n =
        utf8proc_iterate((const utf8proc_uint8_t *)data, (utf8proc_ssize_t)size, point);
    if (n > 0) return (size_t)n;
    *point = 0xFFFD;
    return 1;
}

static uint32_t width_of_point(int32_t point) {
    if (point < 32 || point == 127) return 1;
    int w = utf8proc_charwidth(point);
    return w < 0 ? 1 : (uint32_t)w;
}

/* Most terminals give each code point its own columns, also when several make one emoji; columns
 * are counted as they do, while the cursor moves over the whole character. */
size_t width_step(const char *data, size_t size) {
    if (size == 0) return 0;
    int32_t point, next, state = 0;
    size_t at = width_decode(data, size, &point);
    while (at < size) {
        size_t n = width_decode(data + at, size - at, &next);
        if (utf8proc_grapheme_break_stateful(point, next, &state)) break;
        point = next;
        at += n;
    }
    return at;
}

uint32_t width_of(const char *data, size_t size) {
    uint32_t width = 0;
    for (size_t i = 0; i < size;) {
        int32_t point;
        i += width_decode(data + i, size - i, &point);
        width += width_of_point(point);
    }
    return width;
}

size_t width_fit(const char *data, size_t size, uint32_t columns, uint32_t *used) {
    size_t i = 0;
    *used = 0;
    while (i < size) {
        size_t n = width_step(data + i, size - i);
        uint32_t w = width_of(data + i, n);
        if (*used + w > columns) break;
        *used += w;
        i += n;
    }
    return i;
}
