/* ddl.h - what the executors of CREATE statements share. */
#ifndef DBX_SESSION_DDL_H
#define DBX_SESSION_DDL_H

#include "session/statement.h"

catalog_create_mode ddl_mode(bool or_replace, bool if_not_exists, bool replace_only);
/* The full path of a new object; temporary ones have a name only. */
dbx_status ddl_path(statement_call *call, const ast_name *name, bool temporary,
                    catalog_path *out) MUST_CHECK;
catalog_info ddl_info(statement_call *call, string_view name, ast_text comment);
/* Whether tables of this provider follow the rules of plain files: no UPDATE, DELETE, MERGE, no
 * renamed or dropped columns, partition columns last. */
bool table_is_plain_files(string_view provider);
/* UNSUPPORTED_FEATURE.TABLE_OPERATION for such a table. */
dbx_status table_refuse_plain_files(statement_call *call, const catalog_table *table,
                                    const char *operation, span position) MUST_CHECK;
/* Takes query, schema, mode and settings of a view's definition from a bound query. */
dbx_status view_define(statement_call *call, const ast_query *body, string_view text,
                       const ast_list *columns, bool temporary, const catalog_path *path,
                       catalog_info *info, catalog_view_def *def) MUST_CHECK;
/* The mode that WITH SCHEMA names, or the session's default for a clause that is not there. */
dbx_status view_mode(statement_call *call, const ast_ident *clause,
                     catalog_view_binding *out) MUST_CHECK;

/* Brings the kept schema of a view WITH SCHEMA [TYPE] EVOLUTION up to what its query gives now;
 * *object is then the changed view. */
dbx_status view_sync(statement_call *call, const catalog_object **object) MUST_CHECK;

dbx_status view_of_cached_query(statement_call *call, const ast_cache *c) MUST_CHECK;

#endif
