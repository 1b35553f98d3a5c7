/* sort_key.c - order-preserving byte keys. See compare.h.
 *
 * A column's key is a NULL byte and the value: integers big-endian with the sign bit flipped;
 * floats with all bits flipped when negative, else the sign bit; strings with 0 and 1 escaped as 1
 * 1 and 1 2 and a 0 at the end; lists as elements, each after its NULL byte, and a 0 at the end;
 * structs as their fields. A descending column inverts all bytes but the NULL byte. Inside nested
 * values NULL is the smallest, whatever the order says.
 *
 * Keys are written column by column: sizes first, then offsets, then bytes at a cursor per row.
 */
#include "vector/collation.h"
#include "vector/compare.h"

/* NULL bytes at the top level: NULLs below or above all values. */
enum { SORT_KEY_NULL_FIRST = 0, SORT_KEY_VALID = 1, SORT_KEY_NULL_LAST = 2 };
/* Inside nested values; SORT_KEY_END ends a list. */
enum { SORT_KEY_END = 0, SORT_KEY_NULL_ITEM = 1, SORT_KEY_VALID_ITEM = 2 };
enum { SORT_KEY_ESCAPE = 1 };

static bool sort_key_is_fixed(type t) {
    physical_type p = type_physical(t);
    return p != PHYS_STRING && p != PHYS_LIST && p != PHYS_STRUCT;
}

void sort_key_layout_init(sort_key_layout *l, const type *types, const sort_order *orders,
                          uint32_t count) {
    *l = (sort_key_layout){
        .column_count = count, .types = types, .orders = orders, .fixed_width = true};
    for (uint32_t i = 0; i < count; i++) {
        l->fixed_width = l->fixed_width && sort_key_is_fixed(types[i]);
        l->width += 1 + physical_size(type_physical(types[i]));
    }
    if (!l->fixed_width) l->width = 0;
}

/* ---- bytes of one value ---------------------------------------------------------------------- */

static inline void sort_key_put8(uint8_t *to, uint8_t x) {
    *to = x;
}
static inline void sort_key_put16(uint8_t *to, uint16_t x) {
    x = __builtin_bswap16(x);
    memcpy(to, &x, sizeof(x));
}
static inline void sort_key_put32(uint8_t *to, uint32_t x) {
    x = __builtin_bswap32(x);
    memcpy(to, &x, sizeof(x));
}
static inline void sort_key_put64(uint8_t *to, uint64_t x) {
    x = __builtin_bswap64(x);
    memcpy(to, &x, sizeof(x));
}

/* invert is 0 or all ones of the width. */
static inline void sort_key_int8(uint8_t *to, const int8_t *v, uint64_t invert) {
    sort_key_put8(to, (uint8_t)((uint8_t)*v ^ 0x80u ^ invert));
}
static inline void sort_key_int16(uint8_t *to, const int16_t *v, uint64_t invert) {
    sort_key_put16(to, (uint16_t)((uint16_t)*v ^ 0x8000u ^ invert));
}
static inline void sort_key_int32(uint8_t *to, const int32_t *v, uint64_t invert) {
    sort_key_put32(to, (uint32_t)*v ^ 0x80000000u ^ (uint32_t)invert);
}
static inline void sort_key_int64(uint8_t *to, const int64_t *v, uint64_t invert) {
    sort_key_put64(to, (uint64_t)*v ^ ((uint64_t)1 << 63) ^ invert);
}
static inline void sort_key_int128(uint8_t *to, const __int128 *v, uint64_t invert) {
    unsigned __int128 x = (unsigned __int128)*v;
    sort_key_put64(to, (uint64_t)(x >> 64) ^ ((uint64_t)1 << 63) ^ invert);
    sort_key_put64(to + 8, (uint64_t)x ^ invert);
}
static inline void sort_key_float(uint8_t *to, const float *v, uint64_t invert) {
    uint32_t bits;
    memcpy(&bits, v, sizeof(bits));
    if (*v != *v) bits = 0x7fc00000u;
    if (*v == 0.0f) bits = 0;
    bits ^= (uint32_t)((int32_t)bits >> 31) | 0x80000000u;
    sort_key_put32(to, bits ^ (uint32_t)invert);
}
static inline void sort_key_double(uint8_t *to, const double *v, uint64_t invert) {
    uint64_t bits;
    memcpy(&bits, v, sizeof(bits));
    if (*v != *v) bits = 0x7ff8000000000000u;
    if (*v == 0.0) bits = 0;
    bits ^= (uint64_t)((int64_t)bits >> 63) | (uint64_t)1 << 63;
    sort_key_put64(to, bits ^ invert);
}
static inline void sort_key_interval(uint8_t *to, const dbx_interval *v, uint64_t invert) {
    sort_key_int32(to, &v->months, invert);
    sort_key_int32(to + 4, &v->days, invert);
    sort_key_int64(to + 8, &v->micros, invert);
}

