/* parquet_sink.c - the data_sink that writes Parquet.
 *
 * Row order is that of morsels. A worker gathers the rows of one morsel as a piece; a piece that is
 * large enough becomes a row group of its own at once. Small pieces wait in the sink, and at the
 * end neighbours in row order share row groups. When too much waits, what waits is written early:
 * only then may rows of morsels that come later stand behind later ones. Row groups lie in the file
 * in the order of their completion; the footer lists them in row order.
 */
#include "formats/arguments.h"
#include "formats/parquet_write.h"
#include "formats/registry.h"

#include <stdlib.h>

enum {
    SINK_GROUP_ROWS = 262144,    /* a row group ends there */
    SINK_PIECE_ROWS_MIN = 32768, /* a piece of so many is a row group */
    SINK_WAITING_BYTES_MAX = 256 << 20,
    SINK_GROUP_BYTES_MAX = 256 << 20, /* of rows in memory */
    SINK_PAGE_BYTES = 1 << 20,
};

typedef struct sink_piece sink_piece;
struct sink_piece {
    sink_piece *next;
    uint64_t order, sequence;
    size_t bytes; /* charged, about */
    collection rows;
};

typedef struct parquet_sink {
    data_sink base;
    query *query;
    ledger *ledger;
    arena arena; /* schema, and under the mutex what the footer needs */
    type *types;
    source_column *columns;
    parquet_write_schema schema;
    parquet_write_options options;
    file_set *files;
    string_view folder, extension;
    uint64_t file_rows_max; /* 0: no limit */
    os_mutex mutex;         /* guards everything below */
    io_output *out;         /* the file at hand; NULL: the next row group opens one */
    uint64_t file_rows;
    ARENA_LIST(parquet_write_group *) groups;
    sink_piece *waiting;
    size_t waiting_bytes;
    uint64_t rows;
} parquet_sink;

/* What a worker encodes with. */
typedef struct sink_encoder {
    parquet_shred shred;
    codec_context codecs;
    buffer out;
} sink_encoder;

typedef struct parquet_sink_local {
    sink_piece *piece;
    sink_encoder encoder;
    uint64_t morsel;
    uint64_t sequence;
} parquet_sink_local;

/* ---- pieces ---- */

static void sink_piece_free(parquet_sink *s, sink_piece *p) {
    if (p == NULL) return;
    collection_deinit(&p->rows);
    mem_free(s->ledger, p, sizeof(*p));
}

static dbx_status sink_piece_new(parquet_sink *s, uint64_t order, uint64_t sequence,
                                 sink_piece **out, error *err) {
    *out = NULL;
    sink_piece *p = mem_alloc_zero(s->ledger, sizeof(*p));
    if (p == NULL) return error_nomem(err);
    p->order = order;
    p->sequence = sequence;
    if (collection_init(&p->rows, s->types, s->base.column_count, s->ledger) != DBX_OK) {
        sink_piece_free(s, p);
        return error_nomem(err);
    }
    *out = p;
    return DBX_OK;
}

/* About what a chunk takes once copied. */
static size_t sink_chunk_bytes(const chunk *rows) {
    size_t bytes = 0;
    for (uint32_t c = 0; c < rows->column_count; c++) {
        const vector *v = &rows->columns[c];
        bytes += (size_t)rows->rows * (physical_size((physical_type)v->phys) + 1);
        if (v->phys != PHYS_STRING) continue;
        vector_view view = vector_view_of(v);
        for (uint32_t i = 0; i < rows->rows; i++) {
            uint32_t at = view_index(&view, i);
            if (validity_get(view.validity, at)) bytes += ((const vstring *)view.data)[at].size;
        }
    }
    return bytes;
}

/* ---- row groups ---- */

static void sink_encoder_init(sink_encoder *e, ledger *l) {
    memset(e, 0, sizeof(*e));
    parquet_shred_init(&e->shred, l);
    buffer_init(&e->out, l);
}

static void sink_encoder_deinit(sink_encoder *e) {
    parquet_shred_deinit(&e->shred);
    codec_context_deinit(&e->codecs);
    buffer_deinit(&e->out);
}

