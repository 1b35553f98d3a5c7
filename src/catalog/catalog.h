/* catalog.h - names of the database: catalogs, schemas, and the tables, views and functions in
 * them.
 *
 * The tree is an immutable snapshot:  root -> catalogs -> schemas -> objects.  A change copies the
 * path from the root to the changed node and shares all else, so a reader needs no lock and keeps
 * what it started with. A table object also pins its rows (struct table_version of storage): a root
 * is the whole database at one moment.
 *
 * OWNERSHIP  Nodes are counted; a transaction (transaction.h) keeps its roots alive. Whatever a
 * lookup returns is borrowed and stays valid until the transaction's next savepoint or end, also
 * when a change replaces or drops it. NAMES  are compared without case (ASCII) and kept as first
 * written. Tables and views share one name space, functions have another. THREADS  Nodes are read
 * by any thread. A transaction and its changes belong to one thread at a time.
 */
#ifndef DBX_CATALOG_CATALOG_H
#define DBX_CATALOG_CATALOG_H

#include "common/query.h"
#include "vector/source.h"

typedef struct catalog catalog; /* an open database: newest root, commit lock, storage */
typedef struct txn txn;
struct table_version;
struct storage;

#define CATALOG_DEFAULT_NAME "spark_catalog"
#define CATALOG_DEFAULT_SCHEMA "default"
/* Qualifier of global temporary views, which are kept among the temporary objects under the name
 * "global_temp.v". */
#define CATALOG_GLOBAL_TEMP "global_temp"

/* Key, without its index, of the property that keeps the name of a column as a view's query gave it
 * at creation. */
#define CATALOG_VIEW_QUERY_COLUMN "view.query.out.col."

enum {
    CATALOG_NAME_BYTES_MAX = 255,
    CATALOG_COLUMNS_MAX = 10000,
};

/* ---- nodes
 * -------------------------------------------------------------------------------------------------
 */

typedef enum catalog_object_kind {
    CATALOG_TABLE,
    CATALOG_VIEW,
    CATALOG_FUNCTION
} catalog_object_kind;

typedef struct catalog_property {
    string_view key;
    string_view value;
} catalog_property;

/* What every named thing has. Texts whose data is NULL were not given. */
typedef struct catalog_info {
    string_view name;
    string_view owner;
    string_view comment;
    int64_t created_us;
    const catalog_property *properties; /* TBLPROPERTIES, DBPROPERTIES; sorted by key */
    uint32_t property_count;
} catalog_info;

/* Property that keeps DEFAULT COLLATION. */
#define CATALOG_COLLATION "dbx.collation"
/* The default collation of an object or schema: UTF8_BINARY where none is kept. */
uint16_t catalog_default_collation(const catalog_info *info);

typedef struct catalog_object {
    _Atomic uint32_t refs;
    catalog_object_kind kind;
    bool is_temporary; /* of one session; its schema is NULL */
    uint64_t
        id; /* never given twice in a database; stays through ALTER, new after DROP and CREATE */
    catalog_info info;
    string_view catalog_name, schema_name; /* as it was found; empty for temporary objects */
    struct catalog_memory *memory; /* owns texts and definition; shared by versions of the object */
} catalog_object;

typedef enum catalog_generated {
    CATALOG_GENERATED_NONE,
    CATALOG_GENERATED_EXPRESSION, /* GENERATED ALWAYS AS (generation_text) */
    CATALOG_GENERATED_ALWAYS_IDENTITY,
    CATALOG_GENERATED_DEFAULT_IDENTITY,
} catalog_generated;

typedef struct catalog_column {
    string_view name;
    type type;
    bool nullable;
    uint8_t generated; /* catalog_generated */
    uint32_t
        field_id; /* given by the catalog; what storage knows the column by: survives renames */
    string_view comment;         /* data NULL: none */
    string_view default_text;    /* SQL of DEFAULT, data NULL: none */
    string_view generation_text; /* SQL of the generation expression */
    int64_t identity_start, identity_step;
} catalog_column;

typedef enum catalog_constraint_kind {
    CATALOG_CONSTRAINT_PRIMARY_KEY,
    CATALOG_CONSTRAINT_FOREIGN_KEY,
    CATALOG_CONSTRAINT_UNIQUE,
    CATALOG_CONSTRAINT_CHECK,
} catalog_constraint_kind;

