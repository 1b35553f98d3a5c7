/* arithmetic.c - + - * / % DIV, bit operations and their try_ forms on numbers.
 *
 * One bind serves all: it applies Spark's promotion (DecimalPrecision, Division, PromoteStrings),
 * sets the arguments' types, and picks a kernel by layout. Where the result cannot overflow, the
 * bound row is one with FN_TOTAL, so that NULLs do not keep the loop from running densely.
 */
#include "functions/arithmetic.h"
#include "functions/cast.h"
#include "functions/families.h"
#include "kernel/reduce.h"

typedef struct arithmetic_state {
    kernel_binary loop;
    uint8_t mode; /* failure_mode */
    uint8_t op;   /* arith_op */
    decimal_context decimal;
} arithmetic_state;

static const char *const arithmetic_symbols[ARITH_OP_COUNT] = {"+",    "-",   "*", "/", "%",
                                                               "pmod", "div", "&", "|", "^"};

/* ---- running ---- */

static bool arithmetic_divisor_is_zero(const vector *v, uint32_t row) {
    vector_view view = vector_view_of(v);
    uint32_t i = view_index(&view, row);
    switch ((physical_type)v->phys) {
    case PHYS_INT8:
        return ((const int8_t *)view.data)[i] == 0;
    case PHYS_INT16:
        return ((const int16_t *)view.data)[i] == 0;
    case PHYS_INT32:
        return ((const int32_t *)view.data)[i] == 0;
    case PHYS_INT64:
        return ((const int64_t *)view.data)[i] == 0;
    case PHYS_INT128:
        return ((const int128 *)view.data)[i] == 0;
    case PHYS_FLOAT:
        return ((const float *)view.data)[i] == 0;
    case PHYS_DOUBLE:
        return ((const double *)view.data)[i] == 0;
    default:
        return false;
    }
}

static dbx_status arithmetic_raise_decimal(fn_call *call, const vector *out, uint32_t row) {
    char precision[12], scale[12];
    const char *value = fn_value_text(call, out, row);
    for (uint32_t i = 0; i < 2; i++) {
        char *to = i == 0 ? precision : scale;
        to[int128_print(i == 0 ? out->type.precision : out->type.scale, to)] = '\0';
    }
    return error_raise(call->err, ERR_NUMERIC_VALUE_OUT_OF_RANGE__WITH_SUGGESTION, call->position,
                       "value", value, "precision", precision, "scale", scale, "config",
                       FN_ANSI_CONFIG, NULL);
}

static dbx_status arithmetic_raise(fn_call *call, const vector *args, const vector *out,
                                   uint32_t row) {
    const arithmetic_state *s = call->state;
    static const char *const hints[ARITH_OP_COUNT] = {
        [ARITH_ADD] = "add",
        [ARITH_SUBTRACT] = "subtract",
        [ARITH_MULTIPLY] = "multiply",
        [ARITH_INT_DIVIDE] = "divide",
    };
    bool divides = s->op >= ARITH_DIVIDE && s->op <= ARITH_INT_DIVIDE;
    if (divides && arithmetic_divisor_is_zero(&args[1], row)) {
        bool rest = s->op == ARITH_REMAINDER || s->op == ARITH_PMOD;
        return error_raise(call->err, rest ? ERR_REMAINDER_BY_ZERO : ERR_DIVIDE_BY_ZERO,
                           call->position, "config", FN_ANSI_CONFIG, NULL);
    }
    if (call->arg_types[0].id == TYPE_DECIMAL && out->type.id == TYPE_DECIMAL)
        return arithmetic_raise_decimal(call, out, row);
    const char *hint = hints[s->op] == NULL ? "" : hints[s->op];
    if (out->phys == PHYS_INT8 || out->phys == PHYS_INT16) {
        const char *name = arena_printf(call->arena, "`try_%s`", hint);
        return error_raise(call->err, ERR_BINARY_ARITHMETIC_OVERFLOW, call->position, "value1",
                           fn_value_sql(call, &args[0], row), "symbol", arithmetic_symbols[s->op],
                           "value2", fn_value_sql(call, &args[1], row), "functionName",
                           name == NULL ? "" : name, NULL);
    }
    const char *advice = arena_printf(
        call->arena, " Use 'try_%s' to tolerate overflow and return NULL instead.", hint);
    const char *message = s->op == ARITH_INT_DIVIDE ? "Overflow in integral divide"
                          : out->phys == PHYS_INT32 ? "integer overflow"
                                                    : "long overflow";
    return error_raise(call->err, ERR_ARITHMETIC_OVERFLOW, call->position, "message", message,
                       "alternative", advice == NULL ? "" : advice, "config", FN_ANSI_CONFIG, NULL);
}

