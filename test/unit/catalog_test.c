/* catalog_test.c - names, transactions, rows of tables, reopening, damage and failing allocations.
 */
#include "catalog_support.h"

/* ---- names
 * ---------------------------------------------------------------------------------------------------------
 */

Test(catalog, names_are_found_without_case_and_in_order) {
    db d;
    db_open(&d, NULL);
    txn *t = begin(&d);
    create(&d, t, "Zebra");
    create(&d, t, "apple");
    string_view one[] = {SV("ZEBRA")}, two[] = {SV("Default"), SV("APPLE")},
                missing[] = {SV("aple")};
    cr_assert_not_null(catalog_find(&d.query, CATALOG_RELATIONS, &(catalog_name){one, 1, {0, 0}}));
    cr_assert_not_null(catalog_find(&d.query, CATALOG_RELATIONS, &(catalog_name){two, 2, {0, 0}}));
    const catalog_object *o;
    catalog_name wrong = {missing, 1, {3, 7}};
    cr_assert_eq(catalog_resolve(&d.query, CATALOG_RELATIONS, &wrong, &o, &d.err), DBX_ERROR);
    cr_assert_eq(d.err.cls, ERR_TABLE_OR_VIEW_NOT_FOUND);
    cr_assert_str_eq(d.err.params[0].value, "`aple`");
    catalog_path near[3];
    cr_assert_eq(catalog_suggest(&d.query, CATALOG_RELATIONS, &wrong, 3, near), 1);
    cr_assert(sv_equal(near[0].name, SV("apple")));
    const catalog_schema *schema = catalog_find_schema(t, SV("SPARK_CATALOG"), SV("default"));
    cr_assert_eq(schema->object_count, 2);
    cr_assert(sv_equal(schema->objects[0]->info.name, SV("apple")));
    txn_rollback(t);
    db_close(&d);
}

Test(catalog, views_functions_and_schemas_survive_reopening) {
    char path[64];
    temp_path(path);
    db d;
    db_open(&d, path);
    txn *t = begin(&d);
    catalog_info info = {.name = SV("Sales"), .comment = SV("of all")};
    cr_assert_eq(catalog_create_schema(t, SV(CATALOG_DEFAULT_NAME), &info, (string_view){NULL, 0},
                                       CATALOG_CREATE, &d.err),
                 DBX_OK);
    catalog_path view_path = {SV(CATALOG_DEFAULT_NAME), SV("sales"), SV("v")};
    catalog_view_column columns[] = {{SV("x"), SV("the x")}};
    catalog_view_def view = {.sql = SV("SELECT 1"), .columns = columns, .column_count = 1};
    cr_assert_eq(catalog_create_view(t, &view_path, false, NULL, &view, CATALOG_CREATE, &d.err),
                 DBX_OK);
    catalog_path function_path = {SV(CATALOG_DEFAULT_NAME), SV("sales"), SV("v")};
    catalog_parameter parameters[] = {{.name = SV("a"), .type = type_decimal(10, 2)}};
    catalog_function_def function = {.parameters = parameters,
                                     .parameter_count = 1,
                                     .has_return_type = true,
                                     .return_type = type_simple(TYPE_INT),
                                     .body = SV("a + 1"),
                                     .language = SV("SQL")};
    cr_assert_eq(
        catalog_create_function(t, &function_path, false, NULL, &function, CATALOG_CREATE, &d.err),
        DBX_OK);
    commit(&d, t);
    db_close(&d);

    db_open(&d, path);
    t = begin(&d);
    const catalog_view *v = catalog_as_view(catalog_find_path(t, CATALOG_RELATIONS, &view_path));
    cr_assert_not_null(v);
    cr_assert(sv_equal(v->def.sql, SV("SELECT 1")));
    cr_assert(sv_equal(v->def.columns[0].comment, SV("the x")));
    const catalog_function *fn =
        catalog_as_function(catalog_find_path(t, CATALOG_FUNCTIONS, &function_path));
    cr_assert_not_null(fn);
    cr_assert(type_equal(fn->def.parameters[0].type, type_decimal(10, 2)));
    cr_assert_null(fn->def.parameters[0].comment.data, "absence stays absence");
    cr_assert_eq(
        catalog_drop_schema(t, SV(CATALOG_DEFAULT_NAME), SV("SALES"), false, false, &d.err),
        DBX_ERROR);
    cr_assert_eq(d.err.cls, ERR_SCHEMA_NOT_EMPTY);
    cr_assert_eq(catalog_drop_schema(t, SV(CATALOG_DEFAULT_NAME), SV("SALES"), false, true, &d.err),
                 DBX_OK);
    commit(&d, t);
    t = begin(&d);
    cr_assert_null(catalog_find_schema(t, SV(CATALOG_DEFAULT_NAME), SV("sales")));
    txn_rollback(t);
    db_close(&d);
    unlink(path);
}

