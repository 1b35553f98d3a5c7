/* schema_text.c - see schema_text.h. */
#include "formats/schema_text.h"

#include "formats/arguments.h"

#include <stdlib.h>

enum { SCHEMA_TEXT_COLUMNS_MAX = 16384 };

typedef struct schema_cursor {
    string_view text;
    size_t at;
} schema_cursor;

static void schema_skip(schema_cursor *c) {
    while (c->at < c->text.size && ascii_is_space(c->text.data[c->at])) c->at++;
}

static bool schema_take(schema_cursor *c, char wanted) {
    schema_skip(c);
    if (c->at >= c->text.size || c->text.data[c->at] != wanted) return false;
    c->at++;
    return true;
}

static string_view schema_word(schema_cursor *c) {
    schema_skip(c);
    size_t start = c->at;
    if (c->at < c->text.size && c->text.data[c->at] == '`') {
        const char *close = memchr(c->text.data + start + 1, '`', c->text.size - start - 1);
        if (close == NULL) return (string_view){0};
        c->at = (size_t)(close - c->text.data) + 1;
        return (string_view){c->text.data + start + 1, c->at - start - 2};
    }
    while (c->at < c->text.size) {
        char ch = c->text.data[c->at];
        if (ascii_is_space(ch) || ch == ',' || ch == '(' || ch == ')' || ch == ':') break;
        c->at++;
    }
    return (string_view){c->text.data + start, c->at - start};
}

static bool schema_number(schema_cursor *c, uint32_t *out) {
    string_view word = schema_word(c);
    *out = 0;
    for (size_t i = 0; i < word.size; i++) {
        if (!ascii_is_digit(word.data[i]) || *out > 1000) return false;
        *out = *out * 10 + (uint32_t)(word.data[i] - '0');
    }
    return word.size > 0;
}

static bool schema_type(schema_cursor *c, type *out) {
    static const struct {
        const char *name;
        type_id id;
    } names[] = {{"boolean", TYPE_BOOLEAN},
                 {"tinyint", TYPE_TINYINT},
                 {"byte", TYPE_TINYINT},
                 {"smallint", TYPE_SMALLINT},
                 {"short", TYPE_SMALLINT},
                 {"int", TYPE_INT},
                 {"integer", TYPE_INT},
                 {"bigint", TYPE_BIGINT},
                 {"long", TYPE_BIGINT},
                 {"float", TYPE_FLOAT},
                 {"real", TYPE_FLOAT},
                 {"double", TYPE_DOUBLE},
                 {"string", TYPE_STRING},
                 {"varchar", TYPE_STRING},
                 {"char", TYPE_STRING},
                 {"binary", TYPE_BINARY},
                 {"date", TYPE_DATE},
                 {"timestamp", TYPE_TIMESTAMP},
                 {"timestamp_ltz", TYPE_TIMESTAMP},
                 {"timestamp_ntz", TYPE_TIMESTAMP_NTZ},
                 {"decimal", TYPE_DECIMAL},
                 {"dec", TYPE_DECIMAL},
                 {"numeric", TYPE_DECIMAL}};
    string_view word = schema_word(c);
    uint32_t i = 0;
    while (i < ARRAY_COUNT(names) && !sv_equal_ignore_case(word, sv_from(names[i].name))) i++;
    if (i == ARRAY_COUNT(names)) return false;
    uint32_t first = 10, second = 0;
    if (schema_take(c, '(')) {
        if (!schema_number(c, &first)) return false;
        if (schema_take(c, ',') && !schema_number(c, &second)) return false;
        if (!schema_take(c, ')')) return false;
    }
    if (names[i].id != TYPE_DECIMAL) {
        *out = type_simple(names[i].id);
        return true;
    }
    if (first < 1 || first > DECIMAL_PRECISION_MAX || second > first) return false;
    *out = type_decimal(first, second);
    return true;
}

dbx_status schema_text_parse(const table_argument *argument, string_view text, arena *a,
                             source_column **out, uint32_t *count, error *err) {
    uint32_t most = 1;
    for (size_t i = 0; i < text.size; i++) most += text.data[i] == ',';
    source_column *columns = ARENA_ARRAY(a, source_column, most);
    if (columns == NULL || most > SCHEMA_TEXT_COLUMNS_MAX) return error_nomem(err);
    schema_cursor c = {text, 0};
    uint32_t n = 0;
    do {
        string_view name = arena_copy_string(a, schema_word(&c));
        if (name.data == NULL) return error_nomem(err);
        (void)schema_take(&c, ':');
        source_column *column = &columns[n++];
        *column = (source_column){.name = name, .nullable = true};
        if (name.size == 0 || !schema_type(&c, &column->type)) {
            return argument_raise(
                argument, "a list of names and scalar types, such as 'a INT, b STRING'", err);
        }
        string_view rest =
            schema_word(&c); /* NOT NULL is read as nullable: a file promises nothing */
        while (rest.size > 0) rest = schema_word(&c);
    } while (schema_take(&c, ','));
    schema_skip(&c);
    if (c.at < text.size) return argument_raise(argument, "a list of names and scalar types", err);
    *out = columns;
    *count = n;
    return DBX_OK;
}
