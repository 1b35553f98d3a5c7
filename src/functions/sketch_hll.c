/* sketch_hll.c - HyperLogLog sketches in DataSketches' format (HLL_8): approximate distinct counts.
 *
 * Few values are kept as coupons (26 bits of the hash that name a register, and the number of
 * leading zeros), many as 2^lgK registers. Estimates of registers are Ertl's ("New cardinality
 * estimation algorithms for HyperLogLog sketches", 2017), which need no tables and no history, so
 * that they do not depend on the order of rows.
 */
#include "functions/families.h"
#include "functions/sketch.h"
#include "functions/text_out.h"

#include <math.h>
#include <stdlib.h>

enum {
    HLL_LG_MIN = 4,
    HLL_LG_MAX = 21,
    HLL_LG_DEFAULT = 12,
    HLL_VERSION = 1,
    HLL_FAMILY = 7,
    HLL_FLAG_EMPTY = 4,
    HLL_FLAG_COMPACT = 8,
    HLL_FLAG_OUT_OF_ORDER = 16,
    HLL_MODE_LIST = 0,
    HLL_MODE_SET = 1,
    HLL_MODE_REGISTERS = 2,
    HLL_TYPE_8 = 2 << 2, /* bits 2 and 3 of the mode byte */
    HLL_LIST_MAX = 7,
    HLL_LIST_START = 8,
    HLL_SET_START = 12,
    HLL_REGISTERS_START = 40,
    HLL_COUPON_BITS = 26,
    HLL_REGISTER_MAX = 63,
};

/* Zeroed is the empty sketch. */
typedef struct hll_state {
    uint32_t *coupons; /* open addressing, 0: free; NULL once there are registers */
    uint8_t *registers;
    uint32_t slot_count, count;
    uint32_t lg_k; /* of registers; 0: not known yet */
} hll_state;

enum { HLL_STATE_SIZE = (sizeof(hll_state) + 15) / 16 * 16 };

/* State of calls: the logarithm of k; may sketches of different k be united? */
typedef struct hll_options {
    int64_t lg_k;
    bool allow_different;
} hll_options;

/* More coupons than this become registers. */
static uint32_t hll_coupons_max(uint32_t lg_k) {
    return lg_k < 8 ? HLL_LIST_MAX : (3u << (lg_k - 3)) / 4;
}

static uint32_t hll_coupon(murmur3_hash hash) {
    uint32_t zeros = hash.high == 0 ? 62 : (uint32_t)__builtin_clzll(hash.high);
    return (MIN(zeros, 62u) + 1) << HLL_COUPON_BITS |
           (uint32_t)(hash.low & ((1u << HLL_COUPON_BITS) - 1));
}

static void hll_set_register(hll_state *s, uint32_t coupon) {
    uint8_t *r = &s->registers[coupon & ((1u << s->lg_k) - 1)];
    *r = MAX(*r, (uint8_t)(coupon >> HLL_COUPON_BITS));
}

static dbx_status hll_make_registers(arena *a, hll_state *s) {
    s->registers = arena_alloc_zero(a, (size_t)1 << s->lg_k);
    if (s->registers == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < s->slot_count; i++) {
        if (s->coupons[i] != 0) hll_set_register(s, s->coupons[i]);
    }
    s->coupons = NULL;
    s->slot_count = s->count = 0;
    return DBX_OK;
}

static uint32_t *hll_slot(const hll_state *s, uint32_t coupon) {
    uint32_t mask = s->slot_count - 1, at = (coupon * 0x9E3779B1u) >> 8 & mask;
    while (s->coupons[at] != 0 && s->coupons[at] != coupon) at = (at + 1) & mask;
    return &s->coupons[at];
}

static dbx_status hll_grow(arena *a, hll_state *s) {
    hll_state bigger = *s;
    bigger.slot_count = MAX(s->slot_count * 2, 16u);
    bigger.coupons = ARENA_ARRAY(a, uint32_t, bigger.slot_count);
    if (bigger.coupons == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < s->slot_count; i++) {
        if (s->coupons[i] != 0) *hll_slot(&bigger, s->coupons[i]) = s->coupons[i];
    }
    *s = bigger;
    return DBX_OK;
}

static dbx_status hll_insert(arena *a, hll_state *s, uint32_t coupon) {
    if (s->registers != NULL) {
        hll_set_register(s, coupon);
        return DBX_OK;
    }
    if (s->count * 2 >= s->slot_count) TRY(hll_grow(a, s));
    uint32_t *slot = hll_slot(s, coupon);
    s->count += *slot == 0;
    *slot = coupon;
    return s->count > hll_coupons_max(s->lg_k) ? hll_make_registers(a, s) : DBX_OK;
}