Test(catalog, temporary_objects_come_first_and_belong_to_the_session) {
    db d;
    db_open(&d, NULL);
    txn *t = begin(&d);
    create(&d, t, "x");
    catalog_path path = {.name = SV("X")};
    catalog_view_def view = {.sql = SV("SELECT 2")};
    cr_assert_eq(catalog_create_view(t, &path, true, NULL, &view, CATALOG_CREATE, &d.err), DBX_OK);
    commit(&d, t);
    t = begin(&d);
    string_view name[] = {SV("x")};
    catalog_name n = {name, 1, {0, 0}};
    cr_assert_not_null(catalog_as_view(catalog_find(&d.query, CATALOG_RELATIONS, &n)));
    txn *other;
    cr_assert_eq(txn_begin(d.catalog, NULL, NULL, &other, NULL), DBX_OK);
    d.query.txn = other;
    cr_assert_not_null(catalog_as_table(catalog_find(&d.query, CATALOG_RELATIONS, &n)));
    txn_rollback(other);
    txn_rollback(t);
    db_close(&d);
}

/* ---- rows
 * ----------------------------------------------------------------------------------------------------------
 */

static void check_rows(const char *path) {
    db d;
    db_open(&d, path);
    txn *t = begin(&d);
    create(&d, t, "t");
    insert(&d, t, "t", 0, 300000);
    totals all = scan(&d, "t", NULL, 0);
    cr_assert_eq(all.rows, 300000, "own changes are seen");
    commit(&d, t);
    if (path != NULL) {
        db_close(&d);
        db_open(&d, path);
    }
    t = begin(&d);
    all = scan(&d, "t", NULL, 0);
    cr_assert_eq(all.rows, 300000);
    cr_assert_eq(all.nulls, 30000);
    cr_assert_eq(all.sum, sum_of(0, 300000));
    totals small;
    cr_assert_eq(try_scan(&d, find(t, "t"), NULL, 0, 100, &small, NULL), DBX_OK);
    cr_assert_eq(small.sum, all.sum, "any vector size");
    cr_assert_eq(try_delete(&d, t, "t", 1000, 200000), DBX_OK);
    all = scan(&d, "t", NULL, 0);
    cr_assert_eq(all.rows, 101000);
    cr_assert_eq(all.sum, sum_of(0, 1000) + sum_of(200000, 300000));
    commit(&d, t);
    if (path != NULL) {
        db_close(&d);
        db_open(&d, path);
    }
    t = begin(&d);
    cr_assert_eq(scan(&d, "t", NULL, 0).sum, sum_of(0, 1000) + sum_of(200000, 300000));
    cr_assert_eq(try_insert(&d, t, "t", 5, 10, true), DBX_OK, "overwrite");
    cr_assert_eq(scan(&d, "t", NULL, 0).sum, sum_of(5, 15));
    txn_rollback(t);
    t = begin(&d);
    cr_assert_eq(scan(&d, "t", NULL, 0).rows, 101000, "rolled back");
    txn_rollback(t);
    db_close(&d);
}

Test(table, rows_in_memory) {
    check_rows(NULL);
}

Test(table, rows_in_a_file) {
    char path[64];
    temp_path(path);
    check_rows(path);
    unlink(path);
}

static scan_predicate id_predicate(scan_predicate_op op, int64_t *value) {
    return (scan_predicate){.column = 0,
                            .op = op,
                            .value = {.type = type_simple(TYPE_BIGINT),
                                      .form = VECTOR_CONSTANT,
                                      .phys = PHYS_INT64,
                                      .data = value}};
}

