/* node.c - nodes of the catalog tree: making, freeing, copying with a child changed, finding. */
#include "catalog/catalog_int.h"

/* ---- memory
 * --------------------------------------------------------------------------------------------------
 */

catalog_memory *catalog_memory_new(ledger *l) {
    catalog_memory *m = mem_alloc(l, sizeof(*m));
    if (m == NULL) return NULL;
    atomic_init(&m->refs, 1);
    m->ledger = l;
    arena_init(&m->arena, l);
    m->arena.next_block_size = 512; /* most definitions are short */
    return m;
}

void catalog_memory_unref(catalog_memory *m) {
    if (m == NULL || atomic_fetch_sub_explicit(&m->refs, 1, memory_order_acq_rel) != 1) return;
    ledger *l = m->ledger;
    arena_deinit(&m->arena);
    mem_free(l, m, sizeof(*m));
}

catalog_blob *catalog_blob_new(storage *s) {
    catalog_blob *b = mem_alloc_zero(storage_ledger(s), sizeof(*b));
    if (b == NULL) return NULL;
    atomic_init(&b->refs, 1);
    b->storage = s;
    return b;
}

void catalog_blob_unref(catalog_blob *b) {
    if (b == NULL || atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) != 1) return;
    storage *s = b->storage;
    storage_blob_release(s, &b->blob);
    mem_free(storage_ledger(s), b, sizeof(*b));
}

static size_t catalog_identity_size(uint32_t count) {
    return sizeof(catalog_identity) + sizeof(catalog_identity_value) * count;
}

void catalog_identity_unref(catalog_identity *i) {
    if (i == NULL || atomic_fetch_sub_explicit(&i->refs, 1, memory_order_acq_rel) != 1) return;
    mem_free(i->ledger, i, catalog_identity_size(i->count));
}

static bool catalog_is_identity(const catalog_column *c) {
    return c->generated == CATALOG_GENERATED_ALWAYS_IDENTITY ||
           c->generated == CATALOG_GENERATED_DEFAULT_IDENTITY;
}

catalog_identity *catalog_identity_new(ledger *l, const catalog_table_def *def) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < def->column_count; i++) count += catalog_is_identity(&def->columns[i]);
    catalog_identity *identity = mem_alloc_zero(l, catalog_identity_size(count));
    if (identity == NULL) return NULL;
    atomic_init(&identity->refs, 1);
    identity->ledger = l;
    for (uint32_t i = 0; i < def->column_count; i++) {
        const catalog_column *c = &def->columns[i];
        if (!catalog_is_identity(c)) continue;
        catalog_identity_value *v = &identity->values[identity->count++];
        v->field_id = c->field_id;
        v->step = c->identity_step;
        atomic_init(&v->next, c->identity_start);
        atomic_init(&v->exhausted, false);
    }
    return identity;
}

/* ---- objects
 * ---------------------------------------------------------------------------------------------------
 */

static size_t catalog_object_size(catalog_object_kind kind) {
    switch (kind) {
    case CATALOG_TABLE:
        return sizeof(catalog_table);
    case CATALOG_VIEW:
        return sizeof(catalog_view);
    case CATALOG_FUNCTION:
        return sizeof(catalog_function);
    }
    return 0;
}

catalog_object *catalog_object_new(ledger *l, catalog_object_kind kind) {
    catalog_object *o = mem_alloc_zero(l, catalog_object_size(kind));
    if (o == NULL) return NULL;
    atomic_init(&o->refs, 1);
    o->kind = kind;
    o->memory = catalog_memory_new(l);
    if (o->memory != NULL) return o;
    mem_free(l, o, catalog_object_size(kind));
    return NULL;
}

