/* parquet_metadata.c - see parquet_metadata.h. One function a Thrift struct; unknown fields are
 * skipped. */
#include "formats/parquet_metadata.h"

#include <stdarg.h>
#include <stdio.h>

enum {
    PARQUET_TAIL_BYTES = 64 * 1024, /* read at first; most footers fit */
    PARQUET_MAGIC_BYTES = 4,
    PARQUET_SCHEMA_MAX = 100000, /* elements */
};

typedef struct meta_parse {
    thrift_reader t;
    arena *arena;
    uint64_t data_size;
    string_view path;
    error *err;
    bool encrypted;
    bool nomem;
    const char *wrong; /* what does not hold, when the Thrift itself is sound */
} meta_parse;

dbx_status parquet_raise(string_view path, error *err, const char *format, ...) {
    char name[512];
    char message[256];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    snprintf(name, sizeof(name), "%.*s", SV_ARG(path));
    return error_raise(err, ERR_FILE_CORRUPT, (span){0, 0}, "path", name, "message", message, NULL);
}

static void *meta_array(meta_parse *m, size_t size, uint32_t count) {
    void *items = arena_alloc_array(m->arena, size, (size_t)count + 1);
    if (items == NULL) {
        m->nomem = true;
        m->t.failed = true;
    }
    return items;
}

/* ---- schema ---- */

static int32_t meta_time_unit(thrift_reader *t) {
    int32_t unit = 0;
    thrift_field f = {0};
    while (thrift_next(t, &f)) {
        unit = f.id;
        thrift_skip(t, f.type);
    }
    return unit;
}

/* TimeType and TimestampType: 1 isAdjustedToUTC, 2 unit. */
static void meta_logical_time(thrift_reader *t, parquet_schema_element *e) {
    thrift_field f = {0};
    while (thrift_next(t, &f)) {
        if (f.id == 1)
            e->adjusted_to_utc = thrift_bool(t, f.type);
        else if (f.id == 2 && f.type == THRIFT_STRUCT)
            e->unit = meta_time_unit(t);
        else
            thrift_skip(t, f.type);
    }
}

static void meta_logical_integer(thrift_reader *t, parquet_schema_element *e) {
    thrift_field f = {0};
    while (thrift_next(t, &f)) {
        if (f.id == 1)
            e->bit_width = (int32_t)thrift_int(t, f.type);
        else if (f.id == 2)
            e->is_signed = thrift_bool(t, f.type);
        else
            thrift_skip(t, f.type);
    }
}

static void meta_logical_decimal(thrift_reader *t, parquet_schema_element *e) {
    thrift_field f = {0};
    while (thrift_next(t, &f)) {
        if (f.id == 1)
            e->scale = (int32_t)thrift_int(t, f.type);
        else if (f.id == 2)
            e->precision = (int32_t)thrift_int(t, f.type);
        else
            thrift_skip(t, f.type);
    }
}

static void meta_logical(thrift_reader *t, parquet_schema_element *e) {
    thrift_field f = {0};
    while (thrift_next(t, &f)) {
        if (f.type != THRIFT_STRUCT) {
            t->failed = true;
            return;
        }
        e->logical = f.id;
        switch (f.id) {
        case PARQUET_LOGICAL_DECIMAL:
            meta_logical_decimal(t, e);
            break;
        case PARQUET_LOGICAL_TIME:
        case PARQUET_LOGICAL_TIMESTAMP:
            meta_logical_time(t, e);
            break;
        case PARQUET_LOGICAL_INTEGER:
            meta_logical_integer(t, e);
            break;
        default:
            thrift_skip(t, f.type);
        }
    }
}

static void meta_schema_element(meta_parse *m, parquet_schema_element *e) {
    thrift_reader *t = &m->t;
    thrift_field f = {0};
    e->type = -1;
    e->converted = PARQUET_CONVERTED_NONE;
    while (thrift_next(t, &f)) {
        switch (f.id) {
        case 1:
            e->type = (int32_t)thrift_int(t, f.type);
            break;
        case 2:
            e->type_length = (int32_t)thrift_int(t, f.type);
            break;
        case 3:
            e->repetition = (int32_t)thrift_int(t, f.type);
            break;
        case 4:
            e->name = thrift_bytes(t, f.type);
            break;
        case 5: {
            int64_t count = thrift_int(t, f.type);
            if (count < 0 || count > PARQUET_SCHEMA_MAX) t->failed = true;
            e->child_count = (uint32_t)count;
            break;
        }
        case 6:
            e->converted = (int32_t)thrift_int(t, f.type);
            break;
        case 7:
            e->scale = (int32_t)thrift_int(t, f.type);
            break;
        case 8:
            e->precision = (int32_t)thrift_int(t, f.type);
            break;
        case 10:
            if (f.type == THRIFT_STRUCT)
                meta_logical(t, e);
            else
                t->failed = true;
            break;
        default:
            thrift_skip(t, f.type);
        }
    }
    if (e->child_count > 0) e->type = -1;
    if (e->type < -1 || e->type >= PARQUET_TYPE_COUNT) m->wrong = "unknown physical type";
    if (e->repetition < 0 || e->repetition > PARQUET_REPEATED) m->wrong = "unknown repetition";
    if (e->type_length < 0) m->wrong = "a type has a negative length";
}

