/* spill_test.c - what leaves memory comes back: temporary files, chunks as bytes, operators that
 * spill. */
#include "io/temp_file.h"
#include "vector/chunk_bytes.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define OK(call) cr_assert_eq((call), DBX_OK)

/* ---- temporary files ---- */

typedef struct temp_fixture {
    ledger ledger;
    error err;
    temp_store store;
} temp_fixture;

static void temp_fixture_init(temp_fixture *f, uint64_t limit) {
    memset(f, 0, sizeof(*f));
    ledger_init(&f->ledger, NULL, "test", SIZE_MAX);
    error_init(&f->err);
    f->store.limit = limit;
    snprintf(f->store.directory, sizeof(f->store.directory), "/tmp/dbx-spill-test-%d",
             (int)getpid());
}

static void temp_fixture_deinit(temp_fixture *f) {
    OK(os_remove_tree(f->store.directory, &f->err));
    error_deinit(&f->err);
    ledger_deinit(&f->ledger);
}

static bool count_entry(const char *name, os_path_kind kind, void *state) {
    (void)name, (void)kind;
    ++*(int *)state;
    return true;
}

Test(temp_file, blocks_come_back_and_leave_no_name) {
    temp_fixture f;
    temp_fixture_init(&f, UINT64_MAX);
    temp_file *file;
    OK(temp_file_open(&f.store, &f.ledger, &file, &f.err));
    int names = 0;
    OK(os_list_directory(f.store.directory, count_entry, &names, &f.err));
    cr_assert_eq(names, 0);
    enum { BLOCKS = 40, LARGEST = 50000 };
    static char data[BLOCKS][LARGEST], back[LARGEST];
    temp_block blocks[BLOCKS];
    srand(1);
    for (int i = 0; i < BLOCKS; i++) {
        size_t size = 1 + (size_t)i * (LARGEST - 1) / BLOCKS;
        for (size_t k = 0; k < size; k++)
            data[i][k] = (char)(i % 2 ? rand() : i); /* what LZ4 cannot and can shorten */
        OK(temp_file_write(file, data[i], size, &blocks[i], &f.err));
        cr_assert_eq(blocks[i].raw_size, size);
        cr_assert(i % 2 == 1 || size < 100 || blocks[i].stored_size < size / 10);
    }
    for (int i = BLOCKS - 1; i >= 0; i--) {
        OK(temp_file_read(file, &blocks[i], back, &f.err));
        cr_assert_arr_eq(back, data[i], blocks[i].raw_size);
    }
    for (int i = 0; i < BLOCKS; i++) temp_file_release(file, &blocks[i]);
    cr_assert_eq(temp_file_used(file), 0);
    cr_assert(temp_file_peak(file) > 0);
    uint64_t held = atomic_load(&f.store.used);
    for (int i = 0; i < BLOCKS; i++) /* takes what was released, in any order of sizes */
        OK(temp_file_write(file, data[BLOCKS - 1], 4000, &blocks[i], &f.err));
    cr_assert_eq(atomic_load(&f.store.used), held);
    temp_file_close(file);
    cr_assert_eq(atomic_load(&f.store.used), 0);
    temp_fixture_deinit(&f);
}

Test(temp_file, the_limit_is_an_error_with_its_class) {
    temp_fixture f;
    temp_fixture_init(&f, 100000);
    temp_file *file;
    char noise[60000];
    temp_block first, second;
    OK(temp_file_open(&f.store, &f.ledger, &file, &f.err));
    for (size_t i = 0; i < sizeof(noise); i++) noise[i] = (char)rand();
    OK(temp_file_write(file, noise, sizeof(noise), &first, &f.err));
    cr_assert_eq(temp_file_write(file, noise, sizeof(noise), &second, &f.err), DBX_IO);
    cr_assert_eq(f.err.cls, ERR_OUT_OF_TEMP_SPACE);
    error_clear(&f.err);
    temp_file_release(file, &first);
    OK(temp_file_write(file, noise, sizeof(noise), &second, &f.err));
    temp_file_close(file);
    temp_fixture_deinit(&f);
}

/* ---- chunks as bytes ---- */

