/* csv_source.c - read_csv: CSV files as a source. A block of whole rows is a morsel.
 *
 * The schema is guessed from the first file that holds rows (with mergeSchema: from all), or given.
 * Files with a header are matched by name, others by position. Missing fields are NULL, surplus
 * ones have no column; a row with either, or with a value that is not of its column's type, does
 * not fit (text_source.h).
 */
#include "formats/csv.h"
#include "formats/text_options.h"

#include <stdio.h>

enum {
    CSV_STRETCHES = 8, /* of a large file, beside its start, that types are guessed from */
    CSV_STRETCH_BYTES = 1 << 18,
    CSV_ESCAPE_FILES_MAX = 8,
    CSV_HEADER_BYTES = 1 << 18,
};

typedef struct csv_source {
    text_source base;
    csv_dialect dialect;
    csv_guess_input guess;
    uint32_t skip_rows;
    bool trim_left, trim_right;
    bool merge;
    string_view empty_text;
} csv_source;

typedef struct csv_local {
    text_local base;
    uint32_t *marks;
    size_t marks_room;
    csv_text text;
    uint32_t *field_of; /* per data column: position in the file's rows; UINT32_MAX: absent */
    uint32_t file_columns;
    bool beyond; /* a column is mapped to a field that regular rows do not have */
    uint32_t *first, *counts; /* of the chunk's rows */
    csv_rows rows;
} csv_local;

static const csv_source *csv_source_of(const csv_local *l) {
    return (const csv_source *)l->base.scan->source;
}

/* ---- arguments ---- */

static void csv_defaults(text_source *base) {
    csv_source *s = (csv_source *)base;
    s->empty_text = SV("");
}

static dbx_status csv_argument(text_source *base, const table_argument *a, bool *taken,
                               error *err) {
    csv_source *s = (csv_source *)base;
    csv_guess_input *g = &s->guess;
    int64_t number;
    if (argument_is(a, "header")) {
        g->header_given = true;
        return argument_bool(a, &s->dialect.header, err);
    }
    if (argument_is(a, "sep") || argument_is(a, "delimiter") || argument_is(a, "delim")) {
        g->delimiter_given = true;
        return text_argument_char(a, &base->arena, &s->dialect.delimiter, err);
    }
    if (argument_is(a, "quote")) {
        g->quote_given = true;
        return text_argument_char(a, &base->arena, &s->dialect.quote, err);
    }
    if (argument_is(a, "escape")) {
        g->escape_given = true;
        return text_argument_char(a, &base->arena, &s->dialect.escape, err);
    }
    if (argument_is(a, "comment"))
        return text_argument_char(a, &base->arena, &s->dialect.comment, err);
    if (argument_is(a, "emptyValue")) return argument_text(a, &base->arena, &s->empty_text, err);
    if (argument_is(a, "ignoreLeadingWhiteSpace")) return argument_bool(a, &s->trim_left, err);
    if (argument_is(a, "ignoreTrailingWhiteSpace")) return argument_bool(a, &s->trim_right, err);
    if (argument_is(a, "mergeSchema")) return argument_bool(a, &s->merge, err);
    if (argument_is(a, "skipRows")) {
        TRY(argument_int(a, 0, INT32_MAX, &number, err));
        s->skip_rows = (uint32_t)number;
        return DBX_OK;
    }
    *taken = false;
    return DBX_OK;
}

/* ---- guessing ---- */

static size_t csv_skip_rows(const csv_source *s, const char *text, size_t size) {
    size_t skip = 0;
    for (uint32_t line = 0; line < s->skip_rows && skip < size; line++) {
        const char *end = memchr(text + skip, s->dialect.line_end, size - skip);
        skip = end != NULL ? (size_t)(end - text) + 1 : size;
    }
    return skip;
}

/* The start of a file without the lines that are skipped, its last line ended. */
static dbx_status csv_sample(csv_source *s, const io_gate *gate, uint32_t file, size_t most,
                             buffer *sample, string_view *text, error *err) {
    const text_options *o = &s->base.options;
    bool whole;
    buffer_clear(sample);
    TRY(text_sample(gate, s->base.ledger, s->base.files.files[file].path, o->codec, &o->decoder,
                    most, sample, &whole, err));
    bool ended = sample->size > 0 && sample->data[sample->size - 1] == o->line_end;
    if (whole && !ended && sample->size > 0 && buffer_append_char(sample, o->line_end) != DBX_OK)
        return error_nomem(err);
    size_t skip = csv_skip_rows(s, sample->data, sample->size);
    *text = (string_view){sample->data + skip, sample->size - skip};
    return DBX_OK;
}

