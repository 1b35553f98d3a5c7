/* line_source.c - read_text: lines of text files as rows of one column, `value`; with
 * wholetext => true each file is one row. Spark's format `text`. */
#include "formats/text_options.h"

enum { LINE_RECORD_MAX = 1 << 30 };

typedef struct line_source {
    text_source base;
    bool whole; /* a file is a row */
} line_source;

typedef struct line_local {
    text_local base;
    size_t at; /* in the block */
} line_local;

static dbx_status line_argument(text_source *base, const table_argument *a, bool *taken,
                                error *err) {
    line_source *s = (line_source *)base;
    if (argument_is(a, "wholetext")) return argument_bool(a, &s->whole, err);
    if (argument_is(a, "schema")) return argument_raise(a, "text has one column, value", err);
    *taken = false;
    return DBX_OK;
}

static dbx_status line_infer(text_source *base, const io_gate *gate, span position, error *err) {
    (void)gate, (void)position;
    base->data = ARENA_NEW(&base->arena, source_column);
    if (base->data == NULL) return error_nomem(err);
    base->data[0] =
        (source_column){.name = SV("value"), .type = type_simple(TYPE_STRING), .nullable = true};
    base->data_count = 1;
    return DBX_OK;
}

/* Nothing is whole before a file's end when the file is the row. */
static size_t line_cut(const char *text, size_t size, const void *state) {
    const line_source *s = state;
    const char *end = s->whole ? NULL : memrchr(text, s->base.options.line_end, size);
    return end != NULL ? (size_t)(end - text) + 1 : 0;
}

static dbx_status line_local_new(source_scan *opaque, source_local **out, error *err) {
    text_local *l;
    *out = NULL;
    TRY(text_local_new(opaque, &l, err));
    *out = (source_local *)l;
    return DBX_OK;
}

static void line_local_free(source_scan *opaque, source_local *local) {
    (void)opaque;
    text_local_free((text_local *)local);
}

static dbx_status line_next_morsel(source_scan *opaque, source_local *local, bool *more,
                                   uint64_t *morsel_index, error *err) {
    line_local *l = (line_local *)local;
    bool new_file;
    (void)opaque;
    l->at = 0;
    return text_local_next(&l->base, more, morsel_index, &new_file, err);
}

/* The next row's text; false at the block's end. */
static bool line_take(line_local *l, string_view *out) {
    const line_source *s = (const line_source *)l->base.scan->source;
    const buffer *text = &l->base.block.text;
    char line_end = s->base.options.line_end;
    if (l->at >= text->size) return false;
    const char *start = text->data + l->at, *end = text->data + text->size;
    if (s->whole) {
        l->at = text->size;
        *out = (string_view){start, (size_t)(end - start)};
        return true;
    }
    const char *line = memchr(start, line_end, (size_t)(end - start));
    if (line == NULL) line = end;
    l->at = (size_t)(line - text->data) + 1;
    if (line > start && line_end == '\n' && line[-1] == '\r') line--;
    *out = (string_view){start, (size_t)(line - start)};
    return true;
}

static dbx_status line_read(source_scan *opaque, source_local *local, chunk *out, error *err) {
    line_local *l = (line_local *)local;
    uint32_t most = l->base.scan->spec->vector_size, rows = 0;
    (void)opaque;
    TRY(text_local_start(&l->base, out, most, err));
    vector *v = l->base.columns[0];
    string_view line;
    for (; rows < most && line_take(l, &line); rows++) {
        if (v != NULL) VECTOR_DATA(v, vstring)[rows] = vstring_from(line.data, line.size);
    }
    out->rows = rows;
    text_local_share(&l->base, out);
    return DBX_OK;
}

static const source_vtab line_source_vtab = {
    .name = "text",
    .row_count = text_source_row_count,
    .open = text_scan_open,
    .local_new = line_local_new,
    .next_morsel = line_next_morsel,
    .read = line_read,
    .local_free = line_local_free,
    .close = text_scan_close,
    .progress = text_scan_progress,
    .counts = text_scan_counts,
    .describe = text_source_describe,
    .free = text_source_free,
};

extern const table_function_row read_text_function;
static const text_source_kind line_kind = {
    .name = "text",
    .row = &read_text_function,
    .source_size = sizeof(line_source),
    .local_size = sizeof(line_local),
    .vtab = &line_source_vtab,
    .argument = line_argument,
    .infer = line_infer,
    .cut = line_cut,
    .record_max = LINE_RECORD_MAX,
};

static dbx_status line_bind(query *q, ledger *l, const table_argument *arguments,
                            uint32_t argument_count, span position, source **out, error *err) {
    return text_source_bind(&line_kind, q, l, arguments, argument_count, position, out, err);
}

const table_function_row read_text_function = {
    .name = "read_text",
    .aliases = "text",
    .arguments = "path STRING | ARRAY<STRING>, [wholetext BOOLEAN], [encoding STRING], "
                 "[lineSep STRING], [compression STRING], [pathGlobFilter STRING], "
                 "[recursiveFileLookup BOOLEAN]",
    .doc = "Reads text files: a row a line, or a row a file, in the column value.",
    .extensions = ".txt,.text",
    .bind = line_bind,
};
