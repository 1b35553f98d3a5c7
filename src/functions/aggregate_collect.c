/* aggregate_collect.c - aggregates that keep all values: collect_list, collect_set, listagg, mode,
 * percentile_approx.
 *
 * Values are kept in arrival order; sorting and counting wait until the end. percentile_approx is
 * exact: it picks the value whose rank is asked for.
 */
#include "functions/aggregate.h"
#include "functions/families.h"
#include "vector/compare.h"

#include <math.h>

enum { COLLECT_STATE_SIZE = (sizeof(aggregate_list) + 15) / 16 * 16 };

static dbx_status aggregate_collect_update(fn_call *call, const vector *args, void *const *states) {
    vector_view v = vector_view_of(&args[0]);
    for (uint32_t i = 0; i < call->rows; i++)
        TRY(aggregate_list_push(call, states[i], &v, view_index(&v, aggregate_row(call, i))));
    return DBX_OK;
}
static dbx_status aggregate_collect_combine(fn_call *call, void *const *from, void *const *to,
                                            uint32_t count) {
    for (uint32_t i = 0; i < count; i++) TRY(aggregate_list_append(call, to[i], from[i]));
    return DBX_OK;
}
static dbx_status aggregate_collect_write(const void *state, buffer *out) {
    return aggregate_list_write(state, out);
}
static dbx_status aggregate_collect_read(fn_call *call, const char *bytes, size_t size,
                                         void *state) {
    return aggregate_list_read(call, call->arg_types[0], bytes, size, state);
}

static dbx_status aggregate_collect_finalize(fn_call *call, void *const *states, uint32_t count,
                                             vector *out, uint32_t at) {
    for (uint32_t i = 0; i < count; i++) {
        const aggregate_list *l = states[i];
        TRY(aggregate_list_emit(call, l, NULL, l->count, out, at + i));
    }
    return DBX_OK;
}

/* ---- order of a list: a stable merge sort of indexes ---- */

typedef struct collect_order {
    uint32_t *items;
    uint32_t *other;
    uint32_t count;
} collect_order;

static void collect_order_free(fn_call *call, collect_order *o) {
    size_t size = ((size_t)o->count + 1) * sizeof(uint32_t);
    mem_free(call->arena->ledger, o->items, size);
    mem_free(call->arena->ledger, o->other, size);
}

static dbx_status collect_order_of(fn_call *call, const aggregate_list *l, collect_order *o) {
    size_t size = ((size_t)l->count + 1) * sizeof(uint32_t);
    *o = (collect_order){mem_alloc(call->arena->ledger, size), mem_alloc(call->arena->ledger, size),
                         l->count};
    if (o->items == NULL || o->other == NULL) {
        if (o->items != NULL) mem_free(call->arena->ledger, o->items, size);
        if (o->other != NULL) mem_free(call->arena->ledger, o->other, size);
        return error_nomem(call->err);
    }
    if (l->count == 0) return DBX_OK;
    vector_view v = vector_view_of(l->values);
    for (uint32_t i = 0; i < l->count; i++) o->items[i] = i;
    for (uint64_t width = 1; width < l->count; width *= 2) {
        for (uint64_t start = 0; start < l->count; start += 2 * width) {
            uint64_t middle = MIN(start + width, (uint64_t)l->count),
                     end = MIN(start + 2 * width, (uint64_t)l->count);
            uint64_t a = start, b = middle;
            for (uint64_t k = start; k < end; k++) {
                bool left = b >= end ||
                            (a < middle && value_compare(&v, o->items[a], &v, o->items[b]) <= 0);
                o->other[k] = left ? o->items[a++] : o->items[b++];
            }
        }
        uint32_t *swap = o->items;
        o->items = o->other;
        o->other = swap;
    }
    return DBX_OK;
}

