/* transaction.c - see transaction.h. A transaction is two roots: what it began with and what it
 * sees now. */
#include "catalog/catalog_int.h"

#include "vector/hash.h"

static void txn_free(txn *t) {
    ledger *l = t->catalog->ledger;
    for (uint32_t i = 0; i < t->garbage_count; i++) {
        catalog_root_unref(t->garbage[i].root);
        catalog_schema_unref(t->garbage[i].schema);
    }
    mem_free(l, t->garbage, sizeof(*t->garbage) * t->garbage_capacity);
    catalog_root_unref(t->root);
    catalog_root_unref(t->base);
    catalog_schema_unref(t->temporary);
    catalog_schema_unref(t->base_temporary);
    mem_free(l, t, sizeof(*t));
}

dbx_status txn_begin(catalog *c, catalog_session *session, const txn_options *options, txn **out,
                     error *err) {
    *out = NULL;
    txn *t = mem_alloc_zero(c->ledger, sizeof(*t));
    if (t == NULL) return error_nomem(err);
    t->catalog = c;
    t->session = session;
    t->read_only = options != NULL && options->read_only;
    os_mutex_lock(&c->head_lock);
    t->base = catalog_root_ref(c->head);
    os_mutex_unlock(&c->head_lock);
    t->root = catalog_root_ref(t->base);
    if (session != NULL) {
        t->base_temporary = catalog_schema_ref(session->temporary);
        t->temporary = catalog_schema_ref(session->temporary);
    }
    *out = t;
    return DBX_OK;
}

void txn_rollback(txn *t) {
    if (t != NULL) txn_free(t);
}

/* ---- changes of what the transaction sees
 * -------------------------------------------------------------------- */

/* Keeps a superseded node until lookups' results may go. Takes over the references, also on
 * failure. */
static dbx_status txn_discard(txn *t, catalog_root *root, catalog_schema *schema, error *err) {
    if (t->garbage_count == t->garbage_capacity) {
        uint32_t capacity = MAX(t->garbage_capacity * 2, 8u);
        struct txn_garbage *garbage =
            mem_realloc(t->catalog->ledger, t->garbage, sizeof(*garbage) * t->garbage_capacity,
                        sizeof(*garbage) * capacity);
        if (garbage == NULL) {
            catalog_root_unref(root);
            catalog_schema_unref(schema);
            return error_nomem(err);
        }
        t->garbage = garbage;
        t->garbage_capacity = capacity;
    }
    t->garbage[t->garbage_count++] = (struct txn_garbage){root, schema};
    return DBX_OK;
}

dbx_status txn_set_root(txn *t, catalog_root *root, error *err) {
    if (root == NULL) return error_nomem(err);
    dbx_status status = txn_discard(t, catalog_root_ref(t->root), NULL, err);
    if (status != DBX_OK) {
        catalog_root_unref(root);
        return status;
    }
    catalog_root_unref(t->root);
    t->root = root;
    return DBX_OK;
}

dbx_status txn_set_temporary(txn *t, catalog_schema *schema, error *err) {
    if (schema == NULL) return error_nomem(err);
    dbx_status status = txn_discard(t, NULL, catalog_schema_ref(t->temporary), err);
    if (status != DBX_OK) {
        catalog_schema_unref(schema);
        return status;
    }
    schema->id = atomic_fetch_add_explicit(&t->catalog->next_version, 1, memory_order_relaxed);
    catalog_schema_unref(t->temporary);
    t->temporary = schema;
    return DBX_OK;
}

dbx_status txn_check_writable(const txn *t, bool temporary, const char *what, error *err) {
    if (temporary) {
        if (t->temporary != NULL) return DBX_OK;
        return error_raise(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                           "temporary objects without a session", NULL);
    }
    if (!t->read_only && !t->catalog->read_only) return DBX_OK;
    return error_raise(err, ERR_DATABASE_READ_ONLY, (span){0, 0}, "objectName", what, NULL);
}

catalog_object *txn_find_object(const txn *t, const catalog_object *object, catalog_space **space,
                                catalog_schema **schema) {
    *space = NULL;
    *schema = NULL;
    if (object->is_temporary) {
        *schema = t->temporary;
        return t->temporary == NULL ? NULL : catalog_schema_find_id(t->temporary, object->id);
    }
    *space = catalog_root_find(t->root, object->catalog_name);
    *schema = *space == NULL ? NULL : catalog_space_find(*space, object->schema_name);
    return *schema == NULL ? NULL : catalog_schema_find_id(*schema, object->id);
}

dbx_status txn_replace_object(txn *t, const catalog_object *object, catalog_object *fresh,
                              error *err) {
    catalog_space *space;
    catalog_schema *schema;
    catalog_object *now = txn_find_object(t, object, &space, &schema);
    if (now == NULL) {
        return error_raise(err, ERR_INTERNAL_ERROR, (span){0, 0}, "message",
                           "a changed object is not there", NULL);
    }
    if (object->is_temporary) {
        return txn_set_temporary(t, catalog_schema_with(schema, t->catalog->ledger, now, fresh),
                                 err);
    }
    return txn_set_root(t, catalog_root_with_object(t->root, space, schema, now, fresh), err);
}

/* ---- savepoints
 * --------------------------------------------------------------------------------------------------
 */

txn_mark txn_savepoint(txn *t) {
    if (t->open_marks == 0) {
        for (uint32_t i = 0; i < t->garbage_count; i++) {
            catalog_root_unref(t->garbage[i].root);
            catalog_schema_unref(t->garbage[i].schema);
        }
        t->garbage_count = 0;
    }
    t->open_marks++;
    return (txn_mark){t->root, t->temporary};
}

void txn_release(txn *t, const txn_mark *mark) {
    (void)mark;
    assert(t->open_marks > 0);
    t->open_marks--;
}