catalog_object *catalog_object_copy(ledger *l, const catalog_object *o) {
    size_t size = catalog_object_size(o->kind);
    catalog_object *copy = mem_alloc(l, size);
    if (copy == NULL) return NULL;
    size_t after_count = offsetof(catalog_object, kind); /* others change the count meanwhile */
    memcpy((char *)copy + after_count, (const char *)o + after_count, size - after_count);
    atomic_init(&copy->refs, 1);
    catalog_memory_ref(copy->memory);
    if (copy->kind == CATALOG_TABLE) {
        catalog_table *t = (catalog_table *)copy;
        if (t->identity != NULL)
            atomic_fetch_add_explicit(&t->identity->refs, 1, memory_order_relaxed);
        if (t->version != NULL) table_version_ref(t->version);
        if (t->history != NULL) (void)history_ref(t->history);
    }
    return copy;
}

void catalog_object_unref(catalog_object *o) {
    if (o == NULL || atomic_fetch_sub_explicit(&o->refs, 1, memory_order_acq_rel) != 1) return;
    if (o->kind == CATALOG_TABLE) {
        catalog_table *t = (catalog_table *)o;
        history_unref(t->history);
        table_version_unref(t->version);
        catalog_identity_unref(t->identity);
    }
    catalog_memory *memory = o->memory;
    mem_free(memory->ledger, o, catalog_object_size(o->kind));
    catalog_memory_unref(memory);
}

/* ---- inner nodes: the node and its array of children are one block
 * ---------------------------------------------- */

static size_t catalog_children_size(size_t node, uint32_t count) {
    return node + sizeof(void *) * count;
}

catalog_schema *catalog_schema_new(ledger *l, catalog_memory *memory, uint32_t object_count) {
    catalog_schema *s = mem_alloc_zero(l, catalog_children_size(sizeof(*s), object_count));
    if (s == NULL) return NULL;
    atomic_init(&s->refs, 1);
    s->memory = catalog_memory_ref(memory);
    s->objects = (catalog_object *const *)(const void *)(s + 1);
    s->object_count = object_count;
    return s;
}

catalog_space *catalog_space_new(ledger *l, catalog_memory *memory, uint32_t schema_count) {
    catalog_space *s = mem_alloc_zero(l, catalog_children_size(sizeof(*s), schema_count));
    if (s == NULL) return NULL;
    atomic_init(&s->refs, 1);
    s->memory = catalog_memory_ref(memory);
    s->schemas = (catalog_schema *const *)(const void *)(s + 1);
    s->schema_count = schema_count;
    return s;
}

catalog_root *catalog_root_new(catalog *c, uint32_t space_count) {
    catalog_root *r = mem_alloc_zero(c->ledger, catalog_children_size(sizeof(*r), space_count));
    if (r == NULL) return NULL;
    atomic_init(&r->refs, 1);
    r->catalog = c;
    r->version = atomic_fetch_add_explicit(&c->next_version, 1, memory_order_relaxed);
    r->spaces = (catalog_space *const *)(const void *)(r + 1);
    r->space_count = space_count;
    return r;
}

void catalog_schema_unref(catalog_schema *s) {
    if (s == NULL || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1) return;
    for (uint32_t i = 0; i < s->object_count; i++) catalog_object_unref(s->objects[i]);
    catalog_blob_unref(s->blob);
    catalog_memory *memory = s->memory;
    mem_free(memory->ledger, s, catalog_children_size(sizeof(*s), s->object_count));
    catalog_memory_unref(memory);
}

void catalog_space_unref(catalog_space *s) {
    if (s == NULL || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1) return;
    for (uint32_t i = 0; i < s->schema_count; i++) catalog_schema_unref(s->schemas[i]);
    catalog_memory *memory = s->memory;
    mem_free(memory->ledger, s, catalog_children_size(sizeof(*s), s->schema_count));
    catalog_memory_unref(memory);
}

void catalog_root_unref(catalog_root *r) {
    if (r == NULL || atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) != 1) return;
    for (uint32_t i = 0; i < r->space_count; i++) catalog_space_unref(r->spaces[i]);
    mem_free(r->catalog->ledger, r, catalog_children_size(sizeof(*r), r->space_count));
}

/* ---- names
 * -------------------------------------------------------------------------------------------------------
 */

