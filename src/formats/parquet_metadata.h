/* parquet_metadata.h - the footer of a Parquet file as structs; names follow parquet.thrift.
 *
 * All memory, the footer's bytes included, is in the caller's arena. Counts and sizes are checked
 * against each other and the file when read, so that later code may rely on: every row group has
 * one chunk a leaf; num_rows >= 0; chunk offsets lie within the file.
 */
#ifndef DBX_FORMATS_PARQUET_METADATA_H
#define DBX_FORMATS_PARQUET_METADATA_H

#include "formats/parquet_thrift.h"
#include "io/gate.h"

typedef enum parquet_type {
    PARQUET_BOOLEAN,
    PARQUET_INT32,
    PARQUET_INT64,
    PARQUET_INT96,
    PARQUET_FLOAT,
    PARQUET_DOUBLE,
    PARQUET_BYTE_ARRAY,
    PARQUET_FIXED_LEN_BYTE_ARRAY,
    PARQUET_TYPE_COUNT,
} parquet_type;

typedef enum parquet_repetition {
    PARQUET_REQUIRED,
    PARQUET_OPTIONAL,
    PARQUET_REPEATED,
} parquet_repetition;

typedef enum parquet_converted {
    PARQUET_CONVERTED_NONE = -1,
    PARQUET_UTF8 = 0,
    PARQUET_MAP = 1,
    PARQUET_MAP_KEY_VALUE = 2,
    PARQUET_LIST = 3,
    PARQUET_ENUM = 4,
    PARQUET_DECIMAL = 5,
    PARQUET_DATE = 6,
    PARQUET_TIME_MILLIS = 7,
    PARQUET_TIME_MICROS = 8,
    PARQUET_TIMESTAMP_MILLIS = 9,
    PARQUET_TIMESTAMP_MICROS = 10,
    PARQUET_UINT_8 = 11,
    PARQUET_UINT_16 = 12,
    PARQUET_UINT_32 = 13,
    PARQUET_UINT_64 = 14,
    PARQUET_INT_8 = 15,
    PARQUET_INT_16 = 16,
    PARQUET_INT_32 = 17,
    PARQUET_INT_64 = 18,
    PARQUET_JSON = 19,
    PARQUET_BSON = 20,
    PARQUET_INTERVAL = 21,
} parquet_converted;

/* Field ids of the union LogicalType. */
typedef enum parquet_logical {
    PARQUET_LOGICAL_NONE = 0,
    PARQUET_LOGICAL_STRING = 1,
    PARQUET_LOGICAL_MAP = 2,
    PARQUET_LOGICAL_LIST = 3,
    PARQUET_LOGICAL_ENUM = 4,
    PARQUET_LOGICAL_DECIMAL = 5,
    PARQUET_LOGICAL_DATE = 6,
    PARQUET_LOGICAL_TIME = 7,
    PARQUET_LOGICAL_TIMESTAMP = 8,
    PARQUET_LOGICAL_INTEGER = 10,
    PARQUET_LOGICAL_UNKNOWN = 11,
    PARQUET_LOGICAL_JSON = 12,
    PARQUET_LOGICAL_BSON = 13,
    PARQUET_LOGICAL_UUID = 14,
    PARQUET_LOGICAL_FLOAT16 = 15,
    PARQUET_LOGICAL_VARIANT = 16,
} parquet_logical;

typedef enum parquet_unit {
    PARQUET_MILLIS = 1,
    PARQUET_MICROS = 2,
    PARQUET_NANOS = 3
} parquet_unit;

typedef struct parquet_schema_element {
    string_view name;
    int32_t type;        /* parquet_type; -1: a group */
    int32_t type_length; /* FIXED_LEN_BYTE_ARRAY */
    int32_t repetition;
    uint32_t child_count;
    int32_t converted; /* parquet_converted */
    int32_t scale, precision;
    int32_t logical; /* parquet_logical */
    int32_t unit;    /* TIME, TIMESTAMP */
    bool adjusted_to_utc;
    int32_t bit_width; /* INTEGER */
    bool is_signed;
} parquet_schema_element;

typedef struct parquet_statistics {
    string_view min, max;             /* old: compared as signed bytes by some writers */
    string_view min_value, max_value; /* data NULL: absent */
    bool has_null_count;
    bool min_exact, max_exact;
    bool has_nan_count;
    uint64_t null_count;
    uint64_t nan_count;
} parquet_statistics;

