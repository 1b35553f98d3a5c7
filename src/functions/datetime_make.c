/* datetime_make.c - the clock, dates and intervals from their parts, zones, and units as arguments.
 */
#include "functions/arithmetic.h"
#include "functions/datetime.h"
#include "functions/families.h"
#include "vector/interval_text.h"
#include "functions/text_out.h"
#include "kernel/calendar.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- the clock: one value a statement ---- */

static dbx_status make_current(fn_call *call, const vector *args, vector *out) {
    (void)args;
    int64_t now = call->query->start_time_us,
            local = time_zone_to_local(time_zone_of(call->query), now);
    FN_FOR_EACH_ROW(call, r) {
        switch ((type_id)out->type.id) {
        case TYPE_DATE:
            VECTOR_DATA(out, int32_t)[r] = (int32_t)floor_divide(local, MICROS_PER_DAY);
            break;
        case TYPE_TIMESTAMP_NTZ:
            VECTOR_DATA(out, int64_t)[r] = local;
            break;
        case TYPE_TIME:
            VECTOR_DATA(out, int64_t)[r] = floor_modulo(local, MICROS_PER_DAY);
            break;
        default:
            VECTOR_DATA(out, int64_t)[r] = now;
            break;
        }
    }
    return DBX_OK;
}
static dbx_status make_current_timezone(fn_call *call, const vector *args, vector *out) {
    (void)args;
    string_view name = time_zone_of(call->query)->name;
    FN_FOR_EACH_ROW(call, r) TRY(text_copy(call, out, r, name.data, name.size));
    return DBX_OK;
}

/* ---- dates and timestamps from parts ---- */

typedef struct make_state {
    bool raise; /* under ANSI and not try_ */
    uint32_t args;
    type_id target;
    bool from_date; /* DATE, [TIME], [zone] instead of numbers */
} make_state;

