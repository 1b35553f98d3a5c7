/* like.c - matching by segments: since % takes anything, the leftmost place of each segment is as
 * good as any other, and no backtracking is needed. */
#include "kernel/like.h"

uint32_t like_segment_bound(const char *pattern, size_t size) {
    uint32_t count = 1;
    for (size_t i = 0; i < size; i++) count += pattern[i] == '%';
    return count;
}

like_status like_compile(const char *pattern, size_t size, char escape, char *text,
                         like_segment *segments, like_pattern *out) {
    uint32_t n = 0, count = 0;
    like_segment current = {0, 0, false};
    if (size > UINT32_MAX / 2) return LIKE_TOO_LONG;
    for (size_t i = 0; i < size; i++) {
        char c = pattern[i];
        if (c == escape) {
            if (++i == size) return LIKE_ESCAPE_AT_END;
            if (pattern[i] != '_' && pattern[i] != '%' && pattern[i] != escape)
                return LIKE_ESCAPE_IN_MIDDLE;
            text[n++] = pattern[i];
        } else if (c == '%') {
            current.size = n - current.offset;
            segments[count++] = current;
            current = (like_segment){n, 0, false};
        } else if (c == '_') {
            text[n++] = LIKE_ANY_CHAR;
            current.has_any = true;
        } else {
            text[n++] = c;
        }
    }
    current.size = n - current.offset;
    segments[count++] = current;
    *out = (like_pattern){text, segments, count};
    return LIKE_OK;
}

/* Does the segment stand at the start of text? Returns the bytes it takes, or SIZE_MAX. */
static size_t like_at(const char *segment, size_t segment_size, bool has_any, const char *text,
                      size_t size) {
    if (!has_any)
        return segment_size <= size && memcmp(text, segment, segment_size) == 0 ? segment_size
                                                                                : SIZE_MAX;
    size_t at = 0;
    for (size_t i = 0; i < segment_size; i++) {
        if (at == size) return SIZE_MAX;
        if (segment[i] == LIKE_ANY_CHAR)
            at += text_char_size(text + at, size - at);
        else if (segment[i] == text[at])
            at++;
        else
            return SIZE_MAX;
    }
    return at;
}

bool like_match(const like_pattern *p, const char *text, size_t size) {
    const like_segment *s = p->segments;
    size_t taken = like_at(p->text + s->offset, s->size, s->has_any, text, size);
    if (taken == SIZE_MAX) return false;
    if (p->count == 1) return taken == size;
    text += taken;
    size -= taken;
    for (uint32_t k = 1; k + 1 < p->count; k++) {
        s = &p->segments[k];
        const char *segment = p->text + s->offset;
        if (!s->has_any) {
            const char *at = text_find(text, size, segment, s->size);
            if (at == NULL) return false;
            taken = (size_t)(at - text) + s->size;
        } else {
            size_t start = 0;
            while ((taken = like_at(segment, s->size, true, text + start, size - start)) ==
                   SIZE_MAX) {
                if (start == size) return false;
                start += text_char_size(text + start, size - start);
            }
            taken += start;
        }
        text += taken;
        size -= taken;
    }
    s = &p->segments[p->count - 1];
    const char *segment = p->text + s->offset;
    if (!s->has_any) return s->size <= size && memcmp(text + size - s->size, segment, s->size) == 0;
    for (size_t start = 0;; start += text_char_size(text + start, size - start)) {
        if (like_at(segment, s->size, true, text + start, size - start) == size - start)
            return true;
        if (start >= size) return false;
    }
}
