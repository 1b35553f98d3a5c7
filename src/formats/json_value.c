/* json_value.c - see json.h. */
#include "formats/json.h"

#include <stdlib.h>

/* ---- tokens ---- */

void json_skip_space(json_cursor *c) {
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\r' || *c->at == '\t'))
        c->at++;
}

static bool json_take(json_cursor *c, char wanted) {
    json_skip_space(c);
    if (c->at >= c->end || *c->at != wanted) return false;
    c->at++;
    return true;
}

bool json_read_string(json_cursor *c, string_view *raw, bool *escaped) {
    if (!json_take(c, '"')) return false;
    const char *start = c->at;
    *escaped = false;
    while (c->at < c->end && *c->at != '"') {
        if (*c->at == '\\') {
            *escaped = true;
            c->at++;
        }
        c->at++;
    }
    if (c->at >= c->end) return false;
    *raw = (string_view){start, (size_t)(c->at - start)};
    c->at++;
    return true;
}

bool json_read_word(json_cursor *c, string_view *word) {
    json_skip_space(c);
    const char *start = c->at;
    while (c->at < c->end && strchr(",]} \t\r\n:", *c->at) == NULL) c->at++;
    *word = (string_view){start, (size_t)(c->at - start)};
    return word->size > 0;
}

static uint32_t json_hex(const char *at) {
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char ch = ascii_lower(at[i]);
        uint32_t digit = ascii_is_digit(ch)       ? (uint32_t)(ch - '0')
                         : ch >= 'a' && ch <= 'f' ? (uint32_t)(ch - 'a' + 10)
                                                  : 16;
        if (digit == 16) return UINT32_MAX;
        value = value * 16 + digit;
    }
    return value;
}

static size_t json_put_point(uint32_t point, char *out) {
    if (point < 0x80) return out[0] = (char)point, 1;
    if (point < 0x800) {
        out[0] = (char)(0xC0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3F));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (char)(0xE0 | point >> 12);
        out[1] = (char)(0x80 | (point >> 6 & 0x3F));
        out[2] = (char)(0x80 | (point & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | point >> 18);
    out[1] = (char)(0x80 | (point >> 12 & 0x3F));
    out[2] = (char)(0x80 | (point >> 6 & 0x3F));
    out[3] = (char)(0x80 | (point & 0x3F));
    return 4;
}

/* \uXXXX at raw[i]; surrogate pairs join; a lone surrogate becomes U+FFFD. */
static size_t json_unescape_unicode(string_view raw, size_t *i, char *out) {
    uint32_t point = *i + 4 < raw.size ? json_hex(raw.data + *i + 1) : UINT32_MAX;
    if (point == UINT32_MAX) return json_put_point(0xFFFD, out);
    *i += 4;
    if (point >= 0xD800 && point < 0xDC00 && *i + 6 < raw.size && raw.data[*i + 1] == '\\' &&
        raw.data[*i + 2] == 'u') {
        uint32_t low = json_hex(raw.data + *i + 3);
        if (low >= 0xDC00 && low < 0xE000) {
            *i += 6;
            return json_put_point(0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00), out);
        }
    }
    return json_put_point(point >= 0xD800 && point < 0xE000 ? 0xFFFD : point, out);
}

size_t json_unescape(string_view raw, char *out) {
    size_t n = 0;
    for (size_t i = 0; i < raw.size; i++) {
        if (raw.data[i] != '\\' || i + 1 == raw.size) {
            out[n++] = raw.data[i];
            continue;
        }
        switch (raw.data[++i]) {
        case 'n':
            out[n++] = '\n';
            break;
        case 't':
            out[n++] = '\t';
            break;
        case 'r':
            out[n++] = '\r';
            break;
        case 'b':
            out[n++] = '\b';
            break;
        case 'f':
            out[n++] = '\f';
            break;
        case 'u':
            n += json_unescape_unicode(raw, &i, out + n);
            break;
        default:
            out[n++] = raw.data[i];
            break;
        }
    }
    return n;
}

