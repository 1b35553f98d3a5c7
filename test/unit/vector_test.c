/* vector_test.c - type names, vectors in all forms, copies, collections, collations. */
#include "common/fault.h"
#include "kernel/bitmap.h"
#include "vector/collation.h"
#include "vector/vector.h"

#include <criterion/criterion.h>

typedef struct vector_fixture {
    ledger ledger;
    arena arena;
} vector_fixture;

static void vector_fixture_init(vector_fixture *f) {
    ledger_init(&f->ledger, NULL, "test", SIZE_MAX);
    arena_init(&f->arena, &f->ledger);
}
static void vector_fixture_deinit(vector_fixture *f) {
    arena_deinit(&f->arena);
    ledger_deinit(&f->ledger);
}

#define OK(call) cr_assert_eq((call), DBX_OK)

Test(type, names_are_as_spark_prints_them) {
    vector_fixture f;
    vector_fixture_init(&f);
    arena *a = &f.arena;
    type t, element, map;
    type_field fields[] = {
        {.name = SV("a"), .type = type_simple(TYPE_INT), .nullable = false},
        {.name = SV("b c"), .type = type_decimal(10, 2), .nullable = true, .comment = SV("it's")},
    };
    OK(type_struct(a, fields, 2, &element));
    OK(type_array(a, element, true, &t));
    cr_assert_str_eq(type_name(a, t), "array<struct<a:int,b c:decimal(10,2)>>");
    cr_assert_str_eq(type_sql(a, t),
                     "ARRAY<STRUCT<a: INT NOT NULL, `b c`: DECIMAL(10,2) COMMENT 'it\\'s'>>");
    OK(type_map(a, type_simple(TYPE_STRING), type_simple(TYPE_BIGINT), true, &map));
    cr_assert_str_eq(type_name(a, map), "map<string,bigint>");
    cr_assert_str_eq(type_sql(a, map), "MAP<STRING, BIGINT>");
    cr_assert_str_eq(type_name(a, type_interval_dt(INTERVAL_DAY, INTERVAL_SECOND)),
                     "interval day to second");
    cr_assert_str_eq(type_name(a, type_interval_ym(INTERVAL_YEAR, INTERVAL_YEAR)), "interval year");
    cr_assert_str_eq(type_sql(a, type_interval_ym(INTERVAL_YEAR, INTERVAL_MONTH)),
                     "INTERVAL YEAR TO MONTH");
    cr_assert_str_eq(type_name(a, type_simple(TYPE_TIMESTAMP_NTZ)), "timestamp_ntz");
    cr_assert_str_eq(type_name(a, type_simple(TYPE_TIME)), "time(6)");
    cr_assert_str_eq(type_name(a, type_time(0)), "time(0)");
    type varchar = {.id = TYPE_STRING, .char_kind = CHAR_KIND_VARCHAR, .length = 10};
    cr_assert_str_eq(type_name(a, varchar), "varchar(10)");
    type lcase = {.id = TYPE_STRING, .collation = COLLATION_UTF8_LCASE};
    cr_assert_str_eq(type_name(a, lcase), "string collate UTF8_LCASE");
    cr_assert_str_eq(type_sql(a, lcase), "STRING COLLATE UTF8_LCASE");
    type copy;
    OK(type_copy(a, t, &copy));
    cr_assert(type_equal(t, copy));
    cr_assert_eq(type_hash(t), type_hash(copy));
    cr_assert_not(type_equal(t, map));
    vector_fixture_deinit(&f);
}

