/* map.c - functions of maps: their parts, putting them together, looking for keys, maps from text.
 */
#include "functions/cast.h"
#include "functions/families.h"
#include "functions/nested.h"
#include "functions/regex.h"
#include "functions/signature.h"
#include "vector/collation.h"

/* ---- parts ---- */

static dbx_status map_part(fn_call *call, const vector *args, vector *out, uint32_t part) {
    nested_list list;
    TRY(nested_open(call, &args[0], &list));
    FN_FOR_EACH_ROW(call, r) {
        list_entry e = nested_entry(&list, r);
        TRY(nested_take_range(call, out, r, &list.parts[part], e.offset, e.length));
    }
    return DBX_OK;
}
static dbx_status map_keys(fn_call *call, const vector *args, vector *out) {
    return map_part(call, args, out, 0);
}
static dbx_status map_values(fn_call *call, const vector *args, vector *out) {
    return map_part(call, args, out, 1);
}
static dbx_status map_entries(fn_call *call, const vector *args, vector *out) {
    nested_list list;
    TRY(nested_open(call, &args[0], &list));
    FN_FOR_EACH_ROW(call, r) {
        list_entry e = nested_entry(&list, r);
        uint32_t at;
        TRY(nested_begin(call, out, r, e.length, &at));
        vector *fields = out->children[0].children;
        for (uint32_t p = 0; p < 2 && e.length > 0; p++) {
            if (vector_copy(&fields[p], at, &list.parts[p], NULL, e.offset, e.length,
                            call->arena) != DBX_OK)
                return error_nomem(call->err);
        }
    }
    return DBX_OK;
}

static dbx_status map_bind_part(fn_bind *b) {
    type map = b->arg_types[0];
    if (map.id == TYPE_VOID) TRY(type_map(b->arena, map, map, true, &map));
    uint32_t part = strcmp(b->row->name, "map_keys") == 0 ? 0 : 1;
    b->arg_types[0] = map;
    return nested_array_type(b, map.children[part].type, part == 1 && map.children[1].nullable,
                             &b->result);
}
static dbx_status map_bind_entries(fn_bind *b) {
    type map = b->arg_types[0], entry;
    type_field fields[2] = {
        {.name = SV("key"), .type = map.children[0].type},
        {.name = SV("value"), .type = map.children[1].type, .nullable = map.children[1].nullable}};
    if (type_struct(b->arena, fields, 2, &entry) != DBX_OK) return error_nomem(b->err);
    return nested_array_type(b, entry, false, &b->result);
}

/* ---- making maps ---- */

static dbx_status map_from_arrays(fn_call *call, const vector *args, vector *out) {
    nested_list keys, values;
    TRY(nested_open(call, &args[0], &keys));
    TRY(nested_open(call, &args[1], &values));
    FN_FOR_EACH_ROW(call, r) {
        list_entry k = nested_entry(&keys, r), v = nested_entry(&values, r);
        uint32_t at;
        if (k.length != v.length)
            return error_raise(call->err, ERR_MAP_ARRAYS_DIFFER, call->position, "keys",
                               arena_printf(call->arena, "%u", k.length), "values",
                               arena_printf(call->arena, "%u", v.length), NULL);
        TRY(nested_begin(call, out, r, k.length, &at));
        vector *parts = out->children[0].children;
        if (k.length == 0) continue;
        if (vector_copy(&parts[0], at, keys.child, NULL, k.offset, k.length, call->arena) !=
                DBX_OK ||
            vector_copy(&parts[1], at, values.child, NULL, v.offset, v.length, call->arena) !=
                DBX_OK)
            return error_nomem(call->err);
        TRY(nested_check_keys(call, out, at, k.length));
    }
    return DBX_OK;
}

static dbx_status map_check_key(fn_bind *b, type key) {
    if (key.id != TYPE_MAP && key.id != TYPE_VARIANT) return DBX_OK;
    const char *text = type_sql(b->arena, key);
    return error_raise(b->err, ERR_DATATYPE_MISMATCH__INVALID_MAP_KEY_TYPE, b->position, "sqlExpr",
                       arena_printf(b->arena, "\"%s\"", fn_bind_sql(b)), "keyType",
                       arena_printf(b->arena, "\"%s\"", text == NULL ? "" : text), NULL);
}
static dbx_status map_bind_type(fn_bind *b, type key, type value, bool value_nullable) {
    TRY(map_check_key(b, key));
    if (type_map(b->arena, key, value, value_nullable, &b->result) != DBX_OK)
        return error_nomem(b->err);
    return DBX_OK;
}
static dbx_status map_bind_from_arrays(fn_bind *b) {
    const type_field *value = &b->arg_types[1].children[0];
    return map_bind_type(b, b->arg_types[0].children[0].type, value->type, value->nullable);
}

