/* load.c - reading the catalog that persist.c wrote. Texts are copied into the nodes' own memory.
 */
#include "catalog/catalog_int.h"

#include "storage/bytes.h"
#include "vector/collation.h"

enum { LOAD_FORMAT = 1, LOAD_ROOT_FORMAT = 2 };

/* A reader of one blob: the first failure (out of memory or malformed) ends it. */
typedef struct loader {
    byte_reader bytes;
    arena *arena;
    uint8_t root_format; /* 1: without histories */
    bool nomem;
} loader;

static bool load_failed(const loader *l) {
    return l->bytes.failed || l->nomem;
}

static void *load_array(loader *l, size_t size, uint32_t count) {
    void *items = load_failed(l) ? NULL : arena_alloc_array(l->arena, size, MAX(count, 1u));
    l->nomem = l->nomem || (items == NULL && !l->bytes.failed);
    return items;
}

static string_view load_text(loader *l) {
    string_view text = get_text(&l->bytes), copy;
    if (catalog_copy_text(l->arena, text, &copy) == DBX_OK) return copy;
    l->nomem = true;
    return (string_view){NULL, 0};
}

static bool load_type_is_sound(type t) {
    if (t.id >= TYPE_ID_COUNT) return false;
    if (t.id == TYPE_DECIMAL &&
        (t.precision < 1 || t.precision > DECIMAL_PRECISION_MAX || t.scale > t.precision)) {
        return false;
    }
    uint32_t children = t.id == TYPE_ARRAY ? 1 : t.id == TYPE_MAP ? 2 : 0;
    return t.id == TYPE_STRUCT || t.child_count == children;
}

static type load_type(loader *l, uint32_t depth) {
    type t = {0};
    t.id = get_u8(&l->bytes);
    t.precision = get_u8(&l->bytes);
    t.scale = get_u8(&l->bytes);
    t.char_kind = get_u8(&l->bytes);
    bool known = collation_from_stored(get_varint(&l->bytes), &t.collation);
    t.length = (uint32_t)get_varint(&l->bytes);
    uint32_t count = get_count(&l->bytes);
    t.child_count = (uint16_t)count;
    if (!known || depth > TYPE_DEPTH_MAX || count > UINT16_MAX || !load_type_is_sound(t) ||
        collation_open(t.collation) != DBX_OK)
        l->bytes.failed = true;
    if (load_failed(l) || count == 0) return t;
    type_field *fields = load_array(l, sizeof(type_field), count);
    for (uint32_t i = 0; i < count && !load_failed(l); i++) {
        fields[i].name = load_text(l);
        fields[i].nullable = get_u8(&l->bytes) != 0;
        fields[i].comment = load_text(l);
        fields[i].type = load_type(l, depth + 1);
    }
    t.children = fields;
    return t;
}

static const catalog_property *load_properties(loader *l, uint32_t *count) {
    *count = get_count(&l->bytes);
    catalog_property *p = load_array(l, sizeof(*p), *count);
    for (uint32_t i = 0; i < *count && !load_failed(l); i++) {
        p[i].key = load_text(l);
        p[i].value = load_text(l);
    }
    return p;
}

static void load_info(loader *l, catalog_info *info) {
    info->name = load_text(l);
    info->owner = load_text(l);
    info->comment = load_text(l);
    info->created_us = get_signed(&l->bytes);
    info->properties = load_properties(l, &info->property_count);
    if (info->name.size == 0) l->bytes.failed = true;
}

static const catalog_column *load_columns(loader *l, uint32_t *count) {
    *count = get_count(&l->bytes);
    catalog_column *columns = load_array(l, sizeof(*columns), *count);
    for (uint32_t i = 0; i < *count && !load_failed(l); i++) {
        catalog_column *c = &columns[i];
        c->name = load_text(l);
        c->type = load_type(l, 0);
        c->nullable = get_u8(&l->bytes) != 0;
        c->generated = get_u8(&l->bytes);
        c->field_id = (uint32_t)get_varint(&l->bytes);
        c->comment = load_text(l);
        c->default_text = load_text(l);
        c->generation_text = load_text(l);
        c->identity_start = get_signed(&l->bytes);
        c->identity_step = get_signed(&l->bytes);
        if (c->generated > CATALOG_GENERATED_DEFAULT_IDENTITY) l->bytes.failed = true;
    }
    return columns;
}

