/* math_round.c - round, bround, ceil and floor.
 *
 * Integers stay integers, decimals get the scale that is left (one more digit before the point,
 * since 9.9 rounds to 10), doubles are rounded by their shortest decimal digits, as Java's
 * BigDecimal does.
 */
#include "functions/arithmetic.h"
#include "functions/cast_int.h"
#include "functions/families.h"
#include "functions/text_out.h"
#include "kernel/number_text.h"

#include <math.h>

typedef enum rounding { ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_CEILING, ROUND_FLOOR } rounding;

typedef struct round_state {
    rounding mode;
    int32_t scale;
    int128 unit;   /* values are divided by it … */
    int128 factor; /* … and multiplied by it */
    int128 limit;
    bool raise;
    bool is_null; /* the scale is NULL */
} round_state;

static int128 round_quotient(int128 x, int128 unit, rounding mode) {
    if (unit == 1) return x;
    switch (mode) {
    case ROUND_HALF_UP:
        return int128_divide_half_up(x, unit);
    case ROUND_HALF_EVEN:
        return int128_divide_half_even(x, unit);
    case ROUND_CEILING:
        return x / unit + (x % unit > 0);
    case ROUND_FLOOR:
        return x / unit - (x % unit < 0);
    }
    return x;
}

static dbx_status round_raise(fn_call *call) {
    return error_raise(call->err, ERR_ARITHMETIC_OVERFLOW, call->position, "message", "Overflow",
                       "alternative", "", "config", FN_ANSI_CONFIG, NULL);
}

/* Integers and decimals: x / unit * factor. */
static dbx_status round_exact(fn_call *call, const vector *args, vector *out) {
    const round_state *s = call->state;
    vector_view x = vector_view_of(&args[0]);
    type from = call->arg_types[0];
    FN_FOR_EACH_ROW(call, r) {
        uint32_t i = view_index(&x, r);
        int128 v = from.id == TYPE_DECIMAL ? cast_load_decimal(from, x.data, i)
                                           : cast_load_int(from, x.data, i);
        bool fits = !s->is_null &&
                    !__builtin_mul_overflow(round_quotient(v, s->unit, s->mode), s->factor, &v);
        if (s->is_null) {
            TRY(fn_set_null(call, out, r));
        } else if (out->type.id == TYPE_DECIMAL) {
            if (!fits || v >= s->limit || v <= -s->limit) {
                if (s->raise) return round_raise(call);
                TRY(fn_set_null(call, out, r));
            } else if (out->phys == PHYS_INT64) {
                VECTOR_DATA(out, int64_t)[r] = (int64_t)v;
            } else {
                VECTOR_DATA(out, int128)[r] = v;
            }
        } else if ((!cast_store_int(out->type, (int64_t)v, out->data, r) || !fits ||
                    v != (int64_t)v) &&
                   s->raise) {
            return round_raise(call);
        }
    }
    return DBX_OK;
}

static dbx_status round_double(fn_call *call, const vector *args, vector *out) {
    const round_state *s = call->state;
    vector_view x = vector_view_of(&args[0]);
    bool even = s->mode == ROUND_HALF_EVEN;
    FN_FOR_EACH_ROW(call, r) {
        if (s->is_null)
            TRY(fn_set_null(call, out, r));
        else if (out->phys == PHYS_DOUBLE)
            VECTOR_DATA(out, double)[r] = number_round_double(double_arg(&x, r), s->scale, even);
        else
            VECTOR_DATA(out, float)
            [r] = (float)number_round_double((double)((const float *)x.data)[view_index(&x, r)],
                                             s->scale, even);
    }
    return DBX_OK;
}

/* ceil and floor of a DOUBLE are BIGINT; what does not fit saturates, as a Java cast does. */
static dbx_status round_double_to_bigint(fn_call *call, const vector *args, vector *out) {
    const round_state *s = call->state;
    vector_view x = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        double v = double_arg(&x, r);
        v = s->mode == ROUND_CEILING ? ceil(v) : floor(v);
        VECTOR_DATA(out, int64_t)
        [r] = v != v                        ? 0
              : v >= 9223372036854775807.0  ? INT64_MAX
              : v <= -9223372036854775808.0 ? INT64_MIN
                                            : (int64_t)v;
    }
    return DBX_OK;
}

/* ---- binding ---- */

static type round_decimal_type(type t, int32_t scale) {
    int32_t whole = t.precision - t.scale + 1, kept = scale < t.scale ? scale : t.scale;
    if (scale < 0)
        return type_decimal((uint32_t)MIN(MAX(whole, -scale + 1), (int32_t)DECIMAL_PRECISION_MAX),
                            0);
    return type_decimal((uint32_t)MIN(whole + kept, (int32_t)DECIMAL_PRECISION_MAX),
                        (uint32_t)kept);
}

/* Fills unit, factor and limit for an exact type of scale `from` and a result of scale `to`. */
static void round_set_exact(round_state *s, int32_t from, int32_t to) {
    int32_t dropped = MIN(MAX(from - s->scale, 0), (int32_t)INT128_POWER_MAX);
    s->unit = int128_power10[dropped];
    int32_t back = dropped - (from - to);
    s->factor = int128_power10[MAX(back, 0)];
}

