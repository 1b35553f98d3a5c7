/* sketch_theta.c - theta sketches: the k smallest hashes of a set, for distinct counts of unions,
 * intersections and differences. Up to k values are counted exactly.
 *
 * The format is DataSketches' compact one (serial version 3), read ordered or not, written ordered.
 */
#include "functions/families.h"
#include "functions/sketch.h"
#include "functions/text_out.h"

#include <math.h>
#include <stdlib.h>

enum {
    THETA_LG_MIN = 4,
    THETA_LG_MAX = 26,
    THETA_LG_DEFAULT = 12,
    THETA_VERSION = 3,
    THETA_FAMILY = 3,
    THETA_FLAG_READ_ONLY = 2,
    THETA_FLAG_EMPTY = 4,
    THETA_FLAG_COMPACT = 8,
    THETA_FLAG_ORDERED = 16,
    THETA_FLAG_SINGLE = 32,
    THETA_SEED_HASH = 0x93cc, /* of the seed 9001 */
};
#define THETA_ONE ((uint64_t)INT64_MAX)

/* A set of hashes below theta, 1 to INT64_MAX; zeroed is the empty one (theta 0 stands for 1). */
typedef struct theta_set {
    uint64_t *slots; /* open addressing; 0: free */
    uint64_t theta;
    uint32_t slot_count, count;
    uint8_t started;  /* intersections: the first sketch was seen */
    uint8_t nonempty; /* something was put in, be it above theta */
} theta_set;

enum { THETA_STATE_SIZE = (sizeof(theta_set) + 15) / 16 * 16 };

static uint64_t theta_of(const theta_set *s) {
    return s->theta == 0 ? THETA_ONE : s->theta;
}

static uint64_t *theta_slot(const theta_set *s, uint64_t hash) {
    uint32_t mask = s->slot_count - 1, at = (uint32_t)(hash >> 8) & mask;
    while (s->slots[at] != 0 && s->slots[at] != hash) at = (at + 1) & mask;
    return &s->slots[at];
}

static int theta_compare(const void *x, const void *y) {
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
    return (a > b) - (a < b);
}

/* The hashes below theta, ascending, into `out` (room for count). */
static uint32_t theta_collect(const theta_set *s, uint64_t *out) {
    uint32_t n = 0;
    uint64_t theta = theta_of(s);
    for (uint32_t i = 0; i < s->slot_count; i++) {
        if (s->slots[i] != 0 && s->slots[i] < theta) out[n++] = s->slots[i];
    }
    qsort(out, n, sizeof(uint64_t), theta_compare);
    return n;
}

/* More slots, or, when there are more than 2k hashes, the k smallest of them only. */
static dbx_status theta_make_room(arena *a, theta_set *s, uint32_t lg_k) {
    uint64_t k = (uint64_t)1 << lg_k;
    bool full = s->count >= 2 * k;
    uint32_t slots = s->slot_count == 0 ? 32 : full ? s->slot_count : s->slot_count * 2;
    size_t bytes = ((size_t)s->count + 1) * sizeof(uint64_t);
    uint64_t *kept = mem_alloc(a->ledger, bytes);
    if (kept == NULL) return DBX_NOMEM;
    uint32_t n = theta_collect(s, kept);
    if (full && n > k) {
        s->theta = kept[k];
        n = (uint32_t)k;
    }
    if (slots != s->slot_count) {
        s->slots = ARENA_ARRAY(a, uint64_t, slots);
        s->slot_count = slots;
    } else {
        memset(s->slots, 0, (size_t)slots * sizeof(uint64_t));
    }
    s->count = n;
    for (uint32_t i = 0; s->slots != NULL && i < n; i++) *theta_slot(s, kept[i]) = kept[i];
    mem_free(a->ledger, kept, bytes);
    return s->slots == NULL ? DBX_NOMEM : DBX_OK;
}

static dbx_status theta_insert(arena *a, theta_set *s, uint64_t hash, uint32_t lg_k) {
    s->nonempty = 1;
    if (hash == 0 || hash >= theta_of(s)) return DBX_OK;
    if ((uint64_t)s->count * 2 >= s->slot_count || s->count >= (uint64_t)2 << lg_k) {
        TRY(theta_make_room(a, s, lg_k));
        if (hash >= theta_of(s)) return DBX_OK;
    }
    uint64_t *slot = theta_slot(s, hash);
    s->count += *slot == 0;
    *slot = hash;
    return DBX_OK;
}

/* ---- the format ---- */

