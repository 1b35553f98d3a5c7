/* csv.h - what the CSV files share: the dialect, splitting text into fields, finding dialect and
 * types.
 *
 *   csv_dialect.c  guessing: delimiter, quote, header, column types
 *   csv_split.c    text -> fields of rows
 *   csv_source.c   read_csv: blocks of text -> chunks
 *   csv_writer.c   COPY … TO 'x.csv'
 */
#ifndef DBX_FORMATS_CSV_H
#define DBX_FORMATS_CSV_H

#include "formats/text_value.h"

enum {
    CSV_COLUMNS_MAX = 16384,
    CSV_SAMPLE_BYTES = 4 << 20,    /* read for guessing */
    CSV_BLOCK_BYTES = 1 << 20,     /* of text per morsel, about */
    CSV_ROW_BYTES_MAX = 256 << 20, /* a longer row is a missing quote */
};

typedef struct csv_dialect {
    char delimiter;
    char quote;   /* '\0': none */
    char escape;  /* '\0' or equal to quote: quotes are doubled */
    char comment; /* '\0': none */
    bool header;
} csv_dialect;

/* One field of a row in its text. A quoted one is without its quotes. */
typedef struct csv_field {
    uint32_t start;
    uint32_t size;
    bool quoted;
    bool escaped; /* holds doubled quotes or escapes: csv_unescape before use */
} csv_field;

/* Text whose field ends are known. */
typedef struct csv_text {
    const char *data; /* whole rows, the last ended by '\n' */
    size_t size;
    const uint32_t *marks; /* offsets of unquoted delimiters and line ends */
    size_t mark_count;
    size_t next_mark;
    uint32_t row_start;
} csv_text;

/* Finds all marks; marks has room for size entries. */
void csv_text_init(csv_text *t, const char *data, size_t size, const csv_dialect *d,
                   uint32_t *marks);
/* Reads the next row: up to `most` fields into out, *count gets how many the row has (it may be
 * more than most). Blank and comment lines are passed over. False at the end. */
bool csv_next_row(csv_text *t, const csv_dialect *d, csv_field *out, uint32_t most,
                  uint32_t *count);
/* Writes the field without quote doubling and escapes to out (room for size bytes); returns the
 * size. */
uint32_t csv_unescape(const csv_text *t, const csv_dialect *d, const csv_field *f, char *out);

/* Where whole rows end: bytes of text up to and with the last line end outside of quotes; 0 when
 * there is none. */
size_t csv_whole_rows(const char *text, size_t size, const csv_dialect *d);

typedef struct csv_guess_input {
    bool delimiter_given, quote_given, escape_given, header_given;
    bool infer_types;      /* false: all columns are STRING */
    string_view null_text; /* values equal to it are NULL */
    bool prefer_tab;       /* the name ends in .tsv */
} csv_guess_input;

typedef struct csv_guess {
    uint32_t column_count;
    string_view *names; /* unique */
    type *types;
    double row_bytes; /* average, for estimates */
} csv_guess;

/* Completes the dialect and finds names and types from the start of a file. */
dbx_status csv_guess_schema(const char *sample, size_t size, const csv_guess_input *in,
                            csv_dialect *dialect, arena *a, ledger *scratch,
                            csv_guess *out) MUST_CHECK;

#endif
