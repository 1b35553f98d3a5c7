/* aggregate_percentile.c - percentile, percentile_cont, percentile_disc, median, histogram_numeric:
 * over doubles.
 *
 * Numbers and intervals are kept as doubles and sorted at the end, with weights where percentile
 * has a frequency.
 */
#include "functions/aggregate.h"
#include "functions/families.h"
#include "kernel/number_text.h"
#include "vector/compare.h"

#include <math.h>
#include <stdlib.h>

typedef struct percentile_state {
    bool array;
    bool discrete;
    bool weighted;
    bool descending; /* percentages count from the largest value */
    uint32_t count;
    const double *percentages;
    uint32_t bins; /* histogram_numeric */
} percentile_state;

typedef struct percentile_item {
    double value;
    int64_t weight;
} percentile_item;

typedef struct percentile_values {
    percentile_item *items; /* in the call's arena */
    uint32_t count;
    uint32_t capacity;
} percentile_values;

static dbx_status percentile_reserve(fn_call *call, percentile_values *s, uint32_t extra) {
    if ((uint64_t)s->count + extra <= s->capacity) return DBX_OK;
    uint64_t capacity =
        MAX((uint64_t)s->capacity * 2, MAX((uint64_t)s->count + extra, (uint64_t)8));
    if (capacity > AGGREGATE_LIST_MAX)
        return error_raise(call->err, ERR_UNSUPPORTED_FEATURE, call->position, "feature",
                           "more than 2^30 values in one group", NULL);
    percentile_item *items = arena_alloc(call->arena, capacity * sizeof(*items));
    if (items == NULL) return error_nomem(call->err);
    if (s->count > 0) memcpy(items, s->items, s->count * sizeof(*items));
    s->items = items;
    s->capacity = (uint32_t)capacity;
    return DBX_OK;
}

static double percentile_load(const vector_view *v, uint32_t r) {
    uint32_t i = view_index(v, r);
    if (v->base->phys == PHYS_INT32) return ((const int32_t *)v->data)[i];
    if (v->base->phys == PHYS_INT64) return (double)((const int64_t *)v->data)[i];
    return ((const double *)v->data)[i];
}

static dbx_status aggregate_percentile_update(fn_call *call, const vector *args,
                                              void *const *states) {
    const percentile_state *b = call->state;
    vector_view v = vector_view_of(&args[0]), weights = {0};
    if (b->weighted) weights = vector_view_of(&args[2]);
    for (uint32_t i = 0; i < call->rows; i++) {
        percentile_values *s = states[i];
        uint32_t r = aggregate_row(call, i);
        int64_t weight = 1;
        if (b->weighted) {
            weight = ((const int64_t *)weights.data)[view_index(&weights, r)];
            if (weight < 0)
                return error_raise(call->err, ERR_NEGATIVE_VALUES_IN_FREQUENCY_EXPRESSION,
                                   call->position, "frequencyExpression", "frequency",
                                   "negativeValue", fn_value_text(call, &args[2], r), NULL);
            if (weight == 0) continue;
        }
        TRY(percentile_reserve(call, s, 1));
        s->items[s->count++] = (percentile_item){percentile_load(&v, r), weight};
    }
    return DBX_OK;
}
static dbx_status aggregate_percentile_combine(fn_call *call, void *const *from, void *const *to,
                                               uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        percentile_values *s = to[i];
        const percentile_values *o = from[i];
        if (o->count == 0) continue;
        TRY(percentile_reserve(call, s, o->count));
        memcpy(s->items + s->count, o->items, o->count * sizeof(*o->items));
        s->count += o->count;
    }
    return DBX_OK;
}
static dbx_status aggregate_percentile_write(const void *state, buffer *out) {
    const percentile_values *s = state;
    return buffer_append(out, s->items, s->count * sizeof(*s->items));
}
static dbx_status aggregate_percentile_read(fn_call *call, const char *bytes, size_t size,
                                            void *state) {
    percentile_values *s = state;
    *s = (percentile_values){0};
    uint32_t count = (uint32_t)(size / sizeof(percentile_item));
    TRY(percentile_reserve(call, s, count));
    if (count > 0) memcpy(s->items, bytes, count * sizeof(percentile_item));
    s->count = count;
    return DBX_OK;
}

