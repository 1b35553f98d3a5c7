/* charset.c - see charset.h. */
#include "functions/charset.h"

#include <utf8proc.h>

enum { CHARSET_REPLACEMENT = 0xFFFD };

bool charset_by_name(string_view name, bool any, charset *out) {
    static const struct {
        const char *name;
        charset set;
    } names[] = {
        {"UTF-8", CHARSET_UTF8},
        {"UTF8", CHARSET_UTF8},
        {"US-ASCII", CHARSET_US_ASCII},
        {"ISO-8859-1", CHARSET_ISO_8859_1},
        {"UTF-16", CHARSET_UTF16},
        {"UTF-16BE", CHARSET_UTF16BE},
        {"UTF-16LE", CHARSET_UTF16LE},
        {"UTF-32", CHARSET_UTF32},
        {"WINDOWS-1252", CHARSET_WINDOWS_1252},
        {"CP1252", CHARSET_WINDOWS_1252},
    };
    for (uint32_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (!sv_equal_ignore_case(name, sv_from(names[i].name))) continue;
        *out = names[i].set;
        return any || (names[i].set != CHARSET_WINDOWS_1252 && i != 1);
    }
    return false;
}

/* Code points of the bytes 0x80 to 0x9F; 0: none. */
static const uint16_t charset_windows_1252[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
};

/* ---- encode ---- */

static uint32_t charset_put16(char *to, uint32_t unit, bool little) {
    to[little ? 0 : 1] = (char)unit;
    to[little ? 1 : 0] = (char)(unit >> 8);
    return 2;
}

static uint32_t charset_windows_byte(uint32_t code) {
    if (code < 0x80 || (code >= 0xA0 && code < 0x100)) return code;
    for (uint32_t i = 0; i < 32; i++) {
        if (charset_windows_1252[i] == code) return 0x80 + i;
    }
    return UINT32_MAX;
}

/* Bytes of a code point in the set; 0 when it has none. */
static uint32_t charset_encode_point(charset set, uint32_t code, char to[4]) {
    uint32_t byte = code;
    switch (set) {
    case CHARSET_US_ASCII:
        if (code >= 0x80) return 0;
        break;
    case CHARSET_ISO_8859_1:
        if (code >= 0x100) return 0;
        break;
    case CHARSET_WINDOWS_1252:
        byte = charset_windows_byte(code);
        if (byte == UINT32_MAX) return 0;
        break;
    case CHARSET_UTF32:
        for (uint32_t i = 0; i < 4; i++) to[i] = (char)(code >> (24 - 8 * i));
        return 4;
    default: {
        bool little = set == CHARSET_UTF16LE;
        if (code < 0x10000) return charset_put16(to, code, little);
        code -= 0x10000;
        charset_put16(to, 0xD800 + (code >> 10), little);
        return 2 + charset_put16(to + 2, 0xDC00 + (code & 0x3FF), little);
    }
    }
    to[0] = (char)byte;
    return 1;
}

dbx_status charset_encode(charset set, string_view text, bool replace, buffer *out) {
    bool wide = set >= CHARSET_UTF16 && set <= CHARSET_UTF32;
    if (set == CHARSET_UTF8 || text.size == 0) return buffer_append_sv(out, text);
    if (set == CHARSET_UTF16) TRY(buffer_append(out, "\xFE\xFF", 2));
    for (size_t i = 0; i < text.size;) {
        utf8proc_int32_t code;
        char bytes[4];
        utf8proc_ssize_t size = utf8proc_iterate((const utf8proc_uint8_t *)text.data + i,
                                                 (utf8proc_ssize_t)(text.size - i), &code);
        if (size <= 0) code = CHARSET_REPLACEMENT;
        uint32_t n = charset_encode_point(set, (uint32_t)code, bytes);
        if (n == 0) {
            if (!replace) return DBX_ERROR;
            n = charset_encode_point(set, wide ? CHARSET_REPLACEMENT : '?', bytes);
        }
        TRY(buffer_append(out, bytes, n));
        i += size <= 0 ? 1 : (size_t)size;
    }
    return DBX_OK;
}

