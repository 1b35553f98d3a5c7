/* json_source.c - read_json: JSON files as a source. A block of whole values is a morsel.
 *
 * A file holds a value a line, or values one after the other over many lines, or one array of
 * values; which of them is seen from its start. Objects give a column a field; any other value
 * gives one column, `value`. Malformed text is an error unless mode says otherwise: PERMISSIVE
 * gives a row of NULLs, DROPMALFORMED none.
 */
#include "formats/arguments.h"
#include "formats/json.h"
#include "formats/schema_text.h"
#include "formats/text_blocks.h"

#include <stdio.h>

extern const table_function_row read_json_function;

typedef enum json_mode { JSON_FAIL_FAST, JSON_PERMISSIVE, JSON_DROP_MALFORMED } json_mode;

typedef struct json_layout {
    bool lines; /* a value a line: blocks are cut at line ends */
} json_layout;

typedef struct json_source {
    source base;
    ledger *ledger;
    arena arena;
    io_stream_codec codec;
    json_mode mode;
    source_column *schema; /* given; NULL: inferred */
    uint32_t schema_count;
    file_list_options list;
    file_list files;
    json_layout layout;
    bool bare; /* values that are no objects: one column */
    source_column *data;
    uint32_t data_count;
    string_view *names; /* of the data columns */
    file_column *kinds;
    double row_bytes;
} json_source;

typedef struct json_scan {
    json_source *source;
    query *query;
    const scan_spec *spec;
    text_blocks blocks;
    bool *wanted;
    arena arena;
} json_scan;

typedef struct json_local {
    json_scan *scan;
    arena arena;
    arena chunk_arena;
    text_block block;
    json_cursor cursor;
    vector **columns; /* per data column: where it goes, or NULL */
    vector *constants;
} json_local;

/* ---- cutting text into whole values ---- */

/* Behind the last value at depth 0 (or, in an array over the whole file, behind the last comma of
 * it). */
static size_t json_cut_values(const char *text, size_t size) {
    json_cursor c = {text, text + size};
    json_skip_space(&c);
    if (c.at < c.end && *c.at == '[') c.at++; /* the array around all values */
    size_t cut = 0;
    for (;;) {
        json_skip_space(&c);
        while (c.at < c.end && (*c.at == ',' || *c.at == ']')) c.at++, json_skip_space(&c);
        if (c.at >= c.end) return cut;
        const char *start = c.at;
        if (!json_skip_value(&c, 0) ||
            (c.at == c.end && *start != '{' && *start != '[' && *start != '"'))
            return cut;
        cut = (size_t)(c.at - text);
    }
}

static size_t json_cut(const char *text, size_t size, const void *state) {
    const json_layout *layout = state;
    if (!layout->lines) return json_cut_values(text, size);
    const char *newline = memrchr(text, '\n', size);
    return newline != NULL ? (size_t)(newline - text) + 1 : 0;
}

/* ---- bind ---- */

/* The first line holds a whole value that is no start of an array over lines. */
static bool json_is_lines(const char *text, size_t size) {
    json_cursor c = {text, text + size};
    json_skip_space(&c);
    const char *line_end = memchr(c.at, '\n', (size_t)(c.end - c.at));
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
    bool nomem = false;
    json_skip_space(&c);
    if (c.at < c.end && *c.at == '[') c.at++;
    for (;;) {
        json_skip_space(&c);
        while (c.at < c.end && (*c.at == ',' || *c.at == ']')) c.at++, json_skip_space(&c);
        if (c.at >= c.end) break;
        if (!json_infer(&c, shape, &s->arena, 0, &nomem)) {
            if (nomem) return error_nomem(err);
            const char *line =
                memchr(c.at, '\n', (size_t)(c.end - c.at)); /* malformed: the reader judges it */
            if (line == NULL) break;
            c.at = line;
            continue;
        }
        rows++;
    }
    if (rows > 0 && s->row_bytes <= 0) s->row_bytes = (double)size / (double)rows;
    return DBX_OK;
}

static dbx_status json_infer_files(json_source *s, const io_gate *gate, json_shape *shape,
                                   error *err) {
    buffer sample;
    buffer_init(&sample, s->ledger);
    dbx_status status = DBX_OK;
    for (uint32_t i = 0; status == DBX_OK && i < s->files.count; i++) {
        bool whole;
        buffer_clear(&sample);
        status = text_sample(gate, s->ledger, s->files.files[i].path, s->codec, JSON_SAMPLE_BYTES,
                             &sample, &whole, err);
        if (status != DBX_OK) break;
        if (i == 0) s->layout.lines = json_is_lines(sample.data, sample.size);
        size_t size = whole ? sample.size : json_cut(sample.data, sample.size, &s->layout);
        status = json_infer_sample(s, sample.data, size, shape, err);
    }
    buffer_deinit(&sample);
    return status;
}

