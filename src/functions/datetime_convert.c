/* datetime_convert.c - to_date, to_timestamp, date_format, unix times: text and numbers to and from
 * dates. */
#include "functions/cast.h"
#include "functions/datetime.h"
#include "vector/datetime_format.h"
#include "vector/datetime_text.h"
#include "functions/families.h"
#include "functions/signature.h"
#include "functions/text_out.h"
#include "kernel/calendar.h"
#include "kernel/int128.h"
#include "kernel/number_text.h"

typedef struct convert_state {
    bool constant; /* format below */
    datetime_format format;
    bool is_try;
    bool parsing;
    uint32_t format_arg;
    bool has_format;
    type_id target; /* DATE, TIMESTAMP, TIMESTAMP_NTZ, TIME, or BIGINT for unix seconds */
} convert_state;

static const char convert_default_pattern[] = "yyyy-MM-dd HH:mm:ss";

/* The format of row r: the constant, or compiled when it changes. */
static dbx_status convert_format(fn_call *call, const vector_view *formats, uint32_t r,
                                 string_view *last, datetime_format *out) {
    const convert_state *s = call->state;
    string_view pattern = vstring_view(text_arg(formats, r));
    if (last->data != NULL && sv_equal(*last, pattern)) return DBX_OK;
    *last = pattern;
    return datetime_format_compile(call->arena, pattern, s->parsing, out, call->position,
                                   call->err);
}

/* ---- parsing ---- */

static void convert_store(const convert_state *s, const datetime_parsed *p, const time_zone *zone,
                          vector *out, uint32_t r) {
    int64_t local = p->local_micros, utc;
    if (s->target == TYPE_TIMESTAMP_NTZ) {
        VECTOR_DATA(out, int64_t)[r] = local;
        return;
    }
    if (s->target == TYPE_TIME) {
        VECTOR_DATA(out, int64_t)[r] = floor_modulo(local, MICROS_PER_DAY);
        return;
    }
    if (!p->has_zone)
        utc = time_zone_to_utc(zone, local);
    else if (p->zone != NULL)
        utc = time_zone_to_utc(p->zone, local);
    else
        utc = local - (int64_t)p->offset_s * MICROS_PER_SECOND;
    if (s->target == TYPE_DATE)
        VECTOR_DATA(out, int32_t)
        [r] = (int32_t)floor_divide(time_zone_to_local(zone, utc), MICROS_PER_DAY);
    else
        VECTOR_DATA(out, int64_t)
        [r] = s->target == TYPE_BIGINT ? floor_divide(utc, MICROS_PER_SECOND) : utc;
}

static dbx_status convert_parse(fn_call *call, const vector *args, vector *out) {
    const convert_state *s = call->state;
    const time_zone *zone = time_zone_of(call->query);
    vector_view text = vector_view_of(&args[0]), formats = {0};
    datetime_format format = s->format;
    string_view last = {0};
    if (!s->constant) formats = vector_view_of(&args[s->format_arg]);
    FN_FOR_EACH_ROW(call, r) {
        datetime_parsed parsed;
        if (!s->constant) TRY(convert_format(call, &formats, r, &last, &format));
        const char *problem =
            datetime_format_parse(&format, vstring_view(text_arg(&text, r)), call->arena, &parsed);
        if (problem == NULL) {
            convert_store(s, &parsed, zone, out, r);
        } else if (s->is_try || !call->query->settings->ansi) {
            TRY(fn_set_null(call, out, r));
        } else {
            return error_raise(
                call->err, ERR_CANNOT_PARSE_TIMESTAMP, call->position, "message", problem, "func",
                s->target == TYPE_DATE ? "`try_to_date`" : "`try_to_timestamp`", NULL);
        }
    }
    return DBX_OK;
}

/* ---- formatting ---- */