/* How many of 8 bytes are neither 0 nor 1. */
static inline uint32_t sort_key_plain8(uint64_t x) {
    x &= 0xFEFEFEFEFEFEFEFEu;
    x = ((x & 0x7F7F7F7F7F7F7F7Fu) + 0x7F7F7F7F7F7F7F7Fu) | x;
    return (uint32_t)((((x >> 7) & 0x0101010101010101u) * 0x0101010101010101u) >> 56);
}

/* Bytes of a string that are escaped. */
static size_t sort_key_escapes(const vstring *s) {
    uint64_t word;
    if (s->size <= VSTRING_INLINE_MAX) { /* padded with zeros, which are not plain */
        uint32_t prefix;
        memcpy(&prefix, s->prefix, sizeof(prefix));
        memcpy(&word, s->u.rest, sizeof(word));
        return s->size - sort_key_plain8(prefix) - sort_key_plain8(word);
    }
    size_t plain = 0, i = 0;
    for (; i + 8 <= s->size; i += 8) {
        memcpy(&word, s->u.data + i, sizeof(word));
        plain += sort_key_plain8(word);
    }
    for (; i < s->size; i++) plain += (unsigned char)s->u.data[i] > SORT_KEY_ESCAPE;
    return s->size - plain;
}

static inline size_t sort_key_string_size(const vstring *s) {
    return s->size + sort_key_escapes(s) + 1;
}

static uint8_t *sort_key_escaped(uint8_t *to, const char *data, size_t size, uint8_t invert) {
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)data[i];
        if (UNLIKELY(c <= SORT_KEY_ESCAPE)) {
            *to++ = SORT_KEY_ESCAPE ^ invert;
            c = (unsigned char)(c + 1);
        }
        *to++ = c ^ invert;
    }
    *to++ = SORT_KEY_END ^ invert;
    return to;
}

/* Copies by overlapping words, which needs no call for short strings. */
static inline void sort_key_copy_inverted(uint8_t *to, const char *from, size_t size,
                                          uint64_t invert) {
    uint64_t first, last;
    if (size >= 8) {
        memcpy(&last, from + size - 8, 8);
        for (size_t i = 0; i + 8 < size; i += 8) {
            memcpy(&first, from + i, 8);
            first ^= invert;
            memcpy(to + i, &first, 8);
        }
        last ^= invert;
        memcpy(to + size - 8, &last, 8);
    } else if (size >= 4) {
        uint32_t low, high;
        memcpy(&low, from, 4);
        memcpy(&high, from + size - 4, 4);
        low ^= (uint32_t)invert;
        high ^= (uint32_t)invert;
        memcpy(to, &low, 4);
        memcpy(to + size - 4, &high, 4);
    } else {
        for (size_t i = 0; i < size; i++) to[i] = (uint8_t)((uint8_t)from[i] ^ invert);
    }
}

static uint8_t *sort_key_string(uint8_t *to, const vstring *s, uint8_t invert) {
    const char *data = vstring_data(s);
    if (UNLIKELY(sort_key_escapes(s) > 0)) return sort_key_escaped(to, data, s->size, invert);
    sort_key_copy_inverted(to, data, s->size, invert ? UINT64_MAX : 0);
    to[s->size] = SORT_KEY_END ^ invert;
    return to + s->size + 1;
}

/* ---- nested values, one at a time ------------------------------------------------------------ */

