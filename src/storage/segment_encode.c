/* segment_encode.c - choosing and writing a segment's encoding, and its statistics. See segment.h.
 */
#include "storage/segment.h"

#include "kernel/bitmap.h"

#include <math.h>

enum {
    SEGMENT_DICTIONARY_BITS_MIN =
        9, /* packed integers below this width are not worth a dictionary */
    SEGMENT_FIXED_ENTRIES_MAX = 8192,
    SEGMENT_STRING_ENTRIES_MAX = 1 << 16,
};

static size_t segment_pad(size_t size) {
    return (size + 7) & ~(size_t)7;
}

/* ---- validity
 * ---------------------------------------------------------------------------------------------- */

static uint32_t segment_count_runs(const uint64_t *validity, uint32_t rows) {
    uint32_t runs = 1;
    bool valid = true;
    for (uint32_t i = 0; i < rows; i++) {
        if (validity_get(validity, i) == valid) continue;
        valid = !valid;
        runs++;
    }
    return runs;
}

static dbx_status segment_write_runs(buffer *out, const uint64_t *validity, uint32_t rows) {
    bool valid = true;
    for (uint32_t i = 0; i < rows; i++) {
        if (validity_get(validity, i) == valid) continue;
        valid = !valid;
        TRY(buffer_append(out, &i, 4));
    }
    return buffer_append(out, &rows, 4);
}

/* Header and validity; the encoding's byte is put in at the end. */
static dbx_status segment_write_head(buffer *out, const column_builder *c) {
    uint8_t kind = c->null_count == 0         ? VALIDITY_ALL
                   : c->null_count == c->rows ? VALIDITY_NONE
                                              : VALIDITY_BITS;
    uint32_t size = 0;
    if (kind == VALIDITY_BITS) {
        size_t runs_size = segment_pad((size_t)segment_count_runs(c->validity, c->rows) * 4);
        size = (uint32_t)validity_bytes(c->rows);
        if (runs_size < size) {
            kind = VALIDITY_RUNS;
            size = (uint32_t)runs_size;
        }
    }
    uint8_t head[4] = {SEGMENT_NOTHING, kind, 0, 0};
    TRY(buffer_append(out, head, sizeof(head)));
    TRY(buffer_append(out, &c->rows, 4));
    TRY(buffer_append(out, &c->null_count, 4));
    TRY(buffer_append(out, &size, 4));
    static const char zeros[8] = {0};
    if (kind == VALIDITY_BITS) {
        size_t at = out->size;
        TRY(buffer_append(out, c->validity, size));
        if (c->rows % 64 != 0) { /* bits past the last row are whatever they were */
            uint64_t last;
            memcpy(&last, out->data + at + size - 8, 8);
            last &= ((uint64_t)1 << c->rows % 64) - 1;
            memcpy(out->data + at + size - 8, &last, 8);
        }
    }
    if (kind == VALIDITY_RUNS) {
        TRY(segment_write_runs(out, c->validity, c->rows));
        TRY(buffer_append(out, zeros, (8 - out->size % 8) % 8));
    }
    return DBX_OK;
}

/* ---- statistics
 * --------------------------------------------------------------------------------------------- */

static void segment_sketch_fixed(const column_builder *c, sketch *distinct) {
    size_t size = c->value_size;
    for (uint32_t i = 0; i < c->rows; i++) {
        const uint8_t *value = c->values + i * size;
        if (i > 0 && memcmp(value, value - size, size) == 0) continue;
        if (!validity_get(c->validity, i)) continue;
        sketch_add(distinct, sketch_hash_fixed(value, c->value_size));
    }
}

#define SEGMENT_SKETCH(ctype)                                                                      \
    do {                                                                                           \
        const ctype *values = (const ctype *)(const void *)c->values;                              \
        for (uint32_t i = 0; i < c->rows; i++) {                                                   \
            if (i > 0 && values[i] == values[i - 1]) continue;                                     \
            sketch_add(distinct, sketch_mix((uint64_t)values[i] + 0x9e3779b97f4a7c15u));           \
        }                                                                                          \
    } while (0)

