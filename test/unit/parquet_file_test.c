/* parquet_file_test.c - whole files: written and read back, pruned, damaged; and the files that
 * others wrote, where the corpus is present (DBX_CORPUS, ../shared/corpus). */
#include "formats/file_sink.h"
#include "parquet_scan.h"

#include "formats/parquet_prune.h"

#include <criterion/criterion.h>
#include <unistd.h>

static char pq_dir[64];

static void pq_setup(void) {
    strcpy(pq_dir, "/tmp/dbx_parquet_XXXXXX");
    cr_assert_not_null(mkdtemp(pq_dir));
}

static void pq_teardown(void) {
    cr_assert_eq(io_remove(NULL, sv_from(pq_dir), NULL), DBX_OK);
}

TestSuite(parquet_file, .init = pq_setup, .fini = pq_teardown);

static const char *pq_path(const char *name) {
    static char path[512];
    snprintf(path, sizeof(path), "%s/%s", pq_dir, name);
    return path;
}

/* ---- a table: id BIGINT, name STRING, price DECIMAL(30,2), list ARRAY<INT>, pair STRUCT<a: INT,
 * b: STRING> ---- */

enum { PQ_COLUMNS = 5 };

static void pq_types(arena *a, source_column *columns) {
    type_field fields[2] = {{.name = SV("a"), .type = type_simple(TYPE_INT)},
                            {.name = SV("b"), .type = type_simple(TYPE_STRING)}};
    type list, pair;
    cr_assert_eq(type_array(a, type_simple(TYPE_INT), true, &list), DBX_OK);
    cr_assert_eq(type_struct(a, fields, 2, &pair), DBX_OK);
    columns[0] = (source_column){.name = SV("id"), .type = type_simple(TYPE_BIGINT)};
    columns[1] = (source_column){.name = SV("name"), .type = type_simple(TYPE_STRING)};
    columns[2] = (source_column){.name = SV("price"), .type = type_decimal(30, 2)};
    columns[3] = (source_column){.name = SV("list"), .type = list};
    columns[4] = (source_column){.name = SV("pair"), .type = pair};
}

static void pq_null(vector *v, uint32_t row, arena *a) {
    cr_assert_eq(vector_ensure_validity(v, a), DBX_OK);
    validity_set_null(v->validity, row);
}

/* Row i: id i; name NULL every 10th, else one of 7; price -i; list of i % 3 elements, NULL every
 * 11th; pair NULL every 5th, b NULL every 4th. */
static void pq_fill(chunk *c, uint64_t from, uint32_t rows, arena *a) {
    vector *v = c->columns;
    cr_assert_eq(vector_list_reserve(&v[3], rows * 2 + 1, a), DBX_OK);
    v[3].child_count = 0;
    for (uint32_t r = 0; r < rows; r++) {
        uint64_t i = from + r;
        VECTOR_DATA(&v[0], int64_t)[r] = (int64_t)i;
        char *name = arena_printf(a, "a name of some length %d", (int)(i % 7));
        VECTOR_DATA(&v[1], vstring)[r] = vstring_from(name, strlen(name));
        if (i % 10 == 0) pq_null(&v[1], r, a);
        VECTOR_DATA(&v[2], __int128)[r] = -(__int128)i;
        VECTOR_DATA(&v[3], list_entry)[r] = (list_entry){v[3].child_count, i % 3};
        for (uint32_t k = 0; k < i % 3; k++) {
            VECTOR_DATA(&v[3].children[0], int32_t)[v[3].child_count++] = (int32_t)(i * 10 + k);
        }
        if (i % 11 == 0) pq_null(&v[3], r, a);
        VECTOR_DATA(&v[4].children[0], int32_t)[r] = (int32_t)i;
        VECTOR_DATA(&v[4].children[1], vstring)[r] = vstring_from("b", 1);
        if (i % 4 == 0) pq_null(&v[4].children[1], r, a);
        if (i % 5 == 0) pq_null(&v[4], r, a);
    }
    c->rows = rows;
}

static void pq_expect_row(buffer *b, uint64_t i) {
    int n = (int)i;
    dbx_status status = buffer_printf(b, "%d|", n);
    status |=
        i % 10 ? buffer_printf(b, "a name of some length %d|", n % 7) : buffer_printf(b, "NULL|");
    status |= buffer_printf(b, "%d|", -n);
    if (i % 11 == 0)
        status |= buffer_printf(b, "NULL|");
    else if (i % 3 == 0)
        status |= buffer_printf(b, "[]|");
    else if (i % 3 == 1)
        status |= buffer_printf(b, "[%d]|", n * 10);
    else
        status |= buffer_printf(b, "[%d,%d]|", n * 10, n * 10 + 1);
    if (i % 5 == 0)
        status |= buffer_printf(b, "NULL\n");
    else
        status |= buffer_printf(b, "{%d,%s}\n", n, i % 4 ? "b" : "NULL");
    cr_assert_eq(status, DBX_OK);
}

