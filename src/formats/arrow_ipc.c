/* arrow_ipc.c - read_arrow: files of the Arrow IPC format ("Feather 2"), as a source. A record
 * batch is a morsel.
 *
 * The footer lists where batches lie; metadata are FlatBuffers, read here by hand with every offset
 * checked. A batch's buffers are laid out as Arrow arrays (arrow.h) and converted by the same code
 * as registered streams. Format: Apache Arrow, "Serialization and Interprocess Communication", and
 * Schema.fbs, Message.fbs, File.fbs.
 */
#include "formats/arguments.h"
#include "formats/arrow.h"
#include "formats/file_list.h"

#include <stdio.h>

enum {
    IPC_MAGIC_SIZE = 6,
    IPC_TRAILER = 4 + IPC_MAGIC_SIZE,
    IPC_DEPTH_MAX = 32,
    IPC_BLOCK_SIZE = 24, /* of struct Block */
    IPC_FORMAT_MAX = 64,
    IPC_COLUMNS_MAX = 100000,
};
enum { IPC_DICTIONARY_BATCH = 2, IPC_RECORD_BATCH = 3 };
enum {
    IPC_TYPE_NULL = 1,
    IPC_TYPE_INT,
    IPC_TYPE_FLOAT,
    IPC_TYPE_BINARY,
    IPC_TYPE_UTF8,
    IPC_TYPE_BOOL,
    IPC_TYPE_DECIMAL,
    IPC_TYPE_DATE,
    IPC_TYPE_TIME,
    IPC_TYPE_TIMESTAMP,
    IPC_TYPE_INTERVAL,
    IPC_TYPE_LIST,
    IPC_TYPE_STRUCT,
    IPC_TYPE_MAP = 17,
    IPC_TYPE_DURATION = 18,
    IPC_TYPE_LARGE_BINARY = 19,
    IPC_TYPE_LARGE_UTF8 = 20,
    IPC_TYPE_LARGE_LIST = 21
};

extern const table_function_row read_arrow_function;

/* ---- FlatBuffers ---- */

typedef struct flat {
    const uint8_t *data;
    size_t size;
} flat;

typedef struct flat_table {
    flat buffer;
    size_t at; /* of the table; 0: absent */
    size_t vtable;
    uint16_t vtable_size;
} flat_table;

static uint64_t flat_number(flat f, size_t at, size_t width) {
    uint64_t value = 0;
    if (at > f.size || width > f.size - at) return 0;
    memcpy(&value, f.data + at, width);
    return value;
}

static flat_table flat_table_at(flat f, size_t at) {
    flat_table t = {f, 0, 0, 0};
    if (at == 0 || at + 4 > f.size) return t;
    int64_t vtable = (int64_t)at - (int32_t)flat_number(f, at, 4);
    if (vtable < 0 || (size_t)vtable + 4 > f.size) return t;
    t.vtable_size = (uint16_t)flat_number(f, (size_t)vtable, 2);
    if (t.vtable_size < 4 || (size_t)vtable + t.vtable_size > f.size) return t;
    t.at = at;
    t.vtable = (size_t)vtable;
    return t;
}

static flat_table flat_root(flat f) {
    return flat_table_at(f, (size_t)flat_number(f, 0, 4));
}

/* Position of a field's value; 0 when absent. */
static size_t flat_field(const flat_table *t, uint32_t field) {
    size_t entry = 4 + 2 * (size_t)field;
    if (t->at == 0 || entry + 2 > t->vtable_size) return 0;
    uint16_t offset = (uint16_t)flat_number(t->buffer, t->vtable + entry, 2);
    return offset != 0 ? t->at + offset : 0;
}

static int64_t flat_int(const flat_table *t, uint32_t field, size_t width, int64_t absent) {
    size_t at = flat_field(t, field);
    if (at == 0) return absent;
    uint64_t raw = flat_number(t->buffer, at, width);
    uint32_t shift = (uint32_t)(64 - 8 * width);
    return (int64_t)(raw << shift) >> shift;
}

static flat_table flat_child(const flat_table *t, uint32_t field) {
    size_t at = flat_field(t, field);
    return flat_table_at(t->buffer, at != 0 ? at + (size_t)flat_number(t->buffer, at, 4) : 0);
}

