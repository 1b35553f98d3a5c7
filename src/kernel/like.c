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

/* ---- many strings ---------------------------------------------------------------------------- */

enum { LIKE_NEEDLE_MIN = 2, LIKE_STRETCH_MIN = 8 };

/* The longest segment without _, or NULL when looking for it does not pay: a pattern that is anchored
 * at its start fails there for most rows. */
static const like_segment *like_needle(const like_pattern *p) {
    const like_segment *best = NULL;
    if (p->count == 1 || p->segments[0].size > 0) return NULL;
    for (uint32_t k = 0; k < p->count; k++) {
        const like_segment *s = &p->segments[k];
        if (!s->has_any && s->size >= LIKE_NEEDLE_MIN && (best == NULL || s->size > best->size))
            best = s;
    }
    return best;
}

static bool like_follows(const dbx_string *a, const dbx_string *b) {
    return a->size > sizeof(a->prefix) + sizeof(a->u.rest) &&
           b->size > sizeof(b->prefix) + sizeof(b->u.rest) && a->u.data + a->size == b->u.data;
}

/* The strings of rows first to end lie one behind the other; their matches are 0. */
static void like_match_stretch(const like_pattern *p, const like_segment *needle,
                               const dbx_string *strings, const kernel_sel *sel, size_t first,
                               size_t end, uint8_t *matches) {
    const dbx_string *last = &strings[sel != NULL ? sel[end - 1] : end - 1];
    const char *stop = last->u.data + last->size;
    size_t at = first;
    const dbx_string *s = &strings[sel != NULL ? sel[at] : at];
    for (const char *from = s->u.data; at < end;) {
        const char *hit =
            text_find(from, (size_t)(stop - from), p->text + needle->offset, needle->size);
        if (hit == NULL) return;
        while (hit >= s->u.data + s->size) {
            if (++at == end) return;
            s = &strings[sel != NULL ? sel[at] : at];
        }
        if (hit + needle->size > s->u.data + s->size) { /* across two rows */
            from = hit + 1;
            continue;
        }
        matches[sel != NULL ? sel[at] : at] = like_match(p, s->u.data, s->size);
        from = s->u.data + s->size;
    }
}

void like_match_strings(const like_pattern *p, const dbx_string *strings, const kernel_sel *sel,
                        size_t count, uint8_t *matches) {
    const like_segment *needle = like_needle(p);
    for (size_t first = 0; first < count;) {
        size_t end = first + 1;
        while (needle != NULL && end < count &&
               like_follows(&strings[sel != NULL ? sel[end - 1] : end - 1],
                            &strings[sel != NULL ? sel[end] : end]))
            end++;
        bool searched = end - first >= LIKE_STRETCH_MIN;
        for (size_t k = first; k < end; k++) {
            size_t r = sel != NULL ? sel[k] : k;
            matches[r] =
                searched ? 0 : like_match(p, dbx_string_data(&strings[r]), strings[r].size);
        }
        if (searched) like_match_stretch(p, needle, strings, sel, first, end, matches);
        first = end;
    }
}
