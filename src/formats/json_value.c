/* json_value.c - see json.h. */
#include "formats/json.h"

#include "formats/text_plain.h"
#include "kernel/json_scan.h"
#include "kernel/text_index.h"
#include "vector/variant.h"

/* ---- tokens ---- */

static inline bool json_take(json_cursor *c, char wanted) {
    if (c->at < c->end && *c->at == wanted) return c->at++, true;
    json_skip_space(c);
    if (c->at >= c->end || *c->at != wanted) return false;
    c->at++;
    return true;
}

bool json_read_string(json_cursor *c, string_view *raw, bool *escaped) {
    json_skip_space(c);
    if (c->at >= c->end || (*c->at != '"' && *c->at != '\'')) return false;
    char quote = *c->at++;
    const char *start = c->at;
    *escaped = false;
    for (;;) {
        c->at = text_find_either(c->at, c->end, quote, '\\');
        if (c->at >= c->end) return false;
        if (*c->at == quote) break;
        *escaped = true;
        c->at += 2;
    }
    *raw = (string_view){start, (size_t)(c->at - start)};
    c->at++;
    return true;
}

/* Ends a number or word. */
static const bool json_ends_word[256] = {
    [','] = true,  [']'] = true,  ['}'] = true, [' '] = true, ['\t'] = true,
    ['\r'] = true, ['\n'] = true, [':'] = true, ['\0'] = true};

bool json_read_word(json_cursor *c, string_view *word) {
    json_skip_space(c);
    const char *start = c->at;
    while (c->at < c->end && !json_ends_word[(uint8_t)*c->at]) c->at++;
    *word = (string_view){start, (size_t)(c->at - start)};
    return word->size > 0;
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
    if (*c->at == '"' || *c->at == '\'') return json_read_string(c, &ignored, &escaped);
    if (*c->at == '{') return c->at++, json_skip_members(c, '}', true, depth);
    if (*c->at == '[') return c->at++, json_skip_members(c, ']', false, depth);
    return json_read_word(c, &ignored);
}

/* ---- what does not fit ---- */

bool json_set_null(json_reader *r, vector *v, uint32_t row) {
    if (vector_ensure_validity(v, r->arena) != DBX_OK) return r->nomem = true, false;
    validity_set_null(v->validity, row);
    if (v->phys == PHYS_STRING) VECTOR_DATA(v, vstring)[row] = vstring_from("", 0);
    if (v->phys == PHYS_LIST) VECTOR_DATA(v, list_entry)[row] = (list_entry){v->child_count, 0};
    for (uint32_t i = 0; v->phys == PHYS_STRUCT && i < v->type.child_count; i++) {
        if (!json_set_null(r, &v->children[i], row)) return false;
    }
    return true;
}

static bool json_rescue(json_reader *r, string_view name, string_view text) {
    text_local *to = r->rescue_to;
    if (to == NULL) return true;
    text_rescue x = {.row = r->row, .is_json = true, .name = name, .text = text};
    if (ARENA_LIST_PUSH(&to->chunk_arena, &to->rescued, x) == DBX_OK) return true;
    r->nomem = true;
    return false;
}

static __attribute__((noinline)) bool json_misfit(json_reader *r, vector *v, uint32_t row,
                                                  string_view name, string_view text) {
    r->misfit = true;
    return json_rescue(r, name, text) && json_set_null(r, v, row);
}

/* ---- scalars ---- */

static inline bool json_is_null(json_cursor *c) {
    if (c->end - c->at < 4 || memcmp(c->at, "null", 4) != 0) return false;
    c->at += 4;
    return true;
}

/* The text of a string without its escapes. */
static bool json_text(json_reader *r, string_view raw, bool escaped, string_view *out) {
    *out = raw;
    if (!escaped) return true;
    char *copy = arena_alloc_bytes(r->arena, raw.size + TEXT_SLACK);
    if (copy == NULL) return r->nomem = true, false;
    *out = (string_view){copy, json_scan_unescape(raw, copy)};
    return true;
}

