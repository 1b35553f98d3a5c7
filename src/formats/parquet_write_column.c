/* parquet_write_column.c - encoding one column of a row group.
 *
 * Values are first brought into their stored form as one array. A dictionary is tried on all of
 * them and given up as soon as it does not pay; then pages of at most COLUMN_PAGE_ROWS rows are
 * cut, always between rows, encoded, compressed and appended. */
#include "formats/parquet_write.h"

#include "kernel/bitpack.h"
#include "vector/hash.h"

#include <xxhash.h>

enum {
    COLUMN_PAGE_ROWS = 32768,
    COLUMN_DICTIONARY_BYTES_MAX = 1 << 20,
    COLUMN_TRIAL_VALUES = 16384, /* after these a dictionary must have begun to pay */
    COLUMN_BOUND_BYTES_MAX = 64, /* longer string bounds are cut */
    COLUMN_RLE_RUN_MIN = 8,
    COLUMN_VALUES_MAX = 1 << 30,
};

typedef struct column_write {
    const parquet_write_leaf *leaf;
    const parquet_write_options *options;
    const parquet_shred *shred;
    codec_context *codecs;
    buffer *out;
    arena *keep;
    error *err;
    arena scratch;
    uint32_t level_count, value_count;
    const void *stored;    /* value_count values of leaf->width bytes, or vstrings */
    uint32_t stored_width; /* bytes apart in `stored` */
    uint32_t *indexes;     /* with a dictionary: entry of each value */
    uint32_t *entries;     /* value that each entry was first */
    uint32_t entry_count;
    uint32_t index_bits;
    uint32_t *picks; /* values that are bounds of pages */
    uint32_t pick_count;
    buffer page, packed;
    parquet_write_chunk *chunk;
} column_write;

/* ---- stored form ---- */

#define COLUMN_NARROW(from, to)                                                                    \
    for (uint32_t i = 0; i < count; i++) ((to *)out)[i] = (to)((const from *)in)[i];               \
    return;

static void column_big_endian(const __int128 *in, uint32_t count, uint32_t width, uint8_t *out) {
    for (uint32_t i = 0; i < count; i++) {
        unsigned __int128 value = (unsigned __int128)in[i];
        for (uint32_t b = width; b > 0; b--, value >>= 8) out[b - 1] = (uint8_t)value;
        out += width;
    }
}

static void column_convert(const parquet_write_leaf *l, const void *in, uint32_t count, void *out) {
    switch (type_physical(l->type)) {
    case PHYS_INT8:
        COLUMN_NARROW(int8_t, int32_t)
    case PHYS_INT16:
        COLUMN_NARROW(int16_t, int32_t)
    case PHYS_INT64:
        COLUMN_NARROW(int64_t, int32_t)
    default:
        column_big_endian(in, count, l->width, out);
    }
}

static dbx_status column_store(column_write *w) {
    const parquet_write_leaf *l = w->leaf;
    uint32_t width = physical_size(type_physical(l->type));
    w->value_count = (uint32_t)(w->shred->values.size / width);
    w->stored = w->shred->values.data;
    w->stored_width = width;
    if (l->width == 0 || l->width == width) {
        if (type_physical(l->type) != PHYS_INT128) return DBX_OK;
    }
    void *out = arena_alloc(&w->scratch, (size_t)w->value_count * l->width + 16);
    if (out == NULL) return error_nomem(w->err);
    column_convert(l, w->stored, w->value_count, out);
    w->stored = out;
    w->stored_width = l->width;
    return DBX_OK;
}

static const uint8_t *column_value(const column_write *w, uint32_t i) {
    return (const uint8_t *)w->stored + (size_t)i * w->stored_width;
}

static const vstring *column_text(const column_write *w, uint32_t i) {
    return &((const vstring *)w->stored)[i];
}

/* ---- dictionary ---- */

typedef struct column_table {
    uint32_t *slots; /* entry + 1; 0: free */
    uint32_t mask;
    uint64_t bytes; /* of the dictionary page */
} column_table;

