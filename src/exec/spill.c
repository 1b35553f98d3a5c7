/* spill.c - see spill.h. */
#include "exec/spill.h"

#include "vector/chunk_bytes.h"

enum { SPILL_BLOCKS_FIRST = 16 };

/* ---- streams ---- */

dbx_status spill_stream_init(spill_stream *s, exec *x, const type *types, uint32_t column_count,
                             ledger *l, error *err) {
    memset(s, 0, sizeof(*s));
    TRY(exec_temp_file(x, &s->file, err));
    s->x = x;
    s->types = types;
    s->column_count = column_count;
    s->ledger = l;
    os_mutex_init(&s->lock);
    return DBX_OK;
}

void spill_stream_deinit(spill_stream *s) {
    if (s->ledger == NULL) return;
    for (uint32_t i = 0; i < s->block_count; i++) temp_file_release(s->file, &s->blocks[i].where);
    mem_free(s->ledger, s->blocks, s->block_capacity * sizeof(*s->blocks));
    os_mutex_deinit(&s->lock);
    memset(s, 0, sizeof(*s));
}

static dbx_status spill_stream_add(spill_stream *s, spill_block block) {
    dbx_status status = DBX_OK;
    os_mutex_lock(&s->lock);
    if (s->block_count == s->block_capacity) {
        uint32_t grown = MAX(2 * s->block_capacity, (uint32_t)SPILL_BLOCKS_FIRST);
        spill_block *blocks = mem_realloc(s->ledger, s->blocks, s->block_capacity * sizeof(*blocks),
                                          grown * sizeof(*blocks));
        if (blocks != NULL) {
            s->blocks = blocks;
            s->block_capacity = grown;
        } else {
            status = DBX_NOMEM;
        }
    }
    if (status == DBX_OK) {
        s->blocks[s->block_count++] = block;
        s->rows += block.rows;
    }
    os_mutex_unlock(&s->lock);
    return status;
}

/* ---- writing ---- */

void spill_writer_init(spill_writer *w, spill_stream *s, uint32_t block_bytes) {
    w->stream = s;
    w->block_bytes = block_bytes;
    w->rows = 0;
    buffer_init(&w->bytes, s->ledger);
}

void spill_writer_deinit(spill_writer *w) {
    if (w->stream == NULL) return;
    buffer_deinit(&w->bytes);
    w->stream = NULL;
}

dbx_status spill_writer_flush(spill_writer *w, error *err) {
    if (w->rows == 0) return DBX_OK;
    spill_block block = {.rows = w->rows};
    TRY(temp_file_write(w->stream->file, w->bytes.data, w->bytes.size, &block.where, err));
    dbx_status status = spill_stream_add(w->stream, block);
    if (status != DBX_OK) {
        temp_file_release(w->stream->file, &block.where);
        return error_nomem(err);
    }
    buffer_clear(&w->bytes);
    w->rows = 0;
    return DBX_OK;
}

dbx_status spill_writer_append(spill_writer *w, const chunk *c, const sel_t *sel, uint32_t rows,
                               error *err) {
    if (rows == 0) return DBX_OK;
    assert(c->column_count == w->stream->column_count);
    if (chunk_bytes_write(c, sel, rows, &w->bytes) != DBX_OK) return error_nomem(err);
    w->rows += rows;
    return w->bytes.size >= w->block_bytes ? spill_writer_flush(w, err) : DBX_OK;
}

/* ---- reading ---- */

void spill_reader_init(spill_reader *r, const spill_stream *s) {
    memset(r, 0, sizeof(*r));
    r->stream = s;
    r->end = s->block_count;
    arena_init(&r->arena, s->ledger);
}

void spill_reader_deinit(spill_reader *r) {
    if (r->stream == NULL) return;
    mem_free(r->stream->ledger, r->data, r->capacity);
    arena_deinit(&r->arena);
    r->stream = NULL;
}

void spill_reader_restrict(spill_reader *r, uint32_t first, uint32_t end) {
    assert(first <= end && end <= r->stream->block_count);
    r->next = first;
    r->end = end;
    r->at = r->data_end = NULL;
}

static dbx_status spill_reader_load(spill_reader *r, error *err) {
    const spill_stream *s = r->stream;
    const temp_block *where = &s->blocks[r->next].where;
    if (where->raw_size > r->capacity) {
        mem_free(s->ledger, r->data, r->capacity);
        r->capacity = 0;
        r->data = mem_alloc(s->ledger, where->raw_size);
        if (r->data == NULL) return error_nomem(err);
        r->capacity = where->raw_size;
    }
    TRY(temp_file_read(s->file, where, r->data, err));
    r->at = (const uint8_t *)r->data;
    r->data_end = r->at + where->raw_size;
    r->next++;
    return DBX_OK;
}

dbx_status spill_reader_next(spill_reader *r, const chunk **out, error *err) {
    *out = NULL;
    arena_reset(&r->arena);
    if (r->at == r->data_end) {
        if (r->next == r->end) return DBX_OK;
        TRY(query_check_cancelled(exec_query(r->stream->x), err));
        TRY(spill_reader_load(r, err));
    }
    TRY(chunk_bytes_read(&r->at, r->data_end, r->stream->types, r->stream->column_count, &r->arena,
                         &r->chunk, err));
    *out = &r->chunk;
    return DBX_OK;
}
