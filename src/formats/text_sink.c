/* text_sink.c - see text_sink.h. */
#include "formats/text_sink.h"

#include "formats/arguments.h"

#include <stdio.h>

enum {
    TEXT_PIECE_BYTES = 4 << 20, /* of text; a piece ends there, or with its morsel */
    TEXT_WAITING_BYTES_MAX = 256 << 20,
    TEXT_LINE_END_MAX = 2,
};

typedef struct text_piece text_piece;
struct text_piece {
    text_piece *next;
    uint64_t order, sequence;
    uint64_t rows;
    buffer bytes; /* as they go to the file */
};

typedef struct text_sink_local text_sink_local;
typedef struct text_sink {
    data_sink base;
    ledger *ledger;
    arena arena; /* options, names; not used once open */
    const text_format *format;
    void *writer;
    text_print print;
    source_column *columns;
    file_set *files;
    string_view folder, extension;
    string_view line_end;
    io_stream_codec codec;
    int level;
    uint64_t file_rows_max; /* 0: no limit */
    buffer head;            /* of each file, packed */
    os_mutex mutex;         /* guards everything below */
    text_sink_local *locals;
    text_piece *waiting; /* in row order */
    size_t waiting_bytes;
    io_output *out; /* the file at hand; NULL: the next piece opens one */
    uint64_t file_rows;
    uint64_t rows;
} text_sink;

struct text_sink_local {
    text_sink_local *next; /* list of the sink's */
    bool started;          /* order is known */
    uint64_t order;        /* morsel at hand: the worker brings none before it any more */
    uint64_t sequence;
    uint64_t rows;
    buffer text;
    text_column *columns;
    codec_context codecs;
};

/* ---- writing ---- */

static dbx_status text_sink_open_file(text_sink *s, error *err) {
    TRY(file_set_add(s->files, s->folder, s->extension, &s->out, err));
    s->file_rows = 0;
    return s->head.size == 0 ? DBX_OK : io_output_write(s->out, s->head.data, s->head.size, err);
}

static dbx_status text_sink_write(text_sink *s, const text_piece *p, error *err) {
    bool full = s->out != NULL && s->file_rows_max > 0 && s->file_rows > 0 &&
                s->file_rows + p->rows > s->file_rows_max;
    if (full) {
        io_output_park(s->out);
        s->out = NULL;
    }
    if (s->out == NULL) TRY(text_sink_open_file(s, err));
    TRY(io_output_write(s->out, p->bytes.data, p->bytes.size, err));
    if (s->folder.size > 0) io_output_park(s->out); /* partitions: many files at once */
    s->file_rows += p->rows;
    s->rows += p->rows;
    return DBX_OK;
}

static void text_sink_piece_free(text_sink *s, text_piece *p) {
    if (p == NULL) return;
    buffer_deinit(&p->bytes);
    mem_free(s->ledger, p, sizeof(*p));
}

static bool text_sink_piece_before(const text_piece *a, const text_piece *b) {
    return a->order != b->order ? a->order < b->order : a->sequence < b->sequence;
}

/* Pieces up to this morsel have no rows before them under way. */
static uint64_t text_sink_settled(const text_sink *s) {
    uint64_t settled = UINT64_MAX;
    for (const text_sink_local *l = s->locals; l != NULL; l = l->next) {
        if (!l->started) return 0;
        settled = MIN(settled, l->order);
    }
    return settled;
}

/* Writes waiting pieces that are settled, or all when too much waits. The mutex is held. */
static dbx_status text_sink_drain(text_sink *s, error *err) {
    uint64_t settled = text_sink_settled(s);
    if (s->waiting_bytes > TEXT_WAITING_BYTES_MAX ||
        ledger_under_pressure(s->ledger, s->waiting_bytes, 90))
        settled = UINT64_MAX;
    while (s->waiting != NULL && s->waiting->order <= settled) {
        text_piece *p = s->waiting;
        s->waiting = p->next;
        s->waiting_bytes -= p->bytes.capacity;
        dbx_status status = text_sink_write(s, p, err);
        text_sink_piece_free(s, p);
        TRY(status);
    }
    return DBX_OK;
}

