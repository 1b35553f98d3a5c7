/* share_test.c - many processes over one file: each opening is one, as far as locks and memory go.
 */
#include "catalog_support.h"

Test(share, each_sees_what_the_others_committed) {
    char path[64];
    temp_path(path);
    db a, b;
    db_open(&a, path);
    txn *t = begin(&a);
    create(&a, t, "t");
    commit(&a, t);
    db_open(&b, path);
    db *both[] = {&a, &b};
    for (int i = 0; i < 40; i++) { /* by the log, by roots, and of groups that bypass the log */
        db *d = both[i % 2], *other = both[(i + 1) % 2];
        t = begin(d);
        insert(d, t, "t", i * 30000, i % 8 == 5 ? 30000 : 10);
        commit(d, t);
        if (i % 7 == 3) cr_assert_eq(catalog_checkpoint(d->catalog, NULL), DBX_OK);
        t = begin(other);
        int64_t want = 0;
        for (int k = 0; k <= i; k++)
            want += sum_of(k * 30000, k * 30000 + (k % 8 == 5 ? 30000 : 10));
        cr_assert_eq(scan(other, "t", NULL, 0).sum, want, "after commit %d", i);
        txn_rollback(t);
    }
    db_close(&a);
    db_close(&b);
    char name[80];
    snprintf(name, sizeof(name), "%s-wal", path);
    cr_assert_neq(access(name, F_OK), 0, "the last to close folds the log");
    snprintf(name, sizeof(name), "%s-shm", path);
    cr_assert_neq(access(name, F_OK), 0);
    unlink(path);
}

Test(share, snapshots_keep_their_pages) {
    char path[64];
    temp_path(path);
    db reader, writer;
    db_open(&writer, path);
    txn *t = begin(&writer);
    create(&writer, t, "t");
    insert(&writer, t, "t", 0, 200000);
    commit(&writer, t);
    db_open(&reader, path);
    txn *old = begin(&reader);
    for (int i = 0; i < 6; i++) { /* what is not pinned would be overwritten by the second turn */
        t = begin(&writer);
        cr_assert_eq(try_insert(&writer, t, "t", i * 1000000, 200000, true), DBX_OK);
        commit(&writer, t);
        cr_assert_eq(catalog_checkpoint(writer.catalog, NULL), DBX_OK);
    }
    cr_assert_eq(scan(&reader, "t", NULL, 0).sum, sum_of(0, 200000));
    txn_rollback(old);
    t = begin(&reader);
    cr_assert_eq(scan(&reader, "t", NULL, 0).sum, sum_of(5000000, 5200000));
    txn_rollback(t);
    uint64_t size = storage_usage_of(catalog_storage(writer.catalog)).file_bytes;
    for (int i = 0; i < 6; i++) {
        t = begin(&writer);
        cr_assert_eq(try_insert(&writer, t, "t", i * 1000000, 200000, true), DBX_OK);
        commit(&writer, t);
        cr_assert_eq(catalog_checkpoint(writer.catalog, NULL), DBX_OK);
    }
    uint64_t after = storage_usage_of(catalog_storage(writer.catalog)).file_bytes;
    cr_assert_leq(after, size, "%llu, %llu: without the snapshot the pages are used again",
                  (unsigned long long)after, (unsigned long long)size);
    db_close(&reader);
    db_close(&writer);
    unlink(path);
}

Test(share, one_writes_at_a_time) {
    char path[64];
    temp_path(path);
    db a, b;
    db_open(&a, path);
    txn *t = begin(&a);
    create(&a, t, "t");
    commit(&a, t);
    db_open(&b, path);
    txn *bulk = begin(&a);
    insert(&a, bulk, "t", 0, 200000); /* holds pages of the file until it ends */
    t = begin(&b);
    insert(&b, t, "t", 200000, 10);
    cr_assert_eq(txn_commit(t, &b.err), DBX_BUSY);
    cr_assert_not_null(strstr(b.err.message, "DATABASE_BUSY"), "%s", b.err.message);
    error_clear(&b.err);
    commit(&a, bulk);
    t = begin(&b);
    insert(&b, t, "t", 200000, 10);
    commit(&b, t);
    t = begin(&a);
    cr_assert_eq(scan(&a, "t", NULL, 0).sum, sum_of(0, 200010));
    txn_rollback(t);
    db_close(&b);
    db_close(&a);
    unlink(path);
}

Test(share, a_killed_process_leaves_no_pin_and_no_lock) {
    char path[64];
    temp_path(path);
    db d;
    db_open(&d, path);
    txn *t = begin(&d);
    create(&d, t, "t");
    insert(&d, t, "t", 0, 10);
    commit(&d, t);
    db_close(&d);
    int ready[2];
    cr_assert_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        db_open(&d, path);
        (void)begin(&d);
        t = begin(&d);
        insert(&d, t, "t", 10, 200000);
        (void)!write(ready[1], "x", 1);
        pause();
    }
    char byte;
    cr_assert_eq(read(ready[0], &byte, 1), 1);
    db_open(&d, path); /* joins while the other lives */
    kill(child, SIGKILL);
    int state;
    waitpid(child, &state, 0);
    for (int i = 0; i < 4; i++) {
        t = begin(&d);
        cr_assert_eq(try_insert(&d, t, "t", 0, 200000, true), DBX_OK);
        commit(&d, t);
    }
    t = begin(&d);
    cr_assert_eq(scan(&d, "t", NULL, 0).sum, sum_of(0, 200000));
    txn_rollback(t);
    storage_usage usage = storage_usage_of(catalog_storage(d.catalog));
    cr_assert_lt(usage.file_bytes, 3 * (usage.file_bytes - usage.free_bytes) + (1 << 20));
    db_close(&d);
    unlink(path);
}
