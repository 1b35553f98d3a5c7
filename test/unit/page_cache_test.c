/* Pages of files that are kept: entered on the second asking, evicted by the clock, given back. */
#include "io/page_cache.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>
#include <utime.h>

enum { PAGE_SIZE_TEST = 1000, MIB = 1 << 20 };

static void put(page_cache *c, uint64_t offset, uint8_t value) {
    page_key key = {{1, 2}, offset};
    cached_page *p = page_cache_make(c, PAGE_SIZE_TEST);
    cr_assert_not_null(p);
    memset(p->data, value, PAGE_SIZE_TEST);
    page_cache_put(c, &key, p);
    cached_page_release(p);
}

Test(page_cache, enters_what_is_asked_for_twice) {
    ledger l;
    page_cache c;
    ledger_init(&l, NULL, "test", 16 * MIB);
    page_cache_init(&c, &l, MIB);
    page_key key = {{1, 2}, 77};
    bool worthy;
    cr_assert_null(page_cache_find(&c, &key, &worthy));
    cr_assert_not(worthy);
    cr_assert_null(page_cache_find(&c, &key, &worthy));
    cr_assert(worthy);
    put(&c, 77, 5);
    cached_page *p = page_cache_find(&c, &key, &worthy);
    cr_assert_not_null(p);
    cr_assert(p->data[0] == 5 && p->data[PAGE_SIZE_TEST - 1] == 5);
    page_key other = {{1, 3}, 77};
    cr_assert_null(page_cache_find(&c, &other, &worthy));
    cached_page_release(p);
    page_cache_deinit(&c);
    ledger_deinit(&l);
}

Test(page_cache, keeps_its_limit_and_pages_in_use) {
    ledger l;
    page_cache c;
    ledger_init(&l, NULL, "test", 16 * MIB);
    page_cache_init(&c, &l, 100 * PAGE_SIZE_TEST);
    bool worthy;
    page_key first = {{1, 2}, 0};
    put(&c, 0, 0);
    cached_page *held = page_cache_find(&c, &first, &worthy);
    cr_assert_not_null(held);
    for (uint64_t i = 1; i < 1000; i++) put(&c, i, (uint8_t)i);
    cr_assert_leq(c.used, 100 * PAGE_SIZE_TEST);
    uint32_t found = 0;
    for (uint64_t i = 1; i < 1000; i++) {
        page_key key = {{1, 2}, i};
        cached_page *p = page_cache_find(&c, &key, &worthy);
        if (p == NULL) continue;
        found++;
        cr_assert_eq(p->data[10], (uint8_t)i);
        cached_page_release(p);
    }
    cr_assert_gt(found, 50);
    cr_assert_eq(held->data[0], 0);
    cached_page_release(held);
    page_cache_deinit(&c);
    ledger_deinit(&l);
}

/* A statement that needs memory gets what the cache holds. */
Test(page_cache, gives_memory_back) {
    ledger l;
    page_cache c;
    ledger_init(&l, NULL, "test", MIB);
    page_cache_init(&c, &l, MIB / 2);
    for (uint64_t i = 0; i < 400; i++) put(&c, i, 1);
    cr_assert_gt(c.used, MIB / 4);
    cr_assert_not(ledger_under_pressure(&l, MIB / 2, 80));
    void *memory = mem_alloc(&l, 9 * (MIB / 10) - 80 * 1024);
    cr_assert_not_null(memory);
    cr_assert_lt(c.used, MIB / 4);
    mem_free(&l, memory, 9 * (MIB / 10) - 80 * 1024);
    page_cache_deinit(&c);
    ledger_deinit(&l);
}

Test(page_cache, names_files_by_what_changes) {
    ledger l;
    ledger_init(&l, NULL, "test", SIZE_MAX);
    char path[] = "/tmp/dbx-page-cache-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, "abc", 3), 3);
    close(fd);
    uint64_t names[2][2];
    for (int i = 0; i < 2; i++) {
        struct utimbuf times = {1000 + i, 1000 + i};
        io_file *file;
        cr_assert_eq(utime(path, &times), 0);
        cr_assert_eq(io_open(NULL, &l, sv_from(path), &file, NULL), DBX_OK);
        cr_assert(page_cache_file(file, 5000 * INT64_C(1000000), names[i]));
        cr_assert_not(page_cache_file(file, 1001 * INT64_C(1000000), names[i]), "changed just now");
        io_close(file);
    }
    cr_assert(names[0][0] != names[1][0] && names[0][1] != names[1][1]);
    unlink(path);
    ledger_deinit(&l);
}