static dbx_status sink_encode(parquet_sink *s, sink_encoder *e, const collection *rows, arena *keep,
                              parquet_write_chunk *chunks, error *err) {
    buffer_clear(&e->out);
    for (uint32_t l = 0; l < s->schema.leaf_count; l++) {
        const parquet_write_leaf *leaf = &s->schema.leaves[l];
        parquet_shred_clear(&e->shred);
        for (uint32_t c = 0; c < rows->chunks.count; c++) {
            const chunk *in = rows->chunks.items[c];
            TRY(parquet_shred_append(&e->shred, leaf, &in->columns[leaf->column], in->rows, err));
        }
        TRY(parquet_write_column(leaf, &s->options, &e->shred, rows->rows, &e->codecs, &e->out,
                                 keep, &chunks[l], err));
    }
    return DBX_OK;
}

/* Bounds of strings live in `keep`, which is the caller's: copies them into the sink's arena. */
static dbx_status sink_keep_text(arena *a, string_view *text) {
    if (text->data == NULL) return DBX_OK;
    *text = arena_copy_string(a, *text);
    return text->data ? DBX_OK : DBX_NOMEM;
}

static dbx_status sink_keep_chunks(parquet_sink *s, const parquet_write_chunk *from,
                                   parquet_write_group *g) {
    arena *a = &s->arena;
    g->chunks = ARENA_ARRAY(a, parquet_write_chunk, (size_t)s->schema.leaf_count + 1);
    if (g->chunks == NULL) return DBX_NOMEM;
    for (uint32_t l = 0; l < s->schema.leaf_count; l++) {
        parquet_write_chunk *c = &g->chunks[l];
        *c = from[l];
        c->pages = ARENA_ARRAY(a, parquet_write_page, (size_t)c->page_count + 1);
        if (c->pages == NULL) return DBX_NOMEM;
        if (c->page_count > 0) memcpy(c->pages, from[l].pages, c->page_count * sizeof(*c->pages));
        TRY(sink_keep_text(a, &c->min));
        TRY(sink_keep_text(a, &c->max));
        for (uint32_t p = 0; p < c->page_count; p++) {
            TRY(sink_keep_text(a, &c->pages[p].min));
            TRY(sink_keep_text(a, &c->pages[p].max));
        }
    }
    return DBX_OK;
}

static int sink_compare_order(uint64_t a, uint64_t a2, uint64_t b, uint64_t b2) {
    if (a != b) return a < b ? -1 : 1;
    return (a2 > b2) - (a2 < b2);
}

static int sink_compare_groups(const void *a, const void *b) {
    const parquet_write_group *x = *(parquet_write_group *const *)a;
    const parquet_write_group *y = *(parquet_write_group *const *)b;
    return sink_compare_order(x->order, x->sequence, y->order, y->sequence);
}

static dbx_status sink_start_file(parquet_sink *s, error *err) {
    TRY(file_set_add(s->files, s->folder, s->extension, &s->out, err));
    s->file_rows = 0;
    return io_output_write(s->out, "PAR1", 4, err);
}

/* Writes the footer over the row groups of the file at hand. */
static dbx_status sink_end_file(parquet_sink *s, error *err) {
    if (s->groups.count > 1)
        qsort(s->groups.items, s->groups.count, sizeof(*s->groups.items), sink_compare_groups);
    buffer footer;
    buffer_init(&footer, s->ledger);
    dbx_status status = parquet_write_footer(&s->schema, &s->options,
                                             (const parquet_write_group *const *)s->groups.items,
                                             s->groups.count, io_output_size(s->out), &footer, err);
    if (status == DBX_OK) status = io_output_write(s->out, footer.data, footer.size, err);
    buffer_deinit(&footer);
    io_output_park(s->out);
    s->out = NULL;
    s->groups.count = 0;
    return status;
}

static dbx_status sink_append_group(parquet_sink *s, const sink_piece *p, const buffer *bytes,
                                    const parquet_write_chunk *chunks, error *err) {
    bool full =
        s->out != NULL && s->file_rows_max > 0 && s->file_rows + p->rows.rows > s->file_rows_max;
    if (full) TRY(sink_end_file(s, err));
    if (s->out == NULL) TRY(sink_start_file(s, err));
    parquet_write_group *g = ARENA_NEW(&s->arena, parquet_write_group);
    if (g == NULL || sink_keep_chunks(s, chunks, g) != DBX_OK) return error_nomem(err);
    g->order = p->order;
    g->sequence = p->sequence;
    g->rows = p->rows.rows;
    g->offset = io_output_size(s->out);
    s->file_rows += g->rows;
    s->rows += g->rows;
    if (ARENA_LIST_PUSH(&s->arena, &s->groups, g) != DBX_OK) return error_nomem(err);
    TRY(io_output_write(s->out, bytes->data, bytes->size, err));
    if (s->folder.size > 0) io_output_park(s->out); /* partitions: many files at once */
    return DBX_OK;
}