/* Start of a vector's elements; *count is 0 when it does not fit the buffer. */
static size_t flat_vector(const flat_table *t, uint32_t field, size_t element_size,
                          uint32_t *count) {
    *count = 0;
    size_t at = flat_field(t, field);
    if (at == 0) return 0;
    at += (size_t)flat_number(t->buffer, at, 4);
    uint64_t n = flat_number(t->buffer, at, 4);
    if (at + 4 > t->buffer.size || n * element_size > t->buffer.size - at - 4) return 0;
    *count = (uint32_t)n;
    return at + 4;
}

static flat_table flat_vector_table(const flat_table *t, size_t elements, uint32_t index) {
    size_t at = elements + 4 * (size_t)index;
    return flat_table_at(t->buffer, at + (size_t)flat_number(t->buffer, at, 4));
}

static string_view flat_string(const flat_table *t, uint32_t field) {
    uint32_t count;
    size_t at = flat_vector(t, field, 1, &count);
    return (string_view){count > 0 ? (const char *)t->buffer.data + at : "", count};
}

/* ---- source ---- */

typedef struct ipc_block {
    int64_t offset;
    int64_t metadata_size;
    int64_t body_size;
} ipc_block;

typedef struct ipc_dictionary {
    int64_t id;
    struct ArrowSchema *schema; /* of the values */
    struct ArrowArray *values;  /* NULL until its batch was read */
} ipc_dictionary;

typedef struct ipc_source {
    source base;
    ledger *ledger;
    arena arena;
    string_view path;
    io_file *file;
    struct ArrowSchema schema;
    ipc_block *batches;
    uint32_t batch_count;
    uint64_t rows;
    ARENA_LIST(ipc_dictionary) dictionaries;
} ipc_source;

typedef struct ipc_scan {
    ipc_source *source;
    query *query;
    const scan_spec *spec;
    _Atomic uint32_t next;
} ipc_scan;

typedef struct ipc_local {
    arena batch_arena;
    arena chunk_arena;
    struct ArrowArray *batch;
    int64_t at;
} ipc_local;

static dbx_status ipc_corrupt(const ipc_source *s, const char *message, error *err) {
    return error_raise(err, ERR_FILE_CORRUPT, (span){0, 0}, "path", s->path.data, "message",
                       message, NULL);
}

/* ---- schema ---- */

