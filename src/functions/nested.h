/* nested.h - reading and making arrays, maps and structs, for the families that work on them.
 *
 * A list argument is opened once a call: its entries, and its elements as a vector of their own.
 * Results are appended behind what out's child holds already, since out may hold other rows of the
 * chunk.
 */
#ifndef DBX_FUNCTIONS_NESTED_H
#define DBX_FUNCTIONS_NESTED_H

#include "functions/kernel_call.h"
#include "vector/compare.h"

typedef struct nested_list {
    vector_view rows;     /* entries, by row of the call */
    const vector *child;  /* ARRAY: elements */
    vector_view elements; /* of child */
    const vector *parts;  /* MAP: [0] keys, [1] values, each indexed as entries say */
    vector_view keys, values;
} nested_list;

dbx_status nested_open(fn_call *call, const vector *arg, nested_list *out) MUST_CHECK;
static inline bool nested_valid(const nested_list *l, uint32_t r) {
    return view_valid(&l->rows, r);
}
static inline list_entry nested_entry(const nested_list *l, uint32_t r) {
    return ((const list_entry *)l->rows.data)[view_index(&l->rows, r)];
}
static inline bool nested_element_valid(const nested_list *l, uint32_t at) {
    return view_valid(&l->elements, at);
}

/* to[at] = value of row `row` of `from`, NULL included. Strings are borrowed, nested values copied.
 */
dbx_status nested_put(fn_call *call, vector *to, uint32_t at, const vector *from,
                      const vector_view *view, uint32_t row) MUST_CHECK;
dbx_status nested_put_null(fn_call *call, vector *to, uint32_t at) MUST_CHECK;

/* Makes row r of a list of `count` elements: their places are *at.. in out->children[0], to be
 * filled. */
dbx_status nested_begin(fn_call *call, vector *out, uint32_t r, uint64_t count,
                        uint32_t *at) MUST_CHECK;
/* Row r gets elements indexes[0..count) of `child`. */
dbx_status nested_take(fn_call *call, vector *out, uint32_t r, const vector *child,
                       const sel_t *indexes, uint32_t count) MUST_CHECK;
/* The same with elements from.. of `child`. */
dbx_status nested_take_range(fn_call *call, vector *out, uint32_t r, const vector *child,
                             uint32_t from, uint32_t count) MUST_CHECK;

/* ---- sets of elements ---- */

/* Distinct values of one or several lists of one element type; NULL is a value. */
typedef struct nested_set {
    uint32_t *slots; /* 1 + item, 0: free */
    uint32_t mask;
    uint32_t count;
    struct nested_item {
        const vector_view *view;
        uint32_t row;
        uint64_t hash;
    } * items;
} nested_set;

/* Room for `capacity` values; keeps the memory of an earlier use. */
dbx_status nested_set_begin(fn_call *call, nested_set *s, uint32_t capacity) MUST_CHECK;
/* Is the value there? When not and `add`, it is put in. */
bool nested_set_find(nested_set *s, const vector_view *view, uint32_t row, uint64_t hash, bool add);
/* Hashes of the elements of a list, by element number. */
dbx_status nested_hashes(fn_call *call, const nested_list *l, uint64_t **out) MUST_CHECK;

/* Raises the errors of map keys. */
dbx_status nested_raise_null_key(fn_call *call) MUST_CHECK;
dbx_status nested_raise_duplicate_key(fn_call *call, const vector *keys, uint32_t row) MUST_CHECK;
/* Checks keys [at, at + count) of a map that was just made. */
dbx_status nested_check_keys(fn_call *call, const vector *out, uint32_t at,
                             uint32_t count) MUST_CHECK;

/* ---- binding ---- */
dbx_status nested_bind_count(fn_bind *b) MUST_CHECK; /* state: uint32_t, the number of arguments */
dbx_status nested_array_type(fn_bind *b, type element, bool nullable, type *out) MUST_CHECK;

#endif
