/* chunk_bytes.c - see chunk_bytes.h. Each part starts on a multiple of 16 bytes, the
 * alignment of the widest values:
 *
 *   chunk   u32 rows, u32 columns | column...
 *   column  u32 rows, u8 constant, u8 has validity | validity words | values
 *   values  fixed width: as in memory | strings: u64 bytes, u32 sizes, bytes | lists: u32 lengths,
 *           child column | structs: child columns
 */
#include "vector/chunk_bytes.h"

enum { CHUNK_BYTES_ALIGN = 16 };

typedef struct flat_head {
    uint32_t rows;
    uint8_t constant, has_validity;
} flat_head;

/* ---- writing ---- */

/* Room for `size` bytes, padded with zeros; NULL when out of memory. */
static uint8_t *chunk_bytes_room(buffer *out, size_t size) {
    size_t padded = (size + CHUNK_BYTES_ALIGN - 1) & ~(size_t)(CHUNK_BYTES_ALIGN - 1);
    if (buffer_reserve(out, padded) != DBX_OK) return NULL;
    uint8_t *at = (uint8_t *)out->data + out->size;
    assert(out->size % CHUNK_BYTES_ALIGN == 0);
    memset(at + size, 0, padded - size);
    out->size += padded;
    return at;
}

static dbx_status chunk_bytes_head(buffer *out, const void *head, size_t size) {
    uint8_t *at = chunk_bytes_room(out, size);
    if (at == NULL) return DBX_NOMEM;
    memcpy(at, head, size);
    return DBX_OK;
}

static dbx_status flat_write(const vector *v, const sel_t *sel, uint32_t rows, buffer *out);

static dbx_status flat_write_strings(const vector_view *view, const sel_t *sel, uint32_t rows,
                                     buffer *out) {
    const vstring *values = view->data;
    uint8_t *at = chunk_bytes_room(out, sizeof(uint64_t) + (size_t)rows * sizeof(uint32_t));
    if (at == NULL) return DBX_NOMEM;
    uint64_t total = 0;
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t index = view_index(view, sel != NULL ? sel[i] : i);
        uint32_t size = validity_get(view->validity, index) ? values[index].size : 0;
        memcpy(at + sizeof(total) + (size_t)i * sizeof(size), &size, sizeof(size));
        total += size;
    }
    memcpy(at, &total, sizeof(total));
    at = chunk_bytes_room(out, total);
    if (at == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t index = view_index(view, sel != NULL ? sel[i] : i);
        if (!validity_get(view->validity, index) || values[index].size == 0) continue;
        memcpy(at, vstring_data(&values[index]), values[index].size);
        at += values[index].size;
    }
    return DBX_OK;
}

/* Lengths, then the entries' child rows one after the other. */
static dbx_status flat_write_lists(const vector_view *view, const sel_t *sel, uint32_t rows,
                                   buffer *out) {
    const list_entry *entries = view->data;
    uint8_t *at = chunk_bytes_room(out, (size_t)rows * sizeof(uint32_t));
    if (at == NULL) return DBX_NOMEM;
    uint64_t total = 0;
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t index = view_index(view, sel != NULL ? sel[i] : i);
        uint32_t length = validity_get(view->validity, index) ? entries[index].length : 0;
        memcpy(at + (size_t)i * sizeof(length), &length, sizeof(length));
        total += length;
    }
    if (total > UINT32_MAX) return DBX_NOMEM;
    sel_t *items = mem_alloc(out->ledger, MAX(total, 1u) * sizeof(*items));
    if (items == NULL) return DBX_NOMEM;
    uint64_t n = 0;
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t index = view_index(view, sel != NULL ? sel[i] : i);
        if (!validity_get(view->validity, index)) continue;
        for (uint32_t k = 0; k < entries[index].length; k++) items[n++] = entries[index].offset + k;
    }
    assert(n == total);
    dbx_status status = flat_write(&view->base->children[0], items, (uint32_t)total, out);
    mem_free(out->ledger, items, MAX(total, 1u) * sizeof(*items));
    return status;
}

static dbx_status flat_write_structs(const vector_view *view, const sel_t *sel, uint32_t rows,
                                     buffer *out) {
    sel_t *items = mem_alloc(out->ledger, MAX(rows, 1u) * sizeof(*items));
    if (items == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < rows; i++) items[i] = view_index(view, sel != NULL ? sel[i] : i);
    dbx_status status = DBX_OK;
    for (uint32_t c = 0; status == DBX_OK && c < view->base->type.child_count; c++)
        status = flat_write(&view->base->children[c], items, rows, out);
    mem_free(out->ledger, items, MAX(rows, 1u) * sizeof(*items));
    return status;
}

