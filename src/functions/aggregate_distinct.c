/* aggregate_distinct.c - approx_count_distinct: exact for few values, HyperLogLog for many.
 *
 * Up to DISTINCT_EXACT_MAX distinct hashes are kept in an open-addressing set; then 2^12 registers
 * with linear counting take over (standard error 1.6%). Flajolet et al., "HyperLogLog", 2007.
 */
#include "functions/aggregate.h"
#include "functions/families.h"
#include "vector/hash.h"

#include <math.h>

enum {
    DISTINCT_BITS = 12,
    DISTINCT_REGISTERS = 1 << DISTINCT_BITS,
    DISTINCT_EXACT_MAX = 512,
    DISTINCT_SCRATCH_ROWS = CHUNK_ROWS_MAX,
};

typedef struct distinct_sketch {
    uint64_t *hashes; /* set of `capacity` slots, 0 is empty; NULL once there are registers */
    uint32_t count;
    uint32_t capacity;
    uint8_t *registers; /* DISTINCT_REGISTERS */
    bool has_zero;      /* hash 0 was seen */
} distinct_sketch;

static void distinct_sketch_register(uint8_t *registers, uint64_t hash) {
    uint32_t index = (uint32_t)(hash >> (64 - DISTINCT_BITS));
    uint64_t rest = hash << DISTINCT_BITS | (uint64_t)1 << (DISTINCT_BITS - 1);
    uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);
    if (rank > registers[index]) registers[index] = rank;
}

static dbx_status distinct_sketch_grow(fn_call *call, distinct_sketch *s) {
    if (s->count >= DISTINCT_EXACT_MAX) {
        s->registers = ARENA_ARRAY(call->arena, uint8_t, DISTINCT_REGISTERS);
        if (s->registers == NULL) return error_nomem(call->err);
        for (uint32_t i = 0; i < s->capacity; i++) {
            if (s->hashes[i] != 0) distinct_sketch_register(s->registers, s->hashes[i]);
        }
        s->hashes = NULL;
        return DBX_OK;
    }
    uint32_t capacity = s->capacity == 0 ? 8 : s->capacity * 2;
    uint64_t *hashes = ARENA_ARRAY(call->arena, uint64_t, capacity);
    if (hashes == NULL) return error_nomem(call->err);
    for (uint32_t i = 0; i < s->capacity; i++) {
        if (s->hashes[i] == 0) continue;
        uint32_t at = (uint32_t)s->hashes[i] & (capacity - 1);
        while (hashes[at] != 0) at = (at + 1) & (capacity - 1);
        hashes[at] = s->hashes[i];
    }
    s->hashes = hashes;
    s->capacity = capacity;
    return DBX_OK;
}

static dbx_status distinct_sketch_add(fn_call *call, distinct_sketch *s, uint64_t hash) {
    if (s->registers != NULL) {
        distinct_sketch_register(s->registers, hash);
        return DBX_OK;
    }
    if (hash == 0) {
        s->has_zero = true;
        return DBX_OK;
    }
    if (s->capacity > 0) {
        uint32_t at = (uint32_t)hash & (s->capacity - 1);
        while (s->hashes[at] != 0) {
            if (s->hashes[at] == hash) return DBX_OK;
            at = (at + 1) & (s->capacity - 1);
        }
        if (s->count * 2 < s->capacity) {
            s->hashes[at] = hash;
            s->count++;
            return DBX_OK;
        }
    }
    TRY(distinct_sketch_grow(call, s));
    return distinct_sketch_add(call, s, hash);
}

/* Hashes of all rows of the chunk, in the scratch where they fit. */
static dbx_status distinct_sketch_hashes(fn_call *call, const vector *v, uint64_t **out) {
    uint64_t *hashes = call->scratch;
    if (call->row_bound > DISTINCT_SCRATCH_ROWS) {
        hashes = ARENA_ARRAY(call->scratch_arena, uint64_t, call->row_bound);
        if (hashes == NULL) return error_nomem(call->err);
    }
    if (vector_hash(v, call->row_bound, false, hashes, call->scratch_arena) != DBX_OK)
        return error_nomem(call->err);
    *out = hashes;
    return DBX_OK;
}

