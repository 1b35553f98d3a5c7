/* parquet_file.c - one file of a source: its footer, and how wanted types are read from its fields.
 */
#include "formats/parquet_source.h"

#include <stdio.h>

static dbx_status file_load_footer(parquet_source *s, parquet_file *f, const io_gate *gate,
                                   error *err) {
    io_file *file;
    TRY(io_open(gate, s->ledger, f->entry->path, &file, err));
    dbx_status status = parquet_metadata_read(file, &f->arena, &f->meta, err);
    if (status == DBX_OK) {
        status = parquet_schema_build(f->meta, f->entry->path, &f->arena, &f->schema, err);
    }
    io_close(file);
    return status;
}

dbx_status parquet_file_load(parquet_source *s, uint32_t index, const io_gate *gate, error *err) {
    assert(index < s->list.count);
    parquet_file *f = &s->files[index];
    if (atomic_load_explicit(&f->loaded, memory_order_acquire)) return DBX_OK;
    os_mutex_lock(&s->mutex);
    dbx_status status = DBX_OK;
    if (!atomic_load_explicit(&f->loaded, memory_order_relaxed)) {
        arena_reset(&f->arena);
        status = file_load_footer(s, f, gate, err);
        if (status == DBX_OK) atomic_store_explicit(&f->loaded, true, memory_order_release);
    }
    os_mutex_unlock(&s->mutex);
    return status;
}

static const parquet_field *file_find(const parquet_field *fields, uint32_t count,
                                      string_view name) {
    for (uint32_t i = 0; i < count; i++) {
        if (sv_equal(fields[i].name, name)) return &fields[i];
    }
    for (uint32_t i = 0; i < count; i++) {
        if (sv_equal_ignore_case(fields[i].name, name)) return &fields[i];
    }
    return NULL;
}

const parquet_field *parquet_file_field(const parquet_file *f, string_view name) {
    return file_find(f->schema.fields, f->schema.field_count, name);
}

/* ---- binding ---- */

typedef struct file_bind {
    const parquet_file *file;
    string_view column;
    arena *arena;
    error *err;
    parquet_bound *out;
    uint32_t capacity;
} file_bind;

static dbx_status file_raise_type(file_bind *b, type wanted, type actual) {
    const char *expected = type_sql(b->arena, wanted);
    const char *found = type_sql(b->arena, actual);
    char path[512];
    char column[256];
    snprintf(path, sizeof(path), "%.*s", SV_ARG(b->file->entry->path));
    snprintf(column, sizeof(column), "[%.*s]", SV_ARG(b->column));
    return error_raise(b->err, ERR_FAILED_READ_FILE__PARQUET_COLUMN_DATA_TYPE_MISMATCH,
                       (span){0, 0}, "path", path, "column", column, "expectedType",
                       expected ? expected : "", "actualType", found ? found : "", NULL);
}

/* Index of the leaf in out->leaves, added when new. */
static dbx_status file_add_leaf(file_bind *b, uint32_t leaf, type target, uint32_t *index) {
    for (uint32_t i = 0; i < b->out->leaf_count; i++) {
        if (b->out->leaves[i] == leaf) {
            *index = i;
            return DBX_OK;
        }
    }
    assert(b->out->leaf_count < b->capacity);
    *index = b->out->leaf_count++;
    b->out->leaves[*index] = leaf;
    b->out->targets[*index] = target;
    return DBX_OK;
}

static dbx_status file_bind_node(file_bind *b, const parquet_field *field, type wanted,
                                 parquet_binding *out);

static dbx_status file_bind_children(file_bind *b, uint32_t count, parquet_binding *out) {
    out->child_count = count;
    out->children = ARENA_ARRAY(b->arena, parquet_binding, (size_t)count + 1);
    return out->children ? DBX_OK : error_nomem(b->err);
}

static dbx_status file_bind_struct(file_bind *b, const parquet_field *field, type wanted,
                                   parquet_binding *out) {
    TRY(file_bind_children(b, wanted.child_count, out));
    for (uint32_t i = 0; i < wanted.child_count; i++) {
        const type_field *w = &wanted.children[i];
        const parquet_field *child = file_find(field->children, field->child_count, w->name);
        TRY(file_bind_node(b, child, w->type, &out->children[i]));
    }
    return DBX_OK;
}

/* The type that a part of a VARIANT is read as: the file's own. VOID: out of memory. */
static type file_storage_type(const file_bind *b, const parquet_field *field) {
    type t = field->type;
    if (field->kind == PARQUET_FIELD_LEAF) return b->file->schema.leaves[field->leaf].type;
    if (field->kind == PARQUET_FIELD_LIST) {
        type element = file_storage_type(b, &field->children[0]);
        return type_array(b->arena, element, true, &t) == DBX_OK ? t : type_simple(TYPE_VOID);
    }
    type_field *fields = ARENA_ARRAY(b->arena, type_field, (size_t)field->child_count + 1);
    if (fields == NULL) return type_simple(TYPE_VOID);
    for (uint32_t i = 0; i < field->child_count; i++) {
        fields[i] = (type_field){.name = field->children[i].name,
                                 .type = file_storage_type(b, &field->children[i]),
                                 .nullable = true};
    }
    if (type_struct(b->arena, fields, field->child_count, &t) != DBX_OK)
        return type_simple(TYPE_VOID);
    return t;
}