/* A NULL entry makes the map NULL. */
static dbx_status map_from_entries(fn_call *call, const vector *args, vector *out) {
    nested_list list;
    TRY(nested_open(call, &args[0], &list));
    const vector *fields = list.child;
    vector flat;
    if (fields->form != VECTOR_FLAT) {
        if (vector_flatten(&flat, fields, MAX(list.rows.base->child_count, 1u), call->arena) !=
            DBX_OK)
            return error_nomem(call->err);
        fields = &flat;
    }
    FN_FOR_EACH_ROW(call, r) {
        list_entry e = nested_entry(&list, r);
        uint32_t at, k = e.offset;
        while (k < e.offset + e.length && nested_element_valid(&list, k)) k++;
        if (k < e.offset + e.length) {
            TRY(fn_set_null(call, out, r));
            continue;
        }
        TRY(nested_begin(call, out, r, e.length, &at));
        vector *parts = out->children[0].children;
        for (uint32_t p = 0; p < 2 && e.length > 0; p++) {
            if (vector_copy(&parts[p], at, &fields->children[p], NULL, e.offset, e.length,
                            call->arena) != DBX_OK)
                return error_nomem(call->err);
        }
        TRY(nested_check_keys(call, out, at, e.length));
    }
    return DBX_OK;
}
static dbx_status map_bind_from_entries(fn_bind *b) {
    type t = b->arg_types[0];
    bool pairs = t.id == TYPE_ARRAY && t.children[0].type.id == TYPE_STRUCT &&
                 t.children[0].type.child_count == 2;
    if (!pairs) return fn_bind_unexpected_type(b, 0, "\"ARRAY\" of pair \"STRUCT\"");
    const type_field *fields = t.children[0].type.children;
    b->nullable = b->arg_nullable[0] || t.children[0].nullable;
    return map_bind_type(b, fields[0].type, fields[1].type, fields[1].nullable);
}

static dbx_status map_concat(fn_call *call, const vector *args, vector *out) {
    uint32_t count = *(const uint32_t *)call->state;
    nested_list *lists = ARENA_ARRAY(call->arena, nested_list, count + 1);
    if (lists == NULL) return error_nomem(call->err);
    for (uint32_t a = 0; a < count; a++) TRY(nested_open(call, &args[a], &lists[a]));
    FN_FOR_EACH_ROW(call, r) {
        uint64_t total = 0;
        uint32_t at;
        for (uint32_t a = 0; a < count; a++) total += nested_entry(&lists[a], r).length;
        TRY(nested_begin(call, out, r, total, &at));
        vector *parts = out->children[0].children;
        uint32_t to = at;
        for (uint32_t a = 0; a < count; a++) {
            list_entry e = nested_entry(&lists[a], r);
            for (uint32_t p = 0; p < 2 && e.length > 0; p++) {
                if (vector_copy(&parts[p], to, &lists[a].parts[p], NULL, e.offset, e.length,
                                call->arena) != DBX_OK)
                    return error_nomem(call->err);
            }
            to += e.length;
        }
        TRY(nested_check_keys(call, out, at, (uint32_t)total));
    }
    return DBX_OK;
}

/* Do the types differ in a place where one is text? Such do not become one by themselves. */
static bool map_mixes_text(type x, type y) {
    if (x.id == TYPE_VOID || y.id == TYPE_VOID) return false;
    if (x.id != y.id) return x.id == TYPE_STRING || y.id == TYPE_STRING;
    for (uint32_t i = 0; i < MIN(x.child_count, y.child_count); i++) {
        if (map_mixes_text(x.children[i].type, y.children[i].type)) return true;
    }
    return false;
}

