/* string.c - the everyday string functions: substring, case, length, concat. */
#include "functions/array.h"
#include "functions/families.h"
#include "functions/signature.h"
#include "functions/text_out.h"
#include "kernel/text.h"

#include <unicode/ucasemap.h>

/* ---- substring ---- */

/* Positions count from 1; negative ones from the end; 0 is 1. [*from, *to) in units of the string.
 */
static void string_slice(int64_t position, int64_t length, int64_t size, int64_t *from,
                         int64_t *to) {
    int64_t start = position > 0 ? position - 1 : position < 0 ? size + position : 0;
    int64_t end = length < 0 ? start : start + length;
    *from = MAX(start, (int64_t)0);
    *to = MIN(end, size);
    if (*to < *from) *to = *from;
}

static void string_substring_row(const vstring *s, int64_t position, int64_t length, bool bytes,
                                 vector *out, uint32_t r) {
    const char *data = vstring_data(s);
    int64_t from, to;
    if (bytes || text_is_ascii(data, s->size)) {
        string_slice(position, length, s->size, &from, &to);
        if (from >= s->size) from = to = 0;
    } else {
        string_slice(position, length, (int64_t)text_length(data, s->size), &from, &to);
        size_t start = text_offset(data, s->size, (size_t)from);
        size_t size = text_offset(data + start, s->size - start, (size_t)(to - from));
        from = (int64_t)start;
        to = (int64_t)(start + size);
    }
    text_borrow(out, r, data + from, (size_t)(to - from));
}

static dbx_status string_substring(fn_call *call, const vector *args, vector *out) {
    const uint32_t *count = call->state;
    vector_view text = vector_view_of(&args[0]), position = vector_view_of(&args[1]), length = {0};
    bool bytes = call->arg_types[0].id == TYPE_BINARY;
    if (*count > 2) length = vector_view_of(&args[2]);
    FN_FOR_EACH_ROW(call, r) {
        int64_t n = *count > 2 ? int_arg(&length, r) : INT32_MAX;
        string_substring_row(text_arg(&text, r), int_arg(&position, r), n, bytes, out, r);
    }
    return DBX_OK;
}

/* State: the number of arguments. */
static dbx_status string_bind_count(fn_bind *b) {
    uint32_t *count = ARENA_NEW(b->arena, uint32_t);
    if (count == NULL) return error_nomem(b->err);
    *count = b->arg_count;
    b->state = count;
    return DBX_OK;
}

static dbx_status string_left(fn_call *call, const vector *args, vector *out) {
    vector_view text = vector_view_of(&args[0]), length = vector_view_of(&args[1]);
    bool bytes = call->arg_types[0].id == TYPE_BINARY;
    FN_FOR_EACH_ROW(call, r)
    string_substring_row(text_arg(&text, r), 1, MAX(int_arg(&length, r), 0), bytes, out, r);
    return DBX_OK;
}
static dbx_status string_right(fn_call *call, const vector *args, vector *out) {
    vector_view text = vector_view_of(&args[0]), length = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        int64_t n = int_arg(&length, r);
        if (n <= 0)
            text_borrow(out, r, "", 0);
        else
            string_substring_row(text_arg(&text, r), -n, n, false, out, r);
    }
    return DBX_OK;
}

/* ---- case ---- */

/* Full case mapping of the root locale: the sharp s becomes SS, a dotted I two characters. */
static dbx_status string_map_unicode(fn_call *call, UCaseMap *map, const vstring *s, bool upper,
                                     vector *out, uint32_t r) {
    enum { GROWTH = 3 }; /* SpecialCasing.txt: three characters for one, of no more bytes each */
    size_t room = (size_t)s->size * GROWTH;
    char *to = room > INT32_MAX ? NULL : text_room(call, room);
    UErrorCode code = U_ZERO_ERROR;
    if (to == NULL) return error_nomem(call->err);
    int32_t size = upper ? ucasemap_utf8ToUpper(map, to, (int32_t)room, vstring_data(s),
                                                (int32_t)s->size, &code)
                         : ucasemap_utf8ToLower(map, to, (int32_t)room, vstring_data(s),
                                                (int32_t)s->size, &code);
    if (U_FAILURE(code)) return error_nomem(call->err);
    text_borrow(out, r, to, (size_t)size);
    return DBX_OK;
}

