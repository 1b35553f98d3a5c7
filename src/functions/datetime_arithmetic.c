/* datetime_arithmetic.c - operators on dates, timestamps, times and intervals.
 *
 * bind finds the operation in a table of type pairs and sets the arguments' types; one step
 * function per operation computes one row. Months and days are added to local times of the
 * session's zone, the rest to instants.
 */
#include "functions/arithmetic.h"
#include "functions/datetime.h"
#include "kernel/calendar.h"

#include <math.h>

typedef struct datetime_op_state datetime_op_state;
/* Computes out[r] from a[i] and b[j]; false when it overflows or divides by zero. */
typedef bool (*datetime_step)(const datetime_op_state *s, const void *a, uint32_t i, const void *b,
                              uint32_t j, void *out, uint32_t r);

struct datetime_op_state {
    datetime_step step;
    const time_zone *zone;
    int sign;            /* 1 or -1 for the second argument of + and - */
    uint8_t mode;        /* failure_mode */
    uint8_t op;          /* arith_op */
    bool interval;       /* the result is an interval */
    uint8_t factor;      /* physical_type of a number */
    int128 factor_scale; /* DECIMAL factor: 10^scale */
};

#define DATETIME_AT(ctype, p, i) (((const ctype *)(p))[i])

bool datetime_add_interval(const time_zone *zone, int64_t *micros, int64_t months, int64_t days,
                           int64_t rest) {
    if (months != 0 || days != 0) {
        int64_t local = time_zone_to_local(zone, *micros);
        int64_t day = floor_divide(local, MICROS_PER_DAY), time = local - day * MICROS_PER_DAY;
        if (months != 0) day = calendar_add_months(day, months);
        day += days;
        if (day > INT64_MAX / MICROS_PER_DAY - 2 || day < INT64_MIN / MICROS_PER_DAY + 2)
            return false;
        *micros = time_zone_to_utc(zone, day * MICROS_PER_DAY + time);
    }
    return !__builtin_add_overflow(*micros, rest, micros);
}

/* ---- steps ---- */