static dbx_status map_bind_concat(fn_bind *b) {
    TRY(nested_bind_count(b));
    if (b->arg_count == 0) {
        type text = type_simple(TYPE_STRING);
        b->nullable = false;
        return map_bind_type(b, text, text, false);
    }
    bool nullable = false, maps = true;
    for (uint32_t i = 0; i < b->arg_count; i++) {
        type t = b->arg_types[i];
        maps = maps && (t.id == TYPE_MAP || t.id == TYPE_VOID);
        nullable = nullable || (t.id == TYPE_MAP && t.children[1].nullable);
    }
    for (uint32_t i = 1; maps && i < b->arg_count; i++) {
        if (map_mixes_text(b->arg_types[0], b->arg_types[i]))
            return fn_bind_data_different_types(b);
    }
    if (!maps)
        return error_raise(b->err, ERR_DATATYPE_MISMATCH__MAP_CONCAT_DIFF_TYPES, b->position,
                           "sqlExpr", arena_printf(b->arena, "\"%s\"", fn_bind_sql(b)),
                           "functionName", "`map_concat`", "dataType", "[]", NULL);
    type common;
    TRY(fn_bind_common_type(b, 0, b->arg_count, &common));
    if (common.id == TYPE_VOID) {
        b->result = common;
        return DBX_OK;
    }
    return map_bind_type(b, common.children[0].type, common.children[1].type, nullable);
}

/* ---- keys ---- */

static dbx_status map_contains_key(fn_call *call, const vector *args, vector *out) {
    nested_list list;
    TRY(nested_open(call, &args[0], &list));
    vector_view wanted = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        list_entry e = nested_entry(&list, r);
        uint32_t w = view_index(&wanted, r), k = 0;
        while (k < e.length &&
               !value_equal(&list.keys, view_index(&list.keys, e.offset + k), &wanted, w))
            k++;
        VECTOR_DATA(out, uint8_t)[r] = k < e.length;
    }
    return DBX_OK;
}
static dbx_status map_bind_contains_key(fn_bind *b) {
    type map = b->arg_types[0], key = b->arg_types[1], common;
    if (map.id != TYPE_MAP || key.id == TYPE_VOID || map_mixes_text(map.children[0].type, key) ||
        !type_common(b->arena, map.children[0].type, key, b->query->settings->ansi, &common)) {
        const char *left = type_sql(b->arena, map), *right = type_sql(b->arena, key);
        if (map.id == TYPE_MAP && key.id == TYPE_VOID)
            return error_raise(b->err, ERR_DATATYPE_MISMATCH__NULL_TYPE, b->position, "sqlExpr",
                               arena_printf(b->arena, "\"%s\"", fn_bind_sql(b)), "functionName",
                               "`map_contains_key`", NULL);
        return error_raise(b->err, ERR_DATATYPE_MISMATCH__MAP_FUNCTION_DIFF_TYPES, b->position,
                           "sqlExpr", arena_printf(b->arena, "\"%s\"", fn_bind_sql(b)),
                           "functionName", "`map_contains_key`", "dataType", "\"MAP\"", "leftType",
                           arena_printf(b->arena, "\"%s\"", left == NULL ? "" : left), "rightType",
                           arena_printf(b->arena, "\"%s\"", right == NULL ? "" : right), NULL);
    }
    b->arg_types[1] = common;
    if (type_map(b->arena, common, map.children[1].type, map.children[1].nullable,
                 &b->arg_types[0]) != DBX_OK)
        return error_nomem(b->err);
    return DBX_OK;
}

/* ---- maps from text ---- */

typedef struct map_text {
    fn_call *call;
    regex_cache pairs, parts;
} map_text;

/* First match of the pattern from `from` on that is not empty at the start. */
static dbx_status map_next_delimiter(map_text *m, regex_cache *cache, string_view pattern,
                                     string_view text, size_t from, bool *found, size_t *start,
                                     size_t *end) {
    const regex *x;
    size_t at = from;
    TRY(regex_get(m->call, cache, m->call->arena, pattern, "str_to_map", &x));
    do {
        TRY(regex_find(m->call, x, text, at, found));
        if (!*found) return DBX_OK;
        *start = x->groups[0];
        *end = x->groups[1];
        at = regex_next(text, *start, *end);
    } while (*end == *start && (*start == from || *start == text.size) && at <= text.size);
    *found = *end > *start || (*start > from && *start < text.size);
    return DBX_OK;
}

static dbx_status map_put_pair(map_text *m, vector *out, uint32_t at, string_view pair,
                               string_view delimiter) {
    vector *parts = out->children[0].children;
    bool found;
    size_t start = 0, end = 0;
    TRY(map_next_delimiter(m, &m->parts, delimiter, pair, 0, &found, &start, &end));
    text_borrow(&parts[0], at, pair.data, found ? start : pair.size);
    if (!found) return nested_put_null(m->call, &parts[1], at);
    text_borrow(&parts[1], at, pair.data + end, pair.size - end);
    if (parts[1].validity != NULL) validity_set_valid(parts[1].validity, at);
    return DBX_OK;
}