static dbx_status string_case_rows(fn_call *call, const vector *args, vector *out, bool upper,
                                   UCaseMap **map) {
    vector_view text = vector_view_of(&args[0]);
    char first = upper ? 'a' : 'A';
    FN_FOR_EACH_ROW(call, r) {
        const vstring *s = text_arg(&text, r);
        const char *data = vstring_data(s);
        if (!text_is_ascii(data, s->size)) {
            UErrorCode code = U_ZERO_ERROR;
            if (*map == NULL) *map = ucasemap_open("", 0, &code);
            if (*map == NULL) return error_nomem(call->err);
            TRY(string_map_unicode(call, *map, s, upper, out, r));
            continue;
        }
        char small[VSTRING_INLINE_MAX], *to = small;
        if (s->size > VSTRING_INLINE_MAX) to = text_room(call, s->size);
        if (to == NULL) return error_nomem(call->err);
        for (uint32_t i = 0; i < s->size; i++)
            to[i] = (char)(data[i] ^ ((uint8_t)(data[i] - first) < 26 ? 32 : 0));
        text_borrow(out, r, to, s->size);
    }
    return DBX_OK;
}
static dbx_status string_case(fn_call *call, const vector *args, vector *out, bool upper) {
    UCaseMap *map = NULL;
    dbx_status status = string_case_rows(call, args, out, upper, &map);
    if (map != NULL) ucasemap_close(map);
    return status;
}
static dbx_status string_upper(fn_call *call, const vector *args, vector *out) {
    return string_case(call, args, out, true);
}
static dbx_status string_lower(fn_call *call, const vector *args, vector *out) {
    return string_case(call, args, out, false);
}

/* ---- length ---- */

static dbx_status string_length(fn_call *call, const vector *args, vector *out) {
    vector_view text = vector_view_of(&args[0]);
    int32_t *to = VECTOR_DATA(out, int32_t);
    bool bytes = call->arg_types[0].id == TYPE_BINARY;
    FN_FOR_EACH_ROW(call, r) {
        const vstring *s = text_arg(&text, r);
        to[r] = bytes ? (int32_t)s->size : (int32_t)text_length(vstring_data(s), s->size);
    }
    return DBX_OK;
}
static dbx_status string_octet_length(fn_call *call, const vector *args, vector *out) {
    vector_view text = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) VECTOR_DATA(out, int32_t)[r] = (int32_t)text_arg(&text, r)->size;
    return DBX_OK;
}
static dbx_status string_bit_length(fn_call *call, const vector *args, vector *out) {
    vector_view text = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) VECTOR_DATA(out, int32_t)[r] = (int32_t)(text_arg(&text, r)->size * 8);
    return DBX_OK;
}

/* ---- concat ---- */

static dbx_status string_concat(fn_call *call, const vector *args, vector *out) {
    uint32_t count = *(const uint32_t *)call->state;
    vector_view *views = ARENA_ARRAY(call->arena, vector_view, count + 1);
    if (views == NULL) return error_nomem(call->err);
    for (uint32_t a = 0; a < count; a++) views[a] = vector_view_of(&args[a]);
    FN_FOR_EACH_ROW(call, r) {
        size_t total = 0;
        for (uint32_t a = 0; a < count; a++) total += text_arg(&views[a], r)->size;
        char small[VSTRING_INLINE_MAX], *to = small;
        if (total > VSTRING_INLINE_MAX) to = text_room(call, total);
        if (to == NULL) return error_nomem(call->err);
        size_t n = 0;
        for (uint32_t a = 0; a < count; a++) {
            const vstring *s = text_arg(&views[a], r);
            memcpy(to + n, vstring_data(s), s->size);
            n += s->size;
        }
        text_borrow(out, r, to, n);
    }
    return DBX_OK;
}

