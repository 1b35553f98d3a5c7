/* text_blocks.c - see text_blocks.h. */
#include "formats/text_blocks.h"

#include "kernel/text_index.h"

enum { TEXT_BLOCK_BYTES = 1 << 20, TEXT_DECODE_BYTES = 16384 };

void text_blocks_init(text_blocks *b, const file_list *files, const io_gate *gate, ledger *l) {
    memset(b, 0, sizeof(*b));
    b->files = files;
    b->gate = gate;
    b->ledger = l;
    b->record_max = UINT32_MAX / 2;
    os_mutex_init(&b->lock);
    buffer_init(&b->rest, l);
}

void text_blocks_deinit(text_blocks *b) {
    io_stream_close(b->stream);
    buffer_deinit(&b->rest);
    os_mutex_deinit(&b->lock);
}

/* Appends about `bytes` of text. */
static dbx_status text_read_some(io_stream *s, text_decoder *d, buffer *to, size_t bytes, bool *end,
                                 error *err) {
    if (buffer_reserve(to, bytes + TEXT_SLACK) != DBX_OK) return error_nomem(err);
    size_t wanted = to->size + bytes;
    *end = false;
    while (to->size < wanted && text_decoder_is_plain(d)) {
        size_t got;
        TRY(io_stream_read(s, to->data + to->size, wanted - to->size, &got, err));
        *end = got == 0;
        if (*end) return DBX_OK;
        to->size += got;
    }
    while (to->size < wanted && !*end) {
        uint8_t piece[TEXT_DECODE_BYTES];
        size_t size = 0, skip = 0;
        while (size < sizeof(piece) && !*end) {
            size_t got;
            TRY(io_stream_read(s, piece + size, sizeof(piece) - size, &got, err));
            *end = got == 0;
            size += got;
        }
        if (!d->begun) skip = text_decoder_begin(d, piece, size);
        if (text_decoder_append(d, piece + skip, size - skip, *end, to) != DBX_OK)
            return error_nomem(err);
    }
    return DBX_OK;
}

static dbx_status text_open_next(text_blocks *b, bool *more, error *err) {
    while (b->file < b->files->count && b->wanted != NULL && !b->wanted[b->file]) b->file++;
    *more = b->file < b->files->count;
    if (!*more) return DBX_OK;
    b->file_start = true;
    b->file_decoder = b->decoder;
    b->offset = 0;
    buffer_clear(&b->rest);
    return io_stream_open(b->gate, b->ledger, b->files->files[b->file].path, b->codec, &b->stream,
                          err);
}

/* Reads until the buffer holds a whole record or the file ends; returns the size of the whole
 * records. */
static dbx_status text_fill(text_blocks *b, buffer *text, size_t *whole, bool *end, error *err) {
    const file_entry *file = &b->files->files[b->file];
    size_t step = TEXT_BLOCK_BYTES;
    for (;;) {
        TRY(text_read_some(b->stream, &b->file_decoder, text, step, end, err));
        bool ended = text->size == 0 || text->data[text->size - 1] == b->line_end;
        if (*end && b->line_end != '\0' && !ended &&
            buffer_append_char(text, b->line_end) != DBX_OK)
            return error_nomem(err);
        *whole = b->cut(text->data, text->size, b->cut_state);
        if (*whole > 0 || *end) return DBX_OK;
        if (text->size > b->record_max) {
            return error_raise(err, ERR_FILE_CORRUPT, (span){0, 0}, "path", file->path.data,
                               "message", "a record does not end: is a quote missing?", NULL);
        }
        step = text->size;
    }
}

static dbx_status text_next_locked(text_blocks *b, text_block *out, bool *more, error *err) {
    for (;;) {
        if (b->stream == NULL) {
            TRY(text_open_next(b, more, err));
            if (!*more) return DBX_OK;
        }
        buffer_clear(&out->text);
        if (buffer_append_sv(&out->text, buffer_view(&b->rest)) != DBX_OK) return error_nomem(err);
        size_t whole;
        bool end;
        TRY(text_fill(b, &out->text, &whole, &end, err));
        out->file = b->file;
        out->offset = b->offset;
        out->first_of_file = b->file_start;
        b->file_start = false;
        buffer_clear(&b->rest);
        if (end) { /* what is behind the last cut is the file's unfinished end: the parser judges it
                    */
            whole = out->text.size;
            b->bytes_done += b->files->files[b->file].size;
            io_stream_close(b->stream);
            b->stream = NULL;
            b->file++;
        } else if (buffer_append(&b->rest, out->text.data + whole, out->text.size - whole) !=
                   DBX_OK) {
            return error_nomem(err);
        }
        atomic_store_explicit(&b->position,
                              b->bytes_done +
                                  (b->stream != NULL ? (uint64_t)io_stream_position(b->stream) : 0),
                              memory_order_relaxed);
        out->text.size = whole;
        b->offset += whole;
        if (buffer_reserve(&out->text, TEXT_SLACK) != DBX_OK) return error_nomem(err);
        memset(out->text.data + out->text.size, 0, TEXT_SLACK);
        out->number = b->block_number++;
        *more = true;
        if (whole > 0) return DBX_OK;
    }
}

dbx_status text_blocks_next(text_blocks *b, text_block *out, bool *more, error *err) {
    os_mutex_lock(&b->lock);
    dbx_status status = text_next_locked(b, out, more, err);
    os_mutex_unlock(&b->lock);
    return status;
}

double text_blocks_progress(const text_blocks *b) {
    if (b->files->bytes == 0) return 1;
    return MIN((double)text_blocks_position(b) / (double)b->files->bytes, 1.0);
}

uint64_t text_blocks_position(const text_blocks *b) {
    return atomic_load_explicit(&((text_blocks *)(uintptr_t)b)->position, memory_order_relaxed);
}

dbx_status text_sample(const io_gate *gate, ledger *l, string_view path, io_stream_codec codec,
                       const text_decoder *decoder, size_t most, buffer *out, bool *whole,
                       error *err) {
    io_stream *stream;
    text_decoder d = *decoder;
    TRY(io_stream_open(gate, l, path, codec, &stream, err));
    dbx_status status = text_read_some(stream, &d, out, most, whole, err);
    io_stream_close(stream);
    return status;
}

uint64_t text_line_at(const text_blocks *b, uint32_t file, uint64_t offset, char line_end) {
    io_stream *stream = NULL;
    text_decoder d = b->decoder;
    uint64_t line = 1, done = 0;
    buffer text;
    error ignored;
    error_init(&ignored);
    buffer_init(&text, b->ledger);
    dbx_status status =
        io_stream_open(b->gate, b->ledger, b->files->files[file].path, b->codec, &stream, &ignored);
    for (bool end = false; status == DBX_OK && !end && done < offset; done += text.size) {
        buffer_clear(&text);
        status = text_read_some(stream, &d, &text, TEXT_BLOCK_BYTES, &end, &ignored);
        size_t size = (size_t)MIN((uint64_t)text.size, offset - done);
        if (status == DBX_OK) line += text_count_byte(text.data, size, line_end);
    }
    io_stream_close(stream);
    buffer_deinit(&text);
    error_deinit(&ignored);
    return status == DBX_OK ? line : 0;
}
