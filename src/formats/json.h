/* json.h - what the JSON files share: reading values into vectors, and finding the type of values.
 *
 *   json_value.c   text -> rows of vectors, by type
 *   json_infer.c   text -> the type that fits all values
 *   json_source.c  read_json: blocks of text -> chunks
 *
 * Numbers without a fraction that fit are BIGINT, others DOUBLE; objects are STRUCT with fields in
 * order of appearance; where values of different kinds meet, the type is STRING and holds the JSON
 * text.
 */
#ifndef DBX_FORMATS_JSON_H
#define DBX_FORMATS_JSON_H

#include "formats/text_value.h"

enum {
    JSON_DEPTH_MAX = 512,
    JSON_FIELDS_MAX = 10000,
    JSON_SAMPLE_BYTES = 8 << 20,
};

/* A position in JSON text. Every reader advances it behind what it read; false means malformed
 * there. */
typedef struct json_cursor {
    const char *at;
    const char *end;
} json_cursor;

void json_skip_space(json_cursor *c);
/* Passes over one value of any kind. */
bool json_skip_value(json_cursor *c, uint32_t depth);
/* A string's bytes between its quotes, escapes still in; *escaped tells whether there are any. */
bool json_read_string(json_cursor *c, string_view *raw, bool *escaped);
/* Writes the string without escapes to out (room for raw.size bytes, which always suffices);
 * returns the size. */
size_t json_unescape(string_view raw, char *out);
/* The text of a number, true, false or null. */
bool json_read_word(json_cursor *c, string_view *word);

/* ---- values into vectors ---- */

typedef struct json_reader {
    arena *arena; /* strings with escapes, growing lists */
    const time_zone *zone;
    bool strict; /* a value that does not fit its type is malformed; else it is NULL */
    bool nomem;
} json_reader;

/* Reads the value at the cursor into row `row` of a FLAT vector. */
bool json_read_value(json_reader *r, json_cursor *c, vector *v, uint32_t row, uint32_t depth);
/* Reads an object into row `row` of one vector a field; columns[i] NULL fields are passed over.
 * Names match without case when no exact match exists. A NULL row for the value null. */
bool json_read_object(json_reader *r, json_cursor *c, const string_view *names,
                      vector *const *columns, uint32_t count, uint32_t row);

/* ---- types ---- */

typedef struct json_shape json_shape;
struct json_shape {
    bool seen_boolean, seen_integer, seen_double, seen_string,
        seen_other; /* scalars; other: does not fit */
    bool seen_object, seen_array;
    string_view *names; /* object */
    json_shape **fields;
    uint32_t field_count, field_capacity;
    json_shape *element; /* array */
};

/* Folds the value at the cursor into the shape. Memory short: *nomem is set and false is returned.
 */
bool json_infer(json_cursor *c, json_shape *shape, arena *a, uint32_t depth, bool *nomem);
dbx_status json_shape_type(const json_shape *shape, arena *a, uint32_t depth, type *out) MUST_CHECK;

#endif
