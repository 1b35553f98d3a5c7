/* values_test.c - hash, comparison, sort keys and rows must agree with each other on random values
 * of every type. */
#include "vector/collation.h"
#include "vector/compare.h"
#include "vector/hash.h"
#include "vector/row.h"

#include <criterion/criterion.h>
#include <math.h>

#define OK(call) cr_assert_eq((call), DBX_OK)

typedef struct values_fixture {
    ledger ledger;
    arena arena;
    uint64_t random;
} values_fixture;

static void values_init(values_fixture *f) {
    ledger_init(&f->ledger, NULL, "test", SIZE_MAX);
    arena_init(&f->arena, &f->ledger);
    f->random = 42;
}
static void values_deinit(values_fixture *f) {
    arena_deinit(&f->arena);
    ledger_deinit(&f->ledger);
}
static uint32_t values_random(values_fixture *f, uint32_t below) {
    f->random = hash_mix(f->random + 0x9e3779b97f4a7c15u);
    return (uint32_t)(f->random >> 33) % below;
}

/* Few distinct values of each type, the awkward ones among them; a fifth are NULL. */
static void values_fill(values_fixture *f, vector *v, uint32_t from, uint32_t count) {
    static const int64_t ints[] = {0, 1, -1, INT64_MIN, INT64_MAX, 127, -128, 32767};
    static const double doubles[] = {0.0, -0.0, 1.5, -1.5, INFINITY, -INFINITY, NAN, 1e300, 5e-324};
    static const string_view strings[] = {SV(""),
                                          SV("a"),
                                          SV("A"),
                                          SV("a\0"),
                                          SV("a\0\1"),
                                          SV("a\1"),
                                          SV("b"),
                                          SV("twelve bytes"),
                                          SV("thirteen byte"),
                                          SV("thirteen bytf"),
                                          SV("thirteen bytf\0"),
                                          SV("\xC3\xA9"),
                                          SV("\xFF\xFE"),
                                          SV("a "),
                                          SV("a much longer string that goes on and on and on"),
                                          SV("TWELVE BYTES")};
    for (uint32_t i = from; i < from + count; i++) {
        bool null = values_random(f, 5) == 0;
        if (null) {
            OK(vector_ensure_validity(v, &f->arena));
            validity_set_null(v->validity, i);
        }
        int64_t n = ints[values_random(f, ARRAY_COUNT(ints))];
        double d = doubles[values_random(f, ARRAY_COUNT(doubles))];
        switch ((physical_type)v->phys) {
        case PHYS_BOOL:
            VECTOR_DATA(v, uint8_t)[i] = n & 1;
            break;
        case PHYS_INT8:
            VECTOR_DATA(v, int8_t)[i] = (int8_t)n;
            break;
        case PHYS_INT16:
            VECTOR_DATA(v, int16_t)[i] = (int16_t)n;
            break;
        case PHYS_INT32:
            VECTOR_DATA(v, int32_t)[i] = (int32_t)n;
            break;
        case PHYS_INT64:
            VECTOR_DATA(v, int64_t)[i] = n;
            break;
        case PHYS_INT128:
            VECTOR_DATA(v, __int128)
            [i] = (__int128)n * (values_random(f, 2) ? (__int128)1 << 60 : 1);
            break;
        case PHYS_FLOAT:
            VECTOR_DATA(v, float)[i] = (float)d;
            break;
        case PHYS_DOUBLE:
            VECTOR_DATA(v, double)[i] = d;
            break;
        case PHYS_STRING: {
            string_view s = strings[values_random(f, ARRAY_COUNT(strings))];
            VECTOR_DATA(v, vstring)[i] = vstring_from(s.data, s.size);
            if (null) VECTOR_DATA(v, vstring)
            [i] = (vstring){.size = 100, .prefix = "twel", .u.data = (char *)8};
            break;
        }
        case PHYS_INTERVAL:
            VECTOR_DATA(v, dbx_interval)
            [i] = (dbx_interval){(int32_t)values_random(f, 3) - 1, 2, n};
            break;
        case PHYS_LIST: {
            uint32_t length = values_random(f, 4), first = v->child_count;
            VECTOR_DATA(v, list_entry)
            [i] = null ? (list_entry){1000000, 7} : (list_entry){first, length};
            if (null) break;
            OK(vector_list_reserve(v, first + length, &f->arena));
            values_fill(f, &v->children[0], first, length);
            v->child_count += length;
            break;
        }
        default:
            break;
        }
    }
    if (v->phys == PHYS_STRUCT) {
        for (uint32_t k = 0; k < v->type.child_count; k++)
            values_fill(f, &v->children[k], from, count);
    }
}

enum { VALUES_ROWS = 150, VALUES_TYPES = 20 };

