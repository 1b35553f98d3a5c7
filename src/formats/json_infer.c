/* json_infer.c - the type that fits all JSON values seen. See json.h. */
#include "formats/json.h"

#include "kernel/json_scan.h"

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

static bool json_infer_object(json_inference *in, json_cursor *c, json_shape *s, uint32_t depth) {
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
            char *copy = arena_alloc_bytes(in->arena, raw.size + 1);
            if (copy == NULL) return in->nomem = true, false;
            key = (string_view){copy, json_scan_unescape(raw, copy)};
        }
        json_shape *field = json_shape_field(s, key, in->arena, hint++);
        if (field == NULL) return in->nomem = true, false;
        if (!json_take_char(c, ':') || !json_infer(in, c, field, depth + 1)) return false;
    } while (json_take_char(c, ','));
    return json_take_char(c, '}');
}

static bool json_infer_array(json_inference *in, json_cursor *c, json_shape *s, uint32_t depth) {
    s->seen_array = true;
    if (s->element == NULL) s->element = ARENA_NEW(in->arena, json_shape);
    if (s->element == NULL) return in->nomem = true, false;
    c->at++;
    if (json_take_char(c, ']')) return true;
    do {
        if (!json_infer(in, c, s->element, depth + 1)) return false;
    } while (json_take_char(c, ','));
    return json_take_char(c, ']');
}

static bool json_infer_string(json_inference *in, json_cursor *c, json_shape *s) {
    string_view text;
    bool escaped;
    if (!json_read_string(c, &text, &escaped)) return false;
    s->seen_string = true;
    if (in->timestamps && !s->not_timestamp && text.size > 0)
        s->not_timestamp = (text_value_kinds(text, in->values) & TEXT_IS_TIMESTAMP) == 0;
    return true;
}

bool json_infer(json_inference *in, json_cursor *c, json_shape *s, uint32_t depth) {
    json_skip_space(c);
    if (c->at >= c->end || depth > JSON_DEPTH_MAX) return false;
    string_view text;
    if (depth >= TYPE_DEPTH_MAX - 2) { /* deeper than types go: kept as text */
        s->seen_string = s->not_timestamp = true;
        return json_skip_value(c, depth);
    }
    switch (*c->at) {
    case '{':
        return json_infer_object(in, c, s, depth);
    case '[':
        return json_infer_array(in, c, s, depth);
    case '"':
    case '\'':
        return json_infer_string(in, c, s);
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

static bool json_shape_is_void(const json_shape *s) {
    return !s->seen_boolean && !s->seen_integer && !s->seen_double && !s->seen_string &&
           !s->seen_object && !s->seen_array;
}

dbx_status json_shape_type(const json_inference *in, const json_shape *s, uint32_t depth,
                           type *out) {
    bool number = s->seen_integer || s->seen_double;
    int kinds = s->seen_boolean + number + s->seen_string + s->seen_object + s->seen_array;
    *out = type_simple(TYPE_STRING);
    if (kinds == 1 && s->seen_string && in->timestamps && !s->not_timestamp)
        *out = type_simple(TYPE_TIMESTAMP);
    if (kinds != 1 || s->seen_string) return DBX_OK;
    if (s->seen_boolean && !in->only_strings)
        *out = type_simple(TYPE_BOOLEAN);
    else if (number && !in->only_strings)
        *out = type_simple(s->seen_double ? TYPE_DOUBLE : TYPE_BIGINT);
    if (s->seen_array) {
        type element;
        TRY(json_shape_type(in, s->element, depth + 1, &element));
        return type_array(in->arena, element, true, out);
    }
    if (!s->seen_object || s->field_count == 0) return DBX_OK;
    type_field *fields = ARENA_ARRAY(in->arena, type_field, s->field_count);
    if (fields == NULL) return DBX_NOMEM;
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->field_count; i++) {
        if (in->drop_all_null && json_shape_is_void(s->fields[i])) continue;
        fields[count] = (type_field){.name = s->names[i], .nullable = true};
        TRY(json_shape_type(in, s->fields[i], depth + 1, &fields[count++].type));
    }
    return count == 0 ? DBX_OK : type_struct(in->arena, fields, count, out);
}
