/* json_path.c - parts of JSON texts: get_json_object, json_tuple, json_array_length,
 * json_object_keys.
 *
 * get_json_object follows Hive's rules, as Spark does: a path of $, .name, ['name'], [n] and [*];
 * matches of one [*] are an array unless there is a single one; parts are written compactly, a
 * string alone without its quotes. A text that is not JSON gives NULL.
 */
#include "functions/families.h"
#include "functions/nested.h"
#include "functions/signature.h"
#include "functions/text_out.h"
#include "kernel/json_scan.h"
#include "kernel/number_text.h"
#include "vector/value_text.h"

/* Hive's leniency. */
enum { JSON_PATH_FLAGS = JSON_SINGLE_QUOTES | JSON_CONTROL_CHARACTERS };

typedef struct json_step {
    enum { JSON_STEP_KEY, JSON_STEP_INDEX, JSON_STEP_ALL, JSON_STEP_NOTHING } kind;
    string_view key;
    int64_t index;
} json_step;

typedef struct json_steps {
    json_step *items;
    uint32_t count;
} json_steps;

/* ---- paths ---- */

/* "['name']", "[*]", "[12]"; the cursor is behind the bracket. */
static bool json_path_bracket(string_view text, size_t *at, json_step *out) {
    const char *data = text.data;
    if (*at < text.size && data[*at] == '\'') {
        size_t start = ++*at;
        while (*at < text.size && data[*at] != '\'') (*at)++;
        out->key = (string_view){data + start, *at - start};
        out->kind = sv_equal(out->key, SV("*")) ? JSON_STEP_NOTHING : JSON_STEP_KEY;
        if (out->key.size == 0 || text.size - *at < 2 || data[*at + 1] != ']') return false;
        *at += 2;
        return true;
    }
    if (*at < text.size && data[*at] == '*') {
        out->kind = JSON_STEP_ALL;
        (*at)++;
    } else {
        size_t start = *at;
        out->kind = JSON_STEP_INDEX;
        while (*at < text.size && ascii_is_digit(data[*at]) && out->index < INT32_MAX)
            out->index = out->index * 10 + (data[(*at)++] - '0');
        if (*at == start) return false;
    }
    return *at < text.size && data[(*at)++] == ']';
}

/* DBX_ERROR: not a path. */
static dbx_status json_path_parse(arena *a, string_view text, json_steps *out) {
    ARENA_LIST(json_step) steps = {0};
    if (text.size == 0 || text.data[0] != '$') return DBX_ERROR;
    for (size_t at = 1; at < text.size;) {
        json_step step = {.kind = JSON_STEP_KEY};
        char c = text.data[at++];
        if (c == '[') {
            if (!json_path_bracket(text, &at, &step)) return DBX_ERROR;
        } else {
            size_t start = at;
            while (at < text.size && text.data[at] != '.' && text.data[at] != '[') at++;
            step.key = (string_view){text.data + start, at - start};
            if (c != '.' || step.key.size == 0) return DBX_ERROR;
            if (sv_equal(step.key, SV("*"))) step.kind = JSON_STEP_NOTHING;
        }
        TRY(ARENA_LIST_PUSH(a, &steps, step));
    }
    *out = (json_steps){steps.items, steps.count};
    return DBX_OK;
}

/* ---- writing parts ---- */

typedef struct json_part {
    json_scanner scan;
    buffer *out;
    buffer *scratch; /* of strings with escapes */
    bool comma;      /* a value stands before, at this level */
} json_part;

typedef enum json_style { JSON_RAW, JSON_QUOTED, JSON_FLATTEN } json_style;

static dbx_status json_part_begin(json_part *p) {
    if (p->comma) TRY(buffer_append_char(p->out, ','));
    p->comma = true;
    return DBX_OK;
}