/* ---- decimals in 64 bits ----
 * What 128 bits are declared for mostly fits 64. The bounds of the arguments at hand prove it for a
 * chunk, and then the loop runs at twice the width and more. */

typedef struct arithmetic_range {
    int64_t low, high;
} arithmetic_range;

static arithmetic_range arithmetic_range_of(const fn_call *call, const vector *v) {
    vector_view view = vector_view_of(v);
    const int64_t *x = view.data;
    if (call->sel == NULL && view.sel == NULL && view.mask != 0) {
        arithmetic_range r;
        reduce_range_int64(x, call->rows, &r.low, &r.high);
        return r;
    }
    uint32_t rows = view.mask == 0 && view.sel == NULL ? 1 : call->rows;
    arithmetic_range r = {INT64_MAX, INT64_MIN};
    for (uint32_t i = 0; i < rows; i++) {
        int64_t value = x[view_index(&view, call->sel != NULL ? call->sel[i] : i)];
        r.low = MIN(r.low, value);
        r.high = MAX(r.high, value);
    }
    return r;
}

/* Do all results fit 64 bits and the precision? Arguments are int64. */
static bool arithmetic_fits(const fn_call *call, const vector *args) {
    const arithmetic_state *s = call->state;
    const decimal_context *c = &s->decimal;
    if (s->op > ARITH_MULTIPLY || c->down_power != 0 || c->power_a > 18 || c->power_b > 18)
        return false;
    arithmetic_range x = arithmetic_range_of(call, &args[0]);
    arithmetic_range y = arithmetic_range_of(call, &args[1]);
    int128 low, high;
    if (s->op == ARITH_MULTIPLY) {
        int128 a = (int128)x.low * y.low, b = (int128)x.low * y.high;
        int128 d = (int128)x.high * y.low, e = (int128)x.high * y.high;
        low = MIN(MIN(a, b), MIN(d, e));
        high = MAX(MAX(a, b), MAX(d, e));
    } else {
        bool minus = s->op == ARITH_SUBTRACT;
        int128 y_low = (int128)y.low * c->scale_b, y_high = (int128)y.high * c->scale_b;
        low = (int128)x.low * c->scale_a + (minus ? -y_high : y_low);
        high = (int128)x.high * c->scale_a + (minus ? -y_low : y_high);
    }
    return low >= INT64_MIN && high <= INT64_MAX && low > -c->limit && high < c->limit;
}

/* The loop for the layouts at hand; out becomes narrow where that is asked for and fits. */
static kernel_binary arithmetic_decimal_loop(const fn_call *call, const vector *args, vector *out) {
    const arithmetic_state *s = call->state;
    bool a_wide = args[0].phys == PHYS_INT128, b_wide = args[1].phys == PHYS_INT128;
    bool out_wide = out->phys == PHYS_INT128;
    if (call->narrow && out_wide && !a_wide && !b_wide && arithmetic_fits(call, args)) {
        out->phys = PHYS_INT64;
        return s->op == ARITH_MULTIPLY ? arith_decimal_multiply_total(false)
                                       : arith_decimal_add_total(s->op == ARITH_SUBTRACT);
    }
    bool as_declared = args[0].phys == type_physical(call->arg_types[0]) &&
                       args[1].phys == type_physical(call->arg_types[1]);
    return as_declared ? s->loop : arith_decimal_kernel(s->op, a_wide, b_wide, out_wide);
}

