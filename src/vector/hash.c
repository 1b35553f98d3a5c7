/* hash.c - see hash.h. Fixed-width values go through kernels; strings of up to 12 bytes are hashed
 * from their 16 bytes in place, longer ones by XXH3; nested values fold the hashes of their parts.
 */
#include "vector/hash.h"

#include "kernel/bitmap.h"
#include "kernel/gather.h"
#include "kernel/hash_values.h"
#include "vector/collation.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { HASH_BATCH = 1024 };
#define HASH_LIST_SEED 0x510e527fade682d1u
#define HASH_STRUCT_SEED 0x9b05688c2b3e6c1fu

uint64_t vstring_hash(const vstring *s) {
    if (s->size > VSTRING_INLINE_MAX) return XXH3_64bits(s->u.data, s->size);
    uint64_t head, rest;
    memcpy(&head, s, 8);
    memcpy(&rest, s->u.rest, 8);
    return hash_short_bytes(head, rest);
}

/* ---- scalars: rows given by indexes into the base vector, or first + i ----------------------- */

typedef struct hash_rows {
    const sel_t *indexes; /* NULL: 0, 1, … count - 1 after `first` */
    uint32_t first;
    uint32_t count;
} hash_rows;

static void hash_fixed(const vector *base, const hash_rows *rows, uint64_t *hashes) {
    typedef void (*dense_fn)(const void *, size_t, uint64_t *);
    typedef void (*selected_fn)(const void *, const sel_t *, size_t, uint64_t *);
    static const dense_fn dense[PHYS_COUNT] = {
        [PHYS_BOOL] = hash_values_int8,         [PHYS_INT8] = hash_values_int8,
        [PHYS_INT16] = hash_values_int16,       [PHYS_INT32] = hash_values_int32,
        [PHYS_INT64] = hash_values_int64,       [PHYS_INT128] = hash_values_int128,
        [PHYS_FLOAT] = hash_values_float,       [PHYS_DOUBLE] = hash_values_double,
        [PHYS_INTERVAL] = hash_values_interval,
    };
    static const selected_fn selected[PHYS_COUNT] = {
        [PHYS_BOOL] = hash_selected_int8,         [PHYS_INT8] = hash_selected_int8,
        [PHYS_INT16] = hash_selected_int16,       [PHYS_INT32] = hash_selected_int32,
        [PHYS_INT64] = hash_selected_int64,       [PHYS_INT128] = hash_selected_int128,
        [PHYS_FLOAT] = hash_selected_float,       [PHYS_DOUBLE] = hash_selected_double,
        [PHYS_INTERVAL] = hash_selected_interval,
    };
    assert(dense[base->phys] != NULL);
    if (rows->indexes != NULL) {
        selected[base->phys](base->data, rows->indexes, rows->count, hashes);
        return;
    }
    size_t width = physical_size((physical_type)base->phys);
    dense[base->phys]((const char *)base->data + width * rows->first, rows->count, hashes);
}

static dbx_status hash_strings(const vector *base, const hash_rows *rows, uint64_t *hashes,
                               arena *scratch) {
    const vstring *values = base->data;
    uint16_t collation = base->type.collation;
    for (uint32_t i = 0; i < rows->count; i++) {
        uint32_t index = rows->indexes != NULL ? rows->indexes[i] : rows->first + i;
        if (!validity_get(base->validity, index)) continue;
        if (LIKELY(collation == COLLATION_UTF8_BINARY)) {
            hashes[i] = vstring_hash(&values[index]);
            continue;
        }
        vstring key;
        TRY(collation_key(collation, &values[index], &key, scratch));
        hashes[i] = vstring_hash(&key);
    }
    return DBX_OK;
}

static void hash_set_nulls(const uint64_t *validity, const hash_rows *rows, uint64_t *hashes) {
    if (validity == NULL) return;
    if (rows->indexes != NULL || rows->first % 64 != 0) {
        for (uint32_t i = 0; i < rows->count; i++) {
            uint32_t index = rows->indexes != NULL ? rows->indexes[i] : rows->first + i;
            hashes[i] = validity_get(validity, index) ? hashes[i] : HASH_NULL;
        }
        return;
    }
    const uint64_t *words = validity + rows->first / 64;
    for (uint32_t base = 0; base < rows->count; base += 64) {
        for (uint64_t nulls = ~words[base / 64]; nulls != 0; nulls &= nulls - 1) {
            uint32_t row = base + (uint32_t)__builtin_ctzll(nulls);
            if (row >= rows->count) break;
            hashes[row] = HASH_NULL;
        }
    }
}

/* ---- nested values --------------------------------------------------------------------------- */

static dbx_status hash_lists(const vector *base, const hash_rows *rows, uint64_t *hashes,
                             arena *scratch) {
    const list_entry *entries = base->data;
    uint64_t total = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        uint32_t index = rows->indexes != NULL ? rows->indexes[i] : rows->first + i;
        if (validity_get(base->validity, index)) total += entries[index].length;
    }
    if (total > UINT32_MAX / sizeof(uint64_t)) return DBX_NOMEM;
    sel_t *items = arena_alloc(scratch, MAX(total, 1) * sizeof(sel_t));
    uint64_t *item_hashes = arena_alloc(scratch, MAX(total, 1) * sizeof(uint64_t));
    if (items == NULL || item_hashes == NULL) return DBX_NOMEM;
    uint32_t at = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        uint32_t index = rows->indexes != NULL ? rows->indexes[i] : rows->first + i;
        if (!validity_get(base->validity, index)) continue;
        for (uint32_t k = 0; k < entries[index].length; k++)
            items[at++] = entries[index].offset + k;
    }
    vector slice;
    TRY(vector_slice(&slice, &base->children[0], items, at, scratch));
    TRY(vector_hash(&slice, at, false, item_hashes, scratch));
    at = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        uint32_t index = rows->indexes != NULL ? rows->indexes[i] : rows->first + i;
        if (!validity_get(base->validity, index)) continue;
        uint64_t hash = HASH_LIST_SEED;
        for (uint32_t k = 0; k < entries[index].length; k++)
            hash = hash_combine(hash, item_hashes[at++]);
        hashes[i] = hash;
    }
    return DBX_OK;
}