typedef struct sort_key_writer {
    arena *scratch; /* collation keys */
    uint8_t *at;    /* NULL: only sizes are counted */
    size_t size;
    uint8_t invert;
} sort_key_writer;

static void sort_key_byte(sort_key_writer *w, uint8_t byte) {
    if (w->at != NULL) *w->at++ = byte ^ w->invert;
    w->size++;
}

static void sort_key_fixed(const vector_view *v, uint32_t index, uint8_t *to, uint64_t invert) {
    switch ((physical_type)v->base->phys) {
    case PHYS_BOOL:
    case PHYS_INT8:
        sort_key_int8(to, (const int8_t *)v->data + index, invert);
        break;
    case PHYS_INT16:
        sort_key_int16(to, (const int16_t *)v->data + index, invert);
        break;
    case PHYS_INT32:
        sort_key_int32(to, (const int32_t *)v->data + index, invert);
        break;
    case PHYS_INT64:
        sort_key_int64(to, (const int64_t *)v->data + index, invert);
        break;
    case PHYS_INT128:
        sort_key_int128(to, (const __int128 *)v->data + index, invert);
        break;
    case PHYS_FLOAT:
        sort_key_float(to, (const float *)v->data + index, invert);
        break;
    case PHYS_DOUBLE:
        sort_key_double(to, (const double *)v->data + index, invert);
        break;
    case PHYS_INTERVAL:
        sort_key_interval(to, (const dbx_interval *)v->data + index, invert);
        break;
    default:
        assert(false);
    }
}

static dbx_status sort_key_item(sort_key_writer *w, const vector *v, uint32_t row);

static dbx_status sort_key_value(sort_key_writer *w, const vector_view *v, uint32_t index) {
    const vector *base = v->base;
    switch (base->phys) {
    case PHYS_STRING: {
        vstring key = ((const vstring *)v->data)[index];
        if (base->type.collation != COLLATION_UTF8_BINARY) {
            vstring plain = key;
            TRY(collation_key(base->type.collation, &plain, &key, w->scratch));
        }
        w->size += sort_key_string_size(&key);
        if (w->at != NULL) w->at = sort_key_string(w->at, &key, w->invert);
        return DBX_OK;
    }
    case PHYS_LIST: {
        list_entry e = ((const list_entry *)v->data)[index];
        for (uint32_t i = 0; i < e.length; i++)
            TRY(sort_key_item(w, &base->children[0], e.offset + i));
        sort_key_byte(w, SORT_KEY_END);
        return DBX_OK;
    }
    case PHYS_STRUCT:
        for (uint32_t i = 0; i < base->type.child_count; i++)
            TRY(sort_key_item(w, &base->children[i], index));
        return DBX_OK;
    default: {
        uint32_t width = physical_size((physical_type)base->phys);
        w->size += width;
        if (w->at == NULL) return DBX_OK;
        sort_key_fixed(v, index, w->at, w->invert ? UINT64_MAX : 0);
        w->at += width;
        return DBX_OK;
    }
    }
}

static dbx_status sort_key_item(sort_key_writer *w, const vector *v, uint32_t row) {
    vector one;
    if (v->form == VECTOR_SEQUENCE) {
        TRY(vector_constant_at(&one, v, row, w->scratch));
        v = &one;
    }
    vector_view view = vector_view_of(v);
    uint32_t index = view_index(&view, row);
    if (!validity_get(view.validity, index)) {
        sort_key_byte(w, SORT_KEY_NULL_ITEM);
        return DBX_OK;
    }
    sort_key_byte(w, SORT_KEY_VALID_ITEM);
    return sort_key_value(w, &view, index);
}

/* ---- columns of fixed width ------------------------------------------------------------------ */

