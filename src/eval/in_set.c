/* in_set.c - x IN (constants). Integers of a small range are a bitmap; everything else is a hash
 * table of row numbers into a vector of the constants, by the hash and equality of the type. A NULL
 * among the constants makes a miss NULL.
 */
#include "eval/program_int.h"
#include "kernel/gather.h"
#include "vector/hash.h"

enum { IN_SET_RANGE_MAX = 1 << 16 };

typedef struct in_set {
    bool has_null;
    /* bitmap over [min, min + range) */
    const uint64_t *bitmap;
    int64_t min;
    uint64_t range;
    /* hash table: value number + 1, 0 is free; the size is a power of two */
    const uint32_t *table;
    uint32_t mask;
    const uint64_t *hashes; /* per value */
    vector values;          /* FLAT, none NULL */
} in_set;

/* ---- building -------------------------------------------------------------------------------- */

static dbx_status in_set_collect(arena *a, const expr *in, in_set *set, uint32_t *count) {
    *count = 0;
    TRY(vector_init(&set->values, in->args[0]->type, in->arg_count, a));
    for (uint32_t i = 1; i < in->arg_count; i++) {
        const vector *value = in->args[i]->u.value;
        if (vector_is_null(value, 0)) {
            set->has_null = true;
            continue;
        }
        TRY(vector_copy(&set->values, *count, value, NULL, 0, 1, a));
        ++*count;
    }
    return DBX_OK;
}

static int64_t in_set_integer(const vector *v, uint32_t i) {
    switch (v->phys) {
    case PHYS_BOOL:
    case PHYS_INT8:
        return ((const int8_t *)v->data)[i];
    case PHYS_INT16:
        return ((const int16_t *)v->data)[i];
    case PHYS_INT32:
        return ((const int32_t *)v->data)[i];
    default:
        return ((const int64_t *)v->data)[i];
    }
}

static bool in_set_is_integer(const vector *v) {
    return v->phys <= PHYS_INT64;
}

static dbx_status in_set_make_bitmap(arena *a, in_set *set, uint32_t count, bool *done) {
    *done = false;
    if (!in_set_is_integer(&set->values) || count == 0) return DBX_OK;
    int64_t min = INT64_MAX, max = INT64_MIN;
    for (uint32_t i = 0; i < count; i++) {
        min = MIN(min, in_set_integer(&set->values, i));
        max = MAX(max, in_set_integer(&set->values, i));
    }
    uint64_t range = (uint64_t)max - (uint64_t)min + 1;
    if (range == 0 || range > IN_SET_RANGE_MAX) return DBX_OK;
    uint64_t *bitmap = ARENA_ARRAY(a, uint64_t, validity_bytes(range) / sizeof(uint64_t));
    if (bitmap == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        validity_set_valid(bitmap,
                           (size_t)((uint64_t)in_set_integer(&set->values, i) - (uint64_t)min));
    }
    set->bitmap = bitmap;
    set->min = min;
    set->range = range;
    *done = true;
    return DBX_OK;
}

static dbx_status in_set_make_table(arena *a, in_set *set, uint32_t count) {
    uint32_t size = 16;
    while (size < count * 2) size *= 2;
    uint32_t *table = ARENA_ARRAY(a, uint32_t, size);
    uint64_t *hashes = ARENA_ARRAY(a, uint64_t, MAX(count, 1));
    if (table == NULL || hashes == NULL) return DBX_NOMEM;
    TRY(vector_hash(&set->values, count, false, hashes, a));
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = (uint32_t)hashes[i] & (size - 1);
        while (table[at] != 0) at = (at + 1) & (size - 1);
        table[at] = i + 1;
    }
    set->table = table;
    set->hashes = hashes;
    set->mask = size - 1;
    return DBX_OK;
}

/* ---- looking up ------------------------------------------------------------------------------ */

static dbx_status in_set_finish(fn_call *call, const in_set *set, vector *out) {
    if (!set->has_null) return DBX_OK;
    const uint8_t *found = out->data;
    FN_FOR_EACH_ROW(call, r) {
        if (!found[r]) TRY(fn_set_null(call, out, r));
    }
    return DBX_OK;
}

