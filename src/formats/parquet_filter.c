/* parquet_filter.c - see parquet_filter.h. */
#include "formats/parquet_filter.h"

#include "formats/prune.h"
#include "kernel/mask.h"
#include "vector/compare.h"

bool parquet_filter_supports(const scan_predicate *p, type t) {
    if (type_is_nested(t) || t.id == TYPE_VOID || t.id == TYPE_INTERVAL || t.id == TYPE_VARIANT)
        return false;
    if (p->op == SCAN_IS_NULL || p->op == SCAN_IS_NOT_NULL) return true;
    if (p->op == SCAN_RUNTIME) {
        int64_t unused;
        uint64_t zero[2] = {0, 0};
        return prune_integer(t, zero, 0, &unused);
    }
    if (t.collation != COLLATION_UTF8_BINARY || p->value.type.collation != COLLATION_UTF8_BINARY) {
        return false;
    }
    if (p->op != SCAN_IN && p->value.form != VECTOR_CONSTANT) return false;
    if (p->op == SCAN_IN && p->value.form != VECTOR_FLAT) return false;
    return type_same_layout(p->value.type, t);
}

static mask_op filter_op(scan_predicate_op op) {
    switch (op) {
    case SCAN_EQ:
        return MASK_EQ;
    case SCAN_NE:
        return MASK_NE;
    case SCAN_LT:
        return MASK_LT;
    case SCAN_LE:
        return MASK_LE;
    case SCAN_GT:
        return MASK_GT;
    default:
        return MASK_GE;
    }
}

static bool filter_order_passes(scan_predicate_op op, int order) {
    switch (op) {
    case SCAN_EQ:
        return order == 0;
    case SCAN_NE:
        return order != 0;
    case SCAN_LT:
        return order < 0;
    case SCAN_LE:
        return order <= 0;
    case SCAN_GT:
        return order > 0;
    default:
        return order >= 0;
    }
}

static void filter_strings(const vstring *data, uint32_t rows, scan_predicate_op op,
                           const vstring *value, uint8_t *mask) {
    if (op == SCAN_EQ || op == SCAN_NE) {
        bool wanted = op == SCAN_EQ;
        for (uint32_t i = 0; i < rows; i++) {
            if (mask[i]) mask[i] = vstring_equal(&data[i], value) == wanted;
        }
        return;
    }
    for (uint32_t i = 0; i < rows; i++) {
        if (mask[i]) mask[i] = filter_order_passes(op, vstring_compare(&data[i], value));
    }
}

/* data: rows values of v's type. NULL rows are cleared already. */
static void filter_compare(const scan_predicate *p, const vector *v, uint32_t rows, uint8_t *mask) {
    mask_op op = filter_op(p->op);
    const void *value = p->value.data;
    switch (v->phys) {
    case PHYS_BOOL:
    case PHYS_INT8:
        mask_and_int8(v->data, rows, op, *(const int8_t *)value, mask);
        return;
    case PHYS_INT16:
        mask_and_int16(v->data, rows, op, *(const int16_t *)value, mask);
        return;
    case PHYS_INT32:
        mask_and_int32(v->data, rows, op, *(const int32_t *)value, mask);
        return;
    case PHYS_INT64:
        mask_and_int64(v->data, rows, op, *(const int64_t *)value, mask);
        return;
    case PHYS_INT128:
        mask_and_int128(v->data, rows, op, *(const __int128 *)value, mask);
        return;
    case PHYS_FLOAT:
        mask_and_float(v->data, rows, op, *(const float *)value, mask);
        return;
    case PHYS_DOUBLE:
        mask_and_double(v->data, rows, op, *(const double *)value, mask);
        return;
    case PHYS_STRING:
        filter_strings(v->data, rows, p->op, value, mask);
        return;
    default:
        assert(false);
    }
}