static bool ipc_format(const flat_table *field, int64_t kind, char *out) {
    static const char units[] = {'s', 'm', 'u', 'n'};
    flat_table t = flat_child(field, 3);
    int64_t width;
    switch (kind) {
    case IPC_TYPE_NULL:
        return snprintf(out, IPC_FORMAT_MAX, "n") > 0;
    case IPC_TYPE_INT: {
        static const char names[2][4] = {{'C', 'S', 'I', 'L'}, {'c', 's', 'i', 'l'}};
        width = flat_int(&t, 0, 4, 0);
        int index = width == 8 ? 0 : width == 16 ? 1 : width == 32 ? 2 : width == 64 ? 3 : -1;
        return index >= 0 &&
               snprintf(out, IPC_FORMAT_MAX, "%c", names[flat_int(&t, 1, 1, 0) != 0][index]) > 0;
    }
    case IPC_TYPE_FLOAT:
        width = flat_int(&t, 0, 2, 0);
        return width > 0 && snprintf(out, IPC_FORMAT_MAX, "%c", width == 1 ? 'f' : 'g') > 0;
    case IPC_TYPE_BINARY:
        return snprintf(out, IPC_FORMAT_MAX, "z") > 0;
    case IPC_TYPE_UTF8:
        return snprintf(out, IPC_FORMAT_MAX, "u") > 0;
    case IPC_TYPE_LARGE_BINARY:
        return snprintf(out, IPC_FORMAT_MAX, "Z") > 0;
    case IPC_TYPE_LARGE_UTF8:
        return snprintf(out, IPC_FORMAT_MAX, "U") > 0;
    case IPC_TYPE_BOOL:
        return snprintf(out, IPC_FORMAT_MAX, "b") > 0;
    case IPC_TYPE_DECIMAL:
        return snprintf(out, IPC_FORMAT_MAX, "d:%d,%d", (int)flat_int(&t, 0, 4, 0),
                        (int)flat_int(&t, 1, 4, 0)) > 0 &&
               flat_int(&t, 2, 4, 128) == 128;
    case IPC_TYPE_DATE:
        return snprintf(out, IPC_FORMAT_MAX, "%s", flat_int(&t, 0, 2, 1) == 0 ? "tdD" : "tdm") > 0;
    case IPC_TYPE_TIME:
        return snprintf(out, IPC_FORMAT_MAX, "tt%c", units[flat_int(&t, 0, 2, 1) & 3]) > 0;
    case IPC_TYPE_TIMESTAMP: {
        string_view zone = flat_string(&t, 1);
        return snprintf(out, IPC_FORMAT_MAX, "ts%c:%.*s", units[flat_int(&t, 0, 2, 0) & 3],
                        (int)MIN(zone.size, (size_t)40), zone.data) > 0;
    }
    case IPC_TYPE_DURATION:
        return snprintf(out, IPC_FORMAT_MAX, "tD%c", units[flat_int(&t, 0, 2, 1) & 3]) > 0;
    case IPC_TYPE_INTERVAL:
        width = flat_int(&t, 0, 2, 0);
        return width != 1 && snprintf(out, IPC_FORMAT_MAX, "%s", width == 0 ? "tiM" : "tin") > 0;
    case IPC_TYPE_LIST:
        return snprintf(out, IPC_FORMAT_MAX, "+l") > 0;
    case IPC_TYPE_LARGE_LIST:
        return snprintf(out, IPC_FORMAT_MAX, "+L") > 0;
    case IPC_TYPE_STRUCT:
        return snprintf(out, IPC_FORMAT_MAX, "+s") > 0;
    case IPC_TYPE_MAP:
        return snprintf(out, IPC_FORMAT_MAX, "+m") > 0;
    default:
        return false;
    }
}

static dbx_status ipc_field(ipc_source *s, flat_table field, uint32_t depth,
                            struct ArrowSchema *out, error *err);

static dbx_status ipc_children(ipc_source *s, const flat_table *parent, uint32_t slot,
                               uint32_t depth, struct ArrowSchema *out, error *err) {
    uint32_t count;
    size_t elements = flat_vector(parent, slot, 4, &count);
    if (count > IPC_COLUMNS_MAX) return ipc_corrupt(s, "too many columns", err);
    struct ArrowSchema *children = ARENA_ARRAY(&s->arena, struct ArrowSchema, count);
    out->children = ARENA_ARRAY(&s->arena, struct ArrowSchema *, count);
    if (children == NULL || out->children == NULL) return error_nomem(err);
    out->n_children = count;
    for (uint32_t i = 0; i < count; i++) {
        out->children[i] = &children[i];
        TRY(ipc_field(s, flat_vector_table(parent, elements, i), depth + 1, &children[i], err));
    }
    return DBX_OK;
}

/* A dictionary-encoded field: the schema gets the indexes' format, its dictionary the values'. */
static dbx_status ipc_encoded(ipc_source *s, const flat_table *encoding, struct ArrowSchema *out,
                              error *err) {
    static const char names[2][4] = {{'C', 'S', 'I', 'L'}, {'c', 's', 'i', 'l'}};
    struct ArrowSchema *values = ARENA_NEW(&s->arena, struct ArrowSchema);
    char *format = arena_alloc_bytes(&s->arena, 2);
    if (values == NULL || format == NULL) return error_nomem(err);
    *values = *out;
    flat_table index = flat_child(encoding, 1);
    int64_t width = flat_int(&index, 0, 4, 32);
    bool is_signed = index.at == 0 || flat_int(&index, 1, 1, 0) != 0;
    int slot = width == 8 ? 0 : width == 16 ? 1 : width == 64 ? 3 : 2;
    format[0] = names[is_signed][slot];
    format[1] = '\0';
    out->format = format;
    out->dictionary = values;
    out->n_children = 0;
    ipc_dictionary entry = {flat_int(encoding, 0, 8, 0), values, NULL};
    out->private_data = (void *)(uintptr_t)entry.id;
    return ARENA_LIST_PUSH(&s->arena, &s->dictionaries, entry) == DBX_OK ? DBX_OK
                                                                         : error_nomem(err);
}