/* Registers of a smaller k: those that agree in their low bits are one. */
static dbx_status hll_shrink(arena *a, hll_state *s, uint32_t lg_k) {
    if (s->lg_k <= lg_k) return DBX_OK;
    hll_state old = *s;
    s->lg_k = lg_k;
    if (old.registers == NULL)
        return s->count > hll_coupons_max(lg_k) ? hll_make_registers(a, s) : DBX_OK;
    s->registers = arena_alloc_zero(a, (size_t)1 << lg_k);
    if (s->registers == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < 1u << old.lg_k; i++) {
        uint8_t *r = &s->registers[i & ((1u << lg_k) - 1)];
        *r = MAX(*r, old.registers[i]);
    }
    return DBX_OK;
}

/* Folds `from` into `to`, whose k becomes the smaller one of both. */
static dbx_status hll_merge(arena *a, hll_state *to, const hll_state *from) {
    hll_state other = *from;
    if (to->lg_k == 0) to->lg_k = from->lg_k;
    uint32_t lg_k = MIN(to->lg_k, from->lg_k);
    TRY(hll_shrink(a, to, lg_k));
    TRY(hll_shrink(a, &other, lg_k));
    if (other.registers != NULL) {
        if (to->registers == NULL) TRY(hll_make_registers(a, to));
        for (uint32_t i = 0; i < 1u << lg_k; i++)
            to->registers[i] = MAX(to->registers[i], other.registers[i]);
        return DBX_OK;
    }
    for (uint32_t i = 0; i < other.slot_count; i++) {
        if (other.coupons[i] != 0) TRY(hll_insert(a, to, other.coupons[i]));
    }
    return DBX_OK;
}

/* ---- estimates ---- */

static double hll_sigma(double x) {
    double y = 1, z = x, before;
    if (x == 1) return INFINITY;
    do {
        x *= x;
        before = z;
        z += x * y;
        y += y;
    } while (z != before);
    return z;
}

static double hll_tau(double x) {
    double y = 1, z = 1 - x, before;
    if (x == 0 || x == 1) return 0;
    do {
        x = sqrt(x);
        before = z;
        y *= 0.5;
        z -= (1 - x) * (1 - x) * y;
    } while (z != before);
    return z / 3;
}

static double hll_estimate(const hll_state *s) {
    if (s->registers == NULL) /* two of n values share a coupon once in 2^26 pairs */
        return s->count + (double)s->count * (s->count - 1.0) / 2 / (1 << HLL_COUPON_BITS);
    uint32_t k = 1u << s->lg_k, counts[HLL_REGISTER_MAX + 1] = {0};
    for (uint32_t i = 0; i < k; i++) counts[MIN(s->registers[i], HLL_REGISTER_MAX)]++;
    double m = k, z = m * hll_tau(1 - counts[HLL_REGISTER_MAX] / m);
    for (uint32_t i = HLL_REGISTER_MAX - 1; i > 0; i--) z = 0.5 * (z + counts[i]);
    z += m * hll_sigma(counts[0] / m);
    return m * m / (2 * M_LN2) / z;
}

/* ---- the format ---- */

static bool hll_read_coupons(string_view bytes, size_t start, uint32_t places, arena *a,
                             hll_state *out, bool *nomem) {
    if (bytes.size < start + 4 * (size_t)places) return false;
    for (uint32_t i = 0; i < places; i++) {
        uint32_t coupon = (uint32_t)sketch_load(bytes.data + start + 4 * (size_t)i, 4);
        if (coupon != 0 && hll_insert(a, out, coupon) != DBX_OK) *nomem = true;
    }
    return !*nomem;
}

/* False: not a sketch, or *nomem. Of registers only 8-bit ones are read. */
static bool hll_read(string_view bytes, arena *a, hll_state *out, bool *nomem) {
    *out = (hll_state){0};
    *nomem = false;
    if (bytes.size < 8) return false;
    const uint8_t *head = (const uint8_t *)bytes.data;
    uint32_t mode = head[7] & 3, flags = head[5];
    if (head[1] != HLL_VERSION || head[2] != HLL_FAMILY || head[3] < HLL_LG_MIN ||
        head[3] > HLL_LG_MAX)
        return false;
    out->lg_k = head[3];
    if (flags & HLL_FLAG_EMPTY) return true;
    bool compact = flags & HLL_FLAG_COMPACT;
    uint32_t places = 1u << MIN(head[4], (uint8_t)HLL_LG_MAX);
    if (mode == HLL_MODE_LIST)
        return hll_read_coupons(bytes, HLL_LIST_START, head[6], a, out, nomem);
    if (mode == HLL_MODE_SET) {
        if (bytes.size < HLL_SET_START) return false;
        if (compact) places = (uint32_t)sketch_load(bytes.data + 8, 4);
        if (places > 1u << HLL_LG_MAX) return false;
        return hll_read_coupons(bytes, HLL_SET_START, places, a, out, nomem);
    }
    size_t k = (size_t)1 << out->lg_k;
    if (mode != HLL_MODE_REGISTERS || (head[7] & 12) != HLL_TYPE_8 ||
        bytes.size < HLL_REGISTERS_START + k)
        return false;
    out->registers = (uint8_t *)arena_alloc_bytes(a, k);
    if (out->registers == NULL) return !(*nomem = true);
    memcpy(out->registers, bytes.data + HLL_REGISTERS_START, k);
    return true;
}