Test(table, predicates_are_exact) {
    db d;
    db_open(&d, NULL);
    txn *t = begin(&d);
    create(&d, t, "t");
    insert(&d, t, "t", 0, 200000);
    int64_t value = 150000;
    static const struct {
        scan_predicate_op op;
        uint64_t rows;
    } cases[] = {{SCAN_EQ, 1},      {SCAN_NE, 199999},         {SCAN_LT, 150000},
                 {SCAN_LE, 150001}, {SCAN_GT, 49999},          {SCAN_GE, 50000},
                 {SCAN_IS_NULL, 0}, {SCAN_IS_NOT_NULL, 200000}};
    for (uint32_t i = 0; i < ARRAY_COUNT(cases); i++) {
        scan_predicate p = id_predicate(cases[i].op, &value);
        cr_assert_eq(scan(&d, "t", &p, 1).rows, cases[i].rows, "op %d", (int)cases[i].op);
        totals out;
        cr_assert_eq(try_scan(&d, find(t, "t"), &p, 1, 7, &out, NULL), DBX_OK);
        cr_assert_eq(out.rows, cases[i].rows);
    }
    int64_t list[] = {-5, 3, 70000, 199999, 500000};
    scan_predicate in = {.column = 0,
                         .op = SCAN_IN,
                         .value_count = 5,
                         .value = {.type = type_simple(TYPE_BIGINT),
                                   .form = VECTOR_FLAT,
                                   .phys = PHYS_INT64,
                                   .capacity = 5,
                                   .data = list}};
    cr_assert_eq(scan(&d, "t", &in, 1).sum, 3 + 70000 + 199999);
    vstring text = vstring_from("n70001", 6);
    scan_predicate eq = {.column = 1,
                         .op = SCAN_EQ,
                         .value = {.type = type_simple(TYPE_STRING),
                                   .form = VECTOR_CONSTANT,
                                   .phys = PHYS_STRING,
                                   .data = &text}};
    cr_assert_eq(scan(&d, "t", &eq, 1).sum, 70001);
    scan_predicate null = {.column = 1, .op = SCAN_IS_NULL};
    cr_assert_eq(scan(&d, "t", &null, 1).rows, 20000);
    int64_t low = 1000, high = 1100;
    scan_predicate both[] = {id_predicate(SCAN_GE, &low), id_predicate(SCAN_LT, &high), null};
    cr_assert_eq(scan(&d, "t", both, 3).rows, 10);
    txn_rollback(t);
    db_close(&d);
}

Test(table, runtime_filters_skip_rows) {
    db d;
    db_open(&d, NULL);
    txn *t = begin(&d);
    create(&d, t, "t");
    insert(&d, t, "t", 0, 200000);
    static uint64_t bitmap[20];
    bitmap[0] = 1 | 1 << 5;
    bitmap[19] = 1;
    runtime_filter f = {.type = type_simple(TYPE_BIGINT),
                        .has_min_max = true,
                        .min = 130000,
                        .max = 130000 + 1279,
                        .bitmap = bitmap};
    atomic_init(&f.ready, true);
    scan_predicate p = {.column = 0, .op = SCAN_RUNTIME, .runtime = &f};
    source *s;
    cr_assert_eq(catalog_table_source(find(t, "t"), t, &d.query.ledger, &s, NULL), DBX_OK);
    uint32_t column = 0;
    bool exact = false;
    scan_spec spec = {.columns = &column,
                      .column_count = 1,
                      .predicates = &p,
                      .predicate_count = 1,
                      .exact = &exact,
                      .row_limit = UINT64_MAX,
                      .threads = 1,
                      .vector_size = CHUNK_ROWS_MAX};
    source_scan *sc;
    source_local *l;
    cr_assert_eq(s->vtab->open(s, &d.query, &spec, &sc, NULL), DBX_OK);
    cr_assert_eq(s->vtab->local_new(sc, &l, NULL), DBX_OK);
    bool more;
    uint64_t morsel, rows = 0;
    int64_t sum = 0;
    arena a;
    arena_init(&a, &d.query.ledger);
    type bigint = type_simple(TYPE_BIGINT);
    chunk c;
    cr_assert_eq(chunk_init(&c, &bigint, 1, &a), DBX_OK);
    while (s->vtab->next_morsel(sc, l, &more, &morsel, NULL) == DBX_OK && more) {
        for (;;) {
            cr_assert_eq(s->vtab->read(sc, l, &c, NULL), DBX_OK);
            if (c.rows == 0) break;
            for (uint32_t i = 0; i < c.rows; i++) sum += VECTOR_DATA(&c.columns[0], int64_t)[i];
            rows += c.rows;
        }
    }
    cr_assert_eq(rows, 3);
    cr_assert_eq(sum, 130000 + 130005 + 130000 + 19 * 64);
    arena_deinit(&a);
    s->vtab->local_free(sc, l);
    s->vtab->close(sc);
    source_free(s);
    txn_rollback(t);
    db_close(&d);
}

