/* collation.c - see collation.h. Names, and UTF8_LCASE: lower case by utf8proc, code point by code
 * point. Locales are in collation_icu.c.
 */
#include "vector/collation_icu.h"

#include <utf8proc.h>

/* ---- names ----------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    uint16_t flag;  /* 0: the default of its kind, said aloud */
    uint16_t kinds; /* one bit a kind: each may be given once */
} collation_modifiers[] = {
    {"CS", 0, COLLATION_CI},
    {"CI", COLLATION_CI, COLLATION_CI},
    {"AS", 0, COLLATION_AI},
    {"AI", COLLATION_AI, COLLATION_AI},
    {"RTRIM", COLLATION_RTRIM, COLLATION_RTRIM},
};

/* Flags of "_CI_AI"; only those in `allowed` may stand. */
static bool collation_parse_modifiers(string_view text, uint16_t allowed, uint16_t *flags) {
    uint16_t seen = 0;
    *flags = 0;
    while (text.size > 0) {
        if (text.data[0] != '_') return false;
        text.data++, text.size--;
        const char *next = memchr(text.data, '_', text.size);
        string_view word = {text.data, next == NULL ? text.size : (size_t)(next - text.data)};
        text.data += word.size, text.size -= word.size;
        uint32_t i = 0;
        while (i < ARRAY_COUNT(collation_modifiers) &&
               !sv_equal_ignore_case(word, sv_from(collation_modifiers[i].name)))
            i++;
        if (i == ARRAY_COUNT(collation_modifiers)) return false;
        uint16_t kind = collation_modifiers[i].kinds;
        if ((seen & kind) || !(allowed & kind)) return false;
        seen |= kind;
        *flags |= collation_modifiers[i].flag;
    }
    return true;
}

static bool collation_starts_with(string_view name, string_view prefix) {
    return name.size >= prefix.size &&
           sv_equal_ignore_case((string_view){name.data, prefix.size}, prefix) &&
           (name.size == prefix.size || name.data[prefix.size] == '_');
}

bool collation_by_name(string_view name, uint16_t *id) {
    static const char *const plain[] = {"UTF8_BINARY", "UTF8_LCASE"};
    string_view qualifier = SV("SYSTEM.BUILTIN.");
    if (name.size > qualifier.size &&
        sv_equal_ignore_case((string_view){name.data, qualifier.size}, qualifier))
        name = (string_view){name.data + qualifier.size, name.size - qualifier.size};
    uint16_t allowed = COLLATION_RTRIM | COLLATION_CI | COLLATION_AI, flags;
    uint32_t base = UINT32_MAX;
    size_t size = 0;
    for (uint32_t i = 0; i < ARRAY_COUNT(plain); i++) {
        if (!collation_starts_with(name, sv_from(plain[i]))) continue;
        base = i;
        size = strlen(plain[i]);
        allowed = COLLATION_RTRIM;
    }
    const char *locale;
    for (uint32_t i = COLLATION_UNICODE; (locale = collation_locale_name(i)) != NULL; i++) {
        if (strlen(locale) <= size || !collation_starts_with(name, sv_from(locale))) continue;
        base = i;
        size = strlen(locale);
    }
    if (base == UINT32_MAX) return false;
    string_view rest = {name.data + size, name.size - size};
    if (!collation_parse_modifiers(rest, allowed, &flags)) return false;
    *id = (uint16_t)(base | flags);
    return true;
}

dbx_status collation_append_suggestions(buffer *out, string_view name) {
    uint16_t flags = 0;
    const char *best = "UNICODE";
    size_t common = 0;
    const char *locale;
    for (uint32_t i = COLLATION_UNICODE; (locale = collation_locale_name(i)) != NULL; i++) {
        size_t n = 0;
        while (n < name.size && locale[n] != 0 &&
               ascii_lower(locale[n]) == ascii_lower(name.data[n]))
            n++;
        if (n > common) common = n, best = locale;
    }
    const char *tail = memchr(name.data, '_', name.size);
    for (; tail != NULL && flags == 0;
         tail = memchr(tail + 1, '_', (size_t)(name.data + name.size - tail - 1))) {
        string_view rest = {tail, (size_t)(name.data + name.size - tail)};
        if (!collation_parse_modifiers(rest, COLLATION_RTRIM | COLLATION_CI | COLLATION_AI, &flags))
            flags = 0;
    }
    return buffer_printf(out, "%s%s%s%s", best, flags & COLLATION_CI ? "_CI" : "",
                         flags & COLLATION_AI ? "_AI" : "",
                         flags & COLLATION_RTRIM ? "_RTRIM" : "");
}

