/* datetime.c - parts of dates, times and intervals; adding days and months; truncation. */
#include "functions/datetime.h"
#include "vector/datetime_format.h"
#include "functions/families.h"
#include "vector/interval_text.h"
#include "functions/signature.h"
#include "functions/text_out.h"
#include "kernel/calendar.h"
#include "kernel/int128.h"

#include <math.h>

/* ---- fields ---- */

typedef enum datetime_field {
    FIELD_YEAR,
    FIELD_YEAR_OF_WEEK,
    FIELD_QUARTER,
    FIELD_MONTH,
    FIELD_WEEK,
    FIELD_DAY,
    FIELD_DAY_OF_WEEK,
    FIELD_DAY_OF_WEEK_ISO,
    FIELD_WEEKDAY,
    FIELD_DAY_OF_YEAR,
    FIELD_HOUR,
    FIELD_MINUTE,
    FIELD_SECOND,
    FIELD_SECOND_FRACTION,
    FIELD_NONE
} datetime_field;

typedef struct field_state {
    datetime_field field;
    const time_zone *zone;
} field_state;

/* Names that EXTRACT knows, comma-separated, by field. */
static const char *const field_names[] = {
    [FIELD_YEAR] = "YEAR,Y,YEARS,YR,YRS",
    [FIELD_YEAR_OF_WEEK] = "YEAROFWEEK",
    [FIELD_QUARTER] = "QUARTER,QTR",
    [FIELD_MONTH] = "MONTH,MON,MONS,MONTHS",
    [FIELD_WEEK] = "WEEK,W,WEEKS",
    [FIELD_DAY] = "DAY,D,DAYS",
    [FIELD_DAY_OF_WEEK] = "DAYOFWEEK,DOW",
    [FIELD_DAY_OF_WEEK_ISO] = "DAYOFWEEK_ISO,DOW_ISO",
    [FIELD_WEEKDAY] = "",
    [FIELD_DAY_OF_YEAR] = "DOY",
    [FIELD_HOUR] = "HOUR,H,HOURS,HR,HRS",
    [FIELD_MINUTE] = "MINUTE,M,MIN,MINS,MINUTES",
    [FIELD_SECOND] = "",
    [FIELD_SECOND_FRACTION] = "SECOND,S,SEC,SECONDS,SECS",
};

static datetime_field field_by_name(string_view name) {
    for (uint32_t f = 0; f < FIELD_NONE; f++) {
        const char *at = field_names[f];
        while (*at != '\0') {
            const char *end = strchr(at, ',');
            size_t size = end == NULL ? strlen(at) : (size_t)(end - at);
            if (sv_equal_ignore_case(name, (string_view){at, size})) return (datetime_field)f;
            at += size + (end != NULL);
        }
    }
    return FIELD_NONE;
}

static int32_t field_of_date(datetime_field f, int64_t days) {
    int32_t week_year;
    switch (f) {
    case FIELD_YEAR:
        return calendar_civil(days).year;
    case FIELD_YEAR_OF_WEEK:
        (void)calendar_iso_week(days, &week_year);
        return week_year;
    case FIELD_QUARTER:
        return (calendar_civil(days).month - 1) / 3 + 1;
    case FIELD_MONTH:
        return calendar_civil(days).month;
    case FIELD_WEEK:
        return calendar_iso_week(days, NULL);
    case FIELD_DAY:
        return calendar_civil(days).day;
    case FIELD_DAY_OF_WEEK:
        return calendar_iso_weekday(days) % 7 + 1;
    case FIELD_DAY_OF_WEEK_ISO:
        return calendar_iso_weekday(days);
    case FIELD_WEEKDAY:
        return calendar_iso_weekday(days) - 1;
    case FIELD_DAY_OF_YEAR:
        return calendar_day_of_year(days);
    default:
        return 0;
    }
}
static int64_t field_of_time(datetime_field f, int64_t micros) {
    switch (f) {
    case FIELD_HOUR:
        return micros / MICROS_PER_HOUR;
    case FIELD_MINUTE:
        return micros / MICROS_PER_MINUTE % 60;
    case FIELD_SECOND:
        return micros / MICROS_PER_SECOND % 60;
    default:
        return micros % MICROS_PER_MINUTE;
    }
}

