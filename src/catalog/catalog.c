/* catalog.c - an open database: storage, newest root, sessions. */
#include "catalog/catalog_int.h"

/* ---- the first root
 * ------------------------------------------------------------------------------------------ */

static catalog_memory *catalog_named_memory(ledger *l, const char *name, catalog_info *info) {
    catalog_memory *m = catalog_memory_new(l);
    if (m == NULL) return NULL;
    catalog_info given = {.name = sv_from(name)};
    if (catalog_copy_info(&m->arena, &given, info) == DBX_OK) return m;
    catalog_memory_unref(m);
    return NULL;
}

static catalog_schema *catalog_named_schema(catalog *c, const char *name, uint64_t id) {
    catalog_info info;
    catalog_memory *m = catalog_named_memory(c->ledger, name, &info);
    if (m == NULL) return NULL;
    catalog_schema *s = catalog_schema_new(c->ledger, m, 0);
    catalog_memory_unref(m);
    if (s == NULL) return NULL;
    s->id = id;
    s->info = info;
    return s;
}

/* The same in each process that opens a fresh file: storage gives greater numbers. */
enum { FIRST_SPACE_ID = 1, FIRST_SCHEMA_ID = 2 };
static_assert((int)FIRST_SCHEMA_ID < (int)STORAGE_FIRST_ID, "no other object has them");

/* spark_catalog.default */
static catalog_root *catalog_first_root(catalog *c) {
    catalog_schema *schema = catalog_named_schema(c, CATALOG_DEFAULT_SCHEMA, FIRST_SCHEMA_ID);
    catalog_info info;
    catalog_memory *m = catalog_named_memory(c->ledger, CATALOG_DEFAULT_NAME, &info);
    catalog_space *blank = m == NULL ? NULL : catalog_space_new(c->ledger, m, 0);
    catalog_space *space = NULL;
    catalog_root *empty = catalog_root_new(c, 0), *root = NULL;
    if (blank != NULL) {
        blank->id = FIRST_SPACE_ID;
        blank->info = info;
    }
    if (schema != NULL && blank != NULL) space = catalog_space_with(blank, c->ledger, NULL, schema);
    if (space != NULL && empty != NULL) root = catalog_root_with(empty, NULL, space);
    catalog_root_unref(empty);
    catalog_space_unref(space);
    catalog_space_unref(blank);
    catalog_memory_unref(m);
    catalog_schema_unref(schema);
    return root;
}

/* ---- opening and closing
 * --------------------------------------------------------------------------------------- */

void catalog_set_roots(catalog *c, catalog_root *head, catalog_root *durable) {
    os_mutex_lock(&c->head_lock);
    catalog_root *old_head = c->head, *old_durable = c->durable;
    c->head = head;
    if (durable != NULL) c->durable = durable;
    os_mutex_unlock(&c->head_lock);
    catalog_root_unref(old_head);
    if (durable != NULL) catalog_root_unref(old_durable);
}

/* The durable root, or the first of a fresh database, and the log behind it. */
static dbx_status catalog_load_all(catalog *c, const catalog_root *like, error *err) {
    catalog_root *root = NULL;
    if (storage_root(c->storage).size > 0) {
        TRY(catalog_load(c, like, &root, err));
    } else {
        root = catalog_first_root(c);
        if (root == NULL) return error_nomem(err);
    }
    catalog_root *durable = catalog_root_ref(root);
    dbx_status status = record_replay_all(c, &root, err);
    if (status != DBX_OK) {
        catalog_root_unref(root);
        catalog_root_unref(durable);
        return status;
    }
    catalog_set_roots(c, root, durable);
    return DBX_OK;
}

dbx_status catalog_refresh(void *owner, bool reload, error *err) {
    catalog *c = owner;
    if (reload) {
        TRY(storage_reload(c->storage, err));
        storage_blob_release(c->storage, &c->root_blobs[c->root_blob_current]);
        c->root_blob_current = 0;
        return catalog_load_all(c, c->head, err);
    }
    catalog_root *root = catalog_root_ref(c->head);
    dbx_status status = record_replay_all(c, &root, err);
    if (status == DBX_OK)
        catalog_set_roots(c, root, NULL);
    else
        catalog_root_unref(root);
    return status;
}

static dbx_status catalog_open_storage(catalog *c, const char *path,
                                       const catalog_open_options *options, error *err) {
    storage_options so = {.read_only = options != NULL && options->read_only,
                          .cache_bytes = options != NULL ? options->cache_bytes : 0,
                          .sync = options != NULL ? (storage_sync)options->sync : 0,
                          .busy_timeout_ms = options != NULL ? options->busy_timeout_ms : 0};
    bool in_memory = path == NULL || path[0] == '\0' || strcmp(path, ":memory:") == 0;
    TRY(storage_open(in_memory ? NULL : path, &so, c->ledger, &c->storage, err));
    c->read_only = storage_is_read_only(c->storage);
    storage_options temporary = {.cache_bytes = so.cache_bytes};
    TRY(storage_open(NULL, &temporary, c->ledger, &c->temporary, err));
    if (storage_is_file(c->storage)) storage_set_owner(c->storage, catalog_refresh, c);
    return storage_must_follow(c->storage) ? storage_follow(c->storage, err)
                                           : catalog_load_all(c, NULL, err);
}

dbx_status catalog_open(const char *path, const catalog_open_options *options, ledger *l,
                        catalog **out, error *err) {
    *out = NULL;
    catalog *c = mem_alloc_zero(l, sizeof(*c));
    if (c == NULL) return error_nomem(err);
    c->ledger = l;
    os_mutex_init(&c->head_lock);
    os_mutex_init(&c->queue_lock);
    os_cond_init(&c->queue_moves);
    atomic_init(&c->next_version, 1);
    dbx_status status = catalog_open_storage(c, path, options, err);
    if (status != DBX_OK) {
        catalog_close(c);
        return status;
    }
    *out = c;
    return DBX_OK;
}

void catalog_close(catalog *c) {
    if (c == NULL) return;
    if (c->durable != NULL) commit_last(c);
    catalog_root_unref(c->head);
    catalog_root_unref(c->durable);
    for (uint32_t i = 0; i < 2 && c->storage != NULL; i++)
        storage_blob_release(c->storage, &c->root_blobs[i]);
    storage_close(c->temporary);
    storage_close(c->storage);
    os_cond_deinit(&c->queue_moves);
    os_mutex_deinit(&c->queue_lock);
    os_mutex_deinit(&c->head_lock);
    mem_free(c->ledger, c, sizeof(*c));
}

struct storage *catalog_storage(catalog *c) {
    return c->storage;
}
bool catalog_is_read_only(const catalog *c) {
    return c->read_only;
}

/* ---- sessions
 * --------------------------------------------------------------------------------------------------
 */

dbx_status catalog_session_new(catalog *c, catalog_session **out, error *err) {
    *out = NULL;
    catalog_session *s = mem_alloc_zero(c->ledger, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->catalog = c;
    s->temporary = catalog_named_schema(c, "session", storage_next_id(c->storage));
    if (s->temporary == NULL) {
        mem_free(c->ledger, s, sizeof(*s));
        return error_nomem(err);
    }
    *out = s;
    return DBX_OK;
}

void catalog_session_free(catalog_session *s) {
    if (s == NULL) return;
    ledger *l = s->catalog->ledger;
    catalog_schema_unref(s->temporary);
    mem_free(l, s, sizeof(*s));
}