/* Stretches of a large plain file narrow the types that its start suggests. */
static dbx_status csv_guess_stretches(csv_source *s, const io_gate *gate, uint32_t file,
                                      csv_guess *guess, buffer *sample, error *err) {
    const file_entry *entry = &s->base.files.files[file];
    io_stream *stream;
    io_file *plain = NULL;
    text_encoding encoding = s->base.options.decoder.encoding;
    bool utf8 = encoding == TEXT_ENCODING_AUTO || encoding == TEXT_ENCODING_UTF8;
    if (entry->size < 2 * (uint64_t)CSV_SAMPLE_BYTES || !utf8 || s->base.options.decoder.carriage)
        return DBX_OK;
    TRY(io_stream_open(gate, s->base.ledger, entry->path, s->base.options.codec, &stream, err));
    bool as_is = io_stream_is_plain(stream);
    io_stream_close(stream);
    if (!as_is) return DBX_OK;
    TRY(io_open(gate, s->base.ledger, entry->path, &plain, err));
    dbx_status status = DBX_OK;
    buffer_clear(sample);
    if (buffer_reserve(sample, CSV_STRETCH_BYTES) != DBX_OK) status = error_nomem(err);
    for (uint64_t i = 1; status == DBX_OK && i <= CSV_STRETCHES; i++) {
        uint64_t at = (io_file_size(plain) - CSV_STRETCH_BYTES) / CSV_STRETCHES * i;
        status = io_read_at(plain, at, sample->data, CSV_STRETCH_BYTES, err);
        if (status != DBX_OK) break;
        status = csv_guess_more(sample->data, CSV_STRETCH_BYTES, &s->guess, &s->dialect,
                                s->base.ledger, guess);
        if (status != DBX_OK) status = error_nomem(err);
    }
    io_close(plain);
    return status;
}

/* Adds the columns of another file to the guess. */
static dbx_status csv_merge_guess(csv_source *s, const csv_guess *more, csv_guess *guess) {
    uint32_t room = guess->column_count + more->column_count;
    string_view *names = ARENA_ARRAY(&s->base.arena, string_view, room);
    csv_column_guess *columns = ARENA_ARRAY(&s->base.arena, csv_column_guess, room);
    if (names == NULL || columns == NULL) return DBX_NOMEM;
    memcpy(names, guess->names, guess->column_count * sizeof(*names));
    memcpy(columns, guess->columns, guess->column_count * sizeof(*columns));
    uint32_t count = guess->column_count;
    for (uint32_t i = 0; i < more->column_count; i++) {
        uint32_t c = 0;
        while (c < count && !sv_equal_ignore_case(names[c], more->names[i])) c++;
        if (c == count) {
            names[count] = more->names[i];
            columns[count++] = more->columns[i];
            continue;
        }
        columns[c].kinds &= more->columns[i].kinds;
        columns[c].seen |= more->columns[i].seen;
    }
    guess->names = names;
    guess->columns = columns;
    guess->column_count = MIN(count, (uint32_t)CSV_COLUMNS_MAX);
    return DBX_OK;
}

static dbx_status csv_guess_file(csv_source *s, const io_gate *gate, uint32_t file, buffer *sample,
                                 csv_dialect *dialect, csv_guess *guess, error *err) {
    string_view text, plain;
    TRY(csv_sample(s, gate, file, CSV_SAMPLE_BYTES, sample, &text, err));
    (void)io_path_codec(s->base.files.files[file].path, &plain);
    s->guess.prefer_tab = sv_ends_with(plain, SV(".tsv"));
    if (csv_guess_schema(text.data, text.size, &s->guess, dialect, &s->base.arena, s->base.ledger,
                         guess) != DBX_OK)
        return error_nomem(err);
    return DBX_OK;
}

