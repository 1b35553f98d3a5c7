/* exec_join_test.c - hash and nested loop joins of every kind, against a brute-force answer. */
#include "exec_support.h"

static const type join_bigint = {.id = TYPE_BIGINT};
static const type join_string = {.id = TYPE_STRING};
static const type join_int = {.id = TYPE_INT};
static const type join_double = {.id = TYPE_DOUBLE};

typedef struct join_case {
    join_kind kind;
    uint64_t left_rows, right_rows;
    exec_test_cell left, right; /* columns: key, second key, number of the row */
    type key;
    uint32_t keys; /* 1 or 2 */
    bool null_safe;
    bool residual; /* left.number < right.number */
    bool null_aware;
    bool loop; /* nested loops */
    bool runtime_filter;
    bool answers_build; /* SEMI, ANTI: builds the left side */
} join_case;

typedef struct join_value {
    bool valid;
    int64_t value;
} join_value;

static join_value join_cell(exec_test_cell cell, uint32_t column, uint64_t row) {
    join_value v;
    v.valid = cell(column, row, &v.value);
    return v;
}

/* TRUE 1, FALSE 0, unknown 2. */
static int join_compare(const join_case *c, uint64_t l, uint64_t r) {
    int result = 1;
    for (uint32_t k = 0; k < c->keys; k++) {
        join_value x = join_cell(c->left, k, l), y = join_cell(c->right, k, r);
        int equal = x.valid && y.valid ? x.value == y.value : c->null_safe ? x.valid == y.valid : 2;
        if (equal == 0) return 0;
        if (equal == 2) result = 2;
    }
    if (c->residual) {
        join_value x = join_cell(c->left, 2, l), y = join_cell(c->right, 2, r);
        int less = x.valid && y.valid ? x.value < y.value : 2;
        if (less == 0) return 0;
        if (less == 2) result = 2;
    }
    return result;
}

static void join_print_cell(buffer *b, type t, join_value v) {
    if (!v.valid)
        OK(buffer_printf(b, "NULL"));
    else
        OK(buffer_printf(b, "%s%lld", t.id == TYPE_STRING ? "s" : "", (long long)v.value));
}
static void join_print_side(buffer *b, const join_case *c, exec_test_cell cell, int64_t row,
                            bool first) {
    for (uint32_t k = 0; k < 3; k++) {
        if (!first || k > 0) OK(buffer_append_char(b, '|'));
        join_value v = {false, 0};
        if (row >= 0) v = join_cell(cell, k, (uint64_t)row);
        join_print_cell(b, k == 0 ? c->key : join_bigint, v);
    }
}

static void join_expected(const join_case *c, buffer *b) {
    bool *met = calloc(c->right_rows + 1, 1);
    bool gives_right = c->kind != JOIN_SEMI && c->kind != JOIN_ANTI && c->kind != JOIN_MARK;
    OK(buffer_append(b, "", 0));
    for (uint64_t l = 0; l < c->left_rows; l++) {
        bool matched = false, unknown = false;
        for (uint64_t r = 0; r < c->right_rows; r++) {
            int is = join_compare(c, l, r);
            unknown |= is == 2;
            if (is != 1) continue;
            matched = met[r] = true;
            if (!gives_right) continue;
            join_print_side(b, c, c->left, (int64_t)l, true);
            join_print_side(b, c, c->right, (int64_t)r, false);
            OK(buffer_append_char(b, '\n'));
        }
        bool outer =
            !matched && (c->kind == JOIN_LEFT || c->kind == JOIN_FULL || c->kind == JOIN_SINGLE);
        bool anti = c->kind == JOIN_ANTI && !matched && !(c->null_aware && unknown);
        if (!outer && !anti && !(c->kind == JOIN_SEMI && matched) && c->kind != JOIN_MARK) continue;
        join_print_side(b, c, c->left, (int64_t)l, true);
        if (outer) join_print_side(b, c, c->right, -1, false);
        if (c->kind == JOIN_MARK)
            OK(buffer_printf(b, "|%s", matched ? "true" : unknown ? "NULL" : "false"));
        OK(buffer_append_char(b, '\n'));
    }
    for (uint64_t r = 0; r < c->right_rows && (c->kind == JOIN_RIGHT || c->kind == JOIN_FULL);
         r++) {
        if (met[r]) continue;
        join_print_side(b, c, c->left, -1, true);
        join_print_side(b, c, c->right, (int64_t)r, false);
        OK(buffer_append_char(b, '\n'));
    }
    free(met);
    exec_test_sort_lines(b);
}

