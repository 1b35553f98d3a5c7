/* parquet_page.c - from the file to decompressed pages; see parquet_leaf.h.
 *
 * The window is read in steps of PAGE_WINDOW_BYTES or a page's size, whichever is larger: large
 * enough for few system calls, small enough to stay in the cache until it is decompressed. */
#include "formats/parquet_leaf.h"

#include <zlib.h>

enum {
    PAGE_WINDOW_BYTES = 256 * 1024,
    PAGE_HEADER_BYTES = 256,       /* looked at first */
    PAGE_HEADER_MAX = 16 << 20,    /* statistics of long strings make headers long */
    PAGE_POOL_MAX = 64 << 20,      /* bytes kept for reuse by a worker */
    PAGE_DICTIONARY_MAX = 1 << 28, /* entries */
    PAGE_SCRATCH_ENTRIES = PARQUET_BATCH_MAX + 8,
    PAGE_SCRATCH_BYTES = PAGE_SCRATCH_ENTRIES * (4 * 16 + 4),
};

/* ---- memory ---- */

dbx_status parquet_context_init(parquet_context *c, ledger *l, error *err) {
    memset(c, 0, sizeof(*c));
    c->ledger = l;
    arena_init(&c->strings, l);
    c->scratch = mem_alloc(l, PAGE_SCRATCH_BYTES);
    if (c->scratch == NULL) {
        parquet_context_deinit(c);
        return error_nomem(err);
    }
    uint8_t **parts[] = {&c->dense, &c->widened, &c->rows, &c->spread};
    for (uint32_t i = 0; i < ARRAY_COUNT(parts); i++) {
        *parts[i] = c->scratch + (size_t)i * PAGE_SCRATCH_ENTRIES * 16;
    }
    c->indexes = (uint32_t *)(void *)(c->scratch + (size_t)4 * PAGE_SCRATCH_ENTRIES * 16);
    c->dictionary_seed = os_random_seed();
    return DBX_OK;
}

static size_t page_block_bytes(const parquet_block *b) {
    return sizeof(*b) + (b->shared != NULL ? 0 : b->capacity + PARQUET_PAGE_PAD);
}

static void page_block_free(parquet_context *c, parquet_block *b) {
    size_t bytes = page_block_bytes(b);
    cached_page_release(b->shared);
    mem_free(c->ledger, b, bytes);
}

static void page_free_list(parquet_context *c, parquet_block *list) {
    while (list != NULL) {
        parquet_block *next = list->next;
        page_block_free(c, list);
        list = next;
    }
}

/* A handle of the page, which takes over the reference; NULL when out of memory. */
static parquet_block *page_block_share(parquet_context *c, cached_page *page) {
    parquet_block *b = mem_alloc(c->ledger, sizeof(*b));
    if (b == NULL) {
        cached_page_release(page);
        return NULL;
    }
    *b = (parquet_block){.shared = page, .data = page->data};
    return b;
}

void parquet_context_deinit(parquet_context *c) {
    if (c->ledger == NULL) return;
    page_free_list(c, c->pool);
    page_free_list(c, c->retired);
    arena_deinit(&c->strings);
    codec_context_deinit(&c->codecs);
    if (c->scratch != NULL) mem_free(c->ledger, c->scratch, PAGE_SCRATCH_BYTES);
    memset(c, 0, sizeof(*c));
}

parquet_block *parquet_block_take(parquet_context *c, size_t size) {
    parquet_block **best = NULL;
    for (parquet_block **p = &c->pool; *p != NULL; p = &(*p)->next) {
        if ((*p)->capacity < size) continue;
        if (best == NULL || (*p)->capacity < (*best)->capacity) best = p;
    }
    if (best != NULL && (*best)->capacity / 4 <= size + PAGE_WINDOW_BYTES) {
        parquet_block *b = *best;
        *best = b->next;
        c->pooled -= b->capacity;
        b->next = NULL;
        return b;
    }
    size_t capacity = (size + 4095) & ~(size_t)4095;
    parquet_block *b = mem_alloc(c->ledger, sizeof(*b) + capacity + PARQUET_PAGE_PAD);
    if (b == NULL) return NULL;
    *b = (parquet_block){.capacity = capacity, .data = (uint8_t *)(b + 1)};
    memset(b->data + capacity, 0, PARQUET_PAGE_PAD);
    return b;
}