Test(table, statistics_bound_the_values) {
    db d;
    db_open(&d, NULL);
    txn *t = begin(&d);
    create(&d, t, "t");
    insert(&d, t, "t", 0, 200000);
    source *s;
    cr_assert_eq(catalog_table_source(find(t, "t"), t, &d.query.ledger, &s, NULL), DBX_OK);
    column_stats stats;
    cr_assert(s->vtab->stats(s, 0, &stats));
    cr_assert(stats.has_min_max && stats.min_max_exact && stats.sorted_ascending);
    cr_assert_eq(*VECTOR_DATA(&stats.min, int64_t), 0);
    cr_assert_eq(*VECTOR_DATA(&stats.max, int64_t), 199999);
    cr_assert(fabs(stats.distinct_count - 200000) < 20000);
    cr_assert(s->vtab->stats(s, 1, &stats));
    cr_assert_eq(stats.null_count, 20000);
    cr_assert_not(stats.sorted_ascending);
    cr_assert(fabs(stats.average_size - 6.44) < 0.1);
    uint64_t rows;
    bool exact;
    cr_assert(s->vtab->row_count(s, &rows, &exact));
    cr_assert(exact && rows == 200000);
    cr_assert(s->columns[2].hidden);
    source_free(s);
    txn_rollback(t);
    db_close(&d);
}

Test(table, not_null_is_checked) {
    db d;
    db_open(&d, NULL);
    txn *t = begin(&d);
    const catalog_table *table = create(&d, t, "t");
    data_sink *sink;
    sink_local *local;
    cr_assert_eq(table_insert_new(&d.query, t, table, false, &sink, &d.err), DBX_OK);
    cr_assert_eq(sink->vtab->local_new(sink, &local, &d.err), DBX_OK);
    arena a;
    arena_init(&a, &d.query.ledger);
    vector columns[2];
    chunk c = {columns, 2, 3};
    for (uint32_t i = 0; i < 2; i++) {
        columns[i] = (vector){.type = sink->columns[i].type,
                              .phys = (uint8_t)type_physical(sink->columns[i].type)};
        cr_assert_eq(vector_set_constant_null(&columns[i], &a), DBX_OK);
    }
    cr_assert_eq(sink->vtab->append(sink, local, &c, 0, &d.err), DBX_ERROR);
    cr_assert_eq(d.err.cls, ERR_DELTA_NOT_NULL_CONSTRAINT_VIOLATED);
    sink->vtab->free(sink);
    arena_deinit(&a);
    txn_rollback(t);
    db_close(&d);
}

Test(table, many_small_inserts_stay_few_row_groups) {
    char path[64];
    temp_path(path);
    db d;
    db_open(&d, path);
    txn *t = begin(&d);
    create(&d, t, "t");
    commit(&d, t);
    for (int64_t i = 0; i < 200; i++) {
        t = begin(&d);
        insert(&d, t, "t", i, 1);
        commit(&d, t);
    }
    t = begin(&d);
    cr_assert_eq(scan(&d, "t", NULL, 0).sum, sum_of(0, 200));
    source *s;
    cr_assert_eq(catalog_table_source(find(t, "t"), t, &d.query.ledger, &s, NULL), DBX_OK);
    buffer text;
    buffer_init(&text, NULL);
    cr_assert_eq(s->vtab->describe(s, &text), DBX_OK);
    cr_assert_leq(atoi(text.data + strlen("row groups: ")), 8, "%s", text.data);
    buffer_deinit(&text);
    source_free(s);
    /* own statements of one transaction, too */
    for (int64_t i = 200; i < 300; i++) {
        txn_mark mark = txn_savepoint(t);
        insert(&d, t, "t", i, 1);
        txn_release(t, &mark);
    }
    commit(&d, t);
    cr_assert_leq(storage_usage_of(catalog_storage(d.catalog)).file_bytes, 400 << 10);
    db_close(&d);
    db_open(&d, path);
    t = begin(&d);
    cr_assert_eq(scan(&d, "t", NULL, 0).sum, sum_of(0, 300));
    txn_rollback(t);
    db_close(&d);
    unlink(path);
}