static bool datetime_step_date_days(const datetime_op_state *s, const void *a, uint32_t i,
                                    const void *b, uint32_t j, void *out, uint32_t r) {
    ((int32_t *)out)[r] = (int32_t)((uint32_t)DATETIME_AT(int32_t, a, i) +
                                    (uint32_t)(s->sign * DATETIME_AT(int32_t, b, j)));
    return true;
}
static bool datetime_step_days_date(const datetime_op_state *s, const void *a, uint32_t i,
                                    const void *b, uint32_t j, void *out, uint32_t r) {
    return datetime_step_date_days(s, b, j, a, i, out, r);
}
static bool datetime_step_date_date(const datetime_op_state *s, const void *a, uint32_t i,
                                    const void *b, uint32_t j, void *out, uint32_t r) {
    (void)s;
    return !__builtin_mul_overflow((int64_t)DATETIME_AT(int32_t, a, i) - DATETIME_AT(int32_t, b, j),
                                   MICROS_PER_DAY, &((int64_t *)out)[r]);
}
static bool datetime_step_date_months(const datetime_op_state *s, const void *a, uint32_t i,
                                      const void *b, uint32_t j, void *out, uint32_t r) {
    int64_t days = calendar_add_months(DATETIME_AT(int32_t, a, i),
                                       (int64_t)s->sign * DATETIME_AT(int32_t, b, j));
    ((int32_t *)out)[r] = (int32_t)days;
    return days == (int32_t)days;
}
static bool datetime_step_date_micros(const datetime_op_state *s, const void *a, uint32_t i,
                                      const void *b, uint32_t j, void *out, uint32_t r) {
    int64_t days =
        DATETIME_AT(int32_t, a, i) + s->sign * (DATETIME_AT(int64_t, b, j) / MICROS_PER_DAY);
    ((int32_t *)out)[r] = (int32_t)days;
    return days == (int32_t)days;
}
static bool datetime_step_date_calendar(const datetime_op_state *s, const void *a, uint32_t i,
                                        const void *b, uint32_t j, void *out, uint32_t r) {
    dbx_interval v = DATETIME_AT(dbx_interval, b, j);
    int64_t days = calendar_add_months(DATETIME_AT(int32_t, a, i), (int64_t)s->sign * v.months) +
                   (int64_t)s->sign * v.days + s->sign * (v.micros / MICROS_PER_DAY);
    ((int32_t *)out)[r] = (int32_t)days;
    return days == (int32_t)days;
}
static bool datetime_step_ts_months(const datetime_op_state *s, const void *a, uint32_t i,
                                    const void *b, uint32_t j, void *out, uint32_t r) {
    int64_t micros = DATETIME_AT(int64_t, a, i);
    bool good = datetime_add_interval(s->zone, &micros,
                                      (int64_t)s->sign * DATETIME_AT(int32_t, b, j), 0, 0);
    ((int64_t *)out)[r] = micros;
    return good;
}
static bool datetime_step_ts_micros(const datetime_op_state *s, const void *a, uint32_t i,
                                    const void *b, uint32_t j, void *out, uint32_t r) {
    int64_t micros = DATETIME_AT(int64_t, a, i), delta = DATETIME_AT(int64_t, b, j);
    int64_t days = delta / MICROS_PER_DAY, rest = delta % MICROS_PER_DAY;
    bool good = datetime_add_interval(s->zone, &micros, 0, s->sign * days, s->sign * rest);
    ((int64_t *)out)[r] = micros;
    return good;
}
static bool datetime_step_ts_calendar(const datetime_op_state *s, const void *a, uint32_t i,
                                      const void *b, uint32_t j, void *out, uint32_t r) {
    dbx_interval v = DATETIME_AT(dbx_interval, b, j);
    int64_t micros = DATETIME_AT(int64_t, a, i), rest;
    if (__builtin_mul_overflow(v.micros, (int64_t)s->sign, &rest)) return false;
    bool good = datetime_add_interval(s->zone, &micros, (int64_t)s->sign * v.months,
                                      (int64_t)s->sign * v.days, rest);
    ((int64_t *)out)[r] = micros;
    return good;
}
/* TIMESTAMP - TIMESTAMP counts local time, as Spark does. */
static bool datetime_step_ts_ts(const datetime_op_state *s, const void *a, uint32_t i,
                                const void *b, uint32_t j, void *out, uint32_t r) {
    int64_t x = time_zone_to_local(s->zone, DATETIME_AT(int64_t, a, i)),
            y = time_zone_to_local(s->zone, DATETIME_AT(int64_t, b, j));
    return !__builtin_sub_overflow(x, y, &((int64_t *)out)[r]);
}
static bool datetime_step_time_micros(const datetime_op_state *s, const void *a, uint32_t i,
                                      const void *b, uint32_t j, void *out, uint32_t r) {
    int64_t micros;
    bool bad = s->sign > 0 ? __builtin_add_overflow(DATETIME_AT(int64_t, a, i),
                                                    DATETIME_AT(int64_t, b, j), &micros)
                           : __builtin_sub_overflow(DATETIME_AT(int64_t, a, i),
                                                    DATETIME_AT(int64_t, b, j), &micros);
    ((int64_t *)out)[r] = micros;
    return !bad && micros >= 0 && micros < MICROS_PER_DAY;
}
static bool datetime_step_months(const datetime_op_state *s, const void *a, uint32_t i,
                                 const void *b, uint32_t j, void *out, uint32_t r) {
    int64_t v = (int64_t)DATETIME_AT(int32_t, a, i) + (int64_t)s->sign * DATETIME_AT(int32_t, b, j);
    ((int32_t *)out)[r] = (int32_t)v;
    return v == (int32_t)v;
}
static bool datetime_step_micros(const datetime_op_state *s, const void *a, uint32_t i,
                                 const void *b, uint32_t j, void *out, uint32_t r) {
    int64_t *o = &((int64_t *)out)[r];
    return !(
        s->sign > 0
            ? __builtin_add_overflow(DATETIME_AT(int64_t, a, i), DATETIME_AT(int64_t, b, j), o)
            : __builtin_sub_overflow(DATETIME_AT(int64_t, a, i), DATETIME_AT(int64_t, b, j), o));
}
static bool datetime_step_calendar(const datetime_op_state *s, const void *a, uint32_t i,
                                   const void *b, uint32_t j, void *out, uint32_t r) {
    dbx_interval x = DATETIME_AT(dbx_interval, a, i), y = DATETIME_AT(dbx_interval, b, j),
                 *o = &((dbx_interval *)out)[r];
    int64_t months = (int64_t)x.months + (int64_t)s->sign * y.months,
            days = (int64_t)x.days + (int64_t)s->sign * y.days;
    bool bad = s->sign > 0 ? __builtin_add_overflow(x.micros, y.micros, &o->micros)
                           : __builtin_sub_overflow(x.micros, y.micros, &o->micros);
    o->months = (int32_t)months;
    o->days = (int32_t)days;
    return !bad && months == (int32_t)months && days == (int32_t)days;
}