static int hll_compare(const void *x, const void *y) {
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    return (a > b) - (a < b);
}

static dbx_status hll_write_coupons(arena *a, const hll_state *s, vstring *out) {
    bool list = s->count <= HLL_LIST_MAX;
    size_t start = list ? HLL_LIST_START : HLL_SET_START, size = start + 4 * (size_t)s->count;
    uint32_t *coupons = ARENA_ARRAY(a, uint32_t, s->count + 1), n = 0;
    char *bytes = arena_alloc_zero(a, size);
    if (bytes == NULL || coupons == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < s->slot_count; i++) {
        if (s->coupons[i] != 0) coupons[n++] = s->coupons[i];
    }
    qsort(coupons, n, sizeof(uint32_t), hll_compare);
    uint32_t lg_places = 5;
    while (3u << lg_places < 4 * n) lg_places++;
    bytes[0] = list ? 2 : 3;
    bytes[1] = HLL_VERSION;
    bytes[2] = HLL_FAMILY;
    bytes[3] = (char)s->lg_k;
    bytes[4] = (char)(list ? 3 : lg_places);
    bytes[5] = (char)(HLL_FLAG_COMPACT | (n == 0 ? HLL_FLAG_EMPTY : 0));
    bytes[6] = (char)(list ? n : 0);
    bytes[7] = (char)((list ? HLL_MODE_LIST : HLL_MODE_SET) | HLL_TYPE_8);
    if (!list) sketch_store(bytes + 8, n, 4);
    for (uint32_t i = 0; i < n; i++) sketch_store(bytes + start + 4 * (size_t)i, coupons[i], 4);
    *out = vstring_from(bytes, size);
    return DBX_OK;
}

static void hll_store_double(char *at, double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof(bits));
    sketch_store(at, bits, 8);
}

static dbx_status hll_write(arena *a, const hll_state *s, vstring *out) {
    if (s->registers == NULL) return hll_write_coupons(a, s, out);
    size_t k = (size_t)1 << s->lg_k;
    char *bytes = arena_alloc_zero(a, HLL_REGISTERS_START + k);
    if (bytes == NULL) return DBX_NOMEM;
    double small = 0, large = 0; /* sums of 2^-register, below 32 and from there on */
    uint32_t zeros = 0;
    for (size_t i = 0; i < k; i++) {
        zeros += s->registers[i] == 0;
        if (s->registers[i] < 32)
            small += ldexp(1, -s->registers[i]);
        else
            large += ldexp(1, -s->registers[i]);
    }
    bytes[0] = 10;
    bytes[1] = HLL_VERSION;
    bytes[2] = HLL_FAMILY;
    bytes[3] = (char)s->lg_k;
    bytes[5] = HLL_FLAG_COMPACT | HLL_FLAG_OUT_OF_ORDER;
    bytes[7] = HLL_MODE_REGISTERS | HLL_TYPE_8;
    hll_store_double(bytes + 8, hll_estimate(s));
    hll_store_double(bytes + 16, small);
    hll_store_double(bytes + 24, large);
    sketch_store(bytes + 32, zeros, 4);
    memcpy(bytes + HLL_REGISTERS_START, s->registers, k);
    *out = vstring_from(bytes, HLL_REGISTERS_START + k);
    return DBX_OK;
}

/* ---- aggregates ---- */

static dbx_status hll_agg_update(fn_call *call, const vector *args, void *const *states) {
    const hll_options *o = call->state;
    vector_view view = vector_view_of(&args[0]);
    for (uint32_t i = 0; i < call->rows; i++) {
        hll_state *s = states[i];
        bool skip;
        murmur3_hash hash;
        s->lg_k = (uint32_t)o->lg_k;
        TRY(sketch_hash(call, view.base, view_index(&view, aggregate_row(call, i)), &skip, &hash));
        if (!skip && hll_insert(call->arena, s, hll_coupon(hash)) != DBX_OK)
            return error_nomem(call->err);
    }
    return DBX_OK;
}

