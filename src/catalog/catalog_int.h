/* catalog_int.h - struct catalog and the making of nodes, for the files of this folder.
 *
 * Nodes are small blocks of exactly their size; texts and definitions live in a counted
 * `catalog_memory` that all versions of a node share. So a changed row count copies a few pointers
 * on the path to the root and no text.
 */
#ifndef DBX_CATALOG_CATALOG_INT_H
#define DBX_CATALOG_CATALOG_INT_H

#include "catalog/history.h"
#include "catalog/transaction.h"
#include "common/os.h"
#include "storage/table.h"

typedef struct catalog_memory {
    _Atomic uint32_t refs;
    ledger *ledger;
    arena arena;
} catalog_memory;

typedef struct catalog_blob { /* written definitions of a schema, shared by its versions */
    _Atomic uint32_t refs;
    storage *storage;
    storage_blob blob;
} catalog_blob;

typedef struct catalog_identity_value {
    uint32_t field_id;
    int64_t step;
    _Atomic int64_t next;
    _Atomic bool exhausted;
} catalog_identity_value;

typedef struct catalog_identity {
    _Atomic uint32_t refs;
    ledger *ledger;
    uint32_t count;
    catalog_identity_value values[];
} catalog_identity;

/* A past version of a table. */
typedef struct catalog_version {
    _Atomic uint32_t refs;
    ledger *ledger;
    catalog_event event;
    catalog_table *state;  /* counted; without a history of its own */
    table_version *change; /* rows before short groups were joined; NULL: those of the state */
    uint64_t dead_bytes;   /* of groups that the next version lacks */
} catalog_version;

typedef struct catalog_history {
    _Atomic uint32_t refs;
    ledger *ledger;
    catalog_event now;     /* what made the table as it is */
    table_version *change; /* as above */
    catalog_blob *blob;    /* written form; set once */
    uint32_t count, room;
    catalog_version *past[]; /* oldest first */
} catalog_history;

struct catalog {
    ledger *ledger;
    storage *storage;
    storage *temporary; /* memory: rows of temporary tables */
    bool read_only;
    os_mutex head_lock; /* guards head and durable */
    catalog_root *head;
    catalog_root *durable; /* what the file's root leads to; the log holds what the head has more */
    os_mutex queue_lock;   /* guards the queue of commits */
    os_cond queue_moves;
    struct commit_request *queue; /* in order of arrival */
    bool queue_is_led;            /* a committer is at work for a group */
    _Atomic bool checkpoint_runs;
    storage_blob root_blobs[2]; /* of the durable root, and room for the next */
    uint32_t root_blob_current;
    _Atomic uint64_t next_version; /* of roots and of temporary schemas */
};

struct catalog_session {
    catalog *catalog;
    catalog_schema *temporary; /* its id changes with every change */
};

struct txn {
    catalog *catalog;
    catalog_session *session; /* may be NULL */
    bool read_only;
    uint64_t pin;              /* of the storage */
    catalog_root *base;        /* what it began with */
    catalog_root *root;        /* what it sees */
    catalog_schema *temporary; /* NULL without a session */
    catalog_schema *base_temporary;
    const char *operation; /* static; what made the last change, for histories */
    uint32_t open_marks;
    uint32_t open_deletes; /* delete sinks: their row ids name groups that must stay */
    /* Superseded roots and temporary schemas, kept for what lookups gave out. */
    struct txn_garbage {
        catalog_root *root;
        catalog_schema *schema;
    } * garbage;
    uint32_t garbage_count, garbage_capacity;
};

/* ---- memory
 * --------------------------------------------------------------------------------------------------
 */

catalog_memory *catalog_memory_new(ledger *l);
static inline catalog_memory *catalog_memory_ref(catalog_memory *m) {
    atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed);
    return m;
}
void catalog_memory_unref(catalog_memory *m);
catalog_blob *catalog_blob_new(storage *s); /* unwritten */
void catalog_blob_unref(catalog_blob *b);
void catalog_identity_unref(catalog_identity *i);
catalog_identity *catalog_identity_new(ledger *l, const catalog_table_def *def);

/* Identity columns that stay go on where they are. */
void catalog_identity_keep(const catalog_identity *old, catalog_identity *fresh);

/* ---- histories; NULL when out of memory ---- */

catalog_history *history_new(ledger *l, uint32_t count);
catalog_version *history_version_new(ledger *l, const catalog_event *event);
static inline catalog_history *history_ref(catalog_history *h) {
    atomic_fetch_add_explicit(&h->refs, 1, memory_order_relaxed);
    return h;
}
void history_unref(catalog_history *h);
/* Of `fresh`, which replaces `old` (NULL: it is new). change: its rows before short groups were
 * joined. */
catalog_history *history_push(const catalog_table *old, const catalog_table *fresh,
                              table_version *change, string_view operation, int64_t now_us);