static dbx_status convert_print(fn_call *call, const vector *args, vector *out) {
    const convert_state *s = call->state;
    bool seconds = args[0].type.id == TYPE_BIGINT, plain = args[0].type.id == TYPE_TIMESTAMP_NTZ;
    const time_zone *zone = plain ? &time_zone_utc : time_zone_of(call->query);
    vector_view x = vector_view_of(&args[0]), formats = {0};
    datetime_format format = s->format;
    string_view last = {0};
    buffer text;
    dbx_status status = DBX_OK;
    buffer_init(&text, call->arena->ledger);
    if (!s->constant) formats = vector_view_of(&args[s->format_arg]);
    FN_FOR_EACH_ROW(call, r) {
        int64_t micros = bigint_arg(&x, r);
        if (seconds && __builtin_mul_overflow(micros, MICROS_PER_SECOND, &micros))
            micros = micros > 0 ? INT64_MAX : INT64_MIN;
        if (!s->constant) TRY_GOTO(convert_format(call, &formats, r, &last, &format), done);
        int32_t offset = time_zone_offset_at(zone, time_zone_floor_seconds(micros));
        buffer_clear(&text);
        if (datetime_format_print(&format, time_zone_to_local(zone, micros), zone, offset, &text) !=
            DBX_OK) {
            status = error_nomem(call->err);
            goto done;
        }
        TRY_GOTO(text_copy(call, out, r, text.data, text.size), done);
    }
done:
    buffer_deinit(&text);
    return status;
}

/* ---- binding ---- */

static dbx_status convert_bind_format(fn_bind *b, convert_state *s, uint32_t arg) {
    string_view pattern = {convert_default_pattern, sizeof(convert_default_pattern) - 1};
    s->format_arg = arg;
    s->has_format = b->arg_count > arg;
    b->state = s;
    if (s->has_format) {
        b->arg_types[arg] = type_simple(TYPE_STRING);
        if (!fn_bind_constant_string(b, arg, &pattern)) return DBX_OK;
    }
    s->constant = true;
    return datetime_format_compile(b->arena, pattern, s->parsing, &s->format, b->position, b->err);
}

/* Without a format (or of something that is no string) these are casts, under try_ without errors.
 */
static dbx_status convert_bind_cast(fn_bind *b, type to, bool is_try) {
    bool can_fail;
    type from = b->arg_types[0];
    bool ansi = b->query->settings->ansi;
    if (from.id == TYPE_VOID) from = b->arg_types[0] = type_simple(TYPE_STRING);
    return cast_bind(b->arena, b->query, from, to,
                     is_try ? CAST_TRY
                     : ansi ? CAST_ANSI
                            : CAST_LEGACY,
                     b->position, &b->kernel, &b->state, &can_fail, b->err);
}

static dbx_status convert_bind_to(fn_bind *b, type_id target, bool is_try) {
    type to = type_simple(target == TYPE_BIGINT ? TYPE_TIMESTAMP : target);
    b->result = type_simple(target);
    if (is_try) b->nullable = true;
    bool parses =
        b->arg_count > 1 && (b->arg_types[0].id == TYPE_STRING || b->arg_types[0].id == TYPE_VOID);
    if (!parses) {
        if (b->arg_types[0].id != TYPE_STRING && b->arg_types[0].id != TYPE_VOID &&
            !cast_allowed(b->arg_types[0], to, CAST_ANSI))
            return fn_bind_unexpected_type(
                b, 0,
                "(\"STRING\" or \"DATE\" or \"TIMESTAMP\" or \"TIMESTAMP WITHOUT TIME ZONE\")");
        return convert_bind_cast(b, to, is_try);
    }
    convert_state *s = ARENA_NEW(b->arena, convert_state);
    if (s == NULL) return error_nomem(b->err);
    s->target = target;
    s->is_try = is_try;
    s->parsing = true;
    b->arg_types[0] = type_simple(TYPE_STRING);
    b->nullable = b->nullable || is_try || !b->query->settings->ansi;
    b->kernel = convert_parse;
    return convert_bind_format(b, s, 1);
}
static dbx_status convert_bind_to_date(fn_bind *b) {
    return convert_bind_to(b, TYPE_DATE, false);
}
static dbx_status convert_bind_try_to_date(fn_bind *b) {
    return convert_bind_to(b, TYPE_DATE, true);
}
static dbx_status convert_bind_to_timestamp(fn_bind *b) {
    return convert_bind_to(b, TYPE_TIMESTAMP, false);
}
static dbx_status convert_bind_try_to_timestamp(fn_bind *b) {
    return convert_bind_to(b, TYPE_TIMESTAMP, true);
}
static dbx_status convert_bind_to_timestamp_ntz(fn_bind *b) {
    return convert_bind_to(b, TYPE_TIMESTAMP_NTZ, false);
}
static dbx_status convert_bind_to_time(fn_bind *b) {
    return convert_bind_to(b, TYPE_TIME, false);
}
static dbx_status convert_bind_try_to_time(fn_bind *b) {
    return convert_bind_to(b, TYPE_TIME, true);
}