static dbx_status make_raise_range(fn_call *call, bool suggest, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static dbx_status make_raise_range(fn_call *call, bool suggest, const char *format, ...) {
    char text[160];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    return error_raise(call->err,
                       suggest ? ERR_DATETIME_FIELD_OUT_OF_BOUNDS__WITH_SUGGESTION
                               : ERR_DATETIME_FIELD_OUT_OF_BOUNDS__WITHOUT_SUGGESTION,
                       call->position, "rangeMessage", text, "ansiConfig", FN_ANSI_CONFIG, NULL);
}

/* Days of a civil date; *bad gets an error to raise. */
static bool make_days(fn_call *call, bool raise, int32_t year, int32_t month, int32_t day,
                      int64_t *days, dbx_status *bad) {
    static const char *const names[12] = {"JANUARY",   "FEBRUARY", "MARCH",    "APRIL",
                                          "MAY",       "JUNE",     "JULY",     "AUGUST",
                                          "SEPTEMBER", "OCTOBER",  "NOVEMBER", "DECEMBER"};
    *bad = DBX_OK;
    if (month >= 1 && month <= 12 && day >= 1 && day <= calendar_month_days(year, month) &&
        year >= -999999 && year <= 999999) {
        *days = calendar_days(year, month, day);
        return true;
    }
    if (!raise) return false;
    if (month < 1 || month > 12)
        *bad = make_raise_range(call, true,
                                "Invalid value for MonthOfYear (valid values 1 - 12): %d", month);
    else if (day < 1 || day > 31)
        *bad = make_raise_range(call, true,
                                "Invalid value for DayOfMonth (valid values 1 - 28/31): %d", day);
    else if (year < -999999 || year > 999999)
        *bad = make_raise_range(
            call, true, "Invalid value for Year (valid values -999999999 - 999999999): %d", year);
    else if (month == 2 && day == 29)
        *bad = make_raise_range(call, true, "Invalid date 'February 29' as '%d' is not a leap year",
                                year);
    else
        *bad = make_raise_range(call, true, "Invalid date '%s %d'", names[month - 1], day);
    return false;
}

static dbx_status make_date(fn_call *call, const vector *args, vector *out) {
    const make_state *s = call->state;
    vector_view y = vector_view_of(&args[0]), m = vector_view_of(&args[1]),
                d = vector_view_of(&args[2]);
    FN_FOR_EACH_ROW(call, r) {
        int64_t days;
        dbx_status bad;
        if (make_days(call, s->raise, int_arg(&y, r), int_arg(&m, r), int_arg(&d, r), &days, &bad))
            VECTOR_DATA(out, int32_t)[r] = (int32_t)days;
        else if (bad != DBX_OK)
            return bad;
        else
            TRY(fn_set_null(call, out, r));
    }
    return DBX_OK;
}

/* Seconds come as DECIMAL(16,6): microseconds. 60 is the next minute's 0. */
static bool make_time_of_day(fn_call *call, bool raise, bool suggest, bool sixty, int32_t hour,
                             int32_t minute, int64_t micros, int64_t *out, dbx_status *bad) {
    *bad = DBX_OK;
    bool second = micros >= 0 && micros < 60 * MICROS_PER_SECOND;
    if (sixty && micros == 60 * MICROS_PER_SECOND) second = true;
    if (hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second) {
        *out = hour * MICROS_PER_HOUR + minute * MICROS_PER_MINUTE + micros;
        return true;
    }
    if (!raise) return false;
    if (hour < 0 || hour > 23)
        *bad = make_raise_range(call, suggest,
                                "Invalid value for HourOfDay (valid values 0 - 23): %d", hour);
    else if (minute < 0 || minute > 59)
        *bad = make_raise_range(call, suggest,
                                "Invalid value for MinuteOfHour (valid values 0 - 59): %d", minute);
    else if (sixty && micros > 60 * MICROS_PER_SECOND && micros < 61 * MICROS_PER_SECOND) {
        char text[32];
        snprintf(text, sizeof(text), "%lld.%06lld", (long long)(micros / MICROS_PER_SECOND),
                 (long long)(micros % MICROS_PER_SECOND));
        *bad = error_raise(call->err, ERR_INVALID_FRACTION_OF_SECOND, call->position,
                           "secAndMicros", text, "ansiConfig", FN_ANSI_CONFIG, NULL);
    } else
        *bad = make_raise_range(call, suggest,
                                "Invalid value for SecondOfMinute (valid values 0 - 59): %lld",
                                (long long)floor_divide(micros, MICROS_PER_SECOND));
    return false;
}

static dbx_status make_zone_at(fn_call *call, const vector_view *names, uint32_t r,
                               const time_zone **zone) {
    return time_zone_cached(call->scratch, call->scratch_arena, vstring_view(text_arg(names, r)),
                            zone, call->err);
}

static dbx_status make_timestamp(fn_call *call, const vector *args, vector *out) {
    const make_state *s = call->state;
    vector_view v[7];
    for (uint32_t i = 0; i < s->args; i++) v[i] = vector_view_of(&args[i]);
    const time_zone *zone = time_zone_of(call->query);
    FN_FOR_EACH_ROW(call, r) {
        int64_t days = 0, time = 0;
        dbx_status bad = DBX_OK;
        bool good;
        if (s->from_date) {
            days = int_arg(&v[0], r);
            if (s->args > 1) time = bigint_arg(&v[1], r);
            good = true;
        } else {
            good = make_days(call, s->raise, int_arg(&v[0], r), int_arg(&v[1], r),
                             int_arg(&v[2], r), &days, &bad) &&
                   make_time_of_day(call, s->raise, true, true, int_arg(&v[3], r),
                                    int_arg(&v[4], r), bigint_arg(&v[5], r), &time, &bad);
        }
        if (bad != DBX_OK) return bad;
        if (!good) {
            TRY(fn_set_null(call, out, r));
            continue;
        }
        int64_t local = days * MICROS_PER_DAY + time;
        uint32_t zone_arg = s->from_date ? 2 : 6;
        if (s->args > zone_arg) TRY(make_zone_at(call, &v[zone_arg], r, &zone));
        VECTOR_DATA(out, int64_t)
        [r] = s->target == TYPE_TIMESTAMP_NTZ ? local : time_zone_to_utc(zone, local);
    }
    return DBX_OK;
}
static dbx_status make_time(fn_call *call, const vector *args, vector *out) {
    vector_view h = vector_view_of(&args[0]), m = vector_view_of(&args[1]),
                s = vector_view_of(&args[2]);
    FN_FOR_EACH_ROW(call, r) {
        dbx_status bad;
        if (!make_time_of_day(call, true, false, false, int_arg(&h, r), int_arg(&m, r),
                              bigint_arg(&s, r), &VECTOR_DATA(out, int64_t)[r], &bad))
            return bad;
    }
    return DBX_OK;
}

static dbx_status make_bind(fn_bind *b, type_id target, bool is_try) {
    make_state *s = ARENA_NEW(b->arena, make_state);
    if (s == NULL) return error_nomem(b->err);
    s->raise = b->query->settings->ansi && !is_try;
    s->args = b->arg_count;
    s->target = target;
    s->from_date = b->arg_count <= 3 && target != TYPE_DATE;
    b->nullable = b->nullable || !s->raise;
    b->state = s;
    b->scratch_size = sizeof(time_zone_cache);
    return DBX_OK;
}
static dbx_status make_bind_date(fn_bind *b) {
    return make_bind(b, TYPE_DATE, false);
}
static dbx_status make_bind_timestamp(fn_bind *b) {
    return make_bind(b, TYPE_TIMESTAMP, false);
}
static dbx_status make_bind_try_timestamp(fn_bind *b) {
    return make_bind(b, TYPE_TIMESTAMP, true);
}
static dbx_status make_bind_timestamp_ntz(fn_bind *b) {
    return make_bind(b, TYPE_TIMESTAMP_NTZ, false);
}
static dbx_status make_bind_try_timestamp_ntz(fn_bind *b) {
    return make_bind(b, TYPE_TIMESTAMP_NTZ, true);
}

/* ---- intervals from parts: missing ones are 0 ---- */

static int64_t make_part(const vector_view *v, uint32_t count, uint32_t i, uint32_t r) {
    return i < count ? int_arg(&v[i], r) : 0;
}

static dbx_status make_raise_interval(fn_call *call) {
    return error_raise(call->err, ERR_INTERVAL_ARITHMETIC_OVERFLOW__WITHOUT_SUGGESTION,
                       call->position, NULL);
}
static dbx_status make_ym_interval(fn_call *call, const vector *args, vector *out) {
    const make_state *s = call->state;
    vector_view v[2];
    for (uint32_t i = 0; i < s->args; i++) v[i] = vector_view_of(&args[i]);
    FN_FOR_EACH_ROW(call, r) {
        int64_t months = make_part(v, s->args, 0, r) * 12 + make_part(v, s->args, 1, r);
        if (months != (int32_t)months) return make_raise_interval(call);
        VECTOR_DATA(out, int32_t)[r] = (int32_t)months;
    }
    return DBX_OK;
}
static dbx_status make_dt_interval(fn_call *call, const vector *args, vector *out) {
    const make_state *s = call->state;
    vector_view v[4];
    for (uint32_t i = 0; i < s->args; i++) v[i] = vector_view_of(&args[i]);
    FN_FOR_EACH_ROW(call, r) {
        int128 total = (int128)make_part(v, s->args, 0, r) * MICROS_PER_DAY +
                       make_part(v, s->args, 1, r) * MICROS_PER_HOUR +
                       make_part(v, s->args, 2, r) * MICROS_PER_MINUTE;
        if (s->args > 3) total += bigint_arg(&v[3], r);
        if (total != (int64_t)total) return make_raise_interval(call);
        VECTOR_DATA(out, int64_t)[r] = (int64_t)total;
    }
    return DBX_OK;
}
static dbx_status make_interval(fn_call *call, const vector *args, vector *out) {
    const make_state *s = call->state;
    vector_view v[7];
    for (uint32_t i = 0; i < s->args; i++) v[i] = vector_view_of(&args[i]);
    FN_FOR_EACH_ROW(call, r) {
        int64_t months = make_part(v, s->args, 0, r) * 12 + make_part(v, s->args, 1, r);
        int64_t days = make_part(v, s->args, 2, r) * 7 + make_part(v, s->args, 3, r);
        int128 micros = (int128)make_part(v, s->args, 4, r) * MICROS_PER_HOUR +
                        make_part(v, s->args, 5, r) * MICROS_PER_MINUTE;
        if (s->args > 6) micros += bigint_arg(&v[6], r);
        bool fits = months == (int32_t)months && days == (int32_t)days && micros == (int64_t)micros;
        if (fits)
            VECTOR_DATA(out, dbx_interval)
            [r] = (dbx_interval){(int32_t)months, (int32_t)days, (int64_t)micros};
        else if (s->raise)
            return make_raise_interval(call);
        else
            TRY(fn_set_null(call, out, r));
    }
    return DBX_OK;
}
static dbx_status make_bind_try(fn_bind *b) {
    return make_bind(b, TYPE_INTERVAL, true);
}

/* ---- zones ---- */

/* from_utc_timestamp: the local time of an instant, read as an instant of the session;
 * to_utc_timestamp: back. */
static dbx_status make_shift_zone(fn_call *call, const vector *args, vector *out, bool from_utc) {
    vector_view x = vector_view_of(&args[0]), names = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        const time_zone *zone;
        TRY(make_zone_at(call, &names, r, &zone));
        int64_t micros = bigint_arg(&x, r);
        const time_zone *session = time_zone_of(call->query);
        int64_t local = time_zone_to_local(session, micros); /* the wall clock that the user sees */
        int64_t shifted =
            from_utc ? time_zone_to_local(zone, local) : time_zone_to_utc(zone, local);
        VECTOR_DATA(out, int64_t)[r] = time_zone_to_utc(session, shifted);
    }
    return DBX_OK;
}
static dbx_status make_from_utc(fn_call *call, const vector *args, vector *out) {
    return make_shift_zone(call, args, out, true);
}
static dbx_status make_to_utc(fn_call *call, const vector *args, vector *out) {
    return make_shift_zone(call, args, out, false);
}

