/* functions_test.c - signatures, casts, operators: values checked by hand or against Spark. */
#include "functions/cast.h"
#include "vector/datetime_text.h"
#include "vector/interval_text.h"
#include "functions/signature.h"
#include "kernel/calendar.h"
#include "kernel/int128.h"

#include <criterion/criterion.h>

typedef struct bench {
    ledger ledger;
    arena arena;
    settings settings;
    query query;
    error err;
} bench;

static void bench_init(bench *b) {
    memset(b, 0, sizeof(*b));
    ledger_init(&b->ledger, NULL, "test", SIZE_MAX);
    arena_init(&b->arena, &b->ledger);
    settings_init(&b->settings, &b->ledger);
    ledger_init(&b->query.ledger, &b->ledger, "query", SIZE_MAX);
    b->query.settings = &b->settings;
    error_init(&b->err);
}

static void bench_deinit(bench *b) {
    error_deinit(&b->err);
    settings_deinit(&b->settings);
    arena_deinit(&b->arena);
}

static vector *text_constant(bench *b, const char *text) {
    vector *v = ARENA_NEW(&b->arena, vector);
    cr_assert_eq(vector_init(v, type_simple(TYPE_STRING), 1, &b->arena), DBX_OK);
    v->form = VECTOR_CONSTANT;
    VECTOR_DATA(v, vstring)[0] = vstring_from(text, strlen(text));
    return v;
}

static const char *as_text(bench *b, const vector *v, uint32_t row) {
    buffer out;
    buffer_init(&out, &b->ledger);
    cr_assert_eq(value_append_text(&out, v, row, DBX_TEXT_CAST, &b->query), DBX_OK);
    string_view copy = arena_copy_string(&b->arena, buffer_view(&out));
    buffer_deinit(&out);
    return copy.data;
}

static vector *cast_vector(bench *b, const vector *from, type to, cast_mode mode) {
    scalar_kernel kernel;
    const void *state;
    bool can_fail;
    vector *out = ARENA_NEW(&b->arena, vector);
    if (cast_bind(&b->arena, &b->query, from->type, to, mode, (span){0, 0}, &kernel, &state,
                  &can_fail, &b->err) != DBX_OK)
        return NULL;
    cr_assert_eq(vector_init(out, to, 1, &b->arena), DBX_OK);
    fn_call call = {.query = &b->query,
                    .err = &b->err,
                    .arena = &b->arena,
                    .state = state,
                    .rows = 1,
                    .row_bound = 1,
                    .arg_types = &from->type,
                    .result_type = to};
    if (kernel(&call, from, out) != DBX_OK) return NULL;
    return out;
}

/* CAST('text' AS to) as text, or "<error class>". */
static const char *cast_text(bench *b, const char *text, type to) {
    error_clear(&b->err);
    vector *out = cast_vector(b, text_constant(b, text), to, CAST_ANSI);
    return out == NULL ? error_class_name(b->err.cls) : as_text(b, out, 0);
}

Test(cast, text_to_numbers) {
    bench b;
    bench_init(&b);
    cr_assert_str_eq(cast_text(&b, " 42 ", type_simple(TYPE_INT)), "42");
    cr_assert_str_eq(cast_text(&b, "1.5", type_simple(TYPE_INT)), "CAST_INVALID_INPUT");
    cr_assert_str_eq(cast_text(&b, "1234567890123", type_simple(TYPE_INT)), "CAST_INVALID_INPUT");
    cr_assert_str_eq(cast_text(&b, "-9223372036854775808", type_simple(TYPE_BIGINT)),
                     "-9223372036854775808");
    cr_assert_str_eq(cast_text(&b, "1e10", type_simple(TYPE_DOUBLE)), "1.0E10");
    cr_assert_str_eq(cast_text(&b, "0.001", type_simple(TYPE_DOUBLE)), "0.001");
    cr_assert_str_eq(cast_text(&b, "inf", type_simple(TYPE_DOUBLE)), "Infinity");
    cr_assert_str_eq(cast_text(&b, "1.1", type_simple(TYPE_FLOAT)), "1.1");
    cr_assert_str_eq(cast_text(&b, "99.995", type_decimal(5, 2)), "100.00");
    cr_assert_str_eq(cast_text(&b, "1e3", type_decimal(5, 2)),
                     "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION");
    cr_assert_str_eq(cast_text(&b, "12345678901234567890.5", type_decimal(38, 1)),
                     "12345678901234567890.5");
    cr_assert_str_eq(cast_text(&b, "Yes", type_simple(TYPE_BOOLEAN)), "true");
    bench_deinit(&b);
}

