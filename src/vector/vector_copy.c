/* vector_copy.c - deep copies of rows between vectors. Strings of a batch share one allocation;
 * rows of lists are appended to the target's child vector in runs as long as they lie. */
#include "kernel/bitmap.h"
#include "kernel/gather.h"
#include "vector/vector.h"

enum { VECTOR_COPY_BATCH = 1024 };

/* Rows to copy, as indexes into the vector that holds the values: indexes[i], or first + i when
 * NULL. */
typedef struct vector_rows {
    const sel_t *indexes;
    uint32_t first;
    uint32_t count;
} vector_rows;

static inline uint32_t vector_rows_at(const vector_rows *rows, uint32_t i) {
    return rows->indexes != NULL ? rows->indexes[i] : rows->first + i;
}

static dbx_status vector_copy_validity(vector *to, uint32_t at, const uint64_t *from,
                                       const vector_rows *rows, arena *a) {
    if (from == NULL) {
        if (to->validity != NULL) bitmap_set_range(to->validity, at, rows->count, true);
        return DBX_OK;
    }
    TRY(vector_ensure_validity(to, a));
    if (rows->indexes == NULL) {
        bitmap_copy(to->validity, at, from, rows->first, rows->count);
        return DBX_OK;
    }
    uint64_t bits[VECTOR_COPY_BATCH / 64];
    assert(rows->count <= VECTOR_COPY_BATCH);
    bitmap_gather(from, rows->indexes, rows->count, bits);
    bitmap_copy(to->validity, at, bits, 0, rows->count);
    return DBX_OK;
}

static dbx_status vector_copy_strings(vstring *to, const vector *from, const vector_rows *rows,
                                      arena *a) {
    const vstring *values = from->data;
    size_t total = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        uint32_t index = vector_rows_at(rows, i);
        bool valid = validity_get(from->validity, index);
        to[i] = valid ? values[index] : (vstring){0};
        total += to[i].size > VSTRING_INLINE_MAX ? to[i].size : 0;
    }
    if (total == 0) return DBX_OK;
    char *bytes = arena_alloc_bytes(a, total);
    if (bytes == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < rows->count; i++) {
        if (to[i].size <= VSTRING_INLINE_MAX) continue;
        memcpy(bytes, to[i].u.data, to[i].size);
        to[i].u.data = bytes;
        bytes += to[i].size;
    }
    return DBX_OK;
}

/* Copies the child rows of scattered entries, a batch of row numbers at a time. */
static dbx_status vector_copy_entries(vector *to, const vector *from, const vector_rows *rows,
                                      arena *a) {
    const list_entry *entries = from->data;
    sel_t batch[VECTOR_COPY_BATCH];
    uint32_t filled = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        uint32_t index = vector_rows_at(rows, i);
        if (!validity_get(from->validity, index)) continue;
        for (uint32_t k = 0; k < entries[index].length; k++) {
            batch[filled++] = entries[index].offset + k;
            if (filled < VECTOR_COPY_BATCH) continue;
            TRY(vector_copy(&to->children[0], to->child_count, &from->children[0], batch, 0, filled,
                            a));
            to->child_count += filled;
            filled = 0;
        }
    }
    TRY(vector_copy(&to->children[0], to->child_count, &from->children[0], batch, 0, filled, a));
    to->child_count += filled;
    return DBX_OK;
}

