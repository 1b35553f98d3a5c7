/* json_scan.c - see json_scan.h. */
#include "kernel/json_scan.h"

void json_scan_begin(json_scanner *s, string_view text, uint32_t flags) {
    s->at = text.data;
    s->end = text.data + text.size;
    s->flags = flags;
    s->depth = 0;
    s->token = JSON_END;
    s->start = text.data;
    s->text = (string_view){NULL, 0};
    s->escaped = s->first = s->valued = false;
}

static json_token json_scan_fail(json_scanner *s) {
    return s->token = JSON_MALFORMED;
}

static bool json_scan_in_object(const json_scanner *s) {
    uint32_t level = s->depth - 1;
    return s->depth > 0 && (s->objects[level / 64] >> (level % 64) & 1);
}

/* Passes white space and, when allowed, comments; false for an open comment. */
static bool json_scan_space(json_scanner *s) {
    for (;;) {
        while (s->at < s->end &&
               (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t'))
            s->at++;
        if (!(s->flags & JSON_COMMENTS) || s->end - s->at < 2 || *s->at != '/') return true;
        if (s->at[1] == '/') {
            while (s->at < s->end && *s->at != '\n') s->at++;
        } else if (s->at[1] == '*') {
            const char *at = s->at + 2;
            while (s->end - at >= 2 && (at[0] != '*' || at[1] != '/')) at++;
            if (s->end - at < 2) return false;
            s->at = at + 2;
        } else {
            return true;
        }
    }
}

static uint32_t json_scan_hex(const char *at) {
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = ascii_lower(at[i]);
        if (!ascii_is_digit(c) && (c < 'a' || c > 'f')) return UINT32_MAX;
        value = value * 16 + (uint32_t)(ascii_is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    return value;
}

static bool json_scan_escape(json_scanner *s) {
    s->escaped = true;
    if (s->end - s->at < 2) return false;
    char c = s->at[1];
    if (c == 'u') {
        if (s->end - s->at < 6 || json_scan_hex(s->at + 2) == UINT32_MAX) return false;
        s->at += 6;
        return true;
    }
    bool known = c != '\0' && strchr("\"\\/bfnrt", c) != NULL;
    known = known || (c == '\'' && (s->flags & JSON_SINGLE_QUOTES));
    if (!known && !(s->flags & JSON_ANY_ESCAPE)) return false;
    s->at += 2;
    return true;
}

static bool json_scan_string(json_scanner *s, char quote) {
    const char *start = ++s->at;
    s->escaped = false;
    for (;;) {
        if (s->at >= s->end) return false;
        char c = *s->at;
        if (c == quote) break;
        if (c == '\\') {
            if (!json_scan_escape(s)) return false;
            continue;
        }
        if ((unsigned char)c < 0x20 && !(s->flags & JSON_CONTROL_CHARACTERS)) return false;
        s->at++;
    }
    s->text = (string_view){start, (size_t)(s->at - start)};
    s->at++;
    return true;
}

static bool json_scan_is_name(char c) {
    return ascii_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '$' || c == '-' || (unsigned char)c >= 0x80;
}

/* A word stands at the cursor and ends there. */
static bool json_scan_word(json_scanner *s, const char *word) {
    size_t size = strlen(word);
    if ((size_t)(s->end - s->at) < size || memcmp(s->at, word, size) != 0) return false;
    if (s->at + size < s->end && json_scan_is_name(s->at[size])) return false;
    s->at += size;
    return true;
}

static json_token json_scan_number(json_scanner *s) {
    const char *start = s->at;
    bool real = false;
    if (s->flags & JSON_NON_NUMBERS) {
        static const char *const words[] = {"NaN",  "Infinity", "-Infinity", "+Infinity",
                                            "+INF", "INF",      "-INF"};
        for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
            if (!json_scan_word(s, words[i])) continue;
            s->text = (string_view){start, (size_t)(s->at - start)};
            return s->token = JSON_REAL;
        }
    }
    if (s->at < s->end && *s->at == '-') s->at++;
    const char *digits = s->at;
    while (s->at < s->end && ascii_is_digit(*s->at)) s->at++;
    if (s->at == digits) return json_scan_fail(s);
    if (*digits == '0' && s->at - digits > 1 && !(s->flags & JSON_LEADING_ZEROS))
        return json_scan_fail(s);
    if (s->at < s->end && *s->at == '.') {
        const char *fraction = ++s->at;
        while (s->at < s->end && ascii_is_digit(*s->at)) s->at++;
        if (s->at == fraction) return json_scan_fail(s);
        real = true;
    }
    if (s->at < s->end && (*s->at == 'e' || *s->at == 'E')) {
        s->at++;
        if (s->at < s->end && (*s->at == '+' || *s->at == '-')) s->at++;
        const char *exponent = s->at;
        while (s->at < s->end && ascii_is_digit(*s->at)) s->at++;
        if (s->at == exponent) return json_scan_fail(s);
        real = true;
    }
    if (s->at < s->end && json_scan_is_name(*s->at)) return json_scan_fail(s);
    s->text = (string_view){start, (size_t)(s->at - start)};
    return s->token = real ? JSON_REAL : JSON_INTEGER;
}

static json_token json_scan_open(json_scanner *s, bool object) {
    if (s->depth == JSON_SCAN_DEPTH_MAX) return json_scan_fail(s);
    uint64_t bit = (uint64_t)1 << (s->depth % 64);
    if (object)
        s->objects[s->depth / 64] |= bit;
    else
        s->objects[s->depth / 64] &= ~bit;
    s->depth++;
    s->first = true;
    s->valued = false;
    s->at++;
    return s->token = object ? JSON_OBJECT : JSON_ARRAY;
}

static json_token json_scan_value(json_scanner *s) {
    char c = *s->at;
    s->valued = false;
    if (c == '{') return json_scan_open(s, true);
    if (c == '[') return json_scan_open(s, false);
    s->first = false;
    if (c == '"' || (c == '\'' && (s->flags & JSON_SINGLE_QUOTES)))
        return json_scan_string(s, c) ? (s->token = JSON_STRING) : json_scan_fail(s);
    if (json_scan_word(s, "true")) return s->token = JSON_TRUE;
    if (json_scan_word(s, "false")) return s->token = JSON_FALSE;
    if (json_scan_word(s, "null")) return s->token = JSON_NULL;
    return json_scan_number(s);
}

static json_token json_scan_key(json_scanner *s) {
    char c = *s->at;
    if (c == '"' || (c == '\'' && (s->flags & JSON_SINGLE_QUOTES))) {
        if (!json_scan_string(s, c)) return json_scan_fail(s);
    } else {
        const char *start = s->at;
        while (s->at < s->end && json_scan_is_name(*s->at)) s->at++;
        if (!(s->flags & JSON_UNQUOTED_NAMES) || s->at == start) return json_scan_fail(s);
        s->text = (string_view){start, (size_t)(s->at - start)};
        s->escaped = false;
    }
    if (!json_scan_space(s) || s->at >= s->end || *s->at != ':') return json_scan_fail(s);
    s->at++;
    s->first = false;
    s->valued = true;
    return s->token = JSON_KEY;
}

json_token json_scan_next(json_scanner *s) {
    if (s->token == JSON_MALFORMED) return s->token;
    bool done = s->depth == 0 && s->token != JSON_END;
    if (done) return s->token = JSON_END;
    if (!json_scan_space(s)) return json_scan_fail(s);
    s->start = s->at;
    if (s->at >= s->end) return s->depth == 0 ? (s->token = JSON_END) : json_scan_fail(s);
    if (s->depth == 0 || s->valued) return json_scan_value(s);
    bool object = json_scan_in_object(s);
    if (*s->at == (object ? '}' : ']')) {
        s->at++;
        s->depth--;
        s->first = false;
        return s->token = object ? JSON_OBJECT_END : JSON_ARRAY_END;
    }
    if (!s->first) {
        if (*s->at != ',') return json_scan_fail(s);
        s->at++;
        if (!json_scan_space(s) || s->at >= s->end) return json_scan_fail(s);
        s->start = s->at;
    }
    return object ? json_scan_key(s) : json_scan_value(s);
}

bool json_scan_skip(json_scanner *s) {
    if (s->token != JSON_OBJECT && s->token != JSON_ARRAY) return s->token != JSON_MALFORMED;
    uint32_t level = s->depth - 1;
    while (s->depth > level) {
        if (json_scan_next(s) == JSON_MALFORMED) return false;
    }
    return true;
}

static size_t json_scan_put_point(uint32_t point, char *out) {
    if (point < 0x80) return out[0] = (char)point, 1;
    uint32_t more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const uint8_t lead[] = {0, 0xC0, 0xE0, 0xF0};
    out[0] = (char)(lead[more] | point >> (6 * more));
    for (uint32_t i = 1; i <= more; i++) out[i] = (char)(0x80 | (point >> (6 * (more - i)) & 0x3F));
    return more + 1;
}

/* \uXXXX at raw[i] (the u); surrogate pairs join. */
static size_t json_scan_unescape_point(string_view raw, size_t *i, char *out) {
    uint32_t point = raw.size - *i > 4 ? json_scan_hex(raw.data + *i + 1) : UINT32_MAX;
    if (point == UINT32_MAX) return json_scan_put_point(0xFFFD, out);
    *i += 4;
    if (point < 0xD800 || point >= 0xE000) return json_scan_put_point(point, out);
    if (point < 0xDC00 && raw.size - *i > 6 && raw.data[*i + 1] == '\\' &&
        raw.data[*i + 2] == 'u') {
        uint32_t low = json_scan_hex(raw.data + *i + 3);
        if (low >= 0xDC00 && low < 0xE000) {
            *i += 6;
            return json_scan_put_point(0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00), out);
        }
    }
    return json_scan_put_point(0xFFFD, out);
}

size_t json_scan_unescape(string_view raw, char *out) {
    static const char letters[] = "nrtbf", meanings[] = "\n\r\t\b\f";
    size_t n = 0;
    for (size_t i = 0; i < raw.size; i++) {
        char c = raw.data[i];
        if (c != '\\' || i + 1 == raw.size) {
            out[n++] = c;
            continue;
        }
        c = raw.data[++i];
        const char *letter = c == '\0' ? NULL : strchr(letters, c);
        if (c == 'u')
            n += json_scan_unescape_point(raw, &i, out + n);
        else
            out[n++] = letter == NULL ? c : meanings[letter - letters];
    }
    return n;
}
