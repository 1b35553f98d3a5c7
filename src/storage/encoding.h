/* encoding.h - the parts that segment encodings are made of. One file each: encoding_ints.c,
 * encoding_strings.c, encoding_scaled.c, encoding_raw.c, encoding_dictionary.c. Byte layouts:
 * README.md.
 *
 * A part is appended to a buffer whose size is a multiple of 8 and leaves it so.
 */
#ifndef DBX_STORAGE_ENCODING_H
#define DBX_STORAGE_ENCODING_H

#include "kernel/lanepack.h"
#include "vector/vector.h"

/* ---- int streams
 * ------------------------------------------------------------------------------------------ */

typedef enum int_mode {
    INT_CONSTANT = 0, /* one value */
    INT_RUNS = 1,     /* values and ends of runs */
    INT_PACKED = 2,   /* codes of one width over one base */
    INT_BLOCKS = 3,   /* per 1024 values: base and width of their own, or deltas */
} int_mode;

/* What the values are and which mode is cheapest. */
typedef struct int_plan {
    int_mode mode;
    uint64_t size; /* bytes it will take */
    int64_t min, max;
    int64_t factor; /* > 1: all values are min + a multiple of it, and PACKED or BLOCKS hold the
                       multiples */
    uint64_t runs;
    bool ascending;
} int_plan;

/* values: signed, of 1, 2, 4 or 8 bytes (value_size 16: int128 that fit in 64 bits). */
void int_stream_plan(const void *values, uint32_t value_size, uint32_t count, int_plan *plan);
dbx_status int_stream_write(buffer *out, const void *values, uint32_t value_size, uint32_t count,
                            const int_plan *plan) MUST_CHECK;

typedef struct int_block { /* a block ready to be read: value i = base + code i */
    const void *codes;
    uint32_t code_size;
    int64_t base;
} int_block;

enum { INT_READER_SLOTS = 2 };
typedef struct int_reader {
    uint8_t mode;
    uint8_t width; /* PACKED */
    bool scaled;   /* values are origin + factor * what the stream holds */
    int64_t origin, factor;
    uint32_t count;
    uint32_t block_count; /* whole and part blocks of 1024 */
    uint32_t run_count;
    int64_t base; /* CONSTANT, PACKED */
    const int64_t *run_values;
    const uint32_t *run_ends;
    const uint8_t *blocks;                 /* BLOCKS: headers */
    const uint8_t *data;                   /* PACKED: codes. BLOCKS: payloads */
    uint64_t *slots;                       /* INT_READER_SLOTS unpacked blocks */
    uint32_t slot_block[INT_READER_SLOTS]; /* UINT32_MAX: empty */
    uint8_t slot_code_size[INT_READER_SLOTS];
    int64_t slot_base[INT_READER_SLOTS];
} int_reader;

/* Opens a stream of exactly `count` values at `bytes`; *used gets its size. False when it is
 * malformed. Out of memory leaves *nomem true. */
bool int_reader_open(int_reader *r, const uint8_t *bytes, size_t size, uint32_t count, size_t *used,
                     arena *a, bool *nomem);
/* Values [from, from + count) cut to value_size 1, 2, 4, 8 (or extended to 16) bytes. */
void int_reader_read(int_reader *r, uint32_t from, uint32_t count, void *out, uint32_t value_size);
/* Values of rows from + sel[i]; sel ascends, below CHUNK_ROWS_MAX. */
void int_reader_gather(int_reader *r, uint32_t from, const sel_t *sel, uint32_t count, void *out,
                       uint32_t value_size);
/* matches[i] = lo <= value <= hi for [from, from + count). */
void int_reader_match(int_reader *r, uint32_t from, uint32_t count, int64_t lo, int64_t hi,
                      uint8_t *matches);
/* A set of integers: bit (v - min) for v in [min, max]. */
typedef struct int_bitmap {
    const uint64_t *bits;
    int64_t min, max;
} int_bitmap;
/* Has the set nothing in [min, max]? Looks at no more than `words` of its words, and says no if
 * that is not enough. */
bool int_bitmap_misses(const int_bitmap *set, int64_t min, int64_t max, uint64_t words);
/* matches[i] = the set has the value, for [from, from + count). */
void int_reader_match_bitmap(int_reader *r, uint32_t from, uint32_t count, const int_bitmap *set,
                             uint8_t *matches);
/* Do all of the rows hold one value? Cheap: only runs and constants are looked at. */
bool int_reader_is_constant(const int_reader *r, uint32_t from, uint32_t count, int64_t *value);
/* Bounds of the values in [from, from + count) as far as headers tell; wide when they do not. */
void int_reader_bounds(const int_reader *r, uint32_t from, uint32_t count, int64_t *min,
                       int64_t *max);

/* ---- raw values
 * ---------------------------------------------------------------------------------------------- */

enum { RAW_BLOCK_ROWS = 2048 };

dbx_status raw_write(buffer *out, const void *values, uint32_t value_size,
                     uint32_t count) MUST_CHECK;

typedef struct raw_reader {
    uint32_t value_size, count;
    const uint8_t *plain; /* not compressed: the values; else NULL */
    const uint32_t *ends; /* compressed: end of each block in `data` */
    const uint8_t *data;
    uint8_t *block;       /* RAW_BLOCK_ROWS unpacked values */
    uint32_t block_index; /* UINT32_MAX: none */
} raw_reader;