Test(table, columns_come_and_go) {
    char path[64];
    temp_path(path);
    db d;
    db_open(&d, path);
    txn *t = begin(&d);
    create(&d, t, "t");
    insert(&d, t, "t", 0, 5000);
    const catalog_table *old = find(t, "t");
    catalog_column columns[3] = {
        old->def.columns[0],
        old->def.columns[1],
        {.name = SV("extra"), .type = type_simple(TYPE_DOUBLE), .nullable = true}};
    columns[1].name = SV("renamed");
    catalog_table_def def = old->def;
    def.columns = columns;
    def.column_count = 3;
    const catalog_table *altered;
    cr_assert_eq(catalog_alter_table(t, old, NULL, &def, &altered, &d.err), DBX_OK);
    cr_assert_eq(altered->def.columns[2].field_id, 3);
    cr_assert_eq(catalog_table_column(altered, SV("RENAMED")), 1);
    commit(&d, t);
    db_close(&d);
    db_open(&d, path);
    t = begin(&d);
    source *s;
    cr_assert_eq(catalog_table_source(find(t, "t"), t, &d.query.ledger, &s, NULL), DBX_OK);
    column_stats stats;
    cr_assert(s->vtab->stats(s, 2, &stats));
    cr_assert_eq(stats.null_count, 5000, "rows from before read NULL");
    source_free(s);
    /* a kept column must keep its layout */
    columns[0] = find(t, "t")->def.columns[0];
    columns[0].type = type_simple(TYPE_STRING);
    def.column_count = 1;
    cr_assert_eq(catalog_alter_table(t, find(t, "t"), NULL, &def, NULL, &d.err), DBX_ERROR);
    txn_rollback(t);
    db_close(&d);
    unlink(path);
}

/* ---- transactions
 * ----------------------------------------------------------------------------------------------------
 */

Test(transaction, snapshots_do_not_see_each_other) {
    db d;
    db_open(&d, NULL);
    txn *t = begin(&d);
    create(&d, t, "t");
    insert(&d, t, "t", 0, 10);
    commit(&d, t);
    txn *reader = begin(&d), *writer = begin(&d);
    insert(&d, writer, "t", 10, 10);
    d.query.txn = reader;
    cr_assert_eq(scan(&d, "t", NULL, 0).rows, 10);
    commit(&d, writer);
    d.query.txn = reader;
    cr_assert_eq(scan(&d, "t", NULL, 0).rows, 10, "a snapshot stays");
    txn_rollback(reader);
    t = begin(&d);
    cr_assert_eq(scan(&d, "t", NULL, 0).rows, 20);
    txn_rollback(t);
    db_close(&d);
}

Test(transaction, appends_merge_and_overlapping_deletes_conflict) {
    db d;
    db_open(&d, NULL);
    txn *t = begin(&d);
    create(&d, t, "t");
    insert(&d, t, "t", 0, 200000);
    commit(&d, t);
    txn *a = begin(&d), *b = begin(&d), *c = begin(&d);
    d.query.txn = a;
    insert(&d, a, "t", 200000, 100);
    cr_assert_eq(try_delete(&d, a, "t", 0, 10), DBX_OK);
    d.query.txn = b;
    insert(&d, b, "t", 200100, 100);
    cr_assert_eq(try_delete(&d, b, "t", 10, 20), DBX_OK, "other rows of the same group");
    d.query.txn = c;
    cr_assert_eq(try_delete(&d, c, "t", 5, 6), DBX_OK);
    commit(&d, a);
    commit(&d, b);
    cr_assert_eq(txn_commit(c, &d.err), DBX_BUSY);
    cr_assert_eq(d.err.cls, ERR_DELTA_CONCURRENT_DELETE_DELETE);
    t = begin(&d);
    totals all = scan(&d, "t", NULL, 0);
    cr_assert_eq(all.rows, 200000 + 200 - 20);
    cr_assert_eq(all.sum, sum_of(20, 200200));
    txn_rollback(t);
    db_close(&d);
}

Test(transaction, definitions_conflict_and_names_too) {
    db d;
    db_open(&d, NULL);
    txn *t = begin(&d);
    create(&d, t, "t");
    commit(&d, t);
    txn *a = begin(&d), *b = begin(&d), *c = begin(&d), *e = begin(&d);
    create(&d, a, "fresh");
    create(&d, b, "fresh");
    d.query.txn = c;
    cr_assert_eq(catalog_drop_object(c, &find(c, "t")->base, &d.err), DBX_OK);
    d.query.txn = e;
    insert(&d, e, "t", 0, 5);
    commit(&d, a);
    cr_assert_eq(txn_commit(b, &d.err), DBX_BUSY);
    cr_assert_eq(d.err.cls, ERR_DELTA_METADATA_CHANGED);
    commit(&d, c);
    error_clear(&d.err);
    cr_assert_eq(txn_commit(e, &d.err), DBX_BUSY, "its table is gone");
    t = begin(&d);
    cr_assert_null(find(t, "t"));
    cr_assert_not_null(find(t, "fresh"));
    txn_rollback(t);
    db_close(&d);
}

