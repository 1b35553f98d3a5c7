/* table_filter.c - see table_filter.h. */
#include "storage/table_filter.h"

#include "kernel/mask.h"
#include "vector/bloom.h"
#include "vector/hash.h"

#include <math.h>

enum {
    TABLE_FILTER_LIST_BITS = 1 << 16,  /* lists of a smaller range become bitmaps */
    TABLE_FILTER_LOOK_WORDS = 1 << 14, /* of a bitmap, before a row group is read */
    TABLE_FILTER_FEW_SHARE = 4, /* single rows are tested when less than 1/4 of a window is left */
};

/* ---- translating
 * --------------------------------------------------------------------------------------------- */

static bool table_filter_is_int(uint8_t phys) {
    return phys == PHYS_BOOL || phys == PHYS_INT8 || phys == PHYS_INT16 || phys == PHYS_INT32 ||
           phys == PHYS_INT64;
}

static int64_t table_filter_load_int(const vector *v, uint32_t i) {
    switch (v->phys) {
    case PHYS_BOOL:
        return VECTOR_DATA(v, uint8_t)[i];
    case PHYS_INT8:
        return VECTOR_DATA(v, int8_t)[i];
    case PHYS_INT16:
        return VECTOR_DATA(v, int16_t)[i];
    case PHYS_INT32:
        return VECTOR_DATA(v, int32_t)[i];
    default:
        return VECTOR_DATA(v, int64_t)[i];
    }
}

static void table_filter_set_range(table_filter *f, int64_t value) {
    f->kind = TABLE_FILTER_INTS;
    f->lo = INT64_MIN;
    f->hi = INT64_MAX;
    switch (f->op) {
    case SCAN_NE:
        f->negated = true;
        f->lo = f->hi = value;
        break;
    case SCAN_LT:
        if (value == INT64_MIN)
            f->kind = TABLE_FILTER_NEVER;
        else
            f->hi = value - 1;
        break;
    case SCAN_LE:
        f->hi = value;
        break;
    case SCAN_GT:
        if (value == INT64_MAX)
            f->kind = TABLE_FILTER_NEVER;
        else
            f->lo = value + 1;
        break;
    case SCAN_GE:
        f->lo = value;
        break;
    default:
        f->lo = f->hi = value;
        break;
    }
}

static dbx_status table_filter_set_list(table_filter *f, const scan_predicate *p, arena *a) {
    f->count = p->value_count;
    if (f->count == 0) {
        f->kind = TABLE_FILTER_NEVER;
        return DBX_OK;
    }
    if (!table_filter_is_int(f->phys)) {
        f->kind = TABLE_FILTER_VALUES;
        f->values = p->value.data;
        return DBX_OK;
    }
    int64_t *list = ARENA_ARRAY(a, int64_t, f->count);
    if (list == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < f->count; i++) list[i] = table_filter_load_int(&p->value, i);
    f->kind = TABLE_FILTER_INT_LIST;
    f->list = list;
    f->lo = list[0];
    f->hi = list[f->count - 1];
    uint64_t width = (uint64_t)f->hi - (uint64_t)f->lo;
    if (width >= TABLE_FILTER_LIST_BITS) return DBX_OK;
    uint64_t *bits = arena_alloc_zero(a, (width / 64 + 1) * sizeof(*bits));
    if (bits == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < f->count; i++) {
        uint64_t bit = (uint64_t)list[i] - (uint64_t)f->lo;
        bits[bit / 64] |= (uint64_t)1 << (bit % 64);
    }
    f->kind = TABLE_FILTER_BITMAP;
    f->set = (int_bitmap){bits, f->lo, f->hi};
    return DBX_OK;
}

