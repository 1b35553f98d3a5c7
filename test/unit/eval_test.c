/* eval_test.c - programs against a row-by-row interpreter, and each promise of the evaluator by
 * itself.
 *
 * Functions are rows of this file, so that nothing depends on the function library.
 */
#include "common/fault.h"
#include "eval/program.h"

#include <criterion/criterion.h>

#define OK(call) cr_assert_eq((call), DBX_OK)

/* ---- functions ------------------------------------------------------------------------------- */

static uint32_t eval_calls, eval_rows_seen; /* what kernels were asked to do */

static dbx_status test_add(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]), y = vector_view_of(&args[1]);
    int64_t *to = out->data;
    eval_calls++;
    eval_rows_seen += call->rows;
    FN_FOR_EACH_ROW(call, r) {
        cr_assert(r < call->row_bound);
        /* unsigned: total kernels see garbage */
        uint64_t a = ((const uint64_t *)x.data)[view_index(&x, r)],
                 b = ((const uint64_t *)y.data)[view_index(&y, r)];
        to[r] = (int64_t)(a + b);
    }
    return DBX_OK;
}

/* Fails where the divisor is 0; NULL where the dividend is 7. */
static dbx_status test_divide(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]), y = vector_view_of(&args[1]);
    int64_t *to = out->data;
    FN_FOR_EACH_ROW(call, r) {
        cr_assert(view_valid(&x, r) && view_valid(&y, r), "only valid rows are active");
        int64_t a = ((const int64_t *)x.data)[view_index(&x, r)],
                b = ((const int64_t *)y.data)[view_index(&y, r)];
        if (b == 0)
            return error_raise(call->err, ERR_DIVIDE_BY_ZERO, call->position, "config", "x", NULL);
        if (a == 7) TRY(fn_set_null(call, out, r));
        to[r] = a / b;
    }
    return DBX_OK;
}

/* a + b, which fails where the sum is 11; safe on garbage. */
static dbx_status test_checked_add(fn_call *call, const vector *args, vector *out) {
    TRY(test_add(call, args, out));
    FN_FOR_EACH_ROW(call, r) {
        if (VECTOR_DATA(out, int64_t)[r] == 11)
            return error_raise(call->err, ERR_DIVIDE_BY_ZERO, call->position, NULL);
    }
    return DBX_OK;
}

static dbx_status test_less(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]), y = vector_view_of(&args[1]);
    uint8_t *to = out->data;
    FN_FOR_EACH_ROW(call, r) {
        to[r] = ((const int64_t *)x.data)[view_index(&x, r)] <
                ((const int64_t *)y.data)[view_index(&y, r)];
    }
    return DBX_OK;
}

static dbx_status test_is_null(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) VECTOR_DATA(out, uint8_t)[r] = !view_valid(&x, r);
    return DBX_OK;
}

static dbx_status test_volatile(fn_call *call, const vector *args, vector *out) {
    (void)args;
    uint64_t *counter = call->scratch;
    FN_FOR_EACH_ROW(call, r) VECTOR_DATA(out, int64_t)[r] = (int64_t)(*counter)++;
    return DBX_OK;
}

/* Doubles a string; long results live in the call's arena. Fails on "bad". */
static dbx_status test_double(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]);
    eval_calls++;
    eval_rows_seen += call->rows;
    cr_assert(call->row_bound <= CHUNK_ROWS_MAX);
    FN_FOR_EACH_ROW(call, r) {
        string_view s = vstring_view(&((const vstring *)x.data)[view_index(&x, r)]);
        if (sv_equal(s, SV("bad")))
            return error_raise(call->err, ERR_DIVIDE_BY_ZERO, call->position, NULL);
        char *bytes = arena_alloc_bytes(call->arena, s.size * 2 + 1);
        if (bytes == NULL) return DBX_NOMEM;
        memcpy(bytes, s.data, s.size);
        memcpy(bytes + s.size, s.data, s.size);
        VECTOR_DATA(out, vstring)[r] = vstring_from(bytes, s.size * 2);
    }
    return DBX_OK;
}

/* transform(array<bigint>, x -> bigint) */
static dbx_status test_transform(fn_call *call, const vector *args, vector *out) {
    vector_view lists = vector_view_of(&args[0]);
    uint32_t total = 0;
    FN_FOR_EACH_ROW(call, r)
    total += ((const list_entry *)lists.data)[view_index(&lists, r)].length;
    sel_t *items = ARENA_ARRAY(call->arena, sel_t, total + 1),
          *owners = ARENA_ARRAY(call->arena, sel_t, total + 1);
    total = 0;
    FN_FOR_EACH_ROW(call, r) {
        list_entry e = ((const list_entry *)lists.data)[view_index(&lists, r)];
        VECTOR_DATA(out, list_entry)[r] = (list_entry){total, e.length};
        for (uint32_t i = 0; i < e.length; i++) {
            owners[total] = r;
            items[total++] = e.offset + i;
        }
    }
    vector param, result;
    TRY(vector_slice(&param, &lists.base->children[0], items, total, call->arena));
    TRY(call->lambdas[0].eval(&call->lambdas[0], call, &param, owners, total, &result));
    TRY(vector_list_reserve(out, total, call->arena));
    TRY(vector_copy(&out->children[0], 0, &result, NULL, 0, total, call->arena));
    out->child_count = total;
    return DBX_OK;
}

