/* variant.c - reading VARIANT values; see variant.h. */
#include "vector/variant.h"

enum { VARIANT_VERSION = 1 };

/* Little-endian, 1 to 8 bytes. */
static uint64_t variant_load(const char *at, uint32_t size) {
    uint64_t x = 0;
    for (uint32_t i = 0; i < size; i++) x |= (uint64_t)(uint8_t)at[i] << (8 * i);
    return x;
}

static int64_t variant_load_signed(const char *at, uint32_t size) {
    uint32_t shift = 64 - 8 * size;
    return (int64_t)(variant_load(at, size) << shift) >> shift;
}

/* ---- metadata ---- */

typedef struct variant_dictionary {
    uint32_t offset_size;
    uint64_t count;
    const char *offsets;
    const char *strings;
    uint64_t strings_size;
} variant_dictionary;

static bool variant_open_dictionary(string_view bytes, variant_dictionary *d) {
    if (bytes.size < 1 || ((uint8_t)bytes.data[0] & 0x0F) != VARIANT_VERSION) return false;
    d->offset_size = ((uint8_t)bytes.data[0] >> 6) + 1;
    if (bytes.size < 1 + d->offset_size) return false;
    d->count = variant_load(bytes.data + 1, d->offset_size);
    uint64_t head = 1 + d->offset_size + (d->count + 1) * d->offset_size;
    if (head > bytes.size) return false;
    d->offsets = bytes.data + 1 + d->offset_size;
    d->strings = bytes.data + head;
    d->strings_size = variant_load(d->offsets + d->count * d->offset_size, d->offset_size);
    return d->strings_size <= bytes.size - head;
}

bool variant_metadata_size(string_view bytes, size_t *out) {
    variant_dictionary d;
    if (!variant_open_dictionary(bytes, &d)) return false;
    *out = (size_t)(d.strings - bytes.data) + (size_t)d.strings_size;
    return true;
}

bool variant_open(string_view blob, variant *out) {
    size_t size;
    if (!variant_metadata_size(blob, &size)) return false;
    out->metadata = (string_view){blob.data, size};
    out->value = (string_view){blob.data + size, blob.size - size};
    return true;
}

static bool variant_key(string_view metadata, uint64_t id, string_view *out) {
    variant_dictionary d;
    if (!variant_open_dictionary(metadata, &d) || id >= d.count) return false;
    const char *at = d.offsets + id * d.offset_size;
    uint64_t from = variant_load(at, d.offset_size),
             to = variant_load(at + d.offset_size, d.offset_size);
    if (from > to || to > d.strings_size) return false;
    *out = (string_view){d.strings + from, (size_t)(to - from)};
    return true;
}

/* ---- values ---- */

/* Kinds and sizes of primitive types, by the number in the header. */
static const struct variant_primitive {
    uint8_t kind;
    uint8_t size; /* bytes of the content; 0 with kinds that carry their size */
} variant_primitives[] = {
    {VARIANT_NULL, 0},
    {VARIANT_BOOLEAN, 0},
    {VARIANT_BOOLEAN, 0},
    {VARIANT_LONG, 1},
    {VARIANT_LONG, 2},
    {VARIANT_LONG, 4},
    {VARIANT_LONG, 8},
    {VARIANT_DOUBLE, 8},
    {VARIANT_DECIMAL, 5},
    {VARIANT_DECIMAL, 9},
    {VARIANT_DECIMAL, 17},
    {VARIANT_DATE, 4},
    {VARIANT_TIMESTAMP, 8},
    {VARIANT_TIMESTAMP_NTZ, 8},
    {VARIANT_FLOAT, 4},
    {VARIANT_BINARY, 4},
    {VARIANT_STRING, 4},
    {VARIANT_TIME, 8},
    {VARIANT_TIMESTAMP_NANOS, 8},
    {VARIANT_TIMESTAMP_NTZ_NANOS, 8},
    {VARIANT_UUID, 16},
};

static bool variant_read_decimal(const char *at, uint32_t size, variant_item *out) {
    out->scale = (uint8_t)at[0];
    if (out->scale > INT128_POWER_MAX) return false;
    if (size <= 9) {
        out->decimal = variant_load_signed(at + 1, size - 1);
        return true;
    }
    uint128 x = variant_load(at + 1, 8) | (uint128)variant_load(at + 9, 8) << 64;
    out->decimal = (int128)x;
    return out->decimal < int128_power10[INT128_POWER_MAX] &&
           out->decimal > -int128_power10[INT128_POWER_MAX];
}