/* Binary stays binary; everything else becomes STRING. */
static dbx_status string_bind_concat(fn_bind *b) {
    bool binary = b->arg_count > 0;
    for (uint32_t i = 0; i < b->arg_count; i++)
        binary = binary && (b->arg_types[i].id == TYPE_BINARY || b->arg_types[i].id == TYPE_VOID);
    for (uint32_t i = 0; i < b->arg_count; i++) {
        if (b->arg_types[i].id == TYPE_ARRAY) return array_bind_concat(b);
        if (type_is_nested(b->arg_types[i])) return fn_bind_data_different_types(b);
        if (b->arg_types[i].id != TYPE_STRING || binary)
            b->arg_types[i] = type_simple(binary ? TYPE_BINARY : TYPE_STRING);
    }
    b->result = type_simple(binary ? TYPE_BINARY : TYPE_STRING);
    return string_bind_count(b);
}

/* Rows that raise nothing for any arguments. */
#define STRING_ROW(text, sig, f, k, binder, about, sample)                                         \
    {                                                                                              \
        .name = text, .signature = sig, .flags = FN_NEVER_FAILS | (f), .kernel = k,                \
        .bind = binder, .category = "string", .doc = about, .examples = sample                     \
    }

const function_row string_functions[] = {
    STRING_ROW("concat", "([expr any...]) -> bind", FN_COLLATES | FN_COLLATED, string_concat,
               string_bind_concat, "Joins strings, binaries or arrays.",
               "concat('Spark', 'SQL') => SparkSQL"),
    STRING_ROW("substring", "(str string|binary, pos int, [len int]) -> same", FN_COLLATED,
               string_substring, string_bind_count,
               "Part of str from pos (1 is the first, negative counts from the end).",
               "substring('Spark SQL', 5) => k SQL; substring('Spark SQL', -3) => SQL; "
               "substring('Spark SQL', 5, 1) => k"),
    STRING_ROW("substr", "(str string|binary, pos int, [len int]) -> same", FN_COLLATED,
               string_substring, string_bind_count,
               "Part of str from pos (1 is the first, negative counts from the end).",
               "substr('Spark SQL', 5) => k SQL"),
    STRING_ROW("left", "(str string|binary, len int) -> same", FN_COLLATED, string_left, NULL,
               "The leftmost len characters.", "left('Spark SQL', 3) => Spa"),
    STRING_ROW("right", "(str string, len int) -> string", FN_COLLATED, string_right, NULL,
               "The rightmost len characters.", "right('Spark SQL', 3) => SQL"),
    STRING_ROW("upper", "(str string) -> string", FN_COLLATED | FN_DETERMINATE, string_upper, NULL,
               "Upper case.", "upper('SparkSql') => SPARKSQL"),
    STRING_ROW("ucase", "(str string) -> string", FN_COLLATED | FN_DETERMINATE, string_upper, NULL,
               "Upper case.", "ucase('SparkSql') => SPARKSQL"),
    STRING_ROW("lower", "(str string) -> string", FN_COLLATED | FN_DETERMINATE, string_lower, NULL,
               "Lower case.", "lower('SparkSql') => sparksql"),
    STRING_ROW("lcase", "(str string) -> string", FN_COLLATED | FN_DETERMINATE, string_lower, NULL,
               "Lower case.", "lcase('SparkSql') => sparksql"),
    STRING_ROW("length", "(expr string|binary) -> int", 0, string_length, NULL,
               "Characters of a string or bytes of a binary.", "length('Spark SQL ') => 10"),
    STRING_ROW("len", "(expr string|binary) -> int", 0, string_length, NULL,
               "Characters of a string or bytes of a binary.", "len('Spark SQL ') => 10"),
    STRING_ROW("char_length", "(expr string|binary) -> int", 0, string_length, NULL,
               "Characters of a string or bytes of a binary.", "char_length('Spark SQL ') => 10"),
    STRING_ROW("character_length", "(expr string|binary) -> int", 0, string_length, NULL,
               "Characters of a string or bytes of a binary.",
               "character_length('Spark SQL ') => 10"),
    STRING_ROW("octet_length", "(expr string|binary) -> int", 0, string_octet_length, NULL,
               "Bytes.", "octet_length('Spark SQL') => 9"),
    STRING_ROW("bit_length", "(expr string|binary) -> int", 0, string_bit_length, NULL, "Bits.",
               "bit_length('Spark SQL') => 72"),
};
const uint32_t string_functions_count = ARRAY_COUNT(string_functions);
