/* mask.c - see mask.h. The loops are branch-free so that the compiler turns each into vector
 * compares. */
#include "kernel/mask.h"

#define MASK_LOOP(condition)                                                                       \
    for (size_t i = 0; i < count; i++) mask[i] &= (uint8_t)(condition);                            \
    return;

#define MASK_INTEGER(name, ctype)                                                                  \
    KERNEL_CLONES void name(const ctype *data, size_t count, mask_op op, ctype value,              \
                            uint8_t *mask) {                                                       \
        switch (op) {                                                                              \
        case MASK_EQ:                                                                              \
            MASK_LOOP(data[i] == value)                                                            \
        case MASK_NE:                                                                              \
            MASK_LOOP(data[i] != value)                                                            \
        case MASK_LT:                                                                              \
            MASK_LOOP(data[i] < value)                                                             \
        case MASK_LE:                                                                              \
            MASK_LOOP(data[i] <= value)                                                            \
        case MASK_GT:                                                                              \
            MASK_LOOP(data[i] > value)                                                             \
        case MASK_GE:                                                                              \
            MASK_LOOP(data[i] >= value)                                                            \
        }                                                                                          \
    }

MASK_INTEGER(mask_and_int8, int8_t)
MASK_INTEGER(mask_and_int16, int16_t)
MASK_INTEGER(mask_and_int32, int32_t)
MASK_INTEGER(mask_and_int64, int64_t)
MASK_INTEGER(mask_and_int128, __int128)

/* Against NaN only being NaN or not matters; otherwise NaN is above every value. */
#define MASK_FLOATING(name, ctype)                                                                 \
    KERNEL_CLONES void name(const ctype *data, size_t count, mask_op op, ctype value,              \
                            uint8_t *mask) {                                                       \
        if (value != value) {                                                                      \
            switch (op) {                                                                          \
            case MASK_EQ:                                                                          \
            case MASK_GE:                                                                          \
                MASK_LOOP(data[i] != data[i])                                                      \
            case MASK_NE:                                                                          \
            case MASK_LT:                                                                          \
                MASK_LOOP(data[i] == data[i])                                                      \
            case MASK_LE:                                                                          \
                return;                                                                            \
            case MASK_GT:                                                                          \
                memset(mask, 0, count);                                                            \
                return;                                                                            \
            }                                                                                      \
        }                                                                                          \
        switch (op) {                                                                              \
        case MASK_EQ:                                                                              \
            MASK_LOOP(data[i] == value)                                                            \
        case MASK_NE:                                                                              \
            MASK_LOOP(data[i] != value)                                                            \
        case MASK_LT:                                                                              \
            MASK_LOOP(data[i] < value)                                                             \
        case MASK_LE:                                                                              \
            MASK_LOOP(data[i] <= value)                                                            \
        case MASK_GT:                                                                              \
            MASK_LOOP(!(data[i] <= value))                                                         \
        case MASK_GE:                                                                              \
            MASK_LOOP(!(data[i] < value))                                                          \
        }                                                                                          \
    }

MASK_FLOATING(mask_and_float, float)
MASK_FLOATING(mask_and_double, double)

KERNEL_CLONES void mask_and_bits(const uint64_t *bits, size_t count, uint8_t *mask) {
    for (size_t i = 0; i < count; i++) mask[i] &= (uint8_t)(bits[i / 64] >> (i % 64) & 1);
}

void mask_and_table(const uint8_t *table, const uint32_t *indexes, size_t count, uint8_t *mask) {
    for (size_t i = 0; i < count; i++) mask[i] &= table[indexes[i]];
}

size_t mask_to_sel(const uint8_t *mask, size_t count, kernel_sel *sel) {
    size_t kept = 0;
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        uint64_t word;
        memcpy(&word, mask + i, sizeof(word));
        if (word == 0) continue;
        for (size_t j = 0; j < 8; j++) {
            sel[kept] = (kernel_sel)(i + j);
            kept += mask[i + j];
        }
    }
    for (; i < count; i++) {
        sel[kept] = (kernel_sel)i;
        kept += mask[i];
    }
    return kept;
}