typedef struct theta_image {
    const char *hashes; /* uint64_t each */
    uint32_t count;
    uint64_t theta;
    bool empty;
} theta_image;

static bool theta_read(string_view bytes, theta_image *out) {
    *out = (theta_image){.theta = THETA_ONE};
    if (bytes.size < 8) return false;
    uint32_t longs = (uint8_t)bytes.data[0] & 0x3F, flags = (uint8_t)bytes.data[5];
    if ((uint8_t)bytes.data[1] != THETA_VERSION || (uint8_t)bytes.data[2] != THETA_FAMILY)
        return false;
    out->empty = flags & THETA_FLAG_EMPTY;
    if (out->empty) return true;
    if (longs == 1) {
        out->count = 1;
    } else {
        if (longs > 3 || bytes.size < 8 * (size_t)longs) return false;
        out->count = (uint32_t)sketch_load(bytes.data + 8, 4);
        if (longs == 3) out->theta = sketch_load(bytes.data + 16, 8);
    }
    out->hashes = bytes.data + 8 * (size_t)longs;
    return out->theta <= THETA_ONE && (bytes.size - 8 * (size_t)longs) / 8 >= out->count;
}

static uint64_t theta_image_hash(const theta_image *m, uint32_t i) {
    return sketch_load(m->hashes + 8 * (size_t)i, 8);
}

/* The sketch of ascending hashes below theta. */
static dbx_status theta_write(arena *a, const uint64_t *hashes, uint32_t count, uint64_t theta,
                              bool nonempty, vstring *out) {
    bool empty = count == 0 && theta == THETA_ONE && !nonempty,
         single = count == 1 && theta == THETA_ONE;
    uint32_t longs = empty || single ? 1 : theta == THETA_ONE ? 2 : 3;
    size_t size = 8 * ((size_t)longs + count);
    char *bytes = arena_alloc_zero(a, size);
    if (bytes == NULL) return DBX_NOMEM;
    bytes[0] = (char)longs;
    bytes[1] = THETA_VERSION;
    bytes[2] = THETA_FAMILY;
    bytes[5] = (char)(THETA_FLAG_READ_ONLY | THETA_FLAG_COMPACT | THETA_FLAG_ORDERED |
                      (empty ? THETA_FLAG_EMPTY : 0) | (single ? THETA_FLAG_SINGLE : 0));
    sketch_store(bytes + 6, THETA_SEED_HASH, 2);
    if (longs > 1) {
        sketch_store(bytes + 8, count, 4);
        sketch_store(bytes + 12, 0x3f800000, 4); /* 1.0f: nothing was sampled away */
    }
    if (longs > 2) sketch_store(bytes + 16, theta, 8);
    for (uint32_t i = 0; i < count; i++)
        sketch_store(bytes + 8 * ((size_t)longs + i), hashes[i], 8);
    *out = vstring_from(bytes, size);
    return DBX_OK;
}

/* The finished set: at most k hashes. */
static dbx_status theta_finish(arena *a, const theta_set *s, uint32_t lg_k, vstring *out) {
    size_t bytes = ((size_t)s->count + 1) * sizeof(uint64_t);
    uint64_t *hashes = mem_alloc(a->ledger, bytes), theta = theta_of(s);
    if (hashes == NULL) return DBX_NOMEM;
    uint32_t n = theta_collect(s, hashes);
    if (n > (uint64_t)1 << lg_k) {
        n = (uint32_t)1 << lg_k;
        theta = hashes[n];
    }
    dbx_status status = theta_write(a, hashes, n, theta, s->nonempty, out);
    mem_free(a->ledger, hashes, bytes);
    return status;
}

/* ---- set operations of images ---- */

static dbx_status theta_add_image(arena *a, theta_set *s, const theta_image *m, uint32_t lg_k) {
    if (m->theta < theta_of(s)) s->theta = m->theta;
    s->nonempty = s->nonempty || !m->empty;
    for (uint32_t i = 0; i < m->count; i++) TRY(theta_insert(a, s, theta_image_hash(m, i), lg_k));
    return DBX_OK;
}