static dbx_status json_columns_of_shape(json_source *s, const json_shape *shape, span position,
                                        error *err) {
    type t;
    if (json_shape_type(shape, &s->arena, 0, &t) != DBX_OK) return error_nomem(err);
    bool objects = t.id == TYPE_STRUCT;
    bool any = shape->seen_object || shape->seen_array || shape->seen_string ||
               shape->seen_boolean || shape->seen_integer || shape->seen_double;
    if (!any) return error_raise(err, ERR_UNABLE_TO_INFER_SCHEMA, position, "format", "JSON", NULL);
    s->bare = !objects;
    s->data_count = objects ? t.child_count : 1;
    s->data = ARENA_ARRAY(&s->arena, source_column, s->data_count);
    if (s->data == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < s->data_count; i++) {
        s->data[i] = (source_column){.name = objects ? t.children[i].name : SV("value"),
                                     .type = objects ? t.children[i].type : t,
                                     .nullable = true};
    }
    return DBX_OK;
}

static dbx_status json_make_schema(json_source *s, const io_gate *gate, span position, error *err) {
    json_shape shape = {0};
    TRY(json_infer_files(s, gate, &shape, err));
    if (s->schema != NULL) {
        s->data = s->schema;
        s->data_count = s->schema_count;
    } else {
        TRY(json_columns_of_shape(s, &shape, position, err));
    }
    s->names = ARENA_ARRAY(&s->arena, string_view, MAX(s->data_count, 1u));
    if (s->names == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < s->data_count; i++) s->names[i] = s->data[i].name;
    source_column *columns;
    if (file_list_columns(&s->files, &s->arena, s->data, s->data_count, &columns, &s->kinds,
                          &s->base.column_count) != DBX_OK) {
        return error_nomem(err);
    }
    s->base.columns = columns;
    return DBX_OK;
}

static dbx_status json_argument(json_source *s, const table_argument *a, error *err) {
    string_view text;
    bool flag;
    if (argument_is(a, "schema")) {
        TRY(argument_text(a, &s->arena, &text, err));
        return schema_text_parse(a, text, &s->arena, &s->schema, &s->schema_count, err);
    }
    if (argument_is(a, "mode")) {
        TRY(argument_text(a, &s->arena, &text, err));
        if (sv_equal_ignore_case(text, SV("PERMISSIVE")))
            s->mode = JSON_PERMISSIVE;
        else if (sv_equal_ignore_case(text, SV("DROPMALFORMED")))
            s->mode = JSON_DROP_MALFORMED;
        else if (sv_equal_ignore_case(text, SV("FAILFAST")))
            s->mode = JSON_FAIL_FAST;
        else
            return argument_raise(a, "PERMISSIVE, DROPMALFORMED or FAILFAST", err);
        return DBX_OK;
    }
    if (argument_is(a, "compression")) {
        TRY(argument_text(a, &s->arena, &text, err));
        return io_stream_codec_from_name(text, &s->codec) ? DBX_OK
                                                          : argument_raise(a, "a known codec", err);
    }
    if (argument_is(a, "multiLine")) return argument_bool(a, &flag, err); /* seen from the text */
    if (argument_is(a, "pathGlobFilter"))
        return argument_text(a, &s->arena, &s->list.path_glob_filter, err);
    return argument_raise_unknown(a, &read_json_function, err);
}

static void json_source_free(source *base) {
    json_source *s = (json_source *)base;
    ledger *l = s->ledger;
    arena_deinit(&s->arena);
    mem_free(l, s, sizeof(*s));
}

static void json_counts(const source_scan *opaque, source_counts *out) {
    *out =
        (source_counts){.bytes_read = text_blocks_position(&((const json_scan *)opaque)->blocks)};
}

static const source_vtab json_source_vtab;

static dbx_status json_bind(query *q, ledger *l, const table_argument *arguments,
                            uint32_t argument_count, span position, source **out, error *err) {
    *out = NULL;
    json_source *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->base.vtab = &json_source_vtab;
    s->ledger = l;
    arena_init(&s->arena, l);
    s->codec = IO_STREAM_AUTO;
    const table_argument *path = NULL;
    dbx_status status = DBX_OK;
    for (uint32_t i = 0; status == DBX_OK && i < argument_count; i++) {
        const table_argument *a = &arguments[i];
        if (path == NULL && (a->name.size == 0 || argument_is(a, "path")))
            path = a;
        else
            status = json_argument(s, a, err);
    }
    string_view *paths = NULL;
    uint32_t path_count = 0;
    if (status == DBX_OK && path == NULL)
        status = error_raise(err, ERR_PATH_NOT_FOUND, position, "path", "", NULL);
    if (status == DBX_OK) status = argument_texts(path, &s->arena, &paths, &path_count, err);
    if (status == DBX_OK)
        status = file_list_build(&s->files, q->gate, &s->arena, paths, path_count, &s->list, err);
    if (status == DBX_OK) status = json_make_schema(s, q->gate, position, err);
    if (status != DBX_OK) {
        json_source_free(&s->base);
        return status;
    }
    *out = &s->base;
    return DBX_OK;
}