Test(cast, text_to_dates_and_times) {
    bench b;
    bench_init(&b);
    const time_zone *zone;
    cr_assert_eq(time_zone_load(&b.arena, SV("America/Los_Angeles"), &zone, &b.err), DBX_OK);
    b.query.zone = zone;
    cr_assert_str_eq(cast_text(&b, "2020-2-9", type_simple(TYPE_DATE)), "2020-02-09");
    cr_assert_str_eq(cast_text(&b, "2020-02-30", type_simple(TYPE_DATE)), "CAST_INVALID_INPUT");
    cr_assert_str_eq(cast_text(&b, "-0001-12-31", type_simple(TYPE_DATE)), "-0001-12-31");
    cr_assert_str_eq(cast_text(&b, "2020-07-01 12:30:00.120", type_simple(TYPE_TIMESTAMP)),
                     "2020-07-01 12:30:00.12");
    /* noon UTC is 5 in the morning with daylight saving */
    cr_assert_str_eq(cast_text(&b, "2020-07-01T12:00:00Z", type_simple(TYPE_TIMESTAMP)),
                     "2020-07-01 05:00:00");
    cr_assert_str_eq(cast_text(&b, "2020-12-01T12:00:00+01:00", type_simple(TYPE_TIMESTAMP)),
                     "2020-12-01 03:00:00");
    /* the gap of 2021-03-14: 02:30 does not exist and moves forward */
    cr_assert_str_eq(cast_text(&b, "2021-03-14 02:30:00", type_simple(TYPE_TIMESTAMP)),
                     "2021-03-14 03:30:00");
    /* far beyond the listed transitions */
    cr_assert_str_eq(cast_text(&b, "3020-07-01T12:00:00Z", type_simple(TYPE_TIMESTAMP)),
                     "3020-07-01 05:00:00");
    cr_assert_str_eq(cast_text(&b, "1800-01-01 00:00:00", type_simple(TYPE_TIMESTAMP)),
                     "1800-01-01 00:00:00");
    cr_assert_str_eq(cast_text(&b, "1-2", type_interval_ym(INTERVAL_YEAR, INTERVAL_MONTH)),
                     "INTERVAL '1-2' YEAR TO MONTH");
    cr_assert_str_eq(cast_text(&b, "1 02:03:04.5", type_interval_dt(INTERVAL_DAY, INTERVAL_SECOND)),
                     "INTERVAL '1 02:03:04.5' DAY TO SECOND");
    cr_assert_str_eq(cast_text(&b, "1 year -2 days 3.5 seconds", type_simple(TYPE_INTERVAL)),
                     "1 years -2 days 3.5 seconds");
    bench_deinit(&b);
}

Test(calendar, days_and_dates_agree) {
    for (int64_t d = -1000000; d < 1000000; d += 13) {
        civil_date c = calendar_civil(d);
        cr_assert_eq(calendar_days(c.year, c.month, c.day), d);
    }
    cr_assert_eq(calendar_days(1970, 1, 1), 0);
    cr_assert_eq(calendar_days(2000, 3, 1), 11017);
    cr_assert_eq(calendar_iso_week(calendar_days(2021, 1, 3), NULL), 53);
}

Test(decimal, result_types_are_those_of_spark) {
    type t = type_decimal_result(OP_MULTIPLY, type_decimal(15, 2), type_decimal(16, 2), true);
    cr_assert_eq(t.precision, 32);
    cr_assert_eq(t.scale, 4);
    t = type_decimal_result(OP_MULTIPLY, type_decimal(32, 4), type_decimal(16, 2), true);
    cr_assert_eq(t.precision, 38);
    cr_assert_eq(t.scale, 6);
    t = type_decimal_result(OP_DIVIDE, type_decimal(15, 2), type_decimal(15, 2), true);
    cr_assert_eq(t.precision, 33);
    cr_assert_eq(t.scale, 18);
    t = type_decimal_result(OP_ADD, type_decimal(38, 0), type_decimal(38, 10), true);
    cr_assert_eq(t.precision, 38);
    cr_assert_eq(t.scale, 6);
}