static uint64_t column_hash(const column_write *w, uint32_t i) {
    if (w->leaf->width == 0) {
        const vstring *s = column_text(w, i);
        return XXH3_64bits(vstring_data(s), s->size);
    }
    uint64_t word = 0;
    if (w->stored_width > 8) return XXH3_64bits(column_value(w, i), w->stored_width);
    memcpy(&word, column_value(w, i), w->stored_width);
    return hash_mix(word);
}

static bool column_equal(const column_write *w, uint32_t a, uint32_t b) {
    const uint8_t *x = column_value(w, a);
    const uint8_t *y = column_value(w, b);
    switch (w->leaf->width) {
    case 0:
        return vstring_equal(column_text(w, a), column_text(w, b));
    case 4:
        return memcmp(x, y, 4) == 0;
    case 8:
        return memcmp(x, y, 8) == 0;
    default:
        return memcmp(x, y, w->stored_width) == 0;
    }
}

static dbx_status column_table_new(column_write *w, column_table *t, uint32_t slots) {
    t->slots = arena_alloc_zero(&w->scratch, (size_t)slots * sizeof(*t->slots));
    if (t->slots == NULL) return error_nomem(w->err);
    t->mask = slots - 1;
    for (uint32_t e = 0; e < w->entry_count; e++) {
        uint32_t at = (uint32_t)column_hash(w, w->entries[e]) & t->mask;
        while (t->slots[at] != 0) at = (at + 1) & t->mask;
        t->slots[at] = e + 1;
    }
    return DBX_OK;
}

static uint32_t column_find(column_write *w, column_table *t, uint32_t i) {
    uint32_t at = (uint32_t)column_hash(w, i) & t->mask;
    while (t->slots[at] != 0) {
        if (column_equal(w, w->entries[t->slots[at] - 1], i)) return t->slots[at] - 1;
        at = (at + 1) & t->mask;
    }
    t->slots[at] = w->entry_count + 1;
    w->entries[w->entry_count] = i;
    t->bytes += w->leaf->width ? w->leaf->width : 4 + (uint64_t)column_text(w, i)->size;
    return w->entry_count++;
}

static bool column_gives_up(const column_write *w, const column_table *t, uint32_t done) {
    if (t->bytes > COLUMN_DICTIONARY_BYTES_MAX) return true;
    return done >= COLUMN_TRIAL_VALUES && (uint64_t)w->entry_count * 4 > (uint64_t)done * 3;
}

static uint32_t column_bits(uint32_t largest) {
    return largest == 0 ? 0 : 32 - (uint32_t)__builtin_clz(largest);
}

static uint64_t column_plain_bytes(const column_write *w, uint32_t from, uint32_t to) {
    if (w->leaf->width != 0) return (uint64_t)(to - from) * w->leaf->width;
    uint64_t bytes = (uint64_t)(to - from) * 4;
    for (uint32_t i = from; i < to; i++) bytes += column_text(w, i)->size;
    return bytes;
}

/* Sets w->indexes when a dictionary pays. */
static dbx_status column_try_dictionary(column_write *w) {
    enum { SLOTS_MIN = 4096 };
    column_table t = {.bytes = 0};
    if (!w->options->dictionary || w->leaf->physical == PARQUET_BOOLEAN || w->value_count == 0) {
        return DBX_OK;
    }
    uint32_t *indexes = arena_alloc(&w->scratch, ((size_t)w->value_count + 8) * sizeof(*indexes));
    w->entries = arena_alloc(&w->scratch, ((size_t)w->value_count + 8) * sizeof(*w->entries));
    if (indexes == NULL || w->entries == NULL) return error_nomem(w->err);
    TRY(column_table_new(w, &t, SLOTS_MIN));
    for (uint32_t i = 0; i < w->value_count; i++) {
        indexes[i] = column_find(w, &t, i);
        if (indexes[i] + 1 != w->entry_count) continue;
        if (column_gives_up(w, &t, i)) return DBX_OK;
        if (w->entry_count > t.mask / 2) TRY(column_table_new(w, &t, (t.mask + 1) * 4));
    }
    w->index_bits = column_bits(w->entry_count - 1);
    uint64_t encoded = t.bytes + (uint64_t)w->value_count * w->index_bits / 8;
    if (encoded < column_plain_bytes(w, 0, w->value_count)) w->indexes = indexes;
    return DBX_OK;
}

