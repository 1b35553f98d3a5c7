/* csv_source.c - read_csv: CSV files as a source. A block of whole rows is a morsel.
 *
 * The schema is guessed from the first file that holds rows, or given. Files with a header are
 * matched by name, others by position. What does not fit is decided by mode: PERMISSIVE     missing
 * fields are NULL, surplus ones dropped; a bad value is NULL when the schema was given, and an
 *                  error when it was guessed (the guess was wrong, and NULL would hide it)
 *   DROPMALFORMED  such rows are dropped
 *   FAILFAST       such rows are errors
 */
#include "formats/arguments.h"
#include "formats/csv.h"
#include "formats/schema_text.h"
#include "formats/text_blocks.h"

#include <stdio.h>

extern const table_function_row read_csv_function;

typedef enum csv_mode { CSV_PERMISSIVE, CSV_DROP_MALFORMED, CSV_FAIL_FAST } csv_mode;

typedef struct csv_options {
    csv_dialect dialect;
    csv_guess_input guess;
    csv_mode mode;
    io_stream_codec codec;
    uint32_t skip_rows;
    source_column *schema; /* given; NULL: guessed */
    uint32_t schema_count;
    file_list_options list;
} csv_options;

typedef struct csv_source {
    source base;
    ledger *ledger;
    arena arena;
    csv_options options;
    file_list files;
    source_column *data; /* columns of the text */
    uint32_t data_count;
    file_column *kinds; /* per column of the schema */
    double row_bytes;
} csv_source;

typedef struct csv_scan {
    csv_source *source;
    query *query;
    const scan_spec *spec;
    text_blocks blocks;
    bool *wanted; /* per file */
    arena arena;
} csv_scan;

typedef struct csv_local {
    csv_scan *scan;
    arena arena;       /* fields, maps */
    arena block_arena; /* constants of the file at hand */
    arena chunk_arena; /* unescaped strings */
    text_block block;
    uint32_t *marks;
    size_t mark_room;
    csv_text text;
    csv_field *fields;  /* vector_size rows of the columns that are read */
    csv_field *row;     /* one whole row */
    uint32_t *field_of; /* per output column: position in the file's rows; UINT32_MAX: absent */
    uint32_t file;      /* the maps are for it */
    uint32_t file_columns;
    uint32_t *slot_of; /* per field of a row: index into a fields row, or UINT32_MAX */
    uint32_t slots;
    vector *constants;    /* partition and metadata columns of the file */
    uint64_t rows_before; /* of the block */
} csv_local;

/* ---- arguments ---- */

static dbx_status csv_argument_char(const table_argument *a, arena *to, char *out, error *err) {
    string_view text;
    TRY(argument_text(a, to, &text, err));
    if (text.size == 0)
        *out = '\0';
    else if (text.size == 1)
        *out = text.data[0];
    else if (sv_equal(text, SV("\\t")))
        *out = '\t';
    else
        return argument_raise(a, "one character", err);
    return DBX_OK;
}

static dbx_status csv_argument_mode(const table_argument *a, arena *to, csv_mode *out, error *err) {
    static const char *const names[] = {"PERMISSIVE", "DROPMALFORMED", "FAILFAST"};
    string_view text;
    TRY(argument_text(a, to, &text, err));
    for (uint32_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (!sv_equal_ignore_case(text, sv_from(names[i]))) continue;
        *out = (csv_mode)i;
        return DBX_OK;
    }
    return argument_raise(a, "PERMISSIVE, DROPMALFORMED or FAILFAST", err);
}