static bool json_row_count(const source *base, uint64_t *rows, bool *exact) {
    const json_source *s = (const json_source *)base;
    *exact = false;
    *rows = s->row_bytes > 0 ? (uint64_t)((double)s->files.bytes / s->row_bytes) : 0;
    return s->row_bytes > 0;
}

static dbx_status json_describe(const source *base, buffer *out) {
    const json_source *s = (const json_source *)base;
    return buffer_printf(out, "%u file%s, " SV_FMT, s->files.count, s->files.count == 1 ? "" : "s",
                         SV_ARG(s->files.files[0].path));
}

/* ---- scan ---- */

static void json_close(source_scan *opaque) {
    json_scan *scan = (json_scan *)opaque;
    text_blocks_deinit(&scan->blocks);
    arena_deinit(&scan->arena);
    mem_free(&scan->query->ledger, scan, sizeof(*scan));
}

static dbx_status json_open(source *base, query *q, const scan_spec *spec, source_scan **out,
                            error *err) {
    json_source *s = (json_source *)base;
    json_scan *scan = mem_alloc_zero(&q->ledger, sizeof(*scan));
    if (scan == NULL) return error_nomem(err);
    scan->source = s;
    scan->query = q;
    scan->spec = spec;
    arena_init(&scan->arena, &q->ledger);
    text_blocks_init(&scan->blocks, &s->files, q->gate, &q->ledger);
    scan->blocks.codec = s->codec;
    scan->blocks.cut = json_cut;
    scan->blocks.cut_state = &s->layout;
    scan->blocks.end_with_newline = true;
    scan->wanted = ARENA_ARRAY(&scan->arena, bool, s->files.count);
    if (scan->wanted == NULL) {
        json_close((source_scan *)scan);
        return error_nomem(err);
    }
    file_list_prune(&s->files, s->kinds, spec, scan->wanted);
    scan->blocks.wanted = scan->wanted;
    *out = (source_scan *)scan;
    return DBX_OK;
}

static void json_local_free(source_scan *opaque, source_local *local) {
    json_local *l = (json_local *)local;
    buffer_deinit(&l->block.text);
    arena_deinit(&l->arena);
    arena_deinit(&l->chunk_arena);
    mem_free(&((json_scan *)opaque)->query->ledger, l, sizeof(*l));
}

