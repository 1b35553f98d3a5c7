/* json_writer.c - rows as JSON objects, one a line. Fields that are NULL are left out unless
 * ignoreNullFields is false, as in Spark. */
#include "formats/arguments.h"
#include "formats/registry.h"
#include "formats/text_sink.h"

typedef struct json_writer_state {
    string_view *keys; /* `"name":` of each column, escaped */
    string_view line_end;
    bool ignore_null_fields;
    text_print print;
} json_writer_state;

static void json_writer_defaults(void *writer) {
    ((json_writer_state *)writer)->ignore_null_fields = true;
}

static dbx_status json_writer_option(void *writer, const sink_option *o, arena *a, bool *taken,
                                     error *err) {
    json_writer_state *w = writer;
    (void)a;
    *taken = sv_equal_ignore_case(o->name, SV("ignoreNullFields"));
    return *taken ? option_bool(o->name, o->value, &w->ignore_null_fields, err) : DBX_OK;
}

static dbx_status json_write_rows(const void *writer, const text_column *columns, uint32_t count,
                                  uint32_t rows, buffer *out) {
    const json_writer_state *w = writer;
    for (uint32_t r = 0; r < rows; r++) {
        TRY(buffer_append_char(out, '{'));
        bool first = true;
        for (uint32_t c = 0; c < count; c++) {
            const text_column *column = &columns[c];
            uint32_t i = view_index(&column->view, r);
            bool null =
                !validity_get(column->view.validity, i) || column->view.base->type.id == TYPE_VOID;
            if (null && w->ignore_null_fields) continue;
            if (!first) TRY(buffer_append_char(out, ','));
            first = false;
            TRY(buffer_append_sv(out, w->keys[c]));
            TRY(text_print_json_at(&w->print, column, i, out));
        }
        TRY(buffer_append_char(out, '}'));
        TRY(buffer_append_sv(out, w->line_end));
    }
    return DBX_OK;
}

static dbx_status json_writer_key(string_view name, arena *a, ledger *l, string_view *out) {
    buffer text;
    buffer_init(&text, l);
    dbx_status status = text_print_json_string(name, &text);
    if (status == DBX_OK) status = buffer_append_char(&text, ':');
    if (status == DBX_OK) {
        *out = arena_copy_string(a, buffer_view(&text));
        if (out->data == NULL) status = DBX_NOMEM;
    }
    buffer_deinit(&text);
    return status;
}

static dbx_status json_writer_start(void *writer, const file_set *files, const text_print *print,
                                    const source_column *columns, uint32_t count,
                                    string_view line_end, arena *a, buffer *head, error *err) {
    json_writer_state *w = writer;
    (void)files;
    w->print = *print;
    w->print.null_fields = !w->ignore_null_fields;
    w->line_end = line_end;
    w->keys = ARENA_ARRAY(a, string_view, (size_t)count + 1);
    if (w->keys == NULL) return error_nomem(err);
    for (uint32_t c = 0; c < count; c++) {
        if (json_writer_key(columns[c].name, a, head->ledger, &w->keys[c]) != DBX_OK)
            return error_nomem(err);
    }
    return DBX_OK;
}

static const text_format json_text_format = {
    .name = "json",
    .extension = ".json",
    .writer_size = sizeof(json_writer_state),
    .defaults = json_writer_defaults,
    .option = json_writer_option,
    .start = json_writer_start,
    .write = json_write_rows,
};

static dbx_status json_writer_open(query *q, file_set *files, string_view folder,
                                   const source_column *columns, uint32_t column_count,
                                   const sink_option *options, uint32_t option_count,
                                   data_sink **out, error *err) {
    return text_sink_open(&json_text_format, q, files, folder, columns, column_count, options,
                          option_count, out, err);
}

extern const format_writer_row json_writer;
const format_writer_row json_writer = {
    .name = "json",
    .extensions = ".json,.jsonl,.ndjson",
    .open = json_writer_open,
};
