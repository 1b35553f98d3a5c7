/* arrow_import.c - Arrow arrays to vectors.
 *
 * Values whose layout is the same are borrowed; booleans, strings, decimals that fit 64 bits, and
 * other units of time are converted. Validity bits are shifted to the row range that is read.
 */
#include "formats/arrow.h"

#include <stdlib.h>

/* ---- schemas ---- */

static dbx_status arrow_unsupported(const struct ArrowSchema *s, error *err) {
    return error_raisef(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                        "Arrow column '%s' of format %s", s->name ? s->name : "", s->format);
}

static dbx_status arrow_children_types(const struct ArrowSchema *s, arena *a, type_field **out,
                                       error *err) {
    type_field *fields = ARENA_ARRAY(a, type_field, (size_t)s->n_children);
    if (fields == NULL) return error_nomem(err);
    for (int64_t i = 0; i < s->n_children; i++) {
        fields[i].name =
            arena_copy_string(a, sv_from(s->children[i]->name ? s->children[i]->name : ""));
        fields[i].nullable = (s->children[i]->flags & ARROW_FLAG_NULLABLE) != 0;
        if (fields[i].name.data == NULL) return error_nomem(err);
        TRY(arrow_schema_import(s->children[i], a, &fields[i].type, err));
    }
    *out = fields;
    return DBX_OK;
}

static dbx_status arrow_nested_type(const struct ArrowSchema *s, arena *a, type *out, error *err) {
    type_field *fields = NULL;
    TRY(arrow_children_types(s, a, &fields, err));
    dbx_status status;
    if (s->format[1] == 's') {
        status = type_struct(a, fields, (uint32_t)s->n_children, out);
    } else if (s->n_children != 1) {
        return arrow_unsupported(s, err);
    } else if (s->format[1] == 'm') {
        if (fields[0].type.id != TYPE_STRUCT || fields[0].type.child_count != 2)
            return arrow_unsupported(s, err);
        const type_field *pair = fields[0].type.children;
        status = type_map(a, pair[0].type, pair[1].type, pair[1].nullable, out);
    } else {
        status = type_array(a, fields[0].type, fields[0].nullable, out);
    }
    return status == DBX_OK ? DBX_OK : error_nomem(err);
}

dbx_status arrow_schema_import(const struct ArrowSchema *s, arena *a, type *out, error *err) {
    if (s->dictionary != NULL) return arrow_schema_import(s->dictionary, a, out, err);
    static const struct {
        const char *format; /* a prefix when it ends in ':' */
        type_id id;
    } formats[] = {
        {"n", TYPE_VOID},     {"b", TYPE_BOOLEAN}, {"c", TYPE_TINYINT}, {"C", TYPE_SMALLINT},
        {"s", TYPE_SMALLINT}, {"S", TYPE_INT},     {"i", TYPE_INT},     {"I", TYPE_BIGINT},
        {"l", TYPE_BIGINT},   {"f", TYPE_FLOAT},   {"g", TYPE_DOUBLE},  {"u", TYPE_STRING},
        {"U", TYPE_STRING},   {"vu", TYPE_STRING}, {"z", TYPE_BINARY},  {"Z", TYPE_BINARY},
        {"vz", TYPE_BINARY},  {"tdD", TYPE_DATE},  {"tdm", TYPE_DATE},  {"ttm", TYPE_TIME},
        {"tts", TYPE_TIME},   {"ttu", TYPE_TIME},  {"ttn", TYPE_TIME}};
    const char *f = s->format;
    for (uint32_t i = 0; i < ARRAY_COUNT(formats); i++) {
        if (strcmp(f, formats[i].format) != 0) continue;
        *out = type_simple(formats[i].id);
        return DBX_OK;
    }
    if (strcmp(f, "L") == 0) {
        *out = type_decimal(20, 0);
        return DBX_OK;
    }
    if (f[0] == 't' && f[1] == 's' && f[2] != '\0' && f[3] == ':') {
        *out = type_simple(f[4] != '\0' ? TYPE_TIMESTAMP : TYPE_TIMESTAMP_NTZ);
        return DBX_OK;
    }
    if (f[0] == 't' && f[1] == 'D') {
        *out = type_interval_dt(INTERVAL_DAY, INTERVAL_SECOND);
        return DBX_OK;
    }
    if (strcmp(f, "tiM") == 0) {
        *out = type_interval_ym(INTERVAL_YEAR, INTERVAL_MONTH);
        return DBX_OK;
    }
    if (strcmp(f, "tin") == 0) {
        *out = type_simple(TYPE_INTERVAL);
        return DBX_OK;
    }
    if (f[0] == 'd' && f[1] == ':') {
        char *end;
        unsigned long precision = strtoul(f + 2, &end, 10);
        unsigned long scale = *end == ',' ? strtoul(end + 1, &end, 10) : 0;
        bool wide = *end == ',' && strcmp(end, ",128") != 0;
        if (precision < 1 || precision > DECIMAL_PRECISION_MAX || scale > precision || wide)
            return arrow_unsupported(s, err);
        *out = type_decimal((uint32_t)precision, (uint32_t)scale);
        return DBX_OK;
    }
    if (f[0] == '+' && (f[1] == 's' || f[1] == 'l' || f[1] == 'L' || f[1] == 'm'))
        return arrow_nested_type(s, a, out, err);
    return arrow_unsupported(s, err);
}