static dbx_status ipc_field(ipc_source *s, flat_table field, uint32_t depth,
                            struct ArrowSchema *out, error *err) {
    if (field.at == 0 || depth > IPC_DEPTH_MAX) return ipc_corrupt(s, "the schema is damaged", err);
    char *format = arena_alloc_bytes(&s->arena, IPC_FORMAT_MAX);
    string_view name = arena_copy_string(&s->arena, flat_string(&field, 0));
    if (format == NULL || name.data == NULL) return error_nomem(err);
    if (!ipc_format(&field, flat_int(&field, 2, 1, 0), format)) {
        return error_raisef(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                            "the Arrow type of column '%s'", name.data);
    }
    out->format = format;
    out->name = name.data;
    out->flags = flat_int(&field, 1, 1, 0) != 0 ? ARROW_FLAG_NULLABLE : 0;
    TRY(ipc_children(s, &field, 5, depth, out, err));
    flat_table encoding = flat_child(&field, 4);
    return encoding.at != 0 ? ipc_encoded(s, &encoding, out, err) : DBX_OK;
}

/* ---- batches ---- */

typedef struct ipc_body {
    const ipc_source *source;
    arena *arena;
    flat_table batch;
    const uint8_t *data;
    size_t size;
    size_t nodes, buffers; /* vectors in the metadata */
    uint32_t node_count, buffer_count;
    uint32_t next_node, next_buffer;
    int64_t codec; /* -1: none, 0: LZ4 frame, 1: zstd */
    error *err;
} ipc_body;

static dbx_status ipc_take_buffer(ipc_body *b, const void **out, size_t *size) {
    if (b->next_buffer >= b->buffer_count)
        return ipc_corrupt(b->source, "a batch has too few buffers", b->err);
    size_t entry = b->buffers + 16 * (size_t)b->next_buffer++;
    uint64_t offset = flat_number(b->batch.buffer, entry, 8);
    uint64_t length = flat_number(b->batch.buffer, entry + 8, 8);
    if (offset > b->size || length > b->size - offset)
        return ipc_corrupt(b->source, "a buffer lies outside its batch", b->err);
    *out = length > 0 ? b->data + offset : NULL;
    *size = (size_t)length;
    if (b->codec < 0 || length == 0) return DBX_OK;
    if (length < 8) return ipc_corrupt(b->source, "a compressed buffer is too short", b->err);
    int64_t plain;
    memcpy(&plain, b->data + offset, 8);
    const uint8_t *packed = b->data + offset + 8;
    *out = packed;
    *size = (size_t)length - 8;
    if (plain < 0) return DBX_OK; /* stored as it is */
    if ((uint64_t)plain > (uint64_t)1 << 32)
        return ipc_corrupt(b->source, "a buffer is too large", b->err);
    void *room = arena_alloc(b->arena, (size_t)plain);
    if (room == NULL) return error_nomem(b->err);
    codec_context context = {0};
    codec_kind codec =
        b->codec == 0 ? CODEC_LZ4_HADOOP : CODEC_ZSTD; /* the former takes a frame, too */
    dbx_status status =
        codec_decompress(&context, codec, packed, (size_t)length - 8, room, (size_t)plain);
    codec_context_deinit(&context);
    if (status == DBX_CORRUPT)
        return ipc_corrupt(b->source, "a compressed buffer is damaged", b->err);
    if (status != DBX_OK) return error_nomem(b->err);
    *out = room;
    *size = (size_t)plain;
    return DBX_OK;
}

/* Offsets of strings and lists must be ordered and within what they point into. */
static bool ipc_offsets_fit(const void *offsets, size_t size, int64_t rows, bool large,
                            int64_t limit) {
    size_t width = large ? 8 : 4;
    if (rows == 0) return true;
    if (offsets == NULL || size < ((size_t)rows + 1) * width) return false;
    int64_t before = 0;
    for (int64_t i = 0; i <= rows; i++) {
        int64_t at = large ? ((const int64_t *)offsets)[i] : ((const int32_t *)offsets)[i];
        if (at < before || at > limit) return false;
        before = at;
    }
    return true;
}