/* Keeps what is in both (`in`), or only in s. */
static dbx_status theta_filter(arena *a, theta_set *s, const theta_set *other, bool in) {
    size_t bytes = ((size_t)s->count + 1) * sizeof(uint64_t);
    uint64_t *hashes = mem_alloc(a->ledger, bytes);
    if (hashes == NULL) return DBX_NOMEM;
    if (theta_of(other) < theta_of(s)) s->theta = theta_of(other);
    uint32_t n = theta_collect(s, hashes);
    if (s->slot_count > 0) memset(s->slots, 0, (size_t)s->slot_count * sizeof(uint64_t));
    s->count = 0;
    for (uint32_t i = 0; i < n; i++) {
        bool found = other->slot_count > 0 && *theta_slot(other, hashes[i]) != 0;
        if (found != in) continue;
        *theta_slot(s, hashes[i]) = hashes[i];
        s->count++;
    }
    s->nonempty = in ? s->nonempty && other->nonempty : s->nonempty;
    mem_free(a->ledger, hashes, bytes);
    return DBX_OK;
}

/* ---- aggregates; the state of the call is the logarithm of k ---- */

static uint32_t theta_lg(const fn_call *call) {
    return (uint32_t) * (const int64_t *)call->state;
}

static dbx_status theta_agg_update(fn_call *call, const vector *args, void *const *states) {
    vector_view view = vector_view_of(&args[0]);
    for (uint32_t i = 0; i < call->rows; i++) {
        bool skip;
        murmur3_hash hash;
        uint32_t at = view_index(&view, aggregate_row(call, i));
        TRY(sketch_hash(call, view.base, at, &skip, &hash));
        if (!skip && theta_insert(call->arena, states[i], hash.low >> 1, theta_lg(call)) != DBX_OK)
            return error_nomem(call->err);
    }
    return DBX_OK;
}

static dbx_status theta_agg_combine(fn_call *call, void *const *from, void *const *to,
                                    uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        const theta_set *f = from[i];
        theta_set *t = to[i];
        if (theta_of(f) < theta_of(t)) t->theta = theta_of(f);
        t->nonempty = t->nonempty || f->nonempty;
        for (uint32_t k = 0; k < f->slot_count; k++) {
            if (f->slots[k] != 0 &&
                theta_insert(call->arena, t, f->slots[k], theta_lg(call)) != DBX_OK)
                return error_nomem(call->err);
        }
    }
    return DBX_OK;
}

static dbx_status theta_agg_finalize(fn_call *call, void *const *states, uint32_t count,
                                     vector *out, uint32_t at) {
    for (uint32_t i = 0; i < count; i++) {
        if (theta_finish(call->arena, states[i], theta_lg(call),
                         &VECTOR_DATA(out, vstring)[at + i]) != DBX_OK)
            return error_nomem(call->err);
    }
    return DBX_OK;
}

static dbx_status theta_agg_write(const void *state, buffer *out) {
    const theta_set *s = state;
    TRY(buffer_append(out, s, sizeof(*s)));
    return buffer_append(out, s->slots, (size_t)s->slot_count * sizeof(uint64_t));
}

static dbx_status theta_agg_read(fn_call *call, const char *bytes, size_t size, void *state) {
    theta_set *s = state;
    if (size < sizeof(*s))
        return error_raise(call->err, ERR_INTERNAL_ERROR, call->position, "message",
                           "short aggregate state", NULL);
    memcpy(s, bytes, sizeof(*s));
    if (s->slot_count == 0) return DBX_OK;
    s->slots = ARENA_ARRAY(call->arena, uint64_t, s->slot_count);
    if (s->slots == NULL) return error_nomem(call->err);
    memcpy(s->slots, bytes + sizeof(*s), MIN(size - sizeof(*s), (size_t)s->slot_count * 8));
    return DBX_OK;
}

static dbx_status theta_open(fn_call *call, const vector_view *view, uint32_t row,
                             const char *function, theta_image *out) {
    if (theta_read(vstring_view(text_arg(view, row)), out)) return DBX_OK;
    return sketch_raise(call, ERR_THETA_INVALID_INPUT_SKETCH_BUFFER, "function", function);
}

static dbx_status theta_union_update(fn_call *call, const vector *args, void *const *states) {
    vector_view view = vector_view_of(&args[0]);
    for (uint32_t i = 0; i < call->rows; i++) {
        theta_image m;
        TRY(theta_open(call, &view, aggregate_row(call, i), "theta_union_agg", &m));
        if (theta_add_image(call->arena, states[i], &m, theta_lg(call)) != DBX_OK)
            return error_nomem(call->err);
    }
    return DBX_OK;
}

static dbx_status theta_intersect(fn_call *call, theta_set *s, const theta_set *other) {
    dbx_status status = DBX_OK;
    if (s->started)
        status = theta_filter(call->arena, s, other, true);
    else
        *s = *other;
    s->started = 1;
    return status == DBX_OK ? DBX_OK : error_nomem(call->err);
}

