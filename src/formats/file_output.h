/* file_output.h - where a writer's bytes go: one file, or a directory whose content is replaced.
 *
 * A path with a trailing '/' is a directory: it is made, one part file is written into it, and when
 * that is complete the data files that lay there before are removed. Until file_output_commit
 * nothing changes under the path.
 */
#ifndef DBX_FORMATS_FILE_OUTPUT_H
#define DBX_FORMATS_FILE_OUTPUT_H

#include "io/gate.h"

typedef struct file_output {
    const io_gate *gate;
    ledger *ledger;
    io_output *out;
    bool is_directory;
    char path[IO_PATH_MAX]; /* of the file that appears */
    char directory[IO_PATH_MAX];
} file_output;

/* extension: ".snappy.parquet", for part files. */
dbx_status file_output_open(file_output *f, const io_gate *gate, ledger *l, string_view path,
                            const char *extension, error *err) MUST_CHECK;
static inline dbx_status file_output_write(file_output *f, const void *data, size_t size,
                                           error *err) {
    return io_output_write(f->out, data, size, err);
}
dbx_status file_output_commit(file_output *f, error *err) MUST_CHECK;
/* Without a commit before, nothing stays. */
void file_output_close(file_output *f);

#endif