void parquet_block_give(parquet_context *c, parquet_block *b) {
    if (b == NULL) return;
    if (b->shared != NULL || c->pooled + b->capacity > PAGE_POOL_MAX) {
        page_block_free(c, b);
        return;
    }
    b->next = c->pool;
    c->pool = b;
    c->pooled += b->capacity;
}

void parquet_block_retire(parquet_context *c, parquet_block *b) {
    if (b == NULL) return;
    b->next = c->retired;
    c->retired = b;
}

void parquet_context_recycle(parquet_context *c) {
    while (c->retired != NULL) {
        parquet_block *b = c->retired;
        c->retired = b->next;
        parquet_block_give(c, b);
    }
    arena_reset(&c->strings);
}

dbx_status parquet_reader_corrupt(const parquet_reader *r, error *err, const char *message) {
    return parquet_raise(io_file_path(r->file), err, "column chunk at offset %llu: %s",
                         (unsigned long long)r->chunk->start, message);
}

/* ---- the window ---- */

/* *data gets `size` bytes at `offset` (fewer only at the limit: *got), with the pad behind them
 * readable. */
static dbx_status page_window(parquet_reader *r, uint64_t offset, size_t size, const uint8_t **data,
                              size_t *got, error *err) {
    assert(offset <= r->limit);
    size = (size_t)MIN((uint64_t)size, r->limit - offset);
    bool inside = r->window != NULL && offset >= r->window_offset &&
                  offset + size <= r->window_offset + r->window_size;
    if (!inside) {
        uint64_t chunk_end = r->chunk->start + r->chunk->compressed_size;
        uint64_t wanted = MAX(size, (size_t)PAGE_WINDOW_BYTES);
        if (chunk_end > offset) wanted = MIN(wanted, MAX(chunk_end - offset, (uint64_t)size));
        wanted = MIN(wanted, r->limit - offset);
        if (r->window == NULL || r->window->capacity < wanted) {
            parquet_block_give(r->context, r->window);
            r->window_size = 0;
            r->window = parquet_block_take(r->context, (size_t)wanted);
            if (r->window == NULL) return error_nomem(err);
        }
        r->window_size = 0;
        TRY(io_read_at(r->file, offset, r->window->data, (size_t)wanted, err));
        if (r->context->bytes_read != NULL) {
            atomic_fetch_add_explicit(r->context->bytes_read, wanted, memory_order_relaxed);
        }
        r->window_offset = offset;
        r->window_size = (size_t)wanted;
    }
    *data = r->window->data + (offset - r->window_offset);
    *got = size;
    return DBX_OK;
}

static_assert(sizeof(parquet_page_header) <= sizeof(((cached_page *)0)->note),
              "a cached page keeps its header");

static page_key page_key_of(const parquet_reader *r) {
    page_key key = r->context->page_key;
    key.offset = r->offset;
    return key;
}

/* The page at the offset, header and all, when an earlier statement left it in the cache. */
static bool page_from_cache(parquet_reader *r) {
    parquet_context *c = r->context;
    assert(r->cached == NULL);
    r->worthy = false;
    if (c->pages == NULL) return false;
    page_key key = page_key_of(r);
    r->cached = page_cache_find(c->pages, &key, &r->worthy);
    if (r->cached == NULL) return false;
    memcpy(&r->header, r->cached->note, sizeof(r->header));
    return true;
}

static void page_let_go(parquet_reader *r) {
    cached_page_release(r->cached);
    r->cached = NULL;
}

