/* database.h - one open database: memory, settings, storage, catalog, the gate to paths, registered
 * functions.
 *
 * Shared by its sessions; everything here is thread-safe or fixed at open.
 */
#ifndef DBX_SESSION_DATABASE_H
#define DBX_SESSION_DATABASE_H

#include "catalog/catalog.h"
#include "catalog/transaction.h"
#include "common/os.h"
#include "common/query.h"
#include "io/gate.h"
#include "io/page_cache.h"
#include "io/temp_file.h"

enum { DATABASE_THREADS_MAX = 1024 };

typedef struct database {
    ledger ledger;           /* limit: memory_limit */
    settings settings;       /* defaults of new sessions; shared ones change, under the lock */
    settings opened;         /* as they were given at open */
    struct catalog *catalog; /* owns the storage */
    io_gate gate;
    page_cache pages;       /* of files; the gate's */
    struct temp_store temp; /* where statements move data that does not fit in memory */
    uint32_t cpus;
    _Atomic uint32_t sessions;
    os_mutex lock;                         /* guards `functions` and shared settings */
    struct registered_function *functions; /* in C, given by the application; newest first */
} database;

/* path NULL, "" or ":memory:" makes one in memory. */
dbx_status database_open(const char *path, const dbx_option *options, size_t count, database **out,
                         error *err) MUST_CHECK;
/* Changes a setting of scope SHARED, with its effect; the caller holds the lock. */
dbx_status database_set(database *db, string_view name, string_view value, error *err) MUST_CHECK;
void database_close(database *db);

#endif
