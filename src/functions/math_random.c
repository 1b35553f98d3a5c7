/* math_random.c - rand, randn, uniform.
 *
 * The generator is Spark's XORShiftRandom, so that rand(seed) of a single
 * partition gives Spark's numbers. Each worker has one; without a seed they
 * start from the query's seed and the place of the worker's scratch.
 */
#include "functions/families.h"
#include "functions/signature.h"
#include "functions/text_out.h"

#include <math.h>

typedef struct random_state {
    bool has_seed;
    int64_t seed;
} random_state;

typedef struct random_scratch {
    bool started;
    bool has_spare;
    uint64_t seed;
    double spare;
} random_scratch;

/* MurmurHash3 (32 bits, public domain) of 8 bytes. */
static uint32_t random_murmur(const uint8_t bytes[8], uint32_t seed) {
    uint32_t h = seed;
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t k;
        memcpy(&k, bytes + 4 * i, 4);
        k *= 0xcc9e2d51u;
        k = (k << 15 | k >> 17) * 0x1b873593u;
        h ^= k;
        h = (h << 13 | h >> 19) * 5 + 0xe6546b64u;
    }
    h ^= 8;
    h ^= h >> 16;
    h *= 0x85ebca6bu;
    h ^= h >> 13;
    h *= 0xc2b2ae35u;
    return h ^ h >> 16;
}

static uint64_t random_hash_seed(uint64_t seed) {
    uint8_t bytes[8];
    for (uint32_t i = 0; i < 8; i++) bytes[i] = (uint8_t)(seed >> (56 - 8 * i));
    uint32_t low = random_murmur(bytes, 0x3c074a61u), high = random_murmur(bytes, low);
    return (uint64_t)high << 32 | low;
}

static uint32_t random_bits(random_scratch *s, uint32_t bits) {
    uint64_t x = s->seed ^ s->seed << 21;
    x ^= x >> 35;
    x ^= x << 4;
    s->seed = x;
    return (uint32_t)(x & (((uint64_t)1 << bits) - 1));
}
static double random_double(random_scratch *s) {
    uint64_t high = random_bits(s, 26), low = random_bits(s, 27);
    return (double)((high << 27) + low) * 0x1.0p-53;
}
/* Marsaglia's polar method, as java.util.Random. */
static double random_gaussian(random_scratch *s) {
    if (s->has_spare) {
        s->has_spare = false;
        return s->spare;
    }
    double x, y, square;
    do {
        x = 2 * random_double(s) - 1;
        y = 2 * random_double(s) - 1;
        square = x * x + y * y;
    } while (square >= 1 || square == 0);
    double factor = sqrt(-2 * log(square) / square);
    s->spare = y * factor;
    s->has_spare = true;
    return x * factor;
}

static random_scratch *random_start(fn_call *call) {
    const random_state *b = call->state;
    random_scratch *s = call->scratch;
    if (s->started) return s;
    s->started = true;
    uint64_t seed = b->has_seed
                        ? (uint64_t)b->seed
                        : call->query->random_seed ^ (uint64_t)(uintptr_t)s * 0x9e3779b97f4a7c15u;
    s->seed = random_hash_seed(seed);
    return s;
}

static dbx_status random_rand(fn_call *call, const vector *args, vector *out) {
    (void)args;
    random_scratch *s = random_start(call);
    FN_FOR_EACH_ROW(call, r) VECTOR_DATA(out, double)[r] = random_double(s);
    return DBX_OK;
}
static dbx_status random_randn(fn_call *call, const vector *args, vector *out) {
    (void)args;
    random_scratch *s = random_start(call);
    FN_FOR_EACH_ROW(call, r) VECTOR_DATA(out, double)[r] = random_gaussian(s);
    return DBX_OK;
}

static dbx_status random_bind_seed(fn_bind *b, uint32_t argument) {
    random_state *s = ARENA_NEW(b->arena, random_state);
    if (s == NULL) return error_nomem(b->err);
    if (b->arg_count > argument) {
        s->has_seed = true;
        if (!fn_bind_constant_int(b, argument, &s->seed)) s->seed = 0;
    }
    b->state = s;
    b->scratch_size = sizeof(random_scratch);
    return DBX_OK;
}
static dbx_status random_bind(fn_bind *b) {
    return random_bind_seed(b, 0);
}

/* uniform(min, max): min + (max - min) * rand(), in the arguments' common type
 */
