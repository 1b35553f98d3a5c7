/* unary_tmpl.h - one kernel_unary. Parameters, undefined at the end: K_NAME, K_A, K_O, K_FLAG, K_FAILED(flag),
 * K_STEP(a, o, flag), K_PRELUDE; see binary_tmpl.h. */
KERNEL_CLONES uint32_t K_NAME(kernel_operand x, void *out, const uint32_t *rows, uint32_t count, uint32_t *bad_rows,
                              const void *context) {
    const K_A *restrict a = x.data;
    K_O *restrict o = out;
    (void)context;
    K_PRELUDE
    if (UNLIKELY(bad_rows != NULL)) {
        uint32_t bad = 0;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t r = rows ? rows[i] : i;
            K_FLAG flag = 0;
            K_STEP(a[kernel_index(&x, r)], o[r], flag);
            if (K_FAILED(flag)) bad_rows[bad++] = r;
        }
        return bad;
    }
    K_FLAG flag = 0;
    if (rows == NULL && x.sel == NULL && x.mask != 0) {
        for (uint32_t i = 0; i < count; i++) { K_STEP(a[i], o[i], flag); }
    } else {
        for (uint32_t i = 0; i < count; i++) {
            uint32_t r = rows ? rows[i] : i;
            K_STEP(a[kernel_index(&x, r)], o[r], flag);
        }
    }
    return K_FAILED(flag);
}
#undef K_NAME
#undef K_A
#undef K_O
#undef K_FLAG
#undef K_FAILED
#undef K_STEP
#undef K_PRELUDE