static const function_row test_rows[] = {
    {.name = "+", .kernel = test_add, .flags = FN_TOTAL},
    {.name = "/", .kernel = test_divide},
    {.name = "<", .kernel = test_less, .flags = FN_TOTAL},
    {.name = "isnull", .kernel = test_is_null, .flags = NULLS_AWARE | FN_TOTAL},
    {.name = "counter", .kernel = test_volatile, .flags = FN_VOLATILE},
    {.name = "double", .kernel = test_double},
    {.name = "transform", .kernel = test_transform},
    {.name = "coalesce", .op = OP_COALESCE},
    {.name = "if", .op = OP_IF},
    {.name = "nvl2", .op = OP_NVL2},
    {.name = "safe_double", .kernel = test_double, .flags = FN_NEVER_FAILS},
    {.name = "checked_add", .kernel = test_checked_add, .flags = FN_SPECULATIVE},
};
enum {
    F_ADD,
    F_DIVIDE,
    F_LESS,
    F_IS_NULL,
    F_COUNTER,
    F_DOUBLE,
    F_TRANSFORM,
    F_COALESCE,
    F_IF,
    F_NVL2,
    F_SAFE_DOUBLE,
    F_CHECKED_ADD
};

/* ---- fixture --------------------------------------------------------------------------------- */

typedef struct eval_fixture {
    query query;
    arena arena;
    error err;
    uint64_t random;
} eval_fixture;

static void eval_init(eval_fixture *f) {
    memset(f, 0, sizeof(*f));
    ledger_init(&f->query.ledger, NULL, "test", SIZE_MAX);
    arena_init(&f->arena, &f->query.ledger);
    error_init(&f->err);
    f->random = 1;
    eval_calls = eval_rows_seen = 0;
}
static void eval_deinit(eval_fixture *f) {
    error_deinit(&f->err);
    arena_deinit(&f->arena);
    ledger_deinit(&f->query.ledger);
}
static uint32_t eval_random(eval_fixture *f, uint32_t below) {
    f->random = f->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(f->random >> 33) % below;
}

static type bigint(void) {
    return type_simple(TYPE_BIGINT);
}
static type boolean(void) {
    return type_simple(TYPE_BOOLEAN);
}

static expr *slot(eval_fixture *f, uint32_t n, type t) {
    expr *x = expr_new(&f->arena, EXPR_SLOT, t, true, (span){0, 0}, 0);
    x->u.slot = n;
    return x;
}
static expr *number(eval_fixture *f, int64_t n) {
    return expr_constant_int64(&f->arena, bigint(), n, (span){0, 0});
}
static expr *node(eval_fixture *f, expr_kind kind, type t, uint32_t count, expr *const *args) {
    expr *x = expr_new(&f->arena, kind, t, true, (span){0, 0}, count);
    for (uint32_t i = 0; i < count; i++) x->args[i] = args[i];
    return x;
}
static expr *call(eval_fixture *f, int function, type t, uint32_t count, expr *const *args) {
    expr *x = node(f, EXPR_CALL, t, count, args);
    x->u.call = (expr_call){.row = &test_rows[function], .kernel = test_rows[function].kernel};
    if (function == F_COUNTER) x->u.call.scratch_size = sizeof(uint64_t);
    return x;
}
#define CALL(f, function, t, ...)                                                                  \
    call((f), (function), (t), sizeof((expr *[]){__VA_ARGS__}) / sizeof(expr *),                   \
         (expr *[]){__VA_ARGS__})
#define NODE(f, kind, t, ...)                                                                      \
    node((f), (kind), (t), sizeof((expr *[]){__VA_ARGS__}) / sizeof(expr *),                       \
         (expr *[]){__VA_ARGS__})

static evaluator *compile(eval_fixture *f, expr *const *exprs, uint32_t count) {
    const program *p;
    evaluator *e;
    OK(program_compile(&f->arena, &f->query, exprs, count, &p, &f->err));
    OK(evaluator_new(p, &f->query, &f->query.ledger, CHUNK_ROWS_MAX, &e, &f->err));
    return e;
}

/* ---- the interpreter ------------------------------------------------------------------------- */

typedef struct datum {
    bool null, failed;
    int64_t value;
} datum;

static datum interpret(const expr *x, const chunk *in, uint32_t row);

static datum interpret_logic(const expr *x, const chunk *in, uint32_t row, bool decisive) {
    datum result = {.value = !decisive};
    for (uint32_t i = 0; i < x->arg_count; i++) {
        datum part = interpret(x->args[i], in, row);
        if (part.failed) return part;
        if (!part.null && part.value == decisive) return (datum){.value = decisive};
        if (part.null) result.null = true;
    }
    return result;
}

static datum interpret_call(const expr *x, const chunk *in, uint32_t row) {
    const function_row *f = x->u.call.row;
    if (f == &test_rows[F_COALESCE]) {
        datum d = {.null = true};
        for (uint32_t i = 0; i < x->arg_count && d.null && !d.failed; i++)
            d = interpret(x->args[i], in, row);
        return d;
    }
    datum a = interpret(x->args[0], in, row);
    if (a.failed) return a;
    if (f == &test_rows[F_IF]) return interpret(x->args[!a.null && a.value ? 1 : 2], in, row);
    if (f == &test_rows[F_NVL2]) return interpret(x->args[a.null ? 2 : 1], in, row);
    if (f == &test_rows[F_IS_NULL]) return (datum){.value = a.null};
    datum b = interpret(x->args[1], in, row);
    if (b.failed) return b;
    if (a.null || b.null) return (datum){.null = true};
    if (f == &test_rows[F_ADD]) return (datum){.value = a.value + b.value};
    if (f == &test_rows[F_CHECKED_ADD])
        return (datum){.failed = a.value + b.value == 11, .value = a.value + b.value};
    if (f == &test_rows[F_LESS]) return (datum){.value = a.value < b.value};
    if (b.value == 0) return (datum){.failed = true};
    return (datum){.null = a.value == 7, .value = a.value / b.value};
}

