/* vector_function.c - vectors of FLOAT as arrays: products, distances, norms, sums. An array with a
 * NULL element gives NULL. Sums are made in double precision. */
#include "functions/aggregate.h"
#include "functions/families.h"
#include "functions/nested.h"

#include <math.h>

static const float *vector_function_elements(const nested_list *l, list_entry e, fn_call *call,
                                             bool *nomem) {
    for (uint32_t k = 0; k < e.length; k++) {
        if (!nested_element_valid(l, e.offset + k)) return NULL;
    }
    if (l->elements.sel == NULL && l->elements.mask != 0)
        return (const float *)l->elements.data + e.offset;
    float *copy = ARENA_ARRAY(call->arena, float, (size_t)e.length + 1);
    *nomem = copy == NULL;
    for (uint32_t k = 0; copy != NULL && k < e.length; k++)
        copy[k] = ((const float *)l->elements.data)[view_index(&l->elements, e.offset + k)];
    return copy;
}

typedef struct vector_sums {
    double product, left, right, distance;
} vector_sums;

static vector_sums vector_function_sums(const float *x, const float *y, uint32_t count) {
    vector_sums s = {0};
    for (uint32_t i = 0; i < count; i++) {
        double a = (double)x[i], b = (double)y[i];
        s.product += a * b;
        s.left += a * a;
        s.right += b * b;
        s.distance += (a - b) * (a - b);
    }
    return s;
}

typedef enum vector_measure { VECTOR_PRODUCT, VECTOR_DISTANCE, VECTOR_COSINE } vector_measure;

static dbx_status vector_function_raise(fn_call *call, uint32_t left, uint32_t right,
                                        const char *function) {
    const char *x = arena_printf(call->arena, "%u", left),
               *y = arena_printf(call->arena, "%u", right);
    return error_raise(call->err, ERR_VECTOR_DIMENSION_MISMATCH, call->position, "functionName",
                       function, "leftDim", x == NULL ? "" : x, "rightDim", y == NULL ? "" : y,
                       NULL);
}

static dbx_status vector_function_pairs(fn_call *call, const vector *args, vector *out,
                                        vector_measure measure, const char *function) {
    nested_list left, right;
    TRY(nested_open(call, &args[0], &left));
    TRY(nested_open(call, &args[1], &right));
    FN_FOR_EACH_ROW(call, r) {
        list_entry a = nested_entry(&left, r), b = nested_entry(&right, r);
        bool nomem = false;
        const float *x = vector_function_elements(&left, a, call, &nomem),
                    *y = vector_function_elements(&right, b, call, &nomem);
        if (nomem) return error_nomem(call->err);
        if (a.length != b.length) return vector_function_raise(call, a.length, b.length, function);
        if (x == NULL || y == NULL) {
            TRY(fn_set_null(call, out, r));
            continue;
        }
        vector_sums s = vector_function_sums(x, y, a.length);
        /* as Spark does it, the cosine's division is one of floats */
        float squares = (float)s.left * (float)s.right, norms = sqrtf(squares);
        VECTOR_DATA(out, float)
        [r] = measure == VECTOR_PRODUCT    ? (float)s.product
              : measure == VECTOR_DISTANCE ? (float)sqrt(s.distance)
                                           : (float)s.product / norms;
        if (measure == VECTOR_COSINE && (s.left == 0 || s.right == 0))
            TRY(fn_set_null(call, out, r));
    }
    return DBX_OK;
}
static dbx_status vector_function_product(fn_call *call, const vector *args, vector *out) {
    return vector_function_pairs(call, args, out, VECTOR_PRODUCT, "`vector_inner_product`");
}
static dbx_status vector_function_distance(fn_call *call, const vector *args, vector *out) {
    return vector_function_pairs(call, args, out, VECTOR_DISTANCE, "`vector_l2_distance`");
}
static dbx_status vector_function_cosine(fn_call *call, const vector *args, vector *out) {
    return vector_function_pairs(call, args, out, VECTOR_COSINE, "`vector_cosine_similarity`");
}

/* ---- norms; state: the number of arguments ---- */

/* Degree 1, 2 or infinity. */
static dbx_status vector_function_norm_of(fn_call *call, const float *x, uint32_t count,
                                          float degree, double *out) {
    *out = 0;
    for (uint32_t i = 0; i < count; i++) {
        double a = fabs((double)x[i]);
        if (isinf(degree))
            *out = MAX(*out, a);
        else
            *out += degree == 1.0f ? a : a * a;
    }
    if (degree == 2.0f) *out = sqrt(*out);
    if (degree == 1.0f || degree == 2.0f || (isinf(degree) && degree > 0)) return DBX_OK;
    const char *text = arena_printf(call->arena, "%g", (double)degree);
    return error_raise(call->err, ERR_INVALID_VECTOR_NORM_DEGREE, call->position, "functionName",
                       "`vector_norm`", "degree", text == NULL ? "" : text, NULL);
}

