/* text_blocks.c - see text_blocks.h. */
#include "formats/text_blocks.h"

enum { TEXT_BLOCK_BYTES = 1 << 20, TEXT_BOM_SIZE = 3 };

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

static bool text_has_bom(const char *text, size_t size) {
    return size >= TEXT_BOM_SIZE && memcmp(text, "\xEF\xBB\xBF", TEXT_BOM_SIZE) == 0;
}

/* UTF-16 and UTF-32 are told by their marks and refused: read as UTF-8 they would be garbage. */
static dbx_status text_check_encoding(const char *text, size_t size, string_view path, error *err) {
    bool utf16 =
        size >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0);
    if (!utf16) return DBX_OK;
    return error_raisef(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                        "text in UTF-16 (" SV_FMT "): convert it to UTF-8", SV_ARG(path));
}

static dbx_status text_read_some(io_stream *s, buffer *to, size_t bytes, bool *end, error *err) {
    if (buffer_reserve(to, bytes) != DBX_OK) return error_nomem(err);
    size_t wanted = to->size + bytes;
    *end = false;
    while (to->size < wanted) {
        size_t got;
        TRY(io_stream_read(s, to->data + to->size, wanted - to->size, &got, err));
        if (got == 0) {
            *end = true;
            break;
        }
        to->size += got;
    }
    to->data[to->size] = '\0';
    return DBX_OK;
}

static dbx_status text_open_next(text_blocks *b, bool *more, error *err) {
    while (b->file < b->files->count && b->wanted != NULL && !b->wanted[b->file]) b->file++;
    *more = b->file < b->files->count;
    if (!*more) return DBX_OK;
    b->file_start = true;
    buffer_clear(&b->rest);
    return io_stream_open(b->gate, b->ledger, b->files->files[b->file].path, b->codec, &b->stream,
                          err);
}

/* Reads until the buffer holds a whole record or the file ends; returns the size of the whole
 * records. */
static dbx_status text_fill(text_blocks *b, buffer *text, size_t *whole, bool *end, error *err) {
    const file_entry *file = &b->files->files[b->file];
    size_t step = TEXT_BLOCK_BYTES;
    bool first = b->file_start;
    for (;;) {
        TRY(text_read_some(b->stream, text, step, end, err));
        if (first) TRY(text_check_encoding(text->data, text->size, file->path, err));
        if (first && text_has_bom(text->data, text->size)) {
            memmove(text->data, text->data + TEXT_BOM_SIZE, text->size - TEXT_BOM_SIZE);
            text->size -= TEXT_BOM_SIZE;
        }
        first = false;
        bool ended = text->size == 0 || text->data[text->size - 1] == '\n';
        if (*end && b->end_with_newline && !ended && buffer_append_char(text, '\n') != DBX_OK)
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
                       size_t most, buffer *out, bool *whole, error *err) {
    io_stream *stream;
    TRY(io_stream_open(gate, l, path, codec, &stream, err));
    dbx_status status = text_read_some(stream, out, most, whole, err);
    io_stream_close(stream);
    TRY(status);
    TRY(text_check_encoding(out->data, out->size, path, err));
    if (text_has_bom(out->data, out->size)) {
        memmove(out->data, out->data + TEXT_BOM_SIZE, out->size - TEXT_BOM_SIZE);
        out->size -= TEXT_BOM_SIZE;
    }
    return DBX_OK;
}
