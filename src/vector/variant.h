/* variant.h - values of type VARIANT: Parquet's variant binary encoding, version 1, read and made.
 *
 * A VARIANT in a vector is one string: the metadata (header, dictionary of keys), then the value.
 * Parquet files keep the two apart and join them when they are read; the metadata tells its own
 * size, so that the two can be told apart again (variant_open). Source: the "Variant Binary
 * Encoding" of Apache Parquet's format specification.
 *
 * Reading trusts no byte: every offset, size and key number is checked, and a malformed value makes
 * the function return false. Time is in microseconds unless a name says nanoseconds.
 */
#ifndef DBX_VECTOR_VARIANT_H
#define DBX_VECTOR_VARIANT_H

#include "common/query.h"
#include "kernel/int128.h"
#include "vector/vector.h"

enum {
    VARIANT_DEPTH_MAX = 1000,     /* nested objects and arrays */
    VARIANT_SIZE_MAX = 128 << 20, /* bytes of a value, and of its metadata */
};

typedef enum variant_kind {
    VARIANT_NULL,
    VARIANT_BOOLEAN, /* integer: 0 or 1 */
    VARIANT_LONG,    /* integer */
    VARIANT_FLOAT,   /* real */
    VARIANT_DOUBLE,  /* real */
    VARIANT_DECIMAL, /* decimal, scale */
    VARIANT_DATE,    /* integer: days */
    VARIANT_TIMESTAMP,
    VARIANT_TIMESTAMP_NTZ,
    VARIANT_TIME,                /* integer: since midnight */
    VARIANT_TIMESTAMP_NANOS,     /* integer: nanoseconds UTC */
    VARIANT_TIMESTAMP_NTZ_NANOS, /* integer: nanoseconds */
    VARIANT_STRING,              /* bytes */
    VARIANT_BINARY,              /* bytes */
    VARIANT_UUID,                /* bytes: 16 */
    VARIANT_OBJECT,              /* count fields, sorted by key */
    VARIANT_ARRAY,               /* count elements */
} variant_kind;

/* A value that lies in memory with the metadata that names its keys. Borrowed. */
typedef struct variant {
    string_view metadata;
    string_view value; /* from the first byte of the value on; may reach beyond its end */
} variant;

typedef struct variant_item {
    variant_kind kind;
    size_t size; /* bytes that the whole value takes */
    int64_t integer;
    double real;
    int128 decimal;
    uint8_t scale;
    string_view bytes;
    uint32_t count;
    uint8_t id_size, offset_size; /* bytes of a key number, of an offset */
    const char *ids, *offsets;
    string_view data;
} variant_item;

/* Splits the string of a vector into metadata and value. */
bool variant_open(string_view blob, variant *out) MUST_CHECK;
/* The size of the metadata at the head of `bytes`. */
bool variant_metadata_size(string_view bytes, size_t *out) MUST_CHECK;
bool variant_read(variant v, variant_item *out) MUST_CHECK;
/* Element i of an ARRAY. */
bool variant_element(variant v, const variant_item *array, uint32_t i, variant *out) MUST_CHECK;
/* Field i of an OBJECT. */
bool variant_field(variant v, const variant_item *object, uint32_t i, string_view *key,
                   variant *out) MUST_CHECK;
/* The field of a key; *found tells whether there is one. */
bool variant_find(variant v, const variant_item *object, string_view key, bool *found,
                  variant *out) MUST_CHECK;
/* Is everything below the value well formed, and no byte part of two values? */
bool variant_is_valid(variant v);
/* Appends the value as JSON, timestamps in the zone of q. DBX_ERROR: malformed, nothing is raised.
 */
dbx_status variant_append_json(buffer *out, variant v, const query *q) MUST_CHECK;

/* ---- making ---- */

/* One value is made at a time, depth first; variant_builder_take ends it. Objects and arrays:
 *
 *     variant_frame f = variant_begin(b);
 *     TRY(variant_begin_field(b, key)); TRY(variant_put_long(b, 1)); ...   // or variant_begin_item
 *     TRY(variant_end_object(b, f, &duplicate));                           // or variant_end_array
 */
typedef struct variant_entry {
    uint32_t id;
    uint32_t offset;
} variant_entry;

typedef struct variant_builder {
    buffer value;   /* the value so far */
    buffer keys;    /* bytes of all keys */
    buffer ends;    /* uint32_t a key: where it ends in `keys` */
    buffer slots;   /* uint32_t a slot: 1 + key number; a power of two of them, or none */
    buffer entries; /* variant_entry of open objects and arrays */
} variant_builder;

typedef struct variant_frame {
    size_t start; /* in value */
    size_t first; /* in entries, bytes */
} variant_frame;

void variant_builder_init(variant_builder *b, ledger *l);
void variant_builder_deinit(variant_builder *b);
void variant_builder_clear(variant_builder *b);
/* The finished string in the arena. DBX_ERROR, nothing raised: larger than VARIANT_SIZE_MAX. */
dbx_status variant_builder_take(variant_builder *b, arena *a, string_view *out) MUST_CHECK;

dbx_status variant_put_null(variant_builder *b) MUST_CHECK;
dbx_status variant_put_boolean(variant_builder *b, bool x) MUST_CHECK;
/* The smallest integer that holds x. */
dbx_status variant_put_long(variant_builder *b, int64_t x) MUST_CHECK;
dbx_status variant_put_float(variant_builder *b, float x) MUST_CHECK;
dbx_status variant_put_double(variant_builder *b, double x) MUST_CHECK;
/* |x| < 10^38, scale <= 38. */
dbx_status variant_put_decimal(variant_builder *b, int128 x, uint32_t scale) MUST_CHECK;
/* DATE, TIMESTAMP*, TIME. */
dbx_status variant_put_datetime(variant_builder *b, variant_kind kind, int64_t x) MUST_CHECK;
/* STRING, BINARY, UUID. */
dbx_status variant_put_bytes(variant_builder *b, variant_kind kind, string_view bytes) MUST_CHECK;
/* Copies a value with all below it. DBX_ERROR, nothing raised: malformed. */
dbx_status variant_put(variant_builder *b, variant v) MUST_CHECK;

/* Makes the value of a JSON text. DBX_ERROR: not JSON, or a key stands twice; nothing is raised. */
dbx_status variant_parse_json(variant_builder *b, string_view json, buffer *scratch) MUST_CHECK;

variant_frame variant_begin(variant_builder *b);
dbx_status variant_begin_field(variant_builder *b, variant_frame f, string_view key) MUST_CHECK;
dbx_status variant_begin_item(variant_builder *b, variant_frame f) MUST_CHECK;
/* Sorts the fields; *duplicate when two bear one name (the value is then of no use). */
dbx_status variant_end_object(variant_builder *b, variant_frame f, bool *duplicate) MUST_CHECK;
dbx_status variant_end_array(variant_builder *b, variant_frame f) MUST_CHECK;

#endif