static bool json_skip_members(json_cursor *c, char close, bool keyed, uint32_t depth) {
    if (json_take(c, close)) return true;
    do {
        string_view key;
        bool escaped;
        if (keyed && (!json_read_string(c, &key, &escaped) || !json_take(c, ':'))) return false;
        if (!json_skip_value(c, depth + 1)) return false;
    } while (json_take(c, ','));
    return json_take(c, close);
}

bool json_skip_value(json_cursor *c, uint32_t depth) {
    if (depth > JSON_DEPTH_MAX) return false;
    string_view ignored;
    bool escaped;
    json_skip_space(c);
    if (c->at >= c->end) return false;
    if (*c->at == '"') return json_read_string(c, &ignored, &escaped);
    if (*c->at == '{') return c->at++, json_skip_members(c, '}', true, depth);
    if (*c->at == '[') return c->at++, json_skip_members(c, ']', false, depth);
    return json_read_word(c, &ignored);
}

/* ---- into vectors ---- */

static bool json_set_null(json_reader *r, vector *v, uint32_t row) {
    if (vector_ensure_validity(v, r->arena) != DBX_OK) return r->nomem = true, false;
    validity_set_null(v->validity, row);
    if (v->phys == PHYS_STRING) VECTOR_DATA(v, vstring)[row] = vstring_from("", 0);
    if (v->phys == PHYS_LIST) VECTOR_DATA(v, list_entry)[row] = (list_entry){v->child_count, 0};
    for (uint32_t i = 0; v->phys == PHYS_STRUCT && i < v->type.child_count; i++) {
        if (!json_set_null(r, &v->children[i], row)) return false;
    }
    return true;
}

static bool json_is_null(json_cursor *c) {
    if (c->end - c->at < 4 || memcmp(c->at, "null", 4) != 0) return false;
    c->at += 4;
    return true;
}

/* The text of a string without its escapes. */
static bool json_text(json_reader *r, string_view raw, bool escaped, string_view *out) {
    *out = raw;
    if (!escaped) return true;
    char *copy = arena_alloc_bytes(r->arena, raw.size + 1);
    if (copy == NULL) return r->nomem = true, false;
    *out = (string_view){copy, json_unescape(raw, copy)};
    return true;
}

static bool json_read_scalar(json_reader *r, json_cursor *c, vector *v, uint32_t row) {
    string_view text;
    const char *start = c->at;
    if (*c->at == '"') {
        string_view raw;
        bool escaped;
        if (!json_read_string(c, &raw, &escaped) || !json_text(r, raw, escaped, &text))
            return false;
    } else {
        if (!json_skip_value(c, 0)) return false;
        text = (string_view){start, (size_t)(c->at - start)};
    }
    text_value_options options = {.zone = r->zone};
    if (text_value_store(v, row, text, &options)) return true;
    return !r->strict && json_set_null(r, v, row);
}

static bool json_append_item(json_reader *r, vector *v) {
    if (v->children[0].capacity > v->child_count) return true;
    uint32_t room = MAX(64u, v->children[0].capacity * 2);
    if (vector_list_reserve(v, room, r->arena) == DBX_OK) return true;
    r->nomem = true;
    return false;
}

static bool json_read_array(json_reader *r, json_cursor *c, vector *v, uint32_t row,
                            uint32_t depth) {
    uint32_t first = v->child_count;
    c->at++;
    if (!json_take(c, ']')) {
        do {
            if (!json_append_item(r, v)) return false;
            uint32_t item = v->child_count++;
            if (!json_read_value(r, c, &v->children[0], item, depth + 1)) return false;
        } while (json_take(c, ','));
        if (!json_take(c, ']')) return false;
    }
    VECTOR_DATA(v, list_entry)[row] = (list_entry){first, v->child_count - first};
    return true;
}

static bool json_read_map(json_reader *r, json_cursor *c, vector *v, uint32_t row, uint32_t depth) {
    uint32_t first = v->child_count;
    c->at++;
    if (!json_take(c, '}')) {
        do {
            string_view raw, key;
            bool escaped;
            text_value_options options = {.zone = r->zone};
            if (!json_append_item(r, v)) return false;
            uint32_t item = v->child_count++;
            vector *pair = v->children[0].children;
            if (!json_read_string(c, &raw, &escaped) || !json_text(r, raw, escaped, &key))
                return false;
            if (!json_take(c, ':') || !text_value_store(&pair[0], item, key, &options))
                return false;
            if (!json_read_value(r, c, &pair[1], item, depth + 1)) return false;
        } while (json_take(c, ','));
        if (!json_take(c, '}')) return false;
    }
    VECTOR_DATA(v, list_entry)[row] = (list_entry){first, v->child_count - first};
    return true;
}

