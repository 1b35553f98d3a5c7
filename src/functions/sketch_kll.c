/* sketch_kll.c - KLL sketches of quantiles in DataSketches' format, of BIGINT, FLOAT and DOUBLE.
 *
 * An item on level l stands for 2^l values. A level that is too full is sorted and every second
 * item of it goes up. Aggregates keep their values until the end and compact them in order, so that
 * a sketch does not depend on the order of rows. Up to k values are kept exactly. Source: Karnin,
 * Lang, Liberty, "Optimal quantile approximation in streams", 2016.
 */
#include "functions/families.h"
#include "functions/nested.h"
#include "functions/sketch.h"
#include "functions/text_out.h"

#include <math.h>
#include <stdlib.h>

enum {
    KLL_K_MIN = 8,
    KLL_K_MAX = 65535,
    KLL_K_DEFAULT = 200,
    KLL_M = 8,
    KLL_LEVELS_MAX = 61,
    KLL_FAMILY = 15,
    KLL_FLAG_EMPTY = 1,
    KLL_FLAG_LEVEL_ZERO_SORTED = 2,
    KLL_FLAG_SINGLE = 4,
    KLL_LEVELS_START = 20,
};

typedef enum kll_kind { KLL_BIGINT, KLL_FLOAT, KLL_DOUBLE } kll_kind;

static const struct kll_names {
    const char *suffix;
    const char *title;
    uint32_t size; /* bytes of an item */
} kll_names[] = {{"bigint", "KllLongsSketch", 8},
                 {"float", "KllFloatsSketch", 4},
                 {"double", "KllDoublesSketch", 8}};

typedef struct kll_options {
    kll_kind kind;
    int64_t k;
    const char *function; /* in backticks */
    bool many;            /* ranks or quantiles are an array */
} kll_options;

/* Items are keys: unsigned numbers in the order of the values. */
typedef struct kll_sketch {
    uint32_t k, levels;
    uint64_t n, min, max;
    uint64_t *items[KLL_LEVELS_MAX]; /* each level ascending */
    uint32_t counts[KLL_LEVELS_MAX];
} kll_sketch;

/* ---- keys ---- */

static uint64_t kll_key_of_double(double x) {
    uint64_t bits;
    if (x == 0) x = 0;
    memcpy(&bits, &x, 8);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}
static double kll_double_of_key(uint64_t key) {
    uint64_t bits = key >> 63 ? key & ~((uint64_t)1 << 63) : ~key;
    double x;
    memcpy(&x, &bits, 8);
    return x;
}
static uint64_t kll_key_of_bigint(int64_t x) {
    return (uint64_t)x ^ (uint64_t)1 << 63;
}

/* The key of row i; false for NaN, which has no place in an order. */
static bool kll_key(const vector *base, uint32_t i, uint64_t *out) {
    double real;
    switch ((type_id)base->type.id) {
    case TYPE_TINYINT:
        *out = kll_key_of_bigint(VECTOR_DATA(base, int8_t)[i]);
        return true;
    case TYPE_SMALLINT:
        *out = kll_key_of_bigint(VECTOR_DATA(base, int16_t)[i]);
        return true;
    case TYPE_INT:
        *out = kll_key_of_bigint(VECTOR_DATA(base, int32_t)[i]);
        return true;
    case TYPE_BIGINT:
        *out = kll_key_of_bigint(VECTOR_DATA(base, int64_t)[i]);
        return true;
    case TYPE_FLOAT:
        real = (double)VECTOR_DATA(base, float)[i];
        break;
    default:
        real = VECTOR_DATA(base, double)[i];
        break;
    }
    *out = kll_key_of_double(real);
    return !isnan(real);
}

static void kll_store_item(kll_kind kind, char *at, uint64_t key) {
    if (kind == KLL_BIGINT) {
        sketch_store(at, key ^ (uint64_t)1 << 63, 8);
    } else if (kind == KLL_FLOAT) {
        float x = (float)kll_double_of_key(key);
        uint32_t bits;
        memcpy(&bits, &x, 4);
        sketch_store(at, bits, 4);
    } else {
        double x = kll_double_of_key(key);
        uint64_t bits;
        memcpy(&bits, &x, 8);
        sketch_store(at, bits, 8);
    }
}