static size_t ipc_value_bits(const char *f) {
    switch (f[0]) {
    case 'b':
        return 1;
    case 'c':
    case 'C':
        return 8;
    case 's':
    case 'S':
        return 16;
    case 'i':
    case 'I':
    case 'f':
        return 32;
    case 'd':
        return 128;
    case 't':
        if (strcmp(f, "tdD") == 0 || strcmp(f, "tiM") == 0 || strcmp(f, "tts") == 0 ||
            strcmp(f, "ttm") == 0)
            return 32;
        return strcmp(f, "tin") == 0 ? 128 : 64;
    default:
        return 64;
    }
}

static dbx_status ipc_array(ipc_body *b, const struct ArrowSchema *schema, struct ArrowArray *out,
                            uint32_t depth);

static dbx_status ipc_array_children(ipc_body *b, const struct ArrowSchema *schema,
                                     struct ArrowArray *out, uint32_t depth) {
    struct ArrowArray *children =
        ARENA_ARRAY(b->arena, struct ArrowArray, (size_t)schema->n_children);
    out->children = ARENA_ARRAY(b->arena, struct ArrowArray *, (size_t)schema->n_children);
    if (children == NULL || out->children == NULL) return error_nomem(b->err);
    out->n_children = schema->n_children;
    for (int64_t i = 0; i < schema->n_children; i++) {
        out->children[i] = &children[i];
        TRY(ipc_array(b, schema->children[i], &children[i], depth + 1));
        bool shorter = schema->format[1] == 's' && children[i].length < out->length;
        if (shorter) return ipc_corrupt(b->source, "a struct's field is too short", b->err);
    }
    return DBX_OK;
}

static dbx_status ipc_find_dictionary(ipc_body *b, const struct ArrowSchema *schema,
                                      struct ArrowArray *out) {
    for (uint32_t i = 0; i < b->source->dictionaries.count; i++) {
        const ipc_dictionary *d = &b->source->dictionaries.items[i];
        if (d->id != (int64_t)(uintptr_t)schema->private_data || d->values == NULL) continue;
        out->dictionary = d->values;
        return DBX_OK;
    }
    return ipc_corrupt(b->source, "a dictionary is missing", b->err);
}

static dbx_status ipc_array(ipc_body *b, const struct ArrowSchema *schema, struct ArrowArray *out,
                            uint32_t depth) {
    if (b->next_node >= b->node_count || depth > IPC_DEPTH_MAX)
        return ipc_corrupt(b->source, "a batch has too few arrays", b->err);
    size_t node = b->nodes + 16 * (size_t)b->next_node++;
    out->length = (int64_t)flat_number(b->batch.buffer, node, 8);
    out->null_count = (int64_t)flat_number(b->batch.buffer, node + 8, 8);
    if (out->length < 0 || out->length > INT32_MAX)
        return ipc_corrupt(b->source, "an array's length is wrong", b->err);
    const char *f = schema->format;
    out->buffers = ARENA_ARRAY(b->arena, const void *, 3);
    if (out->buffers == NULL) return error_nomem(b->err);
    if (f[0] == 'n') return DBX_OK;
    size_t size;
    TRY(ipc_take_buffer(b, &out->buffers[0], &size));
    out->n_buffers = 1;
    if (out->buffers[0] != NULL && size * 8 < (size_t)out->length)
        return ipc_corrupt(b->source, "a bitmap is too short", b->err);
    if (f[0] == '+' && f[1] == 's') return ipc_array_children(b, schema, out, depth);
    TRY(ipc_take_buffer(b, &out->buffers[1], &size));
    out->n_buffers = 2;
    bool large = f[0] == 'U' || f[0] == 'Z' || (f[0] == '+' && f[1] == 'L');
    if (f[0] == '+') {
        TRY(ipc_array_children(b, schema, out, depth));
        int64_t items = out->n_children == 1 ? out->children[0]->length : -1;
        return ipc_offsets_fit(out->buffers[1], size, out->length, large, items)
                   ? DBX_OK
                   : ipc_corrupt(b->source, "list offsets are wrong", b->err);
    }
    bool strings = strchr("uUzZ", f[0]) != NULL && schema->dictionary == NULL;
    if (strings) {
        size_t bytes;
        TRY(ipc_take_buffer(b, &out->buffers[2], &bytes));
        out->n_buffers = 3;
        return ipc_offsets_fit(out->buffers[1], size, out->length, large, (int64_t)bytes)
                   ? DBX_OK
                   : ipc_corrupt(b->source, "string offsets are wrong", b->err);
    }
    if (size * 8 < (size_t)out->length * ipc_value_bits(f))
        return ipc_corrupt(b->source, "a buffer is too short", b->err);
    return schema->dictionary != NULL ? ipc_find_dictionary(b, schema, out) : DBX_OK;
}