static dbx_status json_part_text(json_part *p, string_view *out) {
    *out = p->scan.text;
    if (!p->scan.escaped) return DBX_OK;
    buffer_clear(p->scratch);
    TRY(buffer_reserve(p->scratch, p->scan.text.size));
    p->scratch->size = json_scan_unescape(p->scan.text, p->scratch->data);
    *out = buffer_view(p->scratch);
    return DBX_OK;
}

/* Reals as doubles are written. */
static dbx_status json_part_real(json_part *p) {
    char text[NUMBER_TEXT_MAX];
    double x;
    if (number_parse_double(p->scan.text.data, p->scan.text.size, &x) != NUMBER_OK)
        return buffer_append_sv(p->out, p->scan.text);
    return buffer_append(p->out, text, number_print_double(x, text));
}

/* Copies the current value compactly. DBX_ERROR: malformed. */
static dbx_status json_part_copy(json_part *p) {
    uint32_t level = p->scan.depth;
    string_view text;
    if (p->scan.token == JSON_OBJECT || p->scan.token == JSON_ARRAY) level--;
    for (;;) {
        switch (p->scan.token) {
        case JSON_OBJECT:
        case JSON_ARRAY:
            TRY(json_part_begin(p));
            TRY(buffer_append_char(p->out, p->scan.token == JSON_OBJECT ? '{' : '['));
            p->comma = false;
            break;
        case JSON_OBJECT_END:
        case JSON_ARRAY_END:
            TRY(buffer_append_char(p->out, p->scan.token == JSON_OBJECT_END ? '}' : ']'));
            p->comma = true;
            break;
        case JSON_KEY:
            TRY(json_part_begin(p));
            TRY(json_part_text(p, &text));
            TRY(value_append_json_string(p->out, text));
            TRY(buffer_append_char(p->out, ':'));
            p->comma = false;
            break;
        case JSON_STRING:
            TRY(json_part_begin(p));
            TRY(json_part_text(p, &text));
            TRY(value_append_json_string(p->out, text));
            break;
        case JSON_REAL:
            TRY(json_part_begin(p));
            TRY(json_part_real(p));
            break;
        case JSON_INTEGER:
            TRY(json_part_begin(p));
            TRY(buffer_append_sv(p->out, p->scan.text));
            break;
        case JSON_TRUE:
        case JSON_FALSE:
        case JSON_NULL:
            TRY(json_part_begin(p));
            TRY(buffer_append_sv(p->out, p->scan.token == JSON_TRUE    ? SV("true")
                                         : p->scan.token == JSON_FALSE ? SV("false")
                                                                       : SV("null")));
            break;
        default:
            return DBX_ERROR;
        }
        if (p->scan.depth == level) return DBX_OK;
        (void)json_scan_next(&p->scan);
    }
}

/* ---- following a path ---- */

static dbx_status json_path_walk(json_part *p, json_style style, const json_step *steps,
                                 uint32_t count, bool *found);

static dbx_status json_path_pass(json_part *p) {
    return json_scan_skip(&p->scan) ? DBX_OK : DBX_ERROR;
}

/* Calls the walk for every element of the current array; *matches counts those that wrote. */
static dbx_status json_path_elements(json_part *p, json_style style, const json_step *steps,
                                     uint32_t count, uint32_t *matches) {
    uint32_t level = p->scan.depth;
    *matches = 0;
    for (;;) {
        bool found;
        (void)json_scan_next(&p->scan);
        if (p->scan.token == JSON_MALFORMED) return DBX_ERROR;
        if (p->scan.token == JSON_ARRAY_END && p->scan.depth < level) return DBX_OK;
        TRY(json_path_walk(p, style, steps, count, &found));
        *matches += found;
    }
}

/* The same between brackets. */
static dbx_status json_path_array(json_part *p, json_style style, const json_step *steps,
                                  uint32_t count, bool *found) {
    uint32_t matches;
    TRY(json_part_begin(p));
    TRY(buffer_append_char(p->out, '['));
    p->comma = false;
    TRY(json_path_elements(p, style, steps, count, &matches));
    p->comma = true;
    *found = matches > 0;
    return buffer_append_char(p->out, ']');
}