/* Calls name(args…), all given as constants. */
static vector *call_function(bench *b, const char *name, const vector *const *args,
                             uint32_t count) {
    uint32_t rows = 0;
    error_clear(&b->err);
    const function_row *row = function_lookup(sv_from(name), &rows);
    cr_assert_not_null(row, "no function %s", name);
    type types[8];
    for (uint32_t i = 0; i < count; i++) types[i] = args[i]->type;
    function_match m = {.arena = &b->arena,
                        .query = &b->query,
                        .err = &b->err,
                        .name = sv_from(name),
                        .arg_count = count,
                        .arg_types = types,
                        .constants = args};
    if (function_match_row(&m, row, rows) != DBX_OK || function_match_bind(&m) != DBX_OK)
        return NULL;
    vector *values = ARENA_ARRAY(&b->arena, vector, 9);
    bool null = false;
    for (uint32_t i = 0; i < m.bind.arg_count; i++) {
        values[i] = *args[m.source[i]];
        if (!type_equal(values[i].type, m.bind.arg_types[i])) {
            if (vector_is_null(&values[i], 0)) {
                cr_assert_eq(vector_init(&values[i], m.bind.arg_types[i], 1, &b->arena), DBX_OK);
                cr_assert_eq(vector_set_constant_null(&values[i], &b->arena), DBX_OK);
            } else {
                vector *c = cast_vector(b, &values[i], m.bind.arg_types[i], CAST_ANSI);
                if (c == NULL) return NULL;
                values[i] = *c;
            }
        }
        null = null || vector_is_null(&values[i], 0);
    }
    vector *out = ARENA_NEW(&b->arena, vector);
    cr_assert_eq(vector_init(out, m.bind.result, 1, &b->arena), DBX_OK);
    char *scratch = ARENA_ARRAY(&b->arena, char, m.bind.scratch_size + 1);
    fn_call call = {.query = &b->query,
                    .err = &b->err,
                    .arena = &b->arena,
                    .state = m.bind.state,
                    .scratch = scratch,
                    .scratch_arena = &b->arena,
                    .rows = 1,
                    .row_bound = 1,
                    .arg_types = m.bind.arg_types,
                    .result_type = m.bind.result};
    if (null && !(m.bind.row->flags & NULLS_AWARE)) {
        cr_assert_eq(fn_set_null(&call, out, 0), DBX_OK);
        return out;
    }
    if (m.bind.kernel(&call, values, out) != DBX_OK) return NULL;
    return out;
}

/* The result as "type:text" or an error class; arguments are texts cast to the types. */
static const char *call_text(bench *b, const char *name, uint32_t count, const char *const *texts,
                             const type *types) {
    const vector *args[8];
    for (uint32_t i = 0; i < count; i++) {
        vector *v = text_constant(b, texts[i]);
        args[i] = types[i].id == TYPE_STRING ? v : cast_vector(b, v, types[i], CAST_ANSI);
        cr_assert_not_null(args[i]);
        ((vector *)(uintptr_t)args[i])->form = VECTOR_CONSTANT;
    }
    vector *out = call_function(b, name, args, count);
    if (out == NULL) return error_class_name(b->err.cls);
    return arena_printf(&b->arena, "%s:%s", type_name(&b->arena, out->type), as_text(b, out, 0));
}

#define CALL2(name, x, tx, y, ty)                                                                  \
    call_text(&b, name, 2, (const char *const[]){x, y}, (const type[]){tx, ty})
#define INT type_simple(TYPE_INT)
#define BIGINT type_simple(TYPE_BIGINT)
#define DOUBLE type_simple(TYPE_DOUBLE)
#define STRING type_simple(TYPE_STRING)
#define DATE type_simple(TYPE_DATE)

