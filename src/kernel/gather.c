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
    KERNEL_CLONES void gather_##name(const void *src, const kernel_sel *sel, size_t count,        \
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
    case 1: function##1(__VA_ARGS__); break;                                                       \
    case 2: function##2(__VA_ARGS__); break;                                                       \
    case 4: function##4(__VA_ARGS__); break;                                                       \
    case 8: function##8(__VA_ARGS__); break;                                                       \
    default:                                                                                       \
        assert(width == 16);                                                                       \
        function##16(__VA_ARGS__);                                                                 \
    }

void gather_values(uint32_t width, const void *src, const kernel_sel *sel, size_t count, void *dst) {
    GATHER_BY_WIDTH(gather_, src, sel, count, dst)
}

void copy_selected(uint32_t width, const void *src, const kernel_sel *sel, size_t count, void *dst) {
    GATHER_BY_WIDTH(copy_selected_, src, sel, count, dst)
}

void fill_values(uint32_t width, const void *value, size_t count, void *dst) {
    GATHER_BY_WIDTH(fill_values_, value, count, dst)
}

void fill_selected(uint32_t width, const void *value, const kernel_sel *sel, size_t count, void *dst) {
    GATHER_BY_WIDTH(fill_selected_, value, sel, count, dst)
}
#undef GATHER_BY_WIDTH