static int percentile_order(const void *x, const void *y) {
    double a = ((const percentile_item *)x)->value, b = ((const percentile_item *)y)->value;
    if (a < b) return -1;
    if (a > b) return 1;
    return a == b ? 0 : (a != a) - (b != b);
}

/* The value at position p of the items repeated by weight. */
static double percentile_at(const percentile_values *s, int64_t position) {
    int64_t seen = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        seen += s->items[i].weight;
        if (position < seen) return s->items[i].value;
    }
    return s->items[s->count - 1].value;
}
static double percentile_compute(const percentile_state *b, const percentile_values *s,
                                 double percentage) {
    int64_t total = s->count;
    if (b->weighted) {
        total = 0;
        for (uint32_t i = 0; i < s->count; i++) total += s->items[i].weight;
    }
    if (b->discrete && b->descending) {
        double rank = ceil(percentage * (double)total);
        int64_t at = total - (rank <= 1 ? 1 : (int64_t)rank);
        return s->items[MAX(at, (int64_t)0)].value;
    }
    if (b->descending) percentage = 1 - percentage;
    if (b->discrete) {
        double rank = ceil(percentage * (double)total);
        int64_t at = rank <= 1 ? 0 : (int64_t)rank - 1;
        return b->weighted ? percentile_at(s, at) : s->items[MIN(at, (int64_t)s->count - 1)].value;
    }
    double position = (double)(total - 1) * percentage, lower = floor(position),
           higher = ceil(position);
    double low = b->weighted ? percentile_at(s, (int64_t)lower) : s->items[(uint32_t)lower].value;
    if (lower == higher) return low;
    double high =
        b->weighted ? percentile_at(s, (int64_t)higher) : s->items[(uint32_t)higher].value;
    if (low == high) return low;
    return (higher - position) * low + (position - lower) * high;
}

static void percentile_store(vector *out, uint32_t row, double v) {
    if (out->phys == PHYS_INT32)
        VECTOR_DATA(out, int32_t)[row] = (int32_t)v;
    else if (out->phys == PHYS_INT64)
        VECTOR_DATA(out, int64_t)[row] = (int64_t)v;
    else
        VECTOR_DATA(out, double)[row] = v;
}

static dbx_status aggregate_percentile_finalize(fn_call *call, void *const *states, uint32_t count,
                                                vector *out, uint32_t at) {
    const percentile_state *b = call->state;
    for (uint32_t i = 0; i < count; i++) {
        percentile_values *s = states[i];
        if (s->count == 0) {
            TRY(fn_set_null(call, out, at + i));
            continue;
        }
        qsort(s->items, s->count, sizeof(*s->items), percentile_order);
        if (!b->array) {
            percentile_store(out, at + i, percentile_compute(b, s, b->percentages[0]));
            continue;
        }
        uint32_t offset = out->child_count;
        if (vector_list_reserve(out, offset + b->count, call->arena) != DBX_OK)
            return error_nomem(call->err);
        for (uint32_t k = 0; k < b->count; k++)
            percentile_store(&out->children[0], offset + k,
                             percentile_compute(b, s, b->percentages[k]));
        VECTOR_DATA(out, list_entry)[at + i] = (list_entry){offset, b->count};
        out->child_count = offset + b->count;
    }
    return DBX_OK;
}

/* ---- histogram_numeric: bins are merged where they are closest ---- */

/* The middle of a bin, in the type of the values. */
static void histogram_store(vector *out, uint32_t row, double v) {
    int128 unscaled = 0;
    switch ((physical_type)out->phys) {
    case PHYS_INT8:
        VECTOR_DATA(out, int8_t)[row] = (int8_t)v;
        return;
    case PHYS_INT16:
        VECTOR_DATA(out, int16_t)[row] = (int16_t)v;
        return;
    case PHYS_FLOAT:
        VECTOR_DATA(out, float)[row] = (float)v;
        return;
    default:
        break;
    }
    if (out->type.id != TYPE_DECIMAL) {
        percentile_store(out, row, v);
        return;
    }
    if (number_double_to_decimal(v, out->type.precision, out->type.scale, &unscaled) != NUMBER_OK)
        unscaled = 0;
    if (out->phys == PHYS_INT64)
        VECTOR_DATA(out, int64_t)[row] = (int64_t)unscaled;
    else
        VECTOR_DATA(out, int128)[row] = unscaled;
}