/* Reads the message at a block; the batch table of record and dictionary batches, its body in the
 * arena. */
static dbx_status ipc_message(const ipc_source *s, const ipc_block *block, arena *a, int64_t wanted,
                              ipc_body *out, int64_t *dictionary_id, error *err) {
    uint64_t file_size = io_file_size(s->file);
    bool fits =
        block->offset >= 0 && block->metadata_size >= 8 && block->body_size >= 0 &&
        (uint64_t)block->offset + (uint64_t)block->metadata_size + (uint64_t)block->body_size <=
            file_size;
    if (!fits) return ipc_corrupt(s, "a block lies outside the file", err);
    size_t size = (size_t)(block->metadata_size + block->body_size);
    uint8_t *data = arena_alloc(a, size);
    if (data == NULL) return error_nomem(err);
    TRY(io_read_at(s->file, (uint64_t)block->offset, data, size, err));
    size_t skip = flat_number((flat){data, size}, 0, 4) == UINT32_MAX ? 8 : 4;
    flat_table message = flat_root((flat){data + skip, (size_t)block->metadata_size - skip});
    if (flat_int(&message, 1, 1, 0) != wanted)
        return ipc_corrupt(s, "a block holds another kind of message", err);
    flat_table batch = flat_child(&message, 2);
    if (wanted == IPC_DICTIONARY_BATCH) {
        *dictionary_id = flat_int(&batch, 0, 8, 0);
        batch = flat_child(&batch, 1);
    }
    *out = (ipc_body){.source = s,
                      .arena = a,
                      .batch = batch,
                      .data = data + block->metadata_size,
                      .size = (size_t)block->body_size,
                      .codec = -1,
                      .err = err};
    out->nodes = flat_vector(&batch, 1, 16, &out->node_count);
    out->buffers = flat_vector(&batch, 2, 16, &out->buffer_count);
    flat_table compression = flat_child(&batch, 3);
    if (compression.at != 0) out->codec = flat_int(&compression, 0, 1, 0);
    return DBX_OK;
}

static dbx_status ipc_batch(const ipc_source *s, const ipc_block *block, arena *a,
                            struct ArrowArray **out, error *err) {
    ipc_body body;
    TRY(ipc_message(s, block, a, IPC_RECORD_BATCH, &body, NULL, err));
    struct ArrowArray *batch = ARENA_NEW(a, struct ArrowArray);
    if (batch == NULL) return error_nomem(err);
    batch->length = flat_int(&body.batch, 0, 8, 0);
    struct ArrowSchema row = s->schema;
    row.format = "+s";
    TRY(ipc_array_children(&body, &row, batch, 0));
    *out = batch;
    return DBX_OK;
}

static dbx_status ipc_dictionaries(ipc_source *s, const ipc_block *blocks, uint32_t count,
                                   error *err) {
    for (uint32_t i = 0; i < count; i++) {
        ipc_body body;
        int64_t id = 0;
        TRY(ipc_message(s, &blocks[i], &s->arena, IPC_DICTIONARY_BATCH, &body, &id, err));
        for (uint32_t d = 0; d < s->dictionaries.count; d++) {
            ipc_dictionary *entry = &s->dictionaries.items[d];
            if (entry->id != id) continue;
            if (entry->values != NULL) {
                return error_raise(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                                   "Arrow files with delta or replaced dictionaries", NULL);
            }
            struct ArrowArray *values = ARENA_NEW(&s->arena, struct ArrowArray);
            if (values == NULL) return error_nomem(err);
            ipc_body again = body;
            TRY(ipc_array(&again, entry->schema, values, 0));
            entry->values = values;
        }
    }
    return DBX_OK;
}

/* ---- bind ---- */