static dbx_status csv_guess_files(csv_source *s, const io_gate *gate, buffer *sample,
                                  csv_guess *guess, error *err) {
    uint32_t file = 0, files = s->base.files.count;
    string_view text;
    for (; file < files && guess->column_count == 0; file++)
        TRY(csv_guess_file(s, gate, file, sample, &s->dialect, guess, err));
    if (guess->column_count == 0) return DBX_OK;
    bool escapes = guess->saw_escapes || s->guess.escape_given || s->dialect.quote == '\0';
    for (uint32_t i = file; !escapes && i < MIN(files, file + CSV_ESCAPE_FILES_MAX); i++) {
        TRY(csv_sample(s, gate, i, CSV_STRETCH_BYTES, sample, &text, err));
        escapes = csv_guess_escape(text.data, text.size, &s->dialect);
    }
    for (uint32_t i = file; s->merge && i < files; i++) {
        csv_dialect dialect = s->dialect;
        csv_guess more = {0};
        TRY(csv_guess_file(s, gate, i, sample, &dialect, &more, err));
        if (more.column_count > 0 && csv_merge_guess(s, &more, guess) != DBX_OK)
            return error_nomem(err);
    }
    if (s->base.options.schema != NULL || !s->guess.infer_types) return DBX_OK;
    return csv_guess_stretches(s, gate, file - 1, guess, sample, err);
}

/* A first row that bears names of the schema is a header. */
static void csv_header_by_schema(csv_source *s, const csv_guess *guess) {
    if (s->guess.header_given || s->base.options.schema == NULL) return;
    for (uint32_t c = 0; c < guess->column_count; c++) {
        for (uint32_t i = 0; i < s->base.data_count; i++)
            s->dialect.header |= sv_equal_ignore_case(guess->names[c], s->base.data[i].name);
    }
}

static dbx_status csv_infer(text_source *base, const io_gate *gate, span position, error *err) {
    csv_source *s = (csv_source *)base;
    csv_guess guess = {0};
    buffer sample;
    s->dialect.line_end = base->options.line_end;
    s->guess.infer_types = base->options.infer_types;
    s->guess.sampling_ratio = base->options.sampling_ratio;
    s->guess.values = base->options.values;
    s->guess.values.scratch = &base->arena;
    buffer_init(&sample, base->ledger);
    dbx_status status = csv_guess_files(s, gate, &sample, &guess, err);
    buffer_deinit(&sample);
    TRY(status);
    base->row_bytes = guess.row_bytes;
    csv_header_by_schema(s, &guess);
    if (base->options.schema != NULL) return DBX_OK;
    if (guess.column_count == 0)
        return error_raise(err, ERR_UNABLE_TO_INFER_SCHEMA, position, "format", "CSV", NULL);
    base->data = ARENA_ARRAY(&base->arena, source_column, guess.column_count);
    if (base->data == NULL) return error_nomem(err);
    base->data_count = guess.column_count;
    for (uint32_t i = 0; i < guess.column_count; i++) {
        base->data[i] =
            (source_column){.name = guess.names[i],
                            .type = text_value_type(guess.columns[i].kinds, guess.columns[i].seen),
                            .nullable = true};
    }
    return DBX_OK;
}

/* ---- a file's columns ---- */

static bool csv_is_field(const text_source *s, uint32_t column) {
    return column != s->corrupt_at && column != s->rescued_at;
}

static uint32_t csv_position_by_name(const csv_text *t, const csv_dialect *d,
                                     const csv_field *header, uint32_t count, string_view name,
                                     arena *scratch) {
    for (uint32_t i = 0; i < count; i++) {
        string_view text = {t->data + header[i].start, header[i].size};
        if (header[i].escaped) {
            char *copy = arena_alloc_bytes(scratch, header[i].size + 1);
            if (copy == NULL) return UINT32_MAX;
            text = (string_view){copy, csv_unescape(t, d, &header[i], copy)};
        }
        if (sv_equal_ignore_case(sv_trim(text), name)) return i;
    }
    return UINT32_MAX;
}

/* Which field of a row feeds which column: by name when the header knows most names, else by
 * position. */
static void csv_map_fields(csv_local *l, const csv_text *t, const csv_field *header,
                           uint32_t header_count) {
    const csv_source *s = csv_source_of(l);
    const text_source *base = &s->base;
    uint32_t found = 0, fields = 0;
    for (uint32_t c = 0; c < base->data_count; c++) {
        l->field_of[c] = UINT32_MAX;
        if (!csv_is_field(base, c)) continue;
        fields++;
        if (header_count > 0)
            l->field_of[c] = csv_position_by_name(t, &s->dialect, header, header_count,
                                                  base->data[c].name, &l->base.chunk_arena);
        found += l->field_of[c] != UINT32_MAX;
    }
    l->file_columns = header_count > 0 ? header_count : fields;
    l->beyond = false;
    if (found * 2 > fields) return;
    for (uint32_t c = 0, at = 0; c < base->data_count; c++)
        if (csv_is_field(base, c)) l->field_of[c] = at++;
    l->beyond = fields > l->file_columns;
}

