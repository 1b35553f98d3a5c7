/* comparison.c - instances of comparison_tmpl.h. */
#include "kernel/comparison.h"

#define COMPARISON_EQ(a, b) ((a) == (b))
#define COMPARISON_LT(a, b) ((a) < (b))
#define COMPARISON_LE(a, b) ((a) <= (b))
#define COMPARISON_FLOAT_EQ(a, b) (((a) == (b)) | (((a) != (a)) & ((b) != (b))))
#define COMPARISON_FLOAT_LT(a, b) (((a) < (b)) | (((b) != (b)) & ((a) == (a))))
#define COMPARISON_FLOAT_LE(a, b) (((a) <= (b)) | ((b) != (b)))

#define C_T uint8_t
#define C_SUFFIX uint8
#define C_COMPACT 0
#define C_EQ COMPARISON_EQ
#define C_LT COMPARISON_LT
#define C_LE COMPARISON_LE
#include "kernel/comparison_tmpl.h"
#define C_T int8_t
#define C_SUFFIX int8
#define C_COMPACT 0
#define C_EQ COMPARISON_EQ
#define C_LT COMPARISON_LT
#define C_LE COMPARISON_LE
#include "kernel/comparison_tmpl.h"
#define C_T int16_t
#define C_SUFFIX int16
#define C_COMPACT 0
#define C_EQ COMPARISON_EQ
#define C_LT COMPARISON_LT
#define C_LE COMPARISON_LE
#include "kernel/comparison_tmpl.h"
#define C_T int32_t
#define C_SUFFIX int32
#define C_COMPACT 0
#define C_EQ COMPARISON_EQ
#define C_LT COMPARISON_LT
#define C_LE COMPARISON_LE
#include "kernel/comparison_tmpl.h"
#define C_T int64_t
#define C_SUFFIX int64
#define C_COMPACT 0
#define C_EQ COMPARISON_EQ
#define C_LT COMPARISON_LT
#define C_LE COMPARISON_LE
#include "kernel/comparison_tmpl.h"
#define C_T int128
#define C_SUFFIX int128
#define C_COMPACT 1
#define C_EQ COMPARISON_EQ
#define C_LT COMPARISON_LT
#define C_LE COMPARISON_LE
#include "kernel/comparison_tmpl.h"
#define C_T float
#define C_SUFFIX float
#define C_COMPACT 0
#define C_EQ COMPARISON_FLOAT_EQ
#define C_LT COMPARISON_FLOAT_LT
#define C_LE COMPARISON_FLOAT_LE
#include "kernel/comparison_tmpl.h"
#define C_T double
#define C_SUFFIX double
#define C_COMPACT 0
#define C_EQ COMPARISON_FLOAT_EQ
#define C_LT COMPARISON_FLOAT_LT
#define C_LE COMPARISON_FLOAT_LE
#include "kernel/comparison_tmpl.h"

/* ---- strings: size and prefix decide most rows without touching the bytes ---- */

KERNEL_INLINE bool comparison_string_eq(const dbx_string *a, const dbx_string *b) {
    uint64_t x[2], y[2];
    memcpy(x, a, 16);
    memcpy(y, b, 16);
    if (x[0] != y[0]) return false;
    if (x[1] == y[1]) return true;
    if (a->size <= 12) return false;
    return memcmp(a->u.data + 4, b->u.data + 4, a->size - 4) == 0;
}

KERNEL_INLINE int comparison_string_order(const dbx_string *a, const dbx_string *b) {
    uint32_t x, y;
    memcpy(&x, a->prefix, 4);
    memcpy(&y, b->prefix, 4);
    if (x != y)
        return __builtin_bswap32(x) < __builtin_bswap32(y)
                   ? -1
                   : 1; /* padded with zeros: a prefix is smaller */
    uint32_t common = a->size < b->size ? a->size : b->size;
    int order = common > 4 ? memcmp(dbx_string_data(a) + 4, dbx_string_data(b) + 4, common - 4) : 0;
    if (order != 0) return order;
    return (a->size > b->size) - (a->size < b->size);
}

#define COMPARISON_STRING_EQ(a, b) comparison_string_eq(&(a), &(b))
#define COMPARISON_STRING_LT(a, b) (comparison_string_order(&(a), &(b)) < 0)
#define COMPARISON_STRING_LE(a, b) (comparison_string_order(&(a), &(b)) <= 0)

#define C_T dbx_string
#define C_SUFFIX string
#define C_COMPACT 1
#define C_EQ COMPARISON_STRING_EQ
#define C_LT COMPARISON_STRING_LT
#define C_LE COMPARISON_STRING_LE
#include "kernel/comparison_tmpl.h"

#define COMPARISON_ROW(suffix)                                                                     \
    {                                                                                              \
        comparison_eq_##suffix, comparison_ne_##suffix, comparison_lt_##suffix,                    \
            comparison_le_##suffix                                                                 \
    }

kernel_binary comparison_kernel(comparison_op op, comparison_layout layout) {
    static const kernel_binary table[COMPARE_LAYOUT_COUNT][COMPARE_OP_COUNT] = {
        COMPARISON_ROW(uint8), COMPARISON_ROW(int8),   COMPARISON_ROW(int16),
        COMPARISON_ROW(int32), COMPARISON_ROW(int64),  COMPARISON_ROW(int128),
        COMPARISON_ROW(float), COMPARISON_ROW(double), COMPARISON_ROW(string),
    };
    assert(op < COMPARE_OP_COUNT && layout < COMPARE_LAYOUT_COUNT);
    return table[layout][op];
}
