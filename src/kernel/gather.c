/* gather.c - see gather.h. One body a shape, instantiated per width. */
#include "kernel/gather.h"

/* Values of any type of a width are moved, so these alias everything. */
typedef uint8_t __attribute__((may_alias)) gather_u8;
typedef uint16_t __attribute__((may_alias)) gather_u16;
typedef uint32_t __attribute__((may_alias)) gather_u32;
typedef uint64_t __attribute__((may_alias)) gather_u64;
typedef struct __attribute__((may_alias)) gather_u128 {
    uint64_t low, high;
} gather_u128;

#define GATHER_FOR_WIDTH(name, ctype)                                                              \
    KERNEL_CLONES void gather_##name(const void *src, const kernel_sel *sel, size_t count,         \
                                     void *dst) {                                                  \
        const ctype *restrict from = src;                                                          \
        ctype *restrict to = dst;                                                                  \
        for (size_t i = 0; i < count; i++) to[i] = from[sel[i]];                                   \
    }                                                                                              \
    static void copy_selected_##name(const void *src, const kernel_sel *sel, size_t count,         \
                                     void *dst) {                                                  \
        const ctype *restrict from = src;                                                          \
        ctype *restrict to = dst;                                                                  \
        for (size_t i = 0; i < count; i++) to[sel[i]] = from[sel[i]];                              \
    }                                                                                              \
    static void copy_indexed_##name(const void *src, const kernel_sel *index,                      \
                                    const kernel_sel *sel, size_t count, void *dst) {              \
        const ctype *restrict from = src;                                                          \
        ctype *restrict to = dst;                                                                  \
        for (size_t i = 0; i < count; i++) {                                                       \
            size_t row = sel != NULL ? sel[i] : i;                                                 \
            to[row] = from[index[row]];                                                            \
        }                                                                                          \
    }                                                                                              \
    KERNEL_CLONES static void blend_both_##name(const uint8_t *choose, const void *x,              \
                                                const void *y, size_t count, void *dst) {          \
        const ctype *a = x, *b = y;                                                                \
        ctype *restrict to = dst;                                                                  \
        for (size_t i = 0; i < count; i++) to[i] = choose[i] & 1 ? a[i] : b[i];                    \
    }                                                                                              \
    KERNEL_CLONES static void blend_first_##name(const uint8_t *choose, const void *x,             \
                                                 const void *y, size_t count, void *dst) {         \
        const ctype *a = x;                                                                        \
        ctype b = *(const ctype *)y;                                                               \
        ctype *restrict to = dst;                                                                  \
        for (size_t i = 0; i < count; i++) to[i] = choose[i] & 1 ? a[i] : b;                       \
    }                                                                                              \
    KERNEL_CLONES static void blend_second_##name(const uint8_t *choose, const void *x,            \
                                                  const void *y, size_t count, void *dst) {        \
        ctype a = *(const ctype *)x;                                                               \
        const ctype *b = y;                                                                        \
        ctype *restrict to = dst;                                                                  \
        for (size_t i = 0; i < count; i++) to[i] = choose[i] & 1 ? a : b[i];                       \
    }                                                                                              \
    KERNEL_CLONES static void blend_none_##name(const uint8_t *choose, const void *x,              \
                                                const void *y, size_t count, void *dst) {          \
        ctype a = *(const ctype *)x, b = *(const ctype *)y;                                        \
        ctype *restrict to = dst;                                                                  \
        for (size_t i = 0; i < count; i++) to[i] = choose[i] & 1 ? a : b;                          \
    }                                                                                              \
    static void blend_values_##name(const uint8_t *choose, const void *x, size_t x_mask,           \
                                    const void *y, size_t y_mask, size_t count, void *dst) {       \
        if (x_mask != 0 && y_mask != 0)                                                            \
            blend_both_##name(choose, x, y, count, dst);                                           \
        else if (x_mask != 0)                                                                      \
            blend_first_##name(choose, x, y, count, dst);                                          \
        else if (y_mask != 0)                                                                      \
            blend_second_##name(choose, x, y, count, dst);                                         \
        else                                                                                       \
            blend_none_##name(choose, x, y, count, dst);                                           \
    }                                                                                              \
    static void fill_values_##name(const void *value, size_t count, void *dst) {                   \
        ctype v = *(const ctype *)value;                                                           \
        ctype *restrict to = dst;                                                                  \
        for (size_t i = 0; i < count; i++) to[i] = v;                                              \
    }                                                                                              \
    static void fill_selected_##name(const void *value, const kernel_sel *sel, size_t count,       \
                                     void *dst) {                                                  \
        ctype v = *(const ctype *)value;                                                           \
        ctype *restrict to = dst;                                                                  \
        for (size_t i = 0; i < count; i++) to[sel[i]] = v;                                         \
    }

GATHER_FOR_WIDTH(1, gather_u8)
GATHER_FOR_WIDTH(2, gather_u16)
GATHER_FOR_WIDTH(4, gather_u32)
GATHER_FOR_WIDTH(8, gather_u64)
GATHER_FOR_WIDTH(16, gather_u128)
#undef GATHER_FOR_WIDTH

#define GATHER_BY_WIDTH(function, ...)                                                             \
    switch (width) {                                                                               \
    case 1:                                                                                        \
        function##1(__VA_ARGS__);                                                                  \
        break;                                                                                     \
    case 2:                                                                                        \
        function##2(__VA_ARGS__);                                                                  \
        break;                                                                                     \
    case 4:                                                                                        \
        function##4(__VA_ARGS__);                                                                  \
        break;                                                                                     \
    case 8:                                                                                        \
        function##8(__VA_ARGS__);                                                                  \
        break;                                                                                     \
    default:                                                                                       \
        assert(width == 16);                                                                       \
        function##16(__VA_ARGS__);                                                                 \
    }

void gather_values(uint32_t width, const void *src, const kernel_sel *sel, size_t count,
                   void *dst) {
    GATHER_BY_WIDTH(gather_, src, sel, count, dst)
}

void copy_selected(uint32_t width, const void *src, const kernel_sel *sel, size_t count,
                   void *dst) {
    GATHER_BY_WIDTH(copy_selected_, src, sel, count, dst)
}

void copy_indexed(uint32_t width, const void *src, const kernel_sel *index, const kernel_sel *sel,
                  size_t count, void *dst) {
    GATHER_BY_WIDTH(copy_indexed_, src, index, sel, count, dst)
}

void blend_values(uint32_t width, const uint8_t *choose, const void *x, size_t x_mask,
                  const void *y, size_t y_mask, size_t count, void *dst) {
    GATHER_BY_WIDTH(blend_values_, choose, x, x_mask, y, y_mask, count, dst)
}

void fill_values(uint32_t width, const void *value, size_t count, void *dst) {
    GATHER_BY_WIDTH(fill_values_, value, count, dst)
}

void fill_selected(uint32_t width, const void *value, const kernel_sel *sel, size_t count,
                   void *dst){GATHER_BY_WIDTH(fill_selected_, value, sel, count, dst)}
#undef GATHER_BY_WIDTH

KERNEL_CLONES
    void combine_codes(const kernel_sel *index, size_t count, uint16_t codes, uint16_t *out) {
    for (size_t i = 0; i < count; i++) out[i] = (uint16_t)(out[i] * codes + index[i]);
}
