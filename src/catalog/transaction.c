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
    storage_unpin(t->catalog->storage, t->pin);
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
    dbx_status status = storage_pin(c->storage, &t->pin, err);
    if (status != DBX_OK) {
        mem_free(c->ledger, t, sizeof(*t));
        return status;
    }
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

void txn_set_operation(txn *t, const char *operation) {
    t->operation = operation;
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

dbx_status txn_commit(txn *t, error *err) {
    dbx_status status = t->root == t->base ? DBX_OK : commit_txn(t, err);
    if (status == DBX_OK && t->temporary != t->base_temporary) {
        catalog_schema *old = t->session->temporary;
        t->session->temporary = catalog_schema_ref(t->temporary);
        catalog_schema_unref(old);
    }
    txn_free(t);
    return status;
}
