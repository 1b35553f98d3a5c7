/* text_source.c - binding and scanning of text files; see text_source.h. Options are in
 * text_options.c. */
#include "formats/text_options.h"

#include <stdio.h>

/* ---- bind ---- */

static dbx_status text_add_column(text_source *s, string_view name, uint32_t *at, error *err) {
    for (uint32_t i = 0; i < s->data_count; i++) {
        if (!sv_equal_ignore_case(s->data[i].name, name)) continue;
        *at = i;
        if (s->data[i].type.id == TYPE_STRING) return DBX_OK;
        return error_raisef(err, ERR_INVALID_PARAMETER_VALUE, (span){0, 0}, "parameter",
                            "a column for what does not fit: " SV_FMT " is not a STRING",
                            SV_ARG(name));
    }
    source_column *columns = ARENA_ARRAY(&s->arena, source_column, (size_t)s->data_count + 1);
    if (columns == NULL) return error_nomem(err);
    if (s->data_count > 0) memcpy(columns, s->data, s->data_count * sizeof(*columns));
    columns[s->data_count] =
        (source_column){.name = name, .type = type_simple(TYPE_STRING), .nullable = true};
    *at = s->data_count++;
    s->data = columns;
    return DBX_OK;
}

static dbx_status text_add_columns(text_source *s, error *err) {
    const text_options *o = &s->options;
    s->corrupt_at = s->rescued_at = UINT32_MAX;
    if (o->corrupt_given) TRY(text_add_column(s, o->corrupt_column, &s->corrupt_at, err));
    for (uint32_t i = 0; !o->corrupt_given && o->schema != NULL && i < s->data_count; i++) {
        bool named = sv_equal(s->data[i].name, SV("_corrupt_record"));
        if (named && s->data[i].type.id == TYPE_STRING) s->corrupt_at = i;
    }
    if (o->rescued_column.size > 0) TRY(text_add_column(s, o->rescued_column, &s->rescued_at, err));
    return DBX_OK;
}

static dbx_status text_bind_files(text_source *s, query *q, const table_argument *path,
                                  span position, error *err) {
    string_view *paths = NULL;
    uint32_t path_count = 0;
    source_column *columns;
    if (path == NULL) return error_raise(err, ERR_PATH_NOT_FOUND, position, "path", "", NULL);
    TRY(argument_texts(path, &s->arena, &paths, &path_count, err));
    TRY(file_list_build(&s->files, q->gate, &s->arena, paths, path_count, &s->options.list, err));
    s->data = s->options.schema;
    s->data_count = s->options.schema_count;
    TRY(s->kind->infer(s, q->gate, position, err));
    TRY(text_add_columns(s, err));
    if (file_list_columns(&s->files, &s->arena, s->data, s->data_count, &columns, &s->kinds,
                          &s->base.column_count) != DBX_OK)
        return error_nomem(err);
    s->base.columns = columns;
    return DBX_OK;
}

static dbx_status text_bind_arguments(text_source *s, const table_argument *arguments,
                                      uint32_t count, const table_argument **path, error *err) {
    for (uint32_t i = 0; i < count; i++) {
        const table_argument *a = &arguments[i];
        if (*path == NULL && (a->name.size == 0 || argument_is(a, "path"))) {
            *path = a;
            continue;
        }
        bool taken = true;
        TRY(s->kind->argument(s, a, &taken, err));
        if (!taken) {
            taken = true;
            TRY(text_option(s, a, &taken, err));
        }
        if (!taken) return argument_raise_unknown(a, s->kind->row, err);
    }
    return DBX_OK;
}

dbx_status text_source_bind(const text_source_kind *kind, query *q, ledger *l,
                            const table_argument *arguments, uint32_t argument_count, span position,
                            source **out, error *err) {
    *out = NULL;
    text_source *s = mem_alloc_zero(l, kind->source_size);
    if (s == NULL) return error_nomem(err);
    s->base.vtab = kind->vtab;
    s->kind = kind;
    s->ledger = l;
    arena_init(&s->arena, l);
    s->options.codec = IO_STREAM_AUTO;
    s->options.infer_types = true;
    s->options.sampling_ratio = 1;
    s->options.line_end = '\n';
    s->options.values.zone = time_zone_of(q);
    if (kind->defaults != NULL) kind->defaults(s);
    const table_argument *path = NULL;
    dbx_status status = text_bind_arguments(s, arguments, argument_count, &path, err);
    if (status == DBX_OK) status = text_bind_files(s, q, path, position, err);
    if (status != DBX_OK) {
        text_source_free(&s->base);
        return status;
    }
    *out = &s->base;
    return DBX_OK;
}

