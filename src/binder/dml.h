/* dml.h - what dml.c and merge.c share. */
#ifndef DBX_BINDER_DML_H
#define DBX_BINDER_DML_H

#include "binder/binder_int.h"
#include "catalog/transaction.h"

typedef struct dml_table {
    const catalog_table *table;
    const bind_qualifier *qualifier;
    string_view text; /* quoted name */
    span span;
} dml_table;

/* Where DEFAULT stands for a column's default: the cells of the query that INSERT takes directly.
 */
struct insert_defaults {
    const dml_table *table;
    const uint32_t *targets;
    uint32_t target_count;
    const ast_node *body; /* AST_VALUES or AST_SELECT */
};

dbx_status dml_target(binder *b, const ast_name *name, dml_table *out) MUST_CHECK;
dbx_status dml_column(binder *b, const dml_table *t, string_view name, span s,
                      uint32_t *out) MUST_CHECK;
dbx_status dml_default(binder *b, const dml_table *t, uint32_t column, span position,
                       expr **out) MUST_CHECK;
/* Casts to the column's type by store assignment. */
dbx_status dml_store(binder *b, const dml_table *t, uint32_t column, expr *e, span position,
                     expr **out) MUST_CHECK;
dbx_status dml_scan(binder *b, const dml_table *t, const ast_alias *alias, bound_relation *out,
                    column_id *row_id) MUST_CHECK;
expr *dml_row_id(binder *b, column_id id, bool nullable, span s);
/* SET a = e, …: replaces values[column]. */
dbx_status dml_assign(binder *b, const dml_table *t, const ast_list *assignments,
                      expr **values) MUST_CHECK;
dbx_status dml_current_values(binder *b, const dml_table *t, const plan_node *scan, bool nullable,
                              expr **values) MUST_CHECK;
/* Generated columns and checks over a plan whose columns from `first` on are the table's. */
dbx_status dml_finish_rows(binder *b, const dml_table *t, plan_node *n, uint32_t first,
                           plan_node **out) MUST_CHECK;
dbx_status dml_write(binder *b, const dml_table *t, write_kind kind, bool overwrite,
                     plan_node *child, plan_node **out) MUST_CHECK;

#endif
