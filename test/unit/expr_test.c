/* expr_test.c - equality, rewriting, text, column sets, and calls made by name. */
#include "eval/program.h"

#include <criterion/criterion.h>

#define OK(call) cr_assert_eq((call), DBX_OK)

typedef struct expr_fixture {
    query query;
    settings settings;
    arena arena;
    error err;
} expr_fixture;

static void expr_fixture_init(expr_fixture *f) {
    memset(f, 0, sizeof(*f));
    ledger_init(&f->query.ledger, NULL, "test", SIZE_MAX);
    arena_init(&f->arena, &f->query.ledger);
    settings_init(&f->settings, &f->query.ledger);
    f->query.settings = &f->settings;
    error_init(&f->err);
}
static void expr_fixture_deinit(expr_fixture *f) {
    error_deinit(&f->err);
    settings_deinit(&f->settings);
    arena_deinit(&f->arena);
    ledger_deinit(&f->query.ledger);
}

static const span nowhere = {0, 0};

static expr *column(expr_fixture *f, column_id id) {
    return expr_column(&f->arena, id, type_simple(TYPE_INT), true, nowhere);
}
static expr *integer(expr_fixture *f, int64_t n) {
    return expr_constant_int64(&f->arena, type_simple(TYPE_INT), n, nowhere);
}
static expr *call2(expr_fixture *f, const char *name, expr *x, expr *y) {
    expr *out = NULL, *args[] = {x, y};
    cr_assert_eq(expr_call_new(&f->arena, &f->query, name, args, 2, nowhere, &out, &f->err), DBX_OK,
                 "%s", f->err.message);
    return out;
}
static const char *text(expr_fixture *f, const expr *x) {
    buffer out;
    buffer_init(&out, &f->query.ledger);
    OK(expr_append_text(&out, x, &f->query, NULL, NULL));
    const char *copy = arena_copy_string(&f->arena, buffer_view(&out)).data;
    buffer_deinit(&out);
    return copy;
}
static expr *lambda(expr_fixture *f, column_id param, expr *body) {
    expr *x = expr_new(&f->arena, EXPR_LAMBDA, body->type, true, nowhere, 1);
    column_id *ids = ARENA_NEW(&f->arena, column_id);
    type *types = ARENA_NEW(&f->arena, type);
    *ids = param;
    *types = type_simple(TYPE_INT);
    x->args[0] = body;
    x->u.lambda.params = ids;
    x->u.lambda.param_types = types;
    x->u.lambda.param_count = 1;
    return x;
}

Test(expr, equal_means_the_same_structure) {
    expr_fixture f;
    expr_fixture_init(&f);
    expr *a = call2(&f, "+", column(&f, 3), integer(&f, 1));
    expr *b = call2(&f, "+", column(&f, 3), integer(&f, 1));
    expr *c = call2(&f, "+", column(&f, 3), integer(&f, 2));
    cr_assert(expr_equal(a, b));
    cr_assert_eq(expr_hash(a), expr_hash(b));
    cr_assert_not(expr_equal(a, c));
    cr_assert_not(expr_equal(a, call2(&f, "-", column(&f, 3), integer(&f, 1))));
    /* parameters' names do not matter, their places do */
    expr *x = lambda(&f, 10, call2(&f, "+", column(&f, 10), column(&f, 3)));
    expr *y = lambda(&f, 11, call2(&f, "+", column(&f, 11), column(&f, 3)));
    expr *z = lambda(&f, 11, call2(&f, "+", column(&f, 3), column(&f, 11)));
    cr_assert(expr_equal(x, y));
    cr_assert_eq(expr_hash(x), expr_hash(y));
    cr_assert_not(expr_equal(x, z));
    expr_fixture_deinit(&f);
}