bool text_source_row_count(const source *base, uint64_t *rows, bool *exact) {
    const text_source *s = (const text_source *)base;
    *exact = false;
    *rows = s->row_bytes > 0 ? (uint64_t)((double)s->files.bytes / s->row_bytes) : 0;
    return s->row_bytes > 0;
}

dbx_status text_source_describe(const source *base, buffer *out) {
    const text_source *s = (const text_source *)base;
    return buffer_printf(out, "%u file%s, " SV_FMT, s->files.count, s->files.count == 1 ? "" : "s",
                         SV_ARG(s->files.files[0].path));
}

void text_source_free(source *base) {
    text_source *s = (text_source *)base;
    arena_deinit(&s->arena);
    mem_free(s->ledger, s, s->kind->source_size);
}

text_mode text_source_mode(const text_source *s) {
    if (s->rescued_at != UINT32_MAX) return TEXT_MODE_PERMISSIVE;
    if (s->options.mode != TEXT_MODE_DEFAULT) return s->options.mode;
    bool keeps = s->options.schema != NULL || s->corrupt_at != UINT32_MAX;
    return keeps ? TEXT_MODE_PERMISSIVE : TEXT_MODE_FAIL_FAST;
}

/* ---- scan ---- */

void text_scan_close(source_scan *opaque) {
    text_scan *scan = (text_scan *)opaque;
    ledger *l = &scan->query->ledger;
    text_blocks_deinit(&scan->blocks);
    arena_deinit(&scan->arena);
    mem_free(l, scan, sizeof(*scan));
}

dbx_status text_scan_open(source *base, query *q, const scan_spec *spec, source_scan **out,
                          error *err) {
    text_source *s = (text_source *)base;
    text_scan *scan = mem_alloc_zero(&q->ledger, sizeof(*scan));
    if (scan == NULL) return error_nomem(err);
    scan->source = s;
    scan->query = q;
    scan->spec = spec;
    scan->values = s->options.values;
    if (s->options.zone_name.size == 0) scan->values.zone = time_zone_of(q);
    arena_init(&scan->arena, &q->ledger);
    text_blocks_init(&scan->blocks, &s->files, q->gate, &q->ledger);
    scan->blocks.codec = s->options.codec;
    scan->blocks.decoder = s->options.decoder;
    scan->blocks.cut = s->kind->cut;
    scan->blocks.cut_state = s;
    scan->blocks.line_end = s->options.line_end;
    scan->blocks.record_max = s->kind->record_max;
    scan->wanted = ARENA_ARRAY(&scan->arena, bool, s->files.count);
    if (scan->wanted == NULL) {
        text_scan_close((source_scan *)scan);
        return error_nomem(err);
    }
    file_list_prune(&s->files, s->kinds, spec, scan->wanted);
    scan->blocks.wanted = scan->wanted;
    *out = (source_scan *)scan;
    return DBX_OK;
}

double text_scan_progress(const source_scan *opaque) {
    return text_blocks_progress(&((const text_scan *)opaque)->blocks);
}

void text_scan_counts(const source_scan *opaque, source_counts *out) {
    *out =
        (source_counts){.bytes_read = text_blocks_position(&((const text_scan *)opaque)->blocks)};
}

void text_local_free(text_local *l) {
    ledger *ql = &l->scan->query->ledger;
    size_t size = l->scan->source->kind->local_size;
    buffer_deinit(&l->block.text);
    arena_deinit(&l->arena);
    arena_deinit(&l->file_arena);
    arena_deinit(&l->chunk_arena);
    mem_free(ql, l, size);
}

dbx_status text_local_new(source_scan *opaque, text_local **out, error *err) {
    text_scan *scan = (text_scan *)opaque;
    ledger *ql = &scan->query->ledger;
    text_local *l = mem_alloc_zero(ql, scan->source->kind->local_size);
    *out = NULL;
    if (l == NULL) return error_nomem(err);
    l->scan = scan;
    l->file = UINT32_MAX;
    arena_init(&l->arena, ql);
    arena_init(&l->file_arena, ql);
    arena_init(&l->chunk_arena, ql);
    buffer_init(&l->block.text, ql);
    l->constants = ARENA_ARRAY(&l->arena, vector, (size_t)scan->spec->column_count + 1);
    l->columns = ARENA_ARRAY(&l->arena, vector *, (size_t)scan->source->data_count + 1);
    if (l->constants == NULL || l->columns == NULL) {
        text_local_free(l);
        return error_nomem(err);
    }
    *out = l;
    return DBX_OK;
}

