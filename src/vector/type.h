/* type.h - SQL types and their physical layouts.
 *
 * A `type` is a small value, copied freely; children of nested types are borrowed from an arena or
 * from static storage. Every type has exactly one physical layout (physical_type), and kernels know
 * only these.
 */
#ifndef DBX_VECTOR_TYPE_H
#define DBX_VECTOR_TYPE_H

#include "common/error.h"
#include "common/memory.h"

/* Values equal DBX_TYPE_* of dbx.h. */
typedef enum type_id {
    TYPE_VOID = DBX_TYPE_VOID, /* the type of a bare NULL */
    TYPE_BOOLEAN = DBX_TYPE_BOOLEAN,
    TYPE_TINYINT = DBX_TYPE_TINYINT,
    TYPE_SMALLINT = DBX_TYPE_SMALLINT,
    TYPE_INT = DBX_TYPE_INT,
    TYPE_BIGINT = DBX_TYPE_BIGINT,
    TYPE_FLOAT = DBX_TYPE_FLOAT,
    TYPE_DOUBLE = DBX_TYPE_DOUBLE,
    TYPE_DECIMAL = DBX_TYPE_DECIMAL,
    TYPE_STRING = DBX_TYPE_STRING,
    TYPE_BINARY = DBX_TYPE_BINARY,
    TYPE_DATE = DBX_TYPE_DATE,
    TYPE_TIMESTAMP = DBX_TYPE_TIMESTAMP,
    TYPE_TIMESTAMP_NTZ = DBX_TYPE_TIMESTAMP_NTZ,
    TYPE_TIME = DBX_TYPE_TIME,
    TYPE_INTERVAL_YM = DBX_TYPE_INTERVAL_YEAR_MONTH,
    TYPE_INTERVAL_DT = DBX_TYPE_INTERVAL_DAY_TIME,
    TYPE_INTERVAL = DBX_TYPE_INTERVAL,
    TYPE_ARRAY = DBX_TYPE_ARRAY,
    TYPE_MAP = DBX_TYPE_MAP,
    TYPE_STRUCT = DBX_TYPE_STRUCT,
    TYPE_VARIANT = DBX_TYPE_VARIANT,
    TYPE_GEOMETRY = DBX_TYPE_GEOMETRY,
    TYPE_GEOGRAPHY = DBX_TYPE_GEOGRAPHY,
    TYPE_ID_COUNT
} type_id;

/* How values lie in memory. */
typedef enum physical_type {
    PHYS_BOOL, /* uint8_t 0 or 1 */
    PHYS_INT8,
    PHYS_INT16,
    PHYS_INT32,  /* INT, DATE, INTERVAL_YM */
    PHYS_INT64,  /* BIGINT, TIMESTAMP*, TIME, INTERVAL_DT, DECIMAL(p <= 18) */
    PHYS_INT128, /* DECIMAL(p > 18) */
    PHYS_FLOAT,
    PHYS_DOUBLE,
    PHYS_STRING,   /* vstring; STRING, BINARY, VARIANT (value after metadata, see functions/variant)
                    */
    PHYS_INTERVAL, /* dbx_interval, 16 bytes */
    PHYS_LIST, /* list_entry into one child vector; ARRAY, and MAP (child: STRUCT of key, value) */
    PHYS_STRUCT, /* no data of its own; one child vector a field */
    PHYS_COUNT
} physical_type;

enum {
    DECIMAL_PRECISION_MAX = 38,
    DECIMAL_INT64_PRECISION_MAX = 18,
    TYPE_DEPTH_MAX = 64,
};

/* Fields of INTERVAL_YM and INTERVAL_DT, for printing and arithmetic of bounds. */
enum { INTERVAL_YEAR, INTERVAL_MONTH };
enum { INTERVAL_DAY, INTERVAL_HOUR, INTERVAL_MINUTE, INTERVAL_SECOND };

/* Ids of collation.h; 0 is UTF8_BINARY. */
enum { COLLATION_UTF8_BINARY = 0, COLLATION_UTF8_LCASE = 1 };

typedef struct type_field type_field;

typedef struct type {
    uint8_t id;        /* type_id */
    uint8_t precision; /* DECIMAL; first field of an interval */
    uint8_t scale;     /* DECIMAL; last field of an interval; TIME: 6 - its precision (type_time) */
    uint8_t char_kind; /* STRING: CHAR_KIND_* */
    uint16_t collation; /* STRING */
    uint16_t child_count;
    uint32_t length; /* CHAR(n), VARCHAR(n): n in characters; GEOMETRY, GEOGRAPHY: the SRID */
    const type_field *children; /* ARRAY: element; MAP: key, value; STRUCT: fields */
} type;

enum { CHAR_KIND_STRING = 0, CHAR_KIND_CHAR = 1, CHAR_KIND_VARCHAR = 2 };

struct type_field {
    string_view name; /* "element", "key"/"value", or the field's */
    type type;
    bool nullable;
    string_view comment; /* may be empty */
};