/* Without the first `from` versions; change as above, NULL: as it is. */
catalog_history *history_keep(const catalog_history *old, uint32_t from, table_version *change);
/* The table's rows and those of its past, for storage; in the arena. */
dbx_status history_rows(const catalog_table *table, arena *a, table_rows *out) MUST_CHECK;
/* Writes what was not written; reads it back into the table, whose rows are there. */
dbx_status history_write(catalog *c, const catalog_table *table, error *err) MUST_CHECK;
dbx_status history_read(catalog *c, catalog_table *table, storage_pointer pointer,
                        error *err) MUST_CHECK;

/* Copies into the arena; DBX_NOMEM. Absent texts stay absent. */
dbx_status catalog_copy_text(arena *a, string_view from, string_view *to) MUST_CHECK;
dbx_status catalog_copy_info(arena *a, const catalog_info *from, catalog_info *to) MUST_CHECK;
dbx_status catalog_copy_columns(arena *a, const catalog_column *from, uint32_t count,
                                const catalog_column **to) MUST_CHECK;
dbx_status catalog_copy_table_def(arena *a, const catalog_table_def *from,
                                  catalog_table_def *to) MUST_CHECK;
dbx_status catalog_copy_view_def(arena *a, const catalog_view_def *from,
                                 catalog_view_def *to) MUST_CHECK;
dbx_status catalog_copy_function_def(arena *a, const catalog_function_def *from,
                                     catalog_function_def *to) MUST_CHECK;

/* ---- nodes
 * -----------------------------------------------------------------------------------------------------
 */

/* A blank object with fresh memory; the caller fills it. NULL when out of memory. */
catalog_object *catalog_object_new(ledger *l, catalog_object_kind kind);
/* Another version of an object that shares its memory. */
catalog_object *catalog_object_copy(ledger *l, const catalog_object *o);
static inline catalog_object *catalog_object_ref(catalog_object *o) {
    atomic_fetch_add_explicit(&o->refs, 1, memory_order_relaxed);
    return o;
}
void catalog_object_unref(catalog_object *o);

/* Children are NULL until set. Take a reference of the memory. */
catalog_schema *catalog_schema_new(ledger *l, catalog_memory *memory, uint32_t object_count);
catalog_space *catalog_space_new(ledger *l, catalog_memory *memory, uint32_t schema_count);
catalog_root *catalog_root_new(catalog *c, uint32_t space_count);
static inline catalog_schema *catalog_schema_ref(catalog_schema *s) {
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}
static inline catalog_space *catalog_space_ref(catalog_space *s) {
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}
static inline catalog_root *catalog_root_ref(catalog_root *r) {
    atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
    return r;
}
void catalog_schema_unref(catalog_schema *s);
void catalog_space_unref(catalog_space *s);
void catalog_root_unref(catalog_root *r);

/* Copies with one child replaced: `old` goes (may be NULL), `fresh` comes (may be NULL; a reference
 * is taken) to its place in the order. NULL when out of memory. */
catalog_schema *catalog_schema_with(const catalog_schema *s, ledger *l, const catalog_object *old,
                                    catalog_object *fresh);
catalog_space *catalog_space_with(const catalog_space *s, ledger *l, const catalog_schema *old,
                                  catalog_schema *fresh);
catalog_root *catalog_root_with(const catalog_root *r, const catalog_space *old,
                                catalog_space *fresh);
/* The same through the levels. */
catalog_root *catalog_root_with_schema(const catalog_root *r, const catalog_space *space,
                                       const catalog_schema *old, catalog_schema *fresh);
catalog_root *catalog_root_with_object(const catalog_root *r, const catalog_space *space,
                                       const catalog_schema *schema, const catalog_object *old,
                                       catalog_object *fresh);

/* Order of names: ASCII lower case, bytewise. */
int catalog_compare_names(string_view a, string_view b);
static inline catalog_name_space catalog_space_of(catalog_object_kind kind) {
    return kind == CATALOG_FUNCTION ? CATALOG_FUNCTIONS : CATALOG_RELATIONS;
}
catalog_object *catalog_schema_find(const catalog_schema *s, catalog_name_space space,
                                    string_view name);
catalog_schema *catalog_space_find(const catalog_space *s, string_view name);
catalog_space *catalog_root_find(const catalog_root *r, string_view name);
/* By id, whatever the name; NULL when there is none. */
catalog_object *catalog_schema_find_id(const catalog_schema *s, uint64_t id);
catalog_schema *catalog_space_find_id(const catalog_space *s, uint64_t id);
catalog_space *catalog_root_find_id(const catalog_root *r, uint64_t id);

/* "`a`.`b`.`c`" of up to 3 parts, empty ones left out. NULL when out of memory. */
char *catalog_quote(arena *a, string_view x, string_view y, string_view z);

/* ---- tables
 * ----------------------------------------------------------------------------------------------------
 */

/* The table with other rows, to be looked at but not kept. Its count is left out: others change it.
 */