static datum interpret_in(const expr *x, const chunk *in, uint32_t row) {
    datum a = interpret(x->args[0], in, row), result = {.value = 0};
    if (a.failed) return a;
    for (uint32_t i = 1; i < x->arg_count; i++) {
        datum b = interpret(x->args[i], in, row);
        if (b.failed) return b;
        if (!a.null && !b.null && a.value == b.value) return (datum){.value = 1};
        if (a.null || b.null) result.null = true;
    }
    return result;
}

static datum interpret_value(const vector *v, uint32_t row) {
    vector_view view = vector_view_of(v);
    uint32_t i = view_index(&view, row);
    if (!validity_get(view.validity, i)) return (datum){.null = true};
    if (v->phys == PHYS_BOOL) return (datum){.value = ((const uint8_t *)view.data)[i]};
    return (datum){.value = ((const int64_t *)view.data)[i]};
}

static datum interpret(const expr *x, const chunk *in, uint32_t row) {
    switch (x->kind) {
    case EXPR_CONSTANT:
        return interpret_value(x->u.value, 0);
    case EXPR_SLOT:
        return interpret_value(&in->columns[x->u.slot], row);
    case EXPR_AND:
        return interpret_logic(x, in, row, false);
    case EXPR_OR:
        return interpret_logic(x, in, row, true);
    case EXPR_NOT: {
        datum d = interpret(x->args[0], in, row);
        d.value = !d.value;
        return d;
    }
    case EXPR_IN:
        return interpret_in(x, in, row);
    case EXPR_CASE:
        for (uint32_t i = 0; i + 1 < x->arg_count; i += 2) {
            datum d = interpret(x->args[i], in, row);
            if (d.failed) return d;
            if (!d.null && d.value) return interpret(x->args[i + 1], in, row);
        }
        return interpret(x->args[x->arg_count - 1], in, row);
    default:
        return interpret_call(x, in, row);
    }
}

/* ---- random expressions ---------------------------------------------------------------------- */

enum { NUMBER_SLOTS = 3, BOOL_SLOTS = 1 };

static expr *random_bool(eval_fixture *f, uint32_t depth);

static expr *random_constant(eval_fixture *f) {
    if (eval_random(f, 8) == 0) return expr_constant_null(&f->arena, bigint(), (span){0, 0});
    return number(f, (int64_t)eval_random(f, 10) - 2);
}

static expr *random_number(eval_fixture *f, uint32_t depth) {
    if (depth == 0)
        return eval_random(f, 3) ? slot(f, eval_random(f, NUMBER_SLOTS), bigint())
                                 : random_constant(f);
    switch (eval_random(f, 9)) {
    case 0:
        return CALL(f, F_CHECKED_ADD, bigint(), random_number(f, depth - 1),
                    random_number(f, depth - 1));
    case 1:
        return CALL(f, F_ADD, bigint(), random_number(f, depth - 1), random_number(f, depth - 1));
    case 8:
        return NODE(f, EXPR_CASE, bigint(), random_bool(f, depth - 1),
                    CALL(f, F_CHECKED_ADD, bigint(), random_number(f, 0), random_number(f, 0)),
                    random_number(f, 0));
    case 2:
        return CALL(f, F_DIVIDE, bigint(), random_number(f, depth - 1),
                    random_number(f, depth - 1));
    case 3:
        return NODE(f, EXPR_CASE, bigint(), random_bool(f, depth - 1), random_number(f, depth - 1),
                    random_bool(f, depth - 1), random_number(f, depth - 1),
                    random_number(f, depth - 1));
    case 4:
        return NODE(f, EXPR_CASE, bigint(), random_bool(f, depth - 1), random_number(f, 0),
                    random_number(f, 0));
    case 5:
        return CALL(f, F_COALESCE, bigint(), random_number(f, depth - 1),
                    random_number(f, depth - 1), random_number(f, depth - 1));
    case 6:
        return CALL(f, F_IF, bigint(), random_bool(f, depth - 1), random_number(f, depth - 1),
                    random_number(f, depth - 1));
    default:
        return CALL(f, F_NVL2, bigint(), random_number(f, depth - 1), random_number(f, depth - 1),
                    random_number(f, depth - 1));
    }
}

static expr *random_bool(eval_fixture *f, uint32_t depth) {
    if (depth == 0) return slot(f, NUMBER_SLOTS, boolean());
    switch (eval_random(f, 8)) {
    case 0:
        return NODE(f, EXPR_AND, boolean(), random_bool(f, depth - 1), random_bool(f, depth - 1));
    case 1:
        return NODE(f, EXPR_OR, boolean(), random_bool(f, depth - 1), random_bool(f, depth - 1),
                    random_bool(f, depth - 1));
    case 2:
        return NODE(f, EXPR_NOT, boolean(), random_bool(f, depth - 1));
    case 3:
        return CALL(f, F_IS_NULL, boolean(), random_number(f, depth - 1));
    case 4:
        return NODE(f, EXPR_IN, boolean(), random_number(f, depth - 1), random_constant(f),
                    random_constant(f), random_constant(f));
    case 5:
        return NODE(f, EXPR_IN, boolean(), random_number(f, depth - 1), random_number(f, depth - 1),
                    random_constant(f));
    default:
        return CALL(f, F_LESS, boolean(), random_number(f, depth - 1), random_number(f, depth - 1));
    }
}