static dbx_status field_run_date(fn_call *call, const vector *args, vector *out) {
    const field_state *s = call->state;
    vector_view x = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) VECTOR_DATA(out, int32_t)[r] = field_of_date(s->field, int_arg(&x, r));
    return DBX_OK;
}
/* Timestamps and times. Whole seconds and larger parts are INT, seconds with a fraction
 * DECIMAL(8,6). */
static dbx_status field_run_micros(fn_call *call, const vector *args, vector *out) {
    const field_state *s = call->state;
    vector_view x = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        int64_t local = time_zone_to_local(s->zone, bigint_arg(&x, r));
        int64_t days = floor_divide(local, MICROS_PER_DAY);
        if (s->field < FIELD_HOUR)
            VECTOR_DATA(out, int32_t)[r] = field_of_date(s->field, days);
        else if (s->field == FIELD_SECOND_FRACTION)
            VECTOR_DATA(out, int64_t)[r] = field_of_time(s->field, local - days * MICROS_PER_DAY);
        else
            VECTOR_DATA(out, int32_t)
            [r] = (int32_t)field_of_time(s->field, local - days * MICROS_PER_DAY);
    }
    return DBX_OK;
}
static dbx_status field_run_interval(fn_call *call, const vector *args, vector *out) {
    const field_state *s = call->state;
    vector_view x = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        uint32_t i = view_index(&x, r);
        int64_t months = 0, days = 0, micros = 0, v;
        if (args[0].type.id == TYPE_INTERVAL_YM)
            months = ((const int32_t *)x.data)[i];
        else if (args[0].type.id == TYPE_INTERVAL_DT) {
            micros = ((const int64_t *)x.data)[i];
            days = micros / MICROS_PER_DAY;
            micros %= MICROS_PER_DAY;
        } else {
            dbx_interval c = ((const dbx_interval *)x.data)[i];
            months = c.months;
            days = c.days;
            micros = c.micros;
        }
        switch (s->field) {
        case FIELD_YEAR:
            v = months / 12;
            break;
        case FIELD_MONTH:
            v = months % 12;
            break;
        case FIELD_DAY:
            v = days;
            break;
        case FIELD_HOUR:
            v = micros / MICROS_PER_HOUR;
            break;
        case FIELD_MINUTE:
            v = micros / MICROS_PER_MINUTE % 60;
            break;
        default:
            v = micros % MICROS_PER_MINUTE;
            break;
        }
        if (out->phys == PHYS_INT8)
            VECTOR_DATA(out, int8_t)[r] = (int8_t)v;
        else if (out->phys == PHYS_INT32)
            VECTOR_DATA(out, int32_t)[r] = (int32_t)v;
        else
            VECTOR_DATA(out, int64_t)[r] = v;
    }
    return DBX_OK;
}

static dbx_status field_bind(fn_bind *b, datetime_field f, uint32_t arg) {
    field_state *s = ARENA_NEW(b->arena, field_state);
    if (s == NULL) return error_nomem(b->err);
    type t = b->arg_types[arg];
    s->field = f;
    s->zone = t.id == TYPE_TIMESTAMP ? time_zone_of(b->query) : &time_zone_utc;
    b->state = s;
    b->kernel = t.id == TYPE_DATE     ? field_run_date
                : type_is_interval(t) ? field_run_interval
                                      : field_run_micros;
    b->result = f == FIELD_SECOND_FRACTION ? type_decimal(8, 6) : type_simple(TYPE_INT);
    if (type_is_interval(t) && f != FIELD_SECOND_FRACTION && f != FIELD_YEAR && f != FIELD_DAY)
        b->result = type_simple(TYPE_TINYINT);
    return DBX_OK;
}

/* One function a field, of a DATE. */
#define FIELD_BIND_DATE(name, field)                                                               \
    static dbx_status field_bind_##name(fn_bind *b) {                                              \
        if (b->arg_types[0].id != TYPE_DATE && !type_is_interval(b->arg_types[0]))                 \
            b->arg_types[0] = type_simple(TYPE_DATE);                                              \
        return field_bind(b, field, 0);                                                            \
    }
