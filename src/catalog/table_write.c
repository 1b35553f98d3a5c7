/* table_write.c - see table_write.h: rows into and out of tables of a transaction. */
#include "catalog/table_write.h"

#include "catalog/catalog_int.h"

#include <stdlib.h>

dbx_status catalog_storage_columns(const catalog_table *t, arena *a, const storage_column **out) {
    storage_column *columns = ARENA_ARRAY(a, storage_column, MAX(t->def.column_count, 1u));
    if (columns == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < t->def.column_count; i++) {
        const catalog_column *c = &t->def.columns[i];
        columns[i] = (storage_column){c->field_id, c->type, c->nullable};
    }
    *out = columns;
    return DBX_OK;
}

storage *catalog_table_storage(const catalog *c, const catalog_table *t) {
    return t->base.is_temporary ? c->temporary : c->storage;
}

uint64_t table_row_count(const catalog_table *table) {
    return table->version == NULL ? 0 : table_version_rows(table->version);
}

/* The table as the transaction sees it now; an earlier statement part may have changed it since it
 * was looked up. */
static dbx_status table_current(const txn *t, const catalog_table *table, catalog_table **out,
                                error *err) {
    catalog_space *space;
    catalog_schema *schema;
    catalog_object *now = txn_find_object(t, &table->base, &space, &schema);
    *out = (catalog_table *)now;
    if (now != NULL) return DBX_OK;
    return error_raise(err, ERR_INTERNAL_ERROR, (span){0, 0}, "message",
                       "the table to write is not there", NULL);
}

static dbx_status table_check(const txn *t, const catalog_table *table, error *err) {
    char name[CATALOG_NAME_BYTES_MAX + 1];
    size_t size = MIN(table->base.info.name.size, sizeof(name) - 1);
    if (size > 0) memcpy(name, table->base.info.name.data, size);
    name[size] = '\0';
    if (table->version == NULL) {
        return error_raise(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                           "writing to external tables", NULL);
    }
    return txn_check_writable(t, table->base.is_temporary, name, err);
}

/* The table gets another version of its rows; takes over the reference, also on failure. */
static dbx_status table_set_version(txn *t, const catalog_table *table, table_version *version,
                                    error *err) {
    catalog_table *fresh = (catalog_table *)catalog_object_copy(t->catalog->ledger, &table->base);
    if (fresh == NULL) {
        table_version_unref(version);
        return error_nomem(err);
    }
    table_version_unref(fresh->version);
    fresh->version = version;
    dbx_status status = txn_replace_object(t, &table->base, &fresh->base, err);
    catalog_object_unref(&fresh->base);
    return status;
}

static dbx_status table_empty_version(txn *t, const catalog_table *table, arena *a,
                                      table_version **out, error *err) {
    const storage_column *columns;
    if (catalog_storage_columns(table, a, &columns) != DBX_OK) return error_nomem(err);
    return table_version_new(catalog_table_storage(t->catalog, table), columns,
                             table->def.column_count, out, err);
}

dbx_status table_truncate(txn *t, const catalog_table *table, error *err) {
    TRY(table_check(t, table, err));
    catalog_table *now;
    TRY(table_current(t, table, &now, err));
    arena a;
    arena_init(&a, t->catalog->ledger);
    table_version *empty;
    dbx_status status = table_empty_version(t, now, &a, &empty, err);
    arena_deinit(&a);
    TRY(status);
    return table_set_version(t, now, empty, err);
}

/* What the transaction saw of the table when it began: its groups are left alone until commit. */
static const table_version *table_base_version(const txn *t, const catalog_table *table) {
    if (table->base.is_temporary) return NULL;
    const catalog_space *space = catalog_root_find(t->base, table->base.catalog_name);
    const catalog_schema *schema =
        space == NULL ? NULL : catalog_space_find(space, table->base.schema_name);
    const catalog_object *o =
        schema == NULL ? NULL : catalog_schema_find_id(schema, table->base.id);
    return o == NULL ? NULL : ((const catalog_table *)o)->version;
}

/* ---- inserting
 * ------------------------------------------------------------------------------------------------
 */

