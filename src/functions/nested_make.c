/* nested_make.c - arrays, maps and structs from their parts, and parts out of them. */
#include "functions/cast.h"
#include "functions/families.h"
#include "functions/nested.h"
#include "functions/signature.h"
#include "functions/syntax.h"
#include "functions/text_out.h"

#include <stdio.h>

static const char *make_quoted(fn_bind *b, const char *text) {
    const char *quoted = arena_printf(b->arena, "\"%s\"", text);
    return quoted == NULL ? "" : quoted;
}

/* ---- making ---- */

static dbx_status make_array(fn_call *call, const vector *args, vector *out) {
    uint32_t count = *(const uint32_t *)call->state;
    vector_view *views = ARENA_ARRAY(call->arena, vector_view, count + 1);
    if (views == NULL) return error_nomem(call->err);
    for (uint32_t a = 0; a < count; a++) views[a] = vector_view_of(&args[a]);
    FN_FOR_EACH_ROW(call, r) {
        uint32_t at;
        TRY(nested_begin(call, out, r, count, &at));
        for (uint32_t a = 0; a < count; a++)
            TRY(nested_put(call, &out->children[0], at + a, &args[a], &views[a], r));
    }
    return DBX_OK;
}

static dbx_status make_bind_array(fn_bind *b) {
    type element = type_simple(TYPE_VOID);
    bool nullable = false;
    if (b->arg_count > 0) TRY(fn_bind_common_type(b, 0, b->arg_count, &element));
    for (uint32_t i = 0; i < b->arg_count; i++) nullable = nullable || b->arg_nullable[i];
    TRY(nested_array_type(b, element, nullable, &b->result));
    b->nullable = false;
    return nested_bind_count(b);
}

static dbx_status make_map(fn_call *call, const vector *args, vector *out) {
    uint32_t count = *(const uint32_t *)call->state;
    vector_view *views = ARENA_ARRAY(call->arena, vector_view, count + 1);
    if (views == NULL) return error_nomem(call->err);
    for (uint32_t a = 0; a < count; a++) views[a] = vector_view_of(&args[a]);
    FN_FOR_EACH_ROW(call, r) {
        uint32_t at;
        TRY(nested_begin(call, out, r, count / 2, &at));
        for (uint32_t a = 0; a < count; a++)
            TRY(nested_put(call, &out->children[0].children[a % 2], at + a / 2, &args[a], &views[a],
                           r));
        TRY(nested_check_keys(call, out, at, count / 2));
    }
    return DBX_OK;
}

/* Common type of arguments first, first + 2, …; false when there is none. */
static bool make_common(fn_bind *b, uint32_t first, type *out, bool *nullable) {
    *out = type_simple(TYPE_VOID);
    *nullable = false;
    for (uint32_t i = first; i < b->arg_count; i += 2) {
        *nullable = *nullable || b->arg_nullable[i];
        if (i == first)
            *out = b->arg_types[i];
        else if (!type_common(b->arena, *out, b->arg_types[i], b->query->settings->ansi, out))
            return false;
    }
    for (uint32_t i = first; i < b->arg_count; i += 2) b->arg_types[i] = *out;
    return true;
}

static bool make_holds_map(type t) {
    if (t.id == TYPE_MAP || t.id == TYPE_VARIANT) return true;
    for (uint32_t i = 0; i < t.child_count; i++) {
        if (make_holds_map(t.children[i].type)) return true;
    }
    return false;
}

static dbx_status make_check_key_type(fn_bind *b, type key) {
    if (!make_holds_map(key)) return DBX_OK;
    const char *text = type_sql(b->arena, key);
    return error_raise(b->err, ERR_DATATYPE_MISMATCH__INVALID_MAP_KEY_TYPE, b->position, "sqlExpr",
                       make_quoted(b, fn_bind_sql(b)), "keyType",
                       make_quoted(b, text == NULL ? "" : text), NULL);
}