static dbx_status join_equal_kernel(fn_call *call, const vector *args, vector *out) {
    vector_view v = vector_view_of(&args[0]);
    vector_view w = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        uint32_t x = view_index(&v, r), y = view_index(&w, r);
        bool equal = args[0].phys == PHYS_STRING
                         ? vstring_equal((const vstring *)v.data + x, (const vstring *)w.data + y)
                         : memcmp((const char *)v.data + x * physical_size(args[0].phys),
                                  (const char *)w.data + y * physical_size(args[0].phys),
                                  physical_size(args[0].phys)) == 0;
        VECTOR_DATA(out, uint8_t)[r] = equal;
    }
    return DBX_OK;
}
static const function_row join_equal = {.name = "equal", .kernel = join_equal_kernel};

typedef struct join_plan {
    exec_fixture f;
    exec_test_source left, right;
} join_plan;

static phys_op *join_make_hash(join_plan *p, const join_case *c, const type *types,
                               uint32_t count) {
    exec_fixture *f = &p->f;
    phys_hash_join *op = exec_test_op(f, PHYS_OP_HASH_JOIN, sizeof(*op), types, count);
    bool *null_safe = ARENA_ARRAY(&f->arena, bool, 2);
    op->join = c->kind;
    op->key_count = c->keys;
    op->probe_keys = ARENA_ARRAY(&f->arena, expr *, 2);
    op->build_keys = ARENA_ARRAY(&f->arena, expr *, 2);
    op->answers_build = c->answers_build;
    for (uint32_t k = 0; k < c->keys; k++) {
        op->probe_keys[k] = exec_test_slot(f, k, k == 0 ? c->key : join_bigint);
        op->build_keys[k] = exec_test_slot(f, k, k == 0 ? c->key : join_bigint);
        null_safe[k] = c->null_safe;
    }
    op->null_safe = null_safe;
    op->null_aware = c->null_aware;
    op->make_runtime_filter = c->runtime_filter;
    if (c->residual) {
        op->residual = ARENA_ARRAY(&f->arena, expr *, 1);
        op->residual_count = 1;
        expr *less = exec_test_slot(f, c->answers_build ? 5 : 2, join_bigint);
        expr *more = exec_test_slot(f, c->answers_build ? 2 : 5, join_bigint);
        op->residual[0] = exec_test_call(f, &exec_test_below, TYPE_BOOLEAN, less, more);
    }
    return &op->base;
}

static phys_op *join_make_loop(join_plan *p, const join_case *c, const type *types,
                               uint32_t count) {
    exec_fixture *f = &p->f;
    phys_nested_loop_join *op =
        exec_test_op(f, PHYS_OP_NESTED_LOOP_JOIN, sizeof(*op), types, count);
    op->join = c->kind;
    op->null_aware = c->null_aware;
    op->conditions = ARENA_ARRAY(&f->arena, expr *, 3);
    for (uint32_t k = 0; k < c->keys; k++) {
        type t = k == 0 ? c->key : join_bigint;
        op->conditions[op->condition_count++] = exec_test_call(
            f, &join_equal, TYPE_BOOLEAN, exec_test_slot(f, k, t), exec_test_slot(f, 3 + k, t));
    }
    if (c->residual) {
        op->conditions[op->condition_count++] =
            exec_test_call(f, &exec_test_below, TYPE_BOOLEAN, exec_test_slot(f, 2, join_bigint),
                           exec_test_slot(f, 5, join_bigint));
    }
    return &op->base;
}