static dbx_status round_bind(fn_bind *b, rounding mode) {
    round_state *s = ARENA_NEW(b->arena, round_state);
    type *t = &b->arg_types[0];
    int64_t scale = 0;
    if (s == NULL) return error_nomem(b->err);
    if (b->arg_count > 1) {
        bool whole_number = fn_bind_constant_int(b, 1, &scale);
        if ((mode == ROUND_CEILING || mode == ROUND_FLOOR) && !whole_number) {
            const char *name = mode == ROUND_CEILING ? "`ceil`" : "`floor`";
            return error_raise(b->err, ERR_NON_FOLDABLE_ARGUMENT, b->position, "funcName", name,
                               "paramName", "`scale`", "paramType", "\"INT\"", NULL);
        }
        b->arg_types[1] = type_simple(TYPE_INT);
        s->is_null = !whole_number;
    }
    s->mode = mode;
    s->scale = (int32_t)MAX(MIN(scale, (int64_t)400), (int64_t)-400);
    s->raise = b->query->settings->ansi;
    b->state = s;
    b->nullable = b->nullable || s->is_null;
    if (t->id == TYPE_STRING || t->id == TYPE_VOID) *t = type_simple(TYPE_DOUBLE);
    if (!type_is_numeric(*t)) return fn_bind_unexpected_type(b, 0, "\"NUMERIC\"");
    bool whole = mode == ROUND_CEILING || mode == ROUND_FLOOR;
    if (whole && b->arg_count > 1 && t->id != TYPE_DECIMAL) {
        if (type_is_integer(*t))
            *t = type_decimal(t->id == TYPE_BIGINT     ? 20
                              : t->id == TYPE_INT      ? 10
                              : t->id == TYPE_SMALLINT ? 5
                                                       : 3,
                              0);
        else
            *t = t->id == TYPE_FLOAT ? type_decimal(14, 7) : type_decimal(30, 15);
    }
    b->kernel = round_exact;
    if (t->id == TYPE_DECIMAL) {
        b->result = whole && b->arg_count == 1
                        ? type_decimal(MIN((uint32_t)(t->precision - t->scale + 1),
                                           (uint32_t)DECIMAL_PRECISION_MAX),
                                       0)
                        : round_decimal_type(*t, s->scale);
        s->limit = int128_power10[b->result.precision];
        round_set_exact(s, t->scale, b->result.scale);
        return DBX_OK;
    }
    b->result = *t;
    if (type_is_integer(*t)) {
        if (whole) *t = b->result = type_simple(TYPE_BIGINT);
        round_set_exact(s, 0, 0);
        return DBX_OK;
    }
    b->kernel = round_double;
    if (whole) {
        *t = type_simple(TYPE_DOUBLE);
        b->result = type_simple(TYPE_BIGINT);
        b->kernel = round_double_to_bigint;
    }
    return DBX_OK;
}
static dbx_status round_bind_half_up(fn_bind *b) {
    return round_bind(b, ROUND_HALF_UP);
}
static dbx_status round_bind_half_even(fn_bind *b) {
    return round_bind(b, ROUND_HALF_EVEN);
}
static dbx_status round_bind_ceiling(fn_bind *b) {
    return round_bind(b, ROUND_CEILING);
}
static dbx_status round_bind_floor(fn_bind *b) {
    return round_bind(b, ROUND_FLOOR);
}

#define ROUND_ROW(text, sig, binder, about, sample)                                                \
    {                                                                                              \
        .name = text, .signature = sig, .bind = binder, .category = "math", .doc = about,          \
        .examples = sample                                                                         \
    }
const function_row math_round_functions[] = {
    ROUND_ROW("round", "(expr any, [d const int]) -> bind", round_bind_half_up,
              "Rounded to d decimals, ties away from zero.",
              "round(2.5, 0) => 3; round(25, -1) => 30"),
    ROUND_ROW("bround", "(expr any, [d const int]) -> bind", round_bind_half_even,
              "Rounded to d decimals, ties to even.", "bround(2.5, 0) => 2; bround(25, -1) => 20"),
    ROUND_ROW("CEIL", "(expr any) -> bind", round_bind_ceiling,
              "Smallest whole number that is not smaller.", "ceil(-0.1) => 0; ceil(5) => 5"),
    ROUND_ROW("ceil", "(expr any, scale any) -> bind", round_bind_ceiling, "Rounded up to a scale.",
              "ceil(3.1411, 3) => 3.142; ceil(3.1411, -3) => 1000"),
    ROUND_ROW("ceiling", "(expr any, [scale any]) -> bind", round_bind_ceiling, "Rounded up.",
              "ceiling(-0.1) => 0"),
    ROUND_ROW("FLOOR", "(expr any) -> bind", round_bind_floor,
              "Largest whole number that is not larger.", "floor(-0.1) => -1; floor(5) => 5"),
    ROUND_ROW("floor", "(expr any, scale any) -> bind", round_bind_floor,
              "Rounded down to a scale.", "floor(3.1411, 3) => 3.141; floor(3.1411, -3) => 0"),
};
const uint32_t math_round_functions_count = ARRAY_COUNT(math_round_functions);
