/* bitmap_function.c - bitmaps of 32,768 bits, for counting distinct numbers: bucket and position of
 * a number, and aggregates that make and combine bitmaps. */
#include "functions/aggregate.h"
#include "functions/families.h"
#include "functions/text_out.h"

enum { BITMAP_BYTES = 4096, BITMAP_BITS = 8 * BITMAP_BYTES };

static dbx_status bitmap_position(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        int64_t v = bigint_arg(&x, r);
        VECTOR_DATA(out, int64_t)
        [r] = v > 0 ? (v - 1) % BITMAP_BITS : (int64_t)((0 - (uint64_t)v) % BITMAP_BITS);
    }
    return DBX_OK;
}

static dbx_status bitmap_bucket(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        int64_t v = bigint_arg(&x, r);
        VECTOR_DATA(out, int64_t)[r] = v > 0 ? 1 + (v - 1) / BITMAP_BITS : v / BITMAP_BITS;
    }
    return DBX_OK;
}

static dbx_status bitmap_bits_set(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        const vstring *s = text_arg(&x, r);
        int64_t count = 0;
        for (uint32_t i = 0; i < s->size; i++)
            count += __builtin_popcount((uint8_t)vstring_data(s)[i]);
        VECTOR_DATA(out, int64_t)[r] = count;
    }
    return DBX_OK;
}

/* ---- aggregates; a zeroed state is no bitmap yet ---- */

typedef struct bitmap_state {
    uint8_t *bytes; /* BITMAP_BYTES */
    uint64_t unused;
} bitmap_state;

static dbx_status bitmap_start(fn_call *call, bitmap_state *s, uint8_t fill) {
    if (s->bytes != NULL) return DBX_OK;
    s->bytes = arena_alloc(call->arena, BITMAP_BYTES);
    if (s->bytes == NULL) return error_nomem(call->err);
    memset(s->bytes, fill, BITMAP_BYTES);
    return DBX_OK;
}

static dbx_status bitmap_construct_update(fn_call *call, const vector *args, void *const *states) {
    vector_view x = vector_view_of(&args[0]);
    for (uint32_t i = 0; i < call->rows; i++) {
        bitmap_state *s = states[i];
        int64_t at = bigint_arg(&x, aggregate_row(call, i));
        TRY(bitmap_start(call, s, 0));
        if (at < 0 || at >= BITMAP_BITS) {
            const char *text = arena_printf(call->arena, "%lld", (long long)at);
            return error_raise(call->err, ERR_INVALID_BITMAP_POSITION, call->position,
                               "bitPosition", text == NULL ? "" : text, "bitmapNumBytes", "4096",
                               "bitmapNumBits", "32768", NULL);
        }
        s->bytes[at / 8] |= (uint8_t)(1u << (at % 8));
    }
    return DBX_OK;
}

/* Bytes that a bitmap does not have are 0. */
static void bitmap_fold(bitmap_state *s, const char *bytes, size_t size, bool all) {
    for (size_t i = 0; i < BITMAP_BYTES; i++) {
        uint8_t other = i < size ? (uint8_t)bytes[i] : 0;
        s->bytes[i] = all ? s->bytes[i] & other : s->bytes[i] | other;
    }
}

static dbx_status bitmap_update(fn_call *call, const vector *args, void *const *states, bool all) {
    vector_view x = vector_view_of(&args[0]);
    for (uint32_t i = 0; i < call->rows; i++) {
        const vstring *bitmap = text_arg(&x, aggregate_row(call, i));
        TRY(bitmap_start(call, states[i], all ? 0xFF : 0));
        bitmap_fold(states[i], vstring_data(bitmap), bitmap->size, all);
    }
    return DBX_OK;
}
static dbx_status bitmap_or_update(fn_call *call, const vector *args, void *const *states) {
    return bitmap_update(call, args, states, false);
}
static dbx_status bitmap_and_update(fn_call *call, const vector *args, void *const *states) {
    return bitmap_update(call, args, states, true);
}

static dbx_status bitmap_combine(fn_call *call, void *const *from, void *const *to, uint32_t count,
                                 bool all) {
    for (uint32_t i = 0; i < count; i++) {
        const bitmap_state *f = from[i];
        if (f->bytes == NULL) continue;
        TRY(bitmap_start(call, to[i], all ? 0xFF : 0));
        bitmap_fold(to[i], (const char *)f->bytes, BITMAP_BYTES, all);
    }
    return DBX_OK;
}
static dbx_status bitmap_or_combine(fn_call *call, void *const *from, void *const *to,
                                    uint32_t count) {
    return bitmap_combine(call, from, to, count, false);
}
static dbx_status bitmap_and_combine(fn_call *call, void *const *from, void *const *to,
                                     uint32_t count) {
    return bitmap_combine(call, from, to, count, true);
}

