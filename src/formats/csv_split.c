/* csv_split.c - see csv.h. */
#include "formats/csv.h"

#include "kernel/text_index.h"

static bool csv_has_escape(const csv_dialect *d) {
    return d->escape != '\0' && d->escape != d->quote;
}

/* Byte by byte: an escape hides the byte after it. */
static size_t csv_index_escaped(const char *text, size_t size, const csv_dialect *d,
                                uint32_t *marks) {
    size_t count = 0;
    bool inside = false;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (inside && c == d->escape)
            i++;
        else if (c == d->quote && d->quote != '\0')
            inside = !inside;
        else if (!inside && (c == d->delimiter || c == '\n'))
            marks[count++] = (uint32_t)i;
    }
    return count;
}

void csv_text_init(csv_text *t, const char *data, size_t size, const csv_dialect *d,
                   uint32_t *marks) {
    *t = (csv_text){.data = data, .size = size, .marks = marks};
    bool inside = false;
    t->mark_count = csv_has_escape(d)
                        ? csv_index_escaped(data, size, d, marks)
                        : text_index_fields(data, size, d->delimiter, d->quote, &inside, marks);
}

static csv_field csv_field_of(const csv_text *t, const csv_dialect *d, uint32_t start,
                              uint32_t end) {
    csv_field f = {start, end - start, false, false};
    if (f.size < 2 || d->quote == '\0' || t->data[start] != d->quote ||
        t->data[end - 1] != d->quote)
        return f;
    f.start++;
    f.size -= 2;
    f.quoted = true;
    f.escaped = memchr(t->data + f.start, d->quote, f.size) != NULL ||
                (csv_has_escape(d) && memchr(t->data + f.start, d->escape, f.size) != NULL);
    return f;
}

bool csv_next_row(csv_text *t, const csv_dialect *d, csv_field *out, uint32_t most,
                  uint32_t *count) {
    for (;;) {
        uint32_t start = t->row_start;
        uint32_t n = 0;
        bool ended = false;
        while (t->next_mark < t->mark_count && !ended) {
            uint32_t mark = t->marks[t->next_mark++];
            ended = t->data[mark] == '\n';
            uint32_t end = ended && mark > start && t->data[mark - 1] == '\r' ? mark - 1 : mark;
            if (n < most) out[n] = csv_field_of(t, d, start, end);
            n++;
            start = mark + 1;
        }
        if (n == 0) return false;
        uint32_t row_start = t->row_start;
        t->row_start = start;
        if (!ended) return false; /* an unfinished row: the reader gives whole rows only */
        bool blank = n == 1 && most > 0 && out[0].size == 0 && !out[0].quoted;
        if (blank || (d->comment != '\0' && t->data[row_start] == d->comment)) continue;
        *count = n;
        return true;
    }
}

uint32_t csv_unescape(const csv_text *t, const csv_dialect *d, const csv_field *f, char *out) {
    uint32_t n = 0;
    const char *from = t->data + f->start;
    bool escapes = csv_has_escape(d);
    for (uint32_t i = 0; i < f->size; i++) {
        bool doubled = from[i] == d->quote && i + 1 < f->size && from[i + 1] == d->quote;
        bool escaped = escapes && from[i] == d->escape && i + 1 < f->size;
        if (doubled || escaped) i++;
        out[n++] = from[i];
    }
    return n;
}

/* Backwards from the end: the parity of quotes tells whether a line end is inside quotes. */
size_t csv_whole_rows(const char *text, size_t size, const csv_dialect *d) {
    if (csv_has_escape(d)) {
        bool inside = false;
        size_t last = 0;
        for (size_t i = 0; i < size; i++) {
            if (inside && text[i] == d->escape)
                i++;
            else if (text[i] == d->quote && d->quote != '\0')
                inside = !inside;
            else if (!inside && text[i] == '\n')
                last = i + 1;
        }
        return last;
    }
    bool inside = d->quote != '\0' && (text_count_byte(text, size, d->quote) & 1) != 0;
    for (size_t i = size; i > 0; i--) {
        if (d->quote != '\0' && text[i - 1] == d->quote)
            inside = !inside;
        else if (text[i - 1] == '\n' && !inside)
            return i;
    }
    return 0;
}
