/* collation.c - see collation.h. Case and marks by utf8proc.
 *
 * UNICODE orders by three levels as the Unicode collation algorithm does: letters without case and
 * marks first, then marks, then case with lower case first. Levels of a key are separated by a zero
 * byte. The order within a level is that of code points: utf8proc has no collation element table.
 */
#include "vector/collation.h"

#include <utf8proc.h>

static const char *const collation_names[COLLATION_BASE_COUNT] = {
    [COLLATION_UTF8_BINARY] = "UTF8_BINARY", [COLLATION_UTF8_LCASE] = "UTF8_LCASE",
    [COLLATION_UNICODE] = "UNICODE",         [COLLATION_UNICODE_CI] = "UNICODE_CI",
    [COLLATION_UNICODE_AI] = "UNICODE_AI",   [COLLATION_UNICODE_CI_AI] = "UNICODE_CI_AI",
};

bool collation_by_name(string_view name, uint16_t *id) {
    string_view suffix = SV("_RTRIM");
    uint16_t flags = 0;
    if (name.size > suffix.size) {
        string_view tail = {name.data + name.size - suffix.size, suffix.size};
        if (sv_equal_ignore_case(tail, suffix)) {
            flags = COLLATION_RTRIM;
            name.size -= suffix.size;
        }
    }
    if (sv_equal_ignore_case(name, SV("UNICODE_AI_CI"))) name = SV("UNICODE_CI_AI");
    if (sv_equal_ignore_case(name, SV("UNICODE_CS")) ||
        sv_equal_ignore_case(name, SV("UNICODE_AS")) ||
        sv_equal_ignore_case(name, SV("UNICODE_CS_AS"))) {
        name = SV("UNICODE");
    }
    for (uint16_t i = 0; i < COLLATION_BASE_COUNT; i++) {
        if (sv_equal_ignore_case(name, sv_from(collation_names[i]))) {
            *id = (uint16_t)(i | flags);
            return true;
        }
    }
    return false;
}

dbx_status collation_append_name(buffer *out, uint16_t id) {
    uint32_t base = id & ~(uint32_t)COLLATION_RTRIM;
    assert(base < COLLATION_BASE_COUNT);
    TRY(buffer_append_sv(out, sv_from(collation_names[base])));
    if (id & COLLATION_RTRIM) TRY(buffer_append_sv(out, SV("_RTRIM")));
    return DBX_OK;
}

/* ---- code points of a string, decomposed and in canonical order ------------------------------ */

enum {
    COLLATION_MARKS_MAX =
        30, /* marks that are ordered after one letter (UAX 15, stream-safe text) */
    COLLATION_BAD_BYTE = 0x110000, /* plus the byte: above every code point */
    COLLATION_END = -1,
};

typedef struct collation_iter {
    const utf8proc_uint8_t *at, *end;
    int32_t codes[COLLATION_MARKS_MAX + 8];
    uint32_t count, next;
    bool decompose;
} collation_iter;

static void collation_iter_init(collation_iter *it, string_view text, bool decompose) {
    it->at = (const utf8proc_uint8_t *)text.data;
    it->end = it->at + text.size;
    it->count = it->next = 0;
    it->decompose = decompose;
}

/* Reads one code point of the text; a byte that starts none counts as itself. */
static int32_t collation_read(const utf8proc_uint8_t *at, const utf8proc_uint8_t *end,
                              uint32_t *used) {
    utf8proc_int32_t code;
    *used = 1;
    if (*at < 0x80) return *at;
    utf8proc_ssize_t size = utf8proc_iterate(at, end - at, &code);
    if (size <= 0) return COLLATION_BAD_BYTE + *at;
    *used = (uint32_t)size;
    return code;
}

static uint32_t collation_class(int32_t code) {
    if (code >= COLLATION_BAD_BYTE) return 0;
    return (uint32_t)utf8proc_get_property(code)->combining_class;
}

