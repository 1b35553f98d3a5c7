/* parquet_variant.c - VARIANT columns: metadata, value and shredded parts back into one value.
 *
 * A group of a shredded value holds `value` (the binary encoding), `typed_value` (a Parquet type),
 * or, for objects, both: then `value` has the fields that were not shredded. A field of which both
 * are NULL is missing. Source: "Variant Shredding" of Apache Parquet's format specification.
 */
#include "formats/parquet_leaf.h"
#include "vector/variant.h"

typedef struct variant_join {
    const parquet_reader *readers;
    variant_builder builder;
    string_view metadata;
    error *err;
} variant_join;

/* What a group holds in a row. */
typedef struct variant_part {
    const parquet_binding *typed; /* NULL: no typed_value in the schema */
    const vector *typed_vector;
    uint32_t row;
    bool has_value, has_typed;
    variant value;
} variant_part;

static dbx_status variant_raise(const variant_join *j, const parquet_binding *b,
                                const char *message) {
    return parquet_reader_corrupt(&j->readers[b->structure], j->err, message);
}

static dbx_status variant_check(const variant_join *j, const parquet_binding *b,
                                dbx_status status) {
    if (status == DBX_OK) return DBX_OK;
    if (status == DBX_NOMEM) return error_nomem(j->err);
    return variant_raise(j, b, "a VARIANT value is malformed");
}

static uint32_t variant_child(const parquet_binding *b, const char *name) {
    for (uint32_t i = 0; i < b->child_count; i++) {
        const parquet_field *f = b->children[i].field;
        if (f != NULL && sv_equal(f->name, sv_from(name))) return i;
    }
    return UINT32_MAX;
}

static variant_part variant_part_of(const variant_join *j, const parquet_binding *b,
                                    const vector *group, uint32_t row) {
    variant_part p = {.row = row};
    uint32_t value = variant_child(b, "value"), typed = variant_child(b, "typed_value");
    if (!validity_get(group->validity, row)) return p;
    if (value != UINT32_MAX && validity_get(group->children[value].validity, row)) {
        p.has_value = true;
        p.value = (variant){j->metadata,
                            vstring_view(&VECTOR_DATA(&group->children[value], vstring)[row])};
    }
    if (typed == UINT32_MAX) return p;
    p.typed = &b->children[typed];
    p.typed_vector = &group->children[typed];
    p.has_typed = validity_get(p.typed_vector->validity, row);
    return p;
}

static dbx_status variant_join_part(variant_join *j, const parquet_binding *b,
                                    const variant_part *p, uint32_t depth);

/* ---- primitive values ---- */

static dbx_status variant_put_uuid(variant_builder *b, string_view text) {
    char bytes[16];
    uint32_t n = 0;
    for (size_t i = 0; i < text.size && n < 32; i++) {
        char c = ascii_lower(text.data[i]);
        if (c == '-') continue;
        uint32_t digit = (uint32_t)(ascii_is_digit(c) ? c - '0' : c - 'a' + 10);
        bytes[n / 2] = (char)(n % 2 == 0 ? digit << 4 : (uint32_t)(uint8_t)bytes[n / 2] | digit);
        n++;
    }
    return variant_put_bytes(b, VARIANT_UUID, (string_view){bytes, sizeof(bytes)});
}