/* One loop a type: the NULL byte and the value of every row, at its cursor, which moves on. */
#define SORT_KEY_LOOP(name, ctype)                                                                 \
    static void sort_key_column_##name(const vector_view *v, uint32_t rows, sort_order order,      \
                                       uint8_t *keys, uint64_t *cursors) {                         \
        const ctype *values = v->data;                                                             \
        uint64_t invert = order.descending ? UINT64_MAX : 0;                                       \
        uint8_t null_byte = order.nulls_first ? SORT_KEY_NULL_FIRST : SORT_KEY_NULL_LAST;          \
        for (uint32_t i = 0; i < rows; i++) {                                                      \
            uint8_t *to = keys + cursors[i];                                                       \
            uint32_t index = view_index(v, i);                                                     \
            cursors[i] += 1 + sizeof(ctype);                                                       \
            if (UNLIKELY(!validity_get(v->validity, index))) {                                     \
                memset(to, 0, 1 + sizeof(ctype));                                                  \
                to[0] = null_byte;                                                                 \
                continue;                                                                          \
            }                                                                                      \
            to[0] = SORT_KEY_VALID;                                                                \
            sort_key_##name(to + 1, &values[index], invert);                                       \
        }                                                                                          \
    }
SORT_KEY_LOOP(int8, int8_t)
SORT_KEY_LOOP(int16, int16_t)
SORT_KEY_LOOP(int32, int32_t)
SORT_KEY_LOOP(int64, int64_t)
SORT_KEY_LOOP(int128, __int128)
SORT_KEY_LOOP(float, float)
SORT_KEY_LOOP(double, double)
SORT_KEY_LOOP(interval, dbx_interval)
#undef SORT_KEY_LOOP

typedef void (*sort_key_loop)(const vector_view *v, uint32_t rows, sort_order order, uint8_t *keys,
                              uint64_t *cursors);
static const sort_key_loop sort_key_loops[PHYS_COUNT] = {
    [PHYS_BOOL] = sort_key_column_int8,         [PHYS_INT8] = sort_key_column_int8,
    [PHYS_INT16] = sort_key_column_int16,       [PHYS_INT32] = sort_key_column_int32,
    [PHYS_INT64] = sort_key_column_int64,       [PHYS_INT128] = sort_key_column_int128,
    [PHYS_FLOAT] = sort_key_column_float,       [PHYS_DOUBLE] = sort_key_column_double,
    [PHYS_INTERVAL] = sort_key_column_interval,
};

/* ---- columns of strings, collation apart ----------------------------------------------------- */

static void sort_key_add_string_sizes(const vector_view *v, uint32_t rows, uint64_t *sizes) {
    const vstring *values = v->data;
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t index = view_index(v, i);
        sizes[i] +=
            1 + (validity_get(v->validity, index) ? sort_key_string_size(&values[index]) : 0);
    }
}

static void sort_key_column_string(const vector_view *v, uint32_t rows, sort_order order,
                                   uint8_t *keys, uint64_t *cursors) {
    const vstring *values = v->data;
    uint8_t invert = order.descending ? 0xFF : 0;
    uint8_t null_byte = order.nulls_first ? SORT_KEY_NULL_FIRST : SORT_KEY_NULL_LAST;
    for (uint32_t i = 0; i < rows; i++) {
        uint8_t *to = keys + cursors[i];
        uint32_t index = view_index(v, i);
        bool valid = validity_get(v->validity, index);
        *to++ = valid ? SORT_KEY_VALID : null_byte;
        if (valid) to = sort_key_string(to, &values[index], invert);
        cursors[i] = (uint64_t)(to - keys);
    }
}

/* ---- columns of any width -------------------------------------------------------------------- */

/* Adds the size of row i's part to sizes[i]. */
static dbx_status sort_key_add_sizes(const vector_view *v, uint32_t rows, uint64_t *sizes,
                                     arena *scratch) {
    if (sort_key_loops[v->base->phys] != NULL) {
        uint32_t width = 1 + physical_size((physical_type)v->base->phys);
        for (uint32_t i = 0; i < rows; i++) sizes[i] += width;
        return DBX_OK;
    }
    if (v->base->phys == PHYS_STRING) {
        sort_key_add_string_sizes(v, rows, sizes);
        return DBX_OK;
    }
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t index = view_index(v, i);
        sort_key_writer w = {.scratch = scratch, .size = 1};
        if (validity_get(v->validity, index)) TRY(sort_key_value(&w, v, index));
        sizes[i] += w.size;
    }
    return DBX_OK;
}