static dbx_status arithmetic_run_decimal(fn_call *call, const vector *args, vector *out) {
    const arithmetic_state *s = call->state;
    return fn_run_binary(call, arithmetic_decimal_loop(call, args, out), &s->decimal, args, out,
                         (failure_mode)s->mode, arithmetic_raise);
}

static dbx_status arithmetic_run(fn_call *call, const vector *args, vector *out) {
    const arithmetic_state *s = call->state;
    return fn_run_binary(call, s->loop, &s->decimal, args, out, (failure_mode)s->mode,
                         arithmetic_raise);
}

/* ---- rows that cannot fail ---- */

static const function_row arithmetic_total_rows[ARITH_OP_COUNT] = {
    [ARITH_ADD] = {.name = "+",
                   .signature = "(l any, r any) -> bind",
                   .op = OP_ADD,
                   .flags = FN_TOTAL | FN_NARROW,
                   .kernel = arithmetic_run},
    [ARITH_SUBTRACT] = {.name = "-",
                        .signature = "(l any, r any) -> bind",
                        .op = OP_SUBTRACT,
                        .flags = FN_TOTAL | FN_NARROW,
                        .kernel = arithmetic_run},
    [ARITH_MULTIPLY] = {.name = "*",
                        .signature = "(l any, r any) -> bind",
                        .op = OP_MULTIPLY,
                        .flags = FN_TOTAL | FN_NARROW,
                        .kernel = arithmetic_run},
};

/* The same over numbers when they can fail: loops that do not mind garbage. */
static const function_row arithmetic_checked_rows[ARITH_OP_COUNT] = {
    [ARITH_ADD] = {.name = "+", .op = OP_ADD, .flags = FN_SPECULATIVE | FN_NARROW},
    [ARITH_SUBTRACT] = {.name = "-", .op = OP_SUBTRACT, .flags = FN_SPECULATIVE | FN_NARROW},
    [ARITH_MULTIPLY] = {.name = "*", .op = OP_MULTIPLY, .flags = FN_SPECULATIVE | FN_NARROW},
    [ARITH_DIVIDE] = {.name = "/", .op = OP_DIVIDE, .flags = FN_SPECULATIVE | FN_NARROW},
    [ARITH_REMAINDER] = {.name = "%", .flags = FN_SPECULATIVE | FN_NARROW},
    [ARITH_INT_DIVIDE] = {.name = "div", .flags = FN_SPECULATIVE | FN_NARROW},
};

static void arithmetic_use_total(fn_bind *b, arith_op op) {
    if (arithmetic_total_rows[op].name != NULL && b->row->op == arithmetic_total_rows[op].op)
        b->row = &arithmetic_total_rows[op];
}

/* ---- types ---- */

/* A literal integer beside a decimal counts with the digits that it has: 1 is DECIMAL(1,0). */
static type arithmetic_decimal_of(const fn_bind *b, uint32_t i) {
    type t = b->arg_types[i];
    int64_t value;
    if (t.id == TYPE_DECIMAL) return t;
    if (b->arg_literal[i] && fn_bind_constant_int(b, i, &value))
        return type_decimal(int128_digits(int128_magnitude(value)), 0);
    return type_decimal_for(t);
}

