/* csv_dialect.c - guessing a CSV file's dialect, header, names and types from its start.
 *
 * The delimiter is the one that cuts most rows into the same number (more than one) of fields. A
 * header is a first row that differs from the rest: text above a column of other values, or else
 * names that no row below repeats.
 */
#include "formats/csv.h"

#include <math.h>
#include <stdio.h>

enum { CSV_GUESS_ROWS = 1000, CSV_NAME_MAX = 256 };

/* ---- delimiter ---- */

typedef struct csv_score {
    double consistency; /* share of rows with the most frequent field count */
    uint32_t fields;
} csv_score;

static csv_score csv_score_delimiter(const char *sample, size_t size, csv_dialect d,
                                     uint32_t *marks) {
    csv_text t;
    csv_text_init(&t, sample, size, &d, marks);
    uint32_t counts[CSV_GUESS_ROWS];
    uint32_t rows = 0;
    csv_field first;
    while (rows < CSV_GUESS_ROWS && csv_next_row(&t, &d, &first, 1, &counts[rows])) rows++;
    csv_score best = {0, 1};
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t same = 0;
        for (uint32_t k = 0; k < rows; k++) same += counts[k] == counts[i];
        double consistency = (double)same / rows;
        if (consistency > best.consistency) best = (csv_score){consistency, counts[i]};
        if (best.consistency > 0.5) break;
    }
    return best;
}

static bool csv_score_better(csv_score x, csv_score y) {
    if ((x.fields > 1) != (y.fields > 1)) return x.fields > 1;
    if (fabs(x.consistency - y.consistency) > 0.02) return x.consistency > y.consistency;
    return x.fields > y.fields;
}

static char csv_guess_delimiter(const char *sample, size_t size, const csv_dialect *d,
                                bool prefer_tab, uint32_t *marks) {
    static const char candidates[] = {',', '\t', ';', '|'};
    char best = prefer_tab ? '\t' : ',';
    csv_dialect trial = *d;
    trial.delimiter = best;
    csv_score best_score = csv_score_delimiter(sample, size, trial, marks);
    for (uint32_t i = 0; i < sizeof(candidates); i++) {
        trial.delimiter = candidates[i];
        csv_score score = csv_score_delimiter(sample, size, trial, marks);
        if (!csv_score_better(score, best_score)) continue;
        best = candidates[i];
        best_score = score;
    }
    return best;
}

/* A backslash before a quote inside a quoted field, where the quote does not end it. *seen: there
 * are quotes within quotes at all. */
static bool csv_uses_backslash(const char *sample, size_t size, char quote, bool *seen) {
    uint32_t escaped = 0, doubled = 0;
    for (size_t i = 0; i + 2 < size; i++) {
        bool ends = sample[i + 2] == '\n' || sample[i + 2] == '\r' || sample[i + 2] == ',' ||
                    sample[i + 2] == ';';
        if (sample[i] == '\\' && sample[i + 1] == quote && !ends) escaped++;
        if (sample[i] == quote && sample[i + 1] == quote && !ends) doubled++;
    }
    *seen = escaped + doubled > 0;
    return escaped > doubled;
}

bool csv_guess_escape(const char *sample, size_t size, csv_dialect *d) {
    bool seen;
    bool backslash = csv_uses_backslash(sample, size, d->quote, &seen);
    d->escape = backslash ? '\\' : d->quote;
    return seen;
}

/* ---- types ---- */

static string_view csv_view(const csv_text *t, const csv_field *f) {
    return (string_view){t->data + f->start, f->size};
}

