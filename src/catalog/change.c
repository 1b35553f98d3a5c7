/* change.c - CREATE, DROP and ALTER inside a transaction. */
#include "catalog/catalog_int.h"

/* ---- raising
 * -------------------------------------------------------------------------------------------------
 */

/* Raises a class with one parameter: a quoted name of up to three parts. */
static dbx_status change_raise(error_class cls, const char *parameter, string_view x, string_view y,
                               string_view z, error *err) {
    arena a;
    arena_init(&a, NULL);
    char *text = catalog_quote(&a, x, y, z);
    dbx_status status = text == NULL ? error_nomem(err)
                                     : error_raise(err, cls, (span){0, 0}, parameter, text, NULL);
    arena_deinit(&a);
    return status;
}

static dbx_status change_raise_exists(catalog_object_kind kind, bool temporary,
                                      const catalog_path *path, error *err) {
    string_view none = {NULL, 0};
    if (kind != CATALOG_FUNCTION) {
        if (temporary) {
            return change_raise(ERR_TEMP_TABLE_OR_VIEW_ALREADY_EXISTS, "relationName", path->name,
                                none, none, err);
        }
        return change_raise(ERR_TABLE_OR_VIEW_ALREADY_EXISTS, "relationName", path->catalog,
                            path->schema, path->name, err);
    }
    arena a;
    arena_init(&a, NULL);
    char *text = temporary ? catalog_quote(&a, path->name, none, none)
                           : catalog_quote(&a, path->catalog, path->schema, path->name);
    dbx_status status = text == NULL ? error_nomem(err)
                                     : error_raise(err, ERR_ROUTINE_ALREADY_EXISTS, (span){0, 0},
                                                   "routineName", text, "newRoutineType", "routine",
                                                   "existingRoutineType", "routine", NULL);
    arena_deinit(&a);
    return status;
}

static dbx_status change_check_name(string_view name, error *err) {
    if (name.size > 0 && name.size <= CATALOG_NAME_BYTES_MAX) return DBX_OK;
    return error_raise(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                       name.size == 0 ? "empty names" : "names of more than 255 bytes", NULL);
}

static dbx_status change_check_columns(const catalog_column *columns, uint32_t count, error *err) {
    if (count > CATALOG_COLUMNS_MAX) {
        return error_raise(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                           "more than 10000 columns", NULL);
    }
    string_view none = {NULL, 0};
    for (uint32_t i = 0; i < count; i++) {
        TRY(change_check_name(columns[i].name, err));
        for (uint32_t k = 0; k < i; k++) {
            if (!sv_equal_ignore_case(columns[i].name, columns[k].name)) continue;
            return change_raise(ERR_COLUMN_ALREADY_EXISTS, "columnName", columns[i].name, none,
                                none, err);
        }
    }
    return DBX_OK;
}

/* ---- objects
 * ---------------------------------------------------------------------------------------------------
 */

/* Where a new object goes. */
typedef struct change_place {
    catalog_space *space; /* NULL: temporary */
    catalog_schema *schema;
    catalog_object *old; /* of that name */
} change_place;

static dbx_status change_find_place(txn *t, const catalog_path *path, bool temporary,
                                    catalog_object_kind kind, change_place *out, error *err) {
    TRY(change_check_name(path->name, err));
    memset(out, 0, sizeof(*out));
    string_view none = {NULL, 0};
    if (temporary) {
        TRY(txn_check_writable(t, true, "", err));
        out->schema = t->temporary;
    } else {
        out->space = catalog_root_find(t->root, path->catalog);
        if (out->space == NULL)
            return change_raise(ERR_CATALOG_NOT_FOUND, "catalogName", path->catalog, none, none,
                                err);
        out->schema = catalog_space_find(out->space, path->schema);
        if (out->schema == NULL) {
            return change_raise(ERR_SCHEMA_NOT_FOUND, "schemaName", path->catalog, path->schema,
                                none, err);
        }
        TRY(txn_check_writable(t, false, "the catalog", err));
    }
    out->old = catalog_schema_find(out->schema, catalog_space_of(kind), path->name);
    return DBX_OK;
}