Test(collation, keys_and_order_agree) {
    vector_fixture f;
    vector_fixture_init(&f);
    static const char *const words[] = {
        "",          "a", "A", "b",        "B", "ab",       "AB ",      "ab  ", "\xC3\xA9",
        "e\xCC\x81", "E", "e", "\xC3\x89", "z", "\xCF\x82", "\xCF\x83", "\xFF", "\xF0\x9F\x98\x80"};
    static const char *const names[] = {"UTF8_BINARY", "UTF8_LCASE", "UNICODE",
                                        "UNICODE_CI",  "UNICODE_AI", "UNICODE_CI_AI",
                                        "de",          "tr_CI",      "sv_AI"};
    for (uint32_t base = 0; base < ARRAY_COUNT(names); base++) {
        for (uint32_t trim = 0; trim <= COLLATION_RTRIM; trim += COLLATION_RTRIM) {
            uint16_t id;
            cr_assert(collation_by_name(sv_from(names[base]), &id));
            id = (uint16_t)(id | trim);
            OK(collation_open(id));
            for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
                for (size_t k = 0; k < ARRAY_COUNT(words); k++) {
                    vstring x = vstring_from(words[i], strlen(words[i]));
                    vstring y = vstring_from(words[k], strlen(words[k]));
                    vstring kx, ky;
                    OK(collation_key(id, &x, &kx, &f.arena));
                    OK(collation_key(id, &y, &ky, &f.arena));
                    int order = collation_compare(id, &x, &y);
                    int by_key = vstring_compare(&kx, &ky);
                    cr_assert_eq((order > 0) - (order < 0), (by_key > 0) - (by_key < 0),
                                 "%u: '%s' '%s'", id, words[i], words[k]);
                }
            }
        }
    }
    vstring composed = vstring_from("\xC3\xA9", 2), decomposed = vstring_from("e\xCC\x81", 3);
    vstring upper = vstring_from("\xC3\x89", 2), plain = vstring_from("e", 1);
    cr_assert_eq(collation_compare(COLLATION_UNICODE, &composed, &decomposed), 0);
    cr_assert_neq(collation_compare(COLLATION_UNICODE, &composed, &upper), 0);
    cr_assert_eq(collation_compare(COLLATION_UNICODE_CI, &composed, &upper), 0);
    cr_assert_neq(collation_compare(COLLATION_UNICODE_CI, &composed, &plain), 0);
    cr_assert_eq(collation_compare(COLLATION_UNICODE_AI, &composed, &plain), 0);
    cr_assert_eq(collation_compare(COLLATION_UTF8_LCASE, &composed, &upper), 0);
    vstring dotted = vstring_from("\xC4\xB0", 2), two_points = vstring_from("i\xCC\x87", 3);
    uint16_t id;
    cr_assert(collation_by_name(SV("utf8_lcase_rtrim"), &id));
    cr_assert_eq(id, COLLATION_UTF8_LCASE | COLLATION_RTRIM);
    cr_assert(collation_by_name(SV("system.builtin.SR_cyrl_bih_ai_ci"), &id));
    cr_assert_eq(id & ~COLLATION_BASE_MASK, COLLATION_CI | COLLATION_AI);
    cr_assert_eq(collation_compare(COLLATION_UTF8_LCASE, &dotted, &two_points), 0);
    static const char *const bad[] = {"nope", "UTF8_LCASE_CI", "UNICODE_CI_CS", "UNICODE_",
                                      "",     "en_XX"};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        cr_assert_not(collation_by_name(sv_from(bad[i]), &id), "%s", bad[i]);
    cr_assert(collation_from_stored(COLLATION_UNICODE_CI, &id));
    cr_assert_not(collation_from_stored(COLLATION_UTF8_LCASE | COLLATION_CI, &id));
    cr_assert_not(collation_from_stored(0xFE, &id));
    cr_assert_not(collation_from_stored(COLLATION_INDETERMINATE, &id));
    vector_fixture_deinit(&f);
}

/* ---- a nested column: row i is NULL when i % 5 == 4, else [i % 4 strings "row i item k"] ----- */

static void make_nested(vector *v, uint32_t rows, arena *a) {
    type t;
    OK(type_array(a, type_simple(TYPE_STRING), true, &t));
    OK(vector_init(v, t, rows, a));
    for (uint32_t i = 0; i < rows; i++) {
        list_entry *e = &VECTOR_DATA(v, list_entry)[i];
        *e = (list_entry){v->child_count, 0};
        if (i % 5 == 4) {
            OK(vector_ensure_validity(v, a));
            validity_set_null(v->validity, i);
            continue;
        }
        e->length = i % 4;
        OK(vector_list_reserve(v, v->child_count + e->length, a));
        for (uint32_t k = 0; k < e->length; k++) {
            char *text = arena_printf(a, "row %u item %u", i, k);
            VECTOR_DATA(&v->children[0], vstring)
            [v->child_count++] = vstring_from(text, strlen(text));
        }
    }
}

