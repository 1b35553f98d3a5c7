/* exec_aggregate_test.c - grouping with few and many groups, NULL keys, DISTINCT, FILTER, order,
 * grouping sets. */
#include "exec_support.h"

/* ---- kernels small enough to check by eye ---- */

typedef struct sum_state {
    int64_t sum;
    int64_t count;
} sum_state;

static dbx_status sum_update(fn_call *call, const vector *args, void *const *states) {
    vector_view v = vector_view_of(&args[0]);
    uint32_t k = 0;
    FN_FOR_EACH_ROW(call, r) {
        sum_state *s = states[k++];
        s->sum += ((const int64_t *)v.data)[view_index(&v, r)];
        s->count++;
    }
    return DBX_OK;
}
static dbx_status sum_combine(fn_call *call, void *const *from, void *const *to, uint32_t count) {
    (void)call;
    for (uint32_t i = 0; i < count; i++) {
        ((sum_state *)to[i])->sum += ((sum_state *)from[i])->sum;
        ((sum_state *)to[i])->count += ((sum_state *)from[i])->count;
    }
    return DBX_OK;
}
static dbx_status sum_finalize(fn_call *call, void *const *states, uint32_t count, vector *out,
                               uint32_t at) {
    for (uint32_t i = 0; i < count; i++) {
        const sum_state *s = states[i];
        VECTOR_DATA(out, int64_t)[at + i] = s->sum;
        if (s->count == 0) TRY(fn_set_null(call, out, at + i));
    }
    return DBX_OK;
}
static const aggregate_kernel sum_kernel = {
    .state_size = 16, .update = sum_update, .combine = sum_combine, .finalize = sum_finalize};
static const function_row sum_row = {
    .name = "sum", .kind = FUNCTION_AGGREGATE, .aggregate = &sum_kernel};

static dbx_status count_update(fn_call *call, const vector *args, void *const *states) {
    (void)args;
    for (uint32_t i = 0; i < call->rows; i++) ((sum_state *)states[i])->count++;
    return DBX_OK;
}
static dbx_status count_finalize(fn_call *call, void *const *states, uint32_t count, vector *out,
                                 uint32_t at) {
    (void)call;
    for (uint32_t i = 0; i < count; i++)
        VECTOR_DATA(out, int64_t)[at + i] = ((const sum_state *)states[i])->count;
    return DBX_OK;
}
static const aggregate_kernel count_kernel = {
    .state_size = 16, .update = count_update, .combine = sum_combine, .finalize = count_finalize};
static const function_row count_row = {
    .name = "count", .kind = FUNCTION_AGGREGATE, .aggregate = &count_kernel};

/* Numbers joined by commas, in the order they came. */
typedef struct join_state {
    char *text;
    uint32_t size, capacity;
} join_state;

static dbx_status join_add(fn_call *call, join_state *s, const char *text, uint32_t size) {
    uint32_t need = s->size + size + 1;
    if (need > s->capacity) {
        char *grown = arena_alloc_bytes(call->arena, 2 * need);
        if (grown == NULL) return DBX_NOMEM;
        if (s->size > 0) memcpy(grown, s->text, s->size);
        s->text = grown;
        s->capacity = 2 * need;
    }
    if (s->size > 0) s->text[s->size++] = ',';
    memcpy(s->text + s->size, text, size);
    s->size += size;
    return DBX_OK;
}
static dbx_status join_update(fn_call *call, const vector *args, void *const *states) {
    vector_view v = vector_view_of(&args[0]);
    uint32_t k = 0;
    FN_FOR_EACH_ROW(call, r) {
        char text[24];
        int size = snprintf(text, sizeof(text), "%lld",
                            (long long)((const int64_t *)v.data)[view_index(&v, r)]);
        TRY(join_add(call, states[k++], text, (uint32_t)size));
    }
    return DBX_OK;
}
static dbx_status join_combine(fn_call *call, void *const *from, void *const *to, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        const join_state *f = from[i];
        if (f->size > 0) TRY(join_add(call, to[i], f->text, f->size));
    }
    return DBX_OK;
}
static dbx_status join_finalize(fn_call *call, void *const *states, uint32_t count, vector *out,
                                uint32_t at) {
    (void)call;
    for (uint32_t i = 0; i < count; i++) {
        const join_state *s = states[i];
        VECTOR_DATA(out, vstring)[at + i] = vstring_from(s->text, s->size);
    }
    return DBX_OK;
}
static const aggregate_kernel join_kernel = {
    .state_size = 16, .update = join_update, .combine = join_combine, .finalize = join_finalize};