static dbx_status hll_raise_different(fn_call *call, uint32_t left, uint32_t right,
                                      const char *function) {
    const char *x = arena_printf(call->arena, "%u", left),
               *y = arena_printf(call->arena, "%u", right);
    return error_raise(call->err, ERR_HLL_UNION_DIFFERENT_LG_K, call->position, "left",
                       x == NULL ? "" : x, "right", y == NULL ? "" : y, "function", function, NULL);
}

static dbx_status hll_unite(fn_call *call, hll_state *to, const hll_state *from,
                            const char *function) {
    const hll_options *o = call->state;
    if (!o->allow_different && to->lg_k != 0 && from->lg_k != 0 && to->lg_k != from->lg_k)
        return hll_raise_different(call, to->lg_k, from->lg_k, function);
    return hll_merge(call->arena, to, from) == DBX_OK ? DBX_OK : error_nomem(call->err);
}

static dbx_status hll_open(fn_call *call, const vector_view *view, uint32_t row,
                           const char *function, hll_state *out) {
    bool nomem;
    if (hll_read(vstring_view(text_arg(view, row)), call->arena, out, &nomem)) return DBX_OK;
    if (nomem) return error_nomem(call->err);
    return sketch_raise(call, ERR_HLL_INVALID_INPUT_SKETCH_BUFFER, "function", function);
}

static dbx_status hll_union_update(fn_call *call, const vector *args, void *const *states) {
    vector_view view = vector_view_of(&args[0]);
    for (uint32_t i = 0; i < call->rows; i++) {
        hll_state other;
        TRY(hll_open(call, &view, aggregate_row(call, i), "hll_union_agg", &other));
        TRY(hll_unite(call, states[i], &other, "`hll_union_agg`"));
    }
    return DBX_OK;
}

static dbx_status hll_agg_combine(fn_call *call, void *const *from, void *const *to,
                                  uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        const hll_state *f = from[i];
        if (f->lg_k != 0) TRY(hll_unite(call, to[i], f, "`hll_union_agg`"));
    }
    return DBX_OK;
}

static dbx_status hll_agg_finalize(fn_call *call, void *const *states, uint32_t count, vector *out,
                                   uint32_t at) {
    const hll_options *o = call->state;
    for (uint32_t i = 0; i < count; i++) {
        hll_state s = *(const hll_state *)states[i];
        if (s.lg_k == 0) s.lg_k = (uint32_t)o->lg_k;
        if (hll_write(call->arena, &s, &VECTOR_DATA(out, vstring)[at + i]) != DBX_OK)
            return error_nomem(call->err);
    }
    return DBX_OK;
}

static dbx_status hll_agg_spill(const void *state, buffer *out) {
    const hll_state *s = state;
    TRY(buffer_append(out, s, sizeof(*s)));
    if (s->registers != NULL) return buffer_append(out, s->registers, (size_t)1 << s->lg_k);
    return buffer_append(out, s->coupons, (size_t)s->slot_count * sizeof(uint32_t));
}

static dbx_status hll_agg_unspill(fn_call *call, const char *bytes, size_t size, void *state) {
    hll_state *s = state;
    if (size < sizeof(*s))
        return error_raise(call->err, ERR_INTERNAL_ERROR, call->position, "message",
                           "short aggregate state", NULL);
    memcpy(s, bytes, sizeof(*s));
    if (size == sizeof(*s)) return DBX_OK;
    char *copy = arena_alloc(call->arena, size);
    if (copy == NULL) return error_nomem(call->err);
    memcpy(copy, bytes + sizeof(*s), size - sizeof(*s));
    if (s->registers != NULL)
        s->registers = (uint8_t *)copy;
    else
        s->coupons = (uint32_t *)(void *)copy;
    return DBX_OK;
}

static const aggregate_kernel hll_agg_kernel = {
    .state_size = HLL_STATE_SIZE,
    .update = hll_agg_update,
    .combine = hll_agg_combine,
    .finalize = hll_agg_finalize,
    .write = hll_agg_spill,
    .read = hll_agg_unspill,
};
static const aggregate_kernel hll_union_kernel = {
    .state_size = HLL_STATE_SIZE,
    .update = hll_union_update,
    .combine = hll_agg_combine,
    .finalize = hll_agg_finalize,
    .write = hll_agg_spill,
    .read = hll_agg_unspill,
};

/* ---- binding ---- */

