/* parquet_nested.c - columns of ARRAY, MAP and STRUCT: levels gathered per leaf, vectors assembled
 * from them.
 *
 * Every node of the wanted type looks at the levels of one leaf below it (its structure) and picks
 * from them those that are a place for its value; parquet_schema.h defines the levels compared
 * here. Leaves of one column that disagree on the number of places are damage, found at each node.
 */
#include "formats/parquet_leaf.h"

/* ---- gathering ---- */

static dbx_status nested_reserve(parquet_reader *r, parquet_block **b, size_t used, size_t size,
                                 error *err) {
    if (*b != NULL && (*b)->capacity >= size) return DBX_OK;
    parquet_block *grown = parquet_block_take(r->context, MAX(size, used * 2));
    if (grown == NULL) return error_nomem(err);
    if (used > 0) memcpy(grown->data, (*b)->data, used);
    parquet_block_give(r->context, *b);
    *b = grown;
    return DBX_OK;
}

/* The batch's values are 16-byte aligned within their block. */
static uint8_t *nested_values(const parquet_reader *r) {
    uint8_t *base = r->batch_values->data;
    return base + ((16 - ((uintptr_t)base & 15)) & 15);
}

static dbx_status nested_append_values(parquet_reader *r, uint32_t count, error *err) {
    uint32_t width = physical_size(type_physical(r->target));
    size_t used = (size_t)r->value_count * width;
    size_t size = used + (size_t)count * width + 16;
    if (r->batch_values == NULL || r->batch_values->capacity < size) {
        parquet_block *grown = parquet_block_take(r->context, MAX(size, used * 2 + 16));
        if (grown == NULL) return error_nomem(err);
        uint8_t *base = grown->data + ((16 - ((uintptr_t)grown->data & 15)) & 15);
        if (used > 0) memcpy(base, nested_values(r), used);
        parquet_block_give(r->context, r->batch_values);
        r->batch_values = grown;
    }
    while (count > 0) {
        uint32_t step = MIN(count, (uint32_t)PARQUET_BATCH_MAX);
        TRY(parquet_values_take(r, step, nested_values(r) + (size_t)r->value_count * width, err));
        r->value_count += step;
        count -= step;
    }
    return DBX_OK;
}

/* Takes (or, discard, passes over) the page's levels [level_at, level_at + count) and their values.
 */
static dbx_status nested_take_levels(parquet_reader *r, uint32_t count, bool discard, error *err) {
    const uint8_t *defs = r->page_levels->data + r->level_at;
    const uint8_t *reps = r->page_levels->data + r->page_values + r->level_at;
    uint32_t values = 0;
    for (uint32_t i = 0; i < count; i++) values += defs[i] == r->leaf->max_def;
    r->level_at += count;
    r->page_left -= count;
    if (discard) return parquet_values_skip(r, values, err);
    if ((uint64_t)r->level_count + count > UINT32_MAX / 2) {
        return parquet_reader_corrupt(r, err, "a batch of rows has too many values");
    }
    size_t used = r->level_count;
    TRY(nested_reserve(r, &r->batch_defs, used, used + count, err));
    TRY(nested_reserve(r, &r->batch_reps, used, used + count, err));
    memcpy(r->batch_defs->data + used, defs, count);
    memcpy(r->batch_reps->data + used, reps, count);
    r->level_count += count;
    return nested_append_values(r, values, err);
}

/* Levels from level_at that belong to the rows wanted; *rows is lowered by those that begin here.
 * *open: the last of them may go on in the next page. */
static uint32_t nested_span(const parquet_reader *r, uint64_t *rows, bool *open) {
    uint32_t left = r->page_values - r->level_at;
    if (r->leaf->max_rep == 0) {
        uint32_t count = (uint32_t)MIN((uint64_t)left, *rows);
        *rows -= count;
        *open = false;
        return count;
    }
    const uint8_t *reps = r->page_levels->data + r->page_values + r->level_at;
    for (uint32_t i = 0; i < left; i++) {
        if (reps[i] != 0) continue;
        if (*rows == 0) {
            *open = false;
            return i;
        }
        (*rows)--;
    }
    *open = true;
    return left;
}

