/* row_value.c - see row_bytes.h. The bytes are written and read by this process only, so reading
 * trusts them. */
#include "vector/row_bytes.h"

static size_t row_item_size(const vector *v, uint32_t row, bool *valid) {
    vector_view view = vector_view_of(v);
    uint32_t index = view_index(&view, row);
    *valid = validity_get(view.validity, index);
    return *valid ? row_value_size(&view, index) : 0;
}

size_t row_value_size(const vector_view *v, uint32_t index) {
    const vector *base = v->base;
    bool valid;
    switch (base->phys) {
    case PHYS_STRING:
        return sizeof(uint32_t) + ((const vstring *)v->data)[index].size;
    case PHYS_LIST: {
        list_entry e = ((const list_entry *)v->data)[index];
        size_t size = sizeof(uint32_t) + (e.length + 7u) / 8;
        for (uint32_t i = 0; i < e.length; i++)
            size += row_item_size(&base->children[0], e.offset + i, &valid);
        return size;
    }
    case PHYS_STRUCT: {
        size_t size = (base->type.child_count + 7u) / 8;
        for (uint32_t i = 0; i < base->type.child_count; i++)
            size += row_item_size(&base->children[i], index, &valid);
        return size;
    }
    default:
        return physical_size((physical_type)base->phys);
    }
}

/* Writes the item when valid and sets its bit. */
static uint8_t *row_item_write(const vector *v, uint32_t row, uint8_t *bits, uint32_t bit,
                               uint8_t *to) {
    vector_view view = vector_view_of(v);
    uint32_t index = view_index(&view, row);
    if (!validity_get(view.validity, index)) return to;
    bits[bit / 8] = (uint8_t)(bits[bit / 8] | 1u << (bit % 8));
    return row_value_write(&view, index, to);
}

uint8_t *row_value_write(const vector_view *v, uint32_t index, uint8_t *to) {
    const vector *base = v->base;
    switch (base->phys) {
    case PHYS_STRING: {
        const vstring *s = (const vstring *)v->data + index;
        memcpy(to, &s->size, sizeof(uint32_t));
        if (s->size > 0) memcpy(to + sizeof(uint32_t), vstring_data(s), s->size);
        return to + sizeof(uint32_t) + s->size;
    }
    case PHYS_LIST: {
        list_entry e = ((const list_entry *)v->data)[index];
        memcpy(to, &e.length, sizeof(uint32_t));
        uint8_t *bits = to + sizeof(uint32_t);
        memset(bits, 0, (e.length + 7u) / 8);
        to = bits + (e.length + 7u) / 8;
        for (uint32_t i = 0; i < e.length; i++)
            to = row_item_write(&base->children[0], e.offset + i, bits, i, to);
        return to;
    }
    case PHYS_STRUCT: {
        uint8_t *bits = to;
        memset(bits, 0, (base->type.child_count + 7u) / 8);
        to += (base->type.child_count + 7u) / 8;
        for (uint32_t i = 0; i < base->type.child_count; i++) {
            to = row_item_write(&base->children[i], index, bits, i, to);
        }
        return to;
    }
    default: {
        uint32_t width = physical_size((physical_type)base->phys);
        memcpy(to, (const char *)v->data + (size_t)width * index, width);
        return to + width;
    }
    }
}

static dbx_status row_item_read(const uint8_t **at, const uint8_t *bits, uint32_t bit, vector *out,
                                uint32_t row, arena *a) {
    if (bits[bit / 8] >> (bit % 8) & 1) {
        if (out->validity != NULL) validity_set_valid(out->validity, row);
        return row_value_read(at, out, row, a);
    }
    TRY(vector_ensure_validity(out, a));
    validity_set_null(out->validity, row);
    uint32_t width = physical_size((physical_type)out->phys);
    if (width > 0) memset((char *)out->data + (size_t)width * row, 0, width);
    return DBX_OK;
}

dbx_status row_value_read(const uint8_t **at, vector *out, uint32_t row, arena *a) {
    switch (out->phys) {
    case PHYS_STRING: {
        uint32_t size;
        memcpy(&size, *at, sizeof(size));
        VECTOR_DATA(out, vstring)[row] = vstring_from((const char *)*at + sizeof(size), size);
        *at += sizeof(size) + size;
        return DBX_OK;
    }
    case PHYS_LIST: {
        uint32_t length, first = out->child_count;
        memcpy(&length, *at, sizeof(length));
        if (length > UINT32_MAX - first) return DBX_NOMEM;
        TRY(vector_list_reserve(out, first + length, a));
        out->child_count = first + length;
        VECTOR_DATA(out, list_entry)[row] = (list_entry){first, length};
        const uint8_t *bits = *at + sizeof(length);
        *at = bits + (length + 7u) / 8;
        for (uint32_t i = 0; i < length; i++)
            TRY(row_item_read(at, bits, i, &out->children[0], first + i, a));
        return DBX_OK;
    }
    case PHYS_STRUCT: {
        const uint8_t *bits = *at;
        *at += (out->type.child_count + 7u) / 8;
        for (uint32_t i = 0; i < out->type.child_count; i++) {
            TRY(row_item_read(at, bits, i, &out->children[i], row, a));
        }
        return DBX_OK;
    }
    default: {
        uint32_t width = physical_size((physical_type)out->phys);
        memcpy((char *)out->data + (size_t)width * row, *at, width);
        *at += width;
        return DBX_OK;
    }
    }
}