/* Only the types that the specification of shredding names. */
static bool file_can_shred(const file_bind *b, const parquet_field *field) {
    if (field->kind == PARQUET_FIELD_MAP) return false;
    for (uint32_t i = 0; i < field->child_count; i++) {
        if (!file_can_shred(b, &field->children[i])) return false;
    }
    if (field->kind != PARQUET_FIELD_LEAF) return true;
    const parquet_leaf *leaf = &b->file->schema.leaves[field->leaf];
    bool bytes = leaf->physical == PARQUET_FIXED_LEN_BYTE_ARRAY && leaf->type.id == TYPE_BINARY;
    return !bytes && !leaf->unsigned_order && leaf->convert != PARQUET_CONVERT_INTERVAL &&
           leaf->convert != PARQUET_CONVERT_FLOAT16;
}

static dbx_status file_bind_variant(file_bind *b, const parquet_field *field,
                                    parquet_binding *out) {
    if (!file_can_shred(b, field)) {
        return error_raisef(b->err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                            "the type of a shredded part of the VARIANT column " SV_FMT
                            " of " SV_FMT,
                            SV_ARG(b->column), SV_ARG(b->file->entry->path));
    }
    type storage = file_storage_type(b, field);
    if (storage.id == TYPE_VOID) return error_nomem(b->err);
    TRY(file_add_leaf(b, field->leaf, b->file->schema.leaves[field->leaf].type, &out->structure));
    return file_bind_struct(b, field, storage, out);
}

static dbx_status file_bind_node(file_bind *b, const parquet_field *field, type wanted,
                                 parquet_binding *out) {
    *out = (parquet_binding){.field = field, .type = wanted};
    if (field == NULL) return DBX_OK;
    const parquet_leaf *leaf = &b->file->schema.leaves[field->leaf];
    switch (field->kind) {
    case PARQUET_FIELD_LEAF:
        if (!parquet_widen_allowed(field->type, wanted)) {
            return file_raise_type(b, wanted, field->type);
        }
        TRY(file_add_leaf(b, field->leaf, wanted, &out->structure));
        b->out->targets[out->structure] = wanted;
        return DBX_OK;
    case PARQUET_FIELD_STRUCT:
        if (field->is_variant && wanted.id == TYPE_VARIANT) return file_bind_variant(b, field, out);
        if (wanted.id != TYPE_STRUCT) return file_raise_type(b, wanted, field->type);
        TRY(file_add_leaf(b, field->leaf, leaf->type, &out->structure));
        return file_bind_struct(b, field, wanted, out);
    case PARQUET_FIELD_LIST:
        if (wanted.id != TYPE_ARRAY) return file_raise_type(b, wanted, field->type);
        TRY(file_add_leaf(b, field->leaf, leaf->type, &out->structure));
        TRY(file_bind_children(b, 1, out));
        return file_bind_node(b, &field->children[0], wanted.children[0].type, out->children);
    case PARQUET_FIELD_MAP: {
        if (wanted.id != TYPE_MAP) return file_raise_type(b, wanted, field->type);
        TRY(file_add_leaf(b, field->leaf, leaf->type, &out->structure));
        TRY(file_bind_children(b, 1, out));
        const parquet_field *pair = &field->children[0];
        parquet_binding *child = out->children;
        *child = (parquet_binding){.field = pair, .type = vector_list_child_type(wanted)};
        TRY(file_add_leaf(b, pair->leaf, leaf->type, &child->structure));
        TRY(file_bind_children(b, 2, child));
        for (uint32_t i = 0; i < 2; i++) { /* by place: the names vary */
            TRY(file_bind_node(b, &pair->children[i], wanted.children[i].type,
                               &child->children[i]));
        }
        return DBX_OK;
    }
    }
    return DBX_BUG;
}

dbx_status parquet_bind_field(const parquet_file *f, const parquet_field *field, string_view name,
                              type wanted, arena *a, parquet_bound *out, error *err) {
    memset(out, 0, sizeof(*out));
    file_bind b = {.file = f, .column = name, .arena = a, .err = err, .out = out};
    b.capacity = f->schema.leaf_count;
    out->leaves = ARENA_ARRAY(a, uint32_t, (size_t)b.capacity + 1);
    out->targets = ARENA_ARRAY(a, type, (size_t)b.capacity + 1);
    if (out->leaves == NULL || out->targets == NULL) return error_nomem(err);
    return file_bind_node(&b, field, wanted, &out->root);
}