static void join_plan_init(join_plan *p, const join_case *c) {
    exec_fixture *f = &p->f;
    exec_fixture_init(f);
    type types[] = {c->key, join_bigint, join_bigint, c->key, join_bigint, join_bigint};
    exec_test_source_init(&p->left, c->left_rows, 100, c->left, types, 3);
    exec_test_source_init(&p->right, c->right_rows, 100, c->right, types, 3);
    phys_op *left = exec_test_scan_op(f, &p->left);
    phys_op *right = exec_test_scan_op(f, &p->right);
    if (c->answers_build) {
        phys_op *other = left;
        left = right;
        right = other;
    }
    uint32_t count = c->kind == JOIN_SEMI || c->kind == JOIN_ANTI ? 3
                     : c->kind == JOIN_MARK                       ? 4
                                                                  : 6;
    if (c->kind == JOIN_MARK) types[3] = type_simple(TYPE_BOOLEAN);
    phys_op *join =
        c->loop ? join_make_loop(p, c, types, count) : join_make_hash(p, c, types, count);
    join->children = ARENA_ARRAY(&f->arena, phys_op *, 2);
    join->children[0] = left;
    join->children[1] = right;
    join->child_count = 2;
    phys_op *result = exec_test_op(f, PHYS_OP_RESULT, sizeof(phys_op), types, count);
    if (c->runtime_filter) {
        phys_scan *scan = (phys_scan *)left;
        scan->runtime_filters = arena_alloc_zero(&f->arena, sizeof(*scan->runtime_filters));
        scan->runtime_filters[0].join = join->index;
        scan->runtime_filter_count = 1;
    }
    PIPELINE(f, 1, right, join);
    PIPELINE(f, 0, left, join, result);
    if (c->kind == JOIN_RIGHT || c->kind == JOIN_FULL || c->answers_build)
        PIPELINE(f, 0, join, result);
}

static void join_check(const join_case *c) {
    join_plan p;
    buffer expected;
    join_plan_init(&p, c);
    buffer_init(&expected, NULL);
    join_expected(c, &expected);
    for (uint32_t threads = 1; threads <= 4; threads += 3) {
        for (int64_t size = 5; size <= 2048; size = size == 5 ? 2048 : 4096) {
            for (int64_t seed = 0; seed < 2; seed++) {
                p.f.threads = threads;
                p.f.settings.vector_size = size;
                p.f.settings.scheduler_seed = seed;
                char *text = exec_test_text(&p.f, true);
                cr_assert_str_eq(text, expected.data,
                                 "kind %d keys %u null_safe %d residual %d aware %d loop %d",
                                 (int)c->kind, c->keys, c->null_safe, c->residual, c->null_aware,
                                 c->loop);
                free(text);
            }
        }
    }
    buffer_deinit(&expected);
    exec_fixture_deinit(&p.f);
}

/* ---- data ---- */

static bool join_left_cell(uint32_t column, uint64_t row, int64_t *value) {
    *value = column == 0   ? (int64_t)(row * 7 % 40) - 5
             : column == 1 ? (int64_t)(row % 3)
                           : (int64_t)row;
    return column == 2 || row % (column == 0 ? 11 : 13) != 5;
}
static bool join_right_cell(uint32_t column, uint64_t row, int64_t *value) {
    *value = column == 0   ? (int64_t)(row * 5 % 50)
             : column == 1 ? (int64_t)(row % 2)
                           : (int64_t)(row * 2);
    return column == 2 ? row % 9 != 0 : row % (column == 0 ? 17 : 7) != 3;
}
/* No NULL anywhere; keys far apart, so that no array of them is made. */
static bool join_sparse_cell(uint32_t column, uint64_t row, int64_t *value) {
    *value = column == 0   ? (int64_t)(row % 30) * 1000003
             : column == 1 ? (int64_t)(row % 2)
                           : (int64_t)row;
    return true;
}

static const join_kind join_kinds[] = {JOIN_INNER, JOIN_LEFT, JOIN_RIGHT, JOIN_FULL,
                                       JOIN_SEMI,  JOIN_ANTI, JOIN_MARK};

static void join_check_all(join_case c) {
    for (uint32_t k = 0; k < ARRAY_COUNT(join_kinds); k++) {
        c.kind = join_kinds[k];
        for (int aware = 0; aware <= (c.kind == JOIN_ANTI); aware++) {
            c.null_aware = aware;
            join_check(&c);
        }
    }
}

