/* sequence.c - sequence and arrays_zip: arrays that are made step by step, and side by side. */
#include "functions/cast.h"
#include "functions/datetime.h"
#include "functions/families.h"
#include "functions/nested.h"
#include "functions/signature.h"
#include "kernel/calendar.h"

enum { SEQUENCE_LENGTH_MAX = INT32_MAX - 15 };

typedef struct sequence_state {
    bool has_step;
    const time_zone *zone; /* of dates and timestamps */
} sequence_state;

static dbx_status sequence_bad_bounds(fn_call *call, const vector *args, uint32_t r) {
    bool step = ((const sequence_state *)call->state)->has_step;
    return error_raise(call->err, ERR_ILLEGAL_SEQUENCE_BOUNDARIES, call->position, "start",
                       fn_value_text(call, &args[0], r), "stop", fn_value_text(call, &args[1], r),
                       "step", step ? fn_value_text(call, &args[2], r) : "1", NULL);
}

static dbx_status sequence_too_long(fn_call *call, uint64_t count) {
    return error_raise(call->err, ERR_COLLECTION_SIZE_LIMIT_EXCEEDED__PARAMETER, call->position,
                       "numberOfElements",
                       arena_printf(call->arena, "%llu", (unsigned long long)count),
                       "maxRoundedArrayLength", "2147483632", "functionName", "`sequence`",
                       "parameter", "`count`", NULL);
}

static int64_t sequence_value(const vector_view *v, physical_type phys, uint32_t r) {
    uint32_t i = view_index(v, r);
    switch (phys) {
    case PHYS_INT8:
        return ((const int8_t *)v->data)[i];
    case PHYS_INT16:
        return ((const int16_t *)v->data)[i];
    case PHYS_INT32:
        return ((const int32_t *)v->data)[i];
    default:
        return ((const int64_t *)v->data)[i];
    }
}
static void sequence_store(vector *to, uint32_t at, int64_t value) {
    switch ((physical_type)to->phys) {
    case PHYS_INT8:
        VECTOR_DATA(to, int8_t)[at] = (int8_t)value;
        break;
    case PHYS_INT16:
        VECTOR_DATA(to, int16_t)[at] = (int16_t)value;
        break;
    case PHYS_INT32:
        VECTOR_DATA(to, int32_t)[at] = (int32_t)value;
        break;
    default:
        VECTOR_DATA(to, int64_t)[at] = value;
        break;
    }
}

/* Row r becomes start, start + step, … up to stop. */
static dbx_status sequence_put(fn_call *call, const vector *args, vector *out, uint32_t r,
                               int64_t start, int64_t stop, int64_t step, int64_t divisor) {
    bool bounds = step > 0 ? start <= stop : step < 0 ? start >= stop : start == stop;
    if (!bounds) return sequence_bad_bounds(call, args, r);
    uint64_t distance =
        step < 0 ? (uint64_t)start - (uint64_t)stop : (uint64_t)stop - (uint64_t)start;
    uint64_t size = step < 0 ? (uint64_t)0 - (uint64_t)step : (uint64_t)step;
    uint64_t count = step == 0 ? 1 : distance / size + 1;
    uint32_t at;
    if (count == 0 || count > SEQUENCE_LENGTH_MAX) return sequence_too_long(call, count);
    TRY(nested_begin(call, out, r, count, &at));
    vector *child = &out->children[0];
    for (uint64_t i = 0; i < count; i++) {
        int64_t value = (int64_t)((uint64_t)start + i * (uint64_t)step);
        sequence_store(child, at + (uint32_t)i,
                       divisor == 1 ? value : floor_divide(value, divisor));
    }
    return DBX_OK;
}

static dbx_status sequence_integers(fn_call *call, const vector *args, vector *out) {
    const sequence_state *s = call->state;
    vector_view starts = vector_view_of(&args[0]), stops = vector_view_of(&args[1]), steps = {0};
    physical_type phys = (physical_type)args[0].phys;
    if (s->has_step) steps = vector_view_of(&args[2]);
    FN_FOR_EACH_ROW(call, r) {
        int64_t start = sequence_value(&starts, phys, r), stop = sequence_value(&stops, phys, r);
        int64_t step = s->has_step ? sequence_value(&steps, phys, r) : start <= stop ? 1 : -1;
        TRY(sequence_put(call, args, out, r, start, stop, step, 1));
    }
    return DBX_OK;
}

/* ---- dates and timestamps ---- */