/* ---- arrays ---- */

typedef struct arrow_range {
    const struct ArrowSchema *schema;
    const struct ArrowArray *array;
    int64_t from; /* with the array's own offset */
    uint32_t rows;
    arena *arena;
    error *err;
} arrow_range;

static bool arrow_bit(const void *bits, int64_t i) {
    return ((const uint8_t *)bits)[i / 8] >> (i % 8) & 1u;
}

static dbx_status arrow_get_validity(const arrow_range *r, vector *out) {
    const void *bits = r->array->n_buffers > 0 ? r->array->buffers[0] : NULL;
    if (bits == NULL || r->array->null_count == 0) return DBX_OK;
    TRY(vector_ensure_validity(out, r->arena));
    for (uint32_t i = 0; i < r->rows; i++) {
        if (!arrow_bit(bits, r->from + i)) validity_set_null(out->validity, i);
    }
    return DBX_OK;
}

static dbx_status arrow_get_strings(const arrow_range *r, vector *out) {
    bool large = r->schema->format[0] == 'U' || r->schema->format[0] == 'Z';
    const int32_t *small_offsets = r->array->buffers[1];
    const int64_t *large_offsets = r->array->buffers[1];
    const char *bytes = r->array->buffers[2];
    vstring *values = VECTOR_DATA(out, vstring);
    for (uint32_t i = 0; i < r->rows; i++) {
        int64_t at = r->from + i;
        int64_t start = large ? large_offsets[at] : small_offsets[at];
        int64_t end = large ? large_offsets[at + 1] : small_offsets[at + 1];
        if (start < 0 || end < start || end - start > UINT32_MAX) {
            return error_raise(r->err, ERR_FILE_CORRUPT, (span){0, 0}, "path", "Arrow data",
                               "message", "string offsets run backwards", NULL);
        }
        values[i] = vstring_from(bytes ? bytes + start : "", (size_t)(end - start));
    }
    return DBX_OK;
}

/* String views: 16 bytes of length, then the text or prefix, buffer index and offset. */
static void arrow_get_string_views(const arrow_range *r, vector *out) {
    const char *views = r->array->buffers[1];
    vstring *values = VECTOR_DATA(out, vstring);
    for (uint32_t i = 0; i < r->rows; i++) {
        const char *v = views + (size_t)(r->from + i) * 16;
        int32_t size, buffer_index, offset;
        memcpy(&size, v, 4);
        memcpy(&buffer_index, v + 8, 4);
        memcpy(&offset, v + 12, 4);
        const char *text = size <= VSTRING_INLINE_MAX
                               ? v + 4
                               : (const char *)r->array->buffers[2 + buffer_index] + offset;
        values[i] = vstring_from(text, (size_t)size);
    }
}