/* What is not published yet, or made of other types, is left to exec. */
static void table_filter_set_runtime(table_filter *f, bool *exact) {
    runtime_filter *r = (runtime_filter *)(uintptr_t)f->runtime;
    *exact = false;
    if (!atomic_load_explicit(&r->ready, memory_order_acquire)) return;
    *exact = true;
    f->optional = true;
    f->lo = r->has_min_max ? r->min : INT64_MIN;
    f->hi = r->has_min_max ? r->max : INT64_MAX;
    if (r->is_empty) {
        f->kind = TABLE_FILTER_NEVER;
    } else if (!table_filter_is_int(f->phys) || f->phys == PHYS_BOOL) {
        *exact = false;
    } else if (r->has_min_max && r->bitmap != NULL) {
        f->kind = TABLE_FILTER_BITMAP;
        f->set = (int_bitmap){r->bitmap, r->min, r->max};
    } else if (r->bloom != NULL) {
        f->kind = TABLE_FILTER_BLOOM;
    } else if (r->has_min_max) {
        f->kind = TABLE_FILTER_INTS;
    }
}

static bool table_filter_takes_type(type t, uint8_t phys) {
    if (phys == PHYS_STRING) {
        return t.id == TYPE_BINARY || (t.id == TYPE_STRING && t.collation == COLLATION_UTF8_BINARY);
    }
    return table_filter_is_int(phys) || phys == PHYS_INT128 || phys == PHYS_FLOAT ||
           phys == PHYS_DOUBLE;
}

dbx_status table_filter_init(table_filter *f, const scan_predicate *p, type t, arena *a,
                             bool *exact) {
    *f = (table_filter){
        .op = p->op, .column = p->column, .phys = (uint8_t)type_physical(t), .runtime = p->runtime};
    *exact = true;
    if (p->op == SCAN_IS_NULL || p->op == SCAN_IS_NOT_NULL) {
        f->kind = p->op == SCAN_IS_NULL ? TABLE_FILTER_NULL : TABLE_FILTER_NOT_NULL;
        return DBX_OK;
    }
    if (p->op == SCAN_RUNTIME) {
        table_filter_set_runtime(f, exact);
        return DBX_OK;
    }
    *exact = t.id != TYPE_VOID && table_filter_takes_type(t, f->phys);
    if (!*exact) return DBX_OK;
    if (p->op == SCAN_IN) {
        *exact = p->value.form == VECTOR_FLAT;
        return *exact ? table_filter_set_list(f, p, a) : DBX_OK;
    }
    if (!validity_get(p->value.validity, 0)) {
        f->kind = TABLE_FILTER_NEVER;
        return DBX_OK;
    }
    if (table_filter_is_int(f->phys)) {
        table_filter_set_range(f, table_filter_load_int(&p->value, 0));
    } else if (f->phys == PHYS_INT128) {
        f->kind = TABLE_FILTER_WIDE;
        memcpy(&f->i128, p->value.data, sizeof(f->i128));
    } else if (f->phys == PHYS_STRING) {
        f->kind = TABLE_FILTER_STRINGS;
        f->text = *VECTOR_DATA(&p->value, vstring);
    } else {
        f->kind = TABLE_FILTER_FLOATS;
        f->f64 = f->phys == PHYS_DOUBLE ? *VECTOR_DATA(&p->value, double)
                                        : (double)*VECTOR_DATA(&p->value, float);
    }
    return DBX_OK;
}

static bool table_filter_layout(uint8_t phys, comparison_layout *out) {
    static const comparison_layout layouts[PHYS_COUNT] = {
        [PHYS_BOOL] = COMPARE_UINT8,  [PHYS_INT8] = COMPARE_INT8,
        [PHYS_INT16] = COMPARE_INT16, [PHYS_INT32] = COMPARE_INT32,
        [PHYS_INT64] = COMPARE_INT64, [PHYS_INT128] = COMPARE_INT128,
        [PHYS_FLOAT] = COMPARE_FLOAT, [PHYS_DOUBLE] = COMPARE_DOUBLE,
    };
    *out = layouts[phys];
    return table_filter_is_int(phys) || phys == PHYS_INT128 || phys == PHYS_FLOAT ||
           phys == PHYS_DOUBLE;
}