/* ---- encodings ---- */

static dbx_status column_nomem_unless(column_write *w, dbx_status status) {
    return status == DBX_OK ? DBX_OK : error_nomem(w->err);
}

static dbx_status column_put_packed(buffer *b, const uint32_t *values, uint32_t count,
                                    uint32_t bits) {
    uint32_t groups = (count + 7) / 8;
    uint32_t padded[8] = {0};
    TRY(thrift_put_varint(b, (uint64_t)groups << 1 | 1));
    TRY(buffer_reserve(b, (size_t)groups * bits + 16));
    uint32_t whole = count & ~7u;
    bitpack_pack32(values, whole, bits, (uint8_t *)b->data + b->size);
    b->size += (size_t)whole / 8 * bits;
    if (count > whole) {
        memcpy(padded, values + whole, (count - whole) * sizeof(*values));
        bitpack_pack32(padded, 8, bits, (uint8_t *)b->data + b->size);
        b->size += bits;
    }
    return DBX_OK;
}

static dbx_status column_put_run(buffer *b, uint32_t value, uint32_t count, uint32_t bits) {
    TRY(thrift_put_varint(b, (uint64_t)count << 1));
    return buffer_append(b, &value, (bits + 7) / 8);
}

/* The hybrid of runs and bit-packing. A packed run must hold a multiple of 8 values unless it is
 * the last. */
static dbx_status column_put_hybrid(buffer *b, const uint32_t *values, uint32_t count,
                                    uint32_t bits) {
    uint32_t packed_from = 0;
    uint32_t i = 0;
    while (i < count) {
        uint32_t run = 1;
        while (i + run < count && values[i + run] == values[i]) run++;
        uint32_t pending = i - packed_from;
        uint32_t fill = (8 - pending % 8) % 8; /* of the run, to round the packed part up */
        if (run < fill + COLUMN_RLE_RUN_MIN) {
            i += run;
            continue;
        }
        if (pending > 0) TRY(column_put_packed(b, values + packed_from, pending + fill, bits));
        TRY(column_put_run(b, values[i], run - fill, bits));
        i += run;
        packed_from = i;
    }
    if (count > packed_from) {
        TRY(column_put_packed(b, values + packed_from, count - packed_from, bits));
    }
    return DBX_OK;
}

/* Levels of a page, with the length in front that version 1 wants. */
static dbx_status column_put_levels(column_write *w, const uint8_t *levels, uint32_t count,
                                    uint32_t max) {
    size_t length_at = w->page.size;
    uint32_t *wide = arena_alloc(&w->scratch, ((size_t)count + 8) * sizeof(*wide));
    uint32_t length = 0;
    if (wide == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < count; i++) wide[i] = levels[i];
    TRY(buffer_append(&w->page, &length, 4));
    TRY(column_put_hybrid(&w->page, wide, count, column_bits(max)));
    length = (uint32_t)(w->page.size - length_at - 4);
    memcpy(w->page.data + length_at, &length, 4);
    return DBX_OK;
}

static dbx_status column_put_bits(column_write *w, uint32_t from, uint32_t to) {
    uint8_t byte = 0;
    for (uint32_t i = from; i < to; i++) {
        byte |= (uint8_t)(*column_value(w, i) << ((i - from) % 8));
        if ((i - from) % 8 != 7 && i + 1 != to) continue;
        TRY(buffer_append_char(&w->page, (char)byte));
        byte = 0;
    }
    return DBX_OK;
}