/* What the mode makes of an object that is there: *go_on is false when there is nothing to do. */
static dbx_status change_apply_mode(const change_place *place, catalog_create_mode mode,
                                    catalog_object_kind kind, bool temporary,
                                    const catalog_path *path, bool *go_on, error *err) {
    *go_on = true;
    if (place->old == NULL) {
        if (mode != CATALOG_REPLACE) return DBX_OK;
        return change_raise(ERR_TABLE_OR_VIEW_NOT_FOUND, "relationName", path->catalog,
                            path->schema, path->name, err);
    }
    if (mode == CATALOG_CREATE_IF_NOT_EXISTS) {
        *go_on = false;
        return DBX_OK;
    }
    bool replaces = mode == CATALOG_CREATE_OR_REPLACE || mode == CATALOG_REPLACE;
    return replaces && place->old->kind == kind ? DBX_OK
                                                : change_raise_exists(kind, temporary, path, err);
}

/* A blank object with its identity; the definition is still to be copied. */
static dbx_status change_new_object(txn *t, const change_place *place, const catalog_path *path,
                                    const catalog_info *info, catalog_object_kind kind,
                                    catalog_object **out) {
    catalog_object *o = catalog_object_new(t->catalog->ledger, kind);
    *out = o;
    if (o == NULL) return DBX_NOMEM;
    arena *a = &o->memory->arena;
    o->id = storage_next_id(t->catalog->storage);
    o->is_temporary = place->space == NULL;
    catalog_info given = info != NULL ? *info : (catalog_info){0};
    given.name = path->name;
    TRY(catalog_copy_info(a, &given, &o->info));
    if (place->space == NULL) return DBX_OK;
    TRY(catalog_copy_text(a, place->space->info.name, &o->catalog_name));
    return catalog_copy_text(a, place->schema->info.name, &o->schema_name);
}

/* Puts an object in its place; takes over the reference, also on failure. */
static dbx_status change_put(txn *t, const change_place *place, catalog_object *fresh, error *err) {
    dbx_status status;
    if (place->space == NULL) {
        status = txn_set_temporary(
            t, catalog_schema_with(place->schema, t->catalog->ledger, place->old, fresh), err);
    } else {
        status = txn_set_root(
            t, catalog_root_with_object(t->root, place->space, place->schema, place->old, fresh),
            err);
    }
    catalog_object_unref(fresh);
    return status;
}

/* ---- tables
 * ----------------------------------------------------------------------------------------------------
 */

/* Field ids 1, 2, … in the copied definition. */
static void change_number_columns(catalog_table *table) {
    catalog_column *columns = (catalog_column *)(uintptr_t)table->def.columns;
    for (uint32_t i = 0; i < table->def.column_count; i++) columns[i].field_id = i + 1;
    table->next_field_id = table->def.column_count + 1;
}

static dbx_status change_start_rows(txn *t, catalog_table *table, error *err) {
    arena a;
    arena_init(&a, t->catalog->ledger);
    const storage_column *columns;
    dbx_status status = catalog_storage_columns(table, &a, &columns);
    if (status != DBX_OK)
        status = error_nomem(err);
    else
        status = table_version_new(catalog_table_storage(t->catalog, table), columns,
                                   table->def.column_count, &table->version, err);
    arena_deinit(&a);
    return status;
}

static dbx_status change_fill_table(txn *t, catalog_table *table, const catalog_table_def *def,
                                    error *err) {
    if (catalog_copy_table_def(&table->base.memory->arena, def, &table->def) != DBX_OK)
        return error_nomem(err);
    change_number_columns(table);
    table->identity = catalog_identity_new(t->catalog->ledger, &table->def);
    if (table->identity == NULL) return error_nomem(err);
    return def->location.data != NULL ? DBX_OK : change_start_rows(t, table, err);
}