Test(chunk_bytes, forms_and_selections_come_back_flat) {
    ledger l;
    arena a;
    error err;
    buffer bytes;
    ledger_init(&l, NULL, "test", SIZE_MAX);
    arena_init(&a, &l);
    error_init(&err);
    buffer_init(&bytes, &l);
    type types[] = {type_simple(TYPE_STRING), type_simple(TYPE_BIGINT), type_decimal(38, 2)};
    chunk in, out;
    OK(chunk_init(&in, types, 3, &a));
    in.rows = 5;
    const char *words[] = {"short", "a string that is longer than twelve bytes", ""};
    vector child;
    OK(vector_init(&child, types[0], 3, &a));
    for (int i = 0; i < 3; i++)
        VECTOR_DATA(&child, vstring)[i] = vstring_from(words[i], strlen(words[i]));
    sel_t codes[] = {1, 0, 2, 1, 0};
    OK(vector_slice(&in.columns[0], &child, codes, 5, &a));
    in.columns[1].form = VECTOR_SEQUENCE;
    in.columns[1].sequence_start = 100;
    in.columns[1].sequence_step = -3;
    for (int i = 0; i < 5; i++) VECTOR_DATA(&in.columns[2], __int128)[i] = (__int128)i << 90;
    OK(vector_ensure_validity(&in.columns[2], &a));
    validity_set_null(in.columns[2].validity, 3);
    sel_t sel[] = {0, 2, 3};
    OK(chunk_bytes_write(&in, NULL, 5, &bytes));
    OK(chunk_bytes_write(&in, sel, 3, &bytes));
    const uint8_t *at = (const uint8_t *)bytes.data;
    const uint8_t *end = at + bytes.size;
    for (uint32_t round = 0; round < 2; round++) {
        OK(chunk_bytes_read(&at, end, types, 3, &a, &out, &err));
        cr_assert_eq(out.rows, round == 0 ? 5 : 3);
        for (uint32_t i = 0; i < out.rows; i++) {
            uint32_t from = round == 0 ? i : sel[i];
            cr_assert(sv_equal(vstring_view(&VECTOR_DATA(&out.columns[0], vstring)[i]),
                               sv_from(words[codes[from]])));
            cr_assert_eq(VECTOR_DATA(&out.columns[1], int64_t)[i], 100 - 3 * (int64_t)from);
            cr_assert_eq(validity_get(out.columns[2].validity, i), from != 3);
            if (from != 3) {
                cr_assert(VECTOR_DATA(&out.columns[2], __int128)[i] == (__int128)from << 90);
            }
        }
    }
    cr_assert_eq(at, end);
    at = (const uint8_t *)bytes.data; /* cut short anywhere: refused */
    for (size_t size = 0; size < bytes.size / 2; size += 16) {
        const uint8_t *start = at;
        cr_assert_eq(chunk_bytes_read(&start, at + size, types, 3, &a, &out, &err), DBX_BUG);
        error_clear(&err);
    }
    buffer_deinit(&bytes);
    error_deinit(&err);
    arena_deinit(&a);
    ledger_deinit(&l);
}

/* ---- queries ---- */

/* All rows as text. */
static char *spill_run(const char *spill_bytes, const char *threads, const char *sql) {
    dbx_option options[] = {{"threads", threads}, {"dbx.spill_bytes", spill_bytes}};
    dbx_database *db;
    dbx_connection *con;
    dbx_result *r;
    cr_assert_eq(dbx_open(":memory:", options, 2, &db, NULL), DBX_OK);
    cr_assert_eq(dbx_connect(db, &con), DBX_OK);
    cr_assert_eq(dbx_query(con, sql, &r), DBX_OK, "%s: %s", sql, dbx_error_message(con));
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    for (uint64_t row = 0; row < dbx_row_count(r); row++) {
        for (uint32_t c = 0; c < dbx_column_count(r); c++) {
            dbx_bytes v = dbx_value_text(r, c, row);
            fprintf(out, "%s|", v.data != NULL ? v.data : "NULL");
        }
        fputc('\n', out);
    }
    fclose(out);
    dbx_result_free(r);
    dbx_disconnect(con);
    dbx_close(db);
    return text;
}

static void spill_agrees(const char *sql) {
    static const char *const bytes[] = {"1", "20000", "300000"};
    static const char *const threads[] = {"1", "3"};
    char *expected = spill_run("0", "1", sql);
    cr_assert(strlen(expected) > 0);
    for (size_t b = 0; b < 3; b++) {
        for (size_t t = 0; t < 2; t++) {
            char *got = spill_run(bytes[b], threads[t], sql);
            cr_assert_str_eq(got, expected, "%s\nspill_bytes %s, threads %s", sql, bytes[b],
                             threads[t]);
            free(got);
        }
    }
    free(expected);
}

#define SPILL_VALUES                                                                               \
    "(SELECT (id * 7919) % 4001 AS k, id AS i, "                                                   \
    "CASE WHEN id % 7 = 0 THEN NULL ELSE concat('text of some length ', id % 97) END AS s, "       \
    "array(id, NULL, id % 3) AS a, named_struct('x', id % 11, 'y', array(string(id))) AS st, "     \
    "map(string(id), id) AS m, CAST(id AS DECIMAL(38, 4)) / 3 AS d, id % 2 = 0 AS b "              \
    "FROM range(12000))"

Test(spill, sort_gives_the_same_rows) {
    spill_agrees("SELECT * FROM " SPILL_VALUES " ORDER BY s DESC, k, i");
    spill_agrees("SELECT k, s FROM " SPILL_VALUES " ORDER BY b, s NULLS LAST, i DESC");
    spill_agrees("SELECT i FROM range(1) t JOIN " SPILL_VALUES " ORDER BY k, i");
}