static dbx_status vector_function_norms(fn_call *call, const vector *args, vector *out,
                                        bool normalize) {
    uint32_t count = *(const uint32_t *)call->state, at;
    nested_list list;
    vector_view degrees = {0};
    TRY(nested_open(call, &args[0], &list));
    if (count > 1) degrees = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        list_entry e = nested_entry(&list, r);
        bool nomem = false;
        double norm;
        float degree = count > 1 ? ((const float *)degrees.data)[view_index(&degrees, r)] : 2.0f;
        const float *x = vector_function_elements(&list, e, call, &nomem);
        if (nomem) return error_nomem(call->err);
        if (x == NULL) {
            TRY(fn_set_null(call, out, r));
            continue;
        }
        TRY(vector_function_norm_of(call, x, e.length, degree, &norm));
        if (!normalize) {
            VECTOR_DATA(out, float)[r] = (float)norm;
        } else if (norm == 0) {
            TRY(fn_set_null(call, out, r));
        } else {
            TRY(nested_begin(call, out, r, e.length, &at));
            for (uint32_t k = 0; k < e.length; k++)
                VECTOR_DATA(&out->children[0], float)[at + k] = (float)((double)x[k] / norm);
        }
    }
    return DBX_OK;
}
static dbx_status vector_function_norm(fn_call *call, const vector *args, vector *out) {
    return vector_function_norms(call, args, out, false);
}
static dbx_status vector_function_normalize(fn_call *call, const vector *args, vector *out) {
    return vector_function_norms(call, args, out, true);
}

/* ---- sums ---- */

typedef struct vector_sum_state {
    double *sums;
    uint32_t length;
    uint32_t rows;
} vector_sum_state;
static_assert(sizeof(vector_sum_state) % 16 == 0, "states are multiples of 16 bytes");

static dbx_status vector_sum_add(fn_call *call, vector_sum_state *s, const double *values,
                                 uint32_t length, uint32_t rows) {
    if (s->rows == 0) {
        s->length = length;
        s->sums = ARENA_ARRAY(call->arena, double, (size_t)length + 1);
        if (s->sums == NULL) return error_nomem(call->err);
    }
    if (s->length != length) return vector_function_raise(call, s->length, length, "`vector_sum`");
    for (uint32_t k = 0; k < length; k++) s->sums[k] += values[k];
    s->rows += rows;
    return DBX_OK;
}

static dbx_status vector_sum_update(fn_call *call, const vector *args, void *const *states) {
    nested_list list;
    TRY(nested_open(call, &args[0], &list));
    for (uint32_t i = 0; i < call->rows; i++) {
        list_entry e = nested_entry(&list, aggregate_row(call, i));
        bool nomem = false;
        const float *x = vector_function_elements(&list, e, call, &nomem);
        if (nomem) return error_nomem(call->err);
        if (x == NULL) continue;
        size_t bytes = ((size_t)e.length + 1) * sizeof(double);
        double *wide = mem_alloc(call->arena->ledger, bytes);
        if (wide == NULL) return error_nomem(call->err);
        for (uint32_t k = 0; k < e.length; k++) wide[k] = (double)x[k];
        dbx_status status = vector_sum_add(call, states[i], wide, e.length, 1);
        mem_free(call->arena->ledger, wide, bytes);
        TRY(status);
    }
    return DBX_OK;
}

static dbx_status vector_sum_combine(fn_call *call, void *const *from, void *const *to,
                                     uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        const vector_sum_state *f = from[i];
        if (f->rows > 0) TRY(vector_sum_add(call, to[i], f->sums, f->length, f->rows));
    }
    return DBX_OK;
}

static dbx_status vector_sum_emit(fn_call *call, void *const *states, uint32_t count, vector *out,
                                  uint32_t at, bool average) {
    for (uint32_t i = 0; i < count; i++) {
        const vector_sum_state *s = states[i];
        uint32_t first;
        if (s->rows == 0) {
            TRY(nested_put_null(call, out, at + i));
            continue;
        }
        TRY(nested_begin(call, out, at + i, s->length, &first));
        for (uint32_t k = 0; k < s->length; k++) VECTOR_DATA(&out->children[0], float)
        [first + k] = (float)(average ? s->sums[k] / s->rows : s->sums[k]);
    }
    return DBX_OK;
}
static dbx_status vector_sum_finalize(fn_call *call, void *const *states, uint32_t count,
                                      vector *out, uint32_t at) {
    return vector_sum_emit(call, states, count, out, at, false);
}
static dbx_status vector_avg_finalize(fn_call *call, void *const *states, uint32_t count,
                                      vector *out, uint32_t at) {
    return vector_sum_emit(call, states, count, out, at, true);
}