static dbx_status ipc_blocks(ipc_source *s, const flat_table *footer, uint32_t field,
                             ipc_block **out, uint32_t *count, error *err) {
    size_t elements = flat_vector(footer, field, IPC_BLOCK_SIZE, count);
    *out = ARENA_ARRAY(&s->arena, ipc_block, *count);
    if (*out == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < *count; i++) {
        size_t at = elements + (size_t)i * IPC_BLOCK_SIZE;
        (*out)[i] = (ipc_block){(int64_t)flat_number(footer->buffer, at, 8),
                                (int32_t)flat_number(footer->buffer, at + 8, 4),
                                (int64_t)flat_number(footer->buffer, at + 16, 8)};
    }
    return DBX_OK;
}

static dbx_status ipc_footer(ipc_source *s, error *err) {
    uint64_t size = io_file_size(s->file);
    uint8_t trailer[IPC_TRAILER];
    if (size < 2 * IPC_TRAILER) return ipc_corrupt(s, "it is too short for an Arrow file", err);
    TRY(io_read_at(s->file, size - IPC_TRAILER, trailer, IPC_TRAILER, err));
    if (memcmp(trailer + 4, "ARROW1", IPC_MAGIC_SIZE) != 0)
        return ipc_corrupt(s, "it does not end as an Arrow file does", err);
    uint32_t length;
    memcpy(&length, trailer, 4);
    if (length > size - IPC_TRAILER) return ipc_corrupt(s, "the footer does not fit the file", err);
    uint8_t *data = arena_alloc(&s->arena, length);
    if (data == NULL) return error_nomem(err);
    TRY(io_read_at(s->file, size - IPC_TRAILER - length, data, length, err));
    flat_table footer = flat_root((flat){data, length});
    flat_table schema = flat_child(&footer, 1);
    if (schema.at == 0) return ipc_corrupt(s, "it has no schema", err);
    TRY(ipc_children(s, &schema, 1, 0, &s->schema, err));
    ipc_block *dictionaries;
    uint32_t dictionary_count;
    TRY(ipc_blocks(s, &footer, 2, &dictionaries, &dictionary_count, err));
    TRY(ipc_blocks(s, &footer, 3, &s->batches, &s->batch_count, err));
    return ipc_dictionaries(s, dictionaries, dictionary_count, err);
}

static dbx_status ipc_columns(ipc_source *s, error *err) {
    uint32_t count = (uint32_t)s->schema.n_children;
    source_column *columns = ARENA_ARRAY(&s->arena, source_column, count);
    if (columns == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < count; i++) {
        const struct ArrowSchema *child = s->schema.children[i];
        columns[i].name = sv_from(child->name);
        columns[i].nullable = (child->flags & ARROW_FLAG_NULLABLE) != 0;
        TRY(arrow_schema_import(child, &s->arena, &columns[i].type, err));
    }
    s->base.columns = columns;
    s->base.column_count = count;
    return DBX_OK;
}

static void ipc_source_free(source *base) {
    ipc_source *s = (ipc_source *)base;
    ledger *l = s->ledger;
    io_close(s->file);
    arena_deinit(&s->arena);
    mem_free(l, s, sizeof(*s));
}

static const source_vtab ipc_source_vtab;

static dbx_status ipc_bind_file(ipc_source *s, query *q, const table_argument *path, error *err) {
    string_view *paths;
    uint32_t path_count;
    TRY(argument_texts(path, &s->arena, &paths, &path_count, err));
    file_list files;
    TRY(file_list_build(&files, q->gate, &s->arena, paths, path_count, NULL, err));
    s->path = files.files[0].path;
    if (files.count != 1) {
        return error_raise(err, ERR_UNSUPPORTED_FEATURE, path->position, "feature",
                           "reading several Arrow files at once", NULL);
    }
    TRY(io_open(q->gate, s->ledger, s->path, &s->file, err));
    TRY(ipc_footer(s, err));
    return ipc_columns(s, err);
}

