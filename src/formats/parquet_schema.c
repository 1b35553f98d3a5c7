/* parquet_schema.c - see parquet_schema.h. A recursive walk over the flat list of elements; the
 * rules for lists and maps of older writers are those of the format's LogicalTypes.md. */
#include "formats/parquet_schema.h"

typedef struct schema_walk {
    const parquet_metadata *meta;
    string_view path;
    arena *arena;
    error *err;
    parquet_schema *out;
    uint32_t next; /* element to visit */
} schema_walk;

typedef struct schema_levels {
    uint8_t def, rep;
    uint8_t slot; /* def_entry of the nearest list around */
} schema_levels;

/* ---- leaves ---- */

static dbx_status schema_corrupt(schema_walk *w, string_view column, const char *message) {
    return parquet_raise(w->path, w->err, "column %.*s: %s", SV_ARG(column), message);
}

static void schema_leaf_set(parquet_leaf *l, type t, parquet_convert convert) {
    l->type = t;
    l->convert = convert;
    l->stats_usable = true;
}

static dbx_status schema_decimal(schema_walk *w, const parquet_schema_element *e, parquet_leaf *l) {
    if (e->precision < 1 || e->scale < 0 || e->scale > e->precision) {
        return schema_corrupt(w, e->name, "a DECIMAL with an impossible precision or scale");
    }
    if (e->precision > DECIMAL_PRECISION_MAX) {
        return error_raisef(w->err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                            "DECIMAL(%d,%d) of the Parquet column %.*s", e->precision, e->scale,
                            SV_ARG(e->name));
    }
    type t = type_decimal((uint32_t)e->precision, (uint32_t)e->scale);
    bool wide = type_physical(t) == PHYS_INT128;
    switch (e->type) {
    case PARQUET_INT32:
        schema_leaf_set(l, t,
                        wide ? PARQUET_CONVERT_INT32_TO_INT128 : PARQUET_CONVERT_INT32_TO_INT64);
        l->old_stats_usable = true;
        return DBX_OK;
    case PARQUET_INT64:
        schema_leaf_set(l, t, wide ? PARQUET_CONVERT_INT64_TO_INT128 : PARQUET_CONVERT_COPY8);
        l->old_stats_usable = true;
        return DBX_OK;
    case PARQUET_BYTE_ARRAY:
    case PARQUET_FIXED_LEN_BYTE_ARRAY:
        schema_leaf_set(l, t,
                        wide ? PARQUET_CONVERT_BYTES_TO_INT128 : PARQUET_CONVERT_BYTES_TO_INT64);
        return DBX_OK;
    default:
        return schema_corrupt(w, e->name, "a DECIMAL of an unknown physical type");
    }
}

static bool schema_is_unsigned(const parquet_schema_element *e) {
    if (e->logical == PARQUET_LOGICAL_INTEGER) return !e->is_signed;
    return e->converted >= PARQUET_UINT_8 && e->converted <= PARQUET_UINT_64;
}

static int32_t schema_bits(const parquet_schema_element *e) {
    if (e->logical == PARQUET_LOGICAL_INTEGER) return e->bit_width;
    switch (e->converted) {
    case PARQUET_UINT_8:
    case PARQUET_INT_8:
        return 8;
    case PARQUET_UINT_16:
    case PARQUET_INT_16:
        return 16;
    default:
        return e->type == PARQUET_INT64 ? 64 : 32;
    }
}

static void schema_int32(const parquet_schema_element *e, parquet_leaf *l) {
    bool is_time = e->logical == PARQUET_LOGICAL_TIME || e->converted == PARQUET_TIME_MILLIS;
    int32_t bits = schema_bits(e);
    l->old_stats_usable = true;
    if (e->logical == PARQUET_LOGICAL_DATE || e->converted == PARQUET_DATE) {
        schema_leaf_set(l, type_simple(TYPE_DATE), PARQUET_CONVERT_COPY4);
    } else if (is_time) {
        schema_leaf_set(l, type_simple(TYPE_TIME), PARQUET_CONVERT_INT32_MILLIS);
    } else if (schema_is_unsigned(e)) {
        l->unsigned_order = true;
        l->old_stats_usable = false;
        if (bits == 8)
            schema_leaf_set(l, type_simple(TYPE_SMALLINT), PARQUET_CONVERT_UINT8_TO_INT16);
        else if (bits == 16)
            schema_leaf_set(l, type_simple(TYPE_INT), PARQUET_CONVERT_UINT16_TO_INT32);
        else
            schema_leaf_set(l, type_simple(TYPE_BIGINT), PARQUET_CONVERT_UINT32_TO_INT64);
    } else if (bits == 8) {
        schema_leaf_set(l, type_simple(TYPE_TINYINT), PARQUET_CONVERT_INT32_TO_INT8);
    } else if (bits == 16) {
        schema_leaf_set(l, type_simple(TYPE_SMALLINT), PARQUET_CONVERT_INT32_TO_INT16);
    } else {
        schema_leaf_set(l, type_simple(TYPE_INT), PARQUET_CONVERT_COPY4);
    }
}