static dbx_status vector_sum_write(const void *state, buffer *out) {
    const vector_sum_state *s = state;
    TRY(buffer_append(out, s, sizeof(*s)));
    return buffer_append(out, s->sums, s->length * sizeof(double));
}
static dbx_status vector_sum_read(fn_call *call, const char *bytes, size_t size, void *state) {
    vector_sum_state *s = state;
    memcpy(s, bytes, MIN(size, sizeof(*s)));
    if (s->rows == 0) return DBX_OK;
    s->sums = ARENA_ARRAY(call->arena, double, (size_t)s->length + 1);
    if (s->sums == NULL) return error_nomem(call->err);
    memcpy(s->sums, bytes + sizeof(*s), s->length * sizeof(double));
    return DBX_OK;
}

static const aggregate_kernel vector_sum_kernel = {
    .state_size = sizeof(vector_sum_state),
    .update = vector_sum_update,
    .combine = vector_sum_combine,
    .finalize = vector_sum_finalize,
    .write = vector_sum_write,
    .read = vector_sum_read,
};
static const aggregate_kernel vector_avg_kernel = {
    .state_size = sizeof(vector_sum_state),
    .update = vector_sum_update,
    .combine = vector_sum_combine,
    .finalize = vector_avg_finalize,
    .write = vector_sum_write,
    .read = vector_sum_read,
};

#define VECTOR_ROW(text, sig, k, binder, about, sample)                                            \
    {                                                                                              \
        .name = text, .signature = sig, .kernel = k, .bind = binder, .category = "vector",         \
        .doc = about, .examples = sample                                                           \
    }

const function_row vector_function_functions[] = {
    VECTOR_ROW("vector_inner_product", "(left array<float>, right array<float>) -> float",
               vector_function_product, NULL, "The inner product of two vectors.",
               "vector_inner_product(array(1.0F, 2.0F, 3.0F), array(4.0F, 5.0F, 6.0F)) => 32.0"),
    VECTOR_ROW("vector_l2_distance", "(left array<float>, right array<float>) -> float",
               vector_function_distance, NULL, "The Euclidean distance of two vectors.",
               "vector_l2_distance(array(1.0F, 2.0F, 3.0F), array(4.0F, 5.0F, 6.0F)) => 5.196152"),
    VECTOR_ROW(
        "vector_cosine_similarity", "(left array<float>, right array<float>) -> float",
        vector_function_cosine, NULL, "The cosine of the angle between two vectors.",
        "vector_cosine_similarity(array(1.0F, 2.0F, 3.0F), array(4.0F, 5.0F, 6.0F)) => 0.9746319"),
    VECTOR_ROW(
        "vector_norm", "(vector array<float>, [degree float]) -> float", vector_function_norm,
        nested_bind_count, "The norm of a vector, of degree 1, 2 (the default) or infinity.",
        "vector_norm(array(3.0F, 4.0F)) => 5.0; vector_norm(array(3.0F, 4.0F), 1.0F) => 7.0; "
        "vector_norm(array(3.0F, 4.0F), float('inf')) => 4.0"),
    VECTOR_ROW("vector_normalize", "(vector array<float>, [degree float]) -> array<float>",
               vector_function_normalize, nested_bind_count, "A vector divided by its norm.",
               "vector_normalize(array(3.0F, 4.0F), float('inf')) => [0.75,1.0]; "
               "vector_normalize(array(0.0F)) => NULL"),
    {.name = "vector_sum",
     .signature = "(expr array<float>) -> array<float>",
     .kind = FUNCTION_AGGREGATE,
     .aggregate = &vector_sum_kernel,
     .category = "aggregate",
     .doc = "The sum of vectors, element by element."},
    {.name = "vector_avg",
     .signature = "(expr array<float>) -> array<float>",
     .kind = FUNCTION_AGGREGATE,
     .aggregate = &vector_avg_kernel,
     .category = "aggregate",
     .doc = "The average of vectors, element by element."},
};
const uint32_t vector_function_functions_count = ARRAY_COUNT(vector_function_functions);
