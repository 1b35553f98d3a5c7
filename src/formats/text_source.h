/* text_source.h - what the readers of CSV and JSON share: options, binding, blocks of text as
 * morsels, columns that are not in the text (partitions, _metadata), rows that do not fit.
 *
 * What becomes of a row that does not fit is `mode`'s to say:
 *   PERMISSIVE     it is kept; what does not fit is NULL
 *   DROPMALFORMED  it is dropped
 *   FAILFAST       it is an error
 * Without a mode a given schema is PERMISSIVE, as in Spark, and a guessed one FAILFAST: then the
 * guess was wrong, and NULL would hide it. A column that columnNameOfCorruptRecord names (or
 * _corrupt_record in a given schema) holds the text of rows that do not fit, and NULL in others;
 * one that rescuedDataColumn names holds what did not fit, as JSON, and such rows then are good.
 */
#ifndef DBX_FORMATS_TEXT_SOURCE_H
#define DBX_FORMATS_TEXT_SOURCE_H

#include "formats/text_blocks.h"
#include "formats/text_value.h"

typedef enum text_mode {
    TEXT_MODE_DEFAULT,
    TEXT_MODE_PERMISSIVE,
    TEXT_MODE_DROP_MALFORMED,
    TEXT_MODE_FAIL_FAST
} text_mode;

typedef struct text_options {
    io_stream_codec codec;
    text_decoder decoder;
    text_mode mode;
    source_column *schema; /* given; NULL: guessed */
    uint32_t schema_count;
    bool infer_types;
    double sampling_ratio;      /* of the sample's rows that are looked at */
    string_view corrupt_column; /* empty: _corrupt_record, where a schema has it */
    bool corrupt_given;
    string_view rescued_column;
    string_view zone_name; /* empty: the session's */
    text_value_options values;
    file_list_options list;
    char line_end;
} text_options;

typedef struct text_source text_source;
typedef struct text_source_kind {
    const char *name; /* "CSV" */
    const table_function_row *row;
    size_t source_size, local_size; /* a text_source, a text_local first */
    const source_vtab *vtab;
    void (*defaults)(text_source *s);
    /* Its own arguments; *taken is false for one that it does not know. */
    dbx_status (*argument)(text_source *s, const table_argument *a, bool *taken, error *err);
    /* Finds s->data, data_count and row_bytes (a given schema stands there already). */
    dbx_status (*infer)(text_source *s, const io_gate *gate, span position, error *err);
    text_blocks_cut cut;
    uint64_t record_max;
} text_source_kind;

struct text_source {
    source base;
    const text_source_kind *kind;
    ledger *ledger;
    arena arena;
    text_options options;
    file_list files;
    source_column *data; /* columns of the text, then corrupt and rescued ones */
    uint32_t data_count;
    uint32_t corrupt_at, rescued_at; /* in data; UINT32_MAX: none */
    file_column *kinds;              /* per column of the schema */
    double row_bytes;
};

typedef struct text_scan {
    text_source *source;
    query *query;
    const scan_spec *spec;
    text_value_options values; /* with the zone */
    text_blocks blocks;
    bool *wanted; /* per file */
    arena arena;
} text_scan;

typedef struct text_rescue {
    uint32_t row;
    bool is_json; /* the text is a JSON value; else a string */
    string_view name, text;
} text_rescue;

typedef struct text_local {
    text_scan *scan;
    arena arena;       /* of the worker */
    arena file_arena;  /* of the file at hand */
    arena chunk_arena; /* of the chunk at hand */
    text_block block;
    uint32_t file; /* the constants are for it; UINT32_MAX: none */
    vector *constants;
    vector **columns; /* per data column: where it goes in the chunk at hand, or NULL */
    ARENA_LIST(text_rescue) rescued; /* of the chunk at hand, rows ascending */
} text_local;

/* ---- source ---- */

dbx_status text_source_bind(const text_source_kind *kind, query *q, ledger *l,
                            const table_argument *arguments, uint32_t argument_count, span position,
                            source **out, error *err) MUST_CHECK;
bool text_source_row_count(const source *base, uint64_t *rows, bool *exact);
dbx_status text_source_describe(const source *base, buffer *out);
void text_source_free(source *base);
/* One character, "" for none, "\\t" for a tab. */
dbx_status text_argument_char(const table_argument *a, arena *to, char *out, error *err) MUST_CHECK;
/* What becomes of rows that do not fit. */
text_mode text_source_mode(const text_source *s);

/* ---- scan ---- */

dbx_status text_scan_open(source *base, query *q, const scan_spec *spec, source_scan **out,
                          error *err);
void text_scan_close(source_scan *opaque);
double text_scan_progress(const source_scan *opaque);
void text_scan_counts(const source_scan *opaque, source_counts *out);
/* Zeroed memory of the kind's local_size; free with text_local_free after what the kind holds. */
dbx_status text_local_new(source_scan *opaque, text_local **out, error *err) MUST_CHECK;
void text_local_free(text_local *l);
/* The next block; *new_file: the first that this worker has of its file. */
dbx_status text_local_next(text_local *l, bool *more, uint64_t *morsel_index, bool *new_file,
                           error *err) MUST_CHECK;
/* Resets the chunk arena; columns that are not in the text are set in `out`, the others made anew
 * with room for `rows` and entered in l->columns. */
dbx_status text_local_start(text_local *l, chunk *out, uint32_t rows, error *err) MUST_CHECK;
/* A column that is asked for twice is filled once: copies it. */
void text_local_share(const text_local *l, chunk *out);
/* Must all values be judged, those of columns that nobody asked for, too? */
bool text_local_judges_all(const text_local *l);
/* Fills the corrupt and rescued columns: bad[r] marks rows that do not fit, record(state, r) gives
 * their text. */
dbx_status text_local_finish(text_local *l, const uint8_t *bad, uint32_t rows,
                             string_view (*record)(const text_local *l, uint32_t row),
                             error *err) MUST_CHECK;
/* Raises FILE_CORRUPT with path and line of the block's byte `at`. */
dbx_status text_local_raise(text_local *l, size_t at, const char *what, error *err) MUST_CHECK;
/* Leaves out the rows marked bad. */
dbx_status text_local_drop(text_local *l, chunk *out, const uint8_t *bad) MUST_CHECK;

#endif
