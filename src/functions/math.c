/* math.c - functions of one or two DOUBLEs, signs, and constants.
 *
 * A row is a C function and a domain: arguments outside it give NULL (logarithms of what is not
 * positive), as in Hive and Spark; elsewhere NaN comes out as IEEE says.
 */
#include "functions/arithmetic.h"
#include "functions/cast.h"
#include "functions/families.h"
#include "functions/text_out.h"

#include <math.h>

typedef double (*math_function)(double);
typedef double (*math_function2)(double, double);

typedef struct math_state {
    math_function f;
    math_function2 g;
    bool above; /* arguments must be > bound, else NULL */
    double bound;
} math_state;

static dbx_status math_run(fn_call *call, const vector *args, vector *out) {
    const math_state *s = call->state;
    vector_view x = vector_view_of(&args[0]);
    double *to = VECTOR_DATA(out, double);
    if (!s->above) {
        FN_FOR_EACH_ROW(call, r) to[r] = s->f(double_arg(&x, r));
        return DBX_OK;
    }
    FN_FOR_EACH_ROW(call, r) {
        double v = double_arg(&x, r);
        if (v <= s->bound)
            TRY(fn_set_null(call, out, r));
        else
            to[r] = s->f(v);
    }
    return DBX_OK;
}
static dbx_status math_run2(fn_call *call, const vector *args, vector *out) {
    const math_state *s = call->state;
    vector_view x = vector_view_of(&args[0]), y = vector_view_of(&args[1]);
    double *to = VECTOR_DATA(out, double);
    FN_FOR_EACH_ROW(call, r) to[r] = s->g(double_arg(&x, r), double_arg(&y, r));
    return DBX_OK;
}
static dbx_status math_sqrt(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]);
    double *to = VECTOR_DATA(out, double);
    const double *from = x.data;
    if (call->sel == NULL && x.sel == NULL && x.mask != 0) {
        for (uint32_t i = 0; i < call->rows; i++) to[i] = sqrt(from[i]);
        return DBX_OK;
    }
    FN_FOR_EACH_ROW(call, r) to[r] = sqrt(double_arg(&x, r));
    return DBX_OK;
}

/* One Newton step behind the C library's, which may be an ulp off for cubes. */
static double math_cbrt(double x) {
    double y = cbrt(x);
    if (y == 0 || y - y != 0) return y;
    return y - (y * y * y - x) / (3 * y * y);
}
static double math_cot(double x) {
    return 1.0 / tan(x);
}
static double math_csc(double x) {
    return 1.0 / sin(x);
}
static double math_sec(double x) {
    return 1.0 / cos(x);
}
static double math_degrees(double x) {
    return x * (180.0 / M_PI);
}
static double math_radians(double x) {
    return x / 180.0 * M_PI;
}
static double math_signum(double x) {
    return x > 0 ? 1.0 : x < 0 ? -1.0 : x;
}
static double math_acosh(double x) {
    return log(x + sqrt(x * x - 1.0));
}
static double math_asinh(double x) {
    if (isinf(x)) return x;
    double a = fabs(x), v = log(a + sqrt(a * a + 1.0));
    return x < 0 ? -v : v;
}
static double math_atanh(double x) {
    return 0.5 * (log1p(x) - log1p(-x));
}
static double math_atan2(double y, double x) {
    return atan2(y + 0.0, x + 0.0);
}
/* Math.pow differs from C: 1 ^ NaN and 1 ^ infinity are NaN. */
static double math_pow(double x, double y) {
    if (y == 0) return 1.0;
    if (x != x || y != y || (fabs(x) == 1 && isinf(y))) return (double)NAN;
    return pow(x, y);
}

static dbx_status math_bind(fn_bind *b, math_state state) {
    math_state *s = ARENA_NEW(b->arena, math_state);
    if (s == NULL) return error_nomem(b->err);
    *s = state;
    b->state = s;
    return DBX_OK;
}

/* log(base, x) */
static dbx_status math_log_base(fn_call *call, const vector *args, vector *out) {
    vector_view base = vector_view_of(&args[0]), x = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        double b = double_arg(&base, r), v = double_arg(&x, r);
        if (b <= 0 || v <= 0)
            TRY(fn_set_null(call, out, r));
        else
            VECTOR_DATA(out, double)[r] = log(v) / log(b);
    }
    return DBX_OK;
}