/* Values of the usual forms; the rest takes text_value_store. */
static inline bool json_store(const json_reader *r, vector *v, uint32_t row, string_view s) {
    const text_value_options *o = r->values;
    if (s.size > 0) {
        switch ((type_id)v->type.id) {
        case TYPE_STRING:
            VECTOR_DATA(v, vstring)[row] = text_plain_string(s);
            return true;
        case TYPE_BIGINT:
            if (text_plain_int64(s, v, row)) return true;
            break;
        case TYPE_INT:
            if (text_plain_int32(s, v, row)) return true;
            break;
        case TYPE_SMALLINT:
            if (text_plain_int16(s, v, row)) return true;
            break;
        case TYPE_DOUBLE:
            if (text_plain_double(s, v, row)) return true;
            break;
        case TYPE_DECIMAL:
            if (v->phys == PHYS_INT64 && text_plain_decimal(s, v, row)) return true;
            break;
        case TYPE_DATE:
            if (o->date_format == NULL && text_plain_date(s, v, row)) return true;
            break;
        case TYPE_TIMESTAMP_NTZ:
            if (o->timestamp_ntz_format == NULL && text_plain_timestamp(s, v, row)) return true;
            break;
        default:
            break;
        }
    }
    return text_value_store(v, row, s, o);
}

static bool json_base64(json_reader *r, string_view s, string_view *out) {
    char *bytes = arena_alloc_bytes(r->arena, s.size / 4 * 3 + TEXT_SLACK);
    if (bytes == NULL) return r->nomem = true, false;
    size_t n = 0;
    uint32_t word = 0, bits = 0;
    while (s.size > 0 && s.data[s.size - 1] == '=') s.size--;
    for (size_t i = 0; i < s.size; i++) {
        char ch = s.data[i];
        uint32_t digit = ch >= 'A' && ch <= 'Z'   ? (uint32_t)(ch - 'A')
                         : ch >= 'a' && ch <= 'z' ? (uint32_t)(ch - 'a' + 26)
                         : ascii_is_digit(ch)     ? (uint32_t)(ch - '0' + 52)
                         : ch == '+'              ? 62
                         : ch == '/'              ? 63
                                                  : 64;
        if (digit == 64) return false;
        word = word << 6 | digit;
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        bytes[n++] = (char)(word >> bits);
    }
    *out = (string_view){bytes, n};
    return true;
}

static bool json_read_scalar(json_reader *r, json_cursor *c, vector *v, uint32_t row,
                             string_view name) {
    string_view text;
    const char *start = c->at;
    bool escaped = false;
    if (*c->at == '"' || *c->at == '\'') {
        string_view raw;
        if (!json_read_string(c, &raw, &escaped) || !json_text(r, raw, escaped, &text))
            return false;
        if (v->type.id == TYPE_BINARY && !json_base64(r, text, &text)) {
            if (r->nomem) return false;
            return json_misfit(r, v, row, name, (string_view){start, (size_t)(c->at - start)});
        }
        if (text.size == 0 && !type_is_string_like(v->type)) return json_set_null(r, v, row);
    } else if (*c->at == '{' || *c->at == '[') {
        if (!json_skip_value(c, 0)) return false;
        text = (string_view){start, (size_t)(c->at - start)};
        if (v->type.id != TYPE_STRING) return json_misfit(r, v, row, name, text);
    } else if (!json_read_word(c, &text)) {
        return false;
    }
    if (json_store(r, v, row, text)) return true;
    return json_misfit(r, v, row, name, (string_view){start, (size_t)(c->at - start)});
}