/* Encodes the piece as a row group and frees it. */
static dbx_status sink_write_piece(parquet_sink *s, sink_encoder *e, sink_piece *p, bool locked,
                                   error *err) {
    dbx_status status = DBX_OK;
    if (p->rows.rows > 0) {
        arena keep;
        arena_init(&keep, s->ledger);
        parquet_write_chunk *chunks =
            ARENA_ARRAY(&keep, parquet_write_chunk, (size_t)s->schema.leaf_count + 1);
        status = chunks ? sink_encode(s, e, &p->rows, &keep, chunks, err) : error_nomem(err);
        if (status == DBX_OK) {
            if (!locked) os_mutex_lock(&s->mutex);
            status = sink_append_group(s, p, &e->out, chunks, err);
            if (!locked) os_mutex_unlock(&s->mutex);
        }
        arena_deinit(&keep);
    }
    sink_piece_free(s, p);
    return status;
}

/* ---- waiting pieces ---- */

static int sink_compare_pieces(const void *a, const void *b) {
    const sink_piece *x = *(sink_piece *const *)a;
    const sink_piece *y = *(sink_piece *const *)b;
    return sink_compare_order(x->order, x->sequence, y->order, y->sequence);
}

/* Is there a row group between the pieces in row order? */
static bool sink_separated(const parquet_sink *s, const sink_piece *a, const sink_piece *b) {
    for (uint32_t i = 0; i < s->groups.count; i++) {
        const parquet_write_group *g = s->groups.items[i];
        if (sink_compare_order(a->order, a->sequence, g->order, g->sequence) < 0 &&
            sink_compare_order(g->order, g->sequence, b->order, b->sequence) < 0) {
            return true;
        }
    }
    return false;
}

/* Writes all waiting pieces, neighbours together. The mutex is held, or nobody else is left. */
static dbx_status sink_write_waiting(parquet_sink *s, sink_encoder *e, error *err) {
    uint32_t count = 0;
    for (sink_piece *p = s->waiting; p != NULL; p = p->next) count++;
    if (count == 0) return DBX_OK;
    sink_piece **pieces = mem_alloc(s->ledger, count * sizeof(sink_piece *));
    if (pieces == NULL) return error_nomem(err);
    uint32_t n = 0;
    for (sink_piece *p = s->waiting; p != NULL; p = p->next) pieces[n++] = p;
    qsort(pieces, count, sizeof(*pieces), sink_compare_pieces);
    dbx_status status = DBX_OK;
    uint32_t i = 0;
    while (i < count && status == DBX_OK) {
        sink_piece *first = pieces[i++];
        while (i < count && status == DBX_OK && first->rows.rows < SINK_GROUP_ROWS / 2 &&
               (s->file_rows_max == 0 ||
                first->rows.rows + pieces[i]->rows.rows <= s->file_rows_max) &&
               !sink_separated(s, first, pieces[i])) {
            sink_piece *next = pieces[i++];
            status = collection_concat(&first->rows, &next->rows);
            if (status != DBX_OK) status = error_nomem(err);
            sink_piece_free(s, next);
        }
        if (status == DBX_OK)
            status = sink_write_piece(s, e, first, true, err);
        else
            sink_piece_free(s, first);
    }
    for (; i < count; i++) sink_piece_free(s, pieces[i]);
    s->waiting = NULL;
    s->waiting_bytes = 0;
    mem_free(s->ledger, pieces, count * sizeof(sink_piece *));
    return status;
}