static dbx_status math_constant_pi(fn_call *call, const vector *args, vector *out) {
    (void)args;
    FN_FOR_EACH_ROW(call, r) VECTOR_DATA(out, double)[r] = M_PI;
    return DBX_OK;
}
static dbx_status math_constant_e(fn_call *call, const vector *args, vector *out) {
    (void)args;
    FN_FOR_EACH_ROW(call, r) VECTOR_DATA(out, double)[r] = M_E;
    return DBX_OK;
}

/* ---- negation, absolute value, sign ---- */

typedef struct math_sign_state {
    kernel_binary loop;
    decimal_context decimal;
    uint8_t mode;
    bool absolute;
} math_sign_state;

static dbx_status math_raise_overflow(fn_call *call, const vector *args, const vector *out,
                                      uint32_t row) {
    (void)args, (void)row;
    if (type_is_interval(out->type))
        return error_raise(call->err, ERR_INTERVAL_ARITHMETIC_OVERFLOW__WITHOUT_SUGGESTION,
                           call->position, NULL);
    return error_raise(call->err, ERR_ARITHMETIC_OVERFLOW, call->position, "message",
                       out->phys == PHYS_INT32   ? "integer overflow"
                       : out->phys == PHYS_INT64 ? "long overflow"
                                                 : "Overflow",
                       "alternative", "", "config", FN_ANSI_CONFIG, NULL);
}

/* 0 - x through the kernels of subtraction, which know overflow. */
static dbx_status math_negative(fn_call *call, const vector *args, vector *out) {
    static const int128 zero = 0;
    const math_sign_state *s = call->state;
    kernel_operand nothing = {&zero, NULL, 0}, x = fn_operand(&args[0]);
    if (s->loop(nothing, x, out->data, call->sel, call->rows, NULL, &s->decimal) == 0 ||
        s->mode == FAILURE_KEEP)
        return DBX_OK;
    uint32_t *bad = ARENA_ARRAY(call->arena, uint32_t, call->rows);
    if (bad == NULL) return error_nomem(call->err);
    uint32_t count = s->loop(nothing, x, out->data, call->sel, call->rows, bad, &s->decimal);
    assert(count > 0);
    (void)count;
    return math_raise_overflow(call, args, out, bad[0]);
}
static dbx_status math_negative_float(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]);
    if (out->phys == PHYS_FLOAT)
        FN_FOR_EACH_ROW(call, r)
        VECTOR_DATA(out, float)[r] = -((const float *)x.data)[view_index(&x, r)];
    else
        FN_FOR_EACH_ROW(call, r) VECTOR_DATA(out, double)[r] = -double_arg(&x, r);
    return DBX_OK;
}
static dbx_status math_negative_interval(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        dbx_interval v = ((const dbx_interval *)x.data)[view_index(&x, r)];
        if (v.months == INT32_MIN || v.days == INT32_MIN || v.micros == INT64_MIN)
            return math_raise_overflow(call, args, out, r);
        VECTOR_DATA(out, dbx_interval)[r] = (dbx_interval){-v.months, -v.days, -v.micros};
    }
    return DBX_OK;
}

#define MATH_ABS_LOOP(T, LOWEST)                                                                   \
    FN_FOR_EACH_ROW(call, r) {                                                                     \
        T v = ((const T *)x.data)[view_index(&x, r)];                                              \
        bool lowest = v == (LOWEST);                                                               \
        if (UNLIKELY(lowest) && s->mode == FAILURE_RAISE)                                          \
            return math_raise_overflow(call, args, out, r);                                        \
        VECTOR_DATA(out, T)[r] = (T)(v < 0 && !lowest ? -v : v);                                   \
    }                                                                                              \
    return DBX_OK;
static dbx_status math_abs(fn_call *call, const vector *args, vector *out) {
    const math_sign_state *s = call->state;
    vector_view x = vector_view_of(&args[0]);
    switch ((physical_type)out->phys) {
    case PHYS_INT8:
        MATH_ABS_LOOP(int8_t, INT8_MIN)
    case PHYS_INT16:
        MATH_ABS_LOOP(int16_t, INT16_MIN)
    case PHYS_INT32:
        MATH_ABS_LOOP(int32_t, INT32_MIN)
    case PHYS_INT64:
        MATH_ABS_LOOP(int64_t, INT64_MIN)
    case PHYS_INT128:
        MATH_ABS_LOOP(int128, INT128_MIN)
    case PHYS_FLOAT:
        FN_FOR_EACH_ROW(call, r)
        VECTOR_DATA(out, float)[r] = fabsf(((const float *)x.data)[view_index(&x, r)]);
        return DBX_OK;
    default:
        FN_FOR_EACH_ROW(call, r) VECTOR_DATA(out, double)[r] = fabs(double_arg(&x, r));
        return DBX_OK;
    }
}

