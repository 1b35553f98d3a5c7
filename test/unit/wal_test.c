/* wal_test.c - the log: records survive, torn tails are cut off, damage is named. */
#include <criterion/criterion.h>

#include "storage/wal.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SALT = 77 };

typedef struct log_fixture {
    char path[64];
    ledger ledger;
    wal wal;
    error err;
} log_fixture;

static void log_reopen(log_fixture *f) {
    wal_deinit(&f->wal);
    wal_init(&f->wal, &f->ledger);
    wal_reset(&f->wal, SALT);
    cr_assert_eq(wal_open(&f->wal, f->path, false, false, NULL), DBX_OK);
    error_clear(&f->err);
}

static void log_init(log_fixture *f) {
    snprintf(f->path, sizeof(f->path), "/tmp/dbx_wal_XXXXXX");
    close(mkstemp(f->path));
    ledger_init(&f->ledger, NULL, "test", SIZE_MAX);
    error_init(&f->err);
    wal_init(&f->wal, &f->ledger);
    log_reopen(f);
}

static void log_deinit(log_fixture *f) {
    wal_deinit(&f->wal);
    error_deinit(&f->err);
    ledger_deinit(&f->ledger);
    unlink(f->path);
}

/* A record of `size` bytes, all equal to its number. */
static void log_add(log_fixture *f, int number, size_t size) {
    char *bytes = malloc(size);
    memset(bytes, number, size);
    cr_assert_eq(wal_add(&f->wal, bytes, size, NULL), DBX_OK);
    free(bytes);
}

static void log_write(log_fixture *f) {
    bool unknown;
    cr_assert_eq(wal_write_group(&f->wal, true, &unknown, NULL), DBX_OK);
}

/* Reads all records and checks that the i-th is full of i; the number of them, -1 for damage. */
static int log_count(log_fixture *f) {
    log_reopen(f);
    buffer b;
    buffer_init(&b, &f->ledger);
    int count = 0;
    for (;;) {
        bool more;
        buffer_clear(&b);
        dbx_status status = wal_next(&f->wal, &b, &more, &f->err);
        if (status == DBX_CORRUPT) count = -1;
        if (status != DBX_OK || !more) break;
        count++;
        for (size_t i = 0; i < b.size; i++) cr_assert_eq(b.data[i], (char)count);
    }
    buffer_deinit(&b);
    return count;
}

static void flip(const char *path, long at) {
    FILE *file = fopen(path, "r+b");
    fseek(file, at, SEEK_SET);
    int byte = fgetc(file);
    fseek(file, at, SEEK_SET);
    fputc(byte ^ 4, file);
    fclose(file);
}

static void blank(const char *path, long frame) {
    static const char zeros[WAL_FRAME_SIZE];
    FILE *file = fopen(path, "r+b");
    fseek(file, frame * WAL_FRAME_SIZE, SEEK_SET);
    cr_assert_eq(fwrite(zeros, sizeof(zeros), 1, file), 1);
    fclose(file);
}

Test(wal, records_of_all_sizes_come_back) {
    log_fixture f;
    log_init(&f);
    log_add(&f, 1, 1);
    log_add(&f, 2, WAL_FRAME_SIZE - WAL_FRAME_HEAD);
    log_write(&f);
    log_add(&f, 3, WAL_FRAME_SIZE);
    log_write(&f);
    log_add(&f, 4, 100000);
    log_write(&f);
    cr_assert_eq(log_count(&f), 4);
    log_add(&f, 5, 10); /* writing goes on where reading ended */
    log_write(&f);
    cr_assert_eq(log_count(&f), 5);
    log_deinit(&f);
}

Test(wal, every_cut_leaves_whole_records) {
    log_fixture f;
    log_init(&f);
    for (int i = 1; i <= 4; i++) {
        log_add(&f, i, 1000); /* 3 frames */
        log_write(&f);
    }
    for (long size = 4 * 3 * WAL_FRAME_SIZE; size >= 0; size -= 100) {
        cr_assert_eq(truncate(f.path, size), 0);
        cr_assert_eq(log_count(&f), size / (3 * WAL_FRAME_SIZE));
    }
    log_deinit(&f);
}

Test(wal, every_flipped_bit_is_damage_with_a_place) {
    log_fixture f;
    log_init(&f);
    for (int i = 1; i <= 3; i++) {
        log_add(&f, i, 600);
        log_write(&f);
    }
    for (long at = 0; at < 3 * 2 * WAL_FRAME_SIZE; at += 7) {
        flip(f.path, at);
        cr_assert_eq(log_count(&f), -1, "byte %ld", at);
        char place[32];
        snprintf(place, sizeof(place), "byte %ld ", at / WAL_FRAME_SIZE * WAL_FRAME_SIZE);
        cr_assert_not_null(strstr(f.err.message, place), "%s", f.err.message);
        flip(f.path, at);
    }
    cr_assert_eq(log_count(&f), 3);
    log_deinit(&f);
}

Test(wal, what_is_missing_before_synced_records_is_damage) {
    log_fixture f;
    log_init(&f);
    for (int i = 1; i <= 3; i++) {
        log_add(&f, i, 10);
        log_write(&f);
    }
    blank(f.path, 1);
    cr_assert_eq(log_count(&f), -1, "record 3 was written after 2 was synced");
    blank(f.path, 2);
    cr_assert_eq(log_count(&f), 1, "nothing tells this from a log that ended there");
    log_deinit(&f);
}

Test(wal, torn_groups_are_cut_off) {
    log_fixture f;
    log_init(&f);
    log_add(&f, 1, 10);
    log_write(&f);
    log_add(&f, 2, 10); /* one group: neither was synced before the other was written */
    log_add(&f, 3, 10);
    log_write(&f);
    blank(f.path, 1);
    cr_assert_eq(log_count(&f), 1);
    log_deinit(&f);
}

Test(wal, records_of_a_dead_writer_do_not_count) {
    log_fixture f;
    log_init(&f);
    log_add(&f, 1, 10);
    log_write(&f);
    cr_assert_eq(log_count(&f), 1);
    log_add(&f, 9, 10); /* another writer's, never acknowledged */
    log_add(&f, 9, 10);
    log_write(&f);
    log_reopen(&f);
    buffer b;
    bool more;
    buffer_init(&b, &f.ledger);
    cr_assert_eq(wal_next(&f.wal, &b, &more, NULL), DBX_OK);
    buffer_deinit(&b);
    log_add(&f, 2, 10); /* in its place */
    log_write(&f);
    cr_assert_eq(log_count(&f), 2, "the second of the dead writer follows another record");
    log_deinit(&f);
}

Test(wal, a_log_of_another_root_is_empty) {
    log_fixture f;
    log_init(&f);
    log_add(&f, 1, 10);
    log_write(&f);
    wal_reset(&f.wal, SALT + 1);
    buffer b;
    bool more;
    buffer_init(&b, &f.ledger);
    cr_assert_eq(wal_next(&f.wal, &b, &more, NULL), DBX_OK);
    cr_assert_not(more);
    buffer_deinit(&b);
    log_deinit(&f);
}
