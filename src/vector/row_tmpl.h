/* row_tmpl.h - moving and comparing one column of rows, per type of value.
 *
 * Parameters, undefined at the end:
 *   ROW_NAME          suffix: row_scatter_<name>, row_gather_<name>, row_match_<name>
 *   ROW_TYPE          type of a value
 *   ROW_EQUAL(a, b)   equality of two values by pointer
 *   ROW_READ_ALWAYS   1 when values under a NULL can be compared, so that no branch is needed
 */
#define ROW_JOIN2(a, b) a##b
#define ROW_JOIN(a, b) ROW_JOIN2(a, b)
#define ROW_FN(prefix) ROW_JOIN(prefix, ROW_NAME)

KERNEL_INLINE void ROW_FN(row_scatter_body_)(const vector_view *v, const sel_t *sel, uint32_t rows,
                                             uint8_t *const *targets, uint32_t offset, bool flat,
                                             bool nulls) {
    const ROW_TYPE *values = v->data;
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t index = flat ? sel[i] : view_index(v, sel[i]);
        ROW_TYPE value = values[index];
        if (nulls && !validity_get(v->validity, index)) memset(&value, 0, sizeof(value));
        memcpy(targets[i] + offset, &value, sizeof(value));
    }
}

static void ROW_FN(row_scatter_)(const vector_view *v, const sel_t *sel, uint32_t rows,
                                 uint8_t *const *targets, uint32_t offset) {
    bool flat = v->sel == NULL && v->mask != 0;
    if (flat && v->validity == NULL)
        ROW_FN(row_scatter_body_)(v, sel, rows, targets, offset, true, false);
    else
        ROW_FN(row_scatter_body_)(v, sel, rows, targets, offset, false, true);
}

static void ROW_FN(row_gather_)(uint8_t *const *rows, uint32_t count, uint32_t offset, void *out) {
    ROW_TYPE *to = out;
    for (uint32_t i = 0; i < count; i++) memcpy(&to[i], rows[i] + offset, sizeof(ROW_TYPE));
}

KERNEL_INLINE uint32_t ROW_FN(row_match_body_)(const row_match_args *m, bool flat, bool nulls,
                                               bool keep_mismatch) {
    const ROW_TYPE *values = m->view.data;
    uint32_t kept = 0, dropped = *m->mismatch_count;
    for (uint32_t i = 0; i < m->count; i++) {
        sel_t row = m->sel[i];
        uint32_t index = flat ? row : view_index(&m->view, row);
        const uint8_t *candidate = m->candidates[row];
        bool valid = !nulls || validity_get(m->view.validity, index);
        bool candidate_valid = candidate[m->column / 8] >> (m->column % 8) & 1;
        bool both = (bool)((unsigned)valid & (unsigned)candidate_valid);
        bool equal = false;
        if (ROW_READ_ALWAYS || both) {
            ROW_TYPE value;
            memcpy(&value, candidate + m->offset, sizeof(value));
            equal = (bool)((unsigned)both & (unsigned)(ROW_EQUAL(&values[index], &value)));
        }
        if (nulls) {
            bool neither = !((unsigned)valid | (unsigned)candidate_valid);
            equal = (bool)((unsigned)equal | ((unsigned)neither & (unsigned)m->null_equal));
        }
        m->sel[kept] = row;
        kept += equal;
        if (keep_mismatch) {
            m->mismatch[dropped] = row;
            dropped += !equal;
        }
    }
    *m->mismatch_count = dropped;
    return kept;
}

static uint32_t ROW_FN(row_match_)(const row_match_args *m) {
    bool flat = m->view.sel == NULL && m->view.mask != 0;
    bool nulls = m->view.validity != NULL;
    if (m->mismatch == NULL) return ROW_FN(row_match_body_)(m, false, nulls, false);
    if (flat && !nulls) return ROW_FN(row_match_body_)(m, true, false, true);
    if (!nulls) return ROW_FN(row_match_body_)(m, false, false, true);
    return ROW_FN(row_match_body_)(m, false, true, true);
}

#undef ROW_FN
#undef ROW_JOIN
#undef ROW_JOIN2
#undef ROW_NAME
#undef ROW_TYPE
#undef ROW_EQUAL
#undef ROW_READ_ALWAYS