/* convert_timezone([source], target, ntz) */
static dbx_status make_convert_zone(fn_call *call, const vector *args, vector *out) {
    const make_state *s = call->state;
    vector_view v[3];
    for (uint32_t i = 0; i < s->args; i++) v[i] = vector_view_of(&args[i]);
    FN_FOR_EACH_ROW(call, r) {
        const time_zone *source = time_zone_of(call->query), *target;
        if (s->args == 3) TRY(make_zone_at(call, &v[0], r, &source));
        TRY(make_zone_at(call, &v[s->args - 2], r, &target));
        VECTOR_DATA(out, int64_t)
        [r] = time_zone_to_local(target, time_zone_to_utc(source, bigint_arg(&v[s->args - 1], r)));
    }
    return DBX_OK;
}

/* ---- units: timestampadd(unit, n, t), timestampdiff(unit, from, to) ---- */

typedef struct unit_state {
    int unit; /* interval_unit; 10: DAYOFYEAR */
    const time_zone *zone;
} unit_state;

static const int64_t make_unit_micros[] = {
    0, 0, 0, 0, 0, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND, 1000, 1};
static const int64_t make_unit_months[] = {12, 3, 1};

dbx_status datetime_timestamp_add(fn_call *call, const vector *args, vector *out) {
    const unit_state *s = call->state;
    vector_view n = vector_view_of(&args[1]), x = vector_view_of(&args[2]);
    FN_FOR_EACH_ROW(call, r) {
        int64_t micros = bigint_arg(&x, r), count = bigint_arg(&n, r), amount = 0;
        bool bad;
        if (s->unit <= 2) {
            bad = __builtin_mul_overflow(count, make_unit_months[s->unit], &amount) ||
                  amount != (int32_t)amount ||
                  !datetime_add_interval(s->zone, &micros, amount, 0, 0);
        } else if (s->unit <= 4) {
            bad = __builtin_mul_overflow(count, s->unit == 3 ? 7 : 1, &amount) ||
                  amount != (int32_t)amount ||
                  !datetime_add_interval(s->zone, &micros, 0, amount, 0);
        } else {
            bad = __builtin_mul_overflow(count, make_unit_micros[s->unit], &amount) ||
                  __builtin_add_overflow(micros, amount, &micros);
        }
        if (bad) {
            const char *operation =
                arena_printf(call->arena, "add %s %s to %s", fn_value_sql(call, &args[1], r),
                             fn_value_text(call, &args[0], r), fn_value_sql(call, &args[2], r));
            return error_raise(call->err, ERR_DATETIME_OVERFLOW, call->position, "operation",
                               operation == NULL ? "" : operation, NULL);
        }
        VECTOR_DATA(out, int64_t)[r] = micros;
    }
    return DBX_OK;
}