#define IN_SET_BITMAP(name, ctype)                                                                 \
    static inline uint8_t in_set_has_##name(const in_set *set, ctype value) {                      \
        uint64_t at = (uint64_t)(int64_t)value - (uint64_t)set->min;                               \
        uint64_t inside = MIN(at, set->range - 1);                                                 \
        return (uint8_t)((at == inside) & (set->bitmap[inside / 64] >> (inside % 64) & 1));        \
    }                                                                                              \
    static dbx_status in_set_##name(fn_call *call, const vector *args, vector *out) {              \
        const in_set *set = call->state;                                                           \
        vector_view v = vector_view_of(&args[0]);                                                  \
        const ctype *values = v.data;                                                              \
        uint8_t *found = out->data;                                                                \
        if (call->sel == NULL && v.sel == NULL) {                                                  \
            for (uint32_t r = 0; r < call->rows; r++)                                              \
                found[r] = in_set_has_##name(set, values[r]);                                      \
        } else {                                                                                   \
            FN_FOR_EACH_ROW(call, r) found[r] = in_set_has_##name(set, values[view_index(&v, r)]); \
        }                                                                                          \
        return in_set_finish(call, set, out);                                                      \
    }
IN_SET_BITMAP(int8, int8_t)
IN_SET_BITMAP(int16, int16_t)
IN_SET_BITMAP(int32, int32_t)
IN_SET_BITMAP(int64, int64_t)
#undef IN_SET_BITMAP

static dbx_status in_set_int64_hashed(fn_call *call, const vector *args, vector *out) {
    const in_set *set = call->state;
    vector_view v = vector_view_of(&args[0]);
    const int64_t *values = v.data, *members = set->values.data;
    uint8_t *found = out->data;
    FN_FOR_EACH_ROW(call, r) {
        int64_t value = values[view_index(&v, r)];
        uint32_t at = (uint32_t)hash_int64(value) & set->mask;
        while (set->table[at] != 0 && members[set->table[at] - 1] != value)
            at = (at + 1) & set->mask;
        found[r] = set->table[at] != 0;
    }
    return in_set_finish(call, set, out);
}

static dbx_status in_set_strings(fn_call *call, const vector *args, vector *out) {
    const in_set *set = call->state;
    vector_view v = vector_view_of(&args[0]);
    const vstring *values = v.data, *members = set->values.data;
    uint8_t *found = out->data;
    FN_FOR_EACH_ROW(call, r) {
        const vstring *value = &values[view_index(&v, r)];
        uint32_t at = (uint32_t)vstring_hash(value) & set->mask;
        while (set->table[at] != 0 && !vstring_equal(&members[set->table[at] - 1], value))
            at = (at + 1) & set->mask;
        found[r] = set->table[at] != 0;
    }
    return in_set_finish(call, set, out);
}

static dbx_status in_set_any(fn_call *call, const vector *args, vector *out) {
    const in_set *set = call->state;
    uint64_t *hashes = arena_alloc(call->arena, call->rows * sizeof(*hashes));
    if (hashes == NULL) return error_nomem(call->err);
    vector active = args[0];
    if (call->sel != NULL &&
        vector_slice(&active, &args[0], call->sel, call->rows, call->arena) != DBX_OK) {
        return error_nomem(call->err);
    }
    if (vector_hash(&active, call->rows, false, hashes, call->arena) != DBX_OK)
        return error_nomem(call->err);
    vector_view v = vector_view_of(&args[0]), members = vector_view_of(&set->values);
    uint8_t *found = out->data;
    uint32_t i = 0;
    FN_FOR_EACH_ROW(call, r) {
        uint32_t index = view_index(&v, r);
        uint64_t hash = hashes[i++];
        uint32_t at = (uint32_t)hash & set->mask;
        for (; set->table[at] != 0; at = (at + 1) & set->mask) {
            uint32_t member = set->table[at] - 1;
            if (set->hashes[member] == hash && value_equal(&v, index, &members, member)) break;
        }
        found[r] = set->table[at] != 0;
    }
    return in_set_finish(call, set, out);
}

dbx_status in_set_new(arena *a, const expr *in, scalar_kernel *kernel, const void **state,
                      error *err) {
    static const scalar_kernel by_bitmap[] = {
        [PHYS_BOOL] = in_set_int8,   [PHYS_INT8] = in_set_int8,   [PHYS_INT16] = in_set_int16,
        [PHYS_INT32] = in_set_int32, [PHYS_INT64] = in_set_int64,
    };
    in_set *set = ARENA_NEW(a, in_set);
    uint32_t count;
    bool is_bitmap;
    if (set == NULL || in_set_collect(a, in, set, &count) != DBX_OK) return error_nomem(err);
    if (in_set_make_bitmap(a, set, count, &is_bitmap) != DBX_OK) return error_nomem(err);
    if (!is_bitmap && in_set_make_table(a, set, count) != DBX_OK) return error_nomem(err);
    const vector *v = &set->values;
    if (is_bitmap)
        *kernel = by_bitmap[v->phys];
    else if (v->phys == PHYS_INT64)
        *kernel = in_set_int64_hashed;
    else if (v->phys == PHYS_STRING && v->type.collation == COLLATION_UTF8_BINARY)
        *kernel = in_set_strings;
    else
        *kernel = in_set_any;
    *state = set;
    return DBX_OK;
}
