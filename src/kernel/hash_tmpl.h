/* hash_tmpl.h - hashing an array of fixed-width values.
 *
 * Parameters, undefined at the end:
 *   HASH_NAME     suffix of the functions: hash_values_<name>
 *   HASH_TYPE     element type
 *   HASH_ONE(x)   hash of one element
 */
#define HASH_JOIN2(a, b) a##b
#define HASH_JOIN(a, b) HASH_JOIN2(a, b)

KERNEL_CLONES void HASH_JOIN(hash_values_, HASH_NAME)(const void *data, size_t count,
                                                      uint64_t *hashes) {
    const HASH_TYPE *restrict values = data;
    uint64_t *restrict out = hashes;
    for (size_t i = 0; i < count; i++) out[i] = HASH_ONE(values[i]);
}

KERNEL_CLONES void HASH_JOIN(hash_selected_, HASH_NAME)(const void *data, const kernel_sel *sel,
                                                        size_t count, uint64_t *hashes) {
    const HASH_TYPE *restrict values = data;
    uint64_t *restrict out = hashes;
    for (size_t i = 0; i < count; i++) out[i] = HASH_ONE(values[sel[i]]);
}

#undef HASH_JOIN
#undef HASH_JOIN2
#undef HASH_NAME
#undef HASH_TYPE
#undef HASH_ONE
