/* parquet_thrift.c - see parquet_thrift.h. */
#include "formats/parquet_thrift.h"

static uint8_t thrift_byte(thrift_reader *t) {
    if (t->failed || t->at >= t->end) {
        t->cut_off |= !t->failed;
        t->failed = true;
        return 0;
    }
    return *t->at++;
}

uint64_t thrift_varint(thrift_reader *t) {
    uint64_t value = 0;
    for (uint32_t shift = 0; shift < 64; shift += 7) {
        uint8_t byte = thrift_byte(t);
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) return value;
    }
    t->failed = true;
    return 0;
}

static int64_t thrift_zigzag(thrift_reader *t) {
    uint64_t value = thrift_varint(t);
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

bool thrift_next(thrift_reader *t, thrift_field *f) {
    if (!f->open) {
        f->open = true;
        f->id = 0;
        if (++t->depth > THRIFT_DEPTH_MAX) t->failed = true;
    }
    uint8_t head = thrift_byte(t);
    if (t->failed || head == THRIFT_STOP) {
        t->depth--;
        return false;
    }
    uint8_t delta = head >> 4;
    f->type = head & 0x0F;
    int64_t id = delta ? f->id + delta : thrift_zigzag(t);
    if (id < INT16_MIN || id > INT16_MAX) t->failed = true;
    f->id = (int32_t)id;
    return !t->failed;
}

int64_t thrift_int(thrift_reader *t, uint8_t type) {
    switch (type) {
    case THRIFT_BYTE:
        return (int8_t)thrift_byte(t);
    case THRIFT_I16:
    case THRIFT_I32:
    case THRIFT_I64:
        return t->failed ? 0 : thrift_zigzag(t);
    default:
        thrift_skip(t, type);
        return 0;
    }
}

bool thrift_bool(thrift_reader *t, uint8_t type) {
    if (type != THRIFT_TRUE && type != THRIFT_FALSE) thrift_skip(t, type);
    return type == THRIFT_TRUE;
}

string_view thrift_bytes(thrift_reader *t, uint8_t type) {
    if (type != THRIFT_BINARY) {
        thrift_skip(t, type);
        return (string_view){NULL, 0};
    }
    uint64_t size = thrift_varint(t);
    if (t->failed || size > (uint64_t)(t->end - t->at)) {
        t->cut_off |= !t->failed;
        t->failed = true;
        return (string_view){NULL, 0};
    }
    string_view value = {(const char *)t->at, (size_t)size};
    t->at += size;
    return value;
}

uint32_t thrift_list(thrift_reader *t, uint8_t type, uint8_t *element) {
    *element = THRIFT_STOP;
    if (type != THRIFT_LIST && type != THRIFT_SET) {
        thrift_skip(t, type);
        return 0;
    }
    uint8_t head = thrift_byte(t);
    uint64_t count = head >> 4;
    *element = head & 0x0F;
    if (count == 15) count = thrift_varint(t);
    if (t->failed || count > (uint64_t)(t->end - t->at)) { /* an element takes a byte at least */
        t->cut_off |= !t->failed;
        t->failed = true;
        return 0;
    }
    return (uint32_t)count;
}

static void thrift_skip_list(thrift_reader *t, uint8_t type) {
    uint8_t element;
    uint32_t count = thrift_list(t, type, &element);
    bool is_bool = element == THRIFT_TRUE || element == THRIFT_FALSE;
    for (uint32_t i = 0; i < count && !t->failed; i++) {
        if (is_bool)
            (void)thrift_byte(t);
        else
            thrift_skip(t, element);
    }
}

static void thrift_skip_map(thrift_reader *t) {
    uint64_t count = thrift_varint(t);
    if (count == 0) return;
    uint8_t types = thrift_byte(t);
    if (count > (uint64_t)(t->end - t->at)) t->failed = true;
    for (uint64_t i = 0; i < count && !t->failed; i++) {
        thrift_skip(t, types >> 4);
        thrift_skip(t, types & 0x0F);
    }
}

void thrift_skip(thrift_reader *t, uint8_t type) {
    if (t->failed) return;
    switch (type) {
    case THRIFT_TRUE:
    case THRIFT_FALSE:
        return;
    case THRIFT_BYTE:
        (void)thrift_byte(t);
        return;
    case THRIFT_I16:
    case THRIFT_I32:
    case THRIFT_I64:
        (void)thrift_varint(t);
        return;
    case THRIFT_DOUBLE:
        if (t->end - t->at < 8)
            t->failed = true;
        else
            t->at += 8;
        return;
    case THRIFT_BINARY:
        (void)thrift_bytes(t, type);
        return;
    case THRIFT_LIST:
    case THRIFT_SET:
    case THRIFT_MAP:
        if (++t->depth > THRIFT_DEPTH_MAX) t->failed = true;
        if (type == THRIFT_MAP)
            thrift_skip_map(t);
        else
            thrift_skip_list(t, type);
        t->depth--;
        return;
    case THRIFT_STRUCT: {
        thrift_field f = {0};
        while (thrift_next(t, &f)) thrift_skip(t, f.type);
        return;
    }
    default:
        t->failed = true;
    }
}

/* ---- writing ---- */

dbx_status thrift_put_varint(buffer *b, uint64_t value) {
    uint8_t bytes[10];
    size_t size = 0;
    do {
        uint8_t low = value & 0x7F;
        value >>= 7;
        bytes[size++] = (uint8_t)(low | (value ? 0x80 : 0));
    } while (value);
    return buffer_append(b, bytes, size);
}

dbx_status thrift_put_zigzag(buffer *b, int64_t value) {
    return thrift_put_varint(b, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

dbx_status thrift_put_field(buffer *b, int32_t *last, int32_t id, uint8_t type) {
    assert(id > *last);
    int32_t delta = id - *last;
    *last = id;
    if (delta <= 15) return buffer_append_char(b, (char)(uint8_t)(delta << 4 | type));
    TRY(buffer_append_char(b, (char)type));
    return thrift_put_zigzag(b, id);
}

dbx_status thrift_put_int(buffer *b, int32_t *last, int32_t id, uint8_t type, int64_t value) {
    assert(type == THRIFT_I16 || type == THRIFT_I32 || type == THRIFT_I64);
    TRY(thrift_put_field(b, last, id, type));
    return thrift_put_zigzag(b, value);
}

dbx_status thrift_put_bool(buffer *b, int32_t *last, int32_t id, bool value) {
    return thrift_put_field(b, last, id, value ? THRIFT_TRUE : THRIFT_FALSE);
}

dbx_status thrift_put_string(buffer *b, string_view value) {
    TRY(thrift_put_varint(b, value.size));
    return value.size ? buffer_append(b, value.data, value.size) : DBX_OK;
}

dbx_status thrift_put_bytes(buffer *b, int32_t *last, int32_t id, string_view value) {
    TRY(thrift_put_field(b, last, id, THRIFT_BINARY));
    return thrift_put_string(b, value);
}

dbx_status thrift_put_list(buffer *b, int32_t *last, int32_t id, uint8_t element, uint32_t count) {
    TRY(thrift_put_field(b, last, id, THRIFT_LIST));
    if (count < 15) return buffer_append_char(b, (char)(uint8_t)(count << 4 | element));
    TRY(buffer_append_char(b, (char)(uint8_t)(0xF0 | element)));
    return thrift_put_varint(b, count);
}

dbx_status thrift_put_stop(buffer *b) {
    return buffer_append_char(b, THRIFT_STOP);
}
