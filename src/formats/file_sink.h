/* file_sink.h - rows of a statement to files of any format: one file, a directory of part files, or
 * directories of partitions (a=1/b=x/part-…), complete or not at all.
 *
 * Takes the options mode (overwrite, append, error) and partitionBy ("a, b"); the writer of the
 * format gets the others.
 */
#ifndef DBX_FORMATS_FILE_SINK_H
#define DBX_FORMATS_FILE_SINK_H

#include "vector/source.h"

typedef struct file_sink_request {
    const format_writer_row *writer;
    string_view path;
    const source_column *columns;
    uint32_t column_count;
    const string_view *partition_by; /* names; beside those of the option */
    uint32_t partition_count;
    const sink_option *options;
    uint32_t option_count;
} file_sink_request;

dbx_status file_sink_open(query *q, const file_sink_request *request, data_sink **out,
                          error *err) MUST_CHECK;

#endif