static dbx_status theta_intersection_update(fn_call *call, const vector *args,
                                            void *const *states) {
    vector_view view = vector_view_of(&args[0]);
    for (uint32_t i = 0; i < call->rows; i++) {
        theta_image m;
        theta_set other = {0};
        TRY(theta_open(call, &view, aggregate_row(call, i), "theta_intersection_agg", &m));
        if (theta_add_image(call->arena, &other, &m, THETA_LG_MAX) != DBX_OK)
            return error_nomem(call->err);
        TRY(theta_intersect(call, states[i], &other));
    }
    return DBX_OK;
}

static dbx_status theta_intersection_combine(fn_call *call, void *const *from, void *const *to,
                                             uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        const theta_set *f = from[i];
        if (f->started) TRY(theta_intersect(call, to[i], f));
    }
    return DBX_OK;
}

static const aggregate_kernel theta_agg_kernel = {
    .state_size = THETA_STATE_SIZE,
    .update = theta_agg_update,
    .combine = theta_agg_combine,
    .finalize = theta_agg_finalize,
    .write = theta_agg_write,
    .read = theta_agg_read,
};
static const aggregate_kernel theta_union_kernel = {
    .state_size = THETA_STATE_SIZE,
    .update = theta_union_update,
    .combine = theta_agg_combine,
    .finalize = theta_agg_finalize,
    .write = theta_agg_write,
    .read = theta_agg_read,
};
static const aggregate_kernel theta_intersection_kernel = {
    .state_size = THETA_STATE_SIZE,
    .update = theta_intersection_update,
    .combine = theta_intersection_combine,
    .finalize = theta_agg_finalize,
    .write = theta_agg_write,
    .read = theta_agg_read,
};

static const sketch_bound theta_bound = {ERR_THETA_LG_NOM_ENTRIES_MUST_BE_CONSTANT,
                                         ERR_THETA_INVALID_LG_NOM_ENTRIES, THETA_LG_MIN,
                                         THETA_LG_MAX};

static dbx_status theta_bind_lg(fn_bind *b, uint32_t arg, int64_t otherwise) {
    int64_t *lg = ARENA_NEW(b->arena, int64_t);
    if (lg == NULL) return error_nomem(b->err);
    *lg = otherwise;
    b->state = lg;
    return sketch_bind_int(b, arg, &theta_bound, lg);
}

static dbx_status theta_bind_agg(fn_bind *b) {
    type t = b->arg_types[0];
    bool array = t.id == TYPE_ARRAY &&
                 (t.children[0].type.id == TYPE_INT || t.children[0].type.id == TYPE_BIGINT ||
                  t.children[0].type.id == TYPE_VOID);
    bool scalar = t.id == TYPE_INT || t.id == TYPE_BIGINT || t.id == TYPE_FLOAT ||
                  t.id == TYPE_DOUBLE || t.id == TYPE_STRING || t.id == TYPE_BINARY ||
                  t.id == TYPE_VOID;
    if (!array && !scalar)
        return fn_bind_unexpected_type(
            b, 0,
            "(\"ARRAY<INT>\" or \"ARRAY<BIGINT>\" or \"BINARY\" or \"DOUBLE\" or \"FLOAT\" or "
            "\"INT\" or \"BIGINT\" or \"STRING\")");
    return theta_bind_lg(b, 1, THETA_LG_DEFAULT);
}
static dbx_status theta_bind_union_agg(fn_bind *b) {
    TRY(sketch_check_type(b, 0, TYPE_BINARY, "\"BINARY\""));
    return theta_bind_lg(b, 1, THETA_LG_DEFAULT);
}
static dbx_status theta_bind_intersection_agg(fn_bind *b) {
    TRY(sketch_check_type(b, 0, TYPE_BINARY, "\"BINARY\""));
    return theta_bind_lg(b, 1, THETA_LG_MAX);
}

/* ---- scalar functions ---- */

static dbx_status theta_estimate(fn_call *call, const vector *args, vector *out) {
    vector_view view = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        theta_image m;
        TRY(theta_open(call, &view, r, "theta_sketch_estimate", &m));
        double fraction = (double)m.theta / (double)THETA_ONE;
        VECTOR_DATA(out, int64_t)
        [r] = m.theta == THETA_ONE || m.theta == 0 ? m.count : llround(m.count / fraction);
    }
    return DBX_OK;
}