static uint32_t values_types(values_fixture *f, type *types) {
    uint32_t n = 0;
    for (uint32_t id = TYPE_BOOLEAN; id <= TYPE_BINARY; id++) {
        if (id != TYPE_DECIMAL) types[n++] = type_simple((type_id)id);
    }
    types[n++] = type_decimal(10, 2);
    types[n++] = type_decimal(38, 2);
    types[n++] = type_simple(TYPE_INTERVAL);
    types[n++] = (type){.id = TYPE_STRING, .collation = COLLATION_UTF8_LCASE | COLLATION_RTRIM};
    OK(type_array(&f->arena, type_simple(TYPE_DOUBLE), true, &types[n++]));
    type_field fields[2] = {{.name = SV("x"), .type = types[n - 1], .nullable = true},
                            {.name = SV("y"), .type = type_simple(TYPE_STRING), .nullable = true}};
    OK(type_struct(&f->arena, fields, 2, &types[n++]));
    OK(type_array(&f->arena, types[n - 1], true, &types[n]));
    n++;
    OK(type_map(&f->arena, type_simple(TYPE_STRING), type_simple(TYPE_INT), true, &types[n++]));
    assert(n <= VALUES_TYPES);
    return n;
}

/* A vector in form 0 flat, 1 dictionary, 2 constant. */
static void values_make(values_fixture *f, vector *v, type t, int form) {
    OK(vector_init(v, t, VALUES_ROWS, &f->arena));
    values_fill(f, v, 0, VALUES_ROWS);
    if (form == 1) {
        sel_t *sel = arena_alloc(&f->arena, sizeof(sel_t) * VALUES_ROWS);
        for (uint32_t i = 0; i < VALUES_ROWS; i++) sel[i] = values_random(f, VALUES_ROWS);
        OK(vector_slice(v, v, sel, VALUES_ROWS, &f->arena));
    }
    if (form == 2) {
        vector all = *v;
        OK(vector_constant_at(v, &all, 3, &f->arena));
    }
}

static int sign(int x) {
    return (x > 0) - (x < 0);
}

Test(values, hash_order_and_sort_keys_agree) {
    values_fixture f;
    values_init(&f);
    type types[VALUES_TYPES];
    uint32_t count = values_types(&f, types);
    uint64_t hashes[VALUES_ROWS], offsets[VALUES_ROWS + 1];
    for (uint32_t t = 0; t < count * 12; t++) {
        sort_order order = {.descending = t / count & 1, .nulls_first = t / count & 2};
        vector v;
        values_make(&f, &v, types[t % count], (int)(t / count / 4));
        sort_key_layout layout;
        sort_key_layout_init(&layout, &types[t % count], &order, 1);
        buffer keys;
        buffer_init(&keys, &f.ledger);
        OK(buffer_append(&keys, "head", 4));
        OK(sort_key_encode(&layout, &v, VALUES_ROWS, &keys, offsets));
        OK(vector_hash(&v, VALUES_ROWS, false, hashes, &f.arena));
        if (layout.fixed_width) cr_assert_eq(offsets[VALUES_ROWS] - 4, layout.width * VALUES_ROWS);
        uint32_t equal_hashes = 0;
        for (uint32_t i = 0; i < VALUES_ROWS; i++) {
            for (uint32_t k = 0; k < VALUES_ROWS; k++) {
                int expected = sign(row_compare(&v, i, &v, k, order));
                cr_assert_eq(expected, -sign(row_compare(&v, k, &v, i, order)));
                size_t size_i = offsets[i + 1] - offsets[i], size_k = offsets[k + 1] - offsets[k];
                int by_key =
                    memcmp(keys.data + offsets[i], keys.data + offsets[k], MIN(size_i, size_k));
                if (by_key == 0) by_key = (size_i > size_k) - (size_i < size_k);
                cr_assert_eq(sign(by_key), expected, "%s row %u and %u: order %d, keys %d",
                             type_name(&f.arena, v.type), i, k, expected, by_key);
                if (expected == 0)
                    cr_assert_eq(hashes[i], hashes[k], "%s", type_name(&f.arena, v.type));
                else
                    equal_hashes += hashes[i] == hashes[k];
            }
        }
        cr_assert_eq(equal_hashes, 0);
        buffer_deinit(&keys);
    }
    values_deinit(&f);
}

Test(values, hash_is_the_same_in_every_form) {
    values_fixture f;
    values_init(&f);
    type types[VALUES_TYPES];
    uint32_t count = values_types(&f, types);
    for (uint32_t t = 0; t < count * 2; t++) {
        vector v, flat, few, sparse;
        uint64_t a[VALUES_ROWS], b[VALUES_ROWS];
        values_make(&f, &v, types[t % count], (int)(t / count));
        OK(vector_flatten(&flat, &v, VALUES_ROWS, &f.arena));
        memset(a, 7, sizeof(a));
        memset(b, 7, sizeof(b));
        OK(vector_hash(&v, VALUES_ROWS, true, a, &f.arena));
        OK(vector_hash(&flat, VALUES_ROWS, true, b, &f.arena));
        cr_assert_arr_eq(a, b, sizeof(a));
        /* a small dictionary, hashed by entry */
        sel_t sel[VALUES_ROWS];
        for (uint32_t i = 0; i < VALUES_ROWS; i++) sel[i] = i % 10;
        OK(vector_init(&few, v.type, 10, &f.arena));
        OK(vector_copy(&few, 0, &flat, NULL, 0, 10, &f.arena));
        OK(vector_slice(&sparse, &few, sel, VALUES_ROWS, &f.arena));
        OK(vector_hash(&flat, VALUES_ROWS, false, a, &f.arena));
        OK(vector_hash(&sparse, VALUES_ROWS, false, b, &f.arena));
        for (uint32_t i = 0; i < VALUES_ROWS; i++) cr_assert_eq(b[i], a[i % 10]);
    }
    values_deinit(&f);
}