static void meta_schema(meta_parse *m, uint8_t type, parquet_metadata *out) {
    uint8_t element;
    uint32_t count = thrift_list(&m->t, type, &element);
    if (count == 0 || element != THRIFT_STRUCT || count > PARQUET_SCHEMA_MAX) m->t.failed = true;
    if (m->t.failed) return;
    out->schema = meta_array(m, sizeof(*out->schema), count);
    for (uint32_t i = 0; i < count && !m->t.failed; i++) {
        meta_schema_element(m, &out->schema[i]);
        if (i > 0 && out->schema[i].child_count == 0) out->leaf_count++;
    }
    out->schema_count = count;
}

/* ---- row groups ---- */

static void meta_statistics(thrift_reader *t, parquet_statistics *s) {
    thrift_field f = {0};
    while (thrift_next(t, &f)) {
        switch (f.id) {
        case 1:
            s->max = thrift_bytes(t, f.type);
            break;
        case 2:
            s->min = thrift_bytes(t, f.type);
            break;
        case 3: {
            int64_t count = thrift_int(t, f.type);
            s->has_null_count = count >= 0;
            s->null_count = (uint64_t)count;
            break;
        }
        case 5:
            s->max_value = thrift_bytes(t, f.type);
            break;
        case 6:
            s->min_value = thrift_bytes(t, f.type);
            break;
        case 7:
            s->max_exact = thrift_bool(t, f.type);
            break;
        case 8:
            s->min_exact = thrift_bool(t, f.type);
            break;
        case 9: {
            int64_t count = thrift_int(t, f.type);
            s->has_nan_count = count >= 0;
            s->nan_count = (uint64_t)count;
            break;
        }
        default:
            thrift_skip(t, f.type);
        }
    }
}

/* PageEncodingStats: 1 page type, 2 encoding, 3 count. Clears *all_dictionary for another data
 * page. */
static void meta_encoding_stats(thrift_reader *t, uint8_t type, bool *all_dictionary) {
    uint8_t element;
    uint32_t count = thrift_list(t, type, &element);
    *all_dictionary = count > 0;
    for (uint32_t i = 0; i < count && !t->failed; i++) {
        int64_t kind = 0;
        int64_t encoding = 0;
        int64_t pages = 0;
        thrift_field f = {0};
        if (element != THRIFT_STRUCT) t->failed = true;
        while (thrift_next(t, &f)) {
            if (f.id == 1)
                kind = thrift_int(t, f.type);
            else if (f.id == 2)
                encoding = thrift_int(t, f.type);
            else if (f.id == 3)
                pages = thrift_int(t, f.type);
            else
                thrift_skip(t, f.type);
        }
        bool data = kind == PARQUET_DATA_PAGE || kind == PARQUET_DATA_PAGE_V2;
        bool dictionary =
            encoding == PARQUET_PLAIN_DICTIONARY || encoding == PARQUET_RLE_DICTIONARY;
        if (data && pages != 0 && !dictionary) *all_dictionary = false;
    }
}

static codec_kind meta_codec(int64_t value, bool *known) {
    static const uint8_t codecs[] = {
        CODEC_NONE,   CODEC_SNAPPY,     CODEC_GZIP, CODEC_COUNT /* LZO */,
        CODEC_BROTLI, CODEC_LZ4_HADOOP, CODEC_ZSTD, CODEC_LZ4};
    *known = value >= 0 && value < (int64_t)ARRAY_COUNT(codecs) && codecs[value] != CODEC_COUNT;
    return *known ? (codec_kind)codecs[value] : CODEC_NONE;
}

static uint64_t meta_size(meta_parse *m, uint8_t type) {
    int64_t value = thrift_int(&m->t, type);
    if (value < 0) m->wrong = "a size is negative";
    return value < 0 ? 0 : (uint64_t)value;
}

static uint32_t meta_size32(meta_parse *m, uint8_t type) {
    uint64_t value = meta_size(m, type);
    if (value > UINT32_MAX) m->wrong = "a size is too large";
    return (uint32_t)value;
}

