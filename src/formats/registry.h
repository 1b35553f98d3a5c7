/* registry.h - every format's reader and writer, by name and by file name.
 *
 * formats.def lists the rows; a new format adds its line there and nothing else learns of it.
 * read_files is a row like the others that looks at its `format` argument, or at the first file's
 * name, and binds that format's row.
 */
#ifndef DBX_FORMATS_REGISTRY_H
#define DBX_FORMATS_REGISTRY_H

#include "vector/source.h"

/* By name or alias, case-insensitively: "read_parquet", "parquet". NULL when unknown. */
const table_function_row *table_function_lookup(string_view name);
/* Row i in the order of formats.def; NULL past the end. */
const table_function_row *table_function_at(uint32_t i);
/* The reader for FROM 'a/b.csv.gz': by extension behind any compression suffix, globs included.
 * NULL when none. */
const table_function_row *table_function_for_path(string_view path);

const format_writer_row *format_writer_lookup(string_view name);
const format_writer_row *format_writer_at(uint32_t i);
const format_writer_row *format_writer_for_path(string_view path);

#endif
