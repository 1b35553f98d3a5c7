/* row.c - see row.h. One loop per physical type and task (row_tmpl.h), a column at a time; nested
 * columns hold their bytes (row_bytes.h) behind a vstring. */
#include "vector/row.h"

#include "kernel/bitmap.h"
#include "kernel/kernel.h"
#include "vector/compare.h"
#include "vector/row_bytes.h"

enum {
    ROW_BLOCK = 128,    /* rows that are scattered or gathered at a time */
    ROW_VIEWS_FEW = 32, /* columns whose views fit on the stack */
};

static uint32_t row_slot_size(type t) {
    physical_type p = type_physical(t);
    return p == PHYS_LIST || p == PHYS_STRUCT ? sizeof(vstring) : physical_size(p);
}

static bool row_has_heap(type t) {
    physical_type p = type_physical(t);
    return p == PHYS_STRING || p == PHYS_LIST || p == PHYS_STRUCT;
}

dbx_status row_layout_init(row_layout *l, const type *types, uint32_t count, arena *a) {
    *l = (row_layout){.column_count = count, .types = types};
    uint32_t *offsets = ARENA_ARRAY(a, uint32_t, MAX(count, 1));
    if (offsets == NULL) return DBX_NOMEM;
    l->validity_bytes = (count + 63) / 64 * 8;
    uint64_t width = l->validity_bytes;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t size = row_slot_size(types[i]);
        uint32_t align = MIN(size, 8u);
        width = (width + align - 1) / align * align;
        offsets[i] = (uint32_t)width;
        width += size;
        l->has_heap = l->has_heap || row_has_heap(types[i]);
    }
    width = (width + 7) / 8 * 8;
    if (width > UINT32_MAX) return DBX_NOMEM;
    l->offsets = offsets;
    l->width = (uint32_t)width;
    return DBX_OK;
}

/* ---- one column of one type ------------------------------------------------------------------ */

/* What a match of one column needs. `mismatch` may be NULL. */
typedef struct row_match_args {
    vector_view view;
    uint8_t *const *candidates;
    uint32_t column;
    uint32_t offset;
    bool null_equal;
    sel_t *sel;
    uint32_t count;
    sel_t *mismatch;
    uint32_t *mismatch_count;
} row_match_args;

#define ROW_EQUAL_PLAIN(a, b) (*(a) == *(b))
#define ROW_EQUAL_FLOAT(a, b) ((*(a) == *(b)) | ((*(a) != *(a)) & (*(b) != *(b))))
#define ROW_EQUAL_INTERVAL(a, b)                                                                   \
    (((a)->months == (b)->months) & ((a)->days == (b)->days) & ((a)->micros == (b)->micros))

#define ROW_NAME int8
#define ROW_TYPE int8_t
#define ROW_EQUAL ROW_EQUAL_PLAIN
#define ROW_READ_ALWAYS 1
#include "vector/row_tmpl.h"
#define ROW_NAME int16
#define ROW_TYPE int16_t
#define ROW_EQUAL ROW_EQUAL_PLAIN
#define ROW_READ_ALWAYS 1
#include "vector/row_tmpl.h"
#define ROW_NAME int32
#define ROW_TYPE int32_t
#define ROW_EQUAL ROW_EQUAL_PLAIN
#define ROW_READ_ALWAYS 1
#include "vector/row_tmpl.h"
#define ROW_NAME int64
#define ROW_TYPE int64_t
#define ROW_EQUAL ROW_EQUAL_PLAIN
#define ROW_READ_ALWAYS 1
#include "vector/row_tmpl.h"
#define ROW_NAME int128
#define ROW_TYPE __int128
#define ROW_EQUAL ROW_EQUAL_PLAIN
#define ROW_READ_ALWAYS 1
#include "vector/row_tmpl.h"
#define ROW_NAME float
#define ROW_TYPE float
#define ROW_EQUAL ROW_EQUAL_FLOAT
#define ROW_READ_ALWAYS 1
#include "vector/row_tmpl.h"
#define ROW_NAME double
#define ROW_TYPE double
#define ROW_EQUAL ROW_EQUAL_FLOAT
#define ROW_READ_ALWAYS 1
#include "vector/row_tmpl.h"
#define ROW_NAME interval
#define ROW_TYPE dbx_interval
#define ROW_EQUAL ROW_EQUAL_INTERVAL
#define ROW_READ_ALWAYS 1
#include "vector/row_tmpl.h"
#define ROW_NAME string
#define ROW_TYPE vstring
#define ROW_EQUAL vstring_equal
#define ROW_READ_ALWAYS 0
#include "vector/row_tmpl.h"