/* Without rows: no bit is set, or for the intersection all are. */
static dbx_status bitmap_finish(fn_call *call, void *const *states, uint32_t count, vector *out,
                                uint32_t at, uint8_t fill) {
    for (uint32_t i = 0; i < count; i++) {
        bitmap_state s = *(const bitmap_state *)states[i];
        TRY(bitmap_start(call, &s, fill));
        TRY(text_copy(call, out, at + i, (const char *)s.bytes, BITMAP_BYTES));
    }
    return DBX_OK;
}
static dbx_status bitmap_or_finish(fn_call *call, void *const *states, uint32_t count, vector *out,
                                   uint32_t at) {
    return bitmap_finish(call, states, count, out, at, 0);
}
static dbx_status bitmap_and_finish(fn_call *call, void *const *states, uint32_t count, vector *out,
                                    uint32_t at) {
    return bitmap_finish(call, states, count, out, at, 0xFF);
}

static dbx_status bitmap_agg_write(const void *state, buffer *out) {
    const bitmap_state *s = state;
    return s->bytes == NULL ? DBX_OK : buffer_append(out, s->bytes, BITMAP_BYTES);
}
static dbx_status bitmap_agg_read(fn_call *call, const char *bytes, size_t size, void *state) {
    bitmap_state *s = state;
    *s = (bitmap_state){0};
    if (size < BITMAP_BYTES) return DBX_OK;
    TRY(bitmap_start(call, s, 0));
    memcpy(s->bytes, bytes, BITMAP_BYTES);
    return DBX_OK;
}

#define BITMAP_KERNEL(name, updater, op)                                                           \
    static const aggregate_kernel name = {.state_size = sizeof(bitmap_state),                      \
                                          .update = updater,                                       \
                                          .combine = bitmap_##op##_combine,                        \
                                          .finalize = bitmap_##op##_finish,                        \
                                          .write = bitmap_agg_write,                                   \
                                          .read = bitmap_agg_read}
BITMAP_KERNEL(bitmap_construct_kernel, bitmap_construct_update, or);
BITMAP_KERNEL(bitmap_or_kernel, bitmap_or_update, or);
BITMAP_KERNEL(bitmap_and_kernel, bitmap_and_update, and);
static_assert(sizeof(bitmap_state) % 16 == 0, "states are multiples of 16 bytes");

#define BITMAP_AGGREGATE(text, sig, k, about)                                                      \
    {                                                                                              \
        .name = text, .signature = sig, .kind = FUNCTION_AGGREGATE, .flags = FN_NEVER_NULL,        \
        .aggregate = k, .category = "aggregate", .doc = about                                      \
    }

const function_row bitmap_functions[] = {
    {.name = "bitmap_bit_position",
     .signature = "(child bigint) -> bigint",
     .flags = FN_TOTAL,
     .kernel = bitmap_position,
     .category = "misc",
     .doc = "The position of a number's bit in its bitmap, from 0.",
     .examples = "bitmap_bit_position(1) => 0; bitmap_bit_position(123) => 122; "
                 "bitmap_bit_position(-32769) => 1"},
    {.name = "bitmap_bucket_number",
     .signature = "(child bigint) -> bigint",
     .flags = FN_TOTAL,
     .kernel = bitmap_bucket,
     .category = "misc",
     .doc = "The number of the bitmap that a number's bit is in.",
     .examples = "bitmap_bucket_number(123) => 1; bitmap_bucket_number(0) => 0; "
                 "bitmap_bucket_number(32769) => 2"},
    {.name = "bitmap_count",
     .signature = "(child binary) -> bigint",
     .flags = FN_NEVER_FAILS,
     .kernel = bitmap_bits_set,
     .category = "misc",
     .doc = "How many bits of a bitmap are set.",
     .examples = "bitmap_count(X'1010') => 2; bitmap_count(X'FFFF') => 16"},
    BITMAP_AGGREGATE("bitmap_construct_agg", "(child bigint) -> binary", &bitmap_construct_kernel,
                     "The bitmap of positions."),
    BITMAP_AGGREGATE("bitmap_or_agg", "(child binary) -> binary", &bitmap_or_kernel,
                     "The union of bitmaps."),
    BITMAP_AGGREGATE("bitmap_and_agg", "(child binary) -> binary", &bitmap_and_kernel,
                     "The intersection of bitmaps."),
};
const uint32_t bitmap_functions_count = ARRAY_COUNT(bitmap_functions);