/* collect_set: the first occurrence of each value, in arrival order */
static dbx_status aggregate_set_finalize(fn_call *call, void *const *states, uint32_t count,
                                         vector *out, uint32_t at) {
    for (uint32_t i = 0; i < count; i++) {
        const aggregate_list *l = states[i];
        collect_order o;
        TRY(collect_order_of(call, l, &o));
        uint32_t kept = 0;
        if (l->count > 0) {
            vector_view v = vector_view_of(l->values);
            /* other[k] = 1 where k is the first of its equals; stable order makes that the first of
             * each run */
            memset(o.other, 0, (size_t)l->count * sizeof(uint32_t));
            for (uint32_t k = 0; k < l->count; k++) {
                if (k == 0 || !value_equal(&v, o.items[k - 1], &v, o.items[k]))
                    o.other[o.items[k]] = 1;
            }
            for (uint32_t k = 0; k < l->count; k++) {
                if (o.other[k] != 0) o.items[kept++] = k;
            }
        }
        dbx_status status = aggregate_list_emit(call, l, o.items, kept, out, at + i);
        collect_order_free(call, &o);
        TRY(status);
    }
    return DBX_OK;
}

typedef struct collect_state {
    bool largest; /* mode: among equals the largest instead of the smallest */
    bool array;   /* percentiles: several */
    uint32_t count;
    double *percentages;
} collect_state;

static dbx_status aggregate_mode_finalize(fn_call *call, void *const *states, uint32_t count,
                                          vector *out, uint32_t at) {
    for (uint32_t i = 0; i < count; i++) {
        const aggregate_list *l = states[i];
        collect_order o;
        if (l->count == 0) {
            TRY(fn_set_null(call, out, at + i));
            continue;
        }
        TRY(collect_order_of(call, l, &o));
        vector_view v = vector_view_of(l->values);
        uint32_t best = o.items[0], best_run = 0, run = 0;
        const collect_state *s = call->state;
        for (uint32_t k = 0; k < l->count; k++) {
            run = k > 0 && value_equal(&v, o.items[k - 1], &v, o.items[k]) ? run + 1 : 1;
            if (run > best_run || (s->largest && run == best_run)) {
                best_run = run;
                best = o.items[k];
            }
        }
        collect_order_free(call, &o);
        if (vector_copy(out, at + i, l->values, NULL, best, 1, call->arena) != DBX_OK)
            return error_nomem(call->err);
    }
    return DBX_OK;
}

static dbx_status aggregate_approx_finalize(fn_call *call, void *const *states, uint32_t count,
                                            vector *out, uint32_t at) {
    const collect_state *s = call->state;
    for (uint32_t i = 0; i < count; i++) {
        const aggregate_list *l = states[i];
        collect_order o;
        if (l->count == 0) {
            TRY(fn_set_null(call, out, at + i));
            continue;
        }
        TRY(collect_order_of(call, l, &o));
        dbx_status status = DBX_OK;
        for (uint32_t k = 0; k < s->count && k < l->count; k++) o.other[k] = 0;
        uint32_t *picks = ARENA_ARRAY(call->arena, uint32_t, s->count + 1);
        for (uint32_t k = 0; picks != NULL && k < s->count; k++) {
            double rank = ceil(s->percentages[k] * (double)l->count);
            picks[k] = o.items[rank <= 1 ? 0 : MIN((uint32_t)rank, l->count) - 1];
        }
        if (picks == NULL)
            status = error_nomem(call->err);
        else if (s->array)
            status = aggregate_list_emit(call, l, picks, s->count, out, at + i);
        else if (vector_copy(out, at + i, l->values, NULL, picks[0], 1, call->arena) != DBX_OK)
            status = error_nomem(call->err);
        collect_order_free(call, &o);
        TRY(status);
    }
    return DBX_OK;
}

/* listagg: all values joined; the delimiter stands in the state */
typedef struct collect_join_state {
    string_view delimiter;
} collect_join_state;

