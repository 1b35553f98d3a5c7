/* variant_build.c - making VARIANT values; see variant.h. */
#include "vector/variant.h"

#include <xxhash.h>

enum { VARIANT_SHORT_STRING_MAX = 63, VARIANT_SLOTS_MIN = 16 };

void variant_builder_init(variant_builder *b, ledger *l) {
    buffer_init(&b->value, l);
    buffer_init(&b->keys, l);
    buffer_init(&b->ends, l);
    buffer_init(&b->slots, l);
    buffer_init(&b->entries, l);
}

void variant_builder_deinit(variant_builder *b) {
    buffer_deinit(&b->value);
    buffer_deinit(&b->keys);
    buffer_deinit(&b->ends);
    buffer_deinit(&b->slots);
    buffer_deinit(&b->entries);
}

void variant_builder_clear(variant_builder *b) {
    buffer_clear(&b->value);
    buffer_clear(&b->keys);
    buffer_clear(&b->ends);
    buffer_clear(&b->slots);
    buffer_clear(&b->entries);
}

static void variant_write_uint(char *at, uint64_t x, uint32_t size) {
    for (uint32_t i = 0; i < size; i++) at[i] = (char)(uint8_t)(x >> (8 * i));
}

static uint32_t variant_bytes_for(uint64_t x) {
    return x < 1u << 8 ? 1 : x < 1u << 16 ? 2 : x < 1u << 24 ? 3 : 4;
}

/* Header byte, then `size` bytes of x. */
static dbx_status variant_put_number(variant_builder *b, uint32_t number, uint64_t x,
                                     uint32_t size) {
    char bytes[9];
    bytes[0] = (char)(number << 2);
    variant_write_uint(bytes + 1, x, size);
    return buffer_append(&b->value, bytes, 1 + size);
}

dbx_status variant_put_null(variant_builder *b) {
    return variant_put_number(b, 0, 0, 0);
}

dbx_status variant_put_boolean(variant_builder *b, bool x) {
    return variant_put_number(b, x ? 1 : 2, 0, 0);
}

dbx_status variant_put_long(variant_builder *b, int64_t x) {
    if (x == (int8_t)x) return variant_put_number(b, 3, (uint64_t)x, 1);
    if (x == (int16_t)x) return variant_put_number(b, 4, (uint64_t)x, 2);
    if (x == (int32_t)x) return variant_put_number(b, 5, (uint64_t)x, 4);
    return variant_put_number(b, 6, (uint64_t)x, 8);
}

dbx_status variant_put_double(variant_builder *b, double x) {
    uint64_t bits;
    memcpy(&bits, &x, 8);
    return variant_put_number(b, 7, bits, 8);
}

dbx_status variant_put_float(variant_builder *b, float x) {
    uint32_t bits;
    memcpy(&bits, &x, 4);
    return variant_put_number(b, 14, bits, 4);
}

dbx_status variant_put_decimal(variant_builder *b, int128 x, uint32_t scale) {
    assert(scale <= INT128_POWER_MAX);
    uint32_t digits = int128_digits(int128_magnitude(x));
    uint32_t need = MAX(digits, scale);
    uint32_t number = need <= 9    ? 8
                      : need <= 18 ? 9
                                   : 10,
             size = number == 8   ? 4
                    : number == 9 ? 8
                                  : 16;
    char bytes[18] = {(char)(number << 2), (char)scale};
    variant_write_uint(bytes + 2, (uint64_t)x, MIN(size, 8u));
    if (size == 16) variant_write_uint(bytes + 10, (uint64_t)((uint128)x >> 64), 8);
    return buffer_append(&b->value, bytes, 2 + size);
}

dbx_status variant_put_datetime(variant_builder *b, variant_kind kind, int64_t x) {
    switch (kind) {
    case VARIANT_DATE:
        return variant_put_number(b, 11, (uint64_t)x, 4);
    case VARIANT_TIMESTAMP:
        return variant_put_number(b, 12, (uint64_t)x, 8);
    case VARIANT_TIMESTAMP_NTZ:
        return variant_put_number(b, 13, (uint64_t)x, 8);
    case VARIANT_TIME:
        return variant_put_number(b, 17, (uint64_t)x, 8);
    case VARIANT_TIMESTAMP_NANOS:
        return variant_put_number(b, 18, (uint64_t)x, 8);
    default:
        assert(kind == VARIANT_TIMESTAMP_NTZ_NANOS);
        return variant_put_number(b, 19, (uint64_t)x, 8);
    }
}

