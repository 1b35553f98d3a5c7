/* cast.c - CAST: finding how two types convert, running it, and what a value that does not convert
 * raises.
 *
 * Pairs of number layouts have vectorized loops; everything else is a step function of one value,
 * found once at bind; nested types cast their children with states of their own.
 */
#include "functions/cast_int.h"
#include "functions/variant.h"
#include "kernel/convert.h"
#include "vector/interval_text.h"

/* ---- failures ---- */

static const char *cast_quoted_type(fn_call *call, type t) {
    const char *sql = type_sql(call->arena, t);
    const char *text = arena_printf(call->arena, "\"%s\"", sql == NULL ? "" : sql);
    return text == NULL ? "" : text;
}

static dbx_status cast_raise_interval(fn_call *call, const cast_state *s, const vector *arg,
                                      uint32_t row) {
    const char *name = type_name(call->arena, s->to);
    error_class cls = s->to.id == TYPE_INTERVAL_YM
                          ? ERR_INVALID_INTERVAL_FORMAT__UNMATCHED_FORMAT_STRING
                          : ERR_INVALID_INTERVAL_FORMAT__UNMATCHED_FORMAT_STRING_WITH_NOTICE;
    return error_raise(call->err, cls, call->position, "input", fn_value_text(call, arg, row),
                       "supportedFormat", interval_format_text(s->to), "intervalStr",
                       s->to.id == TYPE_INTERVAL_YM ? "year-month" : "day-time", "typeName",
                       name == NULL ? "" : name, NULL);
}

static dbx_status cast_raise(fn_call *call, const cast_state *s, const vector *arg, uint32_t row,
                             cast_result result) {
    if (result == CAST_NO_MEMORY) return error_nomem(call->err);
    if (result == CAST_BAD_INTERVAL) return cast_raise_interval(call, s, arg, row);
    if (result == CAST_OUT_OF_RANGE) {
        const char *precision = arena_printf(call->arena, "%u", s->to.precision);
        const char *scale = arena_printf(call->arena, "%u", s->to.scale);
        return error_raise(call->err, ERR_NUMERIC_VALUE_OUT_OF_RANGE__WITH_SUGGESTION,
                           call->position, "value", fn_value_text(call, arg, row), "precision",
                           precision == NULL ? "" : precision, "scale", scale == NULL ? "" : scale,
                           "config", FN_ANSI_CONFIG, NULL);
    }
    const char *value = fn_value_sql(call, arg, row), *from = cast_quoted_type(call, s->from),
               *to = cast_quoted_type(call, s->to);
    if (result == CAST_TOO_BIG)
        return error_raise(call->err, ERR_CAST_OVERFLOW, call->position, "value", value,
                           "sourceType", from, "targetType", to, "ansiConfig", FN_ANSI_CONFIG,
                           NULL);
    return error_raise(call->err, ERR_CAST_INVALID_INPUT, call->position, "expression", value,
                       "sourceType", from, "targetType", to, "ansiConfig", FN_ANSI_CONFIG, NULL);
}

/* ---- running ---- */

static dbx_status cast_run_steps(fn_call *call, const vector *args, vector *out) {
    const cast_state *s = call->state;
    vector_view view = vector_view_of(&args[0]);
    cast_step step = s->step;
    FN_FOR_EACH_ROW(call, r) {
        cast_result result = step(call, s, view.data, view_index(&view, r), out->data, r);
        if (LIKELY(result == CAST_DONE)) continue;
        if (result == CAST_NO_MEMORY || (result != CAST_NOTHING && s->mode == CAST_ANSI))
            return cast_raise(call, s, &args[0], r, result);
        TRY(fn_set_null(call, out, r));
    }
    return DBX_OK;
}

static dbx_status cast_raise_overflow(fn_call *call, const vector *args, const vector *out,
                                      uint32_t row) {
    (void)out;
    return cast_raise(call, call->state, &args[0], row, CAST_TOO_BIG);
}

static dbx_status cast_run_loop(fn_call *call, const vector *args, vector *out) {
    const cast_state *s = call->state;
    failure_mode mode = s->mode == CAST_ANSI  ? FAILURE_RAISE
                        : s->mode == CAST_TRY ? FAILURE_NULL
                                              : FAILURE_KEEP;
    return fn_run_unary(call, s->loop, NULL, args, out, mode, cast_raise_overflow);
}

/* Same layout: values are copied, bytes of strings are shared. */
static dbx_status cast_run_copy(fn_call *call, const vector *args, vector *out) {
    vector_view view = vector_view_of(&args[0]);
    size_t size = physical_size((physical_type)out->phys);
    if (out->phys == PHYS_LIST || out->phys == PHYS_STRUCT) {
        FN_FOR_EACH_ROW(call, r) {
            if (vector_copy(out, r, &args[0], NULL, r, 1, call->arena) != DBX_OK)
                return error_nomem(call->err);
        }
        return DBX_OK;
    }
    const char *from = view.data;
    char *to = out->data;
    FN_FOR_EACH_ROW(call, r) memcpy(to + r * size, from + view_index(&view, r) * size, size);
    return DBX_OK;
}

static dbx_status cast_run_from_variant(fn_call *call, const vector *args, vector *out) {
    const cast_state *s = call->state;
    return variant_run_cast_from(call, s->variant, args, out);
}

/* From VOID: every row is NULL already. */
static dbx_status cast_run_nothing(fn_call *call, const vector *args, vector *out) {
    (void)args;
    FN_FOR_EACH_ROW(call, r) TRY(fn_set_null(call, out, r));
    return DBX_OK;
}