static const string_view *load_texts(loader *l, uint32_t *count) {
    *count = get_count(&l->bytes);
    string_view *texts = load_array(l, sizeof(*texts), *count);
    for (uint32_t i = 0; i < *count && !load_failed(l); i++) texts[i] = load_text(l);
    return texts;
}

static void load_table(loader *l, catalog_table *t, ledger *memory) {
    catalog_table_def *d = &t->def;
    d->columns = load_columns(l, &d->column_count);
    d->constraint_count = get_count(&l->bytes);
    catalog_constraint *constraints = load_array(l, sizeof(*constraints), d->constraint_count);
    for (uint32_t i = 0; i < d->constraint_count && !load_failed(l); i++) {
        catalog_constraint *c = &constraints[i];
        c->name = load_text(l);
        uint8_t kind = get_u8(&l->bytes);
        c->kind = (catalog_constraint_kind)kind;
        c->columns = load_texts(l, &c->column_count);
        c->text = load_text(l);
        uint8_t flags = get_u8(&l->bytes);
        c->enforced = flags & 1;
        c->rely = flags & 2;
        if (kind > CATALOG_CONSTRAINT_CHECK) l->bytes.failed = true;
    }
    d->constraints = constraints;
    d->partition_columns = load_texts(l, &d->partition_column_count);
    d->cluster_columns = load_texts(l, &d->cluster_column_count);
    d->provider = load_text(l);
    d->location = load_text(l);
    d->options = load_properties(l, &d->option_count);
    t->next_field_id = (uint32_t)get_varint(&l->bytes);
    if (load_failed(l)) return;
    t->identity = catalog_identity_new(memory, d);
    l->nomem = l->nomem || t->identity == NULL;
}

static void load_view(loader *l, catalog_view_def *d) {
    d->sql = load_text(l);
    d->column_count = get_count(&l->bytes);
    catalog_view_column *columns = load_array(l, sizeof(*columns), d->column_count);
    for (uint32_t i = 0; i < d->column_count && !load_failed(l); i++) {
        columns[i].name = load_text(l);
        columns[i].comment = load_text(l);
    }
    d->columns = columns;
    d->current_catalog = load_text(l);
    d->current_schema = load_text(l);
    d->settings = load_properties(l, &d->setting_count);
    uint8_t binding = get_u8(&l->bytes);
    d->binding = (catalog_view_binding)binding;
    if (binding > CATALOG_VIEW_EVOLUTION) l->bytes.failed = true;
    d->schema = load_columns(l, &d->schema_count);
}

static void load_function(loader *l, catalog_function_def *d) {
    d->parameter_count = get_count(&l->bytes);
    catalog_parameter *parameters = load_array(l, sizeof(*parameters), d->parameter_count);
    for (uint32_t i = 0; i < d->parameter_count && !load_failed(l); i++) {
        parameters[i].name = load_text(l);
        parameters[i].type = load_type(l, 0);
        parameters[i].default_text = load_text(l);
        parameters[i].comment = load_text(l);
    }
    d->parameters = parameters;
    uint8_t flags = get_u8(&l->bytes);
    d->has_return_type = flags & 1;
    d->is_table = flags & 2;
    d->deterministic = flags & 4;
    d->contains_sql_only = flags & 8;
    d->return_type = load_type(l, 0);
    d->return_columns = load_columns(l, &d->return_column_count);
    d->language = load_text(l);
    d->body = load_text(l);
    d->current_catalog = load_text(l);
    d->current_schema = load_text(l);
}

static dbx_status load_raise(catalog *c, const loader *l, error *err) {
    return l->nomem ? error_nomem(err)
                    : storage_corrupt(c->storage, err, "the catalog does not decode");
}

/* ---- nodes
 * -------------------------------------------------------------------------------------------------------
 */

