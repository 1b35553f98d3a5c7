/* partition.h - partitions of a table, hive-style: the combinations of its partition columns'
 * values.
 *
 * A partition exists when a row has its values, or when ALTER TABLE … ADD PARTITION named it; the
 * latter are remembered as reserved properties (object_info.h). Values are texts, as paths write
 * them; NULL is "__HIVE_DEFAULT_PARTITION__".
 */
#ifndef DBX_SESSION_PARTITION_H
#define DBX_SESSION_PARTITION_H

#include "session/statement.h"

#define PARTITION_NULL "__HIVE_DEFAULT_PARTITION__"

typedef struct partition {
    string_view *values; /* by partition column */
} partition;

typedef ARENA_LIST(partition) partition_list;

/* All partitions, sorted by their paths. */
dbx_status partition_collect(statement_call *call, const catalog_table *table,
                             partition_list *out) MUST_CHECK;
/* Values by partition column of a written spec; data NULL where the spec leaves a column out, which
 * `full` forbids. Unknown columns raise. */
dbx_status partition_resolve(statement_call *call, const catalog_table *table,
                             const ast_partition_spec *spec, bool full,
                             string_view **out) MUST_CHECK;
/* Whether p has the values that were given. */
bool partition_matches(const catalog_table *table, const partition *p, const string_view *values);
/* PARTITIONS_NOT_FOUND unless one exists. */
dbx_status partition_require(statement_call *call, const catalog_table *table,
                             const string_view *values, span position) MUST_CHECK;
/* "c=Us/d=1" in the statement's arena; NULL when out of memory. */
char *partition_path(statement_call *call, const catalog_table *table, const string_view *values);
/* Raises INVALID_PARTITION_OPERATION.PARTITION_SCHEMA_IS_EMPTY for a table without partitions. */
dbx_status partition_check_table(statement_call *call, const catalog_table *table) MUST_CHECK;
/* ALTER TABLE … ADD | DROP | RENAME PARTITION. */
dbx_status partition_alter(statement_call *call, const catalog_table *table,
                           const ast_alter *alter) MUST_CHECK;

#endif