/* Ends the local's piece: a row group when it is large, else it waits. */
static dbx_status sink_end_piece(parquet_sink *s, parquet_sink_local *l, error *err) {
    sink_piece *p = l->piece;
    l->piece = NULL;
    if (p == NULL) return DBX_OK;
    if (p->rows.rows >= SINK_PIECE_ROWS_MIN || p->rows.rows >= s->options.row_group_rows) {
        return sink_write_piece(s, &l->encoder, p, false, err);
    }
    os_mutex_lock(&s->mutex);
    p->next = s->waiting;
    s->waiting = p;
    s->waiting_bytes += p->bytes;
    dbx_status status = DBX_OK;
    if (s->waiting_bytes > SINK_WAITING_BYTES_MAX ||
        ledger_under_pressure(s->ledger, s->waiting_bytes, 90)) {
        status = sink_write_waiting(s, &l->encoder, err);
    }
    os_mutex_unlock(&s->mutex);
    return status;
}

/* ---- the sink ---- */

static dbx_status sink_local_new(data_sink *base, sink_local **out, error *err) {
    parquet_sink *s = (parquet_sink *)base;
    *out = NULL;
    parquet_sink_local *l = mem_alloc_zero(s->ledger, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    sink_encoder_init(&l->encoder, s->ledger);
    *out = (sink_local *)l;
    return DBX_OK;
}

static dbx_status sink_append(data_sink *base, sink_local *local, const chunk *rows,
                              uint64_t morsel_index, error *err) {
    parquet_sink *s = (parquet_sink *)base;
    parquet_sink_local *l = (parquet_sink_local *)local;
    if (rows->rows == 0) return DBX_OK;
    if (l->piece != NULL && l->morsel != morsel_index) {
        TRY(sink_end_piece(s, l, err));
        l->sequence = 0;
    }
    l->morsel = morsel_index;
    if (l->piece == NULL) TRY(sink_piece_new(s, morsel_index, l->sequence++, &l->piece, err));
    if (collection_append(&l->piece->rows, rows) != DBX_OK) return error_nomem(err);
    l->piece->bytes += sink_chunk_bytes(rows);
    bool full =
        l->piece->rows.rows >= s->options.row_group_rows ||
        l->piece->bytes >= SINK_GROUP_BYTES_MAX ||
        (l->piece->rows.rows >= SINK_PIECE_ROWS_MIN && ledger_under_pressure(s->ledger, 0, 90));
    if (!full) return DBX_OK;
    sink_piece *p = l->piece;
    l->piece = NULL;
    return sink_write_piece(s, &l->encoder, p, false, err);
}

static void sink_local_free_parquet(parquet_sink *s, parquet_sink_local *l) {
    sink_piece_free(s, l->piece);
    sink_encoder_deinit(&l->encoder);
    mem_free(s->ledger, l, sizeof(*l));
}

static dbx_status sink_combine(data_sink *base, sink_local *local, error *err) {
    parquet_sink *s = (parquet_sink *)base;
    parquet_sink_local *l = (parquet_sink_local *)local;
    dbx_status status = sink_end_piece(s, l, err);
    sink_local_free_parquet(s, l);
    return status;
}

static dbx_status sink_finish(data_sink *base, uint64_t *rows_written, error *err) {
    parquet_sink *s = (parquet_sink *)base;
    sink_encoder e;
    sink_encoder_init(&e, s->ledger);
    dbx_status status = sink_write_waiting(s, &e, err);
    sink_encoder_deinit(&e);
    TRY(status);
    if (s->out == NULL && s->rows == 0) TRY(sink_start_file(s, err));
    if (s->out != NULL) TRY(sink_end_file(s, err));
    *rows_written = s->rows;
    return DBX_OK;
}

static void sink_free_parquet(data_sink *base) {
    parquet_sink *s = (parquet_sink *)base;
    while (s->waiting != NULL) {
        sink_piece *p = s->waiting;
        s->waiting = p->next;
        sink_piece_free(s, p);
    }
    os_mutex_deinit(&s->mutex);
    arena_deinit(&s->arena);
    mem_free(s->ledger, s, sizeof(*s));
}

static const sink_vtab parquet_sink_vtab = {
    .name = "parquet",
    .local_new = sink_local_new,
    .append = sink_append,
    .combine = sink_combine,
    .finish = sink_finish,
    .free = sink_free_parquet,
};

/* ---- opening ---- */

static dbx_status sink_option_set(parquet_sink *s, const sink_option *o, error *err) {
    int64_t number;
    if (sv_equal_ignore_case(o->name, SV("compression"))) {
        if (codec_from_name(o->value, &s->options.codec)) return DBX_OK;
        return option_raise(o->name, o->value,
                            "is not a codec: none, snappy, gzip, zstd, lz4_raw or brotli", err);
    }
    if (sv_equal_ignore_case(o->name, SV("compression_level"))) {
        TRY(option_int(o->name, o->value, 1, 22, &number, err));
        s->options.level = (int)number;
        return DBX_OK;
    }
    if (sv_equal_ignore_case(o->name, SV("row_group_size"))) {
        TRY(option_int(o->name, o->value, 1, 1 << 24, &number, err));
        s->options.row_group_rows = (uint64_t)number;
        return DBX_OK;
    }
    if (sv_equal_ignore_case(o->name, SV("maxRecordsPerFile"))) {
        TRY(option_int(o->name, o->value, 0, INT64_MAX, &number, err));
        s->file_rows_max = (uint64_t)number;
        return DBX_OK;
    }
    if (sv_equal_ignore_case(o->name, SV("parquet.enable.dictionary"))) {
        return option_bool(o->name, o->value, &s->options.dictionary, err);
    }
    return option_raise(o->name, o->value, "is not an option of the Parquet writer", err);
}

static dbx_status sink_keep_columns(parquet_sink *s, const source_column *columns, uint32_t count,
                                    error *err) {
    s->types = ARENA_ARRAY(&s->arena, type, (size_t)count + 1);
    s->columns = ARENA_ARRAY(&s->arena, source_column, (size_t)count + 1);
    if (s->types == NULL || s->columns == NULL) return error_nomem(err);
    TRY(parquet_write_schema_build(columns, count, &s->arena, &s->schema, err));
    for (uint32_t i = 0; i < count; i++) {
        s->types[i] = s->schema.columns[i].type;
        s->columns[i] = (source_column){.name = s->schema.columns[i].name,
                                        .type = s->schema.columns[i].type,
                                        .nullable = columns[i].nullable};
    }
    s->base.columns = s->columns;
    s->base.column_count = count;
    return DBX_OK;
}

static dbx_status sink_start(parquet_sink *s, string_view folder, const source_column *columns,
                             uint32_t column_count, const sink_option *options,
                             uint32_t option_count, error *err) {
    s->options = (parquet_write_options){.codec = CODEC_SNAPPY,
                                         .row_group_rows = SINK_GROUP_ROWS,
                                         .dictionary = true,
                                         .page_bytes = SINK_PAGE_BYTES};
    for (uint32_t i = 0; i < option_count; i++) TRY(sink_option_set(s, &options[i], err));
    if (column_count == 0) {
        return error_raise(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                           "Parquet files without columns", NULL);
    }
    TRY(sink_keep_columns(s, columns, column_count, err));
    char *extension = arena_printf(&s->arena, ".%s.parquet", codec_name(s->options.codec));
    if (extension == NULL) return error_nomem(err);
    if (s->options.codec == CODEC_NONE) extension += sizeof(".none") - 1;
    s->extension = sv_from(extension);
    s->folder = arena_copy_string(&s->arena, folder);
    if (s->folder.data == NULL) return error_nomem(err);
    if (s->file_rows_max > 0)
        s->options.row_group_rows = MIN(s->options.row_group_rows, s->file_rows_max);
    return DBX_OK;
}

static dbx_status sink_open(query *q, file_set *files, string_view folder,
                            const source_column *columns, uint32_t column_count,
                            const sink_option *options, uint32_t option_count, data_sink **out,
                            error *err) {
    *out = NULL;
    parquet_sink *s = mem_alloc_zero(&q->ledger, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->base.vtab = &parquet_sink_vtab;
    s->query = q;
    s->ledger = &q->ledger;
    s->files = files;
    arena_init(&s->arena, s->ledger);
    os_mutex_init(&s->mutex);
    dbx_status status = sink_start(s, folder, columns, column_count, options, option_count, err);
    if (status != DBX_OK) {
        sink_free_parquet(&s->base);
        return status;
    }
    *out = &s->base;
    return DBX_OK;
}

extern const format_writer_row parquet_writer;
const format_writer_row parquet_writer = {
    .name = "parquet",
    .extensions = ".parquet,.pq",
    .open = sink_open,
};