static void check_nested(const vector *v, uint32_t row, uint32_t expected, arena *a) {
    vector_view view = vector_view_of(v);
    cr_assert_eq(view_valid(&view, row), expected % 5 != 4);
    cr_assert_eq(vector_is_null(v, row), expected % 5 == 4);
    if (expected % 5 == 4) return;
    list_entry e = ((const list_entry *)view.data)[view_index(&view, row)];
    cr_assert_eq(e.length, expected % 4);
    vector_view items = vector_view_of(&view.base->children[0]);
    for (uint32_t k = 0; k < e.length; k++) {
        const vstring *s = &((const vstring *)items.data)[view_index(&items, e.offset + k)];
        char *text = arena_printf(a, "row %u item %u", expected, k);
        cr_assert(sv_equal(vstring_view(s), sv_from(text)));
    }
}

Test(vector, nested_slices_flattens_and_copies) {
    vector_fixture f;
    vector_fixture_init(&f);
    arena *a = &f.arena;
    enum { ROWS = 3000 };
    vector v, twice, sliced, flat, copy;
    make_nested(&v, ROWS, a);
    vector_check(&v, ROWS);
    sel_t sel[ROWS], sel2[ROWS / 2];
    for (uint32_t i = 0; i < ROWS; i++) sel[i] = ROWS - 1 - i;
    for (uint32_t i = 0; i < ROWS / 2; i++) sel2[i] = i * 2;
    OK(vector_slice(&sliced, &v, sel, ROWS, a));
    OK(vector_slice(&twice, &sliced, sel2, ROWS / 2, a));
    vector_check(&twice, ROWS / 2);
    OK(vector_flatten(&flat, &twice, ROWS / 2, a));
    vector_check(&flat, ROWS / 2);
    OK(vector_init(&copy, v.type, 10 + ROWS / 4, a));
    OK(vector_copy(&copy, 0, &v, NULL, 7, 10, a));
    OK(vector_copy(&copy, 10, &twice, sel2, 0, ROWS / 4, a));
    vector_check(&copy, 10 + ROWS / 4);
    for (uint32_t i = 0; i < ROWS / 2; i++) {
        check_nested(&twice, i, ROWS - 1 - 2 * i, a);
        check_nested(&flat, i, ROWS - 1 - 2 * i, a);
    }
    for (uint32_t i = 0; i < 10; i++) check_nested(&copy, i, 7 + i, a);
    for (uint32_t i = 0; i < ROWS / 4; i++) check_nested(&copy, 10 + i, ROWS - 1 - 4 * i, a);
    vector one;
    OK(vector_constant_at(&one, &twice, 3, a));
    for (uint32_t i = 0; i < 5; i++) check_nested(&one, i * 100, ROWS - 1 - 6, a);
    vector_fixture_deinit(&f);
}

Test(vector, struct_forms) {
    vector_fixture f;
    vector_fixture_init(&f);
    arena *a = &f.arena;
    type_field fields[] = {
        {.name = SV("i"), .type = type_simple(TYPE_INT), .nullable = true},
        {.name = SV("s"), .type = type_simple(TYPE_STRING), .nullable = true},
    };
    type t;
    OK(type_struct(a, fields, 2, &t));
    vector v;
    OK(vector_init(&v, t, 100, a));
    for (uint32_t i = 0; i < 100; i++) {
        VECTOR_DATA(&v.children[0], int32_t)[i] = (int32_t)i;
        char *text = arena_printf(a, "a long string number %u", i);
        VECTOR_DATA(&v.children[1], vstring)[i] = vstring_from(text, strlen(text));
    }
    OK(vector_ensure_validity(&v, a));
    validity_set_null(v.validity, 50);
    sel_t sel[] = {99, 50, 3};
    vector s, flat, copy, one;
    OK(vector_slice(&s, &v, sel, 3, a));
    cr_assert(vector_is_null(&s, 1));
    cr_assert_not(vector_is_null(&s, 2));
    OK(vector_flatten(&flat, &s, 3, a));
    cr_assert_eq(VECTOR_DATA(&flat.children[0], int32_t)[0], 99);
    cr_assert_eq(VECTOR_DATA(&flat.children[0], int32_t)[2], 3);
    OK(vector_init(&copy, t, 3, a));
    OK(vector_copy(&copy, 0, &s, NULL, 0, 3, a));
    cr_assert(vector_is_null(&copy, 1));
    cr_assert(sv_equal(vstring_view(&VECTOR_DATA(&copy.children[1], vstring)[2]),
                       SV("a long string number 3")));
    OK(vector_constant_at(&one, &s, 2, a));
    OK(vector_flatten(&flat, &one, 10, a));
    cr_assert_eq(VECTOR_DATA(&flat.children[0], int32_t)[9], 3);
    OK(vector_constant_at(&one, &s, 1, a));
    cr_assert_eq(one.form, VECTOR_CONSTANT);
    OK(vector_flatten(&flat, &one, 10, a));
    cr_assert(vector_is_null(&flat, 9));
    vector_fixture_deinit(&f);
}