/* Writes rows [0, rows) in chunks of 1000, two workers taking turns by morsels of 5000 rows. */
static void pq_write(test_scan *t, const char *path, uint32_t rows, const char *compression,
                     const char *group_rows) {
    source_column columns[PQ_COLUMNS];
    type types[PQ_COLUMNS];
    pq_types(&t->arena, columns);
    for (uint32_t i = 0; i < PQ_COLUMNS; i++) types[i] = columns[i].type;
    sink_option options[] = {{SV("compression"), sv_from(compression)},
                             {SV("row_group_size"), sv_from(group_rows)}};
    data_sink *sink;
    sink_local *locals[2];
    file_sink_request request = {.writer = format_writer_lookup(SV("parquet")),
                                 .path = sv_from(path),
                                 .columns = columns,
                                 .column_count = PQ_COLUMNS,
                                 .options = options,
                                 .option_count = 2};
    cr_assert_eq(file_sink_open(&t->q, &request, &sink, &t->err), DBX_OK);
    for (int i = 0; i < 2; i++) cr_assert_eq(sink->vtab->local_new(sink, &locals[i], NULL), DBX_OK);
    for (uint32_t at = 0; at < rows; at += 1000) {
        arena a;
        chunk c;
        arena_init(&a, &t->q.ledger);
        cr_assert_eq(chunk_init(&c, types, PQ_COLUMNS, &a), DBX_OK);
        pq_fill(&c, at, MIN(rows - at, 1000u), &a);
        uint32_t morsel = at / 5000;
        cr_assert_eq(sink->vtab->append(sink, locals[morsel % 2], &c, morsel, &t->err), DBX_OK);
        arena_deinit(&a);
    }
    uint64_t written = 0;
    for (int i = 1; i >= 0; i--) cr_assert_eq(sink->vtab->combine(sink, locals[i], NULL), DBX_OK);
    cr_assert_eq(sink->vtab->finish(sink, &written, &t->err), DBX_OK);
    cr_assert_eq(written, rows);
    sink->vtab->free(sink);
}

static void pq_expect(test_scan *t, uint64_t from, uint64_t to) {
    buffer expected;
    buffer_init(&expected, &t->q.ledger);
    for (uint64_t i = from; i < to; i++) pq_expect_row(&expected, i);
    cr_assert_eq(t->rows, to - from, "%d rows", (int)t->rows);
    cr_assert(sv_equal(buffer_view(&t->text), buffer_view(&expected)));
    buffer_deinit(&expected);
}

Test(parquet_file, what_is_written_is_read) {
    static const char *const codecs[] = {"none", "snappy", "gzip", "zstd", "lz4_raw", "brotli"};
    for (uint32_t i = 0; i < ARRAY_COUNT(codecs); i++) {
        test_scan t;
        test_scan_init(&t);
        pq_write(&t, pq_path("t.parquet"), 12345, codecs[i], i % 2 ? "1500" : "262144");
        cr_assert_eq(test_scan_bind(&t, pq_path("t.parquet")), DBX_OK);
        cr_assert_eq(test_scan_run(&t, NULL, 0, 2048, 1), DBX_OK);
        pq_expect(&t, 0, 12345);
        cr_assert_eq(test_scan_run(&t, NULL, 0, 100, 8), DBX_OK);
        pq_expect(&t, 0, 12345);
        test_scan_deinit(&t);
    }
}

Test(parquet_file, an_empty_table_has_its_columns) {
    test_scan t;
    test_scan_init(&t);
    pq_write(&t, pq_path("empty.parquet"), 0, "snappy", "1000");
    cr_assert_eq(test_scan_bind(&t, pq_path("empty.parquet")), DBX_OK);
    cr_assert_eq(t.source->column_count, PQ_COLUMNS + 1, "and _metadata");
    cr_assert_eq(test_scan_run(&t, NULL, 0, 2048, 1), DBX_OK);
    cr_assert_eq(t.rows, 0);
    test_scan_deinit(&t);
}

Test(parquet_file, a_directory_is_replaced_as_a_whole) {
    test_scan t;
    test_scan_init(&t);
    char path[600];
    snprintf(path, sizeof(path), "%s/", pq_path("d"));
    pq_write(&t, path, 10, "snappy", "1000");
    pq_write(&t, path, 20, "zstd", "1000");
    cr_assert_eq(test_scan_bind(&t, pq_path("d")), DBX_OK);
    cr_assert_eq(test_scan_run(&t, NULL, 0, 2048, 1), DBX_OK);
    pq_expect(&t, 0, 20);
    test_scan_deinit(&t);
}