static dbx_status math_positive(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]);
    size_t size = physical_size((physical_type)out->phys);
    FN_FOR_EACH_ROW(call, r)
    memcpy((char *)out->data + r * size, (const char *)x.data + view_index(&x, r) * size, size);
    return DBX_OK;
}

static dbx_status math_bind_sign_state(fn_bind *b, bool intervals) {
    type *t = &b->arg_types[0];
    if (t->id == TYPE_STRING || t->id == TYPE_VOID) *t = type_simple(TYPE_DOUBLE);
    if (!type_is_numeric(*t) && !(intervals && type_is_interval(*t)))
        return fn_bind_unexpected_type(b, 0,
                                       "(\"NUMERIC\" or \"INTERVAL DAY TO SECOND\" or \"INTERVAL "
                                       "YEAR TO MONTH\" or \"INTERVAL\")");
    math_sign_state *s = ARENA_NEW(b->arena, math_sign_state);
    if (s == NULL) return error_nomem(b->err);
    s->mode = b->query->settings->ansi || type_is_interval(*t) ? FAILURE_RAISE : FAILURE_KEEP;
    b->state = s;
    b->result = *t;
    if (t->id == TYPE_DECIMAL) {
        bool wide = type_physical(*t) == PHYS_INT128;
        s->decimal = (decimal_context){.scale_a64 = 1,
                                       .scale_b64 = 1,
                                       .scale_a = 1,
                                       .scale_b = 1,
                                       .down = 1,
                                       .limit = int128_power10[t->precision]};
        s->loop = wide ? arith_decimal_kernel(ARITH_SUBTRACT, true, true, true)
                       : arith_decimal_add_total(true);
        return DBX_OK;
    }
    static const uint8_t layouts[PHYS_COUNT] = {[PHYS_INT8] = ARITH_INT8,
                                                [PHYS_INT16] = ARITH_INT16,
                                                [PHYS_INT32] = ARITH_INT32,
                                                [PHYS_INT64] = ARITH_INT64};
    s->loop = arith_kernel(ARITH_SUBTRACT, (arith_layout)layouts[type_physical(*t)]);
    return DBX_OK;
}
static dbx_status math_bind_negative(fn_bind *b) {
    TRY(math_bind_sign_state(b, true));
    if (type_is_float(b->result)) b->kernel = math_negative_float;
    if (b->result.id == TYPE_INTERVAL) b->kernel = math_negative_interval;
    return DBX_OK;
}
static dbx_status math_bind_abs(fn_bind *b) {
    TRY(math_bind_sign_state(b, true));
    if (b->result.id == TYPE_INTERVAL) return fn_bind_unexpected_type(b, 0, "\"NUMERIC\"");
    return DBX_OK;
}
static dbx_status math_bind_positive(fn_bind *b) {
    return math_bind_sign_state(b, true);
}

/* sign of an interval: that of its number */
static dbx_status math_sign_interval(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        int64_t v = args[0].phys == PHYS_INT32 ? int_arg(&x, r) : bigint_arg(&x, r);
        VECTOR_DATA(out, double)[r] = (v > 0) - (v < 0);
    }
    return DBX_OK;
}
static dbx_status math_bind_sign(fn_bind *b) {
    type *t = &b->arg_types[0];
    b->result = type_simple(TYPE_DOUBLE);
    if (t->id == TYPE_INTERVAL_YM || t->id == TYPE_INTERVAL_DT) {
        b->kernel = math_sign_interval;
        return DBX_OK;
    }
    if (!type_is_numeric(*t) && t->id != TYPE_STRING && t->id != TYPE_VOID)
        return fn_bind_unexpected_type(
            b, 0, "(\"DOUBLE\" or \"INTERVAL DAY TO SECOND\" or \"INTERVAL YEAR TO MONTH\")");
    *t = type_simple(TYPE_DOUBLE);
    b->kernel = math_run;
    return math_bind(b, (math_state){.f = math_signum});
}

/* ---- one bind function per C function ---- */

#define MATH_BIND(name, function)                                                                  \
    static dbx_status math_bind_##name(fn_bind *b) {                                               \
        return math_bind(b, (math_state){.f = function});                                          \
    }
#define MATH_BIND_ABOVE(name, function, limit)                                                     \
    static dbx_status math_bind_##name(fn_bind *b) {                                               \
        return math_bind(b, (math_state){.f = function, .above = true, .bound = limit});           \
    }
