/* lookup.c - names to objects, in the view of a transaction. */
#include "catalog/catalog_int.h"

enum { CATALOG_SUGGESTIONS_MAX = 8 };

/* ---- paths
 * ---------------------------------------------------------------------------------------------------
 */

static dbx_status catalog_raise_parts(const query *q, const catalog_name *name, error *err) {
    buffer text;
    buffer_init(&text, NULL);
    dbx_status status = DBX_OK;
    for (uint32_t i = 0; i + 1 < name->part_count && status == DBX_OK; i++) {
        status = buffer_printf(&text, "%s`" SV_FMT "`", i == 0 ? "" : ".", SV_ARG(name->parts[i]));
    }
    char current[CATALOG_NAME_BYTES_MAX + 1];
    size_t size = MIN(q->current_catalog.size, sizeof(current) - 1);
    if (size > 0) memcpy(current, q->current_catalog.data, size);
    current[size] = '\0';
    if (status == DBX_OK) {
        status = error_raise(err, ERR_REQUIRES_SINGLE_PART_NAMESPACE, name->span, "sessionCatalog",
                             current, "namespace", text.data, NULL);
    } else {
        status = error_nomem(err);
    }
    buffer_deinit(&text);
    return status;
}

dbx_status catalog_complete(const query *q, const catalog_name *name, catalog_path *out,
                            error *err) {
    assert(name->part_count >= 1);
    *out = (catalog_path){q->current_catalog, q->current_schema, name->parts[name->part_count - 1]};
    if (name->part_count >= 2) out->schema = name->parts[name->part_count - 2];
    if (name->part_count >= 3) out->catalog = name->parts[name->part_count - 3];
    return name->part_count > 3 ? catalog_raise_parts(q, name, err) : DBX_OK;
}

/* ---- finding
 * -----------------------------------------------------------------------------------------------------
 */

const catalog_root *catalog_root_of(const txn *t) {
    return t->root;
}

catalog_object *const *catalog_temporary_objects(const txn *t, uint32_t *count) {
    *count = t->temporary != NULL ? t->temporary->object_count : 0;
    return t->temporary != NULL ? t->temporary->objects : NULL;
}

const catalog_space *catalog_find_space(const txn *t, string_view name) {
    return catalog_root_find(t->root, name);
}

const catalog_schema *catalog_find_schema(const txn *t, string_view space_name,
                                          string_view schema) {
    const catalog_space *space = catalog_root_find(t->root, space_name);
    return space == NULL ? NULL : catalog_space_find(space, schema);
}

const catalog_object *catalog_find_path(const txn *t, catalog_name_space space,
                                        const catalog_path *path) {
    if (path->schema.size == 0) {
        return t->temporary == NULL ? NULL : catalog_schema_find(t->temporary, space, path->name);
    }
    const catalog_schema *schema = catalog_find_schema(t, path->catalog, path->schema);
    return schema == NULL ? NULL : catalog_schema_find(schema, space, path->name);
}

/* Whether the parts before the last say "temporary": none, session, system.session. */
static bool catalog_may_be_temporary(const catalog_name *name) {
    const string_view *p = name->parts;
    if (name->part_count == 1) return true;
    if (name->part_count == 2) {
        return sv_equal_ignore_case(p[0], SV("session"));
    }
    return name->part_count == 3 && sv_equal_ignore_case(p[0], SV("system")) &&
           sv_equal_ignore_case(p[1], SV("session"));
}

/* global_temp.v among the temporary objects. */
static const catalog_object *catalog_find_global(const txn *t, catalog_name_space space,
                                                 string_view name) {
    static const size_t head = sizeof(CATALOG_GLOBAL_TEMP);
    char full[CATALOG_NAME_BYTES_MAX + sizeof(CATALOG_GLOBAL_TEMP)];
    if (name.size + head > sizeof(full)) return NULL;
    memcpy(full, CATALOG_GLOBAL_TEMP ".", head);
    memcpy(full + head, name.data, name.size);
    return catalog_schema_find(t->temporary, space, (string_view){full, head + name.size});
}

const catalog_object *catalog_find(const query *q, catalog_name_space space,
                                   const catalog_name *name) {
    const txn *t = q->txn;
    if (t == NULL || name->part_count == 0 || name->part_count > 3) return NULL;
    string_view last = name->parts[name->part_count - 1];
    if (t->temporary != NULL && catalog_may_be_temporary(name)) {
        const catalog_object *o = catalog_schema_find(t->temporary, space, last);
        if (o != NULL) return o;
    }
    if (t->temporary != NULL && name->part_count == 2 &&
        sv_equal_ignore_case(name->parts[0], SV(CATALOG_GLOBAL_TEMP)))
        return catalog_find_global(t, space, last);
    catalog_path path = {q->current_catalog, q->current_schema, last};
    if (name->part_count >= 2) path.schema = name->parts[name->part_count - 2];
    if (name->part_count == 3) path.catalog = name->parts[0];
    return path.schema.size == 0 ? NULL : catalog_find_path(t, space, &path);
}

