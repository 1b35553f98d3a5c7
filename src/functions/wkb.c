/* wkb.c - see wkb.h. */
#include "functions/wkb.h"

typedef enum wkb_kind {
    WKB_POINT = 1,
    WKB_LINE,
    WKB_POLYGON,
    WKB_MULTI_POINT,
    WKB_MULTI_LINE,
    WKB_MULTI_POLYGON,
    WKB_COLLECTION,
} wkb_kind;

typedef struct wkb_reader {
    string_view bytes;
    size_t at;
    bool from_big, to_big, degrees;
    buffer *out;
} wkb_reader;

/* Copies a number of `size` bytes; *value gets it. */
static dbx_status wkb_number(wkb_reader *r, uint32_t size, uint64_t *value) {
    char bytes[8];
    if (r->bytes.size - r->at < size) return DBX_ERROR;
    *value = 0;
    for (uint32_t i = 0; i < size; i++) {
        uint32_t place = r->from_big ? size - 1 - i : i;
        *value |= (uint64_t)(uint8_t)r->bytes.data[r->at + i] << (8 * place);
    }
    for (uint32_t i = 0; i < size; i++)
        bytes[i] = (char)(uint8_t)(*value >> (8 * (r->to_big ? size - 1 - i : i)));
    r->at += size;
    return buffer_append(r->out, bytes, size);
}

static dbx_status wkb_coordinates(wkb_reader *r, uint32_t dimensions) {
    static const double bounds[] = {180, 90};
    for (uint32_t i = 0; i < dimensions; i++) {
        uint64_t bits;
        double x;
        TRY(wkb_number(r, 8, &bits));
        memcpy(&x, &bits, sizeof(x));
        if (r->degrees && i < 2 && !(x != x) && (x < -bounds[i] || x > bounds[i])) {
            r->at -= 8;
            return DBX_ERROR;
        }
    }
    return DBX_OK;
}

/* `count` points; what a count promises must be there. */
static dbx_status wkb_points(wkb_reader *r, uint32_t dimensions) {
    uint64_t count;
    TRY(wkb_number(r, 4, &count));
    if (count > (r->bytes.size - r->at) / (8 * dimensions)) return DBX_ERROR;
    for (uint64_t i = 0; i < count; i++) TRY(wkb_coordinates(r, dimensions));
    return DBX_OK;
}

static dbx_status wkb_geometry(wkb_reader *r, uint32_t depth, uint32_t wanted) {
    uint64_t code, count;
    if (depth > WKB_DEPTH_MAX || r->at >= r->bytes.size || (uint8_t)r->bytes.data[r->at] > 1)
        return DBX_ERROR;
    r->from_big = r->bytes.data[r->at++] == 0;
    TRY(buffer_append_char(r->out, r->to_big ? 0 : 1));
    TRY(wkb_number(r, 4, &code));
    uint64_t kind = code % 1000, extra = code / 1000;
    bool known = kind >= WKB_POINT && kind <= WKB_COLLECTION && extra <= 3;
    if (!known || (wanted != 0 && kind != wanted)) {
        r->at -= 4;
        return DBX_ERROR;
    }
    uint32_t dimensions = extra == 0 ? 2 : extra == 3 ? 4 : 3;
    if (kind == WKB_POINT) return wkb_coordinates(r, dimensions);
    if (kind == WKB_LINE) return wkb_points(r, dimensions);
    TRY(wkb_number(r, 4, &count));
    if (count > (r->bytes.size - r->at) / 4) return DBX_ERROR;
    for (uint64_t i = 0; i < count; i++) {
        if (kind == WKB_POLYGON)
            TRY(wkb_points(r, dimensions));
        else
            TRY(wkb_geometry(
                r, depth + 1,
                kind == WKB_COLLECTION ? 0 : (uint32_t)kind - (WKB_MULTI_POINT - WKB_POINT)));
    }
    return DBX_OK;
}

dbx_status wkb_rewrite(string_view bytes, bool big_endian, bool degrees, buffer *out, size_t *at) {
    wkb_reader r = {.bytes = bytes, .to_big = big_endian, .degrees = degrees, .out = out};
    dbx_status status = wkb_geometry(&r, 0, 0);
    *at = r.at;
    return status == DBX_OK && r.at != bytes.size ? DBX_ERROR : status;
}