static dbx_status column_put_text(buffer *b, const vstring *s) {
    TRY(buffer_reserve(b, 4 + (size_t)s->size));
    memcpy(b->data + b->size, &s->size, 4);
    if (s->size > 0) memcpy(b->data + b->size + 4, vstring_data(s), s->size);
    b->size += 4 + (size_t)s->size;
    return DBX_OK;
}

static dbx_status column_put_values(column_write *w, uint32_t from, uint32_t to) {
    if (w->indexes != NULL) {
        TRY(buffer_append_char(&w->page, (char)w->index_bits));
        return column_put_hybrid(&w->page, w->indexes + from, to - from, w->index_bits);
    }
    if (w->leaf->physical == PARQUET_BOOLEAN) return column_put_bits(w, from, to);
    if (w->leaf->width != 0) {
        size_t size = (size_t)(to - from) * w->stored_width;
        return size ? buffer_append(&w->page, column_value(w, from), size) : DBX_OK;
    }
    for (uint32_t i = from; i < to; i++) TRY(column_put_text(&w->page, column_text(w, i)));
    return DBX_OK;
}

/* ---- bounds ---- */

typedef struct column_bounds {
    bool known;
    uint32_t min, max; /* which values */
} column_bounds;

#define COLUMN_BOUNDS(ctype)                                                                       \
    {                                                                                              \
        const ctype *v = (const ctype *)w->shred->values.data;                                     \
        for (uint32_t i = from; i < to; i++) {                                                     \
            uint32_t at = picks != NULL ? picks[i] : i;                                            \
            if (v[at] != v[at]) continue; /* NaN */                                                \
            if (!b.known) b = (column_bounds){true, at, at};                                       \
            if (v[at] < v[b.min]) b.min = at;                                                      \
            if (v[at] > v[b.max]) b.max = at;                                                      \
        }                                                                                          \
        return b;                                                                                  \
    }

/* The first four bytes as a number that orders as they do; short strings end in zeros. */
static uint32_t column_head(const vstring *s) {
    uint32_t head;
    memcpy(&head, s->prefix, sizeof(head));
    return __builtin_bswap32(head);
}

/* Of values [from, to), or of those that picks[from, to) names. */
static column_bounds column_bounds_of(const column_write *w, const uint32_t *picks, uint32_t from,
                                      uint32_t to) {
    column_bounds b = {false, 0, 0};
    switch (type_physical(w->leaf->type)) {
    case PHYS_BOOL:
        COLUMN_BOUNDS(uint8_t)
    case PHYS_INT8:
        COLUMN_BOUNDS(int8_t)
    case PHYS_INT16:
        COLUMN_BOUNDS(int16_t)
    case PHYS_INT32:
        COLUMN_BOUNDS(int32_t)
    case PHYS_INT64:
        COLUMN_BOUNDS(int64_t)
    case PHYS_INT128:
        COLUMN_BOUNDS(__int128)
    case PHYS_FLOAT:
        COLUMN_BOUNDS(float)
    case PHYS_DOUBLE:
        COLUMN_BOUNDS(double)
    default:
        break;
    }
    uint32_t low =
        UINT32_MAX; /* heads of the bounds so far: most strings need no more than theirs */
    uint32_t high = 0;
    for (uint32_t i = from; i < to; i++) {
        uint32_t at = picks != NULL ? picks[i] : i;
        if (!b.known) b = (column_bounds){true, at, at};
        uint32_t head = column_head(column_text(w, at));
        if (head <= low && vstring_compare(column_text(w, at), column_text(w, b.min)) <= 0) {
            b.min = at;
            low = head;
        }
        if (head >= high && vstring_compare(column_text(w, at), column_text(w, b.max)) >= 0) {
            b.max = at;
            high = head;
        }
    }
    return b;
}

/* A prefix that is at most the string, cut between characters. */
static size_t column_cut(const char *text, size_t size) {
    if (size <= COLUMN_BOUND_BYTES_MAX) return size;
    size_t cut = COLUMN_BOUND_BYTES_MAX;
    while (cut > 0 && ((unsigned char)text[cut] & 0xC0) == 0x80) cut--;
    return cut > 0 ? cut : COLUMN_BOUND_BYTES_MAX;
}