Test(vector, clear_finds_its_buffers_again) {
    vector_fixture f;
    vector_fixture_init(&f);
    vector v;
    OK(vector_init(&v, type_simple(TYPE_BIGINT), CHUNK_ROWS_MAX, &f.arena));
    void *data = v.data;
    OK(vector_ensure_validity(&v, &f.arena));
    uint64_t *validity = v.validity;
    OK(vector_set_constant_null(&v, &f.arena));
    cr_assert(vector_is_null(&v, 77));
    vector_clear(&v);
    cr_assert_eq(v.data, data);
    cr_assert_not(vector_is_null(&v, 77));
    size_t used = f.ledger.used;
    OK(vector_ensure_validity(&v, &f.arena));
    cr_assert_eq(v.validity, validity);
    cr_assert_eq(f.ledger.used, used);
    vector_fixture_deinit(&f);
}

Test(vector, sequences) {
    vector_fixture f;
    vector_fixture_init(&f);
    vector v = {.type = type_simple(TYPE_INT),
                .phys = PHYS_INT32,
                .form = VECTOR_SEQUENCE,
                .sequence_start = 10,
                .sequence_step = -3};
    vector flat, sliced, one;
    OK(vector_flatten(&flat, &v, 5, &f.arena));
    cr_assert_eq(VECTOR_DATA(&flat, int32_t)[4], -2);
    sel_t sel[] = {3, 1};
    OK(vector_slice(&sliced, &v, sel, 2, &f.arena));
    cr_assert_eq(VECTOR_DATA(&sliced, int32_t)[0], 1);
    OK(vector_constant_at(&one, &v, 2, &f.arena));
    cr_assert_eq(VECTOR_DATA(&one, int32_t)[0], 4);
    vector_fixture_deinit(&f);
}

Test(collection, appends_fill_chunks_and_concat_moves) {
    vector_fixture f;
    vector_fixture_init(&f);
    type types[2] = {type_simple(TYPE_INT)};
    OK(type_array(&f.arena, type_simple(TYPE_STRING), true, &types[1]));
    collection c, d;
    OK(collection_init(&c, types, 2, &f.ledger));
    OK(collection_init(&d, types, 2, &f.ledger));
    vector columns[2];
    chunk in = {.columns = columns, .column_count = 2};
    make_nested(&columns[1], 1500, &f.arena);
    OK(vector_init(&columns[0], types[0], 1500, &f.arena));
    for (int32_t i = 0; i < 1500; i++) VECTOR_DATA(&columns[0], int32_t)[i] = i;
    in.rows = 3;
    OK(collection_append(&c, &in));
    in.rows = 1500;
    for (int i = 0; i < 4; i++) OK(collection_append(&c, &in));
    OK(collection_append(&d, &in));
    cr_assert_eq(c.rows, 6003);
    cr_assert_eq(c.chunks.count, 3);
    cr_assert_eq(c.chunks.items[0]->rows, CHUNK_ROWS_MAX);
    OK(collection_concat(&c, &d));
    cr_assert_eq(c.rows, 7503);
    cr_assert_eq(d.rows, 0);
    uint32_t row = 0;
    for (uint32_t k = 0; k < c.chunks.count; k++) {
        chunk *piece = c.chunks.items[k];
        chunk_check(piece);
        for (uint32_t i = 0; i < piece->rows; i++, row++) {
            uint32_t expected = row < 3 ? row : (row - 3) % 1500;
            cr_assert_eq(VECTOR_DATA(&piece->columns[0], int32_t)[i], (int32_t)expected);
            check_nested(&piece->columns[1], i, expected, &f.arena);
        }
    }
    OK(collection_append(&d, &in));
    cr_assert_eq(d.rows, 1500);
    collection_deinit(&c);
    collection_deinit(&d);
    vector_fixture_deinit(&f);
}

