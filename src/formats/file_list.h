/* file_list.h - the files of one source: paths, globs and directories resolved once, with hive
 * partitions.
 *
 * A directory name=value between the named root (or a glob's fixed part) and the file is a
 * partition column. Its type is the narrowest of INT, BIGINT, DOUBLE, DATE and STRING that all
 * values fit, NULL for
 * __HIVE_DEFAULT_PARTITION__; names and values are percent-decoded. Every format shares this, and
 * the hidden column _metadata, too.
 *
 * The schema of a source is: columns of the data, partition columns, hidden _metadata. A partition
 * column hides a data column of its name.
 */
#ifndef DBX_FORMATS_FILE_LIST_H
#define DBX_FORMATS_FILE_LIST_H

#include "io/gate.h"
#include "vector/source.h"

typedef struct file_entry {
    string_view path; /* NUL-terminated */
    uint64_t size;
    int64_t modified_us;
    const vector *partitions; /* one CONSTANT a partition column of the list */
} file_entry;

typedef struct file_partition {
    string_view name;
    type type;
} file_partition;

typedef struct file_list {
    file_entry *files; /* in the order of the paths given, sorted by name within each */
    uint32_t count;
    file_partition *partitions;
    uint32_t partition_count;
    uint64_t bytes; /* of all files */
} file_list;

typedef struct file_list_options {
    bool no_partitions;           /* directories name=value mean nothing */
    bool partitions_as_text;      /* every partition column is STRING */
    int64_t modified_after_us;    /* only files changed later; 0: all */
    int64_t modified_before_us;   /* only files changed earlier; 0: all */
    string_view path_glob_filter; /* file names must match; empty: all do (hive's pathGlobFilter) */
} file_list_options;

/* Lists everything into the arena. No file at all raises PATH_NOT_FOUND with the first path. */
dbx_status file_list_build(file_list *out, const io_gate *gate, arena *a, const string_view *paths,
                           uint32_t path_count, const file_list_options *options,
                           error *err) MUST_CHECK;
/* Index of the partition column, case-insensitively; UINT32_MAX when there is none. */
uint32_t file_list_partition(const file_list *list, string_view name);
/* Whether rows of the file can satisfy a predicate on partition column `partition`. Exact: true
 * means that all rows do. */
bool file_list_matches(const file_list *list, uint32_t file, uint32_t partition,
                       const scan_predicate *predicate);

/* _metadata: STRUCT<file_path, file_name STRING, file_size BIGINT, file_block_start,
 * file_block_length BIGINT, file_modification_time TIMESTAMP>. The value is a CONSTANT whose
 * strings borrow from the list. */
dbx_status file_list_metadata_type(arena *a, type *out) MUST_CHECK;
dbx_status file_list_metadata(const file_list *list, uint32_t file, type t, arena *a,
                              vector *out) MUST_CHECK;

/* data columns + partition columns + _metadata, in the arena. Where a partition has the name of a
 * data column, the data column gets the partition's type and partition_of[i] tells its index. kinds
 * has one entry a result column. */
typedef struct file_column {
    enum { FILE_COLUMN_DATA, FILE_COLUMN_PARTITION, FILE_COLUMN_METADATA } kind;
    uint32_t index; /* of the data column or the partition */
} file_column;
dbx_status file_list_columns(const file_list *list, arena *a, const source_column *data,
                             uint32_t data_count, source_column **columns, file_column **kinds,
                             uint32_t *count) MUST_CHECK;

/* wanted[f]: can file f hold rows for the spec's predicates on partition columns? These are then
 * exact. `wanted` has list->count entries. */
void file_list_prune(const file_list *list, const file_column *kinds, const scan_spec *spec,
                     bool *wanted);

#endif