/* Appends the decomposition of one code point, marks sorted by combining class. */
static void collation_push(collation_iter *it, int32_t code) {
    utf8proc_int32_t parts[8];
    utf8proc_ssize_t n = 1;
    parts[0] = code;
    if (code < COLLATION_BAD_BYTE && code >= 0x80) {
        int boundary = 0;
        n = utf8proc_decompose_char(code, parts, ARRAY_COUNT(parts), UTF8PROC_DECOMPOSE, &boundary);
        if (n < 1 || n > (utf8proc_ssize_t)ARRAY_COUNT(parts)) {
            parts[0] = code;
            n = 1;
        }
    }
    for (utf8proc_ssize_t i = 0; i < n; i++) {
        uint32_t class = collation_class(parts[i]);
        uint32_t to = it->count++;
        while (class > 0 && to > 0 && collation_class(it->codes[to - 1]) > class) {
            it->codes[to] = it->codes[to - 1];
            to--;
        }
        it->codes[to] = parts[i];
    }
}

/* Loads a letter and the marks after it. */
static void collation_iter_load(collation_iter *it) {
    uint32_t used;
    it->next = it->count = 0;
    int32_t code = collation_read(it->at, it->end, &used);
    it->at += used;
    if (!it->decompose) {
        it->codes[it->count++] = code;
        return;
    }
    collation_push(it, code);
    while (it->at < it->end && it->count < COLLATION_MARKS_MAX) {
        code = collation_read(it->at, it->end, &used);
        if (collation_class(code) == 0) break;
        it->at += used;
        collation_push(it, code);
    }
}

static int32_t collation_iter_next(collation_iter *it) {
    if (it->next == it->count) {
        if (it->at == it->end) return COLLATION_END;
        collation_iter_load(it);
    }
    return it->codes[it->next++];
}

/* ---- weights: what a string is compared by --------------------------------------------------- */

typedef enum collation_level { LEVEL_LCASE, LEVEL_BASE, LEVEL_MARKS, LEVEL_CASE } collation_level;

typedef struct collation_levels {
    collation_level items[3];
    uint32_t count;
} collation_levels;

static collation_levels collation_levels_of(uint32_t base) {
    switch (base) {
    case COLLATION_UTF8_LCASE:
        return (collation_levels){{LEVEL_LCASE}, 1};
    case COLLATION_UNICODE:
        return (collation_levels){{LEVEL_BASE, LEVEL_MARKS, LEVEL_CASE}, 3};
    case COLLATION_UNICODE_CI:
        return (collation_levels){{LEVEL_BASE, LEVEL_MARKS}, 2};
    case COLLATION_UNICODE_AI:
        return (collation_levels){{LEVEL_BASE, LEVEL_CASE}, 2};
    default:
        return (collation_levels){{LEVEL_BASE}, 1};
    }
}

static bool collation_is_mark(int32_t code) {
    utf8proc_category_t c = utf8proc_category(code);
    return c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_MC || c == UTF8PROC_CATEGORY_ME;
}

/* Spark's lower case for comparison; final sigma equals sigma. */
static int32_t collation_lower(int32_t code) {
    if (code < 0x80) return ascii_lower((char)code);
    if (code == 0x3C2) return 0x3C3;
    return utf8proc_tolower(code);
}

/* Weight of a code point on a level, above 0; 0 when the level ignores it. */
static int32_t collation_weight(collation_level level, int32_t code) {
    if (code >= COLLATION_BAD_BYTE) return level == LEVEL_MARKS || level == LEVEL_CASE ? 0 : code;
    if (level == LEVEL_LCASE) return collation_lower(code);
    bool ignorable = code < 0x20 && (code < 0x9 || code > 0xD);
    if (ignorable) return 0;
    bool mark = code >= 0x80 && collation_is_mark(code);
    if (level == LEVEL_MARKS) return mark ? code : 1;
    if (mark) return 0;
    int32_t lower = collation_lower(code);
    if (level == LEVEL_BASE) return lower;
    return lower == code ? 1 : 2;
}

