/* binary_compact_tmpl.h - one kernel_binary as a single loop, for steps too heavy to vectorize.
 * Parameters, undefined at the end:
 *   K_NAME           function
 *   K_A, K_B, K_O    element types of the arguments and the result
 *   K_FLAG           type of the accumulated failure flag, and K_FAILED(flag): did it fail?
 *   K_STEP(a, b, o, flag)  statement: o = …; flag |= …;
 *   K_PRELUDE        declarations from `context`; may be empty
 */
uint32_t K_NAME(kernel_operand x, kernel_operand y, void *out, const uint32_t *rows, uint32_t count,
                              uint32_t *bad_rows, const void *context) {
    const K_A *restrict a = x.data;
    const K_B *restrict b = y.data;
    K_O *restrict o = out;
    (void)context;
    K_PRELUDE
    if (UNLIKELY(bad_rows != NULL)) {
        uint32_t bad = 0;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t r = rows ? rows[i] : i;
            K_FLAG flag = 0;
            K_STEP(a[kernel_index(&x, r)], b[kernel_index(&y, r)], o[r], flag);
            if (K_FAILED(flag)) bad_rows[bad++] = r;
        }
        return bad;
    }
    K_FLAG flag = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t r = rows ? rows[i] : i;
        K_STEP(a[kernel_index(&x, r)], b[kernel_index(&y, r)], o[r], flag);
    }
    return K_FAILED(flag);
}
#undef K_NAME
#undef K_A
#undef K_B
#undef K_O
#undef K_FLAG
#undef K_FAILED
#undef K_STEP
#undef K_PRELUDE
