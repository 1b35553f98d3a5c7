/* vector.c - making vectors and reading them in any form. See vector.h; deep copies are in
 * vector_copy.c. */
#include "vector/vector.h"

#include "kernel/bitmap.h"
#include "kernel/gather.h"

/* What NULL constants point at; never written. */
static const uint64_t vector_zeros[2] = {0, 0};

/* ---- buffers --------------------------------------------------------------------------------- */

static bool vector_needs_zeros(const vector *v) {
    return v->phys == PHYS_STRING || v->phys == PHYS_LIST;
}

static dbx_status vector_data_new(const vector *v, uint32_t capacity, void **out, arena *a) {
    size_t size = (size_t)physical_size((physical_type)v->phys) * capacity;
    *out = arena_alloc(a, MAX(size, (size_t)16));
    if (*out == NULL) return DBX_NOMEM;
    if (vector_needs_zeros(v)) memset(*out, 0, size);
    return DBX_OK;
}

static uint32_t vector_own_child_count(type t) {
    if (t.id == TYPE_STRUCT) return t.child_count;
    return t.id == TYPE_ARRAY || t.id == TYPE_MAP ? 1 : 0;
}

/* The type of a list's child: the element, or for MAP a struct of key and value. */
type vector_list_child_type(type t) {
    assert(t.id == TYPE_ARRAY || t.id == TYPE_MAP);
    if (t.id == TYPE_ARRAY) return t.children[0].type;
    return (type){.id = TYPE_STRUCT, .child_count = 2, .children = t.children};
}

static dbx_status vector_children_new(vector *v, uint32_t capacity, arena *a) {
    uint32_t count = vector_own_child_count(v->type);
    if (count == 0) return DBX_OK;
    v->children = ARENA_ARRAY(a, vector, count);
    if (v->children == NULL) return DBX_NOMEM;
    if (v->phys == PHYS_LIST)
        return vector_init(v->children, vector_list_child_type(v->type), 0, a);
    for (uint32_t i = 0; i < count; i++) {
        TRY(vector_init(&v->children[i], v->type.children[i].type, capacity, a));
    }
    return DBX_OK;
}

static uint64_t *vector_validity_new(uint32_t capacity, arena *a) {
    return arena_alloc(a, MAX(validity_bytes(capacity), sizeof(uint64_t)));
}

dbx_status vector_init(vector *v, type t, uint32_t capacity, arena *a) {
    *v = (vector){
        .type = t, .form = VECTOR_FLAT, .phys = (uint8_t)type_physical(t), .capacity = capacity};
    v->own = ARENA_NEW(a, vector_buffers);
    if (v->own == NULL) return DBX_NOMEM;
    TRY(vector_data_new(v, capacity, &v->data, a));
    TRY(vector_children_new(v, capacity, a));
    *v->own = (vector_buffers){.data = v->data, .children = v->children, .capacity = capacity};
    v->own->validity = vector_validity_new(capacity, a);
    return v->own->validity != NULL ? DBX_OK : DBX_NOMEM;
}

void vector_clear(vector *v) {
    assert(v->own != NULL);
    v->form = VECTOR_FLAT;
    v->dict_stable = false;
    v->dict_id = 0;
    v->data = v->own->data;
    v->validity = NULL;
    v->sel = NULL;
    v->children = v->own->children;
    v->capacity = v->own->capacity;
    v->child_count = 0;
    for (uint32_t i = 0; i < vector_own_child_count(v->type); i++) vector_clear(&v->children[i]);
}

dbx_status vector_ensure_validity(vector *v, arena *a) {
    if (v->validity != NULL) return DBX_OK;
    bool owned = v->own != NULL && v->own->data == v->data;
    uint64_t *bits = owned ? v->own->validity : vector_validity_new(v->capacity, a);
    if (bits == NULL) return DBX_NOMEM;
    validity_fill(bits, MAX(v->capacity, 1), true);
    v->validity = bits;
    return DBX_OK;
}