static const char *arithmetic_required(arith_op op) {
    if (op == ARITH_ADD || op == ARITH_SUBTRACT)
        return "(\"NUMERIC\" or \"INTERVAL DAY TO SECOND\" or \"INTERVAL YEAR TO MONTH\" or "
               "\"INTERVAL\")";
    if (op == ARITH_DIVIDE) return "(\"DOUBLE\" or \"DECIMAL\")";
    if (op == ARITH_INT_DIVIDE)
        return "(\"BIGINT\" or \"DECIMAL\" or \"INTERVAL YEAR TO MONTH\" or \"INTERVAL DAY TO "
               "SECOND\")";
    if (op >= ARITH_AND) return "\"INTEGRAL\"";
    return "\"NUMERIC\"";
}

/* Strings become numbers, NULLs the other side's type; raises for what is no number. */
static dbx_status arithmetic_promote(fn_bind *b, arith_op op) {
    bool ansi = b->query->settings->ansi;
    type *t = b->arg_types;
    for (uint32_t i = 0; i < 2; i++) {
        if (t[i].id != TYPE_STRING) continue;
        type other = t[1 - i];
        if (!ansi) {
            if (type_is_numeric(other) || other.id == TYPE_STRING || other.id == TYPE_VOID)
                t[i] = type_simple(TYPE_DOUBLE);
        } else if (type_is_numeric(other)) {
            if (!type_common(b->arena, t[i], other, true, &t[i])) return fn_bind_different_types(b);
            if (t[i].id == TYPE_BIGINT || t[i].id == TYPE_DOUBLE) t[1 - i] = t[i];
        } else if (other.id != TYPE_STRING && other.id != TYPE_VOID && !type_is_nested(other) &&
                   !type_is_interval(other)) {
            t[i] = other; /* no number either way, but the error names the other side's type */
        }
    }
    if ((t[0].id == TYPE_VOID && type_is_interval(t[1])) ||
        (t[1].id == TYPE_VOID && type_is_interval(t[0])))
        return fn_bind_different_types(b);
    if (t[0].id == TYPE_VOID && t[1].id == TYPE_VOID)
        t[0] = type_simple(op >= ARITH_AND ? TYPE_INT : TYPE_DOUBLE);
    if (t[0].id == TYPE_VOID) t[0] = t[1];
    if (t[1].id == TYPE_VOID) t[1] = t[0];
    bool both = type_is_numeric(t[0]) && type_is_numeric(t[1]);
    if (both && op >= ARITH_AND) both = type_is_integer(t[0]) && type_is_integer(t[1]);
    if (both) return DBX_OK;
    if (type_equal(t[0], t[1]) || (type_is_numeric(t[0]) && type_is_numeric(t[1])))
        return fn_bind_wrong_operand(b, arithmetic_required(op));
    return fn_bind_different_types(b);
}

static type arithmetic_decimal_type(fn_bind *b, arith_op op, type x, type y) {
    bool loss = b->query->settings->decimal_precision_loss;
    static const function_op ops[] = {OP_ADD, OP_SUBTRACT, OP_MULTIPLY, OP_DIVIDE};
    if (op <= ARITH_DIVIDE) return type_decimal_result(ops[op], x, y, loss);
    uint32_t scale = MAX(x.scale, y.scale);
    uint32_t range = (uint32_t)MIN(x.precision - x.scale, y.precision - y.scale);
    uint32_t precision = range + scale;
    if (op == ARITH_PMOD) precision = MAX(precision, 1u);
    return type_decimal(MIN(MAX(precision, 1u), (uint32_t)DECIMAL_PRECISION_MAX),
                        MIN(scale, (uint32_t)DECIMAL_PRECISION_MAX));
}

static void arithmetic_set_powers(decimal_context *c, uint32_t power_a, uint32_t power_b,
                                  uint32_t down) {
    c->power_a = power_a;
    c->power_b = power_b;
    c->down_power = down;
    c->scale_a = int128_power10[MIN(power_a, (uint32_t)INT128_POWER_MAX)];
    c->scale_b = int128_power10[MIN(power_b, (uint32_t)INT128_POWER_MAX)];
    c->scale_a64 = power_a <= 18 ? (int64_t)c->scale_a : 0;
    c->scale_b64 = power_b <= 18 ? (int64_t)c->scale_b : 0;
    c->down = int128_power10[down];
}

