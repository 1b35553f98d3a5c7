/* json_infer.c - the type that fits all JSON values seen. See json.h. */
#include "formats/json.h"

static json_shape *json_shape_field(json_shape *s, string_view name, arena *a, uint32_t hint) {
    if (hint < s->field_count && sv_equal(s->names[hint], name)) return s->fields[hint];
    for (uint32_t i = 0; i < s->field_count; i++) {
        if (sv_equal(s->names[i], name)) return s->fields[i];
    }
    if (s->field_count == JSON_FIELDS_MAX) return NULL;
    if (s->field_count == s->field_capacity) {
        uint32_t capacity = s->field_capacity;
        void *names = s->names;
        void *fields = s->fields;
        if (arena_grow(a, &names, sizeof(*s->names), s->field_count, &capacity) != DBX_OK)
            return NULL;
        capacity = s->field_capacity;
        if (arena_grow(a, &fields, sizeof(*s->fields), s->field_count, &capacity) != DBX_OK)
            return NULL;
        s->names = names;
        s->fields = fields;
        s->field_capacity = capacity;
    }
    json_shape *field = ARENA_NEW(a, json_shape);
    string_view copy = arena_copy_string(a, name);
    if (field == NULL || copy.data == NULL) return NULL;
    s->names[s->field_count] = copy;
    s->fields[s->field_count++] = field;
    return field;
}

static bool json_take_char(json_cursor *c, char wanted) {
    json_skip_space(c);
    if (c->at >= c->end || *c->at != wanted) return false;
    c->at++;
    return true;
}

static bool json_infer_object(json_cursor *c, json_shape *s, arena *a, uint32_t depth,
                              bool *nomem) {
    s->seen_object = true;
    c->at++;
    if (json_take_char(c, '}')) return true;
    uint32_t hint = 0;
    do {
        string_view raw;
        bool escaped;
        if (!json_read_string(c, &raw, &escaped)) return false;
        string_view key = raw;
        if (escaped) {
            char *copy = arena_alloc_bytes(a, raw.size + 1);
            if (copy == NULL) return *nomem = true, false;
            key = (string_view){copy, json_unescape(raw, copy)};
        }
        json_shape *field = json_shape_field(s, key, a, hint++);
        if (field == NULL) return *nomem = true, false;
        if (!json_take_char(c, ':') || !json_infer(c, field, a, depth + 1, nomem)) return false;
    } while (json_take_char(c, ','));
    return json_take_char(c, '}');
}

static bool json_infer_array(json_cursor *c, json_shape *s, arena *a, uint32_t depth, bool *nomem) {
    s->seen_array = true;
    if (s->element == NULL) s->element = ARENA_NEW(a, json_shape);
    if (s->element == NULL) return *nomem = true, false;
    c->at++;
    if (json_take_char(c, ']')) return true;
    do {
        if (!json_infer(c, s->element, a, depth + 1, nomem)) return false;
    } while (json_take_char(c, ','));
    return json_take_char(c, ']');
}

bool json_infer(json_cursor *c, json_shape *s, arena *a, uint32_t depth, bool *nomem) {
    json_skip_space(c);
    if (c->at >= c->end || depth > JSON_DEPTH_MAX) return false;
    string_view text;
    bool escaped;
    if (depth >= TYPE_DEPTH_MAX - 2) { /* deeper than types go: kept as text */
        s->seen_string = true;
        return json_skip_value(c, depth);
    }
    switch (*c->at) {
    case '{':
        return json_infer_object(c, s, a, depth, nomem);
    case '[':
        return json_infer_array(c, s, a, depth, nomem);
    case '"':
        s->seen_string = true;
        return json_read_string(c, &text, &escaped);
    default:
        break;
    }
    if (!json_read_word(c, &text)) return false;
    int64_t integer;
    double number;
    if (sv_equal(text, SV("null"))) return true;
    if (sv_equal(text, SV("true")) || sv_equal(text, SV("false")))
        s->seen_boolean = true;
    else if (text_parse_int64(text, &integer))
        s->seen_integer = true;
    else if (text_parse_double(text, &number))
        s->seen_double = true;
    else
        return false;
    return true;
}

dbx_status json_shape_type(const json_shape *s, arena *a, uint32_t depth, type *out) {
    bool number = s->seen_integer || s->seen_double;
    int kinds = s->seen_boolean + number + s->seen_string + s->seen_object + s->seen_array;
    *out = type_simple(TYPE_STRING);
    if (kinds != 1 || s->seen_string) return DBX_OK;
    if (s->seen_boolean)
        *out = type_simple(TYPE_BOOLEAN);
    else if (number)
        *out = type_simple(s->seen_double ? TYPE_DOUBLE : TYPE_BIGINT);
    if (s->seen_array) {
        type element;
        TRY(json_shape_type(s->element, a, depth + 1, &element));
        return type_array(a, element, true, out);
    }
    if (!s->seen_object || s->field_count == 0) return DBX_OK;
    type_field *fields = ARENA_ARRAY(a, type_field, s->field_count);
    if (fields == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < s->field_count; i++) {
        fields[i] = (type_field){.name = s->names[i], .nullable = true};
        TRY(json_shape_type(s->fields[i], a, depth + 1, &fields[i].type));
    }
    return type_struct(a, fields, s->field_count, out);
}
