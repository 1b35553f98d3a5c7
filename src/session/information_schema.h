/* information_schema.h - the catalog as tables: <catalog>.information_schema.tables and its like.
 *
 * A relation of it is a view whose text holds its rows as an inline table, written when a statement
 * names it; `system.information_schema` shows all catalogs.
 */
#ifndef DBX_SESSION_INFORMATION_SCHEMA_H
#define DBX_SESSION_INFORMATION_SCHEMA_H

#include "binder/binder.h"

/* The relation of that name as the transaction sees the catalog; out->kind stays NONE for other
 * names. Texts are kept in the arena. */
dbx_status information_schema_relation(const query *q, arena *a, const string_view *parts,
                                       uint32_t count, binder_relation *out, error *err) MUST_CHECK;

#endif