static dbx_status page_header(parquet_reader *r, error *err) {
    if (page_from_cache(r)) return DBX_OK;
    for (size_t size = PAGE_HEADER_BYTES;; size *= 4) {
        const uint8_t *data;
        size_t got;
        TRY(page_window(r, r->offset, size, &data, &got, err));
        parquet_header_result result = parquet_page_header_parse(data, got, &r->header);
        if (result == PARQUET_HEADER_OK) break;
        if (result == PARQUET_HEADER_BAD || got < size || size >= PAGE_HEADER_MAX) {
            return parquet_reader_corrupt(r, err, "a page header is damaged");
        }
    }
    uint64_t end = r->offset + r->header.header_size + r->header.compressed_size;
    if (end > r->limit) return parquet_reader_corrupt(r, err, "a page lies behind the data");
    return DBX_OK;
}

void parquet_reader_pass(parquet_reader *r) {
    assert(r->has_header);
    page_let_go(r);
    r->offset += r->header.header_size + r->header.compressed_size;
    r->values_left -= MIN(r->values_left, (uint64_t)r->header.num_values);
    r->has_header = false;
}

/* ---- decompression ---- */

static dbx_status page_check_crc(const parquet_reader *r, const uint8_t *data, error *err) {
    if (!r->header.has_crc) return DBX_OK;
    uint32_t crc = (uint32_t)crc32(crc32(0, NULL, 0), data, (uInt)r->header.compressed_size);
    if (crc == r->header.crc) return DBX_OK;
    return parquet_reader_corrupt(r, err, "a page's checksum does not match");
}

/* Where a page is decompressed to: memory of the cache when it shall stay there. */
static parquet_block *page_room(parquet_reader *r) {
    size_t size = r->header.uncompressed_size;
    cached_page *page =
        r->worthy ? page_cache_make(r->context->pages, size + PARQUET_PAGE_PAD) : NULL;
    if (page == NULL) return parquet_block_take(r->context, size);
    memcpy(page->note, &r->header, sizeof(r->header));
    memset(page->data + size, 0, PARQUET_PAGE_PAD);
    return page_block_share(r->context, page);
}

/* Decompresses the page of `header` into *out. `plain` bytes at its start (levels of v2) are stored
 * as they are. */
static dbx_status page_unpack(parquet_reader *r, size_t plain, bool compressed, parquet_block **out,
                              error *err) {
    const parquet_page_header *h = &r->header;
    const uint8_t *data;
    size_t got;
    if (r->cached != NULL) {
        *out = page_block_share(r->context, r->cached);
        r->cached = NULL;
        return *out != NULL ? DBX_OK : error_nomem(err);
    }
    TRY(page_window(r, r->offset + h->header_size, h->compressed_size, &data, &got, err));
    if (got != h->compressed_size) return parquet_reader_corrupt(r, err, "a page is cut off");
    TRY(page_check_crc(r, data, err));
    if (plain > h->compressed_size || plain > h->uncompressed_size) {
        return parquet_reader_corrupt(r, err, "a page's levels are longer than the page");
    }
    parquet_block *b = page_room(r);
    if (b == NULL) return error_nomem(err);
    *out = b;
    if (plain > 0) memcpy(b->data, data, plain);
    codec_kind codec = compressed ? r->chunk->codec : CODEC_NONE;
    dbx_status status =
        codec_decompress(&r->context->codecs, codec, data + plain, h->compressed_size - plain,
                         b->data + plain, h->uncompressed_size - plain);
    if (status == DBX_NOMEM) return error_nomem(err);
    if (status != DBX_OK) return parquet_reader_corrupt(r, err, "a page cannot be decompressed");
    if (b->shared != NULL) {
        page_key key = page_key_of(r);
        page_cache_put(r->context->pages, &key, b->shared);
    }
    return DBX_OK;
}

/* ---- dictionaries ---- */

