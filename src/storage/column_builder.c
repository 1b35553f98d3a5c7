/* column_builder.c - see column_builder.h. */
#include "storage/column_builder.h"

#include "kernel/bitmap.h"
#include "kernel/gather.h"

enum {
    COLUMN_BUILDER_ROWS_MIN = 64,
    COLUMN_BUILDER_HEAP_MIN = 256,
    COLUMN_BUILDER_ROWS_MANY = 8192, /* with so many a whole row group is likely: room for all */
    COLUMN_BUILDER_ROWS_ALL = 122880,
    COLUMN_BUILDER_HEAP_SLACK = 16, /* bytes behind the heap that a short copy may touch */
};

uint32_t column_child_count(type t) {
    if (t.id == TYPE_STRUCT) return t.child_count;
    return t.id == TYPE_ARRAY || t.id == TYPE_MAP ? 1 : 0;
}

type column_child_type(type t, uint32_t child) {
    assert(child < column_child_count(t));
    return t.id == TYPE_STRUCT ? t.children[child].type : vector_list_child_type(t);
}

uint32_t column_node_count(type t) {
    uint32_t count = 1;
    for (uint32_t i = 0; i < column_child_count(t); i++)
        count += column_node_count(column_child_type(t, i));
    return count;
}

static uint32_t column_value_size(physical_type p) {
    if (p == PHYS_STRING) return 4;
    if (p == PHYS_LIST) return 8;
    return physical_size(p);
}

dbx_status column_builder_init(column_builder *b, type t, ledger *l) {
    *b = (column_builder){.ledger = l, .type = t, .phys = type_physical(t)};
    b->value_size = column_value_size(b->phys);
    uint32_t children = column_child_count(t);
    if (children == 0) return DBX_OK;
    b->children = mem_alloc_zero(l, sizeof(column_builder) * children);
    if (b->children == NULL) return DBX_NOMEM;
    b->child_count = children;
    for (uint32_t i = 0; i < children; i++)
        TRY(column_builder_init(&b->children[i], column_child_type(t, i), l));
    return DBX_OK;
}

void column_builder_deinit(column_builder *b) {
    for (uint32_t i = 0; i < b->child_count; i++) column_builder_deinit(&b->children[i]);
    mem_free(b->ledger, b->children, sizeof(column_builder) * b->child_count);
    mem_free(b->ledger, b->values, (size_t)b->capacity * b->value_size);
    if (b->validity != NULL) mem_free(b->ledger, b->validity, validity_bytes(b->capacity));
    mem_free(b->ledger, b->heap, b->heap_capacity);
    memset(b, 0, sizeof(*b));
}

void column_builder_clear(column_builder *b) {
    b->rows = b->null_count = 0;
    b->heap_size = 0;
    for (uint32_t i = 0; i < b->child_count; i++) column_builder_clear(&b->children[i]);
}

uint64_t column_builder_bytes(const column_builder *b) {
    uint64_t bytes = (uint64_t)b->rows * b->value_size + b->heap_size;
    for (uint32_t i = 0; i < b->child_count; i++) bytes += column_builder_bytes(&b->children[i]);
    return bytes;
}

/* ---- room
 * ------------------------------------------------------------------------------------------------
 */

