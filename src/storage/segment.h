/* segment.h - one column of one row group: encoded bytes, statistics, and readers of them.
 *
 * Nested columns are trees of segments in pre-order: a LIST node holds offsets, a STRUCT node only
 * validity, each child has a segment of its own. A segment's bytes are (README.md draws each
 * encoding): encoding u8 | validity u8 | zero u16 | rows u32 | null_count u32 | validity_size u32 |
 * validity | body with every part 8-aligned. Readers check every offset once when they open;
 * reading then needs no checks, but for what depends on single values (dictionary codes, string
 * lengths), which is checked as it is decoded.
 */
#ifndef DBX_STORAGE_SEGMENT_H
#define DBX_STORAGE_SEGMENT_H

#include "storage/cache.h"
#include "storage/column_builder.h"
#include "storage/encoding.h"
#include "storage/sketch.h"

typedef enum segment_encoding {
    SEGMENT_NOTHING = 0,    /* no values: all rows NULL, or a STRUCT */
    SEGMENT_CONSTANT = 1,   /* one value for all rows */
    SEGMENT_INTS = 2,       /* integers as an int stream */
    SEGMENT_DICTIONARY = 3, /* distinct values and an int stream of codes */
    SEGMENT_STRINGS =
        4, /* an int stream of sizes, bytes in blocks of 2048 rows, LZ4 where it pays */
    SEGMENT_SCALED = 5,  /* floating point as integers over a power of ten, with exceptions */
    SEGMENT_RAW = 6,     /* values as they are, LZ4 in blocks where it pays */
    SEGMENT_OFFSETS = 7, /* LIST: an int stream of rows + 1 offsets into the child */
    SEGMENT_ENCODING_COUNT
} segment_encoding;

typedef enum segment_validity {
    VALIDITY_ALL = 0,  /* no NULL */
    VALIDITY_NONE = 1, /* all NULL */
    VALIDITY_BITS = 2, /* a bitmap */
    VALIDITY_RUNS =
        3, /* u32 ends of runs, valid and NULL in turn, the first valid and maybe empty */
} segment_validity;

/* Bounds of the non-NULL values, NaN left out. */
enum { SEGMENT_BOUND_BYTES = 15 };
typedef union segment_bound {
    int64_t i64; /* BOOL, INT8..INT64 */
    __int128 i128;
    double f64; /* FLOAT, DOUBLE */
    struct {
        uint8_t size;
        char bytes[SEGMENT_BOUND_BYTES]; /* min: a prefix. max: a prefix, its last byte raised if it
                                            was cut */
    } text;
} segment_bound;
static_assert(sizeof(segment_bound) == 16, "written as 16 bytes");

enum {
    SEGMENT_HAS_BOUNDS = 1, /* min and max hold */
    SEGMENT_MIN_EXACT = 2,  /* min is one of the values */
    SEGMENT_MAX_EXACT = 4,
    SEGMENT_HAS_NAN = 8,
    SEGMENT_SORTED = 16, /* non-decreasing, no NULL */
};

typedef struct segment {
    cache_entry bytes;
    uint64_t id; /* never given twice: names its dictionary */
    uint32_t rows;
    uint32_t null_count;
    uint32_t distinct;    /* estimate */
    uint8_t phys;         /* physical_type */
    uint8_t encoding;     /* segment_encoding; what the bytes say, for statistics */
    uint8_t flags;        /* SEGMENT_* */
    uint64_t value_bytes; /* strings: sum of sizes */
    segment_bound min, max;
    uint64_t check_one; /* bytes.checks points here when one is enough */
} segment;

/* What encoding found out, besides the bytes. */
typedef struct segment_summary {
    uint8_t encoding;
    uint8_t flags;
    uint32_t null_count;
    uint64_t value_bytes;
    segment_bound min, max;
} segment_summary;

/* Encodes all rows of one node (not its children) as the cheapest of the encodings. Bytes are
 * appended to `out` (empty); values are added to the sketch. NULL rows of `column` may get other
 * values. */
dbx_status segment_encode(column_builder *column, buffer *out, segment_summary *summary,
                          sketch *distinct, error *err) MUST_CHECK;

/* ---- reading
 * ------------------------------------------------------------------------------------------- */

typedef struct segment_reader {
    struct storage *storage; /* for errors */
    uint8_t phys;            /* physical_type */
    uint8_t encoding;
    uint32_t value_size; /* of fixed-width values; 0 for strings, lists, structs */
    uint32_t rows;
    uint32_t null_count;
    const uint64_t *validity; /* bit per row; NULL: all valid, or all NULL */
    bool all_null;
    __int128 constant; /* CONSTANT: the value's bytes */
    vstring constant_string;
    union {
        int_reader ints; /* INTS, OFFSETS */
        dictionary_reader dictionary;
        string_reader strings;
        scaled_reader scaled;
        raw_reader raw;
    } u;
    vstring
        *entries; /* DICTIONARY of strings: entry_count + 1, the last for NULL; kept in the cache */
    uint64_t id;  /* of the segment */
} segment_reader;

/* Opens pinned bytes of `seg`. `a` holds what the reader needs and lives as long as the reader
 * does. */
dbx_status segment_reader_open(segment_reader *r, struct storage *s, segment *seg,
                               const uint8_t *bytes, arena *a, error *err) MUST_CHECK;
/* Values of rows [from, from + count), fixed-width, to out; NULL rows get any value. Not for
 * strings, lists. */
dbx_status segment_read_fixed(segment_reader *r, uint32_t from, uint32_t count, void *out,
                              error *err) MUST_CHECK;
/* Values of rows from + sel[i]; for few of them it costs less than reading all. sel ascends, below
 * 2048. */
dbx_status segment_gather_fixed(segment_reader *r, uint32_t from, const sel_t *sel, uint32_t count,
                                void *out, error *err) MUST_CHECK;
/* Strings point into the segment or into `a`. After `a` was reset, segment_reader_forget comes
 * first. */
dbx_status segment_read_strings(segment_reader *r, uint32_t from, uint32_t count, vstring *out,
                                arena *a, error *err) MUST_CHECK;
/* Rows from + sel[i]; sel ascends. */
dbx_status segment_gather_strings(segment_reader *r, uint32_t from, const sel_t *sel,
                                  uint32_t count, vstring *out, arena *a, error *err) MUST_CHECK;
void segment_reader_forget(segment_reader *r);
/* DICTIONARY: codes; entry_count for NULL. sel NULL: all of [from, from + count). */
void segment_read_codes(segment_reader *r, uint32_t from, const sel_t *sel, uint32_t count,
                        uint32_t *out);
/* OFFSETS: count + 1 offsets from row `from`, non-decreasing and at most child_rows. */
dbx_status segment_read_offsets(segment_reader *r, uint32_t from, uint32_t count,
                                uint32_t child_rows, int64_t *out, error *err) MUST_CHECK;
/* Bits of rows [from, from + count) to out, whole words. Only when validity != NULL. */
void segment_read_validity(const segment_reader *r, uint32_t from, uint32_t count, uint64_t *out);

#endif