static dbx_status map_from_text(fn_call *call, const vector *args, vector *out) {
    vector_view texts = vector_view_of(&args[0]), pairs = vector_view_of(&args[1]),
                parts = vector_view_of(&args[2]);
    map_text m = {.call = call};
    ARENA_LIST(string_view) items = {0};
    if (call->arg_types[0].collation == COLLATION_INDETERMINATE)
        return error_raise(call->err, ERR_INDETERMINATE_COLLATION, call->position, NULL);
    FN_FOR_EACH_ROW(call, r) {
        string_view text = vstring_view(text_arg(&texts, r));
        size_t from = 0, start = 0, end = 0;
        bool found = true;
        uint32_t at;
        items.count = 0;
        while (found) {
            TRY(map_next_delimiter(&m, &m.pairs, vstring_view(text_arg(&pairs, r)), text, from,
                                   &found, &start, &end));
            string_view item = {text.data + from, (found ? start : text.size) - from};
            if (ARENA_LIST_PUSH(call->arena, &items, item) != DBX_OK) return error_nomem(call->err);
            from = end;
        }
        TRY(nested_begin(call, out, r, items.count, &at));
        for (uint32_t i = 0; i < items.count; i++)
            TRY(map_put_pair(&m, out, at + i, items.items[i], vstring_view(text_arg(&parts, r))));
        TRY(nested_check_keys(call, out, at, items.count));
    }
    return DBX_OK;
}

/* Without delimiters they are a comma and a colon. */
static dbx_status map_bind_text(fn_bind *b) {
    return map_bind_type(b, b->arg_types[0], b->arg_types[0], true);
}

#define MAP_ROW(text, sig, f, k, binder, about, sample)                                            \
    {                                                                                              \
        .name = text, .signature = sig, .flags = (f), .kernel = k, .bind = binder,                 \
        .category = "map", .doc = about, .examples = sample                                        \
    }

const function_row map_functions[] = {
    MAP_ROW("map_keys", "(map map<K, V>) -> bind", FN_NEVER_FAILS, map_keys, map_bind_part,
            "The keys of a map.", "map_keys(map(1, 'a', 2, 'b')) => [1,2]"),
    MAP_ROW("map_values", "(map map<K, V>) -> bind", FN_NEVER_FAILS, map_values, map_bind_part,
            "The values of a map.", "map_values(map(1, 'a', 2, 'b')) => [\"a\",\"b\"]"),
    MAP_ROW("map_entries", "(map map<K, V>) -> bind", FN_NEVER_FAILS, map_entries, map_bind_entries,
            "The entries of a map as structs of key and value.",
            "map_entries(map(1, 'a')) => [{\"key\":1,\"value\":\"a\"}]"),
    MAP_ROW("map_from_arrays", "(keys array<K>, values array<V>) -> bind", 0, map_from_arrays,
            map_bind_from_arrays, "A map of keys and as many values.",
            "map_from_arrays(array(1.0, 3.0), array('2', '4')) => {1.0:\"2\",3.0:\"4\"}"),
    MAP_ROW("map_from_entries", "(arrayOfEntries any) -> bind", 0, map_from_entries,
            map_bind_from_entries, "A map of an array of structs of key and value.",
            "map_from_entries(array(struct(1, 'a'), struct(2, 'b'))) => {1:\"a\",2:\"b\"}"),
    MAP_ROW("map_concat", "([map any...]) -> bind", 0, map_concat, map_bind_concat,
            "The entries of all maps.",
            "map_concat(map(1, 'a', 2, 'b'), map(3, 'c')) => {1:\"a\",2:\"b\",3:\"c\"}"),
    MAP_ROW("map_contains_key", "(map any, key any) -> boolean", FN_NEVER_FAILS, map_contains_key,
            map_bind_contains_key, "True if the map has the key.",
            "map_contains_key(map(1, 'a', 2, 'b'), 1) => true; "
            "map_contains_key(map(1, 'a', 2, 'b'), 3) => false"),
    MAP_ROW("str_to_map",
            "(text string, [pairDelim string = ','], [keyValueDelim string = ':']) -> bind",
            FN_COLLATES | FN_SEARCHES, map_from_text, map_bind_text,
            "A map of a text of pairs; delimiters are regular expressions.",
            "str_to_map('a:1,b:2', ',', ':') => {\"a\":\"1\",\"b\":\"2\"}; "
            "str_to_map('a') => {\"a\":null}"),
};
const uint32_t map_functions_count = ARRAY_COUNT(map_functions);
