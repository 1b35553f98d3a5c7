/* csv_writer.c - rows as CSV.
 *
 * A file that the statement names is what other programs read: a header, quotes doubled. Part files
 * of a directory are what Spark writes: no header, quotes escaped by a backslash, white space
 * around strings taken off. Options decide otherwise. NULL is nullValue (nothing), an empty string
 * is emptyValue (""), so that both come back. Nested values are JSON.
 */
#include "formats/arguments.h"
#include "formats/registry.h"
#include "formats/text_sink.h"
#include "kernel/text_index.h"

typedef struct csv_writer_state {
    const text_print *print;
    char delimiter, quote, escape;
    bool escape_given, header, header_given, quote_all, escape_quotes;
    bool trim_left, trim_right, trim_left_given, trim_right_given;
    string_view null_text, empty_text;
    bool empty_given;
    string_view line_end;
    char special[4]; /* a value that holds one is quoted */
} csv_writer_state;

/* ---- options ---- */

static dbx_status csv_option_char(const sink_option *o, char *out, error *err) {
    if (o->value.size == 1)
        *out = o->value.data[0];
    else if (sv_equal(o->value, SV("\\t")))
        *out = '\t';
    else if (sv_equal(o->value, SV("\\\\")))
        *out = '\\';
    else if (o->value.size == 0 || sv_equal(o->value, SV("\\0")))
        *out = '\0';
    else
        return option_raise(o->name, o->value, "is not one character", err);
    return DBX_OK;
}

static dbx_status csv_writer_text(string_view value, arena *a, string_view *out, error *err) {
    *out = arena_copy_string(a, value);
    return out->data != NULL ? DBX_OK : error_nomem(err);
}

static bool csv_option_is(const sink_option *o, const char *name) {
    return sv_equal_ignore_case(o->name, sv_from(name));
}

static dbx_status csv_writer_flag(csv_writer_state *w, const sink_option *o, bool *taken,
                                  error *err) {
    struct {
        const char *name;
        bool *value, *given;
    } flags[] = {
        {"header", &w->header, &w->header_given},
        {"quoteAll", &w->quote_all, NULL},
        {"escapeQuotes", &w->escape_quotes, NULL},
        {"ignoreLeadingWhiteSpace", &w->trim_left, &w->trim_left_given},
        {"ignoreTrailingWhiteSpace", &w->trim_right, &w->trim_right_given},
    };
    for (uint32_t i = 0; i < ARRAY_COUNT(flags); i++) {
        if (!csv_option_is(o, flags[i].name)) continue;
        if (flags[i].given != NULL) *flags[i].given = true;
        return option_bool(o->name, o->value, flags[i].value, err);
    }
    *taken = false;
    return DBX_OK;
}

static dbx_status csv_writer_option(void *writer, const sink_option *o, arena *a, bool *taken,
                                    error *err) {
    csv_writer_state *w = writer;
    *taken = true;
    if (csv_option_is(o, "sep") || csv_option_is(o, "delimiter") || csv_option_is(o, "delim"))
        return csv_option_char(o, &w->delimiter, err);
    if (csv_option_is(o, "quote")) return csv_option_char(o, &w->quote, err);
    if (csv_option_is(o, "escape")) {
        w->escape_given = true;
        return csv_option_char(o, &w->escape, err);
    }
    if (csv_option_is(o, "nullValue") || csv_option_is(o, "nullstr"))
        return csv_writer_text(o->value, a, &w->null_text, err);
    if (csv_option_is(o, "emptyValue")) {
        w->empty_given = true;
        return csv_writer_text(o->value, a, &w->empty_text, err);
    }
    return csv_writer_flag(w, o, taken, err);
}

/* ---- values ---- */

static dbx_status csv_write_quoted(const csv_writer_state *w, string_view s, buffer *out) {
    TRY(buffer_reserve(out, 2 * s.size + 2));
    char *to = out->data + out->size;
    *to++ = w->quote;
    for (size_t i = 0; i < s.size; i++) {
        char c = s.data[i];
        bool escaped = w->escape != '\0' &&
                       ((c == w->quote && w->escape_quotes) || (c == w->escape && c != w->quote));
        if (escaped) *to++ = w->escape;
        *to++ = c;
    }
    *to++ = w->quote;
    out->size = (size_t)(to - out->data);
    return DBX_OK;
}

static bool csv_is_blank(char c) {
    return c == ' ' || c == '\t';
}

static dbx_status csv_write_string(const csv_writer_state *w, string_view s, buffer *out) {
    if (w->trim_left)
        while (s.size > 0 && csv_is_blank(s.data[0])) s.data++, s.size--;
    if (w->trim_right)
        while (s.size > 0 && csv_is_blank(s.data[s.size - 1])) s.size--;
    if (s.size == 0) return buffer_append_sv(out, w->empty_text);
    bool quoted = w->quote != '\0' && (w->quote_all || text_has_any(s.data, s.size, w->special) ||
                                       sv_equal(s, w->null_text));
    if (quoted) return csv_write_quoted(w, s, out);
    TRY(buffer_reserve(out, s.size));
    memcpy(out->data + out->size, s.data, s.size);
    out->size += s.size;
    return DBX_OK;
}

