/* arrow_export.c - vectors to Arrow arrays. Buffers are plain malloc: they outlive every ledger
 * until released. */
#include "common/os.h"
#include "formats/arrow.h"

#include <stdio.h>
#include <stdlib.h>

enum { ARROW_FORMAT_MAX = 96, ARROW_BUFFERS_MAX = 3 };

/* ---- schemas ---- */

typedef struct arrow_schema_private {
    char format[ARROW_FORMAT_MAX];
    char *name;
    struct ArrowSchema **children;
} arrow_schema_private;

static void arrow_schema_release(struct ArrowSchema *s) {
    arrow_schema_private *p = s->private_data;
    for (int64_t i = 0; i < s->n_children; i++) {
        if (s->children[i] == NULL) continue;
        if (s->children[i]->release != NULL) s->children[i]->release(s->children[i]);
        free(s->children[i]);
    }
    free(p->children);
    free(p->name);
    free(p);
    s->release = NULL;
}

static void arrow_format(type t, string_view zone, char *out) {
    static const char *const fixed[TYPE_ID_COUNT] = {
        [TYPE_VOID] = "n",       [TYPE_BOOLEAN] = "b",       [TYPE_TINYINT] = "c",
        [TYPE_SMALLINT] = "s",   [TYPE_INT] = "i",           [TYPE_BIGINT] = "l",
        [TYPE_FLOAT] = "f",      [TYPE_DOUBLE] = "g",        [TYPE_STRING] = "u",
        [TYPE_BINARY] = "z",     [TYPE_DATE] = "tdD",        [TYPE_TIMESTAMP_NTZ] = "tsu:",
        [TYPE_TIME] = "ttu",     [TYPE_INTERVAL_YM] = "tiM", [TYPE_INTERVAL_DT] = "tDu",
        [TYPE_INTERVAL] = "tin", [TYPE_ARRAY] = "+l",        [TYPE_MAP] = "+m",
        [TYPE_STRUCT] = "+s",    [TYPE_VARIANT] = "z",       [TYPE_GEOMETRY] = "z",
        [TYPE_GEOGRAPHY] = "z"};
    if (t.id == TYPE_DECIMAL)
        snprintf(out, ARROW_FORMAT_MAX, "d:%u,%u", t.precision, t.scale);
    else if (t.id == TYPE_TIMESTAMP)
        snprintf(out, ARROW_FORMAT_MAX, "tsu:%.64s", zone.size > 0 ? zone.data : "UTC");
    else
        snprintf(out, ARROW_FORMAT_MAX, "%s", fixed[t.id]);
}

static dbx_status arrow_schema_start(struct ArrowSchema *out, const char *name, size_t name_size,
                                     bool nullable, uint32_t children) {
    memset(out, 0, sizeof(*out));
    arrow_schema_private *p = calloc(1, sizeof(*p));
    if (p == NULL) return DBX_NOMEM;
    p->name = calloc(1, name_size + 1);
    p->children = calloc(MAX(children, 1u), sizeof(*p->children));
    out->private_data = p;
    out->release = arrow_schema_release;
    if (p->name == NULL || p->children == NULL) return DBX_NOMEM;
    if (name_size > 0) memcpy(p->name, name, name_size);
    out->name = p->name;
    out->format = p->format;
    out->flags = nullable ? ARROW_FLAG_NULLABLE : 0;
    out->children = p->children;
    for (uint32_t i = 0; i < children; i++) {
        p->children[i] = calloc(1, sizeof(struct ArrowSchema));
        if (p->children[i] == NULL) return DBX_NOMEM;
        out->n_children = i + 1;
    }
    return DBX_OK;
}

/* MAP's child is a struct "entries" of key and value. */
static dbx_status arrow_map_children(type t, string_view zone, struct ArrowSchema *out) {
    struct ArrowSchema *entries = out->children[0];
    TRY(arrow_schema_start(entries, "entries", 7, false, 2));
    memcpy(((arrow_schema_private *)entries->private_data)->format, "+s", 3);
    for (uint32_t i = 0; i < 2; i++) {
        TRY(arrow_schema_export(t.children[i].type, t.children[i].name, i == 1, zone,
                                entries->children[i]));
    }
    return DBX_OK;
}

dbx_status arrow_schema_export(type t, string_view name, bool nullable, string_view zone,
                               struct ArrowSchema *out) {
    uint32_t children = t.id == TYPE_MAP || t.id == TYPE_ARRAY ? 1
                        : t.id == TYPE_STRUCT                  ? t.child_count
                                                               : 0;
    dbx_status status = arrow_schema_start(out, name.data, name.size, nullable, children);
    if (status == DBX_OK)
        arrow_format(t, zone, ((arrow_schema_private *)out->private_data)->format);
    if (status == DBX_OK && t.id == TYPE_MAP) status = arrow_map_children(t, zone, out);
    for (uint32_t i = 0; status == DBX_OK && t.id != TYPE_MAP && i < children; i++) {
        string_view child = t.id == TYPE_ARRAY ? SV("item") : t.children[i].name;
        status = arrow_schema_export(t.children[i].type, child, t.children[i].nullable, zone,
                                     out->children[i]);
    }
    if (status != DBX_OK && out->release != NULL) out->release(out);
    return status;
}