Test(transaction, savepoints_take_back_one_statement) {
    db d;
    db_open(&d, NULL);
    txn *t = begin(&d);
    create(&d, t, "t");
    insert(&d, t, "t", 0, 10);
    txn_mark mark = txn_savepoint(t);
    insert(&d, t, "t", 10, 10);
    create(&d, t, "other");
    txn_rollback_to(t, &mark);
    cr_assert_null(find(t, "other"));
    cr_assert_eq(scan(&d, "t", NULL, 0).rows, 10);
    mark = txn_savepoint(t);
    insert(&d, t, "t", 20, 1);
    txn_release(t, &mark);
    commit(&d, t);
    t = begin(&d);
    cr_assert_eq(scan(&d, "t", NULL, 0).sum, sum_of(0, 10) + 20);
    txn_rollback(t);
    db_close(&d);
}

Test(transaction, update_in_one_transaction) {
    /* Delete and insert of one statement, over rows that the same transaction inserted. */
    db d;
    db_open(&d, NULL);
    txn *t = begin(&d);
    create(&d, t, "t");
    insert(&d, t, "t", 0, 10);
    const catalog_table *table = find(t, "t");
    int64_t ids[16];
    totals all;
    cr_assert_eq(try_scan(&d, table, NULL, 0, CHUNK_ROWS_MAX, &all, ids), DBX_OK);
    data_sink *sink;
    sink_local *local;
    cr_assert_eq(table_delete_new(&d.query, t, table, true, &sink, &d.err), DBX_OK);
    cr_assert_eq(sink->vtab->local_new(sink, &local, &d.err), DBX_OK);
    vector v = {.type = type_simple(TYPE_BIGINT),
                .form = VECTOR_FLAT,
                .phys = PHYS_INT64,
                .capacity = 3,
                .data = ids};
    chunk c = {&v, 1, 3};
    cr_assert_eq(sink->vtab->append(sink, local, &c, 0, &d.err), DBX_OK);
    insert(&d, t, "t", 100, 3); /* finishes first */
    uint64_t deleted;
    cr_assert_eq(sink->vtab->combine(sink, local, &d.err), DBX_OK);
    cr_assert_eq(sink->vtab->finish(sink, &deleted, &d.err), DBX_OK, "%s",
                 d.err.message ? d.err.message : "");
    sink->vtab->free(sink);
    cr_assert_eq(scan(&d, "t", NULL, 0).sum, sum_of(3, 10) + sum_of(100, 103));
    commit(&d, t);
    db_close(&d);
}

Test(transaction, identity_values_are_never_given_twice) {
    char path[64];
    temp_path(path);
    db d;
    db_open(&d, path);
    txn *t = begin(&d);
    catalog_column column = {.name = SV("k"),
                             .type = type_simple(TYPE_BIGINT),
                             .generated = CATALOG_GENERATED_ALWAYS_IDENTITY,
                             .identity_start = 100,
                             .identity_step = 5};
    catalog_table_def def = {.columns = &column, .column_count = 1};
    catalog_path p = path_of("seq");
    const catalog_table *table;
    cr_assert_eq(
        catalog_create_table(t, &p, false, NULL, &def, CATALOG_CREATE, NULL, &table, &d.err),
        DBX_OK);
    int64_t first;
    cr_assert_eq(catalog_identity_take(table, 0, 3, &first, &d.err), DBX_OK);
    cr_assert_eq(first, 100);
    commit(&d, t);
    db_close(&d);
    db_open(&d, path);
    t = begin(&d);
    cr_assert_eq(catalog_identity_take(find(t, "seq"), 0, 1, &first, &d.err), DBX_OK);
    cr_assert_eq(first, 115);
    txn_rollback(t);
    db_close(&d);
    unlink(path);
}

/* ---- the file
 * ------------------------------------------------------------------------------------------------------
 */

