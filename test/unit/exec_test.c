/* exec_test.c - pipelines, order, streaming, limits, errors, CTEs, recursion: plans made by hand.
 */
#include "exec_support.h"

static bool row_number(uint32_t column, uint64_t row, int64_t *value) {
    *value = column == 0 ? (int64_t)row : (int64_t)(row % 10);
    return column == 0 || row % 10 != 3;
}

typedef struct exec_variant {
    uint32_t threads;
    int64_t vector_size;
    int64_t seed;
} exec_variant;
static const exec_variant exec_variants[] = {
    {1, 2048, 0}, {4, 2048, 0}, {3, 7, 0}, {1, 1, 0}, {4, 100, 1}, {4, 100, 2}, {2, 2048, 77},
};
#define FOR_EACH_VARIANT(f, v)                                                                     \
    for (const exec_variant *v = exec_variants;                                                    \
         v < exec_variants + ARRAY_COUNT(exec_variants) &&                                         \
         ((f)->threads = v->threads, (f)->settings.vector_size = v->vector_size,                   \
         (f)->settings.scheduler_seed = v->seed, true);                                            \
         v++)

static const type exec_bigints[4] = {
    {.id = TYPE_BIGINT}, {.id = TYPE_BIGINT}, {.id = TYPE_BIGINT}, {.id = TYPE_BIGINT}};

static phys_op *exec_result(exec_fixture *f, const type *types, uint32_t count) {
    return exec_test_op(f, PHYS_OP_RESULT, sizeof(phys_op), types, count);
}
static phys_op *exec_filter(exec_fixture *f, const phys_op *below, expr *conjunct) {
    phys_filter *op =
        exec_test_op(f, PHYS_OP_FILTER, sizeof(*op), below->types, below->column_count);
    op->conjuncts = ARENA_ARRAY(&f->arena, expr *, 1);
    op->conjuncts[0] = conjunct;
    op->conjunct_count = 1;
    return &op->base;
}
static phys_op *exec_limit(exec_fixture *f, const phys_op *below, uint64_t limit, uint64_t offset) {
    phys_limit *op = exec_test_op(f, PHYS_OP_LIMIT, sizeof(*op), below->types, below->column_count);
    op->limit = limit;
    op->offset = offset;
    return &op->base;
}

/* The expected text of rows from, from + step, … below end of row_number's first column. */
static char *exec_numbers(uint64_t from, uint64_t end, uint64_t step) {
    buffer b;
    buffer_init(&b, NULL);
    OK(buffer_append(&b, "", 0));
    for (uint64_t i = from; i < end; i += step)
        OK(buffer_printf(&b, "%llu\n", (unsigned long long)i));
    char *text = b.size > 0 ? strndup(b.data, b.size) : strdup("");
    buffer_deinit(&b);
    return text;
}

Test(exec, rows_come_in_morsel_order_whatever_the_threads) {
    exec_fixture f;
    exec_fixture_init(&f);
    exec_test_source s;
    exec_test_source_init(&s, 20000, 777, row_number, exec_bigints, 1);
    phys_op *scan = exec_test_scan_op(&f, &s);
    PIPELINE(&f, 0, scan, exec_result(&f, exec_bigints, 1));
    char *expected = exec_numbers(0, 20000, 1);
    FOR_EACH_VARIANT(&f, v) exec_test_expect(&f, false, expected);
    free(expected);
    exec_fixture_deinit(&f);
}

Test(exec, filter_and_project) {
    exec_fixture f;
    exec_fixture_init(&f);
    exec_test_source s;
    exec_test_source_init(&s, 5000, 600, row_number, exec_bigints, 2);
    phys_op *scan = exec_test_scan_op(&f, &s);
    type bigint = type_simple(TYPE_BIGINT);
    phys_op *filter =
        exec_filter(&f, scan,
                    exec_test_call(&f, &exec_test_below, TYPE_BOOLEAN,
                                   exec_test_slot(&f, 1, bigint), exec_test_bigint(&f, 1)));
    phys_project *project = exec_test_op(&f, PHYS_OP_PROJECT, sizeof(*project), exec_bigints, 1);
    project->exprs = ARENA_ARRAY(&f.arena, expr *, 1);
    project->exprs[0] =
        exec_test_call(&f, &exec_test_add, TYPE_BIGINT, exec_test_slot(&f, 0, bigint),
                       exec_test_slot(&f, 1, bigint));
    PIPELINE(&f, 0, scan, filter, &project->base, exec_result(&f, exec_bigints, 1));
    char *expected = exec_numbers(0, 5000, 10); /* the second column is 0: NULL is not below 1 */
    FOR_EACH_VARIANT(&f, v) exec_test_expect(&f, false, expected);
    free(expected);
    exec_fixture_deinit(&f);
}