dbx_status catalog_create_table(txn *t, const catalog_path *path, bool temporary,
                                const catalog_info *info, const catalog_table_def *def,
                                catalog_create_mode mode, bool *created, const catalog_table **out,
                                error *err) {
    if (created != NULL) *created = false;
    if (out != NULL) *out = NULL;
    change_place place;
    bool go_on;
    TRY(change_find_place(t, path, temporary, CATALOG_TABLE, &place, err));
    TRY(change_apply_mode(&place, mode, CATALOG_TABLE, temporary, path, &go_on, err));
    if (!go_on) {
        if (out != NULL) *out = catalog_as_table(place.old);
        return DBX_OK;
    }
    TRY(change_check_columns(def->columns, def->column_count, err));
    catalog_object *o;
    dbx_status status = change_new_object(t, &place, path, info, CATALOG_TABLE, &o);
    status =
        status != DBX_OK ? error_nomem(err) : change_fill_table(t, (catalog_table *)o, def, err);
    if (status != DBX_OK) {
        catalog_object_unref(o);
        return status;
    }
    TRY(change_put(t, &place, o, err));
    if (created != NULL) *created = true;
    if (out != NULL) *out = (const catalog_table *)o; /* the tree has it */
    return DBX_OK;
}

static const catalog_column *change_find_field(const catalog_table_def *def, uint32_t field_id) {
    for (uint32_t i = 0; field_id != 0 && i < def->column_count; i++) {
        if (def->columns[i].field_id == field_id) return &def->columns[i];
    }
    return NULL;
}

static dbx_status change_check_types(const catalog_table *table, const catalog_table_def *def,
                                     error *err) {
    for (uint32_t i = 0; i < def->column_count; i++) {
        const catalog_column *old = change_find_field(&table->def, def->columns[i].field_id);
        if (old == NULL || type_same_layout(old->type, def->columns[i].type)) continue;
        if (table->version != NULL && table->version->group_count == 0) continue;
        return error_raise(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                           "changing a column to a type that is stored otherwise; create the table "
                           "anew from a query",
                           NULL);
    }
    return DBX_OK;
}

void catalog_identity_keep(const catalog_identity *old, catalog_identity *fresh) {
    for (uint32_t i = 0; i < fresh->count; i++) {
        for (uint32_t k = 0; k < old->count; k++) {
            if (old->values[k].field_id != fresh->values[i].field_id) continue;
            atomic_store(&fresh->values[i].next, atomic_load(&old->values[k].next));
            atomic_store(&fresh->values[i].exhausted, atomic_load(&old->values[k].exhausted));
        }
    }
}

static dbx_status change_alter_rows(const catalog_table *old, catalog_table *fresh, error *err) {
    if (old->version == NULL) return DBX_OK;
    arena a;
    arena_init(&a, fresh->base.memory->ledger);
    const storage_column *columns;
    dbx_status status = catalog_storage_columns(fresh, &a, &columns);
    if (status != DBX_OK)
        status = error_nomem(err);
    else
        status = table_version_alter(old->version, columns, fresh->def.column_count,
                                     &fresh->version, err);
    arena_deinit(&a);
    return status;
}

static dbx_status change_fill_altered(txn *t, const catalog_table *old, catalog_table *fresh,
                                      const catalog_info *info, const catalog_table_def *def,
                                      error *err) {
    catalog_object *o = &fresh->base;
    arena *a = &o->memory->arena;
    o->id = old->base.id;
    o->is_temporary = old->base.is_temporary;
    catalog_info given = info != NULL ? *info : old->base.info;
    given.name = old->base.info.name;
    given.created_us = old->base.info.created_us;
    dbx_status status = catalog_copy_info(a, &given, &o->info);
    if (status == DBX_OK) status = catalog_copy_text(a, old->base.catalog_name, &o->catalog_name);
    if (status == DBX_OK) status = catalog_copy_text(a, old->base.schema_name, &o->schema_name);
    if (status == DBX_OK) status = catalog_copy_table_def(a, def, &fresh->def);
    if (status != DBX_OK) return error_nomem(err);
    fresh->next_field_id = old->next_field_id;
    catalog_column *columns = (catalog_column *)(uintptr_t)fresh->def.columns;
    for (uint32_t i = 0; i < fresh->def.column_count; i++) {
        if (change_find_field(&old->def, columns[i].field_id) == NULL)
            columns[i].field_id = fresh->next_field_id++;
    }
    fresh->identity = catalog_identity_new(t->catalog->ledger, &fresh->def);
    if (fresh->identity == NULL) return error_nomem(err);
    if (old->identity != NULL) catalog_identity_keep(old->identity, fresh->identity);
    if (old->history != NULL) fresh->history = history_ref(old->history);
    return change_alter_rows(old, fresh, err);
}

