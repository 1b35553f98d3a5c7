/* registry.c - all families of functions, and looking a name up in them.
 *
 * A look-up walks the rows: a few hundred comparisons of a first letter take about a microsecond,
 * and there is no index to build, to keep or to make thread-safe. Names are tried before aliases.
 */
#include "functions/families.h"
#include "functions/function.h"

typedef struct registry_family {
    const function_row *rows;
    const uint32_t *count;
} registry_family;

static const registry_family registry_families[] = {
#define FUNCTION_FAMILY(name) {name##_functions, &name##_functions_count},
#include "functions/families.def"
#undef FUNCTION_FAMILY
    {NULL, NULL},
};

static bool registry_name_is(const function_row *row, string_view name) {
    const char *x = row->name;
    for (size_t i = 0; i < name.size; i++) {
        if (x[i] == '\0' || ascii_lower(x[i]) != ascii_lower(name.data[i])) return false;
    }
    return x[name.size] == '\0';
}

static bool registry_has_alias(const function_row *row, string_view name) {
    const char *at = row->aliases;
    while (at != NULL && *at != '\0') {
        const char *end = strchr(at, ',');
        size_t size = end == NULL ? strlen(at) : (size_t)(end - at);
        if (sv_equal_ignore_case(name, sv_trim((string_view){at, size}))) return true;
        at = end == NULL ? NULL : end + 1;
    }
    return false;
}

/* Rows after the first that bear the same name. */
static uint32_t registry_overloads(const registry_family *f, uint32_t first) {
    uint32_t count = 1;
    while (first + count < *f->count &&
           sv_equal_ignore_case(sv_from(f->rows[first].name), sv_from(f->rows[first + count].name)))
        count++;
    return count;
}

const function_row *function_lookup(string_view name, uint32_t *count) {
    assert(count != NULL);
    *count = 0;
    if (name.size == 0) return NULL;
    for (uint32_t by_alias = 0; by_alias < 2; by_alias++) {
        for (const registry_family *f = registry_families; f->rows != NULL; f++) {
            for (uint32_t i = 0; i < *f->count; i++) {
                const function_row *row = &f->rows[i];
                if (by_alias ? !registry_has_alias(row, name) : !registry_name_is(row, name))
                    continue;
                *count = registry_overloads(f, i);
                return row;
            }
        }
    }
    return NULL;
}

const function_row *function_at(uint32_t index) {
    for (const registry_family *f = registry_families; f->rows != NULL; f++) {
        if (index < *f->count) return &f->rows[index];
        index -= *f->count;
    }
    return NULL;
}

uint32_t function_suggest(string_view name, const char **out, uint32_t max) {
    enum { LIMIT = 3 };
    uint32_t count = 0;
    for (uint32_t distance = 1; distance <= LIMIT && count < max; distance++) {
        const char *last = NULL;
        for (uint32_t i = 0; count < max; i++) {
            const function_row *row = function_at(i);
            if (row == NULL) break;
            if (row->flags & FN_INTERNAL) continue;
            if (last != NULL && strcmp(last, row->name) == 0) continue;
            last = row->name;
            if (sv_edit_distance(name, sv_from(row->name), LIMIT) == distance)
                out[count++] = row->name;
        }
    }
    return count;
}

dbx_status fn_set_null(fn_call *call, vector *out, uint32_t row) {
    assert(out->form == VECTOR_FLAT || out->form == VECTOR_CONSTANT);
    if (out->validity == NULL && vector_ensure_validity(out, call->arena) != DBX_OK)
        return error_nomem(call->err);
    validity_set_null(out->validity, row);
    return DBX_OK;
}