bool collation_from_stored(uint64_t stored, uint16_t *id) {
    uint32_t flags = COLLATION_RTRIM | COLLATION_CI | COLLATION_AI;
    if (stored > UINT16_MAX || (stored & ~(uint64_t)(COLLATION_BASE_MASK | flags))) return false;
    *id = (uint16_t)stored;
    if (collation_base(*id) < COLLATION_UNICODE)
        return (stored & (COLLATION_CI | COLLATION_AI)) == 0;
    return collation_locale_name(collation_base(*id)) != NULL;
}

dbx_status collation_open(uint16_t id) {
    if (!collation_is_icu(id)) return DBX_OK;
    return collation_collator(id) == NULL ? DBX_NOMEM : DBX_OK;
}

dbx_status collation_append_name(buffer *out, uint16_t id) {
    if (id == COLLATION_INDETERMINATE) return buffer_append_sv(out, SV("null"));
    uint32_t base = collation_base(id);
    const char *name = base == COLLATION_UTF8_BINARY  ? "UTF8_BINARY"
                       : base == COLLATION_UTF8_LCASE ? "UTF8_LCASE"
                                                      : collation_locale_name(base);
    assert(name != NULL);
    TRY(buffer_append_sv(out, sv_from(name)));
    if (id & COLLATION_CI) TRY(buffer_append_sv(out, SV("_CI")));
    if (id & COLLATION_AI) TRY(buffer_append_sv(out, SV("_AI")));
    if (id & COLLATION_RTRIM) TRY(buffer_append_sv(out, SV("_RTRIM")));
    return DBX_OK;
}

/* ---- UTF8_LCASE ------------------------------------------------------------------------------ */

enum { COLLATION_BAD_BYTE = 0x110000, COLLATION_END = -1 };

int32_t collation_read(const char *at, const char *end, uint32_t *used) {
    utf8proc_int32_t code;
    *used = 1;
    if ((unsigned char)*at < 0x80) return *at;
    utf8proc_ssize_t size = utf8proc_iterate((const utf8proc_uint8_t *)at, end - at, &code);
    if (size <= 0) return COLLATION_BAD_BYTE + (unsigned char)*at;
    *used = (uint32_t)size;
    return code;
}

size_t collation_write(int32_t code, char *to) {
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    if (code < COLLATION_BAD_BYTE)
        return (size_t)utf8proc_encode_char(code, (utf8proc_uint8_t *)to);
    to[0] = (char)(code - COLLATION_BAD_BYTE);
    return 1;
}

uint32_t collation_lower(int32_t code, int32_t to[2]) {
    to[0] = code;
    if (code < 0x80) {
        to[0] = ascii_lower((char)code);
    } else if (code == 0x130) { /* I with a dot above is an i and a dot above */
        to[0] = 'i';
        to[1] = 0x307;
        return 2;
    } else if (code == 0x3C2) { /* final sigma is sigma */
        to[0] = 0x3C3;
    } else if (code < COLLATION_BAD_BYTE) {
        to[0] = utf8proc_tolower(code);
    }
    return 1;
}

typedef struct lcase_iter {
    const char *at, *end;
    int32_t pending;
} lcase_iter;

static int32_t lcase_next(lcase_iter *it) {
    int32_t codes[2];
    uint32_t used;
    if (it->pending != 0) {
        codes[0] = it->pending;
        it->pending = 0;
        return codes[0];
    }
    if (it->at == it->end) return COLLATION_END;
    int32_t code = collation_read(it->at, it->end, &used);
    it->at += used;
    if (collation_lower(code, codes) > 1) it->pending = codes[1];
    return codes[0];
}