/* The header is read from the file's start: a worker may get a later block of it first. */
static dbx_status csv_enter_file(csv_local *l, error *err) {
    csv_source *s = (csv_source *)l->base.scan->source;
    if (!s->dialect.header) {
        csv_map_fields(l, NULL, NULL, 0);
        return DBX_OK;
    }
    buffer sample;
    string_view text;
    buffer_init(&sample, &l->base.scan->query->ledger);
    dbx_status status = csv_sample(s, l->base.scan->query->gate, l->base.block.file,
                                   CSV_HEADER_BYTES, &sample, &text, err);
    if (status == DBX_OK) {
        size_t size = csv_whole_rows(text.data, text.size, &s->dialect);
        uint32_t *marks =
            arena_alloc(&l->base.chunk_arena, csv_marks_room(size) * sizeof(uint32_t));
        csv_field *header = ARENA_ARRAY(&l->base.chunk_arena, csv_field, CSV_COLUMNS_MAX);
        uint32_t count = 0;
        csv_text t;
        if (marks == NULL || header == NULL) {
            status = error_nomem(err);
        } else {
            csv_text_init(&t, text.data, size, &s->dialect, marks);
            if (!csv_next_row(&t, &s->dialect, header, CSV_COLUMNS_MAX, &count)) count = 0;
            csv_map_fields(l, &t, header, MIN(count, (uint32_t)CSV_COLUMNS_MAX));
        }
    }
    buffer_deinit(&sample);
    return status;
}

/* ---- scan ---- */

static size_t csv_cut(const char *text, size_t size, const void *state) {
    return csv_whole_rows(text, size, &((const csv_source *)state)->dialect);
}

static void csv_local_free(source_scan *opaque, source_local *local) {
    csv_local *l = (csv_local *)local;
    if (l->marks != NULL)
        mem_free(&((text_scan *)opaque)->query->ledger, l->marks,
                 l->marks_room * sizeof(*l->marks));
    text_local_free(&l->base);
}

static dbx_status csv_local_new(source_scan *opaque, source_local **out, error *err) {
    text_local *base;
    TRY(text_local_new(opaque, &base, err));
    csv_local *l = (csv_local *)base;
    uint32_t rows = base->scan->spec->vector_size;
    l->field_of = ARENA_ARRAY(&base->arena, uint32_t, (size_t)base->scan->source->data_count + 1);
    l->first = ARENA_ARRAY(&base->arena, uint32_t, rows);
    l->counts = ARENA_ARRAY(&base->arena, uint32_t, rows);
    if (l->field_of == NULL || l->first == NULL || l->counts == NULL) {
        csv_local_free(opaque, (source_local *)l);
        return error_nomem(err);
    }
    *out = (source_local *)l;
    return DBX_OK;
}

static dbx_status csv_next_morsel(source_scan *opaque, source_local *local, bool *more,
                                  uint64_t *morsel_index, error *err) {
    csv_local *l = (csv_local *)local;
    const csv_source *s = csv_source_of(l);
    ledger *ql = &((text_scan *)opaque)->query->ledger;
    bool new_file;
    TRY(text_local_next(&l->base, more, morsel_index, &new_file, err));
    if (!*more) return DBX_OK;
    const buffer *block = &l->base.block.text;
    size_t room = csv_marks_room(block->size);
    if (room > l->marks_room) {
        if (l->marks != NULL) mem_free(ql, l->marks, l->marks_room * sizeof(*l->marks));
        l->marks_room = 0;
        l->marks = mem_alloc(ql, room * sizeof(*l->marks));
        if (l->marks == NULL) return error_nomem(err);
        l->marks_room = room;
    }
    if (new_file) TRY(csv_enter_file(l, err));
    bool first = l->base.block.first_of_file;
    size_t skip = first ? csv_skip_rows(s, block->data, block->size) : 0;
    csv_text_init(&l->text, block->data + skip, block->size - skip, &s->dialect, l->marks);
    csv_field ignored;
    uint32_t count;
    if (first && s->dialect.header) (void)csv_next_row(&l->text, &s->dialect, &ignored, 0, &count);
    return DBX_OK;
}

/* ---- reading ---- */

static size_t csv_row_offset(const csv_local *l, uint32_t first_mark) {
    size_t in_text = l->text.marks[(ptrdiff_t)first_mark - 1] + 1;
    return (size_t)(l->text.data - l->base.block.text.data) + in_text;
}

