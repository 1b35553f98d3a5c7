/* transaction.h - one transaction over the catalog and the rows of all tables.
 *
 * Snapshot isolation: a transaction reads the root that was newest when it began, plus its own
 * changes. Commit installs its changes as the next root, all or none, durably for a file. When
 * others committed since, changes are carried over to the newest root: appends always can be;
 * deletes when no one else deleted the same rows; a definition when no one else changed the object.
 * Otherwise commit fails with DBX_BUSY (DELTA_CONCURRENT_…, SQLSTATE 2D521), nothing is changed,
 * and the caller may run the transaction again.
 *
 *   active --txn_commit ok--> gone        active --txn_commit failed--> gone, as if rolled back
 *   active --txn_rollback--> gone
 * A statement inside a longer transaction is bracketed by txn_savepoint and, if it fails,
 * txn_rollback_to.
 */
#ifndef DBX_CATALOG_TRANSACTION_H
#define DBX_CATALOG_TRANSACTION_H

#include "catalog/catalog.h"

typedef struct txn_options {
    bool read_only; /* changes raise an error */
} txn_options;

/* Starts a transaction. `session` (may be NULL) gives temporary objects and outlives it. */
dbx_status txn_begin(catalog *c, catalog_session *session, const txn_options *options, txn **out,
                     error *err) MUST_CHECK;
/* Ends the transaction in every case; see above. A transaction without changes cannot fail. */
dbx_status txn_commit(txn *t, error *err) MUST_CHECK;
void txn_rollback(txn *t);

/* State to come back to. A mark is ended by one of rollback_to and release, or by the end of the
 * transaction. What lookups gave before a savepoint may be gone after it when no other mark is
 * open. */
typedef struct txn_mark {
    catalog_root *root;
    catalog_schema *temporary;
} txn_mark;
txn_mark txn_savepoint(txn *t);
void txn_rollback_to(txn *t, const txn_mark *mark);
void txn_release(txn *t, const txn_mark *mark);

/* What the next changes are called in histories; static text. */
void txn_set_operation(txn *t, const char *operation);
bool txn_is_read_only(const txn *t);
bool txn_has_changes(const txn *t);
catalog *txn_catalog(const txn *t);
/* Differs whenever what names mean may differ: for caches of bound plans. */
uint64_t txn_catalog_version(const txn *t);

#endif
