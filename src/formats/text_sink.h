/* text_sink.h - the data_sink that CSV and JSON share: workers turn chunks into text, pieces of
 * text go to files.
 *
 * Row order is that of morsels: a piece is written when no worker can still bring rows before it.
 * When too much waits, what waits is written early; only then may rows of an earlier morsel stand
 * behind later ones. A compressed file is a sequence of compressed pieces.
 */
#ifndef DBX_FORMATS_TEXT_SINK_H
#define DBX_FORMATS_TEXT_SINK_H

#include "formats/file_output.h"
#include "formats/text_print.h"

/* What a format says. `writer` is its own state: immutable once the sink is open. */
typedef struct text_format {
    const char *name;               /* "csv" */
    const char *extension;          /* ".csv" */
    size_t writer_size;             /* zeroed by the sink */
    void (*defaults)(void *writer); /* may be NULL */
    /* Takes its own options; the sink took compression, encoding, lineSep and those of text_print
     * before. */
    dbx_status (*option)(void *writer, const sink_option *o, arena *a, bool *taken, error *err);
    /* After all options: defaults, names, what a file starts with (appended to head). */
    dbx_status (*start)(void *writer, const file_set *files, const text_print *print,
                        const source_column *columns, uint32_t count, string_view line_end,
                        arena *a, buffer *head, error *err);
    dbx_status (*write)(const void *writer, const text_column *columns, uint32_t count,
                        uint32_t rows, buffer *out);
} text_format;

dbx_status text_sink_open(const text_format *format, query *q, file_set *files, string_view folder,
                          const source_column *columns, uint32_t column_count,
                          const sink_option *options, uint32_t option_count, data_sink **out,
                          error *err) MUST_CHECK;

#endif