static const function_row join_row = {.name = "join",
                                      .kind = FUNCTION_AGGREGATE,
                                      .flags = FN_ORDER_SENSITIVE,
                                      .aggregate = &join_kernel};

/* ---- plans ---- */

static const type agg_bigint = {.id = TYPE_BIGINT};
static const type agg_string = {.id = TYPE_STRING};
static const type agg_double = {.id = TYPE_DOUBLE};

static expr *agg_call(exec_fixture *f, const function_row *row, type result, expr *arg,
                      expr *filter, expr *order, bool distinct) {
    uint32_t args = arg != NULL ? 1 : 0;
    uint32_t count = args + (filter != NULL) + (order != NULL);
    expr *x = expr_new(&f->arena, EXPR_AGGREGATE, result, true, (span){0, 0}, count);
    static const sort_order descending = {.descending = true};
    x->u.aggregate = (expr_aggregate){.row = row,
                                      .kernel = row->aggregate,
                                      .distinct = distinct,
                                      .argument_count = args,
                                      .has_filter = filter != NULL,
                                      .order_count = order != NULL,
                                      .orders = &descending};
    uint32_t at = 0;
    if (arg != NULL) x->args[at++] = arg;
    if (filter != NULL) x->args[at++] = filter;
    if (order != NULL) x->args[at++] = order;
    return x;
}

typedef struct agg_plan {
    exec_fixture f;
    exec_test_source source;
    phys_aggregate *op;
} agg_plan;

/* GROUP BY the first `groups` columns of the source; aggregates are added by agg_add. */
static void agg_plan_init(agg_plan *p, uint64_t rows, exec_test_cell cell, const type *types,
                          uint32_t columns, uint32_t groups) {
    exec_fixture_init(&p->f);
    exec_test_source_init(&p->source, rows, 1000, cell, types, columns);
    p->op = arena_alloc_zero(&p->f.arena, sizeof(*p->op));
    p->op->groups = ARENA_ARRAY(&p->f.arena, expr *, groups + 1);
    p->op->aggregates = ARENA_ARRAY(&p->f.arena, expr *, 8);
    p->op->group_count = groups;
    p->op->groups_estimate = -1;
    for (uint32_t i = 0; i < groups; i++) p->op->groups[i] = exec_test_slot(&p->f, i, types[i]);
}
static void agg_add(agg_plan *p, expr *x) {
    p->op->aggregates[p->op->aggregate_count++] = x;
}
static expr *agg_slot(agg_plan *p, uint32_t slot) {
    return exec_test_slot(&p->f, slot, p->source.columns[slot].type);
}

static void agg_plan_finish(agg_plan *p, bool grouping_id) {
    exec_fixture *f = &p->f;
    type types[16];
    uint32_t count = 0;
    for (uint32_t i = 0; i < p->op->group_count; i++) types[count++] = p->op->groups[i]->type;
    for (uint32_t i = 0; i < p->op->aggregate_count; i++)
        types[count++] = p->op->aggregates[i]->type;
    if (grouping_id) types[count++] = agg_bigint;
    p->op->has_grouping_id = grouping_id;
    phys_op *scan = exec_test_scan_op(f, &p->source);
    phys_kind kind = p->op->group_count == 0 && p->op->set_count == 0 ? PHYS_OP_UNGROUPED_AGGREGATE
                                                                      : PHYS_OP_HASH_AGGREGATE;
    phys_aggregate *op = exec_test_op(f, kind, sizeof(*op), types, count);
    phys_op base = op->base;
    *op = *p->op;
    op->base = base;
    p->op = op;
    phys_op *result = exec_test_op(f, PHYS_OP_RESULT, sizeof(phys_op), types, count);
    PIPELINE(f, 0, scan, &op->base);
    PIPELINE(f, 0, &op->base, result);
}

static void agg_expect(agg_plan *p, const char *expected) {
    for (uint32_t threads = 1; threads <= 4; threads += 3) {
        for (int64_t seed = 0; seed < 3; seed++) {
            for (int64_t size = 7; size <= 2048; size = size == 7 ? 2048 : 4096) {
                p->f.threads = threads;
                p->f.settings.scheduler_seed = seed;
                p->f.settings.vector_size = size;
                exec_test_expect(&p->f, true, expected);
            }
        }
    }
    exec_fixture_deinit(&p->f);
}