bool raw_reader_open(raw_reader *r, const uint8_t *bytes, size_t size, uint32_t value_size,
                     uint32_t count, arena *a, bool *nomem);
/* False when a block is malformed. */
bool raw_reader_read(raw_reader *r, uint32_t from, uint32_t count, void *out) MUST_CHECK;

/* ---- floating point as scaled integers
 * ----------------------------------------------------------------------- */

/* Finds the exponent that makes a sample of the values integers; false when none does for nearly
 * all. value_size 4 or 8. */
bool scaled_plan(const void *values, uint32_t value_size, uint32_t count, uint32_t *exponent);
/* *fits is false (and nothing is written) when there are too many exceptions. */
dbx_status scaled_write(buffer *out, const void *values, uint32_t value_size, uint32_t count,
                        uint32_t exponent, bool *fits) MUST_CHECK;

typedef struct scaled_reader {
    uint32_t value_size;
    double divisor;
    int_reader ints;
    uint32_t exception_count;
    const uint32_t *exception_rows; /* ascending */
    const uint8_t *exceptions;
} scaled_reader;

bool scaled_reader_open(scaled_reader *r, const uint8_t *bytes, size_t size, uint32_t value_size,
                        uint32_t count, arena *a, bool *nomem);
void scaled_reader_read(scaled_reader *r, uint32_t from, uint32_t count, void *out);
/* Values of rows from + sel[i]; sel as above. */
void scaled_reader_gather(scaled_reader *r, uint32_t from, const sel_t *sel, uint32_t count,
                          void *out);

/* ---- strings
 * -------------------------------------------------------------------------------------------------
 */

enum { STRING_BLOCK_ROWS = 2048 };

dbx_status strings_write(buffer *out, const uint32_t *sizes, const char *heap,
                         uint32_t count) MUST_CHECK;

typedef struct string_reader {
    uint32_t count;
    int_reader sizes;
    uint32_t block_count;
    const uint64_t *blocks; /* for each block: end of its bytes in `data`, raw size; */
    const uint8_t *data;
    size_t data_size;
    char *block;          /* bytes of the block last unpacked, in its arena */
    uint32_t block_index; /* UINT32_MAX: none */
    uint32_t *block_ends; /* of its strings in `block` */
} string_reader;

bool string_reader_open(string_reader *r, const uint8_t *bytes, size_t size, uint32_t count,
                        arena *a, bool *nomem);
/* Rows [from, from + count): strings point into the segment or, unpacked, into `a`, where they
 * stay. */
dbx_status string_reader_read(string_reader *r, uint32_t from, uint32_t count, vstring *out,
                              arena *a) MUST_CHECK;
/* Rows from + sel[i]; sel ascends. Blocks without such rows are not unpacked. */
dbx_status string_reader_gather(string_reader *r, uint32_t from, const sel_t *sel, uint32_t count,
                                vstring *out, arena *a) MUST_CHECK;

/* ---- dictionaries
 * -------------------------------------------------------------------------------------------- */

enum { DICTIONARY_ENTRIES_MAX = 1 << 16 };

/* Distinct values in the order of their first rows, and each row's code. NULL rows get the code
 * entry_count. */
typedef struct dictionary {
    ledger *ledger;
    uint32_t entry_count;
    uint64_t heap_size;   /* strings: bytes of all entries */
    uint32_t *entry_rows; /* row of each entry's first use */
    uint64_t *entry_hashes;
    uint64_t *entry_heaps; /* strings: where its bytes start in the column's heap */
    uint32_t *codes;       /* a row each */
    uint32_t *table;       /* open addressing: entry + 1 */
    uint32_t rows, entry_capacity, table_size;
} dictionary;

struct column_builder;
/* Guesses from a sample whether a dictionary may pay. */
bool dictionary_may_pay(const struct column_builder *column);
/* *fits is false when there are more than entries_max distinct values. deinit in every case. */
dbx_status dictionary_build(dictionary *d, const struct column_builder *column,
                            uint32_t entries_max, bool *fits) MUST_CHECK;
void dictionary_deinit(dictionary *d);
/* Entries, then the codes:
 *   u32 entry_count | u32 zero | fixed width: values, padded
 *                              | strings: u32 ends, padded; u64 bytes; bytes, padded | int stream
 * of codes */
dbx_status dictionary_write(buffer *out, const dictionary *d,
                            const struct column_builder *column) MUST_CHECK;
/* Bytes that dictionary_write will take. */
uint64_t dictionary_size(const dictionary *d, const struct column_builder *column, int_plan *codes);

typedef struct dictionary_reader {
    uint32_t entry_count;
    const uint8_t *values; /* fixed width */
    const uint32_t *ends;  /* strings */
    const char *heap;
    int_reader codes;
} dictionary_reader;
/* value_size 0: strings. nulls: whether the code of NULL may occur. */
bool dictionary_reader_open(dictionary_reader *r, const uint8_t *bytes, size_t size,
                            uint32_t value_size, uint32_t count, bool nulls, arena *a, bool *nomem);
/* Puts entry_count strings into out, borrowing. */
void dictionary_reader_strings(const dictionary_reader *r, vstring *out);

#endif