static bool datetime_round(double x, int64_t *out) {
    double rounded = x < 0 ? -floor(-x + 0.5) : floor(x + 0.5);
    if (!(rounded >= -9223372036854775808.0 && rounded < 9223372036854775808.0)) return false;
    *out = (int64_t)rounded;
    return true;
}

/* value * factor or value / factor, half away from zero. */
static bool datetime_scale(const datetime_op_state *s, int64_t value, const void *factors,
                           uint32_t j, int64_t *out) {
    int128 wide;
    if (s->factor == PHYS_DOUBLE) {
        double f = DATETIME_AT(double, factors, j);
        if (s->op == ARITH_DIVIDE && f == 0) return false;
        return datetime_round(s->op == ARITH_DIVIDE ? (double)value / f : (double)value * f, out);
    }
    int128 f = s->factor == PHYS_INT128 ? DATETIME_AT(int128, factors, j)
                                        : DATETIME_AT(int64_t, factors, j);
    if (s->op == ARITH_DIVIDE) {
        if (f == 0) return false;
        bool negative = f < 0;
        if (!int128_multiply_divide(value, s->factor_scale, negative ? -f : f, &wide)) return false;
        if (negative) wide = -wide;
    } else if (!int128_multiply_divide(value, f, s->factor_scale, &wide)) {
        return false;
    }
    *out = (int64_t)wide;
    return wide == *out;
}
static bool datetime_step_scale_months(const datetime_op_state *s, const void *a, uint32_t i,
                                       const void *b, uint32_t j, void *out, uint32_t r) {
    int64_t v = 0;
    bool good = datetime_scale(s, DATETIME_AT(int32_t, a, i), b, j, &v);
    ((int32_t *)out)[r] = (int32_t)v;
    return good && v == (int32_t)v;
}
static bool datetime_step_scale_micros(const datetime_op_state *s, const void *a, uint32_t i,
                                       const void *b, uint32_t j, void *out, uint32_t r) {
    return datetime_scale(s, DATETIME_AT(int64_t, a, i), b, j, &((int64_t *)out)[r]);
}
/* Fractions of days become microseconds, those of months are dropped. */
static bool datetime_step_scale_calendar(const datetime_op_state *s, const void *a, uint32_t i,
                                         const void *b, uint32_t j, void *out, uint32_t r) {
    dbx_interval x = DATETIME_AT(dbx_interval, a, i), *o = &((dbx_interval *)out)[r];
    double f = DATETIME_AT(double, b, j);
    if (s->op == ARITH_DIVIDE && f == 0) return false;
    double months = s->op == ARITH_DIVIDE ? x.months / f : x.months * f;
    double days = s->op == ARITH_DIVIDE ? x.days / f : x.days * f;
    double micros = s->op == ARITH_DIVIDE ? (double)x.micros / f : (double)x.micros * f;
    if (!(fabs(months) < 2147483648.0 && fabs(days) < 2147483648.0)) return false;
    o->months = (int32_t)months;
    o->days = (int32_t)days;
    return datetime_round(micros + (double)MICROS_PER_DAY * (days - (double)o->days), &o->micros);
}
static bool datetime_step_ratio_months(const datetime_op_state *s, const void *a, uint32_t i,
                                       const void *b, uint32_t j, void *out, uint32_t r) {
    (void)s;
    int32_t d = DATETIME_AT(int32_t, b, j);
    if (d == 0) return false;
    ((int64_t *)out)[r] = (int64_t)DATETIME_AT(int32_t, a, i) / d;
    return true;
}
static bool datetime_step_ratio_micros(const datetime_op_state *s, const void *a, uint32_t i,
                                       const void *b, uint32_t j, void *out, uint32_t r) {
    (void)s;
    int64_t d = DATETIME_AT(int64_t, b, j), n = DATETIME_AT(int64_t, a, i);
    if (d == 0 || (d == -1 && n == INT64_MIN)) return false;
    ((int64_t *)out)[r] = n / d;
    return true;
}
/* number * interval: the arguments swapped. */
static bool datetime_step_swapped_months(const datetime_op_state *s, const void *a, uint32_t i,
                                         const void *b, uint32_t j, void *out, uint32_t r) {
    return datetime_step_scale_months(s, b, j, a, i, out, r);
}
static bool datetime_step_swapped_micros(const datetime_op_state *s, const void *a, uint32_t i,
                                         const void *b, uint32_t j, void *out, uint32_t r) {
    return datetime_step_scale_micros(s, b, j, a, i, out, r);
}
static bool datetime_step_swapped_calendar(const datetime_op_state *s, const void *a, uint32_t i,
                                           const void *b, uint32_t j, void *out, uint32_t r) {
    return datetime_step_scale_calendar(s, b, j, a, i, out, r);
}
/* interval + date, interval + timestamp */
static bool datetime_step_months_date(const datetime_op_state *s, const void *a, uint32_t i,
                                      const void *b, uint32_t j, void *out, uint32_t r) {
    return datetime_step_date_months(s, b, j, a, i, out, r);
}
static bool datetime_step_micros_date(const datetime_op_state *s, const void *a, uint32_t i,
                                      const void *b, uint32_t j, void *out, uint32_t r) {
    return datetime_step_date_micros(s, b, j, a, i, out, r);
}
static bool datetime_step_calendar_date(const datetime_op_state *s, const void *a, uint32_t i,
                                        const void *b, uint32_t j, void *out, uint32_t r) {
    return datetime_step_date_calendar(s, b, j, a, i, out, r);
}
static bool datetime_step_months_ts(const datetime_op_state *s, const void *a, uint32_t i,
                                    const void *b, uint32_t j, void *out, uint32_t r) {
    return datetime_step_ts_months(s, b, j, a, i, out, r);
}
static bool datetime_step_micros_ts(const datetime_op_state *s, const void *a, uint32_t i,
                                    const void *b, uint32_t j, void *out, uint32_t r) {
    return datetime_step_ts_micros(s, b, j, a, i, out, r);
}
static bool datetime_step_calendar_ts(const datetime_op_state *s, const void *a, uint32_t i,
                                      const void *b, uint32_t j, void *out, uint32_t r) {
    return datetime_step_ts_calendar(s, b, j, a, i, out, r);
}
static bool datetime_step_micros_time(const datetime_op_state *s, const void *a, uint32_t i,
                                      const void *b, uint32_t j, void *out, uint32_t r) {
    return datetime_step_time_micros(s, b, j, a, i, out, r);
}

