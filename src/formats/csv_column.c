/* csv_column.c - one field of many rows into a vector.
 *
 * Each type has a loop with a scanner for the plain form of its values; a field that is not of it
 * (quoted, NULL, a rare form, wrong) takes the slow path, which is the same for all types.
 */
#include "formats/csv.h"
#include "formats/text_plain.h"

/* ---- the slow path ---- */

static dbx_status csv_set_null(vector *v, uint32_t r, csv_column *c) {
    TRY(vector_ensure_validity(v, c->arena));
    validity_set_null(v->validity, r);
    if (v->phys == PHYS_STRING) VECTOR_DATA(v, vstring)[r] = vstring_from("", 0);
    return DBX_OK;
}

static string_view csv_trim_string(const csv_column *c, string_view s) {
    if (c->trim_left)
        while (s.size > 0 && (*s.data == ' ' || *s.data == '\t')) s.data++, s.size--;
    if (c->trim_right)
        while (s.size > 0 && (s.data[s.size - 1] == ' ' || s.data[s.size - 1] == '\t')) s.size--;
    return s;
}

static __attribute__((noinline)) dbx_status csv_store_slow(const csv_rows *rows, string_view raw,
                                                           vector *v, uint32_t r, csv_column *c) {
    csv_field f = csv_field_of(rows->text, rows->dialect, raw);
    string_view text = {rows->text->data + f.start, f.size};
    bool is_string = type_is_string_like(v->type);
    if (f.escaped) {
        char *copy = arena_alloc_bytes(c->arena, f.size + 1);
        if (copy == NULL) return DBX_NOMEM;
        text = (string_view){copy, csv_unescape(rows->text, rows->dialect, &f, copy)};
    }
    if (is_string && !f.quoted) text = csv_trim_string(c, text);
    if (!is_string) text = sv_trim(text);
    if (text.size == 0) {
        if (!is_string || !f.quoted) return csv_set_null(v, r, c);
        text = c->empty_text;
    }
    if (c->values->null_text.size > 0 && sv_equal(text, c->values->null_text))
        return csv_set_null(v, r, c);
    if (text_value_store(v, r, text, c->values)) return DBX_OK;
    c->bad[r] = 1;
    c->any_bad = true;
    c->bad_text = text;
    return csv_set_null(v, r, c);
}

/* ---- plain forms ---- */

/* Stores value r from a field of at least one byte; false: not of the plain form. */
typedef bool (*csv_plain)(string_view s, vector *v, uint32_t r, const csv_column *c);

#define CSV_PLAIN(name, call)                                                                      \
    static inline bool name(string_view s, vector *v, uint32_t r, const csv_column *c) {           \
        (void)c;                                                                                   \
        return call;                                                                               \
    }
CSV_PLAIN(csv_plain_int8, text_plain_int8(s, v, r))
CSV_PLAIN(csv_plain_int16, text_plain_int16(s, v, r))
CSV_PLAIN(csv_plain_int32, text_plain_int32(s, v, r))
CSV_PLAIN(csv_plain_int64, text_plain_int64(s, v, r))
CSV_PLAIN(csv_plain_double, text_plain_double(s, v, r))
CSV_PLAIN(csv_plain_decimal, text_plain_decimal(s, v, r))
CSV_PLAIN(csv_plain_date, c->values->date_format == NULL && text_plain_date(s, v, r))
CSV_PLAIN(csv_plain_timestamp_ntz,
          c->values->timestamp_ntz_format == NULL && text_plain_timestamp(s, v, r))
#undef CSV_PLAIN

static inline bool csv_plain_timestamp(string_view s, vector *v, uint32_t r, const csv_column *c) {
    if (c->values->timestamp_format != NULL || !text_plain_timestamp(s, v, r)) return false;
    int64_t *x = &VECTOR_DATA(v, int64_t)[r];
    *x = time_zone_to_utc(c->values->zone, *x);
    return true;
}
/* Nothing but the slow path. */
static inline bool csv_plain_none(string_view s, vector *v, uint32_t r, const csv_column *c) {
    (void)s, (void)v, (void)r, (void)c;
    return false;
}