/* unix_timestamp of what is a timestamp already: its seconds. */
static dbx_status convert_unix_seconds(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r)
    VECTOR_DATA(out, int64_t)[r] = floor_divide(bigint_arg(&x, r), MICROS_PER_SECOND);
    return DBX_OK;
}
static dbx_status convert_unix_now(fn_call *call, const vector *args, vector *out) {
    (void)args;
    FN_FOR_EACH_ROW(call, r)
    VECTOR_DATA(out, int64_t)[r] = floor_divide(call->query->start_time_us, MICROS_PER_SECOND);
    return DBX_OK;
}
static dbx_status convert_bind_unix(fn_bind *b) {
    b->result = type_simple(TYPE_BIGINT);
    if (b->arg_types[0].id != TYPE_STRING && b->arg_types[0].id != TYPE_VOID) {
        b->arg_types[0] = type_simple(TYPE_TIMESTAMP);
        if (b->arg_count > 1) b->arg_types[1] = type_simple(TYPE_STRING);
        b->kernel = convert_unix_seconds;
        return DBX_OK;
    }
    convert_state *s = ARENA_NEW(b->arena, convert_state);
    if (s == NULL) return error_nomem(b->err);
    s->target = TYPE_BIGINT;
    s->parsing = true;
    b->arg_types[0] = type_simple(TYPE_STRING);
    b->kernel = convert_parse;
    return convert_bind_format(b, s, 1);
}
static dbx_status convert_bind_print(fn_bind *b) {
    convert_state *s = ARENA_NEW(b->arena, convert_state);
    if (s == NULL) return error_nomem(b->err);
    if (b->arg_types[0].id == TYPE_DATE) b->arg_types[0] = type_simple(TYPE_TIMESTAMP);
    return convert_bind_format(b, s, 1);
}

/* ---- numbers ---- */

static dbx_status convert_raise_overflow(fn_call *call) {
    return error_raise(call->err, ERR_ARITHMETIC_OVERFLOW, call->position, "message",
                       "long overflow", "alternative", "", "config", FN_ANSI_CONFIG, NULL);
}
/* Multiplies (state > 0) or floor-divides (state < 0) by the unit. */
static dbx_status convert_scale(fn_call *call, const vector *args, vector *out) {
    int64_t unit = *(const int64_t *)call->state;
    vector_view x = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        int64_t v = bigint_arg(&x, r), *to = &VECTOR_DATA(out, int64_t)[r];
        if (unit < 0)
            *to = floor_divide(v, -unit);
        else if (__builtin_mul_overflow(v, unit, to))
            return convert_raise_overflow(call);
    }
    return DBX_OK;
}
static dbx_status convert_bind_scale(fn_bind *b, int64_t unit) {
    int64_t *s = ARENA_NEW(b->arena, int64_t);
    if (s == NULL) return error_nomem(b->err);
    *s = unit;
    b->state = s;
    return DBX_OK;
}
static dbx_status convert_bind_from_millis(fn_bind *b) {
    return convert_bind_scale(b, 1000);
}
static dbx_status convert_bind_from_micros(fn_bind *b) {
    return convert_bind_scale(b, 1);
}
static dbx_status convert_bind_to_seconds(fn_bind *b) {
    return convert_bind_scale(b, -MICROS_PER_SECOND);
}
static dbx_status convert_bind_to_millis(fn_bind *b) {
    return convert_bind_scale(b, -1000);
}