/* One [*] outside another: no brackets around a single match. */
static dbx_status json_path_matches(json_part *p, json_style style, const json_step *steps,
                                    uint32_t count, bool *found) {
    uint32_t matches;
    bool comma = p->comma;
    TRY(json_part_begin(p));
    size_t start = p->out->size;
    TRY(buffer_append_char(p->out, '['));
    p->comma = false;
    TRY(json_path_elements(p, style == JSON_RAW ? JSON_QUOTED : style, steps, count, &matches));
    *found = matches > 0;
    p->comma = true;
    if (matches > 1) return buffer_append_char(p->out, ']');
    if (matches == 1) {
        memmove(p->out->data + start, p->out->data + start + 1, p->out->size - start - 1);
        p->out->size--;
        return DBX_OK;
    }
    p->out->size = start - comma;
    p->comma = comma;
    return DBX_OK;
}

static dbx_status json_path_element(json_part *p, json_style style, const json_step *steps,
                                    uint32_t count, bool *found) {
    uint32_t level = p->scan.depth;
    if (count > 1 && steps[1].kind == JSON_STEP_ALL) style = JSON_QUOTED;
    for (int64_t i = 0;; i++) {
        (void)json_scan_next(&p->scan);
        if (p->scan.token == JSON_MALFORMED) return DBX_ERROR;
        if (p->scan.token == JSON_ARRAY_END && p->scan.depth < level) return DBX_OK;
        if (i == steps[0].index)
            TRY(json_path_walk(p, style, steps + 1, count - 1, found));
        else
            TRY(json_path_pass(p));
    }
}

static dbx_status json_path_object(json_part *p, json_style style, const json_step *steps,
                                   uint32_t count, bool *found) {
    while (json_scan_next(&p->scan) == JSON_KEY) {
        string_view name;
        TRY(json_part_text(p, &name));
        bool here = !*found && sv_equal(name, steps[0].key);
        (void)json_scan_next(&p->scan);
        if (p->scan.token == JSON_MALFORMED) return DBX_ERROR;
        if (here && p->scan.token != JSON_NULL)
            TRY(json_path_walk(p, style, steps + 1, count - 1, found));
        else
            TRY(json_path_pass(p));
    }
    return p->scan.token == JSON_OBJECT_END ? DBX_OK : DBX_ERROR;
}

static dbx_status json_path_walk(json_part *p, json_style style, const json_step *steps,
                                 uint32_t count, bool *found) {
    json_token token = p->scan.token;
    *found = false;
    if (token == JSON_MALFORMED) return DBX_ERROR;
    if (count == 0) {
        uint32_t matches;
        *found = true;
        if (token == JSON_STRING && style == JSON_RAW) {
            string_view text;
            TRY(json_part_text(p, &text));
            return buffer_append_sv(p->out, text);
        }
        if (token != JSON_ARRAY || style != JSON_FLATTEN) return json_part_copy(p);
        TRY(json_path_elements(p, style, steps, 0, &matches));
        *found = matches > 0;
        return DBX_OK;
    }
    if (token == JSON_OBJECT && steps[0].kind == JSON_STEP_KEY)
        return json_path_object(p, style, steps, count, found);
    if (token != JSON_ARRAY) return json_path_pass(p);
    if (steps[0].kind == JSON_STEP_INDEX) return json_path_element(p, style, steps, count, found);
    if (steps[0].kind != JSON_STEP_ALL) return json_path_pass(p);
    if (count > 1 && steps[1].kind == JSON_STEP_ALL)
        return json_path_array(p, JSON_FLATTEN, steps + 2, count - 2, found);
    if (style != JSON_QUOTED) return json_path_matches(p, style, steps + 1, count - 1, found);
    return json_path_array(p, JSON_QUOTED, steps + 1, count - 1, found);
}