/* ---- loops ---- */

/* Written once, specialised by `plain`. */
static inline __attribute__((always_inline)) dbx_status csv_loop(const csv_rows *rows,
                                                                 uint32_t field, vector *v,
                                                                 csv_column *c, csv_plain plain) {
    for (uint32_t r = 0; r < rows->rows; r++) {
        if (rows->ragged && field >= rows->counts[r]) {
            TRY(csv_set_null(v, r, c));
            continue;
        }
        string_view s =
            csv_field_text(rows->text, rows->first[r] + field, field + 1 == rows->counts[r]);
        if (s.size == 0)
            TRY(csv_set_null(v, r, c));
        else if (!plain(s, v, r, c))
            TRY(csv_store_slow(rows, s, v, r, c));
    }
    return DBX_OK;
}

static dbx_status csv_loop_strings(const csv_rows *rows, uint32_t field, vector *v, csv_column *c) {
    vstring *out = VECTOR_DATA(v, vstring);
    char quote = rows->dialect->quote;
    bool slow = c->trim_left || c->trim_right || c->values->null_text.size > 0;
    for (uint32_t r = 0; r < rows->rows; r++) {
        if (rows->ragged && field >= rows->counts[r]) {
            TRY(csv_set_null(v, r, c));
            continue;
        }
        string_view s =
            csv_field_text(rows->text, rows->first[r] + field, field + 1 == rows->counts[r]);
        if (s.size == 0)
            TRY(csv_set_null(v, r, c));
        else if (slow || (s.data[0] == quote && quote != '\0'))
            TRY(csv_store_slow(rows, s, v, r, c));
        else
            out[r] = text_plain_string(s);
    }
    return DBX_OK;
}

#define CSV_LOOP(name, plain)                                                                      \
    static dbx_status name(const csv_rows *rows, uint32_t field, vector *v, csv_column *c) {       \
        return csv_loop(rows, field, v, c, plain);                                                 \
    }
CSV_LOOP(csv_loop_int8, csv_plain_int8)
CSV_LOOP(csv_loop_int16, csv_plain_int16)
CSV_LOOP(csv_loop_int32, csv_plain_int32)
CSV_LOOP(csv_loop_int64, csv_plain_int64)
CSV_LOOP(csv_loop_double, csv_plain_double)
CSV_LOOP(csv_loop_decimal, csv_plain_decimal)
CSV_LOOP(csv_loop_date, csv_plain_date)
CSV_LOOP(csv_loop_timestamp, csv_plain_timestamp)
CSV_LOOP(csv_loop_timestamp_ntz, csv_plain_timestamp_ntz)
CSV_LOOP(csv_loop_any, csv_plain_none)
#undef CSV_LOOP

typedef dbx_status (*csv_loop_of_type)(const csv_rows *rows, uint32_t field, vector *v,
                                       csv_column *c);

static const csv_loop_of_type csv_loops[TYPE_ID_COUNT] = {
    [TYPE_TINYINT] = csv_loop_int8,
    [TYPE_SMALLINT] = csv_loop_int16,
    [TYPE_INT] = csv_loop_int32,
    [TYPE_BIGINT] = csv_loop_int64,
    [TYPE_DOUBLE] = csv_loop_double,
    [TYPE_DECIMAL] = csv_loop_decimal,
    [TYPE_DATE] = csv_loop_date,
    [TYPE_TIMESTAMP] = csv_loop_timestamp,
    [TYPE_STRING] = csv_loop_strings,
    [TYPE_BINARY] = csv_loop_strings,
    [TYPE_TIMESTAMP_NTZ] = csv_loop_timestamp_ntz,
};

dbx_status csv_column_fill(const csv_rows *rows, uint32_t field, vector *v, csv_column *c) {
    assert(v->form == VECTOR_FLAT && v->capacity >= rows->rows);
    csv_loop_of_type loop = csv_loops[v->type.id];
    if (loop == NULL || (loop == csv_loop_decimal && v->phys != PHYS_INT64)) loop = csv_loop_any;
    return loop(rows, field, v, c);
}