static parquet_convert schema_time_convert(const parquet_schema_element *e) {
    bool millis = e->logical ? e->unit == PARQUET_MILLIS : e->converted == PARQUET_TIMESTAMP_MILLIS;
    if (millis) return PARQUET_CONVERT_INT64_MILLIS;
    return e->logical && e->unit == PARQUET_NANOS ? PARQUET_CONVERT_INT64_NANOS
                                                  : PARQUET_CONVERT_COPY8;
}

static void schema_int64(const parquet_schema_element *e, parquet_leaf *l) {
    l->old_stats_usable = true;
    if (e->logical == PARQUET_LOGICAL_TIMESTAMP || e->converted == PARQUET_TIMESTAMP_MILLIS ||
        e->converted == PARQUET_TIMESTAMP_MICROS) {
        bool local = e->logical == PARQUET_LOGICAL_TIMESTAMP && !e->adjusted_to_utc;
        schema_leaf_set(l, type_simple(local ? TYPE_TIMESTAMP_NTZ : TYPE_TIMESTAMP),
                        schema_time_convert(e));
    } else if (e->logical == PARQUET_LOGICAL_TIME || e->converted == PARQUET_TIME_MICROS) {
        schema_leaf_set(l, type_simple(TYPE_TIME), schema_time_convert(e));
    } else if (schema_is_unsigned(e)) {
        l->unsigned_order = true;
        l->old_stats_usable = false;
        schema_leaf_set(l, type_decimal(20, 0), PARQUET_CONVERT_UINT64_TO_INT128);
    } else {
        schema_leaf_set(l, type_simple(TYPE_BIGINT), PARQUET_CONVERT_COPY8);
    }
}

static dbx_status schema_fixed(schema_walk *w, const parquet_schema_element *e, parquet_leaf *l) {
    if (l->type_length == 0)
        return schema_corrupt(w, e->name, "fixed-length bytes without a length");
    schema_leaf_set(l, type_simple(TYPE_BINARY), PARQUET_CONVERT_STRING);
    if (e->logical == PARQUET_LOGICAL_UUID && l->type_length == 16) {
        schema_leaf_set(l, type_simple(TYPE_STRING), PARQUET_CONVERT_UUID);
        l->stats_usable = false; /* their order is that of the bytes; kept simple */
    } else if (e->logical == PARQUET_LOGICAL_FLOAT16 && l->type_length == 2) {
        schema_leaf_set(l, type_simple(TYPE_FLOAT), PARQUET_CONVERT_FLOAT16);
    } else if (e->converted == PARQUET_INTERVAL && l->type_length == 12) {
        schema_leaf_set(l, type_simple(TYPE_INTERVAL), PARQUET_CONVERT_INTERVAL);
        l->stats_usable = false;
    }
    return DBX_OK;
}

static void schema_bytes(const parquet_schema_element *e, parquet_leaf *l) {
    bool text = e->logical == PARQUET_LOGICAL_STRING || e->logical == PARQUET_LOGICAL_ENUM ||
                e->logical == PARQUET_LOGICAL_JSON || e->converted == PARQUET_UTF8 ||
                e->converted == PARQUET_ENUM || e->converted == PARQUET_JSON;
    schema_leaf_set(l, type_simple(text ? TYPE_STRING : TYPE_BINARY), PARQUET_CONVERT_STRING);
}