static dbx_status vector_validity_grow(vector *v, uint32_t rows, uint32_t capacity, arena *a) {
    uint64_t *bits = vector_validity_new(capacity, a);
    if (bits == NULL) return DBX_NOMEM;
    if (v->validity != NULL) {
        validity_fill(bits, capacity, true);
        bitmap_copy(bits, 0, v->validity, 0, rows);
        v->validity = bits;
    }
    v->own->validity = bits;
    return DBX_OK;
}

dbx_status vector_reserve(vector *v, uint32_t rows, uint32_t capacity, arena *a) {
    assert(v->form == VECTOR_FLAT && v->own != NULL);
    assert(rows <= v->capacity);
    if (capacity <= v->capacity) return DBX_OK;
    capacity = MAX(capacity, v->capacity > UINT32_MAX / 2 ? UINT32_MAX : v->capacity * 2);
    TRY(vector_validity_grow(v, rows, capacity, a));
    void *data;
    TRY(vector_data_new(v, capacity, &data, a));
    size_t width = physical_size((physical_type)v->phys);
    if (rows > 0 && width > 0) memcpy(data, v->data, width * rows);
    v->data = v->own->data = data;
    if (v->phys == PHYS_STRUCT) {
        for (uint32_t i = 0; i < v->type.child_count; i++) {
            TRY(vector_reserve(&v->children[i], rows, capacity, a));
        }
    }
    v->capacity = v->own->capacity = capacity;
    return DBX_OK;
}

dbx_status vector_list_reserve(vector *v, uint32_t rows, arena *a) {
    assert(v->phys == PHYS_LIST && v->form == VECTOR_FLAT);
    return vector_reserve(&v->children[0], v->child_count, rows, a);
}

/* ---- windows --------------------------------------------------------------------------------- */

dbx_status vector_window(vector *out, const vector *in, uint32_t from, arena *a) {
    assert(from % 64 == 0);
    *out = *in;
    out->own = NULL;
    if (from == 0 || in->form == VECTOR_CONSTANT) return DBX_OK;
    if (in->form == VECTOR_SEQUENCE) {
        out->sequence_start += (int64_t)from * in->sequence_step;
        return DBX_OK;
    }
    if (in->form == VECTOR_DICTIONARY) {
        out->sel = in->sel + from;
        return DBX_OK;
    }
    out->data = (char *)in->data + (size_t)physical_size((physical_type)in->phys) * from;
    out->capacity = in->capacity > from ? in->capacity - from : 0;
    if (in->validity != NULL) out->validity = in->validity + from / 64;
    if (in->phys != PHYS_STRUCT || in->type.child_count == 0) return DBX_OK;
    out->children = ARENA_ARRAY(a, vector, in->type.child_count);
    if (out->children == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < in->type.child_count; i++) {
        TRY(vector_window(&out->children[i], &in->children[i], from, a));
    }
    return DBX_OK;
}

/* ---- constants ------------------------------------------------------------------------------- */

dbx_status vector_set_constant_null(vector *v, arena *a) {
    v->form = VECTOR_CONSTANT;
    v->dict_stable = false;
    v->data = (void *)(uintptr_t)vector_zeros;
    v->validity = (uint64_t *)(uintptr_t)vector_zeros;
    v->sel = NULL;
    v->capacity = 1;
    v->child_count = 0;
    v->children = NULL;
    uint32_t count = vector_own_child_count(v->type);
    if (count == 0) return DBX_OK;
    v->children = ARENA_ARRAY(a, vector, count);
    if (v->children == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        vector *child = &v->children[i];
        child->type =
            v->phys == PHYS_LIST ? vector_list_child_type(v->type) : v->type.children[i].type;
        child->phys = (uint8_t)type_physical(child->type);
        TRY(vector_set_constant_null(child, a));
    }
    return DBX_OK;
}

static dbx_status vector_sequence_constant(vector *out, const vector *in, uint32_t row, arena *a) {
    int64_t value = in->sequence_start + (int64_t)row * in->sequence_step;
    TRY(vector_init(out, in->type, 1, a));
    if (in->phys == PHYS_INT32)
        *VECTOR_DATA(out, int32_t) = (int32_t)value;
    else
        *VECTOR_DATA(out, int64_t) = value;
    out->form = VECTOR_CONSTANT;
    return DBX_OK;
}