/* ---- binding ---- */

static bool cast_layout(type t, convert_layout *out) {
    static const uint8_t by_id[TYPE_ID_COUNT] = {
        [TYPE_BOOLEAN] = CONVERT_INT8 + 1,   [TYPE_TINYINT] = CONVERT_INT8 + 1,
        [TYPE_SMALLINT] = CONVERT_INT16 + 1, [TYPE_INT] = CONVERT_INT32 + 1,
        [TYPE_BIGINT] = CONVERT_INT64 + 1,   [TYPE_FLOAT] = CONVERT_FLOAT + 1,
        [TYPE_DOUBLE] = CONVERT_DOUBLE + 1,
    };
    if (by_id[t.id] == 0) return false;
    *out = (convert_layout)(by_id[t.id] - 1);
    return true;
}

static dbx_status cast_state_init(arena *a, query *q, type from, type to, cast_mode mode,
                                  cast_state *s, error *err);

static dbx_status cast_init_nested(arena *a, query *q, cast_state *s, error *err) {
    s->kernel = cast_run_nested;
    s->children = ARENA_ARRAY(a, cast_state, s->from.child_count + 1);
    if (s->children == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < s->from.child_count; i++) {
        TRY(cast_state_init(a, q, s->from.children[i].type, s->to.children[i].type, s->mode,
                            &s->children[i], err));
        s->can_fail = s->can_fail || s->children[i].can_fail;
    }
    return DBX_OK;
}

static dbx_status cast_state_init(arena *a, query *q, type from, type to, cast_mode mode,
                                  cast_state *s, error *err) {
    convert_layout x, y;
    *s = (cast_state){.from = from, .to = to, .mode = mode, .zone = time_zone_of(q)};
    if (to.id == TYPE_DECIMAL) s->limit = int128_power10[to.precision];
    if (from.id == TYPE_VOID) {
        s->kernel = cast_run_nothing;
        return DBX_OK;
    }
    if (type_same_layout(from, to) && from.id != TYPE_INTERVAL_YM && from.id != TYPE_INTERVAL_DT) {
        s->kernel = cast_run_copy;
        return DBX_OK;
    }
    if (type_is_geo(from) && type_is_geo(to)) {
        s->kernel = cast_run_copy;
        return DBX_OK;
    }
    if (from.id == TYPE_VARIANT) {
        s->kernel = cast_run_from_variant;
        s->can_fail = true;
        return variant_cast_new(a, q, to, mode != CAST_TRY, &s->variant, err);
    }
    if (to.id == TYPE_VARIANT) {
        s->kernel = variant_run_cast_to;
        return DBX_OK;
    }
    if (from.id == to.id && type_is_nested(from)) return cast_init_nested(a, q, s, err);
    if (to.id == TYPE_STRING && from.id != TYPE_BINARY && from.id != TYPE_STRING) {
        s->kernel = cast_run_text;
        return DBX_OK;
    }
    if (to.id != TYPE_BOOLEAN && cast_layout(from, &x) && cast_layout(to, &y)) {
        s->kernel = cast_run_loop;
        s->loop = convert_kernel(x, y);
        s->can_fail = convert_can_fail(x, y);
        return DBX_OK;
    }
    s->kernel = cast_run_steps;
    s->can_fail = true;
    if (s->step == NULL) s->step = cast_find_number_step(s);
    if (s->step == NULL) s->step = cast_find_text_step(s);
    if (s->step == NULL) s->step = cast_find_datetime_step(s);
    if (s->step == NULL && (from.id == TYPE_STRING || from.id == TYPE_BINARY) &&
        (to.id == TYPE_STRING || to.id == TYPE_BINARY)) {
        s->kernel = cast_run_copy;
        s->can_fail = false;
        return DBX_OK;
    }
    if (s->step != NULL) return DBX_OK;
    const char *text = arena_printf(a, "CAST of %s to %s", type_sql(a, from), type_sql(a, to));
    return error_raise(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                       text == NULL ? "" : text, NULL);
}

dbx_status cast_bind(arena *a, query *q, type from, type to, cast_mode mode, span position,
                     scalar_kernel *kernel, const void **state, bool *can_fail, error *err) {
    if (!cast_allowed(from, to, mode)) {
        string_view sql = {0};
        if (position.end > position.start && position.end <= q->sql.size)
            sql = (string_view){q->sql.data + position.start, position.end - position.start};
        const char *text = arena_printf(a, "\"" SV_FMT "\"", SV_ARG(sql));
        const char *source = arena_printf(a, "\"%s\"", type_sql(a, from)),
                   *target = arena_printf(a, "\"%s\"", type_sql(a, to));
        if (text == NULL || source == NULL || target == NULL) return error_nomem(err);
        bool legacy = mode == CAST_ANSI && cast_allowed(from, to, CAST_LEGACY);
        return error_raise(err,
                           legacy ? ERR_DATATYPE_MISMATCH__CAST_WITH_CONF_SUGGESTION
                                  : ERR_DATATYPE_MISMATCH__CAST_WITHOUT_SUGGESTION,
                           position, "sqlExpr", text, "srcType", source, "targetType", target,
                           "config", FN_ANSI_CONFIG, "configVal", "'false'", NULL);
    }
    cast_state *s = ARENA_NEW(a, cast_state);
    if (s == NULL) return error_nomem(err);
    TRY(cast_state_init(a, q, from, to, mode, s, err));
    *kernel = s->kernel;
    *state = s;
    *can_fail = s->can_fail;
    return DBX_OK;
}
