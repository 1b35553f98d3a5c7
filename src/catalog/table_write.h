/* table_write.h - how exec's WRITE operator changes a table's rows inside a transaction.
 *
 * INSERT      one insert sink; overwrite first drops all rows the transaction sees.
 * DELETE      one delete sink, fed with row ids (the hidden column of catalog_table_source).
 * UPDATE      a delete sink and an insert sink; exec feeds both.
 * MERGE       likewise, by action.
 * Sinks follow vector/source.h: append from many workers, combine, finish once, free. Rows become
 * part of the transaction at finish; a sink freed without finish leaves nothing. Finish of several
 * sinks of one statement may come in any order. Full row groups are encoded (and for a file,
 * written) by the worker that filled them.
 */
#ifndef DBX_CATALOG_TABLE_WRITE_H
#define DBX_CATALOG_TABLE_WRITE_H

#include "catalog/transaction.h"

/* Takes the table's columns in order, with exactly their types. A NULL for a column that is NOT
 * NULL raises DELTA_NOT_NULL_CONSTRAINT_VIOLATED. CHECK constraints, defaults and generated columns
 * are the binder's. */
dbx_status table_insert_new(query *q, txn *t, const catalog_table *table, bool overwrite,
                            data_sink **out, error *err) MUST_CHECK;

/* Takes one BIGINT column of row ids, none NULL. rows_written is the number of distinct rows
 * deleted. With `once`, a row id given twice raises MERGE_CARDINALITY_VIOLATION (an UPDATE or MERGE
 * that matches a row twice). */
dbx_status table_delete_new(query *q, txn *t, const catalog_table *table, bool once,
                            data_sink **out, error *err) MUST_CHECK;

/* Drops all rows: TRUNCATE. */
dbx_status table_truncate(txn *t, const catalog_table *table, error *err) MUST_CHECK;

/* Rows that the transaction sees; exact. */
uint64_t table_row_count(const catalog_table *table);

#endif
