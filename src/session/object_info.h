/* object_info.h - what is known about a table or view, as labelled rows: DESCRIBE EXTENDED, SHOW
 * TABLE EXTENDED and DESCRIBE … AS JSON all print these.
 *
 * Facts that the catalog has no field for (buckets, the output columns of a view's query,
 * partitions without rows) are properties whose keys are reserved; they are never shown as
 * properties.
 */
#ifndef DBX_SESSION_OBJECT_INFO_H
#define DBX_SESSION_OBJECT_INFO_H

#include "session/statement.h"

/* Reserved keys. */
#define PROPERTY_BUCKET_COUNT "dbx.bucket.count"
#define PROPERTY_BUCKET_COLUMNS "dbx.bucket.columns" /* quoted names joined by ", " */
#define PROPERTY_SORT_COLUMNS "dbx.bucket.sort"
#define PROPERTY_PARTITION "dbx.partition."      /* + "c=Us/d=1": a partition that was added */
#define PROPERTY_COLLATION CATALOG_COLLATION     /* DEFAULT COLLATION of a table, view or schema */
#define PROPERTY_ROW_COUNT "dbx.statistics.rows" /* of ANALYZE TABLE */
#define PROPERTY_BYTE_COUNT "dbx.statistics.bytes"
#define PROPERTY_PARTITION_STATISTICS "dbx.statistics.partition." /* + path */
#define PROPERTY_VIEW_PROVIDER "dbx.view.provider" /* CREATE TEMPORARY VIEW … USING */
#define PROPERTY_VIEW_COLUMN CATALOG_VIEW_QUERY_COLUMN

typedef struct object_info_row {
    const char *label;
    string_view text;
} object_info_row;

typedef ARENA_LIST(object_info_row) object_info;

/* Whether the key is one of the engine's own. */
bool property_is_reserved(string_view key);
/* The value as it may be shown: passwords, tokens and the like are masked. */
string_view property_shown(const catalog_property *p);
/* Value of a property; data NULL when absent. */
string_view property_text(const catalog_info *info, const char *key);

/* Where the object's rows are, as a URI within the database. */
string_view object_location(statement_call *call, const catalog_object *o);
/* Labelled rows in Spark's order, without the leading catalog rows for temporary objects. */
dbx_status object_info_collect(statement_call *call, const catalog_object *o,
                               object_info *out) MUST_CHECK;
/* "`a`, `b`" in the statement's arena; NULL when out of memory. */
const char *object_quoted_list(statement_call *call, const string_view *names, uint32_t count);
/* "a" or "`a b`", joined by dots: names as Spark writes them where quotes are needed. */
dbx_status object_append_path(buffer *out, const string_view *parts, uint32_t count) MUST_CHECK;
/* "root\n |-- a: integer (nullable = true)\n …" */
dbx_status object_append_tree(buffer *out, const catalog_column *columns,
                              uint32_t count) MUST_CHECK;
/* "(k,v), …" of a schema's properties as Spark writes them; empty without any. */
string_view object_properties_text(statement_call *call, const catalog_info *info);
/* What DESCRIBE and SHOW TABLE EXTENDED say of one partition (statement_describe.c). */
dbx_status statement_partition_rows(statement_call *call, const catalog_table *table,
                                    const string_view *values, object_info *out) MUST_CHECK;
/* The columns of a table or of a view's result. */
const catalog_column *object_column_list(const catalog_object *o, uint32_t *count);

/* object_json.c: DESCRIBE … AS JSON. partition may be NULL: its values by partition column. */
dbx_status object_append_json(statement_call *call, const catalog_object *o,
                              const string_view *partition, buffer *out) MUST_CHECK;

#endif
