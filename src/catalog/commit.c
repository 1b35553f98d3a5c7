/* commit.c - how transactions become durable: groups of commits, and checkpoints.
 *
 * Committers queue up. The first that finds nobody at work leads: it takes all that wait as its
 * group, merges one after the other into the newest root, and makes them durable together, by
 * records of the log with one sync, or, when one of them changed a definition or much, by a new
 * durable root. Only then do others see the new head. The rest of the group only waits.
 *
 *      queue --leader takes all--> group --merge each--> candidate --log or root--> head
 *
 * A checkpoint makes the head the durable root and thereby ends the log. It first writes what is
 * new while others commit; what is left to do alone is what was committed meanwhile.
 * The committer that makes the log too long runs it.
 */
#include "catalog/catalog_int.h"

enum {
    COMMIT_RECORD_MAX = 8 << 20, /* longer changes go into a new root */
};

typedef struct commit_request {
    txn *txn;
    error *err;
    dbx_status status;
    bool done;
    struct commit_request *next;
} commit_request;

/* The group at work. */
typedef struct commit_group {
    catalog *catalog;
    catalog_root *candidate;
    bool logs; /* all changes so far are in records */
} commit_group;

/* ---- one transaction of a group ---- */

/* What becomes of one table: the record (NULL: none is made) says it part by part. */
typedef struct commit_table {
    catalog *catalog;
    buffer *record;
    bool *possible; /* the changes so far have the form of a record */
    const char *operation;
    int64_t now_us;
} commit_table;

/* Joins short row groups at the end of a table's rows. */
static dbx_status commit_join(const commit_table *c, const catalog_table *table, uint32_t length,
                              table_version **out, error *err) {
    arena scratch;
    arena_init(&scratch, c->catalog->ledger);
    const storage_column *columns;
    table_version *before = table->version;
    *out = NULL;
    dbx_status status = catalog_storage_columns(table, &scratch, &columns);
    status = status != DBX_OK ? error_nomem(err)
                              : table_version_join_tail(before, length, columns,
                                                        table->def.column_count, 0, out, err);
    arena_deinit(&scratch);
    TRY(status);
    if (c->record == NULL || !*c->possible) return DBX_OK;
    uint32_t kept = before->group_count - length;
    const row_group *group = (*out)->group_count > kept ? table_version_at(*out, kept).group : NULL;
    if (group == NULL || row_group_is_settled(group))
        return record_put_rows(c->record, table, before, *out, NULL, c->possible, err);
    status = record_put_join(c->record, table->base.id, length, group->id);
    return status == DBX_OK ? DBX_OK : error_nomem(err);
}

/* Writes the record of one table, joins what is short, and gives the table its history. */
static dbx_status commit_one_table(const commit_table *c, const record_table *at,
                                   catalog_root **root, error *err) {
    table_version *rows = at->table->version, *joined = NULL;
    if (c->record != NULL && *c->possible) {
        TRY(record_put_rows(c->record, at->table, at->before->version, rows, c->operation,
                            c->possible, err));
    }
    uint32_t length = table_version_tail_length(rows, NULL);
    dbx_status status = length == 0 ? DBX_OK : commit_join(c, at->table, length, &joined, err);
    if (status != DBX_OK) {
        table_version_unref(joined);
        return status;
    }
    catalog_table after = catalog_table_with(at->table, joined != NULL ? joined : rows);
    catalog_history *history =
        history_push(at->before, &after, rows, sv_from(c->operation), c->now_us);
    catalog_root *fresh =
        catalog_root_with_rows(*root, at->space, at->schema, at->table,
                               joined != NULL ? joined : table_version_ref(rows), history);
    if (fresh == NULL) return error_nomem(err);
    catalog_root_unref(*root);
    *root = fresh;
    return DBX_OK;
}

/* Goes over the tables whose rows changed. */
static dbx_status commit_tables(const commit_table *c, const catalog_root *old, catalog_root **root,
                                error *err) {
    record_table at;
    uint64_t done = 0;
    while (record_next_table(old, *root, done, &at)) {
        done = at.table->base.id;
        TRY(commit_one_table(c, &at, root, err));
    }
    return DBX_OK;
}

/* Adds the record to the group's log. Its start is written last: only now the pages and ids that
 * its parts took are known. */
static dbx_status commit_log(catalog *c, int64_t now_us, const buffer *parts, error *err) {
    buffer record;
    buffer_init(&record, c->ledger);
    bool good = record_begin(c, now_us, &record) == DBX_OK &&
                buffer_append(&record, parts->data, parts->size) == DBX_OK &&
                record_end(&record) == DBX_OK;
    dbx_status status =
        good ? storage_log_add(c->storage, record.data, record.size, err) : error_nomem(err);
    buffer_deinit(&record);
    return status;
}

/* The transaction's changes on top of the candidate. */
static dbx_status commit_add(commit_group *g, const txn *t, error *err) {
    catalog *c = g->catalog;
    catalog_root *root;
    if (g->candidate == t->base)
        root = catalog_root_ref(t->root);
    else
        TRY(catalog_merge(t->base, t->root, g->candidate, &root, err));
    bool possible =
        g->logs && storage_log_is_on(c->storage) && record_is_possible(g->candidate, root);
    buffer parts;
    buffer_init(&parts, c->ledger);
    commit_table work = {.catalog = c,
                         .record = possible ? &parts : NULL,
                         .possible = &possible,
                         .operation = t->operation != NULL ? t->operation : "WRITE",
                         .now_us = os_wall_clock_us()};
    dbx_status status = commit_tables(&work, g->candidate, &root, err);
    possible = possible && parts.size < COMMIT_RECORD_MAX;
    if (status == DBX_OK && possible && parts.size > 0)
        status = commit_log(c, work.now_us, &parts, err);
    buffer_deinit(&parts);
    if (status != DBX_OK) {
        catalog_root_unref(root);
        return status;
    }
    g->logs = g->logs && possible;
    catalog_root_unref(g->candidate);
    g->candidate = root;
    return DBX_OK;
}