Test(file, killed_process_leaves_the_last_commit) {
    char path[64];
    temp_path(path);
    db d;
    db_open(&d, path);
    txn *t = begin(&d);
    create(&d, t, "t");
    commit(&d, t);
    db_close(&d);
    pid_t child = fork();
    if (child == 0) {
        db_open(&d, path);
        t = begin(&d);
        insert(&d, t, "t", 0, 150000);
        commit(&d, t);
        t = begin(&d);
        insert(&d, t, "t", 150000, 150000); /* not committed */
        kill(getpid(), SIGKILL);
    }
    int state;
    waitpid(child, &state, 0);
    cr_assert(WIFSIGNALED(state));
    db_open(&d, path);
    t = begin(&d);
    cr_assert_eq(scan(&d, "t", NULL, 0).sum, sum_of(0, 150000));
    insert(&d, t, "t", 150000, 150000); /* fits into what the dead process left */
    commit(&d, t);
    t = begin(&d);
    cr_assert_eq(scan(&d, "t", NULL, 0).sum, sum_of(0, 300000));
    txn_rollback(t);
    db_close(&d);
    unlink(path);
}

Test(file, damaged_block_is_an_error_that_names_it) {
    char path[64];
    temp_path(path);
    db d;
    db_open(&d, path);
    txn *t = begin(&d);
    create(&d, t, "t");
    insert(&d, t, "t", 0, 122880);
    commit(&d, t);
    db_close(&d);
    FILE *file = fopen(path, "r+b");
    fseek(file, 3 * STORAGE_PAGE_SIZE + 1000, SEEK_SET); /* the first extent: the row group */
    int byte = fgetc(file);
    fseek(file, 3 * STORAGE_PAGE_SIZE + 1000, SEEK_SET);
    fputc(byte ^ 1, file);
    fclose(file);
    db_open(&d, path);
    t = begin(&d);
    totals out;
    cr_assert_eq(try_scan(&d, find(t, "t"), NULL, 0, CHUNK_ROWS_MAX, &out, NULL), DBX_CORRUPT);
    cr_assert_not_null(strstr(d.err.message, "block at byte 12288"), "%s", d.err.message);
    txn_rollback(t);
    db_close(&d);
    unlink(path);
}

/* Sums of the versions of t, oldest first. */
static void check_versions(db *d, const int64_t *sums, uint32_t count) {
    txn *t = begin(d);
    const catalog_table *table = find(t, "t");
    cr_assert_eq(catalog_version_count(table), count);
    for (uint32_t i = 0; i < count; i++) {
        totals out;
        const catalog_table *then = catalog_version_table(table, i);
        cr_assert_eq(try_scan(d, then, NULL, 0, CHUNK_ROWS_MAX, &out, NULL), DBX_OK);
        cr_assert_eq(out.sum, sums[i], "version %u", i);
    }
    txn_rollback(t);
}

Test(history, versions_survive_the_log_checkpoints_and_reopening) {
    char path[64];
    temp_path(path);
    db d;
    db_open(&d, path);
    txn *t = begin(&d);
    create(&d, t, "t");
    commit(&d, t);
    int64_t sums[12] = {0};
    for (uint32_t i = 1; i < 12; i++) {
        t = begin(&d);
        if (i == 6) { /* all rows but those of the last two commits */
            cr_assert_eq(try_delete(&d, t, "t", 0, 30), DBX_OK);
            sums[i] = sum_of(40000, 40010) + sum_of(50000, 50010);
        } else {
            uint64_t rows = i == 9 ? 30000 : 10;
            insert(&d, t, "t", i * 10000, rows);
            sums[i] = sums[i - 1] + sum_of(i * 10000, i * 10000 + (int64_t)rows);
        }
        commit(&d, t);
        if (i == 4) cr_assert_eq(catalog_checkpoint(d.catalog, NULL), DBX_OK);
        check_versions(&d, sums, i + 1);
        if (i % 3 == 2) {
            db_close(&d);
            db_open(&d, path);
            check_versions(&d, sums, i + 1);
        }
    }
    db_close(&d);
    pid_t child = fork(); /* versions in the log only */
    if (child == 0) {
        db_open(&d, path);
        for (int i = 0; i < 3; i++) {
            t = begin(&d);
            insert(&d, t, "t", 0, 1);
            commit(&d, t);
        }
        kill(getpid(), SIGKILL);
    }
    int state;
    waitpid(child, &state, 0);
    db_open(&d, path);
    t = begin(&d);
    cr_assert_eq(catalog_version_count(find(t, "t")), 15);
    uint32_t ended;
    cr_assert_eq(catalog_vacuum_table(t, find(t, "t"), INT64_MAX, false, &ended, NULL), DBX_OK);
    cr_assert_eq(ended, 14);
    commit(&d, t);
    db_close(&d);
    db_open(&d, path);
    check_versions(&d, &sums[11], 1);
    db_close(&d);
    unlink(path);
}