static dbx_status hll_bind_options(fn_bind *b, hll_options **out) {
    *out = ARENA_NEW(b->arena, hll_options);
    if (*out == NULL) return error_nomem(b->err);
    (*out)->lg_k = HLL_LG_DEFAULT;
    b->state = *out;
    return DBX_OK;
}

static dbx_status hll_bind_agg(fn_bind *b) {
    static const sketch_bound bound = {ERR_HLL_K_MUST_BE_CONSTANT, ERR_HLL_INVALID_LG_K, HLL_LG_MIN,
                                       HLL_LG_MAX};
    hll_options *o;
    type t = b->arg_types[0];
    TRY(hll_bind_options(b, &o));
    if (t.id != TYPE_INT && t.id != TYPE_BIGINT && t.id != TYPE_STRING && t.id != TYPE_BINARY &&
        t.id != TYPE_VOID)
        return fn_bind_unexpected_type(b, 0, "(\"INT\" or \"BIGINT\" or \"STRING\" or \"BINARY\")");
    return sketch_bind_int(b, 1, &bound, &o->lg_k);
}

/* The last argument tells whether sketches may differ in k. */
static dbx_status hll_bind_union(fn_bind *b, uint32_t sketches) {
    hll_options *o;
    TRY(hll_bind_options(b, &o));
    for (uint32_t i = 0; i < sketches; i++) TRY(sketch_check_type(b, i, TYPE_BINARY, "\"BINARY\""));
    TRY(sketch_check_type(b, sketches, TYPE_BOOLEAN, "\"BOOLEAN\""));
    if (b->arg_count > sketches && b->constants[sketches] != NULL &&
        !vector_is_null(b->constants[sketches], 0))
        o->allow_different = VECTOR_DATA(b->constants[sketches], uint8_t)[0];
    return DBX_OK;
}
static dbx_status hll_bind_union_agg(fn_bind *b) {
    return hll_bind_union(b, 1);
}
static dbx_status hll_bind_union_scalar(fn_bind *b) {
    return hll_bind_union(b, 2);
}
static dbx_status hll_bind_estimate(fn_bind *b) {
    return sketch_check_type(b, 0, TYPE_BINARY, "\"BINARY\"");
}

/* ---- scalar functions ---- */

static dbx_status hll_estimate_rows(fn_call *call, const vector *args, vector *out) {
    vector_view view = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        hll_state s;
        TRY(hll_open(call, &view, r, "hll_sketch_estimate", &s));
        VECTOR_DATA(out, int64_t)[r] = llround(hll_estimate(&s));
    }
    return DBX_OK;
}

static dbx_status hll_union_rows(fn_call *call, const vector *args, vector *out) {
    vector_view left = vector_view_of(&args[0]), right = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        hll_state x, y;
        TRY(hll_open(call, &left, r, "hll_union", &x));
        TRY(hll_open(call, &right, r, "hll_union", &y));
        TRY(hll_unite(call, &x, &y, "`hll_union`"));
        if (hll_write(call->arena, &x, &VECTOR_DATA(out, vstring)[r]) != DBX_OK)
            return error_nomem(call->err);
    }
    return DBX_OK;
}

const function_row sketch_hll_functions[] = {
    {.name = "hll_sketch_agg",
     .signature = "(expr any, [lgConfigK any]) -> binary",
     .kind = FUNCTION_AGGREGATE,
     .flags = FN_NEVER_NULL,
     .aggregate = &hll_agg_kernel,
     .bind = hll_bind_agg,
     .category = "aggregate",
     .doc = "A HyperLogLog sketch of the values, with 2^lgConfigK (2^12) registers."},
    {.name = "hll_union_agg",
     .signature = "(sketch any, [allowDifferentLgConfigK any]) -> binary",
     .kind = FUNCTION_AGGREGATE,
     .flags = FN_NEVER_NULL,
     .aggregate = &hll_union_kernel,
     .bind = hll_bind_union_agg,
     .category = "aggregate",
     .doc = "The union of HyperLogLog sketches."},
    {.name = "hll_sketch_estimate",
     .signature = "(sketch any) -> bigint",
     .kernel = hll_estimate_rows,
     .bind = hll_bind_estimate,
     .category = "sketch",
     .doc = "How many distinct values a HyperLogLog sketch has seen."},
    {.name = "hll_union",
     .signature = "(first any, second any, [allowDifferentLgConfigK any]) -> binary",
     .kernel = hll_union_rows,
     .bind = hll_bind_union_scalar,
     .category = "sketch",
     .doc = "The union of two HyperLogLog sketches."},
};
const uint32_t sketch_hll_functions_count = ARRAY_COUNT(sketch_hll_functions);