typedef struct row_functions {
    void (*scatter)(const vector_view *v, const sel_t *sel, uint32_t rows, uint8_t *const *targets,
                    uint32_t offset);
    void (*gather)(uint8_t *const *rows, uint32_t count, uint32_t offset, void *out);
    uint32_t (*match)(const row_match_args *m);
} row_functions;

#define ROW_FUNCTIONS(name)                                                                        \
    { row_scatter_##name, row_gather_##name, row_match_##name }
static const row_functions row_functions_of[PHYS_COUNT] = {
    [PHYS_BOOL] = ROW_FUNCTIONS(int8),     [PHYS_INT8] = ROW_FUNCTIONS(int8),
    [PHYS_INT16] = ROW_FUNCTIONS(int16),   [PHYS_INT32] = ROW_FUNCTIONS(int32),
    [PHYS_INT64] = ROW_FUNCTIONS(int64),   [PHYS_INT128] = ROW_FUNCTIONS(int128),
    [PHYS_FLOAT] = ROW_FUNCTIONS(float),   [PHYS_DOUBLE] = ROW_FUNCTIONS(double),
    [PHYS_STRING] = ROW_FUNCTIONS(string), [PHYS_INTERVAL] = ROW_FUNCTIONS(interval),
};
#undef ROW_FUNCTIONS

/* ---- scatter --------------------------------------------------------------------------------- */

static void row_scatter_validity(const vector_view *v, uint32_t column, const sel_t *sel,
                                 uint32_t rows, uint8_t *const *targets) {
    if (v->validity == NULL) return;
    for (uint32_t i = 0; i < rows; i++) {
        bool null = !view_valid(v, sel[i]);
        targets[i][column / 8] =
            (uint8_t)(targets[i][column / 8] & ~((unsigned)null << (column % 8)));
    }
}

/* Copies the long strings that rows point at into one block of the heap a batch. */
static dbx_status row_own_strings(uint8_t *const *targets, uint32_t rows, uint32_t offset,
                                  arena *heap) {
    size_t total = 0;
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t size;
        memcpy(&size, targets[i] + offset, sizeof(size));
        total += size > VSTRING_INLINE_MAX ? size : 0;
    }
    if (total == 0) return DBX_OK;
    char *bytes = arena_alloc_bytes(heap, total);
    if (bytes == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < rows; i++) {
        vstring s;
        memcpy(&s, targets[i] + offset, sizeof(s));
        if (s.size <= VSTRING_INLINE_MAX) continue;
        memcpy(bytes, s.u.data, s.size);
        s.u.data = bytes;
        memcpy(targets[i] + offset, &s, sizeof(s));
        bytes += s.size;
    }
    return DBX_OK;
}

static dbx_status row_scatter_nested(const vector_view *v, const sel_t *sel, uint32_t rows,
                                     uint8_t *const *targets, uint32_t offset, arena *heap) {
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t index = view_index(v, sel[i]);
        vstring s = {0};
        if (validity_get(v->validity, index)) {
            size_t size = row_value_size(v, index);
            if (size > UINT32_MAX) return DBX_NOMEM;
            /* Room for the padding of an inline string, too. */
            char *bytes = arena_alloc_bytes(heap, MAX(size, sizeof(vstring)));
            if (bytes == NULL) return DBX_NOMEM;
            row_value_write(v, index, (uint8_t *)bytes);
            s = vstring_from(bytes, size);
        }
        memcpy(targets[i] + offset, &s, sizeof(s));
    }
    return DBX_OK;
}