typedef struct table_insert {
    data_sink base;
    ledger *ledger;
    txn *txn;
    catalog_table *table; /* counted */
    bool overwrite;
    arena arena;
    const storage_column *columns;
    table_appender *appender;
} table_insert;

static dbx_status insert_local_new(data_sink *s, sink_local **out, error *err) {
    return table_appender_local_new(((table_insert *)s)->appender, (table_appender_local **)out,
                                    err);
}

static dbx_status insert_raise_null(const catalog_column *c, error *err) {
    char name[CATALOG_NAME_BYTES_MAX + 1];
    size_t size = MIN(c->name.size, sizeof(name) - 1);
    if (size > 0) memcpy(name, c->name.data, size);
    name[size] = '\0';
    return error_raise(err, ERR_DELTA_NOT_NULL_CONSTRAINT_VIOLATED, (span){0, 0}, "columnName",
                       name, NULL);
}

static bool insert_has_null(const vector *v, uint32_t rows) {
    if (v->form == VECTOR_SEQUENCE) return false;
    vector_view view = vector_view_of(v);
    if (view.validity == NULL) return false;
    for (uint32_t i = 0; i < rows; i++) {
        if (!view_valid(&view, i)) return true;
    }
    return false;
}

static dbx_status insert_append(data_sink *s, sink_local *local, const chunk *rows,
                                uint64_t morsel_index, error *err) {
    const table_insert *in = (const table_insert *)s;
    for (uint32_t i = 0; i < rows->column_count; i++) {
        const catalog_column *c = &in->table->def.columns[i];
        if (!c->nullable && insert_has_null(&rows->columns[i], rows->rows))
            return insert_raise_null(c, err);
    }
    return table_appender_append((table_appender_local *)local, rows, morsel_index, err);
}

static dbx_status insert_combine(data_sink *s, sink_local *local, error *err) {
    (void)s;
    return table_appender_combine((table_appender_local *)local, err);
}

/* Appends what was gathered and joins the transaction's own short groups. */
static dbx_status insert_extend(table_insert *in, const table_version *from,
                                const table_addition *addition, table_version **out, error *err) {
    table_version *appended;
    TRY(table_version_append(from, addition, &appended, err));
    if (in->txn->open_deletes > 0) { /* row ids of this statement name groups that must stay */
        *out = appended;
        return DBX_OK;
    }
    dbx_status status =
        table_version_compact_tail(appended, table_base_version(in->txn, in->table), in->columns,
                                   in->table->def.column_count, out, err);
    table_version_unref(appended);
    return status;
}

static dbx_status insert_finish(data_sink *s, uint64_t *rows_written, error *err) {
    table_insert *in = (table_insert *)s;
    *rows_written = 0;
    table_addition addition;
    TRY(table_appender_finish(in->appender, &addition, rows_written, err));
    catalog_table *now;
    TRY(table_current(in->txn, in->table, &now, err));
    if (addition.group_count == 0 && !in->overwrite) return DBX_OK;
    table_version *from = NULL, *version;
    if (in->overwrite)
        TRY(table_empty_version(in->txn, now, &in->arena, &from, err));
    else
        from = table_version_ref(now->version);
    dbx_status status = insert_extend(in, from, &addition, &version, err);
    table_version_unref(from);
    TRY(status);
    return table_set_version(in->txn, now, version, err);
}

static void insert_free(data_sink *s) {
    table_insert *in = (table_insert *)s;
    if (in == NULL) return;
    table_appender_free(in->appender);
    arena_deinit(&in->arena);
    catalog_object_unref(&in->table->base);
    mem_free(in->ledger, in, sizeof(*in));
}

static const sink_vtab table_insert_vtab = {
    .name = "insert",
    .local_new = insert_local_new,
    .append = insert_append,
    .combine = insert_combine,
    .finish = insert_finish,
    .free = insert_free,
};

/* Columns of a sink or source, borrowed from the table. */
static const source_column *table_source_columns(const catalog_table *table, arena *a) {
    source_column *columns = ARENA_ARRAY(a, source_column, MAX(table->def.column_count, 1u));
    if (columns == NULL) return NULL;
    for (uint32_t i = 0; i < table->def.column_count; i++) {
        const catalog_column *c = &table->def.columns[i];
        columns[i] = (source_column){
            .name = c->name, .type = c->type, .nullable = c->nullable, .comment = c->comment};
    }
    return columns;
}