Test(values, known_hashes_do_not_change) {
    vstring a = vstring_from("a", 1), longer = vstring_from("thirteen bytes!", 15);
    cr_assert_eq(hash_int64(1), hash_mix(1 ^ HASH_SALT));
    cr_assert_neq(vstring_hash(&a), vstring_hash(&longer));
    vector v;
    values_fixture f;
    values_init(&f);
    uint64_t wide, narrow;
    OK(vector_init(&v, type_simple(TYPE_INT), 1, &f.arena));
    *VECTOR_DATA(&v, int32_t) = -5;
    OK(vector_hash(&v, 1, false, &narrow, &f.arena));
    OK(vector_init(&v, type_decimal(38, 0), 1, &f.arena));
    *VECTOR_DATA(&v, __int128) = -5;
    OK(vector_hash(&v, 1, false, &wide, &f.arena));
    cr_assert_eq(narrow, wide, "integers hash by value, whatever their width");
    values_deinit(&f);
}

Test(values, rows_scatter_gather_and_match) {
    values_fixture f;
    values_init(&f);
    type types[VALUES_TYPES];
    uint32_t count = values_types(&f, types);
    for (int form = 0; form < 3; form++) {
        vector columns[VALUES_TYPES], read[VALUES_TYPES];
        for (uint32_t c = 0; c < count; c++) values_make(&f, &columns[c], types[c], form);
        row_layout layout;
        OK(row_layout_init(&layout, types, count, &f.arena));
        cr_assert_eq(layout.width % 8, 0);
        cr_assert(layout.has_heap);
        /* every third row, scattered into places in another order */
        sel_t sel[VALUES_ROWS];
        uint8_t *targets[VALUES_ROWS];
        uint32_t n = 0;
        for (uint32_t i = 0; i < VALUES_ROWS; i += 3) sel[n++] = i;
        for (uint32_t i = 0; i < n; i++) targets[i] = arena_alloc(&f.arena, layout.width);
        OK(row_scatter(&layout, columns, sel, n, targets, &f.arena));
        sort_order order = {false, true};
        for (uint32_t c = 0; c < count; c++) {
            OK(vector_init(&read[c], types[c], n + 5, &f.arena));
            OK(row_gather(&layout, targets, n, c, &read[c], 5, &f.arena));
            for (uint32_t i = 0; i < n; i++) {
                cr_assert_eq(row_compare(&read[c], 5 + i, &columns[c], sel[i], order), 0,
                             "%s row %u", type_name(&f.arena, types[c]), i);
            }
        }
        /* each column alone: candidate of row i is the place of a pseudo-random row */
        for (uint32_t c = 0; c < count; c++) {
            row_layout one;
            OK(row_layout_init(&one, &types[c], 1, &f.arena));
            OK(row_scatter(&one, &columns[c], sel, n, targets, &f.arena));
            for (int null_equal = 0; null_equal < 2; null_equal++) {
                uint8_t *candidates[VALUES_ROWS];
                uint32_t picks[VALUES_ROWS];
                sel_t rows[VALUES_ROWS], mismatch[VALUES_ROWS];
                for (uint32_t i = 0; i < VALUES_ROWS; i++) {
                    picks[i] = values_random(&f, n);
                    candidates[i] = targets[picks[i]];
                    rows[i] = i;
                }
                uint32_t kept = VALUES_ROWS, dropped = 77;
                bool flag = null_equal;
                OK(row_match(&one, &columns[c], 1, &flag, candidates, rows, &kept, mismatch,
                             &dropped, &f.arena));
                cr_assert_eq(kept + dropped, VALUES_ROWS);
                bool matched[VALUES_ROWS] = {false};
                for (uint32_t i = 0; i < kept; i++) matched[rows[i]] = true;
                for (uint32_t i = 0; i < VALUES_ROWS; i++) {
                    bool expected =
                        row_compare(&columns[c], i, &columns[c], sel[picks[i]], order) == 0;
                    if (vector_is_null(&columns[c], i)) expected = expected && null_equal;
                    cr_assert_eq(matched[i], expected, "%s row %u", type_name(&f.arena, types[c]),
                                 i);
                }
            }
        }
    }
    values_deinit(&f);
}