/* timestamp_seconds: whole numbers must fit; fractions are cast, NULL for NaN. */
static dbx_status convert_bind_seconds(fn_bind *b) {
    if (!type_is_numeric(b->arg_types[0])) b->arg_types[0] = type_simple(TYPE_DOUBLE);
    if (type_is_integer(b->arg_types[0])) {
        b->arg_types[0] = type_simple(TYPE_BIGINT);
        b->kernel = convert_scale;
        return convert_bind_scale(b, MICROS_PER_SECOND);
    }
    bool can_fail;
    return cast_bind(b->arena, b->query, b->arg_types[0], type_simple(TYPE_TIMESTAMP), CAST_LEGACY,
                     b->position, &b->kernel, &b->state, &can_fail, b->err);
}
static dbx_status convert_copy32(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) VECTOR_DATA(out, int32_t)[r] = int_arg(&x, r);
    return DBX_OK;
}

#define CONVERT_ROW(text, alias, sig, extra, k, binder, about, sample)                             \
    {                                                                                              \
        .name = text, .aliases = alias, .signature = sig, .flags = extra, .kernel = k,             \
        .bind = binder, .category = "datetime", .doc = about, .examples = sample                   \
    }
const function_row datetime_convert_functions[] = {
    CONVERT_ROW("to_date", NULL, "(date_str any, [fmt string]) -> bind", 0, NULL,
                convert_bind_to_date, "A date from text, by a pattern.",
                "to_date('2009-07-30 04:17:52') => 2009-07-30; to_date('2016-12-31', 'yyyy-MM-dd') "
                "=> 2016-12-31"),
    CONVERT_ROW("try_to_date", NULL, "(date_str any, [fmt string]) -> bind", 0, NULL,
                convert_bind_try_to_date, "A date from text, NULL when it is none.",
                "try_to_date('foo', 'yyyy-MM-dd') => NULL"),
    CONVERT_ROW("to_timestamp", NULL, "(timestamp_str any, [fmt string]) -> bind", 0, NULL,
                convert_bind_to_timestamp, "A timestamp from text, by a pattern.",
                "to_timestamp('2016-12-31', 'yyyy-MM-dd') => 2016-12-31 00:00:00"),
    CONVERT_ROW("try_to_timestamp", NULL, "(timestamp_str any, [fmt string]) -> bind", 0, NULL,
                convert_bind_try_to_timestamp, "A timestamp from text, NULL when it is none.",
                "try_to_timestamp('foo', 'yyyy-MM-dd') => NULL"),
    CONVERT_ROW("to_timestamp_ltz", NULL, "(timestamp_str any, [fmt string]) -> bind", 0, NULL,
                convert_bind_to_timestamp, "A timestamp from text, by a pattern.",
                "to_timestamp_ltz('2016-12-31', 'yyyy-MM-dd') => 2016-12-31 00:00:00"),
    CONVERT_ROW("to_timestamp_ntz", NULL, "(timestamp_str any, [fmt string]) -> bind", 0, NULL,
                convert_bind_to_timestamp_ntz, "A timestamp without zone from text.",
                "to_timestamp_ntz('2016-12-31', 'yyyy-MM-dd') => 2016-12-31 00:00:00"),
    CONVERT_ROW("to_time", NULL, "(str any, [format string]) -> bind", 0, NULL,
                convert_bind_to_time, "A time from text.",
                "to_time('12.10.05', 'HH.mm.ss') => 12:10:05"),
    CONVERT_ROW("try_to_time", NULL, "(str any, [format string]) -> bind", 0, NULL,
                convert_bind_try_to_time, "A time from text, NULL when it is none.",
                "try_to_time('foo', 'HH:mm:ss') => NULL"),
    CONVERT_ROW("date_format", NULL,
                "(timestamp timestamp|timestamp_ntz|date, fmt string) -> string", 0, convert_print,
                convert_bind_print, "Text of a timestamp, by a pattern.",
                "date_format('2016-04-08', 'y') => 2016"),
    CONVERT_ROW("from_unixtime", NULL, "(unix_time bigint, [fmt string]) -> string", 0,
                convert_print, convert_bind_print, "Text of seconds since the epoch.", NULL),
    CONVERT_ROW("unix_timestamp", NULL, "(timeExp any, [fmt string]) -> bigint", 0, NULL,
                convert_bind_unix, "Seconds since the epoch of a time.",
                "unix_timestamp(timestamp'1970-01-01 00:00:01Z') => 1"),
    CONVERT_ROW("unix_timestamp", NULL, "() -> bigint",
                FN_QUERY_STABLE | FN_NEVER_NULL | FN_NEVER_FAILS, convert_unix_now, NULL,
                "Seconds since the epoch when the statement began.", NULL),
    CONVERT_ROW("to_unix_timestamp", NULL, "(timeExp any, [fmt string]) -> bigint", 0, NULL,
                convert_bind_unix, "Seconds since the epoch of a time.",
                "to_unix_timestamp(timestamp'1970-01-01 00:00:01Z') => 1"),
    CONVERT_ROW("timestamp_seconds", NULL, "(seconds any) -> timestamp", 0, NULL,
                convert_bind_seconds, "Timestamp of seconds since the epoch.", NULL),
    CONVERT_ROW("timestamp_millis", NULL, "(milliseconds bigint) -> timestamp", 0, convert_scale,
                convert_bind_from_millis, "Timestamp of milliseconds since the epoch.", NULL),
    CONVERT_ROW("timestamp_micros", NULL, "(microseconds bigint) -> timestamp", 0, convert_scale,
                convert_bind_from_micros, "Timestamp of microseconds since the epoch.", NULL),
    CONVERT_ROW("unix_seconds", NULL, "(timestamp timestamp) -> bigint", 0, convert_scale,
                convert_bind_to_seconds, "Seconds since the epoch.",
                "unix_seconds(TIMESTAMP('1970-01-01 00:00:01Z')) => 1"),
    CONVERT_ROW("unix_millis", NULL, "(timestamp timestamp) -> bigint", 0, convert_scale,
                convert_bind_to_millis, "Milliseconds since the epoch.",
                "unix_millis(TIMESTAMP('1970-01-01 00:00:01Z')) => 1000"),
    CONVERT_ROW("unix_micros", NULL, "(timestamp timestamp) -> bigint", 0, convert_scale,
                convert_bind_from_micros, "Microseconds since the epoch.",
                "unix_micros(TIMESTAMP('1970-01-01 00:00:01Z')) => 1000000"),
    CONVERT_ROW("unix_date", NULL, "(date date) -> int", FN_TOTAL, convert_copy32, NULL,
                "Days since the epoch.", "unix_date(DATE'1970-01-02') => 1"),
    CONVERT_ROW("date_from_unix_date", NULL, "(days int) -> date", FN_TOTAL, convert_copy32, NULL,
                "Date of days since the epoch.", "date_from_unix_date(1) => 1970-01-02"),
};
const uint32_t datetime_convert_functions_count = ARRAY_COUNT(datetime_convert_functions);