/* Writes rows [from, from + count) of the active ones. */
static dbx_status row_scatter_block(const row_layout *l, const vector_view *views, const sel_t *sel,
                                    uint32_t from, uint32_t count, uint8_t *const *targets,
                                    arena *heap) {
    sel_t rows[ROW_BLOCK];
    for (uint32_t i = 0; i < count; i++) rows[i] = sel != NULL ? sel[from + i] : from + i;
    targets += from;
    for (uint32_t i = 0; i < count; i++) memset(targets[i], 0xFF, l->validity_bytes);
    for (uint32_t c = 0; c < l->column_count; c++) {
        const vector_view *view = &views[c];
        uint8_t phys = view->base->phys;
        if (phys == PHYS_LIST || phys == PHYS_STRUCT) {
            TRY(row_scatter_nested(view, rows, count, targets, l->offsets[c], heap));
        } else {
            row_functions_of[phys].scatter(view, rows, count, targets, l->offsets[c]);
        }
        if (phys == PHYS_STRING) TRY(row_own_strings(targets, count, l->offsets[c], heap));
        row_scatter_validity(view, c, rows, count, targets);
    }
    return DBX_OK;
}

/* Rows are written a block at a time, so that all columns find them in the first-level cache. */
dbx_status row_scatter(const row_layout *l, const vector *columns, const sel_t *sel, uint32_t rows,
                       uint8_t *const *targets, arena *heap) {
    vector_view few[ROW_VIEWS_FEW], *views = few;
    if (l->column_count > ROW_VIEWS_FEW) views = ARENA_ARRAY(heap, vector_view, l->column_count);
    if (views == NULL) return DBX_NOMEM;
    for (uint32_t c = 0; c < l->column_count; c++) {
        const vector *column = &columns[c];
        assert(type_same_layout(column->type, l->types[c]));
        if (column->form == VECTOR_SEQUENCE) {
            vector *flat = ARENA_NEW(heap, vector);
            uint32_t bound = sel == NULL ? rows : 0;
            for (uint32_t i = 0; sel != NULL && i < rows; i++) bound = MAX(bound, sel[i] + 1);
            if (flat == NULL) return DBX_NOMEM;
            TRY(vector_flatten(flat, column, bound, heap));
            column = flat;
        }
        views[c] = vector_view_of(column);
    }
    for (uint32_t from = 0; from < rows; from += ROW_BLOCK) {
        TRY(row_scatter_block(l, views, sel, from, MIN(rows - from, (uint32_t)ROW_BLOCK), targets,
                              heap));
    }
    return DBX_OK;
}

/* ---- gather ---------------------------------------------------------------------------------- */

static dbx_status row_gather_validity(uint8_t *const *rows, uint32_t count, uint32_t column,
                                      vector *out, uint32_t at, arena *a) {
    uint64_t bits[ROW_BLOCK / 64] = {0};
    assert(count <= ROW_BLOCK);
    for (uint32_t base = 0; base < count; base += 64) {
        uint64_t word = 0;
        uint32_t n = MIN(count - base, 64u);
        for (uint32_t i = 0; i < n; i++) {
            uint64_t valid = rows[base + i][column / 8] >> (column % 8) & 1;
            word |= valid << i;
        }
        bits[base / 64] = word;
    }
    if (out->validity == NULL && bitmap_all(bits, count)) return DBX_OK;
    TRY(vector_ensure_validity(out, a));
    bitmap_copy(out->validity, at, bits, 0, count);
    return DBX_OK;
}

static dbx_status row_gather_nested(uint8_t *const *rows, uint32_t count, uint32_t offset,
                                    vector *out, uint32_t at, arena *a) {
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = at + i;
        if (!validity_get(out->validity, row)) {
            if (out->phys == PHYS_LIST) VECTOR_DATA(out, list_entry)[row] = (list_entry){0, 0};
            continue;
        }
        /* Short values lie in the row itself; strings inside them are short, too, and are copied.
         */
        const vstring *s = (const vstring *)(const void *)(rows[i] + offset);
        const uint8_t *bytes = (const uint8_t *)vstring_data(s);
        TRY(row_value_read(&bytes, out, row, a));
    }
    return DBX_OK;
}