static dbx_status schema_leaf_type(schema_walk *w, const parquet_schema_element *e,
                                   parquet_leaf *l) {
    static const uint8_t widths[PARQUET_TYPE_COUNT] = {0, 4, 8, 12, 4, 8, 0, 0};
    l->physical = (parquet_type)e->type;
    l->type_length =
        e->type == PARQUET_FIXED_LEN_BYTE_ARRAY ? (uint32_t)e->type_length : widths[e->type];
    if (e->logical == PARQUET_LOGICAL_UNKNOWN) {
        schema_leaf_set(l, type_simple(TYPE_VOID), PARQUET_CONVERT_NOTHING);
        l->stats_usable = false;
        return DBX_OK;
    }
    if (e->logical == PARQUET_LOGICAL_DECIMAL || e->converted == PARQUET_DECIMAL) {
        return schema_decimal(w, e, l);
    }
    switch (e->type) {
    case PARQUET_BOOLEAN:
        schema_leaf_set(l, type_simple(TYPE_BOOLEAN), PARQUET_CONVERT_BOOL);
        l->old_stats_usable = true;
        return DBX_OK;
    case PARQUET_INT32:
        schema_int32(e, l);
        return DBX_OK;
    case PARQUET_INT64:
        schema_int64(e, l);
        return DBX_OK;
    case PARQUET_INT96:
        schema_leaf_set(l, type_simple(TYPE_TIMESTAMP), PARQUET_CONVERT_INT96);
        l->stats_usable = false; /* their order was never defined */
        return DBX_OK;
    case PARQUET_FLOAT:
        schema_leaf_set(l, type_simple(TYPE_FLOAT), PARQUET_CONVERT_COPY4);
        l->old_stats_usable = true;
        return DBX_OK;
    case PARQUET_DOUBLE:
        schema_leaf_set(l, type_simple(TYPE_DOUBLE), PARQUET_CONVERT_COPY8);
        l->old_stats_usable = true;
        return DBX_OK;
    case PARQUET_BYTE_ARRAY:
        schema_bytes(e, l);
        return DBX_OK;
    case PARQUET_FIXED_LEN_BYTE_ARRAY:
        return schema_fixed(w, e, l);
    default:
        return schema_corrupt(w, e->name, "an unknown physical type");
    }
}

/* ---- groups ---- */

static dbx_status schema_field(schema_walk *w, schema_levels levels, bool as_element,
                               uint32_t depth, parquet_field *out);

static dbx_status schema_enter(schema_walk *w, uint32_t depth, const parquet_schema_element **e) {
    if (w->next >= w->meta->schema_count) {
        return parquet_raise(w->path, w->err, "the schema ends early");
    }
    *e = &w->meta->schema[w->next++];
    if (depth > TYPE_DEPTH_MAX) return schema_corrupt(w, (*e)->name, "the schema is too deep");
    return DBX_OK;
}

static dbx_status schema_add_leaf(schema_walk *w, const parquet_schema_element *e,
                                  schema_levels levels, parquet_field *out) {
    assert(w->out->leaf_count < w->meta->leaf_count);
    parquet_leaf *l = &w->out->leaves[w->out->leaf_count];
    if (e->type < 0) return schema_corrupt(w, e->name, "a group without fields");
    l->index = w->out->leaf_count++;
    l->max_def = levels.def;
    l->max_rep = levels.rep;
    TRY(schema_leaf_type(w, e, l));
    out->kind = PARQUET_FIELD_LEAF;
    out->type = l->type;
    return DBX_OK;
}

static const parquet_field *schema_child(const parquet_field *f, const char *name) {
    for (uint32_t i = 0; i < f->child_count; i++) {
        if (sv_equal(f->children[i].name, sv_from(name))) return &f->children[i];
    }
    return NULL;
}

/* Leaves below a VARIANT are read as they are stored where a conversion would lose something. */
static void schema_keep_nanos(schema_walk *w, parquet_field *f) {
    if (f->kind == PARQUET_FIELD_LEAF) {
        parquet_leaf *l = &w->out->leaves[f->leaf];
        if (l->convert != PARQUET_CONVERT_INT64_NANOS || l->type.id == TYPE_TIME) return;
        l->nanos = true;
        l->nanos_local = l->type.id == TYPE_TIMESTAMP_NTZ;
        l->convert = PARQUET_CONVERT_COPY8;
        l->type = f->type = type_simple(TYPE_BIGINT);
        l->stats_usable = l->old_stats_usable = false;
    }
    for (uint32_t i = 0; i < f->child_count; i++) schema_keep_nanos(w, &f->children[i]);
}