dbx_status catalog_alter_table(txn *t, const catalog_table *table, const catalog_info *info,
                               const catalog_table_def *def, const catalog_table **out,
                               error *err) {
    TRY(txn_check_writable(t, table->base.is_temporary, "the table", err));
    TRY(change_check_columns(def->columns, def->column_count, err));
    catalog_space *space;
    catalog_schema *schema;
    const catalog_table *now =
        (const catalog_table *)txn_find_object(t, &table->base, &space, &schema);
    if (now == NULL)
        return error_raise(err, ERR_INTERNAL_ERROR, (span){0, 0}, "message", "no such table", NULL);
    TRY(change_check_types(now, def, err));
    catalog_object *fresh = catalog_object_new(t->catalog->ledger, CATALOG_TABLE);
    if (fresh == NULL) return error_nomem(err);
    dbx_status status = change_fill_altered(t, now, (catalog_table *)fresh, info, def, err);
    if (status == DBX_OK) status = txn_replace_object(t, &now->base, fresh, err);
    catalog_object_unref(fresh);
    if (status == DBX_OK && out != NULL) *out = (const catalog_table *)fresh;
    return status;
}

/* ---- views and functions
 * ----------------------------------------------------------------------------------------- */

dbx_status catalog_create_view(txn *t, const catalog_path *path, bool temporary,
                               const catalog_info *info, const catalog_view_def *def,
                               catalog_create_mode mode, error *err) {
    change_place place;
    bool go_on;
    TRY(change_find_place(t, path, temporary, CATALOG_VIEW, &place, err));
    TRY(change_apply_mode(&place, mode, CATALOG_VIEW, temporary, path, &go_on, err));
    if (!go_on) return DBX_OK;
    catalog_object *o;
    dbx_status status = change_new_object(t, &place, path, info, CATALOG_VIEW, &o);
    if (status == DBX_OK)
        status = catalog_copy_view_def(&o->memory->arena, def, &((catalog_view *)o)->def);
    if (status == DBX_OK) return change_put(t, &place, o, err);
    catalog_object_unref(o);
    return error_nomem(err);
}

dbx_status catalog_create_function(txn *t, const catalog_path *path, bool temporary,
                                   const catalog_info *info, const catalog_function_def *def,
                                   catalog_create_mode mode, error *err) {
    change_place place;
    bool go_on;
    TRY(change_find_place(t, path, temporary, CATALOG_FUNCTION, &place, err));
    TRY(change_apply_mode(&place, mode, CATALOG_FUNCTION, temporary, path, &go_on, err));
    if (!go_on) return DBX_OK;
    catalog_object *o;
    dbx_status status = change_new_object(t, &place, path, info, CATALOG_FUNCTION, &o);
    if (status == DBX_OK)
        status = catalog_copy_function_def(&o->memory->arena, def, &((catalog_function *)o)->def);
    if (status == DBX_OK) return change_put(t, &place, o, err);
    catalog_object_unref(o);
    return error_nomem(err);
}