static int32_t collation_next_weight(collation_iter *it, collation_level level) {
    for (;;) {
        int32_t code = collation_iter_next(it);
        if (code == COLLATION_END) return COLLATION_END;
        int32_t weight = collation_weight(level, code);
        if (weight > 0 || level == LEVEL_LCASE) return weight;
    }
}

static string_view collation_trim(uint16_t id, const vstring *s) {
    string_view text = vstring_view(s);
    if (id & COLLATION_RTRIM) {
        while (text.size > 0 && text.data[text.size - 1] == ' ') text.size--;
    }
    return text;
}

static int collation_compare_level(string_view a, string_view b, collation_level level) {
    collation_iter x, y;
    collation_iter_init(&x, a, level != LEVEL_LCASE);
    collation_iter_init(&y, b, level != LEVEL_LCASE);
    for (;;) {
        int32_t wx = collation_next_weight(&x, level);
        int32_t wy = collation_next_weight(&y, level);
        if (wx != wy) return wx < wy ? -1 : 1;
        if (wx == COLLATION_END) return 0;
    }
}

int collation_compare(uint16_t id, const vstring *a, const vstring *b) {
    string_view x = collation_trim(id, a);
    string_view y = collation_trim(id, b);
    uint32_t base = id & ~(uint32_t)COLLATION_RTRIM;
    if (base == COLLATION_UTF8_BINARY) {
        int order = memcmp(x.data, y.data, MIN(x.size, y.size));
        if (order != 0) return order;
        return (x.size > y.size) - (x.size < y.size);
    }
    collation_levels levels = collation_levels_of(base);
    for (uint32_t i = 0; i < levels.count; i++) {
        int order = collation_compare_level(x, y, levels.items[i]);
        if (order != 0) return order;
    }
    return 0;
}

/* ---- keys ------------------------------------------------------------------------------------ */

enum {
    COLLATION_GROWTH =
        6, /* key bytes per byte and level at most: decomposition grows 2 bytes to 6 */
    COLLATION_INPUT_MAX = 1 << 26,
};

static bool collation_is_lower_ascii(string_view text) {
    unsigned char bad = 0;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        bad |= (unsigned char)((c >= 'A' && c <= 'Z') | (c >> 7));
    }
    return bad == 0;
}

static size_t collation_put(int32_t weight, char *to) {
    if (weight < COLLATION_BAD_BYTE) {
        return (size_t)utf8proc_encode_char(weight, (utf8proc_uint8_t *)to);
    }
    to[0] = (char)0xFF; /* above every UTF-8 byte */
    to[1] = (char)(weight - COLLATION_BAD_BYTE);
    return 2;
}

dbx_status collation_key(uint16_t id, const vstring *in, vstring *out, arena *a) {
    string_view text = collation_trim(id, in);
    uint32_t base = id & ~(uint32_t)COLLATION_RTRIM;
    assert(base < COLLATION_BASE_COUNT);
    if (base == COLLATION_UTF8_BINARY ||
        (base == COLLATION_UTF8_LCASE && collation_is_lower_ascii(text))) {
        *out = vstring_from(text.data, text.size);
        return DBX_OK;
    }
    if (text.size > COLLATION_INPUT_MAX) return DBX_NOMEM;
    collation_levels levels = collation_levels_of(base);
    char *key = arena_alloc_bytes(a, (text.size * COLLATION_GROWTH + 1) * levels.count);
    if (key == NULL) return DBX_NOMEM;
    size_t size = 0;
    for (uint32_t i = 0; i < levels.count; i++) {
        if (i > 0) key[size++] = '\0';
        collation_iter it;
        collation_iter_init(&it, text, base != COLLATION_UTF8_LCASE);
        int32_t weight;
        while ((weight = collation_next_weight(&it, levels.items[i])) != COLLATION_END) {
            size += collation_put(weight, key + size);
        }
    }
    *out = vstring_from(key, size);
    return DBX_OK;
}
