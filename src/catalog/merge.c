/* merge.c - carrying a transaction's changes over to a root that others committed since it began.
 *
 * Three trees are compared level by level by ids: what was there at the beginning (base), what the
 * transaction made of it (mine), and what is newest (head). Where only one side changed, its side
 * is taken; where both did, the node is merged, and in the end two versions of a table's rows are
 * (table_version_rebase). All else is a conflict.
 */
#include "catalog/catalog_int.h"

static dbx_status merge_conflict(error_class cls, string_view name, error *err) {
    char text[CATALOG_NAME_BYTES_MAX + 1];
    size_t size = MIN(name.size, sizeof(text) - 1);
    if (size > 0) memcpy(text, name.data, size);
    text[size] = '\0';
    return error_raise(err, cls, (span){0, 0}, "tableName", text, NULL);
}

/* ---- objects
 * ---------------------------------------------------------------------------------------------------
 */

/* Both sides changed the object. Only rows can be merged. */
static dbx_status merge_object(const catalog_object *base, const catalog_object *mine,
                               const catalog_object *head, ledger *l, catalog_object **out,
                               error *err) {
    bool rows_only =
        base->kind == CATALOG_TABLE && base->memory == mine->memory && base->memory == head->memory;
    const catalog_table *b = (const catalog_table *)base, *m = (const catalog_table *)mine;
    const catalog_table *h = (const catalog_table *)head;
    if (!rows_only || b->version == NULL)
        return merge_conflict(ERR_DELTA_METADATA_CHANGED, base->info.name, err);
    table_version *merged;
    table_conflict conflict;
    TRY(table_version_rebase(b->version, m->version, h->version, &merged, &conflict, err));
    if (conflict == TABLE_CONFLICT_DELETE) {
        return merge_conflict(ERR_DELTA_CONCURRENT_DELETE_DELETE, base->info.name, err);
    }
    if (conflict != TABLE_NO_CONFLICT)
        return merge_conflict(ERR_DELTA_CONCURRENT_WRITE, base->info.name, err);
    catalog_table *fresh = (catalog_table *)catalog_object_copy(l, head);
    if (fresh == NULL) {
        table_version_unref(merged);
        return error_nomem(err);
    }
    table_version_unref(fresh->version);
    fresh->version = merged;
    *out = &fresh->base;
    return DBX_OK;
}

/* Puts `fresh` in the place of `old` (either may be NULL); *result is replaced. */
static dbx_status merge_put_object(catalog_schema **result, const catalog_object *old,
                                   catalog_object *fresh, ledger *l, error *err) {
    catalog_name_space space = CATALOG_RELATIONS;
    if (fresh != NULL) {
        space = catalog_space_of(fresh->kind);
        const catalog_object *same_name = catalog_schema_find(*result, space, fresh->info.name);
        if (same_name != NULL && same_name != old) {
            return merge_conflict(ERR_DELTA_METADATA_CHANGED, fresh->info.name, err);
        }
    }
    catalog_schema *changed = catalog_schema_with(*result, l, old, fresh);
    if (changed == NULL) return error_nomem(err);
    catalog_schema_unref(*result);
    *result = changed;
    return DBX_OK;
}

static dbx_status merge_changed_object(const catalog_schema *base, const catalog_schema *head,
                                       catalog_object *mine, catalog_schema **result, ledger *l,
                                       error *err) {
    const catalog_object *was = catalog_schema_find_id(base, mine->id);
    if (was == mine) return DBX_OK;
    catalog_object *now = catalog_schema_find_id(head, mine->id);
    if (was == NULL) return merge_put_object(result, NULL, mine, l, err);
    if (now == NULL) return merge_conflict(ERR_DELTA_METADATA_CHANGED, mine->info.name, err);
    if (now == was) return merge_put_object(result, now, mine, l, err);
    catalog_object *merged = NULL;
    TRY(merge_object(was, mine, now, l, &merged, err));
    dbx_status status = merge_put_object(result, now, merged, l, err);
    catalog_object_unref(merged);
    return status;
}

static dbx_status merge_schema_objects(const catalog_schema *base, const catalog_schema *mine,
                                       const catalog_schema *head, catalog_schema **result,
                                       ledger *l, error *err) {
    for (uint32_t i = 0; i < base->object_count; i++) { /* what I dropped */
        const catalog_object *was = base->objects[i];
        if (catalog_schema_find_id(mine, was->id) != NULL) continue;
        const catalog_object *now = catalog_schema_find_id(head, was->id);
        if (now == NULL) continue;
        if (now != was) return merge_conflict(ERR_DELTA_METADATA_CHANGED, was->info.name, err);
        TRY(merge_put_object(result, now, NULL, l, err));
    }
    for (uint32_t i = 0; i < mine->object_count; i++) {
        TRY(merge_changed_object(base, head, mine->objects[i], result, l, err));
    }
    return DBX_OK;
}

/* Both sides changed the schema. */
static dbx_status merge_schema(const catalog_schema *base, const catalog_schema *mine,
                               const catalog_schema *head, ledger *l, catalog_schema **out,
                               error *err) {
    if (mine->memory != base->memory) { /* its own definition: only when the others left it alone */
        return merge_conflict(ERR_DELTA_METADATA_CHANGED, base->info.name, err);
    }
    catalog_schema *result = catalog_schema_ref((catalog_schema *)(uintptr_t)head);
    dbx_status status = merge_schema_objects(base, mine, head, &result, l, err);
    if (status != DBX_OK) {
        catalog_schema_unref(result);
        return status;
    }
    *out = result;
    return DBX_OK;
}