static dbx_status aggregate_histogram_finalize(fn_call *call, void *const *states, uint32_t count,
                                               vector *out, uint32_t at) {
    const percentile_state *b = call->state;
    for (uint32_t i = 0; i < count; i++) {
        const percentile_values *s = states[i];
        if (s->count == 0) {
            TRY(fn_set_null(call, out, at + i));
            continue;
        }
        double *x = ARENA_ARRAY(call->arena, double, b->bins + 2),
               *y = ARENA_ARRAY(call->arena, double, b->bins + 2);
        if (x == NULL || y == NULL) return error_nomem(call->err);
        uint32_t n = 0;
        for (uint32_t k = 0; k < s->count; k++) {
            double v = s->items[k].value;
            uint32_t place = 0;
            while (place < n && x[place] < v) place++;
            if (place < n && x[place] == v) {
                y[place] += 1;
                continue;
            }
            memmove(x + place + 1, x + place, (n - place) * sizeof(*x));
            memmove(y + place + 1, y + place, (n - place) * sizeof(*y));
            x[place] = v;
            y[place] = 1;
            if (++n <= b->bins) continue;
            uint32_t closest = 0;
            for (uint32_t j = 1; j + 1 < n; j++) {
                if (x[j + 1] - x[j] < x[closest + 1] - x[closest]) closest = j;
            }
            double weight = y[closest] + y[closest + 1];
            x[closest] = (x[closest] * y[closest] + x[closest + 1] * y[closest + 1]) / weight;
            y[closest] = weight;
            memmove(x + closest + 1, x + closest + 2, (n - closest - 2) * sizeof(*x));
            memmove(y + closest + 1, y + closest + 2, (n - closest - 2) * sizeof(*y));
            n--;
        }
        uint32_t offset = out->child_count;
        if (vector_list_reserve(out, offset + n, call->arena) != DBX_OK)
            return error_nomem(call->err);
        vector *pairs = &out->children[0];
        for (uint32_t k = 0; k < n; k++) {
            histogram_store(&pairs->children[0], offset + k, x[k]);
            VECTOR_DATA(&pairs->children[1], double)[offset + k] = y[k];
        }
        VECTOR_DATA(out, list_entry)[at + i] = (list_entry){offset, n};
        out->child_count = offset + n;
    }
    return DBX_OK;
}

#define PERCENTILE_KERNEL(final)                                                                   \
    {                                                                                              \
        .state_size = (sizeof(percentile_values) + 15) / 16 * 16,                                  \
        .update = aggregate_percentile_update, .combine = aggregate_percentile_combine,            \
        .finalize = final, .write = aggregate_percentile_write, .read = aggregate_percentile_read  \
    }
static const aggregate_kernel percentile_kernel = PERCENTILE_KERNEL(aggregate_percentile_finalize);
static const aggregate_kernel histogram_kernel = PERCENTILE_KERNEL(aggregate_histogram_finalize);