/* ---- decode ---- */

static dbx_status charset_put_point(buffer *out, uint32_t code) {
    char bytes[4];
    utf8proc_ssize_t n = utf8proc_encode_char((utf8proc_int32_t)code, (utf8proc_uint8_t *)bytes);
    return buffer_append(out, bytes, (size_t)n);
}

/* The next code point; UINT32_MAX for malformed bytes. *size gets how many bytes were taken. */
static uint32_t charset_decode_point(charset set, bool little, const uint8_t *at, size_t left,
                                     size_t *size) {
    *size = 1;
    if (set == CHARSET_US_ASCII) return at[0] < 0x80 ? at[0] : UINT32_MAX;
    if (set == CHARSET_ISO_8859_1) return at[0];
    if (set == CHARSET_WINDOWS_1252) {
        if (at[0] < 0x80 || at[0] >= 0xA0) return at[0];
        uint32_t code = charset_windows_1252[at[0] - 0x80];
        return code == 0 ? UINT32_MAX : code;
    }
    if (set == CHARSET_UTF8) {
        utf8proc_int32_t code;
        utf8proc_ssize_t n = utf8proc_iterate(at, (utf8proc_ssize_t)left, &code);
        if (n <= 0) return UINT32_MAX;
        *size = (size_t)n;
        return (uint32_t)code;
    }
    if (set == CHARSET_UTF32) {
        *size = MIN(left, (size_t)4);
        if (left < 4) return UINT32_MAX;
        uint32_t code = 0;
        for (uint32_t i = 0; i < 4; i++) code |= (uint32_t)at[i] << (little ? 8 * i : 24 - 8 * i);
        return code > 0x10FFFF || (code >= 0xD800 && code < 0xE000) ? UINT32_MAX : code;
    }
    *size = MIN(left, (size_t)2);
    if (left < 2) return UINT32_MAX;
    uint32_t unit = little ? (uint32_t)at[0] | (uint32_t)at[1] << 8 : (uint32_t)at[0] << 8 | at[1];
    if (unit < 0xD800 || unit >= 0xE000) return unit;
    if (unit >= 0xDC00 || left < 4) return UINT32_MAX;
    uint32_t low = little ? (uint32_t)at[2] | (uint32_t)at[3] << 8 : (uint32_t)at[2] << 8 | at[3];
    if (low < 0xDC00 || low >= 0xE000) return UINT32_MAX;
    *size = 4;
    return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

/* Passes a byte order mark; true when it says little-endian. */
static bool charset_take_mark(charset set, const uint8_t **at, size_t *left) {
    static const uint8_t little[] = {0xFF, 0xFE, 0, 0}, big[] = {0, 0, 0xFE, 0xFF};
    uint32_t size = set == CHARSET_UTF32 ? 4 : 2;
    if (set == CHARSET_UTF16LE) return true;
    if ((set != CHARSET_UTF16 && set != CHARSET_UTF32) || *left < size) return false;
    bool is_little = memcmp(*at, little, size) == 0;
    if (!is_little && memcmp(*at, big + 4 - size, size) != 0) return false;
    *at += size;
    *left -= size;
    return is_little;
}

dbx_status charset_decode(charset set, string_view bytes, bool replace, buffer *out) {
    const uint8_t *at = (const uint8_t *)bytes.data;
    size_t left = bytes.size, size;
    bool little = charset_take_mark(set, &at, &left);
    for (; left > 0; at += size, left -= size) {
        uint32_t code = charset_decode_point(set, little, at, left, &size);
        if (code == UINT32_MAX) {
            if (!replace) return DBX_ERROR;
            code = CHARSET_REPLACEMENT;
        }
        TRY(charset_put_point(out, code));
    }
    return DBX_OK;
}
