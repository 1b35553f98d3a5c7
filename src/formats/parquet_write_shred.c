/* parquet_write_shred.c - vectors to levels and dense values (the shredding of the Dremel paper,
 * section 4.2).
 *
 * For a nested leaf every level of nesting turns a list of entries (row of the vector at that
 * level, definition and repetition level so far) into the next. Flat columns, the common case, take
 * no such lists. */
#include "formats/parquet_write.h"

#include "kernel/bitmap.h"
#include "kernel/gather.h"
#include "vector/variant.h"

typedef struct shred_entry {
    uint32_t row; /* SHRED_NONE: NULL or empty further up */
    uint8_t def, rep;
} shred_entry;

#define SHRED_NONE UINT32_MAX

void parquet_shred_init(parquet_shred *s, ledger *l) {
    memset(s, 0, sizeof(*s));
    s->ledger = l;
    buffer_init(&s->defs, l);
    buffer_init(&s->reps, l);
    buffer_init(&s->values, l);
    arena_init(&s->scratch, l);
}

void parquet_shred_deinit(parquet_shred *s) {
    if (s->ledger == NULL) return;
    buffer_deinit(&s->defs);
    buffer_deinit(&s->reps);
    buffer_deinit(&s->values);
    arena_deinit(&s->scratch);
}

void parquet_shred_clear(parquet_shred *s) {
    buffer_clear(&s->defs);
    buffer_clear(&s->reps);
    buffer_clear(&s->values);
}

/* Values at sel[0..count) of the view's base. */
static dbx_status shred_values(parquet_shred *s, const vector_view *v, const sel_t *sel,
                               uint32_t count, error *err) {
    uint32_t width = physical_size((physical_type)v->base->phys);
    size_t size = (size_t)count * width;
    if (buffer_reserve(&s->values, size) != DBX_OK) return error_nomem(err);
    gather_values(width, v->data, sel, count, s->values.data + s->values.size);
    s->values.size += size;
    return DBX_OK;
}

static dbx_status shred_flat_all_valid(parquet_shred *s, const vector *column, uint32_t rows,
                                       error *err) {
    size_t size = (size_t)rows * physical_size((physical_type)column->phys);
    memset(s->defs.data + s->defs.size, 1, rows);
    s->defs.size += rows;
    if (buffer_append(&s->values, column->data, size) != DBX_OK) return error_nomem(err);
    return DBX_OK;
}

static dbx_status shred_flat(parquet_shred *s, const vector *column, uint32_t rows, error *err) {
    if (buffer_reserve(&s->defs, rows) != DBX_OK) return error_nomem(err);
    if (column->form == VECTOR_FLAT && column->validity == NULL) {
        return shred_flat_all_valid(s, column, rows, err);
    }
    vector_view v = vector_view_of(column);
    uint8_t *defs = (uint8_t *)s->defs.data + s->defs.size;
    sel_t *sel = arena_alloc(&s->scratch, ((size_t)rows + 1) * sizeof(*sel));
    if (sel == NULL) return error_nomem(err);
    uint32_t count = 0;
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t at = view_index(&v, i);
        bool valid = validity_get(v.validity, at);
        defs[i] = valid;
        sel[count] = at;
        count += valid;
    }
    s->defs.size += rows;
    return shred_values(s, &v, sel, count, err);
}

/* The entry's value: *at in the view's base, or none when NULL. Raises the level of what is there.
 */
static bool shred_enter(const vector_view *v, const parquet_write_node *n, shred_entry *e,
                        uint32_t *at) {
    if (e->row == SHRED_NONE) return false;
    *at = view_index(v, e->row);
    bool valid = n->required || validity_get(v->validity, *at);
    if (!valid) {
        e->row = SHRED_NONE;
        return false;
    }
    e->def = (uint8_t)(e->def + !n->required);
    return true;
}

/* Replaces the entries of a list by those of its elements. */
static dbx_status shred_list(parquet_shred *s, const vector_view *v, const parquet_write_node *n,
                             uint8_t rep, shred_entry **entries, uint32_t *count, error *err) {
    const list_entry *lists = v->data;
    uint64_t total = 0;
    for (uint32_t i = 0; i < *count; i++) {
        uint32_t row = (*entries)[i].row;
        uint32_t length = 0;
        if (row != SHRED_NONE) {
            uint32_t at = view_index(v, row);
            if (validity_get(v->validity, at)) length = lists[at].length;
        }
        total += MAX(length, 1u);
    }
    if (total > UINT32_MAX / 2) return error_nomem(err);
    shred_entry *out = arena_alloc(&s->scratch, (total + 1) * sizeof(*out));
    if (out == NULL) return error_nomem(err);
    uint32_t at_out = 0;
    for (uint32_t i = 0; i < *count; i++) {
        shred_entry e = (*entries)[i];
        uint32_t at = 0;
        bool present = shred_enter(v, n, &e, &at);
        if (!present || lists[at].length == 0) {
            e.row = SHRED_NONE;
            out[at_out++] = e;
            continue;
        }
        for (uint32_t k = 0; k < lists[at].length; k++) {
            out[at_out++] = (shred_entry){.row = lists[at].offset + k,
                                          .def = (uint8_t)(e.def + 1),
                                          .rep = k == 0 ? e.rep : rep};
        }
    }
    *entries = out;
    *count = at_out;
    return DBX_OK;
}