/* What the mark saw is kept as garbage or is still seen, so going back only takes references. What
 * was seen since may be freed at once: nothing of the failed statement is used any more. */
void txn_rollback_to(txn *t, const txn_mark *mark) {
    assert(t->open_marks > 0);
    t->open_marks--;
    if (mark->root != t->root) {
        catalog_root *root = catalog_root_ref(mark->root);
        catalog_root_unref(t->root);
        t->root = root;
    }
    if (mark->temporary != t->temporary) {
        catalog_schema *temporary = catalog_schema_ref(mark->temporary);
        catalog_schema_unref(t->temporary);
        t->temporary = temporary;
    }
}

bool txn_is_read_only(const txn *t) {
    return t->read_only || t->catalog->read_only;
}
bool txn_has_changes(const txn *t) {
    return t->root != t->base || t->temporary != t->base_temporary;
}
catalog *txn_catalog(const txn *t) {
    return t->catalog;
}
uint64_t txn_catalog_version(const txn *t) {
    return hash_combine(t->root->version, t->temporary != NULL ? t->temporary->id : 0);
}

/* ---- commit
 * ----------------------------------------------------------------------------------------------------
 */

/* Joins short row groups of one table whose rows changed; *root is replaced. */
static dbx_status commit_compact_table(catalog *c, catalog_root **root, catalog_space *space,
                                       catalog_schema *schema, catalog_table *table, error *err) {
    arena scratch;
    arena_init(&scratch, c->ledger);
    const storage_column *columns;
    table_version *compact = NULL;
    dbx_status status = catalog_storage_columns(table, &scratch, &columns);
    if (status != DBX_OK)
        status = error_nomem(err);
    else
        status = table_version_compact_tail(table->version, NULL, columns, table->def.column_count,
                                            &compact, err);
    arena_deinit(&scratch);
    TRY(status);
    if (compact == table->version) {
        table_version_unref(compact);
        return DBX_OK;
    }
    catalog_table *fresh = (catalog_table *)catalog_object_copy(c->ledger, &table->base);
    if (fresh == NULL) {
        table_version_unref(compact);
        return error_nomem(err);
    }
    table_version_unref(fresh->version);
    fresh->version = compact;
    catalog_root *changed =
        catalog_root_with_object(*root, space, schema, &table->base, &fresh->base);
    catalog_object_unref(&fresh->base);
    if (changed == NULL) return error_nomem(err);
    catalog_root_unref(*root);
    *root = changed;
    return DBX_OK;
}

/* The first table whose rows differ from the head's and that was not looked at before (ids in
 * `done`). */
static bool commit_next_table(const catalog_root *root, const catalog_root *head, uint64_t after,
                              catalog_space **space, catalog_schema **schema,
                              catalog_table **table) {
    *table = NULL;
    for (uint32_t i = 0; i < root->space_count; i++) {
        const catalog_space *old_space = catalog_root_find_id(head, root->spaces[i]->id);
        if (old_space == root->spaces[i]) continue;
        for (uint32_t k = 0; k < root->spaces[i]->schema_count; k++) {
            catalog_schema *s = root->spaces[i]->schemas[k];
            const catalog_schema *old =
                old_space == NULL ? NULL : catalog_space_find_id(old_space, s->id);
            if (old == s) continue;
            for (uint32_t n = 0; n < s->object_count; n++) {
                catalog_object *o = s->objects[n];
                if (o->kind != CATALOG_TABLE || o->id <= after) continue;
                if (*table != NULL && (*table)->base.id < o->id) continue;
                catalog_table *t = (catalog_table *)o;
                const catalog_table *before =
                    old == NULL ? NULL : (const catalog_table *)catalog_schema_find_id(old, o->id);
                if (t->version == NULL || (before != NULL && before->version == t->version))
                    continue;
                *space = root->spaces[i];
                *schema = s;
                *table = t;
            }
        }
    }
    return *table != NULL;
}

static dbx_status commit_compact(catalog *c, catalog_root **root, const catalog_root *head,
                                 error *err) {
    uint64_t done = 0;
    catalog_space *space;
    catalog_schema *schema;
    catalog_table *table;
    while (commit_next_table(*root, head, done, &space, &schema, &table)) {
        done = table->base.id;
        TRY(commit_compact_table(c, root, space, schema, table, err));
    }
    return DBX_OK;
}

/* Commit lock held, so that the head stays. */
static dbx_status commit_root(txn *t, error *err) {
    catalog *c = t->catalog;
    catalog_root *root;
    if (c->head == t->base)
        root = catalog_root_ref(t->root);
    else
        TRY(catalog_merge(t->base, t->root, c->head, &root, err));
    dbx_status status = commit_compact(c, &root, c->head, err);
    if (status == DBX_OK && storage_is_file(c->storage))
        status = catalog_persist(c, root, c->head, err);
    if (status != DBX_OK) {
        catalog_root_unref(root);
        return status;
    }
    os_mutex_lock(&c->head_lock);
    catalog_root *old = c->head;
    c->head = root;
    os_mutex_unlock(&c->head_lock);
    catalog_root_unref(old);
    return DBX_OK;
}

dbx_status txn_commit(txn *t, error *err) {
    dbx_status status = DBX_OK;
    if (t->root != t->base) {
        os_mutex_lock(&t->catalog->commit_lock);
        status = commit_root(t, err);
        os_mutex_unlock(&t->catalog->commit_lock);
    }
    if (status == DBX_OK && t->temporary != t->base_temporary) {
        catalog_schema *old = t->session->temporary;
        t->session->temporary = catalog_schema_ref(t->temporary);
        catalog_schema_unref(old);
    }
    txn_free(t);
    return status;
}