static dbx_status sort_key_write_column(const vector_view *v, uint32_t rows, sort_order order,
                                        uint8_t *keys, uint64_t *cursors, arena *scratch) {
    if (sort_key_loops[v->base->phys] != NULL) {
        sort_key_loops[v->base->phys](v, rows, order, keys, cursors);
        return DBX_OK;
    }
    if (v->base->phys == PHYS_STRING) { /* prepared: no collation */
        sort_key_column_string(v, rows, order, keys, cursors);
        return DBX_OK;
    }
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t index = view_index(v, i);
        uint8_t *to = keys + cursors[i];
        if (!validity_get(v->validity, index)) {
            *to = order.nulls_first ? SORT_KEY_NULL_FIRST : SORT_KEY_NULL_LAST;
            cursors[i]++;
            continue;
        }
        *to = SORT_KEY_VALID;
        sort_key_writer w = {
            .scratch = scratch, .at = to + 1, .size = 1, .invert = order.descending ? 0xFF : 0};
        TRY(sort_key_value(&w, v, index));
        cursors[i] += w.size;
    }
    return DBX_OK;
}

/* Collated strings become their keys, sequences become flat; other columns stay. */
static dbx_status sort_key_prepare(const vector *column, uint32_t rows, vector *out,
                                   arena *scratch) {
    *out = *column;
    if (column->form == VECTOR_SEQUENCE) return vector_flatten(out, column, rows, scratch);
    if (column->phys != PHYS_STRING || column->type.collation == COLLATION_UTF8_BINARY)
        return DBX_OK;
    vector_view view = vector_view_of(column);
    TRY(vector_init(out, type_simple(TYPE_STRING), MAX(rows, 1), scratch));
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t index = view_index(&view, i);
        if (!validity_get(view.validity, index)) {
            TRY(vector_ensure_validity(out, scratch));
            validity_set_null(out->validity, i);
            continue;
        }
        TRY(collation_key(column->type.collation, (const vstring *)view.data + index,
                          &VECTOR_DATA(out, vstring)[i], scratch));
    }
    return DBX_OK;
}

static dbx_status sort_key_encode_views(const sort_key_layout *l, const vector_view *views,
                                        uint32_t rows, buffer *out, uint64_t *offsets,
                                        arena *scratch) {
    uint64_t base = out->size;
    memset(offsets, 0, (rows + (size_t)1) * sizeof(*offsets));
    if (l->fixed_width) {
        for (uint32_t i = 0; i < rows; i++) offsets[i] = l->width;
    } else {
        for (uint32_t c = 0; c < l->column_count; c++)
            TRY(sort_key_add_sizes(&views[c], rows, offsets, scratch));
    }
    uint64_t total = base;
    for (uint32_t i = 0; i < rows; i++) { /* sizes become starts */
        uint64_t size = offsets[i];
        offsets[i] = total;
        total += size;
    }
    TRY(buffer_reserve(out, total - base));
    uint8_t *keys = (uint8_t *)out->data;
    for (uint32_t c = 0; c < l->column_count; c++) {
        TRY(sort_key_write_column(&views[c], rows, l->orders[c], keys, offsets, scratch));
    }
    /* Every cursor now stands at its key's end, which is the next one's start. */
    memmove(offsets + 1, offsets, rows * sizeof(*offsets));
    offsets[0] = base;
    assert(offsets[rows] == total);
    out->size = total;
    out->data[total] = '\0';
    return DBX_OK;
}

dbx_status sort_key_encode(const sort_key_layout *l, const vector *columns, uint32_t rows,
                           buffer *out, uint64_t *out_offsets) {
    arena scratch;
    dbx_status status = DBX_OK;
    arena_init(&scratch, out->ledger);
    vector *prepared = ARENA_ARRAY(&scratch, vector, MAX(l->column_count, 1));
    vector_view *views = ARENA_ARRAY(&scratch, vector_view, MAX(l->column_count, 1));
    if (prepared == NULL || views == NULL) {
        status = DBX_NOMEM;
        goto done;
    }
    for (uint32_t i = 0; i < l->column_count; i++) {
        TRY_GOTO(sort_key_prepare(&columns[i], rows, &prepared[i], &scratch), done);
        views[i] = vector_view_of(&prepared[i]);
    }
    status = sort_key_encode_views(l, views, rows, out, out_offsets, &scratch);
done:
    arena_deinit(&scratch);
    return status;
}