/* A short string above all that begin with the prefix: an ASCII character raised. 0 when there is
 * none. */
static size_t column_raise(char *text, size_t size) {
    for (size_t i = size; i > 0; i--) {
        unsigned char c = (unsigned char)text[i - 1];
        if (c >= 0x7F) continue;
        text[i - 1] = (char)(c + 1);
        return i;
    }
    return 0;
}

/* Zeros get the sign that makes the bound hold for readers that tell them apart. */
static void column_fix_zero(const parquet_write_leaf *l, bool is_max, uint8_t *bytes) {
    if (l->physical == PARQUET_FLOAT) {
        float x;
        memcpy(&x, bytes, sizeof(x));
        if (x == 0) x = is_max ? 0.0f : -0.0f;
        memcpy(bytes, &x, sizeof(x));
    } else if (l->physical == PARQUET_DOUBLE) {
        double x;
        memcpy(&x, bytes, sizeof(x));
        if (x == 0) x = is_max ? 0.0 : -0.0;
        memcpy(bytes, &x, sizeof(x));
    }
}

/* Bytes of a bound in the arena; *exact: it is the value itself. data NULL when there is no such
 * bound. */
static dbx_status column_bound(column_write *w, uint32_t i, bool is_max, string_view *out,
                               bool *exact) {
    const char *data = (const char *)column_value(w, i);
    size_t size = w->leaf->width;
    *exact = true;
    if (w->leaf->width == 0) {
        const vstring *s = column_text(w, i);
        data = vstring_data(s);
        size = column_cut(data, s->size);
        *exact = size == s->size;
    }
    string_view copy = arena_copy_string(w->keep, (string_view){data, size});
    if (copy.data == NULL) return error_nomem(w->err);
    char *bytes = (char *)(uintptr_t)copy.data;
    if (w->leaf->width != 0) column_fix_zero(w->leaf, is_max, (uint8_t *)bytes);
    if (!*exact && is_max) copy.size = column_raise(bytes, size);
    if (!*exact && is_max && copy.size == 0) copy.data = NULL;
    *out = copy;
    return DBX_OK;
}

/* Bounds of the page's values; the values that they are go to `picks` for the chunk's. */
static dbx_status column_page_bounds(column_write *w, uint32_t from, uint32_t to,
                                     parquet_write_page *p) {
    column_bounds b = column_bounds_of(w, NULL, from, to);
    bool exact;
    if (!b.known) return DBX_OK;
    TRY(column_bound(w, b.min, false, &p->min, &exact));
    TRY(column_bound(w, b.max, true, &p->max, &exact));
    p->has_bounds = p->max.data != NULL;
    w->picks[w->pick_count++] = b.min;
    w->picks[w->pick_count++] = b.max;
    return DBX_OK;
}

static dbx_status column_chunk_bounds(column_write *w) {
    parquet_write_chunk *c = w->chunk;
    column_bounds b = column_bounds_of(w, w->picks, 0, w->pick_count);
    if (!b.known) return DBX_OK;
    TRY(column_bound(w, b.min, false, &c->min, &c->min_exact));
    TRY(column_bound(w, b.max, true, &c->max, &c->max_exact));
    c->has_bounds = c->max.data != NULL;
    return DBX_OK;
}

/* ---- pages ---- */