static dbx_status make_bind_map(fn_bind *b) {
    type key, value;
    bool key_nullable, value_nullable;
    if (b->arg_count % 2 != 0)
        return error_raise(b->err, ERR_WRONG_NUM_ARGS__WITHOUT_SUGGESTION, b->position,
                           "functionName", "`map`", "expectedNum", "2n (n > 0)", "actualNum",
                           arena_printf(b->arena, "%u", b->arg_count), "docroot",
                           "https://spark.apache.org/docs/latest", NULL);
    for (uint32_t k = 0; k < 2; k++) {
        if (make_common(b, k, k == 0 ? &key : &value, k == 0 ? &key_nullable : &value_nullable))
            continue;
        return error_raise(b->err,
                           k == 0 ? ERR_DATATYPE_MISMATCH__CREATE_MAP_KEY_DIFF_TYPES
                                  : ERR_DATATYPE_MISMATCH__CREATE_MAP_VALUE_DIFF_TYPES,
                           b->position, "sqlExpr", make_quoted(b, fn_bind_sql(b)), "functionName",
                           "`map`", "dataType", "[]", NULL);
    }
    TRY(make_check_key_type(b, key));
    if (type_map(b->arena, key, value, value_nullable, &b->result) != DBX_OK)
        return error_nomem(b->err);
    b->nullable = false;
    return nested_bind_count(b);
}

/* out's children show the arguments: nothing is copied. state: the index of the first value, the
 * step, the count. */
typedef struct make_struct_state {
    uint32_t first, step;
} make_struct_state;

static dbx_status make_struct(fn_call *call, const vector *args, vector *out) {
    const make_struct_state *s = call->state;
    uint32_t count = out->type.child_count;
    bool whole = out->form == VECTOR_FLAT && out->own != NULL;
    for (uint32_t f = 0; f < count; f++) {
        const vector *arg = &args[s->first + f * s->step];
        vector *to = &out->children[f];
        if (whole) {
            vector_buffers *own = to->own;
            type t = to->type;
            *to = *arg;
            to->own = own;
            to->type = t;
            continue;
        }
        vector_view view = vector_view_of(arg);
        FN_FOR_EACH_ROW(call, r) TRY(nested_put(call, to, r, arg, &view, r));
    }
    return DBX_OK;
}

static dbx_status make_bind_fields(fn_bind *b, type_field *fields, uint32_t count, uint32_t first,
                                   uint32_t step) {
    make_struct_state *s = ARENA_NEW(b->arena, make_struct_state);
    if (s == NULL) return error_nomem(b->err);
    *s = (make_struct_state){first, step};
    for (uint32_t f = 0; f < count; f++) {
        fields[f].type = b->arg_types[first + f * step];
        fields[f].nullable = b->arg_nullable[first + f * step];
    }
    if (type_struct(b->arena, fields, count, &b->result) != DBX_OK) return error_nomem(b->err);
    b->state = s;
    b->nullable = false;
    return DBX_OK;
}

static dbx_status make_bind_struct(fn_bind *b) {
    type_field *fields = ARENA_ARRAY(b->arena, type_field, b->arg_count + 1);
    if (fields == NULL) return error_nomem(b->err);
    for (uint32_t f = 0; f < b->arg_count; f++) {
        const char *name = arena_printf(b->arena, "col%u", f + 1);
        if (name == NULL) return error_nomem(b->err);
        fields[f].name = sv_from(name);
    }
    return make_bind_fields(b, fields, b->arg_count, 0, 1);
}