Test(operators, arithmetic) {
    bench b;
    bench_init(&b);
    cr_assert_str_eq(CALL2("+", "1", INT, "2", INT), "int:3");
    cr_assert_str_eq(CALL2("+", "2147483647", INT, "1", INT), "ARITHMETIC_OVERFLOW");
    cr_assert_str_eq(CALL2("try_add", "2147483647", INT, "1", INT), "int:NULL");
    cr_assert_str_eq(CALL2("+", "2147483647", INT, "1", BIGINT), "bigint:2147483648");
    cr_assert_str_eq(CALL2("/", "3", INT, "2", INT), "double:1.5");
    cr_assert_str_eq(CALL2("/", "3", INT, "0", INT), "DIVIDE_BY_ZERO");
    cr_assert_str_eq(CALL2("%", "-7", INT, "3", INT), "int:-1");
    cr_assert_str_eq(CALL2("pmod", "-7", INT, "3", INT), "int:2");
    cr_assert_str_eq(CALL2("%", "7", INT, "0", INT), "REMAINDER_BY_ZERO");
    cr_assert_str_eq(CALL2("div", "7", INT, "2", INT), "bigint:3");
    cr_assert_str_eq(CALL2("*", "1.50", type_decimal(15, 2), "0.95", type_decimal(16, 2)),
                     "decimal(32,4):1.4250");
    cr_assert_str_eq(CALL2("/", "1.0", type_decimal(2, 1), "3.0", type_decimal(2, 1)),
                     "decimal(8,6):0.333333");
    cr_assert_str_eq(CALL2("-", "1", INT, "0.05", type_decimal(15, 2)), "decimal(16,2):0.95");
    cr_assert_str_eq(CALL2("+", "99999999999999999999999999999999999999", type_decimal(38, 0), "1",
                           type_decimal(38, 0)),
                     "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION");
    cr_assert_str_eq(CALL2("+", "1", STRING, "2", INT), "bigint:3");
    cr_assert_str_eq(CALL2("+", "1", STRING, "2", STRING),
                     "DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE");
    cr_assert_str_eq(CALL2("+", "2020-01-31", DATE, "1", INT), "date:2020-02-01");
    cr_assert_str_eq(CALL2("-", "2020-03-01", DATE, "2020-02-01", DATE),
                     "interval day:INTERVAL '29' DAY");
    cr_assert_str_eq(CALL2("+", "2020-01-31", DATE, "0-1", type_interval_ym(0, 1)),
                     "date:2020-02-29");
    cr_assert_str_eq(CALL2("^", "3", INT, "5", BIGINT), "bigint:6");
    bench_deinit(&b);
}

Test(operators, comparison) {
    bench b;
    bench_init(&b);
    cr_assert_str_eq(CALL2("=", "1", INT, "1", STRING), "boolean:true");
    cr_assert_str_eq(CALL2("<", "abc", STRING, "abd", STRING), "boolean:true");
    cr_assert_str_eq(CALL2(">=", "a long string beyond", STRING, "a long string beyone", STRING),
                     "boolean:false");
    cr_assert_str_eq(CALL2("<", "1.0", DOUBLE, "NaN", DOUBLE), "boolean:true");
    cr_assert_str_eq(CALL2("=", "NaN", DOUBLE, "NaN", DOUBLE), "boolean:true");
    cr_assert_str_eq(CALL2("<>", "1.10", type_decimal(3, 2), "1.1", type_decimal(20, 1)),
                     "boolean:false");
    cr_assert_str_eq(CALL2("=", "1", INT, "2020-01-01", DATE),
                     "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES");
    bench_deinit(&b);
}

Test(functions, every_signature_parses) {
    bench b;
    bench_init(&b);
    for (uint32_t i = 0; function_at(i) != NULL; i++) {
        signature s;
        cr_assert_eq(signature_parse(&b.arena, function_at(i), &s, &b.err), DBX_OK, "%s: %s",
                     function_at(i)->name, function_at(i)->signature);
    }
    bench_deinit(&b);
}

Test(functions, wrong_calls_are_explained) {
    bench b;
    bench_init(&b);
    const char *const one[] = {"1"};
    cr_assert_str_eq(call_text(&b, "nvl", 1, one, (const type[]){INT}),
                     "WRONG_NUM_ARGS.WITHOUT_SUGGESTION");
    cr_assert_not_null(
        strstr(b.err.message, "`nvl` requires 2 parameters but the actual number is 1"));
    cr_assert_str_eq(CALL2("nvl", "1", INT, "2020-01-01", DATE),
                     "DATATYPE_MISMATCH.DATA_DIFF_TYPES");
    bench_deinit(&b);
}