Test(bitmap, copy_and_ranges_agree_with_single_bits) {
    uint64_t src[8], dst[8], expected[8];
    for (size_t i = 0; i < 8; i++) src[i] = 0x9E3779B97F4A7C15u * (i + 1);
    for (size_t from = 0; from < 130; from += 13) {
        for (size_t at = 0; at < 130; at += 7) {
            for (size_t n = 0; n < 250; n += 31) {
                memset(dst, 0x5A, sizeof(dst));
                memset(expected, 0x5A, sizeof(expected));
                bitmap_copy(dst, at, src, from, n);
                for (size_t i = 0; i < n; i++) {
                    if (validity_get(src, from + i))
                        validity_set_valid(expected, at + i);
                    else
                        validity_set_null(expected, at + i);
                }
                cr_assert_arr_eq(dst, expected, sizeof(dst));
                bitmap_set_range(dst, at, n, true);
                for (size_t i = 0; i < n; i++) validity_set_valid(expected, at + i);
                cr_assert_arr_eq(dst, expected, sizeof(dst));
            }
        }
    }
    size_t ones = 0;
    for (size_t i = 0; i < 200; i++) ones += validity_get(src, i);
    cr_assert_eq(bitmap_count(src, 200), ones);
}

#ifdef DBX_FAULT_INJECTION
static dbx_status nested_work(vector *v, ledger *l, uint32_t rows) {
    sel_t sel[200];
    vector columns[1] = {*v};
    chunk in = {.columns = columns, .column_count = 1, .rows = rows}, copied;
    collection c, d;
    arena a;
    vector sliced, flat;
    assert(rows <= ARRAY_COUNT(sel));
    for (uint32_t i = 0; i < rows; i++) sel[i] = rows - 1 - i;
    arena_init(&a, l);
    dbx_status status = vector_slice(&sliced, v, sel, rows, &a);
    if (status == DBX_OK) status = vector_flatten(&flat, &sliced, rows, &a);
    if (status == DBX_OK) status = chunk_copy(&copied, &in, &a);
    if (status == DBX_OK)
        status = collection_init(&c, &v->type, 1, l);
    else
        goto no_collections;
    if (status == DBX_OK) status = collection_append(&c, &in);
    if (status == DBX_OK) {
        status = collection_init(&d, &v->type, 1, l);
        if (status == DBX_OK) status = collection_append(&d, &in);
        if (status == DBX_OK) status = collection_concat(&c, &d);
        collection_deinit(&d);
    }
    collection_deinit(&c);
no_collections:
    arena_deinit(&a);
    return status;
}

Test(vector, survives_every_failed_allocation) {
    vector_fixture f;
    vector_fixture_init(&f);
    vector v;
    make_nested(&v, 200, &f.arena);
    ledger l;
    ledger_init(&l, NULL, "work", SIZE_MAX);
    dbx_status status = DBX_NOMEM;
    for (uint64_t nth = 1; status != DBX_OK; nth++) {
        fault_arm(FAULT_ALLOC, nth);
        status = nested_work(&v, &l, 200);
        fault_arm(FAULT_ALLOC, 0);
        cr_assert(status == DBX_OK || status == DBX_NOMEM);
        cr_assert_eq(l.used, 0);
    }
    ledger_deinit(&l);
    vector_fixture_deinit(&f);
}
#endif