static dbx_status catalog_raise_missing(const query *q, catalog_name_space space,
                                        const catalog_name *name, error *err) {
    string_view none = {NULL, 0};
    uint32_t n = MIN(name->part_count, 3u);
    const string_view *p = name->parts + (name->part_count - n);
    arena a;
    arena_init(&a, NULL);
    char *text = catalog_quote(&a, n > 0 ? p[0] : none, n > 1 ? p[1] : none, n > 2 ? p[2] : none);
    char *search = catalog_quote(&a, q->current_catalog, q->current_schema, none);
    char *all = search == NULL
                    ? NULL
                    : arena_printf(&a, "[`system`.`builtin`, `system`.`session`, %s]", search);
    dbx_status status;
    if (text == NULL || all == NULL) {
        status = error_nomem(err);
    } else if (space == CATALOG_RELATIONS) {
        status =
            error_raise(err, ERR_TABLE_OR_VIEW_NOT_FOUND, name->span, "relationName", text, NULL);
    } else {
        status = error_raise(err, ERR_UNRESOLVED_ROUTINE, name->span, "routineName", text,
                             "searchPath", all, NULL);
    }
    arena_deinit(&a);
    return status;
}

dbx_status catalog_resolve(const query *q, catalog_name_space space, const catalog_name *name,
                           const catalog_object **out, error *err) {
    *out = catalog_find(q, space, name);
    return *out != NULL ? DBX_OK : catalog_raise_missing(q, space, name, err);
}

/* ---- suggestions
 * -------------------------------------------------------------------------------------------------
 */

typedef struct catalog_candidates {
    catalog_path *paths;
    uint32_t distances[CATALOG_SUGGESTIONS_MAX];
    uint32_t count, limit;
} catalog_candidates;

static void catalog_offer(catalog_candidates *c, const catalog_object *o, string_view wanted,
                          uint32_t handicap) {
    uint32_t bound = (uint32_t)MIN(wanted.size / 3 + 1, (size_t)4);
    uint32_t distance = sv_edit_distance(o->info.name, wanted, bound);
    if (distance > bound) return;
    distance += handicap;
    uint32_t at = c->count;
    while (at > 0 && c->distances[at - 1] > distance) at--;
    if (at == c->limit) return;
    uint32_t last = MIN(c->count, c->limit - 1);
    for (uint32_t i = last; i > at; i--) {
        c->paths[i] = c->paths[i - 1];
        c->distances[i] = c->distances[i - 1];
    }
    c->paths[at] = (catalog_path){o->catalog_name, o->schema_name, o->info.name};
    c->distances[at] = distance;
    c->count = last + 1;
}

uint32_t catalog_suggest(const query *q, catalog_name_space space, const catalog_name *name,
                         uint32_t limit, catalog_path *out) {
    const txn *t = q->txn;
    catalog_candidates c = {.paths = out, .limit = MIN(limit, (uint32_t)CATALOG_SUGGESTIONS_MAX)};
    if (t == NULL || name->part_count == 0 || c.limit == 0) return 0;
    string_view wanted = name->parts[name->part_count - 1];
    for (uint32_t i = 0; t->temporary != NULL && i < t->temporary->object_count; i++) {
        const catalog_object *o = t->temporary->objects[i];
        if (catalog_space_of(o->kind) == space) catalog_offer(&c, o, wanted, 0);
    }
    for (uint32_t i = 0; i < t->root->space_count; i++) {
        const catalog_space *sp = t->root->spaces[i];
        for (uint32_t k = 0; k < sp->schema_count; k++) {
            const catalog_schema *schema = sp->schemas[k];
            bool near = catalog_compare_names(sp->info.name, q->current_catalog) == 0 &&
                        catalog_compare_names(schema->info.name, q->current_schema) == 0;
            for (uint32_t n = 0; n < schema->object_count; n++) {
                const catalog_object *o = schema->objects[n];
                if (catalog_space_of(o->kind) == space) catalog_offer(&c, o, wanted, near ? 0 : 1);
            }
        }
    }
    return c.count;
}

/* ---- inside objects
 * ---------------------------------------------------------------------------------------------- */

int32_t catalog_table_column(const catalog_table *table, string_view name) {
    for (uint32_t i = 0; i < table->def.column_count; i++) {
        if (sv_equal_ignore_case(table->def.columns[i].name, name)) return (int32_t)i;
    }
    return -1;
}

const catalog_property *catalog_find_property(const catalog_info *info, string_view key) {
    for (uint32_t i = 0; i < info->property_count; i++) {
        if (sv_equal(info->properties[i].key, key)) return &info->properties[i];
    }
    return NULL;
}