static void random_column(eval_fixture *f, vector *v, type t, uint32_t rows, uint64_t dict_id) {
    uint32_t form = eval_random(f, 4), capacity = form == 3 ? 50 : rows;
    OK(vector_init(v, t, capacity, &f->arena));
    for (uint32_t i = 0; i < capacity; i++) {
        if (t.id == TYPE_BOOLEAN)
            VECTOR_DATA(v, uint8_t)[i] = eval_random(f, 2);
        else
            VECTOR_DATA(v, int64_t)[i] = (int64_t)eval_random(f, 10) - 2;
        if (eval_random(f, 6) != 0) continue;
        OK(vector_ensure_validity(v, &f->arena));
        validity_set_null(v->validity, i);
    }
    if (form == 1)
        OK(vector_constant_at(v,
                              &(vector){.type = v->type,
                                        .phys = v->phys,
                                        .data = v->data,
                                        .validity = v->validity,
                                        .capacity = rows},
                              0, &f->arena));
    if (form < 2) return;
    sel_t *sel = ARENA_ARRAY(&f->arena, sel_t, rows);
    for (uint32_t i = 0; i < rows; i++) sel[i] = eval_random(f, capacity);
    OK(vector_slice(v, v, sel, rows, &f->arena));
    v->dict_stable = form == 3;
    v->dict_id = form == 3 ? dict_id : 0;
}

static uint32_t random_rows(eval_fixture *f, uint32_t rows, sel_t *sel) {
    uint32_t n = 0, keep = 1 + eval_random(f, 10);
    for (uint32_t i = 0; i < rows; i++) {
        if (eval_random(f, 10) < keep) sel[n++] = i;
    }
    return n;
}

Test(eval, agrees_with_an_interpreter) {
    eval_fixture f;
    eval_init(&f);
    uint32_t compared = 0, failures = 0;
    for (uint32_t round = 0; round < 1200; round++) {
        arena_reset(&f.arena);
        expr *exprs[3] = {random_number(&f, 1 + round % 4), random_bool(&f, 1 + round % 4), NULL};
        exprs[2] = CALL(&f, F_ADD, bigint(), exprs[0], random_number(&f, 1));
        evaluator *e = compile(&f, exprs, 3);
        for (uint32_t piece = 0; piece < 3; piece++) {
            uint32_t rows = piece == 1 ? 130 : 64 + eval_random(&f, 100);
            vector columns[NUMBER_SLOTS + BOOL_SLOTS], results[3];
            for (uint32_t i = 0; i < NUMBER_SLOTS; i++)
                random_column(&f, &columns[i], bigint(), rows, 100 + piece * 8 + i);
            random_column(&f, &columns[NUMBER_SLOTS], boolean(), rows, 100 + piece * 8 + 7);
            chunk in = {
                .columns = columns, .column_count = NUMBER_SLOTS + BOOL_SLOTS, .rows = rows};
            sel_t sel[256];
            bool dense = eval_random(&f, 2);
            uint32_t n = dense ? rows : random_rows(&f, rows, sel);
            bool must_fail = false;
            for (uint32_t i = 0; i < n && !must_fail; i++) {
                for (uint32_t k = 0; k < 3; k++)
                    must_fail |= interpret(exprs[k], &in, dense ? i : sel[i]).failed;
            }
            dbx_status status = evaluator_run(e, &in, dense ? NULL : sel, n, results, &f.err);
            cr_assert_eq(status, must_fail ? DBX_ERROR : DBX_OK, "round %u", round);
            failures += must_fail;
            error_clear(&f.err);
            for (uint32_t i = 0; i < n && !must_fail; i++) {
                uint32_t row = dense ? i : sel[i];
                for (uint32_t k = 0; k < 3; k++) {
                    datum expected = interpret(exprs[k], &in, row),
                          got = interpret_value(&results[k], row);
                    cr_assert_eq(got.null, expected.null, "round %u row %u expression %u", round,
                                 row, k);
                    if (!got.null)
                        cr_assert_eq(got.value, expected.value, "round %u row %u expression %u",
                                     round, row, k);
                    compared++;
                }
            }
        }
        evaluator_free(e);
    }
    cr_assert_gt(compared, 100000);
    cr_assert_gt(failures, 100);
    eval_deinit(&f);
}