static uint64_t kll_load_item(kll_kind kind, const char *at) {
    if (kind == KLL_BIGINT) return sketch_load(at, 8) ^ (uint64_t)1 << 63;
    if (kind == KLL_FLOAT) {
        uint32_t bits = (uint32_t)sketch_load(at, 4);
        float x;
        memcpy(&x, &bits, 4);
        return kll_key_of_double((double)x);
    }
    uint64_t bits = sketch_load(at, 8);
    double x;
    memcpy(&x, &bits, 8);
    return kll_key_of_double(x);
}

/* ---- compaction ---- */

/* Items that a level may hold: k on the top one, two thirds of it a level below, at least m. */
static uint32_t kll_capacity(uint32_t k, uint32_t levels, uint32_t level) {
    double room = k;
    for (uint32_t depth = levels - 1 - level; depth > 0 && room > KLL_M; depth--) room *= 2.0 / 3;
    return MAX((uint32_t)ceil(room - 1e-9), (uint32_t)KLL_M);
}

/* Both ascending, into one ascending array of the arena. */
static dbx_status kll_merge_items(arena *a, uint64_t **x, uint32_t *x_count, const uint64_t *y,
                                  uint32_t y_count) {
    uint64_t *out = arena_alloc(a, ((size_t)*x_count + y_count + 1) * sizeof(uint64_t));
    if (out == NULL) return DBX_NOMEM;
    uint32_t i = 0, j = 0, n = 0;
    while (i < *x_count || j < y_count)
        out[n++] = j == y_count || (i < *x_count && (*x)[i] <= y[j]) ? (*x)[i++] : y[j++];
    *x = out;
    *x_count = n;
    return DBX_OK;
}

/* Every second item of a level goes up; an odd one out (the first) stays. */
static dbx_status kll_compact(arena *a, kll_sketch *s, uint32_t level) {
    uint64_t *items = s->items[level];
    uint32_t count = s->counts[level], odd = count & 1, half = count / 2;
    if (level + 1 == s->levels) {
        if (s->levels == KLL_LEVELS_MAX) return DBX_NOMEM;
        s->items[s->levels] = NULL;
        s->counts[s->levels++] = 0;
    }
    uint64_t *kept = arena_alloc(a, ((size_t)half + 1) * sizeof(uint64_t));
    if (kept == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < half; i++) kept[i] = items[odd + 2 * i + (level & 1)];
    s->counts[level] = odd;
    return kll_merge_items(a, &s->items[level + 1], &s->counts[level + 1], kept, half);
}

static dbx_status kll_settle(arena *a, kll_sketch *s) {
    uint32_t level = 0;
    while (level < s->levels) {
        if (s->counts[level] <= kll_capacity(s->k, s->levels, level)) {
            level++;
            continue;
        }
        uint32_t before = s->levels;
        TRY(kll_compact(a, s, level));
        level = s->levels > before ? 0 : level + 1; /* a new level makes the others smaller */
    }
    return DBX_OK;
}

static dbx_status kll_merge(arena *a, kll_sketch *to, const kll_sketch *from) {
    if (from->n == 0) return DBX_OK;
    to->min = to->n == 0 ? from->min : MIN(to->min, from->min);
    to->max = to->n == 0 ? from->max : MAX(to->max, from->max);
    to->n += from->n;
    to->k = MIN(to->k, from->k);
    for (uint32_t l = 0; l < from->levels; l++) {
        if (l >= to->levels) {
            to->items[l] = NULL;
            to->counts[l] = 0;
            to->levels = l + 1;
        }
        TRY(kll_merge_items(a, &to->items[l], &to->counts[l], from->items[l], from->counts[l]));
    }
    return kll_settle(a, to);
}

/* ---- the format ---- */

static uint32_t kll_retained(const kll_sketch *s) {
    uint32_t total = 0;
    for (uint32_t l = 0; l < s->levels; l++) total += s->counts[l];
    return total;
}

static uint32_t kll_room(const kll_sketch *s) {
    uint32_t total = 0;
    for (uint32_t l = 0; l < s->levels; l++) total += kll_capacity(s->k, s->levels, l);
    return total;
}