#define MATH_BIND2(name, function)                                                                 \
    static dbx_status math_bind_##name(fn_bind *b) {                                               \
        return math_bind(b, (math_state){.g = function});                                          \
    }
MATH_BIND(acos, acos)
MATH_BIND(acosh, math_acosh)
MATH_BIND(asin, asin)
MATH_BIND(asinh, math_asinh)
MATH_BIND(atan, atan)
MATH_BIND(atanh, math_atanh)
MATH_BIND(cbrt, math_cbrt)
MATH_BIND(cos, cos)
MATH_BIND(cosh, cosh)
MATH_BIND(cot, math_cot)
MATH_BIND(csc, math_csc)
MATH_BIND(degrees, math_degrees)
MATH_BIND(exp, exp)
MATH_BIND(expm1, expm1)
MATH_BIND_ABOVE(ln, log, 0.0)
MATH_BIND_ABOVE(log10, log10, 0.0)
MATH_BIND_ABOVE(log1p, log1p, -1.0)
MATH_BIND_ABOVE(log2, log2, 0.0)
MATH_BIND(radians, math_radians)
MATH_BIND(rint, rint)
MATH_BIND(sec, math_sec)
MATH_BIND(sin, sin)
MATH_BIND(sinh, sinh)
MATH_BIND(tan, tan)
MATH_BIND(tanh, tanh)
MATH_BIND2(atan2, math_atan2)
MATH_BIND2(hypot, hypot)
MATH_BIND2(pow, math_pow)

#define MATH_ROW(text, binder, about, sample)                                                      \
    {                                                                                              \
        .name = text, .signature = "(expr double) -> double", .flags = FN_TOTAL,                   \
        .kernel = math_run, .bind = binder, .category = "math", .doc = about, .examples = sample   \
    }
#define MATH_LOG_ROW(text, binder, about, sample)                                                  \
    {                                                                                              \
        .name = text, .signature = "(expr double) -> double", .flags = FN_ALWAYS_NULLABLE,         \
        .kernel = math_run, .bind = binder, .category = "math", .doc = about, .examples = sample   \
    }
#define MATH_ROW2(text, binder, about, sample)                                                     \
    {                                                                                              \
        .name = text, .signature = "(expr1 double, expr2 double) -> double", .flags = FN_TOTAL,    \
        .kernel = math_run2, .bind = binder, .category = "math", .doc = about, .examples = sample  \
    }

