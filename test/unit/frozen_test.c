/* frozen_test.c - files of earlier versions of the format open for ever, and can be written.
 *
 * test/data/format-1.0.dbx.zst was made before histories were kept, format-1.1 with them; both by
 * the same statements.
 */
#include "dbx.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

static void unpack(const char *name, const char *path) {
    char from[512];
    snprintf(from, sizeof(from), "%s/%s", DBX_TEST_DATA, name);
    FILE *f = fopen(from, "rb");
    cr_assert_not_null(f, "%s", from);
    static char packed[1 << 16], raw[1 << 20];
    size_t size = fread(packed, 1, sizeof(packed), f);
    fclose(f);
    size_t bytes = ZSTD_decompress(raw, sizeof(raw), packed, size);
    cr_assert_not(ZSTD_isError(bytes));
    f = fopen(path, "wb");
    cr_assert_eq(fwrite(raw, 1, bytes, f), bytes);
    fclose(f);
}

/* The first row's values, joined. */
static void check(dbx_connection *c, const char *sql, const char *want) {
    dbx_result *r = NULL;
    dbx_status status = dbx_query(c, sql, &r);
    cr_assert_eq(status, DBX_OK, "%s", status != DBX_OK ? dbx_error_message(c) : "");
    char got[512] = "";
    for (uint32_t i = 0; i < dbx_column_count(r) && dbx_row_count(r) > 0; i++) {
        dbx_bytes text = dbx_value_text(r, i, 0);
        size_t at = strlen(got);
        snprintf(got + at, sizeof(got) - at, "%s%.*s", i > 0 ? "|" : "", (int)text.size,
                 text.data == NULL ? "" : (const char *)text.data);
    }
    dbx_result_free(r);
    cr_assert_str_eq(got, want, "%s", sql);
}

/* 3000 rows, of which those that end in 3 were deleted and five changed. */
static void check_file(const char *name) {
    char path[] = "/tmp/dbx_frozen_XXXXXX";
    close(mkstemp(path));
    unpack(name, path);
    for (int turn = 0; turn < 2; turn++) { /* as it is, and after it was written */
        dbx_database *db = NULL;
        dbx_connection *c = NULL;
        char *message = NULL;
        dbx_status status = dbx_open(path, NULL, 0, &db, &message);
        cr_assert_eq(status, DBX_OK, "%s", message != NULL ? message : "");
        cr_assert_eq(dbx_connect(db, &c), DBX_OK);
        check(c,
              "SELECT count(*), sum(id), sum(d), sum(c), min(day), sum(m['k']), sum(list[0]), "
              "sum(st.x) FROM kinds WHERE id < 3000",
              "2700|4049100|506137.5|1012275.00|2020-01-01|4049100|4049100|4049100");
        check(c, "SELECT count(*) FROM kinds WHERE s = 'changed'", "4");
        check(c, "SELECT count(*) FROM kinds WHERE b AND id % 3 <> 0", "0");
        check(c, "SELECT other.twice(4), n FROM other.seen", turn == 0 ? "8|2700" : "8|2701");
        check(c, "SELECT count(*) FROM empty", "0");
        if (turn == 0)
            check(c,
                  "INSERT INTO kinds SELECT id + 100000, i, d, c, day, at, s, b, list, st, m "
                  "FROM kinds WHERE id = 7",
                  "");
        dbx_disconnect(c);
        dbx_close(db);
    }
    unlink(path);
}

Test(frozen, format_1_0_before_histories) {
    check_file("format-1.0.dbx.zst");
}
Test(frozen, format_1_1_with_histories) {
    check_file("format-1.1.dbx.zst");
}