/* Header and compressed body of w->page to the output. */
static dbx_status column_put_page(column_write *w, int32_t kind, uint32_t values,
                                  int32_t encoding) {
    size_t raw = w->page.size;
    size_t size = raw;
    const char *body = w->page.data;
    codec_kind codec = w->options->codec;
    if (codec != CODEC_NONE) {
        size_t bound = codec_compress_bound(codec, raw);
        buffer_clear(&w->packed);
        TRY(column_nomem_unless(w, buffer_reserve(&w->packed, bound)));
        dbx_status status =
            codec_compress(w->codecs, codec, w->options->level, (const uint8_t *)body, raw,
                           (uint8_t *)w->packed.data, w->packed.capacity - 1, &size);
        if (status == DBX_NOMEM) return error_nomem(w->err);
        if (status != DBX_OK) {
            return error_raise(w->err, ERR_INTERNAL_ERROR, (span){0, 0}, "message",
                               "a Parquet page cannot be compressed", NULL);
        }
        body = w->packed.data;
    }
    if (raw > INT32_MAX || size > INT32_MAX) {
        return error_raise(w->err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                           "a Parquet page of more than 2 GiB", NULL);
    }
    size_t before = w->out->size;
    bool dictionary = kind == PARQUET_DICTIONARY_PAGE;
    int32_t last = 0;
    int32_t inner = 0;
    buffer *b = w->out;
    dbx_status status;
    TRY_GOTO(thrift_put_int(b, &last, 1, THRIFT_I32, kind), failed);
    TRY_GOTO(thrift_put_int(b, &last, 2, THRIFT_I32, (int64_t)raw), failed);
    TRY_GOTO(thrift_put_int(b, &last, 3, THRIFT_I32, (int64_t)size), failed);
    TRY_GOTO(thrift_put_field(b, &last, dictionary ? 7 : 5, THRIFT_STRUCT), failed);
    TRY_GOTO(thrift_put_int(b, &inner, 1, THRIFT_I32, values), failed);
    TRY_GOTO(thrift_put_int(b, &inner, 2, THRIFT_I32, encoding), failed);
    if (!dictionary) {
        TRY_GOTO(thrift_put_int(b, &inner, 3, THRIFT_I32, PARQUET_RLE), failed);
        TRY_GOTO(thrift_put_int(b, &inner, 4, THRIFT_I32, PARQUET_RLE), failed);
    }
    TRY_GOTO(thrift_put_stop(b), failed);
    TRY_GOTO(thrift_put_stop(b), failed);
    w->chunk->uncompressed_size += b->size - before + raw;
    if (size > 0) TRY_GOTO(buffer_append(b, body, size), failed);
    w->chunk->compressed_size += b->size - before;
    return DBX_OK;
failed:
    return error_nomem(w->err);
}

static dbx_status column_put_dictionary(column_write *w) {
    buffer_clear(&w->page);
    for (uint32_t e = 0; e < w->entry_count; e++) {
        uint32_t i = w->entries[e];
        dbx_status status = w->leaf->width == 0
                                ? column_put_text(&w->page, column_text(w, i))
                                : buffer_append(&w->page, column_value(w, i), w->stored_width);
        TRY(column_nomem_unless(w, status));
    }
    w->chunk->has_dictionary = true;
    w->chunk->dictionary_offset = w->out->size;
    return column_put_page(w, PARQUET_DICTIONARY_PAGE, w->entry_count, PARQUET_PLAIN);
}

typedef struct column_cut_at {
    uint32_t level, value; /* next ones */
    uint64_t row;
} column_cut_at;

/* Moves `end` from the page's start to its end: whole rows, up to the limits. */
static void column_find_cut(const column_write *w, column_cut_at *end) {
    const uint8_t *defs = (const uint8_t *)w->shred->defs.data;
    const uint8_t *reps = (const uint8_t *)w->shred->reps.data;
    bool flat = w->shred->reps.size == 0;
    uint64_t bytes = 0;
    uint32_t rows = 0;
    while (end->level < w->level_count) {
        bool starts = flat || reps[end->level] == 0;
        if (starts && (rows == COLUMN_PAGE_ROWS || bytes > w->options->page_bytes)) return;
        rows += starts;
        end->row += starts;
        if (defs[end->level++] != w->leaf->max_def) continue;
        bool text = w->leaf->width == 0;
        bytes += w->indexes != NULL ? 3
                 : text             ? 4 + (uint64_t)column_text(w, end->value)->size
                                    : w->leaf->width;
        end->value++;
    }
}