/* Integers; NULL rows repeat other values by now. */
static void segment_sketch_ints(const column_builder *c, sketch *distinct) {
    switch (c->value_size) {
    case 1:
        SEGMENT_SKETCH(uint8_t);
        break;
    case 2:
        SEGMENT_SKETCH(uint16_t);
        break;
    case 4:
        SEGMENT_SKETCH(uint32_t);
        break;
    case 8:
        SEGMENT_SKETCH(uint64_t);
        break;
    default:
        segment_sketch_fixed(c, distinct);
        break;
    }
}

static void segment_sketch_dictionary(const dictionary *d, sketch *distinct) {
    for (uint32_t e = 0; e < d->entry_count; e++) sketch_add(distinct, d->entry_hashes[e]);
}

static double segment_float_at(const column_builder *c, uint32_t i) {
    return c->phys == PHYS_DOUBLE ? ((const double *)(const void *)c->values)[i]
                                  : (double)((const float *)(const void *)c->values)[i];
}

static void segment_bound_floats(const column_builder *c, segment_summary *sum) {
    double min = INFINITY, max = -INFINITY, last = -INFINITY;
    bool any = false, nan = false, sorted = c->null_count == 0;
    for (uint32_t i = 0; i < c->rows; i++) {
        if (!validity_get(c->validity, i)) continue;
        double v = segment_float_at(c, i);
        if (isnan(v)) {
            nan = true;
            continue;
        }
        any = true;
        min = v < min ? v : min;
        max = v > max ? v : max;
        sorted = sorted && !nan && v >= last;
        last = v;
    }
    if (nan) sum->flags |= SEGMENT_HAS_NAN;
    if (sorted) sum->flags |= SEGMENT_SORTED;
    if (!any) return;
    sum->flags |= SEGMENT_HAS_BOUNDS | SEGMENT_MIN_EXACT | SEGMENT_MAX_EXACT;
    sum->min.f64 = min;
    sum->max.f64 = max;
}

static void segment_bound_int128(const column_builder *c, segment_summary *sum) {
    const __int128 *values = (const __int128 *)(const void *)c->values;
    __int128 min = values[0], max = values[0];
    bool sorted = c->null_count == 0;
    for (uint32_t i = 1; i < c->rows; i++) {
        min = values[i] < min ? values[i] : min;
        max = values[i] > max ? values[i] : max;
        sorted = sorted && values[i] >= values[i - 1];
    }
    sum->min.i128 = min;
    sum->max.i128 = max;
    sum->flags |=
        SEGMENT_HAS_BOUNDS | SEGMENT_MIN_EXACT | SEGMENT_MAX_EXACT | (sorted ? SEGMENT_SORTED : 0);
}

static void segment_set_text_bounds(segment_summary *sum, string_view min, string_view max) {
    sum->min.text.size = (uint8_t)MIN(min.size, (size_t)SEGMENT_BOUND_BYTES);
    if (sum->min.text.size > 0) memcpy(sum->min.text.bytes, min.data, sum->min.text.size);
    if (min.size <= SEGMENT_BOUND_BYTES) sum->flags |= SEGMENT_MIN_EXACT;
    size_t size = MIN(max.size, (size_t)SEGMENT_BOUND_BYTES);
    if (size > 0) memcpy(sum->max.text.bytes, max.data, size);
    if (max.size > SEGMENT_BOUND_BYTES) { /* the next larger prefix */
        while (size > 0 && (uint8_t)sum->max.text.bytes[size - 1] == 0xFF) size--;
        if (size == 0) return;
        sum->max.text.bytes[size - 1]++;
    } else {
        sum->flags |= SEGMENT_MAX_EXACT;
    }
    sum->max.text.size = (uint8_t)size;
    sum->flags |= SEGMENT_HAS_BOUNDS;
}