static dbx_interval sequence_step(const vector *v, const vector_view *view, uint32_t r) {
    uint32_t i = view_index(view, r);
    if (v->type.id == TYPE_INTERVAL) return ((const dbx_interval *)view->data)[i];
    if (v->type.id == TYPE_INTERVAL_YM)
        return (dbx_interval){.months = ((const int32_t *)view->data)[i]};
    int64_t micros = ((const int64_t *)view->data)[i];
    int64_t days = micros / MICROS_PER_DAY;
    if (days != (int32_t)days) days = 0;
    return (dbx_interval){.days = (int32_t)days, .micros = micros - days * MICROS_PER_DAY};
}

/* Steps of months and days are taken in local time, each from the start. */
static dbx_status sequence_calendar(fn_call *call, const vector *args, vector *out, uint32_t r,
                                    int64_t start, int64_t stop, dbx_interval step, bool date) {
    const sequence_state *s = call->state;
    ARENA_LIST(int64_t) items = {0};
    int64_t sign = step.months != 0 ? step.months : step.days != 0 ? step.days : step.micros;
    uint32_t at;
    if (sign > 0 ? start > stop : start < stop) return sequence_bad_bounds(call, args, r);
    for (int64_t i = 0, t = start; sign > 0 ? t <= stop : t >= stop;) {
        int64_t rest, before = t;
        if (items.count >= SEQUENCE_LENGTH_MAX) return sequence_too_long(call, items.count);
        if (ARENA_LIST_PUSH(call->arena, &items, t) != DBX_OK) return error_nomem(call->err);
        t = start;
        if (__builtin_mul_overflow(++i, step.micros, &rest) ||
            !datetime_add_interval(s->zone, &t, i * step.months, i * step.days, rest) ||
            (sign > 0 ? t <= before : t >= before))
            break;
    }
    TRY(nested_begin(call, out, r, items.count, &at));
    for (uint32_t i = 0; i < items.count; i++)
        sequence_store(&out->children[0], at + i,
                       date ? floor_divide(items.items[i], MICROS_PER_DAY) : items.items[i]);
    return DBX_OK;
}

static dbx_status sequence_datetimes(fn_call *call, const vector *args, vector *out) {
    const sequence_state *s = call->state;
    bool date = args[0].type.id == TYPE_DATE;
    vector_view starts = vector_view_of(&args[0]), stops = vector_view_of(&args[1]), steps = {0};
    physical_type phys = (physical_type)args[0].phys;
    if (s->has_step) steps = vector_view_of(&args[2]);
    FN_FOR_EACH_ROW(call, r) {
        int64_t unit = date ? MICROS_PER_DAY : 1;
        int64_t start = sequence_value(&starts, phys, r) * unit;
        int64_t stop = sequence_value(&stops, phys, r) * unit;
        dbx_interval step = {.days = start <= stop ? 1 : -1};
        if (s->has_step) step = sequence_step(&args[2], &steps, r);
        bool zero = step.months == 0 && step.days == 0 && step.micros == 0;
        if (step.months == 0 && step.days == 0 && (!zero || start == stop))
            TRY(sequence_put(call, args, out, r, start, stop, step.micros, unit));
        else if (zero)
            return sequence_bad_bounds(call, args, r);
        else
            TRY(sequence_calendar(call, args, out, r, start, stop, step, date));
    }
    return DBX_OK;
}

static dbx_status sequence_wrong_types(fn_bind *b) {
    return error_raise(b->err, ERR_DATATYPE_MISMATCH__SEQUENCE_WRONG_INPUT_TYPES, b->position,
                       "sqlExpr", arena_printf(b->arena, "\"%s\"", fn_bind_sql(b)), "functionName",
                       "`sequence`", "startType",
                       "(\"TIMESTAMP\" or \"TIMESTAMP_NTZ\" or \"DATE\")", "stepType",
                       "(\"INTERVAL\" or \"INTERVAL YEAR TO MONTH\" or \"INTERVAL DAY TO SECOND\")",
                       "otherStartType", "\"INTEGRAL\"", NULL);
}

static dbx_status sequence_bind(fn_bind *b) {
    sequence_state *s = ARENA_NEW(b->arena, sequence_state);
    type common;
    if (s == NULL) return error_nomem(b->err);
    b->state = s;
    s->has_step = b->arg_count > 2;
    if (!type_common(b->arena, b->arg_types[0], b->arg_types[1], b->query->settings->ansi, &common))
        return sequence_wrong_types(b);
    if (type_is_integer(common)) {
        if (s->has_step &&
            (!type_is_integer(b->arg_types[2]) ||
             !type_common(b->arena, common, b->arg_types[2], b->query->settings->ansi, &common)))
            return sequence_wrong_types(b);
        for (uint32_t i = 0; i < b->arg_count; i++) b->arg_types[i] = common;
        b->kernel = sequence_integers;
        return nested_array_type(b, common, false, &b->result);
    }
    if (!type_is_datetime(common) || common.id == TYPE_TIME) return sequence_wrong_types(b);
    if (s->has_step && b->arg_types[2].id == TYPE_STRING)
        b->arg_types[2] = type_simple(TYPE_INTERVAL);
    if (s->has_step && !type_is_interval(b->arg_types[2])) return sequence_wrong_types(b);
    b->arg_types[0] = b->arg_types[1] = common;
    s->zone = common.id == TYPE_TIMESTAMP ? time_zone_of(b->query) : &time_zone_utc;
    b->kernel = sequence_datetimes;
    return nested_array_type(b, common, false, &b->result);
}

