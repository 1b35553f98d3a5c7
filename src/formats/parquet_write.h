/* parquet_write.h - writing Parquet; shared by parquet_write_schema.c, parquet_write_shred.c,
 * parquet_write_column.c, parquet_write_footer.c and parquet_sink.c.
 *
 * A row group is encoded in memory, column by column, by the worker that gathered its rows, and
 * appended to the file under a lock. What the footer needs of it stays in the sink's arena; the
 * footer lists row groups in row order, wherever they lie.
 *
 * Every column is OPTIONAL and pages are of version 1, as Spark writes them.
 */
#ifndef DBX_FORMATS_PARQUET_WRITE_H
#define DBX_FORMATS_PARQUET_WRITE_H

#include "formats/file_output.h"
#include "formats/parquet_metadata.h"
#include "vector/source.h"

/* ---- schema ---- */

/* A value of dbx on its way into levels. */
typedef struct parquet_write_node parquet_write_node;
struct parquet_write_node {
    string_view name;
    type type;
    bool required;
    uint32_t child_count;
    parquet_write_node
        *children; /* STRUCT: fields; ARRAY: element; MAP: a STRUCT of key and value */
};

typedef struct parquet_write_leaf {
    const parquet_write_node *path[TYPE_DEPTH_MAX + 2]; /* from the column to the leaf */
    uint32_t depth;                                     /* nodes in path */
    uint32_t column;                                    /* of the sink */
    uint32_t child_at[TYPE_DEPTH_MAX + 2];              /* which child of path[i] path[i + 1] is */
    uint8_t max_def, max_rep;
    parquet_type physical;
    uint32_t width; /* stored bytes of a value; 0: BYTE_ARRAY; BOOLEAN 1 */
    type type;
} parquet_write_leaf;

typedef struct parquet_write_schema {
    parquet_write_node *columns;
    uint32_t column_count;
    parquet_write_leaf *leaves;
    uint32_t leaf_count;
} parquet_write_schema;

/* Raises UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE for what Parquet cannot hold. */
dbx_status parquet_write_schema_build(const source_column *columns, uint32_t count, arena *a,
                                      parquet_write_schema *out, error *err) MUST_CHECK;

/* ---- one leaf of a row group ---- */

/* Levels and dense values, filled chunk by chunk. */
typedef struct parquet_shred {
    ledger *ledger;
    buffer defs, reps; /* one byte a level */
    buffer values;     /* physical layout of the leaf's type, non-NULL only */
    arena scratch;
} parquet_shred;

void parquet_shred_init(parquet_shred *s, ledger *l);
void parquet_shred_deinit(parquet_shred *s);
void parquet_shred_clear(parquet_shred *s);
/* Appends rows of the leaf's column. Strings stay borrowed. */
dbx_status parquet_shred_append(parquet_shred *s, const parquet_write_leaf *leaf,
                                const vector *column, uint32_t rows, error *err) MUST_CHECK;

typedef struct parquet_write_page {
    uint64_t offset; /* from the row group's start */
    uint32_t size;
    uint64_t first_row;
    uint64_t null_count;
    bool has_bounds;
    bool all_null;
    string_view min, max; /* as in the column index */
} parquet_write_page;

typedef struct parquet_write_chunk {
    uint64_t offset;            /* of its first page, from the row group's start */
    uint64_t dictionary_offset; /* meaningful when has_dictionary */
    uint64_t data_offset;
    bool has_dictionary;
    bool has_plain; /* data pages without the dictionary */
    uint64_t compressed_size, uncompressed_size;
    uint64_t num_values, null_count;
    bool has_bounds, min_exact, max_exact;
    string_view min, max;
    parquet_write_page *pages;
    uint32_t page_count;
} parquet_write_chunk;

typedef struct parquet_write_options {
    codec_kind codec;
    int level;
    uint64_t row_group_rows;
    bool dictionary;
    uint64_t page_bytes;
} parquet_write_options;

/* Encodes what was shredded: pages are appended to `out`, which begins with the row group; `rows`
 * is its number of rows, `keep` the arena for what the footer needs. */
dbx_status parquet_write_column(const parquet_write_leaf *leaf, const parquet_write_options *o,
                                const parquet_shred *s, uint64_t rows, codec_context *codecs,
                                buffer *out, arena *keep, parquet_write_chunk *chunk_out,
                                error *err) MUST_CHECK;

/* ---- the file's end ---- */

typedef struct parquet_write_group {
    uint64_t order; /* row groups are listed by order, then by sequence */
    uint64_t sequence;
    uint64_t offset; /* in the file */
    uint64_t rows;
    parquet_write_chunk *chunks;
} parquet_write_group;

/* Page indexes and the footer, to be written at file offset `offset`. */
dbx_status parquet_write_footer(const parquet_write_schema *schema,
                                const parquet_write_options *options,
                                const parquet_write_group *const *groups, uint32_t count,
                                uint64_t offset, buffer *out, error *err) MUST_CHECK;

#endif