/* The next rows that hold values; those of the wrong width are kept, dropped or refused by mode. */
static dbx_status csv_take_rows(csv_local *l, uint32_t *row_count, error *err) {
    const csv_source *s = csv_source_of(l);
    csv_text *t = &l->text;
    text_mode mode = text_source_mode(&s->base);
    bool strict = s->base.options.mode != TEXT_MODE_DEFAULT && mode != TEXT_MODE_PERMISSIVE;
    uint32_t most = l->base.scan->spec->vector_size, n = 0;
    bool ragged = l->beyond, comments = s->dialect.comment != '\0';
    for (; t->next_row < t->rows && n < most; t->next_row++) {
        uint32_t first = csv_row_first(t, t->next_row);
        uint32_t count = t->line_ends[t->next_row] - first + 1;
        if ((count == 1 || comments) && csv_row_is_empty(t, &s->dialect, t->next_row)) continue;
        if (count != l->file_columns) {
            if (strict && mode == TEXT_MODE_DROP_MALFORMED) continue;
            if (strict)
                return text_local_raise(&l->base, csv_row_offset(l, first),
                                        "does not have as many fields as the header or schema",
                                        err);
            ragged = true;
        }
        l->first[n] = first;
        l->counts[n++] = count;
    }
    l->rows = (csv_rows){.text = t,
                         .dialect = &s->dialect,
                         .first = l->first,
                         .counts = l->counts,
                         .rows = n,
                         .ragged = ragged};
    *row_count = n;
    return DBX_OK;
}

static string_view csv_record(const text_local *base, uint32_t row) {
    const csv_local *l = (const csv_local *)base;
    uint32_t start = l->text.marks[(ptrdiff_t)l->first[row] - 1] + 1;
    uint32_t end = l->text.marks[l->first[row] + l->counts[row] - 1];
    if (end > start && l->text.data[end - 1] == '\r') end--;
    return (string_view){l->text.data + start, end - start};
}

/* Keeps for the rescued column what of a row does not fit: bad values of columns, surplus fields.
 */
static dbx_status csv_rescue_row(csv_local *l, uint32_t row) {
    const text_source *s = &csv_source_of(l)->base;
    arena *a = &l->base.chunk_arena;
    text_value_options values = l->base.scan->values;
    values.scratch = a;
    for (uint32_t f = 0; f < l->counts[row]; f++) {
        uint32_t c = 0;
        while (c < s->data_count && l->field_of[c] != f) c++;
        string_view raw = csv_field_text(&l->text, l->first[row] + f, f + 1 == l->counts[row]);
        text_rescue x = {.row = row, .text = raw};
        csv_field field = csv_field_of(&l->text, &csv_source_of(l)->dialect, raw);
        x.text = (string_view){l->text.data + field.start, field.size};
        if (c < s->data_count) {
            vector v;
            bool null = field.size == 0 || sv_equal(x.text, values.null_text);
            if (null || type_is_string_like(s->data[c].type)) continue;
            TRY(vector_init(&v, s->data[c].type, 1, a));
            if (text_value_store(&v, 0, x.text, &values)) continue;
            x.name = s->data[c].name;
        } else {
            char *name = arena_printf(a, "_c%u", f);
            if (name == NULL) return DBX_NOMEM;
            x.name = sv_from(name);
        }
        TRY(ARENA_LIST_PUSH(a, &l->base.rescued, x));
    }
    return DBX_OK;
}

static dbx_status csv_rescue(csv_local *l, uint8_t *bad) {
    const text_source *s = &csv_source_of(l)->base;
    if (s->rescued_at == UINT32_MAX || l->base.columns[s->rescued_at] == NULL) return DBX_OK;
    for (uint32_t r = 0; r < l->rows.rows; r++) {
        if (!bad[r] && l->counts[r] <= l->file_columns) continue;
        TRY(csv_rescue_row(l, r));
        bad[r] = 0;
    }
    return DBX_OK;
}

static dbx_status csv_fill(csv_local *l, csv_column *c) {
    const text_source *s = &csv_source_of(l)->base;
    for (uint32_t i = 0; i < s->data_count; i++) {
        vector *v = l->base.columns[i];
        if (v == NULL || !csv_is_field(s, i)) continue;
        if (l->field_of[i] == UINT32_MAX || l->field_of[i] >= CSV_COLUMNS_MAX)
            TRY(vector_set_constant_null(v, c->arena));
        else
            TRY(csv_column_fill(&l->rows, l->field_of[i], v, c));
    }
    return DBX_OK;
}