static bool json_read_variant(json_reader *r, json_cursor *c, vector *v, uint32_t row,
                              string_view name, uint32_t depth) {
    const char *start = c->at;
    variant_builder b;
    buffer scratch;
    string_view made = {0};
    if (!json_skip_value(c, depth)) return false;
    string_view text = {start, (size_t)(c->at - start)};
    variant_builder_init(&b, r->arena->ledger);
    buffer_init(&scratch, r->arena->ledger);
    dbx_status status = variant_parse_json(&b, text, &scratch);
    if (status == DBX_OK) status = variant_builder_take(&b, r->arena, &made);
    buffer_deinit(&scratch);
    variant_builder_deinit(&b);
    if (status == DBX_NOMEM) return r->nomem = true, false;
    if (status != DBX_OK) return json_misfit(r, v, row, name, text);
    VECTOR_DATA(v, vstring)[row] = vstring_from(made.data, made.size);
    return true;
}

/* ---- nested ---- */

static bool json_append_item(json_reader *r, vector *v) {
    if (v->children[0].capacity > v->child_count) return true;
    uint32_t room = MAX(64u, v->children[0].capacity * 2);
    if (vector_list_reserve(v, room, r->arena) == DBX_OK) return true;
    r->nomem = true;
    return false;
}

static bool json_read_array(json_reader *r, json_cursor *c, vector *v, uint32_t row,
                            string_view name, uint32_t depth) {
    uint32_t first = v->child_count;
    c->at++;
    if (!json_take(c, ']')) {
        do {
            if (!json_append_item(r, v)) return false;
            uint32_t item = v->child_count++;
            if (!json_read_value(r, c, &v->children[0], item, name, depth + 1)) return false;
        } while (json_take(c, ','));
        if (!json_take(c, ']')) return false;
    }
    VECTOR_DATA(v, list_entry)[row] = (list_entry){first, v->child_count - first};
    return true;
}

static bool json_read_map(json_reader *r, json_cursor *c, vector *v, uint32_t row, string_view name,
                          uint32_t depth) {
    uint32_t first = v->child_count;
    c->at++;
    if (!json_take(c, '}')) {
        do {
            string_view raw, key;
            bool escaped;
            if (!json_append_item(r, v)) return false;
            uint32_t item = v->child_count++;
            vector *pair = v->children[0].children;
            if (!json_read_string(c, &raw, &escaped) || !json_text(r, raw, escaped, &key))
                return false;
            if (!json_take(c, ':') || !text_value_store(&pair[0], item, key, r->values))
                return false;
            if (!json_read_value(r, c, &pair[1], item, name, depth + 1)) return false;
        } while (json_take(c, ','));
        if (!json_take(c, '}')) return false;
    }
    VECTOR_DATA(v, list_entry)[row] = (list_entry){first, v->child_count - first};
    return true;
}

/* The key at the cursor is exactly the name, without escapes: passes it and the colon. */
static inline bool json_take_key(json_cursor *c, string_view name) {
    json_skip_space(c);
    if ((size_t)(c->end - c->at) < name.size + 3 || c->at[0] != '"' ||
        c->at[name.size + 1] != '"' || memcmp(c->at + 1, name.data, name.size) != 0)
        return false;
    const char *before = c->at;
    c->at += name.size + 2;
    if (json_take(c, ':')) return true;
    c->at = before;
    return false;
}

static uint32_t json_find_column(const source_column *fields, uint32_t count, string_view key) {
    for (uint32_t i = 0; i < count; i++) {
        if (sv_equal(fields[i].name, key)) return i;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (sv_equal_ignore_case(fields[i].name, key)) return i;
    }
    return UINT32_MAX;
}

static bool json_unknown_field(json_reader *r, json_cursor *c, string_view key, bool known) {
    json_skip_space(c);
    const char *start = c->at;
    if (!json_skip_value(c, 1)) return false;
    if (known || !r->rescue_unknown) return true;
    return json_rescue(r, key, (string_view){start, (size_t)(c->at - start)});
}

static bool json_null_unseen(json_reader *r, vector *const *columns, uint32_t count, uint32_t row,
                             const uint8_t *seen) {
    for (uint32_t i = 0; i < count; i++) {
        if (columns[i] != NULL && !seen[i] && !json_set_null(r, columns[i], row)) return false;
    }
    return true;
}

