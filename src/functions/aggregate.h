/* aggregate.h - shared by the files of aggregate functions. */
#ifndef DBX_FUNCTIONS_AGGREGATE_H
#define DBX_FUNCTIONS_AGGREGATE_H

#include "functions/kernel_call.h"
#include "functions/signature.h"

/* Active row i of the call (i counts states too). */
static inline uint32_t aggregate_row(const fn_call *call, uint32_t i) {
    return call->sel ? call->sel[i] : i;
}

/* The argument is a plain array over all rows: fast paths of update_single. */
static inline bool aggregate_is_dense(const fn_call *call, const vector_view *v) {
    return call->sel == NULL && v->sel == NULL && v->mask != 0;
}

/* ---- slots: one value of any type held by a state ---- */

typedef struct aggregate_slot {
    union {
        uint8_t fixed[16];
        vstring text;   /* long bytes are in `buffer` */
        vector *nested; /* one row */
    } u;
    char *buffer;
    uint32_t capacity;
    bool has_value;
    bool is_null;
} aggregate_slot;

/* Stores the value at view index i (NULL is kept as such); bytes are copied into the call's arena.
 */
dbx_status aggregate_slot_set(fn_call *call, aggregate_slot *s, const vector_view *v,
                              uint32_t i) MUST_CHECK;
dbx_status aggregate_slot_move(fn_call *call, aggregate_slot *to, const aggregate_slot *from,
                               type t) MUST_CHECK;
/* Row `at` of out: NULL when nothing was stored. */
dbx_status aggregate_slot_get(fn_call *call, const aggregate_slot *s, vector *out,
                              uint32_t at) MUST_CHECK;
/* A view whose index 0 is the value; `storage` outlives the view. */
vector_view aggregate_slot_view(const aggregate_slot *s, type t, vector *storage);
dbx_status aggregate_slot_write(const aggregate_slot *s, type t, buffer *out) MUST_CHECK;
dbx_status aggregate_slot_read(fn_call *call, type t, const char **at, const char *end,
                               aggregate_slot *s) MUST_CHECK;

/* ---- lists: all values of a group, in order ---- */

typedef struct aggregate_list {
    vector *values; /* FLAT, `count` rows used */
    uint32_t count;
    uint32_t capacity;
} aggregate_list;

enum { AGGREGATE_LIST_MAX = 1 << 30 };

dbx_status aggregate_list_push(fn_call *call, aggregate_list *l, const vector_view *v,
                               uint32_t i) MUST_CHECK;
dbx_status aggregate_list_append(fn_call *call, aggregate_list *l,
                                 const aggregate_list *from) MUST_CHECK;
dbx_status aggregate_list_write(const aggregate_list *l, buffer *out) MUST_CHECK;
dbx_status aggregate_list_read(fn_call *call, type t, const char *bytes, size_t size,
                               aggregate_list *l) MUST_CHECK;
/* Makes rows at.. of an ARRAY vector from the lists; children are copied. order (may be NULL) gives
 * element indexes. */
dbx_status aggregate_list_emit(fn_call *call, const aggregate_list *l, const uint32_t *order,
                               uint32_t count, vector *out, uint32_t at) MUST_CHECK;

/* The constant percentages of argument `arg`: a number or an array of numbers in [0, 1]. */
dbx_status aggregate_bind_percentages(fn_bind *b, uint32_t arg, bool *array, uint32_t *count,
                                      double **out) MUST_CHECK;

#endif