static dbx_status flat_write_fixed(const vector_view *view, uint32_t width, const sel_t *sel,
                                   uint32_t rows, buffer *out) {
    uint8_t *at = chunk_bytes_room(out, (size_t)rows * width);
    if (at == NULL) return DBX_NOMEM;
    if (sel == NULL && view->sel == NULL && view->mask != 0) {
        memcpy(at, view->data, (size_t)rows * width);
        return DBX_OK;
    }
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t index = view_index(view, sel != NULL ? sel[i] : i);
        memcpy(at + (size_t)i * width, (const uint8_t *)view->data + (size_t)index * width, width);
    }
    return DBX_OK;
}

static dbx_status flat_write_sequence(const vector *v, const sel_t *sel, uint32_t rows,
                                      buffer *out) {
    uint32_t width = physical_size((physical_type)v->phys);
    assert(width == sizeof(int32_t) || width == sizeof(int64_t));
    uint8_t *at = chunk_bytes_room(out, (size_t)rows * width);
    if (at == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < rows; i++) {
        int64_t wide = v->sequence_start + (int64_t)(sel != NULL ? sel[i] : i) * v->sequence_step;
        int32_t narrow = (int32_t)wide;
        memcpy(at + (size_t)i * width, width == sizeof(wide) ? (void *)&wide : (void *)&narrow,
               width);
    }
    return DBX_OK;
}

static dbx_status flat_write_validity(const vector_view *view, const sel_t *sel, uint32_t rows,
                                      buffer *out) {
    uint8_t *at = chunk_bytes_room(out, validity_bytes(rows));
    if (at == NULL) return DBX_NOMEM;
    uint64_t *words = (uint64_t *)(void *)at;
    memset(words, 0, validity_bytes(rows));
    for (uint32_t i = 0; i < rows; i++) {
        if (view_valid(view, sel != NULL ? sel[i] : i)) validity_set_valid(words, i);
    }
    return DBX_OK;
}

static dbx_status flat_write(const vector *v, const sel_t *sel, uint32_t rows, buffer *out) {
    bool constant = v->form == VECTOR_CONSTANT && rows > 0;
    uint32_t kept = constant ? 1 : rows;
    if (constant) sel = NULL;
    flat_head head;
    memset(&head, 0, sizeof(head));
    head.rows = rows;
    head.constant = constant;
    if (v->form == VECTOR_SEQUENCE) {
        TRY(chunk_bytes_head(out, &head, sizeof(head)));
        return flat_write_sequence(v, sel, kept, out);
    }
    vector_view view = vector_view_of(v);
    head.has_validity = view.validity != NULL;
    TRY(chunk_bytes_head(out, &head, sizeof(head)));
    if (head.has_validity) TRY(flat_write_validity(&view, sel, kept, out));
    switch (v->phys) {
    case PHYS_STRING:
        return flat_write_strings(&view, sel, kept, out);
    case PHYS_LIST:
        return flat_write_lists(&view, sel, kept, out);
    case PHYS_STRUCT:
        return flat_write_structs(&view, sel, kept, out);
    default:
        return flat_write_fixed(&view, physical_size((physical_type)v->phys), sel, kept, out);
    }
}

dbx_status chunk_bytes_write(const chunk *c, const sel_t *sel, uint32_t rows, buffer *out) {
    uint32_t head[2] = {rows, c->column_count};
    assert(out->size % CHUNK_BYTES_ALIGN == 0);
    assert(sel != NULL || rows <= c->rows);
    TRY(chunk_bytes_head(out, head, sizeof(head)));
    for (uint32_t i = 0; i < c->column_count; i++) TRY(flat_write(&c->columns[i], sel, rows, out));
    return DBX_OK;
}

/* ---- reading ---- */

typedef struct chunk_reader {
    const uint8_t *at, *end;
    arena *arena;
} chunk_reader;

/* The next `size` bytes; NULL when fewer are left. */
static const uint8_t *chunk_reader_take(chunk_reader *r, size_t size) {
    size_t padded = (size + CHUNK_BYTES_ALIGN - 1) & ~(size_t)(CHUNK_BYTES_ALIGN - 1);
    if (padded < size || padded > (size_t)(r->end - r->at)) return NULL;
    const uint8_t *at = r->at;
    r->at += padded;
    return at;
}

static dbx_status flat_read(chunk_reader *r, type t, vector *out, uint32_t *rows);