dbx_status catalog_alter_view(txn *t, const catalog_view *view, const catalog_info *info,
                              const catalog_view_def *def, error *err) {
    TRY(txn_check_writable(t, view->base.is_temporary, "the view", err));
    catalog_object *fresh = catalog_object_new(t->catalog->ledger, CATALOG_VIEW);
    if (fresh == NULL) return error_nomem(err);
    arena *a = &fresh->memory->arena;
    fresh->id = view->base.id;
    fresh->is_temporary = view->base.is_temporary;
    catalog_info given = info != NULL ? *info : view->base.info;
    given.name = view->base.info.name;
    given.created_us = view->base.info.created_us;
    dbx_status status = catalog_copy_info(a, &given, &fresh->info);
    if (status == DBX_OK)
        status = catalog_copy_text(a, view->base.catalog_name, &fresh->catalog_name);
    if (status == DBX_OK)
        status = catalog_copy_text(a, view->base.schema_name, &fresh->schema_name);
    if (status == DBX_OK) status = catalog_copy_view_def(a, def, &((catalog_view *)fresh)->def);
    status = status != DBX_OK ? error_nomem(err) : txn_replace_object(t, &view->base, fresh, err);
    catalog_object_unref(fresh);
    return status;
}

/* ---- dropping and renaming
 * --------------------------------------------------------------------------------------- */

dbx_status catalog_drop_object(txn *t, const catalog_object *object, error *err) {
    TRY(txn_check_writable(t, object->is_temporary, "the catalog", err));
    return txn_replace_object(t, object, NULL, err);
}

/* Same definition, other name: copied, since the name is part of it. */
static dbx_status change_copy_definition(catalog_object *fresh, const catalog_object *o) {
    arena *a = &fresh->memory->arena;
    switch (o->kind) {
    case CATALOG_TABLE: {
        const catalog_table *from = (const catalog_table *)o;
        catalog_table *to = (catalog_table *)fresh;
        TRY(catalog_copy_table_def(a, &from->def, &to->def));
        to->next_field_id = from->next_field_id;
        if (from->identity != NULL) atomic_fetch_add(&from->identity->refs, 1);
        to->identity = from->identity;
        to->version = from->version == NULL ? NULL : table_version_ref(from->version);
        to->history = from->history == NULL ? NULL : history_ref(from->history);
        return DBX_OK;
    }
    case CATALOG_VIEW:
        return catalog_copy_view_def(a, &((const catalog_view *)o)->def,
                                     &((catalog_view *)fresh)->def);
    case CATALOG_FUNCTION:
        return catalog_copy_function_def(a, &((const catalog_function *)o)->def,
                                         &((catalog_function *)fresh)->def);
    }
    return DBX_BUG;
}

dbx_status catalog_rename_object(txn *t, const catalog_object *object, const catalog_path *to,
                                 error *err) {
    catalog_space *space;
    catalog_schema *schema;
    catalog_object *now = txn_find_object(t, object, &space, &schema);
    if (now == NULL)
        return error_raise(err, ERR_INTERNAL_ERROR, (span){0, 0}, "message", "no such object",
                           NULL);
    change_place place;
    TRY(change_find_place(t, to, object->is_temporary, object->kind, &place, err));
    if (place.old != NULL && place.old != now)
        return change_raise_exists(now->kind, now->is_temporary, to, err);
    if (place.space != space) {
        return error_raise(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                           "renaming into another catalog", NULL);
    }
    catalog_object *fresh;
    dbx_status status = change_new_object(t, &place, to, &now->info, now->kind, &fresh);
    if (status == DBX_OK) {
        fresh->id = now->id;
        status = change_copy_definition(fresh, now);
    }
    if (status != DBX_OK) {
        catalog_object_unref(fresh);
        return error_nomem(err);
    }
    if (place.schema == schema) {
        place.old = now;
        return change_put(t, &place, fresh, err);
    }
    status = txn_replace_object(t, now, NULL, err);
    if (status == DBX_OK)
        status = change_find_place(t, to, object->is_temporary, object->kind, &place, err);
    if (status != DBX_OK) {
        catalog_object_unref(fresh);
        return status;
    }
    return change_put(t, &place, fresh, err);
}