dbx_status variant_put_bytes(variant_builder *b, variant_kind kind, string_view bytes) {
    if (kind == VARIANT_STRING && bytes.size <= VARIANT_SHORT_STRING_MAX) {
        TRY(buffer_append_char(&b->value, (char)(bytes.size << 2 | 1)));
    } else if (kind == VARIANT_UUID) {
        assert(bytes.size == 16);
        TRY(buffer_append_char(&b->value, (char)(20 << 2)));
    } else {
        TRY(variant_put_number(b, kind == VARIANT_STRING ? 16 : 15, bytes.size, 4));
    }
    return buffer_append_sv(&b->value, bytes);
}

/* ---- keys ---- */

static string_view variant_key_at(const variant_builder *b, uint32_t id) {
    const uint32_t *ends = (const uint32_t *)(const void *)b->ends.data;
    uint32_t from = id == 0 ? 0 : ends[id - 1];
    return (string_view){b->keys.data + from, ends[id] - from};
}

static uint32_t variant_slot_of(const variant_builder *b, string_view key) {
    const uint32_t *slots = (const uint32_t *)(const void *)b->slots.data;
    uint32_t mask = (uint32_t)(b->slots.size / sizeof(uint32_t)) - 1;
    uint32_t at = (uint32_t)XXH3_64bits(key.data, key.size) & mask;
    while (slots[at] != 0 && !sv_equal(variant_key_at(b, slots[at] - 1), key)) at = (at + 1) & mask;
    return at;
}

static dbx_status variant_grow_slots(variant_builder *b, uint32_t count) {
    size_t slots = MAX(b->slots.size / sizeof(uint32_t) * 2, (size_t)VARIANT_SLOTS_MIN);
    buffer_clear(&b->slots);
    TRY(buffer_reserve(&b->slots, slots * sizeof(uint32_t)));
    memset(b->slots.data, 0, slots * sizeof(uint32_t));
    b->slots.size = slots * sizeof(uint32_t);
    for (uint32_t id = 0; id < count; id++)
        ((uint32_t *)(void *)b->slots.data)[variant_slot_of(b, variant_key_at(b, id))] = id + 1;
    return DBX_OK;
}

static dbx_status variant_add_key(variant_builder *b, string_view key, uint32_t *id) {
    uint32_t count = (uint32_t)(b->ends.size / sizeof(uint32_t));
    if ((size_t)(count + 1) * 2 > b->slots.size / sizeof(uint32_t))
        TRY(variant_grow_slots(b, count));
    uint32_t at = variant_slot_of(b, key);
    uint32_t *slots = (uint32_t *)(void *)b->slots.data;
    if (slots[at] != 0) {
        *id = slots[at] - 1;
        return DBX_OK;
    }
    TRY(buffer_append_sv(&b->keys, key));
    uint32_t end = (uint32_t)b->keys.size;
    TRY(buffer_append(&b->ends, &end, sizeof(end)));
    *id = count;
    slots[at] = count + 1;
    return DBX_OK;
}

/* ---- objects and arrays ---- */

variant_frame variant_begin(variant_builder *b) {
    return (variant_frame){b->value.size, b->entries.size};
}

dbx_status variant_begin_field(variant_builder *b, variant_frame f, string_view key) {
    variant_entry e = {0, (uint32_t)(b->value.size - f.start)};
    TRY(variant_add_key(b, key, &e.id));
    return buffer_append(&b->entries, &e, sizeof(e));
}

dbx_status variant_begin_item(variant_builder *b, variant_frame f) {
    variant_entry e = {0, (uint32_t)(b->value.size - f.start)};
    return buffer_append(&b->entries, &e, sizeof(e));
}

static bool variant_entry_less(const variant_builder *b, variant_entry x, variant_entry y) {
    string_view a = variant_key_at(b, x.id), c = variant_key_at(b, y.id);
    int order = memcmp(a.data, c.data, MIN(a.size, c.size));
    return order != 0 ? order < 0 : a.size < c.size;
}

/* Shell sort: in place, without a comparator's context, and linear on keys that come sorted. */
static void variant_sort(const variant_builder *b, variant_entry *e, size_t count) {
    for (size_t gap = count / 2; gap > 0; gap /= 2) {
        for (size_t i = gap; i < count; i++) {
            variant_entry moving = e[i];
            size_t at = i;
            for (; at >= gap && variant_entry_less(b, moving, e[at - gap]); at -= gap)
                e[at] = e[at - gap];
            e[at] = moving;
        }
    }
}