/* A value that is not NULL and no string: only a delimiter or pattern can make it need quotes. */
static dbx_status csv_write_other(const csv_writer_state *w, const text_column *c, uint32_t i,
                                  buffer *out) {
    size_t start = out->size;
    TRY(c->put(w->print, c, i, out));
    string_view s = {out->data + start, out->size - start};
    if (w->quote == '\0' || (!w->quote_all && !text_has_any(s.data, s.size, w->special)))
        return DBX_OK;
    buffer copy;
    buffer_init(&copy, out->ledger);
    dbx_status status = buffer_append_sv(&copy, s);
    out->size = start;
    if (status == DBX_OK) status = csv_write_quoted(w, buffer_view(&copy), out);
    buffer_deinit(&copy);
    return status;
}

static dbx_status csv_write_value(const csv_writer_state *w, const text_column *c, uint32_t row,
                                  buffer *out) {
    uint32_t i = view_index(&c->view, row);
    if (!validity_get(c->view.validity, i) || c->view.base->type.id == TYPE_VOID)
        return buffer_append_sv(out, w->null_text);
    if (c->put != NULL) return csv_write_other(w, c, i, out);
    return csv_write_string(w, vstring_view(&((const vstring *)c->view.data)[i]), out);
}

static dbx_status csv_write_rows(const void *writer, const text_column *columns, uint32_t count,
                                 uint32_t rows, buffer *out) {
    const csv_writer_state *w = writer;
    for (uint32_t r = 0; r < rows; r++) {
        for (uint32_t c = 0; c < count; c++) {
            if (c > 0) {
                TRY(buffer_reserve(out, 1));
                out->data[out->size++] = w->delimiter;
            }
            TRY(csv_write_value(w, &columns[c], r, out));
        }
        TRY(buffer_append_sv(out, w->line_end));
    }
    return DBX_OK;
}

/* ---- opening ---- */

static dbx_status csv_writer_start(void *writer, const file_set *files, const text_print *print,
                                   const source_column *columns, uint32_t count,
                                   string_view line_end, arena *a, buffer *head, error *err) {
    csv_writer_state *w = writer;
    bool parts = file_set_is_directory(files);
    (void)a;
    w->print = print;
    w->line_end = line_end;
    if (!w->escape_given) w->escape = parts ? '\\' : w->quote;
    if (!w->header_given) w->header = !parts;
    if (!w->trim_left_given) w->trim_left = parts;
    if (!w->trim_right_given) w->trim_right = parts;
    if (!w->empty_given) w->empty_text = w->quote != '\0' ? SV("\"\"") : SV("");
    memcpy(w->special, (char[4]){w->delimiter, w->quote, '\n', '\r'}, sizeof(w->special));
    if (w->delimiter == '\0' || w->delimiter == w->quote || w->delimiter == '\n')
        return error_raise(err, ERR_INVALID_PARAMETER_VALUE, (span){0, 0}, "parameter", "sep",
                           "message", "a delimiter is one character, and not the quote", NULL);
    dbx_status status = DBX_OK;
    for (uint32_t c = 0; status == DBX_OK && w->header && c < count; c++) {
        if (c > 0) status = buffer_append_char(head, w->delimiter);
        if (status == DBX_OK) status = csv_write_string(w, columns[c].name, head);
    }
    if (status == DBX_OK && w->header) status = buffer_append_sv(head, w->line_end);
    return status == DBX_OK ? DBX_OK : error_nomem(err);
}

static void csv_writer_defaults(void *writer) {
    csv_writer_state *w = writer;
    w->delimiter = ',';
    w->quote = '"';
    w->escape_quotes = true;
}

static const text_format csv_text_format = {
    .name = "csv",
    .extension = ".csv",
    .writer_size = sizeof(csv_writer_state),
    .defaults = csv_writer_defaults,
    .option = csv_writer_option,
    .start = csv_writer_start,
    .write = csv_write_rows,
};

static dbx_status csv_writer_open(query *q, file_set *files, string_view folder,
                                  const source_column *columns, uint32_t column_count,
                                  const sink_option *options, uint32_t option_count,
                                  data_sink **out, error *err) {
    return text_sink_open(&csv_text_format, q, files, folder, columns, column_count, options,
                          option_count, out, err);
}

extern const format_writer_row csv_writer;
const format_writer_row csv_writer = {
    .name = "csv",
    .extensions = ".csv",
    .open = csv_writer_open,
};

/* The same with tabs. */
static void tsv_writer_defaults(void *writer) {
    csv_writer_defaults(writer);
    ((csv_writer_state *)writer)->delimiter = '\t';
}

static const text_format tsv_text_format = {
    .name = "tsv",
    .extension = ".tsv",
    .writer_size = sizeof(csv_writer_state),
    .defaults = tsv_writer_defaults,
    .option = csv_writer_option,
    .start = csv_writer_start,
    .write = csv_write_rows,
};

static dbx_status tsv_writer_open(query *q, file_set *files, string_view folder,
                                  const source_column *columns, uint32_t column_count,
                                  const sink_option *options, uint32_t option_count,
                                  data_sink **out, error *err) {
    return text_sink_open(&tsv_text_format, q, files, folder, columns, column_count, options,
                          option_count, out, err);
}

extern const format_writer_row tsv_writer;
const format_writer_row tsv_writer = {
    .name = "tsv",
    .extensions = ".tsv,.tab",
    .open = tsv_writer_open,
};