dbx_status vector_constant_at(vector *out, const vector *in, uint32_t row, arena *a) {
    if (in->form == VECTOR_SEQUENCE) return vector_sequence_constant(out, in, row, a);
    vector_view view = vector_view_of(in);
    uint32_t index = view_index(&view, row);
    const vector *base = view.base;
    vector result = {.type = in->type, .phys = in->phys, .form = VECTOR_CONSTANT, .capacity = 1};
    if (!validity_get(base->validity, index)) {
        TRY(vector_set_constant_null(&result, a));
        *out = result;
        return DBX_OK;
    }
    size_t width = physical_size((physical_type)in->phys);
    result.data = (char *)base->data + width * index;
    result.children = base->children;
    result.child_count = base->child_count;
    if (base->phys == PHYS_STRUCT && base->type.child_count > 0) {
        result.children = ARENA_ARRAY(a, vector, base->type.child_count);
        if (result.children == NULL) return DBX_NOMEM;
        for (uint32_t i = 0; i < base->type.child_count; i++) {
            TRY(vector_constant_at(&result.children[i], &base->children[i], index, a));
        }
    }
    *out = result;
    return DBX_OK;
}

/* ---- reading --------------------------------------------------------------------------------- */

vector_view vector_view_of(const vector *v) {
    assert(v->form != VECTOR_SEQUENCE);
    const vector *base = v->form == VECTOR_DICTIONARY ? &v->children[0] : v;
    assert(base->form == VECTOR_FLAT || v->form != VECTOR_DICTIONARY);
    return (vector_view){
        .data = base->data,
        .validity = base->validity,
        .sel = v->form == VECTOR_DICTIONARY ? v->sel : NULL,
        .mask = v->form == VECTOR_CONSTANT ? 0 : UINT32_MAX,
        .base = base,
    };
}

bool vector_is_null(const vector *v, uint32_t row) {
    switch (v->form) {
    case VECTOR_FLAT:
        return !validity_get(v->validity, row);
    case VECTOR_CONSTANT:
        return !validity_get(v->validity, 0);
    case VECTOR_DICTIONARY:
        return !validity_get(v->children[0].validity, v->sel[row]);
    default:
        return false;
    }
}

/* ---- slices ---------------------------------------------------------------------------------- */

static uint32_t vector_sel_bound(const sel_t *sel, uint32_t count) {
    uint32_t bound = 0;
    for (uint32_t i = 0; i < count; i++) bound = MAX(bound, sel[i] + 1);
    return bound;
}

static dbx_status vector_slice_struct(vector *out, const vector *in, const sel_t *sel,
                                      uint32_t count, arena *a) {
    vector result = {.type = in->type, .phys = in->phys, .form = VECTOR_FLAT, .capacity = count};
    result.data = in->data;
    if (in->validity != NULL) {
        result.validity = vector_validity_new(count, a);
        if (result.validity == NULL) return DBX_NOMEM;
        bitmap_gather(in->validity, sel, count, result.validity);
    }
    result.children = ARENA_ARRAY(a, vector, MAX(in->type.child_count, 1));
    if (result.children == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < in->type.child_count; i++) {
        TRY(vector_slice(&result.children[i], &in->children[i], sel, count, a));
    }
    *out = result;
    return DBX_OK;
}

static dbx_status vector_slice_sequence(vector *out, const vector *in, const sel_t *sel,
                                        uint32_t count, arena *a) {
    vector result;
    TRY(vector_init(&result, in->type, count, a));
    int64_t start = in->sequence_start;
    int64_t step = in->sequence_step;
    if (in->phys == PHYS_INT32) {
        int32_t *to = result.data;
        for (uint32_t i = 0; i < count; i++) to[i] = (int32_t)(start + (int64_t)sel[i] * step);
    } else {
        int64_t *to = result.data;
        for (uint32_t i = 0; i < count; i++) to[i] = start + (int64_t)sel[i] * step;
    }
    *out = result;
    return DBX_OK;
}