static dbx_status aggregate_join_finalize(fn_call *call, void *const *states, uint32_t count,
                                          vector *out, uint32_t at) {
    const collect_join_state *s = call->state;
    for (uint32_t i = 0; i < count; i++) {
        const aggregate_list *l = states[i];
        if (l->count == 0) {
            TRY(fn_set_null(call, out, at + i));
            continue;
        }
        const vstring *items = VECTOR_DATA(l->values, vstring);
        uint64_t total = (uint64_t)s->delimiter.size * (l->count - 1);
        for (uint32_t k = 0; k < l->count; k++) total += items[k].size;
        if (total > INT32_MAX)
            return error_raise(call->err, ERR_UNSUPPORTED_FEATURE, call->position, "feature",
                               "a string of more than 2 GB", NULL);
        char *bytes = arena_alloc_bytes(call->arena, total + 1);
        if (bytes == NULL) return error_nomem(call->err);
        size_t n = 0;
        for (uint32_t k = 0; k < l->count; k++) {
            if (k > 0 && s->delimiter.size > 0) {
                memcpy(bytes + n, s->delimiter.data, s->delimiter.size);
                n += s->delimiter.size;
            }
            memcpy(bytes + n, vstring_data(&items[k]), items[k].size);
            n += items[k].size;
        }
        VECTOR_DATA(out, vstring)[at + i] = vstring_from(bytes, n);
    }
    return DBX_OK;
}

#define COLLECT_KERNEL(final)                                                                      \
    {                                                                                              \
        .state_size = COLLECT_STATE_SIZE, .update = aggregate_collect_update,                      \
        .combine = aggregate_collect_combine, .finalize = final, .write = aggregate_collect_write, \
        .read = aggregate_collect_read                                                             \
    }
static const aggregate_kernel collect_list_kernel = COLLECT_KERNEL(aggregate_collect_finalize);
static const aggregate_kernel collect_set_kernel = COLLECT_KERNEL(aggregate_set_finalize);
static const aggregate_kernel collect_mode_kernel = COLLECT_KERNEL(aggregate_mode_finalize);
static const aggregate_kernel collect_approx_kernel = COLLECT_KERNEL(aggregate_approx_finalize);
static const aggregate_kernel collect_join_kernel = COLLECT_KERNEL(aggregate_join_finalize);

/* ---- binding ---- */

static dbx_status collect_bind_array(fn_bind *b) {
    if (type_array(b->arena, b->arg_types[0], false, &b->result) != DBX_OK)
        return error_nomem(b->err);
    return DBX_OK;
}
static bool collect_has_map(type t) {
    if (t.id == TYPE_MAP) return true;
    for (uint32_t i = 0; i < t.child_count; i++) {
        if (collect_has_map(t.children[i].type)) return true;
    }
    return false;
}
static dbx_status collect_bind_set(fn_bind *b) {
    if (collect_has_map(b->arg_types[0])) {
        const char *sql = arena_printf(b->arena, "\"%s\"", fn_bind_sql(b));
        return error_raise(b->err, ERR_DATATYPE_MISMATCH__UNSUPPORTED_INPUT_TYPE, b->position,
                           "sqlExpr", sql == NULL ? "" : sql, "functionName", "`collect_set`",
                           "dataType", "\"MAP\"", NULL);
    }
    return collect_bind_array(b);
}
static dbx_status collect_bind_join(fn_bind *b) {
    collect_join_state *s = ARENA_NEW(b->arena, collect_join_state);
    if (s == NULL) return error_nomem(b->err);
    type *t = b->arg_types;
    bool binary = t[0].id == TYPE_BINARY;
    if (!binary && t[0].id != TYPE_STRING) t[0] = type_simple(TYPE_STRING);
    if (b->arg_count > 1) {
        if (b->constants[1] != NULL && !vector_is_null(b->constants[1], 0) &&
            (b->constants[1]->type.id == TYPE_STRING || b->constants[1]->type.id == TYPE_BINARY)) {
            string_view text = vstring_view(&VECTOR_DATA(b->constants[1], vstring)[0]);
            s->delimiter = arena_copy_string(b->arena, text);
            if (s->delimiter.data == NULL) return error_nomem(b->err);
        }
        t[1] = t[0];
    }
    b->state = s;
    b->result = t[0];
    return DBX_OK;
}
/* The third argument says that the largest of equally frequent values is wanted: WITHIN GROUP
 * (ORDER BY col DESC). */