/* ---- schemas
 * -----------------------------------------------------------------------------------------------------
 */

static dbx_status merge_put_schema(catalog_space **result, const catalog_schema *old,
                                   catalog_schema *fresh, ledger *l, error *err) {
    if (fresh != NULL) {
        const catalog_schema *same_name = catalog_space_find(*result, fresh->info.name);
        if (same_name != NULL && same_name != old) {
            return merge_conflict(ERR_DELTA_METADATA_CHANGED, fresh->info.name, err);
        }
    }
    catalog_space *changed = catalog_space_with(*result, l, old, fresh);
    if (changed == NULL) return error_nomem(err);
    catalog_space_unref(*result);
    *result = changed;
    return DBX_OK;
}

static dbx_status merge_space_schemas(const catalog_space *base, const catalog_space *mine,
                                      const catalog_space *head, catalog_space **result, ledger *l,
                                      error *err) {
    for (uint32_t i = 0; i < base->schema_count; i++) {
        const catalog_schema *was = base->schemas[i];
        if (catalog_space_find_id(mine, was->id) != NULL) continue;
        const catalog_schema *now = catalog_space_find_id(head, was->id);
        if (now == NULL) continue;
        if (now != was) return merge_conflict(ERR_DELTA_METADATA_CHANGED, was->info.name, err);
        TRY(merge_put_schema(result, now, NULL, l, err));
    }
    for (uint32_t i = 0; i < mine->schema_count; i++) {
        catalog_schema *m = mine->schemas[i];
        const catalog_schema *was = catalog_space_find_id(base, m->id);
        const catalog_schema *now = catalog_space_find_id(head, m->id);
        if (was == m) continue;
        if (was != NULL && now == NULL)
            return merge_conflict(ERR_DELTA_METADATA_CHANGED, m->info.name, err);
        if (was == NULL || now == was) {
            TRY(merge_put_schema(result, now, m, l, err));
            continue;
        }
        catalog_schema *merged = NULL;
        TRY(merge_schema(was, m, now, l, &merged, err));
        dbx_status status = merge_put_schema(result, now, merged, l, err);
        catalog_schema_unref(merged);
        TRY(status);
    }
    return DBX_OK;
}

static dbx_status merge_space(const catalog_space *base, const catalog_space *mine,
                              const catalog_space *head, ledger *l, catalog_space **out,
                              error *err) {
    if (mine->memory != base->memory)
        return merge_conflict(ERR_DELTA_METADATA_CHANGED, base->info.name, err);
    catalog_space *result = catalog_space_ref((catalog_space *)(uintptr_t)head);
    dbx_status status = merge_space_schemas(base, mine, head, &result, l, err);
    if (status != DBX_OK) {
        catalog_space_unref(result);
        return status;
    }
    *out = result;
    return DBX_OK;
}

/* ---- catalogs
 * ----------------------------------------------------------------------------------------------------
 */

static dbx_status merge_put_space(catalog_root **result, const catalog_space *old,
                                  catalog_space *fresh, error *err) {
    if (fresh != NULL) {
        const catalog_space *same_name = catalog_root_find(*result, fresh->info.name);
        if (same_name != NULL && same_name != old) {
            return merge_conflict(ERR_DELTA_METADATA_CHANGED, fresh->info.name, err);
        }
    }
    catalog_root *changed = catalog_root_with(*result, old, fresh);
    if (changed == NULL) return error_nomem(err);
    catalog_root_unref(*result);
    *result = changed;
    return DBX_OK;
}

static dbx_status merge_root_spaces(const catalog_root *base, const catalog_root *mine,
                                    const catalog_root *head, catalog_root **result, error *err) {
    ledger *l = head->catalog->ledger;
    for (uint32_t i = 0; i < base->space_count; i++) {
        const catalog_space *was = base->spaces[i];
        if (catalog_root_find_id(mine, was->id) != NULL) continue;
        const catalog_space *now = catalog_root_find_id(head, was->id);
        if (now == NULL) continue;
        if (now != was) return merge_conflict(ERR_DELTA_METADATA_CHANGED, was->info.name, err);
        TRY(merge_put_space(result, now, NULL, err));
    }
    for (uint32_t i = 0; i < mine->space_count; i++) {
        catalog_space *m = mine->spaces[i];
        const catalog_space *was = catalog_root_find_id(base, m->id);
        const catalog_space *now = catalog_root_find_id(head, m->id);
        if (was == m) continue;
        if (was != NULL && now == NULL)
            return merge_conflict(ERR_DELTA_METADATA_CHANGED, m->info.name, err);
        if (was == NULL || now == was) {
            TRY(merge_put_space(result, now, m, err));
            continue;
        }
        catalog_space *merged = NULL;
        TRY(merge_space(was, m, now, l, &merged, err));
        dbx_status status = merge_put_space(result, now, merged, err);
        catalog_space_unref(merged);
        TRY(status);
    }
    return DBX_OK;
}

dbx_status catalog_merge(const catalog_root *base, const catalog_root *mine,
                         const catalog_root *head, catalog_root **out, error *err) {
    catalog_root *result = catalog_root_ref((catalog_root *)(uintptr_t)head);
    dbx_status status = merge_root_spaces(base, mine, head, &result, err);
    if (status != DBX_OK) {
        catalog_root_unref(result);
        return status;
    }
    *out = result;
    return DBX_OK;
}