Test(spill, top_n_gives_the_same_rows) {
    spill_agrees("SELECT * FROM " SPILL_VALUES " ORDER BY s, i LIMIT 9000 OFFSET 100");
    spill_agrees("SELECT i FROM " SPILL_VALUES " ORDER BY k DESC, i LIMIT 10");
}

Test(spill, windows_give_the_same_rows) {
    spill_agrees("SELECT i, rank() OVER (PARTITION BY s ORDER BY k), "
                 "sum(i) OVER (PARTITION BY s ORDER BY k, i ROWS 2 PRECEDING), "
                 "first(a) OVER (PARTITION BY s ORDER BY i), max(d) OVER (PARTITION BY b) "
                 "FROM " SPILL_VALUES " ORDER BY i");
    spill_agrees("SELECT sum(r) FROM (SELECT row_number() OVER (ORDER BY k, i) * i AS r FROM " //
                 SPILL_VALUES ")");
}

/* Build sides of every kind of join; keys packed, wide and of strings; NULLs on both sides. */
#define SPILL_LEFT                                                                                 \
    "(SELECT CASE WHEN id % 13 = 0 THEN NULL ELSE (id * 31) % 9000 END AS k, id AS i, "            \
    "concat('key ', (id * 17) % 7000) AS s FROM range(15000)) AS l"
#define SPILL_RIGHT                                                                                \
    "(SELECT CASE WHEN id % 17 = 0 THEN NULL ELSE (id * 7) % 12000 END AS k, id AS j, "            \
    "concat('key ', (id * 3) % 9000) AS s, array(id, id + 1) AS a FROM range(14000)) AS r"
#define SPILL_SUMS                                                                                 \
    "SELECT count(*), sum(i), sum(j), sum(a[0]), min(r.s), count(l.s), count(r.s) FROM "

Test(spill, joins_give_the_same_rows) {
    static const char *const kinds[] = {"JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"};
    static const char *const conditions[] = {"l.k = r.k", "l.s = r.s", "l.k <=> r.k",
                                             "l.k = r.k AND l.i < r.j", "l.k = r.k AND l.s = r.s"};
    char sql[2000];
    for (size_t k = 0; k < 4; k++) {
        for (size_t c = 0; c < 5; c++) {
            snprintf(sql, sizeof(sql), SPILL_SUMS SPILL_LEFT " %s " SPILL_RIGHT " ON %s", kinds[k],
                     conditions[c]);
            spill_agrees(sql);
        }
    }
}

Test(spill, semi_and_anti_joins_give_the_same_rows) {
    spill_agrees("SELECT count(*), sum(i) FROM " SPILL_LEFT " LEFT SEMI JOIN " SPILL_RIGHT
                 " ON l.k = r.k");
    spill_agrees("SELECT count(*), sum(i) FROM " SPILL_LEFT " LEFT ANTI JOIN " SPILL_RIGHT
                 " ON l.k = r.k AND l.s <> r.s");
    spill_agrees("SELECT count(*), sum(i) FROM " SPILL_LEFT " WHERE k NOT IN (SELECT j FROM " //
                 SPILL_RIGHT ")");
    spill_agrees("SELECT count(*), sum(i) FROM " SPILL_LEFT " WHERE k IN (SELECT k FROM " //
                 SPILL_RIGHT ") OR i % 5 = 0");
    spill_agrees("SELECT count(*) FROM " SPILL_LEFT " WHERE k NOT IN (SELECT k FROM " //
                 SPILL_RIGHT ")");
}

Test(spill, joins_above_joins_and_unions_give_the_same_rows) {
    spill_agrees("SELECT count(*), sum(x.i), sum(y.j), sum(z.j) FROM " SPILL_LEFT
                 " JOIN (SELECT j, k FROM " SPILL_RIGHT ") y ON l.k = y.k"
                 " LEFT JOIN (SELECT j, s FROM " SPILL_RIGHT ") z ON l.s = z.s"
                 " JOIN (SELECT i FROM " SPILL_LEFT ") x ON x.i = l.i");
    spill_agrees("SELECT count(*), sum(u.i), sum(r.j) FROM (SELECT k, i FROM " SPILL_LEFT
                 " UNION ALL SELECT k + 1, i FROM " SPILL_LEFT ") u FULL JOIN " SPILL_RIGHT
                 " ON u.k = r.k");
    spill_agrees("SELECT l.i, r.j FROM " SPILL_LEFT " JOIN " SPILL_RIGHT
                 " ON l.k = r.k ORDER BY 1, 2 LIMIT 100");
    spill_agrees("SELECT count(*) FROM (SELECT 1 FROM " SPILL_LEFT " JOIN " SPILL_RIGHT
                 " ON l.k = r.k LIMIT 50)");
}