/* Pages that hold only rows to skip are passed over where their row count is known. */
static bool nested_pass(parquet_reader *r, uint64_t *rows) {
    uint64_t in_page = r->header.num_values;
    if (r->leaf->max_rep > 0) {
        if (r->header.kind != PARQUET_DATA_PAGE_V2) return false;
        in_page = r->header.num_rows;
    }
    if (in_page > *rows) return false;
    *rows -= in_page;
    r->started |= in_page > 0;
    parquet_reader_pass(r);
    return true;
}

static dbx_status nested_rows(parquet_reader *r, uint64_t rows, bool discard, error *err) {
    bool open = false;
    while (rows > 0 || open) {
        if (r->page_left == 0) {
            if (rows == 0 && r->values_left == 0) break;
            TRY(parquet_reader_peek(r, err));
            if (open && r->header.kind == PARQUET_DATA_PAGE_V2) open = false; /* begins a row */
            if (discard && !open && rows > 0 && nested_pass(r, &rows)) continue;
            if (rows == 0 && !open) break;
            TRY(parquet_reader_load(r, err));
            if (r->page_left == 0) continue;
        }
        if (!r->started && r->page_levels->data[r->page_values + r->level_at] != 0) {
            return parquet_reader_corrupt(r, err, "it does not begin with a row");
        }
        r->started = true;
        uint32_t count = nested_span(r, &rows, &open);
        TRY(nested_take_levels(r, count, discard, err));
    }
    return DBX_OK;
}

dbx_status parquet_nested_skip(parquet_reader *r, uint64_t rows, error *err) {
    return nested_rows(r, rows, true, err);
}

static dbx_status nested_gather(parquet_reader *r, uint32_t rows, error *err) {
    uint64_t skip = r->pending_skip;
    r->pending_skip = 0;
    TRY(parquet_nested_skip(r, skip, err));
    r->level_count = 0;
    r->value_count = 0;
    if (type_physical(r->target) == PHYS_STRING && r->batch_values != NULL) {
        parquet_block_retire(r->context, r->batch_values);
        r->batch_values = NULL;
    }
    TRY(nested_append_values(r, 0, err));
    return nested_rows(r, rows, false, err);
}

/* ---- assembling ---- */

typedef struct nested_build {
    parquet_reader *readers;
    arena *arena;
    error *err;
} nested_build;

static dbx_status nested_node(nested_build *n, const parquet_binding *b, uint32_t slots,
                              vector *out);

static dbx_status nested_disagree(const parquet_reader *r, error *err) {
    return parquet_reader_corrupt(r, err, "the levels of a nested column do not agree");
}

static dbx_status nested_start(nested_build *n, type t, uint32_t slots, vector *out) {
    uint32_t width = physical_size(type_physical(t));
    *out = (vector){
        .type = t, .form = VECTOR_FLAT, .phys = (uint8_t)type_physical(t), .capacity = slots};
    out->validity = arena_alloc(n->arena, validity_bytes(slots) + 8);
    out->data = arena_alloc(n->arena, ((size_t)slots + 1) * MAX(width, 1u));
    if (out->validity == NULL || out->data == NULL) return error_nomem(n->err);
    validity_fill(out->validity, slots, true);
    return DBX_OK;
}

#define NESTED_SPREAD(ctype)                                                                       \
    for (uint32_t i = 0; i < levels; i++) {                                                        \
        if (defs[i] < slot) continue;                                                              \
        if (at >= slots) return UINT32_MAX;                                                        \
        bool valid = defs[i] == present;                                                           \
        if (!valid) validity_set_null(out->validity, at);                                          \
        ((ctype *)out->data)[at++] = valid ? ((const ctype *)values)[next] : (ctype){0};           \
        next += valid;                                                                             \
    }                                                                                              \
    return at;

/* Number of slots found; UINT32_MAX when more than `slots`. */
static uint32_t nested_spread(const parquet_reader *r, const parquet_field *f, uint32_t slots,
                              vector *out) {
    const uint8_t *defs = r->batch_defs ? r->batch_defs->data : NULL;
    const void *values = nested_values(r);
    uint32_t levels = r->level_count;
    uint8_t slot = f->def_slot;
    uint8_t present = r->leaf->max_def;
    uint32_t at = 0;
    uint32_t next = 0;
    switch (physical_size(out->phys)) {
    case 1:
        NESTED_SPREAD(uint8_t)
    case 2:
        NESTED_SPREAD(uint16_t)
    case 4:
        NESTED_SPREAD(uint32_t)
    case 8:
        NESTED_SPREAD(uint64_t)
    default:
        NESTED_SPREAD(vstring)
    }
}

