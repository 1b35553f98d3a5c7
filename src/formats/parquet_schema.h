/* parquet_schema.h - what a file's schema means: types of dbx, and where values lie in definition
 * and repetition levels.
 *
 * A field is a value of dbx: a leaf, a STRUCT, an ARRAY or a MAP. The groups that Parquet needs
 * between them (list, key_value) vanish; of them only the levels stay: def_present  definition
 * level from which on the value is not NULL def_entry    ARRAY, MAP: level from which on there is
 * an element rep          ARRAY, MAP: repetition level of a further element; of other fields, that
 * of the nearest one around def_slot     level from which on there is a place for the value (the
 * def_entry of the nearest list around) Types follow Spark: unsigned integers widen, INT96 is
 * TIMESTAMP, UUID is text, unannotated bytes are BINARY.
 */
#ifndef DBX_FORMATS_PARQUET_SCHEMA_H
#define DBX_FORMATS_PARQUET_SCHEMA_H

#include "formats/parquet_metadata.h"
#include "vector/vector.h"

/* From a value as stored to a value of dbx. */
typedef enum parquet_convert {
    PARQUET_CONVERT_BOOL,
    PARQUET_CONVERT_COPY4,
    PARQUET_CONVERT_COPY8,
    PARQUET_CONVERT_INT32_TO_INT8,
    PARQUET_CONVERT_INT32_TO_INT16,
    PARQUET_CONVERT_INT32_TO_INT64,
    PARQUET_CONVERT_UINT8_TO_INT16,
    PARQUET_CONVERT_UINT16_TO_INT32,
    PARQUET_CONVERT_UINT32_TO_INT64,
    PARQUET_CONVERT_UINT64_TO_INT128,
    PARQUET_CONVERT_INT32_TO_INT128,
    PARQUET_CONVERT_INT64_TO_INT128,
    PARQUET_CONVERT_INT32_MILLIS,
    PARQUET_CONVERT_INT64_MILLIS,
    PARQUET_CONVERT_INT64_NANOS,
    PARQUET_CONVERT_INT96,
    PARQUET_CONVERT_FLOAT16,
    PARQUET_CONVERT_BYTES_TO_INT64, /* big-endian, two's complement */
    PARQUET_CONVERT_BYTES_TO_INT128,
    PARQUET_CONVERT_INTERVAL,
    PARQUET_CONVERT_STRING, /* BYTE_ARRAY or fixed: the bytes themselves */
    PARQUET_CONVERT_UUID,
    PARQUET_CONVERT_NOTHING, /* VOID */
} parquet_convert;

typedef struct parquet_leaf {
    uint32_t index;
    parquet_type physical;
    uint32_t type_length; /* bytes of a fixed-width value as stored, 0 for BYTE_ARRAY and BOOLEAN */
    uint8_t max_def, max_rep;
    parquet_convert convert;
    type type;
    bool unsigned_order;   /* stored integers compare unsigned */
    bool stats_usable;     /* min_value and max_value can be converted to the type */
    bool old_stats_usable; /* min and max, too: signed integers and floats */
    bool nanos;            /* of a VARIANT: nanoseconds as they are stored, BIGINT */
    bool nanos_local;      /* they are not in UTC */
} parquet_leaf;

typedef enum parquet_field_kind {
    PARQUET_FIELD_LEAF,
    PARQUET_FIELD_STRUCT,
    PARQUET_FIELD_LIST,
    PARQUET_FIELD_MAP, /* one child: a STRUCT of key and value */
} parquet_field_kind;

typedef struct parquet_field parquet_field;
struct parquet_field {
    parquet_field_kind kind;
    string_view name;
    type type;
    bool nullable;
    uint8_t def_slot, def_present, def_entry, rep;
    uint32_t leaf;   /* the first one below */
    bool is_variant; /* a STRUCT of metadata, value, typed_value, whose type is VARIANT */
    uint32_t child_count;
    parquet_field *children;
};

typedef struct parquet_schema {
    parquet_field *fields; /* the columns */
    uint32_t field_count;
    parquet_leaf *leaves;
    uint32_t leaf_count;
} parquet_schema;

dbx_status parquet_schema_build(const parquet_metadata *meta, string_view path, arena *a,
                                parquet_schema *out, error *err) MUST_CHECK;

#endif