static int lcase_compare(string_view a, string_view b) {
    size_t same = 0, shorter = MIN(a.size, b.size);
    while (same < shorter && !((unsigned char)(a.data[same] | b.data[same]) & 0x80) &&
           ascii_lower(a.data[same]) == ascii_lower(b.data[same]))
        same++;
    lcase_iter x = {a.data + same, a.data + a.size, 0}, y = {b.data + same, b.data + b.size, 0};
    for (;;) {
        int32_t p = lcase_next(&x), q = lcase_next(&y);
        if (p != q) return p < q ? -1 : 1;
        if (p == COLLATION_END) return 0;
    }
}

static bool lcase_is_key(string_view text) {
    unsigned char bad = 0;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        bad |= (unsigned char)((c >= 'A' && c <= 'Z') | (c >> 7));
    }
    return bad == 0;
}

/* Lower case of a code point takes at most twice its bytes. Bytes that are not UTF-8 go after 0xFF,
 * above every code point. */
static dbx_status lcase_key(string_view text, vstring *out, arena *a) {
    enum { GROWTH = 2 };
    if (text.size > COLLATION_INPUT_MAX) return DBX_NOMEM;
    char *key = arena_alloc_bytes(a, text.size * GROWTH + 1);
    if (key == NULL) return DBX_NOMEM;
    lcase_iter it = {text.data, text.data + text.size, 0};
    size_t size = 0;
    int32_t code;
    while ((code = lcase_next(&it)) != COLLATION_END) {
        if (code >= COLLATION_BAD_BYTE) key[size++] = (char)0xFF;
        size += collation_write(code, key + size);
    }
    *out = vstring_from(key, size);
    return DBX_OK;
}

/* ---- comparing ------------------------------------------------------------------------------- */

string_view collation_trim(uint16_t id, string_view text) {
    if (id & COLLATION_RTRIM) {
        while (text.size > 0 && text.data[text.size - 1] == ' ') text.size--;
    }
    return text;
}

int collation_compare(uint16_t id, const vstring *a, const vstring *b) {
    assert(id != COLLATION_INDETERMINATE);
    string_view x = collation_trim(id, vstring_view(a));
    string_view y = collation_trim(id, vstring_view(b));
    if (collation_is_icu(id)) return collation_icu_compare(id, x, y);
    if (collation_base(id) == COLLATION_UTF8_LCASE) return lcase_compare(x, y);
    int order = memcmp(x.data, y.data, MIN(x.size, y.size));
    if (order != 0) return order;
    return (x.size > y.size) - (x.size < y.size);
}

dbx_status collation_key(uint16_t id, const vstring *in, vstring *out, arena *a) {
    assert(id != COLLATION_INDETERMINATE);
    string_view text = collation_trim(id, vstring_view(in));
    if (collation_is_icu(id)) return collation_icu_key(id, text, out, a);
    if (collation_base(id) == COLLATION_UTF8_LCASE && !lcase_is_key(text))
        return lcase_key(text, out, a);
    *out = vstring_from(text.data, text.size);
    return DBX_OK;
}

/* ---- types ----------------------------------------------------------------------------------- */

bool type_is_collated(type t) {
    if (t.id == TYPE_STRING) return t.collation != COLLATION_UTF8_BINARY;
    for (uint32_t i = 0; i < t.child_count; i++) {
        if (type_is_collated(t.children[i].type)) return true;
    }
    return false;
}

bool type_has_string(type t) {
    if (t.id == TYPE_STRING) return true;
    for (uint32_t i = 0; i < t.child_count; i++) {
        if (type_has_string(t.children[i].type)) return true;
    }
    return false;
}

dbx_status type_with_collation(arena *a, type t, uint16_t id, type *out) {
    *out = t;
    if (t.id == TYPE_STRING) {
        out->collation = id;
        return DBX_OK;
    }
    if (t.child_count == 0) return DBX_OK;
    type_field *fields = ARENA_ARRAY(a, type_field, t.child_count);
    if (fields == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < t.child_count; i++) {
        fields[i] = t.children[i];
        TRY(type_with_collation(a, t.children[i].type, id, &fields[i].type));
    }
    out->children = fields;
    return DBX_OK;
}