typedef struct catalog_constraint {
    string_view name;
    catalog_constraint_kind kind;
    const string_view *columns; /* keys */
    uint32_t column_count;
    string_view text; /* CHECK: the condition's SQL. FOREIGN KEY: "catalog.schema.table (a, b)" */
    bool enforced;
    bool rely; /* the optimizer may trust it */
} catalog_constraint;

/* What CREATE TABLE says. Texts are borrowed until catalog_create_table returns. */
typedef struct catalog_table_def {
    const catalog_column *columns;
    uint32_t column_count;
    const catalog_constraint *constraints;
    uint32_t constraint_count;
    const string_view *partition_columns;
    uint32_t partition_column_count;
    const string_view *cluster_columns;
    uint32_t cluster_column_count;
    string_view provider;            /* USING x; empty: the database's own storage */
    string_view location;            /* external data; data NULL: none */
    const catalog_property *options; /* OPTIONS (…) of an external table */
    uint32_t option_count;
} catalog_table_def;

struct catalog_table {
    catalog_object base;
    catalog_table_def def;
    uint32_t next_field_id;
    struct catalog_identity
        *identity; /* shared by all versions of the table; NULL without identity columns */
    struct table_version *version;   /* the rows; NULL for external tables */
    struct catalog_history *history; /* history.h; NULL when there is none */
};
typedef struct catalog_table catalog_table;

typedef struct catalog_view_column {
    string_view name;    /* alias; data NULL: the query's */
    string_view comment; /* data NULL: none */
} catalog_view_column;

/* How a view bears changes of what it reads: WITH SCHEMA … */
typedef enum catalog_view_binding {
    CATALOG_VIEW_COMPENSATION,
    CATALOG_VIEW_BINDING,
    CATALOG_VIEW_TYPE_EVOLUTION,
    CATALOG_VIEW_EVOLUTION
} catalog_view_binding;

typedef struct catalog_view_def {
    string_view sql; /* the query as written */
    const catalog_view_column *columns;
    uint32_t column_count; /* 0: no column list was written */
    string_view current_catalog,
        current_schema;               /* at creation: names in the text are resolved so */
    const catalog_property *settings; /* SQL settings at creation that change meaning (ansi, …) */
    uint32_t setting_count;
    catalog_view_binding binding;
    /* Schema of the query at creation, for DESCRIBE and SHOW COLUMNS without binding; may be absent
     * (0). */
    const catalog_column *schema;
    uint32_t schema_count;
} catalog_view_def;

typedef struct catalog_view {
    catalog_object base;
    catalog_view_def def;
} catalog_view;

typedef struct catalog_parameter {
    string_view name;
    type type;
    string_view default_text; /* data NULL: none */
    string_view comment;
} catalog_parameter;

typedef struct catalog_function_def {
    const catalog_parameter *parameters;
    uint32_t parameter_count;
    bool has_return_type;
    bool is_table; /* RETURNS TABLE */
    bool deterministic;
    bool contains_sql_only;               /* CONTAINS SQL as opposed to READS SQL DATA */
    type return_type;                     /* when has_return_type and not is_table */
    const catalog_column *return_columns; /* is_table; may be empty */
    uint32_t return_column_count;
    string_view language; /* "SQL" */
    string_view body;     /* expression or query text as written */
    string_view current_catalog, current_schema;
} catalog_function_def;

typedef struct catalog_function {
    catalog_object base;
    catalog_function_def def;
} catalog_function;

typedef struct catalog_schema {
    _Atomic uint32_t refs;
    uint64_t id;
    catalog_info info;
    string_view location;           /* data NULL: none */
    catalog_object *const *objects; /* sorted by name space, then lower-case name */
    uint32_t object_count;
    struct catalog_memory *memory;
    struct catalog_blob *blob; /* written form of the definitions; internal */
} catalog_schema;

typedef struct catalog_space { /* one catalog */
    _Atomic uint32_t refs;
    uint64_t id;
    catalog_info info;
    catalog_schema *const *schemas; /* sorted by lower-case name */
    uint32_t schema_count;
    struct catalog_memory *memory;
} catalog_space;