static void text_sink_insert(text_sink *s, text_piece *p) {
    text_piece **at = &s->waiting;
    while (*at != NULL && text_sink_piece_before(*at, p)) at = &(*at)->next;
    p->next = *at;
    *at = p;
    s->waiting_bytes += p->bytes.capacity;
}

/* The local's text as a piece of the sink; the worker goes on with morsel next_order. */
static dbx_status text_sink_end_piece(text_sink *s, text_sink_local *l, uint64_t next_order,
                                      error *err) {
    text_piece *p = NULL;
    if (l->rows > 0) {
        p = mem_alloc_zero(s->ledger, sizeof(*p));
        if (p == NULL) return error_nomem(err);
        *p = (text_piece){.order = l->order, .sequence = l->sequence++, .rows = l->rows};
        buffer_init(&p->bytes, s->ledger);
        if (s->codec == IO_STREAM_NONE) {
            p->bytes = l->text;
            buffer_init(&l->text, s->ledger);
        } else if (io_pack(&l->codecs, s->codec, s->level, l->text.data, l->text.size, &p->bytes) !=
                   DBX_OK) {
            text_sink_piece_free(s, p);
            return error_nomem(err);
        }
        buffer_clear(&l->text);
        l->rows = 0;
    }
    os_mutex_lock(&s->mutex);
    if (p != NULL) text_sink_insert(s, p);
    l->order = next_order;
    dbx_status status = text_sink_drain(s, err);
    os_mutex_unlock(&s->mutex);
    return status;
}

/* ---- the sink ---- */

static void text_sink_local_free(text_sink *s, text_sink_local *l) {
    os_mutex_lock(&s->mutex);
    text_sink_local **at = &s->locals;
    while (*at != NULL && *at != l) at = &(*at)->next;
    if (*at == l) *at = l->next;
    os_mutex_unlock(&s->mutex);
    buffer_deinit(&l->text);
    codec_context_deinit(&l->codecs);
    if (l->columns != NULL)
        mem_free(s->ledger, l->columns, (s->base.column_count + 1) * sizeof(*l->columns));
    mem_free(s->ledger, l, sizeof(*l));
}

