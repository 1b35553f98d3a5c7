/* parquet_page_header.c - Thrift structs that lie outside the footer: page headers, page index,
 * bloom headers. */
#include "formats/parquet_metadata.h"

static uint32_t header_u32(thrift_reader *t, uint8_t type) {
    int64_t value = thrift_int(t, type);
    if (value < 0 || value > INT32_MAX) t->failed = true;
    return t->failed ? 0 : (uint32_t)value;
}

/* DataPageHeader and DictionaryPageHeader begin alike: 1 num_values, 2 encoding. */
static void header_page_v1(thrift_reader *t, parquet_page_header *h) {
    thrift_field f = {0};
    while (thrift_next(t, &f)) {
        switch (f.id) {
        case 1:
            h->num_values = header_u32(t, f.type);
            break;
        case 2:
            h->encoding = (int32_t)header_u32(t, f.type);
            break;
        case 3:
            if (f.type == THRIFT_I32)
                h->def_encoding = (int32_t)header_u32(t, f.type);
            else
                thrift_skip(t, f.type); /* a dictionary's is_sorted */
            break;
        case 4:
            h->rep_encoding = (int32_t)header_u32(t, f.type);
            break;
        default:
            thrift_skip(t, f.type);
        }
    }
}

static void header_page_v2(thrift_reader *t, parquet_page_header *h) {
    thrift_field f = {0};
    while (thrift_next(t, &f)) {
        switch (f.id) {
        case 1:
            h->num_values = header_u32(t, f.type);
            break;
        case 2:
            h->num_nulls = header_u32(t, f.type);
            break;
        case 3:
            h->num_rows = header_u32(t, f.type);
            break;
        case 4:
            h->encoding = (int32_t)header_u32(t, f.type);
            break;
        case 5:
            h->def_size = header_u32(t, f.type);
            break;
        case 6:
            h->rep_size = header_u32(t, f.type);
            break;
        case 7:
            h->compressed = thrift_bool(t, f.type);
            break;
        default:
            thrift_skip(t, f.type);
        }
    }
}

parquet_header_result parquet_page_header_parse(const uint8_t *bytes, size_t size,
                                                parquet_page_header *out) {
    thrift_reader t = {.at = bytes, .end = bytes + size};
    thrift_field f = {0};
    memset(out, 0, sizeof(*out));
    out->kind = -1;
    out->compressed = true;
    bool has_body = false;
    while (thrift_next(&t, &f)) {
        switch (f.id) {
        case 1:
            out->kind = (int32_t)header_u32(&t, f.type);
            break;
        case 2:
            out->uncompressed_size = header_u32(&t, f.type);
            break;
        case 3:
            out->compressed_size = header_u32(&t, f.type);
            break;
        case 4:
            out->crc = (uint32_t)thrift_int(&t, f.type);
            out->has_crc = true;
            break;
        case 5:
        case 7:
        case 8:
            if (f.type != THRIFT_STRUCT)
                t.failed = true;
            else if (f.id == 8)
                header_page_v2(&t, out);
            else
                header_page_v1(&t, out);
            has_body = true;
            break;
        default:
            thrift_skip(&t, f.type);
        }
    }
    if (t.failed) return t.cut_off ? PARQUET_HEADER_SHORT : PARQUET_HEADER_BAD;
    out->header_size = (uint32_t)(t.at - bytes);
    bool known = out->kind == PARQUET_DATA_PAGE || out->kind == PARQUET_DATA_PAGE_V2 ||
                 out->kind == PARQUET_DICTIONARY_PAGE;
    if (known && !has_body) return PARQUET_HEADER_BAD;
    return out->kind >= 0 ? PARQUET_HEADER_OK : PARQUET_HEADER_BAD;
}

/* ---- page index ---- */

static void header_location(thrift_reader *t, parquet_page_location *p) {
    thrift_field f = {0};
    while (thrift_next(t, &f)) {
        int64_t value = 0;
        if (f.id >= 1 && f.id <= 3)
            value = thrift_int(t, f.type);
        else
            thrift_skip(t, f.type);
        if (value < 0) t->failed = true;
        if (f.id == 1) p->offset = (uint64_t)value;
        if (f.id == 2) p->size = (uint32_t)MIN(value, (int64_t)INT32_MAX);
        if (f.id == 3) p->first_row = (uint64_t)value;
    }
}