static char *exec_stream_text(exec_fixture *f, uint64_t stop_after) {
    exec *x;
    buffer text;
    buffer_init(&text, NULL);
    OK(buffer_append(&text, "", 0));
    OK(exec_new(&f->plan, &f->query, f->threads, &x, &f->err));
    uint64_t rows = 0;
    for (const chunk *c = (const chunk *)1; c != NULL && rows < stop_after;) {
        OK(exec_next(x, &c, &f->err));
        for (uint32_t r = 0; c != NULL && r < c->rows; r++, rows++)
            exec_test_print_row(&text, c, r);
    }
    exec_free(x);
    char *out = text.size > 0 ? strndup(text.data, text.size) : strdup("");
    buffer_deinit(&text);
    return out;
}

Test(exec, streams_the_same_rows_and_may_be_left_early) {
    exec_fixture f;
    exec_fixture_init(&f);
    exec_test_source s;
    exec_test_source_init(&s, 150000, 5000, row_number, exec_bigints, 1);
    phys_op *scan = exec_test_scan_op(&f, &s);
    PIPELINE(&f, 0, scan, exec_result(&f, exec_bigints, 1));
    char *expected = exec_numbers(0, 150000, 1);
    for (uint32_t threads = 1; threads <= 4; threads++) {
        f.threads = threads;
        char *all = exec_stream_text(&f, UINT64_MAX);
        cr_assert_str_eq(all, expected);
        free(all);
        char *part = exec_stream_text(&f, 5000);
        cr_assert_eq(strncmp(part, expected, strlen(part)), 0);
        free(part);
    }
    free(expected);
    exec_fixture_deinit(&f);
}

Test(exec, limit_takes_the_first_rows_as_sink_and_streaming) {
    for (int as_sink = 0; as_sink < 2; as_sink++) {
        exec_fixture f;
        exec_fixture_init(&f);
        exec_test_source s;
        exec_test_source_init(&s, 400000, 1000, row_number, exec_bigints, 1);
        phys_op *scan = exec_test_scan_op(&f, &s);
        phys_op *filter = exec_filter(&f, scan,
                                      exec_test_call(&f, &exec_test_is_even, TYPE_BOOLEAN,
                                                     exec_test_slot(&f, 0, exec_bigints[0]), NULL));
        phys_op *limit = exec_limit(&f, scan, 2500, 1300);
        phys_op *result = exec_result(&f, exec_bigints, 1);
        if (as_sink) {
            PIPELINE(&f, 0, scan, filter, limit);
            PIPELINE(&f, 0, limit, result);
        } else {
            PIPELINE(&f, 0, scan, filter, limit, result);
        }
        char *expected = exec_numbers(2600, 7600, 2);
        FOR_EACH_VARIANT(&f, v) {
            if (v->vector_size == 1) continue; /* slow */
            s.rows_given = 0;
            exec_test_expect(&f, false, expected);
            cr_assert_lt(s.rows_given, 400000, "input ends early");
        }
        free(expected);
        exec_fixture_deinit(&f);
    }
}

Test(exec, limit_of_nothing_and_offset_past_the_end) {
    exec_fixture f;
    exec_fixture_init(&f);
    exec_test_source s;
    exec_test_source_init(&s, 100, 10, row_number, exec_bigints, 1);
    phys_op *scan = exec_test_scan_op(&f, &s);
    phys_op *none = exec_limit(&f, scan, 0, 0);
    phys_op *past = exec_limit(&f, scan, 10, 100);
    phys_op *all = exec_limit(&f, scan, UINT64_MAX, 98);
    phys_op *result = exec_result(&f, exec_bigints, 1);
    PIPELINE(&f, 0, scan, none);
    PIPELINE(&f, 0, none, result);
    PIPELINE(&f, 0, scan, past);
    PIPELINE(&f, 0, past, result);
    PIPELINE(&f, 0, scan, all);
    PIPELINE(&f, 0, all, result);
    FOR_EACH_VARIANT(&f, v) exec_test_expect(&f, false, "98\n99\n");
    exec_fixture_deinit(&f);
}