/* One object; on success the caller owns it. */
static dbx_status load_object(catalog *c, byte_reader *bytes, const catalog_space *space,
                              const catalog_schema *schema, catalog_object **out, error *err) {
    loader l = {.bytes = *bytes};
    uint8_t kind = get_u8(&l.bytes);
    if (kind > CATALOG_FUNCTION)
        return storage_corrupt(c->storage, err, "the catalog holds an unknown kind of object");
    catalog_object *o = catalog_object_new(c->ledger, (catalog_object_kind)kind);
    if (o == NULL) return error_nomem(err);
    l.arena = &o->memory->arena;
    o->id = get_varint(&l.bytes);
    load_info(&l, &o->info);
    if (!load_failed(&l) && kind == CATALOG_TABLE) load_table(&l, (catalog_table *)o, c->ledger);
    if (!load_failed(&l) && kind == CATALOG_VIEW) load_view(&l, &((catalog_view *)o)->def);
    if (!load_failed(&l) && kind == CATALOG_FUNCTION)
        load_function(&l, &((catalog_function *)o)->def);
    bool named = catalog_copy_text(l.arena, space->info.name, &o->catalog_name) == DBX_OK &&
                 catalog_copy_text(l.arena, schema->info.name, &o->schema_name) == DBX_OK;
    l.nomem = l.nomem || !named;
    if (load_failed(&l)) {
        catalog_object_unref(o);
        return load_raise(c, &l, err);
    }
    *bytes = l.bytes;
    *out = o;
    return DBX_OK;
}

dbx_status load_definition(catalog *c, byte_reader *r, const catalog_table *like,
                           catalog_table **out, error *err) {
    *out = NULL;
    catalog_object *o = catalog_object_new(c->ledger, CATALOG_TABLE);
    if (o == NULL) return error_nomem(err);
    loader l = {.bytes = *r, .arena = &o->memory->arena};
    o->id = like->base.id;
    load_info(&l, &o->info);
    if (!load_failed(&l)) load_table(&l, (catalog_table *)o, c->ledger);
    bool named = catalog_copy_text(l.arena, like->base.catalog_name, &o->catalog_name) == DBX_OK &&
                 catalog_copy_text(l.arena, like->base.schema_name, &o->schema_name) == DBX_OK;
    l.nomem = l.nomem || !named;
    if (load_failed(&l)) {
        catalog_object_unref(o);
        return load_raise(c, &l, err);
    }
    *r = l.bytes;
    *out = (catalog_table *)o;
    return DBX_OK;
}

/* Adds an object to *schema, which is replaced. Fails when the name is there already. */
static dbx_status load_add_object(catalog *c, catalog_schema **schema, catalog_object *o,
                                  error *err) {
    if (catalog_schema_find(*schema, catalog_space_of(o->kind), o->info.name) != NULL) {
        return storage_corrupt(c->storage, err, "the catalog has a name twice");
    }
    catalog_schema *grown = catalog_schema_with(*schema, c->ledger, NULL, o);
    if (grown == NULL) return error_nomem(err);
    catalog_schema_unref(*schema);
    *schema = grown;
    return DBX_OK;
}

static dbx_status load_objects(catalog *c, const buffer *bytes, const catalog_space *space,
                               catalog_schema **schema, error *err) {
    byte_reader r = byte_reader_from(bytes->data, bytes->size);
    uint8_t format = get_u8(&r);
    uint32_t count = get_count(&r);
    if (r.failed || format != LOAD_FORMAT)
        return storage_corrupt(c->storage, err, "the catalog does not decode");
    for (uint32_t i = 0; i < count; i++) {
        catalog_object *o = NULL;
        TRY(load_object(c, &r, space, *schema, &o, err));
        dbx_status status = load_add_object(c, schema, o, err);
        catalog_object_unref(o);
        TRY(status);
    }
    return DBX_OK;
}

static dbx_status load_table_rows(catalog *c, catalog_table *t, storage_pointer pointer,
                                  const catalog_schema *like, error *err) {
    const catalog_object *same = like == NULL ? NULL : catalog_schema_find_id(like, t->base.id);
    const catalog_table *known = same == NULL ? NULL : catalog_as_table(same);
    TRY(table_version_load(c->storage, pointer, known == NULL ? NULL : known->version, &t->version,
                           err));
    arena a;
    arena_init(&a, c->ledger);
    const storage_column *columns;
    dbx_status status = catalog_storage_columns(t, &a, &columns);
    status = status != DBX_OK ? error_nomem(err)
                              : table_version_check(t->version, columns, t->def.column_count, err);
    arena_deinit(&a);
    return status;
}

/* Row pointers of a schema's tables; the objects are not shared yet, so they are filled in place.
 */