/* Whole months between two local times. */
static int64_t make_months_between(int64_t from, int64_t to) {
    int64_t df = floor_divide(from, MICROS_PER_DAY), dt = floor_divide(to, MICROS_PER_DAY);
    civil_date f = calendar_civil(df), t = calendar_civil(dt);
    int64_t months = (int64_t)(t.year - f.year) * 12 + t.month - f.month;
    int64_t rest_f = f.day * MICROS_PER_DAY + from - df * MICROS_PER_DAY,
            rest_t = t.day * MICROS_PER_DAY + to - dt * MICROS_PER_DAY;
    if (months > 0 && rest_t < rest_f)
        months--;
    else if (months < 0 && rest_t > rest_f)
        months++;
    return months;
}
dbx_status datetime_timestamp_diff(fn_call *call, const vector *args, vector *out) {
    const unit_state *s = call->state;
    vector_view x = vector_view_of(&args[1]), y = vector_view_of(&args[2]);
    FN_FOR_EACH_ROW(call, r) {
        int64_t from = bigint_arg(&x, r), to = bigint_arg(&y, r);
        int64_t *result = &VECTOR_DATA(out, int64_t)[r];
        if (s->unit > 4) {
            *result = (int64_t)(((int128)to - from) / make_unit_micros[s->unit]);
            continue;
        }
        from = time_zone_to_local(s->zone, from);
        to = time_zone_to_local(s->zone, to);
        if (s->unit <= 2)
            *result = make_months_between(from, to) / make_unit_months[s->unit];
        else
            *result = (to - from) / ((s->unit == 3 ? 7 : 1) * MICROS_PER_DAY);
    }
    return DBX_OK;
}
dbx_status datetime_bind_unit(fn_bind *b) {
    unit_state *s = ARENA_NEW(b->arena, unit_state);
    string_view name = {0};
    if (s == NULL) return error_nomem(b->err);
    s->unit = fn_bind_constant_string(b, 0, &name) ? interval_unit(name) : -1;
    if (s->unit < 0 && sv_equal_ignore_case(name, SV("dayofyear"))) s->unit = 4;
    if (s->unit < 0) {
        const char *function = arena_printf(b->arena, "`%s`", b->row->name),
                   *value = arena_printf(b->arena, "'" SV_FMT "'", SV_ARG(name));
        return error_raise(b->err, ERR_INVALID_PARAMETER_VALUE__DATETIME_UNIT, b->position,
                           "functionName", function == NULL ? "" : function, "parameter", "`unit`",
                           "invalidValue", value == NULL ? "" : value, NULL);
    }
    bool plain = b->arg_types[2].id == TYPE_TIMESTAMP_NTZ;
    bool difference = b->row->kernel == datetime_timestamp_diff;
    if (difference) {
        plain = plain && b->arg_types[1].id == TYPE_TIMESTAMP_NTZ;
        b->arg_types[1] = type_simple(plain ? TYPE_TIMESTAMP_NTZ : TYPE_TIMESTAMP);
    } else {
        b->arg_types[1] = type_simple(TYPE_BIGINT);
    }
    b->arg_types[2] = type_simple(plain ? TYPE_TIMESTAMP_NTZ : TYPE_TIMESTAMP);
    b->result = difference ? type_simple(TYPE_BIGINT) : b->arg_types[2];
    s->zone = plain ? &time_zone_utc : time_zone_of(b->query);
    b->state = s;
    return DBX_OK;
}

