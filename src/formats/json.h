/* json.h - what the JSON readers share: reading values into vectors, and finding the type of
 * values.
 *
 *   json_value.c   text -> rows of vectors, by type
 *   json_infer.c   text -> the type that fits all values
 *   json_source.c  read_json: blocks of text -> chunks
 *   json_writer.c  COPY … TO 'x.json'
 *
 * Numbers without a fraction that fit are BIGINT, others DOUBLE; objects are STRUCT with fields in
 * order of appearance; where values of different kinds meet, the type is STRING and holds the JSON
 * text. Strings may stand in single quotes, as Spark takes them.
 */
#ifndef DBX_FORMATS_JSON_H
#define DBX_FORMATS_JSON_H

#include "formats/text_source.h"

enum {
    JSON_DEPTH_MAX = 512,
    JSON_FIELDS_MAX = 10000,
    JSON_SAMPLE_BYTES = 8 << 20,
};

/* A position in JSON text; TEXT_SLACK bytes behind the end are readable. Every reader advances it
 * behind what it read; false means malformed there. */
typedef struct json_cursor {
    const char *at;
    const char *end;
} json_cursor;

static inline void json_skip_space(json_cursor *c) {
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\r' || *c->at == '\t'))
        c->at++;
}
/* Passes over one value of any kind. */
bool json_skip_value(json_cursor *c, uint32_t depth);
/* A string's bytes between its quotes, escapes still in; *escaped tells whether there are any. */
bool json_read_string(json_cursor *c, string_view *raw, bool *escaped);
/* The text of a number, true, false or null. */
bool json_read_word(json_cursor *c, string_view *word);

/* ---- values into vectors ---- */

typedef struct json_reader {
    arena *arena; /* strings with escapes, growing lists */
    const text_value_options *values;
    const query *query;
    text_local *rescue_to; /* values that do not fit are kept there; NULL: not */
    bool rescue_unknown;   /* fields without a column, too */
    uint32_t row;          /* of the chunk */
    bool misfit;           /* a value did not fit its type: it is NULL */
    bool nomem;
} json_reader;

/* Reads the value at the cursor into row `row` of a FLAT vector. */
bool json_read_value(json_reader *r, json_cursor *c, vector *v, uint32_t row, string_view name,
                     uint32_t depth);
/* Reads an object into row `row` of one vector a field; columns[i] NULL fields are passed over.
 * Names match without case when no exact match exists. A NULL row for the value null. `seen` has
 * an entry a column and is the caller's to keep between rows. */
bool json_read_object(json_reader *r, json_cursor *c, const source_column *fields,
                      vector *const *columns, uint32_t count, uint32_t row, uint8_t *seen);
bool json_set_null(json_reader *r, vector *v, uint32_t row);

/* ---- types ---- */

typedef struct json_shape json_shape;
struct json_shape {
    bool seen_boolean, seen_integer, seen_double, seen_string;
    bool seen_object, seen_array;
    bool not_timestamp; /* a string that is none */
    string_view *names; /* object */
    json_shape **fields;
    uint32_t field_count, field_capacity;
    json_shape *element; /* array */
};

typedef struct json_inference {
    arena *arena;
    const text_value_options *values;
    bool timestamps;    /* strings that are timestamps have that type */
    bool only_strings;  /* scalars are STRING */
    bool drop_all_null; /* fields without any value are left out */
    bool nomem;
} json_inference;

/* Folds the value at the cursor into the shape. Memory short: in->nomem is set and false is
 * returned. */
bool json_infer(json_inference *in, json_cursor *c, json_shape *shape, uint32_t depth);
dbx_status json_shape_type(const json_inference *in, const json_shape *shape, uint32_t depth,
                           type *out) MUST_CHECK;

#endif