Test(eval, filters_agree_with_an_interpreter) {
    eval_fixture f;
    eval_init(&f);
    for (uint32_t round = 0; round < 400; round++) {
        arena_reset(&f.arena);
        expr *exprs[3] = {random_bool(&f, 2), random_bool(&f, 1 + round % 3), random_bool(&f, 2)};
        evaluator *e = compile(&f, exprs, 3);
        for (uint32_t piece = 0; piece < 12; piece++) {
            uint32_t rows = 200;
            vector columns[NUMBER_SLOTS + BOOL_SLOTS];
            for (uint32_t i = 0; i < NUMBER_SLOTS; i++)
                random_column(&f, &columns[i], bigint(), rows, 100 + piece * 8 + i);
            random_column(&f, &columns[NUMBER_SLOTS], boolean(), rows, 100 + piece * 8 + 7);
            chunk in = {
                .columns = columns, .column_count = NUMBER_SLOTS + BOOL_SLOTS, .rows = rows};
            sel_t sel[256], out[256], expected[256];
            bool dense = eval_random(&f, 2);
            uint32_t n = dense ? rows : random_rows(&f, rows, sel), kept = 0, count = 0;
            bool may_fail = false;
            for (uint32_t i = 0; i < n; i++) {
                uint32_t row = dense ? i : sel[i];
                bool holds = true;
                for (uint32_t k = 0; k < 3 && holds; k++) {
                    datum d = interpret(exprs[k], &in, row);
                    may_fail |= d.failed;
                    holds = !d.null && d.value;
                }
                if (holds) expected[count++] = row;
            }
            dbx_status status = evaluator_filter(e, &in, dense ? NULL : sel, n, out, &kept, &f.err);
            error_clear(&f.err);
            if (may_fail) continue; /* another conjunct may have dropped the row first */
            cr_assert_eq(status, DBX_OK,
                         "a conjunct must not fail on rows that an earlier one drops");
            cr_assert_eq(kept, count, "round %u", round);
            if (count > 0) cr_assert_arr_eq(out, expected, count * sizeof(sel_t));
        }
        evaluator_free(e);
    }
    eval_deinit(&f);
}

/* ---- single promises ------------------------------------------------------------------------- */

static void number_column(eval_fixture *f, vector *v, uint32_t rows) {
    OK(vector_init(v, bigint(), rows, &f->arena));
    for (uint32_t i = 0; i < rows; i++) VECTOR_DATA(v, int64_t)[i] = i;
}

Test(eval, common_subexpressions_are_computed_once) {
    eval_fixture f;
    eval_init(&f);
    expr *sum = CALL(&f, F_ADD, bigint(), slot(&f, 0, bigint()), number(&f, 1));
    expr *again = CALL(&f, F_ADD, bigint(), slot(&f, 0, bigint()), number(&f, 1));
    expr *exprs[] = {sum, NODE(&f, EXPR_CASE, bigint(),
                               CALL(&f, F_LESS, boolean(), again, number(&f, 5)), again,
                               CALL(&f, F_ADD, bigint(), again, again))};
    evaluator *e = compile(&f, exprs, 2);
    vector column, results[2];
    number_column(&f, &column, 100);
    chunk in = {.columns = &column, .column_count = 1, .rows = 100};
    OK(evaluator_run(e, &in, NULL, 100, results, &f.err));
    cr_assert_eq(eval_calls, 2, "a + 1 once, and its double");
    cr_assert_eq(interpret_value(&results[1], 3).value, 4);
    cr_assert_eq(interpret_value(&results[1], 10).value, 22);
    evaluator_free(e);
    eval_deinit(&f);
}

Test(eval, constants_are_computed_once_and_volatile_calls_always) {
    eval_fixture f;
    eval_init(&f);
    expr *exprs[] = {CALL(&f, F_ADD, bigint(), number(&f, 2), number(&f, 3)),
                     call(&f, F_COUNTER, bigint(), 0, NULL),
                     call(&f, F_COUNTER, bigint(), 0, NULL)};
    evaluator *e = compile(&f, exprs, 3);
    vector results[3];
    chunk in = {.rows = 100};
    for (int i = 0; i < 3; i++) OK(evaluator_run(e, &in, NULL, 100, results, &f.err));
    cr_assert_eq(eval_rows_seen, 1);
    cr_assert_eq(results[0].form, VECTOR_CONSTANT);
    cr_assert_eq(interpret_value(&results[0], 99).value, 5);
    cr_assert_eq(interpret_value(&results[1], 99).value, 299,
                 "scratch lives on, each row is called");
    cr_assert_eq(interpret_value(&results[2], 0).value, 200, "two calls are two counters");
    const vector *folded;
    OK(expr_fold(&f.arena, &f.query, exprs[0], &folded, &f.err));
    cr_assert_eq(interpret_value(folded, 0).value, 5);
    cr_assert_not(expr_is_foldable(exprs[1]));
    evaluator_free(e);
    eval_deinit(&f);
}

static void string_dictionary(eval_fixture *f, vector *v, uint32_t entries, uint32_t rows,
                              uint64_t id) {
    vector values;
    OK(vector_init(&values, type_simple(TYPE_STRING), entries, &f->arena));
    for (uint32_t i = 0; i < entries; i++) {
        char *text = i == 9 ? "bad" : arena_printf(&f->arena, "entry number %u", i);
        VECTOR_DATA(&values, vstring)[i] = vstring_from(text, strlen(text));
    }
    OK(vector_ensure_validity(&values, &f->arena));
    validity_set_null(values.validity, 5);
    sel_t *sel = ARENA_ARRAY(&f->arena, sel_t, rows);
    for (uint32_t i = 0; i < rows; i++) sel[i] = i % 9;
    OK(vector_slice(v, &values, sel, rows, &f->arena));
    v->dict_stable = true;
    v->dict_id = id;
}

