/* csv.h - what the CSV readers share: the dialect, splitting text into fields, finding dialect and
 * types, fields into vectors.
 *
 *   csv_dialect.c  guessing: delimiter, quote, header, column types
 *   csv_split.c    text -> marks of fields and rows
 *   csv_column.c   one field of many rows -> a vector
 *   csv_source.c   read_csv: blocks of text -> chunks
 *   csv_writer.c   COPY … TO 'x.csv'
 */
#ifndef DBX_FORMATS_CSV_H
#define DBX_FORMATS_CSV_H

#include "formats/text_value.h"
#include "kernel/text_index.h"

enum {
    CSV_COLUMNS_MAX = 16384,
    CSV_SAMPLE_BYTES = 4 << 20,    /* read for guessing */
    CSV_DELIMITER_BYTES = 1 << 18, /* of it, for the delimiter */
    CSV_ROW_BYTES_MAX = 256 << 20, /* a longer row is a missing quote */
};

typedef struct csv_dialect {
    char delimiter; /* '\0': none, a line is a field */
    char quote;     /* '\0': none */
    char escape;    /* '\0' or equal to quote: quotes are doubled */
    char comment;   /* '\0': none */
    char line_end;
    bool header;
} csv_dialect;

/* One field of a row in its text. A quoted one is without its quotes. */
typedef struct csv_field {
    uint32_t start;
    uint32_t size;
    bool quoted;
    bool escaped; /* holds doubled quotes or escapes: csv_unescape before use */
} csv_field;

/* Text whose field ends are known. Field f of row r ends at marks[first mark of r + f] and begins
 * behind the mark before; marks[-1] + 1 is 0. */
typedef struct csv_text {
    const char *data; /* whole rows, the last ended by the line end; TEXT_SLACK bytes behind */
    size_t size;
    const uint32_t *marks;     /* offsets of delimiters and line ends outside of quotes */
    const uint32_t *line_ends; /* per row: which mark is its line end */
    uint32_t rows;
    uint32_t next_row;
    bool has_carriage; /* '\r' occurs */
} csv_text;

/* Entries that csv_text_init needs for a text. */
static inline size_t csv_marks_room(size_t size) {
    return 2 * size + TEXT_INDEX_SLACK + 2;
}
/* Finds all marks. */
void csv_text_init(csv_text *t, const char *data, size_t size, const csv_dialect *d,
                   uint32_t *marks);
static inline uint32_t csv_row_first(const csv_text *t, uint32_t row) {
    return row == 0 ? 0 : t->line_ends[row - 1] + 1;
}
/* Bytes of a field as they stand. */
static inline string_view csv_field_text(const csv_text *t, uint32_t mark, bool last) {
    uint32_t start = t->marks[(ptrdiff_t)mark - 1] + 1;
    uint32_t end = t->marks[mark];
    if (last && t->has_carriage && end > start && t->data[end - 1] == '\r') end--;
    return (string_view){t->data + start, end - start};
}
/* The field within a raw text: quotes taken off. */
csv_field csv_field_of(const csv_text *t, const csv_dialect *d, string_view raw);
/* A row that is blank or a comment holds no values. */
bool csv_row_is_empty(const csv_text *t, const csv_dialect *d, uint32_t row);
/* Reads the next row: up to `most` fields into out, *count gets how many the row has (it may be
 * more than most). Empty rows are passed over. False at the end. */
bool csv_next_row(csv_text *t, const csv_dialect *d, csv_field *out, uint32_t most,
                  uint32_t *count);
/* Writes the field without quote doubling and escapes to out (room for size bytes); returns the
 * size. */
uint32_t csv_unescape(const csv_text *t, const csv_dialect *d, const csv_field *f, char *out);

/* Where whole rows end: bytes of text up to and with the last line end outside of quotes; 0 when
 * there is none. */
size_t csv_whole_rows(const char *text, size_t size, const csv_dialect *d);

/* ---- guessing ---- */

typedef struct csv_guess_input {
    bool delimiter_given, quote_given, escape_given, header_given;
    bool infer_types; /* false: all columns are STRING */
    double sampling_ratio;
    text_value_options values;
    bool prefer_tab; /* the name ends in .tsv */
} csv_guess_input;

typedef struct csv_column_guess {
    uint32_t kinds;
    bool seen;
} csv_column_guess;

typedef struct csv_guess {
    uint32_t column_count;
    string_view *names; /* unique */
    csv_column_guess *columns;
    double row_bytes; /* average, for estimates */
    bool saw_escapes; /* the sample decides how quotes are escaped */
} csv_guess;

/* Completes the dialect and finds names and types from the start of a file. */
dbx_status csv_guess_schema(const char *sample, size_t size, const csv_guess_input *in,
                            csv_dialect *dialect, arena *a, ledger *scratch,
                            csv_guess *out) MUST_CHECK;
/* Does the text decide how quotes within quotes are written? Then d->escape gets it. */
bool csv_guess_escape(const char *sample, size_t size, csv_dialect *d);
/* Narrows the types by another stretch of the file, which begins anywhere. */
dbx_status csv_guess_more(const char *sample, size_t size, const csv_guess_input *in,
                          const csv_dialect *dialect, ledger *scratch, csv_guess *out) MUST_CHECK;

/* ---- fields into vectors ---- */

/* The rows of a chunk. */
typedef struct csv_rows {
    const csv_text *text;
    const csv_dialect *dialect;
    const uint32_t *first;  /* per row: the mark of its first field */
    const uint32_t *counts; /* fields of the row */
    uint32_t rows;
    bool ragged; /* counts differ */
} csv_rows;

typedef struct csv_column {
    const text_value_options *values;
    bool trim_left, trim_right; /* strings */
    string_view empty_text;     /* what a quoted empty string is */
    arena *arena;
    uint8_t *bad; /* rows with a value that does not fit its type are marked */
    bool any_bad;
    string_view bad_text; /* the last one */
} csv_column;

/* Field `field` of all rows into a FLAT vector. */
dbx_status csv_column_fill(const csv_rows *rows, uint32_t field, vector *v,
                           csv_column *c) MUST_CHECK;

#endif
