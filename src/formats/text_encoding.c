/* text_encoding.c - see text_encoding.h. Code points of Windows-1252 are those of the Unicode
 * Consortium's mapping table; its five unassigned bytes stay C1 controls, as WHATWG has them. */
#include "formats/text_encoding.h"

enum { TEXT_REPLACEMENT = 0xFFFD };

bool text_encoding_from_name(string_view name, text_encoding *out) {
    static const struct {
        const char *name;
        text_encoding encoding;
    } names[] = {
        {"utf-8", TEXT_ENCODING_UTF8},
        {"utf8", TEXT_ENCODING_UTF8},
        {"us-ascii", TEXT_ENCODING_UTF8},
        {"ascii", TEXT_ENCODING_UTF8},
        {"utf-16", TEXT_ENCODING_UTF16},
        {"utf16", TEXT_ENCODING_UTF16},
        {"utf-16le", TEXT_ENCODING_UTF16LE},
        {"utf16le", TEXT_ENCODING_UTF16LE},
        {"utf-16be", TEXT_ENCODING_UTF16BE},
        {"utf16be", TEXT_ENCODING_UTF16BE},
        {"iso-8859-1", TEXT_ENCODING_LATIN1},
        {"iso8859-1", TEXT_ENCODING_LATIN1},
        {"latin1", TEXT_ENCODING_LATIN1},
        {"latin-1", TEXT_ENCODING_LATIN1},
        {"windows-1252", TEXT_ENCODING_WINDOWS_1252},
        {"cp1252", TEXT_ENCODING_WINDOWS_1252},
    };
    for (uint32_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (!sv_equal_ignore_case(name, sv_from(names[i].name))) continue;
        *out = names[i].encoding;
        return true;
    }
    return false;
}

size_t text_decoder_begin(text_decoder *d, const uint8_t *bytes, size_t size) {
    bool utf8_mark = size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0;
    bool little = size >= 2 && bytes[0] == 0xFF && bytes[1] == 0xFE;
    bool big = size >= 2 && bytes[0] == 0xFE && bytes[1] == 0xFF;
    d->begun = true;
    if (d->encoding == TEXT_ENCODING_AUTO || d->encoding == TEXT_ENCODING_UTF16) {
        bool utf16 = d->encoding == TEXT_ENCODING_UTF16;
        d->encoding = little         ? TEXT_ENCODING_UTF16LE
                      : big || utf16 ? TEXT_ENCODING_UTF16BE
                                     : TEXT_ENCODING_UTF8;
    }
    if (d->encoding == TEXT_ENCODING_UTF8) return utf8_mark ? 3 : 0;
    if (d->encoding == TEXT_ENCODING_UTF16LE) return little ? 2 : 0;
    if (d->encoding == TEXT_ENCODING_UTF16BE) return big ? 2 : 0;
    return 0;
}

static char *decoder_put(uint32_t point, char *to) {
    if (point < 0x80) {
        *to++ = (char)point;
    } else if (point < 0x800) {
        *to++ = (char)(0xC0 | point >> 6);
        *to++ = (char)(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
        *to++ = (char)(0xE0 | point >> 12);
        *to++ = (char)(0x80 | (point >> 6 & 0x3F));
        *to++ = (char)(0x80 | (point & 0x3F));
    } else {
        *to++ = (char)(0xF0 | point >> 18);
        *to++ = (char)(0x80 | (point >> 12 & 0x3F));
        *to++ = (char)(0x80 | (point >> 6 & 0x3F));
        *to++ = (char)(0x80 | (point & 0x3F));
    }
    return to;
}

static const uint16_t decoder_windows[32] = {
    0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

static char *decoder_bytes(const text_decoder *d, const uint8_t *bytes, size_t size, char *to) {
    bool windows = d->encoding == TEXT_ENCODING_WINDOWS_1252;
    for (size_t i = 0; i < size; i++) {
        uint32_t point = bytes[i];
        if (windows && point - 0x80 < 32) point = decoder_windows[point - 0x80];
        to = decoder_put(point, to);
    }
    return to;
}

static uint32_t decoder_unit(const text_decoder *d, const uint8_t *p) {
    return d->encoding == TEXT_ENCODING_UTF16LE ? (uint32_t)(p[0] | p[1] << 8)
                                                : (uint32_t)(p[1] | p[0] << 8);
}

/* Whole characters of UTF-16; *used tells how many bytes they took. */
static char *decoder_units(const text_decoder *d, const uint8_t *bytes, size_t size, size_t *used,
                           char *to) {
    size_t i = 0;
    while (i + 2 <= size) {
        uint32_t unit = decoder_unit(d, bytes + i);
        size_t step = 2;
        if (unit >= 0xD800 && unit < 0xDC00) {
            if (i + 4 > size) break;
            uint32_t low = decoder_unit(d, bytes + i + 2);
            bool pair = low >= 0xDC00 && low < 0xE000;
            unit = pair ? 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00) : TEXT_REPLACEMENT;
            if (pair) step = 4;
        } else if (unit >= 0xDC00 && unit < 0xE000) {
            unit = TEXT_REPLACEMENT;
        }
        to = decoder_put(unit, to);
        i += step;
    }
    *used = i;
    return to;
}

static dbx_status decoder_append_units(text_decoder *d, const uint8_t *bytes, size_t size, bool end,
                                       buffer *out) {
    size_t used;
    TRY(buffer_reserve(out, size * 2 + 16));
    char *to = out->data + out->size;
    while (d->held_size > 0 && size > 0) { /* completes what was held, a byte at a time */
        d->held[d->held_size++] = *bytes++;
        size--;
        to = decoder_units(d, d->held, d->held_size, &used, to);
        memmove(d->held, d->held + used, d->held_size - used);
        d->held_size -= (uint32_t)used;
    }
    to = decoder_units(d, bytes, size, &used, to);
    for (; used < size; used++) d->held[d->held_size++] = bytes[used];
    if (end && d->held_size > 0) to = decoder_put(TEXT_REPLACEMENT, to);
    out->size = (size_t)(to - out->data);
    return DBX_OK;
}

dbx_status text_decoder_append(text_decoder *d, const uint8_t *bytes, size_t size, bool end,
                               buffer *out) {
    size_t start = out->size;
    assert(d->begun);
    if (d->encoding == TEXT_ENCODING_UTF8) {
        TRY(buffer_append(out, bytes, size));
    } else if (d->encoding == TEXT_ENCODING_UTF16LE || d->encoding == TEXT_ENCODING_UTF16BE) {
        TRY(decoder_append_units(d, bytes, size, end, out));
    } else {
        TRY(buffer_reserve(out, size * 3));
        out->size = (size_t)(decoder_bytes(d, bytes, size, out->data + out->size) - out->data);
    }
    for (size_t i = start; d->carriage && i < out->size; i++) {
        if (out->data[i] == '\r') out->data[i] = '\n';
    }
    return DBX_OK;
}