/* ---- running ---- */

static dbx_status datetime_raise(fn_call *call, const vector *args, const datetime_op_state *s,
                                 uint32_t row) {
    if (s->interval) {
        if (s->op == ARITH_DIVIDE || s->op == ARITH_INT_DIVIDE) {
            vector_view f = vector_view_of(&args[1]);
            uint32_t j = view_index(&f, row);
            bool zero = s->factor == PHYS_DOUBLE   ? DATETIME_AT(double, f.data, j) == 0
                        : s->factor == PHYS_INT128 ? DATETIME_AT(int128, f.data, j) == 0
                        : s->factor == PHYS_INT32  ? DATETIME_AT(int32_t, f.data, j) == 0
                                                   : DATETIME_AT(int64_t, f.data, j) == 0;
            if (zero)
                return error_raise(call->err, ERR_INTERVAL_DIVIDED_BY_ZERO, call->position, NULL);
        }
        static const char *const hints[] = {"`try_add`", "`try_subtract`", "`try_multiply`",
                                            "`try_divide`"};
        if (s->op > ARITH_DIVIDE)
            return error_raise(call->err, ERR_INTERVAL_ARITHMETIC_OVERFLOW__WITHOUT_SUGGESTION,
                               call->position, NULL);
        return error_raise(call->err, ERR_INTERVAL_ARITHMETIC_OVERFLOW__WITH_SUGGESTION,
                           call->position, "functionName", hints[s->op], NULL);
    }
    const char *operation =
        arena_printf(call->arena, "%s %s %s", fn_value_sql(call, &args[0], row),
                     s->sign > 0 ? "+" : "-", fn_value_sql(call, &args[1], row));
    return error_raise(call->err, ERR_DATETIME_OVERFLOW, call->position, "operation",
                       operation == NULL ? "" : operation, NULL);
}