typedef enum parquet_encoding {
    PARQUET_PLAIN = 0,
    PARQUET_PLAIN_DICTIONARY = 2,
    PARQUET_RLE = 3,
    PARQUET_BIT_PACKED = 4,
    PARQUET_DELTA_BINARY_PACKED = 5,
    PARQUET_DELTA_LENGTH_BYTE_ARRAY = 6,
    PARQUET_DELTA_BYTE_ARRAY = 7,
    PARQUET_RLE_DICTIONARY = 8,
    PARQUET_BYTE_STREAM_SPLIT = 9,
} parquet_encoding;

typedef struct parquet_chunk_meta {
    int32_t type;
    codec_kind codec;
    bool codec_known;
    int64_t num_values;
    uint64_t compressed_size;
    uint64_t uncompressed_size;
    uint64_t start; /* of the first page, the dictionary included */
    parquet_statistics statistics;
    uint64_t bloom_offset; /* 0: none */
    uint64_t bloom_size;   /* 0: unknown */
    uint64_t offset_index_offset, column_index_offset;
    uint32_t offset_index_size, column_index_size; /* 0: none */
    bool all_dictionary; /* known: every data page is dictionary-encoded */
} parquet_chunk_meta;

typedef struct parquet_row_group {
    uint64_t num_rows;
    uint64_t first_row; /* in the file */
    uint64_t total_size;
    parquet_chunk_meta *chunks; /* one a leaf */
} parquet_row_group;

typedef struct parquet_metadata {
    parquet_schema_element *schema; /* depth first, the root at 0 */
    uint32_t schema_count;
    uint32_t leaf_count;
    uint64_t num_rows;
    parquet_row_group *row_groups;
    uint32_t row_group_count;
    string_view created_by;
    uint8_t *column_orders; /* one a leaf: 0 unknown, 1 by type, 2 IEEE 754 total order; NULL: all
                               unknown */
    uint64_t footer_offset; /* data ends here */
} parquet_metadata;

/* Raises FILE_CORRUPT, or UNSUPPORTED_FEATURE for an encrypted file. */
dbx_status parquet_metadata_read(io_file *file, arena *a, parquet_metadata **out,
                                 error *err) MUST_CHECK;
/* The same from a footer in memory, for tests and fuzzing; `path` for messages, `data_size` bounds
 * offsets. */
dbx_status parquet_metadata_parse(const uint8_t *footer, size_t size, uint64_t data_size,
                                  string_view path, arena *a, parquet_metadata **out,
                                  error *err) MUST_CHECK;

/* Headers of pages. */
typedef enum parquet_page_kind {
    PARQUET_DATA_PAGE = 0,
    PARQUET_INDEX_PAGE = 1,
    PARQUET_DICTIONARY_PAGE = 2,
    PARQUET_DATA_PAGE_V2 = 3,
} parquet_page_kind;

typedef struct parquet_page_header {
    int32_t kind;
    uint32_t uncompressed_size;
    uint32_t compressed_size;
    bool has_crc;
    uint32_t crc;
    uint32_t num_values;
    int32_t encoding;
    int32_t def_encoding, rep_encoding; /* v1 */
    uint32_t num_nulls, num_rows;       /* v2 */
    uint32_t def_size, rep_size;        /* v2 */
    bool compressed;                    /* v2 */
    uint32_t header_size;               /* bytes of the header itself */
} parquet_page_header;

typedef enum parquet_header_result {
    PARQUET_HEADER_OK,
    PARQUET_HEADER_SHORT,
    PARQUET_HEADER_BAD
} parquet_header_result;
/* SHORT: the bytes end within what may be a header. */
parquet_header_result parquet_page_header_parse(const uint8_t *bytes, size_t size,
                                                parquet_page_header *out);

/* The page index of a chunk. */
typedef struct parquet_page_location {
    uint64_t offset;
    uint32_t size; /* header included */
    uint64_t first_row;
} parquet_page_location;

typedef struct parquet_offset_index {
    parquet_page_location *pages;
    uint32_t count;
} parquet_offset_index;

typedef struct parquet_column_index {
    uint32_t count;
    bool *null_pages;
    string_view *min, *max;
    int64_t *null_counts; /* NULL: unknown */
    bool has_nan_counts;
} parquet_column_index;

bool parquet_offset_index_parse(const uint8_t *bytes, size_t size, arena *a,
                                parquet_offset_index *out);
bool parquet_column_index_parse(const uint8_t *bytes, size_t size, arena *a,
                                parquet_column_index *out);

typedef struct parquet_bloom_header {
    uint32_t num_bytes;
    uint32_t header_size;
} parquet_bloom_header;
/* Only the split-block, xxHash, uncompressed filter that the format defines. */
bool parquet_bloom_header_parse(const uint8_t *bytes, size_t size, parquet_bloom_header *out);

dbx_status parquet_raise(string_view path, error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
