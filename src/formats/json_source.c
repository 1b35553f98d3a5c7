/* json_source.c - read_json: JSON files as a source. A block of whole values is a morsel.
 *
 * A file holds a value a line, or values one after the other over many lines, or one array of
 * values; which of them is seen from its start. Objects give a column a field; any other value
 * gives one column, `value`. A row that is malformed, or holds a value of another type than its
 * column's, does not fit (text_source.h); a malformed one is NULL in all columns.
 */
#include "formats/json.h"
#include "formats/text_options.h"

#include <stdio.h>

typedef struct json_source {
    text_source base;
    json_inference inference;
    bool lines;                 /* a value a line: blocks are cut at line ends */
    bool bare;                  /* values that are no objects: one column */
    bool malformed;             /* the sample holds rows that are no JSON */
    string_view variant_column; /* singleVariantColumn: each row as a whole */
} json_source;

typedef struct json_local {
    text_local base;
    json_cursor cursor;
    uint8_t *seen;
    uint32_t *starts, *ends; /* per row of the chunk: its text in the block */
} json_local;

static const json_source *json_source_of(const json_local *l) {
    return (const json_source *)l->base.scan->source;
}

/* ---- cutting text into whole values ---- */

static void json_skip_commas(json_cursor *c) {
    json_skip_space(c);
    while (c->at < c->end && (*c->at == ',' || *c->at == ']')) c->at++, json_skip_space(c);
}

/* Behind the last value at depth 0 (or, in an array over the whole file, behind the last comma of
 * it). */
static size_t json_cut_values(const char *text, size_t size) {
    json_cursor c = {text, text + size};
    json_skip_space(&c);
    if (c.at < c.end && *c.at == '[') c.at++; /* the array around all values */
    size_t cut = 0;
    for (;;) {
        json_skip_commas(&c);
        if (c.at >= c.end) return cut;
        const char *start = c.at;
        if (!json_skip_value(&c, 0) ||
            (c.at == c.end && *start != '{' && *start != '[' && *start != '"'))
            return cut;
        cut = (size_t)(c.at - text);
    }
}

static size_t json_cut(const char *text, size_t size, const void *state) {
    const json_source *s = state;
    if (!s->lines) return json_cut_values(text, size);
    const char *newline = sv_find_last((string_view){text, size}, s->base.options.line_end);
    return newline != NULL ? (size_t)(newline - text) + 1 : 0;
}

/* ---- arguments ---- */

static dbx_status json_argument(text_source *base, const table_argument *a, bool *taken,
                                error *err) {
    json_source *s = (json_source *)base;
    bool flag;
    if (argument_is(a, "primitivesAsString"))
        return argument_bool(a, &s->inference.only_strings, err);
    if (argument_is(a, "inferTimestamp")) return argument_bool(a, &s->inference.timestamps, err);
    if (argument_is(a, "dropFieldIfAllNull"))
        return argument_bool(a, &s->inference.drop_all_null, err);
    if (argument_is(a, "singleVariantColumn"))
        return argument_text(a, &base->arena, &s->variant_column, err);
    if (argument_is(a, "allowSingleQuotes") || argument_is(a, "allowNonNumericNumbers"))
        return argument_bool(a, &flag, err); /* always taken */
    *taken = false;
    return DBX_OK;
}

/* ---- inference ---- */

/* The first line holds a whole value that is no start of an array over lines. */
static bool json_is_lines(const json_source *s, const char *text, size_t size) {
    json_cursor c = {text, text + size};
    json_skip_space(&c);
    const char *line_end = memchr(c.at, s->base.options.line_end, (size_t)(c.end - c.at));
    if (line_end == NULL) line_end = c.end;
    if (c.at < c.end && *c.at == '[') return false;
    c.end = line_end;
    if (!json_skip_value(&c, 0)) return false;
    json_skip_space(&c);
    return c.at == c.end;
}