/* ---- TIME as a number ---- */

static dbx_status make_time_scaled(fn_call *call, const vector *args, vector *out) {
    int64_t unit = *(const int64_t *)call->state;
    vector_view x = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        int64_t v = bigint_arg(&x, r), *to = &VECTOR_DATA(out, int64_t)[r];
        if (unit < 0) {
            *to = v / -unit;
            continue;
        }
        if (__builtin_mul_overflow(v, unit, to) || *to < 0 || *to >= MICROS_PER_DAY)
            return make_raise_range(
                call, false, "Invalid TIME value: must be between 00:00:00 and 23:59:59.999999");
    }
    return DBX_OK;
}
static dbx_status make_bind_time_unit(fn_bind *b, int64_t unit) {
    int64_t *s = ARENA_NEW(b->arena, int64_t);
    if (s == NULL) return error_nomem(b->err);
    *s = unit;
    b->state = s;
    return DBX_OK;
}
static dbx_status make_bind_time_one(fn_bind *b) {
    return make_bind_time_unit(b, 1);
}
static dbx_status make_bind_time_millis(fn_bind *b) {
    return make_bind_time_unit(b, 1000);
}
static dbx_status make_bind_time_to_millis(fn_bind *b) {
    return make_bind_time_unit(b, -1000);
}