static dbx_status variant_put_leaf(variant_builder *b, const parquet_leaf *leaf, const vector *v,
                                   uint32_t row) {
    const void *data = v->data;
    if (leaf->nanos)
        return variant_put_datetime(
            b, leaf->nanos_local ? VARIANT_TIMESTAMP_NTZ_NANOS : VARIANT_TIMESTAMP_NANOS,
            ((const int64_t *)data)[row]);
    switch ((type_id)v->type.id) {
    case TYPE_BOOLEAN:
        return variant_put_boolean(b, ((const uint8_t *)data)[row] != 0);
    case TYPE_TINYINT:
        return variant_put_long(b, ((const int8_t *)data)[row]);
    case TYPE_SMALLINT:
        return variant_put_long(b, ((const int16_t *)data)[row]);
    case TYPE_INT:
        return variant_put_long(b, ((const int32_t *)data)[row]);
    case TYPE_BIGINT:
        return variant_put_long(b, ((const int64_t *)data)[row]);
    case TYPE_FLOAT:
        return variant_put_float(b, ((const float *)data)[row]);
    case TYPE_DOUBLE:
        return variant_put_double(b, ((const double *)data)[row]);
    case TYPE_DECIMAL:
        return variant_put_decimal(b,
                                   v->phys == PHYS_INT64 ? (int128)((const int64_t *)data)[row]
                                                         : ((const int128 *)data)[row],
                                   v->type.scale);
    case TYPE_DATE:
        return variant_put_datetime(b, VARIANT_DATE, ((const int32_t *)data)[row]);
    case TYPE_TIMESTAMP:
        return variant_put_datetime(b, VARIANT_TIMESTAMP, ((const int64_t *)data)[row]);
    case TYPE_TIMESTAMP_NTZ:
        return variant_put_datetime(b, VARIANT_TIMESTAMP_NTZ, ((const int64_t *)data)[row]);
    case TYPE_TIME:
        return variant_put_datetime(b, VARIANT_TIME, ((const int64_t *)data)[row]);
    case TYPE_STRING: {
        string_view text = vstring_view(&((const vstring *)data)[row]);
        if (leaf->convert == PARQUET_CONVERT_UUID) return variant_put_uuid(b, text);
        return variant_put_bytes(b, VARIANT_STRING, text);
    }
    case TYPE_BINARY:
        return variant_put_bytes(b, VARIANT_BINARY, vstring_view(&((const vstring *)data)[row]));
    default:
        return DBX_ERROR;
    }
}

/* ---- arrays and objects ---- */

static dbx_status variant_join_array(variant_join *j, const variant_part *p, uint32_t depth) {
    const parquet_binding *element = &p->typed->children[0];
    list_entry e = VECTOR_DATA(p->typed_vector, list_entry)[p->row];
    variant_frame frame = variant_begin(&j->builder);
    for (uint32_t i = 0; i < e.length; i++) {
        variant_part part =
            variant_part_of(j, element, &p->typed_vector->children[0], e.offset + i);
        TRY(variant_check(j, p->typed, variant_begin_item(&j->builder, frame)));
        TRY(variant_join_part(j, element, &part, depth + 1));
    }
    return variant_check(j, p->typed, variant_end_array(&j->builder, frame));
}

static bool variant_is_shredded(const parquet_binding *object, string_view key) {
    for (uint32_t i = 0; i < object->child_count; i++) {
        if (sv_equal(object->children[i].field->name, key)) return true;
    }
    return false;
}

/* Fields of `value`, which is what was left of the object. */
static dbx_status variant_join_rest(variant_join *j, const variant_part *p, variant_frame frame) {
    variant_item item;
    if (!p->has_value) return DBX_OK;
    if (!variant_read(p->value, &item)) return variant_check(j, p->typed, DBX_ERROR);
    if (item.kind != VARIANT_OBJECT)
        return variant_raise(j, p->typed, "a VARIANT that is no object has shredded fields");
    for (uint32_t i = 0; i < item.count; i++) {
        string_view key;
        variant field;
        if (!variant_field(p->value, &item, i, &key, &field))
            return variant_check(j, p->typed, DBX_ERROR);
        if (variant_is_shredded(p->typed, key)) continue; /* the shredded field counts */
        TRY(variant_check(j, p->typed, variant_begin_field(&j->builder, frame, key)));
        TRY(variant_check(j, p->typed, variant_put(&j->builder, field)));
    }
    return DBX_OK;
}

static dbx_status variant_join_object(variant_join *j, const variant_part *p, uint32_t depth) {
    const parquet_binding *object = p->typed;
    variant_frame frame = variant_begin(&j->builder);
    bool duplicate = false;
    for (uint32_t i = 0; i < object->child_count; i++) {
        const parquet_binding *field = &object->children[i];
        variant_part part = variant_part_of(j, field, &p->typed_vector->children[i], p->row);
        if (!part.has_value && !part.has_typed) continue;
        TRY(variant_check(j, object, variant_begin_field(&j->builder, frame, field->field->name)));
        TRY(variant_join_part(j, field, &part, depth + 1));
    }
    TRY(variant_join_rest(j, p, frame));
    TRY(variant_check(j, object, variant_end_object(&j->builder, frame, &duplicate)));
    return duplicate ? variant_check(j, object, DBX_ERROR) : DBX_OK;
}