static dbx_status load_rows(catalog *c, loader *l, catalog_schema *schema,
                            const catalog_schema *like, error *err) {
    uint32_t count = get_count(&l->bytes);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t id = get_varint(&l->bytes);
        storage_pointer pointer = storage_get_pointer(&l->bytes);
        uint32_t values = get_count(&l->bytes);
        catalog_object *o = catalog_schema_find_id(schema, id);
        if (l->bytes.failed || o == NULL || o->kind != CATALOG_TABLE ||
            ((catalog_table *)o)->version != NULL) {
            return storage_corrupt(c->storage, err, "the catalog does not decode");
        }
        catalog_table *t = (catalog_table *)o;
        for (uint32_t k = 0; k < values; k++) {
            uint64_t field_id = get_varint(&l->bytes);
            int64_t next = get_signed(&l->bytes);
            for (uint32_t n = 0; n < t->identity->count; n++) {
                if (t->identity->values[n].field_id == field_id)
                    atomic_store(&t->identity->values[n].next, next);
            }
        }
        TRY(load_table_rows(c, t, pointer, like, err));
        if (l->root_format < LOAD_ROOT_FORMAT) continue;
        pointer = storage_get_pointer(&l->bytes);
        if (l->bytes.failed) return storage_corrupt(c->storage, err, "the catalog does not decode");
        if (pointer.size > 0) TRY(history_read(c, t, pointer, err));
    }
    for (uint32_t i = 0; i < schema->object_count; i++) {
        const catalog_table *t = catalog_as_table(schema->objects[i]);
        if (t != NULL && t->version == NULL && t->def.location.data == NULL) {
            return storage_corrupt(c->storage, err, "a table has no rows");
        }
    }
    return DBX_OK;
}

/* The same definitions as those of `like`, whose objects are copied without their rows. */
static dbx_status load_objects_like(catalog *c, const catalog_schema *like, catalog_schema **schema,
                                    error *err) {
    for (uint32_t i = 0; i < like->object_count; i++) {
        catalog_object *o = catalog_object_copy(c->ledger, like->objects[i]);
        if (o == NULL) return error_nomem(err);
        if (o->kind == CATALOG_TABLE) {
            catalog_table *t = (catalog_table *)o;
            table_version_unref(t->version);
            history_unref(t->history);
            t->version = NULL;
            t->history = NULL;
        }
        dbx_status status = load_add_object(c, schema, o, err);
        catalog_object_unref(o);
        TRY(status);
    }
    return DBX_OK;
}

static bool load_same_pointer(const storage_pointer *a, const storage_pointer *b) {
    return a->page == b->page && a->size == b->size && a->raw_size == b->raw_size &&
           a->hash == b->hash;
}

static bool load_same_history(const catalog_history *a, const catalog_history *b) {
    if (a == NULL || b == NULL) return a == b;
    return a->blob != NULL && b->blob != NULL &&
           load_same_pointer(&a->blob->blob.pointer, &b->blob->blob.pointer);
}

/* Same rows and past? */
static bool load_same_table(const catalog_table *a, const catalog_table *b) {
    return a->version == b->version && load_same_history(a->history, b->history);
}

/* What did not change at all is the same node, so that a commit sees that. */
static void load_share_objects(catalog_schema *schema, const catalog_schema *like) {
    catalog_object **objects = (catalog_object **)(uintptr_t)schema->objects;
    for (uint32_t i = 0; i < schema->object_count; i++) {
        catalog_object *o = objects[i], *known = catalog_schema_find_id(like, o->id);
        bool same = known != NULL && known->memory == o->memory &&
                    (o->kind != CATALOG_TABLE ||
                     load_same_table((catalog_table *)o, (catalog_table *)known));
        if (!same) continue;
        objects[i] = catalog_object_ref(known);
        catalog_object_unref(o);
    }
}

/* Definitions of a schema: those of `like` when they stand in the same blob. */
static dbx_status load_definitions(catalog *c, storage_pointer pointer, const catalog_space *space,
                                   const catalog_schema *like, catalog_schema **out, error *err) {
    if (like != NULL && like->blob != NULL &&
        load_same_pointer(&like->blob->blob.pointer, &pointer)) {
        TRY(load_objects_like(c, like, out, err));
        atomic_fetch_add_explicit(&like->blob->refs, 1, memory_order_relaxed);
        (*out)->blob = like->blob;
        return DBX_OK;
    }
    catalog_blob *blob = catalog_blob_new(c->storage);
    if (blob == NULL) return error_nomem(err);
    buffer bytes;
    buffer_init(&bytes, c->ledger);
    dbx_status status = storage_blob_read(c->storage, pointer, &blob->blob, &bytes, err);
    if (status == DBX_OK) status = load_objects(c, &bytes, space, out, err);
    buffer_deinit(&bytes);
    (*out)->blob = blob;
    return status;
}