/* Only valid rows look at the fields: what lies under a NULL need not be readable. */
static dbx_status hash_structs(const vector *base, const hash_rows *rows, uint64_t *hashes,
                               arena *scratch) {
    sel_t *indexes = arena_alloc(scratch, MAX(rows->count, 1) * sizeof(sel_t));
    uint64_t *folded = arena_alloc(scratch, MAX(rows->count, 1) * sizeof(uint64_t));
    if (indexes == NULL || folded == NULL) return DBX_NOMEM;
    uint32_t valid = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        uint32_t index = rows->indexes != NULL ? rows->indexes[i] : rows->first + i;
        indexes[valid] = index;
        valid += validity_get(base->validity, index);
    }
    for (uint32_t i = 0; i < valid; i++) folded[i] = HASH_STRUCT_SEED;
    for (uint32_t i = 0; i < base->type.child_count; i++) {
        vector slice;
        TRY(vector_slice(&slice, &base->children[i], indexes, valid, scratch));
        TRY(vector_hash(&slice, valid, true, folded, scratch));
    }
    uint32_t at = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        uint32_t index = rows->indexes != NULL ? rows->indexes[i] : rows->first + i;
        if (validity_get(base->validity, index)) hashes[i] = folded[at++];
    }
    return DBX_OK;
}

/* ---- all forms ------------------------------------------------------------------------------- */

static dbx_status hash_base(const vector *base, const hash_rows *rows, uint64_t *hashes,
                            arena *scratch) {
    switch (base->phys) {
    case PHYS_STRING:
        TRY(hash_strings(base, rows, hashes, scratch));
        break;
    case PHYS_LIST:
        TRY(hash_lists(base, rows, hashes, scratch));
        break;
    case PHYS_STRUCT:
        TRY(hash_structs(base, rows, hashes, scratch));
        break;
    default:
        hash_fixed(base, rows, hashes);
    }
    hash_set_nulls(base->validity, rows, hashes);
    return DBX_OK;
}

/* A slice's child may have unreadable entries that no row names; a stable dictionary has none, and
 * fixed-width values can always be read. */
static bool hash_pays_by_entry(const vector *v, uint32_t rows) {
    if (v->form != VECTOR_DICTIONARY || v->child_count == 0 || v->child_count > rows / 2)
        return false;
    bool fixed = v->phys != PHYS_STRING && v->phys != PHYS_LIST && v->phys != PHYS_STRUCT;
    return fixed || v->dict_stable;
}

/* Hashes each entry once and spreads the hashes. */
static dbx_status hash_dictionary(const vector *v, uint32_t rows, bool combine, uint64_t *hashes,
                                  arena *scratch) {
    uint64_t *entries = arena_alloc(scratch, v->child_count * sizeof(uint64_t));
    if (entries == NULL) return DBX_NOMEM;
    TRY(hash_base(&v->children[0], &(hash_rows){NULL, 0, v->child_count}, entries, scratch));
    if (!combine) {
        gather_8(entries, v->sel, rows, hashes);
        return DBX_OK;
    }
    for (uint32_t i = 0; i < rows; i++) hashes[i] = hash_combine(hashes[i], entries[v->sel[i]]);
    return DBX_OK;
}

static dbx_status hash_constant(const vector *v, uint32_t rows, bool combine, uint64_t *hashes,
                                arena *scratch) {
    uint64_t hash = 0;
    TRY(hash_base(v, &(hash_rows){NULL, 0, 1}, &hash, scratch));
    if (combine)
        hash_combine_one(hashes, hash, rows);
    else
        fill_values(sizeof(hash), &hash, rows, hashes);
    return DBX_OK;
}

dbx_status vector_hash(const vector *v, uint32_t rows, bool combine, uint64_t *hashes,
                       arena *scratch) {
    if (rows == 0) return DBX_OK;
    vector flat;
    if (v->form == VECTOR_SEQUENCE) {
        TRY(vector_flatten(&flat, v, rows, scratch));
        v = &flat;
    }
    if (v->form == VECTOR_CONSTANT) return hash_constant(v, rows, combine, hashes, scratch);
    if (hash_pays_by_entry(v, rows)) {
        return hash_dictionary(v, rows, combine, hashes, scratch);
    }
    vector_view view = vector_view_of(v);
    uint64_t folded[HASH_BATCH];
    for (uint32_t done = 0; done < rows;) {
        uint32_t n = combine ? MIN(rows - done, (uint32_t)HASH_BATCH) : rows;
        hash_rows part = {view.sel != NULL ? view.sel + done : NULL, done, n};
        uint64_t *to = combine ? folded : hashes;
        TRY(hash_base(view.base, &part, to, scratch));
        if (combine) hash_combine_all(hashes + done, folded, n);
        done += n;
    }
    return DBX_OK;
}