static dbx_status json_infer_sample(json_source *s, const char *text, size_t size,
                                    json_shape *shape, error *err) {
    json_cursor c = {text, text + size};
    uint64_t rows = 0;
    double looked_at = 0;
    json_skip_space(&c);
    if (c.at < c.end && *c.at == '[') c.at++;
    for (;; rows++) {
        json_skip_commas(&c);
        if (c.at >= c.end) break;
        looked_at += s->base.options.sampling_ratio;
        bool looks = rows == 0 || looked_at >= 1;
        if (looks) looked_at -= 1;
        if (looks ? json_infer(&s->inference, &c, shape, 0) : json_skip_value(&c, 0)) continue;
        if (s->inference.nomem) return error_nomem(err);
        s->malformed = true; /* the reader judges it */
        const char *line = memchr(c.at, s->base.options.line_end, (size_t)(c.end - c.at));
        if (line == NULL) break;
        c.at = line;
    }
    if (rows > 0 && s->base.row_bytes <= 0) s->base.row_bytes = (double)size / (double)rows;
    return DBX_OK;
}

static dbx_status json_infer_files(json_source *s, const io_gate *gate, json_shape *shape,
                                   error *err) {
    text_source *base = &s->base;
    buffer sample;
    buffer_init(&sample, base->ledger);
    dbx_status status = DBX_OK;
    bool needs_shape = base->options.schema == NULL && s->variant_column.size == 0;
    uint32_t files = needs_shape ? base->files.count : MIN(base->files.count, 1u);
    for (uint32_t i = 0; status == DBX_OK && i < files; i++) {
        bool whole;
        buffer_clear(&sample);
        status = text_sample(gate, base->ledger, base->files.files[i].path, base->options.codec,
                             &base->options.decoder, JSON_SAMPLE_BYTES, &sample, &whole, err);
        if (status == DBX_OK && buffer_reserve(&sample, TEXT_SLACK) != DBX_OK)
            status = error_nomem(err);
        if (status != DBX_OK) break;
        memset(sample.data + sample.size, 0, TEXT_SLACK);
        if (i == 0) s->lines = json_is_lines(s, sample.data, sample.size);
        size_t size = whole ? sample.size : json_cut(sample.data, sample.size, s);
        status = json_infer_sample(s, sample.data, size, shape, err);
    }
    buffer_deinit(&sample);
    return status;
}

static dbx_status json_columns_of_shape(json_source *s, const json_shape *shape, span position,
                                        error *err) {
    type t;
    text_source *base = &s->base;
    if (json_shape_type(&s->inference, shape, 0, &t) != DBX_OK) return error_nomem(err);
    bool objects = t.id == TYPE_STRUCT;
    bool any = shape->seen_object || shape->seen_array || shape->seen_string ||
               shape->seen_boolean || shape->seen_integer || shape->seen_double;
    if (!any) return error_raise(err, ERR_UNABLE_TO_INFER_SCHEMA, position, "format", "JSON", NULL);
    s->bare = !objects;
    base->data_count = objects ? t.child_count : 1;
    base->data = ARENA_ARRAY(&base->arena, source_column, base->data_count);
    if (base->data == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < base->data_count; i++) {
        base->data[i] = (source_column){.name = objects ? t.children[i].name : SV("value"),
                                        .type = objects ? t.children[i].type : t,
                                        .nullable = true};
        if (!base->options.infer_types && !type_is_nested(base->data[i].type))
            base->data[i].type = type_simple(TYPE_STRING);
    }
    return DBX_OK;
}

static dbx_status json_infer_schema(text_source *base, const io_gate *gate, span position,
                                    error *err) {
    json_source *s = (json_source *)base;
    json_shape shape = {0};
    text_value_options values = base->options.values;
    values.scratch = &base->arena;
    s->inference.arena = &base->arena;
    s->inference.values = &values;
    dbx_status status = json_infer_files(s, gate, &shape, err);
    bool guesses = base->options.schema == NULL && s->variant_column.size == 0;
    if (status == DBX_OK && guesses) status = json_columns_of_shape(s, &shape, position, err);
    s->inference.values = NULL;
    TRY(status);
    if (s->variant_column.size > 0) {
        s->bare = true;
        base->data_count = 1;
        base->data = ARENA_NEW(&base->arena, source_column);
        if (base->data == NULL) return error_nomem(err);
        *base->data = (source_column){
            .name = s->variant_column, .type = type_simple(TYPE_VARIANT), .nullable = true};
    }
    /* Spark adds the column when rows of the sample are malformed and shall be kept. */
    if (guesses && s->malformed && base->options.mode == TEXT_MODE_PERMISSIVE &&
        !base->options.corrupt_given) {
        base->options.corrupt_given = true;
        base->options.corrupt_column = SV("_corrupt_record");
    }
    return DBX_OK;
}