FIELD_BIND_DATE(year, FIELD_YEAR)
FIELD_BIND_DATE(quarter, FIELD_QUARTER)
FIELD_BIND_DATE(month, FIELD_MONTH)
FIELD_BIND_DATE(week, FIELD_WEEK)
FIELD_BIND_DATE(day, FIELD_DAY)
FIELD_BIND_DATE(dayofweek, FIELD_DAY_OF_WEEK)
FIELD_BIND_DATE(weekday, FIELD_WEEKDAY)
FIELD_BIND_DATE(dayofyear, FIELD_DAY_OF_YEAR)
static dbx_status field_bind_hour(fn_bind *b) {
    return field_bind(b, FIELD_HOUR, 0);
}
static dbx_status field_bind_minute(fn_bind *b) {
    return field_bind(b, FIELD_MINUTE, 0);
}
static dbx_status field_bind_second(fn_bind *b) {
    return field_bind(b, FIELD_SECOND, 0);
}

/* date_part(field, source): the field is a constant; the kernels above see the source as their
 * first argument. */
static dbx_status field_run_part(fn_call *call, const vector *args, vector *out) {
    type_id t = (type_id)args[1].type.id;
    if (t == TYPE_DATE) return field_run_date(call, &args[1], out);
    if (t == TYPE_INTERVAL_YM || t == TYPE_INTERVAL_DT || t == TYPE_INTERVAL)
        return field_run_interval(call, &args[1], out);
    return field_run_micros(call, &args[1], out);
}
static dbx_status field_run_null(fn_call *call, const vector *args, vector *out) {
    (void)args;
    FN_FOR_EACH_ROW(call, r) TRY(fn_set_null(call, out, r));
    return DBX_OK;
}
static dbx_status field_bind_part(fn_bind *b) {
    string_view name = {0};
    type *t = &b->arg_types[1];
    if (t->id == TYPE_STRING || t->id == TYPE_VOID) *t = type_simple(TYPE_TIMESTAMP);
    if (!type_is_datetime(*t) && !type_is_interval(*t))
        return fn_bind_unexpected_type(b, 1,
                                       "(\"DATE\" or \"TIMESTAMP\" or \"TIME\" or \"INTERVAL\")");
    b->kernel = field_run_null;
    b->result = type_simple(TYPE_DOUBLE);
    if (b->constants[0] != NULL && vector_is_null(b->constants[0], 0)) return DBX_OK;
    if (b->constants[0] == NULL) {
        const char *function = arena_printf(b->arena, "`%s`", b->row->name);
        return error_raise(b->err, ERR_NON_FOLDABLE_ARGUMENT, b->position, "funcName",
                           function == NULL ? "" : function, "paramName", "`field`", "paramType",
                           "\"STRING\"", NULL);
    }
    datetime_field f = fn_bind_constant_string(b, 0, &name) ? field_by_name(name) : FIELD_NONE;
    bool date = t->id != TYPE_TIME && !type_is_interval(*t), time = t->id != TYPE_DATE;
    bool fits = f != FIELD_NONE && (f < FIELD_HOUR ? date : time || t->id == TYPE_DATE);
    if (t->id == TYPE_INTERVAL_YM) fits = f == FIELD_YEAR || f == FIELD_MONTH;
    if (t->id == TYPE_INTERVAL_DT) fits = f == FIELD_DAY || f >= FIELD_HOUR;
    if (t->id == TYPE_INTERVAL)
        fits = f == FIELD_YEAR || f == FIELD_MONTH || f == FIELD_DAY || f >= FIELD_HOUR;
    if (f == FIELD_NONE || !fits) {
        const char *field = arena_printf(b->arena, "`" SV_FMT "`", SV_ARG(name));
        const char *source = arena_printf(b->arena, "\"%s\"", type_sql(b->arena, *t));
        return error_raise(b->err, ERR_INVALID_EXTRACT_FIELD, b->position, "field",
                           field == NULL ? "" : field, "expr", source == NULL ? "" : source, NULL);
    }
    if (t->id == TYPE_DATE && f >= FIELD_HOUR) *t = type_simple(TYPE_TIMESTAMP);
    TRY(field_bind(b, f, 1));
    b->kernel = field_run_part;
    return DBX_OK;
}