static void meta_column(meta_parse *m, parquet_chunk_meta *c) {
    thrift_reader *t = &m->t;
    thrift_field f = {0};
    uint64_t data_start = 0;
    uint64_t dictionary_start = 0;
    while (thrift_next(t, &f)) {
        switch (f.id) {
        case 1:
            c->type = (int32_t)thrift_int(t, f.type);
            break;
        case 4:
            c->codec = meta_codec(thrift_int(t, f.type), &c->codec_known);
            break;
        case 5:
            c->num_values = thrift_int(t, f.type);
            break;
        case 6:
            c->uncompressed_size = meta_size(m, f.type);
            break;
        case 7:
            c->compressed_size = meta_size(m, f.type);
            break;
        case 9:
            data_start = meta_size(m, f.type);
            break;
        case 11: {
            int64_t offset = thrift_int(t, f.type); /* some writers give -1 or 0 for none */
            dictionary_start = offset > 0 ? (uint64_t)offset : 0;
            break;
        }
        case 12:
            if (f.type == THRIFT_STRUCT)
                meta_statistics(t, &c->statistics);
            else
                t->failed = true;
            break;
        case 13:
            meta_encoding_stats(t, f.type, &c->all_dictionary);
            break;
        case 14:
            c->bloom_offset = meta_size(m, f.type);
            break;
        case 15:
            c->bloom_size = meta_size(m, f.type);
            break;
        default:
            thrift_skip(t, f.type);
        }
    }
    bool dictionary_first = dictionary_start > 0 && dictionary_start < data_start;
    c->start = dictionary_first ? dictionary_start : data_start;
    if (c->num_values < 0) m->wrong = "a column chunk has a negative number of values";
    if (c->start > m->data_size) m->wrong = "a column chunk lies behind the end of the file";
}

static void meta_chunk(meta_parse *m, parquet_chunk_meta *c) {
    thrift_reader *t = &m->t;
    thrift_field f = {0};
    bool has_meta = false;
    while (thrift_next(t, &f)) {
        switch (f.id) {
        case 1: {
            string_view path = thrift_bytes(t, f.type);
            if (path.size > 0) m->wrong = "column chunks in other files are not supported";
            break;
        }
        case 3:
            if (f.type != THRIFT_STRUCT)
                t->failed = true;
            else
                meta_column(m, c);
            has_meta = true;
            break;
        case 4:
            c->offset_index_offset = meta_size(m, f.type);
            break;
        case 5:
            c->offset_index_size = meta_size32(m, f.type);
            break;
        case 6:
            c->column_index_offset = meta_size(m, f.type);
            break;
        case 7:
            c->column_index_size = meta_size32(m, f.type);
            break;
        case 8:
            m->encrypted = true;
            thrift_skip(t, f.type);
            break;
        default:
            thrift_skip(t, f.type);
        }
    }
    if (!has_meta && !m->encrypted) m->wrong = "a column chunk has no metadata";
}

static void meta_row_group(meta_parse *m, const parquet_metadata *out, parquet_row_group *g) {
    thrift_reader *t = &m->t;
    thrift_field f = {0};
    uint32_t count = 0;
    while (thrift_next(t, &f)) {
        if (f.id == 1) {
            uint8_t element;
            count = thrift_list(t, f.type, &element);
            if (element != THRIFT_STRUCT && count > 0) t->failed = true;
            if (t->failed || g->chunks != NULL) {
                t->failed = true;
                break;
            }
            g->chunks = meta_array(m, sizeof(*g->chunks), count);
            for (uint32_t i = 0; i < count && !t->failed; i++) meta_chunk(m, &g->chunks[i]);
        } else if (f.id == 2) {
            g->total_size = meta_size(m, f.type);
        } else if (f.id == 3) {
            g->num_rows = meta_size(m, f.type);
        } else {
            thrift_skip(t, f.type);
        }
    }
    if (count != out->leaf_count) m->wrong = "a row group lacks columns of the schema";
    if (g->num_rows > INT64_MAX / 2) m->wrong = "a row group has too many rows";
}

static void meta_row_groups(meta_parse *m, uint8_t type, parquet_metadata *out) {
    uint8_t element;
    uint32_t count = thrift_list(&m->t, type, &element);
    if (count > 0 && (element != THRIFT_STRUCT || out->schema == NULL)) m->t.failed = true;
    if (m->t.failed || out->row_groups != NULL) {
        m->t.failed = true;
        return;
    }
    out->row_groups = meta_array(m, sizeof(*out->row_groups), count);
    uint64_t first_row = 0;
    for (uint32_t i = 0; i < count && !m->t.failed && m->wrong == NULL; i++) {
        parquet_row_group *g = &out->row_groups[i];
        meta_row_group(m, out, g);
        g->first_row = first_row;
        first_row += g->num_rows;
        if (first_row > INT64_MAX) m->wrong = "the file has too many rows";
    }
    out->row_group_count = count;
    out->num_rows = first_row;
}