static dbx_status load_schema(catalog *c, loader *l, const catalog_space *space,
                              const catalog_space *like_space, catalog_schema **out, error *err) {
    catalog_memory *m = catalog_memory_new(c->ledger);
    catalog_schema *s = m == NULL ? NULL : catalog_schema_new(c->ledger, m, 0);
    catalog_memory_unref(m);
    *out = s;
    if (s == NULL) return error_nomem(err);
    loader own = {.bytes = l->bytes, .arena = &s->memory->arena, .root_format = l->root_format};
    s->id = get_varint(&own.bytes);
    load_info(&own, &s->info);
    s->location = load_text(&own);
    storage_pointer pointer = storage_get_pointer(&own.bytes);
    if (load_failed(&own)) return load_raise(c, &own, err);
    const catalog_schema *like =
        like_space == NULL ? NULL : catalog_space_find_id(like_space, s->id);
    dbx_status status = load_definitions(c, pointer, space, like, out, err);
    if (status == DBX_OK) status = load_rows(c, &own, *out, like, err);
    if (status == DBX_OK && like != NULL) load_share_objects(*out, like);
    l->bytes = own.bytes;
    return status;
}

static dbx_status load_space(catalog *c, loader *l, const catalog_root *like, catalog_space **out,
                             error *err) {
    catalog_memory *m = catalog_memory_new(c->ledger);
    catalog_space *space = m == NULL ? NULL : catalog_space_new(c->ledger, m, 0);
    catalog_memory_unref(m);
    *out = space;
    if (space == NULL) return error_nomem(err);
    loader own = {.bytes = l->bytes, .arena = &space->memory->arena, .root_format = l->root_format};
    space->id = get_varint(&own.bytes);
    load_info(&own, &space->info);
    uint32_t count = get_count(&own.bytes);
    if (load_failed(&own)) return load_raise(c, &own, err);
    const catalog_space *like_space = like == NULL ? NULL : catalog_root_find_id(like, space->id);
    for (uint32_t i = 0; i < count; i++) {
        catalog_schema *schema;
        dbx_status status = load_schema(c, &own, *out, like_space, &schema, err);
        catalog_space *grown = NULL;
        if (status == DBX_OK && catalog_space_find(*out, schema->info.name) != NULL) {
            status = storage_corrupt(c->storage, err, "the catalog has a name twice");
        }
        if (status == DBX_OK) {
            grown = catalog_space_with(*out, c->ledger, NULL, schema);
            if (grown == NULL) status = error_nomem(err);
        }
        catalog_schema_unref(schema);
        TRY(status);
        catalog_space_unref(*out);
        *out = grown;
    }
    l->bytes = own.bytes;
    return DBX_OK;
}

static dbx_status load_spaces(catalog *c, const buffer *bytes, const catalog_root *like,
                              catalog_root **root, error *err) {
    loader l = {.bytes = byte_reader_from(bytes->data, bytes->size)};
    uint8_t format = get_u8(&l.bytes);
    uint32_t count = get_count(&l.bytes);
    if (l.bytes.failed || format < LOAD_FORMAT || format > LOAD_ROOT_FORMAT)
        return load_raise(c, &l, err);
    l.root_format = format;
    for (uint32_t i = 0; i < count; i++) {
        catalog_space *space;
        dbx_status status = load_space(c, &l, like, &space, err);
        catalog_root *grown = NULL;
        if (status == DBX_OK && catalog_root_find(*root, space->info.name) != NULL) {
            status = storage_corrupt(c->storage, err, "the catalog has a name twice");
        }
        if (status == DBX_OK) {
            grown = catalog_root_with(*root, NULL, space);
            if (grown == NULL) status = error_nomem(err);
        }
        catalog_space_unref(space);
        TRY(status);
        catalog_root_unref(*root);
        *root = grown;
    }
    return DBX_OK;
}

dbx_status catalog_load(catalog *c, const catalog_root *like, catalog_root **out, error *err) {
    *out = NULL;
    catalog_root *root = catalog_root_new(c, 0);
    if (root == NULL) return error_nomem(err);
    buffer bytes;
    buffer_init(&bytes, c->ledger);
    dbx_status status =
        storage_blob_read(c->storage, storage_root(c->storage), &c->root_blobs[0], &bytes, err);
    if (status == DBX_OK) status = load_spaces(c, &bytes, like, &root, err);
    buffer_deinit(&bytes);
    if (status == DBX_OK)
        *out = root;
    else
        catalog_root_unref(root);
    return status;
}