static dbx_status make_bind_named_struct(fn_bind *b) {
    uint32_t count = b->arg_count / 2;
    if (b->arg_count % 2 != 0 || count == 0)
        return error_raise(b->err, ERR_WRONG_NUM_ARGS__WITHOUT_SUGGESTION, b->position,
                           "functionName", "`named_struct`", "expectedNum", "2n (n > 0)",
                           "actualNum", arena_printf(b->arena, "%u", b->arg_count), "docroot",
                           "https://spark.apache.org/docs/latest", NULL);
    type_field *fields = ARENA_ARRAY(b->arena, type_field, count);
    if (fields == NULL) return error_nomem(b->err);
    for (uint32_t f = 0; f < count; f++) {
        if (b->constants[2 * f] != NULL && vector_is_null(b->constants[2 * f], 0)) {
            const char *name = arena_printf(b->arena, "[\"%s\"]", fn_bind_arg_sql(b, 2 * f));
            return error_raise(b->err, ERR_DATATYPE_MISMATCH__UNEXPECTED_NULL, b->position,
                               "sqlExpr", make_quoted(b, fn_bind_sql(b)), "exprName",
                               name == NULL ? "" : name, NULL);
        }
        if (!fn_bind_constant_string(b, 2 * f, &fields[f].name)) {
            const char *list = arena_printf(b->arena, "[\"%s\"]", fn_bind_arg_sql(b, 2 * f));
            return error_raise(b->err,
                               ERR_DATATYPE_MISMATCH__CREATE_NAMED_STRUCT_WITHOUT_FOLDABLE_STRING,
                               b->position, "sqlExpr", make_quoted(b, fn_bind_sql(b)), "inputExprs",
                               list == NULL ? "" : list, NULL);
        }
    }
    return make_bind_fields(b, fields, count, 1, 2);
}

/* ---- fields ---- */

/* state: the field's index. The field of a struct without NULLs is shown, not copied. */
static dbx_status make_field(fn_call *call, const vector *args, vector *out) {
    uint32_t field = *(const uint32_t *)call->state;
    vector_view view = vector_view_of(&args[0]);
    const vector *child = &view.base->children[field];
    if (view.sel == NULL && view.mask != 0 && view.validity == NULL && out->form == VECTOR_FLAT &&
        child->form != VECTOR_SEQUENCE) {
        vector_buffers *own = out->own;
        type t = out->type;
        *out = *child;
        out->own = own;
        out->type = t;
        return DBX_OK;
    }
    vector_view values = vector_view_of(child);
    FN_FOR_EACH_ROW(call, r) TRY(nested_put(call, out, r, child, &values, view_index(&view, r)));
    return DBX_OK;
}

static dbx_status make_bind_field(fn_bind *b) {
    int64_t index;
    uint32_t *state = ARENA_NEW(b->arena, uint32_t);
    if (state == NULL) return error_nomem(b->err);
    if (!fn_bind_constant_int(b, 1, &index) || index < 0 || index >= b->arg_types[0].child_count)
        return fn_bind_unexpected_type(b, 1, "\"INT\"");
    *state = (uint32_t)index;
    b->state = state;
    b->result = b->arg_types[0].children[index].type;
    b->nullable = b->arg_nullable[0] || b->arg_types[0].children[index].nullable;
    return DBX_OK;
}

static dbx_status make_array_field(fn_call *call, const vector *args, vector *out) {
    uint32_t field = *(const uint32_t *)call->state;
    nested_list list;
    TRY(nested_open(call, &args[0], &list));
    const vector *child = &list.elements.base->children[field];
    vector_view values = vector_view_of(child);
    FN_FOR_EACH_ROW(call, r) {
        list_entry e = nested_entry(&list, r);
        uint32_t at;
        TRY(nested_begin(call, out, r, e.length, &at));
        for (uint32_t k = 0; k < e.length; k++) {
            if (!nested_element_valid(&list, e.offset + k))
                TRY(nested_put_null(call, &out->children[0], at + k));
            else
                TRY(nested_put(call, &out->children[0], at + k, child, &values,
                               view_index(&list.elements, e.offset + k)));
        }
    }
    return DBX_OK;
}

static dbx_status make_bind_array_field(fn_bind *b) {
    int64_t index;
    uint32_t *state = ARENA_NEW(b->arena, uint32_t);
    if (state == NULL) return error_nomem(b->err);
    if (b->arg_types[0].id != TYPE_ARRAY || b->arg_types[0].children[0].type.id != TYPE_STRUCT ||
        !fn_bind_constant_int(b, 1, &index) || index < 0 ||
        index >= b->arg_types[0].children[0].type.child_count)
        return fn_bind_unexpected_type(b, 0, "\"ARRAY\" of \"STRUCT\"");
    const type_field *element = &b->arg_types[0].children[0];
    *state = (uint32_t)index;
    b->state = state;
    return nested_array_type(b, element->type.children[index].type,
                             element->nullable || element->type.children[index].nullable,
                             &b->result);
}

