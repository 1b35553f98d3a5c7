/* compare.c - see compare.h. One value at a time; kernels that compare whole columns live with
 * their users. */
#include "vector/compare.h"

#include "vector/collation.h"

#define COMPARE_ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int compare_double(double a, double b) {
    if (a < b) return -1;
    if (a > b) return 1;
    if (a == b) return 0;
    return (a != a) - (b != b); /* NaN is the largest and equals itself */
}

static int compare_interval(const dbx_interval *a, const dbx_interval *b) {
    if (a->months != b->months) return COMPARE_ORDER(a->months, b->months);
    if (a->days != b->days) return COMPARE_ORDER(a->days, b->days);
    return COMPARE_ORDER(a->micros, b->micros);
}

/* Values inside nested ones: NULL is the smallest and equals itself. */
static int compare_child(const vector *v, uint32_t row_v, const vector *w, uint32_t row_w) {
    return row_compare(v, row_v, w, row_w, (sort_order){.descending = false, .nulls_first = true});
}

static int compare_list(const vector_view *a, uint32_t index_a, const vector_view *b,
                        uint32_t index_b) {
    list_entry e = ((const list_entry *)a->data)[index_a];
    list_entry f = ((const list_entry *)b->data)[index_b];
    uint32_t common = MIN(e.length, f.length);
    for (uint32_t i = 0; i < common; i++) {
        int order = compare_child(a->base->children, e.offset + i, b->base->children, f.offset + i);
        if (order != 0) return order;
    }
    return COMPARE_ORDER(e.length, f.length);
}

static int compare_struct(const vector_view *a, uint32_t index_a, const vector_view *b,
                          uint32_t index_b) {
    for (uint32_t i = 0; i < a->base->type.child_count; i++) {
        int order = compare_child(&a->base->children[i], index_a, &b->base->children[i], index_b);
        if (order != 0) return order;
    }
    return 0;
}

#define COMPARE_AS(ctype)                                                                          \
    COMPARE_ORDER(((const ctype *)a->data)[index_a], ((const ctype *)b->data)[index_b])

int value_compare(const vector_view *a, uint32_t index_a, const vector_view *b, uint32_t index_b) {
    assert(a->base->phys == b->base->phys);
    switch ((physical_type)a->base->phys) {
    case PHYS_BOOL:
        return COMPARE_AS(uint8_t);
    case PHYS_INT8:
        return COMPARE_AS(int8_t);
    case PHYS_INT16:
        return COMPARE_AS(int16_t);
    case PHYS_INT32:
        return COMPARE_AS(int32_t);
    case PHYS_INT64:
        return COMPARE_AS(int64_t);
    case PHYS_INT128:
        return COMPARE_AS(__int128);
    case PHYS_FLOAT:
        return compare_double(((const float *)a->data)[index_a], ((const float *)b->data)[index_b]);
    case PHYS_DOUBLE:
        return compare_double(((const double *)a->data)[index_a],
                              ((const double *)b->data)[index_b]);
    case PHYS_STRING: {
        const vstring *x = &((const vstring *)a->data)[index_a];
        const vstring *y = &((const vstring *)b->data)[index_b];
        uint16_t collation = a->base->type.collation;
        return collation == COLLATION_UTF8_BINARY ? vstring_compare(x, y)
                                                  : collation_compare(collation, x, y);
    }
    case PHYS_INTERVAL:
        return compare_interval(&((const dbx_interval *)a->data)[index_a],
                                &((const dbx_interval *)b->data)[index_b]);
    case PHYS_LIST:
        return compare_list(a, index_a, b, index_b);
    case PHYS_STRUCT:
        return compare_struct(a, index_a, b, index_b);
    case PHYS_COUNT:
        break;
    }
    assert(false);
    return 0;
}

bool value_equal(const vector_view *a, uint32_t index_a, const vector_view *b, uint32_t index_b) {
    if (a->base->phys == PHYS_STRING && a->base->type.collation == COLLATION_UTF8_BINARY) {
        return vstring_equal(&((const vstring *)a->data)[index_a],
                             &((const vstring *)b->data)[index_b]);
    }
    return value_compare(a, index_a, b, index_b) == 0;
}

static int compare_sequences(const vector *v, uint32_t a, const vector *w, uint32_t b,
                             sort_order order);

int row_compare(const vector *v, uint32_t a, const vector *w, uint32_t b, sort_order order) {
    if (v->form == VECTOR_SEQUENCE || w->form == VECTOR_SEQUENCE)
        return compare_sequences(v, a, w, b, order);
    vector_view x = vector_view_of(v), y = vector_view_of(w);
    uint32_t i = view_index(&x, a), k = view_index(&y, b);
    bool valid_x = validity_get(x.validity, i), valid_y = validity_get(y.validity, k);
    if (!valid_x || !valid_y) {
        int nulls_smaller = COMPARE_ORDER(valid_x, valid_y);
        return order.nulls_first ? nulls_smaller : -nulls_smaller;
    }
    int result = value_compare(&x, i, &y, k);
    return order.descending ? -COMPARE_ORDER(result, 0) : result;
}

/* A FLAT vector of the one value, on the stack. */
static vector compare_sequence_value(const vector *v, uint32_t row, int64_t *wide,
                                     int32_t *narrow) {
    vector one = {.type = v->type, .phys = v->phys, .form = VECTOR_CONSTANT};
    *wide = v->sequence_start + (int64_t)row * v->sequence_step;
    *narrow = (int32_t)*wide;
    one.data = v->phys == PHYS_INT32 ? (void *)narrow : (void *)wide;
    return one;
}

static int compare_sequences(const vector *v, uint32_t a, const vector *w, uint32_t b,
                             sort_order order) {
    int64_t wide_v, wide_w;
    int32_t narrow_v, narrow_w;
    vector x = v->form == VECTOR_SEQUENCE ? compare_sequence_value(v, a, &wide_v, &narrow_v) : *v;
    vector y = w->form == VECTOR_SEQUENCE ? compare_sequence_value(w, b, &wide_w, &narrow_w) : *w;
    return row_compare(&x, a, &y, b, order);
}