/* Column 0: row % 3, NULL for every 10th row; column 1: row; column 2: row % 7. */
static bool agg_cell(uint32_t column, uint64_t row, int64_t *value) {
    *value = column == 0 ? (int64_t)(row % 3) : column == 1 ? (int64_t)row : (int64_t)(row % 7);
    return column != 0 || row % 10 != 0;
}

/* Expected text of count(*), sum(row) by column 0 of agg_cell. */
static char *agg_by_three(uint64_t rows, const char *prefix) {
    uint64_t counts[4] = {0}, sums[4] = {0};
    for (uint64_t r = 0; r < rows; r++) {
        uint64_t g = r % 10 == 0 ? 3 : r % 3;
        counts[g]++;
        sums[g] += r;
    }
    char text[512];
    snprintf(text, sizeof(text), "%s0|%llu|%llu\n%s1|%llu|%llu\n%s2|%llu|%llu\nNULL|%llu|%llu\n",
             prefix, (unsigned long long)counts[0], (unsigned long long)sums[0], prefix,
             (unsigned long long)counts[1], (unsigned long long)sums[1], prefix,
             (unsigned long long)counts[2], (unsigned long long)sums[2],
             (unsigned long long)counts[3], (unsigned long long)sums[3]);
    if (*prefix != '\0') { /* NULL sorts before s0 */
        char *last = strstr(text, "NULL");
        char *out = malloc(sizeof(text));
        snprintf(out, sizeof(text), "%s%.*s", last, (int)(last - text), text);
        return out;
    }
    return strdup(text);
}

Test(exec_aggregate, few_groups_of_integers_strings_and_doubles) {
    type firsts[] = {agg_bigint, type_simple(TYPE_INT), agg_string, agg_double};
    for (uint32_t i = 0; i < ARRAY_COUNT(firsts); i++) {
        agg_plan p;
        type types[] = {firsts[i], agg_bigint};
        agg_plan_init(&p, 20000, agg_cell, types, 2, 1);
        agg_add(&p, agg_call(&p.f, &count_row, agg_bigint, NULL, NULL, NULL, false));
        agg_add(&p, agg_call(&p.f, &sum_row, agg_bigint, agg_slot(&p, 1), NULL, NULL, false));
        agg_plan_finish(&p, false);
        char *expected = agg_by_three(20000, firsts[i].id == TYPE_STRING ? "s" : "");
        agg_expect(&p, expected);
        free(expected);
    }
}

/* Columns 0 and 1: a key of 50,000 values in a shuffled order, each twice; column 2: 1. */
enum { AGG_MANY = 50000 };
static bool agg_many_cell(uint32_t column, uint64_t row, int64_t *value) {
    uint64_t key = row * 7919 % AGG_MANY;
    *value = column == 0 ? (int64_t)key : column == 1 ? (int64_t)(key % 100) : 1;
    return true;
}