static dbx_status column_reserve(column_builder *b, uint32_t more) {
    if (more > COLUMN_BUILDER_ROWS_MAX - b->rows) return DBX_NOMEM;
    uint32_t needed = b->rows + more;
    if (needed <= b->capacity) return DBX_OK;
    uint32_t capacity = MAX(MAX(needed, b->capacity * 2), (uint32_t)COLUMN_BUILDER_ROWS_MIN);
    if (needed > COLUMN_BUILDER_ROWS_MANY)
        capacity = MAX(capacity, (uint32_t)COLUMN_BUILDER_ROWS_ALL);
    if (b->value_size > 0) {
        uint8_t *values = mem_realloc(b->ledger, b->values, (size_t)b->capacity * b->value_size,
                                      (size_t)capacity * b->value_size);
        if (values == NULL) return DBX_NOMEM;
        b->values = values;
    }
    /* values has its new size from here on; the bitmap follows or the capacity is put right again
     */
    if (b->validity != NULL) {
        uint64_t *bits = mem_realloc(b->ledger, b->validity, validity_bytes(b->capacity),
                                     validity_bytes(capacity));
        if (bits == NULL) {
            if (b->value_size > 0) {
                uint8_t *back = mem_realloc(b->ledger, b->values, (size_t)capacity * b->value_size,
                                            (size_t)b->capacity * b->value_size);
                if (back == NULL) {
                    mem_free(b->ledger, b->values, (size_t)capacity * b->value_size);
                    mem_free(b->ledger, b->validity, validity_bytes(b->capacity));
                    b->values = NULL;
                    b->validity = NULL;
                    b->capacity = b->rows = 0;
                } else {
                    b->values = back;
                }
            }
            return DBX_NOMEM;
        }
        b->validity = bits;
    }
    b->capacity = capacity;
    return DBX_OK;
}

static dbx_status column_reserve_heap(column_builder *b, size_t more) {
    more += COLUMN_BUILDER_HEAP_SLACK;
    if (more <= b->heap_capacity - b->heap_size) return DBX_OK;
    size_t capacity =
        MAX(MAX(b->heap_size + more, b->heap_capacity * 2), (size_t)COLUMN_BUILDER_HEAP_MIN);
    char *heap = mem_realloc(b->ledger, b->heap, b->heap_capacity, capacity);
    if (heap == NULL) return DBX_NOMEM;
    b->heap = heap;
    b->heap_capacity = capacity;
    return DBX_OK;
}

static dbx_status column_need_validity(column_builder *b) {
    if (b->validity != NULL) return DBX_OK;
    b->validity = mem_alloc(b->ledger, validity_bytes(b->capacity));
    if (b->validity == NULL) return DBX_NOMEM;
    memset(b->validity, 0, validity_bytes(b->capacity));
    bitmap_set_range(b->validity, 0, b->rows, true);
    return DBX_OK;
}

/* ---- appending vectors
 * ----------------------------------------------------------------------------------- */

/* The rows to append, as indexes into the base of a view. */
typedef struct column_rows {
    const vector *base;
    const uint32_t *index; /* NULL: from, from + 1, … */
    uint32_t from, count;
} column_rows;

static uint32_t column_row(const column_rows *rows, uint32_t i) {
    return rows->index != NULL ? rows->index[i] : rows->from + i;
}

static dbx_status column_append_base(column_builder *b, const column_rows *rows, arena *scratch);

static dbx_status column_append_validity(column_builder *b, const column_rows *rows) {
    uint32_t at = b->rows, count = rows->count;
    const uint64_t *bits = rows->base->validity;
    if (bits == NULL) {
        if (b->validity != NULL) bitmap_set_range(b->validity, at, count, true);
        return DBX_OK;
    }
    TRY(column_need_validity(b));
    if (rows->index == NULL) {
        bitmap_copy(b->validity, at, bits, rows->from, count);
    } else {
        for (uint32_t i = 0; i < count; i++) {
            bitmap_set_range(b->validity, at + i, 1, validity_get(bits, rows->index[i]));
        }
    }
    for (uint32_t i = 0; i < count; i++) b->null_count += !validity_get(b->validity, at + i);
    return DBX_OK;
}

static void column_append_fixed(column_builder *b, const column_rows *rows) {
    size_t size = b->value_size;
    uint8_t *to = b->values + (size_t)b->rows * size;
    const uint8_t *from = rows->base->data;
    if (rows->index == NULL)
        memcpy(to, from + (size_t)rows->from * size, (size_t)rows->count * size);
    else
        gather_values(b->value_size, from, rows->index, rows->count, to);
}

/* NULL rows repeat the value before them. */
static void column_smooth(column_builder *b, uint32_t from, uint32_t count) {
    if (b->validity == NULL || b->value_size == 0) return;
    size_t size = b->value_size;
    for (uint32_t i = from; i < from + count; i++) {
        if (validity_get(b->validity, i)) continue;
        if (i == 0)
            memset(b->values, 0, size);
        else
            memcpy(b->values + i * size, b->values + (i - 1) * size, size);
    }
}