dbx_status row_gather(const row_layout *l, uint8_t *const *rows, uint32_t count, uint32_t column,
                      vector *out, uint32_t at, arena *a) {
    assert(column < l->column_count);
    assert(out->form == VECTOR_FLAT && at + count <= out->capacity);
    uint32_t offset = l->offsets[column];
    size_t width = physical_size((physical_type)out->phys);
    bool nested = out->phys == PHYS_LIST || out->phys == PHYS_STRUCT;
    for (uint32_t from = 0; from < count; from += ROW_BLOCK) {
        uint32_t n = MIN(count - from, (uint32_t)ROW_BLOCK);
        TRY(row_gather_validity(rows + from, n, column, out, at + from, a));
        if (nested)
            TRY(row_gather_nested(rows + from, n, offset, out, at + from, a));
        else
            row_functions_of[out->phys].gather(rows + from, n, offset,
                                               (char *)out->data + width * (at + from));
    }
    return DBX_OK;
}

/* ---- match ----------------------------------------------------------------------------------- */

static void row_partition(const row_match_args *m, const bool *equal, uint32_t *count) {
    uint32_t kept = 0, dropped = *m->mismatch_count;
    for (uint32_t i = 0; i < *count; i++) {
        sel_t row = m->sel[i];
        m->sel[kept] = row;
        kept += equal[i];
        if (m->mismatch != NULL) m->mismatch[dropped] = row;
        dropped += !equal[i];
    }
    *m->mismatch_count = dropped;
    *count = kept;
}

/* Collated strings and nested values: candidates are read back and compared one by one. */
static dbx_status row_match_slow(const row_layout *l, const row_match_args *m, uint32_t *count,
                                 arena *scratch) {
    uint32_t n = m->count;
    uint8_t **rows = arena_alloc(scratch, MAX(n, 1) * sizeof(*rows));
    bool *equal = arena_alloc(scratch, MAX(n, 1) * sizeof(*equal));
    if (rows == NULL || equal == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < n; i++) rows[i] = m->candidates[m->sel[i]];
    vector read;
    TRY(vector_init(&read, l->types[m->column], MAX(n, 1), scratch));
    TRY(row_gather(l, rows, n, m->column, &read, 0, scratch));
    vector_view other = vector_view_of(&read);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t index = view_index(&m->view, m->sel[i]);
        bool valid = validity_get(m->view.validity, index);
        bool other_valid = validity_get(other.validity, i);
        if (valid && other_valid)
            equal[i] = value_equal(&m->view, index, &other, i);
        else
            equal[i] = valid == other_valid && m->null_equal;
    }
    row_partition(m, equal, count);
    return DBX_OK;
}

dbx_status row_match(const row_layout *l, const vector *columns, uint32_t column_count,
                     const bool *null_equal, uint8_t *const *candidates, sel_t *sel,
                     uint32_t *count, sel_t *mismatch, uint32_t *mismatch_count, arena *scratch) {
    assert(column_count <= l->column_count);
    uint32_t ignored = 0;
    if (mismatch == NULL) mismatch_count = &ignored;
    *mismatch_count = 0;
    for (uint32_t c = 0; c<column_count && * count> 0; c++) {
        const vector *column = &columns[c];
        vector flat;
        if (column->form == VECTOR_SEQUENCE) {
            uint32_t bound = 0;
            for (uint32_t i = 0; i < *count; i++) bound = MAX(bound, sel[i] + 1);
            TRY(vector_flatten(&flat, column, bound, scratch));
            column = &flat;
        }
        row_match_args m = {
            .view = vector_view_of(column),
            .candidates = candidates,
            .column = c,
            .offset = l->offsets[c],
            .null_equal = null_equal == NULL || null_equal[c],
            .sel = sel,
            .count = *count,
            .mismatch = mismatch,
            .mismatch_count = mismatch_count,
        };
        bool slow = column->phys == PHYS_LIST || column->phys == PHYS_STRUCT ||
                    (column->phys == PHYS_STRING && column->type.collation != 0);
        if (slow)
            TRY(row_match_slow(l, &m, count, scratch));
        else
            *count = row_functions_of[column->phys].match(&m);
    }
    return DBX_OK;
}