static dbx_status aggregate_sketch_update(fn_call *call, const vector *args, void *const *states) {
    uint64_t *hashes = NULL;
    TRY(distinct_sketch_hashes(call, &args[0], &hashes));
    for (uint32_t i = 0; i < call->rows; i++)
        TRY(distinct_sketch_add(call, states[i], hashes[aggregate_row(call, i)]));
    return DBX_OK;
}
static dbx_status aggregate_sketch_combine(fn_call *call, void *const *from, void *const *to,
                                           uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        distinct_sketch *s = to[i];
        const distinct_sketch *o = from[i];
        if (o->registers == NULL) {
            for (uint32_t k = 0; k < o->capacity; k++) {
                if (o->hashes[k] != 0) TRY(distinct_sketch_add(call, s, o->hashes[k]));
            }
            if (o->has_zero) TRY(distinct_sketch_add(call, s, 0));
            continue;
        }
        if (s->registers == NULL) {
            distinct_sketch small = *s;
            *s = *o;
            for (uint32_t k = 0; k < small.capacity; k++) {
                if (small.hashes[k] != 0) distinct_sketch_register(s->registers, small.hashes[k]);
            }
            continue;
        }
        for (uint32_t k = 0; k < DISTINCT_REGISTERS; k++)
            s->registers[k] = MAX(s->registers[k], o->registers[k]);
    }
    return DBX_OK;
}
static int64_t distinct_sketch_estimate(const distinct_sketch *s) {
    if (s->registers == NULL) return (int64_t)s->count + s->has_zero;
    double sum = 0;
    uint32_t zeros = 0;
    for (uint32_t i = 0; i < DISTINCT_REGISTERS; i++) {
        sum += ldexp(1.0, -s->registers[i]);
        zeros += s->registers[i] == 0;
    }
    double m = DISTINCT_REGISTERS, estimate = 0.7213 / (1 + 1.079 / m) * m * m / sum;
    if (estimate <= 2.5 * m && zeros > 0) estimate = m * log(m / zeros);
    return llround(estimate);
}
static dbx_status aggregate_sketch_finalize(fn_call *call, void *const *states, uint32_t count,
                                            vector *out, uint32_t at) {
    (void)call;
    for (uint32_t i = 0; i < count; i++)
        VECTOR_DATA(out, int64_t)[at + i] = distinct_sketch_estimate(states[i]);
    return DBX_OK;
}
static dbx_status aggregate_sketch_write(const void *state, buffer *out) {
    const distinct_sketch *s = state;
    TRY(buffer_append_char(out, (char)((s->registers != NULL) | s->has_zero << 1)));
    if (s->registers != NULL) return buffer_append(out, s->registers, DISTINCT_REGISTERS);
    for (uint32_t i = 0; i < s->capacity; i++) {
        if (s->hashes[i] != 0) TRY(buffer_append(out, &s->hashes[i], sizeof(uint64_t)));
    }
    return DBX_OK;
}
static dbx_status aggregate_sketch_read(fn_call *call, const char *bytes, size_t size,
                                        void *state) {
    distinct_sketch *s = state;
    *s = (distinct_sketch){0};
    if (size == 0) return DBX_OK;
    s->has_zero = (bytes[0] & 2) != 0;
    if ((bytes[0] & 1) == 0) {
        for (size_t at = 1; at + sizeof(uint64_t) <= size; at += sizeof(uint64_t)) {
            uint64_t hash;
            memcpy(&hash, bytes + at, sizeof(hash));
            TRY(distinct_sketch_add(call, s, hash));
        }
        return DBX_OK;
    }
    s->registers = ARENA_ARRAY(call->arena, uint8_t, DISTINCT_REGISTERS);
    if (s->registers == NULL) return error_nomem(call->err);
    memcpy(s->registers, bytes + 1, MIN(size - 1, (size_t)DISTINCT_REGISTERS));
    return DBX_OK;
}
static const aggregate_kernel sketch_kernel = {
    .state_size = (sizeof(distinct_sketch) + 15) / 16 * 16,
    .update = aggregate_sketch_update,
    .combine = aggregate_sketch_combine,
    .finalize = aggregate_sketch_finalize,
    .write = aggregate_sketch_write,
    .read = aggregate_sketch_read,
};

static dbx_status sketch_bind(fn_bind *b) {
    b->scratch_size = DISTINCT_SCRATCH_ROWS * sizeof(uint64_t);
    return DBX_OK;
}

const function_row aggregate_distinct_functions[] = {
    {.name = "approx_count_distinct",
     .signature = "(expr any, [relativeSD const double]) -> bigint",
     .kind = FUNCTION_AGGREGATE,
     .flags = FN_NEVER_NULL | FN_DISTINCT_FREE,
     .aggregate = &sketch_kernel,
     .bind = sketch_bind,
     .category = "aggregate",
     .doc = "Estimated number of distinct values."},
};
const uint32_t aggregate_distinct_functions_count = ARRAY_COUNT(aggregate_distinct_functions);