static dbx_status kll_write(arena *a, const kll_sketch *s, kll_kind kind, vstring *out) {
    uint32_t width = kll_names[kind].size, retained = kll_retained(s);
    bool single = s->n == 1;
    size_t start = s->n <= 1 ? 8 : KLL_LEVELS_START + 4 * (size_t)s->levels;
    size_t size = start + width * (size_t)(s->n == 0 ? 0 : single ? 1 : retained + 2);
    char *bytes = arena_alloc_zero(a, size);
    if (bytes == NULL) return DBX_NOMEM;
    bytes[0] = s->n <= 1 ? 2 : 5;
    bytes[1] = single ? 2 : 1;
    bytes[2] = KLL_FAMILY;
    bytes[3] = (char)(s->n == 0 ? KLL_FLAG_EMPTY
                      : single  ? KLL_FLAG_SINGLE | KLL_FLAG_LEVEL_ZERO_SORTED
                                : KLL_FLAG_LEVEL_ZERO_SORTED);
    sketch_store(bytes + 4, s->k, 2);
    bytes[6] = KLL_M;
    if (single) kll_store_item(kind, bytes + 8, s->min);
    *out = vstring_from(bytes, size);
    if (s->n <= 1) {
        *out = vstring_from(bytes, size);
        return DBX_OK;
    }
    sketch_store(bytes + 8, s->n, 8);
    sketch_store(bytes + 16, s->k, 2);
    bytes[18] = (char)s->levels;
    uint32_t offset = MAX(kll_room(s), retained) - retained;
    char *at = bytes + start;
    kll_store_item(kind, at, s->min);
    kll_store_item(kind, at + width, s->max);
    at += 2 * (size_t)width;
    for (uint32_t l = 0; l < s->levels; l++) {
        sketch_store(bytes + KLL_LEVELS_START + 4 * (size_t)l, offset, 4);
        offset += s->counts[l];
        for (uint32_t i = 0; i < s->counts[l]; i++, at += width)
            kll_store_item(kind, at, s->items[l][i]);
    }
    *out = vstring_from(bytes, size);
    return DBX_OK;
}

static int kll_compare(const void *x, const void *y) {
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
    return (a > b) - (a < b);
}

static dbx_status kll_read_levels(string_view bytes, kll_kind kind, arena *a, kll_sketch *s) {
    uint32_t width = kll_names[kind].size, levels = (uint8_t)bytes.data[18];
    size_t start = KLL_LEVELS_START + 4 * (size_t)levels + 2 * (size_t)width;
    if (levels == 0 || levels > KLL_LEVELS_MAX || bytes.size < start) return DBX_ERROR;
    s->levels = levels;
    uint32_t room = kll_room(s), first = (uint32_t)sketch_load(bytes.data + KLL_LEVELS_START, 4);
    if (first > room || (bytes.size - start) / width < room - first) return DBX_ERROR;
    s->min = kll_load_item(kind, bytes.data + start - 2 * (size_t)width);
    s->max = kll_load_item(kind, bytes.data + start - width);
    for (uint32_t l = 0, from = first; l < levels; l++) {
        uint32_t to = l + 1 == levels
                          ? room
                          : (uint32_t)sketch_load(bytes.data + KLL_LEVELS_START + 4 * (l + 1), 4);
        if (to < from || to > room) return DBX_ERROR;
        s->counts[l] = to - from;
        s->items[l] = arena_alloc(a, ((size_t)(to - from) + 1) * sizeof(uint64_t));
        if (s->items[l] == NULL) return DBX_NOMEM;
        for (uint32_t i = from; i < to; i++)
            s->items[l][i - from] =
                kll_load_item(kind, bytes.data + start + (size_t)(i - first) * width);
        qsort(s->items[l], to - from, sizeof(uint64_t), kll_compare);
        from = to;
    }
    return DBX_OK;
}

/* DBX_ERROR: not a sketch of that kind; nothing is raised. */
static dbx_status kll_read(string_view bytes, kll_kind kind, arena *a, kll_sketch *s) {
    *s = (kll_sketch){.levels = 1};
    if (bytes.size < 8 || (uint8_t)bytes.data[2] != KLL_FAMILY) return DBX_ERROR;
    uint32_t longs = (uint8_t)bytes.data[0], flags = (uint8_t)bytes.data[3];
    s->k = (uint32_t)sketch_load(bytes.data + 4, 2);
    if (s->k < KLL_K_MIN || (longs != 2 && longs != 5)) return DBX_ERROR;
    if (flags & KLL_FLAG_EMPTY) return DBX_OK;
    if (longs == 2) {
        if (bytes.size < 8 + kll_names[kind].size) return DBX_ERROR;
        s->items[0] = ARENA_NEW(a, uint64_t);
        if (s->items[0] == NULL) return DBX_NOMEM;
        s->n = s->counts[0] = 1;
        s->items[0][0] = s->min = s->max = kll_load_item(kind, bytes.data + 8);
        return DBX_OK;
    }
    if (bytes.size < KLL_LEVELS_START) return DBX_ERROR;
    s->n = sketch_load(bytes.data + 8, 8);
    return kll_read_levels(bytes, kind, a, s);
}