static dbx_status datetime_op_run(fn_call *call, const vector *args, vector *out) {
    const datetime_op_state *s = call->state;
    vector_view a = vector_view_of(&args[0]), b = vector_view_of(&args[1]);
    datetime_step step = s->step;
    FN_FOR_EACH_ROW(call, r) {
        if (LIKELY(step(s, a.data, view_index(&a, r), b.data, view_index(&b, r), out->data, r)))
            continue;
        if (s->mode == FAILURE_RAISE) return datetime_raise(call, args, s, r);
        TRY(fn_set_null(call, out, r));
    }
    return DBX_OK;
}

/* ---- binding ---- */

static bool datetime_is_instant(type t) {
    return t.id == TYPE_TIMESTAMP || t.id == TYPE_TIMESTAMP_NTZ;
}

static type datetime_joined_fields(type x, type y) {
    x.precision = MIN(x.precision, y.precision);
    x.scale = MAX(x.scale, y.scale);
    return x;
}

/* date|timestamp ± interval. `swapped`: interval + date. */
static datetime_step datetime_find_shift(fn_bind *b, type *base, type *interval, bool swapped) {
    b->result = *base;
    if (base->id == TYPE_DATE && interval->id == TYPE_INTERVAL_DT &&
        interval->scale != INTERVAL_DAY)
        *base = b->result = type_simple(TYPE_TIMESTAMP);
    if (base->id == TYPE_TIME) {
        if (interval->id != TYPE_INTERVAL_DT) return NULL;
        return swapped ? datetime_step_micros_time : datetime_step_time_micros;
    }
    bool date = base->id == TYPE_DATE;
    switch ((type_id)interval->id) {
    case TYPE_INTERVAL_YM:
        if (swapped) return date ? datetime_step_months_date : datetime_step_months_ts;
        return date ? datetime_step_date_months : datetime_step_ts_months;
    case TYPE_INTERVAL_DT:
        if (swapped) return date ? datetime_step_micros_date : datetime_step_micros_ts;
        return date ? datetime_step_date_micros : datetime_step_ts_micros;
    default:
        if (swapped) return date ? datetime_step_calendar_date : datetime_step_calendar_ts;
        return date ? datetime_step_date_calendar : datetime_step_ts_calendar;
    }
}