static dbx_status flat_read_strings(chunk_reader *r, vector *v, uint32_t rows) {
    const uint8_t *sizes = chunk_reader_take(r, sizeof(uint64_t) + (size_t)rows * sizeof(uint32_t));
    if (sizes == NULL) return DBX_CORRUPT;
    uint64_t total;
    memcpy(&total, sizes, sizeof(total));
    sizes += sizeof(total);
    const char *bytes = (const char *)chunk_reader_take(r, total);
    if (bytes == NULL) return DBX_CORRUPT;
    vstring *values = VECTOR_DATA(v, vstring);
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t size;
        memcpy(&size, sizes + (size_t)i * sizeof(size), sizeof(size));
        if (size > total) return DBX_CORRUPT;
        values[i] = vstring_from(bytes, size);
        bytes += size;
        total -= size;
    }
    return DBX_OK;
}

static dbx_status flat_read_lists(chunk_reader *r, vector *v, uint32_t rows) {
    const uint8_t *lengths = chunk_reader_take(r, (size_t)rows * sizeof(uint32_t));
    if (lengths == NULL) return DBX_CORRUPT;
    list_entry *entries = VECTOR_DATA(v, list_entry);
    uint64_t at = 0;
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t length;
        memcpy(&length, lengths + (size_t)i * sizeof(length), sizeof(length));
        entries[i] = (list_entry){(uint32_t)at, length};
        at += length;
    }
    uint32_t children = 0;
    TRY(flat_read(r, vector_list_child_type(v->type), &v->children[0], &children));
    if (children != at) return DBX_CORRUPT;
    v->child_count = children;
    return DBX_OK;
}

static dbx_status flat_read_structs(chunk_reader *r, vector *v, uint32_t rows) {
    for (uint32_t c = 0; c < v->type.child_count; c++) {
        uint32_t children = 0;
        TRY(flat_read(r, v->type.children[c].type, &v->children[c], &children));
        if (children != rows) return DBX_CORRUPT;
    }
    return DBX_OK;
}

static dbx_status flat_read(chunk_reader *r, type t, vector *out, uint32_t *rows) {
    const uint8_t *bytes = chunk_reader_take(r, sizeof(flat_head));
    if (bytes == NULL) return DBX_CORRUPT;
    flat_head head;
    memcpy(&head, bytes, sizeof(head));
    uint32_t kept = head.constant ? 1 : head.rows;
    *rows = head.rows;
    uint64_t *validity = NULL;
    if (head.has_validity) {
        validity = (uint64_t *)(uintptr_t)chunk_reader_take(r, validity_bytes(kept));
        if (validity == NULL) return DBX_CORRUPT;
    }
    physical_type phys = type_physical(t);
    bool borrowed = phys != PHYS_STRING && phys != PHYS_LIST && phys != PHYS_STRUCT;
    TRY(vector_init(out, t, borrowed ? 0 : MAX(kept, 1u), r->arena));
    out->form = head.constant ? VECTOR_CONSTANT : VECTOR_FLAT;
    out->validity = validity;
    if (phys == PHYS_STRING) return flat_read_strings(r, out, kept);
    if (phys == PHYS_LIST) return flat_read_lists(r, out, kept);
    if (phys == PHYS_STRUCT) return flat_read_structs(r, out, kept);
    const uint8_t *values = chunk_reader_take(r, (size_t)kept * physical_size(phys));
    if (values == NULL) return DBX_CORRUPT;
    out->data = (void *)(uintptr_t)values;
    out->capacity = kept;
    return DBX_OK;
}

dbx_status chunk_bytes_read(const uint8_t **at, const uint8_t *end, const type *types,
                            uint32_t count, arena *a, chunk *out, error *err) {
    chunk_reader r = {*at, end, a};
    assert(((uintptr_t)*at & (CHUNK_BYTES_ALIGN - 1)) == 0);
    const uint8_t *bytes = chunk_reader_take(&r, 2 * sizeof(uint32_t));
    uint32_t head[2] = {0, 0};
    if (bytes != NULL) memcpy(head, bytes, sizeof(head));
    dbx_status status = bytes != NULL && head[1] == count ? DBX_OK : DBX_CORRUPT;
    vector *columns = ARENA_ARRAY(a, vector, MAX(count, 1u));
    if (columns == NULL) return error_nomem(err);
    for (uint32_t i = 0; status == DBX_OK && i < count; i++) {
        uint32_t rows = 0;
        status = flat_read(&r, types[i], &columns[i], &rows);
        if (status == DBX_OK && rows != head[0]) status = DBX_CORRUPT;
    }
    if (status == DBX_NOMEM) return error_nomem(err);
    if (status != DBX_OK) {
        return error_raise(err, ERR_INTERNAL_ERROR, (span){0, 0}, "message",
                           "a temporary file holds other rows than were written", NULL);
    }
    *at = r.at;
    *out = (chunk){columns, count, head[0]};
    return DBX_OK;
}