Test(expr, columns_of_lambdas_are_their_own) {
    expr_fixture f;
    expr_fixture_init(&f);
    column_set used = {0}, some = {0};
    expr *x = lambda(&f, 10, call2(&f, "+", column(&f, 10), column(&f, 300)));
    OK(expr_collect_columns(x, &used, &f.arena));
    cr_assert(column_set_has(&used, 300));
    cr_assert_not(column_set_has(&used, 10));
    OK(column_set_add(&some, 3, &f.arena));
    cr_assert_not(column_set_intersects(&some, &used));
    cr_assert_not(column_set_contains(&some, &used));
    OK(column_set_union(&some, &used, &f.arena));
    cr_assert(column_set_contains(&some, &used));
    cr_assert(column_set_has(&some, 3));
    cr_assert_not(column_set_is_empty(&some));
    expr_fixture_deinit(&f);
}

Test(expr, substitution_copies_only_what_changes) {
    expr_fixture f;
    expr_fixture_init(&f);
    expr *left = call2(&f, "+", column(&f, 1), integer(&f, 1)),
         *right = call2(&f, "+", column(&f, 2), integer(&f, 2));
    expr *sum = call2(&f, "+", left, right), *with = integer(&f, 40);
    column_id id = 2;
    expr *result = expr_substitute(&f.arena, sum, &id, &with, 1);
    cr_assert_neq(result, sum);
    cr_assert_eq(result->args[0], left, "shared");
    cr_assert_neq(result->args[1], right);
    cr_assert_eq(right->args[0]->kind, EXPR_COLUMN, "the original is untouched");
    id = 77;
    cr_assert_eq(expr_substitute(&f.arena, sum, &id, &with, 1), sum);
    cr_assert(expr_equal(expr_copy(&f.arena, sum), sum));
    expr_fixture_deinit(&f);
}

Test(expr, text_reads_like_sql) {
    expr_fixture f;
    expr_fixture_init(&f);
    expr *sum = call2(&f, "+", column(&f, 3), integer(&f, 1));
    cr_assert_str_eq(text(&f, sum), "(#3 + 1)");
    expr *test = call2(&f, "<", sum, integer(&f, 5));
    expr *both[] = {test, expr_constant_bool(&f.arena, true, nowhere)};
    cr_assert_str_eq(text(&f, expr_and(&f.arena, both, 2)), "(((#3 + 1) < 5) AND true)");
    expr *choice = expr_new(&f.arena, EXPR_CASE, type_simple(TYPE_INT), true, nowhere, 3);
    choice->args[0] = test;
    choice->args[1] = sum;
    choice->args[2] = expr_constant_null(&f.arena, type_simple(TYPE_INT), nowhere);
    cr_assert_str_eq(text(&f, choice), "CASE WHEN ((#3 + 1) < 5) THEN (#3 + 1) ELSE NULL END");
    cr_assert_str_eq(text(&f, lambda(&f, 7, column(&f, 7))), "#7 -> #7");
    expr_fixture_deinit(&f);
}

Test(expr, calls_bring_casts_and_fold) {
    expr_fixture f;
    expr_fixture_init(&f);
    expr *small = expr_constant_int64(&f.arena, type_simple(TYPE_TINYINT), 2, nowhere);
    expr *sum =
        call2(&f, "+", small, expr_constant_int64(&f.arena, type_simple(TYPE_BIGINT), 40, nowhere));
    cr_assert_eq(sum->type.id, TYPE_BIGINT);
    cr_assert_eq(sum->args[0]->kind, EXPR_CAST);
    cr_assert(expr_is_foldable(sum));
    const vector *value;
    OK(expr_fold(&f.arena, &f.query, sum, &value, &f.err));
    cr_assert_eq(value->form, VECTOR_CONSTANT);
    cr_assert_eq(*VECTOR_DATA(value, int64_t), 42);
    cr_assert_not(expr_is_foldable(call2(&f, "+", column(&f, 1), small)));
    cr_assert(expr_is_constant_true(expr_and(&f.arena, NULL, 0)));
    cr_assert(
        expr_is_null_or_false(expr_constant_null(&f.arena, type_simple(TYPE_BOOLEAN), nowhere)));
    expr_fixture_deinit(&f);
}
