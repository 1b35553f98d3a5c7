/* adbc_rows.h - Arrow rows built value by value, for the metadata results of ADBC.
 *
 * A schema is a tree of static field rows; a builder grows one array a field. Values are put into a
 * column in order: a list's or struct's children first, then the list or struct itself. A failed
 * allocation is remembered, and finishing fails.
 */
#ifndef DBX_API_ADBC_ROWS_H
#define DBX_API_ADBC_ROWS_H

#include "api/adbc_int.h"

typedef struct adbc_field {
    const char *name;
    const char *format; /* Arrow's: u, b, s, i, l, I, g, z, +l, +s, +m, +ud:0,1,… */
    bool nullable;
    const struct adbc_field *children;
    uint32_t child_count;
} adbc_field;

typedef struct adbc_column {
    const adbc_field *field;
    uint8_t *validity; /* a byte a row until the end */
    char *data;        /* values; UTF-8 for texts; type ids of a union */
    int32_t *offsets;  /* of lists, texts and unions */
    size_t data_size, data_capacity;
    int64_t rows, capacity, nulls;
    bool failed;
    struct adbc_column *children;
} adbc_column;

/* A column of a row struct: its children are the result's columns. NULL when out of memory. */
adbc_column *adbc_column_new(const adbc_field *field);
void adbc_column_free(adbc_column *c);

void adbc_put_null(adbc_column *c);
void adbc_put_text(adbc_column *c, string_view value); /* data NULL: NULL */
void adbc_put_int(adbc_column *c, int64_t value);      /* of the format's width; bool, too */
void adbc_put_double(adbc_column *c, double value);
/* Ends a list (or map) of the items put into its child since the last one. */
void adbc_put_list(adbc_column *c);
/* Ends a struct; its children have one value more each. */
void adbc_put_struct(adbc_column *c);
/* The child's last value is this row's. */
void adbc_put_union(adbc_column *c, uint32_t child);

/* Makes a stream of one batch and frees the column, also on failure. */
AdbcStatusCode adbc_rows_finish(adbc_column *rows, struct ArrowArrayStream *out,
                                struct AdbcError *e);

#endif