static dbx_status json_local_new(source_scan *opaque, source_local **out, error *err) {
    json_scan *scan = (json_scan *)opaque;
    ledger *ql = &scan->query->ledger;
    json_local *l = mem_alloc_zero(ql, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    l->scan = scan;
    arena_init(&l->arena, ql);
    arena_init(&l->chunk_arena, ql);
    buffer_init(&l->block.text, ql);
    l->columns = ARENA_ARRAY(&l->arena, vector *, MAX(scan->source->data_count, 1u));
    l->constants = ARENA_ARRAY(&l->arena, vector, MAX(scan->spec->column_count, 1u));
    if (l->columns == NULL || l->constants == NULL) {
        json_local_free(opaque, (source_local *)l);
        return error_nomem(err);
    }
    *out = (source_local *)l;
    return DBX_OK;
}

static dbx_status json_next_morsel(source_scan *opaque, source_local *local, bool *more,
                                   uint64_t *morsel_index, error *err) {
    json_scan *scan = (json_scan *)opaque;
    json_local *l = (json_local *)local;
    TRY(text_blocks_next(&scan->blocks, &l->block, more, err));
    if (!*more) return DBX_OK;
    *morsel_index = l->block.number;
    l->cursor = (json_cursor){l->block.text.data, l->block.text.data + l->block.text.size};
    json_skip_space(&l->cursor);
    bool wrapped = l->block.first_of_file && !scan->source->layout.lines;
    if (wrapped && l->cursor.at < l->cursor.end && *l->cursor.at == '[') l->cursor.at++;
    return DBX_OK;
}

/* Output vectors for the next rows: fresh ones for data, constants for the rest. */
static dbx_status json_start_chunk(json_local *l, chunk *out, error *err) {
    const json_source *s = l->scan->source;
    const scan_spec *spec = l->scan->spec;
    arena_reset(&l->chunk_arena);
    memset(l->columns, 0, s->data_count * sizeof(*l->columns));
    for (uint32_t i = 0; i < spec->column_count; i++) {
        const file_column *kind = &s->kinds[spec->columns[i]];
        vector *v = &out->columns[i];
        dbx_status status = DBX_OK;
        if (kind->kind == FILE_COLUMN_PARTITION) {
            *v = s->files.files[l->block.file].partitions[kind->index];
        } else if (kind->kind == FILE_COLUMN_METADATA) {
            status = file_list_metadata(&s->files, l->block.file,
                                        s->base.columns[spec->columns[i]].type, &l->chunk_arena, v);
        } else {
            status = vector_init(v, s->base.columns[spec->columns[i]].type, spec->vector_size,
                                 &l->chunk_arena);
            l->columns[kind->index] = v;
        }
        if (status != DBX_OK) return error_nomem(err);
    }
    return DBX_OK;
}

static bool json_read_row(json_local *l, json_reader *r, uint32_t row) {
    const json_source *s = l->scan->source;
    if (!s->bare) return json_read_object(r, &l->cursor, s->names, l->columns, s->data_count, row);
    if (l->columns[0] == NULL) return json_skip_value(&l->cursor, 0);
    return json_read_value(r, &l->cursor, l->columns[0], row, 0);
}

/* After malformed text: on to the next line; the row is NULL, dropped, or an error. */
static dbx_status json_malformed(json_local *l, json_reader *r, uint32_t *rows, error *err) {
    const json_source *s = l->scan->source;
    if (r->nomem) return error_nomem(err);
    if (s->mode == JSON_FAIL_FAST) {
        char message[160];
        size_t at = (size_t)(l->cursor.at - l->block.text.data);
        size_t left = MIN(l->block.text.size - at, (size_t)40);
        snprintf(message, sizeof(message),
                 "malformed JSON, or a value of another type, before '%.*s'", (int)left,
                 l->block.text.data + at);
        return error_raise(err, ERR_FILE_CORRUPT, (span){0, 0}, "path",
                           s->files.files[l->block.file].path.data, "message", message, NULL);
    }
    const char *line = memchr(l->cursor.at, '\n', (size_t)(l->cursor.end - l->cursor.at));
    l->cursor.at = line != NULL ? line : l->cursor.end;
    if (s->mode == JSON_DROP_MALFORMED) return DBX_OK;
    for (uint32_t i = 0; i < s->data_count; i++) {
        if (l->columns[i] == NULL) continue;
        if (vector_ensure_validity(l->columns[i], &l->chunk_arena) != DBX_OK)
            return error_nomem(err);
        validity_set_null(l->columns[i]->validity, *rows);
    }
    (*rows)++;
    return DBX_OK;
}

static dbx_status json_read(source_scan *opaque, source_local *local, chunk *out, error *err) {
    json_local *l = (json_local *)local;
    (void)opaque;
    TRY(json_start_chunk(l, out, err));
    const time_zone *zone = l->scan->query->zone != NULL ? l->scan->query->zone : &time_zone_utc;
    json_reader r = {
        .arena = &l->chunk_arena, .zone = zone, .strict = l->scan->source->schema == NULL};
    uint32_t rows = 0;
    while (rows < l->scan->spec->vector_size) {
        json_skip_space(&l->cursor);
        while (l->cursor.at < l->cursor.end && (*l->cursor.at == ',' || *l->cursor.at == ']')) {
            l->cursor.at++;
            json_skip_space(&l->cursor);
        }
        if (l->cursor.at >= l->cursor.end) break;
        if (json_read_row(l, &r, rows))
            rows++;
        else
            TRY(json_malformed(l, &r, &rows, err));
    }
    out->rows = rows;
    return DBX_OK;
}

static double json_progress(const source_scan *opaque) {
    return text_blocks_progress(&((const json_scan *)opaque)->blocks);
}

static const source_vtab json_source_vtab = {
    .name = "json",
    .row_count = json_row_count,
    .open = json_open,
    .local_new = json_local_new,
    .next_morsel = json_next_morsel,
    .read = json_read,
    .local_free = json_local_free,
    .close = json_close,
    .progress = json_progress,
    .counts = json_counts,
    .describe = json_describe,
    .free = json_source_free,
};

const table_function_row read_json_function = {
    .name = "read_json",
    .aliases = "json",
    .arguments =
        "path STRING | ARRAY<STRING>, [schema STRING], [mode STRING], [compression STRING], "
        "[pathGlobFilter STRING]",
    .doc = "Reads JSON files: a value a line, values one after the other, or an array of values.",
    .extensions = ".json,.jsonl,.ndjson,.geojson",
    .bind = json_bind,
};