/* Fills dictionary_count values of the target type from the page's PLAIN data. */
static dbx_status page_dictionary_values(parquet_reader *r, const uint8_t *at, const uint8_t *end,
                                         error *err) {
    uint32_t count = r->dictionary_count;
    bool strings = r->leaf->physical == PARQUET_BYTE_ARRAY;
    if (r->leaf->physical == PARQUET_BOOLEAN) {
        return parquet_reader_corrupt(r, err, "a dictionary of BOOLEAN");
    }
    if (!strings && (uint64_t)count * r->leaf->type_length > (uint64_t)(end - at)) {
        return parquet_reader_corrupt(r, err, "a dictionary is cut off");
    }
    r->form = strings ? PARQUET_FORM_STRINGS : PARQUET_FORM_FIXED;
    r->at = at;
    r->end = end;
    if (r->leaf->convert == PARQUET_CONVERT_UUID) {
        r->dictionary_heap = parquet_block_take(r->context, (size_t)count * PARQUET_UUID_CHARS);
        if (r->dictionary_heap == NULL) return error_nomem(err);
        r->uuid_heap = (char *)r->dictionary_heap->data;
    }
    uint32_t width = physical_size(type_physical(r->target));
    uint8_t *out = r->dictionary.data;
    for (uint32_t done = 0; done < count;) {
        uint32_t step = MIN(count - done, (uint32_t)PARQUET_BATCH_MAX);
        TRY(parquet_values_take(r, step, out + (size_t)done * width, err));
        done += step;
    }
    memset(out + (size_t)count * width, 0, width); /* the NULL entry */
    r->uuid_heap = NULL;
    return DBX_OK;
}

static dbx_status page_dictionary_vector(parquet_reader *r, error *err) {
    uint32_t entries = r->dictionary_count + 1;
    size_t values = (size_t)entries * physical_size(type_physical(r->target));
    values = (values + 63) & ~(size_t)63;
    r->dictionary_values = parquet_block_take(r->context, values + validity_bytes(entries) + 16);
    if (r->dictionary_values == NULL) return error_nomem(err);
    uint8_t *base = r->dictionary_values->data;
    base += (16 - ((uintptr_t)base & 15)) & 15;
    r->dictionary = (vector){.type = r->target,
                             .form = VECTOR_FLAT,
                             .phys = (uint8_t)type_physical(r->target),
                             .capacity = entries,
                             .data = base,
                             .validity = (uint64_t *)(void *)(base + values)};
    validity_fill(r->dictionary.validity, entries, true);
    validity_set_null(r->dictionary.validity, r->dictionary_count);
    parquet_context *c = r->context;
    r->dictionary_id = (c->dictionary_seed + ++c->dictionary_count * 0x9E3779B97F4A7C15u) | 1;
    return DBX_OK;
}

static dbx_status page_dictionary(parquet_reader *r, error *err) {
    const parquet_page_header *h = &r->header;
    if (r->has_dictionary) return parquet_reader_corrupt(r, err, "a second dictionary");
    if (h->encoding != PARQUET_PLAIN && h->encoding != PARQUET_PLAIN_DICTIONARY) {
        return parquet_reader_corrupt(r, err, "a dictionary of an unknown encoding");
    }
    if (h->num_values > PAGE_DICTIONARY_MAX || h->num_values > h->uncompressed_size) {
        return parquet_reader_corrupt(r, err, "a dictionary has more entries than bytes");
    }
    TRY(page_unpack(r, 0, true, &r->dictionary_page, err));
    r->dictionary_count = h->num_values;
    TRY(page_dictionary_vector(r, err));
    const uint8_t *at = r->dictionary_page->data;
    TRY(page_dictionary_values(r, at, at + h->uncompressed_size, err));
    r->has_dictionary = true;
    r->offset += h->header_size + h->compressed_size;
    return DBX_OK;
}

dbx_status parquet_reader_peek(parquet_reader *r, error *err) {
    while (!r->has_header) {
        if (r->values_left == 0) {
            return parquet_reader_corrupt(r, err, "it has fewer values than its row group rows");
        }
        TRY(page_header(r, err));
        switch (r->header.kind) {
        case PARQUET_DATA_PAGE:
        case PARQUET_DATA_PAGE_V2:
            r->has_header = true;
            break;
        case PARQUET_DICTIONARY_PAGE:
            TRY(page_dictionary(r, err));
            break;
        default: /* index pages and what is to come */
            page_let_go(r);
            r->offset += r->header.header_size + r->header.compressed_size;
        }
    }
    return DBX_OK;
}

/* ---- data pages ---- */

