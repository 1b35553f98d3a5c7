/* statement_maintenance.c - OPTIMIZE, VACUUM, REFRESH, CHECKPOINT, ANALYZE, CACHE: upkeep. */
#include "session/statement.h"

/* Statistics are kept by the storage as rows are written, so that ANALYZE only checks the name. */
dbx_status statement_analyze(statement_call *call, query_result **out) {
    const ast_analyze *a = AST_AS(ast_analyze, call->node);
    if (!a->all_tables) {
        const catalog_table *table;
        TRY(statement_table(call, a->name, "ANALYZE TABLE", &table));
        for (uint32_t i = 0; i < a->columns.count; i++) {
            if (catalog_table_column(table, a->columns.items[i].text) >= 0) continue;
            return error_raise(call->execution->err, ERR_UNRESOLVED_COLUMN__WITHOUT_SUGGESTION,
                               a->columns.items[i].span, "objectName",
                               statement_quote(call, &a->columns.items[i].text, 1), NULL);
        }
    }
    return statement_result_empty(call, out);
}

/* Segments are cached by the buffer pool; the statement is accepted when its table exists. */
dbx_status statement_cache(statement_call *call, query_result **out) {
    const ast_cache *c = AST_AS(ast_cache, call->node);
    if (c->type == AST_CACHE_CLEAR) return statement_result_empty(call, out);
    if (c->query != NULL) return statement_unsupported(call, "CACHE TABLE … AS query");
    string_view parts[3];
    catalog_name name;
    TRY(statement_catalog_name(call, c->name, parts, &name));
    const catalog_object *object;
    bool tolerate = c->type == AST_CACHE_UNCACHE && c->if_exists;
    if (!tolerate || catalog_find(&call->execution->query, CATALOG_RELATIONS, &name) != NULL) {
        TRY(catalog_resolve(&call->execution->query, CATALOG_RELATIONS, &name, &object,
                            call->execution->err));
    }
    return statement_result_empty(call, out);
}

dbx_status statement_maintenance(statement_call *call, query_result **out) {
    const ast_maintenance *m = AST_AS(ast_maintenance, call->node);
    execution *e = call->execution;
    const catalog_table *table;
    switch (m->type) {
    case AST_MAINTAIN_REFRESH_TABLE: /* sources read their files anew for each statement */
        TRY(statement_table(call, m->name, "REFRESH TABLE", &table));
        break;
    case AST_MAINTAIN_REFRESH_PATH:
        break;
    case AST_MAINTAIN_CHECKPOINT:
        TRY(catalog_checkpoint(e->session->db->catalog, e->err));
        break;
    default:
        return statement_unsupported(call, "this maintenance statement");
    }
    return statement_result_empty(call, out);
}