static datetime_step datetime_find_sum(fn_bind *b, arith_op op) {
    type *x = &b->arg_types[0], *y = &b->arg_types[1];
    if (x->id == TYPE_DATE && y->id == TYPE_VOID)
        *y = type_simple(op == ARITH_ADD ? TYPE_INT : TYPE_DATE);
    if (y->id == TYPE_DATE && x->id == TYPE_VOID)
        *x = type_simple(op == ARITH_ADD ? TYPE_INT : TYPE_DATE);
    type day_time = type_interval_dt(INTERVAL_DAY, INTERVAL_SECOND);
    if (op == ARITH_ADD && datetime_is_instant(*x) && y->id == TYPE_VOID) *y = day_time;
    if (op == ARITH_ADD && datetime_is_instant(*y) && x->id == TYPE_VOID) *x = day_time;
    if (type_is_interval(*x) && y->id == TYPE_VOID) *y = *x;
    if (type_is_interval(*y) && x->id == TYPE_VOID) *x = *y;
    bool small_y = type_is_integer(*y) && y->id <= TYPE_INT,
         small_x = type_is_integer(*x) && x->id <= TYPE_INT;
    if (x->id == TYPE_DATE && small_y) {
        *y = type_simple(TYPE_INT);
        b->result = *x;
        return datetime_step_date_days;
    }
    if (op == ARITH_ADD && y->id == TYPE_DATE && small_x) {
        *x = type_simple(TYPE_INT);
        b->result = *y;
        return datetime_step_days_date;
    }
    if (type_is_datetime(*x) && type_is_interval(*y)) return datetime_find_shift(b, x, y, false);
    if (op == ARITH_ADD && type_is_interval(*x) && type_is_datetime(*y))
        return datetime_find_shift(b, y, x, true);
    if (type_is_interval(*x) && x->id == y->id) {
        b->result = *x = *y = datetime_joined_fields(*x, *y);
        return x->id == TYPE_INTERVAL_YM   ? datetime_step_months
               : x->id == TYPE_INTERVAL_DT ? datetime_step_micros
                                           : datetime_step_calendar;
    }
    if (op != ARITH_SUBTRACT) return NULL;
    if (x->id == TYPE_DATE && y->id == TYPE_DATE) {
        b->result = type_interval_dt(INTERVAL_DAY, INTERVAL_DAY);
        return datetime_step_date_date;
    }
    if (x->id == TYPE_TIME && y->id == TYPE_TIME) {
        b->result = type_interval_dt(INTERVAL_HOUR, INTERVAL_SECOND);
        return datetime_step_micros;
    }
    if (datetime_is_instant(*x) && (y->id == TYPE_STRING || y->id == TYPE_VOID)) *y = *x;
    if (datetime_is_instant(*y) && (x->id == TYPE_STRING || x->id == TYPE_VOID)) *x = *y;
    if (!type_is_datetime(*x) || !type_is_datetime(*y) || x->id == TYPE_TIME || y->id == TYPE_TIME)
        return NULL;
    bool zoned = x->id == TYPE_TIMESTAMP || y->id == TYPE_TIMESTAMP;
    *x = *y = type_simple(zoned ? TYPE_TIMESTAMP : TYPE_TIMESTAMP_NTZ);
    b->result = type_interval_dt(INTERVAL_DAY, INTERVAL_SECOND);
    return datetime_step_ts_ts;
}

static datetime_step datetime_find_product(fn_bind *b, arith_op op, datetime_op_state *s) {
    type *x = &b->arg_types[0], *y = &b->arg_types[1];
    bool swapped = !type_is_interval(*x);
    if (swapped && op != ARITH_MULTIPLY) return NULL;
    type *interval = swapped ? y : x, *factor = swapped ? x : y;
    if (type_is_integer(*factor))
        *factor = type_simple(TYPE_BIGINT);
    else if (factor->id != TYPE_DECIMAL &&
             (type_is_float(*factor) || factor->id == TYPE_STRING || factor->id == TYPE_VOID))
        *factor = type_simple(TYPE_DOUBLE);
    else if (factor->id != TYPE_DECIMAL)
        return NULL;
    b->result = *interval;
    if (interval->id == TYPE_INTERVAL) {
        *factor = type_simple(TYPE_DOUBLE);
    } else if (interval->id == TYPE_INTERVAL_YM) {
        b->result = type_interval_ym(INTERVAL_YEAR, INTERVAL_MONTH);
    } else {
        b->result = type_interval_dt(INTERVAL_DAY, INTERVAL_SECOND);
    }
    s->factor = (uint8_t)type_physical(*factor);
    s->factor_scale = int128_power10[factor->id == TYPE_DECIMAL ? factor->scale : 0];
    static const datetime_step steps[3][2] = {
        {datetime_step_scale_months, datetime_step_swapped_months},
        {datetime_step_scale_micros, datetime_step_swapped_micros},
        {datetime_step_scale_calendar, datetime_step_swapped_calendar},
    };
    return steps[interval->id - TYPE_INTERVAL_YM][swapped];
}