/* Puts the head before the children that were written from f.start on. */
static dbx_status variant_end(variant_builder *b, variant_frame f, bool object) {
    size_t count = (b->entries.size - f.first) / sizeof(variant_entry);
    const variant_entry *e = (const variant_entry *)(const void *)(b->entries.data + f.first);
    size_t data = b->value.size - f.start;
    uint32_t max_id = 0;
    for (size_t i = 0; i < count; i++) max_id = MAX(max_id, e[i].id);
    bool large = count > UINT8_MAX;
    uint32_t count_size = large ? 4 : 1, id_size = object ? variant_bytes_for(max_id) : 0,
             offset_size = variant_bytes_for(data);
    size_t head = 1 + count_size + count * id_size + (count + 1) * offset_size;
    TRY(buffer_reserve(&b->value, head));
    char *at = b->value.data + f.start;
    memmove(at + head, at, data);
    b->value.size += head;
    uint32_t header = object
                          ? (uint32_t)large << 6 | (id_size - 1) << 4 | (offset_size - 1) << 2 | 2
                          : (uint32_t)large << 4 | (offset_size - 1) << 2 | 3;
    *at++ = (char)header;
    variant_write_uint(at, count, count_size);
    at += count_size;
    for (size_t i = 0; object && i < count; i++, at += id_size)
        variant_write_uint(at, e[i].id, id_size);
    for (size_t i = 0; i < count; i++, at += offset_size)
        variant_write_uint(at, e[i].offset, offset_size);
    variant_write_uint(at, data, offset_size);
    b->entries.size = f.first;
    return DBX_OK;
}

dbx_status variant_end_object(variant_builder *b, variant_frame f, bool *duplicate) {
    size_t count = (b->entries.size - f.first) / sizeof(variant_entry);
    variant_entry *e = (variant_entry *)(void *)(b->entries.data + f.first);
    variant_sort(b, e, count);
    *duplicate = false;
    for (size_t i = 1; i < count; i++) *duplicate = *duplicate || e[i].id == e[i - 1].id;
    return variant_end(b, f, true);
}

dbx_status variant_end_array(variant_builder *b, variant_frame f) {
    return variant_end(b, f, false);
}

static dbx_status variant_put_at(variant_builder *b, variant v, uint32_t depth) {
    variant_item item;
    if (depth > VARIANT_DEPTH_MAX || !variant_read(v, &item)) return DBX_ERROR;
    if (item.kind != VARIANT_OBJECT && item.kind != VARIANT_ARRAY)
        return buffer_append(&b->value, v.value.data, item.size);
    variant_frame f = variant_begin(b);
    for (uint32_t i = 0; i < item.count; i++) {
        variant child;
        string_view key;
        if (item.kind == VARIANT_OBJECT) {
            if (!variant_field(v, &item, i, &key, &child)) return DBX_ERROR;
            TRY(variant_begin_field(b, f, key));
        } else {
            if (!variant_element(v, &item, i, &child)) return DBX_ERROR;
            TRY(variant_begin_item(b, f));
        }
        TRY(variant_put_at(b, child, depth + 1));
        if (b->value.size > VARIANT_SIZE_MAX) return DBX_ERROR;
    }
    bool duplicate = false;
    if (item.kind == VARIANT_ARRAY) return variant_end_array(b, f);
    TRY(variant_end_object(b, f, &duplicate));
    return duplicate ? DBX_ERROR : DBX_OK;
}

dbx_status variant_put(variant_builder *b, variant v) {
    return variant_put_at(b, v, 0);
}

dbx_status variant_builder_take(variant_builder *b, arena *a, string_view *out) {
    assert(b->entries.size == 0);
    uint32_t count = (uint32_t)(b->ends.size / sizeof(uint32_t));
    const uint32_t *ends = (const uint32_t *)(const void *)b->ends.data;
    uint32_t offset_size = variant_bytes_for(MAX(b->keys.size, (size_t)count));
    size_t head = 1 + offset_size + (size_t)(count + 1) * offset_size;
    size_t size = head + b->keys.size + b->value.size;
    if (head + b->keys.size > VARIANT_SIZE_MAX || b->value.size > VARIANT_SIZE_MAX)
        return DBX_ERROR;
    char *bytes = arena_alloc_bytes(a, size + 1);
    if (bytes == NULL) return DBX_NOMEM;
    char *at = bytes;
    *at++ = (char)(1 | (offset_size - 1) << 6);
    variant_write_uint(at, count, offset_size);
    at += offset_size;
    for (uint32_t i = 0; i <= count; i++, at += offset_size)
        variant_write_uint(at, i == 0 ? 0 : ends[i - 1], offset_size);
    if (b->keys.size > 0) memcpy(at, b->keys.data, b->keys.size);
    memcpy(at + b->keys.size, b->value.data, b->value.size);
    *out = (string_view){bytes, size};
    return DBX_OK;
}