static inline catalog_table catalog_table_with(const catalog_table *t, table_version *version) {
    enum { AFTER_COUNT = offsetof(catalog_table, base.kind) };
    catalog_table view = {0};
    memcpy((char *)&view + AFTER_COUNT, (const char *)t + AFTER_COUNT, sizeof(view) - AFTER_COUNT);
    view.version = version;
    return view;
}
/* Columns as storage knows them, in the arena. */
dbx_status catalog_storage_columns(const catalog_table *t, arena *a,
                                   const storage_column **out) MUST_CHECK;
/* Which storage holds the rows. */
storage *catalog_table_storage(const catalog *c, const catalog_table *t);

/* A root with other rows and history of a table; takes over the references (which may be NULL for
 * want of memory), also on failure. NULL when out of memory. */
catalog_root *catalog_root_with_rows(const catalog_root *r, const catalog_space *space,
                                     const catalog_schema *schema, const catalog_table *table,
                                     table_version *version, catalog_history *history);

/* ---- transactions
 * ---------------------------------------------------------------------------------------------- */

/* Makes `root` what the transaction sees; takes over its reference, also on failure. */
dbx_status txn_set_root(txn *t, catalog_root *root, error *err) MUST_CHECK;
dbx_status txn_set_temporary(txn *t, catalog_schema *schema, error *err) MUST_CHECK;
/* Raises unless changes are allowed; temporary ones always are. */
dbx_status txn_check_writable(const txn *t, bool temporary, const char *what,
                              error *err) MUST_CHECK;
/* The object of that id that the transaction sees now, with where it is; NULL when it is gone. */
catalog_object *txn_find_object(const txn *t, const catalog_object *object, catalog_space **space,
                                catalog_schema **schema);
/* Replaces an object (the current one, see above) by another version or drops it (fresh NULL). */
dbx_status txn_replace_object(txn *t, const catalog_object *object, catalog_object *fresh,
                              error *err) MUST_CHECK;

/* Makes what the transaction changed the newest root, durably. */
dbx_status commit_txn(txn *t, error *err) MUST_CHECK;
/* Carries what changed from base to mine over to head. Conflicts raise DBX_BUSY errors. */
dbx_status catalog_merge(const catalog_root *base, const catalog_root *mine,
                         const catalog_root *head, catalog_root **out, error *err) MUST_CHECK;

/* ---- durability
 * ------------------------------------------------------------------------------------------------
 */

/* Writes `fresh` as the next durable root. Within storage_write_begin. */
dbx_status catalog_persist(catalog *c, catalog_root *fresh, error *err) MUST_CHECK;
/* Writes what `fresh` has more than `old`, so that catalog_persist has little left to do. */
dbx_status catalog_settle(catalog *c, const catalog_root *fresh, const catalog_root *old,
                          error *err) MUST_CHECK;
/* Before closing: folds the log into the file, so that it needs no log. A failure leaves the log.
 */
void commit_last(catalog *c);
/* Name, properties and definition of a table, for its history. */
dbx_status persist_put_definition(buffer *b, const catalog_table *table) MUST_CHECK;
/* Back as a table with the id and place of `like`, without rows. */
dbx_status load_definition(catalog *c, struct byte_reader *r, const catalog_table *like,
                           catalog_table **out, error *err) MUST_CHECK;
/* Reads the durable root; what is the same in `like` (may be NULL) is shared. */
dbx_status catalog_load(catalog *c, const catalog_root *like, catalog_root **out,
                        error *err) MUST_CHECK;
/* Follows what other processes committed; owner is the catalog (storage_refresh_fn). */
dbx_status catalog_refresh(void *owner, bool reload, error *err) MUST_CHECK;
/* Takes over the references; NULL: as it is. */
void catalog_set_roots(catalog *c, catalog_root *head, catalog_root *durable);

/* Does `fresh` differ from `old` by nothing but rows of tables? Then a record can say how. */
bool record_is_possible(const catalog_root *old, const catalog_root *fresh);
/* A table whose rows differ between the roots, the first by id after `after`; false at the end. */
typedef struct record_table {
    catalog_space *space;
    catalog_schema *schema;
    catalog_table *table; /* in fresh */
    const catalog_table *before;
} record_table;
bool record_next_table(const catalog_root *old, const catalog_root *fresh, uint64_t after,
                       record_table *out);
/* The parts of a record: its start, one or more for each table that changes, its end. *possible is
 * false when the change has no such form. */
dbx_status record_begin(catalog *c, int64_t now_us, buffer *out) MUST_CHECK;
dbx_status record_end(buffer *out) MUST_CHECK;
/* operation NULL: the rows are the same, only their groups change. */
dbx_status record_put_rows(buffer *out, const catalog_table *table, const table_version *before,
                           const table_version *after, const char *operation, bool *possible,
                           error *err) MUST_CHECK;
dbx_status record_put_join(buffer *out, uint64_t table_id, uint32_t length,
                           uint64_t first_id) MUST_CHECK;
/* Replays the records that the log holds beyond *root, which is replaced. */
dbx_status record_replay_all(catalog *c, catalog_root **root, error *err) MUST_CHECK;

#endif