/* Short strings by a fixed number of bytes, which may touch the slack behind `to`, but nothing
 * outside of the string. */
static inline char *column_copy_string(char *to, const vstring *s, uint32_t size) {
    if (size <= VSTRING_INLINE_MAX) {
        if (size > 0) memcpy(to, s->prefix, VSTRING_INLINE_MAX);
        return to + size;
    }
    const char *from = s->u.data;
    if (size <= 16) {
        memcpy(to, from, 8);
        memcpy(to + size - 8, from + size - 8, 8);
    } else if (size <= 32) {
        memcpy(to, from, 16);
        memcpy(to + size - 16, from + size - 16, 16);
    } else {
        memcpy(to, from, size);
    }
    return to + size;
}

static dbx_status column_append_strings(column_builder *b, const column_rows *rows) {
    const vstring *strings = rows->base->data;
    uint32_t *sizes = (uint32_t *)(void *)b->values + b->rows;
    size_t total = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        uint32_t row = column_row(rows, i);
        sizes[i] = validity_get(rows->base->validity, row) ? strings[row].size : 0;
        total += sizes[i];
    }
    TRY(column_reserve_heap(b, total));
    char *to = b->heap + b->heap_size;
    for (uint32_t i = 0; i < rows->count; i++)
        to = column_copy_string(to, &strings[column_row(rows, i)], sizes[i]);
    b->heap_size += total;
    return DBX_OK;
}

/* Child rows of all lists, in one selection, so that the child is appended at once. */
static dbx_status column_append_lists(column_builder *b, const column_rows *rows, arena *scratch) {
    const list_entry *entries = rows->base->data;
    int64_t *ends = (int64_t *)(void *)b->values + b->rows;
    int64_t end = b->children[0].rows;
    uint64_t total = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        uint32_t row = column_row(rows, i);
        if (validity_get(rows->base->validity, row)) total += entries[row].length;
        ends[i] = end + (int64_t)total;
    }
    if (total > COLUMN_BUILDER_ROWS_MAX) return DBX_NOMEM;
    if (total == 0) return DBX_OK;
    sel_t *sel = arena_alloc_array(scratch, sizeof(sel_t), (size_t)total);
    if (sel == NULL) return DBX_NOMEM;
    uint32_t n = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        uint32_t row = column_row(rows, i);
        if (!validity_get(rows->base->validity, row)) continue;
        for (uint32_t k = 0; k < entries[row].length; k++) sel[n++] = entries[row].offset + k;
    }
    return column_builder_append(&b->children[0], &rows->base->children[0], sel, 0, n, scratch);
}

static dbx_status column_append_structs(column_builder *b, const column_rows *rows,
                                        arena *scratch) {
    sel_t *sel = NULL;
    if (rows->index != NULL) sel = (sel_t *)(uintptr_t)rows->index;
    for (uint32_t i = 0; i < b->child_count; i++) {
        TRY(column_builder_append(&b->children[i], &rows->base->children[i], sel, rows->from,
                                  rows->count, scratch));
    }
    return DBX_OK;
}

static dbx_status column_append_base(column_builder *b, const column_rows *rows, arena *scratch) {
    TRY(column_reserve(b, rows->count));
    TRY(column_append_validity(b, rows));
    switch (b->phys) {
    case PHYS_STRING:
        TRY(column_append_strings(b, rows));
        break;
    case PHYS_LIST:
        TRY(column_append_lists(b, rows, scratch));
        break;
    case PHYS_STRUCT:
        TRY(column_append_structs(b, rows, scratch));
        break;
    default:
        column_append_fixed(b, rows);
        break;
    }
    uint32_t at = b->rows;
    b->rows += rows->count;
    if (b->phys != PHYS_STRING && b->phys != PHYS_LIST) column_smooth(b, at, rows->count);
    return DBX_OK;
}

