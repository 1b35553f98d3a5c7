/* file_output.h - the files that one statement writes: they appear together, or none does.
 *
 * A path is one file, or, with a trailing '/' or where a directory stands already, a directory of
 * part files. Until file_set_commit nothing changes under the path. With FILE_SET_OVERWRITE the
 * data files that lay in the directory before are removed once the new ones are complete.
 * file_set_add may be called from many threads at once.
 */
#ifndef DBX_FORMATS_FILE_OUTPUT_H
#define DBX_FORMATS_FILE_OUTPUT_H

#include "io/gate.h"

typedef enum file_set_mode {
    FILE_SET_OVERWRITE,
    FILE_SET_APPEND,         /* beside what is there; directories only */
    FILE_SET_ERROR_IF_EXISTS /* raises PATH_ALREADY_EXISTS */
} file_set_mode;

typedef struct file_set file_set;

dbx_status file_set_open(const io_gate *gate, ledger *l, string_view path, file_set_mode mode,
                         file_set **out, error *err) MUST_CHECK;
/* For a set that must be a directory whatever its path looks like (partitions). */
dbx_status file_set_open_directory(const io_gate *gate, ledger *l, string_view path,
                                   file_set_mode mode, file_set **out, error *err) MUST_CHECK;
bool file_set_is_directory(const file_set *s);
const char *file_set_path(const file_set *s);
/* A new file of the set, which keeps it. folder: below the directory ("a=1/b=x"), or empty;
 * extension: ".csv.gz", for part files. A set that is one file gives it once. */
dbx_status file_set_add(file_set *s, string_view folder, string_view extension, io_output **out,
                        error *err) MUST_CHECK;
dbx_status file_set_commit(file_set *s, error *err) MUST_CHECK;
/* Without a commit before, nothing stays. NULL is fine. */
void file_set_free(file_set *s);

#endif