static dbx_status datetime_name(fn_call *call, const vector *args, vector *out, bool month) {
    vector_view x = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        int32_t days = int_arg(&x, r);
        const char *name = month ? datetime_month_names[calendar_civil(days).month - 1]
                                 : datetime_day_names[calendar_iso_weekday(days) - 1];
        text_borrow(out, r, name, 3);
    }
    return DBX_OK;
}
static dbx_status datetime_monthname(fn_call *call, const vector *args, vector *out) {
    return datetime_name(call, args, out, true);
}
static dbx_status datetime_dayname(fn_call *call, const vector *args, vector *out) {
    return datetime_name(call, args, out, false);
}

/* ---- adding ---- */

static dbx_status datetime_date_add(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]), n = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r)
    VECTOR_DATA(out, int32_t)[r] = (int32_t)((uint32_t)int_arg(&x, r) + (uint32_t)int_arg(&n, r));
    return DBX_OK;
}
static dbx_status datetime_date_sub(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]), n = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r)
    VECTOR_DATA(out, int32_t)[r] = (int32_t)((uint32_t)int_arg(&x, r) - (uint32_t)int_arg(&n, r));
    return DBX_OK;
}
static dbx_status datetime_bind_days(fn_bind *b) {
    b->arg_types[1] = type_simple(TYPE_INT);
    return DBX_OK;
}
static dbx_status datetime_date_diff(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]), y = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r)
    VECTOR_DATA(out, int32_t)[r] = (int32_t)((uint32_t)int_arg(&x, r) - (uint32_t)int_arg(&y, r));
    return DBX_OK;
}
static dbx_status datetime_add_months(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]), n = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r)
    VECTOR_DATA(out, int32_t)[r] = (int32_t)calendar_add_months(int_arg(&x, r), int_arg(&n, r));
    return DBX_OK;
}
static dbx_status datetime_last_day(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        civil_date c = calendar_civil(int_arg(&x, r));
        VECTOR_DATA(out, int32_t)
        [r] = (int32_t)calendar_days(c.year, c.month, calendar_month_days(c.year, c.month));
    }
    return DBX_OK;
}
/* 1 Monday … 7 Sunday; 0: no such day */
static int32_t datetime_day_by_name(string_view s) {
    static const char *const names[7] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
    for (int32_t i = 0; i < 7; i++) {
        string_view full = sv_from(datetime_day_names[i]);
        if (sv_equal_ignore_case(s, full) || sv_equal_ignore_case(s, (string_view){full.data, 3}) ||
            sv_equal_ignore_case(s, sv_from(names[i])))
            return i + 1;
    }
    return 0;
}
static dbx_status datetime_next_day(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]), name = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        int32_t days = int_arg(&x, r), day = datetime_day_by_name(vstring_view(text_arg(&name, r)));
        if (day == 0) {
            if (!call->query->settings->ansi) {
                TRY(fn_set_null(call, out, r));
                continue;
            }
            return error_raise(call->err, ERR_ILLEGAL_DAY_OF_WEEK, call->position, "string",
                               fn_value_text(call, &args[1], r), NULL);
        }
        VECTOR_DATA(out, int32_t)[r] = days + (day - calendar_iso_weekday(days) + 6) % 7 + 1;
    }
    return DBX_OK;
}

/* months_between(end, start, [round off]): whole months when the days agree or both are last; else
 * by 31-day months */
static dbx_status datetime_months_between(fn_call *call, const vector *args, vector *out) {
    const time_zone *zone = time_zone_of(call->query);
    uint32_t count = *(const uint32_t *)call->state;
    vector_view x = vector_view_of(&args[0]), y = vector_view_of(&args[1]), round = {0};
    if (count > 2) round = vector_view_of(&args[2]);
    FN_FOR_EACH_ROW(call, r) {
        int64_t a = time_zone_to_local(zone, bigint_arg(&x, r)),
                b = time_zone_to_local(zone, bigint_arg(&y, r));
        int64_t da = floor_divide(a, MICROS_PER_DAY), db = floor_divide(b, MICROS_PER_DAY);
        civil_date ca = calendar_civil(da), cb = calendar_civil(db);
        double months = (double)((int64_t)(ca.year - cb.year) * 12 + ca.month - cb.month);
        bool last = ca.day == calendar_month_days(ca.year, ca.month) &&
                    cb.day == calendar_month_days(cb.year, cb.month);
        if (ca.day != cb.day && !last) {
            int64_t seconds = (int64_t)(ca.day - cb.day) * 86400 +
                              (a - da * MICROS_PER_DAY) / MICROS_PER_SECOND -
                              (b - db * MICROS_PER_DAY) / MICROS_PER_SECOND;
            months += (double)seconds / (31.0 * 86400);
            bool rounds = count < 3 || ((const uint8_t *)round.data)[view_index(&round, r)] != 0;
            if (rounds) months = floor(months * 1e8 + 0.5) / 1e8;
        }
        VECTOR_DATA(out, double)[r] = months;
    }
    return DBX_OK;
}
static dbx_status datetime_bind_count(fn_bind *b) {
    uint32_t *count = ARENA_NEW(b->arena, uint32_t);
    if (count == NULL) return error_nomem(b->err);
    *count = b->arg_count;
    b->state = count;
    return DBX_OK;
}