Test(history, takes_no_more_than_the_table) {
    char path[64];
    temp_path(path);
    db d;
    db_open(&d, path);
    txn *t = begin(&d);
    create(&d, t, "t");
    commit(&d, t);
    for (int i = 0; i < 12; i++) {
        t = begin(&d);
        cr_assert_eq(try_insert(&d, t, "t", i, 200000, true), DBX_OK);
        commit(&d, t);
        cr_assert_eq(catalog_checkpoint(d.catalog, NULL), DBX_OK);
    }
    t = begin(&d);
    uint64_t bytes = catalog_version_size(find(t, "t")).bytes;
    txn_rollback(t);
    db_close(&d);
    db_open(&d, path);
    cr_assert_lt(storage_usage_of(catalog_storage(d.catalog)).file_bytes, 5 * bytes);
    db_close(&d);
    unlink(path);
}

Test(file, read_only_takes_no_changes) {
    char path[64];
    temp_path(path);
    db d;
    db_open(&d, path);
    txn *t = begin(&d);
    create(&d, t, "t");
    insert(&d, t, "t", 0, 10);
    commit(&d, t);
    db_close(&d);
    ledger l;
    ledger_init(&l, NULL, "test", SIZE_MAX);
    catalog *first, *second;
    catalog_open_options options = {.read_only = true};
    cr_assert_eq(catalog_open(path, &options, &l, &first, NULL), DBX_OK);
    cr_assert_eq(catalog_open(path, &options, &l, &second, NULL), DBX_OK, "many readers");
    cr_assert_eq(txn_begin(first, NULL, NULL, &t, NULL), DBX_OK);
    cr_assert_eq(table_truncate(t, find(t, "t"), NULL), DBX_ERROR);
    txn_rollback(t);
    catalog_close(second);
    catalog_close(first);
    ledger_deinit(&l);
    unlink(path);
}

#ifdef DBX_FAULT_INJECTION
/* A transaction over a file, in which the n-th point of a kind fails. False when it never came to
 * n. */
static bool commit_with_fault(const char *path, fault_kind kind, uint64_t nth, bool *committed) {
    db d;
    db_open(&d, path);
    txn *t = begin(&d);
    fault_arm(kind, nth);
    dbx_status status = try_insert(&d, t, "t", 1000, 50, false);
    if (status == DBX_OK) {
        status = txn_commit(t, &d.err);
    } else {
        txn_rollback(t);
    }
    bool reached = fault_count(kind) >= nth;
    fault_arm(kind, 0);
    *committed = status == DBX_OK;
    db_close(&d);
    return reached;
}

static void check_faults(fault_kind kind) {
    char path[64];
    temp_path(path);
    db d;
    db_open(&d, path);
    txn *t = begin(&d);
    create(&d, t, "t");
    insert(&d, t, "t", 0, 10);
    commit(&d, t);
    db_close(&d);
    int64_t commits = 0;
    for (uint64_t nth = 1;; nth++) {
        bool committed;
        bool reached = commit_with_fault(path, kind, nth, &committed);
        db_open(&d, path);
        t = begin(&d);
        int64_t sum = scan(&d, "t", NULL, 0).sum;
        txn_rollback(t);
        db_close(&d);
        int64_t with = sum_of(0, 10) + (commits + 1) * sum_of(1000, 1050);
        int64_t without = sum_of(0, 10) + commits * sum_of(1000, 1050);
        /* A failed sync after the flip may leave the commit in place; anything else is all or
         * nothing. */
        if (committed)
            cr_assert_eq(sum, with);
        else
            cr_assert(sum == without || (kind == FAULT_IO && sum == with), "nth %llu",
                      (unsigned long long)nth);
        commits += sum == with;
        if (!reached) break;
    }
    unlink(path);
}

Test(fault, failing_allocations_leave_all_or_nothing) {
    check_faults(FAULT_ALLOC);
}
Test(fault, failing_system_calls_leave_all_or_nothing) {
    check_faults(FAULT_IO);
}
#endif