/* ---- elements ---- */

typedef struct make_element_state {
    bool from_zero; /* a[i] and get() */
    bool fails;     /* a bad index is an error */
} make_element_state;

static dbx_status make_bad_index(fn_call *call, const make_element_state *s, int64_t index,
                                 uint32_t length) {
    char number[24], size[24];
    snprintf(number, sizeof(number), "%lld", (long long)index);
    snprintf(size, sizeof(size), "%u", length);
    return error_raise(
        call->err, s->from_zero ? ERR_INVALID_ARRAY_INDEX : ERR_INVALID_ARRAY_INDEX_IN_ELEMENT_AT,
        call->position, "indexValue", number, "arraySize", size, NULL);
}

static dbx_status make_array_element(fn_call *call, const vector *args, vector *out) {
    const make_element_state *s = call->state;
    nested_list list;
    TRY(nested_open(call, &args[0], &list));
    vector_view indexes = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        list_entry e = nested_entry(&list, r);
        int64_t index = int_arg(&indexes, r), at = index;
        if (!s->from_zero) {
            if (index == 0)
                return error_raise(call->err, ERR_INVALID_INDEX_OF_ZERO, call->position, NULL);
            at = index > 0 ? index - 1 : (int64_t)e.length + index;
        }
        if (at >= 0 && at < (int64_t)e.length) {
            TRY(nested_put(call, out, r, list.child, &list.elements, e.offset + (uint32_t)at));
        } else {
            if (s->fails) return make_bad_index(call, s, index, e.length);
            TRY(fn_set_null(call, out, r));
        }
    }
    return DBX_OK;
}

static dbx_status make_map_element(fn_call *call, const vector *args, vector *out) {
    nested_list list;
    TRY(nested_open(call, &args[0], &list));
    vector_view keys = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        list_entry e = nested_entry(&list, r);
        uint32_t at = e.offset, end = e.offset + e.length, key = view_index(&keys, r);
        while (at < end && !value_equal(&list.keys, view_index(&list.keys, at), &keys, key)) at++;
        if (at < end)
            TRY(nested_put(call, out, r, &list.parts[1], &list.values, at));
        else
            TRY(fn_set_null(call, out, r));
    }
    return DBX_OK;
}

static dbx_status make_diff_types(fn_bind *b, bool map) {
    const char *left = type_sql(b->arena, b->arg_types[0]),
               *right = type_sql(b->arena, b->arg_types[1]);
    const char *name = arena_printf(b->arena, "`%s`", b->row->name);
    return error_raise(b->err,
                       map ? ERR_DATATYPE_MISMATCH__MAP_FUNCTION_DIFF_TYPES
                           : ERR_DATATYPE_MISMATCH__ARRAY_FUNCTION_DIFF_TYPES,
                       b->position, "sqlExpr", make_quoted(b, fn_bind_sql(b)), "functionName",
                       name == NULL ? "" : name, "dataType", map ? "\"MAP\"" : "\"ARRAY\"",
                       "leftType", make_quoted(b, left == NULL ? "" : left), "rightType",
                       make_quoted(b, right == NULL ? "" : right), NULL);
}

