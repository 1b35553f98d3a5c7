/* arrow.h - the Arrow C data interface: its structs, and conversion of arrays to vectors and back.
 *
 * The structs follow the specification "The Arrow C data interface" and "The Arrow C stream
 * interface"; their guards are the specification's, so that other headers may define them, too.
 */
#ifndef DBX_FORMATS_ARROW_H
#define DBX_FORMATS_ARROW_H

#include "vector/source.h"

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};
#endif

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE
struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};
#endif

/* ---- out ---- */

/* Fills a schema of one column, or of a row type (STRUCT). The caller releases it. zone: of
 * TIMESTAMP columns. */
dbx_status arrow_schema_export(type t, string_view name, bool nullable, string_view zone,
                               struct ArrowSchema *out) MUST_CHECK;
/* A record batch (struct array) of rows [0, rows) of the columns, copied. The caller releases it.
 */
dbx_status arrow_batch_export(const chunk *rows, struct ArrowArray *out) MUST_CHECK;

/* ---- in ---- */

/* The type that a schema stands for; UNSUPPORTED_FEATURE for what has none. */
dbx_status arrow_schema_import(const struct ArrowSchema *schema, arena *a, type *out,
                               error *err) MUST_CHECK;
/* Rows [from, from + rows) of an array as a vector of the type of its schema; fixed-width values
 * are borrowed from the array where their layout allows. Offsets within the array's buffers are
 * trusted when `trusted`, else checked. */
dbx_status arrow_array_import(const struct ArrowSchema *schema, const struct ArrowArray *array,
                              type t, int64_t from, uint32_t rows, vector *out, arena *a,
                              error *err) MUST_CHECK;

/* A source over a stream, which it takes over and releases. It can be scanned once. */
dbx_status arrow_stream_source(struct ArrowArrayStream *stream, ledger *l, source **out,
                               error *err) MUST_CHECK;

#endif