/* ---- arrays_zip ---- */

static dbx_status sequence_zip(fn_call *call, const vector *args, vector *out) {
    uint32_t count = *(const uint32_t *)call->state;
    nested_list *lists = ARENA_ARRAY(call->arena, nested_list, count + 1);
    if (lists == NULL) return error_nomem(call->err);
    for (uint32_t a = 0; a < count; a++) TRY(nested_open(call, &args[a], &lists[a]));
    FN_FOR_EACH_ROW(call, r) {
        uint32_t length = 0, at;
        for (uint32_t a = 0; a < count; a++)
            length = MAX(length, nested_entry(&lists[a], r).length);
        TRY(nested_begin(call, out, r, length, &at));
        vector *fields = out->children[0].children;
        for (uint32_t a = 0; a < count; a++) {
            list_entry e = nested_entry(&lists[a], r);
            if (e.length > 0 && vector_copy(&fields[a], at, lists[a].child, NULL, e.offset,
                                            e.length, call->arena) != DBX_OK)
                return error_nomem(call->err);
            for (uint32_t k = e.length; k < length; k++)
                TRY(nested_put_null(call, &fields[a], at + k));
        }
    }
    return DBX_OK;
}

/* The name of a column, or of a field, that an argument is; the argument's number otherwise. */
static string_view sequence_zip_name(fn_bind *b, uint32_t i) {
    string_view text = sv_from(fn_bind_arg_sql(b, i));
    size_t start = text.size;
    bool plain = b->constants[i] == NULL && text.size > 0 && !ascii_is_digit(text.data[0]);
    for (size_t k = 0; k < text.size && plain; k++) {
        char c = ascii_lower(text.data[k]);
        plain = (c >= 'a' && c <= 'z') || ascii_is_digit(c) || c == '_' || c == '.' || c == '`';
    }
    if (!plain) return sv_from(arena_printf(b->arena, "%u", i));
    while (start > 0 && text.data[start - 1] != '.') start--;
    string_view name = {text.data + start, text.size - start};
    if (name.size > 2 && name.data[0] == '`') name = (string_view){name.data + 1, name.size - 2};
    return name;
}

static dbx_status sequence_bind_zip(fn_bind *b) {
    type_field *fields = ARENA_ARRAY(b->arena, type_field, b->arg_count + 1);
    type entry;
    if (fields == NULL) return error_nomem(b->err);
    for (uint32_t i = 0; i < b->arg_count; i++) {
        type t = b->arg_types[i];
        if (t.id == TYPE_VOID)
            TRY(nested_array_type(b, t, true, &b->arg_types[i]));
        else if (t.id != TYPE_ARRAY)
            return fn_bind_unexpected_type(b, i, "\"ARRAY\"");
        fields[i].name = sequence_zip_name(b, i);
        fields[i].type = b->arg_types[i].children[0].type;
        fields[i].nullable = true;
    }
    if (type_struct(b->arena, fields, b->arg_count, &entry) != DBX_OK) return error_nomem(b->err);
    TRY(nested_array_type(b, entry, false, &b->result));
    return nested_bind_count(b);
}

const function_row sequence_functions[] = {
    {.name = "sequence",
     .signature = "(start any, stop any, [step any]) -> bind",
     .bind = sequence_bind,
     .category = "array",
     .doc = "An array from start to stop, by step.",
     .examples = "sequence(1, 5) => [1,2,3,4,5]; sequence(5, 1, -2) => [5,3,1]; "
                 "sequence(DATE'2018-01-31', DATE'2018-03-31', INTERVAL 1 MONTH) => "
                 "[2018-01-31,2018-02-28,2018-03-31]"},
    {.name = "arrays_zip",
     .signature = "([a any...]) -> bind",
     .flags = FN_NEVER_FAILS,
     .kernel = sequence_zip,
     .bind = sequence_bind_zip,
     .category = "array",
     .doc = "An array of structs of the elements of all arrays; the shorter are filled with NULLs.",
     .examples = "arrays_zip(array(1, 2), array(2, 3)) => [{\"0\":1,\"1\":2},{\"0\":2,\"1\":3}]"},
};
const uint32_t sequence_functions_count = ARRAY_COUNT(sequence_functions);