/* ---- arrays ---- */

typedef struct arrow_array_private {
    void *buffers[ARROW_BUFFERS_MAX];
    struct ArrowArray **children;
} arrow_array_private;

static void arrow_array_release(struct ArrowArray *a) {
    arrow_array_private *p = a->private_data;
    for (int64_t i = 0; i < a->n_children; i++) {
        if (a->children[i] == NULL) continue;
        if (a->children[i]->release != NULL) a->children[i]->release(a->children[i]);
        free(a->children[i]);
    }
    for (uint32_t i = 0; i < ARROW_BUFFERS_MAX; i++) free(p->buffers[i]);
    free(p->children);
    free(p);
    a->release = NULL;
}

static dbx_status arrow_array_start(struct ArrowArray *out, int64_t length, uint32_t buffers,
                                    uint32_t children) {
    memset(out, 0, sizeof(*out));
    arrow_array_private *p = calloc(1, sizeof(*p));
    if (p == NULL) return DBX_NOMEM;
    out->private_data = p;
    out->release = arrow_array_release;
    out->length = length;
    out->n_buffers = buffers;
    out->buffers = (const void **)p->buffers;
    p->children = calloc(MAX(children, 1u), sizeof(*p->children));
    if (p->children == NULL) return DBX_NOMEM;
    out->children = p->children;
    for (uint32_t i = 0; i < children; i++) {
        p->children[i] = calloc(1, sizeof(struct ArrowArray));
        if (p->children[i] == NULL) return DBX_NOMEM;
        out->n_children = i + 1;
    }
    return DBX_OK;
}

static void *arrow_buffer(struct ArrowArray *a, uint32_t index, size_t size) {
    arrow_array_private *p = a->private_data;
    size_t rounded = (MAX(size, (size_t)1) + 63) & ~(size_t)63;
    p->buffers[index] = os_alloc_aligned(64, rounded);
    if (p->buffers[index] != NULL) memset(p->buffers[index], 0, rounded);
    return p->buffers[index];
}

/* Rows [0, rows) of a view. */
static dbx_status arrow_put_validity(struct ArrowArray *out, const vector_view *v, uint32_t rows) {
    if (v->validity == NULL) return DBX_OK;
    uint8_t *bits = arrow_buffer(out, 0, (rows + 7) / 8);
    if (bits == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < rows; i++) {
        if (view_valid(v, i))
            bits[i / 8] = (uint8_t)(bits[i / 8] | 1u << (i % 8));
        else
            out->null_count++;
    }
    return DBX_OK;
}

static dbx_status arrow_put_strings(struct ArrowArray *out, const vector_view *v, uint32_t rows) {
    const vstring *values = v->data;
    int32_t *offsets = arrow_buffer(out, 1, ((size_t)rows + 1) * sizeof(int32_t));
    if (offsets == NULL) return DBX_NOMEM;
    uint64_t total = 0;
    for (uint32_t i = 0; i < rows; i++) {
        if (view_valid(v, i)) total += values[view_index(v, i)].size;
    }
    if (total > INT32_MAX) return DBX_NOMEM;
    char *bytes = arrow_buffer(out, 2, (size_t)total);
    if (bytes == NULL) return DBX_NOMEM;
    int32_t at = 0;
    for (uint32_t i = 0; i < rows; i++) {
        offsets[i] = at;
        if (!view_valid(v, i)) continue;
        const vstring *s = &values[view_index(v, i)];
        memcpy(bytes + at, vstring_data(s), s->size);
        at += (int32_t)s->size;
    }
    offsets[rows] = at;
    return DBX_OK;
}

typedef struct arrow_month_day_nano {
    int32_t months;
    int32_t days;
    int64_t nanos;
} arrow_month_day_nano;

static void arrow_put_value(type t, const vector_view *v, uint32_t from, uint32_t i, void *to) {
    switch (type_physical(t)) {
    case PHYS_BOOL:
        ((uint8_t *)to)[i / 8] |= (uint8_t)((((const uint8_t *)v->data)[from] != 0) << (i % 8));
        break;
    case PHYS_INTERVAL: {
        const dbx_interval *x = &((const dbx_interval *)v->data)[from];
        ((arrow_month_day_nano *)to)[i] =
            (arrow_month_day_nano){x->months, x->days, x->micros * 1000};
        break;
    }
    case PHYS_INT64:
        if (t.id == TYPE_DECIMAL) {
            ((__int128 *)to)[i] = ((const int64_t *)v->data)[from];
            break;
        }
        ((int64_t *)to)[i] = ((const int64_t *)v->data)[from];
        break;
    default: {
        uint32_t size = physical_size(type_physical(t));
        memcpy((char *)to + (size_t)i * size, (const char *)v->data + (size_t)from * size, size);
        break;
    }
    }
}