Test(exec, the_first_error_ends_the_execution) {
    exec_fixture f;
    exec_fixture_init(&f);
    exec_test_source s;
    exec_test_source_init(&s, 300000, 1000, row_number, exec_bigints, 1);
    s.fail_at = 123456;
    phys_op *scan = exec_test_scan_op(&f, &s);
    PIPELINE(&f, 0, scan, exec_result(&f, exec_bigints, 1));
    FOR_EACH_VARIANT(&f, v) {
        collection rows;
        cr_assert_eq(exec_test_run(&f, &rows), DBX_IO);
        cr_assert_eq(f.err.cls, ERR_IO_ERROR);
        error_clear(&f.err);
        collection_deinit(&rows);
        exec *x;
        const chunk *c;
        dbx_status status = DBX_OK;
        OK(exec_new(&f.plan, &f.query, v->threads, &x, &f.err));
        for (c = (const chunk *)1; c != NULL && status == DBX_OK;)
            status = exec_next(x, &c, &f.err);
        cr_assert_eq(status, DBX_IO);
        error_clear(&f.err);
        exec_free(x);
    }
    exec_fixture_deinit(&f);
}

Test(exec, a_cancelled_query_stops) {
    exec_fixture f;
    exec_fixture_init(&f);
    exec_test_source s;
    collection rows;
    exec_test_source_init(&s, 300000, 1000, row_number, exec_bigints, 1);
    phys_op *scan = exec_test_scan_op(&f, &s);
    PIPELINE(&f, 0, scan, exec_result(&f, exec_bigints, 1));
    atomic_store(&f.query.cancelled, true);
    f.threads = 4;
    cr_assert_eq(exec_test_run(&f, &rows), DBX_CANCELLED);
    cr_assert_eq(f.err.cls, ERR_OPERATION_CANCELED);
    collection_deinit(&rows);
    exec_fixture_deinit(&f);
}

Test(exec, memory_limit_fails_cleanly) {
    exec_fixture f;
    exec_fixture_init(&f);
    exec_test_source s;
    exec_test_source_init(&s, 300000, 1000, row_number, exec_bigints, 1);
    phys_op *scan = exec_test_scan_op(&f, &s);
    PIPELINE(&f, 0, scan, exec_result(&f, exec_bigints, 1));
    for (size_t limit = 1 << 14; limit < 3 << 20; limit += limit / 3) {
        collection rows;
        f.query.ledger.limit = f.query.ledger.used + limit;
        f.threads = 3;
        exec *x;
        dbx_status status = collection_init(&rows, f.plan.root->types, 1, &f.query.ledger);
        if (status != DBX_OK) continue;
        status = exec_new(&f.plan, &f.query, f.threads, &x, &f.err);
        if (status == DBX_OK) {
            status = exec_run(x, &rows, &f.err);
            exec_free(x);
        }
        if (status != DBX_OK) cr_assert_eq(status, DBX_NOMEM);
        error_clear(&f.err);
        collection_deinit(&rows);
    }
    f.query.ledger.limit = SIZE_MAX;
    exec_fixture_deinit(&f);
}

Test(exec, several_pipelines_feed_one_sink_in_their_order) {
    exec_fixture f;
    exec_fixture_init(&f);
    exec_test_source s, t;
    exec_test_source_init(&s, 5000, 100, row_number, exec_bigints, 1);
    exec_test_source_init(&t, 5000, 100, row_number, exec_bigints, 1);
    phys_op *first = exec_test_scan_op(&f, &s);
    phys_op *second = exec_test_scan_op(&f, &t);
    phys_op *result = exec_result(&f, exec_bigints, 1);
    PIPELINE(&f, 0, first, result);
    PIPELINE(&f, 1, second, result);
    char *once = exec_numbers(0, 5000, 1);
    char *twice = malloc(2 * strlen(once) + 1);
    strcpy(twice, once);
    strcat(twice, once);
    FOR_EACH_VARIANT(&f, v) {
        exec_test_expect(&f, false, twice);
        char *streamed = exec_stream_text(&f, UINT64_MAX);
        cr_assert_str_eq(streamed, twice);
        free(streamed);
    }
    free(once);
    free(twice);
    exec_fixture_deinit(&f);
}