Test(strings, like) {
    bench b;
    bench_init(&b);
    static const struct {
        const char *text, *pattern;
        bool matches;
    } cases[] = {
        {"", "", true},
        {"", "%", true},
        {"a", "", false},
        {"abc", "abc", true},
        {"abc", "ab", false},
        {"abc", "a%", true},
        {"abc", "%c", true},
        {"abc", "%b%", true},
        {"abc", "a_c", true},
        {"abc", "__", false},
        {"aXbXc", "a%b%c", true},
        {"special packages requests", "%special%requests%", true},
        {"requests special", "%special%requests%", false},
        {"h\xC3\xA9llo", "h_llo", true},
        {"100%", "100\\%", true},
        {"1000", "100\\%", false},
        {"abab", "%ab", true},
        {"aab", "%_b", true},
        {"mississippi", "%iss_pp%", true},
        {"aaa", "a%a%a%a", false},
        {"a much longer text with a needle in the hay", "%needle%", true},
        {"a much longer text with a needl in the hay", "%needle%", false},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        cr_assert_str_eq(CALL2("like", cases[i].text, STRING, cases[i].pattern, STRING),
                         cases[i].matches ? "boolean:true" : "boolean:false", "%s like %s",
                         cases[i].text, cases[i].pattern);
    cr_assert_str_eq(CALL2("like", "a", STRING, "a\\", STRING), "INVALID_FORMAT.ESC_AT_THE_END");
    cr_assert_str_eq(CALL2("ilike", "\xC3\x89T\xC3\x89", STRING, "\xC3\xA9%", STRING),
                     "boolean:true");
    bench_deinit(&b);
}

Test(strings, substring) {
    bench b;
    bench_init(&b);
    cr_assert_str_eq(CALL2("substring", "Spark SQL", STRING, "5", INT), "string:k SQL");
    cr_assert_str_eq(CALL2("substring", "Spark SQL", STRING, "-3", INT), "string:SQL");
    cr_assert_str_eq(CALL2("substring", "Spark", STRING, "0", INT), "string:Spark");
    cr_assert_str_eq(CALL2("substring", "Spark", STRING, "9", INT), "string:");
    cr_assert_str_eq(call_text(&b, "substring", 3, (const char *const[]){"h\xC3\xA9llo", "2", "2"},
                               (const type[]){STRING, INT, INT}),
                     "string:\xC3\xA9l");
    cr_assert_str_eq(call_text(&b, "substring", 3, (const char *const[]){"abc", "-5", "3"},
                               (const type[]){STRING, INT, INT}),
                     "string:a");
    cr_assert_str_eq(CALL2("right", "Spark", STRING, "9", INT), "string:Spark");
    cr_assert_str_eq(CALL2("concat", "Spark", STRING, "12", INT), "string:Spark12");
    bench_deinit(&b);
}

Test(math, values) {
    bench b;
    bench_init(&b);
    cr_assert_str_eq(call_text(&b, "rand", 1, (const char *const[]){"0"}, (const type[]){INT}),
                     "double:0.7604953758285915");
    cr_assert_str_eq(call_text(&b, "randn", 1, (const char *const[]){"0"}, (const type[]){INT}),
                     "double:1.6034991609278433");
    cr_assert_str_eq(CALL2("round", "2.5", type_decimal(2, 1), "0", INT), "decimal(2,0):3");
    cr_assert_str_eq(CALL2("bround", "2.5", type_decimal(2, 1), "0", INT), "decimal(2,0):2");
    cr_assert_str_eq(CALL2("round", "2.675", DOUBLE, "2", INT), "double:2.68");
    cr_assert_str_eq(CALL2("round", "-25", INT, "-1", INT), "int:-30");
    cr_assert_str_eq(CALL2("ceil", "3.1411", type_decimal(5, 4), "-3", INT), "decimal(4,0):1000");
    cr_assert_str_eq(CALL2("floor", "3.1411", type_decimal(5, 4), "3", INT), "decimal(5,3):3.141");
    cr_assert_str_eq(CALL2("LOG", "10", INT, "100", INT), "double:2.0");
    cr_assert_str_eq(
        call_text(&b, "abs", 1, (const char *const[]){"-2147483648"}, (const type[]){INT}),
        "ARITHMETIC_OVERFLOW");
    cr_assert_str_eq(call_text(&b, "negative", 1, (const char *const[]){"1.50"},
                               (const type[]){type_decimal(3, 2)}),
                     "decimal(3,2):-1.50");
    cr_assert_str_eq(call_text(&b, "conv", 3, (const char *const[]){"-10", "16", "-10"},
                               (const type[]){STRING, INT, INT}),
                     "string:-16");
    cr_assert_str_eq(call_text(&b, "hex", 1, (const char *const[]){"17"}, (const type[]){INT}),
                     "string:11");
    bench_deinit(&b);
}