static dbx_status csv_argument(csv_source *s, const table_argument *a,
                               const table_function_row *row, error *err) {
    csv_options *o = &s->options;
    string_view text;
    int64_t number;
    bool flag;
    if (argument_is(a, "header")) {
        o->guess.header_given = true;
        return argument_bool(a, &o->dialect.header, err);
    }
    if (argument_is(a, "sep") || argument_is(a, "delimiter") || argument_is(a, "delim")) {
        o->guess.delimiter_given = true;
        return csv_argument_char(a, &s->arena, &o->dialect.delimiter, err);
    }
    if (argument_is(a, "quote")) {
        o->guess.quote_given = true;
        return csv_argument_char(a, &s->arena, &o->dialect.quote, err);
    }
    if (argument_is(a, "escape")) {
        o->guess.escape_given = true;
        return csv_argument_char(a, &s->arena, &o->dialect.escape, err);
    }
    if (argument_is(a, "comment")) return csv_argument_char(a, &s->arena, &o->dialect.comment, err);
    if (argument_is(a, "nullValue") || argument_is(a, "nullstr")) {
        return argument_text(a, &s->arena, &o->guess.null_text, err);
    }
    if (argument_is(a, "mode")) return csv_argument_mode(a, &s->arena, &o->mode, err);
    if (argument_is(a, "inferSchema")) return argument_bool(a, &o->guess.infer_types, err);
    if (argument_is(a, "schema")) {
        TRY(argument_text(a, &s->arena, &text, err));
        return schema_text_parse(a, text, &s->arena, &o->schema, &o->schema_count, err);
    }
    if (argument_is(a, "skipRows")) {
        TRY(argument_int(a, 0, INT32_MAX, &number, err));
        o->skip_rows = (uint32_t)number;
        return DBX_OK;
    }
    if (argument_is(a, "compression")) {
        TRY(argument_text(a, &s->arena, &text, err));
        return io_stream_codec_from_name(text, &o->codec) ? DBX_OK
                                                          : argument_raise(a, "a known codec", err);
    }
    if (argument_is(a, "encoding") || argument_is(a, "charset")) {
        TRY(argument_text(a, &s->arena, &text, err));
        return sv_equal_ignore_case(text, SV("utf-8")) || sv_equal_ignore_case(text, SV("utf8"))
                   ? DBX_OK
                   : argument_raise(a, "UTF-8: other encodings are not read", err);
    }
    if (argument_is(a, "pathGlobFilter"))
        return argument_text(a, &s->arena, &o->list.path_glob_filter, err);
    if (argument_is(a, "multiLine"))
        return argument_bool(a, &flag, err); /* quoted line ends are always values */
    return argument_raise_unknown(a, row, err);
}

/* ---- bind ---- */

static dbx_status csv_guess_from_files(csv_source *s, const io_gate *gate, csv_guess *guess,
                                       error *err) {
    buffer sample;
    buffer_init(&sample, s->ledger);
    dbx_status status = DBX_OK;
    for (uint32_t i = 0; status == DBX_OK && guess->column_count == 0 && i < s->files.count; i++) {
        string_view path = s->files.files[i].path, plain;
        (void)io_path_codec(path, &plain);
        s->options.guess.prefer_tab = sv_ends_with(plain, SV(".tsv"));
        bool whole;
        buffer_clear(&sample);
        status = text_sample(gate, s->ledger, path, s->options.codec, CSV_SAMPLE_BYTES, &sample,
                             &whole, err);
        if (status != DBX_OK) break;
        size_t skip = 0;
        for (uint32_t line = 0; line < s->options.skip_rows && skip < sample.size; line++) {
            const char *end = memchr(sample.data + skip, '\n', sample.size - skip);
            skip = end != NULL ? (size_t)(end - sample.data) + 1 : sample.size;
        }
        bool ended = sample.size > 0 && sample.data[sample.size - 1] == '\n';
        if (whole && !ended && sample.size > 0) status = buffer_append_char(&sample, '\n');
        if (status == DBX_OK) {
            status = csv_guess_schema(sample.data + skip, sample.size - skip, &s->options.guess,
                                      &s->options.dialect, &s->arena, s->ledger, guess);
        }
        if (status == DBX_NOMEM) status = error_nomem(err);
    }
    buffer_deinit(&sample);
    return status;
}