typedef struct page_parts {
    const uint8_t *reps, *defs, *values, *end;
    size_t rep_size, def_size;
} page_parts;

/* Levels of v1: a length of 4 bytes, then the hybrid. */
static dbx_status page_take_levels(parquet_reader *r, const uint8_t **at, const uint8_t *end,
                                   int32_t encoding, const uint8_t **levels, size_t *size,
                                   error *err) {
    if (encoding != PARQUET_RLE) {
        return error_raise(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                           "Parquet levels of the deprecated encoding BIT_PACKED", NULL);
    }
    uint32_t length;
    if (end - *at < 4) return parquet_reader_corrupt(r, err, "a page lacks its levels");
    memcpy(&length, *at, 4);
    *at += 4;
    if (length > (size_t)(end - *at)) return parquet_reader_corrupt(r, err, "levels are cut off");
    *levels = *at;
    *size = length;
    *at += length;
    return DBX_OK;
}

static dbx_status page_split(parquet_reader *r, page_parts *p, error *err) {
    const parquet_page_header *h = &r->header;
    memset(p, 0, sizeof(*p));
    if (h->kind == PARQUET_DATA_PAGE_V2) {
        size_t levels = (size_t)h->rep_size + h->def_size;
        TRY(page_unpack(r, levels, h->compressed, &r->page, err));
        p->reps = r->page->data;
        p->rep_size = h->rep_size;
        p->defs = p->reps + h->rep_size;
        p->def_size = h->def_size;
        p->values = p->defs + h->def_size;
        p->end = r->page->data + h->uncompressed_size;
        return DBX_OK;
    }
    TRY(page_unpack(r, 0, true, &r->page, err));
    const uint8_t *at = r->page->data;
    p->end = at + h->uncompressed_size;
    if (r->leaf->max_rep > 0) {
        TRY(page_take_levels(r, &at, p->end, h->rep_encoding, &p->reps, &p->rep_size, err));
    }
    if (r->leaf->max_def > 0) {
        TRY(page_take_levels(r, &at, p->end, h->def_encoding, &p->defs, &p->def_size, err));
    }
    p->values = at;
    return DBX_OK;
}

static uint32_t page_bits(uint32_t max_level) {
    return max_level == 0 ? 0 : 32 - (uint32_t)__builtin_clz(max_level);
}

static dbx_status page_level_bytes(parquet_reader *r, const uint8_t *levels, size_t size,
                                   uint32_t max, uint32_t count, uint8_t *out, error *err) {
    if (max == 0) {
        memset(out, 0, count);
        return DBX_OK;
    }
    parquet_rle rle;
    parquet_rle_init(&rle, levels, size, page_bits(max));
    if (parquet_rle_read_bytes(&rle, count, out)) return DBX_OK;
    return parquet_reader_corrupt(r, err, "a page has too few levels");
}

static dbx_status page_nested_levels(parquet_reader *r, const page_parts *p, error *err) {
    uint32_t count = r->page_values;
    r->page_levels = parquet_block_take(r->context, (size_t)count * 2);
    if (r->page_levels == NULL) return error_nomem(err);
    uint8_t *defs = r->page_levels->data;
    uint8_t *reps = defs + count;
    r->level_at = 0;
    TRY(page_level_bytes(r, p->defs, p->def_size, r->leaf->max_def, count, defs, err));
    TRY(page_level_bytes(r, p->reps, p->rep_size, r->leaf->max_rep, count, reps, err));
    uint8_t max_def = 0;
    uint8_t max_rep = 0;
    for (uint32_t i = 0; i < count; i++) {
        max_def = MAX(max_def, defs[i]);
        max_rep = MAX(max_rep, reps[i]);
    }
    if (max_def > r->leaf->max_def || max_rep > r->leaf->max_rep) {
        return parquet_reader_corrupt(r, err, "a level is larger than the schema allows");
    }
    return DBX_OK;
}