void table_filter_init_pair(table_filter *f, const scan_pair *p, type t) {
    static const comparison_op ops[] = {
        [SCAN_EQ] = COMPARE_EQ, [SCAN_NE] = COMPARE_NE, [SCAN_LT] = COMPARE_LT,
        [SCAN_LE] = COMPARE_LE, [SCAN_GT] = COMPARE_LT, [SCAN_GE] = COMPARE_LE,
    };
    comparison_layout layout;
    *f = (table_filter){.op = p->op,
                        .column = p->left,
                        .other = p->right,
                        .phys = (uint8_t)type_physical(t),
                        .swapped = p->op == SCAN_GT || p->op == SCAN_GE};
    assert(p->op <= SCAN_GE);
    if (!table_filter_layout(f->phys, &layout)) return;
    f->kind = TABLE_FILTER_PAIR;
    f->compare = comparison_kernel(ops[p->op], layout);
}

/* ---- comparing values
 * ---------------------------------------------------------------------------------------- */

static bool table_filter_holds(scan_predicate_op op, int order) {
    switch (op) {
    case SCAN_EQ:
        return order == 0;
    case SCAN_NE:
        return order != 0;
    case SCAN_LT:
        return order < 0;
    case SCAN_LE:
        return order <= 0;
    case SCAN_GT:
        return order > 0;
    default:
        return order >= 0;
    }
}

static int table_filter_order_floats(double a, double b) {
    if (isnan(a) || isnan(b)) return (isnan(a) ? 1 : 0) - (isnan(b) ? 1 : 0);
    return (a > b) - (a < b);
}

/* NaN passes GT, GE and NE of a number, as the negated comparisons say. */
static void table_filter_match_floats(const table_filter *f, const double *v, uint32_t count,
                                      uint8_t *matches) {
    double c = f->f64;
    if (isnan(c)) {
        for (uint32_t i = 0; i < count; i++)
            matches[i] = table_filter_holds(f->op, table_filter_order_floats(v[i], c));
        return;
    }
    switch (f->op) {
    case SCAN_EQ:
        for (uint32_t i = 0; i < count; i++) matches[i] = v[i] == c;
        break;
    case SCAN_NE:
        for (uint32_t i = 0; i < count; i++) matches[i] = !(v[i] == c);
        break;
    case SCAN_LT:
        for (uint32_t i = 0; i < count; i++) matches[i] = v[i] < c;
        break;
    case SCAN_LE:
        for (uint32_t i = 0; i < count; i++) matches[i] = v[i] <= c;
        break;
    case SCAN_GT:
        for (uint32_t i = 0; i < count; i++) matches[i] = !(v[i] <= c);
        break;
    default:
        for (uint32_t i = 0; i < count; i++) matches[i] = !(v[i] < c);
        break;
    }
}