static dbx_status text_sink_local_new(data_sink *base, sink_local **out, error *err) {
    text_sink *s = (text_sink *)base;
    *out = NULL;
    text_sink_local *l = mem_alloc_zero(s->ledger, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    buffer_init(&l->text, s->ledger);
    os_mutex_lock(&s->mutex);
    l->next = s->locals;
    s->locals = l;
    os_mutex_unlock(&s->mutex);
    l->columns = mem_alloc_zero(s->ledger, (s->base.column_count + 1) * sizeof(*l->columns));
    if (l->columns == NULL) {
        text_sink_local_free(s, l);
        return error_nomem(err);
    }
    *out = (sink_local *)l;
    return DBX_OK;
}

static dbx_status text_sink_write_rows(text_sink *s, text_sink_local *l, const chunk *rows,
                                       error *err) {
    for (uint32_t c = 0; c < rows->column_count; c++)
        text_column_init(&l->columns[c], &rows->columns[c]);
    if (s->format->write(s->writer, l->columns, rows->column_count, rows->rows, &l->text) != DBX_OK)
        return error_nomem(err);
    l->rows += rows->rows;
    return DBX_OK;
}

static dbx_status text_sink_append(data_sink *base, sink_local *local, const chunk *rows,
                                   uint64_t morsel_index, error *err) {
    text_sink *s = (text_sink *)base;
    text_sink_local *l = (text_sink_local *)local;
    if (rows->rows == 0) return DBX_OK;
    if (!l->started || l->order != morsel_index) {
        if (l->started) {
            TRY(text_sink_end_piece(s, l, morsel_index, err));
        } else {
            os_mutex_lock(&s->mutex);
            l->order = morsel_index;
            l->started = true;
            os_mutex_unlock(&s->mutex);
        }
        l->sequence = 0;
    }
    if (s->file_rows_max > 0 && l->rows + rows->rows > s->file_rows_max && l->rows > 0)
        TRY(text_sink_end_piece(s, l, morsel_index, err));
    TRY(text_sink_write_rows(s, l, rows, err));
    if (l->text.size < TEXT_PIECE_BYTES) return DBX_OK;
    return text_sink_end_piece(s, l, morsel_index, err);
}

static dbx_status text_sink_combine(data_sink *base, sink_local *local, error *err) {
    text_sink *s = (text_sink *)base;
    text_sink_local *l = (text_sink_local *)local;
    dbx_status status = text_sink_end_piece(s, l, UINT64_MAX, err);
    l->started = true;
    text_sink_local_free(s, l);
    return status;
}

static dbx_status text_sink_finish(data_sink *base, uint64_t *rows_written, error *err) {
    text_sink *s = (text_sink *)base;
    assert(s->locals == NULL);
    TRY(text_sink_drain(s, err));
    assert(s->waiting == NULL);
    if (s->rows == 0 && s->folder.size == 0 && s->out == NULL) TRY(text_sink_open_file(s, err));
    *rows_written = s->rows;
    return DBX_OK;
}

static void text_sink_free(data_sink *base) {
    text_sink *s = (text_sink *)base;
    while (s->waiting != NULL) {
        text_piece *p = s->waiting;
        s->waiting = p->next;
        text_sink_piece_free(s, p);
    }
    buffer_deinit(&s->head);
    os_mutex_deinit(&s->mutex);
    arena_deinit(&s->arena);
    mem_free(s->ledger, s, sizeof(*s));
}

static const sink_vtab text_sink_vtab = {
    .name = "text",
    .local_new = text_sink_local_new,
    .append = text_sink_append,
    .combine = text_sink_combine,
    .finish = text_sink_finish,
    .free = text_sink_free,
};

/* ---- opening ---- */

static dbx_status text_sink_option_codec(text_sink *s, const sink_option *o, error *err) {
    if (io_stream_codec_from_name(o->value, &s->codec) && io_pack_extension(s->codec) != NULL)
        return DBX_OK;
    return option_raise(o->name, o->value,
                        "is not a codec of text files: none, gzip, zstd, lz4 or snappy", err);
}

static dbx_status text_sink_option_set(text_sink *s, const sink_option *o, error *err) {
    int64_t number;
    bool taken;
    if (sv_equal_ignore_case(o->name, SV("compression")) ||
        sv_equal_ignore_case(o->name, SV("codec")))
        return text_sink_option_codec(s, o, err);
    if (sv_equal_ignore_case(o->name, SV("compression_level"))) {
        TRY(option_int(o->name, o->value, 1, 22, &number, err));
        s->level = (int)number;
        return DBX_OK;
    }
    if (sv_equal_ignore_case(o->name, SV("encoding")) ||
        sv_equal_ignore_case(o->name, SV("charset"))) {
        bool utf8 = sv_equal_ignore_case(o->value, SV("utf-8")) ||
                    sv_equal_ignore_case(o->value, SV("utf8"));
        return utf8 ? DBX_OK : option_raise(o->name, o->value, "is not UTF-8", err);
    }
    if (sv_equal_ignore_case(o->name, SV("lineSep"))) {
        if (o->value.size == 0 || o->value.size > TEXT_LINE_END_MAX)
            return option_raise(o->name, o->value, "is not one or two characters", err);
        s->line_end = o->value;
        return DBX_OK;
    }
    if (sv_equal_ignore_case(o->name, SV("maxRecordsPerFile"))) {
        TRY(option_int(o->name, o->value, 0, INT64_MAX, &number, err));
        s->file_rows_max = (uint64_t)number;
        return DBX_OK;
    }
    TRY(text_print_option(&s->print, o, &s->arena, &taken, err));
    if (!taken) TRY(s->format->option(s->writer, o, &s->arena, &taken, err));
    if (taken) return DBX_OK;
    char message[64];
    snprintf(message, sizeof(message), "is not an option of the %s writer", s->format->name);
    return option_raise(o->name, o->value, message, err);
}

static dbx_status text_sink_keep_columns(text_sink *s, const source_column *columns, uint32_t count,
                                         error *err) {
    s->columns = ARENA_ARRAY(&s->arena, source_column, (size_t)count + 1);
    if (s->columns == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < count; i++) {
        s->columns[i] = columns[i];
        s->columns[i].name = arena_copy_string(&s->arena, columns[i].name);
        if (s->columns[i].name.data == NULL) return error_nomem(err);
        if (columns[i].type.id != TYPE_VARIANT) continue;
        char name[128];
        snprintf(name, sizeof(name), "`" SV_FMT "`", SV_ARG(columns[i].name));
        return error_raise(err, ERR_UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE, (span){0, 0}, "format",
                           s->format->name, "columnName", name, "columnType", "\"VARIANT\"", NULL);
    }
    s->base.columns = s->columns;
    s->base.column_count = count;
    return DBX_OK;
}

/* A file that the statement names is compressed as its name says. */
static void text_sink_codec_of_name(text_sink *s) {
    if (file_set_is_directory(s->files)) return;
    io_stream_codec named = io_path_codec(sv_from(file_set_path(s->files)), NULL);
    if (io_pack_extension(named) != NULL) s->codec = named;
}

static dbx_status text_sink_pack_head(text_sink *s, const buffer *head, error *err) {
    codec_context context = {0};
    dbx_status status =
        head->size == 0 ? DBX_OK
                        : io_pack(&context, s->codec, s->level, head->data, head->size, &s->head);
    codec_context_deinit(&context);
    return status == DBX_OK ? DBX_OK : error_nomem(err);
}

static dbx_status text_sink_start(text_sink *s, string_view folder, const source_column *columns,
                                  uint32_t count, const sink_option *options, uint32_t option_count,
                                  error *err) {
    s->writer = arena_alloc_zero(&s->arena, s->format->writer_size);
    s->folder = arena_copy_string(&s->arena, folder);
    if (s->writer == NULL || s->folder.data == NULL) return error_nomem(err);
    if (s->format->defaults != NULL) s->format->defaults(s->writer);
    TRY(text_sink_keep_columns(s, columns, count, err));
    text_sink_codec_of_name(s);
    for (uint32_t i = 0; i < option_count; i++) TRY(text_sink_option_set(s, &options[i], err));
    char *extension =
        arena_printf(&s->arena, "%s%s", s->format->extension, io_pack_extension(s->codec));
    if (extension == NULL) return error_nomem(err);
    s->extension = sv_from(extension);
    buffer head;
    buffer_init(&head, s->ledger);
    dbx_status status = s->format->start(s->writer, s->files, &s->print, s->columns, count,
                                         s->line_end, &s->arena, &head, err);
    if (status == DBX_OK) status = text_sink_pack_head(s, &head, err);
    buffer_deinit(&head);
    return status;
}

dbx_status text_sink_open(const text_format *format, query *q, file_set *files, string_view folder,
                          const source_column *columns, uint32_t column_count,
                          const sink_option *options, uint32_t option_count, data_sink **out,
                          error *err) {
    *out = NULL;
    text_sink *s = mem_alloc_zero(&q->ledger, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->base.vtab = &text_sink_vtab;
    s->ledger = &q->ledger;
    s->format = format;
    s->files = files;
    s->line_end = SV("\n");
    s->codec = IO_STREAM_NONE;
    s->print.zone = time_zone_of(q);
    arena_init(&s->arena, s->ledger);
    buffer_init(&s->head, s->ledger);
    os_mutex_init(&s->mutex);
    dbx_status status =
        text_sink_start(s, folder, columns, column_count, options, option_count, err);
    if (status != DBX_OK) {
        text_sink_free(&s->base);
        return status;
    }
    *out = &s->base;
    return DBX_OK;
}