Test(exec, a_full_limit_skips_later_inputs) {
    exec_fixture f;
    exec_fixture_init(&f);
    exec_test_source s, t;
    exec_test_source_init(&s, 3000, 100, row_number, exec_bigints, 1);
    exec_test_source_init(&t, 3000, 100, row_number, exec_bigints, 1);
    phys_op *first = exec_test_scan_op(&f, &s);
    phys_op *second = exec_test_scan_op(&f, &t);
    phys_op *limit = exec_limit(&f, first, 3, 2);
    phys_op *result = exec_result(&f, exec_bigints, 1);
    PIPELINE(&f, 0, first, limit);
    PIPELINE(&f, 0, second, limit);
    PIPELINE(&f, 0, limit, result);
    FOR_EACH_VARIANT(&f, v) {
        t.rows_given = 0;
        exec_test_expect(&f, false, "2\n3\n4\n");
        cr_assert_eq(t.rows_given, 0);
    }
    exec_fixture_deinit(&f);
}

Test(exec, values_and_no_from) {
    exec_fixture f;
    exec_fixture_init(&f);
    phys_values *one = exec_test_op(&f, PHYS_OP_VALUES, sizeof(*one), NULL, 0);
    one->row_count = 1;
    phys_project *project = exec_test_op(&f, PHYS_OP_PROJECT, sizeof(*project), exec_bigints, 1);
    project->exprs = ARENA_ARRAY(&f.arena, expr *, 1);
    project->exprs[0] = exec_test_bigint(&f, 42);
    phys_values *list = exec_test_op(&f, PHYS_OP_VALUES, sizeof(*list), exec_bigints, 1);
    list->row_count = 3;
    list->exprs = ARENA_ARRAY(&f.arena, expr *, 3);
    for (int64_t i = 0; i < 3; i++) list->exprs[i] = exec_test_bigint(&f, i);
    list->exprs[1] = exec_test_call(&f, &exec_test_add, TYPE_BIGINT, exec_test_bigint(&f, 5),
                                    exec_test_bigint(&f, 6));
    phys_op *result = exec_result(&f, exec_bigints, 1);
    PIPELINE(&f, 0, &one->base, &project->base, result);
    PIPELINE(&f, 0, &list->base, result);
    FOR_EACH_VARIANT(&f, v) exec_test_expect(&f, false, "42\n0\n11\n2\n");
    exec_fixture_deinit(&f);
}

Test(exec, a_materialized_cte_is_read_twice) {
    exec_fixture f;
    exec_fixture_init(&f);
    exec_test_source s;
    exec_test_source_init(&s, 2, 1, row_number, exec_bigints, 2);
    phys_op *scan = exec_test_scan_op(&f, &s);
    phys_materialize *cte = exec_test_op(&f, PHYS_OP_MATERIALIZE, sizeof(*cte), exec_bigints, 2);
    static const uint32_t first[] = {0}, second[] = {1};
    phys_materialize *x = exec_test_op(&f, PHYS_OP_MATERIALIZED_SCAN, sizeof(*x), exec_bigints, 1);
    x->columns = first;
    x->definition = &cte->base;
    phys_materialize *y = exec_test_op(&f, PHYS_OP_MATERIALIZED_SCAN, sizeof(*y), exec_bigints, 1);
    y->columns = second;
    y->definition = &cte->base;
    phys_op *result = exec_result(&f, exec_bigints, 1);
    PIPELINE(&f, 0, scan, &cte->base);
    PIPELINE(&f, 0, &x->base, result);
    PIPELINE(&f, 0, &y->base, result);
    FOR_EACH_VARIANT(&f, v) {
        s.rows_given = 0;
        exec_test_expect(&f, false, "0\n1\n0\n1\n");
        cr_assert_eq(s.rows_given, 2);
    }
    exec_fixture_deinit(&f);
}

/* WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < limit) */
static phys_recursive *exec_counting(exec_fixture *f, int64_t limit) {
    phys_values *anchor = exec_test_op(f, PHYS_OP_VALUES, sizeof(*anchor), exec_bigints, 1);
    anchor->row_count = 1;
    anchor->exprs = ARENA_ARRAY(&f->arena, expr *, 1);
    anchor->exprs[0] = exec_test_bigint(f, 1);
    phys_recursive *recursive =
        exec_test_op(f, PHYS_OP_RECURSIVE, sizeof(*recursive), exec_bigints, 1);
    phys_materialize *last =
        exec_test_op(f, PHYS_OP_RECURSIVE_SCAN, sizeof(*last), exec_bigints, 1);
    static const uint32_t columns[] = {0};
    last->columns = columns;
    last->definition = &recursive->base;
    expr *slot = exec_test_slot(f, 0, exec_bigints[0]);
    phys_op *filter = exec_filter(
        f, &last->base,
        exec_test_call(f, &exec_test_below, TYPE_BOOLEAN, slot, exec_test_bigint(f, limit)));
    phys_project *next = exec_test_op(f, PHYS_OP_PROJECT, sizeof(*next), exec_bigints, 1);
    next->exprs = ARENA_ARRAY(&f->arena, expr *, 1);
    next->exprs[0] = exec_test_call(f, &exec_test_add, TYPE_BIGINT, slot, exec_test_bigint(f, 1));
    PIPELINE(f, 0, &anchor->base, &recursive->base);
    PIPELINE(f, 0, &recursive->base, exec_result(f, exec_bigints, 1));
    recursive->step_first = 2;
    recursive->step_count = 1;
    recursive->max_depth = 100;
    recursive->max_rows = 1000;
    recursive->row_limit = UINT64_MAX;
    PIPELINE(f, 1, &last->base, filter, &next->base, &recursive->base);
    return recursive;
}