static dbx_status random_uniform(fn_call *call, const vector *args, vector *out) {
    random_scratch *s = random_start(call);
    vector_view low = vector_view_of(&args[0]), high = vector_view_of(&args[1]);
    bool real = type_is_float(call->result_type);
    FN_FOR_EACH_ROW(call, r) {
        double x = double_arg(&low, r), y = double_arg(&high, r),
               v = x + (y - x) * random_double(s);
        if (real && out->phys == PHYS_FLOAT)
            VECTOR_DATA(out, float)[r] = (float)v;
        else if (real)
            VECTOR_DATA(out, double)[r] = v;
        else if (out->phys == PHYS_INT64)
            VECTOR_DATA(out, int64_t)[r] = (int64_t)v;
        else if (out->phys == PHYS_INT32)
            VECTOR_DATA(out, int32_t)[r] = (int32_t)v;
        else if (out->phys == PHYS_INT16)
            VECTOR_DATA(out, int16_t)[r] = (int16_t)v;
        else
            VECTOR_DATA(out, int8_t)[r] = (int8_t)v;
    }
    return DBX_OK;
}
static dbx_status random_bind_uniform(fn_bind *b) {
    type wide = b->arg_types[0].id >= b->arg_types[1].id ? b->arg_types[0] : b->arg_types[1];
    b->result = wide.id == TYPE_DECIMAL || wide.id == TYPE_VOID ? type_simple(TYPE_DOUBLE) : wide;
    b->arg_types[0] = b->arg_types[1] = type_simple(TYPE_DOUBLE);
    return random_bind_seed(b, 2);
}

/* randstr(length): digits and letters, each with the same chance. */
static dbx_status random_text(fn_call *call, const vector *args, vector *out) {
    static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    random_scratch *s = random_start(call);
    vector_view lengths = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        int32_t length = int_arg(&lengths, r);
        if (length < 0)
            return error_raise(call->err, ERR_INVALID_PARAMETER_VALUE__LENGTH, call->position,
                               "parameter", "`length`", "functionName", "`randstr`", "length",
                               arena_printf(call->arena, "%d", length), NULL);
        char *text = text_room(call, (size_t)length);
        if (text == NULL) return error_nomem(call->err);
        for (int32_t i = 0; i < length; i++) {
            int32_t n = (int32_t)random_bits(s, 32) % 62;
            text[i] = letters[n < 0 ? -n : n];
        }
        text_borrow(out, r, text, (size_t)length);
    }
    return DBX_OK;
}
static dbx_status random_bind_text(fn_bind *b) {
    return random_bind_seed(b, 1);
}

/* Version 4 of RFC 9562. */
static dbx_status random_uuid(fn_call *call, const vector *args, vector *out) {
    static const char digits[] = "0123456789abcdef";
    enum { UUID_SIZE = 36 };
    (void)args;
    random_scratch *s = random_start(call);
    FN_FOR_EACH_ROW(call, r) {
        char *text = text_room(call, UUID_SIZE);
        if (text == NULL) return error_nomem(call->err);
        for (uint32_t i = 0; i < UUID_SIZE; i++) {
            bool dash = i == 8 || i == 13 || i == 18 || i == 23;
            uint32_t nibble = random_bits(s, 32) >> 7 & 15;
            if (i == 14) nibble = 4;
            if (i == 19) nibble = 8 | (nibble & 3);
            text[i] = dash ? '-' : digits[nibble];
        }
        text_borrow(out, r, text, UUID_SIZE);
    }
    return DBX_OK;
}

#define RANDOM_ROW(text, alias, k, about)                                                          \
    {                                                                                              \
        .name = text, .aliases = alias, .signature = "([seed const bigint]) -> double",            \
        .flags = FN_VOLATILE | NULLS_AWARE | FN_NEVER_NULL, .kernel = k, .bind = random_bind,      \
        .category = "math", .doc = about                                                           \
    }
const function_row math_random_functions[] = {
    RANDOM_ROW("rand", "random", random_rand, "Uniform random number in [0, 1)."),
    RANDOM_ROW("randn", NULL, random_randn, "Random number of the standard normal distribution."),
    {.name = "uniform",
     .signature = "(min const numeric, max const numeric, [seed const bigint]) -> bind",
     .flags = FN_VOLATILE,
     .kernel = random_uniform,
     .bind = random_bind_uniform,
     .category = "math",
     .doc = "Uniform random number between two bounds."},
    {.name = "randstr",
     .signature = "(length const int, [seed const bigint]) -> string",
     .flags = FN_VOLATILE,
     .kernel = random_text,
     .bind = random_bind_text,
     .category = "string",
     .doc = "A random text of digits and letters.",
     .examples = "randstr(3, 0) => ceV"},
    {.name = "uuid",
     .signature = "([seed const bigint]) -> string",
     .flags = FN_VOLATILE | NULLS_AWARE | FN_NEVER_NULL,
     .kernel = random_uuid,
     .bind = random_bind,
     .category = "misc",
     .doc = "A random universally unique identifier."},
};
const uint32_t math_random_functions_count = ARRAY_COUNT(math_random_functions);