static dbx_status make_raise_time_unit(fn_call *call, const char *function, const vector *unit,
                                       uint32_t r) {
    return error_raise(call->err, ERR_INVALID_PARAMETER_VALUE__TIME_UNIT, call->position,
                       "functionName", function, "parameter", "`unit`", "invalidValue",
                       fn_value_sql(call, unit, r), NULL);
}
static int make_time_unit(string_view name) {
    int unit = interval_unit(name);
    return unit >= 5 && (name.data[name.size - 1] | 32) != 's' ? unit : -1;
}
static dbx_status make_time_trunc(fn_call *call, const vector *args, vector *out) {
    vector_view names = vector_view_of(&args[0]), x = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        int unit = make_time_unit(vstring_view(text_arg(&names, r)));
        if (unit < 0) return make_raise_time_unit(call, "`time_trunc`", &args[0], r);
        int64_t v = bigint_arg(&x, r);
        VECTOR_DATA(out, int64_t)[r] = v - v % make_unit_micros[unit];
    }
    return DBX_OK;
}
static dbx_status make_time_diff(fn_call *call, const vector *args, vector *out) {
    vector_view names = vector_view_of(&args[0]), x = vector_view_of(&args[1]),
                y = vector_view_of(&args[2]);
    FN_FOR_EACH_ROW(call, r) {
        int unit = make_time_unit(vstring_view(text_arg(&names, r)));
        if (unit < 0) return make_raise_time_unit(call, "`time_diff`", &args[0], r);
        VECTOR_DATA(out, int64_t)
        [r] = (bigint_arg(&y, r) - bigint_arg(&x, r)) / make_unit_micros[unit];
    }
    return DBX_OK;
}

#define MAKE_ROW(text, alias, sig, extra, k, binder, about, sample)                                \
    {                                                                                              \
        .name = text, .aliases = alias, .signature = sig, .flags = extra, .kernel = k,             \
        .bind = binder, .category = "datetime", .doc = about, .examples = sample                   \
    }
#define MAKE_CLOCK_ROW(text, alias, sig, about)                                                    \
    MAKE_ROW(text, alias, sig, FN_QUERY_STABLE | FN_NEVER_NULL | FN_NEVER_FAILS, make_current,     \
             NULL, about, NULL)
#define MAKE_PARTS                                                                                 \
    "(year int, month int, day int, hour int, min int, sec decimal(16,6), [timezone string])"
#define MAKE_NTZ_PARTS "(year int, month int, day int, hour int, min int, sec decimal(16,6))"