typedef enum theta_operation { THETA_UNION, THETA_INTERSECTION, THETA_DIFFERENCE } theta_operation;

static dbx_status theta_combine(fn_call *call, const vector *args, vector *out,
                                theta_operation operation, const char *function) {
    vector_view left = vector_view_of(&args[0]), right = vector_view_of(&args[1]);
    uint32_t lg_k = theta_lg(call);
    FN_FOR_EACH_ROW(call, r) {
        theta_image x, y;
        theta_set a = {0}, b = {0};
        TRY(theta_open(call, &left, r, function, &x));
        TRY(theta_open(call, &right, r, function, &y));
        dbx_status status = theta_add_image(call->arena, &a, &x, lg_k);
        if (status == DBX_OK)
            status = theta_add_image(call->arena, operation == THETA_UNION ? &a : &b, &y, lg_k);
        if (status == DBX_OK && operation != THETA_UNION)
            status = theta_filter(call->arena, &a, &b, operation == THETA_INTERSECTION);
        if (status == DBX_OK)
            status = theta_finish(call->arena, &a, lg_k, &VECTOR_DATA(out, vstring)[r]);
        if (status != DBX_OK) return error_nomem(call->err);
    }
    return DBX_OK;
}
static dbx_status theta_union(fn_call *call, const vector *args, vector *out) {
    return theta_combine(call, args, out, THETA_UNION, "theta_union");
}
static dbx_status theta_intersection(fn_call *call, const vector *args, vector *out) {
    return theta_combine(call, args, out, THETA_INTERSECTION, "theta_intersection");
}
static dbx_status theta_difference(fn_call *call, const vector *args, vector *out) {
    return theta_combine(call, args, out, THETA_DIFFERENCE, "theta_difference");
}

static dbx_status theta_bind_scalar(fn_bind *b, int64_t lg) {
    TRY(sketch_check_type(b, 0, TYPE_BINARY, "\"BINARY\""));
    if (b->arg_count > 1) TRY(sketch_check_type(b, 1, TYPE_BINARY, "\"BINARY\""));
    return theta_bind_lg(b, 2, lg);
}
static dbx_status theta_bind_union(fn_bind *b) {
    return theta_bind_scalar(b, THETA_LG_DEFAULT);
}
static dbx_status theta_bind_other(fn_bind *b) {
    return theta_bind_scalar(b, THETA_LG_MAX);
}

#define THETA_AGGREGATE(text, sig, k, binder, about)                                               \
    {                                                                                              \
        .name = text, .signature = sig, .kind = FUNCTION_AGGREGATE, .flags = FN_NEVER_NULL,        \
        .aggregate = k, .bind = binder, .category = "aggregate", .doc = about                      \
    }
#define THETA_SCALAR(text, sig, k, binder, about)                                                  \
    {                                                                                              \
        .name = text, .signature = sig, .kernel = k, .bind = binder, .category = "sketch",         \
        .doc = about                                                                               \
    }

const function_row sketch_theta_functions[] = {
    THETA_AGGREGATE("theta_sketch_agg", "(expr any, [lgNomEntries any]) -> binary",
                    &theta_agg_kernel, theta_bind_agg,
                    "A theta sketch of the values, with 2^lgNomEntries (2^12) entries."),
    THETA_AGGREGATE("theta_union_agg", "(sketch any, [lgNomEntries any]) -> binary",
                    &theta_union_kernel, theta_bind_union_agg, "The union of theta sketches."),
    THETA_AGGREGATE("theta_intersection_agg", "(sketch any) -> binary", &theta_intersection_kernel,
                    theta_bind_intersection_agg, "The intersection of theta sketches."),
    THETA_SCALAR("theta_sketch_estimate", "(sketch any) -> bigint", theta_estimate,
                 theta_bind_other, "How many distinct values a theta sketch has seen."),
    THETA_SCALAR("theta_union", "(first any, second any, [lgNomEntries any]) -> binary",
                 theta_union, theta_bind_union, "The union of two theta sketches."),
    THETA_SCALAR("theta_intersection", "(first any, second any) -> binary", theta_intersection,
                 theta_bind_other, "The intersection of two theta sketches."),
    THETA_SCALAR("theta_difference", "(first any, second any) -> binary", theta_difference,
                 theta_bind_other, "What the first theta sketch has and the second has not."),
};
const uint32_t sketch_theta_functions_count = ARRAY_COUNT(sketch_theta_functions);
