/* arguments.c - see arguments.h. */
#include "formats/arguments.h"

#include "kernel/number_text.h"

#include <stdio.h>
#include <stdlib.h>

bool argument_is_null(const table_argument *a) {
    return !validity_get(a->value.validity, 0);
}

dbx_status argument_raise(const table_argument *a, const char *message, error *err) {
    char name[128];
    snprintf(name, sizeof(name), "%.*s", SV_ARG(a->name.size ? a->name : SV("path")));
    return error_raise(err, ERR_INVALID_PARAMETER_VALUE, a->position, "parameter", name, "message",
                       message, NULL);
}

dbx_status argument_raise_unknown(const table_argument *a, const table_function_row *row,
                                  error *err) {
    char name[128];
    snprintf(name, sizeof(name), "%.*s", SV_ARG(a->name));
    return error_raise(err, ERR_UNRECOGNIZED_PARAMETER_NAME, a->position, "routineName", row->name,
                       "argumentName", name, "proposal", row->arguments, NULL);
}

dbx_status option_raise(string_view name, string_view value, const char *message, error *err) {
    char parameter[128];
    char text[256];
    snprintf(parameter, sizeof(parameter), "%.*s", SV_ARG(name));
    snprintf(text, sizeof(text), "'%.*s' %s", SV_ARG(value), message);
    return error_raise(err, ERR_INVALID_PARAMETER_VALUE, (span){0, 0}, "parameter", parameter,
                       "message", text, NULL);
}

static bool argument_parse_bool(string_view text, bool *out) {
    *out = sv_equal_ignore_case(text, SV("true")) || sv_equal(text, SV("1"));
    return *out || sv_equal_ignore_case(text, SV("false")) || sv_equal(text, SV("0"));
}

static bool argument_parse_int(string_view text, int64_t *out) {
    char digits[32];
    if (text.size == 0 || text.size >= sizeof(digits)) return false;
    memcpy(digits, text.data, text.size);
    digits[text.size] = '\0';
    char *end;
    *out = strtoll(digits, &end, 10);
    return *end == '\0';
}

dbx_status option_bool(string_view name, string_view value, bool *out, error *err) {
    if (argument_parse_bool(value, out)) return DBX_OK;
    return option_raise(name, value, "is not a BOOLEAN", err);
}

dbx_status option_int(string_view name, string_view value, int64_t low, int64_t high, int64_t *out,
                      error *err) {
    if (argument_parse_int(value, out) && *out >= low && *out <= high) return DBX_OK;
    return option_raise(name, value, "is not an integer in range", err);
}

static string_view argument_string(const table_argument *a) {
    return vstring_view(&VECTOR_DATA(&a->value, vstring)[0]);
}

dbx_status argument_bool(const table_argument *a, bool *out, error *err) {
    if (argument_is_null(a)) return argument_raise(a, "it is NULL", err);
    if (a->value.type.id == TYPE_BOOLEAN) {
        *out = VECTOR_DATA(&a->value, uint8_t)[0] != 0;
        return DBX_OK;
    }
    if (a->value.type.id == TYPE_STRING && argument_parse_bool(argument_string(a), out)) {
        return DBX_OK;
    }
    return argument_raise(a, "it is not a BOOLEAN", err);
}

static bool argument_read_int(const table_argument *a, int64_t *out) {
    switch (a->value.type.id) {
    case TYPE_TINYINT:
        *out = VECTOR_DATA(&a->value, int8_t)[0];
        return true;
    case TYPE_SMALLINT:
        *out = VECTOR_DATA(&a->value, int16_t)[0];
        return true;
    case TYPE_INT:
        *out = VECTOR_DATA(&a->value, int32_t)[0];
        return true;
    case TYPE_BIGINT:
        *out = VECTOR_DATA(&a->value, int64_t)[0];
        return true;
    case TYPE_STRING:
        return argument_parse_int(argument_string(a), out);
    default:
        return false;
    }
}

dbx_status argument_int(const table_argument *a, int64_t low, int64_t high, int64_t *out,
                        error *err) {
    if (argument_is_null(a)) return argument_raise(a, "it is NULL", err);
    if (argument_read_int(a, out) && *out >= low && *out <= high) return DBX_OK;
    return argument_raise(a, "it is not an integer in range", err);
}

static bool argument_read_double(const table_argument *a, double *out) {
    int64_t integer;
    switch (a->value.type.id) {
    case TYPE_DOUBLE:
        *out = VECTOR_DATA(&a->value, double)[0];
        return true;
    case TYPE_DECIMAL:
        if (a->value.phys != PHYS_INT64) return false;
        *out = (double)VECTOR_DATA(&a->value, int64_t)[0];
        for (uint32_t i = 0; i < a->value.type.scale; i++) *out /= 10;
        return true;
    case TYPE_STRING: {
        string_view text = argument_string(a);
        return number_parse_double(text.data, text.size, out) == NUMBER_OK;
    }
    default:
        if (!argument_read_int(a, &integer)) return false;
        *out = (double)integer;
        return true;
    }
}

dbx_status argument_double(const table_argument *a, double low, double high, double *out,
                           error *err) {
    if (argument_is_null(a)) return argument_raise(a, "it is NULL", err);
    if (argument_read_double(a, out) && *out >= low && *out <= high) return DBX_OK;
    return argument_raise(a, "it is not a number in range", err);
}

dbx_status argument_text(const table_argument *a, arena *to, string_view *out, error *err) {
    if (argument_is_null(a)) return argument_raise(a, "it is NULL", err);
    char number[32];
    string_view text;
    int64_t value;
    if (a->value.type.id == TYPE_STRING) {
        text = argument_string(a);
    } else if (a->value.type.id == TYPE_BOOLEAN) {
        text = VECTOR_DATA(&a->value, uint8_t)[0] ? SV("true") : SV("false");
    } else if (argument_read_int(a, &value)) {
        snprintf(number, sizeof(number), "%lld", (long long)value);
        text = sv_from(number);
    } else {
        return argument_raise(a, "it is not a STRING", err);
    }
    *out = arena_copy_string(to, text);
    return out->data ? DBX_OK : error_nomem(err);
}

dbx_status argument_texts(const table_argument *a, arena *to, string_view **out, uint32_t *count,
                          error *err) {
    if (a->value.type.id != TYPE_ARRAY) {
        *count = 1;
        *out = ARENA_NEW(to, string_view);
        return *out ? argument_text(a, to, *out, err) : error_nomem(err);
    }
    if (argument_is_null(a)) return argument_raise(a, "it is NULL", err);
    list_entry entry = VECTOR_DATA(&a->value, list_entry)[0];
    vector_view view = vector_view_of(&a->value.children[0]);
    if (view.base->type.id != TYPE_STRING || entry.length == 0) {
        return argument_raise(a, "it is not an ARRAY<STRING> of at least one path", err);
    }
    *count = entry.length;
    *out = ARENA_ARRAY(to, string_view, entry.length);
    if (*out == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < entry.length; i++) {
        uint32_t row = view_index(&view, entry.offset + i);
        if (!validity_get(view.validity, row)) return argument_raise(a, "it holds a NULL", err);
        (*out)[i] = arena_copy_string(to, vstring_view(&((const vstring *)view.data)[row]));
        if ((*out)[i].data == NULL) return error_nomem(err);
    }
    return DBX_OK;
}