static dbx_status text_set_constants(text_local *l, error *err) {
    const text_source *s = l->scan->source;
    const scan_spec *spec = l->scan->spec;
    arena_reset(&l->file_arena);
    for (uint32_t i = 0; i < spec->column_count; i++) {
        const file_column *kind = &s->kinds[spec->columns[i]];
        if (kind->kind == FILE_COLUMN_PARTITION)
            l->constants[i] = s->files.files[l->block.file].partitions[kind->index];
        else if (kind->kind == FILE_COLUMN_METADATA &&
                 file_list_metadata(&s->files, l->block.file,
                                    s->base.columns[spec->columns[i]].type, &l->file_arena,
                                    &l->constants[i]) != DBX_OK)
            return error_nomem(err);
    }
    l->file = l->block.file;
    return DBX_OK;
}

dbx_status text_local_next(text_local *l, bool *more, uint64_t *morsel_index, bool *new_file,
                           error *err) {
    *new_file = false;
    TRY(text_blocks_next(&l->scan->blocks, &l->block, more, err));
    if (!*more) return DBX_OK;
    *morsel_index = l->block.number;
    arena_reset(&l->chunk_arena);
    *new_file = l->file != l->block.file;
    return *new_file ? text_set_constants(l, err) : DBX_OK;
}

bool text_local_judges_all(const text_local *l) {
    const text_source *s = l->scan->source;
    text_mode mode = text_source_mode(s);
    bool asked = s->corrupt_at != UINT32_MAX && l->columns[s->corrupt_at] != NULL;
    asked = asked || (s->rescued_at != UINT32_MAX && l->columns[s->rescued_at] != NULL);
    return asked || mode == TEXT_MODE_DROP_MALFORMED ||
           (mode == TEXT_MODE_FAIL_FAST && s->options.mode != TEXT_MODE_DEFAULT);
}

dbx_status text_local_start(text_local *l, chunk *out, uint32_t rows, error *err) {
    const text_source *s = l->scan->source;
    const scan_spec *spec = l->scan->spec;
    arena_reset(&l->chunk_arena);
    memset(&l->rescued, 0, sizeof(l->rescued));
    memset(l->columns, 0, s->data_count * sizeof(*l->columns));
    for (uint32_t i = 0; i < spec->column_count; i++) {
        const file_column *kind = &s->kinds[spec->columns[i]];
        vector *v = &out->columns[i];
        if (kind->kind != FILE_COLUMN_DATA) {
            *v = l->constants[i];
            continue;
        }
        if (l->columns[kind->index] != NULL) continue; /* copied when the first is full */
        if (vector_init(v, s->base.columns[spec->columns[i]].type, MAX(rows, 1u),
                        &l->chunk_arena) != DBX_OK)
            return error_nomem(err);
        l->columns[kind->index] = v;
    }
    if (!text_local_judges_all(l)) return DBX_OK;
    vector *unseen = ARENA_ARRAY(&l->chunk_arena, vector, s->data_count);
    if (unseen == NULL) return error_nomem(err);
    for (uint32_t c = 0; c < s->data_count; c++) {
        if (l->columns[c] != NULL || c == s->corrupt_at || c == s->rescued_at) continue;
        if (vector_init(&unseen[c], s->data[c].type, MAX(rows, 1u), &l->chunk_arena) != DBX_OK)
            return error_nomem(err);
        l->columns[c] = &unseen[c];
    }
    return DBX_OK;
}

void text_local_share(const text_local *l, chunk *out) {
    const text_scan *scan = l->scan;
    for (uint32_t i = 0; i < scan->spec->column_count; i++) {
        const file_column *kind = &scan->source->kinds[scan->spec->columns[i]];
        if (kind->kind != FILE_COLUMN_DATA) continue;
        const vector *first = l->columns[kind->index];
        if (first != &out->columns[i]) out->columns[i] = *first;
    }
}

/* ---- rows that do not fit ---- */