typedef struct json_path_state {
    bool constant, valid;
    json_steps steps;
} json_path_state;

static dbx_status json_path_get_row(fn_call *call, json_part *p, string_view json,
                                    const json_steps *steps, vector *out, uint32_t row) {
    bool found = false;
    buffer_clear(p->out);
    p->comma = false;
    json_scan_begin(&p->scan, json, JSON_PATH_FLAGS);
    dbx_status status = DBX_ERROR;
    if (json_scan_next(&p->scan) != JSON_END)
        status = json_path_walk(p, JSON_RAW, steps->items, steps->count, &found);
    if (status == DBX_NOMEM) return error_nomem(call->err);
    if (status != DBX_OK || !found) return fn_set_null(call, out, row);
    return text_copy(call, out, row, p->out->data, p->out->size);
}

static dbx_status json_path_get(fn_call *call, const vector *args, vector *out) {
    const json_path_state *s = call->state;
    vector_view texts = vector_view_of(&args[0]), paths = vector_view_of(&args[1]);
    buffer text, scratch;
    json_steps steps = s->steps;
    bool valid = s->valid;
    dbx_status status = DBX_OK;
    buffer_init(&text, call->arena->ledger);
    buffer_init(&scratch, call->arena->ledger);
    json_part part = {.out = &text, .scratch = &scratch};
    FN_FOR_EACH_ROW(call, r) {
        if (!s->constant) {
            status = json_path_parse(call->arena, vstring_view(text_arg(&paths, r)), &steps);
            valid = status == DBX_OK;
            if (status == DBX_NOMEM) status = error_nomem(call->err);
            if (status != DBX_OK && status != DBX_ERROR) break;
        }
        status = valid ? json_path_get_row(call, &part, vstring_view(text_arg(&texts, r)), &steps,
                                           out, r)
                       : fn_set_null(call, out, r);
        if (status != DBX_OK) break;
    }
    buffer_deinit(&text);
    buffer_deinit(&scratch);
    return status;
}

static dbx_status json_path_bind_get(fn_bind *b) {
    string_view path;
    json_path_state *s = ARENA_NEW(b->arena, json_path_state);
    if (s == NULL) return error_nomem(b->err);
    b->state = s;
    s->constant = fn_bind_constant_string(b, 1, &path);
    if (!s->constant) return DBX_OK;
    path = arena_copy_string(b->arena, path);
    dbx_status status = path.data == NULL ? DBX_NOMEM : json_path_parse(b->arena, path, &s->steps);
    s->valid = status == DBX_OK;
    return status == DBX_NOMEM ? error_nomem(b->err) : DBX_OK;
}

/* ---- json_tuple ---- */

static dbx_status json_path_tuple_count(fn_call *call, const vector *args, uint32_t *counts) {
    (void)args;
    for (uint32_t i = 0; i < call->rows; i++) counts[i] = 1;
    return DBX_OK;
}

static dbx_status json_path_tuple_field(fn_call *call, json_part *p, vector *out, uint32_t at) {
    string_view text;
    if (p->scan.token == JSON_NULL) return nested_put_null(call, out, at);
    buffer_clear(p->out);
    p->comma = false;
    if (p->scan.token == JSON_STRING) {
        TRY(json_part_text(p, &text));
        TRY(buffer_append_sv(p->out, text));
    } else {
        TRY(json_part_copy(p));
    }
    if (out->validity != NULL) validity_set_valid(out->validity, at);
    return text_copy(call, out, at, p->out->data, p->out->size);
}

