/* top_bound.c - see top_bound.h. */
#include "exec/top_bound.h"

void top_bound_init(top_bound *b, type key, sort_order order, uint64_t wanted, ledger *l) {
    memset(b, 0, offsetof(top_bound, heap));
    b->order = order;
    b->wanted = wanted;
    b->off = wanted == 0 || wanted > TOP_BOUND_ROWS_MAX || type_is_nested(key);
    arena_init(&b->arena, l);
}

void top_bound_deinit(top_bound *b) {
    arena_deinit(&b->arena);
}

/* Loops over plain arrays: descending compares the other way round. */
#define TOP_BOUND_LOOP(ctype, not_worse)                                                           \
    do {                                                                                           \
        const ctype *x = key->data;                                                                \
        const ctype bound = *VECTOR_DATA(&b->value, ctype);                                        \
        for (uint32_t i = 0; i < rows; i++) {                                                      \
            room[kept] = i;                                                                        \
            kept += (not_worse);                                                                   \
        }                                                                                          \
    } while (0)
#define TOP_BOUND_NUMBERS(ctype)                                                                   \
    if (b->order.descending)                                                                       \
        TOP_BOUND_LOOP(ctype, x[i] >= bound);                                                      \
    else                                                                                           \
        TOP_BOUND_LOOP(ctype, x[i] <= bound)

static uint32_t top_bound_keep(const top_bound *b, const vector *key, uint32_t rows, sel_t *room) {
    uint32_t kept = 0;
    bool plain = key->form == VECTOR_FLAT && key->validity == NULL && b->value.validity == NULL;
    if (plain && key->phys == PHYS_INT32) {
        TOP_BOUND_NUMBERS(int32_t);
    } else if (plain && key->phys == PHYS_INT64) {
        TOP_BOUND_NUMBERS(int64_t);
    } else if (plain && key->phys == PHYS_STRING && key->type.collation == COLLATION_UTF8_BINARY) {
        if (b->order.descending)
            TOP_BOUND_LOOP(vstring, vstring_compare(&x[i], &bound) >= 0);
        else
            TOP_BOUND_LOOP(vstring, vstring_compare(&x[i], &bound) <= 0);
    } else {
        for (uint32_t i = 0; i < rows; i++) {
            room[kept] = i;
            kept += row_compare(key, i, &b->value, 0, b->order) <= 0;
        }
    }
    return kept;
}

static void top_bound_sink_down(top_bound *b, const vector *key, uint32_t count) {
    for (uint32_t at = 0;;) {
        uint32_t worst = 2 * at + 1;
        if (worst >= count) return;
        if (worst + 1 < count &&
            row_compare(key, b->heap[worst + 1], key, b->heap[worst], b->order) > 0)
            worst++;
        if (row_compare(key, b->heap[worst], key, b->heap[at], b->order) <= 0) return;
        sel_t swap = b->heap[at];
        b->heap[at] = b->heap[worst];
        b->heap[worst] = swap;
        at = worst;
    }
}

static void top_bound_push(top_bound *b, const vector *key, uint32_t at, sel_t row) {
    b->heap[at] = row;
    while (at > 0) {
        uint32_t parent = (at - 1) / 2;
        if (row_compare(key, b->heap[at], key, b->heap[parent], b->order) <= 0) return;
        sel_t swap = b->heap[at];
        b->heap[at] = b->heap[parent];
        b->heap[parent] = swap;
        at = parent;
    }
}

/* The wanted-th best of these rows becomes the bound. */
static dbx_status top_bound_learn(top_bound *b, const vector *key, const sel_t *sel,
                                  uint32_t rows) {
    uint32_t wanted = (uint32_t)b->wanted, count = 0;
    for (uint32_t k = 0; k < rows; k++) {
        sel_t row = sel != NULL ? sel[k] : k;
        if (count < wanted) {
            top_bound_push(b, key, count++, row);
        } else if (row_compare(key, row, key, b->heap[0], b->order) < 0) {
            b->heap[0] = row;
            top_bound_sink_down(b, key, count);
        }
    }
    arena_reset(&b->arena);
    b->known = false;
    TRY(vector_init(&b->value, key->type, 1, &b->arena));
    TRY(vector_copy(&b->value, 0, key, &b->heap[0], 0, 1, &b->arena));
    b->known = true;
    return DBX_OK;
}

dbx_status top_bound_apply(top_bound *b, const vector *key, uint32_t rows, sel_t *room,
                           const sel_t **sel, uint32_t *kept) {
    *sel = NULL;
    *kept = rows;
    if (b->off || key->form == VECTOR_SEQUENCE) return DBX_OK;
    if (b->known) {
        *kept = top_bound_keep(b, key, rows, room);
        *sel = *kept < rows ? room : NULL;
    }
    return *kept > b->wanted ? top_bound_learn(b, key, *sel, *kept) : DBX_OK;
}