Test(exec_join, one_key_of_each_type) {
    const type keys[] = {join_bigint, join_int, join_string, join_double};
    for (uint32_t i = 0; i < ARRAY_COUNT(keys); i++) {
        join_case c = {.left_rows = 150,
                       .right_rows = 130,
                       .left = join_left_cell,
                       .right = join_right_cell,
                       .key = keys[i],
                       .keys = 1};
        join_check_all(c);
        c.residual = true;
        join_check_all(c);
        c.null_safe = true;
        join_check_all(c);
        c.residual = false;
        join_check_all(c);
    }
}

Test(exec_join, two_keys) {
    const type keys[] = {join_bigint, join_int, join_string};
    for (uint32_t i = 0; i < ARRAY_COUNT(keys); i++) {
        for (int variant = 0; variant < 4; variant++) {
            join_case c = {.left_rows = 150,
                           .right_rows = 130,
                           .left = join_left_cell,
                           .right = join_right_cell,
                           .key = keys[i],
                           .keys = 2,
                           .residual = variant & 1,
                           .null_safe = variant >> 1};
            join_check_all(c);
        }
    }
}

Test(exec_join, sparse_keys_and_sides_without_nulls) {
    join_case c = {.left_rows = 200,
                   .right_rows = 90,
                   .left = join_sparse_cell,
                   .right = join_sparse_cell,
                   .key = join_bigint,
                   .keys = 1};
    join_check_all(c);
    c.keys = 2;
    join_check_all(c);
}

Test(exec_join, empty_sides) {
    for (int loop = 0; loop < 2; loop++) {
        for (int side = 0; side < 2; side++) {
            join_case c = {.left_rows = side == 0 ? 0 : 30,
                           .right_rows = side == 0 ? 30 : 0,
                           .left = join_left_cell,
                           .right = join_right_cell,
                           .key = join_bigint,
                           .keys = 1,
                           .loop = loop};
            join_check_all(c);
        }
    }
}

Test(exec_join, runtime_filters_change_nothing) {
    const type keys[] = {join_bigint, join_int, join_string, join_double};
    for (uint32_t i = 0; i < ARRAY_COUNT(keys); i++) {
        join_case c = {.left_rows = 300,
                       .right_rows = 20,
                       .left = join_left_cell,
                       .right = join_right_cell,
                       .key = keys[i],
                       .keys = 1,
                       .runtime_filter = true,
                       .kind = JOIN_INNER};
        join_check(&c);
        c.kind = JOIN_SEMI;
        join_check(&c);
        c.left = join_sparse_cell;
        join_check(&c);
        c.right_rows = 0;
        join_check(&c);
    }
}

Test(exec_join, semi_and_anti_that_answer_for_the_build_side) {
    const type keys[] = {join_bigint, join_int, join_string};
    for (uint32_t i = 0; i < ARRAY_COUNT(keys); i++) {
        for (int variant = 0; variant < 32; variant++) {
            join_case c = {.left_rows = variant & 16 ? 0 : 70,
                           .right_rows = 300,
                           .left = join_left_cell,
                           .right = join_right_cell,
                           .key = keys[i],
                           .keys = 1 + (variant & 1),
                           .residual = variant >> 1 & 1,
                           .null_safe = variant >> 2 & 1,
                           .answers_build = true,
                           .kind = variant & 8 ? JOIN_ANTI : JOIN_SEMI,
                           .runtime_filter = !(variant & 4)};
            join_check(&c);
        }
    }
}

Test(exec_join, nested_loops) {
    for (int variant = 0; variant < 3; variant++) {
        join_case c = {.left_rows = 130,
                       .right_rows = 150,
                       .left = join_left_cell,
                       .right = join_right_cell,
                       .key = join_bigint,
                       .keys = variant == 2 ? 0 : 1,
                       .residual = variant > 0,
                       .loop = true};
        join_check_all(c);
    }
}

