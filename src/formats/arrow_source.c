/* arrow_source.c - an Arrow stream as a source. A record batch is a morsel; batches are taken under
 * a lock. */
#include "formats/arrow.h"

#include "common/os.h"

typedef struct arrow_source {
    source base;
    ledger *ledger;
    arena arena;
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    _Atomic bool scanned;
} arrow_source;

typedef struct arrow_scan {
    arrow_source *source;
    query *query;
    const scan_spec *spec;
    os_mutex lock;
    uint64_t next;
} arrow_scan;

typedef struct arrow_local {
    struct ArrowArray batch;
    int64_t at;
    arena arena;
} arrow_local;

static dbx_status arrow_stream_failed(struct ArrowArrayStream *s, error *err) {
    const char *text = s->get_last_error != NULL ? s->get_last_error(s) : NULL;
    return error_raise(err, ERR_IO_ERROR, (span){0, 0}, "operation", "read", "path", "Arrow stream",
                       "message", text ? text : "the stream failed", NULL);
}

static void arrow_source_free(source *base) {
    arrow_source *s = (arrow_source *)base;
    ledger *l = s->ledger;
    if (s->schema.release != NULL) s->schema.release(&s->schema);
    if (s->stream.release != NULL) s->stream.release(&s->stream);
    arena_deinit(&s->arena);
    mem_free(l, s, sizeof(*s));
}

static dbx_status arrow_open(source *base, query *q, const scan_spec *spec, source_scan **out,
                             error *err) {
    arrow_source *s = (arrow_source *)base;
    if (atomic_exchange(&s->scanned, true)) {
        return error_raise(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                           "reading a registered Arrow stream a second time: register it again",
                           NULL);
    }
    arrow_scan *scan = mem_alloc_zero(&q->ledger, sizeof(*scan));
    if (scan == NULL) return error_nomem(err);
    scan->source = s;
    scan->query = q;
    scan->spec = spec;
    os_mutex_init(&scan->lock);
    *out = (source_scan *)scan;
    return DBX_OK;
}

static dbx_status arrow_local_new(source_scan *opaque, source_local **out, error *err) {
    arrow_scan *scan = (arrow_scan *)opaque;
    arrow_local *l = mem_alloc_zero(&scan->query->ledger, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    arena_init(&l->arena, &scan->query->ledger);
    *out = (source_local *)l;
    return DBX_OK;
}

static void arrow_release_batch(arrow_local *l) {
    if (l->batch.release != NULL) l->batch.release(&l->batch);
    memset(&l->batch, 0, sizeof(l->batch));
}

static void arrow_local_free(source_scan *opaque, source_local *local) {
    arrow_local *l = (arrow_local *)local;
    arrow_release_batch(l);
    arena_deinit(&l->arena);
    mem_free(&((arrow_scan *)opaque)->query->ledger, l, sizeof(*l));
}

static dbx_status arrow_next_morsel(source_scan *opaque, source_local *local, bool *more,
                                    uint64_t *index, error *err) {
    arrow_scan *scan = (arrow_scan *)opaque;
    arrow_local *l = (arrow_local *)local;
    arrow_release_batch(l);
    os_mutex_lock(&scan->lock);
    struct ArrowArrayStream *s = &scan->source->stream;
    int failed = s->get_next(s, &l->batch);
    *index = scan->next++;
    os_mutex_unlock(&scan->lock);
    if (failed != 0) return arrow_stream_failed(s, err);
    l->at = 0;
    *more = l->batch.release != NULL;
    return DBX_OK;
}

static dbx_status arrow_read(source_scan *opaque, source_local *local, chunk *out, error *err) {
    arrow_scan *scan = (arrow_scan *)opaque;
    arrow_local *l = (arrow_local *)local;
    const arrow_source *s = scan->source;
    arena_reset(&l->arena);
    int64_t left = l->batch.length - l->at;
    out->rows = (uint32_t)MIN(left, (int64_t)scan->spec->vector_size);
    for (uint32_t i = 0; out->rows > 0 && i < scan->spec->column_count; i++) {
        uint32_t c = scan->spec->columns[i];
        dbx_status status = arrow_array_import(s->schema.children[c], l->batch.children[c],
                                               s->base.columns[c].type, l->at + l->batch.offset,
                                               out->rows, &out->columns[i], &l->arena, err);
        if (status == DBX_NOMEM) return error_nomem(err);
        TRY(status);
    }
    l->at += out->rows;
    return DBX_OK;
}

static void arrow_close(source_scan *opaque) {
    arrow_scan *scan = (arrow_scan *)opaque;
    os_mutex_deinit(&scan->lock);
    mem_free(&scan->query->ledger, scan, sizeof(*scan));
}

static const source_vtab arrow_source_vtab = {
    .name = "arrow",
    .open = arrow_open,
    .local_new = arrow_local_new,
    .next_morsel = arrow_next_morsel,
    .read = arrow_read,
    .local_free = arrow_local_free,
    .close = arrow_close,
    .free = arrow_source_free,
};

static dbx_status arrow_source_columns(arrow_source *s, error *err) {
    if (s->stream.get_schema(&s->stream, &s->schema) != 0)
        return arrow_stream_failed(&s->stream, err);
    uint32_t count = (uint32_t)s->schema.n_children;
    source_column *columns = ARENA_ARRAY(&s->arena, source_column, count);
    if (columns == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < count; i++) {
        const struct ArrowSchema *child = s->schema.children[i];
        columns[i].name = sv_from(child->name ? child->name : "");
        columns[i].nullable = (child->flags & ARROW_FLAG_NULLABLE) != 0;
        TRY(arrow_schema_import(child, &s->arena, &columns[i].type, err));
    }
    s->base.columns = columns;
    s->base.column_count = count;
    return DBX_OK;
}

dbx_status arrow_stream_source(struct ArrowArrayStream *stream, ledger *l, source **out,
                               error *err) {
    *out = NULL;
    arrow_source *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) {
        if (stream->release != NULL) stream->release(stream);
        return error_nomem(err);
    }
    s->base.vtab = &arrow_source_vtab;
    s->ledger = l;
    s->stream = *stream;
    memset(stream, 0, sizeof(*stream)); /* moved */
    arena_init(&s->arena, l);
    dbx_status status = arrow_source_columns(s, err);
    if (status != DBX_OK) {
        arrow_source_free(&s->base);
        return status;
    }
    *out = &s->base;
    return DBX_OK;
}