static dbx_status percentile_bind_value(fn_bind *b, type *result) {
    type *t = &b->arg_types[0];
    if (t->id == TYPE_INTERVAL_YM)
        *result = type_interval_ym(INTERVAL_YEAR, INTERVAL_MONTH);
    else if (t->id == TYPE_INTERVAL_DT)
        *result = type_interval_dt(INTERVAL_DAY, INTERVAL_SECOND);
    else if (type_is_numeric(*t) || t->id == TYPE_STRING || t->id == TYPE_VOID)
        *t = *result = type_simple(TYPE_DOUBLE);
    else
        return fn_bind_unexpected_type(b, 0, "(\"NUMERIC\" or \"ANSI INTERVAL\")");
    return DBX_OK;
}
static dbx_status percentile_bind_any(fn_bind *b, bool discrete) {
    percentile_state *s = ARENA_NEW(b->arena, percentile_state);
    type result;
    if (s == NULL) return error_nomem(b->err);
    s->discrete = discrete;
    TRY(percentile_bind_value(b, &result));
    double *percentages;
    TRY(aggregate_bind_percentages(b, 1, &s->array, &s->count, &percentages));
    s->percentages = percentages;
    if (b->arg_count > 2 && b->arg_types[2].id == TYPE_BOOLEAN) {
        s->descending = b->constants[2] != NULL && VECTOR_DATA(b->constants[2], uint8_t)[0] != 0;
    } else if (b->arg_count > 2) {
        s->weighted = true;
        b->arg_types[2] = type_simple(TYPE_BIGINT);
    }
    b->state = s;
    b->result = result;
    if (s->array && type_array(b->arena, result, false, &b->result) != DBX_OK)
        return error_nomem(b->err);
    return DBX_OK;
}
static dbx_status percentile_bind(fn_bind *b) {
    return percentile_bind_any(b, false);
}
static dbx_status percentile_bind_discrete(fn_bind *b) {
    return percentile_bind_any(b, true);
}
static dbx_status percentile_bind_median(fn_bind *b) {
    static const double half = 0.5;
    percentile_state *s = ARENA_NEW(b->arena, percentile_state);
    if (s == NULL) return error_nomem(b->err);
    s->count = 1;
    s->percentages = &half;
    b->state = s;
    return percentile_bind_value(b, &b->result);
}
static dbx_status percentile_bind_histogram(fn_bind *b) {
    percentile_state *s = ARENA_NEW(b->arena, percentile_state);
    int64_t bins = 0;
    type value = b->arg_types[0];
    if (s == NULL) return error_nomem(b->err);
    bool datetime = type_is_datetime(value) && value.id != TYPE_TIME;
    if (!datetime) TRY(percentile_bind_value(b, &b->result));
    if (!fn_bind_constant_int(b, 1, &bins) || bins < 2 || bins > 1000000) {
        const char *sql = arena_printf(b->arena, "\"%s\"", fn_bind_sql(b)),
                   *text = arena_printf(b->arena, "%lld", (long long)bins);
        return error_raise(b->err, ERR_DATATYPE_MISMATCH__VALUE_OUT_OF_RANGE, b->position,
                           "sqlExpr", sql == NULL ? "" : sql, "exprName", "nb", "valueRange",
                           "[2, 1000000]", "currentValue", text == NULL ? "" : text, NULL);
    }
    s->bins = (uint32_t)bins;
    b->arg_types[1] = type_simple(TYPE_INT);
    bool keep = datetime || type_is_numeric(value) || type_is_interval(value);
    type_field fields[2] = {
        {.name = SV("x"), .type = keep ? value : type_simple(TYPE_DOUBLE), .nullable = true},
        {.name = SV("y"), .type = type_simple(TYPE_DOUBLE), .nullable = true}};
    type pair;
    b->state = s;
    if (type_struct(b->arena, fields, 2, &pair) != DBX_OK ||
        type_array(b->arena, pair, true, &b->result) != DBX_OK)
        return error_nomem(b->err);
    return DBX_OK;
}

#define PERCENTILE_ROW(text, sig, k, binder, about)                                                \
    {                                                                                              \
        .name = text, .signature = sig, .kind = FUNCTION_AGGREGATE, .aggregate = &k,               \
        .bind = binder, .category = "aggregate", .doc = about                                      \
    }
const function_row aggregate_percentile_functions[] = {
    PERCENTILE_ROW("percentile", "(col any, percentage const any, [frequency any]) -> bind",
                   percentile_kernel, percentile_bind,
                   "The interpolated value at a percentage of the ordered values."),
    PERCENTILE_ROW("percentile_cont",
                   "(col any, percentage const any, [descending const boolean]) -> bind",
                   percentile_kernel, percentile_bind,
                   "The interpolated value at a percentage of the ordered values."),
    PERCENTILE_ROW("percentile_disc",
                   "(col any, percentage const any, [descending const boolean]) -> bind",
                   percentile_kernel, percentile_bind_discrete,
                   "The first of the ordered values at a percentage."),
    PERCENTILE_ROW("median", "(col any) -> bind", percentile_kernel, percentile_bind_median,
                   "The middle of the ordered values."),
    PERCENTILE_ROW("histogram_numeric", "(col any, nb const int) -> bind", histogram_kernel,
                   percentile_bind_histogram, "Histogram with at most nb bins of any width."),
};
const uint32_t aggregate_percentile_functions_count = ARRAY_COUNT(aggregate_percentile_functions);