static dbx_status shred_leaf(parquet_shred *s, const vector_view *v, const parquet_write_node *n,
                             shred_entry *entries, uint32_t count, error *err) {
    sel_t *sel = arena_alloc(&s->scratch, ((size_t)count + 1) * sizeof(*sel));
    bool ok = sel != NULL && buffer_reserve(&s->defs, count) == DBX_OK &&
              buffer_reserve(&s->reps, count) == DBX_OK;
    if (!ok) return error_nomem(err);
    uint32_t values = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = 0;
        if (shred_enter(v, n, &entries[i], &at)) sel[values++] = at;
        s->defs.data[s->defs.size++] = (char)entries[i].def;
        s->reps.data[s->reps.size++] = (char)entries[i].rep;
    }
    return shred_values(s, v, sel, values, err);
}

/* Metadata (part 0) or value (part 1) of the entries' VARIANTs as strings, one an entry; the
 * entries then refer to them. */
static dbx_status shred_variant(parquet_shred *s, const vector_view *v, const parquet_write_node *n,
                                uint32_t part, shred_entry *entries, uint32_t count, vector *out,
                                error *err) {
    vstring *parts = arena_alloc_zero(&s->scratch, ((size_t)count + 1) * sizeof(vstring));
    if (parts == NULL) return error_nomem(err);
    *out = (vector){.type = type_simple(TYPE_BINARY),
                    .form = VECTOR_FLAT,
                    .phys = PHYS_STRING,
                    .capacity = count,
                    .data = parts};
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = 0;
        variant split;
        if (!shred_enter(v, n, &entries[i], &at)) continue;
        if (!variant_open(vstring_view(&((const vstring *)v->data)[at]), &split))
            return error_raise(err, ERR_INTERNAL_ERROR, (span){0, 0}, "message",
                               "a VARIANT in memory is malformed", NULL);
        string_view bytes = part == 0 ? split.metadata : split.value;
        parts[i] = vstring_from(bytes.data, bytes.size);
        entries[i].row = i;
    }
    return DBX_OK;
}

static dbx_status shred_nested(parquet_shred *s, const parquet_write_leaf *leaf,
                               const vector *column, uint32_t rows, error *err) {
    shred_entry *entries = arena_alloc(&s->scratch, ((size_t)rows + 1) * sizeof(*entries));
    if (entries == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < rows; i++) entries[i] = (shred_entry){.row = i};
    uint32_t count = rows;
    uint8_t rep = 0;
    const vector *at = column;
    vector variants; /* a VARIANT has leaves only */
    for (uint32_t d = 0; d + 1 < leaf->depth; d++) {
        const parquet_write_node *n = leaf->path[d];
        vector_view v = vector_view_of(at);
        if (n->type.id == TYPE_STRUCT) {
            for (uint32_t i = 0; i < count; i++) {
                uint32_t row = 0;
                if (shred_enter(&v, n, &entries[i], &row)) entries[i].row = row;
            }
            at = &v.base->children[leaf->child_at[d]];
        } else if (n->type.id == TYPE_VARIANT) {
            TRY(shred_variant(s, &v, n, leaf->child_at[d], entries, count, &variants, err));
            at = &variants;
        } else {
            TRY(shred_list(s, &v, n, ++rep, &entries, &count, err));
            at = &v.base->children[0];
        }
    }
    vector_view v = vector_view_of(at);
    return shred_leaf(s, &v, leaf->path[leaf->depth - 1], entries, count, err);
}

dbx_status parquet_shred_append(parquet_shred *s, const parquet_write_leaf *leaf,
                                const vector *column, uint32_t rows, error *err) {
    arena_reset(&s->scratch);
    vector flat;
    if (column->form == VECTOR_SEQUENCE) {
        dbx_status status = vector_init(&flat, column->type, rows, &s->scratch);
        if (status == DBX_OK) status = vector_flatten(&flat, column, rows, &s->scratch);
        if (status != DBX_OK) return error_nomem(err);
        column = &flat;
    }
    if (leaf->depth == 1) return shred_flat(s, column, rows, err);
    return shred_nested(s, leaf, column, rows, err);
}