static dbx_status ipc_bind(query *q, ledger *l, const table_argument *arguments,
                           uint32_t argument_count, span position, source **out, error *err) {
    *out = NULL;
    if (argument_count == 0)
        return error_raise(err, ERR_PATH_NOT_FOUND, position, "path", "", NULL);
    if (argument_count > 1) return argument_raise_unknown(&arguments[1], &read_arrow_function, err);
    ipc_source *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->base.vtab = &ipc_source_vtab;
    s->ledger = l;
    arena_init(&s->arena, l);
    dbx_status status = ipc_bind_file(s, q, &arguments[0], err);
    if (status != DBX_OK) {
        ipc_source_free(&s->base);
        return status;
    }
    *out = &s->base;
    return DBX_OK;
}

/* ---- scan ---- */

static dbx_status ipc_open(source *base, query *q, const scan_spec *spec, source_scan **out,
                           error *err) {
    ipc_scan *scan = mem_alloc_zero(&q->ledger, sizeof(*scan));
    if (scan == NULL) return error_nomem(err);
    scan->source = (ipc_source *)base;
    scan->query = q;
    scan->spec = spec;
    *out = (source_scan *)scan;
    return DBX_OK;
}

static dbx_status ipc_local_new(source_scan *opaque, source_local **out, error *err) {
    ledger *l = &((ipc_scan *)opaque)->query->ledger;
    ipc_local *local = mem_alloc_zero(l, sizeof(*local));
    if (local == NULL) return error_nomem(err);
    arena_init(&local->batch_arena, l);
    arena_init(&local->chunk_arena, l);
    *out = (source_local *)local;
    return DBX_OK;
}

static void ipc_local_free(source_scan *opaque, source_local *local) {
    ipc_local *l = (ipc_local *)local;
    arena_deinit(&l->batch_arena);
    arena_deinit(&l->chunk_arena);
    mem_free(&((ipc_scan *)opaque)->query->ledger, l, sizeof(*l));
}

static dbx_status ipc_next_morsel(source_scan *opaque, source_local *local, bool *more,
                                  uint64_t *index, error *err) {
    ipc_scan *scan = (ipc_scan *)opaque;
    ipc_local *l = (ipc_local *)local;
    uint32_t batch = atomic_fetch_add(&scan->next, 1);
    *more = batch < scan->source->batch_count;
    if (!*more) return DBX_OK;
    *index = batch;
    l->at = 0;
    arena_reset(&l->batch_arena);
    return ipc_batch(scan->source, &scan->source->batches[batch], &l->batch_arena, &l->batch, err);
}

static dbx_status ipc_read(source_scan *opaque, source_local *local, chunk *out, error *err) {
    ipc_scan *scan = (ipc_scan *)opaque;
    ipc_local *l = (ipc_local *)local;
    const ipc_source *s = scan->source;
    arena_reset(&l->chunk_arena);
    out->rows = (uint32_t)MIN(l->batch->length - l->at, (int64_t)scan->spec->vector_size);
    for (uint32_t i = 0; out->rows > 0 && i < scan->spec->column_count; i++) {
        uint32_t c = scan->spec->columns[i];
        dbx_status status = arrow_array_import(s->schema.children[c], l->batch->children[c],
                                               s->base.columns[c].type, l->at, out->rows,
                                               &out->columns[i], &l->chunk_arena, err);
        if (status == DBX_NOMEM) return error_nomem(err);
        TRY(status);
    }
    l->at += out->rows;
    return DBX_OK;
}

static void ipc_close(source_scan *opaque) {
    ipc_scan *scan = (ipc_scan *)opaque;
    mem_free(&scan->query->ledger, scan, sizeof(*scan));
}

static dbx_status ipc_describe(const source *base, buffer *out) {
    return buffer_append_sv(out, ((const ipc_source *)base)->path);
}

static const source_vtab ipc_source_vtab = {
    .name = "arrow",
    .open = ipc_open,
    .local_new = ipc_local_new,
    .next_morsel = ipc_next_morsel,
    .read = ipc_read,
    .local_free = ipc_local_free,
    .close = ipc_close,
    .describe = ipc_describe,
    .free = ipc_source_free,
};

const table_function_row read_arrow_function = {
    .name = "read_arrow",
    .aliases = "arrow,feather",
    .arguments = "path STRING",
    .doc = "Reads a file of the Arrow IPC format (Feather 2).",
    .extensions = ".arrow,.feather",
    .bind = ipc_bind,
};