/* ---- schemas and catalogs
 * ---------------------------------------------------------------------------------------- */

static dbx_status change_fill_schema(txn *t, const catalog_info *info, string_view location,
                                     uint64_t id, const catalog_schema *like,
                                     catalog_schema **out) {
    ledger *l = t->catalog->ledger;
    *out = NULL;
    catalog_memory *m = catalog_memory_new(l);
    if (m == NULL) return DBX_NOMEM;
    uint32_t count = like != NULL ? like->object_count : 0;
    catalog_schema *s = catalog_schema_new(l, m, count);
    catalog_memory_unref(m);
    if (s == NULL) return DBX_NOMEM;
    catalog_object **objects = (catalog_object **)(void *)(s + 1);
    for (uint32_t i = 0; i < count; i++) objects[i] = catalog_object_ref(like->objects[i]);
    s->id = id;
    *out = s;
    TRY(catalog_copy_info(&m->arena, info, &s->info));
    return catalog_copy_text(&m->arena, location, &s->location);
}

dbx_status catalog_create_schema(txn *t, string_view space_name, const catalog_info *info,
                                 string_view location, catalog_create_mode mode, error *err) {
    string_view none = {NULL, 0};
    TRY(change_check_name(info->name, err));
    catalog_space *space = catalog_root_find(t->root, space_name);
    if (space == NULL)
        return change_raise(ERR_CATALOG_NOT_FOUND, "catalogName", space_name, none, none, err);
    if (catalog_space_find(space, info->name) != NULL) {
        if (mode == CATALOG_CREATE_IF_NOT_EXISTS) return DBX_OK;
        return change_raise(ERR_SCHEMA_ALREADY_EXISTS, "schemaName", space_name, info->name, none,
                            err);
    }
    TRY(txn_check_writable(t, false, "the catalog", err));
    catalog_schema *s;
    dbx_status status =
        change_fill_schema(t, info, location, storage_next_id(t->catalog->storage), NULL, &s);
    if (status != DBX_OK)
        status = error_nomem(err);
    else
        status = txn_set_root(t, catalog_root_with_schema(t->root, space, NULL, s), err);
    catalog_schema_unref(s);
    return status;
}

dbx_status catalog_alter_schema(txn *t, string_view space_name, string_view schema,
                                const catalog_info *info, error *err) {
    string_view none = {NULL, 0};
    catalog_space *space = catalog_root_find(t->root, space_name);
    catalog_schema *old = space == NULL ? NULL : catalog_space_find(space, schema);
    if (old == NULL)
        return change_raise(ERR_SCHEMA_NOT_FOUND, "schemaName", space_name, schema, none, err);
    TRY(txn_check_writable(t, false, "the catalog", err));
    catalog_info given = *info;
    given.name = old->info.name;
    given.created_us = old->info.created_us;
    catalog_schema *s;
    dbx_status status = change_fill_schema(t, &given, old->location, old->id, old, &s);
    if (status != DBX_OK)
        status = error_nomem(err);
    else
        status = txn_set_root(t, catalog_root_with_schema(t->root, space, old, s), err);
    catalog_schema_unref(s);
    return status;
}

dbx_status catalog_drop_schema(txn *t, string_view space_name, string_view schema, bool if_exists,
                               bool cascade, error *err) {
    string_view none = {NULL, 0};
    catalog_space *space = catalog_root_find(t->root, space_name);
    catalog_schema *old = space == NULL ? NULL : catalog_space_find(space, schema);
    if (old == NULL) {
        if (if_exists) return DBX_OK;
        return change_raise(ERR_SCHEMA_NOT_FOUND, "schemaName", space_name, schema, none, err);
    }
    if (old->object_count > 0 && !cascade) {
        return change_raise(ERR_SCHEMA_NOT_EMPTY, "schemaName", space_name, schema, none, err);
    }
    TRY(txn_check_writable(t, false, "the catalog", err));
    return txn_set_root(t, catalog_root_with_schema(t->root, space, old, NULL), err);
}