dbx_status column_builder_append(column_builder *b, const vector *v, const sel_t *sel,
                                 uint32_t from, uint32_t count, arena *scratch) {
    if (count == 0) return DBX_OK;
    vector flat;
    if (v->form == VECTOR_SEQUENCE) {
        uint32_t rows = from + count;
        for (uint32_t i = 0; sel != NULL && i < count; i++) rows = MAX(rows, sel[from + i] + 1);
        TRY(vector_flatten(&flat, v, rows, scratch));
        v = &flat;
    }
    vector_view view = vector_view_of(v);
    column_rows rows = {.base = view.base, .from = from, .count = count};
    if (sel == NULL && v->form == VECTOR_FLAT) return column_append_base(b, &rows, scratch);
    if (sel == NULL && v->form == VECTOR_DICTIONARY) {
        rows.index = view.sel + from;
    } else if (sel != NULL && v->form == VECTOR_FLAT) {
        rows.index = sel + from;
    } else {
        uint32_t *index = arena_alloc_array(scratch, sizeof(uint32_t), count);
        if (index == NULL) return DBX_NOMEM;
        for (uint32_t i = 0; i < count; i++)
            index[i] = view_index(&view, sel != NULL ? sel[from + i] : from + i);
        rows.index = index;
    }
    rows.from = 0;
    return column_append_base(b, &rows, scratch);
}

/* ---- appending builders
 * ---------------------------------------------------------------------------------- */

static size_t column_heap_offset(const column_builder *b, uint32_t row) {
    const uint32_t *sizes = (const uint32_t *)(const void *)b->values;
    size_t offset = 0;
    for (uint32_t i = 0; i < row; i++) offset += sizes[i];
    return offset;
}

static dbx_status column_join_children(column_builder *b, const column_builder *other,
                                       uint32_t from, uint32_t count) {
    if (b->phys == PHYS_STRUCT) {
        for (uint32_t i = 0; i < b->child_count; i++) {
            TRY(column_builder_append_builder(&b->children[i], &other->children[i], from, count));
        }
        return DBX_OK;
    }
    const int64_t *ends = (const int64_t *)(const void *)other->values;
    int64_t first = from == 0 ? 0 : ends[from - 1], last = ends[from + count - 1];
    int64_t shift = (int64_t)b->children[0].rows - first;
    TRY(column_builder_append_builder(&b->children[0], &other->children[0], (uint32_t)first,
                                      (uint32_t)(last - first)));
    int64_t *to = (int64_t *)(void *)b->values + b->rows;
    for (uint32_t i = 0; i < count; i++) to[i] = ends[from + i] + shift;
    return DBX_OK;
}

dbx_status column_builder_append_builder(column_builder *b, const column_builder *other,
                                         uint32_t from, uint32_t count) {
    assert(from + count <= other->rows && b->phys == other->phys);
    if (count == 0) return DBX_OK;
    TRY(column_reserve(b, count));
    if (other->validity != NULL) {
        TRY(column_need_validity(b));
        bitmap_copy(b->validity, b->rows, other->validity, from, count);
        for (uint32_t i = 0; i < count; i++)
            b->null_count += !validity_get(b->validity, b->rows + i);
    } else if (b->validity != NULL) {
        bitmap_set_range(b->validity, b->rows, count, true);
    }
    if (b->phys == PHYS_STRUCT || b->phys == PHYS_LIST) {
        TRY(column_join_children(b, other, from, count));
    } else {
        size_t size = b->value_size;
        memcpy(b->values + (size_t)b->rows * size, other->values + (size_t)from * size,
               (size_t)count * size);
    }
    if (b->phys == PHYS_STRING) {
        size_t start = column_heap_offset(other, from), end = start;
        const uint32_t *sizes = (const uint32_t *)(const void *)other->values;
        for (uint32_t i = 0; i < count; i++) end += sizes[from + i];
        TRY(column_reserve_heap(b, end - start));
        if (end > start) memcpy(b->heap + b->heap_size, other->heap + start, end - start);
        b->heap_size += end - start;
    }
    b->rows += count;
    return DBX_OK;
}