static void meta_column_orders(meta_parse *m, uint8_t type, parquet_metadata *out) {
    thrift_reader *t = &m->t;
    uint8_t element;
    uint32_t count = thrift_list(t, type, &element);
    if (count > 0 && element != THRIFT_STRUCT) t->failed = true;
    if (t->failed) return;
    uint8_t *orders = meta_array(m, 1, MAX(count, out->leaf_count));
    for (uint32_t i = 0; i < count && !t->failed; i++) {
        thrift_field f = {0};
        while (thrift_next(t, &f)) {
            if (f.id == 1 || f.id == 2) orders[i] = (uint8_t)f.id;
            thrift_skip(t, f.type);
        }
    }
    if (!t->failed && count >= out->leaf_count) out->column_orders = orders;
}

static void meta_file(meta_parse *m, parquet_metadata *out) {
    thrift_reader *t = &m->t;
    thrift_field f = {0};
    while (thrift_next(t, &f)) {
        switch (f.id) {
        case 2:
            if (out->schema != NULL)
                t->failed = true;
            else
                meta_schema(m, f.type, out);
            break;
        case 4:
            meta_row_groups(m, f.type, out);
            break;
        case 6:
            out->created_by = thrift_bytes(t, f.type);
            break;
        case 7:
            meta_column_orders(m, f.type, out);
            break;
        case 8:
            m->encrypted = true;
            thrift_skip(t, f.type);
            break;
        default:
            thrift_skip(t, f.type);
        }
    }
    if (out->schema == NULL && m->wrong == NULL) m->wrong = "the footer has no schema";
}

static dbx_status meta_raise_encrypted(string_view path, error *err) {
    return error_raisef(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                        "encrypted Parquet files such as %.*s", SV_ARG(path));
}

dbx_status parquet_metadata_parse(const uint8_t *footer, size_t size, uint64_t data_size,
                                  string_view path, arena *a, parquet_metadata **out, error *err) {
    meta_parse m = {.t = {.at = footer, .end = footer + size},
                    .arena = a,
                    .data_size = data_size,
                    .path = path,
                    .err = err};
    *out = ARENA_NEW(a, parquet_metadata);
    if (*out == NULL) return error_nomem(err);
    meta_file(&m, *out);
    (*out)->footer_offset = data_size;
    if (m.nomem) return error_nomem(err);
    if (m.encrypted) return meta_raise_encrypted(path, err);
    if (m.wrong != NULL) return parquet_raise(path, err, "%s", m.wrong);
    if (m.t.failed) return parquet_raise(path, err, "the footer is damaged");
    return DBX_OK;
}

static uint32_t meta_le32(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

dbx_status parquet_metadata_read(io_file *file, arena *a, parquet_metadata **out, error *err) {
    string_view path = io_file_path(file);
    uint64_t size = io_file_size(file);
    if (size < 3 * PARQUET_MAGIC_BYTES) return parquet_raise(path, err, "it is too small");
    size_t tail_size = (size_t)MIN(size, (uint64_t)PARQUET_TAIL_BYTES);
    uint8_t *tail = arena_alloc(a, tail_size);
    if (tail == NULL) return error_nomem(err);
    TRY(io_read_at(file, size - tail_size, tail, tail_size, err));
    const uint8_t *end = tail + tail_size;
    if (memcmp(end - 4, "PARE", 4) == 0) return meta_raise_encrypted(path, err);
    if (memcmp(end - 4, "PAR1", 4) != 0) return parquet_raise(path, err, "no Parquet magic number");
    uint64_t footer_size = meta_le32(end - 8);
    if (footer_size == 0 || footer_size > size - 3 * PARQUET_MAGIC_BYTES) {
        return parquet_raise(path, err, "the footer's size does not fit the file");
    }
    uint64_t footer_offset = size - 8 - footer_size;
    const uint8_t *footer = end - 8 - footer_size;
    if (footer_size + 8 > tail_size) {
        uint8_t *whole = arena_alloc(a, (size_t)footer_size);
        if (whole == NULL) return error_nomem(err);
        TRY(io_read_at(file, footer_offset, whole, (size_t)footer_size, err));
        footer = whole;
    }
    return parquet_metadata_parse(footer, (size_t)footer_size, footer_offset, path, a, out, err);
}