dbx_status catalog_create_space(txn *t, const catalog_info *info, catalog_create_mode mode,
                                error *err) {
    string_view none = {NULL, 0};
    TRY(change_check_name(info->name, err));
    if (catalog_root_find(t->root, info->name) != NULL) {
        if (mode == CATALOG_CREATE_IF_NOT_EXISTS) return DBX_OK;
        return change_raise(ERR_CATALOG_ALREADY_EXISTS, "catalogName", info->name, none, none, err);
    }
    TRY(txn_check_writable(t, false, "the catalog", err));
    ledger *l = t->catalog->ledger;
    catalog_memory *m = catalog_memory_new(l);
    catalog_space *blank = m == NULL ? NULL : catalog_space_new(l, m, 0);
    catalog_schema *schema = NULL;
    catalog_space *space = NULL;
    catalog_info first = {.name = SV(CATALOG_DEFAULT_SCHEMA), .owner = info->owner};
    dbx_status status = DBX_NOMEM;
    if (blank != NULL) {
        blank->id = storage_next_id(t->catalog->storage);
        status = catalog_copy_info(&m->arena, info, &blank->info);
    }
    if (status == DBX_OK) {
        status = change_fill_schema(t, &first, none, storage_next_id(t->catalog->storage), NULL,
                                    &schema);
    }
    if (status == DBX_OK) space = catalog_space_with(blank, l, NULL, schema);
    status = space == NULL ? error_nomem(err)
                           : txn_set_root(t, catalog_root_with(t->root, NULL, space), err);
    catalog_space_unref(space);
    catalog_schema_unref(schema);
    catalog_space_unref(blank);
    catalog_memory_unref(m);
    return status;
}

dbx_status catalog_drop_space(txn *t, string_view name, bool if_exists, bool cascade, error *err) {
    string_view none = {NULL, 0};
    catalog_space *old = catalog_root_find(t->root, name);
    if (old == NULL) {
        if (if_exists) return DBX_OK;
        return change_raise(ERR_CATALOG_NOT_FOUND, "catalogName", name, none, none, err);
    }
    bool empty = true;
    for (uint32_t i = 0; i < old->schema_count; i++) {
        bool is_first =
            catalog_compare_names(old->schemas[i]->info.name, SV(CATALOG_DEFAULT_SCHEMA)) == 0;
        empty = empty && is_first && old->schemas[i]->object_count == 0;
    }
    if (!empty && !cascade)
        return change_raise(ERR_CATALOG_NOT_EMPTY, "catalogName", name, none, none, err);
    TRY(txn_check_writable(t, false, "the catalog", err));
    return txn_set_root(t, catalog_root_with(t->root, old, NULL), err);
}

/* ---- identity columns
 * -------------------------------------------------------------------------------------------- */

dbx_status catalog_identity_take(const catalog_table *table, uint32_t column, uint64_t count,
                                 int64_t *first, error *err) {
    assert(column < table->def.column_count);
    catalog_identity_value *v = NULL;
    for (uint32_t i = 0; table->identity != NULL && i < table->identity->count; i++) {
        if (table->identity->values[i].field_id == table->def.columns[column].field_id)
            v = &table->identity->values[i];
    }
    if (v == NULL) {
        return error_raise(err, ERR_INTERNAL_ERROR, (span){0, 0}, "message", "no identity column",
                           NULL);
    }
    int64_t now = atomic_load(&v->next), next, length;
    do {
        bool over = atomic_load(&v->exhausted) || count > INT64_MAX ||
                    __builtin_mul_overflow((int64_t)count, v->step, &length) ||
                    __builtin_add_overflow(now, length, &next);
        if (over) {
            return error_raise(err, ERR_ARITHMETIC_OVERFLOW, (span){0, 0}, "message",
                               "long overflow", "alternative", "", "config",
                               "spark.sql.ansi.enabled", NULL);
        }
    } while (!atomic_compare_exchange_weak(&v->next, &now, next));
    *first = now;
    return DBX_OK;
}