/* A group that is annotated so, or that cannot be anything else, is a VARIANT. */
static void schema_mark_variant(schema_walk *w, const parquet_schema_element *e,
                                parquet_field *out) {
    const parquet_field *metadata = schema_child(out, "metadata"),
                        *value = schema_child(out, "value"),
                        *typed = schema_child(out, "typed_value");
    bool binary = metadata != NULL && metadata->type.id == TYPE_BINARY &&
                  (value == NULL || value->type.id == TYPE_BINARY) &&
                  (value != NULL || typed != NULL);
    bool annotated = e->logical == PARQUET_LOGICAL_VARIANT;
    bool unmistakable = !metadata || metadata->nullable ? false : value != NULL && typed != NULL;
    if (!binary || (!annotated && !(unmistakable && out->child_count == 3))) return;
    for (uint32_t i = 0; i < out->child_count; i++) schema_keep_nanos(w, &out->children[i]);
    out->is_variant = true;
    out->type = type_simple(TYPE_VARIANT);
}

static dbx_status schema_children(schema_walk *w, const parquet_schema_element *e,
                                  schema_levels levels, uint32_t depth, parquet_field *out) {
    out->kind = PARQUET_FIELD_STRUCT;
    out->children = ARENA_ARRAY(w->arena, parquet_field, e->child_count);
    if (out->children == NULL) return error_nomem(w->err);
    out->child_count = e->child_count;
    type_field *fields = ARENA_ARRAY(w->arena, type_field, e->child_count);
    if (fields == NULL) return error_nomem(w->err);
    for (uint32_t i = 0; i < e->child_count; i++) {
        TRY(schema_field(w, levels, false, depth + 1, &out->children[i]));
        fields[i] = (type_field){.name = out->children[i].name,
                                 .type = out->children[i].type,
                                 .nullable = out->children[i].nullable};
    }
    if (type_struct(w->arena, fields, e->child_count, &out->type) != DBX_OK) {
        return error_nomem(w->err);
    }
    schema_mark_variant(w, e, out);
    return DBX_OK;
}

static dbx_status schema_list_type(schema_walk *w, parquet_field *out) {
    const parquet_field *element = &out->children[0];
    if (type_array(w->arena, element->type, element->nullable, &out->type) != DBX_OK) {
        return error_nomem(w->err);
    }
    return DBX_OK;
}

static dbx_status schema_one_child(schema_walk *w, parquet_field *out, parquet_field_kind kind) {
    out->kind = kind;
    out->child_count = 1;
    out->children = ARENA_NEW(w->arena, parquet_field);
    return out->children ? DBX_OK : error_nomem(w->err);
}

/* A repeated element: the list around it, whose element is the element itself (as_element). */
static dbx_status schema_repeated(schema_walk *w, schema_levels levels, uint32_t depth,
                                  parquet_field *out) {
    out->def_entry = (uint8_t)(levels.def + 1);
    out->rep = (uint8_t)(levels.rep + 1);
    TRY(schema_one_child(w, out, PARQUET_FIELD_LIST));
    schema_levels inner = {out->def_entry, out->rep, out->def_entry};
    TRY(schema_field(w, inner, true, depth + 1, out->children));
    return schema_list_type(w, out);
}

/* Does the repeated child of a LIST group stand for the element itself (two-level lists of older
 * writers)? */
static bool schema_is_two_level(const parquet_schema_element *list,
                                const parquet_schema_element *repeated,
                                const parquet_schema_element *inner) {
    if (repeated->child_count != 1) return true; /* a leaf, or a struct of several fields */
    if (inner->repetition == PARQUET_REPEATED) return true;
    if (sv_equal(repeated->name, SV("array"))) return true;
    return repeated->name.size == list->name.size + 6 &&
           sv_starts_with(repeated->name, list->name) && sv_ends_with(repeated->name, SV("_tuple"));
}

static dbx_status schema_list(schema_walk *w, const parquet_schema_element *e, schema_levels levels,
                              uint32_t depth, parquet_field *out) {
    const parquet_schema_element *repeated = &w->meta->schema[w->next];
    const parquet_schema_element *inner = repeated + 1;
    bool has_inner = repeated->child_count > 0 && w->next + 1 < w->meta->schema_count;
    if (!has_inner || schema_is_two_level(e, repeated, inner)) {
        return schema_repeated(w, levels, depth, out);
    }
    w->next++; /* the middle group */
    out->def_entry = (uint8_t)(levels.def + 1);
    out->rep = (uint8_t)(levels.rep + 1);
    TRY(schema_one_child(w, out, PARQUET_FIELD_LIST));
    schema_levels deeper = {out->def_entry, out->rep, out->def_entry};
    TRY(schema_field(w, deeper, false, depth + 1, out->children));
    return schema_list_type(w, out);
}