static dbx_status page_levels(parquet_reader *r, const page_parts *p, error *err) {
    if (r->nested) return page_nested_levels(r, p, err);
    assert(r->leaf->max_rep == 0 && r->leaf->max_def <= 1);
    r->page_has_nulls = false;
    if (r->leaf->max_def == 0) return DBX_OK;
    parquet_rle_init(&r->defs, p->defs, p->def_size, 1);
    /* One run of ones over the whole page: nothing is NULL. */
    uint32_t run = parquet_rle_peek(&r->defs, r->page_values);
    r->page_has_nulls = !(run == r->page_values && r->defs.value == 1);
    return DBX_OK;
}

/* Encodings that are decoded whole into r->decoded. */
static dbx_status page_decode_delta(parquet_reader *r, const page_parts *p, error *err) {
    parquet_delta d;
    uint32_t width = r->leaf->physical == PARQUET_INT32 ? 4 : 8;
    bool integer = r->leaf->physical == PARQUET_INT32 || r->leaf->physical == PARQUET_INT64;
    if (!integer || !parquet_delta_init(&d, p->values, p->end) || d.count > r->page_values) {
        return parquet_reader_corrupt(r, err, "DELTA_BINARY_PACKED data is damaged");
    }
    r->decoded = parquet_block_take(r->context, (size_t)d.count * width);
    if (r->decoded == NULL) return error_nomem(err);
    if (!parquet_delta_decode(&d, width, r->decoded->data)) {
        return parquet_reader_corrupt(r, err, "DELTA_BINARY_PACKED data is damaged");
    }
    r->form = PARQUET_FORM_FIXED;
    r->at = r->decoded->data;
    r->end = r->at + (size_t)d.count * width;
    return DBX_OK;
}

static uint8_t *page_aligned(parquet_block *b) {
    uint8_t *base = b->data;
    return base + ((16 - ((uintptr_t)base & 15)) & 15);
}

/* DELTA_BYTE_ARRAY; `numbers` has room for 2 * count lengths. */
static dbx_status page_build_strings(parquet_reader *r, const page_parts *p, uint32_t count,
                                     int32_t *numbers, vstring *out, error *err) {
    const uint8_t *at = p->values;
    uint64_t heap_size;
    if (!parquet_delta_bytes_lengths(&at, p->end, count, numbers, numbers + count, &heap_size)) {
        return parquet_reader_corrupt(r, err, "delta-encoded strings are damaged");
    }
    if (heap_size > SIZE_MAX / 2) return error_nomem(err);
    r->heap = parquet_block_take(r->context, (size_t)heap_size);
    if (r->heap == NULL) return error_nomem(err);
    if (!parquet_delta_bytes_build(at, p->end, count, numbers, numbers + count, out,
                                   (char *)r->heap->data)) {
        return parquet_reader_corrupt(r, err, "delta-encoded strings are damaged");
    }
    return DBX_OK;
}

/* Decoded strings of a fixed-length type become the values side by side that other encodings give.
 */
static dbx_status page_join_fixed(parquet_reader *r, const vstring *in, uint32_t count,
                                  error *err) {
    size_t width = r->leaf->type_length;
    parquet_block *joined = parquet_block_take(r->context, count * width);
    if (joined == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < count; i++) {
        if (in[i].size != width) {
            parquet_block_give(r->context, joined);
            return parquet_reader_corrupt(r, err, "a fixed-length value has another length");
        }
        memcpy(joined->data + i * width, vstring_data(&in[i]), width);
    }
    parquet_block_give(r->context, r->decoded);
    r->decoded = joined;
    r->form = PARQUET_FORM_FIXED;
    r->at = joined->data;
    r->end = joined->data + count * width;
    return DBX_OK;
}