static dbx_status collect_check_deterministic(fn_bind *b) {
    if (b->constants[1] == NULL)
        return error_raise(b->err, ERR_NON_FOLDABLE_ARGUMENT, b->position, "funcName", "`mode`",
                           "paramName", "`deterministic`", "paramType", "\"BOOLEAN\"", NULL);
    if (vector_is_null(b->constants[1], 0))
        return error_raise(b->err, ERR_DATATYPE_MISMATCH__UNEXPECTED_NULL, b->position, "exprName",
                           "`deterministic`", "sqlExpr", "\"NULL\"", NULL);
    if (b->arg_types[1].id == TYPE_BOOLEAN) return DBX_OK;
    const char *given = arena_printf(b->arena, "\"%s\"", fn_bind_arg_sql(b, 1));
    const char *found = arena_printf(b->arena, "\"%s\"", type_sql(b->arena, b->arg_types[1]));
    return error_raise(b->err, ERR_UNEXPECTED_INPUT_TYPE, b->position, "functionName", "`mode`",
                       "paramIndex", "second", "requiredType", "\"BOOLEAN\"", "inputSql",
                       given == NULL ? "" : given, "inputType", found == NULL ? "" : found, NULL);
}

static dbx_status collect_bind_mode(fn_bind *b) {
    collect_state *s = ARENA_NEW(b->arena, collect_state);
    if (s == NULL) return error_nomem(b->err);
    if (b->arg_count > 1) TRY(collect_check_deterministic(b));
    s->largest = b->arg_count > 2 && b->constants[2] != NULL &&
                 VECTOR_DATA(b->constants[2], uint8_t)[0] != 0;
    b->state = s;
    b->result = b->arg_types[0];
    return DBX_OK;
}

/* A number of any type in a constant vector. */
static bool collect_number(const vector *v, uint32_t row, double *out) {
    vector_view view = vector_view_of(v);
    uint32_t i = view_index(&view, row);
    if (!validity_get(view.validity, i)) return false;
    switch ((physical_type)v->phys) {
    case PHYS_INT8:
        *out = ((const int8_t *)view.data)[i];
        break;
    case PHYS_INT16:
        *out = ((const int16_t *)view.data)[i];
        break;
    case PHYS_INT32:
        *out = ((const int32_t *)view.data)[i];
        break;
    case PHYS_INT64:
        *out = (double)((const int64_t *)view.data)[i];
        break;
    case PHYS_INT128:
        *out = (double)((const __int128 *)view.data)[i];
        break;
    case PHYS_FLOAT:
        *out = (double)((const float *)view.data)[i];
        break;
    case PHYS_DOUBLE:
        *out = ((const double *)view.data)[i];
        break;
    default:
        return false;
    }
    if (v->type.id == TYPE_DECIMAL) *out /= pow(10, v->type.scale);
    return true;
}

/* Reads the constant percentages of argument `arg`: a number or an array of numbers in [0, 1]. */
dbx_status aggregate_bind_percentages(fn_bind *b, uint32_t arg, bool *array, uint32_t *count,
                                      double **out) {
    const vector *v = b->constants[arg];
    *array = b->arg_types[arg].id == TYPE_ARRAY;
    *count = 1;
    uint32_t offset = 0;
    const vector *numbers = v;
    if (v != NULL && *array && !vector_is_null(v, 0)) {
        vector_view view = vector_view_of(v);
        list_entry e = ((const list_entry *)view.data)[view_index(&view, 0)];
        *count = e.length;
        offset = e.offset;
        numbers = &view.base->children[0];
    }
    *out = ARENA_ARRAY(b->arena, double, *count + 1);
    if (*out == NULL) return error_nomem(b->err);
    const char *sql = arena_printf(b->arena, "\"%s\"", fn_bind_sql(b));
    for (uint32_t i = 0; i < *count; i++) {
        if (numbers == NULL || !collect_number(numbers, offset + i, &(*out)[i]))
            return error_raise(b->err, ERR_DATATYPE_MISMATCH__UNEXPECTED_NULL, b->position,
                               "sqlExpr", sql == NULL ? "" : sql, "exprName", "percentage", NULL);
        if (!((*out)[i] >= 0 && (*out)[i] <= 1)) {
            const char *value = arena_printf(b->arena, "\"%s\"", fn_bind_arg_sql(b, arg));
            return error_raise(b->err, ERR_DATATYPE_MISMATCH__VALUE_OUT_OF_RANGE, b->position,
                               "sqlExpr", sql == NULL ? "" : sql, "exprName", "percentage",
                               "valueRange", "[0.0, 1.0]", "currentValue",
                               value == NULL ? "" : value, NULL);
        }
    }
    return DBX_OK;
}