static bool json_read_members(json_reader *r, json_cursor *c, const source_column *fields,
                              vector *const *columns, uint32_t count, uint32_t row, uint8_t *seen) {
    uint32_t next = 0; /* the field that is likely to follow */
    if (json_take(c, '}')) return true;
    do {
        uint32_t field = next;
        string_view key = {0};
        if (next >= count || !json_take_key(c, fields[next].name)) {
            string_view raw;
            bool escaped;
            if (!json_read_string(c, &raw, &escaped) || !json_text(r, raw, escaped, &key) ||
                !json_take(c, ':'))
                return false;
            field = json_find_column(fields, count, key);
        }
        if (field == UINT32_MAX || columns[field] == NULL) {
            if (!json_unknown_field(r, c, key, field != UINT32_MAX)) return false;
            if (field != UINT32_MAX) next = field + 1;
            continue;
        }
        next = field + 1;
        vector *v = columns[field];
        if (seen[field] && v->validity != NULL) validity_set_valid(v->validity, row);
        seen[field] = 1;
        if (!json_read_value(r, c, v, row, fields[field].name, 1)) return false;
    } while (json_take(c, ','));
    return json_take(c, '}');
}

bool json_read_object(json_reader *r, json_cursor *c, const source_column *fields,
                      vector *const *columns, uint32_t count, uint32_t row, uint8_t *seen) {
    memset(seen, 0, count);
    json_skip_space(c);
    bool good = c->at < c->end && json_is_null(c);
    if (!good) {
        good = json_take(c, '{') && json_read_members(r, c, fields, columns, count, row, seen);
        /* A row that breaks off holds nothing. */
        if (!good) memset(seen, 0, count);
    }
    return json_null_unseen(r, columns, count, row, seen) && good;
}

static bool json_read_struct(json_reader *r, json_cursor *c, vector *v, uint32_t row,
                             uint32_t depth) {
    uint32_t count = v->type.child_count, next = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!json_set_null(r, &v->children[i], row)) return false;
    }
    c->at++;
    if (json_take(c, '}')) return true;
    do {
        uint32_t field = next;
        if (next >= count || !json_take_key(c, v->type.children[next].name)) {
            string_view raw, key;
            bool escaped;
            if (!json_read_string(c, &raw, &escaped) || !json_text(r, raw, escaped, &key) ||
                !json_take(c, ':'))
                return false;
            for (field = 0; field < count && !sv_equal(v->type.children[field].name, key);) field++;
        }
        next = field + 1;
        if (field == count) {
            if (!json_skip_value(c, depth + 1)) return false;
            continue;
        }
        vector *child = &v->children[field];
        validity_set_valid(child->validity, row);
        if (!json_read_value(r, c, child, row, v->type.children[field].name, depth + 1))
            return false;
    } while (json_take(c, ','));
    return json_take(c, '}');
}

bool json_read_value(json_reader *r, json_cursor *c, vector *v, uint32_t row, string_view name,
                     uint32_t depth) {
    if (depth > JSON_DEPTH_MAX) return false;
    json_skip_space(c);
    if (c->at >= c->end) return false;
    if (v->type.id == TYPE_VARIANT) return json_read_variant(r, c, v, row, name, depth);
    if (*c->at == 'n' && json_is_null(c)) return json_set_null(r, v, row);
    if (!type_is_nested(v->type)) return json_read_scalar(r, c, v, row, name);
    char wanted = v->type.id == TYPE_ARRAY ? '[' : '{';
    if (*c->at != wanted) {
        const char *start = c->at;
        if (!json_skip_value(c, depth)) return false;
        return json_misfit(r, v, row, name, (string_view){start, (size_t)(c->at - start)});
    }
    if (wanted == '[') return json_read_array(r, c, v, row, name, depth);
    return v->type.id == TYPE_MAP ? json_read_map(r, c, v, row, name, depth)
                                  : json_read_struct(r, c, v, row, depth);
}