const function_row datetime_make_functions[] = {
    MAKE_CLOCK_ROW("current_date", "curdate", "() -> date", "Today in the session's zone."),
    MAKE_CLOCK_ROW("current_timestamp", NULL, "() -> timestamp", "When the statement began."),
    MAKE_CLOCK_ROW("now", NULL, "() -> timestamp", "When the statement began."),
    MAKE_CLOCK_ROW("localtimestamp", NULL, "() -> timestamp_ntz",
                   "When the statement began, in local time."),
    MAKE_CLOCK_ROW("current_time", NULL, "([precision const int]) -> time",
                   "The time of day when the statement began."),
    MAKE_ROW("current_timezone", NULL, "() -> string", FN_QUERY_STABLE | FN_NEVER_NULL,
             make_current_timezone, NULL, "Name of the session's zone.", NULL),
    MAKE_ROW("make_date", NULL, "(year int, month int, day int) -> date", 0, make_date,
             make_bind_date, "Date of its parts.", "make_date(2013, 7, 15) => 2013-07-15"),
    MAKE_ROW("make_time", NULL, "(hour int, minute int, second decimal(16,6)) -> time", 0,
             make_time, NULL, "Time of its parts.", "make_time(6, 30, 45.887) => 06:30:45.887"),
    MAKE_ROW("make_timestamp", NULL, MAKE_PARTS " -> timestamp", 0, make_timestamp,
             make_bind_timestamp, "Timestamp of its parts.",
             "make_timestamp(2014, 12, 28, 6, 30, 45.887) => 2014-12-28 06:30:45.887"),
    MAKE_ROW("make_timestamp", NULL, "(date date, [time time], [timezone string]) -> timestamp", 0,
             make_timestamp, make_bind_timestamp, "Timestamp of a date and a time.", NULL),
    MAKE_ROW("try_make_timestamp", NULL, MAKE_PARTS " -> timestamp", 0, make_timestamp,
             make_bind_try_timestamp, "Timestamp of its parts, NULL when they are none.",
             "try_make_timestamp(2024, 13, 22, 15, 30, 0) => NULL"),
    MAKE_ROW("try_make_timestamp", NULL, "(date date, [time time], [timezone string]) -> timestamp",
             0, make_timestamp, make_bind_try_timestamp, "Timestamp of a date and a time.", NULL),
    MAKE_ROW("make_timestamp_ltz", NULL, MAKE_PARTS " -> timestamp", 0, make_timestamp,
             make_bind_timestamp, "Timestamp of its parts.",
             "make_timestamp_ltz(2019, 6, 30, 23, 59, 60) => 2019-07-01 00:00:00"),
    MAKE_ROW("make_timestamp_ltz", NULL, "(date date, time time, [timezone string]) -> timestamp",
             0, make_timestamp, make_bind_timestamp, "Timestamp of a date and a time.", NULL),
    MAKE_ROW("try_make_timestamp_ltz", NULL, MAKE_PARTS " -> timestamp", 0, make_timestamp,
             make_bind_try_timestamp, "Timestamp of its parts, NULL when they are none.", NULL),
    MAKE_ROW("try_make_timestamp_ltz", NULL,
             "(date date, time time, [timezone string]) -> timestamp", 0, make_timestamp,
             make_bind_try_timestamp, "Timestamp of a date and a time.", NULL),
    MAKE_ROW("make_timestamp_ntz", NULL, MAKE_NTZ_PARTS " -> timestamp_ntz", 0, make_timestamp,
             make_bind_timestamp_ntz, "Timestamp without zone of its parts.",
             "make_timestamp_ntz(2014, 12, 28, 6, 30, 45.887) => 2014-12-28 06:30:45.887"),
    MAKE_ROW("make_timestamp_ntz", NULL, "(date date, time time) -> timestamp_ntz", 0,
             make_timestamp, make_bind_timestamp_ntz,
             "Timestamp without zone of a date and a time.", NULL),
    MAKE_ROW("try_make_timestamp_ntz", NULL, MAKE_NTZ_PARTS " -> timestamp_ntz", 0, make_timestamp,
             make_bind_try_timestamp_ntz,
             "Timestamp without zone of its parts, NULL when they are none.", NULL),
    MAKE_ROW("try_make_timestamp_ntz", NULL, "(date date, time time) -> timestamp_ntz", 0,
             make_timestamp, make_bind_try_timestamp_ntz,
             "Timestamp without zone of a date and a time.", NULL),
    MAKE_ROW("make_ym_interval", NULL, "([years int], [months int]) -> interval_ym", 0,
             make_ym_interval, make_bind_timestamp, "Interval of years and months.", NULL),
    MAKE_ROW("make_dt_interval", NULL,
             "([days int], [hours int], [mins int], [secs decimal(18,6)]) -> interval_dt", 0,
             make_dt_interval, make_bind_timestamp, "Interval of days, hours, minutes and seconds.",
             NULL),
    MAKE_ROW("make_interval", NULL,
             "([years int], [months int], [weeks int], [days int], [hours int], [mins int], [secs "
             "decimal(18,6)]) -> calendar_interval",
             0, make_interval, make_bind_timestamp, "Interval of its parts.", NULL),
    MAKE_ROW("try_make_interval", NULL,
             "([years int], [months int], [weeks int], [days int], [hours int], [mins int], [secs "
             "decimal(18,6)]) -> calendar_interval",
             FN_ALWAYS_NULLABLE, make_interval, make_bind_try,
             "Interval of its parts, NULL on overflow.", NULL),
    MAKE_ROW("from_utc_timestamp", NULL, "(timestamp timestamp, timezone string) -> timestamp", 0,
             make_from_utc, make_bind_timestamp, "Local time of an instant that is given as UTC.",
             "from_utc_timestamp('2016-08-31', 'Asia/Seoul') => 2016-08-31 09:00:00"),
    MAKE_ROW("to_utc_timestamp", NULL, "(timestamp timestamp, timezone string) -> timestamp", 0,
             make_to_utc, make_bind_timestamp, "UTC of a local time.",
             "to_utc_timestamp('2016-08-31', 'Asia/Seoul') => 2016-08-30 15:00:00"),
    MAKE_ROW("convert_timezone", NULL,
             "(sourceTz string, targetTz string, sourceTs timestamp_ntz) -> timestamp_ntz", 0,
             make_convert_zone, make_bind_timestamp, "Local time of one zone as that of another.",
             "convert_timezone('Europe/Brussels', 'America/Los_Angeles', timestamp_ntz'2021-12-06 "
             "00:00:00') => 2021-12-05 15:00:00"),
    MAKE_ROW("convert_timezone", NULL, "(targetTz string, sourceTs timestamp_ntz) -> timestamp_ntz",
             0, make_convert_zone, make_bind_timestamp,
             "Local time of the session as that of another zone.", NULL),
    MAKE_ROW("timestampadd", NULL,
             "(unit const string, value bigint, expr timestamp|timestamp_ntz|date) -> bind", 0,
             datetime_timestamp_add, datetime_bind_unit, "Adds a number of units.", NULL),
    MAKE_ROW("timestampdiff", NULL,
             "(unit const string, start timestamp|timestamp_ntz|date, end "
             "timestamp|timestamp_ntz|date) -> bind",
             0, datetime_timestamp_diff, datetime_bind_unit, "Whole units from start to end.",
             NULL),
    MAKE_ROW("time_trunc", NULL, "(unit string, time time) -> time", 0, make_time_trunc, NULL,
             "Time cut to a unit.", "time_trunc('HOUR', TIME'09:32:05.359') => 09:00:00"),
    MAKE_ROW("time_diff", NULL, "(unit string, start time, end time) -> bigint", 0, make_time_diff,
             NULL, "Whole units from start to end.",
             "time_diff('HOUR', TIME'20:30:29', TIME'21:30:29') => 1"),
    MAKE_ROW("time_from_micros", NULL, "(micros bigint) -> time", 0, make_time_scaled,
             make_bind_time_one, "Time of microseconds since midnight.", NULL),
    MAKE_ROW("time_from_millis", NULL, "(millis bigint) -> time", 0, make_time_scaled,
             make_bind_time_millis, "Time of milliseconds since midnight.", NULL),
    MAKE_ROW("time_from_seconds", NULL, "(seconds decimal(14,6)) -> time", 0, make_time_scaled,
             make_bind_time_one, "Time of seconds since midnight.", NULL),
    MAKE_ROW("time_to_micros", NULL, "(time time) -> bigint", 0, make_time_scaled,
             make_bind_time_one, "Microseconds since midnight.", NULL),
    MAKE_ROW("time_to_millis", NULL, "(time time) -> bigint", 0, make_time_scaled,
             make_bind_time_to_millis, "Milliseconds since midnight.", NULL),
    MAKE_ROW("time_to_seconds", NULL, "(time time) -> decimal(14,6)", 0, make_time_scaled,
             make_bind_time_one, "Seconds since midnight.", NULL),
};
const uint32_t datetime_make_functions_count = ARRAY_COUNT(datetime_make_functions);
