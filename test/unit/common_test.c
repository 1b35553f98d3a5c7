/* common_test.c - ledger, arena, buffer, error. */
#include "common/error.h"
#include "common/memory.h"

#include <criterion/criterion.h>

Test(ledger, charge_respects_every_limit_up_the_tree) {
    ledger db, query;
    ledger_init(&db, NULL, "database", 100);
    ledger_init(&query, &db, "query", 80);
    cr_assert(ledger_charge(&query, 60));
    cr_assert_not(ledger_charge(&query, 30), "query limit is 80");
    cr_assert(ledger_charge(&db, 30));
    cr_assert_not(ledger_charge(&query, 15), "database limit is 100");
    cr_assert_eq(query.used, 60);
    cr_assert_eq(db.used, 90);
    ledger_release(&db, 30);
    ledger_release(&query, 60);
    ledger_deinit(&query);
    ledger_deinit(&db);
}

Test(arena, allocations_are_aligned_and_given_back) {
    ledger l;
    ledger_init(&l, NULL, "test", SIZE_MAX);
    arena a;
    arena_init(&a, &l);
    for (size_t i = 0; i < 1000; i++) {
        char *bytes = arena_alloc_bytes(&a, i % 37);
        void *object = arena_alloc(&a, 24);
        cr_assert_not_null(bytes);
        cr_assert_eq((uintptr_t)object % 16, 0);
    }
    arena_reset(&a);
    arena_deinit(&a);
    ledger_deinit(&l);
}

Test(arena, an_empty_allocation_is_not_a_failure) {
    arena a;
    arena_init(&a, NULL);
    cr_assert_not_null(arena_alloc(&a, 0));
    cr_assert_not_null(arena_alloc_array(&a, 8, 0));
    cr_assert_not_null(arena_copy_string(&a, (string_view){"", 0}).data);
    arena_deinit(&a);
}

Test(error, message_has_class_parameters_and_sqlstate) {
    error e;
    error_init(&e);
    dbx_status s = error_raise(&e, ERR_DIVIDE_BY_ZERO, (span){1, 2}, "config", "\"x\"", NULL);
    cr_assert_eq(s, DBX_ERROR);
    cr_assert_str_eq(e.sqlstate, "22012");
    cr_assert_not_null(strstr(e.message, "[DIVIDE_BY_ZERO] Division by zero."));
    cr_assert_not_null(strstr(e.message, "set \"x\" to"));
    error_raise(&e, ERR_INTERNAL_ERROR, (span){0, 0}, NULL);
    cr_assert_eq(e.cls, ERR_DIVIDE_BY_ZERO, "the first failure stays");
    error_deinit(&e);
}