static dbx_status make_bind_element_of(fn_bind *b, bool from_zero, bool fails) {
    make_element_state *s = ARENA_NEW(b->arena, make_element_state);
    if (s == NULL) return error_nomem(b->err);
    *s = (make_element_state){from_zero, fails && b->query->settings->ansi};
    b->state = s;
    type container = b->arg_types[0];
    if (container.id == TYPE_ARRAY) {
        bool small =
            b->arg_types[1].id == TYPE_VOID ||
            (type_is_integer(b->arg_types[1]) && (from_zero || b->arg_types[1].id != TYPE_BIGINT));
        if (!small &&
            cast_implicit_allowed(b->arg_types[1], type_simple(TYPE_INT),
                                  b->query->settings->ansi) &&
            b->arg_types[1].id != TYPE_BIGINT)
            small = true;
        if (!small)
            return from_zero ? fn_bind_unexpected_type(b, 1, "\"INTEGRAL\"")
                             : make_diff_types(b, false);
        b->arg_types[1] = type_simple(TYPE_INT);
        b->result = container.children[0].type;
        b->kernel = make_array_element;
        int64_t index;
        bool given = fn_bind_constant_int(b, 1, &index);
        (void)given;
        b->nullable = true;
        if (s->fails)
            b->nullable =
                b->arg_nullable[0] || b->arg_nullable[1] || container.children[0].nullable;
        return DBX_OK;
    }
    if (container.id != TYPE_MAP) return fn_bind_unexpected_type(b, 0, "(\"ARRAY\" or \"MAP\")");
    type key = container.children[0].type, common;
    if (!type_common(b->arena, key, b->arg_types[1], b->query->settings->ansi, &common))
        return make_diff_types(b, true);
    b->arg_types[1] = common;
    if (!type_equal(common, key)) {
        if (type_map(b->arena, common, container.children[1].type, container.children[1].nullable,
                     &b->arg_types[0]) != DBX_OK)
            return error_nomem(b->err);
    }
    b->result = container.children[1].type;
    b->kernel = make_map_element;
    b->nullable = true;
    return DBX_OK;
}
static dbx_status make_bind_subscript(fn_bind *b) {
    return make_bind_element_of(b, true, true);
}
static dbx_status make_bind_get(fn_bind *b) {
    return make_bind_element_of(b, true, false);
}
static dbx_status make_bind_element_at(fn_bind *b) {
    return make_bind_element_of(b, false, true);
}
static dbx_status make_bind_try_element_at(fn_bind *b) {
    return make_bind_element_of(b, false, false);
}

/* ---- size ---- */

static dbx_status make_size(fn_call *call, const vector *args, vector *out) {
    vector_view view = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        uint32_t i = view_index(&view, r);
        if (validity_get(view.validity, i))
            VECTOR_DATA(out, int32_t)[r] = (int32_t)((const list_entry *)view.data)[i].length;
        else if (call->query->settings->ansi)
            TRY(fn_set_null(call, out, r));
        else
            VECTOR_DATA(out, int32_t)[r] = -1;
    }
    return DBX_OK;
}

static dbx_status make_array_size(fn_call *call, const vector *args, vector *out) {
    vector_view view = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r)
    VECTOR_DATA(out, int32_t)
    [r] = (int32_t)((const list_entry *)view.data)[view_index(&view, r)].length;
    return DBX_OK;
}

static dbx_status make_bind_size(fn_bind *b) {
    type_id id = (type_id)b->arg_types[0].id;
    if (id != TYPE_ARRAY && id != TYPE_MAP)
        return fn_bind_unexpected_type(b, 0, "(\"ARRAY\" or \"MAP\")");
    b->nullable = b->arg_nullable[0] && b->query->settings->ansi;
    return DBX_OK;
}

/* ---- typeof ---- */

static dbx_status make_typeof(fn_call *call, const vector *args, vector *out) {
    (void)args;
    const char *name = call->state;
    FN_FOR_EACH_ROW(call, r) text_borrow(out, r, name, strlen(name));
    return DBX_OK;
}
static dbx_status make_bind_typeof(fn_bind *b) {
    b->state = type_name(b->arena, b->arg_types[0]);
    return b->state == NULL ? error_nomem(b->err) : DBX_OK;
}

#define MAKE_ROW(text, sig, f, k, binder, cat, about, sample)                                      \
    {                                                                                              \
        .name = text, .signature = sig, .flags = (f), .kernel = k, .bind = binder,                 \
        .category = cat, .doc = about, .examples = sample                                          \
    }