static dbx_status page_decode_strings(parquet_reader *r, const page_parts *p, error *err) {
    parquet_delta head;
    bool bytes = r->leaf->physical == PARQUET_BYTE_ARRAY ||
                 r->leaf->physical == PARQUET_FIXED_LEN_BYTE_ARRAY;
    if (!bytes || !parquet_delta_init(&head, p->values, p->end) || head.count > r->page_values) {
        return parquet_reader_corrupt(r, err, "delta-encoded strings are damaged");
    }
    uint32_t count = head.count;
    r->decoded = parquet_block_take(r->context, (size_t)count * sizeof(vstring) + 16);
    parquet_block *lengths = parquet_block_take(r->context, (size_t)count * 8 + 16);
    if (r->decoded == NULL || lengths == NULL) {
        parquet_block_give(r->context, lengths);
        return error_nomem(err);
    }
    vstring *out = (vstring *)(void *)page_aligned(r->decoded);
    int32_t *numbers = (int32_t *)(void *)page_aligned(lengths);
    dbx_status status = DBX_OK;
    if (r->header.encoding == PARQUET_DELTA_BYTE_ARRAY) {
        status = page_build_strings(r, p, count, numbers, out, err);
    } else if (!parquet_delta_length_decode(p->values, p->end, count, numbers, out)) {
        status = parquet_reader_corrupt(r, err, "delta-encoded strings are damaged");
    }
    parquet_block_give(r->context, lengths);
    r->form = PARQUET_FORM_VSTRINGS;
    r->at = (const uint8_t *)out;
    r->end = r->at + (size_t)count * sizeof(vstring);
    if (status == DBX_OK && r->leaf->physical != PARQUET_BYTE_ARRAY) {
        return page_join_fixed(r, out, count, err);
    }
    return status;
}

static dbx_status page_decode_split(parquet_reader *r, const page_parts *p, error *err) {
    uint32_t width = r->leaf->type_length;
    if (width == 0) return parquet_reader_corrupt(r, err, "BYTE_STREAM_SPLIT of strings");
    size_t bytes = (size_t)(p->end - p->values);
    uint32_t count = (uint32_t)(bytes / width);
    if (bytes % width != 0 || count > r->page_values) {
        return parquet_reader_corrupt(r, err, "BYTE_STREAM_SPLIT data is damaged");
    }
    r->decoded = parquet_block_take(r->context, bytes);
    if (r->decoded == NULL) return error_nomem(err);
    parquet_stream_split_decode(p->values, count, width, r->decoded->data);
    r->form = PARQUET_FORM_FIXED;
    r->at = r->decoded->data;
    r->end = r->at + bytes;
    return DBX_OK;
}

static dbx_status page_start_rle(parquet_reader *r, const page_parts *p, error *err) {
    if (r->leaf->physical != PARQUET_BOOLEAN || p->end - p->values < 4) {
        return parquet_reader_corrupt(r, err, "RLE data is damaged");
    }
    uint32_t length;
    memcpy(&length, p->values, 4);
    if (length > (size_t)(p->end - p->values - 4)) {
        return parquet_reader_corrupt(r, err, "RLE data is damaged");
    }
    parquet_rle_init(&r->indexes, p->values + 4, length, 1);
    r->form = PARQUET_FORM_RLE_BITS;
    return DBX_OK;
}

static dbx_status page_start_dictionary(parquet_reader *r, const page_parts *p, error *err) {
    if (!r->has_dictionary) return parquet_reader_corrupt(r, err, "a page lacks its dictionary");
    uint32_t width = 0;
    const uint8_t *at = p->values;
    if (at < p->end) width = *at++; /* a page of NULLs may be empty */
    if (width > 32) return parquet_reader_corrupt(r, err, "dictionary indexes are too wide");
    parquet_rle_init(&r->indexes, at, (size_t)(p->end - at), width);
    r->form = PARQUET_FORM_DICTIONARY;
    return DBX_OK;
}

static dbx_status page_start_plain(parquet_reader *r, const page_parts *p) {
    static const uint8_t forms[PARQUET_TYPE_COUNT] = {
        [PARQUET_BOOLEAN] = PARQUET_FORM_BITS,
        [PARQUET_INT32] = PARQUET_FORM_FIXED,
        [PARQUET_INT64] = PARQUET_FORM_FIXED,
        [PARQUET_INT96] = PARQUET_FORM_FIXED,
        [PARQUET_FLOAT] = PARQUET_FORM_FIXED,
        [PARQUET_DOUBLE] = PARQUET_FORM_FIXED,
        [PARQUET_BYTE_ARRAY] = PARQUET_FORM_STRINGS,
        [PARQUET_FIXED_LEN_BYTE_ARRAY] = PARQUET_FORM_FIXED,
    };
    r->form = (parquet_form)forms[r->leaf->physical];
    r->at = p->values;
    r->end = p->end;
    r->bit_at = 0;
    return DBX_OK;
}