static dbx_status arrow_put_fixed(struct ArrowArray *out, type t, const vector_view *v,
                                  uint32_t rows) {
    size_t width = t.id == TYPE_DECIMAL ? 16 : physical_size(type_physical(t));
    void *data = arrow_buffer(out, 1, t.id == TYPE_BOOLEAN ? (rows + 7) / 8 : rows * width);
    if (data == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < rows; i++) {
        if (view_valid(v, i)) arrow_put_value(t, v, view_index(v, i), i, data);
    }
    return DBX_OK;
}

static dbx_status arrow_array_of(const vector *v, const sel_t *sel, uint32_t rows, arena *a,
                                 struct ArrowArray *out);

/* The rows' items, one after the other, become the child array. */
static dbx_status arrow_put_list(struct ArrowArray *out, const vector_view *v, uint32_t rows,
                                 arena *a) {
    const list_entry *entries = v->data;
    int32_t *offsets = arrow_buffer(out, 1, ((size_t)rows + 1) * sizeof(int32_t));
    uint64_t total = 0;
    for (uint32_t i = 0; i < rows; i++) {
        if (view_valid(v, i)) total += entries[view_index(v, i)].length;
    }
    sel_t *items = ARENA_ARRAY(a, sel_t, total);
    if (offsets == NULL || items == NULL || total > INT32_MAX) return DBX_NOMEM;
    uint32_t n = 0;
    for (uint32_t i = 0; i < rows; i++) {
        offsets[i] = (int32_t)n;
        if (!view_valid(v, i)) continue;
        list_entry e = entries[view_index(v, i)];
        for (uint32_t k = 0; k < e.length; k++) items[n++] = e.offset + k;
    }
    offsets[rows] = (int32_t)n;
    return arrow_array_of(&v->base->children[0], items, n, a, out->children[0]);
}

static dbx_status arrow_put_struct(struct ArrowArray *out, const vector_view *v, uint32_t rows,
                                   arena *a) {
    sel_t *sel = ARENA_ARRAY(a, sel_t, rows);
    if (sel == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < rows; i++) sel[i] = view_index(v, i);
    for (uint32_t c = 0; c < v->base->type.child_count; c++) {
        TRY(arrow_array_of(&v->base->children[c], sel, rows, a, out->children[c]));
    }
    return DBX_OK;
}

/* Rows sel[0..rows) (NULL: 0..rows-1) of a vector. */
static dbx_status arrow_array_of(const vector *v, const sel_t *sel, uint32_t rows, arena *a,
                                 struct ArrowArray *out) {
    vector sliced;
    vector flat;
    if (v->form == VECTOR_SEQUENCE) {
        TRY(vector_flatten(&flat, v, sel == NULL ? rows : MAX(v->child_count, rows), a));
        v = &flat;
    }
    if (sel != NULL) {
        TRY(vector_slice(&sliced, v, sel, rows, a));
        v = &sliced;
    }
    vector_view view = vector_view_of(v);
    type t = v->type;
    bool strings = type_physical(t) == PHYS_STRING;
    uint32_t children = t.id == TYPE_STRUCT                      ? t.child_count
                        : t.id == TYPE_ARRAY || t.id == TYPE_MAP ? 1
                                                                 : 0;
    uint32_t buffers = t.id == TYPE_VOID ? 0 : t.id == TYPE_STRUCT ? 1 : strings ? 3 : 2;
    TRY(arrow_array_start(out, rows, buffers, children));
    if (t.id == TYPE_VOID) {
        out->null_count = rows;
        return DBX_OK;
    }
    TRY(arrow_put_validity(out, &view, rows));
    if (strings) return arrow_put_strings(out, &view, rows);
    if (t.id == TYPE_STRUCT) return arrow_put_struct(out, &view, rows, a);
    if (t.id == TYPE_ARRAY || t.id == TYPE_MAP) return arrow_put_list(out, &view, rows, a);
    return arrow_put_fixed(out, t, &view, rows);
}

dbx_status arrow_batch_export(const chunk *rows, struct ArrowArray *out) {
    arena a;
    arena_init(&a, NULL);
    dbx_status status = arrow_array_start(out, rows->rows, 1, rows->column_count);
    for (uint32_t c = 0; status == DBX_OK && c < rows->column_count; c++) {
        status = arrow_array_of(&rows->columns[c], NULL, rows->rows, &a, out->children[c]);
    }
    if (status != DBX_OK && out->release != NULL) out->release(out);
    arena_deinit(&a);
    return status;
}
