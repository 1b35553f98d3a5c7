/* parquet_leaf.h - reading one column chunk: pages in sequence, and values out of them.
 *
 * Layers, bottom up (parquet_page.c, parquet_leaf.c, parquet_nested.c):
 *   window   a sliding piece of the file, read in large steps
 *   page     header, checksum, decompression; pages that are skipped whole are not even read
 *   values   the page's encoding behind one interface: take or skip n non-NULL values
 *   rows     flat columns: n rows, a selection of them, appended to a parquet_batch
 *            nested columns: levels and dense values, which parquet_nested.c assembles
 *
 * Everything belongs to one worker. Memory of pages whose strings were handed out lives until
 * parquet_context_recycle, which the scan calls when the consumer asks for the next chunk.
 */
#ifndef DBX_FORMATS_PARQUET_LEAF_H
#define DBX_FORMATS_PARQUET_LEAF_H

#include "formats/parquet_decode.h"
#include "io/page_cache.h"
#include "vector/source.h"

/* ---- memory of a worker ---- */

typedef struct parquet_block parquet_block;
struct parquet_block {
    parquet_block *next;
    size_t capacity;     /* of data; PARQUET_PAGE_PAD more bytes follow */
    cached_page *shared; /* not NULL: its data, which nobody changes; the block is a handle */
    uint8_t *data;
};

enum { PARQUET_BATCH_MAX = CHUNK_ROWS_MAX };

typedef struct parquet_context {
    ledger *ledger;
    codec_context codecs;
    parquet_block *pool;    /* free blocks */
    parquet_block *retired; /* strings may still point into these */
    size_t pooled;          /* bytes in pool */
    arena strings;          /* text made while decoding; reset by recycle */
    uint8_t *scratch;       /* the memory of the next five, of PARQUET_BATCH_MAX + 8 entries each */
    uint32_t *indexes;
    uint8_t *dense;   /* 16 bytes an entry, as the next three: strings before conversion */
    uint8_t *widened; /* values before widening */
    uint8_t *rows;    /* values before NULLs and selections are applied */
    uint8_t *spread;  /* values with NULLs, before a selection is applied */
    uint64_t valid[VALIDITY_WORDS + 1];
    uint64_t dictionary_seed; /* makes dict_id unique */
    uint64_t dictionary_count;
    _Atomic uint64_t *bytes_read; /* may be NULL */
    page_cache *pages;            /* of the file at hand; NULL: not cached */
    page_key page_key;            /* names the file */
} parquet_context;

dbx_status parquet_context_init(parquet_context *c, ledger *l, error *err) MUST_CHECK;
void parquet_context_deinit(parquet_context *c);
/* A block of at least `size` bytes; NULL when out of memory. */
parquet_block *parquet_block_take(parquet_context *c, size_t size);
void parquet_block_give(parquet_context *c, parquet_block *b); /* NULL is fine */
/* Keeps it until the next recycle. */
void parquet_block_retire(parquet_context *c, parquet_block *b);
void parquet_context_recycle(parquet_context *c);

/* ---- one column chunk ---- */

typedef enum parquet_form {
    PARQUET_FORM_FIXED,      /* values of type_length bytes, as stored */
    PARQUET_FORM_BITS,       /* BOOLEAN, bit-packed */
    PARQUET_FORM_RLE_BITS,   /* BOOLEAN as hybrid */
    PARQUET_FORM_STRINGS,    /* length, bytes, length, bytes … */
    PARQUET_FORM_VSTRINGS,   /* decoded already */
    PARQUET_FORM_DICTIONARY, /* indexes as hybrid */
} parquet_form;

typedef struct parquet_reader {
    parquet_context *context;
    io_file *file;
    const parquet_leaf *leaf;
    const parquet_chunk_meta *chunk;
    type target;          /* of the values handed out */
    bool widen;           /* leaf->type differs from target */
    bool nested;          /* levels are kept for parquet_nested_read; else rows are values */
    uint64_t limit;       /* file offset that pages end before */
    uint64_t offset;      /* of the next page's header */
    uint64_t values_left; /* in pages not begun yet */

    parquet_block *window;
    uint64_t window_offset;
    size_t window_size;

    bool has_header; /* `header` is the next data page's */
    parquet_page_header header;
    cached_page *cached; /* that page, when it was in the cache */
    bool worthy;         /* it should be */

    parquet_block *page;    /* decompressed */
    parquet_block *decoded; /* of encodings that are decoded whole */
    parquet_block *heap;    /* strings built by decoding */
    uint32_t page_values;   /* in the page, NULLs included */
    uint32_t page_left;     /* of them not taken yet; flat columns only */
    bool page_has_nulls;    /* definition levels must be looked at */
    parquet_form form;
    const uint8_t *at; /* FIXED, BITS, STRINGS, VSTRINGS */
    const uint8_t *end;
    uint32_t bit_at;     /* BITS */
    parquet_rle defs;    /* flat columns of max_def 1 */
    parquet_rle indexes; /* DICTIONARY, RLE_BITS */

    vector dictionary; /* FLAT of target, dictionary_count + 1 entries, the last NULL */
    uint32_t dictionary_count;
    bool has_dictionary;
    parquet_block *dictionary_page, *dictionary_values, *dictionary_heap;
    char *uuid_heap; /* where texts go while the dictionary is read; NULL: the context's arena */
    uint64_t dictionary_id;
    uint8_t *dictionary_pass; /* parquet_filter.c: which entries satisfy the column's predicates */
    parquet_block *dictionary_pass_block;
    uint32_t dictionary_pass_count;

    uint64_t pending_skip; /* rows to skip before the next read */

    /* nested: levels of the page and what was gathered for the batch */
    parquet_block *page_levels; /* page_values definition levels, then repetition levels */
    uint32_t level_at;
    parquet_block *batch_defs, *batch_reps, *batch_values;
    uint32_t level_count; /* in the batch */
    uint32_t value_count;
    bool started; /* a row has begun in this chunk */
} parquet_reader;