static dbx_status csv_make_schema(csv_source *s, const io_gate *gate, span position, error *err) {
    csv_guess guess = {0};
    TRY(csv_guess_from_files(s, gate, &guess, err));
    s->row_bytes = guess.row_bytes;
    if (s->options.schema != NULL) {
        s->data = s->options.schema;
        s->data_count = s->options.schema_count;
    } else if (guess.column_count == 0) {
        return error_raise(err, ERR_UNABLE_TO_INFER_SCHEMA, position, "format", "CSV", NULL);
    } else {
        s->data = ARENA_ARRAY(&s->arena, source_column, guess.column_count);
        if (s->data == NULL) return error_nomem(err);
        s->data_count = guess.column_count;
        for (uint32_t i = 0; i < guess.column_count; i++) {
            s->data[i] =
                (source_column){.name = guess.names[i], .type = guess.types[i], .nullable = true};
        }
    }
    source_column *columns;
    if (file_list_columns(&s->files, &s->arena, s->data, s->data_count, &columns, &s->kinds,
                          &s->base.column_count) != DBX_OK) {
        return error_nomem(err);
    }
    s->base.columns = columns;
    return DBX_OK;
}

static void csv_source_free(source *base) {
    csv_source *s = (csv_source *)base;
    ledger *l = s->ledger;
    arena_deinit(&s->arena);
    mem_free(l, s, sizeof(*s));
}

static void csv_counts(const source_scan *opaque, source_counts *out) {
    *out = (source_counts){.bytes_read = text_blocks_position(&((const csv_scan *)opaque)->blocks)};
}

static const source_vtab csv_source_vtab;

static dbx_status csv_bind(query *q, ledger *l, const table_argument *arguments,
                           uint32_t argument_count, span position, source **out, error *err) {
    *out = NULL;
    csv_source *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->base.vtab = &csv_source_vtab;
    s->ledger = l;
    arena_init(&s->arena, l);
    s->options.codec = IO_STREAM_AUTO;
    s->options.guess.infer_types = true;
    const table_argument *path = NULL;
    dbx_status status = DBX_OK;
    for (uint32_t i = 0; status == DBX_OK && i < argument_count; i++) {
        const table_argument *a = &arguments[i];
        if (path == NULL && (a->name.size == 0 || argument_is(a, "path")))
            path = a;
        else
            status = csv_argument(s, a, &read_csv_function, err);
    }
    string_view *paths = NULL;
    uint32_t path_count = 0;
    if (status == DBX_OK && path == NULL) {
        status = error_raise(err, ERR_PATH_NOT_FOUND, position, "path", "", NULL);
    }
    if (status == DBX_OK) status = argument_texts(path, &s->arena, &paths, &path_count, err);
    if (status == DBX_OK) {
        status = file_list_build(&s->files, q->gate, &s->arena, paths, path_count, &s->options.list,
                                 err);
    }
    if (status == DBX_OK) status = csv_make_schema(s, q->gate, position, err);
    if (status != DBX_OK) {
        csv_source_free(&s->base);
        return status;
    }
    *out = &s->base;
    return DBX_OK;
}

/* ---- statistics ---- */

static bool csv_row_count(const source *base, uint64_t *rows, bool *exact) {
    const csv_source *s = (const csv_source *)base;
    *exact = false;
    *rows = s->row_bytes > 0 ? (uint64_t)((double)s->files.bytes / s->row_bytes) : 0;
    return s->row_bytes > 0;
}

static dbx_status csv_describe(const source *base, buffer *out) {
    const csv_source *s = (const csv_source *)base;
    return buffer_printf(out, "%u file%s, " SV_FMT, s->files.count, s->files.count == 1 ? "" : "s",
                         SV_ARG(s->files.files[0].path));
}

/* ---- scan ---- */

static size_t csv_cut(const char *text, size_t size, const void *state) {
    return csv_whole_rows(text, size, state);
}

static void csv_close(source_scan *opaque) {
    csv_scan *scan = (csv_scan *)opaque;
    ledger *l = &scan->query->ledger;
    text_blocks_deinit(&scan->blocks);
    arena_deinit(&scan->arena);
    mem_free(l, scan, sizeof(*scan));
}