/* Binary search in the sorted list. */
static bool filter_in_list(const scan_predicate *p, const vector_view *list, const vector_view *row,
                           uint32_t i) {
    uint32_t low = 0;
    uint32_t high = p->value_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = value_compare(list, middle, row, i);
        if (order == 0) return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static void filter_in(const scan_predicate *p, const vector *v, uint32_t rows, uint8_t *mask) {
    vector_view list = vector_view_of(&p->value);
    vector_view row = vector_view_of(v);
    for (uint32_t i = 0; i < rows; i++) {
        if (mask[i]) mask[i] = filter_in_list(p, &list, &row, i);
    }
}

static void filter_runtime(const runtime_filter *f, const vector *v, uint32_t rows, uint8_t *mask) {
    if (!atomic_load_explicit(&((runtime_filter *)(uintptr_t)f)->ready, memory_order_acquire))
        return;
    if (f->is_empty) {
        memset(mask, 0, rows);
        return;
    }
    if (!f->has_min_max) return;
    for (uint32_t i = 0; i < rows; i++) {
        int64_t x = 0;
        if (!mask[i] || !prune_integer(v->type, v->data, i, &x)) continue;
        bool pass = x >= f->min && x <= f->max;
        if (pass && f->bitmap != NULL) {
            uint64_t bit = (uint64_t)x - (uint64_t)f->min;
            pass = f->bitmap[bit / 64] >> (bit % 64) & 1;
        }
        mask[i] = pass;
    }
}

/* One predicate on FLAT values. */
static void filter_flat(const scan_predicate *p, const vector *v, uint32_t rows, uint8_t *mask) {
    assert(v->form == VECTOR_FLAT);
    if (p->op == SCAN_IS_NULL) {
        if (v->validity == NULL) memset(mask, 0, rows);
        for (uint32_t i = 0; i < rows && v->validity != NULL; i++) {
            mask[i] &= !validity_get(v->validity, i);
        }
        return;
    }
    if (v->validity != NULL) mask_and_bits(v->validity, rows, mask);
    if (p->op == SCAN_IS_NOT_NULL) return;
    if (p->op == SCAN_RUNTIME)
        filter_runtime(p->runtime, v, rows, mask);
    else if (p->op == SCAN_IN)
        filter_in(p, v, rows, mask);
    else if (!validity_get(p->value.validity, 0))
        memset(mask, 0, rows);
    else
        filter_compare(p, v, rows, mask);
}

/* Tests every entry of the reader's dictionary, the NULL entry included. */
static dbx_status filter_dictionary(const parquet_filter *f, parquet_reader *r, error *err) {
    if (r->dictionary_pass != NULL) return DBX_OK;
    uint32_t entries = r->dictionary_count + 1;
    r->dictionary_pass_block = parquet_block_take(r->context, entries);
    if (r->dictionary_pass_block == NULL) return error_nomem(err);
    uint8_t *pass = r->dictionary_pass_block->data;
    memset(pass, 1, entries);
    for (uint32_t i = 0; i < f->count; i++) {
        filter_flat(f->predicates[i], &r->dictionary, entries, pass);
    }
    if (r->leaf->max_def == 0) pass[entries - 1] = 0;
    r->dictionary_pass_count = 0;
    for (uint32_t i = 0; i < entries; i++) r->dictionary_pass_count += pass[i];
    r->dictionary_pass = pass;
    return DBX_OK;
}

dbx_status parquet_filter_batch(const parquet_filter *f, const parquet_batch *b, uint32_t rows,
                                uint8_t *mask, sel_t *sel, uint32_t *kept, error *err) {
    bool first = *kept == rows; /* sel is not set yet */
    if (b->dictionary != NULL) {
        TRY(filter_dictionary(f, b->dictionary, err));
        const uint8_t *table = b->dictionary->dictionary_pass;
        if (!first) {
            *kept = (uint32_t)mask_refine_table(table, b->indexes, sel, *kept);
            return DBX_OK;
        }
        for (uint32_t i = 0; i < rows; i++) mask[i] = table[b->indexes[i]];
        *kept = (uint32_t)mask_to_sel(mask, rows, sel);
        return DBX_OK;
    }
    vector v = b->flat;
    v.validity = b->has_null ? b->validity_words : NULL;
    memset(mask, 1, rows);
    for (uint32_t i = 0; i < f->count; i++) filter_flat(f->predicates[i], &v, rows, mask);
    *kept = (uint32_t)(first ? mask_to_sel(mask, rows, sel) : mask_refine(mask, sel, *kept));
    return DBX_OK;
}

bool parquet_filter_is_hopeless(const parquet_reader *r) {
    return r->chunk->all_dictionary && r->dictionary_pass != NULL && r->dictionary_pass_count == 0;
}