static dbx_status collect_bind_approx(fn_bind *b) {
    collect_state *s = ARENA_NEW(b->arena, collect_state);
    type *t = &b->arg_types[0];
    if (s == NULL) return error_nomem(b->err);
    if (t->id == TYPE_STRING || t->id == TYPE_VOID) *t = type_simple(TYPE_DOUBLE);
    if (!type_is_numeric(*t) && !type_is_datetime(*t) && t->id != TYPE_INTERVAL_YM &&
        t->id != TYPE_INTERVAL_DT)
        return fn_bind_unexpected_type(
            b, 0,
            "(\"NUMERIC\" or \"DATE\" or \"TIMESTAMP\" or \"TIMESTAMP WITHOUT TIME ZONE\" or "
            "\"INTERVAL YEAR TO MONTH\" or \"INTERVAL DAY TO SECOND\")");
    TRY(aggregate_bind_percentages(b, 1, &s->array, &s->count, &s->percentages));
    b->state = s;
    b->result = *t;
    return s->array ? collect_bind_array(b) : DBX_OK;
}

#define COLLECT_ROW(text, alias, sig, extra, k, binder, about)                                     \
    {                                                                                              \
        .name = text, .aliases = alias, .signature = sig, .kind = FUNCTION_AGGREGATE,              \
        .flags = extra, .aggregate = &k, .bind = binder, .category = "aggregate", .doc = about     \
    }
#define COLLECT_APPROX_SIGNATURE "(col any, percentage const any, [accuracy const any]) -> bind"
const function_row aggregate_collect_functions[] = {
    COLLECT_ROW("collect_list", "array_agg", "(expr any) -> bind",
                FN_NEVER_NULL | FN_ORDER_SENSITIVE, collect_list_kernel, collect_bind_array,
                "Array of the values that are not NULL."),
    COLLECT_ROW("collect_set", NULL, "(expr any) -> bind", FN_NEVER_NULL | FN_DISTINCT_FREE,
                collect_set_kernel, collect_bind_set,
                "Array of the distinct values that are not NULL."),
    COLLECT_ROW("listagg", NULL, "(expr any, [delimiter const any]) -> bind", FN_ORDER_SENSITIVE,
                collect_join_kernel, collect_bind_join, "Strings joined by a delimiter."),
    COLLECT_ROW("string_agg", NULL, "(expr any, [delimiter const any]) -> bind", FN_ORDER_SENSITIVE,
                collect_join_kernel, collect_bind_join, "Strings joined by a delimiter."),
    COLLECT_ROW("mode", NULL, "(col any, [deterministic any], [largest const boolean]) -> bind", 0,
                collect_mode_kernel, collect_bind_mode,
                "The most frequent value; the smallest of several."),
    COLLECT_ROW("percentile_approx", NULL, COLLECT_APPROX_SIGNATURE, 0, collect_approx_kernel,
                collect_bind_approx, "The value at a percentage of the ordered values."),
    COLLECT_ROW("approx_percentile", NULL, COLLECT_APPROX_SIGNATURE, 0, collect_approx_kernel,
                collect_bind_approx, "The value at a percentage of the ordered values."),
};
const uint32_t aggregate_collect_functions_count = ARRAY_COUNT(aggregate_collect_functions);