static dbx_status variant_join_part(variant_join *j, const parquet_binding *b,
                                    const variant_part *p, uint32_t depth) {
    if (depth > TYPE_DEPTH_MAX) return variant_check(j, b, DBX_ERROR);
    if (!p->has_typed) {
        dbx_status status =
            p->has_value ? variant_put(&j->builder, p->value) : variant_put_null(&j->builder);
        return variant_check(j, b, status);
    }
    parquet_field_kind kind = p->typed->field->kind;
    if (kind == PARQUET_FIELD_STRUCT) return variant_join_object(j, p, depth);
    if (p->has_value) return variant_raise(j, p->typed, "a VARIANT has both value and typed_value");
    if (kind == PARQUET_FIELD_LIST) return variant_join_array(j, p, depth);
    const parquet_leaf *leaf = j->readers[p->typed->structure].leaf;
    return variant_check(j, p->typed, variant_put_leaf(&j->builder, leaf, p->typed_vector, p->row));
}

/* ---- rows ---- */

/* metadata and value one behind the other. */
static dbx_status variant_concat(const variant_join *j, const parquet_binding *b, string_view value,
                                 arena *a, vstring *out) {
    size_t size = j->metadata.size + value.size;
    char *bytes = arena_alloc_bytes(a, size + 1);
    if (bytes == NULL) return error_nomem(j->err);
    if (size > VARIANT_SIZE_MAX) return variant_check(j, b, DBX_ERROR);
    memcpy(bytes, j->metadata.data, j->metadata.size);
    if (value.size > 0) memcpy(bytes + j->metadata.size, value.data, value.size);
    *out = vstring_from(bytes, size);
    return DBX_OK;
}

static dbx_status variant_join_row(variant_join *j, const parquet_binding *b, const vector *group,
                                   uint32_t row, arena *a, vstring *out) {
    uint32_t metadata = variant_child(b, "metadata");
    size_t size;
    string_view whole;
    if (!validity_get(group->children[metadata].validity, row))
        return variant_raise(j, b, "a VARIANT has no metadata");
    j->metadata = vstring_view(&VECTOR_DATA(&group->children[metadata], vstring)[row]);
    if (!variant_metadata_size(j->metadata, &size) || size != j->metadata.size)
        return variant_raise(j, b, "the metadata of a VARIANT is malformed");
    variant_part part = variant_part_of(j, b, group, row);
    if (part.has_value && !part.has_typed) return variant_concat(j, b, part.value.value, a, out);
    variant_builder_clear(&j->builder);
    TRY(variant_join_part(j, b, &part, 0));
    TRY(variant_check(j, b, variant_builder_take(&j->builder, a, &whole)));
    *out = vstring_from(whole.data, whole.size);
    return DBX_OK;
}

dbx_status parquet_variant_join(const parquet_binding *b, const parquet_reader *readers,
                                const vector *group, uint32_t rows, arena *a, vector *out,
                                error *err) {
    *out = (vector){.type = type_simple(TYPE_VARIANT),
                    .form = VECTOR_FLAT,
                    .phys = PHYS_STRING,
                    .capacity = rows,
                    .validity = group->validity};
    out->data = arena_alloc_zero(a, ((size_t)rows + 1) * sizeof(vstring));
    if (out->data == NULL) return error_nomem(err);
    variant_join j = {.readers = readers, .err = err};
    variant_builder_init(&j.builder, a->ledger);
    dbx_status status = DBX_OK;
    for (uint32_t i = 0; status == DBX_OK && i < rows; i++) {
        if (validity_get(group->validity, i))
            status = variant_join_row(&j, b, group, i, a, &VECTOR_DATA(out, vstring)[i]);
    }
    variant_builder_deinit(&j.builder);
    return status;
}