/* Folds all rows, or the share of them that is asked for; returns their number. */
static uint32_t csv_guess_types(csv_text *t, const csv_guess_input *in, const csv_dialect *d,
                                uint32_t columns, bool whole_rows_only, csv_field *fields,
                                csv_column_guess *out) {
    uint32_t rows = 0, count;
    double looked_at = 0;
    while (csv_next_row(t, d, fields, columns, &count)) {
        rows++;
        looked_at += in->sampling_ratio;
        if (rows > 1 && looked_at < 1) continue;
        looked_at -= 1;
        if (whole_rows_only && count != columns) continue;
        for (uint32_t c = 0; c < MIN(count, columns); c++) {
            string_view text = csv_view(t, &fields[c]);
            if (text.size == 0 && !fields[c].quoted) continue;
            if (in->values.null_text.size > 0 && sv_equal(text, in->values.null_text)) continue;
            out[c].seen = true;
            if (out[c].kinds != 0) out[c].kinds &= text_value_kinds(sv_trim(text), &in->values);
        }
    }
    return rows;
}

static void csv_guess_start(csv_column_guess *out, uint32_t columns) {
    for (uint32_t c = 0; c < columns; c++) out[c] = (csv_column_guess){TEXT_IS_ANY, false};
}

/* ---- header ---- */

static bool csv_repeats(csv_text body, const csv_dialect *d, string_view name, uint32_t column,
                        csv_field *fields, uint32_t columns) {
    uint32_t count;
    for (uint32_t row = 0; row < CSV_GUESS_ROWS && csv_next_row(&body, d, fields, columns, &count);
         row++) {
        if (column < count && sv_equal(csv_view(&body, &fields[column]), name)) return true;
    }
    return false;
}

static bool csv_is_header(const csv_text *after_first, const csv_guess_input *in,
                          const csv_dialect *d, const csv_text *t, const csv_field *first,
                          uint32_t columns, const csv_column_guess *types, uint32_t body_rows,
                          csv_field *fields) {
    bool differs = false;
    for (uint32_t c = 0; c < columns; c++) {
        string_view name = csv_view(t, &first[c]);
        if (name.size > CSV_NAME_MAX) return false;
        if (name.size > 0 && text_value_kinds(sv_trim(name), &in->values) != 0)
            return false; /* a value, not a name */
        differs = differs || (types[c].seen && types[c].kinds != 0);
        for (uint32_t k = 0; k < c; k++) {
            if (name.size > 0 && sv_equal(name, csv_view(t, &first[k]))) return differs;
        }
    }
    if (differs) return true;
    for (uint32_t c = 0; c < columns; c++) {
        string_view name = csv_view(t, &first[c]);
        if (name.size == 0 || csv_repeats(*after_first, d, name, c, fields, columns)) return false;
    }
    return body_rows > 0;
}

/* ---- names ---- */

static bool csv_name_taken(const string_view *names, uint32_t count, string_view name) {
    for (uint32_t i = 0; i < count; i++) {
        if (sv_equal_ignore_case(names[i], name)) return true;
    }
    return false;
}

static dbx_status csv_name_columns(const csv_text *t, const csv_dialect *d, const csv_field *first,
                                   uint32_t columns, arena *a, string_view *names) {
    for (uint32_t c = 0; c < columns; c++) {
        string_view name = {0};
        if (d->header && first[c].size > 0) {
            char *text = arena_alloc_bytes(a, first[c].size + 1);
            if (text == NULL) return DBX_NOMEM;
            uint32_t size = first[c].size;
            if (first[c].escaped)
                size = csv_unescape(t, d, &first[c], text);
            else
                memcpy(text, t->data + first[c].start, size);
            text[size] = '\0';
            name = sv_trim((string_view){text, size});
        }
        if (name.size == 0 || csv_name_taken(names, c, name)) {
            char *made = name.size == 0 ? arena_printf(a, "_c%u", c)
                                        : arena_printf(a, SV_FMT "%u", SV_ARG(name), c);
            if (made == NULL) return DBX_NOMEM;
            name = sv_from(made);
        }
        names[c] = name;
    }
    return DBX_OK;
}

/* ---- all together ---- */

static uint32_t csv_field_count(csv_text t, const csv_dialect *d) {
    uint32_t first = 0;
    csv_field field;
    return csv_next_row(&t, d, &field, 1, &first) ? MIN(first, (uint32_t)CSV_COLUMNS_MAX) : 0;
}

