/* csv_split.c - see csv.h. */
#include "formats/csv.h"

static bool csv_has_escape(const csv_dialect *d) {
    return d->escape != '\0' && d->escape != d->quote;
}

/* Byte by byte: an escape hides the byte after it. */
static void csv_index_escaped(const char *text, size_t size, const csv_dialect *d, uint32_t *marks,
                              size_t *count, uint32_t *line_ends, size_t *lines) {
    bool inside = false;
    size_t n = 0, rows = 0;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (inside && c == d->escape) {
            i++;
        } else if (c == d->quote && d->quote != '\0') {
            inside = !inside;
        } else if (!inside && (c == d->line_end || (c == d->delimiter && c != '\0'))) {
            if (c == d->line_end) line_ends[rows++] = (uint32_t)n;
            marks[n++] = (uint32_t)i;
        }
    }
    *count = n;
    *lines = rows;
}

/* marks: the sentinel, marks, slack, line ends. */
void csv_text_init(csv_text *t, const char *data, size_t size, const csv_dialect *d,
                   uint32_t *marks) {
    uint32_t *line_ends = marks + 1 + size + TEXT_INDEX_SLACK;
    size_t count, lines;
    marks[0] = UINT32_MAX;
    if (csv_has_escape(d))
        csv_index_escaped(data, size, d, marks + 1, &count, line_ends, &lines);
    else
        text_index_fields(data, size, d->delimiter, d->quote, d->line_end, marks + 1, &count,
                          line_ends, &lines);
    *t = (csv_text){.data = data,
                    .size = size,
                    .marks = marks + 1,
                    .line_ends = line_ends,
                    .rows = (uint32_t)lines,
                    .has_carriage = memchr(data, '\r', size) != NULL};
}

csv_field csv_field_of(const csv_text *t, const csv_dialect *d, string_view raw) {
    csv_field f = {(uint32_t)(raw.data - t->data), (uint32_t)raw.size, false, false};
    if (f.size < 2 || d->quote == '\0' || raw.data[0] != d->quote ||
        raw.data[raw.size - 1] != d->quote)
        return f;
    f.start++;
    f.size -= 2;
    f.quoted = true;
    f.escaped = memchr(t->data + f.start, d->quote, f.size) != NULL ||
                (csv_has_escape(d) && memchr(t->data + f.start, d->escape, f.size) != NULL);
    return f;
}

bool csv_row_is_empty(const csv_text *t, const csv_dialect *d, uint32_t row) {
    uint32_t first = csv_row_first(t, row);
    bool single = t->line_ends[row] == first;
    string_view text = csv_field_text(t, first, single);
    if (single && text.size == 0) return true;
    return d->comment != '\0' && text.size > 0 && text.data[0] == d->comment;
}

bool csv_next_row(csv_text *t, const csv_dialect *d, csv_field *out, uint32_t most,
                  uint32_t *count) {
    while (t->next_row < t->rows && csv_row_is_empty(t, d, t->next_row)) t->next_row++;
    if (t->next_row >= t->rows) return false;
    uint32_t row = t->next_row++, first = csv_row_first(t, row);
    *count = t->line_ends[row] - first + 1;
    for (uint32_t i = 0; i < MIN(*count, most); i++)
        out[i] = csv_field_of(t, d, csv_field_text(t, first + i, i + 1 == *count));
    return true;
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
            else if (!inside && text[i] == d->line_end)
                last = i + 1;
        }
        return last;
    }
    bool inside = d->quote != '\0' && (text_count_byte(text, size, d->quote) & 1) != 0;
    for (size_t i = size; i > 0; i--) {
        if (d->quote != '\0' && text[i - 1] == d->quote)
            inside = !inside;
        else if (text[i - 1] == d->line_end && !inside)
            return i;
    }
    return 0;
}