dbx_status table_insert_new(query *q, txn *t, const catalog_table *table, bool overwrite,
                            data_sink **out, error *err) {
    *out = NULL;
    TRY(table_check(t, table, err));
    if (table->def.column_count == 0) {
        return error_raise(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                           "rows without columns", NULL);
    }
    table_insert *in = mem_alloc_zero(&q->ledger, sizeof(*in));
    if (in == NULL) return error_nomem(err);
    in->ledger = &q->ledger;
    in->txn = t;
    in->table = (catalog_table *)catalog_object_ref((catalog_object *)(uintptr_t)&table->base);
    in->overwrite = overwrite;
    arena_init(&in->arena, in->ledger);
    in->base.vtab = &table_insert_vtab;
    in->base.columns = table_source_columns(table, &in->arena);
    in->base.column_count = table->def.column_count;
    bool good = in->base.columns != NULL &&
                catalog_storage_columns(table, &in->arena, &in->columns) == DBX_OK;
    dbx_status status =
        good ? table_appender_new(catalog_table_storage(t->catalog, table), in->columns,
                                  table->def.column_count, in->ledger, &in->appender, err)
             : error_nomem(err);
    if (status != DBX_OK) {
        insert_free(&in->base);
        return status;
    }
    *out = &in->base;
    return DBX_OK;
}

/* ---- deleting
 * -------------------------------------------------------------------------------------------------
 */

typedef struct row_id_list {
    int64_t *ids;
    size_t count, capacity;
} row_id_list;

typedef struct table_delete {
    data_sink base;
    ledger *ledger;
    txn *txn;
    catalog_table *table; /* counted */
    bool once;
    os_mutex lock;
    row_id_list all;
} table_delete;

typedef struct delete_local {
    table_delete *sink;
    row_id_list ids;
    arena scratch;
} delete_local;

static const source_column table_delete_column = {
    .name = {CATALOG_ROW_ID_NAME, sizeof(CATALOG_ROW_ID_NAME) - 1}, .type = {.id = TYPE_BIGINT}};

static dbx_status row_ids_reserve(row_id_list *list, size_t more, ledger *l) {
    if (list->count + more <= list->capacity) return DBX_OK;
    size_t capacity = MAX(list->count + more, MAX(list->capacity * 2, (size_t)CHUNK_ROWS_MAX));
    int64_t *ids = mem_realloc(l, list->ids, list->capacity * 8, capacity * 8);
    if (ids == NULL) return DBX_NOMEM;
    list->ids = ids;
    list->capacity = capacity;
    return DBX_OK;
}

static dbx_status delete_local_new(data_sink *s, sink_local **out, error *err) {
    table_delete *d = (table_delete *)s;
    delete_local *l = mem_alloc_zero(d->ledger, sizeof(*l));
    *out = (sink_local *)l;
    if (l == NULL) return error_nomem(err);
    l->sink = d;
    arena_init(&l->scratch, d->ledger);
    return DBX_OK;
}

static dbx_status delete_append(data_sink *s, sink_local *local, const chunk *rows,
                                uint64_t morsel_index, error *err) {
    table_delete *d = (table_delete *)s;
    delete_local *l = (delete_local *)local;
    (void)morsel_index;
    assert(rows->column_count == 1);
    if (row_ids_reserve(&l->ids, rows->rows, d->ledger) != DBX_OK) return error_nomem(err);
    vector flat;
    const vector *v = &rows->columns[0];
    if (v->form != VECTOR_FLAT) {
        dbx_status status = vector_init(&flat, v->type, rows->rows, &l->scratch);
        if (status == DBX_OK) status = vector_flatten(&flat, v, rows->rows, &l->scratch);
        if (status != DBX_OK) return error_nomem(err);
        v = &flat;
    }
    memcpy(l->ids.ids + l->ids.count, v->data, (size_t)rows->rows * 8);
    l->ids.count += rows->rows;
    arena_reset(&l->scratch);
    return DBX_OK;
}