static dbx_status kll_open(fn_call *call, const vector_view *view, uint32_t row, error_class cls,
                           kll_sketch *out) {
    const kll_options *o = call->state;
    dbx_status status = kll_read(vstring_view(text_arg(view, row)), o->kind, call->arena, out);
    if (status == DBX_OK) return DBX_OK;
    if (status != DBX_ERROR) return error_nomem(call->err);
    return error_raise(call->err, cls, call->position, "functionName", o->function, "reason",
                       "the bytes are not a KLL sketch of this type", NULL);
}

/* ---- aggregates ---- */

enum { KLL_STATE_SIZE = (sizeof(aggregate_list) + 15) / 16 * 16 };

static dbx_status kll_agg_update(fn_call *call, const vector *args, void *const *states) {
    vector_view view = vector_view_of(&args[0]);
    for (uint32_t i = 0; i < call->rows; i++)
        TRY(aggregate_list_push(call, states[i], &view, view_index(&view, aggregate_row(call, i))));
    return DBX_OK;
}
static dbx_status kll_agg_combine(fn_call *call, void *const *from, void *const *to,
                                  uint32_t count) {
    for (uint32_t i = 0; i < count; i++) TRY(aggregate_list_append(call, to[i], from[i]));
    return DBX_OK;
}
static dbx_status kll_agg_write(const void *state, buffer *out) {
    return aggregate_list_write(state, out);
}
static dbx_status kll_agg_read(fn_call *call, const char *bytes, size_t size, void *state) {
    return aggregate_list_read(call, call->arg_types[0], bytes, size, state);
}

/* A sketch of all values of a list. */
static dbx_status kll_of_list(fn_call *call, const aggregate_list *l, kll_sketch *s) {
    const kll_options *o = call->state;
    *s = (kll_sketch){.k = (uint32_t)o->k, .levels = 1};
    if (l->count == 0) return DBX_OK;
    vector_view view = vector_view_of(l->values);
    uint64_t *keys = arena_alloc(call->arena, ((size_t)l->count + 1) * sizeof(uint64_t));
    if (keys == NULL) return error_nomem(call->err);
    uint32_t n = 0;
    for (uint32_t i = 0; i < l->count; i++) n += kll_key(view.base, i, &keys[n]);
    qsort(keys, n, sizeof(uint64_t), kll_compare);
    if (n == 0) return DBX_OK;
    s->n = n;
    s->min = keys[0];
    s->max = keys[n - 1];
    s->items[0] = keys;
    s->counts[0] = n;
    return kll_settle(call->arena, s) == DBX_OK ? DBX_OK : error_nomem(call->err);
}

static dbx_status kll_agg_finalize(fn_call *call, void *const *states, uint32_t count, vector *out,
                                   uint32_t at) {
    const kll_options *o = call->state;
    for (uint32_t i = 0; i < count; i++) {
        kll_sketch s;
        TRY(kll_of_list(call, states[i], &s));
        if (kll_write(call->arena, &s, o->kind, &VECTOR_DATA(out, vstring)[at + i]) != DBX_OK)
            return error_nomem(call->err);
    }
    return DBX_OK;
}

/* Sketches, merged at the end in the order of their bytes. */
static int kll_compare_texts(const void *x, const void *y) {
    return vstring_compare(x, y);
}

static dbx_status kll_merge_finalize(fn_call *call, void *const *states, uint32_t count,
                                     vector *out, uint32_t at) {
    const kll_options *o = call->state;
    for (uint32_t i = 0; i < count; i++) {
        const aggregate_list *l = states[i];
        kll_sketch all = {.k = (uint32_t)(o->k == 0 ? KLL_K_MAX : o->k), .levels = 1}, next;
        vstring *texts = ARENA_ARRAY(call->arena, vstring, l->count + 1);
        if (texts == NULL) return error_nomem(call->err);
        if (l->count > 0) memcpy(texts, l->values->data, l->count * sizeof(vstring));
        qsort(texts, l->count, sizeof(vstring), kll_compare_texts);
        for (uint32_t k = 0; k < l->count; k++) {
            dbx_status status = kll_read(vstring_view(&texts[k]), o->kind, call->arena, &next);
            if (status == DBX_ERROR)
                return error_raise(call->err, ERR_KLL_SKETCH_INVALID_INPUT, call->position,
                                   "functionName", o->function, "reason",
                                   "the bytes are not a KLL sketch of this type", NULL);
            if (status != DBX_OK || kll_merge(call->arena, &all, &next) != DBX_OK)
                return error_nomem(call->err);
        }
        if (all.n == 0 && o->k == 0) all.k = KLL_K_DEFAULT;
        if (kll_write(call->arena, &all, o->kind, &VECTOR_DATA(out, vstring)[at + i]) != DBX_OK)
            return error_nomem(call->err);
    }
    return DBX_OK;
}