Test(parquet_file, predicates_are_exact) {
    test_scan t;
    test_scan_init(&t);
    pq_write(&t, pq_path("t.parquet"), 20000, "snappy", "3000");
    cr_assert_eq(test_scan_bind(&t, pq_path("t.parquet")), DBX_OK);
    int64_t low = 7990;
    int64_t high = 8010;
    vector value = {.type = type_simple(TYPE_BIGINT), .form = VECTOR_CONSTANT, .phys = PHYS_INT64};
    scan_predicate p[2] = {{.column = 0, .op = SCAN_GE, .value = value},
                           {.column = 0, .op = SCAN_LT, .value = value}};
    p[0].value.data = &low;
    p[1].value.data = &high;
    cr_assert_eq(test_scan_run(&t, p, 2, 2048, 1), DBX_OK);
    pq_expect(&t, 7990, 8010);
    vstring name = vstring_from("a name of some length 3", 23);
    scan_predicate by_name = {.column = 1,
                              .op = SCAN_EQ,
                              .value = {.type = type_simple(TYPE_STRING),
                                        .form = VECTOR_CONSTANT,
                                        .phys = PHYS_STRING,
                                        .data = &name}};
    cr_assert_eq(test_scan_run(&t, &by_name, 1, 2048, 1), DBX_OK);
    uint64_t expected = 0;
    for (uint64_t i = 0; i < 20000; i++) expected += i % 7 == 3 && i % 10 != 0;
    cr_assert_eq(t.rows, expected);
    scan_predicate is_null = {.column = 1, .op = SCAN_IS_NULL};
    cr_assert_eq(test_scan_run(&t, &is_null, 1, 2048, 1), DBX_OK);
    cr_assert_eq(t.rows, 2000);
    column_stats stats;
    cr_assert(t.source->vtab->stats(t.source, 0, &stats));
    cr_assert(stats.has_min_max && stats.min_max_exact);
    cr_assert_eq(*(int64_t *)stats.min.data, 0);
    cr_assert_eq(*(int64_t *)stats.max.data, 19999);
    cr_assert(t.source->vtab->stats(t.source, 1, &stats));
    cr_assert_eq(stats.null_count, 2000);
    test_scan_deinit(&t);
}

/* Every byte of a small file is changed in turn: an error or other values, never a crash. */
Test(parquet_file, damage_is_an_error_or_harmless) {
    test_scan t;
    test_scan_init(&t);
    pq_write(&t, pq_path("t.parquet"), 60, "snappy", "25");
    io_file *f;
    cr_assert_eq(io_open(NULL, &t.q.ledger, sv_from(pq_path("t.parquet")), &f, NULL), DBX_OK);
    size_t size = (size_t)io_file_size(f);
    uint8_t *bytes = malloc(size);
    cr_assert_eq(io_read_at(f, 0, bytes, size, NULL), DBX_OK);
    io_close(f);
    test_scan_deinit(&t);
    for (size_t i = 0; i < size; i++) {
        uint8_t old = bytes[i];
        bytes[i] ^= (uint8_t)(1u << (i % 8));
        FILE *out = fopen(pq_path("bad.parquet"), "wb");
        cr_assert_eq(fwrite(bytes, 1, size, out), size);
        fclose(out);
        test_scan_init(&t);
        t.q.ledger.limit = 64 << 20;
        if (test_scan_bind(&t, pq_path("bad.parquet")) == DBX_OK) {
            dbx_status status = test_scan_run(&t, NULL, 0, 2048, 1);
            cr_assert(status == DBX_OK || t.err.message != NULL, "byte %zu", i);
        }
        test_scan_deinit(&t);
        bytes[i] = old;
    }
    free(bytes);
}

/* ---- files of others ---- */

static const char *pq_corpus(const char *name) {
    static char path[600];
    const char *root = getenv("DBX_CORPUS");
    snprintf(path, sizeof(path), "%s/parquet/%s", root ? root : "../shared/corpus", name);
    return access(path, R_OK) == 0 ? path : NULL;
}

static uint64_t pq_rows_of(const char *name) {
    test_scan t;
    const char *path = pq_corpus(name);
    if (path == NULL) cr_skip_test("the corpus is not there: %s", name);
    test_scan_init(&t);
    cr_assert_eq(test_scan_bind(&t, path), DBX_OK, "%s", name);
    cr_assert_eq(test_scan_run(&t, NULL, 0, 2048, 1), DBX_OK, "%s: %s", name, t.err.message);
    uint64_t rows = t.rows;
    test_scan_deinit(&t);
    return rows;
}