static dbx_status csv_open(source *base, query *q, const scan_spec *spec, source_scan **out,
                           error *err) {
    csv_source *s = (csv_source *)base;
    csv_scan *scan = mem_alloc_zero(&q->ledger, sizeof(*scan));
    if (scan == NULL) return error_nomem(err);
    scan->source = s;
    scan->query = q;
    scan->spec = spec;
    arena_init(&scan->arena, &q->ledger);
    text_blocks_init(&scan->blocks, &s->files, q->gate, &q->ledger);
    scan->blocks.codec = s->options.codec;
    scan->blocks.cut = csv_cut;
    scan->blocks.cut_state = &s->options.dialect;
    scan->blocks.end_with_newline = true;
    scan->blocks.record_max = CSV_ROW_BYTES_MAX;
    scan->wanted = ARENA_ARRAY(&scan->arena, bool, s->files.count);
    if (scan->wanted == NULL) {
        csv_close((source_scan *)scan);
        return error_nomem(err);
    }
    file_list_prune(&s->files, s->kinds, spec, scan->wanted);
    scan->blocks.wanted = scan->wanted;
    *out = (source_scan *)scan;
    return DBX_OK;
}

static void csv_local_free(source_scan *opaque, source_local *local) {
    csv_local *l = (csv_local *)local;
    ledger *ql = &((csv_scan *)opaque)->query->ledger;
    buffer_deinit(&l->block.text);
    mem_free(ql, l->marks, l->mark_room * sizeof(*l->marks));
    arena_deinit(&l->arena);
    arena_deinit(&l->block_arena);
    arena_deinit(&l->chunk_arena);
    mem_free(ql, l, sizeof(*l));
}