static void table_filter_match_strings(const table_filter *f, const vstring *v, uint32_t count,
                                       uint8_t *matches) {
    if (f->op == SCAN_EQ || f->op == SCAN_NE) {
        bool want = f->op == SCAN_EQ;
        for (uint32_t i = 0; i < count; i++) matches[i] = vstring_equal(&v[i], &f->text) == want;
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        matches[i] = table_filter_holds(f->op, vstring_compare(&v[i], &f->text));
}

static bool table_filter_list_has(const int64_t *list, uint32_t count, int64_t v) {
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (list[middle] < v)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && list[low] == v;
}

static bool table_filter_values_have(const table_filter *f, const void *value) {
    for (uint32_t i = 0; i < f->count; i++) {
        switch (f->phys) {
        case PHYS_STRING:
            if (vstring_equal(value, (const vstring *)f->values + i)) return true;
            break;
        case PHYS_INT128:
            if (memcmp(value, (const __int128 *)f->values + i, 16) == 0) return true;
            break;
        case PHYS_DOUBLE:
            if (table_filter_order_floats(*(const double *)value, ((const double *)f->values)[i]) ==
                0)
                return true;
            break;
        default:
            if (table_filter_order_floats(*(const float *)value, ((const float *)f->values)[i]) ==
                0)
                return true;
            break;
        }
    }
    return false;
}

static void table_filter_match_bloom(const table_filter *f, const int64_t *v, uint32_t count,
                                     uint8_t *matches) {
    for (uint32_t i = 0; i < count; i++) {
        matches[i] =
            v[i] >= f->lo && v[i] <= f->hi && runtime_bloom_test(f->runtime, hash_int64(v[i]));
    }
}

static void table_filter_match_ints(const table_filter *f, const int64_t *v, uint32_t count,
                                    uint8_t *matches) {
    switch (f->kind) {
    case TABLE_FILTER_INTS:
        lanepack_match_values(v, count, f->lo, f->hi, matches);
        if (f->negated) lanepack_not(matches, count);
        break;
    case TABLE_FILTER_BITMAP:
        lanepack_match_bits(v, 8, count, 0 - (uint64_t)f->set.min, f->set.bits,
                            (uint64_t)f->set.max - (uint64_t)f->set.min, matches);
        break;
    case TABLE_FILTER_BLOOM:
        table_filter_match_bloom(f, v, count, matches);
        break;
    default:
        for (uint32_t i = 0; i < count; i++) {
            matches[i] =
                v[i] >= f->lo && v[i] <= f->hi && table_filter_list_has(f->list, f->count, v[i]);
        }
    }
}

/* Tests values of the column's physical type; at most LANEPACK_ROWS. */
static void table_filter_match_values(const table_filter *f, const void *values, uint32_t count,
                                      uint8_t *matches) {
    assert(count <= LANEPACK_ROWS);
    if (table_filter_is_int(f->phys)) {
        int64_t ints[LANEPACK_ROWS];
        lanepack_load(values, physical_size((physical_type)f->phys), count, ints);
        table_filter_match_ints(f, ints, count, matches);
        return;
    }
    if (f->kind == TABLE_FILTER_VALUES) {
        uint32_t size = physical_size((physical_type)f->phys);
        for (uint32_t i = 0; i < count; i++)
            matches[i] = table_filter_values_have(f, (const char *)values + (size_t)i * size);
        return;
    }
    if (f->kind == TABLE_FILTER_STRINGS) {
        table_filter_match_strings(f, values, count, matches);
    } else if (f->kind == TABLE_FILTER_WIDE) {
        for (uint32_t i = 0; i < count; i++) {
            __int128 v;
            memcpy(&v, (const char *)values + (size_t)i * 16, 16);
            matches[i] = table_filter_holds(f->op, (v > f->i128) - (v < f->i128));
        }
    } else if (f->phys == PHYS_DOUBLE) {
        table_filter_match_floats(f, values, count, matches);
    } else {
        double wide[LANEPACK_ROWS];
        for (uint32_t i = 0; i < count; i++) wide[i] = (double)((const float *)values)[i];
        table_filter_match_floats(f, wide, count, matches);
    }
}

/* ---- statistics
 * ---------------------------------------------------------------------------------------------- */

/* Verdict from the order of the bounds to the constant; NaN only matters to floats. */
static table_filter_verdict table_filter_check_orders(scan_predicate_op op, int min_order,
                                                      int max_order, bool bounds_are_values,
                                                      bool nan) {
    switch (op) {
    case SCAN_EQ:
        if (min_order > 0 || max_order < 0) return TABLE_FILTER_NONE;
        return min_order == 0 && max_order == 0 && bounds_are_values && !nan ? TABLE_FILTER_ALL
                                                                             : TABLE_FILTER_SOME;
    case SCAN_NE:
        if (min_order > 0 || max_order < 0) return TABLE_FILTER_ALL;
        return min_order == 0 && max_order == 0 && bounds_are_values && !nan ? TABLE_FILTER_NONE
                                                                             : TABLE_FILTER_SOME;
    case SCAN_LT:
        if (min_order >= 0) return TABLE_FILTER_NONE;
        return max_order < 0 && !nan ? TABLE_FILTER_ALL : TABLE_FILTER_SOME;
    case SCAN_LE:
        if (min_order > 0) return TABLE_FILTER_NONE;
        return max_order <= 0 && !nan ? TABLE_FILTER_ALL : TABLE_FILTER_SOME;
    case SCAN_GT:
        if (max_order <= 0 && !nan) return TABLE_FILTER_NONE;
        return min_order > 0 ? TABLE_FILTER_ALL : TABLE_FILTER_SOME;
    default:
        if (max_order < 0 && !nan) return TABLE_FILTER_NONE;
        return min_order >= 0 ? TABLE_FILTER_ALL : TABLE_FILTER_SOME;
    }
}

static table_filter_verdict table_filter_check_ints(const table_filter *f, const segment *seg) {
    int64_t min = seg->min.i64, max = seg->max.i64;
    bool outside = max < f->lo || min > f->hi;
    if (f->kind == TABLE_FILTER_BITMAP) {
        return int_bitmap_misses(&f->set, min, max, TABLE_FILTER_LOOK_WORDS) ? TABLE_FILTER_NONE
                                                                             : TABLE_FILTER_SOME;
    }
    if (f->kind != TABLE_FILTER_INTS) return outside ? TABLE_FILTER_NONE : TABLE_FILTER_SOME;
    bool inside = min >= f->lo && max <= f->hi;
    if (outside) return f->negated ? TABLE_FILTER_ALL : TABLE_FILTER_NONE;
    return inside ? (f->negated ? TABLE_FILTER_NONE : TABLE_FILTER_ALL) : TABLE_FILTER_SOME;
}

static int table_filter_order_bound(const segment_bound *bound, const vstring *text) {
    vstring prefix = vstring_from(bound->text.bytes, bound->text.size);
    return vstring_compare(&prefix, text);
}

static table_filter_verdict table_filter_check_bounds(const table_filter *f, const segment *seg) {
    bool exact = (seg->flags & SEGMENT_MIN_EXACT) && (seg->flags & SEGMENT_MAX_EXACT);
    bool nan = seg->flags & SEGMENT_HAS_NAN;
    switch (f->kind) {
    case TABLE_FILTER_INTS:
    case TABLE_FILTER_INT_LIST:
    case TABLE_FILTER_BITMAP:
    case TABLE_FILTER_BLOOM:
        return table_filter_check_ints(f, seg);
    case TABLE_FILTER_FLOATS:
        if (isnan(f->f64) && nan) return TABLE_FILTER_SOME; /* the bounds leave NaN out */
        return table_filter_check_orders(f->op, table_filter_order_floats(seg->min.f64, f->f64),
                                         table_filter_order_floats(seg->max.f64, f->f64), exact,
                                         nan);
    case TABLE_FILTER_WIDE:
        return table_filter_check_orders(
            f->op, (seg->min.i128 > f->i128) - (seg->min.i128 < f->i128),
            (seg->max.i128 > f->i128) - (seg->max.i128 < f->i128), exact, false);
    case TABLE_FILTER_STRINGS:
        return table_filter_check_orders(f->op, table_filter_order_bound(&seg->min, &f->text),
                                         table_filter_order_bound(&seg->max, &f->text), exact,
                                         false);
    default:
        return TABLE_FILTER_SOME;
    }
}

/* Which sides of a comparison of columns can be told apart by their bounds. */
static table_filter_verdict table_filter_check_pair(const table_filter *f, const segment *left,
                                                    const segment *right) {
    if (right == NULL || right->null_count == right->rows) return TABLE_FILTER_NONE;
    if (!table_filter_is_int(f->phys) || !(left->flags & SEGMENT_HAS_BOUNDS) ||
        !(right->flags & SEGMENT_HAS_BOUNDS))
        return TABLE_FILTER_SOME;
    bool below = left->max.i64<right->min.i64, above = left->min.i64> right->max.i64;
    if (!below && !above) return TABLE_FILTER_SOME;
    bool holds = table_filter_holds(f->op, below ? -1 : 1);
    if (!holds) return TABLE_FILTER_NONE;
    return left->null_count == 0 && right->null_count == 0 ? TABLE_FILTER_ALL : TABLE_FILTER_SOME;
}

table_filter_verdict table_filter_check(const table_filter *f, const segment *seg,
                                        const segment *other) {
    bool all_null = seg == NULL || seg->null_count == seg->rows;
    bool no_null = seg != NULL && seg->null_count == 0;
    if (f->kind == TABLE_FILTER_NOTHING) return TABLE_FILTER_ALL;
    if (f->kind == TABLE_FILTER_NEVER) return TABLE_FILTER_NONE;
    if (f->kind == TABLE_FILTER_NULL)
        return all_null ? TABLE_FILTER_ALL : no_null ? TABLE_FILTER_NONE : TABLE_FILTER_SOME;
    if (f->kind == TABLE_FILTER_NOT_NULL)
        return all_null ? TABLE_FILTER_NONE : no_null ? TABLE_FILTER_ALL : TABLE_FILTER_SOME;
    if (all_null) return TABLE_FILTER_NONE;
    if (f->kind == TABLE_FILTER_PAIR) return table_filter_check_pair(f, seg, other);
    if (!(seg->flags & SEGMENT_HAS_BOUNDS)) return TABLE_FILTER_SOME;
    table_filter_verdict v = table_filter_check_bounds(f, seg);
    return v == TABLE_FILTER_ALL && !no_null ? TABLE_FILTER_SOME : v;
}

/* ---- rows
 * ----------------------------------------------------------------------------------------------------
 */

dbx_status table_filter_open(const table_filter *f, column_reader *c, table_filter_state *state,
                             arena *a, error *err) {
    if (state->open) return DBX_OK;
    *state = (table_filter_state){.open = true};
    bool by_value = f->kind >= TABLE_FILTER_INTS && f->kind != TABLE_FILTER_PAIR &&
                    c->segment != NULL && c->reader.encoding == SEGMENT_DICTIONARY;
    if (!by_value) return DBX_OK;
    uint32_t count = c->reader.u.dictionary.entry_count;
    state->entry_matches = arena_alloc(a, (size_t)count + 1);
    if (state->entry_matches == NULL) return error_nomem(err);
    size_t size = c->reader.phys == PHYS_STRING ? sizeof(vstring) : c->reader.value_size;
    const char *values = c->reader.phys == PHYS_STRING
                             ? (const char *)c->reader.entries
                             : (const char *)c->reader.u.dictionary.values;
    for (uint32_t at = 0; at < count; at += LANEPACK_ROWS) {
        uint32_t n = MIN((uint32_t)LANEPACK_ROWS, count - at);
        table_filter_match_values(f, values + at * size, n, state->entry_matches + at);
    }
    state->entry_matches[count] = 0;
    state->no_entry = memchr(state->entry_matches, 1, count) == NULL;
    if (!state->no_entry) {
        const uint8_t *first = memchr(state->entry_matches, 1, count);
        const uint8_t *end = memchr(first, 0, (size_t)(state->entry_matches + count + 1 - first));
        state->first = (uint32_t)(first - state->entry_matches);
        state->last = (uint32_t)(end - state->entry_matches) - 1;
        state->in_a_row = memchr(end, 1, (size_t)(state->entry_matches + count + 1 - end)) == NULL;
    }
    state->all_entries =
        memchr(state->entry_matches, 0, count) == NULL && c->reader.null_count == 0;
    return DBX_OK;
}

static void table_filter_and_validity(const segment_reader *r, uint32_t from, uint32_t count,
                                      uint8_t *mask, bool valid) {
    if (r->validity == NULL) {
        if (r->all_null == valid) memset(mask, 0, count);
        return;
    }
    uint64_t validity[VALIDITY_WORDS];
    segment_read_validity(r, from, count, validity);
    for (uint32_t i = 0; i < (count + 63) / 64 && !valid; i++) validity[i] = ~validity[i];
    mask_and_bits(validity, count, mask);
}

/* Decodes and tests 1024 rows at a time. */
static dbx_status table_filter_match_decoded(const table_filter *f, segment_reader *r,
                                             uint32_t from, uint32_t count, uint8_t *matches,
                                             arena *a, error *err) {
    union {
        __int128 fixed[LANEPACK_ROWS];
        vstring strings[LANEPACK_ROWS];
    } values;
    for (uint32_t at = 0; at < count; at += LANEPACK_ROWS) {
        uint32_t n = MIN((uint32_t)LANEPACK_ROWS, count - at);
        if (r->phys == PHYS_STRING)
            TRY(segment_read_strings(r, from + at, n, values.strings, a, err));
        else
            TRY(segment_read_fixed(r, from + at, n, &values, err));
        table_filter_match_values(f, &values, n, matches + at);
    }
    return DBX_OK;
}

/* Few rows are left: only these are decoded and tested. */
static dbx_status table_filter_match_few(const table_filter *f, segment_reader *r, uint32_t from,
                                         uint32_t count, uint8_t *mask, error *err) {
    sel_t sel[CHUNK_ROWS_MAX];
    __int128 values[LANEPACK_ROWS];
    uint8_t matches[LANEPACK_ROWS];
    uint32_t left = (uint32_t)mask_to_sel(mask, count, sel);
    for (uint32_t at = 0; at < left; at += LANEPACK_ROWS) {
        uint32_t n = MIN((uint32_t)LANEPACK_ROWS, left - at);
        TRY(segment_gather_fixed(r, from, sel + at, n, values, err));
        table_filter_match_values(f, values, n, matches);
        mask_and_selected(matches, sel + at, n, mask);
    }
    return DBX_OK;
}

static dbx_status table_filter_apply_pair(const table_filter *f, column_reader *left,
                                          column_reader *right, uint32_t from, uint32_t count,
                                          uint32_t rows_left, uint8_t *mask, error *err) {
    __int128 x[LANEPACK_ROWS], y[LANEPACK_ROWS];
    sel_t sel[CHUNK_ROWS_MAX];
    uint8_t matches[LANEPACK_ROWS];
    column_reader *first = f->swapped ? right : left, *second = f->swapped ? left : right;
    bool few = rows_left * TABLE_FILTER_FEW_SHARE < count;
    uint32_t rows = few ? (uint32_t)mask_to_sel(mask, count, sel) : count;
    kernel_operand a = {.data = x, .mask = UINT32_MAX}, b = {.data = y, .mask = UINT32_MAX};
    for (uint32_t at = 0; at < rows; at += LANEPACK_ROWS) {
        uint32_t n = MIN((uint32_t)LANEPACK_ROWS, rows - at);
        if (few) {
            TRY(segment_gather_fixed(&first->reader, from, sel + at, n, x, err));
            TRY(segment_gather_fixed(&second->reader, from, sel + at, n, y, err));
        } else {
            TRY(segment_read_fixed(&first->reader, from + at, n, x, err));
            TRY(segment_read_fixed(&second->reader, from + at, n, y, err));
        }
        f->compare(a, b, matches, NULL, n, NULL, NULL);
        if (few)
            mask_and_selected(matches, sel + at, n, mask);
        else
            lanepack_and(mask + at, matches, n);
    }
    table_filter_and_validity(&left->reader, from, count, mask, true);
    table_filter_and_validity(&right->reader, from, count, mask, true);
    return DBX_OK;
}

static void table_filter_apply_entries(const table_filter_state *state, segment_reader *r,
                                       uint32_t from, uint32_t count, uint8_t *mask) {
    uint8_t matches[CHUNK_ROWS_MAX];
    if (state->all_entries) return;
    if (state->in_a_row) {
        int_reader_match(&r->u.dictionary.codes, from, count, state->first, state->last, matches);
    } else {
        uint32_t codes[CHUNK_ROWS_MAX];
        segment_read_codes(r, from, NULL, count, codes);
        lanepack_match_table(state->entry_matches, codes, count, matches);
    }
    lanepack_and(mask, matches, count);
}

/* Strings of another size are not equal: often no bytes need be looked at. */
static dbx_status table_filter_apply_sizes(const table_filter *f, segment_reader *r, uint32_t from,
                                           uint32_t count, uint8_t *mask, arena *a, error *err) {
    uint8_t matches[CHUNK_ROWS_MAX], kept[CHUNK_ROWS_MAX];
    sel_t sel[CHUNK_ROWS_MAX];
    vstring strings[LANEPACK_ROWS];
    int64_t size = f->text.size;
    int_reader_match(&r->u.strings.sizes, from, count, size, size, matches);
    if (size > 0) { /* the bytes of those that are left decide */
        memcpy(kept, mask, count);
        lanepack_and(kept, matches, count);
        uint32_t left = (uint32_t)mask_to_sel(kept, count, sel);
        for (uint32_t at = 0; at < left; at += LANEPACK_ROWS) {
            uint32_t n = MIN((uint32_t)LANEPACK_ROWS, left - at);
            TRY(segment_gather_strings(r, from, sel + at, n, strings, a, err));
            for (uint32_t i = 0; i < n; i++)
                matches[sel[at + i]] = vstring_equal(&strings[i], &f->text);
        }
    }
    if (f->op == SCAN_NE) lanepack_not(matches, count);
    lanepack_and(mask, matches, count);
    return DBX_OK;
}

/* Is it worth it to look at single rows when few are left? Ranges are tested without decoding, and
 * strings are decoded by the block. */
static bool table_filter_prefers_few(const table_filter *f, const segment_reader *r, uint32_t left,
                                     uint32_t count) {
    if (left * TABLE_FILTER_FEW_SHARE >= count || r->phys == PHYS_STRING) return false;
    return r->encoding != SEGMENT_INTS || f->kind != TABLE_FILTER_INTS;
}

dbx_status table_filter_apply(const table_filter *f, const table_filter_state *state,
                              column_reader *c, column_reader *other, uint32_t from, uint32_t count,
                              uint32_t left, uint8_t *mask, arena *a, error *err) {
    assert(count <= CHUNK_ROWS_MAX && left <= count);
    segment_reader *r = &c->reader;
    uint8_t matches[CHUNK_ROWS_MAX];
    if (f->kind == TABLE_FILTER_NOTHING) return DBX_OK;
    if (c->segment == NULL) { /* all rows are NULL */
        if (f->kind != TABLE_FILTER_NULL) memset(mask, 0, count);
        return DBX_OK;
    }
    if (f->kind == TABLE_FILTER_NULL || f->kind == TABLE_FILTER_NOT_NULL) {
        table_filter_and_validity(r, from, count, mask, f->kind == TABLE_FILTER_NOT_NULL);
        return DBX_OK;
    }
    if (f->kind == TABLE_FILTER_PAIR)
        return table_filter_apply_pair(f, c, other, from, count, left, mask, err);
    if (state->entry_matches != NULL) {
        table_filter_apply_entries(state, r, from, count, mask);
        return DBX_OK;
    }
    if (f->kind == TABLE_FILTER_STRINGS && r->encoding == SEGMENT_STRINGS &&
        (f->op == SCAN_EQ || f->op == SCAN_NE)) {
        TRY(table_filter_apply_sizes(f, r, from, count, mask, a, err));
    } else if (table_filter_prefers_few(f, r, left, count)) {
        TRY(table_filter_match_few(f, r, from, count, mask, err));
    } else {
        if (r->encoding == SEGMENT_INTS && f->kind == TABLE_FILTER_INTS) {
            int_reader_match(&r->u.ints, from, count, f->lo, f->hi, matches);
            if (f->negated) lanepack_not(matches, count);
        } else if (r->encoding == SEGMENT_INTS && f->kind == TABLE_FILTER_BITMAP) {
            int_reader_match_bitmap(&r->u.ints, from, count, &f->set, matches);
        } else {
            TRY(table_filter_match_decoded(f, r, from, count, matches, a, err));
        }
        lanepack_and(mask, matches, count);
    }
    table_filter_and_validity(r, from, count, mask, true);
    return DBX_OK;
}
