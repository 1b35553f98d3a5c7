/* registry.c - see registry.h. */
#include "formats/registry.h"

#include "io/gate.h"

#define FORMAT_READER(row) extern const table_function_row row;
#define FORMAT_WRITER(row) extern const format_writer_row row;
#include "formats/formats.def"
#undef FORMAT_READER
#undef FORMAT_WRITER

static const table_function_row *const registry_readers[] = {
#define FORMAT_READER(row) &row,
#define FORMAT_WRITER(row)
#include "formats/formats.def"
#undef FORMAT_READER
#undef FORMAT_WRITER
    NULL,
};

static const format_writer_row *const registry_writers[] = {
#define FORMAT_READER(row)
#define FORMAT_WRITER(row) &row,
#include "formats/formats.def"
#undef FORMAT_READER
#undef FORMAT_WRITER
    NULL,
};

/* Calls are cheap and rare: a walk over a comma-separated list. */
static bool registry_list_has(const char *list, string_view item) {
    while (list != NULL && *list != '\0') {
        const char *comma = strchr(list, ',');
        size_t size = comma ? (size_t)(comma - list) : strlen(list);
        if (sv_equal_ignore_case(item, (string_view){list, size})) return true;
        list = comma ? comma + 1 : NULL;
    }
    return false;
}

/* ".csv" of "a/b.csv.gz"; empty when the name has none. A glob such as "*.csv" has one, too. */
static string_view registry_extension(string_view path) {
    string_view stem;
    (void)io_path_codec(path, &stem);
    for (size_t i = stem.size; i > 0; i--) {
        char c = stem.data[i - 1];
        if (c == '/') break;
        if (c == '.') return (string_view){stem.data + i - 1, stem.size - i + 1};
    }
    return (string_view){NULL, 0};
}

const table_function_row *table_function_lookup(string_view name) {
    for (uint32_t i = 0; registry_readers[i] != NULL; i++) {
        const table_function_row *row = registry_readers[i];
        if (sv_equal_ignore_case(name, sv_from(row->name))) return row;
        if (registry_list_has(row->aliases, name)) return row;
    }
    return NULL;
}

const table_function_row *table_function_at(uint32_t i) {
    return i < ARRAY_COUNT(registry_readers) ? registry_readers[i] : NULL;
}

const table_function_row *table_function_for_path(string_view path) {
    string_view extension = registry_extension(path);
    if (extension.size == 0) return NULL;
    for (uint32_t i = 0; registry_readers[i] != NULL; i++) {
        if (registry_list_has(registry_readers[i]->extensions, extension)) {
            return registry_readers[i];
        }
    }
    return NULL;
}

const format_writer_row *format_writer_lookup(string_view name) {
    for (uint32_t i = 0; registry_writers[i] != NULL; i++) {
        if (sv_equal_ignore_case(name, sv_from(registry_writers[i]->name))) {
            return registry_writers[i];
        }
    }
    return NULL;
}

const format_writer_row *format_writer_at(uint32_t i) {
    return i < ARRAY_COUNT(registry_writers) ? registry_writers[i] : NULL;
}

const format_writer_row *format_writer_for_path(string_view path) {
    string_view extension = registry_extension(path);
    if (extension.size == 0) return NULL;
    for (uint32_t i = 0; registry_writers[i] != NULL; i++) {
        if (registry_list_has(registry_writers[i]->extensions, extension)) {
            return registry_writers[i];
        }
    }
    return NULL;
}