static const aggregate_kernel kll_agg_kernel = {
    .state_size = KLL_STATE_SIZE,
    .update = kll_agg_update,
    .combine = kll_agg_combine,
    .finalize = kll_agg_finalize,
    .write = kll_agg_write,
    .read = kll_agg_read,
};
static const aggregate_kernel kll_merge_kernel = {
    .state_size = KLL_STATE_SIZE,
    .update = kll_agg_update,
    .combine = kll_agg_combine,
    .finalize = kll_merge_finalize,
    .write = kll_agg_write,
    .read = kll_agg_read,
};

/* ---- reading sketches ---- */

typedef struct kll_weighted {
    uint64_t key, weight;
} kll_weighted;

static int kll_compare_weighted(const void *x, const void *y) {
    const kll_weighted *a = x, *b = y;
    return (a->key > b->key) - (a->key < b->key);
}

static dbx_status kll_sorted_view(fn_call *call, const kll_sketch *s, kll_weighted **out,
                                  uint32_t *count) {
    *count = 0;
    *out = ARENA_ARRAY(call->arena, kll_weighted, (size_t)kll_retained(s) + 1);
    if (*out == NULL) return error_nomem(call->err);
    for (uint32_t l = 0; l < s->levels; l++) {
        for (uint32_t i = 0; i < s->counts[l]; i++)
            (*out)[(*count)++] = (kll_weighted){s->items[l][i], (uint64_t)1 << l};
    }
    qsort(*out, *count, sizeof(kll_weighted), kll_compare_weighted);
    return DBX_OK;
}

/* The smallest item at or below which a share of the values lies. */
static uint64_t kll_quantile(const kll_sketch *s, const kll_weighted *items, uint32_t count,
                             double rank) {
    double wanted = ceil(rank * (double)s->n);
    uint64_t below = 0;
    for (uint32_t i = 0; i < count; i++) {
        below += items[i].weight;
        if ((double)below >= wanted) return items[i].key;
    }
    return s->max;
}

/* The share of values at or below a key. */
static double kll_rank(const kll_sketch *s, const kll_weighted *items, uint32_t count,
                       uint64_t key) {
    uint64_t below = 0;
    for (uint32_t i = 0; i < count && items[i].key <= key; i++) below += items[i].weight;
    return (double)below / (double)s->n;
}

static void kll_store_value(kll_kind kind, vector *out, uint32_t at, uint64_t key) {
    if (kind == KLL_BIGINT)
        VECTOR_DATA(out, int64_t)[at] = (int64_t)(key ^ (uint64_t)1 << 63);
    else if (kind == KLL_FLOAT)
        VECTOR_DATA(out, float)[at] = (float)kll_double_of_key(key);
    else
        VECTOR_DATA(out, double)[at] = kll_double_of_key(key);
}

/* One rank or quantile, at index i of `values`, into row `at` of out. */
typedef dbx_status (*kll_question)(fn_call *call, const kll_sketch *s, const kll_weighted *items,
                                   uint32_t count, const vector *values, uint32_t i, vector *out,
                                   uint32_t at);

static dbx_status kll_ask_quantile(fn_call *call, const kll_sketch *s, const kll_weighted *items,
                                   uint32_t count, const vector *values, uint32_t i, vector *out,
                                   uint32_t at) {
    const kll_options *o = call->state;
    double rank = VECTOR_DATA(values, double)[i];
    if (!(rank >= 0 && rank <= 1))
        return error_raise(call->err, ERR_KLL_SKETCH_INVALID_QUANTILE_RANGE, call->position,
                           "functionName", o->function, "quantile", fn_value_sql(call, values, i),
                           NULL);
    kll_store_value(o->kind, out, at, kll_quantile(s, items, count, rank));
    return DBX_OK;
}

