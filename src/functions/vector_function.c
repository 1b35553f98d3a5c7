/* vector_function.c - arrays of floats as vectors: products, distances, norms. Sums are taken in
 * double; a NULL element makes the result NULL. */
#include "functions/families.h"
#include "functions/nested.h"
#include "functions/signature.h"

#include <math.h>

/* Are all elements of the list there? */
static bool vector_elements_valid(const nested_list *l, list_entry e) {
    for (uint32_t k = e.offset; k < e.offset + e.length; k++) {
        if (!nested_element_valid(l, k)) return false;
    }
    return true;
}
static double vector_element(const nested_list *l, uint32_t k) {
    return ((const float *)l->elements.data)[view_index(&l->elements, k)];
}

typedef struct vector_sums {
    double product, left, right, distance; /* of squares but for the product */
} vector_sums;

typedef bool (*vector_result)(const vector_sums *s, double *out);

static dbx_status vector_pairs(fn_call *call, const vector *args, vector *out,
                               vector_result result) {
    nested_list x, y;
    TRY(nested_open(call, &args[0], &x));
    TRY(nested_open(call, &args[1], &y));
    FN_FOR_EACH_ROW(call, r) {
        list_entry a = nested_entry(&x, r), b = nested_entry(&y, r);
        vector_sums s = {0};
        double value;
        if (a.length != b.length)
            return error_raise(call->err, ERR_VECTOR_DIMENSION_MISMATCH, call->position,
                               "functionName", "`vector`", "leftDim",
                               arena_printf(call->arena, "%u", a.length), "rightDim",
                               arena_printf(call->arena, "%u", b.length), NULL);
        for (uint32_t k = 0; k < a.length; k++) {
            if (!nested_element_valid(&x, a.offset + k) || !nested_element_valid(&y, b.offset + k))
                continue;
            double p = vector_element(&x, a.offset + k), q = vector_element(&y, b.offset + k);
            s.product += p * q;
            s.left += p * p;
            s.right += q * q;
            s.distance += (p - q) * (p - q);
        }
        if (!vector_elements_valid(&x, a) || !vector_elements_valid(&y, b) || !result(&s, &value))
            TRY(fn_set_null(call, out, r));
        else
            VECTOR_DATA(out, float)[r] = (float)value;
    }
    return DBX_OK;
}

static bool vector_result_product(const vector_sums *s, double *out) {
    *out = s->product;
    return true;
}
static bool vector_result_cosine(const vector_sums *s, double *out) {
    *out = s->product / (sqrt(s->left) * sqrt(s->right));
    return s->left > 0 && s->right > 0;
}
static bool vector_result_distance(const vector_sums *s, double *out) {
    *out = sqrt(s->distance);
    return true;
}
static dbx_status vector_inner_product(fn_call *call, const vector *args, vector *out) {
    return vector_pairs(call, args, out, vector_result_product);
}
static dbx_status vector_cosine(fn_call *call, const vector *args, vector *out) {
    return vector_pairs(call, args, out, vector_result_cosine);
}
static dbx_status vector_distance(fn_call *call, const vector *args, vector *out) {
    return vector_pairs(call, args, out, vector_result_distance);
}

/* ---- norms: of degree 1, 2 or infinity ---- */

static dbx_status vector_norm_of(fn_call *call, const nested_list *l, list_entry e, double degree,
                                 double *out) {
    double sum = 0;
    if (degree != 1 && degree != 2 && !(isinf(degree) && degree > 0))
        return error_raise(call->err, ERR_INVALID_VECTOR_NORM_DEGREE, call->position, "degree",
                           arena_printf(call->arena, "%g", degree), NULL);
    for (uint32_t k = e.offset; k < e.offset + e.length; k++) {
        double v = fabs(vector_element(l, k));
        sum = degree == 1 ? sum + v : degree == 2 ? sum + v * v : MAX(sum, v);
    }
    *out = degree == 2 ? sqrt(sum) : sum;
    return DBX_OK;
}

static dbx_status vector_norms(fn_call *call, const vector *args, vector *out, bool divides) {
    nested_list x;
    bool has_degree = *(const uint32_t *)call->state > 1;
    vector_view degrees = {0};
    TRY(nested_open(call, &args[0], &x));
    if (has_degree) degrees = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        list_entry e = nested_entry(&x, r);
        double norm = 0, degree = 2;
        uint32_t at;
        if (has_degree) degree = ((const float *)degrees.data)[view_index(&degrees, r)];
        if (!vector_elements_valid(&x, e)) {
            TRY(fn_set_null(call, out, r));
            continue;
        }
        TRY(vector_norm_of(call, &x, e, degree, &norm));
        if (!divides) {
            VECTOR_DATA(out, float)[r] = (float)norm;
            continue;
        }
        if (norm == 0) {
            TRY(fn_set_null(call, out, r));
            continue;
        }
        TRY(nested_begin(call, out, r, e.length, &at));
        for (uint32_t k = 0; k < e.length; k++) VECTOR_DATA(&out->children[0], float)
        [at + k] = (float)(vector_element(&x, e.offset + k) / norm);
    }
    return DBX_OK;
}
static dbx_status vector_norm(fn_call *call, const vector *args, vector *out) {
    return vector_norms(call, args, out, false);
}
static dbx_status vector_normalize(fn_call *call, const vector *args, vector *out) {
    return vector_norms(call, args, out, true);
}

#define VECTOR_ROW(text, sig, k, binder, about, sample)                                            \
    {                                                                                              \
        .name = text, .signature = sig, .flags = FN_ALWAYS_NULLABLE, .kernel = k, .bind = binder,  \
        .category = "vector", .doc = about, .examples = sample                                     \
    }

const function_row vector_function_functions[] = {
    VECTOR_ROW("vector_inner_product", "(vector1 array<float>, vector2 array<float>) -> float",
               vector_inner_product, NULL, "The sum of the products of all elements.",
               "vector_inner_product(array(1.0F, 2.0F, 3.0F), array(4.0F, 5.0F, 6.0F)) => 32.0"),
    VECTOR_ROW("vector_cosine_similarity", "(vector1 array<float>, vector2 array<float>) -> float",
               vector_cosine, NULL, "The cosine of the angle between two vectors.",
               "vector_cosine_similarity(array(1.0F, 0.0F), array(1.0F, 0.0F)) => 1.0"),
    VECTOR_ROW("vector_l2_distance", "(vector1 array<float>, vector2 array<float>) -> float",
               vector_distance, NULL, "The Euclidean distance of two vectors.",
               "vector_l2_distance(array(1.0F, 2.0F), array(4.0F, 6.0F)) => 5.0"),
    VECTOR_ROW("vector_norm", "(vector array<float>, [degree float]) -> float", vector_norm,
               nested_bind_count, "The norm of a vector, of degree 1, 2 or infinity.",
               "vector_norm(array(3.0F, 4.0F)) => 5.0"),
    VECTOR_ROW("vector_normalize", "(vector array<float>, [degree float]) -> array<float>",
               vector_normalize, nested_bind_count, "A vector divided by its norm.",
               "vector_normalize(array(3.0F, 4.0F), float('inf')) => [0.75,1.0]"),
};
const uint32_t vector_function_functions_count = ARRAY_COUNT(vector_function_functions);