static bool variant_read_primitive(string_view s, uint32_t number, variant_item *out) {
    if (number >= ARRAY_COUNT(variant_primitives)) return false;
    uint32_t size = variant_primitives[number].size;
    out->kind = (variant_kind)variant_primitives[number].kind;
    out->size = 1 + size;
    if (out->size > s.size) return false;
    const char *at = s.data + 1;
    switch (out->kind) {
    case VARIANT_BOOLEAN:
        out->integer = number == 1;
        return true;
    case VARIANT_DOUBLE: {
        uint64_t bits = variant_load(at, 8);
        memcpy(&out->real, &bits, 8);
        return true;
    }
    case VARIANT_FLOAT: {
        uint32_t bits = (uint32_t)variant_load(at, 4);
        float x;
        memcpy(&x, &bits, 4);
        out->real = x;
        return true;
    }
    case VARIANT_DECIMAL:
        return variant_read_decimal(at, size, out);
    case VARIANT_BINARY:
    case VARIANT_STRING: {
        uint64_t bytes = variant_load(at, 4);
        if (bytes > s.size - out->size) return false;
        out->bytes = (string_view){at + 4, (size_t)bytes};
        out->size += (size_t)bytes;
        return true;
    }
    case VARIANT_UUID:
        out->bytes = (string_view){at, 16};
        return true;
    case VARIANT_NULL:
        return true;
    default:
        out->integer = variant_load_signed(at, size);
        return true;
    }
}

/* Objects and arrays: count, key numbers (objects), offsets, data. */
static bool variant_read_container(string_view s, bool object, uint32_t info, variant_item *out) {
    bool large = object ? info >> 4 & 1 : info >> 2 & 1;
    uint32_t count_size = large ? 4 : 1;
    out->offset_size = (uint8_t)((info & 3) + 1);
    out->id_size = object ? (uint8_t)((info >> 2 & 3) + 1) : 0;
    if (s.size < 1 + count_size) return false;
    uint64_t count = variant_load(s.data + 1, count_size);
    uint64_t head = 1 + count_size + count * out->id_size + (count + 1) * out->offset_size;
    if (head > s.size) return false;
    out->count = (uint32_t)count;
    out->ids = s.data + 1 + count_size;
    out->offsets = out->ids + count * out->id_size;
    uint64_t data = variant_load(out->offsets + count * out->offset_size, out->offset_size);
    if (data > s.size - head) return false;
    out->data = (string_view){s.data + head, (size_t)data};
    out->size = (size_t)(head + data);
    out->kind = object ? VARIANT_OBJECT : VARIANT_ARRAY;
    return true;
}

bool variant_read(variant v, variant_item *out) {
    enum { PRIMITIVE, SHORT_STRING, OBJECT, ARRAY };
    *out = (variant_item){.kind = VARIANT_NULL};
    if (v.value.size == 0) return false;
    uint8_t header = (uint8_t)v.value.data[0];
    uint32_t info = header >> 2;
    switch (header & 3) {
    case PRIMITIVE:
        return variant_read_primitive(v.value, info, out);
    case SHORT_STRING:
        if (info > v.value.size - 1) return false;
        out->kind = VARIANT_STRING;
        out->bytes = (string_view){v.value.data + 1, info};
        out->size = 1 + info;
        return true;
    default:
        return variant_read_container(v.value, (header & 3) == OBJECT, info, out);
    }
}

bool variant_element(variant v, const variant_item *array, uint32_t i, variant *out) {
    assert(i < array->count);
    uint64_t offset =
        variant_load(array->offsets + (size_t)i * array->offset_size, array->offset_size);
    if (offset >= array->data.size) return false;
    out->metadata = v.metadata;
    out->value = (string_view){array->data.data + offset, array->data.size - (size_t)offset};
    return true;
}

bool variant_field(variant v, const variant_item *object, uint32_t i, string_view *key,
                   variant *out) {
    assert(object->kind == VARIANT_OBJECT);
    uint64_t id = variant_load(object->ids + (size_t)i * object->id_size, object->id_size);
    return variant_key(v.metadata, id, key) && variant_element(v, object, i, out);
}

static int variant_compare_keys(string_view a, string_view b) {
    int order = memcmp(a.data, b.data, MIN(a.size, b.size));
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

bool variant_find(variant v, const variant_item *object, string_view key, bool *found,
                  variant *out) {
    uint32_t from = 0, to = object->count;
    *found = false;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        string_view name;
        if (!variant_field(v, object, middle, &name, out)) return false;
        int order = variant_compare_keys(name, key);
        if (order == 0) return *found = true;
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return true;
}

/* Children of one value may not take more bytes together than it has: that keeps the walk linear,
 * whatever the offsets say. */
static bool variant_is_valid_at(variant v, uint32_t depth, size_t *size) {
    variant_item item;
    size_t taken = 0;
    if (depth > VARIANT_DEPTH_MAX || !variant_read(v, &item)) return false;
    for (uint32_t i = 0; i < item.count; i++) {
        variant child;
        string_view key;
        size_t child_size;
        bool read = item.kind == VARIANT_OBJECT ? variant_field(v, &item, i, &key, &child)
                                                : variant_element(v, &item, i, &child);
        if (!read || !variant_is_valid_at(child, depth + 1, &child_size)) return false;
        taken += child_size;
        if (taken > item.data.size) return false;
    }
    *size = item.size;
    return true;
}

bool variant_is_valid(variant v) {
    size_t size;
    return variant_is_valid_at(v, 0, &size);
}