int catalog_compare_names(string_view a, string_view b) {
    size_t common = MIN(a.size, b.size);
    for (size_t i = 0; i < common; i++) {
        int x = (unsigned char)ascii_lower(a.data[i]), y = (unsigned char)ascii_lower(b.data[i]);
        if (x != y) return x - y;
    }
    return (a.size > b.size) - (a.size < b.size);
}

static int catalog_compare_key(catalog_name_space space_a, string_view a,
                               catalog_name_space space_b, string_view b) {
    if (space_a != space_b) return space_a < space_b ? -1 : 1;
    return catalog_compare_names(a, b);
}

catalog_object *catalog_schema_find(const catalog_schema *s, catalog_name_space space,
                                    string_view name) {
    uint32_t low = 0, high = s->object_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        catalog_object *o = s->objects[middle];
        int order = catalog_compare_key(catalog_space_of(o->kind), o->info.name, space, name);
        if (order == 0) return o;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

catalog_schema *catalog_space_find(const catalog_space *s, string_view name) {
    for (uint32_t i = 0; i < s->schema_count; i++) {
        if (catalog_compare_names(s->schemas[i]->info.name, name) == 0) return s->schemas[i];
    }
    return NULL;
}

catalog_space *catalog_root_find(const catalog_root *r, string_view name) {
    for (uint32_t i = 0; i < r->space_count; i++) {
        if (catalog_compare_names(r->spaces[i]->info.name, name) == 0) return r->spaces[i];
    }
    return NULL;
}

catalog_object *catalog_schema_find_id(const catalog_schema *s, uint64_t id) {
    for (uint32_t i = 0; i < s->object_count; i++) {
        if (s->objects[i]->id == id) return s->objects[i];
    }
    return NULL;
}

catalog_schema *catalog_space_find_id(const catalog_space *s, uint64_t id) {
    for (uint32_t i = 0; i < s->schema_count; i++) {
        if (s->schemas[i]->id == id) return s->schemas[i];
    }
    return NULL;
}

catalog_space *catalog_root_find_id(const catalog_root *r, uint64_t id) {
    for (uint32_t i = 0; i < r->space_count; i++) {
        if (r->spaces[i]->id == id) return r->spaces[i];
    }
    return NULL;
}

/* ---- copies with a child changed
 * ---------------------------------------------------------------------------------- */

/* Puts the old children but `old`, and `fresh`, into `to`; `before(child, fresh)` says whether a
 * child comes first. */
#define CATALOG_CHILDREN_WITH(name, child_type, before_expr)                                       \
    static void name(child_type *const *from, uint32_t count, const child_type *old,               \
                     child_type *fresh, child_type **to) {                                         \
        uint32_t n = 0;                                                                            \
        bool placed = fresh == NULL;                                                               \
        for (uint32_t i = 0; i < count; i++) {                                                     \
            child_type *child = from[i];                                                           \
            if (child == old) continue;                                                            \
            if (!placed && !(before_expr)) {                                                       \
                to[n++] = fresh;                                                                   \
                placed = true;                                                                     \
            }                                                                                      \
            to[n++] = child;                                                                       \
        }                                                                                          \
        if (!placed) to[n++] = fresh;                                                              \
        for (uint32_t i = 0; i < n; i++) {                                                         \
            atomic_fetch_add_explicit(&to[i]->refs, 1, memory_order_relaxed);                      \
        }                                                                                          \
    }

CATALOG_CHILDREN_WITH(catalog_objects_with, catalog_object,
                      catalog_compare_key(catalog_space_of(child->kind), child->info.name,
                                          catalog_space_of(fresh->kind), fresh->info.name) < 0)
CATALOG_CHILDREN_WITH(catalog_schemas_with, catalog_schema,
                      catalog_compare_names(child->info.name, fresh->info.name) < 0)
CATALOG_CHILDREN_WITH(catalog_spaces_with, catalog_space,
                      catalog_compare_names(child->info.name, fresh->info.name) < 0)

catalog_schema *catalog_schema_with(const catalog_schema *s, ledger *l, const catalog_object *old,
                                    catalog_object *fresh) {
    uint32_t count = s->object_count - (old != NULL) + (fresh != NULL);
    catalog_schema *copy = catalog_schema_new(l, s->memory, count);
    if (copy == NULL) return NULL;
    copy->id = s->id;
    copy->info = s->info;
    copy->location = s->location;
    catalog_objects_with(s->objects, s->object_count, old, fresh,
                         (catalog_object **)(void *)(copy + 1));
    /* Only rows changed: the written definitions stay true. */
    bool same_definitions = old != NULL && fresh != NULL && old->memory == fresh->memory;
    if (same_definitions && s->blob != NULL) {
        atomic_fetch_add_explicit(&s->blob->refs, 1, memory_order_relaxed);
        copy->blob = s->blob;
    }
    return copy;
}

catalog_space *catalog_space_with(const catalog_space *s, ledger *l, const catalog_schema *old,
                                  catalog_schema *fresh) {
    uint32_t count = s->schema_count - (old != NULL) + (fresh != NULL);
    catalog_space *copy = catalog_space_new(l, s->memory, count);
    if (copy == NULL) return NULL;
    copy->id = s->id;
    copy->info = s->info;
    catalog_schemas_with(s->schemas, s->schema_count, old, fresh,
                         (catalog_schema **)(void *)(copy + 1));
    return copy;
}

catalog_root *catalog_root_with(const catalog_root *r, const catalog_space *old,
                                catalog_space *fresh) {
    uint32_t count = r->space_count - (old != NULL) + (fresh != NULL);
    catalog_root *copy = catalog_root_new(r->catalog, count);
    if (copy == NULL) return NULL;
    catalog_spaces_with(r->spaces, r->space_count, old, fresh,
                        (catalog_space **)(void *)(copy + 1));
    return copy;
}

catalog_root *catalog_root_with_schema(const catalog_root *r, const catalog_space *space,
                                       const catalog_schema *old, catalog_schema *fresh) {
    catalog_space *changed = catalog_space_with(space, r->catalog->ledger, old, fresh);
    if (changed == NULL) return NULL;
    catalog_root *root = catalog_root_with(r, space, changed);
    catalog_space_unref(changed);
    return root;
}

catalog_root *catalog_root_with_object(const catalog_root *r, const catalog_space *space,
                                       const catalog_schema *schema, const catalog_object *old,
                                       catalog_object *fresh) {
    catalog_schema *changed = catalog_schema_with(schema, r->catalog->ledger, old, fresh);
    if (changed == NULL) return NULL;
    catalog_root *root = catalog_root_with_schema(r, space, schema, changed);
    catalog_schema_unref(changed);
    return root;
}

catalog_root *catalog_root_with_rows(const catalog_root *r, const catalog_space *space,
                                     const catalog_schema *schema, const catalog_table *table,
                                     table_version *version, catalog_history *history) {
    catalog_table *fresh =
        version == NULL || history == NULL
            ? NULL
            : (catalog_table *)catalog_object_copy(r->catalog->ledger, &table->base);
    if (fresh == NULL) {
        table_version_unref(version);
        history_unref(history);
        return NULL;
    }
    table_version_unref(fresh->version);
    history_unref(fresh->history);
    fresh->version = version;
    fresh->history = history;
    catalog_root *root = catalog_root_with_object(r, space, schema, &table->base, &fresh->base);
    catalog_object_unref(&fresh->base);
    return root;
}

char *catalog_quote(arena *a, string_view x, string_view y, string_view z) {
    string_view parts[3] = {x, y, z};
    size_t size = 1;
    for (uint32_t i = 0; i < 3; i++) size += parts[i].size * 2 + 3;
    char *out = arena_alloc(a, size);
    if (out == NULL) return NULL;
    size_t n = 0;
    for (uint32_t i = 0; i < 3; i++) {
        if (parts[i].size == 0) continue;
        if (n > 0) out[n++] = '.';
        out[n++] = '`';
        for (size_t k = 0; k < parts[i].size; k++) {
            if (parts[i].data[k] == '`') out[n++] = '`';
            out[n++] = parts[i].data[k];
        }
        out[n++] = '`';
    }
    out[n] = '\0';
    return out;
}
