/* parquet_thrift.h - reading and writing Thrift's compact protocol, as much of it as Parquet uses.
 *
 * Reading is bounded: nothing behind `end` is touched, nesting is limited, a list's count is at
 * most the bytes that are left. A violation sets `failed`, after which every read gives zero;
 * callers check once at the end.
 */
#ifndef DBX_FORMATS_PARQUET_THRIFT_H
#define DBX_FORMATS_PARQUET_THRIFT_H

#include "common/memory.h"

enum {
    THRIFT_STOP = 0,
    THRIFT_TRUE = 1,
    THRIFT_FALSE = 2,
    THRIFT_BYTE = 3,
    THRIFT_I16 = 4,
    THRIFT_I32 = 5,
    THRIFT_I64 = 6,
    THRIFT_DOUBLE = 7,
    THRIFT_BINARY = 8,
    THRIFT_LIST = 9,
    THRIFT_SET = 10,
    THRIFT_MAP = 11,
    THRIFT_STRUCT = 12,
    THRIFT_DEPTH_MAX = 32,
};

typedef struct thrift_reader {
    const uint8_t *at;
    const uint8_t *end;
    uint32_t depth;
    bool failed;
    bool cut_off; /* it failed because the input ends */
} thrift_reader;

/* One struct being read: while (thrift_next(t, &f)) switch (f.id) { … default: thrift_skip(t,
 * f.type); } */
typedef struct thrift_field {
    int32_t id;
    uint8_t type;
    bool open;
} thrift_field;

/* Begins the struct at the first call (f zeroed); false at its end or on failure. */
bool thrift_next(thrift_reader *t, thrift_field *f);
/* Value readers; `type` is what the field or list says it holds. Another type than asked for is
 * skipped and gives zero, as Thrift wants. */
int64_t thrift_int(thrift_reader *t, uint8_t type);
bool thrift_bool(thrift_reader *t, uint8_t type);
string_view thrift_bytes(thrift_reader *t, uint8_t type);
/* Header of a list: the number of elements, their type in *element. */
uint32_t thrift_list(thrift_reader *t, uint8_t type, uint8_t *element);
void thrift_skip(thrift_reader *t, uint8_t type);
uint64_t thrift_varint(thrift_reader *t);

/* Writing: fields of one struct in ascending order of id; *last starts at 0. */
dbx_status thrift_put_varint(buffer *b, uint64_t value) MUST_CHECK;
dbx_status thrift_put_field(buffer *b, int32_t *last, int32_t id, uint8_t type) MUST_CHECK;
dbx_status thrift_put_int(buffer *b, int32_t *last, int32_t id, uint8_t type,
                          int64_t value) MUST_CHECK;
dbx_status thrift_put_bool(buffer *b, int32_t *last, int32_t id, bool value) MUST_CHECK;
dbx_status thrift_put_bytes(buffer *b, int32_t *last, int32_t id, string_view value) MUST_CHECK;
dbx_status thrift_put_list(buffer *b, int32_t *last, int32_t id, uint8_t element,
                           uint32_t count) MUST_CHECK;
/* Elements of lists, without a field header. */
dbx_status thrift_put_zigzag(buffer *b, int64_t value) MUST_CHECK;
dbx_status thrift_put_string(buffer *b, string_view value) MUST_CHECK;
dbx_status thrift_put_stop(buffer *b) MUST_CHECK;

#endif
