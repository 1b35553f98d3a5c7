/* runtime_filter.c - tests of values against a runtime filter.
 *
 * Integers and dates go through min, max and, where there is one, an exact bitmap; everything else
 * through the Bloom filter. NULL never matches: filters are made for plain equality only.
 */
#include "exec/runtime_filter.h"

#include "vector/hash.h"

static inline bool runtime_filter_has(const runtime_filter *f, int64_t v) {
    if (v < f->min || v > f->max) return false;
    if (f->bitmap == NULL) return true;
    uint64_t bit = (uint64_t)v - (uint64_t)f->min;
    return f->bitmap[bit / 64] >> (bit % 64) & 1u;
}

/* One loop a width; the branch-free write keeps the rows that pass. */
#define RUNTIME_FILTER_LOOP(ctype)                                                                 \
    do {                                                                                           \
        const ctype *data = view.data;                                                             \
        for (uint32_t i = 0; i < rows; i++) {                                                      \
            uint32_t r = sel != NULL ? sel[i] : i;                                                 \
            uint32_t at = view_index(&view, r);                                                    \
            bool pass =                                                                            \
                validity_get(view.validity, at) && runtime_filter_has(f, (int64_t)data[at]);       \
            out_sel[kept] = r;                                                                     \
            kept += pass;                                                                          \
        }                                                                                          \
    } while (0)

static uint32_t runtime_filter_integers(const runtime_filter *f, const vector *v, const sel_t *sel,
                                        uint32_t rows, sel_t *out_sel) {
    vector_view view = vector_view_of(v);
    uint32_t kept = 0;
    switch (v->phys) {
    case PHYS_INT8:
        RUNTIME_FILTER_LOOP(int8_t);
        break;
    case PHYS_INT16:
        RUNTIME_FILTER_LOOP(int16_t);
        break;
    case PHYS_INT32:
        RUNTIME_FILTER_LOOP(int32_t);
        break;
    default:
        RUNTIME_FILTER_LOOP(int64_t);
        break;
    }
    return kept;
}

static bool runtime_filter_is_integer(const vector *v) {
    return v->phys == PHYS_INT8 || v->phys == PHYS_INT16 || v->phys == PHYS_INT32 ||
           v->phys == PHYS_INT64;
}

dbx_status runtime_filter_apply(const runtime_filter *f, const vector *v, const sel_t *sel,
                                uint32_t rows, sel_t *out_sel, uint32_t *out_rows, arena *scratch) {
    assert(atomic_load(&((runtime_filter *)(uintptr_t)f)->ready));
    uint32_t bound = rows == 0 ? 0 : sel != NULL ? sel[rows - 1] + 1 : rows;
    vector flat;
    if (v->form == VECTOR_SEQUENCE) {
        TRY(vector_init(&flat, v->type, bound, scratch));
        TRY(vector_flatten(&flat, v, bound, scratch));
        v = &flat;
    }
    uint32_t kept = 0;
    if (f->is_empty) {
        rows = 0;
    } else if (f->has_min_max && runtime_filter_is_integer(v)) {
        kept = runtime_filter_integers(f, v, sel, rows, out_sel);
        rows = kept;
        sel = out_sel;
    }
    if (f->bloom != NULL && rows > 0) {
        uint64_t *hashes = arena_alloc(scratch, bound * sizeof(*hashes));
        if (hashes == NULL) return DBX_NOMEM;
        TRY(vector_hash(v, bound, false, hashes, scratch));
        kept = 0;
        for (uint32_t i = 0; i < rows; i++) {
            uint32_t r = sel != NULL ? sel[i] : i;
            out_sel[kept] = r;
            kept += runtime_bloom_test(f, hashes[r]) && !vector_is_null(v, r);
        }
    } else if (!f->is_empty && !f->has_min_max) {
        for (uint32_t i = 0; i < rows; i++) out_sel[i] = sel != NULL ? sel[i] : i;
        kept = rows;
    }
    *out_rows = kept;
    return DBX_OK;
}
