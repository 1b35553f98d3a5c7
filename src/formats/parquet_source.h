/* parquet_source.h - Parquet files as a source; shared by its own files parquet_file.c,
 * parquet_source.c, parquet_scan.c, and by formats made of Parquet files.
 *
 * Footers are read once: at bind where there are few files, else when a scan first comes to a file.
 * A file's cached footer is written under the source's mutex and read-only from then on.
 */
#ifndef DBX_FORMATS_PARQUET_SOURCE_H
#define DBX_FORMATS_PARQUET_SOURCE_H

#include "formats/file_list.h"
#include "formats/parquet_leaf.h"
#include "formats/parquet_schema.h"

typedef struct parquet_file {
    const file_entry *entry;
    arena arena; /* of meta and schema */
    _Atomic bool loaded;
    parquet_metadata *meta;
    parquet_schema schema;
} parquet_file;

typedef struct source_column_stats {
    bool tried, known;
    column_stats stats;
} source_column_stats;

typedef struct parquet_source {
    source base;
    ledger *ledger;
    const io_gate *gate; /* the database's */
    arena arena;
    os_mutex mutex; /* guards loading and stats */
    file_list list;
    parquet_file *files; /* list.count */
    source_column *data; /* columns of the files */
    uint32_t data_count;
    file_column *kinds;         /* one a column of base */
    source_column_stats *stats; /* one a column of base, computed when first asked for */
    uint32_t loaded_at_bind;    /* files whose footers were read then, from the first on */
} parquet_source;

/* Reads the footer unless it was read. */
dbx_status parquet_file_load(parquet_source *s, uint32_t file, const io_gate *gate,
                             error *err) MUST_CHECK;
/* The top-level field of that name: exactly, or else ignoring case. NULL when there is none. */
const parquet_field *parquet_file_field(const parquet_file *f, string_view name);

/* Distinct values of a flat column of `rows` rows, about; < 0: unknown. All footers are read. */
double parquet_distinct_estimate(const parquet_source *s, uint32_t column, uint64_t rows);

/* How a wanted type is read from a file's field. leaves[] gets the leaf indexes that readers are
 * needed for; the binding's `structure` are indexes into it. Raises when the types do not go
 * together. */
typedef struct parquet_bound {
    parquet_binding root;
    uint32_t *leaves;
    type *targets; /* of each leaf */
    uint32_t leaf_count;
} parquet_bound;
dbx_status parquet_bind_field(const parquet_file *f, const parquet_field *field, string_view name,
                              type wanted, arena *a, parquet_bound *out, error *err) MUST_CHECK;

dbx_status parquet_scan_open(source *s, query *q, const scan_spec *spec, source_scan **out,
                             error *err);
dbx_status parquet_scan_local_new(source_scan *scan, source_local **out, error *err);
dbx_status parquet_scan_next_morsel(source_scan *scan, source_local *local, bool *more,
                                    uint64_t *morsel_index, error *err);
dbx_status parquet_scan_read(source_scan *scan, source_local *local, chunk *out, error *err);
void parquet_scan_local_free(source_scan *scan, source_local *local);
void parquet_scan_close(source_scan *scan);
double parquet_scan_progress(const source_scan *scan);
void parquet_scan_counts(const source_scan *opaque, source_counts *out);

/* The schema is the first file's, or with `merge` the union of all files'. */
dbx_status parquet_source_new(query *q, ledger *l, const file_list_options *options,
                              const string_view *paths, uint32_t path_count, bool merge,
                              source **out, error *err) MUST_CHECK;

#endif