Test(parquet_corpus, files_of_every_kind_are_read) {
    static const struct {
        const char *name;
        uint64_t rows;
    } files[] = {
        {"data/alltypes_plain.parquet", 8},
        {"data/alltypes_tiny_pages_plain.parquet", 7300},
        {"data/byte_stream_split.zstd.parquet", 300},
        {"data/concatenated_gzip_members.parquet", 513},
        {"data/datapage_v2.snappy.parquet", 5},
        {"data/delta_binary_packed.parquet", 200},
        {"data/delta_byte_array.parquet", 1000},
        {"data/dict-page-offset-zero.parquet", 39},
        {"data/fixed_length_byte_array.parquet", 1000},
        {"data/hadoop_lz4_compressed.parquet", 4},
        {"data/int32_with_null_pages.parquet", 1000},
        {"data/nested_maps.snappy.parquet", 6},
        {"data/non_hadoop_lz4_compressed.parquet", 4},
        {"data/overflow_i16_page_cnt.parquet", 40000},
        {"data/rle_boolean_encoding.parquet", 68},
    };
    for (uint32_t i = 0; i < ARRAY_COUNT(files); i++) {
        cr_assert_eq(pq_rows_of(files[i].name), files[i].rows, "%s", files[i].name);
    }
}

/* Compares with a CSV of values as another reader printed them. Quotes are left out. */
static void pq_expect_csv(const char *file, const char *csv) {
    test_scan t;
    const char *path = pq_corpus(csv);
    if (path == NULL) cr_skip_test("the corpus is not there");
    FILE *in = fopen(path, "r");
    cr_assert_not_null(in);
    test_scan_init(&t);
    cr_assert_eq(test_scan_bind(&t, pq_corpus(file)), DBX_OK);
    cr_assert_eq(test_scan_run(&t, NULL, 0, 2048, 1), DBX_OK);
    char line[16384];
    cr_assert_not_null(fgets(line, sizeof(line), in), "the header");
    const char *at = test_scan_text(&t);
    uint64_t rows = 0;
    while (fgets(line, sizeof(line), in) != NULL) {
        bool quoted = false;
        for (const char *p = line; *p != '\0' && *p != '\n' && *p != '\r'; p++) {
            quoted ^= *p == '"';
            if (*p == '"') continue;
            bool separator = *p == ',' && !quoted;
            if (strncmp(at, "NULL", 4) == 0 && separator) at += 4;
            char expected = separator ? '|' : *p;
            cr_assert_eq(*at, expected, "%s row %d: ...%.60s", file, (int)rows, at);
            at++;
        }
        if (strncmp(at, "NULL", 4) == 0) at += 4;
        cr_assert_eq(*at++, '\n', "%s row %d", file, (int)rows);
        rows++;
    }
    cr_assert_eq(rows, t.rows);
    fclose(in);
    test_scan_deinit(&t);
}

Test(parquet_corpus, delta_values_are_those_of_other_readers) {
    pq_expect_csv("data/delta_binary_packed.parquet", "data/delta_binary_packed_expect.csv");
    pq_expect_csv("data/delta_byte_array.parquet", "data/delta_byte_array_expect.csv");
    pq_expect_csv("data/delta_encoding_required_column.parquet",
                  "data/delta_encoding_required_column_expect.csv");
}

static void pq_expect_refused(const char *name, error_class cls) {
    test_scan t;
    const char *path = pq_corpus(name);
    if (path == NULL) cr_skip_test("the corpus is not there");
    test_scan_init(&t);
    dbx_status status = test_scan_bind(&t, path);
    if (status == DBX_OK) status = test_scan_run(&t, NULL, 0, 2048, 1);
    cr_assert_neq(status, DBX_OK, "%s", name);
    cr_assert_eq(t.err.cls, cls, "%s: %s", name, t.err.message);
    cr_assert_not_null(strstr(t.err.message, name), "the path is named");
    test_scan_deinit(&t);
}

Test(parquet_corpus, damaged_and_encrypted_files_are_refused) {
    pq_expect_refused("bad_data/ARROW-GH-45185.parquet", ERR_FILE_CORRUPT);
    pq_expect_refused("bad_data/ARROW-RS-GH-6229-DICTHEADER.parquet", ERR_FILE_CORRUPT);
    pq_expect_refused("bad_data/PARQUET-1481.parquet", ERR_FILE_CORRUPT);
    pq_expect_refused("data/datapage_v1-corrupt-checksum.parquet", ERR_FILE_CORRUPT);
    pq_expect_refused("data/uniform_encryption.parquet.encrypted", ERR_UNSUPPORTED_FEATURE);
    pq_expect_refused("data/encrypt_columns_and_footer.parquet.encrypted", ERR_UNSUPPORTED_FEATURE);
}