static void arithmetic_bind_decimal(fn_bind *b, arith_op op, arithmetic_state *s) {
    type x = b->arg_types[0], y = b->arg_types[1];
    b->result =
        op == ARITH_INT_DIVIDE ? type_simple(TYPE_BIGINT) : arithmetic_decimal_type(b, op, x, y);
    decimal_context *c = &s->decimal;
    uint32_t scale = b->result.scale, wide_scale = MAX(x.scale, y.scale);
    c->limit = int128_power10[b->result.precision];
    bool a_wide = type_physical(x) == PHYS_INT128, b_wide = type_physical(y) == PHYS_INT128;
    bool out_wide = type_physical(b->result) == PHYS_INT128;
    s->loop = arith_decimal_kernel(op, a_wide, b_wide, out_wide);
    bool total = false;
    if (op == ARITH_MULTIPLY) {
        arithmetic_set_powers(c, 0, 0, (uint32_t)(x.scale + y.scale) - scale);
        total = c->down_power == 0 && !a_wide && !b_wide &&
                x.precision + y.precision + 1 <= DECIMAL_PRECISION_MAX;
        if (total) s->loop = arith_decimal_multiply_total(out_wide);
    } else if (op == ARITH_DIVIDE) {
        /* scale of the result is at least s1 - s2 by the type rules, but for precision cut to 38 */
        arithmetic_set_powers(c, scale + y.scale - MIN(x.scale, (uint32_t)scale + y.scale), 0, 0);
    } else {
        uint32_t down = op == ARITH_INT_DIVIDE ? 0 : wide_scale - MIN(scale, wide_scale);
        arithmetic_set_powers(c, wide_scale - x.scale, wide_scale - y.scale, down);
        total = op <= ARITH_SUBTRACT && !out_wide && !a_wide && !b_wide && down == 0;
        if (total) s->loop = arith_decimal_add_total(op == ARITH_SUBTRACT);
    }
    if (total) arithmetic_use_total(b, op);
}

static arith_layout arithmetic_layout(type t) {
    switch (type_physical(t)) {
    case PHYS_INT8:
        return ARITH_INT8;
    case PHYS_INT16:
        return ARITH_INT16;
    case PHYS_INT32:
        return ARITH_INT32;
    case PHYS_INT64:
        return ARITH_INT64;
    case PHYS_FLOAT:
        return ARITH_FLOAT;
    default:
        return ARITH_DOUBLE;
    }
}

static void arithmetic_bind_plain(fn_bind *b, arith_op op, arithmetic_state *s, bool is_try) {
    type common = b->arg_types[0].id >= b->arg_types[1].id ? b->arg_types[0] : b->arg_types[1];
    if (common.id == TYPE_FLOAT &&
        (type_is_integer(b->arg_types[0]) || type_is_integer(b->arg_types[1])) &&
        b->query->settings->ansi)
        common = type_simple(TYPE_DOUBLE);
    if (op == ARITH_DIVIDE) common = type_simple(TYPE_DOUBLE);
    if (op == ARITH_INT_DIVIDE) common = type_simple(TYPE_BIGINT);
    b->arg_types[0] = b->arg_types[1] = b->result = common;
    s->loop = arith_kernel(op, arithmetic_layout(common));
    bool divides = op >= ARITH_DIVIDE && op <= ARITH_INT_DIVIDE;
    if (!is_try && !b->query->settings->ansi && !divides) s->mode = FAILURE_KEEP;
    if ((type_is_float(common) && !divides) || op >= ARITH_AND) arithmetic_use_total(b, op);
}