static datetime_step datetime_find_ratio(fn_bind *b, datetime_op_state *s) {
    type *x = &b->arg_types[0], *y = &b->arg_types[1];
    if (x->id == TYPE_VOID) *x = *y;
    if (y->id == TYPE_VOID) *y = *x;
    if (x->id != y->id || x->id == TYPE_INTERVAL) return NULL;
    b->result = type_simple(TYPE_BIGINT);
    s->factor = (uint8_t)type_physical(*y);
    return x->id == TYPE_INTERVAL_YM ? datetime_step_ratio_months : datetime_step_ratio_micros;
}

/* The message for dates plus something that is not a number of days names the function it stands
 * for. */
static dbx_status datetime_raise_days(fn_bind *b, arith_op op) {
    static const function_row named[] = {{.name = "date_add"}, {.name = "date_sub"}};
    bool swap = b->arg_types[0].id != TYPE_DATE;
    if (swap) {
        type t = b->arg_types[0];
        b->arg_types[0] = b->arg_types[1];
        b->arg_types[1] = t;
        string_view *sql = ARENA_ARRAY(b->arena, string_view, 2);
        if (sql == NULL) return error_nomem(b->err);
        for (uint32_t i = 0; i < 2; i++) sql[i] = sv_from(fn_bind_arg_sql(b, 1 - i));
        b->arg_sql = sql;
    }
    b->row = &named[op == ARITH_SUBTRACT];
    if (b->arg_types[1].id == TYPE_STRING) b->arg_types[1] = type_simple(TYPE_DOUBLE);
    return fn_bind_unexpected_type(b, 1, "(\"INT\" or \"SMALLINT\" or \"TINYINT\")");
}

dbx_status datetime_arithmetic_bind(fn_bind *b, arith_op op, failure_mode mode, bool *handled) {
    type x = b->arg_types[0], y = b->arg_types[1];
    *handled = false;
    bool dated = type_is_datetime(x) || type_is_datetime(y),
         interval = type_is_interval(x) || type_is_interval(y);
    if ((!dated && !interval) || op > ARITH_INT_DIVIDE || op == ARITH_REMAINDER || op == ARITH_PMOD)
        return DBX_OK;
    datetime_op_state *s = ARENA_NEW(b->arena, datetime_op_state);
    if (s == NULL) return error_nomem(b->err);
    s->mode = (uint8_t)(op >= ARITH_MULTIPLY && mode == FAILURE_NULL && b->row->op != OP_NONE
                            ? FAILURE_RAISE
                            : mode);
    s->op = (uint8_t)op;
    s->sign = op == ARITH_SUBTRACT ? -1 : 1;
    if (op <= ARITH_SUBTRACT)
        s->step = datetime_find_sum(b, op);
    else if (!dated && op <= ARITH_DIVIDE)
        s->step = datetime_find_product(b, op, s);
    else if (!dated)
        s->step = datetime_find_ratio(b, s);
    if (s->step == NULL) {
        bool date =
            (x.id == TYPE_DATE && (type_is_numeric(y) || y.id == TYPE_STRING)) ||
            (y.id == TYPE_DATE && op == ARITH_ADD && (type_is_numeric(x) || x.id == TYPE_STRING));
        if (date && op <= ARITH_SUBTRACT) return datetime_raise_days(b, op);
        uint32_t other = type_is_interval(x) ? 1 : 0;
        if (interval && op <= ARITH_SUBTRACT && !type_is_interval(b->arg_types[other]) &&
            (op == ARITH_ADD || other == 0))
            return fn_bind_unexpected_type(b, other,
                                           "\"(TIMESTAMP OR TIMESTAMP WITHOUT TIME ZONE)\"");
        return DBX_OK;
    }
    bool zoned = b->arg_types[0].id == TYPE_TIMESTAMP || b->arg_types[1].id == TYPE_TIMESTAMP;
    s->zone = zoned ? time_zone_of(b->query) : &time_zone_utc;
    s->interval = type_is_interval(b->result) || op == ARITH_INT_DIVIDE;
    b->kernel = datetime_op_run;
    b->state = s;
    *handled = true;
    return DBX_OK;
}