Test(exec, recursion_ends_and_is_bounded) {
    exec_fixture f;
    exec_fixture_init(&f);
    phys_recursive *recursive = exec_counting(&f, 5);
    collection rows;
    FOR_EACH_VARIANT(&f, v) exec_test_expect(&f, false, "1\n2\n3\n4\n5\n");
    recursive->max_depth = 3;
    cr_assert_eq(exec_test_run(&f, &rows), DBX_ERROR);
    cr_assert_eq(f.err.cls, ERR_RECURSION_LEVEL_LIMIT_EXCEEDED);
    error_clear(&f.err);
    collection_deinit(&rows);
    recursive->max_depth = 100;
    recursive->max_rows = 4;
    cr_assert_eq(exec_test_run(&f, &rows), DBX_ERROR);
    cr_assert_eq(f.err.cls, ERR_RECURSION_ROW_LIMIT_EXCEEDED);
    collection_deinit(&rows);
    exec_fixture_deinit(&f);
}

Test(exec, a_sample_does_not_depend_on_threads) {
    exec_fixture f;
    exec_fixture_init(&f);
    exec_test_source s;
    exec_test_source_init(&s, 20000, 500, row_number, exec_bigints, 1);
    phys_op *scan = exec_test_scan_op(&f, &s);
    phys_sample *sample = exec_test_op(&f, PHYS_OP_SAMPLE, sizeof(*sample), exec_bigints, 1);
    sample->spec.fraction = 0.1;
    sample->spec.seed = 9;
    PIPELINE(&f, 0, scan, &sample->base, exec_result(&f, exec_bigints, 1));
    char *expected = exec_test_text(&f, false);
    uint32_t lines = 0;
    for (const char *p = expected; *p; p++) lines += *p == '\n';
    cr_assert(lines > 1800 && lines < 2200, "%u of 20000 rows at 10%%", lines);
    FOR_EACH_VARIANT(&f, v) exec_test_expect(&f, false, expected);
    free(expected);
    sample->spec.fraction = -1;
    sample->spec.row_count = 2;
    FOR_EACH_VARIANT(&f, v) exec_test_expect(&f, false, "0\n1\n");
    exec_fixture_deinit(&f);
}

Test(exec, profile_counts_rows) {
    exec_fixture f;
    exec_fixture_init(&f);
    exec_test_source s;
    exec_test_source_init(&s, 5000, 600, row_number, exec_bigints, 1);
    phys_op *scan = exec_test_scan_op(&f, &s);
    phys_op *filter = exec_filter(&f, scan,
                                  exec_test_call(&f, &exec_test_is_even, TYPE_BOOLEAN,
                                                 exec_test_slot(&f, 0, exec_bigints[0]), NULL));
    phys_op *result = exec_result(&f, exec_bigints, 1);
    PIPELINE(&f, 0, scan, filter, result);
    exec *x;
    collection rows;
    OK(collection_init(&rows, exec_bigints, 1, &f.query.ledger));
    OK(exec_new(&f.plan, &f.query, 2, &x, &f.err));
    exec_profile *p = exec_enable_profile(x);
    OK(exec_run(x, &rows, &f.err));
    cr_assert_eq(p->ops[scan->index].rows_scanned, 5000);
    cr_assert_eq(p->ops[scan->index].rows_out, 5000);
    cr_assert_eq(p->ops[filter->index].rows_out, 2500);
    cr_assert_eq(p->ops[result->index].rows_out, 2500);
    cr_assert_eq(rows.rows, 2500);
    exec_free(x);
    collection_deinit(&rows);
    exec_fixture_deinit(&f);
}