dbx_status vector_slice(vector *out, const vector *in, const sel_t *sel, uint32_t count, arena *a) {
    assert(sel != NULL || count == 0);
    switch (in->form) {
    case VECTOR_CONSTANT:
        *out = *in;
        return DBX_OK;
    case VECTOR_SEQUENCE:
        return vector_slice_sequence(out, in, sel, count, a);
    case VECTOR_DICTIONARY: {
        sel_t *composed = arena_alloc(a, MAX(sizeof(sel_t) * count, sizeof(sel_t)));
        if (composed == NULL) return DBX_NOMEM;
        gather_4(in->sel, sel, count, composed);
        *out = *in;
        out->sel = composed;
        return DBX_OK;
    }
    default:
        break;
    }
    if (in->phys == PHYS_STRUCT) return vector_slice_struct(out, in, sel, count, a);
    vector *child = arena_alloc(a, sizeof(vector));
    if (child == NULL) return DBX_NOMEM;
    *child = *in;
    *out = (vector){.type = in->type, .phys = in->phys, .form = VECTOR_DICTIONARY};
    out->sel = sel;
    out->children = child;
    out->child_count = in->capacity > 0 ? in->capacity : vector_sel_bound(sel, count);
    return DBX_OK;
}

/* ---- flattening ------------------------------------------------------------------------------ */

static dbx_status vector_flatten_validity(vector *out, const vector_view *from, uint32_t count,
                                          arena *a) {
    if (from->validity == NULL) return DBX_OK;
    TRY(vector_ensure_validity(out, a));
    if (from->sel != NULL)
        bitmap_gather(from->validity, from->sel, count, out->validity);
    else if (from->mask == 0)
        validity_fill(out->validity, count, validity_get(from->validity, 0));
    else
        memcpy(out->validity, from->validity, validity_bytes(count));
    return DBX_OK;
}

static dbx_status vector_flatten_child(vector *out, const vector *child, const vector_view *from,
                                       uint32_t count, arena *a) {
    vector seen;
    if (from->sel != NULL)
        TRY(vector_slice(&seen, child, from->sel, count, a));
    else if (from->mask == 0)
        TRY(vector_constant_at(&seen, child, 0, a));
    else
        seen = *child;
    return vector_flatten(out, &seen, count, a);
}

static void vector_flatten_sequence(vector *out, const vector *in, uint32_t count) {
    int64_t start = in->sequence_start;
    int64_t step = in->sequence_step;
    if (in->phys == PHYS_INT32) {
        int32_t *to = out->data;
        for (uint32_t i = 0; i < count; i++) to[i] = (int32_t)(start + (int64_t)i * step);
    } else {
        assert(in->phys == PHYS_INT64);
        int64_t *to = out->data;
        for (uint32_t i = 0; i < count; i++) to[i] = start + (int64_t)i * step;
    }
}

dbx_status vector_flatten(vector *out, const vector *in, uint32_t count, arena *a) {
    vector result;
    TRY(vector_init(&result, in->type, in->phys == PHYS_STRUCT ? 0 : count, a));
    if (in->phys == PHYS_STRUCT) { /* its children are made below */
        result.capacity = result.own->capacity = count;
        result.own->validity = vector_validity_new(count, a);
        if (result.own->validity == NULL) return DBX_NOMEM;
    }
    if (in->form == VECTOR_SEQUENCE) {
        vector_flatten_sequence(&result, in, count);
        *out = result;
        return DBX_OK;
    }
    vector_view from = vector_view_of(in);
    TRY(vector_flatten_validity(&result, &from, count, a));
    if (in->phys == PHYS_STRUCT) {
        for (uint32_t i = 0; i < in->type.child_count; i++) {
            TRY(vector_flatten_child(&result.children[i], &from.base->children[i], &from, count,
                                     a));
        }
        *out = result;
        return DBX_OK;
    }
    uint32_t width = physical_size((physical_type)in->phys);
    if (from.sel != NULL)
        gather_values(width, from.data, from.sel, count, result.data);
    else if (from.mask == 0)
        fill_values(width, from.data, count, result.data);
    else if (count > 0)
        memcpy(result.data, from.data, (size_t)width * count);
    if (in->phys == PHYS_LIST) {
        result.children = from.base->children;
        result.child_count = from.base->child_count;
    }
    *out = result;
    return DBX_OK;
}