static int segment_compare_text(string_view a, string_view b) {
    size_t common = MIN(a.size, b.size);
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static void segment_bound_entries(const column_builder *c, const dictionary *d,
                                  segment_summary *sum) {
    const uint32_t *sizes = (const uint32_t *)(const void *)c->values;
    string_view min = {NULL, 0}, max = {NULL, 0};
    for (uint32_t e = 0; e < d->entry_count; e++) {
        string_view text = {c->heap + d->entry_heaps[e], sizes[d->entry_rows[e]]};
        if (e == 0 || segment_compare_text(text, min) < 0) min = text;
        if (e == 0 || segment_compare_text(text, max) > 0) max = text;
    }
    if (d->entry_count > 0) segment_set_text_bounds(sum, min, max);
    bool sorted = c->null_count == 0;
    for (uint32_t i = 1; i < c->rows && sorted; i++) {
        uint32_t a = d->codes[i - 1], b = d->codes[i];
        if (a == b) continue;
        string_view x = {c->heap + d->entry_heaps[a], sizes[d->entry_rows[a]]};
        string_view y = {c->heap + d->entry_heaps[b], sizes[d->entry_rows[b]]};
        sorted = b > a && segment_compare_text(x, y) <= 0;
    }
    if (sorted) sum->flags |= SEGMENT_SORTED;
}

static void segment_bound_strings(const column_builder *c, segment_summary *sum, sketch *distinct) {
    const uint32_t *sizes = (const uint32_t *)(const void *)c->values;
    string_view min = {NULL, 0}, max = {NULL, 0}, last = {NULL, 0};
    bool any = false, sorted = c->null_count == 0;
    size_t at = 0;
    for (uint32_t i = 0; i < c->rows; i++) {
        string_view text = {c->heap + at, sizes[i]};
        at += sizes[i];
        if (!validity_get(c->validity, i)) continue;
        sketch_add(distinct, sketch_hash_string(text.data, text.size));
        if (sorted && any && segment_compare_text(last, text) > 0) sorted = false;
        /* In ascending data every value is a new maximum and none a new minimum. */
        if (!any || segment_compare_text(text, max) > 0)
            max = text;
        else if (segment_compare_text(text, min) < 0)
            min = text;
        if (!any) min = text;
        any = true;
        last = text;
    }
    if (any) segment_set_text_bounds(sum, min, max);
    if (sorted) sum->flags |= SEGMENT_SORTED;
}

/* ---- bodies
 * --------------------------------------------------------------------------------------------------
 */

/* Leading NULL rows take the first value, so that they widen no range. */
static void segment_backfill(column_builder *c) {
    uint32_t first = 0;
    while (first < c->rows && !validity_get(c->validity, first)) first++;
    if (first == 0 || first == c->rows) return;
    size_t size = c->value_size;
    for (uint32_t i = 0; i < first; i++)
        memcpy(c->values + i * size, c->values + first * size, size);
}

static bool segment_all_equal(const column_builder *c) {
    size_t size = c->value_size;
    return c->rows <= 1 || memcmp(c->values, c->values + size, (c->rows - 1) * size) == 0;
}

static dbx_status segment_write_constant(buffer *out, const column_builder *c,
                                         segment_summary *sum) {
    sum->encoding = SEGMENT_CONSTANT;
    static const char zeros[16] = {0};
    TRY(buffer_append(out, c->values, c->value_size));
    return buffer_append(out, zeros, 16 - c->value_size);
}

/* Writes a dictionary if it takes at most `limit` bytes. */
static dbx_status segment_try_dictionary(buffer *out, const column_builder *c, uint64_t limit,
                                         uint32_t entries_max, segment_summary *sum,
                                         sketch *distinct, bool *done) {
    *done = false;
    if (!dictionary_may_pay(c)) return DBX_OK;
    dictionary d;
    bool fits;
    dbx_status status = dictionary_build(&d, c, entries_max, &fits);
    if (status == DBX_OK && fits) {
        int_plan codes;
        if (dictionary_size(&d, c, &codes) <= limit) {
            *done = true;
            sum->encoding = SEGMENT_DICTIONARY;
            segment_sketch_dictionary(&d, distinct);
            if (c->phys == PHYS_STRING) segment_bound_entries(c, &d, sum);
            status = dictionary_write(out, &d, c);
        }
    }
    dictionary_deinit(&d);
    return status;
}

static dbx_status segment_write_ints(buffer *out, column_builder *c, segment_summary *sum,
                                     sketch *distinct) {
    int_plan plan;
    int_stream_plan(c->values, c->value_size, c->rows, &plan);
    sum->min.i64 = plan.min;
    sum->max.i64 = plan.max;
    sum->flags |= SEGMENT_HAS_BOUNDS | SEGMENT_MIN_EXACT | SEGMENT_MAX_EXACT;
    if (plan.ascending && c->null_count == 0) sum->flags |= SEGMENT_SORTED;
    if (c->phys == PHYS_INT128) {
        sum->min.i128 = plan.min;
        sum->max.i128 = plan.max;
    }
    if (plan.mode == INT_CONSTANT) {
        segment_sketch_ints(c, distinct);
        return segment_write_constant(out, c, sum);
    }
    bool done = false;
    if (plan.mode != INT_RUNS && plan.size * 8 > (uint64_t)c->rows * SEGMENT_DICTIONARY_BITS_MIN) {
        TRY(segment_try_dictionary(out, c, plan.size - plan.size / 4, SEGMENT_FIXED_ENTRIES_MAX,
                                   sum, distinct, &done));
    }
    if (done) return DBX_OK;
    segment_sketch_ints(c, distinct);
    sum->encoding = SEGMENT_INTS;
    return int_stream_write(out, c->values, c->value_size, c->rows, &plan);
}

static bool segment_int128_fits(const column_builder *c) {
    const __int128 *values = (const __int128 *)(const void *)c->values;
    for (uint32_t i = 0; i < c->rows; i++) {
        if (values[i] != (int64_t)values[i]) return false;
    }
    return true;
}

static dbx_status segment_write_raw(buffer *out, const column_builder *c, segment_summary *sum,
                                    sketch *distinct) {
    uint64_t plain = (uint64_t)c->rows * c->value_size;
    bool done;
    TRY(segment_try_dictionary(out, c, plain - plain / 4, SEGMENT_FIXED_ENTRIES_MAX, sum, distinct,
                               &done));
    if (done) return DBX_OK;
    segment_sketch_fixed(c, distinct);
    sum->encoding = SEGMENT_RAW;
    return raw_write(out, c->values, c->value_size, c->rows);
}

static dbx_status segment_write_floats(buffer *out, const column_builder *c, segment_summary *sum,
                                       sketch *distinct) {
    uint32_t exponent;
    size_t start = out->size;
    uint64_t plain = (uint64_t)c->rows * c->value_size;
    if (scaled_plan(c->values, c->value_size, c->rows, &exponent)) {
        bool fits;
        TRY(scaled_write(out, c->values, c->value_size, c->rows, exponent, &fits));
        uint64_t size = out->size - start;
        if (fits && size <= plain - plain / 8) {
            /* A dictionary must be much smaller to replace integers, which are read faster. */
            size_t end = out->size;
            bool done;
            TRY(segment_try_dictionary(out, c, size / 2, SEGMENT_FIXED_ENTRIES_MAX, sum, distinct,
                                       &done));
            if (done) {
                memmove(out->data + start, out->data + end, out->size - end);
                out->size -= end - start;
                return DBX_OK;
            }
            segment_sketch_fixed(c, distinct);
            sum->encoding = SEGMENT_SCALED;
            return DBX_OK;
        }
        out->size = start;
    }
    return segment_write_raw(out, c, sum, distinct);
}

static dbx_status segment_write_fixed(buffer *out, column_builder *c, segment_summary *sum,
                                      sketch *distinct) {
    segment_backfill(c);
    switch (c->phys) {
    case PHYS_BOOL:
    case PHYS_INT8:
    case PHYS_INT16:
    case PHYS_INT32:
    case PHYS_INT64:
        return segment_write_ints(out, c, sum, distinct);
    case PHYS_INT128:
        if (segment_int128_fits(c)) return segment_write_ints(out, c, sum, distinct);
        segment_bound_int128(c, sum);
        break;
    case PHYS_FLOAT:
    case PHYS_DOUBLE:
        segment_bound_floats(c, sum);
        break;
    default:
        break;
    }
    if (segment_all_equal(c)) {
        segment_sketch_fixed(c, distinct);
        return segment_write_constant(out, c, sum);
    }
    if (c->phys == PHYS_FLOAT || c->phys == PHYS_DOUBLE)
        return segment_write_floats(out, c, sum, distinct);
    return segment_write_raw(out, c, sum, distinct);
}

static bool segment_strings_equal(const column_builder *c) {
    const uint32_t *sizes = (const uint32_t *)(const void *)c->values;
    if (c->null_count > 0) return false;
    for (uint32_t i = 1; i < c->rows; i++) {
        if (sizes[i] != sizes[0]) return false;
    }
    size_t size = sizes[0];
    return c->rows <= 1 || size == 0 || memcmp(c->heap, c->heap + size, (c->rows - 1) * size) == 0;
}

static dbx_status segment_write_strings(buffer *out, column_builder *c, segment_summary *sum,
                                        sketch *distinct) {
    const uint32_t *sizes = (const uint32_t *)(const void *)c->values;
    static const char zeros[8] = {0};
    sum->value_bytes = c->heap_size;
    if (segment_strings_equal(c)) {
        string_view text = {c->heap, sizes[0]};
        sum->encoding = SEGMENT_CONSTANT;
        sum->flags |= SEGMENT_SORTED;
        segment_set_text_bounds(sum, text, text);
        sketch_add(distinct, sketch_hash_string(text.data, text.size));
        uint64_t size = text.size;
        TRY(buffer_append(out, &size, 8));
        TRY(buffer_append_sv(out, text));
        return buffer_append(out, zeros, (8 - out->size % 8) % 8);
    }
    uint64_t plain = (uint64_t)c->heap_size + c->rows;
    uint32_t entries_max = MIN(c->rows / 2 + 1, (uint32_t)SEGMENT_STRING_ENTRIES_MAX);
    bool done;
    TRY(segment_try_dictionary(out, c, plain - plain / 4, entries_max, sum, distinct, &done));
    if (done) return DBX_OK;
    segment_bound_strings(c, sum, distinct);
    sum->encoding = SEGMENT_STRINGS;
    return strings_write(out, sizes, c->heap, c->rows);
}

static dbx_status segment_write_offsets(buffer *out, const column_builder *c,
                                        segment_summary *sum) {
    size_t size = ((size_t)c->rows + 1) * 8;
    int64_t *offsets = mem_alloc(c->ledger, size);
    if (offsets == NULL) return DBX_NOMEM;
    offsets[0] = 0;
    memcpy(offsets + 1, c->values, (size_t)c->rows * 8);
    int_plan plan;
    int_stream_plan(offsets, 8, c->rows + 1, &plan);
    sum->encoding = SEGMENT_OFFSETS;
    dbx_status status = int_stream_write(out, offsets, 8, c->rows + 1, &plan);
    mem_free(c->ledger, offsets, size);
    return status;
}

dbx_status segment_encode(column_builder *c, buffer *out, segment_summary *sum, sketch *distinct,
                          error *err) {
    assert(out->size == 0);
    memset(sum, 0, sizeof(*sum));
    sum->null_count = c->null_count;
    dbx_status status = segment_write_head(out, c);
    bool has_values = c->rows > 0 && c->null_count < c->rows;
    if (status == DBX_OK && c->phys == PHYS_LIST)
        status = segment_write_offsets(out, c, sum);
    else if (status == DBX_OK && has_values && c->phys == PHYS_STRING)
        status = segment_write_strings(out, c, sum, distinct);
    else if (status == DBX_OK && has_values && c->phys != PHYS_STRUCT)
        status = segment_write_fixed(out, c, sum, distinct);
    if (status != DBX_OK) return error_nomem(err);
    out->data[0] = (char)sum->encoding;
    assert(out->size % 8 == 0);
    return DBX_OK;
}
