/* parquet_fuzz.c - any bytes as a Parquet file: bound, described and scanned, whole and with a
 * predicate. Seeds: small Parquet files. The file lies in memory (memfd), so this runs on Linux
 * only. */
#include "formats/registry.h"
#include "io/gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FUZZ_MEMORY = 256 << 20, FUZZ_COLUMNS_MAX = 256, FUZZ_ROWS_MAX = 200000 };

static void fuzz_fail(const char *what) {
    fprintf(stderr, "%s\n", what);
    __builtin_trap();
}

static void fuzz_scan(query *q, source *s, const scan_predicate *p, uint32_t predicates) {
    uint32_t columns[FUZZ_COLUMNS_MAX];
    type types[FUZZ_COLUMNS_MAX];
    bool exact[1] = {false};
    uint32_t count = s->column_count < FUZZ_COLUMNS_MAX ? s->column_count : FUZZ_COLUMNS_MAX;
    for (uint32_t i = 0; i < count; i++) {
        columns[i] = i;
        types[i] = s->columns[i].type;
    }
    scan_spec spec = {.columns = columns,
                      .column_count = count,
                      .predicates = p,
                      .predicate_count = predicates,
                      .exact = exact,
                      .row_limit = UINT64_MAX,
                      .threads = 2,
                      .vector_size = 2048};
    source_scan *scan = NULL;
    source_local *local = NULL;
    error err;
    error_init(&err);
    dbx_status status = s->vtab->open(s, q, &spec, &scan, &err);
    if (status == DBX_OK) status = s->vtab->local_new(scan, &local, &err);
    chunk out = {malloc((count + 1) * sizeof(vector)), count, 0};
    arena a;
    arena_init(&a, &q->ledger);
    for (uint32_t i = 0; i < count && status == DBX_OK; i++) {
        status = vector_init(&out.columns[i], types[i], 1, &a);
    }
    uint64_t rows = 0;
    bool more = status == DBX_OK;
    while (more && status == DBX_OK && rows < FUZZ_ROWS_MAX) {
        uint64_t index;
        status = s->vtab->next_morsel(scan, local, &more, &index, &err);
        while (more && status == DBX_OK && rows < FUZZ_ROWS_MAX) {
            out.rows = 0;
            status = s->vtab->read(scan, local, &out, &err);
            if (status != DBX_OK || out.rows == 0) break;
            for (uint32_t i = 0; i < count; i++) vector_check(&out.columns[i], out.rows);
            rows += out.rows;
        }
    }
    if (status != DBX_OK && status != DBX_NOMEM && err.message == NULL) fuzz_fail("no message");
    if (local != NULL) s->vtab->local_free(scan, local);
    if (scan != NULL) s->vtab->close(scan);
    arena_deinit(&a);
    free(out.columns);
    error_deinit(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int fd = memfd_create("fuzz.parquet", 0);
    if (fd < 0) return 0;
    if (write(fd, data, size) != (ssize_t)size) fuzz_fail("memfd");
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    query q;
    memset(&q, 0, sizeof(q));
    ledger_init(&q.ledger, NULL, "fuzz", FUZZ_MEMORY);
    error err;
    error_init(&err);
    vstring text = vstring_from(path, strlen(path));
    table_argument argument = {.value = {.type = type_simple(TYPE_STRING),
                                         .form = VECTOR_CONSTANT,
                                         .phys = PHYS_STRING,
                                         .data = &text}};
    source *s = NULL;
    const table_function_row *row = table_function_lookup(SV("read_parquet"));
    if (row->bind(&q, &q.ledger, &argument, 1, (span){0, 0}, &s, &err) == DBX_OK) {
        column_stats stats;
        for (uint32_t i = 0; i < s->column_count; i++) (void)s->vtab->stats(s, i, &stats);
        fuzz_scan(&q, s, NULL, 0);
        scan_predicate p = {.column = 0, .op = SCAN_IS_NOT_NULL};
        fuzz_scan(&q, s, &p, 1);
        source_free(s);
    }
    error_deinit(&err);
    ledger_deinit(&q.ledger);
    close(fd);
    return 0;
}