static int agg_line_compare(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

Test(exec_aggregate, many_groups_outgrow_the_cache_and_are_merged) {
    type firsts[] = {agg_bigint, agg_string};
    for (uint32_t i = 0; i < ARRAY_COUNT(firsts); i++) {
        agg_plan p;
        bool strings = firsts[i].id == TYPE_STRING;
        type types[] = {firsts[i], agg_bigint, agg_bigint};
        agg_plan_init(&p, 2 * AGG_MANY, agg_many_cell, types, 3, 2);
        agg_add(&p, agg_call(&p.f, &sum_row, agg_bigint, agg_slot(&p, 2), NULL, NULL, false));
        agg_plan_finish(&p, false);
        char **lines = malloc(AGG_MANY * sizeof(*lines));
        for (int k = 0; k < AGG_MANY; k++) {
            lines[k] = malloc(32);
            snprintf(lines[k], 32, "%s%d|%d|2\n", strings ? "s" : "", k, k % 100);
        }
        qsort(lines, AGG_MANY, sizeof(*lines), agg_line_compare);
        buffer b;
        buffer_init(&b, NULL);
        for (int k = 0; k < AGG_MANY; k++) {
            OK(buffer_append(&b, lines[k], strlen(lines[k])));
            free(lines[k]);
        }
        free(lines);
        for (uint32_t threads = 1; threads <= 4; threads++) {
            p.f.threads = threads;
            char *text = exec_test_text(&p.f, true);
            cr_assert_str_eq(text, b.data);
            free(text);
        }
        buffer_deinit(&b);
        exec_fixture_deinit(&p.f);
    }
}

Test(exec_aggregate, without_groups_there_is_one_row_even_without_input) {
    for (uint64_t rows = 0; rows <= 5000; rows += 5000) {
        agg_plan p;
        type types[] = {agg_bigint, agg_bigint};
        agg_plan_init(&p, rows, agg_cell, types, 2, 0);
        agg_add(&p, agg_call(&p.f, &count_row, agg_bigint, NULL, NULL, NULL, false));
        agg_add(&p, agg_call(&p.f, &count_row, agg_bigint, agg_slot(&p, 0), NULL, NULL, false));
        agg_add(&p, agg_call(&p.f, &sum_row, agg_bigint, agg_slot(&p, 1), NULL, NULL, false));
        agg_add(&p, agg_call(&p.f, &count_row, agg_bigint, agg_slot(&p, 0), NULL, NULL, true));
        agg_plan_finish(&p, false);
        agg_expect(&p, rows == 0 ? "0|0|NULL|0\n" : "5000|4500|12497500|3\n");
    }
}

Test(exec_aggregate, grouping_nothing_gives_nothing) {
    agg_plan p;
    type types[] = {agg_bigint, agg_bigint};
    agg_plan_init(&p, 0, agg_cell, types, 2, 1);
    agg_add(&p, agg_call(&p.f, &count_row, agg_bigint, NULL, NULL, NULL, true));
    agg_plan_finish(&p, false);
    agg_expect(&p, "");
}

Test(exec_aggregate, distinct_and_filter) {
    agg_plan p;
    type types[] = {agg_bigint, agg_bigint, agg_bigint};
    agg_plan_init(&p, 2100, agg_cell, types, 3, 1);
    expr *even = exec_test_call(&p.f, &exec_test_is_even, TYPE_BOOLEAN, agg_slot(&p, 1), NULL);
    agg_add(&p, agg_call(&p.f, &count_row, agg_bigint, agg_slot(&p, 2), NULL, NULL, true));
    agg_add(&p, agg_call(&p.f, &sum_row, agg_bigint, agg_slot(&p, 2), even, NULL, true));
    agg_add(&p, agg_call(&p.f, &count_row, agg_bigint, NULL, even, NULL, false));
    agg_plan_finish(&p, false);
    /* rows of a group take all 7 remainders, even ones too: sum 0..6 is 21. Of 700 rows a group,
     * 350 are even; the 210 rows divisible by 10 (70 from each group, all even) are the NULL group.
     */
    agg_expect(&p, "0|7|21|280\n1|7|21|280\n2|7|21|280\nNULL|7|21|210\n");
}

Test(exec_aggregate, many_distinct_values) {
    agg_plan p;
    type types[] = {agg_string, agg_bigint, agg_bigint};
    agg_plan_init(&p, 2 * AGG_MANY, agg_many_cell, types, 3, 0);
    agg_add(&p, agg_call(&p.f, &count_row, agg_bigint, agg_slot(&p, 0), NULL, NULL, true));
    agg_add(&p, agg_call(&p.f, &sum_row, agg_bigint, agg_slot(&p, 1), NULL, NULL, true));
    agg_plan_finish(&p, false);
    for (uint32_t threads = 1; threads <= 4; threads++) {
        p.f.threads = threads;
        exec_test_expect(&p.f, true, "50000|4950\n"); /* 0 + … + 99 */
    }
    exec_fixture_deinit(&p.f);
}

/* Column 0: row / 4; column 1: row * 3 % 8. */
static bool agg_order_cell(uint32_t column, uint64_t row, int64_t *value) {
    *value = column == 0 ? (int64_t)(row / 4) : (int64_t)(row * 3 % 8);
    return true;
}

Test(exec_aggregate, ordered_aggregates_see_their_order) {
    agg_plan p;
    type types[] = {agg_bigint, agg_bigint};
    agg_plan_init(&p, 8, agg_order_cell, types, 2, 1);
    agg_add(&p, agg_call(&p.f, &join_row, agg_string, agg_slot(&p, 1), NULL, NULL, false));
    agg_add(&p,
            agg_call(&p.f, &join_row, agg_string, agg_slot(&p, 1), NULL, agg_slot(&p, 1), false));
    agg_plan_finish(&p, false);
    agg_expect(&p, "0|0,3,6,1|6,3,1,0\n1|4,7,2,5|7,5,4,2\n");
}

Test(exec_aggregate, ordered_and_distinct) {
    agg_plan p;
    type types[] = {agg_bigint, agg_bigint, agg_bigint};
    agg_plan_init(&p, 3000, agg_cell, types, 3, 0);
    agg_add(&p,
            agg_call(&p.f, &join_row, agg_string, agg_slot(&p, 2), NULL, agg_slot(&p, 2), true));
    agg_add(&p, agg_call(&p.f, &join_row, agg_string, agg_slot(&p, 2), NULL, NULL, true));
    agg_plan_finish(&p, false);
    for (uint32_t threads = 1; threads <= 4; threads++) {
        p.f.threads = threads;
        char *text = exec_test_text(&p.f, true);
        cr_assert_eq(strncmp(text, "6,5,4,3,2,1,0|", 14), 0);
        cr_assert_eq(strlen(text), 28);
        free(text);
    }
    exec_fixture_deinit(&p.f);
}

Test(exec_aggregate, grouping_sets_with_grouping_id) {
    agg_plan p;
    type types[] = {agg_bigint, agg_bigint};
    static const uint64_t sets[] = {3, 1, 0};
    agg_plan_init(&p, 6, agg_order_cell, types, 2, 2);
    p.op->sets = sets;
    p.op->set_count = 3;
    agg_add(&p, agg_call(&p.f, &count_row, agg_bigint, NULL, NULL, NULL, false));
    agg_add(&p, agg_call(&p.f, &count_row, agg_bigint, agg_slot(&p, 1), NULL, NULL, true));
    agg_plan_finish(&p, true);
    agg_expect(&p, "0|0|1|1|0\n0|1|1|1|0\n0|3|1|1|0\n0|6|1|1|0\n0|NULL|4|4|1\n1|4|1|1|0\n1|7|1|1|"
                   "0\n1|NULL|2|2|1\n"
                   "NULL|NULL|6|6|3\n");
}

/* Column 0: -0.0, 0.0 and NaNs; column 1: 1. */
static bool agg_many_columns_cell(uint32_t column, uint64_t row, int64_t *value) {
    *value = column == 7 ? 1 : (int64_t)(row >> column & 1);
    return column != 6 || row % 2 == 0;
}

Test(exec_aggregate, keys_too_wide_to_pack) {
    agg_plan p;
    type types[8];
    for (uint32_t i = 0; i < 8; i++) types[i] = i == 3 ? agg_string : agg_bigint;
    agg_plan_init(&p, 4096, agg_many_columns_cell, types, 8, 7);
    agg_add(&p, agg_call(&p.f, &sum_row, agg_bigint, agg_slot(&p, 7), NULL, NULL, false));
    agg_plan_finish(&p, false);
    for (uint32_t threads = 1; threads <= 4; threads += 3) {
        p.f.threads = threads;
        char *text = exec_test_text(&p.f, true);
        uint32_t lines = 0;
        for (const char *c = text; *c; c++) lines += *c == '\n';
        cr_assert_eq(lines, 96); /* 64 with bit 0 clear, 32 with it set, where bit 6 is NULL */
        cr_assert_eq(strncmp(text, "0|0|0|s0|0|0|0|32\n", 18), 0);
        cr_assert_not_null(strstr(text, "1|0|0|s0|0|0|NULL|64\n"));
        free(text);
    }
    exec_fixture_deinit(&p.f);
}

Test(exec_aggregate, memory_limit_fails_cleanly) {
    agg_plan p;
    type types[] = {agg_string, agg_bigint, agg_bigint};
    agg_plan_init(&p, 2 * AGG_MANY, agg_many_cell, types, 3, 2);
    agg_add(&p, agg_call(&p.f, &sum_row, agg_bigint, agg_slot(&p, 2), NULL, NULL, false));
    agg_add(&p, agg_call(&p.f, &count_row, agg_bigint, agg_slot(&p, 2), NULL, NULL, true));
    agg_plan_finish(&p, false);
    exec_fixture *f = &p.f;
    for (size_t limit = 1 << 16; limit < 64 << 20; limit += limit / 2) {
        collection rows;
        exec *x;
        f->query.ledger.limit = f->query.ledger.used + limit;
        OK(collection_init(&rows, f->plan.root->types, f->plan.root->column_count,
                           &exec_test_ledger));
        dbx_status status = exec_new(&f->plan, &f->query, 3, &x, &f->err);
        if (status == DBX_OK) {
            status = exec_run(x, &rows, &f->err);
            exec_free(x);
        }
        if (status != DBX_OK) cr_assert_eq(status, DBX_NOMEM);
        error_clear(&f->err);
        collection_deinit(&rows);
    }
    f->query.ledger.limit = SIZE_MAX;
    exec_fixture_deinit(f);
}