static dbx_status arithmetic_bind(fn_bind *b, arith_op op, bool is_try) {
    assert(b->arg_count == 2);
    failure_mode mode = is_try ? FAILURE_NULL : fn_failure_mode(b);
    bool handled = false;
    TRY(datetime_arithmetic_bind(b, op, mode, &handled));
    if (is_try) b->nullable = true;
    if (handled) return DBX_OK;
    TRY(arithmetic_promote(b, op));
    arithmetic_state *s = ARENA_NEW(b->arena, arithmetic_state);
    if (s == NULL) return error_nomem(b->err);
    s->op = (uint8_t)op;
    s->mode = (uint8_t)mode;
    type *t = b->arg_types;
    bool any_float = type_is_float(t[0]) || type_is_float(t[1]);
    bool any_decimal = t[0].id == TYPE_DECIMAL || t[1].id == TYPE_DECIMAL;
    if (any_decimal && any_float) t[0] = t[1] = type_simple(TYPE_DOUBLE);
    if (any_float && op == ARITH_INT_DIVIDE) {
        if (b->query->settings->ansi) return fn_bind_wrong_operand(b, arithmetic_required(op));
        t[0] = t[1] = type_simple(TYPE_BIGINT);
    }
    if (any_decimal && !any_float) {
        type x = arithmetic_decimal_of(b, 0), y = arithmetic_decimal_of(b, 1);
        t[0] = x;
        t[1] = y;
        arithmetic_bind_decimal(b, op, s);
    } else {
        arithmetic_bind_plain(b, op, s, is_try);
    }
    bool divides = op >= ARITH_DIVIDE && op <= ARITH_INT_DIVIDE;
    b->nullable = b->nullable || (mode == FAILURE_NULL && (divides || any_decimal));
    if (!is_try && b->row->flags == 0 && arithmetic_checked_rows[op].name != NULL)
        b->row = &arithmetic_checked_rows[op];
    b->kernel = any_decimal && !any_float ? arithmetic_run_decimal : arithmetic_run;
    b->state = s;
    return DBX_OK;
}

static dbx_status arithmetic_bind_add(fn_bind *b) {
    return arithmetic_bind(b, ARITH_ADD, false);
}
static dbx_status arithmetic_bind_subtract(fn_bind *b) {
    return arithmetic_bind(b, ARITH_SUBTRACT, false);
}
static dbx_status arithmetic_bind_multiply(fn_bind *b) {
    return arithmetic_bind(b, ARITH_MULTIPLY, false);
}
static dbx_status arithmetic_bind_divide(fn_bind *b) {
    return arithmetic_bind(b, ARITH_DIVIDE, false);
}
static dbx_status arithmetic_bind_remainder(fn_bind *b) {
    return arithmetic_bind(b, ARITH_REMAINDER, false);
}
static dbx_status arithmetic_bind_pmod(fn_bind *b) {
    return arithmetic_bind(b, ARITH_PMOD, false);
}
static dbx_status arithmetic_bind_int_divide(fn_bind *b) {
    return arithmetic_bind(b, ARITH_INT_DIVIDE, false);
}
static dbx_status arithmetic_bind_and(fn_bind *b) {
    return arithmetic_bind(b, ARITH_AND, false);
}
static dbx_status arithmetic_bind_or(fn_bind *b) {
    return arithmetic_bind(b, ARITH_OR, false);
}
static dbx_status arithmetic_bind_xor(fn_bind *b) {
    return arithmetic_bind(b, ARITH_XOR, false);
}
static dbx_status arithmetic_bind_try_add(fn_bind *b) {
    return arithmetic_bind(b, ARITH_ADD, true);
}
static dbx_status arithmetic_bind_try_subtract(fn_bind *b) {
    return arithmetic_bind(b, ARITH_SUBTRACT, true);
}
static dbx_status arithmetic_bind_try_multiply(fn_bind *b) {
    return arithmetic_bind(b, ARITH_MULTIPLY, true);
}
static dbx_status arithmetic_bind_try_divide(fn_bind *b) {
    return arithmetic_bind(b, ARITH_DIVIDE, true);
}
static dbx_status arithmetic_bind_try_mod(fn_bind *b) {
    return arithmetic_bind(b, ARITH_REMAINDER, true);
}