bool parquet_offset_index_parse(const uint8_t *bytes, size_t size, arena *a,
                                parquet_offset_index *out) {
    thrift_reader t = {.at = bytes, .end = bytes + size};
    thrift_field f = {0};
    memset(out, 0, sizeof(*out));
    while (thrift_next(&t, &f)) {
        if (f.id != 1) {
            thrift_skip(&t, f.type);
            continue;
        }
        uint8_t element;
        uint32_t count = thrift_list(&t, f.type, &element);
        if (t.failed || element != THRIFT_STRUCT || out->pages != NULL) return false;
        out->pages = ARENA_ARRAY(a, parquet_page_location, (size_t)count + 1);
        if (out->pages == NULL) return false;
        for (uint32_t i = 0; i < count && !t.failed; i++) header_location(&t, &out->pages[i]);
        out->count = count;
    }
    if (t.failed || out->count == 0 || out->pages[0].first_row != 0) return false;
    for (uint32_t i = 1; i < out->count; i++) {
        if (out->pages[i].first_row < out->pages[i - 1].first_row) return false;
        if (out->pages[i].offset < out->pages[i - 1].offset) return false;
    }
    return true;
}

static string_view *header_texts(thrift_reader *t, uint8_t type, arena *a, uint32_t *count) {
    uint8_t element;
    *count = thrift_list(t, type, &element);
    string_view *items = ARENA_ARRAY(a, string_view, (size_t)*count + 1);
    if (items == NULL || (element != THRIFT_BINARY && *count > 0)) {
        t->failed = true;
        return NULL;
    }
    for (uint32_t i = 0; i < *count && !t->failed; i++) items[i] = thrift_bytes(t, THRIFT_BINARY);
    return items;
}

static void header_null_pages(thrift_reader *t, uint8_t type, arena *a, parquet_column_index *out) {
    uint8_t element;
    out->count = thrift_list(t, type, &element);
    out->null_pages = ARENA_ARRAY(a, bool, (size_t)out->count + 1);
    if (out->null_pages == NULL) t->failed = true;
    for (uint32_t i = 0; i < out->count && !t->failed; i++) {
        if (t->at >= t->end)
            t->failed = true;
        else
            out->null_pages[i] = *t->at++ == THRIFT_TRUE;
    }
}

bool parquet_column_index_parse(const uint8_t *bytes, size_t size, arena *a,
                                parquet_column_index *out) {
    thrift_reader t = {.at = bytes, .end = bytes + size};
    thrift_field f = {0};
    memset(out, 0, sizeof(*out));
    uint32_t min_count = 0;
    uint32_t max_count = 0;
    uint32_t null_count = 0;
    while (thrift_next(&t, &f)) {
        if (f.id == 1) {
            header_null_pages(&t, f.type, a, out);
        } else if (f.id == 2) {
            out->min = header_texts(&t, f.type, a, &min_count);
        } else if (f.id == 3) {
            out->max = header_texts(&t, f.type, a, &max_count);
        } else if (f.id == 5) {
            uint8_t element;
            null_count = thrift_list(&t, f.type, &element);
            out->null_counts = ARENA_ARRAY(a, int64_t, (size_t)null_count + 1);
            if (out->null_counts == NULL) return false;
            for (uint32_t i = 0; i < null_count && !t.failed; i++) {
                out->null_counts[i] = thrift_int(&t, element);
            }
        } else {
            thrift_skip(&t, f.type);
        }
    }
    if (null_count != out->count) out->null_counts = NULL;
    return !t.failed && out->count > 0 && min_count == out->count && max_count == out->count;
}

/* BloomFilterHeader: 1 numBytes, 2 algorithm, 3 hash, 4 compression; each of the unions must be its
 * member 1. */
bool parquet_bloom_header_parse(const uint8_t *bytes, size_t size, parquet_bloom_header *out) {
    thrift_reader t = {.at = bytes, .end = bytes + size};
    thrift_field f = {0};
    memset(out, 0, sizeof(*out));
    uint32_t known = 0;
    while (thrift_next(&t, &f)) {
        if (f.id == 1) {
            out->num_bytes = header_u32(&t, f.type);
        } else if (f.id >= 2 && f.id <= 4 && f.type == THRIFT_STRUCT) {
            thrift_field choice = {0};
            while (thrift_next(&t, &choice)) {
                if (choice.id == 1) known |= 1u << f.id;
                thrift_skip(&t, choice.type);
            }
        } else {
            thrift_skip(&t, f.type);
        }
    }
    out->header_size = (uint32_t)(t.at - bytes);
    bool whole_blocks = out->num_bytes > 0 && out->num_bytes % 32 == 0;
    return !t.failed && known == 0x1C && whole_blocks;
}