/* column and leaf are borrowed. `target` must be parquet_widen_allowed. `nested` chooses the
 * functions to read with. */
dbx_status parquet_reader_open(parquet_reader *r, parquet_context *c, io_file *file,
                               const parquet_metadata *meta, const parquet_leaf *leaf,
                               const parquet_chunk_meta *column, type target, bool nested,
                               error *err) MUST_CHECK;
void parquet_reader_close(parquet_reader *r);

/* Makes `header` that of the next data page, a dictionary before it loaded. Raises when there is
 * none. */
dbx_status parquet_reader_peek(parquet_reader *r, error *err) MUST_CHECK;
/* Loads the page of `header`. */
dbx_status parquet_reader_load(parquet_reader *r, error *err) MUST_CHECK;
/* Passes over it. */
void parquet_reader_pass(parquet_reader *r);

dbx_status parquet_reader_corrupt(const parquet_reader *r, error *err, const char *message);

/* The next `count` non-NULL values (at most PARQUET_BATCH_MAX), in the target's layout. */
dbx_status parquet_values_take(parquet_reader *r, uint32_t count, void *out, error *err) MUST_CHECK;
dbx_status parquet_values_skip(parquet_reader *r, uint32_t count, error *err) MUST_CHECK;

/* ---- flat columns ---- */

/* Up to PARQUET_BATCH_MAX values being gathered. Either FLAT values, or indexes into a reader's
 * dictionary. */
typedef struct parquet_batch {
    vector flat; /* capacity PARQUET_BATCH_MAX; validity_words is its bitmap */
    uint64_t *validity_words;
    bool has_null; /* FLAT: the bitmap counts */
    sel_t *indexes;
    parquet_reader *dictionary; /* not NULL: indexes are in use */
} parquet_batch;

dbx_status parquet_batch_init(parquet_batch *b, type t, arena *a) MUST_CHECK;
void parquet_batch_clear(parquet_batch *b);
/* Reads `rows` rows, of which those at sel[0..sel_count) (ascending; NULL: all) are appended behind
 * `filled`. keep_indexes: values of any type may stay dictionary indexes, not only strings. */
dbx_status parquet_flat_read(parquet_reader *r, uint32_t rows, const sel_t *sel, uint32_t sel_count,
                             bool keep_indexes, parquet_batch *out, uint32_t filled,
                             error *err) MUST_CHECK;
dbx_status parquet_flat_skip(parquet_reader *r, uint64_t rows, error *err) MUST_CHECK;
/* Appends entries sel[0..count) of `from` behind `filled`; indexes become values unless the type is
 * a string. */
void parquet_batch_append(parquet_batch *to, uint32_t filled, const parquet_batch *from,
                          const sel_t *sel, uint32_t count);
/* Indexes become values. */
void parquet_batch_flatten(parquet_batch *b, uint32_t filled);
/* A vector over the batch; the dictionary child is the reader's. */
vector parquet_batch_vector(parquet_batch *b);

/* ---- nested columns ---- */

/* One column's way through a file: the wanted type against the file's field. */
typedef struct parquet_binding parquet_binding;
struct parquet_binding {
    const parquet_field *field; /* NULL: the file has none, all NULL */
    type type;
    uint32_t child_count;
    parquet_binding *children;
    uint32_t structure; /* index into readers: the leaf whose levels tell this field's structure */
};

/* Reads `rows` rows into a FLAT vector of binding->type. readers[] are those of the binding's
 * leaves. */
dbx_status parquet_nested_read(const parquet_binding *b, parquet_reader *readers, uint32_t count,
                               uint32_t rows, arena *a, vector *out, error *err) MUST_CHECK;
/* The rows of a VARIANT from the vectors of its parts: `group` has the binding's children. */
dbx_status parquet_variant_join(const parquet_binding *b, const parquet_reader *readers,
                                const vector *group, uint32_t rows, arena *a, vector *out,
                                error *err) MUST_CHECK;
dbx_status parquet_nested_skip(parquet_reader *r, uint64_t rows, error *err) MUST_CHECK;

#endif