static dbx_status column_put_data_page(column_write *w, column_cut_at from, column_cut_at to) {
    parquet_write_page *p = &w->chunk->pages[w->chunk->page_count++];
    *p = (parquet_write_page){.offset = w->out->size, .first_row = from.row};
    uint32_t levels = to.level - from.level;
    p->null_count = levels - (to.value - from.value);
    p->all_null = to.value == from.value;
    buffer_clear(&w->page);
    const uint8_t *reps = (const uint8_t *)w->shred->reps.data;
    const uint8_t *defs = (const uint8_t *)w->shred->defs.data;
    if (w->leaf->max_rep > 0) {
        TRY(column_nomem_unless(w,
                                column_put_levels(w, reps + from.level, levels, w->leaf->max_rep)));
    }
    if (w->leaf->max_def > 0) {
        TRY(column_nomem_unless(w,
                                column_put_levels(w, defs + from.level, levels, w->leaf->max_def)));
    }
    TRY(column_nomem_unless(w, column_put_values(w, from.value, to.value)));
    TRY(column_page_bounds(w, from.value, to.value, p));
    TRY(column_put_page(w, PARQUET_DATA_PAGE, levels,
                        w->indexes != NULL ? PARQUET_RLE_DICTIONARY : PARQUET_PLAIN));
    p->size = (uint32_t)(w->out->size - p->offset);
    w->chunk->null_count += p->null_count;
    return DBX_OK;
}

static dbx_status column_put_pages(column_write *w) {
    ARENA_LIST(column_cut_at) cuts = {0};
    column_cut_at at = {0, 0, 0};
    while (at.level < w->level_count) {
        TRY(column_nomem_unless(w, ARENA_LIST_PUSH(&w->scratch, &cuts, at)));
        column_find_cut(w, &at);
    }
    uint32_t pages = cuts.count;
    TRY(column_nomem_unless(w, ARENA_LIST_PUSH(&w->scratch, &cuts, at)));
    w->chunk->pages = ARENA_ARRAY(w->keep, parquet_write_page, (size_t)pages + 1);
    w->picks = ARENA_ARRAY(&w->scratch, uint32_t, (size_t)pages * 2 + 1);
    if (w->chunk->pages == NULL || w->picks == NULL) return error_nomem(w->err);
    w->chunk->data_offset = w->out->size;
    for (uint32_t i = 0; i < pages; i++) {
        TRY(column_put_data_page(w, cuts.items[i], cuts.items[i + 1]));
    }
    return DBX_OK;
}

dbx_status parquet_write_column(const parquet_write_leaf *leaf, const parquet_write_options *o,
                                const parquet_shred *s, uint64_t rows, codec_context *codecs,
                                buffer *out, arena *keep, parquet_write_chunk *chunk_out,
                                error *err) {
    column_write w = {.leaf = leaf,
                      .options = o,
                      .shred = s,
                      .codecs = codecs,
                      .out = out,
                      .keep = keep,
                      .err = err,
                      .chunk = chunk_out};
    memset(chunk_out, 0, sizeof(*chunk_out));
    if (s->defs.size > COLUMN_VALUES_MAX || rows > COLUMN_VALUES_MAX) {
        return error_raise(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                           "a Parquet row group with more than 2^30 values in a column", NULL);
    }
    w.level_count = (uint32_t)s->defs.size;
    arena_init(&w.scratch, s->ledger);
    buffer_init(&w.page, s->ledger);
    buffer_init(&w.packed, s->ledger);
    chunk_out->offset = out->size;
    chunk_out->num_values = w.level_count;
    dbx_status status = column_store(&w);
    if (status == DBX_OK) status = column_try_dictionary(&w);
    if (status == DBX_OK && w.indexes != NULL) status = column_put_dictionary(&w);
    if (status == DBX_OK) status = column_put_pages(&w);
    if (status == DBX_OK) status = column_chunk_bounds(&w);
    chunk_out->has_plain = w.indexes == NULL;
    buffer_deinit(&w.page);
    buffer_deinit(&w.packed);
    arena_deinit(&w.scratch);
    return status;
}