static dbx_status csv_guess_columns(csv_text *t, const csv_guess_input *in, csv_dialect *d,
                                    uint32_t columns, arena *a, arena *scratch, csv_guess *out) {
    csv_field *first = ARENA_ARRAY(scratch, csv_field, columns);
    csv_field *fields = ARENA_ARRAY(scratch, csv_field, columns);
    csv_column_guess *body = ARENA_ARRAY(a, csv_column_guess, columns);
    out->names = ARENA_ARRAY(a, string_view, columns);
    out->columns = body;
    if (first == NULL || fields == NULL || body == NULL || out->names == NULL) return DBX_NOMEM;
    csv_text start = *t;
    uint32_t count;
    (void)csv_next_row(t, d, first, columns, &count);
    csv_text after_first = *t;
    csv_guess_start(body, columns);
    uint32_t rows = csv_guess_types(t, in, d, columns, false, fields, body);
    if (!in->header_given)
        d->header = csv_is_header(&after_first, in, d, t, first, columns, body, rows, fields);
    if (!d->header) {
        csv_text again = start;
        csv_guess_start(body, columns);
        rows = csv_guess_types(&again, in, d, columns, false, fields, body);
    }
    TRY(csv_name_columns(t, d, first, columns, a, out->names));
    for (uint32_t c = 0; c < columns && !in->infer_types; c++)
        body[c] = (csv_column_guess){0, true};
    out->column_count = columns;
    out->row_bytes = rows > 0 ? (double)t->size / rows : (double)MAX(t->size, (size_t)1);
    return DBX_OK;
}

dbx_status csv_guess_schema(const char *sample, size_t size, const csv_guess_input *in,
                            csv_dialect *dialect, arena *a, ledger *scratch, csv_guess *out) {
    memset(out, 0, sizeof(*out));
    arena temporary;
    arena_init(&temporary, scratch);
    uint32_t *marks = arena_alloc(&temporary, csv_marks_room(size) * sizeof(uint32_t));
    if (marks == NULL) {
        arena_deinit(&temporary);
        return DBX_NOMEM;
    }
    if (!in->quote_given) dialect->quote = '"';
    if (!in->escape_given) out->saw_escapes = csv_guess_escape(sample, size, dialect);
    size_t head = MIN(size, (size_t)CSV_DELIMITER_BYTES);
    if (!in->delimiter_given) {
        dialect->delimiter = csv_guess_delimiter(sample, head, dialect, in->prefer_tab, marks);
    }
    size_t whole = csv_whole_rows(sample, size, dialect);
    if (whole == 0 &&
        !in->quote_given) { /* an odd quote somewhere: quotes mean nothing in this file */
        dialect->quote = '\0';
        dialect->escape = '\0';
        whole = csv_whole_rows(sample, size, dialect);
    }
    csv_text t;
    csv_text_init(&t, sample, whole, dialect, marks);
    uint32_t columns = csv_field_count(t, dialect);
    dbx_status status =
        columns == 0 ? DBX_OK : csv_guess_columns(&t, in, dialect, columns, a, &temporary, out);
    arena_deinit(&temporary);
    return status;
}

dbx_status csv_guess_more(const char *sample, size_t size, const csv_guess_input *in,
                          const csv_dialect *dialect, ledger *scratch, csv_guess *out) {
    const char *line = memchr(sample, dialect->line_end, size);
    if (line == NULL || !in->infer_types) return DBX_OK;
    size_t skip = (size_t)(line - sample) + 1;
    size_t whole = csv_whole_rows(sample + skip, size - skip, dialect);
    arena temporary;
    arena_init(&temporary, scratch);
    uint32_t *marks = arena_alloc(&temporary, csv_marks_room(whole) * sizeof(uint32_t));
    csv_field *fields = ARENA_ARRAY(&temporary, csv_field, out->column_count);
    if (marks != NULL && fields != NULL) {
        csv_text t;
        csv_text_init(&t, sample + skip, whole, dialect, marks);
        (void)csv_guess_types(&t, in, dialect, out->column_count, true, fields, out->columns);
    }
    arena_deinit(&temporary);
    return marks != NULL && fields != NULL ? DBX_OK : DBX_NOMEM;
}