const function_row nested_make_functions[] = {
    MAKE_ROW("array", "([expr any...]) -> bind", NULLS_AWARE | FN_NEVER_FAILS | FN_COLLATES,
             make_array, make_bind_array, "array", "An array of the arguments.",
             "array(1, 2, 3) => [1,2,3]"),
    MAKE_ROW("map", "([key any...]) -> bind", NULLS_AWARE | FN_COLLATES_PAIRS, make_map,
             make_bind_map, "map", "A map of key1, value1, key2, value2, ….",
             "map(1.0, '2', 3.0, '4') => {1.0:\"2\",3.0:\"4\"}"),
    MAKE_ROW("struct", "([col any...]) -> bind", NULLS_AWARE | FN_NEVER_FAILS, make_struct,
             make_bind_struct, "struct", "A struct with fields col1, col2, ….",
             "struct(1, 2, 3) => {\"col1\":1,\"col2\":2,\"col3\":3}"),
    {.name = "named_struct",
     .signature = "([name any...]) -> bind",
     .op = OP_NAMED_STRUCT,
     .flags = NULLS_AWARE | FN_NEVER_FAILS,
     .kernel = make_struct,
     .bind = make_bind_named_struct,
     .category = "struct",
     .doc = "A struct of name1, value1, name2, value2, ….",
     .examples = "named_struct('a', 1, 'b', 2) => {\"a\":1,\"b\":2}"},
    {.name = SYNTAX_FN_STRUCT_FIELD,
     .signature = "(value struct, field int) -> bind",
     .op = OP_STRUCT_FIELD,
     .flags = FN_INTERNAL | FN_ALWAYS_NULLABLE | FN_NEVER_FAILS,
     .kernel = make_field,
     .bind = make_bind_field,
     .category = "struct",
     .doc = "A field of a struct."},
    {.name = SYNTAX_FN_ARRAY_STRUCT_FIELD,
     .signature = "(value any, field int) -> bind",
     .flags = FN_INTERNAL | FN_NEVER_FAILS,
     .kernel = make_array_field,
     .bind = make_bind_array_field,
     .category = "array",
     .doc = "A field of each struct of an array."},
    {.name = SYNTAX_FN_SUBSCRIPT,
     .signature = "(value any, key any) -> bind",
     .flags = FN_INTERNAL | FN_ALWAYS_NULLABLE,
     .bind = make_bind_subscript,
     .category = "collection",
     .doc = "An element of an array, from 0, or the value of a key."},
    MAKE_ROW("get", "(array any, index int) -> bind", FN_ALWAYS_NULLABLE | FN_NEVER_FAILS, NULL,
             make_bind_get, "array", "The element at index, from 0; NULL when there is none.",
             "get(array(1, 2, 3), 0) => 1; get(array(1, 2, 3), 3) => NULL"),
    MAKE_ROW("element_at", "(value any, index any) -> bind", FN_ALWAYS_NULLABLE, NULL,
             make_bind_element_at, "collection",
             "The element at index, from 1 or negative from the end; or the value of a key.",
             "element_at(array(1, 2, 3), 2) => 2; element_at(map(1, 'a', 2, 'b'), 2) => b"),
    MAKE_ROW("try_element_at", "(value any, index any) -> bind", FN_ALWAYS_NULLABLE, NULL,
             make_bind_try_element_at, "collection",
             "Like element_at; NULL when there is no such element.",
             "try_element_at(array(1, 2, 3), 4) => NULL"),
    MAKE_ROW("size", "(expr any) -> int", NULLS_AWARE | FN_NEVER_FAILS, make_size, make_bind_size,
             "collection", "Number of elements of an array or entries of a map.",
             "size(array('b', 'd', 'c', 'a')) => 4"),
    MAKE_ROW("cardinality", "(expr any) -> int", NULLS_AWARE | FN_NEVER_FAILS, make_size,
             make_bind_size, "collection", "Number of elements of an array or entries of a map.",
             "cardinality(map('a', 1, 'b', 2)) => 2"),
    MAKE_ROW("array_size", "(array array<T>) -> int", FN_NEVER_FAILS, make_array_size, NULL,
             "array", "Number of elements.", "array_size(array('b', 'd', 'c', 'a')) => 4"),
    MAKE_ROW("typeof", "(expr any) -> string", NULLS_AWARE | FN_NEVER_NULL | FN_NEVER_FAILS,
             make_typeof, make_bind_typeof, "misc", "The name of the type of expr.",
             "typeof(1) => int; typeof(array(1)) => array<int>"),
};
const uint32_t nested_make_functions_count = ARRAY_COUNT(nested_make_functions);