/* ---- truncation ---- */

typedef enum trunc_level {
    TRUNC_NONE,
    TRUNC_MICROSECOND,
    TRUNC_MILLISECOND,
    TRUNC_SECOND,
    TRUNC_MINUTE,
    TRUNC_HOUR,
    TRUNC_DAY,
    TRUNC_WEEK,
    TRUNC_MONTH,
    TRUNC_QUARTER,
    TRUNC_YEAR
} trunc_level;

static trunc_level trunc_by_name(string_view s) {
    static const struct {
        const char *name;
        trunc_level level;
    } names[] = {{"MICROSECOND", TRUNC_MICROSECOND},
                 {"MILLISECOND", TRUNC_MILLISECOND},
                 {"SECOND", TRUNC_SECOND},
                 {"MINUTE", TRUNC_MINUTE},
                 {"HOUR", TRUNC_HOUR},
                 {"DAY", TRUNC_DAY},
                 {"DD", TRUNC_DAY},
                 {"WEEK", TRUNC_WEEK},
                 {"MON", TRUNC_MONTH},
                 {"MONTH", TRUNC_MONTH},
                 {"MM", TRUNC_MONTH},
                 {"QUARTER", TRUNC_QUARTER},
                 {"YEAR", TRUNC_YEAR},
                 {"YYYY", TRUNC_YEAR},
                 {"YY", TRUNC_YEAR}};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (sv_equal_ignore_case(s, sv_from(names[i].name))) return names[i].level;
    }
    return TRUNC_NONE;
}
static int64_t trunc_days(int64_t days, trunc_level level) {
    civil_date c = calendar_civil(days);
    switch (level) {
    case TRUNC_WEEK:
        return days - calendar_iso_weekday(days) + 1;
    case TRUNC_MONTH:
        return calendar_days(c.year, c.month, 1);
    case TRUNC_QUARTER:
        return calendar_days(c.year, (c.month - 1) / 3 * 3 + 1, 1);
    case TRUNC_YEAR:
        return calendar_days(c.year, 1, 1);
    default:
        return days;
    }
}
static dbx_status datetime_trunc(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]), name = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        trunc_level level = trunc_by_name(vstring_view(text_arg(&name, r)));
        if (level < TRUNC_WEEK)
            TRY(fn_set_null(call, out, r));
        else
            VECTOR_DATA(out, int32_t)[r] = (int32_t)trunc_days(int_arg(&x, r), level);
    }
    return DBX_OK;
}
static int64_t trunc_unit(trunc_level level) {
    static const int64_t units[] = {
        1, 1, 1000, MICROS_PER_SECOND, MICROS_PER_MINUTE, MICROS_PER_HOUR};
    return level <= TRUNC_HOUR ? units[level] : MICROS_PER_DAY;
}
static dbx_status datetime_date_trunc(fn_call *call, const vector *args, vector *out) {
    vector_view name = vector_view_of(&args[0]), x = vector_view_of(&args[1]);
    const time_zone *zone =
        args[1].type.id == TYPE_TIMESTAMP ? time_zone_of(call->query) : &time_zone_utc;
    FN_FOR_EACH_ROW(call, r) {
        trunc_level level = trunc_by_name(vstring_view(text_arg(&name, r)));
        if (level == TRUNC_NONE) {
            TRY(fn_set_null(call, out, r));
            continue;
        }
        int64_t micros = bigint_arg(&x, r), local = time_zone_to_local(zone, micros),
                unit = trunc_unit(level);
        if (level <= TRUNC_SECOND) {
            VECTOR_DATA(out, int64_t)[r] = floor_divide(micros, unit) * unit;
        } else if (level <= TRUNC_HOUR) {
            /* keeps the offset, so that the doubled hour of autumn stays where it is */
            VECTOR_DATA(out, int64_t)[r] = floor_divide(local, unit) * unit - (local - micros);
        } else {
            int64_t days = trunc_days(floor_divide(local, MICROS_PER_DAY), level);
            VECTOR_DATA(out, int64_t)[r] = time_zone_to_utc(zone, days * MICROS_PER_DAY);
        }
    }
    return DBX_OK;
}
static dbx_status datetime_bind_date_trunc(fn_bind *b) {
    if (b->arg_types[1].id != TYPE_TIMESTAMP_NTZ) b->arg_types[1] = type_simple(TYPE_TIMESTAMP);
    b->result = b->arg_types[1];
    return DBX_OK;
}