static dbx_status vector_copy_lists(vector *to, uint32_t at, const vector *from,
                                    const vector_rows *rows, arena *a) {
    const list_entry *entries = from->data;
    list_entry *out = VECTOR_DATA(to, list_entry) + at;
    uint64_t end = to->child_count;
    uint32_t run_first = 0, run_end = 0;
    bool one_run = true;
    for (uint32_t i = 0; i < rows->count; i++) {
        uint32_t index = vector_rows_at(rows, i);
        out[i] = (list_entry){(uint32_t)end, 0};
        if (!validity_get(from->validity, index) || entries[index].length == 0) continue;
        out[i].length = entries[index].length;
        if (end == to->child_count) run_first = run_end = entries[index].offset;
        one_run = one_run && entries[index].offset == run_end;
        run_end = entries[index].offset + entries[index].length;
        end += out[i].length;
        if (end > UINT32_MAX) return DBX_NOMEM;
    }
    if (end == to->child_count) return DBX_OK;
    TRY(vector_list_reserve(to, (uint32_t)end, a));
    if (!one_run) return vector_copy_entries(to, from, rows, a);
    uint32_t count = (uint32_t)end - to->child_count;
    TRY(vector_copy(&to->children[0], to->child_count, &from->children[0], NULL, run_first, count,
                    a));
    to->child_count = (uint32_t)end;
    return DBX_OK;
}

/* `from` is FLAT or CONSTANT and rows are indexes into it. */
static dbx_status vector_copy_rows(vector *to, uint32_t at, const vector *from,
                                   const vector_rows *rows, arena *a) {
    TRY(vector_copy_validity(to, at, from->validity, rows, a));
    uint32_t width = physical_size((physical_type)to->phys);
    char *out = (char *)to->data + (size_t)width * at;
    switch (to->phys) {
    case PHYS_STRING:
        return vector_copy_strings((vstring *)(void *)out, from, rows, a);
    case PHYS_LIST:
        return vector_copy_lists(to, at, from, rows, a);
    case PHYS_STRUCT:
        for (uint32_t i = 0; i < to->type.child_count; i++) {
            TRY(vector_copy(&to->children[i], at, &from->children[i], rows->indexes, rows->first,
                            rows->count, a));
        }
        return DBX_OK;
    default:
        break;
    }
    if (rows->indexes != NULL)
        gather_values(width, from->data, rows->indexes, rows->count, out);
    else
        memcpy(out, (const char *)from->data + (size_t)width * rows->first,
               (size_t)width * rows->count);
    return DBX_OK;
}

static void vector_copy_sequence(vector *to, uint32_t at, const vector *from,
                                 const vector_rows *rows) {
    for (uint32_t i = 0; i < rows->count; i++) {
        int64_t row = vector_rows_at(rows, i);
        int64_t value = from->sequence_start + row * from->sequence_step;
        if (to->phys == PHYS_INT32)
            VECTOR_DATA(to, int32_t)[at + i] = (int32_t)value;
        else
            VECTOR_DATA(to, int64_t)[at + i] = value;
    }
    if (to->validity != NULL) bitmap_set_range(to->validity, at, rows->count, true);
}

dbx_status vector_copy(vector *to, uint32_t at, const vector *from, const sel_t *sel,
                       uint32_t from_row, uint32_t count, arena *a) {
    assert(to->form == VECTOR_FLAT);
    assert(at <= to->capacity && count <= to->capacity - at);
    assert(to->phys == from->phys);
    if (count == 0) return DBX_OK;
    if (from->form == VECTOR_SEQUENCE) {
        vector_copy_sequence(to, at, from, &(vector_rows){sel, from_row, count});
        return DBX_OK;
    }
    vector_view view = vector_view_of(from);
    if (sel == NULL && view.sel == NULL && view.mask != 0) {
        return vector_copy_rows(to, at, view.base, &(vector_rows){NULL, from_row, count}, a);
    }
    sel_t indexes[VECTOR_COPY_BATCH];
    for (uint32_t done = 0; done < count;) {
        uint32_t n = MIN(count - done, (uint32_t)VECTOR_COPY_BATCH);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t row = sel != NULL ? sel[done + i] : from_row + done + i;
            indexes[i] = view_index(&view, row);
        }
        TRY(vector_copy_rows(to, at + done, view.base, &(vector_rows){indexes, 0, n}, a));
        done += n;
    }
    return DBX_OK;
}