/* DBX_ERROR without an error raised: not an object, or not JSON. */
static dbx_status json_path_tuple_row(fn_call *call, const vector *args, uint32_t count,
                                      json_part *p, uint32_t row, vector *outs, uint32_t at) {
    if (json_scan_next(&p->scan) != JSON_OBJECT) return DBX_ERROR;
    while (json_scan_next(&p->scan) == JSON_KEY) {
        string_view name;
        uint32_t first = UINT32_MAX;
        TRY(json_part_text(p, &name));
        for (uint32_t f = 0; f < count; f++) {
            vector_view view = vector_view_of(&args[1 + f]);
            if (!view_valid(&view, row) || !sv_equal(vstring_view(text_arg(&view, row)), name))
                continue;
            if (first == UINT32_MAX) {
                (void)json_scan_next(&p->scan);
                if (p->scan.token == JSON_MALFORMED) return DBX_ERROR;
                TRY(json_path_tuple_field(call, p, &outs[f], at));
                first = f;
            } else if (vector_is_null(&outs[first], at)) {
                TRY(nested_put_null(call, &outs[f], at));
            } else {
                if (outs[f].validity != NULL) validity_set_valid(outs[f].validity, at);
                text_set(&outs[f], at, VECTOR_DATA(&outs[first], vstring)[at]);
            }
        }
        if (first != UINT32_MAX) continue;
        (void)json_scan_next(&p->scan);
        TRY(json_path_pass(p));
    }
    return p->scan.token == JSON_OBJECT_END ? DBX_OK : DBX_ERROR;
}

static dbx_status json_path_tuple_emit(fn_call *call, const vector *args, uint32_t row,
                                       uint32_t first, uint32_t n, vector *outs, uint32_t at) {
    uint32_t count = *(const uint32_t *)call->state - 1;
    vector_view texts = vector_view_of(&args[0]);
    buffer text, scratch;
    (void)first;
    if (n == 0) return DBX_OK;
    for (uint32_t f = 0; f < count; f++) TRY(nested_put_null(call, &outs[f], at));
    if (!view_valid(&texts, row)) return DBX_OK;
    buffer_init(&text, call->arena->ledger);
    buffer_init(&scratch, call->arena->ledger);
    json_part part = {.out = &text, .scratch = &scratch};
    json_scan_begin(&part.scan, vstring_view(text_arg(&texts, row)), JSON_PATH_FLAGS);
    dbx_status status = json_path_tuple_row(call, args, count, &part, row, outs, at);
    buffer_deinit(&text);
    buffer_deinit(&scratch);
    if (status == DBX_NOMEM) return error_nomem(call->err);
    for (uint32_t f = 0; f < count && status == DBX_ERROR; f++)
        TRY(nested_put_null(call, &outs[f], at));
    return DBX_OK;
}

static const generator_kernel json_path_tuple_kernel = {json_path_tuple_count,
                                                        json_path_tuple_emit};

static dbx_status json_path_bind_tuple(fn_bind *b) {
    type_field *fields = ARENA_ARRAY(b->arena, type_field, b->arg_count);
    const char *sql = arena_printf(b->arena, "\"%s\"", fn_bind_sql(b));
    if (fields == NULL || sql == NULL) return error_nomem(b->err);
    for (uint32_t i = 0; i < b->arg_count; i++) {
        if (b->arg_types[i].id != TYPE_STRING)
            return error_raise(b->err, ERR_DATATYPE_MISMATCH__NON_STRING_TYPE, b->position,
                               "sqlExpr", sql, "funcName", "`json_tuple`", NULL);
        if (i == 0) continue;
        const char *name = arena_printf(b->arena, "c%u", i - 1);
        if (name == NULL) return error_nomem(b->err);
        fields[i - 1] =
            (type_field){.name = sv_from(name), .type = type_simple(TYPE_STRING), .nullable = true};
    }
    b->generator_fields = fields;
    b->generator_field_count = b->arg_count - 1;
    return nested_bind_count(b);
}

/* ---- lengths and keys ---- */

static dbx_status json_path_length(fn_call *call, const vector *args, vector *out) {
    vector_view texts = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        json_scanner s;
        int32_t count = 0;
        json_scan_begin(&s, vstring_view(text_arg(&texts, r)), JSON_PATH_FLAGS);
        bool good = json_scan_next(&s) == JSON_ARRAY;
        while (good && json_scan_next(&s) != JSON_ARRAY_END) {
            count++;
            good = json_scan_skip(&s);
        }
        VECTOR_DATA(out, int32_t)[r] = count;
        if (!good) TRY(fn_set_null(call, out, r));
    }
    return DBX_OK;
}

