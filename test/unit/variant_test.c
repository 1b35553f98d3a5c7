/* variant_test.c - the encoding of VARIANT: known bytes, and bytes that lie. */
#include "vector/variant.h"

#include <criterion/criterion.h>

static ledger variant_ledger;

static void variant_setup(void) {
    ledger_init(&variant_ledger, NULL, "test", SIZE_MAX);
}

TestSuite(variant, .init = variant_setup);

/* {"a": 1, "b": "x"}: the bytes that the format's specification asks for. */
Test(variant, an_object_has_the_bytes_of_the_specification) {
    static const char expected[] = "\x01\x02\x00\x01\x02"
                                   "ba"               /* keys in order of arrival */
                                   "\x02\x02\x01\x00" /* object of 2; ids sorted by key: a, b */
                                   "\x02\x00\x04"     /* offsets: a at 2, b at 0, the end */
                                   "\x05x\x0c\x01";   /* short string, int8 */
    variant_builder b;
    arena a;
    string_view out;
    bool duplicate;
    arena_init(&a, &variant_ledger);
    variant_builder_init(&b, &variant_ledger);
    variant_frame f = variant_begin(&b);
    cr_assert_eq(variant_begin_field(&b, f, SV("b")), DBX_OK);
    cr_assert_eq(variant_put_bytes(&b, VARIANT_STRING, SV("x")), DBX_OK);
    cr_assert_eq(variant_begin_field(&b, f, SV("a")), DBX_OK);
    cr_assert_eq(variant_put_long(&b, 1), DBX_OK);
    cr_assert_eq(variant_end_object(&b, f, &duplicate), DBX_OK);
    cr_assert_not(duplicate);
    cr_assert_eq(variant_builder_take(&b, &a, &out), DBX_OK);
    cr_assert_eq(out.size, sizeof(expected) - 1);
    cr_assert_arr_eq(out.data, expected, sizeof(expected) - 1);
    variant v, child;
    variant_item item;
    bool found;
    cr_assert(variant_open(out, &v));
    cr_assert(variant_is_valid(v));
    cr_assert(variant_read(v, &item));
    cr_assert(variant_find(v, &item, SV("a"), &found, &child));
    cr_assert(found);
    cr_assert(variant_read(child, &item));
    cr_assert_eq(item.integer, 1);
    variant_builder_deinit(&b);
    arena_deinit(&a);
}

/* Every cut and every changed byte is read without leaving the bytes (ASan watches). */
Test(variant, malformed_bytes_are_refused_or_read_within_bounds) {
    static const char good[] = "\x01\x02\x00\x01\x02"
                               "ba\x02\x02\x01\x00\x02\x00\x04\x05x\x0c\x01";
    size_t size = sizeof(good) - 1;
    for (size_t cut = 0; cut < size; cut++) {
        char *bytes = mem_alloc(&variant_ledger, cut + 1);
        memcpy(bytes, good, cut);
        variant v;
        cr_assert(!variant_open((string_view){bytes, cut}, &v) || !variant_is_valid(v));
        mem_free(&variant_ledger, bytes, cut + 1);
    }
    for (size_t at = 0; at < size; at++) {
        for (uint32_t value = 0; value < 256; value++) {
            char *bytes = mem_alloc(&variant_ledger, size);
            memcpy(bytes, good, size);
            bytes[at] = (char)value;
            variant v;
            if (variant_open((string_view){bytes, size}, &v)) (void)variant_is_valid(v);
            mem_free(&variant_ledger, bytes, size);
        }
    }
}

/* 40 arrays of two elements that are one and the same next array: 2^40 paths in 300 bytes. */
Test(variant, shared_children_do_not_explode) {
    char bytes[512] = {0x01, 0x00, 0x00};
    size_t n = sizeof(bytes);
    char value[512];
    size_t size = 1;
    value[0] = 0; /* null */
    for (int level = 0; level < 40; level++) {
        memmove(value + 5, value, size);
        value[0] = 0x03;
        value[1] = 2;
        value[2] = value[3] = 0;
        value[4] = (char)size;
        size += 5;
        if (size > 250) break;
    }
    cr_assert_lt(size + 3, n);
    memcpy(bytes + 3, value, size);
    variant v;
    cr_assert(variant_open((string_view){bytes, size + 3}, &v));
    cr_assert_not(variant_is_valid(v));
}