typedef struct catalog_root {
    _Atomic uint32_t refs;
    uint64_t version;             /* of no other root of this open database */
    catalog_space *const *spaces; /* sorted by lower-case name */
    uint32_t space_count;
    struct catalog *catalog;
} catalog_root;

static inline const catalog_table *catalog_as_table(const catalog_object *o) {
    return o != NULL && o->kind == CATALOG_TABLE ? (const catalog_table *)o : NULL;
}
static inline const catalog_view *catalog_as_view(const catalog_object *o) {
    return o != NULL && o->kind == CATALOG_VIEW ? (const catalog_view *)o : NULL;
}
static inline const catalog_function *catalog_as_function(const catalog_object *o) {
    return o != NULL && o->kind == CATALOG_FUNCTION ? (const catalog_function *)o : NULL;
}

/* ---- opening
 * -----------------------------------------------------------------------------------------------
 */

typedef struct catalog_open_options {
    bool read_only;
    uint64_t cache_bytes;     /* bound on cached segments; 0: half of the ledger's limit */
    uint8_t sync;             /* storage_sync: when commits wait for the disk */
    uint64_t busy_timeout_ms; /* how long to wait for another process */
} catalog_open_options;

/* Opens or creates the database file at path; NULL or ":memory:" makes one in memory. `l` (the
 * database's ledger) outlives it. */
dbx_status catalog_open(const char *path, const catalog_open_options *options, ledger *l,
                        catalog **out, error *err) MUST_CHECK;
/* All transactions, sessions and sources must be gone. */
void catalog_close(catalog *c);
/* Folds the log into the file and gives space at its end back, while others read and write. Commits
 * are durable without it, and it happens by itself when the log is long. */
dbx_status catalog_checkpoint(catalog *c, error *err) MUST_CHECK;
struct storage *catalog_storage(catalog *c);
bool catalog_is_read_only(const catalog *c);

/* ---- sessions: temporary objects of one connection
 * --------------------------------------------------------- */

typedef struct catalog_session catalog_session;
dbx_status catalog_session_new(catalog *c, catalog_session **out, error *err) MUST_CHECK;
void catalog_session_free(catalog_session *s);

/* ---- looking up; all in the view of a transaction
 * ---------------------------------------------------------- */

typedef enum catalog_name_space { CATALOG_RELATIONS, CATALOG_FUNCTIONS } catalog_name_space;

/* A name of 1 to 3 parts, to be completed by the current catalog and schema. */
typedef struct catalog_name {
    const string_view *parts;
    uint32_t part_count;
    span span; /* for errors */
} catalog_name;

/* A name completed. */
typedef struct catalog_path {
    string_view catalog, schema, name;
} catalog_path;

/* Completes a name by the query's current catalog and schema; more than 3 parts is
 * REQUIRES_SINGLE_PART_NAMESPACE. Borrows. */
dbx_status catalog_complete(const query *q, const catalog_name *name, catalog_path *out,
                            error *err) MUST_CHECK;

/* NULL when there is none. A name of one part (or session.x, system.session.x) finds temporary
 * objects first; a name of two parts is schema.name in the current catalog. */
const catalog_object *catalog_find(const query *q, catalog_name_space space,
                                   const catalog_name *name);
const catalog_object *catalog_find_path(const txn *t, catalog_name_space space,
                                        const catalog_path *path);
/* The same, but absence raises TABLE_OR_VIEW_NOT_FOUND or UNRESOLVED_ROUTINE. */
dbx_status catalog_resolve(const query *q, catalog_name_space space, const catalog_name *name,
                           const catalog_object **out, error *err) MUST_CHECK;
const catalog_space *catalog_find_space(const txn *t, string_view name);
const catalog_schema *catalog_find_schema(const txn *t, string_view catalog_name,
                                          string_view schema);
/* Names an object may have been meant by, best first; at most `limit` (<= 8) are put into out,
 * borrowed. */
uint32_t catalog_suggest(const query *q, catalog_name_space space, const catalog_name *name,
                         uint32_t limit, catalog_path *out);
/* Everything, for SHOW and information schemas: walk spaces, schemas, objects. */
const catalog_root *catalog_root_of(const txn *t);
/* Temporary objects of the session; *count gets their number. */
catalog_object *const *catalog_temporary_objects(const txn *t, uint32_t *count);
/* Index of a column, without case; -1 when there is none. */
int32_t catalog_table_column(const catalog_table *table, string_view name);
const catalog_property *catalog_find_property(const catalog_info *info, string_view key);