Test(exec_join, cross_product) {
    join_case c = {.left_rows = 23,
                   .right_rows = 41,
                   .left = join_left_cell,
                   .right = join_right_cell,
                   .key = join_bigint,
                   .loop = true,
                   .kind = JOIN_INNER};
    join_check(&c);
    c.kind = JOIN_FULL;
    join_check(&c);
}

Test(exec_join, a_second_match_of_a_scalar_subquery_fails) {
    for (int loop = 0; loop < 2; loop++) {
        join_case c = {.left_rows = 40,
                       .right_rows = 40,
                       .left = join_sparse_cell,
                       .right = join_sparse_cell,
                       .key = join_bigint,
                       .keys = 1,
                       .kind = JOIN_SINGLE,
                       .loop = loop};
        join_plan p;
        collection rows;
        join_plan_init(&p, &c); /* keys repeat after 30 rows */
        cr_assert_eq(exec_test_run(&p.f, &rows), DBX_ERROR);
        cr_assert_eq(p.f.err.cls, ERR_SCALAR_SUBQUERY_TOO_MANY_ROWS);
        collection_deinit(&rows);
        exec_fixture_deinit(&p.f);
        c.left_rows = c.right_rows = 25;
        c.left_rows = 29;
        join_check(&c);
    }
}

/* 200,000 build rows of distinct keys: partitions, and a directory made by several tasks. */
static bool join_big_cell(uint32_t column, uint64_t row, int64_t *value) {
    *value = column == 0   ? (int64_t)(row * 99991 % 200003)
             : column == 1 ? (int64_t)(row % 2)
                           : (int64_t)row;
    return true;
}
static bool join_big_sparse_cell(uint32_t column, uint64_t row, int64_t *value) {
    join_big_cell(column, row, value);
    if (column == 0) *value *= 1000003;
    return true;
}

Test(exec_join, many_build_rows) {
    const exec_test_cell cells[] = {join_big_cell, join_big_sparse_cell};
    const type keys[] = {join_bigint, join_string};
    for (uint32_t i = 0; i < 4; i++) {
        join_case c = {.left_rows = 50000,
                       .right_rows = 200000,
                       .left = cells[i % 2],
                       .right = cells[i % 2],
                       .key = keys[i / 2],
                       .keys = 1,
                       .kind = JOIN_FULL};
        join_plan p;
        join_plan_init(&p, &c);
        for (p.f.threads = 1; p.f.threads <= 4; p.f.threads += 3) {
            collection rows;
            OK(exec_test_run(&p.f, &rows));
            uint64_t matched = 0, unmatched = 0;
            for (uint32_t k = 0; k < rows.chunks.count; k++) {
                const chunk *o = rows.chunks.items[k];
                for (uint32_t r = 0; r < o->rows; r++) {
                    cr_assert_not(vector_is_null(&o->columns[5], r));
                    if (vector_is_null(&o->columns[2], r)) {
                        unmatched++;
                        continue;
                    }
                    matched++;
                    cr_assert_eq(VECTOR_DATA(&o->columns[2], int64_t)[r],
                                 VECTOR_DATA(&o->columns[5], int64_t)[r]);
                }
            }
            cr_assert_eq(matched, 50000);
            cr_assert_eq(unmatched, 150000);
            collection_deinit(&rows);
        }
        exec_fixture_deinit(&p.f);
    }
}

/* One key only: 3,000 x 100 pairs. */
static bool join_same_cell(uint32_t column, uint64_t row, int64_t *value) {
    *value = column == 0 ? 7 : (int64_t)row;
    return true;
}

Test(exec_join, one_key_with_many_matches) {
    join_case c = {.left_rows = 100,
                   .right_rows = 3000,
                   .left = join_same_cell,
                   .right = join_same_cell,
                   .key = join_string,
                   .keys = 1,
                   .kind = JOIN_INNER};
    join_plan p;
    join_plan_init(&p, &c);
    for (p.f.threads = 1; p.f.threads <= 4; p.f.threads += 3) {
        collection rows;
        OK(exec_test_run(&p.f, &rows));
        cr_assert_eq(rows.rows, 300000);
        collection_deinit(&rows);
    }
    exec_fixture_deinit(&p.f);
}
