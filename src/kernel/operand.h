/* operand.h - how a kernel reads an argument of any form: the value of row r is data[sel ? sel[r] :
 * r & mask]. */
#ifndef DBX_KERNEL_OPERAND_H
#define DBX_KERNEL_OPERAND_H

#include "kernel/kernel.h"

typedef struct kernel_operand {
    const void *data;
    const uint32_t *sel;
    uint32_t mask; /* 0: one value for all rows, else UINT32_MAX */
} kernel_operand;

KERNEL_INLINE uint32_t kernel_index(const kernel_operand *o, uint32_t row) {
    return o->sel ? o->sel[row] : row & o->mask;
}

/* A loop over two arguments. rows: the active rows (NULL: 0..count-1). Values of rows that fail are
 * unspecified. bad_rows NULL: computes and returns non-zero when a row failed; else computes,
 * collects the failing rows' numbers in order and returns how many there are (room for count). */
typedef uint32_t (*kernel_binary)(kernel_operand x, kernel_operand y, void *out,
                                  const uint32_t *rows, uint32_t count, uint32_t *bad_rows,
                                  const void *context);
/* The same over one argument. */
typedef uint32_t (*kernel_unary)(kernel_operand x, void *out, const uint32_t *rows, uint32_t count,
                                 uint32_t *bad_rows, const void *context);

#endif