static dbx_status kll_ask_rank(fn_call *call, const kll_sketch *s, const kll_weighted *items,
                               uint32_t count, const vector *values, uint32_t i, vector *out,
                               uint32_t at) {
    uint64_t key;
    if (!kll_key(values, i, &key)) return nested_put_null(call, out, at);
    VECTOR_DATA(out, double)[at] = kll_rank(s, items, count, key);
    return DBX_OK;
}

static dbx_status kll_ask(fn_call *call, const vector *args, vector *out, kll_question question) {
    const kll_options *o = call->state;
    vector_view sketches = vector_view_of(&args[0]), values = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        kll_sketch s;
        kll_weighted *items;
        uint32_t count, i = view_index(&values, r), at;
        TRY(kll_open(call, &sketches, r, ERR_KLL_SKETCH_INVALID_INPUT, &s));
        TRY(kll_sorted_view(call, &s, &items, &count));
        if (s.n == 0) {
            TRY(fn_set_null(call, out, r));
        } else if (!o->many) {
            TRY(question(call, &s, items, count, values.base, i, out, r));
        } else {
            list_entry e = ((const list_entry *)values.data)[i];
            vector_view elements = vector_view_of(&values.base->children[0]);
            TRY(nested_begin(call, out, r, e.length, &at));
            for (uint32_t k = 0; k < e.length; k++) {
                uint32_t element = view_index(&elements, e.offset + k);
                if (validity_get(elements.validity, element))
                    TRY(question(call, &s, items, count, elements.base, element, &out->children[0],
                                 at + k));
                else
                    TRY(nested_put_null(call, &out->children[0], at + k));
            }
        }
    }
    return DBX_OK;
}
static dbx_status kll_get_quantile(fn_call *call, const vector *args, vector *out) {
    return kll_ask(call, args, out, kll_ask_quantile);
}
static dbx_status kll_get_rank(fn_call *call, const vector *args, vector *out) {
    return kll_ask(call, args, out, kll_ask_rank);
}

static dbx_status kll_get_n(fn_call *call, const vector *args, vector *out) {
    vector_view view = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        kll_sketch s;
        TRY(kll_open(call, &view, r, ERR_KLL_SKETCH_INVALID_INPUT, &s));
        VECTOR_DATA(out, int64_t)[r] = (int64_t)s.n;
    }
    return DBX_OK;
}

static dbx_status kll_merge_rows(fn_call *call, const vector *args, vector *out) {
    const kll_options *o = call->state;
    vector_view left = vector_view_of(&args[0]), right = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        kll_sketch x, y;
        TRY(kll_open(call, &left, r, ERR_KLL_SKETCH_INCOMPATIBLE_MERGE, &x));
        TRY(kll_open(call, &right, r, ERR_KLL_SKETCH_INCOMPATIBLE_MERGE, &y));
        if (kll_merge(call->arena, &x, &y) != DBX_OK ||
            kll_write(call->arena, &x, o->kind, &VECTOR_DATA(out, vstring)[r]) != DBX_OK)
            return error_nomem(call->err);
    }
    return DBX_OK;
}

static dbx_status kll_to_string(fn_call *call, const vector *args, vector *out) {
    const kll_options *o = call->state;
    vector_view view = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        kll_sketch s;
        TRY(kll_open(call, &view, r, ERR_KLL_SKETCH_INVALID_INPUT, &s));
        /* the normalized rank error of a single-sided query, in percent */
        double epsilon = 2.296 / pow(s.k, 0.9021) * 100;
        const char *text =
            arena_printf(call->arena,
                         "\n### Kll%s Summary:\n"
                         "   K                      : %u\n"
                         "   Min K                  : %u\n"
                         "   M                      : %d\n"
                         "   N                      : %llu\n"
                         "   Epsilon                : %.3f%%\n"
                         "   Empty                  : %s\n"
                         "   Estimation Mode        : %s\n"
                         "   Levels                 : %u\n"
                         "   Capacity Items         : %u\n"
                         "   Retained Items         : %u\n"
                         "### End sketch summary\n",
                         kll_names[o->kind].title, s.k, s.k, KLL_M, (unsigned long long)s.n,
                         epsilon, s.n == 0 ? "true" : "false", s.levels > 1 ? "true" : "false",
                         s.levels, kll_room(&s), kll_retained(&s));
        if (text == NULL) return error_nomem(call->err);
        text_borrow(out, r, text, strlen(text));
    }
    return DBX_OK;
}

