/* file_list_test.c - hive partitions, their types, the registry by name and path. */
#include "formats/file_list.h"
#include "formats/registry.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static char files_dir[64];
static ledger files_ledger;
static arena files_arena;

static void files_setup(void) {
    strcpy(files_dir, "/tmp/dbx_files_XXXXXX");
    cr_assert_not_null(mkdtemp(files_dir));
    ledger_init(&files_ledger, NULL, "test", SIZE_MAX);
    arena_init(&files_arena, &files_ledger);
}

static void files_teardown(void) {
    cr_assert_eq(io_remove(NULL, sv_from(files_dir), NULL), DBX_OK);
    arena_deinit(&files_arena);
    ledger_deinit(&files_ledger);
}

static void files_touch(const char *name) {
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", files_dir, name);
    io_output *o;
    char directory[512];
    strcpy(directory, path);
    *strrchr(directory, '/') = '\0';
    cr_assert_eq(io_make_directory(NULL, sv_from(directory), NULL), DBX_OK);
    cr_assert_eq(io_create(NULL, &files_ledger, sv_from(path), &o, NULL), DBX_OK);
    cr_assert_eq(io_output_commit(o, NULL), DBX_OK);
    io_output_close(o);
}

TestSuite(file_list, .init = files_setup, .fini = files_teardown);

Test(file_list, partitions_are_typed_by_all_their_values) {
    files_touch("i=1/l=1/d=1/t=2020-02-29/s=1/a.csv");
    files_touch("i=-2/l=3000000000/d=1.5/t=2020-03-01/s=x%2Fy/b.csv");
    files_touch("i=__HIVE_DEFAULT_PARTITION__/l=2/d=2/t=1969-12-31/s=2/c.csv");
    file_list list;
    string_view path = sv_from(files_dir);
    cr_assert_eq(file_list_build(&list, NULL, &files_arena, &path, 1, NULL, NULL), DBX_OK);
    cr_assert_eq(list.count, 3);
    cr_assert_eq(list.partition_count, 5);
    static const type_id types[] = {TYPE_INT, TYPE_BIGINT, TYPE_DOUBLE, TYPE_DATE, TYPE_STRING};
    for (uint32_t i = 0; i < 5; i++) cr_assert_eq(list.partitions[i].type.id, types[i], "%u", i);
    /* sorted by path: i=-2, i=1, i=__HIVE… */
    const vector *first = list.files[0].partitions;
    cr_assert_eq(VECTOR_DATA(&first[0], int32_t)[0], -2);
    cr_assert_eq(VECTOR_DATA(&first[1], int64_t)[0], 3000000000);
    cr_assert_eq(VECTOR_DATA(&first[2], double)[0], 1.5);
    cr_assert_eq(VECTOR_DATA(&first[3], int32_t)[0], 18322);
    cr_assert(sv_equal(vstring_view(VECTOR_DATA(&first[4], vstring)), SV("x/y")));
    cr_assert_not(validity_get(list.files[2].partitions[0].validity, 0));
    cr_assert_eq(VECTOR_DATA(&list.files[2].partitions[3], int32_t)[0], -1);
    cr_assert_eq(file_list_partition(&list, SV("L")), 1);
}

Test(registry, unknown_names_give_nothing) {
    cr_assert_null(table_function_lookup(SV("read_nothing")));
    cr_assert_null(table_function_for_path(SV("a/b.unknown")));
    cr_assert_null(table_function_for_path(SV("a.csv/b")));
    cr_assert_not_null(table_function_lookup(SV("READ_FILES")));
}