static dbx_status delete_combine(data_sink *s, sink_local *local, error *err) {
    table_delete *d = (table_delete *)s;
    delete_local *l = (delete_local *)local;
    os_mutex_lock(&d->lock);
    dbx_status status = row_ids_reserve(&d->all, l->ids.count, d->ledger);
    if (status == DBX_OK && l->ids.count > 0) {
        memcpy(d->all.ids + d->all.count, l->ids.ids, l->ids.count * 8);
        d->all.count += l->ids.count;
    }
    os_mutex_unlock(&d->lock);
    mem_free(d->ledger, l->ids.ids, l->ids.capacity * 8);
    arena_deinit(&l->scratch);
    mem_free(d->ledger, l, sizeof(*l));
    return status == DBX_OK ? DBX_OK : error_nomem(err);
}

static int delete_compare(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static dbx_status delete_finish(data_sink *s, uint64_t *rows_written, error *err) {
    table_delete *d = (table_delete *)s;
    *rows_written = 0;
    if (d->all.count == 0) return DBX_OK;
    int64_t *ids = d->all.ids;
    bool sorted = true;
    for (size_t i = 1; i < d->all.count && sorted; i++) sorted = ids[i - 1] <= ids[i];
    if (!sorted) qsort(ids, d->all.count, sizeof(int64_t), delete_compare);
    size_t distinct = 1;
    for (size_t i = 1; i < d->all.count; i++) {
        if (ids[i] == ids[distinct - 1]) {
            if (!d->once) continue;
            return error_raise(err, ERR_MERGE_CARDINALITY_VIOLATION, (span){0, 0}, NULL);
        }
        ids[distinct++] = ids[i];
    }
    catalog_table *now;
    TRY(table_current(d->txn, d->table, &now, err));
    table_version *version;
    TRY(table_version_delete(now->version, ids, distinct, rows_written, &version, err));
    return table_set_version(d->txn, now, version, err);
}

static void delete_free(data_sink *s) {
    table_delete *d = (table_delete *)s;
    if (d == NULL) return;
    d->txn->open_deletes--;
    mem_free(d->ledger, d->all.ids, d->all.capacity * 8);
    os_mutex_deinit(&d->lock);
    catalog_object_unref(&d->table->base);
    mem_free(d->ledger, d, sizeof(*d));
}

static const sink_vtab table_delete_vtab = {
    .name = "delete",
    .local_new = delete_local_new,
    .append = delete_append,
    .combine = delete_combine,
    .finish = delete_finish,
    .free = delete_free,
};

dbx_status table_delete_new(query *q, txn *t, const catalog_table *table, bool once,
                            data_sink **out, error *err) {
    *out = NULL;
    TRY(table_check(t, table, err));
    table_delete *d = mem_alloc_zero(&q->ledger, sizeof(*d));
    if (d == NULL) return error_nomem(err);
    d->ledger = &q->ledger;
    d->txn = t;
    d->table = (catalog_table *)catalog_object_ref((catalog_object *)(uintptr_t)&table->base);
    d->once = once;
    os_mutex_init(&d->lock);
    d->base.vtab = &table_delete_vtab;
    d->base.columns = &table_delete_column;
    d->base.column_count = 1;
    t->open_deletes++;
    *out = &d->base;
    return DBX_OK;
}

/* ---- reading
 * --------------------------------------------------------------------------------------------------
 */

dbx_status catalog_table_source(const catalog_table *table, txn *t, ledger *l, source **out,
                                error *err) {
    *out = NULL;
    (void)t;
    if (table->version == NULL) {
        return error_raise(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                           "reading an external table as a table of the database", NULL);
    }
    arena a;
    arena_init(&a, l);
    const source_column *columns = table_source_columns(table, &a);
    uint32_t *fields = ARENA_ARRAY(&a, uint32_t, MAX(table->def.column_count, 1u));
    dbx_status status = columns == NULL || fields == NULL ? error_nomem(err) : DBX_OK;
    for (uint32_t i = 0; i < table->def.column_count && status == DBX_OK; i++) {
        fields[i] = table->def.columns[i].field_id;
    }
    if (status == DBX_OK) {
        status = table_source_new(table->version, columns, fields, table->def.column_count,
                                  SV(CATALOG_ROW_ID_NAME), l, out, err);
    }
    arena_deinit(&a);
    return status;
}