/* ---- binding ---- */

static dbx_status kll_bind_options(fn_bind *b, kll_options **out) {
    kll_options *o = ARENA_NEW(b->arena, kll_options);
    if (o == NULL) return error_nomem(b->err);
    *out = o;
    string_view name = sv_from(b->row->name);
    while (!sv_ends_with(name, sv_from(kll_names[o->kind].suffix))) o->kind++;
    o->function = arena_printf(b->arena, "`%s`", b->row->name);
    b->state = o;
    return o->function == NULL ? error_nomem(b->err) : DBX_OK;
}

static dbx_status kll_raise_k(fn_bind *b, const kll_options *o, const char *sql) {
    const char *message =
        arena_printf(b->arena,
                     "[KLL_SKETCH_K_OUT_OF_RANGE] For function %s, the k parameter must be between "
                     "%d and %d (inclusive), but got %lld.",
                     o->function, KLL_K_MIN, KLL_K_MAX, (long long)o->k);
    return error_raise(b->err, ERR_DATATYPE_MISMATCH__TYPE_CHECK_FAILURE_WITH_HINT, b->position,
                       "sqlExpr", sql, "msg", message == NULL ? "" : message, "hint", "", NULL);
}

static dbx_status kll_bind_k(fn_bind *b, kll_options *o, uint32_t arg) {
    if (arg >= b->arg_count) return DBX_OK;
    const char *sql = arena_printf(b->arena, "\"%s\"", fn_bind_sql(b));
    if (sql == NULL) return error_nomem(b->err);
    TRY(sketch_check_type(b, arg, TYPE_INT, "\"INT\""));
    if (b->constants[arg] == NULL) {
        const char *input = fn_bind_arg_sql(b, arg);
        return error_raise(b->err, ERR_DATATYPE_MISMATCH__NON_FOLDABLE_INPUT, b->position,
                           "sqlExpr", sql, "inputName", "k", "inputType", "int", "inputExpr", input,
                           NULL);
    }
    if (!fn_bind_constant_int(b, arg, &o->k))
        return error_raise(b->err, ERR_DATATYPE_MISMATCH__UNEXPECTED_NULL, b->position, "sqlExpr",
                           sql, "exprName", "k", NULL);
    return o->k >= KLL_K_MIN && o->k <= KLL_K_MAX ? DBX_OK : kll_raise_k(b, o, sql);
}

static dbx_status kll_bind_agg(fn_bind *b) {
    kll_options *o;
    type t = b->arg_types[0];
    TRY(kll_bind_options(b, &o));
    o->k = KLL_K_DEFAULT;
    bool fits = o->kind == KLL_BIGINT  ? type_is_integer(t)
                : o->kind == KLL_FLOAT ? t.id == TYPE_FLOAT
                                       : type_is_float(t);
    if (!fits && t.id != TYPE_VOID)
        return fn_bind_unexpected_type(
            b, 0,
            o->kind == KLL_BIGINT  ? "(\"TINYINT\" or \"INT\" or \"BIGINT\" or \"SMALLINT\")"
            : o->kind == KLL_FLOAT ? "\"FLOAT\""
                                   : "(\"FLOAT\" or \"DOUBLE\")");
    if (t.id == TYPE_VOID) b->arg_types[0] = type_simple(TYPE_BIGINT);
    return kll_bind_k(b, o, 1);
}

static dbx_status kll_bind_merge_agg(fn_bind *b) {
    kll_options *o;
    TRY(kll_bind_options(b, &o));
    TRY(sketch_check_type(b, 0, TYPE_BINARY, "\"BINARY\""));
    return kll_bind_k(b, o, 1);
}

static dbx_status kll_bind_sketches(fn_bind *b) {
    kll_options *o;
    TRY(kll_bind_options(b, &o));
    for (uint32_t i = 0; i < b->arg_count; i++)
        TRY(sketch_check_type(b, i, TYPE_BINARY, "\"BINARY\""));
    return DBX_OK;
}