/* Judges the rows of a chunk that is filled. */
static dbx_status csv_judge(csv_local *l, csv_column *c, chunk *out, error *err) {
    const text_source *s = &csv_source_of(l)->base;
    text_mode mode = text_source_mode(s);
    bool keeps_text = s->corrupt_at != UINT32_MAX || s->rescued_at != UINT32_MAX;
    if (c->any_bad && mode == TEXT_MODE_FAIL_FAST) {
        uint32_t r = 0;
        while (!c->bad[r]) r++;
        char what[128];
        int shown = (int)MIN(c->bad_text.size, (size_t)40);
        snprintf(what, sizeof(what),
                 "has a value that is not of its column's type (such as '%.*s')", shown,
                 c->bad_text.data);
        return text_local_raise(&l->base, csv_row_offset(l, l->first[r]), what, err);
    }
    if (keeps_text) {
        for (uint32_t r = 0; l->rows.ragged && r < l->rows.rows; r++)
            c->bad[r] |= l->counts[r] != l->file_columns;
        if (csv_rescue(l, c->bad) != DBX_OK) return error_nomem(err);
        TRY(text_local_finish(&l->base, c->bad, l->rows.rows, csv_record, err));
    }
    text_local_share(&l->base, out);
    if (c->any_bad && mode == TEXT_MODE_DROP_MALFORMED &&
        text_local_drop(&l->base, out, c->bad) != DBX_OK)
        return error_nomem(err);
    return DBX_OK;
}

static dbx_status csv_read(source_scan *opaque, source_local *local, chunk *out, error *err) {
    csv_local *l = (csv_local *)local;
    const csv_source *s = csv_source_of(l);
    (void)opaque;
    out->rows = 0;
    while (out->rows == 0) {
        uint32_t rows = 0;
        TRY(csv_take_rows(l, &rows, err));
        if (rows == 0) return DBX_OK;
        TRY(text_local_start(&l->base, out, rows, err));
        arena *a = &l->base.chunk_arena;
        text_value_options values = l->base.scan->values;
        values.scratch = a;
        csv_column c = {.values = &values,
                        .trim_left = s->trim_left,
                        .trim_right = s->trim_right,
                        .empty_text = s->empty_text,
                        .arena = a,
                        .bad = ARENA_ARRAY(a, uint8_t, rows)};
        if (c.bad == NULL || csv_fill(l, &c) != DBX_OK) return error_nomem(err);
        out->rows = rows;
        TRY(csv_judge(l, &c, out, err));
    }
    return DBX_OK;
}

static const source_vtab csv_source_vtab = {
    .name = "csv",
    .row_count = text_source_row_count,
    .open = text_scan_open,
    .local_new = csv_local_new,
    .next_morsel = csv_next_morsel,
    .read = csv_read,
    .local_free = csv_local_free,
    .close = text_scan_close,
    .progress = text_scan_progress,
    .counts = text_scan_counts,
    .describe = text_source_describe,
    .free = text_source_free,
};

extern const table_function_row read_csv_function;
static const text_source_kind csv_kind = {
    .name = "CSV",
    .row = &read_csv_function,
    .source_size = sizeof(csv_source),
    .local_size = sizeof(csv_local),
    .vtab = &csv_source_vtab,
    .defaults = csv_defaults,
    .argument = csv_argument,
    .infer = csv_infer,
    .cut = csv_cut,
    .record_max = CSV_ROW_BYTES_MAX,
};

static dbx_status csv_bind(query *q, ledger *l, const table_argument *arguments,
                           uint32_t argument_count, span position, source **out, error *err) {
    return text_source_bind(&csv_kind, q, l, arguments, argument_count, position, out, err);
}

const table_function_row read_csv_function = {
    .name = "read_csv",
    .aliases = "csv",
    .arguments = "path STRING | ARRAY<STRING>, [header BOOLEAN], [sep STRING], [quote STRING], "
                 "[escape STRING], [comment STRING], [emptyValue STRING], [skipRows INT], "
                 "[ignoreLeadingWhiteSpace BOOLEAN], [ignoreTrailingWhiteSpace BOOLEAN], "
                 "[mergeSchema BOOLEAN], " TEXT_OPTION_NAMES,
    .doc = "Reads CSV files; dialect, header and types are found from their start unless given.",
    .extensions = ".csv,.tsv,.tab",
    .bind = csv_bind,
};