const function_row math_functions[] = {
    MATH_ROW("ACOS", math_bind_acos, "Arc cosine.", "acos(1) => 0.0; acos(2) => NaN"),
    MATH_ROW("ACOSH", math_bind_acosh, "Inverse hyperbolic cosine.",
             "acosh(1) => 0.0; acosh(0) => NaN"),
    MATH_ROW("ASIN", math_bind_asin, "Arc sine.", "asin(0) => 0.0"),
    MATH_ROW("ASINH", math_bind_asinh, "Inverse hyperbolic sine.", "asinh(0) => 0.0"),
    MATH_ROW("ATAN", math_bind_atan, "Arc tangent.", "atan(0) => 0.0"),
    MATH_ROW("ATANH", math_bind_atanh, "Inverse hyperbolic tangent.",
             "atanh(0) => 0.0; atanh(2) => NaN"),
    MATH_ROW("CBRT", math_bind_cbrt, "Cube root.", "cbrt(27.0) => 3.0"),
    MATH_ROW("COS", math_bind_cos, "Cosine.", "cos(0) => 1.0"),
    MATH_ROW("COSH", math_bind_cosh, "Hyperbolic cosine.", "cosh(0) => 1.0"),
    MATH_ROW("COT", math_bind_cot, "Cotangent.", "cot(1) => 0.6420926159343306"),
    MATH_ROW("CSC", math_bind_csc, "Cosecant.", "csc(1) => 1.1883951057781212"),
    MATH_ROW("DEGREES", math_bind_degrees, "Radians to degrees.",
             "degrees(3.141592653589793) => 180.0"),
    MATH_ROW("EXP", math_bind_exp, "e to the power of expr.", "exp(0) => 1.0"),
    MATH_ROW("EXPM1", math_bind_expm1, "exp(expr) - 1.", "expm1(0) => 0.0"),
    MATH_ROW("RADIANS", math_bind_radians, "Degrees to radians.",
             "radians(180) => 3.141592653589793"),
    MATH_ROW("rint", math_bind_rint, "Nearest whole number, ties to even.",
             "rint(12.3456) => 12.0"),
    MATH_ROW("SEC", math_bind_sec, "Secant.", "sec(0) => 1.0"),
    MATH_ROW("SIN", math_bind_sin, "Sine.", "sin(0) => 0.0"),
    MATH_ROW("SINH", math_bind_sinh, "Hyperbolic sine.", "sinh(0) => 0.0"),
    MATH_ROW("TAN", math_bind_tan, "Tangent.", "tan(0) => 0.0"),
    MATH_ROW("TANH", math_bind_tanh, "Hyperbolic tangent.", "tanh(0) => 0.0"),
    MATH_LOG_ROW("ln", math_bind_ln, "Natural logarithm; NULL for what is not positive.",
                 "ln(1) => 0.0; ln(0) => NULL"),
    MATH_LOG_ROW("LOG10", math_bind_log10, "Decimal logarithm.", "log10(10) => 1.0"),
    MATH_LOG_ROW("LOG1P", math_bind_log1p, "ln(1 + expr).", "log1p(0) => 0.0"),
    MATH_LOG_ROW("LOG2", math_bind_log2, "Binary logarithm.", "log2(2) => 1.0"),
    {.name = "LOG",
     .signature = "(base double, expr double) -> double",
     .flags = FN_ALWAYS_NULLABLE,
     .kernel = math_log_base,
     .category = "math",
     .doc = "Logarithm of expr to a base.",
     .examples = "log(10, 100) => 2.0"},
    MATH_LOG_ROW("LOG", math_bind_ln, "Natural logarithm.", "log(1) => 0.0"),
    MATH_ROW2("ATAN2", math_bind_atan2, "Angle of the point (expr2, expr1).", "atan2(0, 0) => 0.0"),
    MATH_ROW2("HYPOT", math_bind_hypot, "sqrt(expr1 ^ 2 + expr2 ^ 2).", "hypot(3, 4) => 5.0"),
    MATH_ROW2("POWER", math_bind_pow, "expr1 to the power of expr2.", "power(2, 3) => 8.0"),
    MATH_ROW2("pow", math_bind_pow, "expr1 to the power of expr2.", "pow(2, 3) => 8.0"),
    {.name = "SQRT",
     .signature = "(expr double) -> double",
     .flags = FN_TOTAL,
     .kernel = math_sqrt,
     .category = "math",
     .doc = "Square root.",
     .examples = "sqrt(4) => 2.0; sqrt(-1) => NaN"},
    {.name = "PI",
     .signature = "() -> double",
     .flags = FN_TOTAL | FN_NEVER_NULL,
     .kernel = math_constant_pi,
     .category = "math",
     .doc = "The number pi.",
     .examples = "pi() => 3.141592653589793"},
    {.name = "E",
     .signature = "() -> double",
     .flags = FN_TOTAL | FN_NEVER_NULL,
     .kernel = math_constant_e,
     .category = "math",
     .doc = "Euler's number.",
     .examples = "e() => 2.718281828459045"},
    {.name = "negative",
     .signature = "(expr any) -> bind",
     .op = OP_NEGATE,
     .kernel = math_negative,
     .bind = math_bind_negative,
     .category = "math",
     .doc = "The number with its sign changed.",
     .examples = "negative(1) => -1"},
    {.name = "positive",
     .signature = "(expr any) -> bind",
     .flags = FN_TOTAL,
     .kernel = math_positive,
     .bind = math_bind_positive,
     .category = "math",
     .doc = "The number itself.",
     .examples = "positive(1) => 1"},
    {.name = "abs",
     .signature = "(expr any) -> bind",
     .kernel = math_abs,
     .bind = math_bind_abs,
     .category = "math",
     .doc = "Absolute value.",
     .examples = "abs(-1) => 1; abs(-1.5) => 1.5"},
    {.name = "sign",
     .signature = "(expr any) -> bind",
     .kernel = math_run,
     .bind = math_bind_sign,
     .category = "math",
     .doc = "-1.0, 0.0 or 1.0.",
     .examples = "sign(40) => 1.0"},
    {.name = "SIGNUM",
     .signature = "(expr any) -> bind",
     .kernel = math_run,
     .bind = math_bind_sign,
     .category = "math",
     .doc = "-1.0, 0.0 or 1.0.",
     .examples = "signum(40) => 1.0"},
};
const uint32_t math_functions_count = ARRAY_COUNT(math_functions);