#define FIELD_ROW(text, sig, binder, about, sample)                                                \
    {                                                                                              \
        .name = text, .signature = sig, .flags = FN_NEVER_FAILS, .bind = binder,                   \
        .kernel = field_run_date, .category = "datetime", .doc = about, .examples = sample         \
    }
#define UNIT_ADD_ROW(text)                                                                         \
    DATE_ROW(text, "(unit const string, value bigint, expr timestamp|timestamp_ntz|date) -> bind", \
             0, datetime_timestamp_add, datetime_bind_unit, "Adds a number of units.", NULL)
#define UNIT_DIFF_ROW(text)                                                                        \
    DATE_ROW(text,                                                                                 \
             "(unit const string, start timestamp|timestamp_ntz|date, end "                        \
             "timestamp|timestamp_ntz|date) -> bind",                                              \
             0, datetime_timestamp_diff, datetime_bind_unit, "Whole units from start to end.",     \
             NULL)
#define DATE_ROW(text, sig, extra, k, binder, about, sample)                                       \
    {                                                                                              \
        .name = text, .signature = sig, .flags = extra, .kernel = k, .bind = binder,               \
        .category = "datetime", .doc = about, .examples = sample                                   \
    }
const function_row datetime_functions[] = {
    FIELD_ROW("year", "(date date) -> int", field_bind_year, "Year.", "year('2016-07-30') => 2016"),
    FIELD_ROW("quarter", "(date date) -> int", field_bind_quarter, "Quarter, 1 to 4.",
              "quarter('2016-08-31') => 3"),
    FIELD_ROW("month", "(date date) -> int", field_bind_month, "Month, 1 to 12.",
              "month('2016-07-30') => 7"),
    FIELD_ROW("weekofyear", "(date date) -> int", field_bind_week, "ISO week of the year.",
              "weekofyear('2008-02-20') => 8"),
    FIELD_ROW("day", "(date date) -> int", field_bind_day, "Day of the month.",
              "day('2009-07-30') => 30"),
    FIELD_ROW("dayofmonth", "(date date) -> int", field_bind_day, "Day of the month.",
              "dayofmonth('2009-07-30') => 30"),
    FIELD_ROW("dayofweek", "(date date) -> int", field_bind_dayofweek,
              "Day of the week, 1 is Sunday.", "dayofweek('2009-07-30') => 5"),
    FIELD_ROW("weekday", "(date date) -> int", field_bind_weekday, "Day of the week, 0 is Monday.",
              "weekday('2009-07-30') => 3"),
    FIELD_ROW("dayofyear", "(date date) -> int", field_bind_dayofyear, "Day of the year.",
              "dayofyear('2016-04-09') => 100"),
    FIELD_ROW("hour", "(ts timestamp|timestamp_ntz|time) -> int", field_bind_hour, "Hour.",
              "hour('2018-02-14 12:58:59') => 12"),
    FIELD_ROW("minute", "(ts timestamp|timestamp_ntz|time) -> int", field_bind_minute, "Minute.",
              "minute('2009-07-30 12:58:59') => 58"),
    FIELD_ROW("second", "(ts timestamp|timestamp_ntz|time) -> int", field_bind_second, "Second.",
              "second('2018-02-14 12:58:59') => 59"),
    FIELD_ROW("date_part", "(field string, source any) -> bind", field_bind_part,
              "A part of a date, time or interval.", "date_part('doy', DATE'2019-08-12') => 224"),
    FIELD_ROW("extract", "(field string, source any) -> bind", field_bind_part,
              "A part of a date, time or interval.",
              "extract(YEAR FROM TIMESTAMP '2019-08-12 01:00:00.123456') => 2019"),
    FIELD_ROW("datepart", "(field string, source any) -> bind", field_bind_part,
              "A part of a date, time or interval.",
              "datepart('week', timestamp'2019-08-12 01:00:00.123456') => 33"),
    DATE_ROW("monthname", "(date date) -> string", FN_NEVER_FAILS, datetime_monthname, NULL,
             "Short name of the month.", "monthname('2008-02-20') => Feb"),
    DATE_ROW("dayname", "(date date) -> string", FN_NEVER_FAILS, datetime_dayname, NULL,
             "Short name of the day.", "dayname('2008-02-20') => Wed"),
    {.name = "date_add",
     .aliases = "dateadd",
     .signature = "(start_date date, num_days int|smallint|tinyint) -> date",
     .flags = FN_TOTAL,
     .kernel = datetime_date_add,
     .bind = datetime_bind_days,
     .category = "datetime",
     .doc = "A number of days later.",
     .examples = "date_add('2016-07-30', 1) => 2016-07-31"},
    UNIT_ADD_ROW("date_add"),
    DATE_ROW("date_sub", "(start_date date, num_days int|smallint|tinyint) -> date", FN_TOTAL,
             datetime_date_sub, datetime_bind_days, "A number of days earlier.",
             "date_sub('2016-07-30', 1) => 2016-07-29"),
    DATE_ROW("datediff", "(endDate date, startDate date) -> int", FN_TOTAL, datetime_date_diff,
             NULL, "Days from startDate to endDate.", "datediff('2009-07-31', '2009-07-30') => 1"),
    UNIT_DIFF_ROW("datediff"),
    DATE_ROW("date_diff", "(endDate date, startDate date) -> int", FN_TOTAL, datetime_date_diff,
             NULL, "Days from startDate to endDate.", "date_diff('2009-07-31', '2009-07-30') => 1"),
    UNIT_DIFF_ROW("date_diff"),
    DATE_ROW("add_months", "(start_date date, num_months int) -> date", FN_NEVER_FAILS,
             datetime_add_months, NULL, "A number of months later.",
             "add_months('2016-08-31', 1) => 2016-09-30"),
    DATE_ROW("last_day", "(date date) -> date", FN_NEVER_FAILS, datetime_last_day, NULL,
             "Last day of the month.", "last_day('2009-01-12') => 2009-01-31"),
    DATE_ROW("next_day", "(start_date date, day_of_week string) -> date", FN_ALWAYS_NULLABLE,
             datetime_next_day, NULL, "The next such day of the week after start_date.",
             "next_day('2015-01-14', 'TU') => 2015-01-20"),
    DATE_ROW("months_between",
             "(timestamp1 timestamp, timestamp2 timestamp, [roundOff boolean]) -> double",
             FN_NEVER_FAILS, datetime_months_between, datetime_bind_count,
             "Months from timestamp2 to timestamp1.",
             "months_between('1997-02-28 10:30:00', '1996-10-30') => 3.94959677"),
    DATE_ROW("trunc", "(date date, fmt string) -> date", FN_ALWAYS_NULLABLE | FN_NEVER_FAILS,
             datetime_trunc, NULL, "First day of the week, month, quarter or year.",
             "trunc('2019-08-04', 'week') => 2019-07-29"),
    DATE_ROW("date_trunc", "(fmt string, ts timestamp|timestamp_ntz|date) -> bind",
             FN_ALWAYS_NULLABLE | FN_NEVER_FAILS, datetime_date_trunc, datetime_bind_date_trunc,
             "Timestamp cut to a unit.",
             "date_trunc('HOUR', '2015-03-05T09:32:05.359') => 2015-03-05 09:00:00"),
};
const uint32_t datetime_functions_count = ARRAY_COUNT(datetime_functions);