/* ---- the group ---- */

static dbx_status commit_make_durable(commit_group *g, error *err) {
    catalog *c = g->catalog;
    if (!storage_is_file(c->storage)) return DBX_OK;
    if (g->logs) return storage_log_commit(c->storage, err);
    storage_log_forget(c->storage);
    return catalog_persist(c, g->candidate, err);
}

/* The requests that did not fail yet fail. */
static void commit_fail(commit_request *requests, const error *failure) {
    for (commit_request *r = requests; r != NULL; r = r->next) {
        if (r->status != DBX_OK) continue;
        r->status = failure->status;
        error_copy(r->err, failure);
    }
}

static void commit_run_group(catalog *c, commit_request *requests) {
    error failure;
    error_init(&failure);
    if (storage_write_begin(c->storage, &failure) != DBX_OK) {
        commit_fail(requests, &failure);
        error_deinit(&failure);
        return;
    }
    commit_group g = {.catalog = c, .logs = true};
    g.candidate = catalog_root_ref(c->head);
    for (commit_request *r = requests; r != NULL; r = r->next)
        r->status = commit_add(&g, r->txn, r->err);
    if (g.candidate != c->head) {
        if (commit_make_durable(&g, &failure) == DBX_OK)
            catalog_set_roots(c, catalog_root_ref(g.candidate), NULL);
        else
            commit_fail(requests, &failure);
    }
    error_deinit(&failure);
    catalog_root_unref(g.candidate);
    storage_write_end(c->storage);
}

/* Waits for a leader to take the request along, or leads. */
static void commit_wait(catalog *c, commit_request *own) {
    os_mutex_lock(&c->queue_lock);
    commit_request **tail = &c->queue;
    while (*tail != NULL) tail = &(*tail)->next;
    *tail = own;
    while (!own->done && c->queue_is_led) os_cond_wait(&c->queue_moves, &c->queue_lock);
    if (!own->done) {
        commit_request *group = c->queue;
        c->queue = NULL;
        c->queue_is_led = true;
        os_mutex_unlock(&c->queue_lock);
        commit_run_group(c, group);
        os_mutex_lock(&c->queue_lock);
        while (group != NULL) { /* a request is gone once its owner sees that it is done */
            commit_request *next = group->next;
            group->done = true;
            group = next;
        }
        c->queue_is_led = false;
        os_cond_broadcast(&c->queue_moves);
    }
    os_mutex_unlock(&c->queue_lock);
}

dbx_status commit_txn(txn *t, error *err) {
    catalog *c = t->catalog;
    commit_request own = {.txn = t, .err = err};
    commit_wait(c, &own);
    /* The commit stands whatever becomes of the checkpoint; the next commit tries again. */
    if (own.status == DBX_OK && storage_log_is_long(c->storage)) (void)!catalog_checkpoint(c, NULL);
    return own.status;
}

/* ---- checkpoints ---- */

/* Writes what the head has more than the durable root, while others commit. */
static dbx_status checkpoint_settle(catalog *c, error *err) {
    os_mutex_lock(&c->head_lock);
    catalog_root *head = catalog_root_ref(c->head), *durable = catalog_root_ref(c->durable);
    os_mutex_unlock(&c->head_lock);
    dbx_status status = head == durable ? DBX_OK : catalog_settle(c, head, durable, err);
    catalog_root_unref(head);
    catalog_root_unref(durable);
    return status;
}

/* Gives free pages at the end of the file back. When much is free, the root and what stands beside
 * it, which may be the last thing in the file, are written anew nearer to its start. */
static dbx_status checkpoint_shrink(catalog *c, error *err) {
    enum { SHRINK_BYTES_MIN = 1 << 20 };
    storage_usage usage = storage_usage_of(c->storage);
    if (usage.free_bytes > SHRINK_BYTES_MIN && usage.free_bytes > usage.file_bytes / 2)
        TRY(catalog_persist(c, c->head, err));
    return storage_trim(c->storage, err);
}

dbx_status catalog_checkpoint(catalog *c, error *err) {
    if (!storage_is_file(c->storage) || c->read_only) return DBX_OK;
    if (atomic_exchange(&c->checkpoint_runs, true)) return DBX_OK; /* another thread does it */
    dbx_status status = checkpoint_settle(c, err);
    if (status == DBX_OK) status = storage_write_begin(c->storage, err);
    if (status == DBX_OK) {
        if (c->head != c->durable) status = catalog_persist(c, c->head, err);
        if (status == DBX_OK) status = checkpoint_shrink(c, err);
        storage_write_end(c->storage);
    }
    atomic_store(&c->checkpoint_runs, false);
    return status;
}

void commit_last(catalog *c) {
    if (!storage_is_file(c->storage) || !storage_is_last(c->storage) || c->read_only) return;
    if (storage_write_begin(c->storage, NULL) != DBX_OK) return;
    if (c->head != c->durable || storage_log_is_on(c->storage)) {
        storage_log_end(c->storage);
        (void)!catalog_persist(c, c->head, NULL);
    }
    storage_write_end(c->storage);
}