static dbx_status text_fill_corrupt(text_local *l, const uint8_t *bad, uint32_t rows,
                                    string_view (*record)(const text_local *l, uint32_t row)) {
    const text_source *s = l->scan->source;
    vector *v = s->corrupt_at != UINT32_MAX ? l->columns[s->corrupt_at] : NULL;
    if (v == NULL) return DBX_OK;
    TRY(vector_ensure_validity(v, &l->chunk_arena));
    validity_fill(v->validity, rows, false);
    for (uint32_t r = 0; r < rows; r++) {
        VECTOR_DATA(v, vstring)[r] = vstring_from("", 0);
        if (!bad[r]) continue;
        string_view text = record(l, r);
        VECTOR_DATA(v, vstring)[r] = vstring_from(text.data, text.size);
        validity_set_valid(v->validity, r);
    }
    return DBX_OK;
}

static dbx_status text_rescued_json(const text_local *l, uint32_t first, uint32_t end,
                                    buffer *out) {
    buffer_clear(out);
    TRY(buffer_append_char(out, '{'));
    for (uint32_t i = first; i < end; i++) {
        const text_rescue *x = &l->rescued.items[i];
        TRY(text_print_json_string(x->name, out));
        TRY(buffer_append_char(out, ':'));
        TRY(x->is_json ? buffer_append_sv(out, x->text) : text_print_json_string(x->text, out));
        TRY(buffer_append_char(out, ','));
    }
    TRY(buffer_append_sv(out, SV("\"_file_path\":")));
    TRY(text_print_json_string(l->scan->source->files.files[l->block.file].path, out));
    return buffer_append_char(out, '}');
}

static dbx_status text_fill_rescued(text_local *l, uint32_t rows) {
    const text_source *s = l->scan->source;
    vector *v = s->rescued_at != UINT32_MAX ? l->columns[s->rescued_at] : NULL;
    if (v == NULL) return DBX_OK;
    TRY(vector_ensure_validity(v, &l->chunk_arena));
    validity_fill(v->validity, rows, false);
    for (uint32_t r = 0; r < rows; r++) VECTOR_DATA(v, vstring)[r] = vstring_from("", 0);
    buffer json;
    buffer_init(&json, &l->scan->query->ledger);
    dbx_status status = DBX_OK;
    for (uint32_t i = 0; status == DBX_OK && i < l->rescued.count;) {
        uint32_t row = l->rescued.items[i].row, end = i;
        while (end < l->rescued.count && l->rescued.items[end].row == row) end++;
        status = text_rescued_json(l, i, end, &json);
        i = end;
        if (status != DBX_OK || row >= rows) continue;
        string_view kept = arena_copy_string(&l->chunk_arena, buffer_view(&json));
        if (kept.data == NULL) status = DBX_NOMEM;
        if (status != DBX_OK) break;
        VECTOR_DATA(v, vstring)[row] = vstring_from(kept.data, kept.size);
        validity_set_valid(v->validity, row);
    }
    buffer_deinit(&json);
    return status;
}

dbx_status text_local_finish(text_local *l, const uint8_t *bad, uint32_t rows,
                             string_view (*record)(const text_local *l, uint32_t row), error *err) {
    if (text_fill_corrupt(l, bad, rows, record) != DBX_OK) return error_nomem(err);
    return text_fill_rescued(l, rows) == DBX_OK ? DBX_OK : error_nomem(err);
}

/* What is quoted from a file may be cut or no text at all: other bytes than printable ASCII become
 * '?'. */
static void text_make_printable(char *s) {
    for (; *s != '\0'; s++) {
        if ((unsigned char)*s < ' ' || (unsigned char)*s >= 0x7F) *s = '?';
    }
}

dbx_status text_local_raise(text_local *l, size_t at, const char *what, error *err) {
    char message[384];
    const text_source *s = l->scan->source;
    uint64_t line =
        text_line_at(&l->scan->blocks, l->block.file, l->block.offset + at, s->options.line_end);
    snprintf(message, sizeof(message),
             "line %llu %s; give a schema, or mode => 'PERMISSIVE' to keep such rows or "
             "'DROPMALFORMED' to drop them",
             (unsigned long long)line, what);
    text_make_printable(message);
    return error_raise(err, ERR_FILE_CORRUPT, (span){0, 0}, "path",
                       s->files.files[l->block.file].path.data, "message", message, NULL);
}

dbx_status text_local_drop(text_local *l, chunk *out, const uint8_t *bad) {
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