static dbx_status nested_leaf(nested_build *n, const parquet_binding *b, uint32_t slots,
                              vector *out) {
    const parquet_reader *r = &n->readers[b->structure];
    TRY(nested_start(n, b->type, slots, out));
    uint32_t found = nested_spread(r, b->field, slots, out);
    return found == slots ? DBX_OK : nested_disagree(r, n->err);
}

static dbx_status nested_struct(nested_build *n, const parquet_binding *b, uint32_t slots,
                                vector *out) {
    const parquet_reader *r = &n->readers[b->structure];
    const parquet_field *f = b->field;
    TRY(nested_start(n, b->type, slots, out));
    out->data = NULL;
    const uint8_t *defs = r->batch_defs ? r->batch_defs->data : NULL;
    const uint8_t *reps = r->batch_reps ? r->batch_reps->data : NULL;
    uint32_t at = 0;
    for (uint32_t i = 0; i < r->level_count; i++) {
        if (defs[i] < f->def_slot || reps[i] > f->rep) continue;
        if (at >= slots) return nested_disagree(r, n->err);
        if (defs[i] < f->def_present) validity_set_null(out->validity, at);
        at++;
    }
    if (at != slots) return nested_disagree(r, n->err);
    out->children = ARENA_ARRAY(n->arena, vector, b->child_count);
    if (out->children == NULL) return error_nomem(n->err);
    for (uint32_t i = 0; i < b->child_count; i++) {
        TRY(nested_node(n, &b->children[i], slots, &out->children[i]));
    }
    if (b->type.id != TYPE_VARIANT) return DBX_OK;
    vector group = *out;
    return parquet_variant_join(b, n->readers, &group, slots, n->arena, out, n->err);
}

static dbx_status nested_list_node(nested_build *n, const parquet_binding *b, uint32_t slots,
                                   vector *out) {
    const parquet_reader *r = &n->readers[b->structure];
    const parquet_field *f = b->field;
    TRY(nested_start(n, b->type, slots, out));
    const uint8_t *defs = r->batch_defs ? r->batch_defs->data : NULL;
    const uint8_t *reps = r->batch_reps ? r->batch_reps->data : NULL;
    list_entry *entries = out->data;
    uint32_t at = 0; /* slots begun */
    uint32_t elements = 0;
    for (uint32_t i = 0; i < r->level_count; i++) {
        if (defs[i] < f->def_slot || reps[i] > f->rep) continue;
        if (reps[i] < f->rep) {
            if (at >= slots) return nested_disagree(r, n->err);
            if (defs[i] < f->def_present) validity_set_null(out->validity, at);
            entries[at++] = (list_entry){elements, 0};
        }
        if (defs[i] < f->def_entry) continue;
        if (at == 0) return nested_disagree(r, n->err);
        entries[at - 1].length++;
        elements++;
    }
    if (at != slots) return nested_disagree(r, n->err);
    out->children = ARENA_NEW(n->arena, vector);
    if (out->children == NULL) return error_nomem(n->err);
    out->child_count = elements;
    return nested_node(n, &b->children[0], elements, &out->children[0]);
}

static dbx_status nested_node(nested_build *n, const parquet_binding *b, uint32_t slots,
                              vector *out) {
    if (b->field == NULL) {
        *out = (vector){.type = b->type, .phys = (uint8_t)type_physical(b->type)};
        if (vector_init(out, b->type, 1, n->arena) != DBX_OK) return error_nomem(n->err);
        return vector_set_constant_null(out, n->arena) == DBX_OK ? DBX_OK : error_nomem(n->err);
    }
    switch (b->field->kind) {
    case PARQUET_FIELD_LEAF:
        return nested_leaf(n, b, slots, out);
    case PARQUET_FIELD_STRUCT:
        return nested_struct(n, b, slots, out);
    case PARQUET_FIELD_LIST:
    case PARQUET_FIELD_MAP:
        return nested_list_node(n, b, slots, out);
    }
    return DBX_BUG;
}

dbx_status parquet_nested_read(const parquet_binding *b, parquet_reader *readers, uint32_t count,
                               uint32_t rows, arena *a, vector *out, error *err) {
    for (uint32_t i = 0; i < count; i++) TRY(nested_gather(&readers[i], rows, err));
    nested_build n = {.readers = readers, .arena = a, .err = err};
    return nested_node(&n, b, rows, out);
}