static dbx_status json_path_keys_row(fn_call *call, string_view json, vector *out, uint32_t row) {
    json_scanner s;
    uint32_t first = out->child_count, count = 0;
    json_scan_begin(&s, json, JSON_PATH_FLAGS);
    bool good = json_scan_next(&s) == JSON_OBJECT;
    while (good && json_scan_next(&s) == JSON_KEY) {
        uint32_t at;
        TRY(nested_begin(call, out, row, 1, &at));
        count++;
        char *text = text_room(call, s.text.size);
        if (text == NULL) return error_nomem(call->err);
        text_borrow(&out->children[0], at, text, json_scan_unescape(s.text, text));
        (void)json_scan_next(&s);
        good = json_scan_skip(&s);
    }
    if (!good || s.token != JSON_OBJECT_END) {
        out->child_count = first;
        return fn_set_null(call, out, row);
    }
    VECTOR_DATA(out, list_entry)[row] = (list_entry){first, count};
    return DBX_OK;
}

static dbx_status json_path_keys(fn_call *call, const vector *args, vector *out) {
    vector_view texts = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r)
    TRY(json_path_keys_row(call, vstring_view(text_arg(&texts, r)), out, r));
    return DBX_OK;
}

const function_row json_path_functions[] = {
    {.name = "get_json_object",
     .signature = "(json_txt string, path string) -> string",
     .flags = FN_ALWAYS_NULLABLE | FN_NEVER_FAILS,
     .kernel = json_path_get,
     .bind = json_path_bind_get,
     .category = "json",
     .doc = "The part of a JSON text at a path such as $.a[0]['b'] or $[*].a.",
     .examples = "get_json_object('{\"a\":\"b\"}', '$.a') => b; "
                 "get_json_object('[{\"a\":\"b\"},{\"a\":\"c\"}]', '$[*].a') => [\"b\",\"c\"]; "
                 "get_json_object('[{\"a\":\"b\"}]', '$[*].a') => \"b\"; "
                 "get_json_object('{\"a\": [1, {\"b\": 2.50}]}', '$.a[1]') => {\"b\":2.5}; "
                 "get_json_object('{\"a\":null}', '$.a') => NULL"},
    {.name = "json_tuple",
     .signature = "(jsonStr any, p any...) -> bind",
     .kind = FUNCTION_GENERATOR,
     .flags = NULLS_AWARE,
     .generator = &json_path_tuple_kernel,
     .bind = json_path_bind_tuple,
     .category = "generator",
     .doc = "The values of top-level fields of a JSON text, as columns."},
    {.name = "json_array_length",
     .signature = "(jsonArray string) -> int",
     .flags = FN_ALWAYS_NULLABLE | FN_NEVER_FAILS,
     .kernel = json_path_length,
     .category = "json",
     .doc = "The number of elements of the outermost array.",
     .examples = "json_array_length('[1,2,3,{\"f1\":1,\"f2\":[5,6]},4]') => 5; "
                 "json_array_length('[1,2') => NULL; json_array_length('{}') => NULL"},
    {.name = "json_object_keys",
     .signature = "(json_object string) -> array<string>",
     .flags = FN_ALWAYS_NULLABLE | FN_NEVER_FAILS,
     .kernel = json_path_keys,
     .category = "json",
     .doc = "The keys of the outermost object.",
     .examples = "json_object_keys('{\"a\": 1, \"b\": {\"c\": 2}}') => [\"a\",\"b\"]; "
                 "json_object_keys('{}') => []; json_object_keys('[]') => NULL"},
};
const uint32_t json_path_functions_count = ARRAY_COUNT(json_path_functions);