Test(eval, stable_dictionaries_are_computed_per_entry) {
    eval_fixture f;
    eval_init(&f);
    type text = type_simple(TYPE_STRING);
    expr *once = CALL(&f, F_DOUBLE, text, slot(&f, 0, text));
    expr *exprs[] = {CALL(&f, F_DOUBLE, text, once)};
    evaluator *e = compile(&f, exprs, 1);
    vector column, result;
    string_dictionary(&f, &column, 3000, 1000, 77);
    chunk in = {.columns = &column, .column_count = 1, .rows = 1000};
    for (int run = 0; run < 3; run++) {
        OK(evaluator_run(e, &in, NULL, 1000, &result, &f.err));
        cr_assert_eq(result.form, VECTOR_DICTIONARY);
        cr_assert_not(result.dict_stable, "entries that no row named are not computed");
        vector_view v = vector_view_of(&result);
        for (uint32_t i = 0; i < 1000; i++) {
            cr_assert_eq(view_valid(&v, i), i % 9 != 5);
            char *expected = arena_printf(
                &f.arena, "entry number %uentry number %uentry number %uentry number %u", i % 9,
                i % 9, i % 9, i % 9);
            if (i % 9 == 5) continue;
            cr_assert(sv_equal(vstring_view(&((const vstring *)v.data)[view_index(&v, i)]),
                               sv_from(expected)));
        }
    }
    cr_assert_eq(eval_calls, 2,
                 "one call each for the 8 entries that are named and valid; entry 9 would fail");
    cr_assert_eq(eval_rows_seen, 16);
    column.dict_id = 78;
    OK(evaluator_run(e, &in, NULL, 10, &result, &f.err));
    cr_assert_eq(eval_calls, 4, "another dictionary");
    evaluator_free(e);
    /* a kernel that never fails gives a stable dictionary */
    expr *safe[] = {CALL(&f, F_SAFE_DOUBLE, text, slot(&f, 0, text))};
    e = compile(&f, safe, 1);
    string_dictionary(&f, &column, 9, 1000, 79);
    OK(evaluator_run(e, &in, NULL, 1000, &result, &f.err));
    cr_assert(result.dict_stable);
    cr_assert_neq(result.dict_id, 79);
    vector_check(&result, 1000);
    evaluator_free(e);
    eval_deinit(&f);
}

Test(eval, in_sets_of_every_kind) {
    eval_fixture f;
    eval_init(&f);
    type text = type_simple(TYPE_STRING), decimal = type_decimal(30, 0);
    vector columns[3];
    number_column(&f, &columns[0], 100);
    OK(vector_init(&columns[1], text, 100, &f.arena));
    OK(vector_init(&columns[2], decimal, 100, &f.arena));
    for (uint32_t i = 0; i < 100; i++) {
        char *s = arena_printf(&f.arena, i % 2 ? "s%u" : "a longer string %u", i);
        VECTOR_DATA(&columns[1], vstring)[i] = vstring_from(s, strlen(s));
        VECTOR_DATA(&columns[2], __int128)[i] = (__int128)i << 70;
    }
    vector *big = ARENA_NEW(&f.arena, vector);
    OK(vector_init(big, decimal, 1, &f.arena));
    *VECTOR_DATA(big, __int128) = (__int128)42 << 70;
    big->form = VECTOR_CONSTANT;
    expr *s42 = expr_constant_string(&f.arena, SV("a longer string 42"), (span){0, 0});
    expr *s43 = expr_constant_string(&f.arena, SV("s43"), (span){0, 0});
    expr *exprs[] = {
        NODE(&f, EXPR_IN, boolean(), slot(&f, 0, bigint()), number(&f, 42), number(&f, -1)),
        NODE(&f, EXPR_IN, boolean(), slot(&f, 0, bigint()), number(&f, 42), number(&f, INT64_MAX),
             number(&f, INT64_MIN)),
        NODE(&f, EXPR_IN, boolean(), slot(&f, 1, text), s42, s43,
             expr_constant_null(&f.arena, text, (span){0, 0})),
        NODE(&f, EXPR_IN, boolean(), slot(&f, 2, decimal),
             expr_constant(&f.arena, big, (span){0, 0})),
    };
    evaluator *e = compile(&f, exprs, 4);
    chunk in = {.columns = columns, .column_count = 3, .rows = 100};
    vector results[4];
    OK(evaluator_run(e, &in, NULL, 100, results, &f.err));
    for (uint32_t i = 0; i < 100; i++) {
        cr_assert_eq(interpret_value(&results[0], i).value, i == 42);
        cr_assert_eq(interpret_value(&results[1], i).value, i == 42);
        datum d = interpret_value(&results[2], i);
        cr_assert_eq(d.null, i != 42 && i != 43, "a miss is NULL when the list has a NULL");
        cr_assert_eq(interpret_value(&results[3], i).value, i == 42);
    }
    evaluator_free(e);
    eval_deinit(&f);
}

/* lists: row i has i % 5 numbers i, i + 1, … */
static void list_column(eval_fixture *f, vector *v, type t, uint32_t rows, uint32_t longest) {
    OK(vector_init(v, t, rows, &f->arena));
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t length = i % longest;
        VECTOR_DATA(v, list_entry)[i] = (list_entry){v->child_count, length};
        OK(vector_list_reserve(v, v->child_count + length, &f->arena));
        for (uint32_t k = 0; k < length; k++)
            VECTOR_DATA(&v->children[0], int64_t)[v->child_count++] = i + k;
    }
}

static expr *lambda(eval_fixture *f, column_id param, expr *body) {
    expr *x = NODE(f, EXPR_LAMBDA, body->type, body);
    column_id *ids = ARENA_NEW(&f->arena, column_id);
    type *types = ARENA_NEW(&f->arena, type);
    *ids = param;
    *types = bigint();
    x->u.lambda.params = ids;
    x->u.lambda.param_types = types;
    x->u.lambda.param_count = 1;
    return x;
}