static dbx_status schema_map(schema_walk *w, schema_levels levels, uint32_t depth,
                             parquet_field *out) {
    const parquet_schema_element *pairs = &w->meta->schema[w->next];
    if (pairs->child_count == 1) { /* no values: a list of keys */
        w->next++;
        out->def_entry = (uint8_t)(levels.def + 1);
        out->rep = (uint8_t)(levels.rep + 1);
        TRY(schema_one_child(w, out, PARQUET_FIELD_LIST));
        schema_levels deeper = {out->def_entry, out->rep, out->def_entry};
        TRY(schema_field(w, deeper, false, depth + 1, out->children));
        return schema_list_type(w, out);
    }
    TRY(schema_repeated(w, levels, depth, out));
    parquet_field *pair = out->children;
    out->kind = PARQUET_FIELD_MAP;
    type_field fields[2] = {
        {.name = SV("key"), .type = pair->children[0].type},
        {.name = SV("value"), .type = pair->children[1].type, .nullable = true},
    };
    if (type_map(w->arena, fields[0].type, fields[1].type, true, &out->type) != DBX_OK ||
        type_struct(w->arena, fields, 2, &pair->type) != DBX_OK) {
        return error_nomem(w->err);
    }
    return DBX_OK;
}

/* A LIST or MAP annotation counts only on a group of one repeated child. */
static bool schema_has_repeated_child(const schema_walk *w, const parquet_schema_element *e) {
    return e->child_count == 1 && w->next < w->meta->schema_count &&
           w->meta->schema[w->next].repetition == PARQUET_REPEATED;
}

static dbx_status schema_group(schema_walk *w, const parquet_schema_element *e,
                               schema_levels levels, uint32_t depth, parquet_field *out) {
    bool is_list = e->logical == PARQUET_LOGICAL_LIST || e->converted == PARQUET_LIST;
    bool is_map = e->logical == PARQUET_LOGICAL_MAP || e->converted == PARQUET_MAP ||
                  e->converted == PARQUET_MAP_KEY_VALUE;
    if (schema_has_repeated_child(w, e)) {
        uint32_t pairs = w->meta->schema[w->next].child_count;
        if (is_list) return schema_list(w, e, levels, depth, out);
        if (is_map && (pairs == 1 || pairs == 2)) return schema_map(w, levels, depth, out);
    }
    return schema_children(w, e, levels, depth, out);
}

/* as_element: a repeated element whose list the caller has made. */
static dbx_status schema_field(schema_walk *w, schema_levels levels, bool as_element,
                               uint32_t depth, parquet_field *out) {
    const parquet_schema_element *e = NULL;
    TRY(schema_enter(w, depth, &e));
    out->name = e->name;
    out->leaf = w->out->leaf_count;
    out->def_slot = levels.slot;
    out->rep = levels.rep;
    out->def_present = levels.def;
    if (e->repetition == PARQUET_REPEATED && !as_element) {
        w->next--;
        return schema_repeated(w, levels, depth, out);
    }
    if (e->repetition == PARQUET_OPTIONAL) {
        levels.def++;
        out->nullable = true;
        out->def_present = levels.def;
    }
    if (e->child_count == 0) return schema_add_leaf(w, e, levels, out);
    return schema_group(w, e, levels, depth, out);
}

dbx_status parquet_schema_build(const parquet_metadata *meta, string_view path, arena *a,
                                parquet_schema *out, error *err) {
    memset(out, 0, sizeof(*out));
    schema_walk w = {.meta = meta, .path = path, .arena = a, .err = err, .out = out, .next = 1};
    const parquet_schema_element *root = &meta->schema[0];
    if (root->child_count >= meta->schema_count) {
        return parquet_raise(path, err, "the schema ends early");
    }
    out->leaves = ARENA_ARRAY(a, parquet_leaf, (size_t)meta->leaf_count + 1);
    out->fields = ARENA_ARRAY(a, parquet_field, (size_t)root->child_count + 1);
    if (out->leaves == NULL || out->fields == NULL) return error_nomem(err);
    out->field_count = root->child_count;
    for (uint32_t i = 0; i < root->child_count; i++) {
        TRY(schema_field(&w, (schema_levels){0, 0, 0}, false, 1, &out->fields[i]));
    }
    if (w.next != meta->schema_count || out->leaf_count != meta->leaf_count) {
        return parquet_raise(path, err, "the schema's counts of children do not agree");
    }
    return DBX_OK;
}