static uint32_t json_find_field(const string_view *names, uint32_t count, string_view key,
                                uint32_t hint) {
    if (hint < count && sv_equal(names[hint], key)) return hint;
    for (uint32_t i = 0; i < count; i++) {
        if (sv_equal(names[i], key)) return i;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (sv_equal_ignore_case(names[i], key)) return i;
    }
    return UINT32_MAX;
}

bool json_read_object(json_reader *r, json_cursor *c, const string_view *names,
                      vector *const *columns, uint32_t count, uint32_t row) {
    for (uint32_t i = 0; i < count; i++) {
        if (columns[i] != NULL && !json_set_null(r, columns[i], row)) return false;
    }
    json_skip_space(c);
    if (c->at < c->end && json_is_null(c)) return true;
    if (!json_take(c, '{')) return false;
    if (json_take(c, '}')) return true;
    uint32_t hint = 0;
    do {
        string_view raw, key;
        bool escaped;
        if (!json_read_string(c, &raw, &escaped) || !json_text(r, raw, escaped, &key) ||
            !json_take(c, ':'))
            return false;
        uint32_t field = json_find_field(names, count, key, hint);
        hint = field + 1;
        if (field == UINT32_MAX || columns[field] == NULL) {
            if (!json_skip_value(c, 1)) return false;
            continue;
        }
        validity_set_valid(columns[field]->validity, row);
        if (!json_read_value(r, c, columns[field], row, 1)) return false;
    } while (json_take(c, ','));
    return json_take(c, '}');
}

static bool json_read_struct(json_reader *r, json_cursor *c, vector *v, uint32_t row,
                             uint32_t depth) {
    uint32_t count = v->type.child_count;
    for (uint32_t i = 0; i < count; i++) {
        if (!json_set_null(r, &v->children[i], row)) return false;
    }
    c->at++;
    if (json_take(c, '}')) return true;
    uint32_t hint = 0;
    do {
        string_view raw, key;
        bool escaped;
        if (!json_read_string(c, &raw, &escaped) || !json_text(r, raw, escaped, &key) ||
            !json_take(c, ':'))
            return false;
        uint32_t field =
            hint < count && sv_equal(v->type.children[hint].name, key) ? hint : UINT32_MAX;
        for (uint32_t i = 0; field == UINT32_MAX && i < count; i++) {
            if (sv_equal(v->type.children[i].name, key)) field = i;
        }
        hint = field + 1;
        if (field == UINT32_MAX) {
            if (!json_skip_value(c, depth + 1)) return false;
            continue;
        }
        validity_set_valid(v->children[field].validity, row);
        if (!json_read_value(r, c, &v->children[field], row, depth + 1)) return false;
    } while (json_take(c, ','));
    return json_take(c, '}');
}

bool json_read_value(json_reader *r, json_cursor *c, vector *v, uint32_t row, uint32_t depth) {
    if (depth > JSON_DEPTH_MAX) return false;
    json_skip_space(c);
    if (c->at >= c->end) return false;
    if (json_is_null(c)) return json_set_null(r, v, row);
    char wanted = v->type.id == TYPE_ARRAY                              ? '['
                  : v->type.id == TYPE_MAP || v->type.id == TYPE_STRUCT ? '{'
                                                                        : '\0';
    if (wanted == '\0') return json_read_scalar(r, c, v, row);
    if (*c->at != wanted) {
        if (r->strict) return false;
        return json_skip_value(c, depth) && json_set_null(r, v, row);
    }
    if (wanted == '[') return json_read_array(r, c, v, row, depth);
    return v->type.id == TYPE_MAP ? json_read_map(r, c, v, row, depth)
                                  : json_read_struct(r, c, v, row, depth);
}