Test(eval, lambdas_see_captured_columns) {
    eval_fixture f;
    eval_init(&f);
    type list;
    OK(type_array(&f.arena, bigint(), true, &list));
    /* transform(l, x -> x + (n + 1)) where n is a column: n + 1 is computed per row, not per
     * element */
    expr *outside = CALL(&f, F_ADD, bigint(), slot(&f, 1, bigint()), number(&f, 1));
    expr *body =
        CALL(&f, F_ADD, bigint(), expr_column(&f.arena, 9, bigint(), true, (span){0, 0}), outside);
    expr *exprs[] = {CALL(&f, F_TRANSFORM, list, slot(&f, 0, list), lambda(&f, 9, body))};
    evaluator *e = compile(&f, exprs, 1);
    vector columns[2], result;
    list_column(&f, &columns[0], list, 1000, 8);
    number_column(&f, &columns[1], 1000);
    chunk in = {.columns = columns, .column_count = 2, .rows = 1000};
    for (int run = 0; run < 2; run++) {
        OK(evaluator_run(e, &in, NULL, 1000, &result, &f.err));
        vector_view v = vector_view_of(&result), items = vector_view_of(&v.base->children[0]);
        for (uint32_t i = 0; i < 1000; i++) {
            list_entry entry = ((const list_entry *)v.data)[view_index(&v, i)];
            cr_assert_eq(entry.length, i % 8);
            for (uint32_t k = 0; k < entry.length; k++) {
                int64_t got = ((const int64_t *)items.data)[view_index(&items, entry.offset + k)];
                cr_assert_eq(got, (int64_t)(i + k) + i + 1);
            }
        }
    }
    cr_assert_eq(eval_rows_seen, 2 * (1000 + 3500),
                 "n + 1 by row, x + … by element (in pieces of a chunk)");
    evaluator_free(e);
    eval_deinit(&f);
}

Test(eval, lambdas_nest) {
    eval_fixture f;
    eval_init(&f);
    type list, lists;
    OK(type_array(&f.arena, bigint(), true, &list));
    OK(type_array(&f.arena, list, true, &lists));
    /* transform(a, x -> transform(b, y -> x / y + n)): y is 0 nowhere since b's elements start at 1
     */
    expr *x = expr_column(&f.arena, 5, bigint(), true, (span){0, 0});
    expr *y = expr_column(&f.arena, 6, bigint(), true, (span){0, 0});
    expr *body = CALL(&f, F_ADD, bigint(), CALL(&f, F_ADD, bigint(), x, y), slot(&f, 2, bigint()));
    expr *inner = CALL(&f, F_TRANSFORM, list, slot(&f, 1, list), lambda(&f, 6, body));
    expr *exprs[] = {CALL(&f, F_TRANSFORM, lists, slot(&f, 0, list), lambda(&f, 5, inner))};
    evaluator *e = compile(&f, exprs, 1);
    vector columns[3], result;
    list_column(&f, &columns[0], list, 50, 4);
    list_column(&f, &columns[1], list, 50, 3);
    number_column(&f, &columns[2], 50);
    chunk in = {.columns = columns, .column_count = 3, .rows = 50};
    sel_t sel[50];
    uint32_t n = 0;
    for (uint32_t i = 1; i < 50; i += 2) sel[n++] = i;
    OK(evaluator_run(e, &in, sel, n, &result, &f.err));
    vector_view outer = vector_view_of(&result), middle = vector_view_of(&outer.base->children[0]);
    vector_view items = vector_view_of(&middle.base->children[0]);
    for (uint32_t s = 0; s < n; s++) {
        uint32_t i = sel[s];
        list_entry a = ((const list_entry *)outer.data)[view_index(&outer, i)];
        cr_assert_eq(a.length, i % 4);
        for (uint32_t k = 0; k < a.length; k++) {
            list_entry b = ((const list_entry *)middle.data)[view_index(&middle, a.offset + k)];
            cr_assert_eq(b.length, i % 3);
            for (uint32_t m = 0; m < b.length; m++) {
                int64_t got = ((const int64_t *)items.data)[view_index(&items, b.offset + m)];
                cr_assert_eq(got, (int64_t)(i + k) + (i + m) + i);
            }
        }
    }
    evaluator_free(e);
    eval_deinit(&f);
}

Test(eval, nested_values_are_chosen_row_by_row) {
    eval_fixture f;
    eval_init(&f);
    type list;
    OK(type_array(&f.arena, bigint(), true, &list));
    expr *odd = slot(&f, 2, boolean());
    expr *exprs[] = {NODE(&f, EXPR_CASE, list, odd, slot(&f, 0, list), slot(&f, 1, list))};
    evaluator *e = compile(&f, exprs, 1);
    vector columns[3], result;
    list_column(&f, &columns[0], list, 100, 4);
    list_column(&f, &columns[1], list, 100, 7);
    OK(vector_init(&columns[2], boolean(), 100, &f.arena));
    for (uint32_t i = 0; i < 100; i++) VECTOR_DATA(&columns[2], uint8_t)[i] = i % 2;
    chunk in = {.columns = columns, .column_count = 3, .rows = 100};
    OK(evaluator_run(e, &in, NULL, 100, &result, &f.err));
    vector_view v = vector_view_of(&result), items = vector_view_of(&v.base->children[0]);
    for (uint32_t i = 0; i < 100; i++) {
        list_entry entry = ((const list_entry *)v.data)[view_index(&v, i)];
        cr_assert_eq(entry.length, i % 2 ? i % 4 : i % 7);
        for (uint32_t k = 0; k < entry.length; k++) {
            cr_assert_eq(((const int64_t *)items.data)[view_index(&items, entry.offset + k)],
                         i + k);
        }
    }
    evaluator_free(e);
    eval_deinit(&f);
}