#define ARITHMETIC_ROW(text, alias, operation, binder, about, sample)                              \
    {                                                                                              \
        .name = text, .aliases = alias, .signature = "(left any, right any) -> bind",              \
        .op = operation, .bind = binder, .category = "math", .doc = about, .examples = sample      \
    }

const function_row arithmetic_functions[] = {
    ARITHMETIC_ROW("+", NULL, OP_ADD, arithmetic_bind_add,
                   "Sum; dates and timestamps plus days or intervals.",
                   "1 + 2 => 3; 1.5 + 2 => 3.5; NULL + 1 => NULL"),
    ARITHMETIC_ROW("-", NULL, OP_SUBTRACT, arithmetic_bind_subtract,
                   "Difference; of two dates or timestamps an interval.", "1 - 2 => -1"),
    ARITHMETIC_ROW("*", NULL, OP_MULTIPLY, arithmetic_bind_multiply, "Product.",
                   "2 * 3 => 6; 1.5 * 1.5 => 2.25"),
    ARITHMETIC_ROW("/", NULL, OP_DIVIDE, arithmetic_bind_divide, "Quotient, a DOUBLE or DECIMAL.",
                   "3 / 2 => 1.5; 1.0 / 3.0 => 0.333333"),
    ARITHMETIC_ROW("%", NULL, OP_NONE, arithmetic_bind_remainder,
                   "Remainder, with the sign of the dividend.", "7 % 3 => 1; -7 % 3 => -1"),
    ARITHMETIC_ROW("mod", NULL, OP_NONE, arithmetic_bind_remainder,
                   "Remainder, with the sign of the dividend.", "mod(2, 1.8) => 0.2"),
    ARITHMETIC_ROW("div", NULL, OP_NONE, arithmetic_bind_int_divide,
                   "Integral part of the quotient.", "7 div 2 => 3"),
    ARITHMETIC_ROW("pmod", NULL, OP_NONE, arithmetic_bind_pmod,
                   "Remainder that is never negative for a positive divisor.",
                   "pmod(10, 3) => 1; pmod(-10, 3) => 2"),
    ARITHMETIC_ROW("&", NULL, OP_NONE, arithmetic_bind_and, "Bitwise AND.", "3 & 5 => 1"),
    ARITHMETIC_ROW("|", NULL, OP_NONE, arithmetic_bind_or, "Bitwise OR.", "3 | 5 => 7"),
    ARITHMETIC_ROW("^", NULL, OP_NONE, arithmetic_bind_xor, "Bitwise exclusive OR.", "3 ^ 5 => 6"),
    ARITHMETIC_ROW("try_add", NULL, OP_NONE, arithmetic_bind_try_add, "Sum, NULL on overflow.",
                   "try_add(2147483647, 1) => NULL"),
    ARITHMETIC_ROW("try_subtract", NULL, OP_NONE, arithmetic_bind_try_subtract,
                   "Difference, NULL on overflow.", "try_subtract(-2147483648, 1) => NULL"),
    ARITHMETIC_ROW("try_multiply", NULL, OP_NONE, arithmetic_bind_try_multiply,
                   "Product, NULL on overflow.", "try_multiply(-2147483648, 10) => NULL"),
    ARITHMETIC_ROW("try_divide", NULL, OP_NONE, arithmetic_bind_try_divide,
                   "Quotient, NULL when divided by 0.",
                   "try_divide(3, 2) => 1.5; try_divide(1, 0) => NULL"),
    ARITHMETIC_ROW("try_mod", NULL, OP_NONE, arithmetic_bind_try_mod,
                   "Remainder, NULL when divided by 0.",
                   "try_mod(3, 2) => 1; try_mod(1, 0) => NULL"),
};
const uint32_t arithmetic_functions_count = ARRAY_COUNT(arithmetic_functions);