static dbx_status page_start_values(parquet_reader *r, const page_parts *p, error *err) {
    switch (r->header.encoding) {
    case PARQUET_PLAIN:
        return page_start_plain(r, p);
    case PARQUET_PLAIN_DICTIONARY:
    case PARQUET_RLE_DICTIONARY:
        return page_start_dictionary(r, p, err);
    case PARQUET_RLE:
        return page_start_rle(r, p, err);
    case PARQUET_DELTA_BINARY_PACKED:
        return page_decode_delta(r, p, err);
    case PARQUET_DELTA_LENGTH_BYTE_ARRAY:
    case PARQUET_DELTA_BYTE_ARRAY:
        return page_decode_strings(r, p, err);
    case PARQUET_BYTE_STREAM_SPLIT:
        return page_decode_split(r, p, err);
    default:
        return error_raisef(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                            "the Parquet encoding %d", r->header.encoding);
    }
}

static void page_retire(parquet_reader *r) {
    bool strings = type_physical(r->target) == PHYS_STRING;
    parquet_block **blocks[] = {&r->page, &r->decoded, &r->heap};
    for (uint32_t i = 0; i < ARRAY_COUNT(blocks); i++) {
        if (strings)
            parquet_block_retire(r->context, *blocks[i]);
        else
            parquet_block_give(r->context, *blocks[i]);
        *blocks[i] = NULL;
    }
    parquet_block_give(r->context, r->page_levels);
    r->page_levels = NULL;
}

dbx_status parquet_reader_load(parquet_reader *r, error *err) {
    assert(r->has_header);
    page_retire(r);
    r->page_values = 0;
    r->page_left = 0;
    if (r->header.num_values > r->values_left) {
        return parquet_reader_corrupt(r, err, "its pages have more values than it has");
    }
    page_parts p;
    TRY(page_split(r, &p, err));
    if (p.values > p.end) return parquet_reader_corrupt(r, err, "a page's levels are cut off");
    uint32_t count = r->header.num_values;
    r->page_values = count;
    TRY(page_levels(r, &p, err));
    TRY(page_start_values(r, &p, err));
    r->page_left = count;
    parquet_reader_pass(r);
    return DBX_OK;
}

dbx_status parquet_reader_open(parquet_reader *r, parquet_context *c, io_file *file,
                               const parquet_metadata *meta, const parquet_leaf *leaf,
                               const parquet_chunk_meta *column, type target, bool nested,
                               error *err) {
    memset(r, 0, sizeof(*r));
    r->context = c;
    r->file = file;
    r->leaf = leaf;
    r->chunk = column;
    r->target = target;
    r->nested = nested;
    r->widen = !type_same_layout(leaf->type, target);
    r->limit = meta->footer_offset;
    r->offset = column->start;
    r->values_left = (uint64_t)column->num_values;
    if (!column->codec_known) {
        return error_raisef(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                            "the compression codec of %.*s", SV_ARG(io_file_path(file)));
    }
    if ((int32_t)leaf->physical != column->type) {
        return parquet_reader_corrupt(r, err, "its type is not that of the schema");
    }
    return DBX_OK;
}

void parquet_reader_close(parquet_reader *r) {
    if (r->context == NULL) return;
    page_retire(r);
    page_let_go(r);
    parquet_context *c = r->context;
    parquet_block_give(c, r->window);
    parquet_block_retire(c, r->dictionary_page);
    parquet_block_retire(c, r->dictionary_values);
    parquet_block_retire(c, r->dictionary_heap);
    parquet_block_give(c, r->dictionary_pass_block);
    parquet_block_give(c, r->batch_defs);
    parquet_block_give(c, r->batch_reps);
    parquet_block_retire(c, r->batch_values);
    memset(r, 0, sizeof(*r));
}