/* ---- reading
 * -----------------------------------------------------------------------------------------------
 */

/* The table's rows in this version as a source that the caller frees; it keeps the rows by itself.
 * Its columns are the table's, then the hidden BIGINT `_rowid` (CATALOG_ROW_ID_NAME), which names a
 * row until the statement ends. `l` pays for the source; scans are paid by their query. External
 * tables raise UNSUPPORTED_FEATURE: the binder reads them through the table function of their
 * provider. */
#define CATALOG_ROW_ID_NAME "_rowid"
dbx_status catalog_table_source(const catalog_table *table, txn *t, ledger *l, source **out,
                                error *err) MUST_CHECK;

/* ---- changing: all within a transaction, seen by it at once and by others after its commit
 * ----------------- */

typedef enum catalog_create_mode {
    CATALOG_CREATE,
    CATALOG_CREATE_OR_REPLACE,
    CATALOG_CREATE_IF_NOT_EXISTS,
    CATALOG_REPLACE /* must exist */
} catalog_create_mode;

/* info.created_us 0 means now. Existing names raise … ALREADY_EXISTS by the mode; *created (may be
 * NULL) is false when IF NOT EXISTS found one. Everything given is copied. A temporary object's
 * path has only a name. */
dbx_status catalog_create_space(txn *t, const catalog_info *info, catalog_create_mode mode,
                                error *err) MUST_CHECK;
dbx_status catalog_create_schema(txn *t, string_view catalog_name, const catalog_info *info,
                                 string_view location, catalog_create_mode mode,
                                 error *err) MUST_CHECK;
dbx_status catalog_create_table(txn *t, const catalog_path *path, bool temporary,
                                const catalog_info *info, const catalog_table_def *def,
                                catalog_create_mode mode, bool *created, const catalog_table **out,
                                error *err) MUST_CHECK;
dbx_status catalog_create_view(txn *t, const catalog_path *path, bool temporary,
                               const catalog_info *info, const catalog_view_def *def,
                               catalog_create_mode mode, error *err) MUST_CHECK;
dbx_status catalog_create_function(txn *t, const catalog_path *path, bool temporary,
                                   const catalog_info *info, const catalog_function_def *def,
                                   catalog_create_mode mode, error *err) MUST_CHECK;

/* Drops what a lookup found. */
dbx_status catalog_drop_object(txn *t, const catalog_object *object, error *err) MUST_CHECK;
/* SCHEMA_NOT_EMPTY unless cascade; SCHEMA_NOT_FOUND, CATALOG_NOT_FOUND when absent and not
 * if_exists. */
dbx_status catalog_drop_schema(txn *t, string_view catalog_name, string_view schema, bool if_exists,
                               bool cascade, error *err) MUST_CHECK;
dbx_status catalog_drop_space(txn *t, string_view name, bool if_exists, bool cascade,
                              error *err) MUST_CHECK;

/* Moves an object to another name of the same catalog; the schema may change. */
dbx_status catalog_rename_object(txn *t, const catalog_object *object, const catalog_path *to,
                                 error *err) MUST_CHECK;
/* Replaces definition and info. Columns are matched with the old ones by field_id; field_id 0 is a
 * new column, whose old rows read NULL; old ones that are missing are dropped. The type of a kept
 * column must have the same layout: other changes are made by rewriting rows (create or replace).
 * *out may be NULL. */
dbx_status catalog_alter_table(txn *t, const catalog_table *table, const catalog_info *info,
                               const catalog_table_def *def, const catalog_table **out,
                               error *err) MUST_CHECK;
dbx_status catalog_alter_view(txn *t, const catalog_view *view, const catalog_info *info,
                              const catalog_view_def *def, error *err) MUST_CHECK;
dbx_status catalog_alter_schema(txn *t, string_view catalog_name, string_view schema,
                                const catalog_info *info, error *err) MUST_CHECK;

/* Takes `count` values of an identity column: *first, then each identity_step further. They are
 * never given again, also when the transaction rolls back. */
dbx_status catalog_identity_take(const catalog_table *table, uint32_t column, uint64_t count,
                                 int64_t *first, error *err) MUST_CHECK;

#endif