/* The second argument, a constant, may be an array; then the result is one too. */
static dbx_status kll_bind_question(fn_bind *b, const char *name, type from, type to) {
    kll_options *o;
    TRY(kll_bind_options(b, &o));
    TRY(sketch_check_type(b, 0, TYPE_BINARY, "\"BINARY\""));
    if (b->constants[1] == NULL) {
        const char *sql = arena_printf(b->arena, "\"%s\"", fn_bind_sql(b)),
                   *input = arena_printf(b->arena, "\"%s\"", fn_bind_arg_sql(b, 1)),
                   *of = arena_printf(b->arena, "\"%s\"", type_sql(b->arena, b->arg_types[1]));
        if (sql == NULL || input == NULL || of == NULL) return error_nomem(b->err);
        return error_raise(b->err, ERR_DATATYPE_MISMATCH__NON_FOLDABLE_INPUT, b->position,
                           "sqlExpr", sql, "inputName", name, "inputType", of, "inputExpr", input,
                           NULL);
    }
    o->many = b->arg_types[1].id == TYPE_ARRAY;
    type given = o->many ? b->arg_types[1].children[0].type : b->arg_types[1];
    if (!type_is_numeric(given) && given.id != TYPE_STRING && given.id != TYPE_VOID) {
        const char *text = type_sql(b->arena, from),
                   *required = arena_printf(b->arena, "(\"%s\" or \"ARRAY<%s>\")", text, text);
        return fn_bind_unexpected_type(b, 1, required == NULL ? "" : required);
    }
    b->arg_types[1] = from;
    if (o->many) TRY(nested_array_type(b, from, true, &b->arg_types[1]));
    b->result = to;
    return o->many ? nested_array_type(b, to, true, &b->result) : DBX_OK;
}
static type kll_value_type(const fn_bind *b) {
    string_view name = sv_from(b->row->name);
    return type_simple(sv_ends_with(name, SV("bigint"))  ? TYPE_BIGINT
                       : sv_ends_with(name, SV("float")) ? TYPE_FLOAT
                                                         : TYPE_DOUBLE);
}
static dbx_status kll_bind_quantile(fn_bind *b) {
    return kll_bind_question(b, "`rank`", type_simple(TYPE_DOUBLE), kll_value_type(b));
}
static dbx_status kll_bind_rank(fn_bind *b) {
    return kll_bind_question(b, "`quantile`", kll_value_type(b), type_simple(TYPE_DOUBLE));
}

#define KLL_AGGREGATE(text, sig, k, binder, about)                                                 \
    {                                                                                              \
        .name = text, .signature = sig, .kind = FUNCTION_AGGREGATE, .flags = FN_NEVER_NULL,        \
        .aggregate = k, .bind = binder, .category = "aggregate", .doc = about                      \
    }
#define KLL_SCALAR(text, sig, k, binder, about)                                                    \
    {                                                                                              \
        .name = text, .signature = sig, .kernel = k, .bind = binder, .category = "sketch",         \
        .doc = about                                                                               \
    }
#define KLL_ROWS(suffix)                                                                           \
    KLL_AGGREGATE("kll_sketch_agg_" suffix, "(expr any, [k any]) -> binary", &kll_agg_kernel,      \
                  kll_bind_agg, "A KLL sketch of the values' quantiles; k (200) is its size."),    \
        KLL_AGGREGATE("kll_merge_agg_" suffix, "(sketch any, [k any]) -> binary",                  \
                      &kll_merge_kernel, kll_bind_merge_agg, "The KLL sketch of all sketches."),   \
        KLL_SCALAR("kll_sketch_to_string_" suffix, "(sketch any) -> string", kll_to_string,        \
                   kll_bind_sketches, "A description of a KLL sketch."),                           \
        KLL_SCALAR("kll_sketch_get_n_" suffix, "(sketch any) -> bigint", kll_get_n,                \
                   kll_bind_sketches, "How many values a KLL sketch has seen."),                   \
        KLL_SCALAR("kll_sketch_merge_" suffix, "(left any, right any) -> binary", kll_merge_rows,  \
                   kll_bind_sketches, "The KLL sketch of two sketches."),                          \
        KLL_SCALAR("kll_sketch_get_quantile_" suffix, "(sketch any, rank any) -> bind",            \
                   kll_get_quantile, kll_bind_quantile,                                            \
                   "The value at a rank in [0, 1], or at each of an array of ranks."),             \
        KLL_SCALAR("kll_sketch_get_rank_" suffix, "(sketch any, quantile any) -> bind",            \
                   kll_get_rank, kll_bind_rank,                                                    \
                   "The share of values at or below a value, or each of an array of them.")

const function_row sketch_kll_functions[] = {KLL_ROWS("bigint"), KLL_ROWS("float"),
                                             KLL_ROWS("double")};
const uint32_t sketch_kll_functions_count = ARRAY_COUNT(sketch_kll_functions);