Test(eval, steady_state_allocates_nothing) {
    eval_fixture f;
    eval_init(&f);
    expr *exprs[] = {random_bool(&f, 3), random_bool(&f, 4), random_number(&f, 0)};
    exprs[2] = CALL(&f, F_COALESCE, bigint(),
                    CALL(&f, F_ADD, bigint(), slot(&f, 0, bigint()), number(&f, 4)), exprs[2]);
    evaluator *e = compile(&f, exprs, 3);
    vector columns[NUMBER_SLOTS + BOOL_SLOTS], results[3];
    for (uint32_t i = 0; i < NUMBER_SLOTS; i++) number_column(&f, &columns[i], 1000);
    OK(vector_init(&columns[NUMBER_SLOTS], boolean(), 1000, &f.arena));
    memset(columns[NUMBER_SLOTS].data, 1, 1000);
    chunk in = {.columns = columns, .column_count = NUMBER_SLOTS + BOOL_SLOTS, .rows = 1000};
    size_t used = 0;
    for (int run = 0; run < 20; run++) {
        (void)!evaluator_run(e, &in, NULL, 1000, results, &f.err);
        if (run == 3) used = f.query.ledger.used;
        if (run > 3) cr_assert_eq(f.query.ledger.used, used);
    }
    evaluator_free(e);
    eval_deinit(&f);
}

Test(eval, no_rows_are_no_problem) {
    eval_fixture f;
    eval_init(&f);
    expr *exprs[] = {CALL(&f, F_DIVIDE, bigint(), number(&f, 1), number(&f, 0)),
                     slot(&f, 0, bigint())};
    evaluator *e = compile(&f, exprs, 2);
    vector column, results[2];
    number_column(&f, &column, 10);
    chunk in = {.columns = &column, .column_count = 1, .rows = 10};
    OK(evaluator_run(e, &in, NULL, 0, results, &f.err));
    cr_assert_eq(evaluator_run(e, &in, NULL, 1, results, &f.err), DBX_ERROR);
    cr_assert_eq(f.err.cls, ERR_DIVIDE_BY_ZERO);
    evaluator_free(e);
    eval_deinit(&f);
}

#ifdef DBX_FAULT_INJECTION
/* Every allocation fails once: an error, never a crash or a leak (the ledger asserts that). */
Test(eval, survives_every_failed_allocation) {
    for (uint64_t nth = 1;; nth++) {
        eval_fixture f;
        eval_init(&f);
        type list, text = type_simple(TYPE_STRING);
        OK(type_array(&f.arena, bigint(), true, &list));
        expr *body =
            CALL(&f, F_ADD, bigint(), expr_column(&f.arena, 9, bigint(), true, (span){0, 0}),
                 slot(&f, 0, bigint()));
        expr *is_small = CALL(&f, F_LESS, boolean(), slot(&f, 0, bigint()), number(&f, 5));
        expr *exprs[] = {
            CALL(&f, F_TRANSFORM, list, slot(&f, 1, list), lambda(&f, 9, body)),
            CALL(&f, F_DOUBLE, text, slot(&f, 2, text)),
            NODE(&f, EXPR_CASE, list, is_small, slot(&f, 1, list),
                 expr_constant_null(&f.arena, list, (span){0, 0})),
            CALL(&f, F_COALESCE, bigint(),
                 CALL(&f, F_DIVIDE, bigint(), slot(&f, 0, bigint()), number(&f, 2)), number(&f, 3)),
            NODE(&f, EXPR_IN, boolean(), slot(&f, 0, bigint()), number(&f, 1),
                 number(&f, INT64_MAX)),
        };
        vector columns[3], results[5];
        number_column(&f, &columns[0], 100);
        list_column(&f, &columns[1], list, 100, 5);
        string_dictionary(&f, &columns[2], 20, 100, 3);
        chunk in = {.columns = columns, .column_count = 3, .rows = 100};
        ledger l;
        ledger_init(&l, &f.query.ledger, "evaluated", SIZE_MAX);
        arena a;
        arena_init(&a, &l);
        fault_arm(FAULT_ALLOC, nth);
        const program *p;
        evaluator *e = NULL;
        dbx_status status = program_compile(&a, &f.query, exprs, 5, &p, &f.err);
        if (status == DBX_OK) status = evaluator_new(p, &f.query, &l, CHUNK_ROWS_MAX, &e, &f.err);
        if (status == DBX_OK) status = evaluator_run(e, &in, NULL, 100, results, &f.err);
        bool done = status == DBX_OK;
        if (!done) {
            cr_assert_eq(status, DBX_NOMEM);
            cr_assert_eq(f.err.cls, ERR_OUT_OF_MEMORY);
        }
        fault_arm(FAULT_ALLOC, 0);
        if (e != NULL && !done) { /* and it works afterwards */
            error_clear(&f.err);
            OK(evaluator_run(e, &in, NULL, 100, results, &f.err));
        }
        evaluator_free(e);
        arena_deinit(&a);
        ledger_deinit(&l);
        eval_deinit(&f);
        if (done) break;
    }
}
#endif