/* ---- scan ---- */

static void json_local_free(source_scan *opaque, source_local *local) {
    (void)opaque;
    text_local_free((text_local *)local);
}

static dbx_status json_local_new(source_scan *opaque, source_local **out, error *err) {
    text_local *base;
    TRY(text_local_new(opaque, &base, err));
    json_local *l = (json_local *)base;
    uint32_t rows = base->scan->spec->vector_size;
    l->seen = ARENA_ARRAY(&base->arena, uint8_t, (size_t)base->scan->source->data_count + 1);
    l->starts = ARENA_ARRAY(&base->arena, uint32_t, rows);
    l->ends = ARENA_ARRAY(&base->arena, uint32_t, rows);
    if (l->seen == NULL || l->starts == NULL || l->ends == NULL) {
        text_local_free(base);
        return error_nomem(err);
    }
    *out = (source_local *)l;
    return DBX_OK;
}

static dbx_status json_next_morsel(source_scan *opaque, source_local *local, bool *more,
                                   uint64_t *morsel_index, error *err) {
    json_local *l = (json_local *)local;
    bool new_file;
    (void)opaque;
    TRY(text_local_next(&l->base, more, morsel_index, &new_file, err));
    if (!*more) return DBX_OK;
    const text_block *block = &l->base.block;
    l->cursor = (json_cursor){block->text.data, block->text.data + block->text.size};
    json_skip_space(&l->cursor);
    bool wrapped = block->first_of_file && !json_source_of(l)->lines;
    if (wrapped && l->cursor.at < l->cursor.end && *l->cursor.at == '[') l->cursor.at++;
    return DBX_OK;
}

/* ---- reading ---- */

static string_view json_record(const text_local *base, uint32_t row) {
    const json_local *l = (const json_local *)base;
    return (string_view){base->block.text.data + l->starts[row], l->ends[row] - l->starts[row]};
}

/* Passes what may stand behind a value in its line; false when there is more. */
static bool json_line_ends(json_cursor *c) {
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\r' || *c->at == '\t' || *c->at == ','))
        c->at++;
    return c->at >= c->end;
}

/* Reads one row; false: it is malformed, and NULL. */
static bool json_read_row(json_local *l, json_reader *r, uint32_t row) {
    const json_source *s = json_source_of(l);
    const text_source *base = &s->base;
    vector *const *columns = l->base.columns;
    json_cursor c = l->cursor;
    const char *line = NULL;
    if (s->lines) { /* what is wrong with a line does not reach into the next */
        line = memchr(c.at, base->options.line_end, (size_t)(c.end - c.at));
        if (line != NULL) c.end = line;
    }
    r->row = row;
    r->misfit = false;
    l->starts[row] = (uint32_t)(c.at - l->base.block.text.data);
    bool good;
    if (!s->bare)
        good = json_read_object(r, &c, base->data, columns, base->data_count, row, l->seen);
    else if (columns[0] == NULL)
        good = json_skip_value(&c, 0);
    else
        good = json_read_value(r, &c, columns[0], row, base->data[0].name, 0);
    if (s->lines) good = good && json_line_ends(&c);
    if (!good && !s->lines) line = memchr(c.at, base->options.line_end, (size_t)(c.end - c.at));
    for (uint32_t i = 0; !good && i < base->data_count && !r->nomem; i++) {
        if (columns[i] != NULL) (void)json_set_null(r, columns[i], row);
    }
    if (s->lines || !good) c.at = line != NULL ? line : l->cursor.end;
    l->cursor.at = c.at;
    l->ends[row] = (uint32_t)(c.at - l->base.block.text.data);
    return good;
}

static dbx_status json_raise_row(json_local *l, uint32_t row, bool malformed, error *err) {
    char what[160];
    string_view text = json_record(&l->base, row);
    snprintf(what, sizeof(what), "%s: '%.*s'",
             malformed ? "is malformed JSON" : "has a value of another type than its column",
             (int)MIN(text.size, (size_t)60), text.data);
    return text_local_raise(&l->base, l->starts[row], what, err);
}