static inline type type_simple(type_id id) {
    return (type){.id = (uint8_t)id};
}
static inline type type_decimal(uint32_t precision, uint32_t scale) {
    assert(precision >= 1 && precision <= DECIMAL_PRECISION_MAX);
    assert(scale <= precision);
    return (type){.id = TYPE_DECIMAL, .precision = (uint8_t)precision, .scale = (uint8_t)scale};
}
static inline type type_interval_ym(uint8_t first, uint8_t last) {
    return (type){.id = TYPE_INTERVAL_YM, .precision = first, .scale = last};
}
static inline type type_interval_dt(uint8_t first, uint8_t last) {
    return (type){.id = TYPE_INTERVAL_DT, .precision = first, .scale = last};
}
/* TIME(p), 0 <= p <= 6; type_simple(TYPE_TIME) is TIME(6). */
static inline type type_time(uint32_t precision) {
    assert(precision <= 6);
    return (type){.id = TYPE_TIME, .scale = (uint8_t)(6 - precision)};
}
static inline uint32_t type_time_precision(type t) {
    return 6u - t.scale;
}
/* GEOMETRY or GEOGRAPHY of a reference system, or of any. */
#define TYPE_SRID_ANY UINT32_MAX
static inline type type_geo(type_id id, uint32_t srid) {
    return (type){.id = (uint8_t)id, .length = srid};
}
static inline bool type_is_geo(type t) {
    return t.id == TYPE_GEOMETRY || t.id == TYPE_GEOGRAPHY;
}
/* Nested types; children are allocated in the arena. A failed allocation gives id TYPE_VOID and
 * DBX_NOMEM. Field arrays are copied (names too). */
dbx_status type_array(arena *a, type element, bool nullable, type *out) MUST_CHECK;
dbx_status type_map(arena *a, type key, type value, bool value_nullable, type *out) MUST_CHECK;
dbx_status type_struct(arena *a, const type_field *fields, uint32_t count, type *out) MUST_CHECK;
/* Deep copy into another arena. */
dbx_status type_copy(arena *a, type from, type *out) MUST_CHECK;

/* Same type, children, names, precision, collation; nullability is ignored. */
bool type_equal(type a, type b);
/* Same layout of values: equal but for names, nullability, CHAR kind and collation. */
bool type_same_layout(type a, type b);
uint64_t type_hash(type t);

static inline physical_type type_physical(type t);
/* Bytes of one value; 0 for PHYS_STRUCT. */
uint32_t physical_size(physical_type p);

static inline bool type_is_integer(type t) {
    return t.id >= TYPE_TINYINT && t.id <= TYPE_BIGINT;
}
static inline bool type_is_float(type t) {
    return t.id == TYPE_FLOAT || t.id == TYPE_DOUBLE;
}
static inline bool type_is_numeric(type t) {
    return t.id >= TYPE_TINYINT && t.id <= TYPE_DECIMAL;
}
static inline bool type_is_string_like(type t) {
    return t.id == TYPE_STRING || t.id == TYPE_BINARY || t.id == TYPE_VARIANT || type_is_geo(t);
}
static inline bool type_is_nested(type t) {
    return t.id >= TYPE_ARRAY && t.id <= TYPE_STRUCT;
}
static inline bool type_is_datetime(type t) {
    return t.id >= TYPE_DATE && t.id <= TYPE_TIME;
}
static inline bool type_is_interval(type t) {
    return t.id >= TYPE_INTERVAL_YM && t.id <= TYPE_INTERVAL;
}

/* Appends the lower-case name as Spark's catalog string: "array<struct<a:int,b:decimal(10,2)>>". */
dbx_status type_append_name(buffer *out, type t) MUST_CHECK;
/* Appends the upper-case SQL name: "ARRAY<STRUCT<a: INT, b: DECIMAL(10,2)>>", with NOT NULL and
 * COMMENT where fields have them. */
dbx_status type_append_sql(buffer *out, type t) MUST_CHECK;
/* A name, in backticks when it needs them. */
dbx_status type_append_identifier(buffer *out, string_view name) MUST_CHECK;
/* The types into an arena; NULL when out of memory. */
const char *type_name(arena *a, type t);
const char *type_sql(arena *a, type t);

static inline physical_type type_physical(type t) {
    static const uint8_t by_id[TYPE_ID_COUNT] = {
        [TYPE_VOID] = PHYS_BOOL,         [TYPE_BOOLEAN] = PHYS_BOOL,
        [TYPE_TINYINT] = PHYS_INT8,      [TYPE_SMALLINT] = PHYS_INT16,
        [TYPE_INT] = PHYS_INT32,         [TYPE_BIGINT] = PHYS_INT64,
        [TYPE_FLOAT] = PHYS_FLOAT,       [TYPE_DOUBLE] = PHYS_DOUBLE,
        [TYPE_DECIMAL] = PHYS_INT64,     [TYPE_STRING] = PHYS_STRING,
        [TYPE_BINARY] = PHYS_STRING,     [TYPE_DATE] = PHYS_INT32,
        [TYPE_TIMESTAMP] = PHYS_INT64,   [TYPE_TIMESTAMP_NTZ] = PHYS_INT64,
        [TYPE_TIME] = PHYS_INT64,        [TYPE_INTERVAL_YM] = PHYS_INT32,
        [TYPE_INTERVAL_DT] = PHYS_INT64, [TYPE_INTERVAL] = PHYS_INTERVAL,
        [TYPE_ARRAY] = PHYS_LIST,        [TYPE_MAP] = PHYS_LIST,
        [TYPE_STRUCT] = PHYS_STRUCT,     [TYPE_VARIANT] = PHYS_STRING,
        [TYPE_GEOMETRY] = PHYS_STRING,   [TYPE_GEOGRAPHY] = PHYS_STRING,
    };
    assert(t.id < TYPE_ID_COUNT);
    if (t.id == TYPE_DECIMAL && t.precision > DECIMAL_INT64_PRECISION_MAX) return PHYS_INT128;
    return (physical_type)by_id[t.id];
}

#endif