static dbx_status csv_local_new(source_scan *opaque, source_local **out, error *err) {
    csv_scan *scan = (csv_scan *)opaque;
    ledger *ql = &scan->query->ledger;
    csv_local *l = mem_alloc_zero(ql, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    l->scan = scan;
    l->file = UINT32_MAX;
    arena_init(&l->arena, ql);
    arena_init(&l->block_arena, ql);
    arena_init(&l->chunk_arena, ql);
    buffer_init(&l->block.text, ql);
    uint32_t columns = MAX(scan->spec->column_count, 1u);
    l->fields = ARENA_ARRAY(&l->arena, csv_field, (size_t)scan->spec->vector_size * columns);
    l->row = ARENA_ARRAY(&l->arena, csv_field, CSV_COLUMNS_MAX);
    l->slot_of = ARENA_ARRAY(&l->arena, uint32_t, CSV_COLUMNS_MAX);
    l->field_of = ARENA_ARRAY(&l->arena, uint32_t, columns);
    l->constants = ARENA_ARRAY(&l->arena, vector, columns);
    if (l->fields == NULL || l->row == NULL || l->slot_of == NULL || l->field_of == NULL ||
        l->constants == NULL) {
        csv_local_free(opaque, (source_local *)l);
        return error_nomem(err);
    }
    *out = (source_local *)l;
    return DBX_OK;
}

/* ---- a file's columns ---- */

static uint32_t csv_position_by_name(const csv_local *l, const csv_field *header, uint32_t count,
                                     string_view name) {
    for (uint32_t i = 0; i < count; i++) {
        string_view text = {l->text.data + header[i].start, header[i].size};
        if (sv_equal_ignore_case(sv_trim(text), name)) return i;
    }
    return UINT32_MAX;
}

/* Which field of a row feeds data column c of the schema. By name when the header knows most names,
 * else by position. */
static void csv_map_fields(csv_local *l, const csv_field *header, uint32_t header_count,
                           uint32_t *map) {
    const csv_source *s = l->scan->source;
    uint32_t found = 0;
    for (uint32_t c = 0; c < s->data_count; c++) {
        map[c] = header_count > 0 ? csv_position_by_name(l, header, header_count, s->data[c].name)
                                  : UINT32_MAX;
        found += map[c] != UINT32_MAX;
    }
    if (found * 2 > s->data_count) return;
    for (uint32_t c = 0; c < s->data_count; c++) map[c] = c;
}

static dbx_status csv_map_columns(csv_local *l, const csv_field *header, uint32_t header_count,
                                  error *err) {
    const csv_source *s = l->scan->source;
    const scan_spec *spec = l->scan->spec;
    arena_reset(&l->block_arena);
    uint32_t *map = ARENA_ARRAY(&l->block_arena, uint32_t, s->data_count);
    if (map == NULL) return error_nomem(err);
    csv_map_fields(l, header, header_count, map);
    l->file_columns = header_count > 0 ? header_count : s->data_count;
    for (uint32_t i = 0; i < CSV_COLUMNS_MAX; i++) l->slot_of[i] = UINT32_MAX;
    l->slots = 0;
    for (uint32_t i = 0; i < spec->column_count; i++) {
        const file_column *kind = &s->kinds[spec->columns[i]];
        l->field_of[i] = UINT32_MAX;
        if (kind->kind == FILE_COLUMN_DATA) {
            uint32_t field = map[kind->index];
            if (field >= CSV_COLUMNS_MAX) continue;
            if (l->slot_of[field] == UINT32_MAX) l->slot_of[field] = l->slots++;
            l->field_of[i] = l->slot_of[field];
        } else if (kind->kind == FILE_COLUMN_PARTITION) {
            l->constants[i] = s->files.files[l->block.file].partitions[kind->index];
        } else {
            dbx_status status =
                file_list_metadata(&s->files, l->block.file, s->base.columns[spec->columns[i]].type,
                                   &l->block_arena, &l->constants[i]);
            if (status != DBX_OK) return error_nomem(err);
        }
    }
    l->file = l->block.file;
    return DBX_OK;
}

/* The header of the file at hand, for workers that get a later block of it: read from the file's
 * start. */
static dbx_status csv_read_header(csv_local *l, csv_field *header, uint32_t *count, buffer *sample,
                                  error *err) {
    const csv_source *s = l->scan->source;
    bool whole;
    TRY(text_sample(l->scan->query->gate, sample->ledger, s->files.files[l->block.file].path,
                    s->options.codec, CSV_BLOCK_BYTES / 4, sample, &whole, err));
    if (whole && buffer_append_char(sample, '\n') != DBX_OK) return error_nomem(err);
    size_t size = csv_whole_rows(sample->data, sample->size, &s->options.dialect);
    uint32_t *marks = ARENA_ARRAY(&l->chunk_arena, uint32_t, size + 1);
    if (marks == NULL) return error_nomem(err);
    csv_text_init(&l->text, sample->data, size, &s->options.dialect, marks);
    if (!csv_next_row(&l->text, &s->options.dialect, header, CSV_COLUMNS_MAX, count)) *count = 0;
    *count = MIN(*count, (uint32_t)CSV_COLUMNS_MAX);
    return DBX_OK;
}

static dbx_status csv_enter_file(csv_local *l, error *err) {
    const csv_source *s = l->scan->source;
    if (!s->options.dialect.header) return csv_map_columns(l, NULL, 0, err);
    buffer sample;
    buffer_init(&sample, &l->scan->query->ledger);
    uint32_t count = 0;
    dbx_status status = csv_read_header(l, l->row, &count, &sample, err);
    if (status == DBX_OK) status = csv_map_columns(l, l->row, count, err);
    buffer_deinit(&sample);
    return status;
}

/* ---- morsels ---- */

static dbx_status csv_next_morsel(source_scan *opaque, source_local *local, bool *more,
                                  uint64_t *morsel_index, error *err) {
    csv_scan *scan = (csv_scan *)opaque;
    csv_local *l = (csv_local *)local;
    const csv_options *o = &scan->source->options;
    TRY(text_blocks_next(&scan->blocks, &l->block, more, err));
    if (!*more) return DBX_OK;
    *morsel_index = l->block.number;
    size_t size = l->block.text.size;
    if (size > l->mark_room) {
        mem_free(&scan->query->ledger, l->marks, l->mark_room * sizeof(*l->marks));
        l->mark_room = 0;
        l->marks = mem_alloc(&scan->query->ledger, size * sizeof(*l->marks));
        if (l->marks == NULL) return error_nomem(err);
        l->mark_room = size;
    }
    arena_reset(&l->chunk_arena);
    if (l->file != l->block.file) TRY(csv_enter_file(l, err));
    size_t skip = 0;
    for (uint32_t line = 0; l->block.first_of_file && line < o->skip_rows && skip < size; line++) {
        const char *end = memchr(l->block.text.data + skip, '\n', size - skip);
        skip = end != NULL ? (size_t)(end - l->block.text.data) + 1 : size;
    }
    csv_text_init(&l->text, l->block.text.data + skip, size - skip, &o->dialect, l->marks);
    uint32_t count;
    if (l->block.first_of_file && o->dialect.header) {
        (void)csv_next_row(&l->text, &o->dialect, l->row, CSV_COLUMNS_MAX, &count);
    }
    l->rows_before = 0;
    return DBX_OK;
}

/* ---- reading ---- */

static dbx_status csv_raise_row(const csv_local *l, uint32_t row, const char *what, error *err) {
    char message[256];
    uint64_t line = l->rows_before + row + 1;
    snprintf(message, sizeof(message),
             "row %llu of block %llu %s (mode => 'PERMISSIVE' or 'DROPMALFORMED' takes it)",
             (unsigned long long)line, (unsigned long long)l->block.number + 1, what);
    return error_raise(err, ERR_FILE_CORRUPT, (span){0, 0}, "path",
                       l->scan->source->files.files[l->block.file].path.data, "message", message,
                       NULL);
}

/* Splits up to vector_size rows into fields; rows of the wrong width are kept, dropped or refused
 * by mode. */
static dbx_status csv_split_rows(csv_local *l, uint32_t *rows, error *err) {
    const csv_options *o = &l->scan->source->options;
    uint32_t n = 0, count;
    while (n < l->scan->spec->vector_size &&
           csv_next_row(&l->text, &o->dialect, l->row, CSV_COLUMNS_MAX, &count)) {
        if (count != l->file_columns && o->mode != CSV_PERMISSIVE) {
            if (o->mode == CSV_DROP_MALFORMED) continue;
            return csv_raise_row(l, n, "does not have as many fields as the header", err);
        }
        csv_field *to = l->fields + (size_t)n * l->slots;
        for (uint32_t i = 0; i < l->slots; i++) to[i].start = UINT32_MAX;
        count = MIN(count, (uint32_t)CSV_COLUMNS_MAX);
        for (uint32_t i = 0; i < count; i++) {
            if (l->slot_of[i] != UINT32_MAX) to[l->slot_of[i]] = l->row[i];
        }
        n++;
    }
    *rows = n;
    return DBX_OK;
}

static bool csv_is_null(const csv_options *o, const csv_field *f, string_view text,
                        bool is_string) {
    if (f->start == UINT32_MAX) return true;
    if (o->guess.null_text.size > 0 && sv_equal(text, o->guess.null_text)) return true;
    if (text.size > 0) return false;
    return !f->quoted || !is_string;
}

/* One column of all rows. bad (may be NULL) marks rows with a value of the wrong type. */
static dbx_status csv_fill_column(csv_local *l, uint32_t slot, uint32_t rows, vector *v,
                                  uint8_t *bad, uint32_t *bad_row) {
    const csv_options *o = &l->scan->source->options;
    text_value_options values = {.zone = l->scan->query->zone != NULL ? l->scan->query->zone
                                                                      : &time_zone_utc};
    bool is_string = type_is_string_like(v->type);
    for (uint32_t r = 0; r < rows; r++) {
        const csv_field *f = &l->fields[(size_t)r * l->slots + slot];
        string_view text = {0};
        if (f->start != UINT32_MAX) text = (string_view){l->text.data + f->start, f->size};
        bool null = csv_is_null(o, f, text, is_string);
        if (!null && f->escaped) {
            char *copy = arena_alloc_bytes(&l->chunk_arena, f->size + 1);
            if (copy == NULL) return DBX_NOMEM;
            text = (string_view){copy, csv_unescape(&l->text, &o->dialect, f, copy)};
        }
        if (!null && !text_value_store(v, r, text, &values)) {
            null = true;
            bad[r] = 1;
            *bad_row = MIN(*bad_row, r);
        }
        if (!null) continue;
        TRY(vector_ensure_validity(v, &l->chunk_arena));
        validity_set_null(v->validity, r);
        if (is_string) VECTOR_DATA(v, vstring)[r] = vstring_from("", 0);
    }
    return DBX_OK;
}

/* Leaves out the rows marked bad. */
static dbx_status csv_drop_rows(csv_local *l, chunk *out, const uint8_t *bad) {
    sel_t *sel = ARENA_ARRAY(&l->chunk_arena, sel_t, out->rows);
    if (sel == NULL) return DBX_NOMEM;
    uint32_t kept = 0;
    for (uint32_t r = 0; r < out->rows; r++) {
        sel[kept] = r;
        kept += !bad[r];
    }
    for (uint32_t c = 0; c < out->column_count; c++) {
        vector sliced;
        TRY(vector_slice(&sliced, &out->columns[c], sel, kept, &l->chunk_arena));
        TRY(vector_flatten(&out->columns[c], &sliced, kept, &l->chunk_arena));
    }
    out->rows = kept;
    return DBX_OK;
}

static dbx_status csv_fill(csv_local *l, uint32_t rows, chunk *out, uint8_t *bad,
                           uint32_t *bad_row) {
    const scan_spec *spec = l->scan->spec;
    const csv_source *s = l->scan->source;
    for (uint32_t i = 0; i < spec->column_count; i++) {
        vector *v = &out->columns[i];
        if (s->kinds[spec->columns[i]].kind != FILE_COLUMN_DATA) {
            *v = l->constants[i];
        } else {
            TRY(vector_init(v, s->base.columns[spec->columns[i]].type, MAX(rows, 1u),
                            &l->chunk_arena));
            if (l->field_of[i] == UINT32_MAX)
                TRY(vector_set_constant_null(v, &l->chunk_arena));
            else
                TRY(csv_fill_column(l, l->field_of[i], rows, v, bad, bad_row));
        }
    }
    return DBX_OK;
}

static dbx_status csv_read(source_scan *opaque, source_local *local, chunk *out, error *err) {
    csv_local *l = (csv_local *)local;
    const csv_options *o = &l->scan->source->options;
    (void)opaque;
    out->rows = 0;
    while (out->rows == 0) {
        arena_reset(&l->chunk_arena);
        uint32_t rows = 0;
        TRY(csv_split_rows(l, &rows, err));
        if (rows == 0) return DBX_OK;
        uint8_t *bad = ARENA_ARRAY(&l->chunk_arena, uint8_t, rows);
        uint32_t bad_row = UINT32_MAX;
        if (bad == NULL || csv_fill(l, rows, out, bad, &bad_row) != DBX_OK) return error_nomem(err);
        out->rows = rows;
        bool refuse = o->mode == CSV_FAIL_FAST || (o->mode == CSV_PERMISSIVE && o->schema == NULL);
        if (bad_row != UINT32_MAX && refuse) {
            return csv_raise_row(l, bad_row, "has a value that is not of its column's type", err);
        }
        if (bad_row != UINT32_MAX && o->mode == CSV_DROP_MALFORMED &&
            csv_drop_rows(l, out, bad) != DBX_OK) {
            return error_nomem(err);
        }
        l->rows_before += rows;
    }
    return DBX_OK;
}

static double csv_progress(const source_scan *opaque) {
    return text_blocks_progress(&((const csv_scan *)opaque)->blocks);
}

static const source_vtab csv_source_vtab = {
    .name = "csv",
    .row_count = csv_row_count,
    .open = csv_open,
    .local_new = csv_local_new,
    .next_morsel = csv_next_morsel,
    .read = csv_read,
    .local_free = csv_local_free,
    .close = csv_close,
    .progress = csv_progress,
    .counts = csv_counts,
    .describe = csv_describe,
    .free = csv_source_free,
};

const table_function_row read_csv_function = {
    .name = "read_csv",
    .aliases = "csv",
    .arguments = "path STRING | ARRAY<STRING>, [header BOOLEAN], [sep STRING], [quote STRING], "
                 "[escape STRING], "
                 "[comment STRING], [nullValue STRING], [mode STRING], [schema STRING], "
                 "[inferSchema BOOLEAN], "
                 "[skipRows INT], [compression STRING], [pathGlobFilter STRING]",
    .doc = "Reads CSV files; dialect, header and types are found from their start unless given.",
    .extensions = ".csv,.tsv,.tab",
    .bind = csv_bind,
};