static dbx_status json_read_rows(json_local *l, json_reader *r, uint8_t *bad, bool *any_bad,
                                 uint32_t *row_count, error *err) {
    text_mode mode = text_source_mode(&json_source_of(l)->base);
    uint32_t rows = 0;
    while (rows < l->base.scan->spec->vector_size) {
        json_skip_commas(&l->cursor);
        if (l->cursor.at >= l->cursor.end) break;
        bool good = json_read_row(l, r, rows);
        if (r->nomem) return error_nomem(err);
        bad[rows] = !good || (r->misfit && r->rescue_to == NULL);
        if (bad[rows]) {
            *any_bad = true;
            if (mode == TEXT_MODE_FAIL_FAST) return json_raise_row(l, rows, !good, err);
        }
        rows++;
    }
    *row_count = rows;
    return DBX_OK;
}

static dbx_status json_read(source_scan *opaque, source_local *local, chunk *out, error *err) {
    json_local *l = (json_local *)local;
    const text_source *s = &json_source_of(l)->base;
    const scan_spec *spec = l->base.scan->spec;
    (void)opaque;
    out->rows = 0;
    while (out->rows == 0) {
        TRY(text_local_start(&l->base, out, spec->vector_size, err));
        arena *a = &l->base.chunk_arena;
        text_value_options values = l->base.scan->values;
        bool rescues = s->rescued_at != UINT32_MAX && l->base.columns[s->rescued_at] != NULL;
        uint8_t *bad = ARENA_ARRAY(a, uint8_t, spec->vector_size);
        bool any_bad = false;
        if (bad == NULL) return error_nomem(err);
        values.scratch = a;
        json_reader r = {.arena = a,
                         .values = &values,
                         .query = l->base.scan->query,
                         .rescue_to = rescues ? &l->base : NULL,
                         .rescue_unknown = rescues};
        uint32_t rows = 0;
        TRY(json_read_rows(l, &r, bad, &any_bad, &rows, err));
        if (rows == 0) return DBX_OK;
        out->rows = rows;
        if (s->corrupt_at != UINT32_MAX || rescues)
            TRY(text_local_finish(&l->base, bad, rows, json_record, err));
        text_local_share(&l->base, out);
        if (any_bad && text_source_mode(s) == TEXT_MODE_DROP_MALFORMED &&
            text_local_drop(&l->base, out, bad) != DBX_OK)
            return error_nomem(err);
    }
    return DBX_OK;
}

static const source_vtab json_source_vtab = {
    .name = "json",
    .row_count = text_source_row_count,
    .open = text_scan_open,
    .local_new = json_local_new,
    .next_morsel = json_next_morsel,
    .read = json_read,
    .local_free = json_local_free,
    .close = text_scan_close,
    .progress = text_scan_progress,
    .counts = text_scan_counts,
    .describe = text_source_describe,
    .free = text_source_free,
};

extern const table_function_row read_json_function;
static const text_source_kind json_kind = {
    .name = "JSON",
    .row = &read_json_function,
    .source_size = sizeof(json_source),
    .local_size = sizeof(json_local),
    .vtab = &json_source_vtab,
    .argument = json_argument,
    .infer = json_infer_schema,
    .cut = json_cut,
    .record_max = UINT32_MAX / 2,
};

static dbx_status json_bind(query *q, ledger *l, const table_argument *arguments,
                            uint32_t argument_count, span position, source **out, error *err) {
    return text_source_bind(&json_kind, q, l, arguments, argument_count, position, out, err);
}

const table_function_row read_json_function = {
    .name = "read_json",
    .aliases = "json",
    .arguments = "path STRING | ARRAY<STRING>, [primitivesAsString BOOLEAN], "
                 "[inferTimestamp BOOLEAN], [dropFieldIfAllNull BOOLEAN], "
                 "[singleVariantColumn STRING], " TEXT_OPTION_NAMES,
    .doc = "Reads JSON files: a value a line, values one after the other, or an array of values.",
    .extensions = ".json,.jsonl,.ndjson,.geojson",
    .bind = json_bind,
};