/* Widening of unsigned integers and conversion of units, by format. */
static void arrow_get_converted(const arrow_range *r, vector *out) {
    const char *f = r->schema->format;
    const void *data = r->array->buffers[1];
    for (uint32_t i = 0; i < r->rows; i++) {
        int64_t at = r->from + i;
        int64_t unit_value =
            f[0] == 't' && f[1] != 'd'
                ? (strcmp(f, "ttm") == 0 || strcmp(f, "tts") == 0 ? ((const int32_t *)data)[at]
                                                                  : ((const int64_t *)data)[at])
                : 0;
        switch (f[0]) {
        case 'b':
            VECTOR_DATA(out, uint8_t)[i] = arrow_bit(data, at);
            break;
        case 'C':
            VECTOR_DATA(out, int16_t)[i] = ((const uint8_t *)data)[at];
            break;
        case 'S':
            VECTOR_DATA(out, int32_t)[i] = ((const uint16_t *)data)[at];
            break;
        case 'I':
            VECTOR_DATA(out, int64_t)[i] = ((const uint32_t *)data)[at];
            break;
        case 'L':
            VECTOR_DATA(out, __int128)[i] = ((const uint64_t *)data)[at];
            break;
        case 'd':
            if (out->phys == PHYS_INT64)
                VECTOR_DATA(out, int64_t)[i] = (int64_t)((const __int128 *)data)[at];
            else
                memcpy(&VECTOR_DATA(out, __int128)[i], (const char *)data + (size_t)at * 16, 16);
            break;
        default:
            if (strcmp(f, "tdm") == 0) {
                VECTOR_DATA(out, int32_t)[i] = (int32_t)(((const int64_t *)data)[at] / 86400000);
            } else {
                char unit = f[2];
                int64_t scaled = unit == 's'   ? unit_value * 1000000
                                 : unit == 'm' ? unit_value * 1000
                                 : unit == 'n' ? unit_value / 1000
                                               : unit_value;
                VECTOR_DATA(out, int64_t)[i] = scaled;
            }
            break;
        }
    }
}

static void arrow_get_intervals(const arrow_range *r, vector *out) {
    const char *data = r->array->buffers[1];
    for (uint32_t i = 0; i < r->rows; i++) {
        const char *v = data + (size_t)(r->from + i) * 16;
        dbx_interval x;
        int64_t nanos;
        memcpy(&x.months, v, 4);
        memcpy(&x.days, v + 4, 4);
        memcpy(&nanos, v + 8, 8);
        x.micros = nanos / 1000;
        VECTOR_DATA(out, dbx_interval)[i] = x;
    }
}

static bool arrow_same_layout(const char *f) {
    static const char *const same[] = {"c", "s", "i", "l", "f", "g", "tdD", "tiM", "ttu"};
    for (uint32_t i = 0; i < ARRAY_COUNT(same); i++) {
        if (strcmp(f, same[i]) == 0) return true;
    }
    return (f[0] == 't' && f[1] == 's' && f[2] == 'u') || strcmp(f, "tDu") == 0;
}

static dbx_status arrow_get_list(const arrow_range *r, type t, vector *out) {
    bool large = r->schema->format[1] == 'L';
    const int32_t *small_offsets = r->array->buffers[1];
    const int64_t *large_offsets = r->array->buffers[1];
    if (r->rows == 0) return DBX_OK;
    int64_t first = large ? large_offsets[r->from] : small_offsets[r->from];
    int64_t last = large ? large_offsets[r->from + r->rows] : small_offsets[r->from + r->rows];
    if (first < 0 || last < first || last - first > UINT32_MAX) {
        return error_raise(r->err, ERR_FILE_CORRUPT, (span){0, 0}, "path", "Arrow data", "message",
                           "list offsets run backwards", NULL);
    }
    for (uint32_t i = 0; i < r->rows; i++) {
        int64_t start = large ? large_offsets[r->from + i] : small_offsets[r->from + i];
        int64_t end = large ? large_offsets[r->from + i + 1] : small_offsets[r->from + i + 1];
        VECTOR_DATA(out, list_entry)
        [i] = (list_entry){(uint32_t)(start - first), (uint32_t)(end - start)};
    }
    out->child_count = (uint32_t)(last - first);
    type item = t.id == TYPE_MAP ? out->children[0].type : t.children[0].type;
    return arrow_array_import(r->schema->children[0], r->array->children[0], item, first,
                              out->child_count, &out->children[0], r->arena, r->err);
}

/* Indexes into the dictionary, which becomes the child of a DICTIONARY vector. */
static dbx_status arrow_get_dictionary(const arrow_range *r, type t, vector *out) {
    vector *values = ARENA_NEW(r->arena, vector);
    sel_t *sel = ARENA_ARRAY(r->arena, sel_t, r->rows);
    if (values == NULL || sel == NULL) return error_nomem(r->err);
    uint32_t count = (uint32_t)r->array->dictionary->length;
    TRY(arrow_array_import(r->schema->dictionary, r->array->dictionary, t, 0, count, values,
                           r->arena, r->err));
    vector with_null;
    bool nulls =
        r->array->n_buffers > 0 && r->array->buffers[0] != NULL && r->array->null_count != 0;
    TRY(vector_init(&with_null, t, count + 1, r->arena));
    TRY(vector_copy(&with_null, 0, values, NULL, 0, count, r->arena));
    TRY(vector_ensure_validity(&with_null, r->arena));
    validity_set_null(with_null.validity, count);
    for (uint32_t i = 0; i < r->rows; i++) {
        int64_t at = r->from + i;
        uint64_t index;
        switch (r->schema->format[0]) {
        case 'c':
        case 'C':
            index = ((const uint8_t *)r->array->buffers[1])[at];
            break;
        case 's':
        case 'S':
            index = ((const uint16_t *)r->array->buffers[1])[at];
            break;
        case 'i':
        case 'I':
            index = ((const uint32_t *)r->array->buffers[1])[at];
            break;
        default:
            index = ((const uint64_t *)r->array->buffers[1])[at];
            break;
        }
        bool null = nulls && !arrow_bit(r->array->buffers[0], at);
        if (!null && index >= count) {
            return error_raise(r->err, ERR_FILE_CORRUPT, (span){0, 0}, "path", "Arrow data",
                               "message", "a dictionary index is out of range", NULL);
        }
        sel[i] = null ? count : (uint32_t)index;
    }
    return vector_slice(out, &with_null, sel, r->rows, r->arena);
}

dbx_status arrow_array_import(const struct ArrowSchema *schema, const struct ArrowArray *array,
                              type t, int64_t from, uint32_t rows, vector *out, arena *a,
                              error *err) {
    if (from < 0 || from + rows > array->length) {
        return error_raise(err, ERR_FILE_CORRUPT, (span){0, 0}, "path", "Arrow data", "message",
                           "an array is shorter than its parent says", NULL);
    }
    arrow_range r = {schema, array, from + array->offset, rows, a, err};
    if (schema->dictionary != NULL && array->dictionary != NULL)
        return arrow_get_dictionary(&r, t, out);
    const char *f = schema->format;
    TRY(vector_init(out, t, MAX(rows, 1u), a));
    if (f[0] == 'n') {
        TRY(vector_ensure_validity(out, a));
        validity_fill(out->validity, MAX(rows, 1u), false);
        return DBX_OK;
    }
    TRY(arrow_get_validity(&r, out));
    if (f[0] == '+' && f[1] == 's') {
        for (uint32_t c = 0; c < t.child_count; c++) {
            TRY(arrow_array_import(schema->children[c], array->children[c], t.children[c].type,
                                   r.from, rows, &out->children[c], a, err));
        }
        return DBX_OK;
    }
    if (f[0] == '+') return arrow_get_list(&r, t, out);
    if (rows == 0) return DBX_OK;
    if (strchr("uUzZ", f[0]) != NULL) return arrow_get_strings(&r, out);
    if (f[0] == 'v')
        arrow_get_string_views(&r, out);
    else if (strcmp(f, "tin") == 0)
        arrow_get_intervals(&r, out);
    else if (!arrow_same_layout(f))
        arrow_get_converted(&r, out);
    else
        out->data = (char *)(uintptr_t)array->buffers[1] +
                    (size_t)r.from * physical_size((physical_type)out->phys);
    return DBX_OK;
}
